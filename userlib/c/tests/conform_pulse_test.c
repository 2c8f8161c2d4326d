// SPDX-License-Identifier: GPL-2.0-only
/* Pulses as a QNX program sees them: B65 to B76. */
#include "conform.h"
#include "kselftest_harness.h"

FIXTURE(pulse) {
	int chid;
	int coid;		/* of the test itself */
	struct peer *client;
};

FIXTURE_VARIANT(pulse) {
	bool process;
};

FIXTURE_VARIANT_ADD(pulse, thread) { .process = false, };

FIXTURE_VARIANT_ADD(pulse, process) { .process = true, };

FIXTURE_SETUP(pulse)
{
	self->chid = ChannelCreate(0);
	ASSERT_LT(0, self->chid);
	self->coid = attach_side(0, self->chid);
	ASSERT_LT(0, self->coid);
	self->client = client_start(variant->process, self->chid);
	ASSERT_NE(NULL, self->client);
}

FIXTURE_TEARDOWN(pulse)
{
}

TEST_F(pulse, B65_arrives_as_sent)
{
	int scoid = peer_scoid(self->client, self->chid);
	struct _pulse pulse;

	ASSERT_LT(0, scoid);
	ASSERT_EQ(0, peer_pulse(self->client, -1, 5, 0x12345678));
	sentinel_fill(&pulse, sizeof(pulse));
	EXPECT_EQ(0, receive_now(self->chid, &pulse, sizeof(pulse), NULL));
	EXPECT_EQ(_PULSE_TYPE, pulse.type);
	EXPECT_EQ(_PULSE_SUBTYPE, pulse.subtype);
	EXPECT_EQ(5, pulse.code);
	EXPECT_EQ(0x12345678, pulse.value.sival_int);
	EXPECT_EQ(scoid, pulse.scoid);
	/* To somebody who waits. */
	peer_receive_pulse(self->client, self->chid);
	if (!variant->process) {
		ASSERT_TRUE(peer_blocked(self->client));
		EXPECT_EQ(0, MsgSendPulse(self->coid, 10, 6, -2));
		EXPECT_EQ(0, peer_wait(self->client));
		EXPECT_EQ(6, self->client->got.code);
		EXPECT_EQ(-2, self->client->got.value.sival_int);
	} else {
		/* Another process does not receive here. */
		EXPECT_EQ(-ESRCH, peer_wait(self->client));
	}
}

TEST_F(pulse, B65_a_pointer)
{
	struct _pulse pulse;

	EXPECT_EQ(0, MsgSendPulsePtr(self->coid, 1, 7, &pulse));
	EXPECT_EQ(EOK, MsgSendPulsePtr_r(self->coid, 1, 8, self));
	EXPECT_EQ(0, pulse_now(self->chid, &pulse));
	EXPECT_EQ(&pulse, pulse.value.sival_ptr);
	EXPECT_EQ(0, pulse_now(self->chid, &pulse));
	EXPECT_EQ((void *)self, pulse.value.sival_ptr);
	EXPECT_EQ(8, pulse.code);
}

TEST_F(pulse, B66_a_thousand_equal_ones)
{
	struct _pulse pulse;
	int i;

	for (i = 0; i < 1000; i++)
		ASSERT_EQ(0, MsgSendPulse(self->coid, 1, 3, 4));
	for (i = 0; i < 1000; i++) {
		ASSERT_EQ(0, pulse_now(self->chid, &pulse));
		ASSERT_EQ(3, pulse.code);
		ASSERT_EQ(4, pulse.value.sival_int);
	}
	EXPECT_EQ(-ETIMEDOUT, pulse_now(self->chid, &pulse));
}

TEST_F(pulse, B67_no_answer)
{
	EXPECT_EQ(-ESRCH, CALL(MsgReply(0, 0, NULL, 0)));
	EXPECT_EQ(-ESRCH, CALL(MsgError(0, EIO)));
	EXPECT_EQ(ESRCH, MsgError_r(0, EIO));
}

TEST_F(pulse, B68_small_buffer)
{
	struct _pulse pulse;

	ASSERT_EQ(0, MsgSendPulse(self->coid, 1, 3, 4));
	ASSERT_EQ(0, MsgSendPulse(self->coid, 1, 5, 6));
	EXPECT_EQ(-EFAULT, receive_now(self->chid, &pulse, sizeof(pulse) - 1, NULL));
	/* That one is gone. */
	EXPECT_EQ(0, pulse_now(self->chid, &pulse));
	EXPECT_EQ(5, pulse.code);
	EXPECT_TRUE(channel_empty(self->chid));
	ASSERT_EQ(0, MsgSendPulse(self->coid, 1, 3, 4));
	EXPECT_EQ(-EFAULT, CALL(MsgReceivePulse(self->chid, NULL, 0, NULL)));
	EXPECT_TRUE(channel_empty(self->chid));
}

TEST_F(pulse, B69_messages_are_left_alone)
{
	struct peer *other = client_start(variant->process, self->chid);
	struct peer *waiting = peer_start(false);
	struct _pulse pulse;
	char text[32];
	rcvid_t rcvid;

	ASSERT_NE(NULL, other);
	ASSERT_NE(NULL, waiting);
	ASSERT_TRUE(send_blocks(self->client, "first"));
	ASSERT_TRUE(send_blocks(other, "second"));
	EXPECT_EQ(-ETIMEDOUT, pulse_now(self->chid, &pulse));
	peer_receive_pulse(waiting, self->chid);
	ASSERT_TRUE(peer_blocked(waiting));
	EXPECT_TRUE(peer_blocked(self->client));
	ASSERT_EQ(0, MsgSendPulse(self->coid, 1, 3, 4));
	EXPECT_EQ(0, peer_wait(waiting));
	rcvid = receive_now(self->chid, text, sizeof(text), NULL);
	ASSERT_LT(0, rcvid);
	EXPECT_EQ(0, memcmp(text, "first", 5));
	EXPECT_EQ(0, MsgReply(rcvid, 0, NULL, 0));
	rcvid = receive_now(self->chid, text, sizeof(text), NULL);
	ASSERT_LT(0, rcvid);
	EXPECT_EQ(0, memcmp(text, "second", 6));
	EXPECT_EQ(0, MsgReply(rcvid, 0, NULL, 0));
}

TEST_F(pulse, B70_one_for_pulses_one_for_all)
{
	struct peer *pulses = peer_start(false);
	struct peer *all = peer_start(false);

	ASSERT_NE(NULL, pulses);
	ASSERT_NE(NULL, all);
	ASSERT_TRUE(receive_blocks(all, self->chid));
	peer_receive_pulse(pulses, self->chid);
	ASSERT_TRUE(peer_blocked(pulses));
	peer_send_text(self->client, "hello");
	ASSERT_EQ(0, peer_wait(all));
	EXPECT_LT(0, all->rcvid);
	EXPECT_TRUE(peer_blocked(pulses));
	EXPECT_EQ(0, MsgReply(all->rcvid, 0, NULL, 0));
	EXPECT_EQ(0, peer_wait(self->client));
	/* Alone, it leaves the client waiting. */
	ASSERT_TRUE(send_blocks(self->client, "again"));
	EXPECT_TRUE(peer_blocked(pulses));
	ASSERT_TRUE(receive_blocks(all, self->chid) || !all->running);
	ASSERT_EQ(0, peer_wait(all));
	EXPECT_EQ(0, MsgReply(all->rcvid, 0, NULL, 0));
	EXPECT_EQ(0, peer_wait(self->client));
}

TEST_F(pulse, B71_priority_out_of_range)
{
	EXPECT_EQ(-EINVAL, CALL(MsgSendPulse(self->coid, 256, 1, 0)));
	EXPECT_EQ(-EINVAL, CALL(MsgSendPulse(self->coid, 1000, 1, 0)));
	EXPECT_EQ(-EINVAL, CALL(MsgSendPulse(self->coid, -2, 1, 0)));
	EXPECT_EQ(EINVAL, MsgSendPulse_r(self->coid, 1000, 1, 0));
	EXPECT_TRUE(channel_empty(self->chid));
	/* What programs are seen to use. */
	EXPECT_EQ(0, MsgSendPulse(self->coid, -1, 1, 0));
	EXPECT_EQ(0, MsgSendPulse(self->coid, 0, 1, 0));
	EXPECT_EQ(0, MsgSendPulse(self->coid, SIGEV_PULSE_PRIO_INHERIT, 1, 0));
	EXPECT_EQ(0, MsgSendPulse(self->coid, 63, 1, 0));
}

TEST_F(pulse, B72_to_a_destroyed_channel)
{
	ASSERT_EQ(0, ChannelDestroy(self->chid));
	EXPECT_EQ(-EBADF, CALL(MsgSendPulse(self->coid, 1, 1, 0)));
	EXPECT_EQ(EBADF, MsgSendPulse_r(self->coid, 1, 1, 0));
	EXPECT_EQ(-EBADF, peer_pulse(self->client, 1, 1, 0));
	EXPECT_EQ(-EBADF, CALL(MsgSendPulse(-1, 1, 1, 0)));
}

TEST_F(pulse, B73_all_codes)
{
	struct _pulse pulse;
	int code;

	for (code = -128; code <= 127; code++) {
		ASSERT_EQ(0, MsgSendPulse(self->coid, 1, code, code));
		ASSERT_EQ(0, pulse_now(self->chid, &pulse));
		ASSERT_EQ(code, pulse.code);
		ASSERT_EQ(code, pulse.value.sival_int);
	}
	EXPECT_EQ(0, _PULSE_CODE_MINAVAIL);
	EXPECT_EQ(127, _PULSE_CODE_MAXAVAIL);
}

TEST_F(pulse, B74_info_is_untouched)
{
	struct _msg_info info;
	struct _pulse pulse;

	sentinel_fill(&info, sizeof(info));
	ASSERT_EQ(0, MsgSendPulse(self->coid, 1, 1, 0));
	EXPECT_EQ(0, receive_now(self->chid, &pulse, sizeof(pulse), &info));
	EXPECT_EQ(-1, sentinel_differs(&info, sizeof(info)));
	ASSERT_EQ(0, MsgSendPulse(self->coid, 1, 1, 0));
	EXPECT_EQ(0, MsgReceivePulse(self->chid, &pulse, sizeof(pulse), &info));
	EXPECT_EQ(-1, sentinel_differs(&info, sizeof(info)));
}

TEST_F(pulse, B75_first_part_too_small)
{
	struct _pulse pulse;
	char more[64];
	iov_t parts[2];

	SETIOV(&parts[0], &pulse, sizeof(pulse) - 1);
	SETIOV(&parts[1], more, sizeof(more));
	ASSERT_EQ(0, MsgSendPulse(self->coid, 1, 1, 0));
	EXPECT_EQ(-EFAULT, CALL(MsgReceivev(self->chid, parts, 2, NULL)));
	EXPECT_TRUE(channel_empty(self->chid));
	SETIOV(&parts[0], &pulse, sizeof(pulse));
	ASSERT_EQ(0, MsgSendPulse(self->coid, 1, 9, 0));
	EXPECT_EQ(0, MsgReceivev(self->chid, parts, 2, NULL));
	EXPECT_EQ(9, pulse.code);
	ASSERT_EQ(0, MsgSendPulse(self->coid, 1, 9, 0));
	EXPECT_EQ(0, MsgReceivePulsev(self->chid, parts, 2, NULL));
	ASSERT_EQ(0, MsgSendPulse(self->coid, 1, 9, 0));
	EXPECT_EQ(EOK, MsgReceivePulsev_r(self->chid, parts, 2, NULL));
}

TEST_F(pulse, B76_destroyed_with_its_channel)
{
	struct _pulse pulse;
	int i, chid;

	for (i = 0; i < 5; i++)
		ASSERT_EQ(0, MsgSendPulse(self->coid, 1, 3, 4));
	EXPECT_EQ(0, ChannelDestroy(self->chid));
	EXPECT_EQ(-ESRCH, pulse_now(self->chid, &pulse));
	/* And do not turn up on the next one, even if it has the same number. */
	chid = ChannelCreate(0);
	ASSERT_LT(0, chid);
	EXPECT_TRUE(channel_empty(chid));
}

TEST_HARNESS_MAIN
