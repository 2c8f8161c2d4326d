/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The few things of QNX's system page that programs look up: the rate of
 * ClockCycles(), and the number of processors.
 */
#ifndef _QIPC_SYS_SYSPAGE_H
#define _QIPC_SYS_SYSPAGE_H
#pragma GCC system_header

#include <stdint.h>

struct qtime_entry {
	uint64_t cycles_per_sec;	/* of ClockCycles() */
	uint64_t nsec;			/* since boot, when the program looked first */
	uint64_t boot_time;		/* seconds of the epoch */
	uint32_t nsec_inc;		/* what ClockPeriod() says */
};

struct syspage_entry {
	uint32_t num_cpu;
	struct qtime_entry *__qtime;
};

#ifdef __cplusplus
extern "C" {
#endif

struct syspage_entry *__qipc_syspage(void);

#ifdef __cplusplus
}
#endif

#define _syspage_ptr		(__qipc_syspage())
#define SYSPAGE_ENTRY(entry)	(_syspage_ptr->__##entry)

#endif
