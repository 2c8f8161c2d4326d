/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Events: struct sigevent, its kinds, flags and initialisers.  Names and
 * values are QNX's.  <signal.h> and <time.h> bring this along.
 */
#ifndef _QIPC_SYS_SIGINFO_H
#define _QIPC_SYS_SIGINFO_H
#pragma GCC system_header

#if !defined(__LP64__)
#error "libqipc is for 64-bit programs"
#endif

#include <signal.h>
#include <bits/types/sigevent_t.h>
#include <bits/sigevent-consts.h>

/* What else can stand in sigev_notify. */
#define SIGEV_64BIT			0x0080	/* accepted, no effect */
#define SIGEV_FLAG_CRITICAL		0x0100	/* accepted, no effect */
#define SIGEV_FLAG_OVERDRIVE		0x0200	/* accepted, no effect */
#define SIGEV_FLAG_UPDATEABLE		0x0400	/* registered: the server sets the value */
#define SIGEV_FLAG_SIVAL_INT		0x0800	/* accepted, no effect */
#define SIGEV_FLAG_NOQUEUE		0x1000	/* accepted, no effect */
#define SIGEV_FLAG_HANDLE		0x2000	/* a registered event */
#define SIGEV_FLAG_CODE_UPDATEABLE	0x4000	/* accepted, no effect */
#define SIGEV_TYPE_MASK			0x00ff

/* Priority of a pulse: that of whoever delivers the event. */
#define SIGEV_PULSE_PRIO_INHERIT	(-1)

/* sigev_memop of SIGEV_MEMORY. */
#define SIGEV_MEM_ASSIGN	1
#define SIGEV_MEM_ADD		2
#define SIGEV_MEM_SUB		3
#define SIGEV_MEM_BITSET	4
#define SIGEV_MEM_BITCLR	5
#define SIGEV_MEM_BITTOGGLE	6

/* si_code values that programs may use, in SIGEV_SIGNAL_CODE say. */
#ifndef SI_MINAVAIL
#define SI_MINAVAIL	(-128)
#define SI_MAXAVAIL	(-64)
#endif

/* Each takes a pointer to a struct sigevent. */
#define SIGEV_GET_TYPE(ev)		((ev)->sigev_notify & (SIGEV_TYPE_MASK & ~SIGEV_64BIT))
#define SIGEV_SET_TYPE(ev, type) \
	((ev)->sigev_notify = ((ev)->sigev_notify & ~SIGEV_TYPE_MASK) | ((type) & SIGEV_TYPE_MASK))
#define SIGEV_GET_FLAGS(ev)		((ev)->sigev_notify & ~SIGEV_TYPE_MASK)

#define SIGEV_MAKE_CRITICAL(ev)		((ev)->sigev_notify |= SIGEV_FLAG_CRITICAL)
#define SIGEV_CLEAR_CRITICAL(ev)	((ev)->sigev_notify &= ~SIGEV_FLAG_CRITICAL)
#define SIGEV_MAKE_OVERDRIVE(ev)	((ev)->sigev_notify |= SIGEV_FLAG_OVERDRIVE)
#define SIGEV_CLEAR_OVERDRIVE(ev)	((ev)->sigev_notify &= ~SIGEV_FLAG_OVERDRIVE)
#define SIGEV_MAKE_UPDATEABLE(ev)	((ev)->sigev_notify |= SIGEV_FLAG_UPDATEABLE)
#define SIGEV_CLEAR_UPDATEABLE(ev)	((ev)->sigev_notify &= ~SIGEV_FLAG_UPDATEABLE)
#define SIGEV_MAKE_CODE_UPDATEABLE(ev)	((ev)->sigev_notify |= SIGEV_FLAG_CODE_UPDATEABLE)

/*
 * Initialisers.  The value may be an int, a long or a pointer: all of the
 * union is set.
 */
#define __SIGEV_VALUE(ev, value) \
	((ev)->sigev_value.sival_ptr = (void *)(__UINTPTR_TYPE__)(value))
#define __SIGEV_SIGNAL(ev, type, signo, value, code) \
	((void)((ev)->sigev_notify = (type), (ev)->sigev_signo = (signo), __SIGEV_VALUE(ev, value), \
		(ev)->sigev_code = (short)(code), (ev)->sigev_priority = 0))

#define SIGEV_NONE_INIT(ev)		((void)((ev)->sigev_notify = SIGEV_NONE))
#define SIGEV_SIGNAL_INIT(ev, signo) \
	__SIGEV_SIGNAL(ev, SIGEV_SIGNAL, signo, 0, 0)
#define SIGEV_SIGNAL_VALUE_INIT(ev, signo, value) \
	__SIGEV_SIGNAL(ev, SIGEV_SIGNAL, signo, value, 0)
#define SIGEV_SIGNAL_VALUE_INT_INIT(ev, signo, value) \
	__SIGEV_SIGNAL(ev, SIGEV_SIGNAL, signo, value, 0)
#define SIGEV_SIGNAL_VALUE_PTR_INIT(ev, signo, value) \
	__SIGEV_SIGNAL(ev, SIGEV_SIGNAL, signo, value, 0)
#define SIGEV_SIGNAL_CODE_INIT(ev, signo, value, code) \
	__SIGEV_SIGNAL(ev, SIGEV_SIGNAL_CODE, signo, value, code)
#define SIGEV_SIGNAL_CODE_INT_INIT(ev, signo, value, code) \
	__SIGEV_SIGNAL(ev, SIGEV_SIGNAL_CODE, signo, value, code)
#define SIGEV_SIGNAL_CODE_PTR_INIT(ev, signo, value, code) \
	__SIGEV_SIGNAL(ev, SIGEV_SIGNAL_CODE, signo, value, code)
#define SIGEV_SIGNAL_THREAD_INIT(ev, signo, value, code) \
	__SIGEV_SIGNAL(ev, SIGEV_SIGNAL_THREAD, signo, value, code)
#define SIGEV_SIGNAL_THREAD_INT_INIT(ev, signo, value, code) \
	__SIGEV_SIGNAL(ev, SIGEV_SIGNAL_THREAD, signo, value, code)
#define SIGEV_SIGNAL_THREAD_PTR_INIT(ev, signo, value, code) \
	__SIGEV_SIGNAL(ev, SIGEV_SIGNAL_THREAD, signo, value, code)
/*
 * Pulses travel over connections that are no descriptors: one that is becomes
 * another one to the same channel.
 */
#ifdef __cplusplus
extern "C"
#endif
int __qipc_event_coid(int coid);
#define SIGEV_PULSE_INIT(ev, coid, priority, code, value) \
	((void)((ev)->sigev_notify = SIGEV_PULSE, (ev)->sigev_coid = __qipc_event_coid(coid), \
		__SIGEV_VALUE(ev, value), \
		(ev)->sigev_code = (short)(code), (ev)->sigev_priority = (short)(priority)))
#define SIGEV_PULSE_INT_INIT(ev, coid, priority, code, value) \
	SIGEV_PULSE_INIT(ev, coid, priority, code, value)
#define SIGEV_PULSE_PTR_INIT(ev, coid, priority, code, value) \
	SIGEV_PULSE_INIT(ev, coid, priority, code, value)
#define SIGEV_UNBLOCK_INIT(ev)		((void)((ev)->sigev_notify = SIGEV_UNBLOCK))
#define SIGEV_INTR_INIT(ev)		((void)((ev)->sigev_notify = SIGEV_INTR))
#define SIGEV_THREAD_INIT(ev, func, value, attr) \
	((void)((ev)->sigev_notify = SIGEV_THREAD, (ev)->sigev_notify_function = (func), \
		__SIGEV_VALUE(ev, value), (ev)->sigev_notify_attributes = (attr)))
#define SIGEV_MEMORY_INIT(ev, addr, value, op) \
	((void)((ev)->sigev_notify = SIGEV_MEMORY, (ev)->sigev_addr = (addr), __SIGEV_VALUE(ev, value), \
		(ev)->sigev_memop = (op)))
#define SIGEV_SEM_INIT(ev, sem) \
	((void)((ev)->sigev_notify = SIGEV_SEM, (ev)->__sigev_sem = (void *)(sem)))

#endif
