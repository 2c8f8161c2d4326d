/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * States of a thread.  1 << STATE_x is the flag of TimerTimeout() for that
 * state.  Names and values are QNX's.
 */
#ifndef _QIPC_SYS_STATES_H
#define _QIPC_SYS_STATES_H

enum _nto_states {
	STATE_DEAD = 0,
	STATE_RUNNING = 1,
	STATE_READY = 2,
	STATE_STOPPED = 3,
	STATE_SEND = 4,
	STATE_RECEIVE = 5,
	STATE_REPLY = 6,
	STATE_STACK = 7,
	STATE_WAITTHREAD = 8,
	STATE_WAITPAGE = 9,
	STATE_SIGSUSPEND = 10,
	STATE_SIGWAITINFO = 11,
	STATE_NANOSLEEP = 12,
	STATE_MUTEX = 13,
	STATE_CONDVAR = 14,
	STATE_JOIN = 15,
	STATE_INTR = 16,
	STATE_SEM = 17,
	STATE_WAITCTX = 18,
	STATE_NET_SEND = 19,
	STATE_NET_REPLY = 20,
	STATE_MAX = 24
};

/* QNX 8. */
#define STATE_MQ_SEND		7
#define STATE_MQ_RECEIVE	8
#define STATE_RWLOCK_READ	19
#define STATE_RWLOCK_WRITE	20
#define STATE_BARRIER		21
#define STATE_PIPE		22
#define STATE_TIMEOUT_MAX	24

#endif
