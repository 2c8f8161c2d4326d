// SPDX-License-Identifier: GPL-2.0-only
/*
 * Connections: numbers of both kinds, who may connect to what, what the server
 * sees of a connection, passing them on, and detaching them with threads
 * waiting.
 */
#include <sched.h>
#include <stddef.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "kselftest_harness.h"
#include "qipc_test.h"

FIXTURE(connect) {
	int session;
	int chid;
};

FIXTURE_SETUP(connect)
{
	self->session = q_open();
	ASSERT_LE(0, self->session);
	self->chid = q_create(self->session, 0);
	ASSERT_LT(0, self->chid);
}

FIXTURE_TEARDOWN(connect)
{
}

static int lowest_free_fd(void)
{
	int fd = dup(STDIN_FILENO);

	close(fd);
	return fd;
}

TEST_F(connect, B5_numbers)
{
	int side, fd, expected;

	side = q_attach_side(self->session, 0, self->chid);
	ASSERT_LE(QIPC_SIDE_CHANNEL, side);

	expected = lowest_free_fd();
	fd = q_attach_fd(self->session, 0, self->chid);
	EXPECT_EQ(expected, fd);
	EXPECT_EQ(FD_CLOEXEC, fcntl(fd, F_GETFD));
	/* A hole is filled. */
	EXPECT_EQ(expected + 1, q_attach_fd(self->session, 0, self->chid));
	EXPECT_EQ(0, close(fd));
	EXPECT_EQ(expected, q_attach(self->session, 0, self->chid, 0, 0));
	EXPECT_EQ(0, fcntl(expected, F_GETFD));

	/* Side channels are no descriptors. */
	EXPECT_EQ(-1, fcntl(side, F_GETFD));
	EXPECT_EQ(EBADF, errno);
}

TEST_F(connect, B6_side_channel_ignores_the_rest)
{
	static const unsigned int rest[] = { 0, 1, 77, 0x10000, 0x3fffffff, 0x80000000 };
	int first = q_attach_side(self->session, 0, self->chid);
	size_t i;
	int coid;

	ASSERT_LE(QIPC_SIDE_CHANNEL, first);
	ASSERT_EQ(0, q_detach(self->session, first));
	for (i = 0; i < ARRAY_SIZE(rest); i++) {
		coid = q_attach(self->session, 0, self->chid, QIPC_SIDE_CHANNEL | rest[i], 0);
		EXPECT_EQ(first, coid) {
			TH_LOG("index %#x", rest[i]);
		}
		EXPECT_EQ(0, q_detach(self->session, coid));
	}
}

TEST_F(connect, index_of_descriptors_is_zero)
{
	static const unsigned int wrong[] = { 1, 3, 100, 0x3fffffff, 0x80000000 };
	int expected = lowest_free_fd();
	size_t i;

	for (i = 0; i < ARRAY_SIZE(wrong); i++)
		EXPECT_EQ(-EINVAL, q_attach(self->session, 0, self->chid, wrong[i], 0));
	EXPECT_EQ(expected, lowest_free_fd());
}

TEST_F(connect, B7_own_channel)
{
	struct peer *client = peer_start(false, self->session);
	struct qipc_msg_receive rcv;
	char buf[8] = "";
	int coid;

	ASSERT_NE(NULL, client);
	coid = q_attach_side(self->session, 0, self->chid);
	ASSERT_LE(QIPC_SIDE_CHANNEL, coid);
	client->fd = self->session;
	client->coid = coid;
	peer_send(client, "self", 5, NULL, 0);
	ASSERT_EQ(0, q_receive(self->session, self->chid, buf, sizeof(buf), &rcv));
	EXPECT_STREQ("self", buf);
	EXPECT_EQ(getpid(), rcv.info.pid);
	EXPECT_EQ(0, q_reply(self->session, rcv.rcvid, 0, NULL, 0));
	EXPECT_EQ(0, peer_wait(client));

	/* The caller's own pid says the same. */
	EXPECT_LE(QIPC_SIDE_CHANNEL, q_attach_side(self->session, getpid(), self->chid));
}

static int exit_at_once(void *unused)
{
	(void)unused;
	return 0;
}

static int __noreturn wait_for_ever(void *unused)
{
	(void)unused;
	for (;;)
		pause();
}

TEST_F(connect, B8_no_such_channel)
{
	static const int chids[] = { 0, -1, 2, 1000, INT_MAX, INT_MIN, QIPC_SIDE_CHANNEL };
	static const int pids[] = { -1, INT_MIN, INT_MAX };
	int expected = lowest_free_fd();
	siginfo_t info;
	pid_t pid;
	size_t i;

	/* A live process, and a number that is none of its channels. */
	for (i = 0; i < ARRAY_SIZE(chids); i++) {
		EXPECT_EQ(-ESRCH, q_attach_side(self->session, 0, chids[i])) {
			TH_LOG("chid %d", chids[i]);
		}
		EXPECT_EQ(-ESRCH, q_attach_fd(self->session, getpid(), chids[i]));
	}
	for (i = 0; i < ARRAY_SIZE(pids); i++) {
		EXPECT_EQ(-ESRCH, q_attach_side(self->session, pids[i], self->chid)) {
			TH_LOG("pid %d", pids[i]);
		}
	}
	/* A process without a session. */
	pid = spawn(wait_for_ever, NULL);
	ASSERT_LT(0, pid);
	EXPECT_EQ(-ESRCH, q_attach_side(self->session, pid, self->chid));
	ASSERT_EQ(0, kill(pid, SIGKILL));
	EXPECT_EQ(256 + SIGKILL, reap(pid));
	/* A zombie, then nobody. */
	pid = spawn(exit_at_once, NULL);
	ASSERT_LT(0, pid);
	ASSERT_EQ(0, waitid(P_PID, pid, &info, WEXITED | WNOWAIT));
	EXPECT_EQ(-ESRCH, q_attach_side(self->session, pid, self->chid));
	EXPECT_EQ(0, reap(pid));
	EXPECT_EQ(-ESRCH, q_attach_side(self->session, pid, self->chid));
	EXPECT_EQ(-ESRCH, q_attach_fd(self->session, pid, self->chid));
	EXPECT_EQ(expected, lowest_free_fd());
}

TEST_F(connect, B9_unknown_flags)
{
	const unsigned int known = QIPC_COF_CLOEXEC | QIPC_COF_NOINHERIT | QIPC_COF_NOSHARE |
				   QIPC_COF_NOEVENT | QIPC_COF_REG_EVENTS;
	int expected = lowest_free_fd();
	int bit;

	for (bit = 0; bit < 32; bit++) {
		if (known & (1U << bit))
			continue;
		EXPECT_EQ(-EINVAL, q_attach(self->session, 0, self->chid, QIPC_SIDE_CHANNEL,
					    1U << bit));
		EXPECT_EQ(-EINVAL, q_attach(self->session, 0, self->chid, 0, 1U << bit));
	}
	EXPECT_EQ(expected, lowest_free_fd());
}

TEST_F(connect, other_nodes)
{
	struct qipc_connect_attach arg = {
		.chid = self->chid,
		.index = QIPC_SIDE_CHANNEL,
		.coid = SENTINEL32,
	};
	uint32_t nd;

	for (nd = 1; nd; nd <<= 1) {
		arg.nd = nd;
		EXPECT_EQ(-ENONET, q_ioctl(self->session, QIPC_CONNECT_ATTACH, &arg));
		EXPECT_EQ(SENTINEL32, arg.coid);
	}
}

TEST_F(connect, descriptor_limit)
{
	struct rlimit limit;
	int next = lowest_free_fd();

	ASSERT_EQ(0, getrlimit(RLIMIT_NOFILE, &limit));
	limit.rlim_cur = next + 1;
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &limit));
	EXPECT_EQ(next, q_attach_fd(self->session, 0, self->chid));
	EXPECT_EQ(-EMFILE, q_attach_fd(self->session, 0, self->chid));
	/* Side channels do not count. */
	EXPECT_LE(QIPC_SIDE_CHANNEL, q_attach_side(self->session, 0, self->chid));
	EXPECT_EQ(0, close(next));
	EXPECT_EQ(next, q_attach_fd(self->session, 0, self->chid));
}

TEST_F(connect, many_side_channels)
{
	int first = q_attach_side(self->session, 0, self->chid);
	int i;

	ASSERT_LE(QIPC_SIDE_CHANNEL, first);
	for (i = 1; i < 1000; i++) {
		ASSERT_EQ(first + i, q_attach_side(self->session, 0, self->chid)) {
			TH_LOG("number %d", i);
		}
	}
	for (i = 0; i < 1000; i += 3) {
		ASSERT_EQ(0, q_detach(self->session, first + i)) {
			TH_LOG("number %d", i);
		}
	}
	for (i = 0; i < 1000; i += 3) {
		ASSERT_EQ(first + i, q_attach_side(self->session, 0, self->chid)) {
			TH_LOG("number %d", i);
		}
	}
}

/* The info of a message that @client sends. */
static int info_of(FIXTURE_DATA(connect) * self, struct peer *client, struct qipc_msg_info *info)
{
	struct qipc_msg_receive rcv;
	char buf[8];
	int ret;

	peer_send(client, "who?", 5, NULL, 0);
	ret = q_receive(self->session, self->chid, buf, sizeof(buf), &rcv);
	if (ret)
		return ret;
	*info = rcv.info;
	ret = q_reply(self->session, rcv.rcvid, 0, NULL, 0);
	return ret ? ret : peer_wait(client);
}

static long job_detach_value(struct peer *peer)
{
	return q_detach(peer->session, peer->value[0]);
}

static int q_detach_of(struct peer *peer, int coid)
{
	peer->value[0] = coid;
	return peer_call(peer, job_detach_value);
}

TEST_F(connect, B10_connections_share_a_scoid)
{
	struct qipc_msg_info first, second, third;
	struct peer *client = client_start(true, false, self->session, self->chid);
	int coid;

	ASSERT_NE(NULL, client);
	coid = client->coid;
	ASSERT_EQ(0, info_of(self, client, &first));
	EXPECT_EQ(coid, first.coid);

	ASSERT_EQ(0, peer_call(client, job_attach));
	EXPECT_NE(coid, client->coid);
	ASSERT_EQ(0, info_of(self, client, &second));
	EXPECT_EQ(client->coid, second.coid);
	EXPECT_EQ(first.scoid, second.scoid);

	/* Also one of the other kind. */
	client->index = 0;
	ASSERT_EQ(0, peer_call(client, job_attach));
	ASSERT_EQ(0, info_of(self, client, &third));
	EXPECT_EQ(client->coid, third.coid);
	EXPECT_EQ(first.scoid, third.scoid);

	/* It is the same as long as one of them is left. */
	ASSERT_EQ(0, q_detach_of(client, coid));
	ASSERT_EQ(0, info_of(self, client, &third));
	EXPECT_EQ(first.scoid, third.scoid);

	/* A scoid is told from a coid by its bits. */
	EXPECT_EQ(QIPC_SIDE_CHANNEL | QIPC_CONNECTION_SCOID,
		  first.scoid & (QIPC_SIDE_CHANNEL | QIPC_CONNECTION_SCOID));
	EXPECT_LT(0, first.scoid);
}

TEST_F(connect, B10_name_of_a_descriptor_is_the_callers)
{
	struct peer *client = client_start(false, true, self->session, self->chid);
	struct qipc_msg_info info;
	int copy;

	ASSERT_NE(NULL, client);
	copy = fcntl(client->fd, F_DUPFD, 100);
	ASSERT_EQ(100, copy);
	ASSERT_EQ(0, info_of(self, client, &info));
	EXPECT_EQ(client->coid, info.coid);
	client->fd = copy;
	client->coid = copy;
	ASSERT_EQ(0, info_of(self, client, &info));
	EXPECT_EQ(100, info.coid);
}

TEST_F(connect, B11_noshare)
{
	struct qipc_msg_info first, second, third;
	struct peer *client = client_start(true, false, self->session, self->chid);

	ASSERT_NE(NULL, client);
	ASSERT_EQ(0, info_of(self, client, &first));
	client->flags = QIPC_COF_NOSHARE;
	ASSERT_EQ(0, peer_call(client, job_attach));
	ASSERT_EQ(0, info_of(self, client, &second));
	EXPECT_NE(first.scoid, second.scoid);
	ASSERT_EQ(0, peer_call(client, job_attach));
	ASSERT_EQ(0, info_of(self, client, &third));
	EXPECT_NE(first.scoid, third.scoid);
	EXPECT_NE(second.scoid, third.scoid);
	/* The shared one is still shared. */
	client->flags = 0;
	ASSERT_EQ(0, peer_call(client, job_attach));
	ASSERT_EQ(0, info_of(self, client, &third));
	EXPECT_EQ(first.scoid, third.scoid);
}

TEST_F(connect, B12_processes_have_scoids_of_their_own)
{
	struct peer *a = client_start(true, false, self->session, self->chid);
	struct peer *b = client_start(true, false, self->session, self->chid);
	struct qipc_msg_info info_a, info_b;
	struct peer *c;

	ASSERT_NE(NULL, a);
	ASSERT_NE(NULL, b);
	ASSERT_EQ(0, info_of(self, a, &info_a));
	ASSERT_EQ(0, info_of(self, b, &info_b));
	EXPECT_NE(info_a.scoid, info_b.scoid);
	EXPECT_EQ(a->pid, info_a.pid);
	EXPECT_EQ(b->pid, info_b.pid);

	/* Channels of one server number their clients apart from each other or not, but... */
	self->chid = q_create(self->session, 0);
	c = client_start(true, false, self->session, self->chid);
	ASSERT_NE(NULL, c);
	ASSERT_EQ(0, info_of(self, c, &info_b));
	EXPECT_EQ(self->chid, info_b.chid);
	EXPECT_EQ(c->pid, info_b.pid);
	/* ...no two of them are the same at one time. */
	EXPECT_NE(info_a.scoid, info_b.scoid);
}

TEST_F(connect, B13_attach_is_silent)
{
	int chfd = q_channel_fd(self->session, self->chid, 0);
	struct pollfd pfd = { .fd = chfd, .events = POLLIN };
	struct peer *client;

	ASSERT_LE(0, chfd);
	client = client_start(true, false, self->session, self->chid);
	ASSERT_NE(NULL, client);
	EXPECT_EQ(0, poll(&pfd, 1, 0));
	EXPECT_TRUE(q_empty(self->session, self->chid));
	/* So is detaching. */
	EXPECT_EQ(0, peer_call(client, job_detach));
	EXPECT_EQ(256 + SIGKILL, peer_kill(client));
	EXPECT_EQ(0, poll(&pfd, 1, 0));
	EXPECT_TRUE(q_empty(self->session, self->chid));
}

TEST_F(connect, B14_detach_unknown)
{
	static const int wrong[] = { 0, -1, 1, 3, INT_MAX, INT_MIN, QIPC_SIDE_CHANNEL | 999 };
	struct qipc_msg_info info;
	struct peer *client;
	size_t i;
	int coid;

	coid = q_attach_side(self->session, 0, self->chid);
	ASSERT_LE(QIPC_SIDE_CHANNEL, coid);
	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		EXPECT_EQ(-EINVAL, q_detach(self->session, wrong[i])) {
			TH_LOG("coid %d", wrong[i]);
		}
	}
	EXPECT_EQ(-EINVAL, q_detach(self->session, self->session));
	EXPECT_EQ(-EINVAL, q_detach(self->session, coid & ~QIPC_SIDE_CHANNEL));
	EXPECT_EQ(0, q_detach(self->session, coid));
	EXPECT_EQ(-EINVAL, q_detach(self->session, coid));

	/* A scoid whose client lives is not the server's to detach. */
	client = client_start(true, false, self->session, self->chid);
	ASSERT_NE(NULL, client);
	ASSERT_EQ(0, info_of(self, client, &info));
	EXPECT_EQ(-EINVAL, q_detach(self->session, info.scoid));
	EXPECT_EQ(0, info_of(self, client, &info));
}

TEST_F(connect, B15_send_on_nothing)
{
	static const int wrong[] = { 0, -1, 1, INT_MAX, INT_MIN, QIPC_SIDE_CHANNEL | 999 };
	struct qipc_msg_send arg;
	int side, fd;
	size_t i;

	side = q_attach_side(self->session, 0, self->chid);
	ASSERT_LE(QIPC_SIDE_CHANNEL, side);
	fd = q_attach_fd(self->session, 0, self->chid);
	ASSERT_LE(0, fd);
	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		EXPECT_EQ(-EBADF, q_send(self->session, wrong[i], "x", 1, NULL, 0, &arg)) {
			TH_LOG("coid %d", wrong[i]);
		}
		EXPECT_TRUE(send_inputs_kept(&arg, wrong[i], "x", 1, NULL, 0));
		EXPECT_EQ(SENTINEL64, arg.status);
	}
	/* A connection that is a descriptor has no name on the session. */
	EXPECT_EQ(-EBADF, q_send(self->session, fd, "x", 1, NULL, 0, &arg));
	EXPECT_EQ(0, q_detach(self->session, side));
	EXPECT_EQ(-EBADF, q_send(self->session, side, "x", 1, NULL, 0, &arg));
	EXPECT_TRUE(q_empty(self->session, self->chid));

	side = q_attach_side(self->session, 0, self->chid);
	ASSERT_LE(QIPC_SIDE_CHANNEL, side);
	EXPECT_EQ(0, q_destroy(self->session, self->chid));
	EXPECT_EQ(-EBADF, q_send(self->session, side, "x", 1, NULL, 0, &arg));
	EXPECT_EQ(-EBADF, q_send(fd, fd, "x", 1, NULL, 0, &arg));
	EXPECT_EQ(0, q_detach(self->session, side));
	EXPECT_EQ(0, close(fd));
}

/* Several threads under one name: a message each, an answer each. */
TEST_F(connect, threads_share_a_connection)
{
	enum { COUNT = 4 };
	int coid = q_attach_side(self->session, 0, self->chid);
	struct qipc_msg_receive rcv[COUNT];
	struct peer *threads[COUNT];
	char bytes[COUNT];
	int i, j;

	ASSERT_LE(QIPC_SIDE_CHANNEL, coid);
	for (i = 0; i < COUNT; i++) {
		threads[i] = peer_start(false, self->session);
		ASSERT_NE(NULL, threads[i]);
		threads[i]->fd = self->session;
		threads[i]->coid = coid;
		peer_send(threads[i], &"abcd"[i], 1, NULL, 0);
		ASSERT_TRUE(peer_blocked(threads[i]));
	}
	for (i = 0; i < COUNT; i++) {
		ASSERT_EQ(0, q_receive_now(self->session, self->chid, &bytes[i], 1, &rcv[i])) {
			TH_LOG("message %d", i);
		}
		EXPECT_EQ("abcd"[i], bytes[i]);
		EXPECT_EQ(threads[i]->tid, rcv[i].info.tid);
		EXPECT_EQ(coid, rcv[i].info.coid);
		EXPECT_EQ(rcv[0].info.scoid, rcv[i].info.scoid);
		for (j = 0; j < i; j++)
			EXPECT_NE(rcv[j].rcvid, rcv[i].rcvid);
	}
	for (i = COUNT - 1; i >= 0; i--) {
		EXPECT_EQ(0, q_reply(self->session, rcv[i].rcvid, i, NULL, 0));
		EXPECT_EQ(0, peer_wait(threads[i]));
		EXPECT_EQ(i, threads[i]->send.status);
	}
}

/* A descriptor that is closed under a waiting thread lives until the thread has its answer. */
TEST_F(connect, closed_while_waiting)
{
	struct peer *client = client_start(false, true, self->session, self->chid);
	struct qipc_msg_receive rcv;
	char byte;

	ASSERT_NE(NULL, client);
	peer_send(client, "1", 1, NULL, 0);
	ASSERT_TRUE(peer_blocked(client));
	ASSERT_EQ(0, close(client->fd));
	EXPECT_TRUE(peer_blocked(client));
	ASSERT_EQ(0, q_receive_now(self->session, self->chid, &byte, 1, &rcv));
	EXPECT_TRUE(peer_blocked(client));
	EXPECT_EQ(0, q_reply(self->session, rcv.rcvid, 4, NULL, 0));
	EXPECT_EQ(0, peer_wait(client));
	EXPECT_EQ(4, client->send.status);
}

FIXTURE(detach) {
	int session;
	int chid;
	struct peer *server;
	struct peer *client;
	char *buf;
};

FIXTURE_VARIANT(detach) {
	bool fd_space;
};

FIXTURE_VARIANT_ADD(detach, side) { .fd_space = false, };

FIXTURE_VARIANT_ADD(detach, fd) { .fd_space = true, };

/* The server is another process, the client a thread of this one. */
FIXTURE_SETUP(detach)
{
	self->session = q_open();
	ASSERT_LE(0, self->session);
	self->buf = shared_alloc(page_size());
	ASSERT_NE(NULL, self->buf);
	self->server = peer_start(true, self->session);
	ASSERT_NE(NULL, self->server);
	ASSERT_EQ(0, peer_call(self->server, job_create));
	self->chid = self->server->chid;
	self->client = peer_start(false, self->session);
	ASSERT_NE(NULL, self->client);
	self->client->server = self->server->pid;
	self->client->chid = self->chid;
	self->client->index = variant->fd_space ? 0 : QIPC_SIDE_CHANNEL;
	ASSERT_EQ(0, peer_call(self->client, job_attach));
}

FIXTURE_TEARDOWN(detach)
{
	EXPECT_EQ(256 + SIGKILL, peer_kill(self->server));
}

static long job_reply_late(struct peer *peer)
{
	return q_reply(peer->session, peer->receive.rcvid, 9, "late", 4);
}

static long job_receive_now(struct peer *peer)
{
	receive_args(&peer->receive, peer->chid, peer->memory, 8, QIPC_BUF | QIPC_NONBLOCK);
	return q_ioctl(peer->session, QIPC_MSG_RECEIVE, &peer->receive);
}

TEST_F(detach, B112_while_send_blocked)
{
	struct peer *bystander = peer_start(false, self->session);

	/* Another thread waits under another name of the same channel. */
	ASSERT_NE(NULL, bystander);
	bystander->server = self->server->pid;
	bystander->chid = self->chid;
	bystander->index = self->client->index;
	ASSERT_EQ(0, peer_call(bystander, job_attach));
	peer_send(bystander, "by", 3, NULL, 0);
	ASSERT_TRUE(peer_blocked(bystander));
	peer_send(self->client, "x", 1, self->buf, 8);
	ASSERT_TRUE(peer_blocked(self->client));

	ASSERT_EQ(0, q_detach(self->client->fd, self->client->coid));
	EXPECT_EQ(-EBADF, peer_wait(self->client));
	EXPECT_TRUE(peer_blocked(bystander));

	/* The server sees one message only: the bystander's. */
	self->server->memory = self->buf;
	EXPECT_EQ(0, peer_call(self->server, job_receive_now));
	EXPECT_STREQ("by", self->buf);
	EXPECT_EQ(0, peer_call(self->server, job_reply_late));
	EXPECT_EQ(0, peer_wait(bystander));
	EXPECT_EQ(-EAGAIN, peer_call(self->server, job_receive_now));
	if (!variant->fd_space) {
		EXPECT_EQ(-EINVAL, q_detach(self->session, self->client->coid));
		EXPECT_EQ(-EBADF, peer_call(self->client, job_send));
	}
}

TEST_F(detach, B113_while_reply_blocked)
{
	sentinel_fill(self->buf, 8);
	self->server->memory = self->buf + 100;
	peer_send(self->client, "x", 1, self->buf, 8);
	ASSERT_TRUE(peer_blocked(self->client));
	ASSERT_EQ(0, peer_call(self->server, job_receive_now));
	ASSERT_TRUE(peer_blocked(self->client));

	ASSERT_EQ(0, q_detach(self->client->fd, self->client->coid));
	EXPECT_EQ(-EBADF, peer_wait(self->client));
	EXPECT_EQ(-ESRCH, peer_call(self->server, job_reply_late));
	EXPECT_EQ(-1, sentinel_differs(self->buf, 8));
}

/* Two names of one descriptor: a detach ends what waits under the name it gives. */
TEST_F(detach, only_the_name_given)
{
	struct peer *other = peer_start(false, self->session);

	ASSERT_NE(NULL, other);
	if (variant->fd_space) {
		other->fd = fcntl(self->client->fd, F_DUPFD_CLOEXEC, 50);
		other->coid = other->fd;
	} else {
		other->server = self->server->pid;
		other->chid = self->chid;
		ASSERT_EQ(0, peer_call(other, job_attach));
	}
	ASSERT_NE(other->coid, self->client->coid);
	peer_send(other, "o", 1, NULL, 0);
	ASSERT_TRUE(peer_blocked(other));
	self->server->memory = self->buf;
	ASSERT_EQ(0, peer_call(self->server, job_receive_now));
	peer_send(self->client, "c", 1, NULL, 0);
	ASSERT_TRUE(peer_blocked(self->client));
	EXPECT_EQ(0, q_detach(self->client->fd, self->client->coid));
	EXPECT_EQ(-EBADF, peer_wait(self->client));
	EXPECT_TRUE(peer_blocked(other));
	EXPECT_EQ(0, peer_call(self->server, job_reply_late));
	EXPECT_EQ(0, peer_wait(other));
	EXPECT_EQ(9, other->send.status);
	EXPECT_EQ(-EAGAIN, peer_call(self->server, job_receive_now));
}

/* --- who may connect ------------------------------------------------------- */

static int nobody_attaches(void *arg)
{
	int session, coid;

	if (!become(NOBODY, NOBODY, NULL, 0))
		return CHILD_SETUP;
	session = q_open();
	if (session < 0)
		return CHILD_OPEN;
	coid = q_attach_side(session, getppid(), *(int *)arg);
	if (coid != -EACCES)
		return coid < 0 ? CHILD_WRONG_ERRNO : CHILD_NOT_REFUSED;
	coid = q_attach_fd(session, getppid(), *(int *)arg);
	if (coid != -EACCES)
		return coid < 0 ? CHILD_WRONG_ERRNO : CHILD_NOT_REFUSED;
	/* That a channel does not exist is no secret. */
	return q_attach_side(session, getppid(), 999) == -ESRCH ? CHILD_OK : CHILD_WRONG_ERRNO;
}

TEST_F(connect, other_user_is_refused)
{
	if (geteuid())
		SKIP(return, "changing the user takes root");
	EXPECT_EQ(CHILD_OK, run_child(nobody_attaches, &self->chid));
	/* The same channel is open to the same user. */
	EXPECT_LE(QIPC_SIDE_CHANNEL, q_attach_side(self->session, 0, self->chid));
}

static long become_nobody(struct peer *peer)
{
	peer->value[0] = NOBODY;
	peer->value[1] = NOBODY;
	return peer_call(peer, job_become);
}

TEST_F(connect, capability_and_same_user)
{
	struct peer *server, *client;

	if (geteuid())
		SKIP(return, "changing the user takes root");
	server = peer_start(true, self->session);
	ASSERT_NE(NULL, server);
	ASSERT_EQ(0, become_nobody(server));
	ASSERT_EQ(0, peer_call(server, job_create));

	/* Root has CAP_IPC_OWNER... */
	EXPECT_LE(QIPC_SIDE_CHANNEL, q_attach_side(self->session, server->pid, server->chid));
	/* ...and is another user without it. */
	client = peer_start(true, self->session);
	ASSERT_NE(NULL, client);
	client->server = server->pid;
	client->chid = server->chid;
	client->value[0] = CAP_IPC_OWNER;
	ASSERT_EQ(0, peer_call(client, job_drop_capability));
	EXPECT_EQ(-EACCES, peer_call(client, job_attach));
	/* The same user needs nothing. */
	ASSERT_EQ(0, become_nobody(client));
	EXPECT_EQ(0, peer_call(client, job_attach));
}

/* Rights are looked at when connecting: a connection goes on after a change of user. */
TEST_F(connect, rights_are_those_of_the_attach)
{
	struct qipc_msg_info info;
	struct peer *client;

	if (geteuid())
		SKIP(return, "changing the user takes root");
	client = client_start(true, true, self->session, self->chid);
	ASSERT_NE(NULL, client);
	ASSERT_EQ(0, become_nobody(client));
	EXPECT_EQ(0, info_of(self, client, &info));
	EXPECT_EQ(client->pid, info.pid);
}

/* --- descriptors that travel ---------------------------------------------- */

static int pass_fd(int sock, int fd)
{
	char control[CMSG_SPACE(sizeof(int))] = {}, byte = 0;
	struct iovec iov = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);

	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(cmsg), &fd, sizeof(int));
	return sendmsg(sock, &msg, 0) == 1 ? 0 : -errno;
}

static int take_fd(int sock)
{
	char control[CMSG_SPACE(sizeof(int))], byte;
	struct iovec iov = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	int fd;

	if (recvmsg(sock, &msg, 0) != 1 || !CMSG_FIRSTHDR(&msg))
		return -1;
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(int));
	return fd;
}

static long job_pass(struct peer *peer)
{
	return pass_fd(peer->value[0], peer->fd);
}

TEST_F(connect, passed_to_another_process)
{
	struct peer *giver, *user = peer_start(false, self->session);
	struct qipc_msg_info theirs, ours;
	int pair[2], fd;

	ASSERT_NE(NULL, user);
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	giver = client_start(true, true, self->session, self->chid);
	ASSERT_NE(NULL, giver);
	ASSERT_EQ(0, info_of(self, giver, &theirs));
	giver->value[0] = pair[1];
	ASSERT_EQ(0, peer_call(giver, job_pass));
	fd = take_fd(pair[0]);
	ASSERT_LE(0, fd);

	/* Who sends counts, not who connected. */
	user->fd = fd;
	user->coid = fd;
	ASSERT_EQ(0, info_of(self, user, &ours));
	EXPECT_EQ(getpid(), ours.pid);
	EXPECT_EQ(fd, ours.coid);
	EXPECT_NE(theirs.scoid, ours.scoid);
	ASSERT_EQ(0, info_of(self, giver, &theirs));
	EXPECT_EQ(giver->pid, theirs.pid);

	/* The connection outlives the one who made it. */
	EXPECT_EQ(256 + SIGKILL, peer_kill(giver));
	ASSERT_EQ(0, info_of(self, user, &ours));
	EXPECT_EQ(getpid(), ours.pid);
}

/*
 * Processes that share the table of descriptors close nothing when they end: what a
 * connection knows of them goes when the next one uses it, and the channel is told.
 */
TEST_F(connect, users_that_end_without_closing_it)
{
	int chid = q_create(self->session, QIPC_CHF_DISCONNECT), users = 4;
	int fd = q_attach_fd(self->session, 0, chid), status, i, gone = 0;
	struct qipc_pulse pulse;
	pid_t pid;

	ASSERT_LE(0, fd);
	for (i = 0; i < users; i++) {
		pid = syscall(SYS_clone, CLONE_FILES | SIGCHLD, NULL, NULL, NULL, 0);
		if (!pid)
			_exit(q_pulse(fd, fd, -1, 1, i) ? CHILD_SEND : CHILD_OK);
		ASSERT_EQ(pid, waitpid(pid, &status, 0));
		EXPECT_EQ(CHILD_OK, WEXITSTATUS(status));
	}
	while (!q_receive_pulse_now(self->session, chid, &pulse))
		gone += pulse.code == QIPC_PULSE_DISCONNECT;
	/* All but the last. */
	EXPECT_EQ(users - 1, gone);
	EXPECT_EQ(0, close(fd));
}

/* NOINHERIT: of use to the process that made it, whoever else has the descriptor. */
TEST_F(connect, not_inherited)
{
	struct peer *user = peer_start(false, self->session);
	struct qipc_server_info server;
	struct qipc_msg_info info;
	struct qipc_msg_send arg;
	int fd, status;
	pid_t pid;

	ASSERT_NE(NULL, user);
	fd = q_attach(self->session, 0, self->chid, 0, QIPC_COF_NOINHERIT);
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, fcntl(fd, F_GETFD));
	pid = fork_bound();
	if (!pid) {
		if (q_send(fd, fd, "x", 1, NULL, 0, &arg) != -EBADF)
			_exit(CHILD_SEND);
		if (q_pulse(fd, fd, -1, 1, 2) != -EBADF)
			_exit(CHILD_WRONG_ERRNO);
		_exit(CHILD_OK);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(CHILD_OK, WEXITSTATUS(status));
	EXPECT_TRUE(q_empty(self->session, self->chid));
	user->fd = fd;
	user->coid = fd;
	EXPECT_EQ(0, info_of(self, user, &info));
	ASSERT_EQ(0, q_server_info(fd, 0, fd, 0, &server));
	EXPECT_EQ(QIPC_COF_NOINHERIT, server.flags & QIPC_COF_NOINHERIT);
}

TEST_F(connect, outlives_the_session_that_made_it)
{
	struct peer *user = peer_start(false, self->session);
	int other = q_open(), side, fd;
	struct qipc_msg_send arg;
	struct qipc_msg_info info;

	ASSERT_NE(NULL, user);
	ASSERT_LE(0, other);
	side = q_attach_side(other, getpid(), self->chid);
	ASSERT_LE(QIPC_SIDE_CHANNEL, side);
	fd = q_attach_fd(other, getpid(), self->chid);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, close(other));
	user->fd = fd;
	user->coid = fd;
	EXPECT_EQ(0, info_of(self, user, &info));
	EXPECT_EQ(-EBADF, q_send(self->session, side, "x", 1, NULL, 0, &arg));
}

/* --- exec -------------------------------------------------------------------- */

static int exec_exists(void *arg)
{
	return exec_assist("exists", *(int *)arg);
}

static int exec_send(void *arg)
{
	return exec_assist("send", *(int *)arg);
}

TEST_F(connect, B115_exec_closes_cloexec_only)
{
	int cloexec = q_attach_fd(self->session, 0, self->chid);
	int kept = q_attach(self->session, 0, self->chid, 0, 0);
	struct qipc_msg_receive rcv;
	char buf[8] = "";
	pid_t pid;

	ASSERT_LE(0, cloexec);
	ASSERT_LE(0, kept);
	EXPECT_EQ(EBADF, run_child(exec_exists, &cloexec));
	EXPECT_EQ(0, run_child(exec_exists, &kept));

	pid = spawn(exec_send, &kept);
	ASSERT_LT(0, pid);
	ASSERT_EQ(0, q_receive(self->session, self->chid, buf, sizeof(buf), &rcv));
	EXPECT_EQ(5, rcv.info.msglen);
	EXPECT_EQ(0, memcmp(buf, "hello", 5));
	EXPECT_EQ(pid, rcv.info.pid);
	EXPECT_EQ(kept, rcv.info.coid);
	EXPECT_EQ(0, q_reply(self->session, rcv.rcvid, 42, NULL, 0));
	EXPECT_EQ(0, reap(pid));
}

/* --- pid namespaces ------------------------------------------------------------ */

struct namespace_test {
	int conn;
	int outer_session;
	char *buf;
};

/* First process of a new namespace: a client of the outside. */
static int inner_client(void *arg)
{
	struct namespace_test *test = arg;
	struct qipc_msg_send send;

	if (getpid() != 1)
		return CHILD_SETUP;
	if (q_send(test->conn, test->conn, "in", 3, NULL, 0, &send))
		return CHILD_SEND;
	return send.status == 11 ? CHILD_OK : CHILD_WRONG_DATA;
}

/* Makes the namespace; its child's pid goes to *buf. */
static int run_inner_client(void *arg)
{
	struct namespace_test *test = arg;

	if (unshare(CLONE_NEWPID))
		return errno == EPERM || errno == EINVAL ? KSFT_SKIP : CHILD_SETUP;
	return run_child(inner_client, test);
}

TEST_F(connect, pid_is_translated_for_the_server)
{
	struct namespace_test test = {};
	struct qipc_msg_receive rcv;
	struct pollfd pfd = { .events = POLLIN };
	char buf[8], path[64];
	pid_t pid;

	test.conn = q_attach_fd(self->session, 0, self->chid);
	ASSERT_LE(0, test.conn);
	pfd.fd = q_channel_fd(self->session, self->chid, 0);
	ASSERT_LE(0, pfd.fd);
	if (geteuid())
		SKIP(return, "a pid namespace takes root");
	pid = spawn(run_inner_client, &test);
	ASSERT_LT(0, pid);
	ASSERT_EQ(1, poll(&pfd, 1, PATIENCE_MS)) {
		TH_LOG("child: %d", reap(pid));
	}
	ASSERT_EQ(0, q_receive_now(self->session, self->chid, buf, sizeof(buf), &rcv));
	/* Not 1, which it is to itself, but the pid here. */
	EXPECT_LT(1, rcv.info.pid);
	EXPECT_NE(pid, rcv.info.pid);
	EXPECT_EQ(rcv.info.pid, rcv.info.tid);
	snprintf(path, sizeof(path), "/proc/%d/task/%d", rcv.info.pid, rcv.info.tid);
	EXPECT_EQ(0, access(path, F_OK));
	EXPECT_EQ(0, q_reply(self->session, rcv.rcvid, 11, NULL, 0));
	EXPECT_EQ(CHILD_OK, reap(pid));
}

/* First process of a new namespace: a server for the outside. */
static int inner_server(void *arg)
{
	struct namespace_test *test = arg;
	struct qipc_msg_receive rcv;
	int session = q_open();
	char buf[8];

	if (getpid() != 1)
		return CHILD_SETUP;
	if (session < 0)
		return CHILD_OPEN;
	if (q_create(session, 0) != 1)
		return CHILD_CREATE;
	__atomic_store_n(test->buf, 1, __ATOMIC_SEQ_CST);
	if (q_receive(session, 1, buf, sizeof(buf), &rcv))
		return CHILD_RECEIVE;
	/* The outside has no names in here. */
	if (rcv.info.pid || rcv.info.tid)
		return CHILD_WRONG_DATA;
	return q_reply(session, rcv.rcvid, 12, NULL, 0) ? CHILD_REPLY : CHILD_OK;
}

static int run_inner_server(void *arg)
{
	struct namespace_test *test = arg;
	pid_t pid;

	if (unshare(CLONE_NEWPID))
		return CHILD_SETUP;
	pid = spawn(inner_server, test);
	__atomic_store_n((pid_t *)(test->buf + 8), pid, __ATOMIC_SEQ_CST);
	return reap(pid);
}

TEST_F(connect, pid_is_translated_for_the_client)
{
	struct namespace_test test = { .buf = shared_alloc(page_size()) };
	int64_t end = now_us() + PATIENCE_MS * 1000LL;
	struct qipc_msg_send send;
	pid_t pid, server = 0;
	int coid;

	ASSERT_NE(NULL, test.buf);
	if (geteuid())
		SKIP(return, "a pid namespace takes root");
	pid = spawn(run_inner_server, &test);
	ASSERT_LT(0, pid);
	/* Its pid is told by its parent, which may come to it after the server itself is ready. */
	while (!(__atomic_load_n(test.buf, __ATOMIC_SEQ_CST) &&
		 (server = __atomic_load_n((pid_t *)(test.buf + 8), __ATOMIC_SEQ_CST))) &&
	       now_us() < end && !waitpid(pid, NULL, WNOHANG))
		sleep_us(1000);
	ASSERT_EQ(1, __atomic_load_n(test.buf, __ATOMIC_SEQ_CST));
	ASSERT_LT(0, server);
	coid = q_attach_side(self->session, server, 1);
	ASSERT_LE(QIPC_SIDE_CHANNEL, coid);
	EXPECT_EQ(0, q_send(self->session, coid, "out", 4, NULL, 0, &send));
	EXPECT_EQ(12, send.status);
	EXPECT_EQ(CHILD_OK, reap(pid));
}

TEST_HARNESS_MAIN
