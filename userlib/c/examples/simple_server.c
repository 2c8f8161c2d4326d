// SPDX-License-Identifier: MIT OR Apache-2.0
/*
 * The simplest server: prints where it is, and answers each message with the
 * sum of its bytes.
 *
 *	simple_server &		prints "pid 123 chid 1"
 *	simple_client 123 1 "some text"
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/neutrino.h>
#include "simple.h"

int main(void)
{
	int chid, rcvid, i, sum;
	cksum_msg_t msg;
	struct _msg_info info;

	chid = ChannelCreate(0);
	if (chid == -1) {
		perror("ChannelCreate");
		return EXIT_FAILURE;
	}
	printf("pid %d chid %d\n", getpid(), chid);
	fflush(stdout);

	for (;;) {
		rcvid = MsgReceive(chid, &msg, sizeof(msg), &info);
		if (rcvid == -1) {
			perror("MsgReceive");
			break;
		}
		if (rcvid == 0)		/* a pulse; nobody here sends any */
			continue;

		switch (msg.type) {
		case CKSUM_MSG:
			sum = 0;
			msg.text[sizeof(msg.text) - 1] = '\0';
			for (i = 0; msg.text[i] != '\0'; i++)
				sum += (unsigned char)msg.text[i];
			MsgReply(rcvid, EOK, &sum, sizeof(sum));
			break;
		case STOP_MSG:
			MsgReply(rcvid, EOK, NULL, 0);
			ChannelDestroy(chid);
			return EXIT_SUCCESS;
		default:
			MsgError(rcvid, ENOSYS);
			break;
		}
	}
	return EXIT_FAILURE;
}
