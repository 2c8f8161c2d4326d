// SPDX-License-Identifier: GPL-2.0-only
/*
 * What has been done before needs no memory when it is done again: messages and
 * receives of a thread that has sent and received there.  Allocations of one
 * thread are counted by the kernel's own tracepoints.
 */
#include <linux/perf_event.h>
#include <sched.h>

#include "kselftest_harness.h"
#include "qipc_test.h"

enum {
	ROUNDS = 50,
	WARM = 8,		/* until all is there that will be needed again */
	CROWD = 24,		/* threads, more than the module keeps anything for */
	PARTS = 12,		/* more than lie in the structures of the module */
};

static const char *const kinds[] = { "kmalloc", "kmem_cache_alloc" };

struct counter {
	int fd[ARRAY_SIZE(kinds)];
};

static int tracepoint(const char *kind)
{
	char path[96], text[16] = "";
	int fd;

	snprintf(path, sizeof(path), "/sys/kernel/tracing/events/kmem/%s/id", kind);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (read(fd, text, sizeof(text) - 1) <= 0)
		text[0] = '\0';
	close(fd);
	return atoi(text);
}

/* Counts what this thread allocates in the kernel from now on. */
static bool count_from_now(struct counter *counter)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_TRACEPOINT,
		.size = sizeof(attr),
		/* Until all are there: a counter is allocated, too. */
		.disabled = 1,
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		int id = tracepoint(kinds[i]);

		if (id <= 0)
			return false;
		attr.config = id;
		counter->fd[i] = syscall(SYS_perf_event_open, &attr, 0, -1, -1,
					 PERF_FLAG_FD_CLOEXEC);
		if (counter->fd[i] < 0)
			return false;
	}
	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		if (ioctl(counter->fd[i], PERF_EVENT_IOC_ENABLE, 0))
			return false;
	return true;
}

static long counted(struct counter *counter)
{
	long sum = 0;
	uint64_t value;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (read(counter->fd[i], &value, sizeof(value)) != sizeof(value))
			return -errno;
		sum += value;
		close(counter->fd[i]);
	}
	return sum;
}

FIXTURE(allocation)
{
	int session;
	int chid;
	int coid;
	int fd;			/* a connection, too */
	struct peer *client;
};

FIXTURE_SETUP(allocation)
{
	if (tracepoint(kinds[0]) <= 0)
		SKIP(return, "this kernel has no tracepoints of allocations");
	self->session = q_open();
	ASSERT_LE(0, self->session);
	self->chid = q_create(self->session, QIPC_CHF_FIXED_PRIORITY);
	ASSERT_LT(0, self->chid);
	self->coid = q_attach_side(self->session, getpid(), self->chid);
	ASSERT_LT(0, self->coid);
	self->fd = q_attach_fd(self->session, getpid(), self->chid);
	ASSERT_LE(0, self->fd);
	self->client = client_start(true, false, self->session, self->chid);
	ASSERT_NE(NULL, self->client);
}

FIXTURE_TEARDOWN(allocation)
{
	if (!self->client)
		return;
	peer_kill(self->client);
	close(self->session);
}

/* A counter that sees nothing proves nothing. */
TEST_F(allocation, is_seen)
{
	struct counter counter;
	int chid;

	ASSERT_TRUE(count_from_now(&counter));
	chid = q_create(self->session, 0);
	EXPECT_LT(0, counted(&counter));
	ASSERT_EQ(0, q_destroy(self->session, chid));
}

/* None for a thread that asks whether there is anything, say after a poll. */
TEST_F(allocation, receives_that_do_not_wait)
{
	struct qipc_msg_receive rcv;
	struct counter counter;
	int i;

	for (i = 0; i < WARM + ROUNDS; i++) {
		peer_send(self->client, NULL, 0, NULL, 0);
		ASSERT_TRUE(peer_blocked(self->client));
		if (i >= WARM)
			ASSERT_TRUE(count_from_now(&counter));
		ASSERT_EQ(0, q_receive_now(self->session, self->chid, NULL, 0, &rcv));
		if (i >= WARM)
			EXPECT_EQ(0, counted(&counter));
		ASSERT_EQ(0, q_reply(self->session, rcv.rcvid, 0, NULL, 0));
		ASSERT_EQ(0, peer_wait(self->client));
	}
}

/* --- senders ------------------------------------------------------------------------------ */

/* Answers until there is nothing more to receive from. */
static void *serve(void *arg)
{
	struct qipc_msg_reply_receive both = { .reply.flags = QIPC_BUF };
	const int *from = arg;
	static char buf[4096];

	do {
		receive_args(&both.receive, from[1], buf, sizeof(buf), QIPC_BUF);
		if (q_ioctl(from[0], QIPC_MSG_REPLY_RECEIVE, &both))
			break;
		both.reply.rcvid = both.receive.rcvid;
		both.reply.vec = vec_buf(buf, both.receive.info.msglen);
	} while (both.reply_error == 0);
	return NULL;
}

struct sender {
	int fd;
	int coid;
	uint64_t len;		/* what one of its messages has, in PARTS parts if that is much */
	int rounds;
	long allocated;		/* after WARM rounds; below 0 if something failed */
};

static void *send_and_count(void *arg)
{
	struct sender *sender = arg;
	struct qipc_msg_send send;
	struct qipc_iov parts[PARTS];
	struct counter counter;
	static char out[4096], in[4096];
	int i, ret;

	for (i = 0; i < PARTS; i++)
		parts[i] = iov(out + i * (sizeof(out) / PARTS), sender->len / PARTS);
	for (i = 0; i < sender->rounds; i++) {
		if (i == WARM && !count_from_now(&counter)) {
			sender->allocated = -1;
			return NULL;
		}
		if (sender->len > 256) {
			send_args(&send, sender->coid, parts, PARTS, in, sizeof(in));
			send.flags = QIPC_REPLY_BUF;
			ret = q_ioctl(sender->fd, QIPC_MSG_SEND, &send);
		} else {
			ret = q_send(sender->fd, sender->coid, out, sender->len, in, sizeof(in),
				     &send);
		}
		if (ret) {
			sender->allocated = ret;
			return NULL;
		}
	}
	sender->allocated = i > WARM ? counted(&counter) : 0;
	return NULL;
}

/* Sends from a thread of its own, at this priority, on the first processor; what it allocated. */
static long sends(struct sender *sender, int priority)
{
	struct sched_param param = { .sched_priority = priority };
	pthread_attr_t attr;
	cpu_set_t set = only(0);
	pthread_t thread;
	int ret;

	pthread_attr_init(&attr);
	pthread_attr_setaffinity_np(&attr, sizeof(set), &set);
	if (priority) {
		pthread_attr_setinheritsched(&attr, PTHREAD_EXPLICIT_SCHED);
		pthread_attr_setschedpolicy(&attr, SCHED_FIFO);
		pthread_attr_setschedparam(&attr, &param);
	}
	ret = pthread_create(&thread, &attr, send_and_count, sender);
	pthread_attr_destroy(&attr);
	if (ret)
		return -ret;
	pthread_join(thread, NULL);
	return sender->allocated;
}

FIXTURE(senders)
{
	int from[2];
	int coid;
	int fd;
	pthread_t server;
};

FIXTURE_SETUP(senders)
{
	cpu_set_t set = only(0);

	if (tracepoint(kinds[0]) <= 0)
		SKIP(return, "this kernel has no tracepoints of allocations");
	self->from[0] = q_open();
	ASSERT_LE(0, self->from[0]);
	self->from[1] = q_create(self->from[0], QIPC_CHF_FIXED_PRIORITY);
	ASSERT_LT(0, self->from[1]);
	self->coid = q_attach_side(self->from[0], getpid(), self->from[1]);
	ASSERT_LT(0, self->coid);
	self->fd = q_attach_fd(self->from[0], getpid(), self->from[1]);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, pthread_create(&self->server, NULL, serve, self->from));
	ASSERT_EQ(0, pthread_setaffinity_np(self->server, sizeof(set), &set));
}

FIXTURE_TEARDOWN(senders)
{
	if (self->from[0] <= 0)
		return;
	EXPECT_EQ(0, q_destroy(self->from[0], self->from[1]));
	pthread_join(self->server, NULL);
	close(self->fd);
	close(self->from[0]);
}

/*
 * Also one that runs before the server that has just answered it, and sends
 * again before that lets go of its message.  An ordinary one does so only on a
 * kernel that is preempted for it, as debug kernels are: then it does allocate.
 */
TEST_F(senders, short_messages)
{
	int priority, descriptor;

	for (priority = SLOW > 1 ? 10 : 0; priority <= 10; priority += 10) {
		for (descriptor = 0; descriptor < 2; descriptor++) {
			struct sender sender = {
				.fd = descriptor ? self->fd : self->from[0],
				.coid = descriptor ? 0 : self->coid,
				.len = 8,
				.rounds = WARM + ROUNDS,
			};

			EXPECT_EQ(0, sends(&sender, priority)) {
				TH_LOG("priority %d, %s", priority,
				       descriptor ? "descriptor" : "number");
			}
		}
	}
}

/* After messages of many parts, which are taken apart; and long answers. */
TEST_F(senders, short_messages_after_long_ones)
{
	struct sender more = { .fd = self->fd, .len = 3000, .rounds = WARM };
	struct sender less = { .fd = self->fd, .len = 8, .rounds = WARM + ROUNDS };

	EXPECT_EQ(0, sends(&more, 10));
	EXPECT_EQ(0, sends(&less, 10));
}

/* Threads that have ended leave room. */
TEST_F(senders, short_messages_after_a_crowd)
{
	struct sender one = { .fd = self->fd, .len = 8, .rounds = 1 };
	struct sender more = { .fd = self->fd, .len = 8, .rounds = WARM + ROUNDS };
	int i;

	for (i = 0; i < CROWD; i++)
		ASSERT_EQ(0, sends(&one, 10));
	EXPECT_EQ(0, sends(&more, 10));
}

TEST_HARNESS_MAIN
