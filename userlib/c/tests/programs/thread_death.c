// SPDX-License-Identifier: MIT OR Apache-2.0
#include <stdio.h>
#include <sys/neutrino.h>
#include <process.h>

/* _NTO_CHF_THREAD_DEATH: one pulse for a thread that ends; who was it? */
static int tid;

static void *short_life(void *arg)
{
    tid = gettid();
    return arg;
}

int main(void)
{
    struct _pulse pulse;
    int chid = ChannelCreate(_NTO_CHF_THREAD_DEATH);

    pthread_create(NULL, NULL, short_life, NULL);
    MsgReceivePulse(chid, &pulse, sizeof(pulse), NULL);
    printf("%s %s\n", pulse.code == _PULSE_CODE_THREADDEATH ? "THREADDEATH" : "?",
           pulse.value.sival_int == tid ? "of that thread" : "of another");
    return 0;
}
