// SPDX-License-Identifier: MIT OR Apache-2.0
/* Clocks, and the part of QNX's system page that belongs to them. */
#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/neutrino.h>
#include <sys/syspage.h>
#include "shims.h"

#define NSEC_PER_SEC	1000000000u
#define FIRST_PERIOD	1000000u	/* a millisecond, QNX's default */
#define LEAST_PERIOD	10000u

static uint64_t now(clockid_t id)
{
	struct timespec time;

	return clock_gettime(id, &time) < 0 ? 0 : timespec2nsec(&time);
}

int ClockTime_r(clockid_t id, const uint64_t *new_time, uint64_t *old_time)
{
	struct timespec time;

	if (clock_gettime(id, &time) < 0)
		return errno;
	if (new_time) {
		struct timespec wanted;

		nsec2timespec(&wanted, *new_time);
		if (clock_settime(id, &wanted) < 0)
			return errno;
	}
	if (old_time)
		*old_time = timespec2nsec(&time);
	return EOK;
}

int ClockTime(clockid_t id, const uint64_t *new_time, uint64_t *old_time)
{
	return plain(ClockTime_r(id, new_time, old_time));
}

static uint32_t period = FIRST_PERIOD;	/* changed with atomic operations only */

int ClockPeriod_r(clockid_t id, const struct _clockperiod *new_period,
		  struct _clockperiod *old_period, int reserved)
{
	struct timespec resolution;
	uint32_t before = __atomic_load_n(&period, __ATOMIC_RELAXED);

	if (reserved || clock_getres(id, &resolution) < 0)
		return EINVAL;
	if (new_period) {
		if (new_period->nsec < LEAST_PERIOD)
			return EINVAL;
		before = __atomic_exchange_n(&period, new_period->nsec, __ATOMIC_RELAXED);
	}
	if (old_period) {
		old_period->nsec = before;
		old_period->fract = 0;
	}
	return EOK;
}

int ClockPeriod(clockid_t id, const struct _clockperiod *new_period,
		struct _clockperiod *old_period, int reserved)
{
	return plain(ClockPeriod_r(id, new_period, old_period, reserved));
}

/* Linux's own encoding of a thread's clock; glibc has a function for a pthread_t only. */
static clockid_t clock_of_thread(int tid)
{
	return (clockid_t)((~(unsigned int)tid << 3) | 6);
}

int ClockId(pid_t pid, int tid)
{
	struct timespec time;
	clockid_t id;
	int error;

	if (tid) {
		id = clock_of_thread(tid);
		return clock_gettime(id, &time) < 0 ? plain(ESRCH) : (int)id;
	}
	if (pid == 0 || pid == getpid())
		return CLOCK_PROCESS_CPUTIME_ID;
	error = clock_getcpuclockid(pid, &id);
	return error ? plain(error) : (int)id;
}

uint64_t ClockCycles(void)
{
	return now(CLOCK_MONOTONIC);
}

void nanospin_ns(unsigned long nsec)
{
	uint64_t end = now(CLOCK_MONOTONIC) + nsec;

	while (now(CLOCK_MONOTONIC) < end)
		;
}

int nanospin(const struct timespec *when)
{
	nanospin_ns((unsigned long)timespec2nsec(when));
	return EOK;
}

static struct qtime_entry qtime;
static struct syspage_entry syspage = { 0, &qtime };

static void fill(void)
{
	qtime.cycles_per_sec = NSEC_PER_SEC;
	qtime.nsec = now(CLOCK_BOOTTIME);
	qtime.boot_time = (now(CLOCK_REALTIME) - qtime.nsec) / NSEC_PER_SEC;
	qtime.nsec_inc = FIRST_PERIOD;
	syspage.num_cpu = (uint32_t)sysconf(_SC_NPROCESSORS_ONLN);
}

struct syspage_entry *__qipc_syspage(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, fill);
	return &syspage;
}
