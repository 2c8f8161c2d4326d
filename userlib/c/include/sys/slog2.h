/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The log of QNX 7 and 8, over the same way as <sys/slog.h>: one buffer is
 * like the other, but each has a verbosity of its own.
 */
#ifndef _QIPC_SYS_SLOG2_H
#define _QIPC_SYS_SLOG2_H
#pragma GCC system_header

#include <stdarg.h>
#include <stdint.h>

#define SLOG2_SHUTDOWN	0
#define SLOG2_CRITICAL	1
#define SLOG2_ERROR	2
#define SLOG2_WARNING	3
#define SLOG2_NOTICE	4
#define SLOG2_INFO	5
#define SLOG2_DEBUG1	6
#define SLOG2_DEBUG2	7

#define SLOG2_MAX_BUFFERS		4
#define SLOG2_ALLOC_TRUNCATED		0x1
#define SLOG2_DISCARD_NEW		0x2

typedef struct qipc_slog2_buffer *slog2_buffer_t;

typedef struct {
	const char *buffer_name;
	int num_pages;
} slog2_buffer_config_t;

typedef struct {
	int num_buffers;
	const char *buffer_set_name;
	uint8_t verbosity_level;
	slog2_buffer_config_t buffer_config[SLOG2_MAX_BUFFERS];
	uint32_t max_retries;
} slog2_buffer_set_config_t;

#ifdef __cplusplus
extern "C" {
#endif

/* Makes the buffers of a program. 0, or -1 with EINVAL or ENOMEM. */
int slog2_register(slog2_buffer_set_config_t *config, slog2_buffer_t *handles, uint32_t flags);
/* The buffer that NULL means from now on; returns the one before. */
slog2_buffer_t slog2_set_default_buffer(slog2_buffer_t buffer);
int slog2_set_verbosity(slog2_buffer_t buffer, uint8_t level);
uint8_t slog2_get_verbosity(slog2_buffer_t buffer);
/* Lines above the verbosity are dropped. 0, or -1 with EINVAL. */
int slog2c(slog2_buffer_t buffer, uint16_t code, uint8_t severity, const char *data);
int slog2f(slog2_buffer_t buffer, uint16_t code, uint8_t severity, const char *fmt, ...)
	__attribute__((__format__(__printf__, 4, 5)));
int vslog2f(slog2_buffer_t buffer, uint16_t code, uint8_t severity, const char *fmt, va_list arg)
	__attribute__((__format__(__printf__, 4, 0)));

#ifdef __cplusplus
}
#endif

#endif
