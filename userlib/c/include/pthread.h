/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The system's <pthread.h>, with what QNX allows and glibc does not: a null
 * pointer for the new thread's id, 0 for "this thread", long names. The names
 * below are redirected to libqipc, which calls the system's.
 */
#pragma GCC system_header
#ifdef QIPC_SYSTEM_PTHREAD	/* libqipc itself */
#include_next <pthread.h>
#elif !defined(_QIPC_PTHREAD_H)
#define _QIPC_PTHREAD_H

/* The system's declarations get out of the way: theirs say "not null". */
#define pthread_create __qipc_system_pthread_create
#define pthread_setname_np __qipc_system_pthread_setname_np
#define pthread_getname_np __qipc_system_pthread_getname_np
#define pthread_getschedparam __qipc_system_pthread_getschedparam
#define pthread_setschedparam __qipc_system_pthread_setschedparam
#define pthread_setschedprio __qipc_system_pthread_setschedprio
#include_next <pthread.h>
#undef pthread_create
#undef pthread_setname_np
#undef pthread_getname_np
#undef pthread_getschedparam
#undef pthread_setschedparam
#undef pthread_setschedprio

#ifdef __cplusplus
extern "C" {
#endif

int pthread_create(pthread_t *__restrict thread, const pthread_attr_t *__restrict attr,
		   void *(*start)(void *), void *__restrict arg) __asm__("__qipc_pthread_create");
int pthread_setname_np(pthread_t thread, const char *name) __asm__("__qipc_pthread_setname_np");
int pthread_getname_np(pthread_t thread, char *name, size_t len)
	__asm__("__qipc_pthread_getname_np");
int pthread_getschedparam(pthread_t thread, int *__restrict policy,
			  struct sched_param *__restrict param) __asm__("__qipc_pthread_getschedparam");
int pthread_setschedparam(pthread_t thread, int policy, const struct sched_param *param)
	__asm__("__qipc_pthread_setschedparam");
int pthread_setschedprio(pthread_t thread, int priority) __asm__("__qipc_pthread_setschedprio");

/* TimerTimeout() holds for these. */
int __REDIRECT(pthread_join, (pthread_t thread, void **result), __qipc_pthread_join);
int __REDIRECT_NTHNL(pthread_mutex_lock, (pthread_mutex_t *mutex), __qipc_pthread_mutex_lock);
int __REDIRECT(pthread_cond_wait, (pthread_cond_t *__restrict cond,
				   pthread_mutex_t *__restrict mutex), __qipc_pthread_cond_wait);

/*
 * Sleeping on an address, under one lock of the process: for when a condition
 * variable would have to be made for each of many things.
 */
int pthread_sleepon_lock(void);
int pthread_sleepon_unlock(void);
int pthread_sleepon_wait(const volatile void *address);
int pthread_sleepon_timedwait(const volatile void *address, __UINT64_TYPE__ nsec);
int pthread_sleepon_signal(const volatile void *address);
int pthread_sleepon_broadcast(const volatile void *address);

#ifdef __cplusplus
}
#endif

#ifndef PTHREAD_RMUTEX_INITIALIZER
#define PTHREAD_RMUTEX_INITIALIZER { { __PTHREAD_MUTEX_INITIALIZER(PTHREAD_MUTEX_RECURSIVE_NP) } }
#endif
#ifndef PTHREAD_RECURSIVE_MUTEX_INITIALIZER
#define PTHREAD_RECURSIVE_MUTEX_INITIALIZER PTHREAD_RMUTEX_INITIALIZER
#endif

#include <sched.h>

#endif
