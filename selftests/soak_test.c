// SPDX-License-Identifier: GPL-2.0-only
/*
 * Endurance: servers and clients under a mixed load, who die at random moments
 * and are replaced, for as long as QIPC_SOAK_SECONDS says.
 *
 * Everybody writes down what it does before and after it does it, in memory that
 * survives it.  The time is cut into epochs.  At the end of one all processes
 * end, and the accounts have to agree, message by message and pulse by pulse:
 * nothing is within a tolerance.  Who was killed in the middle of a call is known,
 * and only that call has two possible outcomes.
 *
 * The processes live in a memory cgroup of their own, to see whether the memory
 * of the kernel returns to what it was.  One server, the elder, lives through all
 * epochs: whatever its clients leave behind in its channel would make it slower.
 * How long its answers take is compared with how long a socket takes to carry the
 * same between the same processes at the same time, so that it does not matter
 * how much of the machine is left for this.
 *
 * timeout 400
 */
#include <stddef.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "kselftest_harness.h"
#include "qipc_test.h"
#include "cgroup.h"
#include "soak_load.h"

#define CGROUP		CGROUPS "/qipc-soak"

/* --- deaths ----------------------------------------------------------------------------------- */

static pid_t start(int (*fn)(void *arg), void *arg)
{
	pid_t pid = fork_bound();

	if (pid)
		return pid;
	_exit(fn(arg));
}

static void client_died(struct client_seat *seat)
{
	/* In the middle of a pulse: nobody can know whether it went; the number is used up. */
	if (seat->in_pulse && seat->pulse < PULSES) {
		if (!seat->pulse_sent[seat->pulse])
			seat->pulse_sent[seat->pulse] = 2;
		seat->pulse++;
	}
	seat->in_pulse = false;
	/* Sent, and the number not moved on. */
	if (seat->pulse < PULSES && seat->pulse_sent[seat->pulse])
		seat->pulse++;
	/* The number of the message was not moved on. */
	if (seat->next < MESSAGES && seat->outcome[seat->next] != UNSENT)
		seat->next++;
	seat->kills++;
}

static void server_died(struct server_seat *seat)
{
	struct held *held;
	int i;

	seat->chid = 0;
	seat->kills++;
	for (i = 0; i < THREADS; i++) {
		held = &seat->held[i];
		if (held->busy)
			soak->client[held->seat].account[held->number] |= ORPHAN;
		held->busy = false;
	}
}

/* Beside other suites there may be next to no time for this one. */
static int reap_slowly(pid_t pid)
{
	int i, ret = CHILD_TIMEOUT;

	for (i = 0; i < (beside() ? 6 : 1) && ret == CHILD_TIMEOUT; i++)
		ret = reap(pid);
	return ret;
}

static bool kill_one(pid_t pid)
{
	return !kill(pid, SIGKILL) && reap_slowly(pid) == 256 + SIGKILL;
}

/* --- the accounts --------------------------------------------------------------------------------- */

struct totals {
	uint64_t sent, received, by_outcome[OUTCOMES], by_account[ACCOUNTS], orphans;
	uint64_t pulses, pulses_of_dead;
	uint64_t timers, events, connects, names, client_kills, server_kills;
};

/* Whether both can be true of one message. */
static bool agree(unsigned int outcome, unsigned int account)
{
	bool orphan = account & ORPHAN;

	account &= ~ORPHAN;
	/* Nobody who lives still has it. */
	if (!orphan && (account == RECEIVED || account == REPLYING || account == ERRORING))
		return false;
	switch (outcome) {
	case UNSENT:
		return account == NEVER_SEEN;
	case IN_CALL:
		return true;
	case ANSWERED:
		return account == REPLIED || (orphan && account == REPLYING);
	case REFUSED_BY_SERVER:
		return account == ERRORED || (orphan && account == ERRORING);
	case SERVER_GONE:
		return account == NEVER_SEEN || orphan;
	default:
		return account == NEVER_SEEN || account == TOO_LATE || orphan;
	}
}

static bool balance_client(struct client_seat *seat, struct totals *totals)
{
	uint32_t i, killed = 0;

	for (i = 0; i < MESSAGES; i++) {
		unsigned int outcome = seat->outcome[i], account = seat->account[i];

		if (outcome >= OUTCOMES || !agree(outcome, account)) {
			printf("# client %d, message %u of %u: %s, but to the server: %s%s\n",
			       seat->number, i, seat->next, outcome_names[outcome % OUTCOMES],
			       account_names[(account & ~ORPHAN) % ACCOUNTS],
			       account & ORPHAN ? ", and it was killed" : "");
			return false;
		}
		if (outcome == UNSENT)
			continue;
		killed += outcome == IN_CALL;
		totals->sent++;
		totals->by_outcome[outcome]++;
		totals->received += (account & ~ORPHAN) != NEVER_SEEN;
		totals->by_account[account & ~ORPHAN]++;
		totals->orphans += !!(account & ORPHAN);
	}
	if (killed > seat->kills) {
		printf("# client %d: %u calls without an end, %u deaths\n", seat->number, killed,
		       seat->kills);
		return false;
	}
	for (i = 0; i < PULSES; i++) {
		unsigned int sent = seat->pulse_sent[i], seen = seat->pulse_seen[i];

		if (seen > 1 || (sent == 1 && !seen) || (!sent && seen)) {
			printf("# client %d, pulse %u: %s, received %u times\n", seat->number, i,
			       sent ? "sent" : "not sent", seen);
			return false;
		}
		totals->pulses += seen;
		totals->pulses_of_dead += sent == 2;
	}
	/* One timer, or one event, may have been under way at each death. */
	if (seat->timers_armed - seat->timers_fired > seat->kills) {
		printf("# client %d: %u timers armed, %u fired, %u deaths\n", seat->number,
		       seat->timers_armed, seat->timers_fired, seat->kills);
		return false;
	}
	totals->timers += seat->timers_fired;
	totals->events += seat->events;
	totals->connects += seat->connects;
	totals->names += seat->names;
	totals->client_kills += seat->kills;
	return true;
}

/* What is in between goes up and down; the account is brought up to date every two seconds. */
static long least_memory(long enough, long ms)
{
	int64_t end = now_us() + ms * 1000;
	long least = LONG_MAX, now;

	do {
		now = cgroup_kernel_memory(CGROUP);
		least = now < least ? now : least;
		if (least <= enough)
			break;
		sleep_us(100000);
	} while (now_us() < end);
	return least;
}

/* What must not creep: @percent of the values of one histogram, compared with those of another. */
static const struct measure {
	const char *name;
	size_t of, than;
	int percent;
	int creep;	/* buckets that it may grow by; four are twice as much */
} measures[] = {
#define MEASURE(name, of, than, percent, creep) \
	{ name, offsetof(struct client_seat, of), offsetof(struct client_seat, than), percent, \
	  creep }
	MEASURE("50 of 100 answers, times what a socket takes", answers, echoes, 50, 8),
	MEASURE("90 of 100 answers, times what a socket takes", answers, echoes, 90, 12),
	MEASURE("99 of 100 answers, times what a socket takes", answers, echoes, 99, 16),
	MEASURE("work of a sender, times a computation", work, yard, 50, 8),
};

/* The bucket that @percent of all clients' values lie in, or below. */
static int percentile(size_t histogram, int percent)
{
	uint64_t sum[BUCKETS] = {}, total = 0, below = 0;
	uint32_t *of;
	int c, i;

	for (c = 0; c < CLIENTS; c++) {
		of = (void *)&soak->client[c] + histogram;
		for (i = 0; i < BUCKETS; i++) {
			sum[i] += of[i];
			total += of[i];
		}
	}
	for (i = 0; i < BUCKETS - 1; i++) {
		below += sum[i];
		if (below * 100 >= total * percent)
			break;
	}
	return i;
}

/* --- one epoch ---------------------------------------------------------------------------------------- */

static void empty_accounts(void)
{
	int i;

	soak->stop = 0;
	soak->collector_chid = 0;
	memset(soak->client, 0, sizeof(soak->client));
	memset(soak->server, 0, offsetof(struct soak, server[ELDER]) -
	       offsetof(struct soak, server));
	for (i = 0; i < CLIENTS; i++)
		soak->client[i].number = i;
	for (i = 0; i < SERVERS; i++)
		soak->server[i].number = i;
}

static bool step(uint64_t *random)
{
	struct client_seat *client = &soak->client[draw(random) % CLIENTS];
	struct server_seat *server = &soak->server[draw(random) % SERVERS];

	sleep_us((1000 + draw(random) % 20000) * (beside() ? 4 : 1));
	switch (draw(random) % 8) {
	case 0:
	case 1:
		if (!kill_one(client->pid))
			return false;
		client_died(client);
		client->pid = start(client_main, client);
		return client->pid > 0;
	case 2:
		if (!kill_one(server->pid))
			return false;
		server_died(server);
		server->pid = start(server_main, server);
		return server->pid > 0;
	case 3:
		kill(client->pid, SIGSTOP);
		sleep_us(draw(random) % 3000);
		kill(client->pid, SIGCONT);
		break;
	default:
		kill(client->pid, SIGUSR1);
	}
	return true;
}

/* Nobody sends any more: the elder has written down what became of the last messages. */
static void settle_elder(void)
{
	int64_t end = now_us() + (beside() ? 6 : 1) * PATIENCE_MS * 1000LL;
	uint32_t settle = ++soak->settle;
	int i;

	for (i = 0; i < THREADS; i++) {
		while (soak->server[ELDER].settled[i] != settle) {
			if (now_us() > end) {
				wrong("the elder does not settle", i, 0);
				return;
			}
			sleep_us(1000);
		}
	}
}

/* Everybody begins, lives for a while and ends; false if somebody did not do as it should. */
static bool run_epoch(uint64_t *random, long ms)
{
	int64_t end = now_us() + ms * 1000;
	pid_t collector;
	int i, ret;

	empty_accounts();
	collector = start(collector_main, NULL);
	soak->collector = collector;
	while (!soak->collector_chid)
		sched_yield();
	for (i = 0; i < SERVERS; i++)
		soak->server[i].pid = start(server_main, &soak->server[i]);
	for (i = 0; i < CLIENTS; i++)
		soak->client[i].pid = start(client_main, &soak->client[i]);
	while (now_us() < end && !soak->is_wrong)
		if (!step(random))
			wrong("somebody ended before it was killed", 0, 0);
	soak->stop = 1;
	for (i = 0; i < CLIENTS; i++) {
		ret = reap_slowly(soak->client[i].pid);
		if (ret)
			wrong("end of a client", ret, i);
	}
	settle_elder();
	soak->stop = 2;
	for (i = 0; i < SERVERS; i++) {
		ret = reap_slowly(soak->server[i].pid);
		if (ret)
			wrong("end of a server", ret, i);
	}
	ret = reap_slowly(collector);
	if (ret)
		wrong("end of the collector", ret, 0);
	return !soak->is_wrong;
}

static long soak_seconds(void)
{
	const char *text = getenv("QIPC_SOAK_SECONDS");

	return text && atol(text) > 0 ? atol(text) : 20;
}

static void add_up(struct totals *all, const struct totals *epoch)
{
	const uint64_t *from = (const uint64_t *)epoch;
	uint64_t *to = (uint64_t *)all;
	size_t i;

	for (i = 0; i < sizeof(*all) / sizeof(*to); i++)
		to[i] += from[i];
}

static int compare_ints(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

static int median(int *values, int count)
{
	qsort(values, count, sizeof(*values), compare_ints);
	return values[count / 2];
}

FIXTURE(soak) {
};

FIXTURE_SETUP(soak)
{
	struct sigaction act = { .sa_handler = count_signal };

	(void)self;
	/* Inherited, so that no client is too young for it. */
	ASSERT_EQ(0, sigaction(SIGUSR1, &act, NULL));
	if (beside())
		setpriority(PRIO_PROCESS, 0, 19);
	soak = shared_alloc(sizeof(*soak));
	ASSERT_NE(NULL, soak);
	soak->server[ELDER].number = ELDER;
}

FIXTURE_TEARDOWN(soak)
{
	(void)self;
}

TEST_F_TIMEOUT(soak, load_with_deaths, 3 * 3600)
{
	long seconds = soak_seconds(), memory = 0, now;
	int epochs = seconds * 1000 / EPOCH_MS, epoch, early, late, quarter;
	/* By how many buckets one is more than the other, in each epoch. */
	int *beyond[ARRAY_SIZE(measures)], i;
	uint64_t random = now_us(), failed = 0;
	struct totals totals = {}, sum;
	pid_t echoer;
	bool charged;
	size_t p;

	epochs = epochs > 0 ? epochs : 1;
	for (p = 0; p < ARRAY_SIZE(measures); p++) {
		beyond[p] = calloc(epochs, sizeof(*beyond[p]));
		ASSERT_NE(NULL, beyond[p]);
	}
	for (i = 0; i < CLIENTS; i++)
		ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_SEQPACKET, 0, echo[i]));
	charged = cgroup_make(CGROUP) && cgroup_take(CGROUP, 0) &&
		  cgroup_kernel_memory(CGROUP) >= 0;
	if (!charged)
		TH_LOG("no memory cgroup: memory is not looked at");
	echoer = start(echo_main, NULL);
	soak->server[ELDER].pid = start(server_main, &soak->server[ELDER]);
	for (i = 0; i < PATIENCE_MS && !soak->server[ELDER].chid; i++)
		sleep_us(1000);
	ASSERT_LT(0, soak->server[ELDER].chid);
	/* An epoch that does not count, for what is made once. */
	ASSERT_TRUE(run_epoch(&random, 1000)) {
		TH_LOG("%s", soak->wrong);
	}
	if (charged)
		memory = least_memory(0, 3000);
	for (epoch = 0; epoch < epochs; epoch++) {
		ASSERT_TRUE(run_epoch(&random, EPOCH_MS)) {
			TH_LOG("epoch %d: %s", epoch, soak->wrong);
		}
		memset(&sum, 0, sizeof(sum));
		for (i = 0; i < CLIENTS; i++)
			ASSERT_TRUE(balance_client(&soak->client[i], &sum));
		for (i = 0; i < SERVERS; i++)
			sum.server_kills += soak->server[i].kills;
		add_up(&totals, &sum);
		for (p = 0; p < ARRAY_SIZE(measures); p++)
			beyond[p][epoch] = percentile(measures[p].of, measures[p].percent) -
					   percentile(measures[p].than, measures[p].percent);
		if (charged) {
			now = least_memory(memory + SLACK, 10000 * SLOW);
			EXPECT_GE(memory + SLACK, now) {
				TH_LOG("epoch %d: kernel memory grew from %ld to %ld", epoch,
				       memory, now);
			}
		}
	}
	for (i = REFUSED_BY_SERVER; i < OUTCOMES; i++)
		failed += totals.by_outcome[i];
	EXPECT_EQ(totals.sent, totals.by_outcome[ANSWERED] + failed + totals.by_outcome[IN_CALL]);
	/* Something did happen of each kind. */
	EXPECT_LT(0, totals.by_outcome[ANSWERED]);
	EXPECT_LT(0, totals.by_outcome[SERVER_GONE]);
	EXPECT_LT(0, totals.pulses);
	EXPECT_LT(0, totals.timers);
	EXPECT_LT(0, totals.events);
	EXPECT_LT(0, totals.client_kills);
	EXPECT_LT(0, totals.server_kills);
	printf("# %d epochs: %llu sent = %llu answered + %llu failed + %llu of the dead; %llu received\n",
	       epochs, (unsigned long long)totals.sent,
	       (unsigned long long)totals.by_outcome[ANSWERED], (unsigned long long)failed,
	       (unsigned long long)totals.by_outcome[IN_CALL],
	       (unsigned long long)totals.received);
	for (i = REFUSED_BY_SERVER; i < OUTCOMES; i++)
		printf("#   %s: %llu\n", outcome_names[i],
		       (unsigned long long)totals.by_outcome[i]);
	for (i = NEVER_SEEN; i < ACCOUNTS; i++)
		printf("#   to the server %s: %llu\n", account_names[i],
		       (unsigned long long)totals.by_account[i]);
	printf("# pulses %llu, timers %llu, events %llu, connections %llu, names %llu; deaths of %llu clients, %llu servers\n",
	       (unsigned long long)totals.pulses, (unsigned long long)totals.timers,
	       (unsigned long long)totals.events, (unsigned long long)totals.connects,
	       (unsigned long long)totals.names, (unsigned long long)totals.client_kills,
	       (unsigned long long)totals.server_kills);
	quarter = epochs / 4 ? epochs / 4 : 1;
	for (p = 0; p < ARRAY_SIZE(measures); p++) {
		late = median(beyond[p] + epochs - quarter, quarter);
		early = median(beyond[p], quarter);
		printf("# %s: %.2f in the first quarter, %.2f in the last\n", measures[p].name,
		       factor_of(early), factor_of(late));
		/* What others take of the machine is not for this to judge. */
		if (epochs >= 4 && !beside())
			EXPECT_GE(early + measures[p].creep, late);
	}
	soak->end = 1;
	EXPECT_EQ(0, reap_slowly(soak->server[ELDER].pid));
	EXPECT_TRUE(kill_one(echoer));
	EXPECT_EQ(0, soak->is_wrong) {
		TH_LOG("%s", soak->wrong);
	}
	if (charged) {
		printf("# kernel memory: %ld bytes after the first second, %ld at the end\n",
		       memory, cgroup_kernel_memory(CGROUP));
		cgroup_take(CGROUPS, 0);
		rmdir(CGROUP);
	}
}

TEST_HARNESS_MAIN
