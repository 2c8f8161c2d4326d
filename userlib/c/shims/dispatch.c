// SPDX-License-Identifier: MIT OR Apache-2.0
/* The dispatch loop over a raw channel: contexts, receiving, handlers of messages and pulses. */
#include <stdlib.h>
#include <string.h>
#include <sys/neutrino.h>
#include "dispatch.h"
#include "shims.h"

#define LEAST_MSG_SIZE	2048	/* of a context's buffer */

/* A context as it is allocated: what the program sees, then the buffer it points to. */
struct whole_context {
	dispatch_context_t context;
	size_t len;		/* of what was received */
	resmgr_iomsgs_t buffer[];
};

static struct whole_context *whole(dispatch_context_t *ctp)
{
	return (struct whole_context *)ctp;
}

dispatch_t *dispatch_create_channel(int chid, unsigned int flags)
{
	dispatch_t *dpp;

	if (flags & ~DISPATCH_FLAG_NOLOCK) {
		errno = EINVAL;
		return NULL;
	}
	dpp = calloc(1, sizeof(*dpp));
	if (!dpp)
		return NULL;
	pthread_mutex_init(&dpp->lock, NULL);
	dpp->chid = chid;
	dpp->coid = -1;
	dpp->select_code = -1;
	dpp->msg_max_size = LEAST_MSG_SIZE;
	return dpp;
}

dispatch_t *dispatch_create(void)
{
	return dispatch_create_channel(-1, 0);
}

/*
 * Only one channel of a process can be told of servers that have gone; if it
 * is another one, this one does without.
 */
static int make_channel(void)
{
	const unsigned int flags = _NTO_CHF_UNBLOCK | _NTO_CHF_DISCONNECT;
	int chid = ChannelCreate(flags | _NTO_CHF_COID_DISCONNECT);

	if (chid < 0 && errno == EBUSY)
		chid = ChannelCreate(flags);
	return chid;
}

static int chid_locked(dispatch_t *dpp)
{
	if (dpp->chid < 0) {
		dpp->chid = make_channel();
		dpp->own_channel = dpp->chid >= 0;
	}
	return dpp->chid;
}

int __qipc_dispatch_chid(dispatch_t *dpp)
{
	int chid;

	pthread_mutex_lock(&dpp->lock);
	chid = chid_locked(dpp);
	pthread_mutex_unlock(&dpp->lock);
	return chid;
}

int __qipc_dispatch_coid(dispatch_t *dpp)
{
	int coid;

	pthread_mutex_lock(&dpp->lock);
	if (dpp->coid < 0 && chid_locked(dpp) >= 0)
		dpp->coid = ConnectAttach(ND_LOCAL_NODE, 0, dpp->chid, _NTO_SIDE_CHANNEL, 0);
	coid = dpp->coid;
	pthread_mutex_unlock(&dpp->lock);
	return coid;
}

int dispatch_destroy(dispatch_t *dpp)
{
	struct handler *handler;

	if (!dpp)
		return plain(EINVAL);
	__qipc_select_end(dpp);
	if (dpp->coid >= 0)
		ConnectDetach(dpp->coid);
	if (dpp->own_channel)
		ChannelDestroy(dpp->chid);
	while ((handler = dpp->handlers)) {
		dpp->handlers = handler->next;
		free(handler);
	}
	pthread_mutex_destroy(&dpp->lock);
	free(dpp);
	return 0;
}

int dispatch_timeout(dispatch_t *dpp, struct timespec *reltime)
{
	if (!dpp)
		return plain(EINVAL);
	pthread_mutex_lock(&dpp->lock);
	dpp->timed = reltime != NULL;
	if (reltime)
		dpp->timeout = *reltime;
	pthread_mutex_unlock(&dpp->lock);
	return 0;
}

static int attach(dispatch_t *dpp, const struct handler *wish)
{
	struct handler *handler, **link;
	int error = EOK;

	handler = malloc(sizeof(*handler));
	if (!handler)
		return ENOMEM;
	*handler = *wish;
	handler->next = NULL;
	pthread_mutex_lock(&dpp->lock);
	if (chid_locked(dpp) < 0)
		error = errno;
	for (link = &dpp->handlers; *link; link = &(*link)->next)
		;
	if (error)
		free(handler);
	else
		*link = handler;
	pthread_mutex_unlock(&dpp->lock);
	return error;
}

static int detach(dispatch_t *dpp, bool is_pulse, int low, int high)
{
	struct handler **link, *found;

	pthread_mutex_lock(&dpp->lock);
	for (link = &dpp->handlers; *link; link = &(*link)->next)
		if ((*link)->is_pulse == is_pulse && (*link)->low == low && (*link)->high == high)
			break;
	found = *link;
	if (found)
		*link = found->next;
	pthread_mutex_unlock(&dpp->lock);
	free(found);
	return found ? EOK : EINVAL;
}

/* What to call for a type or a code; by value, since it may be detached at any time. */
static bool find(dispatch_t *dpp, bool is_pulse, int code, struct handler *result)
{
	struct handler *handler, *fallback = NULL;

	pthread_mutex_lock(&dpp->lock);
	for (handler = dpp->handlers; handler; handler = handler->next) {
		if (handler->is_pulse != is_pulse)
			continue;
		if (handler->low <= code && code <= handler->high)
			break;
		if (!is_pulse && handler->flags & MSG_FLAG_DEFAULT_FUNC)
			fallback = handler;
	}
	handler = handler ? handler : fallback;
	if (handler)
		*result = *handler;
	pthread_mutex_unlock(&dpp->lock);
	return handler != NULL;
}

int message_attach(dispatch_t *dpp, message_attr_t *attr, int low, int high,
		   int (*func)(message_context_t *ctp, int code, unsigned int flags, void *handle),
		   void *handle)
{
	struct handler wish = { .low = low, .high = high, .func = func, .handle = handle };

	if (!dpp || !func || low < 0 || high > UINT16_MAX || low > high)
		return plain(EINVAL);
	if (attr) {
		bool too_late;

		wish.flags = attr->flags;
		pthread_mutex_lock(&dpp->lock);
		too_late = attr->msg_max_size > dpp->msg_max_size && dpp->contexts;
		if (!too_late && attr->msg_max_size > dpp->msg_max_size)
			dpp->msg_max_size = attr->msg_max_size;
		pthread_mutex_unlock(&dpp->lock);
		if (too_late)
			return plain(EINVAL);
	}
	return plain(attach(dpp, &wish));
}

int message_detach(dispatch_t *dpp, int low, int high, int flags)
{
	(void)flags;
	return plain(dpp ? detach(dpp, false, low, high) : EINVAL);
}

int message_connect(dispatch_t *dpp, int flags)
{
	int chid;

	if (!dpp || flags & ~MSG_FLAG_SIDE_CHANNEL)
		return plain(EINVAL);
	chid = __qipc_dispatch_chid(dpp);
	if (chid < 0)
		return -1;
	return ConnectAttach(ND_LOCAL_NODE, 0, chid,
			     flags & MSG_FLAG_SIDE_CHANNEL ? _NTO_SIDE_CHANNEL : 0,
			     _NTO_COF_CLOEXEC);
}

int pulse_attach(dispatch_t *dpp, int flags, int code,
		 int (*func)(message_context_t *ctp, int code, unsigned int flags, void *handle),
		 void *handle)
{
	struct handler wish = { .is_pulse = true, .func = func, .handle = handle }, other;
	int error;

	if (!dpp || !func || flags & ~(MSG_FLAG_ALLOC_PULSE | MSG_FLAG_CROSS_ENDIAN))
		return plain(EINVAL);
	if (flags & MSG_FLAG_ALLOC_PULSE)
		for (code = _PULSE_CODE_MINAVAIL; find(dpp, true, code, &other); code++)
			if (code == _PULSE_CODE_MAXAVAIL)
				return plain(EAGAIN);
	if (code < INT8_MIN || code > INT8_MAX)
		return plain(EINVAL);
	wish.low = code;
	wish.high = code;
	error = attach(dpp, &wish);
	return error ? plain(error) : code;
}

int pulse_detach(dispatch_t *dpp, int code, int flags)
{
	(void)flags;
	return plain(dpp ? detach(dpp, true, code, code) : EINVAL);
}

dispatch_context_t *dispatch_context_alloc(dispatch_t *dpp)
{
	struct whole_context *ctp = NULL;
	size_t size;

	if (!dpp) {
		errno = EINVAL;
		return NULL;
	}
	pthread_mutex_lock(&dpp->lock);
	size = dpp->msg_max_size;
	if (size < sizeof(resmgr_iomsgs_t))
		size = sizeof(resmgr_iomsgs_t);
	if (chid_locked(dpp) >= 0)
		ctp = calloc(1, sizeof(*ctp) + size);
	if (ctp)
		dpp->contexts++;
	pthread_mutex_unlock(&dpp->lock);
	if (!ctp)
		return NULL;
	ctp->context.message_context.dpp = dpp;
	ctp->context.message_context.msg = ctp->buffer;
	ctp->context.message_context.msg_max_size = size;
	return &ctp->context;
}

void dispatch_context_free(dispatch_context_t *ctp)
{
	dispatch_t *dpp;

	if (!ctp)
		return;
	dpp = ctp->message_context.dpp;
	pthread_mutex_lock(&dpp->lock);
	dpp->contexts--;
	pthread_mutex_unlock(&dpp->lock);
	free(whole(ctp));
}

dispatch_context_t *dispatch_block(dispatch_context_t *ctp)
{
	message_context_t *message = &ctp->message_context;
	dispatch_t *dpp = message->dpp;
	uint64_t timeout = 0;
	bool timed;
	int chid;

	pthread_mutex_lock(&dpp->lock);
	chid = dpp->chid;
	timed = dpp->timed;
	if (timed)
		timeout = timespec2nsec(&dpp->timeout);
	pthread_mutex_unlock(&dpp->lock);

	message->status = 0;
	message->offset = 0;
	message->size = 0;
	if (timed && TimerTimeout(CLOCK_MONOTONIC, _NTO_TIMEOUT_RECEIVE, NULL, &timeout, NULL) < 0)
		return NULL;
	message->rcvid = MsgReceive(chid, message->msg, message->msg_max_size, &message->info);
	if (message->rcvid < 0) {
		message->rcvid = -1;
		return timed && errno == ETIMEDOUT ? ctp : NULL;
	}
	whole(ctp)->len = message->rcvid ? (size_t)message->info.msglen : sizeof(struct _pulse);
	return ctp;
}

/* One thread of those that are blocked returns from dispatch_block(), with a pulse that means nothing. */
void dispatch_unblock(dispatch_context_t *ctp)
{
	int coid = __qipc_dispatch_coid(ctp->message_context.dpp);

	if (coid >= 0)
		MsgSendPulse(coid, SIGEV_PULSE_PRIO_INHERIT, _PULSE_CODE_UNBLOCK, 0);
}

static int handle_pulse(message_context_t *message)
{
	const struct _pulse *pulse = &message->msg->pulse;
	struct handler handler;
	const int code = pulse->code;

	if (code == _PULSE_CODE_UNBLOCK && pulse->value.sival_long == 0)
		return 0;
	if (find(message->dpp, true, code, &handler)) {
		handler.func(message, code, 0, handler.handle);
		return 0;
	}
	/* Without this the number of a client that has gone would stay taken. */
	if (code == _PULSE_CODE_DISCONNECT)
		ConnectDetach(pulse->scoid);
	return 0;
}

int dispatch_handler(dispatch_context_t *ctp)
{
	message_context_t *message = &ctp->message_context;
	struct handler handler;

	if (message->rcvid < 0)
		return 0;
	if (message->rcvid == 0)
		return handle_pulse(message);
	if (whole(ctp)->len < sizeof(message->msg->type))
		return MsgError(message->rcvid, EINVAL);
	if (!find(message->dpp, false, message->msg->type, &handler))
		return MsgError(message->rcvid, ENOSYS);
	handler.func(message, message->msg->type, 0, handler.handle);
	return 0;
}
