// SPDX-License-Identifier: MIT OR Apache-2.0
/* std: gnu17. QNX 8: rcvid_t, 64-bit pulse values. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/neutrino.h>
#include <sys/iomsg.h>

typedef union {
    struct _pulse pulse;
    struct { uint16_t type; uint64_t value; } request;
} msg_t;

static void *client(void *arg)
{
    int coid = *(int *)arg;
    msg_t msg = { .request = { .type = _IO_MAX + 1, .value = UINT64_C(1) << 40 } };
    uint64_t reply = 0;
    long status;

    MsgSendPulse(coid, -1, 4, 0x123456789abcL);
    MsgSendPulsePtr(coid, -1, 5, (void *)0x7fff12345678);
    status = MsgSend(coid, &msg, sizeof(msg), &reply, sizeof(reply));
    printf("status %lx reply %llx\n", (unsigned long)status, (unsigned long long)reply);
    return NULL;
}

int main(void)
{
    int chid = ChannelCreate(_NTO_CHF_PRIVATE);
    int coid = ConnectAttach(0, 0, chid, _NTO_SIDE_CHANNEL, _NTO_COF_CLOEXEC);
    struct _msg_info info;
    pthread_t thread;
    msg_t msg;
    int left = 3;

    if (chid == -1 || coid == -1) {
        perror("setup");
        return EXIT_FAILURE;
    }
    pthread_create(&thread, NULL, client, &coid);
    while (left--) {
        rcvid_t const rcvid = MsgReceive(chid, &msg, sizeof(msg), &info);
        if (rcvid == 0) {
            printf("pulse %d %lx\n", msg.pulse.code, (unsigned long)msg.pulse.value.sival_long);
            continue;
        }
        if (rcvid < 0)
            return EXIT_FAILURE;
        msg.request.value >>= 4;
        MsgReply(rcvid, 0x100000000L, &msg.request.value, sizeof(msg.request.value));
    }
    pthread_join(thread, NULL);
    return EXIT_SUCCESS;
}
