// SPDX-License-Identifier: MIT OR Apache-2.0
/*
 * What <pthread.h> redirects to: QNX's arguments made glibc's. In this file
 * the names are glibc's.
 */
#define QIPC_SYSTEM_PTHREAD
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>

#define TASK_NAME_MAX 16	/* with the NUL: what Linux keeps of a thread's name */

/* 0 is no thread of glibc's; to QNX it is the caller. */
static pthread_t self_if_zero(pthread_t thread)
{
	return thread ? thread : pthread_self();
}

int __qipc_pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*start)(void *),
			  void *arg);
int __qipc_pthread_setname_np(pthread_t thread, const char *name);
int __qipc_pthread_getname_np(pthread_t thread, char *name, size_t len);
int __qipc_pthread_getschedparam(pthread_t thread, int *policy, struct sched_param *param);
int __qipc_pthread_setschedparam(pthread_t thread, int policy, const struct sched_param *param);
int __qipc_pthread_setschedprio(pthread_t thread, int priority);

int __qipc_pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*start)(void *),
			  void *arg)
{
	pthread_t unwanted;

	return pthread_create(thread ? thread : &unwanted, attr, start, arg);
}

int __qipc_pthread_setname_np(pthread_t thread, const char *name)
{
	char cut[TASK_NAME_MAX];
	size_t len = strnlen(name, sizeof(cut) - 1);

	memcpy(cut, name, len);
	cut[len] = '\0';
	return pthread_setname_np(self_if_zero(thread), cut);
}

int __qipc_pthread_getname_np(pthread_t thread, char *name, size_t len)
{
	char full[TASK_NAME_MAX];
	int error = pthread_getname_np(self_if_zero(thread), full, sizeof(full));

	if (error)
		return error;
	if (strlen(full) >= len)
		return ERANGE;
	strcpy(name, full);
	return 0;
}

int __qipc_pthread_getschedparam(pthread_t thread, int *policy, struct sched_param *param)
{
	return pthread_getschedparam(self_if_zero(thread), policy, param);
}

int __qipc_pthread_setschedparam(pthread_t thread, int policy, const struct sched_param *param)
{
	return pthread_setschedparam(self_if_zero(thread), policy, param);
}

/*
 * Every policy of QNX has priorities. A thread that is not real-time here
 * becomes so, as a thread of QNX's default policy would be: round robin.
 */
int __qipc_pthread_setschedprio(pthread_t thread, int priority)
{
	struct sched_param param;
	int policy, error;

	thread = self_if_zero(thread);
	error = pthread_getschedparam(thread, &policy, &param);
	if (error)
		return error;
	if (policy != SCHED_FIFO && policy != SCHED_RR && priority > 0)
		policy = SCHED_RR;
	param.sched_priority = priority;
	return pthread_setschedparam(thread, policy, &param);
}
