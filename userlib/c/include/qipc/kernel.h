/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What <sys/neutrino.h> declares beside message passing: threads, scheduling,
 * clocks.  Programs include <sys/neutrino.h>.
 */
#ifndef _QIPC_KERNEL_H
#define _QIPC_KERNEL_H
#pragma GCC system_header

#ifdef __cplusplus
extern "C" {
#endif

#ifdef __cplusplus
}
#endif

#endif
