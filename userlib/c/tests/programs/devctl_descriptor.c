// SPDX-License-Identifier: MIT OR Apache-2.0
/* A connection as a descriptor: index 0, MsgSend(fd), devctl(), close(). */
#include <devctl.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <sys/iomsg.h>
#include <sys/neutrino.h>

typedef struct { int gain; int offset; } setup_t;

#define MY_CMD_CODE      1
#define MY_DEVCTL_SETVAL __DIOT(_DCMD_MISC, MY_CMD_CODE + 1, setup_t)
#define MY_DEVCTL_GETVAL __DIOF(_DCMD_MISC, MY_CMD_CODE + 0, setup_t)
#define MY_DEVCTL_SETGET __DIOTF(_DCMD_MISC, MY_CMD_CODE + 2, setup_t)

static int chid;

static void *server(void *arg)
{
    union {
        uint16_t type;
        struct _pulse pulse;
        io_devctl_t devctl;
        char space[512];
    } msg;
    setup_t now = { 1, 0 }, *data, before;
    int rcvid;

    while ((rcvid = MsgReceive(chid, &msg, sizeof(msg), NULL)) >= 0) {
        if (rcvid == 0 && msg.pulse.code == _PULSE_CODE_DISCONNECT) {
            printf("server: closed\n");
            break;
        }
        if (msg.type != _IO_DEVCTL) {
            MsgError(rcvid, ENOSYS);
            continue;
        }
        data = _DEVCTL_DATA(msg.devctl.i);
        before = now;
        switch ((unsigned)msg.devctl.i.dcmd) {
        case (unsigned)MY_DEVCTL_SETVAL:
            now = *data;
            break;
        case (unsigned)MY_DEVCTL_GETVAL:
            break;
        case (unsigned)MY_DEVCTL_SETGET:
            now = *data;
            break;
        default:
            MsgError(rcvid, ENOTTY);
            continue;
        }
        memset(&msg.devctl.o, 0, sizeof(msg.devctl.o));
        msg.devctl.o.ret_val = before.gain;
        *(setup_t *)_DEVCTL_DATA(msg.devctl.o) = before;
        MsgReply(rcvid, EOK, &msg, sizeof(msg.devctl.o) + sizeof(setup_t));
    }
    return arg;
}

int main(void)
{
    setup_t s = { 7, 70 };
    int fd, info = 0, flags = 0;
    pthread_t t;

    chid = ChannelCreate(_NTO_CHF_DISCONNECT);
    pthread_create(&t, NULL, server, NULL);
    fd = ConnectAttach(ND_LOCAL_NODE, 0, chid, 0, 0);
    printf("%s\n", fd >= 0 && !(fd & _NTO_SIDE_CHANNEL) && fcntl(fd, F_GETFD) != -1 ? "a descriptor" : "?");

    printf("set %d", devctl(fd, MY_DEVCTL_SETVAL, &s, sizeof(s), NULL));
    memset(&s, 0, sizeof(s));
    printf(" get %d", devctl(fd, MY_DEVCTL_GETVAL, &s, sizeof(s), &info));
    printf(": %d %d, info %d\n", s.gain, s.offset, info);
    s.gain = 8;
    devctl(fd, MY_DEVCTL_SETGET, &s, sizeof(s), &info);
    printf("setget: %d %d\n", s.gain, s.offset);
    printf("unknown: %s\n", strerror(devctl(fd, __DION(_DCMD_MISC, 99), NULL, 0, NULL)));
    if (MsgSend(fd, "xy", 2, NULL, 0) == -1)
        printf("read: %s\n", errno == ENOSYS ? "ENOSYS" : strerror(errno));
    close(fd);
    pthread_join(t, NULL);
    printf("file: %d", devctl(1, DCMD_ALL_GETFLAGS, &flags, sizeof(flags), NULL));
    printf(" %s\n", (flags & O_ACCMODE) != O_RDONLY ? "writable" : "?");
    printf("none: %s\n", strerror(devctl(1234, MY_DEVCTL_GETVAL, &s, sizeof(s), NULL)));
    return 0;
}
