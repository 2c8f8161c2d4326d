// SPDX-License-Identifier: MIT OR Apache-2.0
/* flags: -w
 * As sources of 2004 are: implicit int, missing includes and prototypes, pointers that do not quite fit, bare structs.
 */
#include <stdio.h>
#include <sys/neutrino.h>

struct req { short cmd; char name[20]; };
struct rep { int value; };

int chid;

server_loop(void *unused)
{
    struct req r;
    struct rep a;
    int rcvid;

    while (1) {
        rcvid = MsgReceive(chid, &r, sizeof(r), 0);
        if (rcvid < 0)
            exit(1);
        a.value = strlen(r.name);
        MsgReply(rcvid, r.cmd, &a, sizeof(a));
    }
}

main()
{
    struct req r;
    struct rep a;
    int coid, status;
    pthread_attr_t attr;

    chid = ChannelCreate(0);
    pthread_attr_init(&attr);
    pthread_create(NULL, &attr, server_loop, NULL);
    coid = ConnectAttach(0, 0, chid, _NTO_SIDE_CHANNEL, 0);
    r.cmd = 2;
    strcpy(r.name, "sloppy");
    status = MsgSend(coid, &r, sizeof(r), &a, sizeof(a));
    printf("%d %d\n", status, a.value);
    sleep(0);
    return 0;
}
