// SPDX-License-Identifier: GPL-2.0-only
/*
 * The calls of <sys/neutrino.h> one by one, where the conformance list does not
 * go: both forms, the sign of their errors, precise error numbers, addresses
 * that are bad, and the calls that are not there.
 */
#include "conform.h"
#include "kselftest_harness.h"

/* --- channels and connections ------------------------------------------------------- */

TEST(ChannelCreate_flags)
{
	int chid;

	EXPECT_EQ(-EPERM, CALL(ChannelCreate(_NTO_CHF_NET_MSG)));
	EXPECT_EQ(-ENOTSUP, CALL(ChannelCreate(_NTO_CHF_ASYNC)));
	EXPECT_EQ(-ENOTSUP, ChannelCreate_r(_NTO_CHF_GLOBAL));
	errno = EXDEV;
	chid = ChannelCreate_r(_NTO_CHF_SENDER_LEN | _NTO_CHF_REPLY_LEN | _NTO_CHF_MSG_PAUSING);
	EXPECT_LT(0, chid);
	EXPECT_EQ(-ENOTSUP, ChannelCreate_r(_NTO_CHF_UNBLOCK_TIMER));
	EXPECT_EQ(EXDEV, errno);
	EXPECT_EQ(EOK, ChannelDestroy_r(chid));
	EXPECT_EQ(EXDEV, errno);
}

TEST(ChannelCreate_private)
{
	int chid = ChannelCreate(_NTO_CHF_PRIVATE);
	struct peer *stranger = peer_start(true);

	ASSERT_LT(0, chid);
	ASSERT_NE(NULL, stranger);
	stranger->chid = chid;
	EXPECT_EQ(-EACCES, peer_call(stranger, job_attach));
	EXPECT_LT(0, attach_side(0, chid));
}

TEST(call_ChannelCreatePulsePool)
{
	struct nto_channel_config config;
	struct _pulse pulse;
	int chid, coid, other, i;

	memset(&config, 0, sizeof(config));
	EXPECT_EQ(-EINVAL, CALL(ChannelCreatePulsePool(0, &config)));
	EXPECT_EQ(-EINVAL, CALL(ChannelCreatePulsePool(0, NULL)));
	/* The event is a pulse to another channel of the process. */
	other = ChannelCreate(0);
	config.num_pulses = 3;
	config.rearm_threshold = 1;
	config.options = _NTO_CHO_CUSTOM_EVENT;
	SIGEV_PULSE_INIT(&config.event, attach_side(0, other), 5, 77, 0);
	chid = ChannelCreatePulsePool(0, &config);
	ASSERT_LT(0, chid);
	coid = attach_side(0, chid);
	for (i = 0; i < 3; i++)
		ASSERT_EQ(0, MsgSendPulse(coid, 1, i, 0));
	EXPECT_TRUE(channel_empty(other));
	MsgSendPulse(coid, 1, 3, 0);
	ASSERT_EQ(0, pulse_soon(other, &pulse));
	EXPECT_EQ(77, pulse.code);
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, pulse_now(chid, &pulse));
		EXPECT_EQ(i, pulse.code);
	}
}

TEST(call_ConnectAttach_r)
{
	int chid = ChannelCreate(0), coid;

	errno = EXDEV;
	coid = ConnectAttach_r(ND_LOCAL_NODE, 0, chid, _NTO_SIDE_CHANNEL, 0);
	EXPECT_LT(0, coid);
	EXPECT_EQ(-ENOREMOTE, ConnectAttach_r(5, 0, chid, _NTO_SIDE_CHANNEL, 0));
	EXPECT_EQ(-ESRCH, ConnectAttach_r(0, 0, 4711, _NTO_SIDE_CHANNEL, 0));
	EXPECT_EQ(EOK, ConnectDetach_r(coid));
	EXPECT_EQ(EINVAL, ConnectDetach_r(coid));
	EXPECT_EQ(EXDEV, errno);
	EXPECT_EQ(-ENOREMOTE, CALL(ConnectAttach(5, 0, chid, _NTO_SIDE_CHANNEL, 0)));
}

TEST(call_ConnectServerInfo_r)
{
	int chid = ChannelCreate(0), coid = attach_side(0, chid);
	struct _server_info info;

	errno = EXDEV;
	EXPECT_EQ(coid, ConnectServerInfo_r(0, coid, &info));
	EXPECT_EQ(chid, info.chid);
	EXPECT_EQ(coid, ConnectServerInfo_r(getpid(), coid, NULL));
	EXPECT_EQ(-EINVAL, ConnectServerInfo_r(0, coid + 7, &info));
	EXPECT_EQ(EXDEV, errno);
}

TEST(call_ConnectFlags_r)
{
	int chid = ChannelCreate(0), coid = attach_side(0, chid);

	errno = EXDEV;
	EXPECT_EQ(0, ConnectFlags_r(0, coid, _NTO_COF_CLOEXEC, _NTO_COF_CLOEXEC));
	EXPECT_EQ(_NTO_COF_CLOEXEC, ConnectFlags_r(getpid(), coid, 0, 0));
	EXPECT_EQ(-ENOTSUP, ConnectFlags_r(0, coid, _NTO_COF_NOEVENT, _NTO_COF_NOEVENT));
	EXPECT_EQ(-ENOTSUP, ConnectFlags_r(getppid(), coid, 0, 0));
	EXPECT_EQ(EXDEV, errno);
}

TEST(ConnectClientInfo_groups)
{
	int chid = ChannelCreate(0);
	struct peer *client = client_start(true, chid);
	struct _client_info info, *ext = NULL;
	struct _client_able able = { .ability = 1 };
	int scoid;

	ASSERT_NE(NULL, client);
	scoid = peer_scoid(client, chid);
	EXPECT_EQ(EOK, ConnectClientInfo_r(scoid, &info, 0));
	EXPECT_EQ((uint32_t)getgroups(0, NULL), info.cred.ngroups);
	EXPECT_EQ(EINVAL, ConnectClientInfo_r(scoid, &info, -1));
	EXPECT_EQ(0, ConnectClientInfoExt(scoid, &ext, _NTO_CLIENTINFO_GETGROUPS));
	ASSERT_NE(NULL, ext);
	EXPECT_EQ(client->pid, ext->pid);
	EXPECT_EQ(info.cred.ngroups, ext->cred.ngroups);
	EXPECT_EQ(0, ConnectClientInfoExtFree(&ext));
	EXPECT_EQ(NULL, ext);
	EXPECT_EQ(EOK, ConnectClientInfoExt_r(scoid, &ext, 0));
	EXPECT_EQ(0, ConnectClientInfoExtFree(&ext));
	EXPECT_EQ(-EINVAL, CALL(ConnectClientInfoExt(scoid + 1, &ext, 0)));
	EXPECT_EQ(EINVAL, ConnectClientInfoExt_r(scoid + 1, &ext, 0));
	EXPECT_EQ(-EINVAL, CALL(ConnectClientInfoExt(scoid, &ext, 0x4000)));
	EXPECT_EQ(0, ConnectClientInfoAble(scoid, &ext, 0, &able, 1));
	ASSERT_NE(NULL, ext);
	EXPECT_EQ(client->pid, ext->pid);
	EXPECT_EQ(0, ConnectClientInfoExtFree(&ext));
}

/* --- messages ------------------------------------------------------------------------------ */

TEST(receive_r_forms)
{
	int chid = ChannelCreate(0), coid = attach_side(0, chid);
	struct peer *client = client_start(true, chid);
	struct _pulse pulse;
	struct iovec part;
	rcvid_t rcvid;
	char text[32];

	ASSERT_NE(NULL, client);
	SETIOV(&part, text, sizeof(text));
	EXPECT_EQ((void *)text, GETIOVBASE(&part));
	EXPECT_EQ(sizeof(text), GETIOVLEN(&part));
	errno = EXDEV;
	EXPECT_EQ(-ESRCH, MsgReceivev_r(chid + 1, &part, 1, NULL));
	EXPECT_EQ(-ESRCH, MsgReceivePulse_r(chid + 1, &pulse, sizeof(pulse), NULL));
	EXPECT_EQ(-ESRCH, MsgReceivePulsev_r(chid + 1, &part, 1, NULL));
	TimerTimeout_r(CLOCK_MONOTONIC, _NTO_TIMEOUT_RECEIVE, NULL, NULL, NULL);
	EXPECT_EQ(-ETIMEDOUT, MsgReceivePulse_r(chid, &pulse, sizeof(pulse), NULL));
	EXPECT_EQ(EOK, MsgSendPulse_r(coid, 1, 4, 5));
	EXPECT_EQ(EOK, MsgReceivePulse_r(chid, &pulse, sizeof(pulse), NULL));
	EXPECT_EQ(4, pulse.code);
	EXPECT_EQ(EXDEV, errno);
	peer_send_text(client, "hello");
	rcvid = MsgReceivev_r(chid, &part, 1, NULL);
	ASSERT_LT(0, rcvid);
	EXPECT_EQ(0, memcmp(text, "hello", 5));
	SETIOV_CONST(&part, "answer", 6);
	EXPECT_EQ(EOK, MsgReplyv_r(rcvid, 3, &part, 1));
	EXPECT_EQ(3, peer_wait(client));
	EXPECT_EQ(0, memcmp(client->in, "answer", 6));
	rcvid = take(client, chid, "hello");
	EXPECT_EQ(EOK, MsgReply_r(rcvid, 4, "x", 1));
	EXPECT_EQ(4, peer_wait(client));
	rcvid = take(client, chid, "hello");
	EXPECT_EQ(EOK, MsgError_r(rcvid, EIO));
	EXPECT_EQ(-EIO, peer_wait(client));
}

TEST(MsgError_range)
{
	int chid = ChannelCreate(0);
	struct peer *client = client_start(true, chid);
	rcvid_t rcvid;

	ASSERT_NE(NULL, client);
	rcvid = take(client, chid, "hello");
	EXPECT_EQ(-EINVAL, CALL(MsgError(rcvid, -1)));
	EXPECT_EQ(EINVAL, MsgError_r(rcvid, -2));
	EXPECT_EQ(EINVAL, MsgError_r(rcvid, 4096));
	EXPECT_TRUE(peer_blocked(client));
	EXPECT_EQ(EOK, MsgError_r(rcvid, 4095));
	EXPECT_EQ(-4095, peer_wait(client));
}

TEST(MsgReceive_of_no_channel)
{
	/* Leaves the channel that it received on last, and waits for nothing. */
	int chid = ChannelCreate(0);
	char byte;

	EXPECT_TRUE(channel_empty(chid));
	EXPECT_EQ(-ESRCH, CALL(MsgReceive(-1, &byte, 1, NULL)));
}

TEST(MsgInfo_and_MsgCurrent)
{
	int chid = ChannelCreate(0);
	struct peer *client = client_start(true, chid);
	struct _msg_info info;
	rcvid_t rcvid;

	ASSERT_NE(NULL, client);
	rcvid = take(client, chid, "hello");
	errno = EXDEV;
	EXPECT_EQ(EOK, MsgInfo_r(rcvid, &info));
	EXPECT_EQ(client->pid, info.pid);
	EXPECT_EQ(ESRCH, MsgInfo_r(0, &info));
	EXPECT_EQ(EOK, MsgCurrent_r(rcvid));
	EXPECT_EQ(EOK, MsgCurrent_r(0));
	EXPECT_EQ(ESRCH, MsgCurrent_r(4711));
	EXPECT_EQ(EXDEV, errno);
	EXPECT_EQ(0, MsgCurrent(rcvid));
	EXPECT_EQ(-ESRCH, CALL(MsgCurrent(4711)));
	EXPECT_EQ(0, MsgReply(rcvid, 0, NULL, 0));
}

/* --- events ------------------------------------------------------------------------------------ */

static long job_register(struct peer *peer)
{
	return MsgRegisterEvent_r(&peer->event, peer->value[0] ? peer->coid :
				  _NTO_REGEVENT_ALLOW_ANY_SERVER);
}

static long job_unregister(struct peer *peer)
{
	return MsgUnregisterEvent_r(&peer->event);
}

TEST(registered_events)
{
	int chid = ChannelCreate(0);
	struct peer *client = client_start(true, chid);
	struct sigevent event;
	rcvid_t rcvid;

	ASSERT_NE(NULL, client);
	ASSERT_EQ(0, peer_call(client, job_own_channel));
	SIGEV_PULSE_INIT(&client->event, client->own_coid, 10, 9, 1111);
	SIGEV_MAKE_UPDATEABLE(&client->event);
	client->value[0] = 1;
	ASSERT_EQ(0, peer_call(client, job_register));
	EXPECT_EQ(SIGEV_FLAG_HANDLE, client->event.sigev_notify & SIGEV_FLAG_HANDLE);
	rcvid = take(client, chid, "hello");
	event = client->event;
	event.sigev_value.sival_int = 2222;
	EXPECT_EQ(EOK, MsgVerifyEvent_r(rcvid, &event));
	EXPECT_EQ(EOK, MsgDeliverEvent_r(rcvid, &event));
	EXPECT_EQ(0, MsgReply(rcvid, 0, NULL, 0));
	EXPECT_EQ(0, peer_wait(client));
	ASSERT_EQ(0, peer_call(client, job_own_pulse));
	EXPECT_EQ(9, client->got.code);
	EXPECT_EQ(2222, client->got.value.sival_int);
	ASSERT_EQ(0, peer_call(client, job_unregister));
	EXPECT_NE(EOK, MsgDeliverEvent_r(rcvid, &event));
	EXPECT_EQ(ESRCH, peer_call(client, job_unregister));
}

TEST(registering_nonsense)
{
	int chid = ChannelCreate(0), coid = attach_side(0, chid);
	struct sigevent event;

	SIGEV_PULSE_INIT(&event, coid, 10, 9, 1);
	EXPECT_EQ(-EBADF, CALL(MsgRegisterEvent(&event, coid + 1)));
	EXPECT_EQ(EBADF, MsgRegisterEvent_r(&event, coid + 1));
	EXPECT_EQ(-EINVAL, CALL(MsgUnregisterEvent(&event)));
	EXPECT_EQ(0, MsgRegisterEvent(&event, _NTO_REGEVENT_ALLOW_SELF));
	EXPECT_EQ(0, MsgDeliverEvent(0, &event));
	EXPECT_FALSE(channel_empty(chid));
	EXPECT_EQ(0, MsgUnregisterEvent(&event));
	event.sigev_notify = 0x55;
	EXPECT_EQ(-EINVAL, CALL(MsgRegisterEvent(&event, coid)));
	EXPECT_EQ(-EINVAL, CALL(MsgVerifyEvent(0, &event)));
	EXPECT_EQ(EINVAL, MsgVerifyEvent_r(0, &event));
}

static volatile int got_code;
static volatile long got_value;

static void note(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)context;
	got_code = info->si_code;
	got_value = (long)info->si_value.sival_ptr;
}

TEST(event_signals_to_oneself)
{
	struct sigaction act = { .sa_sigaction = note, .sa_flags = SA_SIGINFO };
	struct sigevent event;

	ASSERT_EQ(0, sigaction(SIGRTMIN, &act, NULL));
	SIGEV_SIGNAL_INIT(&event, SIGRTMIN);
	got_code = SENTINEL32;
	ASSERT_EQ(0, MsgDeliverEvent(0, &event));
	while (got_code == SENTINEL32)
		sleep_us(100);
	EXPECT_EQ(SI_USER, got_code);
	got_value = 0;
	SIGEV_SIGNAL_CODE_INIT(&event, SIGRTMIN, 13, SI_MINAVAIL);
	ASSERT_EQ(0, MsgDeliverEvent(0, &event));
	while (!got_value)
		sleep_us(100);
	EXPECT_EQ(SI_MINAVAIL, got_code);
	got_value = 0;
	SIGEV_SIGNAL_THREAD_INIT(&event, SIGRTMIN, 14, SI_MAXAVAIL);
	ASSERT_EQ(0, MsgDeliverEvent(0, &event));
	while (!got_value)
		sleep_us(100);
	EXPECT_EQ(14, got_value);
	EXPECT_EQ(SI_MAXAVAIL, got_code);
}

/* What each macro fills in; by number, for they are QNX's. */
TEST(initialisers)
{
	struct sigevent e;
	volatile unsigned int word;
	sem_t sem;

	memset(&e, SENTINEL, sizeof(e));
	SIGEV_NONE_INIT(&e);
	EXPECT_EQ(0, e.sigev_notify);
	SIGEV_SIGNAL_INIT(&e, SIGUSR1);
	EXPECT_EQ(1, e.sigev_notify);
	EXPECT_EQ(SIGUSR1, e.sigev_signo);
	SIGEV_SIGNAL_VALUE_INIT(&e, SIGUSR1, 5);
	EXPECT_EQ(5, e.sigev_value.sival_int);
	SIGEV_SIGNAL_VALUE_INT_INIT(&e, SIGUSR1, 6);
	EXPECT_EQ(6, e.sigev_value.sival_int);
	SIGEV_SIGNAL_VALUE_PTR_INIT(&e, SIGUSR1, &e);
	EXPECT_EQ(&e, e.sigev_value.sival_ptr);
	SIGEV_SIGNAL_CODE_INIT(&e, SIGUSR2, 7, -70);
	EXPECT_EQ(2, e.sigev_notify);
	EXPECT_EQ(-70, e.sigev_code);
	SIGEV_SIGNAL_CODE_INT_INIT(&e, SIGUSR2, 8, -71);
	EXPECT_EQ(8, e.sigev_value.sival_int);
	SIGEV_SIGNAL_CODE_PTR_INIT(&e, SIGUSR2, &e, -72);
	EXPECT_EQ(&e, e.sigev_value.sival_ptr);
	EXPECT_EQ(-72, e.sigev_code);
	SIGEV_SIGNAL_THREAD_INIT(&e, SIGUSR1, 9, -73);
	EXPECT_EQ(3, e.sigev_notify);
	SIGEV_SIGNAL_THREAD_INT_INIT(&e, SIGUSR1, 10, -74);
	EXPECT_EQ(10, e.sigev_value.sival_int);
	SIGEV_SIGNAL_THREAD_PTR_INIT(&e, SIGUSR1, &e, -75);
	EXPECT_EQ(-75, e.sigev_code);
	SIGEV_PULSE_INIT(&e, 4711, 11, 12, 13);
	EXPECT_EQ(4, e.sigev_notify);
	EXPECT_EQ(4711, e.sigev_coid);
	EXPECT_EQ(11, e.sigev_priority);
	EXPECT_EQ(12, e.sigev_code);
	EXPECT_EQ(13, e.sigev_value.sival_int);
	SIGEV_PULSE_INT_INIT(&e, 1, SIGEV_PULSE_PRIO_INHERIT, -1, -5);
	EXPECT_EQ(-1, e.sigev_priority);
	EXPECT_EQ(-5, e.sigev_value.sival_int);
	SIGEV_PULSE_PTR_INIT(&e, 1, 2, 3, &e);
	EXPECT_EQ(&e, e.sigev_value.sival_ptr);
	SIGEV_UNBLOCK_INIT(&e);
	EXPECT_EQ(5, e.sigev_notify);
	SIGEV_INTR_INIT(&e);
	EXPECT_EQ(6, e.sigev_notify);
	SIGEV_THREAD_INIT(&e, NULL, 3, NULL);
	EXPECT_EQ(7, e.sigev_notify);
	SIGEV_MEMORY_INIT(&e, &word, 4, SIGEV_MEM_ASSIGN);
	EXPECT_EQ(8, e.sigev_notify);
	EXPECT_EQ(&word, e.sigev_addr);
	SIGEV_SEM_INIT(&e, &sem);
	EXPECT_EQ(SIGEV_SEM, SIGEV_GET_TYPE(&e));
	EXPECT_EQ(32, sizeof(e));
}

TEST(event_flags)
{
	struct sigevent e;

	SIGEV_PULSE_INIT(&e, 1, 2, 3, 4);
	SIGEV_MAKE_UPDATEABLE(&e);
	EXPECT_EQ(0x400, SIGEV_GET_FLAGS(&e));
	SIGEV_MAKE_CRITICAL(&e);
	EXPECT_EQ(0x500, SIGEV_GET_FLAGS(&e));
	SIGEV_MAKE_OVERDRIVE(&e);
	SIGEV_MAKE_CODE_UPDATEABLE(&e);
	EXPECT_EQ(0x4700, SIGEV_GET_FLAGS(&e));
	EXPECT_EQ(SIGEV_PULSE, SIGEV_GET_TYPE(&e));
	SIGEV_CLEAR_UPDATEABLE(&e);
	SIGEV_CLEAR_CRITICAL(&e);
	SIGEV_CLEAR_OVERDRIVE(&e);
	EXPECT_EQ(0x4000, SIGEV_GET_FLAGS(&e));
	SIGEV_SET_TYPE(&e, SIGEV_NONE);
	EXPECT_EQ(SIGEV_NONE, SIGEV_GET_TYPE(&e));
	EXPECT_EQ(0x4000, SIGEV_GET_FLAGS(&e));
}

/* --- timeouts ------------------------------------------------------------------------------------ */

TEST(TimerTimeout_results)
{
	int chid = ChannelCreate(0);
	uint64_t ns = 60 * 1000 * MS, left = 0;
	struct timespec in = { 60, 0 }, out = { 0, 0 };

	errno = EXDEV;
	EXPECT_EQ(0, TimerTimeout_r(CLOCK_MONOTONIC, _NTO_TIMEOUT_RECEIVE, NULL, &ns, NULL));
	EXPECT_EQ(-EINVAL, TimerTimeout_r(4711, _NTO_TIMEOUT_RECEIVE, NULL, &ns, NULL));
	EXPECT_EQ(EXDEV, errno);
	EXPECT_EQ(-EINVAL, CALL(TimerTimeout(4711, _NTO_TIMEOUT_RECEIVE, NULL, &ns, NULL)));
	/* Set, and asked for by the next one. */
	ASSERT_LE(0, TimerTimeout(CLOCK_MONOTONIC, _NTO_TIMEOUT_SEND, NULL, &ns, NULL));
	EXPECT_EQ(_NTO_TIMEOUT_SEND,
		  TimerTimeout(CLOCK_MONOTONIC, _NTO_TIMEOUT_RECEIVE, NULL, NULL, &left) &
			  (_NTO_TIMEOUT_SEND | _NTO_TIMEOUT_RECEIVE));
	/* Time is left over of a sleep only. */
	EXPECT_EQ(0, left);
	EXPECT_EQ(-ETIMEDOUT, MsgReceive_r(chid, NULL, 0, NULL));
	ASSERT_LE(0, timer_timeout(CLOCK_MONOTONIC, _NTO_TIMEOUT_REPLY, NULL, &in, NULL));
	EXPECT_LE(0, timer_timeout_r(CLOCK_MONOTONIC, _NTO_TIMEOUT_RECEIVE, NULL, NULL, &out));
	EXPECT_EQ(-ETIMEDOUT, MsgReceive_r(chid, NULL, 0, NULL));
	EXPECT_EQ(-EINVAL, timer_timeout_r(4711, _NTO_TIMEOUT_RECEIVE, NULL, NULL, NULL));
}

/* --- what is not there ------------------------------------------------------------------------------ */

static const struct sigevent *handler(void *area, int id)
{
	(void)area;
	(void)id;
	return NULL;
}

TEST(not_there)
{
	struct sigevent event = { .sigev_notify = SIGEV_INTR };
	uint32_t key = 0;

	EXPECT_EQ(-ENOSYS, CALL(MsgKeyData(1, _NTO_KEYDATA_CALCULATE, 0, &key, NULL, 0)));
	EXPECT_EQ(ENOSYS, MsgKeyData_r(1, _NTO_KEYDATA_CALCULATE, 0, &key, NULL, 0));
	EXPECT_EQ(-ENOSYS, CALL(MsgPause(1, 0)));
	EXPECT_EQ(ENOSYS, MsgPause_r(1, 0));
	EXPECT_EQ(-ENOSYS, CALL(InterruptAttach(1, handler, NULL, 0, 0)));
	EXPECT_EQ(-ENOSYS, InterruptAttach_r(1, handler, NULL, 0, 0));
	EXPECT_EQ(-ENOSYS, CALL(InterruptAttachEvent(1, &event, 0)));
	EXPECT_EQ(-ENOSYS, InterruptAttachEvent_r(1, &event, 0));
	EXPECT_EQ(-ENOSYS, CALL(InterruptDetach(1)));
	EXPECT_EQ(ENOSYS, InterruptDetach_r(1));
	EXPECT_EQ(-ENOSYS, CALL(InterruptWait(0, NULL)));
	EXPECT_EQ(ENOSYS, InterruptWait_r(0, NULL));
	EXPECT_EQ(-ENOSYS, CALL(InterruptMask(1, 1)));
	EXPECT_EQ(-ENOSYS, CALL(InterruptUnmask(1, 1)));
}

/* --- numbers and layouts ----------------------------------------------------------------------------- */

TEST(layouts)
{
	EXPECT_EQ(24, sizeof(struct _pulse));
	EXPECT_EQ(0, offsetof(struct _pulse, type));
	EXPECT_EQ(4, offsetof(struct _pulse, code));
	EXPECT_EQ(8, offsetof(struct _pulse, value));
	EXPECT_EQ(16, offsetof(struct _pulse, scoid));
	EXPECT_EQ(64, sizeof(struct _msg_info));
	EXPECT_EQ(8, sizeof(union sigval));
	EXPECT_EQ(32, sizeof(struct sigevent));
	EXPECT_EQ(0x10, _NTO_TIMEOUT_SEND);
	EXPECT_EQ(0x20, _NTO_TIMEOUT_RECEIVE);
	EXPECT_EQ(0x40, _NTO_TIMEOUT_REPLY);
	EXPECT_EQ(0x100, _IO_BASE);
	EXPECT_EQ(0x1ff, _IO_MAX);
	EXPECT_EQ(0x100, _IO_CONNECT);
	EXPECT_EQ(0x113, _IO_MSG);
}

TEST_HARNESS_MAIN
