// SPDX-License-Identifier: MIT OR Apache-2.0
/* Hand-filled event, given to a server that answers at once and delivers later, from another thread. */
#include <sys/siginfo.h>
#include <sys/neutrino.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

struct notify_msg {
    int             type;
    struct sigevent ev;
};

static struct { int rcvid; struct sigevent ev; } saved;

static void *later(void *arg)
{
    int i;

    for (i = 0; i < 2; i++) {
        delay(20);
        if (MsgDeliverEvent(saved.rcvid, &saved.ev) == -1)
            perror("MsgDeliverEvent");
    }
    return arg;
}

static int client(int server_pid)
{
    int chid, coid, server;
    struct notify_msg msg;
    struct _pulse pulse;

    chid = ChannelCreate(0);
    coid = ConnectAttach(0, 0, chid, _NTO_SIDE_CHANNEL, 0);
    server = ConnectAttach(0, server_pid, 1, _NTO_SIDE_CHANNEL, 0);

    memset(&msg, 0, sizeof(msg));
    msg.type = 77;
    msg.ev.sigev_notify = SIGEV_PULSE;
    msg.ev.sigev_coid = coid;
    msg.ev.sigev_code = 33;
    msg.ev.sigev_priority = SIGEV_PULSE_PRIO_INHERIT;
    msg.ev.sigev_value.sival_int = 99;
    if (MsgSend(server, &msg, sizeof(msg), NULL, 0) == -1)
        return 1;
    MsgReceive(chid, &pulse, sizeof(pulse), NULL);
    printf("client: code %d value %d\n", pulse.code, pulse.value.sival_int);
    MsgReceivePulse(chid, &pulse, sizeof(pulse), NULL);
    printf("client: code %d value %d\n", pulse.code, pulse.value.sival_int);
    return 0;
}

int main(void)
{
    union { struct _pulse pulse; struct notify_msg notify; } buf;
    int chid = ChannelCreate(0), rcvid, status;
    pthread_t thread;
    pid_t me = getpid();

    if (fork() == 0) {
        int ret = client(me);

        fflush(stdout);
        _exit(ret);
    }
    rcvid = MsgReceive(chid, &buf, sizeof(buf), NULL);
    saved.rcvid = rcvid;
    saved.ev = buf.notify.ev;
    MsgReply(rcvid, EOK, NULL, 0);
    pthread_create(&thread, NULL, later, NULL);
    wait(&status);
    pthread_join(thread, NULL);
    printf("server: client ended with %d; now %s\n", WEXITSTATUS(status),
           MsgDeliverEvent(saved.rcvid, &saved.ev) == -1 ? "it is gone" : "it is there");
    return 0;
}
