// SPDX-License-Identifier: MIT OR Apache-2.0
/* exec keeps neither channels nor side channels; the new program starts with channel 1. A descriptor stays. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <sys/neutrino.h>
#include <sys/wait.h>

int main(int argc, char **argv)
{
    char fd_text[12], pid_text[12];
    int chid, fd, rcvid, n, status;

    if (argc == 4 && argv[1][0] == 'x') {
        n = ChannelCreate(0);
        if (n != 1)
            return 50 + n;
        n = atoi(argv[3]);
        return MsgSend(atoi(argv[2]), &n, sizeof(n), NULL, 0);
    }
    chid = ChannelCreate(_NTO_CHF_DISCONNECT);
    ChannelCreate(0);
    if (fork() == 0) {
        fd = ConnectAttach(0, getppid(), chid, 0, 0);
        ChannelCreate(0);
        sprintf(fd_text, "%d", fd);
        sprintf(pid_text, "%d", getpid());
        execl("/proc/self/exe", argv[0], "x", fd_text, pid_text, (char *)0);
        _exit(99);
    }
    rcvid = MsgReceive(chid, &n, sizeof(n), NULL);
    MsgReply(rcvid, 7, NULL, 0);
    wait(&status);
    printf("%d\n", WEXITSTATUS(status));
    return 0;
}
