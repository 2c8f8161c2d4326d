// SPDX-License-Identifier: MIT OR Apache-2.0
/* Sends a text to simple_server, or tells it to stop: simple_client PID CHID [TEXT]. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/neutrino.h>
#include "simple.h"

int main(int argc, char **argv)
{
	cksum_msg_t msg;
	int coid, sum = 0;

	if (argc < 3) {
		fprintf(stderr, "use: %s PID CHID [TEXT]\n", argv[0]);
		return EXIT_FAILURE;
	}
	coid = ConnectAttach(ND_LOCAL_NODE, atoi(argv[1]), atoi(argv[2]), _NTO_SIDE_CHANNEL, 0);
	if (coid == -1) {
		perror("ConnectAttach");
		return EXIT_FAILURE;
	}
	memset(&msg, 0, sizeof(msg));
	if (argc > 3) {
		msg.type = CKSUM_MSG;
		strlcpy(msg.text, argv[3], sizeof(msg.text));
	} else {
		msg.type = STOP_MSG;
	}
	if (MsgSend(coid, &msg, sizeof(msg), &sum, sizeof(sum)) == -1) {
		perror("MsgSend");
		return EXIT_FAILURE;
	}
	if (argc > 3)
		printf("checksum of \"%s\" is %d\n", argv[3], sum);
	ConnectDetach(coid);
	return EXIT_SUCCESS;
}
