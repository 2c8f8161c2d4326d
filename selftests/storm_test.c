// SPDX-License-Identifier: GPL-2.0-only
/*
 * Storms: signals, deadlines and kills that race the very answer, a thousand
 * times each, on channels with and without the unblock flag.
 *
 * Each message carries its number, and its answer repeats it.  Client and
 * server write down what became of the message on their side; in the end both
 * accounts have to agree, and nothing but what is documented may stand there.
 */
// timeout=300
#include <stddef.h>

#include "kselftest_harness.h"
#include "qipc_test.h"

enum {
	ROUNDS = FEWER(1000),
	CLIENTS = 8,		/* threads of the client process */
	HELD = 3,		/* messages that the server has at a time */
	WORDS = 1200,		/* of a large message */
	SLOTS = 40000,
	BOGUS = -77,		/* status of answers that nobody may get */
};

enum kind { SIGNAL, TIMEOUT, KILL };

/* What the server knows of a message. */
enum account { UNSEEN, REPLIED, ERRORED, REFUSED };

struct slot {
	int sent;
	int done;
	int ret;
	int error;
	int64_t status;
	int wrong_data;
	int server;		/* enum account */
	int64_t rcvid;
};

struct held {
	int64_t rcvid;
	uint64_t number;
	bool wished;
};

struct storm {
	enum kind kind;
	unsigned int flags;	/* of the channel */
	int session;		/* of the server */
	int chid;
	uint64_t next;		/* number of a message */
	uint64_t limit;
	int stop;
	int tid[CLIENTS];
	const char *wrong;	/* what the server saw that cannot be */
	long detail;
	struct held held[HELD];
	int count;		/* of held */
	uint64_t random;	/* of the server */
	struct slot slot[SLOTS];
	uint64_t message[CLIENTS][WORDS];
	uint64_t answer[CLIENTS][WORDS];
};

static struct storm *storm;	/* shared by all processes */

static uint64_t next_random(uint64_t *state)
{
	*state = mix64(*state);
	return *state;
}

/* --- client -------------------------------------------------------------------------- */

struct client {
	struct peer *peer;
	int index;
	uint64_t seed;
};

static void send_one(struct client *client, uint64_t number)
{
	struct slot *slot = &storm->slot[number];
	uint64_t *message = storm->message[client->index];
	uint64_t *answer = storm->answer[client->index];
	uint64_t random = mix64(number ^ client->seed);
	size_t len = random % 4 ? 8 : WORDS * 8;
	struct qipc_timeout timeout;
	struct qipc_msg_send send;

	message[0] = number;
	answer[0] = 0;
	answer[len / 8 - 1] = 0;
	send_args(&send, client->peer->coid, message, len, answer, len);
	if (storm->kind == TIMEOUT) {
		/* From so short that it is over before the call to longer than the server needs. */
		timeout = timeout_in(QIPC_TIMEOUT_SEND | QIPC_TIMEOUT_REPLY,
				     (random >> 8) % (4000ULL << (random >> 32) % 12));
		send.timeout = (uintptr_t)&timeout;
	}
	__atomic_store_n(&slot->sent, 1, __ATOMIC_SEQ_CST);
	slot->ret = q_ioctl(client->peer->fd, QIPC_MSG_SEND, &send);
	slot->error = send.error;
	slot->status = send.status;
	if (!slot->ret && !slot->error)
		slot->wrong_data = answer[0] != number || answer[len / 8 - 1] != number;
	__atomic_store_n(&slot->done, 1, __ATOMIC_SEQ_CST);
}

static void *client_thread(void *arg)
{
	struct client *client = arg;
	uint64_t number;

	__atomic_store_n(&storm->tid[client->index], own_tid(), __ATOMIC_SEQ_CST);
	for (;;) {
		number = __atomic_fetch_add(&storm->next, 1, __ATOMIC_SEQ_CST);
		if (number >= storm->limit)
			return NULL;
		send_one(client, number);
	}
}

/* Sends until there are no numbers left. */
static long job_storm(struct peer *peer)
{
	struct sigaction act = { .sa_handler = count_signal };
	struct client client[CLIENTS];
	pthread_t thread[CLIENTS];
	int i;

	if (sigaction(SIGUSR1, &act, NULL))
		return -errno;
	for (i = 0; i < CLIENTS; i++) {
		client[i] = (struct client){ .peer = peer, .index = i, .seed = 42 };
		if (pthread_create(&thread[i], NULL, client_thread, &client[i]))
			return -EAGAIN;
	}
	for (i = 0; i < CLIENTS; i++)
		pthread_join(thread[i], NULL);
	return 0;
}

/* --- server -------------------------------------------------------------------------- */

static void is_wrong(const char *what, long detail)
{
	if (!storm->wrong) {
		storm->wrong = what;
		storm->detail = detail;
	}
}

static void answer_one(int index)
{
	static uint64_t words[WORDS];
	struct held held = storm->held[index];
	struct slot *slot = &storm->slot[held.number];
	uint64_t random = next_random(&storm->random);
	int ret;

	storm->held[index] = storm->held[--storm->count];
	if (held.wished && random & 1) {
		ret = q_error(storm->session, held.rcvid, -1);
		slot->server = ret ? REFUSED : ERRORED;
	} else {
		words[0] = held.number;
		words[WORDS - 1] = held.number;
		ret = q_reply(storm->session, held.rcvid, held.number, words, sizeof(words));
		slot->server = ret ? REFUSED : REPLIED;
	}
	if (ret && ret != -ESRCH)
		is_wrong("result of an answer", ret);
	/* Whatever came of it: there is no second answer, nor one for the next message. */
	words[0] = ~0ULL;
	words[WORDS - 1] = ~0ULL;
	ret = q_reply(storm->session, held.rcvid, BOGUS, words, sizeof(words));
	if (ret != -ESRCH)
		is_wrong("result of a second answer", ret);
}

static void take_pulse(const struct qipc_pulse *pulse)
{
	uint64_t number;
	int i;

	if (pulse->code != QIPC_PULSE_UNBLOCK || !storm->flags)
		is_wrong("code of a pulse", pulse->code);
	for (i = 0; i < storm->count; i++) {
		if (storm->held[i].rcvid != (int64_t)pulse->value)
			continue;
		if (storm->held[i].wished)
			is_wrong("second pulse for a message", i);
		storm->held[i].wished = true;
		return;
	}
	/* Only a client that is dead can have been refused with the pulse on its way. */
	for (number = 0; number < storm->next && number < SLOTS; number++)
		if (storm->slot[number].rcvid == (int64_t)pulse->value &&
		    storm->slot[number].server == REFUSED)
			return;
	is_wrong("pulse for a message that was answered", pulse->value);
}

static void hold(int64_t rcvid, uint64_t number)
{
	if (number >= SLOTS || !storm->slot[number].sent || storm->slot[number].rcvid) {
		is_wrong("number of a message", number);
		return;
	}
	storm->slot[number].rcvid = rcvid;
	storm->held[storm->count++] = (struct held){ .rcvid = rcvid, .number = number };
}

static long job_serve(struct peer *peer)
{
	struct qipc_timeout timeout;
	struct qipc_msg_receive rcv;
	struct qipc_pulse buf;
	uint64_t number;
	int ret;

	(void)peer;
	for (;;) {
		uint64_t random = next_random(&storm->random);

		timeout = timeout_in(QIPC_TIMEOUT_RECEIVE,
				     storm->count ? random % 8 * 20000 : 5000000);
		ret = q_receive_timeout(storm->session, storm->chid, &buf, sizeof(buf), &timeout,
					&rcv);
		if (!ret && rcv.rcvid) {
			memcpy(&number, &buf, sizeof(number));
			hold(rcv.rcvid, number);
		} else if (!ret) {
			take_pulse(&buf);
		} else if (ret != -ETIMEDOUT) {
			is_wrong("result of a receive", ret);
			return ret;
		} else if (!storm->count && __atomic_load_n(&storm->stop, __ATOMIC_SEQ_CST)) {
			return 0;
		}
		if (random >> 40 & 1)
			spin_us(random >> 48 & 127);
		if (storm->count == HELD || (storm->count && (ret || random >> 41 & 1)))
			answer_one(random % storm->count);
	}
}

/* --- the storm ------------------------------------------------------------------------ */

FIXTURE(storm) {
	int session;
	struct peer *server;
	struct peer *client;
};

FIXTURE_VARIANT(storm) {
	unsigned int flags;
};

FIXTURE_VARIANT_ADD(storm, plain) { .flags = 0, };

FIXTURE_VARIANT_ADD(storm, unblock) { .flags = QIPC_CHF_UNBLOCK, };

FIXTURE_SETUP(storm)
{
	storm = shared_alloc(sizeof(*storm));
	ASSERT_NE(NULL, storm);
	self->session = q_open();
	ASSERT_LE(0, self->session);
	storm->session = self->session;
	storm->flags = variant->flags;
	storm->random = 1;
	storm->chid = q_create(self->session, variant->flags);
	ASSERT_LT(0, storm->chid);
	self->client = client_start(true, false, self->session, storm->chid);
	ASSERT_NE(NULL, self->client);
	self->server = peer_start(false, self->session);
	ASSERT_NE(NULL, self->server);
}

FIXTURE_TEARDOWN(storm)
{
}

/* What is allowed for a message whose client lived to see its end. */
static const char *account_of(const struct slot *slot, uint64_t number)
{
	int reason = storm->kind == TIMEOUT ? ETIMEDOUT : EINTR;

	if (!slot->ret && !slot->error) {
		if (slot->status != (int64_t)number || slot->wrong_data)
			return "an answer to another message";
		return slot->server == REPLIED ? NULL : "an answer that was not given";
	}
	if (storm->kind == KILL)
		return "an error without a reason";
	if (!slot->ret) {
		if (slot->error != reason || !storm->flags)
			return "an error that was not sent";
		return slot->server == ERRORED ? NULL : "an error that was not given";
	}
	if (slot->ret != -reason)
		return "an error of another kind";
	if (slot->server == UNSEEN)
		return NULL;
	return slot->server == REFUSED && !storm->flags ? NULL : "ended, and answered";
}

/* Compares the accounts; how many messages were ended and not answered. */
static int settle(struct __test_metadata *_metadata)
{
	int ended = 0, answered = 0;
	const char *wrong;
	uint64_t number;

	for (number = 0; number < storm->next && number < SLOTS; number++) {
		struct slot *slot = &storm->slot[number];

		if (!slot->sent)
			continue;
		if (!slot->done) {
			EXPECT_EQ(KILL, storm->kind);
			ended++;
			continue;
		}
		wrong = account_of(slot, number);
		EXPECT_EQ(NULL, wrong) {
			TH_LOG("message %d: %s: ret %d error %d status %lld server %d",
			       (int)number, wrong, slot->ret, slot->error,
			       (long long)slot->status, slot->server);
		}
		ended += slot->ret || slot->error;
		answered += !slot->ret && !slot->error;
	}
	TH_LOG("%d ended, %d answered", ended, answered);
	EXPECT_EQ(NULL, storm->wrong) {
		TH_LOG("server: %s: %ld", storm->wrong, storm->detail);
	}
	/* It was no storm if only one of them ever won. */
	EXPECT_LT(ROUNDS / 50, ended);
	EXPECT_LT(ROUNDS / 50, answered);
	return ended;
}

static long stop_server(struct peer *server)
{
	__atomic_store_n(&storm->stop, 1, __ATOMIC_SEQ_CST);
	return peer_wait(server);
}

TEST_F_TIMEOUT(storm, B90_B91_signals, 120)
{
	int64_t end = now_us() + 5LL * PATIENCE_MS * 1000;
	uint64_t random = 2;
	int i, tid;

	storm->kind = SIGNAL;
	storm->limit = ROUNDS;
	peer_go(self->server, job_serve);
	peer_go(self->client, job_storm);
	for (i = 0; self->client->running && now_us() < end; i++) {
		tid = __atomic_load_n(&storm->tid[i % CLIENTS], __ATOMIC_SEQ_CST);
		if (tid)
			syscall(SYS_tgkill, self->client->pid, tid, SIGUSR1);
		if (next_random(&random) & 1)
			spin_us(random >> 8 & 255);
		else
			sleep_us(random >> 8 & 127);
	}
	EXPECT_EQ(0, peer_wait(self->client));
	EXPECT_EQ(0, stop_server(self->server));
	settle(_metadata);
	EXPECT_TRUE(q_empty(self->session, storm->chid));
}

TEST_F_TIMEOUT(storm, B96_deadlines, 120)
{
	storm->kind = TIMEOUT;
	storm->limit = ROUNDS;
	peer_go(self->server, job_serve);
	peer_go(self->client, job_storm);
	EXPECT_EQ(0, peer_wait(self->client));
	EXPECT_EQ(0, stop_server(self->server));
	settle(_metadata);
	EXPECT_TRUE(q_empty(self->session, storm->chid));
}

/* Each kill hits what all threads of the client have on their way. */
TEST_F_TIMEOUT(storm, B94_kills, 120)
{
	struct peer *client = self->client;
	uint64_t random = 3, first;
	int64_t end;
	int i;

	storm->kind = KILL;
	storm->limit = SLOTS;
	peer_go(self->server, job_serve);
	for (i = 0; i < ROUNDS / CLIENTS; i++) {
		first = __atomic_load_n(&storm->next, __ATOMIC_SEQ_CST);
		end = now_us() + PATIENCE_MS * 1000LL;
		peer_go(client, job_storm);
		/* All of them have begun. */
		while (__atomic_load_n(&storm->next, __ATOMIC_SEQ_CST) < first + CLIENTS &&
		       now_us() < end)
			sched_yield();
		spin_us(next_random(&random) & 255);
		ASSERT_EQ(256 + SIGKILL, peer_kill(client));
		munmap(client, sizeof(*client));
		client = client_start(true, false, self->session, storm->chid);
		ASSERT_NE(NULL, client);
	}
	EXPECT_EQ(0, stop_server(self->server));
	settle(_metadata);
	EXPECT_TRUE(q_empty(self->session, storm->chid));
}

TEST_HARNESS_MAIN
