/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Nodes of a network of QNX machines. There is one here: this one, 0. */
#ifndef _QIPC_SYS_NETMGR_H
#define _QIPC_SYS_NETMGR_H
#pragma GCC system_header

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#ifndef ND_LOCAL_NODE
#define ND_LOCAL_NODE	0
#endif
#define ND_NODE_CMP(a, b) \
	((uint32_t)(a) == (uint32_t)(b) ? 0 : (uint32_t)(a) < (uint32_t)(b) ? -1 : 1)

/* What netmgr_ndtostr() writes. */
#define ND2S_DIR_HIDE	0x0002
#define ND2S_DIR_SHOW	0x0001
#define ND2S_DOMAIN_HIDE 0x0008
#define ND2S_DOMAIN_SHOW 0x0004
#define ND2S_LOCAL_STR	0x0400
#define ND2S_NAME_HIDE	0x0020
#define ND2S_NAME_SHOW	0x0010
#define ND2S_QOS_HIDE	0x0080
#define ND2S_QOS_SHOW	0x0040
#define ND2S_SEP_FORCE	0x0100

#ifdef __cplusplus
extern "C" {
#endif

/*
 * The node of a name: "/net/NAME", "NAME" or "localhost", if NAME is this
 * machine's; else -1 with ENOENT. end, if not NULL, is left where the name ends.
 */
int netmgr_strtond(const char *name, char **end);
/* The name of a node; returns its length, or -1. */
int netmgr_ndtostr(unsigned int flags, int nd, char *buf, size_t maxbuf);
/* What another node calls a node. */
int netmgr_remote_nd(int remote_nd, int local_nd);

#ifdef __cplusplus
}
#endif

#endif
