// SPDX-License-Identifier: GPL-2.0-only
/*
 * kill -9, a thousand times: of the client and of the server, in each state
 * that either can be in.  Each survivor gets a defined answer, nobody hangs,
 * and nothing stays behind.
 *
 * timeout 240
 */
#include <stddef.h>

#include "kselftest_harness.h"
#include "qipc_test.h"

/* Seven states, 1001 kills. */
#define KILLS	FEWER(143)
#define LARGE	(256 * 1024)
/* No single round takes longer. */
#define ROUND_S	20

/* Shared by the test, its threads and the victims. */
struct shared {
	volatile int ready;	/* the victim has reached its state */
	volatile pid_t victim;
	volatile int delay_us;
	volatile int mode;
	volatile pid_t server;
	int chid;
	volatile uint64_t sent[8];
};

FIXTURE(stress) {
	int session;
	int chid;
	struct shared *shared;
	struct peer *killer;
	unsigned char *mem;
	int references;
	uint64_t random;
	int64_t start;
};

/* Open files of the module, or -1 if the kernel does not tell. */
static int module_references(void)
{
	char buf[16] = "";
	int fd = open("/sys/module/qipc/refcnt", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -1;
	if (read(fd, buf, sizeof(buf) - 1) < 0)
		buf[0] = '\0';
	close(fd);
	return atoi(buf);
}

FIXTURE_SETUP(stress)
{
	self->session = q_open();
	ASSERT_LE(0, self->session);
	self->chid = q_create(self->session, 0);
	ASSERT_EQ(1, self->chid);
	self->shared = shared_alloc(sizeof(*self->shared));
	ASSERT_NE(NULL, self->shared);
	self->shared->chid = self->chid;
	self->shared->server = getpid();
	self->mem = private_alloc(LARGE);
	ASSERT_NE(NULL, self->mem);
	sentinel_fill(self->mem, LARGE);
	self->killer = peer_start(false, self->session);
	ASSERT_NE(NULL, self->killer);
	self->killer->memory = self->shared;
	self->references = module_references();
	self->random = 1;
	self->start = now_us();
}

/* The files of all those processes are closed. */
FIXTURE_TEARDOWN(stress)
{
	int64_t end = now_us() + PATIENCE_MS * 1000LL;

	alarm(0);
	TH_LOG("%lld ms", (long long)(now_us() - self->start) / 1000);
	EXPECT_TRUE(q_empty(self->session, self->chid));
	while (module_references() != self->references && now_us() < end)
		sleep_us(1000);
	EXPECT_EQ(self->references, module_references());
}

#define STRESS	FIXTURE_DATA(stress)

static uint64_t next_random(STRESS *self)
{
	return mix64(self->random++);
}

static void start_round(STRESS *self, int mode)
{
	alarm(ROUND_S);
	self->shared->ready = 0;
	self->shared->mode = mode;
	self->shared->delay_us = next_random(self) % 3000;
}

/* Waits for the victim to say that it is there, gives it a moment, and kills it. */
static long job_kill(struct peer *peer)
{
	struct shared *shared = peer->memory;

	while (!shared->ready)
		sched_yield();
	if (!shared->mode) {
		/* A state to sleep in. */
		if (!wait_until_blocked(shared->victim, shared->victim))
			return -ETIMEDOUT;
	} else {
		spin_us(shared->delay_us);
	}
	return kill(shared->victim, SIGKILL) ? -errno : 0;
}

/* --- clients that are killed ----------------------------------------------------- */

/* A client of the test: one message, of a size that depends on the mode. */
static int victim_client(void *arg)
{
	struct shared *shared = arg;
	struct qipc_msg_send send;
	int session = q_open(), coid;
	size_t len = shared->mode ? LARGE : 16;
	unsigned char *mem = private_alloc(LARGE);

	coid = q_attach_side(session, shared->server, shared->chid);
	if (coid < 0 || !mem)
		return CHILD_ATTACH;
	/* Touched, for there to be pages to copy. */
	if (shared->mode)
		sentinel_fill(mem, len);
	for (;;)
		if (q_send(session, coid, mem, len, mem, len, &send))
			return CHILD_SEND;
}

TEST_F_TIMEOUT(stress, client_send_blocked, 120)
{
	pid_t pid;
	int i;

	for (i = 0; i < KILLS; i++) {
		start_round(self, i & 1);
		pid = spawn(victim_client, self->shared);
		ASSERT_TRUE(wait_until_blocked(pid, pid));
		ASSERT_EQ(0, kill(pid, SIGKILL));
		ASSERT_EQ(256 + SIGKILL, reap(pid));
		ASSERT_TRUE(q_empty(self->session, self->chid));
	}
}

TEST_F_TIMEOUT(stress, client_reply_blocked, 120)
{
	struct qipc_msg_receive rcv;
	struct qipc_msg_info info;
	pid_t pid;
	int i;

	for (i = 0; i < KILLS; i++) {
		start_round(self, i & 1);
		pid = spawn(victim_client, self->shared);
		ASSERT_EQ(0, q_receive(self->session, self->chid, self->mem, 16, &rcv));
		EXPECT_EQ(pid, rcv.info.pid);
		if (i & 2)
			ASSERT_TRUE(wait_until_blocked(pid, pid));
		ASSERT_EQ(0, kill(pid, SIGKILL));
		ASSERT_EQ(256 + SIGKILL, reap(pid));
		ASSERT_EQ(-ESRCH, q_info(self->session, rcv.rcvid, &info));
		ASSERT_EQ(-ESRCH, q_reply(self->session, rcv.rcvid, 0, self->mem, 100));
		ASSERT_TRUE(q_empty(self->session, self->chid));
	}
}

/* The answer to a call on a message whose client may be dying. */
static bool client_gone_or(int64_t ret, int64_t good)
{
	return ret == good || ret == -ESRCH;
}

TEST_F_TIMEOUT(stress, client_being_copied, 120)
{
	struct qipc_msg_receive rcv;
	int64_t ret;
	int i, n;

	for (i = 0; i < KILLS; i++) {
		start_round(self, 1);
		self->shared->victim = spawn(victim_client, self->shared);
		ASSERT_LT(0, self->shared->victim);
		ASSERT_EQ(0, q_receive(self->session, self->chid, self->mem, 16, &rcv));
		peer_go(self->killer, job_kill);
		self->shared->ready = 1;
		switch (i % 3) {
		case 0:
		case 1:
			/* Reads or writes until it is gone. */
			do {
				ret = i % 3 ? q_read(self->session, rcv.rcvid, self->mem, LARGE, 0)
					    : q_write(self->session, rcv.rcvid, self->mem, LARGE,
						      0);
				ASSERT_TRUE(client_gone_or(ret, LARGE)) {
					TH_LOG("round %d: %lld", i, (long long)ret);
				}
			} while (ret > 0);
			break;
		default:
			/* Whole messages both ways, until there is none any more. */
			for (n = 0;; n++) {
				ret = q_reply(self->session, rcv.rcvid, n, self->mem, LARGE);
				ASSERT_TRUE(client_gone_or(ret, 0)) {
					TH_LOG("round %d: %lld", i, (long long)ret);
				}
				while (!ret) {
					ret = q_receive_now(self->session, self->chid, self->mem,
							    LARGE, &rcv);
					if (ret != -EAGAIN)
						break;
					ret = kill(self->shared->victim, 0) ? -ESRCH : 0;
					if (!self->killer->running)
						ret = -ESRCH;
				}
				if (ret)
					break;
			}
			ASSERT_EQ(-ESRCH, ret) {
				TH_LOG("round %d", i);
			}
			break;
		}
		ASSERT_EQ(0, peer_wait(self->killer));
		ASSERT_EQ(256 + SIGKILL, reap(self->shared->victim));
		/* A last message that was queued when it died is gone as well. */
		ASSERT_TRUE(q_empty(self->session, self->chid));
	}
}

/* --- servers that are killed --------------------------------------------------------- */

/* A server: mode 0 sleeps in a receive, 1 holds a message, 2 copies, 3 replies for ever. */
static int victim_server(void *arg)
{
	struct shared *shared = arg;
	struct qipc_msg_receive rcv;
	int session = q_open(), mode = shared->mode;
	unsigned char *mem = private_alloc(LARGE);

	if (session < 0 || !mem || q_create(session, 0) != 1)
		return CHILD_CREATE;
	sentinel_fill(mem, mode > 1 ? LARGE : 16);
	shared->server = getpid();
	for (;;) {
		if (q_receive(session, 1, mem, mode == 3 ? LARGE : 16, &rcv))
			return CHILD_RECEIVE;
		shared->ready = 1;
		while (mode == 1)
			pause();
		while (mode == 2) {
			if (q_read(session, rcv.rcvid, mem, LARGE, 0) != LARGE)
				return CHILD_TRANSFER;
			if (q_write(session, rcv.rcvid, mem, LARGE, 0) != LARGE)
				return CHILD_TRANSFER;
		}
		if (q_reply(session, rcv.rcvid, 1, mem, LARGE))
			return CHILD_REPLY;
	}
}

/* A server of its own for the round; its channel is number 1. */
static int connect_to_victim(STRESS *self)
{
	int coid;

	self->shared->server = 0;
	self->shared->victim = spawn(victim_server, self->shared);
	if (self->shared->victim < 0)
		return CHILD_SETUP;
	while (!self->shared->server)
		sched_yield();
	coid = q_attach_side(self->session, self->shared->victim, 1);
	return coid;
}

/* The connection is dead, its server is nobody, and the number is free again. */
static int check_dead(STRESS *self, int coid)
{
	struct qipc_msg_send send;

	if (q_send(self->session, coid, "x", 1, NULL, 0, &send) != -EBADF)
		return 1;
	if (q_attach_side(self->session, self->shared->victim, 1) != -ESRCH)
		return 2;
	return q_detach(self->session, coid) ? 3 : 0;
}

TEST_F_TIMEOUT(stress, server_receive_blocked, 120)
{
	int i, coid;

	for (i = 0; i < KILLS; i++) {
		start_round(self, 0);
		coid = connect_to_victim(self);
		ASSERT_LE(QIPC_SIDE_CHANNEL, coid);
		self->shared->ready = 1;
		ASSERT_EQ(0, peer_call(self->killer, job_kill));
		ASSERT_EQ(256 + SIGKILL, reap(self->shared->victim));
		ASSERT_EQ(0, check_dead(self, coid));
	}
}

TEST_F_TIMEOUT(stress, server_holding_a_message, 120)
{
	struct qipc_msg_send send;
	int i, coid;

	for (i = 0; i < KILLS; i++) {
		start_round(self, 1);
		coid = connect_to_victim(self);
		ASSERT_LE(QIPC_SIDE_CHANNEL, coid);
		peer_go(self->killer, job_kill);
		ASSERT_EQ(-ESRCH, q_send(self->session, coid, self->mem, i & 1 ? LARGE : 16,
					 self->mem, LARGE, &send));
		ASSERT_EQ(0, peer_wait(self->killer));
		ASSERT_EQ(256 + SIGKILL, reap(self->shared->victim));
		ASSERT_EQ(0, check_dead(self, coid));
	}
}

TEST_F_TIMEOUT(stress, server_copying, 120)
{
	struct qipc_msg_send send;
	int i, coid, ret, replies = 0;

	for (i = 0; i < KILLS; i++) {
		start_round(self, 2 + (i & 1));
		coid = connect_to_victim(self);
		ASSERT_LE(QIPC_SIDE_CHANNEL, coid);
		peer_go(self->killer, job_kill);
		/* Message and reply are the same bytes, so nothing may change. */
		do {
			ret = q_send(self->session, coid, self->mem, LARGE, self->mem, LARGE,
				     &send);
			replies += !ret;
		} while (!ret);
		/* Dead while it had a message, or between two. */
		ASSERT_TRUE(ret == -ESRCH || ((i & 1) && ret == -EBADF)) {
			TH_LOG("round %d: %d", i, ret);
		}
		ASSERT_EQ(0, peer_wait(self->killer));
		ASSERT_EQ(256 + SIGKILL, reap(self->shared->victim));
		ASSERT_EQ(0, check_dead(self, coid));
		if (i % 16 == 0)
			ASSERT_EQ(-1, sentinel_differs(self->mem, LARGE));
	}
	TH_LOG("%d replies before the kills", replies);
}

/* --- both ------------------------------------------------------------------------------ */

TEST_F_TIMEOUT(stress, both, 120)
{
	pid_t client, server;
	int i;

	for (i = 0; i < KILLS; i++) {
		start_round(self, 2 + (i & 1));
		self->shared->server = 0;
		server = spawn(victim_server, self->shared);
		ASSERT_LT(0, server);
		while (!self->shared->server)
			sched_yield();
		self->shared->chid = 1;
		client = spawn(victim_client, self->shared);
		ASSERT_LT(0, client);
		while (!self->shared->ready)
			sched_yield();
		spin_us(self->shared->delay_us);
		ASSERT_EQ(0, kill(i & 2 ? client : server, SIGKILL));
		kill(i & 2 ? server : client, SIGKILL);
		/* The second may have noticed, and ended in its own way, before it was hit. */
		ASSERT_EQ(256 + SIGKILL, reap(i & 2 ? client : server));
		ASSERT_NE(CHILD_TIMEOUT, reap(i & 2 ? server : client));
	}
}

/* --- load --------------------------------------------------------------------------------- */

enum { CLIENTS = 4, SERVERS = 2, ROUNDS = FEWER(40) };

struct load {
	struct shared *shared;
	int number;
};

/* Sends its number and a count; the reply has to be both, mixed. */
static int load_client(void *arg)
{
	struct load *load = arg;
	struct shared *shared = load->shared;
	int session = q_open();
	int coid = q_attach_side(session, shared->server, shared->chid);
	struct qipc_msg_send send;
	uint64_t question[2], answer;

	for (;;) {
		question[0] = load->number;
		question[1] = shared->sent[load->number] + 1;
		if (q_send(session, coid, question, 16, &answer, 8, &send))
			return CHILD_SEND;
		if (answer != mix64(question[0] ^ mix64(question[1])))
			return CHILD_WRONG_DATA;
		if (send.status != (int64_t)question[1])
			return CHILD_WRONG_DATA;
		shared->sent[load->number] = question[1];
	}
}

struct load_server {
	int session;
	int chid;
	pthread_t thread;
	uint64_t replied[CLIENTS];
	int error;
};

static void *load_server(void *arg)
{
	struct load_server *server = arg;
	struct qipc_msg_receive rcv;
	uint64_t question[2], answer;
	int ret;

	for (;;) {
		ret = q_receive(server->session, server->chid, question, 16, &rcv);
		if (ret || rcv.info.msglen != 16 || question[0] >= CLIENTS) {
			/* The end is a channel that is gone. */
			server->error = ret == -ESRCH ? 0 : ret ? ret : -EBADMSG;
			return NULL;
		}
		answer = mix64(question[0] ^ mix64(question[1]));
		ret = q_reply(server->session, rcv.rcvid, question[1], &answer, 8);
		if (ret && ret != -ESRCH) {
			server->error = ret;
			return NULL;
		}
		if (!ret)
			server->replied[question[0]]++;
	}
}

/* Servers and clients at full speed, one client after the other killed and replaced. */
TEST_F_TIMEOUT(stress, load, 120)
{
	struct load_server servers[SERVERS] = {};
	struct load loads[CLIENTS];
	uint64_t replied, total = 0;
	int kills[CLIENTS] = {}, i, n, end;
	pid_t pids[CLIENTS];

	for (i = 0; i < SERVERS; i++) {
		servers[i].session = self->session;
		servers[i].chid = self->chid;
		ASSERT_EQ(0, pthread_create(&servers[i].thread, NULL, load_server, &servers[i]));
	}
	for (i = 0; i < CLIENTS; i++) {
		loads[i] = (struct load){ .shared = self->shared, .number = i };
		pids[i] = spawn(load_client, &loads[i]);
		ASSERT_LT(0, pids[i]);
	}
	for (n = 0; n < ROUNDS; n++) {
		alarm(ROUND_S);
		i = next_random(self) % (CLIENTS - 1);
		sleep_us(next_random(self) % 20000);
		ASSERT_EQ(0, kill(pids[i], SIGKILL));
		end = reap(pids[i]);
		ASSERT_EQ(256 + SIGKILL, end) {
			TH_LOG("client %d", i);
		}
		kills[i]++;
		pids[i] = spawn(load_client, &loads[i]);
		ASSERT_LT(0, pids[i]);
	}
	for (i = 0; i < CLIENTS; i++) {
		ASSERT_EQ(0, kill(pids[i], SIGKILL));
		ASSERT_EQ(256 + SIGKILL, reap(pids[i]));
		kills[i]++;
	}
	ASSERT_EQ(0, q_destroy(self->session, self->chid));
	for (i = 0; i < SERVERS; i++) {
		ASSERT_EQ(0, pthread_join(servers[i].thread, NULL));
		EXPECT_EQ(0, servers[i].error);
	}
	/* Answers given are answers got, but for the one under way at each kill. */
	for (i = 0; i < CLIENTS; i++) {
		for (n = 0, replied = 0; n < SERVERS; n++)
			replied += servers[n].replied[i];
		EXPECT_LE(self->shared->sent[i], replied);
		EXPECT_GE(self->shared->sent[i] + kills[i], replied);
		total += replied;
	}
	TH_LOG("%llu round trips, %d kills", (unsigned long long)total, ROUNDS + CLIENTS);
	/* For the teardown. */
	ASSERT_EQ(self->chid, q_create(self->session, 0));
}

TEST_HARNESS_MAIN
