/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Asynchronous messages, an experiment of QNX 6.4 to 7 that QNX 8 has taken out.
 * What is declared here lets sources compile, and always fails with ENOSYS.
 */
#ifndef _QIPC_SYS_ASYNCMSG_H
#define _QIPC_SYS_ASYNCMSG_H
#pragma GCC system_header

#include <stddef.h>
#include <stdint.h>
#include <sys/neutrino.h>

#define ASYNCMSG_FLUSH_NONBLOCK	1

struct _asyncmsg_put_header {
	struct _asyncmsg_put_header *next;
	void *buf;
	unsigned int size;
	unsigned int handle;
	int (*call_back)(int err, void *buf, unsigned handle);
};

struct _asyncmsg_get_header {
	struct _asyncmsg_get_header *next;
	struct _msg_info info;
	struct iovec *iov;
	int parts;
	unsigned int flags;
};

struct _asyncmsg_connection_attr {
	int (*call_back)(int err, void *buf, unsigned handle);
	size_t buffer_size;
	unsigned int max_num_buffer;
	unsigned int trigger_num_msg;
	struct _itimer trigger_time;
};

#ifdef __cplusplus
extern "C" {
#endif

int asyncmsg_channel_create(unsigned int flags, int mode, size_t buffer_size,
			    unsigned int max_num_buffer, const struct sigevent *ev,
			    int (*recvbuf_callback)(size_t size, unsigned int num, void **bufs,
						    int alloc));
int asyncmsg_channel_destroy(int chid);
int asyncmsg_connect_attach(uint32_t nd, pid_t pid, int chid, unsigned int index,
			    unsigned int flags, const struct _asyncmsg_connection_attr *attr);
int asyncmsg_connect_attr(int coid, struct _asyncmsg_connection_attr *old_attr,
			  const struct _asyncmsg_connection_attr *new_attr);
int asyncmsg_connect_detach(int coid);
int asyncmsg_put(int coid, const void *buf, size_t size, unsigned int handle,
		 int (*call_back)(int err, void *buf, unsigned handle));
int asyncmsg_putv(int coid, const struct iovec *iov, int parts, unsigned int handle,
		  int (*call_back)(int err, void *buf, unsigned handle));
/* NULL. */
struct _asyncmsg_get_header *asyncmsg_get(int chid);
int asyncmsg_flush(int coid, int mode);
/* NULL. */
void *asyncmsg_malloc(size_t size);
/* There is nothing to free. */
int asyncmsg_free(struct _asyncmsg_get_header *agh);

#ifdef __cplusplus
}
#endif

#endif
