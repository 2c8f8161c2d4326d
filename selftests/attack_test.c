// SPDX-License-Identifier: GPL-2.0-only
/*
 * Attacks: races that are run until they hit, peers that do their worst, and
 * descriptors that go where they should not.  Each loop is bounded in time and
 * says exactly which outcomes are allowed.
 */
#include <stddef.h>

#include "kselftest_harness.h"
#include "qipc_test.h"

#include <linux/userfaultfd.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/uio.h>

#define LARGE	(256 * 1024)
#define SOON_US	5000000

FIXTURE(attack) {
	int session;
	int chid;
	unsigned char *mem;	/* shared with peers that are processes */
	unsigned char *bad;	/* nobody may touch it */
};

FIXTURE_SETUP(attack)
{
	self->session = q_open();
	ASSERT_LE(0, self->session);
	self->chid = q_create(self->session, 0);
	ASSERT_LT(0, self->chid);
	self->mem = shared_alloc(4 * LARGE);
	ASSERT_NE(NULL, self->mem);
	self->bad = mmap(NULL, LARGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, self->bad);
}

FIXTURE_TEARDOWN(attack)
{
}

#define ATTACK	FIXTURE_DATA(attack)

static uint64_t random_state = 0x1234567;

static uint32_t random_below(uint32_t n)
{
	random_state = mix64(random_state);
	return random_state % n;
}

/* A thread that does not report to anybody until it is stopped. */
struct storm {
	pthread_t thread;
	volatile int stop;
	volatile long rounds;
	volatile long odd;	/* first result that is not allowed */
	int session;
	int fd;
	int coid;
	int chid;
	void *memory;
};

static int storm_start(struct storm *storm, void *(*fn)(void *arg))
{
	storm->stop = 0;
	storm->rounds = 0;
	storm->odd = 0;
	return pthread_create(&storm->thread, NULL, fn, storm);
}

/* Ends it, by signals if it sleeps; -ETIMEDOUT if that does not help. */
static long storm_stop(struct storm *storm)
{
	struct timespec ts;
	int i, ret;

	storm->stop = 1;
	for (i = 0; i < 1000; i++) {
		clock_gettime(CLOCK_REALTIME, &ts);
		ts.tv_nsec += 10000000;
		if (ts.tv_nsec >= 1000000000) {
			ts.tv_sec++;
			ts.tv_nsec -= 1000000000;
		}
		ret = pthread_timedjoin_np(storm->thread, NULL, &ts);
		if (!ret)
			return storm->odd;
		pthread_kill(storm->thread, SIGUSR1);
	}
	return -ETIMEDOUT;
}

static void note_odd(struct storm *storm, long value)
{
	if (!storm->odd)
		storm->odd = value;
}

static void handle_usr1(void)
{
	struct sigaction act = { .sa_handler = count_signal };

	sigaction(SIGUSR1, &act, NULL);
}

/* The peer's job ends soon; if not it is hanging. */
static bool ends_soon(struct peer *peer)
{
	int64_t end = now_us() + SOON_US;

	while (peer->running && now_us() < end)
		sleep_us(100);
	return !peer->running;
}

/* --- a message that is put back while others end ------------------------------- */

/* Receives into a buffer that cannot be written, so that the message goes back. */
static void *storm_put_back(void *arg)
{
	struct storm *storm = arg;
	struct qipc_msg_receive rcv;
	int ret;

	while (!storm->stop) {
		ret = q_receive_now(storm->session, storm->chid, storm->memory, 1024, &rcv);
		if (ret == -ESRCH)
			break;
		if (ret != -EFAULT && ret != -EAGAIN)
			note_odd(storm, ret);
		storm->rounds++;
	}
	return NULL;
}

#define CROWD	12

TEST_F(attack, put_back_races_destroy)
{
	struct storm storm = { .session = self->session, .memory = self->bad };
	struct peer *client[CROWD];
	int64_t end = now_us() + 2500000;
	int i, chid, rounds = 0;

	handle_usr1();
	for (i = 0; i < CROWD; i++) {
		client[i] = peer_start(false, self->session);
		ASSERT_NE(NULL, client[i]);
		client[i]->server = getpid();
	}
	/* A few rounds at least, however slow the machine. */
	while (rounds < 6 || (now_us() < end && rounds < 150)) {
		chid = q_create(self->session, 0);
		ASSERT_LT(0, chid);
		for (i = 0; i < CROWD; i++) {
			client[i]->chid = chid;
			ASSERT_EQ(0, peer_call(client[i], job_attach));
			peer_send(client[i], self->mem, 512, NULL, 0);
		}
		for (i = 0; i < CROWD; i++)
			ASSERT_TRUE(peer_blocked(client[i]));
		storm.chid = chid;
		ASSERT_EQ(0, storm_start(&storm, storm_put_back));
		while (!storm.rounds && !storm.odd)
			sched_yield();
		EXPECT_EQ(0, q_destroy(self->session, chid));
		for (i = 0; i < CROWD; i++) {
			ASSERT_TRUE(ends_soon(client[i])) {
				TH_LOG("client %d sleeps on a dead channel, round %d", i, rounds);
			}
			ASSERT_EQ(-ESRCH, peer_wait(client[i]));
		}
		ASSERT_EQ(0, storm_stop(&storm));
		for (i = 0; i < CROWD; i++)
			ASSERT_EQ(0, peer_call(client[i], job_detach));
		rounds++;
	}
}

TEST_F(attack, put_back_races_detach)
{
	struct storm storm = { .session = self->session, .memory = self->bad };
	struct peer *client[CROWD];
	int64_t end = now_us() + 2500000;
	int i, coid, conn, rounds = 0;

	handle_usr1();
	storm.chid = self->chid;
	for (i = 0; i < CROWD; i++) {
		client[i] = peer_start(false, self->session);
		ASSERT_NE(NULL, client[i]);
	}
	/* A few rounds at least, however slow the machine. */
	while (rounds < 6 || (now_us() < end && rounds < 150)) {
		/* Side channel and descriptor in turn; all of them send over one connection. */
		coid = rounds % 2 ? q_attach_fd(self->session, 0, self->chid) :
				    q_attach_side(self->session, 0, self->chid);
		ASSERT_LT(0, coid);
		conn = rounds % 2 ? coid : self->session;
		for (i = 0; i < CROWD; i++) {
			client[i]->fd = conn;
			client[i]->coid = coid;
			peer_send(client[i], self->mem, 512, NULL, 0);
		}
		for (i = 0; i < CROWD; i++)
			ASSERT_TRUE(peer_blocked(client[i]));
		ASSERT_EQ(0, storm_start(&storm, storm_put_back));
		while (!storm.rounds && !storm.odd)
			sched_yield();
		EXPECT_EQ(0, q_detach(conn, coid));
		for (i = 0; i < CROWD; i++) {
			ASSERT_TRUE(ends_soon(client[i])) {
				TH_LOG("client %d sleeps on a dead connection, round %d", i,
				       rounds);
			}
			ASSERT_EQ(-EBADF, peer_wait(client[i]));
		}
		ASSERT_EQ(0, storm_stop(&storm));
		ASSERT_TRUE(rounds % 2 == 0 || !close(coid));
		rounds++;
	}
}

/* --- who holds whom up ------------------------------------------------------------ */

/* Sends what takes long to read, and cannot be read to its end, over and over. */
static void *storm_bad_send(void *arg)
{
	struct storm *storm = arg;
	struct qipc_msg_send send;
	int ret;

	while (!storm->stop) {
		ret = q_send(storm->fd, storm->coid, storm->memory, LARGE + 1, NULL, 0, &send);
		if (ret == -EFAULT) {
			if (send.side != QIPC_SIDE_CLIENT)
				note_odd(storm, send.side);
		} else if (ret != -EINTR) {
			note_odd(storm, ret);
		}
		storm->rounds++;
	}
	return NULL;
}

/* value[0] ends of receives without waiting; the longest took value[1] us. */
static long job_poll_receive(struct peer *peer)
{
	int64_t begin, took, end = now_us() + 700000;
	struct qipc_msg_receive rcv;
	int ret;

	peer->value[0] = 0;
	peer->value[1] = 0;
	while (now_us() < end) {
		begin = now_us();
		ret = q_receive_now(peer->session, peer->chid, peer->memory, 2 * LARGE, &rcv);
		took = now_us() - begin;
		if (ret != -EAGAIN)
			return ret ? ret : 1;
		peer->value[0]++;
		if (peer->value[1] < took)
			peer->value[1] = took;
	}
	return 0;
}

TEST_F(attack, unreadable_clients_do_not_hold_the_server)
{
	struct peer *server = peer_start(false, self->session);
	unsigned char *memory = guarded_alloc(LARGE, false);
	struct storm storm[6] = {};
	size_t i;

	ASSERT_NE(NULL, server);
	ASSERT_NE(NULL, memory);
	handle_usr1();
	for (i = 0; i < ARRAY_SIZE(storm); i++) {
		storm[i].fd = self->session;
		storm[i].coid = q_attach_side(self->session, 0, self->chid);
		ASSERT_LT(0, storm[i].coid);
		storm[i].memory = memory;
		ASSERT_EQ(0, storm_start(&storm[i], storm_bad_send));
	}
	server->chid = self->chid;
	server->memory = self->mem;
	EXPECT_EQ(0, peer_call(server, job_poll_receive));
	EXPECT_GT(SOON_US, server->value[1]);
	/* Nor does a signal have to wait for them. */
	peer_receive(server, self->chid, self->mem, 2 * LARGE);
	sleep_us(100000);
	EXPECT_TRUE(server->running);
	EXPECT_EQ(0, peer_signal(server, SIGUSR1));
	EXPECT_TRUE(ends_soon(server));
	for (i = 0; i < ARRAY_SIZE(storm); i++)
		EXPECT_EQ(0, storm_stop(&storm[i]));
	EXPECT_EQ(-EINTR, peer_wait(server));
}

static int uffd_open(void *memory, size_t len)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register area = {
		.range = { (uintptr_t)memory, len },
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC);

	if (fd < 0)
		return -errno;
	if (ioctl(fd, UFFDIO_API, &api) || ioctl(fd, UFFDIO_REGISTER, &area))
		return -errno;
	return fd;
}

/* Waits for one fault, and answers all of it after @delay. */
static int uffd_answer(int fd, void *memory, const void *contents, size_t len, long delay)
{
	struct uffdio_copy copy = {
		.dst = (uintptr_t)memory,
		.src = (uintptr_t)contents,
		.len = len,
	};
	struct pollfd ready = { .fd = fd, .events = POLLIN };

	if (poll(&ready, 1, PATIENCE_MS) != 1)
		return -ETIMEDOUT;
	sleep_us(delay);
	return ioctl(fd, UFFDIO_COPY, &copy) ? -errno : 0;
}

struct late {
	int fd;
	void *memory;
	void *contents;
	size_t len;
	/* How late, in microseconds. */
	int64_t after;
	int ret;
};

static void *answer_late(void *arg)
{
	struct late *late = arg;

	late->ret = uffd_answer(late->fd, late->memory, late->contents, late->len, late->after);
	return NULL;
}

/* A client in its own address space whose message lies in memory that comes late. */
static long job_late_send(struct peer *peer)
{
	unsigned char *contents = private_alloc(LARGE);
	struct late late = {
		.memory = private_alloc(LARGE),
		.contents = contents,
		.len = LARGE,
		/* After the deadline, if there is one. */
		.after = 100000 + peer->value[1] / 1000,
	};
	pthread_t thread;
	long ret;

	late.fd = uffd_open(late.memory, LARGE);
	if (late.fd < 0)
		return late.fd;
	pattern_fill(contents, LARGE, 7);
	/* value[0]: nobody ever answers. */
	if (!peer->value[0] && pthread_create(&thread, NULL, answer_late, &late))
		return -EAGAIN;
	send_args(&peer->send, peer->coid, late.memory, LARGE, NULL, 0);
	/* value[1]: the answer may take no longer than so many nanoseconds from now. */
	if (peer->value[1]) {
		peer->timeout = timeout_in(QIPC_TIMEOUT_REPLY, peer->value[1]);
		peer->send.timeout = (uintptr_t)&peer->timeout;
	}
	ret = job_send(peer);
	if (!peer->value[0])
		pthread_join(thread, NULL);
	close(late.fd);
	return ret;
}

TEST_F(attack, client_memory_comes_late)
{
	struct peer *client = client_start(true, false, self->session, self->chid);
	struct qipc_msg_receive rcv;

	ASSERT_NE(NULL, client);
	client->value[0] = 0;
	peer_go(client, job_late_send);
	ASSERT_EQ(0, q_receive(self->session, self->chid, self->mem, LARGE, &rcv));
	EXPECT_EQ(-1, pattern_differs(self->mem, LARGE, 7, 0));
	EXPECT_EQ(LARGE, rcv.info.msglen);
	EXPECT_EQ(0, q_reply(self->session, rcv.rcvid, 9, NULL, 0));
	EXPECT_EQ(0, peer_wait(client));
	EXPECT_EQ(9, client->send.status);
	EXPECT_EQ(256 + SIGKILL, peer_kill(client));
}

/*
 * The deadline for the answer passes while the message is being received: it is
 * not forgotten, but ends the wait as soon as the server has the message.
 */
TEST_F(attack, deadline_in_the_receive)
{
	struct peer *client = client_start(true, false, self->session, self->chid);
	struct qipc_msg_receive rcv;

	ASSERT_NE(NULL, client);
	client->value[0] = 0;
	/* Time enough to begin the receive, and less than fault_wait_ms. */
	client->value[1] = SLOW * 100000000LL;
	peer_go(client, job_late_send);
	ASSERT_EQ(0, q_receive(self->session, self->chid, self->mem, LARGE, &rcv));
	EXPECT_EQ(-ETIMEDOUT, peer_wait(client));
	EXPECT_EQ(-ESRCH, q_reply(self->session, rcv.rcvid, 9, NULL, 0));
	EXPECT_EQ(256 + SIGKILL, peer_kill(client));
}

TEST_F(attack, server_memory_comes_late)
{
	struct peer *client = client_start(true, false, self->session, self->chid);
	unsigned char *contents = private_alloc(LARGE), *memory = private_alloc(LARGE);
	struct late late = {
		.memory = memory,
		.contents = contents,
		.len = LARGE,
		.after = 100000,
	};
	struct qipc_msg_receive rcv;
	pthread_t thread;

	ASSERT_NE(NULL, client);
	late.fd = uffd_open(memory, LARGE);
	ASSERT_LE(0, late.fd);
	pattern_fill(self->mem, LARGE, 8);
	peer_send(client, self->mem, LARGE, NULL, 0);
	ASSERT_TRUE(peer_blocked(client));
	ASSERT_EQ(0, pthread_create(&thread, NULL, answer_late, &late));
	ASSERT_EQ(0, q_receive(self->session, self->chid, memory, LARGE, &rcv));
	EXPECT_EQ(0, pthread_join(thread, NULL));
	EXPECT_EQ(0, late.ret);
	EXPECT_EQ(-1, pattern_differs(memory, LARGE, 8, 0));
	EXPECT_EQ(0, q_reply(self->session, rcv.rcvid, 1, NULL, 0));
	EXPECT_EQ(0, peer_wait(client));
	close(late.fd);
	EXPECT_EQ(256 + SIGKILL, peer_kill(client));
}

/* Nobody ever answers: a kill ends whoever waits, and the other side with it. */
TEST_F(attack, memory_that_never_comes)
{
	struct peer *client, *server;

	/* A server that is killed in the copy out of the client. */
	server = peer_start(true, self->session);
	client = peer_start(true, self->session);
	ASSERT_NE(NULL, server);
	ASSERT_NE(NULL, client);
	ASSERT_EQ(0, peer_call(server, job_create));
	client->server = server->pid;
	client->chid = server->chid;
	ASSERT_EQ(0, peer_call(client, job_attach));
	client->value[0] = 1;
	peer_go(client, job_late_send);
	ASSERT_TRUE(peer_blocked(client));
	peer_receive(server, server->chid, self->mem, LARGE);
	sleep_us(100000);
	EXPECT_TRUE(server->running);
	EXPECT_TRUE(client->running);
	EXPECT_EQ(256 + SIGKILL, peer_kill(server));
	EXPECT_EQ(-ESRCH, peer_wait(client));

	/* A client that is killed while the server is stuck in its memory. */
	server = peer_start(true, self->session);
	ASSERT_NE(NULL, server);
	ASSERT_EQ(0, peer_call(server, job_create));
	client->server = server->pid;
	client->chid = server->chid;
	ASSERT_EQ(0, peer_call(client, job_attach));
	peer_go(client, job_late_send);
	ASSERT_TRUE(peer_blocked(client));
	peer_receive(server, server->chid, self->mem, LARGE);
	sleep_us(100000);
	EXPECT_TRUE(server->running);
	EXPECT_EQ(256 + SIGKILL, peer_kill(client));
	/* The descriptor of the faults went with the client: the server goes on. */
	sleep_us(100000);
	EXPECT_TRUE(server->running);
	EXPECT_EQ(256 + SIGKILL, peer_kill(server));
}

/* --- memory that changes under a copy ---------------------------------------------- */

static void *storm_unmap(void *arg)
{
	struct storm *storm = arg;
	unsigned char *memory = storm->memory;
	unsigned int i = 0;
	void *p;

	while (!storm->stop) {
		switch (i++ % 4) {
		case 0:
			madvise(memory, LARGE, MADV_DONTNEED);
			break;
		case 1:
			munmap(memory + LARGE / 2, LARGE / 4);
			p = mmap(memory + LARGE / 2, LARGE / 4, PROT_READ | PROT_WRITE,
				 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
			if (p != memory + LARGE / 2)
				note_odd(storm, -errno);
			break;
		case 2:
			mprotect(memory, LARGE, PROT_NONE);
			mprotect(memory, LARGE, PROT_READ | PROT_WRITE);
			break;
		default:
			p = mremap(memory, LARGE, LARGE, MREMAP_MAYMOVE | MREMAP_DONTUNMAP);
			if (p != MAP_FAILED)
				munmap(p, LARGE);
			break;
		}
		storm->rounds++;
	}
	return NULL;
}

/* A client whose memory is pulled from under it; returns what is not allowed. */
static long job_shaky_sends(struct peer *peer)
{
	struct storm storm = { .memory = private_alloc(LARGE) };
	int64_t end = now_us() + peer->value[0];
	int ret, n = 0;

	handle_usr1();
	if (storm_start(&storm, storm_unmap))
		return -EAGAIN;
	while (now_us() < end && !storm.odd) {
		ret = q_send(peer->fd, peer->coid, storm.memory, LARGE, storm.memory, LARGE,
			     &peer->send);
		if (ret == -EFAULT && peer->send.side != QIPC_SIDE_CLIENT)
			note_odd(&storm, 1000 + peer->send.side);
		else if (ret && ret != -EFAULT)
			note_odd(&storm, ret);
		else if (!ret && peer->send.status != 77)
			note_odd(&storm, 2000);
		n++;
	}
	peer->value[1] = n;
	return storm_stop(&storm);
}

TEST_F(attack, mappings_change_under_the_copy)
{
	struct peer *client = client_start(true, false, self->session, self->chid);
	struct qipc_msg_receive rcv;
	long read, write;
	uint32_t side;
	int ret;

	ASSERT_NE(NULL, client);
	client->value[0] = 2000000;
	peer_go(client, job_shaky_sends);
	while (client->running) {
		ret = q_receive_now(self->session, self->chid, self->mem, LARGE, &rcv);
		if (ret == -EAGAIN) {
			sched_yield();
			continue;
		}
		ASSERT_EQ(0, ret);
		read = q_transfer(self->session, QIPC_MSG_READ, rcv.rcvid, 4097, self->mem,
				  LARGE, QIPC_BUF, &side);
		ASSERT_TRUE(read == LARGE - 4097 ||
			    (read == -EFAULT && side == QIPC_SIDE_CLIENT));
		write = q_transfer(self->session, QIPC_MSG_WRITE, rcv.rcvid, 1, self->mem, 9999,
				   QIPC_BUF, &side);
		ASSERT_TRUE(write == 9999 || (write == -EFAULT && side == QIPC_SIDE_CLIENT));
		ret = q_reply_full(self->session, rcv.rcvid, 77, self->mem, LARGE, QIPC_BUF,
				   &side);
		ASSERT_TRUE(!ret || (ret == -EFAULT && side == QIPC_SIDE_CLIENT));
	}
	EXPECT_EQ(0, peer_wait(client));
	EXPECT_LT(3, client->value[1]);
	EXPECT_EQ(256 + SIGKILL, peer_kill(client));
}

/* A fault of the server's leaves alone what lies behind it in the client. */
TEST_F(attack, fault_in_write_spares_the_rest)
{
	struct peer *client = client_start(true, false, self->session, self->chid);
	unsigned char *own = guarded_alloc(2 * page_size(), false);
	size_t half = 2 * page_size(), i;
	struct qipc_msg_receive rcv;
	uint32_t side;

	ASSERT_NE(NULL, client);
	ASSERT_NE(NULL, own);
	memset(own, 1, half);
	sentinel_fill(self->mem, LARGE);
	peer_send(client, self->mem + LARGE, 8, self->mem, 16 * page_size());
	ASSERT_TRUE(peer_blocked(client));
	ASSERT_EQ(0, q_receive_now(self->session, self->chid, self->mem + LARGE, 8, &rcv));
	EXPECT_EQ(-EFAULT, q_transfer(self->session, QIPC_MSG_WRITE, rcv.rcvid, 0, own,
				      8 * page_size(), QIPC_BUF, &side));
	EXPECT_EQ(QIPC_SIDE_SERVER, side);
	for (i = 0; i < half; i++)
		if (self->mem[i] != 1 && self->mem[i] != SENTINEL)
			break;
	EXPECT_EQ(half, i);
	EXPECT_EQ(-1, sentinel_differs(self->mem + half, LARGE - half));
	EXPECT_EQ(0, q_reply(self->session, rcv.rcvid, 0, NULL, 0));
	EXPECT_EQ(0, peer_wait(client));
	EXPECT_EQ(256 + SIGKILL, peer_kill(client));
}

/* Memory no process can have is memory of the server's that is at fault, too. */
TEST_F(attack, reply_from_impossible_memory)
{
	const uint64_t bases[] = {
		0xffff888000000000, 0xffffffffff600000, 0x8000000000000000, 0x7fffffffffffff00,
		0xffffffffffffff00,
	};
	struct peer *client = client_start(true, false, self->session, self->chid);
	struct qipc_msg_receive rcv;
	uint32_t side;
	size_t i;

	ASSERT_NE(NULL, client);
	for (i = 0; i < 2 * ARRAY_SIZE(bases); i++) {
		peer_send(client, self->mem, 8, self->mem + LARGE, LARGE);
		ASSERT_TRUE(peer_blocked(client));
		ASSERT_EQ(0, q_receive_now(self->session, self->chid, self->mem, 8, &rcv));
		EXPECT_EQ(-EFAULT, q_reply_full(self->session, rcv.rcvid, 0,
						(void *)bases[i / 2], i % 2 ? 16 : 4096, QIPC_BUF,
						&side));
		EXPECT_EQ(QIPC_SIDE_SERVER, side);
		EXPECT_TRUE(ends_soon(client)) {
			TH_LOG("the client stays behind: base %llx",
			       (unsigned long long)bases[i / 2]);
			q_error(self->session, rcv.rcvid, EIO);
		}
		EXPECT_EQ(-EFAULT, peer_wait(client));
		EXPECT_EQ(QIPC_SIDE_SERVER, client->send.side);
	}
	EXPECT_EQ(256 + SIGKILL, peer_kill(client));
}

/* --- sent again and again ------------------------------------------------------------ */

static void *storm_restart(void *arg)
{
	struct storm *storm = arg;
	struct qipc_msg_receive rcv;
	char buf[8];
	int ret;

	while (!storm->stop) {
		ret = q_receive_now(storm->session, storm->chid, buf, sizeof(buf), &rcv);
		if (!ret) {
			ret = q_error(storm->session, rcv.rcvid, ERESTART);
			storm->rounds++;
			if (ret && ret != -ESRCH)
				note_odd(storm, ret);
		} else if (ret != -EAGAIN) {
			note_odd(storm, ret);
		}
	}
	return NULL;
}

TEST_F(attack, restart_storm)
{
	struct storm storm[2] = {};
	struct peer *client;
	long seen;
	int i, round;

	handle_usr1();
	client = client_start(true, false, self->session, self->chid);
	ASSERT_NE(NULL, client);
	for (i = 0; i < 2; i++) {
		storm[i].session = self->session;
		storm[i].chid = self->chid;
		ASSERT_EQ(0, storm_start(&storm[i], storm_restart));
	}
	/* A handled signal ends it ... */
	for (round = 0; round < 20; round++) {
		seen = storm[0].rounds + storm[1].rounds;
		peer_send(client, "again", 5, NULL, 0);
		while (storm[0].rounds + storm[1].rounds < seen + 20)
			sched_yield();
		ASSERT_TRUE(client->running);
		ASSERT_EQ(0, peer_signal(client, SIGUSR1));
		ASSERT_TRUE(ends_soon(client));
		ASSERT_EQ(-EINTR, peer_wait(client));
	}
	/* ... and a kill. */
	peer_send(client, "again", 5, NULL, 0);
	seen = storm[0].rounds;
	while (storm[0].rounds + storm[1].rounds < seen + 20)
		sched_yield();
	EXPECT_EQ(256 + SIGKILL, peer_kill(client));
	for (i = 0; i < 2; i++)
		EXPECT_EQ(0, storm_stop(&storm[i]));
	EXPECT_TRUE(q_empty(self->session, self->chid));
}

/* --- everything at once --------------------------------------------------------------- */

#define CLIENTS	8
#define SERVERS	4

struct ledger {
	uint32_t sent[CLIENTS][4096];	/* times a message was received */
	volatile uint32_t answered[CLIENTS][4096];	/* ... and a reply of it went through */
};

static struct ledger *ledger;

struct slip {
	uint32_t client;
	uint32_t number;
	uint64_t sum;
};

static void *storm_serve(void *arg)
{
	struct storm *storm = arg;
	struct qipc_msg_reply_receive rr;
	struct qipc_msg_receive rcv;
	unsigned char buf[2048];
	struct slip slip;
	int ret;

	while (!storm->stop) {
		ret = q_receive(storm->session, storm->chid, buf, sizeof(buf), &rcv);
again:
		if (ret == -EINTR)
			continue;
		if (ret) {
			note_odd(storm, ret);
			break;
		}
		memcpy(&slip, buf, sizeof(slip));
		if (slip.client >= CLIENTS || slip.number >= 4096 ||
		    pattern_differs(buf + sizeof(slip), rcv.info.msglen - sizeof(slip), slip.sum,
				    0) >= 0) {
			note_odd(storm, 3000);
			break;
		}
		__atomic_fetch_add(&ledger->sent[slip.client][slip.number], 1, __ATOMIC_SEQ_CST);
		storm->rounds++;
		if (slip.number % 3) {
			ret = q_reply(storm->session, rcv.rcvid, slip.number, buf,
				      rcv.info.msglen);
			if (!ret)
				__atomic_fetch_add(&ledger->answered[slip.client][slip.number], 1,
						   __ATOMIC_SEQ_CST);
			else if (ret != -ESRCH)
				note_odd(storm, ret);
			continue;
		}
		memset(&rr, 0, sizeof(rr));
		rr.reply.rcvid = rcv.rcvid;
		rr.reply.status = slip.number;
		rr.reply.flags = QIPC_BUF;
		rr.reply.vec = vec_buf(buf, rcv.info.msglen);
		receive_args(&rr.receive, storm->chid, buf, sizeof(buf), QIPC_BUF);
		ret = q_ioctl(storm->session, QIPC_MSG_REPLY_RECEIVE, &rr);
		if (!rr.reply_error)
			__atomic_fetch_add(&ledger->answered[slip.client][slip.number], 1,
					   __ATOMIC_SEQ_CST);
		else if (rr.reply_error != ESRCH)
			note_odd(storm, -rr.reply_error);
		rcv = rr.receive;
		goto again;
	}
	return NULL;
}

static void *storm_send(void *arg)
{
	struct storm *storm = arg;
	uint32_t client = storm - (struct storm *)storm->memory, number;
	unsigned char out[2048], in[2048];
	struct qipc_msg_send send;
	struct slip slip = { .client = client };
	size_t len;
	int ret;

	for (number = 0; number < 4096 && !storm->stop; number++) {
		slip.number = number;
		slip.sum = mix64(client * 4096 + number);
		len = sizeof(slip) + slip.sum % (sizeof(out) - sizeof(slip));
		memcpy(out, &slip, sizeof(slip));
		pattern_fill(out + sizeof(slip), len - sizeof(slip), slip.sum);
		ret = q_send(storm->fd, storm->coid, out, len, in, sizeof(in), &send);
		if (!ret) {
			if (send.status != number || send.error || memcmp(out, in, len))
				note_odd(storm, 4000);
			if (ledger->sent[client][number] != 1)
				note_odd(storm, 4001);
		} else if (ret != -EINTR) {
			note_odd(storm, ret);
			break;
		} else if (ledger->sent[client][number] > 1) {
			note_odd(storm, 4002);
		}
		storm->rounds++;
	}
	return NULL;
}

/* Delivered at most once, answered at most once, and never both answered and interrupted. */
TEST_F(attack, many_threads_and_signals)
{
	struct storm server[SERVERS] = {}, client[CLIENTS] = {};
	int64_t end = now_us() + 2000000;
	long total = 0;
	int i, n;

	handle_usr1();
	ledger = shared_alloc(sizeof(*ledger));
	ASSERT_NE(NULL, ledger);
	for (i = 0; i < SERVERS; i++) {
		server[i].session = self->session;
		server[i].chid = self->chid;
		ASSERT_EQ(0, storm_start(&server[i], storm_serve));
	}
	for (i = 0; i < CLIENTS; i++) {
		client[i].coid = i % 2 ? q_attach_fd(self->session, 0, self->chid) :
					 q_attach_side(self->session, 0, self->chid);
		ASSERT_LT(0, client[i].coid);
		client[i].fd = i % 2 ? client[i].coid : self->session;
		client[i].memory = client;
		ASSERT_EQ(0, storm_start(&client[i], storm_send));
	}
	while (now_us() < end) {
		sleep_us(random_below(2000));
		i = random_below(SERVERS + CLIENTS);
		if (i < SERVERS)
			pthread_kill(server[i].thread, SIGUSR1);
		else if (!client[i - SERVERS].stop && client[i - SERVERS].rounds < 4000)
			pthread_kill(client[i - SERVERS].thread, SIGUSR1);
	}
	for (i = 0; i < CLIENTS; i++) {
		EXPECT_EQ(0, storm_stop(&client[i]));
		total += client[i].rounds;
	}
	for (i = 0; i < SERVERS; i++)
		EXPECT_EQ(0, storm_stop(&server[i]));
	for (i = 0; i < CLIENTS; i++)
		for (n = 0; n < 4096; n++) {
			ASSERT_GE(1, ledger->sent[i][n]);
			ASSERT_GE(ledger->sent[i][n], ledger->answered[i][n]);
		}
	EXPECT_LT(50, total);
	EXPECT_TRUE(q_empty(self->session, self->chid));
}

/*
 * One client, and one of: a reply, an error, a signal, a detach, a destroy and
 * a kill, two of them at the same time.
 */
static long job_end_somehow(struct peer *peer)
{
	spin_us(peer->value[1]);
	switch (peer->value[0]) {
	case 0:
		return q_reply(peer->session, peer->value[2], 5, peer->memory, LARGE);
	case 1:
		return q_error(peer->session, peer->value[2], EPERM);
	case 2:
		return syscall(SYS_tgkill, peer->server, peer->value[3], SIGUSR1) ? -errno : 0;
	case 3:
		return q_detach(peer->session, peer->coid);
	case 4:
		return q_destroy(peer->session, peer->chid);
	default:
		return q_write(peer->session, peer->value[2], peer->memory, LARGE, 0);
	}
}

TEST_F(attack, two_ends_of_one_send)
{
	struct peer *client, *one, *two, *ender[2];
	int64_t end = now_us() + 2500000;
	struct qipc_msg_receive rcv;
	int i, kind[2], rounds = 0;
	long ret, got[2];

	handle_usr1();
	client = peer_start(false, self->session);
	one = peer_start(false, self->session);
	two = peer_start(false, self->session);
	ASSERT_NE(NULL, client);
	ASSERT_NE(NULL, one);
	ASSERT_NE(NULL, two);
	ender[0] = one;
	ender[1] = two;
	client->server = getpid();
	/* Some rounds at least, however slow the machine. */
	while (rounds < FEWER(24) || now_us() < end) {
		client->chid = q_create(self->session, 0);
		ASSERT_LT(0, client->chid);
		client->index = QIPC_SIDE_CHANNEL;
		ASSERT_EQ(0, peer_call(client, job_attach));
		peer_send(client, self->mem, 600, self->mem + LARGE, LARGE);
		ASSERT_TRUE(peer_blocked(client));
		ASSERT_EQ(0, q_receive_now(self->session, client->chid, self->mem + 2 * LARGE,
					   600, &rcv));
		ASSERT_TRUE(peer_blocked(client));
		kind[0] = random_below(6);
		kind[1] = random_below(5);
		for (i = 0; i < 2; i++) {
			ender[i]->value[0] = kind[i];
			ender[i]->value[1] = random_below(60);
			ender[i]->value[2] = rcv.rcvid;
			ender[i]->value[3] = client->tid;
			ender[i]->memory = self->mem;
			ender[i]->server = getpid();
			ender[i]->chid = client->chid;
			ender[i]->coid = client->coid;
		}
		peer_go(one, job_end_somehow);
		peer_go(two, job_end_somehow);
		ASSERT_TRUE(ends_soon(one));
		ASSERT_TRUE(ends_soon(two));
		for (i = 0; i < 2; i++)
			got[i] = peer_wait(ender[i]);
		ASSERT_TRUE(ends_soon(client)) {
			TH_LOG("%d and %d, round %d", kind[0], kind[1], rounds);
		}
		ret = peer_wait(client);
		/* Who said that he ended it, and how it ended. */
		for (i = 0; i < 2; i++) {
			switch (kind[i]) {
			case 0:
				ASSERT_TRUE(got[i] == 0 || got[i] == -ESRCH);
				if (!got[i]) {
					ASSERT_EQ(0, ret);
					ASSERT_EQ(5, client->send.status);
					ASSERT_EQ(0, client->send.error);
				}
				break;
			case 1:
				ASSERT_TRUE(got[i] == 0 || got[i] == -ESRCH);
				if (!got[i]) {
					ASSERT_EQ(0, ret);
					ASSERT_EQ(EPERM, client->send.error);
				}
				break;
			case 5:
				ASSERT_TRUE(got[i] == LARGE || got[i] == -ESRCH);
				break;
			default:
				ASSERT_TRUE(got[i] == 0 || got[i] == -EINVAL);
			}
		}
		if (ret) {
			ASSERT_TRUE((ret == -EINTR && (kind[0] == 2 || kind[1] == 2)) ||
				    (ret == -EBADF && (kind[0] == 3 || kind[1] == 3)) ||
				    (ret == -ESRCH && (kind[0] == 4 || kind[1] == 4))) {
				TH_LOG("%ld after %d and %d", ret, kind[0], kind[1]);
			}
		} else {
			/* Somebody answered, and was told so. */
			ASSERT_TRUE((kind[0] < 2 && !got[0]) || (kind[1] < 2 && !got[1]));
		}
		q_detach(self->session, client->coid);
		q_destroy(self->session, client->chid);
		rounds++;
	}
}

/* The client goes at any moment of a receive, a read, a write and a reply. */
TEST_F(attack, client_killed_under_the_copy)
{
	int64_t end = now_us() + 2500000;
	struct qipc_msg_receive rcv;
	int ret, lost = 0, rounds = 0;
	struct peer *client;
	long moved, delay;
	uint32_t side;
	pid_t killer;

	while (now_us() < end) {
		client = client_start(true, rounds % 2, self->session, self->chid);
		ASSERT_NE(NULL, client);
		peer_send(client, self->mem, LARGE, self->mem + LARGE, LARGE);
		ASSERT_TRUE(peer_blocked(client));
		delay = random_below(6000);
		killer = fork_bound();
		if (!killer) {
			spin_us(delay);
			kill(client->pid, SIGKILL);
			_exit(0);
		}
		ret = q_receive_now(self->session, self->chid, self->mem + 2 * LARGE, LARGE,
				    &rcv);
		ASSERT_TRUE(!ret || ret == -EAGAIN);
		if (!ret) {
			moved = q_transfer(self->session, QIPC_MSG_READ, rcv.rcvid, 0,
					   self->mem + 2 * LARGE, LARGE, QIPC_BUF, &side);
			ASSERT_TRUE(moved == LARGE || moved == -ESRCH) {
				TH_LOG("read %ld side %u", moved, side);
			}
			moved = q_transfer(self->session, QIPC_MSG_WRITE, rcv.rcvid, 0,
					   self->mem, LARGE, QIPC_BUF, &side);
			ASSERT_TRUE(moved == LARGE || moved == -ESRCH) {
				TH_LOG("write %ld side %u", moved, side);
			}
			ret = q_reply_full(self->session, rcv.rcvid, 0, self->mem, LARGE,
					   QIPC_BUF, &side);
			ASSERT_TRUE(!ret || ret == -ESRCH) {
				TH_LOG("reply %d side %u", ret, side);
			}
		}
		lost += !!ret;
		ASSERT_EQ(0, reap(killer));
		ASSERT_EQ(256 + SIGKILL, reap(client->pid));
		munmap(client, sizeof(*client));
		rounds++;
	}
	EXPECT_TRUE(q_empty(self->session, self->chid));
	TH_LOG("%d rounds, %d messages lost", rounds, lost);
}

/* --- processes ------------------------------------------------------------------------ */

static long job_first_call(struct peer *peer)
{
	while (!*(volatile int *)peer->memory)
		;
	return q_create(peer->session, 0);
}

/* Two threads make the first calls of a session. */
TEST_F(attack, first_calls_race)
{
	struct peer *one = peer_start(false, self->session);
	struct peer *two = peer_start(false, self->session);
	volatile int *go = (volatile int *)self->mem;
	int i, session;
	long a, b;

	ASSERT_NE(NULL, one);
	ASSERT_NE(NULL, two);
	for (i = 0; i < 60; i++) {
		session = q_open();
		ASSERT_LE(0, session);
		*go = 0;
		one->session = session;
		one->memory = self->mem;
		two->session = session;
		two->memory = self->mem;
		peer_go(one, job_first_call);
		peer_go(two, job_first_call);
		sleep_us(200);
		*go = 1;
		a = peer_wait(one);
		b = peer_wait(two);
		ASSERT_LT(0, a);
		ASSERT_LT(0, b);
		ASSERT_NE(a, b);
		ASSERT_TRUE(q_empty(session, a));
		ASSERT_TRUE(q_empty(session, b));
		ASSERT_EQ(0, q_destroy(session, a));
		ASSERT_EQ(0, q_destroy(session, b));
		ASSERT_EQ(0, close(session));
	}
}

static void *exec_from_here(void *arg)
{
	struct peer *peer = arg;

	exec_assist("pause", peer->value[0]);
	return NULL;
}

static void *wait_on_a_channel(void *arg)
{
	struct storm *storm = arg;
	struct qipc_msg_receive rcv;
	char byte;

	q_receive(storm->session, storm->chid, &byte, 1, &rcv);
	return NULL;
}

/* The process execs in a thread that is not its first, with others in the module. */
static long job_exec_from_thread(struct peer *peer)
{
	struct storm storm = { .session = peer->session };
	pthread_t thread;

	storm.chid = q_create(peer->session, 0);
	if (storm.chid < 0)
		return storm.chid;
	if (storm_start(&storm, wait_on_a_channel))
		return -EAGAIN;
	sleep_us(1000);
	if (pthread_create(&thread, NULL, exec_from_here, peer))
		return -EAGAIN;
	if (peer->value[1])
		pause();
	return job_send(peer);
}

TEST_F(attack, exec_by_another_thread)
{
	struct peer *server, *client, *own;
	int ends[2], kind;
	char byte;

	for (kind = 0; kind < 2; kind++) {
		ASSERT_EQ(0, pipe(ends));
		/* A server (kind 1) or a client execs. */
		server = peer_start(true, self->session);
		ASSERT_NE(NULL, server);
		ASSERT_EQ(0, peer_call(server, job_create));
		client = peer_start(true, self->session);
		ASSERT_NE(NULL, client);
		client->server = server->pid;
		client->chid = server->chid;
		ASSERT_EQ(0, peer_call(client, job_attach));
		own = kind ? server : client;
		own->value[0] = ends[1];
		own->value[1] = kind;
		if (kind)
			peer_send(client, "exec", 4, NULL, 0);
		else
			send_args(&client->send, client->coid, "exec", 4, NULL, 0);
		ASSERT_TRUE(!kind || peer_blocked(client));
		peer_go(own, job_exec_from_thread);
		/* The new program runs. */
		ASSERT_EQ(1, read(ends[0], &byte, 1));
		if (kind) {
			EXPECT_TRUE(ends_soon(client));
			EXPECT_EQ(-ESRCH, peer_wait(client));
		} else {
			receive_args(&server->receive, server->chid, self->mem, 8,
				     QIPC_BUF | QIPC_NONBLOCK);
			EXPECT_EQ(-EAGAIN, peer_call(server, job_receive));
		}
		EXPECT_EQ(256 + SIGKILL, peer_kill(server));
		EXPECT_EQ(256 + SIGKILL, peer_kill(client));
		close(ends[0]);
		close(ends[1]);
	}
}

/* Forks while threads are blocked; the child uses everything it got, and exits. */
static int use_inherited(void *arg)
{
	ATTACK *self = arg;
	struct qipc_msg_receive rcv;
	int coid;

	if (q_create(self->session, 0) != -ESTALE)
		return CHILD_NOT_REFUSED;
	if (q_receive_now(self->session, self->chid, self->mem, 8, &rcv) != -ESTALE)
		return CHILD_NOT_REFUSED;
	coid = q_attach_side(self->session, getppid(), self->chid);
	if (coid != -ESTALE)
		return CHILD_NOT_REFUSED;
	close(self->session);
	return 0;
}

/* In the memory of the owner, but not the owner. */
static int vfork_uses_session(int session, int chid)
{
	pid_t pid = vfork();

	if (!pid)
		_exit(q_empty(session, chid) ? CHILD_NOT_REFUSED : 0);
	return pid < 0 ? CHILD_SETUP : reap(pid);
}

TEST_F(attack, fork_while_others_are_blocked)
{
	struct peer *client = client_start(false, true, self->session, self->chid);
	struct peer *server = peer_start(false, self->session);
	int other = q_create(self->session, 0), i;
	struct qipc_msg_receive rcv;

	ASSERT_NE(NULL, client);
	ASSERT_NE(NULL, server);
	ASSERT_LT(0, other);
	peer_send(client, self->mem, LARGE, self->mem + LARGE, LARGE);
	peer_receive(server, other, self->mem + 2 * LARGE, 8);
	ASSERT_TRUE(peer_blocked(client));
	ASSERT_TRUE(peer_blocked(server));
	for (i = 0; i < 10; i++) {
		EXPECT_EQ(0, run_child(use_inherited, self));
		EXPECT_EQ(0, vfork_uses_session(self->session, self->chid));
		ASSERT_TRUE(client->running);
		ASSERT_TRUE(server->running);
	}
	ASSERT_EQ(0, q_receive_now(self->session, self->chid, self->mem, LARGE, &rcv));
	ASSERT_EQ(0, q_reply(self->session, rcv.rcvid, 3, NULL, 0));
	EXPECT_EQ(0, peer_wait(client));
	EXPECT_EQ(0, q_destroy(self->session, other));
	EXPECT_EQ(-ESRCH, peer_wait(server));
}

/* Shares memory and descriptors with a process that goes, but is another one. */
static int stay_behind(void *arg)
{
	(void)arg;
	while (pause())
		;
	return 0;
}

static long job_go_and_leave_a_twin(struct peer *peer)
{
	static char stack[65536];

	peer->value[3] = clone(stay_behind, stack + sizeof(stack),
			       CLONE_VM | CLONE_FILES | SIGCHLD, NULL);
	if (peer->value[3] < 0)
		return -errno;
	syscall(SYS_exit_group, 0);
	return 0;
}

static int sleep_with_the_parent(void *arg)
{
	(void)arg;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (pause())
		;
	return 0;
}

/* Asks for a signal, hands it to the server, and becomes another program while its memory lives on. */
static int ask_and_exec(pid_t server, int chid, int ready)
{
	static char stack[65536];
	/* Stays open in the new program. */
	int session = open(QIPC_DEVICE, O_RDWR), coid, handle;
	struct qipc_msg_send arg;

	coid = q_attach_side(session, server, chid);
	if (coid < 0)
		return CHILD_ATTACH;
	handle = q_register(session, event_signal(QIPC_EVENT_SIGNAL, SIGUSR1, 0, 0),
			    QIPC_EVENT_ANY_SERVER);
	if (handle <= 0)
		return CHILD_SETUP;
	if (q_send(session, coid, &handle, sizeof(handle), NULL, 0, &arg))
		return CHILD_SEND;
	if (clone(sleep_with_the_parent, stack + sizeof(stack), CLONE_VM | SIGCHLD, NULL) < 0)
		return CHILD_SETUP;
	return exec_assist("pause", ready);
}

/*
 * An exec may give a process rights that nobody has over it.  What the program
 * before it asked for is not for the one that runs now, even if the old memory,
 * and with it the session, still has another user.
 */
TEST_F(attack, signals_are_for_the_program_that_asked)
{
	struct qipc_msg_receive rcv;
	int handle = 0, ready[2], status;
	pid_t self_pid = getpid(), pid;
	char byte;

	ASSERT_EQ(0, pipe(ready));
	pid = fork();
	ASSERT_LE(0, pid);
	if (pid == 0)
		_exit(ask_and_exec(self_pid, self->chid, ready[1]));
	close(ready[1]);
	ASSERT_EQ(0, q_receive(self->session, self->chid, &handle, sizeof(handle), &rcv));
	ASSERT_LT(0, handle);
	EXPECT_EQ(0, q_verify(self->session, rcv.rcvid, event_handle(handle, 0)));
	ASSERT_EQ(0, q_reply(self->session, rcv.rcvid, 0, NULL, 0));
	/* The new program runs now. */
	ASSERT_EQ(1, read(ready[0], &byte, 1));
	EXPECT_EQ(-ESRCH, q_deliver(self->session, rcv.rcvid, event_handle(handle, 0)));
	EXPECT_EQ(0, waitpid(pid, &status, WNOHANG));
	EXPECT_EQ(0, kill(pid, SIGKILL));
	EXPECT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	close(ready[0]);
}

/* The session is watched through both, so it goes with the last user of either (CAVEATS.md). */
TEST_F(attack, owner_exits_but_its_memory_and_files_stay)
{
	struct peer *server, *client;

	server = peer_start(true, self->session);
	ASSERT_NE(NULL, server);
	ASSERT_EQ(0, peer_call(server, job_create));
	client = peer_start(true, self->session);
	ASSERT_NE(NULL, client);
	client->server = server->pid;
	client->chid = server->chid;
	ASSERT_EQ(0, peer_call(client, job_attach));
	peer_send(client, "anybody?", 8, NULL, 0);
	ASSERT_TRUE(peer_blocked(client));
	peer_go(server, job_go_and_leave_a_twin);
	EXPECT_EQ(0, reap(server->pid));
	ASSERT_LT(0, server->value[3]);
	EXPECT_EQ(0, kill(server->value[3], SIGKILL));
	EXPECT_EQ(-ESRCH, peer_wait(client));
	EXPECT_EQ(256 + SIGKILL, peer_kill(client));
}

/* --- descriptors ------------------------------------------------------------------------ */

static int pass_fd(int socket, int fd)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control = {};
	struct iovec byte = { .iov_base = "x", .iov_len = 1 };
	struct msghdr msg = {
		.msg_iov = &byte,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};

	control.header.cmsg_level = SOL_SOCKET;
	control.header.cmsg_type = SCM_RIGHTS;
	control.header.cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
	return sendmsg(socket, &msg, 0) == 1 ? 0 : -errno;
}

static int take_fd(int socket)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control = {};
	char data;
	struct iovec byte = { .iov_base = &data, .iov_len = 1 };
	struct msghdr msg = {
		.msg_iov = &byte,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	int fd;

	if (recvmsg(socket, &msg, 0) != 1 || !CMSG_FIRSTHDR(&msg))
		return -EBADMSG;
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(fd));
	return fd;
}

/* All descriptors of a process, each in flight in a socket that is in flight in the other. */
static int make_cycle(void *arg)
{
	int session = q_open(), pair[2], chid, conn, chfd, ep;
	struct epoll_event event = { .events = EPOLLIN | EPOLLET };

	(void)arg;
	chid = q_create(session, 0);
	conn = q_attach_fd(session, 0, chid);
	chfd = q_channel_fd(session, chid, 0);
	ep = epoll_create1(0);
	if (chid < 0 || conn < 0 || chfd < 0 || ep < 0)
		return CHILD_CREATE;
	if (q_attach_side(session, 0, chid) < 0)
		return CHILD_ATTACH;
	if (epoll_ctl(ep, EPOLL_CTL_ADD, chfd, &event))
		return CHILD_SETUP;
	/* A connection or a session cannot be waited for, or is always ready: no more. */
	epoll_ctl(ep, EPOLL_CTL_ADD, conn, &event);
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair))
		return CHILD_SETUP;
	if (pass_fd(pair[0], session) || pass_fd(pair[0], conn) || pass_fd(pair[0], chfd) ||
	    pass_fd(pair[0], ep) || pass_fd(pair[0], pair[1]) || pass_fd(pair[1], pair[0]))
		return CHILD_SETUP;
	return 0;
}

TEST_F(attack, cycles_of_descriptors)
{
	struct qipc_msg_receive rcv;
	int pair[2], conn, chfd, i;
	struct peer *client;
	struct pollfd ready;

	for (i = 0; i < 10; i++)
		EXPECT_EQ(0, run_child(make_cycle, NULL));
	/* In flight and back: still the same connection and the same channel. */
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	conn = q_attach_fd(self->session, 0, self->chid);
	chfd = q_channel_fd(self->session, self->chid, QIPC_FD_CLOEXEC);
	ASSERT_LE(0, conn);
	ASSERT_LE(0, chfd);
	ASSERT_EQ(0, pass_fd(pair[0], conn));
	ASSERT_EQ(0, pass_fd(pair[0], chfd));
	close(conn);
	close(chfd);
	conn = take_fd(pair[1]);
	chfd = take_fd(pair[1]);
	ASSERT_LE(0, conn);
	ASSERT_LE(0, chfd);
	client = peer_start(false, self->session);
	ASSERT_NE(NULL, client);
	client->fd = conn;
	client->coid = conn;
	peer_send(client, "back", 4, NULL, 0);
	ready = (struct pollfd){ .fd = chfd, .events = POLLIN };
	EXPECT_EQ(1, poll(&ready, 1, PATIENCE_MS));
	EXPECT_EQ(POLLIN, ready.revents);
	ASSERT_EQ(0, q_receive_now(self->session, self->chid, self->mem, 8, &rcv));
	EXPECT_EQ(0, q_reply(self->session, rcv.rcvid, 1, NULL, 0));
	EXPECT_EQ(0, peer_wait(client));
	/* The session's file in flight keeps nobody from ending it by an exit. */
	EXPECT_EQ(0, q_destroy(self->session, self->chid));
	EXPECT_EQ(1, poll(&ready, 1, PATIENCE_MS));
	EXPECT_EQ(POLLHUP, ready.revents);
	peer_send(client, "gone", 4, NULL, 0);
	EXPECT_EQ(-EBADF, peer_wait(client));
	close(conn);
	close(chfd);
	close(pair[0]);
	close(pair[1]);
}

/* Four kinds of descriptor, closed in every order, with a sender and a poller asleep. */
static int close_in_order(void *arg)
{
	int order = *(int *)arg, fds[4], chid, i, k;
	struct peer *client, *waiter;
	int used = 0;

	fds[0] = q_open();
	chid = q_create(fds[0], 0);
	fds[1] = q_attach_fd(fds[0], 0, chid);
	fds[2] = q_channel_fd(fds[0], chid, 0);
	fds[3] = dup(fds[1]);
	client = peer_start(false, fds[0]);
	waiter = peer_start(false, fds[0]);
	if (chid < 0 || fds[1] < 0 || fds[2] < 0 || fds[3] < 0 || !client || !waiter)
		return CHILD_SETUP;
	client->fd = fds[1];
	client->coid = fds[1];
	peer_send(client, "odd", 3, NULL, 0);
	if (!peer_blocked(client))
		return CHILD_SEND;
	for (i = 0; i < 4; i++) {
		k = (order >> (2 * i)) % 4;
		while (used & (1 << k))
			k = (k + 1) % 4;
		used |= 1 << k;
		if (close(fds[k]))
			return CHILD_SETUP;
	}
	/* The session went with its last descriptor. */
	return peer_wait(client) == -ESRCH ? 0 : CHILD_WRONG_ERRNO;
}

TEST_F(attack, odd_orders_of_closing)
{
	int order;

	for (order = 0; order < 256; order += 9)
		EXPECT_EQ(0, run_child(close_in_order, &order));
}

/* --- numbers and shapes ----------------------------------------------------------------- */

/* An unanswered message keeps its id while the channel goes through a block of them. */
TEST_F(attack, ids_of_an_old_message)
{
	struct peer *old = client_start(false, false, self->session, self->chid);
	struct peer *new = client_start(false, false, self->session, self->chid);
	struct qipc_msg_receive first, rcv;
	struct qipc_msg_info info;
	int64_t end = now_us() + 8000000;
	int i;

	ASSERT_NE(NULL, old);
	ASSERT_NE(NULL, new);
	peer_send(old, "old", 4, NULL, 0);
	ASSERT_TRUE(peer_blocked(old));
	ASSERT_EQ(0, q_receive_now(self->session, self->chid, self->mem, 8, &first));
	peer_send(new, "new", 4, NULL, 0);
	ASSERT_TRUE(peer_blocked(new));
	/* Each refused receive uses an id up. */
	for (i = 0; i < 2 * 65536 + 100 && now_us() < end; i++)
		ASSERT_EQ(-EFAULT, q_receive_now(self->session, self->chid, self->bad, 8, &rcv));
	ASSERT_EQ(0, q_receive_now(self->session, self->chid, self->mem, 8, &rcv));
	EXPECT_LT(0, rcv.rcvid);
	EXPECT_GE(INT_MAX, rcv.rcvid);
	EXPECT_NE(first.rcvid, rcv.rcvid);
	EXPECT_EQ(0, q_info(self->session, first.rcvid, &info));
	EXPECT_EQ(old->coid, info.coid);
	EXPECT_EQ(0, q_info(self->session, rcv.rcvid, &info));
	EXPECT_EQ(new->coid, info.coid);
	/* What lies between them names nothing. */
	EXPECT_EQ(-ESRCH, q_reply(self->session, first.rcvid + 1, 0, NULL, 0));
	EXPECT_EQ(-ESRCH, q_reply(self->session, rcv.rcvid - 1, 0, NULL, 0));
	EXPECT_EQ(-ESRCH, q_reply(self->session, rcv.rcvid + 1, 0, NULL, 0));
	EXPECT_EQ(0, q_reply(self->session, first.rcvid, 1, NULL, 0));
	EXPECT_EQ(0, q_reply(self->session, rcv.rcvid, 2, NULL, 0));
	EXPECT_EQ(0, peer_wait(old));
	EXPECT_EQ(0, peer_wait(new));
	EXPECT_EQ(1, old->send.status);
	EXPECT_EQ(2, new->send.status);
	if (i < 65536)
		TH_LOG("only %d ids in the time there was", i);
}

static int is_expected(long ret)
{
	switch (ret) {
	case 0:
	case -EINVAL: case -E2BIG: case -EFAULT: case -ENOTTY: case -ESRCH: case -EBADF:
	case -EAGAIN: case -EOVERFLOW: case -ENONET: case -EINTR: case -ENOMEM: case -EMFILE:
	case -EACCES: case -EPERM: case -EBUSY: case -ETIMEDOUT: case -ENOENT: case -EEXIST:
	case -ENAMETOOLONG: case -EOPNOTSUPP:
		return 1;
	default:
		return ret > 0 && ret < 1024;
	}
}

/*
 * Calls with arguments that are mostly nonsense, from 64 and 32 bits; a timer
 * gets those that block out again.  value[0] is the seed.
 */
static int nonsense(void *arg)
{
	uint64_t *word = mmap(NULL, 4 * page_size(), PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	struct itimerspec tick = { .it_interval = { 0, 3000000 }, .it_value = { 0, 3000000 } };
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1 };
	const uint64_t likely[] = {
		0, 1, 2, 5, 256, 257, 4096, 524288, 524289, INT_MAX, UINT_MAX, INT64_MAX,
		UINT64_MAX, 0x40000001, 0x10001, 0x100000002, (uintptr_t)word,
		(uintptr_t)word + 4096, 0x0000000500000001,
	};
	const unsigned int sizes[] = { 8, 24, 40, 48, 56, 72, 96, 144, 16, 200, 32, 64, 104, 152 };
	struct rlimit limit = { 64, 64 };
	int64_t end = now_us() + 1000000;
	unsigned int request, size;
	int fds[3], i, fd;
	timer_t timer;
	sigset_t set;
	long ret;

	random_state = *(int *)arg;
	handle_usr1();
	/* Events may be signals. */
	sigfillset(&set);
	sigdelset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	if (word == MAP_FAILED || timer_create(CLOCK_MONOTONIC, &event, &timer) ||
	    timer_settime(timer, 0, &tick, NULL))
		return CHILD_SETUP;
	mprotect((char *)word + 3 * page_size(), page_size(), PROT_NONE);
	setrlimit(RLIMIT_NOFILE, &limit);
	fds[0] = q_open();
	if (q_create(fds[0], 0) != 1)
		return CHILD_CREATE;
	fds[1] = q_attach_fd(fds[0], 0, 1);
	fds[2] = q_channel_fd(fds[0], 1, 0);
	if (q_attach_side(fds[0], 0, 1) < 0)
		return CHILD_ATTACH;
	while (now_us() < end) {
		for (i = 0; i < 64; i++)
			word[i] = random_below(3) ? likely[random_below(ARRAY_SIZE(likely))] :
						    mix64(random_state + i) >> random_below(64);
		fd = fds[random_below(8) ? 0 : random_below(3)];
		switch (random_below(4)) {
		case 0:
			request = _IOWR('q', random_below(0x22) + 0x20, char[64]);
			break;
		case 1:
			request = _IOW('q', random_below(0x22) + 0x20, char[8]);
			break;
		default:
			size = sizes[random_below(ARRAY_SIZE(sizes))];
			request = (random_below(2) ? 0xc0000000 : 0x40000000) | size << 16 |
				  'q' << 8 | (0x20 + random_below(0x20));
		}
		if (random_below(2))
			ret = q_ioctl(fd, request, random_below(20) ? word :
				      (void *)likely[random_below(ARRAY_SIZE(likely))]);
		else
			ret = compat_ioctl(fd, request, word);
		if (!is_expected(ret)) {
			dprintf(STDOUT_FILENO, "# request %x returned %ld\n", request, ret);
			return CHILD_WRONG_ERRNO;
		}
		/* Descriptors that were made, except for our own. */
		if (ret >= 0)
			for (fd = 3; fd < 64; fd++)
				if (fd != fds[0] && fd != fds[1] && fd != fds[2])
					close(fd);
	}
	/* The channel may have been destroyed; the session is as it was. */
	return q_create(fds[0], 0) > 0 ? 0 : CHILD_CREATE;
}

TEST_F(attack, nonsense)
{
	int seed[] = { 1, 2 }, i, ret;

	for (i = 0; i < 2; i++) {
		ret = run_child(nonsense, &seed[i]);
		/* It may have asked for its death: with a signal, or a pool of pulses that is full. */
		EXPECT_TRUE(ret == 0 || ret == 256 + SIGKILL) {
			TH_LOG("seed %d: %d", seed[i], ret);
		}
	}
}

/* Half a million parts, none of which is any use, on every side of every call. */
TEST_F_TIMEOUT(attack, empty_parts_by_the_hundred_thousand, 120)
{
	const size_t count = QIPC_MAX_PARTS;
	struct qipc_iov *parts = private_alloc(count * sizeof(*parts));
	struct peer *client = client_start(false, false, self->session, self->chid);
	struct qipc_msg_receive rcv;
	size_t i;

	ASSERT_NE(NULL, client);
	for (i = 0; i < count; i++)
		parts[i] = iov((void *)(mix64(i) | 1), 0);
	parts[count - 1] = iov(self->mem, 600);
	pattern_fill(self->mem, 600, 5);
	send_args(&client->send, client->coid, parts, count, parts, count);
	client->send.flags = 0;
	peer_go(client, job_send);
	ASSERT_TRUE(peer_blocked(client));
	ASSERT_EQ(0, q_receivev_now(self->session, self->chid, parts, count, &rcv));
	EXPECT_EQ(600, rcv.info.msglen);
	EXPECT_EQ(600, rcv.info.srcmsglen);
	EXPECT_EQ(600, q_readv(self->session, rcv.rcvid, parts, count, 0));
	EXPECT_EQ(1, q_readv(self->session, rcv.rcvid, parts, count, 599));
	EXPECT_EQ(0, q_readv(self->session, rcv.rcvid, parts, count, UINT64_MAX));
	EXPECT_EQ(0, q_writev(self->session, rcv.rcvid, parts, count, UINT64_MAX));
	EXPECT_EQ(0, q_readv(self->session, rcv.rcvid, parts, count, 1ULL << 32));
	EXPECT_EQ(0, q_readv(self->session, rcv.rcvid, parts, count, (1ULL << 32) + 600));
	EXPECT_EQ(0, q_replyv(self->session, rcv.rcvid, 6, parts, count));
	EXPECT_EQ(0, peer_wait(client));
	EXPECT_EQ(6, client->send.status);
}

TEST_HARNESS_MAIN
