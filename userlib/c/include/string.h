/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The system's <string.h>, and what QNX has there besides. */
#pragma GCC system_header
#include_next <string.h>
#ifndef _QIPC_STRING_H
#define _QIPC_STRING_H

#include <strings.h>

#define stricmp(a, b) strcasecmp(a, b)
#define strcmpi(a, b) strcasecmp(a, b)
#define strnicmp(a, b, n) strncasecmp(a, b, n)

#ifdef __cplusplus
extern "C" {
#endif

/* glibc has these from 2.38 on. */
#if !__GLIBC_PREREQ(2, 38)
size_t strlcpy(char *__restrict dst, const char *__restrict src, size_t size)
	__asm__("__qipc_strlcpy");
size_t strlcat(char *__restrict dst, const char *__restrict src, size_t size)
	__asm__("__qipc_strlcat");
#endif

/* The case of each letter changed in place; they return the string. */
char *strlwr(char *s);
char *strupr(char *s);

#ifdef __cplusplus
}
#endif

#endif
