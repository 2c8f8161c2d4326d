// SPDX-License-Identifier: GPL-2.0-only
/*
 * Waiting on a channel with poll and epoll, and receiving without waiting.
 */
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/resource.h>

#include "kselftest_harness.h"
#include "qipc_test.h"

FIXTURE(poll) {
	int session;
	int chid;
	int chfd;
	struct peer *client;
};

FIXTURE_SETUP(poll)
{
	self->session = q_open();
	ASSERT_LE(0, self->session);
	self->chid = q_create(self->session, 0);
	ASSERT_LT(0, self->chid);
	self->chfd = q_channel_fd(self->session, self->chid, QIPC_FD_CLOEXEC);
	ASSERT_LE(0, self->chfd);
	self->client = client_start(true, false, self->session, self->chid);
	ASSERT_NE(NULL, self->client);
}

FIXTURE_TEARDOWN(poll)
{
}

/* Events of the descriptor now; -1 on failure. */
static int events_of(int fd)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN | POLLOUT | POLLPRI };
	int n = poll(&pfd, 1, 0);

	return n < 0 ? -1 : n ? pfd.revents : 0;
}

/* The same, after waiting for any event. */
static int wait_for_events(int fd)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	int n = poll(&pfd, 1, PATIENCE_MS);

	return n < 0 ? -1 : n ? pfd.revents : 0;
}

TEST_F(poll, descriptor)
{
	int fd;

	EXPECT_EQ(FD_CLOEXEC, fcntl(self->chfd, F_GETFD));
	fd = q_channel_fd(self->session, self->chid, 0);
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, fcntl(fd, F_GETFD));
	EXPECT_NE(self->chfd, fd);
	/* Closing one is nothing to the channel, nor to the other. */
	EXPECT_EQ(0, close(self->chfd));
	EXPECT_EQ(0, events_of(fd));
	EXPECT_TRUE(q_empty(self->session, self->chid));
}

TEST_F(poll, descriptor_of_nothing)
{
	const int wrong[] = { 0, -1, self->chid + 1, INT_MAX, INT_MIN };
	int expected = dup(STDIN_FILENO);
	size_t i;

	close(expected);
	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		EXPECT_EQ(-ESRCH, q_channel_fd(self->session, wrong[i], 0)) {
			TH_LOG("chid %d", wrong[i]);
		}
	}
	EXPECT_EQ(expected, q_channel_fd(self->session, self->chid, 0));
}

TEST_F(poll, descriptor_limit)
{
	struct rlimit limit;
	int next = dup(STDIN_FILENO);

	close(next);
	ASSERT_EQ(0, getrlimit(RLIMIT_NOFILE, &limit));
	limit.rlim_cur = next;
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &limit));
	EXPECT_EQ(-EMFILE, q_channel_fd(self->session, self->chid, 0));
	limit.rlim_cur = next + 1;
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &limit));
	EXPECT_EQ(next, q_channel_fd(self->session, self->chid, 0));
}

TEST_F(poll, readable_while_a_message_waits)
{
	struct peer *second = client_start(true, true, self->session, self->chid);
	struct qipc_msg_receive a, b;
	char byte;

	ASSERT_NE(NULL, second);
	EXPECT_EQ(0, events_of(self->chfd));
	peer_send(self->client, "a", 1, NULL, 0);
	EXPECT_EQ(POLLIN, wait_for_events(self->chfd));
	/* Level: asking does not change it, and a second message changes nothing. */
	EXPECT_EQ(POLLIN, events_of(self->chfd) & POLLIN);
	peer_send(second, "b", 1, NULL, 0);
	ASSERT_TRUE(peer_blocked(second));
	EXPECT_EQ(POLLIN, events_of(self->chfd) & POLLIN);

	ASSERT_EQ(0, q_receive_now(self->session, self->chid, &byte, 1, &a));
	EXPECT_EQ(POLLIN, events_of(self->chfd) & POLLIN);
	ASSERT_EQ(0, q_receive_now(self->session, self->chid, &byte, 1, &b));
	/* Received is not waiting, answered or not. */
	EXPECT_EQ(0, events_of(self->chfd));
	EXPECT_EQ(0, q_reply(self->session, a.rcvid, 0, NULL, 0));
	EXPECT_EQ(0, q_reply(self->session, b.rcvid, 0, NULL, 0));
	EXPECT_EQ(0, peer_wait(self->client));
	EXPECT_EQ(0, peer_wait(second));
	EXPECT_EQ(0, events_of(self->chfd));
}

TEST_F(poll, only_the_channel_asked_for)
{
	int other = q_create(self->session, 0);
	int fd = q_channel_fd(self->session, other, QIPC_FD_CLOEXEC);
	struct pollfd pfds[2] = {
		{ .fd = self->chfd, .events = POLLIN },
		{ .fd = fd, .events = POLLIN },
	};

	ASSERT_LE(0, fd);
	peer_send(self->client, "a", 1, NULL, 0);
	EXPECT_EQ(1, poll(pfds, 2, PATIENCE_MS));
	EXPECT_EQ(POLLIN, pfds[0].revents);
	EXPECT_EQ(0, pfds[1].revents);
}

static long job_poll(struct peer *peer)
{
	struct pollfd pfd = { .fd = peer->value[0], .events = POLLIN };
	int n = poll(&pfd, 1, PATIENCE_MS);

	return n == 1 ? pfd.revents : -ETIMEDOUT;
}

static bool wait_until_polling(struct peer *peer)
{
	char buf[128];
	int i;

	for (i = 0; i < 100000 && peer->running; i++) {
		if (read_proc(peer->pid, peer->tid, "syscall", buf, sizeof(buf)) > 0 &&
		    atoi(buf) == SYS_poll)
			return true;
		sleep_us(200);
	}
	return false;
}

TEST_F(poll, wakes_a_waiter)
{
	struct peer *waiter = peer_start(false, self->session);

	ASSERT_NE(NULL, waiter);
	waiter->value[0] = self->chfd;
	peer_go(waiter, job_poll);
	ASSERT_TRUE(wait_until_polling(waiter));
	peer_send(self->client, "a", 1, NULL, 0);
	EXPECT_EQ(POLLIN, peer_wait(waiter));
}

/* A message that goes again takes the event with it. */
TEST_F(poll, sender_gives_up)
{
	self->client->value[0] = SIGUSR1;
	self->client->value[1] = 0;
	ASSERT_EQ(0, peer_call(self->client, job_handle));
	peer_send(self->client, "a", 1, NULL, 0);
	EXPECT_EQ(POLLIN, wait_for_events(self->chfd));
	ASSERT_TRUE(peer_blocked(self->client));
	ASSERT_EQ(0, peer_signal(self->client, SIGUSR1));
	EXPECT_EQ(-EINTR, peer_wait(self->client));
	EXPECT_EQ(0, events_of(self->chfd));

	peer_send(self->client, "a", 1, NULL, 0);
	EXPECT_EQ(POLLIN, wait_for_events(self->chfd));
	EXPECT_EQ(256 + SIGKILL, peer_kill(self->client));
	EXPECT_EQ(0, events_of(self->chfd));
	EXPECT_TRUE(q_empty(self->session, self->chid));
}

TEST_F(poll, hangup_when_destroyed)
{
	struct peer *waiter = peer_start(false, self->session);

	ASSERT_NE(NULL, waiter);
	waiter->value[0] = self->chfd;
	peer_go(waiter, job_poll);
	ASSERT_TRUE(wait_until_polling(waiter));
	ASSERT_EQ(0, q_destroy(self->session, self->chid));
	EXPECT_EQ(POLLHUP, peer_wait(waiter) & POLLHUP);
	EXPECT_EQ(POLLHUP, events_of(self->chfd) & POLLHUP);
	/* Of the old channel, not of the one that has its number now. */
	EXPECT_EQ(self->chid, q_create(self->session, 0));
	EXPECT_EQ(POLLHUP, events_of(self->chfd) & POLLHUP);
	EXPECT_EQ(0, events_of(self->chfd) & POLLIN);
	EXPECT_EQ(0, events_of(q_channel_fd(self->session, self->chid, 0)));
}

TEST_F(poll, hangup_when_the_session_is_closed)
{
	int other = q_open();
	int chid = q_create(other, 0);
	int fd = q_channel_fd(other, chid, 0);

	ASSERT_LE(0, fd);
	EXPECT_EQ(0, events_of(fd));
	ASSERT_EQ(0, close(other));
	EXPECT_EQ(POLLHUP, events_of(fd) & POLLHUP);
}

static int wait_and_check(void *arg)
{
	struct pollfd pfd = { .fd = *(int *)arg, .events = POLLIN };
	struct qipc_channel_destroy destroy = { .chid = 1 };

	/* The parent's channel can be watched from a child that inherits the descriptor... */
	if (poll(&pfd, 1, PATIENCE_MS) != 1 || pfd.revents != POLLIN)
		return CHILD_WRONG_DATA;
	/* ...but the descriptor gives no right to anything else. */
	if (q_ioctl(pfd.fd, QIPC_CHANNEL_DESTROY, &destroy) != -ENOTTY)
		return CHILD_NOT_REFUSED;
	return CHILD_OK;
}

TEST_F(poll, inherited_descriptor)
{
	pid_t pid = spawn(wait_and_check, &self->chfd);

	ASSERT_LT(0, pid);
	peer_send(self->client, "a", 1, NULL, 0);
	EXPECT_EQ(CHILD_OK, reap(pid));
	EXPECT_TRUE(peer_blocked(self->client));
}

static long job_create_channel_fd(struct peer *peer)
{
	int ret = job_create(peer);

	return ret ? ret : q_channel_fd(peer->session, peer->chid, 0);
}

static long job_forked_watcher(struct peer *peer)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	/* Watches the parent's channel, and sees it end with the parent. */
	prctl(PR_SET_PDEATHSIG, 0);
	alarm(PATIENCE_MS / 1000);
	_exit(wait_for_events(peer->value[0]) & POLLHUP ? CHILD_OK : CHILD_WRONG_DATA);
}

TEST_F(poll, hangup_when_the_owner_dies)
{
	struct peer *server = peer_start(true, self->session);
	pid_t watcher;

	ASSERT_EQ(0, prctl(PR_SET_CHILD_SUBREAPER, 1));
	ASSERT_NE(NULL, server);
	server->value[0] = peer_call(server, job_create_channel_fd);
	ASSERT_LE(0, server->value[0]);
	watcher = peer_call(server, job_forked_watcher);
	ASSERT_LT(0, watcher);
	EXPECT_EQ(256 + SIGKILL, peer_kill(server));
	EXPECT_EQ(CHILD_OK, reap(watcher));
}

TEST_F(poll, epoll)
{
	struct epoll_event event = { .events = EPOLLIN, .data.u32 = 17 };
	struct qipc_msg_receive rcv;
	int epfd = epoll_create1(EPOLL_CLOEXEC), fd, i;
	char byte;

	/* A descriptor that the client, being a child, has no copy of. */
	fd = q_channel_fd(self->session, self->chid, QIPC_FD_CLOEXEC);
	ASSERT_LE(0, fd);
	ASSERT_LE(0, epfd);
	ASSERT_EQ(0, epoll_ctl(epfd, EPOLL_CTL_ADD, fd, &event));
	for (i = 0; i < 3; i++) {
		EXPECT_EQ(0, epoll_wait(epfd, &event, 1, 0));
		peer_send(self->client, "e", 1, NULL, 0);
		ASSERT_EQ(1, epoll_wait(epfd, &event, 1, PATIENCE_MS));
		EXPECT_EQ(17, event.data.u32);
		EXPECT_EQ(EPOLLIN, event.events);
		/* Level. */
		EXPECT_EQ(1, epoll_wait(epfd, &event, 1, 0));
		ASSERT_EQ(0, q_receive_now(self->session, self->chid, &byte, 1, &rcv));
		EXPECT_EQ(0, epoll_wait(epfd, &event, 1, 0));
		EXPECT_EQ(0, q_reply(self->session, rcv.rcvid, 0, NULL, 0));
		EXPECT_EQ(0, peer_wait(self->client));
	}
	ASSERT_EQ(0, q_destroy(self->session, self->chid));
	EXPECT_EQ(1, epoll_wait(epfd, &event, 1, PATIENCE_MS));
	EXPECT_EQ(EPOLLHUP, event.events & EPOLLHUP);
	/* The descriptor goes before the epoll set does. */
	EXPECT_EQ(0, close(fd));
	EXPECT_EQ(0, epoll_wait(epfd, &event, 1, 0));
}

TEST_F(poll, epoll_edge)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLET };
	struct peer *second = client_start(true, false, self->session, self->chid);
	struct qipc_msg_receive rcv;
	int epfd = epoll_create1(EPOLL_CLOEXEC);
	char byte;

	ASSERT_NE(NULL, second);
	ASSERT_LE(0, epfd);
	ASSERT_EQ(0, epoll_ctl(epfd, EPOLL_CTL_ADD, self->chfd, &event));
	peer_send(self->client, "1", 1, NULL, 0);
	ASSERT_EQ(1, epoll_wait(epfd, &event, 1, PATIENCE_MS));
	EXPECT_EQ(0, epoll_wait(epfd, &event, 1, 0));
	/* Each arrival is an edge, also when one waits already. */
	peer_send(second, "2", 1, NULL, 0);
	ASSERT_EQ(1, epoll_wait(epfd, &event, 1, PATIENCE_MS));
	ASSERT_EQ(0, q_receive_now(self->session, self->chid, &byte, 1, &rcv));
	EXPECT_EQ(0, q_reply(self->session, rcv.rcvid, 0, NULL, 0));
	ASSERT_EQ(0, q_receive_now(self->session, self->chid, &byte, 1, &rcv));
	EXPECT_EQ(0, q_reply(self->session, rcv.rcvid, 0, NULL, 0));
	EXPECT_EQ(0, peer_wait(self->client));
	EXPECT_EQ(0, peer_wait(second));
}

/* Wait, then receive without waiting: how servers with many sources work. */
TEST_F(poll, nonblocking_server)
{
	struct qipc_msg_receive rcv;
	int i;
	char byte;

	for (i = 0; i < 50; i++) {
		EXPECT_EQ(-EAGAIN, q_receive_now(self->session, self->chid, &byte, 1, &rcv));
		EXPECT_EQ(SENTINEL64, rcv.rcvid);
		EXPECT_EQ(-1, sentinel_differs(&rcv.info, sizeof(rcv.info)));
		peer_send(self->client, "n", 1, NULL, 0);
		ASSERT_EQ(POLLIN, wait_for_events(self->chfd));
		ASSERT_EQ(0, q_receive_now(self->session, self->chid, &byte, 1, &rcv));
		EXPECT_EQ(0, q_reply(self->session, rcv.rcvid, i, NULL, 0));
		ASSERT_EQ(0, peer_wait(self->client));
		EXPECT_EQ(i, self->client->send.status);
	}
}

TEST_HARNESS_MAIN
