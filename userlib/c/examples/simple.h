/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What simple_server and simple_client say to each other. */
#ifndef SIMPLE_H
#define SIMPLE_H

#include <stdint.h>
#include <sys/iomsg.h>

#define CKSUM_MSG	(_IO_MAX + 1)
#define STOP_MSG	(_IO_MAX + 2)

typedef struct {
	uint16_t type;
	char text[256];
} cksum_msg_t;

#endif
