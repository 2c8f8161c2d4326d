// SPDX-License-Identifier: MIT OR Apache-2.0
#include <sys/neutrino.h>
#include <stdio.h>
#include <string.h>

/* TimerCreate and its kin; absolute times; ConnectFlags; a search through connections. */
int main(void)
{
    struct sigevent ev;
    struct _itimer it = { 30000000, 0 };
    struct _timer_info tinfo;
    struct itimerspec abs_time;
    struct timespec now;
    struct _server_info sinfo;
    struct _pulse p;
    timer_t id;
    int chid, coid, other, found, kid;

    chid = ChannelCreate(0);
    coid = ConnectAttach(0, getpid(), chid, _NTO_SIDE_CHANNEL, 0);
    other = ConnectAttach(0, 0, chid, _NTO_SIDE_CHANNEL, 0);
    SIGEV_PULSE_INT_INIT(&ev, coid, 10, 6, 66);

    kid = TimerCreate(CLOCK_MONOTONIC, &ev);
    TimerSettime(kid, 0, &it, NULL);
    memset(&tinfo, 0, sizeof(tinfo));
    if (TimerInfo(0, kid, 0, &tinfo) == -1)
        perror("TimerInfo");
    printf("runs %d left %d\n", (tinfo.flags & _NTO_TI_ACTIVE) != 0, tinfo.itime.nsec > 0);
    MsgReceivePulse(chid, &p, sizeof(p), NULL);
    printf("pulse %d %d\n", p.code, p.value.sival_int);
    printf("destroy %d\n", TimerDestroy(kid));

    timer_create(CLOCK_REALTIME, &ev, &id);
    clock_gettime(CLOCK_REALTIME, &now);
    memset(&abs_time, 0, sizeof(abs_time));
    nsec2timespec(&abs_time.it_value, timespec2nsec(&now) + 40000000);
    timer_settime(id, TIMER_ABSTIME, &abs_time, NULL);
    MsgReceive(chid, &p, sizeof(p), NULL);
    clock_gettime(CLOCK_REALTIME, &now);
    printf("absolute: %s\n", timespec2nsec(&now) >= timespec2nsec(&abs_time.it_value) ? "not early" : "early");
    timer_delete(id);

    found = 0;
    for (kid = _NTO_SIDE_CHANNEL; (kid = ConnectServerInfo(0, kid, &sinfo)) != -1; kid++)
        found += kid == coid || kid == other;
    printf("found %d\n", found);
    printf("flags %d", ConnectFlags(0, coid, _NTO_COF_CLOEXEC, _NTO_COF_CLOEXEC));
    printf(" then %d\n", ConnectFlags(0, coid, _NTO_COF_CLOEXEC, 0) & _NTO_COF_CLOEXEC);
    return 0;
}
