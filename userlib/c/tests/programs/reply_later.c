// SPDX-License-Identifier: MIT OR Apache-2.0
/*
 * Requests that cannot be answered yet are kept in a list by rcvid, and
 * answered in another order. Stale and silly replies fail quietly.
 */
#include <stdio.h>
#include <stdlib.h>
#include <errno.h>
#include <pthread.h>
#include <unistd.h>
#include <sys/neutrino.h>

typedef struct pending { int rcvid; int what; struct pending *next; } pending_t;

static int chid, order[3], n;
static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;

static void *client(void *arg)
{
    int what = (int)(size_t)arg, answer = 0;
    int coid = ConnectAttach(0, 0, chid, _NTO_SIDE_CHANNEL, 0);

    MsgSend(coid, &what, sizeof(what), &answer, sizeof(answer));
    pthread_mutex_lock(&m);
    order[n++] = answer;
    pthread_mutex_unlock(&m);
    return 0;
}

int main()
{
    pending_t *list = NULL, *p;
    pthread_t t[3];
    size_t i;
    int stale = 0;

    chid = ChannelCreate(0);
    for (i = 0; i < 3; i++)
        pthread_create(&t[i], NULL, client, (void *)(i + 1));
    for (i = 0; i < 3; i++) {
        p = malloc(sizeof *p);
        p->rcvid = MsgReceive(chid, &p->what, sizeof p->what, 0);
        p->next = list;
        list = p;
    }
    for (i = 3; i >= 1; i--)
        for (p = list; p; p = p->next)
            if (p->what == (int)i) {
                p->what *= 100;
                MsgReply(p->rcvid, EOK, &p->what, sizeof p->what);
                pthread_join(t[i - 1], NULL);
            }
    for (p = list; p; p = list) {
        stale += MsgReply(p->rcvid, EOK, 0, 0) == -1 && errno == ESRCH;
        list = p->next;
        free(p);
    }
    printf("%d %d %d, %d stale, reply to 0: %d\n", order[0], order[1], order[2], stale, MsgReply(0, 0, 0, 0));
    return 0;
}
