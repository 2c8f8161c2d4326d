// SPDX-License-Identifier: MIT OR Apache-2.0
/* <sys/asyncmsg.h>: there are no asynchronous messages. */
#include <errno.h>
#include <sys/asyncmsg.h>
#include "shims.h"

static int missing(void)
{
	errno = ENOSYS;
	return -1;
}

int asyncmsg_channel_create(unsigned int flags, int mode, size_t buffer_size,
			    unsigned int max_num_buffer, const struct sigevent *ev,
			    int (*recvbuf_callback)(size_t size, unsigned int num, void **bufs,
						    int alloc))
{
	(void)flags;
	(void)mode;
	(void)buffer_size;
	(void)max_num_buffer;
	(void)ev;
	(void)recvbuf_callback;
	return missing();
}

int asyncmsg_channel_destroy(int chid)
{
	(void)chid;
	return missing();
}

int asyncmsg_connect_attach(uint32_t nd, pid_t pid, int chid, unsigned int index,
			    unsigned int flags, const struct _asyncmsg_connection_attr *attr)
{
	(void)nd;
	(void)pid;
	(void)chid;
	(void)index;
	(void)flags;
	(void)attr;
	return missing();
}

int asyncmsg_connect_attr(int coid, struct _asyncmsg_connection_attr *old_attr,
			  const struct _asyncmsg_connection_attr *new_attr)
{
	(void)coid;
	(void)old_attr;
	(void)new_attr;
	return missing();
}

int asyncmsg_connect_detach(int coid)
{
	(void)coid;
	return missing();
}

int asyncmsg_put(int coid, const void *buf, size_t size, unsigned int handle,
		 int (*call_back)(int err, void *buf, unsigned handle))
{
	(void)coid;
	(void)buf;
	(void)size;
	(void)handle;
	(void)call_back;
	return missing();
}

int asyncmsg_putv(int coid, const struct iovec *iov, int parts, unsigned int handle,
		  int (*call_back)(int err, void *buf, unsigned handle))
{
	(void)coid;
	(void)iov;
	(void)parts;
	(void)handle;
	(void)call_back;
	return missing();
}

struct _asyncmsg_get_header *asyncmsg_get(int chid)
{
	(void)chid;
	missing();
	return NULL;
}

int asyncmsg_flush(int coid, int mode)
{
	(void)coid;
	(void)mode;
	return missing();
}

void *asyncmsg_malloc(size_t size)
{
	(void)size;
	missing();
	return NULL;
}

int asyncmsg_free(struct _asyncmsg_get_header *agh)
{
	(void)agh;
	return missing();
}
