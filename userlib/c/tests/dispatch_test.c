// SPDX-License-Identifier: GPL-2.0-only
/* The dispatch library: handlers of messages, pulses and descriptors, loops and pools of threads. */
#include "conform.h"
#include "kselftest_harness.h"

#define FIRST	(_IO_MAX + 1)
#define LAST	(_IO_MAX + 10)

struct seen {
	int calls;
	int code;
	int value;
	rcvid_t rcvid;
};

static int on_message(message_context_t *ctp, int code, unsigned int flags, void *handle)
{
	struct seen *seen = handle;

	(void)flags;
	seen->calls++;
	seen->code = code;
	seen->rcvid = ctp->rcvid;
	return MsgReply(ctp->rcvid, 50, NULL, 0);
}

static int on_pulse(message_context_t *ctp, int code, unsigned int flags, void *handle)
{
	struct seen *seen = handle;

	(void)flags;
	seen->calls++;
	seen->code = code;
	seen->value = ctp->msg->pulse.value.sival_int;
	return 0;
}

/* Sends a message of type value[0], of value[1] bytes. */
static long job_send_type(struct peer *peer)
{
	uint16_t type = peer->value[0];

	return CALL(MsgSend(peer->coid, &type, peer->value[1], NULL, 0));
}

static void send_type(struct peer *peer, int type, int bytes)
{
	peer->value[0] = type;
	peer->value[1] = bytes;
	peer_go(peer, job_send_type);
}

FIXTURE(dispatch) {
	dispatch_t *dpp;
	struct peer *client;
	struct seen seen;
};

static long job_attach_second(struct peer *peer)
{
	peer->chid = peer->value[0];
	return job_attach(peer);
}

FIXTURE_SETUP(dispatch)
{
	name_attach_t *name;

	self->dpp = dispatch_create();
	ASSERT_NE(NULL, self->dpp);
	/* To learn the number of its channel. */
	name = name_attach(self->dpp, "conform/dispatch", 0);
	ASSERT_NE(NULL, name);
	self->client = peer_start(true);
	ASSERT_NE(NULL, self->client);
	self->client->value[0] = name->chid;
	ASSERT_EQ(0, peer_call(self->client, job_attach_second));
	EXPECT_EQ(0, name_detach(name, NAME_FLAG_DETACH_SAVEDPP));
}

FIXTURE_TEARDOWN(dispatch)
{
	EXPECT_EQ(0, dispatch_destroy(self->dpp));
}

/* One turn of a loop. */
static bool turn(dispatch_context_t *ctp)
{
	dispatch_context_t *same = dispatch_block(ctp);

	if (same != ctp)
		return false;
	dispatch_handler(ctp);
	return true;
}

TEST_F(dispatch, messages)
{
	message_attr_t attr = { .msg_max_size = 8192 };
	dispatch_context_t *ctp;

	ASSERT_EQ(0, message_attach(self->dpp, &attr, FIRST, LAST, on_message, &self->seen));
	ctp = dispatch_context_alloc(self->dpp);
	ASSERT_NE(NULL, ctp);
	send_type(self->client, LAST, 2);
	ASSERT_TRUE(turn(ctp));
	EXPECT_EQ(50, peer_wait(self->client));
	EXPECT_EQ(1, self->seen.calls);
	EXPECT_EQ(LAST, self->seen.code);
	/* Nobody wants this one; and that one is no message at all. */
	send_type(self->client, LAST + 1, 2);
	ASSERT_TRUE(turn(ctp));
	EXPECT_EQ(-ENOSYS, peer_wait(self->client));
	send_type(self->client, FIRST, 1);
	ASSERT_TRUE(turn(ctp));
	EXPECT_EQ(-EINVAL, peer_wait(self->client));
	EXPECT_EQ(0, message_detach(self->dpp, FIRST, LAST, 0));
	EXPECT_EQ(-EINVAL, CALL(message_detach(self->dpp, FIRST, LAST, 0)));
	send_type(self->client, LAST, 2);
	ASSERT_TRUE(turn(ctp));
	EXPECT_EQ(-ENOSYS, peer_wait(self->client));
	EXPECT_EQ(1, self->seen.calls);
	EXPECT_EQ(-EINVAL, CALL(message_attach(self->dpp, NULL, LAST, FIRST, on_message, NULL)));
	EXPECT_EQ(-EINVAL, CALL(message_attach(NULL, NULL, FIRST, LAST, on_message, NULL)));
	dispatch_context_free(ctp);
}

TEST_F(dispatch, pulses)
{
	dispatch_context_t *ctp = dispatch_context_alloc(self->dpp);
	int code, fixed, coid;

	ASSERT_NE(NULL, ctp);
	fixed = pulse_attach(self->dpp, 0, 0, on_pulse, &self->seen);
	EXPECT_EQ(0, fixed);
	code = pulse_attach(self->dpp, MSG_FLAG_ALLOC_PULSE, 0, on_pulse, &self->seen);
	EXPECT_EQ(1, code);
	coid = message_connect(self->dpp, MSG_FLAG_SIDE_CHANNEL);
	ASSERT_EQ(_NTO_SIDE_CHANNEL, coid & _NTO_SIDE_CHANNEL);
	ASSERT_EQ(0, MsgSendPulse(coid, 1, code, 99));
	ASSERT_TRUE(turn(ctp));
	EXPECT_EQ(1, self->seen.calls);
	EXPECT_EQ(code, self->seen.code);
	EXPECT_EQ(99, self->seen.value);
	EXPECT_EQ(0, pulse_detach(self->dpp, code, 0));
	EXPECT_EQ(-EINVAL, CALL(pulse_detach(self->dpp, code, 0)));
	ASSERT_EQ(0, MsgSendPulse(coid, 1, code, 99));
	ASSERT_TRUE(turn(ctp));
	EXPECT_EQ(1, self->seen.calls);
	EXPECT_EQ(-EINVAL, CALL(pulse_attach(self->dpp, 0, 1000, on_pulse, NULL)));
	EXPECT_EQ(0, ConnectDetach(coid));
	dispatch_context_free(ctp);
}

TEST_F(dispatch, timeout_and_unblock)
{
	dispatch_context_t *ctp = dispatch_context_alloc(self->dpp);
	struct timespec little = { 0, 1000000 };

	ASSERT_NE(NULL, ctp);
	ASSERT_EQ(0, dispatch_timeout(self->dpp, &little));
	ASSERT_EQ(ctp, dispatch_block(ctp));
	EXPECT_EQ(-1, ctp->message_context.rcvid);
	dispatch_handler(ctp);
	ASSERT_EQ(0, dispatch_timeout(self->dpp, NULL));
	dispatch_unblock(ctp);
	EXPECT_EQ(ctp, dispatch_block(ctp));
	dispatch_handler(ctp);
	EXPECT_EQ(-EINVAL, CALL(dispatch_timeout(NULL, NULL)));
	dispatch_context_free(ctp);
}

TEST(given_channel)
{
	int chid = ChannelCreate(0);
	dispatch_t *dpp = dispatch_create_channel(chid, DISPATCH_FLAG_NOLOCK);
	dispatch_context_t *ctp;

	ASSERT_NE(NULL, dpp);
	ctp = dispatch_context_alloc(dpp);
	ASSERT_NE(NULL, ctp);
	ASSERT_EQ(0, MsgSendPulse(attach_side(0, chid), 1, 3, 0));
	EXPECT_EQ(ctp, dispatch_block(ctp));
	EXPECT_EQ(0, ctp->message_context.rcvid);
	EXPECT_EQ(3, ctp->message_context.msg->pulse.code);
	dispatch_context_free(ctp);
	EXPECT_EQ(0, dispatch_destroy(dpp));
	/* It was not the library's. */
	EXPECT_EQ(0, ChannelDestroy(chid));
	EXPECT_EQ(-EINVAL, CALL(dispatch_destroy(NULL)));
	EXPECT_EQ(NULL, dispatch_create_channel(-1, 0x4000));
	EXPECT_EQ(NULL, dispatch_context_alloc(NULL));
}

static int on_input(select_context_t *ctp, int fd, unsigned int flags, void *handle)
{
	struct seen *seen = handle;
	char byte;

	(void)ctp;
	(void)flags;
	seen->calls++;
	return read(fd, &byte, 1) == 1 ? 0 : -1;
}

TEST_F(dispatch, descriptors)
{
	dispatch_context_t *ctp;
	int ends[2], i;

	ASSERT_EQ(0, pipe(ends));
	ASSERT_EQ(0, select_attach(self->dpp, NULL, ends[0], SELECT_FLAG_READ | SELECT_FLAG_REARM,
				   on_input, &self->seen));
	ctp = dispatch_context_alloc(self->dpp);
	ASSERT_NE(NULL, ctp);
	for (i = 1; i <= 3; i++) {
		ASSERT_EQ(1, write(ends[1], "x", 1));
		while (self->seen.calls < i)
			ASSERT_TRUE(turn(ctp));
	}
	EXPECT_EQ(0, select_detach(self->dpp, ends[0]));
	EXPECT_EQ(-EINVAL, CALL(select_detach(self->dpp, ends[0])));
	dispatch_context_free(ctp);
}

static int slow_message(message_context_t *ctp, int code, unsigned int flags, void *handle)
{
	(void)code;
	(void)flags;
	(void)handle;
	/* In a thread of its own each: all have to be here at once. */
	pthread_barrier_wait(handle);
	return MsgReply(ctp->rcvid, own_tid(), NULL, 0);
}

TEST(pool_of_threads)
{
	thread_pool_attr_t attr;
	struct peer *client[3];
	pthread_barrier_t barrier;
	thread_pool_t *pool;
	name_attach_t *name;
	dispatch_t *dpp = dispatch_create();
	int i;

	ASSERT_NE(NULL, dpp);
	name = name_attach(dpp, "conform/pool", 0);
	ASSERT_NE(NULL, name);
	pthread_barrier_init(&barrier, NULL, 3);
	ASSERT_EQ(0, message_attach(dpp, NULL, FIRST, LAST, slow_message, &barrier));
	memset(&attr, 0, sizeof(attr));
	attr.handle = dpp;
	attr.context_alloc = dispatch_context_alloc;
	attr.context_free = dispatch_context_free;
	attr.block_func = dispatch_block;
	attr.unblock_func = dispatch_unblock;
	attr.handler_func = dispatch_handler;
	attr.lo_water = 2;
	attr.hi_water = 4;
	attr.increment = 1;
	attr.maximum = 6;
	pool = thread_pool_create(&attr, 0);
	ASSERT_NE(NULL, pool);
	ASSERT_EQ(0, thread_pool_start(pool));
	for (i = 0; i < 3; i++) {
		client[i] = client_start(true, name->chid);
		ASSERT_NE(NULL, client[i]);
		send_type(client[i], FIRST, 2);
	}
	for (i = 0; i < 3; i++)
		EXPECT_LT(0, peer_wait(client[i]));
	EXPECT_NE(client[0]->result, client[1]->result);
	EXPECT_NE(client[1]->result, client[2]->result);
	EXPECT_EQ(0, thread_pool_limits(pool, 1, 2, -1, -1, THREAD_POOL_CONTROL_LOWATER |
					THREAD_POOL_CONTROL_HIWATER |
					THREAD_POOL_CONTROL_NONBLOCK));
	attr.maximum = 3;
	EXPECT_EQ(0, thread_pool_control(pool, &attr, 0, 0, THREAD_POOL_CONTROL_MAXIMUM |
					 THREAD_POOL_CONTROL_NONBLOCK));
	EXPECT_EQ(0, thread_pool_destroy(pool));
	errno = 0;
	EXPECT_EQ(NULL, thread_pool_create(NULL, 0));
	EXPECT_EQ(EINVAL, errno);
}

/* --- names with a handle of the program -------------------------------------------------------- */

TEST(names)
{
	name_attach_t *first = name_attach(NULL, "conform/one", 0);
	name_attach_t *global;
	int coid;

	ASSERT_NE(NULL, first);
	errno = 0;
	EXPECT_EQ(NULL, name_attach(NULL, "conform/one", 0));
	EXPECT_EQ(EEXIST, errno);
	errno = 0;
	EXPECT_EQ(NULL, name_attach(NULL, "conform/two", 0x4000));
	EXPECT_EQ(EINVAL, errno);
	/* There is one machine: a global name is a local one. */
	global = name_attach(NULL, "conform/two", NAME_FLAG_ATTACH_GLOBAL);
	ASSERT_NE(NULL, global);
	coid = name_open("conform/two", NAME_FLAG_ATTACH_GLOBAL);
	ASSERT_LT(0, coid);
	EXPECT_EQ(0, name_close(coid));
	EXPECT_EQ(0, name_detach(global, 0));
	coid = name_open("conform/one", 0);
	ASSERT_LT(0, coid);
	EXPECT_EQ(0, name_close(coid));
	EXPECT_EQ(-EINVAL, CALL(name_close(coid)));
	EXPECT_EQ(-ENOENT, CALL(name_open("conform/nothing", 0)));
	EXPECT_EQ(0, name_detach(first, 0));
	EXPECT_EQ(-EINVAL, CALL(name_detach(NULL, 0)));
}

TEST_HARNESS_MAIN
