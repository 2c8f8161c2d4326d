// SPDX-License-Identifier: MIT OR Apache-2.0
/* name_attach() on a dispatch handle of one's own, and its messages by message_attach(). */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/dispatch.h>
#include <sys/wait.h>

static int clients;

static int on_message(message_context_t *ctp, int type, unsigned flags, void *handle)
{
    int *value = (int *)((char *)ctp->msg + 4);

    (void)flags;
    (void)handle;
    *value *= type - _IO_MAX;
    MsgReply(ctp->rcvid, EOK, value, sizeof(*value));
    return 0;
}

static int on_disconnect(message_context_t *ctp, int code, unsigned flags, void *handle)
{
    (void)flags;
    (void)handle;
    ConnectDetach(ctp->msg->pulse.scoid);
    printf("%s\n", code == _PULSE_CODE_DISCONNECT ? "disconnect" : "?");
    clients--;
    return 0;
}

static int client(int factor)
{
    struct { uint16_t type, subtype; int value; } msg = { (uint16_t)(_IO_MAX + factor), 0, 7 };
    int coid = name_open("prog_name_dispatch", 0), answer = 0;

    if (coid == -1 || MsgSend(coid, &msg, sizeof(msg), &answer, sizeof(answer)) == -1)
        return 1;
    return answer == 7 * factor ? 0 : 2;
}

int main(void)
{
    dispatch_t *dpp = dispatch_create();
    dispatch_context_t *ctp;
    name_attach_t *attach;
    int status, i, good = 0;

    message_attach(dpp, NULL, _IO_MAX + 1, _IO_MAX + 9, on_message, NULL);
    pulse_attach(dpp, 0, _PULSE_CODE_DISCONNECT, on_disconnect, NULL);
    attach = name_attach(dpp, "prog_name_dispatch", NAME_FLAG_ATTACH_GLOBAL);
    if (attach == NULL) {
        perror("name_attach");
        return EXIT_FAILURE;
    }
    for (clients = 0; clients < 3; clients++)
        if (fork() == 0)
            _exit(client(clients + 2));
    ctp = dispatch_context_alloc(attach->dpp);
    while (clients > 0) {
        if (dispatch_block(ctp) == NULL)
            return EXIT_FAILURE;
        dispatch_handler(ctp);
    }
    for (i = 0; i < 3; i++) {
        wait(&status);
        good += WIFEXITED(status) && WEXITSTATUS(status) == 0;
    }
    printf("%d good\n", good);
    dispatch_context_free(ctp);
    name_detach(attach, NAME_FLAG_DETACH_SAVEDPP);
    return dispatch_destroy(dpp);
}
