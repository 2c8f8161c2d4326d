// SPDX-License-Identifier: MIT OR Apache-2.0
#include <sys/neutrino.h>
#include <algorithm>
#include <atomic>
#include <functional>
#include <iostream>
#include <map>
#include <thread>
#include <vector>

// std::thread servers, a map of handlers, std::min and std::max beside the QNX headers.
namespace proto {
enum class Op : std::uint16_t { Add = 0x201, Max = 0x202, Stop = 0x203 };
struct Request { Op op; std::int32_t a, b; };
struct Reply { std::int64_t result; };
}

class Calculator {
public:
    Calculator() : chid(ChannelCreate(_NTO_CHF_DISCONNECT))
    {
        handlers[proto::Op::Add] = [](const proto::Request &r) { return std::int64_t{r.a} + r.b; };
        handlers[proto::Op::Max] = [](const proto::Request &r) { return std::int64_t{std::max(r.a, r.b)}; };
    }
    int channel() const { return chid; }

    void operator()()
    {
        union { proto::Request request; _pulse pulse; } msg;
        while (true) {
            auto rcvid = MsgReceive(chid, &msg, sizeof msg, nullptr);
            if (rcvid < 0)
                return;
            if (rcvid == 0)
                continue;
            auto it = handlers.find(msg.request.op);
            if (it == handlers.end()) {
                MsgError(rcvid, ENOTSUP);
                continue;
            }
            proto::Reply reply{it->second(msg.request)};
            ++count;
            MsgReply(rcvid, EOK, &reply, sizeof reply);
        }
    }
    std::atomic<int> count{0};
private:
    int chid;
    std::map<proto::Op, std::function<std::int64_t(const proto::Request &)>> handlers;
};

int main()
{
    Calculator calc;
    std::vector<std::thread> servers, clients;
    std::atomic<int> wrong{0};

    for (int i = 0; i < 3; ++i)
        servers.emplace_back(std::ref(calc));
    for (int c = 0; c < 4; ++c)
        clients.emplace_back([&calc, &wrong, c] {
            int coid = ConnectAttach(ND_LOCAL_NODE, 0, calc.channel(), _NTO_SIDE_CHANNEL, 0);
            for (int i = 0; i < 25; ++i) {
                proto::Request r{i % 2 ? proto::Op::Add : proto::Op::Max, c, i};
                proto::Reply reply{};
                if (MsgSend(coid, &r, sizeof r, &reply, sizeof reply) == -1 ||
                    reply.result != (i % 2 ? c + i : std::max(c, i)))
                    ++wrong;
            }
            ConnectDetach(coid);
        });
    for (auto &t : clients)
        t.join();
    ChannelDestroy(calc.channel());
    for (auto &t : servers)
        t.join();
    std::cout << calc.count << " answers, " << wrong << " wrong, " << std::min(1, 2) << "\n";
}
