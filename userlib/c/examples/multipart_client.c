// SPDX-License-Identifier: MIT OR Apache-2.0
/* Sends a header and two buffers in one message, and takes the answer apart the same way. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/dispatch.h>
#include <sys/neutrino.h>
#include "multipart.h"

#define FIRST	3000
#define SECOND	2500

int main(int argc, char **argv)
{
	static char first[FIRST], second[SECOND], answer[FIRST + SECOND];
	write_msg_t hdr = { WRITE_MSG, 0, FIRST + SECOND };
	write_reply_t reply;
	iov_t siov[3], riov[2];
	int coid, i, wrong = 0;

	for (i = 0; (coid = name_open(argc > 1 ? argv[1] : "multipart", 0)) == -1 && i < 50; i++)
		delay(100);
	if (coid == -1) {
		perror("name_open");
		return EXIT_FAILURE;
	}
	memset(first, 'a', sizeof(first));
	memset(second, 'b', sizeof(second));

	SETIOV(&siov[0], &hdr, sizeof(hdr));
	SETIOV(&siov[1], first, sizeof(first));
	SETIOV(&siov[2], second, sizeof(second));
	SETIOV(&riov[0], &reply, sizeof(reply));
	SETIOV(&riov[1], answer, sizeof(answer));
	if (MsgSendv(coid, siov, 3, riov, 2) == -1) {
		perror("MsgSendv");
		return EXIT_FAILURE;
	}
	for (i = 0; i < FIRST + SECOND; i++)
		wrong += answer[i] != (i < FIRST ? 'A' : 'B');
	printf("client: %u bytes in %u pieces, %d wrong\n", reply.nbytes, reply.pieces, wrong);
	name_close(coid);
	return EXIT_SUCCESS;
}
