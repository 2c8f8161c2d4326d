// SPDX-License-Identifier: GPL-2.0-only
/*
 * What calls take and what they give back: the edges of each number in each
 * argument, from 64 and 32 bits, and bytes that nobody has written.
 *
 * timeout 180
 */
#include <poll.h>
#include <stddef.h>
#include <sys/xattr.h>

#include "kselftest_harness.h"
#include "qipc_test.h"

FIXTURE(edges) {
	int session;
	int chid;
	struct peer *client;	/* a process, connected to chid */
	unsigned char *mem;	/* shared with it */
};

FIXTURE_SETUP(edges)
{
	self->session = q_open();
	ASSERT_LE(0, self->session);
	self->chid = q_create(self->session, 0);
	ASSERT_LT(0, self->chid);
	/* The client has it as well. */
	self->mem = shared_alloc(page_size());
	ASSERT_NE(NULL, self->mem);
	self->client = client_start(true, false, self->session, self->chid);
	ASSERT_NE(NULL, self->client);
}

FIXTURE_TEARDOWN(edges)
{
	peer_kill(self->client);
}

/* --- the edges of the integers --------------------------------------------------------------- */

/* A field of an argument. */
struct field {
	const char *name;
	unsigned long request;
	size_t size;		/* of the structure */
	size_t offset;		/* of the field */
	size_t width;
};

#define FIELD(request, type, member) \
	{ #request " " #member, request, sizeof(struct type), offsetof(struct type, member), \
	  sizeof(((struct type *)0)->member) }

static const struct field fields[] = {
	FIELD(QIPC_GET_FEATURES, qipc_features, reserved),
	FIELD(QIPC_CHANNEL_CREATE, qipc_channel_create, flags),
	FIELD(QIPC_CHANNEL_CREATE, qipc_channel_create, num_pulses),
	FIELD(QIPC_CHANNEL_CREATE, qipc_channel_create, rearm),
	FIELD(QIPC_CHANNEL_CREATE, qipc_channel_create, event),
	FIELD(QIPC_CHANNEL_ACCESS, qipc_channel_access, chid),
	FIELD(QIPC_CHANNEL_ACCESS, qipc_channel_access, set),
	FIELD(QIPC_CHANNEL_DESTROY, qipc_channel_destroy, chid),
	FIELD(QIPC_CHANNEL_FD, qipc_channel_fd, chid),
	FIELD(QIPC_CHANNEL_FD, qipc_channel_fd, flags),
	FIELD(QIPC_CONNECT_ATTACH, qipc_connect_attach, nd),
	FIELD(QIPC_CONNECT_ATTACH, qipc_connect_attach, pid),
	FIELD(QIPC_CONNECT_ATTACH, qipc_connect_attach, chid),
	FIELD(QIPC_CONNECT_ATTACH, qipc_connect_attach, index),
	FIELD(QIPC_CONNECT_ATTACH, qipc_connect_attach, flags),
	FIELD(QIPC_CONNECT_DETACH, qipc_connect_detach, coid),
	FIELD(QIPC_CONNECT_FLAGS, qipc_connect_flags, pid),
	FIELD(QIPC_CONNECT_FLAGS, qipc_connect_flags, coid),
	FIELD(QIPC_CONNECT_FLAGS, qipc_connect_flags, mask),
	FIELD(QIPC_CONNECT_SERVER_INFO, qipc_connect_server_info, pid),
	FIELD(QIPC_CONNECT_SERVER_INFO, qipc_connect_server_info, coid),
	FIELD(QIPC_CONNECT_SERVER_INFO, qipc_connect_server_info, flags),
	FIELD(QIPC_CONNECT_CLIENT_INFO, qipc_connect_client_info, scoid),
	FIELD(QIPC_CONNECT_CLIENT_INFO, qipc_connect_client_info, max_groups),
	FIELD(QIPC_CONNECT_CLIENT_INFO, qipc_connect_client_info, groups),
	FIELD(QIPC_NAME_ATTACH, qipc_name_attach, chid),
	FIELD(QIPC_NAME_ATTACH, qipc_name_attach, length),
	FIELD(QIPC_NAME_ATTACH, qipc_name_attach, name),
	FIELD(QIPC_NAME_DETACH, qipc_name_detach, length),
	FIELD(QIPC_NAME_DETACH, qipc_name_detach, name),
	FIELD(QIPC_NAME_OPEN, qipc_name_open, length),
	FIELD(QIPC_NAME_OPEN, qipc_name_open, name),
	FIELD(QIPC_MSG_SEND, qipc_msg_send, coid),
	FIELD(QIPC_MSG_SEND, qipc_msg_send, flags),
	FIELD(QIPC_MSG_SEND, qipc_msg_send, send.base),
	FIELD(QIPC_MSG_SEND, qipc_msg_send, send.count),
	FIELD(QIPC_MSG_SEND, qipc_msg_send, reply.base),
	FIELD(QIPC_MSG_SEND, qipc_msg_send, reply.count),
	FIELD(QIPC_MSG_RECEIVE, qipc_msg_receive, chid),
	FIELD(QIPC_MSG_RECEIVE, qipc_msg_receive, vec.base),
	FIELD(QIPC_MSG_RECEIVE, qipc_msg_receive, vec.count),
	FIELD(QIPC_MSG_REPLY, qipc_msg_reply, rcvid),
	FIELD(QIPC_MSG_REPLY, qipc_msg_reply, status),
	FIELD(QIPC_MSG_REPLY, qipc_msg_reply, vec.base),
	FIELD(QIPC_MSG_REPLY, qipc_msg_reply, vec.count),
	FIELD(QIPC_MSG_REPLY, qipc_msg_reply, flags),
	FIELD(QIPC_MSG_REPLY_RECEIVE, qipc_msg_reply_receive, reply.rcvid),
	FIELD(QIPC_MSG_REPLY_RECEIVE, qipc_msg_reply_receive, reply.vec.base),
	FIELD(QIPC_MSG_REPLY_RECEIVE, qipc_msg_reply_receive, reply.vec.count),
	FIELD(QIPC_MSG_REPLY_RECEIVE, qipc_msg_reply_receive, reply.flags),
	FIELD(QIPC_MSG_REPLY_RECEIVE, qipc_msg_reply_receive, reserved),
	FIELD(QIPC_MSG_REPLY_RECEIVE, qipc_msg_reply_receive, receive.chid),
	FIELD(QIPC_MSG_REPLY_RECEIVE, qipc_msg_reply_receive, receive.vec.base),
	FIELD(QIPC_MSG_REPLY_RECEIVE, qipc_msg_reply_receive, receive.vec.count),
	FIELD(QIPC_MSG_ERROR, qipc_msg_error, rcvid),
	FIELD(QIPC_MSG_ERROR, qipc_msg_error, error),
	FIELD(QIPC_MSG_READ, qipc_msg_transfer, rcvid),
	FIELD(QIPC_MSG_READ, qipc_msg_transfer, offset),
	FIELD(QIPC_MSG_READ, qipc_msg_transfer, vec.base),
	FIELD(QIPC_MSG_READ, qipc_msg_transfer, vec.count),
	FIELD(QIPC_MSG_READ, qipc_msg_transfer, flags),
	FIELD(QIPC_MSG_WRITE, qipc_msg_transfer, offset),
	FIELD(QIPC_MSG_WRITE, qipc_msg_transfer, vec.base),
	FIELD(QIPC_MSG_WRITE, qipc_msg_transfer, vec.count),
	FIELD(QIPC_MSG_INFO, qipc_msg_info_get, rcvid),
	FIELD(QIPC_MSG_CURRENT, qipc_msg_current, rcvid),
	FIELD(QIPC_PULSE_SEND, qipc_pulse_send, coid),
	FIELD(QIPC_PULSE_SEND, qipc_pulse_send, priority),
	FIELD(QIPC_PULSE_SEND, qipc_pulse_send, code),
	FIELD(QIPC_EVENT_DELIVER, qipc_event_deliver, rcvid),
	FIELD(QIPC_EVENT_DELIVER, qipc_event_deliver, event.target),
	FIELD(QIPC_EVENT_DELIVER, qipc_event_deliver, event.code),
	FIELD(QIPC_EVENT_DELIVER, qipc_event_deliver, event.priority),
	FIELD(QIPC_EVENT_DELIVER, qipc_event_deliver, flags),
	FIELD(QIPC_EVENT_REGISTER, qipc_event_register, coid),
	FIELD(QIPC_EVENT_REGISTER, qipc_event_register, event.notify),
	FIELD(QIPC_EVENT_REGISTER, qipc_event_register, event.target),
	FIELD(QIPC_EVENT_REGISTER, qipc_event_register, event.code),
	FIELD(QIPC_EVENT_REGISTER, qipc_event_register, event.priority),
	FIELD(QIPC_EVENT_UNREGISTER, qipc_event_unregister, handle),
	FIELD(QIPC_TIMER_CREATE, qipc_timer_create, clock),
	FIELD(QIPC_TIMER_CREATE, qipc_timer_create, event.target),
	FIELD(QIPC_TIMER_SETTIME, qipc_timer_settime, timer),
	FIELD(QIPC_TIMER_SETTIME, qipc_timer_settime, flags),
	FIELD(QIPC_TIMER_SETTIME, qipc_timer_settime, value),
	FIELD(QIPC_TIMER_SETTIME, qipc_timer_settime, interval),
	FIELD(QIPC_TIMER_GETTIME, qipc_timer_gettime, timer),
	FIELD(QIPC_TIMER_DELETE, qipc_timer_delete, timer),
};

static const uint64_t edge_values[] = {
	0, 1, 2, 7, 8, 9, 255, 256, 257, 4095, 4096, 4097, 32767, 32768, 65535, 65536, 524288,
	524289, 0x3fffffff, 0x40000000, 0x40000001, INT_MAX - 1, INT_MAX, 0x80000000, 0x80000001,
	UINT_MAX - 1, UINT_MAX, 0x100000000, 0x100000001, 0x7ffffffff000, 0x800000000000,
	0x7ffffffffffffffe, INT64_MAX, 0x8000000000000000, 0x8000000000000001,
	0xffff800000000000, 0xffff888000000000, 0xffffffff81000000, UINT64_MAX - 4096,
	UINT64_MAX - 7, UINT64_MAX - 1, UINT64_MAX,
};

/* What is there for the calls to work on. */
struct scene {
	int session, chid, coid, timer, handle, scoid;
	int64_t rcvid;
	struct peer *client;
	unsigned char *low;	/* memory that 32 bits can name; the page behind it cannot be touched */
};

/* One message that waits for its answer, if there is none. */
static int settle(struct scene *scene)
{
	struct qipc_timeout soon = timeout_in(QIPC_TIMEOUT_RECEIVE, PATIENCE_MS * 1000000LL);
	struct qipc_msg_receive rcv;
	struct qipc_msg_info info;
	struct qipc_pulse pulse;
	int ret;

	while (!q_receive_pulse_now(scene->session, scene->chid, &pulse))
		;
	if (scene->rcvid && !q_info(scene->session, scene->rcvid, &info))
		return 0;
	if (scene->rcvid)
		peer_wait(scene->client);
	peer_send(scene->client, scene->client->memory, 1000, scene->client->memory, 1000);
	ret = q_receive_timeout(scene->session, scene->chid, scene->low + 2048, 1000, &soon,
				&rcv);
	scene->rcvid = rcv.rcvid;
	scene->scoid = rcv.info.scoid;
	return ret;
}

/* An argument that is right in all fields; what it names is 256 bytes at low + 1024. */
static void right_argument(const struct scene *scene, unsigned long request, void *arg)
{
	unsigned char *mem = scene->low + 1024;
	struct qipc_vec vec = vec_buf(mem, 256);
	struct qipc_event pulse = event_pulse(scene->coid, -1, 1, 2);

	memset(arg, 0, 512);
	memcpy(mem, "edge", 4);
	switch (request) {
	case QIPC_CHANNEL_CREATE:
		((struct qipc_channel_create *)arg)->flags = QIPC_CHF_PULSE_POOL;
		((struct qipc_channel_create *)arg)->num_pulses = 5;
		break;
	case QIPC_CHANNEL_ACCESS:
		((struct qipc_channel_access *)arg)->chid = scene->chid;
		break;
	case QIPC_CHANNEL_DESTROY:
		((struct qipc_channel_destroy *)arg)->chid = 0;
		break;
	case QIPC_CHANNEL_FD:
		((struct qipc_channel_fd *)arg)->chid = scene->chid;
		break;
	case QIPC_CONNECT_ATTACH:
		((struct qipc_connect_attach *)arg)->chid = scene->chid;
		((struct qipc_connect_attach *)arg)->index = QIPC_SIDE_CHANNEL;
		break;
	case QIPC_CONNECT_FLAGS:
		((struct qipc_connect_flags *)arg)->coid = scene->coid;
		break;
	case QIPC_CONNECT_SERVER_INFO:
		((struct qipc_connect_server_info *)arg)->coid = scene->coid;
		break;
	case QIPC_CONNECT_CLIENT_INFO:
		((struct qipc_connect_client_info *)arg)->scoid = scene->scoid;
		((struct qipc_connect_client_info *)arg)->max_groups = 16;
		((struct qipc_connect_client_info *)arg)->groups = (uintptr_t)mem;
		break;
	case QIPC_NAME_ATTACH:
		((struct qipc_name_attach *)arg)->chid = scene->chid;
		((struct qipc_name_attach *)arg)->length = 4;
		((struct qipc_name_attach *)arg)->name = (uintptr_t)mem;
		break;
	case QIPC_NAME_DETACH:
		((struct qipc_name_detach *)arg)->length = 4;
		((struct qipc_name_detach *)arg)->name = (uintptr_t)mem;
		break;
	case QIPC_NAME_OPEN:
		((struct qipc_name_open *)arg)->length = 4;
		((struct qipc_name_open *)arg)->name = (uintptr_t)mem;
		break;
	case QIPC_MSG_SEND:
		((struct qipc_msg_send *)arg)->coid = scene->coid;
		((struct qipc_msg_send *)arg)->flags = QIPC_SEND_BUF | QIPC_REPLY_BUF;
		((struct qipc_msg_send *)arg)->send = vec;
		((struct qipc_msg_send *)arg)->reply = vec;
		/* It does not wait: nobody receives. */
		*(struct qipc_timeout *)(scene->low + 2048) =
			timeout_in(QIPC_TIMEOUT_SEND | QIPC_TIMEOUT_REPLY, 0);
		((struct qipc_msg_send *)arg)->timeout = (uintptr_t)scene->low + 2048;
		break;
	case QIPC_MSG_RECEIVE:
		((struct qipc_msg_receive *)arg)->chid = scene->chid;
		((struct qipc_msg_receive *)arg)->flags = QIPC_BUF | QIPC_NONBLOCK;
		((struct qipc_msg_receive *)arg)->vec = vec;
		break;
	case QIPC_MSG_REPLY:
		((struct qipc_msg_reply *)arg)->rcvid = scene->rcvid;
		((struct qipc_msg_reply *)arg)->vec = vec;
		((struct qipc_msg_reply *)arg)->flags = QIPC_BUF;
		break;
	case QIPC_MSG_REPLY_RECEIVE:
		((struct qipc_msg_reply_receive *)arg)->reply.rcvid = scene->rcvid;
		((struct qipc_msg_reply_receive *)arg)->reply.vec = vec;
		((struct qipc_msg_reply_receive *)arg)->reply.flags = QIPC_BUF;
		((struct qipc_msg_reply_receive *)arg)->receive.chid = scene->chid;
		((struct qipc_msg_reply_receive *)arg)->receive.flags = QIPC_BUF | QIPC_NONBLOCK;
		((struct qipc_msg_reply_receive *)arg)->receive.vec = vec;
		break;
	case QIPC_MSG_ERROR:
		((struct qipc_msg_error *)arg)->rcvid = scene->rcvid;
		((struct qipc_msg_error *)arg)->error = EIO;
		break;
	case QIPC_MSG_READ:
	case QIPC_MSG_WRITE:
		((struct qipc_msg_transfer *)arg)->rcvid = scene->rcvid;
		((struct qipc_msg_transfer *)arg)->vec = vec;
		((struct qipc_msg_transfer *)arg)->flags = QIPC_BUF;
		break;
	case QIPC_MSG_INFO:
	case QIPC_MSG_CURRENT:
		((struct qipc_msg_current *)arg)->rcvid = scene->rcvid;
		break;
	case QIPC_PULSE_SEND:
		((struct qipc_pulse_send *)arg)->coid = scene->coid;
		((struct qipc_pulse_send *)arg)->priority = -1;
		break;
	case QIPC_EVENT_DELIVER:
		((struct qipc_event_deliver *)arg)->rcvid = scene->rcvid;
		((struct qipc_event_deliver *)arg)->event = event_handle(scene->handle, 1);
		break;
	case QIPC_EVENT_REGISTER:
		((struct qipc_event_register *)arg)->event = pulse;
		((struct qipc_event_register *)arg)->coid = QIPC_EVENT_SELF;
		break;
	case QIPC_TIMER_CREATE:
		((struct qipc_timer_create *)arg)->clock = CLOCK_MONOTONIC;
		((struct qipc_timer_create *)arg)->event = pulse;
		break;
	case QIPC_TIMER_SETTIME:
		((struct qipc_timer_settime *)arg)->timer = scene->timer;
		((struct qipc_timer_settime *)arg)->value = 1ULL << 60;
		break;
	case QIPC_TIMER_GETTIME:
		((struct qipc_timer_gettime *)arg)->timer = scene->timer;
		break;
	}
}

/* What an edge may lead to; anything else is a surprise. */
static bool is_documented(int ret)
{
	switch (ret) {
	case -EINVAL: case -EFAULT: case -EOVERFLOW: case -ESRCH: case -EBADF: case -EAGAIN:
	case -ETIMEDOUT: case -ENOENT: case -ENAMETOOLONG: case -ENONET: case -EPERM:
	case -EACCES: case -ENOMEM: case -EMFILE: case -EEXIST: case -EBUSY: case -ENOTTY:
	case -EOPNOTSUPP:
		return true;
	default:
		return ret >= 0 && ret < 1024;
	}
}

/* Where documents say exactly what comes of it: 1 there is an expectation, and it is *ret. */
static bool expected(const struct field *field, uint64_t value, int *ret, int64_t *bytes)
{
	const size_t count = offsetof(struct qipc_msg_transfer, vec.count);
	const size_t base = offsetof(struct qipc_msg_transfer, vec.base);
	bool read = field->request == QIPC_MSG_READ;

	*bytes = -1;
	if (field->request != QIPC_MSG_READ && field->request != QIPC_MSG_WRITE)
		return false;
	*ret = 0;
	if (field->offset == offsetof(struct qipc_msg_transfer, offset)) {
		*bytes = value >= 1000 ? 0 : 1000 - value < 256 ? 1000 - value : 256;
		return true;
	}
	/* The message has 1000 bytes; behind 3072 is what cannot be touched. */
	if (field->offset == count) {
		*bytes = value < 1000 ? value : 1000;
		if (value > INT_MAX)
			*ret = value > UINT64_MAX / 2 || value >= 0x7ffffffff000 ? 1 : -EOVERFLOW;
		return *ret != 1;
	}
	if (field->offset == base && value >= 0x800000000000) {
		*ret = -EFAULT;
		return true;
	}
	(void)read;
	return false;
}

/* Puts each edge into each field of an argument that is right otherwise; the first surprise, or -1. */
static long walk_edges(struct scene *scene, bool compat, char *what, size_t len)
{
	int (*call)(int fd, unsigned long request, void *arg) = compat ? compat_ioctl : q_ioctl;
	/* At the end of the memory that there is: nothing behind the structure can be written. */
	unsigned char *end = scene->low + 2 * page_size();
	int session, ret, want;
	size_t f, v;
	int64_t bytes;
	long tries = 0;

	for (f = 0; f < ARRAY_SIZE(fields); f++) {
		const struct field *field = &fields[f];

		for (v = 0; v < ARRAY_SIZE(edge_values); v++) {
			unsigned char *arg = end - field->size;
			unsigned char copy[512];

			if (settle(scene)) {
				snprintf(what, len, "no message after %s", field->name);
				return -1;
			}
			/* What a call makes is made in a session that goes. */
			session = scene->session;
			if (field->request == QIPC_CHANNEL_CREATE ||
			    field->request == QIPC_TIMER_CREATE ||
			    field->request == QIPC_TIMER_DELETE ||
			    field->request == QIPC_CHANNEL_DESTROY ||
			    field->request == QIPC_CONNECT_DETACH)
				session = q_open();
			right_argument(scene, field->request, copy);
			memcpy(copy + field->offset, &edge_values[v], field->width);
			memcpy(arg, copy, field->size);
			ret = call(session, field->request, arg);
			tries++;
			if (field->request == QIPC_CHANNEL_FD && ret >= 0)
				close(ret);
			if (field->request == QIPC_CONNECT_ATTACH && !ret) {
				struct qipc_connect_attach *done = (void *)arg;

				q_detach(session, done->coid);
				if (!(done->coid & QIPC_SIDE_CHANNEL))
					close(done->coid);
			}
			if (field->request == QIPC_EVENT_REGISTER && !ret)
				q_unregister(session, ((struct qipc_event_register *)arg)->handle);
			if (session != scene->session)
				close(session);
			if (!is_documented(ret) ||
			    (expected(field, edge_values[v], &want, &bytes) &&
			     (ret != want ||
			      (!ret && ((struct qipc_msg_transfer *)arg)->bytes != bytes)))) {
				snprintf(what, len, "%s = %llx: %d, %lld bytes", field->name,
					 (unsigned long long)edge_values[v], ret,
					 (long long)((struct qipc_msg_transfer *)arg)->bytes);
				return -1;
			}
		}
	}
	return tries;
}

static int set_scene(struct scene *scene, int session, int chid, struct peer *client, void *mem)
{
	scene->session = session;
	scene->chid = chid;
	scene->client = client;
	client->memory = mem;
	scene->coid = q_attach_side(session, 0, chid);
	scene->timer = q_timer_create(session, CLOCK_MONOTONIC, event_of_kind(QIPC_EVENT_NONE));
	scene->handle = q_register(session, event_pulse(scene->coid, -1, 1, 2), QIPC_EVENT_SELF);
	scene->low = mmap(NULL, 3 * page_size(), PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	if (scene->low == MAP_FAILED ||
	    mprotect(scene->low + 2 * page_size(), page_size(), PROT_NONE))
		return -ENOMEM;
	return scene->coid < 0 ? scene->coid : scene->timer < 0 ? scene->timer : settle(scene);
}

TEST_F_TIMEOUT(edges, edges_of_integers, 120)
{
	struct scene scene = {};
	char what[160] = "";
	long tries;
	int compat;

	ASSERT_EQ(0, set_scene(&scene, self->session, self->chid, self->client, self->mem));
	for (compat = 0; compat < 2; compat++) {
		if (compat && !have_compat()) {
			TH_LOG("the kernel does not run 32-bit system calls");
			break;
		}
		tries = walk_edges(&scene, compat, what, sizeof(what));
		EXPECT_LT(0, tries) {
			TH_LOG("%s%s", what, compat ? ", from 32 bits" : "");
		}
		TH_LOG("%ld calls%s", tries, compat ? " from 32 bits" : "");
	}
	/* And all is well. */
	ASSERT_EQ(0, settle(&scene));
	EXPECT_EQ(0, q_reply(self->session, scene.rcvid, 5, NULL, 0));
	EXPECT_EQ(0, peer_wait(self->client));
	EXPECT_EQ(5, self->client->send.status);
}

/* --- bytes that nobody has written ------------------------------------------------------------------ */

#define STALE	0xc5
#define POISON	0x6b	/* of slab_debug=P, which the debug tier has */

/* Leaves STALE on the stack of the kernel, and in memory that it has just freed. */
static void leave_traces(void)
{
	struct pollfd fds[30];
	char path[4096];
	int pair[2];

	memset(fds, STALE, sizeof(fds));
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		fds[i].fd = STALE << 24 | STALE << 16 | STALE << 8 | STALE;
	poll(fds, ARRAY_SIZE(fds), 0);
	memset(path, STALE, sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	access(path, F_OK);
	/* Of every size that arguments and objects have. */
	if (!pipe(pair)) {
		close(pair[0]);
		close(pair[1]);
	}
	for (size_t len = 32; len < sizeof(path); len *= 2) {
		path[len - 1] = '\0';
		setxattr("/dev/null", "user.qipc", path, len, 0);
		path[len - 1] = (char)STALE;
	}
}

/* The calls that write something back, and which bytes of it may differ from time to time. */
static const struct out {
	const char *name;
	unsigned long request;
	size_t size;
	size_t varies, varying;		/* from, how many */
} outs[] = {
	{ "GET_FEATURES", QIPC_GET_FEATURES, sizeof(struct qipc_features), 0, 0 },
	{ "CHANNEL_CREATE", QIPC_CHANNEL_CREATE, sizeof(struct qipc_channel_create),
	  offsetof(struct qipc_channel_create, chid), 4 },
	{ "CHANNEL_ACCESS", QIPC_CHANNEL_ACCESS, sizeof(struct qipc_channel_access), 0, 0 },
	{ "CONNECT_ATTACH", QIPC_CONNECT_ATTACH, sizeof(struct qipc_connect_attach),
	  offsetof(struct qipc_connect_attach, coid), 4 },
	{ "CONNECT_FLAGS", QIPC_CONNECT_FLAGS, sizeof(struct qipc_connect_flags), 0, 0 },
	{ "CONNECT_SERVER_INFO", QIPC_CONNECT_SERVER_INFO,
	  sizeof(struct qipc_connect_server_info), 0, 0 },
	{ "CONNECT_CLIENT_INFO", QIPC_CONNECT_CLIENT_INFO,
	  sizeof(struct qipc_connect_client_info), 0, 0 },
	{ "MSG_SEND", QIPC_MSG_SEND, sizeof(struct qipc_msg_send), 0, 0 },
	{ "MSG_RECEIVE", QIPC_MSG_RECEIVE, sizeof(struct qipc_msg_receive), 0, 0 },
	{ "MSG_READ", QIPC_MSG_READ, sizeof(struct qipc_msg_transfer), 0, 0 },
	{ "MSG_WRITE", QIPC_MSG_WRITE, sizeof(struct qipc_msg_transfer), 0, 0 },
	{ "MSG_INFO", QIPC_MSG_INFO, sizeof(struct qipc_msg_info_get), 0, 0 },
	/* The receive id is another one each time. */
	{ "MSG_REPLY", QIPC_MSG_REPLY, sizeof(struct qipc_msg_reply), 0, 8 },
	{ "MSG_REPLY_RECEIVE", QIPC_MSG_REPLY_RECEIVE, sizeof(struct qipc_msg_reply_receive),
	  offsetof(struct qipc_msg_reply_receive, receive.rcvid), 8 },
	{ "NAME_OPEN", QIPC_NAME_OPEN, sizeof(struct qipc_name_open),
	  offsetof(struct qipc_name_open, coid), 4 },
	{ "EVENT_REGISTER", QIPC_EVENT_REGISTER, sizeof(struct qipc_event_register),
	  offsetof(struct qipc_event_register, handle), 4 },
	{ "TIMER_CREATE", QIPC_TIMER_CREATE, sizeof(struct qipc_timer_create),
	  offsetof(struct qipc_timer_create, timer), 4 },
	{ "TIMER_SETTIME", QIPC_TIMER_SETTIME, sizeof(struct qipc_timer_settime),
	  offsetof(struct qipc_timer_settime, old_value), 8 },
	{ "TIMER_GETTIME", QIPC_TIMER_GETTIME, sizeof(struct qipc_timer_gettime),
	  offsetof(struct qipc_timer_gettime, value), 8 },
};

static void fill_received(struct qipc_msg_receive *receive, int fill)
{
	memset(&receive->rcvid, fill, sizeof(receive->rcvid));
	memset(&receive->info, fill, sizeof(receive->info));
}

/* Fields that the module only writes get @fill. */
static void fill_outs(unsigned long request, void *arg, int fill)
{
	switch (request) {
	case QIPC_GET_FEATURES:
		memset(arg, fill, sizeof(struct qipc_features));
		((struct qipc_features *)arg)->reserved = 0;
		break;
	case QIPC_CHANNEL_CREATE:
		memset(&((struct qipc_channel_create *)arg)->chid, fill, 4);
		break;
	case QIPC_CHANNEL_ACCESS:
		memset(&((struct qipc_channel_access *)arg)->mode, fill, 16);
		break;
	case QIPC_CONNECT_ATTACH:
		memset(&((struct qipc_connect_attach *)arg)->coid, fill, 4);
		break;
	case QIPC_CONNECT_FLAGS:
		memset(&((struct qipc_connect_flags *)arg)->old, fill, 4);
		break;
	case QIPC_CONNECT_SERVER_INFO:
		memset(&((struct qipc_connect_server_info *)arg)->info, fill,
		       sizeof(struct qipc_server_info));
		break;
	case QIPC_CONNECT_CLIENT_INFO:
		memset(&((struct qipc_connect_client_info *)arg)->info, fill,
		       sizeof(struct qipc_client_info));
		break;
	case QIPC_MSG_SEND:
		memset(&((struct qipc_msg_send *)arg)->status, fill, 16);
		break;
	case QIPC_MSG_RECEIVE:
		fill_received(arg, fill);
		break;
	case QIPC_MSG_REPLY_RECEIVE:
		memset(&((struct qipc_msg_reply_receive *)arg)->reply.side, fill, 4);
		memset(&((struct qipc_msg_reply_receive *)arg)->reply_error, fill, 4);
		fill_received(&((struct qipc_msg_reply_receive *)arg)->receive, fill);
		break;
	case QIPC_NAME_OPEN:
		memset(&((struct qipc_name_open *)arg)->coid, fill, 4);
		break;
	case QIPC_MSG_READ:
	case QIPC_MSG_WRITE:
		memset(&((struct qipc_msg_transfer *)arg)->bytes, fill, 8);
		memset(&((struct qipc_msg_transfer *)arg)->side, fill, 4);
		break;
	case QIPC_MSG_INFO:
		memset(&((struct qipc_msg_info_get *)arg)->info, fill,
		       sizeof(struct qipc_msg_info));
		break;
	case QIPC_MSG_REPLY:
		memset(&((struct qipc_msg_reply *)arg)->side, fill, 4);
		break;
	case QIPC_EVENT_REGISTER:
		memset(&((struct qipc_event_register *)arg)->handle, fill, 4);
		break;
	case QIPC_TIMER_CREATE:
		memset(&((struct qipc_timer_create *)arg)->timer, fill, 4);
		break;
	case QIPC_TIMER_SETTIME:
		memset(&((struct qipc_timer_settime *)arg)->old_value, fill, 16);
		break;
	case QIPC_TIMER_GETTIME:
		memset(&((struct qipc_timer_gettime *)arg)->value, fill, 24);
		break;
	}
}

/* Makes a call that succeeds; @arg is what came back. */
static int call_for_outs(struct scene *scene, const struct out *out, unsigned char *arg, int fill)
{
	int session = scene->session, ret;

	if (settle(scene))
		return -EIO;
	if (out->request == QIPC_CHANNEL_CREATE || out->request == QIPC_TIMER_CREATE)
		session = q_open();
	right_argument(scene, out->request, arg);
	if (out->request == QIPC_CHANNEL_CREATE)
		memset(arg, 0, sizeof(struct qipc_channel_create));
	if (out->request == QIPC_MSG_REPLY_RECEIVE) {
		/* The next message is there, and no answer is owed. */
		if (q_reply(session, scene->rcvid, 0, NULL, 0) || peer_wait(scene->client))
			return -EIO;
		peer_send(scene->client, scene->client->memory, 1000, scene->client->memory, 1000);
		if (!peer_blocked(scene->client))
			return -EIO;
		((struct qipc_msg_reply_receive *)arg)->reply.rcvid = 0;
	}
	if (out->request == QIPC_TIMER_CREATE)
		((struct qipc_timer_create *)arg)->event = event_of_kind(QIPC_EVENT_NONE);
	fill_outs(out->request, arg, fill);
	if (out->request == QIPC_MSG_RECEIVE)
		/* A pulse: the least that can come, so that the rest is the module's own. */
		q_pulse(scene->session, scene->coid, -1, 1, 2);
	leave_traces();
	ret = q_ioctl(session, out->request, arg);
	if (out->request == QIPC_CONNECT_ATTACH)
		q_detach(session, ((struct qipc_connect_attach *)arg)->coid);
	if (out->request == QIPC_NAME_OPEN)
		q_detach(session, ((struct qipc_name_open *)arg)->coid);
	if (out->request == QIPC_MSG_REPLY_RECEIVE)
		scene->rcvid = ((struct qipc_msg_reply_receive *)arg)->receive.rcvid;
	if (out->request == QIPC_EVENT_REGISTER)
		q_unregister(session, ((struct qipc_event_register *)arg)->handle);
	if (session != scene->session)
		close(session);
	/* What a send says that nobody receives is that. */
	if (out->request == QIPC_MSG_SEND && ret == -ETIMEDOUT)
		ret = 0;
	return ret;
}

/* Two bytes that somebody left in the kernel, or that a debug kernel puts into memory that nobody has written. */
static bool is_stale(const unsigned char *byte)
{
	return byte[0] == byte[1] && (byte[0] == STALE || byte[0] == POISON);
}

/*
 * Each byte that comes back is either as it went in, or is the same whatever
 * lay in its place, and in the kernel's memory, before.
 */
TEST_F_TIMEOUT(edges, nothing_leaks_out, 60)
{
	static const unsigned char fills[] = { 0x00, 0xff, 0x5a };
	unsigned char arg[3][512], *pages = private_alloc(4 * page_size());
	struct qipc_msg_receive rcv;
	struct scene scene = {};
	struct qipc_pulse pulse;
	size_t i, b, f, kept;

	ASSERT_EQ(0, set_scene(&scene, self->session, self->chid, self->client, self->mem));
	ASSERT_EQ(0, q_name_attach(self->session, self->chid, "edge"));
	for (i = 0; i < ARRAY_SIZE(outs); i++) {
		ASSERT_GE(sizeof(arg[0]), outs[i].size);
		for (f = 0; f < 3; f++)
			ASSERT_EQ(0, call_for_outs(&scene, &outs[i], arg[f], fills[f])) {
				TH_LOG("%s", outs[i].name);
			}
		for (b = 0; b < outs[i].size; b++) {
			for (f = 0, kept = 0; f < 3; f++)
				kept += arg[f][b] == fills[f];
			/* Numbers may be of three times, and be anything. */
			if (b >= outs[i].varies && b < outs[i].varies + outs[i].varying)
				continue;
			EXPECT_TRUE(kept == 3 ||
				    (arg[0][b] == arg[1][b] && arg[1][b] == arg[2][b])) {
				TH_LOG("%s, byte %zu: %02x %02x %02x", outs[i].name, b, arg[0][b],
				       arg[1][b], arg[2][b]);
			}
			EXPECT_FALSE(b && is_stale(&arg[2][b - 1])) {
				TH_LOG("%s, byte %zu: %02x", outs[i].name, b, arg[2][b]);
			}
		}
	}
	/* What is received: a pulse is all defined, and nothing lies behind it. */
	leave_traces();
	ASSERT_EQ(0, settle(&scene));
	ASSERT_EQ(0, q_pulse(self->session, scene.coid, -1, 1, 2));
	sentinel_fill(pages, 4 * page_size());
	ASSERT_EQ(0, q_receive_now(self->session, self->chid, pages, 4 * page_size(), &rcv));
	memcpy(&pulse, pages, sizeof(pulse));
	EXPECT_TRUE(pulse_is(&pulse, 1, 2, pulse.scoid));
	EXPECT_EQ(-1, sentinel_differs(pages + sizeof(pulse), 4 * page_size() - sizeof(pulse)));
	/* A short answer to a client with room for a long one. */
	sentinel_fill(self->mem, 1000);
	EXPECT_EQ(0, q_reply(self->session, scene.rcvid, 0, "abc", 3));
	EXPECT_EQ(0, peer_wait(self->client));
	EXPECT_EQ(0, memcmp(self->mem, "abc", 3));
	EXPECT_EQ(-1, sentinel_differs(self->mem + 3, 997));
}

TEST_HARNESS_MAIN
