// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pulses: what arrives, in which order among messages, what a receiver needs
 * to have ready, who is told to wait for them, and what happens when too many
 * are queued.
 */
#include <stddef.h>

#include "kselftest_harness.h"
#include "qipc_test.h"

/* More than any channel queues without a receiver. */
#define ENDLESS		200000

FIXTURE(pulse) {
	int session;
	int chid;
	int scoid;		/* of client */
	struct peer *client;
	struct peer *server;	/* a thread of this process */
};

FIXTURE_VARIANT(pulse) {
	bool process;
	bool fd_space;
};

FIXTURE_VARIANT_ADD(pulse, thread) { .process = false, .fd_space = false, };

FIXTURE_VARIANT_ADD(pulse, process) { .process = true, .fd_space = false, };

FIXTURE_VARIANT_ADD(pulse, process_fd) { .process = true, .fd_space = true, };

FIXTURE_SETUP(pulse)
{
	self->session = q_open();
	ASSERT_LE(0, self->session);
	self->chid = q_create(self->session, 0);
	ASSERT_LT(0, self->chid);
	self->client = client_start(variant->process, variant->fd_space, self->session,
				    self->chid);
	ASSERT_NE(NULL, self->client);
	self->server = peer_start(false, self->session);
	ASSERT_NE(NULL, self->server);
	self->scoid = peer_scoid(self->client, self->session, self->chid);
	ASSERT_LT(0, self->scoid);
	ASSERT_EQ(QIPC_SIDE_CHANNEL, self->scoid & QIPC_SIDE_CHANNEL);
}

FIXTURE_TEARDOWN(pulse)
{
}

/* The client can be killed. */
#define _test_data_pulse_process	_test_data_pulse
#define _fixture_variant_pulse_process	_fixture_variant_pulse
FIXTURE(pulse_process);
FIXTURE_LIKE(pulse_process, pulse)

FIXTURE_VARIANT_ADD(pulse_process, process) { .process = true, .fd_space = false, };

FIXTURE_VARIANT_ADD(pulse_process, process_fd) { .process = true, .fd_space = true, };

/* True when a receive with room for more took exactly this pulse. */
static bool receive_is_pulse(int session, int chid, int code, uint64_t value, int scoid)
{
	struct qipc_msg_receive rcv;
	unsigned char buf[sizeof(struct qipc_pulse) + 8];
	struct qipc_pulse pulse;

	sentinel_fill(buf, sizeof(buf));
	if (q_receive_now(session, chid, buf, sizeof(buf), &rcv) || rcv.rcvid)
		return false;
	memcpy(&pulse, buf, sizeof(pulse));
	/* A pulse has no info, and no length but its own. */
	return pulse_is(&pulse, code, value, scoid) &&
	       sentinel_differs(&rcv.info, sizeof(rcv.info)) < 0 &&
	       sentinel_differs(buf + sizeof(pulse), sizeof(buf) - sizeof(pulse)) < 0;
}

static const uint64_t values[] = { 0, 1, 0x7fffffff, 0x80000000, 0xffffffff, 0x100000000ULL,
				   0x123456789abcdef0ULL, INT64_MAX, UINT64_MAX };

TEST_F(pulse, B65_B74_nobody_receives)
{
	size_t i;

	/* Not one of them blocks. */
	for (i = 0; i < ARRAY_SIZE(values); i++)
		ASSERT_EQ(0, peer_pulse(self->client, -1, 65, values[i]));
	for (i = 0; i < ARRAY_SIZE(values); i++) {
		EXPECT_TRUE(receive_is_pulse(self->session, self->chid, 65, values[i],
					     self->scoid)) {
			TH_LOG("value %llx", (unsigned long long)values[i]);
		}
	}
	EXPECT_TRUE(q_empty(self->session, self->chid));
}

TEST_F(pulse, B65_B74_receiver_waits)
{
	struct peer *server = self->server;
	struct qipc_pulse pulse;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(values); i++) {
		sentinel_fill(&pulse, sizeof(pulse));
		peer_receive(server, self->chid, &pulse, sizeof(pulse));
		ASSERT_TRUE(peer_blocked(server));
		ASSERT_EQ(0, peer_pulse(self->client, -1, 66, values[i]));
		ASSERT_EQ(0, peer_wait(server));
		EXPECT_EQ(0, server->receive.rcvid);
		EXPECT_TRUE(pulse_is(&pulse, 66, values[i], self->scoid));
		EXPECT_EQ(-1, sentinel_differs(&server->receive.info,
					       sizeof(server->receive.info)));
	}
}

/* The combined call is a receive like another. */
TEST_F(pulse, B65_reply_receive)
{
	struct qipc_msg_reply_receive rr = {};
	struct qipc_msg_receive rcv;
	struct qipc_pulse pulse;

	ASSERT_EQ(0, peer_pulse(self->client, -1, 1, 2));
	peer_send(self->client, "m", 1, NULL, 0);
	ASSERT_TRUE(peer_blocked(self->client));
	ASSERT_TRUE(receive_is_pulse(self->session, self->chid, 1, 2, self->scoid));
	ASSERT_EQ(0, q_receive_now(self->session, self->chid, NULL, 0, &rcv));
	ASSERT_EQ(0, q_pulse(self->session, q_attach_side(self->session, 0, self->chid), -1, 3, 4));
	rr.reply.rcvid = rcv.rcvid;
	rr.reply.status = 65;
	receive_args(&rr.receive, self->chid, &pulse, sizeof(pulse), QIPC_BUF);
	ASSERT_EQ(0, q_ioctl(self->session, QIPC_MSG_REPLY_RECEIVE, &rr));
	EXPECT_EQ(0, rr.reply_error);
	EXPECT_EQ(0, rr.receive.rcvid);
	EXPECT_EQ(3, pulse.code);
	EXPECT_EQ(4, pulse.value);
	EXPECT_EQ(-1, sentinel_differs(&rr.receive.info, sizeof(rr.receive.info)));
	EXPECT_EQ(0, peer_wait(self->client));
	EXPECT_EQ(65, self->client->send.status);
}

TEST_F(pulse, B66_a_thousand_equal_ones)
{
	struct qipc_pulse pulse;
	int i;

	for (i = 0; i < 1000; i++)
		ASSERT_EQ(0, peer_pulse(self->client, -1, 5, 6));
	for (i = 0; i < 1000; i++) {
		if (i & 1) {
			ASSERT_TRUE(receive_is_pulse(self->session, self->chid, 5, 6, self->scoid));
			continue;
		}
		ASSERT_EQ(0, q_receive_pulse_now(self->session, self->chid, &pulse));
		EXPECT_TRUE(pulse_is(&pulse, 5, 6, self->scoid));
	}
	EXPECT_EQ(-EAGAIN, q_receive_pulse_now(self->session, self->chid, &pulse));
	EXPECT_TRUE(q_empty(self->session, self->chid));
}

/* Equal ones between which others lie keep their places. */
TEST_F(pulse, B66_equal_ones_apart)
{
	static const int codes[] = { 1, 1, 2, 1, 2, 2, 2, 1, 1, 3, 1 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(codes); i++)
		ASSERT_EQ(0, peer_pulse(self->client, 1, codes[i], 0));
	for (i = 0; i < ARRAY_SIZE(codes); i++)
		EXPECT_TRUE(receive_is_pulse(self->session, self->chid, codes[i], 0, self->scoid));
	EXPECT_TRUE(q_empty(self->session, self->chid));
}

TEST_F(pulse, B67_no_answer)
{
	struct qipc_msg_info info;
	char byte = 0;

	ASSERT_EQ(0, peer_pulse(self->client, -1, 0, 0));
	ASSERT_TRUE(receive_is_pulse(self->session, self->chid, 0, 0, self->scoid));
	EXPECT_EQ(-ESRCH, q_reply(self->session, 0, 0, NULL, 0));
	EXPECT_EQ(-ESRCH, q_error(self->session, 0, EIO));
	EXPECT_EQ(-ESRCH, q_read(self->session, 0, &byte, 1, 0));
	EXPECT_EQ(-ESRCH, q_write(self->session, 0, &byte, 1, 0));
	EXPECT_EQ(-ESRCH, q_info(self->session, 0, &info));
}

/* --- room for it --------------------------------------------------------------- */

TEST_F(pulse, B68_too_little_room)
{
	static const size_t rooms[] = { 0, 1, 16, sizeof(struct qipc_pulse) - 1 };
	struct qipc_msg_receive rcv;
	unsigned char buf[sizeof(struct qipc_pulse)];
	size_t i;

	peer_send(self->client, "m", 1, NULL, 0);
	ASSERT_TRUE(peer_blocked(self->client));
	for (i = 0; i < ARRAY_SIZE(rooms); i++) {
		int coid = q_attach_side(self->session, 0, self->chid);

		ASSERT_EQ(0, q_pulse(self->session, coid, 50, 1, 2));
		ASSERT_EQ(0, q_pulse(self->session, coid, 50, 3, 4));
		sentinel_fill(buf, sizeof(buf));
		EXPECT_EQ(-EFAULT, q_receive_now(self->session, self->chid, buf, rooms[i], &rcv));
		EXPECT_EQ(SENTINEL64, rcv.rcvid);
		EXPECT_EQ(-1, sentinel_differs(buf + rooms[i], sizeof(buf) - rooms[i]));
		/* That one is lost, and no other. */
		ASSERT_EQ(0, q_receive_now(self->session, self->chid, buf, sizeof(buf), &rcv));
		EXPECT_EQ(0, rcv.rcvid);
		EXPECT_EQ(3, ((struct qipc_pulse *)buf)->code);
		EXPECT_EQ(0, q_detach(self->session, coid));
	}
	/* Nor the message, which is so small that the room was enough. */
	EXPECT_TRUE(peer_blocked(self->client));
	ASSERT_EQ(0, q_receive_now(self->session, self->chid, buf, 1, &rcv));
	EXPECT_EQ('m', buf[0]);
	EXPECT_EQ(0, q_reply(self->session, rcv.rcvid, 0, NULL, 0));
	EXPECT_EQ(0, peer_wait(self->client));
}

TEST_F(pulse, B68_pulse_only_and_waiting)
{
	struct peer *server = self->server;
	unsigned char buf[sizeof(struct qipc_pulse)];
	unsigned int only;

	for (only = 0; only <= QIPC_PULSE_ONLY; only += QIPC_PULSE_ONLY) {
		receive_args(&server->receive, self->chid, buf, sizeof(buf) - 1, QIPC_BUF | only);
		peer_go(server, job_receive);
		ASSERT_TRUE(peer_blocked(server));
		/* Whoever sends it has nothing to do with that. */
		EXPECT_EQ(0, peer_pulse(self->client, -1, 1, 2));
		EXPECT_EQ(-EFAULT, peer_wait(server));
		EXPECT_TRUE(q_empty(self->session, self->chid));
	}
}

TEST_F(pulse, B68_memory_that_is_not_there)
{
	unsigned char *guarded = guarded_alloc(page_size(), false);
	unsigned char *edge = guarded + page_size();
	struct qipc_msg_receive rcv;
	unsigned char *bad[4];
	size_t i;

	ASSERT_NE(NULL, guarded);
	bad[0] = NULL;
	bad[1] = edge;
	bad[2] = edge - sizeof(struct qipc_pulse) + 1;
	bad[3] = (unsigned char *)-16L;
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		ASSERT_EQ(0, peer_pulse(self->client, -1, 1, 2));
		EXPECT_EQ(-EFAULT, q_receive_now(self->session, self->chid, bad[i],
						 sizeof(struct qipc_pulse), &rcv)) {
			TH_LOG("%zu", i);
		}
		EXPECT_TRUE(receive_is_pulse(self->session, self->chid, 1, 2, self->scoid) ||
			    q_empty(self->session, self->chid));
	}
	/* To the last byte is fine. */
	ASSERT_EQ(0, peer_pulse(self->client, -1, 1, 2));
	EXPECT_EQ(0, q_receive_now(self->session, self->chid, edge - sizeof(struct qipc_pulse),
				   sizeof(struct qipc_pulse), &rcv));
}

TEST_F(pulse, B75_parts)
{
	unsigned char buf[64];
	struct qipc_msg_receive rcv;
	struct qipc_iov parts[3];

	/* Room enough, but not in the first part. */
	parts[0] = iov(buf, sizeof(struct qipc_pulse) - 1);
	parts[1] = iov(buf + 24, 24);
	parts[2] = iov(buf + 48, 16);
	ASSERT_EQ(0, peer_pulse(self->client, -1, 1, 2));
	EXPECT_EQ(-EFAULT, q_receivev_now(self->session, self->chid, parts, 3, &rcv));
	EXPECT_TRUE(q_empty(self->session, self->chid));

	parts[0] = iov(buf, sizeof(struct qipc_pulse));
	sentinel_fill(buf, sizeof(buf));
	ASSERT_EQ(0, peer_pulse(self->client, -1, 1, 2));
	EXPECT_EQ(0, q_receivev_now(self->session, self->chid, parts, 3, &rcv));
	EXPECT_EQ(0, rcv.rcvid);
	EXPECT_TRUE(pulse_is((struct qipc_pulse *)buf, 1, 2, self->scoid));
	EXPECT_EQ(-1, sentinel_differs(buf + 24, sizeof(buf) - 24));

	/* No part at all. */
	ASSERT_EQ(0, peer_pulse(self->client, -1, 1, 2));
	EXPECT_EQ(-EFAULT, q_receivev_now(self->session, self->chid, parts, 0, &rcv));
	EXPECT_TRUE(q_empty(self->session, self->chid));
}

/* --- MsgReceivePulse ------------------------------------------------------------- */

static bool message_is(int session, int chid, char want)
{
	struct qipc_msg_receive rcv;
	struct qipc_pulse buf;
	char *byte = (char *)&buf;

	return !q_receive_now(session, chid, &buf, sizeof(buf), &rcv) && rcv.rcvid > 0 &&
	       rcv.info.msglen == 1 && *byte == want &&
	       !q_reply(session, rcv.rcvid, want, NULL, 0);
}

TEST_F(pulse, B69_messages_stay)
{
	struct peer *second = client_start(true, false, self->session, self->chid);
	struct qipc_timeout timeout = timeout_in(QIPC_TIMEOUT_RECEIVE, 10000000);
	struct qipc_msg_receive rcv;
	struct qipc_pulse pulse;
	int coid = q_attach_side(self->session, 0, self->chid);

	ASSERT_NE(NULL, second);
	peer_send(self->client, "1", 1, NULL, 0);
	ASSERT_TRUE(peer_blocked(self->client));
	peer_send(second, "2", 1, NULL, 0);
	ASSERT_TRUE(peer_blocked(second));

	EXPECT_EQ(-EAGAIN, q_receive_pulse_now(self->session, self->chid, &pulse));
	receive_args(&rcv, self->chid, &pulse, sizeof(pulse), QIPC_BUF | QIPC_PULSE_ONLY);
	rcv.timeout = (uintptr_t)&timeout;
	EXPECT_EQ(-ETIMEDOUT, q_ioctl(self->session, QIPC_MSG_RECEIVE, &rcv));
	peer_receive_pulse(self->server, self->chid);
	ASSERT_TRUE(peer_blocked(self->server));
	EXPECT_TRUE(peer_blocked(self->client));
	EXPECT_TRUE(peer_blocked(second));

	/* Past both of them. */
	ASSERT_EQ(0, q_pulse(self->session, coid, 0, 7, 8));
	EXPECT_EQ(0, peer_wait(self->server));
	EXPECT_EQ(7, self->server->got.code);
	EXPECT_EQ(8, self->server->got.value);
	ASSERT_EQ(0, q_pulse(self->session, coid, 0, 9, 10));
	EXPECT_EQ(0, q_receive_pulse_now(self->session, self->chid, &pulse));
	EXPECT_EQ(9, pulse.code);

	EXPECT_TRUE(message_is(self->session, self->chid, '1'));
	EXPECT_TRUE(message_is(self->session, self->chid, '2'));
	EXPECT_EQ(0, peer_wait(self->client));
	EXPECT_EQ(0, peer_wait(second));
	EXPECT_TRUE(q_empty(self->session, self->chid));
}

TEST_F(pulse, B70_who_is_woken)
{
	struct peer *any = peer_start(false, self->session);
	struct peer *server = self->server;
	unsigned char buf[sizeof(struct qipc_pulse)];
	int late, coid = q_attach_side(self->session, 0, self->chid);

	ASSERT_NE(NULL, any);
	for (late = 0; late < 2; late++) {
		/* Whoever of the two began to wait first. */
		if (!late) {
			peer_receive_pulse(server, self->chid);
			ASSERT_TRUE(peer_blocked(server));
		}
		peer_receive(any, self->chid, buf, sizeof(buf));
		ASSERT_TRUE(peer_blocked(any));
		if (late)
			peer_receive_pulse(server, self->chid);
		ASSERT_TRUE(peer_blocked(server));

		peer_send(self->client, "m", 1, NULL, 0);
		ASSERT_EQ(0, peer_wait(any));
		EXPECT_LT(0, any->receive.rcvid);
		EXPECT_TRUE(peer_blocked(server));
		EXPECT_EQ(0, q_reply(self->session, any->receive.rcvid, 0, NULL, 0));
		EXPECT_EQ(0, peer_wait(self->client));

		/* With only the other one there, nobody takes the message. */
		peer_send(self->client, "n", 1, NULL, 0);
		ASSERT_TRUE(peer_blocked(self->client));
		EXPECT_TRUE(peer_blocked(server));
		EXPECT_TRUE(message_is(self->session, self->chid, 'n'));
		EXPECT_EQ(0, peer_wait(self->client));

		/* A pulse goes to the one that takes everything, if there is one. */
		peer_receive(any, self->chid, buf, sizeof(buf));
		ASSERT_TRUE(peer_blocked(any));
		ASSERT_EQ(0, q_pulse(self->session, coid, -1, 1, 1));
		EXPECT_EQ(0, peer_wait(any));
		EXPECT_EQ(0, any->receive.rcvid);
		EXPECT_TRUE(peer_blocked(server));
		ASSERT_EQ(0, q_pulse(self->session, coid, -1, 2, 2));
		EXPECT_EQ(0, peer_wait(server));
		EXPECT_EQ(2, server->got.code);
	}
}

TEST_F(pulse, B102_waiting_for_a_pulse_is_interrupted)
{
	self->server->value[0] = SIGUSR2;
	self->server->value[1] = 0;
	ASSERT_EQ(0, peer_call(self->server, job_handle));
	peer_receive_pulse(self->server, self->chid);
	ASSERT_TRUE(peer_blocked(self->server));
	ASSERT_EQ(0, peer_signal(self->server, SIGUSR2));
	EXPECT_EQ(-EINTR, peer_wait(self->server));
	ASSERT_EQ(0, peer_pulse(self->client, -1, 1, 2));
	EXPECT_TRUE(receive_is_pulse(self->session, self->chid, 1, 2, self->scoid));
}

TEST_F(pulse, B103_destroyed_while_waiting_for_a_pulse)
{
	peer_receive_pulse(self->server, self->chid);
	ASSERT_TRUE(peer_blocked(self->server));
	EXPECT_EQ(0, q_destroy(self->session, self->chid));
	EXPECT_EQ(-ESRCH, peer_wait(self->server));
	EXPECT_EQ(-ESRCH, q_receive_pulse_now(self->session, self->chid, &self->server->got));
}

/* --- what may be sent ------------------------------------------------------------- */

TEST_F(pulse, B71_priorities)
{
	static const int wrong[] = { 100, 101, 255, -2, -100, INT_MAX, INT_MIN };
	static const int right[] = { -1, 0, 1, 50, 99 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		EXPECT_EQ(-EINVAL, peer_pulse(self->client, wrong[i], 1, 2)) {
			TH_LOG("priority %d", wrong[i]);
		}
	}
	EXPECT_TRUE(q_empty(self->session, self->chid));
	for (i = 0; i < ARRAY_SIZE(right); i++) {
		EXPECT_EQ(0, peer_pulse(self->client, right[i], 1, right[i]));
		EXPECT_TRUE(receive_is_pulse(self->session, self->chid, 1, (int64_t)right[i],
					     self->scoid));
	}
}

TEST_F(pulse, B72_nowhere_to_go)
{
	struct peer *client = self->client;
	int coid = client->coid;

	if (coid & QIPC_SIDE_CHANNEL) {
		client->coid = coid + 1000;
		EXPECT_EQ(-EBADF, peer_pulse(client, -1, 1, 2));
		client->coid = -1;
		EXPECT_EQ(-EBADF, peer_pulse(client, -1, 1, 2));
		client->coid = self->scoid;
		EXPECT_EQ(-EBADF, peer_pulse(client, -1, 1, 2));
		client->coid = coid;
	}
	EXPECT_TRUE(q_empty(self->session, self->chid));
	ASSERT_EQ(0, q_destroy(self->session, self->chid));
	EXPECT_EQ(-EBADF, peer_pulse(client, -1, 1, 2));
	/* A new channel of the same number is another one. */
	EXPECT_EQ(self->chid, q_create(self->session, 0));
	EXPECT_EQ(-EBADF, peer_pulse(client, -1, 1, 2));
	EXPECT_TRUE(q_empty(self->session, self->chid));
	if (coid & QIPC_SIDE_CHANNEL) {
		ASSERT_EQ(0, peer_call(client, job_detach));
		EXPECT_EQ(-EBADF, peer_pulse(client, -1, 1, 2));
	}
}

TEST_F(pulse, B73_codes)
{
	static const int wrong[] = { -129, 128, 255, 256, INT_MAX, INT_MIN };
	size_t i;
	int code;

	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		EXPECT_EQ(-EINVAL, peer_pulse(self->client, -1, wrong[i], 0)) {
			TH_LOG("code %d", wrong[i]);
		}
	}
	for (code = -128; code <= 127; code++)
		ASSERT_EQ(0, peer_pulse(self->client, -1, code, code));
	for (code = -128; code <= 127; code++) {
		ASSERT_TRUE(receive_is_pulse(self->session, self->chid, code, (int64_t)code,
					     self->scoid)) {
			TH_LOG("code %d", code);
		}
	}
	EXPECT_TRUE(q_empty(self->session, self->chid));
}

TEST_F(pulse, reserved_field)
{
	struct qipc_pulse_send arg = { .coid = self->client->coid, .priority = -1, .reserved = 1 };

	self->client->pulse = arg;
	EXPECT_EQ(-EINVAL, peer_call(self->client, job_pulse));
	EXPECT_TRUE(q_empty(self->session, self->chid));
}

TEST_F(pulse, B76_destroyed_with_pulses)
{
	int i;

	for (i = 0; i < 100; i++)
		ASSERT_EQ(0, peer_pulse(self->client, -1, i, i));
	ASSERT_EQ(0, q_destroy(self->session, self->chid));
	EXPECT_EQ(-ESRCH, q_receive_pulse_now(self->session, self->chid, &self->server->got));
	EXPECT_EQ(self->chid, q_create(self->session, 0));
	EXPECT_TRUE(q_empty(self->session, self->chid));
}

/* What was sent stays sent, whatever becomes of the sender. */
TEST_F(pulse_process, sender_goes)
{
	int i;

	for (i = 0; i < 10; i++)
		ASSERT_EQ(0, peer_pulse(self->client, -1, i, i));
	EXPECT_EQ(256 + SIGKILL, peer_kill(self->client));
	for (i = 0; i < 10; i++)
		EXPECT_TRUE(receive_is_pulse(self->session, self->chid, i, i, self->scoid));
	EXPECT_TRUE(q_empty(self->session, self->chid));
}

/* --- order --------------------------------------------------------------------------- */

/* Two clients of real-time priority, and a connection to send pulses by. */
FIXTURE(pulse_order) {
	int session;
	int chid;
	int coid;
	struct peer *client[3];
};

FIXTURE_SETUP(pulse_order)
{
	size_t i;

	self->session = q_open();
	ASSERT_LE(0, self->session);
	self->chid = q_create(self->session, QIPC_CHF_FIXED_PRIORITY);
	ASSERT_LT(0, self->chid);
	self->coid = q_attach_side(self->session, 0, self->chid);
	ASSERT_LE(0, self->coid);
	for (i = 0; i < ARRAY_SIZE(self->client); i++) {
		self->client[i] = client_start(true, i & 1, self->session, self->chid);
		ASSERT_NE(NULL, self->client[i]);
	}
}

FIXTURE_TEARDOWN(pulse_order)
{
}

static bool pulse_next(FIXTURE_DATA(pulse_order) * self, int code)
{
	struct qipc_msg_receive rcv;
	struct qipc_pulse pulse;

	return !q_receive_now(self->session, self->chid, &pulse, sizeof(pulse), &rcv) &&
	       !rcv.rcvid && pulse.code == code;
}

static bool start_message(struct peer *client, int priority, const char *byte)
{
	if (peer_set_priority(client, priority))
		return false;
	peer_send(client, byte, 1, NULL, 0);
	return peer_blocked(client);
}

TEST_F(pulse_order, B79_between_messages)
{
	ASSERT_TRUE(start_message(self->client[0], 10, "l"));
	ASSERT_EQ(0, q_pulse(self->session, self->coid, 12, 79, 0));
	ASSERT_TRUE(start_message(self->client[1], 15, "h"));
	EXPECT_TRUE(message_is(self->session, self->chid, 'h'));
	EXPECT_TRUE(pulse_next(self, 79));
	EXPECT_TRUE(message_is(self->session, self->chid, 'l'));
	EXPECT_TRUE(q_empty(self->session, self->chid));
	EXPECT_EQ(0, peer_wait(self->client[0]));
	EXPECT_EQ(0, peer_wait(self->client[1]));
}

/* A pulse of priority -1 has that of its sender. */
TEST_F(pulse_order, B79_of_the_sender)
{
	ASSERT_TRUE(start_message(self->client[0], 10, "l"));
	ASSERT_TRUE(start_message(self->client[1], 15, "h"));
	ASSERT_EQ(0, peer_set_priority(self->client[2], 12));
	ASSERT_EQ(0, peer_pulse(self->client[2], -1, 79, 0));
	ASSERT_EQ(0, q_pulse(self->session, self->coid, -1, 80, 0));
	ASSERT_EQ(0, peer_set_priority(self->client[2], 99));
	ASSERT_EQ(0, peer_pulse(self->client[2], -1, 81, 0));
	EXPECT_TRUE(pulse_next(self, 81));
	EXPECT_TRUE(message_is(self->session, self->chid, 'h'));
	EXPECT_TRUE(pulse_next(self, 79));
	EXPECT_TRUE(message_is(self->session, self->chid, 'l'));
	EXPECT_TRUE(pulse_next(self, 80));
	EXPECT_TRUE(q_empty(self->session, self->chid));
}

TEST_F(pulse_order, B80_arrival_inside_a_priority)
{
	static const int priorities[] = { 0, 20 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(priorities); i++) {
		int p = priorities[i];

		ASSERT_EQ(0, q_pulse(self->session, self->coid, p, 1, 0));
		ASSERT_TRUE(start_message(self->client[0], p, "a"));
		ASSERT_EQ(0, q_pulse(self->session, self->coid, p, 2, 0));
		ASSERT_EQ(0, q_pulse(self->session, self->coid, p, 2, 0));
		ASSERT_TRUE(start_message(self->client[1], p, "b"));
		ASSERT_TRUE(start_message(self->client[2], p, "c"));
		ASSERT_EQ(0, q_pulse(self->session, self->coid, p, 3, 0));
		EXPECT_TRUE(pulse_next(self, 1));
		EXPECT_TRUE(message_is(self->session, self->chid, 'a'));
		EXPECT_TRUE(pulse_next(self, 2));
		EXPECT_TRUE(pulse_next(self, 2));
		EXPECT_TRUE(message_is(self->session, self->chid, 'b'));
		EXPECT_TRUE(message_is(self->session, self->chid, 'c'));
		EXPECT_TRUE(pulse_next(self, 3));
		EXPECT_TRUE(q_empty(self->session, self->chid));
		EXPECT_EQ(0, peer_wait(self->client[0]));
		EXPECT_EQ(0, peer_wait(self->client[1]));
		EXPECT_EQ(0, peer_wait(self->client[2]));
	}
}

/* Many of all priorities: highest first, and in each level as they came. */
TEST_F(pulse_order, B79_B80_many)
{
	enum { COUNT = 500 };
	static int priority[COUNT];
	struct qipc_pulse pulse;
	int last_priority = 100, i;
	int64_t last = -1;

	for (i = 0; i < COUNT; i++) {
		priority[i] = mix64(i) % 100;
		ASSERT_EQ(0, q_pulse(self->session, self->coid, priority[i], i % 3, i));
	}
	for (i = 0; i < COUNT; i++) {
		ASSERT_EQ(0, q_receive_pulse_now(self->session, self->chid, &pulse));
		ASSERT_GT(COUNT, pulse.value);
		ASSERT_GE(last_priority, priority[pulse.value]);
		if (priority[pulse.value] == last_priority)
			ASSERT_LT(last, (int64_t)pulse.value);
		last_priority = priority[pulse.value];
		last = pulse.value;
	}
	EXPECT_TRUE(q_empty(self->session, self->chid));
}

/* --- too many --------------------------------------------------------------------------- */

FIXTURE(pulse_pool) {
	int session;
	int notice;	/* channel that overflow events go to */
	int coid;	/* to it */
};

FIXTURE_SETUP(pulse_pool)
{
	self->session = q_open();
	ASSERT_LE(0, self->session);
	self->notice = q_create(self->session, 0);
	ASSERT_LT(0, self->notice);
	self->coid = q_attach_side(self->session, 0, self->notice);
	ASSERT_LE(0, self->coid);
}

FIXTURE_TEARDOWN(pulse_pool)
{
}

/* Sends until there is no room; how many there was room for, or an error. */
static int fill(int session, int coid)
{
	int i, ret;

	for (i = 0; i < ENDLESS; i++) {
		ret = q_pulse(session, coid, -1, i & 63, i);
		if (ret)
			return ret == -EAGAIN ? i : ret;
	}
	return -E2BIG;
}

/* Receives all pulses; how many there were. */
static int drain(int session, int chid)
{
	struct qipc_pulse pulse;
	int count = 0;

	while (!q_receive_pulse_now(session, chid, &pulse))
		count++;
	return count;
}

/* A channel without a pool of its own is limited, too, and says so. */
TEST_F(pulse_pool, common_limit)
{
	int chid = q_create(self->session, 0);
	int coid = q_attach_side(self->session, 0, chid);
	struct qipc_pulse pulse;
	int count;

	ASSERT_LE(0, coid);
	count = fill(self->session, coid);
	ASSERT_LE(1000, count);
	/* The pulses that are there are whole and in order, and each makes room for one. */
	ASSERT_EQ(0, q_receive_pulse_now(self->session, chid, &pulse));
	EXPECT_EQ(0, pulse.value);
	EXPECT_EQ(0, q_pulse(self->session, coid, -1, 1, 2));
	EXPECT_EQ(-EAGAIN, q_pulse(self->session, coid, -1, 1, 2));
	EXPECT_EQ(count, drain(self->session, chid));
	EXPECT_EQ(count, fill(self->session, coid));
	/* Another channel has its own. */
	EXPECT_EQ(0, q_pulse(self->session, self->coid, -1, 1, 2));
}

/* Messages need nothing of it. */
TEST_F(pulse_pool, messages_get_through)
{
	struct qipc_event none = event_of_kind(QIPC_EVENT_NONE);
	int chid = q_create_pool(self->session, 0, 2, 1, &none);
	struct peer *client;

	ASSERT_LT(0, chid);
	client = client_start(true, false, self->session, chid);
	ASSERT_NE(NULL, client);
	ASSERT_EQ(0, peer_pulse(client, 0, 1, 1));
	ASSERT_EQ(0, peer_pulse(client, 0, 2, 2));
	ASSERT_EQ(-EAGAIN, peer_pulse(client, 99, 3, 3));
	peer_send(client, "m", 1, NULL, 0);
	ASSERT_TRUE(peer_blocked(client));
	EXPECT_EQ(2, drain(self->session, chid));
	EXPECT_TRUE(message_is(self->session, chid, 'm'));
	EXPECT_EQ(0, peer_wait(client));
}

TEST_F(pulse_pool, overflow_event_and_rearm)
{
	struct qipc_event event = event_pulse(self->coid, -1, 42, 4242);
	int chid = q_create_pool(self->session, 0, 4, 2, &event);
	int coid = q_attach_side(self->session, 0, chid);
	struct qipc_pulse pulse;

	ASSERT_LE(0, coid);
	EXPECT_EQ(4, fill(self->session, coid));
	ASSERT_EQ(0, q_receive_pulse_soon(self->session, self->notice, &pulse));
	EXPECT_EQ(42, pulse.code);
	EXPECT_EQ(4242, pulse.value);

	/* Once, as long as there are two or more. */
	EXPECT_EQ(-EAGAIN, q_pulse(self->session, coid, -1, 1, 2));
	EXPECT_EQ(0, q_receive_pulse_now(self->session, chid, &pulse));
	EXPECT_EQ(0, q_receive_pulse_now(self->session, chid, &pulse));
	EXPECT_EQ(2, fill(self->session, coid));
	EXPECT_TRUE(q_empty(self->session, self->notice));

	/* Again, after there were fewer. */
	EXPECT_EQ(4, drain(self->session, chid));
	EXPECT_EQ(4, fill(self->session, coid));
	ASSERT_EQ(0, q_receive_pulse_soon(self->session, self->notice, &pulse));
	EXPECT_EQ(42, pulse.code);
	EXPECT_TRUE(q_empty(self->session, self->notice));
}

TEST_F(pulse_pool, overflow_event_each_time)
{
	struct qipc_event event = event_pulse(self->coid, -1, 43, 0);
	int chid = q_create_pool(self->session, 0, 3, 4, &event);
	int coid = q_attach_side(self->session, 0, chid);
	struct qipc_pulse pulse;
	int i;

	ASSERT_LE(0, coid);
	EXPECT_EQ(3, fill(self->session, coid));
	for (i = 0; i < 5; i++) {
		ASSERT_EQ(0, q_receive_pulse_soon(self->session, self->notice, &pulse));
		EXPECT_EQ(43, pulse.code);
		EXPECT_EQ(-EAGAIN, q_pulse(self->session, coid, -1, 1, 2));
	}
}

TEST_F(pulse_pool, overflow_event_is_an_eventfd)
{
	int efd = eventfd(0, EFD_CLOEXEC);
	struct pollfd pfd = { .fd = efd, .events = POLLIN };
	struct qipc_event event = event_sem(efd);
	int chid = q_create_pool(self->session, 0, 1, 1, &event);
	int coid = q_attach_side(self->session, 0, chid);
	uint64_t count = 0;

	ASSERT_LE(0, coid);
	EXPECT_EQ(0, q_pulse(self->session, coid, -1, 1, 2));
	EXPECT_EQ(0, poll(&pfd, 1, 0));
	EXPECT_EQ(-EAGAIN, q_pulse(self->session, coid, -1, 1, 2));
	EXPECT_EQ(1, poll(&pfd, 1, PATIENCE_MS));
	EXPECT_EQ(8, read(efd, &count, 8));
	EXPECT_EQ(1, count);
}

/* A server that said nothing is killed when it does not keep up. */
static long job_create_pool_without_event(struct peer *peer)
{
	peer->chid = q_create_pool(peer->session, 0, 2, 1, NULL);
	return peer->chid < 0 ? peer->chid : 0;
}

TEST_F(pulse_pool, overflow_kills)
{
	struct peer *server = peer_start(true, self->session);
	int coid;

	ASSERT_NE(NULL, server);
	ASSERT_EQ(0, peer_call(server, job_create_pool_without_event));
	coid = q_attach_side(self->session, server->pid, server->chid);
	ASSERT_LE(0, coid);
	EXPECT_EQ(0, q_pulse(self->session, coid, -1, 1, 2));
	EXPECT_EQ(0, q_pulse(self->session, coid, -1, 1, 2));
	EXPECT_EQ(-EAGAIN, q_pulse(self->session, coid, -1, 1, 2));
	EXPECT_EQ(256 + SIGKILL, reap(server->pid));
	EXPECT_EQ(-EBADF, q_pulse(self->session, coid, -1, 1, 2));
}

TEST_F(pulse_pool, arguments)
{
	struct qipc_event none = event_of_kind(QIPC_EVENT_NONE);
	struct qipc_event bad;
	struct qipc_channel_create arg;

	/* A pool without the flag, a flag without a pool. */
	arg = (struct qipc_channel_create){ .num_pulses = 1 };
	EXPECT_EQ(-EINVAL, q_ioctl(self->session, QIPC_CHANNEL_CREATE, &arg));
	arg = (struct qipc_channel_create){ .rearm = 1 };
	EXPECT_EQ(-EINVAL, q_ioctl(self->session, QIPC_CHANNEL_CREATE, &arg));
	arg = (struct qipc_channel_create){ .event = (uintptr_t)&none };
	EXPECT_EQ(-EINVAL, q_ioctl(self->session, QIPC_CHANNEL_CREATE, &arg));
	EXPECT_EQ(-EINVAL, q_create_pool(self->session, 0, 0, 0, &none));
	/* More than there can be. */
	EXPECT_GT(0, q_create_pool(self->session, 0, UINT32_MAX, 0, &none));
	/* Events that nobody has. */
	EXPECT_EQ(-EFAULT, q_create_pool(self->session, 0, 1, 0, (void *)16));
	bad = event_of_kind(6);
	EXPECT_EQ(-EINVAL, q_create_pool(self->session, 0, 1, 0, &bad));
	bad = event_of_kind(QIPC_EVENT_UNBLOCK);
	EXPECT_EQ(-EINVAL, q_create_pool(self->session, 0, 1, 0, &bad));
	bad = none;
	bad.reserved = 1;
	EXPECT_EQ(-EINVAL, q_create_pool(self->session, 0, 1, 0, &bad));
	bad = event_pulse(12345, -1, 0, 0);
	EXPECT_GT(0, q_create_pool(self->session, 0, 1, 0, &bad));
	bad = event_sem(-1);
	EXPECT_GT(0, q_create_pool(self->session, 0, 1, 0, &bad));
	/* None of them made a channel. */
	EXPECT_EQ(self->notice + 1, q_create_pool(self->session, 0, 1, 0, &none));
}

/* --- waiting in poll ---------------------------------------------------------------------- */

TEST_F(pulse, poll_sees_pulses)
{
	struct pollfd pfd = { .events = POLLIN };
	struct qipc_pulse pulse;

	pfd.fd = q_channel_fd(self->session, self->chid, QIPC_FD_CLOEXEC);
	ASSERT_LE(0, pfd.fd);
	EXPECT_EQ(0, poll(&pfd, 1, 0));
	ASSERT_EQ(0, peer_pulse(self->client, -1, 1, 2));
	EXPECT_EQ(1, poll(&pfd, 1, PATIENCE_MS));
	EXPECT_EQ(POLLIN, pfd.revents);
	ASSERT_EQ(0, peer_pulse(self->client, -1, 1, 2));
	EXPECT_EQ(0, q_receive_pulse_now(self->session, self->chid, &pulse));
	EXPECT_EQ(1, poll(&pfd, 1, 0));
	EXPECT_EQ(0, q_receive_pulse_now(self->session, self->chid, &pulse));
	EXPECT_EQ(0, poll(&pfd, 1, 0));
}

TEST_HARNESS_MAIN
