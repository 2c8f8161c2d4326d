/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * union sigval with QNX's sival_long, in the place where glibc's headers look
 * for it: size and alignment are the same, so siginfo_t does not change.
 */
#pragma GCC system_header
#ifndef ____sigval_t_defined
#define ____sigval_t_defined

union sigval {
	int sival_int;
	void *sival_ptr;
	long sival_long;
};

typedef union sigval __sigval_t;

#ifndef __sigval_t_defined
#define __sigval_t_defined
typedef __sigval_t sigval_t;
#endif

#endif
