/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The system's <signal.h>, and QNX's events. */
#pragma GCC system_header
#include_next <signal.h>
#ifndef _QIPC_SIGNAL_H
#define _QIPC_SIGNAL_H
#include <sys/siginfo.h>
#endif
