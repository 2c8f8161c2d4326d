// SPDX-License-Identifier: MIT OR Apache-2.0
//
// C++17: channels and connections as objects, a server in a thread of the
// same process, errors as exceptions.

#include <cstdint>
#include <cstring>
#include <iostream>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <variant>
#include <vector>

#include <sys/neutrino.h>

namespace {

[[noreturn]] void fail(const char *what)
{
	throw std::system_error(errno, std::generic_category(), what);
}

class Channel {
public:
	explicit Channel(unsigned flags = 0) : chid_(ChannelCreate(flags))
	{
		if (chid_ == -1)
			fail("ChannelCreate");
	}
	~Channel() { ChannelDestroy(chid_); }
	Channel(const Channel &) = delete;
	Channel &operator=(const Channel &) = delete;

	int id() const { return chid_; }

	struct Message {
		rcvid_t rcvid;
		std::string text;
	};
	using Received = std::variant<Message, _pulse>;

	Received receive() const
	{
		union {
			_pulse pulse;
			char bytes[512];
		} buffer;
		_msg_info info;
		const rcvid_t rcvid = MsgReceive(chid_, &buffer, sizeof(buffer), &info);

		if (rcvid == -1)
			fail("MsgReceive");
		if (rcvid == 0)
			return buffer.pulse;
		return Message{rcvid, std::string(buffer.bytes, info.msglen)};
	}

private:
	int chid_;
};

class Connection {
public:
	Connection(pid_t pid, int chid)
		: coid_(ConnectAttach(ND_LOCAL_NODE, pid, chid, _NTO_SIDE_CHANNEL, 0))
	{
		if (coid_ == -1)
			fail("ConnectAttach");
	}
	~Connection() { ConnectDetach(coid_); }
	Connection(const Connection &) = delete;
	Connection &operator=(const Connection &) = delete;

	std::string ask(std::string_view question) const
	{
		std::vector<char> answer(512);
		const long length = MsgSend(coid_, question.data(), question.size(), answer.data(),
					    answer.size());

		if (length == -1)
			fail("MsgSend");
		return std::string(answer.data(), static_cast<std::size_t>(length));
	}

	void pulse(int code, int value = 0) const
	{
		if (MsgSendPulse(coid_, -1, code, value) == -1)
			fail("MsgSendPulse");
	}

private:
	int coid_;
};

constexpr int kStop = _PULSE_CODE_MINAVAIL + 3;

void serve(const Channel &channel)
{
	for (;;) {
		const auto received = channel.receive();

		if (const auto *pulse = std::get_if<_pulse>(&received)) {
			if (pulse->code == kStop)
				return;
			continue;
		}
		const auto &message = std::get<Channel::Message>(received);
		if (message.text.empty()) {
			MsgError(message.rcvid, EINVAL);
			continue;
		}
		const std::string answer(message.text.rbegin(), message.text.rend());
		MsgReply(message.rcvid, static_cast<long>(answer.size()), answer.data(), answer.size());
	}
}

} // namespace

int main()
try {
	const Channel channel;
	std::thread server(serve, std::cref(channel));
	{
		const Connection connection(0, channel.id());

		std::cout << connection.ask("stressed") << '\n';
		try {
			connection.ask("");
		} catch (const std::system_error &e) {
			std::cout << "refused: " << (e.code() == std::errc::invalid_argument) << '\n';
		}
		connection.pulse(kStop);
	}
	server.join();
	return 0;
} catch (const std::exception &e) {
	std::cerr << e.what() << '\n';
	return 1;
}
