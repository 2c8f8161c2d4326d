// SPDX-License-Identifier: MIT OR Apache-2.0
/*
 * A server that keeps its clients waiting, and lets them go when they ask:
 * the channel has _NTO_CHF_UNBLOCK, so a signal or a timeout of a client that
 * waits for the answer becomes a pulse. unblock_server; unblock_client PID.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/neutrino.h>

typedef union {
	struct _pulse pulse;
	char text[64];
} msg_t;

static void let_go(int chid, int rcvid)
{
	struct _msg_info info;

	(void)chid;
	/* The client may have been answered, and the pulse be an old one. */
	if (MsgInfo(rcvid, &info) == -1 || !(info.flags & _NTO_MI_UNBLOCK_REQ)) {
		printf("server: too late\n");
		return;
	}
	printf("server: client wants to go\n");
	MsgError(rcvid, EINTR);
}

int main(void)
{
	int chid = ChannelCreate(_NTO_CHF_UNBLOCK | _NTO_CHF_DISCONNECT);
	int rcvid, clients = 0;
	msg_t msg;

	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("%d\n", getpid());
	while (clients < 1) {
		rcvid = MsgReceive(chid, &msg, sizeof(msg), NULL);
		if (rcvid > 0) {
			printf("server: \"%s\" has to wait\n", msg.text);
			continue;	/* and is never answered */
		}
		switch (msg.pulse.code) {
		case _PULSE_CODE_UNBLOCK:
			let_go(chid, msg.pulse.value.sival_int);
			break;
		case _PULSE_CODE_DISCONNECT:
			ConnectDetach(msg.pulse.scoid);
			clients++;
			break;
		}
	}
	return EXIT_SUCCESS;
}
