// SPDX-License-Identifier: GPL-2.0-only
/*
 * Deadlines of blocking calls: which states they limit, on which clock, what
 * happens at that time, and which of them make no sense.
 *
 * How long something took decides nothing here but that it took long enough.
 * Where a wrong module would wait too long, the time that it would need is
 * longer by far, and one of several tries that stays below it is enough.
 */
#include <stddef.h>

#include "kselftest_harness.h"
#include "qipc_test.h"

#define MS		1000000ULL
#define TRIES		8

FIXTURE(timeout) {
	int session;
	int chid;
	struct peer *client;
	struct peer *server;	/* a thread of this process */
};

FIXTURE_VARIANT(timeout) {
	bool process;
	bool fd_space;
	size_t len;
};

FIXTURE_VARIANT_ADD(timeout, thread) { .process = false, .fd_space = false, .len = 8, };

FIXTURE_VARIANT_ADD(timeout, process_fd) { .process = true, .fd_space = true, .len = 8, };

FIXTURE_VARIANT_ADD(timeout, process_large) {
	.process = true, .fd_space = false, .len = 50000,
};

FIXTURE_SETUP(timeout)
{
	void *memory;

	self->session = q_open();
	ASSERT_LE(0, self->session);
	self->chid = q_create(self->session, 0);
	ASSERT_LT(0, self->chid);
	/* Made before the client, which is to have it, too. */
	memory = shared_alloc(variant->len);
	ASSERT_NE(NULL, memory);
	self->client = client_start(variant->process, variant->fd_space, self->session,
				    self->chid);
	ASSERT_NE(NULL, self->client);
	self->client->memory = memory;
	self->server = peer_start(false, self->session);
	ASSERT_NE(NULL, self->server);
}

FIXTURE_TEARDOWN(timeout)
{
}

static void start_send(struct peer *client, size_t len, struct qipc_timeout timeout)
{
	peer_send_timeout(client, client->memory, len, client->memory, len, timeout);
}

static long timed_send(struct peer *client, size_t len, struct qipc_timeout timeout)
{
	start_send(client, len, timeout);
	return peer_wait(client);
}

static uint64_t clock_ns(int clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

static struct qipc_timeout timeout_at(unsigned int states, int clock, uint64_t time)
{
	return (struct qipc_timeout){
		.states = states,
		.flags = QIPC_TIME_ABSOLUTE,
		.clock = clock,
		.time = time,
	};
}

static struct qipc_timeout with_event(struct qipc_timeout timeout,
				      const struct qipc_event *event)
{
	timeout.event = (uintptr_t)event;
	return timeout;
}

static const int clocks[] = { CLOCK_MONOTONIC, CLOCK_REALTIME, CLOCK_BOOTTIME };

/* --- waiting for a receiver ---------------------------------------------------------- */

TEST_F(timeout, B96_send)
{
	int64_t start;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(clocks); i++) {
		struct qipc_timeout timeout = timeout_in(QIPC_TIMEOUT_SEND, 20 * MS);

		timeout.clock = clocks[i];
		start = now_us();
		EXPECT_EQ(-ETIMEDOUT, timed_send(self->client, variant->len, timeout));
		EXPECT_LE(20000, now_us() - start);
		EXPECT_TRUE(q_empty(self->session, self->chid));

		start = now_us();
		timeout = timeout_at(QIPC_TIMEOUT_SEND, clocks[i], clock_ns(clocks[i]) + 20 * MS);
		EXPECT_EQ(-ETIMEDOUT, timed_send(self->client, variant->len, timeout));
		EXPECT_LE(19999, now_us() - start);
		EXPECT_TRUE(q_empty(self->session, self->chid));
	}
	EXPECT_EQ(SENTINEL64, self->client->send.status);
	EXPECT_EQ(SENTINEL32, self->client->send.error);
}

/* In the middle of a queue the others keep their places. */
TEST_F(timeout, B96_send_in_the_middle)
{
	struct peer *before = client_start(true, false, self->session, self->chid);
	struct peer *after = client_start(true, false, self->session, self->chid);

	ASSERT_NE(NULL, before);
	ASSERT_NE(NULL, after);
	peer_send(before, "b", 1, NULL, 0);
	ASSERT_TRUE(peer_blocked(before));
	start_send(self->client, variant->len, timeout_in(QIPC_TIMEOUT_SEND, 30 * MS));
	ASSERT_TRUE(peer_blocked(self->client) || !self->client->running);
	peer_send(after, "a", 1, NULL, 0);
	ASSERT_TRUE(peer_blocked(after));
	EXPECT_EQ(-ETIMEDOUT, peer_wait(self->client));
	EXPECT_EQ(0, neighbours_go_on(before, after, self->session, self->chid));
}

/* --- waiting for the answer ------------------------------------------------------------ */

TEST_F(timeout, B96_reply)
{
	struct peer *client = self->client;
	struct qipc_msg_send send;
	struct qipc_msg_info info;
	int64_t start, rcvid;
	size_t i;

	send_args(&send, client->coid, client->memory, variant->len, client->memory,
		  variant->len);
	for (i = 0; i < 2 * ARRAY_SIZE(clocks); i++) {
		struct qipc_timeout timeout = timeout_in(QIPC_TIMEOUT_REPLY, 0);

		timeout.clock = clocks[i / 2];
		timeout.flags = i & 1 ? QIPC_TIME_ABSOLUTE : 0;
		start = now_us();
		rcvid = receive_before(client, self->session, self->chid, &send, timeout, 20);
		ASSERT_LT(0, rcvid);
		EXPECT_EQ(-ETIMEDOUT, peer_wait(client));
		EXPECT_LE(19999, now_us() - start);
		EXPECT_EQ(-ESRCH, q_info(self->session, rcvid, &info));
		EXPECT_EQ(-ESRCH, q_reply(self->session, rcvid, 1, NULL, 0));
	}
	EXPECT_EQ(SENTINEL64, client->send.status);
	EXPECT_EQ(SENTINEL32, client->send.error);
	EXPECT_TRUE(q_empty(self->session, self->chid));
}

TEST_F(timeout, B97_send_is_not_reply)
{
	struct qipc_msg_receive rcv;
	char c;

	peer_receive(self->server, self->chid, &c, 1);
	ASSERT_TRUE(peer_blocked(self->server));
	/* Time enough to be received on a slow machine, and less than the answer takes. */
	start_send(self->client, variant->len, timeout_in(QIPC_TIMEOUT_SEND, SLOW * 50 * MS));
	ASSERT_EQ(0, peer_wait(self->server));
	rcv = self->server->receive;
	sleep_us(SLOW * 70000);
	ASSERT_TRUE(peer_blocked(self->client));
	EXPECT_EQ(0, q_reply(self->session, rcv.rcvid, 97, NULL, 0));
	EXPECT_EQ(0, peer_wait(self->client));
	EXPECT_EQ(97, self->client->send.status);
}

TEST_F(timeout, B97_reply_is_not_send)
{
	struct qipc_msg_receive rcv;
	char c;

	/* It waits for a receiver longer than that... */
	start_send(self->client, variant->len, timeout_in(QIPC_TIMEOUT_REPLY, 10 * MS));
	ASSERT_TRUE(peer_blocked(self->client));
	sleep_us(30000);
	ASSERT_TRUE(peer_blocked(self->client));
	/* ...and then there is no time for the answer: nobody receives it. */
	EXPECT_EQ(-EAGAIN, q_receive_now(self->session, self->chid, &c, 1, &rcv));
	EXPECT_EQ(-ETIMEDOUT, peer_wait(self->client));
}

/* One deadline for both: time spent as SEND-blocked is gone. */
TEST_F(timeout, B97_one_deadline)
{
	const unsigned int both = QIPC_TIMEOUT_SEND | QIPC_TIMEOUT_REPLY;
	struct qipc_msg_receive rcv;
	int64_t start, received, end;
	int i, early = 0;
	char c;

	for (i = 0; i < TRIES && !early; i++) {
		start = now_us();
		start_send(self->client, variant->len, timeout_in(both, 100 * MS));
		ASSERT_TRUE(peer_blocked(self->client) || !self->client->running);
		sleep_us(70000);
		if (q_receive_now(self->session, self->chid, &c, 1, &rcv)) {
			/* Late already. */
			EXPECT_EQ(-ETIMEDOUT, peer_wait(self->client));
			continue;
		}
		received = now_us();
		EXPECT_EQ(-ETIMEDOUT, peer_wait(self->client));
		end = now_us();
		EXPECT_LE(100000, end - start);
		/* With time of its own it would have waited until then at least. */
		early = end < received + 100000;
		EXPECT_EQ(-ESRCH, q_reply(self->session, rcv.rcvid, 1, NULL, 0));
	}
	EXPECT_EQ(1, early);
	/* While it is SEND-blocked it ends there. */
	EXPECT_EQ(-ETIMEDOUT, timed_send(self->client, variant->len, timeout_in(both, 5 * MS)));
	EXPECT_TRUE(q_empty(self->session, self->chid));
}

/* B101 here: the time counts from the call, not from the state that it limits. */
TEST_F(timeout, B101_counts_from_the_call)
{
	struct qipc_msg_receive rcv;
	int64_t received, end;
	int i, early = 0;
	char c;

	for (i = 0; i < TRIES && !early; i++) {
		start_send(self->client, variant->len, timeout_in(QIPC_TIMEOUT_REPLY, 100 * MS));
		ASSERT_TRUE(peer_blocked(self->client) || !self->client->running);
		sleep_us(70000);
		if (q_receive_now(self->session, self->chid, &c, 1, &rcv)) {
			EXPECT_EQ(-ETIMEDOUT, peer_wait(self->client));
			continue;
		}
		received = now_us();
		EXPECT_EQ(-ETIMEDOUT, peer_wait(self->client));
		end = now_us();
		early = end < received + 100000;
	}
	EXPECT_EQ(1, early);
}

/* An answer that comes in time is an answer. */
TEST_F(timeout, in_time)
{
	const unsigned int both = QIPC_TIMEOUT_SEND | QIPC_TIMEOUT_REPLY;
	struct qipc_timeout timeout = timeout_in(both, PATIENCE_MS * MS);
	struct qipc_msg_receive rcv;
	size_t i;
	char c;

	for (i = 0; i < 4; i++) {
		if (i == 1)
			timeout = timeout_in(both, UINT64_MAX);
		else if (i == 2)
			timeout = timeout_at(both, CLOCK_REALTIME, UINT64_MAX);
		else if (i == 3)
			timeout = timeout_at(both, CLOCK_MONOTONIC, INT64_MAX);
		start_send(self->client, variant->len, timeout);
		sleep_us(2000);
		ASSERT_TRUE(peer_blocked(self->client));
		ASSERT_EQ(0, q_receive_now(self->session, self->chid, &c, 1, &rcv));
		sleep_us(2000);
		ASSERT_TRUE(peer_blocked(self->client));
		EXPECT_EQ(0, q_reply(self->session, rcv.rcvid, i, NULL, 0));
		EXPECT_EQ(0, peer_wait(self->client));
		EXPECT_EQ(i, self->client->send.status);
	}
}

/* --- waiting for a message ----------------------------------------------------------------- */

TEST_F(timeout, B98_receive)
{
	struct qipc_timeout timeout;
	struct qipc_msg_receive rcv;
	struct qipc_pulse pulse;
	int64_t start;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(clocks); i++) {
		timeout = timeout_in(QIPC_TIMEOUT_RECEIVE, 20 * MS);
		timeout.clock = clocks[i];
		start = now_us();
		EXPECT_EQ(-ETIMEDOUT, q_receive_timeout(self->session, self->chid, &pulse,
							sizeof(pulse), &timeout, &rcv));
		EXPECT_LE(20000, now_us() - start);
		EXPECT_EQ(SENTINEL64, rcv.rcvid);
		timeout = timeout_at(QIPC_TIMEOUT_RECEIVE, clocks[i],
				     clock_ns(clocks[i]) + 20 * MS);
		start = now_us();
		EXPECT_EQ(-ETIMEDOUT, q_receive_timeout(self->session, self->chid, &pulse,
							sizeof(pulse), &timeout, &rcv));
		EXPECT_LE(19999, now_us() - start);
	}

	/* Nobody waits any more: a message that comes now stays. */
	peer_send(self->client, "m", 1, NULL, 0);
	ASSERT_TRUE(peer_blocked(self->client));
	EXPECT_EQ(0, q_receive_timeout(self->session, self->chid, &pulse, sizeof(pulse), &timeout,
				       &rcv));
	EXPECT_EQ(0, q_reply(self->session, rcv.rcvid, 0, NULL, 0));
	EXPECT_EQ(0, peer_wait(self->client));
}

TEST_F(timeout, B98_receive_without_waiting)
{
	struct qipc_timeout now[3] = {
		timeout_in(QIPC_TIMEOUT_RECEIVE, 0),
		timeout_at(QIPC_TIMEOUT_RECEIVE, CLOCK_REALTIME, 1),
		timeout_at(QIPC_TIMEOUT_RECEIVE, CLOCK_MONOTONIC, 0),
	};
	struct qipc_msg_receive rcv;
	struct qipc_pulse pulse;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(now); i++) {
		EXPECT_EQ(-ETIMEDOUT, q_receive_timeout(self->session, self->chid, &pulse,
							sizeof(pulse), &now[i], &rcv));
		peer_send(self->client, "m", 1, NULL, 0);
		ASSERT_TRUE(peer_blocked(self->client));
		EXPECT_EQ(0, q_receive_timeout(self->session, self->chid, &pulse, sizeof(pulse),
					       &now[i], &rcv));
		EXPECT_LT(0, rcv.rcvid);
		EXPECT_EQ(0, q_reply(self->session, rcv.rcvid, 0, NULL, 0));
		EXPECT_EQ(0, peer_wait(self->client));
		/* A pulse as well as a message. */
		ASSERT_EQ(0, peer_pulse(self->client, -1, 98, 0));
		EXPECT_EQ(0, q_receive_timeout(self->session, self->chid, &pulse, sizeof(pulse),
					       &now[i], &rcv));
		EXPECT_EQ(0, rcv.rcvid);
		EXPECT_EQ(98, pulse.code);
	}
}

/* What limits a state that the call does not get into limits nothing. */
TEST_F(timeout, B98_other_states)
{
	struct qipc_pulse pulse;

	peer_receive_timeout(self->server, self->chid, &pulse, sizeof(pulse),
			     timeout_in(QIPC_TIMEOUT_SEND | QIPC_TIMEOUT_REPLY, 0));
	sleep_us(5000);
	EXPECT_TRUE(peer_blocked(self->server));
	ASSERT_EQ(0, peer_pulse(self->client, -1, 1, 1));
	EXPECT_EQ(0, peer_wait(self->server));

	start_send(self->client, variant->len, timeout_in(QIPC_TIMEOUT_RECEIVE, 0));
	sleep_us(5000);
	ASSERT_TRUE(peer_blocked(self->client));
	EXPECT_EQ(0, q_receive_now(self->session, self->chid, &pulse, 1, &self->server->receive));
	sleep_us(5000);
	EXPECT_TRUE(peer_blocked(self->client));
	EXPECT_EQ(0, q_reply(self->session, self->server->receive.rcvid, 0, NULL, 0));
	EXPECT_EQ(0, peer_wait(self->client));
}

TEST_F(timeout, B98_reply_receive)
{
	struct qipc_timeout timeout = timeout_in(QIPC_TIMEOUT_RECEIVE, 10 * MS);
	struct qipc_msg_reply_receive rr = {};
	struct qipc_msg_receive rcv;
	struct qipc_pulse pulse;

	peer_send(self->client, "m", 1, NULL, 0);
	ASSERT_EQ(0, q_receive(self->session, self->chid, &pulse, 1, &rcv));
	rr.reply.rcvid = rcv.rcvid;
	rr.reply.status = 98;
	rr.reply_error = SENTINEL32;
	receive_args(&rr.receive, self->chid, &pulse, sizeof(pulse), QIPC_BUF);
	rr.receive.timeout = (uintptr_t)&timeout;
	EXPECT_EQ(-ETIMEDOUT, q_ioctl(self->session, QIPC_MSG_REPLY_RECEIVE, &rr));
	/* The answer was given. */
	EXPECT_EQ(0, rr.reply_error);
	EXPECT_EQ(0, peer_wait(self->client));
	EXPECT_EQ(98, self->client->send.status);
}

/* NONBLOCK is quicker than any time. */
TEST_F(timeout, nonblock)
{
	struct qipc_timeout timeout = timeout_in(QIPC_TIMEOUT_RECEIVE, PATIENCE_MS * MS);
	struct qipc_msg_receive rcv;
	char c;

	receive_args(&rcv, self->chid, &c, 1, QIPC_BUF | QIPC_NONBLOCK);
	rcv.timeout = (uintptr_t)&timeout;
	EXPECT_EQ(-EAGAIN, q_ioctl(self->session, QIPC_MSG_RECEIVE, &rcv));
}

/* A deadline is one call's: the next waits as long as it takes. */
TEST_F(timeout, B99_one_call_only)
{
	struct qipc_timeout timeout = timeout_in(QIPC_TIMEOUT_RECEIVE, 10 * MS);
	struct qipc_msg_receive rcv;
	struct qipc_pulse pulse;

	ASSERT_EQ(0, peer_pulse(self->client, -1, 1, 1));
	EXPECT_EQ(0, q_receive_timeout(self->session, self->chid, &pulse, sizeof(pulse), &timeout,
				       &rcv));
	peer_receive_timeout(self->server, self->chid, &pulse, sizeof(pulse), timeout);
	EXPECT_EQ(-ETIMEDOUT, peer_wait(self->server));
	peer_receive(self->server, self->chid, &pulse, sizeof(pulse));
	sleep_us(30000);
	ASSERT_TRUE(peer_blocked(self->server));
	ASSERT_EQ(0, peer_pulse(self->client, -1, 2, 2));
	EXPECT_EQ(0, peer_wait(self->server));

	EXPECT_EQ(-ETIMEDOUT, timed_send(self->client, variant->len,
					 timeout_in(QIPC_TIMEOUT_SEND, 10 * MS)));
	peer_send(self->client, "m", 1, NULL, 0);
	sleep_us(30000);
	ASSERT_TRUE(peer_blocked(self->client));
	EXPECT_EQ(0, q_receive_now(self->session, self->chid, &pulse, 1, &rcv));
	EXPECT_EQ(0, q_reply(self->session, rcv.rcvid, 0, NULL, 0));
	EXPECT_EQ(0, peer_wait(self->client));
}

/* --- no time at all ---------------------------------------------------------------------------- */

TEST_F(timeout, B100_reply_with_a_receiver)
{
	struct qipc_pulse pulse;

	sentinel_fill(&pulse, sizeof(pulse));
	peer_receive(self->server, self->chid, &pulse, sizeof(pulse));
	ASSERT_TRUE(peer_blocked(self->server));
	EXPECT_EQ(-ETIMEDOUT, timed_send(self->client, variant->len,
					 timeout_in(QIPC_TIMEOUT_REPLY, 0)));
	EXPECT_EQ(-ETIMEDOUT, timed_send(self->client, variant->len,
					 timeout_at(QIPC_TIMEOUT_REPLY, CLOCK_REALTIME, 1)));
	/* Undisturbed. */
	EXPECT_TRUE(peer_blocked(self->server));
	EXPECT_EQ(-1, sentinel_differs(&pulse, sizeof(pulse)));
	ASSERT_EQ(0, peer_pulse(self->client, -1, 100, 0));
	EXPECT_EQ(0, peer_wait(self->server));
	EXPECT_EQ(100, pulse.code);
}

TEST_F(timeout, B100_reply_without_a_receiver)
{
	struct peer *second = client_start(true, false, self->session, self->chid);
	struct qipc_msg_receive rcv;
	struct qipc_pulse buf;

	ASSERT_NE(NULL, second);
	start_send(self->client, variant->len, timeout_in(QIPC_TIMEOUT_REPLY, 0));
	ASSERT_TRUE(peer_blocked(self->client));
	peer_send(second, "s", 1, NULL, 0);
	ASSERT_TRUE(peer_blocked(second));
	sleep_us(5000);
	ASSERT_TRUE(peer_blocked(self->client));
	/* The receive that reaches it goes on to the next. */
	ASSERT_EQ(0, q_receive_now(self->session, self->chid, &buf, sizeof(buf), &rcv));
	EXPECT_EQ(second->tid, rcv.info.tid);
	EXPECT_EQ(-ETIMEDOUT, peer_wait(self->client));
	EXPECT_EQ(0, q_reply(self->session, rcv.rcvid, 0, NULL, 0));
	EXPECT_EQ(0, peer_wait(second));
	EXPECT_TRUE(q_empty(self->session, self->chid));
}

TEST_F(timeout, B100_reply_with_the_flag)
{
	struct peer *client;
	struct qipc_pulse buf;
	int chid = q_create(self->session, QIPC_CHF_UNBLOCK);

	ASSERT_LT(0, chid);
	client = client_start(variant->process, variant->fd_space, self->session, chid);
	ASSERT_NE(NULL, client);
	client->memory = self->client->memory;
	peer_receive(self->server, chid, &buf, sizeof(buf));
	ASSERT_TRUE(peer_blocked(self->server));
	EXPECT_EQ(-ETIMEDOUT, timed_send(client, variant->len, timeout_in(QIPC_TIMEOUT_REPLY, 0)));
	EXPECT_TRUE(peer_blocked(self->server));
	EXPECT_EQ(0, q_destroy(self->session, chid));
	EXPECT_EQ(-ESRCH, peer_wait(self->server));
}

TEST_F(timeout, B100_send_without_a_receiver)
{
	EXPECT_EQ(-ETIMEDOUT, timed_send(self->client, variant->len,
					 timeout_in(QIPC_TIMEOUT_SEND, 0)));
	EXPECT_EQ(-ETIMEDOUT, timed_send(self->client, variant->len,
					 timeout_at(QIPC_TIMEOUT_SEND, CLOCK_BOOTTIME, 5)));
	EXPECT_EQ(-ETIMEDOUT, timed_send(self->client, variant->len,
					 timeout_in(QIPC_TIMEOUT_SEND | QIPC_TIMEOUT_REPLY, 0)));
	EXPECT_TRUE(q_empty(self->session, self->chid));
}

TEST_F(timeout, B100_send_with_a_receiver)
{
	char c;

	peer_receive(self->server, self->chid, &c, 1);
	ASSERT_TRUE(peer_blocked(self->server));
	start_send(self->client, variant->len, timeout_in(QIPC_TIMEOUT_SEND, 0));
	ASSERT_EQ(0, peer_wait(self->server));
	sleep_us(5000);
	ASSERT_TRUE(peer_blocked(self->client));
	EXPECT_EQ(0, q_reply(self->session, self->server->receive.rcvid, 100, NULL, 0));
	EXPECT_EQ(0, peer_wait(self->client));
	EXPECT_EQ(100, self->client->send.status);

	/* Who only waits for pulses is no receiver. */
	peer_receive_pulse(self->server, self->chid);
	ASSERT_TRUE(peer_blocked(self->server));
	EXPECT_EQ(-ETIMEDOUT, timed_send(self->client, variant->len,
					 timeout_in(QIPC_TIMEOUT_SEND, 0)));
	EXPECT_TRUE(peer_blocked(self->server));
}

/* --- what happens at that time ------------------------------------------------------------------- */

TEST_F(timeout, B119_unblock_is_what_ends_the_call)
{
	struct qipc_timeout timeout = timeout_in(QIPC_TIMEOUT_RECEIVE, 5 * MS);
	struct qipc_msg_receive rcv;
	struct qipc_pulse pulse;

	self->client->event = event_of_kind(QIPC_EVENT_UNBLOCK);
	EXPECT_EQ(-ETIMEDOUT, timed_send(self->client, variant->len,
					 with_event(timeout_in(QIPC_TIMEOUT_SEND, 5 * MS),
						    &self->client->event)));
	timeout.event = (uintptr_t)&self->client->event;
	EXPECT_EQ(-ETIMEDOUT, q_receive_timeout(self->session, self->chid, &pulse, sizeof(pulse),
						&timeout, &rcv));
	EXPECT_TRUE(q_empty(self->session, self->chid));
}

/* Any other event happens, once, and the call goes on. */
TEST_F(timeout, B119_pulse)
{
	unsigned int states[] = { QIPC_TIMEOUT_SEND, QIPC_TIMEOUT_REPLY };
	struct peer *client = self->client;
	struct qipc_msg_receive rcv;
	size_t i;
	char c;

	ASSERT_EQ(0, peer_call(client, job_own_channel));
	client->event = event_pulse(client->own_coid, -1, 19, 119);
	for (i = 0; i < ARRAY_SIZE(states); i++) {
		start_send(client, variant->len, with_event(timeout_in(states[i], 10 * MS),
							    &client->event));
		/* The time runs from when it blocks, which may be late. */
		ASSERT_TRUE(peer_blocked(client));
		sleep_us(30000);
		ASSERT_TRUE(peer_blocked(client));
		ASSERT_EQ(0, q_receive_now(self->session, self->chid, &c, 1, &rcv));
		sleep_us(20000);
		ASSERT_TRUE(peer_blocked(client));
		EXPECT_EQ(0, q_reply(self->session, rcv.rcvid, 0, NULL, 0));
		EXPECT_EQ(0, peer_wait(client));
		ASSERT_EQ(0, peer_call(client, job_own_pulse));
		EXPECT_EQ(19, client->got.code);
		EXPECT_EQ(119, client->got.value);
		EXPECT_EQ(0, peer_call(client, job_no_own_pulse));
	}
}

TEST_F(timeout, B119_eventfd_while_receiving)
{
	int efd = eventfd(0, EFD_CLOEXEC);
	struct pollfd pfd = { .fd = efd, .events = POLLIN };
	struct qipc_pulse pulse;

	self->server->event = event_sem(efd);
	peer_receive_timeout(self->server, self->chid, &pulse, sizeof(pulse),
			     with_event(timeout_in(QIPC_TIMEOUT_RECEIVE, 5 * MS),
					&self->server->event));
	EXPECT_EQ(1, poll(&pfd, 1, PATIENCE_MS));
	EXPECT_TRUE(peer_blocked(self->server));
	ASSERT_EQ(0, peer_pulse(self->client, -1, 1, 1));
	EXPECT_EQ(0, peer_wait(self->server));
}

/* The deadline has passed when the call begins: its event happens, and it waits all the same. */
TEST_F(timeout, event_at_once_while_receiving)
{
	int efd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	struct pollfd pfd = { .fd = efd, .events = POLLIN };
	struct qipc_pulse pulse;
	uint64_t count;

	self->server->event = event_sem(efd);
	peer_receive_timeout(self->server, self->chid, &pulse, sizeof(pulse),
			     with_event(timeout_in(QIPC_TIMEOUT_RECEIVE, 0),
					&self->server->event));
	EXPECT_EQ(1, poll(&pfd, 1, PATIENCE_MS));
	EXPECT_TRUE(peer_blocked(self->server));
	ASSERT_EQ(0, peer_pulse(self->client, -1, 1, 1));
	EXPECT_EQ(0, peer_wait(self->server));
	ASSERT_EQ(sizeof(count), read(efd, &count, sizeof(count)));
	EXPECT_EQ(1, count);
}

TEST_F(timeout, B119_nothing)
{
	char c;

	self->client->event = event_of_kind(QIPC_EVENT_NONE);
	start_send(self->client, variant->len,
		   with_event(timeout_in(QIPC_TIMEOUT_SEND | QIPC_TIMEOUT_REPLY, 2 * MS),
			      &self->client->event));
	sleep_us(10000);
	ASSERT_TRUE(peer_blocked(self->client));
	ASSERT_EQ(0, q_receive_now(self->session, self->chid, &c, 1, &self->server->receive));
	EXPECT_TRUE(peer_blocked(self->client));
	EXPECT_EQ(0, q_reply(self->session, self->server->receive.rcvid, 0, NULL, 0));
	EXPECT_EQ(0, peer_wait(self->client));
}

/* A signal to the caller interrupts it as every signal does. */
TEST_F(timeout, B119_signal)
{
	struct peer *client = self->client;

	client->value[0] = SIGUSR1;
	client->value[1] = 0;
	ASSERT_EQ(0, peer_call(client, job_handle));
	client->event = event_signal(QIPC_EVENT_SIGNAL_THREAD, SIGUSR1, -5, 7);
	start_send(client, variant->len, with_event(timeout_in(QIPC_TIMEOUT_SEND, 5 * MS),
						    &client->event));
	EXPECT_EQ(-EINTR, peer_wait(client));
	EXPECT_TRUE(q_empty(self->session, self->chid));
}

/* --- the clock is changed --------------------------------------------------------------------------- */

static bool shift_clock(int seconds)
{
	struct timespec ts;

	if (clock_gettime(CLOCK_REALTIME, &ts))
		return false;
	ts.tv_sec += seconds;
	return !clock_settime(CLOCK_REALTIME, &ts);
}

TEST_F(timeout, time_of_day_is_set)
{
	const uint64_t hour = 3600 * 1000 * MS;
	struct qipc_pulse pulse;
	int i;

	if (geteuid())
		SKIP(return, "setting the clock takes root");
	/* A time of the day comes when it is that time. */
	peer_receive_timeout(self->server, self->chid, &pulse, sizeof(pulse),
			     timeout_at(QIPC_TIMEOUT_RECEIVE, CLOCK_REALTIME,
					clock_ns(CLOCK_REALTIME) + hour));
	ASSERT_TRUE(peer_blocked(self->server));
	ASSERT_TRUE(shift_clock(3601));
	EXPECT_EQ(-ETIMEDOUT, peer_wait(self->server));
	ASSERT_TRUE(shift_clock(-3601));

	/* A span does not, nor does a time of another clock. */
	for (i = 0; i < 2; i++) {
		struct qipc_timeout timeout = timeout_in(QIPC_TIMEOUT_RECEIVE, hour);

		timeout.clock = CLOCK_REALTIME;
		if (i)
			timeout = timeout_at(QIPC_TIMEOUT_RECEIVE, CLOCK_MONOTONIC,
					     clock_ns(CLOCK_MONOTONIC) + hour);
		peer_receive_timeout(self->server, self->chid, &pulse, sizeof(pulse), timeout);
		ASSERT_TRUE(peer_blocked(self->server));
		ASSERT_TRUE(shift_clock(3601));
		sleep_us(10000);
		EXPECT_TRUE(peer_blocked(self->server));
		ASSERT_TRUE(shift_clock(-3601));
		ASSERT_EQ(0, peer_pulse(self->client, -1, 1, 1));
		EXPECT_EQ(0, peer_wait(self->server));
	}
}

/* --- what makes no sense ------------------------------------------------------------------------------ */

TEST_F(timeout, wrong_arguments)
{
	const struct qipc_timeout good = timeout_in(QIPC_TIMEOUT_SEND | QIPC_TIMEOUT_RECEIVE |
						    QIPC_TIMEOUT_REPLY, 1000000);
	const struct qipc_event none = event_of_kind(QIPC_EVENT_NONE);
	struct qipc_event event;
	struct qipc_timeout bad[11];
	struct qipc_msg_send send;
	struct qipc_msg_receive rcv;
	int coid = q_attach_side(self->session, 0, self->chid);
	size_t i;
	char c;

	for (i = 0; i < ARRAY_SIZE(bad); i++)
		bad[i] = good;
	event = none;
	event.reserved = 1;
	bad[0].states |= 0x80;
	bad[1].states |= 0x8;
	bad[2].flags |= 2;
	bad[3].clock = CLOCK_PROCESS_CPUTIME_ID;
	bad[4].clock = 99;
	bad[5].clock = -1;
	bad[6].reserved = 1;
	bad[7].clock = CLOCK_MONOTONIC_COARSE;
	bad[8].event = (uintptr_t)&event;
	bad[9].states |= 0x80000000;
	bad[10].states = 0;
	ASSERT_EQ(0, q_pulse(self->session, coid, -1, 1, 1));
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_EQ(-EINVAL, q_send_timeout(self->session, coid, &c, 1, &c, 1, &bad[i],
						  &send)) {
			TH_LOG("send %zu", i);
		}
		/* With a pulse waiting, too. */
		EXPECT_EQ(-EINVAL, q_receive_timeout(self->session, self->chid, &c, 1, &bad[i],
						     &rcv)) {
			TH_LOG("receive %zu", i);
		}
	}
	EXPECT_EQ(-EFAULT, q_send_timeout(self->session, coid, &c, 1, &c, 1, (void *)8, &send));
	EXPECT_EQ(-EFAULT, q_receive_timeout(self->session, self->chid, &c, 1, (void *)8, &rcv));
	bad[0] = good;
	bad[0].event = 8;
	EXPECT_EQ(-EFAULT, q_send_timeout(self->session, coid, &c, 1, &c, 1, &bad[0], &send));
	EXPECT_EQ(-EFAULT, q_receive_timeout(self->session, self->chid, &c, 1, &bad[0], &rcv));

	/* Events that there are not, or that the caller does not have. */
	bad[0].event = (uintptr_t)&event;
	event = event_of_kind(6);
	EXPECT_EQ(-EINVAL, q_send_timeout(self->session, coid, &c, 1, &c, 1, &bad[0], &send));
	event = event_of_kind(0xff);
	EXPECT_EQ(-EINVAL, q_send_timeout(self->session, coid, &c, 1, &c, 1, &bad[0], &send));
	event = event_signal(QIPC_EVENT_SIGNAL, 0, 0, 0);
	EXPECT_EQ(-EINVAL, q_send_timeout(self->session, coid, &c, 1, &c, 1, &bad[0], &send));
	event = event_signal(QIPC_EVENT_SIGNAL, 65, 0, 0);
	EXPECT_EQ(-EINVAL, q_send_timeout(self->session, coid, &c, 1, &c, 1, &bad[0], &send));
	event = event_pulse(coid, 100, 0, 0);
	EXPECT_EQ(-EINVAL, q_send_timeout(self->session, coid, &c, 1, &c, 1, &bad[0], &send));
	event = event_pulse(12345, -1, 0, 0);
	EXPECT_GT(0, q_send_timeout(self->session, coid, &c, 1, &c, 1, &bad[0], &send));
	event = event_sem(-1);
	EXPECT_GT(0, q_send_timeout(self->session, coid, &c, 1, &c, 1, &bad[0], &send));
	EXPECT_NE(-ETIMEDOUT, q_send_timeout(self->session, coid, &c, 1, &c, 1, &bad[0], &send));

	/* Nothing of that was sent, and the pulse is still there. */
	EXPECT_EQ(0, q_receive_pulse_now(self->session, self->chid, &self->server->got));
	EXPECT_TRUE(q_empty(self->session, self->chid));
}

TEST_HARNESS_MAIN
