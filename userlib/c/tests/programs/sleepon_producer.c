// SPDX-License-Identifier: MIT OR Apache-2.0
/*
 * cp1.c of the book's kind: producer and consumer with sleepon locks.
 */
#include <stdio.h>
#include <pthread.h>
#include <unistd.h>

static volatile int data_ready = 0;
static int consumed;

static void *consumer(void *arg)
{
    while (consumed < 3) {
        pthread_sleepon_lock();
        while (!data_ready)
            pthread_sleepon_wait(&data_ready);
        /* process data */
        consumed++;
        printf("consumed %d\n", consumed);
        data_ready = 0;
        pthread_sleepon_signal(&data_ready);
        pthread_sleepon_unlock();
    }
    return arg;
}

static void *producer(void *arg)
{
    int i;

    for (i = 0; i < 3; i++) {
        pthread_sleepon_lock();
        while (data_ready)
            pthread_sleepon_wait(&data_ready);
        data_ready = 1;
        pthread_sleepon_signal(&data_ready);
        pthread_sleepon_unlock();
    }
    return arg;
}

int main(void)
{
    pthread_t c, p;

    pthread_create(&c, NULL, consumer, NULL);
    pthread_create(&p, NULL, producer, NULL);
    pthread_join(c, NULL);
    pthread_join(p, NULL);
    pthread_sleepon_lock();
    printf("timed wait %s\n", pthread_sleepon_timedwait(&consumed, 20000000) ? "over" : "woken");
    pthread_sleepon_unlock();
    return 0;
}
