// SPDX-License-Identifier: MIT OR Apache-2.0
/*
 * libqipc, call by call: that each does what it is there for, what the
 * library adds to the ioctls (one session, timeouts, cancellation, timers of
 * both kinds, descriptors), and the sign of each _r form.
 *
 * timeout: 120
 */
#define _GNU_SOURCE
#include <sys/neutrino.h>
#include <sys/dispatch.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <dlfcn.h>
#include <mqueue.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>

#include "kselftest_harness.h"

#define MS	1000000ull

static int own_connection(int chid)
{
	return ConnectAttach(ND_LOCAL_NODE, 0, chid, _NTO_SIDE_CHANNEL, 0);
}

/* Receives one message and answers it with its own bytes and their number; then another; ends with an empty one. */
static void *echo(void *argument)
{
	int chid = *(int *)argument;
	char bytes[64];

	for (;;) {
		struct _msg_info info;
		int rcvid = MsgReceive(chid, bytes, sizeof(bytes), &info);

		if (rcvid < 0)
			return NULL;
		if (rcvid == 0)
			continue;
		MsgReply(rcvid, info.msglen, bytes, (size_t)info.msglen);
		if (info.msglen == 0)
			return NULL;
	}
}

FIXTURE(served)
{
	int chid;
	int coid;
	pthread_t server;
};

FIXTURE_SETUP(served)
{
	self->chid = ChannelCreate(0);
	ASSERT_EQ(1, self->chid);
	self->coid = own_connection(self->chid);
	ASSERT_LE(_NTO_SIDE_CHANNEL, self->coid);
	ASSERT_EQ(0, pthread_create(&self->server, NULL, echo, &self->chid));
}

FIXTURE_TEARDOWN(served)
{
	MsgSend(self->coid, NULL, 0, NULL, 0);
	pthread_join(self->server, NULL);
}

TEST_F(served, all_sixteen_sends)
{
	char in[8];
	iov_t s[2], r[2];

	SETIOV(&s[0], "abc", 3);
	SETIOV(&s[1], "de", 2);
	SETIOV(&r[0], in, 1);
	SETIOV(&r[1], in + 1, 7);
#define CHECK(call) do {								\
		memset(in, 0, sizeof(in));						\
		errno = 77;								\
		EXPECT_EQ(5, call);							\
		EXPECT_STREQ("abcde", in);						\
		EXPECT_EQ(77, errno);							\
	} while (0)
	CHECK(MsgSend(self->coid, "abcde", 5, in, 8));
	CHECK(MsgSend_r(self->coid, "abcde", 5, in, 8));
	CHECK(MsgSendnc(self->coid, "abcde", 5, in, 8));
	CHECK(MsgSendnc_r(self->coid, "abcde", 5, in, 8));
	CHECK(MsgSendsv(self->coid, "abcde", 5, r, 2));
	CHECK(MsgSendsv_r(self->coid, "abcde", 5, r, 2));
	CHECK(MsgSendsvnc(self->coid, "abcde", 5, r, 2));
	CHECK(MsgSendsvnc_r(self->coid, "abcde", 5, r, 2));
	CHECK(MsgSendvs(self->coid, s, 2, in, 8));
	CHECK(MsgSendvs_r(self->coid, s, 2, in, 8));
	CHECK(MsgSendvsnc(self->coid, s, 2, in, 8));
	CHECK(MsgSendvsnc_r(self->coid, s, 2, in, 8));
	CHECK(MsgSendv(self->coid, s, 2, r, 2));
	CHECK(MsgSendv_r(self->coid, s, 2, r, 2));
	CHECK(MsgSendvnc(self->coid, s, 2, r, 2));
	CHECK(MsgSendvnc_r(self->coid, s, 2, r, 2));
}

/* A call on a number that is nothing, in its two forms. */
#define PLAIN(error, call) do {								\
		errno = 0;								\
		EXPECT_EQ(-1, call);							\
		EXPECT_EQ(error, errno);						\
	} while (0)
#define NEGATIVE(error, call) do {							\
		errno = 77;								\
		EXPECT_EQ(-(error), call);						\
		EXPECT_EQ(77, errno);							\
	} while (0)
#define POSITIVE(error, call) do {							\
		errno = 77;								\
		EXPECT_EQ(error, call);							\
		EXPECT_EQ(77, errno);							\
	} while (0)

TEST(the_sign_of_each_r_form)
{
	struct sigevent event;
	struct _client_info client, *more;
	struct _timer_info timer;
	struct _server_info server;
	struct _msg_info info;
	struct _itimer itimer = { 0 };
	struct _pulse pulse;
	struct itimerspec spec = { 0 };
	iov_t iov = { &pulse, sizeof(pulse) };
	uint32_t key;

	SIGEV_NONE_INIT(&event);
	PLAIN(EPERM, ChannelCreate(_NTO_CHF_NET_MSG));
	NEGATIVE(EPERM, ChannelCreate_r(_NTO_CHF_NET_MSG));
	PLAIN(ENOTSUP, ChannelCreate(_NTO_CHF_ASYNC));
	PLAIN(EINVAL, ChannelDestroy(9));
	POSITIVE(EINVAL, ChannelDestroy_r(9));
	PLAIN(ESRCH, ConnectAttach(0, 0, 99, _NTO_SIDE_CHANNEL, 0));
	NEGATIVE(ESRCH, ConnectAttach_r(0, 0, 99, _NTO_SIDE_CHANNEL, 0));
	PLAIN(ENOREMOTE, ConnectAttach(5, 0, 1, _NTO_SIDE_CHANNEL, 0));
	PLAIN(EINVAL, ConnectDetach(0x40000099));
	POSITIVE(EINVAL, ConnectDetach_r(0x40000099));
	PLAIN(EINVAL, ConnectDetach(-1));
	PLAIN(EINVAL, ConnectDetach(0));
	PLAIN(EINVAL, ConnectServerInfo(0, 0, &server));
	NEGATIVE(EINVAL, ConnectServerInfo_r(0, 0, &server));
	PLAIN(EINVAL, ConnectClientInfo(5, &client, 0));
	POSITIVE(EINVAL, ConnectClientInfo_r(5, &client, 0));
	PLAIN(EINVAL, ConnectClientInfoExt(5, &more, 0));
	POSITIVE(EINVAL, ConnectClientInfoExt_r(5, &more, 0));
	PLAIN(EBADF, ConnectFlags(0, 0x40000099, 0, 0));
	NEGATIVE(EBADF, ConnectFlags_r(0, 0x40000099, 0, 0));
	PLAIN(EBADF, MsgSend(0x40000099, NULL, 0, NULL, 0));
	NEGATIVE(EBADF, MsgSend_r(0x40000099, NULL, 0, NULL, 0));
	PLAIN(EBADF, MsgSend(-1, NULL, 0, NULL, 0));
	PLAIN(EBADF, MsgSend(0, NULL, 0, NULL, 0));
	PLAIN(ESRCH, MsgReceive(9, &pulse, sizeof(pulse), NULL));
	NEGATIVE(ESRCH, MsgReceive_r(9, &pulse, sizeof(pulse), NULL));
	PLAIN(ESRCH, MsgReceivev(9, &iov, 1, NULL));
	NEGATIVE(ESRCH, MsgReceivev_r(9, &iov, 1, NULL));
	PLAIN(ESRCH, MsgReceivePulse(9, &pulse, sizeof(pulse), NULL));
	NEGATIVE(ESRCH, MsgReceivePulse_r(9, &pulse, sizeof(pulse), NULL));
	PLAIN(ESRCH, MsgReceivePulsev(9, &iov, 1, NULL));
	NEGATIVE(ESRCH, MsgReceivePulsev_r(9, &iov, 1, NULL));
	PLAIN(ESRCH, MsgReply(0, 0, NULL, 0));
	NEGATIVE(ESRCH, MsgReply_r(77, 0, NULL, 0));
	PLAIN(ESRCH, MsgReplyv(77, 0, NULL, 0));
	NEGATIVE(ESRCH, MsgReplyv_r(77, 0, NULL, 0));
	PLAIN(ESRCH, MsgError(77, EINTR));
	POSITIVE(ESRCH, MsgError_r(77, EINTR));
	PLAIN(ESRCH, MsgRead(77, &pulse, 1, 0));
	NEGATIVE(ESRCH, MsgRead_r(77, &pulse, 1, 0));
	PLAIN(ESRCH, MsgReadv(77, &iov, 1, 0));
	NEGATIVE(ESRCH, MsgReadv_r(77, &iov, 1, 0));
	PLAIN(ESRCH, MsgWrite(77, &pulse, 1, 0));
	NEGATIVE(ESRCH, MsgWrite_r(77, &pulse, 1, 0));
	PLAIN(ESRCH, MsgWritev(77, &iov, 1, 0));
	NEGATIVE(ESRCH, MsgWritev_r(77, &iov, 1, 0));
	PLAIN(ESRCH, MsgInfo(77, &info));
	POSITIVE(ESRCH, MsgInfo_r(77, &info));
	PLAIN(ESRCH, MsgCurrent(77));
	POSITIVE(ESRCH, MsgCurrent_r(77));
	PLAIN(ENOSYS, MsgKeyData(77, 0, 0, &key, &iov, 1));
	POSITIVE(ENOSYS, MsgKeyData_r(77, 0, 0, &key, &iov, 1));
	PLAIN(ENOSYS, MsgPause(77, 0));
	POSITIVE(ENOSYS, MsgPause_r(77, 0));
	PLAIN(EBADF, MsgSendPulse(0x40000099, -1, 1, 2));
	POSITIVE(EBADF, MsgSendPulse_r(0x40000099, -1, 1, 2));
	PLAIN(EBADF, MsgSendPulsePtr(0x40000099, -1, 1, &key));
	POSITIVE(EBADF, MsgSendPulsePtr_r(0x40000099, -1, 1, &key));
	PLAIN(EINVAL, MsgSendPulse(0x40000099, 256, 1, 2));
	PLAIN(ESRCH, MsgDeliverEvent(77, &event));
	POSITIVE(ESRCH, MsgDeliverEvent_r(77, &event));
	PLAIN(ESRCH, MsgVerifyEvent(77, &event));
	POSITIVE(ESRCH, MsgVerifyEvent_r(77, &event));
	PLAIN(EINVAL, MsgUnregisterEvent(&event));
	POSITIVE(EINVAL, MsgUnregisterEvent_r(&event));
	PLAIN(EINVAL, TimerTimeout(12345, 0, NULL, NULL, NULL));
	NEGATIVE(EINVAL, TimerTimeout_r(12345, 0, NULL, NULL, NULL));
	PLAIN(EINVAL, timer_timeout(12345, 0, NULL, NULL, NULL));
	NEGATIVE(EINVAL, timer_timeout_r(12345, 0, NULL, NULL, NULL));
	SIGEV_UNBLOCK_INIT(&event);
	PLAIN(EINVAL, TimerCreate(CLOCK_REALTIME, &event));
	NEGATIVE(EINVAL, TimerCreate_r(CLOCK_REALTIME, &event));
	PLAIN(EINVAL, TimerDestroy(5));
	POSITIVE(EINVAL, TimerDestroy_r(5));
	PLAIN(EINVAL, TimerSettime(5, 0, &itimer, NULL));
	POSITIVE(EINVAL, TimerSettime_r(5, 0, &itimer, NULL));
	PLAIN(EINVAL, TimerInfo(0, 5, 0, &timer));
	NEGATIVE(EINVAL, TimerInfo_r(0, 5, 0, &timer));
	PLAIN(EINVAL, timer_delete(5));
	PLAIN(EINVAL, timer_settime(5, 0, &spec, NULL));
	PLAIN(EINVAL, timer_gettime(5, &spec));
	PLAIN(EINVAL, timer_getoverrun(5));
	PLAIN(EINVAL, ChannelCreatePulsePool(0, NULL));
	PLAIN(ENOSYS, InterruptWait(0, NULL));
	POSITIVE(ENOSYS, InterruptWait_r(0, NULL));
	NEGATIVE(ENOSYS, InterruptAttachEvent_r(1, &event, 0));
	PLAIN(ENOENT, name_open("nobody-has-this-name", 0));
	PLAIN(EINVAL, name_close(-1));
	PLAIN(EINVAL, name_detach(NULL, 0));
	PLAIN(EINVAL, ConnectClientInfoExtFree(NULL));
}

TEST(bad_addresses_are_efault)
{
	char *none = mmap(NULL, 8192, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int chid = ChannelCreate(0), coid = own_connection(chid);
	uint64_t soon = MS;
	char byte;

	ASSERT_EQ(0, MsgSendPulse(coid, -1, 1, 2));
	PLAIN(EFAULT, MsgReceive(chid, &byte, 1, (void *)none));
	PLAIN(EFAULT, MsgReceive(chid, &byte, 1, (void *)8));
	PLAIN(EFAULT, ConnectServerInfo(0, coid, (void *)none));
	PLAIN(EFAULT, ConnectClientInfo(-1, (void *)none, 0));
	PLAIN(EFAULT, MsgDeliverEvent(0, (void *)none));
	PLAIN(EFAULT, MsgRegisterEvent((void *)none, -1));
	PLAIN(EFAULT, TimerTimeout(CLOCK_MONOTONIC, _NTO_TIMEOUT_SEND, (void *)none, &soon, NULL));
	PLAIN(EFAULT, TimerTimeout(CLOCK_MONOTONIC, _NTO_TIMEOUT_SEND, NULL, (void *)none, NULL));
	PLAIN(EFAULT, MsgSend(coid, none, 8, NULL, 0));
}

TEST(pulses_carry_their_value)
{
	int chid = ChannelCreate(0), coid = own_connection(chid);
	struct _pulse pulse;
	struct _msg_info info;

	memset(&info, 0x55, sizeof(info));
	ASSERT_EQ(0, MsgSendPulse(coid, 0, 0, -1));
	ASSERT_EQ(0, MsgSendPulse(coid, -1, 127, 0x123456789));
	ASSERT_EQ(0, MsgSendPulsePtr(coid, -1, -100, &pulse));
	ASSERT_EQ(0, MsgSendPulse(coid, 200, 1, 5));
	/* The priority that Linux lacks is its highest. */
	ASSERT_EQ(0, MsgReceive(chid, &pulse, sizeof(pulse), &info));
	EXPECT_EQ(5, pulse.value.sival_int);
	ASSERT_EQ(0, MsgReceive(chid, &pulse, sizeof(pulse), &info));
	EXPECT_EQ(0, pulse.code);
	EXPECT_EQ(-1, pulse.value.sival_int);
	EXPECT_EQ(-1, pulse.value.sival_long);
	ASSERT_EQ(0, MsgReceivePulse(chid, &pulse, sizeof(pulse), NULL));
	EXPECT_EQ(127, pulse.code);
	EXPECT_EQ(0x123456789, pulse.value.sival_long);
	ASSERT_EQ(0, MsgReceivePulse(chid, &pulse, sizeof(pulse), NULL));
	EXPECT_EQ(-100, pulse.code);
	EXPECT_TRUE(pulse.value.sival_ptr == &pulse);
	/* Untouched by pulses. */
	EXPECT_EQ(0x55555555, info.pid);
}

TEST(a_timeout_is_for_the_next_call)
{
	int chid = ChannelCreate(0), coid = own_connection(chid);
	struct sigevent event;
	struct _pulse pulse;
	uint64_t soon = 20 * MS, left = 1;
	struct timespec time = { 0, 20 * MS };

	PLAIN(ETIMEDOUT, (TimerTimeout(CLOCK_MONOTONIC, _NTO_TIMEOUT_RECEIVE, NULL, &soon, &left),
			  MsgReceive(chid, &pulse, sizeof(pulse), NULL)));
	EXPECT_EQ(0, left);
	PLAIN(ETIMEDOUT, (timer_timeout(CLOCK_REALTIME, _NTO_TIMEOUT_RECEIVE, NULL, &time, NULL),
			  MsgReceivePulse(chid, &pulse, sizeof(pulse), NULL)));
	SIGEV_UNBLOCK_INIT(&event);
	PLAIN(ETIMEDOUT, (TimerTimeout(CLOCK_REALTIME, _NTO_TIMEOUT_SEND | _NTO_TIMEOUT_REPLY, &event, &soon, NULL),
			  MsgSend(coid, NULL, 0, NULL, 0)));
	/* At once. */
	PLAIN(ETIMEDOUT, (TimerTimeout(CLOCK_MONOTONIC, _NTO_TIMEOUT_RECEIVE, NULL, NULL, NULL),
			  MsgReceive(chid, &pulse, sizeof(pulse), NULL)));
	/* It tells what was armed. */
	EXPECT_EQ(0, TimerTimeout(CLOCK_MONOTONIC, _NTO_TIMEOUT_RECEIVE, NULL, NULL, NULL));
	EXPECT_EQ(_NTO_TIMEOUT_RECEIVE, TimerTimeout(CLOCK_MONOTONIC, _NTO_TIMEOUT_SEND, NULL, NULL, NULL));
	/* Any call disarms: this receive waits for the pulse that the timer of the event brings. */
	EXPECT_EQ(0, TimerTimeout(CLOCK_MONOTONIC, 0, NULL, NULL, NULL) & _NTO_TIMEOUT_RECEIVE);
	EXPECT_EQ(0, TimerTimeout(CLOCK_MONOTONIC, _NTO_TIMEOUT_RECEIVE, NULL, NULL, NULL));
	EXPECT_EQ(0, MsgSendPulse(coid, -1, 3, 4));
	EXPECT_EQ(0, MsgReceive(chid, &pulse, sizeof(pulse), NULL));
	SIGEV_PULSE_INIT(&event, coid, SIGEV_PULSE_PRIO_INHERIT, 9, 8);
	EXPECT_EQ(0, TimerTimeout(CLOCK_MONOTONIC, _NTO_TIMEOUT_RECEIVE, &event, &soon, NULL));
	EXPECT_EQ(0, MsgReceive(chid, &pulse, sizeof(pulse), NULL));
	EXPECT_EQ(9, pulse.code);
	/* Sleeps. */
	EXPECT_EQ(0, TimerTimeout(CLOCK_MONOTONIC, _NTO_TIMEOUT_NANOSLEEP, NULL, &soon, NULL));
}

static void *sleeper(void *argument)
{
	usleep(1000000);
	return argument;
}

TEST(a_timeout_holds_for_threads_and_locks)
{
	pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
	pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
	uint64_t soon = 20 * MS;
	pthread_t thread;
	sem_t sem;

	sem_init(&sem, 0, 0);
	ASSERT_EQ(0, pthread_create(&thread, NULL, sleeper, NULL));
	TimerTimeout(CLOCK_MONOTONIC, _NTO_TIMEOUT_JOIN, NULL, &soon, NULL);
	EXPECT_EQ(ETIMEDOUT, pthread_join(thread, NULL));
	TimerTimeout(CLOCK_REALTIME, _NTO_TIMEOUT_SEM, NULL, &soon, NULL);
	PLAIN(ETIMEDOUT, sem_wait(&sem));
	EXPECT_EQ(0, pthread_mutex_lock(&mutex));
	TimerTimeout(CLOCK_MONOTONIC, _NTO_TIMEOUT_MUTEX, NULL, &soon, NULL);
	EXPECT_EQ(ETIMEDOUT, pthread_mutex_lock(&mutex));
	TimerTimeout(CLOCK_BOOTTIME, _NTO_TIMEOUT_CONDVAR, NULL, &soon, NULL);
	EXPECT_EQ(ETIMEDOUT, pthread_cond_wait(&cond, &mutex));
	/* For the next call only. */
	EXPECT_EQ(0, pthread_join(thread, NULL));
}

static atomic_int happened;
static sem_t posted;

static void on_event(union sigval value)
{
	atomic_fetch_add(&happened, value.sival_int);
}

static void on_signal(int number, siginfo_t *info, void *context)
{
	(void)number;
	(void)context;
	atomic_fetch_add(&happened, info->si_value.sival_int);
}

static void wait_for(struct __test_metadata *_metadata, int value)
{
	for (int i = 0; i < 5000 && atomic_load(&happened) != value; i++)
		usleep(1000);
	EXPECT_EQ(value, atomic_load(&happened));
}

TEST(timers_of_every_kind)
{
	int chid = ChannelCreate(0), coid = own_connection(chid);
	struct sigaction action = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO };
	struct itimerspec once = { .it_value = { 0, 5 * MS } }, now;
	struct sigevent event;
	struct _pulse pulse;
	timer_t timer, other;

	sigaction(SIGUSR1, &action, NULL);
	sem_init(&posted, 0, 0);
	/* By hand, as many programs do. */
	event.sigev_notify = SIGEV_PULSE;
	event.sigev_coid = coid;
	event.sigev_priority = 10;
	event.sigev_code = _PULSE_CODE_MINAVAIL;
	event.sigev_value.sival_int = 4711;
	ASSERT_EQ(0, timer_create(CLOCK_REALTIME, &event, &timer));
	EXPECT_LT(0, timer);
	ASSERT_EQ(0, timer_settime(timer, 0, &once, NULL));
	ASSERT_EQ(0, MsgReceive(chid, &pulse, sizeof(pulse), NULL));
	EXPECT_EQ(_PULSE_CODE_MINAVAIL, pulse.code);
	EXPECT_EQ(4711, pulse.value.sival_int);
	EXPECT_EQ(0, timer_getoverrun(timer));
	EXPECT_EQ(0, timer_delete(timer));
	PLAIN(EINVAL, timer_delete(timer));

	SIGEV_SIGNAL_VALUE_INIT(&event, SIGUSR1, 3);
	ASSERT_EQ(0, timer_create(CLOCK_MONOTONIC, &event, &timer));
	ASSERT_EQ(0, timer_settime(timer, 0, &once, NULL));
	wait_for(_metadata, 3);
	SIGEV_SIGNAL_CODE_INIT(&event, SIGUSR1, 4, SI_MINAVAIL);
	ASSERT_EQ(0, timer_create(CLOCK_MONOTONIC, &event, &other));
	EXPECT_NE(timer, other);
	ASSERT_EQ(0, timer_settime(other, 0, &once, NULL));
	wait_for(_metadata, 7);
	EXPECT_EQ(0, timer_delete(timer));
	EXPECT_EQ(0, timer_delete(other));

	SIGEV_THREAD_INIT(&event, on_event, 5, NULL);
	ASSERT_EQ(0, timer_create(CLOCK_MONOTONIC, &event, &timer));
	ASSERT_EQ(0, timer_settime(timer, 0, &once, NULL));
	wait_for(_metadata, 12);
	EXPECT_EQ(0, timer_delete(timer));
	SIGEV_SEM_INIT(&event, &posted);
	ASSERT_EQ(0, timer_create(CLOCK_MONOTONIC, &event, &timer));
	ASSERT_EQ(0, timer_settime(timer, 0, &once, NULL));
	EXPECT_EQ(0, sem_wait(&posted));
	EXPECT_EQ(0, timer_delete(timer));

	SIGEV_NONE_INIT(&event);
	once.it_value.tv_sec = 100;
	once.it_interval.tv_sec = 3;
	ASSERT_EQ(0, timer_create(CLOCK_MONOTONIC, &event, &timer));
	ASSERT_EQ(0, timer_settime(timer, 0, &once, NULL));
	ASSERT_EQ(0, timer_gettime(timer, &now));
	EXPECT_LE(90, now.it_value.tv_sec);
	EXPECT_EQ(3, now.it_interval.tv_sec);
	once.it_value.tv_nsec = 1000000000;
	PLAIN(EINVAL, timer_settime(timer, 0, &once, NULL));
	EXPECT_EQ(0, timer_delete(timer));
	/* As POSIX has it: SIGALRM. */
	sigaction(SIGALRM, &action, NULL);
	ASSERT_EQ(0, timer_create(CLOCK_MONOTONIC, NULL, &timer));
	EXPECT_EQ(0, timer_delete(timer));
}

TEST(timers_by_qnx_names)
{
	int chid = ChannelCreate(0), coid = own_connection(chid);
	struct _itimer set = { 100000 * MS, 5 * MS }, old;
	struct _timer_info info;
	struct sigevent event;
	struct _pulse pulse;
	int timer;

	SIGEV_PULSE_INIT(&event, coid, 7, 1, 2);
	timer = TimerCreate(CLOCK_MONOTONIC, &event);
	ASSERT_LT(0, timer);
	ASSERT_EQ(0, TimerSettime(timer, 0, &set, NULL));
	ASSERT_EQ(timer, TimerInfo(0, timer, 0, &info));
	EXPECT_LE(99000 * MS, info.itime.nsec);
	EXPECT_EQ(5 * MS, info.itime.interval_nsec);
	EXPECT_EQ(set.nsec, info.otime.nsec);
	EXPECT_EQ(_NTO_TI_ACTIVE, info.flags);
	EXPECT_EQ(SIGEV_PULSE, info.notify);
	EXPECT_EQ(CLOCK_MONOTONIC, info.clockid);
	EXPECT_EQ(coid, info.event.sigev_coid);
	EXPECT_EQ(timer, TimerInfo(getpid(), 0, _NTO_TIMER_SEARCH, &info));
	PLAIN(EINVAL, TimerInfo(0, timer + 1, _NTO_TIMER_SEARCH, &info));
	set.nsec = MS;
	ASSERT_EQ(0, TimerSettime(timer, 0, &set, &old));
	EXPECT_LE(99000 * MS, old.nsec);
	EXPECT_EQ(5 * MS, old.interval_nsec);
	for (int i = 0; i < 3; i++)
		ASSERT_EQ(0, MsgReceive(chid, &pulse, sizeof(pulse), NULL));
	EXPECT_EQ(0, TimerDestroy(timer));
	set.nsec = 50000 * MS;
	EXPECT_EQ(0, TimerAlarm(CLOCK_REALTIME, &set, &old));
	EXPECT_EQ(0, old.nsec);
	set.nsec = 0;
	EXPECT_EQ(0, TimerAlarm(CLOCK_REALTIME, &set, &old));
	EXPECT_LT(0, old.nsec);
}

TEST(events_to_oneself)
{
	int chid = ChannelCreate(0), coid = own_connection(chid);
	struct sigaction action = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO };
	unsigned int word = 12;
	struct sigevent event;
	struct _pulse pulse;

	sigaction(SIGUSR1, &action, NULL);
	sem_init(&posted, 0, 0);
	SIGEV_PULSE_INIT(&event, coid, -1, 1, 2);
	EXPECT_EQ(0, MsgVerifyEvent(0, &event));
	EXPECT_EQ(0, MsgDeliverEvent(0, &event));
	EXPECT_EQ(0, MsgReceive(chid, &pulse, sizeof(pulse), NULL));
	SIGEV_SIGNAL_CODE_INIT(&event, SIGUSR1, 3, SI_MINAVAIL);
	EXPECT_EQ(0, MsgDeliverEvent(0, &event));
	wait_for(_metadata, 3);
	SIGEV_THREAD_INIT(&event, on_event, 4, NULL);
	EXPECT_EQ(0, MsgDeliverEvent(0, &event));
	wait_for(_metadata, 7);
	SIGEV_MEMORY_INIT(&event, &word, 3, SIGEV_MEM_ADD);
	EXPECT_EQ(0, MsgDeliverEvent(0, &event));
	EXPECT_EQ(15, word);
	SIGEV_SEM_INIT(&event, &posted);
	EXPECT_EQ(0, MsgDeliverEvent(0, &event));
	EXPECT_EQ(0, sem_trywait(&posted));
	SIGEV_SIGNAL_INIT(&event, 0);
	PLAIN(EINVAL, MsgDeliverEvent(0, &event));
}

TEST(registered_events_become_handles)
{
	int chid = ChannelCreate(0), coid = own_connection(chid);
	struct sigevent event, threaded;
	struct _pulse pulse;

	SIGEV_PULSE_INIT(&event, coid, -1, 1, 2);
	ASSERT_EQ(0, MsgRegisterEvent(&event, coid));
	EXPECT_TRUE(event.sigev_notify & SIGEV_FLAG_HANDLE);
	EXPECT_EQ(SIGEV_PULSE, SIGEV_GET_TYPE(&event));
	EXPECT_EQ(0, MsgDeliverEvent(0, &event));
	ASSERT_EQ(0, MsgReceive(chid, &pulse, sizeof(pulse), NULL));
	EXPECT_EQ(2, pulse.value.sival_int);
	EXPECT_EQ(0, MsgUnregisterEvent(&event));
	PLAIN(ESRCH, MsgUnregisterEvent(&event));
	SIGEV_THREAD_INIT(&threaded, on_event, 6, NULL);
	ASSERT_EQ(0, MsgRegisterEvent(&threaded, _NTO_REGEVENT_ALLOW_ANY_SERVER));
	EXPECT_EQ(0, MsgDeliverEvent(0, &threaded));
	EXPECT_EQ(0, MsgDeliverEvent(0, &threaded));
	wait_for(_metadata, 12);
	EXPECT_EQ(0, MsgUnregisterEvent(&threaded));
}

TEST(a_full_pool_is_told_by_a_semaphore)
{
	struct nto_channel_config config = { .num_pulses = 2, .options = _NTO_CHO_CUSTOM_EVENT };
	int chid, coid;

	sem_init(&posted, 0, 0);
	SIGEV_SEM_INIT(&config.event, &posted);
	chid = ChannelCreatePulsePool(0, &config);
	ASSERT_LT(0, chid);
	coid = own_connection(chid);
	EXPECT_EQ(0, MsgSendPulse(coid, -1, 1, 1));
	EXPECT_EQ(0, MsgSendPulse(coid, -1, 1, 2));
	PLAIN(EAGAIN, MsgSendPulse(coid, -1, 1, 3));
	EXPECT_EQ(0, sem_wait(&posted));
}

TEST(connections_as_descriptors)
{
	int chid = ChannelCreate(0), side = own_connection(chid);
	int low = open("/dev/null", O_RDONLY), fd, high;
	struct _server_info info;
	pthread_t server;

	ASSERT_EQ(0, pthread_create(&server, NULL, echo, &chid));
	ASSERT_GT(64, low);
	fd = ConnectAttach(0, 0, chid, 0, 0);
	EXPECT_EQ(low + 1, fd);
	high = ConnectAttach(0, 0, chid, 60, _NTO_COF_CLOEXEC);
	EXPECT_EQ(60, high);
	EXPECT_EQ(FD_CLOEXEC, fcntl(high, F_GETFD));
	EXPECT_EQ(3, MsgSend(fd, "abc", 3, NULL, 0));
	EXPECT_EQ(2, MsgSend(high, "ab", 2, NULL, 0));
	PLAIN(EBADF, MsgSend(low, "ab", 2, NULL, 0));
	PLAIN(EINVAL, ConnectDetach(low));
	EXPECT_EQ(fd, ConnectServerInfo(0, low, &info));
	EXPECT_EQ(getpid(), info.pid);
	EXPECT_EQ(chid, info.chid);
	EXPECT_EQ(high, ConnectServerInfo(0, fd + 1, &info));
	EXPECT_EQ(side, ConnectServerInfo(0, high + 1, &info));
	EXPECT_EQ(0, ConnectFlags(0, fd, _NTO_COF_CLOEXEC, _NTO_COF_CLOEXEC));
	EXPECT_EQ(_NTO_COF_CLOEXEC, ConnectFlags(0, fd, 0, 0));
	PLAIN(EBADF, ConnectFlags(0, low, 0, 0));
	EXPECT_EQ(0, ConnectDetach(fd));
	PLAIN(EBADF, fcntl(fd, F_GETFD));
	PLAIN(EINVAL, ConnectAttach(0, 0, chid, 0x3fffffff, 0));
	MsgSend(high, NULL, 0, NULL, 0);
	pthread_join(server, NULL);
	EXPECT_EQ(0, ChannelDestroy(chid));
	EXPECT_EQ(high, ConnectServerInfo(0, high, &info));
	EXPECT_EQ(_NTO_COF_DEAD, info.flags & _NTO_COF_DEAD);
	PLAIN(EINVAL, ConnectServerInfo(0, high, NULL));
}

TEST(events_for_connections_that_are_descriptors)
{
	int chid = ChannelCreate(0), fd = ConnectAttach(0, 0, chid, 0, 0), again;
	struct itimerspec once = { .it_value = { 0, 5 * MS } };
	struct sigevent event = { .sigev_notify = SIGEV_PULSE };
	struct _pulse pulse;
	timer_t timer;

	event.sigev_coid = fd;
	event.sigev_code = 3;
	ASSERT_EQ(0, timer_create(CLOCK_MONOTONIC, &event, &timer));
	ASSERT_EQ(0, timer_settime(timer, 0, &once, NULL));
	ASSERT_EQ(0, MsgReceive(chid, &pulse, sizeof(pulse), NULL));
	EXPECT_EQ(3, pulse.code);
	EXPECT_EQ(0, MsgDeliverEvent(0, &event));
	ASSERT_EQ(0, MsgReceive(chid, &pulse, sizeof(pulse), NULL));
	/* For a server that delivers it. */
	SIGEV_PULSE_INIT(&event, fd, -1, 4, 5);
	EXPECT_LE(_NTO_SIDE_CHANNEL, event.sigev_coid);
	again = event.sigev_coid;
	SIGEV_PULSE_INIT(&event, fd, -1, 4, 5);
	EXPECT_EQ(again, event.sigev_coid);
	EXPECT_EQ(0, MsgDeliverEvent(0, &event));
	ASSERT_EQ(0, MsgReceive(chid, &pulse, sizeof(pulse), NULL));
	EXPECT_EQ(4, pulse.code);
	/* What is no connection stays what it is. */
	SIGEV_PULSE_INIT(&event, 0, -1, 4, 5);
	EXPECT_EQ(0, event.sigev_coid);
	PLAIN(ESRCH, MsgDeliverEvent(0, &event));
}

TEST(who_a_client_is)
{
	struct _client_info info, *more;
	struct _client_able able = { 0 };

	ASSERT_EQ(0, ConnectClientInfo(-1, &info, 0));
	EXPECT_EQ(getpid(), info.pid);
	EXPECT_EQ(geteuid(), info.cred.euid);
	ASSERT_EQ(0, ConnectClientInfoExt(-1, &more, _NTO_CLIENTINFO_GETGROUPS));
	EXPECT_EQ(info.cred.ngroups, more->cred.ngroups);
	EXPECT_EQ(0, ConnectClientInfoExtFree(&more));
	EXPECT_TRUE(!more);
	ASSERT_EQ(0, ConnectClientInfoAble(-1, &more, 0, &able, 1));
	EXPECT_EQ(geteuid() ? _NTO_CI_UNABLE : 0, more->flags & _NTO_CI_UNABLE);
	EXPECT_EQ(0, ConnectClientInfoExtFree(&more));
}

TEST(a_child_has_a_session_of_its_own)
{
	int chid = ChannelCreate(0), coid = own_connection(chid);
	struct sigevent event;
	struct _pulse pulse;
	timer_t timer;
	int status;
	pid_t child;

	SIGEV_PULSE_INIT(&event, coid, -1, 1, 2);
	ASSERT_EQ(0, timer_create(CLOCK_MONOTONIC, &event, &timer));
	child = fork();
	if (!child) {
		PLAIN(EBADF, MsgSend(coid, NULL, 0, NULL, 0));
		PLAIN(ESRCH, MsgReceive(chid, &pulse, sizeof(pulse), NULL));
		PLAIN(EINVAL, timer_delete(timer));
		EXPECT_EQ(1, ChannelCreate(0));
		coid = ConnectAttach(0, getppid(), chid, _NTO_SIDE_CHANNEL, 0);
		EXPECT_EQ(0, MsgSendPulse(coid, -1, 5, getpid()));
		_exit(_metadata->exit_code);
	}
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(0, status);
	ASSERT_EQ(0, MsgReceive(chid, &pulse, sizeof(pulse), NULL));
	EXPECT_EQ(child, pulse.value.sival_int);
	/* The parent's is as it was. */
	EXPECT_EQ(0, MsgSendPulse(coid, -1, 1, 1));
}

TEST(a_program_that_closes_everything_gets_a_new_session)
{
	EXPECT_EQ(1, ChannelCreate(0));
	for (int fd = 10; fd < 2000; fd++)
		close(fd);
	EXPECT_EQ(1, ChannelCreate(0));
}

TEST(another_copy_of_the_library_has_the_same_session)
{
	int (*detach)(int coid);
	int (*destroy)(int chid);
	void *copy;
	int chid = ChannelCreate(0), coid = own_connection(chid);

	copy = dlmopen(LM_ID_NEWLM, "libqipc.so.1", RTLD_NOW);
	ASSERT_TRUE(copy) TH_LOG("%s", dlerror());
	*(void **)&detach = dlsym(copy, "ConnectDetach");
	*(void **)&destroy = dlsym(copy, "ChannelDestroy");
	ASSERT_TRUE(detach && destroy);
	EXPECT_EQ(0, detach(coid));
	EXPECT_EQ(0, destroy(chid));
	EXPECT_EQ(0, dlclose(copy));
	PLAIN(EBADF, MsgSend(coid, NULL, 0, NULL, 0));
	PLAIN(EINVAL, ChannelDestroy(chid));
}

TEST(names)
{
	name_attach_t *attach = name_attach(NULL, "test/of//names", 0), *other;
	struct _pulse pulse;
	int coid, status, go[2];
	pid_t child;

	ASSERT_TRUE(attach);
	EXPECT_LT(0, attach->chid);
	ASSERT_EQ(0, pipe(go));
	other = name_attach(NULL, "test/of/names", 0);
	EXPECT_TRUE(!other && errno == EEXIST);
	EXPECT_TRUE(!name_attach(NULL, "", 0) && errno == EINVAL);
	EXPECT_TRUE(!name_attach(NULL, NULL, 0) && errno == EINVAL);
	EXPECT_TRUE(!name_attach(NULL, "/x", 0) && errno == EINVAL);
	EXPECT_TRUE(!name_attach(NULL, "a/../b", 0) && errno == EINVAL);
	child = fork();
	if (!child) {
		coid = name_open("test/of/names", 0);
		EXPECT_LE(_NTO_SIDE_CHANNEL, coid);
		EXPECT_EQ(0, MsgSendPulse(coid, -1, 1, 2));
		/* The news of its end would come before the pulse. */
		close(go[1]);
		EXPECT_EQ(0, read(go[0], &status, 1));
		_exit(_metadata->exit_code);
	}
	ASSERT_EQ(0, MsgReceive(attach->chid, &pulse, sizeof(pulse), NULL));
	EXPECT_EQ(1, pulse.code);
	close(go[1]);
	ASSERT_EQ(0, MsgReceive(attach->chid, &pulse, sizeof(pulse), NULL));
	EXPECT_EQ(_PULSE_CODE_DISCONNECT, pulse.code);
	EXPECT_EQ(0, ConnectDetach(pulse.scoid));
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_EQ(0, name_detach(attach, 0));
	PLAIN(ENOENT, name_open("test/of/names", 0));
	PLAIN(EINVAL, ChannelDestroy(1));
}

/* ---- cancellation ---- */

struct waiting {
	int coid;
	int chid;
	long (*send)(int coid, const void *smsg, size_t sbytes, void *rmsg, size_t rbytes);
	atomic_int cleaned;
	atomic_int returned;
};

static void clean(void *argument)
{
	atomic_store(&((struct waiting *)argument)->cleaned, 1);
}

static void *wait_in_send(void *argument)
{
	struct waiting *waiting = argument;

	pthread_cleanup_push(clean, waiting);
	waiting->send(waiting->coid, "x", 1, NULL, 0);
	atomic_store(&waiting->returned, 1);
	pthread_testcancel();
	pthread_cleanup_pop(0);
	return NULL;
}

static void *wait_in_receive(void *argument)
{
	struct waiting *waiting = argument;
	char byte;

	pthread_cleanup_push(clean, waiting);
	MsgReceive(waiting->chid, &byte, 1, NULL);
	atomic_store(&waiting->returned, 1);
	pthread_cleanup_pop(0);
	return NULL;
}

TEST(a_thread_is_cancelled_in_send_and_receive)
{
	struct waiting waiting = { .chid = ChannelCreate(0), .send = MsgSend };
	struct _msg_info info;
	pthread_t thread;
	void *result;
	int rcvid;
	char byte;

	waiting.coid = own_connection(waiting.chid);
	ASSERT_EQ(0, pthread_create(&thread, NULL, wait_in_send, &waiting));
	rcvid = MsgReceive(waiting.chid, &byte, 1, &info);
	ASSERT_LT(0, rcvid);
	ASSERT_EQ(0, pthread_cancel(thread));
	ASSERT_EQ(0, pthread_join(thread, &result));
	EXPECT_TRUE(result == PTHREAD_CANCELED);
	EXPECT_EQ(1, atomic_load(&waiting.cleaned));
	EXPECT_EQ(0, atomic_load(&waiting.returned));
	PLAIN(ESRCH, MsgReply(rcvid, 0, NULL, 0));

	atomic_store(&waiting.cleaned, 0);
	ASSERT_EQ(0, pthread_create(&thread, NULL, wait_in_receive, &waiting));
	usleep(20000);
	ASSERT_EQ(0, pthread_cancel(thread));
	ASSERT_EQ(0, pthread_join(thread, &result));
	EXPECT_TRUE(result == PTHREAD_CANCELED);
	EXPECT_EQ(1, atomic_load(&waiting.cleaned));
	EXPECT_EQ(0, atomic_load(&waiting.returned));
}

TEST(sendnc_is_no_cancellation_point)
{
	struct waiting waiting = { .chid = ChannelCreate(0), .send = MsgSendnc };
	pthread_t thread;
	void *result;
	int rcvid;
	char byte;

	waiting.coid = own_connection(waiting.chid);
	ASSERT_EQ(0, pthread_create(&thread, NULL, wait_in_send, &waiting));
	rcvid = MsgReceive(waiting.chid, &byte, 1, NULL);
	ASSERT_LT(0, rcvid);
	ASSERT_EQ(0, pthread_cancel(thread));
	usleep(50000);
	EXPECT_EQ(0, atomic_load(&waiting.cleaned));
	EXPECT_EQ(0, MsgReply(rcvid, 0, NULL, 0));
	ASSERT_EQ(0, pthread_join(thread, &result));
	EXPECT_EQ(1, atomic_load(&waiting.returned));
	EXPECT_TRUE(result == PTHREAD_CANCELED);
}

TEST(the_unblock_flag_holds_a_cancelled_client)
{
	struct waiting waiting = { .chid = ChannelCreate(_NTO_CHF_UNBLOCK), .send = MsgSend };
	struct _pulse pulse;
	pthread_t thread;
	void *result;
	int rcvid;

	waiting.coid = own_connection(waiting.chid);
	ASSERT_EQ(0, pthread_create(&thread, NULL, wait_in_send, &waiting));
	rcvid = MsgReceive(waiting.chid, &pulse, sizeof(pulse), NULL);
	ASSERT_LT(0, rcvid);
	ASSERT_EQ(0, pthread_cancel(thread));
	ASSERT_EQ(0, MsgReceive(waiting.chid, &pulse, sizeof(pulse), NULL));
	EXPECT_EQ(_PULSE_CODE_UNBLOCK, pulse.code);
	EXPECT_EQ(rcvid, pulse.value.sival_int);
	EXPECT_EQ(0, atomic_load(&waiting.cleaned));
	EXPECT_EQ(0, MsgError(rcvid, EINTR));
	ASSERT_EQ(0, pthread_join(thread, &result));
	EXPECT_TRUE(result == PTHREAD_CANCELED);
}

TEST(message_queues_send_pulses)
{
	struct mq_attr attr = { .mq_maxmsg = 2, .mq_msgsize = 8 };
	int chid = ChannelCreate(0), coid = own_connection(chid);
	struct sigevent event;
	struct _pulse pulse;
	mqd_t queue = mq_open("/libqipc-basic-test", O_CREAT | O_RDWR, 0600, &attr);

	if (queue == (mqd_t)-1)
		SKIP(return, "no message queues here");
	mq_unlink("/libqipc-basic-test");
	SIGEV_PULSE_INIT(&event, coid, -1, 6, 7);
	ASSERT_EQ(0, mq_notify(queue, &event));
	ASSERT_EQ(0, mq_send(queue, "x", 1, 0));
	ASSERT_EQ(0, MsgReceive(chid, &pulse, sizeof(pulse), NULL));
	EXPECT_EQ(6, pulse.code);
	EXPECT_EQ(7, pulse.value.sival_int);
}

TEST_HARNESS_MAIN
