// SPDX-License-Identifier: MIT OR Apache-2.0
/* The spawn family of <process.h>. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <process.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include "shims.h"

extern char **environ;

/* Starts the program through a child that ends at once, so that nobody has to wait for it. */
static int start_orphan(bool search, const char *file, char *const argv[], char *const envp[])
{
	int status, pipe_ends[2];
	pid_t pid, middle;

	if (pipe2(pipe_ends, O_CLOEXEC) < 0)
		return -1;
	middle = fork();
	if (middle == 0) {
		int result[2];

		result[1] = (search ? posix_spawnp : posix_spawn)(&pid, file, NULL, NULL, argv, envp);
		result[0] = result[1] ? -1 : pid;
		_exit(write(pipe_ends[1], result, sizeof(result)) != sizeof(result));
	}
	close(pipe_ends[1]);
	if (middle > 0) {
		int result[2] = { -1, EAGAIN };

		waitpid(middle, &status, 0);
		if (read(pipe_ends[0], result, sizeof(result)) != sizeof(result))
			result[0] = -1;
		if (result[0] < 0)
			errno = result[1];
		middle = result[0];
	}
	close(pipe_ends[0]);
	return middle;
}

static int start(int mode, bool search, const char *file, char *const argv[], char *const envp[])
{
	int error, status;
	pid_t pid;

	switch (mode) {
	case P_OVERLAY:
		return search ? execvpe(file, argv, envp) : execve(file, argv, envp);
	case P_NOWAITO:
		return start_orphan(search, file, argv, envp);
	case P_WAIT:
	case P_NOWAIT:
		break;
	default:
		return plain(EINVAL);
	}
	error = (search ? posix_spawnp : posix_spawn)(&pid, file, NULL, NULL, argv, envp);
	if (error)
		return plain(error);
	if (mode == P_NOWAIT)
		return pid;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return status;
}

int spawnv(int mode, const char *path, char *const argv[])
{
	return start(mode, false, path, argv, environ);
}

int spawnve(int mode, const char *path, char *const argv[], char *const envp[])
{
	return start(mode, false, path, argv, envp ? envp : environ);
}

int spawnvp(int mode, const char *file, char *const argv[])
{
	return start(mode, true, file, argv, environ);
}

int spawnvpe(int mode, const char *file, char *const argv[], char *const envp[])
{
	return start(mode, true, file, argv, envp ? envp : environ);
}

/* The l forms: arguments up to a null pointer, behind it the environment of the e forms. */
static int start_list(int mode, bool search, bool env, const char *file, const char *arg0,
		      va_list args)
{
	char *const *envp = environ;
	size_t n = 1, i;
	va_list count;
	char **argv;
	int result;

	va_copy(count, args);
	while (arg0 && va_arg(count, char *))
		n++;
	va_end(count);
	argv = calloc(n + 1, sizeof(*argv));
	if (!argv)
		return -1;
	argv[0] = (char *)arg0;
	for (i = 1; i < n; i++)
		argv[i] = va_arg(args, char *);
	if (arg0)
		(void)va_arg(args, char *);
	if (env) {
		char *const *given = va_arg(args, char *const *);

		envp = given ? given : envp;
	}
	result = start(mode, search, file, argv, envp);
	free(argv);
	return result;
}

int spawnl(int mode, const char *path, const char *arg0, ...)
{
	va_list args;
	int result;

	va_start(args, arg0);
	result = start_list(mode, false, false, path, arg0, args);
	va_end(args);
	return result;
}

int spawnle(int mode, const char *path, const char *arg0, ...)
{
	va_list args;
	int result;

	va_start(args, arg0);
	result = start_list(mode, false, true, path, arg0, args);
	va_end(args);
	return result;
}

int spawnlp(int mode, const char *file, const char *arg0, ...)
{
	va_list args;
	int result;

	va_start(args, arg0);
	result = start_list(mode, true, false, file, arg0, args);
	va_end(args);
	return result;
}

int spawnlpe(int mode, const char *file, const char *arg0, ...)
{
	va_list args;
	int result;

	va_start(args, arg0);
	result = start_list(mode, true, true, file, arg0, args);
	va_end(args);
	return result;
}
