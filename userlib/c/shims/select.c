// SPDX-License-Identifier: MIT OR Apache-2.0
/*
 * select_attach(): handlers for descriptors of the system. A thread of each
 * descriptor polls it and sends a pulse to the loop; it polls again when the
 * handler has run.
 */
#include <poll.h>
#include <semaphore.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <sys/neutrino.h>
#include "dispatch.h"
#include "shims.h"

struct watch {
	int fd;
	int stop;		/* an eventfd: readable when the thread has to end */
	int coid;
	int code;
	unsigned int flags;
	select_func_t func;
	void *handle;
	pthread_t thread;
	sem_t go;		/* the thread may poll (again) */
	struct watch *next;
};

static short events_of(unsigned int flags)
{
	return (short)((flags & SELECT_FLAG_READ ? POLLIN : 0) |
		       (flags & SELECT_FLAG_WRITE ? POLLOUT : 0) |
		       (flags & SELECT_FLAG_EXCEPT ? POLLPRI : 0));
}

static void *poll_loop(void *arg)
{
	struct watch *watch = arg;
	struct pollfd fds[2] = {
		{ .fd = watch->fd, .events = events_of(watch->flags) },
		{ .fd = watch->stop, .events = POLLIN },
	};

	for (;;) {
		while (sem_wait(&watch->go) < 0)
			;
		while (poll(fds, 2, -1) < 0 && errno == EINTR)
			;
		if (fds[1].revents)
			return NULL;
		MsgSendPulse(watch->coid, SIGEV_PULSE_PRIO_INHERIT, watch->code, watch->fd);
	}
}

static struct watch *find(dispatch_t *dpp, int fd)
{
	struct watch *watch = dpp->watches;

	while (watch && watch->fd != fd)
		watch = watch->next;
	return watch;
}

/* The handler of the pulse. */
static int ready(message_context_t *ctp, int code, unsigned int flags, void *handle)
{
	const int fd = ctp->msg->pulse.value.sival_int;
	dispatch_t *dpp = ctp->dpp;
	struct watch *watch, copy;

	(void)code;
	(void)flags;
	(void)handle;
	pthread_mutex_lock(&dpp->lock);
	watch = find(dpp, fd);
	if (watch)
		copy = *watch;
	pthread_mutex_unlock(&dpp->lock);
	if (!watch)
		return 0;	/* detached meanwhile */
	copy.func(ctp, fd, copy.flags & (SELECT_FLAG_READ | SELECT_FLAG_WRITE | SELECT_FLAG_EXCEPT),
		  copy.handle);
	if (copy.flags & SELECT_FLAG_REARM) {
		pthread_mutex_lock(&dpp->lock);
		watch = find(dpp, fd);
		if (watch)
			sem_post(&watch->go);
		pthread_mutex_unlock(&dpp->lock);
	}
	return 0;
}

static void end(struct watch *watch)
{
	const uint64_t one = 1;

	if (write(watch->stop, &one, sizeof(one)) == sizeof(one)) {
		sem_post(&watch->go);
		pthread_join(watch->thread, NULL);
	}
	close(watch->stop);
	sem_destroy(&watch->go);
	free(watch);
}

void __qipc_select_end(dispatch_t *dpp)
{
	struct watch *watch;

	while ((watch = dpp->watches)) {
		dpp->watches = watch->next;
		end(watch);
	}
}

static int start(struct watch *watch)
{
	int error;

	watch->stop = eventfd(0, EFD_CLOEXEC);
	if (watch->stop < 0)
		return errno;
	sem_init(&watch->go, 0, 0);
	error = pthread_create(&watch->thread, NULL, poll_loop, watch);
	if (error) {
		close(watch->stop);
		sem_destroy(&watch->go);
	}
	return error;
}

int select_attach(void *handle_of_loop, select_attr_t *attr, int fd, unsigned int flags,
		  int (*func)(select_context_t *ctp, int fd, unsigned int flags, void *handle),
		  void *handle)
{
	dispatch_t *dpp = handle_of_loop;
	struct watch *watch;
	int error, coid;

	(void)attr;
	if (!dpp || !func || fd < 0 || !events_of(flags))
		return plain(EINVAL);
	coid = __qipc_dispatch_coid(dpp);
	if (coid < 0)
		return -1;
	if (dpp->select_code < 0)
		dpp->select_code = pulse_attach(dpp, MSG_FLAG_ALLOC_PULSE, 0, ready, NULL);
	if (dpp->select_code < 0)
		return -1;
	/* A new wish replaces the one there is. */
	if (select_detach(dpp, fd) < 0 && errno != EINVAL)
		return -1;
	watch = calloc(1, sizeof(*watch));
	if (!watch)
		return plain(ENOMEM);
	*watch = (struct watch){ .fd = fd, .coid = coid, .code = dpp->select_code,
				 .flags = flags, .func = func, .handle = handle };
	error = start(watch);
	if (error) {
		free(watch);
		return plain(error);
	}
	pthread_mutex_lock(&dpp->lock);
	watch->next = dpp->watches;
	dpp->watches = watch;
	/* Not before: the loop would not find it. */
	sem_post(&watch->go);
	pthread_mutex_unlock(&dpp->lock);
	return 0;
}

int select_detach(void *handle_of_loop, int fd)
{
	dispatch_t *dpp = handle_of_loop;
	struct watch **link, *watch;

	if (!dpp)
		return plain(EINVAL);
	pthread_mutex_lock(&dpp->lock);
	for (link = &dpp->watches; *link && (*link)->fd != fd; link = &(*link)->next)
		;
	watch = *link;
	if (watch)
		*link = watch->next;
	pthread_mutex_unlock(&dpp->lock);
	if (!watch)
		return plain(EINVAL);
	end(watch);
	return 0;
}
