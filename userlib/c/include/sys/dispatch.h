/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Names, and the dispatch library: a loop that receives from a channel and
 * calls the function that was attached for a message or a pulse, alone or in
 * a pool of threads. The resource-manager half of the library is not there yet.
 */
#ifndef _QIPC_SYS_DISPATCH_H
#define _QIPC_SYS_DISPATCH_H
#pragma GCC system_header

#include <pthread.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>
#include <sys/neutrino.h>
#include <sys/iomsg.h>
#include <sys/netmgr.h>

typedef struct _dispatch dispatch_t;

/* Names. */
#define NAME_FLAG_DETACH_SAVEDPP	0x00000001
#define NAME_FLAG_ATTACH_GLOBAL		0x00000002

typedef struct _name_attach {
	dispatch_t *dpp;
	int chid;
	int mntid;
	int zero[2];
} name_attach_t;

/* Any message as it was received. */
typedef union _resmgr_iomsgs {
	uint16_t type;
	struct _pulse pulse;
	io_connect_t connect;
	io_read_t read;
	io_write_t write;
	io_stat_t stat;
	io_notify_t notify;
	io_devctl_t devctl;
	io_pathconf_t pathconf;
	io_lseek_t lseek;
	io_chmod_t chmod;
	io_chown_t chown;
	io_utime_t utime;
	io_openfd_t openfd;
	io_fdinfo_t fdinfo;
	io_lock_t lock;
	io_space_t space;
	io_shutdown_t shutdown;
	io_mmap_t mmap;
	io_msg_t msg;
	io_dup_t dup;
	io_close_t close;
	io_sync_t sync;
	io_power_t power;
} resmgr_iomsgs_t;

/* What a handler sees of the message it is called for. */
typedef struct _message_context {
	rcvid_t rcvid;			/* 0: a pulse; -1: dispatch_block() timed out */
	struct _msg_info info;
	resmgr_iomsgs_t *msg;
	dispatch_t *dpp;
	int id;
	unsigned int tid;
	size_t msg_max_size;
	long status;
	size_t offset;
	size_t size;
} message_context_t;

typedef message_context_t select_context_t;

typedef union _dispatch_context {
	message_context_t message_context;
	select_context_t select_context;
} dispatch_context_t;

typedef struct _message_attr {
	unsigned int flags;
	unsigned int nparts_max;
	size_t msg_max_size;		/* 0: what the library's buffers hold anyway */
} message_attr_t;

/* Flags of message_attach(), pulse_attach() and message_connect(). */
#define MSG_FLAG_CROSS_ENDIAN	0x00000001	/* accepted, no effect */
#define MSG_FLAG_ALLOC_PULSE	0x00000002
#define MSG_FLAG_DEFAULT_FUNC	0x00000004	/* for messages that nobody else wants */
#define MSG_FLAG_SIDE_CHANNEL	0x00000200

/* Flags of dispatch_create_channel(). */
#define DISPATCH_FLAG_NOLOCK	0x00000001	/* accepted, no effect */

/* select_attach(): what to wait for, and for how long the wish holds. */
#define SELECT_FLAG_EXCEPT	0x00000001
#define SELECT_FLAG_READ	0x00000002
#define SELECT_FLAG_WRITE	0x00000004
#define SELECT_FLAG_REARM	0x00000100	/* goes on after the handler, by itself */
#define SELECT_FLAG_SRVEXCEPT	0x00000200	/* accepted, no effect */

typedef struct _select_attr {
	unsigned int flags;
} select_attr_t;

/* Thread pools: the types that the functions of a pool take are the program's choice. */
#ifndef THREAD_POOL_PARAM_T
#define THREAD_POOL_PARAM_T	dispatch_context_t
#endif
#ifndef THREAD_POOL_HANDLE_T
#define THREAD_POOL_HANDLE_T	dispatch_t
#endif

typedef struct _thread_pool_attr {
	THREAD_POOL_HANDLE_T *handle;
	THREAD_POOL_PARAM_T *(*block_func)(THREAD_POOL_PARAM_T *ctp);
	void (*unblock_func)(THREAD_POOL_PARAM_T *ctp);
	int (*handler_func)(THREAD_POOL_PARAM_T *ctp);
	THREAD_POOL_PARAM_T *(*context_alloc)(THREAD_POOL_HANDLE_T *handle);
	void (*context_free)(THREAD_POOL_PARAM_T *ctp);
	pthread_attr_t *attr;
	unsigned short lo_water;
	unsigned short increment;
	unsigned short hi_water;
	unsigned short maximum;
	void (*error_func)(THREAD_POOL_PARAM_T *ctp);
	unsigned int reserved[6];
} thread_pool_attr_t;

typedef struct _thread_pool thread_pool_t;

/* Flags of thread_pool_create(). */
#define POOL_FLAG_EXIT_SELF		0x00000001
#define POOL_FLAG_USE_SELF		0x00000002
#define POOL_FLAG_CALL_BLOCK_ERRF	0x00000004
#define POOL_FLAG_CALL_HANDLE_ERRF	0x00000008

/* Flags of thread_pool_control() and thread_pool_limits(): what of the attributes to take. */
#define THREAD_POOL_CONTROL_NONE	0x00000000
#define THREAD_POOL_CONTROL_HIWATER	0x00000001
#define THREAD_POOL_CONTROL_LOWATER	0x00000002
#define THREAD_POOL_CONTROL_INCREMENT	0x00000004
#define THREAD_POOL_CONTROL_MAXIMUM	0x00000008
#define THREAD_POOL_CONTROL_NONBLOCK	0x80000000

#ifdef __cplusplus
extern "C" {
#endif

name_attach_t *name_attach(dispatch_t *dpp, const char *path, unsigned int flags);
int name_detach(name_attach_t *attach, unsigned int flags);
int name_open(const char *name, int flags);
int name_close(int coid);

dispatch_t *dispatch_create(void);
dispatch_t *dispatch_create_channel(int chid, unsigned int flags);
int dispatch_destroy(dispatch_t *dpp);
dispatch_context_t *dispatch_context_alloc(dispatch_t *dpp);
void dispatch_context_free(dispatch_context_t *ctp);
dispatch_context_t *dispatch_block(dispatch_context_t *ctp);
void dispatch_unblock(dispatch_context_t *ctp);
int dispatch_handler(dispatch_context_t *ctp);
int dispatch_timeout(dispatch_t *dpp, struct timespec *reltime);

int message_attach(dispatch_t *dpp, message_attr_t *attr, int low, int high,
		   int (*func)(message_context_t *ctp, int code, unsigned int flags, void *handle),
		   void *handle);
int message_detach(dispatch_t *dpp, int low, int high, int flags);
int message_connect(dispatch_t *dpp, int flags);

int pulse_attach(dispatch_t *dpp, int flags, int code,
		 int (*func)(message_context_t *ctp, int code, unsigned int flags, void *handle),
		 void *handle);
int pulse_detach(dispatch_t *dpp, int code, int flags);

int select_attach(void *dpp, select_attr_t *attr, int fd, unsigned int flags,
		  int (*func)(select_context_t *ctp, int fd, unsigned int flags, void *handle),
		  void *handle);
int select_detach(void *dpp, int fd);

thread_pool_t *thread_pool_create(thread_pool_attr_t *attr, unsigned int flags);
int thread_pool_start(void *pool);
int thread_pool_destroy(thread_pool_t *pool);
int thread_pool_control(thread_pool_t *pool, thread_pool_attr_t *attr, uint16_t lower,
			uint16_t upper, unsigned int flags);
int thread_pool_limits(thread_pool_t *pool, int lo_water, int hi_water, int maximum, int increment,
		       unsigned int flags);

#ifdef __cplusplus
}
#endif

#endif
