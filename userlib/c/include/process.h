/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Processes: the system's calls, and QNX's spawn family. */
#ifndef _QIPC_PROCESS_H
#define _QIPC_PROCESS_H
#pragma GCC system_header

#include <stdint.h>
#include <sys/types.h>
#include <unistd.h>
#include <stdlib.h>
#include <spawn.h>
#include <sched.h>

/* What the caller does while the new program runs. */
#define P_WAIT		0	/* waits, and returns its status as waitpid() gives it */
#define P_NOWAIT	1	/* goes on, and returns its process id */
#define P_OVERLAY	2	/* becomes the new program */
#define P_NOWAITO	3	/* as P_NOWAIT, and nobody has to wait for it */

#ifdef __cplusplus
extern "C" {
#endif

/*
 * l: arguments one by one; v: as an array; e: with an environment; p: looked
 * for along PATH. Their results are as for spawnl().
 */
int spawnl(int mode, const char *path, const char *arg0, ...);
int spawnle(int mode, const char *path, const char *arg0, ...);
int spawnlp(int mode, const char *file, const char *arg0, ...);
int spawnlpe(int mode, const char *file, const char *arg0, ...);
int spawnv(int mode, const char *path, char *const argv[]);
int spawnve(int mode, const char *path, char *const argv[], char *const envp[]);
int spawnvp(int mode, const char *file, char *const argv[]);
int spawnvpe(int mode, const char *file, char *const argv[], char *const envp[]);

#ifdef __cplusplus
}
#endif

#endif
