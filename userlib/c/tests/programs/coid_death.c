// SPDX-License-Identifier: MIT OR Apache-2.0
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <sys/neutrino.h>

/* The server dies under its client: ESRCH, and a COIDDEATH pulse. */
int main(void)
{
    struct _server_info info;
    struct _pulse pulse;
    int chid, coid, pipefd[2], server_chid;
    pid_t pid;
    char buf[8];

    chid = ChannelCreate(_NTO_CHF_COID_DISCONNECT);
    if (pipe(pipefd) == -1)
        return 1;
    if ((pid = fork()) == 0) {
        int c = ChannelCreate(0);

        if (write(pipefd[1], &c, sizeof(c)) != sizeof(c))
            _exit(1);
        MsgReceive(c, buf, sizeof(buf), NULL);
        raise(SIGKILL);
    }
    if (read(pipefd[0], &server_chid, sizeof(server_chid)) != sizeof(server_chid))
        return 1;
    coid = ConnectAttach(0, pid, server_chid, _NTO_SIDE_CHANNEL, 0);
    if (MsgSend(coid, "die", 4, buf, sizeof(buf)) == -1)
        printf("MsgSend: %s\n", errno == ESRCH ? "ESRCH" : "?");
    MsgReceivePulse(chid, &pulse, sizeof(pulse), NULL);
    printf("%s, %s\n", pulse.code == _PULSE_CODE_COIDDEATH ? "COIDDEATH" : "?",
           pulse.value.sival_int == coid ? "that coid" : "another coid");
    if (ConnectServerInfo(0, coid, &info) == coid)
        printf("%s\n", info.flags & _NTO_COF_DEAD ? "dead" : "alive");
    if (MsgSend(coid, "x", 1, NULL, 0) == -1)
        printf("MsgSend: %s\n", errno == EBADF ? "EBADF" : "?");
    printf("detach %d\n", ConnectDetach(coid));
    waitpid(pid, NULL, 0);
    return 0;
}
