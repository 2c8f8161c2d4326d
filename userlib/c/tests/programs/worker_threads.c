// SPDX-License-Identifier: MIT OR Apache-2.0
/* std: gnu17. Four threads serve one channel, eight ask at once. */
#include <stdio.h>
#include <stdlib.h>
#include <pthread.h>
#include <sys/neutrino.h>
#include <sys/netmgr.h>
#include <atomic.h>

#define WORKERS 4
#define CLIENTS 8
#define ROUNDS  50

static int chid;
static volatile unsigned served;

struct request { int type; int a, b; };

static void *worker(void *arg)
{
    struct request req;
    int rcvid;
    long sum;

    while ((rcvid = MsgReceive(chid, &req, sizeof(req), NULL)) != -1) {
        if (rcvid == 0)
            continue;
        sum = req.a + req.b;
        atomic_add(&served, 1);
        MsgReply(rcvid, sum, NULL, 0);
    }
    return arg;
}

static void *client(void *arg)
{
    int id = (int)(long)arg, coid, i;
    long bad = 0;
    struct request req;

    coid = ConnectAttach(ND_LOCAL_NODE, 0, chid, _NTO_SIDE_CHANNEL, 0);
    for (i = 0; i < ROUNDS; i++) {
        req.type = 1;
        req.a = id;
        req.b = i;
        if (MsgSend(coid, &req, sizeof(req), NULL, 0) != id + i)
            bad++;
    }
    ConnectDetach(coid);
    return (void *)bad;
}

int main(void)
{
    pthread_t workers[WORKERS], clients[CLIENTS];
    void *bad;
    long total = 0;
    int i;

    chid = ChannelCreate(0);
    for (i = 0; i < WORKERS; i++)
        pthread_create(&workers[i], NULL, &worker, NULL);
    for (i = 0; i < CLIENTS; i++)
        pthread_create(&clients[i], NULL, &client, (void *)(long)i);
    for (i = 0; i < CLIENTS; i++) {
        pthread_join(clients[i], &bad);
        total += (long)bad;
    }
    ChannelDestroy(chid);
    for (i = 0; i < WORKERS; i++)
        pthread_join(workers[i], NULL);
    printf("%u served, %ld bad\n", served, total);
    return 0;
}
