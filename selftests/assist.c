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
 *	assist bench-unknown 0		0 if the calls for benchmarks are refused
 *	assist bench ROUNDS		0 if they do what they should, for two processes
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

/* Opens, sends to itself and closes, again and again, for as long as there is a device. */
static int open_and_close(void *arg)
{
	int64_t end = now_us() + *(int *)arg * 1000LL;
	struct qipc_timeout none = timeout_in(QIPC_TIMEOUT_SEND, 0);
	struct qipc_msg_send send;
	int session, chid, coid;

	while (now_us() < end) {
		session = q_open();
		/* Between an unloading and a loading there is none. */
		if (session == -ENOENT || session == -ENODEV || session == -ENXIO)
			continue;
		if (session < 0)
			return CHILD_OPEN;
		chid = q_create(session, 0);
		coid = q_attach_fd(session, 0, chid);
		if (chid < 0 || coid < 0 || q_pulse(coid, coid, -1, 1, 2))
			return CHILD_ATTACH;
		/* The connection is the last to go, which ends the channel. */
		close(session);
		if (q_send_timeout(coid, coid, "x", 1, NULL, 0, &none, &send) != -EBADF)
			return CHILD_SEND;
		close(coid);
	}
	return 0;
}

/* For so many milliseconds; 0 if nothing was odd. */
static int do_storm(int ms)
{
	pid_t pids[3];
	int ret = 0;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(pids); i++)
		pids[i] = spawn(open_and_close, &ms);
	for (i = 0; i < ARRAY_SIZE(pids); i++)
		ret = reap(pids[i]) ?: ret;
	return ret;
}

static int bench_pair(int session, unsigned int seat)
{
	struct qipc_bench_pair arg = { .seat = seat };

	return q_ioctl(session, QIPC_BENCH_PAIR, &arg);
}

static int bench_switch(int session, unsigned long how)
{
	return q_ioctl(session, QIPC_BENCH_SWITCH, (void *)how);
}

static int do_bench_unknown(int unused)
{
	int session = q_open();

	(void)unused;
	if (session < 0)
		return CHILD_OPEN;
	if (bench_pair(session, 0) != -ENOTTY || bench_pair(session, 1) != -ENOTTY ||
	    bench_switch(session, QIPC_BENCH_WAKE) != -ENOTTY ||
	    bench_switch(session, 0) != -ENOTTY)
		return CHILD_NOT_REFUSED;
	return 0;
}

/* Each refusal of the calls for benchmarks; the last word is for those of a seat. */
static int bench_refusals(int session)
{
	struct qipc_bench_pair arg = { .seat = 0, .reserved = 1 };
	int child;

	if (bench_switch(session, QIPC_BENCH_SLEEP) != -ESRCH || bench_pair(session, 1) != -ESRCH ||
	    bench_pair(session, 2) != -EINVAL ||
	    q_ioctl(session, QIPC_BENCH_PAIR, &arg) != -EINVAL || bench_pair(session, 0))
		return CHILD_NOT_REFUSED;
	if (bench_pair(session, 0) != -EBUSY || bench_switch(session, 0) != -EINVAL ||
	    bench_switch(session, 4 | QIPC_BENCH_WAKE) != -EINVAL ||
	    bench_switch(session, QIPC_BENCH_WAKE) != -ESRCH)
		return CHILD_NOT_REFUSED;
	/* Another process has no business here, another thread no seat. */
	child = vfork();
	if (!child)
		_exit(bench_switch(session, QIPC_BENCH_SLEEP) == -ESTALE ? 0 : CHILD_NOT_REFUSED);
	if (child < 0 || waitpid(child, &child, 0) < 0)
		return CHILD_SETUP;
	return child ? CHILD_NOT_REFUSED : 0;
}

static void *bench_stranger(void *session)
{
	return (void *)(long)bench_switch(*(int *)session, QIPC_BENCH_WAKE);
}

/* One count goes back and forth, and nobody writes it out of turn. */
static int bench_play(int session, int rounds, int *count, int seat)
{
	unsigned long how = seat ? QIPC_BENCH_SLEEP : QIPC_BENCH_WAKE | QIPC_BENCH_SLEEP;
	int i;

	for (i = 0; i < rounds; i++) {
		if (!seat)
			__atomic_store_n(count, 2 * i + 1, __ATOMIC_RELAXED);
		if (bench_switch(session, how))
			return CHILD_SEND;
		if (__atomic_load_n(count, __ATOMIC_RELAXED) != 2 * i + 1 + !seat)
			return CHILD_WRONG_DATA;
		if (seat)
			__atomic_store_n(count, 2 * i + 2, __ATOMIC_RELAXED);
		how = QIPC_BENCH_WAKE | QIPC_BENCH_SLEEP;
	}
	return seat && bench_switch(session, QIPC_BENCH_WAKE) ? CHILD_SEND : 0;
}

static int do_bench(int rounds)
{
	int *count = shared_alloc(page_size());
	int session = q_open(), ret, status;
	pthread_t thread;
	void *result;
	pid_t child;

	if (session < 0 || !count)
		return CHILD_OPEN;
	ret = bench_refusals(session);
	if (ret)
		return ret;
	child = fork();
	if (!child) {
		int other = q_open();

		if (other < 0 || bench_pair(other, 1))
			_exit(CHILD_OPEN);
		__atomic_store_n(&count[1], 1, __ATOMIC_RELEASE);
		_exit(bench_play(other, rounds, count, 1));
	}
	while (child > 0 && !__atomic_load_n(&count[1], __ATOMIC_ACQUIRE) &&
	       waitpid(child, &status, WNOHANG) != child)
		sleep_us(1000);
	if (pthread_create(&thread, NULL, bench_stranger, &session) ||
	    pthread_join(thread, &result))
		return CHILD_SETUP;
	if ((long)result != -EPERM)
		return CHILD_NOT_REFUSED;
	ret = bench_play(session, rounds, count, 0);
	if (child < 0 || waitpid(child, &status, 0) != child)
		return CHILD_SETUP;
	return ret ? ret : WIFEXITED(status) ? WEXITSTATUS(status) : CHILD_SETUP;
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
	{ "storm", do_storm },
	{ "bench-unknown", do_bench_unknown },
	{ "bench", do_bench },
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
