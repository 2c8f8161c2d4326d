// SPDX-License-Identifier: MIT OR Apache-2.0
/* The small things of <stdlib.h>, <string.h> and <unistd.h>. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "shims.h"

char *ultoa(unsigned long value, char *buffer, int radix)
{
	char digits[sizeof(value) * 8];
	size_t n = 0, i = 0;

	if (radix < 2 || radix > 36) {
		buffer[0] = '\0';
		return buffer;
	}
	do {
		digits[n++] = "0123456789abcdefghijklmnopqrstuvwxyz"[value % (unsigned int)radix];
		value /= (unsigned int)radix;
	} while (value);
	while (n)
		buffer[i++] = digits[--n];
	buffer[i] = '\0';
	return buffer;
}

/* Only decimal numbers have a sign. */
char *ltoa(long value, char *buffer, int radix)
{
	if (radix != 10 || value >= 0)
		return ultoa((unsigned long)value, buffer, radix);
	buffer[0] = '-';
	ultoa(-(unsigned long)value, buffer + 1, radix);
	return buffer;
}

char *utoa(unsigned int value, char *buffer, int radix)
{
	return ultoa(value, buffer, radix);
}

char *itoa(int value, char *buffer, int radix)
{
	if (radix == 10)
		return ltoa(value, buffer, radix);
	return ultoa((unsigned int)value, buffer, radix);
}

char *strlwr(char *s)
{
	for (char *p = s; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	return s;
}

char *strupr(char *s)
{
	for (char *p = s; *p; p++)
		*p = (char)toupper((unsigned char)*p);
	return s;
}

/* For <string.h> where glibc has no strlcpy() yet. */
size_t __qipc_strlcat(char *dst, const char *src, size_t size);

size_t __qipc_strlcpy(char *dst, const char *src, size_t size)
{
	size_t len = strlen(src);

	if (size) {
		size_t n = len < size ? len : size - 1;

		memcpy(dst, src, n);
		dst[n] = '\0';
	}
	return len;
}

size_t __qipc_strlcat(char *dst, const char *src, size_t size)
{
	size_t used = strnlen(dst, size);

	return used + __qipc_strlcpy(dst + used, src, size - used);
}

unsigned int delay(unsigned int milliseconds)
{
	struct timespec time = {
		.tv_sec = milliseconds / 1000,
		.tv_nsec = (long)(milliseconds % 1000) * 1000000,
	};
	struct timespec left = { 0, 0 };

	if (nanosleep(&time, &left) == 0)
		return 0;
	return (unsigned int)(left.tv_sec * 1000 + (left.tv_nsec + 999999) / 1000000);
}
