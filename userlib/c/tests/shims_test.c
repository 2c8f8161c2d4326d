// SPDX-License-Identifier: GPL-2.0-only
/* The small things that QNX programs use beside messages. */
#include "conform.h"
#include "kselftest_harness.h"

#include <atomic.h>
#include <devctl.h>
#include <process.h>
#include <secpol/secpol.h>
#include <sys/asyncmsg.h>
#include <sys/netmgr.h>
#include <sys/procmgr.h>
#include <sys/slog.h>
#include <sys/slog2.h>
#include <sys/syspage.h>

TEST(atomic_words)
{
	volatile unsigned int word = 5;
	volatile uint64_t wide = 1ULL << 40;

	atomic_add(&word, 3);
	EXPECT_EQ(8, word);
	EXPECT_EQ(8, atomic_add_value(&word, 2));
	atomic_sub(&word, 4);
	EXPECT_EQ(6, atomic_sub_value(&word, 6));
	EXPECT_EQ(0, word);
	atomic_set(&word, 0xf0);
	EXPECT_EQ(0xf0, atomic_set_value(&word, 0x0f));
	atomic_clr(&word, 0x3);
	EXPECT_EQ(0xfc, atomic_clr_value(&word, 0x4));
	atomic_toggle(&word, 0x1);
	EXPECT_EQ(0xf9, atomic_toggle_value(&word, 0xff));
	EXPECT_EQ(0x06, word);
	atomic_add64(&wide, 1);
	EXPECT_EQ((1ULL << 40) + 1, atomic_add64_value(&wide, 1));
	atomic_sub64(&wide, 1);
	EXPECT_EQ((1ULL << 40) + 1, atomic_sub64_value(&wide, 1));
	atomic_set64(&wide, 7);
	EXPECT_EQ((1ULL << 40) + 7, atomic_set64_value(&wide, 1ULL << 50));
	atomic_clr64(&wide, 1ULL << 40);
	EXPECT_EQ((1ULL << 50) + 7, atomic_clr64_value(&wide, 7));
	atomic_toggle64(&wide, 1ULL << 50);
	EXPECT_EQ(0, atomic_toggle64_value(&wide, 9));
	EXPECT_EQ(9, wide);
}

TEST(clocks)
{
	uint64_t now, later, cycles = ClockCycles();
	struct timespec ts, short_time = { 0, 1000 };
	struct _clockperiod period, wanted = { .nsec = 500000 };
	int64_t start;

	ASSERT_EQ(0, ClockTime(CLOCK_MONOTONIC, NULL, &now));
	ASSERT_EQ(EOK, ClockTime_r(CLOCK_MONOTONIC, NULL, &later));
	EXPECT_LE(now, later);
	EXPECT_EQ(-EINVAL, CALL(ClockTime(4711, NULL, &now)));
	EXPECT_EQ(EINVAL, ClockTime_r(4711, NULL, &now));
	EXPECT_EQ(0, ClockPeriod(CLOCK_REALTIME, NULL, &period, 0));
	EXPECT_LT(0, period.nsec);
	EXPECT_EQ(EOK, ClockPeriod_r(CLOCK_REALTIME, &wanted, NULL, 0));
	EXPECT_EQ(EOK, ClockPeriod_r(CLOCK_REALTIME, NULL, &period, 0));
	EXPECT_EQ(500000, period.nsec);
	EXPECT_EQ(-EINVAL, CALL(ClockPeriod(CLOCK_REALTIME, NULL, &period, 1)));
	ASSERT_NE(-1, ClockId(0, 0));
	EXPECT_EQ(0, clock_gettime(ClockId(0, 0), &ts));
	EXPECT_EQ(0, clock_gettime(ClockId(0, own_tid()), &ts));
	EXPECT_LE(cycles, ClockCycles());
	EXPECT_LT(0, SYSPAGE_ENTRY(qtime)->cycles_per_sec);
	start = now_us();
	EXPECT_EQ(EOK, nanospin(&short_time));
	nanospin_ns(1000000);
	EXPECT_LE(1000, now_us() - start);
	start = now_us();
	EXPECT_EQ(0, delay(3));
	EXPECT_LE(3000, now_us() - start);
	nsec2timespec(&ts, 3000000007ULL);
	EXPECT_EQ(3, ts.tv_sec);
	EXPECT_EQ(7, ts.tv_nsec);
	EXPECT_EQ(3000000007ULL, timespec2nsec(&ts));
}

TEST(scheduling)
{
	struct sched_param param = { .sched_priority = 12 };
	struct _sched_info info;

	ASSERT_EQ(0, SchedSet(0, 0, SCHED_FIFO, &param));
	param.sched_priority = 0;
	EXPECT_EQ(SCHED_FIFO, SchedGet(0, 0, &param));
	EXPECT_EQ(12, param.sched_priority);
	EXPECT_EQ(SCHED_FIFO, SchedGet_r(getpid(), 0, &param));
	EXPECT_EQ(12, getprio(0));
	EXPECT_EQ(12, setprio(0, 15));
	EXPECT_EQ(15, getprio(0));
	EXPECT_EQ(15, setprio(0, 0));
	EXPECT_EQ(SCHED_OTHER, SchedGet_r(0, own_tid(), NULL));
	EXPECT_EQ(EINVAL, SchedSet_r(0, 0, 4711, &param));
	EXPECT_EQ(-EINVAL, CALL(SchedSet(0, 0, SCHED_FIFO, NULL)));
	EXPECT_EQ(0, SchedInfo(0, SCHED_RR, &info));
	EXPECT_EQ(1, info.priority_min);
	EXPECT_EQ(99, info.priority_max);
	EXPECT_EQ(EINVAL, SchedInfo_r(0, 4711, &info));
	EXPECT_EQ(0, SchedYield());
	EXPECT_EQ(EOK, SchedYield_r());
	EXPECT_EQ(-ESRCH, SchedGet_r(0x3ffffff, 0, &param));
}

TEST(ThreadCtl_commands)
{
	union {
		struct _thread_name name;
		char room[sizeof(struct _thread_name) + 32];
	} thread;
	unsigned int mask[RMSK_SIZE(64)] = { 0 };
	unsigned int before = 0;
	char name[32];

	memset(&thread, 0, sizeof(thread));
	thread.name.new_name_len = 5;
	thread.name.name_buf_len = 32;
	memcpy(thread.name.name_buf, "fives", 6);
	ASSERT_EQ(0, ThreadCtl(_NTO_TCTL_NAME, &thread));
	ASSERT_EQ(0, pthread_getname_np(0, name, sizeof(name)));
	EXPECT_STREQ("fives", name);
	ASSERT_EQ(EOK, ThreadCtl_r(_NTO_TCTL_RUNMASK_GET_AND_SET, &before));
	EXPECT_NE(0, before & 1);
	RMSK_SET(0, mask);
	EXPECT_TRUE(RMSK_ISSET(0, mask));
	ASSERT_EQ(0, ThreadCtl(_NTO_TCTL_RUNMASK, (void *)(uintptr_t)mask[0]));
	RMSK_CLR(0, mask);
	EXPECT_FALSE(RMSK_ISSET(0, mask));
	ASSERT_EQ(0, ThreadCtl(_NTO_TCTL_RUNMASK_GET_AND_SET, &before));
	EXPECT_EQ(1, before);
	EXPECT_EQ(0, ThreadCtl(_NTO_TCTL_IO, NULL));
	EXPECT_EQ(-EINVAL, CALL(ThreadCtl(4711, NULL)));
	EXPECT_EQ(EINVAL, ThreadCtl_r(4711, NULL));
}

static int woken;

static void *sleep_on(void *address)
{
	int ret;

	pthread_sleepon_lock();
	ret = pthread_sleepon_wait(address);
	woken++;
	pthread_sleepon_unlock();
	return (void *)(intptr_t)ret;
}

TEST(sleepon)
{
	pthread_t thread[3];
	void *result;
	int i;

	ASSERT_EQ(EOK, pthread_sleepon_lock());
	EXPECT_EQ(ETIMEDOUT, pthread_sleepon_timedwait(&woken, 1000000));
	ASSERT_EQ(EOK, pthread_sleepon_unlock());
	for (i = 0; i < 3; i++)
		ASSERT_EQ(0, pthread_create(&thread[i], NULL, sleep_on, &woken));
	/* One after the other, then all that are left; signals to nobody are no harm. */
	while (woken < 1) {
		pthread_sleepon_lock();
		pthread_sleepon_signal(&thread);
		pthread_sleepon_signal(&woken);
		pthread_sleepon_unlock();
		sleep_us(100);
	}
	while (woken < 3) {
		pthread_sleepon_lock();
		pthread_sleepon_broadcast(&woken);
		pthread_sleepon_unlock();
		sleep_us(100);
	}
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, pthread_join(thread[i], &result));
		EXPECT_EQ(NULL, result);
	}
}

static void *note_it(void *flag)
{
	sem_post(flag);
	return NULL;
}

TEST(thread_without_an_id)
{
	sem_t ran;

	/* QNX allows it, and programs do it. */
	sem_init(&ran, 0, 0);
	ASSERT_EQ(0, pthread_create(NULL, NULL, note_it, &ran));
	while (sem_wait(&ran))
		;
}

TEST(text)
{
	char buf[64], word[] = "MiXeD";

	EXPECT_STREQ("-42", itoa(-42, buf, 10));
	EXPECT_STREQ("ffffffff", itoa(-1, buf, 16));
	EXPECT_STREQ("101", utoa(5, buf, 2));
	EXPECT_STREQ("-9223372036854775808", ltoa(LONG_MIN, buf, 10));
	EXPECT_STREQ("ffffffffffffffff", ultoa(ULONG_MAX, buf, 16));
	EXPECT_STREQ("mixed", strlwr(word));
	EXPECT_STREQ("MIXED", strupr(word));
	EXPECT_EQ(0, stricmp("One", "oNE"));
	EXPECT_EQ(0, strcmpi("One", "oNE"));
	EXPECT_NE(0, stricmp("One", "Two"));
	EXPECT_EQ(0, strnicmp("One two", "oNE 2", 4));
	EXPECT_EQ(6, strlcpy(buf, "sixsix", 4));
	EXPECT_STREQ("six", buf);
	EXPECT_EQ(6, strlcat(buf, "two", 6));
	EXPECT_STREQ("sixtw", buf);
	EXPECT_EQ(2, min(2, 3));
	EXPECT_EQ(3, max(2, 3));
	EXPECT_EQ(own_tid(), gettid());
}

static char * const argv_exit7[] = { "sh", "-c", "exit 7", NULL };
static char * const argv_env[] = { "sh", "-c", "exit $CODE", NULL };
static char * const env9[] = { "CODE=9", NULL };

static int code_of(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(spawning)
{
	int pid;

	EXPECT_EQ(7, code_of(spawnl(P_WAIT, "/bin/sh", "sh", "-c", "exit 7", NULL)));
	EXPECT_EQ(9, code_of(spawnle(P_WAIT, "/bin/sh", "sh", "-c", "exit $CODE", NULL, env9)));
	EXPECT_EQ(7, code_of(spawnlp(P_WAIT, "sh", "sh", "-c", "exit 7", NULL)));
	EXPECT_EQ(9, code_of(spawnlpe(P_WAIT, "sh", "sh", "-c", "exit $CODE", NULL, env9)));
	EXPECT_EQ(7, code_of(spawnv(P_WAIT, "/bin/sh", argv_exit7)));
	EXPECT_EQ(9, code_of(spawnve(P_WAIT, "/bin/sh", argv_env, env9)));
	EXPECT_EQ(7, code_of(spawnvp(P_WAIT, "sh", argv_exit7)));
	EXPECT_EQ(9, code_of(spawnvpe(P_WAIT, "sh", argv_env, env9)));
	pid = spawnv(P_NOWAIT, "/bin/sh", argv_exit7);
	ASSERT_LT(0, pid);
	EXPECT_EQ(7, reap(pid));
	pid = spawnv(P_NOWAITO, "/bin/sh", argv_exit7);
	ASSERT_LT(0, pid);
	EXPECT_EQ(-ENOENT, CALL(spawnl(P_WAIT, "/no/such/program", "x", NULL)));
	EXPECT_EQ(-EINVAL, CALL(spawnv(4711, "/bin/sh", argv_exit7)));
}

static int overlay(void *unused)
{
	(void)unused;
	spawnv(P_OVERLAY, "/bin/sh", argv_exit7);
	return 1;
}

TEST(spawning_over_oneself)
{
	EXPECT_EQ(7, run_child(overlay, NULL));
}

static int log_by_list(const char *fmt, ...)
{
	va_list args;
	int ret;

	va_start(args, fmt);
	ret = vslogf(_SLOG_SETCODE(1, 2), _SLOG_INFO, fmt, args);
	va_end(args);
	return ret;
}

static int log2_by(slog2_buffer_t buffer, const char *fmt, ...)
{
	va_list args;
	int ret;

	va_start(args, fmt);
	ret = vslog2f(buffer, 0, SLOG2_INFO, fmt, args);
	va_end(args);
	return ret;
}

TEST(system_log)
{
	slog2_buffer_set_config_t config = { .num_buffers = 1, .buffer_set_name = "test",
					     .verbosity_level = SLOG2_INFO };
	slog2_buffer_t buffer = NULL;
	char line[64] = "";
	int ends[2], saved;

	config.buffer_config[0].buffer_name = "one";
	config.buffer_config[0].num_pages = 1;
	setenv("QIPC_SLOG", "stderr", 1);
	ASSERT_EQ(0, pipe(ends));
	saved = dup(2);
	ASSERT_LE(0, dup2(ends[1], 2));
	EXPECT_EQ(8, slogf(_SLOG_SETCODE(1, 0), _SLOG_ERROR, "number %d", 7));
	EXPECT_EQ(8, log_by_list("number %d", 8));
	EXPECT_EQ(0, slog2_register(&config, &buffer, 0));
	slog2_set_default_buffer(buffer);
	EXPECT_EQ(0, slog2_set_verbosity(buffer, SLOG2_ERROR));
	EXPECT_EQ(SLOG2_ERROR, slog2_get_verbosity(buffer));
	EXPECT_EQ(0, slog2f(NULL, 0, SLOG2_INFO, "dropped"));
	EXPECT_EQ(0, slog2_set_verbosity(buffer, SLOG2_DEBUG2));
	EXPECT_EQ(0, slog2c(buffer, 0, SLOG2_ERROR, "plain"));
	EXPECT_EQ(0, slog2f(buffer, 0, SLOG2_ERROR, "last %d", 9));
	EXPECT_EQ(0, log2_by(buffer, "list %d", 10));
	dup2(saved, 2);
	EXPECT_LT(0, read(ends[0], line, sizeof(line) - 1));
	EXPECT_NE(NULL, strstr(line, "number 7"));
	EXPECT_EQ(NULL, strstr(line, "dropped"));
	EXPECT_EQ(-EINVAL, CALL(slogf(0, 4711, "no")));
	EXPECT_EQ(2, _SLOG_GETMINOR(_SLOG_SETCODE(1, 2)));
	EXPECT_EQ(1, _SLOG_GETMAJOR(_SLOG_SETCODE(1, 2)));
}

TEST(nodes)
{
	char name[256], *end = NULL;

	EXPECT_EQ(ND_LOCAL_NODE, netmgr_strtond("localhost/rest", &end));
	EXPECT_STREQ("/rest", end);
	EXPECT_EQ(-ENOENT, CALL(netmgr_strtond("/net/no-such-machine", NULL)));
	EXPECT_LT(0, netmgr_ndtostr(ND2S_DIR_HIDE, ND_LOCAL_NODE, name, sizeof(name)));
	EXPECT_EQ(ND_LOCAL_NODE, netmgr_strtond(name, NULL));
	EXPECT_EQ(-1, netmgr_ndtostr(0, 5, name, sizeof(name)));
	EXPECT_EQ(-1, netmgr_ndtostr(0, ND_LOCAL_NODE, name, 1));
	EXPECT_EQ(ND_LOCAL_NODE, netmgr_remote_nd(ND_LOCAL_NODE, ND_LOCAL_NODE));
	EXPECT_EQ(0, ND_NODE_CMP(3, 3));
	EXPECT_GT(0, ND_NODE_CMP(2, 3));
	EXPECT_LT(0, ND_NODE_CMP(3, 2));
}

static int daemonise(void *end)
{
	pid_t parent = getpid();
	char byte = 'n';

	if (procmgr_daemon(4, PROCMGR_DAEMON_NOCHDIR))
		return 1;
	/* Here it is the daemon that goes on. */
	if (getpid() != parent && getsid(0) == getpid())
		byte = 'y';
	return write(*(int *)end, &byte, 1) == 1 ? 0 : 2;
}

TEST(daemons_and_abilities)
{
	char byte = 0;
	int ends[2];

	ASSERT_EQ(0, pipe(ends));
	EXPECT_EQ(4, run_child(daemonise, &ends[1]));
	EXPECT_EQ(1, read(ends[0], &byte, 1));
	EXPECT_EQ('y', byte);
	EXPECT_EQ(-EINVAL, CALL(procmgr_daemon(0, 0x4000)));
	EXPECT_EQ(EOK, procmgr_ability(0, PROCMGR_ADN_NONROOT | PROCMGR_AOP_ALLOW |
				       PROCMGR_AID_PRIORITY, PROCMGR_AID_EOL));
	EXPECT_EQ(EINVAL, procmgr_ability(0, PROCMGR_AID_PRIORITY, PROCMGR_AID_EOL));
	EXPECT_EQ(ESRCH, procmgr_ability(0x3ffffff, PROCMGR_AID_EOL));
}

TEST(no_security_policies)
{
	errno = 0;
	EXPECT_EQ(NULL, secpol_open(NULL, 0));
	EXPECT_EQ(ENOTSUP, errno);
	EXPECT_EQ(-ENOTSUP, CALL(secpol_transition_type(NULL, "type", 0)));
	secpol_close(NULL);
}

#define DCMD_TEST	__DIOTF(_DCMD_MISC, 1, int)

static long job_devctl(struct peer *peer)
{
	int number = 20, info = 0;
	int ret = devctl(peer->coid, DCMD_TEST, &number, sizeof(number), &info);

	peer->value[0] = number;
	peer->value[1] = info;
	return ret;
}

TEST(devctl_request)
{
	int chid = ChannelCreate(0);
	struct peer *client = client_start(true, chid);
	struct {
		io_devctl_t head;
		int number;
	} msg;
	rcvid_t rcvid;
	int flags;

	ASSERT_NE(NULL, client);
	EXPECT_EQ(_POSIX_DEVDIR_TOFROM, get_device_direction(DCMD_TEST));
	EXPECT_EQ((_DCMD_MISC << 8) + 1, get_device_command(DCMD_TEST));
	peer_go(client, job_devctl);
	rcvid = receive_soon(chid, &msg, sizeof(msg), NULL);
	ASSERT_LT(0, rcvid);
	EXPECT_EQ(_IO_DEVCTL, msg.head.i.type);
	EXPECT_EQ(DCMD_TEST, msg.head.i.dcmd);
	EXPECT_EQ(sizeof(int), msg.head.i.nbytes);
	EXPECT_EQ(20, msg.number);
	memset(&msg.head, 0, sizeof(msg.head));
	msg.head.o.ret_val = 5;
	msg.head.o.nbytes = sizeof(int);
	msg.number = 21;
	EXPECT_EQ(0, MsgReply(rcvid, 0, &msg, sizeof(msg)));
	EXPECT_EQ(EOK, peer_wait(client));
	EXPECT_EQ(21, client->value[0]);
	EXPECT_EQ(5, client->value[1]);
	/* What the system's descriptors know. */
	EXPECT_EQ(EOK, devctl(0, DCMD_ALL_GETFLAGS, &flags, sizeof(flags), NULL));
	EXPECT_EQ(ENOTTY, devctl(0, DCMD_TEST, &flags, sizeof(flags), NULL));
	EXPECT_EQ(EBADF, devctl(-1, DCMD_TEST, &flags, sizeof(flags), NULL));
}

/* Sources that use them compile, and are told. */
TEST(no_asynchronous_messages)
{
	struct _asyncmsg_connection_attr attr = { .max_num_buffer = 1 };
	struct iovec iov = { &attr, sizeof(attr) };

	EXPECT_EQ(-ENOSYS, CALL(asyncmsg_channel_create(0, 0600, 64, 1, NULL, NULL)));
	EXPECT_EQ(-ENOSYS, CALL(asyncmsg_channel_destroy(1)));
	EXPECT_EQ(-ENOSYS, CALL(asyncmsg_connect_attach(0, 0, 1, 0, 0, &attr)));
	EXPECT_EQ(-ENOSYS, CALL(asyncmsg_connect_attr(1, &attr, NULL)));
	EXPECT_EQ(-ENOSYS, CALL(asyncmsg_connect_detach(1)));
	EXPECT_EQ(-ENOSYS, CALL(asyncmsg_put(1, &attr, sizeof(attr), 0, NULL)));
	EXPECT_EQ(-ENOSYS, CALL(asyncmsg_putv(1, &iov, 1, 0, NULL)));
	EXPECT_EQ(-ENOSYS, CALL(asyncmsg_flush(1, ASYNCMSG_FLUSH_NONBLOCK)));
	EXPECT_EQ(-ENOSYS, CALL(asyncmsg_free(NULL)));
	errno = 0;
	EXPECT_EQ(NULL, asyncmsg_get(1));
	EXPECT_EQ(ENOSYS, errno);
	errno = 0;
	EXPECT_EQ(NULL, asyncmsg_malloc(64));
	EXPECT_EQ(ENOSYS, errno);
}

TEST_HARNESS_MAIN
