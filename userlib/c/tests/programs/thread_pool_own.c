// SPDX-License-Identifier: MIT OR Apache-2.0
/* A pool with a context of its own and plain MsgReceive(). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <errno.h>
#include <unistd.h>

typedef struct my_context {
    int  rcvid;
    int  chid;
    char buf[128];
} my_context_t;

#define THREAD_POOL_HANDLE_T int
#define THREAD_POOL_PARAM_T  my_context_t
#include <sys/dispatch.h>
#include <sys/neutrino.h>

static int g_chid;

static my_context_t *ctx_alloc(int *handle)
{
    my_context_t *ctp = calloc(1, sizeof(*ctp));

    ctp->chid = *handle;
    return ctp;
}

static void ctx_free(my_context_t *ctp)
{
    free(ctp);
}

static my_context_t *block(my_context_t *ctp)
{
    ctp->rcvid = MsgReceive(ctp->chid, ctp->buf, sizeof(ctp->buf), NULL);
    return ctp->rcvid == -1 ? NULL : ctp;
}

static void unblock(my_context_t *ctp)
{
    (void)ctp;
}

static int handler(my_context_t *ctp)
{
    if (ctp->rcvid > 0) {
        strupr(ctp->buf);
        MsgReply(ctp->rcvid, EOK, ctp->buf, strlen(ctp->buf) + 1);
    }
    return 0;
}

static void *client(void *arg)
{
    char reply[128];
    int coid = ConnectAttach(0, 0, g_chid, _NTO_SIDE_CHANNEL, 0);

    (void)arg;
    if (MsgSend(coid, "pool of mine", 13, reply, sizeof(reply)) == -1)
        perror("MsgSend");
    printf("%s\n", reply);
    fflush(stdout);
    exit(0);
}

int main(void)
{
    thread_pool_attr_t attr;
    thread_pool_t *pool;

    g_chid = ChannelCreate(_NTO_CHF_FIXED_PRIORITY);
    memset(&attr, 0, sizeof(attr));
    attr.handle = &g_chid;
    attr.context_alloc = ctx_alloc;
    attr.context_free = ctx_free;
    attr.block_func = block;
    attr.unblock_func = unblock;
    attr.handler_func = handler;
    attr.lo_water = 3;
    attr.hi_water = 7;
    attr.increment = 2;
    attr.maximum = 10;

    pool = thread_pool_create(&attr, POOL_FLAG_USE_SELF);
    if (pool == NULL) {
        perror("thread_pool_create");
        return 1;
    }
    pthread_create(NULL, NULL, client, NULL);
    thread_pool_start(pool);
    printf("not reached\n");
    return 1;
}
