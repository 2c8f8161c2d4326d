/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Control groups: who is frozen at once, and how much memory of the kernel
 * their members use.  A group is named by its folder.
 */
#ifndef QIPC_CGROUP_H
#define QIPC_CGROUP_H

#include <sys/stat.h>

#include "qipc_test.h"

#define CGROUPS		"/sys/fs/cgroup"

/* Whether it is there, with an account of its memory. */
static inline bool cgroup_make(const char *group)
{
	return write_file(CGROUPS "/cgroup.subtree_control", "+memory") &&
	       (!mkdir(group, 0755) || errno == EEXIST);
}

static inline bool cgroup_set(const char *group, const char *name, const char *text)
{
	char path[96];

	snprintf(path, sizeof(path), "%s/%s", group, name);
	return write_file(path, text);
}

/* A process, or 0 for the caller, becomes a member. */
static inline bool cgroup_take(const char *group, pid_t pid)
{
	char text[24];

	snprintf(text, sizeof(text), "%d", pid);
	return cgroup_set(group, "cgroup.procs", text);
}

static inline bool cgroup_read(const char *group, const char *name, char *buf, size_t len)
{
	char path[96];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", group, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = read(fd, buf, len - 1);
	close(fd);
	if (n <= 0)
		return false;
	buf[n] = '\0';
	return true;
}

/* True once its events say @what, such as "frozen 1"; false if they do not in time. */
static inline bool cgroup_becomes(const char *group, const char *what, long us)
{
	int64_t end = now_us() + us;
	char buf[256];

	do {
		if (!cgroup_read(group, "cgroup.events", buf, sizeof(buf)))
			return false;
		if (strstr(buf, what))
			return true;
		sleep_us(500);
	} while (now_us() < end);
	return false;
}

/* Kernel memory that is charged to it, in bytes; -1 if that is not known. */
static inline long cgroup_kernel_memory(const char *group)
{
	char buf[8192], *at;

	if (!cgroup_read(group, "memory.stat", buf, sizeof(buf)))
		return -1;
	at = strstr(buf, "\nkernel ");
	return at ? atol(at + 8) : -1;
}

#endif /* QIPC_CGROUP_H */
