// SPDX-License-Identifier: MIT OR Apache-2.0
/* QNX 7.1: events are registered, and the server may update the value. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/neutrino.h>
#include <sys/dispatch.h>

#define REGISTER_MSG (_IO_MAX + 20)

typedef struct {
    uint16_t        type;
    struct sigevent event;
} register_msg_t;

typedef union {
    uint16_t       type;
    struct _pulse  pulse;
    register_msg_t reg;
} msg_buf_t;

static name_attach_t *att;

static void *server(void *arg)
{
    msg_buf_t msg;
    int rcvid;

    rcvid = MsgReceive(att->chid, &msg, sizeof(msg), NULL);
    if (rcvid <= 0 || msg.type != REGISTER_MSG)
        return arg;
    msg.reg.event.sigev_value.sival_int = 4711;
    if (MsgDeliverEvent(rcvid, &msg.reg.event) == -1)
        perror("MsgDeliverEvent");
    MsgReply(rcvid, EOK, NULL, 0);
    return arg;
}

int main(void)
{
    struct _pulse pulse;
    register_msg_t reg;
    pthread_t thread;
    int chid, coid, server_coid;

    att = name_attach(NULL, "prog_register", 0);
    pthread_create(&thread, NULL, server, NULL);

    chid = ChannelCreate(_NTO_CHF_PRIVATE);
    coid = ConnectAttach(0, 0, chid, _NTO_SIDE_CHANNEL, 0);
    server_coid = name_open("prog_register", 0);

    memset(&reg, 0, sizeof(reg));
    reg.type = REGISTER_MSG;
    SIGEV_PULSE_INIT(&reg.event, coid, -1, 9, 1);
    SIGEV_MAKE_UPDATEABLE(&reg.event);
    if (MsgRegisterEvent(&reg.event, server_coid) == -1) {
        perror("MsgRegisterEvent");
        return EXIT_FAILURE;
    }
    if (MsgSend(server_coid, &reg, sizeof(reg), NULL, 0) == -1)
        perror("MsgSend");
    MsgReceivePulse(chid, &pulse, sizeof(pulse), NULL);
    printf("code %d value %d\n", pulse.code, pulse.value.sival_int);
    printf("unregister %d\n", MsgUnregisterEvent(&reg.event));
    pthread_join(thread, NULL);
    name_close(server_coid);
    name_detach(att, 0);
    return 0;
}
