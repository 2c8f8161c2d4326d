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
	printf("const %s %lld\n", #name, (long long)(name))

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
	OFFSET(qipc_channel_create, num_pulses);
	OFFSET(qipc_channel_create, rearm);
	OFFSET(qipc_channel_create, event);

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
	OFFSET(qipc_msg_send, timeout);

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
	OFFSET(qipc_msg_receive, timeout);

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

static void since_2_structures(void)
{
	SIZE(qipc_event);
	OFFSET(qipc_event, notify);
	OFFSET(qipc_event, target);
	OFFSET(qipc_event, value);
	OFFSET(qipc_event, code);
	OFFSET(qipc_event, priority);
	OFFSET(qipc_event, reserved);

	SIZE(qipc_timeout);
	OFFSET(qipc_timeout, states);
	OFFSET(qipc_timeout, flags);
	OFFSET(qipc_timeout, clock);
	OFFSET(qipc_timeout, reserved);
	OFFSET(qipc_timeout, time);
	OFFSET(qipc_timeout, event);

	SIZE(qipc_channel_access);
	OFFSET(qipc_channel_access, chid);
	OFFSET(qipc_channel_access, set);
	OFFSET(qipc_channel_access, mode);
	OFFSET(qipc_channel_access, uid);
	OFFSET(qipc_channel_access, gid);
	OFFSET(qipc_channel_access, ceiling);

	SIZE(qipc_connect_flags);
	OFFSET(qipc_connect_flags, pid);
	OFFSET(qipc_connect_flags, coid);
	OFFSET(qipc_connect_flags, mask);
	OFFSET(qipc_connect_flags, bits);
	OFFSET(qipc_connect_flags, old);
	OFFSET(qipc_connect_flags, reserved);

	SIZE(qipc_server_info);
	OFFSET(qipc_server_info, nd);
	OFFSET(qipc_server_info, pid);
	OFFSET(qipc_server_info, chid);
	OFFSET(qipc_server_info, scoid);
	OFFSET(qipc_server_info, coid);
	OFFSET(qipc_server_info, flags);

	SIZE(qipc_connect_server_info);
	OFFSET(qipc_connect_server_info, pid);
	OFFSET(qipc_connect_server_info, coid);
	OFFSET(qipc_connect_server_info, flags);
	OFFSET(qipc_connect_server_info, reserved);
	OFFSET(qipc_connect_server_info, info);

	SIZE(qipc_client_info);
	OFFSET(qipc_client_info, nd);
	OFFSET(qipc_client_info, pid);
	OFFSET(qipc_client_info, sid);
	OFFSET(qipc_client_info, flags);
	OFFSET(qipc_client_info, ruid);
	OFFSET(qipc_client_info, euid);
	OFFSET(qipc_client_info, suid);
	OFFSET(qipc_client_info, rgid);
	OFFSET(qipc_client_info, egid);
	OFFSET(qipc_client_info, sgid);
	OFFSET(qipc_client_info, ngroups);
	OFFSET(qipc_client_info, reserved);

	SIZE(qipc_connect_client_info);
	OFFSET(qipc_connect_client_info, scoid);
	OFFSET(qipc_connect_client_info, max_groups);
	OFFSET(qipc_connect_client_info, groups);
	OFFSET(qipc_connect_client_info, info);

	SIZE(qipc_name_attach);
	OFFSET(qipc_name_attach, chid);
	OFFSET(qipc_name_attach, flags);
	OFFSET(qipc_name_attach, mode);
	OFFSET(qipc_name_attach, uid);
	OFFSET(qipc_name_attach, gid);
	OFFSET(qipc_name_attach, length);
	OFFSET(qipc_name_attach, name);

	SIZE(qipc_name_detach);
	OFFSET(qipc_name_detach, length);
	OFFSET(qipc_name_detach, reserved);
	OFFSET(qipc_name_detach, name);

	SIZE(qipc_name_open);
	OFFSET(qipc_name_open, length);
	OFFSET(qipc_name_open, flags);
	OFFSET(qipc_name_open, name);
	OFFSET(qipc_name_open, coid);
	OFFSET(qipc_name_open, reserved);

	SIZE(qipc_pulse);
	OFFSET(qipc_pulse, kind);
	OFFSET(qipc_pulse, subtype);
	OFFSET(qipc_pulse, code);
	OFFSET(qipc_pulse, zero);
	OFFSET(qipc_pulse, value);
	OFFSET(qipc_pulse, scoid);
	OFFSET(qipc_pulse, reserved);

	SIZE(qipc_pulse_send);
	OFFSET(qipc_pulse_send, coid);
	OFFSET(qipc_pulse_send, priority);
	OFFSET(qipc_pulse_send, code);
	OFFSET(qipc_pulse_send, reserved);
	OFFSET(qipc_pulse_send, value);

	SIZE(qipc_msg_current);
	OFFSET(qipc_msg_current, rcvid);

	SIZE(qipc_event_deliver);
	OFFSET(qipc_event_deliver, rcvid);
	OFFSET(qipc_event_deliver, event);
	OFFSET(qipc_event_deliver, flags);
	OFFSET(qipc_event_deliver, reserved);

	SIZE(qipc_event_register);
	OFFSET(qipc_event_register, event);
	OFFSET(qipc_event_register, coid);
	OFFSET(qipc_event_register, handle);

	SIZE(qipc_event_unregister);
	OFFSET(qipc_event_unregister, handle);
	OFFSET(qipc_event_unregister, reserved);

	SIZE(qipc_timer_create);
	OFFSET(qipc_timer_create, clock);
	OFFSET(qipc_timer_create, timer);
	OFFSET(qipc_timer_create, event);

	SIZE(qipc_timer_settime);
	OFFSET(qipc_timer_settime, timer);
	OFFSET(qipc_timer_settime, flags);
	OFFSET(qipc_timer_settime, value);
	OFFSET(qipc_timer_settime, interval);
	OFFSET(qipc_timer_settime, old_value);
	OFFSET(qipc_timer_settime, old_interval);

	SIZE(qipc_timer_gettime);
	OFFSET(qipc_timer_gettime, timer);
	OFFSET(qipc_timer_gettime, reserved);
	OFFSET(qipc_timer_gettime, value);
	OFFSET(qipc_timer_gettime, interval);
	OFFSET(qipc_timer_gettime, overrun);

	SIZE(qipc_timer_delete);
	OFFSET(qipc_timer_delete, timer);
	OFFSET(qipc_timer_delete, reserved);
}

static void since_2_constants(void)
{
	CONST(QIPC_FEATURE_PULSE);
	CONST(QIPC_FEATURE_TIMEOUT);
	CONST(QIPC_FEATURE_EVENT);
	CONST(QIPC_FEATURE_TIMER);
	CONST(QIPC_FEATURE_PRIORITY);
	CONST(QIPC_FEATURE_NAME);
	CONST(QIPC_FEATURE_ACCESS);
	CONST(QIPC_FEATURE_CONNECT_INFO);
	CONST(QIPC_CHF_FIXED_PRIORITY);
	CONST(QIPC_CHF_UNBLOCK);
	CONST(QIPC_CHF_THREAD_DEATH);
	CONST(QIPC_CHF_DISCONNECT);
	CONST(QIPC_CHF_COID_DISCONNECT);
	CONST(QIPC_CHF_PULSE_POOL);
	CONST(QIPC_CHF_INHERIT_RUNMASK);
	CONST(QIPC_CHF_FREE_PLACEMENT);
	CONST(QIPC_COF_DEAD);
	CONST(QIPC_COF_NOINHERIT);
	CONST(QIPC_COF_NOEVENT);
	CONST(QIPC_COF_REG_EVENTS);
	CONST(QIPC_EVENT_NONE);
	CONST(QIPC_EVENT_SIGNAL);
	CONST(QIPC_EVENT_SIGNAL_CODE);
	CONST(QIPC_EVENT_SIGNAL_THREAD);
	CONST(QIPC_EVENT_PULSE);
	CONST(QIPC_EVENT_UNBLOCK);
	CONST(QIPC_EVENT_SEM);
	CONST(QIPC_EVENT_KIND);
	CONST(QIPC_EVENT_UPDATEABLE);
	CONST(QIPC_EVENT_HANDLE);
	CONST(QIPC_TIMEOUT_SEND);
	CONST(QIPC_TIMEOUT_RECEIVE);
	CONST(QIPC_TIMEOUT_REPLY);
	CONST(QIPC_TIME_ABSOLUTE);
	CONST(QIPC_ACCESS_MODE);
	CONST(QIPC_ACCESS_UID);
	CONST(QIPC_ACCESS_GID);
	CONST(QIPC_ACCESS_CEILING);
	CONST(QIPC_SERVER_INFO_LIVE);
	CONST(QIPC_NAME_ACCESS);
	CONST(QIPC_NAME_MAX);
	CONST(QIPC_NAME_COMPONENT_MAX);
	CONST(QIPC_PULSE_ONLY);
	CONST(QIPC_MI_UNBLOCK_REQ);
	CONST(QIPC_PULSE_UNBLOCK);
	CONST(QIPC_PULSE_DISCONNECT);
	CONST(QIPC_PULSE_THREADDEATH);
	CONST(QIPC_PULSE_COIDDEATH);
	CONST(QIPC_EVENT_VERIFY);
	CONST(QIPC_EVENT_ANY_SERVER);
	CONST(QIPC_EVENT_SELF);
}

static void since_2_ioctls(void)
{
	IOCTL(QIPC_PULSE_SEND);
	IOCTL(QIPC_MSG_CURRENT);
	IOCTL(QIPC_EVENT_DELIVER);
	IOCTL(QIPC_EVENT_REGISTER);
	IOCTL(QIPC_EVENT_UNREGISTER);
	IOCTL(QIPC_TIMER_CREATE);
	IOCTL(QIPC_TIMER_SETTIME);
	IOCTL(QIPC_TIMER_GETTIME);
	IOCTL(QIPC_TIMER_DELETE);
	IOCTL(QIPC_NAME_ATTACH);
	IOCTL(QIPC_NAME_DETACH);
	IOCTL(QIPC_NAME_OPEN);
	IOCTL(QIPC_CONNECT_FLAGS);
	IOCTL(QIPC_CONNECT_SERVER_INFO);
	IOCTL(QIPC_CONNECT_CLIENT_INFO);
	IOCTL(QIPC_CHANNEL_ACCESS);
}

static void bench(void)
{
	SIZE(qipc_bench_pair);
	OFFSET(qipc_bench_pair, seat);
	OFFSET(qipc_bench_pair, reserved);
	CONST(QIPC_BENCH_WAKE);
	CONST(QIPC_BENCH_SLEEP);
	IOCTL(QIPC_BENCH_PAIR);
	IOCTL(QIPC_BENCH_SWITCH);
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
	since_2_structures();
	since_2_constants();
	since_2_ioctls();
	bench();
	return 0;
}
