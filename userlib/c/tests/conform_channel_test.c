// SPDX-License-Identifier: GPL-2.0-only
/* Channels and connections as a QNX program sees them: B1 to B20. */
#include "conform.h"
#include "kselftest_harness.h"

#include <sys/resource.h>

/* A pid that was somebody's and is nobody's. */
static pid_t nobodys_pid(void)
{
	pid_t pid = fork();

	if (!pid)
		_exit(0);
	return reap(pid) ? -1 : pid;
}

TEST(B1_create_returns_distinct_ids)
{
	int first = ChannelCreate(0);
	int second = ChannelCreate(0);

	/* Programs connect to channel 1 of a process without asking. */
	EXPECT_EQ(1, first);
	EXPECT_LE(1, second);
	EXPECT_NE(first, second);
	EXPECT_EQ(0, ChannelDestroy(first));
	EXPECT_EQ(0, ChannelDestroy(second));
}

TEST(B1_first_of_each_process)
{
	struct peer *peer = peer_start(true);

	ASSERT_NE(NULL, peer);
	ASSERT_EQ(1, ChannelCreate(0));
	peer->flags = 0;
	ASSERT_EQ(0, peer_call(peer, job_create));
	EXPECT_EQ(1, peer->chid);
}

TEST(B2_destroy_unknown)
{
	int chid = ChannelCreate(0);

	ASSERT_LT(0, chid);
	EXPECT_EQ(-EINVAL, CALL(ChannelDestroy(chid + 100)));
	EXPECT_EQ(-EINVAL, CALL(ChannelDestroy(0)));
	EXPECT_EQ(0, ChannelDestroy(chid));
	EXPECT_EQ(-EINVAL, CALL(ChannelDestroy(chid)));
	/* The sign of this one is positive. */
	EXPECT_EQ(EINVAL, ChannelDestroy_r(chid));
}

TEST(B3_belongs_to_the_process)
{
	int chid = ChannelCreate(0);
	struct peer *thread = peer_start(false);
	struct peer *other = peer_start(true);
	struct peer *client = client_start(true, chid);

	ASSERT_NE(NULL, thread);
	ASSERT_NE(NULL, other);
	ASSERT_NE(NULL, client);
	peer_receive(other, chid, other->in, sizeof(other->in));
	EXPECT_EQ(-ESRCH, peer_wait(other));
	ASSERT_TRUE(receive_blocks(thread, chid));
	peer_send_text(client, "hello");
	ASSERT_EQ(0, peer_wait(thread));
	EXPECT_EQ(0, memcmp(thread->in, "hello", 5));
	EXPECT_EQ(0, MsgReply(thread->rcvid, 7, NULL, 0));
	EXPECT_EQ(7, peer_wait(client));
}

TEST(B4_one_such_channel)
{
	int chid = ChannelCreate(_NTO_CHF_THREAD_DEATH);

	ASSERT_LT(0, chid);
	EXPECT_EQ(-EBUSY, CALL(ChannelCreate(_NTO_CHF_THREAD_DEATH)));
	EXPECT_EQ(-EBUSY, CALL(ChannelCreate(_NTO_CHF_COID_DISCONNECT)));
	EXPECT_EQ(-EBUSY, ChannelCreate_r(_NTO_CHF_COID_DISCONNECT | _NTO_CHF_THREAD_DEATH));
	EXPECT_EQ(0, ChannelDestroy(chid));
	chid = ChannelCreate(_NTO_CHF_COID_DISCONNECT);
	EXPECT_LT(0, chid);
	EXPECT_EQ(-EBUSY, CALL(ChannelCreate(_NTO_CHF_THREAD_DEATH)));
}

TEST(B5_side_channel)
{
	int chid = ChannelCreate(0);
	int coid = attach_side(0, chid);

	ASSERT_LT(0, coid);
	EXPECT_EQ(_NTO_SIDE_CHANNEL, coid & _NTO_SIDE_CHANNEL);
	EXPECT_EQ(0, ConnectDetach(coid));
}

TEST(B5_descriptor)
{
	struct rlimit limit;
	int chid, lowest, coid, above, third;

	chid = ChannelCreate(0);
	ASSERT_LT(0, chid);
	lowest = dup(0);
	ASSERT_LE(0, lowest);
	close(lowest);
	coid = ConnectAttach(0, 0, chid, 0, 0);
	EXPECT_EQ(lowest, coid);
	above = ConnectAttach(0, 0, chid, 100, 0);
	EXPECT_EQ(100, above);
	third = ConnectAttach(0, 0, chid, 100, _NTO_COF_CLOEXEC);
	EXPECT_EQ(101, third);
	EXPECT_EQ(0, fcntl(above, F_GETFD));
	EXPECT_EQ(FD_CLOEXEC, fcntl(third, F_GETFD));
	ASSERT_EQ(0, getrlimit(RLIMIT_NOFILE, &limit));
	EXPECT_EQ(-EINVAL, CALL(ConnectAttach(0, 0, chid, limit.rlim_cur, 0)));
	/* Two ways to let go of a descriptor. */
	EXPECT_EQ(0, ConnectDetach(coid));
	EXPECT_EQ(0, close(above));
	EXPECT_EQ(-EBADF, CALL(MsgSend(coid, NULL, 0, NULL, 0)));
	EXPECT_EQ(-EBADF, CALL(MsgSend(above, NULL, 0, NULL, 0)));
}

TEST(B5_descriptor_carries_messages)
{
	int chid = ChannelCreate(0);
	struct peer *client = peer_start(true);
	rcvid_t rcvid;
	char text[8];

	ASSERT_NE(NULL, client);
	client->chid = chid;
	client->index = 50;
	ASSERT_EQ(0, peer_call(client, job_attach));
	EXPECT_EQ(50, client->coid);
	peer_send_text(client, "hello");
	rcvid = receive_soon(chid, text, sizeof(text), NULL);
	ASSERT_LT(0, rcvid);
	EXPECT_EQ(0, memcmp(text, "hello", 5));
	EXPECT_EQ(0, MsgReply(rcvid, 3, NULL, 0));
	EXPECT_EQ(3, peer_wait(client));
}

TEST(B6_side_channel_ignores_the_rest)
{
	int chid = ChannelCreate(0);
	int plain = attach_side(0, chid);
	int other;

	ASSERT_LT(0, plain);
	ASSERT_EQ(0, ConnectDetach(plain));
	other = ConnectAttach(0, 0, chid, _NTO_SIDE_CHANNEL | 77, 0);
	EXPECT_EQ(plain, other);
	other = ConnectAttach(0, 0, chid, ~0U & ~0x80000000U, 0);
	EXPECT_EQ(plain + 1, other);
}

TEST(B7_own_channel)
{
	int chid = ChannelCreate(0);
	struct _server_info info;
	int coid = ConnectAttach(0, 0, chid, _NTO_SIDE_CHANNEL, 0);

	ASSERT_LT(0, coid);
	ASSERT_EQ(coid, ConnectServerInfo(0, coid, &info));
	EXPECT_EQ(getpid(), info.pid);
	EXPECT_EQ(chid, info.chid);
}

TEST(B8_no_such_channel)
{
	int chid = ChannelCreate(0);
	pid_t gone = nobodys_pid();

	ASSERT_LT(0, gone);
	EXPECT_EQ(-ESRCH, CALL(ConnectAttach(0, gone, 1, _NTO_SIDE_CHANNEL, 0)));
	EXPECT_EQ(-ESRCH, CALL(ConnectAttach(0, 0, chid + 1, _NTO_SIDE_CHANNEL, 0)));
	/* A process that has nothing to do with messages. */
	EXPECT_EQ(-ESRCH, CALL(ConnectAttach(0, getppid(), 1, _NTO_SIDE_CHANNEL, 0)));
	EXPECT_EQ(-ESRCH, ConnectAttach_r(0, gone, 1, _NTO_SIDE_CHANNEL, 0));
	EXPECT_EQ(-ESRCH, CALL(ConnectAttach(0, gone, 1, 0, 0)));
}

TEST(B9_unknown_flags)
{
	int chid = ChannelCreate(0);

	EXPECT_EQ(-EINVAL, CALL(ConnectAttach(0, 0, chid, _NTO_SIDE_CHANNEL, 0x20)));
	EXPECT_EQ(-EINVAL, CALL(ConnectAttach(0, 0, chid, _NTO_SIDE_CHANNEL, 0x10000)));
	EXPECT_EQ(-EINVAL, ConnectAttach_r(0, 0, chid, 0, 0x20));
	EXPECT_LT(0, CALL(ConnectAttach(0, 0, chid, _NTO_SIDE_CHANNEL, _NTO_COF_CLOEXEC)));
}

TEST(B10_connections_share_a_scoid)
{
	int chid = ChannelCreate(0);
	struct peer *client = client_start(true, chid);
	struct _msg_info first, second;
	rcvid_t rcvid;
	int coid;

	ASSERT_NE(NULL, client);
	coid = client->coid;
	peer_send(client, NULL, 0, NULL, 0);
	rcvid = receive_soon(chid, NULL, 0, &first);
	ASSERT_LT(0, rcvid);
	ASSERT_EQ(0, MsgReply(rcvid, 0, NULL, 0));
	ASSERT_EQ(0, peer_wait(client));
	ASSERT_EQ(0, peer_call(client, job_attach));
	EXPECT_NE(coid, client->coid);
	peer_send(client, NULL, 0, NULL, 0);
	rcvid = receive_soon(chid, NULL, 0, &second);
	ASSERT_LT(0, rcvid);
	EXPECT_EQ(coid, first.coid);
	EXPECT_EQ(client->coid, second.coid);
	EXPECT_EQ(first.scoid, second.scoid);
	EXPECT_EQ(0, MsgReply(rcvid, 0, NULL, 0));
	EXPECT_EQ(0, peer_wait(client));
}

TEST(B11_noshare)
{
	int chid = ChannelCreate(0);
	struct peer *client = client_start(true, chid);
	int first, second;

	ASSERT_NE(NULL, client);
	first = peer_scoid(client, chid);
	client->flags = _NTO_COF_NOSHARE;
	ASSERT_EQ(0, peer_call(client, job_attach));
	second = peer_scoid(client, chid);
	EXPECT_LT(0, first);
	EXPECT_LT(0, second);
	EXPECT_NE(first, second);
}

TEST(B12_processes_have_scoids_of_their_own)
{
	int chid = ChannelCreate(0);
	struct peer *first = client_start(true, chid);
	struct peer *second = client_start(true, chid);
	int scoid;

	ASSERT_NE(NULL, first);
	ASSERT_NE(NULL, second);
	scoid = peer_scoid(first, chid);
	EXPECT_EQ(_NTO_SIDE_CHANNEL, scoid & _NTO_SIDE_CHANNEL);
	EXPECT_NE(scoid, peer_scoid(second, chid));
	/* The same each time. */
	EXPECT_EQ(scoid, peer_scoid(first, chid));
}

TEST(B13_attach_is_silent)
{
	int chid = ChannelCreate(_NTO_CHF_DISCONNECT | _NTO_CHF_UNBLOCK);
	struct peer *server = peer_start(false);

	ASSERT_NE(NULL, server);
	EXPECT_NE(NULL, client_start(true, chid));
	EXPECT_TRUE(channel_empty(chid));
	/* Not for one who waits, either. */
	ASSERT_TRUE(receive_blocks(server, chid));
	EXPECT_NE(NULL, client_start(true, chid));
	EXPECT_TRUE(peer_blocked(server));
}

TEST(B14_detach_unknown)
{
	int chid = ChannelCreate(0);
	int coid = attach_side(0, chid);

	ASSERT_LT(0, coid);
	EXPECT_EQ(-EINVAL, CALL(ConnectDetach(coid + 50)));
	EXPECT_EQ(0, ConnectDetach(coid));
	EXPECT_EQ(-EINVAL, CALL(ConnectDetach(coid)));
	EXPECT_EQ(EINVAL, ConnectDetach_r(coid));
	/* A descriptor that is no connection stays open. */
	coid = dup(0);
	EXPECT_EQ(-EINVAL, CALL(ConnectDetach(coid)));
	EXPECT_LE(0, fcntl(coid, F_GETFD));
	close(coid);
	EXPECT_EQ(-EINVAL, CALL(ConnectDetach(coid)));
}

TEST(B15_send_on_nothing)
{
	int chid = ChannelCreate(0);
	int coid = attach_side(0, chid);
	int other = attach_side(0, chid);

	ASSERT_EQ(0, ConnectDetach(coid));
	EXPECT_EQ(-EBADF, CALL(MsgSend(coid, NULL, 0, NULL, 0)));
	EXPECT_EQ(-EBADF, MsgSend_r(coid, NULL, 0, NULL, 0));
	ASSERT_EQ(0, ChannelDestroy(chid));
	EXPECT_EQ(-EBADF, CALL(MsgSend(other, NULL, 0, NULL, 0)));
	EXPECT_EQ(-EBADF, CALL(MsgSend(-1, NULL, 0, NULL, 0)));
	/* Standard input, as like as not, is a file, and no connection. */
	EXPECT_EQ(-EBADF, CALL(MsgSend(0, NULL, 0, NULL, 0)));
	/* A dead coid stays allocated until it is detached. */
	EXPECT_EQ(0, ConnectDetach(other));
	EXPECT_EQ(-EINVAL, CALL(ConnectDetach(other)));
}

TEST(B16_next_higher)
{
	int chid = ChannelCreate(0);
	struct _server_info info;
	int coid[3], i;

	for (i = 0; i < 3; i++)
		coid[i] = attach_side(0, chid);
	ASSERT_EQ(0, ConnectDetach(coid[1]));
	sentinel_fill(&info, sizeof(info));
	EXPECT_EQ(coid[2], ConnectServerInfo(0, coid[1], &info));
	EXPECT_EQ(getpid(), info.pid);
	EXPECT_EQ(chid, info.chid);
	EXPECT_EQ(coid[2], info.coid);
	EXPECT_EQ(0, info.flags & _NTO_COF_DEAD);
	EXPECT_EQ(coid[0], ConnectServerInfo(0, coid[0], &info));
	EXPECT_EQ(coid[0], info.coid);
}

TEST(B16_descriptors_before_side_channels)
{
	int chid = ChannelCreate(0);
	int fd = ConnectAttach(0, 0, chid, 40, 0);
	int side = attach_side(0, chid);
	struct _server_info info;

	ASSERT_EQ(40, fd);
	EXPECT_EQ(fd, ConnectServerInfo(0, fd, &info));
	EXPECT_EQ(fd, info.coid);
	EXPECT_EQ(chid, info.chid);
	EXPECT_EQ(fd, ConnectServerInfo(0, 10, &info));
	EXPECT_EQ(side, ConnectServerInfo(0, fd + 1, &info));
}

TEST(B17_dead)
{
	int chid = ChannelCreate(0), alive = ChannelCreate(0);
	int coid = attach_side(0, chid);
	int next = attach_side(0, alive);
	struct _server_info info;

	ASSERT_LT(coid, next);
	ASSERT_EQ(0, ChannelDestroy(chid));
	EXPECT_EQ(coid, ConnectServerInfo(0, coid, &info));
	EXPECT_EQ(_NTO_COF_DEAD, info.flags & _NTO_COF_DEAD);
	EXPECT_EQ(next, ConnectServerInfo(0, coid, NULL));
	ASSERT_EQ(0, ChannelDestroy(alive));
	EXPECT_EQ(-EINVAL, CALL(ConnectServerInfo(0, coid, NULL)));
	EXPECT_EQ(coid, ConnectServerInfo(0, coid, &info));
}

TEST(B18_past_the_last)
{
	int chid = ChannelCreate(0);
	int coid = attach_side(0, chid);
	struct _server_info info;
	pid_t gone = nobodys_pid();

	EXPECT_EQ(-EINVAL, CALL(ConnectServerInfo(0, coid + 1, &info)));
	EXPECT_EQ(-EINVAL, ConnectServerInfo_r(0, coid + 1, &info));
	EXPECT_EQ(-ESRCH, CALL(ConnectServerInfo(gone, coid, &info)));
}

static long job_become_nobody(struct peer *peer)
{
	(void)peer;
	return become(NOBODY, NOBODY, NULL, 0) ? 0 : -EPERM;
}

TEST(B19_client)
{
	int chid = ChannelCreate(0);
	struct peer *client = client_start(true, chid);
	struct _client_info info;
	int scoid;

	ASSERT_NE(NULL, client);
	scoid = peer_scoid(client, chid);
	sentinel_fill(&info, sizeof(info));
	ASSERT_EQ(0, ConnectClientInfo(scoid, &info, NGROUPS_MAX));
	EXPECT_EQ(client->pid, info.pid);
	EXPECT_EQ(getsid(0), info.sid);
	EXPECT_EQ(geteuid(), info.cred.euid);
	EXPECT_EQ(getegid(), info.cred.egid);
	EXPECT_EQ(getuid(), info.cred.ruid);
	EXPECT_EQ(-EINVAL, CALL(ConnectClientInfo(scoid & ~_NTO_SIDE_CHANNEL, &info, 0)));
	EXPECT_EQ(EINVAL, ConnectClientInfo_r(scoid & ~_NTO_SIDE_CHANNEL, &info, 0));
}

TEST(B19_of_another_user)
{
	int chid = ChannelCreate(0);
	struct peer *client = client_start(true, chid);
	struct _client_info info;

	ASSERT_NE(NULL, client);
	/* The ids are those with which it connected. */
	ASSERT_EQ(0, peer_call(client, job_become_nobody));
	ASSERT_EQ(0, ConnectClientInfo(peer_scoid(client, chid), &info, 0));
	EXPECT_EQ(geteuid(), info.cred.euid);
	/* Oneself. */
	ASSERT_EQ(0, ConnectClientInfo(-1, &info, 0));
	EXPECT_EQ(getpid(), info.pid);
	EXPECT_EQ(geteuid(), info.cred.euid);
}

TEST(B20_flags)
{
	int chid = ChannelCreate(0);
	int coid = attach_side(0, chid);

	EXPECT_EQ(0, ConnectFlags(0, coid, _NTO_COF_CLOEXEC, _NTO_COF_CLOEXEC));
	EXPECT_EQ(_NTO_COF_CLOEXEC, ConnectFlags(0, coid, 0, 0));
	EXPECT_EQ(_NTO_COF_CLOEXEC, ConnectFlags(0, coid, _NTO_COF_CLOEXEC, 0));
	EXPECT_EQ(0, ConnectFlags(0, coid, 0, 0));
	EXPECT_EQ(-EBADF, CALL(ConnectFlags(0, coid + 1, 0, 0)));
	EXPECT_EQ(-EBADF, ConnectFlags_r(0, coid + 1, 0, 0));
	coid = ConnectAttach(0, 0, chid, 0, 0);
	ASSERT_LE(0, coid);
	EXPECT_EQ(0, ConnectFlags(0, coid, _NTO_COF_CLOEXEC, _NTO_COF_CLOEXEC));
	EXPECT_EQ(FD_CLOEXEC, fcntl(coid, F_GETFD));
	EXPECT_EQ(_NTO_COF_CLOEXEC, ConnectFlags(0, coid, 0, 0));
}

TEST_HARNESS_MAIN
