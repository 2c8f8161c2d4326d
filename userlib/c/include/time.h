/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The system's <time.h>; the timer_* functions are libqipc's, which know
 * struct sigevent as QNX lays it out.  Ordinary kinds of events end up in the
 * system's own timers.
 */
#pragma GCC system_header
#include_next <time.h>
#if !defined(_QIPC_TIME_H) && defined(TIMER_ABSTIME)
#define _QIPC_TIME_H

#include <stdint.h>
#include <sys/siginfo.h>

#ifndef CLOCK_SOFTTIME
#define CLOCK_SOFTTIME	CLOCK_REALTIME	/* does not wake a sleeping QNX machine */
#endif
/* Flag of timer_settime(): tolerance; QNX 6.6 and later. Accepted, no effect. */
#define TIMER_TOLERANCE	0x40000000
#define _NTO_TIMER_SUCCESS	0

#ifdef __cplusplus
extern "C" {
#endif

int __REDIRECT_NTH(timer_create, (clockid_t clock_id, struct sigevent *__restrict ev,
				  timer_t *__restrict timerid), __qipc_timer_create);
int __REDIRECT_NTH(timer_delete, (timer_t timerid), __qipc_timer_delete);
int __REDIRECT_NTH(timer_settime, (timer_t timerid, int flags,
				   const struct itimerspec *__restrict value,
				   struct itimerspec *__restrict ovalue), __qipc_timer_settime);
int __REDIRECT_NTH(timer_gettime, (timer_t timerid, struct itimerspec *value),
		   __qipc_timer_gettime);
int __REDIRECT_NTH(timer_getoverrun, (timer_t timerid), __qipc_timer_getoverrun);

/* TimerTimeout() with times as struct timespec. */
int timer_timeout(clockid_t id, int flags, const struct sigevent *notify,
		  const struct timespec *ntime, struct timespec *otime);
int timer_timeout_r(clockid_t id, int flags, const struct sigevent *notify,
		    const struct timespec *ntime, struct timespec *otime);

/* Nanoseconds and back. */
static __inline__ void nsec2timespec(struct timespec *ts, uint64_t nsec)
{
	ts->tv_sec = (time_t)(nsec / 1000000000u);
	ts->tv_nsec = (long)(nsec % 1000000000u);
}

static __inline__ uint64_t timespec2nsec(const struct timespec *ts)
{
	return (uint64_t)ts->tv_sec * 1000000000u + (uint64_t)ts->tv_nsec;
}

#ifdef __cplusplus
}
#endif

#endif
