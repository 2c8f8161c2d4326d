// SPDX-License-Identifier: MIT OR Apache-2.0
/* QNX 6: the child knows that its parent's channel is number 1. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/neutrino.h>
#include <sys/wait.h>

static int child(void)
{
    char reply[64];
    int  coid;

    coid = ConnectAttach(0, getppid(), 1, 0, 0);
    if (coid == -1) {
        perror("child: ConnectAttach");
        return EXIT_FAILURE;
    }
    if (MsgSend(coid, "This is the message", strlen("This is the message") + 1, reply, sizeof reply) == -1) {
        perror("child: MsgSend");
        return EXIT_FAILURE;
    }
    if (strcmp(reply, "This is the reply") != 0)
        return EXIT_FAILURE;
    printf("child: got the reply\n");
    return EXIT_SUCCESS;
}

int main(void)
{
    int  chid = ChannelCreate(0);
    int  rcvid, status;
    char message[512];

    if (chid != 1)
        printf("first channel is %d\n", chid);
    fflush(stdout);
    if (fork() == 0)
        exit(child());

    rcvid = MsgReceive(chid, message, sizeof message, NULL);
    printf("parent: message is \"%s\"\n", message);
    fflush(stdout);
    MsgReply(rcvid, EOK, "This is the reply", 18);
    wait(&status);
    printf("parent: status %d\n", WEXITSTATUS(status));
    return 0;
}
