// SPDX-License-Identifier: MIT OR Apache-2.0
/* Ordinary POSIX timers go on working beside pulses: signals, threads, nothing at all. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <semaphore.h>
#include <sys/neutrino.h>

static sem_t sem;
static volatile sig_atomic_t got, value;

static void handler(int signo, siginfo_t *info, void *context)
{
    (void)context;
    got = signo;
    value = info->si_value.sival_int;
}

static void in_thread(union sigval v)
{
    if (v.sival_int == 31)
        sem_post(&sem);
}

static void once(timer_t id, long ns)
{
    struct itimerspec it = { { 0, 0 }, { 0, ns } };

    timer_settime(id, 0, &it, NULL);
}

int main(void)
{
    struct sigaction sa;
    struct sigevent ev;
    struct itimerspec left;
    siginfo_t info;
    sigset_t set;
    timer_t id;
    int i;

    memset(&sa, 0, sizeof(sa));
    sa.sa_sigaction = handler;
    sa.sa_flags = SA_SIGINFO;
    sigaction(SIGUSR1, &sa, NULL);

    memset(&ev, 0, sizeof(ev));
    ev.sigev_notify = SIGEV_SIGNAL;
    ev.sigev_signo = SIGUSR1;
    ev.sigev_value.sival_int = 17;
    timer_create(CLOCK_REALTIME, &ev, &id);
    once(id, 20000000);
    for (i = 0; !got && i < 200; i++)
        delay(10);
    printf("signal %s value %d\n", got == SIGUSR1 ? "USR1" : "?", (int)value);
    timer_delete(id);

    sigemptyset(&set);
    sigaddset(&set, SIGALRM);
    sigprocmask(SIG_BLOCK, &set, NULL);
    timer_create(CLOCK_MONOTONIC, NULL, &id);
    once(id, 20000000);
    printf("default event: %s\n", sigwaitinfo(&set, &info) == SIGALRM ? "SIGALRM" : "?");
    timer_delete(id);

    sem_init(&sem, 0, 0);
    SIGEV_THREAD_INIT(&ev, in_thread, 31, NULL);
    timer_create(CLOCK_MONOTONIC, &ev, &id);
    once(id, 20000000);
    printf("thread %d\n", sem_wait(&sem));
    timer_delete(id);

    SIGEV_NONE_INIT(&ev);
    timer_create(CLOCK_MONOTONIC, &ev, &id);
    once(id, 900000000);
    timer_gettime(id, &left);
    printf("none: %s left\n", left.it_value.tv_nsec > 0 ? "something" : "nothing");
    timer_delete(id);

    SIGEV_SIGNAL_VALUE_INIT(&ev, SIGUSR1, 18);
    got = 0;
    timer_create(CLOCK_MONOTONIC, &ev, &id);
    once(id, 10000000);
    for (i = 0; !got && i < 200; i++)
        delay(10);
    printf("signal with value %d\n", (int)value);
    return 0;
}
