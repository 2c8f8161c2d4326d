/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What name_server and name_client say to each other. */
#ifndef NAME_H
#define NAME_H

#include <stdint.h>
#include <sys/iomsg.h>
#include <sys/neutrino.h>

#define GET_MSG		(_IO_MAX + 1)
#define PULSE_ADD	(_PULSE_CODE_MINAVAIL + 1)	/* value: how much */
#define PULSE_STOP	(_PULSE_CODE_MINAVAIL + 2)

typedef struct {
	uint16_t type;
	uint16_t subtype;
} get_msg_t;

#endif
