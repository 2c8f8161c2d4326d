/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Messages that resource managers and their clients exchange: types, values,
 * and layouts of 64-bit QNX. A program's own messages have types above
 * _IO_MAX. Names and layouts only: nothing here sends them yet.
 */
#ifndef _QIPC_SYS_IOMSG_H
#define _QIPC_SYS_IOMSG_H
#pragma GCC system_header

#include <stdint.h>
#include <sys/types.h>
#include <sys/stat.h>
#include <utime.h>
#include <sys/neutrino.h>

/* Types: the first 16 bits of each message. */
#define _IO_BASE	0x100
#define _IO_MAX		0x1ff

enum {
	_IO_CONNECT = _IO_BASE,
	_IO_READ,
	_IO_WRITE,
	_IO_CLOSE_OCB,			/* never sent: a place in a table */
	_IO_STAT,
	_IO_NOTIFY,
	_IO_DEVCTL,
	_IO_UNBLOCK,			/* never sent */
	_IO_PATHCONF,
	_IO_LSEEK,
	_IO_CHMOD,
	_IO_CHOWN,
	_IO_UTIME,
	_IO_OPENFD,
	_IO_FDINFO,
	_IO_LOCK,
	_IO_SPACE,
	_IO_SHUTDOWN,
	_IO_MMAP,
	_IO_MSG,
	_IO_RSVD_UNUSED,
	_IO_DUP,
	_IO_CLOSE,
	_IO_LOCK_OCB,			/* never sent */
	_IO_UNLOCK_OCB,			/* never sent */
	_IO_SYNC,
	_IO_POWER
};

/* Subtypes of _IO_CONNECT. */
enum {
	_IO_CONNECT_COMBINE,
	_IO_CONNECT_COMBINE_CLOSE,
	_IO_CONNECT_OPEN,
	_IO_CONNECT_UNLINK,
	_IO_CONNECT_RENAME,
	_IO_CONNECT_MKNOD,
	_IO_CONNECT_READLINK,
	_IO_CONNECT_LINK,
	_IO_CONNECT_RSVD_UNBLOCK,
	_IO_CONNECT_MOUNT
};

/* extra_type of _IO_CONNECT. */
enum {
	_IO_CONNECT_EXTRA_NONE,
	_IO_CONNECT_EXTRA_LINK,
	_IO_CONNECT_EXTRA_SYMLINK,
	_IO_CONNECT_EXTRA_MQUEUE,
	_IO_CONNECT_EXTRA_PHOTON,
	_IO_CONNECT_EXTRA_SOCKET,
	_IO_CONNECT_EXTRA_SEM,
	_IO_CONNECT_EXTRA_RESMGR_LINK,
	_IO_CONNECT_EXTRA_PROC_SYMLINK,
	_IO_CONNECT_EXTRA_RENAME,
	_IO_CONNECT_EXTRA_MOUNT,
	_IO_CONNECT_EXTRA_MOUNT_OCB,
	_IO_CONNECT_EXTRA_TYMEM
};

#define _IO_COMBINE_FLAG		0x8000	/* in combine_len: another message follows */

#define _IO_FLAG_RD			0x00000001
#define _IO_FLAG_WR			0x00000002

#define _IO_CONNECT_EFLAG_DIR		0x01
#define _IO_CONNECT_EFLAG_DOT		0x02
#define _IO_CONNECT_EFLAG_DOTDOT	0x04

#define _IO_CONNECT_RET_FLAG		0x80000000
#define _IO_CONNECT_RET_FTYPE		0x00008000
#define _IO_CONNECT_RET_LINK		0x00010000
#define _IO_CONNECT_RET_UMASK		0x00020000
#define _IO_CONNECT_RET_NOCTTY		0x00040000
#define _IO_CONNECT_RET_CHROOT		0x00080000
#define _IO_CONNECT_RET_MSG		0x00100000

/* xtype of _IO_READ and _IO_WRITE. */
#define _IO_XTYPE_NONE			0
#define _IO_XTYPE_READCOND		1
#define _IO_XTYPE_MQUEUE		2
#define _IO_XTYPE_TCPIP			3
#define _IO_XTYPE_TCPIP_MSG		4
#define _IO_XTYPE_OFFSET		5
#define _IO_XTYPE_REGISTRY		6
#define _IO_XTYPE_MASK			0x000000ff
#define _IO_XFLAG_DIR_EXTRA_HINT	0x00000100
#define _IO_XFLAG_NONBLOCK		0x00004000
#define _IO_XFLAG_BLOCK			0x00008000

/* xtype of _IO_OPENFD. */
#define _IO_OPENFD_NONE			0
#define _IO_OPENFD_PIPE			1
#define _IO_OPENFD_KQUEUE		2
#define _IO_OPENFD_ACCEPT		3
#define _IO_OPENFD_SCTP_PEELOFF		4

/* _IO_NOTIFY. */
#define _NOTIFY_ACTION_TRANARM		0
#define _NOTIFY_ACTION_CONDARM		1
#define _NOTIFY_ACTION_POLL		2
#define _NOTIFY_ACTION_POLLARM		3
#define _NOTIFY_COND_INPUT		0x10000000
#define _NOTIFY_COND_OUTPUT		0x20000000
#define _NOTIFY_COND_OBAND		0x40000000
#define _NOTIFY_COND_EXTEN		0x80000000
#define _NOTIFY_COND_MASK		0xf0000000

/* mgrid of _IO_MSG: who uses it privately. */
#define _IOMGR_PRIVATE_BASE		0xf000
#define _IOMGR_PRIVATE_MAX		0xffff

/* What a name stands for. */
#define _FTYPE_MATCHED	(-1)
#define _FTYPE_ALL	(-1)
enum _file_type {
	_FTYPE_ANY,
	_FTYPE_FILE,
	_FTYPE_LINK,
	_FTYPE_SYMLINK,
	_FTYPE_PIPE,
	_FTYPE_SHMEM,
	_FTYPE_MQUEUE,
	_FTYPE_SOCKET,
	_FTYPE_SEM,
	_FTYPE_PHOTON,
	_FTYPE_DUMPER,
	_FTYPE_MOUNT,
	_FTYPE_NAME,
	_FTYPE_TYMEM
};

#define __QIPC_IO_HEADER	uint16_t type; uint16_t combine_len

struct _io_connect {
	uint16_t type;
	uint16_t subtype;
	uint32_t file_type;
	uint16_t reply_max;
	uint16_t entry_max;
	uint32_t key;
	uint32_t handle;
	uint32_t ioflag;
	uint32_t mode;
	uint16_t sflag;
	uint16_t access;
	uint16_t zero;
	uint16_t path_len;
	uint8_t eflag;
	uint8_t extra_type;
	uint16_t extra_len;
	char path[1];		/* path_len bytes with the NUL, then extra_len bytes */
};

struct _io_connect_link_reply {
	uint32_t reserved1;
	uint32_t file_type;
	uint8_t eflag;
	uint8_t reserved2;
	uint16_t chroot_len;
	uint32_t umask;
	uint16_t nentries;
	uint16_t path_len;
	/* struct _io_connect_entry [nentries]; or a path */
};

struct _io_connect_entry {
	uint32_t nd;
	pid_t pid;
	int32_t chid;
	uint32_t handle;
	uint32_t key;
	uint32_t file_type;
	uint16_t prefix_len;
	uint16_t zero[3];
};

struct _io_connect_ftype_reply {
	uint16_t status;
	uint16_t reserved;
	uint32_t file_type;
};

typedef union {
	struct _io_connect connect;
	struct _io_connect_link_reply link_reply;
	struct _io_connect_ftype_reply ftype_reply;
} io_connect_t;

/* A request i and its answer o, in one place. */
struct _io_close { __QIPC_IO_HEADER; };
typedef union { struct _io_close i; } io_close_t;

struct _io_shutdown { __QIPC_IO_HEADER; };
typedef union { struct _io_shutdown i; uint32_t o; } io_shutdown_t;

struct _io_read { __QIPC_IO_HEADER; int32_t nbytes; uint32_t xtype; uint32_t zero; };
typedef union { struct _io_read i; } io_read_t;

struct _io_write { __QIPC_IO_HEADER; int32_t nbytes; uint32_t xtype; uint32_t zero; };
typedef union { struct _io_write i; } io_write_t;

/* Follows the header of a read or a write with _IO_XTYPE_OFFSET. */
struct _xtype_offset { off_t offset; };
/* Follows that of a read with _IO_XTYPE_READCOND. */
struct _xtype_readcond { int32_t min; int32_t time; int32_t timeout; };

struct _io_lseek { __QIPC_IO_HEADER; int16_t whence; uint16_t zero; uint64_t offset; };
typedef union { struct _io_lseek i; uint64_t o; } io_lseek_t;

struct _io_stat { __QIPC_IO_HEADER; uint32_t zero; };
typedef union { struct _io_stat i; struct stat o; } io_stat_t;

struct _io_devctl { __QIPC_IO_HEADER; int32_t dcmd; int32_t nbytes; int32_t zero; };
struct _io_devctl_reply { uint32_t zero; int32_t ret_val; int32_t nbytes; int32_t zero2; };
typedef union { struct _io_devctl i; struct _io_devctl_reply o; } io_devctl_t;
/* The data of a request or an answer. */
#define _DEVCTL_DATA(msg)	((void *)(sizeof(msg) + (char *)(&(msg))))

struct _io_notify { __QIPC_IO_HEADER; int32_t action; int32_t flags; struct sigevent event; };
struct _io_notify_reply { uint32_t zero; uint32_t flags; };
typedef union { struct _io_notify i; struct _io_notify_reply o; } io_notify_t;

struct _io_pathconf { __QIPC_IO_HEADER; int16_t name; uint16_t zero; };
typedef union { struct _io_pathconf i; } io_pathconf_t;

struct _io_chmod { __QIPC_IO_HEADER; mode_t mode; };
typedef union { struct _io_chmod i; } io_chmod_t;

struct _io_chown { __QIPC_IO_HEADER; int32_t gid; int32_t uid; };
typedef union { struct _io_chown i; } io_chown_t;

struct _io_utime { __QIPC_IO_HEADER; int32_t cur_flag; struct utimbuf times; };
typedef union { struct _io_utime i; } io_utime_t;

struct _io_openfd {
	__QIPC_IO_HEADER;
	uint32_t ioflag;
	uint16_t sflag;
	uint16_t xtype;
	struct _msg_info info;
	uint32_t reserved2;
	uint32_t key;
};
typedef union { struct _io_openfd i; } io_openfd_t;

struct _fdinfo {
	uint32_t flags;
	uint32_t mode;
	uint32_t ioflag;
	uint32_t zero;
	uint64_t offset;
	uint64_t size;
	uint32_t nd;
	pid_t pid;
	int32_t chid;
	int32_t coid;
	int32_t scoid;
};
struct _io_fdinfo { __QIPC_IO_HEADER; uint32_t flags; int32_t path_len; uint32_t reserved; };
struct _io_fdinfo_reply { uint32_t zero[2]; struct _fdinfo info; };
typedef union { struct _io_fdinfo i; struct _io_fdinfo_reply o; } io_fdinfo_t;

struct _io_lock { __QIPC_IO_HEADER; uint32_t subtype; int32_t nbytes; };
struct _io_lock_reply { uint32_t zero[3]; };
typedef union { struct _io_lock i; struct _io_lock_reply o; } io_lock_t;

struct _io_space {
	__QIPC_IO_HEADER;
	uint16_t subtype;
	int16_t whence;
	uint64_t start;
	uint64_t len;
};
typedef union { struct _io_space i; uint64_t o; } io_space_t;

struct _io_mmap {
	__QIPC_IO_HEADER;
	uint32_t prot;
	uint64_t offset;
	struct _msg_info info;
	uint32_t zero[6];
};
struct _io_mmap_reply {
	uint32_t zero;
	uint32_t flags;
	uint64_t offset;
	int32_t coid;
	int32_t fd;
};
typedef union { struct _io_mmap i; struct _io_mmap_reply o; } io_mmap_t;

struct _io_msg { __QIPC_IO_HEADER; uint16_t mgrid; uint16_t subtype; };
typedef union { struct _io_msg i; } io_msg_t;

struct _io_dup { __QIPC_IO_HEADER; struct _msg_info info; uint32_t reserved; uint32_t key; };
typedef union { struct _io_dup i; } io_dup_t;

struct _io_sync { __QIPC_IO_HEADER; uint32_t flag; };
typedef union { struct _io_sync i; } io_sync_t;

struct _io_power { __QIPC_IO_HEADER; uint32_t subtype; uint32_t flags; int32_t mode; };
typedef union { struct _io_power i; } io_power_t;

#undef __QIPC_IO_HEADER

#endif
