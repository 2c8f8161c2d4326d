// SPDX-License-Identifier: GPL-2.0-only
/*
 * Round trips of one kind between two processes, for tools/profile to count
 * instructions of.
 *
 *	round_trip KIND ROUNDS		print how long a round takes, in nanoseconds
 *	round_trip KIND 0		go on for ever
 *
 * KIND is one of
 *	floor		wake and sleep only (QIPC_BENCH_SWITCH)
 *	message:S:R	S bytes one way, R back, one part each, reply-and-receive
 *	parts:N		N parts of 8 bytes each way, reply-and-receive, with gaps
 *			between them
 *	adjacent:N	the same without gaps
 *	separate:S:R	as message, with a reply and a receive of their own
 *	crowd:N		as message:8:8, of N threads that all send again and again
 *	among:N		as message:8:8, while the client has N other connections
 *	eventfd, pipe	the same by other means of the kernel
 *
 * Under qemu -icount with shift=0 a nanosecond is an instruction.  The time of
 * N rounds is taken from that of 2 N, so that beginning and end do not count.
 */
#include <stddef.h>

#include "kselftest.h"
#include "qipc_test.h"

#define MAX_PARTS	1024
/* From one part to the next where they do not touch. */
#define APART		16

/* Before anything is measured. */
#define WARM_UP		200

static struct {
	char name[32];
	char kind[16];
	int a, b;
	int rounds;
} what;

static char sent[MAX_PARTS * APART], received[MAX_PARTS * 8];
static struct qipc_iov parts[MAX_PARTS];

static void __noreturn fail(const char *step)
{
	fprintf(stderr, "round_trip: %s: %s\n", step, strerror(errno));
	exit(1);
}

static bool is(const char *kind)
{
	return !strcmp(what.kind, kind);
}

static bool has_parts(void)
{
	return is("parts") || is("adjacent");
}

/* --- counting -------------------------------------------------------------- */

static int64_t run(void (*round)(void), int rounds)
{
	struct timespec from, to;
	int i;

	clock_gettime(CLOCK_MONOTONIC, &from);
	for (i = 0; i < rounds; i++)
		round();
	clock_gettime(CLOCK_MONOTONIC, &to);
	return (to.tv_sec - from.tv_sec) * 1000000000LL + to.tv_nsec - from.tv_nsec;
}

static void measure(void (*round)(void), int warm_up)
{
	int64_t once, twice;

	run(round, warm_up);
	while (!what.rounds)
		round();
	once = run(round, what.rounds);
	twice = run(round, 2 * what.rounds);
	printf("round_trip %s %.1f\n", what.name, (double)(twice - once) / what.rounds);
	fflush(stdout);
}

/* --- messages -------------------------------------------------------------- */

static int session, coid;
static struct qipc_msg_send question;
static struct qipc_msg_reply_receive answer;

static void serve_one(void)
{
	if (syscall(SYS_ioctl, session, QIPC_MSG_REPLY_RECEIVE, &answer))
		fail("reply and receive");
	answer.reply.rcvid = answer.receive.rcvid;
}

static void serve_one_separately(void)
{
	if (syscall(SYS_ioctl, session, QIPC_MSG_RECEIVE, &answer.receive))
		fail("receive");
	answer.reply.rcvid = answer.receive.rcvid;
	if (syscall(SYS_ioctl, session, QIPC_MSG_REPLY, &answer.reply))
		fail("reply");
}

static void __noreturn serve_messages(int ready)
{
	int chid;

	session = q_open();
	chid = q_create(session, 0);
	if (chid != 1 || q_set_mode(session, chid, 0666) || write(ready, "!", 1) != 1)
		fail("server");
	answer.receive.chid = chid;
	answer.receive.flags = QIPC_BUF;
	answer.receive.vec = vec_buf(received, sizeof(received));
	answer.reply.flags = QIPC_BUF;
	answer.reply.vec = vec_buf(sent, what.b);
	if (has_parts()) {
		answer.receive.flags = 0;
		answer.receive.vec = vec_buf(parts, what.a);
		answer.reply.flags = 0;
		answer.reply.vec = vec_buf(parts, what.a);
	}
	if (is("crowd")) {
		/* All of them have been here by then. */
		measure(serve_one, WARM_UP + 2 * what.a);
		exit(0);
	}
	for (;;)
		if (is("separate"))
			serve_one_separately();
		else
			serve_one();
}

static void send_one(void)
{
	if (syscall(SYS_ioctl, session, QIPC_MSG_SEND, &question))
		fail("send");
}

static void *member(void *unused)
{
	struct qipc_msg_send arg;

	(void)unused;
	while (!q_send(session, coid, sent, 8, received, 8, &arg))
		;
	return NULL;
}

static void __noreturn join_crowd(void)
{
	pthread_attr_t attr;
	pthread_t thread;
	int i;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 16384);
	for (i = 0; i < what.a; i++)
		if (pthread_create(&thread, &attr, member, NULL))
			fail("thread");
	wait(NULL);
	_exit(0);
}

static void send_messages(pid_t server)
{
	int i;

	session = q_open();
	coid = q_attach_side(session, server, 1);
	if (coid < 0)
		fail("attach");
	for (i = 0; is("among") && i < what.a; i++)
		if (q_attach_side(session, server, 1) < 0)
			fail("attach");
	if (is("crowd"))
		join_crowd();
	send_args(&question, coid, sent, is("among") ? 8 : what.a, received, what.b);
	if (has_parts()) {
		question.flags = 0;
		question.send = vec_buf(parts, what.a);
		question.reply = vec_buf(parts, what.a);
	}
	measure(send_one, WARM_UP);
}

/* --- the floor ------------------------------------------------------------- */

static void switch_once(void)
{
	if (syscall(SYS_ioctl, session, QIPC_BENCH_SWITCH,
		    (unsigned long)(QIPC_BENCH_WAKE | QIPC_BENCH_SLEEP)))
		fail("switch");
}

static void sit(unsigned int seat)
{
	struct qipc_bench_pair arg = { .seat = seat };

	session = q_open();
	if (q_ioctl(session, QIPC_BENCH_PAIR, &arg))
		fail("floor: is the module loaded with bench=1?");
}

static void __noreturn serve_floor(int ready)
{
	sit(0);
	if (write(ready, "!", 1) != 1 ||
	    syscall(SYS_ioctl, session, QIPC_BENCH_SWITCH, (unsigned long)QIPC_BENCH_SLEEP))
		fail("floor");
	for (;;)
		switch_once();
}

/* --- other means ----------------------------------------------------------- */

static int in, out;

static void exchange_one(void)
{
	uint64_t value = 1;

	if (write(out, &value, 8) != 8 || read(in, &value, 8) != 8)
		fail("exchange");
}

static void __noreturn serve_descriptors(int ready, int from, int to)
{
	uint64_t value;

	if (write(ready, "!", 1) != 1)
		fail("server");
	for (;;)
		if (read(from, &value, 8) != 8 || write(to, &value, 8) != 8)
			fail("exchange");
}

int main(int argc, char **argv)
{
	int ready[2], forth[2], back[2], i;
	pid_t server;
	char byte;

	if (argc != 3 || sscanf(argv[1], "%15[a-z]:%d:%d", what.kind, &what.a, &what.b) < 1)
		return 1;
	snprintf(what.name, sizeof(what.name), "%s", argv[1]);
	what.rounds = atoi(argv[2]);
	for (i = 0; i < MAX_PARTS; i++)
		parts[i] = iov(sent + (is("adjacent") ? 8 : APART) * i, 8);
	if (is("crowd") || is("among"))
		what.b = 8;
	if (pipe(ready) || pipe(forth) || pipe(back))
		fail("pipe");
	if (is("eventfd")) {
		forth[0] = eventfd(0, 0);
		forth[1] = forth[0];
		back[0] = eventfd(0, 0);
		back[1] = back[0];
	}
	server = fork();
	if (!server) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (is("floor"))
			serve_floor(ready[1]);
		if (is("eventfd") || is("pipe"))
			serve_descriptors(ready[1], forth[0], back[1]);
		serve_messages(ready[1]);
	}
	close(ready[1]);
	if (server < 0 || read(ready[0], &byte, 1) != 1)
		fail("server");
	if (is("floor")) {
		sit(1);
		measure(switch_once, WARM_UP);
	} else if (is("eventfd") || is("pipe")) {
		in = back[0];
		out = forth[1];
		measure(exchange_one, WARM_UP);
	} else {
		send_messages(server);
	}
	kill(server, SIGKILL);
	return 0;
}
