// SPDX-License-Identifier: MIT OR Apache-2.0
/* A server and its client, chosen by argument; here the program starts itself as the client. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/dispatch.h>
#include <sys/wait.h>

#define ATTACH_POINT "prog_name_loop"

typedef struct _pulse msg_header_t;

/* Our real data comes after the header */
typedef struct _my_data {
    msg_header_t hdr;
    int data;
} my_data_t;

static int server(void)
{
    name_attach_t *attach;
    my_data_t msg;
    int rcvid;

    if ((attach = name_attach(NULL, ATTACH_POINT, 0)) == NULL) {
        perror("name_attach");
        return EXIT_FAILURE;
    }
    if (fork() == 0) {
        execl("/proc/self/exe", "name_attach_loop", "-c", (char *)NULL);
        _exit(127);
    }

    while (1) {
        rcvid = MsgReceive(attach->chid, &msg, sizeof(msg), NULL);

        if (rcvid == -1) {
            break;
        }
        if (rcvid == 0) {
            switch (msg.hdr.code) {
            case _PULSE_CODE_DISCONNECT:
                ConnectDetach(msg.hdr.scoid);
                printf("server: client gone\n");
                name_detach(attach, 0);
                wait(NULL);
                return EXIT_SUCCESS;
            case _PULSE_CODE_UNBLOCK:
                break;
            default:
                printf("server: pulse %d\n", msg.hdr.code);
                break;
            }
            continue;
        }
        /* name_open() sends a connect message, must EOK this */
        if (msg.hdr.type == _IO_CONNECT) {
            MsgReply(rcvid, EOK, NULL, 0);
            continue;
        }
        /* Some other I/O message was received; reject it */
        if (msg.hdr.type > _IO_BASE && msg.hdr.type <= _IO_MAX) {
            MsgError(rcvid, ENOSYS);
            continue;
        }
        printf("server: receive %d\n", msg.data);
        MsgReply(rcvid, EOK, 0, 0);
    }
    name_detach(attach, 0);
    return EXIT_SUCCESS;
}

static int client(void)
{
    my_data_t msg;
    int server_coid;

    if ((server_coid = name_open(ATTACH_POINT, 0)) == -1) {
        return EXIT_FAILURE;
    }
    /* We would have pre-defined data to stuff here */
    memset(&msg, 0, sizeof(msg));
    msg.hdr.type = 0x00;
    msg.hdr.subtype = 0x00;

    for (msg.data = 0; msg.data < 5; msg.data++) {
        if (MsgSend(server_coid, &msg, sizeof(msg), NULL, 0) == -1) {
            break;
        }
    }
    msg.hdr.type = _IO_READ;
    if (MsgSend(server_coid, &msg, sizeof(msg), NULL, 0) == -1)
        fprintf(stderr, "client: %s\n", errno == ENOSYS ? "ENOSYS" : strerror(errno));
    name_close(server_coid);
    return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "-c") == 0)
        return client();
    return server();
}
