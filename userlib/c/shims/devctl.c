// SPDX-License-Identifier: MIT OR Apache-2.0
/* devctl(): an _IO_DEVCTL message to the server of a connection. */
#include <devctl.h>
#include <fcntl.h>
#include <string.h>
#include <sys/iomsg.h>
#include <sys/neutrino.h>
#include "shims.h"

/* A descriptor of the system, which is no connection. */
static int system_devctl(int fd, int dcmd, void *data, size_t nbytes)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0)
		return EBADF;
	if (dcmd != (int)DCMD_ALL_GETFLAGS && dcmd != (int)DCMD_ALL_SETFLAGS)
		return ENOTTY;
	if (!data || nbytes < sizeof(flags))
		return EINVAL;
	if (dcmd == (int)DCMD_ALL_GETFLAGS) {
		memcpy(data, &flags, sizeof(flags));
		return EOK;
	}
	memcpy(&flags, data, sizeof(flags));
	return fcntl(fd, F_SETFL, flags) < 0 ? errno : EOK;
}

int devctl(int fd, int dcmd, void *data, size_t nbytes, int *info)
{
	const unsigned int direction = get_device_direction(dcmd);
	io_devctl_t msg;
	iov_t siov[2], riov[2];
	int saved = errno, error;
	long status;

	if (nbytes && !data)
		return EINVAL;
	memset(&msg, 0, sizeof(msg));
	msg.i.type = _IO_DEVCTL;
	msg.i.combine_len = sizeof(msg.i);
	msg.i.dcmd = dcmd;
	msg.i.nbytes = (int32_t)nbytes;
	SETIOV(&siov[0], &msg.i, sizeof(msg.i));
	SETIOV(&siov[1], data, direction & _POSIX_DEVDIR_TO ? nbytes : 0);
	SETIOV(&riov[0], &msg.o, sizeof(msg.o));
	SETIOV(&riov[1], data, direction & _POSIX_DEVDIR_FROM ? nbytes : 0);
	status = MsgSendv_r(fd, siov, 2, riov, 2);
	if (status == -EBADF || status == -ENOTTY) {
		error = fd & _NTO_SIDE_CHANNEL ? EBADF : system_devctl(fd, dcmd, data, nbytes);
		errno = saved;
		return error;
	}
	errno = saved;
	if (status < 0)
		return (int)-status;
	if (info)
		*info = msg.o.ret_val;
	return EOK;
}
