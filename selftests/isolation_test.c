// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who must not get anywhere: processes in other namespaces, processes that guess
 * numbers, servers that reach for more than their client has shown them, and
 * clients that change what is being copied.
 *
 * timeout 180
 */
#include <stddef.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "kselftest_harness.h"
#include "qipc_test.h"

#define ALICE	1001
#define BOB	1002

enum {
	LEN = 64 * 1024,
	PUBLIC = 0x11,		/* bytes of a message */
	SECRET = 0x77,		/* bytes around it */
	WHILE_US = 500000,	/* how long a race is run */
};

FIXTURE(isolation) {
	int session;
	int chid;
	struct peer *client;	/* a process, connected to chid */
	unsigned char *mem;	/* shared with it */
	unsigned char *own;	/* of the server alone */
};

FIXTURE_SETUP(isolation)
{
	self->session = q_open();
	ASSERT_LE(0, self->session);
	self->chid = q_create(self->session, 0);
	ASSERT_LT(0, self->chid);
	/* The client has it as well. */
	self->mem = shared_alloc(4 * LEN);
	ASSERT_NE(NULL, self->mem);
	self->client = client_start(true, false, self->session, self->chid);
	ASSERT_NE(NULL, self->client);
	self->own = guarded_alloc(4 * LEN, false);
	ASSERT_NE(NULL, self->own);
}

FIXTURE_TEARDOWN(isolation)
{
	peer_kill(self->client);
}

/* --- namespaces ------------------------------------------------------------------------ */

struct stranger {
	pid_t server;
	int chid;
	const char *path;	/* of the device */
	uid_t uid;
	int flags;		/* of unshare */
	int result;		/* of the attempt to connect */
	int limit;		/* of the attempt to exceed a limit */
};

static long limit_of_timers(void)
{
	const char *parameters = getenv("QIPC_PARAMETERS"), *at;

	at = parameters ? strstr(parameters, "max_user_timers=") : NULL;
	return at ? atol(at + strlen("max_user_timers=")) : 0;
}

/* Connects from inside of new namespaces, and asks for more timers than a user may have. */
static int connect_as_stranger(void *arg)
{
	struct stranger *stranger = arg;
	struct qipc_event none = event_of_kind(QIPC_EVENT_NONE);
	long i, limit = limit_of_timers();
	int session;

	if (stranger->uid && !become(stranger->uid, stranger->uid, NULL, 0))
		return CHILD_SETUP;
	if (unshare(stranger->flags))
		return CHILD_SETUP;
	session = open(stranger->path, O_RDWR | O_CLOEXEC);
	if (session < 0)
		return CHILD_OPEN;
	stranger->result = q_attach_side(session, stranger->server, stranger->chid);
	stranger->limit = 0;
	for (i = 0; i <= limit && !stranger->limit; i++)
		if (q_timer_create(session, CLOCK_MONOTONIC, none) < 0)
			stranger->limit = -EAGAIN;
	return 0;
}

/*
 * Who is root of a user namespace of its own has every capability there, and
 * none that counts for a channel of somebody else, or for a limit.
 */
TEST_F(isolation, root_of_a_user_namespace)
{
	struct stranger *stranger = shared_alloc(sizeof(*stranger));
	int ret;

	if (geteuid())
		SKIP(return, "changing the user takes root");
	*stranger = (struct stranger){
		.server = getpid(), .chid = self->chid, .path = QIPC_DEVICE, .uid = ALICE,
		.flags = CLONE_NEWUSER,
	};
	ret = run_child(connect_as_stranger, stranger);
	if (ret == CHILD_SETUP)
		SKIP(return, "no user namespaces");
	ASSERT_EQ(0, ret);
	EXPECT_EQ(-EACCES, stranger->result);
	if (limit_of_timers())
		EXPECT_EQ(-EAGAIN, stranger->limit);
	/* Where it may, it may. */
	ASSERT_LE(0, q_set_mode(self->session, self->chid, 0666));
	ASSERT_EQ(0, run_child(connect_as_stranger, stranger));
	EXPECT_LE(0, stranger->result);
}

/* Another name for the device in another mount namespace is another door into the same room. */
TEST_F(isolation, mount_namespace)
{
	struct stranger *stranger = shared_alloc(sizeof(*stranger));
	struct stat st;
	pid_t pid;

	if (geteuid())
		SKIP(return, "mounting takes root");
	ASSERT_EQ(0, stat(QIPC_DEVICE, &st));
	pid = fork_bound();
	if (!pid) {
		if (unshare(CLONE_NEWNS) || mount("", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
		    mount("none", "/tmp", "tmpfs", 0, NULL) ||
		    mknod("/tmp/qipc", S_IFCHR | 0600, st.st_rdev))
			_exit(CHILD_SETUP);
		*stranger = (struct stranger){
			.server = getppid(), .chid = self->chid, .path = "/tmp/qipc",
		};
		if (run_child(connect_as_stranger, stranger) || stranger->result < 0)
			_exit(CHILD_ATTACH);
		/* Its mode is its own, */
		stranger->uid = BOB;
		if (run_child(connect_as_stranger, stranger) != CHILD_OPEN)
			_exit(CHILD_NOT_REFUSED);
		/* that of the channel is not. */
		if (chmod("/tmp/qipc", 0666) || run_child(connect_as_stranger, stranger))
			_exit(CHILD_OPEN);
		_exit(stranger->result == -EACCES ? 0 : CHILD_NOT_REFUSED);
	}
	EXPECT_EQ(0, reap(pid));
}

/* From inside of a pid namespace nobody outside of it has a number. */
static int look_out_of_a_namespace(void *arg)
{
	pid_t outside = *(pid_t *)arg, pid;
	int session, chid, i;

	if (unshare(CLONE_NEWPID))
		return CHILD_SETUP;
	pid = fork_bound();
	if (pid)
		return reap(pid);
	session = q_open();
	for (i = 2; i < 200; i++) {
		/* Those that there can be here, and those that there are outside. */
		pid = i < 100 ? i : outside + i - 150;
		for (chid = 1; chid < 4; chid++)
			if (pid > 1 && q_attach_side(session, pid, chid) != -ESRCH)
				return CHILD_NOT_REFUSED;
	}
	return 0;
}

TEST_F(isolation, pid_namespace)
{
	pid_t server = getpid();

	if (geteuid())
		SKIP(return, "a pid namespace takes root");
	ASSERT_LE(0, q_set_mode(self->session, self->chid, 0666));
	EXPECT_EQ(0, run_child(look_out_of_a_namespace, &server));
}

/* --- guessing ------------------------------------------------------------------------------ */

struct guess {
	pid_t victim;
	int64_t rcvid;
	int coid;
	int64_t odd;		/* the first guess that led somewhere */
	long tries;
};

static int try_rcvid(int session, int64_t rcvid, unsigned char *buf)
{
	struct qipc_msg_info info;
	struct qipc_msg_receive rcv;

	return q_read(session, rcvid, buf, 16, 0) != -ESRCH ||
	       q_write(session, rcvid, buf, 16, 0) != -ESRCH ||
	       q_reply(session, rcvid, 0, buf, 16) != -ESRCH ||
	       q_error(session, rcvid, EIO) != -ESRCH ||
	       q_info(session, rcvid, &info) != -ESRCH ||
	       (rcvid && q_current(session, rcvid) != -ESRCH) ||
	       /* 0 is oneself. */
	       (rcvid && q_deliver(session, rcvid, event_signal(QIPC_EVENT_SIGNAL, SIGKILL, 0,
								0)) != -ESRCH) ||
	       q_receive_now(session, (int)rcvid, buf, 16, &rcv) != -ESRCH;
}

/* As somebody else, with a channel of its own: all numbers near those of the victim, and others. */
static int guess(void *arg)
{
	struct guess *guess = arg;
	unsigned char *buf = private_alloc(4096);
	int session, own, pid, chid, ret, i;
	struct qipc_msg_send send;

	if (!become(BOB, BOB, NULL, 0))
		return CHILD_SETUP;
	session = q_open();
	own = q_create(session, 0);
	if (own < 0)
		return CHILD_CREATE;
	for (pid = guess->victim - 3; pid < guess->victim + 4; pid++) {
		for (chid = 1; chid < 300; chid++) {
			guess->tries++;
			ret = q_attach_side(session, pid, chid);
			if (pid == getpid() && chid == own && ret >= 0) {
				q_detach(session, ret);
				continue;
			}
			if (ret != -ESRCH && ret != -EACCES) {
				guess->odd = (int64_t)pid << 32 | chid;
				return CHILD_NOT_REFUSED;
			}
		}
	}
	for (i = -300; i < 300; i++) {
		guess->tries++;
		if (try_rcvid(session, guess->rcvid + i, buf)) {
			/* Its own channel answers to its own number. */
			guess->odd = guess->rcvid + i;
			if ((int)guess->odd != own)
				return CHILD_NOT_REFUSED;
		}
	}
	for (i = 0; i < 64; i++) {
		guess->odd = 1LL << i;
		if ((int)guess->odd == own)
			continue;
		guess->tries++;
		if (try_rcvid(session, guess->odd, buf) ||
		    ((int)(guess->odd - 1) != own && try_rcvid(session, guess->odd - 1, buf)))
			return CHILD_NOT_REFUSED;
	}
	for (i = -64; i < 64; i++) {
		guess->odd = guess->coid + i;
		ret = q_send(session, guess->coid + i, "x", 1, NULL, 0, &send);
		if (ret != -EBADF && (guess->coid + i != (int)(QIPC_SIDE_CHANNEL | 0)))
			return CHILD_NOT_REFUSED;
		if (q_pulse(session, guess->coid + i, -1, 1, 1) != -EBADF)
			return CHILD_NOT_REFUSED;
		if (q_detach(session, guess->coid + i) != -EINVAL)
			return CHILD_NOT_REFUSED;
	}
	guess->odd = 0;
	return 0;
}

TEST_F_TIMEOUT(isolation, guesses, 60)
{
	struct guess *numbers = shared_alloc(sizeof(*numbers));
	struct qipc_msg_receive rcv;
	int i;

	if (geteuid())
		SKIP(return, "changing the user takes root");
	memset(self->mem, PUBLIC, 1000);
	for (i = 0; i < 2; i++) {
		peer_send(self->client, self->mem, 1000, self->mem + LEN, 1000);
		ASSERT_TRUE(peer_blocked(self->client));
		memset(&rcv, 0, sizeof(rcv));
		if (i)
			ASSERT_EQ(0, q_receive_now(self->session, self->chid, self->own, 1000,
						   &rcv));
		*numbers = (struct guess){
			.victim = getpid(), .rcvid = rcv.rcvid, .coid = self->client->coid,
		};
		EXPECT_EQ(0, run_child(guess, numbers)) {
			TH_LOG("%llx led somewhere", (unsigned long long)numbers->odd);
		}
		EXPECT_LT(1000, numbers->tries);
		/* Nobody has noticed. */
		ASSERT_TRUE(self->client->running);
		if (!i)
			ASSERT_EQ(0, q_receive_now(self->session, self->chid, self->own, 1000,
						   &rcv));
		EXPECT_EQ(1000, q_read(self->session, rcv.rcvid, self->own, 1000, 0));
		EXPECT_EQ(0, memcmp(self->own, self->mem, 1000));
		EXPECT_EQ(0, q_reply(self->session, rcv.rcvid, 3, self->own, 1000));
		EXPECT_EQ(0, peer_wait(self->client));
		EXPECT_EQ(3, self->client->send.status);
		EXPECT_TRUE(q_empty(self->session, self->chid));
	}
}

/* --- outside of the parts ------------------------------------------------------------------- */

/*
 * Parts in the middle of a secret: whatever offset and length the server asks
 * for, it reads what is in the parts, and writes nowhere else.
 */
TEST_F_TIMEOUT(isolation, outside_of_the_parts, 60)
{
	static const int sizes[] = { 3, 60, 1365, 9000 };
	struct peer *client = self->client;
	struct qipc_msg_receive rcv;
	uint64_t total, offset, edges[16], len;
	unsigned char *at;
	size_t s, i, k, n, want;
	int64_t got;

	for (s = 0; s < ARRAY_SIZE(sizes); s++) {
		total = 3 * sizes[s];
		memset(self->mem, SECRET, 4 * LEN);
		for (i = 0; i < 3; i++) {
			at = self->mem + 5000 + i * 20000;
			memset(at, PUBLIC, sizes[s]);
			client->parts[i] = iov(at, sizes[s]);
			client->parts[3 + i] = iov(at + 2 * LEN, sizes[s]);
		}
		send_args(&client->send, client->coid, client->parts, 3, client->parts + 3, 3);
		client->send.flags = 0;
		peer_go(client, job_send);
		ASSERT_TRUE(peer_blocked(client));
		/* More room than there is message. */
		sentinel_fill(self->own, 4 * LEN);
		ASSERT_EQ(0, q_receive_now(self->session, self->chid, self->own, 2 * LEN, &rcv));
		EXPECT_EQ((int64_t)total, rcv.info.msglen);
		EXPECT_EQ(-1, sentinel_differs(self->own + total, 4 * LEN - total));
		n = 0;
		for (i = 0; i < 3; i++) {
			edges[n++] = i * total / 2;
			edges[n++] = i * total / 2 + 1;
		}
		edges[n++] = total - 1;
		edges[n++] = INT_MAX;
		edges[n++] = UINT_MAX;
		edges[n++] = 1ULL << 32;
		edges[n++] = INT64_MAX;
		edges[n++] = 1ULL << 63;
		edges[n++] = UINT64_MAX - total + 1;
		edges[n++] = UINT64_MAX;
		for (i = 0; i < n; i++) {
			for (k = 0; k < n; k++) {
				offset = edges[i];
				len = edges[k] < 4 * LEN ? edges[k] : 4 * LEN;
				want = offset >= total ? 0 :
				       len < total - offset ? len : total - offset;
				sentinel_fill(self->own, total + 64);
				got = q_read(self->session, rcv.rcvid, self->own, len, offset);
				ASSERT_EQ((int64_t)want, got) {
					TH_LOG("read %llu at %llx", (unsigned long long)len,
					       (unsigned long long)offset);
				}
				for (size_t b = 0; b < want; b++)
					ASSERT_EQ(PUBLIC, self->own[b]);
				ASSERT_EQ(-1, sentinel_differs(self->own + want,
							       total + 64 - want));
				memset(self->own, PUBLIC, total + 64);
				got = q_write(self->session, rcv.rcvid, self->own, len, offset);
				ASSERT_EQ((int64_t)want, got);
			}
		}
		EXPECT_EQ(0, q_reply(self->session, rcv.rcvid, 0, self->own, 4 * LEN));
		EXPECT_EQ(0, peer_wait(client));
		/* The parts, and nothing around them. */
		for (i = 0; i < 4 * LEN; i++)
			if (self->mem[i] == PUBLIC)
				total--;
			else
				ASSERT_EQ(SECRET, self->mem[i]);
		/* Counted down once for the message and once for the answer. */
		EXPECT_EQ((uint64_t)(-3 * sizes[s]), total);
	}
}

/* Neither after the answer nor after the death of the client does an id lead to its memory. */
TEST_F(isolation, after_the_end)
{
	struct qipc_msg_receive rcv;
	int death;

	for (death = 0; death < 2; death++) {
		memset(self->mem, SECRET, LEN);
		peer_send(self->client, self->mem, LEN, self->mem + LEN, LEN);
		ASSERT_TRUE(peer_blocked(self->client));
		ASSERT_EQ(0, q_receive_now(self->session, self->chid, NULL, 0, &rcv));
		if (death) {
			EXPECT_EQ(256 + SIGKILL, peer_kill(self->client));
		} else {
			EXPECT_EQ(0, q_reply(self->session, rcv.rcvid, 0, NULL, 0));
			EXPECT_EQ(0, peer_wait(self->client));
		}
		sentinel_fill(self->own, LEN);
		EXPECT_EQ(-ESRCH, q_read(self->session, rcv.rcvid, self->own, LEN, 0));
		EXPECT_EQ(-1, sentinel_differs(self->own, LEN));
		EXPECT_EQ(-ESRCH, q_write(self->session, rcv.rcvid, self->own, LEN, 0));
		EXPECT_EQ(-ESRCH, q_reply(self->session, rcv.rcvid, 0, self->own, LEN));
		/* The answer was none that would have touched it. */
		EXPECT_EQ(-1, sentinel_differs(self->own, LEN));
		EXPECT_EQ(0, self->mem[LEN + death]);
	}
	/* For the teardown. */
	self->client = client_start(true, false, self->session, self->chid);
	ASSERT_NE(NULL, self->client);
}

/* --- what changes while it is looked at --------------------------------------------------------- */

struct flipper {
	pthread_t thread;
	volatile int stop;
	void (*flip)(struct flipper *flipper, unsigned int round);
	unsigned char *bytes;
	struct qipc_iov *parts;
	struct qipc_msg_send *send;
	struct qipc_msg_receive *receive;
	unsigned char *good;
};

static void *flip_always(void *arg)
{
	struct flipper *flipper = arg;
	unsigned int round = 0;

	while (!flipper->stop)
		flipper->flip(flipper, round++);
	return NULL;
}

static bool flip_start(struct flipper *flipper)
{
	flipper->stop = 0;
	return !pthread_create(&flipper->thread, NULL, flip_always, flipper);
}

static void flip_stop(struct flipper *flipper)
{
	flipper->stop = 1;
	pthread_join(flipper->thread, NULL);
}

static void flip_bytes(struct flipper *flipper, unsigned int round)
{
	memset(flipper->bytes, round & 1 ? 0xaa : 0x55, LEN);
}

/*
 * A short message is what it was when it was sent, however often it is read. In
 * a long one each byte is one that the client has had there.
 */
TEST_F_TIMEOUT(isolation, bytes_change_under_the_copy, 60)
{
	struct flipper flipper = { .bytes = self->mem, .flip = flip_bytes };
	static const size_t lens[] = { 16, 256, LEN };
	struct qipc_msg_receive rcv;
	size_t i, b, len;
	int64_t end;

	flip_bytes(&flipper, 0);
	ASSERT_TRUE(flip_start(&flipper));
	for (i = 0; i < ARRAY_SIZE(lens); i++) {
		len = lens[i];
		end = now_us() + WHILE_US;
		while (now_us() < end) {
			peer_send(self->client, self->mem, len, NULL, 0);
			ASSERT_EQ(0, q_receive(self->session, self->chid, self->own, LEN, &rcv));
			ASSERT_EQ((int64_t)len, rcv.info.msglen);
			ASSERT_EQ((int64_t)len, q_read(self->session, rcv.rcvid, self->own + LEN,
						       LEN, 0));
			ASSERT_EQ((int64_t)len, q_read(self->session, rcv.rcvid,
						       self->own + 2 * LEN, LEN, 0));
			if (len <= 256) {
				ASSERT_EQ(0, memcmp(self->own, self->own + LEN, len));
				ASSERT_EQ(0, memcmp(self->own, self->own + 2 * LEN, len));
			}
			for (b = 0; b < len; b++)
				if (self->own[b] != 0xaa && self->own[b] != 0x55)
					break;
			ASSERT_EQ(len, b);
			ASSERT_EQ(0, q_reply(self->session, rcv.rcvid, 0, NULL, 0));
			ASSERT_EQ(0, peer_wait(self->client));
		}
	}
	flip_stop(&flipper);
}

/* Between parts that are fine, and memory of the kernel, wrapping ends, and lengths of any size. */
static void flip_parts(struct flipper *flipper, unsigned int round)
{
	const struct qipc_iov odd[] = {
		iov(flipper->good, 100),
		iov((void *)0xffffffff81000000, 100),
		iov((void *)0xffff888000000000, 100),
		iov(flipper->good, INT_MAX),
		iov(flipper->good, UINT64_MAX),
		iov((void *)(UINT64_MAX - 10), 100),
		iov(NULL, 100),
		iov((void *)0x7ffffffff000, 4096),
		iov(flipper->good, 0),
		/* Good as well, and shorter: what was counted is not what would be copied. */
		iov(flipper->good, 50), iov(flipper->good, 50), iov(flipper->good, 50),
		iov(flipper->good, 1), iov(flipper->good, 1), iov(flipper->good, 1),
	};
	struct qipc_iov *part = &flipper->parts[mix64(round / 2) % 40];

	/* One at a time, so that many a list is a good one. */
	*part = round & 1 ? odd[0] : odd[mix64(round) % ARRAY_SIZE(odd)];
}

static bool is_bad_list(int64_t ret)
{
	return ret == -EFAULT || ret == -EOVERFLOW;
}

/* Sends, again and again, what the argument says at that moment, until value[0] is set. */
static long job_send_as_it_is(struct peer *peer)
{
	struct qipc_msg_send *send = peer->memory;
	int ret, odd = 0;

	while (!peer->value[0]) {
		ret = q_ioctl(peer->fd, QIPC_MSG_SEND, send);
		if (ret && ret != -EFAULT && ret != -EOVERFLOW && ret != -EINVAL)
			odd = ret;
	}
	return odd;
}

/* The result of that, when all that was sent meanwhile is answered. */
static long end_of_sends(struct peer *client, int session, int chid)
{
	struct qipc_msg_receive rcv;

	client->value[0] = 1;
	while (client->running)
		if (!q_receive_now(session, chid, NULL, 0, &rcv))
			q_reply(session, rcv.rcvid, 0, NULL, 0);
	return peer_wait(client);
}

/*
 * Lists are copied before they are looked at: what was checked is what is used.
 * The client's list changes, and the server's own.
 */
TEST_F_TIMEOUT(isolation, lists_change_under_the_call, 60)
{
	struct qipc_iov *parts = (void *)self->mem;
	struct flipper flipper = {
		.parts = parts, .good = self->mem + LEN, .flip = flip_parts,
	};
	long sent = 0, refused = 0, received = 0, unwritten = 0;
	int64_t begin = now_us(), end = begin + 2 * WHILE_US, bytes, total;
	int64_t last = begin + PATIENCE_MS * 1000LL;
	struct peer *client = self->client;
	struct qipc_msg_receive rcv;
	unsigned int i;
	int64_t b;
	int ret;

	for (i = 0; i < 40; i++)
		parts[i] = iov(flipper.good, 100);
	memset(flipper.good, PUBLIC, 4096);
	ASSERT_TRUE(flip_start(&flipper));
	/* Until it has gone both ways. */
	for (i = 0; now_us() < (sent && refused ? end : last); i++) {
		/* Few lie elsewhere than many. */
		send_args(&client->send, client->coid, parts, i % 2 ? 40 : 4, parts,
			  i % 4 ? 4 : 40);
		client->send.flags = 0;
		peer_go(client, job_send);
		do
			ret = q_receivev_now(self->session, self->chid,
					     (void *)(i % 8 ? &parts[10] : parts), i % 8 ? 8 : 40,
					     &rcv);
		while ((ret == -EAGAIN || is_bad_list(ret)) && client->running);
		if (ret == -EAGAIN || is_bad_list(ret)) {
			/* Of the client's memory, or its list, or what the server then looked at. */
			ret = peer_wait(client);
			ASSERT_TRUE(is_bad_list(ret)) {
				TH_LOG("send: %d", ret);
			}
			refused++;
			continue;
		}
		ASSERT_EQ(0, ret);
		received++;
		total = rcv.info.srcmsglen;
		ASSERT_GE(INT_MAX, total);
		ASSERT_LE(rcv.info.msglen, total);
		/* All that was counted is there. */
		sentinel_fill(self->own, 4096);
		bytes = q_read(self->session, rcv.rcvid, self->own, 4 * LEN, 0);
		ASSERT_TRUE(bytes == -EFAULT ||
			    bytes == (total < 4 * LEN ? total : 4 * LEN));
		for (b = 0; b < bytes && b < 4096; b++)
			ASSERT_EQ(PUBLIC, self->own[b]);
		bytes = q_writev(self->session, rcv.rcvid, parts, 40, 0);
		ASSERT_TRUE(is_bad_list(bytes) || (bytes >= 0 && bytes <= rcv.info.dstmsglen));
		ret = q_replyv(self->session, rcv.rcvid, 0, parts, 4);
		if (ret == -EOVERFLOW || (ret == -EFAULT && client->running)) {
			unwritten++;
			q_error(self->session, rcv.rcvid, EIO);
		}
		ret = peer_wait(client);
		ASSERT_TRUE(!ret || ret == -EFAULT || ret == -EIO) {
			TH_LOG("answer: %d", ret);
		}
		sent += !ret;
	}
	flip_stop(&flipper);
	TH_LOG("%ld received, %ld of them answered, %ld refused, %ld bad answers", received, sent,
	       refused, unwritten);
	EXPECT_LT(0, sent);
	EXPECT_LT(0, refused);
}

/* The same as fast as the client can: what was counted is what is copied, each time. */
TEST_F_TIMEOUT(isolation, lists_change_all_the_time, 60)
{
	struct qipc_msg_send *send = (void *)(self->mem + 3 * LEN);
	struct qipc_iov *parts = (void *)self->mem;
	struct flipper flipper = {
		.parts = parts, .good = self->mem + LEN, .flip = flip_parts,
	};
	int64_t begin = now_us(), end = begin + 2 * WHILE_US, b;
	int64_t last = begin + PATIENCE_MS * 1000LL;
	struct qipc_msg_receive rcv;
	long received = 0;
	unsigned int i;

	for (i = 0; i < 40; i++)
		parts[i] = iov(flipper.good, 100);
	memset(flipper.good, PUBLIC, 4096);
	send_args(send, self->client->coid, parts, 40, NULL, 0);
	send->flags = QIPC_REPLY_BUF;
	self->client->memory = send;
	self->client->value[0] = 0;
	ASSERT_TRUE(flip_start(&flipper));
	peer_go(self->client, job_send_as_it_is);
	while (now_us() < (received ? end : last)) {
		sentinel_fill(self->own, 4096);
		if (q_receive_now(self->session, self->chid, self->own, 4096, &rcv))
			continue;
		received++;
		for (b = 0; b < rcv.info.msglen; b++)
			ASSERT_EQ(PUBLIC, self->own[b]);
		EXPECT_EQ(0, q_reply(self->session, rcv.rcvid, 0, NULL, 0));
	}
	flip_stop(&flipper);
	EXPECT_EQ(0, end_of_sends(self->client, self->session, self->chid));
	EXPECT_LT(0, received);
	TH_LOG("%ld received", received);
}

/* The argument itself: it is read once. */
static void flip_argument(struct flipper *flipper, unsigned int round)
{
	static const uint64_t counts[] = { LEN, 8, UINT64_MAX, LEN, 3, 1ULL << 32 };

	flipper->send->send.count = counts[round % 6];
	flipper->send->reply.count = counts[(round + 1) % 6];
	flipper->send->flags = round % 5 ? QIPC_SEND_BUF | QIPC_REPLY_BUF : round % 7;
	flipper->receive->vec.count = counts[(round + 3) % 6];
	flipper->receive->vec.base = round % 11 ? (uintptr_t)flipper->good : 0xffff888000000000;
}

TEST_F_TIMEOUT(isolation, arguments_change_under_the_call, 60)
{
	struct qipc_msg_send *send = (void *)self->mem;
	struct qipc_msg_receive receive;
	struct flipper flipper = {
		.send = send, .receive = &receive, .good = self->own, .flip = flip_argument,
	};
	int64_t begin = now_us(), end = begin + 2 * WHILE_US, b;
	int64_t last = begin + PATIENCE_MS * 1000LL;
	long received = 0;
	int ret;

	memset(self->mem + LEN, PUBLIC, 3 * LEN);
	send_args(send, self->client->coid, self->mem + LEN, 8, self->mem + LEN, 8);
	receive_args(&receive, self->chid, self->own, LEN, QIPC_BUF | QIPC_NONBLOCK);
	self->client->memory = send;
	self->client->value[0] = 0;
	ASSERT_TRUE(flip_start(&flipper));
	peer_go(self->client, job_send_as_it_is);
	while (now_us() < (received ? end : last)) {
		sentinel_fill(self->own, LEN);
		ret = q_ioctl(self->session, QIPC_MSG_RECEIVE, &receive);
		if (ret) {
			ASSERT_TRUE(ret == -EAGAIN || ret == -EFAULT || ret == -EOVERFLOW) {
				TH_LOG("%d", ret);
			}
			continue;
		}
		received++;
		ASSERT_GE(LEN, receive.info.msglen);
		/* As much as was counted, whatever that was. */
		for (b = 0; b < receive.info.msglen; b++)
			ASSERT_EQ(PUBLIC, self->own[b]);
		ASSERT_EQ(-1, sentinel_differs(self->own + b, LEN - b));
		/* Where the answer goes there is the next message. */
		memset(self->own, PUBLIC, 100);
		ret = q_reply(self->session, receive.rcvid, 0, self->own, 100);
		ASSERT_TRUE(!ret || ret == -EFAULT);
	}
	flip_stop(&flipper);
	EXPECT_EQ(0, end_of_sends(self->client, self->session, self->chid));
	EXPECT_LT(0, received);
}

TEST_HARNESS_MAIN
