// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a client can ask about its connections, and a server about its clients.
 */
#include <stddef.h>

#include "kselftest_harness.h"
#include "qipc_test.h"

#define ALICE	1001

FIXTURE(info) {
	int session;
	int chid;
};

FIXTURE_SETUP(info)
{
	self->session = q_open();
	ASSERT_LE(0, self->session);
	self->chid = q_create(self->session, 0);
	ASSERT_LT(0, self->chid);
}

FIXTURE_TEARDOWN(info)
{
}

/* --- where a connection leads -------------------------------------------------------- */

TEST_F(info, B16_next_higher)
{
	struct qipc_server_info info;
	int coid[4], i;

	for (i = 0; i < 4; i++) {
		coid[i] = q_attach_side(self->session, 0, self->chid);
		ASSERT_LE(QIPC_SIDE_CHANNEL, coid[i]);
		if (i)
			ASSERT_LT(coid[i - 1], coid[i]);
	}
	for (i = 0; i < 4; i++) {
		ASSERT_EQ(0, q_server_info(self->session, 0, coid[i], 0, &info));
		EXPECT_EQ(coid[i], info.coid);
		EXPECT_EQ(0, info.nd);
		EXPECT_EQ(getpid(), info.pid);
		EXPECT_EQ(self->chid, info.chid);
		EXPECT_EQ(0, info.flags);
		EXPECT_EQ(QIPC_SIDE_CHANNEL | QIPC_CONNECTION_SCOID,
			  info.scoid & (QIPC_SIDE_CHANNEL | QIPC_CONNECTION_SCOID));
	}
	/* Over gaps, from far below, and never a server's name for a client. */
	ASSERT_EQ(0, q_detach(self->session, coid[1]));
	ASSERT_EQ(0, q_detach(self->session, coid[2]));
	ASSERT_EQ(0, q_server_info(self->session, 0, coid[1], 0, &info));
	EXPECT_EQ(coid[3], info.coid);
	ASSERT_EQ(0, q_server_info(self->session, 0, 0, 0, &info));
	EXPECT_EQ(coid[0], info.coid);
	ASSERT_EQ(0, q_server_info(self->session, 0, coid[0] + 1, 0, &info));
	EXPECT_EQ(coid[3], info.coid);
}

/* The walk that everybody makes: each connection once, then the end. */
TEST_F(info, B16_B18_walk)
{
	enum { COUNT = 40 };
	struct qipc_server_info info;
	int i, coid = QIPC_SIDE_CHANNEL, found = 0;

	for (i = 0; i < COUNT; i++)
		ASSERT_LE(0, q_attach_side(self->session, 0, self->chid));
	while (!q_server_info(self->session, 0, coid, 0, &info)) {
		ASSERT_LE(coid, info.coid);
		coid = info.coid + 1;
		ASSERT_GE(COUNT, ++found);
	}
	EXPECT_EQ(COUNT, found);
	EXPECT_EQ(-EINVAL, q_server_info(self->session, 0, coid, 0, &info));
}

TEST_F(info, B17_dead)
{
	struct qipc_server_info info;
	struct peer *server = peer_start(true, self->session);
	int alive, dead, dying, conn;

	ASSERT_NE(NULL, server);
	ASSERT_EQ(0, peer_call(server, job_create));
	dead = q_attach_side(self->session, server->pid, server->chid);
	ASSERT_LE(0, dead);
	alive = q_attach_side(self->session, 0, self->chid);
	ASSERT_LT(dead, alive);
	dying = q_attach_side(self->session, server->pid, server->chid);
	ASSERT_LT(alive, dying);
	conn = q_attach_fd(self->session, server->pid, server->chid);
	ASSERT_LE(0, conn);
	ASSERT_EQ(0, q_server_info(self->session, 0, dead, QIPC_SERVER_INFO_LIVE, &info));
	EXPECT_EQ(dead, info.coid);
	EXPECT_EQ(server->pid, info.pid);
	EXPECT_EQ(server->chid, info.chid);
	EXPECT_EQ(256 + SIGKILL, peer_kill(server));
	/* It can be asked about... */
	ASSERT_EQ(0, q_server_info(self->session, 0, dead, 0, &info));
	EXPECT_EQ(dead, info.coid);
	EXPECT_EQ(QIPC_COF_DEAD, info.flags);
	ASSERT_EQ(0, q_server_info(conn, 0, conn, 0, &info));
	EXPECT_EQ(QIPC_COF_DEAD, info.flags & QIPC_COF_DEAD);
	/* ...or passed over. */
	ASSERT_EQ(0, q_server_info(self->session, 0, dead, QIPC_SERVER_INFO_LIVE, &info));
	EXPECT_EQ(alive, info.coid);
	EXPECT_EQ(0, info.flags);
	EXPECT_EQ(-EINVAL, q_server_info(self->session, 0, dying, QIPC_SERVER_INFO_LIVE, &info));
	EXPECT_EQ(0, q_server_info(self->session, 0, dying, 0, &info));
	EXPECT_GT(0, q_server_info(conn, 0, conn, QIPC_SERVER_INFO_LIVE, &info));
}

TEST_F(info, B18_nothing_there)
{
	struct qipc_connect_server_info arg = { .reserved = 1 };
	struct qipc_server_info info;
	int coid;

	EXPECT_EQ(-EINVAL, q_server_info(self->session, 0, 0, 0, &info));
	EXPECT_EQ(-EINVAL, q_server_info(self->session, 0, QIPC_SIDE_CHANNEL, 0, &info));
	EXPECT_EQ(-1, sentinel_differs(&info, sizeof(info)));
	coid = q_attach_side(self->session, 0, self->chid);
	EXPECT_EQ(-EINVAL, q_server_info(self->session, 0, coid + 1, 0, &info));
	EXPECT_EQ(-EINVAL, q_server_info(self->session, 0, INT_MAX, 0, &info));
	EXPECT_EQ(-EINVAL, q_server_info(self->session, 0, coid, 2, &info));
	EXPECT_EQ(-EINVAL, q_ioctl(self->session, QIPC_CONNECT_SERVER_INFO, &arg));
	EXPECT_EQ(-ESRCH, q_server_info(self->session, 0x7ffffff0, coid, 0, &info));
	EXPECT_EQ(-ESRCH, q_server_info(self->session, -1, coid, 0, &info));
	/* A process that is none of ours. */
	EXPECT_GT(0, q_server_info(self->session, 1, 0, 0, &info));
}

TEST_F(info, of_a_descriptor)
{
	struct qipc_server_info info;
	struct qipc_msg_receive rcv;
	struct peer *client = client_start(true, true, self->session, self->chid);
	int conn, scoid;

	ASSERT_NE(NULL, client);
	conn = q_attach(self->session, 0, self->chid, 0, QIPC_COF_NOSHARE | QIPC_COF_CLOEXEC);
	ASSERT_LE(0, conn);
	ASSERT_EQ(0, q_server_info(conn, 0, conn, 0, &info));
	EXPECT_EQ(conn, info.coid);
	EXPECT_EQ(getpid(), info.pid);
	EXPECT_EQ(self->chid, info.chid);
	EXPECT_EQ(QIPC_COF_NOSHARE, info.flags & QIPC_COF_NOSHARE);
	/* The name is the caller's. */
	ASSERT_EQ(0, q_server_info(conn, 0, 1234, 0, &info));
	EXPECT_EQ(1234, info.coid);

	/* What it calls the client is what the server sees. */
	scoid = info.scoid;
	client = peer_start(false, self->session);
	ASSERT_NE(NULL, client);
	client->fd = conn;
	client->coid = conn;
	peer_send(client, NULL, 0, NULL, 0);
	ASSERT_EQ(0, q_receive(self->session, self->chid, NULL, 0, &rcv));
	EXPECT_EQ(rcv.info.scoid, scoid);
	EXPECT_EQ(0, q_reply(self->session, rcv.rcvid, 0, NULL, 0));
	EXPECT_EQ(0, peer_wait(client));
}

/* A process that was never a client of the channel asks when the channel is gone. */
TEST_F(info, of_a_descriptor_of_a_channel_that_is_gone)
{
	struct qipc_server_info info = {};
	int conn = q_attach_fd(self->session, 0, self->chid), status;
	pid_t pid;

	ASSERT_LE(0, conn);
	ASSERT_EQ(0, q_destroy(self->session, self->chid));
	pid = fork_bound();
	if (!pid) {
		if (q_server_info(conn, 0, conn, 0, &info))
			_exit(CHILD_SETUP);
		_exit(info.coid == conn && info.scoid == -1 ? CHILD_OK : CHILD_WRONG_DATA);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(CHILD_OK, WEXITSTATUS(status));
}

TEST_F(info, scoid_is_the_servers)
{
	struct qipc_server_info info;
	struct peer *client = client_start(false, false, self->session, self->chid);
	int scoid, other;

	ASSERT_NE(NULL, client);
	scoid = peer_scoid(client, self->session, self->chid);
	ASSERT_EQ(0, q_server_info(self->session, 0, client->coid, 0, &info));
	EXPECT_EQ(scoid, info.scoid);
	other = q_attach(self->session, 0, self->chid, QIPC_SIDE_CHANNEL, QIPC_COF_NOSHARE);
	ASSERT_EQ(0, q_server_info(self->session, 0, other, 0, &info));
	EXPECT_NE(scoid, info.scoid);
	EXPECT_EQ(QIPC_COF_NOSHARE, info.flags);
}

static long job_server_info(struct peer *peer)
{
	struct qipc_server_info info;
	long ret = q_server_info(peer->session, peer->value[0], peer->value[1], 0, &info);

	peer->value[2] = info.coid;
	peer->value[3] = info.pid;
	return ret;
}

/* Connections of others: same user, or the capability. */
TEST_F(info, B16_of_another_process)
{
	struct peer *client = client_start(true, false, self->session, self->chid);
	struct peer *nobody = peer_start(true, self->session);
	struct qipc_server_info info;

	ASSERT_NE(NULL, client);
	ASSERT_NE(NULL, nobody);
	ASSERT_EQ(0, q_server_info(self->session, client->pid, 0, 0, &info));
	EXPECT_EQ(client->coid, info.coid);
	EXPECT_EQ(getpid(), info.pid);
	EXPECT_EQ(self->chid, info.chid);
	EXPECT_EQ(-EINVAL, q_server_info(self->session, client->pid, client->coid + 1, 0, &info));
	if (geteuid())
		SKIP(return, "changing the user takes root");
	nobody->value[0] = NOBODY;
	nobody->value[1] = NOBODY;
	ASSERT_EQ(0, peer_call(nobody, job_become));
	nobody->value[0] = client->pid;
	nobody->value[1] = 0;
	EXPECT_EQ(-EPERM, peer_call(nobody, job_server_info));
	nobody->value[0] = getpid();
	EXPECT_EQ(-EPERM, peer_call(nobody, job_server_info));
	EXPECT_EQ(256 + SIGKILL, peer_kill(client));
	EXPECT_EQ(-ESRCH, q_server_info(self->session, client->pid, 0, 0, &info));
}

/* --- flags ----------------------------------------------------------------------------- */

TEST_F(info, B20_flags)
{
	struct qipc_server_info info;
	struct qipc_connect_flags arg;
	int coid = q_attach_side(self->session, 0, self->chid);
	int conn = q_attach_fd(self->session, 0, self->chid);

	EXPECT_EQ(0, q_connect_flags(self->session, coid, QIPC_COF_CLOEXEC, QIPC_COF_CLOEXEC));
	EXPECT_EQ(QIPC_COF_CLOEXEC, q_connect_flags(self->session, coid, 0, 0));
	/* Bits outside of the mask do nothing. */
	EXPECT_EQ(QIPC_COF_CLOEXEC, q_connect_flags(self->session, coid, 0, QIPC_COF_CLOEXEC));
	ASSERT_EQ(0, q_server_info(self->session, 0, coid, 0, &info));
	EXPECT_EQ(QIPC_COF_CLOEXEC, info.flags);
	EXPECT_EQ(QIPC_COF_CLOEXEC, q_connect_flags(self->session, coid, QIPC_COF_CLOEXEC, 0));
	EXPECT_EQ(0, q_connect_flags(self->session, coid, 0, 0));

	/* Only that one. */
	EXPECT_EQ(-EOPNOTSUPP, q_connect_flags(self->session, coid, QIPC_COF_NOEVENT, QIPC_COF_NOEVENT));
	EXPECT_EQ(-EOPNOTSUPP, q_connect_flags(self->session, coid, QIPC_COF_NOSHARE, 0));
	EXPECT_EQ(-EOPNOTSUPP, q_connect_flags(self->session, coid, 0xffff, QIPC_COF_CLOEXEC));
	EXPECT_EQ(0, q_connect_flags(self->session, coid, 0, 0));
	EXPECT_EQ(-EBADF, q_connect_flags(self->session, coid + 1, 0, 0));
	EXPECT_EQ(-EBADF, q_connect_flags(self->session, -1, 0, 0));
	EXPECT_EQ(-EBADF, q_connect_flags(self->session, conn, 0, 0));

	arg = (struct qipc_connect_flags){ .coid = coid, .pid = getpid() };
	EXPECT_EQ(0, q_ioctl(self->session, QIPC_CONNECT_FLAGS, &arg));
	EXPECT_EQ(0, arg.old);
	arg.pid = getppid();
	EXPECT_EQ(-EOPNOTSUPP, q_ioctl(self->session, QIPC_CONNECT_FLAGS, &arg));
	arg = (struct qipc_connect_flags){ .coid = coid, .reserved = 1 };
	EXPECT_EQ(-EINVAL, q_ioctl(self->session, QIPC_CONNECT_FLAGS, &arg));
}

/* --- who a client is ------------------------------------------------------------------------ */

static long job_become_strange(struct peer *peer)
{
	static const gid_t groups[] = { 5005, 5001, 5003 };

	if (setgroups(ARRAY_SIZE(groups), groups) || setresgid(21, 22, 23) ||
	    setresuid(11, 12, 13))
		return -EPERM;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	close(peer->session);
	peer->session = q_open();
	return peer->session < 0 ? peer->session : 0;
}

TEST_F(info, B19_client)
{
	struct peer *client = client_start(true, false, self->session, self->chid);
	struct qipc_client_info info;
	struct qipc_connect_client_info arg = { .max_groups = 1 };
	int scoid;

	ASSERT_NE(NULL, client);
	scoid = peer_scoid(client, self->session, self->chid);
	ASSERT_EQ(0, q_client_info(self->session, scoid, &info, NULL, 0));
	EXPECT_EQ(0, info.nd);
	EXPECT_EQ(client->pid, info.pid);
	EXPECT_EQ(getsid(client->pid), info.sid);
	EXPECT_EQ(0, info.flags);
	EXPECT_EQ(getuid(), info.ruid);
	EXPECT_EQ(geteuid(), info.euid);
	EXPECT_EQ(getgid(), info.rgid);
	EXPECT_EQ(getegid(), info.egid);
	EXPECT_EQ(0, info.reserved);

	/* Numbers that are none of its clients. */
	EXPECT_EQ(-EINVAL, q_client_info(self->session, scoid & ~QIPC_SIDE_CHANNEL, &info, NULL,
					 0));
	EXPECT_EQ(-EINVAL, q_client_info(self->session, scoid + 1, &info, NULL, 0));
	EXPECT_EQ(-EINVAL, q_client_info(self->session, client->coid, &info, NULL, 0));
	EXPECT_EQ(-EINVAL, q_client_info(self->session, 0, &info, NULL, 0));
	EXPECT_EQ(-EINVAL, q_client_info(self->session, -2, &info, NULL, 0));
	EXPECT_EQ(-1, sentinel_differs(&info, sizeof(info)));
	arg.scoid = -1;
	arg.groups = 8;
	if (getgroups(0, NULL) > 0)
		EXPECT_EQ(-EFAULT, q_ioctl(self->session, QIPC_CONNECT_CLIENT_INFO, &arg));

	EXPECT_EQ(256 + SIGKILL, peer_kill(client));
	EXPECT_EQ(-EINVAL, q_client_info(self->session, scoid, &info, NULL, 0));
}

TEST_F(info, B19_ids_and_groups)
{
	struct qipc_client_info info;
	uint32_t groups[8];
	struct peer *client;
	int scoid, i;

	if (geteuid())
		SKIP(return, "changing the user takes root");
	client = peer_start(true, self->session);
	ASSERT_NE(NULL, client);
	ASSERT_EQ(0, q_set_mode(self->session, self->chid, 0666));
	ASSERT_EQ(0, peer_call(client, job_become_strange));
	client->server = getpid();
	client->chid = self->chid;
	ASSERT_EQ(0, peer_call(client, job_attach));
	scoid = peer_scoid(client, self->session, self->chid);
	for (i = 0; i <= 8; i++) {
		memset(groups, SENTINEL, sizeof(groups));
		ASSERT_EQ(0, q_client_info(self->session, scoid, &info, groups, i));
		EXPECT_EQ(11, info.ruid);
		EXPECT_EQ(12, info.euid);
		EXPECT_EQ(13, info.suid);
		EXPECT_EQ(21, info.rgid);
		EXPECT_EQ(22, info.egid);
		EXPECT_EQ(23, info.sgid);
		/* All are counted, those that fit are given. */
		EXPECT_EQ(3, info.ngroups);
		EXPECT_EQ(-1, sentinel_differs(groups + (i < 3 ? i : 3),
					       sizeof(groups) - 4 * (i < 3 ? i : 3)));
		if (i < 3)
			continue;
		/* The kernel keeps them sorted. */
		EXPECT_EQ(5001, groups[0]);
		EXPECT_EQ(5003, groups[1]);
		EXPECT_EQ(5005, groups[2]);
	}
	EXPECT_EQ(-EFAULT, q_client_info(self->session, scoid, &info, (void *)8, 3));
	EXPECT_EQ(0, q_client_info(self->session, scoid, &info, (void *)8, 0));
}

/* What it was when it connected; a connection made later tells more. */
TEST_F(info, B19_captured_when_connected)
{
	struct qipc_client_info info;
	struct peer *client;
	int scoid;

	if (geteuid())
		SKIP(return, "changing the user takes root");
	ASSERT_EQ(0, q_set_mode(self->session, self->chid, 0666));
	client = client_start(true, true, self->session, self->chid);
	ASSERT_NE(NULL, client);
	scoid = peer_scoid(client, self->session, self->chid);
	client->value[0] = NOBODY;
	client->value[1] = NOBODY;
	ASSERT_EQ(0, peer_call(client, job_become));
	EXPECT_EQ(scoid, peer_scoid(client, self->session, self->chid));
	ASSERT_EQ(0, q_client_info(self->session, scoid, &info, NULL, 0));
	EXPECT_EQ(0, info.euid);
	client->flags = QIPC_COF_NOSHARE;
	ASSERT_EQ(0, peer_call(client, job_attach));
	scoid = peer_scoid(client, self->session, self->chid);
	ASSERT_EQ(0, q_client_info(self->session, scoid, &info, NULL, 0));
	EXPECT_EQ(NOBODY, info.euid);
	EXPECT_EQ(NOBODY, info.egid);
}

TEST_F(info, B19_oneself)
{
	struct qipc_client_info info;
	uint32_t groups[64];
	gid_t own[64];
	int n = getgroups(64, own), i;

	ASSERT_LE(0, n);
	ASSERT_EQ(0, q_client_info(self->session, -1, &info, groups, 64));
	EXPECT_EQ(getpid(), info.pid);
	EXPECT_EQ(getsid(0), info.sid);
	EXPECT_EQ(getuid(), info.ruid);
	EXPECT_EQ(geteuid(), info.euid);
	EXPECT_EQ(getegid(), info.egid);
	ASSERT_EQ(n, info.ngroups);
	for (i = 0; i < n; i++)
		EXPECT_EQ(own[i], groups[i]);
}

/* --- namespaces ------------------------------------------------------------------------------ */

struct inside {
	int conn;
	int outer_scoid;
	volatile int step;
	int session;
	pid_t pid;
	struct qipc_client_info info;
	struct qipc_server_info server;
	int ret;
	int server_ret;
};

static bool wait_for_step(struct inside *inside, int step)
{
	int64_t end = now_us() + PATIENCE_MS * 1000LL;

	while (__atomic_load_n(&inside->step, __ATOMIC_SEQ_CST) < step && now_us() < end)
		sleep_us(500);
	return inside->step >= step;
}

static void set_step(struct inside *inside, int step)
{
	__atomic_store_n(&inside->step, step, __ATOMIC_SEQ_CST);
}

/* First process of a pid namespace: a server for the outside, and a client of it. */
static int serve_inside(void *arg)
{
	struct inside *inside = arg;
	struct qipc_msg_receive rcv;
	int session = q_open();

	if (session < 0 || q_create(session, 0) != 1)
		return CHILD_CREATE;
	/* The server that this leads to has no name in here. */
	inside->server_ret = q_server_info(inside->conn, 0, inside->conn, 0, &inside->server);
	set_step(inside, 1);
	if (q_receive(session, 1, NULL, 0, &rcv))
		return CHILD_RECEIVE;
	inside->ret = q_client_info(session, rcv.info.scoid, &inside->info, NULL, 0);
	return q_reply(session, rcv.rcvid, 0, NULL, 0) ? CHILD_REPLY : CHILD_OK;
}

static int make_pid_namespace(void *arg)
{
	struct inside *inside = arg;

	if (unshare(CLONE_NEWPID))
		return CHILD_SETUP;
	inside->pid = spawn(serve_inside, inside);
	if (wait_for_step(inside, 1))
		set_step(inside, 2);
	return reap(inside->pid);
}

TEST_F(info, pid_namespace)
{
	struct inside *inside = shared_alloc(page_size());
	struct qipc_server_info info;
	struct qipc_msg_send send;
	pid_t pid;
	int coid;

	if (geteuid())
		SKIP(return, "a pid namespace takes root");
	ASSERT_NE(NULL, inside);
	inside->conn = q_attach(self->session, 0, self->chid, 0, 0);
	ASSERT_LE(0, inside->conn);
	pid = spawn(make_pid_namespace, inside);
	ASSERT_LT(0, pid);
	ASSERT_TRUE(wait_for_step(inside, 2));
	coid = q_attach_side(self->session, inside->pid, 1);
	ASSERT_LE(0, coid);
	/* Out here the server has a number, which is not 1. */
	ASSERT_EQ(0, q_server_info(self->session, 0, coid, 0, &info));
	EXPECT_EQ(inside->pid, info.pid);
	ASSERT_EQ(0, q_send(self->session, coid, NULL, 0, NULL, 0, &send));
	EXPECT_EQ(CHILD_OK, reap(pid));
	/* In there the client has none. */
	EXPECT_EQ(0, inside->ret);
	EXPECT_EQ(0, inside->info.pid);
	EXPECT_EQ(0, inside->info.sid);
	EXPECT_EQ(0, inside->server_ret);
	EXPECT_EQ(0, inside->server.pid);
	EXPECT_EQ(self->chid, inside->server.chid);
}

/* Alice, who is root in a user namespace of her own. */
static int serve_as_inner_root(void *arg)
{
	struct inside *inside = arg;
	struct qipc_channel_access access = { .mode = 0666 };
	struct qipc_msg_receive rcv;
	struct qipc_msg_send send;
	int session;

	if (!become(ALICE, ALICE, NULL, 0) || unshare(CLONE_NEWUSER))
		return CHILD_SETUP;
	/* A process that has changed its ids may not write its own maps otherwise. */
	prctl(PR_SET_DUMPABLE, 1);
	set_step(inside, 1);
	if (!wait_for_step(inside, 2))
		return CHILD_TIMEOUT & 0xff;
	if (getuid() || getgid())
		return CHILD_SETUP;
	session = q_open();
	if (session < 0 || q_create(session, 0) != 1)
		return CHILD_CREATE;
	if (q_access(session, 1, QIPC_ACCESS_MODE, &access))
		return CHILD_CREATE;
	/* The owner is root, as seen from here. */
	if (access.uid || access.gid)
		return CHILD_WRONG_DATA;
	set_step(inside, 3);
	if (q_receive(session, 1, NULL, 0, &rcv))
		return CHILD_RECEIVE;
	inside->ret = q_client_info(session, rcv.info.scoid, &inside->info, NULL, 0);
	if (q_reply(session, rcv.rcvid, 0, NULL, 0))
		return CHILD_REPLY;
	/* Now as a client of the outside. */
	if (q_send(inside->conn, inside->conn, NULL, 0, NULL, 0, &send))
		return CHILD_SEND;
	return CHILD_OK;
}

TEST_F(info, user_namespace)
{
	struct inside *inside = shared_alloc(page_size());
	struct qipc_client_info info;
	struct qipc_msg_receive rcv;
	struct qipc_msg_send send;
	char path[64];
	pid_t pid;
	int coid;

	if (geteuid())
		SKIP(return, "changing the user takes root");
	ASSERT_NE(NULL, inside);
	inside->conn = q_attach(self->session, 0, self->chid, 0, 0);
	ASSERT_LE(0, inside->conn);
	pid = spawn(serve_as_inner_root, inside);
	ASSERT_LT(0, pid);
	if (!wait_for_step(inside, 1))
		SKIP(return, "no user namespaces");
	snprintf(path, sizeof(path), "/proc/%d/uid_map", pid);
	ASSERT_TRUE(write_file(path, "0 1001 1"));
	snprintf(path, sizeof(path), "/proc/%d/gid_map", pid);
	ASSERT_TRUE(write_file(path, "0 1001 1"));
	set_step(inside, 2);
	ASSERT_TRUE(wait_for_step(inside, 3));
	coid = q_attach_side(self->session, pid, 1);
	ASSERT_LE(0, coid);
	ASSERT_EQ(0, q_send(self->session, coid, NULL, 0, NULL, 0, &send));
	/* In there root of the outside is nobody that has a number. */
	EXPECT_EQ(0, inside->ret);
	EXPECT_EQ(NOBODY, inside->info.euid);
	EXPECT_EQ(NOBODY, inside->info.egid);
	/* Out here she is alice. */
	ASSERT_EQ(0, q_receive(self->session, self->chid, NULL, 0, &rcv));
	ASSERT_EQ(0, q_client_info(self->session, rcv.info.scoid, &info, NULL, 0));
	EXPECT_EQ(pid, info.pid);
	EXPECT_EQ(ALICE, info.ruid);
	EXPECT_EQ(ALICE, info.euid);
	EXPECT_EQ(ALICE, info.egid);
	EXPECT_EQ(0, q_reply(self->session, rcv.rcvid, 0, NULL, 0));
	EXPECT_EQ(CHILD_OK, reap(pid));
}

TEST_HARNESS_MAIN
