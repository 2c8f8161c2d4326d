/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * devctl(): a request to whoever serves a descriptor. What a request is goes
 * into its number: class, command, size of the data, and which way they go.
 */
#ifndef _QIPC_DEVCTL_H
#define _QIPC_DEVCTL_H
#pragma GCC system_header

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define _POSIX_DEVDIR_NONE	0x00000000u
#define _POSIX_DEVDIR_FROM	0x40000000u
#define _POSIX_DEVDIR_TO	0x80000000u
#define _POSIX_DEVDIR_TOFROM	(_POSIX_DEVDIR_TO | _POSIX_DEVDIR_FROM)
#define _POSIX_DEVDIR_CMD_MASK	0x0000ffffu

#define __DIO_CMD(class, cmd, size)	(((size) << 16) + ((class) << 8) + (cmd))
#define __DION(class, cmd)		((int)(__DIO_CMD((class), (cmd), 0u) + _POSIX_DEVDIR_NONE))
#define __DIOF(class, cmd, data) \
	((int)(__DIO_CMD((class), (cmd), (unsigned int)sizeof(data)) + _POSIX_DEVDIR_FROM))
#define __DIOT(class, cmd, data) \
	((int)(__DIO_CMD((class), (cmd), (unsigned int)sizeof(data)) + _POSIX_DEVDIR_TO))
#define __DIOTF(class, cmd, data) \
	((int)(__DIO_CMD((class), (cmd), (unsigned int)sizeof(data)) + _POSIX_DEVDIR_TOFROM))

/* Which way the data of a request go, and what is left of its number. */
#define get_device_direction(cmd)	((unsigned int)(cmd) & _POSIX_DEVDIR_TOFROM)
#define get_device_command(cmd)		((unsigned int)(cmd) & _POSIX_DEVDIR_CMD_MASK)

/* Classes. */
#define _DCMD_ALL	0x01	/* everybody */
#define _DCMD_FSYS	0x02	/* file systems */
#define _DCMD_BLK	0x03	/* block devices */
#define _DCMD_CHR	0x04	/* character devices */
#define _DCMD_MISC	0x05	/* anything else */
#define _DCMD_NET	0x06	/* networks */

#define DCMD_ALL_GETFLAGS	__DIOF(_DCMD_ALL, 1, int)	/* flags of the open file */
#define DCMD_ALL_SETFLAGS	__DIOT(_DCMD_ALL, 1, int)

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Sends an _IO_DEVCTL message over a descriptor that is a connection. The
 * data go there and come back as the request's number says, and info, unless
 * NULL, gets what the server answers. Returns EOK or the number of an error,
 * and leaves errno alone. Descriptors of the system know the two DCMD_ALL
 * requests only; all else is ENOTTY.
 */
int devctl(int fd, int dcmd, void *data, size_t nbytes, int *info);

#ifdef __cplusplus
}
#endif

#endif
