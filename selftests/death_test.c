// SPDX-License-Identifier: GPL-2.0-only
/*
 * Clients and servers that end, in every way there is, in each state: every
 * survivor gets a defined answer.
 */
#include <stddef.h>

#include "kselftest_harness.h"
#include "qipc_test.h"

#define LARGE	(256 * 1024)

FIXTURE(death) {
	int session;
	struct peer *server;	/* a process; the clients belong to this one and others */
	struct peer *received;	/* REPLY-blocked on the server */
	struct peer *queued;	/* SEND-blocked on the server */
	unsigned char *mem;
};

FIXTURE_VARIANT(death) {
	bool process;
	bool fd_space;
	size_t len;
};

FIXTURE_VARIANT_ADD(death, thread) { .process = false, .fd_space = false, .len = 16, };

FIXTURE_VARIANT_ADD(death, process) { .process = true, .fd_space = false, .len = 16, };

FIXTURE_VARIANT_ADD(death, process_fd_large) {
	.process = true, .fd_space = true, .len = LARGE,
};

FIXTURE_SETUP(death)
{
	self->session = q_open();
	ASSERT_LE(0, self->session);
	self->mem = shared_alloc(2 * LARGE);
	ASSERT_NE(NULL, self->mem);
	sentinel_fill(self->mem + LARGE, LARGE);
	self->server = peer_start(true, self->session);
	ASSERT_NE(NULL, self->server);
	ASSERT_EQ(0, peer_call(self->server, job_create));
}

FIXTURE_TEARDOWN(death)
{
}

#define DEATH	FIXTURE_DATA(death)

static struct peer *connect_client(DEATH *self, bool process, bool fd_space)
{
	struct peer *client = peer_start(process, self->session);

	if (!client)
		return NULL;
	client->server = self->server->pid;
	client->chid = self->server->chid;
	client->index = fd_space ? 0 : QIPC_SIDE_CHANNEL;
	return peer_call(client, job_attach) ? NULL : client;
}

/* One client REPLY-blocked, one SEND-blocked. */
static bool block_clients(DEATH *self, bool process, bool fd_space, size_t len)
{
	self->received = connect_client(self, process, fd_space);
	self->queued = connect_client(self, process, fd_space);
	if (!self->received || !self->queued)
		return false;
	peer_receive(self->server, self->server->chid, self->mem, len);
	peer_send(self->received, self->mem, len, self->mem + LARGE, len);
	if (peer_wait(self->server))
		return false;
	peer_send(self->queued, self->mem, len, self->mem + LARGE, len);
	return peer_blocked(self->received) && peer_blocked(self->queued);
}

/* Ways to go. */
static long job_exit(struct peer *peer)
{
	exit(peer->value[0]);
}

static long job_crash(struct peer *peer)
{
	(void)peer;
	crash();
	return 0;
}

static long job_kill_self(struct peer *peer)
{
	(void)peer;
	raise(SIGKILL);
	return 0;
}

static long job_close_session(struct peer *peer)
{
	return close(peer->session) ? -errno : 0;
}

static void *exit_thread(void *arg)
{
	struct peer *peer = arg;

	_exit(peer->value[0]);
}

/* Another thread ends the process. */
static long job_exit_group(struct peer *peer)
{
	pthread_t thread;
	int ret = pthread_create(&thread, NULL, exit_thread, peer);

	while (!ret)
		pause();
	return -ret;
}

static const struct {
	const char *name;
	long (*job)(struct peer *peer);
	int end;
} deaths[] = {
	{ "kill -9", job_kill_self, 256 + SIGKILL },
	{ "crash", job_crash, 256 + SIGSEGV },
	{ "exit", job_exit, 3 },
	{ "exit of another thread", job_exit_group, 3 },
	{ "close", job_close_session, -1 },
};

TEST_F(death, B104_server)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(deaths); i++) {
		self->server = peer_start(true, self->session);
		ASSERT_NE(NULL, self->server);
		ASSERT_EQ(0, peer_call(self->server, job_create));
		ASSERT_TRUE(block_clients(self, variant->process, variant->fd_space, variant->len));
		self->server->value[0] = 3;
		peer_go(self->server, deaths[i].job);
		EXPECT_EQ(-ESRCH, peer_wait(self->received)) {
			TH_LOG("%s", deaths[i].name);
		}
		EXPECT_EQ(-ESRCH, peer_wait(self->queued)) {
			TH_LOG("%s", deaths[i].name);
		}
		if (deaths[i].end >= 0) {
			EXPECT_EQ(deaths[i].end, reap(self->server->pid)) {
				TH_LOG("%s", deaths[i].name);
			}
		}
		/* The connections are dead, and nobody is there to connect to. */
		EXPECT_EQ(-EBADF, peer_call(self->received, job_send));
		EXPECT_EQ(-EBADF, peer_call(self->queued, job_send));
		EXPECT_EQ(-ESRCH, peer_call(self->received, job_attach));
		EXPECT_EQ(-1, sentinel_differs(self->mem + LARGE, variant->len));
	}
}

static long job_fork_holder(struct peer *peer)
{
	pid_t pid = fork();

	if (pid < 0)
		return -errno;
	if (!pid) {
		/* Outlives the parent, with all its files; but not the test. */
		prctl(PR_SET_PDEATHSIG, 0);
		alarm(PATIENCE_MS / 1000);
		for (;;)
			pause();
	}
	peer->value[1] = pid;
	return 0;
}

/* The session ends with its owner, whoever still holds the file. */
TEST_F(death, B104_forked_child_holds_the_session)
{
	struct qipc_msg_send arg;
	int coid;

	ASSERT_EQ(0, prctl(PR_SET_CHILD_SUBREAPER, 1));
	ASSERT_TRUE(block_clients(self, variant->process, variant->fd_space, variant->len));
	coid = q_attach_side(self->session, self->server->pid, self->server->chid);
	ASSERT_LE(0, coid);
	ASSERT_EQ(0, peer_call(self->server, job_fork_holder));
	self->server->value[0] = 3;
	peer_go(self->server, job_exit);
	EXPECT_EQ(-ESRCH, peer_wait(self->received));
	EXPECT_EQ(-ESRCH, peer_wait(self->queued));
	EXPECT_EQ(3, reap(self->server->pid));
	EXPECT_EQ(-EBADF, q_send(self->session, coid, "x", 1, NULL, 0, &arg));
	EXPECT_EQ(-ESRCH, q_attach_side(self->session, self->server->pid, self->server->chid));
	/* The holder was there all the time. */
	EXPECT_EQ(0, kill(self->server->value[1], SIGKILL));
	EXPECT_EQ(256 + SIGKILL, reap(self->server->value[1]));
}

TEST_F(death, B104_many_clients)
{
	enum { COUNT = 24 };
	struct peer *clients[COUNT];
	int i;

	for (i = 0; i < COUNT; i++) {
		clients[i] = connect_client(self, variant->process && i % 4 == 0, i & 1);
		ASSERT_NE(NULL, clients[i]);
		if (i % 3 == 0)
			peer_receive(self->server, self->server->chid, self->mem, variant->len);
		peer_send(clients[i], self->mem, variant->len, self->mem + LARGE, variant->len);
		if (i % 3 == 0)
			ASSERT_EQ(0, peer_wait(self->server));
		ASSERT_TRUE(peer_blocked(clients[i]));
	}
	EXPECT_EQ(256 + SIGKILL, peer_kill(self->server));
	for (i = 0; i < COUNT; i++) {
		EXPECT_EQ(-ESRCH, peer_wait(clients[i])) {
			TH_LOG("client %d", i);
		}
	}
}

/* --- a thread of the server -------------------------------------------------------- */

static void *receive_and_end(void *arg)
{
	struct peer *peer = arg;

	q_receive(peer->session, peer->chid, peer->memory, 16, &peer->receive);
	peer->value[2] = own_tid();
	return NULL;
}

static long job_receive_in_a_thread(struct peer *peer)
{
	pthread_t thread;
	int ret = pthread_create(&thread, NULL, receive_and_end, peer);

	if (!ret)
		ret = pthread_join(thread, NULL);
	return -ret;
}

static long job_answer(struct peer *peer)
{
	struct qipc_msg_info info;
	char buf[16];

	if (q_info(peer->session, peer->receive.rcvid, &info))
		return -EBADMSG;
	if (q_read(peer->session, peer->receive.rcvid, buf, sizeof(buf), 0) < 0)
		return -EBADMSG;
	return q_reply(peer->session, peer->receive.rcvid, 105, "answer", 6);
}

TEST_F(death, B105_thread_that_received)
{
	struct peer *client = connect_client(self, variant->process, variant->fd_space);
	int64_t end = now_us() + PATIENCE_MS * 1000LL;
	char path[64];

	ASSERT_NE(NULL, client);
	self->server->memory = self->mem + 2 * LARGE - 16;
	peer_go(self->server, job_receive_in_a_thread);
	peer_send(client, self->mem, variant->len, self->mem + LARGE, variant->len);
	EXPECT_EQ(0, peer_wait(self->server));
	/* It is gone, and the client waits on. */
	snprintf(path, sizeof(path), "/proc/%d/task/%d", self->server->pid,
		 (int)self->server->value[2]);
	while (!access(path, F_OK) && now_us() < end)
		sleep_us(200);
	EXPECT_EQ(-1, access(path, F_OK));
	ASSERT_TRUE(peer_blocked(client));
	EXPECT_EQ(0, peer_call(self->server, job_answer));
	EXPECT_EQ(0, peer_wait(client));
	EXPECT_EQ(105, client->send.status);
	EXPECT_EQ(0, memcmp(self->mem + LARGE, "answer", 6));
	EXPECT_EQ(256 + SIGKILL, peer_kill(self->server));
}

/* The first thread of a process may end before the others: the process lives on. */
static void *serve_and_send(void *arg)
{
	struct peer *peer = arg;
	struct qipc_msg_send send;
	char byte;

	while (!q_receive(peer->session, peer->chid, &byte, 1, &peer->receive)) {
		if (byte == 's') {
			/* As a client, too. */
			if (q_attach_fd(peer->session, peer->value[0], peer->value[1]) < 0)
				return NULL;
			peer->fd = q_attach_fd(peer->session, peer->value[0], peer->value[1]);
			q_send(peer->fd, peer->fd, "x", 1, NULL, 0, &send);
			peer->value[2] = send.status;
		}
		q_reply(peer->session, peer->receive.rcvid, 106, NULL, 0);
	}
	return NULL;
}

static long job_leave_it_to_another_thread(struct peer *peer)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, serve_and_send, peer))
		return -EAGAIN;
	pthread_exit(NULL);
}

static bool wait_until_zombie(pid_t tid)
{
	int64_t end = now_us() + PATIENCE_MS * 1000LL;
	char buf[512], *p;

	do {
		if (read_proc(tid, tid, "stat", buf, sizeof(buf)) > 0) {
			p = strrchr(buf, ')');
			if (p && p[2] == 'Z')
				return true;
		}
		sleep_us(500);
	} while (now_us() < end);
	return false;
}

TEST_F(death, B105_first_thread_of_the_process)
{
	struct qipc_msg_receive rcv;
	struct peer *client;
	int chid = q_create(self->session, 0);
	char byte;

	ASSERT_LT(0, chid);
	self->server->value[0] = getpid();
	self->server->value[1] = chid;
	peer_go(self->server, job_leave_it_to_another_thread);
	ASSERT_TRUE(wait_until_zombie(self->server->pid));

	/* It can still be connected to, and answers. */
	client = connect_client(self, variant->process, variant->fd_space);
	ASSERT_NE(NULL, client);
	peer_send(client, "a", 1, NULL, 0);
	EXPECT_EQ(0, peer_wait(client));
	EXPECT_EQ(106, client->send.status);

	/* And be a client itself. */
	peer_send(client, "s", 1, NULL, 0);
	ASSERT_EQ(0, q_receive(self->session, chid, &byte, 1, &rcv));
	EXPECT_EQ(self->server->pid, rcv.info.pid);
	EXPECT_NE(self->server->pid, rcv.info.tid);
	EXPECT_EQ(0, q_reply(self->session, rcv.rcvid, 107, NULL, 0));
	EXPECT_EQ(0, peer_wait(client));
	EXPECT_EQ(107, self->server->value[2]);
	EXPECT_EQ(256 + SIGKILL, peer_kill(self->server));
	EXPECT_EQ(-EBADF, peer_call(client, job_send));
}

/* --- clients -------------------------------------------------------------------------- */

/* A thread of the client's process that ends the process while another is blocked. */
static void *end_process(void *arg)
{
	struct peer *peer = arg;

	while (!is_blocked(getpid(), peer->tid))
		sleep_us(200);
	sem_wait(&peer->go);
	switch (peer->value[0]) {
	case 0:
		_exit(9);
	case 1:
		crash();
		break;
	case 2:
		raise(SIGKILL);
		break;
	default:
		exec_assist("exists", 0);
	}
	return NULL;
}

static long job_send_and_end(struct peer *peer)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, end_process, peer))
		return -EAGAIN;
	return job_send(peer);
}

static const struct {
	const char *name;
	int end;
} client_deaths[] = {
	{ "exit", 9 },
	{ "crash", 256 + SIGSEGV },
	{ "kill -9", 256 + SIGKILL },
	{ "exec", 0 },
};

/* The server for these is the test itself. */
FIXTURE(client_death) {
	int session;
	int chid;
	unsigned char *mem;
};

FIXTURE_VARIANT(client_death) {
	bool fd_space;
	size_t len;
};

FIXTURE_VARIANT_ADD(client_death, side) { .fd_space = false, .len = 16, };

FIXTURE_VARIANT_ADD(client_death, fd_large) { .fd_space = true, .len = LARGE, };

FIXTURE_SETUP(client_death)
{
	self->session = q_open();
	ASSERT_LE(0, self->session);
	self->chid = q_create(self->session, 0);
	ASSERT_LT(0, self->chid);
	self->mem = shared_alloc(LARGE);
	ASSERT_NE(NULL, self->mem);
}

FIXTURE_TEARDOWN(client_death)
{
}

TEST_F(client_death, while_send_blocked)
{
	struct peer *client, *other;
	struct qipc_msg_receive rcv;
	char c;
	size_t i;

	other = client_start(true, false, self->session, self->chid);
	ASSERT_NE(NULL, other);
	for (i = 0; i < ARRAY_SIZE(client_deaths); i++) {
		client = client_start(true, variant->fd_space, self->session, self->chid);
		ASSERT_NE(NULL, client);
		client->value[0] = i;
		send_args(&client->send, client->coid, self->mem, variant->len, NULL, 0);
		peer_go(client, job_send_and_end);
		ASSERT_TRUE(peer_blocked(client));
		peer_send(other, "o", 1, NULL, 0);
		ASSERT_TRUE(peer_blocked(other));
		sem_post(&client->go);
		EXPECT_EQ(client_deaths[i].end, reap(client->pid)) {
			TH_LOG("%s", client_deaths[i].name);
		}
		/* Its message is gone, the one behind it is not. */
		ASSERT_EQ(0, q_receive_now(self->session, self->chid, &c, 1, &rcv));
		EXPECT_EQ('o', c);
		EXPECT_EQ(other->tid, rcv.info.tid);
		EXPECT_EQ(0, q_reply(self->session, rcv.rcvid, 0, NULL, 0));
		EXPECT_EQ(0, peer_wait(other));
		EXPECT_TRUE(q_empty(self->session, self->chid));
	}
}

TEST_F(client_death, while_reply_blocked)
{
	struct qipc_msg_receive rcv;
	struct qipc_msg_info info;
	struct peer *client;
	unsigned char byte;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(client_deaths); i++) {
		client = client_start(true, variant->fd_space, self->session, self->chid);
		ASSERT_NE(NULL, client);
		client->value[0] = i;
		send_args(&client->send, client->coid, self->mem, variant->len, self->mem,
			  variant->len);
		peer_go(client, job_send_and_end);
		ASSERT_EQ(0, q_receive(self->session, self->chid, &byte, 1, &rcv));
		ASSERT_TRUE(peer_blocked(client));
		EXPECT_EQ(0, q_info(self->session, rcv.rcvid, &info));
		sem_post(&client->go);
		EXPECT_EQ(client_deaths[i].end, reap(client->pid)) {
			TH_LOG("%s", client_deaths[i].name);
		}
		EXPECT_EQ(-ESRCH, q_info(self->session, rcv.rcvid, &info));
		EXPECT_EQ(-ESRCH, q_read(self->session, rcv.rcvid, &byte, 1, 0));
		EXPECT_EQ(-ESRCH, q_write(self->session, rcv.rcvid, &byte, 1, 0));
		EXPECT_EQ(-ESRCH, q_reply(self->session, rcv.rcvid, 0, self->mem, variant->len));
		EXPECT_EQ(-ESRCH, q_error(self->session, rcv.rcvid, EIO));
	}
	EXPECT_TRUE(q_empty(self->session, self->chid));
}

/* A server that goes away with the client: neither waits for the other. */
TEST_F(client_death, both_at_once)
{
	struct peer *server, *client;
	int i;

	for (i = 0; i < 10; i++) {
		server = peer_start(true, self->session);
		ASSERT_NE(NULL, server);
		ASSERT_EQ(0, peer_call(server, job_create));
		client = peer_start(true, self->session);
		ASSERT_NE(NULL, client);
		client->server = server->pid;
		client->chid = server->chid;
		client->index = variant->fd_space ? 0 : QIPC_SIDE_CHANNEL;
		ASSERT_EQ(0, peer_call(client, job_attach));
		if (i & 1)
			peer_receive(server, server->chid, self->mem, variant->len);
		peer_send(client, self->mem, variant->len, NULL, 0);
		ASSERT_TRUE(peer_blocked(client));
		kill(i & 2 ? server->pid : client->pid, SIGKILL);
		kill(i & 2 ? client->pid : server->pid, SIGKILL);
		EXPECT_EQ(256 + SIGKILL, reap(client->pid));
		EXPECT_EQ(256 + SIGKILL, reap(server->pid));
	}
}

/* A process that is client and server of itself. */
static long job_talk_to_self(struct peer *peer)
{
	struct qipc_msg_send arg;
	int chid = q_create(peer->session, 0);
	int coid = q_attach_side(peer->session, 0, chid);

	return q_send(peer->session, coid, "me", 2, NULL, 0, &arg);
}

TEST_F(client_death, of_its_own_client)
{
	struct peer *peer = peer_start(true, self->session);

	ASSERT_NE(NULL, peer);
	peer_go(peer, job_talk_to_self);
	ASSERT_TRUE(peer_blocked(peer));
	EXPECT_EQ(256 + SIGKILL, peer_kill(peer));
}

/* Two that wait for each other. */
TEST_F(client_death, deadlock_can_be_killed)
{
	struct peer *a = peer_start(true, self->session);
	struct peer *b = peer_start(true, self->session);

	ASSERT_NE(NULL, a);
	ASSERT_NE(NULL, b);
	ASSERT_EQ(0, peer_call(a, job_create));
	ASSERT_EQ(0, peer_call(b, job_create));
	a->server = b->pid;
	b->server = a->pid;
	ASSERT_EQ(0, peer_call(a, job_attach));
	ASSERT_EQ(0, peer_call(b, job_attach));
	peer_send(a, "a", 1, NULL, 0);
	peer_send(b, "b", 1, NULL, 0);
	ASSERT_TRUE(peer_blocked(a));
	ASSERT_TRUE(peer_blocked(b));
	EXPECT_EQ(256 + SIGKILL, peer_kill(a));
	EXPECT_EQ(-ESRCH, peer_wait(b));
	EXPECT_EQ(256 + SIGKILL, peer_kill(b));
}

TEST_HARNESS_MAIN
