/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The kernel calls of <sys/neutrino.h> that are no messages: scheduling,
 * threads, clocks. They are put together from Linux's own.
 */
#ifndef _QIPC_KERNEL_H
#define _QIPC_KERNEL_H
#pragma GCC system_header

#include <sched.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

/* What SchedInfo() says of a policy. */
struct _sched_info {
	int priority_min;
	int priority_max;
	uint64_t interval;		/* nanoseconds of a time slice; 0 if there is none */
	int priority_priv;		/* priorities above need privileges */
	int reserved[11];
};

/* Commands of ThreadCtl(); others are EINVAL. */
#define _NTO_TCTL_IO				1	/* accepted: Linux asks for each use */
#define _NTO_TCTL_RUNMASK			4	/* data: the mask, as a pointer */
#define _NTO_TCTL_ALIGN_FAULT			5	/* accepted, no effect */
#define _NTO_TCTL_RUNMASK_GET_AND_SET		6	/* data: unsigned *, in and out */
#define _NTO_TCTL_RUNMASK_GET_AND_SET_INHERIT	10	/* data: struct _thread_runmask * */
#define _NTO_TCTL_NAME				11	/* data: struct _thread_name * */
#define _NTO_TCTL_IO_PRIV			16	/* as _NTO_TCTL_IO */

#define _NTO_THREAD_NAME_MAX	100	/* Linux keeps 15 characters of it */

/* Of _NTO_TCTL_NAME: new_name_len -1 asks only. */
struct _thread_name {
	int new_name_len;
	int name_buf_len;
	char name_buf[1];
};

/* Of _NTO_TCTL_RUNMASK_GET_AND_SET_INHERIT: size words of mask, then of inherit mask. */
struct _thread_runmask {
	int size;
	/* unsigned runmask[size], inherit_mask[size] */
};

#define RMSK_SIZE(ncpus)	(((ncpus) + 31) / 32)
#define RMSK_SET(cpu, mask)	((mask)[(cpu) / 32] |= 1u << ((cpu) % 32))
#define RMSK_CLR(cpu, mask)	((mask)[(cpu) / 32] &= ~(1u << ((cpu) % 32)))
#define RMSK_ISSET(cpu, mask)	(((mask)[(cpu) / 32] & (1u << ((cpu) % 32))) != 0)

struct _clockperiod {
	uint32_t nsec;
	int32_t fract;
};

#ifdef __cplusplus
extern "C" {
#endif

/* pid 0: this process; tid 0: this thread. The policy, or -1; _r: the number of an error negated. */
int SchedGet(pid_t pid, int tid, struct sched_param *param);
int SchedGet_r(pid_t pid, int tid, struct sched_param *param);
/* 0, or -1; _r: the number of an error. */
int SchedSet(pid_t pid, int tid, int algorithm, const struct sched_param *param);
int SchedSet_r(pid_t pid, int tid, int algorithm, const struct sched_param *param);
int SchedInfo(pid_t pid, int algorithm, struct _sched_info *info);
int SchedInfo_r(pid_t pid, int algorithm, struct _sched_info *info);
int SchedYield(void);
int SchedYield_r(void);

int ThreadCtl(int cmd, void *data);
int ThreadCtl_r(int cmd, void *data);

/* Nanoseconds of a clock; sets it first if new_time is not NULL. */
int ClockTime(clockid_t id, const uint64_t *new_time, uint64_t *old_time);
int ClockTime_r(clockid_t id, const uint64_t *new_time, uint64_t *old_time);
/*
 * Linux's timers have no tick. A new period is remembered, if it is not below
 * 10 microseconds, and has no other effect; at first it is a millisecond.
 */
int ClockPeriod(clockid_t id, const struct _clockperiod *new_period, struct _clockperiod *old_period,
		int reserved);
int ClockPeriod_r(clockid_t id, const struct _clockperiod *new_period,
		  struct _clockperiod *old_period, int reserved);
/*
 * The clock of the processor time of a process, or of a thread (tid is not 0).
 * -1 is an error; other negative numbers are clocks as well.
 */
int ClockId(pid_t pid, int tid);
/* A counter that never goes back, SYSPAGE_ENTRY(qtime)->cycles_per_sec a second. */
uint64_t ClockCycles(void);

/* Keep the processor busy for so long. */
int nanospin(const struct timespec *when);
void nanospin_ns(unsigned long nsec);

#ifdef __cplusplus
}
#endif

#endif
