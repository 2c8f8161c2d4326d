// SPDX-License-Identifier: MIT OR Apache-2.0
#include <stdio.h>
#include <time.h>
#include <sys/netmgr.h>
#include <sys/neutrino.h>

#define MY_PULSE_CODE   _PULSE_CODE_MINAVAIL

typedef union {
    struct _pulse   pulse;
    /* your other message structures would go here too */
} my_message_t;

int main(void)
{
    struct sigevent         event;
    struct itimerspec       itime, left;
    timer_t                 timer_id;
    int                     chid, n = 0;
    int                     rcvid;
    my_message_t            msg;

    chid = ChannelCreate(0);

    SIGEV_PULSE_INIT(&event, ConnectAttach(ND_LOCAL_NODE, 0, chid, _NTO_SIDE_CHANNEL, 0),
                     getprio(0), MY_PULSE_CODE, 0);
    timer_create(CLOCK_REALTIME, &event, &timer_id);

    itime.it_value.tv_sec = 0;
    itime.it_value.tv_nsec = 100000000;
    itime.it_interval.tv_sec = 0;
    itime.it_interval.tv_nsec = 50000000;
    timer_settime(timer_id, 0, &itime, NULL);

    for (;;) {
        rcvid = MsgReceive(chid, &msg, sizeof(msg), NULL);
        if (rcvid == 0) { /* we got a pulse */
            if (msg.pulse.code == MY_PULSE_CODE) {
                printf("we got a pulse from our timer\n");
                if (++n == 3)
                    break;
            } /* else other pulses ... */
        } /* else other messages ... */
    }
    timer_gettime(timer_id, &left);
    printf("interval %ld ms\n", left.it_interval.tv_nsec / 1000000);
    printf("delete %d\n", timer_delete(timer_id));
    return 0;
}
