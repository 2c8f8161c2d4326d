/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What tests of qipc share that does not depend on the interface they go
 * through: time, patterns for buffers, memory, children, peers (a thread or a
 * process that does what it is told and may hang or die doing it), and waiting
 * until a thread sleeps in the module.
 *
 * The header that includes this one says first what its jobs work on: PEER_MEMBERS
 * are further members of struct peer.
 */
#ifndef QIPC_TEST_BASE_H
#define QIPC_TEST_BASE_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <linux/capability.h>
#include <linux/qipc.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* ERESTART of the kernel's own errno.h; user headers have it by that value too. */
#ifndef ERESTART
#define ERESTART	85
#endif

/*
 * How much slower than a stock kernel in an emulator this may be.  A debug
 * kernel is several times: tests wait longer there, and do fewer rounds.
 */
#ifndef SLOW
#define SLOW		1
#endif
#define FEWER(n)	((n) / SLOW)

#ifdef TEST_TIMEOUT_DEFAULT
#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT	(30 * SLOW)
#undef TEST_F_TIMEOUT
#define TEST_F_TIMEOUT(fixture, test, seconds) \
	__TEST_F_IMPL(fixture, test, -1, (seconds) * SLOW)
#endif

/* Nothing in these tests takes longer than this, even in a slow emulator. */
#define PATIENCE_MS	(20000 * SLOW)

/* Out fields and buffers are filled with this before a call. */
#define SENTINEL	0x5a
#define SENTINEL32	0x5a5a5a5a
#define SENTINEL64	0x5a5a5a5a5a5a5a5aLL

/* How children end; anything else is a signal (256 + number) or a timeout. */
enum child_exit {
	CHILD_OK = 0,
	CHILD_OPEN = 10,	/* no session */
	CHILD_CREATE,		/* no channel */
	CHILD_ATTACH,		/* no connection */
	CHILD_SEND,		/* send failed */
	CHILD_RECEIVE,		/* receive failed */
	CHILD_REPLY,		/* reply failed */
	CHILD_TRANSFER,		/* read or write failed */
	CHILD_SETUP,		/* something that is not qipc failed */
	CHILD_WRONG_ERRNO,	/* failed, but not in the way it should */
	CHILD_WRONG_DATA,	/* bytes, lengths or status differ */
	CHILD_NOT_REFUSED,	/* worked and should not have */
	CHILD_USAGE,
	CHILD_TIMEOUT = 1000,
};

/* --- time --------------------------------------------------------------- */

static inline int64_t now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000LL + ts.tv_nsec / 1000;
}

static inline void sleep_us(long us)
{
	struct timespec ts = { us / 1000000, us % 1000000 * 1000 };

	nanosleep(&ts, NULL);
}

static inline void spin_us(long us)
{
	int64_t end = now_us() + us;

	while (now_us() < end)
		;
}

static inline void crash(void)
{
	volatile uintptr_t nowhere = 16;

	*(volatile int *)nowhere = 1;
}

static inline pid_t own_tid(void)
{
	return syscall(SYS_gettid);
}

/* --- patterns ------------------------------------------------------------- */

static inline void sentinel_fill(void *buf, size_t len)
{
	memset(buf, SENTINEL, len);
}

static inline uint64_t mix64(uint64_t x)
{
	x += 0x9e3779b97f4a7c15ULL;
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
	return x ^ (x >> 31);
}

/* Byte number i of the pattern of a seed does not depend on where it lies. */
static inline unsigned char pattern_byte(uint64_t seed, uint64_t i)
{
	return mix64(seed ^ (i / 8)) >> (i % 8 * 8);
}

static inline void pattern_fill(void *buf, size_t len, uint64_t seed)
{
	unsigned char *p = buf;
	uint64_t word;
	size_t i;

	for (i = 0; i + 8 <= len; i += 8) {
		word = mix64(seed ^ (i / 8));
		memcpy(p + i, &word, 8);
	}
	for (; i < len; i++)
		p[i] = pattern_byte(seed, i);
}

/* Index of the first byte that differs from the pattern at @from, or -1. */
static inline ssize_t pattern_differs(const void *buf, size_t len, uint64_t seed, uint64_t from)
{
	const unsigned char *p = buf;
	size_t i;

	for (i = 0; i < len; i++)
		if (p[i] != pattern_byte(seed, from + i))
			return i;
	return -1;
}

/* Index of the first byte that is no sentinel any more, or -1. */
static inline ssize_t sentinel_differs(const void *buf, size_t len)
{
	const unsigned char *p = buf;
	size_t i;

	for (i = 0; i < len; i++)
		if (p[i] != SENTINEL)
			return i;
	return -1;
}

/* --- memory ---------------------------------------------------------------- */

static inline size_t page_size(void)
{
	return sysconf(_SC_PAGESIZE);
}

/* Zeroed memory that peers that are processes share with the test; NULL on failure. */
static inline void *shared_alloc(size_t len)
{
	void *p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

static inline void *private_alloc(size_t len)
{
	void *p = mmap(NULL, len, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

/* @len usable bytes (a multiple of the page size), then a page nobody may touch. */
static inline unsigned char *guarded_alloc(size_t len, bool shared)
{
	unsigned char *p = shared ? shared_alloc(len + page_size()) :
				    private_alloc(len + page_size());

	if (p && mprotect(p + len, page_size(), PROT_NONE))
		return NULL;
	return p;
}

/* --- a thread asleep in the module ----------------------------------------- */

static inline ssize_t read_proc(pid_t pid, pid_t tid, const char *name, char *buf, size_t len)
{
	char path[64];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/%s", pid, tid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	n = read(fd, buf, len - 1);
	close(fd);
	if (n >= 0)
		buf[n] = '\0';
	return n;
}

/*
 * True when the thread sleeps in a qipc ioctl, in one of these states.  The
 * kernel fills in "syscall" only for a thread that has left the processor;
 * one that merely passes through says "running".
 */
static inline bool is_asleep(pid_t pid, pid_t tid, const char *states)
{
	unsigned long fd, request;
	char buf[512], *p;
	int nr;

	if (read_proc(pid, tid, "syscall", buf, sizeof(buf)) <= 0)
		return false;
	if (sscanf(buf, "%d %lx %lx", &nr, &fd, &request) != 3)
		return false;
	if (nr != SYS_ioctl || _IOC_TYPE(request) != QIPC_IOC_TYPE)
		return false;
	if (read_proc(pid, tid, "stat", buf, sizeof(buf)) <= 0)
		return false;
	p = strrchr(buf, ')');
	return p && p[1] == ' ' && p[2] && strchr(states, p[2]);
}

/* It waits, and can be interrupted. */
static inline bool is_blocked(pid_t pid, pid_t tid)
{
	return is_asleep(pid, tid, "S");
}

/* Waits until the thread is blocked; false if that does not come about. */
static inline bool wait_until_blocked(pid_t pid, pid_t tid)
{
	int64_t end = now_us() + PATIENCE_MS * 1000LL;

	while (!is_blocked(pid, tid)) {
		if (now_us() > end)
			return false;
		sleep_us(200);
	}
	return true;
}

/* --- children ---------------------------------------------------------------- */

/*
 * A fork whose child does not outlive the thread that made it.
 *
 * The child waits until the parent has left fork(), which blocks all signals in
 * some libraries.  A child that ends meanwhile would be told to another thread of
 * the parent, since a signal that is blocked is not ignored, and its call would
 * be interrupted.
 */
static inline pid_t fork_bound(void)
{
	volatile int *left = shared_alloc(sizeof(*left));
	pid_t parent = getpid();
	pid_t pid = fork();

	if (left && pid)
		*left = 1;
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		/* It may be gone already; 0 is a parent in another pid namespace. */
		if (getppid() && getppid() != parent)
			_exit(CHILD_SETUP);
		while (left && !*left)
			sleep_us(50);
	}
	if (left)
		munmap((void *)left, sizeof(*left));
	return pid;
}

static inline pid_t spawn(int (*fn)(void *arg), void *arg)
{
	pid_t pid = fork_bound();

	if (pid)
		return pid;
	_exit(fn(arg));
}

/* Exit code of the child, 256 + signal, or CHILD_TIMEOUT if it did not end. */
static inline int reap(pid_t pid)
{
	int64_t end = now_us() + PATIENCE_MS * 1000LL;
	int status;
	pid_t ret;

	do {
		ret = waitpid(pid, &status, WNOHANG);
		if (ret == pid)
			return WIFEXITED(status) ? WEXITSTATUS(status) : 256 + WTERMSIG(status);
		if (ret < 0)
			return -errno;
		sleep_us(200);
	} while (now_us() < end);
	return CHILD_TIMEOUT;
}

static inline int run_child(int (*fn)(void *arg), void *arg)
{
	pid_t pid = spawn(fn, arg);

	return pid < 0 ? CHILD_SETUP : reap(pid);
}

/* --- peers --------------------------------------------------------------------- */

/*
 * A peer is another thread of the test, or another process, that does one job
 * after the other.  It lies in memory that both share.  A job may block, which
 * the test can watch, or never come back, which the test can survive.
 */
struct peer {
	long (*job)(struct peer *peer);
	long result;		/* of the last job */
	volatile int running;	/* a job was started and has not ended */
	bool process;
	pid_t pid;
	pid_t tid;
	sem_t go;
	sem_t done;
	pthread_t thread;

	PEER_MEMBERS;		/* of the header that includes this one */
};

static inline void peer_loop(struct peer *peer)
{
	for (;;) {
		while (sem_wait(&peer->go))
			;
		peer->result = peer->job(peer);
		peer->running = 0;
		sem_post(&peer->done);
	}
}

static inline void *peer_thread(void *arg)
{
	struct peer *peer = arg;

	peer->tid = own_tid();
	sem_post(&peer->done);
	peer_loop(peer);
	return NULL;
}

static inline int peer_collect(struct peer *peer)
{
	int64_t end = now_us() + PATIENCE_MS * 1000LL;
	struct timespec ts;

	for (;;) {
		clock_gettime(CLOCK_REALTIME, &ts);
		ts.tv_sec++;
		if (!sem_timedwait(&peer->done, &ts))
			return 0;
		if (now_us() > end)
			return -ETIMEDOUT;
	}
}

/*
 * Starts what is to be a peer.  In a process @enter makes it ready; peers that
 * are threads are ready as they are.  The first job may be given when this is 0.
 */
static inline int peer_launch(struct peer *peer, bool process, int (*enter)(struct peer *peer))
{
	pid_t pid;

	sem_init(&peer->go, 1, 0);
	sem_init(&peer->done, 1, 0);
	peer->process = process;
	peer->result = 0;
	if (!process) {
		peer->pid = getpid();
		if (pthread_create(&peer->thread, NULL, peer_thread, peer))
			return -EAGAIN;
	} else {
		pid = fork_bound();
		if (pid < 0)
			return -errno;
		if (!pid) {
			peer->tid = own_tid();
			peer->result = enter(peer);
			sem_post(&peer->done);
			peer_loop(peer);
		}
		/* Not what the child calls itself, should it live in a namespace. */
		peer->pid = pid;
	}
	return peer_collect(peer) ? -ETIMEDOUT : (int)peer->result;
}

/* Starts a job. */
static inline void peer_go(struct peer *peer, long (*job)(struct peer *peer))
{
	peer->job = job;
	peer->result = SENTINEL64;
	peer->running = 1;
	sem_post(&peer->go);
}

/* Result of the job that was started; -ETIMEDOUT if it does not end. */
static inline long peer_wait(struct peer *peer)
{
	return peer_collect(peer) ? -ETIMEDOUT : peer->result;
}

static inline long peer_call(struct peer *peer, long (*job)(struct peer *peer))
{
	peer_go(peer, job);
	return peer_wait(peer);
}

static inline bool peer_sleeps(struct peer *peer, const char *states)
{
	int64_t end = now_us() + PATIENCE_MS * 1000LL;

	while (peer->running && now_us() < end) {
		if (is_asleep(peer->pid, peer->tid, states))
			return peer->running;
		sleep_us(200);
	}
	return false;
}

/* True once the peer sleeps in its job; false if the job ended or never sleeps. */
static inline bool peer_blocked(struct peer *peer)
{
	return peer_sleeps(peer, "S");
}

/*
 * The same where the peer may have asked to be unblocked: from then on it waits
 * for the server, or for its death.
 */
static inline bool peer_waits(struct peer *peer)
{
	return peer_sleeps(peer, "SD");
}

/* Ends a peer that is a process; 256 + SIGKILL unless it had ended before. */
static inline int peer_kill(struct peer *peer)
{
	kill(peer->pid, SIGKILL);
	return reap(peer->pid);
}

static inline int peer_signal(struct peer *peer, int sig)
{
	return syscall(SYS_tgkill, peer->pid, peer->tid, sig) ? -errno : 0;
}

/* --- who one is --------------------------------------------------------------------- */

#define NOBODY	65534

/* Changes all user and group ids of the process for good; takes root. */
static inline bool become(uid_t uid, gid_t gid, const gid_t *groups, size_t ngroups)
{
	bool done = !setgroups(ngroups, groups) && !setresgid(gid, gid, gid) &&
		    !setresuid(uid, uid, uid);

	/* Cleared by the change of user. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	return done;
}

static inline bool drop_capability(int cap)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &head, data))
		return false;
	data[cap / 32].effective &= ~(1U << cap % 32);
	data[cap / 32].permitted &= ~(1U << cap % 32);
	return !syscall(SYS_capset, &head, data);
}

static inline void count_signal(int sig)
{
	(void)sig;
}

#endif /* QIPC_TEST_BASE_H */
