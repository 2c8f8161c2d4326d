// SPDX-License-Identifier: MIT OR Apache-2.0
/*
 * The calls that do not wait, by their names: a plain form, which returns -1
 * and sets errno, and an _r form, which leaves errno alone and returns minus
 * an errno (NEGATIVE) or the errno itself (POSITIVE), as QNX has it for each.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include "internal.h"

#define NEGATIVE(type, name, PARAMETERS, result)					\
	type name PARAMETERS								\
	{										\
		return (type)qipc_plain(result);					\
	}										\
	type name##_r PARAMETERS							\
	{										\
		return (type)(result);							\
	}

#define POSITIVE(name, PARAMETERS, result)						\
	int name PARAMETERS								\
	{										\
		return (int)qipc_plain(result);						\
	}										\
	int name##_r PARAMETERS								\
	{										\
		return (int)-(result);							\
	}

/* ---- channels ---- */

static long channel_create(unsigned int flags)
{
	/* No network, no asynchronous messages. */
	if (flags & _NTO_CHF_NET_MSG)
		return -EPERM;
	if (flags & (_NTO_CHF_ASYNC | _NTO_CHF_ASYNC_NONBLOCK | _NTO_CHF_GLOBAL |
		     _NTO_CHF_UNBLOCK_TIMER | _NTO_CHF_PULSE_POOL))
		return -ENOTSUP;
	return __qipc_channel_create(flags & ~(unsigned int)_NTO_CHF_MSG_PAUSING);
}

NEGATIVE(int, ChannelCreate, (unsigned int flags), channel_create(flags))
POSITIVE(ChannelDestroy, (int chid), __qipc_channel_destroy(chid))

/* ---- connections ---- */

NEGATIVE(int, ConnectAttach, (uint32_t nd, pid_t pid, int chid, unsigned int index, int flags),
	 __qipc_connect_attach(nd, pid, chid, index, flags))
POSITIVE(ConnectDetach, (int coid), __qipc_connect_detach(coid))
NEGATIVE(int, ConnectFlags, (pid_t pid, int coid, unsigned int mask, unsigned int bits),
	 __qipc_connect_flags(pid, coid, mask, bits))

static long server_info(pid_t pid, int coid, struct _server_info *info)
{
	struct qipc_server_info found;
	long result;

	if (info && !__qipc_writable(info, sizeof(*info)))
		return -EFAULT;
	result = __qipc_connect_server_info(pid, coid, !info, &found);
	if (result >= 0 && info) {
		memset(info, 0, sizeof(*info));
		info->nd = found.nd;
		info->pid = found.pid;
		info->chid = found.chid;
		info->scoid = found.scoid;
		info->coid = found.coid;
		info->flags = (int16_t)found.flags;
	}
	return result;
}

NEGATIVE(int, ConnectServerInfo, (pid_t pid, int coid, struct _server_info *info),
	 server_info(pid, coid, info))

static void fill_client_info(struct _client_info *info, const struct qipc_client_info *found)
{
	info->nd = found->nd;
	info->pid = found->pid;
	info->sid = found->sid;
	info->flags = found->flags | _NTO_CI_BITS_64;
	info->cred.ruid = found->ruid;
	info->cred.euid = found->euid;
	info->cred.suid = found->suid;
	info->cred.rgid = found->rgid;
	info->cred.egid = found->egid;
	info->cred.sgid = found->sgid;
	info->cred.ngroups = found->ngroups;
}

static long client_info(int scoid, struct _client_info *info, int ngroups)
{
	struct qipc_client_info found;
	long result;

	if (ngroups < 0)
		return -EINVAL;
	if (!__qipc_writable(info, offsetof(struct _client_info, cred.grouplist)))
		return -EFAULT;
	result = __qipc_connect_client_info(scoid, &found, info->cred.grouplist,
					    (uint32_t)ngroups);
	if (result >= 0)
		fill_client_info(info, &found);
	return result < 0 ? result : EOK;
}

POSITIVE(ConnectClientInfo, (int scoid, struct _client_info *info, int ngroups),
	 client_info(scoid, info, ngroups))

static long client_info_ext(int scoid, struct _client_info **out, int flags)
{
	struct qipc_client_info found;
	struct _client_info *info;
	uint32_t room = 0;
	long result;

	if (flags & ~(_NTO_CLIENTINFO_GETGROUPS | _NTO_CLIENTINFO_GETTYPEID))
		return -EINVAL;
	if (!__qipc_writable(out, sizeof(*out)))
		return -EFAULT;
	result = __qipc_connect_client_info(scoid, &found, NULL, 0);
	if (result < 0)
		return result;
	if (flags & _NTO_CLIENTINFO_GETGROUPS)
		room = found.ngroups;
	info = calloc(1, sizeof(*info) + room * sizeof(gid_t));
	if (!info)
		return -ENOMEM;
	/* There may be more of them by now: only so many are told. */
	result = __qipc_connect_client_info(scoid, &found, info->cred.grouplist, room);
	if (result < 0) {
		free(info);
		return result;
	}
	fill_client_info(info, &found);
	if (info->cred.ngroups > room)
		info->cred.ngroups = room;
	*out = info;
	return EOK;
}

POSITIVE(ConnectClientInfoExt, (int scoid, struct _client_info **info, int flags),
	 client_info_ext(scoid, info, flags))

int ConnectClientInfoExtFree(struct _client_info **info)
{
	if (!info) {
		errno = EINVAL;
		return -1;
	}
	free(*info);
	*info = NULL;
	return EOK;
}

/* Linux has no abilities of QNX's: root has all of them, others have none. */
int ConnectClientInfoAble(int scoid, struct _client_info **info, int flags,
			  struct _client_able *abilities, int nable)
{
	long result;

	if (nable < 0 || (nable && !abilities)) {
		errno = EINVAL;
		return -1;
	}
	result = client_info_ext(scoid, info, flags);
	if (result >= 0 && nable && (*info)->cred.euid != 0)
		(*info)->flags |= _NTO_CI_UNABLE;
	return (int)qipc_plain(result);
}

/* ---- messages ---- */

NEGATIVE(int, MsgReply, (rcvid_t rcvid, long status, const void *msg, size_t bytes),
	 __qipc_msg_reply(rcvid, status, msg, bytes, QIPC_BUF))
NEGATIVE(int, MsgReplyv, (rcvid_t rcvid, long status, const struct iovec *siov, size_t sparts),
	 __qipc_msg_reply(rcvid, status, siov, sparts, 0))
POSITIVE(MsgError, (rcvid_t rcvid, int err), __qipc_msg_error(rcvid, err))
NEGATIVE(ssize_t, MsgRead, (rcvid_t rcvid, void *msg, size_t bytes, size_t offset),
	 __qipc_msg_read(rcvid, msg, bytes, offset, QIPC_BUF))
NEGATIVE(ssize_t, MsgReadv,
	 (rcvid_t rcvid, const struct iovec *riov, size_t rparts, size_t offset),
	 __qipc_msg_read(rcvid, (void *)riov, rparts, offset, 0))
NEGATIVE(ssize_t, MsgWrite, (rcvid_t rcvid, const void *msg, size_t bytes, size_t offset),
	 __qipc_msg_write(rcvid, msg, bytes, offset, QIPC_BUF))
NEGATIVE(ssize_t, MsgWritev,
	 (rcvid_t rcvid, const struct iovec *siov, size_t sparts, size_t offset),
	 __qipc_msg_write(rcvid, siov, sparts, offset, 0))

static long msg_info(rcvid_t rcvid, struct _msg_info *info)
{
	long result = __qipc_msg_info(rcvid, info);

	if (result >= 0)
		info->flags |= _NTO_MI_BITS_64;
	return result;
}

POSITIVE(MsgInfo, (rcvid_t rcvid, struct _msg_info *info), msg_info(rcvid, info))
POSITIVE(MsgCurrent, (rcvid_t rcvid), __qipc_msg_current(rcvid))

/* ---- pulses ---- */

POSITIVE(MsgSendPulse, (int coid, int priority, int code, long value),
	 __qipc_pulse_send(coid, priority, code, (uint64_t)value))
POSITIVE(MsgSendPulsePtr, (int coid, int priority, int code, void *value),
	 __qipc_pulse_send(coid, priority, code, (uintptr_t)value))

/* ---- timers ---- */

static long timer_timeout_of(clockid_t id, int flags, const struct sigevent *notify,
			     const struct timespec *ntime, struct timespec *otime)
{
	uint64_t time = 0, left;
	long result;

	if ((ntime && !__qipc_readable(ntime, sizeof(*ntime))) ||
	    (otime && !__qipc_writable(otime, sizeof(*otime))))
		return -EFAULT;
	if (ntime) {
		if (ntime->tv_sec < 0 || ntime->tv_nsec < 0 || ntime->tv_nsec > 999999999)
			return -EINVAL;
		time = timespec2nsec(ntime);
	}
	result = __qipc_timer_timeout(id, flags, notify, ntime ? &time : NULL,
				      otime ? &left : NULL);
	if (otime && (result >= 0 || result == -EINTR))
		nsec2timespec(otime, left);
	return result;
}

NEGATIVE(int, TimerTimeout,
	 (clockid_t id, int flags, const struct sigevent *notify, const uint64_t *ntime,
	  uint64_t *otime),
	 __qipc_timer_timeout(id, flags, notify, ntime, otime))
NEGATIVE(int, timer_timeout,
	 (clockid_t id, int flags, const struct sigevent *notify, const struct timespec *ntime,
	  struct timespec *otime),
	 timer_timeout_of(id, flags, notify, ntime, otime))

NEGATIVE(int, TimerCreate, (clockid_t id, const struct sigevent *event),
	 __qipc_timer_make(id, event))
POSITIVE(TimerDestroy, (timer_t id), __qipc_timer_remove(id))

static long timer_set(timer_t id, int flags, const struct _itimer *itime, struct _itimer *oitime)
{
	uint64_t old[2];
	long result;

	if (!__qipc_readable(itime, sizeof(*itime)) ||
	    (oitime && !__qipc_writable(oitime, sizeof(*oitime))))
		return -EFAULT;
	result = __qipc_timer_set(id, flags, itime->nsec, itime->interval_nsec, old);
	if (result >= 0 && oitime) {
		oitime->nsec = old[0];
		oitime->interval_nsec = old[1];
	}
	return result;
}

POSITIVE(TimerSettime,
	 (timer_t id, int flags, const struct _itimer *itime, struct _itimer *oitime),
	 timer_set(id, flags, itime, oitime))

static long timer_info(pid_t pid, timer_t id, int flags, struct _timer_info *info)
{
	if (pid && pid != getpid())
		return -EPERM;
	return __qipc_timer_info(id, flags & _NTO_TIMER_SEARCH, info);
}

NEGATIVE(int, TimerInfo, (pid_t pid, timer_t id, int flags, struct _timer_info *info),
	 timer_info(pid, id, flags, info))

static uint64_t of_timeval(const struct timeval *time)
{
	return (uint64_t)time->tv_sec * 1000000000u + (uint64_t)time->tv_usec * 1000u;
}

static void to_timeval(struct timeval *time, uint64_t nsec)
{
	/* What is less than a microsecond must not stop the timer. */
	uint64_t usec = nsec / 1000u + (nsec % 1000u != 0);

	time->tv_sec = (time_t)(usec / 1000000u);
	time->tv_usec = (suseconds_t)(usec % 1000000u);
}

static long timer_alarm(clockid_t id, const struct _itimer *itime, struct _itimer *otime)
{
	struct itimerval new, old;
	int saved = errno, error = 0;

	__qipc_disarm();
	if (id != CLOCK_REALTIME && id != CLOCK_MONOTONIC)
		return -EINVAL;
	if (itime) {
		to_timeval(&new.it_value, itime->nsec);
		to_timeval(&new.it_interval, itime->interval_nsec);
	}
	if (itime ? setitimer(ITIMER_REAL, &new, &old) : getitimer(ITIMER_REAL, &old))
		error = errno;
	errno = saved;
	if (!error && otime) {
		otime->nsec = of_timeval(&old.it_value);
		otime->interval_nsec = of_timeval(&old.it_interval);
	}
	return -error;
}

POSITIVE(TimerAlarm, (clockid_t id, const struct _itimer *itime, struct _itimer *otime),
	 timer_alarm(id, itime, otime))

/* The POSIX calls; <time.h> leads to them. */

int __qipc_timer_create(clockid_t id, struct sigevent *event, timer_t *timer)
{
	long made = __qipc_timer_make(id, event);

	if (made >= 0) {
		*timer = (timer_t)made;
		made = 0;
	}
	return (int)qipc_plain(made);
}

int __qipc_timer_delete(timer_t timer)
{
	return (int)qipc_plain(__qipc_timer_remove(timer));
}

static int is_time(const struct timespec *time)
{
	return time->tv_sec >= 0 && time->tv_nsec >= 0 && time->tv_nsec <= 999999999;
}

int __qipc_timer_settime(timer_t timer, int flags, const struct itimerspec *value,
			 struct itimerspec *ovalue)
{
	uint64_t old[2];
	long result = -EINVAL;

	if (value && is_time(&value->it_value) && is_time(&value->it_interval))
		result = __qipc_timer_set(timer, flags, timespec2nsec(&value->it_value),
					  timespec2nsec(&value->it_interval), old);
	if (result >= 0 && ovalue) {
		nsec2timespec(&ovalue->it_value, old[0]);
		nsec2timespec(&ovalue->it_interval, old[1]);
	}
	return (int)qipc_plain(result);
}

int __qipc_timer_gettime(timer_t timer, struct itimerspec *value)
{
	uint64_t now[3];
	long result = __qipc_timer_get(timer, now);

	if (result >= 0) {
		nsec2timespec(&value->it_value, now[0]);
		nsec2timespec(&value->it_interval, now[1]);
	}
	return (int)qipc_plain(result);
}

int __qipc_timer_getoverrun(timer_t timer)
{
	uint64_t now[3];
	long result = __qipc_timer_get(timer, now);

	if (result >= 0)
		result = now[2] > INT_MAX ? INT_MAX : (long)now[2];
	return (int)qipc_plain(result);
}
