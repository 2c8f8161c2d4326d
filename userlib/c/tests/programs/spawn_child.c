// SPDX-License-Identifier: MIT OR Apache-2.0
#include <process.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/neutrino.h>
#include <sys/wait.h>

/* The parent spawns its client, with its address on the command line. */
int main(int argc, char *argv[])
{
    char pid[16], chid[16], *args[5];
    int coid, ch, rcvid, n, status;
    int child;

    if (argc == 3) {
        coid = ConnectAttach(0, atoi(argv[1]), atoi(argv[2]), _NTO_SIDE_CHANNEL, 0);
        n = 20;
        return MsgSend(coid, &n, sizeof(n), NULL, 0);
    }
    ch = ChannelCreate(0);
    itoa(getpid(), pid, 10);
    itoa(ch, chid, 10);

    child = spawnl(P_NOWAIT, "/proc/self/exe", "spawn_child", pid, chid, NULL);
    if (child == -1)
        perror("spawnl");
    rcvid = MsgReceive(ch, &n, sizeof(n), NULL);
    MsgReply(rcvid, n + 1, NULL, 0);
    waitpid(child, &status, 0);
    printf("spawnl: %d\n", WEXITSTATUS(status));

    args[0] = (char *)"sh";
    args[1] = (char *)"-c";
    args[2] = (char *)"exit 5";
    args[3] = NULL;
    status = spawnvp(P_WAIT, "sh", args);
    printf("spawnvp: %d\n", WEXITSTATUS(status));
    status = spawnl(P_WAIT, "/no/such/file", "x", NULL);
    printf("no file: %d %s\n", status, strerror(errno));
    return 0;
}
