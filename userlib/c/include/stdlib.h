/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The system's <stdlib.h>, and what QNX has there besides. */
#pragma GCC system_header
#include_next <stdlib.h>
#ifndef _QIPC_STDLIB_H
#define _QIPC_STDLIB_H

#ifndef __cplusplus
#ifndef min
#define min(a, b) ((a) < (b) ? (a) : (b))
#endif
#ifndef max
#define max(a, b) ((a) > (b) ? (a) : (b))
#endif
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* A number as text, in any base from 2 to 36. They return the buffer. */
char *itoa(int value, char *buffer, int radix);
char *utoa(unsigned int value, char *buffer, int radix);
char *ltoa(long value, char *buffer, int radix);
char *ultoa(unsigned long value, char *buffer, int radix);

#ifdef __cplusplus
}
#endif

#endif
