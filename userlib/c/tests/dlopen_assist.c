// SPDX-License-Identifier: GPL-2.0-only
/*
 * A program that is not linked to libqipc, and loads it N times: uses it, has
 * a thread blocked in it, and unloads it.
 *
 *	dlopen_assist N
 */
/* Not the names that the library redirects to itself. */
#define QIPC_SYSTEM_PTHREAD
#include <sys/neutrino.h>

#include <dlfcn.h>
#include <stdlib.h>

typedef int (*create_fn)(unsigned int flags);
typedef int (*destroy_fn)(int chid);
typedef rcvid_t (*receive_fn)(int chid, void *msg, size_t bytes, struct _msg_info *info);

static receive_fn receive;
static int chid;

static void *wait_for_the_end(void *arg)
{
	char byte;

	(void)arg;
	return (void *)(intptr_t)receive(chid, &byte, 1, NULL);
}

static int use(void)
{
	void *handle = dlopen("libqipc.so.1", RTLD_NOW);
	create_fn create;
	destroy_fn destroy;
	pthread_t thread;
	void *result;

	if (!handle)
		return 1;
	create = (create_fn)(intptr_t)dlsym(handle, "ChannelCreate");
	destroy = (destroy_fn)(intptr_t)dlsym(handle, "ChannelDestroy");
	receive = (receive_fn)(intptr_t)dlsym(handle, "MsgReceive_r");
	if (!create || !destroy || !receive)
		return 2;
	chid = create(0);
	if (chid < 1)
		return 3;
	if (pthread_create(&thread, NULL, wait_for_the_end, NULL))
		return 4;
	usleep(1000);
	if (destroy(chid))
		return 5;
	if (pthread_join(thread, &result) || (intptr_t)result != -ESRCH)
		return 6;
	return dlclose(handle) ? 7 : 0;
}

int main(int argc, char **argv)
{
	int times = argc == 2 ? atoi(argv[1]) : 0, ret = 0;

	if (!times)
		return 100;
	while (times-- > 0 && !ret)
		ret = use();
	return ret;
}
