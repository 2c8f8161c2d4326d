// SPDX-License-Identifier: MIT OR Apache-2.0
/*
 * Pools of threads that block, handle what came, and block again. There are
 * always lo_water blocked threads, as long as there are not maximum in all,
 * and never more than hi_water.
 */
#include <stdlib.h>
#include <string.h>
#include "dispatch.h"
#include "shims.h"

struct worker {
	struct _thread_pool *pool;
	THREAD_POOL_PARAM_T *context;
	bool in_block;
	bool permanent;		/* of POOL_FLAG_USE_SELF: its caller does not expect to return */
	struct worker *next;
};

struct _thread_pool {
	pthread_mutex_t lock;		/* all below */
	pthread_cond_t changed;		/* a thread has come, gone, blocked or unblocked */
	thread_pool_attr_t attr;
	unsigned int flags;
	struct worker *workers;
	unsigned int created;		/* threads there are, and those on their way */
	unsigned int blocked;		/* of these, those in block_func, or on their way there */
	bool ending;
};

static void *work(void *arg);

/* Starts so many threads, each counted as blocked from the start; with the lock held. */
static int grow(struct _thread_pool *pool, unsigned int count)
{
	int error = EOK;

	while (count-- && pool->created < pool->attr.maximum && !error) {
		pthread_attr_t own;
		pthread_t thread;

		pthread_attr_init(&own);
		pthread_attr_setdetachstate(&own, PTHREAD_CREATE_DETACHED);
		pool->created++;
		pool->blocked++;
		error = pthread_create(&thread, pool->attr.attr ? pool->attr.attr : &own, work, pool);
		if (!error && pool->attr.attr) {
			int state = PTHREAD_CREATE_JOINABLE;

			pthread_attr_getdetachstate(pool->attr.attr, &state);
			if (state == PTHREAD_CREATE_JOINABLE)
				pthread_detach(thread);
		}
		if (error) {
			pool->created--;
			pool->blocked--;
		}
		pthread_attr_destroy(&own);
	}
	return error;
}

/* With the lock held: as many as it takes to have lo_water blocked, in steps of increment. */
static int refill(struct _thread_pool *pool)
{
	unsigned int missing;

	if (pool->ending || pool->blocked >= pool->attr.lo_water)
		return EOK;
	missing = pool->attr.lo_water - pool->blocked;
	return grow(pool, missing > pool->attr.increment ? missing : pool->attr.increment);
}

static void enlist(struct worker *worker)
{
	struct _thread_pool *pool = worker->pool;

	worker->next = pool->workers;
	pool->workers = worker;
}

static void delist(struct worker *worker)
{
	struct worker **link = &worker->pool->workers;

	while (*link != worker)
		link = &(*link)->next;
	*link = worker->next;
}

/* One turn, with the lock held around it. False when the thread is to end. */
static bool turn(struct worker *worker)
{
	struct _thread_pool *pool = worker->pool;
	THREAD_POOL_PARAM_T *ready;
	int saved, result;

	worker->in_block = true;
	pthread_mutex_unlock(&pool->lock);
	ready = pool->attr.block_func(worker->context);
	saved = errno;
	pthread_mutex_lock(&pool->lock);
	worker->in_block = false;
	pool->blocked--;
	if (pool->ending)
		return false;
	if (!ready) {
		if (!(pool->flags & POOL_FLAG_CALL_BLOCK_ERRF)) {
			pool->blocked++;
			/* A signal is no reason to go; a channel that has gone is. */
			if (saved == EINTR)
				return true;
			pool->blocked--;
			return false;
		}
	} else {
		refill(pool);
	}
	pthread_cond_broadcast(&pool->changed);
	pthread_mutex_unlock(&pool->lock);
	if (ready) {
		result = pool->attr.handler_func(ready);
		if (result == -1 && pool->flags & POOL_FLAG_CALL_HANDLE_ERRF) {
			if (!pool->attr.error_func)
				abort();
			pool->attr.error_func(ready);
		}
	} else {
		if (!pool->attr.error_func)
			abort();
		pool->attr.error_func(worker->context);
	}
	pthread_mutex_lock(&pool->lock);
	if (pool->ending || (pool->blocked >= pool->attr.hi_water && !worker->permanent))
		return false;
	pool->blocked++;
	return true;
}

static void live(struct _thread_pool *pool, bool permanent)
{
	struct worker worker = { .pool = pool, .permanent = permanent };

	worker.context = pool->attr.context_alloc(pool->attr.handle);
	pthread_mutex_lock(&pool->lock);
	enlist(&worker);
	if (!worker.context || pool->ending)
		pool->blocked--;
	else
		while (turn(&worker))
			;
	delist(&worker);
	if (worker.context && pool->attr.context_free) {
		pthread_mutex_unlock(&pool->lock);
		pool->attr.context_free(worker.context);
		pthread_mutex_lock(&pool->lock);
	}
	pool->created--;
	pthread_cond_broadcast(&pool->changed);
	pthread_mutex_unlock(&pool->lock);
}

static void *work(void *arg)
{
	live(arg, false);
	return NULL;
}

static bool sensible(const thread_pool_attr_t *attr)
{
	return attr->lo_water <= attr->hi_water && attr->hi_water <= attr->maximum && attr->maximum;
}

thread_pool_t *thread_pool_create(thread_pool_attr_t *attr, unsigned int flags)
{
	const unsigned int known = POOL_FLAG_EXIT_SELF | POOL_FLAG_USE_SELF |
		POOL_FLAG_CALL_BLOCK_ERRF | POOL_FLAG_CALL_HANDLE_ERRF;
	struct _thread_pool *pool;

	if (!attr || flags & ~known || !attr->block_func || !attr->handler_func ||
	    !attr->context_alloc || !sensible(attr)) {
		errno = EINVAL;
		return NULL;
	}
	pool = calloc(1, sizeof(*pool));
	if (!pool)
		return NULL;
	pthread_mutex_init(&pool->lock, NULL);
	pthread_cond_init(&pool->changed, NULL);
	pool->attr = *attr;
	pool->flags = flags;
	return pool;
}

int thread_pool_start(void *handle)
{
	struct _thread_pool *pool = handle;
	unsigned int wanted;
	int error;

	if (!pool)
		return EINVAL;
	pthread_mutex_lock(&pool->lock);
	wanted = pool->attr.lo_water ? pool->attr.lo_water : 1;
	if (pool->flags & POOL_FLAG_USE_SELF) {
		pool->created++;
		pool->blocked++;
		wanted--;
	}
	error = grow(pool, wanted);
	pthread_mutex_unlock(&pool->lock);
	if (error)
		return error;
	if (pool->flags & POOL_FLAG_EXIT_SELF)
		pthread_exit(NULL);
	if (pool->flags & POOL_FLAG_USE_SELF)
		live(pool, true);
	return EOK;
}

/* With the lock held: wakes every thread that blocks. */
static void wake_all(struct _thread_pool *pool)
{
	for (struct worker *worker = pool->workers; worker; worker = worker->next)
		if (worker->in_block && pool->attr.unblock_func)
			pool->attr.unblock_func(worker->context);
}

/*
 * Ends the threads and waits for them. Without an unblock_func those that
 * block are waited for until something comes for each.
 */
int thread_pool_destroy(thread_pool_t *pool)
{
	if (!pool)
		return plain(EINVAL);
	pthread_mutex_lock(&pool->lock);
	pool->ending = true;
	wake_all(pool);
	while (pool->created)
		pthread_cond_wait(&pool->changed, &pool->lock);
	pthread_mutex_unlock(&pool->lock);
	pthread_cond_destroy(&pool->changed);
	pthread_mutex_destroy(&pool->lock);
	free(pool);
	return 0;
}

/* With the lock held: takes over what flags name, if the result makes sense. */
static int change(struct _thread_pool *pool, const thread_pool_attr_t *attr, unsigned int flags)
{
	thread_pool_attr_t wanted = pool->attr;

	if (flags & THREAD_POOL_CONTROL_LOWATER)
		wanted.lo_water = attr->lo_water;
	if (flags & THREAD_POOL_CONTROL_HIWATER)
		wanted.hi_water = attr->hi_water;
	if (flags & THREAD_POOL_CONTROL_MAXIMUM)
		wanted.maximum = attr->maximum;
	if (flags & THREAD_POOL_CONTROL_INCREMENT)
		wanted.increment = attr->increment;
	if (!sensible(&wanted))
		return EINVAL;
	pool->attr = wanted;
	return refill(pool);
}

int thread_pool_control(thread_pool_t *pool, thread_pool_attr_t *attr, uint16_t lower,
			uint16_t upper, unsigned int flags)
{
	int error;

	if (!pool || !attr)
		return plain(EINVAL);
	pthread_mutex_lock(&pool->lock);
	error = change(pool, attr, flags);
	if (!error && !(flags & THREAD_POOL_CONTROL_NONBLOCK))
		while (pool->created < lower || pool->created > upper)
			pthread_cond_wait(&pool->changed, &pool->lock);
	pthread_mutex_unlock(&pool->lock);
	return plain(error);
}

int thread_pool_limits(thread_pool_t *pool, int lo_water, int hi_water, int maximum, int increment,
		       unsigned int flags)
{
	thread_pool_attr_t attr;
	unsigned int change_flags = 0;

	memset(&attr, 0, sizeof(attr));
	if (lo_water >= 0) {
		attr.lo_water = (unsigned short)lo_water;
		change_flags |= THREAD_POOL_CONTROL_LOWATER;
	}
	if (hi_water >= 0) {
		attr.hi_water = (unsigned short)hi_water;
		change_flags |= THREAD_POOL_CONTROL_HIWATER;
	}
	if (maximum >= 0) {
		attr.maximum = (unsigned short)maximum;
		change_flags |= THREAD_POOL_CONTROL_MAXIMUM;
	}
	if (increment >= 0) {
		attr.increment = (unsigned short)increment;
		change_flags |= THREAD_POOL_CONTROL_INCREMENT;
	}
	(void)flags;
	return thread_pool_control(pool, &attr, 0, UINT16_MAX,
				   change_flags | THREAD_POOL_CONTROL_NONBLOCK);
}
