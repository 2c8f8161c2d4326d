// SPDX-License-Identifier: MIT OR Apache-2.0
/*
 * Written by qipc-fuzz: a program that led to trouble, without the fuzzer.
 *
 *   cc -O1 -pthread -I uapi THIS.c && ./a.out [TIMES]
 *
 * Wants /dev/qipc, root and a machine that nobody needs.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <grp.h>
#include <linux/qipc.h>

#define PROCESSES 4
#define THREADS 4
#define REGISTERS 4
#define REGIONS 11
#define EMPTY LONG_MIN

enum kind { CHID, COID, RCVID, SCOID, HANDLE, TIMER, FD, KINDS };
enum place { GOOD, EDGE, STRADDLES, READ_ONLY, NOWHERE };

/* What all processes share. */
static struct {
	volatile long registers[PROCESSES][KINDS][REGISTERS];
	volatile int pids[PROCESSES], tids[PROCESSES][THREADS];
	volatile unsigned int steps, done, stretches, ready;
} *shared;

static int self, session = -1, shared_file, boxes[PROCESSES][2];
static __thread int patience = 60;
static __thread char *stretch;
static __thread unsigned int kept;

/* Kind of memory: 0 private, 1 read only, 2 barred, 3 shared, 4 counted from its end, 5 nothing. */
static const struct region {
	unsigned long base, size;
	int backing;
} regions[REGIONS] = {
	{ 0x10000000, 0x40000, 0 },
	{ 0x11000000, 0x10000, 1 },
	{ 0x12000000, 0x10000, 2 },
	{ 0x13000000, 0x40000, 3 },
	{ 0x14000000, 0x200000, 0 },
	{ 0x16000000, 0x10000, 5 },
	{ 0x17000000, 0x10000, 4 },
	{ 0, 0x1000, 5 },
	{ 0xffff888000000000, 0x1000, 5 },
	{ 0xffffffffff600000, 0x1000, 5 },
	{ 0x7fffffffe000, 0x1000, 5 },
};

static void map_region(int number)
{
	const struct region *r = &regions[number];
	int protection = r->backing == 1 ? PROT_READ : r->backing == 2 ? PROT_NONE :
			 PROT_READ | PROT_WRITE;

	if (r->backing == 5)
		return;
	if (r->backing == 3)
		mmap((void *)r->base, r->size, protection, MAP_SHARED | MAP_FIXED, shared_file, 0);
	else
		mmap((void *)r->base, r->size, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
		     -1, 0);
	if (number == 4)
		madvise((void *)r->base, r->size, MADV_HUGEPAGE);
}

static __u64 at(int number, __u64 place)
{
	const struct region *r = &regions[number];

	if (r->backing == 4)
		return r->base + r->size - (place < r->size ? place : r->size);
	return r->base + place;
}

/* A thread waits a little for what is not there yet. */
static long get(enum kind kind, int process, int index)
{
	volatile long *place = &shared->registers[process][kind][index];

	for (int tries = 20; *place == EMPTY && patience > 0 && tries > 0; tries--) {
		patience--;
		usleep(1000);
	}
	return *place == EMPTY ? 0 : *place;
}

static void set(enum kind kind, int index, long value)
{
	shared->registers[self][kind][index] = value;
}

/* The descriptor that a call is made on: a number of the session is none. */
static int on(enum kind kind, int process, int index)
{
	long value = get(kind, process, index);

	return !value || (kind == COID && value & QIPC_SIDE_CHANNEL) ? session : value;
}

/* A thread's own memory: 60 KiB, a page that is not there, and the same to be read only. */
static char *own(void)
{
	if (!stretch)
		stretch = (char *)0x20000000UL +
			  __atomic_fetch_add(&shared->stretches, 1, __ATOMIC_SEQ_CST) % 64 * 0x10000UL;
	return stretch;
}

static __u64 keep(const void *bytes, size_t size)
{
	char *place = own() + 0x1000 + kept;

	if (kept + size > 0xd000)
		return 0;
	memcpy(place, bytes, size);
	kept += (size + 15) & ~15UL;
	return (unsigned long)place;
}

static __u64 keep_parts(const struct qipc_iov *parts, unsigned int count, unsigned int times)
{
	__u64 first = (unsigned long)own() + 0x1000 + kept;

	for (unsigned int i = 0; i < times; i++)
		if (!keep(parts, count * sizeof(*parts)))
			break;
	return first;
}

static int fail_at(int n)
{
	static __thread int fd;
	char text[16];
	int len = snprintf(text, sizeof(text), "%d", n);

	if (!fd)
		fd = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	return fd < 0 || pwrite(fd, text, len, 0) == len;
}

static long narrow_ioctl(int fd, unsigned int request, unsigned long address)
{
#ifdef __x86_64__
	long ret;

	asm volatile("int $0x80" : "=a"(ret)
		     : "a"(54L), "b"((long)fd), "c"((long)request), "d"(address)
		     : "memory", "r8", "r9", "r10", "r11");
	ret = (int)ret;
	if (ret < 0) {
		errno = -ret;
		return -1;
	}
	return ret;
#else
	return ioctl(fd, request, address);
#endif
}

static long call(const char *name, int fd, unsigned int request, void *argument, int longer,
		 enum place where, int narrow, int fail)
{
	int size = _IOC_SIZE(request), said = size + longer;
	int len = said > size ? said : size;
	char *place = own();
	unsigned long address;
	long ret;

	if (where == EDGE || where == STRADDLES)
		place += 0xf000 - len;
	/* What is behind the page's end is not written. */
	if (where == STRADDLES)
		place += len / 2;
	memcpy(place, argument, where == STRADDLES ? len - len / 2 : size);
	if (said > size && where != STRADDLES)
		memset(place + size, longer & 1, said - size);
	address = (unsigned long)place;
	if (where == READ_ONLY)
		address += 0x8000000;
	else if (where == NOWHERE)
		address = 0;
	request = (request & ~(_IOC_SIZEMASK << _IOC_SIZESHIFT)) | (unsigned int)said << _IOC_SIZESHIFT;
	if (fail)
		fail_at(fail);
	ret = narrow ? narrow_ioctl(fd, request, address) : ioctl(fd, request, address);
	fprintf(stderr, "%d.%ld %s: %ld %s\n", self, (long)gettid(), name, ret,
		ret < 0 ? strerror(errno) : "");
	if (fail)
		while (!fail_at(0))
			;
	kept = 0;
	if (where != STRADDLES)
		memcpy(argument, place, size);
	return ret;
}

static void become(int user)
{
	static const uid_t users[] = { 0, 1001, 1002 };

	setgroups(0, NULL);
	if (setresgid(users[user], users[user], users[user]) ||
	    setresuid(users[user], users[user], users[user]))
		perror("setresuid");
}

static void pass(int process, int fd)
{
	char byte = 0, control[CMSG_SPACE(sizeof(int))] = "";
	struct iovec part = { &byte, 1 };
	struct msghdr message = {
		.msg_iov = &part, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *head = CMSG_FIRSTHDR(&message);

	head->cmsg_len = CMSG_LEN(sizeof(int));
	head->cmsg_level = SOL_SOCKET;
	head->cmsg_type = SCM_RIGHTS;
	memcpy(CMSG_DATA(head), &fd, sizeof(fd));
	sendmsg(boxes[process][0], &message, MSG_NOSIGNAL);
}

static int take(void)
{
	char byte = 0, control[CMSG_SPACE(sizeof(int))] = "";
	struct iovec part = { &byte, 1 };
	struct msghdr message = {
		.msg_iov = &part, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct pollfd set = { .fd = boxes[self][1], .events = POLLIN };
	int fd = -1;

	poll(&set, 1, 2);
	if (recvmsg(boxes[self][1], &message, MSG_CMSG_CLOEXEC) >= 0 && CMSG_FIRSTHDR(&message))
		memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(fd));
	return fd;
}

static void schedule(int policy, int priority)
{
	static const int policies[] = { SCHED_OTHER, SCHED_FIFO, SCHED_RR, SCHED_IDLE };
	struct sched_param parameter = {
		.sched_priority = policy == 1 || policy == 2 ? priority % 50 + 1 : 0,
	};

	sched_setscheduler(0, policies[policy], &parameter);
}

static void pin(int processor)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(processor, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

static void ignore(int signal)
{
	(void)signal;
}

/* The processes begin together. */
static void meet(unsigned int processes)
{
	session = open("/dev/qipc", O_RDWR | O_CLOEXEC);
	__atomic_add_fetch(&shared->ready, 1, __ATOMIC_SEQ_CST);
	for (int i = 0; i < 100 && shared->ready < processes; i++)
		usleep(1000);
}

static void begin(int thread)
{
	shared->tids[self][thread] = gettid();
	shared->pids[self] = getpid();
}

static void step(void)
{
	__atomic_add_fetch(&shared->steps, 1, __ATOMIC_SEQ_CST);
}

static void end(void)
{
	__atomic_add_fetch(&shared->done, 1, __ATOMIC_SEQ_CST);
}

static void prepare(void)
{
	int scratch = memfd_create("scratch", MFD_CLOEXEC);

	shared_file = memfd_create("shared", MFD_CLOEXEC);
	if (ftruncate(shared_file, regions[3].size) || ftruncate(scratch, 64 * 0x10000))
		perror("ftruncate");
	for (int i = 0; i < REGIONS; i++)
		map_region(i);
	mmap((void *)0x20000000, 64 * 0x10000, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
	     scratch, 0);
	mmap((void *)0x28000000, 64 * 0x10000, PROT_READ, MAP_SHARED | MAP_FIXED, scratch, 0);
	for (unsigned long i = 0; i < 64; i++)
		munmap((void *)(0x2000f000 + i * 0x10000), 0x1000);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		      -1, 0);
	for (int i = 0; i < PROCESSES; i++) {
		socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, boxes[i]);
		for (int k = 0; k < KINDS; k++)
			for (int j = 0; j < REGISTERS; j++)
				shared->registers[i][k][j] = EMPTY;
	}
}

/* Starts the processes, wakes who sleeps, and ends with all of them. */
static void lead(int restart, unsigned int threads, int processes, void (*const mains[])(void))
{
	struct sigaction action = {
		.sa_handler = ignore, .sa_flags = restart ? SA_RESTART : 0,
	};
	unsigned int before = 0;
	int idle = 0, pokes = 0;

	prepare();
	sigaction(SIGUSR1, &action, NULL);
	for (int i = 0; i < processes; i++) {
		int pid = fork();

		if (!pid) {
			self = i;
			mains[i]();
			/* Others may still have to do with its channels. */
			sleep(1);
			_exit(0);
		}
		shared->pids[i] = pid;
	}
	while (shared->done < threads && pokes < 8) {
		usleep(1000);
		idle = shared->steps == before ? idle + 1 : 0;
		before = shared->steps;
		if (idle < 20)
			continue;
		idle = 0;
		pokes++;
		for (int i = 0; i < processes; i++)
			for (int t = 0; t < THREADS; t++)
				if (shared->tids[i][t])
					syscall(SYS_tgkill, shared->pids[i], shared->tids[i][t],
						SIGUSR1);
	}
}

/* Each time in a pid namespace of its own, which takes everything along when it ends. */
static int main_of(int argc, char **argv, void (*all)(void))
{
	int times = argc > 1 ? atoi(argv[1]) : 100;

	for (int i = 0; i < times; i++) {
		int pid = syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, 0, 0, 0, 0);

		if (pid < 0) {
			perror("clone");
			return 1;
		}
		if (!pid) {
			all();
			_exit(0);
		}
		waitpid(pid, NULL, 0);
	}
	return 0;
}

