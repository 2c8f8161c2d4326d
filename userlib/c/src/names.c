// SPDX-License-Identifier: MIT OR Apache-2.0
/*
 * name_attach() and its relatives, on the names of the kernel module.  There
 * are no global names: NAME_FLAG_ATTACH_GLOBAL is a local one.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/dispatch.h>

#include "internal.h"

/* What name_attach() returns, and what name_detach() needs. */
struct attached {
	name_attach_t public;
	int made_dispatch;
	uint32_t length;
	char name[QIPC_NAME_MAX + 1];
};

/* Of the dispatch library: the channel that a dispatch structure receives on, made if there is none yet; -1. */
int __qipc_dispatch_chid(dispatch_t *dpp) __attribute__((weak));
#pragma weak dispatch_create_channel
#pragma weak dispatch_destroy

#define FLAGS_OF_CHANNEL	(_NTO_CHF_DISCONNECT | _NTO_CHF_COID_DISCONNECT | _NTO_CHF_UNBLOCK)

static atomic_int last_id;

/*
 * The name as the module has it: components between single slashes, without
 * ".".  Its length; 0 for what is no name, -1 for one that is too long.
 */
static int normalise(const char *path, char out[QIPC_NAME_MAX + 1])
{
	size_t length = 0;

	if (!path || path[0] == '/')
		return 0;
	while (*path) {
		size_t n = strcspn(path, "/");

		if (n == 2 && path[0] == '.' && path[1] == '.')
			return 0;
		if (n > 0 && !(n == 1 && path[0] == '.')) {
			if (length + n + 1 > QIPC_NAME_MAX || n > QIPC_NAME_COMPONENT_MAX)
				return -1;
			if (length)
				out[length++] = '/';
			memcpy(out + length, path, n);
			length += n;
		}
		path += n;
		path += *path == '/';
	}
	out[length] = 0;
	return (int)length;
}

static name_attach_t *fail(struct attached *attached, int error)
{
	free(attached);
	errno = error;
	return NULL;
}

/* A channel, with all that name_attach() promises if no other channel of the process has it. */
static int make_channel(void)
{
	long chid = __qipc_channel_create(FLAGS_OF_CHANNEL);

	if (chid == -EBUSY)
		chid = __qipc_channel_create(FLAGS_OF_CHANNEL & ~_NTO_CHF_COID_DISCONNECT);
	return (int)chid;
}

name_attach_t *name_attach(dispatch_t *dpp, const char *path, unsigned int flags)
{
	struct attached *attached;
	int length, chid;
	long error;

	if (flags & ~(unsigned int)NAME_FLAG_ATTACH_GLOBAL)
		return fail(NULL, EINVAL);
	attached = calloc(1, sizeof(*attached));
	if (!attached)
		return fail(NULL, ENOMEM);
	length = normalise(path, attached->name);
	if (length <= 0)
		return fail(attached, length ? ENAMETOOLONG : EINVAL);

	if (dpp) {
		chid = __qipc_dispatch_chid(dpp);
		if (chid < 0)
			return fail(attached, errno);
	} else {
		chid = make_channel();
		if (chid < 0)
			return fail(attached, -chid);
		dpp = dispatch_create_channel ? dispatch_create_channel(chid, 0) : NULL;
		if (!dpp && dispatch_create_channel) {
			error = errno;
			__qipc_channel_destroy(chid);
			return fail(attached, (int)error);
		}
		attached->made_dispatch = 1;
	}
	error = __qipc_name_attach(chid, attached->name, (uint32_t)length);
	if (error < 0) {
		if (attached->made_dispatch) {
			if (dpp)
				dispatch_destroy(dpp);
			__qipc_channel_destroy(chid);
		}
		return fail(attached, (int)-error);
	}
	attached->length = (uint32_t)length;
	attached->public.dpp = dpp;
	attached->public.chid = chid;
	attached->public.mntid = atomic_fetch_add(&last_id, 1) + 1;
	return &attached->public;
}

int name_detach(name_attach_t *attach, unsigned int flags)
{
	struct attached *attached = (struct attached *)attach;

	if (!attached || (flags & ~(unsigned int)NAME_FLAG_DETACH_SAVEDPP)) {
		errno = EINVAL;
		return -1;
	}
	/* In a child of fork the name is its parent's: all there is to do is to free. */
	__qipc_name_detach(attached->name, attached->length);
	if (!(flags & NAME_FLAG_DETACH_SAVEDPP)) {
		if (attached->public.dpp)
			dispatch_destroy(attached->public.dpp);
		/* Already gone if the dispatch structure had made it. */
		__qipc_channel_destroy(attached->public.chid);
	}
	free(attached);
	return 0;
}

int name_open(const char *name, int flags)
{
	char path[QIPC_NAME_MAX + 1];
	int length;

	pthread_testcancel();
	if (flags & ~NAME_FLAG_ATTACH_GLOBAL) {
		errno = EINVAL;
		return -1;
	}
	/* QNX 6 programs also say where in the path space the name is. */
	if (name && !strncmp(name, "/dev/name/local/", 16))
		name += 16;
	else if (name && !strncmp(name, "/dev/name/global/", 17))
		name += 17;
	length = normalise(name, path);
	if (length < 0)
		return (int)qipc_plain(-ENAMETOOLONG);
	if (length == 0)
		return (int)qipc_plain(name && name[0] ? -ENOENT : -EINVAL);
	return (int)qipc_plain(__qipc_name_open(path, (uint32_t)length));
}

int name_close(int coid)
{
	return (int)qipc_plain(__qipc_connect_detach(coid));
}
