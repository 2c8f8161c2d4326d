// SPDX-License-Identifier: GPL-2.0-only
/* Send, receive, reply, read and write as a QNX program sees them: B21 to B55. */
#include "conform.h"
#include "kselftest_harness.h"

#define MANY	((524288) + 1)

FIXTURE(message) {
	int chid;
	struct peer *client;
};

FIXTURE_VARIANT(message) {
	bool process;
};

FIXTURE_VARIANT_ADD(message, thread) { .process = false, };

FIXTURE_VARIANT_ADD(message, process) { .process = true, };

FIXTURE_SETUP(message)
{
	self->chid = ChannelCreate(0);
	ASSERT_LT(0, self->chid);
	self->client = client_start(variant->process, self->chid);
	ASSERT_NE(NULL, self->client);
}

FIXTURE_TEARDOWN(message)
{
}

/* --- the meeting ---------------------------------------------------------------- */

TEST_F(message, B21_status_is_exact)
{
	static const long statuses[] = { 0, 1, -1, INT_MAX, -5, INT_MIN };
	struct peer *client = self->client;
	rcvid_t rcvid;
	size_t i;

	for (i = 0; i < sizeof(statuses) / sizeof(*statuses); i++) {
		rcvid = take(client, self->chid, "hello");
		ASSERT_LT(0, rcvid);
		EXPECT_TRUE(peer_blocked(client));
		EXPECT_EQ(0, MsgReply(rcvid, statuses[i], NULL, 0));
		peer_wait(client);
		EXPECT_EQ(statuses[i], client->status);
		EXPECT_EQ(0, client->err);
	}
}

TEST_F(message, B22_send_before_receive)
{
	char text[8];
	rcvid_t rcvid;

	ASSERT_TRUE(send_blocks(self->client, "hello"));
	rcvid = receive_now(self->chid, text, sizeof(text), NULL);
	ASSERT_LT(0, rcvid);
	EXPECT_EQ(0, memcmp(text, "hello", 5));
	EXPECT_TRUE(peer_blocked(self->client));
	EXPECT_EQ(0, MsgReply(rcvid, 9, NULL, 0));
	EXPECT_EQ(9, peer_wait(self->client));
}

TEST_F(message, B23_longer_than_the_buffer)
{
	struct _msg_info info;
	char text[5], rest[16];
	rcvid_t rcvid;

	sentinel_fill(text, sizeof(text));
	peer_send_text(self->client, "hello, world");
	rcvid = receive_soon(self->chid, text, 4, &info);
	ASSERT_LT(0, rcvid);
	EXPECT_EQ(0, memcmp(text, "hell", 4));
	EXPECT_EQ(SENTINEL, text[4]);
	EXPECT_EQ(4, info.msglen);
	EXPECT_EQ(12, info.srcmsglen);
	EXPECT_EQ(8, MsgRead(rcvid, rest, sizeof(rest), info.msglen));
	EXPECT_EQ(0, memcmp(rest, "o, world", 8));
	EXPECT_EQ(0, MsgReply(rcvid, 0, NULL, 0));
	EXPECT_EQ(0, peer_wait(self->client));
}

TEST_F(message, B24_shorter_than_the_buffer)
{
	struct _msg_info info;
	char text[32];
	rcvid_t rcvid;

	sentinel_fill(text, sizeof(text));
	peer_send_text(self->client, "hello");
	rcvid = receive_soon(self->chid, text, sizeof(text), &info);
	ASSERT_LT(0, rcvid);
	EXPECT_EQ(5, info.msglen);
	EXPECT_EQ(5, info.srcmsglen);
	EXPECT_EQ(0, memcmp(text, "hello", 5));
	EXPECT_EQ(-1, sentinel_differs(text + 5, sizeof(text) - 5));
	EXPECT_EQ(0, MsgReply(rcvid, 0, NULL, 0));
	EXPECT_EQ(0, peer_wait(self->client));
}

TEST_F(message, B25_reply_is_clipped)
{
	struct peer *client = self->client;
	struct _msg_info info;
	rcvid_t rcvid;

	sentinel_fill(client->in, sizeof(client->in));
	peer_send(client, NULL, 0, client->in, 4);
	rcvid = receive_soon(self->chid, NULL, 0, &info);
	ASSERT_LT(0, rcvid);
	EXPECT_EQ(4, info.dstmsglen);
	EXPECT_EQ(0, MsgReply(rcvid, 77, "longer", 6));
	EXPECT_EQ(77, peer_wait(client));
	EXPECT_EQ(0, memcmp(client->in, "long", 4));
	EXPECT_EQ(-1, sentinel_differs(client->in + 4, sizeof(client->in) - 4));
}

TEST_F(message, B26_reply_without_data)
{
	struct peer *client = self->client;
	rcvid_t rcvid = take(client, self->chid, "hello");

	ASSERT_LT(0, rcvid);
	EXPECT_EQ(0, MsgReply(rcvid, 5, NULL, 0));
	EXPECT_EQ(5, peer_wait(client));
	EXPECT_EQ(-1, sentinel_differs(client->in, sizeof(client->in)));
	rcvid = take(client, self->chid, "hello");
	ASSERT_LT(0, rcvid);
	EXPECT_EQ(0, MsgReply(rcvid, 6, "ignored", 0));
	EXPECT_EQ(6, peer_wait(client));
	EXPECT_EQ(-1, sentinel_differs(client->in, sizeof(client->in)));
}

TEST_F(message, B27_empty_message)
{
	struct _msg_info info;
	rcvid_t rcvid;

	peer_send(self->client, NULL, 0, NULL, 0);
	sentinel_fill(&info, sizeof(info));
	rcvid = receive_soon(self->chid, NULL, 0, &info);
	ASSERT_LT(0, rcvid);
	EXPECT_EQ(0, info.msglen);
	EXPECT_EQ(0, info.srcmsglen);
	EXPECT_EQ(0, info.dstmsglen);
	EXPECT_EQ(0, MsgReply(rcvid, 1, NULL, 0));
	EXPECT_EQ(1, peer_wait(self->client));
}

TEST_F(message, B28_second_reply)
{
	rcvid_t rcvid = take(self->client, self->chid, "hello");

	ASSERT_LT(0, rcvid);
	EXPECT_EQ(0, MsgReply(rcvid, 1, NULL, 0));
	EXPECT_EQ(1, peer_wait(self->client));
	EXPECT_EQ(-ESRCH, CALL(MsgReply(rcvid, 2, NULL, 0)));
	EXPECT_EQ(-ESRCH, MsgReply_r(rcvid, 2, NULL, 0));
	EXPECT_EQ(-ESRCH, CALL(MsgError(rcvid, EIO)));
}

TEST_F(message, B29_arbitrary_rcvid)
{
	static const rcvid_t numbers[] = { 1, 12345, INT_MAX, 0x10001 };
	size_t i;

	for (i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		EXPECT_EQ(-ESRCH, CALL(MsgReply(numbers[i], 0, NULL, 0)));
		EXPECT_EQ(-ESRCH, CALL(MsgReplyv(numbers[i], 0, NULL, 0)));
		EXPECT_EQ(-ESRCH, CALL(MsgError(numbers[i], EIO)));
	}
}

TEST_F(message, B30_another_thread_replies)
{
	struct peer *server = peer_start(false);
	rcvid_t rcvid = take(self->client, self->chid, "hello");

	ASSERT_NE(NULL, server);
	ASSERT_LT(0, rcvid);
	EXPECT_EQ(0, peer_respond(server, rcvid, 3));
	EXPECT_EQ(3, peer_wait(self->client));
}

TEST_F(message, B31_replies_in_any_order)
{
	struct peer *other = client_start(variant->process, self->chid);
	rcvid_t first, second;

	ASSERT_NE(NULL, other);
	first = take(self->client, self->chid, "first");
	second = take(other, self->chid, "second");
	ASSERT_LT(0, first);
	ASSERT_LT(0, second);
	EXPECT_NE(first, second);
	EXPECT_EQ(0, MsgReply(second, 2, NULL, 0));
	EXPECT_EQ(2, peer_wait(other));
	EXPECT_TRUE(peer_blocked(self->client));
	EXPECT_EQ(0, MsgReply(first, 1, NULL, 0));
	EXPECT_EQ(1, peer_wait(self->client));
}

TEST_F(message, B32_rcvid_of_another_process)
{
	struct peer *stranger = peer_start(true);
	rcvid_t rcvid = take(self->client, self->chid, "hello");

	ASSERT_NE(NULL, stranger);
	ASSERT_LT(0, rcvid);
	EXPECT_EQ(-ESRCH, peer_respond(stranger, rcvid, 3));
	/* With a channel of its own, too. */
	ASSERT_EQ(0, peer_call(stranger, job_create));
	EXPECT_EQ(-ESRCH, peer_respond(stranger, rcvid, 3));
	EXPECT_TRUE(peer_blocked(self->client));
	EXPECT_EQ(0, MsgReply(rcvid, 1, NULL, 0));
	EXPECT_EQ(1, peer_wait(self->client));
}

/* --- errors as answers ------------------------------------------------------------ */

static long job_send_r(struct peer *peer)
{
	errno = EXDEV;
	peer->status = MsgSend_r(peer->coid, peer->out, 5, peer->in, sizeof(peer->in));
	peer->err = errno;
	return peer->status;
}

TEST_F(message, B33_error)
{
	struct peer *client = self->client;
	rcvid_t rcvid = take(client, self->chid, "hello");

	ASSERT_LT(0, rcvid);
	EXPECT_EQ(0, MsgError(rcvid, ENOENT));
	EXPECT_EQ(-ENOENT, peer_wait(client));
	EXPECT_EQ(-1, client->status);
	EXPECT_EQ(ENOENT, client->err);
	EXPECT_EQ(-1, sentinel_differs(client->in, sizeof(client->in)));
	peer_go(client, job_send_r);
	rcvid = receive_soon(self->chid, NULL, 0, NULL);
	ASSERT_LT(0, rcvid);
	EXPECT_EQ(0, MsgError(rcvid, ENOENT));
	EXPECT_EQ(-ENOENT, peer_wait(client));
	EXPECT_EQ(EXDEV, client->err);
}

/* Those that Linux does not have come through as well. */
TEST_F(message, B33_error_with_a_qnx_name)
{
	rcvid_t rcvid = take(self->client, self->chid, "hello");

	ASSERT_LT(0, rcvid);
	EXPECT_EQ(0, MsgError(rcvid, ESRVRFAULT));
	EXPECT_EQ(-ESRVRFAULT, peer_wait(self->client));
}

TEST_F(message, B34_error_of_zero)
{
	rcvid_t rcvid = take(self->client, self->chid, "hello");

	ASSERT_LT(0, rcvid);
	EXPECT_EQ(0, MsgError(rcvid, EOK));
	EXPECT_EQ(0, peer_wait(self->client));
	EXPECT_EQ(0, self->client->status);
	EXPECT_EQ(0, self->client->err);
}

TEST_F(message, B35_negative_status)
{
	rcvid_t rcvid = take(self->client, self->chid, "hello");

	ASSERT_LT(0, rcvid);
	EXPECT_EQ(0, MsgReply(rcvid, -5, NULL, 0));
	EXPECT_EQ(-5, peer_wait(self->client));
	EXPECT_EQ(0, self->client->err);
	/* So that a client of the _r form cannot tell it from an error. */
	peer_go(self->client, job_send_r);
	rcvid = receive_soon(self->chid, NULL, 0, NULL);
	ASSERT_LT(0, rcvid);
	EXPECT_EQ(0, MsgReply(rcvid, -EIO, NULL, 0));
	EXPECT_EQ(-EIO, peer_wait(self->client));
}

TEST_F(message, B36_restart)
{
	struct peer *client = self->client;
	rcvid_t rcvid = take(client, self->chid, "hello");
	char text[8] = "";

	ASSERT_LT(0, rcvid);
	EXPECT_EQ(0, MsgError(rcvid, ERESTART));
	rcvid = receive_soon(self->chid, text, sizeof(text), NULL);
	ASSERT_LT(0, rcvid);
	EXPECT_EQ(0, memcmp(text, "hello", 5));
	EXPECT_TRUE(peer_blocked(client));
	EXPECT_EQ(0, MsgReply(rcvid, 4, NULL, 0));
	EXPECT_EQ(4, peer_wait(client));
	EXPECT_TRUE(channel_empty(self->chid));
}

/* --- parts --------------------------------------------------------------------------- */

static long job_sendv_123(struct peer *peer)
{
	iov_t parts[3], reply[2];

	memcpy(peer->out, "1xx23x456", 9);
	SETIOV(&parts[0], peer->out, 1);
	SETIOV(&parts[1], peer->out + 3, 2);
	SETIOV(&parts[2], peer->out + 6, 3);
	SETIOV(&reply[0], peer->in, 2);
	SETIOV(&reply[1], peer->in + 8, 6);
	sentinel_fill(peer->in, sizeof(peer->in));
	return CALL(MsgSendv(peer->coid, parts, 3, reply, 2));
}

TEST_F(message, B37_parts_of_different_sizes)
{
	struct peer *client = self->client;
	struct _msg_info info;
	char first[4], second[4];
	iov_t parts[2];
	rcvid_t rcvid;

	sentinel_fill(first, sizeof(first));
	sentinel_fill(second, sizeof(second));
	SETIOV(&parts[0], first, sizeof(first));
	SETIOV(&parts[1], second, sizeof(second));
	peer_go(client, job_sendv_123);
	arm(_NTO_TIMEOUT_RECEIVE, PATIENCE);
	rcvid = MsgReceivev(self->chid, parts, 2, &info);
	ASSERT_LT(0, rcvid);
	EXPECT_EQ(6, info.msglen);
	EXPECT_EQ(0, memcmp(first, "1234", 4));
	EXPECT_EQ(0, memcmp(second, "56", 2));
	EXPECT_EQ(-1, sentinel_differs(second + 2, 2));
	SETIOV(&parts[0], "abc", 3);
	SETIOV(&parts[1], "defg", 4);
	EXPECT_EQ(0, MsgReplyv(rcvid, 8, parts, 2));
	EXPECT_EQ(8, peer_wait(client));
	EXPECT_EQ(0, memcmp(client->in, "ab", 2));
	EXPECT_EQ(-1, sentinel_differs(client->in + 2, 6));
	EXPECT_EQ(0, memcmp(client->in + 8, "cdefg", 5));
	EXPECT_EQ(-1, sentinel_differs(client->in + 13, 1));
}

/* The 16 ways to send "hello" and have "world" in peer->in; value[0] is which. */
static long job_send_in_some_way(struct peer *peer)
{
	iov_t s[1], r[1];
	int c = peer->coid;
	const void *out = peer->out;
	void *in = peer->in;

	SETIOV(&s[0], out, 5);
	SETIOV(&r[0], in, 5);
	sentinel_fill(peer->in, sizeof(peer->in));
	memcpy(peer->out, "hello", 5);
	errno = EXDEV;
	switch (peer->value[0]) {
	case 0: return MsgSend(c, out, 5, in, 5);
	case 1: return MsgSend_r(c, out, 5, in, 5);
	case 2: return MsgSendnc(c, out, 5, in, 5);
	case 3: return MsgSendnc_r(c, out, 5, in, 5);
	case 4: return MsgSendsv(c, out, 5, r, 1);
	case 5: return MsgSendsv_r(c, out, 5, r, 1);
	case 6: return MsgSendsvnc(c, out, 5, r, 1);
	case 7: return MsgSendsvnc_r(c, out, 5, r, 1);
	case 8: return MsgSendvs(c, s, 1, in, 5);
	case 9: return MsgSendvs_r(c, s, 1, in, 5);
	case 10: return MsgSendvsnc(c, s, 1, in, 5);
	case 11: return MsgSendvsnc_r(c, s, 1, in, 5);
	case 12: return MsgSendv(c, s, 1, r, 1);
	case 13: return MsgSendv_r(c, s, 1, r, 1);
	case 14: return MsgSendvnc(c, s, 1, r, 1);
	case 15: return MsgSendvnc_r(c, s, 1, r, 1);
	}
	return -EINVAL;
}

TEST_F(message, B38_all_forms_agree)
{
	struct peer *client = self->client;
	struct _msg_info info;
	rcvid_t rcvid;
	char text[8];
	int i;

	for (i = 0; i < 16; i++) {
		client->value[0] = i;
		peer_go(client, job_send_in_some_way);
		rcvid = receive_soon(self->chid, text, sizeof(text), &info);
		ASSERT_LT(0, rcvid);
		EXPECT_EQ(5, info.msglen);
		EXPECT_EQ(5, info.dstmsglen);
		EXPECT_EQ(0, memcmp(text, "hello", 5));
		EXPECT_EQ(0, MsgReply(rcvid, 100 + i, "worlds", 6));
		EXPECT_EQ(100 + i, peer_wait(client));
		EXPECT_EQ(0, memcmp(client->in, "world", 5));
		EXPECT_EQ(-1, sentinel_differs(client->in + 5, 1));
	}
}

static long job_sendv_holes(struct peer *peer)
{
	iov_t parts[5];

	memcpy(peer->out, "hello", 5);
	SETIOV(&parts[0], (void *)8, 0);
	SETIOV(&parts[1], peer->out, 2);
	SETIOV(&parts[2], NULL, 0);
	SETIOV(&parts[3], peer->out + 2, 3);
	SETIOV(&parts[4], (void *)-1, 0);
	return CALL(MsgSendvs(peer->coid, parts, 5, peer->in, sizeof(peer->in)));
}

TEST_F(message, B39_empty_parts)
{
	char text[8];
	iov_t parts[3];
	rcvid_t rcvid;

	SETIOV(&parts[0], (void *)16, 0);
	SETIOV(&parts[1], text, sizeof(text));
	SETIOV(&parts[2], NULL, 0);
	peer_go(self->client, job_sendv_holes);
	arm(_NTO_TIMEOUT_RECEIVE, PATIENCE);
	rcvid = MsgReceivev(self->chid, parts, 3, NULL);
	ASSERT_LT(0, rcvid);
	EXPECT_EQ(0, memcmp(text, "hello", 5));
	EXPECT_EQ(0, MsgReplyv(rcvid, 1, parts, 1));
	EXPECT_EQ(1, peer_wait(self->client));
}

TEST_F(message, B40_too_many_parts)
{
	iov_t *parts = private_alloc(MANY * sizeof(*parts));
	int coid = attach_side(0, self->chid);
	rcvid_t rcvid;

	ASSERT_NE(NULL, parts);
	EXPECT_EQ(-EOVERFLOW, CALL(MsgSendv(coid, parts, MANY, NULL, 0)));
	EXPECT_EQ(-EOVERFLOW, CALL(MsgSendv(coid, NULL, 0, parts, MANY)));
	EXPECT_EQ(-EOVERFLOW, CALL(MsgReceivev(self->chid, parts, MANY, NULL)));
	EXPECT_TRUE(channel_empty(self->chid));
	rcvid = take(self->client, self->chid, "hello");
	ASSERT_LT(0, rcvid);
	EXPECT_EQ(-EOVERFLOW, CALL(MsgReadv(rcvid, parts, MANY, 0)));
	EXPECT_EQ(-EOVERFLOW, CALL(MsgWritev(rcvid, parts, MANY, 0)));
	/* One less is a vector as any other. */
	EXPECT_EQ(0, MsgReadv(rcvid, parts, MANY - 1, 0));
	EXPECT_EQ(0, MsgReplyv(rcvid, 2, parts, MANY - 1));
	EXPECT_EQ(2, peer_wait(self->client));
}

TEST_F(message, B41_too_many_bytes)
{
	int coid = attach_side(0, self->chid);
	iov_t parts[2];
	char byte;

	SETIOV(&parts[0], &byte, SSIZE_MAX);
	SETIOV(&parts[1], &byte, SSIZE_MAX);
	EXPECT_EQ(-EOVERFLOW, CALL(MsgSendv(coid, parts, 2, NULL, 0)));
	EXPECT_EQ(-EOVERFLOW, MsgSendv_r(coid, parts, 2, NULL, 0));
	EXPECT_EQ(-EOVERFLOW, CALL(MsgSendv(coid, NULL, 0, parts, 2)));
	EXPECT_EQ(-EOVERFLOW, CALL(MsgReceivev(self->chid, parts, 2, NULL)));
	SETIOV(&parts[1], &byte, SIZE_MAX);
	EXPECT_EQ(-EOVERFLOW, CALL(MsgSendv(coid, parts, 2, NULL, 0)));
	EXPECT_TRUE(channel_empty(self->chid));
}

TEST_F(message, B42_receive_on_an_unknown_channel)
{
	char byte;

	EXPECT_EQ(-ESRCH, CALL(MsgReceive(self->chid + 1, &byte, 1, NULL)));
	EXPECT_EQ(-ESRCH, MsgReceive_r(self->chid + 1, &byte, 1, NULL));
	EXPECT_EQ(-ESRCH, CALL(MsgReceivePulse(self->chid + 1, &byte, 1, NULL)));
	EXPECT_EQ(-ESRCH, CALL(MsgReceive(0, &byte, 1, NULL)));
}

/* --- information -------------------------------------------------------------------------- */

TEST_F(message, B43_message_info)
{
	struct peer *client = self->client;
	struct _msg_info info;
	rcvid_t rcvid;
	char text[4];

	ASSERT_EQ(0, peer_set_priority(client, 17));
	sentinel_fill(&info, sizeof(info));
	peer_send_text(client, "hello");
	rcvid = receive_soon(self->chid, text, sizeof(text), &info);
	ASSERT_LT(0, rcvid);
	EXPECT_EQ(ND_LOCAL_NODE, info.nd);
	EXPECT_EQ(client->pid, info.pid);
	EXPECT_LE(1, info.tid);
	EXPECT_EQ(client->tid, info.tid);
	EXPECT_EQ(self->chid, info.chid);
	EXPECT_EQ(client->coid, info.coid);
	EXPECT_EQ(_NTO_SIDE_CHANNEL, info.scoid & _NTO_SIDE_CHANNEL);
	EXPECT_EQ(17, info.priority);
	EXPECT_EQ(4, info.msglen);
	EXPECT_EQ(5, info.srcmsglen);
	EXPECT_EQ((ssize_t)sizeof(client->in), info.dstmsglen);
	EXPECT_EQ(0, info.flags & _NTO_MI_UNBLOCK_REQ);
	EXPECT_EQ(0, MsgReply(rcvid, 0, NULL, 0));
	EXPECT_EQ(0, peer_wait(client));
}

TEST_F(message, B44_info_while_blocked)
{
	struct _msg_info first, again;
	rcvid_t rcvid;
	char text[4];

	peer_send_text(self->client, "hello");
	sentinel_fill(&first, sizeof(first));
	rcvid = receive_soon(self->chid, text, sizeof(text), &first);
	ASSERT_LT(0, rcvid);
	sentinel_fill(&again, sizeof(again));
	EXPECT_EQ(0, MsgInfo(rcvid, &again));
	EXPECT_EQ(0, memcmp(&first, &again, sizeof(first)));
	EXPECT_EQ(0, MsgReply(rcvid, 0, NULL, 0));
	EXPECT_EQ(0, peer_wait(self->client));
	EXPECT_EQ(-ESRCH, CALL(MsgInfo(rcvid, &again)));
	EXPECT_EQ(ESRCH, MsgInfo_r(rcvid, &again));
}

/* B45 deviates: a late answer must not reach the next message. */
TEST_F(message, B45_ids_are_not_used_again)
{
	rcvid_t first = take(self->client, self->chid, "hello"), second;

	ASSERT_LT(0, first);
	EXPECT_EQ(0, MsgReply(first, 0, NULL, 0));
	EXPECT_EQ(0, peer_wait(self->client));
	second = take(self->client, self->chid, "hello");
	ASSERT_LT(0, second);
	EXPECT_NE(first, second);
	EXPECT_EQ(-ESRCH, CALL(MsgReply(first, 0, NULL, 0)));
	EXPECT_TRUE(peer_blocked(self->client));
	/* Programs keep it in an int. */
	EXPECT_GE(INT_MAX, second);
	EXPECT_EQ(0, MsgReply(second, 0, NULL, 0));
	EXPECT_EQ(0, peer_wait(self->client));
}

TEST_F(message, B46_r_forms_leave_errno_alone)
{
	struct peer *client = self->client;
	iov_t part;
	char byte;

	SETIOV(&part, &byte, 1);
	errno = EXDEV;
	EXPECT_EQ(-EBADF, MsgSend_r(-1, &byte, 1, &byte, 1));
	EXPECT_EQ(-EBADF, MsgSendv_r(-1, &part, 1, &part, 1));
	EXPECT_EQ(-EBADF, MsgSendnc_r(-1, &byte, 1, &byte, 1));
	EXPECT_EQ(-EBADF, MsgSendvs_r(-1, &part, 1, &byte, 1));
	EXPECT_EQ(-EBADF, MsgSendsvnc_r(-1, &byte, 1, &part, 1));
	EXPECT_EQ(EXDEV, errno);
	/* Nor does a success touch it. */
	peer_go(client, job_send_r);
	EXPECT_EQ(0, MsgReply(receive_soon(self->chid, NULL, 0, NULL), 4, NULL, 0));
	EXPECT_EQ(4, peer_wait(client));
	EXPECT_EQ(EXDEV, client->err);
}

TEST(B47_to_oneself)
{
	int chid = ChannelCreate(0);
	struct peer *server = peer_start(false);
	int coid = attach_side(0, chid);
	struct peer *answerer = peer_start(false);
	struct peer *client = client_start(false, chid);

	ASSERT_LT(0, coid);
	ASSERT_NE(NULL, server);
	ASSERT_NE(NULL, client);
	ASSERT_TRUE(receive_blocks(server, chid));
	peer_send_text(client, "hello");
	ASSERT_EQ(0, peer_wait(server));
	EXPECT_EQ(getpid(), server->info.pid);
	EXPECT_EQ(0, peer_respond(answerer, server->rcvid, 12));
	EXPECT_EQ(12, peer_wait(client));
}

/* --- read and write -------------------------------------------------------------------------- */

TEST_F(message, B48_read)
{
	char text[16];
	iov_t parts[2];
	rcvid_t rcvid;

	peer_go(self->client, job_sendv_123);
	rcvid = receive_soon(self->chid, NULL, 0, NULL);
	ASSERT_LT(0, rcvid);
	EXPECT_EQ(6, MsgRead(rcvid, text, sizeof(text), 0));
	EXPECT_EQ(0, memcmp(text, "123456", 6));
	EXPECT_EQ(3, MsgRead(rcvid, text, 3, 2));
	EXPECT_EQ(0, memcmp(text, "345", 3));
	EXPECT_EQ(3, MsgRead_r(rcvid, text, 3, 2));
	EXPECT_EQ(1, MsgRead(rcvid, text, sizeof(text), 5));
	SETIOV(&parts[0], text, 1);
	SETIOV(&parts[1], text + 8, 4);
	EXPECT_EQ(5, MsgReadv(rcvid, parts, 2, 1));
	EXPECT_EQ('2', text[0]);
	EXPECT_EQ(0, memcmp(text + 8, "3456", 4));
	EXPECT_EQ(5, MsgReadv_r(rcvid, parts, 2, 1));
	EXPECT_EQ(0, MsgReply(rcvid, 0, NULL, 0));
	EXPECT_EQ(0, peer_wait(self->client));
}

TEST_F(message, B49_read_behind_the_end)
{
	rcvid_t rcvid = take(self->client, self->chid, "hello");
	char text[8];

	ASSERT_LT(0, rcvid);
	sentinel_fill(text, sizeof(text));
	EXPECT_EQ(0, MsgRead(rcvid, text, sizeof(text), 5));
	EXPECT_EQ(0, MsgRead(rcvid, text, sizeof(text), 6));
	EXPECT_EQ(0, MsgRead(rcvid, text, sizeof(text), SIZE_MAX));
	EXPECT_EQ(-1, sentinel_differs(text, sizeof(text)));
	EXPECT_EQ(0, MsgReply(rcvid, 0, NULL, 0));
	EXPECT_EQ(0, peer_wait(self->client));
}

TEST_F(message, B50_write)
{
	struct peer *client = self->client;
	rcvid_t rcvid = take(client, self->chid, "hello");
	iov_t parts[2];

	ASSERT_LT(0, rcvid);
	EXPECT_EQ(4, MsgWrite(rcvid, "four", 4, 10));
	SETIOV(&parts[0], "a", 1);
	SETIOV(&parts[1], "bc", 2);
	EXPECT_EQ(3, MsgWritev(rcvid, parts, 2, 20));
	EXPECT_EQ(3, MsgWritev_r(rcvid, parts, 2, 30));
	EXPECT_EQ(1, MsgWrite_r(rcvid, "z", 1, 33));
	EXPECT_EQ(0, MsgReply(rcvid, 6, NULL, 0));
	EXPECT_EQ(6, peer_wait(client));
	EXPECT_EQ(-1, sentinel_differs(client->in, 10));
	EXPECT_EQ(0, memcmp(client->in + 10, "four", 4));
	EXPECT_EQ(-1, sentinel_differs(client->in + 14, 6));
	EXPECT_EQ(0, memcmp(client->in + 20, "abc", 3));
	EXPECT_EQ(0, memcmp(client->in + 30, "abcz", 4));
}

TEST_F(message, B51_write_at_the_end)
{
	struct peer *client = self->client;
	rcvid_t rcvid;

	sentinel_fill(client->in, sizeof(client->in));
	peer_send(client, NULL, 0, client->in, 8);
	rcvid = receive_soon(self->chid, NULL, 0, NULL);
	ASSERT_LT(0, rcvid);
	EXPECT_EQ(0, MsgWrite(rcvid, "four", 4, 8));
	EXPECT_EQ(0, MsgWrite(rcvid, "four", 4, 1000));
	EXPECT_EQ(2, MsgWrite(rcvid, "four", 4, 6));
	EXPECT_EQ(0, MsgReply(rcvid, 0, NULL, 0));
	EXPECT_EQ(0, peer_wait(client));
	EXPECT_EQ(0, memcmp(client->in + 6, "fo", 2));
	EXPECT_EQ(-1, sentinel_differs(client->in + 8, 100));
	EXPECT_EQ(-1, sentinel_differs(client->in, 6));
}

TEST_F(message, B52_reply_overwrites)
{
	struct peer *client = self->client;
	rcvid_t rcvid = take(client, self->chid, "hello");

	ASSERT_LT(0, rcvid);
	EXPECT_EQ(8, MsgWrite(rcvid, "12345678", 8, 0));
	EXPECT_EQ(0, MsgReply(rcvid, 0, "abc", 3));
	EXPECT_EQ(0, peer_wait(client));
	EXPECT_EQ(0, memcmp(client->in, "abc45678", 8));
}

static long job_read_and_write(struct peer *peer)
{
	long ret = MsgRead(peer->value[0], peer->in, 5, 0);

	return ret == 5 ? MsgWrite(peer->value[0], "thread", 6, 0) : ret;
}

TEST_F(message, B53_neither_unblocks)
{
	struct peer *server = peer_start(false);
	rcvid_t rcvid = take(self->client, self->chid, "hello");
	char text[8];

	ASSERT_NE(NULL, server);
	ASSERT_LT(0, rcvid);
	EXPECT_EQ(5, MsgRead(rcvid, text, sizeof(text), 0));
	EXPECT_EQ(1, MsgWrite(rcvid, "x", 1, 0));
	EXPECT_TRUE(peer_blocked(self->client));
	server->value[0] = rcvid;
	EXPECT_EQ(6, peer_call(server, job_read_and_write));
	EXPECT_EQ(0, memcmp(server->in, "hello", 5));
	EXPECT_TRUE(peer_blocked(self->client));
	EXPECT_EQ(0, MsgReply(rcvid, 0, NULL, 0));
	EXPECT_EQ(0, peer_wait(self->client));
	EXPECT_EQ(0, memcmp(self->client->in, "thread", 6));
}

TEST_F(message, B54_after_the_reply)
{
	rcvid_t rcvid = take(self->client, self->chid, "hello");
	char text[8];
	iov_t part;

	ASSERT_LT(0, rcvid);
	EXPECT_EQ(0, MsgReply(rcvid, 0, NULL, 0));
	EXPECT_EQ(0, peer_wait(self->client));
	SETIOV(&part, text, 1);
	EXPECT_EQ(-ESRCH, CALL(MsgRead(rcvid, text, 1, 0)));
	EXPECT_EQ(-ESRCH, CALL(MsgWrite(rcvid, text, 1, 0)));
	EXPECT_EQ(-ESRCH, MsgReadv_r(rcvid, &part, 1, 0));
	EXPECT_EQ(-ESRCH, MsgWritev_r(rcvid, &part, 1, 0));
}

TEST_F(message, B55_one_buffer_for_both)
{
	struct peer *client = self->client;
	char text[8];
	rcvid_t rcvid;

	memset(client->out, 'a', sizeof(client->out));
	peer_send(client, client->out, sizeof(client->out), client->out, sizeof(client->out));
	rcvid = receive_soon(self->chid, NULL, 0, NULL);
	ASSERT_LT(0, rcvid);
	EXPECT_EQ(4, MsgRead(rcvid, text, 4, 500));
	EXPECT_EQ(0, memcmp(text, "aaaa", 4));
	EXPECT_EQ(4, MsgWrite(rcvid, "bbbb", 4, 500));
	EXPECT_EQ(4, MsgRead(rcvid, text, 4, 500));
	EXPECT_EQ(0, memcmp(text, "bbbb", 4));
	EXPECT_EQ(0, MsgReply(rcvid, 0, NULL, 0));
	EXPECT_EQ(0, peer_wait(client));
}

TEST_HARNESS_MAIN
