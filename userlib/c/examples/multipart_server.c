// SPDX-License-Identifier: MIT OR Apache-2.0
/*
 * Takes messages of any length: receives the header only, reads the rest
 * from the client in pieces, and writes the answer where the client has put
 * its parts. multipart_server NAME; multipart_client NAME.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/dispatch.h>
#include <sys/neutrino.h>
#include "multipart.h"

static void upper_case(rcvid_t rcvid, const write_msg_t *hdr)
{
	char piece[1000];
	size_t done = 0, n;
	ssize_t got;
	write_reply_t reply = { 0, 0 };

	while (done < hdr->nbytes) {
		n = hdr->nbytes - done;
		if (n > sizeof(piece))
			n = sizeof(piece);
		got = MsgRead(rcvid, piece, n, sizeof(*hdr) + done);
		if (got == -1) {
			MsgError(rcvid, errno);
			return;
		}
		if (got == 0)
			break;		/* the client promised more than it sent */
		for (n = 0; n < (size_t)got; n++)
			if (piece[n] >= 'a' && piece[n] <= 'z')
				piece[n] -= 'a' - 'A';
		MsgWrite(rcvid, piece, got, sizeof(reply) + done);
		done += got;
		reply.pieces++;
	}
	reply.nbytes = done;
	/* The head of the answer; the rest is there already. */
	MsgReply(rcvid, EOK, &reply, sizeof(reply));
}

int main(int argc, char **argv)
{
	name_attach_t *attach = name_attach(NULL, argc > 1 ? argv[1] : "multipart", 0);
	union {
		struct _pulse pulse;
		write_msg_t write;
	} msg;
	struct _msg_info info;
	rcvid_t rcvid;

	if (attach == NULL) {
		perror("name_attach");
		return EXIT_FAILURE;
	}
	for (;;) {
		rcvid = MsgReceive(attach->chid, &msg, sizeof(msg), &info);
		if (rcvid == 0 && msg.pulse.code == _PULSE_CODE_DISCONNECT) {
			ConnectDetach(msg.pulse.scoid);
			break;		/* one client is enough for this example */
		}
		if (rcvid <= 0)
			continue;
		if (msg.write.type != WRITE_MSG) {
			MsgError(rcvid, ENOSYS);
			continue;
		}
		printf("server: %zd bytes of %zd received\n", info.msglen, info.srcmsglen);
		upper_case(rcvid, &msg.write);
	}
	name_detach(attach, 0);
	return EXIT_SUCCESS;
}
