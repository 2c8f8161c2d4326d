// SPDX-License-Identifier: MIT OR Apache-2.0
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <sys/neutrino.h>
#include <sys/wait.h>

/* _NTO_CHF_UNBLOCK as a server should do it: MsgInfo, then decide. */
static void nothing(int sig) { (void)sig; }

int main(void)
{
    struct sigaction sa;
    union { struct _pulse pulse; char c[32]; } msg;
    struct _msg_info info;
    int chid, rcvid, blocked = 0, fd[2], status;
    pid_t pid;

    if (pipe(fd))
        return 1;
    chid = ChannelCreate(_NTO_CHF_UNBLOCK);
    pid = fork();
    if (pid == 0) {
        int coid = ConnectAttach(0, getppid(), 1, _NTO_SIDE_CHANNEL, 0), r;

        memset(&sa, 0, sizeof(sa));
        sa.sa_handler = nothing;
        sigaction(SIGUSR1, &sa, NULL);
        r = MsgSend(coid, "wait", 5, NULL, 0);
        _exit(r == -1 && errno == EINTR ? 10 : r);
    }
    for (;;) {
        rcvid = MsgReceive(chid, &msg, sizeof(msg), &info);
        if (rcvid == -1)
            break;
        if (rcvid) {
            blocked = rcvid;
            printf("received \"%s\", unblock requested: %s\n", msg.c,
                   info.flags & _NTO_MI_UNBLOCK_REQ ? "yes" : "no");
            fflush(stdout);
            kill(pid, SIGUSR1);
        } else if (msg.pulse.code == _PULSE_CODE_UNBLOCK) {
            rcvid = msg.pulse.value.sival_int;
            MsgInfo(rcvid, &info);
            printf("pulse for %s, unblock requested: %s\n", rcvid == blocked ? "it" : "another",
                   info.flags & _NTO_MI_UNBLOCK_REQ ? "yes" : "no");
            MsgError(rcvid, EINTR);
            break;
        }
    }
    waitpid(pid, &status, 0);
    printf("client: %s\n", WEXITSTATUS(status) == 10 ? "EINTR" : "?");
    close(fd[0]);
    close(fd[1]);
    return 0;
}
