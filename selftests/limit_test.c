// SPDX-License-Identifier: GPL-2.0-only
/*
 * How much one user may have: the limits hold over all of its processes, they
 * are nobody else's, what is used up counts as memory of who uses it, and all
 * of it comes back.
 */
#include <stddef.h>

#include "kselftest_harness.h"
#include "qipc_test.h"
#include "cgroup.h"

#define CGROUP		CGROUPS "/qipc-limit"

enum {
	GREEDY = 1001,		/* users */
	OTHER = 1002,
	ENOUGH = 64,		/* objects that nobody is refused */
	STOCK = 1 << 20,	/* bytes that stay charged for a while: less than what was used */
};

/* What is used up; each makes one more, or fails. */
enum kind { CHANNELS, CONNECTIONS, EVENTS, TIMERS, NAMES, PULSES, KINDS };

static int make_one(struct peer *peer, enum kind kind)
{
	static int number;
	char name[32];

	switch (kind) {
	case CHANNELS:
		return q_create(peer->session, 0);
	case CONNECTIONS:
		return q_attach_side(peer->session, 0, peer->own_chid);
	case EVENTS:
		return q_register(peer->session, event_of_kind(QIPC_EVENT_NONE), QIPC_EVENT_SELF);
	case TIMERS:
		return q_timer_create(peer->session, CLOCK_MONOTONIC,
				      event_of_kind(QIPC_EVENT_NONE));
	case PULSES:
		if (peer->own_coid < 0)
			peer->own_coid = q_attach_side(peer->session, 0, peer->own_chid);
		return q_pulse(peer->session, peer->own_coid, -1, 1, 2);
	default:
		snprintf(name, sizeof(name), "limit/%d/%d", (int)own_tid(), number++);
		return q_name_attach(peer->session, peer->own_chid, name);
	}
}

/* Makes value[1] of kind value[0] or as many as it gets; value[2] is how many. */
static long job_use_up(struct peer *peer)
{
	int ret = 0;

	for (peer->value[2] = 0; peer->value[2] < peer->value[1]; peer->value[2]++) {
		ret = make_one(peer, peer->value[0]);
		if (ret < 0)
			break;
	}
	return ret < 0 ? ret : 0;
}

static long job_new_session(struct peer *peer)
{
	close(peer->session);
	peer->session = q_open();
	peer->own_chid = q_create(peer->session, 0);
	peer->own_coid = -1;
	return peer->own_chid < 0 ? peer->own_chid : 0;
}

static struct peer *user_start(uid_t uid, int session)
{
	struct peer *peer = peer_start(true, session);

	if (!peer)
		return NULL;
	peer->value[0] = uid;
	peer->value[1] = uid;
	if (peer_call(peer, job_become))
		return NULL;
	peer->own_chid = -1;
	return peer;
}

static long use_up(struct peer *peer, enum kind kind, long count)
{
	peer->value[0] = kind;
	peer->value[1] = count;
	return peer_call(peer, job_use_up);
}

/* What the module was loaded with, which the environment tells; 0 if that is not known. */
static long limit_of(enum kind kind)
{
	static const char *const names[] = {
		"max_user_channels=", "max_user_connections=", "max_user_events=",
		"max_user_timers=", "max_user_names=", "max_user_pulses=",
	};
	const char *parameters = getenv("QIPC_PARAMETERS"), *at;

	at = parameters ? strstr(parameters, names[kind]) : NULL;
	return at ? atol(at + strlen(names[kind])) : 0;
}

FIXTURE(limit) {
	int session;
	struct peer *greedy[2];	/* two processes of one user */
	struct peer *other;	/* of another one */
};

FIXTURE_SETUP(limit)
{
	size_t i;

	if (geteuid())
		SKIP(return, "changing the user takes root");
	self->session = q_open();
	ASSERT_LE(0, self->session);
	for (i = 0; i < ARRAY_SIZE(self->greedy); i++) {
		self->greedy[i] = user_start(GREEDY, self->session);
		ASSERT_NE(NULL, self->greedy[i]);
		ASSERT_EQ(0, peer_call(self->greedy[i], job_new_session));
	}
	self->other = user_start(OTHER, self->session);
	ASSERT_NE(NULL, self->other);
	ASSERT_EQ(0, peer_call(self->other, job_new_session));
}

FIXTURE_TEARDOWN(limit)
{
}

/* Of each kind: refused at the limit, whichever process asks; nobody else is; it comes back. */
TEST_F_TIMEOUT(limit, of_a_user, 120)
{
	struct peer **greedy = self->greedy;
	long limit, had;
	int kind;

	if (!limit_of(CHANNELS))
		SKIP(return, "QIPC_PARAMETERS does not say what the limits are");
	for (kind = 0; kind < KINDS; kind++) {
		limit = limit_of(kind);
		ASSERT_LT(0, limit);
		/* The processes have a channel each before. */
		had = kind == CHANNELS ? 2 : 0;
		EXPECT_EQ(0, use_up(greedy[0], kind, limit / 2)) {
			TH_LOG("kind %d", kind);
		}
		EXPECT_EQ(-EAGAIN, use_up(greedy[1], kind, limit));
		EXPECT_EQ(limit - limit / 2 - had, greedy[1]->value[2]) {
			TH_LOG("kind %d: %ld of %ld", kind, (long)greedy[1]->value[2], limit);
		}
		EXPECT_EQ(-EAGAIN, use_up(greedy[0], kind, 1));
		EXPECT_EQ(0, use_up(self->other, kind, ENOUGH));
		/* The end of one session gives its part back, to both. */
		ASSERT_EQ(0, peer_call(greedy[0], job_new_session));
		EXPECT_EQ(0, use_up(greedy[1], kind, 1));
		ASSERT_EQ(0, peer_call(greedy[1], job_new_session));
		EXPECT_EQ(0, use_up(greedy[0], kind, limit - had));
		ASSERT_EQ(0, peer_call(greedy[0], job_new_session));
		ASSERT_EQ(0, peer_call(self->other, job_new_session));
	}
}

/* It also comes back from a process that dies. */
TEST_F_TIMEOUT(limit, of_a_user_that_dies, 120)
{
	long limit = limit_of(CONNECTIONS);

	if (!limit)
		SKIP(return, "QIPC_PARAMETERS does not say what the limits are");
	EXPECT_EQ(-EAGAIN, use_up(self->greedy[0], CONNECTIONS, limit + 1));
	EXPECT_EQ(limit, self->greedy[0]->value[2]);
	EXPECT_EQ(-EAGAIN, use_up(self->greedy[1], CONNECTIONS, 1));
	EXPECT_EQ(256 + SIGKILL, peer_kill(self->greedy[0]));
	EXPECT_EQ(0, use_up(self->greedy[1], CONNECTIONS, limit));
}

static long job_public_channel(struct peer *peer)
{
	peer->chid = q_create(peer->session, QIPC_CHF_DISCONNECT);
	return peer->chid < 0 ? peer->chid : q_set_mode(peer->session, peer->chid, 0666);
}

/* Connects and disconnects value[1] times, or as often as it can; value[2] is how often. */
static long job_come_and_go(struct peer *peer)
{
	int coid;

	for (peer->value[2] = 0; peer->value[2] < peer->value[1]; peer->value[2]++) {
		coid = q_attach_side(peer->session, peer->server, peer->chid);
		if (coid < 0)
			return coid;
		if (q_detach(peer->session, coid))
			return -EBADMSG;
	}
	return 0;
}

/* Gives one number of a client back that has gone. */
static long job_give_back(struct peer *peer)
{
	int ret = q_receive_pulse_now(peer->session, peer->chid, &peer->got);

	return ret ? ret : q_detach(peer->session, peer->got.scoid);
}

static long come_and_go(struct peer *peer, struct peer *server, long times)
{
	peer->server = server->pid;
	peer->chid = server->chid;
	peer->value[1] = times;
	return peer_call(peer, job_come_and_go);
}

/*
 * A server that is told of clients who leave keeps their numbers until it gives
 * them back. They count for who has left them: nobody uses up all that there are.
 */
TEST_F_TIMEOUT(limit, of_numbers_left_behind, 120)
{
	long limit = limit_of(CONNECTIONS);
	struct peer *server = peer_start(true, self->session);

	if (!limit)
		SKIP(return, "QIPC_PARAMETERS does not say what the limits are");
	ASSERT_NE(NULL, server);
	ASSERT_EQ(0, peer_call(server, job_public_channel));
	EXPECT_EQ(-EAGAIN, come_and_go(self->greedy[0], server, limit + 1));
	EXPECT_EQ(limit, self->greedy[0]->value[2]);
	EXPECT_EQ(-EAGAIN, come_and_go(self->greedy[1], server, 1));
	EXPECT_EQ(0, come_and_go(self->other, server, ENOUGH));
	/* As many as the server gives back, and no more. */
	EXPECT_EQ(0, peer_call(server, job_give_back));
	EXPECT_EQ(0, come_and_go(self->greedy[1], server, 1));
	EXPECT_EQ(-EAGAIN, come_and_go(self->greedy[1], server, 1));
	/* With the channel they are all gone. */
	EXPECT_EQ(256 + SIGKILL, peer_kill(server));
	EXPECT_EQ(0, use_up(self->greedy[0], CONNECTIONS, limit));
}

/* The administrator is not limited, and counts for nobody. */
TEST_F(limit, administrator)
{
	struct peer *root = peer_start(true, self->session);
	long limit = limit_of(TIMERS);

	if (!limit)
		SKIP(return, "QIPC_PARAMETERS does not say what the limits are");
	ASSERT_NE(NULL, root);
	EXPECT_EQ(0, use_up(root, TIMERS, limit + 10));
	EXPECT_EQ(0, use_up(self->greedy[0], TIMERS, limit));
	/* Unless it has given that right up. */
	root->value[0] = CAP_SYS_RESOURCE;
	ASSERT_EQ(0, peer_call(root, job_drop_capability));
	EXPECT_EQ(-EAGAIN, use_up(root, TIMERS, 1));
}

/* --- memory ------------------------------------------------------------------------------ */

/* The kernel brings the account up to date every two seconds, unless much has changed. */
static bool memory_becomes(long least, long most)
{
	int64_t end = now_us() + PATIENCE_MS * 1000LL;
	long now;

	do {
		now = cgroup_kernel_memory(CGROUP);
		if (now >= least && now <= most)
			return true;
		sleep_us(20000);
	} while (now_us() < end);
	printf("# %ld bytes, not %ld to %ld\n", now, least, most);
	return false;
}

static long job_flood(struct peer *peer)
{
	int coid = q_attach_side(peer->session, 0, peer->own_chid), i, ret = 0;

	for (i = 0; i < peer->value[1] && !ret; i++)
		ret = q_pulse(peer->session, coid, -1, 1, i);
	return ret;
}

/* Blocks with as many parts as there may be. */
static long job_send_parts(struct peer *peer)
{
	struct qipc_iov *parts = private_alloc(peer->value[1] * sizeof(*parts));
	int coid = q_attach_side(peer->session, 0, peer->own_chid);
	struct qipc_msg_send send;
	int64_t i;

	for (i = 0; i < peer->value[1]; i++)
		parts[i] = iov(parts, 1);
	send_args(&send, coid, parts, peer->value[1], NULL, 0);
	send.flags = QIPC_REPLY_BUF;
	return q_ioctl(peer->session, QIPC_MSG_SEND, &send);
}

/*
 * What is made is charged to the cgroup of who makes it, at least so many bytes
 * each, and goes with the session.
 */
TEST_F_TIMEOUT(limit, memory_is_charged, 120)
{
	static const struct {
		enum kind kind;
		int bytes;
	} cases[] = {
		{ CHANNELS, 256 }, { CONNECTIONS, 128 }, { EVENTS, 64 }, { TIMERS, 64 },
		{ NAMES, 64 },
	};
	struct peer *peer = self->greedy[0];
	long before;
	size_t i;

	ASSERT_TRUE(cgroup_make(CGROUP));
	ASSERT_TRUE(cgroup_take(CGROUP, peer->pid));
	before = cgroup_kernel_memory(CGROUP);
	ASSERT_LE(0, before);
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		ASSERT_EQ(0, use_up(peer, cases[i].kind, ENOUGH));
		EXPECT_TRUE(memory_becomes(before + cases[i].bytes * ENOUGH, LONG_MAX)) {
			TH_LOG("kind %d", cases[i].kind);
		}
		ASSERT_EQ(0, peer_call(peer, job_new_session));
	}
	/* Pulses, and part lists of a blocked call. */
	peer->value[1] = 10000;
	ASSERT_EQ(0, peer_call(peer, job_flood));
	EXPECT_TRUE(memory_becomes(before + 10000 * 64, LONG_MAX));
	ASSERT_EQ(0, peer_call(peer, job_new_session));
	peer->value[1] = 524288;
	peer_go(peer, job_send_parts);
	ASSERT_TRUE(peer_blocked(peer));
	EXPECT_TRUE(memory_becomes(before + 524288 * 16, LONG_MAX));
	EXPECT_EQ(256 + SIGKILL, peer_kill(peer));
	/* But for what the kernel keeps in stock. */
	EXPECT_TRUE(memory_becomes(0, before + STOCK));
	rmdir(CGROUP);
}

/* Receives and answers so many messages as value[1] says. */
static long job_serve(struct peer *peer)
{
	int64_t i;
	int ret = 0;

	for (i = 0; i < peer->value[1] && !ret; i++) {
		ret = q_receive(peer->session, peer->own_chid, NULL, 0, &peer->receive);
		if (!ret)
			ret = q_reply(peer->session, peer->receive.rcvid, i, NULL, 0);
	}
	return ret;
}

static long job_send_many(struct peer *peer)
{
	struct qipc_msg_send send;
	int64_t i;
	int ret = 0;

	for (i = 0; i < peer->value[1] && !ret; i++) {
		ret = q_send(peer->session, peer->coid, "x", 1, NULL, 0, &send);
		if (!ret && send.status != i)
			ret = -EBADMSG;
	}
	return ret;
}

/* One user has all that it may have; servers and clients of another one go on, and begin. */
TEST_F_TIMEOUT(limit, others_go_on, 120)
{
	struct peer *server = self->other, *client;
	int kind;

	for (kind = 0; kind < KINDS; kind++)
		use_up(self->greedy[0], kind, limit_of(kind) ? limit_of(kind) : 1000);
	client = user_start(OTHER, self->session);
	ASSERT_NE(NULL, client);
	client->server = server->pid;
	client->chid = server->own_chid;
	ASSERT_EQ(0, peer_call(client, job_attach));
	server->value[1] = 200;
	peer_go(server, job_serve);
	client->value[1] = 200;
	EXPECT_EQ(0, peer_call(client, job_send_many));
	EXPECT_EQ(0, peer_wait(server));
}

TEST_HARNESS_MAIN
