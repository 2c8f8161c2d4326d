// SPDX-License-Identifier: GPL-2.0-only
/*
 * Each ioctl with its first, second, ... allocation or user copy failing, until
 * one goes through with none of them failing.  Whatever failed, the call fails
 * with an error that says so or does its work all the same; and afterwards
 * everything is as it was: numbers that were free are free, nothing is in a
 * queue, messages find their way.  That no memory leaks is for kmemleak to see,
 * after this suite.
 *
 * Takes a kernel with fault injection (CONFIG_FAULT_INJECTION, FAILSLAB,
 * FAIL_PAGE_ALLOC, FAULT_INJECTION_USERCOPY), as make test-debug has it.
 *
 * timeout 600
 */
#include <stddef.h>

#include "kselftest_harness.h"
#include "qipc_test.h"

#define PLACES	400		/* more than any call has */
#define LARGE	(48 * 1024)
#define PARTS	40		/* more than lie in the structures of the module */
#define CODE	17
#define NO_IOCTL	0UL

FIXTURE(inject) {
	int nth;		/* /proc/thread-self/fail-nth */
	int session;
	int chid;
	int coid;		/* own, to chid */
	struct peer *client;	/* a process that is connected to chid */
	struct peer *echo;	/* a thread that answers what comes to @served */
	int served;
	int served_coid;
	volatile int received;	/* messages that the echo has seen */
	unsigned char *memory;	/* of both processes: message, reply */
	struct qipc_iov parts[PARTS];
	/* What is free. */
	int next_chid, next_coid, next_fd, next_timer;
	/* Of the call that is tried. */
	int number, before;
	int64_t rcvid;
	struct qipc_msg_receive rcv;
	struct qipc_msg_send send;
};

#define INJECT	FIXTURE_DATA(inject)

/*
 * A call: what is there before it; the call itself, which alone meets faults;
 * and what has to hold after it, given its result, until all is as before.
 */
struct call {
	unsigned long request;
	int (*prepare)(INJECT *self);
	int (*make)(INJECT *self);
	const char *(*after)(INJECT *self, int ret);
};

static void tell(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	if (write(fd, text, strlen(text)) < 0)
		perror(path);
	close(fd);
}

/* All allocations count, and nothing is printed of those that fail. */
static void set_up_faults(void)
{
	tell("/sys/kernel/debug/failslab/ignore-gfp-wait", "N");
	tell("/sys/kernel/debug/failslab/verbose", "0");
	tell("/sys/kernel/debug/fail_page_alloc/ignore-gfp-wait", "N");
	tell("/sys/kernel/debug/fail_page_alloc/ignore-gfp-highmem", "N");
	tell("/sys/kernel/debug/fail_page_alloc/min-order", "0");
	tell("/sys/kernel/debug/fail_page_alloc/verbose", "0");
	tell("/sys/kernel/debug/fail_usercopy/verbose", "0");
}

static bool arm(INJECT *self, int n)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%d", n);

	return pwrite(self->nth, text, len, 0) == len;
}

/* True if the fault was met.  What is left may hit this read, too. */
static bool disarm(INJECT *self)
{
	char text[16] = "";
	bool met = pread(self->nth, text, sizeof(text) - 1, 0) > 0 && atoi(text) == 0;

	while (!arm(self, 0))
		;
	return met;
}

static long job_echo(struct peer *peer)
{
	volatile int *received = peer->memory;
	struct qipc_msg_receive rcv;
	static char buf[LARGE];
	int ret;

	for (;;) {
		ret = q_receive(peer->session, peer->chid, buf, sizeof(buf), &rcv);
		if (ret)
			return ret;
		if (!rcv.rcvid)
			continue;
		__atomic_add_fetch(received, 1, __ATOMIC_SEQ_CST);
		ret = q_reply(peer->session, rcv.rcvid, 7, buf, rcv.info.msglen);
		/* A client that did not get its answer is no reason to stop. */
		if (ret && ret != -EFAULT && ret != -ESRCH)
			return ret;
	}
}

static int free_fd(void)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	close(fd);
	return fd;
}

static int free_chid(INJECT *self)
{
	int chid = q_create(self->session, 0);

	return q_destroy(self->session, chid) ? -1 : chid;
}

static int free_coid(INJECT *self)
{
	int coid = q_attach_side(self->session, getpid(), self->chid);

	return q_detach(self->session, coid) ? -1 : coid;
}

static int free_timer(INJECT *self)
{
	struct qipc_event event = event_pulse(self->coid, 10, CODE, 1);
	int timer = q_timer_create(self->session, CLOCK_MONOTONIC, event);

	return q_timer_delete(self->session, timer) ? -1 : timer;
}

FIXTURE_SETUP(inject)
{
	int i;

	self->nth = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	if (self->nth < 0)
		SKIP(return, "this kernel has no fault injection: there is no fail-nth");
	set_up_faults();
	self->session = q_open();
	ASSERT_LE(0, self->session);
	self->memory = shared_alloc(2 * LARGE);
	ASSERT_NE(NULL, self->memory);
	self->chid = q_create(self->session, 0);
	ASSERT_LT(0, self->chid);
	self->coid = q_attach_side(self->session, getpid(), self->chid);
	ASSERT_LT(0, self->coid);
	self->client = client_start(true, false, self->session, self->chid);
	ASSERT_NE(NULL, self->client);
	self->served = q_create(self->session, 0);
	ASSERT_LT(0, self->served);
	self->served_coid = q_attach_side(self->session, getpid(), self->served);
	ASSERT_LT(0, self->served_coid);
	self->echo = peer_start(false, self->session);
	ASSERT_NE(NULL, self->echo);
	self->echo->chid = self->served;
	self->echo->memory = (void *)&self->received;
	peer_go(self->echo, job_echo);
	pattern_fill(self->memory, LARGE, 1);
	for (i = 0; i < PARTS; i++)
		self->parts[i] = iov(self->memory + i * (LARGE / PARTS), LARGE / PARTS);
	self->next_fd = free_fd();
	self->next_chid = free_chid(self);
	self->next_coid = free_coid(self);
	self->next_timer = free_timer(self);
	ASSERT_LT(0, self->next_chid);
	ASSERT_LT(0, self->next_coid);
	ASSERT_LE(0, self->next_timer);
}

FIXTURE_TEARDOWN(inject)
{
	if (self->nth < 0)
		return;
	EXPECT_EQ(0, q_destroy(self->session, self->served));
	EXPECT_EQ(-ESRCH, peer_wait(self->echo));
	EXPECT_EQ(256 + SIGKILL, peer_kill(self->client));
	close(self->session);
	close(self->nth);
}

/* Sends from here to the echo and back. */
static int talk(INJECT *self)
{
	struct qipc_msg_send send;
	char answer[8] = "";
	int ret;

	ret = q_send(self->session, self->served_coid, "healthy", 8, answer, 8, &send);
	if (ret)
		return ret;
	return send.status != 7 || strcmp(answer, "healthy") ? -EBADMSG : 0;
}

/* What is not as it was before; NULL if all is. */
static const char *changed(INJECT *self)
{
	if (!q_empty(self->session, self->chid))
		return "something is left in the channel";
	if (self->client->running)
		return "the client is still blocked";
	if (talk(self))
		return "a message does not get through";
	if (free_fd() != self->next_fd)
		return "a descriptor is left open";
	if (free_chid(self) != self->next_chid)
		return "a channel is left";
	if (free_coid(self) != self->next_coid)
		return "a connection is left";
	if (free_timer(self) != self->next_timer)
		return "a timer is left";
	return NULL;
}

static void sweep(struct __test_metadata *_metadata, INJECT *self, const struct call *call)
{
	int n, ret = 0, failed = 0, absorbed = 0;
	const char *wrong;
	bool met = true;

	for (n = 1; met && n < PLACES; n++) {
		self->number = -1;
		ret = call->prepare ? call->prepare(self) : 0;
		ASSERT_EQ(0, ret) {
			TH_LOG("before the call, place %d", n);
		}
		ASSERT_TRUE(arm(self, n));
		ret = call->make(self);
		met = disarm(self);
		ASSERT_TRUE(call->request == NO_IOCTL || call->request == last_request);
		wrong = ret < 0 && ret != -ENOMEM && ret != -EFAULT ? "which error" :
							call->after(self, ret);
		if (!wrong)
			wrong = changed(self);
		ASSERT_EQ(NULL, wrong) {
			TH_LOG("place %d, fault %smet, result %d: %s", n, met ? "" : "not ",
			       ret, wrong);
		}
		failed += met && ret < 0;
		absorbed += met && ret >= 0;
	}
	TH_LOG("%d places: %d failures, %d made no difference", n - 2, failed, absorbed);
	EXPECT_FALSE(met);
	EXPECT_LE(0, ret);
	/* One call neither allocates nor copies anything. */
	EXPECT_EQ(call->request != QIPC_BENCH_SWITCH, failed > 0);
}

/*
 * One test.  tools/check-coverage demands one for each ioctl of the header, and
 * sweep() that it is this ioctl that meets the faults.
 */
#define SWEEP(request, name, prepare, make, after)					\
TEST_F_TIMEOUT(inject, name, 120)							\
{											\
	sweep(_metadata, self, &(struct call){ request, prepare, make, after });	\
}

/* --- numbers: a call that makes one, and gives it back ---------------------------- */

/* That what was made can be undone. */
static const char *not_undone(int ret, int error)
{
	return ret >= 0 && error ? "what was made cannot be undone" : NULL;
}

static struct qipc_event own_pulse(INJECT *self)
{
	return event_pulse(self->coid, 10, CODE, 1);
}

static int make_channel(INJECT *self)
{
	self->number = q_create(self->session, QIPC_CHF_UNBLOCK | QIPC_CHF_DISCONNECT);
	return self->number;
}

static const char *gone_channel(INJECT *self, int ret)
{
	return not_undone(ret, ret < 0 ? 0 : q_destroy(self->session, self->number));
}

SWEEP(QIPC_CHANNEL_CREATE, channel_create, NULL, make_channel, gone_channel)

static int make_pool(INJECT *self)
{
	struct qipc_event event = own_pulse(self);

	self->number = q_create_pool(self->session, 0, 100, 1, &event);
	return self->number;
}

SWEEP(QIPC_CHANNEL_CREATE, channel_create_pool, NULL, make_pool, gone_channel)

static int make_channel_fd(INJECT *self)
{
	self->number = q_channel_fd(self->session, self->chid, QIPC_FD_CLOEXEC);
	return self->number;
}

static const char *gone_channel_fd(INJECT *self, int ret)
{
	return not_undone(ret, ret < 0 ? 0 : close(self->number));
}

SWEEP(QIPC_CHANNEL_FD, channel_fd, NULL, make_channel_fd, gone_channel_fd)

static int make_connection(INJECT *self)
{
	self->number = q_attach_side(self->session, getpid(), self->served);
	return self->number;
}

static const char *gone_connection(INJECT *self, int ret)
{
	return not_undone(ret, ret < 0 ? 0 : q_detach(self->session, self->number));
}

SWEEP(QIPC_CONNECT_ATTACH, connect_attach, NULL, make_connection, gone_connection)

static int make_descriptor(INJECT *self)
{
	self->number = q_attach_fd(self->session, getpid(), self->served);
	return self->number;
}

SWEEP(QIPC_CONNECT_ATTACH, connect_attach_fd, NULL, make_descriptor, gone_channel_fd)

static int make_handle(INJECT *self)
{
	self->number = q_register(self->session, own_pulse(self), self->coid);
	return self->number;
}

static const char *gone_handle(INJECT *self, int ret)
{
	return not_undone(ret, ret < 0 ? 0 : q_unregister(self->session, self->number));
}

SWEEP(QIPC_EVENT_REGISTER, event_register, NULL, make_handle, gone_handle)

static int make_timer(INJECT *self)
{
	self->number = q_timer_create(self->session, CLOCK_MONOTONIC, own_pulse(self));
	return self->number;
}

static const char *gone_timer(INJECT *self, int ret)
{
	return not_undone(ret, ret < 0 ? 0 : q_timer_delete(self->session, self->number));
}

SWEEP(QIPC_TIMER_CREATE, timer_create, NULL, make_timer, gone_timer)

static int make_name(INJECT *self)
{
	self->number = q_name_attach(self->session, self->chid, "inject");
	return self->number;
}

static const char *gone_name(INJECT *self, int ret)
{
	return not_undone(ret, ret < 0 ? 0 : q_name_detach(self->session, "inject"));
}

SWEEP(QIPC_NAME_ATTACH, name_attach, NULL, make_name, gone_name)

static int with_name(INJECT *self)
{
	return make_name(self);
}

static int make_name_open(INJECT *self)
{
	self->number = q_name_open(self->session, "inject", 0);
	return self->number;
}

static const char *gone_name_open(INJECT *self, int ret)
{
	const char *wrong = gone_connection(self, ret);

	return wrong ? wrong : gone_name(self, 0);
}

SWEEP(QIPC_NAME_OPEN, name_open, with_name, make_name_open, gone_name_open)

/* The first call of a session sets up more than the others. */
static int new_session(INJECT *self)
{
	self->before = q_open();
	return self->before < 0 ? self->before : 0;
}

static int make_first(INJECT *self)
{
	self->number = q_create(self->before, 0);
	return self->number;
}

static const char *gone_session(INJECT *self, int ret)
{
	/* It can still be used, whatever failed. */
	int again = q_create(self->before, 0);
	const char *wrong = again < 0 ? "the session is of no use" :
			    ret >= 0 && ret == again ? "a number twice" : NULL;

	close(self->before);
	return wrong;
}

SWEEP(QIPC_CHANNEL_CREATE, first_call, new_session, make_first, gone_session)

static int make_open(INJECT *self)
{
	self->number = q_open();
	return self->number;
}

SWEEP(NO_IOCTL, open, NULL, make_open, gone_channel_fd)

/* --- the other way round: what a call takes away is still there if it fails -------- */

/* What a call takes away is gone after success, and can be taken again after failure. */
static const char *took(int ret, int again)
{
	if (ret < 0)
		return again ? "it is gone, though it failed" : NULL;
	return again ? NULL : "it is still there";
}

static int before_channel_destroy(INJECT *self)
{
	int ret = make_channel(self);

	return ret < 0 ? ret : 0;
}

static int take_channel_destroy(INJECT *self)
{
	return q_destroy(self->session, self->number);
}

static const char *after_channel_destroy(INJECT *self, int ret)
{
	return took(ret, take_channel_destroy(self));
}

SWEEP(QIPC_CHANNEL_DESTROY, channel_destroy, before_channel_destroy, take_channel_destroy,
      after_channel_destroy)

static int before_connect_detach(INJECT *self)
{
	int ret = make_connection(self);

	return ret < 0 ? ret : 0;
}

static int take_connect_detach(INJECT *self)
{
	return q_detach(self->session, self->number);
}

static const char *after_connect_detach(INJECT *self, int ret)
{
	return took(ret, take_connect_detach(self));
}

SWEEP(QIPC_CONNECT_DETACH, connect_detach, before_connect_detach, take_connect_detach,
      after_connect_detach)

static int before_event_unregister(INJECT *self)
{
	int ret = make_handle(self);

	return ret < 0 ? ret : 0;
}

static int take_event_unregister(INJECT *self)
{
	return q_unregister(self->session, self->number);
}

static const char *after_event_unregister(INJECT *self, int ret)
{
	return took(ret, take_event_unregister(self));
}

SWEEP(QIPC_EVENT_UNREGISTER, event_unregister, before_event_unregister, take_event_unregister,
      after_event_unregister)

static int before_timer_delete(INJECT *self)
{
	int ret = make_timer(self);

	return ret < 0 ? ret : 0;
}

static int take_timer_delete(INJECT *self)
{
	return q_timer_delete(self->session, self->number);
}

static const char *after_timer_delete(INJECT *self, int ret)
{
	return took(ret, take_timer_delete(self));
}

SWEEP(QIPC_TIMER_DELETE, timer_delete, before_timer_delete, take_timer_delete,
      after_timer_delete)

static int before_name_detach(INJECT *self)
{
	int ret = make_name(self);

	return ret < 0 ? ret : 0;
}

static int take_name_detach(INJECT *self)
{
	return q_name_detach(self->session, "inject");
}

static const char *after_name_detach(INJECT *self, int ret)
{
	return took(ret, take_name_detach(self));
}

SWEEP(QIPC_NAME_DETACH, name_detach, before_name_detach, take_name_detach,
      after_name_detach)

/* --- calls that ask or set ------------------------------------------------------------ */

static const char *nothing(INJECT *self, int ret)
{
	(void)self;
	(void)ret;
	return NULL;
}

static int ask_features(INJECT *self)
{
	struct qipc_features features;

	return q_features(self->session, &features);
}

SWEEP(QIPC_GET_FEATURES, get_features, NULL, ask_features, nothing)

static int set_mode(INJECT *self)
{
	return q_set_mode(self->session, self->chid, 0640);
}

static const char *mode_set(INJECT *self, int ret)
{
	struct qipc_channel_access arg = {};
	int error = q_access(self->session, self->chid, 0, &arg);

	if (error)
		return "the mode is not known";
	if (ret >= 0 && arg.mode != 0640)
		return "the mode was not set";
	return q_set_mode(self->session, self->chid, 0600) ? "the mode cannot be set" : NULL;
}

SWEEP(QIPC_CHANNEL_ACCESS, channel_access, NULL, set_mode, mode_set)

static int set_flags(INJECT *self)
{
	return q_connect_flags(self->session, self->coid, 0, 0);
}

SWEEP(QIPC_CONNECT_FLAGS, connect_flags, NULL, set_flags, nothing)

static int ask_server(INJECT *self)
{
	struct qipc_server_info info;

	return q_server_info(self->session, getpid(), self->coid, 0, &info);
}

SWEEP(QIPC_CONNECT_SERVER_INFO, connect_server_info, NULL, ask_server, nothing)

static int know_client(INJECT *self)
{
	self->number = peer_scoid(self->client, self->session, self->chid);
	return self->number < 0 ? self->number : 0;
}

static int ask_client(INJECT *self)
{
	struct qipc_client_info info;
	uint32_t groups[64];

	return q_client_info(self->session, self->number, &info, groups, 64);
}

SWEEP(QIPC_CONNECT_CLIENT_INFO, connect_client_info, know_client, ask_client, nothing)

static int set_timer(INJECT *self)
{
	/* In an hour. */
	return q_timer_settime(self->session, self->number, 0, 3600000000000ULL, 5);
}

static int ask_timer(INJECT *self)
{
	struct qipc_timer_gettime arg;

	return q_timer_gettime(self->session, self->number, &arg);
}

static const char *timer_set(INJECT *self, int ret)
{
	struct qipc_timer_gettime arg;

	if (q_timer_gettime(self->session, self->number, &arg))
		return "the timer is gone";
	if (ret >= 0 && !arg.value)
		return "the timer was not set";
	return gone_timer(self, 0);
}

static int with_timer(INJECT *self)
{
	int ret = make_timer(self);

	return ret < 0 ? ret : 0;
}

static int with_set_timer(INJECT *self)
{
	int ret = with_timer(self);

	return ret ? ret : set_timer(self);
}

SWEEP(QIPC_TIMER_SETTIME, timer_settime, with_timer, set_timer, timer_set)

SWEEP(QIPC_TIMER_GETTIME, timer_gettime, with_set_timer, ask_timer, timer_set)

/* --- pulses --------------------------------------------------------------------------- */

static int pulse(INJECT *self)
{
	return q_pulse(self->session, self->coid, 10, CODE, 5);
}

static const char *pulse_came(INJECT *self, int ret)
{
	struct qipc_pulse got;

	if (ret < 0)
		return NULL;
	return q_receive_pulse_now(self->session, self->chid, &got) || got.code != CODE ?
	       "the pulse did not come" : NULL;
}

SWEEP(QIPC_PULSE_SEND, pulse_send, NULL, pulse, pulse_came)

static int take_pulse(INJECT *self)
{
	struct qipc_pulse got;

	return q_receive_pulse_now(self->session, self->chid, &got);
}

static const char *pulse_kept(INJECT *self, int ret)
{
	/* One that met bad memory is lost (B68, B75). */
	if (ret == -EFAULT)
		take_pulse(self);
	return ret == -ENOMEM ? pulse_came(self, 0) : NULL;
}

SWEEP(QIPC_MSG_RECEIVE, receive_pulse, pulse, take_pulse, pulse_kept)

/* --- a message, from the client's side -------------------------------------------------- */

static int before_send(INJECT *self)
{
	self->before = self->received;
	memset(self->memory + LARGE, SENTINEL, LARGE);
	return 0;
}

static int send_of(INJECT *self, const void *base, uint64_t count, uint64_t room,
		   unsigned int flags)
{
	send_args(&self->send, self->served_coid, base, count, self->memory + LARGE, room);
	self->send.flags = flags | QIPC_REPLY_BUF;
	return q_ioctl(self->session, QIPC_MSG_SEND, &self->send);
}

static int send_small(INJECT *self)
{
	return send_of(self, self->memory, 100, 100, QIPC_SEND_BUF);
}

static int send_large(INJECT *self)
{
	return send_of(self, self->memory, LARGE, LARGE, QIPC_SEND_BUF);
}

static int send_parts(INJECT *self)
{
	return send_of(self, self->parts, PARTS, LARGE, 0);
}

static const char *sent(INJECT *self, int ret)
{
	int count = self->received - self->before;

	if (count > 1)
		return "one message came twice";
	if (ret >= 0 && count != 1)
		return "the message did not come";
	if (ret >= 0 && self->send.status != 7)
		return "wrong status";
	if (ret >= 0 && memcmp(self->memory, self->memory + LARGE, 100))
		return "wrong answer";
	return NULL;
}

SWEEP(QIPC_MSG_SEND, msg_send, before_send, send_small, sent)

SWEEP(QIPC_MSG_SEND, msg_send_large, before_send, send_large, sent)

SWEEP(QIPC_MSG_SEND, msg_send_parts, before_send, send_parts, sent)

/* --- a message, from the server's side -------------------------------------------------- */

/* The client sends, and has room for as much. */
static int client_sends(INJECT *self, uint64_t len)
{
	memset(self->memory + LARGE, SENTINEL, LARGE);
	peer_send(self->client, self->memory, len, self->memory + LARGE, len);
	return peer_blocked(self->client) ? 0 : -ETIMEDOUT;
}

static int small_waits(INJECT *self)
{
	return client_sends(self, 100);
}

static int large_waits(INJECT *self)
{
	return client_sends(self, LARGE);
}

static int take(INJECT *self, uint64_t len)
{
	static char buf[LARGE];

	return q_receive_now(self->session, self->chid, buf, len, &self->rcv);
}

static int take_small(INJECT *self)
{
	return take(self, 100);
}

static int take_large(INJECT *self)
{
	return take(self, LARGE);
}

static int take_parts(INJECT *self)
{
	static char buf[LARGE];
	static struct qipc_iov parts[PARTS];
	int i;

	for (i = 0; i < PARTS; i++)
		parts[i] = iov(buf + i * (LARGE / PARTS), LARGE / PARTS);
	return q_receivev_now(self->session, self->chid, parts, PARTS, &self->rcv);
}

/* The message that is received is answered, and the client content. */
static const char *answered(INJECT *self)
{
	if (q_reply(self->session, self->rcv.rcvid, 9, "ok", 2))
		return "the reply fails";
	if (peer_wait(self->client))
		return "the client is not content";
	return self->client->send.status == 9 ? NULL : "wrong status";
}

/* A receive that failed has left the message where it was. */
static const char *taken(INJECT *self, int ret)
{
	if (ret < 0 && take_large(self))
		return "the message is lost";
	if ((uint64_t)self->rcv.info.srcmsglen != self->client->send.send.count)
		return "another message";
	return answered(self);
}

SWEEP(QIPC_MSG_RECEIVE, msg_receive, small_waits, take_small, taken)

SWEEP(QIPC_MSG_RECEIVE, msg_receive_large, large_waits, take_large, taken)

SWEEP(QIPC_MSG_RECEIVE, msg_receive_parts, large_waits, take_parts, taken)

/* The first message of a connection: the server has no receive ids for its client yet. */
static int first_waits(INJECT *self)
{
	int ret = peer_call(self->client, job_detach);

	if (!ret)
		ret = peer_call(self->client, job_attach);
	return ret ? ret : small_waits(self);
}

SWEEP(QIPC_MSG_RECEIVE, msg_receive_first, first_waits, take_small, taken)

static int small_taken(INJECT *self)
{
	int ret = small_waits(self);

	return ret ? ret : take_small(self);
}

static int large_taken(INJECT *self)
{
	int ret = large_waits(self);

	return ret ? ret : take_large(self);
}

static const char *still_there(INJECT *self, int ret)
{
	(void)ret;
	return answered(self);
}

static int read_large(INJECT *self)
{
	static char buf[LARGE];
	int64_t got = q_read(self->session, self->rcv.rcvid, buf, LARGE, 0);

	return got < 0 ? got : got == LARGE ? 0 : -EBADMSG;
}

static int write_large(INJECT *self)
{
	int64_t got = q_write(self->session, self->rcv.rcvid, self->memory, LARGE, 0);

	return got < 0 ? got : got == LARGE ? 0 : -EBADMSG;
}

static int write_parts(INJECT *self)
{
	int64_t got = q_writev(self->session, self->rcv.rcvid, self->parts, PARTS, 0);

	return got < 0 ? got : got == LARGE / PARTS * PARTS ? 0 : -EBADMSG;
}

static int ask_info(INJECT *self)
{
	struct qipc_msg_info info;

	return q_info(self->session, self->rcv.rcvid, &info);
}

static int run_as(INJECT *self)
{
	return q_current(self->session, self->rcv.rcvid);
}

SWEEP(QIPC_MSG_READ, msg_read, large_taken, read_large, still_there)

SWEEP(QIPC_MSG_WRITE, msg_write, large_taken, write_large, still_there)

SWEEP(QIPC_MSG_WRITE, msg_write_parts, large_taken, write_parts, still_there)

SWEEP(QIPC_MSG_INFO, msg_info, small_taken, ask_info, still_there)

SWEEP(QIPC_MSG_CURRENT, msg_current, small_taken, run_as, still_there)

static int reply_small(INJECT *self)
{
	return q_reply(self->session, self->rcv.rcvid, 9, self->memory, 100);
}

static int reply_large(INJECT *self)
{
	return q_reply(self->session, self->rcv.rcvid, 9, self->memory, LARGE);
}

static int reply_parts(INJECT *self)
{
	return q_replyv(self->session, self->rcv.rcvid, 9, self->parts, PARTS);
}

static int reply_error(INJECT *self)
{
	return q_error(self->session, self->rcv.rcvid, EBUSY);
}

/*
 * An answer that failed before it began can be given again.  One whose bytes
 * could not be read has ended the message, for the client too; and if it is only
 * the server's own structure that could not be written, the client has it.
 */
static const char *replied(INJECT *self, int ret)
{
	int again = q_reply(self->session, self->rcv.rcvid, 9, NULL, 0);
	long got = peer_wait(self->client);

	if (again && again != -ESRCH)
		return "neither given nor refused";
	if (ret >= 0 && !again)
		return "there were two answers";
	if (ret >= 0 || !again)
		return got ? "the client is not content" : NULL;
	return got == -EFAULT || (!got && self->client->send.status == 9) ?
	       NULL : "the client got something else";
}

static const char *failed_on_purpose(INJECT *self, int ret)
{
	long got;

	if (ret < 0)
		return answered(self);
	got = peer_wait(self->client);
	return got == -EBUSY || (!got && self->client->send.error == EBUSY) ? NULL :
									      "another error";
}

SWEEP(QIPC_MSG_REPLY, msg_reply, small_taken, reply_small, replied)

SWEEP(QIPC_MSG_REPLY, msg_reply_large, large_taken, reply_large, replied)

SWEEP(QIPC_MSG_REPLY, msg_reply_parts, large_taken, reply_parts, replied)

SWEEP(QIPC_MSG_ERROR, msg_error, small_taken, reply_error, failed_on_purpose)

/* A server that answers and takes a pulse that waits. */
static int taken_and_pulse(INJECT *self)
{
	int ret = small_taken(self);

	return ret ? ret : pulse(self);
}

static int reply_receive(INJECT *self)
{
	static char buf[100];
	struct qipc_msg_reply_receive arg;
	int ret;

	memset(&arg, SENTINEL, sizeof(arg));
	arg.reply.rcvid = self->rcv.rcvid;
	arg.reply.status = 9;
	arg.reply.vec = vec_buf(self->memory, 100);
	arg.reply.flags = QIPC_BUF;
	arg.reserved = 0;
	receive_args(&arg.receive, self->chid, buf, sizeof(buf), QIPC_BUF | QIPC_NONBLOCK);
	ret = q_ioctl(self->session, QIPC_MSG_REPLY_RECEIVE, &arg);
	self->before = ret ? ret : -arg.reply_error;
	return ret;
}

static const char *replied_and_received(INJECT *self, int ret)
{
	/* The receive follows whatever the reply comes to. */
	const char *wrong = replied(self, self->before);
	struct qipc_pulse got;
	bool there = !q_receive_pulse_now(self->session, self->chid, &got);

	if (wrong)
		return wrong;
	return ret >= 0 && there ? "the pulse came twice" :
	       ret == -ENOMEM && !there ? "the pulse is lost" : NULL;
}

SWEEP(QIPC_MSG_REPLY_RECEIVE, msg_reply_receive, taken_and_pulse, reply_receive,
      replied_and_received)

/* --- events of a client ------------------------------------------------------------------ */

static int known_client(INJECT *self)
{
	int ret = self->client->own_chid ? 0 : peer_call(self->client, job_own_channel);

	if (!ret)
		ret = small_taken(self);
	return ret ? ret : q_reply(self->session, self->rcv.rcvid, 0, NULL, 0) || peer_wait(self->client);
}

static int deliver(INJECT *self)
{
	return q_deliver(self->session, self->rcv.rcvid,
			 event_pulse(self->client->own_coid, -1, CODE, 1));
}

static const char *delivered(INJECT *self, int ret)
{
	if (ret >= 0 && (peer_call(self->client, job_own_pulse) || self->client->got.code != CODE))
		return "the client did not get it";
	return peer_call(self->client, job_no_own_pulse) ? "the client got it, though it failed" : NULL;
}

SWEEP(QIPC_EVENT_DELIVER, event_deliver, known_client, deliver, delivered)

/* --- what benchmarks measure against; the guest has loaded the module with bench=1 -------- */

static int two_sessions(INJECT *self)
{
	self->before = q_open();
	self->number = q_open();
	return self->before < 0 ? self->before : self->number < 0 ? self->number : 0;
}

static int sit(int session, unsigned int seat)
{
	struct qipc_bench_pair arg = { .seat = seat };

	return q_ioctl(session, QIPC_BENCH_PAIR, &arg);
}

static int sit_down(INJECT *self)
{
	return sit(self->before, 0);
}

/* A session that did not get a seat can still take one. */
static const char *seated(INJECT *self, int ret)
{
	int again = sit(self->before, 0);

	close(self->before);
	close(self->number);
	return again == (ret < 0 ? 0 : -EBUSY) ? NULL : "a seat is lost, or two are taken";
}

SWEEP(QIPC_BENCH_PAIR, bench_pair, two_sessions, sit_down, seated)

static int both_seated(INJECT *self)
{
	int ret = two_sessions(self);

	if (!ret)
		ret = sit(self->before, 0);
	return ret ? ret : sit(self->number, 1);
}

/* Both seats are this thread's, which wakes itself. */
static int wake_other(INJECT *self)
{
	return q_ioctl(self->before, QIPC_BENCH_SWITCH, (void *)QIPC_BENCH_WAKE);
}

static const char *rose(INJECT *self, int ret)
{
	(void)ret;
	close(self->before);
	close(self->number);
	return NULL;
}

SWEEP(QIPC_BENCH_SWITCH, bench_switch, both_seated, wake_other, rose)

TEST_HARNESS_MAIN
