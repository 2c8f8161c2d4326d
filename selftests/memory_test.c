// SPDX-License-Identifier: GPL-2.0-only
/*
 * The memory of clients, of each kind that there is: large messages are copied
 * straight out of it and into it, and how its pages are reached depends on what
 * they are.
 *
 * timeout 180
 */
#include <stddef.h>

#include <linux/userfaultfd.h>

#include "kselftest_harness.h"
#include "qipc_test.h"

#define HUGE_PAGE	(2UL * 1024 * 1024)
/* Not whole pages, on purpose. */
#define SIZE		(HUGE_PAGE + 300 * 1024 + 77)
#define OFFSET		123
#define ROOM		(2 * HUGE_PAGE)
#define SECRET		(32 * 1024)

#ifndef MADV_COLD
#define MADV_COLD	20
#endif

enum kind {
	SMALL_PAGES,
	HUGE_PAGES,
	SPLIT_HUGE,	/* a huge page that is not mapped as one any more */
	SCATTERED,	/* neighbours that are none in memory */
	HALF_SHARED,	/* in the middle another mapping begins */
	HOLES,		/* pages that nobody has touched yet */
	UNTOUCHED,	/* all of them */
	COPY_ON_WRITE,	/* a child has the same pages */
	OF_A_FILE,	/* private, of a file */
	SHARED,
	LAZILY_FREED,	/* MADV_FREE: may go as long as nobody writes */
	COLD,		/* MADV_COLD: nobody has used it for long, as the kernel sees it */
	KINDS
};

FIXTURE(memory) {
	int session;
	int chid;
	struct peer *client;
	unsigned char *buf;
};

FIXTURE_SETUP(memory)
{
	self->session = q_open();
	ASSERT_LE(0, self->session);
	self->chid = q_create(self->session, 0);
	ASSERT_LT(0, self->chid);
	self->client = client_start(true, false, self->session, self->chid);
	ASSERT_NE(NULL, self->client);
	self->buf = private_alloc(ROOM);
	ASSERT_NE(NULL, self->buf);
}

FIXTURE_TEARDOWN(memory)
{
}

/* An aligned place of ROOM bytes. */
static unsigned char *place(void)
{
	unsigned char *p = private_alloc(ROOM + HUGE_PAGE);

	if (!p)
		return NULL;
	return (unsigned char *)(((uintptr_t)p + HUGE_PAGE - 1) & ~(HUGE_PAGE - 1));
}

static bool map_over(unsigned char *p, size_t len, int flags, int fd)
{
	return mmap(p, len, PROT_READ | PROT_WRITE, flags | MAP_FIXED, fd, 0) == p;
}

/* Memory of this kind with a pattern in it, but for what nobody may touch. */
static unsigned char *make_memory(enum kind kind, uint64_t seed)
{
	unsigned char *p = place();
	size_t i;
	int fd;

	if (!p)
		return NULL;
	/* Real-time kernels have no huge pages, and do not know the advice. */
	madvise(p, ROOM, kind == HUGE_PAGES || kind == SPLIT_HUGE ? MADV_HUGEPAGE :
								    MADV_NOHUGEPAGE);
	if (kind == UNTOUCHED)
		return p;
	if (kind == HALF_SHARED && !map_over(p + ROOM / 4, ROOM / 4, MAP_SHARED | MAP_ANONYMOUS, -1))
		return NULL;
	if (kind == SHARED && !map_over(p, ROOM, MAP_SHARED | MAP_ANONYMOUS, -1))
		return NULL;
	if (kind == OF_A_FILE) {
		fd = syscall(SYS_memfd_create, "qipc", 0);
		if (fd < 0 || ftruncate(fd, ROOM) || !map_over(p, ROOM, MAP_PRIVATE, fd))
			return NULL;
		close(fd);
	}
	if (kind == SCATTERED)
		for (i = 0; i < ROOM / page_size(); i++)
			p[i * 37 % (ROOM / page_size()) * page_size()] = 1;
	pattern_fill(p + OFFSET, SIZE, seed);
	if (kind == HOLES)
		for (i = 3; i < ROOM / page_size(); i += 3)
			madvise(p + i * page_size(), page_size(), MADV_DONTNEED);
	if (kind == SPLIT_HUGE) {
		/* The kernel splits what it maps as one to change a part. */
		if (mprotect(p + 7 * page_size(), page_size(), PROT_READ) ||
		    mprotect(p + 7 * page_size(), page_size(), PROT_READ | PROT_WRITE))
			return NULL;
	}
	if (kind == LAZILY_FREED)
		madvise(p, ROOM, MADV_FREE);
	if (kind == COLD)
		madvise(p, ROOM, MADV_COLD);
	return p;
}

/* Where such memory differs from what it has to be, or -1; pages that went read as zeros. */
static ssize_t memory_differs(const unsigned char *p, enum kind kind, uint64_t seed, size_t from,
			      size_t len)
{
	static unsigned char want[ROOM];
	size_t i;

	memset(want, 0, OFFSET);
	pattern_fill(want + OFFSET, SIZE, seed);
	for (i = 0; i < ROOM; i += page_size())
		if (kind == UNTOUCHED || (kind == HOLES && i && i / page_size() % 3 == 0))
			memset(want + i, 0, page_size());
	if (!memcmp(p, want + OFFSET + from, len))
		return -1;
	for (i = 0; i < len && p[i] == want[OFFSET + from + i]; i++)
		;
	return i;
}

/* A child with the same pages, which says at the end whether they stayed what they were. */
static pid_t witness(const unsigned char *sent, const unsigned char *reply, int *go)
{
	int fds[2];
	pid_t pid;
	char c;

	if (pipe(fds))
		return -1;
	pid = fork();
	if (!pid) {
		close(fds[1]);
		if (read(fds[0], &c, 1))
			_exit(1);
		if (memory_differs(sent + OFFSET, COPY_ON_WRITE, 1, 0, SIZE) >= 0)
			_exit(2);
		_exit(memory_differs(reply + OFFSET, COPY_ON_WRITE, 2, 0, SIZE) >= 0 ? 3 : 0);
	}
	close(fds[0]);
	*go = fds[1];
	return pid;
}

/*
 * Sends memory of kind value[0] and has it answered into memory of that kind:
 * the server writes SIZE / 2 bytes of seed 3 to the beginning, then replies
 * with as many of seed 4.
 */
static long job_exchange(struct peer *peer)
{
	enum kind kind = peer->value[0];
	unsigned char *sent = make_memory(kind, 1);
	unsigned char *reply = make_memory(kind, 2);
	int status, go = -1;
	pid_t child = 0;
	size_t i;
	long ret;

	if (!sent || !reply)
		return -ENOMEM;
	if (kind == COPY_ON_WRITE)
		child = witness(sent, reply, &go);
	if (child < 0)
		return -EAGAIN;
	send_args(&peer->send, peer->coid, sent + OFFSET, SIZE, reply + OFFSET, SIZE);
	ret = q_ioctl(peer->fd, QIPC_MSG_SEND, &peer->send);
	if (ret)
		return ret;
	if (memory_differs(sent + OFFSET, kind, 1, 0, SIZE) >= 0)
		return -EBADMSG;
	if (memory_differs(reply + OFFSET, SMALL_PAGES, 4, 0, SIZE / 2) >= 0)
		return -EILSEQ;
	if (memory_differs(reply + OFFSET + SIZE / 2, kind, 2, SIZE / 2, SIZE - SIZE / 2) >= 0)
		return -EOVERFLOW;
	/* Nothing lies before it; the first byte may have been used to touch the page. */
	for (i = 1; i < OFFSET; i++)
		if (reply[i])
			return -EFBIG;
	if (child) {
		close(go);
		if (waitpid(child, &status, 0) != child || status)
			return -ESTALE;
	}
	return 0;
}

TEST_F_TIMEOUT(memory, each_kind_both_ways, 120)
{
	const size_t at = SIZE / 3 + 5;
	struct qipc_msg_receive rcv;
	int kind;

	for (kind = 0; kind < KINDS; kind++) {
		TH_LOG("kind %d", kind);
		self->client->value[0] = kind;
		peer_go(self->client, job_exchange);
		sentinel_fill(self->buf, ROOM);
		ASSERT_EQ(0, q_receive(self->session, self->chid, self->buf, ROOM, &rcv));
		ASSERT_EQ(SIZE, rcv.info.msglen);
		EXPECT_EQ(-1, memory_differs(self->buf, kind, 1, 0, SIZE));
		EXPECT_EQ(-1, sentinel_differs(self->buf + SIZE, ROOM - SIZE));
		/* From the middle of a page on. */
		sentinel_fill(self->buf, ROOM);
		ASSERT_EQ(SIZE - at, q_read(self->session, rcv.rcvid, self->buf + 1, SIZE, at));
		EXPECT_EQ(-1, memory_differs(self->buf + 1, kind, 1, at, SIZE - at));
		EXPECT_EQ(-1, sentinel_differs(self->buf + 1 + SIZE - at, 1000));
		pattern_fill(self->buf, SIZE / 2, 3);
		ASSERT_EQ(SIZE / 2, q_write(self->session, rcv.rcvid, self->buf, SIZE / 2, 0));
		pattern_fill(self->buf, SIZE / 2, 4);
		ASSERT_EQ(0, q_reply(self->session, rcv.rcvid, 0, self->buf, SIZE / 2));
		ASSERT_EQ(0, peer_wait(self->client));
	}
}

/* Memory that can be read and not written: the message is fine, the reply is not. */
static long job_read_only(struct peer *peer)
{
	unsigned char *p = make_memory(peer->value[0], 1);

	if (!p || mprotect(p, ROOM, PROT_READ))
		return -ENOMEM;
	send_args(&peer->send, peer->coid, p + OFFSET, SIZE, p + OFFSET, SIZE);
	return q_ioctl(peer->fd, QIPC_MSG_SEND, &peer->send);
}

TEST_F(memory, that_may_only_be_read)
{
	const enum kind kinds[] = { SMALL_PAGES, HUGE_PAGES, SPLIT_HUGE, SHARED };
	struct qipc_msg_receive rcv;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		TH_LOG("kind %d", kinds[i]);
		self->client->value[0] = kinds[i];
		peer_go(self->client, job_read_only);
		ASSERT_EQ(0, q_receive(self->session, self->chid, self->buf, ROOM, &rcv));
		EXPECT_EQ(-1, memory_differs(self->buf, kinds[i], 1, 0, SIZE));
		EXPECT_EQ(-EFAULT, q_write(self->session, rcv.rcvid, self->buf, SIZE, 0));
		EXPECT_EQ(-EFAULT, q_reply(self->session, rcv.rcvid, 0, self->buf, SIZE));
		EXPECT_EQ(-EFAULT, peer_wait(self->client));
		EXPECT_EQ(QIPC_SIDE_CLIENT, self->client->send.side);
	}
}

/* Memory that the kernel itself cannot see. */
#define NO_SECRET_MEMORY 1

static long job_secret(struct peer *peer)
{
	int fd = syscall(SYS_memfd_secret, 0);
	unsigned char *p;

	if (fd < 0)
		return NO_SECRET_MEMORY;
	if (ftruncate(fd, SECRET))
		return -EIO;
	p = mmap(NULL, SECRET, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		return -errno;
	pattern_fill(p, SECRET, 1);
	send_args(&peer->send, peer->coid, p, SECRET, NULL, 0);
	return q_ioctl(peer->fd, QIPC_MSG_SEND, &peer->send);
}

TEST_F(memory, that_the_kernel_cannot_see)
{
	struct qipc_msg_receive rcv;
	int64_t end = now_us() + PATIENCE_MS * 1000LL;
	long ret;

	peer_go(self->client, job_secret);
	/* The client fails when it is received, and there is nothing to receive. */
	while (self->client->running && now_us() < end) {
		ASSERT_EQ(-EAGAIN, q_receive_now(self->session, self->chid, self->buf, ROOM, &rcv));
		sleep_us(1000);
	}
	ret = peer_wait(self->client);
	if (ret == NO_SECRET_MEMORY)
		SKIP(return, "this kernel has no secret memory");
	EXPECT_EQ(-EFAULT, ret);
	EXPECT_EQ(QIPC_SIDE_CLIENT, self->client->send.side);
}

/* --- fork in the middle of a reply ------------------------------------------------ */

/* What the test and its client tell each other in value[]. */
#define FORK		2	/* 1: fork; 2: the child is there; negative: it is not */
#define LOOK		3	/* 1: the reply has arrived */

static bool wait_for(volatile int64_t *value, int64_t what)
{
	int64_t end = now_us() + PATIENCE_MS * 1000LL;

	while (*value != what && *value >= 0 && now_us() < end)
		sleep_us(1000);
	return *value == what;
}

struct midway {
	struct peer *peer;
	const unsigned char *memory;
	int status;
};

/* Forks when it is told to; the child's memory must be what it was then. */
static void *fork_when_told(void *arg)
{
	struct midway *midway = arg;
	volatile int64_t *value = midway->peer->value;
	pid_t pid;

	midway->status = -1;
	if (!wait_for(&value[FORK], 1))
		return NULL;
	pid = fork();
	if (!pid) {
		if (!wait_for(&value[LOOK], 1))
			_exit(1);
		_exit(memory_differs(midway->memory + OFFSET, SMALL_PAGES, 1, 0, SIZE) >= 0 ? 2 : 0);
	}
	value[FORK] = pid < 0 ? -1 : 2;
	if (pid > 0)
		waitpid(pid, &midway->status, 0);
	return NULL;
}

/* Is answered into memory of kind value[0], and forks meanwhile. */
static long job_fork_midway(struct peer *peer)
{
	struct midway midway = { .peer = peer, .memory = make_memory(peer->value[0], 1) };
	pthread_t thread;
	long ret;

	if (!midway.memory || pthread_create(&thread, NULL, fork_when_told, &midway))
		return -EAGAIN;
	send_args(&peer->send, peer->coid, NULL, 0, midway.memory + OFFSET, SIZE);
	ret = q_ioctl(peer->fd, QIPC_MSG_SEND, &peer->send);
	if (!ret && memory_differs(midway.memory + OFFSET, SMALL_PAGES, 4, 0, SIZE) >= 0)
		ret = -EILSEQ;
	pthread_join(thread, NULL);
	if (!ret && midway.status)
		ret = -ESTALE;
	return ret;
}

struct late_reply {
	int session;
	int64_t rcvid;
	unsigned char *from;
	int ret;
};

static void *reply_late(void *arg)
{
	struct late_reply *late = arg;

	late->ret = q_reply(late->session, late->rcvid, 0, late->from, SIZE);
	return NULL;
}

/* Memory whose pages come when somebody puts them there. */
static int late_memory(unsigned char *memory)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register area = {
		.range = { (uintptr_t)memory, ROOM },
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC);

	if (fd < 0 || ioctl(fd, UFFDIO_API, &api) || ioctl(fd, UFFDIO_REGISTER, &area))
		return -errno;
	return fd;
}

/*
 * The server holds pages of the client while it waits for its own: a child that
 * is forked now gets pages of its own, and the parent keeps those that are held.
 */
TEST_F_TIMEOUT(memory, fork_while_pages_are_held, 120)
{
	const enum kind kinds[] = { SMALL_PAGES, HUGE_PAGES };
	struct late_reply late = { .session = self->session };
	struct uffdio_copy copy = { .src = (uintptr_t)self->buf, .len = ROOM };
	volatile int64_t *value = self->client->value;
	struct qipc_msg_receive rcv;
	struct uffd_msg event;
	pthread_t thread;
	unsigned int i;
	int fd;

	for (i = 0; i < 2; i++) {
		TH_LOG("kind %d", kinds[i]);
		value[0] = kinds[i];
		value[FORK] = 0;
		value[LOOK] = 0;
		peer_go(self->client, job_fork_midway);
		ASSERT_EQ(0, q_receive(self->session, self->chid, NULL, 0, &rcv));
		/* What is there already, so that nothing is new to the kernel later. */
		pattern_fill(self->buf, SIZE, 1);
		ASSERT_EQ(SIZE, q_write(self->session, rcv.rcvid, self->buf, SIZE, 0));
		late.rcvid = rcv.rcvid;
		late.from = place();
		ASSERT_NE(NULL, late.from);
		madvise(late.from, ROOM, MADV_NOHUGEPAGE);
		fd = late_memory(late.from);
		ASSERT_LE(0, fd);
		ASSERT_EQ(0, pthread_create(&thread, NULL, reply_late, &late));
		/* It has taken hold of the client's pages, and waits for the first of its own. */
		ASSERT_EQ((ssize_t)sizeof(event), read(fd, &event, sizeof(event)));
		ASSERT_EQ(UFFD_EVENT_PAGEFAULT, event.event);
		value[FORK] = 1;
		EXPECT_TRUE(wait_for(&value[FORK], 2));
		pattern_fill(self->buf, SIZE, 4);
		copy.dst = (uintptr_t)late.from;
		EXPECT_EQ(0, ioctl(fd, UFFDIO_COPY, &copy));
		ASSERT_EQ(0, pthread_join(thread, NULL));
		EXPECT_EQ(0, late.ret);
		value[LOOK] = 1;
		EXPECT_EQ(0, peer_wait(self->client));
		close(fd);
	}
}

/* --- memory that two wait for ------------------------------------------------------- */

struct absent {
	volatile int64_t *value;
	unsigned char *memory, *source;
	int fd;
};

/* Puts the memory there when value[0] is 1, and takes it away when it is 3. */
static void *come_and_go(void *arg)
{
	struct absent *absent = arg;
	struct uffdio_copy copy = {
		.dst = (uintptr_t)absent->memory, .src = (uintptr_t)absent->source, .len = ROOM,
	};

	while (wait_for(&absent->value[0], 1)) {
		absent->value[0] = ioctl(absent->fd, UFFDIO_COPY, &copy) ? -1 : 2;
		copy.copy = 0;
		if (!wait_for(&absent->value[0], 3))
			break;
		absent->value[0] = madvise(absent->memory, ROOM, MADV_DONTNEED) ? -1 : 4;
	}
	return NULL;
}

/* Sends memory that is not there. */
static long job_absent(struct peer *peer)
{
	struct absent absent = { .value = peer->value, .memory = place(), .source = place() };
	pthread_t thread;

	if (!absent.memory || !absent.source)
		return -ENOMEM;
	pattern_fill(absent.source, SIZE, 5);
	madvise(absent.memory, ROOM, MADV_NOHUGEPAGE);
	absent.fd = late_memory(absent.memory);
	if (absent.fd < 0 || pthread_create(&thread, NULL, come_and_go, &absent))
		return -EAGAIN;
	send_args(&peer->send, peer->coid, absent.memory, SIZE, NULL, 0);
	return q_ioctl(peer->fd, QIPC_MSG_SEND, &peer->send);
}

/* Reads all of message value[0] into its memory. */
static long job_read(struct peer *peer)
{
	return q_read(peer->session, peer->value[0], peer->memory, SIZE, 0);
}

/*
 * Two threads of the server want memory of the client that is not there yet: it
 * sees to one after the other, and both get what comes.  If the machine is so busy
 * that the module gives up waiting first, once more.
 */
TEST_F_TIMEOUT(memory, two_threads_wait_for_it, 120)
{
	volatile int64_t *value = self->client->value;
	struct qipc_msg_receive rcv;
	struct peer *readers[2];
	int i, tries, got = 0;

	value[0] = 0;
	peer_go(self->client, job_absent);
	ASSERT_EQ(0, q_receive(self->session, self->chid, NULL, 0, &rcv));
	for (i = 0; i < 2; i++) {
		readers[i] = peer_start(false, self->session);
		ASSERT_NE(NULL, readers[i]);
		readers[i]->memory = private_alloc(ROOM);
		ASSERT_NE(NULL, readers[i]->memory);
		readers[i]->value[0] = rcv.rcvid;
	}
	pattern_fill(self->buf, SIZE, 5);
	for (tries = 0; got < 2 && tries < 10; tries++) {
		if (tries) {
			value[0] = 3;
			ASSERT_TRUE(wait_for(&value[0], 4));
		}
		for (i = 0; i < 2; i++) {
			memset(readers[i]->memory, 0, SIZE);
			peer_go(readers[i], job_read);
			peer_blocked(readers[i]);
		}
		value[0] = 1;
		ASSERT_TRUE(wait_for(&value[0], 2));
		for (got = i = 0; i < 2; i++) {
			if (peer_wait(readers[i]) == -EFAULT)
				continue;
			EXPECT_EQ(SIZE, readers[i]->result);
			EXPECT_EQ(0, memcmp(readers[i]->memory, self->buf, SIZE));
			got++;
		}
	}
	EXPECT_EQ(2, got);
	EXPECT_EQ(0, q_reply(self->session, rcv.rcvid, 0, NULL, 0));
	EXPECT_EQ(0, peer_wait(self->client));
}

TEST_HARNESS_MAIN
