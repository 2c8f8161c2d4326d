// SPDX-License-Identifier: MIT OR Apache-2.0
/* Adds by pulses, asks for the result by a message: name_client NAME [stop]. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/dispatch.h>
#include <sys/neutrino.h>
#include "name.h"

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "example";
	get_msg_t msg = { GET_MSG, 0 }, unknown = { GET_MSG + 1, 0 };
	int coid, counter = -1, i;

	/* The server may be on its way yet. */
	for (i = 0; (coid = name_open(name, 0)) == -1 && i < 50; i++)
		delay(100);
	if (coid == -1) {
		perror("name_open");
		return EXIT_FAILURE;
	}
	if (argc > 2) {
		MsgSendPulse(coid, -1, PULSE_STOP, 0);
		name_close(coid);
		return EXIT_SUCCESS;
	}
	for (i = 1; i <= 3; i++)
		if (MsgSendPulse(coid, SIGEV_PULSE_PRIO_INHERIT, PULSE_ADD, i * 10) == -1)
			perror("MsgSendPulse");
	/* Pulses of one priority come before a message that is sent after them. */
	if (MsgSend(coid, &msg, sizeof(msg), &counter, sizeof(counter)) == -1)
		perror("MsgSend");
	printf("client: counter is %d\n", counter);
	if (MsgSend(coid, &unknown, sizeof(unknown), NULL, 0) == -1)
		printf("client: unknown message: %s\n", strerror(errno));
	name_close(coid);
	return EXIT_SUCCESS;
}
