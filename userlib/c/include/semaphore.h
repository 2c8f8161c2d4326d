/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The system's <semaphore.h>; TimerTimeout() holds for sem_wait(). */
#pragma GCC system_header
#include_next <semaphore.h>
#ifndef _QIPC_SEMAPHORE_H
#define _QIPC_SEMAPHORE_H
#ifdef __cplusplus
extern "C" {
#endif
int __REDIRECT(sem_wait, (sem_t *sem), __qipc_sem_wait);
#ifdef __cplusplus
}
#endif
#endif
