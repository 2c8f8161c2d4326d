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
 *   version.  A structure shorter than its first version is EINVAL; one of an
 *   older version is taken as if the fields that it lacks were zero; a longer
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
 *             QIPC_MSG_SEND, QIPC_PULSE_SEND, QIPC_CONNECT_SERVER_INFO and
 *             QIPC_CONNECT_DETACH; survives fork, can be passed with SCM_RIGHTS,
 *             is detached by close.
 * channel     made by QIPC_CHANNEL_FD: can only be polled.
 *
 * History
 * -------
 * 1  channels, connections, send/receive/reply, read/write, poll.
 * 2  pulses, unblocking, timeouts, events, timers, priority inheritance, names,
 *    owner and mode of channels, information about clients and servers.
 *    Longer than before: struct qipc_channel_create, struct qipc_msg_send,
 *    struct qipc_msg_receive, struct qipc_msg_reply_receive.
 */
#ifndef _UAPI_LINUX_QIPC_H
#define _UAPI_LINUX_QIPC_H

#include <linux/ioctl.h>
#include <linux/types.h>

/* Version of this header; QIPC_GET_FEATURES reports what the module speaks. */
#define QIPC_ABI_VERSION	2

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
#define QIPC_FEATURE_PULSE		(1ULL << 5)	/* pulses, those of the system too */
#define QIPC_FEATURE_TIMEOUT		(1ULL << 6)	/* deadlines of blocking calls */
#define QIPC_FEATURE_EVENT		(1ULL << 7)	/* deliver, register */
#define QIPC_FEATURE_TIMER		(1ULL << 8)	/* timers that deliver events */
#define QIPC_FEATURE_PRIORITY		(1ULL << 9)	/* servers run at the priority of their clients */
#define QIPC_FEATURE_NAME		(1ULL << 10)	/* names for channels */
#define QIPC_FEATURE_ACCESS		(1ULL << 11)	/* owner, group and mode of channels */
#define QIPC_FEATURE_CONNECT_INFO	(1ULL << 12)	/* flags, server and client of a connection */

/* Channel flags; the values are QNX's _NTO_CHF_*. */
#define QIPC_CHF_FIXED_PRIORITY	0x0001	/* threads keep their priority, whoever they serve */
#define QIPC_CHF_UNBLOCK	0x0002	/* a REPLY-blocked client that has to stop waiting stays,
					 * and the server gets a pulse
					 */
#define QIPC_CHF_THREAD_DEATH	0x0004	/* a pulse for each thread of the owner that ends */
#define QIPC_CHF_DISCONNECT	0x0008	/* a pulse when a client process has no connection left */
#define QIPC_CHF_SENDER_LEN	0x0020	/* accepted, lengths are always reported */
#define QIPC_CHF_COID_DISCONNECT 0x0040	/* a pulse for each connection of the owner whose channel ends */
#define QIPC_CHF_REPLY_LEN	0x0080	/* accepted, lengths are always reported */
#define QIPC_CHF_PULSE_POOL	0x0100	/* a number of pulses of its own */
#define QIPC_CHF_PRIVATE	0x1000	/* only the creating process may connect;
					 * a descriptor that it made can be passed on
					 */
#define QIPC_CHF_INHERIT_RUNMASK 0x4000	/* threads run on the processors of the client they serve */
#define QIPC_CHF_FREE_PLACEMENT	0x01000000	/* not QNX's: who hands its turn to another thread does not keep
						 * that on its own processor
						 */

/* Connection flags; the values are QNX's _NTO_COF_*. */
#define QIPC_COF_CLOEXEC	0x0001	/* detached on exec */
#define QIPC_COF_DEAD		0x0002	/* only reported: the channel is gone */
#define QIPC_COF_NOINHERIT	0x0004	/* a descriptor that is of no use to other processes */
#define QIPC_COF_NOSHARE	0x0040	/* a scoid of its own */
#define QIPC_COF_NOEVENT	0x0800	/* the server may deliver no events through it */
#define QIPC_COF_REG_EVENTS	0x2000	/* the server may deliver registered events only */

/* What struct qipc_event does: the low byte of notify; QNX's SIGEV_*. */
#define QIPC_EVENT_NONE		0	/* nothing */
#define QIPC_EVENT_SIGNAL	1	/* a signal to the process */
#define QIPC_EVENT_SIGNAL_CODE	2	/* the same with a code and a value */
#define QIPC_EVENT_SIGNAL_THREAD 3	/* the same to one thread */
#define QIPC_EVENT_PULSE	4	/* a pulse over a connection of the process */
#define QIPC_EVENT_UNBLOCK	5	/* ends the blocking call with ETIMEDOUT */
#define QIPC_EVENT_SEM		9	/* adds 1 to an eventfd */
#define QIPC_EVENT_KIND		0x00ff	/* mask of the above */
/* Flags of notify. */
#define QIPC_EVENT_UPDATEABLE	0x0400	/* register: whoever delivers it sets the value */
#define QIPC_EVENT_HANDLE	0x2000	/* deliver: target is the handle of a registered event */

/**
 * struct qipc_event - something that happens to a process
 * @notify: QIPC_EVENT_* and flags
 * @target: PULSE: coid of the process it is delivered to; SIGNAL, SIGNAL_CODE,
 *          SIGNAL_THREAD: number of the signal; SEM: eventfd of the caller;
 *          with the flag HANDLE: the handle
 * @value: PULSE, SIGNAL_CODE, SIGNAL_THREAD: the value that comes with it
 * @code: PULSE: the code; SIGNAL_CODE, SIGNAL_THREAD: si_code, not above 0
 * @priority: PULSE: 0 to 99, or -1 for that of whoever delivers it
 * @reserved: must be 0
 */
struct qipc_event {
	__u32 notify;
	__s32 target;
	__u64 value;
	__s16 code;
	__s16 priority;
	__u32 reserved;
};

/* States that a timeout limits: QNX's 1 << STATE_*. */
#define QIPC_TIMEOUT_SEND	0x0010
#define QIPC_TIMEOUT_RECEIVE	0x0020
#define QIPC_TIMEOUT_REPLY	0x0040

/* Flag of timeouts and timers: the time is one of the clock, not counted from now. */
#define QIPC_TIME_ABSOLUTE	0x0001

/**
 * struct qipc_timeout - deadline of one blocking call
 * @states: QIPC_TIMEOUT_*; in other states the call waits on
 * @flags: QIPC_TIME_ABSOLUTE
 * @clock: CLOCK_REALTIME, CLOCK_MONOTONIC or CLOCK_BOOTTIME
 * @reserved: must be 0
 * @time: nanoseconds; 0, or a time that has passed, is now: the call does not
 *        block in these states
 * @event: user address of the struct qipc_event that happens to the caller at
 *         that time, or 0 for QIPC_EVENT_UNBLOCK, the only one that ends the
 *         call (ETIMEDOUT)
 *
 * One deadline holds for all the states of a call.
 */
struct qipc_timeout {
	__u32 states;
	__u32 flags;
	__s32 clock;
	__u32 reserved;
	__u64 time;
	__u64 event;
};

/**
 * struct qipc_channel_create - QIPC_CHANNEL_CREATE
 * @flags: QIPC_CHF_*
 * @chid: out, the new channel, the lowest free number of the process from 1
 * @num_pulses: with PULSE_POOL: how many pulses can be queued; else 0
 * @rearm: with PULSE_POOL: @event can come again once fewer pulses than this
 *         are queued; above @num_pulses: it always can
 * @event: with PULSE_POOL: user address of the struct qipc_event that happens
 *         to the caller when a pulse finds the pool full, or 0 for SIGKILL
 *
 * First version: up to and with @chid.
 */
struct qipc_channel_create {
	__u32 flags;
	__s32 chid;
	__u32 num_pulses;
	__u32 rearm;
	__u64 event;
};

/* Which fields of struct qipc_channel_access are to be set. */
#define QIPC_ACCESS_MODE	0x0001
#define QIPC_ACCESS_UID		0x0002
#define QIPC_ACCESS_GID		0x0004
#define QIPC_ACCESS_CEILING	0x0008

/**
 * struct qipc_channel_access - QIPC_CHANNEL_ACCESS
 * @chid: channel of the calling process
 * @set: QIPC_ACCESS_*: what to change; 0 only reads
 * @mode: in and out, who may connect: the write bits of 0777 for owner, group
 *        and others; 0600 for a new channel
 * @uid: in and out, owner, in the caller's user namespace
 * @gid: in and out, group, in the caller's user namespace
 * @ceiling: in and out, highest priority, 0 to 99, that clients can lift the
 *           threads of the channel to; for a new channel what its maker may
 *           give itself: 99 with CAP_SYS_NICE, else RLIMIT_RTPRIO
 */
struct qipc_channel_access {
	__s32 chid;
	__u32 set;
	__u32 mode;
	__u32 uid;
	__u32 gid;
	__s32 ceiling;
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
 * The ioctl returns the descriptor: EPOLLIN while a message or pulse is waiting,
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

/**
 * struct qipc_connect_flags - QIPC_CONNECT_FLAGS
 * @pid: 0, or the calling process
 * @coid: side-channel connection
 * @mask: which QIPC_COF_* to change; only CLOEXEC can be
 * @bits: what to change them to
 * @old: out, flags before the call
 * @reserved: must be 0
 */
struct qipc_connect_flags {
	__s32 pid;
	__s32 coid;
	__u32 mask;
	__u32 bits;
	__u32 old;
	__u32 reserved;
};

/* Flag of QIPC_CONNECT_SERVER_INFO: connections whose channel is gone do not count. */
#define QIPC_SERVER_INFO_LIVE	0x0001

/**
 * struct qipc_server_info - where a connection leads
 * @nd: 0
 * @pid: process of the server, in the caller's pid namespace
 * @chid: its channel
 * @scoid: what the server calls the client
 * @coid: the connection
 * @flags: QIPC_COF_* of the connection; DEAD if the channel is gone
 */
struct qipc_server_info {
	__u32 nd;
	__s32 pid;
	__s32 chid;
	__s32 scoid;
	__s32 coid;
	__u32 flags;
};

/**
 * struct qipc_connect_server_info - QIPC_CONNECT_SERVER_INFO
 * @pid: process whose connections are looked at, 0 is the caller; that of
 *       another user needs CAP_IPC_OWNER
 * @coid: on a session: where to start; the side-channel connection of this
 *        number, or the next one above it, is described.  On a connection
 *        descriptor: the caller's name for it, which is reported back
 * @flags: QIPC_SERVER_INFO_LIVE
 * @reserved: must be 0
 * @info: out
 */
struct qipc_connect_server_info {
	__s32 pid;
	__s32 coid;
	__u32 flags;
	__u32 reserved;
	struct qipc_server_info info;
};

/**
 * struct qipc_client_info - who a client is, since it connected
 * @nd: 0
 * @pid: its process, in the caller's pid namespace
 * @sid: its session, likewise; 0 once it has ended
 * @flags: 0
 * @ruid: user and group ids, in the caller's user namespace
 * @euid: likewise
 * @suid: likewise
 * @rgid: likewise
 * @egid: likewise
 * @sgid: likewise
 * @ngroups: how many supplementary groups it has
 * @reserved: 0
 */
struct qipc_client_info {
	__u32 nd;
	__s32 pid;
	__s32 sid;
	__u32 flags;
	__u32 ruid;
	__u32 euid;
	__u32 suid;
	__u32 rgid;
	__u32 egid;
	__u32 sgid;
	__u32 ngroups;
	__u32 reserved;
};

/**
 * struct qipc_connect_client_info - QIPC_CONNECT_CLIENT_INFO
 * @scoid: client of a channel of the calling process, -1 for the caller itself
 * @max_groups: room at @groups
 * @groups: user address of an array of __u32 that gets the supplementary
 *          groups, as many as there is room for
 * @info: out
 */
struct qipc_connect_client_info {
	__s32 scoid;
	__u32 max_groups;
	__u64 groups;
	struct qipc_client_info info;
};

/* Flag of QIPC_NAME_ATTACH: mode, uid and gid are meant. */
#define QIPC_NAME_ACCESS	0x0001
/* Bytes in a name, and in one component of it. */
#define QIPC_NAME_MAX		1023
#define QIPC_NAME_COMPONENT_MAX	255

/**
 * struct qipc_name_attach - QIPC_NAME_ATTACH
 * @chid: channel of the calling process
 * @flags: QIPC_NAME_ACCESS or 0
 * @mode: with ACCESS: as in struct qipc_channel_access, set before the name is seen
 * @uid: likewise; 0xffffffff leaves it
 * @gid: likewise; 0xffffffff leaves it
 * @length: bytes of the name
 * @name: user address of the name: components of any bytes but 0, separated by
 *        single slashes, none of them "." or ".."; no slash at either end
 *
 * A name belongs to the IPC namespace of the caller, and goes with its channel.
 */
struct qipc_name_attach {
	__s32 chid;
	__u32 flags;
	__u32 mode;
	__u32 uid;
	__u32 gid;
	__u32 length;
	__u64 name;
};

/**
 * struct qipc_name_detach - QIPC_NAME_DETACH
 * @length: bytes of the name
 * @reserved: must be 0
 * @name: user address of the name, of a channel of the calling process
 */
struct qipc_name_detach {
	__u32 length;
	__u32 reserved;
	__u64 name;
};

/**
 * struct qipc_name_open - QIPC_NAME_OPEN
 * @length: bytes of the name
 * @flags: QIPC_COF_*
 * @name: user address of the name
 * @coid: out, a side-channel connection to the channel of that name
 * @reserved: must be 0
 */
struct qipc_name_open {
	__u32 length;
	__u32 flags;
	__u64 name;
	__s32 coid;
	__u32 reserved;
};

/* Flags of the message calls. */
#define QIPC_SEND_BUF		0x0001	/* send is one buffer, not a vector */
#define QIPC_REPLY_BUF		0x0002	/* reply is one buffer, not a vector */
#define QIPC_BUF		0x0001	/* vec is one buffer, not a vector */
#define QIPC_NONBLOCK		0x0004	/* receive: EAGAIN instead of waiting */
#define QIPC_PULSE_ONLY		0x0008	/* receive: a pulse; messages stay where they are */

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
 * @timeout: user address of a struct qipc_timeout (SEND, REPLY), or 0
 *
 * The ioctl returns 0 when the server answered, be it with a reply or with an
 * error; it fails only for reasons of the kernel's own.
 *
 * First version: without @timeout.
 */
struct qipc_msg_send {
	__s32 coid;
	__u32 flags;
	struct qipc_vec send;
	struct qipc_vec reply;
	__s64 status;
	__s32 error;
	__u32 side;
	__u64 timeout;
};

/* Flags of struct qipc_msg_info; the values are QNX's _NTO_MI_*. */
#define QIPC_MI_UNBLOCK_REQ	0x0100	/* the client wants to stop waiting for its answer */

/**
 * struct qipc_msg_info - who sent a message, and how much
 * @nd: node of the client: 0
 * @srcnd: node of the server as the client sees it: 0
 * @pid: process of the client, in the reader's pid namespace; 0 if it has none there
 * @tid: thread of the client, likewise
 * @chid: channel the message came in on
 * @scoid: the server's name for the client's connection to this channel
 * @coid: the client's own name for the connection
 * @priority: priority of the client when it was received: 1 to 99 for the
 *            real-time policies, 0 for the others
 * @flags: QIPC_MI_*
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
 * @flags: QIPC_BUF, QIPC_NONBLOCK, QIPC_PULSE_ONLY
 * @vec: memory the message is written to; a pulse (struct qipc_pulse) has to
 *       fit into its first part, else it is lost and the call fails with EFAULT
 * @rcvid: out, positive name of the received message, for the calls below; 0 if
 *         it was a pulse
 * @info: out; untouched if it was a pulse
 * @timeout: user address of a struct qipc_timeout (RECEIVE), or 0
 *
 * A chid of -1 receives nothing (ESRCH): the thread leaves the channel that it
 * received from last, and gets its own priority back.
 *
 * First version: without @timeout.
 */
struct qipc_msg_receive {
	__s32 chid;
	__u32 flags;
	struct qipc_vec vec;
	__s64 rcvid;
	struct qipc_msg_info info;
	__u64 timeout;
};

/* Codes of pulses that the module sends; the values are QNX's _PULSE_CODE_*. */
#define QIPC_PULSE_UNBLOCK	(-32)	/* value: rcvid of a client that wants to stop waiting */
#define QIPC_PULSE_DISCONNECT	(-33)	/* scoid: a client that has no connection left */
#define QIPC_PULSE_THREADDEATH	(-34)	/* value: thread of the owner that has ended */
#define QIPC_PULSE_COIDDEATH	(-35)	/* value: coid of the owner whose channel is gone */

/**
 * struct qipc_pulse - what a pulse looks like when it is received
 * @kind: 0
 * @subtype: 0
 * @code: whoever sends it chooses; the codes of the system are negative
 * @zero: 0
 * @value: likewise
 * @scoid: the server's name for the sender, -1 for those of the system that
 *         concern no client
 * @reserved: 0
 */
struct qipc_pulse {
	__u16 kind;
	__u16 subtype;
	__s8 code;
	__u8 zero[3];
	__u64 value;
	__s32 scoid;
	__u32 reserved;
};

/**
 * struct qipc_pulse_send - QIPC_PULSE_SEND
 * @coid: as in struct qipc_msg_send
 * @priority: 1 to 99; 0 is that of no real-time policy; -1 is the caller's own
 * @code: -128 to 127
 * @reserved: must be 0
 * @value: anything
 */
struct qipc_pulse_send {
	__s32 coid;
	__s32 priority;
	__s32 code;
	__u32 reserved;
	__u64 value;
};

/**
 * struct qipc_msg_current - QIPC_MSG_CURRENT
 * @rcvid: message, not answered yet, whose priority the calling thread gets; 0
 *         gives it its own back
 */
struct qipc_msg_current {
	__s64 rcvid;
};

/* Flag of QIPC_EVENT_DELIVER: say whether it could be delivered, and do nothing. */
#define QIPC_EVENT_VERIFY	0x0001

/**
 * struct qipc_event_deliver - QIPC_EVENT_DELIVER
 * @rcvid: a message of the client that gets the event, answered or not, or 0
 *         for the caller itself
 * @event: registered by the client (HANDLE), or made up
 * @flags: QIPC_EVENT_VERIFY or 0
 * @reserved: must be 0
 *
 * A registered event is delivered by the server it was registered for.  One
 * that is made up needs the caller's right to signal the client (same user, or
 * CAP_KILL) and a connection without NOEVENT and REG_EVENTS; it can not be SEM.
 */
struct qipc_event_deliver {
	__s64 rcvid;
	struct qipc_event event;
	__u32 flags;
	__u32 reserved;
};

/* Who may deliver a registered event, if not the server of one connection. */
#define QIPC_EVENT_ANY_SERVER	(-1)
#define QIPC_EVENT_SELF		(-2)

/**
 * struct qipc_event_register - QIPC_EVENT_REGISTER
 * @event: what may be delivered; SIGNAL_THREAD is the calling thread
 * @coid: side-channel connection to the only server that may deliver it, or
 *        QIPC_EVENT_ANY_SERVER or QIPC_EVENT_SELF
 * @handle: out, positive; what to give to the server
 */
struct qipc_event_register {
	struct qipc_event event;
	__s32 coid;
	__s32 handle;
};

/**
 * struct qipc_event_unregister - QIPC_EVENT_UNREGISTER
 * @handle: of a registered event of the calling process
 * @reserved: must be 0
 */
struct qipc_event_unregister {
	__s32 handle;
	__u32 reserved;
};

/**
 * struct qipc_timer_create - QIPC_TIMER_CREATE
 * @clock: CLOCK_REALTIME, CLOCK_MONOTONIC or CLOCK_BOOTTIME
 * @timer: out, the new timer, the lowest free number of the session from 0
 * @event: what happens to the caller each time it expires; not UNBLOCK
 */
struct qipc_timer_create {
	__s32 clock;
	__s32 timer;
	struct qipc_event event;
};

/**
 * struct qipc_timer_settime - QIPC_TIMER_SETTIME
 * @timer: timer of the session
 * @flags: QIPC_TIME_ABSOLUTE
 * @value: nanoseconds to the first expiry, or its time; 0 stops the timer
 * @interval: nanoseconds between expiries, 0 for a single one
 * @old_value: out, nanoseconds that were left, 0 if it was stopped
 * @old_interval: out
 */
struct qipc_timer_settime {
	__s32 timer;
	__u32 flags;
	__u64 value;
	__u64 interval;
	__u64 old_value;
	__u64 old_interval;
};

/**
 * struct qipc_timer_gettime - QIPC_TIMER_GETTIME
 * @timer: timer of the session
 * @reserved: must be 0
 * @value: out, nanoseconds that are left, 0 if it is stopped
 * @interval: out
 * @overrun: out, expiries since it was set whose event could not be delivered,
 *           say because too many pulses are queued
 */
struct qipc_timer_gettime {
	__s32 timer;
	__u32 reserved;
	__u64 value;
	__u64 interval;
	__u64 overrun;
};

/**
 * struct qipc_timer_delete - QIPC_TIMER_DELETE
 * @timer: timer of the session
 * @reserved: must be 0
 */
struct qipc_timer_delete {
	__s32 timer;
	__u32 reserved;
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
 *         ERESTART makes the client send its message again; -1 is the reason for
 *         which the client wants to stop waiting (EINVAL if it does not)
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
 * First version: without the timeout of @receive.
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

/**
 * struct qipc_bench_pair - QIPC_BENCH_PAIR
 * @seat: 0 offers a pair, 1 takes the one that was offered last
 * @reserved: must be 0
 *
 * Benchmarks only: known if the module was loaded with bench=1.  The calling
 * thread is the one that QIPC_BENCH_SWITCH on this session is for.
 */
struct qipc_bench_pair {
	__u32 seat;
	__u32 reserved;
};

/* Argument of QIPC_BENCH_SWITCH, itself and not its address. */
#define QIPC_BENCH_WAKE		0x0001	/* wake the thread of the other seat */
#define QIPC_BENCH_SLEEP	0x0002	/* sleep until it wakes this one */

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
#define QIPC_PULSE_SEND		_IOW(QIPC_IOC_TYPE, 0x30, struct qipc_pulse_send)
#define QIPC_MSG_CURRENT	_IOW(QIPC_IOC_TYPE, 0x31, struct qipc_msg_current)
#define QIPC_EVENT_DELIVER	_IOW(QIPC_IOC_TYPE, 0x32, struct qipc_event_deliver)
#define QIPC_EVENT_REGISTER	_IOWR(QIPC_IOC_TYPE, 0x33, struct qipc_event_register)
#define QIPC_EVENT_UNREGISTER	_IOW(QIPC_IOC_TYPE, 0x34, struct qipc_event_unregister)
#define QIPC_TIMER_CREATE	_IOWR(QIPC_IOC_TYPE, 0x35, struct qipc_timer_create)
#define QIPC_TIMER_SETTIME	_IOWR(QIPC_IOC_TYPE, 0x36, struct qipc_timer_settime)
#define QIPC_TIMER_GETTIME	_IOWR(QIPC_IOC_TYPE, 0x37, struct qipc_timer_gettime)
#define QIPC_TIMER_DELETE	_IOW(QIPC_IOC_TYPE, 0x38, struct qipc_timer_delete)
#define QIPC_NAME_ATTACH	_IOW(QIPC_IOC_TYPE, 0x39, struct qipc_name_attach)
#define QIPC_NAME_DETACH	_IOW(QIPC_IOC_TYPE, 0x3a, struct qipc_name_detach)
#define QIPC_NAME_OPEN		_IOWR(QIPC_IOC_TYPE, 0x3b, struct qipc_name_open)
#define QIPC_CONNECT_FLAGS	_IOWR(QIPC_IOC_TYPE, 0x3c, struct qipc_connect_flags)
#define QIPC_CONNECT_SERVER_INFO _IOWR(QIPC_IOC_TYPE, 0x3d, struct qipc_connect_server_info)
#define QIPC_CONNECT_CLIENT_INFO _IOWR(QIPC_IOC_TYPE, 0x3e, struct qipc_connect_client_info)
#define QIPC_CHANNEL_ACCESS	_IOWR(QIPC_IOC_TYPE, 0x3f, struct qipc_channel_access)

/* For benchmarks; unknown without the module's parameter bench. */
#define QIPC_BENCH_PAIR		_IOW(QIPC_IOC_TYPE, 0x7e, struct qipc_bench_pair)
#define QIPC_BENCH_SWITCH	_IO(QIPC_IOC_TYPE, 0x7f)

#endif /* _UAPI_LINUX_QIPC_H */
