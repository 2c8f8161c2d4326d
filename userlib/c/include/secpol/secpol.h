/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Security policies. There are none: the calls fail with ENOTSUP, as in QNX
 * when no policy is in use, and programs go on without.
 */
#ifndef _QIPC_SECPOL_SECPOL_H
#define _QIPC_SECPOL_SECPOL_H
#pragma GCC system_header

#include <stdint.h>

typedef struct secpol_file secpol_file_t;

#define SECPOL_TYPE_NAME	0x1u	/* the name is that of a type, not one to derive it from */

#ifdef __cplusplus
extern "C" {
#endif

secpol_file_t *secpol_open(const char *path, uint32_t flags);
void secpol_close(secpol_file_t *handle);
int secpol_transition_type(secpol_file_t *handle, const char *name, uint32_t flags);

#ifdef __cplusplus
}
#endif

#endif
