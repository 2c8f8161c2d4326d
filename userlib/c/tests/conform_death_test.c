// SPDX-License-Identifier: GPL-2.0-only
/* Channels, connections, threads and processes that go, as a QNX program sees it: B103 to B115. */
#include "conform.h"
#include "kselftest_harness.h"

/* A server in a process: value[0] and what it received are in the peer. */
static struct peer *server_start(int flags)
{
	struct peer *server = peer_start(true);

	if (!server)
		return NULL;
	server->flags = flags;
	return peer_call(server, job_create) ? NULL : server;
}

/* A client that is a thread of the test, of a channel in another process. */
static struct peer *client_of(struct peer *server)
{
	struct peer *client = peer_start(false);

	if (!client)
		return NULL;
	client->server = server->pid;
	client->chid = server->chid;
	return peer_call(client, job_attach) ? NULL : client;
}

static void destroyed(struct __test_metadata *_metadata, int flags)
{
	int chid = ChannelCreate(flags);
	struct peer *server = peer_start(false);
	struct peer *replied = client_start(true, chid);
	struct peer *sent = client_start(false, chid);
	struct peer *pulses = peer_start(false);
	rcvid_t rcvid;

	ASSERT_NE(NULL, server);
	ASSERT_NE(NULL, replied);
	ASSERT_NE(NULL, sent);
	ASSERT_NE(NULL, pulses);
	rcvid = take(replied, chid, "hello");
	ASSERT_LT(0, rcvid);
	ASSERT_TRUE(peer_blocked(replied));
	/* One that waits for pulses lets a message lie. */
	peer_receive_pulse(pulses, chid);
	ASSERT_TRUE(peer_blocked(pulses));
	ASSERT_TRUE(send_blocks(sent, "hello"));
	EXPECT_EQ(0, ChannelDestroy(chid));
	EXPECT_EQ(-ESRCH, peer_wait(replied));
	EXPECT_EQ(-ESRCH, peer_wait(sent));
	EXPECT_EQ(-ESRCH, peer_wait(pulses));
	EXPECT_EQ(-ESRCH, CALL(MsgReply(rcvid, 0, NULL, 0)));
	chid = ChannelCreate(flags);
	ASSERT_LT(0, chid);
	ASSERT_TRUE(receive_blocks(server, chid));
	EXPECT_EQ(0, ChannelDestroy(chid));
	EXPECT_EQ(-ESRCH, peer_wait(server));
}

TEST(B103_destroyed)
{
	destroyed(_metadata, 0);
}

TEST(B103_destroyed_with_the_unblock_flag)
{
	destroyed(_metadata, _NTO_CHF_UNBLOCK);
}

static long job_exit(struct peer *peer)
{
	_exit(peer->value[0]);
}

TEST(B104_server_dies)
{
	struct peer *server = server_start(_NTO_CHF_UNBLOCK);
	struct peer *replied, *sent;

	ASSERT_NE(NULL, server);
	replied = client_of(server);
	sent = client_of(server);
	ASSERT_NE(NULL, replied);
	ASSERT_NE(NULL, sent);
	peer_send_text(replied, "hello");
	peer_receive(server, server->chid, server->in, sizeof(server->in));
	ASSERT_EQ(0, peer_wait(server));
	ASSERT_TRUE(peer_blocked(replied));
	ASSERT_TRUE(send_blocks(sent, "hello"));
	EXPECT_EQ(256 + SIGKILL, peer_kill(server));
	EXPECT_EQ(-ESRCH, peer_wait(replied));
	EXPECT_EQ(-ESRCH, peer_wait(sent));
	EXPECT_EQ(-EBADF, peer_call(sent, job_send));
	EXPECT_EQ(-EBADF, peer_pulse(sent, 1, 1, 0));
}

/* Receives, and ends the thread. */
static long job_receive_and_end(struct peer *peer)
{
	long ret = job_receive(peer);

	if (ret)
		return ret;
	pthread_exit(NULL);
}

TEST(B105_the_receiving_thread_ends)
{
	int chid = ChannelCreate(0);
	struct peer *server = peer_start(false);
	struct peer *client = client_start(true, chid);

	ASSERT_NE(NULL, server);
	ASSERT_NE(NULL, client);
	server->chid = chid;
	server->rbuf = server->in;
	server->rbytes = sizeof(server->in);
	peer_go(server, job_receive_and_end);
	peer_send_text(client, "hello");
	ASSERT_EQ(0, pthread_join(server->thread, NULL));
	EXPECT_LT(0, server->rcvid);
	EXPECT_TRUE(peer_blocked(client));
	EXPECT_EQ(0, MsgReply(server->rcvid, 6, NULL, 0));
	EXPECT_EQ(6, peer_wait(client));
}

TEST(B106_disconnect)
{
	int chid = ChannelCreate(_NTO_CHF_DISCONNECT);
	struct peer *client = client_start(true, chid);
	struct peer *other = client_start(true, chid);
	struct _pulse pulse;
	int first, scoid;

	ASSERT_NE(NULL, client);
	ASSERT_NE(NULL, other);
	first = client->coid;
	ASSERT_EQ(0, peer_call(client, job_attach));
	scoid = peer_scoid(client, chid);
	ASSERT_LT(0, scoid);
	ASSERT_EQ(0, peer_call(client, job_detach));
	EXPECT_TRUE(channel_empty(chid));
	client->coid = first;
	ASSERT_EQ(0, peer_call(client, job_detach));
	ASSERT_EQ(0, pulse_soon(chid, &pulse));
	EXPECT_EQ(_PULSE_CODE_DISCONNECT, pulse.code);
	EXPECT_EQ(-33, pulse.code);
	EXPECT_EQ(scoid, pulse.scoid);
	EXPECT_EQ(0, ConnectDetach(pulse.scoid));
	EXPECT_TRUE(channel_empty(chid));
	/* By its death. */
	scoid = peer_scoid(other, chid);
	EXPECT_EQ(256 + SIGKILL, peer_kill(other));
	ASSERT_EQ(0, pulse_soon(chid, &pulse));
	EXPECT_EQ(_PULSE_CODE_DISCONNECT, pulse.code);
	EXPECT_EQ(scoid, pulse.scoid);
	EXPECT_EQ(0, ConnectDetach(pulse.scoid));
	EXPECT_TRUE(channel_empty(chid));
}

TEST(B107_without_the_flag)
{
	int chid = ChannelCreate(0);
	struct peer *client = client_start(true, chid);

	ASSERT_NE(NULL, client);
	ASSERT_LT(0, peer_scoid(client, chid));
	ASSERT_EQ(0, peer_call(client, job_detach));
	EXPECT_EQ(256 + SIGKILL, peer_kill(client));
	EXPECT_TRUE(channel_empty(chid));
}

TEST(B108_after_what_is_unanswered_before_all_else)
{
	int chid = ChannelCreate(_NTO_CHF_DISCONNECT | _NTO_CHF_UNBLOCK);
	struct peer *client = client_start(true, chid);
	int coid = attach_side(0, chid);
	struct _pulse pulse;
	rcvid_t rcvid;
	int scoid;

	ASSERT_NE(NULL, client);
	scoid = peer_scoid(client, chid);
	rcvid = take(client, chid, "hello");
	ASSERT_LT(0, rcvid);
	ASSERT_TRUE(peer_blocked(client));
	ASSERT_EQ(0, MsgSendPulse(coid, 50, 9, 0));
	EXPECT_EQ(0, MsgReply(rcvid, 0, NULL, 0));
	EXPECT_EQ(0, peer_wait(client));
	ASSERT_EQ(0, peer_call(client, job_detach));
	ASSERT_EQ(0, pulse_now(chid, &pulse));
	EXPECT_EQ(_PULSE_CODE_DISCONNECT, pulse.code);
	EXPECT_EQ(scoid, pulse.scoid);
	ASSERT_EQ(0, pulse_now(chid, &pulse));
	EXPECT_EQ(9, pulse.code);
}

/* A client whose second thread detaches while the first one waits for its answer. */
TEST(B108_not_while_a_message_is_unanswered)
{
	int chid = ChannelCreate(_NTO_CHF_DISCONNECT | _NTO_CHF_UNBLOCK);
	struct peer *client = client_start(false, chid);
	struct _pulse pulse;
	rcvid_t rcvid;

	ASSERT_NE(NULL, client);
	rcvid = take(client, chid, "hello");
	ASSERT_LT(0, rcvid);
	ASSERT_TRUE(peer_blocked(client));
	ASSERT_EQ(0, ConnectDetach(client->coid));
	ASSERT_EQ(0, pulse_now(chid, &pulse));
	EXPECT_EQ(_PULSE_CODE_UNBLOCK, pulse.code);
	EXPECT_TRUE(channel_empty(chid));
	EXPECT_EQ(0, MsgReply(rcvid, 3, NULL, 0));
	EXPECT_EQ(3, peer_wait(client));
	ASSERT_EQ(0, pulse_soon(chid, &pulse));
	EXPECT_EQ(_PULSE_CODE_DISCONNECT, pulse.code);
}

TEST(B109_scoid_is_kept)
{
	int chid = ChannelCreate(_NTO_CHF_DISCONNECT);
	struct peer *client = client_start(true, chid);
	struct _client_info info;
	struct _pulse pulse;
	int scoid, next;

	ASSERT_NE(NULL, client);
	scoid = peer_scoid(client, chid);
	EXPECT_EQ(-EINVAL, CALL(ConnectDetach(scoid)));
	EXPECT_EQ(256 + SIGKILL, peer_kill(client));
	ASSERT_EQ(0, pulse_soon(chid, &pulse));
	client = client_start(true, chid);
	ASSERT_NE(NULL, client);
	next = peer_scoid(client, chid);
	EXPECT_LT(0, next);
	EXPECT_NE(scoid, next);
	EXPECT_EQ(-EINVAL, CALL(ConnectClientInfo(scoid, &info, 0)));
	EXPECT_EQ(0, ConnectDetach(scoid));
	EXPECT_EQ(-EINVAL, CALL(ConnectDetach(scoid)));
}

TEST(B110_coid_death)
{
	struct peer *server = server_start(0);
	int own = ChannelCreate(_NTO_CHF_COID_DISCONNECT);
	struct _server_info info;
	int coid[2], i, seen = 0;
	struct _pulse pulse;

	ASSERT_NE(NULL, server);
	ASSERT_LT(0, own);
	for (i = 0; i < 2; i++)
		coid[i] = attach_side(server->pid, server->chid);
	EXPECT_TRUE(channel_empty(own));
	ASSERT_EQ(0, peer_call(server, job_destroy));
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(0, pulse_soon(own, &pulse));
		EXPECT_EQ(_PULSE_CODE_COIDDEATH, pulse.code);
		EXPECT_EQ(-35, pulse.code);
		seen |= (pulse.value.sival_int == coid[0]) | (pulse.value.sival_int == coid[1]) << 1;
	}
	EXPECT_EQ(3, seen);
	EXPECT_TRUE(channel_empty(own));
	ASSERT_EQ(coid[0], ConnectServerInfo(0, coid[0], &info));
	EXPECT_EQ(_NTO_COF_DEAD, info.flags & _NTO_COF_DEAD);
}

/* And when the server dies. */
TEST(B110_coid_death_by_death)
{
	struct peer *server = server_start(0);
	int own = ChannelCreate(_NTO_CHF_COID_DISCONNECT);
	struct _pulse pulse;
	int coid;

	ASSERT_NE(NULL, server);
	coid = attach_side(server->pid, server->chid);
	EXPECT_EQ(256 + SIGKILL, peer_kill(server));
	ASSERT_EQ(0, pulse_soon(own, &pulse));
	EXPECT_EQ(_PULSE_CODE_COIDDEATH, pulse.code);
	EXPECT_EQ(coid, pulse.value.sival_int);
}

static void *end_at_once(void *tid)
{
	*(pid_t *)tid = own_tid();
	return NULL;
}

TEST(B111_thread_death)
{
	int chid = ChannelCreate(_NTO_CHF_THREAD_DEATH);
	struct _pulse pulse;
	pthread_t thread;
	pid_t tid;

	ASSERT_LT(0, chid);
	ASSERT_EQ(0, pthread_create(&thread, NULL, end_at_once, &tid));
	ASSERT_EQ(0, pthread_join(thread, NULL));
	ASSERT_EQ(0, pulse_soon(chid, &pulse));
	EXPECT_EQ(_PULSE_CODE_THREADDEATH, pulse.code);
	EXPECT_EQ(-34, pulse.code);
	EXPECT_EQ(tid, pulse.value.sival_int);
	EXPECT_TRUE(channel_empty(chid));
}

TEST(B112_detached_while_send_blocked)
{
	int chid = ChannelCreate(0);
	struct peer *client = client_start(false, chid);

	ASSERT_NE(NULL, client);
	ASSERT_TRUE(send_blocks(client, "hello"));
	EXPECT_EQ(0, ConnectDetach(client->coid));
	EXPECT_EQ(-EBADF, peer_wait(client));
	EXPECT_TRUE(channel_empty(chid));
}

TEST(B113_detached_while_reply_blocked)
{
	int chid = ChannelCreate(0), unblocking = ChannelCreate(_NTO_CHF_UNBLOCK);
	struct peer *client = client_start(false, chid);
	struct _pulse pulse;
	rcvid_t rcvid;

	ASSERT_NE(NULL, client);
	rcvid = take(client, chid, "hello");
	ASSERT_LT(0, rcvid);
	ASSERT_TRUE(peer_blocked(client));
	EXPECT_EQ(0, ConnectDetach(client->coid));
	EXPECT_EQ(-EBADF, peer_wait(client));
	EXPECT_EQ(-ESRCH, CALL(MsgReply(rcvid, 0, NULL, 0)));
	client = client_start(false, unblocking);
	ASSERT_NE(NULL, client);
	rcvid = take(client, unblocking, "hello");
	ASSERT_LT(0, rcvid);
	ASSERT_TRUE(peer_blocked(client));
	EXPECT_EQ(0, ConnectDetach(client->coid));
	ASSERT_EQ(0, pulse_soon(unblocking, &pulse));
	EXPECT_EQ(_PULSE_CODE_UNBLOCK, pulse.code);
	EXPECT_EQ(rcvid, pulse.value.sival_int);
	EXPECT_TRUE(peer_waits(client));
	EXPECT_EQ(0, MsgReply(rcvid, 8, NULL, 0));
	EXPECT_EQ(8, peer_wait(client));
}

/* --- fork and exec ----------------------------------------------------------------- */

struct inheritance {
	int chid;
	int side;
	int fd;
};

/* What a child sees of its parent's; the number of the step that is not so. */
static int inherit(void *arg)
{
	struct inheritance *i = arg;
	char byte;

	if (CALL(MsgSend(i->side, NULL, 0, NULL, 0)) != -EBADF)
		return 1;
	if (CALL(MsgSendPulse(i->side, 1, 1, 0)) != -EBADF)
		return 2;
	if (CALL(MsgReceive(i->chid, &byte, 1, NULL)) != -ESRCH)
		return 3;
	if (CALL(ChannelDestroy(i->chid)) != -EINVAL)
		return 4;
	if (CALL(ConnectDetach(i->side)) != -EINVAL)
		return 5;
	if (CALL(MsgSend(i->fd, "child", 5, NULL, 0)) != 4)
		return 6;
	/* And it can make its own. */
	if (ChannelCreate(0) != 1)
		return 7;
	return attach_side(getppid(), i->chid) == i->side ? 0 : 8;
}

TEST(B114_fork)
{
	int chid = ChannelCreate(0);
	struct inheritance i = { .chid = chid };
	struct peer *thread = peer_start(false);
	struct _msg_info own, info;
	char text[8];
	rcvid_t rcvid;
	pid_t child;

	ASSERT_NE(NULL, thread);
	i.side = attach_side(0, chid);
	i.fd = ConnectAttach(0, 0, chid, 0, 0);
	ASSERT_LE(0, i.fd);
	/* How the server knows the parent over the same descriptor. */
	thread->coid = i.fd;
	peer_send(thread, NULL, 0, NULL, 0);
	rcvid = receive_soon(chid, NULL, 0, &own);
	ASSERT_LT(0, rcvid);
	EXPECT_EQ(0, MsgReply(rcvid, 0, NULL, 0));
	ASSERT_EQ(0, peer_wait(thread));
	child = spawn(inherit, &i);
	ASSERT_LT(0, child);
	rcvid = receive_soon(chid, text, sizeof(text), &info);
	ASSERT_LT(0, rcvid);
	EXPECT_EQ(0, memcmp(text, "child", 5));
	EXPECT_EQ(child, info.pid);
	EXPECT_NE(own.scoid, info.scoid);
	EXPECT_EQ(0, MsgReply(rcvid, 4, NULL, 0));
	EXPECT_EQ(0, reap(child));
}

/* What is left of a process behind an exec is looked at by the assistant. */
static int assist(const char *mode, int number)
{
	char path[PATH_MAX], text[16];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 32);

	if (n < 0)
		return CHILD_SETUP;
	path[n] = '\0';
	snprintf(strrchr(path, '/') + 1, 32, "conform_assist");
	snprintf(text, sizeof(text), "%d", number);
	execl(path, path, mode, text, NULL);
	return CHILD_SETUP;
}

static int exec_send(void *fd)
{
	return assist("send", *(int *)fd);
}

static int exec_closed(void *fd)
{
	return assist("closed", *(int *)fd);
}

static int exec_channel(void *unused)
{
	int chid = ChannelCreate(0);

	(void)unused;
	return attach_side(0, chid) < 0 ? CHILD_ATTACH : assist("channel", chid);
}

TEST(B115_exec)
{
	int chid = ChannelCreate(0);
	int kept = ConnectAttach(0, 0, chid, 0, 0);
	int closed = ConnectAttach(0, 0, chid, 0, _NTO_COF_CLOEXEC);
	rcvid_t rcvid;
	pid_t child;

	ASSERT_LE(0, kept);
	ASSERT_LE(0, closed);
	EXPECT_EQ(0, run_child(exec_closed, &closed));
	child = spawn(exec_send, &kept);
	rcvid = receive_soon(chid, NULL, 0, NULL);
	ASSERT_LT(0, rcvid);
	EXPECT_EQ(0, MsgReply(rcvid, 42, NULL, 0));
	EXPECT_EQ(0, reap(child));
	EXPECT_EQ(0, run_child(exec_channel, NULL));
}

static long job_exec_pause(struct peer *peer)
{
	(void)peer;
	return assist("pause", 0);
}

/* Clients of a process that becomes another program. */
TEST(B115_exec_of_a_server)
{
	struct peer *server = server_start(0);
	struct peer *client;

	ASSERT_NE(NULL, server);
	client = client_of(server);
	ASSERT_NE(NULL, client);
	ASSERT_TRUE(send_blocks(client, "hello"));
	peer_go(server, job_exec_pause);
	EXPECT_EQ(-ESRCH, peer_wait(client));
	EXPECT_EQ(-EBADF, peer_call(client, job_send));
	peer_kill(server);
}

/* Its exit: B106 and B107 in one, and B104 without a signal. */
TEST(B104_server_exits)
{
	struct peer *server = server_start(0);
	struct peer *client;

	ASSERT_NE(NULL, server);
	client = client_of(server);
	ASSERT_NE(NULL, client);
	ASSERT_TRUE(send_blocks(client, "hello"));
	server->value[0] = 3;
	peer_go(server, job_exit);
	EXPECT_EQ(-ESRCH, peer_wait(client));
	EXPECT_EQ(3, reap(server->pid));
}

TEST_HARNESS_MAIN
