// SPDX-License-Identifier: MIT OR Apache-2.0
// Typed messages, pulses as callbacks, a timer that owns its id: header only, templates, optional and chrono.
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <optional>
#include <thread>
#include <type_traits>
#include <unordered_map>

#include <sys/neutrino.h>
#include <sys/dispatch.h>

template <std::uint16_t Type, typename Body>
struct Message {
    static_assert(std::is_trivially_copyable_v<Body>);
    std::uint16_t type = Type;
    std::uint16_t subtype = 0;
    Body body{};
};

struct Point { double x, y; };
using Move = Message<_IO_MAX + 1, Point>;
using Query = Message<_IO_MAX + 2, int>;

template <typename Reply, typename Request>
std::optional<Reply> call(int coid, const Request &request)
{
    Reply reply;
    std::array<iov_t, 1> out, in;
    SETIOV(&out[0], &request, sizeof(request));
    SETIOV(&in[0], &reply, sizeof(reply));
    if (MsgSendv(coid, out.data(), out.size(), in.data(), in.size()) == -1)
        return std::nullopt;
    return reply;
}

class Timer {
public:
    Timer(int coid, int code, std::chrono::nanoseconds period)
    {
        sigevent event{};
        SIGEV_PULSE_PTR_INIT(&event, coid, SIGEV_PULSE_PRIO_INHERIT, code, this);
        timer_create(CLOCK_MONOTONIC, &event, &id);
        itimerspec spec{};
        nsec2timespec(&spec.it_value, period.count());
        spec.it_interval = spec.it_value;
        timer_settime(id, 0, &spec, nullptr);
    }
    ~Timer() { timer_delete(id); }
    int fired = 0;
private:
    timer_t id;
};

int main()
{
    using namespace std::chrono_literals;
    const int chid = ChannelCreate(_NTO_CHF_PRIVATE);
    const int coid = ConnectAttach(ND_LOCAL_NODE, 0, chid, _NTO_SIDE_CHANNEL, _NTO_COF_CLOEXEC);
    Point position{0, 0};
    bool running = true;
    std::unordered_map<int, std::function<void(const _pulse &)>> pulses;

    pulses[1] = [](const _pulse &p) { ++static_cast<Timer *>(p.value.sival_ptr)->fired; };
    pulses[2] = [&](const _pulse &) { running = false; };

    std::thread client([coid] {
        if (auto p = call<Point>(coid, Move{_IO_MAX + 1, 0, {1.5, -2}}))
            std::printf("at %.1f %.1f\n", p->x, p->y);
        if (auto p = call<Point>(coid, Move{_IO_MAX + 1, 0, {1, 1}}))
            std::printf("at %.1f %.1f\n", p->x, p->y);
        if (!call<int>(coid, Query{}))
            std::printf("query: %s\n", errno == ENOSYS ? "ENOSYS" : "?");
        std::this_thread::sleep_for(100ms);
        MsgSendPulse(coid, -1, 2, 0);
    });

    Timer timer(coid, 1, 10ms);
    while (running) {
        union { std::uint16_t type; _pulse pulse; char raw[128]; } buffer;
        const rcvid_t rcvid = MsgReceive(chid, &buffer, sizeof buffer, nullptr);
        if (rcvid == 0) {
            if (auto it = pulses.find(buffer.pulse.code); it != pulses.end())
                it->second(buffer.pulse);
        } else if (buffer.type == Move{}.type) {
            const auto &move = reinterpret_cast<const Move &>(buffer);
            position.x += move.body.x;
            position.y += move.body.y;
            MsgReply(rcvid, EOK, &position, sizeof position);
        } else {
            MsgError(rcvid, ENOSYS);
        }
    }
    client.join();
    std::printf("timer %s\n", timer.fired > 2 ? "fired" : "did not fire");
}
