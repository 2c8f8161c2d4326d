/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The system's <sched.h>, and QNX's short forms. */
#pragma GCC system_header
#include_next <sched.h>
#ifndef _QIPC_SCHED_H
#define _QIPC_SCHED_H

/*
 * QNX tells the priority that was set from the one a thread has right now.
 * Linux tells of the one that was set only.
 */
#define sched_curpriority sched_priority

#ifdef __cplusplus
extern "C" {
#endif

/* Priority of a process's first thread (0: of the calling one); 0 unless real-time. */
int getprio(pid_t pid);
/* Sets it, and the policy with it; returns the one before. */
int setprio(pid_t pid, int priority);

#ifdef __cplusplus
}
#endif

#endif
