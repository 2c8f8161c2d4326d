// SPDX-License-Identifier: MIT OR Apache-2.0
/*
 * pthread_sleepon_*: one lock for the process, and a condition variable for
 * each address that somebody sleeps on, for as long as somebody does.
 */
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>
#include "shims.h"

struct bed {
	const volatile void *address;
	pthread_cond_t cond;
	unsigned int sleepers;
	struct bed *next;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct bed *beds;	/* under lock */

int pthread_sleepon_lock(void)
{
	return pthread_mutex_lock(&lock);
}

int pthread_sleepon_unlock(void)
{
	return pthread_mutex_unlock(&lock);
}

static struct bed *find(const volatile void *address)
{
	struct bed *bed = beds;

	while (bed && bed->address != address)
		bed = bed->next;
	return bed;
}

static struct bed *make(const volatile void *address)
{
	struct bed *bed = calloc(1, sizeof(*bed));
	pthread_condattr_t attr;

	if (!bed)
		return NULL;
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&bed->cond, &attr);
	pthread_condattr_destroy(&attr);
	bed->address = address;
	bed->next = beds;
	beds = bed;
	return bed;
}

/* The last one to get up takes the bed away; a cancelled one is woken with the lock held. */
static void leave(void *arg)
{
	struct bed *bed = arg, **link = &beds;

	if (--bed->sleepers)
		return;
	while (*link != bed)
		link = &(*link)->next;
	*link = bed->next;
	pthread_cond_destroy(&bed->cond);
	free(bed);
}

static int sleep_in(struct bed *const bed, const struct timespec *until)
{
	int error;

	if (!bed)
		return ENOMEM;
	bed->sleepers++;
	pthread_cleanup_push(leave, bed);
	if (until)
		error = pthread_cond_timedwait(&bed->cond, &lock, until);
	else
		error = pthread_cond_wait(&bed->cond, &lock);
	pthread_cleanup_pop(1);
	return error;
}

static int sleep_on(const volatile void *address, const struct timespec *until)
{
	struct bed *bed = find(address);

	return sleep_in(bed ? bed : make(address), until);
}

int pthread_sleepon_wait(const volatile void *address)
{
	return sleep_on(address, NULL);
}

int pthread_sleepon_timedwait(const volatile void *address, uint64_t nsec)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	nsec += (uint64_t)until.tv_nsec;
	until.tv_sec += (time_t)(nsec / 1000000000u);
	until.tv_nsec = (long)(nsec % 1000000000u);
	return sleep_on(address, &until);
}

int pthread_sleepon_signal(const volatile void *address)
{
	struct bed *bed = find(address);

	return bed ? pthread_cond_signal(&bed->cond) : EOK;
}

int pthread_sleepon_broadcast(const volatile void *address)
{
	struct bed *bed = find(address);

	return bed ? pthread_cond_broadcast(&bed->cond) : EOK;
}
