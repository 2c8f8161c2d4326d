// SPDX-License-Identifier: MIT OR Apache-2.0
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <sys/neutrino.h>

/* What QNX's threads allow: nobody wants the id; 0 is this thread; attributes by hand. */
static int chid;

static void *thread(void *arg)
{
    int coid = ConnectAttach(0, 0, chid, _NTO_SIDE_CHANNEL, 0);

    pthread_setname_np(0, "a_name_that_is_longer_than_linux_likes");
    MsgSendPulse(coid, -1, 1, (int)(long)arg);
    return NULL;
}

int main(void)
{
    pthread_attr_t attr;
    struct sched_param param;
    struct _pulse pulse;
    int i, sum = 0, policy, ret;
    char name[_NTO_THREAD_NAME_MAX];

    chid = ChannelCreate(0);
    pthread_attr_init(&attr);
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    ret = pthread_create(NULL, &attr, thread, (void *)1);
    if (ret != EOK)
        printf("pthread_create: %s\n", strerror(ret));
    pthread_create(NULL, NULL, &thread, (void *)2);

    memset(&param, 0, sizeof(param));
    param.sched_priority = 12;
    pthread_attr_init(&attr);
    pthread_attr_setinheritsched(&attr, PTHREAD_EXPLICIT_SCHED);
    pthread_attr_setschedpolicy(&attr, SCHED_RR);
    pthread_attr_setschedparam(&attr, &param);
    pthread_create(NULL, &attr, &thread, (void *)3);
    for (i = 0; i < 3; i++) {
        MsgReceivePulse(chid, &pulse, sizeof(pulse), NULL);
        sum += pulse.value.sival_int;
    }
    printf("sum %d\n", sum);

    pthread_getschedparam(pthread_self(), &policy, &param);
    param.sched_priority = 11;
    ret = pthread_setschedparam(0, SCHED_FIFO, &param);
    printf("set %d\n", ret);
    pthread_getschedparam(0, &policy, &param);
    printf("policy %s priority %d current %d\n", policy == SCHED_FIFO ? "FIFO" : "?",
           param.sched_priority, param.sched_curpriority);
    pthread_setschedprio(pthread_self(), 13);
    printf("getprio %d, SchedGet %s\n", getprio(0), SchedGet(0, 0, &param) == SCHED_FIFO ? "FIFO" : "?");
    setprio(0, 0);
    pthread_setname_np(pthread_self(), "main");
    pthread_getname_np(pthread_self(), name, sizeof(name));
    printf("name %s\n", name);
    return 0;
}
