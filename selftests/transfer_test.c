// SPDX-License-Identifier: GPL-2.0-only
/*
 * MsgRead and MsgWrite: offsets, part boundaries, beyond the end, from other
 * threads, in any number, and after the answer.
 */
#include <stddef.h>

#include "kselftest_harness.h"
#include "qipc_test.h"

#define ARENA	(1024 * 1024)

FIXTURE(transfer) {
	int session;
	int chid;
	struct peer *client;
	unsigned char *sbuf;	/* of the client */
	unsigned char *rbuf;	/* of the client */
	unsigned char *buf;	/* of the server */
	int64_t rcvid;
};

FIXTURE_VARIANT(transfer) {
	bool process;
	size_t slen;
	size_t rlen;
};

/* One that travels inline and one that does not. */
FIXTURE_VARIANT_ADD(transfer, thread_small) { .process = false, .slen = 40, .rlen = 50, };

FIXTURE_VARIANT_ADD(transfer, thread_large) {
	.process = false, .slen = 70001, .rlen = 80003,
};

FIXTURE_VARIANT_ADD(transfer, process_small) { .process = true, .slen = 40, .rlen = 50, };

FIXTURE_VARIANT_ADD(transfer, process_large) {
	.process = true, .slen = 70001, .rlen = 80003,
};

#define TRANSFER	FIXTURE_DATA(transfer)

/*
 * A message of slen bytes, in four uneven parts, is received with no data, and
 * the client waits with room for rlen bytes in three parts, a gap of 100 bytes
 * between neighbours.
 */
FIXTURE_SETUP(transfer)
{
	struct qipc_msg_receive rcv;
	struct peer *client;

	self->session = q_open();
	ASSERT_LE(0, self->session);
	self->chid = q_create(self->session, 0);
	ASSERT_LT(0, self->chid);
	self->sbuf = shared_alloc(ARENA);
	ASSERT_NE(NULL, self->sbuf);
	self->rbuf = shared_alloc(ARENA);
	ASSERT_NE(NULL, self->rbuf);
	self->buf = private_alloc(ARENA);
	ASSERT_NE(NULL, self->buf);
	client = client_start(variant->process, false, self->session, self->chid);
	ASSERT_NE(NULL, client);
	self->client = client;

	pattern_fill(self->sbuf, variant->slen, 1);
	sentinel_fill(self->rbuf, ARENA);
	sentinel_fill(self->buf, ARENA);
	client->parts[0] = iov(self->sbuf, 7);
	client->parts[1] = iov(self->sbuf + 7, 0);
	client->parts[2] = iov(self->sbuf + 7, variant->slen / 2);
	client->parts[3] = iov(self->sbuf + 7 + variant->slen / 2,
			       variant->slen - variant->slen / 2 - 7);
	client->parts[4] = iov(self->rbuf, 9);
	client->parts[5] = iov(self->rbuf + 109, variant->rlen / 2);
	client->parts[6] = iov(self->rbuf + 209 + variant->rlen / 2,
			       variant->rlen - variant->rlen / 2 - 9);
	send_args(&client->send, client->coid, &client->parts[0], 4, &client->parts[4], 3);
	client->send.flags = 0;
	peer_go(client, job_send);
	ASSERT_TRUE(peer_blocked(client));
	ASSERT_EQ(0, q_receive_now(self->session, self->chid, NULL, 0, &rcv));
	ASSERT_EQ(variant->slen, rcv.info.srcmsglen);
	ASSERT_EQ(variant->rlen, rcv.info.dstmsglen);
	self->rcvid = rcv.rcvid;
}

FIXTURE_TEARDOWN(transfer)
{
}

/* The client returns, with this status and no error. */
static int finish(TRANSFER *self, int64_t status)
{
	int ret = q_reply(self->session, self->rcvid, status, NULL, 0);

	if (!ret)
		ret = peer_wait(self->client);
	if (!ret && (self->client->send.status != status || self->client->send.error))
		ret = -EBADMSG;
	return ret;
}

/* Byte of the client's reply memory: its parts have gaps between them. */
static unsigned char *reply_byte(TRANSFER *self, size_t rlen, size_t i)
{
	if (i < 9)
		return self->rbuf + i;
	if (i < 9 + rlen / 2)
		return self->rbuf + 100 + i;
	return self->rbuf + 200 + i;
}

/* Index of the first byte of [from, to) that is not byte i - from of the pattern, or -1. */
static ssize_t reply_differs(TRANSFER *self, size_t rlen, size_t from, size_t to, uint64_t seed)
{
	size_t i;

	for (i = from; i < to; i++)
		if (*reply_byte(self, rlen, i) != pattern_byte(seed, i - from))
			return i;
	return -1;
}

/* The same for bytes that nobody may have written, gaps included. */
static ssize_t untouched_differs(TRANSFER *self, size_t rlen, size_t from, size_t to)
{
	size_t i;

	for (i = from; i < to; i++)
		if (*reply_byte(self, rlen, i) != SENTINEL)
			return i;
	if (sentinel_differs(self->rbuf + 9, 100) >= 0)
		return -2;
	if (sentinel_differs(self->rbuf + 109 + rlen / 2, 100) >= 0)
		return -3;
	if (sentinel_differs(self->rbuf + 200 + rlen, 1000) >= 0)
		return -4;
	return -1;
}

TEST_F(transfer, B48_read)
{
	const size_t len = variant->slen;
	const size_t cases[][2] = {	/* offset, length */
		{ 0, len }, { 0, 1 }, { 0, 7 }, { 0, 8 }, { 6, 2 }, { 7, 1 }, { 3, len - 3 },
		{ 7 + len / 2 - 1, 3 }, { 7 + len / 2, 5 }, { len - 1, 1 }, { 1, len - 2 },
		/* Past the end: clipped. */
		{ 0, len + 1 }, { len - 1, 2 }, { len - 5, 1000 }, { 5, ARENA },
	};
	size_t i, want;
	int round;

	for (round = 0; round < 2; round++) {
		for (i = 0; i < ARRAY_SIZE(cases); i++) {
			const size_t offset = cases[i][0];

			want = cases[i][1];
			if (want > len - offset)
				want = len - offset;
			sentinel_fill(self->buf, want + 16);
			EXPECT_EQ(want, q_read(self->session, self->rcvid, self->buf, cases[i][1],
					       offset)) {
				TH_LOG("offset %zu, length %zu", offset, cases[i][1]);
			}
			EXPECT_EQ(0, memcmp(self->buf, self->sbuf + offset, want)) {
				TH_LOG("offset %zu, length %zu", offset, cases[i][1]);
			}
			EXPECT_EQ(-1, sentinel_differs(self->buf + want, 16));
		}
	}
	EXPECT_EQ(0, finish(self, 48));
}

TEST_F(transfer, B48_read_into_parts)
{
	const size_t len = variant->slen;
	struct qipc_iov parts[] = {
		iov(self->buf, 3), iov((void *)-1, 0), iov(self->buf + 10, 1),
		iov(self->buf + 20, len - 20), iov(self->buf + len + 10, 100),
	};
	const size_t offset = 5, left = len - offset - 4 - (len - 20);

	EXPECT_EQ(len - offset, q_readv(self->session, self->rcvid, parts, 5, offset));
	EXPECT_EQ(-1, pattern_differs(self->buf, 3, 1, offset));
	EXPECT_EQ(-1, sentinel_differs(self->buf + 3, 7));
	EXPECT_EQ(-1, pattern_differs(self->buf + 10, 1, 1, offset + 3));
	EXPECT_EQ(-1, sentinel_differs(self->buf + 11, 9));
	EXPECT_EQ(0, memcmp(self->buf + 20, self->sbuf + offset + 4, len - 20));
	EXPECT_EQ(-1, sentinel_differs(self->buf + len, 10));
	EXPECT_EQ(0, memcmp(self->buf + len + 10, self->sbuf + len - left, left));
	EXPECT_EQ(-1, sentinel_differs(self->buf + len + 10 + left, 100 - left));
	EXPECT_EQ(0, finish(self, 48));
}

TEST_F(transfer, B49_read_behind_the_end)
{
	const uint64_t len = variant->slen;
	const uint64_t offsets[] = {
		len, len + 1, len + 1000, QIPC_MAX_BYTES, 1ULL << 31, 1ULL << 32,
		(1ULL << 32) + 1, 1ULL << 63, UINT64_MAX - 1, UINT64_MAX,
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(offsets); i++) {
		EXPECT_EQ(0, q_read(self->session, self->rcvid, self->buf, 16, offsets[i])) {
			TH_LOG("offset %#llx", (unsigned long long)offsets[i]);
		}
		EXPECT_EQ(-1, sentinel_differs(self->buf, 16));
	}
	/* Nothing asked for: nothing read, from anywhere, to anywhere. */
	EXPECT_EQ(0, q_read(self->session, self->rcvid, (void *)-1, 0, 0));
	EXPECT_EQ(0, q_readv(self->session, self->rcvid, NULL, 0, 3));
	EXPECT_EQ(0, finish(self, 49));
}

TEST_F(transfer, B50_write)
{
	const size_t len = variant->rlen;
	const size_t cases[][2] = {	/* offset, length */
		{ 3, 20 }, { 0, len }, { 0, 1 }, { 8, 2 }, { 9, 1 }, { 9 + len / 2 - 1, 2 },
		{ len - 1, 1 }, { 1, len - 2 },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		const size_t offset = cases[i][0], count = cases[i][1];

		sentinel_fill(self->rbuf, len + 1200);
		pattern_fill(self->buf, count, i);
		EXPECT_EQ(count, q_write(self->session, self->rcvid, self->buf, count, offset));
		/* There before the answer: the memory is the client's own. */
		EXPECT_EQ(-1, reply_differs(self, variant->rlen, offset, offset + count, i)) {
			TH_LOG("offset %zu, length %zu", offset, count);
		}
		EXPECT_EQ(-1, untouched_differs(self, variant->rlen, 0, offset));
		EXPECT_EQ(-1, untouched_differs(self, variant->rlen, offset + count, len));
		ASSERT_TRUE(peer_blocked(self->client));
	}
	/* The last of them stays where it is. */
	EXPECT_EQ(0, finish(self, 50));
	EXPECT_EQ(-1, reply_differs(self, variant->rlen, 1, len - 1, ARRAY_SIZE(cases) - 1));
	EXPECT_EQ(-1, untouched_differs(self, variant->rlen, 0, 1));
	EXPECT_EQ(-1, untouched_differs(self, variant->rlen, len - 1, len));
}

TEST_F(transfer, B50_write_from_parts)
{
	struct qipc_iov parts[] = {
		iov(self->buf, 2), iov(self->buf + 2, 9), iov(NULL, 0), iov(self->buf + 11, 14),
	};

	pattern_fill(self->buf, 25, 50);
	EXPECT_EQ(25, q_writev(self->session, self->rcvid, parts, 4, 4));
	EXPECT_EQ(0, finish(self, 50));
	EXPECT_EQ(-1, untouched_differs(self, variant->rlen, 0, 4));
	EXPECT_EQ(-1, reply_differs(self, variant->rlen, 4, 29, 50));
	EXPECT_EQ(-1, untouched_differs(self, variant->rlen, 29, variant->rlen));
}

TEST_F(transfer, B51_write_behind_the_end)
{
	const uint64_t len = variant->rlen;
	const uint64_t offsets[] = {
		len, len + 1, QIPC_MAX_BYTES, 1ULL << 32, 1ULL << 63, UINT64_MAX,
	};
	size_t i;

	pattern_fill(self->buf, 1000, 51);
	for (i = 0; i < ARRAY_SIZE(offsets); i++) {
		EXPECT_EQ(0, q_write(self->session, self->rcvid, self->buf, 16, offsets[i])) {
			TH_LOG("offset %#llx", (unsigned long long)offsets[i]);
		}
	}
	EXPECT_EQ(-1, untouched_differs(self, variant->rlen, 0, len));
	/* Across the end: clipped. */
	EXPECT_EQ(10, q_write(self->session, self->rcvid, self->buf, 1000, len - 10));
	EXPECT_EQ(-1, untouched_differs(self, variant->rlen, 0, len - 10));
	EXPECT_EQ(-1, reply_differs(self, variant->rlen, len - 10, len, 51));
	EXPECT_EQ(0, q_write(self->session, self->rcvid, (void *)-1, 0, 0));
	EXPECT_EQ(0, finish(self, 51));
}

TEST_F(transfer, B52_reply_overwrites)
{
	const size_t len = variant->rlen;

	pattern_fill(self->buf, len, 1);
	EXPECT_EQ(len, q_write(self->session, self->rcvid, self->buf, len, 0));
	pattern_fill(self->buf, 20, 2);
	EXPECT_EQ(0, q_reply(self->session, self->rcvid, 52, self->buf, 20));
	EXPECT_EQ(0, peer_wait(self->client));
	EXPECT_EQ(52, self->client->send.status);
	EXPECT_EQ(-1, reply_differs(self, variant->rlen, 0, 20, 2));
	/* Behind the reply is what was written before. */
	pattern_fill(self->buf, len, 1);
	EXPECT_EQ(self->buf[20], *reply_byte(self, variant->rlen, 20));
	EXPECT_EQ(self->buf[len - 1], *reply_byte(self, variant->rlen, len - 1));
}

static long job_read(struct peer *peer)
{
	return q_read(peer->session, peer->value[0], peer->memory, peer->value[1],
		      peer->value[2]);
}

static long job_write(struct peer *peer)
{
	return q_write(peer->session, peer->value[0], peer->memory, peer->value[1],
		       peer->value[2]);
}

TEST_F(transfer, B53_another_thread)
{
	struct peer *a = peer_start(false, self->session);
	struct peer *b = peer_start(false, self->session);
	int i;

	ASSERT_NE(NULL, a);
	ASSERT_NE(NULL, b);
	a->value[0] = self->rcvid;
	a->value[1] = variant->slen;
	a->memory = self->buf;
	b->value[0] = self->rcvid;
	b->value[1] = variant->rlen;
	b->memory = self->buf + ARENA / 2;
	pattern_fill(b->memory, variant->rlen, 53);
	/* Both at once, again and again. */
	for (i = 0; i < 50; i++) {
		sentinel_fill(self->buf, 64);
		peer_go(a, job_read);
		peer_go(b, job_write);
		EXPECT_EQ(variant->slen, peer_wait(a));
		EXPECT_EQ(variant->rlen, peer_wait(b));
		EXPECT_EQ(0, memcmp(self->buf, self->sbuf, variant->slen));
		ASSERT_TRUE(self->client->running);
	}
	EXPECT_TRUE(peer_blocked(self->client));
	EXPECT_EQ(0, finish(self, 53));
	EXPECT_EQ(-1, reply_differs(self, variant->rlen, 0, variant->rlen, 53));
}

TEST_F(transfer, B54_after_the_reply)
{
	EXPECT_EQ(0, finish(self, 54));
	EXPECT_EQ(-ESRCH, q_read(self->session, self->rcvid, self->buf, 8, 0));
	EXPECT_EQ(-1, sentinel_differs(self->buf, 8));
	EXPECT_EQ(-ESRCH, q_write(self->session, self->rcvid, "late", 4, 0));
	EXPECT_EQ(-1, untouched_differs(self, variant->rlen, 0, variant->rlen));
	/* Also with nothing to do. */
	EXPECT_EQ(-ESRCH, q_read(self->session, self->rcvid, NULL, 0, 0));
	EXPECT_EQ(-ESRCH, q_write(self->session, self->rcvid, NULL, 0, 0));
}

/* A reply while another thread copies: each ends well, in one order or the other. */
TEST_F(transfer, reply_races_transfers)
{
	struct peer *reader = peer_start(false, self->session);
	struct peer *client = self->client;
	struct qipc_msg_receive rcv;
	long ret;
	int i;

	ASSERT_NE(NULL, reader);
	EXPECT_EQ(0, finish(self, 0));
	for (i = 0; i < 100; i++) {
		peer_go(client, job_send);
		ASSERT_EQ(0, q_receive(self->session, self->chid, NULL, 0, &rcv));
		reader->value[0] = rcv.rcvid;
		reader->value[1] = variant->slen;
		reader->memory = self->buf;
		peer_go(reader, i & 1 ? job_read : job_write);
		spin_us(i % 20 * 10);
		ASSERT_EQ(0, q_reply(self->session, rcv.rcvid, i, NULL, 0));
		ASSERT_EQ(0, peer_wait(client));
		EXPECT_EQ(i, client->send.status);
		ret = peer_wait(reader);
		EXPECT_TRUE(ret == -ESRCH || ret == (long)variant->slen) {
			TH_LOG("round %d: %ld", i, ret);
		}
	}
}

FIXTURE(shared_buffer) {
	int session;
	int chid;
};

FIXTURE_SETUP(shared_buffer)
{
	self->session = q_open();
	ASSERT_LE(0, self->session);
	self->chid = q_create(self->session, 0);
	ASSERT_LT(0, self->chid);
}

FIXTURE_TEARDOWN(shared_buffer)
{
}

/* Message and reply in the same memory: what is written can be read back. */
TEST_F(shared_buffer, B55_write_then_read)
{
	struct qipc_msg_receive rcv;
	struct peer *client;
	unsigned char *mem = shared_alloc(100000), buf[64];
	int process;

	ASSERT_NE(NULL, mem);
	for (process = 0; process < 2; process++) {
		client = client_start(process, false, self->session, self->chid);
		ASSERT_NE(NULL, client);
		pattern_fill(mem, 100000, 55);
		peer_send(client, mem, 100000, mem, 100000);
		ASSERT_EQ(0, q_receive(self->session, self->chid, buf, 64, &rcv));
		EXPECT_EQ(-1, pattern_differs(buf, 64, 55, 0));
		EXPECT_EQ(7, q_write(self->session, rcv.rcvid, "changed", 7, 50000));
		EXPECT_EQ(10, q_read(self->session, rcv.rcvid, buf, 10, 49998));
		EXPECT_EQ(-1, pattern_differs(buf, 2, 55, 49998));
		EXPECT_EQ(0, memcmp(buf + 2, "changed", 7));
		EXPECT_EQ(-1, pattern_differs(buf + 9, 1, 55, 50007));
		/* The client's own stores are seen, too. */
		memcpy(mem + 70000, "fresh", 5);
		EXPECT_EQ(5, q_read(self->session, rcv.rcvid, buf, 5, 70000));
		EXPECT_EQ(0, memcmp(buf, "fresh", 5));
		EXPECT_EQ(0, q_reply(self->session, rcv.rcvid, 0, NULL, 0));
		EXPECT_EQ(0, peer_wait(client));
	}
}

TEST_HARNESS_MAIN
