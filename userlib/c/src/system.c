// SPDX-License-Identifier: MIT OR Apache-2.0
/*
 * Functions of the C library that take QNX's struct sigevent, beside timers
 * (raw.rs), and those that a timeout of TimerTimeout() holds for.
 */
#include <mqueue.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

/* The C library's own struct sigevent and its kinds. */
struct system_sigevent {
	union sigval value;
	int signo;
	int notify;
	void (*function)(union sigval value);
	pthread_attr_t *attributes;
	int rest[8];
};

enum { SYSTEM_SIGNAL, SYSTEM_NONE, SYSTEM_THREAD };

int qipc_system_mq_notify(mqd_t mqdes, const struct system_sigevent *notification)
	__asm__("mq_notify");

/* Of an event that the C library lacks; a notification comes once. */
static void happen(union sigval value)
{
	struct sigevent *event = value.sival_ptr;

	MsgDeliverEvent_r(0, event);
	free(event);
}

int __qipc_mq_notify(mqd_t mqdes, const struct sigevent *notification)
{
	struct system_sigevent event = { .notify = SYSTEM_NONE };
	int result;

	if (!notification)
		return qipc_system_mq_notify(mqdes, NULL);
	event.value = notification->sigev_value;
	switch (SIGEV_GET_TYPE(notification)) {
	case SIGEV_NONE:
		break;
	case SIGEV_SIGNAL:
	case SIGEV_SIGNAL_CODE:
		event.notify = SYSTEM_SIGNAL;
		event.signo = notification->sigev_signo;
		break;
	case SIGEV_THREAD:
		event.notify = SYSTEM_THREAD;
		event.function = notification->sigev_notify_function;
		event.attributes = notification->sigev_notify_attributes;
		break;
	case SIGEV_PULSE:
	case SIGEV_SEM:
	case SIGEV_MEMORY:
		event.notify = SYSTEM_THREAD;
		event.function = happen;
		event.value.sival_ptr = malloc(sizeof(*notification));
		if (!event.value.sival_ptr)
			return (int)qipc_plain(-ENOMEM);
		memcpy(event.value.sival_ptr, notification, sizeof(*notification));
		break;
	default:
		return (int)qipc_plain(-EINVAL);
	}
	result = qipc_system_mq_notify(mqdes, &event);
	if (result && event.function == happen)
		free(event.value.sival_ptr);
	return result;
}
