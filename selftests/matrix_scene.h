/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One run of a cell of the kill matrix: two processes, the state they are in,
 * and what is done to one of them.  Each process has two threads: one makes the
 * calls, the other one does what has to come from inside of the process.
 */
#ifndef QIPC_MATRIX_SCENE_H
#define QIPC_MATRIX_SCENE_H

#include <linux/userfaultfd.h>
#include <stddef.h>

#include "qipc_test.h"
#include "cgroup.h"
#include "matrix_table.h"

enum {
	LEN = 64 * 1024,		/* of the buffer that things happen to */
	LIMIT = 4 << 20,		/* of the memory cgroup */
	PENDING = 0x7fffffff,		/* result of a call that has not returned */
	FAR_NS = 1000000000,		/* of deadlines, in tens: they never pass here */
};

struct side {
	pid_t pid;
	volatile pid_t tid;
	sem_t ready;		/* to the test: session, buffer and threads are there */
	sem_t start;		/* from the test: make the call */
	sem_t act;		/* to the other thread: let it happen */
	sem_t go_on;		/* from the test: the next call */
	volatile int acted;
	volatile int first;	/* result of the call that it happens to */
	volatile int second;	/* of the one after that */
	int session;
	int id;			/* coid, chid */
	volatile int pager;	/* a userfaultfd, by its number in the process, or -1 */
	char *hot;		/* the buffer */
	int file;
};

struct scene {
	enum state state;
	enum event event;
	bool at_server;
	struct side client;
	struct side server;
	volatile int64_t rcvid;
	struct qipc_msg_send send;
	struct qipc_msg_receive receive;
	struct qipc_pulse pulse;
	struct qipc_timeout timeout;
	char cold[64];
};

static inline bool is_copy(enum state state)
{
	return state == RECEIVE_COPY || state == REPLY_COPY || state == READ_COPY ||
	       state == WRITE_COPY;
}

/* The server is blocked, the client has not done anything yet. */
static inline bool server_waits(enum state state)
{
	return state == RECEIVE || state == RECEIVE_TIMED || state == PULSE;
}

static inline bool ends_process(enum event event)
{
	return event == KILL || event == EXIT || event == EXEC || event == OOM;
}

static inline struct side *victim_of(struct scene *scene)
{
	return scene->at_server ? &scene->server : &scene->client;
}

/* --- inside of the processes ------------------------------------------------------ */

/* Whether faults in the buffer of a side are held up. */
static inline bool is_paged(struct scene *scene, struct side *side)
{
	if (scene->at_server && scene->event == UFFD)
		return side == &scene->server;
	return side == &scene->client && (is_copy(scene->state) || scene->event == UFFD);
}

/* A mapping of a file; with a pager its pages are not there. */
static inline bool make_buffer(struct scene *scene, struct side *side)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register range = { .mode = UFFDIO_REGISTER_MODE_MISSING };

	side->file = memfd_create("hot", MFD_CLOEXEC);
	if (side->file < 0 || ftruncate(side->file, LEN))
		return false;
	side->hot = mmap(NULL, LEN, PROT_READ | PROT_WRITE, MAP_SHARED, side->file, 0);
	if (side->hot == MAP_FAILED)
		return false;
	side->pager = -1;
	if (!is_paged(scene, side)) {
		memset(side->hot, SENTINEL, LEN);
		return true;
	}
	side->pager = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
	range.range.start = (uintptr_t)side->hot;
	range.range.len = LEN;
	return side->pager >= 0 && !ioctl(side->pager, UFFDIO_API, &api) &&
	       !ioctl(side->pager, UFFDIO_REGISTER, &range);
}

static inline void use_up_memory(void)
{
	char *p = private_alloc(4 * (size_t)LIMIT);
	size_t i;

	for (i = 0; p && i < 4 * (size_t)LIMIT; i += page_size())
		p[i] = 1;
}

static inline void keep_a_child(void)
{
	if (!fork()) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
}

/* What comes from inside of the process. */
static inline void act(struct scene *scene, struct side *side)
{
	switch (scene->event) {
	case EXIT:
		_exit(0);
	case EXEC:
		exec_assist("pause", 0);
		break;
	case FORK:
		keep_a_child();
		break;
	case CLOSE:
		close(side->session);
		break;
	case DETACH:
		q_detach(side->session, side->id);
		break;
	case DESTROY:
		q_destroy(side->session, side->id);
		break;
	case MUNMAP:
		munmap(side->hot, LEN);
		break;
	case MPROTECT:
		mprotect(side->hot, LEN, PROT_NONE);
		break;
	case DONTNEED:
		madvise(side->hot, LEN, MADV_DONTNEED);
		break;
	case MREMAP:
		mremap(side->hot, LEN, LEN, MREMAP_MAYMOVE | MREMAP_FIXED,
		       private_alloc(LEN));
		break;
	case TRUNCATE:
		if (ftruncate(side->file, 0))
			_exit(CHILD_SETUP);
		break;
	case OOM:
		use_up_memory();
		break;
	default:
		break;
	}
}

struct role {
	struct scene *scene;
	struct side *side;
};

static inline void *other_thread(void *arg)
{
	struct role *role = arg;

	while (sem_wait(&role->side->act))
		;
	act(role->scene, role->side);
	role->side->acted = 1;
	for (;;)
		pause();
	return NULL;
}

/* The process has what it needs. */
static inline void settle_in(struct role *role)
{
	pthread_t thread;

	role->side->tid = own_tid();
	if (!make_buffer(role->scene, role->side) ||
	    pthread_create(&thread, NULL, other_thread, role))
		_exit(CHILD_SETUP);
	sem_post(&role->side->ready);
	while (sem_wait(&role->side->start))
		;
}

static inline uint64_t deadline_of(struct scene *scene, enum state timed, unsigned int states)
{
	if (scene->state != timed)
		return 0;
	scene->timeout = timeout_in(states, 10ULL * FAR_NS);
	return (uintptr_t)&scene->timeout;
}

static inline int send_first(struct scene *scene, struct side *side)
{
	struct qipc_msg_send *arg = &scene->send;
	char *cold = scene->cold;

	if (scene->state == PULSE)
		return q_pulse(side->session, side->id, -1, 1, 1);
	if (scene->state == REPLY_COPY || scene->state == WRITE_COPY)
		send_args(arg, side->id, cold, 16, side->hot, LEN);
	else if (server_waits(scene->state))
		send_args(arg, side->id, cold, 16, cold, 16);
	else
		send_args(arg, side->id, side->hot, LEN, cold, 16);
	arg->timeout = deadline_of(scene, SEND_TIMED, QIPC_TIMEOUT_SEND | QIPC_TIMEOUT_REPLY);
	if (!arg->timeout)
		arg->timeout = deadline_of(scene, REPLY_TIMED,
					   QIPC_TIMEOUT_SEND | QIPC_TIMEOUT_REPLY);
	return q_ioctl(side->session, QIPC_MSG_SEND, arg);
}

/* A send that cannot hang; 0 if it is answered. */
static inline int send_bounded(int session, int coid)
{
	struct qipc_timeout timeout = timeout_in(QIPC_TIMEOUT_SEND | QIPC_TIMEOUT_REPLY,
						 2ULL * FAR_NS);
	struct qipc_msg_send arg;

	return q_send_timeout(session, coid, "still there", 12, NULL, 0, &timeout, &arg);
}

static inline void client_main(struct scene *scene, int ready_server)
{
	struct side *side = &scene->client;
	struct role role = { scene, side };

	side->session = q_open();
	side->id = q_attach_side(side->session, ready_server, scene->server.id);
	if (side->id < 0)
		_exit(CHILD_ATTACH);
	settle_in(&role);
	side->first = send_first(scene, side);
	while (sem_wait(&side->go_on))
		;
	side->second = send_bounded(side->session, side->id);
	for (;;)
		pause();
}

static inline int receive_first(struct scene *scene, struct side *side)
{
	struct qipc_msg_receive *arg = &scene->receive;
	unsigned int flags = QIPC_BUF;
	int64_t len = 0;

	if (scene->state == PULSE)
		flags |= QIPC_PULSE_ONLY;
	if (scene->state == RECEIVE_COPY || server_waits(scene->state))
		len = LEN;
	receive_args(arg, side->id, side->hot, len, flags);
	arg->rcvid = 0;
	arg->timeout = deadline_of(scene, RECEIVE_TIMED, QIPC_TIMEOUT_RECEIVE);
	return q_ioctl(side->session, QIPC_MSG_RECEIVE, arg);
}

static inline int serve_first(struct scene *scene, struct side *side)
{
	int64_t bytes = LEN;
	int ret;

	if (scene->state == SEND || scene->state == SEND_TIMED)
		return 0;
	ret = receive_first(scene, side);
	scene->rcvid = ret ? 0 : scene->receive.rcvid;
	switch (scene->state) {
	case REPLY_COPY:
		ret = q_reply(side->session, scene->rcvid, 0, side->hot, LEN);
		scene->rcvid = 0;
		break;
	case READ_COPY:
		bytes = q_read(side->session, scene->rcvid, side->hot, LEN, 0);
		break;
	case WRITE_COPY:
		bytes = q_write(side->session, scene->rcvid, side->hot, LEN, 0);
		break;
	case REPLY:
	case REPLY_TIMED:
		/* It happens while it thinks about it. */
		sem_post(&side->ready);
		while (sem_wait(&side->go_on))
			;
		sem_post(&side->go_on);
		ret = q_reply(side->session, scene->rcvid, 0, NULL, 0);
		scene->rcvid = 0;
		break;
	default:
		break;
	}
	return bytes == LEN ? ret : bytes < 0 ? (int)bytes : -EIO;
}

static inline void server_main(struct scene *scene)
{
	struct side *side = &scene->server;
	struct role role = { scene, side };
	struct qipc_msg_receive arg;
	struct qipc_pulse buf;

	side->session = q_open();
	side->id = q_create(side->session, 0);
	if (side->id < 0)
		_exit(CHILD_CREATE);
	settle_in(&role);
	side->first = serve_first(scene, side);
	while (sem_wait(&side->go_on))
		;
	if (scene->rcvid > 0)
		q_reply(side->session, scene->rcvid, 0, NULL, 0);
	while (!q_receive(side->session, side->id, &buf, sizeof(buf), &arg))
		if (arg.rcvid)
			q_reply(side->session, arg.rcvid, 0, NULL, 0);
	for (;;)
		pause();
}

/* --- their beginning and their end -------------------------------------------------- */

/* Waits a bounded time; a side that dies does not keep anybody. */
static inline bool sem_wait_soon(sem_t *sem)
{
	struct timespec end;

	clock_gettime(CLOCK_REALTIME, &end);
	end.tv_sec += PATIENCE_MS / 1000;
	while (sem_timedwait(sem, &end))
		if (errno != EINTR)
			return false;
	return true;
}

static inline void side_init(struct side *side)
{
	sem_init(&side->ready, 1, 0);
	sem_init(&side->start, 1, 0);
	sem_init(&side->act, 1, 0);
	sem_init(&side->go_on, 1, 0);
	side->acted = 0;
	side->first = PENDING;
	side->second = PENDING;
}

static inline bool scene_begin(struct scene *scene, int session)
{
	pid_t pid;

	side_init(&scene->client);
	side_init(&scene->server);
	scene->rcvid = 0;
	/* The scene is shared: a child must not write its 0 there. */
	pid = fork_bound();
	if (!pid) {
		close(session);
		server_main(scene);
	}
	scene->server.pid = pid;
	if (pid < 0 || !sem_wait_soon(&scene->server.ready))
		return false;
	pid = fork_bound();
	if (!pid) {
		close(session);
		client_main(scene, scene->server.pid);
	}
	scene->client.pid = pid;
	return pid > 0 && sem_wait_soon(&scene->client.ready);
}

static inline void side_end(struct side *side)
{
	if (side->pid > 0) {
		kill(side->pid, SIGKILL);
		reap(side->pid);
	}
	side->pid = 0;
}

/* --- cgroups ---------------------------------------------------------------------------- */

#define CGROUP		CGROUPS "/qipc-matrix"

/* A cgroup that can be frozen and has a limit. */
static inline bool make_cgroup(void)
{
	char limit[24];

	snprintf(limit, sizeof(limit), "%d", LIMIT);
	return cgroup_make(CGROUP) && cgroup_set(CGROUP, "cgroup.freeze", "0") &&
	       cgroup_set(CGROUP, "memory.max", limit);
}

#endif /* QIPC_MATRIX_SCENE_H */
