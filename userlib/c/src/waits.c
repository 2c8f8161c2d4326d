// SPDX-License-Identifier: MIT OR Apache-2.0
/*
 * Calls of the C library that a timeout of TimerTimeout() holds for:
 * <pthread.h> and <semaphore.h> lead to these.  A timeout whose event is not
 * SIGEV_UNBLOCK has no effect here.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <semaphore.h>

#include "internal.h"

int qipc_system_join(pthread_t thread, void **result) __asm__("pthread_join");
int qipc_system_lock(pthread_mutex_t *mutex) __asm__("pthread_mutex_lock");
int qipc_system_cond_wait(pthread_cond_t *cond, pthread_mutex_t *mutex) __asm__("pthread_cond_wait");
int qipc_system_sem_wait(sem_t *sem) __asm__("sem_wait");

/* Whether a timeout is armed for the state; if so, until when. */
static int armed(uint32_t state, clockid_t *clock, struct timespec *until)
{
	uint64_t nsec, now;
	struct timespec time;
	int id;

	if (!__qipc_timeout_of(state, &id, &nsec))
		return 0;
	*clock = id;
	if (id == CLOCK_BOOTTIME) {
		/* The C library does not wait by this clock: the same span of the monotonic one. */
		clock_gettime(CLOCK_BOOTTIME, &time);
		now = timespec2nsec(&time);
		nsec = nsec > now ? nsec - now : 0;
		clock_gettime(CLOCK_MONOTONIC, &time);
		nsec += timespec2nsec(&time);
		*clock = CLOCK_MONOTONIC;
	}
	nsec2timespec(until, nsec);
	return 1;
}

int __qipc_pthread_join(pthread_t thread, void **result)
{
	struct timespec until;
	clockid_t clock;

	if (armed(_NTO_TIMEOUT_JOIN, &clock, &until))
		return pthread_clockjoin_np(thread, result, clock, &until);
	return qipc_system_join(thread, result);
}

int __qipc_pthread_mutex_lock(pthread_mutex_t *mutex)
{
	struct timespec until;
	clockid_t clock;

	if (armed(_NTO_TIMEOUT_MUTEX, &clock, &until))
		return pthread_mutex_clocklock(mutex, clock, &until);
	return qipc_system_lock(mutex);
}

int __qipc_pthread_cond_wait(pthread_cond_t *cond, pthread_mutex_t *mutex)
{
	struct timespec until;
	clockid_t clock;

	if (armed(_NTO_TIMEOUT_CONDVAR, &clock, &until))
		return pthread_cond_clockwait(cond, mutex, clock, &until);
	return qipc_system_cond_wait(cond, mutex);
}

int __qipc_sem_wait(sem_t *sem)
{
	struct timespec until;
	clockid_t clock;

	if (armed(_NTO_TIMEOUT_SEM, &clock, &until))
		return sem_clockwait(sem, clock, &until);
	return qipc_system_sem_wait(sem);
}
