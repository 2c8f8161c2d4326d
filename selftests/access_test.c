// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who may connect to a channel: owner, group and mode, set by its owner or
 * with its name, and how far its clients may lift the priority of its threads.
 */
#include <stddef.h>
#include <sys/resource.h>

#include "kselftest_harness.h"
#include "qipc_test.h"

#define ALICE	1001
#define BOB	1002
#define FRIENDS	1100

FIXTURE(access) {
	int session;
	int chid;
	struct peer *server;	/* alice */
};

FIXTURE_SETUP(access)
{
	if (geteuid())
		SKIP(return, "changing the user takes root");
	self->session = q_open();
	ASSERT_LE(0, self->session);
	self->server = peer_start(true, self->session);
	ASSERT_NE(NULL, self->server);
	self->server->value[0] = ALICE;
	self->server->value[1] = ALICE;
	ASSERT_EQ(0, peer_call(self->server, job_become));
	ASSERT_EQ(0, peer_call(self->server, job_create));
	self->chid = q_create(self->session, 0);
	ASSERT_LT(0, self->chid);
}

FIXTURE_TEARDOWN(access)
{
}

/* A change of a channel of the peer's: value[0] is the set, the rest in memory. */
static long job_access(struct peer *peer)
{
	struct qipc_channel_access arg;
	int ret;

	memcpy(&arg, peer->parts, sizeof(arg));
	ret = q_access(peer->session, peer->chid, peer->value[0], &arg);
	memcpy(peer->parts, &arg, sizeof(arg));
	return ret;
}

static long set_access(struct peer *peer, unsigned int set, struct qipc_channel_access arg)
{
	memcpy(peer->parts, &arg, sizeof(arg));
	peer->value[0] = set;
	return peer_call(peer, job_access);
}

static struct qipc_channel_access access_of(struct peer *peer)
{
	struct qipc_channel_access arg;

	memcpy(&arg, peer->parts, sizeof(arg));
	return arg;
}

struct visit {
	uid_t uid;
	gid_t gid;
	gid_t group;		/* supplementary, if not 0 */
	bool capable;		/* keeps CAP_IPC_OWNER; only for root */
	pid_t server;
	int chid;
	const char *name;
};

/* Exit code: 0, or the errno of the attach, or one of enum child_exit + 128. */
static int visit(void *arg)
{
	struct visit *visit = arg;
	int session, coid;

	if (!visit->uid) {
		if (!visit->capable && !drop_capability(CAP_IPC_OWNER))
			return 128 + CHILD_SETUP;
	} else if (!become(visit->uid, visit->gid, &visit->group, visit->group ? 1 : 0)) {
		return 128 + CHILD_SETUP;
	}
	session = q_open();
	if (session < 0)
		return 128 + CHILD_OPEN;
	if (visit->name)
		coid = q_name_open(session, visit->name, 0);
	else
		coid = q_attach_side(session, visit->server, visit->chid);
	if (coid < 0)
		return -coid;
	/* The other kind of connection as well. */
	if (!visit->name && q_attach_fd(session, visit->server, visit->chid) < 0)
		return 128 + CHILD_ATTACH;
	return q_pulse(session, coid, -1, 1, 2) ? 128 + CHILD_SEND : 0;
}

static int visit_as(struct peer *server, uid_t uid, gid_t gid, gid_t group)
{
	struct visit arg = {
		.uid = uid, .gid = gid, .group = group,
		.server = server->pid, .chid = server->chid,
	};

	return run_child(visit, &arg);
}

/* --- what a new channel has --------------------------------------------------------------- */

TEST_F(access, new_channel)
{
	struct qipc_channel_access arg;

	memset(&arg, SENTINEL, sizeof(arg));
	ASSERT_EQ(0, q_access(self->session, self->chid, 0, &arg));
	EXPECT_EQ(0600, arg.mode);
	EXPECT_EQ(0, arg.uid);
	EXPECT_EQ(0, arg.gid);
	EXPECT_EQ(99, arg.ceiling);
	ASSERT_EQ(0, set_access(self->server, 0, arg));
	EXPECT_EQ(0600, access_of(self->server).mode);
	EXPECT_EQ(ALICE, access_of(self->server).uid);
	EXPECT_EQ(ALICE, access_of(self->server).gid);
	EXPECT_EQ(0, access_of(self->server).ceiling);
}

TEST_F(access, by_default_the_same_user)
{
	struct visit root = { .server = self->server->pid, .chid = self->server->chid };

	EXPECT_EQ(0, visit_as(self->server, ALICE, ALICE, 0));
	EXPECT_EQ(0, visit_as(self->server, ALICE, BOB, 0));
	EXPECT_EQ(EACCES, visit_as(self->server, BOB, BOB, 0));
	/* Not even one of the same group. */
	EXPECT_EQ(EACCES, visit_as(self->server, BOB, ALICE, 0));
	EXPECT_EQ(EACCES, visit_as(self->server, BOB, BOB, ALICE));
	/* Root is as good as its capability. */
	EXPECT_EQ(EACCES, run_child(visit, &root));
	root.capable = true;
	EXPECT_EQ(0, run_child(visit, &root));
}

/* --- mode ------------------------------------------------------------------------------------- */

/* The write bit of the class that the client belongs to decides, and no other bit. */
TEST_F(access, modes)
{
	static const struct {
		unsigned int mode;
		int owner;
		int group;
		int member;	/* through a supplementary group */
		int other;
	} cases[] = {
		{ 0600, 0, EACCES, EACCES, EACCES },
		{ 0666, 0, 0, 0, 0 },
		{ 0222, 0, 0, 0, 0 },
		{ 0555, EACCES, EACCES, EACCES, EACCES },
		{ 0620, 0, 0, 0, EACCES },
		{ 0640, 0, EACCES, EACCES, EACCES },
		{ 0606, 0, EACCES, EACCES, 0 },
		{ 0066, EACCES, 0, 0, 0 },
		{ 0006, EACCES, EACCES, EACCES, 0 },
		{ 0000, EACCES, EACCES, EACCES, EACCES },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct qipc_channel_access arg = { .mode = cases[i].mode };

		ASSERT_EQ(0, set_access(self->server, QIPC_ACCESS_MODE, arg));
		EXPECT_EQ(cases[i].mode, access_of(self->server).mode);
		EXPECT_EQ(ALICE, access_of(self->server).uid);
		EXPECT_EQ(cases[i].owner, visit_as(self->server, ALICE, BOB, 0)) {
			TH_LOG("owner, %o", cases[i].mode);
		}
		EXPECT_EQ(cases[i].group, visit_as(self->server, BOB, ALICE, 0)) {
			TH_LOG("group, %o", cases[i].mode);
		}
		EXPECT_EQ(cases[i].member, visit_as(self->server, BOB, BOB, ALICE)) {
			TH_LOG("member, %o", cases[i].mode);
		}
		EXPECT_EQ(cases[i].other, visit_as(self->server, BOB, BOB, FRIENDS)) {
			TH_LOG("other, %o", cases[i].mode);
		}
	}
}

/* A connection that is there stays. */
TEST_F(access, mode_is_looked_at_when_connecting)
{
	struct qipc_channel_access arg = { .mode = 0666 };
	struct peer *client = peer_start(true, self->session);

	ASSERT_NE(NULL, client);
	client->value[0] = BOB;
	client->value[1] = BOB;
	ASSERT_EQ(0, peer_call(client, job_become));
	client->server = self->server->pid;
	client->chid = self->server->chid;
	EXPECT_EQ(-EACCES, peer_call(client, job_attach));
	ASSERT_EQ(0, set_access(self->server, QIPC_ACCESS_MODE, arg));
	ASSERT_EQ(0, peer_call(client, job_attach));
	arg.mode = 0;
	ASSERT_EQ(0, set_access(self->server, QIPC_ACCESS_MODE, arg));
	EXPECT_EQ(0, peer_pulse(client, -1, 1, 2));
	EXPECT_EQ(-EACCES, peer_call(client, job_attach));
}

TEST_F(access, private_is_private)
{
	struct qipc_channel_access arg = { .mode = 0666 };

	self->server->flags = QIPC_CHF_PRIVATE;
	ASSERT_EQ(0, peer_call(self->server, job_create));
	ASSERT_EQ(0, set_access(self->server, QIPC_ACCESS_MODE, arg));
	EXPECT_EQ(EACCES, visit_as(self->server, ALICE, ALICE, 0));
	EXPECT_EQ(EACCES, visit_as(self->server, BOB, BOB, 0));
	EXPECT_EQ(-EACCES, q_attach_side(self->session, self->server->pid, self->server->chid));
}

/* --- owner and group -------------------------------------------------------------------------- */

/* Root gives its channel to others. */
TEST_F(access, given_away)
{
	struct qipc_channel_access arg = { .uid = BOB, .gid = FRIENDS, .mode = 0620 };
	struct peer root = { .pid = getpid(), .chid = self->chid };

	ASSERT_EQ(0, q_access(self->session, self->chid, QIPC_ACCESS_UID, &arg));
	EXPECT_EQ(BOB, arg.uid);
	EXPECT_EQ(0, arg.gid);
	EXPECT_EQ(0600, arg.mode);
	EXPECT_EQ(0, visit_as(&root, BOB, BOB, 0));
	EXPECT_EQ(EACCES, visit_as(&root, ALICE, ALICE, FRIENDS));

	arg = (struct qipc_channel_access){ .uid = NOBODY, .gid = FRIENDS, .mode = 0620 };
	ASSERT_EQ(0, q_access(self->session, self->chid, QIPC_ACCESS_GID | QIPC_ACCESS_MODE,
			      &arg));
	EXPECT_EQ(BOB, arg.uid);
	EXPECT_EQ(FRIENDS, arg.gid);
	EXPECT_EQ(0620, arg.mode);
	EXPECT_EQ(0, visit_as(&root, BOB, BOB, 0));
	EXPECT_EQ(0, visit_as(&root, ALICE, ALICE, FRIENDS));
	EXPECT_EQ(0, visit_as(&root, ALICE, FRIENDS, 0));
	EXPECT_EQ(EACCES, visit_as(&root, ALICE, ALICE, 0));
}

TEST_F(access, not_given_away)
{
	struct qipc_channel_access arg = { .uid = BOB, .gid = FRIENDS, .mode = 0666 };

	/* Alice can give nothing to those that she is not. */
	EXPECT_EQ(-EPERM, set_access(self->server, QIPC_ACCESS_UID, arg));
	EXPECT_EQ(-EPERM, set_access(self->server, QIPC_ACCESS_GID, arg));
	/* All of it or nothing. */
	EXPECT_EQ(-EPERM, set_access(self->server, QIPC_ACCESS_MODE | QIPC_ACCESS_UID, arg));
	EXPECT_EQ(-EPERM, set_access(self->server, QIPC_ACCESS_MODE | QIPC_ACCESS_GID, arg));
	ASSERT_EQ(0, set_access(self->server, 0, arg));
	EXPECT_EQ(0600, access_of(self->server).mode);
	EXPECT_EQ(ALICE, access_of(self->server).uid);
	EXPECT_EQ(ALICE, access_of(self->server).gid);
	/* To herself, yes. */
	arg.uid = ALICE;
	arg.gid = ALICE;
	EXPECT_EQ(0, set_access(self->server, QIPC_ACCESS_UID | QIPC_ACCESS_GID, arg));
}

static long job_become_member(struct peer *peer)
{
	gid_t group = FRIENDS;

	if (!become(BOB, BOB, &group, 1))
		return -EPERM;
	close(peer->session);
	peer->session = q_open();
	return peer->session < 0 ? peer->session : 0;
}

/* To a group that one belongs to. */
TEST_F(access, given_to_a_group_of_ones_own)
{
	struct qipc_channel_access arg = { .gid = FRIENDS, .mode = 0620 };
	struct peer *server = peer_start(true, self->session);

	ASSERT_NE(NULL, server);
	ASSERT_EQ(0, peer_call(server, job_become_member));
	ASSERT_EQ(0, peer_call(server, job_create));
	EXPECT_EQ(0, set_access(server, QIPC_ACCESS_GID | QIPC_ACCESS_MODE, arg));
	EXPECT_EQ(0, visit_as(server, ALICE, ALICE, FRIENDS));
	EXPECT_EQ(EACCES, visit_as(server, ALICE, ALICE, 0));
}

/* --- how far up ------------------------------------------------------------------------------------ */

static long job_limited_ceiling(struct peer *peer)
{
	struct rlimit limit = { 10, 10 };

	if (setrlimit(RLIMIT_RTPRIO, &limit))
		return -errno;
	return job_become(peer);
}

TEST_F(access, ceiling)
{
	struct qipc_channel_access arg = { .ceiling = 1 };
	struct peer *limited = peer_start(true, self->session);

	EXPECT_EQ(-EPERM, set_access(self->server, QIPC_ACCESS_CEILING, arg));
	arg.ceiling = 0;
	EXPECT_EQ(0, set_access(self->server, QIPC_ACCESS_CEILING, arg));

	ASSERT_NE(NULL, limited);
	limited->value[0] = ALICE;
	limited->value[1] = ALICE;
	ASSERT_EQ(0, peer_call(limited, job_limited_ceiling));
	ASSERT_EQ(0, peer_call(limited, job_create));
	ASSERT_EQ(0, set_access(limited, 0, arg));
	EXPECT_EQ(10, access_of(limited).ceiling);
	arg.ceiling = 11;
	EXPECT_EQ(-EPERM, set_access(limited, QIPC_ACCESS_CEILING, arg));
	arg.ceiling = 3;
	EXPECT_EQ(0, set_access(limited, QIPC_ACCESS_CEILING, arg));
	EXPECT_EQ(3, access_of(limited).ceiling);
	arg.ceiling = 10;
	EXPECT_EQ(0, set_access(limited, QIPC_ACCESS_CEILING, arg));
	EXPECT_EQ(10, access_of(limited).ceiling);

	arg.ceiling = 50;
	EXPECT_EQ(0, q_access(self->session, self->chid, QIPC_ACCESS_CEILING, &arg));
	EXPECT_EQ(50, arg.ceiling);
	arg.ceiling = 99;
	EXPECT_EQ(0, q_access(self->session, self->chid, QIPC_ACCESS_CEILING, &arg));
}

/* --- what makes no sense ------------------------------------------------------------------------------ */

TEST_F(access, wrong_arguments)
{
	static const unsigned int modes[] = { 01000, 02000, 04000, 0x80000000 };
	static const int ceilings[] = { -1, 100, INT_MAX, INT_MIN };
	const int chids[] = { 0, -1, self->chid + 1, INT_MAX };
	struct qipc_channel_access arg = {};
	size_t i;

	EXPECT_EQ(-EINVAL, q_access(self->session, self->chid, 0x10, &arg));
	EXPECT_EQ(-EINVAL, q_access(self->session, self->chid, 0x80000000, &arg));
	for (i = 0; i < ARRAY_SIZE(modes); i++) {
		arg = (struct qipc_channel_access){ .mode = modes[i] };
		EXPECT_EQ(-EINVAL, q_access(self->session, self->chid, QIPC_ACCESS_MODE, &arg));
	}
	for (i = 0; i < ARRAY_SIZE(ceilings); i++) {
		arg = (struct qipc_channel_access){ .ceiling = ceilings[i] };
		EXPECT_EQ(-EINVAL, q_access(self->session, self->chid, QIPC_ACCESS_CEILING,
					    &arg));
	}
	arg = (struct qipc_channel_access){ .uid = -1, .gid = -1 };
	EXPECT_EQ(-EINVAL, q_access(self->session, self->chid, QIPC_ACCESS_UID, &arg));
	EXPECT_EQ(-EINVAL, q_access(self->session, self->chid, QIPC_ACCESS_GID, &arg));
	for (i = 0; i < ARRAY_SIZE(chids); i++)
		EXPECT_EQ(-EINVAL, q_access(self->session, chids[i], 0, &arg));
	/* What is not to be set does not matter. */
	arg = (struct qipc_channel_access){ .mode = 01777, .uid = -1, .gid = -1, .ceiling = 100 };
	EXPECT_EQ(0, q_access(self->session, self->chid, 0, &arg));
	EXPECT_EQ(0600, arg.mode);
}

/* --- with a name ----------------------------------------------------------------------------------------- */

static int open_as(const char *name, uid_t uid, gid_t gid, gid_t group)
{
	struct visit arg = { .uid = uid, .gid = gid, .group = group, .name = name };

	return run_child(visit, &arg);
}

TEST_F(access, name)
{
	struct qipc_channel_access arg;

	/* Without more the name is for those whom the channel is for. */
	ASSERT_EQ(0, q_name_attach(self->session, self->chid, "access/plain"));
	EXPECT_EQ(EACCES, open_as("access/plain", ALICE, ALICE, 0));
	ASSERT_EQ(0, q_name_detach(self->session, "access/plain"));

	ASSERT_EQ(0, q_name_attach_access(self->session, self->chid, "access/all", 0666, -1, -1));
	EXPECT_EQ(0, open_as("access/all", ALICE, ALICE, 0));
	ASSERT_EQ(0, q_access(self->session, self->chid, 0, &arg));
	EXPECT_EQ(0666, arg.mode);
	EXPECT_EQ(0, arg.uid);
	EXPECT_EQ(0, arg.gid);

	ASSERT_EQ(0, q_name_attach_access(self->session, self->chid, "access/some", 0620, BOB,
					  FRIENDS));
	EXPECT_EQ(0, open_as("access/some", BOB, BOB, 0));
	EXPECT_EQ(0, open_as("access/some", ALICE, ALICE, FRIENDS));
	EXPECT_EQ(EACCES, open_as("access/some", ALICE, ALICE, 0));
	/* It is the channel that has them, whatever its names. */
	EXPECT_EQ(EACCES, open_as("access/all", ALICE, ALICE, 0));
	EXPECT_EQ(EACCES, open_as("access/all", ALICE, ALICE, 0));
	EXPECT_EQ(ENOENT, open_as("access/none", ALICE, ALICE, 0));
}

static long job_name_for_others(struct peer *peer)
{
	return q_name_attach_access(peer->session, peer->chid, "access/alice", 0666,
				    peer->value[0], peer->value[1]);
}

TEST_F(access, name_not_given_away)
{
	struct peer *server = self->server;
	struct qipc_channel_access arg = {};

	server->value[0] = BOB;
	server->value[1] = -1;
	EXPECT_EQ(-EPERM, peer_call(server, job_name_for_others));
	server->value[0] = -1;
	server->value[1] = FRIENDS;
	EXPECT_EQ(-EPERM, peer_call(server, job_name_for_others));
	EXPECT_EQ(ENOENT, open_as("access/alice", ALICE, ALICE, 0));
	ASSERT_EQ(0, set_access(server, 0, arg));
	EXPECT_EQ(0600, access_of(server).mode);
	server->value[0] = -1;
	server->value[1] = -1;
	EXPECT_EQ(0, peer_call(server, job_name_for_others));
	EXPECT_EQ(0, open_as("access/alice", BOB, BOB, 0));
}

TEST_HARNESS_MAIN
