// SPDX-License-Identifier: GPL-2.0-only
/*
 * Timers that deliver events: once and again, what is left and what was
 * missed, clocks, many of them, and the end of a timer while it expires.
 *
 * Nothing is decided by how late an expiry is, only by that it is not early.
 */
#include <stddef.h>
#include <sys/resource.h>

#include "kselftest_harness.h"
#include "qipc_test.h"

#define MS	1000000ULL
#define HOUR	(3600 * 1000 * MS)

static const int clocks[] = { CLOCK_MONOTONIC, CLOCK_REALTIME, CLOCK_BOOTTIME };

FIXTURE(timer) {
	int session;
	int chid;
	int coid;
};

FIXTURE_SETUP(timer)
{
	self->session = q_open();
	ASSERT_LE(0, self->session);
	self->chid = q_create(self->session, 0);
	ASSERT_LT(0, self->chid);
	self->coid = q_attach_side(self->session, 0, self->chid);
	ASSERT_LE(0, self->coid);
}

FIXTURE_TEARDOWN(timer)
{
}

/* A timer whose expiry is a pulse with this code. */
static int pulse_timer(FIXTURE_DATA(timer) * self, int clock, int code)
{
	return q_timer_create(self->session, clock,
			      event_pulse(self->coid, -1, code, 1000 + code));
}

static bool expires(FIXTURE_DATA(timer) * self, int code)
{
	struct qipc_pulse pulse;

	return !q_receive_pulse_soon(self->session, self->chid, &pulse) && pulse.code == code &&
	       pulse.value == 1000U + code;
}

static uint64_t clock_ns(int clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

/* --- once ------------------------------------------------------------------------- */

TEST_F(timer, once)
{
	struct qipc_timer_gettime left;
	uint64_t start;
	size_t i;
	int timer, absolute;

	for (i = 0; i < ARRAY_SIZE(clocks); i++) {
		timer = pulse_timer(self, clocks[i], i);
		ASSERT_LE(0, timer);
		for (absolute = 0; absolute < 2; absolute++) {
			start = clock_ns(clocks[i]);
			ASSERT_EQ(0, q_timer_settime(self->session, timer,
						     absolute ? QIPC_TIME_ABSOLUTE : 0,
						     absolute ? start + 20 * MS : 20 * MS, 0));
			EXPECT_TRUE(expires(self, i));
			EXPECT_LE(start + 20 * MS, clock_ns(clocks[i]));
			/* Not again, and there is nothing left. */
			EXPECT_EQ(0, q_timer_gettime(self->session, timer, &left));
			EXPECT_EQ(0, left.value);
			EXPECT_EQ(0, left.interval);
			EXPECT_EQ(0, left.overrun);
			sleep_us(5000);
			EXPECT_TRUE(q_empty(self->session, self->chid));
		}
	}
}

/* The pulse comes from the process itself: over the connection it named. */
TEST_F(timer, pulse_is_complete)
{
	struct qipc_pulse direct, pulse;
	int timer = q_timer_create(self->session, CLOCK_MONOTONIC,
				   event_pulse(self->coid, 7, -128, UINT64_MAX));

	ASSERT_LE(0, timer);
	ASSERT_EQ(0, q_pulse(self->session, self->coid, 7, 0, 0));
	ASSERT_EQ(0, q_receive_pulse_now(self->session, self->chid, &direct));
	ASSERT_EQ(0, q_timer_settime(self->session, timer, 0, 1, 0));
	ASSERT_EQ(0, q_receive_pulse_soon(self->session, self->chid, &pulse));
	EXPECT_TRUE(pulse_is(&pulse, -128, UINT64_MAX, direct.scoid));
}

/* A time that has passed is now. */
TEST_F(timer, in_the_past)
{
	size_t i;
	int timer;

	for (i = 0; i < ARRAY_SIZE(clocks); i++) {
		timer = pulse_timer(self, clocks[i], i);
		ASSERT_LE(0, timer);
		ASSERT_EQ(0, q_timer_settime(self->session, timer, QIPC_TIME_ABSOLUTE, 1, 0));
		EXPECT_TRUE(expires(self, i));
		ASSERT_EQ(0, q_timer_settime(self->session, timer, QIPC_TIME_ABSOLUTE,
					     clock_ns(clocks[i]) - 1, 0));
		EXPECT_TRUE(expires(self, i));
	}
}

TEST_F(timer, fine_resolution)
{
	int timer = pulse_timer(self, CLOCK_MONOTONIC, 1);
	uint64_t start, took, best = UINT64_MAX;
	int i;

	ASSERT_LE(0, timer);
	for (i = 0; i < 50; i++) {
		start = clock_ns(CLOCK_MONOTONIC);
		ASSERT_EQ(0, q_timer_settime(self->session, timer, 0, 200000, 0));
		ASSERT_TRUE(expires(self, 1));
		took = clock_ns(CLOCK_MONOTONIC) - start;
		ASSERT_LE(200000, took);
		best = took < best ? took : best;
	}
	/* No jiffy has that little; one of many has to be better than the slowest tick's. */
	EXPECT_GT(10 * MS, best);
}

/* --- again and again ----------------------------------------------------------------- */

TEST_F(timer, periodic)
{
	struct qipc_timer_gettime left;
	uint64_t start = clock_ns(CLOCK_MONOTONIC);
	int timer = pulse_timer(self, CLOCK_MONOTONIC, 1);
	int i;

	ASSERT_LE(0, timer);
	ASSERT_EQ(0, q_timer_settime(self->session, timer, 0, 10 * MS, 5 * MS));
	for (i = 0; i < 8; i++) {
		ASSERT_TRUE(expires(self, 1));
		/* Each is counted from the one before, not from its delivery. */
		EXPECT_LE(start + (10 + 5 * i) * MS, clock_ns(CLOCK_MONOTONIC));
	}
	EXPECT_EQ(0, q_timer_gettime(self->session, timer, &left));
	EXPECT_EQ(5 * MS, left.interval);
	EXPECT_LT(0, left.value);
	EXPECT_GE(5 * MS, left.value);
	EXPECT_EQ(0, q_timer_settime(self->session, timer, 0, 0, 0));
	while (!q_empty(self->session, self->chid))
		;
	sleep_us(15000);
	EXPECT_TRUE(q_empty(self->session, self->chid));
	EXPECT_EQ(0, q_timer_gettime(self->session, timer, &left));
	EXPECT_EQ(0, left.value);
}

/* Nobody receives for a while: every expiry is there, none more. */
TEST_F(timer, periodic_all_are_delivered)
{
	struct qipc_timer_settime arg = {};
	struct qipc_timer_gettime left;
	struct qipc_pulse pulse;
	uint64_t start, end, count = 0;
	int timer = pulse_timer(self, CLOCK_MONOTONIC, 1);

	ASSERT_LE(0, timer);
	start = clock_ns(CLOCK_MONOTONIC);
	ASSERT_EQ(0, q_timer_settime(self->session, timer, 0, MS, MS));
	sleep_us(50000);
	for (count = 0; count < 50; count++) {
		ASSERT_EQ(0, q_receive_pulse_soon(self->session, self->chid, &pulse));
		EXPECT_LE(start + (count + 1) * MS, clock_ns(CLOCK_MONOTONIC));
	}
	EXPECT_EQ(0, q_timer_gettime(self->session, timer, &left));
	EXPECT_EQ(0, left.overrun);
	arg.timer = timer;
	ASSERT_EQ(0, q_timer_settime_full(self->session, &arg));
	end = clock_ns(CLOCK_MONOTONIC);
	EXPECT_EQ(MS, arg.old_interval);
	EXPECT_GE(MS, arg.old_value);
	sleep_us(3000);
	while (!q_receive_pulse_now(self->session, self->chid, &pulse))
		count++;
	EXPECT_GE((end - start) / MS, count);
	sleep_us(3000);
	EXPECT_TRUE(q_empty(self->session, self->chid));
}

/* Too many for the queue: what did not fit is counted. */
TEST_F(timer, overrun)
{
	struct qipc_event none = event_of_kind(QIPC_EVENT_NONE);
	struct qipc_timer_gettime left;
	struct qipc_pulse pulse;
	int chid = q_create_pool(self->session, 0, 4, 1, &none);
	int coid = q_attach_side(self->session, 0, chid);
	int timer, count = 0;

	ASSERT_LE(0, coid);
	timer = q_timer_create(self->session, CLOCK_MONOTONIC, event_pulse(coid, -1, 1, 2));
	ASSERT_LE(0, timer);
	ASSERT_EQ(0, q_timer_settime(self->session, timer, 0, MS, MS));
	sleep_us(30000);
	ASSERT_EQ(0, q_timer_gettime(self->session, timer, &left));
	EXPECT_LE(20, left.overrun);
	EXPECT_EQ(MS, left.interval);
	ASSERT_EQ(0, q_timer_settime(self->session, timer, 0, 0, 0));
	/* What went off before that may still be on its way, and finds the pool full. */
	sleep_us(SLOW * 20000);
	while (!q_receive_pulse_now(self->session, chid, &pulse))
		count++;
	EXPECT_EQ(4, count);
	/* Set anew, it counts anew. */
	ASSERT_EQ(0, q_timer_settime(self->session, timer, 0, HOUR, 0));
	ASSERT_EQ(0, q_timer_gettime(self->session, timer, &left));
	EXPECT_EQ(0, left.overrun);
}

/* An interval so short that nobody could follow harms nobody. */
TEST_F(timer, shortest_interval)
{
	struct qipc_event none = event_of_kind(QIPC_EVENT_NONE);
	struct qipc_timer_gettime left;
	int chid = q_create_pool(self->session, 0, 4, 1, &none);
	int coid = q_attach_side(self->session, 0, chid);
	int timer;

	ASSERT_LE(0, coid);
	timer = q_timer_create(self->session, CLOCK_MONOTONIC, event_pulse(coid, -1, 1, 2));
	ASSERT_LE(0, timer);
	ASSERT_EQ(0, q_timer_settime(self->session, timer, 0, 1, 1));
	sleep_us(20000);
	ASSERT_EQ(0, q_timer_gettime(self->session, timer, &left));
	EXPECT_LT(0, left.overrun);
	EXPECT_EQ(0, q_timer_delete(self->session, timer));
}

/* --- get and set ------------------------------------------------------------------------ */

TEST_F(timer, what_is_left)
{
	struct qipc_timer_gettime left;
	struct qipc_timer_settime arg;
	size_t i;
	int timer, absolute;

	for (i = 0; i < ARRAY_SIZE(clocks); i++) {
		timer = pulse_timer(self, clocks[i], 1);
		ASSERT_LE(0, timer);
		ASSERT_EQ(0, q_timer_gettime(self->session, timer, &left));
		EXPECT_EQ(0, left.value);
		EXPECT_EQ(0, left.interval);
		EXPECT_EQ(0, left.overrun);
		for (absolute = 0; absolute < 2; absolute++) {
			arg = (struct qipc_timer_settime){
				.timer = timer,
				.flags = absolute ? QIPC_TIME_ABSOLUTE : 0,
				.value = (absolute ? clock_ns(clocks[i]) : 0) + HOUR,
				.interval = 77777,
			};
			ASSERT_EQ(0, q_timer_settime_full(self->session, &arg));
			EXPECT_EQ(0, arg.old_value);
			EXPECT_EQ(0, arg.old_interval);
			ASSERT_EQ(0, q_timer_gettime(self->session, timer, &left));
			EXPECT_GE(HOUR, left.value);
			EXPECT_LT(HOUR - 60000 * MS, left.value);
			EXPECT_EQ(77777, left.interval);
			/* What was: what is left, and how often. */
			arg.value = 0;
			ASSERT_EQ(0, q_timer_settime_full(self->session, &arg));
			EXPECT_GE(HOUR, arg.old_value);
			EXPECT_LT(HOUR - 60000 * MS, arg.old_value);
			EXPECT_EQ(77777, arg.old_interval);
		}
	}
	EXPECT_TRUE(q_empty(self->session, self->chid));
}

/* Set again before it expires: only the new time counts. */
TEST_F(timer, set_again)
{
	int timer = pulse_timer(self, CLOCK_MONOTONIC, 1);
	uint64_t start;
	int i;

	ASSERT_LE(0, timer);
	for (i = 0; i < 20; i++)
		ASSERT_EQ(0, q_timer_settime(self->session, timer, 0, HOUR, MS));
	start = clock_ns(CLOCK_MONOTONIC);
	ASSERT_EQ(0, q_timer_settime(self->session, timer, 0, 10 * MS, 0));
	EXPECT_TRUE(expires(self, 1));
	EXPECT_LE(start + 10 * MS, clock_ns(CLOCK_MONOTONIC));
	sleep_us(5000);
	EXPECT_TRUE(q_empty(self->session, self->chid));
}

static bool shift_clock(int seconds)
{
	struct timespec ts;

	if (clock_gettime(CLOCK_REALTIME, &ts))
		return false;
	ts.tv_sec += seconds;
	return !clock_settime(CLOCK_REALTIME, &ts);
}

TEST_F(timer, time_of_day_is_set)
{
	int time = pulse_timer(self, CLOCK_REALTIME, 1);
	int span = pulse_timer(self, CLOCK_REALTIME, 2);
	int other = pulse_timer(self, CLOCK_MONOTONIC, 3);

	if (geteuid())
		SKIP(return, "setting the clock takes root");
	ASSERT_LE(0, other);
	ASSERT_EQ(0, q_timer_settime(self->session, time, QIPC_TIME_ABSOLUTE,
				     clock_ns(CLOCK_REALTIME) + HOUR, 0));
	ASSERT_EQ(0, q_timer_settime(self->session, span, 0, HOUR, 0));
	ASSERT_EQ(0, q_timer_settime(self->session, other, QIPC_TIME_ABSOLUTE,
				     clock_ns(CLOCK_MONOTONIC) + HOUR, 0));
	ASSERT_TRUE(shift_clock(3601));
	EXPECT_TRUE(expires(self, 1));
	sleep_us(10000);
	EXPECT_TRUE(q_empty(self->session, self->chid));
	ASSERT_TRUE(shift_clock(-3601));
}

/* --- other events ---------------------------------------------------------------------------- */

TEST_F(timer, eventfd)
{
	int efd = eventfd(0, EFD_CLOEXEC);
	struct pollfd pfd = { .fd = efd, .events = POLLIN };
	int timer = q_timer_create(self->session, CLOCK_MONOTONIC, event_sem(efd));
	uint64_t count = 0;
	int i;

	ASSERT_LE(0, timer);
	ASSERT_EQ(0, q_timer_settime(self->session, timer, 0, MS, MS));
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(1, poll(&pfd, 1, PATIENCE_MS));
		ASSERT_EQ(8, read(efd, &count, 8));
		EXPECT_LE(1, count);
	}
	EXPECT_EQ(0, q_timer_delete(self->session, timer));
}

TEST_F(timer, signals)
{
	static const unsigned int kinds[] = { QIPC_EVENT_SIGNAL, QIPC_EVENT_SIGNAL_CODE,
					      QIPC_EVENT_SIGNAL_THREAD };
	struct timespec patience = { PATIENCE_MS / 1000, 0 };
	siginfo_t info;
	sigset_t set;
	size_t i;
	int timer;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	ASSERT_EQ(0, pthread_sigmask(SIG_BLOCK, &set, NULL));
	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		timer = q_timer_create(self->session, CLOCK_MONOTONIC,
				       event_signal(kinds[i], SIGUSR1, i ? -2 : 0, 77));
		ASSERT_LE(0, timer);
		ASSERT_EQ(0, q_timer_settime(self->session, timer, 0, MS, 0));
		ASSERT_EQ(SIGUSR1, sigtimedwait(&set, &info, &patience));
		if (i) {
			EXPECT_EQ(-2, info.si_code);
			EXPECT_EQ(77, (uintptr_t)info.si_value.sival_ptr);
		}
	}
}

TEST_F(timer, nothing)
{
	int timer = q_timer_create(self->session, CLOCK_MONOTONIC,
				   event_of_kind(QIPC_EVENT_NONE));

	ASSERT_LE(0, timer);
	EXPECT_EQ(0, q_timer_settime(self->session, timer, 0, 1, MS));
	sleep_us(3000);
	EXPECT_EQ(0, q_timer_delete(self->session, timer));
}

/* --- numbers, and what makes no sense ------------------------------------------------------------ */

TEST_F(timer, numbers)
{
	int i;

	for (i = 0; i < 10; i++)
		ASSERT_EQ(i, pulse_timer(self, CLOCK_MONOTONIC, 1));
	ASSERT_EQ(0, q_timer_delete(self->session, 3));
	ASSERT_EQ(0, q_timer_delete(self->session, 7));
	EXPECT_EQ(3, pulse_timer(self, CLOCK_MONOTONIC, 1));
	EXPECT_EQ(7, pulse_timer(self, CLOCK_MONOTONIC, 1));
	EXPECT_EQ(10, pulse_timer(self, CLOCK_MONOTONIC, 1));
	/* Another session has its own. */
	i = q_open();
	ASSERT_LE(0, i);
	EXPECT_EQ(0, q_timer_create(i, CLOCK_MONOTONIC, event_of_kind(QIPC_EVENT_NONE)));
	close(i);
}

TEST_F(timer, no_such_timer)
{
	const int wrong[] = { 0, 1, -1, 12345, INT_MAX, INT_MIN };
	struct qipc_timer_gettime left;
	size_t i;
	int timer;

	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		EXPECT_EQ(-EINVAL, q_timer_settime(self->session, wrong[i], 0, 1, 0));
		EXPECT_EQ(-EINVAL, q_timer_gettime(self->session, wrong[i], &left));
		EXPECT_EQ(-EINVAL, q_timer_delete(self->session, wrong[i]));
	}
	timer = pulse_timer(self, CLOCK_MONOTONIC, 1);
	EXPECT_EQ(0, q_timer_delete(self->session, timer));
	EXPECT_EQ(-EINVAL, q_timer_delete(self->session, timer));
	EXPECT_EQ(-EINVAL, q_timer_settime(self->session, timer, 0, 1, 0));
}

TEST_F(timer, wrong_arguments)
{
	static const int wrong[] = { -1, 99, CLOCK_PROCESS_CPUTIME_ID, CLOCK_THREAD_CPUTIME_ID,
				     CLOCK_MONOTONIC_COARSE };
	struct qipc_timer_delete del = {};
	struct qipc_timer_gettime get = {};
	struct qipc_event event;
	size_t i;
	int timer;

	for (i = 0; i < ARRAY_SIZE(wrong); i++)
		EXPECT_EQ(-EINVAL, pulse_timer(self, wrong[i], 1));
	EXPECT_EQ(-EINVAL, q_timer_create(self->session, CLOCK_MONOTONIC,
					  event_of_kind(QIPC_EVENT_UNBLOCK)));
	EXPECT_EQ(-EINVAL, q_timer_create(self->session, CLOCK_MONOTONIC, event_of_kind(6)));
	EXPECT_EQ(-EINVAL, q_timer_create(self->session, CLOCK_MONOTONIC,
					  event_signal(QIPC_EVENT_SIGNAL, 0, 0, 0)));
	EXPECT_EQ(-EINVAL, q_timer_create(self->session, CLOCK_MONOTONIC,
					  event_signal(QIPC_EVENT_SIGNAL, 65, 0, 0)));
	EXPECT_EQ(-EINVAL, q_timer_create(self->session, CLOCK_MONOTONIC,
					  event_pulse(self->coid, 100, 0, 0)));
	event = event_pulse(self->coid, -1, 0, 0);
	event.reserved = 1;
	EXPECT_EQ(-EINVAL, q_timer_create(self->session, CLOCK_MONOTONIC, event));
	EXPECT_GT(0, q_timer_create(self->session, CLOCK_MONOTONIC,
				    event_pulse(self->coid + 1000, -1, 0, 0)));
	EXPECT_GT(0, q_timer_create(self->session, CLOCK_MONOTONIC, event_sem(-1)));
	EXPECT_GT(0, q_timer_create(self->session, CLOCK_MONOTONIC, event_sem(self->session)));
	/* None of them made a timer. */
	timer = pulse_timer(self, CLOCK_MONOTONIC, 1);
	EXPECT_EQ(0, timer);
	EXPECT_EQ(-EINVAL, q_timer_settime(self->session, timer, 2, 1, 0));
	EXPECT_EQ(-EINVAL, q_timer_settime(self->session, timer, 0x80000000, 1, 0));
	get.timer = timer;
	get.reserved = 1;
	del.timer = timer;
	del.reserved = 1;
	EXPECT_EQ(-EINVAL, q_ioctl(self->session, QIPC_TIMER_GETTIME, &get));
	EXPECT_EQ(-EINVAL, q_ioctl(self->session, QIPC_TIMER_DELETE, &del));
	/* Further than any clock goes. */
	EXPECT_EQ(0, q_timer_settime(self->session, timer, 0, UINT64_MAX, UINT64_MAX));
	EXPECT_EQ(0, q_timer_settime(self->session, timer, QIPC_TIME_ABSOLUTE, UINT64_MAX, 0));
	EXPECT_EQ(0, q_timer_settime(self->session, timer, QIPC_TIME_ABSOLUTE, INT64_MAX, 0));
	sleep_us(2000);
	EXPECT_TRUE(q_empty(self->session, self->chid));
}

/* --- many, and races ----------------------------------------------------------------------------------- */

TEST_F(timer, many)
{
	enum { COUNT = 200 };
	struct qipc_pulse pulse;
	bool seen[COUNT] = {};
	int i, timer;

	for (i = 0; i < COUNT; i++) {
		timer = q_timer_create(self->session, clocks[i % 3],
				       event_pulse(self->coid, -1, 1, i));
		ASSERT_EQ(i, timer);
		ASSERT_EQ(0, q_timer_settime(self->session, timer, 0, (1 + mix64(i) % 20) * MS, 0));
	}
	for (i = 0; i < COUNT; i++) {
		ASSERT_EQ(0, q_receive_pulse_soon(self->session, self->chid, &pulse));
		ASSERT_GT(COUNT, pulse.value);
		EXPECT_FALSE(seen[pulse.value]);
		seen[pulse.value] = true;
	}
	EXPECT_TRUE(q_empty(self->session, self->chid));
}

/* A process cannot have as many as it likes. */
TEST_F(timer, limit)
{
	int i, timer = 0;

	for (i = 0; i < 200000; i++) {
		timer = q_timer_create(self->session, CLOCK_MONOTONIC,
				       event_of_kind(QIPC_EVENT_NONE));
		if (timer < 0)
			break;
	}
	EXPECT_EQ(-EAGAIN, timer);
	EXPECT_LE(100, i);
	EXPECT_EQ(0, q_timer_delete(self->session, 5));
	EXPECT_EQ(5, q_timer_create(self->session, CLOCK_MONOTONIC,
				    event_of_kind(QIPC_EVENT_NONE)));
}

/* Deleted at about the time of its expiry: it comes or it does not, and that was it. */
TEST_F(timer, delete_while_expiring)
{
	struct qipc_pulse pulse;
	int i, timer, count;

	for (i = 0; i < 300; i++) {
		timer = q_timer_create(self->session, CLOCK_MONOTONIC,
				       event_pulse(self->coid, -1, 1, i));
		ASSERT_EQ(0, timer);
		ASSERT_EQ(0, q_timer_settime(self->session, timer, 0, 20000, i & 1 ? 5000 : 0));
		spin_us(mix64(i) % 60);
		ASSERT_EQ(0, q_timer_delete(self->session, timer));
		count = 0;
		/* What was on its way from the one before may be among them. */
		while (!q_receive_pulse_now(self->session, self->chid, &pulse))
			count += pulse.value == (uint64_t)i;
		if (!(i & 1))
			EXPECT_GE(1, count);
	}
	sleep_us(20000);
	while (!q_empty(self->session, self->chid))
		;
	sleep_us(20000);
	EXPECT_TRUE(q_empty(self->session, self->chid));
}

/* The channel goes first, or the connection, or the session with all of them. */
TEST_F(timer, target_goes)
{
	int i, session, chid, coid, timer;

	for (i = 0; i < 60; i++) {
		session = q_open();
		chid = q_create(session, 0);
		coid = q_attach_side(session, 0, chid);
		timer = q_timer_create(session, CLOCK_MONOTONIC, event_pulse(coid, -1, 1, 2));
		ASSERT_LE(0, timer);
		ASSERT_EQ(0, q_timer_settime(session, timer, 0, 1000, 10000));
		spin_us(mix64(i) % 200);
		if (i % 3 == 0)
			ASSERT_EQ(0, q_destroy(session, chid));
		if (i % 3 == 1)
			ASSERT_EQ(0, q_detach(session, coid));
		if (i % 3 != 2) {
			spin_us(100);
			EXPECT_EQ(0, q_timer_delete(session, timer));
		}
		ASSERT_EQ(0, close(session));
	}
}

static long job_set_timer(struct peer *peer)
{
	int timer = q_timer_create(peer->session, CLOCK_MONOTONIC, peer->event);

	return timer < 0 ? timer : q_timer_settime(peer->session, timer, 0, 500000, 100000);
}

/* Its process is killed. */
TEST_F(timer, owner_is_killed)
{
	struct peer *peer;
	int i;

	for (i = 0; i < 10; i++) {
		peer = client_start(true, false, self->session, self->chid);
		ASSERT_NE(NULL, peer);
		peer->event = event_pulse(peer->coid, -1, 1, i);
		ASSERT_EQ(0, peer_call(peer, job_set_timer));
		sleep_us(mix64(i) % 2000);
		EXPECT_EQ(256 + SIGKILL, peer_kill(peer));
		sleep_us(5000);
		while (!q_empty(self->session, self->chid))
			;
		sleep_us(5000);
		EXPECT_TRUE(q_empty(self->session, self->chid));
	}
}

/* It belongs to the process that made it. */
TEST_F(timer, forked_child_has_none)
{
	struct qipc_timer_gettime left;
	int timer = pulse_timer(self, CLOCK_MONOTONIC, 1);
	int status;
	pid_t pid;

	ASSERT_LE(0, timer);
	pid = fork_bound();
	if (!pid)
		_exit(-q_timer_gettime(self->session, timer, &left));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(ESTALE, WEXITSTATUS(status));
}

TEST_HARNESS_MAIN
