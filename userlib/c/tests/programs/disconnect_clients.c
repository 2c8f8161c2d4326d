// SPDX-License-Identifier: MIT OR Apache-2.0
#include <sys/neutrino.h>
#include <sys/netmgr.h>
#include <sys/wait.h>
#include <stdio.h>
#include <stdlib.h>
#include <signal.h>

/* A table of clients by scoid, emptied as they go: by ConnectDetach, by exit, by a crash. */
#define MAX 8

static int scoids[MAX], nclients, gone;

static void client(pid_t server, int how)
{
    int coid = ConnectAttach(ND_LOCAL_NODE, server, 1, _NTO_SIDE_CHANNEL | 3, 0);
    int two = ConnectAttach(ND_LOCAL_NODE, server, 1, _NTO_SIDE_CHANNEL, 0);

    MsgSend(coid, &how, sizeof(how), NULL, 0);
    switch (how) {
    case 0:
        ConnectDetach(coid);
        ConnectDetach(two);
        break;
    case 1:
        break;
    default:
        abort();
    }
    _exit(0);
}

int main(void)
{
    union { struct _pulse pulse; int how; } msg;
    struct _msg_info info;
    int chid = ChannelCreate(_NTO_CHF_DISCONNECT), rcvid, i;
    pid_t me = getpid();

    for (i = 0; i < 3; i++)
        if (fork() == 0)
            client(me, i);
    while (gone < 3) {
        rcvid = MsgReceive(chid, &msg, sizeof(msg), &info);
        if (rcvid > 0) {
            scoids[nclients++] = info.scoid;
            MsgReply(rcvid, 0, NULL, 0);
        } else if (rcvid == 0 && msg.pulse.code == _PULSE_CODE_DISCONNECT) {
            for (i = 0; i < nclients; i++)
                if (scoids[i] == msg.pulse.scoid)
                    break;
            if (i == nclients)
                printf("unknown scoid\n");
            if (ConnectDetach(msg.pulse.scoid) == -1)
                perror("ConnectDetach");
            gone++;
        }
    }
    for (i = 0; i < 3; i++)
        wait(NULL);
    printf("%d clients, %d gone\n", nclients, gone);
    return 0;
}
