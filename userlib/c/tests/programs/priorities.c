// SPDX-License-Identifier: MIT OR Apache-2.0
#include <stdio.h>
#include <stdlib.h>
#include <sched.h>
#include <pthread.h>
#include <sys/neutrino.h>

/* Messages come in the order of their senders' priority, and lend it to the server. */
static int chid;

static void *client(void *arg)
{
    int prio = (int)(intptr_t)arg;
    int coid = ConnectAttach(0, 0, chid, _NTO_SIDE_CHANNEL, 0);

    setprio(0, prio);
    MsgSend(coid, &prio, sizeof(prio), NULL, 0);
    return NULL;
}

int main(void)
{
    static const int prios[] = { 10, 30, 20 };
    struct _msg_info info;
    pthread_t t[3];
    int i, prio, rcvid;

    chid = ChannelCreate(0);
    for (i = 0; i < 3; i++)
        pthread_create(&t[i], NULL, client, (void *)(intptr_t)prios[i]);
    delay(300);
    for (i = 0; i < 3; i++) {
        rcvid = MsgReceive(chid, &prio, sizeof(prio), &info);
        printf("from %d, priority %d\n", prio, info.priority);
        MsgReply(rcvid, 0, NULL, 0);
    }
    for (i = 0; i < 3; i++)
        pthread_join(t[i], NULL);
    return 0;
}
