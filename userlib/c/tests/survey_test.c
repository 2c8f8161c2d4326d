// SPDX-License-Identifier: MIT OR Apache-2.0
/*
 * One program that relies on all that a survey of public QNX programs found
 * them to rely on. survey_asan_test.c is the same with the address sanitizer.
 *
 * timeout: 180
 */
#include <sys/neutrino.h>	/* first, alone: what it brings along is part of the test */

static int channel_at_start;

/* Of <unistd.h>, <stdint.h>, <limits.h>, <fcntl.h>, <errno.h>, <time.h>: */
static const int brought[] = { O_RDONLY, INT_MAX, EOK, ESRVRFAULT, CLOCK_REALTIME, STDIN_FILENO };
static uint8_t brought_type = UINT8_MAX;
static struct timespec brought_time;

#include <process.h>
#include <atomic.h>
#include <devctl.h>
#include <secpol/secpol.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/dispatch.h>
#include <sys/iomsg.h>
#include <sys/netmgr.h>
#include <sys/procmgr.h>
#include <sys/siginfo.h>
#include <sys/wait.h>

static int number, failed;

static void ok(int good, const char *what)
{
	number++;
	failed += !good;
	printf("%sok %d %s\n", good ? "" : "not ", number, what);
	fflush(stdout);
}

/* No type in the first 16 bits, but the number of a body. */
struct bare {
	int who;
	char text[28];
};

typedef union {
	struct _pulse pulse;
	struct bare bare;
} message_t;

static pid_t children[8];
static int nchildren;

static int child(void)
{
	pid_t pid = fork();

	if (pid)
		children[nchildren++] = pid;
	return pid == 0;
}

static int status_of_child(void)
{
	int status;

	waitpid(children[--nchildren], &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

/* ---- channel 1, rcvid in an int, bare structures, clients that go ---- */

static int well_known_client(int crash)
{
	struct bare msg = { 7, "hello" };
	int coid = ConnectAttach(0, getppid(), 1, 0, 0);	/* index 0: a descriptor */
	char answer[8] = "";

	if (coid < 0 || coid & _NTO_SIDE_CHANNEL || fcntl(coid, F_GETFD) < 0)
		return 1;
	if (MsgSend(coid, &msg, sizeof(msg), answer, sizeof(answer)) != 3 || strcmp(answer, "hi"))
		return 2;
	if (crash)
		raise(SIGKILL);
	return 0;
}

static void test_well_known_channel(void)
{
	int crash, rcvid, scoid;
	struct _msg_info info;
	message_t msg;

	ok(channel_at_start == 1, "the first channel of a process is number 1");
	for (crash = 0; crash < 2; crash++) {
		if (child())
			_exit(well_known_client(crash));
		rcvid = MsgReceive(1, &msg, sizeof(msg), &info);
		ok(rcvid > 0 && msg.bare.who == 7, "a client connects to channel 1 and sends a bare structure");
		scoid = info.scoid;
		ok(MsgReply(rcvid, 3, "hi", 3) == 0, "the rcvid fits an int");
		ok(MsgReply(rcvid, 3, "hi", 3) == -1 && MsgReply(0, 0, NULL, 0) == -1 &&
		   MsgError(rcvid, EIO) == -1, "a second reply and one to 0 fail quietly");
		rcvid = MsgReceive(1, &msg, sizeof(msg), NULL);
		ok(rcvid == 0 && msg.pulse.code == _PULSE_CODE_DISCONNECT && msg.pulse.scoid == scoid,
		   crash ? "a pulse when a client crashes" : "a pulse when a client exits");
		ConnectDetach(msg.pulse.scoid);
		ok(status_of_child() == (crash ? 1000 + SIGKILL : 0), "the client ends as it should");
	}
}

/* ---- names ---- */

static int name_client(void)
{
	int coid = name_open("survey_name", 0);
	uint16_t type = _IO_MAX + 1;

	if (coid == -1 || !(coid & _NTO_SIDE_CHANNEL))
		return 1;
	if (MsgSend(coid, &type, sizeof(type), NULL, 0) == -1)
		return 2;
	return name_close(coid) == 0 ? 0 : 3;
}

static void test_names(void)
{
	name_attach_t *attach = name_attach(NULL, "survey_name", 0);
	message_t msg;
	int rcvid;

	ok(attach != NULL, "name_attach");
	if (child())
		_exit(name_client());
	rcvid = MsgReceive(attach->chid, &msg, sizeof(msg), NULL);
	ok(rcvid > 0 && msg.pulse.type == _IO_MAX + 1, "no connect message comes before the first one");
	MsgReply(rcvid, EOK, NULL, 0);
	rcvid = MsgReceive(attach->chid, &msg, sizeof(msg), NULL);
	ok(rcvid == 0 && msg.pulse.code == _PULSE_CODE_DISCONNECT, "a pulse when the name is closed");
	ok(status_of_child() == 0, "name_open, name_close");
	ok(name_detach(attach, 0) == 0 && name_open("survey_name", 0) == -1, "name_detach");
}

/* ---- servers that go ---- */

static int dying_server(int ready, int how)
{
	int chid = ChannelCreate(0), rcvid;
	message_t msg;

	if (write(ready, &chid, sizeof(chid)) != sizeof(chid))
		return 1;
	rcvid = MsgReceive(chid, &msg, sizeof(msg), NULL);
	delay(100);		/* the other client is SEND-blocked by now, or will fail at once */
	(void)rcvid;
	if (how == 0)
		return 0;
	ChannelDestroy(chid);
	delay(200);
	return 0;
}

static void *send_to_the_dying(void *arg)
{
	struct bare msg = { 1, "" };

	return (void *)(intptr_t)-MsgSend_r(*(int *)arg, &msg, sizeof(msg), NULL, 0);
}

static void test_server_death(void)
{
	int how, i, coid, chid, fd[2];
	pthread_t threads[2];
	void *result[2];

	for (how = 0; how < 2; how++) {
		if (pipe(fd) == -1)
			abort();
		if (child())
			_exit(dying_server(fd[1], how));
		if (read(fd[0], &chid, sizeof(chid)) != sizeof(chid))
			abort();
		coid = ConnectAttach(0, children[nchildren - 1], chid, _NTO_SIDE_CHANNEL, 0);
		for (i = 0; i < 2; i++)
			pthread_create(&threads[i], NULL, send_to_the_dying, &coid);
		for (i = 0; i < 2; i++)
			pthread_join(threads[i], &result[i]);
		ok((intptr_t)result[0] == ESRCH && (intptr_t)result[1] == ESRCH,
		   how ? "ChannelDestroy lets SEND- and REPLY-blocked clients go" :
			 "so does the death of the server");
		status_of_child();
		ConnectDetach(coid);
		close(fd[0]);
		close(fd[1]);
	}
}

/* ---- pulses and events ---- */

static void test_pulses(void)
{
	int chid = ChannelCreate(0), coid = ConnectAttach(0, 0, chid, _NTO_SIDE_CHANNEL, 0), i;
	static const int priorities[] = { 0, -1, SIGEV_PULSE_PRIO_INHERIT, 10 };
	struct _pulse pulse;

	for (i = 0; i < 4; i++)
		ok(MsgSendPulse(coid, priorities[i], i & 1, i * 100) == 0, "a pulse of this priority is sent");
	for (i = 0; i < 4; i++) {
		ok(MsgReceivePulse(chid, &pulse, sizeof(pulse), NULL) == EOK && pulse.type == _PULSE_TYPE &&
		   pulse.code == pulse.value.sival_int / 100 % 2, "codes 0 and 1");
	}
	pulse.value.sival_ptr = &pulse;
	ok((long)pulse.value.sival_ptr == pulse.value.sival_long, "the pulse's own union of values");
	ConnectDetach(coid);
	ChannelDestroy(chid);
}

struct subscription {
	int rcvid;
	struct sigevent event;
};

static void *deliver_later(void *arg)
{
	struct subscription *s = arg;

	delay(20);
	return (void *)(intptr_t)MsgDeliverEvent(s->rcvid, &s->event);
}

static int subscriber(pid_t server, int registered)
{
	int chid = ChannelCreate(0), coid = ConnectAttach(0, server, 1, _NTO_SIDE_CHANNEL, 0);
	struct sigevent event;
	struct _pulse pulse;

	memset(&event, 0, sizeof(event));
	event.sigev_notify = SIGEV_PULSE;
	event.sigev_coid = ConnectAttach(0, 0, chid, _NTO_SIDE_CHANNEL, 0);
	event.sigev_code = 5;
	event.sigev_priority = SIGEV_PULSE_PRIO_INHERIT;
	event.sigev_value.sival_int = 55;
	if (registered && MsgRegisterEvent(&event, coid) == -1)
		return 1;
	if (MsgSend(coid, &event, sizeof(event), NULL, 0) == -1)
		return 2;
	MsgReceivePulse(chid, &pulse, sizeof(pulse), NULL);
	return pulse.code == 5 && pulse.value.sival_int == 55 ? 0 : 3;
}

static void test_events(void)
{
	union {
		struct _pulse pulse;
		struct sigevent event;
	} msg;
	struct subscription s;
	pid_t me = getpid();
	pthread_t thread;
	void *result;
	int registered;

	for (registered = 0; registered < 2; registered++) {
		if (child())
			_exit(subscriber(me, registered));
		s.rcvid = MsgReceive(1, &msg, sizeof(msg), NULL);
		s.event = msg.event;
		MsgReply(s.rcvid, EOK, NULL, 0);
		pthread_create(&thread, NULL, deliver_later, &s);
		pthread_join(thread, &result);
		ok(result == NULL, registered ? "a registered event, delivered after the answer by another thread" :
						"one filled by hand likewise");
		ok(status_of_child() == 0, "the client gets it as a pulse");
		MsgReceivePulse(1, &msg, sizeof(msg), NULL);
		ConnectDetach(msg.pulse.scoid);
	}
}

/* ---- timers ---- */

static volatile sig_atomic_t alarms;

static void count_alarm(int signo)
{
	(void)signo;
	alarms++;
}

static void test_timers(void)
{
	int chid = ChannelCreate(0), i;
	struct itimerspec time = { { 0, 10000000 }, { 0, 10000000 } };
	struct sigevent event;
	struct _pulse pulse;
	uint64_t timeout = 30000000;
	timer_t timer;

	SIGEV_PULSE_INIT(&event, ConnectAttach(0, 0, chid, _NTO_SIDE_CHANNEL, 0), getprio(0), 1, 2);
	ok(timer_create(CLOCK_REALTIME, &event, &timer) == 0, "a timer with a pulse");
	timer_settime(timer, 0, &time, NULL);
	for (i = 0; i < 3; i++)
		ok(MsgReceivePulse(chid, &pulse, sizeof(pulse), NULL) == EOK && pulse.code == 1, "it ticks");
	timer_delete(timer);
	do
		TimerTimeout(CLOCK_MONOTONIC, _NTO_TIMEOUT_RECEIVE, NULL, &timeout, NULL);
	while (MsgReceivePulse(chid, &pulse, sizeof(pulse), NULL) == EOK);
	ok(errno == ETIMEDOUT, "TimerTimeout, and the timer has stopped");

	signal(SIGUSR2, count_alarm);
	memset(&event, 0, sizeof(event));
	event.sigev_notify = SIGEV_SIGNAL;
	event.sigev_signo = SIGUSR2;
	ok(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0, "an ordinary timer");
	timer_settime(timer, 0, &time, NULL);
	for (i = 0; alarms < 2 && i < 500; i++)
		delay(10);
	ok(alarms >= 2, "it signals");
	timer_delete(timer);
	ChannelDestroy(chid);
}

/* ---- parts, threads, and the rest ---- */

static int parts_chid;

static void *parts_server(void *arg)
{
	char tail[6] = "";
	message_t msg;
	int rcvid = MsgReceive(parts_chid, &msg, 4, NULL);

	if (MsgRead(rcvid, tail, 5, 4) == 5 && MsgWrite(rcvid, tail, 5, 4) == 5)
		MsgReply(rcvid, strlen(tail), "abcd", 4);
	else
		MsgError(rcvid, EIO);
	MsgError(MsgReceive(parts_chid, &msg, sizeof(msg), NULL), ENOSYS);
	return arg;
}

static void test_parts(void)
{
	iov_t iov[2];
	char answer[10] = "";
	int coid;

	parts_chid = ChannelCreate(0);
	coid = ConnectAttach(0, 0, parts_chid, _NTO_SIDE_CHANNEL, 0);
	ok(pthread_create(NULL, NULL, parts_server, NULL) == EOK, "pthread_create without an id");
	SETIOV(&iov[0], "1234", 4);
	SETIOV(&iov[1], "56789", 5);
	ok(MsgSendvs(coid, iov, 2, answer, 9) == 5 && strcmp(answer, "abcd56789") == 0,
	   "MsgSendvs, MsgRead, MsgWrite");
	ok(MsgSend(coid, answer, 1, NULL, 0) == -1 && errno == ENOSYS, "MsgError");
	ConnectDetach(coid);
	ChannelDestroy(parts_chid);
}

static void test_shims(void)
{
	volatile unsigned int word = 1;
	struct sched_param param;
	struct timespec ts;
	char text[8];

	ok(brought[2] == 0 && brought[3] != brought[2] && brought_type == 255 && brought_time.tv_sec == 0,
	   "what sys/neutrino.h brings");
	strlcpy(text, "too long for it", sizeof(text));
	ok(strlen(text) == 7 && min(1, 2) == 1 && max(1, 2) == 2, "strlcpy, min, max");
	ok(delay(1) == 0 && getprio(0) >= 0 && SchedGet(0, 0, &param) >= 0, "delay, getprio, SchedGet");
	ok(setprio(0, getprio(0)) == getprio(0), "setprio");
	ok(ThreadCtl(_NTO_TCTL_IO, 0) == 0 && ThreadCtl(-1, 0) == -1, "ThreadCtl");
	nsec2timespec(&ts, 1500000000);
	ok(ts.tv_sec == 1 && ts.tv_nsec == 500000000 && timespec2nsec(&ts) == 1500000000, "nsec2timespec");
	atomic_add(&word, 2);
	ok(atomic_add_value(&word, 1) == 3 && word == 4, "atomic.h");
	ok(ND_LOCAL_NODE == 0 && netmgr_remote_nd(ND_LOCAL_NODE, 0) == 0, "netmgr");
	ok(procmgr_ability(0, PROCMGR_ADN_ROOT | PROCMGR_AOP_ALLOW | PROCMGR_AID_IO, PROCMGR_AID_EOL) == EOK,
	   "procmgr_ability");
	ok(secpol_transition_type(NULL, "run", 0) == -1 && errno == ENOTSUP, "secpol");
	ok(devctl(1, __DION(_DCMD_MISC, 1), NULL, 0, NULL) == ENOTTY, "devctl");
}

int main(void)
{
	channel_at_start = ChannelCreate(_NTO_CHF_DISCONNECT);
	printf("TAP version 13\n");
	test_well_known_channel();
	test_names();
	test_server_death();
	test_pulses();
	test_events();
	test_timers();
	test_parts();
	test_shims();
	printf("1..%d\n", number);
	return failed != 0;
}
