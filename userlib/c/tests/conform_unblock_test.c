// SPDX-License-Identifier: GPL-2.0-only
/* Signals, cancellation and timeouts as a QNX program sees them: B89 to B102. */
#include "conform.h"
#include "kselftest_harness.h"

#include <sys/resource.h>

FIXTURE(unblock) {
	int chid;		/* without the unblock flag */
	int unblocking;		/* with it */
	struct peer *client;
};

FIXTURE_VARIANT(unblock) {
	bool process;
};

FIXTURE_VARIANT_ADD(unblock, thread) { .process = false, };

FIXTURE_VARIANT_ADD(unblock, process) { .process = true, };

FIXTURE_SETUP(unblock)
{
	self->chid = ChannelCreate(0);
	ASSERT_LT(0, self->chid);
	self->unblocking = ChannelCreate(_NTO_CHF_UNBLOCK);
	ASSERT_LT(0, self->unblocking);
	self->client = client_start(variant->process, self->chid);
	ASSERT_NE(NULL, self->client);
	ASSERT_EQ(0, peer_handle(self->client, SIGUSR1));
}

FIXTURE_TEARDOWN(unblock)
{
}

/* Sleeps of the calling thread so far. */
static long sleeps(void)
{
	struct rusage usage;

	getrusage(RUSAGE_THREAD, &usage);
	return usage.ru_nvcsw;
}

/* Connects the client to the channel with the flag instead. */
static bool use_unblocking(struct peer *client, int chid)
{
	client->chid = chid;
	return !peer_call(client, job_attach);
}

/* --- signals ------------------------------------------------------------------- */

TEST_F(unblock, B89_signal_while_send_blocked)
{
	ASSERT_TRUE(send_blocks(self->client, "hello"));
	ASSERT_EQ(0, peer_signal(self->client, SIGUSR1));
	EXPECT_EQ(-EINTR, peer_wait(self->client));
	EXPECT_EQ(-1, self->client->status);
	EXPECT_TRUE(channel_empty(self->chid));
	ASSERT_TRUE(use_unblocking(self->client, self->unblocking));
	ASSERT_TRUE(send_blocks(self->client, "hello"));
	ASSERT_EQ(0, peer_signal(self->client, SIGUSR1));
	EXPECT_EQ(-EINTR, peer_wait(self->client));
	EXPECT_TRUE(channel_empty(self->unblocking));
}

TEST_F(unblock, B90_signal_while_reply_blocked)
{
	rcvid_t rcvid = take(self->client, self->chid, "hello");

	ASSERT_LT(0, rcvid);
	ASSERT_TRUE(peer_blocked(self->client));
	ASSERT_EQ(0, peer_signal(self->client, SIGUSR1));
	EXPECT_EQ(-EINTR, peer_wait(self->client));
	EXPECT_EQ(-ESRCH, CALL(MsgReply(rcvid, 0, NULL, 0)));
	EXPECT_TRUE(channel_empty(self->chid));
}

static int reported_scoid(rcvid_t rcvid)
{
	struct _msg_info info;

	return MsgInfo(rcvid, &info) ? -1 : info.scoid;
}

TEST_F(unblock, B91_the_server_is_asked)
{
	struct peer *client = self->client;
	struct _msg_info info;
	struct _pulse pulse;
	rcvid_t rcvid;

	ASSERT_TRUE(use_unblocking(client, self->unblocking));
	rcvid = take(client, self->unblocking, "hello");
	ASSERT_LT(0, rcvid);
	ASSERT_TRUE(peer_blocked(client));
	EXPECT_EQ(0, MsgInfo(rcvid, &info));
	EXPECT_EQ(0, info.flags & _NTO_MI_UNBLOCK_REQ);
	ASSERT_EQ(0, peer_signal(client, SIGUSR1));
	ASSERT_EQ(0, pulse_soon(self->unblocking, &pulse));
	EXPECT_EQ(_PULSE_CODE_UNBLOCK, pulse.code);
	EXPECT_EQ(-32, pulse.code);
	EXPECT_EQ(rcvid, pulse.value.sival_int);
	EXPECT_EQ(reported_scoid(rcvid), pulse.scoid);
	EXPECT_EQ(0, MsgInfo(rcvid, &info));
	EXPECT_EQ(_NTO_MI_UNBLOCK_REQ, info.flags & _NTO_MI_UNBLOCK_REQ);
	EXPECT_TRUE(peer_waits(client));
	EXPECT_EQ(0, MsgError(rcvid, EINTR));
	EXPECT_EQ(-EINTR, peer_wait(client));
	/* Or it answers as if nothing had been. */
	rcvid = take(client, self->unblocking, "hello");
	ASSERT_LT(0, rcvid);
	ASSERT_TRUE(peer_blocked(client));
	ASSERT_EQ(0, peer_signal(client, SIGUSR1));
	ASSERT_EQ(0, pulse_soon(self->unblocking, &pulse));
	EXPECT_EQ(0, MsgReply(rcvid, 11, NULL, 0));
	EXPECT_EQ(11, peer_wait(client));
}

/* -1 gives the client the reason for which the kernel asked. */
TEST_F(unblock, B91_with_the_recorded_error)
{
	struct peer *client = self->client;
	struct _pulse pulse;
	rcvid_t rcvid;

	ASSERT_TRUE(use_unblocking(client, self->unblocking));
	rcvid = take(client, self->unblocking, "hello");
	ASSERT_LT(0, rcvid);
	ASSERT_TRUE(peer_blocked(client));
	ASSERT_EQ(0, peer_signal(client, SIGUSR1));
	ASSERT_EQ(0, pulse_soon(self->unblocking, &pulse));
	EXPECT_EQ(0, MsgError(rcvid, -1));
	EXPECT_EQ(-EINTR, peer_wait(client));
}

TEST_F(unblock, B92_one_pulse_for_many_signals)
{
	struct peer *client = self->client;
	struct _pulse pulse;
	rcvid_t rcvid;
	int i;

	ASSERT_TRUE(use_unblocking(client, self->unblocking));
	rcvid = take(client, self->unblocking, "hello");
	ASSERT_LT(0, rcvid);
	ASSERT_TRUE(peer_blocked(client));
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, peer_signal(client, SIGUSR1));
		ASSERT_TRUE(peer_waits(client));
	}
	ASSERT_EQ(0, pulse_soon(self->unblocking, &pulse));
	EXPECT_EQ(_PULSE_CODE_UNBLOCK, pulse.code);
	EXPECT_EQ(-ETIMEDOUT, pulse_now(self->unblocking, &pulse));
	ASSERT_EQ(0, peer_signal(client, SIGUSR1));
	ASSERT_TRUE(peer_waits(client));
	EXPECT_EQ(-ETIMEDOUT, pulse_now(self->unblocking, &pulse));
	EXPECT_EQ(0, MsgReply(rcvid, 1, NULL, 0));
	EXPECT_EQ(1, peer_wait(client));
}

/* True once the server was asked, or false. */
static bool was_asked(rcvid_t rcvid)
{
	int64_t end = now_us() + PATIENCE_MS * 1000LL;
	struct _msg_info info;

	do {
		if (MsgInfo(rcvid, &info))
			return false;
		if (info.flags & _NTO_MI_UNBLOCK_REQ)
			return true;
		sleep_us(200);
	} while (now_us() < end);
	return false;
}

TEST_F(unblock, B93_answered_before_the_pulse_is_received)
{
	struct peer *client = self->client;
	struct _pulse pulse;
	rcvid_t rcvid;

	ASSERT_TRUE(use_unblocking(client, self->unblocking));
	rcvid = take(client, self->unblocking, "hello");
	ASSERT_LT(0, rcvid);
	ASSERT_TRUE(peer_blocked(client));
	ASSERT_EQ(0, peer_signal(client, SIGUSR1));
	ASSERT_TRUE(was_asked(rcvid));
	EXPECT_EQ(0, MsgReply(rcvid, 1, NULL, 0));
	EXPECT_EQ(1, peer_wait(client));
	EXPECT_EQ(-ETIMEDOUT, pulse_now(self->unblocking, &pulse));
}

/* B94 deviates: the client is gone at once, the server is told. */
TEST(B94_killed_while_reply_blocked)
{
	int chid = ChannelCreate(_NTO_CHF_UNBLOCK);
	struct peer *client = client_start(true, chid);
	struct _pulse pulse;
	rcvid_t rcvid;

	ASSERT_NE(NULL, client);
	rcvid = take(client, chid, "hello");
	ASSERT_LT(0, rcvid);
	ASSERT_TRUE(peer_blocked(client));
	EXPECT_EQ(256 + SIGKILL, peer_kill(client));
	ASSERT_EQ(0, pulse_soon(chid, &pulse));
	EXPECT_EQ(_PULSE_CODE_UNBLOCK, pulse.code);
	EXPECT_EQ(rcvid, pulse.value.sival_int);
	EXPECT_EQ(-ESRCH, CALL(MsgReply(rcvid, 0, NULL, 0)));
}

TEST_F(unblock, B102_signal_while_receive_blocked)
{
	struct peer *server = peer_start(false);

	ASSERT_NE(NULL, server);
	ASSERT_EQ(0, peer_handle(server, SIGUSR1));
	ASSERT_TRUE(receive_blocks(server, self->chid));
	ASSERT_EQ(0, peer_signal(server, SIGUSR1));
	EXPECT_EQ(-EINTR, peer_wait(server));
	peer_receive_pulse(server, self->chid);
	ASSERT_TRUE(peer_blocked(server));
	ASSERT_EQ(0, peer_signal(server, SIGUSR1));
	EXPECT_EQ(-EINTR, peer_wait(server));
}

/* --- cancellation --------------------------------------------------------------- */

static long job_cancel(struct peer *peer)
{
	return -pthread_cancel(peer->thread);
}

static bool is_cancelled(struct peer *peer)
{
	struct timespec until;
	void *result = NULL;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += PATIENCE_MS / 1000;
	return !pthread_timedjoin_np(peer->thread, &result, &until) && result == PTHREAD_CANCELED;
}

TEST(B95_cancelled_in_a_send)
{
	int chid = ChannelCreate(0);
	struct peer *client = client_start(false, chid);
	rcvid_t rcvid;

	ASSERT_NE(NULL, client);
	/* SEND-blocked, REPLY-blocked, and RECEIVE-blocked. */
	ASSERT_TRUE(send_blocks(client, "hello"));
	ASSERT_EQ(0, job_cancel(client));
	EXPECT_TRUE(is_cancelled(client));
	EXPECT_TRUE(channel_empty(chid));
	client = client_start(false, chid);
	ASSERT_NE(NULL, client);
	rcvid = take(client, chid, "hello");
	ASSERT_LT(0, rcvid);
	ASSERT_EQ(0, job_cancel(client));
	EXPECT_TRUE(is_cancelled(client));
	EXPECT_EQ(-ESRCH, CALL(MsgReply(rcvid, 0, NULL, 0)));
	client = peer_start(false);
	ASSERT_NE(NULL, client);
	ASSERT_TRUE(receive_blocks(client, chid));
	ASSERT_EQ(0, job_cancel(client));
	EXPECT_TRUE(is_cancelled(client));
}

/* One that was pending is acted on before anything is sent. */
static long job_cancelled_send(struct peer *peer)
{
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
	pthread_cancel(pthread_self());
	pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, NULL);
	return job_send(peer);
}

TEST(B95_pending_before_a_send)
{
	int chid = ChannelCreate(0);
	struct peer *client = client_start(false, chid);

	ASSERT_NE(NULL, client);
	peer_go(client, job_cancelled_send);
	EXPECT_TRUE(is_cancelled(client));
	EXPECT_TRUE(channel_empty(chid));
}

/* The nc form returns; the cancellation waits for a point of its own. */
TEST(B95_not_in_sendnc)
{
	int chid = ChannelCreate(0);
	struct peer *client = client_start(false, chid);
	rcvid_t rcvid;

	ASSERT_NE(NULL, client);
	peer_go(client, job_sendnc);
	rcvid = receive_soon(chid, NULL, 0, NULL);
	ASSERT_LT(0, rcvid);
	ASSERT_EQ(0, job_cancel(client));
	EXPECT_TRUE(peer_waits(client));
	EXPECT_EQ(0, MsgReply(rcvid, 5, NULL, 0));
	EXPECT_TRUE(is_cancelled(client));
	EXPECT_EQ(5, client->status);
}

/* With the unblock flag the server has its say first. */
TEST(B95_with_the_unblock_flag)
{
	int chid = ChannelCreate(_NTO_CHF_UNBLOCK);
	struct peer *client = client_start(false, chid);
	struct _pulse pulse;
	rcvid_t rcvid;

	ASSERT_NE(NULL, client);
	rcvid = take(client, chid, "hello");
	ASSERT_LT(0, rcvid);
	ASSERT_TRUE(peer_blocked(client));
	ASSERT_EQ(0, job_cancel(client));
	ASSERT_EQ(0, pulse_soon(chid, &pulse));
	EXPECT_EQ(_PULSE_CODE_UNBLOCK, pulse.code);
	EXPECT_EQ(0, MsgError(rcvid, EINTR));
	EXPECT_TRUE(is_cancelled(client));
}

/* --- timeouts --------------------------------------------------------------------- */

TEST_F(unblock, B96_reply_timeout)
{
	struct peer *client = self->client;
	struct _pulse pulse;
	rcvid_t rcvid;

	rcvid = take_in_time(client, self->chid, _NTO_TIMEOUT_REPLY, 100);
	ASSERT_LT(0, rcvid);
	EXPECT_EQ(-ETIMEDOUT, peer_wait(client));
	EXPECT_EQ(-ESRCH, CALL(MsgReply(rcvid, 0, NULL, 0)));
	ASSERT_TRUE(use_unblocking(client, self->unblocking));
	rcvid = take_in_time(client, self->unblocking, _NTO_TIMEOUT_REPLY, 100);
	ASSERT_LT(0, rcvid);
	ASSERT_EQ(0, pulse_soon(self->unblocking, &pulse));
	EXPECT_EQ(_PULSE_CODE_UNBLOCK, pulse.code);
	EXPECT_EQ(rcvid, pulse.value.sival_int);
	EXPECT_TRUE(peer_waits(client));
	EXPECT_EQ(0, MsgError(rcvid, -1));
	EXPECT_EQ(-ETIMEDOUT, peer_wait(client));
}

TEST_F(unblock, B97_which_states)
{
	struct peer *client = self->client;
	rcvid_t rcvid;

	peer_send_timeout(client, _NTO_TIMEOUT_SEND, 50 * MS);
	EXPECT_EQ(-ETIMEDOUT, peer_wait(client));
	EXPECT_TRUE(channel_empty(self->chid));
	/* Received in time, it may take its time. */
	rcvid = take_in_time(client, self->chid, _NTO_TIMEOUT_SEND, 200);
	ASSERT_LT(0, rcvid);
	sleep_us(2 * client->ns / 1000);
	EXPECT_TRUE(peer_blocked(client));
	EXPECT_EQ(0, MsgReply(rcvid, 3, NULL, 0));
	EXPECT_EQ(3, peer_wait(client));
	/* Both states: it passes in one or in the other. */
	peer_send_timeout(client, _NTO_TIMEOUT_SEND | _NTO_TIMEOUT_REPLY, 50 * MS);
	EXPECT_EQ(-ETIMEDOUT, peer_wait(client));
	rcvid = take_in_time(client, self->chid, _NTO_TIMEOUT_SEND | _NTO_TIMEOUT_REPLY, 200);
	ASSERT_LT(0, rcvid);
	EXPECT_EQ(-ETIMEDOUT, peer_wait(client));
	EXPECT_EQ(-ESRCH, CALL(MsgReply(rcvid, 0, NULL, 0)));
}

/*
 * One deadline for both states: it does not begin again with the second one.
 * The time REPLY-blocked is less than the whole; how much less says the server,
 * which receives when half of it is over.
 */
TEST_F(unblock, B97_one_deadline)
{
	struct peer *client = self->client;
	uint64_t ns = 3000 * MS;
	int64_t received = 0, ended = 0;
	rcvid_t rcvid;
	int tries;

	for (tries = 0; tries < 4; tries++, ns *= 2) {
		peer_send_timeout(client, _NTO_TIMEOUT_SEND | _NTO_TIMEOUT_REPLY, ns);
		sleep_us(ns / 2000);
		rcvid = receive_now(self->chid, NULL, 0, NULL);
		received = now_us();
		ASSERT_EQ(-ETIMEDOUT, peer_wait(client));
		ended = now_us();
		/* A busy machine may be late: then with more time. */
		if (rcvid > 0 && ended - received < (int64_t)ns / 1000)
			return;
	}
	EXPECT_GT((int64_t)ns / 1000, ended - received);
}

TEST_F(unblock, B98_receive_without_time)
{
	long before;
	rcvid_t rcvid;

	before = sleeps();
	EXPECT_EQ(-ETIMEDOUT, receive_now(self->chid, NULL, 0, NULL));
	EXPECT_EQ(before, sleeps());
	EXPECT_EQ(0, arm(_NTO_TIMEOUT_RECEIVE, NEVER_WAIT));
	EXPECT_EQ(-ETIMEDOUT, MsgReceive_r(self->chid, NULL, 0, NULL));
	ASSERT_TRUE(send_blocks(self->client, "hello"));
	rcvid = receive_now(self->chid, NULL, 0, NULL);
	ASSERT_LT(0, rcvid);
	EXPECT_EQ(0, MsgReply(rcvid, 1, NULL, 0));
	EXPECT_EQ(1, peer_wait(self->client));
}

/* Arms a receive, makes another call, and receives. */
static long job_disarmed_receive(struct peer *peer)
{
	struct _msg_info info;

	arm(_NTO_TIMEOUT_RECEIVE, 20 * MS);
	switch (peer->value[0]) {
	case 0:
		ChannelDestroy(12345);
		break;
	case 1:
		MsgReply(12345, 0, NULL, 0);
		break;
	case 2:
		MsgInfo(12345, &info);
		break;
	case 3:
		MsgSendPulse(-1, 1, 1, 0);
		break;
	default:
		ConnectDetach(-1);
	}
	peer->states = 0;
	return job_receive(peer);
}

TEST_F(unblock, B99_for_one_call_only)
{
	int coid = attach_side(0, self->chid), i;
	struct peer *server = peer_start(false);

	ASSERT_NE(NULL, server);
	for (i = 0; i < 5; i++) {
		server->chid = self->chid;
		server->rbuf = server->in;
		server->rbytes = sizeof(server->in);
		server->value[0] = i;
		peer_go(server, job_disarmed_receive);
		ASSERT_TRUE(peer_blocked(server));
		sleep_us(100000);
		EXPECT_TRUE(peer_blocked(server));
		ASSERT_EQ(0, MsgSendPulse(coid, 1, 1, 0));
		EXPECT_EQ(0, peer_wait(server));
	}
	/* A call of another thread does not use it up. */
	arm(_NTO_TIMEOUT_RECEIVE, NEVER_WAIT);
	EXPECT_EQ(-ESRCH, peer_respond(server, 12345, 0));
	EXPECT_EQ(-ETIMEDOUT, CALL(MsgReceive(self->chid, NULL, 0, NULL)));
	/* One that was used is used up. */
	peer_receive(server, self->chid, server->in, sizeof(server->in));
	EXPECT_TRUE(peer_blocked(server));
}

TEST_F(unblock, B100_send_without_time)
{
	struct peer *client = self->client;
	struct peer *server = peer_start(false);

	ASSERT_NE(NULL, server);
	/* REPLY, somebody waiting: nothing is transferred, it goes on waiting. */
	ASSERT_TRUE(receive_blocks(server, self->chid));
	peer_send_timeout(client, _NTO_TIMEOUT_REPLY, NEVER_WAIT);
	EXPECT_EQ(-ETIMEDOUT, peer_wait(client));
	EXPECT_TRUE(peer_blocked(server));
	/* SEND, somebody waiting: delivered. */
	peer_send_timeout(client, _NTO_TIMEOUT_SEND, NEVER_WAIT);
	ASSERT_EQ(0, peer_wait(server));
	EXPECT_TRUE(peer_blocked(client));
	EXPECT_EQ(0, MsgReply(server->rcvid, 2, NULL, 0));
	EXPECT_EQ(2, peer_wait(client));
	/* SEND, nobody waiting: not queued. */
	peer_send_timeout(client, _NTO_TIMEOUT_SEND, NEVER_WAIT);
	EXPECT_EQ(-ETIMEDOUT, peer_wait(client));
	EXPECT_TRUE(channel_empty(self->chid));
	/* REPLY, nobody waiting: queued, and refused to the one who receives. */
	peer_send_timeout(client, _NTO_TIMEOUT_REPLY, NEVER_WAIT);
	ASSERT_TRUE(peer_blocked(client));
	EXPECT_EQ(-ETIMEDOUT, receive_now(self->chid, NULL, 0, NULL));
	EXPECT_EQ(-ETIMEDOUT, peer_wait(client));
}

TEST_F(unblock, B101_counts_from_TimerTimeout)
{
	long before;

	ASSERT_EQ(0, arm(_NTO_TIMEOUT_RECEIVE, 100 * MS));
	sleep_us(150000);
	/* The time is up before it begins to wait, so that it does not. */
	before = sleeps();
	EXPECT_EQ(-ETIMEDOUT, CALL(MsgReceive(self->chid, NULL, 0, NULL)));
	EXPECT_EQ(before, sleeps());
}

TEST_F(unblock, B101_absolute)
{
	struct timespec now;
	uint64_t ns;
	long before;

	clock_gettime(CLOCK_REALTIME, &now);
	ns = now.tv_sec * 1000000000ULL + now.tv_nsec - 1;
	ASSERT_LE(0, TimerTimeout(CLOCK_REALTIME, _NTO_TIMEOUT_RECEIVE | TIMER_ABSTIME, NULL, &ns,
				  NULL));
	before = sleeps();
	EXPECT_EQ(-ETIMEDOUT, CALL(MsgReceive(self->chid, NULL, 0, NULL)));
	EXPECT_EQ(before, sleeps());
	ns += 50 * MS;
	ASSERT_LE(0, TimerTimeout(CLOCK_REALTIME, _NTO_TIMEOUT_RECEIVE | TIMER_ABSTIME, NULL, &ns,
				  NULL));
	EXPECT_EQ(-ETIMEDOUT, CALL(MsgReceive(self->chid, NULL, 0, NULL)));
}

TEST_HARNESS_MAIN
