// SPDX-License-Identifier: MIT OR Apache-2.0
/* A pool of threads over a dispatch handle; the thread that starts it goes on. */
#define THREAD_POOL_PARAM_T dispatch_context_t
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resmgr.h>
#include <sys/dispatch.h>

static int slow(message_context_t *ctp, int type, unsigned flags, void *handle)
{
    (void)type; (void)flags; (void)handle;
    delay(50);
    MsgReply(ctp->rcvid, 7, NULL, 0);
    return 0;
}

static void *ask(void *arg)
{
    uint16_t type = _IO_MAX + 5;

    return (void *)MsgSend(*(int *)arg, &type, sizeof(type), NULL, 0);
}

int main(int argc, char **argv)
{
    thread_pool_attr_t   pool_attr;
    thread_pool_t       *tpp;
    dispatch_t          *dpp;
    pthread_t            threads[6];
    void                *result;
    int                  coid, i, good = 0;

    (void)argc;
    if ((dpp = dispatch_create()) == NULL) {
        fprintf(stderr, "%s: Unable to allocate dispatch handle.\n", argv[0]);
        return EXIT_FAILURE;
    }
    message_attach(dpp, NULL, _IO_MAX + 5, _IO_MAX + 5, slow, NULL);

    memset(&pool_attr, 0, sizeof pool_attr);
    pool_attr.handle = dpp;
    pool_attr.context_alloc = dispatch_context_alloc;
    pool_attr.block_func = dispatch_block;
    pool_attr.unblock_func = dispatch_unblock;
    pool_attr.handler_func = dispatch_handler;
    pool_attr.context_free = dispatch_context_free;
    pool_attr.lo_water = 2;
    pool_attr.hi_water = 4;
    pool_attr.increment = 1;
    pool_attr.maximum = 50;

    if ((tpp = thread_pool_create(&pool_attr, 0)) == NULL) {
        fprintf(stderr, "%s: Unable to initialize thread pool.\n", argv[0]);
        return EXIT_FAILURE;
    }
    printf("start %d\n", thread_pool_start(tpp));

    coid = message_connect(dpp, MSG_FLAG_SIDE_CHANNEL);
    for (i = 0; i < 6; i++)
        pthread_create(&threads[i], NULL, ask, &coid);
    for (i = 0; i < 6; i++) {
        pthread_join(threads[i], &result);
        good += (long)result == 7;
    }
    printf("%d good\n", good);
    printf("destroy %d\n", thread_pool_destroy(tpp));
    dispatch_destroy(dpp);
    return EXIT_SUCCESS;
}
