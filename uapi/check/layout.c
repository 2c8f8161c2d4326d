// SPDX-License-Identifier: GPL-2.0-only
/*
 * Prints sizes, offsets, ioctl numbers and constants of <linux/qipc.h>.
 *
 * The output is compared with layout.golden: a difference is a change of the
 * ABI.  tools/check-abi also demands that every name of the header is printed.
 */
#include <stddef.h>
#include <stdio.h>

#include <linux/qipc.h>

#define SIZE(type) \
	printf("sizeof struct %s %zu\n", #type, sizeof(struct type))
#define OFFSET(type, field) \
	printf("offsetof struct %s.%s %zu\n", #type, #field, \
	       offsetof(struct type, field))
#define IOCTL(name) \
	printf("ioctl %s 0x%08lx\n", #name, (unsigned long)(name))
#define CONST(name) \
	printf("const %s %llu\n", #name, (unsigned long long)(name))

static void vectors(void)
{
	SIZE(qipc_iov);
	OFFSET(qipc_iov, base);
	OFFSET(qipc_iov, len);

	SIZE(qipc_vec);
	OFFSET(qipc_vec, base);
	OFFSET(qipc_vec, count);
}

static void features(void)
{
	SIZE(qipc_features);
	OFFSET(qipc_features, abi_version);
	OFFSET(qipc_features, inline_bytes);
	OFFSET(qipc_features, features);
	OFFSET(qipc_features, channel_flags);
	OFFSET(qipc_features, connect_flags);
	OFFSET(qipc_features, max_parts);
	OFFSET(qipc_features, reserved);
	OFFSET(qipc_features, max_bytes);
}

static void channels(void)
{
	SIZE(qipc_channel_create);
	OFFSET(qipc_channel_create, flags);
	OFFSET(qipc_channel_create, chid);

	SIZE(qipc_channel_destroy);
	OFFSET(qipc_channel_destroy, chid);
	OFFSET(qipc_channel_destroy, reserved);

	SIZE(qipc_channel_fd);
	OFFSET(qipc_channel_fd, chid);
	OFFSET(qipc_channel_fd, flags);
}

static void connections(void)
{
	SIZE(qipc_connect_attach);
	OFFSET(qipc_connect_attach, nd);
	OFFSET(qipc_connect_attach, pid);
	OFFSET(qipc_connect_attach, chid);
	OFFSET(qipc_connect_attach, index);
	OFFSET(qipc_connect_attach, flags);
	OFFSET(qipc_connect_attach, coid);

	SIZE(qipc_connect_detach);
	OFFSET(qipc_connect_detach, coid);
	OFFSET(qipc_connect_detach, reserved);
}

static void messages(void)
{
	SIZE(qipc_msg_send);
	OFFSET(qipc_msg_send, coid);
	OFFSET(qipc_msg_send, flags);
	OFFSET(qipc_msg_send, send);
	OFFSET(qipc_msg_send, reply);
	OFFSET(qipc_msg_send, status);
	OFFSET(qipc_msg_send, error);
	OFFSET(qipc_msg_send, side);

	SIZE(qipc_msg_info);
	OFFSET(qipc_msg_info, nd);
	OFFSET(qipc_msg_info, srcnd);
	OFFSET(qipc_msg_info, pid);
	OFFSET(qipc_msg_info, tid);
	OFFSET(qipc_msg_info, chid);
	OFFSET(qipc_msg_info, scoid);
	OFFSET(qipc_msg_info, coid);
	OFFSET(qipc_msg_info, priority);
	OFFSET(qipc_msg_info, flags);
	OFFSET(qipc_msg_info, msglen);
	OFFSET(qipc_msg_info, srcmsglen);
	OFFSET(qipc_msg_info, dstmsglen);
	OFFSET(qipc_msg_info, type_id);
	OFFSET(qipc_msg_info, reserved);

	SIZE(qipc_msg_receive);
	OFFSET(qipc_msg_receive, chid);
	OFFSET(qipc_msg_receive, flags);
	OFFSET(qipc_msg_receive, vec);
	OFFSET(qipc_msg_receive, rcvid);
	OFFSET(qipc_msg_receive, info);

	SIZE(qipc_msg_reply);
	OFFSET(qipc_msg_reply, rcvid);
	OFFSET(qipc_msg_reply, status);
	OFFSET(qipc_msg_reply, vec);
	OFFSET(qipc_msg_reply, flags);
	OFFSET(qipc_msg_reply, side);

	SIZE(qipc_msg_error);
	OFFSET(qipc_msg_error, rcvid);
	OFFSET(qipc_msg_error, error);
	OFFSET(qipc_msg_error, reserved);
}

static void transfers(void)
{
	SIZE(qipc_msg_transfer);
	OFFSET(qipc_msg_transfer, rcvid);
	OFFSET(qipc_msg_transfer, offset);
	OFFSET(qipc_msg_transfer, vec);
	OFFSET(qipc_msg_transfer, bytes);
	OFFSET(qipc_msg_transfer, flags);
	OFFSET(qipc_msg_transfer, side);

	SIZE(qipc_msg_info_get);
	OFFSET(qipc_msg_info_get, rcvid);
	OFFSET(qipc_msg_info_get, info);

	SIZE(qipc_msg_reply_receive);
	OFFSET(qipc_msg_reply_receive, reply);
	OFFSET(qipc_msg_reply_receive, reply_error);
	OFFSET(qipc_msg_reply_receive, reserved);
	OFFSET(qipc_msg_reply_receive, receive);
}

static void ioctls(void)
{
	IOCTL(QIPC_GET_FEATURES);
	IOCTL(QIPC_CHANNEL_CREATE);
	IOCTL(QIPC_CHANNEL_DESTROY);
	IOCTL(QIPC_CHANNEL_FD);
	IOCTL(QIPC_CONNECT_ATTACH);
	IOCTL(QIPC_CONNECT_DETACH);
	IOCTL(QIPC_MSG_SEND);
	IOCTL(QIPC_MSG_RECEIVE);
	IOCTL(QIPC_MSG_REPLY);
	IOCTL(QIPC_MSG_ERROR);
	IOCTL(QIPC_MSG_READ);
	IOCTL(QIPC_MSG_WRITE);
	IOCTL(QIPC_MSG_INFO);
	IOCTL(QIPC_MSG_REPLY_RECEIVE);
}

static void constants(void)
{
	CONST(QIPC_ABI_VERSION);
	CONST(QIPC_MAX_PARTS);
	CONST(QIPC_MAX_BYTES);
	CONST(QIPC_SIDE_CHANNEL);
	CONST(QIPC_CONNECTION_SCOID);
	CONST(QIPC_SIDE_NONE);
	CONST(QIPC_SIDE_CLIENT);
	CONST(QIPC_SIDE_SERVER);
	CONST(QIPC_FEATURE_MSG);
	CONST(QIPC_FEATURE_TRANSFER);
	CONST(QIPC_FEATURE_REPLY_RECEIVE);
	CONST(QIPC_FEATURE_POLL);
	CONST(QIPC_FEATURE_FD_CONNECTION);
	CONST(QIPC_CHF_SENDER_LEN);
	CONST(QIPC_CHF_REPLY_LEN);
	CONST(QIPC_CHF_PRIVATE);
	CONST(QIPC_COF_CLOEXEC);
	CONST(QIPC_COF_NOSHARE);
	CONST(QIPC_FD_CLOEXEC);
	CONST(QIPC_SEND_BUF);
	CONST(QIPC_REPLY_BUF);
	CONST(QIPC_BUF);
	CONST(QIPC_NONBLOCK);
	CONST(QIPC_IOC_TYPE);
}

int main(void)
{
	vectors();
	features();
	channels();
	connections();
	messages();
	transfers();
	ioctls();
	constants();
	return 0;
}
