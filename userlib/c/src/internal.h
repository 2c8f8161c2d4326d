/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Between the C and the Rust half of libqipc.  The functions are those of
 * raw.rs; each returns what the call returns, or minus an errno.
 */
#ifndef QIPC_INTERNAL_H
#define QIPC_INTERNAL_H

#include <linux/qipc.h>
#include <sys/neutrino.h>

/* A timeout as the kernel takes it; the layout is that of raw.rs. */
struct qipc_deadline {
	struct qipc_timeout timeout;
	struct qipc_event event;
};

int __qipc_session(void);
int __qipc_over(int fd, int error);
int __qipc_readable(const void *address, size_t bytes);
int __qipc_writable(void *address, size_t bytes);
uint64_t __qipc_deadline(uint32_t possible, struct qipc_deadline *deadline);
int __qipc_timeout_of(uint32_t state, int *clock, uint64_t *nanoseconds);
void __qipc_disarm(void);
long __qipc_timer_timeout(int clock, int flags, const struct sigevent *notify,
			  const uint64_t *time, uint64_t *left);

long __qipc_channel_create(uint32_t flags);
long __qipc_channel_create_pool(uint32_t flags, uint32_t num_pulses, uint32_t rearm,
				const struct sigevent *event, int eventfd);
long __qipc_channel_destroy(int chid);

long __qipc_connect_attach(uint32_t nd, int pid, int chid, uint32_t index, int flags);
long __qipc_connect_detach(int coid);
long __qipc_connect_server_info(int pid, int coid, int only_live, struct qipc_server_info *out);
long __qipc_connect_client_info(int scoid, struct qipc_client_info *out, uint32_t *groups,
				uint32_t max_groups);
long __qipc_connect_flags(int pid, int coid, uint32_t mask, uint32_t bits);

long __qipc_msg_reply(int64_t rcvid, long status, const void *base, size_t count, uint32_t flags);
long __qipc_msg_error(int64_t rcvid, int error);
long __qipc_msg_read(int64_t rcvid, void *base, size_t count, size_t offset, uint32_t flags);
long __qipc_msg_write(int64_t rcvid, const void *base, size_t count, size_t offset,
		      uint32_t flags);
long __qipc_msg_info(int64_t rcvid, struct _msg_info *out);
long __qipc_msg_current(int64_t rcvid);

long __qipc_pulse_send(int coid, int priority, int code, uint64_t value);
long __qipc_event_deliver(int64_t rcvid, const struct sigevent *event, int only_verify);
long __qipc_event_register(struct sigevent *event, int coid, int eventfd);
long __qipc_event_unregister(const struct sigevent *event);

long __qipc_name_attach(int chid, const char *name, uint32_t length);
long __qipc_name_detach(const char *name, uint32_t length);
long __qipc_name_open(const char *name, uint32_t length);

long __qipc_timer_make(int clock, const struct sigevent *event);
long __qipc_timer_remove(int id);
long __qipc_timer_set(int id, int flags, uint64_t value, uint64_t interval, uint64_t old[2]);
long __qipc_timer_get(int id, uint64_t out[3]);
long __qipc_timer_info(int id, int search, struct _timer_info *out);

/* events.c */

/* Called by raw.rs: sem_post(), as a timer's thread. */
void __qipc_post_semaphore(uint64_t semaphore);
/* Whether an event is of a kind that only exists inside of a process. */
int __qipc_event_is_local(const struct sigevent *event);
/* Lets such an event happen; minus an errno. */
long __qipc_event_happen(const struct sigevent *event);

/* The result of the plain form of a call: -1 and errno. */
static inline long qipc_plain(long result)
{
	if (result >= 0)
		return result;
	errno = (int)-result;
	return -1;
}

#endif
