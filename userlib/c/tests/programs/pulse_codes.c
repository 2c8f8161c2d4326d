// SPDX-License-Identifier: MIT OR Apache-2.0
#include <sys/neutrino.h>
#include <stdio.h>
#include <stdlib.h>
#include <errno.h>

/* Codes 0 and 1, priorities 0, -1 and inherited; a message among the pulses. */
typedef union {
    struct _pulse pulse;
    short         type;
} msg_t;

static void *sender(void *arg)
{
    int coid = *(int *)arg;

    MsgSendPulse(coid, 0, 0, 0xBABE);
    MsgSendPulse(coid, -1, 1, -5);
    MsgSendPulse(coid, SIGEV_PULSE_PRIO_INHERIT, _PULSE_CODE_MAXAVAIL, 0);
    MsgSendPulsePtr(coid, -1, 2, arg);
    return NULL;
}

int main(void)
{
    int chid, coid, i, rcvid;
    pthread_t tid;
    msg_t msg;

    if ((chid = ChannelCreate(0)) == -1 ||
        (coid = ConnectAttach(0, 0, chid, _NTO_SIDE_CHANNEL, 0)) == -1) {
        perror("setup");
        exit(1);
    }
    pthread_create(&tid, NULL, sender, &coid);
    pthread_join(tid, NULL);

    for (i = 0; i < 4; i++) {
        rcvid = MsgReceive(chid, &msg, sizeof(msg), NULL);
        if (rcvid != 0) {
            printf("not a pulse: %d\n", rcvid);
            continue;
        }
        if (msg.pulse.code == 2)
            printf("code 2, pointer %s\n", msg.pulse.value.sival_ptr == &coid ? "ok" : "wrong");
        else
            printf("code %d value %d\n", msg.pulse.code, msg.pulse.value.sival_int);
    }
    errno = 0;
    if (MsgSendPulse(coid + 77, 10, 1, 1) == -1)
        printf("%s\n", errno == EBADF ? "EBADF" : "other");
    return 0;
}
