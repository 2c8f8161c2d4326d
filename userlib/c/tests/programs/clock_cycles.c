// SPDX-License-Identifier: MIT OR Apache-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <inttypes.h>
#include <sys/neutrino.h>
#include <sys/syspage.h>

/* Time measured the QNX way, and the odds and ends of kernel calls that such programs make. */
int main(void)
{
    uint64_t cps, cycle1, cycle2, ncycles, now;
    struct _clockperiod period, old;
    struct timespec ts;
    double sec;
    unsigned mask = 0;
    struct { struct _thread_name n; char more[40]; } name;

    if (ThreadCtl(_NTO_TCTL_IO, NULL) == -1)
        perror("ThreadCtl");

    cycle1 = ClockCycles();
    delay(50);
    cycle2 = ClockCycles();
    ncycles = cycle2 - cycle1;
    cps = SYSPAGE_ENTRY(qtime)->cycles_per_sec;
    sec = (double)ncycles / cps;
    printf("slept %s\n", sec >= 0.05 && sec < 5 ? "right" : "wrong");
    printf("processors %s\n", _syspage_ptr->num_cpu >= 1 ? "there" : "none");

    period.nsec = 1000000;
    period.fract = 0;
    if (ClockPeriod(CLOCK_REALTIME, &period, NULL, 0) == -1)
        perror("ClockPeriod");
    ClockPeriod(CLOCK_REALTIME, NULL, &old, 0);
    printf("period %u\n", old.nsec);

    ClockTime(CLOCK_REALTIME, NULL, &now);
    clock_gettime(CLOCK_REALTIME, &ts);
    printf("ClockTime %s\n", timespec2nsec(&ts) - now < 1000000000u ? "agrees" : "does not");
    nsec2timespec(&ts, 2500000000u);
    printf("%ld %ld\n", (long)ts.tv_sec, ts.tv_nsec);
    printf("cpu time %s\n", ClockTime(ClockId(0, 0), NULL, &now) == 0 && now > 0 ? "runs" : "stands");

    ThreadCtl(_NTO_TCTL_RUNMASK_GET_AND_SET, &mask);
    printf("runmask %s\n", mask ? "set" : "empty");
    mask = 1;
    printf("bind %d\n", ThreadCtl(_NTO_TCTL_RUNMASK, (void *)(uintptr_t)mask));

    name.n.new_name_len = 6;
    name.n.name_buf_len = 20;
    memcpy(name.n.name_buf, "worker", 7);
    ThreadCtl(_NTO_TCTL_NAME, &name);
    name.n.new_name_len = -1;
    ThreadCtl(_NTO_TCTL_NAME, &name);
    printf("name %s\n", name.n.name_buf);

    if (InterruptAttach(0, NULL, NULL, 0, 0) == -1)
        printf("InterruptAttach: %s\n", errno == ENOSYS ? "ENOSYS" : "?");
    printf("version %s\n", _NTO_VERSION >= 700 ? "7 or later" : "old");
    return EXIT_SUCCESS;
}
