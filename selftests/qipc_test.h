/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the selftests share beyond test_base.h: one function per ioctl, and the
 * jobs that peers do with them.
 *
 * Everything goes to the device with plain ioctls on linux/qipc.h; no library.
 */
#ifndef QIPC_TEST_H
#define QIPC_TEST_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <linux/qipc.h>
#include <poll.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/types.h>

/* What the jobs work on. */
#define PEER_MEMBERS									\
	int session;		/* the peer's own if it is a process */			\
	int fd;			/* where sends go: the session or the connection */	\
	int coid;									\
	pid_t server;		/* to whom job_attach connects */			\
	int chid;									\
	unsigned int index;								\
	unsigned int flags;								\
	struct qipc_msg_send send;							\
	struct qipc_msg_receive receive;						\
	struct qipc_msg_reply_receive rr;						\
	struct qipc_pulse_send pulse;							\
	struct qipc_pulse got;	/* of job_receive_pulse */				\
	struct qipc_timeout timeout;							\
	struct qipc_event event;							\
	int own_chid;		/* of job_own_channel */				\
	int own_coid;									\
	struct qipc_iov parts[32];							\
	int64_t value[4];	/* spare operands and results */			\
	void *memory;									\
	volatile int signals	/* handlers that ran */

#include "test_base.h"

#define QIPC_DEVICE	"/dev/qipc"

/* True when the file of the kernel, /proc or a cgroup took all of the text. */
static inline bool write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool done = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		close(fd);
	return done;
}

/* How long it waits for memory of a client, in milliseconds: what it was loaded with. */
static inline long bound_ms(void)
{
	const char *parameters = getenv("QIPC_PARAMETERS"), *at;

	at = parameters ? strstr(parameters, "fault_wait_ms=") : NULL;
	return at ? atol(at + strlen("fault_wait_ms=")) : 1000;
}

static inline cpu_set_t only(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return set;
}

/* --- one function per ioctl: 0 or more, or minus errno -------------------- */

/* What this thread asked for last, for a test that wants to be sure of it. */
static __thread unsigned long last_request;

static inline int q_ioctl(int fd, unsigned long request, void *arg)
{
	long ret;

	last_request = request;
	ret = syscall(SYS_ioctl, fd, request, arg);
	return ret < 0 ? -errno : ret;
}

#ifdef __x86_64__
/* The system call of 32-bit programs; the argument lies low enough for it. */
static inline int compat_ioctl(int fd, unsigned long request, void *arg)
{
	long ret;

	asm volatile("int $0x80" : "=a" (ret)
		     : "a" (54L), "b" ((long)fd), "c" ((long)(unsigned int)request),
		       "d" ((long)arg)
		     : "memory", "r8", "r9", "r10", "r11");
	return (int)ret;
}

static inline int compat_probe(void *unused)
{
	(void)unused;
	return compat_ioctl(-1, 0, NULL) == -EBADF ? 0 : CHILD_SETUP;
}

/* Whether the kernel runs them. */
static inline bool have_compat(void)
{
	return !run_child(compat_probe, NULL);
}
#else
static inline int compat_ioctl(int fd, unsigned long request, void *arg)
{
	return q_ioctl(fd, request, arg);
}

static inline bool have_compat(void)
{
	return false;
}
#endif

static inline int q_open(void)
{
	int fd = open(QIPC_DEVICE, O_RDWR | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static inline int q_features(int session, struct qipc_features *features)
{
	memset(features, SENTINEL, sizeof(*features));
	features->reserved = 0;
	return q_ioctl(session, QIPC_GET_FEATURES, features);
}

static inline int q_create(int session, unsigned int flags)
{
	struct qipc_channel_create arg = { .flags = flags, .chid = SENTINEL32 };
	int ret = q_ioctl(session, QIPC_CHANNEL_CREATE, &arg);

	return ret ? ret : arg.chid;
}

/* With a number of pulses of its own; @event is for when they are used up. */
static inline int q_create_pool(int session, unsigned int flags, uint32_t num_pulses,
				uint32_t rearm, const struct qipc_event *event)
{
	struct qipc_channel_create arg = {
		.flags = flags | QIPC_CHF_PULSE_POOL,
		.chid = SENTINEL32,
		.num_pulses = num_pulses,
		.rearm = rearm,
		.event = (uintptr_t)event,
	};
	int ret = q_ioctl(session, QIPC_CHANNEL_CREATE, &arg);

	return ret ? ret : arg.chid;
}

/* Changes what @set says, and fills in the rest of @arg. */
static inline int q_access(int session, int chid, unsigned int set,
			   struct qipc_channel_access *arg)
{
	arg->chid = chid;
	arg->set = set;
	return q_ioctl(session, QIPC_CHANNEL_ACCESS, arg);
}

static inline int q_set_mode(int session, int chid, unsigned int mode)
{
	struct qipc_channel_access arg = { .mode = mode };

	return q_access(session, chid, QIPC_ACCESS_MODE, &arg);
}

static inline int q_destroy(int session, int chid)
{
	struct qipc_channel_destroy arg = { .chid = chid };

	return q_ioctl(session, QIPC_CHANNEL_DESTROY, &arg);
}

static inline int q_channel_fd(int session, int chid, unsigned int flags)
{
	struct qipc_channel_fd arg = { .chid = chid, .flags = flags };

	return q_ioctl(session, QIPC_CHANNEL_FD, &arg);
}

static inline int q_attach(int session, pid_t pid, int chid, unsigned int index,
			   unsigned int flags)
{
	struct qipc_connect_attach arg = {
		.pid = pid,
		.chid = chid,
		.index = index,
		.flags = flags,
		.coid = SENTINEL32,
	};
	int ret = q_ioctl(session, QIPC_CONNECT_ATTACH, &arg);

	return ret ? ret : arg.coid;
}

static inline int q_attach_side(int session, pid_t pid, int chid)
{
	return q_attach(session, pid, chid, QIPC_SIDE_CHANNEL, 0);
}

static inline int q_attach_fd(int session, pid_t pid, int chid)
{
	return q_attach(session, pid, chid, 0, QIPC_COF_CLOEXEC);
}

static inline int q_detach(int fd, int coid)
{
	struct qipc_connect_detach arg = { .coid = coid };

	return q_ioctl(fd, QIPC_CONNECT_DETACH, &arg);
}

/* Returns the flags that were. */
static inline int q_connect_flags(int session, int coid, unsigned int mask, unsigned int bits)
{
	struct qipc_connect_flags arg = {
		.coid = coid,
		.mask = mask,
		.bits = bits,
		.old = SENTINEL32,
	};
	int ret = q_ioctl(session, QIPC_CONNECT_FLAGS, &arg);

	return ret ? ret : (int)arg.old;
}

static inline int q_server_info(int fd, pid_t pid, int coid, unsigned int flags,
				struct qipc_server_info *info)
{
	struct qipc_connect_server_info arg;
	int ret;

	memset(&arg, SENTINEL, sizeof(arg));
	arg.pid = pid;
	arg.coid = coid;
	arg.flags = flags;
	arg.reserved = 0;
	ret = q_ioctl(fd, QIPC_CONNECT_SERVER_INFO, &arg);
	*info = arg.info;
	return ret;
}

static inline int q_client_info(int session, int scoid, struct qipc_client_info *info,
				uint32_t *groups, uint32_t max_groups)
{
	struct qipc_connect_client_info arg;
	int ret;

	memset(&arg, SENTINEL, sizeof(arg));
	arg.scoid = scoid;
	arg.max_groups = max_groups;
	arg.groups = (uintptr_t)groups;
	ret = q_ioctl(session, QIPC_CONNECT_CLIENT_INFO, &arg);
	*info = arg.info;
	return ret;
}

static inline int q_name_attach(int session, int chid, const char *name)
{
	struct qipc_name_attach arg = {
		.chid = chid,
		.length = strlen(name),
		.name = (uintptr_t)name,
	};

	return q_ioctl(session, QIPC_NAME_ATTACH, &arg);
}

static inline int q_name_attach_access(int session, int chid, const char *name,
				       unsigned int mode, uid_t uid, gid_t gid)
{
	struct qipc_name_attach arg = {
		.chid = chid,
		.flags = QIPC_NAME_ACCESS,
		.mode = mode,
		.uid = uid,
		.gid = gid,
		.length = strlen(name),
		.name = (uintptr_t)name,
	};

	return q_ioctl(session, QIPC_NAME_ATTACH, &arg);
}

static inline int q_name_detach(int session, const char *name)
{
	struct qipc_name_detach arg = { .length = strlen(name), .name = (uintptr_t)name };

	return q_ioctl(session, QIPC_NAME_DETACH, &arg);
}

/* Returns the coid. */
static inline int q_name_open(int session, const char *name, unsigned int flags)
{
	struct qipc_name_open arg = {
		.length = strlen(name),
		.flags = flags,
		.name = (uintptr_t)name,
		.coid = SENTINEL32,
	};
	int ret = q_ioctl(session, QIPC_NAME_OPEN, &arg);

	return ret ? ret : arg.coid;
}

static inline struct qipc_vec vec_buf(const void *base, uint64_t len)
{
	return (struct qipc_vec){ .base = (uintptr_t)base, .count = len };
}

static inline struct qipc_iov iov(const void *base, uint64_t len)
{
	return (struct qipc_iov){ .base = (uintptr_t)base, .len = len };
}

/* Fills in a send of one buffer each way, with sentinels in the out fields. */
static inline void send_args(struct qipc_msg_send *arg, int coid, const void *sbuf,
			     uint64_t slen, const void *rbuf, uint64_t rlen)
{
	memset(arg, SENTINEL, sizeof(*arg));
	arg->coid = coid;
	arg->flags = QIPC_SEND_BUF | QIPC_REPLY_BUF;
	arg->send = vec_buf(sbuf, slen);
	arg->reply = vec_buf(rbuf, rlen);
	arg->timeout = 0;
}

/* Returns the ioctl's result; what the server said is in *arg. */
static inline int q_send(int fd, int coid, const void *sbuf, uint64_t slen, void *rbuf,
			 uint64_t rlen, struct qipc_msg_send *arg)
{
	send_args(arg, coid, sbuf, slen, rbuf, rlen);
	return q_ioctl(fd, QIPC_MSG_SEND, arg);
}

/* A deadline so many nanoseconds from now, which ends the call. */
static inline struct qipc_timeout timeout_in(unsigned int states, uint64_t ns)
{
	return (struct qipc_timeout){ .states = states, .clock = CLOCK_MONOTONIC, .time = ns };
}

static inline int q_send_timeout(int fd, int coid, const void *sbuf, uint64_t slen, void *rbuf,
				 uint64_t rlen, const struct qipc_timeout *timeout,
				 struct qipc_msg_send *arg)
{
	send_args(arg, coid, sbuf, slen, rbuf, rlen);
	arg->timeout = (uintptr_t)timeout;
	return q_ioctl(fd, QIPC_MSG_SEND, arg);
}

static inline void receive_args(struct qipc_msg_receive *arg, int chid, const void *buf,
				uint64_t len, unsigned int flags)
{
	memset(arg, SENTINEL, sizeof(*arg));
	arg->chid = chid;
	arg->flags = flags;
	arg->vec = vec_buf(buf, len);
	arg->timeout = 0;
}

static inline int q_receive(int session, int chid, void *buf, uint64_t len,
			    struct qipc_msg_receive *arg)
{
	receive_args(arg, chid, buf, len, QIPC_BUF);
	return q_ioctl(session, QIPC_MSG_RECEIVE, arg);
}

static inline int q_receive_timeout(int session, int chid, void *buf, uint64_t len,
				    const struct qipc_timeout *timeout,
				    struct qipc_msg_receive *arg)
{
	receive_args(arg, chid, buf, len, QIPC_BUF);
	arg->timeout = (uintptr_t)timeout;
	return q_ioctl(session, QIPC_MSG_RECEIVE, arg);
}

/* For a message that is known to be there: never waits. */
static inline int q_receive_now(int session, int chid, void *buf, uint64_t len,
				struct qipc_msg_receive *arg)
{
	receive_args(arg, chid, buf, len, QIPC_BUF | QIPC_NONBLOCK);
	return q_ioctl(session, QIPC_MSG_RECEIVE, arg);
}

static inline int q_receivev_now(int session, int chid, const struct qipc_iov *parts,
				 uint64_t count, struct qipc_msg_receive *arg)
{
	receive_args(arg, chid, parts, count, QIPC_NONBLOCK);
	return q_ioctl(session, QIPC_MSG_RECEIVE, arg);
}

/* True when neither a message nor a pulse waits on the channel. */
static inline bool q_empty(int session, int chid)
{
	struct qipc_msg_receive arg;
	struct qipc_pulse pulse;

	return q_receive_now(session, chid, &pulse, sizeof(pulse), &arg) == -EAGAIN;
}

/* --- pulses ---------------------------------------------------------------- */

static inline int q_pulse(int fd, int coid, int priority, int code, uint64_t value)
{
	struct qipc_pulse_send arg = {
		.coid = coid,
		.priority = priority,
		.code = code,
		.value = value,
	};

	return q_ioctl(fd, QIPC_PULSE_SEND, &arg);
}

/* As MsgReceivePulse; messages stay where they are. */
static inline int q_receive_pulse(int session, int chid, struct qipc_pulse *pulse)
{
	struct qipc_msg_receive arg;

	sentinel_fill(pulse, sizeof(*pulse));
	receive_args(&arg, chid, pulse, sizeof(*pulse), QIPC_BUF | QIPC_PULSE_ONLY);
	return q_ioctl(session, QIPC_MSG_RECEIVE, &arg);
}

static inline int q_receive_pulse_now(int session, int chid, struct qipc_pulse *pulse)
{
	struct qipc_msg_receive arg;

	sentinel_fill(pulse, sizeof(*pulse));
	receive_args(&arg, chid, pulse, sizeof(*pulse),
		     QIPC_BUF | QIPC_PULSE_ONLY | QIPC_NONBLOCK);
	return q_ioctl(session, QIPC_MSG_RECEIVE, &arg);
}

/* The same, but gives up after long enough that it can be said not to come. */
static inline int q_receive_pulse_soon(int session, int chid, struct qipc_pulse *pulse)
{
	struct qipc_timeout timeout = timeout_in(QIPC_TIMEOUT_RECEIVE, PATIENCE_MS * 1000000LL);
	struct qipc_msg_receive arg;

	sentinel_fill(pulse, sizeof(*pulse));
	receive_args(&arg, chid, pulse, sizeof(*pulse), QIPC_BUF | QIPC_PULSE_ONLY);
	arg.timeout = (uintptr_t)&timeout;
	return q_ioctl(session, QIPC_MSG_RECEIVE, &arg);
}

/* True when every field of the pulse is what it has to be. */
static inline bool pulse_is(const struct qipc_pulse *pulse, int code, uint64_t value, int scoid)
{
	struct qipc_pulse want = { .code = code, .value = value, .scoid = scoid };

	return !memcmp(pulse, &want, sizeof(want));
}

/* --- events and timers ------------------------------------------------------- */

static inline struct qipc_event event_pulse(int coid, int priority, int code, uint64_t value)
{
	return (struct qipc_event){
		.notify = QIPC_EVENT_PULSE,
		.target = coid,
		.value = value,
		.code = code,
		.priority = priority,
	};
}

/* @notify is one of the three kinds of signal. */
static inline struct qipc_event event_signal(unsigned int notify, int sig, int code,
					     uint64_t value)
{
	return (struct qipc_event){
		.notify = notify,
		.target = sig,
		.value = value,
		.code = code,
	};
}

static inline struct qipc_event event_sem(int eventfd)
{
	return (struct qipc_event){ .notify = QIPC_EVENT_SEM, .target = eventfd };
}

static inline struct qipc_event event_of_kind(unsigned int notify)
{
	return (struct qipc_event){ .notify = notify };
}

/* What a server delivers: the event the client registered. */
static inline struct qipc_event event_handle(int handle, uint64_t value)
{
	return (struct qipc_event){
		.notify = QIPC_EVENT_HANDLE,
		.target = handle,
		.value = value,
	};
}

static inline int q_deliver(int session, int64_t rcvid, struct qipc_event event)
{
	struct qipc_event_deliver arg = { .rcvid = rcvid, .event = event };

	return q_ioctl(session, QIPC_EVENT_DELIVER, &arg);
}

static inline int q_verify(int session, int64_t rcvid, struct qipc_event event)
{
	struct qipc_event_deliver arg = {
		.rcvid = rcvid,
		.event = event,
		.flags = QIPC_EVENT_VERIFY,
	};

	return q_ioctl(session, QIPC_EVENT_DELIVER, &arg);
}

/* Returns the handle. */
static inline int q_register(int session, struct qipc_event event, int coid)
{
	struct qipc_event_register arg = {
		.event = event,
		.coid = coid,
		.handle = SENTINEL32,
	};
	int ret = q_ioctl(session, QIPC_EVENT_REGISTER, &arg);

	return ret ? ret : arg.handle;
}

static inline int q_unregister(int session, int handle)
{
	struct qipc_event_unregister arg = { .handle = handle };

	return q_ioctl(session, QIPC_EVENT_UNREGISTER, &arg);
}

/* Returns the number of the timer. */
static inline int q_timer_create(int session, int clock, struct qipc_event event)
{
	struct qipc_timer_create arg = { .clock = clock, .timer = SENTINEL32, .event = event };
	int ret = q_ioctl(session, QIPC_TIMER_CREATE, &arg);

	return ret ? ret : arg.timer;
}

static inline int q_timer_settime_full(int session, struct qipc_timer_settime *arg)
{
	arg->old_value = SENTINEL64;
	arg->old_interval = SENTINEL64;
	return q_ioctl(session, QIPC_TIMER_SETTIME, arg);
}

static inline int q_timer_settime(int session, int timer, unsigned int flags, uint64_t value,
				  uint64_t interval)
{
	struct qipc_timer_settime arg = {
		.timer = timer,
		.flags = flags,
		.value = value,
		.interval = interval,
	};

	return q_timer_settime_full(session, &arg);
}

static inline int q_timer_gettime(int session, int timer, struct qipc_timer_gettime *arg)
{
	memset(arg, SENTINEL, sizeof(*arg));
	arg->timer = timer;
	arg->reserved = 0;
	return q_ioctl(session, QIPC_TIMER_GETTIME, arg);
}

static inline int q_timer_delete(int session, int timer)
{
	struct qipc_timer_delete arg = { .timer = timer };

	return q_ioctl(session, QIPC_TIMER_DELETE, &arg);
}

/* --- answers ------------------------------------------------------------------ */

/* Runs at the priority of a message's client, or, with 0, at its own again. */
static inline int q_current(int session, int64_t rcvid)
{
	struct qipc_msg_current arg = { .rcvid = rcvid };

	return q_ioctl(session, QIPC_MSG_CURRENT, &arg);
}

static inline int q_reply_full(int session, int64_t rcvid, int64_t status, const void *base,
			       uint64_t count, unsigned int flags, uint32_t *side)
{
	struct qipc_msg_reply arg = {
		.rcvid = rcvid,
		.status = status,
		.vec = vec_buf(base, count),
		.flags = flags,
		.side = SENTINEL32,
	};
	int ret = q_ioctl(session, QIPC_MSG_REPLY, &arg);

	if (side)
		*side = arg.side;
	return ret;
}

static inline int q_reply(int session, int64_t rcvid, int64_t status, const void *buf,
			  uint64_t len)
{
	return q_reply_full(session, rcvid, status, buf, len, QIPC_BUF, NULL);
}

static inline int q_replyv(int session, int64_t rcvid, int64_t status,
			   const struct qipc_iov *parts, uint64_t count)
{
	return q_reply_full(session, rcvid, status, parts, count, 0, NULL);
}

static inline int q_error(int session, int64_t rcvid, int error)
{
	struct qipc_msg_error arg = { .rcvid = rcvid, .error = error };

	return q_ioctl(session, QIPC_MSG_ERROR, &arg);
}

static inline int64_t q_transfer(int session, unsigned long request, int64_t rcvid,
				 uint64_t offset, const void *base, uint64_t count,
				 unsigned int flags, uint32_t *side)
{
	struct qipc_msg_transfer arg = {
		.rcvid = rcvid,
		.offset = offset,
		.vec = vec_buf(base, count),
		.bytes = SENTINEL64,
		.flags = flags,
		.side = SENTINEL32,
	};
	int ret = q_ioctl(session, request, &arg);

	if (side)
		*side = arg.side;
	return ret ? ret : arg.bytes;
}

static inline int64_t q_read(int session, int64_t rcvid, void *buf, uint64_t len,
			     uint64_t offset)
{
	return q_transfer(session, QIPC_MSG_READ, rcvid, offset, buf, len, QIPC_BUF, NULL);
}

static inline int64_t q_readv(int session, int64_t rcvid, const struct qipc_iov *parts,
			      uint64_t count, uint64_t offset)
{
	return q_transfer(session, QIPC_MSG_READ, rcvid, offset, parts, count, 0, NULL);
}

static inline int64_t q_write(int session, int64_t rcvid, const void *buf, uint64_t len,
			      uint64_t offset)
{
	return q_transfer(session, QIPC_MSG_WRITE, rcvid, offset, buf, len, QIPC_BUF, NULL);
}

static inline int64_t q_writev(int session, int64_t rcvid, const struct qipc_iov *parts,
			       uint64_t count, uint64_t offset)
{
	return q_transfer(session, QIPC_MSG_WRITE, rcvid, offset, parts, count, 0, NULL);
}

static inline int q_info(int session, int64_t rcvid, struct qipc_msg_info *info)
{
	struct qipc_msg_info_get arg;
	int ret;

	memset(&arg, SENTINEL, sizeof(arg));
	arg.rcvid = rcvid;
	ret = q_ioctl(session, QIPC_MSG_INFO, &arg);
	*info = arg.info;
	return ret;
}

/* Path of the assistant program, which lies beside the test. */
static inline void assist_path(char *path, size_t len)
{
	ssize_t n = readlink("/proc/self/exe", path, len - 1);
	char *slash;

	if (n < 0)
		n = 0;
	path[n] = '\0';
	slash = strrchr(path, '/');
	snprintf(slash ? slash + 1 : path, 16, "assist");
}

/* Becomes the assistant; returns only on failure. */
static inline int exec_assist(const char *mode, int number)
{
	char path[PATH_MAX + 16], text[16];

	assist_path(path, PATH_MAX);
	snprintf(text, sizeof(text), "%d", number);
	execl(path, path, mode, text, NULL);
	return CHILD_SETUP;
}

/* --- peers --------------------------------------------------------------------- */

static inline int peer_enter(struct peer *peer)
{
	if (peer->session >= 0)
		close(peer->session);
	peer->session = q_open();
	return peer->session < 0 ? peer->session : 0;
}

/*
 * A new peer, or NULL.  A thread shares @session; a process closes it if it is
 * one, and opens its own.
 */
static inline struct peer *peer_start(bool process, int session)
{
	struct peer *peer = shared_alloc(sizeof(*peer));

	if (!peer)
		return NULL;
	peer->session = session;
	peer->fd = -1;
	peer->index = QIPC_SIDE_CHANNEL;
	if (peer_launch(peer, process, peer_enter) || peer->session < 0)
		return NULL;
	return peer;
}

/* --- jobs ------------------------------------------------------------------------ */

/* value[0] and value[1] become user and group; the session is opened anew. */
static inline long job_become(struct peer *peer)
{
	if (!become(peer->value[0], peer->value[1], NULL, 0))
		return -EPERM;
	close(peer->session);
	peer->session = q_open();
	return peer->session < 0 ? peer->session : 0;
}

static inline long job_drop_capability(struct peer *peer)
{
	return drop_capability(peer->value[0]) ? 0 : -EPERM;
}

/* A channel of the peer's own, and a connection to it, for events. */
static inline long job_own_channel(struct peer *peer)
{
	peer->own_chid = q_create(peer->session, 0);
	if (peer->own_chid < 0)
		return peer->own_chid;
	peer->own_coid = q_attach_side(peer->session, 0, peer->own_chid);
	return peer->own_coid < 0 ? peer->own_coid : 0;
}

/* The pulse that comes there, into peer->got. */
static inline long job_own_pulse(struct peer *peer)
{
	return q_receive_pulse_soon(peer->session, peer->own_chid, &peer->got);
}

/* 0 when none is there. */
static inline long job_no_own_pulse(struct peer *peer)
{
	return q_empty(peer->session, peer->own_chid) ? 0 : -EEXIST;
}

/* Keeps signal value[0] from the peer's thread until it takes it. */
static inline long job_block_signal(struct peer *peer)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, peer->value[0]);
	return -pthread_sigmask(SIG_BLOCK, &set, NULL);
}

/* Signal value[0] that is pending or comes: value[1] is si_code, value[2] the value. */
static inline long job_take_signal(struct peer *peer)
{
	struct timespec patience = { PATIENCE_MS / 1000, 0 };
	siginfo_t info;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, peer->value[0]);
	if (sigtimedwait(&set, &info, &patience) < 0)
		return -errno;
	peer->value[1] = info.si_code;
	peer->value[2] = (uintptr_t)info.si_value.sival_ptr;
	peer->value[3] = info.si_pid;
	return 0;
}

/* Priority value[0] under SCHED_FIFO; 0 is SCHED_OTHER. */
static inline long job_set_priority(struct peer *peer)
{
	struct sched_param param = { .sched_priority = peer->value[0] };

	return sched_setscheduler(0, peer->value[0] ? SCHED_FIFO : SCHED_OTHER, &param) ?
		       -errno : 0;
}

static inline long peer_set_priority(struct peer *peer, int priority)
{
	peer->value[0] = priority;
	return peer_call(peer, job_set_priority);
}

/* Connects to peer->server, peer->chid; leaves fd and coid ready for sends. */
static inline long job_attach(struct peer *peer)
{
	int coid = q_attach(peer->session, peer->server, peer->chid, peer->index, peer->flags);

	if (coid < 0)
		return coid;
	peer->coid = coid;
	peer->fd = coid & QIPC_SIDE_CHANNEL ? peer->session : coid;
	return 0;
}

static inline long job_detach(struct peer *peer)
{
	return q_detach(peer->fd, peer->coid);
}

static inline long job_create(struct peer *peer)
{
	int chid = q_create(peer->session, peer->flags);

	if (chid < 0)
		return chid;
	peer->chid = chid;
	return 0;
}

static inline long job_send(struct peer *peer)
{
	return q_ioctl(peer->fd, QIPC_MSG_SEND, &peer->send);
}

static inline long job_receive(struct peer *peer)
{
	return q_ioctl(peer->session, QIPC_MSG_RECEIVE, &peer->receive);
}

static inline long job_reply_receive(struct peer *peer)
{
	return q_ioctl(peer->session, QIPC_MSG_REPLY_RECEIVE, &peer->rr);
}

static inline long job_pulse(struct peer *peer)
{
	return q_ioctl(peer->fd, QIPC_PULSE_SEND, &peer->pulse);
}

static inline long job_receive_pulse(struct peer *peer)
{
	return q_receive_pulse(peer->session, peer->chid, &peer->got);
}

/* Answers value[0] with the status value[1]; with value[2] it is an error. */
static inline long job_respond(struct peer *peer)
{
	if (peer->value[2])
		return q_error(peer->session, peer->value[0], peer->value[1]);
	return q_reply(peer->session, peer->value[0], peer->value[1], NULL, 0);
}

/* Installs a handler that does nothing; value[0] is the signal, value[1] the flags. */
static inline long job_handle(struct peer *peer)
{
	struct sigaction act = { .sa_handler = count_signal, .sa_flags = peer->value[1] };

	return sigaction(peer->value[0], &act, NULL) ? -errno : 0;
}

/* Starts a send of one buffer each way. */
static inline void peer_send(struct peer *peer, const void *sbuf, uint64_t slen, void *rbuf,
			     uint64_t rlen)
{
	send_args(&peer->send, peer->coid, sbuf, slen, rbuf, rlen);
	peer_go(peer, job_send);
}

/* Starts a receive into one buffer. */
static inline void peer_receive(struct peer *peer, int chid, void *buf, uint64_t len)
{
	receive_args(&peer->receive, chid, buf, len, QIPC_BUF);
	peer_go(peer, job_receive);
}

/* The same with a deadline, which lies in the peer. */
static inline void peer_send_timeout(struct peer *peer, const void *sbuf, uint64_t slen,
				     void *rbuf, uint64_t rlen, struct qipc_timeout timeout)
{
	send_args(&peer->send, peer->coid, sbuf, slen, rbuf, rlen);
	peer->timeout = timeout;
	peer->send.timeout = (uintptr_t)&peer->timeout;
	peer_go(peer, job_send);
}

static inline void peer_receive_timeout(struct peer *peer, int chid, void *buf, uint64_t len,
					struct qipc_timeout timeout)
{
	receive_args(&peer->receive, chid, buf, len, QIPC_BUF);
	peer->timeout = timeout;
	peer->receive.timeout = (uintptr_t)&peer->timeout;
	peer_go(peer, job_receive);
}

/* Receives one pulse, into peer->got. */
static inline void peer_receive_pulse(struct peer *peer, int chid)
{
	peer->chid = chid;
	peer_go(peer, job_receive_pulse);
}

/* A peer that is connected to a channel of the test, or NULL. */
static inline struct peer *client_start(bool process, bool fd_space, int session, int chid)
{
	struct peer *peer = peer_start(process, session);

	if (!peer)
		return NULL;
	peer->server = getpid();
	peer->chid = chid;
	peer->index = fd_space ? 0 : QIPC_SIDE_CHANNEL;
	peer->flags = 0;
	return peer_call(peer, job_attach) ? NULL : peer;
}

/* Answers the message that is waited for, and gives the server's name for its client. */
static inline int peer_scoid(struct peer *peer, int session, int chid)
{
	struct qipc_msg_receive rcv;
	int ret;

	peer_send(peer, NULL, 0, NULL, 0);
	ret = q_receive(session, chid, NULL, 0, &rcv);
	if (!ret)
		ret = q_reply(session, rcv.rcvid, 0, NULL, 0);
	if (!ret)
		ret = peer_wait(peer);
	return ret ? ret : rcv.info.scoid;
}

/*
 * Starts a send with a deadline so many milliseconds away, and receives it,
 * with more time if it was over before that.  The rcvid, or an error.
 */
static inline int64_t receive_before(struct peer *client, int session, int chid,
				     struct qipc_msg_send *send, struct qipc_timeout timeout,
				     unsigned int ms)
{
	struct qipc_msg_receive rcv;
	struct qipc_pulse buf;
	struct timespec now;
	int ret = -ETIMEDOUT, tries;

	for (tries = 0; tries < 8; tries++, ms *= 2) {
		client->timeout = timeout;
		client->timeout.time = ms * 1000000ULL;
		if (timeout.flags & QIPC_TIME_ABSOLUTE) {
			clock_gettime(timeout.clock, &now);
			client->timeout.time += now.tv_sec * 1000000000ULL + now.tv_nsec;
		}
		client->send = *send;
		client->send.timeout = (uintptr_t)&client->timeout;
		peer_go(client, job_send);
		do
			ret = q_receive_now(session, chid, &buf, sizeof(buf), &rcv);
		while (ret == -EAGAIN && client->running);
		if (!ret)
			return rcv.rcvid;
		if (ret != -EAGAIN || peer_wait(client) != -ETIMEDOUT)
			return ret;
	}
	return ret;
}

/* Sends a pulse from the peer. */
static inline long peer_pulse(struct peer *peer, int priority, int code, uint64_t value)
{
	peer->pulse = (struct qipc_pulse_send){
		.coid = peer->coid,
		.priority = priority,
		.code = code,
		.value = value,
	};
	return peer_call(peer, job_pulse);
}

/* --- fixtures ---------------------------------------------------------------------- */

/*
 * A fixture for some of the variants of another one: a scenario that means
 * nothing to the others must not count for them.  Its data and its variants are
 * those of the other fixture, which takes three lines above it:
 *
 *	#define _test_data_NAME		_test_data_OTHER
 *	#define _fixture_variant_NAME	_fixture_variant_OTHER
 *	FIXTURE(NAME);
 */
#define FIXTURE_LIKE(name, other) \
	struct _test_data_##other; \
	FIXTURE_SETUP(name) { other##_setup(_metadata, self, variant); } \
	FIXTURE_TEARDOWN(name) { other##_teardown(_metadata, self, variant); }

/* --- checks that several files make ---------------------------------------------- */

/* True when the input fields of a send are what send_args() made them. */
static inline bool send_inputs_kept(const struct qipc_msg_send *arg, int coid, const void *sbuf,
				    uint64_t slen, const void *rbuf, uint64_t rlen)
{
	struct qipc_msg_send want;

	send_args(&want, coid, sbuf, slen, rbuf, rlen);
	return !memcmp(arg, &want, offsetof(struct qipc_msg_send, status));
}

/* Takes a message of one byte and answers it; the byte, or an error. */
static inline int answer_byte(int session, int chid)
{
	struct qipc_msg_receive rcv;
	unsigned char byte = 0;
	int ret = q_receive_now(session, chid, &byte, 1, &rcv);

	if (!ret)
		ret = q_reply(session, rcv.rcvid, 0, NULL, 0);
	return ret ? ret : byte;
}

/*
 * Two clients that wait with messages 'b' and 'a', between which one has left,
 * have kept their places, and there is nobody else.  0, or what was wrong.
 */
static inline int neighbours_go_on(struct peer *before, struct peer *after, int session, int chid)
{
	if (!peer_blocked(before) || !peer_blocked(after))
		return 1;
	if (answer_byte(session, chid) != 'b')
		return 2;
	if (answer_byte(session, chid) != 'a')
		return 3;
	if (!q_empty(session, chid))
		return 4;
	return peer_wait(before) || peer_wait(after) ? 5 : 0;
}

#endif /* QIPC_TEST_H */
