// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory of a file whose file system is one of the client's own programs: it
 * answers when it likes, and who waits for a page of it cannot be killed.  That
 * has to be the client, and never the server.
 *
 * The file system is a child that speaks the protocol of /dev/fuse itself.  When
 * it is killed all that waits for it fails, so that nothing stays.
 *
 * timeout 180
 */
#include <linux/fuse.h>
#include <stddef.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "kselftest_harness.h"
#include "qipc_test.h"

enum {
	FILE_BYTES = 64 * 1024,
	FILE_NODE = 2,		/* the root is 1 */
	LEN = 4096,		/* of a message that is copied from there, or to there */
	COMING = 4 * LEN,	/* of one whose pages come */
	PAGE_DELAY_US = 5000,	/* each of them after a while, all of them within the bound */
	REQUEST_BYTES = 128 * 1024,
	PATTERN = 7,		/* of the file */
	HOLD_S = 20,		/* less than what a task may be stuck for */
	/* What a machine may need beyond the bound, loaded as it may be. */
	MARGIN_MS = 8000 * SLOW,
};

/* --- the file system -------------------------------------------------------------------- */

/* Lies in memory that all share. */
struct filer {
	int fd;
	pid_t pid;
	char folder[32];
	char file[40];
	/* Told to it. */
	volatile bool holds_reads;	/* requests of this kind are never answered */
	volatile bool holds_writes;
	/* Told by it. */
	volatile int reads;
	volatile int writes;
};

static void answer(struct filer *filer, const struct fuse_in_header *request, int error,
		   const void *body, size_t len)
{
	static unsigned char buf[sizeof(struct fuse_out_header) + FILE_BYTES];
	struct fuse_out_header *head = (void *)buf;

	head->len = sizeof(*head) + len;
	head->error = -error;
	head->unique = request->unique;
	memcpy(head + 1, body, len);
	/* Fails if nobody waits for it any more. */
	if (write(filer->fd, buf, head->len) < 0)
		return;
}

static struct fuse_attr attributes(uint64_t node)
{
	return (struct fuse_attr){
		.ino = node,
		.size = node == FILE_NODE ? FILE_BYTES : 0,
		.mode = node == FILE_NODE ? S_IFREG | 0666 : S_IFDIR | 0777,
		.nlink = 1,
		.blksize = 4096,
	};
}

static void answer_init(struct filer *filer, const struct fuse_in_header *request)
{
	const struct fuse_init_in *in = (void *)(request + 1);
	struct fuse_init_out out = {
		.major = FUSE_KERNEL_VERSION,
		.minor = FUSE_KERNEL_MINOR_VERSION,
		.flags = in->flags & FUSE_WRITEBACK_CACHE,
		.max_write = 4096,
	};

	answer(filer, request, 0, &out, sizeof(out));
}

/*
 * Does not answer.  Should a server wait for that it has failed the test by the
 * time that this ends; it must not be stuck for good.
 */
static void hold(void)
{
	alarm(HOLD_S);
}

static void answer_read(struct filer *filer, const struct fuse_in_header *request)
{
	const struct fuse_read_in *in = (void *)(request + 1);
	static unsigned char bytes[FILE_BYTES];
	uint64_t len = in->offset < FILE_BYTES ? FILE_BYTES - in->offset : 0;

	if (filer->holds_reads) {
		hold();
		filer->reads++;
		return;
	}
	filer->reads++;
	sleep_us(PAGE_DELAY_US);
	pattern_fill(bytes, FILE_BYTES, PATTERN);
	answer(filer, request, 0, bytes + in->offset, in->size < len ? in->size : len);
}

static void answer_write(struct filer *filer, const struct fuse_in_header *request)
{
	const struct fuse_write_in *in = (void *)(request + 1);
	struct fuse_write_out out = { .size = in->size };

	if (filer->holds_writes)
		hold();
	else
		answer(filer, request, 0, &out, sizeof(out));
	filer->writes++;
}

static void serve_file(struct filer *filer, const struct fuse_in_header *request)
{
	struct fuse_entry_out entry = {
		.nodeid = FILE_NODE,
		.entry_valid = 3600,
		.attr_valid = 3600,
		.attr = attributes(FILE_NODE),
	};
	struct fuse_attr_out attr = { .attr_valid = 3600, .attr = attributes(request->nodeid) };
	/* Else who opens it waits for pages that are asked for already. */
	struct fuse_open_out opened = { .fh = 1, .open_flags = FOPEN_KEEP_CACHE };

	switch (request->opcode) {
	case FUSE_INIT:
		answer_init(filer, request);
		break;
	case FUSE_LOOKUP:
		answer(filer, request, 0, &entry, sizeof(entry));
		break;
	case FUSE_GETATTR:
	case FUSE_SETATTR:
		answer(filer, request, 0, &attr, sizeof(attr));
		break;
	case FUSE_OPEN:
		answer(filer, request, 0, &opened, sizeof(opened));
		break;
	case FUSE_READ:
		answer_read(filer, request);
		break;
	case FUSE_WRITE:
		answer_write(filer, request);
		break;
	case FUSE_FORGET:
	case FUSE_BATCH_FORGET:
	case FUSE_INTERRUPT:
		/* Nobody waits for an answer. */
		break;
	default:
		answer(filer, request, EOPNOTSUPP, NULL, 0);
		break;
	}
}

static int run_filer(void *arg)
{
	static _Alignas(8) unsigned char buf[REQUEST_BYTES];
	struct filer *filer = arg;
	ssize_t len;

	for (;;) {
		len = read(filer->fd, buf, sizeof(buf));
		if (len >= (ssize_t)sizeof(struct fuse_in_header))
			serve_file(filer, (void *)buf);
		else if (len < 0 && errno != EINTR && errno != ENOENT && errno != EAGAIN)
			return CHILD_OK;
	}
}

/* Only the child has the connection afterwards, which ends with it. */
static int filer_start(struct filer *filer)
{
	char options[80];
	int ret = 0;

	snprintf(filer->folder, sizeof(filer->folder), "/tmp/qipc-fuse-XXXXXX");
	if (!mkdtemp(filer->folder))
		return -errno;
	snprintf(filer->file, sizeof(filer->file), "%s/file", filer->folder);
	snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=0,group_id=0",
		 filer->fd);
	if (mount("qipc", filer->folder, "fuse", MS_NOSUID | MS_NODEV, options))
		return -errno;
	filer->pid = spawn(run_filer, filer);
	if (filer->pid < 0)
		ret = -errno;
	close(filer->fd);
	return ret;
}

/* Whatever waits for an answer fails now. */
static int filer_kill(struct filer *filer)
{
	int ret;

	if (!filer->pid)
		return 0;
	kill(filer->pid, SIGKILL);
	ret = reap(filer->pid);
	filer->pid = 0;
	return ret;
}

static bool becomes(volatile int *count, int least)
{
	int64_t end = now_us() + PATIENCE_MS * 1000LL;

	while (*count < least && now_us() < end)
		sleep_us(200);
	return *count >= least;
}

/* --- clients ---------------------------------------------------------------------------- */

enum copy { RECEIVE, READ, WRITE, REPLY, COPIES };

static const char *const names[] = { "receive", "read", "write", "reply" };

FIXTURE(fuse) {
	int session;
	int chid;
	unsigned char *mem;
	struct filer *filer;
	struct peer *bad[COPIES];	/* clients with such memory, who are held up */
	struct peer *good;		/* another client */
	struct peer *server;		/* a process with a channel of its own */
};

FIXTURE_VARIANT(fuse) {
	int how;	/* the file is mapped */
};

FIXTURE_VARIANT_ADD(fuse, private_memory) { .how = MAP_PRIVATE, };

FIXTURE_VARIANT_ADD(fuse, shared_memory) { .how = MAP_SHARED, };

FIXTURE_SETUP(fuse)
{
	int i;

	self->filer = shared_alloc(sizeof(*self->filer));
	ASSERT_NE(NULL, self->filer);
	self->filer->fd = open("/dev/fuse", O_RDWR);
	if (self->filer->fd < 0)
		SKIP(return, "the kernel has no /dev/fuse");
	ASSERT_EQ(0, filer_start(self->filer));
	self->session = q_open();
	ASSERT_LE(0, self->session);
	self->chid = q_create(self->session, 0);
	ASSERT_LT(0, self->chid);
	self->mem = shared_alloc(FILE_BYTES);
	ASSERT_NE(NULL, self->mem);
	for (i = 0; i < COPIES; i++) {
		self->bad[i] = client_start(true, false, self->session, self->chid);
		ASSERT_NE(NULL, self->bad[i]);
	}
	self->good = client_start(true, false, self->session, self->chid);
	ASSERT_NE(NULL, self->good);
	self->server = peer_start(true, self->session);
	ASSERT_NE(NULL, self->server);
	ASSERT_EQ(0, peer_call(self->server, job_create));
}

FIXTURE_TEARDOWN(fuse)
{
	int i;

	/* First, so that everybody can die. */
	filer_kill(self->filer);
	for (i = 0; i < COPIES; i++)
		EXPECT_EQ(256 + SIGKILL, peer_kill(self->bad[i]));
	peer_kill(self->good);
	peer_kill(self->server);
	umount2(self->filer->folder, MNT_DETACH);
	rmdir(self->filer->folder);
}

#define FUSE	FIXTURE_DATA(fuse)

/* Maps the file value[0] in the way value[1]; value[2] is its descriptor. */
static long job_map(struct peer *peer)
{
	int fd = open((const char *)(uintptr_t)peer->value[0], O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	peer->value[2] = fd;
	peer->memory = mmap(NULL, FILE_BYTES, PROT_READ | PROT_WRITE, peer->value[1], fd, 0);
	if (peer->memory == MAP_FAILED)
		return -errno;
	/* Nothing is read ahead: each page is a request of its own. */
	return madvise(peer->memory, FILE_BYTES, MADV_RANDOM) ? -errno : 0;
}

static long map_file(FUSE *self, struct peer *peer, int how)
{
	peer->value[0] = (uintptr_t)self->filer->file;
	peer->value[1] = how;
	return peer_call(peer, job_map);
}

/* Where in the file the page of a client is; each has one that nobody else touches. */
static size_t offset_of(enum copy copy)
{
	return copy * LEN;
}

static unsigned char *page_of(struct peer *peer, enum copy copy)
{
	return (unsigned char *)peer->memory + offset_of(copy);
}

/* Writes to page value[3], and has it written back: until that ends it cannot be written to. */
static long job_write_back(struct peer *peer)
{
	page_of(peer, peer->value[3])[0] = 0xff;
	return sync_file_range(peer->value[2], offset_of(peer->value[3]), LEN,
			       SYNC_FILE_RANGE_WRITE) ? -errno : 0;
}

static int write_back(FUSE *self, enum copy copy)
{
	int before = self->filer->writes;

	if (map_file(self, self->bad[copy], MAP_SHARED))
		return 1;
	self->bad[copy]->value[3] = copy;
	if (peer_call(self->bad[copy], job_write_back))
		return 2;
	return becomes(&self->filer->writes, before + 1) ? 0 : 3;
}

/* Sends what lies in the page, or a byte that is to be answered there. */
static void send_page(struct peer *peer, enum copy copy)
{
	if (copy == RECEIVE || copy == READ)
		peer_send(peer, page_of(peer, copy), LEN, NULL, 0);
	else
		peer_send(peer, "x", 1, page_of(peer, copy), LEN);
}

/* --- pages that never come -------------------------------------------------------------- */

/* The next message is the good client's; takes and answers it. */
static bool next_is_good(FUSE *self)
{
	struct qipc_msg_receive rcv;

	if (q_receive(self->session, self->chid, self->mem, LEN, &rcv))
		return false;
	return rcv.info.msglen == 4 && !memcmp(self->mem, "good", 4) &&
	       !q_reply(self->session, rcv.rcvid, 0, NULL, 0) && !peer_wait(self->good);
}

/*
 * Whatever the server copies, the client that is queued behind waits for the bound;
 * the one whose page it is waits for its file system.  0, or what was wrong.
 */
static int held_up(FUSE *self, enum copy copy)
{
	struct peer *bad = self->bad[copy];
	struct qipc_msg_receive rcv;
	uint32_t side = SENTINEL32;
	int64_t begin, took;
	int ret = 0;

	send_page(bad, copy);
	if (!peer_blocked(bad))
		return 1;
	if (copy != RECEIVE && q_receive(self->session, self->chid, NULL, 0, &rcv))
		return 2;
	peer_send(self->good, "good", 4, NULL, 0);
	if (!peer_blocked(self->good))
		return 3;
	begin = now_us();
	if (copy == READ || copy == WRITE)
		ret = q_transfer(self->session, copy == READ ? QIPC_MSG_READ : QIPC_MSG_WRITE,
				 rcv.rcvid, 0, self->mem, LEN, QIPC_BUF, &side);
	if (copy == REPLY)
		ret = q_reply_full(self->session, rcv.rcvid, 0, self->mem, LEN, QIPC_BUF, &side);
	if (copy != RECEIVE && (ret != -EFAULT || side != QIPC_SIDE_CLIENT))
		return 4;
	if (!next_is_good(self))
		return 5;
	took = now_us() - begin;
	printf("# %s: the other client waited %ld ms, bound %ld ms\n", names[copy],
	       (long)(took / 1000), bound_ms());
	if (took < bound_ms() * 1000 || took > (bound_ms() + MARGIN_MS) * 1000LL)
		return 6;
	if (!bad->running)
		return 7;
	/* A read and a write are not the end of the message. */
	if ((copy == READ || copy == WRITE) && q_reply(self->session, rcv.rcvid, 0, NULL, 0))
		return 8;
	return 0;
}

/* What its client is told, once it can be told anything. */
static bool is_told(struct peer *bad, enum copy copy)
{
	long ret = peer_wait(bad);

	if (copy == READ || copy == WRITE)
		return !ret;
	return ret == -EFAULT && bad->send.side == QIPC_SIDE_CLIENT;
}

TEST_F_TIMEOUT(fuse, page_is_never_read, 120)
{
	int copy;

	self->filer->holds_reads = true;
	for (copy = RECEIVE; copy < COPIES; copy++) {
		ASSERT_EQ(0, map_file(self, self->bad[copy], variant->how));
		ASSERT_EQ(0, held_up(self, copy)) {
			TH_LOG("%s", names[copy]);
		}
		/* It was asked for, once. */
		EXPECT_EQ(copy + 1, self->filer->reads);
	}
	EXPECT_EQ(256 + SIGKILL, filer_kill(self->filer));
	for (copy = RECEIVE; copy < COPIES; copy++) {
		EXPECT_TRUE(is_told(self->bad[copy], copy)) {
			TH_LOG("%s", names[copy]);
		}
	}
}

/* --- servers that are killed ------------------------------------------------------------- */

static long job_reply_page(struct peer *peer)
{
	return q_reply(peer->session, peer->receive.rcvid, 0, peer->memory, LEN);
}

/* Gives the client time to wait for a page; a server that does so in its place has to die, too. */
static bool asked_for_page(FUSE *self, enum copy copy, int64_t begin)
{
	struct peer *bad = self->bad[copy];

	if (copy == RECEIVE)
		return becomes(&self->filer->reads, 1);
	while (!is_asleep(bad->pid, bad->tid, "D") && now_us() - begin < bound_ms() * 500)
		sleep_us(200);
	return true;
}

/* The server is a process that is killed while it waits.  0, or what was wrong. */
static int server_dies(FUSE *self, enum copy copy)
{
	struct peer *server = self->server, *bad = self->bad[copy];
	int64_t begin, killed;
	long ret;

	bad->server = server->pid;
	bad->chid = server->chid;
	if (peer_call(bad, job_attach))
		return 1;
	send_page(bad, copy);
	if (!peer_blocked(bad))
		return 2;
	if (copy == REPLY) {
		receive_args(&server->receive, server->chid, self->mem, LEN, QIPC_BUF);
		if (peer_call(server, job_receive))
			return 3;
		server->memory = self->mem;
		begin = now_us();
		peer_go(server, job_reply_page);
	} else {
		begin = now_us();
		peer_receive(server, server->chid, self->mem, LEN);
	}
	if (!asked_for_page(self, copy, begin) || !peer_waits(server))
		return 4;
	killed = now_us();
	if (peer_kill(server) != 256 + SIGKILL)
		return 5;
	if (now_us() - killed > MARGIN_MS * 1000LL)
		return 6;
	if (filer_kill(self->filer) != 256 + SIGKILL)
		return 7;
	ret = peer_wait(bad);
	/* On a slow machine it may have given up its client before it was killed. */
	if (ret != -ESRCH && (ret != -EFAULT || killed - begin < bound_ms() * 1000))
		return 8;
	return 0;
}

TEST_F_TIMEOUT(fuse, server_of_a_page_that_is_never_read_is_killed, 60)
{
	self->filer->holds_reads = true;
	ASSERT_EQ(0, map_file(self, self->bad[RECEIVE], variant->how));
	EXPECT_EQ(0, server_dies(self, RECEIVE));
}

/* --- pages that are being written back ----------------------------------------------------- */

#define _test_data_write_back		_test_data_fuse
#define _fixture_variant_write_back	_fixture_variant_fuse
FIXTURE(write_back);
FIXTURE_LIKE(write_back, fuse)
FIXTURE_VARIANT_ADD(write_back, shared_memory) { .how = MAP_SHARED, };

/* Who writes to one waits until it is written, which it never is. */
TEST_F_TIMEOUT(write_back, page_is_never_written, 120)
{
	int copy;

	self->filer->holds_writes = true;
	for (copy = WRITE; copy < COPIES; copy++) {
		ASSERT_EQ(0, write_back(self, copy));
		ASSERT_EQ(0, held_up(self, copy)) {
			TH_LOG("%s", names[copy]);
		}
	}
	EXPECT_EQ(256 + SIGKILL, filer_kill(self->filer));
	for (copy = WRITE; copy < COPIES; copy++) {
		EXPECT_TRUE(is_told(self->bad[copy], copy)) {
			TH_LOG("%s", names[copy]);
		}
	}
}

TEST_F_TIMEOUT(write_back, server_of_a_page_that_is_never_written_is_killed, 60)
{
	self->filer->holds_writes = true;
	ASSERT_EQ(0, write_back(self, REPLY));
	EXPECT_EQ(0, server_dies(self, REPLY));
}

/* It can be read all the while. */
TEST_F_TIMEOUT(write_back, page_that_is_never_written_is_read, 60)
{
	struct peer *bad = self->bad[RECEIVE];
	struct qipc_msg_receive rcv;

	self->filer->holds_writes = true;
	ASSERT_EQ(0, write_back(self, RECEIVE));
	send_page(bad, RECEIVE);
	ASSERT_TRUE(peer_blocked(bad));
	ASSERT_EQ(0, q_receive_now(self->session, self->chid, self->mem, LEN, &rcv));
	EXPECT_EQ(LEN, rcv.info.msglen);
	EXPECT_EQ(0xff, self->mem[0]);
	EXPECT_EQ(-1, pattern_differs(self->mem + 1, LEN - 1, PATTERN, 1));
	EXPECT_EQ(0, q_reply(self->session, rcv.rcvid, 0, NULL, 0));
	EXPECT_EQ(0, peer_wait(bad));
}

/* --- pages that come ----------------------------------------------------------------------- */

/* Whether the mapped file begins with COMING bytes of the pattern value[3]. */
static long job_check(struct peer *peer)
{
	return pattern_differs(peer->memory, COMING, peer->value[3], 0) == -1 ? 0 : -EBADMSG;
}

TEST_F_TIMEOUT(fuse, pages_come, 60)
{
	struct peer *client = self->bad[0], *other = self->bad[1];
	struct qipc_msg_receive rcv;

	/* One that sends them. */
	ASSERT_EQ(0, map_file(self, client, variant->how));
	peer_send(client, client->memory, COMING, NULL, 0);
	ASSERT_TRUE(peer_blocked(client));
	EXPECT_EQ(0, self->filer->reads);
	sentinel_fill(self->mem, FILE_BYTES);
	ASSERT_EQ(0, q_receive_now(self->session, self->chid, self->mem, COMING, &rcv));
	EXPECT_EQ(COMING, rcv.info.msglen);
	EXPECT_EQ(-1, pattern_differs(self->mem, COMING, PATTERN, 0));
	EXPECT_EQ(COMING / LEN, self->filer->reads);
	EXPECT_EQ(0, q_reply(self->session, rcv.rcvid, 0, NULL, 0));
	EXPECT_EQ(0, peer_wait(client));

	/* One that gets its answer there. */
	ASSERT_EQ(0, map_file(self, other, variant->how));
	peer_send(other, "x", 1, other->memory, COMING);
	ASSERT_EQ(0, q_receive(self->session, self->chid, NULL, 0, &rcv));
	pattern_fill(self->mem, COMING, PATTERN + 1);
	EXPECT_EQ(0, q_reply(self->session, rcv.rcvid, 0, self->mem, COMING));
	EXPECT_EQ(0, peer_wait(other));
	other->value[3] = PATTERN + 1;
	EXPECT_EQ(0, peer_call(other, job_check));
	/* The first one sees that if the memory is the file's. */
	client->value[3] = variant->how == MAP_SHARED ? PATTERN + 1 : PATTERN;
	EXPECT_EQ(0, peer_call(client, job_check));
}

TEST_HARNESS_MAIN
