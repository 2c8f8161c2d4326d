/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The system's <aio.h>.  Its control blocks hold the system's struct sigevent,
 * which is twice as long as QNX's: there it is struct qipc_system_sigevent,
 * with the members and the values of the system.
 */
#pragma GCC system_header
#ifndef _QIPC_AIO_H
#define _QIPC_AIO_H
#include <sys/siginfo.h>

/* Of struct qipc_system_sigevent's notify. */
#define QIPC_SYSTEM_SIGEV_SIGNAL	0
#define QIPC_SYSTEM_SIGEV_NONE		1
#define QIPC_SYSTEM_SIGEV_THREAD	2

struct qipc_system_sigevent {
	union sigval value;
	int signo;
	int notify;
	void (*function)(union sigval);
	pthread_attr_t *attribute;
	int __pad[8];
};

#define sigevent qipc_system_sigevent
#include_next <aio.h>
#undef sigevent
#endif
