// SPDX-License-Identifier: GPL-2.0-only
/* Order and priority as a QNX program sees them: B77 to B88. */
#include "conform.h"
#include "kselftest_harness.h"

/* What the scheduler says of a thread: its priority, 0 if it is not real time. */
static int level(pid_t tid)
{
	struct sched_param param;

	return sched_getparam(tid, &param) ? -errno : param.sched_priority;
}

static int set_level(pid_t tid, int priority)
{
	struct sched_param param = { .sched_priority = priority };

	return sched_setscheduler(tid, SCHED_FIFO, &param) ? -errno : 0;
}

FIXTURE(order) {
	int chid;
	int coid;		/* of the test itself */
	struct peer *server;	/* a thread */
	struct peer *idle;	/* one that never receives */
	struct peer *client[3];
};

FIXTURE_VARIANT(order) {
	bool process;
};

FIXTURE_VARIANT_ADD(order, thread) { .process = false, };

FIXTURE_VARIANT_ADD(order, process) { .process = true, };

static bool make_peers(struct peer **server, struct peer **idle, struct peer **client,
		       bool process, int chid)
{
	int i;

	*server = peer_start(false);
	*idle = peer_start(false);
	for (i = 0; i < 3; i++) {
		client[i] = client_start(process, chid);
		if (!client[i])
			return false;
	}
	return *server && *idle;
}

FIXTURE_SETUP(order)
{
	self->chid = ChannelCreate(0);
	ASSERT_LT(0, self->chid);
	self->coid = attach_side(0, self->chid);
	ASSERT_LT(0, self->coid);
	ASSERT_TRUE(make_peers(&self->server, &self->idle, self->client, variant->process,
			       self->chid));
}

FIXTURE_TEARDOWN(order)
{
}

/* What waits on a channel, in its order: the text of a message, or "pulse N". */
static bool next_is(int chid, const char *wanted)
{
	union {
		struct _pulse pulse;
		char text[64];
	} got;
	char text[64];
	rcvid_t rcvid;

	memset(&got, 0, sizeof(got));
	rcvid = receive_now(chid, &got, sizeof(got), NULL);
	if (rcvid < 0)
		return false;
	if (!rcvid)
		snprintf(text, sizeof(text), "pulse %d", got.pulse.code);
	else
		snprintf(text, sizeof(text), "%.60s", got.text);
	return (!rcvid || !MsgReply(rcvid, 0, NULL, 0)) && !strcmp(text, wanted);
}

/* Has the server thread look for something: 0, or what the receive says. */
static long serve_now(struct peer *server, int chid)
{
	server->states = _NTO_TIMEOUT_RECEIVE;
	server->ns = NEVER_WAIT;
	server->chid = chid;
	server->rbuf = server->in;
	server->rbytes = sizeof(server->in);
	return peer_call(server, job_receive);
}

static long answer(struct peer *server)
{
	return peer_respond(server, server->rcvid, 0);
}

TEST_F(order, B77_highest_first)
{
	struct peer **client = self->client;

	ASSERT_EQ(0, peer_set_priority(client[0], 10));
	ASSERT_EQ(0, peer_set_priority(client[1], 20));
	ASSERT_EQ(0, peer_set_priority(client[2], 15));
	ASSERT_TRUE(send_blocks(client[0], "ten"));
	ASSERT_TRUE(send_blocks(client[1], "twenty"));
	ASSERT_TRUE(send_blocks(client[2], "fifteen"));
	EXPECT_TRUE(next_is(self->chid, "twenty"));
	EXPECT_TRUE(next_is(self->chid, "fifteen"));
	EXPECT_TRUE(next_is(self->chid, "ten"));
}

TEST_F(order, B78_arrival_inside_a_priority)
{
	static const char * const texts[] = { "first", "second", "third" };
	int i;

	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, peer_set_priority(self->client[i], 12));
		ASSERT_TRUE(send_blocks(self->client[i], texts[i]));
	}
	for (i = 0; i < 3; i++)
		EXPECT_TRUE(next_is(self->chid, texts[i]));
}

TEST_F(order, B79_pulse_between_messages)
{
	ASSERT_EQ(0, peer_set_priority(self->client[0], 10));
	ASSERT_EQ(0, peer_set_priority(self->client[1], 15));
	ASSERT_TRUE(send_blocks(self->client[0], "ten"));
	ASSERT_EQ(0, MsgSendPulse(self->coid, 12, 12, 0));
	ASSERT_TRUE(send_blocks(self->client[1], "fifteen"));
	EXPECT_TRUE(next_is(self->chid, "fifteen"));
	EXPECT_TRUE(next_is(self->chid, "pulse 12"));
	EXPECT_TRUE(next_is(self->chid, "ten"));
}

TEST_F(order, B80_arrival_of_messages_and_pulses)
{
	ASSERT_EQ(0, peer_set_priority(self->client[0], 12));
	ASSERT_EQ(0, peer_set_priority(self->client[1], 12));
	ASSERT_EQ(0, MsgSendPulse(self->coid, 12, 1, 0));
	ASSERT_TRUE(send_blocks(self->client[0], "first"));
	ASSERT_EQ(0, MsgSendPulse(self->coid, 12, 2, 0));
	ASSERT_TRUE(send_blocks(self->client[1], "second"));
	EXPECT_TRUE(next_is(self->chid, "pulse 1"));
	EXPECT_TRUE(next_is(self->chid, "first"));
	EXPECT_TRUE(next_is(self->chid, "pulse 2"));
	EXPECT_TRUE(next_is(self->chid, "second"));
}

TEST_F(order, B81_to_the_tail_of_the_new_level)
{
	struct peer **client = self->client;

	ASSERT_EQ(0, peer_set_priority(client[0], 10));
	ASSERT_EQ(0, peer_set_priority(client[1], 20));
	ASSERT_EQ(0, peer_set_priority(client[2], 20));
	ASSERT_TRUE(send_blocks(client[0], "raised"));
	ASSERT_TRUE(send_blocks(client[1], "first"));
	ASSERT_TRUE(send_blocks(client[2], "second"));
	ASSERT_EQ(0, set_level(client[0]->tid, 20));
	EXPECT_TRUE(next_is(self->chid, "first"));
	EXPECT_TRUE(next_is(self->chid, "second"));
	EXPECT_TRUE(next_is(self->chid, "raised"));
	/* Ahead of a level that it was behind. */
	EXPECT_EQ(0, peer_wait(client[0]));
	EXPECT_EQ(0, peer_wait(client[1]));
	ASSERT_EQ(0, peer_set_priority(client[0], 5));
	ASSERT_TRUE(send_blocks(client[0], "low"));
	ASSERT_TRUE(send_blocks(client[1], "high"));
	ASSERT_EQ(0, set_level(client[0]->tid, 30));
	EXPECT_TRUE(next_is(self->chid, "low"));
	EXPECT_TRUE(next_is(self->chid, "high"));
}

TEST_F(order, B82_last_waiter_first)
{
	struct peer *waiter[3];
	int i;

	for (i = 0; i < 3; i++) {
		waiter[i] = peer_start(false);
		ASSERT_NE(NULL, waiter[i]);
		ASSERT_TRUE(receive_blocks(waiter[i], self->chid));
	}
	for (i = 2; i >= 0; i--) {
		peer_send_text(self->client[i], "hello");
		ASSERT_EQ(0, peer_wait(waiter[i]));
		EXPECT_EQ(0, MsgReply(waiter[i]->rcvid, i, NULL, 0));
		EXPECT_EQ(i, peer_wait(self->client[i]));
	}
}

/* --- the priority of servers ------------------------------------------------------ */

TEST_F(order, B83_up_and_stays)
{
	struct peer *server = self->server;

	ASSERT_EQ(0, peer_set_priority(server, 10));
	ASSERT_EQ(0, peer_set_priority(self->client[0], 20));
	ASSERT_TRUE(send_blocks(self->client[0], "hello"));
	ASSERT_EQ(0, serve_now(server, self->chid));
	EXPECT_EQ(20, level(server->tid));
	EXPECT_EQ(0, answer(server));
	EXPECT_EQ(20, level(server->tid));
	EXPECT_EQ(-ETIMEDOUT, serve_now(server, self->chid));
	EXPECT_EQ(10, level(server->tid));
}

TEST_F(order, B84_down)
{
	struct peer *server = self->server;

	ASSERT_EQ(0, peer_set_priority(server, 20));
	ASSERT_EQ(0, peer_set_priority(self->client[0], 10));
	ASSERT_TRUE(send_blocks(self->client[0], "hello"));
	ASSERT_EQ(0, serve_now(server, self->chid));
	EXPECT_EQ(10, level(server->tid));
	EXPECT_EQ(0, answer(server));
}

TEST_F(order, B85_fixed)
{
	int chid = ChannelCreate(_NTO_CHF_FIXED_PRIORITY);
	struct peer *client = client_start(variant->process, chid);
	struct peer *server = self->server;

	ASSERT_NE(NULL, client);
	ASSERT_EQ(0, peer_set_priority(server, 15));
	ASSERT_EQ(0, peer_set_priority(client, 30));
	EXPECT_EQ(-ETIMEDOUT, serve_now(server, chid));
	ASSERT_TRUE(send_blocks(client, "hello"));
	EXPECT_EQ(15, level(server->tid));
	ASSERT_EQ(0, serve_now(server, chid));
	EXPECT_EQ(15, level(server->tid));
	EXPECT_EQ(0, answer(server));
	ASSERT_EQ(0, peer_wait(client));
	ASSERT_EQ(0, peer_pulse(client, 25, 1, 0));
	EXPECT_EQ(15, level(server->tid));
	ASSERT_EQ(0, serve_now(server, chid));
	EXPECT_EQ(15, level(server->tid));
	ASSERT_EQ(0, peer_set_priority(client, 3));
	ASSERT_TRUE(send_blocks(client, "hello"));
	ASSERT_EQ(0, serve_now(server, chid));
	EXPECT_EQ(15, level(server->tid));
	EXPECT_EQ(0, answer(server));
}

TEST_F(order, B86_pulse)
{
	struct peer *server = self->server;

	ASSERT_EQ(0, peer_set_priority(server, 10));
	ASSERT_EQ(0, MsgSendPulse(self->coid, 17, 1, 0));
	ASSERT_EQ(0, serve_now(server, self->chid));
	EXPECT_EQ(0, server->rcvid);
	EXPECT_EQ(17, level(server->tid));
	ASSERT_EQ(0, MsgSendPulse(self->coid, 4, 1, 0));
	ASSERT_EQ(0, serve_now(server, self->chid));
	EXPECT_EQ(4, level(server->tid));
}

TEST_F(order, B87_boost)
{
	struct peer *server = self->server;

	ASSERT_EQ(0, peer_set_priority(server, 10));
	ASSERT_EQ(0, peer_set_priority(self->idle, 10));
	ASSERT_EQ(-ETIMEDOUT, serve_now(server, self->chid));
	ASSERT_EQ(0, peer_set_priority(self->client[0], 30));
	ASSERT_TRUE(send_blocks(self->client[0], "hello"));
	EXPECT_EQ(30, level(server->tid));
	EXPECT_EQ(10, level(self->idle->tid));
	ASSERT_EQ(0, serve_now(server, self->chid));
	EXPECT_EQ(30, level(server->tid));
	EXPECT_EQ(0, answer(server));
}

TEST_F(order, B88_priority_of_the_client)
{
	struct _msg_info info;
	rcvid_t rcvid;

	ASSERT_EQ(0, peer_set_priority(self->client[0], 23));
	peer_send_text(self->client[0], "hello");
	rcvid = receive_soon(self->chid, NULL, 0, &info);
	ASSERT_LT(0, rcvid);
	EXPECT_EQ(23, info.priority);
	sentinel_fill(&info, sizeof(info));
	EXPECT_EQ(0, MsgInfo(rcvid, &info));
	EXPECT_EQ(23, info.priority);
	EXPECT_EQ(0, MsgReply(rcvid, 0, NULL, 0));
}

static long job_current(struct peer *peer)
{
	return CALL(MsgCurrent(peer->value[0]));
}

/* What B83 sets up for one message can be set up again for another one. */
TEST_F(order, B83_current)
{
	struct peer *server = self->server;
	rcvid_t high;

	ASSERT_EQ(0, peer_set_priority(server, 10));
	ASSERT_EQ(0, peer_set_priority(self->client[0], 30));
	ASSERT_EQ(0, peer_set_priority(self->client[1], 20));
	ASSERT_TRUE(send_blocks(self->client[0], "high"));
	ASSERT_EQ(0, serve_now(server, self->chid));
	high = server->rcvid;
	ASSERT_TRUE(send_blocks(self->client[1], "low"));
	ASSERT_EQ(0, serve_now(server, self->chid));
	EXPECT_EQ(20, level(server->tid));
	server->value[0] = high;
	EXPECT_EQ(0, peer_call(server, job_current));
	EXPECT_EQ(30, level(server->tid));
	EXPECT_EQ(0, answer(server));
	EXPECT_EQ(0, peer_respond(server, high, 0));
	server->value[0] = high;
	EXPECT_EQ(-ESRCH, peer_call(server, job_current));
}

TEST_HARNESS_MAIN
