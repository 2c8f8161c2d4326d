/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kill matrix as data: what becomes of a call when something happens to one
 * of the two processes.  tools/matrix makes the tables of docs/robustness.md of
 * this file, and checks that they are the same.
 *
 * A cell is "what the client's call returns/what the server's call returns":
 * ok, an errno, "dead" if the process or its program is gone, "held" if the call
 * waits until its process is killed, "-" if it makes none.
 */
#ifndef QIPC_MATRIX_TABLE_H
#define QIPC_MATRIX_TABLE_H

/* The columns of the table. */
enum state {
	SEND,
	REPLY,
	RECEIVE_COPY,
	REPLY_COPY,
	READ_COPY,
	WRITE_COPY,
	RECEIVE,
	PULSE,
	SEND_TIMED,
	REPLY_TIMED,
	RECEIVE_TIMED,
	STATES,
};

/* The rows. */
enum event {
	KILL,
	STOP,
	EXIT,
	EXEC,
	FORK,
	CLOSE,
	DETACH,
	DESTROY,
	MUNMAP,
	MPROTECT,
	DONTNEED,
	MREMAP,
	TRUNCATE,
	UFFD,
	FREEZE,
	OOM,
	EVENTS,
};

struct meaning {
	const char *name;
	const char *text;
};

static const struct meaning states[] = {
	[SEND] = { "SEND", "the client is SEND-blocked" },
	[REPLY] = { "REPLY", "the client is REPLY-blocked; the server answers later" },
	[RECEIVE_COPY] = { "RECEIVE_COPY", "the server copies the message in its receive" },
	[REPLY_COPY] = { "REPLY_COPY", "the server copies the reply" },
	[READ_COPY] = { "READ_COPY", "the server reads the message of a REPLY-blocked client" },
	[WRITE_COPY] = { "WRITE_COPY",
		"the server writes into the memory of a REPLY-blocked client" },
	[RECEIVE] = { "RECEIVE", "the server is RECEIVE-blocked; the client sends later" },
	[PULSE] = { "PULSE", "the server waits for a pulse; the client sends one later" },
	[SEND_TIMED] = { "SEND_TIMED", "the client is SEND-blocked with a deadline" },
	[REPLY_TIMED] = { "REPLY_TIMED", "the client is REPLY-blocked with a deadline" },
	[RECEIVE_TIMED] = { "RECEIVE_TIMED", "the server is RECEIVE-blocked with a deadline" },
};

static const struct meaning events[] = {
	[KILL] = { "KILL", "SIGKILL" },
	[STOP] = { "STOP", "SIGSTOP, then SIGCONT" },
	[EXIT] = { "EXIT", "exit, by another thread" },
	[EXEC] = { "EXEC", "exec, by another thread" },
	[FORK] = { "FORK", "fork, by another thread" },
	[CLOSE] = { "CLOSE", "close of the session, by another thread" },
	[DETACH] = { "DETACH", "ConnectDetach, by another thread" },
	[DESTROY] = { "DESTROY", "ChannelDestroy, by another thread" },
	[MUNMAP] = { "MUNMAP", "munmap of its buffer" },
	[MPROTECT] = { "MPROTECT", "mprotect(PROT_NONE) of its buffer" },
	[DONTNEED] = { "DONTNEED", "madvise(MADV_DONTNEED) of its buffer" },
	[MREMAP] = { "MREMAP", "mremap of its buffer to elsewhere" },
	[TRUNCATE] = { "TRUNCATE", "truncate of the file that its buffer is a mapping of" },
	[UFFD] = { "UFFD", "a userfaultfd for its buffer that never answers" },
	[FREEZE] = { "FREEZE", "frozen, then thawed (cgroup freezer)" },
	[OOM] = { "OOM", "killed for lack of memory (limit of its cgroup)" },
};

struct row {
	enum event event;
	const char *cells[STATES];
};

/* It happens to the client. */
static const struct row client_rows[] = {
	{ KILL, { "dead/-", "dead/ESRCH", "dead/ok", "dead/ESRCH", "dead/ESRCH", "dead/ESRCH",
		"dead/ok", "dead/ok", "dead/-", "dead/ESRCH", "dead/ok" } },
	{ STOP, { "ok/-", "EINTR/ESRCH", "ok/ok", "ok/ok", "EINTR/ESRCH", "EINTR/ESRCH",
		"ok/ok", "ok/ok", "EINTR/-", "EINTR/ESRCH", "ok/ok" } },
	{ EXIT, { "dead/-", "dead/ESRCH", "dead/ok", "dead/ESRCH", "dead/ESRCH", "dead/ESRCH",
		"dead/ok", "dead/ok", "dead/-", "dead/ESRCH", "dead/ok" } },
	{ EXEC, { "dead/-", "dead/ESRCH", "dead/ok", "dead/ESRCH", "dead/ESRCH", "dead/ESRCH",
		"dead/ok", "dead/ok", "dead/-", "dead/ESRCH", "dead/ok" } },
	{ FORK, { "ok/-", "ok/ok", "ok/ok", "ok/ok", "ok/ok", "ok/ok",
		"ok/ok", "ok/ok", "ok/-", "ok/ok", "ok/ok" } },
	{ CLOSE, { "ok/-", "ok/ok", "ok/ok", "ok/ok", "ok/ok", "ok/ok",
		"EBADF/ok", "EBADF/ok", "ok/-", "ok/ok", "EBADF/ok" } },
	{ DETACH, { "EBADF/-", "EBADF/ESRCH", "EBADF/ok", "ok/ok", "EBADF/ESRCH", "EBADF/ESRCH",
		"EBADF/ok", "EBADF/ok", "EBADF/-", "EBADF/ESRCH", "EBADF/ok" } },
	{ MUNMAP, { "EFAULT/-", "ok/ok", "EFAULT/ok", "EFAULT/EFAULT", "ok/EFAULT", "ok/EFAULT",
		"ok/ok", "ok/ok", "EFAULT/-", "ok/ok", "ok/ok" } },
	{ MPROTECT, { "EFAULT/-", "ok/ok", "EFAULT/ok", "EFAULT/EFAULT", "ok/EFAULT", "ok/EFAULT",
		"ok/ok", "ok/ok", "EFAULT/-", "ok/ok", "ok/ok" } },
	{ DONTNEED, { "ok/-", "ok/ok", "ok/ok", "ok/ok", "ok/ok", "ok/ok",
		"ok/ok", "ok/ok", "ok/-", "ok/ok", "ok/ok" } },
	{ MREMAP, { "EFAULT/-", "ok/ok", "EFAULT/ok", "EFAULT/EFAULT", "ok/EFAULT", "ok/EFAULT",
		"ok/ok", "ok/ok", "EFAULT/-", "ok/ok", "ok/ok" } },
	{ TRUNCATE, { "EFAULT/-", "ok/ok", "EFAULT/ok", "EFAULT/EFAULT", "ok/EFAULT", "ok/EFAULT",
		"ok/ok", "ok/ok", "EFAULT/-", "ok/ok", "ok/ok" } },
	{ UFFD, { "EFAULT/-", "ok/ok", "EFAULT/ok", "EFAULT/EFAULT", "ok/EFAULT", "ok/EFAULT",
		"ok/ok", "ok/ok", "EFAULT/-", "ok/ok", "ok/ok" } },
	{ FREEZE, { "ok/-", "EINTR/ESRCH", "ok/ok", "ok/ok", "EINTR/ESRCH", "EINTR/ESRCH",
		"ok/ok", "ok/ok", "EINTR/-", "EINTR/ESRCH", "ok/ok" } },
	{ OOM, { "dead/-", "dead/ESRCH", "dead/ok", "dead/ESRCH", "dead/ESRCH", "dead/ESRCH",
		"dead/ok", "dead/ok", "dead/-", "dead/ESRCH", "dead/ok" } },
};

/* It happens to the server. */
static const struct row server_rows[] = {
	{ KILL, { "ESRCH/-", "ESRCH/dead", "ESRCH/dead", "ESRCH/dead", "ESRCH/dead", "ESRCH/dead",
		"EBADF/dead", "EBADF/dead", "ESRCH/-", "ESRCH/dead", "EBADF/dead" } },
	{ STOP, { "ok/-", "ok/ok", "ok/ok", "ok/ok", "ok/EINTR", "ok/EINTR",
		"ok/ok", "ok/ok", "ok/-", "ok/ok", "ok/EINTR" } },
	{ EXIT, { "ESRCH/-", "ESRCH/dead", "ESRCH/dead", "ESRCH/dead", "ESRCH/dead", "ESRCH/dead",
		"EBADF/dead", "EBADF/dead", "ESRCH/-", "ESRCH/dead", "EBADF/dead" } },
	{ EXEC, { "ESRCH/-", "ESRCH/dead", "ESRCH/dead", "ESRCH/dead", "ESRCH/dead", "ESRCH/dead",
		"EBADF/dead", "EBADF/dead", "ESRCH/-", "ESRCH/dead", "EBADF/dead" } },
	{ FORK, { "ok/-", "ok/ok", "ok/ok", "ok/ok", "ok/ok", "ok/ok",
		"ok/ok", "ok/ok", "ok/-", "ok/ok", "ok/ok" } },
	{ CLOSE, { "ESRCH/-", "ESRCH/EBADF", "ESRCH/ok", "ok/ok", "ESRCH/ok", "ESRCH/ok",
		"ESRCH/ok", "ok/ok", "ESRCH/-", "ESRCH/EBADF", "ESRCH/ok" } },
	{ DESTROY, { "ESRCH/-", "ESRCH/ESRCH", "ESRCH/ESRCH", "ok/ok", "ESRCH/ESRCH", "ESRCH/ESRCH",
		"EBADF/ESRCH", "EBADF/ESRCH", "ESRCH/-", "ESRCH/ESRCH", "EBADF/ESRCH" } },
	{ MUNMAP, { "ok/-", "ok/ok", "ok/EFAULT", "EFAULT/EFAULT", "ok/EFAULT", "ok/EFAULT",
		"ok/EFAULT", "ok/EFAULT", "ok/-", "ok/ok", "ok/EFAULT" } },
	{ MPROTECT, { "ok/-", "ok/ok", "ok/EFAULT", "EFAULT/EFAULT", "ok/EFAULT", "ok/EFAULT",
		"ok/EFAULT", "ok/EFAULT", "ok/-", "ok/ok", "ok/EFAULT" } },
	{ DONTNEED, { "ok/-", "ok/ok", "ok/ok", "ok/ok", "ok/ok", "ok/ok",
		"ok/ok", "ok/ok", "ok/-", "ok/ok", "ok/ok" } },
	{ MREMAP, { "ok/-", "ok/ok", "ok/EFAULT", "EFAULT/EFAULT", "ok/EFAULT", "ok/EFAULT",
		"ok/EFAULT", "ok/EFAULT", "ok/-", "ok/ok", "ok/EFAULT" } },
	{ TRUNCATE, { "ok/-", "ok/ok", "ok/EFAULT", "EFAULT/EFAULT", "ok/EFAULT", "ok/EFAULT",
		"ok/EFAULT", "ok/EFAULT", "ok/-", "ok/ok", "ok/EFAULT" } },
	{ UFFD, { "ok/-", "ok/ok", "held/held", "held/held", "held/held", "held/held",
		"held/held", "ok/held", "ok/-", "ok/ok", "held/held" } },
	{ FREEZE, { "ok/-", "ok/ok", "ok/ok", "ok/ok", "ok/EINTR", "ok/EINTR",
		"ok/ok", "ok/ok", "ok/-", "ok/ok", "ok/EINTR" } },
	{ OOM, { "ESRCH/-", "ESRCH/dead", "ESRCH/dead", "ESRCH/dead", "ESRCH/dead", "ESRCH/dead",
		"EBADF/dead", "EBADF/dead", "ESRCH/-", "ESRCH/dead", "EBADF/dead" } },
};

#endif /* QIPC_MATRIX_TABLE_H */
