/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * qipc: QNX-style Send/Receive/Reply message passing behind /dev/qipc.
 *
 * This header is the whole contract between the module and user space.  The
 * licence note above lets any program, open or closed, vendor it.
 *
 * Common rules
 * ------------
 * - Every structure has fixed-width fields and explicit padding, so 32-bit and
 *   64-bit callers use one layout.
 * - The size of the argument structure is part of the ioctl number and is its
 *   version.  A shorter structure than the first version is EINVAL; a longer
 *   one is accepted as long as the bytes the module does not know are zero
 *   (E2BIG otherwise).
 * - Unknown flag bits and non-zero reserved fields are EINVAL.  An ioctl that
 *   the descriptor does not know is ENOTTY.
 * - Fields marked "out" are written only by the module; every other field is
 *   read exactly once, and never modified.
 * - A process that uses a session opened by another process, or by itself
 *   before an exec, gets ESTALE and has to open /dev/qipc again.
 *
 * Three kinds of descriptor
 * -------------------------
 * session     open("/dev/qipc", O_RDWR | O_CLOEXEC): takes every ioctl here.
 * connection  made by QIPC_CONNECT_ATTACH without QIPC_SIDE_CHANNEL: takes
 *             QIPC_MSG_SEND and QIPC_CONNECT_DETACH; survives fork, can be
 *             passed with SCM_RIGHTS, is detached by close.
 * channel     made by QIPC_CHANNEL_FD: can only be polled.
 *
 * History
 * -------
 * 1  channels, connections, send/receive/reply, read/write, poll.
 */
#ifndef _UAPI_LINUX_QIPC_H
#define _UAPI_LINUX_QIPC_H

#include <linux/ioctl.h>
#include <linux/types.h>

/* Version of this header; QIPC_GET_FEATURES reports what the module speaks. */
#define QIPC_ABI_VERSION	1

/* Limits of one vector.  One more of either is EOVERFLOW, nothing is sent. */
#define QIPC_MAX_PARTS		524288
#define QIPC_MAX_BYTES		2147483647

/* Bit of a coid that is not a file descriptor; always set in a scoid. */
#define QIPC_SIDE_CHANNEL	0x40000000
/* Bit that marks a server connection id (scoid). */
#define QIPC_CONNECTION_SCOID	0x00010000

/**
 * struct qipc_iov - one part of a message
 * @base: user address of the part; anything when @len is 0
 * @len: length in bytes
 *
 * Layout of struct iovec on 64-bit machines.
 */
struct qipc_iov {
	__u64 base;
	__u64 len;
};

/**
 * struct qipc_vec - the memory that one side of a message lies in
 * @base: user address of an array of struct qipc_iov, or, with the BUF flag of
 *        the call, of the bytes themselves
 * @count: number of parts, or, with the BUF flag, number of bytes
 */
struct qipc_vec {
	__u64 base;
	__u64 count;
};

/* Which memory a fault (EFAULT) was in: values of the "side" fields. */
#define QIPC_SIDE_NONE		0	/* the error is no fault */
#define QIPC_SIDE_CLIENT	1	/* memory of the sending process */
#define QIPC_SIDE_SERVER	2	/* memory of the receiving process (QNX: ESRVRFAULT) */

/**
 * struct qipc_features - what this module can do
 * @abi_version: out, QIPC_ABI_VERSION of the module
 * @inline_bytes: out, messages and replies up to this size travel inline
 * @features: out, QIPC_FEATURE_* bits
 * @channel_flags: out, QIPC_CHF_* bits that QIPC_CHANNEL_CREATE accepts
 * @connect_flags: out, QIPC_COF_* bits that QIPC_CONNECT_ATTACH accepts
 * @max_parts: out, parts a vector may have
 * @reserved: must be 0
 * @max_bytes: out, bytes a vector may have in total
 */
struct qipc_features {
	__u32 abi_version;
	__u32 inline_bytes;
	__u64 features;
	__u64 channel_flags;
	__u64 connect_flags;
	__u32 max_parts;
	__u32 reserved;
	__u64 max_bytes;
};

#define QIPC_FEATURE_MSG		(1ULL << 0)	/* send, receive, reply, error, info */
#define QIPC_FEATURE_TRANSFER		(1ULL << 1)	/* read, write */
#define QIPC_FEATURE_REPLY_RECEIVE	(1ULL << 2)	/* combined call */
#define QIPC_FEATURE_POLL		(1ULL << 3)	/* QIPC_CHANNEL_FD */
#define QIPC_FEATURE_FD_CONNECTION	(1ULL << 4)	/* connections that are descriptors */

/* Channel flags; the values are QNX's _NTO_CHF_*. */
#define QIPC_CHF_SENDER_LEN	0x0020	/* accepted, lengths are always reported */
#define QIPC_CHF_REPLY_LEN	0x0080	/* accepted, lengths are always reported */
#define QIPC_CHF_PRIVATE	0x1000	/* only the creating process may connect;
					 * a descriptor that it made can be passed on
					 */

/* Connection flags; the values are QNX's _NTO_COF_*. */
#define QIPC_COF_CLOEXEC	0x0001	/* detached on exec */
#define QIPC_COF_NOSHARE	0x0040	/* a scoid of its own */

/**
 * struct qipc_channel_create - QIPC_CHANNEL_CREATE
 * @flags: QIPC_CHF_*
 * @chid: out, the new channel, the lowest free number of the process from 1
 */
struct qipc_channel_create {
	__u32 flags;
	__s32 chid;
};

/**
 * struct qipc_channel_destroy - QIPC_CHANNEL_DESTROY
 * @chid: channel of the calling process
 * @reserved: must be 0
 */
struct qipc_channel_destroy {
	__s32 chid;
	__u32 reserved;
};

/**
 * struct qipc_channel_fd - QIPC_CHANNEL_FD
 * @chid: channel of the calling process
 * @flags: QIPC_FD_CLOEXEC or 0
 *
 * The ioctl returns the descriptor: EPOLLIN while a message is waiting,
 * EPOLLHUP once the channel is gone.
 */
struct qipc_channel_fd {
	__s32 chid;
	__u32 flags;
};

#define QIPC_FD_CLOEXEC		0x0001

/**
 * struct qipc_connect_attach - QIPC_CONNECT_ATTACH
 * @nd: node; 0, the local one, is the only node
 * @pid: process that owns the channel, in the caller's pid namespace; 0 is the caller
 * @chid: channel of that process
 * @index: with QIPC_SIDE_CHANNEL a number of the session is returned, other
 *         bits have no effect; 0 returns the lowest free file descriptor
 *         (fcntl(F_DUPFD) moves it to a higher one)
 * @flags: QIPC_COF_*
 * @coid: out, the connection
 */
struct qipc_connect_attach {
	__u32 nd;
	__s32 pid;
	__s32 chid;
	__u32 index;
	__u32 flags;
	__s32 coid;
};

/**
 * struct qipc_connect_detach - QIPC_CONNECT_DETACH
 * @coid: on a session: a side-channel connection, which ends.  On a connection
 *        descriptor: the caller's name for it; sends of this process that are
 *        blocked under this name end, and close() does the rest.
 * @reserved: must be 0
 */
struct qipc_connect_detach {
	__s32 coid;
	__u32 reserved;
};

/* Flags of the message calls. */
#define QIPC_SEND_BUF		0x0001	/* send is one buffer, not a vector */
#define QIPC_REPLY_BUF		0x0002	/* reply is one buffer, not a vector */
#define QIPC_BUF		0x0001	/* vec is one buffer, not a vector */
#define QIPC_NONBLOCK		0x0004	/* receive: EAGAIN instead of waiting */

/**
 * struct qipc_msg_send - QIPC_MSG_SEND
 * @coid: on a session: the side-channel connection.  On a connection
 *        descriptor: the caller's name for it (its number), which the server
 *        sees in struct qipc_msg_info
 * @flags: QIPC_SEND_BUF, QIPC_REPLY_BUF
 * @send: memory the message is read from
 * @reply: memory the reply is written to
 * @status: out, status of the server's reply
 * @error: out, 0, or the errno with which the server answered (MsgError)
 * @side: out, QIPC_SIDE_*, whose memory was at fault when the call fails with EFAULT
 *
 * The ioctl returns 0 when the server answered, be it with a reply or with an
 * error; it fails only for reasons of the kernel's own.
 */
struct qipc_msg_send {
	__s32 coid;
	__u32 flags;
	struct qipc_vec send;
	struct qipc_vec reply;
	__s64 status;
	__s32 error;
	__u32 side;
};

/**
 * struct qipc_msg_info - who sent a message, and how much
 * @nd: node of the client: 0
 * @srcnd: node of the server as the client sees it: 0
 * @pid: process of the client, in the reader's pid namespace; 0 if it has none there
 * @tid: thread of the client, likewise
 * @chid: channel the message came in on
 * @scoid: the server's name for the client's connection to this channel
 * @coid: the client's own name for the connection
 * @priority: priority of the client at the time of the send: 1 to 99 for the
 *            real-time policies, 0 for the others
 * @flags: 0
 * @msglen: bytes that were copied when the message was received
 * @srcmsglen: bytes the client offers
 * @dstmsglen: bytes the client has room for in the reply
 * @type_id: 0
 * @reserved: 0
 */
struct qipc_msg_info {
	__u32 nd;
	__u32 srcnd;
	__s32 pid;
	__s32 tid;
	__s32 chid;
	__s32 scoid;
	__s32 coid;
	__s16 priority;
	__u16 flags;
	__s64 msglen;
	__s64 srcmsglen;
	__s64 dstmsglen;
	__u32 type_id;
	__u32 reserved;
};

/**
 * struct qipc_msg_receive - QIPC_MSG_RECEIVE
 * @chid: channel of the calling process
 * @flags: QIPC_BUF, QIPC_NONBLOCK
 * @vec: memory the message is written to
 * @rcvid: out, positive name of the received message, for the calls below
 * @info: out
 */
struct qipc_msg_receive {
	__s32 chid;
	__u32 flags;
	struct qipc_vec vec;
	__s64 rcvid;
	struct qipc_msg_info info;
};

/**
 * struct qipc_msg_reply - QIPC_MSG_REPLY
 * @rcvid: message to answer
 * @status: what the client's send returns, any value
 * @vec: memory the reply is read from
 * @flags: QIPC_BUF
 * @side: out, QIPC_SIDE_*; after a fault of either side the client was
 *        unblocked all the same.  Any other error leaves it blocked.
 */
struct qipc_msg_reply {
	__s64 rcvid;
	__s64 status;
	struct qipc_vec vec;
	__u32 flags;
	__u32 side;
};

/**
 * struct qipc_msg_error - QIPC_MSG_ERROR
 * @rcvid: message to answer
 * @error: errno for the client, 0 to 4095; 0 is a reply with status 0, and
 *         ERESTART makes the client send its message again
 * @reserved: must be 0
 */
struct qipc_msg_error {
	__s64 rcvid;
	__s32 error;
	__u32 reserved;
};

/**
 * struct qipc_msg_transfer - QIPC_MSG_READ and QIPC_MSG_WRITE
 * @rcvid: message, not answered yet
 * @offset: offset into the client's message (read) or reply memory (write)
 * @vec: memory of the caller
 * @bytes: out, bytes copied; 0 when @offset lies at or behind the end
 * @flags: QIPC_BUF
 * @side: out, QIPC_SIDE_*
 */
struct qipc_msg_transfer {
	__s64 rcvid;
	__u64 offset;
	struct qipc_vec vec;
	__s64 bytes;
	__u32 flags;
	__u32 side;
};

/**
 * struct qipc_msg_info_get - QIPC_MSG_INFO
 * @rcvid: message, not answered yet
 * @info: out
 */
struct qipc_msg_info_get {
	__s64 rcvid;
	struct qipc_msg_info info;
};

/**
 * struct qipc_msg_reply_receive - QIPC_MSG_REPLY_RECEIVE
 * @reply: as in QIPC_MSG_REPLY; with rcvid 0 nothing is answered
 * @reply_error: out, errno of the reply, 0 when it was fine
 * @reserved: must be 0
 * @receive: as in QIPC_MSG_RECEIVE
 *
 * Answers one message and waits for the next.  Arguments that are wrong in
 * themselves fail the call before anything is done.  After that the reply is
 * made, its result is in @reply_error and reply.side, and the receive follows
 * whatever that result is; the result of the ioctl is the receive's.
 */
struct qipc_msg_reply_receive {
	struct qipc_msg_reply reply;
	__s32 reply_error;
	__u32 reserved;
	struct qipc_msg_receive receive;
};

/* Letter and range: see docs/decisions/0002-ioctl-letter.md. */
#define QIPC_IOC_TYPE		'q'

#define QIPC_GET_FEATURES	_IOWR(QIPC_IOC_TYPE, 0x20, struct qipc_features)
#define QIPC_CHANNEL_CREATE	_IOWR(QIPC_IOC_TYPE, 0x21, struct qipc_channel_create)
#define QIPC_CHANNEL_DESTROY	_IOW(QIPC_IOC_TYPE, 0x22, struct qipc_channel_destroy)
#define QIPC_CHANNEL_FD		_IOW(QIPC_IOC_TYPE, 0x23, struct qipc_channel_fd)
#define QIPC_CONNECT_ATTACH	_IOWR(QIPC_IOC_TYPE, 0x24, struct qipc_connect_attach)
#define QIPC_CONNECT_DETACH	_IOW(QIPC_IOC_TYPE, 0x25, struct qipc_connect_detach)
#define QIPC_MSG_SEND		_IOWR(QIPC_IOC_TYPE, 0x28, struct qipc_msg_send)
#define QIPC_MSG_RECEIVE	_IOWR(QIPC_IOC_TYPE, 0x29, struct qipc_msg_receive)
#define QIPC_MSG_REPLY		_IOWR(QIPC_IOC_TYPE, 0x2a, struct qipc_msg_reply)
#define QIPC_MSG_ERROR		_IOW(QIPC_IOC_TYPE, 0x2b, struct qipc_msg_error)
#define QIPC_MSG_READ		_IOWR(QIPC_IOC_TYPE, 0x2c, struct qipc_msg_transfer)
#define QIPC_MSG_WRITE		_IOWR(QIPC_IOC_TYPE, 0x2d, struct qipc_msg_transfer)
#define QIPC_MSG_INFO		_IOWR(QIPC_IOC_TYPE, 0x2e, struct qipc_msg_info_get)
#define QIPC_MSG_REPLY_RECEIVE	_IOWR(QIPC_IOC_TYPE, 0x2f, struct qipc_msg_reply_receive)

#endif /* _UAPI_LINUX_QIPC_H */
