// SPDX-License-Identifier: MIT OR Apache-2.0
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/neutrino.h>

/* Threads that block in a message are cancelled: in MsgReceive, SEND- and REPLY-blocked. */
static int chid, idle, coid, cleaned;

static void cleanup(void *arg)
{
    (void)arg;
    cleaned++;
}

static void *receiver(void *arg)
{
    char buf[10];

    pthread_cleanup_push(cleanup, NULL);
    MsgReceive(idle, buf, sizeof(buf), NULL);
    pthread_cleanup_pop(0);
    return arg;
}

static void *sender(void *arg)
{
    pthread_cleanup_push(cleanup, NULL);
    MsgSend(coid, "?", 2, NULL, 0);
    pthread_cleanup_pop(0);
    return arg;
}

static int cancel(void *(*what)(void *), int receive)
{
    pthread_t t;
    void *result;
    char buf[10];

    pthread_create(&t, NULL, what, NULL);
    if (receive)
        MsgReceive(chid, buf, sizeof(buf), NULL);
    else
        delay(100);
    pthread_cancel(t);
    pthread_join(t, &result);
    return result == PTHREAD_CANCELED;
}

int main(void)
{
    chid = ChannelCreate(0);
    idle = ChannelCreate(0);
    coid = ConnectAttach(0, 0, chid, _NTO_SIDE_CHANNEL, 0);
    printf("receive %d\n", cancel(receiver, 0));
    printf("send %d\n", cancel(sender, 0));
    TimerTimeout(CLOCK_MONOTONIC, _NTO_TIMEOUT_RECEIVE, NULL, NULL, NULL);
    printf("nothing queued: %d\n", (int)MsgReceive(chid, NULL, 0, NULL));
    printf("reply %d\n", cancel(sender, 1));
    printf("cleaned %d\n", cleaned);
    return EXIT_SUCCESS;
}
