// SPDX-License-Identifier: MIT OR Apache-2.0
/*
 * Notifies clients: a client hands over an event, is answered at once, and
 * hears of what happens later. event_server NAME; event_client NAME.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/dispatch.h>
#include <sys/neutrino.h>
#include "event.h"

static struct {
	int rcvid;
	struct sigevent event;
} subscriber;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

/* What happens, happens in another thread. */
static void *happenings(void *arg)
{
	int i;

	(void)arg;
	for (i = 0; i < 3; i++) {
		delay(30);
		pthread_mutex_lock(&mutex);
		if (MsgDeliverEvent(subscriber.rcvid, &subscriber.event) == -1)
			perror("MsgDeliverEvent");
		pthread_mutex_unlock(&mutex);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	name_attach_t *attach = name_attach(NULL, argc > 1 ? argv[1] : "events", 0);
	union {
		uint16_t type;
		struct _pulse pulse;
		subscribe_msg_t subscribe;
	} msg;
	int rcvid;

	if (attach == NULL) {
		perror("name_attach");
		return EXIT_FAILURE;
	}
	for (;;) {
		rcvid = MsgReceive(attach->chid, &msg, sizeof(msg), NULL);
		if (rcvid == 0 && msg.pulse.code == _PULSE_CODE_DISCONNECT) {
			ConnectDetach(msg.pulse.scoid);
			break;
		}
		if (rcvid <= 0)
			continue;
		if (msg.type != SUBSCRIBE_MSG) {
			MsgError(rcvid, ENOSYS);
			continue;
		}
		pthread_mutex_lock(&mutex);
		/* The id names the client also when it has been answered. */
		subscriber.rcvid = rcvid;
		subscriber.event = msg.subscribe.event;
		pthread_mutex_unlock(&mutex);
		MsgReply(rcvid, EOK, NULL, 0);
		pthread_create(NULL, NULL, happenings, NULL);
	}
	name_detach(attach, 0);
	return EXIT_SUCCESS;
}
