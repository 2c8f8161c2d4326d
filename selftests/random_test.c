// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random messages against a model.
 *
 * Both sides draw the same plan of each round from one seed: the parts of all
 * memories, lengths, offsets and flags.  Data comes from two fixed pools of
 * noise that both know.  Each memory that is written to has a twin, to which
 * the same bytes are applied with memcpy; the two have to be equal afterwards,
 * gaps between the parts included.
 *
 * timeout 240
 */
#include <stddef.h>

#include "kselftest_harness.h"
#include "qipc_test.h"

#define MAX_PARTS	64
#define MAX_TOTAL	(1024 * 1024)
/* Room for the parts, and a gap before each. */
#define MAX_GAP		40
#define ARENA		(MAX_TOTAL + (MAX_PARTS + 1) * MAX_GAP + 64)

#ifndef SEED
#define SEED		20261122
#endif

struct rng {
	uint64_t state;
};

static uint64_t draw(struct rng *rng)
{
	rng->state += 0x9e3779b97f4a7c15ULL;
	return mix64(rng->state);
}

static size_t draw_below(struct rng *rng, size_t limit)
{
	return limit ? draw(rng) % limit : 0;
}

/* Parts of one memory, as offsets into an arena. */
struct layout {
	uint32_t count;
	bool buffer;	/* given as a buffer, not as a vector */
	size_t total;
	size_t lo;	/* of the bytes touched */
	size_t hi;
	uint32_t offset[MAX_PARTS];
	uint32_t len[MAX_PARTS];
};

struct plan {
	struct layout send;		/* client's pool to... */
	struct layout receive;		/* ...server's arena */
	struct layout reply;		/* server's pool to... */
	struct layout room;		/* ...client's arena */
	bool has_read;
	struct layout read;		/* server's arena */
	size_t read_offset;
	bool has_write;
	struct layout write;		/* server's pool */
	size_t write_offset;
	bool combined;			/* the reply is made by the next round's receive */
	bool wait;			/* the server does not make sure that the client was first */
	int64_t status;
};

/*
 * A total from 0 to 1 MiB of which most are small: the exponent is the cube of
 * a uniform distribution, or now and then one itself.
 */
static size_t draw_total(struct rng *rng)
{
	double u = draw_below(rng, 1000000) / 1e6;
	size_t span;
	int bits;

	switch (draw_below(rng, 20)) {
	case 0:
		return 0;
	case 1:
		bits = 1 + (int)(u * 20.0);
		break;
	default:
		bits = 1 + (int)(u * u * u * 20.0);
	}
	span = (size_t)1 << bits;
	span = span / 2 + draw_below(rng, span / 2 + 1);
	return span > MAX_TOTAL ? MAX_TOTAL : span;
}

/*
 * Parts that do not overlap, in random order of addresses, with random gaps,
 * every tenth of them empty.
 */
static void draw_layout(struct rng *rng, struct layout *layout)
{
	uint32_t order[MAX_PARTS], i, j, swap;
	size_t total = draw_total(rng), left = total, at, len;

	layout->count = draw_below(rng, MAX_PARTS + 1);
	if (draw_below(rng, 4) == 0)
		layout->count = draw_below(rng, 4);
	if (!layout->count)
		total = 0;
	left = total;
	for (i = 0; i < layout->count; i++) {
		if (i == layout->count - 1)
			len = left;
		else if (draw_below(rng, 10) == 0)
			len = 0;
		else if (draw_below(rng, 2))
			len = draw_below(rng, left + 1);
		else
			len = draw_below(rng, 2 * left / (layout->count - i) + 1);
		if (len > left)
			len = left;
		layout->len[i] = len;
		left -= len;
		order[i] = i;
	}
	for (i = layout->count; i > 1; i--) {
		j = draw_below(rng, i);
		swap = order[i - 1];
		order[i - 1] = order[j];
		order[j] = swap;
	}
	at = draw_below(rng, MAX_GAP);
	layout->lo = 0;
	for (i = 0; i < layout->count; i++) {
		layout->offset[order[i]] = at;
		at += layout->len[order[i]] + draw_below(rng, MAX_GAP);
	}
	layout->hi = at + 16;
	layout->total = total;
	layout->buffer = layout->count == 1 && (draw(rng) & 1);
}

/* Extends the part that lies last until all parts together have so many bytes. */
static void make_room(struct layout *layout, size_t total)
{
	size_t more = total > layout->total ? total - layout->total : 0;
	uint32_t i, last = 0;

	if (!layout->count)
		return;
	for (i = 1; i < layout->count; i++)
		if (layout->offset[i] > layout->offset[last])
			last = i;
	layout->len[last] += more;
	layout->total += more;
	layout->hi += more;
}

static void make_plan(struct plan *plan, uint64_t seed, int round)
{
	struct rng rng = { .state = mix64(seed) ^ mix64(round) };

	draw_layout(&rng, &plan->send);
	draw_layout(&rng, &plan->receive);
	draw_layout(&rng, &plan->reply);
	draw_layout(&rng, &plan->room);
	/* Room for everything in half of the rounds, for large data to meet large memory. */
	if (draw(&rng) & 1)
		make_room(&plan->receive, plan->send.total);
	if (draw(&rng) & 1)
		make_room(&plan->room, plan->reply.total);
	plan->has_read = draw_below(&rng, 4) == 0;
	draw_layout(&rng, &plan->read);
	plan->read_offset = draw_below(&rng, plan->send.total + plan->send.total / 8 + 2);
	plan->has_write = draw_below(&rng, 4) == 0;
	draw_layout(&rng, &plan->write);
	plan->write_offset = draw_below(&rng, plan->room.total + plan->room.total / 8 + 2);
	plan->combined = draw(&rng) & 1;
	plan->wait = draw_below(&rng, 8) != 0;
	plan->status = draw(&rng);
}

static struct qipc_vec to_vec(const struct layout *layout, unsigned char *arena,
			      struct qipc_iov *parts)
{
	uint32_t i;

	if (layout->buffer)
		return vec_buf(arena + layout->offset[0], layout->len[0]);
	for (i = 0; i < layout->count; i++) {
		parts[i] = iov(arena + layout->offset[i], layout->len[i]);
		/* Nobody looks at the address of an empty part. */
		if (!layout->len[i] && i & 1)
			parts[i].base = mix64(layout->total + i);
	}
	return vec_buf(parts, layout->count);
}

/* A position in a layout. */
struct walk {
	const struct layout *layout;
	uint32_t part;
	size_t within;
};

static void walk_skip(struct walk *walk, size_t count)
{
	while (walk->part < walk->layout->count) {
		size_t left = walk->layout->len[walk->part] - walk->within;

		if (count < left) {
			walk->within += count;
			return;
		}
		count -= left;
		walk->part++;
		walk->within = 0;
	}
}

/* The model of a transfer: min of both sides, from offsets into each; returns the bytes. */
static size_t model_copy(const struct layout *to, unsigned char *to_arena, size_t to_offset,
			 const struct layout *from, const unsigned char *from_arena,
			 size_t from_offset)
{
	struct walk w = { .layout = to }, r = { .layout = from };
	size_t done = 0, count, w_left, r_left;

	walk_skip(&w, to_offset);
	walk_skip(&r, from_offset);
	while (w.part < to->count && r.part < from->count) {
		w_left = to->len[w.part] - w.within;
		r_left = from->len[r.part] - r.within;
		count = w_left < r_left ? w_left : r_left;
		memcpy(to_arena + to->offset[w.part] + w.within,
		       from_arena + from->offset[r.part] + r.within, count);
		walk_skip(&w, count);
		walk_skip(&r, count);
		done += count;
	}
	return done;
}

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* What both sides know: filled before the fork, and not written to. */
static unsigned char *client_pool, *server_pool;

/* An arena that is written to through the module, and its twin. */
struct twins {
	unsigned char *real;
	unsigned char *model;
};

static bool make_twins(struct twins *twins, uint64_t seed)
{
	twins->real = private_alloc(ARENA + MAX_TOTAL);
	twins->model = private_alloc(ARENA + MAX_TOTAL);
	if (!twins->real || !twins->model)
		return false;
	pattern_fill(twins->real, ARENA + MAX_TOTAL, seed);
	memcpy(twins->model, twins->real, ARENA + MAX_TOTAL);
	return true;
}

/* First difference in the bytes around the layout, or -1. */
static ssize_t twins_differ(const struct twins *twins, const struct layout *layout)
{
	size_t i;

	if (!memcmp(twins->real + layout->lo, twins->model + layout->lo, layout->hi - layout->lo))
		return -1;
	for (i = layout->lo; i < layout->hi; i++)
		if (twins->real[i] != twins->model[i])
			return i;
	return -1;
}

/* --- the client ---------------------------------------------------------------- */

/*
 * value[0] is the number of rounds, value[1] the round that is on, value[2]
 * where the bytes differ.
 */
static long job_client(struct peer *peer)
{
	static struct plan plan;
	struct qipc_iov sends[MAX_PARTS], rooms[MAX_PARTS];
	struct qipc_msg_send *arg = &peer->send;
	struct twins room;
	int round, ret;

	if (!make_twins(&room, SEED + 3))
		return CHILD_SETUP;
	for (round = 0; round < peer->value[0]; round++) {
		peer->value[1] = round;
		make_plan(&plan, SEED, round);
		memset(arg, SENTINEL, sizeof(*arg));
		arg->timeout = 0;
		arg->coid = peer->coid;
		arg->flags = (plan.send.buffer ? QIPC_SEND_BUF : 0) |
			     (plan.room.buffer ? QIPC_REPLY_BUF : 0);
		arg->send = to_vec(&plan.send, client_pool, sends);
		arg->reply = to_vec(&plan.room, room.real, rooms);
		ret = q_ioctl(peer->fd, QIPC_MSG_SEND, arg);
		if (ret) {
			peer->value[2] = ret;
			return CHILD_SEND;
		}
		if (arg->status != plan.status || arg->error || arg->side)
			return CHILD_WRONG_DATA;
		if (plan.has_write)
			model_copy(&plan.room, room.model, plan.write_offset, &plan.write,
				   server_pool, 0);
		model_copy(&plan.room, room.model, 0, &plan.reply, server_pool, 0);
		peer->value[2] = twins_differ(&room, &plan.room);
		if (peer->value[2] >= 0)
			return CHILD_WRONG_DATA;
	}
	peer->value[2] = -1;
	/* Nothing was written anywhere else. */
	if (memcmp(room.real, room.model, ARENA + MAX_TOTAL))
		return CHILD_WRONG_DATA;
	return 0;
}

/* --- the server ------------------------------------------------------------------ */

FIXTURE(random) {
	int session;
	int chid;
	struct twins twins;
	struct peer *client;
};

FIXTURE_VARIANT(random) {
	bool process;
	bool fd_space;
	int rounds;
};

FIXTURE_VARIANT_ADD(random, process) { .process = true, .fd_space = false, .rounds = FEWER(10000), };

FIXTURE_VARIANT_ADD(random, process_fd) { .process = true, .fd_space = true, .rounds = FEWER(500), };

FIXTURE_VARIANT_ADD(random, thread) { .process = false, .fd_space = false, .rounds = FEWER(1000), };

FIXTURE_SETUP(random)
{
	self->session = q_open();
	ASSERT_LE(0, self->session);
	self->chid = q_create(self->session, 0);
	ASSERT_LT(0, self->chid);
	client_pool = private_alloc(ARENA);
	ASSERT_NE(NULL, client_pool);
	server_pool = private_alloc(ARENA);
	ASSERT_NE(NULL, server_pool);
	pattern_fill(client_pool, ARENA, SEED + 1);
	pattern_fill(server_pool, ARENA, SEED + 2);
	ASSERT_TRUE(make_twins(&self->twins, SEED + 4));
	self->client = client_start(variant->process, variant->fd_space, self->session,
				    self->chid);
	ASSERT_NE(NULL, self->client);
}

FIXTURE_TEARDOWN(random)
{
}

#define RANDOM	FIXTURE_DATA(random)

struct server {
	struct plan plan;
	struct qipc_iov receives[MAX_PARTS];
	struct qipc_iov replies[MAX_PARTS];
	struct qipc_iov others[MAX_PARTS];
	struct qipc_msg_receive rcv;
	bool owes;	/* the reply of the last round is still to be made */
	struct qipc_msg_reply reply;
	size_t moved;
};

/* The reply of the round, as arguments. */
static void prepare_reply(RANDOM *self, struct server *server)
{
	struct plan *plan = &server->plan;

	(void)self;
	server->reply = (struct qipc_msg_reply){
		.rcvid = server->rcv.rcvid,
		.status = plan->status,
		.vec = to_vec(&plan->reply, server_pool, server->replies),
		.flags = plan->reply.buffer ? QIPC_BUF : 0,
	};
}

/* Receives, and replies to the message before in the same call if that is still to be done. */
static int receive_next(RANDOM *self, struct server *server)
{
	struct qipc_msg_reply_receive rr = { .reply = server->reply, .reply_error = SENTINEL32 };
	struct plan *plan = &server->plan;
	struct qipc_vec vec = to_vec(&plan->receive, self->twins.real, server->receives);
	int ret;

	receive_args(&server->rcv, self->chid, NULL, 0, plan->receive.buffer ? QIPC_BUF : 0);
	server->rcv.vec = vec;
	if (!server->owes) {
		if (!plan->wait)
			wait_until_blocked(self->client->pid, self->client->tid);
		return q_ioctl(self->session, QIPC_MSG_RECEIVE, &server->rcv);
	}
	server->owes = false;
	rr.receive = server->rcv;
	ret = q_ioctl(self->session, QIPC_MSG_REPLY_RECEIVE, &rr);
	server->rcv = rr.receive;
	return ret ? ret : -rr.reply_error;
}

/* Lengths and data of the message, and reads and writes; a text if something is wrong. */
static const char *check_message(RANDOM *self, struct server *server)
{
	struct plan *plan = &server->plan;
	struct qipc_msg_info *info = &server->rcv.info;
	size_t want;
	int64_t got;

	want = model_copy(&plan->receive, self->twins.model, 0, &plan->send, client_pool, 0);
	server->moved += want;
	if ((size_t)info->msglen != want)
		return "msglen";
	if ((size_t)info->srcmsglen != plan->send.total)
		return "srcmsglen";
	if ((size_t)info->dstmsglen != plan->room.total)
		return "dstmsglen";
	if (twins_differ(&self->twins, &plan->receive) >= 0)
		return "received bytes";

	if (plan->has_read) {
		struct qipc_vec vec = to_vec(&plan->read, self->twins.real, server->others);

		want = model_copy(&plan->read, self->twins.model, 0, &plan->send, client_pool,
				  plan->read_offset);
		got = q_transfer(self->session, QIPC_MSG_READ, server->rcv.rcvid,
				 plan->read_offset, (void *)vec.base, vec.count,
				 plan->read.buffer ? QIPC_BUF : 0, NULL);
		server->moved += want;
		if (got != (int64_t)want)
			return "count of a read";
		if (twins_differ(&self->twins, &plan->read) >= 0)
			return "bytes of a read";
	}
	if (plan->has_write) {
		struct qipc_vec vec = to_vec(&plan->write, server_pool, server->others);

		want = 0;
		if (plan->write_offset < plan->room.total)
			want = smaller(plan->write.total, plan->room.total - plan->write_offset);
		got = q_transfer(self->session, QIPC_MSG_WRITE, server->rcv.rcvid,
				 plan->write_offset, (void *)vec.base, vec.count,
				 plan->write.buffer ? QIPC_BUF : 0, NULL);
		server->moved += want;
		if (got != (int64_t)want)
			return "count of a write";
	}
	server->moved += smaller(plan->reply.total, plan->room.total);
	return NULL;
}

TEST_F_TIMEOUT(random, rounds, 200)
{
	struct sigaction act = { .sa_handler = count_signal };
	static struct server server;
	size_t parts = 0, largest = 0;
	const char *wrong;
	int round, ret;
	int64_t start = now_us();

	TH_LOG("seed %d, %d rounds", SEED, variant->rounds);
	/* A client that has failed sends nothing; the receive ends all the same. */
	ASSERT_EQ(0, sigaction(SIGALRM, &act, NULL));
	self->client->value[0] = variant->rounds;
	peer_go(self->client, job_client);
	for (round = 0; round < variant->rounds; round++) {
		if (round % 256 == 0)
			alarm(PATIENCE_MS / 1000);
		make_plan(&server.plan, SEED, round);
		ret = receive_next(self, &server);
		ASSERT_EQ(0, ret) {
			TH_LOG("round %d: client in round %d, says %ld", round,
			       (int)self->client->value[1], self->client->result);
		}
		wrong = check_message(self, &server);
		ASSERT_EQ(NULL, wrong) {
			TH_LOG("round %d: %s differs", round, wrong);
		}
		parts += server.plan.send.count + server.plan.receive.count +
			 server.plan.reply.count + server.plan.room.count;
		if (server.plan.send.total > largest)
			largest = server.plan.send.total;
		prepare_reply(self, &server);
		if (server.plan.combined && round + 1 < variant->rounds) {
			server.owes = true;
			continue;
		}
		ret = q_ioctl(self->session, QIPC_MSG_REPLY, &server.reply);
		ASSERT_EQ(0, ret) {
			TH_LOG("round %d: reply", round);
		}
	}
	EXPECT_EQ(0, peer_wait(self->client)) {
		TH_LOG("client: round %d, at %lld", (int)self->client->value[1],
		       (long long)self->client->value[2]);
	}
	EXPECT_EQ(0, memcmp(self->twins.real, self->twins.model, ARENA + MAX_TOTAL));
	TH_LOG("%zu parts, %zu MiB moved, largest message %zu, %lld ms", parts, server.moved >> 20,
	       largest, (long long)(now_us() - start) / 1000);
}

/* The plans are what they are meant to be: every size and shape is among them. */
TEST(plans)
{
	static struct plan plan;
	int round, empty = 0, full = 0, large = 0, zero_parts = 0, clipped = 0;
	uint32_t i;

	for (round = 0; round < 10000; round++) {
		make_plan(&plan, SEED, round);
		ASSERT_GE(MAX_TOTAL, plan.send.total);
		ASSERT_GE(MAX_PARTS, plan.send.count);
		ASSERT_GE(ARENA + MAX_TOTAL, plan.receive.hi);
		ASSERT_GE(ARENA, plan.send.hi - 16);
		empty += !plan.send.count;
		full += plan.send.count == MAX_PARTS;
		large += plan.send.total > MAX_TOTAL / 2;
		clipped += plan.send.total > plan.receive.total;
		for (i = 0; i < plan.send.count; i++)
			zero_parts += !plan.send.len[i];
	}
	TH_LOG("no parts %d, 64 parts %d, above 512 KiB %d, clipped %d, empty parts %d", empty,
	       full, large, clipped, zero_parts);
	EXPECT_LT(100, empty);
	EXPECT_LT(50, full);
	EXPECT_LT(50, large);
	EXPECT_LT(500, clipped);
	EXPECT_LT(1000, zero_parts);
}

TEST_HARNESS_MAIN
