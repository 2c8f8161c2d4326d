/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The system log: syslog(3), facility "user". With the environment variable
 * QIPC_SLOG=stderr lines go to standard error instead.
 */
#ifndef _QIPC_SYS_SLOG_H
#define _QIPC_SYS_SLOG_H
#pragma GCC system_header

#include <stdarg.h>
#include <sys/slogcodes.h>

#define _SLOG_SHUTDOWN	0
#define _SLOG_CRITICAL	1
#define _SLOG_ERROR	2
#define _SLOG_WARNING	3
#define _SLOG_NOTICE	4
#define _SLOG_INFO	5
#define _SLOG_DEBUG1	6
#define _SLOG_DEBUG2	7

#ifdef __cplusplus
extern "C" {
#endif

/* Both return the length of the text, or -1 with EINVAL for a severity that there is not. */
int slogf(int opcode, int severity, const char *fmt, ...) __attribute__((__format__(__printf__, 3, 4)));
int vslogf(int opcode, int severity, const char *fmt, va_list arg)
	__attribute__((__format__(__printf__, 3, 0)));

#ifdef __cplusplus
}
#endif

#endif
