// SPDX-License-Identifier: GPL-2.0-only

//! Bytes between an object of the module and user memory.
//!
//! The kernel checks at run time where a copy begins and ends on its side, which costs more than a
//! short copy itself; it leaves that out where the compiler knows the length. Here the length is that
//! of a slice, which lies in its object by its type, so that there is nothing to check either.

use core::mem::MaybeUninit;
use kernel::{
    bindings,
    ffi,
    prelude::*,
    transmute::FromBytes, //
};

/// Fills `to` from user memory at `addr`; `EFAULT` if that cannot be read.
#[inline]
pub(super) fn read<T: FromBytes>(addr: usize, to: &mut [MaybeUninit<T>]) -> Result<&mut [T]> {
    // SAFETY: The slice is valid for writes of its length; the address is checked by the function.
    // Where it has written all bytes they are values, as any bytes are.
    unsafe {
        let left = bindings::_copy_from_user(
            to.as_mut_ptr().cast::<ffi::c_void>(),
            addr as *const ffi::c_void,
            core::mem::size_of_val(to),
        );
        if left == 0 {
            Ok(&mut *(core::ptr::from_mut(to) as *mut [T]))
        } else {
            Err(EFAULT)
        }
    }
}

/// Writes `from` to user memory at `addr`; `EFAULT` if that cannot be written.
#[inline]
pub(crate) fn write(addr: usize, from: &[u8]) -> Result {
    // SAFETY: The slice is valid for reads of its length; the address is checked by the function.
    let left = unsafe {
        bindings::_copy_to_user(
            addr as *mut ffi::c_void,
            from.as_ptr().cast::<ffi::c_void>(),
            from.len(),
        )
    };
    if left == 0 {
        Ok(())
    } else {
        Err(EFAULT)
    }
}
