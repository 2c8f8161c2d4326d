// SPDX-License-Identifier: MIT OR Apache-2.0
/*
 * The calls that wait: MsgSend*, MsgReceive*.  All but those with "nc" in
 * their names are cancellation points.
 *
 * To the C library an ioctl is none, so a thread that waits in one is
 * cancelled asynchronously, from just before to just after it.  There is no
 * frame with anything to clean up in between, and none of Rust's: cancelling
 * unwinds the stack.  A thread that the kernel does not let go, because the
 * server wants to be asked first, is cancelled when the call returns.
 */
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/single_threaded.h>
#include <sys/syscall.h>

#include "internal.h"

/* The C library's; no header names it. */
#define SIGCANCEL	32

#define SIDE(coid)	((coid) >= 0 && ((coid) & _NTO_SIDE_CHANNEL))

/* How a call is made. */
enum { NO_POINT = 0, POINT = 1 };

/*
 * The C library cancels by a signal, which would also interrupt a call that is
 * no cancellation point.  Its own functions do not let it be blocked.
 */
static void mask_cancel(int how)
{
	const uint64_t mask = 1ull << (SIGCANCEL - 1);

	syscall(SYS_rt_sigprocmask, how, &mask, NULL, sizeof(mask));
}

static int plain_ioctl(int fd, unsigned long number, void *argument)
{
	return ioctl(fd, number, argument) < 0 ? errno : 0;
}

/* 0, or an errno; errno itself is left alone. */
static int call(int fd, unsigned long number, void *argument, int point)
{
	int saved = errno;
	int error, state, type;

	if (__libc_single_threaded) {
		/* There is nobody to cancel this thread but itself, before. */
		if (point)
			pthread_testcancel();
		error = plain_ioctl(fd, number, argument);
		errno = saved;
		return error;
	}
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
	if (point && state == PTHREAD_CANCEL_ENABLE) {
		pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, &type);
		pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, NULL);
		error = plain_ioctl(fd, number, argument);
		pthread_setcanceltype(type, NULL);
	} else {
		mask_cancel(SIG_BLOCK);
		error = plain_ioctl(fd, number, argument);
		mask_cancel(SIG_UNBLOCK);
		pthread_setcancelstate(state, NULL);
	}
	errno = saved;
	return error;
}

/* The result of a call: what it returned, and the errno if that is not 0. */
struct outcome {
	long value;
	int error;
};

static struct outcome send_at(int coid, uint32_t flags, const void *send, size_t scount,
			      void *reply, size_t rcount, int point)
{
	struct qipc_deadline deadline;
	struct qipc_msg_send argument = {
		.coid = coid,
		.flags = flags,
		.send = { .base = (uintptr_t)send, .count = scount },
		.reply = { .base = (uintptr_t)reply, .count = rcount },
		.timeout = __qipc_deadline(QIPC_TIMEOUT_SEND | QIPC_TIMEOUT_REPLY, &deadline),
	};
	struct outcome outcome = { 0 };
	int fd, tries = 3;

	do {
		fd = SIDE(coid) ? __qipc_session() : coid;
		if (fd < 0) {
			outcome.error = SIDE(coid) ? -fd : EBADF;
			return outcome;
		}
		outcome.error = call(fd, QIPC_MSG_SEND, &argument, point);
	} while (outcome.error && SIDE(coid) && tries-- && __qipc_over(fd, outcome.error));

	if (!outcome.error) {
		outcome.error = argument.error;
		outcome.value = (long)argument.status;
	} else if (outcome.error == EFAULT && argument.side == QIPC_SIDE_SERVER) {
		outcome.error = ESRVRFAULT;
	} else if (outcome.error == ENOTTY) {
		/* The descriptor of another file. */
		outcome.error = EBADF;
	}
	return outcome;
}

/* A status of the server may be negative, and leaves errno alone. */
static long plain(struct outcome outcome)
{
	if (!outcome.error)
		return outcome.value;
	errno = outcome.error;
	return -1;
}

static long negative(struct outcome outcome)
{
	return outcome.error ? -(long)outcome.error : outcome.value;
}

/* The four forms of one kind of MsgSend. */
#define SEND(kind, flags, PARAMETERS, ...)						\
	long MsgSend##kind PARAMETERS							\
	{										\
		return plain(send_at(coid, flags, __VA_ARGS__, POINT));			\
	}										\
	long MsgSend##kind##_r PARAMETERS						\
	{										\
		return negative(send_at(coid, flags, __VA_ARGS__, POINT));		\
	}										\
	long MsgSend##kind##nc PARAMETERS						\
	{										\
		return plain(send_at(coid, flags, __VA_ARGS__, NO_POINT));		\
	}										\
	long MsgSend##kind##nc_r PARAMETERS						\
	{										\
		return negative(send_at(coid, flags, __VA_ARGS__, NO_POINT));		\
	}

SEND(, QIPC_SEND_BUF | QIPC_REPLY_BUF,
     (int coid, const void *smsg, size_t sbytes, void *rmsg, size_t rbytes),
     smsg, sbytes, rmsg, rbytes)
SEND(sv, QIPC_SEND_BUF,
     (int coid, const void *smsg, size_t sbytes, const struct iovec *riov, size_t rparts),
     smsg, sbytes, (void *)riov, rparts)
SEND(vs, QIPC_REPLY_BUF,
     (int coid, const struct iovec *siov, size_t sparts, void *rmsg, size_t rbytes),
     siov, sparts, rmsg, rbytes)
SEND(v, 0,
     (int coid, const struct iovec *siov, size_t sparts, const struct iovec *riov, size_t rparts),
     siov, sparts, (void *)riov, rparts)

_Static_assert(sizeof(struct _msg_info) == sizeof(struct qipc_msg_info), "the same fields");
_Static_assert(sizeof(struct _pulse) == sizeof(struct qipc_pulse), "the same fields");
_Static_assert(offsetof(struct _msg_info, type_id) == offsetof(struct qipc_msg_info, type_id), "");
_Static_assert(sizeof(struct iovec) == sizeof(struct qipc_iov), "the same fields");

static struct outcome receive_on(int chid, uint32_t flags, const void *base, size_t count,
				 struct _msg_info *info)
{
	struct qipc_deadline deadline;
	struct qipc_msg_receive argument = {
		.chid = chid,
		.flags = flags,
		.vec = { .base = (uintptr_t)base, .count = count },
		.timeout = __qipc_deadline(QIPC_TIMEOUT_RECEIVE, &deadline),
	};
	struct outcome outcome = { 0 };
	int fd, tries = 3;

	/* Before a message is taken, which would be lost (B64). */
	if (info && !__qipc_writable(info, sizeof(*info))) {
		outcome.error = EFAULT;
		return outcome;
	}
	do {
		fd = __qipc_session();
		if (fd < 0) {
			outcome.error = -fd;
			return outcome;
		}
		outcome.error = call(fd, QIPC_MSG_RECEIVE, &argument, POINT);
	} while (outcome.error && tries-- && __qipc_over(fd, outcome.error));

	if (!outcome.error) {
		outcome.value = (long)argument.rcvid;
		/* That of a pulse is not told (B74). */
		if (argument.rcvid && info) {
			memcpy(info, &argument.info, sizeof(*info));
			info->flags |= _NTO_MI_BITS_64;
		}
	}
	return outcome;
}

#define RECEIVE(name, type, flags, PARAMETERS, ...)					\
	type name PARAMETERS								\
	{										\
		return (type)plain(receive_on(chid, flags, __VA_ARGS__));		\
	}										\
	type name##_r PARAMETERS							\
	{										\
		return (type)negative(receive_on(chid, flags, __VA_ARGS__));		\
	}

RECEIVE(MsgReceive, rcvid_t, QIPC_BUF,
	(int chid, void *msg, size_t bytes, struct _msg_info *info), msg, bytes, info)
RECEIVE(MsgReceivev, rcvid_t, 0,
	(int chid, const struct iovec *riov, size_t rparts, struct _msg_info *info),
	riov, rparts, info)
RECEIVE(MsgReceivePulse, int, QIPC_BUF | QIPC_PULSE_ONLY,
	(int chid, void *pulse, size_t bytes, struct _msg_info *info), pulse, bytes, info)
RECEIVE(MsgReceivePulsev, int, QIPC_PULSE_ONLY,
	(int chid, const struct iovec *piov, size_t parts, struct _msg_info *info),
	piov, parts, info)
