// SPDX-License-Identifier: MIT OR Apache-2.0
/* What QNX's managers of processes, nodes and policies answer, where there are none. */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/netmgr.h>
#include <sys/procmgr.h>
#include <sys/stat.h>
#include <unistd.h>
#include <secpol/secpol.h>
#include "shims.h"

#define NODE_NAME_MAX	256

static void own_name(char *name)
{
	if (gethostname(name, NODE_NAME_MAX) < 0)
		strcpy(name, "localhost");
	name[NODE_NAME_MAX - 1] = '\0';
}

int netmgr_strtond(const char *name, char **end)
{
	static const char root[] = "/net/";
	char own[NODE_NAME_MAX];
	size_t len;

	if (strncmp(name, root, sizeof(root) - 1) == 0)
		name += sizeof(root) - 1;
	len = strcspn(name, "/~");
	own_name(own);
	if (!(len == strlen(own) && strncmp(name, own, len) == 0) &&
	    !(len == strlen("localhost") && strncmp(name, "localhost", len) == 0))
		return plain(ENOENT);
	name += len;
	/* A quality of service, "~name", is part of a node's name. */
	if (*name == '~')
		name += strcspn(name, "/");
	if (end)
		*end = (char *)name;
	return ND_LOCAL_NODE;
}

int netmgr_ndtostr(unsigned int flags, int nd, char *buf, size_t maxbuf)
{
	char own[NODE_NAME_MAX];
	int len;

	if (nd != ND_LOCAL_NODE)
		return plain(EINVAL);
	own_name(own);
	if (flags & ND2S_DOMAIN_HIDE)
		own[strcspn(own, ".")] = '\0';
	len = snprintf(buf, maxbuf, "%s%s", flags & ND2S_DIR_HIDE ? "" : "/net/",
		       flags & ND2S_NAME_HIDE ? "" : own);
	return (size_t)len < maxbuf ? len : plain(ERANGE);
}

int netmgr_remote_nd(int remote_nd, int local_nd)
{
	if (remote_nd != ND_LOCAL_NODE || local_nd != ND_LOCAL_NODE)
		return plain(EINVAL);
	return ND_LOCAL_NODE;
}

/* Whether the program has opened the device: what it has there does not survive a fork. */
static bool device_is_open(void)
{
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *entry;
	bool found = false;

	while (dir && !found && (entry = readdir(dir))) {
		char path[32];
		ssize_t len = readlinkat(dirfd(dir), entry->d_name, path, sizeof(path) - 1);

		if (len > 0) {
			path[len] = '\0';
			found = strcmp(path, "/dev/qipc") == 0;
		}
	}
	if (dir)
		closedir(dir);
	return found;
}

/* Standard input and output lead nowhere from now on. */
static int to_null(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null < 0)
		return -1;
	for (int fd = 0; fd <= 2; fd++)
		if (dup2(null, fd) < 0)
			return -1;
	if (null > 2)
		close(null);
	return 0;
}

int procmgr_daemon(int status, unsigned int flags)
{
	const unsigned int known = PROCMGR_DAEMON_NOCHDIR | PROCMGR_DAEMON_NOCLOSE |
		PROCMGR_DAEMON_NODEVNULL | PROCMGR_DAEMON_KEEPUMASK;
	pid_t pid = 0;

	if (flags & ~known)
		return plain(EINVAL);
	if (!device_is_open())
		pid = fork();
	if (pid < 0)
		return -1;
	if (pid > 0)
		_exit(status);
	/* A process that did not fork may lead its group already. */
	if (setsid() < 0 && errno != EPERM)
		return -1;
	if (!(flags & PROCMGR_DAEMON_NOCHDIR) && chdir("/") < 0)
		return -1;
	if (!(flags & PROCMGR_DAEMON_KEEPUMASK))
		umask(0);
	/* QNX closes all other descriptors as well. Here the library has some among them. */
	return flags & PROCMGR_DAEMON_NODEVNULL ? 0 : to_null();
}

int procmgr_ability(pid_t pid, unsigned int ability, ...)
{
	const unsigned int operation = PROCMGR_AOP_DENY | PROCMGR_AOP_ALLOW | PROCMGR_AOP_SUBRANGE |
		PROCMGR_AOP_LOCK | PROCMGR_AOP_INHERIT_YES | PROCMGR_AOP_INHERIT_NO;
	int error = EOK;
	va_list args;

	if (pid && kill(pid, 0) < 0)
		return errno;
	va_start(args, ability);
	for (unsigned int item = ability; (item & 0xffff) != PROCMGR_AID_EOL;
	     item = va_arg(args, unsigned int)) {
		if (!(item & operation)) {
			error = EINVAL;
			break;
		}
		if (item & PROCMGR_AOP_SUBRANGE) {
			(void)va_arg(args, uint64_t);
			(void)va_arg(args, uint64_t);
		}
		if (item & PROCMGR_AID_EOL)
			break;
	}
	va_end(args);
	return error;
}

secpol_file_t *secpol_open(const char *path, uint32_t flags)
{
	(void)path;
	(void)flags;
	errno = ENOTSUP;
	return NULL;
}

void secpol_close(secpol_file_t *handle)
{
	(void)handle;
}

int secpol_transition_type(secpol_file_t *handle, const char *name, uint32_t flags)
{
	(void)handle;
	(void)name;
	(void)flags;
	return plain(ENOTSUP);
}
