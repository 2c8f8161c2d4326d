// SPDX-License-Identifier: MIT OR Apache-2.0
/* Scheduling, and ThreadCtl(). Policies and priorities are Linux's. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include <sys/neutrino.h>
#include "shims.h"

/* Linux numbers threads and processes alike; a thread's number says it all. */
static pid_t task_of(pid_t pid, int tid)
{
	return tid ? tid : pid == getpid() ? 0 : pid;
}

int SchedGet_r(pid_t pid, int tid, struct sched_param *param)
{
	struct sched_param there;
	pid_t task = task_of(pid, tid);
	int policy = sched_getscheduler(task);

	if (policy < 0 || sched_getparam(task, &there) < 0)
		return -errno;
	if (param)
		*param = there;
	return policy & ~SCHED_RESET_ON_FORK;
}

int SchedGet(pid_t pid, int tid, struct sched_param *param)
{
	return plain_result(SchedGet_r(pid, tid, param));
}

int SchedSet_r(pid_t pid, int tid, int algorithm, const struct sched_param *param)
{
	if (!param)
		return EINVAL;
	return sched_setscheduler(task_of(pid, tid), algorithm, param) < 0 ? errno : EOK;
}

int SchedSet(pid_t pid, int tid, int algorithm, const struct sched_param *param)
{
	return plain(SchedSet_r(pid, tid, algorithm, param));
}

int SchedInfo_r(pid_t pid, int algorithm, struct _sched_info *info)
{
	int lowest = sched_get_priority_min(algorithm), highest = sched_get_priority_max(algorithm);
	struct timespec slice = { 0, 0 };

	if (!info || lowest < 0 || highest < 0)
		return EINVAL;
	if (algorithm == SCHED_RR && sched_rr_get_interval(pid, &slice) < 0)
		return errno;
	memset(info, 0, sizeof(*info));
	info->priority_min = lowest;
	info->priority_max = highest;
	info->priority_priv = highest;
	info->interval = timespec2nsec(&slice);
	return EOK;
}

int SchedInfo(pid_t pid, int algorithm, struct _sched_info *info)
{
	return plain(SchedInfo_r(pid, algorithm, info));
}

int SchedYield_r(void)
{
	return sched_yield() < 0 ? errno : EOK;
}

int SchedYield(void)
{
	return plain(SchedYield_r());
}

int getprio(pid_t pid)
{
	struct sched_param param;

	return sched_getparam(pid, &param) < 0 ? -1 : param.sched_priority;
}

int setprio(pid_t pid, int priority)
{
	int old = getprio(pid), policy = sched_getscheduler(pid);
	struct sched_param param = { .sched_priority = priority };

	if (old < 0 || policy < 0)
		return -1;
	if (priority == 0)
		policy = SCHED_OTHER;
	else if (policy != SCHED_FIFO && policy != SCHED_RR)
		policy = SCHED_RR;
	return sched_setscheduler(pid, policy, &param) < 0 ? -1 : old;
}

static int name(struct _thread_name *data)
{
	char old[_NTO_THREAD_NAME_MAX];
	int error = pthread_getname_np(pthread_self(), old, sizeof(old));

	if (error)
		return error;
	if (data->new_name_len >= 0) {
		char cut[_NTO_THREAD_NAME_MAX];

		if (data->new_name_len >= (int)sizeof(cut))
			return EINVAL;
		memcpy(cut, data->name_buf, (size_t)data->new_name_len);
		cut[data->new_name_len] = '\0';
		error = pthread_setname_np(pthread_self(), cut);
	}
	if (!error && data->name_buf_len > 0)
		__qipc_strlcpy(data->name_buf, old, (size_t)data->name_buf_len);
	return error;
}

/* A mask of 32-bit words to Linux's, and back. */
static void words_to_set(const unsigned int *words, int size, cpu_set_t *set)
{
	CPU_ZERO(set);
	for (int cpu = 0; cpu < size * 32 && cpu < CPU_SETSIZE; cpu++)
		if (RMSK_ISSET(cpu, words))
			CPU_SET(cpu, set);
}

static void set_to_words(const cpu_set_t *set, int size, unsigned int *words)
{
	memset(words, 0, (size_t)size * sizeof(*words));
	for (int cpu = 0; cpu < size * 32 && cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, set))
			RMSK_SET(cpu, words);
}

/* Sets the calling thread's processors to words, unless all are 0, and stores those before in old. */
static int runmask(const unsigned int *words, int size, unsigned int *old)
{
	cpu_set_t before, wanted;
	int any = 0;

	if (sched_getaffinity(0, sizeof(before), &before) < 0)
		return errno;
	for (int i = 0; i < size; i++)
		any |= words[i] != 0;
	if (any) {
		words_to_set(words, size, &wanted);
		if (sched_setaffinity(0, sizeof(wanted), &wanted) < 0)
			return errno;
	}
	if (old)
		set_to_words(&before, size, old);
	return EOK;
}

int ThreadCtl_r(int cmd, void *data)
{
	unsigned int mask;

	switch (cmd) {
	case _NTO_TCTL_IO:
	case _NTO_TCTL_IO_PRIV:
	case _NTO_TCTL_ALIGN_FAULT:
		return EOK;
	case _NTO_TCTL_NAME:
		return data ? name(data) : EINVAL;
	case _NTO_TCTL_RUNMASK:
		mask = (unsigned int)(uintptr_t)data;
		return mask ? runmask(&mask, 1, NULL) : EINVAL;
	case _NTO_TCTL_RUNMASK_GET_AND_SET:
		if (!data)
			return EINVAL;
		mask = *(unsigned int *)data;
		return runmask(&mask, 1, data);
	case _NTO_TCTL_RUNMASK_GET_AND_SET_INHERIT:
		/* Linux's children inherit the one mask there is. */
		if (!data || *(int *)data < 1 || *(int *)data > CPU_SETSIZE / 32)
			return EINVAL;
		return runmask((unsigned int *)data + 1, *(int *)data, (unsigned int *)data + 1);
	default:
		return EINVAL;
	}
}

int ThreadCtl(int cmd, void *data)
{
	return plain(ThreadCtl_r(cmd, data));
}
