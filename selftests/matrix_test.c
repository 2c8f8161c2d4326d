// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kill matrix: in each state that two processes can be in with each other,
 * each thing that can happen to one of them.  What has to come of it lies in
 * matrix_table.h; nothing may take longer than BOUND_MS, and whoever is left
 * has to be able to go on.
 *
 * QIPC_MATRIX_ROUNDS says how often each cell is run, QIPC_MATRIX_CELLS, as
 * "EVENT" or "EVENT/STATE", runs some of them only.
 */
// timeout=3600
#include "kselftest_harness.h"
#include "matrix_scene.h"

enum {
	ROUNDS = 1,
	BOUND_MS = 2000 * SLOW,
	FAULT_WAIT_MS = 1000,	/* the module's bound of a server's wait, unless set */
	LATE = 20,		/* rounds of a cell in which that may be first */
	HELD_MS = 20,		/* for which a call that is held is watched */
};

/* --- what came of it ------------------------------------------------------------------ */

static const char *word(int result)
{
	static const struct {
		int result;
		const char *word;
	} words[] = {
		{ 0, "ok" }, { -EINTR, "EINTR" }, { -ESRCH, "ESRCH" }, { -EBADF, "EBADF" },
		{ -EFAULT, "EFAULT" }, { -ETIMEDOUT, "ETIMEDOUT" }, { -EIO, "EIO" },
		{ -EINVAL, "EINVAL" }, { -ENOMEM, "ENOMEM" }, { -EAGAIN, "EAGAIN" },
		{ -ESTALE, "ESTALE" },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(words); i++)
		if (words[i].result == result)
			return words[i].word;
	return "?";
}

/* The process, or the program that it ran, is gone. */
static bool is_gone(struct side *side)
{
	char path[64], exe[PATH_MAX];
	ssize_t n;

	if (waitpid(side->pid, NULL, WNOHANG) == side->pid) {
		side->pid = 0;
		return true;
	}
	snprintf(path, sizeof(path), "/proc/%d/exe", side->pid);
	n = readlink(path, exe, sizeof(exe));
	return n > 6 && !strncmp(exe + n - 6, "assist", 6);
}

/* Waits for the result of a call, or for the end of its process. */
static const char *outcome(struct side *side, int64_t end, bool first)
{
	do {
		int result = first ? side->first : side->second;

		if (result != PENDING)
			return word(result);
		if (!side->pid || is_gone(side))
			return "dead";
		sleep_us(100);
	} while (now_us() < end);
	return "held";
}

/* --- how it happens --------------------------------------------------------------------- */

/* A copy of a process's pager, so that it can be answered whatever becomes of the process. */
static int borrow(struct side *side)
{
	int process, fd;

	if (side->pager < 0)
		return -1;
	process = syscall(SYS_pidfd_open, side->pid, 0);
	fd = syscall(SYS_pidfd_getfd, process, side->pager, 0);
	close(process);
	return fd;
}

static void answer_pager(int pager, struct side *side, char *contents)
{
	struct uffdio_copy copy = {
		.dst = (uintptr_t)side->hot,
		.src = (uintptr_t)contents,
		.len = LEN,
	};

	/* The memory may have gone; whoever waits has to look again then. */
	if (ioctl(pager, UFFDIO_COPY, &copy)) {
		struct uffdio_range range = { (uintptr_t)side->hot, LEN };

		ioctl(pager, UFFDIO_WAKE, &range);
	}
}

static bool fault_comes(int pager)
{
	struct pollfd ready = { .fd = pager, .events = POLLIN };
	struct uffd_msg message;

	return poll(&ready, 1, PATIENCE_MS) == 1 &&
	       read(pager, &message, sizeof(message)) == sizeof(message);
}

/* Brings both sides into their state. */
static bool arrange(struct scene *scene, int pager)
{
	struct side *client = &scene->client, *server = &scene->server;

	sem_post(&server->start);
	if (server_waits(scene->state))
		return wait_until_blocked(server->pid, server->tid);
	sem_post(&client->start);
	if (scene->state == REPLY || scene->state == REPLY_TIMED)
		return sem_wait_soon(&server->ready) &&
		       wait_until_blocked(client->pid, client->tid);
	if (is_copy(scene->state))
		return fault_comes(pager);
	return wait_until_blocked(client->pid, client->tid);
}

/*
 * How long to wait until the victim rests, in microseconds: until it does if that ends
 * its call; else not for long, since the call has to end first.
 */
static long patience(struct scene *scene, const char *wanted)
{
	const char *call = scene->at_server ? strchr(wanted, '/') + 1 : wanted;

	return strncmp(call, "EINTR", 5) ? 20000 : BOUND_MS * 1000L;
}

/* Until its thread has stopped. */
static void wait_for_stop(struct side *side, const char *state, long us)
{
	int64_t end = now_us() + us;
	char buf[512], *p;

	do {
		if (read_proc(side->pid, side->tid, "stat", buf, sizeof(buf)) <= 0)
			return;
		p = strrchr(buf, ')');
		if (p && strchr(state, p[2]))
			return;
		sleep_us(200);
	} while (now_us() < end);
}

/*
 * What is to end the calls by itself has to do so before the memory comes; those
 * that are stopped return later.
 */
static void wait_for_end(struct scene *scene, const char *wanted)
{
	int64_t end = now_us() + BOUND_MS * 1000LL / 2;

	/* A session that is closed lasts until the call on it has returned. */
	if (scene->event == CLOSE || (!strstr(wanted, "EBADF") && !strstr(wanted, "ESRCH")))
		return;
	while (scene->client.first == PENDING && scene->server.first == PENDING &&
	       now_us() < end)
		sleep_us(100);
}

static void happen(struct scene *scene, const char *wanted)
{
	struct side *victim = victim_of(scene);
	int64_t end = now_us() + PATIENCE_MS * 1000LL;

	switch (scene->event) {
	case KILL:
		kill(victim->pid, SIGKILL);
		while (!is_gone(victim) && now_us() < end)
			sleep_us(100);
		return;
	case STOP:
		kill(victim->pid, SIGSTOP);
		wait_for_stop(victim, "T", patience(scene, wanted));
		return;
	case FREEZE:
		cgroup_set(CGROUP, "cgroup.freeze", "1");
		cgroup_becomes(CGROUP, "frozen 1", patience(scene, wanted));
		return;
	case UFFD:
		return;
	default:
		sem_post(&victim->act);
		while (!victim->acted && !(ends_process(scene->event) && is_gone(victim)) &&
		       now_us() < end)
			sleep_us(100);
	}
}

/*
 * A process that has changed its program is seen to run the new one a little before
 * the session of the old one ends, and a message would still be taken.
 */
static void wait_for_session_end(struct scene *scene, int session, int coid)
{
	int64_t end = now_us() + BOUND_MS * 1000LL;

	if (scene->event != EXEC || !scene->at_server)
		return;
	while (q_pulse(session, coid, -1, 1, 0) != -EBADF && now_us() < end)
		sleep_us(100);
}

static void happened(struct scene *scene)
{
	if (scene->event == STOP)
		kill(victim_of(scene)->pid, SIGCONT);
	else if (scene->event == FREEZE)
		cgroup_set(CGROUP, "cgroup.freeze", "0");
}

/* --- one run ------------------------------------------------------------------------------- */

struct report {
	char got[32];		/* as in the table */
	int after;		/* what the next send of the client, or else of the test, got */
	bool after_ok;
	bool late;		/* the bound of the server's wait may have been first */
	long ms;
};

/* What has to come of a send afterwards. */
static int wanted_after(struct scene *scene, bool by_client)
{
	bool channel_gone = scene->at_server && (ends_process(scene->event) ||
						 scene->event == DESTROY || scene->event == CLOSE);

	if (by_client && (scene->event == DETACH || (!scene->at_server && scene->event == CLOSE)))
		return -EBADF;
	return channel_gone ? -EBADF : 0;
}

/* Whoever is left sends once more. */
static void check_after(struct scene *scene, int session, int coid, bool client_lives,
			struct report *report)
{
	int64_t end = now_us() + 2 * BOUND_MS * 1000LL;

	if (!client_lives) {
		report->after = send_bounded(session, coid);
	} else {
		sem_post(&scene->client.go_on);
		outcome(&scene->client, end, false);
		report->after = scene->client.second;
	}
	report->after_ok = report->after == wanted_after(scene, client_lives);
}

/* The server is held by its own memory: nobody goes on, until it is killed. */
static void end_held(struct scene *scene, struct report *report)
{
	int wanted = scene->state == PULSE ? 0 : -ESRCH;

	side_end(&scene->server);
	outcome(&scene->client, now_us() + BOUND_MS * 1000LL, true);
	report->after = scene->client.first;
	report->after_ok = report->after == wanted;
}

static void play(struct scene *scene, int session, int coid, const char *wanted, int pager,
		 struct report *report)
{
	struct side *paged = scene->server.pager >= 0 ? &scene->server : &scene->client;
	bool held = strstr(wanted, "held");
	static char contents[LEN];
	const char *client, *server;
	int64_t start, end;

	start = now_us();
	happen(scene, wanted);
	wait_for_session_end(scene, session, coid);
	report->late = is_copy(scene->state) && scene->event != UFFD &&
		       now_us() - start > FAULT_WAIT_MS * 1000LL / 2;
	/* How long it takes to bring it about, say to use up memory, is not ours. */
	start = now_us();
	if (scene->event != UFFD && pager >= 0) {
		wait_for_end(scene, wanted);
		answer_pager(pager, paged, contents);
	}
	happened(scene);
	sem_post(&scene->server.go_on);
	if (server_waits(scene->state))
		sem_post(&scene->client.start);
	end = now_us() + (held ? HELD_MS : BOUND_MS) * 1000LL;
	client = outcome(&scene->client, end, true);
	/* A server whose client has left goes on waiting: it gets something else. */
	if (!held && scene->server.first == PENDING && scene->state == PULSE)
		q_pulse(session, coid, -1, 1, 1);
	else if (!held && scene->server.first == PENDING)
		send_bounded(session, coid);
	server = outcome(&scene->server, end, true);
	/* A server that was not in a call has returned from none. */
	if (scene->state == SEND || scene->state == SEND_TIMED)
		server = "-";
	report->ms = (now_us() - start) / 1000;
	snprintf(report->got, sizeof(report->got), "%s/%s", client, server);
	if (held)
		end_held(scene, report);
	else
		check_after(scene, session, coid, strcmp(client, "dead"), report);
}

/* False if it could not be tried. */
static bool run(struct scene *scene, int session, const char *wanted, struct report *report)
{
	struct side *victim = victim_of(scene);
	int coid = -1, pager = -1;
	bool ready;

	ready = scene_begin(scene, session);
	if (ready) {
		coid = q_attach_side(session, scene->server.pid, scene->server.id);
		pager = borrow(scene->server.pager >= 0 ? &scene->server : &scene->client);
		ready = coid >= 0;
	}
	if (ready && (scene->event == FREEZE || scene->event == OOM))
		ready = cgroup_take(CGROUP, victim->pid);
	if (ready && arrange(scene, pager))
		play(scene, session, coid, wanted, pager, report);
	else
		ready = false;
	side_end(&scene->client);
	side_end(&scene->server);
	if (pager >= 0)
		close(pager);
	if (coid >= 0)
		q_detach(session, coid);
	return ready;
}

/* --- the matrix ------------------------------------------------------------------------------ */

FIXTURE(matrix) {
	int session;
	int rounds;
	const char *only;	/* some cells */
	struct scene *scene;
	long slowest;
};

FIXTURE_VARIANT(matrix) {
	bool at_server;
	const struct row *rows;
	size_t count;
};

FIXTURE_VARIANT_ADD(matrix, client) {
	.at_server = false, .rows = client_rows, .count = ARRAY_SIZE(client_rows),
};

FIXTURE_VARIANT_ADD(matrix, server) {
	.at_server = true, .rows = server_rows, .count = ARRAY_SIZE(server_rows),
};

FIXTURE_SETUP(matrix)
{
	const char *rounds = getenv("QIPC_MATRIX_ROUNDS");

	self->rounds = rounds ? atoi(rounds) : ROUNDS;
	ASSERT_LT(0, self->rounds);
	self->only = getenv("QIPC_MATRIX_CELLS");
	self->session = q_open();
	ASSERT_LE(0, self->session);
	self->scene = shared_alloc(sizeof(*self->scene));
	ASSERT_NE(NULL, self->scene);
	ASSERT_TRUE(make_cgroup());
}

FIXTURE_TEARDOWN(matrix)
{
}

static bool is_wanted(const char *only, enum event event, enum state state)
{
	size_t len = strlen(events[event].name);

	if (!only)
		return true;
	if (strncmp(only, events[event].name, len))
		return false;
	return !only[len] || (only[len] == '/' && !strcmp(only + len + 1, states[state].name));
}

/* The rounds of one cell; false after the first that is not as it should be. */
static bool run_cell(FIXTURE_DATA(matrix) * self, struct __test_metadata *_metadata,
		     const char *wanted)
{
	struct scene *scene = self->scene;
	struct report report;
	int i, again = 0;

	for (i = 0; i < self->rounds; i++) {
		memset(&report, 0, sizeof(report));
		if (!run(scene, self->session, wanted, &report))
			snprintf(report.got, sizeof(report.got), "no such state");
		/* A slow machine takes so long to use up memory that the server has given up. */
		if (report.late && strcmp(wanted, report.got) && again++ < LATE) {
			i--;
			continue;
		}
		if (strcmp(wanted, report.got) || !report.after_ok || report.ms > BOUND_MS) {
			TH_LOG("%s of the %s in %s, round %d: %s instead of %s, then %s, %ld ms",
			       events[scene->event].name, scene->at_server ? "server" : "client",
			       states[scene->state].name, i, report.got, wanted,
			       word(report.after), report.ms);
			return false;
		}
		if (report.ms > self->slowest)
			self->slowest = report.ms;
	}
	return true;
}

TEST_F_TIMEOUT(matrix, every_cell, 3500)
{
	int64_t start = now_us();
	int cells = 0, bad = 0;
	enum state state;
	size_t i;

	for (i = 0; i < variant->count; i++) {
		self->scene->event = variant->rows[i].event;
		self->scene->at_server = variant->at_server;
		for (state = 0; state < STATES; state++) {
			/* Each state has its cell. */
			ASSERT_NE(NULL, variant->rows[i].cells[state]);
			self->scene->state = state;
			if (!is_wanted(self->only, self->scene->event, state))
				continue;
			cells++;
			bad += !run_cell(self, _metadata, variant->rows[i].cells[state]);
		}
	}
	EXPECT_EQ(0, bad);
	EXPECT_LT(0, cells);
	TH_LOG("%d cells, %d rounds each, %lld ms; the slowest took %ld ms", cells, self->rounds,
	       (long long)(now_us() - start) / 1000, self->slowest);
}

TEST_HARNESS_MAIN
