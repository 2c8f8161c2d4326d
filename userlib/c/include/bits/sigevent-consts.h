/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The kinds of struct sigevent have QNX's values: <sys/siginfo.h>. */
#pragma GCC system_header
#ifndef _BITS_SIGEVENT_CONSTS_H
#define _BITS_SIGEVENT_CONSTS_H 1

#define SIGEV_NONE		0	/* nothing */
#define SIGEV_SIGNAL		1	/* a signal to the process */
#define SIGEV_SIGNAL_CODE	2	/* the same with a value and si_code */
#define SIGEV_SIGNAL_THREAD	3	/* the same to one thread */
#define SIGEV_PULSE		4	/* a pulse over a connection */
#define SIGEV_UNBLOCK		5	/* the end of a blocking call (TimerTimeout) */
#define SIGEV_INTR		6	/* InterruptWait; not supported */
#define SIGEV_THREAD		7	/* a new thread */
#define SIGEV_MEMORY		8	/* a word of memory; only to the caller itself */
#define SIGEV_SEM		9	/* sem_post; only to the caller itself and from its timers */

#endif
