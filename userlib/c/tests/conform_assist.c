// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is left of a process after an exec, by the names of QNX:
 *
 *	conform_assist send FD		MsgSend over FD has to return 42
 *	conform_assist closed FD	FD has to be no connection any more
 *	conform_assist channel CHID	the channel has to be gone, and numbers begin anew
 *	conform_assist pause 0		sleeps for ever
 */
#include <sys/neutrino.h>

#include <stdlib.h>
#include <string.h>

static int sends(int fd)
{
	return MsgSend(fd, "hello", 5, NULL, 0) == 42 ? 0 : errno;
}

static int is_closed(int fd)
{
	errno = 0;
	return MsgSend(fd, "hello", 5, NULL, 0) == -1 && errno == EBADF ? 0 : 1;
}

static int begins_anew(int chid)
{
	char byte;

	if (MsgReceive_r(chid, &byte, 1, NULL) != -ESRCH)
		return 1;
	if (ConnectAttach_r(0, 0, chid, _NTO_SIDE_CHANNEL, 0) != -ESRCH)
		return 2;
	return ChannelCreate(0) == 1 ? 0 : 3;
}

int main(int argc, char **argv)
{
	int number = argc == 3 ? atoi(argv[2]) : -1;

	if (number < 0)
		return 100;
	if (!strcmp(argv[1], "send"))
		return sends(number);
	if (!strcmp(argv[1], "closed"))
		return is_closed(number);
	if (!strcmp(argv[1], "channel"))
		return begins_anew(number);
	for (;;)
		pause();
}
