/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What multipart_server and multipart_client say to each other. */
#ifndef MULTIPART_H
#define MULTIPART_H

#include <stdint.h>
#include <sys/iomsg.h>

#define WRITE_MSG	(_IO_MAX + 1)

typedef struct {
	uint16_t type;
	uint16_t subtype;
	uint32_t nbytes;	/* of data behind this */
} write_msg_t;

typedef struct {
	uint32_t nbytes;
	uint32_t pieces;
	/* and the data */
} write_reply_t;

#endif
