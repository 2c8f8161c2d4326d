/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * QNX's headers declare POSIX also to a compiler that was told -std=c11; the
 * system's do when _DEFAULT_SOURCE is defined.
 */
#pragma GCC system_header
#if !defined(_FEATURES_H) && !defined(_DEFAULT_SOURCE)
#define _DEFAULT_SOURCE 1
#endif
#include_next <features.h>
