/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The system's <unistd.h>, and what QNX has there besides. */
#pragma GCC system_header
#include_next <unistd.h>
#ifndef _QIPC_UNISTD_H
#define _QIPC_UNISTD_H

#ifdef __cplusplus
extern "C" {
#endif

/* Sleeps for so many milliseconds; returns what is left after a signal. */
unsigned int delay(unsigned int milliseconds);

/* The number of the calling thread: Linux's, unique in the system. */
#ifndef __USE_GNU
extern __pid_t gettid(void) __attribute__((__nothrow__, __leaf__));
#endif

#ifdef __cplusplus
}
#endif

#endif
