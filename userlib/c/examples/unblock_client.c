// SPDX-License-Identifier: MIT OR Apache-2.0
/* Waits for unblock_server in vain: once until a signal comes, once until a time is over. */
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/neutrino.h>

static void on_alarm(int signo)
{
	(void)signo;
}

int main(int argc, char **argv)
{
	struct sigaction action;
	uint64_t timeout = 200000000;	/* 200 ms */
	int coid;

	/* It is known that the server's first channel is number 1. */
	coid = ConnectAttach(0, argc > 1 ? atoi(argv[1]) : 0, 1, _NTO_SIDE_CHANNEL, 0);
	if (coid == -1) {
		perror("ConnectAttach");
		return EXIT_FAILURE;
	}
	memset(&action, 0, sizeof(action));
	action.sa_handler = on_alarm;
	sigaction(SIGALRM, &action, NULL);

	alarm(1);
	if (MsgSend(coid, "signal", 7, NULL, 0) == -1)
		printf("client: %s\n", errno == EINTR ? "interrupted" : strerror(errno));

	TimerTimeout(CLOCK_MONOTONIC, _NTO_TIMEOUT_SEND | _NTO_TIMEOUT_REPLY, NULL, &timeout, NULL);
	if (MsgSend(coid, "timeout", 8, NULL, 0) == -1)
		printf("client: %s\n", errno == EINTR ? "let go" : strerror(errno));
	ConnectDetach(coid);
	return EXIT_SUCCESS;
}
