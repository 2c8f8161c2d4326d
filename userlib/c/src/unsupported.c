// SPDX-License-Identifier: MIT OR Apache-2.0
/*
 * What Linux has nothing for, or QNX 8 has dropped: ENOSYS, each and always.
 */
#include "internal.h"

#define NO_SUCH_CALL(name, PARAMETERS)				\
	int name PARAMETERS					\
	{							\
		errno = ENOSYS;					\
		return -1;					\
	}

#define NO_SUCH_CALL_R(name, PARAMETERS)			\
	NO_SUCH_CALL(name, PARAMETERS)				\
	int name##_r PARAMETERS					\
	{							\
		return ENOSYS;					\
	}

/* Nothing is looked at. */
#pragma GCC diagnostic ignored "-Wunused-parameter"

NO_SUCH_CALL_R(MsgKeyData, (rcvid_t rcvid, int op, uint32_t key, uint32_t *newkey,
			    const struct iovec *iov, int parts))
NO_SUCH_CALL_R(MsgPause, (rcvid_t rcvid, unsigned int cookie))

NO_SUCH_CALL(InterruptAttach, (int intr, const struct sigevent *(*handler)(void *area, int id),
			       const void *area, int size, unsigned int flags))
NO_SUCH_CALL(InterruptAttachEvent, (int intr, const struct sigevent *event, unsigned int flags))
NO_SUCH_CALL_R(InterruptDetach, (int id))
NO_SUCH_CALL_R(InterruptWait, (int flags, const uint64_t *timeout))
NO_SUCH_CALL(InterruptMask, (int intr, int id))
NO_SUCH_CALL(InterruptUnmask, (int intr, int id))

/* These return an id, so that their errors are negative. */
int InterruptAttach_r(int intr, const struct sigevent *(*handler)(void *area, int id),
		      const void *area, int size, unsigned int flags)
{
	return -ENOSYS;
}

int InterruptAttachEvent_r(int intr, const struct sigevent *event, unsigned int flags)
{
	return -ENOSYS;
}
