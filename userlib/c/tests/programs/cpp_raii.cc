// SPDX-License-Identifier: MIT OR Apache-2.0
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <cstring>
#include <cerrno>
#include <sys/neutrino.h>
#include <sys/netmgr.h>
#include <sys/dispatch.h>

// Classes around channel and connection ids, errors as exceptions.
class QnxError : public std::runtime_error {
public:
    explicit QnxError(const std::string &what, int err = errno)
        : std::runtime_error(what + ": " + strerror(err)), m_errno(err) {}
    int error() const noexcept { return m_errno; }
private:
    int m_errno;
};

class Server {
public:
    explicit Server(const char *name) : m_attach(name_attach(nullptr, name, 0), Detach())
    {
        if (!m_attach)
            throw QnxError("name_attach");
    }
    int chid() const { return m_attach->chid; }

    template <typename Handler> void run(Handler handler)
    {
        union { struct _pulse pulse; char data[256]; } msg;
        for (;;) {
            struct _msg_info info;
            int rcvid = MsgReceive(chid(), &msg, sizeof(msg), &info);
            if (rcvid == -1)
                throw QnxError("MsgReceive");
            if (rcvid == 0) {
                if (msg.pulse.code == _PULSE_CODE_DISCONNECT) {
                    ConnectDetach(msg.pulse.scoid);
                    return;
                }
                continue;
            }
            std::string reply = handler(std::string(msg.data, info.msglen));
            if (reply.empty())
                MsgError(rcvid, EBADMSG);
            else
                MsgReply(rcvid, EOK, reply.c_str(), reply.size() + 1);
        }
    }
private:
    struct Detach { void operator()(name_attach_t *a) const { name_detach(a, 0); } };
    std::unique_ptr<name_attach_t, Detach> m_attach;
};

class Client {
public:
    explicit Client(const char *name) : m_coid(name_open(name, 0))
    {
        if (m_coid == -1)
            throw QnxError("name_open");
    }
    ~Client() { name_close(m_coid); }
    std::string send(const std::string &s)
    {
        char reply[256] = "";
        if (MsgSend(m_coid, s.data(), s.size(), reply, sizeof(reply)) == -1)
            throw QnxError("MsgSend");
        return reply;
    }
private:
    int m_coid;
};

static void *server_thread(void *arg)
{
    static_cast<Server *>(arg)->run([](const std::string &s) {
        return s == "bad" ? std::string() : "<" + s + ">";
    });
    return nullptr;
}

int main()
{
    try {
        Client nobody("prog_no_such_name");
    } catch (const QnxError &e) {
        std::cout << "nobody: " << (e.error() == ENOENT ? "ENOENT" : e.what()) << std::endl;
    }
    Server server("prog_cpp_raii");
    pthread_t thread;
    pthread_create(&thread, nullptr, server_thread, &server);
    {
        Client client("prog_cpp_raii");
        std::cout << client.send("hello") << std::endl;
        try {
            client.send("bad");
        } catch (const QnxError &e) {
            std::cout << (e.error() == EBADMSG ? "EBADMSG" : e.what()) << std::endl;
        }
    }
    pthread_join(thread, nullptr);
    return 0;
}
