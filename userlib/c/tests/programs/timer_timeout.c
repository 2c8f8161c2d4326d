// SPDX-License-Identifier: MIT OR Apache-2.0
#include <stdio.h>
#include <errno.h>
#include <time.h>
#include <sys/neutrino.h>
#include <sys/netmgr.h>

/* Kernel timeouts: a receive, a send nobody takes, a reply nobody gives, no wait at all. */
#define BILLION 1000000000LL
#define MILLION 1000000

static int chid;

static void *sleepy_server(void *arg)
{
    char buf[16];
    int rcvid;

    rcvid = MsgReceive(chid, buf, sizeof(buf), NULL);
    delay(400);
    MsgReply(rcvid, 0, NULL, 0);
    return arg;
}

int main(void)
{
    struct sigevent event;
    struct _pulse pulse;
    struct timespec ts;
    uint64_t timeout;
    pthread_t thread;
    int coid, ret;

    chid = ChannelCreate(0);
    coid = ConnectAttach(ND_LOCAL_NODE, 0, chid, _NTO_SIDE_CHANNEL, 0);

    SIGEV_UNBLOCK_INIT(&event);
    timeout = 50 * MILLION;
    TimerTimeout(CLOCK_REALTIME, _NTO_TIMEOUT_RECEIVE, &event, &timeout, NULL);
    ret = MsgReceive(chid, &pulse, sizeof(pulse), NULL);
    printf("receive: %d %s\n", ret, ret == -1 && errno == ETIMEDOUT ? "ETIMEDOUT" : "?");

    TimerTimeout(CLOCK_MONOTONIC, _NTO_TIMEOUT_RECEIVE, NULL, NULL, NULL);
    ret = MsgReceivePulse(chid, &pulse, sizeof(pulse), NULL);
    printf("poll: %d %s\n", ret, ret == -1 && errno == ETIMEDOUT ? "ETIMEDOUT" : "?");

    event.sigev_notify = SIGEV_UNBLOCK;
    timeout = BILLION / 20;
    TimerTimeout(CLOCK_MONOTONIC, _NTO_TIMEOUT_SEND | _NTO_TIMEOUT_REPLY, &event, &timeout, NULL);
    ret = MsgSend(coid, "x", 1, NULL, 0);
    printf("send: %d %s\n", ret, ret == -1 && errno == ETIMEDOUT ? "ETIMEDOUT" : "?");

    pthread_create(&thread, NULL, sleepy_server, NULL);
    delay(100);
    ts.tv_sec = 0;
    ts.tv_nsec = 50 * MILLION;
    timer_timeout(CLOCK_MONOTONIC, _NTO_TIMEOUT_REPLY, &event, &ts, NULL);
    ret = MsgSend(coid, "x", 1, NULL, 0);
    printf("reply: %d %s\n", ret, ret == -1 && errno == ETIMEDOUT ? "ETIMEDOUT" : "?");
    pthread_join(thread, NULL);

    /* It is for one call only. */
    MsgSendPulse(coid, -1, 3, 0);
    ret = MsgReceive(chid, &pulse, sizeof(pulse), NULL);
    printf("then: %d code %d\n", ret, pulse.code);
    return 0;
}
