// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bad buffers on each side of each call: who gets which error, whose side it
 * names, and that no message is lost.
 */
#include <linux/userfaultfd.h>
#include <stddef.h>
#include <sys/syscall.h>

#include "kselftest_harness.h"
#include "cgroup.h"
#include "qipc_test.h"

#define LARGE	(64 * 1024)
#define CGROUP	CGROUPS "/qipc-fault"

/* Memory of a client that is killed, and the most that may stay for a moment. */
enum { CLIENT_BYTES = 128 << 20, LEFT_BYTES = 16 << 20 };

FIXTURE(fault) {
	int session;
	int chid;
	struct peer *client;	/* misbehaves */
	struct peer *good;	/* does not */
	unsigned char *cmem;	/* LARGE bytes of both clients, then a page that is not there */
	unsigned char *smem;	/* the same for the server */
	uint32_t inline_bytes;
};

FIXTURE_VARIANT(fault) {
	bool process;
};

FIXTURE_VARIANT_ADD(fault, thread) { .process = false, };

FIXTURE_VARIANT_ADD(fault, process) { .process = true, };

FIXTURE_SETUP(fault)
{
	struct qipc_features features;

	self->session = q_open();
	ASSERT_LE(0, self->session);
	ASSERT_EQ(0, q_features(self->session, &features));
	self->inline_bytes = features.inline_bytes;
	ASSERT_GT(LARGE, self->inline_bytes);
	self->chid = q_create(self->session, 0);
	ASSERT_LT(0, self->chid);
	self->cmem = guarded_alloc(LARGE, true);
	ASSERT_NE(NULL, self->cmem);
	self->smem = guarded_alloc(LARGE, false);
	ASSERT_NE(NULL, self->smem);
	self->client = client_start(variant->process, false, self->session, self->chid);
	ASSERT_NE(NULL, self->client);
	self->good = client_start(variant->process, true, self->session, self->chid);
	ASSERT_NE(NULL, self->good);
}

#define FAULT	FIXTURE_DATA(fault)

/* A message of another client gets through, to a receive that does not wait. */
static int still_works(FAULT *self)
{
	struct qipc_msg_receive rcv;
	char buf[8] = "";
	int ret;

	peer_send(self->good, "healthy", 8, NULL, 0);
	if (!peer_blocked(self->good))
		return -ETIMEDOUT;
	ret = q_receive_now(self->session, self->chid, buf, sizeof(buf), &rcv);
	if (ret)
		return ret;
	if (strcmp(buf, "healthy"))
		return -EBADMSG;
	ret = q_reply(self->session, rcv.rcvid, 7, NULL, 0);
	if (ret)
		return ret;
	ret = peer_wait(self->good);
	return ret ? ret : self->good->send.status == 7 ? 0 : -EBADMSG;
}

/* Whatever went wrong before harmed nobody else. */
FIXTURE_TEARDOWN(fault)
{
	if (!_metadata->exit_code) {
		EXPECT_TRUE(q_empty(self->session, self->chid));
		EXPECT_EQ(0, still_works(self));
	}
}

/* The client sends, and the message is received into @room bytes. */
static int deliver(FAULT *self, const void *sbuf, size_t slen, void *rbuf, size_t rlen, size_t room,
		   struct qipc_msg_receive *rcv)
{
	peer_send(self->client, sbuf, slen, rbuf, rlen);
	if (!peer_blocked(self->client))
		return -ETIMEDOUT;
	return q_receive_now(self->session, self->chid, self->smem, room, rcv);
}

static int finish(FAULT *self, int64_t rcvid)
{
	int ret = q_reply(self->session, rcvid, 5, NULL, 0);

	if (!ret)
		ret = peer_wait(self->client);
	if (!ret && (self->client->send.status != 5 || self->client->send.error ||
		     self->client->send.side))
		ret = -EBADMSG;
	return ret;
}

/* --- sending ------------------------------------------------------------------ */

/* A short message is taken when it is sent: the fault shows at once. */
TEST_F(fault, B56_small_send_buffer)
{
	const size_t len = self->inline_bytes;

	peer_send(self->client, self->cmem + LARGE, 1, NULL, 0);
	EXPECT_EQ(-EFAULT, peer_wait(self->client));
	EXPECT_EQ(QIPC_SIDE_CLIENT, self->client->send.side);
	EXPECT_TRUE(q_empty(self->session, self->chid));
	/* The last byte of it. */
	peer_send(self->client, self->cmem + LARGE - len + 1, len, NULL, 0);
	EXPECT_EQ(-EFAULT, peer_wait(self->client));
	EXPECT_EQ(QIPC_SIDE_CLIENT, self->client->send.side);
	EXPECT_TRUE(send_inputs_kept(&self->client->send, self->client->coid,
				     self->cmem + LARGE - len + 1, len, NULL, 0));
	EXPECT_TRUE(q_empty(self->session, self->chid));
	peer_send(self->client, NULL, 8, NULL, 0);
	EXPECT_EQ(-EFAULT, peer_wait(self->client));
	EXPECT_EQ(QIPC_SIDE_CLIENT, self->client->send.side);
	EXPECT_TRUE(q_empty(self->session, self->chid));
}

/* A long one when it is received: the server does not notice. */
TEST_F(fault, B56_large_send_buffer)
{
	struct qipc_msg_receive rcv;
	const size_t page = page_size();

	/* Queued: the receive goes on and finds nothing. */
	peer_send(self->client, self->cmem + LARGE, page, NULL, 0);
	ASSERT_TRUE(peer_blocked(self->client));
	EXPECT_EQ(-EAGAIN, q_receive_now(self->session, self->chid, self->smem, LARGE, &rcv));
	EXPECT_EQ(SENTINEL64, rcv.rcvid);
	EXPECT_EQ(-EFAULT, peer_wait(self->client));
	EXPECT_EQ(QIPC_SIDE_CLIENT, self->client->send.side);

	/* Or finds the next one. */
	peer_send(self->client, self->cmem + LARGE, page, NULL, 0);
	ASSERT_TRUE(peer_blocked(self->client));
	EXPECT_EQ(0, still_works(self));
	EXPECT_EQ(-EFAULT, peer_wait(self->client));
}

/* The same with a receiver that waits: it goes on waiting, and gets the next. */
TEST_F(fault, B56_receiver_keeps_waiting)
{
	struct peer *server = peer_start(false, self->session);
	const size_t page = page_size();
	int i;

	ASSERT_NE(NULL, server);
	peer_receive(server, self->chid, self->smem, LARGE);
	ASSERT_TRUE(peer_blocked(server));
	for (i = 0; i < 3; i++) {
		peer_send(self->client, self->cmem + page, LARGE, NULL, 0);
		EXPECT_EQ(-EFAULT, peer_wait(self->client));
		EXPECT_EQ(QIPC_SIDE_CLIENT, self->client->send.side);
		peer_send(self->client, self->cmem + LARGE, 8, NULL, 0);
		EXPECT_EQ(-EFAULT, peer_wait(self->client));
		EXPECT_EQ(QIPC_SIDE_CLIENT, self->client->send.side);
		ASSERT_TRUE(peer_blocked(server));
	}
	peer_send(self->good, "next", 5, NULL, 0);
	EXPECT_EQ(0, peer_wait(server));
	EXPECT_STREQ("next", (char *)self->smem);
	EXPECT_EQ(self->good->tid, server->receive.info.tid);
	EXPECT_EQ(0, q_reply(self->session, server->receive.rcvid, 0, NULL, 0));
	EXPECT_EQ(0, peer_wait(self->good));
}

/* A thread that takes the memory away once the other sleeps. */
static void *unmapper(void *arg)
{
	struct peer *peer = arg;

	wait_until_blocked(getpid(), peer->tid);
	peer->value[1] = munmap(peer->memory, LARGE) ? -1 : 1;
	return NULL;
}

/* Sends value[0] bytes from memory that goes while they wait. */
static long job_send_unmapped(struct peer *peer)
{
	pthread_t thread;

	peer->memory = private_alloc(LARGE);
	if (!peer->memory)
		return -ENOMEM;
	pattern_fill(peer->memory, LARGE, 2);
	peer->value[1] = 0;
	if (pthread_create(&thread, NULL, unmapper, peer))
		return -EAGAIN;
	send_args(&peer->send, peer->coid, peer->memory, peer->value[0], NULL, 0);
	return job_send(peer);
}

static bool wait_until_unmapped(struct peer *peer)
{
	int64_t end = now_us() + PATIENCE_MS * 1000LL;

	while (!*(volatile int64_t *)&peer->value[1] && now_us() < end)
		sleep_us(200);
	return peer->value[1] == 1;
}

/* Memory that goes away while the client waits, under the client's feet. */
TEST_F(fault, B56_unmapped_while_queued)
{
	struct qipc_msg_receive rcv;

	self->client->value[0] = LARGE;
	peer_go(self->client, job_send_unmapped);
	ASSERT_TRUE(peer_blocked(self->client));
	ASSERT_TRUE(wait_until_unmapped(self->client));
	EXPECT_EQ(-EAGAIN, q_receive_now(self->session, self->chid, self->smem, LARGE, &rcv));
	EXPECT_EQ(-EFAULT, peer_wait(self->client));
	EXPECT_EQ(QIPC_SIDE_CLIENT, self->client->send.side);

	/* A short one was taken before. */
	self->client->value[0] = 16;
	self->client->value[1] = 0;
	peer_go(self->client, job_send_unmapped);
	ASSERT_TRUE(peer_blocked(self->client));
	ASSERT_TRUE(wait_until_unmapped(self->client));
	ASSERT_EQ(0, q_receive_now(self->session, self->chid, self->smem, LARGE, &rcv));
	EXPECT_EQ(-1, pattern_differs(self->smem, 16, 2, 0));
	EXPECT_EQ(0, finish(self, rcv.rcvid));
}

/* Only what moves has to be there: the rest of the message is found bad when read. */
TEST_F(fault, B62_read_of_a_bad_rest)
{
	struct qipc_msg_receive rcv;
	const size_t page = page_size();
	unsigned char *base = self->cmem + LARGE - page;
	unsigned char *other = self->smem + 4 * page;
	uint32_t side;

	pattern_fill(base, page, 62);
	ASSERT_EQ(0, deliver(self, base, 2 * page, NULL, 0, 100, &rcv));
	EXPECT_EQ(100, rcv.info.msglen);
	EXPECT_EQ(2 * page, rcv.info.srcmsglen);
	EXPECT_EQ(-1, pattern_differs(self->smem, 100, 62, 0));

	EXPECT_EQ(-EFAULT, q_transfer(self->session, QIPC_MSG_READ, rcv.rcvid, page,
				      other, page, QIPC_BUF, &side));
	EXPECT_EQ(QIPC_SIDE_CLIENT, side);
	EXPECT_TRUE(peer_blocked(self->client));
	EXPECT_EQ(-EFAULT, q_transfer(self->session, QIPC_MSG_READ, rcv.rcvid, page - 1,
				      other, 2, QIPC_BUF, &side));
	EXPECT_EQ(QIPC_SIDE_CLIENT, side);
	EXPECT_TRUE(peer_blocked(self->client));
	/* The good part can still be read. */
	EXPECT_EQ(page - 100, q_transfer(self->session, QIPC_MSG_READ, rcv.rcvid, 100,
					 self->smem + 100, page - 100, QIPC_BUF, &side));
	EXPECT_EQ(QIPC_SIDE_NONE, side);
	EXPECT_EQ(-1, pattern_differs(self->smem, page, 62, 0));
	EXPECT_EQ(0, finish(self, rcv.rcvid));
}

/* --- shapes: addresses that can be no user memory ------------------------------- */

static const struct {
	uint64_t base;
	uint64_t len;
} wild[] = {
	{ 1ULL << 63, 8 },
	{ UINT64_MAX - 7, 8 },
	{ UINT64_MAX - 7, 100 },	/* wraps */
	{ UINT64_MAX - 4095, LARGE },	/* wraps */
};

/* Refused before anything is queued; each vector, each part, with and without BUF. */
TEST_F(fault, shape_of_send)
{
	struct peer *client = self->client;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(wild); i++) {
		void *base = (void *)wild[i].base;

		peer_send(client, base, wild[i].len, self->cmem, 8);
		EXPECT_EQ(-EFAULT, peer_wait(client)) {
			TH_LOG("shape %zu", i);
		}
		EXPECT_EQ(QIPC_SIDE_CLIENT, client->send.side);
		peer_send(client, self->cmem, 8, base, wild[i].len);
		EXPECT_EQ(-EFAULT, peer_wait(client)) {
			TH_LOG("shape %zu", i);
		}
		EXPECT_EQ(QIPC_SIDE_CLIENT, client->send.side);

		/* The last of three parts. */
		client->parts[0] = iov(self->cmem, LARGE);
		client->parts[1] = iov(base, 0);
		client->parts[2] = iov(base, wild[i].len);
		send_args(&client->send, client->coid, client->parts, 3, self->cmem, 8);
		client->send.flags = QIPC_REPLY_BUF;
		EXPECT_EQ(-EFAULT, peer_call(client, job_send)) {
			TH_LOG("shape %zu", i);
		}
		EXPECT_EQ(QIPC_SIDE_CLIENT, client->send.side);
		send_args(&client->send, client->coid, self->cmem, 8, client->parts, 3);
		client->send.flags = QIPC_SEND_BUF;
		EXPECT_EQ(-EFAULT, peer_call(client, job_send)) {
			TH_LOG("shape %zu", i);
		}
		EXPECT_EQ(QIPC_SIDE_CLIENT, client->send.side);
		EXPECT_TRUE(q_empty(self->session, self->chid));
	}
}

TEST_F(fault, shape_of_receive)
{
	struct qipc_iov parts[2];
	struct qipc_msg_receive rcv;
	size_t i;

	/* On an empty queue, and blocking: refused at once, not when a message comes. */
	for (i = 0; i < ARRAY_SIZE(wild); i++) {
		EXPECT_EQ(-EFAULT, q_receive(self->session, self->chid, (void *)wild[i].base,
					     wild[i].len, &rcv)) {
			TH_LOG("shape %zu", i);
		}
		parts[0] = iov(self->smem, 100);
		parts[1] = iov((void *)wild[i].base, wild[i].len);
		EXPECT_EQ(-EFAULT, q_receivev_now(self->session, self->chid, parts, 2, &rcv)) {
			TH_LOG("shape %zu", i);
		}
		EXPECT_EQ(SENTINEL64, rcv.rcvid);
	}
	/* With a message that would not have needed the part. */
	memcpy(self->cmem, "short", 6);
	peer_send(self->client, self->cmem, 6, NULL, 0);
	ASSERT_TRUE(peer_blocked(self->client));
	EXPECT_EQ(-EFAULT, q_receivev_now(self->session, self->chid, parts, 2, &rcv));
	ASSERT_EQ(0, q_receive_now(self->session, self->chid, self->smem, 6, &rcv));
	EXPECT_STREQ("short", (char *)self->smem);
	EXPECT_EQ(0, finish(self, rcv.rcvid));
}

TEST_F(fault, shape_of_transfer)
{
	struct qipc_msg_receive rcv;
	struct qipc_iov parts[2];
	uint32_t side;
	size_t i;

	ASSERT_EQ(0, deliver(self, self->cmem, LARGE, self->cmem, LARGE, 0, &rcv));
	for (i = 0; i < ARRAY_SIZE(wild); i++) {
		void *base = (void *)wild[i].base;

		EXPECT_EQ(-EFAULT, q_transfer(self->session, QIPC_MSG_READ, rcv.rcvid, 0, base,
					      wild[i].len, QIPC_BUF, &side));
		EXPECT_EQ(QIPC_SIDE_SERVER, side);
		EXPECT_EQ(-EFAULT, q_transfer(self->session, QIPC_MSG_WRITE, rcv.rcvid, 0, base,
					      wild[i].len, QIPC_BUF, &side));
		EXPECT_EQ(QIPC_SIDE_SERVER, side);
		parts[0] = iov(self->smem, LARGE);
		parts[1] = iov(base, wild[i].len);
		EXPECT_EQ(-EFAULT, q_transfer(self->session, QIPC_MSG_READ, rcv.rcvid, 0, parts,
					      2, 0, &side));
		EXPECT_EQ(QIPC_SIDE_SERVER, side);
		EXPECT_EQ(-EFAULT, q_transfer(self->session, QIPC_MSG_WRITE, rcv.rcvid, 0, parts,
					      2, 0, &side));
		EXPECT_EQ(QIPC_SIDE_SERVER, side);
		ASSERT_TRUE(peer_blocked(self->client));
	}
	EXPECT_EQ(0, finish(self, rcv.rcvid));
}

/* The array of parts itself. */
TEST_F(fault, bad_vectors)
{
	const struct qipc_iov *bad[] = {
		NULL, (void *)(self->cmem + LARGE), (void *)(1UL << 63), (void *)-16,
		(void *)(self->cmem + LARGE - 24),	/* the second part is out */
	};
	const struct qipc_iov *mine[] = {
		NULL, (void *)(self->smem + LARGE), (void *)(1UL << 63), (void *)-16,
		(void *)(self->smem + LARGE - 24),
	};
	struct peer *client = self->client;
	struct qipc_msg_receive rcv;
	uint32_t side;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		send_args(&client->send, client->coid, bad[i], 2, self->cmem, 8);
		client->send.flags = QIPC_REPLY_BUF;
		EXPECT_EQ(-EFAULT, peer_call(client, job_send)) {
			TH_LOG("vector %zu", i);
		}
		EXPECT_EQ(QIPC_SIDE_CLIENT, client->send.side);
		send_args(&client->send, client->coid, self->cmem, 8, bad[i], 2);
		client->send.flags = QIPC_SEND_BUF;
		EXPECT_EQ(-EFAULT, peer_call(client, job_send)) {
			TH_LOG("vector %zu", i);
		}
		EXPECT_EQ(QIPC_SIDE_CLIENT, client->send.side);
		EXPECT_TRUE(q_empty(self->session, self->chid));
	}

	memcpy(self->cmem, "vector", 7);
	peer_send(client, self->cmem, 7, self->cmem, 8);
	ASSERT_TRUE(peer_blocked(client));
	for (i = 0; i < ARRAY_SIZE(mine); i++) {
		EXPECT_EQ(-EFAULT, q_receivev_now(self->session, self->chid, mine[i], 2, &rcv));
		EXPECT_EQ(SENTINEL64, rcv.rcvid);
	}
	ASSERT_EQ(0, q_receive_now(self->session, self->chid, self->smem, 7, &rcv));
	EXPECT_STREQ("vector", (char *)self->smem);
	for (i = 0; i < ARRAY_SIZE(mine); i++) {
		EXPECT_EQ(-EFAULT, q_transfer(self->session, QIPC_MSG_READ, rcv.rcvid, 0, mine[i],
					      2, 0, &side));
		EXPECT_EQ(QIPC_SIDE_SERVER, side);
		EXPECT_EQ(-EFAULT, q_transfer(self->session, QIPC_MSG_WRITE, rcv.rcvid, 0, mine[i],
					      2, 0, &side));
		EXPECT_EQ(QIPC_SIDE_SERVER, side);
		ASSERT_TRUE(peer_blocked(client));
	}
	EXPECT_EQ(0, finish(self, rcv.rcvid));
}

/* --- receiving ---------------------------------------------------------------- */

/* Buffers of the server that cannot be written. */
static void *bad_buffer(FAULT *self, int kind)
{
	void *p;
	int fd;

	switch (kind) {
	case 0:
		return self->smem + LARGE;		/* no access */
	case 1:
		return self->smem + LARGE - 3;		/* ... from the fourth byte on */
	case 2:
		return NULL;				/* nothing mapped */
	case 3:
		p = private_alloc(LARGE);		/* read only */
		return p && !mprotect(p, LARGE, PROT_READ) ? p : NULL;
	default:
		fd = syscall(SYS_memfd_create, "qipc", 0);	/* behind the end of the file */
		p = mmap(NULL, LARGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		close(fd);
		return p == MAP_FAILED ? NULL : p;
	}
}

TEST_F(fault, B57_queued_message)
{
	const size_t lengths[] = { 8, LARGE };
	struct qipc_msg_receive rcv;
	int kind, i;

	for (i = 0; i < 2; i++) {
		pattern_fill(self->cmem, lengths[i], 57);
		peer_send(self->client, self->cmem, lengths[i], NULL, 0);
		ASSERT_TRUE(peer_blocked(self->client));
		for (kind = 0; kind < 5; kind++) {
			EXPECT_EQ(-EFAULT, q_receive_now(self->session, self->chid,
							 bad_buffer(self, kind), LARGE, &rcv)) {
				TH_LOG("kind %d, length %zu", kind, lengths[i]);
			}
			EXPECT_EQ(SENTINEL64, rcv.rcvid);
			EXPECT_EQ(-1, sentinel_differs(&rcv.info, sizeof(rcv.info)));
			ASSERT_TRUE(peer_blocked(self->client));
		}
		/* Still first in the queue, and whole. */
		sentinel_fill(self->smem, LARGE);
		ASSERT_EQ(0, q_receive_now(self->session, self->chid, self->smem, LARGE, &rcv));
		EXPECT_EQ(lengths[i], rcv.info.msglen);
		EXPECT_EQ(-1, pattern_differs(self->smem, lengths[i], 57, 0));
		EXPECT_EQ(0, finish(self, rcv.rcvid));
	}
}

TEST_F(fault, B57_keeps_its_place)
{
	struct qipc_msg_receive rcv;

	memcpy(self->cmem, "first", 6);
	memcpy(self->cmem + 16, "second", 7);
	peer_send(self->client, self->cmem, 6, NULL, 0);
	ASSERT_TRUE(peer_blocked(self->client));
	peer_send(self->good, self->cmem + 16, 7, NULL, 0);
	ASSERT_TRUE(peer_blocked(self->good));
	EXPECT_EQ(-EFAULT, q_receive_now(self->session, self->chid, bad_buffer(self, 0), 8, &rcv));
	ASSERT_EQ(0, q_receive_now(self->session, self->chid, self->smem, 8, &rcv));
	EXPECT_STREQ("first", (char *)self->smem);
	EXPECT_EQ(0, finish(self, rcv.rcvid));
	ASSERT_EQ(0, q_receive_now(self->session, self->chid, self->smem, 8, &rcv));
	EXPECT_STREQ("second", (char *)self->smem);
	EXPECT_EQ(0, q_reply(self->session, rcv.rcvid, 0, NULL, 0));
	EXPECT_EQ(0, peer_wait(self->good));
}

/* Refused 70,000 times, it is as good as new: there is no number to run out of. */
TEST_F(fault, B57_again_and_again)
{
	const int tries = variant->process ? 1000 : 70000;
	struct qipc_msg_receive rcv;
	int64_t before;
	int i;

	pattern_fill(self->cmem, 16, 1);
	ASSERT_EQ(0, deliver(self, self->cmem, 16, NULL, 0, 16, &rcv));
	before = rcv.rcvid;
	EXPECT_EQ(0, finish(self, before));
	peer_send(self->client, self->cmem, 16, NULL, 0);
	ASSERT_TRUE(peer_blocked(self->client));
	for (i = 0; i < tries; i++) {
		ASSERT_EQ(-EFAULT, q_receive_now(self->session, self->chid, self->smem + LARGE, 16,
						 &rcv)) {
			TH_LOG("try %d", i);
		}
	}
	ASSERT_TRUE(peer_blocked(self->client));
	ASSERT_EQ(0, q_receive_now(self->session, self->chid, self->smem, 16, &rcv));
	EXPECT_EQ(-1, pattern_differs(self->smem, 16, 1, 0));
	EXPECT_NE(before, rcv.rcvid);
	EXPECT_EQ(-ESRCH, q_reply(self->session, before, 0, NULL, 0));
	EXPECT_EQ(0, finish(self, rcv.rcvid));
}

/* A buffer that is bad only where nothing is written is good enough. */
TEST_F(fault, only_what_moves_counts)
{
	unsigned char *edge = self->smem + LARGE - 100;
	struct qipc_msg_receive rcv;

	pattern_fill(self->cmem, LARGE, 3);
	peer_send(self->client, self->cmem, 100, self->cmem + LARGE - 10, 1000);
	ASSERT_TRUE(peer_blocked(self->client));
	ASSERT_EQ(0, q_receive_now(self->session, self->chid, edge, 5000, &rcv));
	EXPECT_EQ(100, rcv.info.msglen);
	EXPECT_EQ(-1, pattern_differs(edge, 100, 3, 0));
	EXPECT_EQ(100, q_read(self->session, rcv.rcvid, edge, 5000, 0));
	EXPECT_EQ(10, q_write(self->session, rcv.rcvid, edge, 10, 0));
	EXPECT_EQ(0, q_reply(self->session, rcv.rcvid, 4, edge, 10));
	EXPECT_EQ(0, peer_wait(self->client));
	EXPECT_EQ(4, self->client->send.status);
	EXPECT_EQ(0, memcmp(edge, self->cmem + LARGE - 10, 10));

	/* Room that is not asked for is not touched: an empty message, a bad buffer. */
	peer_send(self->client, NULL, 0, (void *)4096, 8);
	ASSERT_TRUE(peer_blocked(self->client));
	ASSERT_EQ(0, q_receive_now(self->session, self->chid, self->smem + LARGE, 8, &rcv));
	EXPECT_EQ(0, finish(self, rcv.rcvid));
}

TEST_F(fault, B58_waiting_receiver)
{
	const size_t lengths[] = { 8, LARGE };
	struct peer *server = peer_start(false, self->session);
	struct qipc_msg_receive rcv;
	int kind, i;

	ASSERT_NE(NULL, server);
	for (i = 0; i < 2; i++) {
		for (kind = 0; kind < 5; kind++) {
			pattern_fill(self->cmem, lengths[i], kind);
			peer_receive(server, self->chid, bad_buffer(self, kind), LARGE);
			ASSERT_TRUE(peer_blocked(server));
			peer_send(self->client, self->cmem, lengths[i], NULL, 0);
			EXPECT_EQ(-EFAULT, peer_wait(server)) {
				TH_LOG("kind %d, length %zu", kind, lengths[i]);
			}
			EXPECT_EQ(SENTINEL64, server->receive.rcvid);

			/* The send is not failed; the next receive gets it. */
			ASSERT_TRUE(peer_blocked(self->client));
			ASSERT_EQ(0, q_receive_now(self->session, self->chid, self->smem, LARGE,
						   &rcv));
			EXPECT_EQ(lengths[i], rcv.info.msglen);
			EXPECT_EQ(0, memcmp(self->smem, self->cmem, lengths[i]));
			EXPECT_EQ(0, finish(self, rcv.rcvid));
		}
	}
}

/* Two receivers wait, one of them with a bad buffer: the other gets the message. */
TEST_F(fault, B58_another_receiver_takes_over)
{
	struct peer *a = peer_start(false, self->session);
	struct peer *b = peer_start(false, self->session);
	int order;

	ASSERT_NE(NULL, a);
	ASSERT_NE(NULL, b);
	for (order = 0; order < 2; order++) {
		memcpy(self->cmem, "to b", 5);
		if (order)
			peer_receive(a, self->chid, self->smem + LARGE, 8);
		peer_receive(b, self->chid, self->smem, 8);
		ASSERT_TRUE(peer_blocked(b));
		if (!order)
			peer_receive(a, self->chid, self->smem + LARGE, 8);
		ASSERT_TRUE(peer_blocked(a));
		peer_send(self->client, self->cmem, 5, NULL, 0);
		EXPECT_EQ(0, peer_wait(b));
		EXPECT_STREQ("to b", (char *)self->smem);
		EXPECT_EQ(0, finish(self, b->receive.rcvid));
		if (!peer_blocked(a)) {
			/* Was tried first. */
			EXPECT_EQ(-EFAULT, peer_wait(a));
			continue;
		}
		/* Was not: it waits for the next. */
		peer_send(self->client, self->cmem, 5, NULL, 0);
		EXPECT_EQ(-EFAULT, peer_wait(a));
		ASSERT_TRUE(peer_blocked(self->client));
		ASSERT_EQ(0, q_receive_now(self->session, self->chid, self->smem, 8, &b->receive));
		EXPECT_EQ(0, finish(self, b->receive.rcvid));
	}
}

/* The place for the results of a receive. */
TEST_F(fault, B64_results_cannot_be_written)
{
	struct qipc_msg_receive *arg = (void *)guarded_alloc(page_size(), false), rcv;
	struct qipc_msg_reply_receive *rr = (void *)arg;
	const size_t lengths[] = { 8, LARGE };
	int i;

	ASSERT_NE(NULL, arg);
	for (i = 0; i < 2; i++) {
		pattern_fill(self->cmem, lengths[i], 64);
		peer_send(self->client, self->cmem, lengths[i], NULL, 0);
		ASSERT_TRUE(peer_blocked(self->client));

		receive_args(arg, self->chid, self->smem, LARGE, QIPC_BUF);
		ASSERT_EQ(0, mprotect(arg, page_size(), PROT_READ));
		EXPECT_EQ(-EFAULT, q_ioctl(self->session, QIPC_MSG_RECEIVE, arg));
		EXPECT_TRUE(peer_blocked(self->client));
		EXPECT_EQ(SENTINEL64, arg->rcvid);
		ASSERT_EQ(0, mprotect(arg, page_size(), PROT_READ | PROT_WRITE));

		/* The combined call alike. */
		memset(rr, 0, sizeof(*rr));
		receive_args(&rr->receive, self->chid, self->smem, LARGE, QIPC_BUF);
		ASSERT_EQ(0, mprotect(arg, page_size(), PROT_READ));
		EXPECT_EQ(-EFAULT, q_ioctl(self->session, QIPC_MSG_REPLY_RECEIVE, arg));
		EXPECT_TRUE(peer_blocked(self->client));
		ASSERT_EQ(0, mprotect(arg, page_size(), PROT_READ | PROT_WRITE));

		sentinel_fill(self->smem, LARGE);
		ASSERT_EQ(0, q_receive_now(self->session, self->chid, self->smem, LARGE, &rcv));
		EXPECT_EQ(lengths[i], rcv.info.msglen);
		EXPECT_EQ(-1, pattern_differs(self->smem, lengths[i], 64, 0));
		EXPECT_EQ(0, finish(self, rcv.rcvid));
	}
}

static long job_receive_at(struct peer *peer)
{
	return q_ioctl(peer->session, QIPC_MSG_RECEIVE, peer->memory);
}

/* A receiver that waits when its place for results goes away. */
TEST_F(fault, B64_results_taken_away_while_waiting)
{
	struct peer *server = peer_start(false, self->session);
	struct qipc_msg_receive *arg = (void *)guarded_alloc(page_size(), false), rcv;
	const size_t lengths[] = { 8, LARGE };
	int i;

	ASSERT_NE(NULL, server);
	ASSERT_NE(NULL, arg);
	server->memory = arg;
	for (i = 0; i < 2; i++) {
		pattern_fill(self->cmem, lengths[i], 64);
		receive_args(arg, self->chid, self->smem, LARGE, QIPC_BUF);
		peer_go(server, job_receive_at);
		ASSERT_TRUE(peer_blocked(server));
		ASSERT_EQ(0, mprotect(arg, page_size(), PROT_READ));
		peer_send(self->client, self->cmem, lengths[i], NULL, 0);
		EXPECT_EQ(-EFAULT, peer_wait(server));
		ASSERT_TRUE(peer_blocked(self->client));
		ASSERT_EQ(0, mprotect(arg, page_size(), PROT_READ | PROT_WRITE));
		ASSERT_EQ(0, q_receive_now(self->session, self->chid, self->smem, LARGE, &rcv));
		EXPECT_EQ(lengths[i], rcv.info.msglen);
		EXPECT_EQ(-1, pattern_differs(self->smem, lengths[i], 64, 0));
		EXPECT_EQ(0, finish(self, rcv.rcvid));
	}
}

/* --- replying -------------------------------------------------------------------- */

TEST_F(fault, B59_own_reply_buffer)
{
	const size_t lengths[] = { 8, LARGE };
	struct qipc_msg_receive rcv;
	struct qipc_msg_info info;
	uint32_t side;
	int kind, i;

	for (i = 0; i < 2; i++) {
		for (kind = 0; kind < 5; kind++) {
			if (kind == 3)
				continue;	/* can be read */
			ASSERT_EQ(0, deliver(self, self->cmem, 8, self->cmem + 16, LARGE - 16, 8,
					     &rcv));
			EXPECT_EQ(-EFAULT, q_reply_full(self->session, rcv.rcvid, 59,
							bad_buffer(self, kind), lengths[i],
							QIPC_BUF, &side)) {
				TH_LOG("kind %d, length %zu", kind, lengths[i]);
			}
			EXPECT_EQ(QIPC_SIDE_SERVER, side);
			/* The client is not left behind. */
			EXPECT_EQ(-EFAULT, peer_wait(self->client));
			EXPECT_EQ(QIPC_SIDE_SERVER, self->client->send.side);
			EXPECT_EQ(-ESRCH, q_info(self->session, rcv.rcvid, &info));
		}
	}
}

/* The same if it can be seen beforehand: an address that is none, a list that is none. */
TEST_F(fault, B59_shape_of_reply)
{
	const struct qipc_iov *lists[] = {
		NULL, (void *)(self->smem + LARGE), (void *)(1UL << 63),
		(void *)(self->smem + LARGE - 24),
	};
	struct qipc_msg_receive rcv;
	struct qipc_msg_info info;
	uint32_t side;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(wild) + ARRAY_SIZE(lists); i++) {
		ASSERT_EQ(0, deliver(self, self->cmem, 8, self->cmem + 16, 64, 8, &rcv));
		if (i < ARRAY_SIZE(wild)) {
			EXPECT_EQ(-EFAULT, q_reply_full(self->session, rcv.rcvid, 59,
							(void *)wild[i].base, wild[i].len,
							QIPC_BUF, &side)) {
				TH_LOG("shape %zu", i);
			}
		} else {
			EXPECT_EQ(-EFAULT, q_reply_full(self->session, rcv.rcvid, 59,
							lists[i - ARRAY_SIZE(wild)], 2, 0,
							&side)) {
				TH_LOG("list %zu", i - ARRAY_SIZE(wild));
			}
		}
		EXPECT_EQ(QIPC_SIDE_SERVER, side);
		ASSERT_EQ(-EFAULT, peer_wait(self->client));
		EXPECT_EQ(QIPC_SIDE_SERVER, self->client->send.side);
		EXPECT_EQ(-ESRCH, q_info(self->session, rcv.rcvid, &info));
	}
}

/* Where the client's room is smaller than the reply, only that much is read. */
TEST_F(fault, B59_only_what_moves_counts)
{
	struct qipc_msg_receive rcv;
	unsigned char *edge = self->smem + LARGE - 50;

	pattern_fill(edge, 50, 59);
	ASSERT_EQ(0, deliver(self, self->cmem, 8, self->cmem, 50, 8, &rcv));
	EXPECT_EQ(0, q_reply(self->session, rcv.rcvid, 59, edge, LARGE));
	EXPECT_EQ(0, peer_wait(self->client));
	EXPECT_EQ(59, self->client->send.status);
	EXPECT_EQ(-1, pattern_differs(self->cmem, 50, 59, 0));
}

/* The client's reply memory, bad in ways that only show when it is written to. */
static long job_bad_send(struct peer *peer)
{
	void *p = private_alloc(LARGE);
	int fd;

	switch (peer->value[0]) {
	case 0:
		munmap(p, LARGE);
		break;
	case 1:
		mprotect(p, LARGE, PROT_NONE);
		break;
	case 2:
		mprotect(p, LARGE, PROT_READ);
		break;
	default:
		munmap(p, LARGE);
		fd = syscall(SYS_memfd_create, "qipc", 0);
		mmap(p, LARGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0);
		close(fd);
		break;
	}
	peer->send.reply = vec_buf(p, LARGE);
	return job_send(peer);
}

static int deliver_bad(FAULT *self, int kind, struct qipc_msg_receive *rcv)
{
	send_args(&self->client->send, self->client->coid, self->cmem, 8, NULL, 0);
	self->client->value[0] = kind;
	peer_go(self->client, job_bad_send);
	if (!peer_blocked(self->client))
		return -ETIMEDOUT;
	return q_receive_now(self->session, self->chid, self->smem, 8, rcv);
}

TEST_F(fault, B60_clients_reply_buffer)
{
	struct qipc_msg_receive rcv;
	struct qipc_msg_info info;
	uint32_t side;
	int kind;

	for (kind = 0; kind < 4; kind++) {
		/* Large: both sides know. */
		ASSERT_EQ(0, deliver_bad(self, kind, &rcv));
		EXPECT_EQ(-EFAULT, q_reply_full(self->session, rcv.rcvid, 60, self->smem, LARGE,
						QIPC_BUF, &side)) {
			TH_LOG("kind %d", kind);
		}
		EXPECT_EQ(QIPC_SIDE_CLIENT, side);
		EXPECT_EQ(-EFAULT, peer_wait(self->client));
		EXPECT_EQ(QIPC_SIDE_CLIENT, self->client->send.side);
		EXPECT_EQ(-ESRCH, q_info(self->session, rcv.rcvid, &info));

		/* Inline: only the client does. */
		ASSERT_EQ(0, deliver_bad(self, kind, &rcv));
		EXPECT_EQ(0, q_reply_full(self->session, rcv.rcvid, 60, self->smem,
					  self->inline_bytes, QIPC_BUF, &side)) {
			TH_LOG("kind %d", kind);
		}
		EXPECT_EQ(QIPC_SIDE_NONE, side);
		EXPECT_EQ(-EFAULT, peer_wait(self->client));
		EXPECT_EQ(QIPC_SIDE_CLIENT, self->client->send.side);

		/* No bytes at all: nobody is harmed. */
		ASSERT_EQ(0, deliver_bad(self, kind, &rcv));
		EXPECT_EQ(0, q_reply(self->session, rcv.rcvid, 60, NULL, 0));
		EXPECT_EQ(0, peer_wait(self->client));
		EXPECT_EQ(60, self->client->send.status);
	}
}

/* --- read and write -------------------------------------------------------------- */

TEST_F(fault, B61_own_buffer_of_read)
{
	const size_t lengths[] = { 8, LARGE };
	struct qipc_msg_receive rcv;
	uint32_t side;
	int kind, i;

	for (i = 0; i < 2; i++) {
		pattern_fill(self->cmem, lengths[i], 61);
		ASSERT_EQ(0, deliver(self, self->cmem, lengths[i], NULL, 0, 0, &rcv));
		for (kind = 0; kind < 5; kind++) {
			EXPECT_EQ(-EFAULT, q_transfer(self->session, QIPC_MSG_READ, rcv.rcvid, 0,
						      bad_buffer(self, kind), lengths[i], QIPC_BUF,
						      &side)) {
				TH_LOG("kind %d, length %zu", kind, lengths[i]);
			}
			EXPECT_EQ(QIPC_SIDE_SERVER, side);
			EXPECT_TRUE(peer_blocked(self->client));
		}
		EXPECT_EQ(lengths[i], q_read(self->session, rcv.rcvid, self->smem, LARGE, 0));
		EXPECT_EQ(-1, pattern_differs(self->smem, lengths[i], 61, 0));
		EXPECT_EQ(0, finish(self, rcv.rcvid));
	}
}

TEST_F(fault, B61_own_buffer_of_write)
{
	const size_t lengths[] = { 8, LARGE };
	struct qipc_msg_receive rcv;
	uint32_t side;
	int kind, i;

	ASSERT_EQ(0, deliver(self, self->cmem, 8, self->cmem, LARGE, 8, &rcv));
	for (i = 0; i < 2; i++) {
		for (kind = 0; kind < 5; kind++) {
			if (kind == 3)
				continue;	/* can be read */
			EXPECT_EQ(-EFAULT, q_transfer(self->session, QIPC_MSG_WRITE, rcv.rcvid, 0,
						      bad_buffer(self, kind), lengths[i], QIPC_BUF,
						      &side)) {
				TH_LOG("kind %d, length %zu", kind, lengths[i]);
			}
			EXPECT_EQ(QIPC_SIDE_SERVER, side);
			EXPECT_TRUE(peer_blocked(self->client));
		}
	}
	EXPECT_EQ(0, finish(self, rcv.rcvid));
}

TEST_F(fault, B63_clients_buffer_of_write)
{
	const size_t lengths[] = { 8, LARGE };
	struct qipc_msg_receive rcv;
	uint32_t side;
	int kind, i;

	for (kind = 0; kind < 4; kind++) {
		ASSERT_EQ(0, deliver_bad(self, kind, &rcv));
		for (i = 0; i < 2; i++) {
			EXPECT_EQ(-EFAULT, q_transfer(self->session, QIPC_MSG_WRITE, rcv.rcvid, 0,
						      self->smem, lengths[i], QIPC_BUF, &side)) {
				TH_LOG("kind %d, length %zu", kind, lengths[i]);
			}
			EXPECT_EQ(QIPC_SIDE_CLIENT, side);
			EXPECT_TRUE(peer_blocked(self->client));
		}
		/* The client is as it was, and gets its answer. */
		EXPECT_EQ(0, q_reply(self->session, rcv.rcvid, 63, NULL, 0));
		EXPECT_EQ(0, peer_wait(self->client));
		EXPECT_EQ(63, self->client->send.status);
		EXPECT_EQ(QIPC_SIDE_NONE, self->client->send.side);
	}
}

/* Parts of a message that does not fit inline, and how long each of them is. */
#define WORDS	64
#define WORD	8

/*
 * @count parts of eight bytes, 16 bytes apart, of which only the first @there
 * bytes of the last one are there.
 */
static void lay_words(struct qipc_iov *parts, unsigned char *end, int count, size_t there)
{
	int i;

	for (i = 0; i < count; i++)
		parts[i] = iov(end - there - 16 * (count - 1 - i), WORD);
}

/* Each byte between two parts is a sentinel. */
static bool only_words_written(const struct qipc_iov *parts, int count)
{
	int i;

	for (i = 0; i < count - 1; i++)
		if (sentinel_differs((void *)(uintptr_t)(parts[i].base + WORD), 16 - WORD) >= 0)
			return false;
	return true;
}

/* Memory that ends in a part, and in a word of it: no side is mistaken for the other. */
TEST_F(fault, words_at_the_end_of_memory)
{
	struct qipc_iov *list = (void *)self->cmem, *answer = list + WORDS;
	struct peer *client = self->client;
	struct qipc_msg_receive rcv;
	struct qipc_iov mine[WORDS];
	uint32_t side;
	size_t there;

	for (there = 0; there < WORD; there++) {
		/* The sender's: it is told when somebody looks. */
		lay_words(list, self->cmem + LARGE, WORDS, there);
		send_args(&client->send, client->coid, list, WORDS, NULL, 0);
		client->send.flags = 0;
		peer_go(client, job_send);
		ASSERT_TRUE(peer_blocked(client));
		EXPECT_EQ(-EAGAIN, q_receive_now(self->session, self->chid, self->smem, LARGE,
						 &rcv)) {
			TH_LOG("%zu bytes are there", there);
		}
		EXPECT_EQ(-EFAULT, peer_wait(client));
		EXPECT_EQ(QIPC_SIDE_CLIENT, client->send.side);

		/* The server's, wherever it is written to. */
		sentinel_fill(self->cmem, LARGE);
		lay_words(list, self->cmem + LARGE, WORDS, WORD);
		lay_words(answer, self->cmem + LARGE / 2, WORDS, WORD);
		send_args(&client->send, client->coid, list, WORDS, answer, WORDS);
		client->send.flags = 0;
		peer_go(client, job_send);
		ASSERT_TRUE(peer_blocked(client));
		lay_words(mine, self->smem + LARGE, WORDS, there);
		EXPECT_EQ(-EFAULT, q_receivev_now(self->session, self->chid, mine, WORDS, &rcv)) {
			TH_LOG("%zu bytes are there", there);
		}
		ASSERT_TRUE(peer_blocked(client));
		ASSERT_EQ(0, q_receive_now(self->session, self->chid, NULL, 0, &rcv));
		EXPECT_EQ(-EFAULT, q_transfer(self->session, QIPC_MSG_READ, rcv.rcvid, 0, mine,
					      WORDS, 0, &side));
		EXPECT_EQ(QIPC_SIDE_SERVER, side);
		/* And wherever it is read from. */
		EXPECT_EQ(-EFAULT, q_transfer(self->session, QIPC_MSG_WRITE, rcv.rcvid, 0, mine,
					      WORDS, 0, &side));
		EXPECT_EQ(QIPC_SIDE_SERVER, side);
		ASSERT_TRUE(peer_blocked(client));
		EXPECT_EQ(-EFAULT, q_reply_full(self->session, rcv.rcvid, 60, mine, WORDS, 0,
						&side));
		EXPECT_EQ(QIPC_SIDE_SERVER, side);
		EXPECT_EQ(-EFAULT, peer_wait(client));
		EXPECT_EQ(QIPC_SIDE_SERVER, client->send.side);
		/* What cannot be read leaves the word alone that it would have become. */
		EXPECT_EQ(-1, sentinel_differs((void *)(uintptr_t)answer[WORDS - 1].base, WORD));
		EXPECT_TRUE(only_words_written(answer, WORDS));

		/* The client's, written to. */
		lay_words(answer, self->cmem + LARGE, WORDS, there);
		send_args(&client->send, client->coid, list, 1, answer, WORDS);
		client->send.flags = 0;
		peer_go(client, job_send);
		ASSERT_TRUE(peer_blocked(client));
		ASSERT_EQ(0, q_receive_now(self->session, self->chid, NULL, 0, &rcv));
		EXPECT_EQ(-EFAULT, q_transfer(self->session, QIPC_MSG_WRITE, rcv.rcvid, 0,
					      self->smem, WORDS * WORD, QIPC_BUF, &side));
		EXPECT_EQ(QIPC_SIDE_CLIENT, side);
		EXPECT_EQ(-EFAULT, q_reply_full(self->session, rcv.rcvid, 60, self->smem,
						WORDS * WORD, QIPC_BUF, &side));
		EXPECT_EQ(QIPC_SIDE_CLIENT, side);
		EXPECT_EQ(-EFAULT, peer_wait(client));
		EXPECT_EQ(QIPC_SIDE_CLIENT, client->send.side);
	}
}

/* --- short copies, byte by byte ---------------------------------------------------- */

/*
 * Each length of what travels with the call, in a buffer that ends where memory
 * does, and in one that reaches up to TOO_FAR bytes farther.  Both sides walk
 * through the same cases in the same order; the client's are in one job.
 */
#define TOO_FAR	8
#define PATTERN	17

/* Takes the next message; does not wait for one that a failed client owes. */
static int receive_soon(FAULT *self, void *buf, size_t room, struct qipc_msg_receive *rcv)
{
	struct qipc_timeout soon = timeout_in(QIPC_TIMEOUT_RECEIVE, PATIENCE_MS * 1000000LL);

	return q_receive_timeout(self->session, self->chid, buf, room, &soon, rcv);
}

/* A job of the client failed at this length, so far behind the end. */
static long failed_at(struct peer *peer, size_t len, size_t off)
{
	peer->value[1] = len;
	peer->value[2] = off;
	return -EBADMSG;
}

/* Sends lengths up to value[0]; memory is the end of its own. */
static long job_send_lengths(struct peer *peer)
{
	const unsigned char *end = peer->memory;
	struct qipc_msg_send send;
	size_t len, off;

	for (len = 0; len <= (size_t)peer->value[0]; len++) {
		for (off = 1; off <= TOO_FAR && len; off++)
			if (q_send(peer->fd, peer->coid, end - len + off, len, NULL, 0, &send) !=
				    -EFAULT || send.side != QIPC_SIDE_CLIENT)
				return failed_at(peer, len, off);
		if (q_send(peer->fd, peer->coid, end - len, len, NULL, 0, &send))
			return failed_at(peer, len, 0);
	}
	return 0;
}

TEST_F(fault, each_length_of_a_short_send)
{
	struct peer *client = self->client;
	struct qipc_msg_receive rcv;
	size_t len;

	pattern_fill(self->cmem, LARGE, PATTERN);
	client->memory = self->cmem + LARGE;
	client->value[0] = self->inline_bytes;
	peer_go(client, job_send_lengths);
	for (len = 0; len <= self->inline_bytes; len++) {
		sentinel_fill(self->smem, len + 2 * TOO_FAR);
		/* None of those that reach too far is in between. */
		ASSERT_EQ(0, receive_soon(self, self->smem, LARGE, &rcv)) {
			TH_LOG("length %zu", len);
		}
		ASSERT_EQ(len, rcv.info.msglen);
		ASSERT_EQ(-1, pattern_differs(self->smem, len, PATTERN, LARGE - len));
		ASSERT_EQ(-1, sentinel_differs(self->smem + len, 2 * TOO_FAR));
		ASSERT_EQ(0, q_reply(self->session, rcv.rcvid, 0, NULL, 0));
	}
	EXPECT_EQ(0, peer_wait(client)) {
		TH_LOG("length %d, %d too far", (int)client->value[1], (int)client->value[2]);
	}
}

/* Sends the first bytes of its memory, in each length up to value[0]. */
static long job_send_prefixes(struct peer *peer)
{
	struct qipc_msg_send send;
	size_t len;

	for (len = 0; len <= (size_t)peer->value[0]; len++)
		if (q_send(peer->fd, peer->coid, peer->memory, len, NULL, 0, &send))
			return failed_at(peer, len, 0);
	return 0;
}

TEST_F(fault, each_length_of_a_short_receive)
{
	unsigned char *end = self->smem + LARGE;
	struct peer *client = self->client;
	struct qipc_msg_receive rcv;
	size_t len, off;

	pattern_fill(self->cmem, LARGE, PATTERN);
	client->memory = self->cmem;
	client->value[0] = self->inline_bytes;
	peer_go(client, job_send_prefixes);
	for (len = 0; len <= self->inline_bytes; len++) {
		for (off = 1; off <= TOO_FAR && len; off++) {
			ASSERT_EQ(-EFAULT, receive_soon(self, end - len + off, len, &rcv)) {
				TH_LOG("length %zu, %zu too far", len, off);
			}
			ASSERT_EQ(SENTINEL64, rcv.rcvid);
		}
		sentinel_fill(end - len - TOO_FAR, len + TOO_FAR);
		/* There is room behind it that is not touched. */
		ASSERT_EQ(0, receive_soon(self, end - len, len + LARGE, &rcv)) {
			TH_LOG("length %zu", len);
		}
		ASSERT_EQ(len, rcv.info.msglen);
		ASSERT_EQ(-1, pattern_differs(end - len, len, PATTERN, 0));
		ASSERT_EQ(-1, sentinel_differs(end - len - TOO_FAR, TOO_FAR));
		ASSERT_EQ(0, q_reply(self->session, rcv.rcvid, 0, NULL, 0));
	}
	EXPECT_EQ(0, peer_wait(client)) {
		TH_LOG("length %d", (int)client->value[1]);
	}
}

/*
 * Has lengths up to value[0] answered at the end of its memory.  From there on
 * it is told that the server's buffer reaches too far, and then that its own does.
 */
static long job_be_answered(struct peer *peer)
{
	unsigned char *end = peer->memory, *at;
	struct qipc_msg_send send;
	size_t len, off;

	for (len = 0; len <= (size_t)peer->value[0]; len++) {
		for (off = 1; off <= TOO_FAR && len; off++) {
			at = end - len - TOO_FAR;
			sentinel_fill(at, len + TOO_FAR);
			if (q_send(peer->fd, peer->coid, NULL, 0, at, len, &send) != -EFAULT ||
			    send.side != QIPC_SIDE_SERVER ||
			    sentinel_differs(at, len + TOO_FAR) >= 0)
				return failed_at(peer, len, off);
			if (q_send(peer->fd, peer->coid, NULL, 0, end - len + off, len, &send) !=
				    -EFAULT || send.side != QIPC_SIDE_CLIENT)
				return failed_at(peer, len, -off);
		}
		/* At the end, with room behind it that is not touched; and in front of the end. */
		for (at = end - len; at >= end - len - TOO_FAR; at -= TOO_FAR) {
			sentinel_fill(end - len - 2 * TOO_FAR, len + 2 * TOO_FAR);
			if (q_send(peer->fd, peer->coid, NULL, 0, at, len + TOO_FAR, &send) ||
			    pattern_differs(at, len, PATTERN, LARGE - len) >= 0 ||
			    sentinel_differs(at + len, end - at - len) >= 0 ||
			    sentinel_differs(at - TOO_FAR, TOO_FAR) >= 0)
				return failed_at(peer, len, 0);
		}
	}
	return 0;
}

/* Answers the next message. */
static int answer_next(FAULT *self, const void *base, size_t len, uint32_t *side)
{
	struct qipc_msg_receive rcv;
	int ret = receive_soon(self, NULL, 0, &rcv);

	return ret ? ret : q_reply_full(self->session, rcv.rcvid, 0, base, len, QIPC_BUF, side);
}

TEST_F(fault, each_length_of_a_short_reply)
{
	unsigned char *end = self->smem + LARGE;
	struct peer *client = self->client;
	size_t len, off;
	uint32_t side;

	pattern_fill(self->smem, LARGE, PATTERN);
	client->memory = self->cmem + LARGE;
	client->value[0] = self->inline_bytes;
	peer_go(client, job_be_answered);
	for (len = 0; len <= self->inline_bytes; len++) {
		for (off = 1; off <= TOO_FAR && len; off++) {
			ASSERT_EQ(-EFAULT, answer_next(self, end - len + off, len, &side)) {
				TH_LOG("length %zu, %zu too far", len, off);
			}
			ASSERT_EQ(QIPC_SIDE_SERVER, side);
			ASSERT_EQ(0, answer_next(self, end - len, len, &side)) {
				TH_LOG("length %zu, the client's is %zu too far", len, off);
			}
			ASSERT_EQ(QIPC_SIDE_NONE, side);
		}
		ASSERT_EQ(0, answer_next(self, end - len, len, &side));
		ASSERT_EQ(0, answer_next(self, end - len, len, &side));
	}
	EXPECT_EQ(0, peer_wait(client)) {
		TH_LOG("length %d, %d too far", (int)client->value[1], (int)client->value[2]);
	}
}

/* Copies between the memory of both while the client waits. */
TEST_F(fault, each_length_of_a_short_read_and_write)
{
	unsigned char *ours = self->smem + LARGE, *theirs = self->cmem + LARGE;
	struct qipc_msg_receive rcv;
	size_t len, off;
	uint32_t side;

	/* The client's buffers reach too far, which matters to who uses all of them. */
	ASSERT_EQ(0, deliver(self, self->cmem, LARGE + TOO_FAR, self->cmem, LARGE + TOO_FAR, 0,
			     &rcv));
	for (len = 1; len <= self->inline_bytes; len++) {
		pattern_fill(theirs - len, len, len);
		sentinel_fill(ours - len - TOO_FAR, len + TOO_FAR);
		ASSERT_EQ(len, q_read(self->session, rcv.rcvid, ours - len, len, LARGE - len)) {
			TH_LOG("length %zu", len);
		}
		ASSERT_EQ(-1, pattern_differs(ours - len, len, len, 0));
		ASSERT_EQ(-1, sentinel_differs(ours - len - TOO_FAR, TOO_FAR));
		/* In front of the end of both, with something behind it. */
		sentinel_fill(ours - len - TOO_FAR, len + TOO_FAR);
		ASSERT_EQ(len, q_read(self->session, rcv.rcvid, ours - len - TOO_FAR, len,
				      LARGE - len));
		ASSERT_EQ(-1, sentinel_differs(ours - TOO_FAR, TOO_FAR));

		pattern_fill(ours - len, len, len + 1);
		sentinel_fill(theirs - len - TOO_FAR, len + TOO_FAR);
		ASSERT_EQ(len, q_write(self->session, rcv.rcvid, ours - len, len, LARGE - len)) {
			TH_LOG("length %zu", len);
		}
		ASSERT_EQ(-1, pattern_differs(theirs - len, len, len + 1, 0));
		ASSERT_EQ(-1, sentinel_differs(theirs - len - TOO_FAR, TOO_FAR));
		sentinel_fill(theirs - len - TOO_FAR, len + TOO_FAR);
		ASSERT_EQ(len, q_write(self->session, rcv.rcvid, ours - len, len,
				       LARGE - len - TOO_FAR));
		ASSERT_EQ(-1, sentinel_differs(theirs - TOO_FAR, TOO_FAR));

		for (off = 1; off <= TOO_FAR; off++) {
			ASSERT_EQ(-EFAULT, q_transfer(self->session, QIPC_MSG_READ, rcv.rcvid,
						      0, ours - len + off, len, QIPC_BUF,
						      &side)) {
				TH_LOG("length %zu, %zu too far", len, off);
			}
			ASSERT_EQ(QIPC_SIDE_SERVER, side);
			sentinel_fill(self->cmem, len);
			ASSERT_EQ(-EFAULT, q_transfer(self->session, QIPC_MSG_WRITE, rcv.rcvid,
						      0, ours - len + off, len, QIPC_BUF,
						      &side)) {
				TH_LOG("length %zu, %zu too far", len, off);
			}
			ASSERT_EQ(QIPC_SIDE_SERVER, side);
			/* What cannot be read overwrites nothing. */
			ASSERT_EQ(-1, off < len ? sentinel_differs(self->cmem + len - off, off) :
				      sentinel_differs(self->cmem, len));
		}
		/* Theirs: the client is called to look, so once for each length. */
		off = 1 + len % TOO_FAR;
		ASSERT_EQ(-EFAULT, q_transfer(self->session, QIPC_MSG_READ, rcv.rcvid,
					      LARGE - len + off, self->smem, len, QIPC_BUF, &side)) {
			TH_LOG("length %zu, %zu too far", len, off);
		}
		ASSERT_EQ(QIPC_SIDE_CLIENT, side);
		ASSERT_EQ(-EFAULT, q_transfer(self->session, QIPC_MSG_WRITE, rcv.rcvid,
					      LARGE - len + off, self->smem, len, QIPC_BUF, &side)) {
			TH_LOG("length %zu, %zu too far", len, off);
		}
		ASSERT_EQ(QIPC_SIDE_CLIENT, side);
	}
	EXPECT_EQ(0, finish(self, rcv.rcvid));
}

/* --- addresses that nobody has ------------------------------------------------------- */

/*
 * The last bytes of user space, with four and five levels of tables, and what is
 * behind.  Of the kernel's own memory the table of interrupts, 0xfffffe0000000000,
 * is where it is on each machine.
 */
static const uint64_t nowhere[] = {
	(1ULL << 47) - 4096 - 8, (1ULL << 47) - 1, 1ULL << 47, (1ULL << 56) - 4096 - 8,
	1ULL << 56, 1ULL << 62, 1ULL << 63, 0xffff800000000000, 0xffff888000000000,
	0xfffffe0000000000, 0xffffffff81000000, 0xffffffffff600000,
};

static const size_t short_lengths[] = { 1, 7, 8, 9, 16, 255, 256 };

/* Case number @i of all; the last ones end at the highest address that is not negative. */
static bool nowhere_case(size_t i, unsigned char **base, size_t *len)
{
	size_t which = i / ARRAY_SIZE(short_lengths);

	*len = short_lengths[i % ARRAY_SIZE(short_lengths)];
	*base = (unsigned char *)(which < ARRAY_SIZE(nowhere) ? nowhere[which] :
				  (1ULL << 63) - 1 - *len);
	return which <= ARRAY_SIZE(nowhere);
}

/* Messages, answers, arguments and lists that are nowhere; how far it gets is value[1]. */
static long job_send_nowhere(struct peer *peer)
{
	struct qipc_msg_send send;
	unsigned char *base;
	size_t i, len;

	for (i = 0; nowhere_case(i, &base, &len); i++) {
		peer->value[1] = i;
		if (q_send(peer->fd, peer->coid, base, len, NULL, 0, &send) != -EFAULT ||
		    send.side != QIPC_SIDE_CLIENT)
			return -EBADMSG;
		send_args(&send, peer->coid, base, 1 + len % 16, NULL, 0);
		send.flags = QIPC_REPLY_BUF;
		if (q_ioctl(peer->fd, QIPC_MSG_SEND, &send) != -EFAULT)
			return -EBADMSG;
		if (q_ioctl(peer->fd, QIPC_MSG_SEND, base) != -EFAULT)
			return -EBADMSG;
	}
	return 0;
}

TEST_F(fault, addresses_that_nobody_has)
{
	struct peer *client = self->client;
	struct qipc_msg_receive rcv;
	unsigned char *base;
	uint32_t side;
	size_t i, len;

	EXPECT_EQ(0, peer_call(client, job_send_nowhere)) {
		TH_LOG("case %d", (int)client->value[1]);
	}
	EXPECT_TRUE(q_empty(self->session, self->chid));

	pattern_fill(self->cmem, LARGE, PATTERN);
	peer_send(client, self->cmem, 256, self->cmem + 256, 256);
	ASSERT_TRUE(peer_blocked(client));
	for (i = 0; nowhere_case(i, &base, &len); i++) {
		EXPECT_EQ(-EFAULT, q_receive_now(self->session, self->chid, base, len, &rcv)) {
			TH_LOG("case %zu", i);
		}
		EXPECT_EQ(SENTINEL64, rcv.rcvid);
		EXPECT_EQ(-EFAULT, q_receivev_now(self->session, self->chid, (void *)base, 2, &rcv));
		EXPECT_EQ(-EFAULT, q_ioctl(self->session, QIPC_MSG_RECEIVE, base));
	}
	ASSERT_EQ(0, q_receive_now(self->session, self->chid, self->smem, LARGE, &rcv));
	EXPECT_EQ(-1, pattern_differs(self->smem, 256, PATTERN, 0));
	for (i = 0; nowhere_case(i, &base, &len); i++) {
		EXPECT_EQ(-EFAULT, q_transfer(self->session, QIPC_MSG_READ, rcv.rcvid, 0, base,
					      len, QIPC_BUF, &side)) {
			TH_LOG("case %zu", i);
		}
		EXPECT_EQ(QIPC_SIDE_SERVER, side);
		EXPECT_EQ(-EFAULT, q_transfer(self->session, QIPC_MSG_WRITE, rcv.rcvid, 0, base,
					      len, QIPC_BUF, &side));
		EXPECT_EQ(QIPC_SIDE_SERVER, side);
		EXPECT_EQ(-EFAULT, q_ioctl(self->session, QIPC_MSG_REPLY, base));
	}
	EXPECT_EQ(-1, pattern_differs(self->cmem, LARGE, PATTERN, 0));
	EXPECT_EQ(0, finish(self, rcv.rcvid));

	for (i = 0; nowhere_case(i, &base, &len); i++) {
		/* An answer from there. */
		ASSERT_EQ(0, deliver(self, "x", 1, self->cmem, 256, 1, &rcv));
		EXPECT_EQ(-EFAULT, q_reply_full(self->session, rcv.rcvid, 0, base, len, QIPC_BUF,
						&side)) {
			TH_LOG("case %zu", i);
		}
		EXPECT_EQ(QIPC_SIDE_SERVER, side);
		ASSERT_EQ(-EFAULT, peer_wait(client));
		EXPECT_EQ(QIPC_SIDE_SERVER, client->send.side);
		/* An answer to there; some addresses are refused at once. */
		peer_send(client, "x", 1, base, len);
		if (!((uintptr_t)base >> 63)) {
			ASSERT_TRUE(peer_blocked(client));
			ASSERT_EQ(0, q_receive_now(self->session, self->chid, NULL, 0, &rcv));
			EXPECT_EQ(0, q_reply(self->session, rcv.rcvid, 0, self->smem, len));
		}
		ASSERT_EQ(-EFAULT, peer_wait(client)) {
			TH_LOG("case %zu", i);
		}
		EXPECT_EQ(QIPC_SIDE_CLIENT, client->send.side);
	}
	EXPECT_EQ(-1, pattern_differs(self->cmem, LARGE, PATTERN, 0));
}

/* Both sides are bad: one answer, and nothing breaks. */
TEST_F(fault, both_sides)
{
	struct qipc_msg_receive rcv;
	uint32_t side;
	int ret;

	ASSERT_EQ(0, deliver_bad(self, 0, &rcv));
	EXPECT_EQ(-EFAULT, q_transfer(self->session, QIPC_MSG_WRITE, rcv.rcvid, 0,
				      self->smem + LARGE, LARGE, QIPC_BUF, &side));
	EXPECT_TRUE(side == QIPC_SIDE_CLIENT || side == QIPC_SIDE_SERVER);
	EXPECT_TRUE(peer_blocked(self->client));
	ret = q_reply_full(self->session, rcv.rcvid, 0, self->smem + LARGE, LARGE, QIPC_BUF, &side);
	EXPECT_EQ(-EFAULT, ret);
	EXPECT_EQ(-EFAULT, peer_wait(self->client));
	EXPECT_EQ(side, self->client->send.side);
}

/* --- memory that is shared with others by the kernel's tricks ----------------------- */

static int hold_copy(void *arg)
{
	struct peer *peer = arg;

	/* The copy that fork made; the parent's is written to by the server. */
	sem_post(&peer->go);
	while (peer->running)
		sleep_us(500);
	return sentinel_differs(peer->memory, LARGE) == -1 ? CHILD_OK : CHILD_WRONG_DATA;
}

static long job_answer(struct peer *peer)
{
	int ret = q_receive(peer->session, peer->chid, NULL, 0, &peer->receive);

	return ret ? ret : q_reply(peer->session, peer->receive.rcvid, 0, peer->memory, LARGE);
}

/* Pages shared by fork are copied before a write from the other side. */
TEST_F(fault, copy_on_write)
{
	unsigned char *mem = private_alloc(LARGE);
	struct peer *child = shared_alloc(sizeof(*child));
	struct peer *server = peer_start(true, self->session);
	struct qipc_msg_send arg;
	pid_t pid;
	int coid;

	/* Here the client is the test itself, so that its memory can be seen. */
	ASSERT_NE(NULL, mem);
	ASSERT_NE(NULL, child);
	ASSERT_NE(NULL, server);
	sentinel_fill(mem, LARGE);
	sem_init(&child->go, 1, 0);
	child->memory = mem;
	child->running = 1;
	pid = spawn(hold_copy, child);
	ASSERT_LT(0, pid);
	sem_wait(&child->go);

	ASSERT_EQ(0, peer_call(server, job_create));
	coid = q_attach_side(self->session, server->pid, server->chid);
	ASSERT_LE(0, coid);
	pattern_fill(self->cmem, LARGE, 9);
	server->memory = self->cmem;
	peer_go(server, job_answer);
	EXPECT_EQ(0, q_send(self->session, coid, "x", 1, mem, LARGE, &arg));
	EXPECT_EQ(0, peer_wait(server));
	EXPECT_EQ(-1, pattern_differs(mem, LARGE, 9, 0));
	child->running = 0;
	EXPECT_EQ(CHILD_OK, reap(pid));
}

/* Memory that is only ever read from may be read only: the program's own text is. */
TEST_F(fault, read_only_sources)
{
	const size_t lengths[] = { 8, LARGE };
	struct qipc_msg_receive rcv;
	struct peer *client;
	unsigned char *text;
	uint32_t side;
	int fd, i;

	fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, fd);
	text = mmap(NULL, LARGE, PROT_READ, MAP_PRIVATE, fd, 0);
	ASSERT_NE(MAP_FAILED, text);
	ASSERT_EQ(0, memcmp(text, "\177ELF", 4));
	client = client_start(variant->process, false, self->session, self->chid);
	ASSERT_NE(NULL, client);
	for (i = 0; i < 2; i++) {
		sentinel_fill(self->cmem, LARGE);
		peer_send(client, text, lengths[i], self->cmem, LARGE);
		ASSERT_EQ(0, q_receive(self->session, self->chid, self->smem, LARGE, &rcv));
		EXPECT_EQ(lengths[i], rcv.info.msglen);
		EXPECT_EQ(0, memcmp(self->smem, text, lengths[i]));
		EXPECT_EQ(lengths[i], q_write(self->session, rcv.rcvid, text, lengths[i], 0));
		EXPECT_EQ(0, memcmp(self->cmem, text, lengths[i]));
		sentinel_fill(self->cmem, LARGE);
		EXPECT_EQ(0, q_reply(self->session, rcv.rcvid, 1, text, lengths[i]));
		EXPECT_EQ(0, peer_wait(client));
		EXPECT_EQ(0, memcmp(self->cmem, text, lengths[i]));

		/* As the target it is refused, and stays what it is. */
		peer_send(client, self->cmem, 8, text, LARGE);
		ASSERT_EQ(0, q_receive(self->session, self->chid, self->smem, 8, &rcv));
		EXPECT_EQ(-EFAULT, q_transfer(self->session, QIPC_MSG_WRITE, rcv.rcvid, 0,
					      self->smem, lengths[i], QIPC_BUF, &side));
		EXPECT_EQ(QIPC_SIDE_CLIENT, side);
		EXPECT_EQ(0, q_reply(self->session, rcv.rcvid, 1, NULL, 0));
		EXPECT_EQ(0, peer_wait(client));
		EXPECT_EQ(0, memcmp(text, "\177ELF", 4));
	}
}

/* Memory that was never touched is empty on the way out and real on the way in. */
TEST_F(fault, untouched_memory)
{
	unsigned char *from = shared_alloc(LARGE), *to = shared_alloc(LARGE);
	struct qipc_msg_receive rcv;
	unsigned char *mine = private_alloc(LARGE);
	struct peer *client;
	size_t i;

	ASSERT_NE(NULL, from);
	ASSERT_NE(NULL, to);
	ASSERT_NE(NULL, mine);
	client = client_start(variant->process, false, self->session, self->chid);
	ASSERT_NE(NULL, client);
	peer_send(client, from, LARGE, to, LARGE);
	ASSERT_TRUE(peer_blocked(client));
	ASSERT_EQ(0, q_receive_now(self->session, self->chid, mine, LARGE, &rcv));
	EXPECT_EQ(LARGE, rcv.info.msglen);
	for (i = 0; i < LARGE && !mine[i]; i++)
		;
	EXPECT_EQ(LARGE, i);
	pattern_fill(mine, LARGE, 4);
	EXPECT_EQ(0, q_reply(self->session, rcv.rcvid, 0, mine, LARGE));
	EXPECT_EQ(0, peer_wait(client));
	EXPECT_EQ(-1, pattern_differs(to, LARGE, 4, 0));
}

/*
 * Memory of a file whose bytes are there, in no process: the client has to map
 * them when the server asks, to be read as well as to be written.
 */
TEST_F(fault, untouched_memory_of_a_file)
{
	unsigned char *from, *to, *seen, *mine = private_alloc(LARGE);
	int fd = syscall(SYS_memfd_create, "qipc", 0);
	struct qipc_msg_receive rcv;
	struct peer *client;

	ASSERT_LE(0, fd);
	ASSERT_NE(NULL, mine);
	pattern_fill(mine, LARGE, 5);
	ASSERT_EQ(LARGE, write(fd, mine, LARGE));
	/* What is written to is a hole. */
	ASSERT_EQ(0, ftruncate(fd, 2 * LARGE));
	from = mmap(NULL, LARGE, PROT_READ, MAP_SHARED, fd, 0);
	ASSERT_NE(MAP_FAILED, from);
	to = mmap(NULL, LARGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, LARGE);
	ASSERT_NE(MAP_FAILED, to);
	seen = mmap(NULL, LARGE, PROT_READ, MAP_SHARED, fd, LARGE);
	ASSERT_NE(MAP_FAILED, seen);
	client = client_start(variant->process, false, self->session, self->chid);
	ASSERT_NE(NULL, client);
	sentinel_fill(mine, LARGE);
	peer_send(client, from, LARGE, to, LARGE);
	ASSERT_TRUE(peer_blocked(client));
	ASSERT_EQ(0, q_receive_now(self->session, self->chid, mine, LARGE, &rcv));
	EXPECT_EQ(LARGE, rcv.info.msglen);
	EXPECT_EQ(-1, pattern_differs(mine, LARGE, 5, 0));
	pattern_fill(mine, LARGE, 6);
	EXPECT_EQ(LARGE / 2, q_write(self->session, rcv.rcvid, mine, LARGE / 2, 0));
	EXPECT_EQ(-1, pattern_differs(seen, LARGE / 2, 6, 0));
	EXPECT_EQ(0, q_reply(self->session, rcv.rcvid, 0, mine, LARGE));
	EXPECT_EQ(0, peer_wait(client));
	EXPECT_EQ(-1, pattern_differs(seen, LARGE, 6, 0));
}

/* --- memory that never comes -------------------------------------------------------- */

/*
 * Both sides are processes.  The pages of one side's buffer are to be brought by
 * a user-space pager that never does, so whoever touches them sleeps.
 */
FIXTURE(never) {
	int session;
	struct peer *client;
	struct peer *server;
	unsigned char *mem;
};

FIXTURE_SETUP(never)
{
	self->session = q_open();
	ASSERT_LE(0, self->session);
	self->mem = shared_alloc(LARGE);
	ASSERT_NE(NULL, self->mem);
	self->server = peer_start(true, self->session);
	ASSERT_NE(NULL, self->server);
	ASSERT_EQ(0, peer_call(self->server, job_create));
	self->client = peer_start(true, self->session);
	ASSERT_NE(NULL, self->client);
	self->client->server = self->server->pid;
	self->client->chid = self->server->chid;
	ASSERT_EQ(0, peer_call(self->client, job_attach));
}

FIXTURE_TEARDOWN(never)
{
}

#define NEVER	FIXTURE_DATA(never)

/* Leaves such memory in peer->memory; -EOPNOTSUPP if the kernel has no such pagers. */
static long job_make_pager(struct peer *peer)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register range = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return errno == EPERM ? -EOPNOTSUPP : -errno;
	peer->memory = private_alloc(LARGE);
	range.range.start = (uintptr_t)peer->memory;
	range.range.len = LARGE;
	if (!peer->memory || ioctl(fd, UFFDIO_API, &api) || ioctl(fd, UFFDIO_REGISTER, &range))
		return -errno;
	peer->value[0] = fd;
	return 0;
}

/* Asleep in the module, be it in a state that only a kill ends. */
static bool wait_until_stuck(struct peer *peer)
{
	int64_t end = now_us() + PATIENCE_MS * 1000LL;
	char buf[512], *p;

	do {
		if (read_proc(peer->pid, peer->tid, "syscall", buf, sizeof(buf)) > 0 &&
		    atoi(buf) == SYS_ioctl &&
		    read_proc(peer->pid, peer->tid, "stat", buf, sizeof(buf)) > 0) {
			p = strrchr(buf, ')');
			if (p && (p[2] == 'D' || p[2] == 'S'))
				return true;
		}
		sleep_us(200);
	} while (now_us() < end);
	return false;
}

/* The server touches the client's pages, and sleeps in the copy. */
static int stick_server(NEVER *self)
{
	int ret = peer_call(self->client, job_make_pager);

	if (ret)
		return ret;
	send_args(&self->client->send, self->client->coid, self->client->memory, LARGE, NULL, 0);
	peer_go(self->client, job_send);
	if (!peer_blocked(self->client))
		return -ETIMEDOUT;
	peer_receive(self->server, self->server->chid, self->mem, LARGE);
	if (!wait_until_stuck(self->server))
		return -ETIMEDOUT;
	/* In the copy, that is: nobody has an error yet. */
	return self->client->running && self->server->running ? 0 : -EBADMSG;
}

TEST_F(never, server_in_the_clients_memory_is_killed)
{
	int ret = stick_server(self);

	if (ret == -EOPNOTSUPP)
		SKIP(return, "no userfaultfd");
	ASSERT_EQ(0, ret);
	EXPECT_EQ(256 + SIGKILL, peer_kill(self->server));
	EXPECT_EQ(-ESRCH, peer_wait(self->client));
	EXPECT_EQ(256 + SIGKILL, peer_kill(self->client));
}

TEST_F(never, client_is_killed)
{
	int ret = stick_server(self);

	if (ret == -EOPNOTSUPP)
		SKIP(return, "no userfaultfd");
	ASSERT_EQ(0, ret);
	EXPECT_EQ(256 + SIGKILL, peer_kill(self->client));
	/* Its pager went with it: the server goes on waiting for a message. */
	ASSERT_TRUE(peer_blocked(self->server));
	EXPECT_EQ(256 + SIGKILL, peer_kill(self->server));
}

/* The pager outlives the client, in other hands. */
TEST_F(never, client_is_killed_and_the_pager_is_not)
{
	char path[64];
	int ret = stick_server(self), fd;

	if (ret == -EOPNOTSUPP)
		SKIP(return, "no userfaultfd");
	ASSERT_EQ(0, ret);
	fd = syscall(SYS_pidfd_open, self->client->pid, 0);
	ASSERT_LE(0, fd);
	fd = syscall(SYS_pidfd_getfd, fd, (int)self->client->value[0], 0);
	ASSERT_LE(0, fd);
	EXPECT_EQ(256 + SIGKILL, peer_kill(self->client));
	snprintf(path, sizeof(path), "/proc/%d", self->client->pid);
	EXPECT_EQ(-1, access(path, F_OK));
	/* The server can still be got rid of. */
	EXPECT_EQ(256 + SIGKILL, peer_kill(self->server));
}

TEST_F(never, server_in_its_own_memory_is_killed)
{
	int ret = peer_call(self->server, job_make_pager);

	if (ret == -EOPNOTSUPP)
		SKIP(return, "no userfaultfd");
	ASSERT_EQ(0, ret);
	peer_send(self->client, self->mem, LARGE, NULL, 0);
	ASSERT_TRUE(peer_blocked(self->client));
	receive_args(&self->server->receive, self->server->chid, self->server->memory, LARGE,
		     QIPC_BUF);
	peer_go(self->server, job_receive);
	ASSERT_TRUE(wait_until_stuck(self->server));
	EXPECT_TRUE(self->client->running && self->server->running);
	EXPECT_EQ(256 + SIGKILL, peer_kill(self->server));
	EXPECT_EQ(-ESRCH, peer_wait(self->client));
}

/* The client can leave a server that never gets done. */
TEST_F(never, client_of_a_stuck_server_is_killed)
{
	int ret = peer_call(self->server, job_make_pager);

	if (ret == -EOPNOTSUPP)
		SKIP(return, "no userfaultfd");
	ASSERT_EQ(0, ret);
	peer_send(self->client, self->mem, LARGE, NULL, 0);
	ASSERT_TRUE(peer_blocked(self->client));
	receive_args(&self->server->receive, self->server->chid, self->server->memory, LARGE,
		     QIPC_BUF);
	peer_go(self->server, job_receive);
	ASSERT_TRUE(wait_until_stuck(self->server));
	EXPECT_TRUE(self->client->running && self->server->running);
	EXPECT_EQ(256 + SIGKILL, peer_kill(self->client));
	EXPECT_EQ(256 + SIGKILL, peer_kill(self->server));
}

/* Fills value[0] bytes of memory, and sends the first of them. */
static long job_send_from_much(struct peer *peer)
{
	char *memory = private_alloc(peer->value[0]);

	if (!memory)
		return -ENOMEM;
	memset(memory, SENTINEL, peer->value[0]);
	send_args(&peer->send, peer->coid, memory, LARGE, NULL, 0);
	return job_send(peer);
}

/* All memory that is charged to the group, in bytes; -1 if that is not known. */
static long charged(const char *group)
{
	char buf[32];

	return cgroup_read(group, "memory.current", buf, sizeof(buf)) ? atol(buf) : -1;
}

/* ... and its memory goes with it, however long the server is stuck. */
TEST_F(never, memory_of_a_killed_client_goes)
{
	int ret = peer_call(self->server, job_make_pager);
	int64_t end;

	if (ret == -EOPNOTSUPP)
		SKIP(return, "no userfaultfd");
	ASSERT_EQ(0, ret);
	ASSERT_TRUE(cgroup_make(CGROUP));
	ASSERT_TRUE(cgroup_take(CGROUP, self->client->pid));
	self->client->value[0] = CLIENT_BYTES;
	peer_go(self->client, job_send_from_much);
	ASSERT_TRUE(peer_blocked(self->client));
	ASSERT_LE(CLIENT_BYTES, charged(CGROUP));
	receive_args(&self->server->receive, self->server->chid, self->server->memory, LARGE,
		     QIPC_BUF);
	peer_go(self->server, job_receive);
	ASSERT_TRUE(wait_until_stuck(self->server));
	EXPECT_TRUE(self->client->running && self->server->running);
	EXPECT_EQ(256 + SIGKILL, peer_kill(self->client));
	end = now_us() + PATIENCE_MS * 1000LL;
	while (charged(CGROUP) >= LEFT_BYTES && now_us() < end)
		sleep_us(10000);
	EXPECT_GT(LEFT_BYTES, charged(CGROUP));
	/* It is what it was: in its own memory, with a message that it does not get. */
	EXPECT_TRUE(self->server->running);
	EXPECT_TRUE(wait_until_stuck(self->server));
	EXPECT_EQ(256 + SIGKILL, peer_kill(self->server));
	rmdir(CGROUP);
}

/*
 * What the server answers with, as it lies in memory that never comes: a short
 * buffer, or a list of parts, which is taken over in one of two ways.
 */
static const struct {
	const char *name;
	unsigned int flags;
	uint64_t count;
} absent_replies[] = {
	{ "a short buffer", QIPC_BUF, 16 },
	{ "a short list", 0, 5 },
	{ "a long list", 0, 500 },
};

/* Number value[1] of them. */
static long job_reply_from_nowhere(struct peer *peer)
{
	return q_reply_full(peer->session, peer->receive.rcvid, 0, peer->memory,
			    absent_replies[peer->value[1]].count,
			    absent_replies[peer->value[1]].flags, NULL);
}

/* The same for the first of them, in a call that receives next. */
static long job_reply_receive_from_nowhere(struct peer *peer)
{
	memset(&peer->rr, 0, sizeof(peer->rr));
	peer->rr.reply.rcvid = peer->receive.rcvid;
	peer->rr.reply.vec = vec_buf(peer->memory, absent_replies[0].count);
	peer->rr.reply.flags = absent_replies[0].flags;
	receive_args(&peer->rr.receive, peer->chid, NULL, 0, QIPC_BUF);
	return job_reply_receive(peer);
}

/*
 * A server that is killed while it waits for its own memory has not answered: its
 * client is told that it is gone, and nothing of its memory.  0, or what was wrong.
 */
static int die_in_a_reply(NEVER *self, size_t which, long (*job)(struct peer *peer))
{
	struct peer *server = peer_start(true, self->session);
	int ret = 0;

	if (!server || peer_call(server, job_create))
		return 1;
	self->client->server = server->pid;
	self->client->chid = server->chid;
	if (peer_call(self->client, job_attach) || peer_call(server, job_make_pager))
		return 2;
	peer_send(self->client, "x", 1, self->mem, LARGE);
	receive_args(&server->receive, server->chid, self->mem, LARGE, QIPC_BUF);
	if (peer_call(server, job_receive))
		return 3;
	server->value[1] = which;
	peer_go(server, job);
	if (!wait_until_stuck(server) || !server->running || !self->client->running)
		ret = 4;
	if (peer_kill(server) != 256 + SIGKILL)
		return 5;
	if (peer_wait(self->client) != -ESRCH)
		return 6;
	return ret;
}

TEST_F(never, server_in_its_own_reply_is_killed)
{
	int ret = peer_call(self->server, job_make_pager);
	size_t i;

	if (ret == -EOPNOTSUPP)
		SKIP(return, "no userfaultfd");
	ASSERT_EQ(0, ret);
	for (i = 0; i < ARRAY_SIZE(absent_replies); i++) {
		EXPECT_EQ(0, die_in_a_reply(self, i, job_reply_from_nowhere)) {
			TH_LOG("%s", absent_replies[i].name);
		}
	}
	EXPECT_EQ(0, die_in_a_reply(self, 0, job_reply_receive_from_nowhere)) {
		TH_LOG("with the next receive");
	}
}

TEST_HARNESS_MAIN
