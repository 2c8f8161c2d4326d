/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Atomic changes of a word. Those with _value return what was there before. */
#ifndef _QIPC_ATOMIC_H
#define _QIPC_ATOMIC_H
#pragma GCC system_header

#include <stdint.h>

#define __QIPC_ATOMIC(name, type, old) \
	static __inline__ void atomic_##name(volatile type *__p, type __v) { (void)old; } \
	static __inline__ type atomic_##name##_value(volatile type *__p, type __v) { return old; }

__QIPC_ATOMIC(add, unsigned int, __atomic_fetch_add(__p, __v, __ATOMIC_SEQ_CST))
__QIPC_ATOMIC(sub, unsigned int, __atomic_fetch_sub(__p, __v, __ATOMIC_SEQ_CST))
__QIPC_ATOMIC(set, unsigned int, __atomic_fetch_or(__p, __v, __ATOMIC_SEQ_CST))
__QIPC_ATOMIC(clr, unsigned int, __atomic_fetch_and(__p, ~__v, __ATOMIC_SEQ_CST))
__QIPC_ATOMIC(toggle, unsigned int, __atomic_fetch_xor(__p, __v, __ATOMIC_SEQ_CST))

__QIPC_ATOMIC(add64, uint64_t, __atomic_fetch_add(__p, __v, __ATOMIC_SEQ_CST))
__QIPC_ATOMIC(sub64, uint64_t, __atomic_fetch_sub(__p, __v, __ATOMIC_SEQ_CST))
__QIPC_ATOMIC(set64, uint64_t, __atomic_fetch_or(__p, __v, __ATOMIC_SEQ_CST))
__QIPC_ATOMIC(clr64, uint64_t, __atomic_fetch_and(__p, ~__v, __ATOMIC_SEQ_CST))
__QIPC_ATOMIC(toggle64, uint64_t, __atomic_fetch_xor(__p, __v, __ATOMIC_SEQ_CST))

#undef __QIPC_ATOMIC

#endif
