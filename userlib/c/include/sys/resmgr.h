/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Resource managers are not there yet. Programs that only use the dispatch
 * library include this header too: it brings that library and the messages.
 */
#ifndef _QIPC_SYS_RESMGR_H
#define _QIPC_SYS_RESMGR_H
#pragma GCC system_header

#include <sys/dispatch.h>

#endif
