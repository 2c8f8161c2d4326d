// SPDX-License-Identifier: GPL-2.0-only
/*
 * What ends the wait of a client, in each state, on channels with and without
 * the unblock flag, and what the server hears of it.
 */
#include <stddef.h>

#include "kselftest_harness.h"
#include "qipc_test.h"

FIXTURE(unblock) {
	int session;
	int chid;
	int scoid;		/* of client */
	struct peer *client;
	struct peer *server;	/* a thread of this process */
	char *reply;		/* of client */
};

FIXTURE_VARIANT(unblock) {
	unsigned int flags;	/* of the channel */
	bool process;
	bool fd_space;
};

FIXTURE_VARIANT_ADD(unblock, off_thread) {
	.flags = 0, .process = false, .fd_space = false,
};

FIXTURE_VARIANT_ADD(unblock, off_process_fd) {
	.flags = 0, .process = true, .fd_space = true,
};

FIXTURE_VARIANT_ADD(unblock, on_thread) {
	.flags = QIPC_CHF_UNBLOCK, .process = false, .fd_space = false,
};

FIXTURE_VARIANT_ADD(unblock, on_thread_fd) {
	.flags = QIPC_CHF_UNBLOCK, .process = false, .fd_space = true,
};

FIXTURE_VARIANT_ADD(unblock, on_process) {
	.flags = QIPC_CHF_UNBLOCK, .process = true, .fd_space = false,
};

FIXTURE_VARIANT_ADD(unblock, on_process_fd) {
	.flags = QIPC_CHF_UNBLOCK, .process = true, .fd_space = true,
};

FIXTURE_SETUP(unblock)
{
	self->session = q_open();
	ASSERT_LE(0, self->session);
	self->chid = q_create(self->session, variant->flags);
	ASSERT_LT(0, self->chid);
	/* Made before the client, which is to have it, too. */
	self->reply = shared_alloc(page_size());
	ASSERT_NE(NULL, self->reply);
	sentinel_fill(self->reply, 64);
	self->client = client_start(variant->process, variant->fd_space, self->session,
				    self->chid);
	ASSERT_NE(NULL, self->client);
	self->server = peer_start(false, self->session);
	ASSERT_NE(NULL, self->server);
	self->scoid = peer_scoid(self->client, self->session, self->chid);
	ASSERT_LT(0, self->scoid);
}

FIXTURE_TEARDOWN(unblock)
{
}

/* Channels with the flag. */
#define _test_data_unblock_on	_test_data_unblock
#define _fixture_variant_unblock_on	_fixture_variant_unblock
FIXTURE(unblock_on);
FIXTURE_LIKE(unblock_on, unblock)

FIXTURE_VARIANT_ADD(unblock_on, on_thread) {
	.flags = QIPC_CHF_UNBLOCK, .process = false, .fd_space = false,
};

FIXTURE_VARIANT_ADD(unblock_on, on_thread_fd) {
	.flags = QIPC_CHF_UNBLOCK, .process = false, .fd_space = true,
};

FIXTURE_VARIANT_ADD(unblock_on, on_process) {
	.flags = QIPC_CHF_UNBLOCK, .process = true, .fd_space = false,
};

FIXTURE_VARIANT_ADD(unblock_on, on_process_fd) {
	.flags = QIPC_CHF_UNBLOCK, .process = true, .fd_space = true,
};

/* Channels without it. */
#define _test_data_unblock_off	_test_data_unblock
#define _fixture_variant_unblock_off	_fixture_variant_unblock
FIXTURE(unblock_off);
FIXTURE_LIKE(unblock_off, unblock)

FIXTURE_VARIANT_ADD(unblock_off, off_thread) { .flags = 0, .process = false, .fd_space = false, };

FIXTURE_VARIANT_ADD(unblock_off, off_process_fd) {
	.flags = 0, .process = true, .fd_space = true,
};

/* Clients that are threads of the test. */
#define _test_data_unblock_thread	_test_data_unblock
#define _fixture_variant_unblock_thread	_fixture_variant_unblock
FIXTURE(unblock_thread);
FIXTURE_LIKE(unblock_thread, unblock)

FIXTURE_VARIANT_ADD(unblock_thread, off_thread) {
	.flags = 0, .process = false, .fd_space = false,
};

FIXTURE_VARIANT_ADD(unblock_thread, on_thread) {
	.flags = QIPC_CHF_UNBLOCK, .process = false, .fd_space = false,
};

FIXTURE_VARIANT_ADD(unblock_thread, on_thread_fd) {
	.flags = QIPC_CHF_UNBLOCK, .process = false, .fd_space = true,
};

/* Clients that can be killed. */
#define _test_data_unblock_process	_test_data_unblock
#define _fixture_variant_unblock_process	_fixture_variant_unblock
FIXTURE(unblock_process);
FIXTURE_LIKE(unblock_process, unblock)

FIXTURE_VARIANT_ADD(unblock_process, off_process_fd) {
	.flags = 0, .process = true, .fd_space = true,
};

FIXTURE_VARIANT_ADD(unblock_process, on_process) {
	.flags = QIPC_CHF_UNBLOCK, .process = true, .fd_space = false,
};

FIXTURE_VARIANT_ADD(unblock_process, on_process_fd) {
	.flags = QIPC_CHF_UNBLOCK, .process = true, .fd_space = true,
};

/* The same, with the flag. */
#define _test_data_unblock_on_process	_test_data_unblock
#define _fixture_variant_unblock_on_process	_fixture_variant_unblock
FIXTURE(unblock_on_process);
FIXTURE_LIKE(unblock_on_process, unblock)

FIXTURE_VARIANT_ADD(unblock_on_process, on_process) {
	.flags = QIPC_CHF_UNBLOCK, .process = true, .fd_space = false,
};

FIXTURE_VARIANT_ADD(unblock_on_process, on_process_fd) {
	.flags = QIPC_CHF_UNBLOCK, .process = true, .fd_space = true,
};

/* Side-channel connections, with the flag. */
#define _test_data_unblock_on_side	_test_data_unblock
#define _fixture_variant_unblock_on_side	_fixture_variant_unblock
FIXTURE(unblock_on_side);
FIXTURE_LIKE(unblock_on_side, unblock)

FIXTURE_VARIANT_ADD(unblock_on_side, on_thread) {
	.flags = QIPC_CHF_UNBLOCK, .process = false, .fd_space = false,
};

FIXTURE_VARIANT_ADD(unblock_on_side, on_process) {
	.flags = QIPC_CHF_UNBLOCK, .process = true, .fd_space = false,
};

/* --- handlers that leave a trace ---------------------------------------------- */

static struct peer *handled_by;	/* in the process that handles */

static void count_in_peer(int sig)
{
	(void)sig;
	handled_by->signals++;
}

static long job_count_signals(struct peer *peer)
{
	struct sigaction act = { .sa_handler = count_in_peer };

	handled_by = peer;
	peer->signals = 0;
	return sigaction(SIGUSR1, &act, NULL) ? -errno : 0;
}

/* --- steps ---------------------------------------------------------------------- */

static void start_send(FIXTURE_DATA(unblock) * self)
{
	peer_send(self->client, "question", 9, self->reply, 64);
}

/* A message whose answer has to come in so many milliseconds; its rcvid or an error. */
static int64_t receive_timed_question(FIXTURE_DATA(unblock) * self, int ms)
{
	struct qipc_msg_send send;

	send_args(&send, self->client->coid, "question", 9, self->reply, 64);
	return receive_before(self->client, self->session, self->chid, &send,
			      timeout_in(QIPC_TIMEOUT_REPLY, 0), ms);
}

/* The client's message, received and not answered; its rcvid or an error. */
static int64_t receive_question(FIXTURE_DATA(unblock) * self)
{
	struct qipc_msg_receive rcv;
	struct qipc_pulse buf;
	int ret = q_receive(self->session, self->chid, &buf, sizeof(buf), &rcv);

	if (ret)
		return ret;
	if (rcv.rcvid <= 0 || rcv.info.flags || rcv.info.scoid != self->scoid ||
	    memcmp(&buf, "question", 9))
		return -EBADMSG;
	return rcv.rcvid;
}

static int64_t reply_block(FIXTURE_DATA(unblock) * self)
{
	int64_t rcvid;

	start_send(self);
	rcvid = receive_question(self);
	return rcvid > 0 && !peer_blocked(self->client) ? -ETIMEDOUT : rcvid;
}

/* The same, and then a signal hits the client, which handles it. */
static int64_t signalled_question(FIXTURE_DATA(unblock) * self)
{
	int64_t rcvid = peer_call(self->client, job_count_signals);

	if (!rcvid)
		rcvid = reply_block(self);
	if (rcvid > 0 && peer_signal(self->client, SIGUSR1))
		rcvid = -ESRCH;
	return rcvid;
}

/* True when the next thing on the channel is the wish of the client of this message. */
static bool wish_comes(FIXTURE_DATA(unblock) * self, int64_t rcvid)
{
	struct qipc_pulse pulse;

	return !q_receive_pulse_soon(self->session, self->chid, &pulse) &&
	       pulse_is(&pulse, QIPC_PULSE_UNBLOCK, rcvid, self->scoid);
}

/* What MsgInfo says of the wish: 0, QIPC_MI_UNBLOCK_REQ, or an error. */
static int wish_of(FIXTURE_DATA(unblock) * self, int64_t rcvid)
{
	struct qipc_msg_info info;
	int ret = q_info(self->session, rcvid, &info);

	return ret ? ret : info.flags;
}

/* Nobody can do anything with the message any more. */
static bool all_refused(FIXTURE_DATA(unblock) * self, int64_t rcvid)
{
	struct qipc_msg_info info;
	char byte = 0;

	return q_info(self->session, rcvid, &info) == -ESRCH &&
	       q_read(self->session, rcvid, &byte, 1, 0) == -ESRCH &&
	       q_write(self->session, rcvid, &byte, 1, 0) == -ESRCH &&
	       q_error(self->session, rcvid, EIO) == -ESRCH &&
	       q_reply(self->session, rcvid, 1, "x", 1) == -ESRCH;
}

/* The client still waits, can be reached, and gets what the server says. */
static bool answer_arrives(FIXTURE_DATA(unblock) * self, int64_t rcvid)
{
	char buf[9];

	return peer_waits(self->client) &&
	       q_read(self->session, rcvid, buf, 9, 0) == 9 && !memcmp(buf, "question", 9) &&
	       q_write(self->session, rcvid, "w", 1, 10) == 1 &&
	       !q_reply(self->session, rcvid, 91, "answer", 7) && !peer_wait(self->client) &&
	       self->client->send.status == 91 && self->client->send.error == 0 &&
	       !strcmp(self->reply, "answer") && self->reply[10] == 'w';
}

/* --- the matrix: what frees a client that is SEND-blocked ----------------------------- */

TEST_F(unblock, B89_send_signal)
{
	ASSERT_EQ(0, peer_call(self->client, job_count_signals));
	start_send(self);
	ASSERT_TRUE(peer_blocked(self->client));
	ASSERT_EQ(0, peer_signal(self->client, SIGUSR1));
	EXPECT_EQ(-EINTR, peer_wait(self->client));
	EXPECT_EQ(1, self->client->signals);
	/* The server never knows: neither message nor pulse. */
	EXPECT_TRUE(q_empty(self->session, self->chid));
}

TEST_F(unblock, B96_send_timeout)
{
	peer_send_timeout(self->client, "question", 9, self->reply, 64,
			  timeout_in(QIPC_TIMEOUT_SEND, 10000000));
	EXPECT_EQ(-ETIMEDOUT, peer_wait(self->client));
	EXPECT_TRUE(q_empty(self->session, self->chid));
}

TEST_F(unblock_process, B94_send_killed)
{
	start_send(self);
	ASSERT_TRUE(peer_blocked(self->client));
	EXPECT_EQ(256 + SIGKILL, peer_kill(self->client));
	EXPECT_TRUE(q_empty(self->session, self->chid));
}

TEST_F(unblock, B103_send_destroyed)
{
	start_send(self);
	ASSERT_TRUE(peer_blocked(self->client));
	EXPECT_EQ(0, q_destroy(self->session, self->chid));
	EXPECT_EQ(-ESRCH, peer_wait(self->client));
}

TEST_F(unblock_thread, B112_send_detached)
{
	start_send(self);
	ASSERT_TRUE(peer_blocked(self->client));
	EXPECT_EQ(0, q_detach(self->client->fd, self->client->coid));
	EXPECT_EQ(-EBADF, peer_wait(self->client));
	EXPECT_TRUE(q_empty(self->session, self->chid));
}

/* --- the matrix: REPLY-blocked ---------------------------------------------------------- */

TEST_F(unblock, B90_B91_reply_signal)
{
	int64_t rcvid;

	ASSERT_EQ(0, peer_call(self->client, job_count_signals));
	rcvid = reply_block(self);
	ASSERT_LT(0, rcvid);
	EXPECT_EQ(0, wish_of(self, rcvid));
	ASSERT_EQ(0, peer_signal(self->client, SIGUSR1));
	if (!variant->flags) {
		EXPECT_EQ(-EINTR, peer_wait(self->client));
		EXPECT_EQ(1, self->client->signals);
		EXPECT_TRUE(all_refused(self, rcvid));
		EXPECT_EQ(-1, sentinel_differs(self->reply, 64));
		EXPECT_TRUE(q_empty(self->session, self->chid));
		return;
	}
	EXPECT_TRUE(wish_comes(self, rcvid));
	EXPECT_EQ(QIPC_MI_UNBLOCK_REQ, wish_of(self, rcvid));
	EXPECT_EQ(0, self->client->signals);
	/* The server may answer as if nothing had been. */
	EXPECT_TRUE(answer_arrives(self, rcvid));
	/* And the signal is handled then. */
	EXPECT_EQ(1, self->client->signals);
	EXPECT_TRUE(all_refused(self, rcvid));
	EXPECT_TRUE(q_empty(self->session, self->chid));
}

TEST_F(unblock_on, B91_answered_with_an_error)
{
	static const int errors[] = { EINTR, EIO, 0 };
	int64_t rcvid;
	size_t i;

	ASSERT_EQ(0, peer_call(self->client, job_count_signals));
	for (i = 0; i < ARRAY_SIZE(errors); i++) {
		rcvid = reply_block(self);
		ASSERT_LT(0, rcvid);
		ASSERT_EQ(0, peer_signal(self->client, SIGUSR1));
		ASSERT_TRUE(wish_comes(self, rcvid));
		EXPECT_TRUE(peer_waits(self->client));
		EXPECT_EQ(0, q_error(self->session, rcvid, errors[i]));
		EXPECT_EQ(0, peer_wait(self->client));
		EXPECT_EQ(errors[i], self->client->send.error);
		EXPECT_EQ(i + 1, self->client->signals);
		EXPECT_TRUE(all_refused(self, rcvid));
	}
}

TEST_F(unblock, B96_reply_timeout)
{
	int64_t start = now_us(), rcvid;

	rcvid = receive_timed_question(self, 20);
	ASSERT_LT(0, rcvid);
	if (!variant->flags) {
		EXPECT_EQ(-ETIMEDOUT, peer_wait(self->client));
		EXPECT_LE(20000, now_us() - start);
		EXPECT_TRUE(all_refused(self, rcvid));
		EXPECT_TRUE(q_empty(self->session, self->chid));
		return;
	}
	EXPECT_TRUE(wish_comes(self, rcvid));
	EXPECT_LE(20000, now_us() - start);
	EXPECT_EQ(QIPC_MI_UNBLOCK_REQ, wish_of(self, rcvid));
	EXPECT_TRUE(answer_arrives(self, rcvid));
	EXPECT_TRUE(q_empty(self->session, self->chid));
}

TEST_F(unblock_process, B94_reply_killed)
{
	int64_t rcvid;

	rcvid = reply_block(self);
	ASSERT_LT(0, rcvid);
	/* At once in either case; with the flag the server is told. */
	EXPECT_EQ(256 + SIGKILL, peer_kill(self->client));
	if (variant->flags)
		EXPECT_TRUE(wish_comes(self, rcvid));
	EXPECT_TRUE(all_refused(self, rcvid));
	EXPECT_TRUE(q_empty(self->session, self->chid));
}

/* Killed after it had asked: there is no second pulse. */
TEST_F(unblock_on_process, B94_killed_after_a_signal)
{
	int64_t rcvid;

	rcvid = signalled_question(self);
	ASSERT_LT(0, rcvid);
	ASSERT_TRUE(wish_comes(self, rcvid));
	EXPECT_EQ(256 + SIGKILL, peer_kill(self->client));
	EXPECT_TRUE(all_refused(self, rcvid));
	EXPECT_TRUE(q_empty(self->session, self->chid));
}

/* A signal that ends the process by default is as good as a kill. */
TEST_F(unblock_process, B94_reply_fatal_signals)
{
	static const int fatal[] = { SIGTERM, SIGUSR2, SIGALRM, SIGVTALRM };
	struct peer *client;
	int64_t rcvid;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(fatal); i++) {
		client = client_start(true, variant->fd_space, self->session, self->chid);
		ASSERT_NE(NULL, client);
		self->client = client;
		self->scoid = peer_scoid(client, self->session, self->chid);
		rcvid = reply_block(self);
		ASSERT_LT(0, rcvid);
		ASSERT_EQ(0, kill(client->pid, fatal[i]));
		EXPECT_EQ(256 + fatal[i], reap(client->pid));
		if (variant->flags)
			EXPECT_TRUE(wish_comes(self, rcvid));
		EXPECT_TRUE(all_refused(self, rcvid));
		EXPECT_TRUE(q_empty(self->session, self->chid));
	}
}

static void *exit_when_told(void *arg)
{
	struct peer *peer = arg;

	sem_wait(&peer->go);
	_exit(9);
}

static long job_send_and_exit_elsewhere(struct peer *peer)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, exit_when_told, peer))
		return -EAGAIN;
	return job_send(peer);
}

/* So is the end of the process by another of its threads. */
TEST_F(unblock_process, B94_reply_process_exits)
{
	int64_t rcvid;

	send_args(&self->client->send, self->client->coid, "question", 9, self->reply, 64);
	peer_go(self->client, job_send_and_exit_elsewhere);
	rcvid = receive_question(self);
	ASSERT_LT(0, rcvid);
	ASSERT_TRUE(peer_blocked(self->client));
	sem_post(&self->client->go);
	EXPECT_EQ(9, reap(self->client->pid));
	if (variant->flags)
		EXPECT_TRUE(wish_comes(self, rcvid));
	EXPECT_TRUE(all_refused(self, rcvid));
	EXPECT_TRUE(q_empty(self->session, self->chid));
}

/* No pulse: there is no channel for it. */
TEST_F(unblock, B103_reply_destroyed)
{
	int other = q_create(self->session, variant->flags);
	int64_t rcvid = reply_block(self);

	ASSERT_LT(0, rcvid);
	ASSERT_LT(0, other);
	EXPECT_EQ(0, q_destroy(self->session, self->chid));
	EXPECT_EQ(-ESRCH, peer_wait(self->client));
	EXPECT_TRUE(all_refused(self, rcvid));
	EXPECT_TRUE(q_empty(self->session, other));
}

/* Destroyed while the pulse is queued, and after it was received. */
TEST_F(unblock_on_side, B103_destroyed_after_a_signal)
{
	int64_t rcvid;
	int received;

	ASSERT_EQ(0, peer_call(self->client, job_count_signals));
	for (received = 0; received < 2; received++) {
		rcvid = reply_block(self);
		ASSERT_LT(0, rcvid);
		ASSERT_EQ(0, peer_signal(self->client, SIGUSR1));
		if (received)
			ASSERT_TRUE(wish_comes(self, rcvid));
		EXPECT_EQ(0, q_destroy(self->session, self->chid));
		EXPECT_EQ(-ESRCH, peer_wait(self->client));
		self->chid = q_create(self->session, variant->flags);
		ASSERT_LT(0, self->chid);
		EXPECT_TRUE(q_empty(self->session, self->chid));
		self->client->chid = self->chid;
		ASSERT_EQ(0, peer_call(self->client, job_attach));
		self->scoid = peer_scoid(self->client, self->session, self->chid);
	}
}

TEST_F(unblock_thread, B113_reply_detached)
{
	int64_t rcvid;

	rcvid = reply_block(self);
	ASSERT_LT(0, rcvid);
	EXPECT_EQ(0, q_detach(self->client->fd, self->client->coid));
	if (!variant->flags) {
		EXPECT_EQ(-EBADF, peer_wait(self->client));
		EXPECT_TRUE(all_refused(self, rcvid));
		EXPECT_TRUE(q_empty(self->session, self->chid));
		return;
	}
	EXPECT_TRUE(wish_comes(self, rcvid));
	EXPECT_EQ(QIPC_MI_UNBLOCK_REQ, wish_of(self, rcvid));
	EXPECT_TRUE(answer_arrives(self, rcvid));
	/* The connection is gone all the same. */
	if (!variant->fd_space) {
		EXPECT_EQ(-EBADF, peer_call(self->client, job_send));
		EXPECT_EQ(-EINVAL, q_detach(self->client->fd, self->client->coid));
	}
	EXPECT_TRUE(q_empty(self->session, self->chid));
}

static long job_receive_and_end(struct peer *peer)
{
	q_receive(peer->session, peer->chid, peer->memory, 64, &peer->receive);
	peer->value[3] = own_tid();
	sem_post(&peer->done);
	pthread_exit(NULL);
}

/* The thread that received it is not what the message depends on. */
TEST_F(unblock, B105_receiving_thread_ends)
{
	struct peer *server = self->server;
	char buf[64];
	int64_t rcvid;

	server->chid = self->chid;
	server->memory = buf;
	peer_go(server, job_receive_and_end);
	start_send(self);
	ASSERT_NE(-ETIMEDOUT, peer_collect(server));
	ASSERT_EQ(0, pthread_join(server->thread, NULL));
	rcvid = server->receive.rcvid;
	ASSERT_LT(0, rcvid);
	EXPECT_EQ(0, wish_of(self, rcvid));
	EXPECT_TRUE(q_empty(self->session, self->chid));
	EXPECT_TRUE(answer_arrives(self, rcvid));
}

/* --- the protocol ------------------------------------------------------------------------ */

TEST_F(unblock_on, B92_one_pulse_for_a_message)
{
	int64_t rcvid;
	int i;

	ASSERT_EQ(0, peer_call(self->client, job_count_signals));
	/* Three before it is received. */
	rcvid = receive_timed_question(self, 20);
	ASSERT_LT(0, rcvid);
	ASSERT_TRUE(peer_waits(self->client));
	for (i = 0; i < 3; i++)
		ASSERT_EQ(0, peer_signal(self->client, SIGUSR1));
	ASSERT_TRUE(wish_comes(self, rcvid));
	/* Three after that, and the deadline. */
	for (i = 0; i < 3; i++)
		ASSERT_EQ(0, peer_signal(self->client, SIGUSR1));
	sleep_us(40000);
	if (!variant->process)
		EXPECT_EQ(0, q_detach(self->client->fd, self->client->coid));
	EXPECT_TRUE(q_empty(self->session, self->chid));
	EXPECT_EQ(QIPC_MI_UNBLOCK_REQ, wish_of(self, rcvid));
	EXPECT_TRUE(answer_arrives(self, rcvid));
	EXPECT_LE(1, self->client->signals);
	EXPECT_TRUE(q_empty(self->session, self->chid));
}

/* Two clients, and one message after the other. */
TEST_F(unblock_on, B92_one_pulse_for_each_message)
{
	struct qipc_msg_receive rcv;
	struct qipc_pulse pulse;
	struct peer *second;
	int64_t rcvid;
	int i, scoid;

	second = client_start(true, variant->fd_space, self->session, self->chid);
	ASSERT_NE(NULL, second);
	scoid = peer_scoid(second, self->session, self->chid);
	ASSERT_EQ(0, peer_call(self->client, job_count_signals));
	ASSERT_EQ(0, peer_call(second, job_count_signals));
	for (i = 0; i < 3; i++) {
		rcvid = reply_block(self);
		ASSERT_LT(0, rcvid);
		peer_send(second, "m", 1, NULL, 0);
		ASSERT_EQ(0, q_receive(self->session, self->chid, &pulse, 1, &rcv));
		ASSERT_TRUE(peer_blocked(second));
		ASSERT_EQ(0, peer_signal(second, SIGUSR1));
		ASSERT_EQ(0, q_receive_pulse_soon(self->session, self->chid, &pulse));
		EXPECT_TRUE(pulse_is(&pulse, QIPC_PULSE_UNBLOCK, rcv.rcvid, scoid));
		/* Newer messages, and those of others, have no wish yet. */
		EXPECT_EQ(0, wish_of(self, rcvid));
		ASSERT_EQ(0, peer_signal(self->client, SIGUSR1));
		EXPECT_TRUE(wish_comes(self, rcvid));
		EXPECT_EQ(0, q_reply(self->session, rcv.rcvid, 0, NULL, 0));
		EXPECT_EQ(0, peer_wait(second));
		EXPECT_TRUE(answer_arrives(self, rcvid));
		EXPECT_EQ(i + 1, second->signals);
		EXPECT_EQ(i + 1, self->client->signals);
	}
	EXPECT_TRUE(q_empty(self->session, self->chid));
}

TEST_F(unblock_on, B93_answered_before_the_pulse_is_received)
{
	int64_t end = now_us() + PATIENCE_MS * 1000LL, rcvid;

	rcvid = signalled_question(self);
	ASSERT_LT(0, rcvid);
	while (wish_of(self, rcvid) == 0 && now_us() < end)
		sleep_us(200);
	ASSERT_EQ(QIPC_MI_UNBLOCK_REQ, wish_of(self, rcvid));
	EXPECT_TRUE(answer_arrives(self, rcvid));
	EXPECT_TRUE(q_empty(self->session, self->chid));
	EXPECT_EQ(1, self->client->signals);
}

TEST_F(unblock_on, error_minus_1_is_the_reason)
{
	int64_t rcvid;

	ASSERT_EQ(0, peer_call(self->client, job_count_signals));

	/* It does not want to stop: there is no reason, and it waits on. */
	rcvid = reply_block(self);
	ASSERT_LT(0, rcvid);
	EXPECT_EQ(-EINVAL, q_error(self->session, rcvid, -1));
	EXPECT_TRUE(peer_blocked(self->client));
	EXPECT_EQ(-EINVAL, q_error(self->session, rcvid, -2));

	ASSERT_EQ(0, peer_signal(self->client, SIGUSR1));
	ASSERT_TRUE(wish_comes(self, rcvid));
	EXPECT_EQ(0, q_error(self->session, rcvid, -1));
	EXPECT_EQ(0, peer_wait(self->client));
	EXPECT_EQ(EINTR, self->client->send.error);

	rcvid = receive_timed_question(self, 10);
	ASSERT_TRUE(wish_comes(self, rcvid));
	EXPECT_EQ(0, q_error(self->session, rcvid, -1));
	EXPECT_EQ(0, peer_wait(self->client));
	EXPECT_EQ(ETIMEDOUT, self->client->send.error);

	if (variant->process)
		return;
	rcvid = reply_block(self);
	ASSERT_LT(0, rcvid);
	ASSERT_EQ(0, q_detach(self->client->fd, self->client->coid));
	ASSERT_TRUE(wish_comes(self, rcvid));
	EXPECT_EQ(0, q_error(self->session, rcvid, -1));
	EXPECT_EQ(0, peer_wait(self->client));
	EXPECT_EQ(EBADF, self->client->send.error);
}

TEST_F(unblock_off, error_minus_1_without_the_flag)
{
	int64_t rcvid;

	rcvid = reply_block(self);
	ASSERT_LT(0, rcvid);
	EXPECT_EQ(-EINVAL, q_error(self->session, rcvid, -1));
	EXPECT_TRUE(answer_arrives(self, rcvid));
}

TEST_F(unblock, B36_restart)
{
	int64_t rcvid = reply_block(self), again;

	ASSERT_LT(0, rcvid);
	EXPECT_EQ(0, q_error(self->session, rcvid, ERESTART));
	again = receive_question(self);
	ASSERT_LT(0, again);
	EXPECT_NE(rcvid, again);
	EXPECT_TRUE(all_refused(self, rcvid));
	EXPECT_TRUE(answer_arrives(self, again));
}

/* Sent again by a client that wants to stop: it has not been received yet, so it may. */
TEST_F(unblock_on, B36_restart_after_a_signal)
{
	int64_t rcvid;

	rcvid = signalled_question(self);
	ASSERT_LT(0, rcvid);
	ASSERT_TRUE(wish_comes(self, rcvid));
	EXPECT_EQ(0, q_error(self->session, rcvid, ERESTART));
	EXPECT_EQ(-EINTR, peer_wait(self->client));
	EXPECT_EQ(1, self->client->signals);
	EXPECT_TRUE(all_refused(self, rcvid));
	EXPECT_TRUE(q_empty(self->session, self->chid));
}

static long job_ignore_usr1(struct peer *peer)
{
	(void)peer;
	return signal(SIGUSR1, SIG_IGN) == SIG_ERR ? -errno : 0;
}

TEST_F(unblock, ignored_signals_are_no_wish)
{
	int64_t rcvid;

	ASSERT_EQ(0, peer_call(self->client, job_ignore_usr1));
	rcvid = reply_block(self);
	ASSERT_LT(0, rcvid);
	ASSERT_EQ(0, peer_signal(self->client, SIGUSR1));
	ASSERT_EQ(0, peer_signal(self->client, SIGCHLD));
	EXPECT_TRUE(peer_blocked(self->client));
	EXPECT_EQ(0, wish_of(self, rcvid));
	EXPECT_TRUE(q_empty(self->session, self->chid));
	EXPECT_TRUE(answer_arrives(self, rcvid));
}

/* The channel has no room for a single pulse more: this one it has. */
TEST_F(unblock_on, pulse_needs_no_room)
{
	struct qipc_event none = event_of_kind(QIPC_EVENT_NONE);
	struct qipc_pulse pulse;
	int64_t rcvid;

	self->chid = q_create_pool(self->session, variant->flags, 1, 1, &none);
	ASSERT_LT(0, self->chid);
	self->client->chid = self->chid;
	ASSERT_EQ(0, peer_call(self->client, job_attach));
	self->scoid = peer_scoid(self->client, self->session, self->chid);
	ASSERT_EQ(0, peer_call(self->client, job_count_signals));
	rcvid = reply_block(self);
	ASSERT_LT(0, rcvid);
	ASSERT_EQ(0, q_pulse(self->session, q_attach_side(self->session, 0, self->chid), 0, 1, 1));
	ASSERT_EQ(0, peer_signal(self->client, SIGUSR1));
	/* Of one priority, so in order of arrival. */
	ASSERT_EQ(0, q_receive_pulse_soon(self->session, self->chid, &pulse));
	EXPECT_EQ(1, pulse.code);
	EXPECT_TRUE(wish_comes(self, rcvid));
	EXPECT_TRUE(answer_arrives(self, rcvid));
}

/* The pulse has the priority of the client. */
TEST_F(unblock_on_process, priority_of_the_pulse)
{
	struct qipc_pulse pulse;
	int64_t end = now_us() + PATIENCE_MS * 1000LL, rcvid;
	int coid;

	coid = q_attach_side(self->session, 0, self->chid);
	ASSERT_LE(0, coid);
	ASSERT_EQ(0, peer_call(self->client, job_count_signals));
	ASSERT_EQ(0, peer_set_priority(self->client, 15));
	rcvid = reply_block(self);
	ASSERT_LT(0, rcvid);
	ASSERT_EQ(0, q_pulse(self->session, coid, 10, 10, 0));
	ASSERT_EQ(0, peer_signal(self->client, SIGUSR1));
	while (wish_of(self, rcvid) == 0 && now_us() < end)
		sleep_us(200);
	ASSERT_EQ(0, q_pulse(self->session, coid, 20, 20, 0));
	ASSERT_EQ(0, q_receive_pulse_now(self->session, self->chid, &pulse));
	EXPECT_EQ(20, pulse.code);
	EXPECT_TRUE(wish_comes(self, rcvid));
	ASSERT_EQ(0, q_receive_pulse_now(self->session, self->chid, &pulse));
	EXPECT_EQ(10, pulse.code);
	EXPECT_TRUE(answer_arrives(self, rcvid));
}

/* A pulse that a server thread waits for is handed to it. */
TEST_F(unblock_on, B91_server_waits)
{
	struct qipc_pulse pulse;
	int64_t rcvid;

	ASSERT_EQ(0, peer_call(self->client, job_count_signals));
	rcvid = reply_block(self);
	ASSERT_LT(0, rcvid);
	peer_receive(self->server, self->chid, &pulse, sizeof(pulse));
	ASSERT_TRUE(peer_blocked(self->server));
	ASSERT_EQ(0, peer_signal(self->client, SIGUSR1));
	ASSERT_EQ(0, peer_wait(self->server));
	EXPECT_EQ(0, self->server->receive.rcvid);
	EXPECT_TRUE(pulse_is(&pulse, QIPC_PULSE_UNBLOCK, rcvid, self->scoid));
	EXPECT_TRUE(answer_arrives(self, rcvid));
}

/* --- a server that dies ------------------------------------------------------------------- */

/* The client is the test. */
TEST_F(unblock_thread, B104_server_dies)
{
	struct peer *server, *client;
	int asked;

	for (asked = 0; asked < 2; asked++) {
		server = peer_start(true, self->session);
		ASSERT_NE(NULL, server);
		server->flags = variant->flags;
		ASSERT_EQ(0, peer_call(server, job_create));
		client = peer_start(false, self->session);
		ASSERT_NE(NULL, client);
		client->server = server->pid;
		client->chid = server->chid;
		client->index = variant->fd_space ? 0 : QIPC_SIDE_CHANNEL;
		ASSERT_EQ(0, peer_call(client, job_attach));
		ASSERT_EQ(0, peer_call(client, job_count_signals));
		peer_receive(server, server->chid, server->parts, sizeof(server->parts));
		peer_send(client, "m", 1, NULL, 0);
		ASSERT_EQ(0, peer_wait(server));
		ASSERT_TRUE(peer_blocked(client));
		if (asked && variant->flags) {
			ASSERT_EQ(0, peer_signal(client, SIGUSR1));
			EXPECT_EQ(0, peer_call(server, job_receive_pulse));
			EXPECT_EQ(QIPC_PULSE_UNBLOCK, server->got.code);
			EXPECT_TRUE(peer_waits(client));
		}
		EXPECT_EQ(256 + SIGKILL, peer_kill(server));
		EXPECT_EQ(-ESRCH, peer_wait(client));
		EXPECT_EQ(-EBADF, peer_call(client, job_send));
	}
}

/* --- cancellation ---------------------------------------------------------------------------- */

struct cancel_test {
	int fd;
	int coid;
	int type;	/* of pthread_setcanceltype, or -1: disabled */
	volatile pid_t tid;
	int result;
	struct qipc_msg_send send;
};

static void *send_to_be_cancelled(void *arg)
{
	struct cancel_test *test = arg;

	if (test->type < 0)
		pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
	else
		pthread_setcanceltype(test->type, NULL);
	test->tid = own_tid();
	test->result = q_send(test->fd, test->coid, "question", 9, NULL, 0, &test->send);
	/* Where it acts at the latest. */
	pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, NULL);
	pthread_testcancel();
	return NULL;
}

/*
 * An ioctl is no cancellation point, but a library can make it one with the
 * asynchronous type around it, and MsgSendnc by disabling cancellation.
 */
TEST_F(unblock_thread, B95_cancelled_thread)
{
	struct cancel_test test = { .result = SENTINEL32 };
	struct qipc_msg_receive rcv;
	struct qipc_pulse buf;
	pthread_t thread;
	void *result;
	int nc;

	test.fd = self->client->fd;
	test.coid = self->client->coid;
	for (nc = 0; nc < 2; nc++) {
		test.type = nc ? -1 : PTHREAD_CANCEL_ASYNCHRONOUS;
		test.tid = 0;
		ASSERT_EQ(0, pthread_create(&thread, NULL, send_to_be_cancelled, &test));
		ASSERT_EQ(0, q_receive(self->session, self->chid, &buf, sizeof(buf), &rcv));
		ASSERT_TRUE(wait_until_blocked(getpid(), test.tid));
		ASSERT_EQ(0, pthread_cancel(thread));
		if (nc) {
			ASSERT_TRUE(wait_until_blocked(getpid(), test.tid));
			EXPECT_EQ(0, wish_of(self, rcv.rcvid));
			EXPECT_TRUE(q_empty(self->session, self->chid));
			EXPECT_EQ(0, q_reply(self->session, rcv.rcvid, 95, NULL, 0));
		} else if (variant->flags) {
			EXPECT_TRUE(wish_comes(self, rcv.rcvid));
			EXPECT_EQ(0, q_reply(self->session, rcv.rcvid, 95, NULL, 0));
		}
		ASSERT_EQ(0, pthread_join(thread, &result));
		EXPECT_EQ(PTHREAD_CANCELED, result);
		EXPECT_EQ(-ESRCH, q_reply(self->session, rcv.rcvid, 95, NULL, 0));
		if (nc) {
			EXPECT_EQ(0, test.result);
			EXPECT_EQ(95, test.send.status);
		}
		EXPECT_TRUE(q_empty(self->session, self->chid));
	}
}

TEST_HARNESS_MAIN
