/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * QNX Neutrino's message passing on Linux: channels, connections, messages,
 * pulses, events, timers, on top of the qipc kernel module.  Names, values and
 * layouts are those of 64-bit QNX; sources of QNX 7 (int rcvid, int value) and
 * of QNX 8 (rcvid_t, long value) compile.  See qipc(7) and msgsend(3), and
 * docs/porting-from-qnx.md for what differs.
 *
 * C11 or C++17, 64-bit.
 */
#ifndef _QIPC_SYS_NEUTRINO_H
#define _QIPC_SYS_NEUTRINO_H
#pragma GCC system_header

#if !defined(__LP64__)
#error "libqipc is for 64-bit programs"
#endif

#include <sys/types.h>
#include <sys/uio.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>
#include <unistd.h>
#include <sys/siginfo.h>
#include <sys/states.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Names a received message. QNX 7 programs keep it in an int, which fits. */
typedef int64_t rcvid_t;

#ifndef _QIPC_IOV_T
#define _QIPC_IOV_T
typedef struct iovec iov_t;
#endif

#ifndef SETIOV
#define SETIOV(iov, addr, len) \
	((void)((iov)->iov_base = (void *)(addr), (iov)->iov_len = (size_t)(len)))
#define SETIOV_CONST(iov, addr, len)	SETIOV(iov, addr, len)
#define GETIOVBASE(iov)			((iov)->iov_base)
#define GETIOVLEN(iov)			((iov)->iov_len)
#endif

/* ---- numbers ---- */

#ifndef ND_LOCAL_NODE
#define ND_LOCAL_NODE		0
#endif
#define _NTO_SIDE_CHANNEL	0x40000000
#define _NTO_GLOBAL_CHANNEL	0x40000000
#define _NTO_CONNECTION_SCOID	0x00010000
#define _NTO_VERSION		710

/* There is no process manager here; these are for sources that name it. */
#define SYSMGR_PID		1
#define SYSMGR_CHID		1
#define SYSMGR_COID		_NTO_SIDE_CHANNEL
#define SYSMGR_HANDLE		0
#define PATHMGR_COID		SYSMGR_COID
#define PROCMGR_COID		SYSMGR_COID
#define MEMMGR_COID		SYSMGR_COID

/* ---- channels ---- */

#define _NTO_CHF_FIXED_PRIORITY		0x0001	/* threads keep their priority */
#define _NTO_CHF_UNBLOCK		0x0002	/* a pulse when a REPLY-blocked client wants to go */
#define _NTO_CHF_THREAD_DEATH		0x0004	/* a pulse for each thread that ends */
#define _NTO_CHF_DISCONNECT		0x0008	/* a pulse when a client process has gone */
#define _NTO_CHF_NET_MSG		0x0010	/* EPERM */
#define _NTO_CHF_SENDER_LEN		0x0020	/* no effect */
#define _NTO_CHF_COID_DISCONNECT	0x0040	/* a pulse for each connection whose server has gone */
#define _NTO_CHF_REPLY_LEN		0x0080	/* no effect */
#define _NTO_CHF_STICKY			0x0100	/* the name of QNX 6 */
#define _NTO_CHF_PULSE_POOL		0x0100	/* ChannelCreatePulsePool */
#define _NTO_CHF_ASYNC_NONBLOCK		0x0200	/* ENOTSUP */
#define _NTO_CHF_ASYNC			0x0400	/* ENOTSUP */
#define _NTO_CHF_GLOBAL			0x0800	/* ENOTSUP */
#define _NTO_CHF_PRIVATE		0x1000	/* only this process can connect */
#define _NTO_CHF_MSG_PAUSING		0x2000	/* no effect: MsgPause is ENOSYS */
#define _NTO_CHF_SIG_RESTART		0x4000	/* the name of QNX 6.6 */
#define _NTO_CHF_INHERIT_RUNMASK	0x4000	/* threads run where their client does */
#define _NTO_CHF_UNBLOCK_TIMER		0x8000	/* ENOTSUP */

/* Of struct nto_channel_config. */
#define _NTO_CHO_CUSTOM_EVENT	1	/* event is meant, not SIGKILL */

struct nto_channel_config {
	struct sigevent event;		/* when a pulse finds the pool full */
	unsigned int num_pulses;		/* room of the pool */
	unsigned int rearm_threshold;	/* event can come again below this */
	unsigned int options;		/* _NTO_CHO_* */
	unsigned int reserved[3];
};

int ChannelCreate(unsigned int flags);
int ChannelCreate_r(unsigned int flags);
int ChannelCreatePulsePool(unsigned int flags, const struct nto_channel_config *config);
int ChannelDestroy(int chid);
int ChannelDestroy_r(int chid);

/* ---- connections ---- */

#define _NTO_COF_CLOEXEC	0x0001	/* detached by exec */
#define _NTO_COF_DEAD		0x0002	/* only reported: the server has gone */
#define _NTO_COF_NOINHERIT	0x0004	/* QNX 8: not for a forked child */
#define _NTO_COF_LOCAL		0x0008	/* QNX 8; EINVAL */
#define _NTO_COF_NOSHARE	0x0040	/* a scoid of its own */
#define _NTO_COF_NETCON		0x0080	/* EINVAL */
#define _NTO_COF_ALLOWED	0x0080	/* QNX 8; EINVAL */
#define _NTO_COF_NONBLOCK	0x0100	/* EINVAL */
#define _NTO_COF_ASYNC		0x0200	/* EINVAL */
#define _NTO_COF_GLOBAL		0x0400	/* EINVAL */
#define _NTO_COF_PIPE		0x0400	/* QNX 8; EINVAL */
#define _NTO_COF_NOEVENT	0x0800	/* the server can deliver no events */
#define _NTO_COF_INSECURE	0x1000	/* EINVAL */
#define _NTO_COF_REG_EVENTS	0x2000	/* only registered events */
#define _NTO_COF_UNREG_EVENTS	0x4000	/* the default */
#define _NTO_COF_DUP2		0x8000	/* QNX 8; EINVAL */
#define _NTO_COF_MASK		0xffff

/* Flags of struct _msg_info. */
#define _NTO_MI_ENDIAN_BIG	0x0001
#define _NTO_MI_ENDIAN_DIFF	0x0002
#define _NTO_MI_UNBLOCK_REQ	0x0100	/* the client wants to stop waiting (MsgInfo) */
#define _NTO_MI_NET_CRED_DIRTY	0x0200
#define _NTO_MI_CONSTRAINED	0x0400
#define _NTO_MI_CHROOT		0x0800
#define _NTO_MI_BITS_64		0x1000	/* always set */
#define _NTO_MI_BITS_DIFF	0x2000
#define _NTO_MI_SANDBOX		0x4000

/* Who sent a message, and how much; also where a connection leads. */
struct _msg_info {
	uint32_t nd;		/* 0 */
	uint32_t srcnd;		/* 0 */
	pid_t pid;		/* process of the client (of the server) */
	int32_t tid;		/* thread of the client: its Linux number */
	int32_t chid;
	int32_t scoid;		/* the server's name for the client */
	int32_t coid;		/* the client's name for the connection */
	int16_t priority;	/* of the client; Linux's 0 to 99 */
	int16_t flags;		/* _NTO_MI_*, _NTO_COF_* */
	ssize_t msglen;		/* bytes received */
	ssize_t srcmsglen;	/* bytes sent */
	ssize_t dstmsglen;	/* room for the reply */
	uint32_t type_id;	/* 0 */
	uint32_t reserved;
};

/* struct _server_info has the members of struct _msg_info. */
#define _server_info _msg_info

#define __QIPC_NGROUPS	8
struct _cred_info {
	uid_t ruid;
	uid_t euid;
	uid_t suid;
	gid_t rgid;
	gid_t egid;
	gid_t sgid;
	uint32_t ngroups;
	gid_t grouplist[__QIPC_NGROUPS];	/* as many as was asked for */
};

/* Flags of struct _client_info, none of which is set here but BITS_64. */
#define _NTO_CI_ENDIAN_BIG		0x00000001
#define _NTO_CI_BKGND_PGRP		0x00000004
#define _NTO_CI_ORPHAN_PGRP		0x00000008
#define _NTO_CI_STOPPED			0x00000080
#define _NTO_CI_UNABLE			0x00000100
#define _NTO_CI_TYPE_ID			0x00000200
#define _NTO_CI_CHROOT			0x00000800
#define _NTO_CI_BITS_64			0x00001000
#define _NTO_CI_SANDBOX			0x00004000
#define _NTO_CI_LOADER			0x00008000
#define _NTO_CI_GROUPS_INFO_ONLY	0x40000000
#define _NTO_CI_FULL_GROUPS		0x80000000u

struct _client_info {
	uint32_t nd;
	pid_t pid;
	pid_t sid;
	uint32_t flags;
	struct _cred_info cred;
};

struct _client_able {
	uint32_t ability;
	uint32_t flags;
	uint64_t range_lo;
	uint64_t range_hi;
};

#define _NTO_CLIENTINFO_GETGROUPS	1
#define _NTO_CLIENTINFO_GETTYPEID	2

int ConnectAttach(uint32_t nd, pid_t pid, int chid, unsigned int index, int flags);
int ConnectAttach_r(uint32_t nd, pid_t pid, int chid, unsigned int index, int flags);
int ConnectDetach(int coid);
int ConnectDetach_r(int coid);
int ConnectServerInfo(pid_t pid, int coid, struct _server_info *info);
int ConnectServerInfo_r(pid_t pid, int coid, struct _server_info *info);
int ConnectClientInfo(int scoid, struct _client_info *info, int ngroups);
int ConnectClientInfo_r(int scoid, struct _client_info *info, int ngroups);
int ConnectClientInfoExt(int scoid, struct _client_info **info, int flags);
int ConnectClientInfoExt_r(int scoid, struct _client_info **info, int flags);
int ConnectClientInfoExtFree(struct _client_info **info);
int ConnectClientInfoAble(int scoid, struct _client_info **info, int flags,
			  struct _client_able *abilities, int nable);
int ConnectFlags(pid_t pid, int coid, unsigned int mask, unsigned int bits);
int ConnectFlags_r(pid_t pid, int coid, unsigned int mask, unsigned int bits);

/* ---- messages ---- */

long MsgSend(int coid, const void *smsg, size_t sbytes, void *rmsg, size_t rbytes);
long MsgSend_r(int coid, const void *smsg, size_t sbytes, void *rmsg, size_t rbytes);
long MsgSendnc(int coid, const void *smsg, size_t sbytes, void *rmsg, size_t rbytes);
long MsgSendnc_r(int coid, const void *smsg, size_t sbytes, void *rmsg, size_t rbytes);
long MsgSendsv(int coid, const void *smsg, size_t sbytes, const struct iovec *riov, size_t rparts);
long MsgSendsv_r(int coid, const void *smsg, size_t sbytes, const struct iovec *riov, size_t rparts);
long MsgSendsvnc(int coid, const void *smsg, size_t sbytes, const struct iovec *riov, size_t rparts);
long MsgSendsvnc_r(int coid, const void *smsg, size_t sbytes, const struct iovec *riov,
		   size_t rparts);
long MsgSendvs(int coid, const struct iovec *siov, size_t sparts, void *rmsg, size_t rbytes);
long MsgSendvs_r(int coid, const struct iovec *siov, size_t sparts, void *rmsg, size_t rbytes);
long MsgSendvsnc(int coid, const struct iovec *siov, size_t sparts, void *rmsg, size_t rbytes);
long MsgSendvsnc_r(int coid, const struct iovec *siov, size_t sparts, void *rmsg, size_t rbytes);
long MsgSendv(int coid, const struct iovec *siov, size_t sparts, const struct iovec *riov,
	      size_t rparts);
long MsgSendv_r(int coid, const struct iovec *siov, size_t sparts, const struct iovec *riov,
		size_t rparts);
long MsgSendvnc(int coid, const struct iovec *siov, size_t sparts, const struct iovec *riov,
		size_t rparts);
long MsgSendvnc_r(int coid, const struct iovec *siov, size_t sparts, const struct iovec *riov,
		  size_t rparts);

rcvid_t MsgReceive(int chid, void *msg, size_t bytes, struct _msg_info *info);
rcvid_t MsgReceive_r(int chid, void *msg, size_t bytes, struct _msg_info *info);
rcvid_t MsgReceivev(int chid, const struct iovec *riov, size_t rparts, struct _msg_info *info);
rcvid_t MsgReceivev_r(int chid, const struct iovec *riov, size_t rparts, struct _msg_info *info);
int MsgReceivePulse(int chid, void *pulse, size_t bytes, struct _msg_info *info);
int MsgReceivePulse_r(int chid, void *pulse, size_t bytes, struct _msg_info *info);
int MsgReceivePulsev(int chid, const struct iovec *piov, size_t parts, struct _msg_info *info);
int MsgReceivePulsev_r(int chid, const struct iovec *piov, size_t parts, struct _msg_info *info);

int MsgReply(rcvid_t rcvid, long status, const void *msg, size_t bytes);
int MsgReply_r(rcvid_t rcvid, long status, const void *msg, size_t bytes);
int MsgReplyv(rcvid_t rcvid, long status, const struct iovec *siov, size_t sparts);
int MsgReplyv_r(rcvid_t rcvid, long status, const struct iovec *siov, size_t sparts);
int MsgError(rcvid_t rcvid, int err);
int MsgError_r(rcvid_t rcvid, int err);

ssize_t MsgRead(rcvid_t rcvid, void *msg, size_t bytes, size_t offset);
ssize_t MsgRead_r(rcvid_t rcvid, void *msg, size_t bytes, size_t offset);
ssize_t MsgReadv(rcvid_t rcvid, const struct iovec *riov, size_t rparts, size_t offset);
ssize_t MsgReadv_r(rcvid_t rcvid, const struct iovec *riov, size_t rparts, size_t offset);
ssize_t MsgWrite(rcvid_t rcvid, const void *msg, size_t bytes, size_t offset);
ssize_t MsgWrite_r(rcvid_t rcvid, const void *msg, size_t bytes, size_t offset);
ssize_t MsgWritev(rcvid_t rcvid, const struct iovec *siov, size_t sparts, size_t offset);
ssize_t MsgWritev_r(rcvid_t rcvid, const struct iovec *siov, size_t sparts, size_t offset);

int MsgInfo(rcvid_t rcvid, struct _msg_info *info);
int MsgInfo_r(rcvid_t rcvid, struct _msg_info *info);
int MsgCurrent(rcvid_t rcvid);
int MsgCurrent_r(rcvid_t rcvid);

/* ENOSYS: */
#define _NTO_KEYDATA_VERIFY		0
#define _NTO_KEYDATA_CALCULATE		1
#define _NTO_KEYDATA_CALCULATE_REUSE	2
#define _NTO_KEYDATA_PATHSIGN		0x8000
#define _NTO_KEYDATA_VTID		0x80000000u
int MsgKeyData(rcvid_t rcvid, int op, uint32_t key, uint32_t *newkey, const struct iovec *iov,
	       int parts);
int MsgKeyData_r(rcvid_t rcvid, int op, uint32_t key, uint32_t *newkey, const struct iovec *iov,
		 int parts);
int MsgPause(rcvid_t rcvid, unsigned int cookie);
int MsgPause_r(rcvid_t rcvid, unsigned int cookie);

/* ---- pulses and events ---- */

#define _PULSE_TYPE		0
#define _PULSE_SUBTYPE		0

/* What is received in place of a message when the rcvid is 0. */
struct _pulse {
	uint16_t type;		/* _PULSE_TYPE */
	uint16_t subtype;	/* _PULSE_SUBTYPE */
	int8_t code;
	uint8_t zero[3];
	union sigval value;
	int32_t scoid;
};

#define _PULSE_CODE_UNBLOCK		(-32)	/* value: rcvid */
#define _PULSE_CODE_DISCONNECT		(-33)	/* scoid: who has gone; ConnectDetach(scoid) */
#define _PULSE_CODE_THREADDEATH		(-34)	/* value: tid */
#define _PULSE_CODE_COIDDEATH		(-35)	/* value: coid */
#define _PULSE_CODE_NET_ACK		(-36)
#define _PULSE_CODE_NET_UNBLOCK		(-37)
#define _PULSE_CODE_NET_DETACH		(-38)
#define _PULSE_CODE_RESTART		(-39)
#define _PULSE_CODE_NORESTART		(-40)
#define _PULSE_CODE_UNBLOCK_RESTART	(-41)
#define _PULSE_CODE_UNBLOCK_TIMER	(-42)
#define _PULSE_CODE_PIPE_INPUT		(-43)
#define _PULSE_CODE_PIPE_OUTPUT		(-44)
#define _PULSE_CODE_MINAVAIL		0	/* programs use these */
#define _PULSE_CODE_MAXAVAIL		127

#define _NTO_PULSE_IF_UNIQUE	0x1000
#define _NTO_PULSE_REPLACE	0x2000

int MsgSendPulse(int coid, int priority, int code, long value);
int MsgSendPulse_r(int coid, int priority, int code, long value);
int MsgSendPulsePtr(int coid, int priority, int code, void *value);
int MsgSendPulsePtr_r(int coid, int priority, int code, void *value);

int MsgDeliverEvent(rcvid_t rcvid, const struct sigevent *event);
int MsgDeliverEvent_r(rcvid_t rcvid, const struct sigevent *event);
int MsgVerifyEvent(rcvid_t rcvid, const struct sigevent *event);
int MsgVerifyEvent_r(rcvid_t rcvid, const struct sigevent *event);

#define _NTO_REGEVENT_ALLOW_ANY_SERVER	(-1)
#define _NTO_REGEVENT_ALLOW_SELF	(-2)
int MsgRegisterEvent(struct sigevent *event, int coid);
int MsgRegisterEvent_r(struct sigevent *event, int coid);
int MsgUnregisterEvent(const struct sigevent *event);
int MsgUnregisterEvent_r(const struct sigevent *event);

/* ---- timers ---- */

/* TIMER_ABSTIME is Linux's. QNX's value is understood as well. */
#define _NTO_TIMEOUT_MASK	((1u << STATE_MAX) - 1)
#define _NTO_TIMEOUT_ACTIVE	(1 << STATE_MAX)
#define _NTO_TIMEOUT_IMMEDIATE	(1 << (STATE_MAX + 1))
#define _NTO_TIMEOUT_NO_WAIT	(1 << (STATE_MAX + 1))
#define _NTO_TIMEOUT_SEND	(1 << STATE_SEND)
#define _NTO_TIMEOUT_RECEIVE	(1 << STATE_RECEIVE)
#define _NTO_TIMEOUT_REPLY	(1 << STATE_REPLY)
#define _NTO_TIMEOUT_SIGSUSPEND	(1 << STATE_SIGSUSPEND)
#define _NTO_TIMEOUT_SIGWAITINFO	(1 << STATE_SIGWAITINFO)
#define _NTO_TIMEOUT_NANOSLEEP	(1 << STATE_NANOSLEEP)
#define _NTO_TIMEOUT_MUTEX	(1 << STATE_MUTEX)
#define _NTO_TIMEOUT_CONDVAR	(1 << STATE_CONDVAR)
#define _NTO_TIMEOUT_JOIN	(1 << STATE_JOIN)
#define _NTO_TIMEOUT_INTR	(1 << STATE_INTR)
#define _NTO_TIMEOUT_SEM	(1 << STATE_SEM)

int TimerTimeout(clockid_t id, int flags, const struct sigevent *notify, const uint64_t *ntime,
		 uint64_t *otime);
int TimerTimeout_r(clockid_t id, int flags, const struct sigevent *notify, const uint64_t *ntime,
		   uint64_t *otime);

struct _itimer {
	uint64_t nsec;
	uint64_t interval_nsec;
};

#define _NTO_TI_ACTIVE		0x0001	/* it runs */
#define _NTO_TI_ABSOLUTE	0x0002	/* it was set to a time of the clock */
#define _NTO_TI_EXPIRED		0x0004	/* it has expired */
#define _NTO_TI_TOD_BASED	0x0008	/* its clock is CLOCK_REALTIME */
#define _NTO_TI_TARGET_PROCESS	0x0010
#define _NTO_TI_REPORT_TOLERANCE	0x0020
#define _NTO_TI_PRECISE		0x0040

#define _NTO_TIMER_SEARCH	1	/* TimerInfo: this timer or the next one */

struct _timer_info {
	struct _itimer itime;	/* time that is left, interval */
	struct _itimer otime;	/* what it was set to */
	uint32_t flags;		/* _NTO_TI_* */
	int32_t tid;
	int32_t notify;		/* SIGEV_* */
	clockid_t clockid;
	uint32_t overruns;
	struct sigevent event;
};

int TimerCreate(clockid_t id, const struct sigevent *event);
int TimerCreate_r(clockid_t id, const struct sigevent *event);
int TimerDestroy(timer_t id);
int TimerDestroy_r(timer_t id);
int TimerSettime(timer_t id, int flags, const struct _itimer *itime, struct _itimer *oitime);
int TimerSettime_r(timer_t id, int flags, const struct _itimer *itime, struct _itimer *oitime);
int TimerInfo(pid_t pid, timer_t id, int flags, struct _timer_info *info);
int TimerInfo_r(pid_t pid, timer_t id, int flags, struct _timer_info *info);
int TimerAlarm(clockid_t id, const struct _itimer *itime, struct _itimer *otime);
int TimerAlarm_r(clockid_t id, const struct _itimer *itime, struct _itimer *otime);

/* ---- interrupts: ENOSYS ---- */

struct intrspin {
	volatile unsigned int value;
};

int InterruptAttach(int intr, const struct sigevent *(*handler)(void *area, int id),
		    const void *area, int size, unsigned int flags);
int InterruptAttach_r(int intr, const struct sigevent *(*handler)(void *area, int id),
		      const void *area, int size, unsigned int flags);
int InterruptAttachEvent(int intr, const struct sigevent *event, unsigned int flags);
int InterruptAttachEvent_r(int intr, const struct sigevent *event, unsigned int flags);
int InterruptDetach(int id);
int InterruptDetach_r(int id);
int InterruptWait(int flags, const uint64_t *timeout);
int InterruptWait_r(int flags, const uint64_t *timeout);
int InterruptMask(int intr, int id);
int InterruptUnmask(int intr, int id);

/* ---- threads, scheduling, clocks ---- */

#include <qipc/kernel.h>

#ifdef __cplusplus
}
#endif

#endif
