// SPDX-License-Identifier: GPL-2.0-only
/*
 * Signals at each blocked state: with and without a handler, stopping,
 * killing, and racing the very event that is waited for.
 */
#include <stddef.h>

#include "kselftest_harness.h"
#include "qipc_test.h"

FIXTURE(signal) {
	int session;
	int chid;
	struct peer *client;
	struct peer *server;	/* a thread of this process */
	unsigned char *cmem;	/* of the client */
	unsigned char *smem;	/* of the server */
};

FIXTURE_VARIANT(signal) {
	bool process;
	bool fd_space;
	size_t len;
};

FIXTURE_VARIANT_ADD(signal, thread) {
	.process = false, .fd_space = false, .len = 16,
};

FIXTURE_VARIANT_ADD(signal, process) {
	.process = true, .fd_space = false, .len = 16,
};

FIXTURE_VARIANT_ADD(signal, process_fd_large) {
	.process = true, .fd_space = true, .len = 50000,
};

FIXTURE_SETUP(signal)
{
	self->session = q_open();
	ASSERT_LE(0, self->session);
	self->chid = q_create(self->session, 0);
	ASSERT_LT(0, self->chid);
	self->cmem = shared_alloc(2 * variant->len);
	ASSERT_NE(NULL, self->cmem);
	self->smem = private_alloc(variant->len);
	ASSERT_NE(NULL, self->smem);
	self->client = client_start(variant->process, variant->fd_space, self->session,
				    self->chid);
	ASSERT_NE(NULL, self->client);
	self->server = peer_start(false, self->session);
	ASSERT_NE(NULL, self->server);
	pattern_fill(self->cmem, variant->len, 1);
	sentinel_fill(self->cmem + variant->len, variant->len);
}

FIXTURE_TEARDOWN(signal)
{
}

static int set_handler(struct peer *peer, int sig, int flags)
{
	peer->value[0] = sig;
	peer->value[1] = flags;
	return peer_call(peer, job_handle);
}

/* A message of the first half of the memory; the reply goes to the second. */
static void start_send(struct peer *client, unsigned char *mem, size_t len)
{
	peer_send(client, mem, len, mem + len, len);
}

static const int handler_flags[] = { 0, SA_RESTART };

TEST_F(signal, B89_send_blocked)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(handler_flags); i++) {
		ASSERT_EQ(0, set_handler(self->client, SIGUSR1, handler_flags[i]));
		start_send(self->client, self->cmem, variant->len);
		ASSERT_TRUE(peer_blocked(self->client));
		ASSERT_EQ(0, peer_signal(self->client, SIGUSR1));
		EXPECT_EQ(-EINTR, peer_wait(self->client));
		/* The server never knows. */
		EXPECT_TRUE(q_empty(self->session, self->chid));
		EXPECT_TRUE(send_inputs_kept(&self->client->send, self->client->coid, self->cmem,
					     variant->len, self->cmem + variant->len,
					     variant->len));
	}
	/* Nor does it matter to the next send. */
	start_send(self->client, self->cmem, variant->len);
	ASSERT_EQ(0, q_receive(self->session, self->chid, self->smem, variant->len,
			       &self->server->receive));
	EXPECT_EQ(-1, pattern_differs(self->smem, variant->len, 1, 0));
	EXPECT_EQ(0, q_reply(self->session, self->server->receive.rcvid, 89, NULL, 0));
	EXPECT_EQ(0, peer_wait(self->client));
	EXPECT_EQ(89, self->client->send.status);
}

/* Only one of several waiting clients is hit. */
TEST_F(signal, B89_in_the_middle_of_the_queue)
{
	struct peer *before = client_start(true, false, self->session, self->chid);
	struct peer *after = client_start(true, false, self->session, self->chid);

	ASSERT_NE(NULL, before);
	ASSERT_NE(NULL, after);
	ASSERT_EQ(0, set_handler(self->client, SIGUSR1, 0));
	peer_send(before, "b", 1, NULL, 0);
	ASSERT_TRUE(peer_blocked(before));
	start_send(self->client, self->cmem, variant->len);
	ASSERT_TRUE(peer_blocked(self->client));
	peer_send(after, "a", 1, NULL, 0);
	ASSERT_TRUE(peer_blocked(after));
	ASSERT_EQ(0, peer_signal(self->client, SIGUSR1));
	EXPECT_EQ(-EINTR, peer_wait(self->client));
	EXPECT_EQ(0, neighbours_go_on(before, after, self->session, self->chid));
}

TEST_F(signal, B90_reply_blocked)
{
	struct qipc_msg_receive rcv;
	struct qipc_msg_info info;
	unsigned char byte;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(handler_flags); i++) {
		ASSERT_EQ(0, set_handler(self->client, SIGUSR1, handler_flags[i]));
		start_send(self->client, self->cmem, variant->len);
		ASSERT_EQ(0, q_receive(self->session, self->chid, self->smem, variant->len, &rcv));
		ASSERT_TRUE(peer_blocked(self->client));
		ASSERT_EQ(0, peer_signal(self->client, SIGUSR1));
		/* At once, whatever the server does. */
		EXPECT_EQ(-EINTR, peer_wait(self->client));
		EXPECT_EQ(-ESRCH, q_info(self->session, rcv.rcvid, &info));
		EXPECT_EQ(-ESRCH, q_read(self->session, rcv.rcvid, &byte, 1, 0));
		EXPECT_EQ(-ESRCH, q_write(self->session, rcv.rcvid, "x", 1, 0));
		EXPECT_EQ(-ESRCH, q_reply(self->session, rcv.rcvid, 90, "x", 1));
		EXPECT_EQ(-1, sentinel_differs(self->cmem + variant->len, variant->len));
	}

	/* A late answer does not reach the message that the client sends next. */
	start_send(self->client, self->cmem, variant->len);
	ASSERT_TRUE(peer_blocked(self->client));
	EXPECT_EQ(-ESRCH, q_reply(self->session, rcv.rcvid, 90, "x", 1));
	ASSERT_EQ(0, q_receive_now(self->session, self->chid, self->smem, variant->len,
				   &self->server->receive));
	EXPECT_EQ(-ESRCH, q_reply(self->session, rcv.rcvid, 90, "x", 1));
	EXPECT_TRUE(peer_blocked(self->client));
	EXPECT_EQ(0, q_reply(self->session, self->server->receive.rcvid, 91, NULL, 0));
	EXPECT_EQ(0, peer_wait(self->client));
	EXPECT_EQ(91, self->client->send.status);
}

TEST_F(signal, B102_receive_blocked)
{
	struct peer *server = self->server;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(handler_flags); i++) {
		ASSERT_EQ(0, set_handler(server, SIGUSR2, handler_flags[i]));
		sentinel_fill(self->smem, variant->len);
		peer_receive(server, self->chid, self->smem, variant->len);
		ASSERT_TRUE(peer_blocked(server));
		ASSERT_EQ(0, peer_signal(server, SIGUSR2));
		EXPECT_EQ(-EINTR, peer_wait(server));
		EXPECT_EQ(SENTINEL64, server->receive.rcvid);
		EXPECT_EQ(-1, sentinel_differs(self->smem, variant->len));

		/* It is not waited for any more: a send finds no receiver. */
		start_send(self->client, self->cmem, variant->len);
		ASSERT_TRUE(peer_blocked(self->client));
		peer_receive(server, self->chid, self->smem, variant->len);
		ASSERT_EQ(0, peer_wait(server));
		EXPECT_EQ(-1, pattern_differs(self->smem, variant->len, 1, 0));
		EXPECT_EQ(0, q_reply(self->session, server->receive.rcvid, 0, NULL, 0));
		EXPECT_EQ(0, peer_wait(self->client));
	}
}

static long job_ignore(struct peer *peer)
{
	sigset_t set;

	(void)peer;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	if (pthread_sigmask(SIG_BLOCK, &set, NULL))
		return -EINVAL;
	return signal(SIGUSR1, SIG_IGN) == SIG_ERR ? -errno : 0;
}

/* Signals that are ignored or masked are nothing to a blocked call. */
TEST_F(signal, ignored_signals)
{
	struct qipc_msg_receive rcv;
	int i;

	ASSERT_EQ(0, peer_call(self->client, job_ignore));
	start_send(self->client, self->cmem, variant->len);
	for (i = 0; i < 3; i++) {
		ASSERT_TRUE(peer_blocked(self->client));
		ASSERT_EQ(0, peer_signal(self->client, SIGUSR1));
		ASSERT_EQ(0, peer_signal(self->client, SIGUSR2));
		ASSERT_EQ(0, peer_signal(self->client, SIGCHLD));
	}
	ASSERT_TRUE(peer_blocked(self->client));
	ASSERT_EQ(0, q_receive_now(self->session, self->chid, self->smem, variant->len, &rcv));
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, peer_signal(self->client, SIGUSR1));
		ASSERT_EQ(0, peer_signal(self->client, SIGUSR2));
		ASSERT_TRUE(peer_blocked(self->client));
	}
	EXPECT_EQ(0, q_reply(self->session, rcv.rcvid, 1, NULL, 0));
	EXPECT_EQ(0, peer_wait(self->client));
	EXPECT_EQ(1, self->client->send.status);
}

/* --- stopping ------------------------------------------------------------------ */

/* Stops and kills are for whole processes. */
FIXTURE(whole_process) {
	int session;
	int chid;
	struct peer *client;
	unsigned char *cmem;
	unsigned char *smem;
};

FIXTURE_VARIANT(whole_process) {
	bool fd_space;
	size_t len;
};

FIXTURE_VARIANT_ADD(whole_process, side) { .fd_space = false, .len = 16, };

FIXTURE_VARIANT_ADD(whole_process, fd_large) { .fd_space = true, .len = 50000, };

FIXTURE_SETUP(whole_process)
{
	self->session = q_open();
	ASSERT_LE(0, self->session);
	self->chid = q_create(self->session, 0);
	ASSERT_LT(0, self->chid);
	self->cmem = shared_alloc(2 * variant->len);
	ASSERT_NE(NULL, self->cmem);
	self->smem = private_alloc(variant->len);
	ASSERT_NE(NULL, self->smem);
	self->client = client_start(true, variant->fd_space, self->session, self->chid);
	ASSERT_NE(NULL, self->client);
	pattern_fill(self->cmem, variant->len, 1);
}

FIXTURE_TEARDOWN(whole_process)
{
}

static bool stop_peer(struct peer *peer)
{
	int status;

	return !kill(peer->pid, SIGSTOP) && waitpid(peer->pid, &status, WUNTRACED) == peer->pid &&
	       WIFSTOPPED(status);
}

static bool continue_peer(struct peer *peer)
{
	int status;

	return !kill(peer->pid, SIGCONT) && waitpid(peer->pid, &status, WCONTINUED) == peer->pid &&
	       WIFCONTINUED(status);
}

TEST_F(whole_process, stopped_while_send_blocked)
{
	struct qipc_msg_receive rcv;
	int i;

	start_send(self->client, self->cmem, variant->len);
	for (i = 0; i < 3; i++) {
		ASSERT_TRUE(peer_blocked(self->client));
		ASSERT_TRUE(stop_peer(self->client));
		ASSERT_TRUE(continue_peer(self->client));
	}
	/* Sent again behind the scenes, received once. */
	ASSERT_TRUE(peer_blocked(self->client));
	ASSERT_EQ(0, q_receive(self->session, self->chid, self->smem, variant->len, &rcv));
	EXPECT_EQ(-1, pattern_differs(self->smem, variant->len, 1, 0));
	EXPECT_TRUE(q_empty(self->session, self->chid));
	EXPECT_TRUE(peer_blocked(self->client));
	EXPECT_EQ(0, q_reply(self->session, rcv.rcvid, 3, NULL, 0));
	EXPECT_EQ(0, peer_wait(self->client));
	EXPECT_EQ(3, self->client->send.status);
}

/* A message that was received is never sent again. */
TEST_F(whole_process, stopped_while_reply_blocked)
{
	struct qipc_msg_receive rcv;

	start_send(self->client, self->cmem, variant->len);
	ASSERT_EQ(0, q_receive(self->session, self->chid, self->smem, variant->len, &rcv));
	ASSERT_TRUE(peer_blocked(self->client));
	ASSERT_TRUE(stop_peer(self->client));
	ASSERT_TRUE(continue_peer(self->client));
	EXPECT_EQ(-EINTR, peer_wait(self->client));
	EXPECT_TRUE(q_empty(self->session, self->chid));
	EXPECT_EQ(-ESRCH, q_reply(self->session, rcv.rcvid, 4, NULL, 0));
}

/* The client that is stopped when the answer comes has it when it goes on. */
TEST_F(whole_process, reply_to_a_stopped_client)
{
	struct qipc_msg_receive rcv;
	int ret, status;

	start_send(self->client, self->cmem, variant->len);
	ASSERT_EQ(0, q_receive(self->session, self->chid, self->smem, variant->len, &rcv));
	ASSERT_TRUE(peer_blocked(self->client));
	ASSERT_EQ(0, kill(self->client->pid, SIGSTOP));
	ret = q_reply(self->session, rcv.rcvid, 5, NULL, 0);
	ASSERT_TRUE(ret == 0 || ret == -ESRCH);
	ASSERT_EQ(self->client->pid, waitpid(self->client->pid, &status, WUNTRACED));
	ASSERT_TRUE(WIFSTOPPED(status));
	ASSERT_TRUE(continue_peer(self->client));
	/* One or the other, and both sides agree. */
	if (!ret) {
		EXPECT_EQ(0, peer_wait(self->client));
		EXPECT_EQ(5, self->client->send.status);
	} else {
		EXPECT_EQ(-EINTR, peer_wait(self->client));
	}
	EXPECT_TRUE(q_empty(self->session, self->chid));
}

FIXTURE(stopped_server) {
	int session;
	struct peer *server;
	unsigned char *mem;
};

FIXTURE_SETUP(stopped_server)
{
	self->session = q_open();
	ASSERT_LE(0, self->session);
	self->mem = shared_alloc(page_size());
	ASSERT_NE(NULL, self->mem);
	self->server = peer_start(true, self->session);
	ASSERT_NE(NULL, self->server);
	ASSERT_EQ(0, peer_call(self->server, job_create));
}

FIXTURE_TEARDOWN(stopped_server)
{
	EXPECT_EQ(256 + SIGKILL, peer_kill(self->server));
}

static long job_reply_value(struct peer *peer)
{
	return q_reply(peer->session, peer->receive.rcvid, peer->value[0], NULL, 0);
}

TEST_F(stopped_server, receive_goes_on)
{
	struct peer *client = peer_start(false, self->session);
	int i;

	ASSERT_NE(NULL, client);
	client->server = self->server->pid;
	client->chid = self->server->chid;
	ASSERT_EQ(0, peer_call(client, job_attach));
	peer_receive(self->server, self->server->chid, self->mem, 8);
	for (i = 0; i < 3; i++) {
		ASSERT_TRUE(peer_blocked(self->server));
		ASSERT_TRUE(stop_peer(self->server));
		ASSERT_TRUE(continue_peer(self->server));
	}
	ASSERT_TRUE(peer_blocked(self->server));
	peer_send(client, "hello", 6, NULL, 0);
	EXPECT_EQ(0, peer_wait(self->server));
	EXPECT_STREQ("hello", (char *)self->mem);
	self->server->value[0] = 6;
	EXPECT_EQ(0, peer_call(self->server, job_reply_value));
	EXPECT_EQ(0, peer_wait(client));
	EXPECT_EQ(6, client->send.status);
}

/* A message that is sent while the server is stopped is there when it goes on. */
TEST_F(stopped_server, message_arrives_meanwhile)
{
	struct peer *client = peer_start(false, self->session);

	ASSERT_NE(NULL, client);
	client->server = self->server->pid;
	client->chid = self->server->chid;
	ASSERT_EQ(0, peer_call(client, job_attach));
	peer_receive(self->server, self->server->chid, self->mem, 8);
	ASSERT_TRUE(peer_blocked(self->server));
	ASSERT_TRUE(stop_peer(self->server));
	peer_send(client, "meant", 6, NULL, 0);
	ASSERT_TRUE(peer_blocked(client));
	ASSERT_TRUE(continue_peer(self->server));
	EXPECT_EQ(0, peer_wait(self->server));
	EXPECT_STREQ("meant", (char *)self->mem);
	self->server->value[0] = 7;
	EXPECT_EQ(0, peer_call(self->server, job_reply_value));
	EXPECT_EQ(0, peer_wait(client));
	EXPECT_EQ(7, client->send.status);
}

/* The combined call starts over only if it has answered nobody yet. */
TEST_F(stopped_server, reply_receive_goes_on)
{
	struct peer *client = peer_start(false, self->session);
	struct peer *server = self->server;

	ASSERT_NE(NULL, client);
	client->server = server->pid;
	client->chid = server->chid;
	ASSERT_EQ(0, peer_call(client, job_attach));

	/* Without an answer it is a receive. */
	memset(&server->rr, 0, sizeof(server->rr));
	receive_args(&server->rr.receive, server->chid, self->mem, 8, QIPC_BUF);
	peer_go(server, job_reply_receive);
	ASSERT_TRUE(peer_blocked(server));
	ASSERT_TRUE(stop_peer(server));
	ASSERT_TRUE(continue_peer(server));
	ASSERT_TRUE(peer_blocked(server));
	peer_send(client, "first", 6, NULL, 0);
	ASSERT_EQ(0, peer_wait(server));
	EXPECT_STREQ("first", (char *)self->mem);

	/* With one the caller hears that the answer was given, and receives again. */
	server->rr.reply.rcvid = server->rr.receive.rcvid;
	server->rr.reply.status = 8;
	server->rr.reply_error = SENTINEL32;
	receive_args(&server->rr.receive, server->chid, self->mem, 8, QIPC_BUF);
	peer_go(server, job_reply_receive);
	ASSERT_EQ(0, peer_wait(client));
	EXPECT_EQ(8, client->send.status);
	ASSERT_TRUE(peer_blocked(server));
	ASSERT_TRUE(stop_peer(server));
	ASSERT_TRUE(continue_peer(server));
	EXPECT_EQ(-EINTR, peer_wait(server));
	EXPECT_EQ(0, server->rr.reply_error);
	EXPECT_EQ(SENTINEL64, server->rr.receive.rcvid);
	peer_receive(server, server->chid, self->mem, 8);
	peer_send(client, "next", 5, NULL, 0);
	ASSERT_EQ(0, peer_wait(server));
	EXPECT_STREQ("next", (char *)self->mem);
	server->value[0] = 9;
	EXPECT_EQ(0, peer_call(server, job_reply_value));
	EXPECT_EQ(0, peer_wait(client));
	EXPECT_EQ(9, client->send.status);
}

/* Interrupted in its second half, the combined call has done its first. */
TEST_F(stopped_server, reply_receive_interrupted)
{
	struct peer *client = peer_start(false, self->session);
	struct peer *server = self->server;

	ASSERT_NE(NULL, client);
	client->server = server->pid;
	client->chid = server->chid;
	ASSERT_EQ(0, peer_call(client, job_attach));
	ASSERT_EQ(0, set_handler(server, SIGUSR1, SA_RESTART));
	peer_receive(server, server->chid, self->mem, 8);
	peer_send(client, "first", 6, NULL, 0);
	ASSERT_EQ(0, peer_wait(server));
	memset(&server->rr, 0, sizeof(server->rr));
	server->rr.reply.rcvid = server->receive.rcvid;
	server->rr.reply.status = 8;
	server->rr.reply_error = SENTINEL32;
	receive_args(&server->rr.receive, server->chid, self->mem, 8, QIPC_BUF);
	peer_go(server, job_reply_receive);
	ASSERT_EQ(0, peer_wait(client));
	ASSERT_TRUE(peer_blocked(server));
	ASSERT_EQ(0, peer_signal(server, SIGUSR1));
	EXPECT_EQ(-EINTR, peer_wait(server));
	EXPECT_EQ(0, server->rr.reply_error);
	EXPECT_EQ(SENTINEL64, server->rr.receive.rcvid);
}

/* --- killing --------------------------------------------------------------------- */

TEST_F(whole_process, killed_while_send_blocked)
{
	start_send(self->client, self->cmem, variant->len);
	ASSERT_TRUE(peer_blocked(self->client));
	EXPECT_EQ(256 + SIGKILL, peer_kill(self->client));
	EXPECT_TRUE(q_empty(self->session, self->chid));
}

/* Where we differ from QNX on purpose: the client dies though the server never answers. */
TEST_F(whole_process, B94_killed_while_reply_blocked)
{
	struct qipc_msg_receive rcv;
	struct qipc_msg_info info;
	unsigned char byte;

	start_send(self->client, self->cmem, variant->len);
	ASSERT_EQ(0, q_receive(self->session, self->chid, self->smem, variant->len, &rcv));
	ASSERT_TRUE(peer_blocked(self->client));
	EXPECT_EQ(256 + SIGKILL, peer_kill(self->client));
	EXPECT_EQ(-ESRCH, q_info(self->session, rcv.rcvid, &info));
	EXPECT_EQ(-ESRCH, q_read(self->session, rcv.rcvid, &byte, 1, 0));
	EXPECT_EQ(-ESRCH, q_write(self->session, rcv.rcvid, "x", 1, 0));
	EXPECT_EQ(-ESRCH, q_reply(self->session, rcv.rcvid, 94, "x", 1));
	EXPECT_TRUE(q_empty(self->session, self->chid));
}

TEST_F(stopped_server, killed_while_receive_blocked)
{
	struct qipc_msg_send arg;
	int coid = q_attach_side(self->session, self->server->pid, self->server->chid);

	ASSERT_LE(0, coid);
	peer_receive(self->server, self->server->chid, self->mem, 8);
	ASSERT_TRUE(peer_blocked(self->server));
	EXPECT_EQ(256 + SIGKILL, peer_kill(self->server));
	EXPECT_EQ(-EBADF, q_send(self->session, coid, "x", 1, NULL, 0, &arg));
	/* For the teardown. */
	self->server = peer_start(true, self->session);
	ASSERT_NE(NULL, self->server);
}

/* --- races -------------------------------------------------------------------------- */

/* Delivered beats interrupted, and both sides agree on which it was. */
TEST_F(signal, reply_races_signal)
{
	struct qipc_msg_receive rcv;
	int replied = 0, interrupted = 0, i, ret;
	long result;

	ASSERT_EQ(0, set_handler(self->client, SIGUSR1, 0));
	for (i = 0; i < 200; i++) {
		sentinel_fill(self->cmem + variant->len, 8);
		start_send(self->client, self->cmem, variant->len);
		ASSERT_EQ(0, q_receive(self->session, self->chid, NULL, 0, &rcv));
		/* Half of the signals go first, half of them during the reply. */
		self->server->value[0] = rcv.rcvid;
		if (i & 1) {
			ASSERT_EQ(0, peer_signal(self->client, SIGUSR1));
			spin_us(i % 16 * 8);
		}
		ret = q_reply(self->session, rcv.rcvid, i, "answer", 6);
		if (!(i & 1))
			ASSERT_EQ(0, peer_signal(self->client, SIGUSR1));
		result = peer_wait(self->client);
		if (!ret) {
			ASSERT_EQ(0, result) {
				TH_LOG("round %d: replied, but the send failed", i);
			}
			EXPECT_EQ(i, self->client->send.status);
			EXPECT_EQ(0, memcmp(self->cmem + variant->len, "answer", 6));
			replied++;
		} else {
			EXPECT_EQ(-ESRCH, ret);
			ASSERT_EQ(-EINTR, result) {
				TH_LOG("round %d: not replied, but the send returned", i);
			}
			EXPECT_EQ(-1, sentinel_differs(self->cmem + variant->len, 8));
			interrupted++;
		}
	}
	TH_LOG("%d replied, %d interrupted", replied, interrupted);
	EXPECT_LE(100, replied);
}

static long job_signal_later(struct peer *peer)
{
	spin_us(peer->value[1]);
	return syscall(SYS_tgkill, peer->pid, peer->value[0], SIGUSR2) ? -errno : 0;
}

/* The receive returns a message or is interrupted; no message is lost either way. */
TEST_F(signal, receive_races_signal)
{
	struct peer *sniper = peer_start(false, self->session);
	struct peer *server = self->server;
	int received = 0, interrupted = 0, i;
	long result;

	ASSERT_NE(NULL, sniper);
	ASSERT_EQ(0, set_handler(server, SIGUSR2, 0));
	for (i = 0; i < 200; i++) {
		sentinel_fill(self->smem, variant->len);
		peer_receive(server, self->chid, self->smem, variant->len);
		if (i & 2)
			ASSERT_TRUE(peer_blocked(server));
		sniper->value[0] = server->tid;
		sniper->value[1] = i % 32 * 4;
		if (i & 1) {
			peer_go(sniper, job_signal_later);
			start_send(self->client, self->cmem, variant->len);
		} else {
			start_send(self->client, self->cmem, variant->len);
			peer_go(sniper, job_signal_later);
		}
		result = peer_wait(server);
		EXPECT_EQ(0, peer_wait(sniper));
		if (result == -EINTR) {
			interrupted++;
			EXPECT_EQ(SENTINEL64, server->receive.rcvid);
			ASSERT_EQ(0, q_receive(self->session, self->chid, self->smem, variant->len,
					       &server->receive));
		} else {
			ASSERT_EQ(0, result);
			received++;
		}
		EXPECT_EQ(0, memcmp(self->smem, self->cmem, variant->len));
		ASSERT_EQ(0, q_reply(self->session, server->receive.rcvid, i, NULL, 0));
		ASSERT_EQ(0, peer_wait(self->client));
		EXPECT_EQ(i, self->client->send.status);
		EXPECT_TRUE(q_empty(self->session, self->chid));
	}
	TH_LOG("%d received, %d interrupted", received, interrupted);
	EXPECT_EQ(200, received + interrupted);
}

/* The send is received or interrupted; the server sees it in the first case only. */
TEST_F(signal, send_races_signal)
{
	struct qipc_msg_receive rcv;
	int received = 0, interrupted = 0, i, ret;
	long result;

	ASSERT_EQ(0, set_handler(self->client, SIGUSR1, 0));
	for (i = 0; i < 200; i++) {
		start_send(self->client, self->cmem, variant->len);
		if (i & 1)
			ASSERT_TRUE(peer_blocked(self->client));
		ASSERT_EQ(0, peer_signal(self->client, SIGUSR1));
		spin_us(i % 32 * 4);
		ret = q_receive_now(self->session, self->chid, self->smem, variant->len, &rcv);
		if (ret) {
			ASSERT_EQ(-EAGAIN, ret);
			/* It was interrupted, or the signal came before the send. */
			while (self->client->running && !is_blocked(self->client->pid,
								    self->client->tid))
				sleep_us(100);
			if (self->client->running) {
				ASSERT_EQ(0, q_receive(self->session, self->chid, self->smem,
						       variant->len, &rcv));
				ret = 0;
			}
		}
		if (!ret) {
			ret = q_reply(self->session, rcv.rcvid, i, NULL, 0);
			EXPECT_EQ(0, memcmp(self->smem, self->cmem, variant->len));
		}
		result = peer_wait(self->client);
		if (!ret) {
			ASSERT_EQ(0, result);
			EXPECT_EQ(i, self->client->send.status);
			received++;
		} else {
			ASSERT_EQ(-EINTR, result);
			interrupted++;
		}
		ASSERT_TRUE(q_empty(self->session, self->chid));
	}
	TH_LOG("%d received, %d interrupted", received, interrupted);
}

TEST_HARNESS_MAIN
