/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The first header that every header of the system includes.
 *
 * QNX's headers show all they have unless a program asks for less; glibc's
 * have to be asked for more than plain C under -std=c11, and hide most under
 * an old _POSIX_C_SOURCE. So ask, whatever the program asked for. _GNU_SOURCE
 * is left to the program: it changes what strerror_r() and others mean.
 */
#ifndef _QIPC_FEATURES_H
#define _QIPC_FEATURES_H
#pragma GCC system_header

#ifndef _DEFAULT_SOURCE
#define _DEFAULT_SOURCE 1
#endif
#undef _POSIX_SOURCE
#define _POSIX_SOURCE 1
#undef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L
#undef _XOPEN_SOURCE
#define _XOPEN_SOURCE 700

/*
 * QNX's compilers warn of these; GCC 14 and Clang 16 refuse them by default,
 * and sources of that age have them.
 */
#ifndef __cplusplus
#if defined(__clang__)
#pragma clang diagnostic warning "-Wimplicit-function-declaration"
#pragma clang diagnostic warning "-Wimplicit-int"
#pragma clang diagnostic warning "-Wint-conversion"
#pragma clang diagnostic warning "-Wincompatible-pointer-types"
#pragma clang diagnostic warning "-Wincompatible-function-pointer-types"
#elif __GNUC__ >= 14
#pragma GCC diagnostic warning "-Wimplicit-function-declaration"
#pragma GCC diagnostic warning "-Wimplicit-int"
#pragma GCC diagnostic warning "-Wint-conversion"
#pragma GCC diagnostic warning "-Wincompatible-pointer-types"
#pragma GCC diagnostic warning "-Wreturn-mismatch"
#endif
#endif

#endif
#include_next <features.h>
