// SPDX-License-Identifier: MIT OR Apache-2.0
/* Has event_server send pulses to a channel of its own. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/dispatch.h>
#include <sys/neutrino.h>
#include "event.h"

#define MY_PULSE_CODE	(_PULSE_CODE_MINAVAIL + 5)

int main(int argc, char **argv)
{
	int chid, self_coid, server_coid, i, rcvid;
	subscribe_msg_t msg;
	struct _pulse pulse;

	chid = ChannelCreate(_NTO_CHF_PRIVATE);
	self_coid = ConnectAttach(0, 0, chid, _NTO_SIDE_CHANNEL, 0);
	for (i = 0; (server_coid = name_open(argc > 1 ? argv[1] : "events", 0)) == -1 && i < 50; i++)
		delay(100);
	if (server_coid == -1) {
		perror("name_open");
		return EXIT_FAILURE;
	}

	memset(&msg, 0, sizeof(msg));
	msg.type = SUBSCRIBE_MSG;
	SIGEV_PULSE_INIT(&msg.event, self_coid, SIGEV_PULSE_PRIO_INHERIT, MY_PULSE_CODE, 1234);
	/* Since QNX 7.0.1: only what is registered may be delivered where a client insists on it. */
	if (MsgRegisterEvent(&msg.event, server_coid) == -1)
		perror("MsgRegisterEvent");
	if (MsgSend(server_coid, &msg, sizeof(msg), NULL, 0) == -1) {
		perror("MsgSend");
		return EXIT_FAILURE;
	}

	for (i = 0; i < 3; i++) {
		rcvid = MsgReceivePulse(chid, &pulse, sizeof(pulse), NULL);
		printf("client: %d: code %d, value %d\n", rcvid, pulse.code - _PULSE_CODE_MINAVAIL,
		       pulse.value.sival_int);
	}
	MsgUnregisterEvent(&msg.event);
	name_close(server_coid);
	return EXIT_SUCCESS;
}
