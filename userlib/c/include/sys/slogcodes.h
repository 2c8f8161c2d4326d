/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Who logs: the major part of a code of <sys/slog.h>. */
#ifndef _QIPC_SYS_SLOGCODES_H
#define _QIPC_SYS_SLOGCODES_H
#pragma GCC system_header

#define _SLOG_SETCODE(major, minor)	(((major) << 16) | (minor))
#define _SLOG_GETMAJOR(code)		(((code) >> 16) & 0xffff)
#define _SLOG_GETMINOR(code)		((code) & 0xffff)

#define _SLOGC_TEST		1
#define _SLOGC_PROC		2
#define _SLOGC_CONSOLE		3
#define _SLOGC_CHAR		4
#define _SLOGC_CAM		5
#define _SLOGC_FSYS		6
#define _SLOGC_SLOG		7
#define _SLOGC_AUDIO		8
#define _SLOGC_GRAPHICS		9
#define _SLOGC_NETWORK		10
#define _SLOGC_PRIVATE_START	10000
#define _SLOGC_PRIVATE_END	19999

#endif
