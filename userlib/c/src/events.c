// SPDX-License-Identifier: MIT OR Apache-2.0
/*
 * Events.  The kernel knows pulses, signals and eventfds.  A new thread, a
 * semaphore and a word of memory are things of one process: delivered to the
 * caller itself they happen here; registered, or on a pool that runs full,
 * they hang on an eventfd that a thread of the library reads.
 */
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

#include "internal.h"

void __qipc_post_semaphore(uint64_t semaphore)
{
	sem_post((sem_t *)(uintptr_t)semaphore);
}

int __qipc_event_is_local(const struct sigevent *event)
{
	int kind = SIGEV_GET_TYPE(event);

	return !(event->sigev_notify & SIGEV_FLAG_HANDLE) &&
	       (kind == SIGEV_THREAD || kind == SIGEV_MEMORY || kind == SIGEV_SEM);
}

/* What a new thread is to do. */
struct start {
	void (*function)(union sigval value);
	union sigval value;
};

static void *run(void *argument)
{
	struct start start = *(struct start *)argument;

	free(argument);
	start.function(start.value);
	return NULL;
}

static long start_thread(const struct sigevent *event)
{
	struct start *start = malloc(sizeof(*start));
	pthread_attr_t attr, *attributes = event->sigev_notify_attributes;
	pthread_t thread;
	int error;

	if (!start)
		return -EAGAIN;
	start->function = event->sigev_notify_function;
	start->value = event->sigev_value;
	if (!attributes) {
		pthread_attr_init(&attr);
		pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
		attributes = &attr;
	}
	error = pthread_create(&thread, attributes, run, start);
	if (attributes == &attr)
		pthread_attr_destroy(&attr);
	if (error)
		free(start);
	return -error;
}

static long change_memory(const struct sigevent *event)
{
	_Atomic unsigned int *word = (_Atomic unsigned int *)event->sigev_addr;
	unsigned int value = (unsigned int)event->sigev_value.sival_int;

	switch (event->sigev_memop) {
	case SIGEV_MEM_ASSIGN:
		atomic_store(word, value);
		break;
	case SIGEV_MEM_ADD:
		atomic_fetch_add(word, value);
		break;
	case SIGEV_MEM_SUB:
		atomic_fetch_sub(word, value);
		break;
	case SIGEV_MEM_BITSET:
		atomic_fetch_or(word, value);
		break;
	case SIGEV_MEM_BITCLR:
		atomic_fetch_and(word, ~value);
		break;
	case SIGEV_MEM_BITTOGGLE:
		atomic_fetch_xor(word, value);
		break;
	default:
		return -EINVAL;
	}
	return EOK;
}

long __qipc_event_happen(const struct sigevent *event)
{
	switch (SIGEV_GET_TYPE(event)) {
	case SIGEV_THREAD:
		return start_thread(event);
	case SIGEV_MEMORY:
		return change_memory(event);
	case SIGEV_SEM:
		return sem_post(event->__sigev_sem) ? -errno : EOK;
	}
	return -EINVAL;
}

/* ---- events on an eventfd ---- */

struct watched {
	struct watched *next;
	struct sigevent event;
	int fd;
	int handle;
	atomic_bool ended;
};

static pthread_mutex_t watched_lock = PTHREAD_MUTEX_INITIALIZER;
static struct watched *watched_list;	/* under watched_lock */

static void *watch(void *argument)
{
	struct watched *watched = argument;
	uint64_t count;

	while (read(watched->fd, &count, sizeof(count)) == sizeof(count)) {
		if (atomic_load(&watched->ended))
			break;
		while (count--)
			__qipc_event_happen(&watched->event);
	}
	close(watched->fd);
	free(watched);
	return NULL;
}

/* An eventfd that has the event happen; minus an errno. */
static int watch_event(const struct sigevent *event, struct watched **out)
{
	struct watched *watched = calloc(1, sizeof(*watched));
	sigset_t all, before;
	pthread_attr_t attr;
	pthread_t thread;
	int error;

	if (!watched)
		return -ENOMEM;
	watched->event = *event;
	watched->fd = eventfd(0, EFD_CLOEXEC);
	if (watched->fd < 0) {
		error = errno;
		free(watched);
		return -error;
	}
	/* Signals are for the threads of the program. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	error = pthread_create(&thread, &attr, watch, watched);
	pthread_attr_destroy(&attr);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (error) {
		close(watched->fd);
		free(watched);
		return -error;
	}
	*out = watched;
	return watched->fd;
}

/* The thread closes and frees. */
static void end_watch(struct watched *watched)
{
	uint64_t one = 1;
	ssize_t written;

	atomic_store(&watched->ended, true);
	written = write(watched->fd, &one, sizeof(one));
	(void)written;
}

static long register_event(struct sigevent *event, int coid)
{
	struct watched *watched = NULL;
	long handle;
	int fd = -1;

	if (!__qipc_writable(event, sizeof(*event)))
		return -EFAULT;
	if (__qipc_event_is_local(event)) {
		fd = watch_event(event, &watched);
		if (fd < 0)
			return fd;
	}
	handle = __qipc_event_register(event, coid, fd);
	if (watched && handle < 0)
		end_watch(watched);
	if (watched && handle >= 0) {
		watched->handle = (int)handle;
		pthread_mutex_lock(&watched_lock);
		watched->next = watched_list;
		watched_list = watched;
		pthread_mutex_unlock(&watched_lock);
	}
	return handle < 0 ? handle : EOK;
}

static long unregister_event(const struct sigevent *event)
{
	long handle = __qipc_event_unregister(event);
	struct watched **at, *found = NULL;

	if (handle < 0)
		return handle;
	pthread_mutex_lock(&watched_lock);
	for (at = &watched_list; *at; at = &(*at)->next) {
		if ((*at)->handle == (int)handle) {
			found = *at;
			*at = found->next;
			break;
		}
	}
	pthread_mutex_unlock(&watched_lock);
	if (found)
		end_watch(found);
	return EOK;
}

/* ---- the calls ---- */

static long deliver(rcvid_t rcvid, const struct sigevent *event, int only_verify)
{
	if (!__qipc_readable(event, sizeof(*event)))
		return -EFAULT;
	/* Somebody else's memory and threads are out of reach. */
	if (!rcvid && __qipc_event_is_local(event)) {
		__qipc_disarm();
		return only_verify ? EOK : __qipc_event_happen(event);
	}
	return __qipc_event_deliver(rcvid, event, only_verify);
}

int MsgDeliverEvent(rcvid_t rcvid, const struct sigevent *event)
{
	return (int)qipc_plain(deliver(rcvid, event, 0));
}

int MsgDeliverEvent_r(rcvid_t rcvid, const struct sigevent *event)
{
	return (int)-deliver(rcvid, event, 0);
}

int MsgVerifyEvent(rcvid_t rcvid, const struct sigevent *event)
{
	return (int)qipc_plain(deliver(rcvid, event, 1));
}

int MsgVerifyEvent_r(rcvid_t rcvid, const struct sigevent *event)
{
	return (int)-deliver(rcvid, event, 1);
}

int MsgRegisterEvent(struct sigevent *event, int coid)
{
	return (int)qipc_plain(register_event(event, coid));
}

int MsgRegisterEvent_r(struct sigevent *event, int coid)
{
	return (int)-register_event(event, coid);
}

int MsgUnregisterEvent(const struct sigevent *event)
{
	return (int)qipc_plain(unregister_event(event));
}

int MsgUnregisterEvent_r(const struct sigevent *event)
{
	return (int)-unregister_event(event);
}

int ChannelCreatePulsePool(unsigned int flags, const struct nto_channel_config *config)
{
	const struct sigevent *event = NULL;
	struct watched *watched = NULL;
	long chid;
	int fd = -1;

	if (!__qipc_readable(config, sizeof(*config))) {
		errno = config ? EFAULT : EINVAL;
		return -1;
	}
	if ((config->options & ~(unsigned int)_NTO_CHO_CUSTOM_EVENT) ||
	    config->num_pulses == 0) {
		errno = EINVAL;
		return -1;
	}
	if (config->options & _NTO_CHO_CUSTOM_EVENT)
		event = &config->event;
	if (event && __qipc_event_is_local(event)) {
		fd = watch_event(event, &watched);
		if (fd < 0)
			return (int)qipc_plain(fd);
	}
	flags &= ~(unsigned int)_NTO_CHF_MSG_PAUSING;
	chid = __qipc_channel_create_pool(flags, config->num_pulses, config->rearm_threshold,
					  event, fd);
	if (watched && chid < 0)
		end_watch(watched);
	return (int)qipc_plain(chid);
}
