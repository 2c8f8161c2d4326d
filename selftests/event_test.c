// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events: what a server can deliver to a client, when and from where, what a
 * client registers and lets others change, and what is refused.
 */
#include <sched.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "kselftest_harness.h"
#include "qipc_test.h"

FIXTURE(event) {
	int session;
	int chid;
	int64_t rcvid;		/* of a message of client, answered */
	struct peer *client;	/* with a channel of its own */
};

FIXTURE_VARIANT(event) {
	bool process;
	bool fd_space;
};

FIXTURE_VARIANT_ADD(event, thread) { .process = false, .fd_space = false, };

FIXTURE_VARIANT_ADD(event, process) { .process = true, .fd_space = false, };

FIXTURE_VARIANT_ADD(event, process_fd) { .process = true, .fd_space = true, };

/* A message of the client, received and answered: what a server keeps of it. */
static int64_t rcvid_of(int session, int chid, struct peer *client)
{
	struct qipc_msg_receive rcv;

	peer_send(client, NULL, 0, NULL, 0);
	if (q_receive(session, chid, NULL, 0, &rcv) ||
	    q_reply(session, rcv.rcvid, 0, NULL, 0) || peer_wait(client))
		return -1;
	return rcv.rcvid;
}

FIXTURE_SETUP(event)
{
	self->session = q_open();
	ASSERT_LE(0, self->session);
	self->chid = q_create(self->session, 0);
	ASSERT_LT(0, self->chid);
	self->client = client_start(variant->process, variant->fd_space, self->session,
				    self->chid);
	ASSERT_NE(NULL, self->client);
	ASSERT_EQ(0, peer_call(self->client, job_own_channel));
	self->rcvid = rcvid_of(self->session, self->chid, self->client);
	ASSERT_LT(0, self->rcvid);
}

FIXTURE_TEARDOWN(event)
{
}

/* The client is a thread of the test. */
#define _test_data_event_thread	_test_data_event
#define _fixture_variant_event_thread	_fixture_variant_event
FIXTURE(event_thread);
FIXTURE_LIKE(event_thread, event)

FIXTURE_VARIANT_ADD(event_thread, thread) { .process = false, .fd_space = false, };

/* It is a process, which can end. */
#define _test_data_event_process	_test_data_event
#define _fixture_variant_event_process	_fixture_variant_event
FIXTURE(event_process);
FIXTURE_LIKE(event_process, event)

FIXTURE_VARIANT_ADD(event_process, process) { .process = true, .fd_space = false, };

FIXTURE_VARIANT_ADD(event_process, process_fd) { .process = true, .fd_space = true, };

/* Its connection has a number that events can name. */
#define _test_data_event_side	_test_data_event
#define _fixture_variant_event_side	_fixture_variant_event
FIXTURE(event_side);
FIXTURE_LIKE(event_side, event)

FIXTURE_VARIANT_ADD(event_side, thread) { .process = false, .fd_space = false, };

FIXTURE_VARIANT_ADD(event_side, process) { .process = true, .fd_space = false, };

/* It is a process with such a connection. */
#define _test_data_event_process_side	_test_data_event
#define _fixture_variant_event_process_side	_fixture_variant_event
FIXTURE(event_process_side);
FIXTURE_LIKE(event_process_side, event)

FIXTURE_VARIANT_ADD(event_process_side, process) { .process = true, .fd_space = false, };

/* True when the client gets this pulse, and no other. */
static bool client_gets(struct peer *client, int code, uint64_t value)
{
	return !peer_call(client, job_own_pulse) && client->got.code == code &&
	       client->got.value == value && !peer_call(client, job_no_own_pulse);
}

static bool client_gets_nothing(struct peer *client)
{
	return !peer_call(client, job_no_own_pulse);
}

/* --- when ------------------------------------------------------------------------- */

static long job_own_pulse_send(struct peer *peer)
{
	return q_pulse(peer->session, peer->own_coid, -1, 1, 1);
}

TEST_F(event, B116_after_the_reply)
{
	struct qipc_pulse direct;
	int i;

	for (i = 0; i < 3; i++) {
		EXPECT_EQ(0, q_deliver(self->session, self->rcvid,
				       event_pulse(self->client->own_coid, -1, 100 + i,
						   0x123456789abcULL * i)));
		EXPECT_TRUE(client_gets(self->client, 100 + i, 0x123456789abcULL * i));
	}
	/* It comes over the client's connection to itself. */
	direct = self->client->got;
	ASSERT_EQ(0, peer_call(self->client, job_own_pulse_send));
	ASSERT_EQ(0, peer_call(self->client, job_own_pulse));
	EXPECT_EQ(direct.scoid, self->client->got.scoid);
	EXPECT_TRUE(q_empty(self->session, self->chid));
}

TEST_F(event, B116_before_the_reply)
{
	struct qipc_msg_receive rcv;

	/* SEND-blocked, for the message before, and REPLY-blocked, for both. */
	peer_send(self->client, "m", 1, NULL, 0);
	ASSERT_TRUE(peer_blocked(self->client));
	EXPECT_EQ(0, q_deliver(self->session, self->rcvid,
			       event_pulse(self->client->own_coid, 3, 1, 0)));
	ASSERT_TRUE(peer_blocked(self->client));
	ASSERT_EQ(0, q_receive_now(self->session, self->chid, NULL, 0, &rcv));
	EXPECT_EQ(0, q_deliver(self->session, self->rcvid,
			       event_pulse(self->client->own_coid, 2, 2, 0)));
	EXPECT_EQ(0, q_deliver(self->session, rcv.rcvid,
			       event_pulse(self->client->own_coid, 1, 3, 0)));
	EXPECT_TRUE(peer_blocked(self->client));
	EXPECT_EQ(0, q_reply(self->session, rcv.rcvid, 0, NULL, 0));
	EXPECT_EQ(0, peer_wait(self->client));
	EXPECT_EQ(0, peer_call(self->client, job_own_pulse));
	EXPECT_EQ(1, self->client->got.code);
	EXPECT_EQ(0, peer_call(self->client, job_own_pulse));
	EXPECT_EQ(2, self->client->got.code);
	EXPECT_TRUE(client_gets(self->client, 3, 0));
}

/* Each id that the client was ever known by. */
TEST_F(event, B116_old_messages)
{
	int64_t rcvids[50];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rcvids); i++) {
		rcvids[i] = rcvid_of(self->session, self->chid, self->client);
		ASSERT_LT(0, rcvids[i]);
	}
	for (i = 0; i < ARRAY_SIZE(rcvids); i++) {
		EXPECT_EQ(0, q_deliver(self->session, rcvids[i],
				       event_pulse(self->client->own_coid, 0, 1, i)));
	}
	for (i = 0; i < ARRAY_SIZE(rcvids); i++) {
		ASSERT_EQ(0, peer_call(self->client, job_own_pulse));
		EXPECT_EQ(i, self->client->got.value);
	}
}

static long job_deliver(struct peer *peer)
{
	return q_deliver(peer->session, peer->value[0], peer->event);
}

TEST_F(event, B116_any_thread_no_other_process)
{
	struct peer *thread = peer_start(false, self->session);
	struct peer *process = peer_start(true, self->session);

	ASSERT_NE(NULL, thread);
	ASSERT_NE(NULL, process);
	thread->value[0] = self->rcvid;
	process->value[0] = self->rcvid;
	thread->event = event_pulse(self->client->own_coid, -1, 1, 2);
	process->event = thread->event;
	EXPECT_EQ(0, peer_call(thread, job_deliver));
	EXPECT_TRUE(client_gets(self->client, 1, 2));
	EXPECT_EQ(-ESRCH, peer_call(process, job_deliver));
	/* Not even when it is a server itself. */
	ASSERT_EQ(0, peer_call(process, job_create));
	EXPECT_EQ(-ESRCH, peer_call(process, job_deliver));
	EXPECT_TRUE(client_gets_nothing(self->client));
}

TEST_F(event_process, B118_client_died)
{
	EXPECT_EQ(256 + SIGKILL, peer_kill(self->client));
	EXPECT_EQ(-ESRCH, q_deliver(self->session, self->rcvid,
				    event_pulse(self->client->own_coid, -1, 1, 2)));
	EXPECT_EQ(-ESRCH, q_deliver(self->session, self->rcvid,
				    event_signal(QIPC_EVENT_SIGNAL, SIGUSR1, 0, 0)));
	EXPECT_EQ(-ESRCH, q_deliver(self->session, self->rcvid, event_handle(1, 0)));
	EXPECT_EQ(-ESRCH, q_verify(self->session, self->rcvid,
				   event_pulse(self->client->own_coid, -1, 1, 2)));
}

TEST_F(event, no_such_client)
{
	/* Of the client's, one that was never given is none. */
	const int64_t wrong[] = { -1, 1, self->rcvid + 1, self->rcvid ^ (1LL << 40), INT64_MAX,
				  INT64_MIN };
	struct qipc_event event = event_pulse(self->client->own_coid, -1, 1, 2);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		EXPECT_EQ(-ESRCH, q_deliver(self->session, wrong[i], event)) {
			TH_LOG("rcvid %llx", (long long)wrong[i]);
		}
	}
	/* No channel, no client. */
	ASSERT_EQ(0, q_destroy(self->session, self->chid));
	EXPECT_EQ(-ESRCH, q_deliver(self->session, self->rcvid, event));
	EXPECT_TRUE(client_gets_nothing(self->client));
}

TEST_F(event_side, client_detached)
{
	int ret;

	ASSERT_EQ(0, peer_call(self->client, job_detach));
	ret = q_deliver(self->session, self->rcvid,
			event_pulse(self->client->own_coid, -1, 1, 2));
	EXPECT_TRUE(ret == -ESRCH || ret == -EBADF);
	EXPECT_TRUE(client_gets_nothing(self->client));
}

/* --- what ---------------------------------------------------------------------------- */

/* own_coid becomes a descriptor for the channel of the client. */
static long job_own_descriptor(struct peer *peer)
{
	peer->own_coid = q_attach_fd(peer->session, 0, peer->own_chid);
	return peer->own_coid < 0 ? peer->own_coid : 0;
}

/* Its number goes to another file, of which there is one elsewhere in value[0]. */
static long job_reuse_own_descriptor(struct peer *peer)
{
	peer->value[0] = dup(peer->own_coid);
	return peer->value[0] < 0 || dup2(STDERR_FILENO, peer->own_coid) < 0 ? -errno : 0;
}

static long job_close_own_descriptor(struct peer *peer)
{
	return close(peer->own_coid) ? -errno : 0;
}

static long job_close_value(struct peer *peer)
{
	return close(peer->value[0]) ? -errno : 0;
}

TEST_F(event, pulse_over_a_descriptor)
{
	struct peer *client = self->client;

	ASSERT_EQ(0, peer_call(client, job_own_descriptor));
	EXPECT_EQ(0, q_verify(self->session, self->rcvid, event_pulse(client->own_coid, -1, 1, 2)));
	EXPECT_EQ(0, q_deliver(self->session, self->rcvid,
			       event_pulse(client->own_coid, -1, 1, 2)));
	EXPECT_TRUE(client_gets(client, 1, 2));
	ASSERT_EQ(0, peer_call(client, job_close_own_descriptor));
	EXPECT_EQ(-ESRCH, q_deliver(self->session, self->rcvid,
				    event_pulse(client->own_coid, -1, 1, 2)));
	EXPECT_TRUE(client_gets_nothing(client));
}

/* The connection is meant by the number that it was made with, as long as it is open. */
TEST_F(event, pulse_over_a_descriptor_that_was_moved)
{
	struct peer *client = self->client;

	ASSERT_EQ(0, peer_call(client, job_own_descriptor));
	ASSERT_EQ(0, peer_call(client, job_reuse_own_descriptor));
	EXPECT_EQ(0, q_deliver(self->session, self->rcvid,
			       event_pulse(client->own_coid, -1, 3, 4)));
	EXPECT_TRUE(client_gets(client, 3, 4));
	ASSERT_EQ(0, peer_call(client, job_close_value));
	EXPECT_EQ(-ESRCH, q_deliver(self->session, self->rcvid,
				    event_pulse(client->own_coid, -1, 3, 4)));
	/* Its number is free for another connection. */
	ASSERT_EQ(0, peer_call(client, job_close_own_descriptor));
	ASSERT_EQ(0, peer_call(client, job_own_descriptor));
	EXPECT_EQ(0, q_deliver(self->session, self->rcvid,
			       event_pulse(client->own_coid, -1, 5, 6)));
	EXPECT_TRUE(client_gets(client, 5, 6));
}

/* Another connection gets the number; own_coid names it. The first is elsewhere, in value[0]. */
static long job_replace_own_descriptor(struct peer *peer)
{
	peer->value[0] = dup(peer->own_coid);
	if (peer->value[0] < 0 || close(peer->own_coid))
		return -errno;
	return job_own_descriptor(peer);
}

/* The number is the later connection's, whatever becomes of the first. */
TEST_F(event, pulse_over_a_descriptor_that_took_a_number)
{
	struct peer *client = self->client;
	int number;

	ASSERT_EQ(0, peer_call(client, job_own_descriptor));
	number = client->own_coid;
	ASSERT_EQ(0, peer_call(client, job_replace_own_descriptor));
	ASSERT_EQ(number, client->own_coid);
	ASSERT_EQ(0, peer_call(client, job_close_value));
	EXPECT_EQ(0, q_deliver(self->session, self->rcvid, event_pulse(number, -1, 1, 2)));
	EXPECT_TRUE(client_gets(client, 1, 2));
	ASSERT_EQ(0, peer_call(client, job_close_own_descriptor));
	EXPECT_EQ(-ESRCH, q_deliver(self->session, self->rcvid, event_pulse(number, -1, 1, 2)));
}

/* A child that has the descriptor as well; value[0] is its process. */
static long job_share_own_descriptor(struct peer *peer)
{
	pid_t child = fork();

	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		while (true)
			pause();
	}
	peer->value[0] = child;
	return child < 0 ? -errno : 0;
}

/* A child closes own_coid, in its own table of descriptors or in the one of its parent. */
static long close_in_child(int fd, unsigned long flags)
{
	pid_t child = syscall(SYS_clone, flags | SIGCHLD, 0, 0, 0, 0);
	int status;

	if (child == 0)
		_exit(close(fd) ? 1 : 0);
	if (child < 0 || waitpid(child, &status, 0) != child)
		return -errno;
	return status ? -EPROTO : 0;
}

static long job_close_in_child(struct peer *peer)
{
	return close_in_child(peer->own_coid, 0);
}

static long job_close_in_sharer(struct peer *peer)
{
	return close_in_child(peer->own_coid, CLONE_FILES);
}

static long job_end_child(struct peer *peer)
{
	if (kill(peer->value[0], SIGKILL) || waitpid(peer->value[0], NULL, 0) != peer->value[0])
		return -errno;
	return 0;
}

/* What others do with the file is not what the process that made it does. */
TEST_F(event, pulse_over_a_descriptor_that_others_have)
{
	struct peer *client = self->client;

	ASSERT_EQ(0, peer_call(client, job_own_descriptor));
	ASSERT_EQ(0, peer_call(client, job_close_in_child));
	EXPECT_EQ(0, q_deliver(self->session, self->rcvid,
			       event_pulse(client->own_coid, -1, 1, 2)));
	EXPECT_TRUE(client_gets(client, 1, 2));
	ASSERT_EQ(0, peer_call(client, job_share_own_descriptor));
	ASSERT_EQ(0, peer_call(client, job_close_own_descriptor));
	EXPECT_EQ(-ESRCH, q_deliver(self->session, self->rcvid,
				    event_pulse(client->own_coid, -1, 1, 2)));
	ASSERT_EQ(0, peer_call(client, job_end_child));
}

/* A channel that tells of disconnections, and a descriptor for it. */
static long job_own_telling_channel(struct peer *peer)
{
	peer->own_chid = q_create(peer->session, QIPC_CHF_DISCONNECT);
	return peer->own_chid < 0 ? peer->own_chid : job_own_descriptor(peer);
}

/* That events can name it does not keep the connection. */
TEST_F(event, descriptor_of_events_disconnects)
{
	struct peer *client = self->client;

	ASSERT_EQ(0, peer_call(client, job_own_telling_channel));
	ASSERT_EQ(0, q_deliver(self->session, self->rcvid,
			       event_pulse(client->own_coid, -1, 1, 2)));
	EXPECT_TRUE(client_gets(client, 1, 2));
	ASSERT_EQ(0, peer_call(client, job_close_own_descriptor));
	ASSERT_EQ(0, peer_call(client, job_own_pulse));
	EXPECT_EQ(QIPC_PULSE_DISCONNECT, client->got.code);
}

/* Nor when a process that is none of the channel's clients closes the last one. */
TEST_F(event, descriptor_of_events_is_closed_by_another)
{
	struct peer *client = self->client;

	ASSERT_EQ(0, peer_call(client, job_own_telling_channel));
	ASSERT_EQ(0, peer_call(client, job_close_in_sharer));
	ASSERT_EQ(0, peer_call(client, job_own_pulse));
	EXPECT_EQ(QIPC_PULSE_DISCONNECT, client->got.code);
	EXPECT_EQ(-ESRCH, q_deliver(self->session, self->rcvid,
				    event_pulse(client->own_coid, -1, 1, 2)));
}

TEST_F(event, pulse_that_cannot_be_sent)
{
	struct peer *client = self->client;
	int other;

	/* No connection of the client. */
	EXPECT_EQ(-ESRCH, q_deliver(self->session, self->rcvid,
				    event_pulse(client->own_coid + 1000, -1, 1, 2)));
	EXPECT_EQ(-ESRCH, q_deliver(self->session, self->rcvid, event_pulse(-1, -1, 1, 2)));
	/* One of the server's own is none. */
	if (variant->process) {
		other = q_attach_side(self->session, 0, self->chid);
		while (other <= client->own_coid)
			other = q_attach_side(self->session, 0, self->chid);
		EXPECT_EQ(-ESRCH, q_deliver(self->session, self->rcvid,
					    event_pulse(other, -1, 1, 2)));
	}
	EXPECT_EQ(-EINVAL, q_deliver(self->session, self->rcvid,
				     event_pulse(client->own_coid, 100, 1, 2)));
	EXPECT_EQ(-EINVAL, q_deliver(self->session, self->rcvid,
				     event_pulse(client->own_coid, -2, 1, 2)));
	EXPECT_EQ(-EINVAL, q_deliver(self->session, self->rcvid,
				     event_pulse(client->own_coid, -1, 128, 2)));
	EXPECT_EQ(-EINVAL, q_deliver(self->session, self->rcvid,
				     event_pulse(client->own_coid, -1, -129, 2)));
	EXPECT_TRUE(client_gets_nothing(client));
	EXPECT_TRUE(q_empty(self->session, self->chid));
}

static long job_destroy_own(struct peer *peer)
{
	return q_destroy(peer->session, peer->own_chid);
}

TEST_F(event, pulse_to_a_dead_channel)
{
	ASSERT_EQ(0, peer_call(self->client, job_destroy_own));
	EXPECT_EQ(-EBADF, q_deliver(self->session, self->rcvid,
				    event_pulse(self->client->own_coid, -1, 1, 2)));
}

/* It goes where the connection leads, which need not be a channel of the client. */
TEST_F(event_side, pulse_over_a_connection_elsewhere)
{
	struct qipc_pulse pulse;

	EXPECT_EQ(0, q_deliver(self->session, self->rcvid,
			       event_pulse(self->client->coid, -1, 1, 2)));
	ASSERT_EQ(0, q_receive_pulse_soon(self->session, self->chid, &pulse));
	EXPECT_EQ(1, pulse.code);
	EXPECT_EQ(2, pulse.value);
}

TEST_F(event, B117_wrong_signals)
{
	static const int wrong[] = { 0, -1, 65, 1000, INT_MAX, INT_MIN };
	static const unsigned int kinds[] = { QIPC_EVENT_SIGNAL, QIPC_EVENT_SIGNAL_CODE,
					      QIPC_EVENT_SIGNAL_THREAD };
	size_t i, j;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		for (j = 0; j < ARRAY_SIZE(wrong); j++) {
			struct qipc_event event = event_signal(kinds[i], wrong[j], -1, 0);

			EXPECT_EQ(-EINVAL, q_deliver(self->session, self->rcvid, event));
			EXPECT_EQ(-EINVAL, q_verify(self->session, self->rcvid, event));
			EXPECT_EQ(-EINVAL, q_deliver(self->session, 0, event));
			EXPECT_EQ(-EINVAL, q_register(self->session, event,
						      QIPC_EVENT_ANY_SERVER));
		}
	}
	/* Codes above 0 are the kernel's. */
	EXPECT_EQ(-EINVAL, q_deliver(self->session, self->rcvid,
				     event_signal(QIPC_EVENT_SIGNAL_CODE, SIGUSR1, 1, 0)));
	EXPECT_EQ(-EINVAL, q_deliver(self->session, self->rcvid,
				     event_signal(QIPC_EVENT_SIGNAL_THREAD, SIGUSR1, 1, 0)));
}

TEST_F(event, wrong_kinds)
{
	static const unsigned int wrong[] = { 6, 7, 8, 10, 0x7f, 0xff, 0x100, 0x200, 0x800,
					      0x1004, 0x4000, 0x10000, 0x80000000 };
	struct qipc_event_deliver arg;
	struct qipc_event event;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		EXPECT_EQ(-EINVAL, q_deliver(self->session, self->rcvid,
					     event_of_kind(wrong[i]))) {
			TH_LOG("notify %x", wrong[i]);
		}
		EXPECT_EQ(-EINVAL, q_register(self->session, event_of_kind(wrong[i]),
					      QIPC_EVENT_ANY_SERVER));
	}
	event = event_of_kind(QIPC_EVENT_NONE);
	event.reserved = 1;
	EXPECT_EQ(-EINVAL, q_deliver(self->session, self->rcvid, event));
	arg = (struct qipc_event_deliver){ .rcvid = self->rcvid, .flags = 2 };
	EXPECT_EQ(-EINVAL, q_ioctl(self->session, QIPC_EVENT_DELIVER, &arg));
	arg = (struct qipc_event_deliver){ .rcvid = self->rcvid, .reserved = 1 };
	EXPECT_EQ(-EINVAL, q_ioctl(self->session, QIPC_EVENT_DELIVER, &arg));
	/* Nothing at all is fine. */
	EXPECT_EQ(0, q_deliver(self->session, self->rcvid, event_of_kind(QIPC_EVENT_NONE)));
	EXPECT_EQ(0, q_deliver(self->session, 0, event_of_kind(QIPC_EVENT_NONE)));
}

/* Whether the signal is pending for the thread alone, or for the process. */
static bool pending(struct peer *peer, int sig, bool thread)
{
	int64_t end = now_us() + PATIENCE_MS * 1000LL / 4;
	unsigned long long mask = 0;
	char buf[4096], *p;

	do {
		if (read_proc(peer->pid, peer->tid, "status", buf, sizeof(buf)) <= 0)
			return false;
		p = strstr(buf, thread ? "\nSigPnd:" : "\nShdPnd:");
		if (!p)
			return false;
		mask = strtoull(p + 8, NULL, 16);
		if (mask >> (sig - 1) & 1)
			return true;
		sleep_us(200);
	} while (now_us() < end);
	return false;
}

/* True once the peer sleeps in the job that takes a signal. */
static bool takes_signal(struct peer *peer)
{
	int64_t end = now_us() + PATIENCE_MS * 1000LL;
	char buf[512];

	do {
		if (read_proc(peer->pid, peer->tid, "syscall", buf, sizeof(buf)) > 0 &&
		    atoi(buf) == SYS_rt_sigtimedwait)
			return true;
		sleep_us(200);
	} while (peer->running && now_us() < end);
	return false;
}

TEST_F(event, signals)
{
	static const struct {
		unsigned int kind;
		int sig;
		int code;
	} cases[] = {
		{ QIPC_EVENT_SIGNAL, SIGUSR1, 0 },
		{ QIPC_EVENT_SIGNAL_CODE, SIGUSR1, -1 },
		{ QIPC_EVENT_SIGNAL_CODE, SIGUSR2, -100 },
		{ QIPC_EVENT_SIGNAL_CODE, 40, 0 },
	};
	struct peer *client = self->client;
	struct qipc_event event;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		/* No thread of the process takes it unasked. */
		client->value[0] = cases[i].sig;
		ASSERT_EQ(0, peer_call(client, job_block_signal));
		if (!variant->process) {
			sigset_t set;

			sigemptyset(&set);
			sigaddset(&set, cases[i].sig);
			ASSERT_EQ(0, pthread_sigmask(SIG_BLOCK, &set, NULL));
		}
		event = event_signal(cases[i].kind, cases[i].sig, cases[i].code,
				     0x1122334455667788ULL);
		EXPECT_EQ(0, q_verify(self->session, self->rcvid, event));
		/* With a code it is for a thread that takes it. */
		if (cases[i].kind == QIPC_EVENT_SIGNAL_CODE) {
			peer_go(client, job_take_signal);
			ASSERT_TRUE(takes_signal(client));
		}
		EXPECT_EQ(0, q_deliver(self->session, self->rcvid, event));
		if (cases[i].kind != QIPC_EVENT_SIGNAL_CODE) {
			EXPECT_TRUE(pending(client, cases[i].sig, false));
			peer_go(client, job_take_signal);
		}
		ASSERT_EQ(0, peer_wait(client)) {
			TH_LOG("case %zu", i);
		}
		EXPECT_EQ(cases[i].code, client->value[1]);
		if (cases[i].kind != QIPC_EVENT_SIGNAL)
			EXPECT_EQ(0x1122334455667788ULL, client->value[2]);
	}
}

/* One for the thread that waits for the answer, as long as it does. */
TEST_F(event, signal_to_the_thread)
{
	struct qipc_event event = event_signal(QIPC_EVENT_SIGNAL_THREAD, SIGUSR1, -128, 5);
	struct peer *client = self->client;
	struct qipc_msg_receive rcv;

	client->value[0] = SIGUSR1;
	ASSERT_EQ(0, peer_call(client, job_block_signal));
	peer_send(client, "m", 1, NULL, 0);
	ASSERT_EQ(0, q_receive(self->session, self->chid, NULL, 0, &rcv));
	ASSERT_TRUE(peer_blocked(client));
	EXPECT_EQ(0, q_verify(self->session, rcv.rcvid, event));
	EXPECT_EQ(0, q_deliver(self->session, rcv.rcvid, event));
	EXPECT_TRUE(pending(client, SIGUSR1, true));
	EXPECT_TRUE(peer_blocked(client));
	EXPECT_EQ(0, q_reply(self->session, rcv.rcvid, 0, NULL, 0));
	EXPECT_EQ(0, peer_wait(client));
	ASSERT_EQ(0, peer_call(client, job_take_signal));
	EXPECT_EQ(-128, client->value[1]);
	EXPECT_EQ(5, client->value[2]);
	EXPECT_EQ(-ESRCH, q_deliver(self->session, rcv.rcvid, event));
	EXPECT_EQ(-ESRCH, q_verify(self->session, rcv.rcvid, event));
}

/* The end of the client's call. */
TEST_F(event, unblock)
{
	struct qipc_event event = event_of_kind(QIPC_EVENT_UNBLOCK);
	struct peer *client = self->client;
	struct qipc_msg_receive rcv;

	peer_send(client, "m", 1, NULL, 0);
	ASSERT_EQ(0, q_receive(self->session, self->chid, NULL, 0, &rcv));
	ASSERT_TRUE(peer_blocked(client));
	EXPECT_EQ(0, q_verify(self->session, rcv.rcvid, event));
	EXPECT_TRUE(peer_blocked(client));
	EXPECT_EQ(0, q_deliver(self->session, rcv.rcvid, event));
	EXPECT_EQ(-ETIMEDOUT, peer_wait(client));
	EXPECT_EQ(-ESRCH, q_reply(self->session, rcv.rcvid, 0, NULL, 0));
	EXPECT_EQ(-ESRCH, q_deliver(self->session, rcv.rcvid, event));
	/* It is for one call, not for the next. */
	peer_send(client, "m", 1, NULL, 0);
	ASSERT_TRUE(peer_blocked(client));
	EXPECT_EQ(-ESRCH, q_deliver(self->session, rcv.rcvid, event));
	EXPECT_EQ(-ESRCH, q_deliver(self->session, self->rcvid, event));
	EXPECT_TRUE(peer_blocked(client));
	ASSERT_EQ(0, q_receive(self->session, self->chid, NULL, 0, &rcv));
	EXPECT_EQ(0, q_reply(self->session, rcv.rcvid, 0, NULL, 0));
	EXPECT_EQ(0, peer_wait(client));
}

TEST_F(event, unblock_with_the_flag)
{
	struct qipc_event event = event_of_kind(QIPC_EVENT_UNBLOCK);
	struct qipc_msg_receive rcv;
	struct qipc_pulse pulse;
	struct peer *client;
	int chid = q_create(self->session, QIPC_CHF_UNBLOCK);

	ASSERT_LT(0, chid);
	client = client_start(variant->process, variant->fd_space, self->session, chid);
	ASSERT_NE(NULL, client);
	peer_send(client, "m", 1, NULL, 0);
	ASSERT_EQ(0, q_receive(self->session, chid, NULL, 0, &rcv));
	EXPECT_EQ(0, q_deliver(self->session, rcv.rcvid, event));
	ASSERT_EQ(0, q_receive_pulse_soon(self->session, chid, &pulse));
	EXPECT_TRUE(pulse_is(&pulse, QIPC_PULSE_UNBLOCK, rcv.rcvid, rcv.info.scoid));
	EXPECT_TRUE(peer_waits(client));
	EXPECT_EQ(0, q_error(self->session, rcv.rcvid, -1));
	EXPECT_EQ(0, peer_wait(client));
	EXPECT_EQ(ETIMEDOUT, client->send.error);
}

/* A signal interrupts a client in the call that it is blocked in. */
TEST_F(event, signal_interrupts)
{
	struct peer *client = self->client;
	struct qipc_msg_receive rcv;

	client->value[0] = SIGUSR1;
	client->value[1] = 0;
	ASSERT_EQ(0, peer_call(client, job_handle));
	peer_send(client, "m", 1, NULL, 0);
	ASSERT_EQ(0, q_receive(self->session, self->chid, NULL, 0, &rcv));
	ASSERT_TRUE(peer_blocked(client));
	EXPECT_EQ(0, q_deliver(self->session, rcv.rcvid,
			       event_signal(QIPC_EVENT_SIGNAL_THREAD, SIGUSR1, -1, 0)));
	EXPECT_EQ(-EINTR, peer_wait(client));
	EXPECT_EQ(-ESRCH, q_reply(self->session, rcv.rcvid, 0, NULL, 0));
}

static long job_end_thread(struct peer *peer)
{
	peer->running = 0;
	sem_post(&peer->done);
	pthread_exit(NULL);
}

/* The thread is gone, its process is not. */
TEST_F(event_thread, thread_died)
{
	struct timespec patience = { PATIENCE_MS / 1000, 0 };
	struct peer *other;
	siginfo_t info;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	ASSERT_EQ(0, pthread_sigmask(SIG_BLOCK, &set, NULL));
	self->client->value[0] = SIGUSR1;
	ASSERT_EQ(0, peer_call(self->client, job_block_signal));
	other = client_start(false, false, self->session, self->chid);
	ASSERT_NE(NULL, other);
	self->rcvid = rcvid_of(self->session, self->chid, other);
	ASSERT_LT(0, self->rcvid);
	peer_go(other, job_end_thread);
	ASSERT_EQ(0, pthread_join(other->thread, NULL));
	EXPECT_EQ(-ESRCH, q_deliver(self->session, self->rcvid,
				    event_signal(QIPC_EVENT_SIGNAL_THREAD, SIGUSR1, -1, 0)));
	EXPECT_EQ(0, q_deliver(self->session, self->rcvid,
			       event_pulse(self->client->own_coid, -1, 1, 2)));
	EXPECT_TRUE(client_gets(self->client, 1, 2));
	/* The other threads have it blocked: it goes to the first, which is this one. */
	EXPECT_EQ(0, q_deliver(self->session, self->rcvid,
			       event_signal(QIPC_EVENT_SIGNAL_CODE, SIGUSR1, -1, 3)));
	ASSERT_EQ(SIGUSR1, sigtimedwait(&set, &info, &patience));
	EXPECT_EQ(-1, info.si_code);
	EXPECT_EQ(3, (uintptr_t)info.si_value.sival_ptr);
}

/* The client's channel has no room. */
TEST_F(event_thread, pulse_queue_is_full)
{
	struct qipc_event none = event_of_kind(QIPC_EVENT_NONE);
	int chid, coid;

	chid = q_create_pool(self->session, 0, 1, 1, &none);
	coid = q_attach_side(self->session, 0, chid);
	ASSERT_LE(0, coid);
	EXPECT_EQ(0, q_deliver(self->session, self->rcvid, event_pulse(coid, -1, 1, 2)));
	EXPECT_EQ(-EAGAIN, q_deliver(self->session, self->rcvid, event_pulse(coid, -1, 1, 2)));
}

/* --- to oneself ------------------------------------------------------------------------- */

static long job_deliver_to_self(struct peer *peer)
{
	int ret = q_verify(peer->session, 0, peer->event);

	return ret ? ret : q_deliver(peer->session, 0, peer->event);
}

TEST_F(event, to_oneself)
{
	struct peer *client = self->client;

	client->event = event_pulse(client->own_coid, -1, 1, 2);
	EXPECT_EQ(0, peer_call(client, job_deliver_to_self));
	EXPECT_TRUE(client_gets(client, 1, 2));
	client->event = event_pulse(client->own_coid + 1000, -1, 1, 2);
	EXPECT_EQ(-ESRCH, peer_call(client, job_deliver_to_self));
	client->value[0] = SIGUSR1;
	ASSERT_EQ(0, peer_call(client, job_block_signal));
	client->event = event_signal(QIPC_EVENT_SIGNAL_THREAD, SIGUSR1, -3, 4);
	EXPECT_EQ(0, peer_call(client, job_deliver_to_self));
	EXPECT_TRUE(pending(client, SIGUSR1, true));
	ASSERT_EQ(0, peer_call(client, job_take_signal));
	EXPECT_EQ(-3, client->value[1]);
	EXPECT_EQ(4, client->value[2]);
}

/* --- verify -------------------------------------------------------------------------------- */

TEST_F(event, verify_does_nothing)
{
	struct peer *client = self->client;

	EXPECT_EQ(0, q_verify(self->session, self->rcvid,
			      event_pulse(client->own_coid, -1, 1, 2)));
	EXPECT_EQ(-ESRCH, q_verify(self->session, self->rcvid,
				   event_pulse(client->own_coid + 1000, -1, 1, 2)));
	EXPECT_EQ(-EINVAL, q_verify(self->session, self->rcvid, event_of_kind(6)));
	EXPECT_EQ(0, q_verify(self->session, self->rcvid, event_of_kind(QIPC_EVENT_NONE)));
	EXPECT_TRUE(client_gets_nothing(client));
}

/* --- connections that say what they want ------------------------------------------------------ */

static long job_register(struct peer *peer)
{
	int handle = q_register(peer->session, peer->event, peer->value[0]);

	peer->value[1] = handle;
	return handle < 0 ? handle : 0;
}

static long job_unregister(struct peer *peer)
{
	return q_unregister(peer->session, peer->value[1]);
}

/* Registers with the client; the handle, or an error. */
static int client_registers(struct peer *client, struct qipc_event event, int coid)
{
	int ret;

	client->event = event;
	client->value[0] = coid;
	ret = peer_call(client, job_register);
	return ret ? ret : (int)client->value[1];
}

static struct peer *client_with_flags(FIXTURE_DATA(event) * self, bool process, bool fd_space,
				      unsigned int flags, int64_t *rcvid)
{
	struct peer *client = peer_start(process, self->session);

	if (!client)
		return NULL;
	client->server = getpid();
	client->chid = self->chid;
	client->index = fd_space ? 0 : QIPC_SIDE_CHANNEL;
	client->flags = flags;
	if (peer_call(client, job_attach) || peer_call(client, job_own_channel))
		return NULL;
	*rcvid = rcvid_of(self->session, self->chid, client);
	return client;
}

TEST_F(event, connection_without_events)
{
	struct peer *client;
	int64_t rcvid;
	int handle;

	client = client_with_flags(self, true, variant->fd_space,
				   QIPC_COF_NOEVENT | QIPC_COF_NOSHARE, &rcvid);
	ASSERT_NE(NULL, client);
	EXPECT_EQ(-EACCES, q_deliver(self->session, rcvid,
				     event_pulse(client->own_coid, -1, 1, 2)));
	EXPECT_EQ(-EACCES, q_verify(self->session, rcvid,
				    event_pulse(client->own_coid, -1, 1, 2)));
	EXPECT_EQ(-EACCES, q_deliver(self->session, rcvid,
				     event_signal(QIPC_EVENT_SIGNAL, SIGUSR1, 0, 0)));
	/* No registered one either. */
	handle = client_registers(client, event_pulse(client->own_coid, -1, 3, 4),
				  QIPC_EVENT_ANY_SERVER);
	ASSERT_LT(0, handle);
	EXPECT_EQ(-EACCES, q_deliver(self->session, rcvid, event_handle(handle, 0)));
	EXPECT_TRUE(client_gets_nothing(client));
}

TEST_F(event, connection_for_registered_events)
{
	struct peer *client;
	int64_t rcvid;
	int handle;

	client = client_with_flags(self, true, variant->fd_space, QIPC_COF_REG_EVENTS, &rcvid);
	ASSERT_NE(NULL, client);
	EXPECT_EQ(-EACCES, q_deliver(self->session, rcvid,
				     event_pulse(client->own_coid, -1, 1, 2)));
	EXPECT_EQ(-EACCES, q_deliver(self->session, rcvid,
				     event_signal(QIPC_EVENT_SIGNAL, SIGUSR1, 0, 0)));
	EXPECT_TRUE(client_gets_nothing(client));
	handle = client_registers(client, event_pulse(client->own_coid, -1, 3, 4),
				  QIPC_EVENT_ANY_SERVER);
	ASSERT_LT(0, handle);
	EXPECT_EQ(0, q_deliver(self->session, rcvid, event_handle(handle, 0)));
	EXPECT_TRUE(client_gets(client, 3, 4));
}

/* --- registered --------------------------------------------------------------------------------- */

TEST_F(event, registered)
{
	struct peer *client = self->client;
	struct qipc_event event = event_pulse(client->own_coid, -1, 5, 0xfedcba9876543210ULL);
	int handle, other;

	handle = client_registers(client, event, QIPC_EVENT_ANY_SERVER);
	ASSERT_LT(0, handle);
	/* As it was registered, whatever the server says. */
	EXPECT_EQ(0, q_verify(self->session, self->rcvid, event_handle(handle, 99)));
	EXPECT_EQ(0, q_deliver(self->session, self->rcvid, event_handle(handle, 99)));
	EXPECT_TRUE(client_gets(client, 5, 0xfedcba9876543210ULL));
	EXPECT_EQ(0, q_deliver(self->session, self->rcvid, event_handle(handle, 0)));
	EXPECT_TRUE(client_gets(client, 5, 0xfedcba9876543210ULL));

	/* Unless the client lets it choose the value. */
	event.notify |= QIPC_EVENT_UPDATEABLE;
	other = client_registers(client, event, QIPC_EVENT_ANY_SERVER);
	ASSERT_LT(0, other);
	EXPECT_NE(handle, other);
	EXPECT_EQ(0, q_deliver(self->session, self->rcvid, event_handle(other, 99)));
	EXPECT_TRUE(client_gets(client, 5, 99));
	EXPECT_EQ(0, q_deliver(self->session, self->rcvid, event_handle(other, UINT64_MAX)));
	EXPECT_TRUE(client_gets(client, 5, UINT64_MAX));

	client->value[1] = handle;
	EXPECT_EQ(0, peer_call(client, job_unregister));
	EXPECT_EQ(-ESRCH, peer_call(client, job_unregister));
	EXPECT_GT(0, q_deliver(self->session, self->rcvid, event_handle(handle, 0)));
	EXPECT_EQ(0, q_deliver(self->session, self->rcvid, event_handle(other, 1)));
	EXPECT_TRUE(client_gets(client, 5, 1));
}

TEST_F(event, registered_signal)
{
	struct peer *client = self->client;
	struct qipc_event event = event_signal(QIPC_EVENT_SIGNAL_THREAD | QIPC_EVENT_UPDATEABLE,
					       SIGUSR2, -7, 1);
	int handle;

	client->value[0] = SIGUSR2;
	ASSERT_EQ(0, peer_call(client, job_block_signal));
	handle = client_registers(client, event, QIPC_EVENT_ANY_SERVER);
	ASSERT_LT(0, handle);
	EXPECT_EQ(0, q_deliver(self->session, self->rcvid, event_handle(handle, 8)));
	EXPECT_TRUE(pending(client, SIGUSR2, true));
	client->value[0] = SIGUSR2;
	ASSERT_EQ(0, peer_call(client, job_take_signal));
	EXPECT_EQ(-7, client->value[1]);
	EXPECT_EQ(8, client->value[2]);
}

static long job_register_eventfd(struct peer *peer)
{
	int efd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

	peer->value[3] = efd;
	peer->value[1] = q_register(peer->session, event_sem(efd), QIPC_EVENT_ANY_SERVER);
	return peer->value[1] < 0 ? peer->value[1] : 0;
}

static long job_read_eventfd(struct peer *peer)
{
	struct pollfd pfd = { .fd = peer->value[3], .events = POLLIN };
	uint64_t count = 0;

	if (poll(&pfd, 1, PATIENCE_MS) != 1)
		return -ETIMEDOUT;
	return read(peer->value[3], &count, 8) == 8 ? (long)count : -errno;
}

static long job_close_eventfd(struct peer *peer)
{
	return close(peer->value[3]);
}

TEST_F(event, semaphore)
{
	struct peer *client = self->client;
	int efd = eventfd(0, EFD_CLOEXEC);
	int i, handle;

	/* A number of the server's means nothing. */
	EXPECT_EQ(-EINVAL, q_deliver(self->session, self->rcvid, event_sem(efd)));
	EXPECT_EQ(-EINVAL, q_deliver(self->session, self->rcvid, event_sem(0)));
	/* Neither does one that is no eventfd. */
	EXPECT_GT(0, client_registers(client, event_sem(-1), QIPC_EVENT_ANY_SERVER));
	EXPECT_GT(0, client_registers(client, event_sem(client->session),
				      QIPC_EVENT_ANY_SERVER));
	ASSERT_EQ(0, peer_call(client, job_register_eventfd));
	handle = client->value[1];
	for (i = 0; i < 3; i++)
		EXPECT_EQ(0, q_deliver(self->session, self->rcvid, event_handle(handle, 0)));
	EXPECT_EQ(3, peer_call(client, job_read_eventfd));
	/* It keeps what it was given. */
	ASSERT_EQ(0, peer_call(client, job_close_eventfd));
	EXPECT_EQ(0, q_deliver(self->session, self->rcvid, event_handle(handle, 0)));
}

TEST_F(event, handles_that_are_none)
{
	struct peer *other = peer_start(true, self->session);
	const int wrong[] = { 0, -1, 1, 77, INT_MAX, INT_MIN };
	size_t i;
	int handle;

	ASSERT_NE(NULL, other);
	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		EXPECT_GT(0, q_deliver(self->session, self->rcvid, event_handle(wrong[i], 0))) {
			TH_LOG("handle %d", wrong[i]);
		}
		EXPECT_EQ(-ESRCH, q_unregister(self->session, wrong[i]));
	}
	/* That of another process. */
	ASSERT_EQ(0, peer_call(other, job_own_channel));
	handle = client_registers(other, event_pulse(other->own_coid, -1, 1, 2),
				  QIPC_EVENT_ANY_SERVER);
	ASSERT_LT(0, handle);
	EXPECT_GT(0, q_deliver(self->session, self->rcvid, event_handle(handle, 0)));
	EXPECT_TRUE(client_gets_nothing(other));
	EXPECT_TRUE(client_gets_nothing(self->client));
}

TEST_F(event, registering_what_cannot_be)
{
	struct peer *client = self->client;
	struct qipc_event event = event_pulse(client->own_coid, -1, 1, 2);

	EXPECT_GT(0, client_registers(client, event_handle(1, 0), QIPC_EVENT_ANY_SERVER));
	EXPECT_EQ(-EBADF, client_registers(client, event, client->own_coid + 1000));
	EXPECT_EQ(-EBADF, client_registers(client, event, -3));
	event.target += 1000;
	EXPECT_GT(0, client_registers(client, event, QIPC_EVENT_ANY_SERVER));
	event.target -= 1000;
	event.reserved = 1;
	EXPECT_EQ(-EINVAL, client_registers(client, event, QIPC_EVENT_ANY_SERVER));
}

/* --- for whom -------------------------------------------------------------------------------------- */

/* Receives one message, answers, and keeps its rcvid in value[0]. */
static long job_serve_one(struct peer *peer)
{
	int ret = q_receive(peer->session, peer->chid, peer->parts, sizeof(peer->parts),
			    &peer->receive);

	peer->value[0] = peer->receive.rcvid;
	return ret ? ret : q_reply(peer->session, peer->receive.rcvid, 0, NULL, 0);
}

static long job_attach_more(struct peer *peer)
{
	peer->value[2] = q_attach_side(peer->session, peer->server, peer->chid);
	return peer->value[2] < 0 ? peer->value[2] : 0;
}

TEST_F(event_side, only_the_server_it_is_for)
{
	struct peer *client = self->client;
	struct peer *foreign = peer_start(true, self->session);
	struct qipc_msg_send send;
	int ours, theirs, chid = self->chid;

	ASSERT_NE(NULL, foreign);
	ASSERT_EQ(0, peer_call(foreign, job_create));
	client->server = foreign->pid;
	client->chid = foreign->chid;
	ASSERT_EQ(0, peer_call(client, job_attach_more));
	ours = client_registers(client, event_pulse(client->own_coid, -1, 1, 10), client->coid);
	ASSERT_LT(0, ours);
	theirs = client_registers(client, event_pulse(client->own_coid, -1, 2, 20),
				  client->value[2]);
	ASSERT_LT(0, theirs);

	/* The other server has a client that it can name. */
	peer_go(foreign, job_serve_one);
	send_args(&send, client->value[2], NULL, 0, NULL, 0);
	client->send = send;
	ASSERT_EQ(0, peer_call(client, job_send));
	ASSERT_EQ(0, peer_wait(foreign));

	EXPECT_EQ(0, q_deliver(self->session, self->rcvid, event_handle(ours, 0)));
	EXPECT_TRUE(client_gets(client, 1, 10));
	EXPECT_EQ(-EACCES, q_deliver(self->session, self->rcvid, event_handle(theirs, 0)));
	EXPECT_EQ(-EACCES, q_verify(self->session, self->rcvid, event_handle(theirs, 0)));
	foreign->event = event_handle(ours, 0);
	EXPECT_EQ(-EACCES, peer_call(foreign, job_deliver));
	foreign->event = event_handle(theirs, 0);
	EXPECT_EQ(0, peer_call(foreign, job_deliver));
	EXPECT_TRUE(client_gets(client, 2, 20));
	(void)chid;
}

TEST_F(event, only_oneself)
{
	struct peer *client = self->client;
	int handle = client_registers(client, event_pulse(client->own_coid, -1, 1, 2),
				      QIPC_EVENT_SELF);

	ASSERT_LT(0, handle);
	if (variant->process)
		EXPECT_EQ(-EACCES, q_deliver(self->session, self->rcvid, event_handle(handle, 0)));
	EXPECT_TRUE(client_gets_nothing(client));
	client->event = event_handle(handle, 0);
	EXPECT_EQ(0, peer_call(client, job_deliver_to_self));
	EXPECT_TRUE(client_gets(client, 1, 2));
}

/* A server of another user may deliver what it was given, and make up nothing. */
TEST_F(event_process_side, server_of_another_user)
{
	struct peer *client = self->client;
	struct peer *server = peer_start(true, self->session);
	int handle, plain;

	if (geteuid())
		SKIP(return, "changing the user takes root");
	ASSERT_NE(NULL, server);
	server->value[0] = NOBODY;
	server->value[1] = NOBODY;
	ASSERT_EQ(0, peer_call(server, job_become));
	ASSERT_EQ(0, peer_call(server, job_create));
	client->server = server->pid;
	client->chid = server->chid;
	ASSERT_EQ(0, peer_call(client, job_attach));
	handle = client_registers(client, event_signal(QIPC_EVENT_SIGNAL_CODE, SIGUSR1, -1, 9),
				  client->coid);
	ASSERT_LT(0, handle);
	plain = client_registers(client, event_signal(QIPC_EVENT_SIGNAL, SIGUSR1, 0, 0),
				 client->coid);
	ASSERT_LT(0, plain);
	client->value[0] = SIGUSR1;
	ASSERT_EQ(0, peer_call(client, job_block_signal));
	peer_go(server, job_serve_one);
	peer_send(client, NULL, 0, NULL, 0);
	ASSERT_EQ(0, peer_wait(client));
	ASSERT_EQ(0, peer_wait(server));

	server->event = event_signal(QIPC_EVENT_SIGNAL, SIGKILL, 0, 0);
	EXPECT_EQ(-EPERM, peer_call(server, job_deliver));
	server->event = event_signal(QIPC_EVENT_SIGNAL_THREAD, SIGUSR1, -1, 0);
	EXPECT_EQ(-EPERM, peer_call(server, job_deliver));
	server->event = event_pulse(client->own_coid, -1, 1, 2);
	EXPECT_EQ(-EPERM, peer_call(server, job_deliver));
	EXPECT_TRUE(client_gets_nothing(client));

	server->event = event_handle(handle, 0);
	EXPECT_EQ(0, peer_call(server, job_deliver));
	client->value[0] = SIGUSR1;
	ASSERT_EQ(0, peer_call(client, job_take_signal));
	EXPECT_EQ(9, client->value[2]);
	server->event = event_handle(plain, 0);
	EXPECT_EQ(0, peer_call(server, job_deliver));
	client->value[0] = SIGUSR1;
	ASSERT_EQ(0, peer_call(client, job_take_signal));
	EXPECT_TRUE(client_gets_nothing(client));
}

TEST_HARNESS_MAIN
