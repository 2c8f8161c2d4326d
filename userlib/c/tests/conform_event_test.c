// SPDX-License-Identifier: GPL-2.0-only
/* Events and names as a QNX program sees them: B116 to B122. */
#include "conform.h"
#include "kselftest_harness.h"

FIXTURE(event) {
	int chid;
	struct peer *client;	/* with a channel of its own */
};

FIXTURE_VARIANT(event) {
	bool process;
};

FIXTURE_VARIANT_ADD(event, thread) { .process = false, };

FIXTURE_VARIANT_ADD(event, process) { .process = true, };

FIXTURE_SETUP(event)
{
	self->chid = ChannelCreate(0);
	ASSERT_LT(0, self->chid);
	self->client = client_start(variant->process, self->chid);
	ASSERT_NE(NULL, self->client);
	ASSERT_EQ(0, peer_call(self->client, job_own_channel));
}

FIXTURE_TEARDOWN(event)
{
}

/* Sends its event to the server, as QNX clients do. */
static long job_send_event(struct peer *peer)
{
	return CALL(MsgSend(peer->coid, &peer->event, sizeof(peer->event), NULL, 0));
}

/* The rcvid of a message that was answered, and the event that it brought. */
static rcvid_t saved(struct peer *client, int chid, struct sigevent *event)
{
	rcvid_t rcvid;

	peer_go(client, job_send_event);
	rcvid = receive_soon(chid, event, sizeof(*event), NULL);
	if (rcvid <= 0 || MsgReply(rcvid, 0, NULL, 0) || peer_wait(client))
		return -1;
	return rcvid;
}

TEST_F(event, B116_pulse_long_after_the_reply)
{
	struct peer *client = self->client;
	struct sigevent event;
	rcvid_t rcvid;
	int i;

	SIGEV_PULSE_INIT(&client->event, client->own_coid, 15, 42, 4711);
	rcvid = saved(client, self->chid, &event);
	ASSERT_LT(0, rcvid);
	/* Other messages of the client come and go. */
	for (i = 0; i < 10; i++)
		ASSERT_LT(0, peer_scoid(client, self->chid));
	EXPECT_EQ(0, MsgVerifyEvent(rcvid, &event));
	EXPECT_EQ(0, MsgDeliverEvent(rcvid, &event));
	ASSERT_EQ(0, peer_call(client, job_own_pulse));
	EXPECT_EQ(42, client->got.code);
	EXPECT_EQ(4711, client->got.value.sival_int);
}

static long job_own_descriptor(struct peer *peer)
{
	peer->own_coid = ConnectAttach(0, 0, peer->own_chid, 0, 0);
	return peer->own_coid < 0 ? -errno : 0;
}

/* Filled in member by member, with a connection that is a descriptor. */
TEST_F(event, B116_by_hand_over_a_descriptor)
{
	struct peer *client = self->client;
	struct sigevent event;
	rcvid_t rcvid;

	ASSERT_EQ(0, peer_call(client, job_own_descriptor));
	memset(&client->event, 0, sizeof(client->event));
	client->event.sigev_notify = SIGEV_PULSE;
	client->event.sigev_coid = client->own_coid;
	client->event.sigev_code = 42;
	client->event.sigev_priority = SIGEV_PULSE_PRIO_INHERIT;
	client->event.sigev_value.sival_int = 4711;
	rcvid = saved(client, self->chid, &event);
	ASSERT_LT(0, rcvid);
	EXPECT_EQ(0, MsgDeliverEvent(rcvid, &event));
	ASSERT_EQ(0, peer_call(client, job_own_pulse));
	EXPECT_EQ(42, client->got.code);
	EXPECT_EQ(4711, client->got.value.sival_int);
}

static long job_deliver(struct peer *peer)
{
	return CALL(MsgDeliverEvent(peer->rcvid, &peer->event));
}

/* From a thread that received nothing. */
TEST_F(event, B116_from_another_thread)
{
	struct peer *client = self->client;
	struct peer *worker = peer_start(false);

	ASSERT_NE(NULL, worker);
	SIGEV_PULSE_INIT(&client->event, client->own_coid, SIGEV_PULSE_PRIO_INHERIT, 1, 0);
	worker->rcvid = saved(client, self->chid, &worker->event);
	ASSERT_LT(0, worker->rcvid);
	EXPECT_EQ(0, peer_call(worker, job_deliver));
	ASSERT_EQ(0, peer_call(client, job_own_pulse));
	EXPECT_EQ(1, client->got.code);
}

TEST_F(event, B117_bad_signal)
{
	struct sigevent event;
	rcvid_t rcvid = saved(self->client, self->chid, &event);

	ASSERT_LT(0, rcvid);
	SIGEV_SIGNAL_INIT(&event, 0);
	EXPECT_EQ(-EINVAL, CALL(MsgDeliverEvent(rcvid, &event)));
	EXPECT_EQ(EINVAL, MsgDeliverEvent_r(rcvid, &event));
	SIGEV_SIGNAL_INIT(&event, 1000);
	EXPECT_EQ(-EINVAL, CALL(MsgDeliverEvent(rcvid, &event)));
	EXPECT_EQ(-EINVAL, CALL(MsgVerifyEvent(rcvid, &event)));
	SIGEV_SIGNAL_INIT(&event, SIGUSR2);
	EXPECT_EQ(0, MsgVerifyEvent(rcvid, &event));
}

TEST(B118_client_has_died)
{
	int chid = ChannelCreate(0);
	struct peer *client = client_start(true, chid);
	struct sigevent event;
	rcvid_t rcvid;

	ASSERT_NE(NULL, client);
	ASSERT_EQ(0, peer_call(client, job_own_channel));
	SIGEV_PULSE_INIT(&client->event, client->own_coid, 15, 42, 4711);
	rcvid = saved(client, chid, &event);
	ASSERT_LT(0, rcvid);
	EXPECT_EQ(256 + SIGKILL, peer_kill(client));
	EXPECT_EQ(-ESRCH, CALL(MsgDeliverEvent(rcvid, &event)));
	EXPECT_EQ(ESRCH, MsgDeliverEvent_r(rcvid, &event));
}

TEST_F(event, B119_unblock_as_notification)
{
	struct sigevent event;
	uint64_t ns = 20 * MS;

	memset(&event, 0, sizeof(event));
	SIGEV_UNBLOCK_INIT(&event);
	ASSERT_LE(0, TimerTimeout(CLOCK_MONOTONIC, _NTO_TIMEOUT_RECEIVE, &event, &ns, NULL));
	EXPECT_EQ(-ETIMEDOUT, CALL(MsgReceive(self->chid, NULL, 0, NULL)));
}

TEST(B120_bad_names)
{
	name_attach_t *attach;

	errno = 0;
	EXPECT_EQ(NULL, name_attach(NULL, "/x", 0));
	EXPECT_EQ(EINVAL, errno);
	errno = 0;
	EXPECT_EQ(NULL, name_attach(NULL, "", 0));
	EXPECT_EQ(EINVAL, errno);
	errno = 0;
	EXPECT_EQ(NULL, name_attach(NULL, "a/../b", 0));
	EXPECT_EQ(EINVAL, errno);
	errno = 0;
	EXPECT_EQ(NULL, name_attach(NULL, NULL, 0));
	EXPECT_EQ(EINVAL, errno);
	/* Dots as such are letters as others. */
	attach = name_attach(NULL, "a..b/c", 0);
	ASSERT_NE(NULL, attach);
	EXPECT_EQ(0, name_detach(attach, 0));
}

static long job_name_open(struct peer *peer)
{
	peer->coid = CALL(name_open((char *)peer->out, 0));
	return peer->coid < 0 ? peer->coid : 0;
}

static long job_name_close(struct peer *peer)
{
	return CALL(name_close(peer->coid));
}

TEST(B121_found_by_name)
{
	name_attach_t *attach = name_attach(NULL, "conform/b121", 0);
	struct peer *client = peer_start(true);
	struct _msg_info info;
	rcvid_t rcvid;

	ASSERT_NE(NULL, attach);
	ASSERT_NE(NULL, client);
	snprintf((char *)client->out, sizeof(client->out), "conform/b121");
	ASSERT_EQ(0, peer_call(client, job_name_open));
	EXPECT_EQ(_NTO_SIDE_CHANNEL, client->coid & _NTO_SIDE_CHANNEL);
	/* No message of the connecting comes first. */
	EXPECT_TRUE(channel_empty(attach->chid));
	peer_send_text(client, "hello");
	rcvid = receive_soon(attach->chid, NULL, 0, &info);
	ASSERT_LT(0, rcvid);
	EXPECT_EQ(client->pid, info.pid);
	EXPECT_EQ(0, MsgReply(rcvid, 1, NULL, 0));
	EXPECT_EQ(1, peer_wait(client));
	snprintf((char *)client->out, sizeof(client->out), "conform/nobody");
	EXPECT_EQ(-ENOENT, peer_call(client, job_name_open));
	EXPECT_EQ(0, name_detach(attach, 0));
	snprintf((char *)client->out, sizeof(client->out), "conform/b121");
	EXPECT_EQ(-ENOENT, peer_call(client, job_name_open));
}

TEST(B122_clients_that_go)
{
	name_attach_t *attach = name_attach(NULL, "conform/b122", 0);
	struct peer *client = peer_start(true);
	struct peer *other = peer_start(true);
	struct _pulse pulse;
	int scoid;

	ASSERT_NE(NULL, attach);
	ASSERT_NE(NULL, client);
	ASSERT_NE(NULL, other);
	snprintf((char *)client->out, sizeof(client->out), "conform/b122");
	snprintf((char *)other->out, sizeof(other->out), "conform/b122");
	ASSERT_EQ(0, peer_call(client, job_name_open));
	ASSERT_EQ(0, peer_call(other, job_name_open));
	scoid = peer_scoid(client, attach->chid);
	EXPECT_EQ(256 + SIGKILL, peer_kill(client));
	ASSERT_EQ(0, pulse_soon(attach->chid, &pulse));
	EXPECT_EQ(_PULSE_CODE_DISCONNECT, pulse.code);
	EXPECT_EQ(scoid, pulse.scoid);
	EXPECT_EQ(0, ConnectDetach(pulse.scoid));
	ASSERT_EQ(0, peer_call(other, job_name_close));
	ASSERT_EQ(0, pulse_soon(attach->chid, &pulse));
	EXPECT_EQ(_PULSE_CODE_DISCONNECT, pulse.code);
	EXPECT_EQ(0, name_detach(attach, 0));
}

TEST_HARNESS_MAIN
