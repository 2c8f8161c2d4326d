/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The system's <errno.h>, and the names that only QNX has.  Names that both
 * have keep Linux's numbers.  The others have numbers that Linux gives to
 * nothing, and that a server can answer with (MsgError takes up to 4095).
 */
#pragma GCC system_header
#include_next <errno.h>
#ifndef _QIPC_ERRNO_H
#define _QIPC_ERRNO_H

#ifndef EOK
#define EOK		0	/* no error */
#endif
#ifndef ERESTART
#define ERESTART	85	/* the call is to be made again */
#endif
#define ENOREMOTE	300	/* must be done on the local machine */
#define ENONDP		301	/* the network has to be started first */
#define EBADFSYS	302	/* corrupted file system */
#define EINTRRET	303	/* interrupted; the call returns */
#define EMORE		304	/* more to do, call again */
#define ECTRLTERM	305	/* remap to the controlling terminal */
#define ENOLIC		306	/* no licence */
#define EDSTFAULT	307	/* fault in the destination */
#define EFPOS		308	/* file position changed */
#define ESTACK		309	/* stack overflow */
#define EBADRPC		310	/* bad RPC */
#define ESRVRFAULT	312	/* fault in memory of the server */
#define EENDIAN		313	/* byte orders differ */

#endif
