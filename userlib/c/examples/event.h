/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What event_client says to event_server. */
#ifndef EVENT_H
#define EVENT_H

#include <stdint.h>
#include <sys/iomsg.h>
#include <sys/siginfo.h>

#define SUBSCRIBE_MSG	(_IO_MAX + 7)

typedef struct {
	uint16_t type;
	struct sigevent event;
} subscribe_msg_t;

#endif
