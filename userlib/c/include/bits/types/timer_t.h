/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * timer_t is a small number, as in QNX; glibc's is a pointer.  What takes one
 * is redirected to libqipc by <time.h>.
 */
#pragma GCC system_header
#ifndef __timer_t_defined
#define __timer_t_defined 1

typedef int timer_t;

#endif
