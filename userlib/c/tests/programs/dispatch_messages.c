// SPDX-License-Identifier: MIT OR Apache-2.0
/* message_attach() and pulse_attach() with one loop, as the manual shows them. */
#define THREAD_POOL_PARAM_T dispatch_context_t

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <errno.h>
#include <sys/iofunc.h>
#include <sys/dispatch.h>

#define MSG_HELLO (_IO_MAX + 1)
#define MSG_LAST  (_IO_MAX + 2)

static int done;

static int message_handler(message_context_t *ctp, int type, unsigned flags, void *handle)
{
    char *text = (char *)ctp->msg + sizeof(uint16_t);

    (void)flags;
    printf("%s: type +%d \"%s\" from %s\n", (char *)handle, type - _IO_MAX, text,
           ctp->info.pid == getpid() ? "myself" : "elsewhere");
    MsgReply(ctp->rcvid, EOK, "fine", 5);
    return 0;
}

static int pulse_handler(message_context_t *ctp, int code, unsigned flags, void *handle)
{
    union sigval value = ctp->msg->pulse.value;

    (void)flags;
    (void)handle;
    printf("pulse %s value %d rcvid %d\n", code >= 0 ? "of ours" : "?", value.sival_int, (int)ctp->rcvid);
    if (value.sival_int == 2)
        done = 1;
    return 0;
}

struct msg { uint16_t type; char text[30]; };

static void *client(void *arg)
{
    int coid = message_connect(arg, MSG_FLAG_SIDE_CHANNEL);
    struct msg msg = { MSG_HELLO, "hello" };
    char answer[5];
    char tiny = 0;

    MsgSend(coid, &msg, sizeof(msg), answer, sizeof(answer));
    msg.type = MSG_LAST;
    strcpy(msg.text, "last");
    MsgSend(coid, &msg, sizeof(msg), answer, sizeof(answer));
    msg.type = MSG_LAST + 1;
    if (MsgSend(coid, &msg, sizeof(msg), answer, sizeof(answer)) == -1)
        printf("unknown: %s\n", errno == ENOSYS ? "ENOSYS" : strerror(errno));
    if (MsgSend(coid, &tiny, 1, NULL, 0) == -1)
        printf("short: %s\n", errno == EINVAL ? "EINVAL" : strerror(errno));
    return NULL;
}

int main(void)
{
    dispatch_t         *dpp;
    dispatch_context_t *ctp, *ret;
    message_attr_t      attr;
    pthread_t           thread;
    int                 code, coid, handled = 0;

    if ((dpp = dispatch_create()) == NULL) {
        fprintf(stderr, "Unable to allocate dispatch handle.\n");
        return EXIT_FAILURE;
    }
    memset(&attr, 0, sizeof attr);
    attr.nparts_max = 1;
    attr.msg_max_size = 4096;
    if (message_attach(dpp, &attr, MSG_HELLO, MSG_LAST, message_handler, (void *)"handler") == -1) {
        fprintf(stderr, "Failed to attach message range.\n");
        return 1;
    }
    code = pulse_attach(dpp, MSG_FLAG_ALLOC_PULSE, 0, &pulse_handler, NULL);
    coid = message_connect(dpp, MSG_FLAG_SIDE_CHANNEL);
    ctp = dispatch_context_alloc(dpp);

    pthread_create(&thread, NULL, client, dpp);
    while (!done) {
        if ((ret = dispatch_block(ctp)) == NULL) {
            fprintf(stderr, "block error\n");
            return EXIT_FAILURE;
        }
        dispatch_handler(ret);
        if (++handled == 4) {
            pthread_join(thread, NULL);
            MsgSendPulse(coid, -1, code, 1);
            MsgSendPulse(coid, -1, code, 2);
        }
    }
    dispatch_context_free(ctp);
    return dispatch_destroy(dpp);
}
