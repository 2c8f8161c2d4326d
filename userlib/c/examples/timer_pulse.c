// SPDX-License-Identifier: MIT OR Apache-2.0
/* A timer whose expiry arrives as a pulse, in the same loop as everything else. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/neutrino.h>
#include <sys/netmgr.h>
#include <time.h>

#define PULSE_TIMER	_PULSE_CODE_MINAVAIL

typedef union {
	struct _pulse pulse;
	/* messages would be here as well */
} my_message_t;

int main(void)
{
	struct sigevent event;
	struct itimerspec itime;
	timer_t timer_id;
	int chid, rcvid, ticks = 0;
	my_message_t msg;

	chid = ChannelCreate(0);

	event.sigev_notify = SIGEV_PULSE;
	event.sigev_coid = ConnectAttach(ND_LOCAL_NODE, 0, chid, _NTO_SIDE_CHANNEL, 0);
	event.sigev_priority = getprio(0);
	event.sigev_code = PULSE_TIMER;
	event.sigev_value.sival_int = 42;
	if (timer_create(CLOCK_MONOTONIC, &event, &timer_id) == -1) {
		perror("timer_create");
		return EXIT_FAILURE;
	}

	itime.it_value.tv_sec = 0;
	itime.it_value.tv_nsec = 50000000;	/* 50 ms, */
	itime.it_interval.tv_sec = 0;
	itime.it_interval.tv_nsec = 20000000;	/* then each 20 ms */
	timer_settime(timer_id, 0, &itime, NULL);

	while (ticks < 5) {
		rcvid = MsgReceive(chid, &msg, sizeof(msg), NULL);
		if (rcvid == 0 && msg.pulse.code == PULSE_TIMER) {
			ticks++;
			printf("tick %d, value %d\n", ticks, msg.pulse.value.sival_int);
		}
	}
	timer_delete(timer_id);
	return EXIT_SUCCESS;
}
