// SPDX-License-Identifier: GPL-2.0-only
/* Memory that is not there, on either side, as a QNX program sees it: B56 to B64. */
#include "conform.h"
#include "kselftest_harness.h"

#define BIG	4096	/* more than what travels with the call */

FIXTURE(fault) {
	int chid;
	struct peer *client;
	unsigned char *page;	/* one page in every process, then nothing */
	unsigned char *nowhere;	/* the nothing behind it */
};

FIXTURE_VARIANT(fault) {
	bool process;
};

FIXTURE_VARIANT_ADD(fault, thread) { .process = false, };

FIXTURE_VARIANT_ADD(fault, process) { .process = true, };

FIXTURE_SETUP(fault)
{
	self->page = guarded_alloc(page_size(), true);
	ASSERT_NE(NULL, self->page);
	self->nowhere = self->page + page_size();
	self->chid = ChannelCreate(0);
	ASSERT_LT(0, self->chid);
	self->client = client_start(variant->process, self->chid);
	ASSERT_NE(NULL, self->client);
}

FIXTURE_TEARDOWN(fault)
{
}

TEST_F(fault, B56_bad_send_buffer)
{
	struct peer *server = peer_start(false);

	ASSERT_NE(NULL, server);
	ASSERT_TRUE(receive_blocks(server, self->chid));
	/* The short and the long way, and one that is bad from the middle on. */
	peer_send(self->client, self->nowhere, 8, NULL, 0);
	EXPECT_EQ(-EFAULT, peer_wait(self->client));
	peer_send(self->client, self->nowhere - 4, 8, NULL, 0);
	EXPECT_EQ(-EFAULT, peer_wait(self->client));
	EXPECT_TRUE(peer_blocked(server));
	peer_send_text(self->client, "hello");
	ASSERT_EQ(0, peer_wait(server));
	EXPECT_EQ(0, memcmp(server->in, "hello", 5));
	EXPECT_EQ(0, MsgReply(server->rcvid, 2, NULL, 0));
	EXPECT_EQ(2, peer_wait(self->client));
}

TEST_F(fault, B57_bad_receive_buffer)
{
	rcvid_t rcvid;
	char text[8];

	ASSERT_TRUE(send_blocks(self->client, "hello"));
	EXPECT_EQ(-EFAULT, receive_now(self->chid, self->nowhere, 8, NULL));
	EXPECT_TRUE(peer_blocked(self->client));
	rcvid = receive_now(self->chid, text, sizeof(text), NULL);
	ASSERT_LT(0, rcvid);
	EXPECT_EQ(0, memcmp(text, "hello", 5));
	EXPECT_EQ(0, MsgReply(rcvid, 2, NULL, 0));
	EXPECT_EQ(2, peer_wait(self->client));
}

TEST_F(fault, B58_bad_receive_buffer_of_one_who_waits)
{
	struct peer *server = peer_start(false);
	rcvid_t rcvid;
	char text[8];

	ASSERT_NE(NULL, server);
	peer_receive(server, self->chid, self->nowhere, 8);
	ASSERT_TRUE(peer_blocked(server));
	peer_send_text(self->client, "hello");
	EXPECT_EQ(-EFAULT, peer_wait(server));
	EXPECT_TRUE(peer_blocked(self->client));
	rcvid = receive_now(self->chid, text, sizeof(text), NULL);
	ASSERT_LT(0, rcvid);
	EXPECT_EQ(0, memcmp(text, "hello", 5));
	EXPECT_EQ(0, MsgReply(rcvid, 2, NULL, 0));
	EXPECT_EQ(2, peer_wait(self->client));
}

TEST_F(fault, B59_bad_reply_buffer_of_the_server)
{
	rcvid_t rcvid = take(self->client, self->chid, "hello");
	iov_t part;

	ASSERT_LT(0, rcvid);
	EXPECT_EQ(-ESRVRFAULT, CALL(MsgReply(rcvid, 1, self->nowhere, 8)));
	EXPECT_EQ(-ESRVRFAULT, peer_wait(self->client));
	EXPECT_EQ(-1, self->client->status);
	rcvid = take(self->client, self->chid, "hello");
	ASSERT_LT(0, rcvid);
	SETIOV(&part, self->nowhere - 2, 500);
	EXPECT_EQ(-ESRVRFAULT, MsgReplyv_r(rcvid, 1, &part, 1));
	EXPECT_EQ(-ESRVRFAULT, peer_wait(self->client));
	EXPECT_EQ(-ESRCH, CALL(MsgReply(rcvid, 1, NULL, 0)));
}

TEST_F(fault, B60_bad_reply_buffer_of_the_client)
{
	unsigned char answer[512] = { 0 };
	rcvid_t rcvid;

	peer_send(self->client, NULL, 0, self->nowhere, BIG);
	rcvid = receive_soon(self->chid, NULL, 0, NULL);
	ASSERT_LT(0, rcvid);
	EXPECT_EQ(-EFAULT, CALL(MsgReply(rcvid, 1, answer, sizeof(answer))));
	EXPECT_EQ(-EFAULT, peer_wait(self->client));
	EXPECT_EQ(-ESRCH, CALL(MsgReply(rcvid, 1, NULL, 0)));
	/* It can go on. */
	rcvid = take(self->client, self->chid, "hello");
	ASSERT_LT(0, rcvid);
	EXPECT_EQ(0, MsgReply(rcvid, 2, NULL, 0));
	EXPECT_EQ(2, peer_wait(self->client));
}

TEST_F(fault, B61_read_into_nothing)
{
	rcvid_t rcvid = take(self->client, self->chid, "hello");

	ASSERT_LT(0, rcvid);
	EXPECT_EQ(-ESRVRFAULT, CALL(MsgRead(rcvid, self->nowhere, 8, 0)));
	EXPECT_EQ(-ESRVRFAULT, MsgRead_r(rcvid, self->nowhere, 8, 0));
	EXPECT_TRUE(peer_blocked(self->client));
	/* The same of a write. */
	EXPECT_EQ(-ESRVRFAULT, CALL(MsgWrite(rcvid, self->nowhere, 8, 0)));
	EXPECT_TRUE(peer_blocked(self->client));
	EXPECT_EQ(0, MsgReply(rcvid, 2, NULL, 0));
	EXPECT_EQ(2, peer_wait(self->client));
}

TEST_F(fault, B62_read_of_nothing)
{
	unsigned char text[64];
	rcvid_t rcvid;

	/* So long that it is read when it is asked for, and whole only at its beginning. */
	memset(self->page, 'x', page_size());
	peer_send(self->client, self->page, page_size() + BIG, NULL, 0);
	rcvid = receive_soon(self->chid, text, sizeof(text), NULL);
	ASSERT_LT(0, rcvid);
	EXPECT_EQ(-EFAULT, CALL(MsgRead(rcvid, text, sizeof(text), page_size())));
	EXPECT_EQ(-EFAULT, MsgRead_r(rcvid, text, sizeof(text), page_size() + 5));
	EXPECT_TRUE(peer_blocked(self->client));
	EXPECT_EQ((ssize_t)sizeof(text), MsgRead(rcvid, text, sizeof(text), 0));
	EXPECT_EQ(0, MsgReply(rcvid, 2, NULL, 0));
	EXPECT_EQ(2, peer_wait(self->client));
}

TEST_F(fault, B63_write_to_nothing)
{
	unsigned char text[512] = { 0 };
	rcvid_t rcvid;

	peer_send(self->client, NULL, 0, self->page, page_size() + BIG);
	rcvid = receive_soon(self->chid, NULL, 0, NULL);
	ASSERT_LT(0, rcvid);
	EXPECT_EQ(-EFAULT, CALL(MsgWrite(rcvid, text, sizeof(text), page_size())));
	EXPECT_TRUE(peer_blocked(self->client));
	EXPECT_EQ(3, MsgWrite(rcvid, "yes", 3, 0));
	EXPECT_EQ(0, MsgReply(rcvid, 2, NULL, 0));
	EXPECT_EQ(2, peer_wait(self->client));
	EXPECT_EQ(0, memcmp(self->page, "yes", 3));
}

TEST_F(fault, B64_bad_info)
{
	struct _msg_info *bad = (struct _msg_info *)self->nowhere;
	struct _msg_info info;
	rcvid_t rcvid;
	char text[8];

	ASSERT_TRUE(send_blocks(self->client, "hello"));
	EXPECT_EQ(-EFAULT, receive_now(self->chid, text, sizeof(text), bad));
	EXPECT_TRUE(peer_blocked(self->client));
	rcvid = receive_now(self->chid, text, sizeof(text), &info);
	ASSERT_LT(0, rcvid);
	EXPECT_EQ(-EFAULT, CALL(MsgInfo(rcvid, bad)));
	EXPECT_TRUE(peer_blocked(self->client));
	EXPECT_EQ(0, MsgReply(rcvid, 2, NULL, 0));
	EXPECT_EQ(2, peer_wait(self->client));
}

TEST_HARNESS_MAIN
