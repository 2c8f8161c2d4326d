// SPDX-License-Identifier: GPL-2.0-only
/*
 * On which processor a thread goes on that got its turn from another one: that
 * of the other one, unless the channel leaves it to the scheduler.
 */
#include <sched.h>

#include "kselftest_harness.h"
#include "qipc_test.h"

#define ROUNDS	400

struct place {
	int session;
	int chid;
};

/* Runs on one processor once, and wherever it may after that. */
static int begin_on(int cpu)
{
	cpu_set_t all, one = only(cpu);

	if (sched_getaffinity(0, sizeof(all), &all) || sched_setaffinity(0, sizeof(one), &one) ||
	    sched_setaffinity(0, sizeof(all), &all))
		return -errno;
	return 0;
}

/* Above what children say otherwise. */
#define PERCENT	100

/* Sends where it runs, and says in how many rounds the answer came from there. */
static int client(void *of)
{
	int session = q_open(), coid, together = 0, here, there, i;
	struct place *place = of;
	struct qipc_msg_send send;

	coid = q_attach_side(session, getppid(), place->chid);
	if (coid < 0)
		return CHILD_ATTACH;
	if (begin_on(0))
		return CHILD_SETUP;
	for (i = 0; i < ROUNDS; i++) {
		here = sched_getcpu();
		if (q_send(session, coid, &here, sizeof(here), &there, sizeof(there), &send))
			return CHILD_SEND;
		together += here == there;
	}
	return PERCENT + together * 100 / ROUNDS;
}

/* Says on which processor it receives, in the reply. */
static int serve(struct place *place)
{
	struct qipc_msg_reply_receive arg = { .reply.flags = QIPC_BUF };
	int ret = 0, here, from, i;

	for (i = 0; !ret && i < ROUNDS; i++) {
		receive_args(&arg.receive, place->chid, &from, sizeof(from), QIPC_BUF);
		ret = q_ioctl(place->session, QIPC_MSG_REPLY_RECEIVE, &arg);
		here = sched_getcpu();
		arg.reply.rcvid = arg.receive.rcvid;
		arg.reply.vec = vec_buf(&here, sizeof(here));
	}
	return ret ? ret : q_reply(place->session, arg.reply.rcvid, 0, &here, sizeof(here));
}

FIXTURE(placement)
{
	struct place place;
};

FIXTURE_VARIANT(placement)
{
	unsigned int flags;
	/* Of a hundred rounds, in how many they are at least on one processor. */
	int least;
};

FIXTURE_VARIANT_ADD(placement, usual) { .flags = 0, .least = 75 };
FIXTURE_VARIANT_ADD(placement, free) { .flags = QIPC_CHF_FREE_PLACEMENT, .least = 0 };

FIXTURE_SETUP(placement)
{
	self->place.session = q_open();
	ASSERT_LE(0, self->place.session);
	self->place.chid = q_create(self->place.session, variant->flags);
	ASSERT_LT(0, self->place.chid);
}

FIXTURE_TEARDOWN(placement)
{
	close(self->place.session);
}

/* The two begin on two processors. */
TEST_F(placement, of_two_that_take_turns)
{
	int last = sysconf(_SC_NPROCESSORS_ONLN) - 1, ret;
	pid_t pid;

	if (!last)
		SKIP(return, "one processor");
	ASSERT_EQ(0, begin_on(last));
	pid = spawn(client, &self->place);
	ASSERT_LT(0, pid);
	EXPECT_EQ(0, serve(&self->place));
	ret = reap(pid) - PERCENT;
	TH_LOG("on one processor in %d %% of the rounds", ret);
	EXPECT_LE(variant->least, ret);
	EXPECT_GE(100, ret);
}

TEST_HARNESS_MAIN
