// SPDX-License-Identifier: GPL-2.0-only
/* Timers, by QNX's calls and by POSIX's, of which the library makes one. */
#include "conform.h"
#include "kselftest_harness.h"

FIXTURE(timer) {
	int chid;
	int coid;
};

FIXTURE_SETUP(timer)
{
	self->chid = ChannelCreate(0);
	ASSERT_LT(0, self->chid);
	self->coid = attach_side(0, self->chid);
	ASSERT_LT(0, self->coid);
}

FIXTURE_TEARDOWN(timer)
{
}

static void pulse_event(struct sigevent *event, int coid, int code)
{
	SIGEV_PULSE_INIT(event, coid, 10, code, 4711);
}

TEST_F(timer, pulses_by_TimerCreate)
{
	struct _itimer time = { 5 * MS, 5 * MS }, old, off = { 0, 0 };
	struct sigevent event;
	struct _pulse pulse;
	int timer, i;

	pulse_event(&event, self->coid, 3);
	timer = TimerCreate(CLOCK_MONOTONIC, &event);
	ASSERT_LE(0, timer);
	ASSERT_EQ(0, TimerSettime(timer, 0, &time, NULL));
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, pulse_soon(self->chid, &pulse));
		EXPECT_EQ(3, pulse.code);
		EXPECT_EQ(4711, pulse.value.sival_int);
	}
	ASSERT_EQ(0, TimerSettime(timer, 0, &off, &old));
	EXPECT_EQ(5 * MS, old.interval_nsec);
	EXPECT_GE(5 * MS, old.nsec);
	EXPECT_EQ(0, TimerDestroy(timer));
	EXPECT_EQ(-EINVAL, CALL(TimerDestroy(timer)));
}

TEST_F(timer, r_forms)
{
	struct _itimer time = { 3600 * 1000 * MS, 0 }, old;
	struct _timer_info info;
	struct sigevent event;
	int timer;

	pulse_event(&event, self->coid, 3);
	errno = EXDEV;
	timer = TimerCreate_r(CLOCK_MONOTONIC, &event);
	ASSERT_LE(0, timer);
	EXPECT_EQ(-EINVAL, TimerCreate_r(4711, &event));
	EXPECT_EQ(EOK, TimerSettime_r(timer, 0, &time, NULL));
	EXPECT_EQ(EOK, TimerSettime_r(timer, 0, &time, &old));
	EXPECT_LT(1800 * 1000 * MS, old.nsec);
	sentinel_fill(&info, sizeof(info));
	EXPECT_LE(0, TimerInfo_r(0, timer, 0, &info));
	EXPECT_EQ(SIGEV_PULSE, info.notify & SIGEV_TYPE_MASK);
	EXPECT_EQ(CLOCK_MONOTONIC, info.clockid);
	EXPECT_LT(1800 * 1000 * MS, info.itime.nsec);
	EXPECT_EQ(0, info.itime.interval_nsec);
	EXPECT_EQ(_NTO_TI_ACTIVE, info.flags & _NTO_TI_ACTIVE);
	EXPECT_EQ(EOK, TimerDestroy_r(timer));
	EXPECT_EQ(EINVAL, TimerSettime_r(timer, 0, &time, NULL));
	EXPECT_EQ(-EINVAL, TimerInfo_r(0, timer, 0, &info));
	EXPECT_EQ(EINVAL, TimerDestroy_r(timer));
	EXPECT_EQ(EXDEV, errno);
	EXPECT_EQ(-EINVAL, CALL(TimerCreate(4711, &event)));
	EXPECT_EQ(-EINVAL, CALL(TimerSettime(timer, 0, &time, NULL)));
	EXPECT_EQ(-EINVAL, CALL(TimerInfo(0, timer, 0, &info)));
}

static volatile int alarms;

static void count_alarm(int sig)
{
	(void)sig;
	alarms++;
}

TEST_F(timer, alarm)
{
	struct _itimer time = { 5 * MS, 0 }, far = { 3600 * 1000 * MS, 0 }, old, off = { 0, 0 };
	struct sigaction act = { .sa_handler = count_alarm };

	ASSERT_EQ(0, sigaction(SIGALRM, &act, NULL));
	ASSERT_EQ(0, TimerAlarm(CLOCK_REALTIME, &time, NULL));
	while (!alarms)
		sleep_us(100);
	ASSERT_EQ(EOK, TimerAlarm_r(CLOCK_REALTIME, &far, NULL));
	ASSERT_EQ(0, TimerAlarm(CLOCK_REALTIME, &off, &old));
	EXPECT_LT(1800 * 1000 * MS, old.nsec);
	EXPECT_EQ(EINVAL, TimerAlarm_r(4711, &far, NULL));
}

/* As most QNX programs do it. */
TEST_F(timer, pulses_by_timer_create)
{
	struct itimerspec time = { .it_value.tv_nsec = 5000000, .it_interval.tv_nsec = 5000000 };
	struct itimerspec now;
	struct sigevent event;
	struct _pulse pulse;
	timer_t timer;

	pulse_event(&event, self->coid, 7);
	ASSERT_EQ(0, timer_create(CLOCK_REALTIME, &event, &timer));
	ASSERT_EQ(0, timer_settime(timer, 0, &time, NULL));
	ASSERT_EQ(0, pulse_soon(self->chid, &pulse));
	EXPECT_EQ(7, pulse.code);
	ASSERT_EQ(0, timer_gettime(timer, &now));
	EXPECT_EQ(5000000, now.it_interval.tv_nsec);
	EXPECT_LE(0, timer_getoverrun(timer));
	EXPECT_EQ(0, timer_delete(timer));
	EXPECT_EQ(-EINVAL, CALL(timer_delete(timer)));
	EXPECT_EQ(-EINVAL, CALL(timer_settime(timer, 0, &time, NULL)));
}

/* The kinds that POSIX has go on working. */
TEST_F(timer, posix_signal)
{
	struct itimerspec time = { .it_value.tv_nsec = 2000000 };
	struct sigaction act = { .sa_handler = count_alarm };
	struct sigevent event;
	timer_t timer, plain;

	ASSERT_EQ(0, sigaction(SIGRTMIN + 1, &act, NULL));
	memset(&event, 0, sizeof(event));
	event.sigev_notify = SIGEV_SIGNAL;
	event.sigev_signo = SIGRTMIN + 1;
	ASSERT_EQ(0, timer_create(CLOCK_MONOTONIC, &event, &timer));
	ASSERT_EQ(0, timer_settime(timer, 0, &time, NULL));
	while (!alarms)
		sleep_us(100);
	EXPECT_EQ(0, timer_delete(timer));
	/* No event is SIGALRM. */
	alarms = 0;
	ASSERT_EQ(0, sigaction(SIGALRM, &act, NULL));
	ASSERT_EQ(0, timer_create(CLOCK_MONOTONIC, NULL, &plain));
	ASSERT_EQ(0, timer_settime(plain, 0, &time, NULL));
	while (!alarms)
		sleep_us(100);
	EXPECT_EQ(0, timer_delete(plain));
}

static sem_t thread_ran;
static volatile int thread_value;

static void thread_event(union sigval value)
{
	thread_value = value.sival_int;
	sem_post(&thread_ran);
}

TEST_F(timer, posix_thread)
{
	struct itimerspec time = { .it_value.tv_nsec = 2000000 };
	struct sigevent event;
	timer_t timer;

	sem_init(&thread_ran, 0, 0);
	memset(&event, 0, sizeof(event));
	event.sigev_notify = SIGEV_THREAD;
	event.sigev_notify_function = thread_event;
	event.sigev_value.sival_int = 31;
	ASSERT_EQ(0, timer_create(CLOCK_MONOTONIC, &event, &timer));
	ASSERT_EQ(0, timer_settime(timer, 0, &time, NULL));
	while (sem_wait(&thread_ran))
		;
	EXPECT_EQ(31, thread_value);
	EXPECT_EQ(0, timer_delete(timer));
}

TEST_F(timer, absolute_time_of_qnx_and_of_linux)
{
	struct itimerspec time = { .it_value.tv_sec = 1 };
	struct sigevent event;
	struct _pulse pulse;
	timer_t timer;

	pulse_event(&event, self->coid, 7);
	ASSERT_EQ(0, timer_create(CLOCK_MONOTONIC, &event, &timer));
	/* Long past: at once. */
	ASSERT_EQ(0, timer_settime(timer, TIMER_ABSTIME, &time, NULL));
	EXPECT_EQ(0, pulse_soon(self->chid, &pulse));
	ASSERT_EQ(0, timer_settime(timer, 0x80000000, &time, NULL));
	EXPECT_EQ(0, pulse_soon(self->chid, &pulse));
	EXPECT_EQ(0, timer_delete(timer));
}

/* A timer of a channel that is gone fires into the void. */
TEST_F(timer, channel_is_gone)
{
	struct _itimer time = { 1 * MS, 1 * MS };
	struct sigevent event;
	int timer;

	pulse_event(&event, self->coid, 3);
	timer = TimerCreate(CLOCK_MONOTONIC, &event);
	ASSERT_LE(0, timer);
	ASSERT_EQ(0, TimerSettime(timer, 0, &time, NULL));
	ASSERT_EQ(0, ChannelDestroy(self->chid));
	sleep_us(5000);
	EXPECT_EQ(0, TimerDestroy(timer));
}

TEST_HARNESS_MAIN
