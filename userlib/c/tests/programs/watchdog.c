// SPDX-License-Identifier: MIT OR Apache-2.0
/* A state machine on pulses: heartbeats of a child, a watchdog timer, a restart. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <signal.h>
#include <errno.h>
#include <unistd.h>
#include <time.h>
#include <sys/neutrino.h>
#include <sys/dispatch.h>
#include <sys/wait.h>

enum { BEAT = _PULSE_CODE_MINAVAIL, LATE };

static name_attach_t *attach;
static timer_t dog;

static void pet(void)
{
    struct itimerspec it;

    memset(&it, 0, sizeof(it));
    it.it_value.tv_sec = 2;
    timer_settime(dog, 0, &it, NULL);
}

static pid_t launch(int beats)
{
    pid_t pid = fork();

    if (pid == 0) {
        int coid = name_open("prog_watchdog", 0), i;

        for (i = 0; i < beats; i++) {
            MsgSendPulse(coid, SIGEV_PULSE_PRIO_INHERIT, BEAT, i);
            delay(20);
        }
        for (;;)
            pause();
    }
    return pid;
}

int main(void)
{
    struct sigevent ev;
    struct _pulse pulse;
    int self, beats = 0, restarts = 0, disconnects = 0, status;
    pid_t pid;

    attach = name_attach(NULL, "prog_watchdog", 0);
    if (attach == NULL) {
        perror("name_attach");
        return EXIT_FAILURE;
    }
    self = ConnectAttach(ND_LOCAL_NODE, 0, attach->chid, _NTO_SIDE_CHANNEL, 0);
    SIGEV_PULSE_INIT(&ev, self, -1, LATE, 0);
    timer_create(CLOCK_MONOTONIC, &ev, &dog);
    pid = launch(3);
    pet();
    for (;;) {
        if (MsgReceivePulse(attach->chid, &pulse, sizeof(pulse), NULL) == -1) {
            perror("MsgReceivePulse");
            return EXIT_FAILURE;
        }
        if (pulse.code == BEAT) {
            beats++;
            pet();
        } else if (pulse.code == LATE) {
            kill(pid, SIGKILL);
            waitpid(pid, &status, 0);
            if (restarts++ == 1)
                break;
            pid = launch(2);
            pet();
        } else if (pulse.code == _PULSE_CODE_DISCONNECT) {
            disconnects++;
            ConnectDetach(pulse.scoid);
        }
    }
    while (disconnects < 2 && MsgReceivePulse(attach->chid, &pulse, sizeof(pulse), NULL) == 0)
        if (pulse.code == _PULSE_CODE_DISCONNECT)
            disconnects++;
    printf("%d beats, %d restarts, %d disconnects\n", beats, restarts, disconnects);
    name_detach(attach, 0);
    return EXIT_SUCCESS;
}
