// SPDX-License-Identifier: MIT OR Apache-2.0
/*
 * A server that lets clients wait for data with a limit: a timer each
 * tick goes through the table of those that wait.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <signal.h>
#include <errno.h>
#include <unistd.h>
#include <pthread.h>
#include <sys/siginfo.h>
#include <sys/neutrino.h>

#define MT_WAIT_DATA    2
#define MT_SEND_DATA    3
#define MT_OK           0
#define MT_TIMEDOUT     1
#define CODE_TIMER      1
#define MAX_CLIENT      16

typedef struct {
    int messageType;
    int messageData;
} ClientMessageT;

typedef union {
    ClientMessageT  msg;
    struct _pulse   pulse;
} MessageT;

struct {
    int in_use;
    int rcvid;
    int timeout;
} clients[MAX_CLIENT];

int chid;
const char *progname = "timeout_table";

static void setupPulseAndTimer(void)
{
    timer_t             timerid;
    struct sigevent     event;
    struct itimerspec   timer;
    int                 coid;

    coid = ConnectAttach(0, 0, chid, 0, 0);
    if (coid == -1) {
        fprintf(stderr, "%s: couldn't ConnectAttach to self!\n", progname);
        exit(EXIT_FAILURE);
    }
    SIGEV_PULSE_INIT(&event, coid, SIGEV_PULSE_PRIO_INHERIT, CODE_TIMER, 0);
    if (timer_create(CLOCK_REALTIME, &event, &timerid) == -1) {
        fprintf(stderr, "%s: couldn't create a timer, errno %d\n", progname, errno);
        exit(EXIT_FAILURE);
    }
    timer.it_value.tv_sec = 0;
    timer.it_value.tv_nsec = 20000000;
    timer.it_interval = timer.it_value;
    timer_settime(timerid, 0, &timer, NULL);
}

static void gotAPulse(void)
{
    ClientMessageT msg;
    int i;

    for (i = 0; i < MAX_CLIENT; i++) {
        if (clients[i].in_use && --clients[i].timeout == 0) {
            msg.messageType = MT_TIMEDOUT;
            MsgReply(clients[i].rcvid, EOK, &msg, sizeof(msg));
            clients[i].in_use = 0;
        }
    }
}

static void gotAMessage(int rcvid, ClientMessageT *msg)
{
    int i;

    switch (msg->messageType) {
    case MT_WAIT_DATA:
        for (i = 0; i < MAX_CLIENT; i++) {
            if (!clients[i].in_use) {
                clients[i].in_use = 1;
                clients[i].rcvid = rcvid;
                clients[i].timeout = msg->messageData;
                return;
            }
        }
        MsgError(rcvid, EAGAIN);
        break;
    case MT_SEND_DATA:
        for (i = 0; i < MAX_CLIENT; i++) {
            if (clients[i].in_use) {
                ClientMessageT answer = { MT_OK, msg->messageData };

                MsgReply(clients[i].rcvid, EOK, &answer, sizeof(answer));
                clients[i].in_use = 0;
                break;
            }
        }
        msg->messageType = MT_OK;
        MsgReply(rcvid, EOK, msg, sizeof(*msg));
        break;
    }
}

static void *provider(void *arg)
{
    ClientMessageT msg = { MT_SEND_DATA, 4711 };

    delay(100);
    MsgSend(*(int *)arg, &msg, sizeof(msg), &msg, sizeof(msg));
    return 0;
}

static void *client(void *arg)
{
    int coid = ConnectAttach(0, 0, chid, _NTO_SIDE_CHANNEL, 0);
    ClientMessageT msg = { MT_WAIT_DATA, 3 };

    (void)arg;

    MsgSend(coid, &msg, sizeof(msg), &msg, sizeof(msg));
    printf("first: %s\n", msg.messageType == MT_TIMEDOUT ? "timed out" : "data");
    msg.messageType = MT_WAIT_DATA;
    msg.messageData = 1000;
    pthread_create(NULL, NULL, provider, &coid);
    MsgSend(coid, &msg, sizeof(msg), &msg, sizeof(msg));
    printf("second: %s %d\n", msg.messageType == MT_OK ? "data" : "timed out", msg.messageData);
    fflush(stdout);
    exit(0);
}

int main(void)
{
    int      rcvid;
    MessageT msg;

    if ((chid = ChannelCreate(0)) == -1) {
        fprintf(stderr, "%s: couldn't create channel!\n", progname);
        exit(EXIT_FAILURE);
    }
    setupPulseAndTimer();
    pthread_create(NULL, NULL, client, NULL);
    for (;;) {
        rcvid = MsgReceive(chid, &msg, sizeof(msg), NULL);
        if (rcvid == 0) {
            gotAPulse();
        } else {
            gotAMessage(rcvid, &msg.msg);
        }
    }
}
