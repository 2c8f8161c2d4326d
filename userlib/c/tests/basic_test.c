// SPDX-License-Identifier: MIT OR Apache-2.0
#include <stdio.h>
#include <sys/neutrino.h>
int main(void)
{
	printf("TAP version 13\n1..1\n%sok 1 the first channel is 1\n", ChannelCreate(0) == 1 ? "" : "not ");
	return 0;
}
