/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who takes part in the endurance test: clients, servers, somebody who collects
 * pulses, and what each of them writes down of what it does.
 */
#ifndef QIPC_SOAK_LOAD_H
#define QIPC_SOAK_LOAD_H

#include <stddef.h>
#include <sys/socket.h>

#include "qipc_test.h"

enum {
	EPOCH_MS = 10000,
	CLIENTS = 4,
	SERVERS = 2,
	ELDER = SERVERS,	/* the seat of the one that lives on */
	THREADS = 2,		/* of a server */
	MESSAGES = 1 << 17,	/* of a client in an epoch */
	PULSES = 1 << 15,
	BUF = 72 * 1024,
	/* Kernel memory that is not the module's may come and go: caches, and stocks of each processor. */
	SLACK = SLOW << 18,
	PACE_US = 30000,	/* between two things that a client does, beside others */
	BUCKETS = 128,		/* of microseconds or nanoseconds, four to an octave */
};

/* What a client knows of its message. */
enum outcome {
	UNSENT, IN_CALL, ANSWERED, REFUSED_BY_SERVER, TIMED_OUT, INTERRUPTED, SERVER_GONE, DETACHED,
	OUTCOMES
};

/* What the server knows of it. */
enum account {
	NEVER_SEEN, RECEIVED, REPLYING, REPLIED, ERRORING, ERRORED, TOO_LATE, ACCOUNTS,
	ORPHAN = 0x80,		/* the server was killed while it had it */
};

static const char *const outcome_names[] = {
	"unsent", "killed in the call", "answered", "refused", "timed out", "interrupted",
	"server gone", "connection gone",
};

static const char *const account_names[] = {
	"never received", "received", "replying", "replied", "erroring", "errored", "too late",
};

struct client_seat {
	volatile pid_t pid;
	int number;
	uint32_t kills;
	volatile uint32_t next;		/* number of the next message */
	volatile uint32_t pulse;	/* number of the pulse that is next, or being sent */
	volatile bool in_pulse;
	volatile uint32_t timers_armed, timers_fired;
	volatile uint32_t events;
	volatile uint32_t connects, names;
	uint8_t outcome[MESSAGES];
	uint8_t account[MESSAGES];
	uint8_t pulse_seen[PULSES];
	uint8_t pulse_sent[PULSES];	/* 1: it was, 2: killed while it was */
	uint32_t answers[BUCKETS];	/* how long the elder took */
	uint32_t echoes[BUCKETS];	/* how long a socket took */
	uint32_t work[BUCKETS];		/* how much the sender had to do for an answer of the elder */
	uint32_t yard[BUCKETS];		/* how much a computation is that is always the same */
};

struct held {
	volatile bool busy;
	uint32_t seat, number;
};

struct server_seat {
	volatile pid_t pid;
	volatile int chid;		/* of the living one; 0 when there is none */
	int number;
	uint32_t kills;
	struct held held[THREADS];
	volatile uint32_t settled[THREADS];	/* soak->settle when it last had nothing to do */
};

struct soak {
	volatile int stop;		/* clients; then servers as well */
	volatile int end;		/* the elder */
	volatile uint32_t settle;	/* what the elder's threads repeat between two messages */
	volatile pid_t collector;	/* who gets the pulses: it is never killed */
	volatile int collector_chid;
	char wrong[160];
	volatile int is_wrong;
	struct client_seat client[CLIENTS];
	struct server_seat server[SERVERS + 1];
};

static struct soak *soak;
/* To somebody who sends back what comes: one pair for each client. */
static int echo[CLIENTS][2];

/* What a message begins with. */
struct head {
	uint32_t seat, number;
	uint32_t reply_len;
	int32_t handle;			/* an event to deliver before the answer, or 0 */
	uint64_t seed;
};

static void wrong(const char *what, long a, long b)
{
	if (__atomic_exchange_n(&soak->is_wrong, 1, __ATOMIC_SEQ_CST))
		return;
	snprintf(soak->wrong, sizeof(soak->wrong), "%s: %ld (0x%lx), %ld, thread %d", what, a, a, b,
		 own_tid());
}

/* Other suites run at the same time, in other VMs: this one takes little of their time. */
static bool beside(void)
{
	return getenv("QIPC_SOAK_BESIDE");
}

static uint64_t draw(uint64_t *state)
{
	*state = mix64(*state + 1);
	return *state;
}

/* Processor time of the caller, in nanoseconds. */
static int64_t work_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

static int bucket_of(int64_t us)
{
	int octave = 63 - __builtin_clzll(us | 1);
	int bucket = 4 * octave + (octave < 2 ? 0 : us >> (octave - 2) & 3);

	return bucket < BUCKETS ? bucket : BUCKETS - 1;
}

/* What so many buckets are, as a factor. */
static double factor_of(int buckets)
{
	double factor = 1;

	for (; buckets > 0; buckets--)
		factor *= 1.18921;
	for (; buckets < 0; buckets++)
		factor /= 1.18921;
	return factor;
}

/* --- clients --------------------------------------------------------------------------- */

struct client {
	struct client_seat *seat;
	struct server_seat *server;
	uint64_t random;
	int session;
	int fd, coid;			/* to the server, or -1 */
	int elder;			/* coid to that one */
	int pulses;			/* coid to the collector */
	int own_chid, own_coid;		/* for timers and events */
	int timer;
	int handle;			/* of the event that servers deliver */
	unsigned char *message, *answer;
};

static void disconnect(struct client *client)
{
	if (client->coid < 0)
		return;
	if (client->handle > 0 && q_unregister(client->session, client->handle))
		wrong("unregister", client->handle, 0);
	client->handle = 0;
	q_detach(client->fd, client->coid);
	if (!(client->coid & QIPC_SIDE_CHANNEL))
		close(client->fd);
	client->coid = -1;
}

/* By name, by number, as a descriptor; whatever server lives. */
static bool reconnect(struct client *client)
{
	struct server_seat *server = &soak->server[draw(&client->random) % SERVERS];
	struct qipc_event event = event_pulse(client->own_coid, -1, 7, client->seat->number);
	char name[32];
	int chid, coid;

	disconnect(client);
	client->server = server;
	chid = server->chid;
	if (!chid)
		return false;
	client->seat->connects++;
	switch (draw(&client->random) % 3) {
	case 0:
		snprintf(name, sizeof(name), "soak/server/%d", server->number);
		coid = q_name_open(client->session, name, 0);
		break;
	case 1:
		coid = q_attach_side(client->session, server->pid, chid);
		break;
	default:
		coid = q_attach_fd(client->session, server->pid, chid);
	}
	if (coid < 0) {
		/* It has just died, or not yet a name. */
		if (coid != -ESRCH && coid != -ENOENT && coid != -EBADF && coid != -EINVAL)
			wrong("connect", coid, chid);
		return false;
	}
	client->coid = coid;
	client->fd = coid & QIPC_SIDE_CHANNEL ? client->session : coid;
	client->handle = q_register(client->session, event, coid);
	if (client->handle <= 0)
		client->handle = 0;
	return true;
}

/* Cuts a buffer into up to @most parts of random length. */
static int cut(uint64_t *random, struct qipc_iov *parts, int most, unsigned char *buf, size_t len)
{
	size_t at = 0, step;
	int count = 0;

	while (count < most - 1 && at < len) {
		step = draw(random) % (len - at + 1);
		parts[count++] = iov(buf + at, step);
		at += step;
	}
	parts[count++] = iov(buf + at, len - at);
	return count;
}

static size_t some_length(uint64_t *random, size_t least)
{
	static const size_t lengths[] = { 0, 8, 100, 232, 256, 257, 1000, 4096, 16384, 65536 };
	size_t len = lengths[draw(random) % (draw(random) % 4 ? 6 : ARRAY_SIZE(lengths))];

	return len < least ? least : len;
}

static enum outcome outcome_of(int ret, struct qipc_msg_send *send)
{
	switch (ret) {
	case 0:
		return send->error ? REFUSED_BY_SERVER : ANSWERED;
	case -ETIMEDOUT:
		return TIMED_OUT;
	case -EINTR:
		return INTERRUPTED;
	case -ESRCH:
		return SERVER_GONE;
	case -EBADF:
		return DETACHED;
	default:
		wrong("result of a send", ret, send->side);
		return UNSENT;
	}
}

static void take_own_pulse(struct client *client, uint32_t number)
{
	struct qipc_pulse pulse;

	if (q_receive_pulse_now(client->session, client->own_chid, &pulse))
		wrong("an event that was delivered before the answer is not there", number, 0);
	else if (pulse.code != 7 || pulse.value != (uint64_t)client->seat->number)
		wrong("another event than was registered", pulse.code, pulse.value);
	else
		client->seat->events++;
}

static void send_message(struct client *client)
{
	struct client_seat *seat = client->seat;
	uint32_t number = seat->next;
	uint64_t *random = &client->random, shape = draw(random);
	bool plain = shape % 4 == 0;
	int fd = plain ? client->session : client->fd;
	int coid = plain ? client->elder : client->coid;
	size_t len = plain ? sizeof(struct head) : some_length(random, sizeof(struct head));
	size_t room = plain ? 8 : some_length(random, 0), got;
	struct qipc_iov sparts[12], rparts[12];
	struct qipc_timeout timeout;
	struct qipc_msg_send send;
	struct head head = {
		.seat = seat->number,
		.number = number,
		.reply_len = room,
		.handle = !plain && shape >> 8 & 1 ? client->handle : 0,
		.seed = mix64(number ^ (uint64_t)seat->number << 32),
	};
	int64_t begin, work;
	int ret;

	if (number >= MESSAGES) {
		/* Enough for this epoch. */
		sleep_us(1000);
		return;
	}
	pattern_fill(client->message, len, head.seed);
	memcpy(client->message, &head, sizeof(head));
	send_args(&send, coid, client->message, len, client->answer, room);
	if (!plain && shape >> 9 & 1) {
		send.send = vec_buf(sparts, cut(random, sparts, 12, client->message, len));
		send.flags &= ~QIPC_SEND_BUF;
	}
	if (!plain && shape >> 10 & 1) {
		send.reply = vec_buf(rparts, cut(random, rparts, 12, client->answer, room));
		send.flags &= ~QIPC_REPLY_BUF;
	}
	if (!plain && (shape >> 11 & 7) == 0) {
		timeout = timeout_in(QIPC_TIMEOUT_SEND | QIPC_TIMEOUT_REPLY,
				     draw(random) % 3000000);
		send.timeout = (uintptr_t)&timeout;
	}
	/* What the last answer left must not pass for this one. */
	memset(client->answer, SENTINEL, 8);
	begin = now_us();
	work = work_ns();
	seat->outcome[number] = IN_CALL;
	seat->next = number + 1;
	ret = q_ioctl(fd, QIPC_MSG_SEND, &send);
	seat->outcome[number] = outcome_of(ret, &send);
	if (plain) {
		seat->work[bucket_of(work_ns() - work)]++;
		seat->answers[bucket_of(now_us() - begin)]++;
	}
	if (ret == -ESRCH || ret == -EBADF) {
		if (plain)
			wrong("the elder is gone", ret, number);
		disconnect(client);
		return;
	}
	if (!ret && send.error && send.error != EOWNERDEAD)
		wrong("error of an answer", send.error, number);
	if (ret || send.error)
		return;
	/* The status is the number, and one bit whether the event was delivered. */
	if ((uint32_t)(send.status >> 1) != number)
		wrong("answer to another message", send.status >> 1, number);
	got = pattern_differs(client->answer, room, ~head.seed, 0) + 1;
	if (got)
		wrong("bytes of an answer", got - 1, room);
	if (send.status & 1)
		take_own_pulse(client, number);
}

/* What a socket takes to carry a word there and back. */
static void send_echo(struct client *client)
{
	uint64_t word = draw(&client->random), back = 0;
	int fd = echo[client->seat->number][0];
	int64_t begin = now_us(), work;
	ssize_t n;

	while (send(fd, &word, sizeof(word), 0) < 0)
		if (errno != EINTR) {
			wrong("socket", errno, 0);
			return;
		}
	do {
		n = recv(fd, &back, sizeof(back), 0);
		if (n < 0 && errno != EINTR) {
			wrong("socket", errno, 1);
			return;
		}
		/* It may be for one who died. */
	} while (n < 0 || back != word);
	client->seat->echoes[bucket_of(now_us() - begin)]++;
	work = work_ns();
	pattern_fill(client->answer, 4096, word);
	client->seat->yard[bucket_of(work_ns() - work)]++;
}

static int echo_main(void *unused)
{
	struct pollfd fds[CLIENTS];
	uint64_t word;
	int i;

	(void)unused;
	for (i = 0; i < CLIENTS; i++)
		fds[i] = (struct pollfd){ .fd = echo[i][1], .events = POLLIN };
	for (;;) {
		if (poll(fds, CLIENTS, -1) < 0)
			continue;
		for (i = 0; i < CLIENTS; i++)
			if (fds[i].revents && recv(fds[i].fd, &word, sizeof(word), 0) > 0)
				send(fds[i].fd, &word, sizeof(word), 0);
	}
	return 0;
}

/* To the collector: each number once, and in their order. */
static void send_pulse(struct client *client)
{
	struct client_seat *seat = client->seat;
	uint32_t number = seat->pulse;
	int ret;

	if (number >= PULSES)
		return;
	seat->in_pulse = true;
	ret = q_pulse(client->session, client->pulses, -1, seat->number, number);
	if (!ret) {
		seat->pulse_sent[number] = 1;
		seat->pulse = number + 1;
	} else if (ret != -EAGAIN) {
		wrong("result of a pulse", ret, number);
	}
	seat->in_pulse = false;
}

/* Armed once, fires once. */
static void run_timer(struct client *client)
{
	struct qipc_timeout timeout = timeout_in(QIPC_TIMEOUT_RECEIVE, PATIENCE_MS * 1000000LL);
	struct qipc_msg_receive rcv;
	struct qipc_pulse pulse;
	int ret;

	client->seat->timers_armed++;
	ret = q_timer_settime(client->session, client->timer, 0, 1 + draw(&client->random) % 300000,
			      0);
	if (ret) {
		wrong("timer", ret, 0);
		return;
	}
	do {
		receive_args(&rcv, client->own_chid, &pulse, sizeof(pulse),
			     QIPC_BUF | QIPC_PULSE_ONLY);
		rcv.timeout = (uintptr_t)&timeout;
		ret = q_ioctl(client->session, QIPC_MSG_RECEIVE, &rcv);
		/* Events of messages that nobody waited for any more may be there as well. */
	} while (ret == -EINTR || (!ret && pulse.code == 7));
	if (ret || pulse.code != 9)
		wrong("pulse of a timer", ret, pulse.code);
	else
		client->seat->timers_fired++;
	while (!q_receive_pulse_now(client->session, client->own_chid, &pulse))
		if (pulse.code != 7)
			wrong("more pulses than a timer was to make", pulse.code, 0);
}

static void use_names(struct client *client)
{
	char name[32];
	int coid;

	snprintf(name, sizeof(name), "soak/client/%d", client->seat->number);
	client->seat->names++;
	if (q_name_attach(client->session, client->own_chid, name))
		wrong("name_attach", client->seat->number, 0);
	coid = q_name_open(client->session, name, 0);
	if (coid < 0)
		wrong("name_open", coid, 0);
	else if (q_detach(client->session, coid))
		wrong("detach", coid, 0);
	if (q_name_detach(client->session, name))
		wrong("name_detach", client->seat->number, 0);
	if (q_name_open(client->session, name, 0) != -ENOENT)
		wrong("a name that was detached", 0, 0);
}

static void storm_connections(struct client *client)
{
	int coid, i;

	for (i = 0; i < 10; i++) {
		coid = i % 2 ? q_attach_fd(client->session, 0, client->own_chid) :
			       q_attach_side(client->session, 0, client->own_chid);
		if (coid < 0) {
			wrong("connect to oneself", coid, i);
			return;
		}
		client->seat->connects++;
		if (i % 2)
			close(coid);
		else if (q_detach(client->session, coid))
			wrong("detach", coid, i);
	}
}

static int client_main(void *arg)
{
	struct client client = { .seat = arg, .coid = -1 };
	long pace = beside() ? PACE_US : 0;
	uint64_t dice;

	client.random = mix64(client.seat->number ^ (uint64_t)now_us());
	client.message = private_alloc(BUF);
	client.answer = private_alloc(BUF);
	client.session = q_open();
	client.own_chid = q_create(client.session, 0);
	client.own_coid = q_attach_side(client.session, 0, client.own_chid);
	client.pulses = q_attach_side(client.session, soak->collector, soak->collector_chid);
	client.elder = q_attach_side(client.session, soak->server[ELDER].pid,
				     soak->server[ELDER].chid);
	client.timer = q_timer_create(client.session, CLOCK_MONOTONIC,
				      event_pulse(client.own_coid, -1, 9, 0));
	if (client.own_coid < 0 || client.pulses < 0 || client.timer < 0 || client.elder < 0) {
		wrong("beginning of a client", client.pulses, client.elder);
		return CHILD_SETUP;
	}
	while (!soak->stop && !soak->is_wrong) {
		if (pace)
			sleep_us(draw(&client.random) % pace);
		dice = draw(&client.random) % 256;
		if (client.coid < 0 || dice < 4) {
			if (!reconnect(&client))
				sched_yield();
		} else if (dice < 40) {
			send_pulse(&client);
		} else if (dice < 44) {
			run_timer(&client);
		} else if (dice < 46) {
			use_names(&client);
		} else if (dice < 48) {
			storm_connections(&client);
		} else if (dice < 80) {
			send_echo(&client);
		} else {
			send_message(&client);
		}
	}
	return 0;
}

/* --- servers --------------------------------------------------------------------------- */

struct server_thread {
	struct server_seat *seat;
	int index;
	int session, chid;
	uint64_t random;
	pthread_t thread;
	unsigned char *buf;
};

static void serve_one(struct server_thread *server, struct qipc_msg_receive *rcv)
{
	struct held *held = &server->seat->held[server->index];
	uint64_t dice = draw(&server->random);
	struct client_seat *seat;
	size_t got = rcv->info.msglen, total = rcv->info.srcmsglen;
	volatile uint8_t *account;
	uint64_t delivered = 0;
	struct head head;
	int64_t more;
	int ret;

	memcpy(&head, server->buf, sizeof(head));
	if (got < sizeof(head) || head.seat >= CLIENTS || head.number >= MESSAGES) {
		wrong("beginning of a message", got, head.seat);
		return;
	}
	seat = &soak->client[head.seat];
	account = &seat->account[head.number];
	held->seat = head.seat;
	held->number = head.number;
	held->busy = true;
	if (__atomic_exchange_n(account, RECEIVED, __ATOMIC_SEQ_CST) != NEVER_SEEN)
		wrong("message received twice", head.seat, head.number);
	if (got < total) {
		more = q_read(server->session, rcv->rcvid, server->buf + got, total - got, got);
		if (more == (int64_t)(total - got))
			got = total;
		else if (more != -ESRCH)
			wrong("read of the rest", more, total - got);
	}
	/* The head was put over the pattern. */
	if (pattern_differs(server->buf + sizeof(head), got - sizeof(head), head.seed,
			    sizeof(head)) >= 0)
		wrong("bytes of a message", got, total);
	if (head.handle) {
		ret = q_deliver(server->session, rcv->rcvid, event_handle(head.handle, 0));
		if (!ret)
			delivered = 1;
		/* Else it has died, or begun to. */
		else if (ret != -ESRCH && ret != -EINVAL && ret != -EBADF)
			wrong("deliver", ret, head.handle);
	}
	switch (dice % 16) {
	case 0:
		sched_yield();
		break;
	case 1:
		spin_us(dice >> 8 & 255);
		break;
	case 2:
		sleep_us(dice >> 8 & 1023);
		break;
	}
	/* An error would leave the event untold. */
	if (!delivered && (dice >> 20 & 15) == 0) {
		*account = ERRORING;
		ret = q_error(server->session, rcv->rcvid, EOWNERDEAD);
		*account = ret == -ESRCH ? TOO_LATE : ERRORED;
	} else {
		pattern_fill(server->buf, head.reply_len, ~head.seed);
		if (head.reply_len > 100 && (dice >> 24 & 3) == 0) {
			more = q_write(server->session, rcv->rcvid, server->buf, head.reply_len, 0);
			if (more != head.reply_len && more != -ESRCH)
				wrong("write of the answer", more, head.reply_len);
			if (more == head.reply_len)
				head.reply_len = 0;
		}
		*account = REPLYING;
		ret = q_reply(server->session, rcv->rcvid, (uint64_t)head.number << 1 | delivered,
			      server->buf, head.reply_len);
		*account = ret == -ESRCH ? TOO_LATE : REPLIED;
	}
	if (ret && ret != -ESRCH)
		wrong("result of an answer", ret, rcv->rcvid);
	held->busy = false;
	/* Nobody is answered twice. */
	ret = q_reply(server->session, rcv->rcvid, -1, NULL, 0);
	if (ret != -ESRCH)
		wrong("second answer", ret, rcv->rcvid);
}

static void *server_thread(void *arg)
{
	struct server_thread *server = arg;
	struct qipc_timeout timeout = timeout_in(QIPC_TIMEOUT_RECEIVE, 20000000);
	struct qipc_msg_receive rcv;
	struct qipc_pulse *pulse = (void *)server->buf;
	size_t room;
	int ret;

	while (!soak->is_wrong) {
		server->seat->settled[server->index] = soak->settle;
		room = draw(&server->random) % 2 ? BUF : 512;
		ret = q_receive_timeout(server->session, server->chid, server->buf, room, &timeout,
					&rcv);
		if (ret == -ETIMEDOUT) {
			if (server->seat->number == ELDER ? soak->end : soak->stop > 1)
				break;
			continue;
		}
		if (ret) {
			wrong("result of a receive", ret, room);
			break;
		}
		if (rcv.rcvid)
			serve_one(server, &rcv);
		else if (pulse->code == QIPC_PULSE_DISCONNECT)
			q_detach(server->session, pulse->scoid);
		else if (pulse->code != QIPC_PULSE_UNBLOCK)
			wrong("pulse of a server", pulse->code, pulse->value);
	}
	return NULL;
}

static int server_main(void *arg)
{
	static const unsigned int kinds[] = {
		0, QIPC_CHF_UNBLOCK, QIPC_CHF_DISCONNECT, QIPC_CHF_UNBLOCK | QIPC_CHF_DISCONNECT,
	};
	struct server_seat *seat = arg;
	struct server_thread thread[THREADS];
	uint64_t random = mix64(now_us());
	int session = q_open(), i;
	/* The elder is told of everything. */
	int kind = seat->number == ELDER ? 3 : draw(&random) % ARRAY_SIZE(kinds);
	int chid = q_create(session, kinds[kind]);
	char name[32];

	snprintf(name, sizeof(name), "soak/server/%d", seat->number);
	if (chid < 0 || q_name_attach(session, chid, name)) {
		wrong("beginning of a server", chid, 0);
		return CHILD_CREATE;
	}
	for (i = 0; i < THREADS; i++) {
		thread[i] = (struct server_thread){
			.seat = seat, .index = i, .session = session, .chid = chid,
			.random = draw(&random), .buf = private_alloc(BUF),
		};
		if (pthread_create(&thread[i].thread, NULL, server_thread, &thread[i])) {
			wrong("thread of a server", i, 0);
			return CHILD_SETUP;
		}
	}
	seat->chid = chid;
	for (i = 0; i < THREADS; i++)
		pthread_join(thread[i].thread, NULL);
	return 0;
}

/* --- the collector: who gets all pulses, and is never killed ------------------------------- */

static int collector_main(void *arg)
{
	struct qipc_timeout timeout = timeout_in(QIPC_TIMEOUT_RECEIVE, 20000000);
	struct qipc_msg_receive rcv;
	struct qipc_pulse pulse;
	int64_t last[CLIENTS];
	int session = q_open(), chid, ret;

	(void)arg;
	memset(last, -1, sizeof(last));
	chid = q_create(session, 0);
	soak->collector_chid = chid;
	for (;;) {
		ret = q_receive_timeout(session, chid, &pulse, sizeof(pulse), &timeout, &rcv);
		if (ret == -ETIMEDOUT && soak->stop > 1)
			return 0;
		if (ret == -ETIMEDOUT)
			continue;
		if (ret || rcv.rcvid || pulse.code < 0 || pulse.code >= CLIENTS ||
		    pulse.value >= PULSES) {
			wrong("pulse of a client", ret, pulse.code);
			return CHILD_WRONG_DATA;
		}
		if ((int64_t)pulse.value <= last[pulse.code])
			wrong("order of pulses", pulse.value, last[pulse.code]);
		last[pulse.code] = pulse.value;
		soak->client[pulse.code].pulse_seen[pulse.value]++;
	}
}

#endif /* QIPC_SOAK_LOAD_H */
