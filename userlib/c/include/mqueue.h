/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The system's <mqueue.h>; mq_notify() takes QNX's struct sigevent. */
#pragma GCC system_header
#include_next <mqueue.h>
#ifndef _QIPC_MQUEUE_H
#define _QIPC_MQUEUE_H
#include <sys/siginfo.h>
#ifdef __cplusplus
extern "C" {
#endif
int __REDIRECT_NTH(mq_notify, (mqd_t mqdes, const struct sigevent *notification),
		   __qipc_mq_notify);
#ifdef __cplusplus
}
#endif
#endif
