// SPDX-License-Identifier: MIT OR Apache-2.0
/* The logs of <sys/slog.h> and <sys/slog2.h>: syslog(3), or standard error. */
#define _GNU_SOURCE
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <sys/slog.h>
#include <sys/slog2.h>
#include "shims.h"

#define LINE_MAX_LEN	1024

static const int priorities[] = {
	LOG_EMERG, LOG_CRIT, LOG_ERR, LOG_WARNING, LOG_NOTICE, LOG_INFO, LOG_DEBUG, LOG_DEBUG,
};

#define SEVERITIES	((int)(sizeof(priorities) / sizeof(priorities[0])))

/* prefix: who logs. One write, so that lines of several programs do not mix. */
static void line(const char *prefix, int severity, const char *text)
{
	const char *where = getenv("QIPC_SLOG");

	if (where && strcmp(where, "stderr") == 0)
		fprintf(stderr, "%s %d %s%s", prefix, severity, text,
			*text && text[strlen(text) - 1] == '\n' ? "" : "\n");
	else
		syslog(LOG_USER | priorities[severity], "%s %s", prefix, text);
}

int vslogf(int opcode, int severity, const char *fmt, va_list arg)
{
	char text[LINE_MAX_LEN], prefix[32];
	int len;

	if (severity < 0 || severity >= SEVERITIES)
		return plain(EINVAL);
	len = vsnprintf(text, sizeof(text), fmt, arg);
	snprintf(prefix, sizeof(prefix), "%d.%d", _SLOG_GETMAJOR(opcode), _SLOG_GETMINOR(opcode));
	line(prefix, severity, text);
	return len;
}

int slogf(int opcode, int severity, const char *fmt, ...)
{
	va_list arg;
	int len;

	va_start(arg, fmt);
	len = vslogf(opcode, severity, fmt, arg);
	va_end(arg);
	return len;
}

struct qipc_slog2_buffer {
	char name[64];
	uint8_t verbosity;
};

static slog2_buffer_t usual;	/* set before threads log, as in QNX */

int slog2_register(slog2_buffer_set_config_t *config, slog2_buffer_t *handles, uint32_t flags)
{
	int i;

	(void)flags;
	if (!config || !handles || config->num_buffers < 1 || config->num_buffers > SLOG2_MAX_BUFFERS)
		return plain(EINVAL);
	for (i = 0; i < config->num_buffers; i++) {
		const char *set = config->buffer_set_name, *name = config->buffer_config[i].buffer_name;

		handles[i] = calloc(1, sizeof(*handles[i]));
		if (!handles[i])
			break;
		snprintf(handles[i]->name, sizeof(handles[i]->name), "%s.%s", set ? set : "", name ? name : "");
		handles[i]->verbosity = config->verbosity_level;
	}
	if (i == config->num_buffers)
		return 0;
	while (i-- > 0)
		free(handles[i]);
	return plain(ENOMEM);
}

slog2_buffer_t slog2_set_default_buffer(slog2_buffer_t buffer)
{
	slog2_buffer_t before = usual;

	usual = buffer;
	return before;
}

int slog2_set_verbosity(slog2_buffer_t buffer, uint8_t level)
{
	buffer = buffer ? buffer : usual;
	if (!buffer || level >= SEVERITIES)
		return plain(EINVAL);
	buffer->verbosity = level;
	return 0;
}

uint8_t slog2_get_verbosity(slog2_buffer_t buffer)
{
	buffer = buffer ? buffer : usual;
	return buffer ? buffer->verbosity : 0;
}

int slog2c(slog2_buffer_t buffer, uint16_t code, uint8_t severity, const char *data)
{
	char prefix[96];

	buffer = buffer ? buffer : usual;
	if (!buffer || severity >= SEVERITIES)
		return plain(EINVAL);
	if (severity > buffer->verbosity)
		return 0;
	snprintf(prefix, sizeof(prefix), "%s %u", buffer->name, code);
	line(prefix, severity, data);
	return 0;
}

int vslog2f(slog2_buffer_t buffer, uint16_t code, uint8_t severity, const char *fmt, va_list arg)
{
	char text[LINE_MAX_LEN];

	vsnprintf(text, sizeof(text), fmt, arg);
	return slog2c(buffer, code, severity, text);
}

int slog2f(slog2_buffer_t buffer, uint16_t code, uint8_t severity, const char *fmt, ...)
{
	va_list arg;
	int result;

	va_start(arg, fmt);
	result = vslog2f(buffer, code, severity, fmt, arg);
	va_end(arg);
	return result;
}
