// SPDX-License-Identifier: MIT OR Apache-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/slog.h>
#include <sys/slogcodes.h>
#include <sys/slog2.h>
#include <atomic.h>
#include <errno.h>

/* slogf(), slog2f(), atomic_*(), min() and max(), text helpers. */
#define OUR_CODE _SLOG_SETCODE(_SLOGC_PRIVATE_START, 7)

int main(void)
{
    slog2_buffer_set_config_t config;
    slog2_buffer_t handle[1];
    volatile unsigned flags = 0x0f;
    char text[32] = "abc", number[40];

    setenv("QIPC_SLOG", "stderr", 1);
    slogf(OUR_CODE, _SLOG_ERROR, "error %d of %s", 5, "ours");
    printf("bad severity %d\n", slogf(OUR_CODE, 99, "x"));

    memset(&config, 0, sizeof(config));
    config.buffer_set_name = "helpers";
    config.num_buffers = 1;
    config.verbosity_level = SLOG2_INFO;
    config.buffer_config[0].buffer_name = "low_rate";
    config.buffer_config[0].num_pages = 7;
    if (slog2_register(&config, handle, 0) == -1)
        printf("slog2_register: %s\n", strerror(errno));
    slog2_set_default_buffer(handle[0]);
    slog2f(NULL, 3, SLOG2_INFO, "said %s", "once");
    slog2f(handle[0], 3, SLOG2_DEBUG1, "not said");
    slog2_set_verbosity(handle[0], SLOG2_DEBUG1);
    slog2c(handle[0], 3, SLOG2_DEBUG1, "said now");

    atomic_set(&flags, 0x30);
    atomic_clr(&flags, 0x01);
    atomic_toggle(&flags, 0x10);
    atomic_add(&flags, 1);
    printf("%x", atomic_sub_value(&flags, 1));
    printf(" %x", atomic_set_value(&flags, 0x80));
    printf(" %x\n", flags);
    printf("%d %d\n", min(3, 4), max(3, 4));
    printf("%d %s\n", (int)strlcat(text, "defgh", 6), text);
    printf("%d", (int)strlcpy(text, "longer text", sizeof(text)));
    printf(" %s\n", strupr(text));
    printf("%d\n", stricmp("HeLLo", "hEllO"));
    printf("%s", itoa(-255, number, 10));
    printf(" %s", utoa(255, number, 16));
    printf(" %s\n", ltoa(5, number, 2));
    return 0;
}
