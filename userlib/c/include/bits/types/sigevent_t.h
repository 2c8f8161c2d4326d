/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * struct sigevent with QNX's members and layout, in the place where glibc's
 * headers look for it: whatever a program includes, in whatever order, it gets
 * this one.  The functions that take it (timer_create, mq_notify) are
 * redirected to libqipc, which knows both.
 */
#pragma GCC system_header
#ifndef __sigevent_t_defined
#define __sigevent_t_defined 1

#include <bits/types.h>
#include <bits/types/__sigval_t.h>

#ifndef __have_pthread_attr_t
typedef union pthread_attr_t pthread_attr_t;
# define __have_pthread_attr_t 1
#endif

typedef struct sigevent {
	int sigev_notify;			/* SIGEV_* and SIGEV_FLAG_* */
	union {
		int sigev_signo;		/* SIGNAL, SIGNAL_CODE, SIGNAL_THREAD */
		int sigev_coid;			/* PULSE */
		int sigev_id;			/* INTR; with SIGEV_FLAG_HANDLE the handle */
		void (*sigev_notify_function)(__sigval_t);	/* THREAD */
		volatile unsigned int *sigev_addr;	/* MEMORY */
		void *__sigev_sem;		/* SEM */
	};
	union sigval sigev_value;
	union {
		struct {
			short sigev_code;
			short sigev_priority;
		};
		pthread_attr_t *sigev_notify_attributes;	/* THREAD */
		int sigev_memop;		/* MEMORY */
	};
} sigevent_t;

#endif
