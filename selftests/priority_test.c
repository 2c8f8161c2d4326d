// SPDX-License-Identifier: GPL-2.0-only
/*
 * Priorities: in which order clients are served, at which priority a server
 * thread runs, how far clients can lift it, what it gets back, and that a
 * client in a hurry does not wait for those in between.
 */
#include <stddef.h>
#include <sys/resource.h>

#include "kselftest_harness.h"
#include "qipc_test.h"

#define RESET_ON_FORK	0x40000000	/* SCHED_RESET_ON_FORK, as reported */

/* What the scheduler says of a thread: its priority, 0 if it is not real time. */
static int level(pid_t tid)
{
	struct sched_param param;

	if (sched_getparam(tid, &param))
		return -errno;
	return param.sched_priority;
}

static int policy(pid_t tid)
{
	int ret = sched_getscheduler(tid);

	return ret < 0 ? -errno : ret;
}

static int set_policy(pid_t tid, int policy, int priority)
{
	struct sched_param param = { .sched_priority = priority };

	return sched_setscheduler(tid, policy, &param) ? -errno : 0;
}

static int set_ceiling(int session, int chid, int ceiling)
{
	struct qipc_channel_access arg = { .ceiling = ceiling };

	return q_access(session, chid, QIPC_ACCESS_CEILING, &arg);
}

/* A receive that does not wait; with value[0] for a pulse only. */
static long job_receive_now(struct peer *peer)
{
	unsigned int flags = QIPC_BUF | QIPC_NONBLOCK;

	if (peer->value[0])
		flags |= QIPC_PULSE_ONLY;
	receive_args(&peer->receive, peer->chid, &peer->got, sizeof(peer->got), flags);
	return q_ioctl(peer->session, QIPC_MSG_RECEIVE, &peer->receive);
}

static long receive_now(struct peer *peer, int chid)
{
	peer->chid = chid;
	peer->value[0] = 0;
	return peer_call(peer, job_receive_now);
}

static long receive_pulse_now(struct peer *peer, int chid)
{
	peer->chid = chid;
	peer->value[0] = 1;
	return peer_call(peer, job_receive_now);
}

/* Answers what the peer has received. */
static long reply(struct peer *peer)
{
	peer->value[0] = peer->receive.rcvid;
	peer->value[1] = 0;
	peer->value[2] = 0;
	return peer_call(peer, job_respond);
}

/* The same, and the client, whose message it was, goes on. */
static long answer(struct peer *server, struct peer *client)
{
	long ret = reply(server);

	return ret ? ret : peer_wait(client);
}

/*
 * The server takes the client's message and answers it: the priority at which it
 * runs in between, or an error.
 */
static int served_at(struct peer *server, int chid, struct peer *client)
{
	int ret = receive_now(server, chid), was;

	if (ret)
		return ret;
	was = level(server->tid);
	ret = answer(server, client);
	return ret ? ret : was;
}

static long job_current(struct peer *peer)
{
	return q_current(peer->session, peer->value[0]);
}

static long current(struct peer *peer, int64_t rcvid)
{
	peer->value[0] = rcvid;
	return peer_call(peer, job_current);
}

/* Starts a send and waits until it has come as far as it gets. */
static bool send_blocks(struct peer *client)
{
	peer_send(client, NULL, 0, NULL, 0);
	return peer_blocked(client);
}

/* Waits until a thread has a priority; false if it does not get it. */
static bool gets_level(pid_t tid, int wanted)
{
	int64_t end = now_us() + PATIENCE_MS * 1000LL;

	while (level(tid) != wanted) {
		if (now_us() > end)
			return false;
		sleep_us(200);
	}
	return true;
}

FIXTURE(priority) {
	int session;
	int chid;
	struct peer *server;	/* threads of this process */
	struct peer *idle;
	struct peer *client[3];
};

FIXTURE_VARIANT(priority) {
	bool process;
};

FIXTURE_VARIANT_ADD(priority, thread) { .process = false, };

FIXTURE_VARIANT_ADD(priority, process) { .process = true, };

FIXTURE_SETUP(priority)
{
	size_t i;

	self->session = q_open();
	ASSERT_LE(0, self->session);
	self->chid = q_create(self->session, 0);
	ASSERT_LT(0, self->chid);
	self->server = peer_start(false, self->session);
	ASSERT_NE(NULL, self->server);
	self->idle = peer_start(false, self->session);
	ASSERT_NE(NULL, self->idle);
	for (i = 0; i < ARRAY_SIZE(self->client); i++) {
		self->client[i] = client_start(variant->process, false, self->session,
					       self->chid);
		ASSERT_NE(NULL, self->client[i]);
	}
}

FIXTURE_TEARDOWN(priority)
{
}

/* Clients that do not use the session of the server. */
#define _test_data_priority_process		_test_data_priority
#define _fixture_variant_priority_process	_fixture_variant_priority
FIXTURE(priority_process);
FIXTURE_LIKE(priority_process, priority)

FIXTURE_VARIANT_ADD(priority_process, process) { .process = true, };

/* --- order --------------------------------------------------------------- */

TEST_F(priority, B77_highest_first)
{
	static const int priorities[] = { 10, 20, 15 };
	static const int order[] = { 20, 15, 10 };
	struct qipc_msg_receive rcv;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(priorities); i++) {
		ASSERT_EQ(0, peer_set_priority(self->client[i], priorities[i]));
		ASSERT_TRUE(send_blocks(self->client[i]));
	}
	for (i = 0; i < ARRAY_SIZE(order); i++) {
		ASSERT_EQ(0, q_receive_now(self->session, self->chid, NULL, 0, &rcv));
		EXPECT_EQ(order[i], rcv.info.priority);
		EXPECT_EQ(0, q_reply(self->session, rcv.rcvid, 0, NULL, 0));
	}
	for (i = 0; i < ARRAY_SIZE(priorities); i++)
		EXPECT_EQ(0, peer_wait(self->client[i]));
}

TEST_F(priority, B78_arrival_inside_a_priority)
{
	struct qipc_msg_receive rcv;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(self->client); i++) {
		ASSERT_EQ(0, peer_set_priority(self->client[i], 12));
		ASSERT_TRUE(send_blocks(self->client[i]));
	}
	for (i = 0; i < ARRAY_SIZE(self->client); i++) {
		ASSERT_EQ(0, q_receive_now(self->session, self->chid, NULL, 0, &rcv));
		EXPECT_EQ(0, q_reply(self->session, rcv.rcvid, 0, NULL, 0));
		EXPECT_EQ(0, peer_wait(self->client[i]));
	}
}

/* Up, down, and to the end of a level that it has been at before. */
TEST_F(priority, B81_changed_while_it_waits)
{
	struct peer **client = self->client;
	struct qipc_msg_receive rcv;
	size_t i;

	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, peer_set_priority(client[i], 20));
		ASSERT_TRUE(send_blocks(client[i]));
	}
	/* 0 goes behind 2, which takes one look at it while it is elsewhere. */
	ASSERT_EQ(0, set_policy(client[0]->tid, SCHED_FIFO, 30));
	ASSERT_EQ(0, q_receive_now(self->session, self->chid, NULL, 0, &rcv));
	EXPECT_EQ(30, rcv.info.priority);
	EXPECT_EQ(0, q_reply(self->session, rcv.rcvid, 0, NULL, 0));
	EXPECT_EQ(0, peer_wait(client[0]));
	/* To the tail of a level where somebody waits. */
	ASSERT_EQ(0, peer_set_priority(client[0], 25));
	ASSERT_TRUE(send_blocks(client[0]));
	ASSERT_EQ(0, set_policy(client[2]->tid, SCHED_FIFO, 25));
	ASSERT_EQ(0, q_receive_now(self->session, self->chid, NULL, 0, &rcv));
	EXPECT_EQ(25, rcv.info.priority);
	EXPECT_EQ(0, q_reply(self->session, rcv.rcvid, 0, NULL, 0));
	EXPECT_EQ(0, peer_wait(client[0]));
	/* 2 is at 25 now, 1 at 20; down again. */
	ASSERT_EQ(0, set_policy(client[2]->tid, SCHED_FIFO, 5));
	ASSERT_EQ(0, q_receive_now(self->session, self->chid, NULL, 0, &rcv));
	EXPECT_EQ(20, rcv.info.priority);
	EXPECT_EQ(0, q_reply(self->session, rcv.rcvid, 0, NULL, 0));
	EXPECT_EQ(0, peer_wait(client[1]));
	ASSERT_EQ(0, q_receive_now(self->session, self->chid, NULL, 0, &rcv));
	EXPECT_EQ(5, rcv.info.priority);
	EXPECT_EQ(0, q_reply(self->session, rcv.rcvid, 0, NULL, 0));
	EXPECT_EQ(0, peer_wait(client[2]));
}

TEST_F(priority, B82_last_waiter_first)
{
	struct peer *server[3];
	int i;

	for (i = 0; i < 3; i++) {
		server[i] = peer_start(false, self->session);
		ASSERT_NE(NULL, server[i]);
		peer_receive(server[i], self->chid, NULL, 0);
		ASSERT_TRUE(peer_blocked(server[i]));
	}
	for (i = 2; i >= 0; i--) {
		peer_send(self->client[i], NULL, 0, NULL, 0);
		ASSERT_EQ(0, peer_wait(server[i]));
		ASSERT_EQ(0, answer(server[i], self->client[i]));
	}
}

struct mutex_arg {
	pthread_mutex_t mutex;
};

static long job_lock(struct peer *peer)
{
	struct mutex_arg *arg = peer->memory;

	return -pthread_mutex_lock(&arg->mutex);
}

/* Waits until a thread has inherited a priority; the scheduler tells only /proc of it. */
static bool inherits(pid_t pid, pid_t tid, int wanted)
{
	int64_t end = now_us() + PATIENCE_MS * 1000LL;
	char buf[512], *p;
	int priority;

	do {
		if (read_proc(pid, tid, "stat", buf, sizeof(buf)) <= 0)
			return false;
		p = strrchr(buf, ')');
		/* The 18th field: -1 - priority. */
		if (p && sscanf(p + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u "
				       "%*d %*d %d", &priority) == 1 &&
		    priority == -1 - wanted)
			return true;
		sleep_us(200);
	} while (now_us() < end);
	return false;
}

/* What a client has inherited through a mutex counts. */
TEST_F(priority, B88_inherited_by_the_client)
{
	struct mutex_arg *arg = shared_alloc(sizeof(*arg));
	struct qipc_msg_receive rcv;
	pthread_mutexattr_t attr;
	struct peer *client[2];
	size_t i;

	ASSERT_NE(NULL, arg);
	pthread_mutexattr_init(&attr);
	pthread_mutexattr_setprotocol(&attr, PTHREAD_PRIO_INHERIT);
	pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	ASSERT_EQ(0, pthread_mutex_init(&arg->mutex, &attr));
	/* After the mutex, so that processes have it too. */
	for (i = 0; i < ARRAY_SIZE(client); i++) {
		client[i] = client_start(variant->process, false, self->session, self->chid);
		ASSERT_NE(NULL, client[i]);
		client[i]->memory = arg;
		ASSERT_EQ(0, peer_set_priority(client[i], i ? 40 : 10));
	}
	ASSERT_EQ(0, peer_call(client[0], job_lock));
	peer_go(client[1], job_lock);
	/* It waits in a futex, not in the module. */
	ASSERT_TRUE(inherits(client[0]->pid, client[0]->tid, 40));
	ASSERT_TRUE(send_blocks(client[0]));
	ASSERT_EQ(0, q_receive_now(self->session, self->chid, NULL, 0, &rcv));
	EXPECT_EQ(40, rcv.info.priority);
	EXPECT_EQ(0, q_reply(self->session, rcv.rcvid, 0, NULL, 0));
	EXPECT_EQ(0, peer_wait(client[0]));
}

/* --- what a server thread runs at ------------------------------------------ */

TEST_F(priority, B83_up_and_stays)
{
	pid_t tid = self->server->tid;

	ASSERT_EQ(0, peer_set_priority(self->server, 10));
	ASSERT_EQ(0, peer_set_priority(self->client[0], 20));
	ASSERT_TRUE(send_blocks(self->client[0]));
	EXPECT_EQ(10, level(tid));
	ASSERT_EQ(0, receive_now(self->server, self->chid));
	EXPECT_EQ(20, level(tid));
	EXPECT_EQ(SCHED_FIFO, policy(tid));
	ASSERT_EQ(0, answer(self->server, self->client[0]));
	EXPECT_EQ(20, level(tid));
	/* Until the next receive, which finds nothing. */
	ASSERT_EQ(-EAGAIN, receive_now(self->server, self->chid));
	EXPECT_EQ(10, level(tid));
}

TEST_F(priority, B83_the_one_that_waits)
{
	pid_t tid = self->server->tid;
	int i;

	ASSERT_EQ(0, peer_set_priority(self->server, 10));
	for (i = 0; i < 3; i++) {
		peer_receive(self->server, self->chid, NULL, 0);
		ASSERT_TRUE(peer_blocked(self->server));
		ASSERT_EQ(0, peer_set_priority(self->client[i], 40 - 10 * i));
		peer_send(self->client[i], NULL, 0, NULL, 0);
		ASSERT_EQ(0, peer_wait(self->server));
		EXPECT_EQ(40 - 10 * i, level(tid));
		ASSERT_EQ(0, answer(self->server, self->client[i]));
	}
}

/* A receive that ends without anything leaves the thread at its own. */
TEST_F(priority, B83_nothing_comes)
{
	struct qipc_timeout timeout = timeout_in(QIPC_TIMEOUT_RECEIVE, 10000000);
	pid_t tid = self->server->tid;

	ASSERT_EQ(0, peer_set_priority(self->server, 10));
	ASSERT_EQ(0, peer_set_priority(self->client[0], 20));
	ASSERT_TRUE(send_blocks(self->client[0]));
	EXPECT_EQ(20, served_at(self->server, self->chid, self->client[0]));
	peer_receive_timeout(self->server, self->chid, NULL, 0, timeout);
	ASSERT_EQ(-ETIMEDOUT, peer_wait(self->server));
	EXPECT_EQ(10, level(tid));

	ASSERT_TRUE(send_blocks(self->client[0]));
	EXPECT_EQ(20, served_at(self->server, self->chid, self->client[0]));
	self->server->value[0] = SIGUSR1;
	self->server->value[1] = 0;
	ASSERT_EQ(0, peer_call(self->server, job_handle));
	peer_receive(self->server, self->chid, NULL, 0);
	ASSERT_TRUE(peer_blocked(self->server));
	ASSERT_EQ(0, peer_signal(self->server, SIGUSR1));
	ASSERT_EQ(-EINTR, peer_wait(self->server));
	EXPECT_EQ(10, level(tid));
}

TEST_F(priority, B84_down)
{
	pid_t tid = self->server->tid;

	ASSERT_EQ(0, peer_set_priority(self->server, 20));
	ASSERT_EQ(0, peer_set_priority(self->client[0], 10));
	ASSERT_TRUE(send_blocks(self->client[0]));
	EXPECT_EQ(10, served_at(self->server, self->chid, self->client[0]));
	EXPECT_EQ(10, level(tid));
	/* A client without a priority leaves it the lowest of its policy. */
	ASSERT_TRUE(send_blocks(self->client[1]));
	ASSERT_EQ(0, receive_now(self->server, self->chid));
	EXPECT_EQ(1, level(tid));
	EXPECT_EQ(SCHED_FIFO, policy(tid));
	ASSERT_EQ(0, answer(self->server, self->client[1]));
	ASSERT_EQ(-EAGAIN, receive_now(self->server, self->chid));
	EXPECT_EQ(20, level(tid));
}

TEST_F(priority, B83_policy_is_kept)
{
	pid_t tid = self->server->tid;

	ASSERT_EQ(0, set_policy(tid, SCHED_RR, 10));
	ASSERT_EQ(0, peer_set_priority(self->client[0], 20));
	ASSERT_TRUE(send_blocks(self->client[0]));
	ASSERT_EQ(0, receive_now(self->server, self->chid));
	EXPECT_EQ(SCHED_RR, policy(tid));
	EXPECT_EQ(20, level(tid));
	ASSERT_EQ(0, answer(self->server, self->client[0]));
	ASSERT_EQ(-EAGAIN, receive_now(self->server, self->chid));
	EXPECT_EQ(SCHED_RR, policy(tid));
	EXPECT_EQ(10, level(tid));
}

static void *sleeper(void *arg)
{
	struct peer *peer = arg;

	peer->value[1] = policy(0);
	peer->value[2] = level(0);
	return NULL;
}

static long job_thread(struct peer *peer)
{
	pthread_t thread;
	int ret = pthread_create(&thread, NULL, sleeper, peer);

	return ret ? -ret : -pthread_join(thread, NULL);
}

/* A thread that is not real time becomes so, and what it makes does not. */
TEST_F(priority, B83_no_real_time_thread)
{
	static const int policies[] = { SCHED_OTHER, SCHED_BATCH, SCHED_IDLE };
	pid_t tid = self->server->tid;
	size_t i;

	ASSERT_EQ(0, peer_set_priority(self->client[0], 20));
	for (i = 0; i < ARRAY_SIZE(policies); i++) {
		ASSERT_EQ(0, set_policy(tid, policies[i], 0));
		ASSERT_EQ(0, setpriority(PRIO_PROCESS, tid, 5));
		ASSERT_TRUE(send_blocks(self->client[0]));
		ASSERT_EQ(0, receive_now(self->server, self->chid));
		EXPECT_EQ(SCHED_FIFO | RESET_ON_FORK, policy(tid));
		EXPECT_EQ(20, level(tid));
		ASSERT_EQ(0, peer_call(self->server, job_thread));
		EXPECT_EQ(SCHED_OTHER, self->server->value[1]);
		EXPECT_EQ(0, self->server->value[2]);
		ASSERT_EQ(0, answer(self->server, self->client[0]));
		ASSERT_EQ(-EAGAIN, receive_now(self->server, self->chid));
		EXPECT_EQ(policies[i], policy(tid));
		EXPECT_EQ(0, level(tid));
		errno = 0;
		EXPECT_EQ(5, getpriority(PRIO_PROCESS, tid));
	}
	/* Nothing happens to it for a client without a priority. */
	ASSERT_TRUE(send_blocks(self->client[1]));
	ASSERT_EQ(0, receive_now(self->server, self->chid));
	EXPECT_EQ(SCHED_IDLE, policy(tid));
	ASSERT_EQ(0, answer(self->server, self->client[1]));
}

TEST_F(priority, B85_fixed)
{
	int chid = q_create(self->session, QIPC_CHF_FIXED_PRIORITY);
	struct peer *client = client_start(variant->process, false, self->session, chid);
	pid_t tid = self->server->tid;

	ASSERT_LT(0, chid);
	ASSERT_NE(NULL, client);
	ASSERT_EQ(0, peer_set_priority(self->server, 10));
	ASSERT_EQ(0, peer_set_priority(client, 20));
	ASSERT_TRUE(send_blocks(client));
	EXPECT_EQ(10, served_at(self->server, chid, client));
	ASSERT_EQ(0, peer_pulse(client, 30, 1, 0));
	EXPECT_EQ(10, level(tid));
	ASSERT_EQ(0, receive_now(self->server, chid));
	EXPECT_EQ(10, level(tid));
	/* No boost. */
	ASSERT_TRUE(send_blocks(client));
	EXPECT_EQ(10, level(tid));
	ASSERT_EQ(0, receive_now(self->server, chid));
	EXPECT_EQ(20, self->server->receive.info.priority);
	ASSERT_EQ(0, answer(self->server, client));
	/* The one that waits is not raised either, nor lowered. */
	ASSERT_EQ(0, peer_set_priority(client, 0));
	peer_receive(self->server, chid, NULL, 0);
	ASSERT_TRUE(peer_blocked(self->server));
	peer_send(client, NULL, 0, NULL, 0);
	ASSERT_EQ(0, peer_wait(self->server));
	EXPECT_EQ(10, level(tid));
	ASSERT_EQ(0, answer(self->server, client));
}

TEST_F(priority, B86_pulse)
{
	pid_t tid = self->server->tid;

	ASSERT_EQ(0, peer_set_priority(self->server, 10));
	ASSERT_EQ(0, peer_pulse(self->client[0], 17, 1, 0));
	ASSERT_EQ(0, receive_now(self->server, self->chid));
	EXPECT_EQ(0, self->server->receive.rcvid);
	EXPECT_EQ(17, level(tid));
	ASSERT_EQ(0, peer_pulse(self->client[0], 3, 1, 0));
	EXPECT_EQ(17, level(tid));
	ASSERT_EQ(0, receive_pulse_now(self->server, self->chid));
	EXPECT_EQ(3, level(tid));
	ASSERT_EQ(-EAGAIN, receive_pulse_now(self->server, self->chid));
	EXPECT_EQ(10, level(tid));
	/* The one that waits for it. */
	peer_receive_pulse(self->server, self->chid);
	ASSERT_TRUE(peer_blocked(self->server));
	ASSERT_EQ(0, peer_pulse(self->client[0], 33, 1, 0));
	ASSERT_EQ(0, peer_wait(self->server));
	EXPECT_EQ(33, level(tid));
}

TEST_F(priority, B87_boost)
{
	pid_t tid = self->server->tid;

	ASSERT_EQ(0, peer_set_priority(self->server, 10));
	ASSERT_EQ(0, peer_set_priority(self->idle, 10));
	ASSERT_EQ(-EAGAIN, receive_now(self->server, self->chid));
	ASSERT_EQ(0, peer_set_priority(self->client[0], 30));
	ASSERT_TRUE(send_blocks(self->client[0]));
	EXPECT_EQ(30, level(tid));
	EXPECT_EQ(10, level(self->idle->tid));
	/* A lower one changes nothing, a higher one does. */
	ASSERT_EQ(0, peer_set_priority(self->client[1], 25));
	ASSERT_TRUE(send_blocks(self->client[1]));
	EXPECT_EQ(30, level(tid));
	ASSERT_EQ(0, peer_set_priority(self->client[2], 35));
	ASSERT_TRUE(send_blocks(self->client[2]));
	EXPECT_EQ(35, level(tid));
	/* And then what is received. */
	ASSERT_EQ(0, receive_now(self->server, self->chid));
	EXPECT_EQ(35, level(tid));
	ASSERT_EQ(0, reply(self->server));
	ASSERT_EQ(0, receive_now(self->server, self->chid));
	EXPECT_EQ(30, level(tid));
	ASSERT_EQ(0, reply(self->server));
	ASSERT_EQ(0, receive_now(self->server, self->chid));
	EXPECT_EQ(25, level(tid));
	ASSERT_EQ(0, reply(self->server));
	ASSERT_EQ(-EAGAIN, receive_now(self->server, self->chid));
	EXPECT_EQ(10, level(tid));
}

TEST_F(priority, B87_boost_by_pulse)
{
	pid_t tid = self->server->tid;

	ASSERT_EQ(0, peer_set_priority(self->server, 10));
	ASSERT_EQ(-EAGAIN, receive_now(self->server, self->chid));
	ASSERT_EQ(0, peer_pulse(self->client[0], 30, 1, 0));
	EXPECT_EQ(30, level(tid));
	ASSERT_EQ(0, peer_pulse(self->client[0], 5, 1, 0));
	ASSERT_EQ(0, receive_now(self->server, self->chid));
	EXPECT_EQ(30, level(tid));
	ASSERT_EQ(0, receive_now(self->server, self->chid));
	EXPECT_EQ(5, level(tid));
}

/* Every thread that has received last on the channel, also while it serves somebody. */
TEST_F(priority, B87_all_threads)
{
	struct peer *server[40];
	size_t i;

	ASSERT_TRUE(send_blocks(self->client[0]));
	for (i = 0; i < ARRAY_SIZE(server); i++) {
		server[i] = peer_start(false, self->session);
		ASSERT_NE(NULL, server[i]);
		ASSERT_EQ(0, set_policy(server[i]->tid, SCHED_RR, 2 + i));
		ASSERT_EQ(i ? -EAGAIN : 0, receive_now(server[i], self->chid));
	}
	EXPECT_EQ(1, level(server[0]->tid));
	ASSERT_EQ(0, peer_set_priority(self->client[1], 30));
	ASSERT_TRUE(send_blocks(self->client[1]));
	for (i = 0; i < ARRAY_SIZE(server); i++)
		EXPECT_EQ((int)(2 + i > 30 ? 2 + i : 30), level(server[i]->tid));
	EXPECT_EQ(0, level(self->idle->tid));
	ASSERT_EQ(0, receive_now(server[7], self->chid));
	ASSERT_EQ(0, reply(server[7]));
	ASSERT_EQ(0, reply(server[0]));
	for (i = 0; i < ARRAY_SIZE(server); i++) {
		ASSERT_EQ(-EAGAIN, receive_now(server[i], self->chid));
		EXPECT_EQ((int)(2 + i), level(server[i]->tid));
	}
}

/* --- who is a server no more --------------------------------------------------- */

TEST_F(priority, B87_left_for_another_channel)
{
	int other = q_create(self->session, 0);
	pid_t tid = self->server->tid;

	ASSERT_EQ(0, peer_set_priority(self->server, 10));
	ASSERT_EQ(-EAGAIN, receive_now(self->server, self->chid));
	ASSERT_EQ(0, peer_set_priority(self->client[0], 30));
	ASSERT_TRUE(send_blocks(self->client[0]));
	EXPECT_EQ(30, level(tid));
	ASSERT_EQ(-EAGAIN, receive_now(self->server, other));
	EXPECT_EQ(10, level(tid));
	ASSERT_EQ(0, peer_set_priority(self->client[1], 40));
	ASSERT_TRUE(send_blocks(self->client[1]));
	EXPECT_EQ(10, level(tid));
	/* And back. */
	ASSERT_EQ(0, receive_now(self->server, self->chid));
	EXPECT_EQ(40, level(tid));
}

TEST_F(priority, B87_left_for_a_fixed_channel)
{
	int other = q_create(self->session, QIPC_CHF_FIXED_PRIORITY);
	pid_t tid = self->server->tid;

	ASSERT_EQ(0, peer_set_priority(self->server, 10));
	ASSERT_EQ(-EAGAIN, receive_now(self->server, self->chid));
	ASSERT_EQ(0, peer_set_priority(self->client[0], 30));
	ASSERT_TRUE(send_blocks(self->client[0]));
	EXPECT_EQ(30, level(tid));
	ASSERT_EQ(-EAGAIN, receive_now(self->server, other));
	EXPECT_EQ(10, level(tid));
	ASSERT_EQ(0, peer_set_priority(self->client[1], 40));
	ASSERT_TRUE(send_blocks(self->client[1]));
	EXPECT_EQ(10, level(tid));
}

/* The same for a thread that has waited there before. */
TEST_F(priority, B87_left_for_a_fixed_channel_again)
{
	int other = q_create(self->session, QIPC_CHF_FIXED_PRIORITY);
	struct peer *client = client_start(variant->process, false, self->session, other);
	pid_t tid = self->server->tid;
	int i;

	ASSERT_NE(NULL, client);
	ASSERT_EQ(0, peer_set_priority(self->server, 10));
	ASSERT_EQ(0, peer_set_priority(self->client[0], 30));
	ASSERT_EQ(0, peer_set_priority(self->client[1], 40));
	for (i = 0; i < 2; i++) {
		peer_receive(self->server, other, NULL, 0);
		ASSERT_TRUE(peer_blocked(self->server));
		peer_send(client, NULL, 0, NULL, 0);
		ASSERT_EQ(0, peer_wait(self->server));
		EXPECT_EQ(10, level(tid));
		ASSERT_EQ(0, answer(self->server, client));
	}
	ASSERT_TRUE(send_blocks(self->client[0]));
	ASSERT_EQ(0, receive_now(self->server, self->chid));
	EXPECT_EQ(30, level(tid));
	ASSERT_TRUE(send_blocks(client));
	peer_receive(self->server, other, NULL, 0);
	ASSERT_EQ(0, peer_wait(self->server));
	EXPECT_EQ(10, level(tid));
	ASSERT_TRUE(send_blocks(self->client[1]));
	EXPECT_EQ(10, level(tid));
	ASSERT_EQ(0, answer(self->server, client));
}

TEST_F(priority, B87_left_for_none)
{
	pid_t tid = self->server->tid;

	ASSERT_EQ(0, peer_set_priority(self->server, 10));
	ASSERT_EQ(-EAGAIN, receive_now(self->server, self->chid));
	ASSERT_EQ(0, peer_set_priority(self->client[0], 30));
	ASSERT_TRUE(send_blocks(self->client[0]));
	EXPECT_EQ(30, level(tid));
	ASSERT_EQ(-ESRCH, receive_now(self->server, -1));
	EXPECT_EQ(10, level(tid));
	ASSERT_EQ(0, peer_set_priority(self->client[1], 40));
	ASSERT_TRUE(send_blocks(self->client[1]));
	EXPECT_EQ(10, level(tid));
	/* Any number of times, and from nowhere. */
	ASSERT_EQ(-ESRCH, receive_now(self->server, -1));
	EXPECT_EQ(10, level(tid));
}

TEST_F(priority, current_message)
{
	pid_t tid = self->server->tid;
	int64_t first, second;

	ASSERT_EQ(0, peer_set_priority(self->server, 10));
	ASSERT_EQ(0, peer_set_priority(self->client[0], 20));
	ASSERT_EQ(0, peer_set_priority(self->client[1], 15));
	ASSERT_TRUE(send_blocks(self->client[0]));
	ASSERT_TRUE(send_blocks(self->client[1]));
	ASSERT_EQ(0, receive_now(self->server, self->chid));
	first = self->server->receive.rcvid;
	ASSERT_EQ(0, receive_now(self->server, self->chid));
	second = self->server->receive.rcvid;
	EXPECT_EQ(15, level(tid));
	ASSERT_EQ(0, current(self->server, first));
	EXPECT_EQ(20, level(tid));
	ASSERT_EQ(0, current(self->server, second));
	EXPECT_EQ(15, level(tid));
	/* It is not raised by those who wait. */
	ASSERT_EQ(0, peer_set_priority(self->client[2], 40));
	ASSERT_TRUE(send_blocks(self->client[2]));
	EXPECT_EQ(15, level(tid));
	/* A thread that has received nothing. */
	ASSERT_EQ(0, peer_set_priority(self->idle, 3));
	ASSERT_EQ(0, current(self->idle, first));
	EXPECT_EQ(20, level(self->idle->tid));
	ASSERT_EQ(0, current(self->idle, 0));
	EXPECT_EQ(3, level(self->idle->tid));
	ASSERT_EQ(0, current(self->server, 0));
	EXPECT_EQ(10, level(tid));
	self->server->receive.rcvid = first;
	ASSERT_EQ(0, answer(self->server, self->client[0]));
	EXPECT_EQ(-ESRCH, current(self->server, first));
	EXPECT_EQ(-ESRCH, current(self->server, 12345));
	EXPECT_EQ(-ESRCH, current(self->server, -1));
	EXPECT_EQ(10, level(tid));
	/* The next receive makes it a server like any other. */
	ASSERT_EQ(0, receive_now(self->server, self->chid));
	EXPECT_EQ(40, level(tid));
}

TEST_F(priority, channel_destroyed)
{
	pid_t tid = self->server->tid;

	ASSERT_EQ(0, peer_set_priority(self->server, 10));
	ASSERT_EQ(-EAGAIN, receive_now(self->server, self->chid));
	ASSERT_EQ(0, peer_set_priority(self->client[0], 30));
	ASSERT_TRUE(send_blocks(self->client[0]));
	EXPECT_EQ(30, level(tid));
	ASSERT_EQ(0, q_destroy(self->session, self->chid));
	EXPECT_EQ(10, level(tid));
	EXPECT_EQ(-ESRCH, receive_now(self->server, self->chid));
	EXPECT_EQ(10, level(tid));
}

TEST_F(priority_process, session_closed)
{
	pid_t tid = self->server->tid;

	ASSERT_EQ(0, set_policy(tid, SCHED_BATCH, 0));
	ASSERT_EQ(-EAGAIN, receive_now(self->server, self->chid));
	ASSERT_EQ(0, peer_set_priority(self->client[0], 30));
	ASSERT_TRUE(send_blocks(self->client[0]));
	EXPECT_EQ(30, level(tid));
	ASSERT_EQ(0, close(self->session));
	EXPECT_TRUE(gets_level(tid, 0));
	EXPECT_EQ(SCHED_BATCH, policy(tid));
}

static long job_end(struct peer *peer)
{
	(void)peer;
	pthread_exit(NULL);
}

/* Threads that end leave nothing behind; boosts pass by them. */
TEST_F(priority, threads_end)
{
	struct peer *server;
	int i;

	ASSERT_EQ(0, peer_set_priority(self->client[0], 30));
	for (i = 0; i < 50; i++) {
		server = peer_start(false, self->session);
		ASSERT_NE(NULL, server);
		ASSERT_EQ(0, peer_set_priority(server, 10));
		ASSERT_EQ(-EAGAIN, receive_now(server, self->chid));
		peer_go(server, job_end);
		ASSERT_EQ(0, pthread_join(server->thread, NULL));
	}
	ASSERT_EQ(0, peer_set_priority(self->server, 10));
	ASSERT_EQ(-EAGAIN, receive_now(self->server, self->chid));
	ASSERT_TRUE(send_blocks(self->client[0]));
	EXPECT_EQ(30, level(self->server->tid));
	EXPECT_LE(0, served_at(self->server, self->chid, self->client[0]));
}

/* --- the administrator ----------------------------------------------------------- */

TEST_F(priority, changed_while_serving)
{
	pid_t tid = self->server->tid;

	ASSERT_EQ(0, peer_set_priority(self->server, 10));
	ASSERT_EQ(0, peer_set_priority(self->client[0], 20));
	ASSERT_TRUE(send_blocks(self->client[0]));
	ASSERT_EQ(0, receive_now(self->server, self->chid));
	EXPECT_EQ(20, level(tid));
	ASSERT_EQ(0, set_policy(tid, SCHED_FIFO, 14));
	ASSERT_EQ(0, answer(self->server, self->client[0]));
	EXPECT_EQ(14, level(tid));
	/* That is its own from now on. */
	ASSERT_EQ(-EAGAIN, receive_now(self->server, self->chid));
	EXPECT_EQ(14, level(tid));
	ASSERT_TRUE(send_blocks(self->client[0]));
	EXPECT_EQ(20, level(tid));
	EXPECT_EQ(20, served_at(self->server, self->chid, self->client[0]));
	/* Also with another policy, or none of real time; and by itself. */
	ASSERT_EQ(0, set_policy(tid, SCHED_RR, 11));
	ASSERT_EQ(-EAGAIN, receive_now(self->server, self->chid));
	EXPECT_EQ(SCHED_RR, policy(tid));
	EXPECT_EQ(11, level(tid));
	ASSERT_TRUE(send_blocks(self->client[0]));
	ASSERT_EQ(0, receive_now(self->server, self->chid));
	EXPECT_EQ(SCHED_RR, policy(tid));
	EXPECT_EQ(20, level(tid));
	ASSERT_EQ(0, answer(self->server, self->client[0]));
	ASSERT_EQ(0, peer_set_priority(self->server, 0));
	EXPECT_EQ(SCHED_OTHER, policy(tid));
	ASSERT_EQ(-EAGAIN, receive_now(self->server, self->chid));
	EXPECT_EQ(SCHED_OTHER, policy(tid));
}

/* A boost after the change counts from what was chosen, not from what was before. */
TEST_F(priority, changed_while_boosted)
{
	pid_t tid = self->server->tid;

	ASSERT_EQ(0, peer_set_priority(self->server, 10));
	ASSERT_EQ(-EAGAIN, receive_now(self->server, self->chid));
	ASSERT_EQ(0, peer_set_priority(self->client[0], 30));
	ASSERT_TRUE(send_blocks(self->client[0]));
	EXPECT_EQ(30, level(tid));
	ASSERT_EQ(0, set_policy(tid, SCHED_FIFO, 5));
	ASSERT_EQ(0, peer_set_priority(self->client[1], 20));
	ASSERT_TRUE(send_blocks(self->client[1]));
	EXPECT_EQ(20, level(tid));
	ASSERT_EQ(0, set_policy(tid, SCHED_FIFO, 50));
	ASSERT_EQ(0, receive_now(self->server, self->chid));
	EXPECT_EQ(30, level(tid));
	ASSERT_EQ(0, reply(self->server));
	ASSERT_EQ(0, receive_now(self->server, self->chid));
	EXPECT_EQ(20, level(tid));
	ASSERT_EQ(0, reply(self->server));
	ASSERT_EQ(-EAGAIN, receive_now(self->server, self->chid));
	EXPECT_EQ(50, level(tid));
}

TEST_F(priority, reniced_while_serving)
{
	pid_t tid = self->server->tid;

	ASSERT_EQ(0, peer_set_priority(self->client[0], 20));
	ASSERT_TRUE(send_blocks(self->client[0]));
	ASSERT_EQ(0, receive_now(self->server, self->chid));
	EXPECT_EQ(20, level(tid));
	ASSERT_EQ(0, setpriority(PRIO_PROCESS, tid, 7));
	EXPECT_EQ(20, level(tid));
	ASSERT_EQ(0, reply(self->server));
	ASSERT_EQ(-EAGAIN, receive_now(self->server, self->chid));
	EXPECT_EQ(SCHED_OTHER, policy(tid));
	EXPECT_EQ(7, getpriority(PRIO_PROCESS, tid));
}

/* --- how far -------------------------------------------------------------------------- */

TEST_F(priority, ceiling)
{
	pid_t tid = self->server->tid;

	ASSERT_EQ(0, set_ceiling(self->session, self->chid, 15));
	ASSERT_EQ(0, peer_set_priority(self->server, 10));
	ASSERT_EQ(0, peer_set_priority(self->client[0], 30));
	ASSERT_EQ(0, peer_set_priority(self->client[1], 12));
	ASSERT_EQ(-EAGAIN, receive_now(self->server, self->chid));
	ASSERT_TRUE(send_blocks(self->client[0]));
	EXPECT_EQ(15, level(tid));
	ASSERT_EQ(0, receive_now(self->server, self->chid));
	EXPECT_EQ(30, self->server->receive.info.priority);
	EXPECT_EQ(15, level(tid));
	ASSERT_EQ(0, answer(self->server, self->client[0]));
	ASSERT_TRUE(send_blocks(self->client[1]));
	EXPECT_EQ(12, served_at(self->server, self->chid, self->client[1]));
	ASSERT_EQ(0, peer_pulse(self->client[0], 99, 1, 0));
	EXPECT_EQ(15, level(tid));
	ASSERT_EQ(0, receive_now(self->server, self->chid));
	EXPECT_EQ(15, level(tid));
	/* What its owner has given it is not taken away. */
	ASSERT_EQ(0, set_policy(tid, SCHED_FIFO, 25));
	ASSERT_EQ(-EAGAIN, receive_now(self->server, self->chid));
	EXPECT_EQ(25, level(tid));
	ASSERT_TRUE(send_blocks(self->client[0]));
	EXPECT_EQ(25, level(tid));
	EXPECT_EQ(25, served_at(self->server, self->chid, self->client[0]));
	ASSERT_TRUE(send_blocks(self->client[1]));
	ASSERT_EQ(0, receive_now(self->server, self->chid));
	EXPECT_EQ(12, level(tid));
	ASSERT_TRUE(send_blocks(self->client[0]));
	EXPECT_EQ(25, level(tid));
	ASSERT_EQ(0, answer(self->server, self->client[1]));
	EXPECT_LE(0, served_at(self->server, self->chid, self->client[0]));
	/* One that is no real-time thread at all. */
	ASSERT_EQ(0, set_ceiling(self->session, self->chid, 0));
	ASSERT_EQ(0, set_policy(tid, SCHED_OTHER, 0));
	ASSERT_TRUE(send_blocks(self->client[0]));
	EXPECT_EQ(SCHED_OTHER, policy(tid));
	ASSERT_EQ(0, receive_now(self->server, self->chid));
	EXPECT_EQ(SCHED_OTHER, policy(tid));
	ASSERT_EQ(0, reply(self->server));
}

/* A server without rights is lifted by nobody, and still served in order. */
static int unprivileged_server(void *arg)
{
	struct qipc_msg_receive rcv;
	volatile int *chid = arg;
	int session, ret;

	if (!become(1000, 1000, NULL, 0))
		return CHILD_SETUP;
	session = q_open();
	ret = q_create(session, 0);
	if (ret < 0)
		return CHILD_CREATE;
	if (q_set_mode(session, ret, 0666))
		return CHILD_SETUP;
	*chid = ret;
	if (q_receive(session, ret, NULL, 0, &rcv))
		return CHILD_RECEIVE;
	if (policy(0) != SCHED_OTHER)
		return CHILD_NOT_REFUSED;
	if (q_reply(session, rcv.rcvid, 0, NULL, 0))
		return CHILD_REPLY;
	return rcv.info.priority == 30 ? CHILD_OK : CHILD_WRONG_DATA;
}

TEST_F(priority, ceiling_of_an_unprivileged_server)
{
	volatile int *chid = shared_alloc(page_size());
	int64_t end = now_us() + PATIENCE_MS * 1000LL;
	struct peer *client = self->client[0];
	pid_t pid;

	ASSERT_NE(NULL, (void *)chid);
	pid = spawn(unprivileged_server, (void *)chid);
	while (!*chid && now_us() < end)
		sleep_us(200);
	client->server = pid;
	client->chid = *chid;
	ASSERT_EQ(0, peer_call(client, job_attach));
	ASSERT_EQ(0, peer_set_priority(client, 30));
	peer_send(client, NULL, 0, NULL, 0);
	EXPECT_EQ(CHILD_OK, reap(pid));
	EXPECT_EQ(0, peer_wait(client));
}

/* --- where ------------------------------------------------------------------------------ */

static bool runs_on(pid_t tid, const cpu_set_t *wanted)
{
	cpu_set_t set;

	return !sched_getaffinity(tid, sizeof(set), &set) && CPU_EQUAL(&set, wanted);
}

/* The length of a time slice: what the kernel calls the run time of an ordinary thread. */
struct slice {
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period;
};

/* A thread that asked for longer time slices has them again after it ran for a client. */
TEST_F(priority, time_slice_comes_back)
{
	const uint64_t wanted = 20 * 1000 * 1000;
	struct slice slice = { .size = sizeof(slice), .policy = SCHED_OTHER, .runtime = wanted };
	pid_t tid = self->server->tid;

	ASSERT_EQ(0, syscall(SYS_sched_setattr, tid, &slice, 0));
	ASSERT_EQ(0, syscall(SYS_sched_getattr, tid, &slice, sizeof(slice), 0));
	if (slice.runtime != wanted)
		SKIP(return, "this kernel knows no slices");
	ASSERT_EQ(0, peer_set_priority(self->client[0], 20));
	ASSERT_TRUE(send_blocks(self->client[0]));
	EXPECT_EQ(20, served_at(self->server, self->chid, self->client[0]));
	ASSERT_EQ(-EAGAIN, receive_now(self->server, self->chid));
	ASSERT_EQ(0, level(tid));
	memset(&slice, 0, sizeof(slice));
	ASSERT_EQ(0, syscall(SYS_sched_getattr, tid, &slice, sizeof(slice), 0));
	EXPECT_EQ(wanted, slice.runtime);
}

/* A thread that says that it works for another message goes where that client may run. */
TEST_F(priority, runmask_of_the_current_message)
{
	int last = sysconf(_SC_NPROCESSORS_ONLN) - 1, chid;
	cpu_set_t masks[2] = { only(0), only(last) };
	pid_t tid = self->server->tid;
	struct peer *client[2];
	int64_t rcvids[2];
	int i;

	if (!last)
		SKIP(return, "one processor");
	chid = q_create(self->session, QIPC_CHF_INHERIT_RUNMASK);
	for (i = 0; i < 2; i++) {
		client[i] = client_start(variant->process, false, self->session, chid);
		ASSERT_NE(NULL, client[i]);
		ASSERT_EQ(0, sched_setaffinity(client[i]->tid, sizeof(masks[i]), &masks[i]));
		ASSERT_TRUE(send_blocks(client[i]));
		ASSERT_EQ(0, receive_now(self->server, chid));
		EXPECT_TRUE(runs_on(tid, &masks[i]));
		rcvids[i] = self->server->receive.rcvid;
	}
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(0, current(self->server, rcvids[i]));
		EXPECT_TRUE(runs_on(tid, &masks[i]));
	}
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(0, q_reply(self->session, rcvids[i], 0, NULL, 0));
		ASSERT_EQ(0, peer_wait(client[i]));
	}
}

TEST_F(priority, runmask)
{
	int last = sysconf(_SC_NPROCESSORS_ONLN) - 1;
	cpu_set_t one = only(last), first = only(0), own;
	pid_t tid = self->server->tid;
	struct peer *client;
	int chid, i;

	if (!last)
		SKIP(return, "one processor");
	ASSERT_EQ(0, sched_getaffinity(tid, sizeof(own), &own));
	for (i = 0; i < 3; i++) {
		/* Without the flag, with it, and with it but without priorities. */
		chid = q_create(self->session, i ? QIPC_CHF_INHERIT_RUNMASK : 0);
		if (i == 2)
			chid = q_create(self->session, QIPC_CHF_INHERIT_RUNMASK |
						       QIPC_CHF_FIXED_PRIORITY);
		client = client_start(variant->process, false, self->session, chid);
		ASSERT_NE(NULL, client);
		ASSERT_EQ(0, sched_setaffinity(client->tid, sizeof(one), &one));
		ASSERT_TRUE(send_blocks(client));
		EXPECT_TRUE(runs_on(tid, &own));
		ASSERT_EQ(0, receive_now(self->server, chid));
		EXPECT_TRUE(runs_on(tid, i ? &one : &own));
		ASSERT_EQ(0, answer(self->server, client));
		EXPECT_TRUE(runs_on(tid, i ? &one : &own));
		ASSERT_EQ(-EAGAIN, receive_now(self->server, chid));
		EXPECT_TRUE(runs_on(tid, &own));
		/* Somebody else moves it meanwhile. */
		ASSERT_TRUE(send_blocks(client));
		ASSERT_EQ(0, receive_now(self->server, chid));
		ASSERT_EQ(0, sched_setaffinity(tid, sizeof(first), &first));
		ASSERT_EQ(0, answer(self->server, client));
		ASSERT_EQ(-EAGAIN, receive_now(self->server, chid));
		EXPECT_TRUE(runs_on(tid, &first));
		ASSERT_EQ(0, sched_setaffinity(tid, sizeof(own), &own));
		/* It leaves. */
		ASSERT_TRUE(send_blocks(client));
		ASSERT_EQ(0, receive_now(self->server, chid));
		EXPECT_TRUE(runs_on(tid, i ? &one : &own));
		ASSERT_EQ(0, answer(self->server, client));
		ASSERT_EQ(-ESRCH, receive_now(self->server, -1));
		EXPECT_TRUE(runs_on(tid, &own));
		ASSERT_TRUE(send_blocks(client));
		ASSERT_EQ(0, receive_now(self->server, chid));
		ASSERT_EQ(0, q_destroy(self->session, chid));
		EXPECT_TRUE(runs_on(tid, &own));
	}
}

/* --- all at once ---------------------------------------------------------- */

#define STORM		400

/* Serves until a pulse comes, at all priorities, and is itself again after that. */
static long job_serve(struct peer *peer)
{
	int ret;

	for (;;) {
		receive_args(&peer->receive, peer->chid, &peer->got, sizeof(peer->got), QIPC_BUF);
		ret = q_ioctl(peer->session, QIPC_MSG_RECEIVE, &peer->receive);
		if (ret)
			return ret;
		if (!peer->receive.rcvid)
			break;
		ret = q_reply(peer->session, peer->receive.rcvid, 0, NULL, 0);
		if (ret)
			return ret;
	}
	receive_args(&peer->receive, -1, NULL, 0, QIPC_BUF);
	ret = q_ioctl(peer->session, QIPC_MSG_RECEIVE, &peer->receive);
	return ret == -ESRCH ? 0 : -EEXIST;
}

/* Sends at changing priorities. */
static long job_storm(struct peer *peer)
{
	struct qipc_msg_send snd;
	long ret = 0;
	int i;

	for (i = 0; i < STORM && !ret; i++) {
		ret = set_policy(0, SCHED_FIFO, 1 + mix64(peer->tid * STORM + i) % 60);
		if (!ret)
			ret = q_send(peer->fd, peer->coid, NULL, 0, NULL, 0, &snd);
	}
	return ret;
}

TEST_F(priority, storm)
{
	struct peer *server[3];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(server); i++) {
		server[i] = peer_start(false, self->session);
		ASSERT_NE(NULL, server[i]);
		ASSERT_EQ(0, peer_set_priority(server[i], 10 * i));
		server[i]->chid = self->chid;
		peer_go(server[i], job_serve);
	}
	for (i = 0; i < ARRAY_SIZE(self->client); i++)
		peer_go(self->client[i], job_storm);
	for (i = 0; i < ARRAY_SIZE(self->client); i++)
		EXPECT_EQ(0, peer_wait(self->client[i]));
	for (i = 0; i < ARRAY_SIZE(server); i++)
		EXPECT_EQ(0, peer_pulse(self->client[0], 1, 1, 0));
	for (i = 0; i < ARRAY_SIZE(server); i++) {
		EXPECT_EQ(0, peer_wait(server[i]));
		EXPECT_EQ((int)(10 * i), level(server[i]->tid));
	}
}

/* --- inversion --------------------------------------------------------------------------- */

/*
 * All of it on one processor: servers at the bottom, a hog in the middle that
 * takes what it gets, a client on top that wants something of the servers.
 * While it waits for them the hog must not get anywhere.  It is counted how
 * often the hog goes round meanwhile: no clock decides.
 */
#define SERVERS		3
#define LOW		10	/* of the servers: 10, 11, 12 */
#define HOG		30
#define HIGH		50

enum step {
	HIGH_GO,
	LOW_GO,
	BUSY_GO,
	HOG_GO,
	HOG_IDLE,
	LOW_DONE,
	BUSY_DONE,
	STEPS,
};

struct work {
	int depth;		/* servers to pass it on to */
	int us;			/* processor time that the last one needs for it */
	int post[2];		/* steps that are taken on the way, or -1 */
};

struct world {
	sem_t step[STEPS];
	pid_t pid[SERVERS];
	volatile int chid[SERVERS];
	volatile int ready[SERVERS];
	volatile unsigned long progress;
	volatile int stop;
	volatile int end;
	unsigned int flags;
	int ceiling;
	int servers;
	int rounds;
	struct work low;
	struct work busy;
	int inversions;		/* rounds in which the hog got somewhere */
	int flavours;		/* in which of them, as bits */
};

struct role {
	struct world *world;
	int number;
};

enum flavour {
	WAITING,		/* the servers wait for something to do */
	WORKING,		/* they work for a client of low priority */
	QUEUED,			/* the same, and the last but one is in the queue of the last */
	FLAVOURS,
};

static long long own_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return ts.tv_sec * 1000000LL + ts.tv_nsec / 1000;
}

static void burn(int us)
{
	long long end = own_us() + us;

	while (own_us() < end)
		;
}

static void step(struct world *world, int step)
{
	if (step >= 0)
		sem_post(&world->step[step]);
}

static void step_wait(struct world *world, enum step step)
{
	while (sem_wait(&world->step[step]))
		;
}

/* To the last processor, at a priority. */
static bool settle(int priority)
{
	cpu_set_t set = only(sysconf(_SC_NPROCESSORS_ONLN) - 1);

	return !mlockall(MCL_CURRENT | MCL_FUTURE) &&
	       !sched_setaffinity(0, sizeof(set), &set) && !set_policy(0, SCHED_FIFO, priority);
}

static int connect_to(int session, struct world *world, int number)
{
	while (!world->ready[number])
		sleep_us(1000);
	return q_attach_side(session, world->pid[number], world->chid[number]);
}

static int server_main(void *arg)
{
	struct role *role = arg;
	struct world *world = role->world;
	int number = role->number, session = q_open(), chid, coid = -1;
	struct qipc_msg_receive rcv;
	struct qipc_msg_send snd;
	struct work work;

	chid = q_create(session, world->flags);
	if (chid < 0)
		return CHILD_CREATE;
	if (set_ceiling(session, chid, world->ceiling))
		return CHILD_SETUP;
	world->pid[number] = getpid();
	world->chid[number] = chid;
	if (number + 1 < world->servers) {
		coid = connect_to(session, world, number + 1);
		if (coid < 0)
			return CHILD_ATTACH;
	}
	if (!settle(LOW + number))
		return CHILD_SETUP;
	world->ready[number] = 1;
	for (;;) {
		if (q_receive(session, chid, &work, sizeof(work), &rcv))
			return CHILD_RECEIVE;
		if (work.depth) {
			work.depth--;
			if (q_send(session, coid, &work, sizeof(work), NULL, 0, &snd))
				return CHILD_SEND;
		} else {
			burn(work.us / 3);
			step(world, work.post[0]);
			burn(work.us / 3);
			step(world, work.post[1]);
			burn(work.us / 3);
		}
		if (q_reply(session, rcv.rcvid, 0, NULL, 0))
			return CHILD_REPLY;
	}
}

/* Takes what it gets, but no more than 10 ms in one go: the machine has to live. */
static int hog_main(void *arg)
{
	struct world *world = arg;
	long long end;

	if (!settle(HOG))
		return CHILD_SETUP;
	for (;;) {
		step_wait(world, HOG_GO);
		if (world->end)
			return CHILD_OK;
		end = own_us() + 10000;
		/* The time may be over at once where processors are not real. */
		if (!world->stop)
			world->progress++;
		while (!world->stop && own_us() < end)
			world->progress++;
		step(world, HOG_IDLE);
	}
}

/* Sends, whenever it is told to. */
static int client_main(struct world *world, const struct work *work, int server, int priority,
		       enum step go, enum step done)
{
	int session = q_open(), coid = connect_to(session, world, server);
	struct qipc_msg_send snd;

	if (coid < 0)
		return CHILD_ATTACH;
	if (!settle(priority))
		return CHILD_SETUP;
	for (;;) {
		step_wait(world, go);
		if (world->end)
			return CHILD_OK;
		if (q_send(session, coid, work, sizeof(*work), NULL, 0, &snd))
			return CHILD_SEND;
		step(world, done);
	}
}

static int low_main(void *arg)
{
	struct world *world = arg;

	return client_main(world, &world->low, 0, 6, LOW_GO, LOW_DONE);
}

static int busy_main(void *arg)
{
	struct world *world = arg;

	return client_main(world, &world->busy, world->servers - 1, 5, BUSY_GO, BUSY_DONE);
}

/* Brings the servers to where it wants them, and returns at their worst moment. */
static void prepare(struct world *world, enum flavour flavour)
{
	struct work work = { .depth = world->servers - 1, .us = 300, .post = { -1, -1 } };

	world->stop = 0;
	world->low = work;
	world->busy = work;
	world->busy.depth = 0;
	switch (flavour) {
	case WORKING:
		world->low.post[1] = HIGH_GO;
		step(world, LOW_GO);
		break;
	case QUEUED:
		world->busy.post[0] = LOW_GO;
		world->busy.post[1] = HIGH_GO;
		step(world, BUSY_GO);
		break;
	default:
		return;
	}
	step_wait(world, HIGH_GO);
}

static int high_main(void *arg)
{
	struct world *world = arg;
	struct work work = { .depth = world->servers - 1, .us = 99, .post = { -1, -1 } };
	int session = q_open(), coid = connect_to(session, world, 0), i;
	struct qipc_msg_send snd;
	enum flavour flavour;
	unsigned long before;

	if (coid < 0)
		return CHILD_ATTACH;
	if (!settle(HIGH))
		return CHILD_SETUP;
	for (i = 0; i < world->rounds; i++) {
		flavour = i % FLAVOURS;
		/* Whatever the servers ran at, they come down first. */
		if (set_policy(0, SCHED_FIFO, 3))
			return CHILD_SETUP;
		if (q_send(session, coid, &work, sizeof(work), NULL, 0, &snd))
			return CHILD_SEND;
		if (set_policy(0, SCHED_FIFO, HIGH))
			return CHILD_SETUP;
		prepare(world, flavour);
		/* The hog is there now, but below this client. */
		step(world, HOG_GO);
		before = world->progress;
		if (q_send(session, coid, &work, sizeof(work), NULL, 0, &snd))
			return CHILD_SEND;
		if (world->progress != before) {
			world->inversions++;
			world->flavours |= 1 << flavour;
		}
		world->stop = 1;
		step_wait(world, HOG_IDLE);
		if (flavour != WAITING)
			step_wait(world, LOW_DONE);
		if (flavour == QUEUED)
			step_wait(world, BUSY_DONE);
	}
	return CHILD_OK;
}

/* Lets it all happen; how the client in a hurry ended. */
static int run_world(struct world *world)
{
	struct role role[SERVERS];
	pid_t pid[SERVERS + 4];
	size_t count = 0, i;
	int ret, tries;

	for (i = 0; i < STEPS; i++)
		sem_init(&world->step[i], 1, 0);
	for (i = 0; i < (size_t)world->servers; i++) {
		role[i] = (struct role){ world, i };
		pid[count++] = spawn(server_main, &role[i]);
	}
	pid[count++] = spawn(hog_main, world);
	pid[count++] = spawn(low_main, world);
	pid[count++] = spawn(busy_main, world);
	pid[count] = spawn(high_main, world);
	for (tries = 0; tries < 6; tries++) {
		ret = reap(pid[count]);
		if (ret != CHILD_TIMEOUT)
			break;
	}
	if (ret)
		kill(pid[count], SIGKILL);
	for (i = 0; i < count; i++)
		kill(pid[i], SIGKILL);
	for (i = 0; i < count; i++)
		reap(pid[i]);
	return ret;
}

static struct world *world_new(int servers, int rounds)
{
	struct world *world = shared_alloc(sizeof(*world));

	if (world) {
		world->servers = servers;
		world->rounds = rounds;
		world->ceiling = 99;
	}
	return world;
}

FIXTURE(inversion) {
	struct world *world;
};

FIXTURE_VARIANT(inversion) {
	int servers;
};

FIXTURE_VARIANT_ADD(inversion, one_server) { .servers = 1, };

FIXTURE_VARIANT_ADD(inversion, chain_of_three) { .servers = 3, };

FIXTURE_SETUP(inversion)
{
	self->world = world_new(variant->servers, 1000);
	ASSERT_NE(NULL, self->world);
}

FIXTURE_TEARDOWN(inversion)
{
}

TEST_F_TIMEOUT(inversion, B83_B87_bounded, 200)
{
	EXPECT_EQ(CHILD_OK, run_world(self->world));
	EXPECT_EQ(0, self->world->inversions) {
		TH_LOG("flavours %x", self->world->flavours);
	}
}

/* The same without inheritance: what the test looks for is there to be seen. */
TEST_F_TIMEOUT(inversion, B85_seen_without, 200)
{
	self->world->flags = QIPC_CHF_FIXED_PRIORITY;
	self->world->rounds = 30;
	EXPECT_EQ(CHILD_OK, run_world(self->world));
	EXPECT_EQ(30, self->world->inversions) {
		TH_LOG("flavours %x", self->world->flavours);
	}
}

/* A ceiling below the hog, and one above it. */
TEST_F_TIMEOUT(inversion, ceiling, 200)
{
	self->world->ceiling = HOG - 1;
	self->world->rounds = 30;
	EXPECT_EQ(CHILD_OK, run_world(self->world));
	EXPECT_EQ(30, self->world->inversions);
}

TEST_F_TIMEOUT(inversion, ceiling_above, 200)
{
	self->world->ceiling = HOG + 1;
	self->world->rounds = 300;
	EXPECT_EQ(CHILD_OK, run_world(self->world));
	EXPECT_EQ(0, self->world->inversions);
}

TEST_HARNESS_MAIN
