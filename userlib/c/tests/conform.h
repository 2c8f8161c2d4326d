/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tests of the C library share: peers whose jobs are calls of QNX.
 *
 * Everything goes through libqipc by the names of QNX; nothing here knows an
 * ioctl, except for looking whether a thread sleeps in one.
 */
#ifndef QIPC_CONFORM_H
#define QIPC_CONFORM_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <sys/neutrino.h>
#include <sys/dispatch.h>
#include <sys/iomsg.h>
#include <sys/siginfo.h>
#include <sys/uio.h>

/* What the jobs work on. */
#define PEER_MEMBERS									\
	pid_t server;		/* to whom job_attach connects */			\
	int chid;									\
	int coid;									\
	unsigned int index;								\
	int flags;									\
	const void *sbuf;								\
	size_t sbytes;									\
	void *rbuf;									\
	size_t rbytes;									\
	rcvid_t rcvid;									\
	struct _msg_info info;								\
	struct _pulse got;	/* of job_receive_pulse */				\
	struct sigevent event;								\
	int states;		/* of the timeout of the next blocking job, or 0 */	\
	uint64_t ns;		/* its time from now; NEVER_WAIT for none */		\
	long status;		/* what MsgSend returned */				\
	int err;		/* and errno behind it; 0 was there before */		\
	int own_chid;		/* of job_own_channel */				\
	int own_coid;									\
	long value[4];		/* spare operands and results */			\
	unsigned char out[1024];							\
	unsigned char in[1024]

#include "test_base.h"

#define NEVER_WAIT	UINT64_MAX
#define MS		1000000ULL
/* For what would be an endless wait if the tested thing was not so. */
#define PATIENCE	(PATIENCE_MS * MS)

/* The result of a call as one number: what it returned, or minus errno. */
static inline long outcome(long ret)
{
	return ret == -1 && errno ? -errno : ret;
}

/* A call and its outcome. */
#define CALL(expression) (errno = 0, outcome(expression))

/* --- the test as a server ------------------------------------------------------ */

/* Arms the next blocking call of this thread. */
static inline int arm(int states, uint64_t ns)
{
	return TimerTimeout(CLOCK_MONOTONIC, states, NULL, ns == NEVER_WAIT ? NULL : &ns, NULL);
}

/* For a message that is known to be there: -ETIMEDOUT if it is not. */
static inline rcvid_t receive_now(int chid, void *buf, size_t len, struct _msg_info *info)
{
	arm(_NTO_TIMEOUT_RECEIVE, NEVER_WAIT);
	return CALL(MsgReceive(chid, buf, len, info));
}

/* For one that comes soon. */
static inline rcvid_t receive_soon(int chid, void *buf, size_t len, struct _msg_info *info)
{
	arm(_NTO_TIMEOUT_RECEIVE, PATIENCE);
	return CALL(MsgReceive(chid, buf, len, info));
}

static inline long pulse_now(int chid, struct _pulse *pulse)
{
	sentinel_fill(pulse, sizeof(*pulse));
	arm(_NTO_TIMEOUT_RECEIVE, NEVER_WAIT);
	return CALL(MsgReceivePulse(chid, pulse, sizeof(*pulse), NULL));
}

static inline long pulse_soon(int chid, struct _pulse *pulse)
{
	sentinel_fill(pulse, sizeof(*pulse));
	arm(_NTO_TIMEOUT_RECEIVE, PATIENCE);
	return CALL(MsgReceivePulse(chid, pulse, sizeof(*pulse), NULL));
}

/* True when neither a message nor a pulse waits on the channel. */
static inline bool channel_empty(int chid)
{
	struct _pulse pulse;

	return receive_now(chid, &pulse, sizeof(pulse), NULL) == -ETIMEDOUT;
}

static inline int attach_side(pid_t pid, int chid)
{
	return ConnectAttach(ND_LOCAL_NODE, pid, chid, _NTO_SIDE_CHANNEL, 0);
}

/* --- peers ------------------------------------------------------------------------ */

/* The library opens what it needs by itself in a process. */
static inline int peer_enter(struct peer *peer)
{
	(void)peer;
	return 0;
}

/* A new peer, or NULL: a process, or a thread of the test. */
static inline struct peer *peer_start(bool process)
{
	struct peer *peer = shared_alloc(sizeof(*peer));

	if (!peer)
		return NULL;
	peer->server = getpid();
	peer->index = _NTO_SIDE_CHANNEL;
	return peer_launch(peer, process, peer_enter) ? NULL : peer;
}

static inline void peer_arm(struct peer *peer)
{
	if (peer->states)
		arm(peer->states, peer->ns);
	peer->states = 0;
}

static inline long job_attach(struct peer *peer)
{
	peer->coid = ConnectAttach(ND_LOCAL_NODE, peer->server, peer->chid, peer->index,
				   peer->flags);
	return peer->coid < 0 ? -errno : 0;
}

static inline long job_detach(struct peer *peer)
{
	return CALL(ConnectDetach(peer->coid));
}

/* A peer that is connected to a channel of the test, or NULL. */
static inline struct peer *client_start(bool process, int chid)
{
	struct peer *peer = peer_start(process);

	if (!peer)
		return NULL;
	peer->chid = chid;
	return peer_call(peer, job_attach) ? NULL : peer;
}

static inline long job_create(struct peer *peer)
{
	peer->chid = ChannelCreate(peer->flags);
	return peer->chid < 0 ? -errno : 0;
}

static inline long job_destroy(struct peer *peer)
{
	return CALL(ChannelDestroy(peer->chid));
}

/* Status and errno are in the peer as well: a status may look like an error. */
static inline long job_send(struct peer *peer)
{
	peer_arm(peer);
	errno = 0;
	peer->status = MsgSend(peer->coid, peer->sbuf, peer->sbytes, peer->rbuf, peer->rbytes);
	peer->err = errno;
	return outcome(peer->status);
}

static inline long job_sendnc(struct peer *peer)
{
	errno = 0;
	peer->status = MsgSendnc(peer->coid, peer->sbuf, peer->sbytes, peer->rbuf, peer->rbytes);
	peer->err = errno;
	return outcome(peer->status);
}

static inline long job_receive(struct peer *peer)
{
	peer_arm(peer);
	peer->rcvid = CALL(MsgReceive(peer->chid, peer->rbuf, peer->rbytes, &peer->info));
	return peer->rcvid < 0 ? peer->rcvid : 0;
}

static inline long job_receive_pulse(struct peer *peer)
{
	peer_arm(peer);
	return CALL(MsgReceivePulse(peer->chid, &peer->got, sizeof(peer->got), NULL));
}

/* Answers value[0] with the status value[1]; with value[2] it is an error. */
static inline long job_respond(struct peer *peer)
{
	if (peer->value[2])
		return CALL(MsgError(peer->value[0], peer->value[1]));
	return CALL(MsgReply(peer->value[0], peer->value[1], NULL, 0));
}

/* Priority value[0], code value[1], value value[2]. */
static inline long job_pulse(struct peer *peer)
{
	return CALL(MsgSendPulse(peer->coid, peer->value[0], peer->value[1], peer->value[2]));
}

static inline long peer_pulse(struct peer *peer, int priority, int code, int value)
{
	peer->value[0] = priority;
	peer->value[1] = code;
	peer->value[2] = value;
	return peer_call(peer, job_pulse);
}

/* A channel of the peer's own, and a connection to it, for events. */
static inline long job_own_channel(struct peer *peer)
{
	peer->own_chid = ChannelCreate(0);
	if (peer->own_chid < 0)
		return -errno;
	peer->own_coid = attach_side(0, peer->own_chid);
	return peer->own_coid < 0 ? -errno : 0;
}

/* The pulse that comes there, into peer->got. */
static inline long job_own_pulse(struct peer *peer)
{
	return pulse_soon(peer->own_chid, &peer->got);
}

/* Installs a handler that does nothing; value[0] is the signal. */
static inline long job_handle(struct peer *peer)
{
	struct sigaction act = { .sa_handler = count_signal };

	return sigaction(peer->value[0], &act, NULL) ? -errno : 0;
}

static inline long peer_handle(struct peer *peer, int sig)
{
	peer->value[0] = sig;
	return peer_call(peer, job_handle);
}

/* Priority value[0] under SCHED_FIFO; 0 is SCHED_OTHER. */
static inline long job_set_priority(struct peer *peer)
{
	struct sched_param param = { .sched_priority = peer->value[0] };

	return sched_setscheduler(0, peer->value[0] ? SCHED_FIFO : SCHED_OTHER, &param) ?
		       -errno : 0;
}

static inline long peer_set_priority(struct peer *peer, int priority)
{
	peer->value[0] = priority;
	return peer_call(peer, job_set_priority);
}

/* Starts a send from memory that the peer can see. */
static inline void peer_send(struct peer *peer, const void *sbuf, size_t sbytes, void *rbuf,
			     size_t rbytes)
{
	peer->sbuf = sbuf;
	peer->sbytes = sbytes;
	peer->rbuf = rbuf;
	peer->rbytes = rbytes;
	peer_go(peer, job_send);
}

/* The same of a text, with the answer in peer->in. */
static inline void peer_send_text(struct peer *peer, const char *text)
{
	snprintf((char *)peer->out, sizeof(peer->out), "%s", text);
	sentinel_fill(peer->in, sizeof(peer->in));
	peer_send(peer, peer->out, strlen(text), peer->in, sizeof(peer->in));
}

/* Starts a send and waits until it has come as far as it gets. */
static inline bool send_blocks(struct peer *peer, const char *text)
{
	peer_send_text(peer, text);
	return peer_blocked(peer);
}

/* The same with a timeout, so many nanoseconds long. */
static inline void peer_send_timeout(struct peer *peer, int states, uint64_t ns)
{
	peer->states = states;
	peer->ns = ns;
	peer_send_text(peer, "timed");
}

static inline void peer_receive(struct peer *peer, int chid, void *buf, size_t len)
{
	peer->chid = chid;
	peer->rbuf = buf;
	peer->rbytes = len;
	peer_go(peer, job_receive);
}

static inline bool receive_blocks(struct peer *peer, int chid)
{
	peer_receive(peer, chid, peer->in, sizeof(peer->in));
	return peer_blocked(peer);
}

static inline void peer_receive_pulse(struct peer *peer, int chid)
{
	peer->chid = chid;
	peer_go(peer, job_receive_pulse);
}

static inline long peer_respond(struct peer *peer, rcvid_t rcvid, long status)
{
	peer->value[0] = rcvid;
	peer->value[1] = status;
	peer->value[2] = 0;
	return peer_call(peer, job_respond);
}

/* Has the peer send something, answers it, and gives the server's name for the client. */
static inline int peer_scoid(struct peer *peer, int chid)
{
	struct _msg_info info;
	rcvid_t rcvid;

	peer_send(peer, NULL, 0, NULL, 0);
	rcvid = receive_soon(chid, NULL, 0, &info);
	if (rcvid <= 0 || MsgReply(rcvid, 0, NULL, 0) || peer_wait(peer))
		return -1;
	return info.scoid;
}

/* Receives the message of a client that was just started, which is REPLY-blocked then. */
static inline rcvid_t take(struct peer *client, int chid, const char *text)
{
	peer_send_text(client, text);
	return receive_soon(chid, NULL, 0, NULL);
}

/*
 * The same of one with a timeout, which begins at @ms milliseconds; with more
 * if it was over before the message could be received.
 */
static inline rcvid_t take_in_time(struct peer *client, int chid, int states, unsigned int ms)
{
	rcvid_t rcvid = -ETIMEDOUT;
	int tries;

	for (tries = 0; tries < 8; tries++, ms *= 2) {
		peer_send_timeout(client, states, ms * MS);
		do
			rcvid = receive_now(chid, NULL, 0, NULL);
		while (rcvid == -ETIMEDOUT && client->running);
		if (rcvid != -ETIMEDOUT || peer_wait(client) != -ETIMEDOUT)
			return rcvid;
	}
	return rcvid;
}

#endif /* QIPC_CONFORM_H */
