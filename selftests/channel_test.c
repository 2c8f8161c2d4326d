// SPDX-License-Identifier: GPL-2.0-only
/*
 * Channels: numbers, ownership, what fork and exec do to them, and destroying
 * them with threads waiting on either end.
 */
#include <stddef.h>

#include "kselftest_harness.h"
#include "qipc_test.h"

FIXTURE(channel) {
	int session;
};

FIXTURE_SETUP(channel)
{
	self->session = q_open();
	ASSERT_LE(0, self->session);
}

FIXTURE_TEARDOWN(channel)
{
}

TEST_F(channel, B1_create_returns_distinct_ids)
{
	int first = q_create(self->session, 0);
	int second = q_create(self->session, 0);

	EXPECT_EQ(1, first);
	EXPECT_EQ(2, second);
	EXPECT_EQ(3, q_create(self->session, QIPC_CHF_SENDER_LEN | QIPC_CHF_REPLY_LEN));
	/* The lowest free number is used again. */
	EXPECT_EQ(0, q_destroy(self->session, 2));
	EXPECT_EQ(2, q_create(self->session, 0));
	EXPECT_EQ(4, q_create(self->session, 0));
}

/* Numbers belong to the process: a second session does not give one out twice. */
TEST_F(channel, two_sessions_of_one_process)
{
	struct qipc_msg_receive rcv;
	int second = q_open();
	struct peer *client;
	int a, b;
	char c;

	ASSERT_LE(0, second);
	a = q_create(self->session, 0);
	b = q_create(second, 0);
	ASSERT_LT(0, a);
	ASSERT_LT(0, b);
	EXPECT_NE(a, b);

	/* Each number leads to the channel of its session. */
	client = client_start(false, false, self->session, b);
	ASSERT_NE(NULL, client);
	peer_send(client, "b", 1, NULL, 0);
	ASSERT_TRUE(peer_blocked(client));
	EXPECT_TRUE(q_empty(self->session, a));
	ASSERT_EQ(0, q_receive_now(second, b, &c, 1, &rcv));
	EXPECT_EQ('b', c);
	EXPECT_EQ(0, q_reply(second, rcv.rcvid, 0, NULL, 0));
	EXPECT_EQ(0, peer_wait(client));
}

TEST_F(channel, many_channels)
{
	int i, chid;

	for (i = 1; i <= 1000; i++) {
		chid = q_create(self->session, 0);
		ASSERT_EQ(i, chid);
	}
	for (i = 1; i <= 1000; i += 2) {
		ASSERT_EQ(0, q_destroy(self->session, i)) {
			TH_LOG("number %d", i);
		}
	}
	for (i = 1; i <= 1000; i += 2) {
		ASSERT_EQ(i, q_create(self->session, 0)) {
			TH_LOG("number %d", i);
		}
	}
}

TEST_F(channel, B2_destroy_unknown)
{
	static const int wrong[] = { 0, -1, 2, 1000, INT_MAX, INT_MIN, QIPC_SIDE_CHANNEL };
	size_t i;
	int chid;

	chid = q_create(self->session, 0);
	ASSERT_EQ(1, chid);
	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		EXPECT_EQ(-EINVAL, q_destroy(self->session, wrong[i])) {
			TH_LOG("chid %d", wrong[i]);
		}
	}
	EXPECT_EQ(0, q_destroy(self->session, chid));
	EXPECT_EQ(-EINVAL, q_destroy(self->session, chid));
}

static int receive_elsewhere(void *arg)
{
	struct qipc_msg_receive rcv;
	int session = q_open();
	char byte;

	if (session < 0)
		return CHILD_OPEN;
	if (q_receive_now(session, *(int *)arg, &byte, 1, &rcv) != -ESRCH)
		return CHILD_WRONG_ERRNO;
	if (q_destroy(session, *(int *)arg) != -EINVAL)
		return CHILD_WRONG_ERRNO;
	return CHILD_OK;
}

TEST_F(channel, B3_belongs_to_the_process)
{
	struct peer *server = peer_start(false, self->session);
	struct peer *client;
	char *buf = shared_alloc(page_size());
	int chid = q_create(self->session, 0);

	ASSERT_NE(NULL, server);
	ASSERT_NE(NULL, buf);
	ASSERT_LT(0, chid);

	/* Another thread receives. */
	peer_receive(server, chid, buf, 8);
	ASSERT_TRUE(peer_blocked(server));
	client = client_start(true, false, self->session, chid);
	ASSERT_NE(NULL, client);
	peer_send(client, "threads", 8, NULL, 0);
	EXPECT_EQ(0, peer_wait(server));
	EXPECT_STREQ("threads", buf);
	EXPECT_EQ(0, q_reply(self->session, server->receive.rcvid, 0, NULL, 0));
	EXPECT_EQ(0, peer_wait(client));

	/* Another process does not, even while a message waits. */
	peer_send(client, "process", 8, NULL, 0);
	ASSERT_TRUE(peer_blocked(client));
	EXPECT_EQ(CHILD_OK, run_child(receive_elsewhere, &chid));
	EXPECT_TRUE(peer_blocked(client));
	EXPECT_EQ(CHILD_OK, run_child(receive_elsewhere, &(int){ chid + 1 }));
	EXPECT_EQ(0, q_receive_now(self->session, chid, buf, 8, &server->receive));
	EXPECT_STREQ("process", buf);
	EXPECT_EQ(0, q_reply(self->session, server->receive.rcvid, 0, NULL, 0));
	EXPECT_EQ(0, peer_wait(client));
}

TEST_F(channel, private_channel)
{
	struct peer *other = peer_start(true, self->session);
	int chid = q_create(self->session, QIPC_CHF_PRIVATE);
	int coid;

	ASSERT_NE(NULL, other);
	ASSERT_LT(0, chid);
	other->server = getpid();
	other->chid = chid;
	EXPECT_EQ(-EACCES, peer_call(other, job_attach));
	other->index = 0;
	EXPECT_EQ(-EACCES, peer_call(other, job_attach));

	/* The owner itself may, by either name. */
	coid = q_attach_side(self->session, 0, chid);
	EXPECT_LE(QIPC_SIDE_CHANNEL, coid);
	coid = q_attach_fd(self->session, getpid(), chid);
	EXPECT_LE(0, coid);
}

FIXTURE(destroy) {
	int session;
	int chid;
	struct peer *received;	/* REPLY-blocked */
	struct peer *queued;	/* SEND-blocked */
	int64_t rcvid;
	unsigned char *reply;
};

FIXTURE_VARIANT(destroy) {
	bool process;
	bool fd_space;
	size_t len;
};

FIXTURE_VARIANT_ADD(destroy, thread) {
	.process = false, .fd_space = false, .len = 16,
};

FIXTURE_VARIANT_ADD(destroy, process) {
	.process = true, .fd_space = false, .len = 16,
};

FIXTURE_VARIANT_ADD(destroy, process_fd_large) {
	.process = true, .fd_space = true, .len = 100000,
};

FIXTURE_SETUP(destroy)
{
	struct qipc_msg_receive rcv;
	unsigned char *buf;

	self->session = q_open();
	ASSERT_LE(0, self->session);
	self->chid = q_create(self->session, 0);
	ASSERT_LT(0, self->chid);
	buf = shared_alloc(variant->len);
	ASSERT_NE(NULL, buf);
	self->reply = shared_alloc(variant->len);
	ASSERT_NE(NULL, self->reply);
	sentinel_fill(self->reply, variant->len);
	self->received = client_start(variant->process, variant->fd_space, self->session,
				      self->chid);
	ASSERT_NE(NULL, self->received);
	self->queued = client_start(variant->process, variant->fd_space, self->session,
				    self->chid);
	ASSERT_NE(NULL, self->queued);

	peer_send(self->received, buf, variant->len, self->reply, variant->len);
	ASSERT_EQ(0, q_receive(self->session, self->chid, buf, variant->len, &rcv));
	self->rcvid = rcv.rcvid;
	peer_send(self->queued, buf, variant->len, self->reply, variant->len);
	ASSERT_TRUE(peer_blocked(self->queued));
	ASSERT_TRUE(peer_blocked(self->received));
}

FIXTURE_TEARDOWN(destroy)
{
}

TEST_F(destroy, B103_frees_clients)
{
	struct qipc_msg_receive rcv;
	struct qipc_msg_info info;
	char byte;

	ASSERT_EQ(0, q_destroy(self->session, self->chid));
	EXPECT_EQ(-ESRCH, peer_wait(self->received));
	EXPECT_EQ(-ESRCH, peer_wait(self->queued));
	EXPECT_EQ(-1, sentinel_differs(self->reply, variant->len));

	/* The message went with the channel. */
	EXPECT_EQ(-ESRCH, q_reply(self->session, self->rcvid, 0, NULL, 0));
	EXPECT_EQ(-ESRCH, q_error(self->session, self->rcvid, EIO));
	EXPECT_EQ(-ESRCH, q_read(self->session, self->rcvid, &byte, 1, 0));
	EXPECT_EQ(-ESRCH, q_write(self->session, self->rcvid, &byte, 1, 0));
	EXPECT_EQ(-ESRCH, q_info(self->session, self->rcvid, &info));
	EXPECT_EQ(-ESRCH, q_receive_now(self->session, self->chid, &byte, 1, &rcv));
	EXPECT_EQ(-EINVAL, q_destroy(self->session, self->chid));

	/* B15: dead connections stay dead, also when the number is used again. */
	EXPECT_EQ(-EBADF, peer_call(self->received, job_send));
	EXPECT_EQ(self->chid, q_create(self->session, 0));
	EXPECT_EQ(-EBADF, peer_call(self->queued, job_send));
	EXPECT_TRUE(q_empty(self->session, self->chid));

	/* They can be detached like any other, once. */
	if (!variant->fd_space) {
		EXPECT_EQ(0, peer_call(self->received, job_detach));
		EXPECT_EQ(-EINVAL, peer_call(self->received, job_detach));
	}
	/* And the client may connect anew. */
	EXPECT_EQ(0, peer_call(self->received, job_attach));
}

TEST_F(destroy, B103_frees_receivers)
{
	struct peer *a = peer_start(false, self->session);
	struct peer *b = peer_start(false, self->session);
	struct qipc_msg_receive rcv;
	char *buf = shared_alloc(page_size());

	ASSERT_NE(NULL, a);
	ASSERT_NE(NULL, b);
	ASSERT_NE(NULL, buf);
	sentinel_fill(buf, 16);

	/* Take the second message as well, so that receivers have to wait. */
	ASSERT_EQ(0, q_receive_now(self->session, self->chid, buf + 16, 16, &rcv));
	peer_receive(a, self->chid, buf, 8);
	peer_receive(b, self->chid, buf, 8);
	ASSERT_TRUE(peer_blocked(a));
	ASSERT_TRUE(peer_blocked(b));

	ASSERT_EQ(0, q_destroy(self->session, self->chid));
	EXPECT_EQ(-ESRCH, peer_wait(a));
	EXPECT_EQ(-ESRCH, peer_wait(b));
	EXPECT_EQ(-ESRCH, peer_wait(self->received));
	EXPECT_EQ(-ESRCH, peer_wait(self->queued));
	EXPECT_EQ(SENTINEL64, a->receive.rcvid);
	EXPECT_EQ(SENTINEL64, b->receive.rcvid);
	EXPECT_EQ(-1, sentinel_differs(buf, 8));
}

/* Only the channel named is harmed. */
TEST_F(destroy, others_live_on)
{
	struct qipc_msg_receive rcv;
	int other = q_create(self->session, 0);
	struct peer *client;
	char buf[8];

	ASSERT_LT(0, other);
	client = client_start(variant->process, variant->fd_space, self->session, other);
	ASSERT_NE(NULL, client);
	peer_send(client, "other", 6, NULL, 0);
	ASSERT_TRUE(peer_blocked(client));

	ASSERT_EQ(0, q_destroy(self->session, self->chid));
	EXPECT_EQ(-ESRCH, peer_wait(self->received));
	EXPECT_EQ(-ESRCH, peer_wait(self->queued));
	EXPECT_TRUE(peer_blocked(client));
	ASSERT_EQ(0, q_receive_now(self->session, other, buf, sizeof(buf), &rcv));
	EXPECT_STREQ("other", buf);
	EXPECT_EQ(0, q_reply(self->session, rcv.rcvid, 3, NULL, 0));
	EXPECT_EQ(0, peer_wait(client));
	EXPECT_EQ(3, client->send.status);
}

/* A session is open until its last descriptor is closed. */
TEST_F(destroy, one_of_two_descriptors_is_closed)
{
	int second = fcntl(self->session, F_DUPFD_CLOEXEC, 3);

	ASSERT_LE(0, second);
	ASSERT_EQ(0, close(self->session));
	EXPECT_TRUE(peer_blocked(self->received));
	EXPECT_TRUE(peer_blocked(self->queued));
	EXPECT_EQ(0, q_reply(second, self->rcvid, 2, NULL, 0));
	EXPECT_EQ(0, peer_wait(self->received));
	EXPECT_EQ(2, self->received->send.status);
	EXPECT_TRUE(peer_blocked(self->queued));
	EXPECT_EQ(0, q_destroy(second, self->chid));
	EXPECT_EQ(-ESRCH, peer_wait(self->queued));
}

/* The last close of a session is the end of its channels. */
TEST_F(channel, close_frees_clients)
{
	struct peer *received, *queued;
	struct qipc_msg_receive rcv;
	int chid = q_create(self->session, 0);
	char byte;

	/* Other processes: they have closed their copies of the descriptor. */
	received = client_start(true, false, self->session, chid);
	ASSERT_NE(NULL, received);
	queued = client_start(true, true, self->session, chid);
	ASSERT_NE(NULL, queued);
	peer_send(received, "r", 1, NULL, 0);
	ASSERT_EQ(0, q_receive(self->session, chid, &byte, 1, &rcv));
	peer_send(queued, "q", 1, NULL, 0);
	ASSERT_TRUE(peer_blocked(queued));
	ASSERT_TRUE(peer_blocked(received));
	ASSERT_EQ(0, close(self->session));
	EXPECT_EQ(-ESRCH, peer_wait(received));
	EXPECT_EQ(-ESRCH, peer_wait(queued));
	EXPECT_EQ(-EBADF, peer_call(received, job_send));
	EXPECT_EQ(-EBADF, peer_call(queued, job_send));
	EXPECT_EQ(-ESRCH, peer_call(received, job_attach));
}

/* What a forked child finds of its parent's side of things. */
struct inherited {
	int session;
	int chid;
	int side;
	int conn;
	int64_t rcvid;
};

/* Every call on the parent's session is refused, before it does anything. */
static int child_uses_session(void *arg)
{
	struct inherited *in = arg;
	struct qipc_msg_reply_receive rr;
	struct qipc_features features;
	struct qipc_msg_receive rcv;
	struct qipc_msg_info info;
	struct qipc_msg_send send;
	char buf[8];

	if (q_create(in->session, 0) != -ESTALE)
		return CHILD_WRONG_ERRNO + 100;
	if (q_destroy(in->session, in->chid) != -ESTALE)
		return CHILD_WRONG_ERRNO + 101;
	if (q_channel_fd(in->session, in->chid, 0) != -ESTALE)
		return CHILD_WRONG_ERRNO + 102;
	if (q_attach_side(in->session, 0, in->chid) != -ESTALE)
		return CHILD_WRONG_ERRNO + 103;
	if (q_detach(in->session, in->side) != -ESTALE)
		return CHILD_WRONG_ERRNO + 104;
	if (q_send(in->session, in->side, "x", 1, NULL, 0, &send) != -ESTALE)
		return CHILD_WRONG_ERRNO + 105;
	if (q_receive_now(in->session, in->chid, buf, 8, &rcv) != -ESTALE)
		return CHILD_WRONG_ERRNO + 106;
	if (q_reply(in->session, in->rcvid, 0, NULL, 0) != -ESTALE)
		return CHILD_WRONG_ERRNO + 107;
	if (q_error(in->session, in->rcvid, EIO) != -ESTALE)
		return CHILD_WRONG_ERRNO + 108;
	if (q_read(in->session, in->rcvid, buf, 8, 0) != -ESTALE)
		return CHILD_WRONG_ERRNO + 109;
	if (q_write(in->session, in->rcvid, buf, 8, 0) != -ESTALE)
		return CHILD_WRONG_ERRNO + 110;
	if (q_info(in->session, in->rcvid, &info) != -ESTALE)
		return CHILD_WRONG_ERRNO + 111;
	memset(&rr, 0, sizeof(rr));
	receive_args(&rr.receive, in->chid, buf, 8, QIPC_BUF | QIPC_NONBLOCK);
	if (q_ioctl(in->session, QIPC_MSG_REPLY_RECEIVE, &rr) != -ESTALE)
		return CHILD_WRONG_ERRNO + 112;
	/* Asking what the module can do is everybody's right, or refused alike. */
	if (q_features(in->session, &features) > 0)
		return CHILD_WRONG_ERRNO + 113;
	return CHILD_OK;
}

/* With a session of its own the child still has no claim on the parent's things. */
static int child_uses_own_session(void *arg)
{
	struct inherited *in = arg;
	struct qipc_msg_receive rcv;
	struct qipc_msg_send send;
	int session = q_open();
	char byte;

	if (session < 0)
		return CHILD_OPEN;
	if (q_send(session, in->side, "x", 1, NULL, 0, &send) != -EBADF)
		return CHILD_SEND;
	if (q_receive_now(session, in->chid, &byte, 1, &rcv) != -ESRCH)
		return CHILD_RECEIVE;
	if (q_reply(session, in->rcvid, 0, NULL, 0) != -ESRCH)
		return CHILD_REPLY;
	if (q_detach(session, in->side) != -EINVAL)
		return CHILD_ATTACH;
	return CHILD_OK;
}

/* The connection that is a descriptor works, by itself. */
static int child_sends(void *arg)
{
	struct inherited *in = arg;
	struct qipc_msg_send send;
	char reply[8] = "";

	if (q_send(in->conn, in->conn, "child", 6, reply, 8, &send))
		return CHILD_SEND;
	return send.status == 8 && !strcmp(reply, "answer!") ? CHILD_OK : CHILD_WRONG_DATA;
}

static int child_closes(void *arg)
{
	struct inherited *in = arg;

	return close(in->session) || close(in->conn) ? CHILD_SETUP : CHILD_OK;
}

TEST_F(channel, B114_fork)
{
	struct inherited in = { .session = self->session };
	struct qipc_msg_receive first, rcv;
	struct peer *client;
	char buf[8];
	pid_t pid;

	in.chid = q_create(self->session, 0);
	ASSERT_LT(0, in.chid);
	in.side = q_attach_side(self->session, 0, in.chid);
	ASSERT_LE(0, in.side);
	in.conn = q_attach(self->session, 0, in.chid, 0, 0);
	ASSERT_LE(0, in.conn);

	/* The parent's own message through the descriptor. */
	client = peer_start(false, self->session);
	ASSERT_NE(NULL, client);
	client->fd = in.conn;
	client->coid = in.conn;
	peer_send(client, "parent", 7, NULL, 0);
	ASSERT_EQ(0, q_receive(self->session, in.chid, buf, sizeof(buf), &first));
	EXPECT_EQ(getpid(), first.info.pid);
	in.rcvid = first.rcvid;

	EXPECT_EQ(CHILD_OK, run_child(child_uses_session, &in));
	EXPECT_EQ(CHILD_OK, run_child(child_uses_own_session, &in));
	EXPECT_TRUE(peer_blocked(client));
	EXPECT_TRUE(q_empty(self->session, in.chid));

	/* The child's: its own pid, and a scoid that is not the parent's. */
	pid = spawn(child_sends, &in);
	ASSERT_LT(0, pid);
	ASSERT_EQ(0, q_receive(self->session, in.chid, buf, sizeof(buf), &rcv));
	EXPECT_STREQ("child", buf);
	EXPECT_EQ(pid, rcv.info.pid);
	EXPECT_EQ(pid, rcv.info.tid);
	EXPECT_EQ(in.conn, rcv.info.coid);
	EXPECT_NE(first.info.scoid, rcv.info.scoid);
	EXPECT_EQ(0, q_reply(self->session, rcv.rcvid, 8, "answer!", 8));
	EXPECT_EQ(CHILD_OK, reap(pid));

	/* A child that closes what it inherited, or ends, takes nothing along. */
	EXPECT_EQ(CHILD_OK, run_child(child_closes, &in));
	EXPECT_TRUE(peer_blocked(client));
	EXPECT_EQ(0, q_reply(self->session, first.rcvid, 1, NULL, 0));
	EXPECT_EQ(0, peer_wait(client));
	EXPECT_EQ(1, client->send.status);
}

/* Another process in the same memory, as vfork makes it: memory is not what counts. */
static int shared_memory_child(void *arg)
{
	struct inherited *in = arg;
	struct qipc_msg_send send;
	char reply[8] = "";

	if (q_create(in->session, 0) != -ESTALE)
		return CHILD_WRONG_ERRNO;
	if (q_send(in->session, in->side, "x", 1, NULL, 0, &send) != -ESTALE)
		return CHILD_WRONG_ERRNO;
	if (q_send(in->conn, in->conn, "vm", 3, reply, sizeof(reply), &send))
		return CHILD_SEND;
	return send.status == 9 && !strcmp(reply, "same") ? CHILD_OK : CHILD_WRONG_DATA;
}

TEST_F(channel, B114_process_in_the_same_memory)
{
	struct inherited in = { .session = self->session };
	const size_t stack_size = 256 * 1024;
	struct qipc_msg_receive rcv;
	char *stack = private_alloc(stack_size);
	char buf[8];
	pid_t pid;

	ASSERT_NE(NULL, stack);
	in.chid = q_create(self->session, 0);
	in.side = q_attach_side(self->session, 0, in.chid);
	ASSERT_LE(0, in.side);
	in.conn = q_attach(self->session, 0, in.chid, 0, 0);
	ASSERT_LE(0, in.conn);
	pid = clone(shared_memory_child, stack + stack_size, CLONE_VM | CLONE_FILES | SIGCHLD,
		    &in);
	ASSERT_LT(0, pid);
	ASSERT_EQ(0, q_receive(self->session, in.chid, buf, sizeof(buf), &rcv));
	EXPECT_STREQ("vm", buf);
	EXPECT_EQ(pid, rcv.info.pid);
	EXPECT_EQ(0, q_reply(self->session, rcv.rcvid, 9, "same", 5));
	EXPECT_EQ(CHILD_OK, reap(pid));
	EXPECT_EQ(in.chid + 1, q_create(self->session, 0));
}

/* A session opened before the fork stays the parent's for ever. */
TEST_F(channel, session_of_the_parent_after_its_end)
{
	int chid = q_create(self->session, 0);
	struct peer *client;

	ASSERT_LT(0, chid);
	client = client_start(true, true, self->session, chid);
	ASSERT_NE(NULL, client);
	/* The parent's channel is reached through a connection, not through the file. */
	EXPECT_EQ(0, close(self->session));
	send_args(&client->send, client->coid, "x", 1, NULL, 0);
	EXPECT_EQ(-EBADF, peer_call(client, job_send));
}

static long job_open_inheritable(struct peer *peer)
{
	close(peer->session);
	peer->session = open(QIPC_DEVICE, O_RDWR);
	return peer->session < 0 ? -errno : 0;
}

/* Becomes another program; value[0] is a descriptor to say hello on. */
static long job_exec_pause(struct peer *peer)
{
	return exec_assist("pause", peer->value[0]);
}

static long job_exec_session(struct peer *peer)
{
	return exec_assist("session", peer->session);
}

TEST_F(channel, B115_exec_destroys_channels)
{
	struct peer *server, *client;
	struct qipc_msg_send send;
	int hello[2], coid;
	char byte;

	ASSERT_EQ(0, pipe(hello));
	server = peer_start(true, self->session);
	ASSERT_NE(NULL, server);
	ASSERT_EQ(0, peer_call(server, job_open_inheritable));
	ASSERT_EQ(0, peer_call(server, job_create));

	client = peer_start(true, self->session);
	ASSERT_NE(NULL, client);
	client->server = server->pid;
	client->chid = server->chid;
	ASSERT_EQ(0, peer_call(client, job_attach));
	coid = q_attach_side(self->session, server->pid, server->chid);
	ASSERT_LE(0, coid);
	peer_send(client, "x", 1, NULL, 0);
	ASSERT_TRUE(peer_blocked(client));

	/* The file survives the exec, the process lives, the channel is gone. */
	server->value[0] = hello[1];
	peer_go(server, job_exec_pause);
	ASSERT_EQ(1, read(hello[0], &byte, 1));
	EXPECT_EQ(-ESRCH, peer_wait(client));
	EXPECT_EQ(0, kill(server->pid, 0));
	EXPECT_EQ(-EBADF, q_send(self->session, coid, "x", 1, NULL, 0, &send));
	EXPECT_EQ(-ESRCH, q_attach_side(self->session, server->pid, server->chid));
	EXPECT_EQ(256 + SIGKILL, peer_kill(server));
}

TEST_F(channel, B115_exec_ends_the_session)
{
	struct peer *server = peer_start(true, self->session);

	ASSERT_NE(NULL, server);
	ASSERT_EQ(0, peer_call(server, job_open_inheritable));
	ASSERT_EQ(0, peer_call(server, job_create));
	peer_go(server, job_exec_session);
	EXPECT_EQ(ESTALE, reap(server->pid));
}

/* An exec while another thread of the server waits in a receive. */
static void *receiver(void *arg)
{
	struct peer *peer = arg;
	char byte;

	__atomic_store_n(&peer->tid, own_tid(), __ATOMIC_SEQ_CST);
	q_receive(peer->session, peer->chid, &byte, 1, &peer->receive);
	return NULL;
}

static long job_start_receiver(struct peer *peer)
{
	pthread_t thread;
	int ret;

	__atomic_store_n(&peer->tid, 0, __ATOMIC_SEQ_CST);
	ret = pthread_create(&thread, NULL, receiver, peer);
	while (!ret && !__atomic_load_n(&peer->tid, __ATOMIC_SEQ_CST))
		sched_yield();
	return -ret;
}

TEST_F(channel, B115_exec_with_a_receiver)
{
	struct peer *server;
	int hello[2];
	char byte;

	ASSERT_EQ(0, pipe(hello));
	server = peer_start(true, self->session);
	ASSERT_NE(NULL, server);
	ASSERT_EQ(0, peer_call(server, job_create));
	ASSERT_EQ(0, peer_call(server, job_start_receiver));
	ASSERT_TRUE(wait_until_blocked(server->pid, server->tid));
	server->value[0] = hello[1];
	peer_go(server, job_exec_pause);
	ASSERT_EQ(1, read(hello[0], &byte, 1));
	EXPECT_EQ(-ESRCH, q_attach_side(self->session, server->pid, server->chid));
	EXPECT_EQ(256 + SIGKILL, peer_kill(server));
}

TEST_HARNESS_MAIN
