// SPDX-License-Identifier: MIT OR Apache-2.0
/* C++ of the QNX 6 days: C headers, using namespace std, virtual methods on ids. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <errno.h>
#include <time.h>
#include <signal.h>
#include <pthread.h>
#include <process.h>
#include <sys/neutrino.h>
#include <sys/netmgr.h>
#include <string>
#include <list>

using namespace std;

#define PULSE_TICK (_PULSE_CODE_MINAVAIL + 1)
#define PULSE_QUIT (_PULSE_CODE_MINAVAIL + 2)

class Task {
public:
    Task() : chid(ChannelCreate(0)), coid(ConnectAttach(ND_LOCAL_NODE, 0, chid, _NTO_SIDE_CHANNEL, 0)) {}
    virtual ~Task()
    {
        ConnectDetach(coid);
        ChannelDestroy(chid);
    }
    void start() { pthread_create(&tid, NULL, entry, this); }
    void join() { pthread_join(tid, NULL); }
    int pulse(int code, int value) { return MsgSendPulse(coid, -1, code, value); }

protected:
    virtual void onPulse(int code, int value) = 0;
    bool quit = false;
    int chid, coid;

private:
    static void *entry(void *self)
    {
        static_cast<Task *>(self)->loop();
        return NULL;
    }
    void loop()
    {
        struct _pulse p;
        while (!quit && MsgReceivePulse(chid, &p, sizeof(p), NULL) == EOK)
            onPulse(p.code, p.value.sival_int);
    }
    pthread_t tid;
};

class Ticker : public Task {
public:
    Ticker()
    {
        SIGEV_PULSE_INIT(&event, coid, getprio(0), PULSE_TICK, 5);
        timer_create(CLOCK_MONOTONIC, &event, &timer);
    }
    ~Ticker() { timer_delete(timer); }
    void arm(long ms)
    {
        struct itimerspec it;
        memset(&it, 0, sizeof(it));
        nsec2timespec(&it.it_value, ms * 1000000LL);
        it.it_interval = it.it_value;
        timer_settime(timer, 0, &it, NULL);
    }
    list<string> log;

protected:
    virtual void onPulse(int code, int value)
    {
        char buf[32];
        sprintf(buf, "%s %d", code == PULSE_TICK ? "tick" : "quit", value);
        if (code == PULSE_QUIT)
            quit = true;
        else if (log.size() >= 2)
            return;
        log.push_back(buf);
    }
private:
    struct sigevent event;
    timer_t timer;
};

int main(int, char **)
{
    Ticker t;
    t.start();
    t.arm(20);
    delay(300);
    t.pulse(PULSE_QUIT, 9);
    t.join();
    for (list<string>::iterator i = t.log.begin(); i != t.log.end(); ++i)
        printf("%s\n", i->c_str());
    return EXIT_SUCCESS;
}
