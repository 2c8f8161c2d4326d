// SPDX-License-Identifier: GPL-2.0-only
/*
 * Send, receive, reply: in each order of arrival, from threads and processes,
 * through both kinds of connection, with every length, and what the server is
 * told about a message.
 */
#include <stddef.h>

#include "kselftest_harness.h"
#include "qipc_test.h"

#define ARENA	(3 * 1024 * 1024)

FIXTURE(message) {
	int session;
	int chid;
	struct peer *client;
	unsigned char *sbuf;	/* of the client */
	unsigned char *rbuf;	/* of the client */
	unsigned char *buf;	/* of the server */
	uint32_t inline_bytes;
};

FIXTURE_VARIANT(message) {
	bool process;
	bool fd_space;
};

FIXTURE_VARIANT_ADD(message, thread_side) { .process = false, .fd_space = false, };

FIXTURE_VARIANT_ADD(message, process_side) { .process = true, .fd_space = false, };

FIXTURE_VARIANT_ADD(message, process_fd) { .process = true, .fd_space = true, };

FIXTURE_SETUP(message)
{
	struct qipc_features features;

	self->session = q_open();
	ASSERT_LE(0, self->session);
	ASSERT_EQ(0, q_features(self->session, &features));
	self->inline_bytes = features.inline_bytes;
	self->chid = q_create(self->session, 0);
	ASSERT_LT(0, self->chid);
	self->sbuf = shared_alloc(ARENA);
	ASSERT_NE(NULL, self->sbuf);
	self->rbuf = shared_alloc(ARENA);
	ASSERT_NE(NULL, self->rbuf);
	self->buf = private_alloc(ARENA);
	ASSERT_NE(NULL, self->buf);
	self->client = client_start(variant->process, variant->fd_space, self->session,
				    self->chid);
	ASSERT_NE(NULL, self->client);
}

/* Nothing is left in the queue. */
FIXTURE_TEARDOWN(message)
{
	EXPECT_TRUE(q_empty(self->session, self->chid));
}

#define MSG_FIXTURE	FIXTURE_DATA(message)

/* The client sends, and the message is received: SEND-blocked first. */
static int deliver(MSG_FIXTURE *self, size_t slen, size_t rlen, size_t room,
		   struct qipc_msg_receive *rcv)
{
	peer_send(self->client, self->sbuf, slen, self->rbuf, rlen);
	if (!peer_blocked(self->client))
		return -ETIMEDOUT;
	return q_receive_now(self->session, self->chid, self->buf, room, rcv);
}

/* Ends the exchange: the client returns with just this status. */
static int finish(MSG_FIXTURE *self, int64_t rcvid, int64_t status)
{
	int ret = q_reply(self->session, rcvid, status, NULL, 0);

	if (ret)
		return ret;
	ret = peer_wait(self->client);
	if (ret)
		return ret;
	if (self->client->send.error || self->client->send.side)
		return -EBADMSG;
	return self->client->send.status == status ? 0 : -EBADMSG;
}

TEST_F(message, B21_status_is_exact)
{
	static const int64_t statuses[] = {
		0, 1, -1, INT_MAX, INT_MIN, INT64_MAX, INT64_MIN, -EINTR, -512, -514, 1LL << 32,
	};
	struct peer *server = peer_start(false, self->session);
	struct qipc_msg_receive *rcv;
	size_t i;

	ASSERT_NE(NULL, server);
	rcv = &server->receive;
	for (i = 0; i < ARRAY_SIZE(statuses); i++) {
		sentinel_fill(self->buf, 32);
		sentinel_fill(self->rbuf, 32);
		memcpy(self->sbuf, "question", 8);
		peer_receive(server, self->chid, self->buf, 16);
		ASSERT_TRUE(peer_blocked(server));
		peer_send(self->client, self->sbuf, 8, self->rbuf, 16);

		ASSERT_EQ(0, peer_wait(server));
		EXPECT_LT(0, rcv->rcvid);
		EXPECT_GE(INT_MAX, rcv->rcvid);
		EXPECT_EQ(0, memcmp(self->buf, "question", 8));
		EXPECT_EQ(-1, sentinel_differs(self->buf + 8, 24));
		ASSERT_TRUE(peer_blocked(self->client));
		EXPECT_EQ(-1, sentinel_differs(self->rbuf, 32));

		EXPECT_EQ(0, q_reply(self->session, rcv->rcvid, statuses[i], "answer", 6));
		ASSERT_EQ(0, peer_wait(self->client));
		EXPECT_EQ(statuses[i], self->client->send.status);
		EXPECT_EQ(0, self->client->send.error);
		EXPECT_EQ(QIPC_SIDE_NONE, self->client->send.side);
		EXPECT_TRUE(send_inputs_kept(&self->client->send, self->client->coid, self->sbuf,
					     8, self->rbuf, 16));
		EXPECT_EQ(0, memcmp(self->rbuf, "answer", 6));
		EXPECT_EQ(-1, sentinel_differs(self->rbuf + 6, 26));
	}
}

TEST_F(message, B22_send_before_receive)
{
	struct qipc_msg_receive rcv;

	EXPECT_TRUE(q_empty(self->session, self->chid));
	memcpy(self->sbuf, "early", 6);
	peer_send(self->client, self->sbuf, 6, self->rbuf, 8);
	ASSERT_TRUE(peer_blocked(self->client));
	/* Received without waiting; the client goes on sleeping. */
	ASSERT_EQ(0, q_receive_now(self->session, self->chid, self->buf, 8, &rcv));
	EXPECT_STREQ("early", (char *)self->buf);
	EXPECT_LT(0, rcv.rcvid);
	EXPECT_TRUE(peer_blocked(self->client));
	/* And is received once. */
	EXPECT_TRUE(q_empty(self->session, self->chid));
	EXPECT_EQ(0, finish(self, rcv.rcvid, 22));
}

/* Lengths around every boundary there may be, unaligned on both sides. */
TEST_F(message, lengths)
{
	const size_t page = page_size();
	const size_t lengths[] = {
		0, 1, 7, 8, 63, 64, 65, self->inline_bytes - 1, self->inline_bytes,
		self->inline_bytes + 1, 1000, page - 1, page, page + 1, 2 * page + 3, 65536,
		16 * page + 1, 300000, 512 * page, 1024 * 1024 + 3,
	};
	struct qipc_msg_receive rcv;
	unsigned char *got, *sent, *back;
	size_t i, len;

	for (i = 0; i < ARRAY_SIZE(lengths); i++) {
		len = lengths[i];
		ASSERT_GT(ARENA - 64, len);
		sent = self->sbuf + i % 13;
		got = self->buf + i * 7 % 17;
		back = self->rbuf + i * 5 % 11;
		pattern_fill(sent, len, i);
		sentinel_fill(got, len + 8);
		sentinel_fill(back, len + 8);

		peer_send(self->client, sent, len, back, len);
		ASSERT_TRUE(peer_blocked(self->client));
		ASSERT_EQ(0, q_receive_now(self->session, self->chid, got, len + 8, &rcv));
		EXPECT_EQ(len, rcv.info.msglen);
		EXPECT_EQ(len, rcv.info.srcmsglen);
		EXPECT_EQ(len, rcv.info.dstmsglen);
		EXPECT_EQ(0, memcmp(got, sent, len)) {
			TH_LOG("length %zu: differs at %zd", len,
			       pattern_differs(got, len, i, 0));
		}
		EXPECT_EQ(-1, sentinel_differs(got + len, 8));

		pattern_fill(got, len, i + 1000);
		EXPECT_EQ(0, q_reply(self->session, rcv.rcvid, len, got, len));
		ASSERT_EQ(0, peer_wait(self->client));
		EXPECT_EQ(len, self->client->send.status);
		EXPECT_EQ(0, memcmp(got, back, len)) {
			TH_LOG("length %zu: differs at %zd", len,
			       pattern_differs(back, len, i + 1000, 0));
		}
		EXPECT_EQ(-1, sentinel_differs(back + len, 8));
	}
}

TEST_F(message, B23_longer_than_the_buffer)
{
	static const size_t lengths[] = { 100, 10000, 300000 };
	struct qipc_msg_receive rcv;
	size_t i, len;

	for (i = 0; i < ARRAY_SIZE(lengths); i++) {
		len = lengths[i];
		pattern_fill(self->sbuf, len, i);
		sentinel_fill(self->buf, len);
		ASSERT_EQ(0, deliver(self, len, 0, 33, &rcv));
		EXPECT_EQ(33, rcv.info.msglen);
		EXPECT_EQ(len, rcv.info.srcmsglen);
		EXPECT_EQ(-1, pattern_differs(self->buf, 33, i, 0));
		EXPECT_EQ(-1, sentinel_differs(self->buf + 33, len - 33));

		/* The rest can be fetched. */
		EXPECT_EQ(len - 33, q_read(self->session, rcv.rcvid, self->buf + 33, len,
					   rcv.info.msglen));
		EXPECT_EQ(0, memcmp(self->buf, self->sbuf, len));
		EXPECT_EQ(0, finish(self, rcv.rcvid, 0));
	}
}

TEST_F(message, B23_into_no_buffer)
{
	struct qipc_msg_receive rcv;

	pattern_fill(self->sbuf, 100, 1);
	peer_send(self->client, self->sbuf, 100, NULL, 0);
	ASSERT_TRUE(peer_blocked(self->client));
	ASSERT_EQ(0, q_receive_now(self->session, self->chid, NULL, 0, &rcv));
	EXPECT_EQ(0, rcv.info.msglen);
	EXPECT_EQ(100, rcv.info.srcmsglen);
	EXPECT_EQ(100, q_read(self->session, rcv.rcvid, self->buf, 100, 0));
	EXPECT_EQ(-1, pattern_differs(self->buf, 100, 1, 0));
	EXPECT_EQ(0, finish(self, rcv.rcvid, 0));
}

TEST_F(message, B24_shorter_than_the_buffer)
{
	struct qipc_msg_receive rcv;

	pattern_fill(self->sbuf, 5000, 24);
	sentinel_fill(self->buf, 10000);
	ASSERT_EQ(0, deliver(self, 5000, 0, 10000, &rcv));
	EXPECT_EQ(5000, rcv.info.msglen);
	EXPECT_EQ(5000, rcv.info.srcmsglen);
	EXPECT_EQ(-1, pattern_differs(self->buf, 5000, 24, 0));
	EXPECT_EQ(-1, sentinel_differs(self->buf + 5000, 5000));
	EXPECT_EQ(0, finish(self, rcv.rcvid, 0));
}

TEST_F(message, B25_reply_is_clipped)
{
	static const size_t rooms[] = { 0, 1, 50, 5000 };
	struct qipc_msg_receive rcv;
	uint32_t side;
	size_t i;

	pattern_fill(self->buf, 10000, 25);
	for (i = 0; i < ARRAY_SIZE(rooms); i++) {
		sentinel_fill(self->rbuf, 10000);
		ASSERT_EQ(0, deliver(self, 1, rooms[i], 0, &rcv));
		EXPECT_EQ(rooms[i], rcv.info.dstmsglen);
		EXPECT_EQ(0, q_reply_full(self->session, rcv.rcvid, 25, self->buf, 10000, QIPC_BUF,
					  &side));
		EXPECT_EQ(QIPC_SIDE_NONE, side);
		ASSERT_EQ(0, peer_wait(self->client));
		EXPECT_EQ(25, self->client->send.status);
		EXPECT_EQ(-1, pattern_differs(self->rbuf, rooms[i], 25, 0));
		EXPECT_EQ(-1, sentinel_differs(self->rbuf + rooms[i], 10000 - rooms[i]));
	}
}

TEST_F(message, B26_reply_without_data)
{
	struct qipc_msg_receive rcv;

	sentinel_fill(self->rbuf, 5000);
	ASSERT_EQ(0, deliver(self, 10, 5000, 10, &rcv));
	/* No parts. */
	EXPECT_EQ(0, q_replyv(self->session, rcv.rcvid, 26, NULL, 0));
	ASSERT_EQ(0, peer_wait(self->client));
	EXPECT_EQ(26, self->client->send.status);
	EXPECT_EQ(-1, sentinel_differs(self->rbuf, 5000));
	/* No bytes, from anywhere. */
	ASSERT_EQ(0, deliver(self, 10, 5000, 10, &rcv));
	EXPECT_EQ(0, q_reply(self->session, rcv.rcvid, 27, (void *)-4096, 0));
	ASSERT_EQ(0, peer_wait(self->client));
	EXPECT_EQ(27, self->client->send.status);
	EXPECT_EQ(-1, sentinel_differs(self->rbuf, 5000));
}

TEST_F(message, B27_empty_message)
{
	static const unsigned int flags[] = {
		0, QIPC_SEND_BUF, QIPC_REPLY_BUF, QIPC_SEND_BUF | QIPC_REPLY_BUF,
	};
	struct qipc_msg_receive rcv;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		send_args(&self->client->send, self->client->coid, NULL, 0, NULL, 0);
		self->client->send.flags = flags[i];
		peer_go(self->client, job_send);
		ASSERT_TRUE(peer_blocked(self->client));
		sentinel_fill(self->buf, 16);
		ASSERT_EQ(0, q_receive_now(self->session, self->chid, self->buf, 16, &rcv));
		EXPECT_EQ(0, rcv.info.msglen);
		EXPECT_EQ(0, rcv.info.srcmsglen);
		EXPECT_EQ(0, rcv.info.dstmsglen);
		EXPECT_EQ(-1, sentinel_differs(self->buf, 16));
		EXPECT_EQ(0, finish(self, rcv.rcvid, 27));
	}
}

TEST_F(message, B28_second_reply)
{
	struct qipc_msg_receive rcv;
	struct qipc_msg_info info;

	ASSERT_EQ(0, deliver(self, 8, 8, 8, &rcv));
	EXPECT_EQ(0, q_reply(self->session, rcv.rcvid, 1, NULL, 0));
	EXPECT_EQ(-ESRCH, q_reply(self->session, rcv.rcvid, 2, NULL, 0));
	ASSERT_EQ(0, peer_wait(self->client));
	EXPECT_EQ(1, self->client->send.status);
	EXPECT_EQ(-ESRCH, q_reply(self->session, rcv.rcvid, 3, "x", 1));
	EXPECT_EQ(-ESRCH, q_error(self->session, rcv.rcvid, EIO));
	EXPECT_EQ(-ESRCH, q_info(self->session, rcv.rcvid, &info));
}

TEST_F(message, B29_arbitrary_rcvid)
{
	struct qipc_msg_receive rcv;
	struct qipc_msg_info info;
	char byte;
	size_t i;

	ASSERT_EQ(0, deliver(self, 8, 8, 8, &rcv));
	{
		const int64_t wrong[] = {
			0, -1, rcv.rcvid + 1, rcv.rcvid - 1, -rcv.rcvid, rcv.rcvid | 1LL << 32,
			rcv.rcvid | 1LL << 31, rcv.rcvid | INT64_MIN, rcv.rcvid ^ 1LL << 16,
			rcv.rcvid ^ 1LL << 24, rcv.rcvid ^ 1LL << 30, INT_MAX, INT_MIN, INT64_MAX,
			INT64_MIN, rcv.info.scoid,
		};

		for (i = 0; i < ARRAY_SIZE(wrong); i++) {
			EXPECT_EQ(-ESRCH, q_reply(self->session, wrong[i], 0, NULL, 0)) {
				TH_LOG("rcvid %#llx for %#llx", (long long)wrong[i],
				       (long long)rcv.rcvid);
			}
			EXPECT_EQ(-ESRCH, q_error(self->session, wrong[i], EIO));
			EXPECT_EQ(-ESRCH, q_read(self->session, wrong[i], &byte, 1, 0));
			EXPECT_EQ(-ESRCH, q_write(self->session, wrong[i], &byte, 1, 0));
			EXPECT_EQ(-ESRCH, q_info(self->session, wrong[i], &info));
			EXPECT_EQ(-1, sentinel_differs(&info, sizeof(info)));
		}
	}
	EXPECT_TRUE(peer_blocked(self->client));
	EXPECT_EQ(0, finish(self, rcv.rcvid, 29));
}

static long job_reply(struct peer *peer)
{
	return q_reply(peer->session, peer->value[0], peer->value[1], "thread", 6);
}

TEST_F(message, B30_another_thread_replies)
{
	struct peer *server = peer_start(false, self->session);
	struct qipc_msg_receive rcv;

	ASSERT_NE(NULL, server);
	ASSERT_EQ(0, deliver(self, 8, 8, 8, &rcv));
	server->value[0] = rcv.rcvid;
	server->value[1] = 30;
	EXPECT_EQ(0, peer_call(server, job_reply));
	ASSERT_EQ(0, peer_wait(self->client));
	EXPECT_EQ(30, self->client->send.status);
	EXPECT_EQ(0, memcmp(self->rbuf, "thread", 6));
}

TEST_F(message, B31_replies_in_any_order)
{
	struct peer *clients[4] = { self->client };
	struct qipc_msg_receive rcv[4];
	int i;

	for (i = 0; i < 4; i++) {
		if (i)
			clients[i] = client_start(variant->process, variant->fd_space,
						  self->session, self->chid);
		ASSERT_NE(NULL, clients[i]);
		self->sbuf[i] = '0' + i;
		peer_send(clients[i], self->sbuf + i, 1, self->rbuf + i, 1);
		/* B78: one after the other, and that is how they are received. */
		ASSERT_TRUE(peer_blocked(clients[i]));
	}
	for (i = 0; i < 4; i++) {
		ASSERT_EQ(0, q_receive_now(self->session, self->chid, self->buf, 1, &rcv[i]));
		EXPECT_EQ('0' + i, self->buf[0]);
	}
	for (i = 3; i >= 0; i--) {
		EXPECT_EQ(0, q_reply(self->session, rcv[i].rcvid, 100 + i, &"abcd"[i], 1));
		ASSERT_EQ(0, peer_wait(clients[i]));
		EXPECT_EQ(100 + i, clients[i]->send.status);
		EXPECT_EQ("abcd"[i], self->rbuf[i]);
		EXPECT_EQ(i > 0, peer_blocked(clients[0]));
	}
}

static long job_use_foreign_rcvid(struct peer *peer)
{
	struct qipc_msg_info info;
	char byte;

	if (q_create(peer->session, 0) < 0)
		return CHILD_CREATE;
	if (q_reply(peer->session, peer->value[0], 0, "x", 1) != -ESRCH)
		return CHILD_REPLY;
	if (q_error(peer->session, peer->value[0], EIO) != -ESRCH)
		return CHILD_REPLY;
	if (q_read(peer->session, peer->value[0], &byte, 1, 0) != -ESRCH)
		return CHILD_TRANSFER;
	if (q_write(peer->session, peer->value[0], &byte, 1, 0) != -ESRCH)
		return CHILD_TRANSFER;
	return q_info(peer->session, peer->value[0], &info) == -ESRCH ? 0 : CHILD_WRONG_ERRNO;
}

TEST_F(message, B32_rcvid_of_another_process)
{
	struct peer *other = peer_start(true, self->session);
	struct qipc_msg_receive rcv;

	ASSERT_NE(NULL, other);
	ASSERT_EQ(0, deliver(self, 8, 8, 8, &rcv));
	other->value[0] = rcv.rcvid;
	EXPECT_EQ(0, peer_call(other, job_use_foreign_rcvid));
	EXPECT_TRUE(peer_blocked(self->client));
	EXPECT_EQ(0, finish(self, rcv.rcvid, 32));
}

TEST_F(message, B33_error)
{
	/* Numbers that mean something to the kernel itself are among them. */
	static const int errors[] = {
		ENOENT, EPERM, EINTR, EFAULT, EAGAIN, ETIMEDOUT, 512, 513, 514, 516, 517, 4095,
	};
	struct qipc_msg_receive rcv;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(errors); i++) {
		sentinel_fill(self->rbuf, 16);
		ASSERT_EQ(0, deliver(self, 8, 16, 8, &rcv));
		EXPECT_EQ(0, q_error(self->session, rcv.rcvid, errors[i]));
		ASSERT_EQ(0, peer_wait(self->client)) {
			TH_LOG("error %d", errors[i]);
		}
		EXPECT_EQ(errors[i], self->client->send.error);
		EXPECT_EQ(QIPC_SIDE_NONE, self->client->send.side);
		EXPECT_EQ(-1, sentinel_differs(self->rbuf, 16));
		EXPECT_EQ(-ESRCH, q_error(self->session, rcv.rcvid, errors[i]));
	}
}

TEST_F(message, B33_error_out_of_range)
{
	static const int wrong[] = { -1, -ENOENT, 4096, 65536, INT_MAX, INT_MIN };
	struct qipc_msg_receive rcv;
	size_t i;

	ASSERT_EQ(0, deliver(self, 8, 16, 8, &rcv));
	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		EXPECT_EQ(-EINVAL, q_error(self->session, rcv.rcvid, wrong[i])) {
			TH_LOG("error %d", wrong[i]);
		}
	}
	EXPECT_TRUE(peer_blocked(self->client));
	EXPECT_EQ(0, finish(self, rcv.rcvid, 33));
}

TEST_F(message, B34_error_of_zero)
{
	struct qipc_msg_receive rcv;

	sentinel_fill(self->rbuf, 16);
	ASSERT_EQ(0, deliver(self, 8, 16, 8, &rcv));
	EXPECT_EQ(0, q_error(self->session, rcv.rcvid, 0));
	ASSERT_EQ(0, peer_wait(self->client));
	EXPECT_EQ(0, self->client->send.status);
	EXPECT_EQ(0, self->client->send.error);
	EXPECT_EQ(-1, sentinel_differs(self->rbuf, 16));
}

TEST_F(message, B35_negative_status)
{
	struct qipc_msg_receive rcv;

	ASSERT_EQ(0, deliver(self, 8, 0, 8, &rcv));
	EXPECT_EQ(0, q_reply(self->session, rcv.rcvid, -5, NULL, 0));
	/* The call itself worked. */
	EXPECT_EQ(0, peer_wait(self->client));
	EXPECT_EQ(-5, self->client->send.status);
	EXPECT_EQ(0, self->client->send.error);
}

TEST_F(message, B36_restart)
{
	static const size_t lengths[] = { 8, 50000 };
	struct qipc_msg_receive first, second, third;
	struct qipc_msg_info info;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(lengths); i++) {
		pattern_fill(self->sbuf, lengths[i], 36 + i);
		sentinel_fill(self->rbuf, 16);
		ASSERT_EQ(0, deliver(self, lengths[i], 16, lengths[i], &first));

		EXPECT_EQ(0, q_error(self->session, first.rcvid, ERESTART));
		sentinel_fill(self->buf, lengths[i]);
		ASSERT_EQ(0, q_receive(self->session, self->chid, self->buf, lengths[i], &second));
		EXPECT_EQ(lengths[i], second.info.msglen);
		EXPECT_EQ(0, memcmp(self->buf, self->sbuf, lengths[i]));
		EXPECT_EQ(first.info.pid, second.info.pid);
		EXPECT_EQ(first.info.tid, second.info.tid);
		EXPECT_EQ(first.info.coid, second.info.coid);
		EXPECT_EQ(first.info.scoid, second.info.scoid);
		EXPECT_NE(first.rcvid, second.rcvid);
		EXPECT_EQ(-ESRCH, q_reply(self->session, first.rcvid, 1, "x", 1));
		EXPECT_EQ(-ESRCH, q_info(self->session, first.rcvid, &info));
		ASSERT_TRUE(peer_blocked(self->client));

		/* And again: to a receiver that waits already, or not. */
		EXPECT_EQ(0, q_error(self->session, second.rcvid, ERESTART));
		ASSERT_EQ(0, q_receive(self->session, self->chid, self->buf, lengths[i], &third));
		ASSERT_TRUE(peer_blocked(self->client));
		EXPECT_EQ(-1, sentinel_differs(self->rbuf, 16));

		/* The client sees the last answer only. */
		EXPECT_EQ(0, q_reply(self->session, third.rcvid, 36, "final", 5));
		ASSERT_EQ(0, peer_wait(self->client));
		EXPECT_EQ(36, self->client->send.status);
		EXPECT_EQ(0, self->client->send.error);
		EXPECT_EQ(0, memcmp(self->rbuf, "final", 5));
		EXPECT_TRUE(q_empty(self->session, self->chid));
	}
}

TEST_F(message, B37_parts_of_different_sizes)
{
	struct peer *client = self->client;
	struct qipc_msg_receive rcv;
	struct qipc_iov in[2] = { iov(self->buf, 4), iov(self->buf + 100, 4) };
	struct qipc_iov out[3] = {
		iov(self->buf + 200, 1), iov(self->buf + 300, 5), iov(self->buf + 400, 2),
	};

	memcpy(self->sbuf, "1", 1);
	memcpy(self->sbuf + 100, "23", 2);
	memcpy(self->sbuf + 200, "456", 3);
	sentinel_fill(self->rbuf, 300);
	sentinel_fill(self->buf, 200);
	client->parts[0] = iov(self->sbuf, 1);
	client->parts[1] = iov(self->sbuf + 100, 2);
	client->parts[2] = iov(self->sbuf + 200, 3);
	client->parts[3] = iov(self->rbuf, 3);
	client->parts[4] = iov(self->rbuf + 100, 4);
	client->parts[5] = iov(self->rbuf + 200, 9);
	send_args(&client->send, client->coid, &client->parts[0], 3, &client->parts[3], 3);
	client->send.flags = 0;
	peer_go(client, job_send);
	ASSERT_TRUE(peer_blocked(client));

	ASSERT_EQ(0, q_receivev_now(self->session, self->chid, in, 2, &rcv));
	EXPECT_EQ(6, rcv.info.msglen);
	EXPECT_EQ(6, rcv.info.srcmsglen);
	EXPECT_EQ(16, rcv.info.dstmsglen);
	EXPECT_EQ(0, memcmp(self->buf, "1234", 4));
	EXPECT_EQ(-1, sentinel_differs(self->buf + 4, 96));
	EXPECT_EQ(0, memcmp(self->buf + 100, "56", 2));
	EXPECT_EQ(-1, sentinel_differs(self->buf + 102, 98));

	memcpy(self->buf + 200, "a", 1);
	memcpy(self->buf + 300, "bcdef", 5);
	memcpy(self->buf + 400, "gh", 2);
	EXPECT_EQ(0, q_replyv(self->session, rcv.rcvid, 37, out, 3));
	ASSERT_EQ(0, peer_wait(client));
	EXPECT_EQ(37, client->send.status);
	EXPECT_EQ(0, memcmp(self->rbuf, "abc", 3));
	EXPECT_EQ(-1, sentinel_differs(self->rbuf + 3, 97));
	EXPECT_EQ(0, memcmp(self->rbuf + 100, "defg", 4));
	EXPECT_EQ(-1, sentinel_differs(self->rbuf + 104, 96));
	EXPECT_EQ(0, memcmp(self->rbuf + 200, "h", 1));
	EXPECT_EQ(-1, sentinel_differs(self->rbuf + 201, 99));
}

/* The most bytes of an odd message, and room for its parts and what lies between them. */
#define ODD_MOST	5000
#define ODD_ROOM	(4 * ODD_MOST)

/* What one side has of it: its own, in either process, and private. */
struct odd {
	unsigned char memory[ODD_ROOM];
	struct qipc_iov parts[ODD_MOST];
	int count;
};

static struct odd odd_sent, odd_answered, odd_received, odd_reply;

/*
 * Lays out @len bytes in parts of 0 to 17 bytes.  Some touch, and the first
 * ones cross the end of a page, each phase at another byte.  What is between
 * them is a sentinel.
 */
static void odd_lay(struct odd *odd, size_t len, unsigned int phase)
{
	static const unsigned char gaps[] = { 1, 0, 3, 8, 0, 0, 5, 2, 7 };
	unsigned char *at = (unsigned char *)(((uintptr_t)odd->memory + 2 * page_size()) &
					      ~(page_size() - 1)) - 18 - phase;
	unsigned int n = 0;
	size_t step;

	sentinel_fill(odd->memory, ODD_ROOM);
	for (; len; n++) {
		step = (5 * n + phase) % 18;
		if (step > len)
			step = len;
		odd->parts[n] = iov(at, step);
		at += step + gaps[(n + phase) % ARRAY_SIZE(gaps)];
		len -= step;
	}
	odd->count = n;
}

static void odd_fill(struct odd *odd, uint64_t seed)
{
	size_t from = 0, i;
	int n;

	for (n = 0; n < odd->count; n++)
		for (i = 0; i < odd->parts[n].len; i++)
			((unsigned char *)(uintptr_t)odd->parts[n].base)[i] = pattern_byte(seed, from++);
}

/*
 * Number of the first part that does not hold what follows the first @offset
 * bytes of the pattern, or where something was written behind it; -1 if there is none.
 */
static int odd_differs(struct odd *odd, uint64_t seed, size_t offset)
{
	unsigned char *end = odd->memory, *base;
	int n;

	for (n = 0; n < odd->count; n++) {
		base = (unsigned char *)(uintptr_t)odd->parts[n].base;
		if (sentinel_differs(end, base - end) >= 0)
			return n;
		if (pattern_differs(base, odd->parts[n].len, seed, offset) >= 0)
			return n;
		offset += odd->parts[n].len;
		end = base + odd->parts[n].len;
	}
	return sentinel_differs(end, odd->memory + ODD_ROOM - end) >= 0 ? n : -1;
}

/* Sends value[0] bytes in parts of phase value[1], and looks at the answer. */
static long job_odd_send(struct peer *peer)
{
	const size_t len = peer->value[0];
	const unsigned int phase = peer->value[1];
	long ret;

	odd_lay(&odd_sent, len, phase);
	odd_fill(&odd_sent, phase);
	odd_lay(&odd_answered, len, phase + 11);
	send_args(&peer->send, peer->coid, odd_sent.parts, odd_sent.count, odd_answered.parts,
		  odd_answered.count);
	peer->send.flags = 0;
	ret = q_ioctl(peer->fd, QIPC_MSG_SEND, &peer->send);
	peer->value[2] = odd_differs(&odd_answered, phase + 1000, 0);
	return ret;
}

TEST_F(message, B37_parts_of_odd_sizes)
{
	const size_t lengths[] = { 40, 257, 1000, ODD_MOST };
	struct peer *client = self->client;
	struct qipc_msg_receive rcv;
	unsigned int phase;
	size_t i, offset;

	for (i = 0; i < ARRAY_SIZE(lengths); i++) {
		for (phase = 0; phase < 18; phase++) {
			client->value[0] = lengths[i];
			client->value[1] = phase;
			peer_go(client, job_odd_send);
			ASSERT_TRUE(peer_blocked(client));
			odd_lay(&odd_received, lengths[i], 3 * phase + 1);
			ASSERT_EQ(0, q_receivev_now(self->session, self->chid, odd_received.parts,
						    odd_received.count, &rcv));
			EXPECT_EQ(lengths[i], rcv.info.msglen);
			EXPECT_EQ(-1, odd_differs(&odd_received, phase, 0)) {
				TH_LOG("length %zu, phase %u", lengths[i], phase);
			}
			/* The same from the middle of a part on. */
			offset = 3 + 7 * phase % 36;
			odd_lay(&odd_received, lengths[i] - offset, phase + 2);
			EXPECT_EQ(lengths[i] - offset, q_readv(self->session, rcv.rcvid,
							       odd_received.parts,
							       odd_received.count, offset));
			EXPECT_EQ(-1, odd_differs(&odd_received, phase, offset)) {
				TH_LOG("length %zu, phase %u, offset %zu", lengths[i], phase, offset);
			}
			/* Something that the answer is written over. */
			odd_lay(&odd_reply, lengths[i] - offset, phase + 5);
			odd_fill(&odd_reply, 1);
			EXPECT_EQ(lengths[i] - offset, q_writev(self->session, rcv.rcvid,
								odd_reply.parts, odd_reply.count,
								offset));
			odd_lay(&odd_reply, lengths[i], 2 * phase + 7);
			odd_fill(&odd_reply, phase + 1000);
			ASSERT_EQ(0, q_replyv(self->session, rcv.rcvid, 0, odd_reply.parts,
					      odd_reply.count));
			EXPECT_EQ(0, peer_wait(client));
			EXPECT_EQ(-1, client->value[2]) {
				TH_LOG("length %zu, phase %u", lengths[i], phase);
			}
		}
	}
}

/* Buffer or vector, on each of the four vectors of a round trip: no difference. */
TEST_F(message, B38_buffer_is_a_vector_of_one)
{
	static const size_t lengths[] = { 20, 20000 };
	struct peer *client = self->client;
	struct qipc_msg_receive rcv;
	struct qipc_iov in, out;
	int combination;
	size_t i, len;

	for (combination = 0; combination < 32; combination++) {
		i = combination & 1;
		len = lengths[i];
		pattern_fill(self->sbuf, len, combination);
		pattern_fill(self->buf + len, len, combination + 100);
		sentinel_fill(self->rbuf, len);
		sentinel_fill(self->buf, len);

		client->parts[0] = iov(self->sbuf, len);
		client->parts[1] = iov(self->rbuf, len);
		send_args(&client->send, client->coid, self->sbuf, len, self->rbuf, len);
		if (combination & 2) {
			client->send.flags &= ~QIPC_SEND_BUF;
			client->send.send = vec_buf(&client->parts[0], 1);
		}
		if (combination & 4) {
			client->send.flags &= ~QIPC_REPLY_BUF;
			client->send.reply = vec_buf(&client->parts[1], 1);
		}
		peer_go(client, job_send);
		ASSERT_TRUE(peer_blocked(client));
		in = iov(self->buf, len);
		if (combination & 8) {
			ASSERT_EQ(0, q_receivev_now(self->session, self->chid, &in, 1, &rcv));
		} else {
			ASSERT_EQ(0, q_receive_now(self->session, self->chid, self->buf, len,
						   &rcv));
		}
		EXPECT_EQ(len, rcv.info.msglen);
		EXPECT_EQ(len, rcv.info.srcmsglen);
		EXPECT_EQ(len, rcv.info.dstmsglen);
		EXPECT_EQ(0, memcmp(self->buf, self->sbuf, len));

		out = iov(self->buf + len, len);
		if (combination & 16) {
			EXPECT_EQ(0, q_replyv(self->session, rcv.rcvid, combination, &out, 1));
		} else {
			EXPECT_EQ(0, q_reply(self->session, rcv.rcvid, combination,
					     self->buf + len, len));
		}
		ASSERT_EQ(0, peer_wait(client));
		EXPECT_EQ(combination, client->send.status);
		EXPECT_EQ(0, memcmp(self->rbuf, self->buf + len, len));
	}
}

TEST_F(message, B39_empty_parts)
{
	struct peer *client = self->client;
	struct qipc_msg_receive rcv;
	struct qipc_iov in[] = {
		iov((void *)-1, 0), iov(self->buf, 2), iov((void *)(1UL << 63), 0),
		iov(self->buf + 10, 6), iov(NULL, 0),
	};
	struct qipc_iov out[] = {
		iov(NULL, 0), iov(self->buf, 2), iov((void *)-4096, 0), iov(self->buf + 10, 3),
		iov((void *)1, 0),
	};

	memcpy(self->sbuf, "abcdef", 6);
	client->parts[0] = iov(NULL, 0);
	client->parts[1] = iov(self->sbuf, 3);
	client->parts[2] = iov((void *)(1UL << 63), 0);
	client->parts[3] = iov((void *)-1, 0);
	client->parts[4] = iov(self->sbuf + 3, 3);
	client->parts[5] = iov((void *)-4096, 0);
	client->parts[6] = iov(self->rbuf, 8);
	client->parts[7] = iov((void *)-1, 0);
	send_args(&client->send, client->coid, &client->parts[0], 6, &client->parts[5], 3);
	client->send.flags = 0;
	peer_go(client, job_send);
	ASSERT_TRUE(peer_blocked(client));
	ASSERT_EQ(0, q_receivev_now(self->session, self->chid, in, ARRAY_SIZE(in), &rcv));
	EXPECT_EQ(6, rcv.info.msglen);
	EXPECT_EQ(8, rcv.info.dstmsglen);
	EXPECT_EQ(0, memcmp(self->buf, "ab", 2));
	EXPECT_EQ(0, memcmp(self->buf + 10, "cdef", 4));
	EXPECT_EQ(2, q_readv(self->session, rcv.rcvid, in, 3, 4));
	EXPECT_EQ(0, memcmp(self->buf, "ef", 2));
	EXPECT_EQ(0, q_replyv(self->session, rcv.rcvid, 39, out, ARRAY_SIZE(out)));
	ASSERT_EQ(0, peer_wait(client));
	EXPECT_EQ(39, client->send.status);
	EXPECT_EQ(0, memcmp(self->rbuf, "efcde", 5));
}

/* Nothing but empty parts, as many as there may be. */
TEST_F(message, B39_empty_parts_only)
{
	struct qipc_iov *parts = shared_alloc((QIPC_MAX_PARTS + 1) * sizeof(*parts));
	struct qipc_msg_receive rcv;
	struct peer *client;

	ASSERT_NE(NULL, parts);
	client = client_start(variant->process, variant->fd_space, self->session, self->chid);
	ASSERT_NE(NULL, client);
	send_args(&client->send, client->coid, parts, QIPC_MAX_PARTS, parts, QIPC_MAX_PARTS);
	client->send.flags = 0;
	peer_go(client, job_send);
	ASSERT_TRUE(peer_blocked(client));
	ASSERT_EQ(0, q_receivev_now(self->session, self->chid, parts, QIPC_MAX_PARTS, &rcv));
	EXPECT_EQ(0, rcv.info.srcmsglen);
	EXPECT_EQ(0, rcv.info.dstmsglen);
	EXPECT_EQ(0, q_replyv(self->session, rcv.rcvid, 39, parts, QIPC_MAX_PARTS));
	ASSERT_EQ(0, peer_wait(client));
	EXPECT_EQ(39, client->send.status);
}

/* One part too many, or a number that is absurd: refused by each call with a vector. */
TEST_F(message, B40_too_many_parts)
{
	static const uint64_t counts[] = {
		QIPC_MAX_PARTS + 1, 1 << 20, 1ULL << 32, (1ULL << 32) + 1, 1ULL << 60, 1ULL << 63,
		UINT64_MAX,
	};
	struct qipc_iov *parts = shared_alloc((QIPC_MAX_PARTS + 1) * sizeof(*parts));
	struct peer *client;
	struct qipc_msg_reply_receive rr;
	struct qipc_msg_receive rcv;
	size_t i;

	ASSERT_NE(NULL, parts);
	client = client_start(variant->process, variant->fd_space, self->session, self->chid);
	ASSERT_NE(NULL, client);
	self->client = client;
	parts[0] = iov(self->sbuf, 1);
	for (i = 0; i < ARRAY_SIZE(counts); i++) {
		send_args(&client->send, client->coid, parts, counts[i], self->rbuf, 8);
		client->send.flags = QIPC_REPLY_BUF;
		EXPECT_EQ(-EOVERFLOW, peer_call(client, job_send));
		send_args(&client->send, client->coid, self->sbuf, 8, parts, counts[i]);
		client->send.flags = QIPC_SEND_BUF;
		EXPECT_EQ(-EOVERFLOW, peer_call(client, job_send));
		EXPECT_TRUE(q_empty(self->session, self->chid));
	}

	memcpy(self->sbuf, "message", 8);
	peer_send(client, self->sbuf, 8, self->rbuf, 8);
	ASSERT_TRUE(peer_blocked(client));
	for (i = 0; i < ARRAY_SIZE(counts); i++) {
		EXPECT_EQ(-EOVERFLOW, q_receivev_now(self->session, self->chid, parts, counts[i],
						     &rcv));
		EXPECT_EQ(SENTINEL64, rcv.rcvid);
	}
	/* It was not lost. */
	ASSERT_EQ(0, q_receive_now(self->session, self->chid, self->buf, 8, &rcv));
	EXPECT_STREQ("message", (char *)self->buf);
	for (i = 0; i < ARRAY_SIZE(counts); i++) {
		EXPECT_EQ(-EOVERFLOW, q_readv(self->session, rcv.rcvid, parts, counts[i], 0));
		EXPECT_EQ(-EOVERFLOW, q_writev(self->session, rcv.rcvid, parts, counts[i], 0));
		EXPECT_EQ(-EOVERFLOW, q_replyv(self->session, rcv.rcvid, 1, parts, counts[i]));

		memset(&rr, 0, sizeof(rr));
		rr.reply.rcvid = rcv.rcvid;
		rr.reply.vec = vec_buf(parts, counts[i]);
		receive_args(&rr.receive, self->chid, self->buf, 8, QIPC_BUF | QIPC_NONBLOCK);
		EXPECT_EQ(-EOVERFLOW, q_ioctl(self->session, QIPC_MSG_REPLY_RECEIVE, &rr));
		rr.reply.vec = vec_buf(parts, 1);
		receive_args(&rr.receive, self->chid, parts, counts[i], QIPC_NONBLOCK);
		EXPECT_EQ(-EOVERFLOW, q_ioctl(self->session, QIPC_MSG_REPLY_RECEIVE, &rr));
		ASSERT_TRUE(peer_blocked(client)) {
			TH_LOG("count %#llx", (unsigned long long)counts[i]);
		}
	}
	EXPECT_EQ(0, finish(self, rcv.rcvid, 40));
}

/* Bytes in total: one too many is refused, wherever it lies. */
TEST_F(message, B41_too_many_bytes)
{
	const uint64_t max = QIPC_MAX_BYTES;
	struct peer *client = self->client;
	struct qipc_msg_receive rcv;
	size_t i;

	const uint64_t lengths[][3] = {
		{ max + 1 }, { max, 1 }, { 1, max }, { max / 2, max / 2, 2 }, { 1, 0, max },
		{ 1ULL << 32 }, { 1ULL << 32, 1ULL << 32 }, { 1ULL << 63 }, { UINT64_MAX },
		{ UINT64_MAX, 2 }, { 1ULL << 63, 1ULL << 63 }, { 4, UINT64_MAX - 2 },
	};

	for (i = 0; i < ARRAY_SIZE(lengths); i++) {
		client->parts[0] = iov(self->sbuf, lengths[i][0]);
		client->parts[1] = iov(self->sbuf, lengths[i][1]);
		client->parts[2] = iov(self->sbuf, lengths[i][2]);
		send_args(&client->send, client->coid, client->parts, 3, self->rbuf, 8);
		client->send.flags = QIPC_REPLY_BUF;
		EXPECT_EQ(-EOVERFLOW, peer_call(client, job_send)) {
			TH_LOG("vector %zu", i);
		}
		send_args(&client->send, client->coid, self->sbuf, 8, client->parts, 3);
		client->send.flags = QIPC_SEND_BUF;
		EXPECT_EQ(-EOVERFLOW, peer_call(client, job_send)) {
			TH_LOG("vector %zu", i);
		}
		if (!lengths[i][1] && !lengths[i][2]) {
			send_args(&client->send, client->coid, self->sbuf, lengths[i][0],
				  self->rbuf, 8);
			EXPECT_EQ(-EOVERFLOW, peer_call(client, job_send));
		}
		EXPECT_TRUE(q_empty(self->session, self->chid));
	}

	peer_send(client, self->sbuf, 8, self->rbuf, 8);
	ASSERT_TRUE(peer_blocked(client));
	for (i = 0; i < ARRAY_SIZE(lengths); i++) {
		struct qipc_iov parts[3] = {
			iov(self->buf, lengths[i][0]), iov(self->buf, lengths[i][1]),
			iov(self->buf, lengths[i][2]),
		};

		EXPECT_EQ(-EOVERFLOW, q_receivev_now(self->session, self->chid, parts, 3, &rcv));
	}
	ASSERT_EQ(0, q_receive_now(self->session, self->chid, self->buf, 8, &rcv));
	for (i = 0; i < ARRAY_SIZE(lengths); i++) {
		struct qipc_iov parts[3] = {
			iov(self->buf, lengths[i][0]), iov(self->buf, lengths[i][1]),
			iov(self->buf, lengths[i][2]),
		};

		EXPECT_EQ(-EOVERFLOW, q_readv(self->session, rcv.rcvid, parts, 3, 0));
		EXPECT_EQ(-EOVERFLOW, q_writev(self->session, rcv.rcvid, parts, 3, 0));
		EXPECT_EQ(-EOVERFLOW, q_replyv(self->session, rcv.rcvid, 0, parts, 3));
		ASSERT_TRUE(peer_blocked(client));
	}
	EXPECT_EQ(0, finish(self, rcv.rcvid, 41));
}

/* Just as many as there may be. */
TEST_F(message, B41_the_most_bytes)
{
	const uint64_t max = QIPC_MAX_BYTES;
	struct qipc_msg_receive rcv;
	struct peer *client;
	char *huge, *mine;

	/* Both sides have the address space, nobody the memory. */
	huge = mmap(NULL, max, PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	ASSERT_NE(MAP_FAILED, huge);
	/* The client of the fixture does not have this memory. */
	client = client_start(variant->process, variant->fd_space, self->session, self->chid);
	ASSERT_NE(NULL, client);
	mine = private_alloc(max);
	ASSERT_NE(NULL, mine);
	memcpy(huge, "first", 5);
	memcpy(huge + max - 4, "last", 4);

	peer_send(client, huge, max, huge, max);
	ASSERT_TRUE(peer_blocked(client));
	ASSERT_EQ(0, q_receive_now(self->session, self->chid, self->buf, 5, &rcv));
	EXPECT_EQ(5, rcv.info.msglen);
	EXPECT_EQ(max, rcv.info.srcmsglen);
	EXPECT_EQ(max, rcv.info.dstmsglen);
	EXPECT_EQ(0, memcmp(self->buf, "first", 5));
	EXPECT_EQ(4, q_read(self->session, rcv.rcvid, mine, max, max - 4));
	EXPECT_EQ(0, memcmp(mine, "last", 4));
	EXPECT_EQ(3, q_write(self->session, rcv.rcvid, "END", max, max - 3));
	EXPECT_EQ(0, memcmp(huge + max - 4, "lEND", 4));
	EXPECT_EQ(0, q_read(self->session, rcv.rcvid, mine, max, max));

	/* As a vector, too; and into as much room. */
	EXPECT_EQ(0, q_reply(self->session, rcv.rcvid, 41, NULL, 0));
	ASSERT_EQ(0, peer_wait(client));
	client->parts[0] = iov(huge, max - 10);
	client->parts[1] = iov(huge + max - 10, 10);
	send_args(&client->send, client->coid, client->parts, 2, client->parts, 2);
	client->send.flags = 0;
	peer_go(client, job_send);
	ASSERT_TRUE(peer_blocked(client));
	ASSERT_EQ(0, q_receive_now(self->session, self->chid, self->buf, 5, &rcv));
	EXPECT_EQ(max, rcv.info.srcmsglen);
	EXPECT_EQ(max, rcv.info.dstmsglen);
	EXPECT_EQ(10, q_read(self->session, rcv.rcvid, mine, max, max - 10));
	EXPECT_EQ(0, memcmp(mine + 6, "lEND", 4));
	EXPECT_EQ(0, q_reply(self->session, rcv.rcvid, 42, NULL, 0));
	ASSERT_EQ(0, peer_wait(client));

	memcpy(self->sbuf, "small", 6);
	peer_send(client, self->sbuf, 6, NULL, 0);
	ASSERT_TRUE(peer_blocked(client));
	ASSERT_EQ(0, q_receive_now(self->session, self->chid, mine, max, &rcv));
	EXPECT_EQ(6, rcv.info.msglen);
	EXPECT_STREQ("small", mine);
	/* A reply that is larger than all room there is. */
	EXPECT_EQ(0, q_reply(self->session, rcv.rcvid, 43, mine, max));
	ASSERT_EQ(0, peer_wait(client));
	EXPECT_EQ(43, client->send.status);
}

/* 524,288 parts of two bytes, out of order, into as many of other sizes. */
TEST_F(message, B40_the_most_parts)
{
	static const size_t sizes[] = { 1, 3, 0, 4 };
	const size_t count = QIPC_MAX_PARTS, total = 2 * count;
	struct peer *client;
	struct qipc_iov *out, *in;
	struct qipc_msg_receive rcv;
	unsigned char *data, *got, *back;
	size_t i, len, at;

	out = shared_alloc(count * sizeof(*out));
	ASSERT_NE(NULL, out);
	in = private_alloc(count * sizeof(*in));
	ASSERT_NE(NULL, in);
	data = shared_alloc(total);
	ASSERT_NE(NULL, data);
	back = shared_alloc(total);
	ASSERT_NE(NULL, back);
	got = private_alloc(total);
	ASSERT_NE(NULL, got);
	/* The client of the fixture does not have this memory. */
	client = client_start(variant->process, variant->fd_space, self->session, self->chid);
	ASSERT_NE(NULL, client);

	/* Part i is the pair of bytes at the end that i counts down from. */
	for (i = 0; i < count; i++) {
		data[2 * (count - 1 - i)] = i * 7 + (i >> 8);
		data[2 * (count - 1 - i) + 1] = i * 13 + (i >> 11);
		out[i] = iov(data + 2 * (count - 1 - i), 2);
	}
	/* Sizes 1, 3, 0, 4, 1, 3, 0, 4... */
	for (i = 0, at = 0; i < count; i++, at += len) {
		len = sizes[i % 4];
		in[i] = iov(got + at, len);
	}
	ASSERT_EQ(total, at);

	send_args(&client->send, client->coid, out, count, back, total);
	client->send.flags = QIPC_REPLY_BUF;
	peer_go(client, job_send);
	ASSERT_TRUE(peer_blocked(client));
	ASSERT_EQ(0, q_receivev_now(self->session, self->chid, in, count, &rcv));
	EXPECT_EQ(total, rcv.info.srcmsglen);
	EXPECT_EQ(total, rcv.info.msglen);
	for (i = 0; i < count; i++) {
		if (memcmp(got + 2 * i, data + 2 * (count - 1 - i), 2))
			break;
	}
	EXPECT_EQ(count, i);

	/* And the other way: the same parts into one buffer. */
	EXPECT_EQ(0, q_replyv(self->session, rcv.rcvid, 40, in, count));
	ASSERT_EQ(0, peer_wait(client));
	EXPECT_EQ(40, client->send.status);
	EXPECT_EQ(0, memcmp(back, got, total));
}

TEST_F(message, B42_receive_on_nothing)
{
	const int wrong[] = { 0, -1, self->chid + 1, 1000, INT_MAX, INT_MIN, QIPC_SIDE_CHANNEL };
	struct qipc_msg_receive rcv;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		EXPECT_EQ(-ESRCH, q_receive(self->session, wrong[i], self->buf, 8, &rcv)) {
			TH_LOG("chid %d", wrong[i]);
		}
		EXPECT_EQ(SENTINEL64, rcv.rcvid);
		EXPECT_EQ(-1, sentinel_differs(&rcv.info, sizeof(rcv.info)));
	}
	EXPECT_EQ(-EAGAIN, q_receive_now(self->session, self->chid, self->buf, 8, &rcv));
	EXPECT_EQ(SENTINEL64, rcv.rcvid);
	EXPECT_EQ(-1, sentinel_differs(&rcv.info, sizeof(rcv.info)));
}

TEST_F(message, B43_info)
{
	struct qipc_msg_receive rcv;

	ASSERT_EQ(0, deliver(self, 500, 70, 60, &rcv));
	EXPECT_EQ(0, rcv.info.nd);
	EXPECT_EQ(0, rcv.info.srcnd);
	EXPECT_EQ(self->client->pid, rcv.info.pid);
	EXPECT_EQ(self->client->tid, rcv.info.tid);
	EXPECT_EQ(self->chid, rcv.info.chid);
	EXPECT_EQ(self->client->coid, rcv.info.coid);
	EXPECT_EQ(variant->fd_space, !(rcv.info.coid & QIPC_SIDE_CHANNEL));
	EXPECT_EQ(QIPC_SIDE_CHANNEL | QIPC_CONNECTION_SCOID,
		  rcv.info.scoid & (QIPC_SIDE_CHANNEL | QIPC_CONNECTION_SCOID));
	EXPECT_EQ(0, rcv.info.priority);
	EXPECT_EQ(0, rcv.info.flags);
	EXPECT_EQ(60, rcv.info.msglen);
	EXPECT_EQ(500, rcv.info.srcmsglen);
	EXPECT_EQ(70, rcv.info.dstmsglen);
	EXPECT_EQ(0, rcv.info.type_id);
	EXPECT_EQ(0, rcv.info.reserved);
	EXPECT_EQ(0, finish(self, rcv.rcvid, 43));
}

TEST_F(message, B44_msg_info)
{
	struct qipc_msg_receive rcv;
	struct qipc_msg_info info;
	char byte = 'w';

	ASSERT_EQ(0, deliver(self, 500, 70, 60, &rcv));
	EXPECT_EQ(0, q_info(self->session, rcv.rcvid, &info));
	EXPECT_EQ(0, memcmp(&rcv.info, &info, sizeof(info)));
	/* Reading and writing do not change it. */
	EXPECT_EQ(1, q_read(self->session, rcv.rcvid, &byte, 1, 100));
	EXPECT_EQ(1, q_write(self->session, rcv.rcvid, &byte, 1, 5));
	EXPECT_EQ(0, q_info(self->session, rcv.rcvid, &info));
	EXPECT_EQ(0, memcmp(&rcv.info, &info, sizeof(info)));
	EXPECT_TRUE(peer_blocked(self->client));
	EXPECT_EQ(0, finish(self, rcv.rcvid, 44));
	EXPECT_EQ(-ESRCH, q_info(self->session, rcv.rcvid, &info));
	EXPECT_EQ(-1, sentinel_differs(&info, sizeof(info)));
}

/* Where we differ from QNX on purpose: a name is not used again. */
TEST_F(message, B45_rcvid_is_never_the_same)
{
	struct qipc_msg_receive first, second;
	int64_t seen[300];
	char byte;
	int i, j;

	sentinel_fill(self->rbuf, 16);
	ASSERT_EQ(0, deliver(self, 8, 16, 8, &first));
	EXPECT_EQ(0, finish(self, first.rcvid, 1));
	ASSERT_EQ(0, deliver(self, 8, 16, 8, &second));
	EXPECT_NE(first.rcvid, second.rcvid);

	/* A late answer to the first does not reach the second. */
	EXPECT_EQ(-ESRCH, q_reply(self->session, first.rcvid, 666, "wrong", 5));
	EXPECT_EQ(-ESRCH, q_error(self->session, first.rcvid, EIO));
	EXPECT_EQ(-ESRCH, q_write(self->session, first.rcvid, "wrong", 5, 0));
	EXPECT_EQ(-ESRCH, q_read(self->session, first.rcvid, &byte, 1, 0));
	EXPECT_TRUE(peer_blocked(self->client));
	EXPECT_EQ(-1, sentinel_differs(self->rbuf, 16));
	EXPECT_EQ(0, finish(self, second.rcvid, 2));

	for (i = 0; i < 300; i++) {
		peer_send(self->client, self->sbuf, 1, NULL, 0);
		ASSERT_EQ(0, q_receive(self->session, self->chid, self->buf, 1, &first));
		seen[i] = first.rcvid;
		EXPECT_LT(0, seen[i]);
		EXPECT_GE(INT_MAX, seen[i]);
		for (j = 0; j < i; j++) {
			ASSERT_NE(seen[i], seen[j]) {
				TH_LOG("rounds %d and %d", j, i);
			}
		}
		ASSERT_EQ(0, finish(self, first.rcvid, i));
	}
}

static long job_receive_and_reply(struct peer *peer)
{
	char buf[8];
	int ret = q_receive(peer->session, peer->chid, buf, sizeof(buf), &peer->receive);

	return ret ? ret : q_reply(peer->session, peer->receive.rcvid, 47, "own", 4);
}

TEST_F(message, B47_own_channel)
{
	struct peer *server = peer_start(false, self->session);
	struct qipc_msg_send arg;
	char reply[8] = "";
	int coid, fd;

	ASSERT_NE(NULL, server);
	coid = q_attach(self->session, 0, self->chid, variant->fd_space ? 0 : QIPC_SIDE_CHANNEL, 0);
	ASSERT_LE(0, coid);
	fd = variant->fd_space ? coid : self->session;

	/* The main thread is the client, another the server. */
	server->chid = self->chid;
	peer_go(server, job_receive_and_reply);
	EXPECT_EQ(0, q_send(fd, coid, "me", 3, reply, sizeof(reply), &arg));
	EXPECT_EQ(47, arg.status);
	EXPECT_STREQ("own", reply);
	EXPECT_EQ(0, peer_wait(server));
	EXPECT_EQ(getpid(), server->receive.info.pid);
	EXPECT_EQ(getpid(), server->receive.info.tid);
}

/* Many clients wait at once; each gets its own answer. */
TEST_F(message, many_clients)
{
	enum { COUNT = 20 };
	struct peer *clients[COUNT];
	struct qipc_msg_receive rcv[COUNT];
	int i;

	for (i = 0; i < COUNT; i++) {
		clients[i] = client_start(i % 4 == 3 && variant->process, variant->fd_space,
					  self->session, self->chid);
		ASSERT_NE(NULL, clients[i]);
		self->sbuf[i] = i;
		peer_send(clients[i], self->sbuf + i, 1, self->rbuf + i, 1);
	}
	for (i = 0; i < COUNT; i++) {
		ASSERT_EQ(0, q_receive(self->session, self->chid, &self->buf[i], 1, &rcv[i])) {
			TH_LOG("message %d", i);
		}
	}
	EXPECT_TRUE(q_empty(self->session, self->chid));
	for (i = COUNT - 1; i >= 0; i--) {
		unsigned char answer = 100 + self->buf[i];

		EXPECT_EQ(clients[self->buf[i]]->tid, rcv[i].info.tid);
		ASSERT_EQ(0, q_reply(self->session, rcv[i].rcvid, self->buf[i], &answer, 1));
	}
	for (i = 0; i < COUNT; i++) {
		ASSERT_EQ(0, peer_wait(clients[i]));
		EXPECT_EQ(i, clients[i]->send.status);
		EXPECT_EQ(100 + i, self->rbuf[i]);
	}
}

/* --- reply and receive in one call ------------------------------------------- */

static void rr_args(struct qipc_msg_reply_receive *rr, int64_t rcvid, int64_t status,
		    const void *reply, uint64_t len)
{
	memset(rr, 0, sizeof(*rr));
	rr->reply.rcvid = rcvid;
	rr->reply.status = status;
	rr->reply.vec = vec_buf(reply, len);
	rr->reply.flags = QIPC_BUF;
	rr->reply.side = SENTINEL32;
	rr->reply_error = SENTINEL32;
}

TEST_F(message, reply_receive)
{
	struct peer *other = client_start(variant->process, variant->fd_space, self->session,
					  self->chid);
	struct qipc_msg_reply_receive rr;
	struct qipc_msg_info info;
	int64_t first, second;

	ASSERT_NE(NULL, other);
	memcpy(self->sbuf, "one", 4);
	memcpy(self->sbuf + 16, "two", 4);

	/* With nothing to answer it is a receive. */
	peer_send(self->client, self->sbuf, 4, self->rbuf, 8);
	ASSERT_TRUE(peer_blocked(self->client));
	rr_args(&rr, 0, 99, NULL, 0);
	receive_args(&rr.receive, self->chid, self->buf, 8, QIPC_BUF);
	ASSERT_EQ(0, q_ioctl(self->session, QIPC_MSG_REPLY_RECEIVE, &rr));
	EXPECT_EQ(0, rr.reply_error);
	EXPECT_STREQ("one", (char *)self->buf);
	EXPECT_EQ(self->client->tid, rr.receive.info.tid);
	first = rr.receive.rcvid;
	EXPECT_LT(0, first);
	EXPECT_EQ(0, q_info(self->session, first, &info));
	EXPECT_EQ(0, memcmp(&info, &rr.receive.info, sizeof(info)));

	/* One message waits: one call answers the first and takes it. */
	peer_send(other, self->sbuf + 16, 4, self->rbuf + 16, 8);
	ASSERT_TRUE(peer_blocked(other));
	ASSERT_TRUE(peer_blocked(self->client));
	rr_args(&rr, first, 1, "reply1", 7);
	receive_args(&rr.receive, self->chid, self->buf, 8, QIPC_BUF);
	ASSERT_EQ(0, q_ioctl(self->session, QIPC_MSG_REPLY_RECEIVE, &rr));
	EXPECT_EQ(0, rr.reply_error);
	EXPECT_EQ(QIPC_SIDE_NONE, rr.reply.side);
	EXPECT_STREQ("two", (char *)self->buf);
	EXPECT_EQ(other->tid, rr.receive.info.tid);
	second = rr.receive.rcvid;
	EXPECT_EQ(0, peer_wait(self->client));
	EXPECT_EQ(1, self->client->send.status);
	EXPECT_STREQ("reply1", (char *)self->rbuf);
	EXPECT_EQ(-ESRCH, q_info(self->session, first, &info));

	/* No message waits: the answer is given all the same. */
	rr_args(&rr, second, 2, "reply2", 7);
	receive_args(&rr.receive, self->chid, self->buf, 8, QIPC_BUF | QIPC_NONBLOCK);
	EXPECT_EQ(-EAGAIN, q_ioctl(self->session, QIPC_MSG_REPLY_RECEIVE, &rr));
	EXPECT_EQ(0, rr.reply_error);
	EXPECT_EQ(QIPC_SIDE_NONE, rr.reply.side);
	EXPECT_EQ(SENTINEL64, rr.receive.rcvid);
	EXPECT_EQ(0, peer_wait(other));
	EXPECT_EQ(2, other->send.status);
	EXPECT_STREQ("reply2", (char *)self->rbuf + 16);
}

TEST_F(message, reply_receive_waits)
{
	struct peer *server = peer_start(false, self->session);
	struct qipc_msg_receive rcv;

	ASSERT_NE(NULL, server);
	ASSERT_EQ(0, deliver(self, 4, 8, 8, &rcv));
	rr_args(&server->rr, rcv.rcvid, 5, "early", 6);
	receive_args(&server->rr.receive, self->chid, self->buf, 8, QIPC_BUF);
	peer_go(server, job_reply_receive);
	/* The client is answered before the next message arrives... */
	ASSERT_EQ(0, peer_wait(self->client));
	EXPECT_EQ(5, self->client->send.status);
	EXPECT_STREQ("early", (char *)self->rbuf);
	ASSERT_TRUE(peer_blocked(server));
	/* ...which is its own. */
	memcpy(self->sbuf, "again", 6);
	peer_send(self->client, self->sbuf, 6, self->rbuf, 8);
	ASSERT_EQ(0, peer_wait(server));
	EXPECT_EQ(0, server->rr.reply_error);
	EXPECT_STREQ("again", (char *)self->buf);
	EXPECT_EQ(0, finish(self, server->rr.receive.rcvid, 6));
}

/* The receive follows whatever became of the reply. */
TEST_F(message, reply_receive_after_a_failed_reply)
{
	unsigned char *bad = guarded_alloc(page_size(), false) + page_size();
	struct peer *other = client_start(variant->process, variant->fd_space, self->session,
					  self->chid);
	struct qipc_msg_reply_receive rr;
	struct qipc_msg_receive rcv;

	ASSERT_NE(NULL, other);
	memcpy(self->sbuf, "next", 5);

	/* Nobody to answer. */
	peer_send(other, self->sbuf, 5, NULL, 0);
	ASSERT_TRUE(peer_blocked(other));
	rr_args(&rr, 0x7fffff, 1, NULL, 0);
	receive_args(&rr.receive, self->chid, self->buf, 8, QIPC_BUF);
	EXPECT_EQ(0, q_ioctl(self->session, QIPC_MSG_REPLY_RECEIVE, &rr));
	EXPECT_EQ(ESRCH, rr.reply_error);
	EXPECT_STREQ("next", (char *)self->buf);
	EXPECT_EQ(0, q_reply(self->session, rr.receive.rcvid, 0, NULL, 0));
	EXPECT_EQ(0, peer_wait(other));

	/* A bad reply buffer: both sides of the reply fail. */
	ASSERT_EQ(0, deliver(self, 4, 8, 8, &rcv));
	peer_send(other, self->sbuf, 5, NULL, 0);
	ASSERT_TRUE(peer_blocked(other));
	sentinel_fill(self->buf, 8);
	rr_args(&rr, rcv.rcvid, 1, bad, 8);
	receive_args(&rr.receive, self->chid, self->buf, 8, QIPC_BUF);
	EXPECT_EQ(0, q_ioctl(self->session, QIPC_MSG_REPLY_RECEIVE, &rr));
	EXPECT_EQ(EFAULT, rr.reply_error);
	EXPECT_EQ(QIPC_SIDE_SERVER, rr.reply.side);
	EXPECT_STREQ("next", (char *)self->buf);
	EXPECT_EQ(-EFAULT, peer_wait(self->client));
	EXPECT_EQ(QIPC_SIDE_SERVER, self->client->send.side);
	EXPECT_EQ(0, q_reply(self->session, rr.receive.rcvid, 0, NULL, 0));
	EXPECT_EQ(0, peer_wait(other));
}

/* Arguments that are wrong in themselves: neither half is done. */
TEST_F(message, reply_receive_refused)
{
	struct qipc_msg_reply_receive rr, copy;
	struct qipc_msg_receive rcv;

	ASSERT_EQ(0, deliver(self, 4, 8, 8, &rcv));
	rr_args(&rr, rcv.rcvid, 1, "x", 1);
	receive_args(&rr.receive, self->chid, self->buf, 8, QIPC_BUF | QIPC_NONBLOCK);
	copy = rr;

	rr.reply.flags |= 0x8000;
	EXPECT_EQ(-EINVAL, q_ioctl(self->session, QIPC_MSG_REPLY_RECEIVE, &rr));
	EXPECT_TRUE(peer_blocked(self->client));
	rr = copy;
	rr.receive.flags |= 0x8000;
	EXPECT_EQ(-EINVAL, q_ioctl(self->session, QIPC_MSG_REPLY_RECEIVE, &rr));
	EXPECT_TRUE(peer_blocked(self->client));
	rr = copy;
	rr.reserved = 1;
	EXPECT_EQ(-EINVAL, q_ioctl(self->session, QIPC_MSG_REPLY_RECEIVE, &rr));
	EXPECT_TRUE(peer_blocked(self->client));
	EXPECT_EQ(SENTINEL32, rr.reply_error);
	EXPECT_EQ(0, finish(self, rcv.rcvid, 2));
}

TEST_HARNESS_MAIN
