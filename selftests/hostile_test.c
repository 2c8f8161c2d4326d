// SPDX-License-Identifier: GPL-2.0-only
/*
 * A client that wants to keep a server from its other clients: with memory that
 * never comes, or comes slowly, with lists of a half million parts, floods of
 * pulses and messages, and storms of connections.  What another client sees of
 * it is bounded, and is measured here.
 *
 * The order of events decides wherever it can: how many of the hostile client's
 * things the server gets before the other client's message.  Times are compared
 * with the configured bound only, and leave a loaded machine room.
 *
 * timeout 180
 */
#include <stddef.h>

#include <linux/userfaultfd.h>

#include "kselftest_harness.h"
#include "qipc_test.h"

enum {
	LEN = 1024 * 1024,	/* of a buffer that never comes */
	PARTS = 16,		/* that it is sent in */
	PAGE_DELAY_US = 10000,	/* of one that comes page by page: a part comes within the bound */
	CROWD = 3,
	THREADS = 8,		/* of a client that sends as fast as it can */
	POOL = 16384,		/* pulses that a channel takes */
	RUN = 64,		/* of disconnections, while a message waits */
	/* What a machine may need beyond the bound, loaded as it may be. */
	MARGIN_MS = 8000 * SLOW,
};

/* What the server does with the message of the hostile client. */
enum copy { RECEIVE, READ, WRITE, REPLY };

FIXTURE(hostile) {
	int session;
	int chid;
	char *mem;
	struct peer *bad;	/* hostile */
	struct peer *good;	/* another client */
};

FIXTURE_SETUP(hostile)
{
	self->session = q_open();
	ASSERT_LE(0, self->session);
	self->chid = q_create(self->session, QIPC_CHF_DISCONNECT);
	ASSERT_LT(0, self->chid);
	self->mem = private_alloc(LEN);
	ASSERT_NE(NULL, self->mem);
	self->bad = client_start(true, false, self->session, self->chid);
	ASSERT_NE(NULL, self->bad);
	self->good = client_start(true, false, self->session, self->chid);
	ASSERT_NE(NULL, self->good);
}

FIXTURE_TEARDOWN(hostile)
{
	peer_kill(self->bad);
	peer_kill(self->good);
}

/* --- memory that does not come -------------------------------------------------------- */

struct pager {
	struct peer *peer;
	int fd;
	char *memory;
};

/* Answers one fault after the other with one page each, after a while; value[3] counts. */
static void *page_by_page(void *arg)
{
	struct pager *pager = arg;
	struct pollfd ready = { .fd = pager->fd, .events = POLLIN };
	struct uffdio_zeropage page = { .range.len = page_size() };
	struct uffd_msg msg;

	for (;;) {
		if (poll(&ready, 1, -1) != 1 || read(pager->fd, &msg, sizeof(msg)) != sizeof(msg))
			continue;
		if (msg.event != UFFD_EVENT_PAGEFAULT)
			continue;
		sleep_us(pager->peer->value[2]);
		page.range.start = msg.arg.pagefault.address & ~(page_size() - 1);
		if (!ioctl(pager->fd, UFFDIO_ZEROPAGE, &page))
			pager->peer->value[3]++;
	}
	return NULL;
}

/*
 * Sends value[0] and has answered value[1] bytes in memory that never comes, or,
 * after value[2] microseconds a page, comes slowly.
 */
static long job_trap(struct peer *peer)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register range = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	struct pager pager = { .peer = peer };
	pthread_t thread;
	long ret;
	int i;

	pager.memory = private_alloc(LEN);
	pager.fd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
	range.range.start = (uintptr_t)pager.memory;
	range.range.len = LEN;
	if (pager.fd < 0 || ioctl(pager.fd, UFFDIO_API, &api) ||
	    ioctl(pager.fd, UFFDIO_REGISTER, &range))
		return -EOPNOTSUPP;
	if (peer->value[2] && pthread_create(&thread, NULL, page_by_page, &pager))
		return -EAGAIN;
	/* In parts, each of which the module asks for by itself. */
	for (i = 0; i < PARTS; i++) {
		peer->parts[i] = iov(pager.memory + i * (LEN / PARTS), peer->value[0] / PARTS);
		peer->parts[PARTS + i] = iov(pager.memory + i * (LEN / PARTS),
					     peer->value[1] / PARTS);
	}
	send_args(&peer->send, peer->coid, peer->parts, PARTS, peer->parts + PARTS, PARTS);
	peer->send.flags = 0;
	ret = job_send(peer);
	close(pager.fd);
	return ret;
}

static void trap(struct peer *peer, long slen, long rlen, long delay)
{
	peer->value[0] = slen;
	peer->value[1] = rlen;
	peer->value[2] = delay;
	peer->value[3] = 0;
	peer_go(peer, job_trap);
}

/* The next message is the good client's; takes and answers it. */
static bool next_is_good(int session, int chid, char *buf)
{
	struct qipc_msg_receive rcv;

	if (q_receive(session, chid, buf, LEN, &rcv))
		return false;
	return rcv.info.msglen == 4 && !memcmp(buf, "good", 4) &&
	       !q_reply(session, rcv.rcvid, 0, NULL, 0);
}

static bool within(const char *what, int64_t took_us, long least_ms, long most_ms)
{
	printf("# %s: the other client waited %ld ms, bound %ld ms\n", what,
	       (long)(took_us / 1000), most_ms - MARGIN_MS);
	return took_us >= least_ms * 1000LL && took_us <= most_ms * 1000LL;
}

/*
 * Whatever the server copies, the other client, who is queued behind, waits for
 * the bound; and the hostile one is told that its memory is at fault.
 */
static int held_up(struct peer *bad, struct peer *good, int session, int chid, char *mem,
		   enum copy copy, long delay, int64_t *took)
{
	static const char *const reading = "good";
	bool reply = copy == WRITE || copy == REPLY;
	struct qipc_msg_receive rcv;
	uint32_t side = SENTINEL32;
	int64_t begin;
	int ret;

	trap(bad, reply ? 0 : LEN, reply ? LEN : 0, delay);
	if (!peer_blocked(bad))
		return 1;
	if (copy != RECEIVE && q_receive(session, chid, NULL, 0, &rcv))
		return 2;
	peer_send(good, reading, 4, NULL, 0);
	if (!peer_blocked(good))
		return 3;
	begin = now_us();
	if (copy == READ || copy == WRITE) {
		ret = q_transfer(session, copy == READ ? QIPC_MSG_READ : QIPC_MSG_WRITE,
				 rcv.rcvid, 0, mem, LEN, QIPC_BUF, &side);
		if (ret != -EFAULT || side != QIPC_SIDE_CLIENT)
			return 4;
	}
	if (copy == REPLY &&
	    (q_reply_full(session, rcv.rcvid, 0, mem, LEN, QIPC_BUF, &side) != -EFAULT ||
	     side != QIPC_SIDE_CLIENT))
		return 5;
	if (!next_is_good(session, chid, mem))
		return 6;
	*took = now_us() - begin;
	if (peer_wait(good))
		return 7;
	if (copy == READ || copy == WRITE)
		return q_reply(session, rcv.rcvid, 0, NULL, 0) || peer_wait(bad) ? 8 : 0;
	if (peer_wait(bad) != -EFAULT || bad->send.side != QIPC_SIDE_CLIENT)
		return 9;
	return 0;
}

TEST_F_TIMEOUT(hostile, memory_never_comes, 120)
{
	static const char *const names[] = { "receive", "read", "write", "reply" };
	int64_t took;
	int copy;

	for (copy = RECEIVE; copy <= REPLY; copy++) {
		ASSERT_EQ(0, held_up(self->bad, self->good, self->session, self->chid, self->mem,
				     copy, 0, &took)) {
			TH_LOG("%s", names[copy]);
		}
		EXPECT_TRUE(within(names[copy], took, bound_ms(), bound_ms() + MARGIN_MS));
	}
}

/* Each page comes well within the bound, all of them do not: it is the copy that is bounded. */
TEST_F_TIMEOUT(hostile, memory_comes_page_by_page, 120)
{
	int64_t took;
	int copy;

	ASSERT_LT(2 * bound_ms() * 1000, (long)(LEN / page_size()) * PAGE_DELAY_US);
	for (copy = RECEIVE; copy <= REPLY; copy += REPLY - RECEIVE) {
		ASSERT_EQ(0, held_up(self->bad, self->good, self->session, self->chid, self->mem,
				     copy, PAGE_DELAY_US, &took));
		/* It did come in part, and the other client was served long before the rest. */
		EXPECT_LT(0, self->bad->value[3]);
		EXPECT_GT((long)(LEN / page_size()), self->bad->value[3]);
		EXPECT_TRUE(within("a page at a time", took, 0, bound_ms() + MARGIN_MS));
	}
}

/* Several of them: each costs the bound once, and those in front of them nothing. */
TEST_F_TIMEOUT(hostile, a_crowd_whose_memory_never_comes, 120)
{
	struct peer *bad[CROWD], *first;
	int64_t begin;
	int i;

	first = client_start(true, false, self->session, self->chid);
	ASSERT_NE(NULL, first);
	peer_send(first, "good", 4, NULL, 0);
	ASSERT_TRUE(peer_blocked(first));
	for (i = 0; i < CROWD; i++) {
		bad[i] = client_start(true, false, self->session, self->chid);
		ASSERT_NE(NULL, bad[i]);
		trap(bad[i], LEN, 0, 0);
		ASSERT_TRUE(peer_blocked(bad[i]));
	}
	peer_send(self->good, "good", 4, NULL, 0);
	ASSERT_TRUE(peer_blocked(self->good));
	EXPECT_TRUE(next_is_good(self->session, self->chid, self->mem));
	EXPECT_EQ(0, peer_wait(first));
	/* None of the crowd has had its turn. */
	for (i = 0; i < CROWD; i++)
		EXPECT_TRUE(bad[i]->running);
	begin = now_us();
	EXPECT_TRUE(next_is_good(self->session, self->chid, self->mem));
	EXPECT_TRUE(within("a crowd", now_us() - begin, CROWD * bound_ms(),
			   CROWD * bound_ms() + MARGIN_MS));
	EXPECT_EQ(0, peer_wait(self->good));
	for (i = 0; i < CROWD; i++) {
		EXPECT_EQ(-EFAULT, peer_wait(bad[i]));
		EXPECT_EQ(256 + SIGKILL, peer_kill(bad[i]));
	}
	EXPECT_EQ(256 + SIGKILL, peer_kill(first));
}

/*
 * The hostile client is stopped, so that it cannot even begin to get its memory:
 * its message is out of the queue until it goes on, and then costs what it costs.
 */
TEST_F_TIMEOUT(hostile, memory_of_a_stopped_client, 120)
{
	int64_t begin;
	int i;

	trap(self->bad, LEN, 0, 0);
	ASSERT_TRUE(peer_blocked(self->bad));
	ASSERT_EQ(0, kill(self->bad->pid, SIGSTOP));
	for (i = 0; i < 2; i++) {
		peer_send(self->good, "good", 4, NULL, 0);
		ASSERT_TRUE(peer_blocked(self->good));
		begin = now_us();
		EXPECT_TRUE(next_is_good(self->session, self->chid, self->mem));
		EXPECT_TRUE(within("stopped", now_us() - begin, 0, bound_ms() + MARGIN_MS));
		EXPECT_EQ(0, peer_wait(self->good));
		if (i)
			break;
		ASSERT_EQ(0, kill(self->bad->pid, SIGCONT));
		ASSERT_TRUE(peer_blocked(self->bad));
	}
	EXPECT_EQ(-EFAULT, peer_wait(self->bad));
}

/* A second thread of the server is not held up at all. */
TEST_F_TIMEOUT(hostile, another_thread_of_the_server_goes_on, 120)
{
	struct peer *thread = peer_start(false, self->session);
	struct qipc_msg_receive rcv;
	int i;

	ASSERT_NE(NULL, thread);
	trap(self->bad, LEN, 0, 0);
	ASSERT_TRUE(peer_blocked(self->bad));
	/* It takes the trap, and sleeps in it. */
	peer_receive(thread, self->chid, self->mem, LEN);
	ASSERT_TRUE(peer_blocked(thread));
	for (i = 0; i < 10; i++) {
		peer_send(self->good, "good", 4, NULL, 0);
		ASSERT_EQ(0, q_receive(self->session, self->chid, self->mem, 4, &rcv));
		/* After the bound the other thread may be the one that gets it. */
		if (!thread->running)
			break;
		ASSERT_EQ(0, q_reply(self->session, rcv.rcvid, 0, NULL, 0));
		ASSERT_EQ(0, peer_wait(self->good));
	}
	EXPECT_LT(0, i);
	TH_LOG("%d messages beside the trap", i);
}

/* --- lists of parts --------------------------------------------------------------------- */

/* As many parts as there may be, of value[0] bytes each, all in one page. */
static long job_send_parts(struct peer *peer)
{
	struct qipc_iov *parts = private_alloc(QIPC_MAX_PARTS * sizeof(*parts));
	char *page = private_alloc(page_size());
	size_t i;

	for (i = 0; i < QIPC_MAX_PARTS; i++)
		parts[i] = iov(page, peer->value[0]);
	if (!peer->value[0])
		parts[i - 1] = iov(page, 512);
	page[0] = 1;
	send_args(&peer->send, peer->coid, parts, QIPC_MAX_PARTS, NULL, 0);
	peer->send.flags = QIPC_REPLY_BUF;
	return job_send(peer);
}

/*
 * The server copies no more than it has asked for, and walks a list once: two
 * gigabytes, or a half million empty parts, cost it one message.
 */
TEST_F_TIMEOUT(hostile, gigabytes_in_parts, 120)
{
	static const long lens[] = { 4095, 0 };
	struct qipc_msg_receive rcv;
	int64_t begin, took;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(lens); i++) {
		int64_t total = lens[i] ? lens[i] * (int64_t)QIPC_MAX_PARTS : 512;

		self->bad->value[0] = lens[i];
		peer_go(self->bad, job_send_parts);
		ASSERT_TRUE(peer_blocked(self->bad));
		peer_send(self->good, "good", 4, NULL, 0);
		ASSERT_TRUE(peer_blocked(self->good));
		begin = now_us();
		ASSERT_EQ(0, q_receive_now(self->session, self->chid, self->mem, 64, &rcv));
		took = now_us() - begin;
		EXPECT_EQ(total, rcv.info.srcmsglen);
		EXPECT_EQ(64, rcv.info.msglen);
		EXPECT_TRUE(next_is_good(self->session, self->chid, self->mem));
		EXPECT_EQ(0, peer_wait(self->good));
		/* Its end is as near as its beginning, and behind it there is nothing. */
		EXPECT_EQ(10, q_read(self->session, rcv.rcvid, self->mem, 64, total - 10));
		EXPECT_EQ(0, q_read(self->session, rcv.rcvid, self->mem, 64, total));
		EXPECT_EQ(0, q_reply(self->session, rcv.rcvid, 0, NULL, 0));
		EXPECT_EQ(0, peer_wait(self->bad));
		TH_LOG("%d parts of %ld: %ld us in the receive", QIPC_MAX_PARTS, lens[i],
		       (long)took);
	}
}

/* --- floods ------------------------------------------------------------------------------ */

/* Pulses of its own priority until it is killed. */
static long job_pulse_flood(struct peer *peer)
{
	for (;;)
		if (q_pulse(peer->session, peer->coid, -1, 1, 0) == -EAGAIN)
			peer->value[0] = 1;
	return 0;
}

/* How many pulses and messages of others are received before the good client's message. */
static long ahead_of_good(int session, int chid, struct peer *good)
{
	struct qipc_msg_receive rcv;
	struct qipc_pulse buf;
	long ahead;

	for (ahead = 0; good->running; ahead++) {
		if (q_receive_now(session, chid, &buf, sizeof(buf), &rcv))
			return -1;
		if (!rcv.rcvid) {
			if (buf.code == QIPC_PULSE_DISCONNECT)
				q_detach(session, buf.scoid);
			continue;
		}
		if (q_reply(session, rcv.rcvid, 0, NULL, 0))
			return -2;
		if (rcv.info.pid == good->pid)
			return ahead;
		if (ahead > 2 * POOL)
			break;
		/* Whoever was answered sends again before the next receive. */
		sleep_us(1000);
	}
	return -3;
}

/* The same for so many messages of the good client one after the other: the most of them. */
static long most_ahead(int session, int chid, struct peer *good, int messages)
{
	long ahead, most = 0;

	while (messages--) {
		peer_send(good, "good", 4, NULL, 0);
		if (!peer_blocked(good))
			return -4;
		ahead = ahead_of_good(session, chid, good);
		if (ahead < 0)
			return ahead;
		if (peer_wait(good))
			return -5;
		most = ahead > most ? ahead : most;
	}
	return most;
}

/* No more pulses than the channel takes are ahead of a message of their priority. */
TEST_F_TIMEOUT(hostile, flood_of_pulses, 120)
{
	long most;

	self->bad->value[0] = 0;
	peer_go(self->bad, job_pulse_flood);
	while (!self->bad->value[0])
		sleep_us(1000);
	most = most_ahead(self->session, self->chid, self->good, 3);
	EXPECT_GE(POOL, most);
	EXPECT_LT(0, most);
	TH_LOG("%ld pulses ahead at most", most);
}

static void *send_always(void *arg)
{
	struct peer *peer = arg;
	struct qipc_msg_send send;

	for (;;)
		q_send(peer->session, peer->coid, "bad", 3, NULL, 0, &send);
	return NULL;
}

static long job_message_flood(struct peer *peer)
{
	pthread_t thread;
	int i;

	for (i = 1; i < THREADS; i++)
		if (pthread_create(&thread, NULL, send_always, peer))
			return -EAGAIN;
	send_always(peer);
	return 0;
}

/* A client has its place in the queue: each thread of another one is ahead of it once. */
TEST_F_TIMEOUT(hostile, flood_of_messages, 120)
{
	struct qipc_msg_receive rcv;
	long most;

	peer_go(self->bad, job_message_flood);
	ASSERT_EQ(0, q_receive(self->session, self->chid, self->mem, 8, &rcv));
	ASSERT_EQ(0, q_reply(self->session, rcv.rcvid, 0, NULL, 0));
	most = most_ahead(self->session, self->chid, self->good, 50);
	EXPECT_GE(THREADS, most);
	EXPECT_LT(0, most);
	TH_LOG("%ld messages ahead at most", most);
}

/* --- storms of connections ----------------------------------------------------------------- */

/* Connects and disconnects; value[0] counts, value[1] is the last thing that went wrong. */
static long job_connect_storm(struct peer *peer)
{
	int coid;

	q_detach(peer->session, peer->coid);
	for (;;) {
		coid = q_attach_side(peer->session, peer->server, peer->chid);
		if (coid < 0)
			peer->value[1] = coid;
		else if (q_detach(peer->session, coid))
			peer->value[1] = -EBADMSG;
		peer->value[0]++;
	}
	return 0;
}

/* The server is told of each of them, ahead of all messages; but not of them alone. */
TEST_F_TIMEOUT(hostile, storm_of_connections, 120)
{
	long most;

	self->bad->value[0] = 0;
	self->bad->value[1] = 0;
	peer_go(self->bad, job_connect_storm);
	most = most_ahead(self->session, self->chid, self->good, 20);
	ASSERT_LE(0, most);
	EXPECT_GE(RUN, most);
	EXPECT_LT(0, self->bad->value[0]);
	EXPECT_EQ(0, self->bad->value[1]);
	TH_LOG("%ld connections; %ld pulses ahead at most", (long)self->bad->value[0], most);
}

TEST_HARNESS_MAIN
