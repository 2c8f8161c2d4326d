// SPDX-License-Identifier: GPL-2.0-only
/*
 * Names: what can be one, who finds what under it, and when it goes.
 */
#include <stddef.h>

#include "kselftest_harness.h"
#include "qipc_test.h"

FIXTURE(name) {
	int session;
	int chid;
	char *name;		/* a long one */
	struct peer *client;	/* not connected to anything */
};

FIXTURE_SETUP(name)
{
	self->session = q_open();
	ASSERT_LE(0, self->session);
	self->chid = q_create(self->session, 0);
	ASSERT_LT(0, self->chid);
	/* Made before the client, which is to have it, too. */
	self->name = shared_alloc(2 * page_size());
	ASSERT_NE(NULL, self->name);
	self->client = peer_start(true, self->session);
	ASSERT_NE(NULL, self->client);
}

FIXTURE_TEARDOWN(name)
{
}

/* Opens the name at peer->memory; leaves coid and fd ready for sends. */
static long job_open_name(struct peer *peer)
{
	int coid = q_name_open(peer->session, peer->memory, peer->flags);

	if (coid < 0)
		return coid;
	peer->coid = coid;
	peer->fd = peer->session;
	return 0;
}

static long open_name(struct peer *peer, const char *name)
{
	peer->memory = (void *)name;
	return peer_call(peer, job_open_name);
}

static long job_attach_name(struct peer *peer)
{
	return q_name_attach(peer->session, peer->chid, peer->memory);
}

static long job_detach_name(struct peer *peer)
{
	return q_name_detach(peer->session, peer->memory);
}

/* True when a message of the peer arrives on the channel. */
static bool reaches(struct peer *peer, int session, int chid)
{
	return peer_scoid(peer, session, chid) > 0;
}

/* --- what is a name ---------------------------------------------------------------- */

TEST_F(name, B120_no_names)
{
	static const char *const wrong[] = { "", "/", "/x", "x/", "a//b", ".", "..", "a/../b",
					     "a/./b", "../a", "./a", "a/..", "a/.", "//" };
	struct qipc_name_attach attach = { .chid = self->chid, .length = 3 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		EXPECT_EQ(-EINVAL, q_name_attach(self->session, self->chid, wrong[i])) {
			TH_LOG("attach \"%s\"", wrong[i]);
		}
		EXPECT_EQ(-EINVAL, q_name_open(self->session, wrong[i], 0)) {
			TH_LOG("open \"%s\"", wrong[i]);
		}
		EXPECT_EQ(-EINVAL, q_name_detach(self->session, wrong[i])) {
			TH_LOG("detach \"%s\"", wrong[i]);
		}
	}
	/* A byte of 0 is in none. */
	attach.name = (uintptr_t)"a\0b";
	EXPECT_EQ(-EINVAL, q_ioctl(self->session, QIPC_NAME_ATTACH, &attach));
	attach.name = 8;
	EXPECT_EQ(-EFAULT, q_ioctl(self->session, QIPC_NAME_ATTACH, &attach));
}

TEST_F(name, B120_names)
{
	static const char *const right[] = { "x", "a/b", "a/b/c", "...", "a/.b", "..a/b..",
					     "\xc3\xa4/ \x01\xff", "a b" };
	struct peer *client = self->client;
	size_t i;

	/* A name does not stand in the way of those below it, nor the other way round. */
	for (i = 0; i < ARRAY_SIZE(right); i++) {
		ASSERT_EQ(0, q_name_attach(self->session, self->chid, right[i])) {
			TH_LOG("\"%s\"", right[i]);
		}
	}
	EXPECT_EQ(-ENOENT, open_name(client, "a"));
	EXPECT_EQ(-ENOENT, open_name(client, "X"));
	for (i = 0; i < ARRAY_SIZE(right); i++) {
		ASSERT_EQ(0, open_name(client, right[i]));
		EXPECT_TRUE(reaches(client, self->session, self->chid));
		EXPECT_EQ(0, q_name_detach(self->session, right[i]));
		EXPECT_EQ(-ENOENT, open_name(client, right[i]));
	}
}

/* @length bytes in components of @component. */
static void long_name(char *name, size_t length, size_t component)
{
	size_t i;

	for (i = 0; i < length; i++)
		name[i] = (i + 1) % (component + 1) ? 'n' : '/';
	name[length] = 0;
}

TEST_F(name, long_names)
{
	char *name = self->name;

	long_name(name, QIPC_NAME_COMPONENT_MAX, QIPC_NAME_COMPONENT_MAX);
	EXPECT_EQ(0, q_name_attach(self->session, self->chid, name));
	EXPECT_EQ(0, open_name(self->client, name));
	long_name(name, QIPC_NAME_COMPONENT_MAX + 1, QIPC_NAME_MAX);
	EXPECT_EQ(-ENAMETOOLONG, q_name_attach(self->session, self->chid, name));
	EXPECT_EQ(-ENAMETOOLONG, open_name(self->client, name));

	long_name(name, QIPC_NAME_MAX, QIPC_NAME_COMPONENT_MAX);
	EXPECT_EQ(0, q_name_attach(self->session, self->chid, name));
	EXPECT_EQ(0, open_name(self->client, name));
	EXPECT_TRUE(reaches(self->client, self->session, self->chid));
	long_name(name, QIPC_NAME_MAX + 1, 100);
	EXPECT_EQ(-ENAMETOOLONG, q_name_attach(self->session, self->chid, name));
	EXPECT_EQ(-ENAMETOOLONG, open_name(self->client, name));
	EXPECT_EQ(-ENAMETOOLONG, q_name_detach(self->session, name));
}

TEST_F(name, wrong_arguments)
{
	struct qipc_name_attach attach = { .chid = self->chid, .flags = 2, .length = 1,
					   .name = (uintptr_t)"n" };
	struct qipc_name_open open = { .length = 1, .name = (uintptr_t)"n", .reserved = 1 };
	struct qipc_name_detach detach = { .length = 1, .name = (uintptr_t)"n", .reserved = 1 };

	EXPECT_EQ(-EINVAL, q_ioctl(self->session, QIPC_NAME_ATTACH, &attach));
	attach.flags = QIPC_NAME_ACCESS;
	attach.mode = 01000;
	EXPECT_EQ(-EINVAL, q_ioctl(self->session, QIPC_NAME_ATTACH, &attach));
	EXPECT_EQ(-ENOENT, q_name_open(self->session, "n", 0));
	EXPECT_EQ(-EINVAL, q_name_attach(self->session, self->chid + 1, "n"));
	EXPECT_EQ(-EINVAL, q_name_attach(self->session, -1, "n"));
	EXPECT_EQ(-EINVAL, q_ioctl(self->session, QIPC_NAME_OPEN, &open));
	ASSERT_EQ(0, q_name_attach(self->session, self->chid, "n"));
	EXPECT_EQ(-EINVAL, q_ioctl(self->session, QIPC_NAME_DETACH, &detach));
	EXPECT_EQ(-EINVAL, q_name_open(self->session, "n", 0x8000));
	EXPECT_EQ(-EINVAL, q_name_open(self->session, "n", QIPC_COF_DEAD));
	EXPECT_LE(QIPC_SIDE_CHANNEL, q_name_open(self->session, "n", QIPC_COF_CLOEXEC |
						 QIPC_COF_NOSHARE));
}

/* --- who finds what ------------------------------------------------------------------- */

TEST_F(name, B121_open)
{
	struct peer *client = self->client;
	int first;

	EXPECT_EQ(-ENOENT, open_name(client, "B121/server"));
	ASSERT_EQ(0, q_name_attach(self->session, self->chid, "B121/server"));
	ASSERT_EQ(0, open_name(client, "B121/server"));
	EXPECT_LE(QIPC_SIDE_CHANNEL, client->coid);
	/* Nothing of it reaches the server. */
	EXPECT_TRUE(q_empty(self->session, self->chid));
	EXPECT_TRUE(reaches(client, self->session, self->chid));
	/* A connection like another. */
	first = client->coid;
	ASSERT_EQ(0, open_name(client, "B121/server"));
	EXPECT_NE(first, client->coid);
	EXPECT_TRUE(reaches(client, self->session, self->chid));
	EXPECT_EQ(0, peer_call(client, job_detach));
	client->coid = first;
	EXPECT_TRUE(reaches(client, self->session, self->chid));
	EXPECT_EQ(-ENOENT, open_name(client, "B121"));
	EXPECT_EQ(-ENOENT, open_name(client, "B121/server/more"));
	EXPECT_EQ(-ENOENT, open_name(client, "server"));
}

TEST_F(name, duplicates)
{
	struct peer *other = peer_start(true, self->session);
	int second = q_create(self->session, 0);

	ASSERT_LT(0, second);
	ASSERT_NE(NULL, other);
	ASSERT_EQ(0, peer_call(other, job_create));
	other->memory = "one";
	ASSERT_EQ(0, q_name_attach(self->session, self->chid, "one"));
	EXPECT_EQ(-EEXIST, q_name_attach(self->session, self->chid, "one"));
	EXPECT_EQ(-EEXIST, q_name_attach(self->session, second, "one"));
	EXPECT_EQ(-EEXIST, peer_call(other, job_attach_name));
	/* It still leads to the first. */
	ASSERT_EQ(0, open_name(self->client, "one"));
	EXPECT_TRUE(reaches(self->client, self->session, self->chid));

	ASSERT_EQ(0, q_name_detach(self->session, "one"));
	EXPECT_EQ(0, peer_call(other, job_attach_name));
	EXPECT_EQ(-EEXIST, q_name_attach(self->session, self->chid, "one"));
	/* One channel may have several. */
	EXPECT_EQ(0, q_name_attach(self->session, self->chid, "two"));
	EXPECT_EQ(0, q_name_attach(self->session, self->chid, "three"));
}

TEST_F(name, detach)
{
	struct peer *other = peer_start(true, self->session);
	struct peer *client = self->client;

	ASSERT_NE(NULL, other);
	EXPECT_EQ(-ENOENT, q_name_detach(self->session, "mine"));
	ASSERT_EQ(0, q_name_attach(self->session, self->chid, "mine"));
	/* That of another process is not there for one. */
	other->memory = "mine";
	EXPECT_GT(0, peer_call(other, job_detach_name));
	ASSERT_EQ(0, open_name(client, "mine"));
	EXPECT_EQ(0, q_name_detach(self->session, "mine"));
	EXPECT_EQ(-ENOENT, q_name_detach(self->session, "mine"));
	/* Whoever has found the channel keeps it. */
	EXPECT_TRUE(reaches(client, self->session, self->chid));
	EXPECT_EQ(-ENOENT, open_name(client, "mine"));
}

/* --- when it goes --------------------------------------------------------------------------- */

TEST_F(name, goes_with_its_channel)
{
	int second = q_create(self->session, 0);

	ASSERT_EQ(0, q_name_attach(self->session, self->chid, "first"));
	ASSERT_EQ(0, q_name_attach(self->session, self->chid, "also"));
	ASSERT_EQ(0, q_name_attach(self->session, second, "second"));
	ASSERT_EQ(0, q_destroy(self->session, self->chid));
	EXPECT_EQ(-ENOENT, open_name(self->client, "first"));
	EXPECT_EQ(-ENOENT, open_name(self->client, "also"));
	EXPECT_EQ(0, open_name(self->client, "second"));
	EXPECT_EQ(0, q_name_attach(self->session, second, "first"));
}

TEST_F(name, goes_with_its_server)
{
	struct peer *server;
	int i;

	for (i = 0; i < 5; i++) {
		server = peer_start(true, self->session);
		ASSERT_NE(NULL, server);
		ASSERT_EQ(0, peer_call(server, job_create));
		server->memory = "mortal";
		ASSERT_EQ(0, peer_call(server, job_attach_name));
		EXPECT_EQ(-EEXIST, q_name_attach(self->session, self->chid, "mortal"));
		ASSERT_EQ(0, open_name(self->client, "mortal"));
		EXPECT_EQ(256 + SIGKILL, peer_kill(server));
		EXPECT_EQ(-ENOENT, open_name(self->client, "mortal"));
		EXPECT_EQ(-EBADF, peer_pulse(self->client, -1, 1, 2));
	}
	EXPECT_EQ(0, q_name_attach(self->session, self->chid, "mortal"));
	ASSERT_EQ(0, close(self->session));
	EXPECT_EQ(-ENOENT, open_name(self->client, "mortal"));
}

TEST_F(name, B122_disconnect_pulse)
{
	struct qipc_pulse pulse;
	struct peer *client;
	int chid, scoid, i;

	/* What name_attach makes of it when it makes the channel. */
	chid = q_create(self->session, QIPC_CHF_DISCONNECT | QIPC_CHF_UNBLOCK |
				       QIPC_CHF_COID_DISCONNECT);
	ASSERT_LT(0, chid);
	ASSERT_EQ(0, q_name_attach(self->session, chid, "B122"));
	for (i = 0; i < 3; i++) {
		client = peer_start(true, self->session);
		ASSERT_NE(NULL, client);
		ASSERT_EQ(0, open_name(client, "B122"));
		scoid = peer_scoid(client, self->session, chid);
		ASSERT_LT(0, scoid);
		EXPECT_EQ(i ? 256 + SIGKILL : 0, i ? peer_kill(client) :
						 peer_call(client, job_detach));
		ASSERT_EQ(0, q_receive_pulse_soon(self->session, chid, &pulse));
		EXPECT_EQ(QIPC_PULSE_DISCONNECT, pulse.code);
		EXPECT_EQ(scoid, pulse.scoid);
		EXPECT_TRUE(q_empty(self->session, chid));
		EXPECT_EQ(0, q_detach(self->session, pulse.scoid));
	}
}

/* --- namespaces ------------------------------------------------------------------------------- */

static long job_new_ipc_namespace(struct peer *peer)
{
	(void)peer;
	return unshare(CLONE_NEWIPC) ? -errno : 0;
}

TEST_F(name, ipc_namespaces)
{
	struct peer *inner = peer_start(true, self->session);
	struct peer *child;

	if (geteuid())
		SKIP(return, "an IPC namespace takes root");
	ASSERT_NE(NULL, inner);
	ASSERT_EQ(0, peer_call(inner, job_new_ipc_namespace));
	ASSERT_EQ(0, peer_call(inner, job_create));
	ASSERT_EQ(0, q_name_attach(self->session, self->chid, "outer"));
	ASSERT_EQ(0, q_name_attach(self->session, self->chid, "both"));

	EXPECT_EQ(-ENOENT, open_name(inner, "outer"));
	inner->memory = "both";
	EXPECT_EQ(0, peer_call(inner, job_attach_name));
	EXPECT_EQ(-EEXIST, peer_call(inner, job_attach_name));
	inner->memory = "inner";
	EXPECT_EQ(0, peer_call(inner, job_attach_name));
	EXPECT_EQ(-ENOENT, open_name(self->client, "inner"));

	/* Each finds its own. */
	ASSERT_EQ(0, open_name(self->client, "both"));
	EXPECT_TRUE(reaches(self->client, self->session, self->chid));
	inner->memory = "outer";
	EXPECT_GT(0, peer_call(inner, job_detach_name));
	inner->memory = "both";
	EXPECT_EQ(0, peer_call(inner, job_detach_name));
	ASSERT_EQ(0, open_name(self->client, "both"));
	EXPECT_EQ(0, q_name_detach(self->session, "both"));

	/* Gone with the namespace, which others may use by then. */
	EXPECT_EQ(256 + SIGKILL, peer_kill(inner));
	child = peer_start(true, self->session);
	ASSERT_NE(NULL, child);
	ASSERT_EQ(0, peer_call(child, job_new_ipc_namespace));
	EXPECT_EQ(-ENOENT, open_name(child, "inner"));
	EXPECT_EQ(-ENOENT, open_name(child, "outer"));
}

/* --- many at once ------------------------------------------------------------------------------ */

TEST_F(name, many)
{
	enum { CHANNELS = 40, EACH = 10 };
	struct qipc_server_info info;
	int chid[CHANNELS];
	char name[64];
	int i, coid;

	for (i = 0; i < CHANNELS; i++) {
		chid[i] = q_create(self->session, 0);
		ASSERT_LT(0, chid[i]);
	}
	for (i = 0; i < CHANNELS * EACH; i++) {
		snprintf(name, sizeof(name), "many/%d/%d", i % 7, i);
		ASSERT_EQ(0, q_name_attach(self->session, chid[i % CHANNELS], name));
	}
	for (i = 0; i < CHANNELS * EACH; i += 7) {
		snprintf(name, sizeof(name), "many/%d/%d", i % 7, i);
		coid = q_name_open(self->session, name, 0);
		ASSERT_LE(QIPC_SIDE_CHANNEL, coid);
		ASSERT_EQ(0, q_server_info(self->session, 0, coid, 0, &info));
		EXPECT_EQ(chid[i % CHANNELS], info.chid);
	}
	for (i = 0; i < CHANNELS; i += 2)
		ASSERT_EQ(0, q_destroy(self->session, chid[i]));
	for (i = 0; i < CHANNELS * EACH; i += 7) {
		snprintf(name, sizeof(name), "many/%d/%d", i % 7, i);
		coid = q_name_open(self->session, name, 0);
		EXPECT_TRUE(i % 2 ? coid >= 0 : coid == -ENOENT);
	}
}

/* There is an end to it. */
TEST_F(name, limit)
{
	char name[64];
	int i, ret = 0;

	for (i = 0; i < 200000 && !ret; i++) {
		snprintf(name, sizeof(name), "limit/%d", i);
		ret = q_name_attach(self->session, self->chid, name);
	}
	EXPECT_EQ(-EAGAIN, ret);
	EXPECT_LE(16, i);
	ASSERT_EQ(0, q_name_detach(self->session, "limit/0"));
	EXPECT_EQ(0, q_name_attach(self->session, self->chid, "limit/again"));
	EXPECT_EQ(-EAGAIN, q_name_attach(self->session, self->chid, "limit/more"));
}

static long job_attach_and_detach(struct peer *peer)
{
	int i, won = 0, ret;

	for (i = 0; i < 300; i++) {
		ret = q_name_attach(peer->session, peer->chid, "race");
		if (ret && ret != -EEXIST)
			return ret;
		if (ret)
			continue;
		won++;
		ret = q_name_detach(peer->session, "race");
		if (ret)
			return ret;
	}
	return won;
}

static long job_open_and_close(struct peer *peer)
{
	int i, coid, found = 0;

	for (i = 0; i < 300; i++) {
		coid = q_name_open(peer->session, "race", 0);
		if (coid < 0 && coid != -ENOENT)
			return coid;
		if (coid < 0)
			continue;
		found++;
		if (q_detach(peer->session, coid))
			return -EINVAL;
	}
	return found;
}

TEST_F(name, race)
{
	struct peer *server[2];
	long won[2];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(server); i++) {
		server[i] = peer_start(true, self->session);
		ASSERT_NE(NULL, server[i]);
		ASSERT_EQ(0, peer_call(server[i], job_create));
	}
	peer_go(server[0], job_attach_and_detach);
	peer_go(server[1], job_attach_and_detach);
	peer_go(self->client, job_open_and_close);
	for (i = 0; i < ARRAY_SIZE(server); i++) {
		won[i] = peer_wait(server[i]);
		EXPECT_LE(0, won[i]);
	}
	EXPECT_LT(0, won[0] + won[1]);
	EXPECT_LE(0, peer_wait(self->client));
	EXPECT_EQ(-ENOENT, open_name(self->client, "race"));
}

TEST_HARNESS_MAIN
