// SPDX-License-Identifier: MIT OR Apache-2.0
#include <stdio.h>
#include <string.h>
#include <sys/neutrino.h>
#include <sys/iomsg.h>

/* Server's errors at the client, plain and _r forms. */
static int chid, coid;
static const int errors[] = { ENOSYS, EINVAL, EPERM, ETIMEDOUT, ESRVRFAULT, EOK };
#define COUNT (int)(sizeof(errors) / sizeof(errors[0]))

static void *server(void *arg)
{
    int i;
    struct { uint16_t type; uint16_t zero; } m;

    for (i = 0; i < 2 * COUNT; i++)
        MsgError(MsgReceive(chid, &m, sizeof(m), NULL), errors[i % COUNT]);
    return arg;
}

int main(void)
{
    pthread_t t;
    int i, bad = 0, code = 0;
    struct _msg_info info;

    chid = ChannelCreate_r(0);
    coid = ConnectAttach_r(0, 0, chid, _NTO_SIDE_CHANNEL, 0);
    pthread_create(&t, NULL, server, NULL);
    for (i = 0; i < COUNT; i++) {
        errno = 0;
        code = MsgSend(coid, &code, sizeof(code), NULL, 0);
        if (errors[i] == EOK ? code != 0 : code != -1 || errno != errors[i])
            bad++;
    }
    errno = 1234;
    for (i = 0; i < COUNT; i++)
        if (MsgSend_r(coid, &code, sizeof(code), NULL, 0) != -errors[i])
            bad++;
    printf("%d bad, errno %s\n", bad, errno == 1234 ? "untouched" : "touched");
    pthread_join(t, NULL);

    printf("%d %d\n", MsgReply_r(0x1234567, 0, NULL, 0) == -ESRCH, MsgError_r(0x1234567, EINVAL) == ESRCH);
    printf("%d %d\n", MsgInfo_r(0x1234567, &info) == ESRCH, (int)MsgRead_r(0x1234567, &i, 4, 0) == -ESRCH);
    printf("%d", ConnectDetach_r(coid) == EOK);
    printf(" %d\n", ConnectDetach_r(coid) == EINVAL);
    printf("%d", ChannelDestroy_r(chid) == EOK);
    printf(" %d\n", ChannelDestroy_r(chid) == EINVAL);
    printf("%d %d\n", MsgReceive_r(chid, &i, 4, NULL) == -ESRCH, MsgSendPulse_r(coid, 1, 1, 1) == EBADF);
    printf("%d\n", ConnectAttach_r(0, getpid(), 12345, _NTO_SIDE_CHANNEL, 0) == -ESRCH);
    return 0;
}
