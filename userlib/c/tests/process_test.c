// SPDX-License-Identifier: GPL-2.0-only
/*
 * The library in a process that does what processes do: many threads at the
 * first call, forks in the middle, exec, and the library loaded and unloaded.
 */
#include "conform.h"
#include "kselftest_harness.h"

#include <dlfcn.h>

static pthread_barrier_t barrier;

static void *create_at_once(void *arg)
{
	(void)arg;
	pthread_barrier_wait(&barrier);
	return (void *)(intptr_t)ChannelCreate(0);
}

/* The first call opens the device; here sixteen threads make it at once. */
TEST(first_call_of_many_threads)
{
	pthread_t thread[16];
	uint32_t seen = 0;
	void *chid;
	int i;

	pthread_barrier_init(&barrier, NULL, 16);
	for (i = 0; i < 16; i++)
		ASSERT_EQ(0, pthread_create(&thread[i], NULL, create_at_once, NULL));
	for (i = 0; i < 16; i++) {
		ASSERT_EQ(0, pthread_join(thread[i], &chid));
		ASSERT_LT(0, (intptr_t)chid);
		ASSERT_GE(16, (intptr_t)chid);
		seen |= 1U << ((intptr_t)chid - 1);
	}
	/* One session: each number once. */
	EXPECT_EQ(0xffff, seen);
}

static int count_descriptors(void)
{
	int fd, count = 0;

	for (fd = 0; fd < 256; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

static int generations(void *left)
{
	int coid, chid, n = *(int *)left;

	if (ChannelCreate(0) != 1)
		return 1;
	chid = ChannelCreate(_NTO_CHF_DISCONNECT);
	coid = attach_side(0, chid);
	if (coid < 0 || MsgSendPulse(coid, 1, 1, 0))
		return 2;
	if (channel_empty(chid))
		return 3;
	if (n-- > 0 && run_child(generations, &n))
		return 4;
	/* What the child did concerns nobody here. */
	if (MsgSendPulse(coid, 1, 1, 0))
		return 5;
	return channel_empty(chid) ? 6 : 0;
}

TEST(children_of_children)
{
	int n = 4;

	ASSERT_EQ(1, ChannelCreate(0));
	EXPECT_EQ(0, run_child(generations, &n));
	/* Nothing is left open by what a child inherited. */
	EXPECT_GT(16, count_descriptors());
}

static volatile bool stop;

static void *make_and_break(void *arg)
{
	long made = 0;
	int chid;

	(void)arg;
	while (!stop) {
		chid = ChannelCreate(0);
		if (chid < 0 || ChannelDestroy(chid))
			return NULL;
		made++;
	}
	return (void *)made;
}

static int one_call(void *unused)
{
	(void)unused;
	return ChannelCreate(0) == 1 ? 0 : 1;
}

/* A fork while another thread is inside of the library. */
TEST(fork_beside_a_busy_thread)
{
	pthread_t thread[2];
	void *made;
	int i;

	for (i = 0; i < 2; i++)
		ASSERT_EQ(0, pthread_create(&thread[i], NULL, make_and_break, NULL));
	for (i = 0; i < 30; i++)
		ASSERT_EQ(0, run_child(one_call, NULL));
	stop = true;
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(0, pthread_join(thread[i], &made));
		EXPECT_LT(0, (long)made);
	}
}

/* vfork's child shares the memory of its parent, and must leave it usable. */
TEST(vfork_and_exec)
{
	int chid = ChannelCreate(0), coid = attach_side(0, chid), status;
	pid_t pid = vfork();

	if (!pid) {
		execl("/bin/true", "true", NULL);
		_exit(9);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_EQ(0, MsgSendPulse(coid, 1, 1, 0));
	EXPECT_FALSE(channel_empty(chid));
}

/* A signal handler may send, once the process has made a call. */
static int handler_coid;
static volatile long handler_result = -1;

static void pulse_from_handler(int sig)
{
	handler_result = MsgSendPulse_r(handler_coid, 1, sig, 0);
}

TEST(in_a_signal_handler)
{
	struct sigaction act = { .sa_handler = pulse_from_handler };
	int chid = ChannelCreate(0);
	struct peer *server = peer_start(false);

	handler_coid = attach_side(0, chid);
	ASSERT_NE(NULL, server);
	ASSERT_EQ(0, sigaction(SIGUSR1, &act, NULL));
	server->chid = chid;
	ASSERT_TRUE(receive_blocks(server, chid));
	ASSERT_EQ(0, peer_signal(server, SIGUSR1));
	/* The receive is interrupted, and the pulse is there. */
	EXPECT_EQ(-EINTR, peer_wait(server));
	EXPECT_EQ(EOK, handler_result);
	EXPECT_FALSE(channel_empty(chid));
}

static const char library[] = "libqipc.so.1";

TEST(loaded_and_unloaded)
{
	int (*create)(unsigned int flags);
	void *handle;
	int i, before = 0;

	/* The test is linked to it; a handle more or less is of no consequence. */
	for (i = 0; i < 20; i++) {
		handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
		ASSERT_NE(NULL, handle);
		create = (int (*)(unsigned int))(intptr_t)dlsym(handle, "ChannelCreate");
		ASSERT_NE(NULL, create);
		/* One session of the process, whoever asks. */
		EXPECT_EQ(i + 1, create(0));
		if (!i)
			before = count_descriptors();
		EXPECT_EQ(0, dlclose(handle));
	}
	EXPECT_EQ(before, count_descriptors());
	EXPECT_EQ(NULL, dlsym(RTLD_DEFAULT, "qipc_no_such_function"));
}

/* In a process that is not linked to it: the assistant. */
static int loader(const char *mode)
{
	char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 32);

	if (n < 0)
		return CHILD_SETUP;
	path[n] = '\0';
	snprintf(strrchr(path, '/') + 1, 32, "dlopen_assist");
	execl(path, path, mode, NULL);
	return CHILD_SETUP;
}

static int load_once(void *unused)
{
	(void)unused;
	return loader("1");
}

static int load_often(void *unused)
{
	(void)unused;
	return loader("20");
}

TEST(loaded_by_a_stranger)
{
	EXPECT_EQ(0, run_child(load_once, NULL));
	EXPECT_EQ(0, run_child(load_often, NULL));
}

/* Who closes all descriptors, as daemons do, gets errors or a new session, and no other file. */
TEST(descriptor_closed_behind_its_back)
{
	int chid = ChannelCreate(0), fd, other;
	long ret;

	ASSERT_EQ(1, chid);
	for (fd = 3; fd < 64; fd++)
		close(fd);
	other = open("/dev/null", O_RDWR);
	ASSERT_LE(0, other);
	ret = CALL(ChannelCreate(0));
	EXPECT_TRUE(ret > 0 || ret == -EBADF || ret == -ENOTTY);
	EXPECT_EQ(1, write(other, "x", 1));
}

TEST_HARNESS_MAIN
