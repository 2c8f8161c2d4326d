// SPDX-License-Identifier: GPL-2.0-only
/*
 * The assistant: what is left of a process after an exec, and a holder of one
 * kind of qipc descriptor for module_test.sh.
 *
 *	assist pause FD			write a byte to FD, then sleep for ever
 *	assist session FD		use a session opened before the exec: exits with the errno
 *	assist exists FD		0 if FD is open, else EBADF
 *	assist send FD			send "hello" through the connection FD, expect status 42
 *	assist hold-session 0		say "ready" and keep a session open
 *	assist hold-channel 0		... only the descriptor of a channel
 *	assist hold-connection 0	... only a connection to a channel that is gone
 *	assist receive 0		say "ready" and block in a receive
 *	assist round-trip 0		0 if a message and its answer get through
 *
 * The misbehaviour of processes that do not exec is in jobs of struct peer.
 */
#include <stddef.h>

#include "kselftest.h"
#include "qipc_test.h"

static void say_ready(void)
{
	if (write(STDOUT_FILENO, "ready\n", 6) != 6)
		exit(CHILD_SETUP);
}

static void __noreturn rest(void)
{
	for (;;)
		pause();
}

static int do_pause(int fd)
{
	if (write(fd, "!", 1) != 1)
		return CHILD_SETUP;
	rest();
}

static int do_session(int fd)
{
	int ret = q_create(fd, 0);

	return ret < 0 ? -ret : CHILD_NOT_REFUSED;
}

static int do_exists(int fd)
{
	return fcntl(fd, F_GETFD) < 0 ? errno : 0;
}

static int do_send(int fd)
{
	struct qipc_msg_send arg;
	char reply[8];

	if (q_send(fd, fd, "hello", 5, reply, sizeof(reply), &arg))
		return CHILD_SEND;
	return arg.status == 42 && !arg.error ? 0 : CHILD_WRONG_DATA;
}

static int open_channel(int *session)
{
	int chid;

	*session = q_open();
	if (*session < 0)
		exit(CHILD_OPEN);
	chid = q_create(*session, 0);
	if (chid < 0)
		exit(CHILD_CREATE);
	return chid;
}

static int do_hold_session(int unused)
{
	int session;

	(void)unused;
	open_channel(&session);
	say_ready();
	rest();
}

static int do_hold_channel(int unused)
{
	int session, chid = open_channel(&session);

	(void)unused;
	if (q_channel_fd(session, chid, QIPC_FD_CLOEXEC) < 0)
		return CHILD_CREATE;
	close(session);
	say_ready();
	rest();
}

static int do_hold_connection(int unused)
{
	int session, chid = open_channel(&session);

	(void)unused;
	if (q_attach_fd(session, 0, chid) < 0)
		return CHILD_ATTACH;
	close(session);
	say_ready();
	rest();
}

static int do_receive(int unused)
{
	struct qipc_msg_receive arg;
	int session, chid = open_channel(&session);
	char byte;

	(void)unused;
	say_ready();
	q_receive(session, chid, &byte, 1, &arg);
	return CHILD_RECEIVE;
}

static int do_round_trip(int unused)
{
	struct qipc_msg_receive arg;
	struct peer *client;
	char buf[8] = "";
	int session, chid = open_channel(&session);

	(void)unused;
	client = client_start(true, false, session, chid);
	if (!client)
		return CHILD_ATTACH;
	peer_send(client, "ping", 4, NULL, 0);
	if (q_receive(session, chid, buf, sizeof(buf), &arg) || memcmp(buf, "ping", 4))
		return CHILD_RECEIVE;
	if (q_reply(session, arg.rcvid, 42, NULL, 0))
		return CHILD_REPLY;
	if (peer_wait(client) || client->send.status != 42)
		return CHILD_SEND;
	peer_kill(client);
	return 0;
}

static const struct {
	const char *name;
	int (*run)(int number);
} modes[] = {
	{ "pause", do_pause },
	{ "session", do_session },
	{ "exists", do_exists },
	{ "send", do_send },
	{ "hold-session", do_hold_session },
	{ "hold-channel", do_hold_channel },
	{ "hold-connection", do_hold_connection },
	{ "receive", do_receive },
	{ "round-trip", do_round_trip },
};

int main(int argc, char **argv)
{
	size_t i;

	if (argc != 3)
		return CHILD_USAGE;
	for (i = 0; i < ARRAY_SIZE(modes); i++)
		if (!strcmp(argv[1], modes[i].name))
			return modes[i].run(atoi(argv[2]));
	return CHILD_USAGE;
}
