// SPDX-License-Identifier: GPL-2.0-only
/*
 * The machine changes under a load: processors go and come, the system is put to
 * sleep, a cgroup is frozen, and somebody wants the module to go.  Nobody loses a
 * message by it, and who was blocked is blocked, or is told.
 *
 * timeout 180
 */
#include <stddef.h>

#include "kselftest_harness.h"
#include "qipc_test.h"
#include "cgroup.h"

#define CGROUP		CGROUPS "/qipc-upheaval"

enum {
	CLIENTS = 3,
	THREADS = 2,		/* of the server */
	LARGE = 32 * 1024,
	ROUNDS = 8,		/* of each upheaval */
};

/* What the participants of the load write down. */
struct load {
	volatile int stop;
	volatile pid_t server;
	volatile int chid;
	volatile uint64_t sent[CLIENTS];
	volatile uint64_t answered[THREADS];
	volatile int wrong;
	pid_t pids[CLIENTS + 1];
};

static void is_wrong(struct load *load, int line)
{
	if (!load->wrong)
		load->wrong = line;
}

struct role {
	struct load *load;
	int number;
	int session;
	pthread_t thread;
};

/* Sends a number, alone or with much behind it, and wants it back, mixed. */
static int load_client(void *arg)
{
	struct role *role = arg;
	struct load *load = role->load;
	uint64_t *message = private_alloc(LARGE), *answer = private_alloc(LARGE), number;
	int session = q_open(), coid = q_attach_side(session, load->server, load->chid), ret;
	struct qipc_msg_send send;
	size_t len;

	if (coid < 0)
		return CHILD_ATTACH;
	while (!load->stop) {
		number = load->sent[role->number] + 1;
		len = number % 8 ? 16 : LARGE;
		message[0] = number;
		message[len / 8 - 1] = number;
		answer[len / 8 - 1] = 0;
		ret = q_send(session, coid, message, len, answer, len, &send);
		/* A frozen client may be told so: then nobody has answered, and nobody can. */
		if (ret == -EINTR)
			continue;
		if (ret || (uint64_t)send.status != number || answer[len / 8 - 1] != mix64(number)) {
			is_wrong(load, __LINE__);
			return CHILD_SEND;
		}
		load->sent[role->number] = number;
	}
	return 0;
}

static void *load_server_thread(void *arg)
{
	struct role *role = arg;
	struct load *load = role->load;
	struct qipc_timeout timeout = timeout_in(QIPC_TIMEOUT_RECEIVE, 50000000);
	uint64_t *buf = private_alloc(LARGE);
	struct qipc_msg_receive rcv;
	size_t len;
	int ret;

	while (load->stop < 2) {
		ret = q_receive_timeout(role->session, load->chid, buf, LARGE, &timeout, &rcv);
		if (ret == -ETIMEDOUT || ret == -EINTR)
			continue;
		len = rcv.info.msglen;
		if (ret || len < 16 || buf[0] != buf[len / 8 - 1]) {
			is_wrong(load, __LINE__);
			break;
		}
		buf[len / 8 - 1] = mix64(buf[0]);
		ret = q_reply(role->session, rcv.rcvid, buf[0], buf, len);
		if (!ret)
			load->answered[role->number]++;
		else if (ret != -ESRCH)
			is_wrong(load, __LINE__);
	}
	return NULL;
}

static int load_server(void *arg)
{
	struct load *load = arg;
	struct role role[THREADS];
	int session = q_open(), i;

	load->chid = q_create(session, QIPC_CHF_INHERIT_RUNMASK);
	if (load->chid < 0)
		return CHILD_CREATE;
	for (i = 0; i < THREADS; i++) {
		role[i] = (struct role){ .load = load, .number = i, .session = session };
		if (pthread_create(&role[i].thread, NULL, load_server_thread, &role[i]))
			return CHILD_SETUP;
	}
	load->server = getpid();
	for (i = 0; i < THREADS; i++)
		pthread_join(role[i].thread, NULL);
	return 0;
}

static bool load_start(struct load *load)
{
	static struct role role[CLIENTS];
	int i;

	memset(load, 0, sizeof(*load));
	load->pids[CLIENTS] = spawn(load_server, load);
	for (i = 0; i < PATIENCE_MS && !load->server; i++)
		sleep_us(1000);
	for (i = 0; i < CLIENTS; i++) {
		role[i] = (struct role){ .load = load, .number = i };
		load->pids[i] = spawn(load_client, &role[i]);
	}
	return load->server > 0;
}

static uint64_t load_sent(struct load *load)
{
	uint64_t sent = 0;
	int i;

	for (i = 0; i < CLIENTS; i++)
		sent += load->sent[i];
	return sent;
}

/* It goes on: each client gets another two answers. */
static bool load_goes_on(struct load *load)
{
	int64_t end = now_us() + PATIENCE_MS * 1000LL;
	uint64_t before[CLIENTS];
	int i;

	for (i = 0; i < CLIENTS; i++)
		before[i] = load->sent[i];
	for (i = 0; i < CLIENTS; i++)
		while (load->sent[i] < before[i] + 2) {
			if (now_us() > end || load->wrong)
				return false;
			sleep_us(500);
		}
	return true;
}

/* Everybody ends, and each answer was one to a message. 0, or what was wrong. */
static int load_stop(struct load *load)
{
	uint64_t answered = 0;
	int i, ret = 0;

	load->stop = 1;
	for (i = 0; i < CLIENTS; i++)
		if (reap(load->pids[i]))
			ret = 1;
	load->stop = 2;
	if (reap(load->pids[CLIENTS]))
		ret = 2;
	for (i = 0; i < THREADS; i++)
		answered += load->answered[i];
	if (answered != load_sent(load))
		ret = 3;
	return load->wrong ? load->wrong : ret;
}

FIXTURE(upheaval) {
	struct load *load;
};

FIXTURE_SETUP(upheaval)
{
	if (geteuid())
		SKIP(return, "this takes root");
	self->load = shared_alloc(sizeof(*self->load));
	ASSERT_NE(NULL, self->load);
}

FIXTURE_TEARDOWN(upheaval)
{
}

/* --- processors --------------------------------------------------------------------------- */

#define CPU1	"/sys/devices/system/cpu/cpu1/online"

/* A client that may run there only is moved, and so is a server that runs where its client does. */
TEST_F_TIMEOUT(upheaval, processor_goes_and_comes, 120)
{
	cpu_set_t there;
	int i;

	if (access(CPU1, W_OK))
		SKIP(return, "there is one processor, and it cannot go");
	ASSERT_TRUE(load_start(self->load));
	CPU_ZERO(&there);
	CPU_SET(1, &there);
	for (i = 0; i < ROUNDS; i++) {
		sched_setaffinity(self->load->pids[i % CLIENTS], sizeof(there), &there);
		ASSERT_TRUE(write_file(CPU1, "0"));
		EXPECT_TRUE(load_goes_on(self->load));
		ASSERT_TRUE(write_file(CPU1, "1"));
		EXPECT_TRUE(load_goes_on(self->load));
	}
	TH_LOG("%llu round trips", (unsigned long long)load_sent(self->load));
	EXPECT_EQ(0, load_stop(self->load));
}

/* --- freezing -------------------------------------------------------------------------------- */

/* Everybody at once, wherever they are; frozen, nobody gets anything done. */
TEST_F_TIMEOUT(upheaval, cgroup_is_frozen_under_load, 120)
{
	uint64_t sent;
	int i;

	ASSERT_TRUE(cgroup_make(CGROUP));
	ASSERT_TRUE(load_start(self->load));
	for (i = 0; i <= CLIENTS; i++)
		ASSERT_TRUE(cgroup_take(CGROUP, self->load->pids[i]));
	for (i = 0; i < 3 * ROUNDS; i++) {
		ASSERT_TRUE(cgroup_set(CGROUP, "cgroup.freeze", "1"));
		ASSERT_TRUE(cgroup_becomes(CGROUP, "frozen 1", PATIENCE_MS * 1000L));
		sent = load_sent(self->load);
		sleep_us(2000);
		EXPECT_EQ(sent, load_sent(self->load));
		ASSERT_TRUE(cgroup_set(CGROUP, "cgroup.freeze", "0"));
		EXPECT_TRUE(load_goes_on(self->load));
	}
	EXPECT_EQ(0, load_stop(self->load));
	rmdir(CGROUP);
}

/* Puts the system to sleep as far as its processes go. */
static int freeze_system(void)
{
	int fd, ret = 0;

	if (!write_file("/sys/power/pm_test", "freezer"))
		return -EOPNOTSUPP;
	write_file("/sys/module/suspend/parameters/pm_test_delay", "1");
	fd = open("/sys/power/state", O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, "freeze", 6) != 6)
		ret = -errno;
	close(fd);
	write_file("/sys/power/pm_test", "none");
	return ret;
}

/* A peer that waits for its answer though it has had a signal; @asked is the server's pulse. */
static struct peer *wisher(int session, int chid, struct qipc_msg_receive *rcv)
{
	struct peer *peer = client_start(true, false, session, chid);
	struct qipc_pulse pulse;

	peer->value[0] = SIGUSR1;
	peer->value[1] = 0;
	if (peer_call(peer, job_handle))
		return NULL;
	peer_send(peer, "wish", 4, NULL, 0);
	if (q_receive(session, chid, &pulse, sizeof(pulse), rcv) || !peer_blocked(peer) ||
	    peer_signal(peer, SIGUSR1) || q_receive_pulse_soon(session, chid, &pulse) ||
	    pulse.code != QIPC_PULSE_UNBLOCK)
		return NULL;
	return peer;
}

/*
 * The system goes to sleep while there is load, and while threads are in each
 * state that they can be blocked in: none of them keeps it awake, and each is
 * where it was afterwards.
 */
TEST_F_TIMEOUT(upheaval, system_is_put_to_sleep, 120)
{
	struct peer *sender, *replied, *receiver, *wishes;
	struct qipc_msg_receive first, wish, rcv;
	int session = q_open(), chid, quiet, coid, timer, ret;
	struct qipc_pulse pulse;

	if (access("/sys/power/pm_test", W_OK))
		SKIP(return, "the kernel has no pm_test");
	ASSERT_TRUE(load_start(self->load));
	chid = q_create(session, QIPC_CHF_UNBLOCK);
	quiet = q_create(session, 0);
	ASSERT_LT(0, chid);
	ASSERT_LT(0, quiet);
	replied = client_start(true, false, session, chid);
	sender = client_start(true, false, session, chid);
	ASSERT_NE(NULL, replied);
	ASSERT_NE(NULL, sender);
	peer_send(replied, "reply", 5, NULL, 0);
	ASSERT_EQ(0, q_receive(session, chid, &pulse, sizeof(pulse), &first));
	wishes = wisher(session, chid, &wish);
	ASSERT_NE(NULL, wishes);
	peer_send(sender, "send", 4, NULL, 0);
	receiver = peer_start(false, session);
	ASSERT_NE(NULL, receiver);
	peer_receive_pulse(receiver, quiet);
	ASSERT_TRUE(peer_blocked(receiver));
	ASSERT_TRUE(peer_blocked(sender));
	ASSERT_TRUE(peer_blocked(replied));
	ASSERT_TRUE(peer_waits(wishes));
	coid = q_attach_side(session, 0, quiet);
	timer = q_timer_create(session, CLOCK_MONOTONIC, event_pulse(coid, -1, 3, 4));
	ASSERT_LE(0, timer);
	ASSERT_EQ(0, q_timer_settime(session, timer, 0, 300000000, 0));

	ret = freeze_system();
	EXPECT_EQ(0, ret);
	EXPECT_TRUE(load_goes_on(self->load));
	/* Asleep or not, time has passed. */
	EXPECT_EQ(0, peer_wait(receiver));
	EXPECT_TRUE(pulse_is(&receiver->got, 3, 4, receiver->got.scoid));
	EXPECT_TRUE(peer_blocked(sender));
	EXPECT_TRUE(peer_blocked(replied));
	EXPECT_TRUE(peer_waits(wishes));
	EXPECT_EQ(0, q_receive_now(session, chid, &pulse, sizeof(pulse), &rcv));
	EXPECT_EQ(0, q_reply(session, rcv.rcvid, 1, NULL, 0));
	EXPECT_EQ(0, peer_wait(sender));
	EXPECT_EQ(0, q_reply(session, first.rcvid, 2, NULL, 0));
	EXPECT_EQ(0, peer_wait(replied));
	EXPECT_EQ(0, q_reply(session, wish.rcvid, 3, NULL, 0));
	EXPECT_EQ(0, peer_wait(wishes));
	EXPECT_EQ(3, wishes->send.status);
	EXPECT_EQ(0, load_stop(self->load));
}

/* --- the module ----------------------------------------------------------------------------------- */

/* It is in use, and says so to whoever wants it to go. */
TEST_F_TIMEOUT(upheaval, module_is_to_go_under_load, 60)
{
	long tries = 0;
	int64_t end;

	ASSERT_TRUE(load_start(self->load));
	end = now_us() + 300000;
	while (now_us() < end) {
		ASSERT_EQ(-1, syscall(SYS_delete_module, "qipc", O_NONBLOCK));
		ASSERT_EQ(EWOULDBLOCK, errno);
		tries++;
	}
	EXPECT_TRUE(load_goes_on(self->load));
	TH_LOG("refused %ld times", tries);
	EXPECT_EQ(0, load_stop(self->load));
}

TEST_HARNESS_MAIN
