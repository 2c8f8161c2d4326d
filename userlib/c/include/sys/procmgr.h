/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What programs ask of QNX's process manager. */
#ifndef _QIPC_SYS_PROCMGR_H
#define _QIPC_SYS_PROCMGR_H
#pragma GCC system_header

#include <stdint.h>
#include <signal.h>
#include <sys/types.h>

/* procmgr_daemon(). */
#define PROCMGR_DAEMON_NOCHDIR		0x1
#define PROCMGR_DAEMON_NOCLOSE		0x2
#define PROCMGR_DAEMON_NODEVNULL	0x4
#define PROCMGR_DAEMON_KEEPUMASK	0x8

/* procmgr_ability(): abilities by number, and what to do with each. */
enum {
	PROCMGR_AID_SPAWN_SETUID = 1,
	PROCMGR_AID_SPAWN_SETGID,
	PROCMGR_AID_SETUID,
	PROCMGR_AID_SETGID,
	PROCMGR_AID_GETID,
	PROCMGR_AID_PATHSPACE,
	PROCMGR_AID_REBOOT,
	PROCMGR_AID_CPUMODE,
	PROCMGR_AID_RUNSTATE,
	PROCMGR_AID_CONFSET,
	PROCMGR_AID_RSRCDBMGR,
	PROCMGR_AID_SESSION,
	PROCMGR_AID_UMASK,
	PROCMGR_AID_EVENT,
	PROCMGR_AID_RLIMIT,
	PROCMGR_AID_MEM_ADD,
	PROCMGR_AID_MEM_PHYS,
	PROCMGR_AID_MEM_PEER,
	PROCMGR_AID_MEM_GLOBAL,
	PROCMGR_AID_MEM_SPECIAL,
	PROCMGR_AID_PROT_EXEC,
	PROCMGR_AID_KEYDATA,
	PROCMGR_AID_IO,
	PROCMGR_AID_INTERRUPT,
	PROCMGR_AID_CONNECTION,
	PROCMGR_AID_TRACE,
	PROCMGR_AID_QNET,
	PROCMGR_AID_SIGNAL,
	PROCMGR_AID_TIMER,
	PROCMGR_AID_PRIORITY,
	PROCMGR_AID_SCHEDULE,
	PROCMGR_AID_FORK,
	PROCMGR_AID_SPAWN,
	PROCMGR_AID_CHILD_NEWAPP,
	PROCMGR_AID_CLOCKSET,
	PROCMGR_AID_CLOCKPERIOD,
	PROCMGR_AID_INTERRUPTEVENT,
	PROCMGR_AID_PUBLIC_CHANNEL,
	PROCMGR_AID_SANDBOX,
	PROCMGR_AID_DEFAULT_TIMER_TOLERANCE,
	PROCMGR_AID_ABLE_CREATE,
	PROCMGR_AID_WAIT,
	PROCMGR_AID_MAC_POLICY,
	PROCMGR_AID_MAP_FIXED,
	PROCMGR_AID_POWER,
	PROCMGR_AID_V86,
	PROCMGR_AID_XPROCESS_QUERY,
	PROCMGR_AID_XPROCESS_MEM_READ,
	PROCMGR_AID_XPROCESS_DEBUG,
	PROCMGR_AID_EOL = 0x80
};

#define PROCMGR_AOP_DENY	0x00010000u
#define PROCMGR_AOP_ALLOW	0x00020000u
#define PROCMGR_AOP_SUBRANGE	0x00040000u
#define PROCMGR_AOP_LOCK	0x00080000u
#define PROCMGR_AOP_INHERIT_YES	0x00100000u
#define PROCMGR_AOP_INHERIT_NO	0x00200000u
#define PROCMGR_ADN_ROOT	0x01000000u
#define PROCMGR_ADN_NONROOT	0x02000000u

#ifdef __cplusplus
extern "C" {
#endif

/*
 * The rest of the program goes on in the background; the caller's parent sees
 * status as the end of the program. Linux needs a fork for that, which takes
 * away channels and connections: a program that has any stays what it is, and
 * only its session, directory, umask and standard files change. Returns 0, or -1.
 */
int procmgr_daemon(int status, unsigned int flags);

/*
 * Linux has no such abilities: nothing is taken away, and nothing has to be
 * asked for. Checks the list, and returns EOK, or the number of an error
 * (ESRCH: no such process; EINVAL: not an operation).
 */
int procmgr_ability(pid_t pid, unsigned int ability, ...);

#ifdef __cplusplus
}
#endif

#endif
