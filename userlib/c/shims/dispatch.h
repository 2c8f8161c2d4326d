/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The parts of the dispatch library to each other. */
#ifndef QIPC_SHIMS_DISPATCH_H
#define QIPC_SHIMS_DISPATCH_H

#include <stdbool.h>
#include <sys/dispatch.h>

typedef int (*message_func_t)(message_context_t *ctp, int code, unsigned int flags, void *handle);
typedef int (*select_func_t)(select_context_t *ctp, int fd, unsigned int flags, void *handle);

/* Somebody's wish for messages of some types, or for pulses of one code. */
struct handler {
	bool is_pulse;
	unsigned int flags;
	int low;
	int high;
	message_func_t func;
	void *handle;
	struct handler *next;
};

struct watch;

struct _dispatch {
	pthread_mutex_t lock;		/* all below */
	int chid;			/* -1: none yet */
	bool own_channel;		/* made here, so destroyed here */
	int coid;			/* to the channel, for dispatch_unblock(); -1: none yet */
	size_t msg_max_size;
	unsigned int contexts;		/* how many are allocated */
	bool timed;
	struct timespec timeout;
	struct handler *handlers;	/* in the order of attaching */
	struct watch *watches;		/* of select_attach() */
	int select_code;		/* the pulse that they share; -1: none yet */
};

/* The channel, made if there is none yet; -1 with errno. */
int __qipc_dispatch_chid(dispatch_t *dpp);
/* A connection to it that the library keeps; -1 with errno. */
int __qipc_dispatch_coid(dispatch_t *dpp);
/* Ends all watches; for dispatch_destroy(). */
void __qipc_select_end(dispatch_t *dpp);

#endif
