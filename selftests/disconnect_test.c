// SPDX-License-Identifier: GPL-2.0-only
/*
 * The pulses with which the module tells a server that a client has gone, a
 * client that a channel has gone, and an owner that a thread has ended.
 */
#include <stddef.h>

#include "kselftest_harness.h"
#include "qipc_test.h"

FIXTURE(disconnect) {
	int session;
	int chid;
};

FIXTURE_VARIANT(disconnect) {
	bool fd_space;
};

FIXTURE_VARIANT_ADD(disconnect, side) { .fd_space = false, };

FIXTURE_VARIANT_ADD(disconnect, fd) { .fd_space = true, };

FIXTURE_SETUP(disconnect)
{
	self->session = q_open();
	ASSERT_LE(0, self->session);
	self->chid = q_create(self->session, QIPC_CHF_DISCONNECT);
	ASSERT_LT(0, self->chid);
}

FIXTURE_TEARDOWN(disconnect)
{
}

/* Connections that are descriptors. */
#define _test_data_disconnect_fd	_test_data_disconnect
#define _fixture_variant_disconnect_fd	_fixture_variant_disconnect
FIXTURE(disconnect_fd);
FIXTURE_LIKE(disconnect_fd, disconnect)

FIXTURE_VARIANT_ADD(disconnect_fd, fd) { .fd_space = true, };

static struct peer *connect_client(FIXTURE_DATA(disconnect) * self, bool process, bool fd_space)
{
	return client_start(process, fd_space, self->session, self->chid);
}

/* The next thing on the channel is this, and nothing is behind it. */
static bool only_disconnect(FIXTURE_DATA(disconnect) * self, int scoid)
{
	struct qipc_pulse pulse;

	return !q_receive_pulse_soon(self->session, self->chid, &pulse) &&
	       pulse_is(&pulse, QIPC_PULSE_DISCONNECT, 0, scoid) &&
	       q_empty(self->session, self->chid);
}

/* Ends the connection; a descriptor is closed as well. */
static long job_let_go(struct peer *peer)
{
	long ret = q_detach(peer->fd, peer->coid);

	if (!ret && !(peer->coid & QIPC_SIDE_CHANNEL))
		ret = close(peer->fd);
	return ret;
}

/* --- a client goes ------------------------------------------------------------------- */

TEST_F(disconnect, B106_client_ends)
{
	struct peer *client;
	int i, first, scoid;

	for (i = 0; i < 4; i++) {
		client = connect_client(self, true, variant->fd_space);
		ASSERT_NE(NULL, client);
		scoid = peer_scoid(client, self->session, self->chid);
		ASSERT_LT(0, scoid);
		/* Two connections are one client. */
		first = client->coid;
		client->index = i & 2 ? 0 : QIPC_SIDE_CHANNEL;
		ASSERT_EQ(0, peer_call(client, job_attach));
		ASSERT_EQ(scoid, peer_scoid(client, self->session, self->chid));
		if (i & 1) {
			EXPECT_EQ(256 + SIGKILL, peer_kill(client));
		} else {
			EXPECT_EQ(0, peer_call(client, job_let_go));
			EXPECT_TRUE(q_empty(self->session, self->chid));
			client->coid = first;
			client->fd = variant->fd_space ? first : client->session;
			EXPECT_EQ(scoid, peer_scoid(client, self->session, self->chid));
			EXPECT_EQ(0, peer_call(client, job_let_go));
		}
		EXPECT_TRUE(only_disconnect(self, scoid));
		EXPECT_EQ(0, q_detach(self->session, scoid));
		if (!(i & 1))
			EXPECT_EQ(256 + SIGKILL, peer_kill(client));
	}
	EXPECT_TRUE(q_empty(self->session, self->chid));
}

/* A connection that never sent anything is one, too. */
TEST_F(disconnect, B106_silent_client)
{
	struct qipc_pulse pulse;
	struct peer *client = connect_client(self, true, variant->fd_space);

	ASSERT_NE(NULL, client);
	EXPECT_EQ(256 + SIGKILL, peer_kill(client));
	ASSERT_EQ(0, q_receive_pulse_soon(self->session, self->chid, &pulse));
	EXPECT_EQ(QIPC_PULSE_DISCONNECT, pulse.code);
	EXPECT_LT(QIPC_SIDE_CHANNEL, pulse.scoid);
	EXPECT_EQ(0, q_detach(self->session, pulse.scoid));
	EXPECT_TRUE(q_empty(self->session, self->chid));
}

TEST_F(disconnect, B106_the_server_itself)
{
	struct peer *client = connect_client(self, false, variant->fd_space);
	int scoid;

	ASSERT_NE(NULL, client);
	scoid = peer_scoid(client, self->session, self->chid);
	EXPECT_EQ(0, peer_call(client, job_let_go));
	EXPECT_TRUE(only_disconnect(self, scoid));
}

/* NOSHARE: a client of its own each time. */
TEST_F(disconnect, B106_unshared)
{
	struct peer *client = connect_client(self, true, variant->fd_space);
	struct qipc_pulse pulse;
	int shared, own;

	ASSERT_NE(NULL, client);
	shared = peer_scoid(client, self->session, self->chid);
	client->flags = QIPC_COF_NOSHARE;
	ASSERT_EQ(0, peer_call(client, job_attach));
	own = peer_scoid(client, self->session, self->chid);
	EXPECT_NE(shared, own);
	EXPECT_EQ(0, peer_call(client, job_let_go));
	EXPECT_TRUE(only_disconnect(self, own));
	EXPECT_EQ(256 + SIGKILL, peer_kill(client));
	ASSERT_EQ(0, q_receive_pulse_soon(self->session, self->chid, &pulse));
	EXPECT_EQ(shared, pulse.scoid);
	EXPECT_TRUE(q_empty(self->session, self->chid));
}

static long job_exec_pause(struct peer *peer)
{
	return exec_assist("pause", peer->value[0]);
}

/* An exec ends what a process is to its servers, except through descriptors it keeps. */
TEST_F(disconnect, B106_exec)
{
	struct peer *client;
	int pipes[2], scoid;
	char byte;

	ASSERT_EQ(0, pipe(pipes));
	client = peer_start(true, self->session);
	ASSERT_NE(NULL, client);
	client->server = getpid();
	client->chid = self->chid;
	client->index = variant->fd_space ? 0 : QIPC_SIDE_CHANNEL;
	client->flags = QIPC_COF_CLOEXEC;
	ASSERT_EQ(0, peer_call(client, job_attach));
	scoid = peer_scoid(client, self->session, self->chid);
	client->value[0] = pipes[1];
	peer_go(client, job_exec_pause);
	ASSERT_EQ(1, read(pipes[0], &byte, 1));
	EXPECT_TRUE(only_disconnect(self, scoid));
	/* There it still is. */
	EXPECT_EQ(0, kill(client->pid, 0));
	EXPECT_EQ(256 + SIGKILL, peer_kill(client));
}

/* Each process that shares a descriptor is a client of its own. */
TEST_F(disconnect_fd, B106_forked_child)
{
	struct qipc_msg_receive rcv;
	struct qipc_msg_send send;
	struct peer *client;
	int conn, scoid;
	pid_t pid;

	conn = q_attach_fd(self->session, 0, self->chid);
	ASSERT_LE(0, conn);
	pid = fork_bound();
	if (!pid) {
		close(self->session);
		_exit(q_send(conn, conn, "c", 1, NULL, 0, &send) ? CHILD_SEND : CHILD_OK);
	}
	ASSERT_EQ(0, q_receive(self->session, self->chid, NULL, 0, &rcv));
	EXPECT_EQ(pid, rcv.info.pid);
	EXPECT_EQ(0, q_reply(self->session, rcv.rcvid, 0, NULL, 0));
	EXPECT_EQ(CHILD_OK, reap(pid));
	EXPECT_TRUE(only_disconnect(self, rcv.info.scoid));
	/* The descriptor of the parent is still connected. */
	client = peer_start(false, self->session);
	ASSERT_NE(NULL, client);
	client->fd = conn;
	client->coid = conn;
	scoid = peer_scoid(client, self->session, self->chid);
	ASSERT_LT(0, scoid);
	EXPECT_NE(rcv.info.scoid, scoid);
	ASSERT_EQ(0, close(conn));
	EXPECT_TRUE(only_disconnect(self, scoid));
}

TEST_F(disconnect, B107_without_the_flag)
{
	struct qipc_client_info info;
	struct peer *client;
	int chid = q_create(self->session, QIPC_CHF_UNBLOCK);
	int i, scoid;

	ASSERT_LT(0, chid);
	for (i = 0; i < 2; i++) {
		client = client_start(true, variant->fd_space, self->session, chid);
		ASSERT_NE(NULL, client);
		scoid = peer_scoid(client, self->session, chid);
		if (!i)
			EXPECT_EQ(0, peer_call(client, job_let_go));
		EXPECT_EQ(256 + SIGKILL, peer_kill(client));
		sleep_us(5000);
		EXPECT_TRUE(q_empty(self->session, chid));
		/* It is forgotten at once. */
		EXPECT_EQ(-EINVAL, q_client_info(self->session, scoid, &info, NULL, 0));
		EXPECT_EQ(-EINVAL, q_detach(self->session, scoid));
	}
	EXPECT_TRUE(q_empty(self->session, self->chid));
}

/* --- not before its messages are answered, and then before everything ---------------------- */

TEST_F(disconnect, B108_waits_for_messages)
{
	struct qipc_msg_receive rcv;
	struct qipc_pulse pulse;
	struct peer *client;

	/* The client stays REPLY-blocked without a connection: the channel has the unblock flag. */
	ASSERT_EQ(0, q_destroy(self->session, self->chid));
	self->chid = q_create(self->session, QIPC_CHF_DISCONNECT | QIPC_CHF_UNBLOCK);
	client = connect_client(self, false, variant->fd_space);
	ASSERT_NE(NULL, client);
	peer_send(client, "m", 1, NULL, 0);
	ASSERT_EQ(0, q_receive(self->session, self->chid, &pulse, sizeof(pulse), &rcv));
	ASSERT_TRUE(peer_blocked(client));
	ASSERT_EQ(0, q_detach(client->fd, client->coid));
	if (variant->fd_space)
		ASSERT_EQ(0, close(client->coid));
	ASSERT_EQ(0, q_receive_pulse_soon(self->session, self->chid, &pulse));
	EXPECT_TRUE(pulse_is(&pulse, QIPC_PULSE_UNBLOCK, rcv.rcvid, rcv.info.scoid));
	sleep_us(5000);
	EXPECT_TRUE(q_empty(self->session, self->chid));
	EXPECT_EQ(0, q_reply(self->session, rcv.rcvid, 108, NULL, 0));
	EXPECT_EQ(0, peer_wait(client));
	EXPECT_EQ(108, client->send.status);
	EXPECT_TRUE(only_disconnect(self, rcv.info.scoid));
}

TEST_F(disconnect, B108_is_received_first)
{
	struct peer *client = connect_client(self, true, variant->fd_space);
	struct peer *other = connect_client(self, true, false);
	struct qipc_msg_receive rcv;
	struct qipc_pulse pulse;
	int coid = q_attach_side(self->session, 0, self->chid);
	int scoid;

	ASSERT_NE(NULL, client);
	ASSERT_NE(NULL, other);
	scoid = peer_scoid(client, self->session, self->chid);
	ASSERT_EQ(0, peer_set_priority(other, 90));
	peer_send(other, "m", 1, NULL, 0);
	ASSERT_TRUE(peer_blocked(other));
	ASSERT_EQ(0, q_pulse(self->session, coid, 99, 1, 2));
	/* Even of what it sent itself. */
	ASSERT_EQ(0, peer_pulse(client, 99, 3, 4));
	EXPECT_EQ(256 + SIGKILL, peer_kill(client));
	ASSERT_EQ(0, q_receive_now(self->session, self->chid, &pulse, sizeof(pulse), &rcv));
	EXPECT_TRUE(pulse_is(&pulse, QIPC_PULSE_DISCONNECT, 0, scoid));
	ASSERT_EQ(0, q_receive_pulse_now(self->session, self->chid, &pulse));
	EXPECT_EQ(1, pulse.code);
	ASSERT_EQ(0, q_receive_pulse_now(self->session, self->chid, &pulse));
	EXPECT_EQ(3, pulse.code);
	EXPECT_EQ(scoid, pulse.scoid);
	ASSERT_EQ(0, q_receive_now(self->session, self->chid, &pulse, sizeof(pulse), &rcv));
	EXPECT_LT(0, rcv.rcvid);
	EXPECT_EQ(0, q_reply(self->session, rcv.rcvid, 0, NULL, 0));
	EXPECT_EQ(0, peer_wait(other));
}

/* A killed client on a channel with both flags: both pulses. */
TEST_F(disconnect, B94_B108_killed_while_reply_blocked)
{
	struct qipc_msg_receive rcv;
	struct qipc_pulse pulse;
	struct peer *client;
	bool unblock = false, gone = false;
	int i;

	ASSERT_EQ(0, q_destroy(self->session, self->chid));
	self->chid = q_create(self->session, QIPC_CHF_DISCONNECT | QIPC_CHF_UNBLOCK);
	client = connect_client(self, true, variant->fd_space);
	ASSERT_NE(NULL, client);
	peer_send(client, "m", 1, NULL, 0);
	ASSERT_EQ(0, q_receive(self->session, self->chid, &pulse, sizeof(pulse), &rcv));
	EXPECT_EQ(256 + SIGKILL, peer_kill(client));
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(0, q_receive_pulse_soon(self->session, self->chid, &pulse));
		unblock |= pulse_is(&pulse, QIPC_PULSE_UNBLOCK, rcv.rcvid, rcv.info.scoid);
		gone |= pulse_is(&pulse, QIPC_PULSE_DISCONNECT, 0, rcv.info.scoid);
	}
	EXPECT_TRUE(unblock);
	EXPECT_TRUE(gone);
	EXPECT_EQ(-ESRCH, q_reply(self->session, rcv.rcvid, 0, NULL, 0));
	EXPECT_TRUE(q_empty(self->session, self->chid));
}

/* The channel has no room for a single pulse more: these it has. */
TEST_F(disconnect, pulses_need_no_room)
{
	enum { COUNT = 20 };
	struct qipc_event none = event_of_kind(QIPC_EVENT_NONE);
	struct peer *client[COUNT];
	struct qipc_pulse pulse;
	int i, coid, seen = 0;

	ASSERT_EQ(0, q_destroy(self->session, self->chid));
	self->chid = q_create_pool(self->session, QIPC_CHF_DISCONNECT, 1, 1, &none);
	coid = q_attach_side(self->session, 0, self->chid);
	ASSERT_LE(0, coid);
	for (i = 0; i < COUNT; i++) {
		client[i] = connect_client(self, true, variant->fd_space);
		ASSERT_NE(NULL, client[i]);
	}
	ASSERT_EQ(0, q_pulse(self->session, coid, -1, 1, 1));
	ASSERT_EQ(-EAGAIN, q_pulse(self->session, coid, -1, 1, 1));
	for (i = 0; i < COUNT; i++)
		EXPECT_EQ(256 + SIGKILL, peer_kill(client[i]));
	for (i = 0; i < COUNT; i++) {
		ASSERT_EQ(0, q_receive_pulse_soon(self->session, self->chid, &pulse));
		seen += pulse.code == QIPC_PULSE_DISCONNECT;
	}
	EXPECT_EQ(COUNT, seen);
	ASSERT_EQ(0, q_receive_pulse_now(self->session, self->chid, &pulse));
	EXPECT_EQ(1, pulse.code);
	EXPECT_TRUE(q_empty(self->session, self->chid));
}

/* --- the number stays taken ------------------------------------------------------------------- */

TEST_F(disconnect, B109_reserved_until_detached)
{
	enum { COUNT = 20 };
	struct qipc_client_info info;
	struct peer *client;
	int scoid[COUNT];
	int i, j;

	for (i = 0; i < COUNT; i++) {
		client = connect_client(self, true, variant->fd_space);
		ASSERT_NE(NULL, client);
		scoid[i] = peer_scoid(client, self->session, self->chid);
		ASSERT_LT(0, scoid[i]);
		EXPECT_EQ(QIPC_SIDE_CHANNEL | QIPC_CONNECTION_SCOID,
			  scoid[i] & (QIPC_SIDE_CHANNEL | QIPC_CONNECTION_SCOID));
		for (j = 0; j < i; j++)
			ASSERT_NE(scoid[j], scoid[i]);
		/* Not while there is a client behind it. */
		EXPECT_EQ(-EINVAL, q_detach(self->session, scoid[i]));
		EXPECT_EQ(256 + SIGKILL, peer_kill(client));
		EXPECT_TRUE(only_disconnect(self, scoid[i]));
	}
	for (i = 0; i < COUNT; i++) {
		EXPECT_EQ(-EINVAL, q_client_info(self->session, scoid[i], &info, NULL, 0));
		EXPECT_EQ(0, q_detach(self->session, scoid[i]));
		EXPECT_EQ(-EINVAL, q_detach(self->session, scoid[i]));
	}
}

/* Those that are given back are enough for any number of clients. */
TEST_F(disconnect, B109_given_back)
{
	struct qipc_pulse pulse;
	int i, coid;

	for (i = 0; i < 3000; i++) {
		coid = q_attach(self->session, 0, self->chid, variant->fd_space ? 0 :
				QIPC_SIDE_CHANNEL, QIPC_COF_NOSHARE);
		ASSERT_LE(0, coid);
		ASSERT_EQ(0, variant->fd_space ? close(coid) : q_detach(self->session, coid));
		ASSERT_EQ(0, q_receive_pulse_soon(self->session, self->chid, &pulse));
		ASSERT_EQ(QIPC_PULSE_DISCONNECT, pulse.code);
		ASSERT_EQ(0, q_detach(self->session, pulse.scoid));
	}
}

/* --- a channel goes --------------------------------------------------------------------------------- */

FIXTURE(coid_death) {
	int session;
	int chid;		/* that gets the pulses */
	struct peer *server;
};

FIXTURE_SETUP(coid_death)
{
	self->session = q_open();
	ASSERT_LE(0, self->session);
	self->chid = q_create(self->session, QIPC_CHF_COID_DISCONNECT);
	ASSERT_LT(0, self->chid);
	self->server = peer_start(true, self->session);
	ASSERT_NE(NULL, self->server);
	ASSERT_EQ(0, peer_call(self->server, job_create));
}

FIXTURE_TEARDOWN(coid_death)
{
}

static long job_destroy(struct peer *peer)
{
	return q_destroy(peer->session, peer->chid);
}

TEST_F(coid_death, B110_one_for_each_connection)
{
	enum { COUNT = 6 };
	struct qipc_server_info info;
	struct qipc_pulse pulse;
	bool seen[COUNT] = {};
	int coid[COUNT];
	int i, j, dies;

	for (dies = 0; dies < 2; dies++) {
		memset(seen, 0, sizeof(seen));
		for (i = 0; i < COUNT; i++) {
			coid[i] = q_attach(self->session, self->server->pid, self->server->chid,
					   i & 1 ? 0 : QIPC_SIDE_CHANNEL,
					   i & 2 ? QIPC_COF_NOSHARE : 0);
			ASSERT_LE(0, coid[i]);
		}
		/* One that was given up does not count. */
		ASSERT_EQ(0, q_detach(self->session, coid[4]));
		EXPECT_EQ(dies ? 256 + SIGKILL : 0, dies ? peer_kill(self->server) :
						    peer_call(self->server, job_destroy));
		for (i = 0; i < COUNT - 1; i++) {
			ASSERT_EQ(0, q_receive_pulse_soon(self->session, self->chid, &pulse));
			for (j = 0; j < COUNT; j++)
				if (pulse_is(&pulse, QIPC_PULSE_COIDDEATH, coid[j], -1))
					break;
			ASSERT_GT(COUNT, j) {
				TH_LOG("code %d value %llx scoid %x", pulse.code,
				       (unsigned long long)pulse.value, pulse.scoid);
			}
			EXPECT_FALSE(seen[j]);
			seen[j] = true;
		}
		EXPECT_FALSE(seen[4]);
		EXPECT_TRUE(q_empty(self->session, self->chid));
		/* They are dead, and still there. */
		for (i = 0; i < COUNT; i++) {
			if (i == 4)
				continue;
			EXPECT_EQ(0, q_server_info(i & 1 ? coid[i] : self->session, 0, coid[i], 0,
						   &info));
			EXPECT_EQ(coid[i], info.coid);
			EXPECT_EQ(QIPC_COF_DEAD, info.flags & QIPC_COF_DEAD);
			EXPECT_EQ(0, i & 1 ? close(coid[i]) : q_detach(self->session, coid[i]));
		}
		if (!dies)
			ASSERT_EQ(0, peer_call(self->server, job_create));
	}
}

/* A connection of a process that has no such channel says nothing. */
TEST_F(coid_death, B110_not_without_the_flag)
{
	struct peer *client = peer_start(true, self->session);
	struct qipc_pulse pulse;

	ASSERT_NE(NULL, client);
	ASSERT_EQ(0, peer_call(client, job_own_channel));
	client->server = self->server->pid;
	client->chid = self->server->chid;
	ASSERT_EQ(0, peer_call(client, job_attach));
	ASSERT_LE(0, q_attach_side(self->session, self->server->pid, self->server->chid));
	EXPECT_EQ(0, peer_call(self->server, job_destroy));
	EXPECT_EQ(0, q_receive_pulse_soon(self->session, self->chid, &pulse));
	EXPECT_TRUE(q_empty(self->session, self->chid));
	EXPECT_EQ(0, peer_call(client, job_no_own_pulse));
}

/* Also when a thread is blocked on it: both hear of it. */
TEST_F(coid_death, B110_with_a_blocked_thread)
{
	struct peer *client = peer_start(false, self->session);
	struct qipc_pulse pulse;

	ASSERT_NE(NULL, client);
	client->server = self->server->pid;
	client->chid = self->server->chid;
	ASSERT_EQ(0, peer_call(client, job_attach));
	peer_send(client, "m", 1, NULL, 0);
	ASSERT_TRUE(peer_blocked(client));
	EXPECT_EQ(256 + SIGKILL, peer_kill(self->server));
	EXPECT_EQ(-ESRCH, peer_wait(client));
	ASSERT_EQ(0, q_receive_pulse_soon(self->session, self->chid, &pulse));
	EXPECT_TRUE(pulse_is(&pulse, QIPC_PULSE_COIDDEATH, client->coid, -1));
}

/* The pulses need no room in the pool. */
TEST_F(coid_death, pulses_need_no_room)
{
	enum { COUNT = 50 };
	struct qipc_event none = event_of_kind(QIPC_EVENT_NONE);
	struct qipc_pulse pulse;
	int i, coid;

	ASSERT_EQ(0, q_destroy(self->session, self->chid));
	self->chid = q_create_pool(self->session, QIPC_CHF_COID_DISCONNECT, 1, 1, &none);
	coid = q_attach_side(self->session, 0, self->chid);
	ASSERT_LE(0, coid);
	for (i = 0; i < COUNT; i++)
		ASSERT_LE(0, q_attach_side(self->session, self->server->pid, self->server->chid));
	ASSERT_EQ(0, q_pulse(self->session, coid, 0, 1, 1));
	ASSERT_EQ(-EAGAIN, q_pulse(self->session, coid, 0, 1, 1));
	EXPECT_EQ(256 + SIGKILL, peer_kill(self->server));
	for (i = 0; i < COUNT + 1; i++)
		ASSERT_EQ(0, q_receive_pulse_soon(self->session, self->chid, &pulse));
	EXPECT_TRUE(q_empty(self->session, self->chid));
}

/* --- a thread ends ------------------------------------------------------------------------------------ */

TEST_F(coid_death, B4_one_such_channel)
{
	static const unsigned int flags[] = {
		QIPC_CHF_THREAD_DEATH, QIPC_CHF_COID_DISCONNECT,
		QIPC_CHF_THREAD_DEATH | QIPC_CHF_COID_DISCONNECT,
	};
	struct peer *other = peer_start(true, self->session);
	size_t i, j;
	int chid;

	ASSERT_NE(NULL, other);
	ASSERT_EQ(0, q_destroy(self->session, self->chid));
	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		chid = q_create(self->session, flags[i]);
		ASSERT_LT(0, chid);
		for (j = 0; j < ARRAY_SIZE(flags); j++)
			EXPECT_EQ(-EBUSY, q_create(self->session, flags[j] | QIPC_CHF_UNBLOCK));
		/* Others can be made, and by other processes these. */
		EXPECT_LT(0, q_create(self->session, QIPC_CHF_DISCONNECT));
		other->flags = flags[i];
		EXPECT_EQ(0, peer_call(other, job_create));
		EXPECT_EQ(0, peer_call(other, job_destroy));
		ASSERT_EQ(0, q_destroy(self->session, chid));
	}
	/* Two sessions are one process. */
	chid = q_open();
	ASSERT_LE(0, chid);
	ASSERT_LT(0, q_create(chid, QIPC_CHF_THREAD_DEATH));
	EXPECT_EQ(-EBUSY, q_create(self->session, QIPC_CHF_THREAD_DEATH));
	ASSERT_EQ(0, close(chid));
	EXPECT_LT(0, q_create(self->session, QIPC_CHF_THREAD_DEATH));
}

static void *end_with_tid(void *arg)
{
	*(pid_t *)arg = own_tid();
	return NULL;
}

static void *end_by_the_call(void *arg)
{
	*(pid_t *)arg = own_tid();
	syscall(SYS_exit, 0);
	return NULL;
}

TEST_F(coid_death, B111_thread_ends)
{
	struct qipc_pulse pulse;
	pthread_t thread;
	int chid, i;
	pid_t tid;

	ASSERT_EQ(0, q_destroy(self->session, self->chid));
	chid = q_create(self->session, QIPC_CHF_THREAD_DEATH);
	ASSERT_LT(0, chid);
	for (i = 0; i < 5; i++) {
		tid = 0;
		ASSERT_EQ(0, pthread_create(&thread, NULL, i & 1 ? end_by_the_call : end_with_tid,
					    &tid));
		ASSERT_EQ(0, pthread_join(thread, NULL));
		ASSERT_EQ(0, q_receive_pulse_soon(self->session, chid, &pulse));
		EXPECT_TRUE(pulse_is(&pulse, QIPC_PULSE_THREADDEATH, tid, -1)) {
			TH_LOG("code %d value %llx scoid %x", pulse.code,
			       (unsigned long long)pulse.value, pulse.scoid);
		}
		EXPECT_TRUE(q_empty(self->session, chid));
	}
}

/* Many at once, with no room for one; those of other processes, and children, are none. */
TEST_F(coid_death, B111_many)
{
	enum { COUNT = 30 };
	struct qipc_event none = event_of_kind(QIPC_EVENT_NONE);
	struct qipc_pulse pulse;
	pthread_t thread[COUNT];
	pid_t tid[COUNT] = {};
	bool seen[COUNT] = {};
	int chid, coid, i, j;

	ASSERT_EQ(0, q_destroy(self->session, self->chid));
	chid = q_create_pool(self->session, QIPC_CHF_THREAD_DEATH, 1, 1, &none);
	coid = q_attach_side(self->session, 0, chid);
	ASSERT_LE(0, coid);
	ASSERT_EQ(0, q_pulse(self->session, coid, 99, 1, 1));
	EXPECT_EQ(256 + SIGKILL, peer_kill(self->server));
	for (i = 0; i < COUNT; i++)
		ASSERT_EQ(0, pthread_create(&thread[i], NULL, end_with_tid, &tid[i]));
	for (i = 0; i < COUNT; i++)
		ASSERT_EQ(0, pthread_join(thread[i], NULL));
	ASSERT_EQ(0, q_receive_pulse_soon(self->session, chid, &pulse));
	EXPECT_EQ(1, pulse.code);
	for (i = 0; i < COUNT; i++) {
		ASSERT_EQ(0, q_receive_pulse_soon(self->session, chid, &pulse));
		ASSERT_EQ(QIPC_PULSE_THREADDEATH, pulse.code);
		for (j = 0; j < COUNT; j++)
			if (!seen[j] && pulse.value == (uint64_t)tid[j])
				break;
		ASSERT_GT(COUNT, j);
		seen[j] = true;
	}
	EXPECT_TRUE(q_empty(self->session, chid));
	/* Without the flag there is nothing. */
	ASSERT_EQ(0, q_destroy(self->session, chid));
	chid = q_create(self->session, QIPC_CHF_DISCONNECT | QIPC_CHF_COID_DISCONNECT);
	ASSERT_EQ(0, pthread_create(&thread[0], NULL, end_with_tid, &tid[0]));
	ASSERT_EQ(0, pthread_join(thread[0], NULL));
	sleep_us(5000);
	EXPECT_TRUE(q_empty(self->session, chid));
}

TEST_HARNESS_MAIN
