// SPDX-License-Identifier: GPL-2.0-only
/*
 * The shape of the interface: unknown calls, flags, reserved fields, sizes and
 * addresses of argument structures.  One assertion per refusal, each made with
 * arguments that are valid otherwise.
 */
#include <stddef.h>

#include "kselftest_harness.h"
#include "qipc_test.h"

/* Every call, with the size of its arguments now and in its first version. */
static const struct {
	const char *name;
	unsigned int dir;
	unsigned int nr;
	size_t size;
	size_t first;
} calls[] = {
	{ "GET_FEATURES", _IOC_READ | _IOC_WRITE, 0x20, 48, 48 },
	{ "CHANNEL_CREATE", _IOC_READ | _IOC_WRITE, 0x21, 24, 8 },
	{ "CHANNEL_DESTROY", _IOC_WRITE, 0x22, 8, 8 },
	{ "CHANNEL_FD", _IOC_WRITE, 0x23, 8, 8 },
	{ "CONNECT_ATTACH", _IOC_READ | _IOC_WRITE, 0x24, 24, 24 },
	{ "CONNECT_DETACH", _IOC_WRITE, 0x25, 8, 8 },
	{ "MSG_SEND", _IOC_READ | _IOC_WRITE, 0x28, 64, 56 },
	{ "MSG_RECEIVE", _IOC_READ | _IOC_WRITE, 0x29, 104, 96 },
	{ "MSG_REPLY", _IOC_READ | _IOC_WRITE, 0x2a, 40, 40 },
	{ "MSG_ERROR", _IOC_WRITE, 0x2b, 16, 16 },
	{ "MSG_READ", _IOC_READ | _IOC_WRITE, 0x2c, 48, 48 },
	{ "MSG_WRITE", _IOC_READ | _IOC_WRITE, 0x2d, 48, 48 },
	{ "MSG_INFO", _IOC_READ | _IOC_WRITE, 0x2e, 72, 72 },
	{ "MSG_REPLY_RECEIVE", _IOC_READ | _IOC_WRITE, 0x2f, 152, 144 },
	{ "PULSE_SEND", _IOC_WRITE, 0x30, 24, 24 },
	{ "MSG_CURRENT", _IOC_WRITE, 0x31, 8, 8 },
	{ "EVENT_DELIVER", _IOC_WRITE, 0x32, 40, 40 },
	{ "EVENT_REGISTER", _IOC_READ | _IOC_WRITE, 0x33, 32, 32 },
	{ "EVENT_UNREGISTER", _IOC_WRITE, 0x34, 8, 8 },
	{ "TIMER_CREATE", _IOC_READ | _IOC_WRITE, 0x35, 32, 32 },
	{ "TIMER_SETTIME", _IOC_READ | _IOC_WRITE, 0x36, 40, 40 },
	{ "TIMER_GETTIME", _IOC_READ | _IOC_WRITE, 0x37, 32, 32 },
	{ "TIMER_DELETE", _IOC_WRITE, 0x38, 8, 8 },
	{ "NAME_ATTACH", _IOC_WRITE, 0x39, 32, 32 },
	{ "NAME_DETACH", _IOC_WRITE, 0x3a, 16, 16 },
	{ "NAME_OPEN", _IOC_READ | _IOC_WRITE, 0x3b, 24, 24 },
	{ "CONNECT_FLAGS", _IOC_READ | _IOC_WRITE, 0x3c, 24, 24 },
	{ "CONNECT_SERVER_INFO", _IOC_READ | _IOC_WRITE, 0x3d, 40, 40 },
	{ "CONNECT_CLIENT_INFO", _IOC_READ | _IOC_WRITE, 0x3e, 64, 64 },
	{ "CHANNEL_ACCESS", _IOC_READ | _IOC_WRITE, 0x3f, 24, 24 },
};

#define CALL(i, size)	_IOC(calls[i].dir, QIPC_IOC_TYPE, calls[i].nr, size)

FIXTURE(abi) {
	int session;
	int chid;
	int side;	/* connection to chid */
	int conn;	/* connection to chid that is a descriptor */
	int chfd;	/* descriptor of chid */
	struct peer *client;
	int64_t rcvid;	/* of a message of client, not answered */
	char *reply;	/* of client */
};

/* A channel with a message received and not answered, and a queue that is empty. */
FIXTURE_SETUP(abi)
{
	struct qipc_msg_receive rcv;
	char buf[8];

	self->session = q_open();
	ASSERT_LE(0, self->session);
	self->chid = q_create(self->session, 0);
	ASSERT_EQ(1, self->chid);
	self->side = q_attach_side(self->session, 0, self->chid);
	ASSERT_LE(0, self->side);
	self->conn = q_attach_fd(self->session, 0, self->chid);
	ASSERT_LE(0, self->conn);
	self->chfd = q_channel_fd(self->session, self->chid, QIPC_FD_CLOEXEC);
	ASSERT_LE(0, self->chfd);
	self->reply = shared_alloc(page_size());
	ASSERT_NE(NULL, self->reply);
	self->client = client_start(true, false, self->session, self->chid);
	ASSERT_NE(NULL, self->client);
	peer_send(self->client, "question", 8, self->reply, 8);
	ASSERT_EQ(0, q_receive(self->session, self->chid, buf, sizeof(buf), &rcv));
	self->rcvid = rcv.rcvid;
}

/* Whatever was refused: the message is still unanswered, and nothing was queued. */
FIXTURE_TEARDOWN(abi)
{
	struct qipc_msg_info info;

	EXPECT_TRUE(peer_blocked(self->client));
	EXPECT_TRUE(q_empty(self->session, self->chid));
	EXPECT_EQ(0, q_info(self->session, self->rcvid, &info));
	EXPECT_EQ(0, q_reply(self->session, self->rcvid, 77, "answer", 6));
	EXPECT_EQ(0, peer_wait(self->client));
	EXPECT_EQ(77, self->client->send.status);
	EXPECT_EQ(0, memcmp(self->reply, "answer", 6));
}

/* Arguments with which each call works, in a buffer of any size. */
static void valid_args(FIXTURE_DATA(abi) * self, int i, void *buf)
{
	static char bytes[8];

	memset(buf, 0, calls[i].size);
	switch (calls[i].nr) {
	case 0x22:
	case 0x23:
	case 0x3f:
		((struct qipc_channel_destroy *)buf)->chid = self->chid;
		break;
	case 0x24: {
		struct qipc_connect_attach *arg = buf;

		arg->chid = self->chid;
		arg->index = QIPC_SIDE_CHANNEL;
		break;
	}
	case 0x25:
	case 0x30:
		((struct qipc_connect_detach *)buf)->coid = self->side;
		break;
	case 0x28:
		send_args(buf, self->side, bytes, 8, bytes, 8);
		break;
	case 0x29:
		receive_args(buf, self->chid, bytes, 8, QIPC_BUF | QIPC_NONBLOCK);
		break;
	case 0x2a: {
		struct qipc_msg_reply *arg = buf;

		arg->rcvid = self->rcvid;
		arg->vec = vec_buf(bytes, 8);
		arg->flags = QIPC_BUF;
		break;
	}
	case 0x2b:
		((struct qipc_msg_error *)buf)->rcvid = self->rcvid;
		((struct qipc_msg_error *)buf)->error = EIO;
		break;
	case 0x2c:
	case 0x2d: {
		struct qipc_msg_transfer *arg = buf;

		arg->rcvid = self->rcvid;
		arg->vec = vec_buf(bytes, 8);
		arg->flags = QIPC_BUF;
		break;
	}
	case 0x2e:
		((struct qipc_msg_info_get *)buf)->rcvid = self->rcvid;
		break;
	case 0x2f: {
		struct qipc_msg_reply_receive *arg = buf;

		arg->reply.rcvid = self->rcvid;
		arg->reply.vec = vec_buf(bytes, 8);
		arg->reply.flags = QIPC_BUF;
		receive_args(&arg->receive, self->chid, bytes, 8, QIPC_BUF | QIPC_NONBLOCK);
		break;
	}
	case 0x33:
		((struct qipc_event_register *)buf)->coid = QIPC_EVENT_SELF;
		break;
	case 0x35:
		((struct qipc_timer_create *)buf)->clock = CLOCK_MONOTONIC;
		break;
	case 0x39: {
		struct qipc_name_attach *arg = buf;

		arg->chid = self->chid;
		arg->length = 3;
		arg->name = (uintptr_t)"abi";
		break;
	}
	case 0x3a: {
		struct qipc_name_detach *arg = buf;

		arg->length = 3;
		arg->name = (uintptr_t)"abi";
		break;
	}
	case 0x3b: {
		struct qipc_name_open *arg = buf;

		arg->length = 3;
		arg->name = (uintptr_t)"abi";
		break;
	}
	case 0x3c:
	case 0x3d:
		/* Where pid and coid come first. */
		((struct qipc_connect_flags *)buf)->coid = self->side;
		break;
	case 0x3e:
		((struct qipc_connect_client_info *)buf)->scoid = -1;
		break;
	}
}

#define ALL_CHANNEL_FLAGS                                                                  \
	(QIPC_CHF_FIXED_PRIORITY | QIPC_CHF_UNBLOCK | QIPC_CHF_THREAD_DEATH |              \
	 QIPC_CHF_DISCONNECT | QIPC_CHF_SENDER_LEN | QIPC_CHF_COID_DISCONNECT |            \
	 QIPC_CHF_REPLY_LEN | QIPC_CHF_PULSE_POOL | QIPC_CHF_PRIVATE |                     \
	 QIPC_CHF_INHERIT_RUNMASK | QIPC_CHF_FREE_PLACEMENT)
#define ALL_CONNECT_FLAGS                                                                  \
	(QIPC_COF_CLOEXEC | QIPC_COF_NOINHERIT | QIPC_COF_NOSHARE | QIPC_COF_NOEVENT |     \
	 QIPC_COF_REG_EVENTS)

/* The numbers the header gives are those of the table: sizes are the ABI. */
TEST(numbers_and_sizes)
{
	static const unsigned long requests[] = {
		QIPC_GET_FEATURES, QIPC_CHANNEL_CREATE, QIPC_CHANNEL_DESTROY, QIPC_CHANNEL_FD,
		QIPC_CONNECT_ATTACH, QIPC_CONNECT_DETACH, QIPC_MSG_SEND, QIPC_MSG_RECEIVE,
		QIPC_MSG_REPLY, QIPC_MSG_ERROR, QIPC_MSG_READ, QIPC_MSG_WRITE, QIPC_MSG_INFO,
		QIPC_MSG_REPLY_RECEIVE, QIPC_PULSE_SEND, QIPC_MSG_CURRENT, QIPC_EVENT_DELIVER,
		QIPC_EVENT_REGISTER, QIPC_EVENT_UNREGISTER, QIPC_TIMER_CREATE, QIPC_TIMER_SETTIME,
		QIPC_TIMER_GETTIME, QIPC_TIMER_DELETE, QIPC_NAME_ATTACH, QIPC_NAME_DETACH,
		QIPC_NAME_OPEN, QIPC_CONNECT_FLAGS, QIPC_CONNECT_SERVER_INFO,
		QIPC_CONNECT_CLIENT_INFO, QIPC_CHANNEL_ACCESS,
	};
	size_t i;

	ASSERT_EQ(ARRAY_SIZE(calls), ARRAY_SIZE(requests));
	for (i = 0; i < ARRAY_SIZE(calls); i++) {
		EXPECT_EQ(CALL(i, calls[i].size), requests[i]) {
			TH_LOG("call %s", calls[i].name);
		}
	}
}

TEST_F(abi, features)
{
	const uint64_t all = QIPC_FEATURE_MSG | QIPC_FEATURE_TRANSFER |
			     QIPC_FEATURE_REPLY_RECEIVE | QIPC_FEATURE_POLL |
			     QIPC_FEATURE_FD_CONNECTION | QIPC_FEATURE_PULSE |
			     QIPC_FEATURE_TIMEOUT | QIPC_FEATURE_EVENT | QIPC_FEATURE_TIMER |
			     QIPC_FEATURE_PRIORITY | QIPC_FEATURE_NAME | QIPC_FEATURE_ACCESS |
			     QIPC_FEATURE_CONNECT_INFO;
	struct qipc_features features;

	ASSERT_EQ(0, q_features(self->session, &features));
	EXPECT_EQ(QIPC_ABI_VERSION, features.abi_version);
	EXPECT_LT(0, features.inline_bytes);
	EXPECT_GE(4096, features.inline_bytes);
	EXPECT_EQ(all, features.features);
	EXPECT_EQ(ALL_CHANNEL_FLAGS, features.channel_flags);
	EXPECT_EQ(ALL_CONNECT_FLAGS, features.connect_flags);
	EXPECT_EQ(524288, features.max_parts);
	EXPECT_EQ(INT_MAX, features.max_bytes);
	EXPECT_EQ(0, features.reserved);
}

TEST_F(abi, unknown_ioctls)
{
	static const unsigned int known_by_conn[] = { 0x25, 0x28, 0x30, 0x3d };
	char buf[256] = {};
	unsigned int nr;
	size_t i, j;

	for (nr = 0; nr < 256; nr++) {
		for (i = 0; i < ARRAY_SIZE(calls); i++)
			if (calls[i].nr == nr)
				break;
		if (i < ARRAY_SIZE(calls))
			continue;
		ASSERT_EQ(-ENOTTY, q_ioctl(self->session, _IOWR(QIPC_IOC_TYPE, nr, char[8]), buf));
	}

	for (i = 0; i < ARRAY_SIZE(calls); i++) {
		/* Another letter. */
		EXPECT_EQ(-ENOTTY, q_ioctl(self->session, _IOC(calls[i].dir, 'r', calls[i].nr,
							       calls[i].size), buf));
		/* Another direction. */
		EXPECT_EQ(-ENOTTY, q_ioctl(self->session, _IOC(_IOC_READ, QIPC_IOC_TYPE,
							       calls[i].nr, calls[i].size), buf));
		EXPECT_EQ(-ENOTTY, q_ioctl(self->session, _IOC(_IOC_NONE, QIPC_IOC_TYPE,
							       calls[i].nr, 0), buf));
		/* The descriptor of a channel knows none at all. */
		valid_args(self, i, buf);
		EXPECT_EQ(-ENOTTY, q_ioctl(self->chfd, CALL(i, calls[i].size), buf)) {
			TH_LOG("call %s", calls[i].name);
		}
		/* A connection knows a few. */
		for (j = 0; j < ARRAY_SIZE(known_by_conn); j++)
			if (calls[i].nr == known_by_conn[j])
				break;
		if (j == ARRAY_SIZE(known_by_conn)) {
			EXPECT_EQ(-ENOTTY, q_ioctl(self->conn, CALL(i, calls[i].size), buf)) {
				TH_LOG("call %s", calls[i].name);
			}
		}
	}
	EXPECT_EQ(-ENOTTY, q_ioctl(self->session, 0x5401, buf));	/* TCGETS */
	EXPECT_EQ(-ENOTTY, q_ioctl(self->conn, 0x5401, buf));
	EXPECT_EQ(-ENOTTY, q_ioctl(self->chfd, 0x5401, buf));
}

TEST_F(abi, short_arguments)
{
	char buf[256], copy[256];
	size_t i, cut;

	for (i = 0; i < ARRAY_SIZE(calls); i++) {
		for (cut = 1; cut <= calls[i].first; cut = cut == 1 ? 4 : cut + 4) {
			valid_args(self, i, buf);
			memcpy(copy, buf, sizeof(buf));
			ASSERT_EQ(-EINVAL, q_ioctl(self->session, CALL(i, calls[i].first - cut),
						   buf)) {
				TH_LOG("call %s, %zu bytes short", calls[i].name, cut);
			}
			EXPECT_EQ(0, memcmp(buf, copy, calls[i].size));
		}
	}
	/* Nothing was created. */
	EXPECT_EQ(2, q_create(self->session, 0));
}

/* Arguments of the first version, and of sizes between it and this one, lack nothing. */
TEST_F(abi, grown_arguments)
{
	struct qipc_msg_reply_receive rr;
	struct qipc_channel_create create;
	struct qipc_msg_receive receive;
	struct qipc_msg_send *send;
	struct qipc_pulse pulse;
	size_t size;

	for (size = 8; size < sizeof(create); size += 4) {
		memset(&create, SENTINEL, sizeof(create));
		/* What is behind the size does not count. */
		create.flags = QIPC_CHF_SENDER_LEN;
		if (size > 8)
			memset((char *)&create + 8, 0, size - 8);
		ASSERT_EQ(0, q_ioctl(self->session, CALL(1, size), &create)) {
			TH_LOG("%zu bytes", size);
		}
		EXPECT_EQ(2, create.chid);
		EXPECT_EQ(SENTINEL, ((char *)&create)[sizeof(create) - 1]);
		ASSERT_EQ(0, q_destroy(self->session, 2));
	}
	/* A pool of no pulses is what such a caller would ask for. */
	create = (struct qipc_channel_create){ .flags = QIPC_CHF_PULSE_POOL, .num_pulses = 1 };
	EXPECT_EQ(-EINVAL, q_ioctl(self->session, CALL(1, 8), &create));

	for (size = 96; size < sizeof(receive); size += 4) {
		ASSERT_EQ(0, q_pulse(self->session, self->side, -1, 1, size));
		receive_args(&receive, self->chid, &pulse, sizeof(pulse), QIPC_BUF);
		receive.timeout = size > 96 ? (uint64_t)SENTINEL32 << 32 : SENTINEL64;
		ASSERT_EQ(0, q_ioctl(self->session, CALL(7, size), &receive));
		EXPECT_EQ(0, receive.rcvid);
		EXPECT_EQ(size, pulse.value);

		ASSERT_EQ(0, q_pulse(self->session, self->side, -1, 1, size));
		memset(&rr, 0, sizeof(rr));
		receive_args(&rr.receive, self->chid, &pulse, sizeof(pulse), QIPC_BUF);
		rr.receive.timeout = receive.timeout;
		ASSERT_EQ(0, q_ioctl(self->session, CALL(13, size + 48), &rr));
		EXPECT_EQ(0, rr.receive.rcvid);
		EXPECT_EQ(size, pulse.value);
	}

	/* A send has nobody to receive it here, so it is one of nothing. */
	send = &(struct qipc_msg_send){};
	send_args(send, self->side, NULL, 0, NULL, 0);
	send->coid = self->side + 1000;
	send->timeout = 8;
	EXPECT_EQ(-EFAULT, q_ioctl(self->session, CALL(6, 64), send));
	EXPECT_EQ(-EBADF, q_ioctl(self->session, CALL(6, 56), send));
	send->timeout = 8ULL << 32;
	EXPECT_EQ(-EBADF, q_ioctl(self->session, CALL(6, 60), send));
	EXPECT_EQ(-EINVAL, q_ioctl(self->session, CALL(6, 52), send));
}

TEST_F(abi, long_arguments)
{
	static const size_t extra[] = { 1, 4, 8, 100, 4096, 8192 };
	unsigned char *buf = guarded_alloc(4 * page_size(), false);
	size_t i, j, size;

	ASSERT_NE(NULL, buf);
	ASSERT_LE(4096, page_size());
	for (i = 0; i < ARRAY_SIZE(calls); i++) {
		for (j = 0; j < ARRAY_SIZE(extra); j++) {
			size = calls[i].size + extra[j];

			/* A byte that the module does not know: first, then last. */
			memset(buf, 0, 4 * page_size());
			valid_args(self, i, buf);
			buf[calls[i].size] = 1;
			EXPECT_EQ(-E2BIG, q_ioctl(self->session, CALL(i, size), buf)) {
				TH_LOG("call %s, %zu more", calls[i].name, extra[j]);
			}
			buf[calls[i].size] = 0;
			buf[size - 1] = 0x80;
			EXPECT_EQ(-E2BIG, q_ioctl(self->session, CALL(i, size), buf)) {
				TH_LOG("call %s, %zu more", calls[i].name, extra[j]);
			}
		}
	}
	/* Nothing was created. */
	EXPECT_EQ(2, q_create(self->session, 0));
	EXPECT_EQ(0, q_destroy(self->session, 2));

	/* All zero: taken, and the tail is left alone. */
	for (j = 0; j < ARRAY_SIZE(extra); j++) {
		struct qipc_channel_create *create = (void *)buf;
		struct qipc_msg_transfer *read = (void *)buf;
		char question[9] = "";

		memset(buf, 0, 4 * page_size());
		buf[sizeof(*create) + extra[j]] = SENTINEL;
		EXPECT_EQ(0, q_ioctl(self->session, CALL(1, sizeof(*create) + extra[j]), buf));
		EXPECT_EQ(2, create->chid);
		EXPECT_EQ(0, buf[sizeof(*create)]);
		EXPECT_EQ(0, buf[sizeof(*create) + extra[j] - 1]);
		EXPECT_EQ(SENTINEL, buf[sizeof(*create) + extra[j]]);
		EXPECT_EQ(0, q_destroy(self->session, 2));

		memset(buf, 0, 4 * page_size());
		valid_args(self, 10, buf);
		read->vec = vec_buf(question, 8);
		EXPECT_EQ(0, q_ioctl(self->session, CALL(10, sizeof(*read) + extra[j]), buf));
		EXPECT_EQ(8, read->bytes);
		EXPECT_STREQ("question", question);
	}
}

TEST_F(abi, bad_argument_pointers)
{
	const size_t page = page_size();
	unsigned char *buf = guarded_alloc(page, false);
	uint64_t wild[] = { 0, 8, (uintptr_t)buf + page, 1ULL << 63, ~0ULL - 7, ~0ULL - 4095 };
	size_t i, j;

	ASSERT_NE(NULL, buf);
	for (i = 0; i < ARRAY_SIZE(calls); i++) {
		for (j = 0; j < ARRAY_SIZE(wild); j++) {
			EXPECT_EQ(-EFAULT, q_ioctl(self->session, CALL(i, calls[i].size),
						   (void *)wild[j])) {
				TH_LOG("call %s, address %#llx", calls[i].name,
				       (unsigned long long)wild[j]);
			}
		}
		/* The last byte lies on a page that may not be touched. */
		valid_args(self, i, buf);
		memmove(buf + page - calls[i].size + 1, buf, calls[i].size - 1);
		EXPECT_EQ(-EFAULT, q_ioctl(self->session, CALL(i, calls[i].size),
					   buf + page - calls[i].size + 1)) {
			TH_LOG("call %s", calls[i].name);
		}
	}
	EXPECT_EQ(2, q_create(self->session, 0));
}

/* Results that cannot be told to the caller are not lost, and leak nothing. */
TEST_F(abi, read_only_arguments)
{
	unsigned char *buf = guarded_alloc(page_size(), false);
	int fd, next;

	ASSERT_NE(NULL, buf);

	/* CHANNEL_CREATE */
	valid_args(self, 1, buf);
	ASSERT_EQ(0, mprotect(buf, page_size(), PROT_READ));
	EXPECT_EQ(-EFAULT, q_ioctl(self->session, QIPC_CHANNEL_CREATE, buf));
	EXPECT_EQ(2, q_create(self->session, 0));

	/* CONNECT_ATTACH: neither a side channel nor a descriptor stays behind. */
	next = q_attach_side(self->session, 0, self->chid);
	ASSERT_LE(0, next);
	EXPECT_EQ(0, q_detach(self->session, next));
	ASSERT_EQ(0, mprotect(buf, page_size(), PROT_READ | PROT_WRITE));
	valid_args(self, 4, buf);
	ASSERT_EQ(0, mprotect(buf, page_size(), PROT_READ));
	EXPECT_EQ(-EFAULT, q_ioctl(self->session, QIPC_CONNECT_ATTACH, buf));
	EXPECT_EQ(next, q_attach_side(self->session, 0, self->chid));

	fd = dup(self->session);
	ASSERT_LE(0, fd);
	close(fd);
	ASSERT_EQ(0, mprotect(buf, page_size(), PROT_READ | PROT_WRITE));
	((struct qipc_connect_attach *)buf)->index = 0;
	ASSERT_EQ(0, mprotect(buf, page_size(), PROT_READ));
	EXPECT_EQ(-EFAULT, q_ioctl(self->session, QIPC_CONNECT_ATTACH, buf));
	EXPECT_EQ(fd, q_attach_fd(self->session, 0, self->chid));

	/* MSG_INFO, MSG_READ, GET_FEATURES */
	ASSERT_EQ(0, mprotect(buf, page_size(), PROT_READ | PROT_WRITE));
	valid_args(self, 12, buf);
	ASSERT_EQ(0, mprotect(buf, page_size(), PROT_READ));
	EXPECT_EQ(-EFAULT, q_ioctl(self->session, QIPC_MSG_INFO, buf));
	ASSERT_EQ(0, mprotect(buf, page_size(), PROT_READ | PROT_WRITE));
	valid_args(self, 10, buf);
	ASSERT_EQ(0, mprotect(buf, page_size(), PROT_READ));
	EXPECT_EQ(-EFAULT, q_ioctl(self->session, QIPC_MSG_READ, buf));
	ASSERT_EQ(0, mprotect(buf, page_size(), PROT_READ | PROT_WRITE));
	valid_args(self, 0, buf);
	ASSERT_EQ(0, mprotect(buf, page_size(), PROT_READ));
	EXPECT_EQ(-EFAULT, q_ioctl(self->session, QIPC_GET_FEATURES, buf));
}

/* Offset and width of each flags field, and the bits that are known. */
static const struct {
	int call;
	size_t offset;
	uint32_t known;
} flag_fields[] = {
	{ 1, offsetof(struct qipc_channel_create, flags), ALL_CHANNEL_FLAGS },
	{ 3, offsetof(struct qipc_channel_fd, flags), QIPC_FD_CLOEXEC },
	{ 4, offsetof(struct qipc_connect_attach, flags), ALL_CONNECT_FLAGS },
	{ 6, offsetof(struct qipc_msg_send, flags), QIPC_SEND_BUF | QIPC_REPLY_BUF },
	{ 7, offsetof(struct qipc_msg_receive, flags), QIPC_BUF | QIPC_NONBLOCK | QIPC_PULSE_ONLY },
	{ 8, offsetof(struct qipc_msg_reply, flags), QIPC_BUF },
	{ 10, offsetof(struct qipc_msg_transfer, flags), QIPC_BUF },
	{ 11, offsetof(struct qipc_msg_transfer, flags), QIPC_BUF },
	{ 13, offsetof(struct qipc_msg_reply_receive, reply.flags), QIPC_BUF },
	{ 13, offsetof(struct qipc_msg_reply_receive, receive.flags),
	  QIPC_BUF | QIPC_NONBLOCK | QIPC_PULSE_ONLY },
	{ 16, offsetof(struct qipc_event_deliver, flags), QIPC_EVENT_VERIFY },
	{ 20, offsetof(struct qipc_timer_settime, flags), QIPC_TIME_ABSOLUTE },
	{ 23, offsetof(struct qipc_name_attach, flags), QIPC_NAME_ACCESS },
	{ 25, offsetof(struct qipc_name_open, flags), ALL_CONNECT_FLAGS },
	{ 27, offsetof(struct qipc_connect_server_info, flags), QIPC_SERVER_INFO_LIVE },
	{ 29, offsetof(struct qipc_channel_access, set),
	  QIPC_ACCESS_MODE | QIPC_ACCESS_UID | QIPC_ACCESS_GID | QIPC_ACCESS_CEILING },
};

TEST_F(abi, unknown_flags)
{
	unsigned char buf[256], copy[256];
	uint32_t flags;
	size_t i;
	int bit, call;

	for (i = 0; i < ARRAY_SIZE(flag_fields); i++) {
		call = flag_fields[i].call;
		for (bit = 0; bit < 32; bit++) {
			if (flag_fields[i].known & (1U << bit))
				continue;
			valid_args(self, call, buf);
			memcpy(&flags, buf + flag_fields[i].offset, 4);
			flags |= 1U << bit;
			memcpy(buf + flag_fields[i].offset, &flags, 4);
			memcpy(copy, buf, sizeof(buf));
			EXPECT_EQ(-EINVAL, q_ioctl(self->session, CALL(call, calls[call].size),
						   buf)) {
				TH_LOG("call %s, bit %d", calls[call].name, bit);
			}
			EXPECT_EQ(0, memcmp(buf, copy, calls[call].size));
		}
	}
	EXPECT_EQ(2, q_create(self->session, 0));
}

/* What the module says it takes, it takes: every channel flag, alone and all. */
TEST_F(abi, known_channel_flags)
{
	struct qipc_event none = event_of_kind(QIPC_EVENT_NONE);
	struct qipc_features features;
	int bit, chid;

	ASSERT_EQ(0, q_features(self->session, &features));
	for (bit = 0; bit < 32; bit++) {
		if (1U << bit == QIPC_CHF_PULSE_POOL)
			chid = q_create_pool(self->session, 0, 1, 0, &none);
		else
			chid = q_create(self->session, 1U << bit);
		if (features.channel_flags & (1ULL << bit)) {
			EXPECT_EQ(2, chid);
			EXPECT_EQ(0, q_destroy(self->session, chid));
		} else {
			EXPECT_EQ(-EINVAL, chid);
		}
	}
	EXPECT_EQ(2, q_create_pool(self->session, features.channel_flags, 1, 0, &none));
}

/* A connection descriptor checks the flags of a send like a session does. */
TEST_F(abi, unknown_flags_on_connection)
{
	struct qipc_msg_send arg;
	int bit;

	for (bit = 0; bit < 32; bit++) {
		if ((QIPC_SEND_BUF | QIPC_REPLY_BUF) & (1U << bit))
			continue;
		send_args(&arg, self->conn, "x", 1, NULL, 0);
		arg.flags |= 1U << bit;
		EXPECT_EQ(-EINVAL, q_ioctl(self->conn, QIPC_MSG_SEND, &arg));
		EXPECT_EQ(SENTINEL64, arg.status);
	}
}

static const struct {
	int call;
	size_t offset;
} reserved_fields[] = {
	{ 0, offsetof(struct qipc_features, reserved) },
	{ 2, offsetof(struct qipc_channel_destroy, reserved) },
	{ 5, offsetof(struct qipc_connect_detach, reserved) },
	{ 9, offsetof(struct qipc_msg_error, reserved) },
	{ 13, offsetof(struct qipc_msg_reply_receive, reserved) },
	{ 14, offsetof(struct qipc_pulse_send, reserved) },
	{ 16, offsetof(struct qipc_event_deliver, event.reserved) },
	{ 16, offsetof(struct qipc_event_deliver, reserved) },
	{ 17, offsetof(struct qipc_event_register, event.reserved) },
	{ 18, offsetof(struct qipc_event_unregister, reserved) },
	{ 19, offsetof(struct qipc_timer_create, event.reserved) },
	{ 21, offsetof(struct qipc_timer_gettime, reserved) },
	{ 22, offsetof(struct qipc_timer_delete, reserved) },
	{ 24, offsetof(struct qipc_name_detach, reserved) },
	{ 25, offsetof(struct qipc_name_open, reserved) },
	{ 26, offsetof(struct qipc_connect_flags, reserved) },
	{ 27, offsetof(struct qipc_connect_server_info, reserved) },
};

TEST_F(abi, reserved_fields)
{
	unsigned char buf[256];
	uint32_t value;
	size_t i;
	int call;

	for (i = 0; i < ARRAY_SIZE(reserved_fields); i++) {
		call = reserved_fields[i].call;
		for (value = 1; value; value <<= 1) {
			valid_args(self, call, buf);
			memcpy(buf + reserved_fields[i].offset, &value, 4);
			EXPECT_EQ(-EINVAL, q_ioctl(self->session, CALL(call, calls[call].size),
						   buf)) {
				TH_LOG("call %s, value %#x", calls[call].name, value);
			}
		}
	}
	/* The channel is still there, and so is the connection. */
	EXPECT_EQ(-EAGAIN, q_empty(self->session, self->chid) ? -EAGAIN : 0);
	EXPECT_EQ(0, q_detach(self->session, self->side));
}

/* Input fields come back as they went in, also from calls that succeed. */
TEST_F(abi, inputs_are_not_modified)
{
	struct qipc_msg_transfer transfer, transfer_copy;
	struct qipc_msg_receive receive, receive_copy;
	struct qipc_connect_attach attach = {
		.chid = self->chid,
		.index = QIPC_SIDE_CHANNEL | 5,
		.flags = QIPC_COF_NOSHARE | QIPC_COF_CLOEXEC,
	};
	struct qipc_connect_attach attach_copy = attach;
	struct qipc_channel_create create = { .flags = QIPC_CHF_SENDER_LEN };
	struct peer *client;
	char buf[16];

	ASSERT_EQ(0, q_ioctl(self->session, QIPC_CHANNEL_CREATE, &create));
	EXPECT_EQ(QIPC_CHF_SENDER_LEN, create.flags);
	ASSERT_EQ(0, q_ioctl(self->session, QIPC_CONNECT_ATTACH, &attach));
	EXPECT_EQ(0, memcmp(&attach, &attach_copy, offsetof(struct qipc_connect_attach, coid)));

	valid_args(self, 10, &transfer);
	transfer.vec = vec_buf(buf, 16);
	transfer.offset = 3;
	transfer_copy = transfer;
	ASSERT_EQ(0, q_ioctl(self->session, QIPC_MSG_READ, &transfer));
	EXPECT_EQ(5, transfer.bytes);
	EXPECT_EQ(QIPC_SIDE_NONE, transfer.side);
	transfer_copy.bytes = transfer.bytes;
	transfer_copy.side = transfer.side;
	EXPECT_EQ(0, memcmp(&transfer, &transfer_copy, sizeof(transfer)));

	client = client_start(true, false, self->session, self->chid);
	ASSERT_NE(NULL, client);
	peer_send(client, "abc", 3, self->reply + 100, 3);
	receive_args(&receive, self->chid, buf, 16, QIPC_BUF);
	receive_copy = receive;
	ASSERT_EQ(0, q_ioctl(self->session, QIPC_MSG_RECEIVE, &receive));
	EXPECT_EQ(0, memcmp(&receive, &receive_copy, offsetof(struct qipc_msg_receive, rcvid)));
	EXPECT_EQ(0, q_reply(self->session, receive.rcvid, 5, "def", 3));
	ASSERT_EQ(0, peer_wait(client));
	EXPECT_TRUE(send_inputs_kept(&client->send, client->coid, "abc", 3, self->reply + 100, 3));
	peer_kill(client);
}

/* The device knows ioctls and nothing else. */
TEST_F(abi, no_other_file_operations)
{
	char buf[8];

	EXPECT_GT(0, read(self->session, buf, sizeof(buf)));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_GT(0, write(self->session, buf, sizeof(buf)));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(MAP_FAILED, mmap(NULL, page_size(), PROT_READ, MAP_SHARED, self->session, 0));
	EXPECT_GT(0, read(self->conn, buf, sizeof(buf)));
	EXPECT_GT(0, write(self->conn, buf, sizeof(buf)));
	EXPECT_GT(0, read(self->chfd, buf, sizeof(buf)));
	EXPECT_GT(0, write(self->chfd, buf, sizeof(buf)));
}

/* 32-bit programs have the same layout; their calls come through compat_ioctl. */
static long job_compat_send(struct peer *peer)
{
	struct qipc_msg_send *arg = peer->memory;

	return compat_ioctl(peer->fd, QIPC_MSG_SEND, arg);
}

TEST_F(abi, compat_callers)
{
	struct qipc_channel_create *create;
	struct qipc_pulse_send *pulse;
	struct qipc_msg_receive rcv;
	struct qipc_msg_send *send;
	struct qipc_pulse got;
	struct peer *client;
	char buf[16];
	void *low;

	if (!have_compat())
		SKIP(return, "the kernel does not run 32-bit system calls");
	low = mmap(NULL, page_size(), PROT_READ | PROT_WRITE,
		   MAP_SHARED | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	ASSERT_NE(MAP_FAILED, low);

	create = low;
	EXPECT_EQ(0, compat_ioctl(self->session, QIPC_CHANNEL_CREATE, create));
	EXPECT_EQ(2, create->chid);
	EXPECT_EQ(-ENOTTY, compat_ioctl(self->chfd, QIPC_CHANNEL_CREATE, create));

	/* Pulses, and addresses that lie in arguments. */
	pulse = low;
	*pulse = (struct qipc_pulse_send){
		.coid = self->side, .priority = -1, .code = -7, .value = UINT64_MAX,
	};
	EXPECT_EQ(0, compat_ioctl(self->session, QIPC_PULSE_SEND, pulse));
	EXPECT_EQ(0, q_receive_pulse_now(self->session, self->chid, &got));
	EXPECT_EQ(-7, got.code);
	EXPECT_EQ(UINT64_MAX, got.value);
	*(struct qipc_timeout *)(low + 512) = timeout_in(QIPC_TIMEOUT_RECEIVE, 1000000);
	receive_args(low, self->chid, low + 1024, 64, QIPC_BUF);
	((struct qipc_msg_receive *)low)->timeout = (uintptr_t)low + 512;
	EXPECT_EQ(-ETIMEDOUT, compat_ioctl(self->session, QIPC_MSG_RECEIVE, low));

	client = client_start(true, true, self->session, self->chid);
	ASSERT_NE(NULL, client);
	send = low;
	send_args(send, client->coid, low + 512, 10, low + 1024, 10);
	memcpy(low + 512, "thirty-two", 10);
	client->memory = low;
	peer_go(client, job_compat_send);
	ASSERT_EQ(0, q_receive(self->session, self->chid, buf, sizeof(buf), &rcv));
	EXPECT_EQ(10, rcv.info.msglen);
	EXPECT_EQ(10, rcv.info.srcmsglen);
	EXPECT_EQ(10, rcv.info.dstmsglen);
	EXPECT_EQ(client->coid, rcv.info.coid);
	EXPECT_EQ(0, rcv.info.flags);
	EXPECT_EQ(0, memcmp(buf, "thirty-two", 10));
	EXPECT_EQ(0, q_reply(self->session, rcv.rcvid, -7, "sixty-four", 10));
	EXPECT_EQ(0, peer_wait(client));
	EXPECT_EQ(-7, send->status);
	EXPECT_EQ(0, send->error);
	EXPECT_EQ(0, memcmp(low + 1024, "sixty-four", 10));
	peer_kill(client);
}

TEST_HARNESS_MAIN
