/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What the C part of libqipc has in common. */
#ifndef QIPC_SHIMS_H
#define QIPC_SHIMS_H

#include <errno.h>
#include <stddef.h>

/* Of text.c: strlcpy() for every glibc. */
size_t __qipc_strlcpy(char *dst, const char *src, size_t size);

/* The plain form of a call whose _r form returns the number of an error, or 0. */
static inline int plain(int error)
{
	if (error == EOK)
		return 0;
	errno = error;
	return -1;
}

/* The plain form of a call whose _r form returns a result, or the number of an error negated. */
static inline int plain_result(int result)
{
	if (result >= 0)
		return result;
	errno = -result;
	return -1;
}

#endif
