// SPDX-License-Identifier: MIT OR Apache-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/neutrino.h>

/* Scatter and gather: MsgSendv, MsgReceivev, MsgReadv, MsgWritev, MsgReplyv. */
struct header { uint16_t type; uint16_t parts; uint32_t size[3]; };

static int chid;

static void *server(void *arg)
{
    struct header hdr;
    iov_t iov[3];
    char *block[3];
    rcvid_t rcvid;
    struct _msg_info info;
    ssize_t n;
    int i;

    SETIOV(&iov[0], &hdr, sizeof(hdr));
    rcvid = MsgReceivev(chid, iov, 1, &info);
    printf("got %d of %d, room for %d\n", (int)info.msglen, (int)info.srcmsglen, (int)info.dstmsglen);
    for (i = 0; i < hdr.parts; i++) {
        block[i] = malloc(hdr.size[i]);
        SETIOV(iov + i, block[i], hdr.size[i]);
    }
    n = MsgReadv(rcvid, iov, hdr.parts, sizeof(hdr));
    printf("read %d: %.3s %.3s %.3s\n", (int)n, block[0], block[1], block[2]);

    /* Back in the other order: the last two by MsgWritev, the first with the reply. */
    SETIOV(iov + 0, block[1], hdr.size[1]);
    SETIOV(iov + 1, block[0], hdr.size[0]);
    n = MsgWritev(rcvid, iov, 2, hdr.size[2]);
    printf("written %d\n", (int)n);
    SETIOV(iov, block[2], hdr.size[2]);
    MsgReplyv(rcvid, GETIOVLEN(iov), iov, 1);
    for (i = 0; i < 3; i++)
        free(block[i]);
    return arg;
}

int main(void)
{
    struct header hdr = { 0x300, 3, { 300, 4000, 70000 } };
    char *a = malloc(300), *b = malloc(4000), *c = malloc(70000), *back = calloc(1, 74301);
    iov_t siov[4], riov[2];
    pthread_t thread;
    long status;
    int coid;

    memset(a, 'a', 300);
    memset(b, 'b', 4000);
    memset(c, 'c', 70000);
    chid = ChannelCreate(_NTO_CHF_SENDER_LEN | _NTO_CHF_REPLY_LEN);
    coid = ConnectAttach(0, 0, chid, _NTO_SIDE_CHANNEL, 0);
    pthread_create(&thread, NULL, server, NULL);

    SETIOV(&siov[0], &hdr, sizeof(hdr));
    SETIOV(&siov[1], a, 300);
    SETIOV(&siov[2], b, 4000);
    SETIOV(&siov[3], c, 70000);
    SETIOV(&riov[0], back, 10);
    SETIOV(&riov[1], back + 10, 74290);
    status = MsgSendv(coid, siov, 4, riov, 2);
    pthread_join(thread, NULL);
    printf("status %ld: %c%c %c%c %c%c%d\n", status, back[0], back[69999], back[70000], back[73999],
           back[74000], back[74299], back[74300]);
    free(a); free(b); free(c); free(back);
    return 0;
}
