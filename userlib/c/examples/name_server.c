// SPDX-License-Identifier: MIT OR Apache-2.0
/*
 * A server that is found by its name, takes messages and pulses, and ends
 * when a pulse says so: name_server NAME; name_client NAME.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/dispatch.h>
#include <sys/neutrino.h>
#include "name.h"

static int counter;

typedef union {
	uint16_t type;
	struct _pulse pulse;
	get_msg_t get;
} recv_buf_t;

/* Returns true when the server is to end. */
static int handle_pulse(name_attach_t *attach, const struct _pulse *pulse)
{
	switch (pulse->code) {
	case _PULSE_CODE_DISCONNECT:
		/* The last connection of a client has gone: give its number back. */
		ConnectDetach(pulse->scoid);
		printf("server: a client has gone\n");
		break;
	case _PULSE_CODE_UNBLOCK:
		MsgError(pulse->value.sival_int, EINTR);
		break;
	case PULSE_ADD:
		counter += pulse->value.sival_int;
		printf("server: counter is %d\n", counter);
		break;
	case PULSE_STOP:
		printf("server: told to stop\n");
		return 1;
	default:
		printf("server: pulse %d on channel %d\n", pulse->code, attach->chid);
		break;
	}
	return 0;
}

int main(int argc, char **argv)
{
	name_attach_t *attach;
	recv_buf_t msg;
	int rcvid;

	attach = name_attach(NULL, argc > 1 ? argv[1] : "example", 0);
	if (attach == NULL) {
		perror("name_attach");
		return EXIT_FAILURE;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("server: ready\n");

	for (;;) {
		rcvid = MsgReceive(attach->chid, &msg, sizeof(msg), NULL);
		if (rcvid == -1) {
			perror("MsgReceive");
			break;
		}
		if (rcvid == 0) {
			if (handle_pulse(attach, &msg.pulse))
				break;
			continue;
		}
		/* name_open() may send a connect message. */
		if (msg.type == _IO_CONNECT) {
			MsgReply(rcvid, EOK, NULL, 0);
			continue;
		}
		/* Other messages of the system are not for us. */
		if (msg.type > _IO_BASE && msg.type <= _IO_MAX) {
			MsgError(rcvid, ENOSYS);
			continue;
		}
		switch (msg.type) {
		case GET_MSG:
			MsgReply(rcvid, EOK, &counter, sizeof(counter));
			break;
		default:
			MsgError(rcvid, EINVAL);
			break;
		}
	}
	name_detach(attach, 0);
	return EXIT_SUCCESS;
}
