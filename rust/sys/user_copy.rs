// SPDX-License-Identifier: GPL-2.0-only

//! Bytes between an object of the module and user memory.
//!
//! Most of what a call copies is short: an argument, a few bytes of a message. That is copied word by
//! word, in the place where it is wanted, as `get_user()` and `put_user()` of C do it. The kernel's own
//! function for all lengths is a call and a string instruction, which take longer than the copy itself
//! before the first byte is moved; it is for what is long.
//!
//! The kernel checks at run time where a copy begins and ends on its side. Here the length is that of
//! a slice or a type, which lies in its object, so that there is nothing to check.

use core::{
    arch::asm,
    mem::MaybeUninit, //
};
use kernel::{
    bindings,
    ffi,
    prelude::*,
    transmute::{
        AsBytes,
        FromBytes, //
    }, //
};

use super::calls;

/// Longest copy that is made word by word, less than the page that nobody has behind all addresses
/// of user space. None in kernels that look into what the kernel's own function copies, or whether
/// that may sleep.
pub(super) const SHORT: usize = if cfg!(any(CONFIG_KASAN, CONFIG_KMSAN, CONFIG_DEBUG_ATOMIC_SLEEP))
{
    0
} else {
    256
};

/// `alternative("", INSTRUCTION, X86_FEATURE_SMAP)` of C, for `stac` and `clac`: an instruction that
/// stands there from when the module is loaded if the processor knows it. Has to be given `smap`.
macro_rules! if_smap {
    ($instruction:literal) => {
        concat!(
            "740: .byte 0x0f, 0x1f, 0x00\n",
            "742: .pushsection .altinstructions, \"a\"\n",
            ".long 740b - ., 743f - .\n",
            ".4byte {smap}\n",
            ".byte 742b - 740b, 744f - 743f\n",
            ".popsection\n",
            ".pushsection .altinstr_replacement, \"ax\"\n",
            "743: ",
            $instruction,
            "\n744: .popsection"
        )
    };
}

/// `_ASM_EXTABLE_UA(AT, TO)` of C: where to go on if user memory cannot be accessed. Has to be given
/// `fault`.
macro_rules! on_fault {
    ($at:literal, $to:literal) => {
        concat!(
            ".pushsection __ex_table, \"a\"\n",
            ".balign 4\n",
            ".long ",
            $at,
            " - ., ",
            $to,
            " - ., {fault}\n",
            ".popsection"
        )
    };
}

/// `mask_user_address()` of C: the address if it is one of user space, else one where nothing ever
/// is. Without a branch that a processor could guess.
#[inline(always)]
pub(super) fn masked(addr: usize) -> usize {
    let mut masked = addr;
    // SAFETY: Numbers are compared.
    unsafe {
        asm!(
            "cmp {addr}, {most}",
            "cmova {addr}, {most}",
            addr = inout(reg) masked,
            most = in(reg) calls::USER_PTR_MAX,
            options(pure, nomem, nostack),
        );
    }
    masked
}

/// Whether a value of this type is copied as a few words.
const fn is_words<T>() -> bool {
    size_of::<T>() <= SHORT && size_of::<T>() % 8 == 0
}

/// Copies the words of a `T`; says whether all of them were.
///
/// # Safety
///
/// One of the two has to be [`masked`], and the other valid for a `T`, of which [`is_words`] is true.
#[inline(always)]
unsafe fn copy_words<T>(to: usize, from: usize) -> bool {
    let failed: u32;
    // SAFETY: As the caller promises. Where user memory cannot be accessed the kernel goes on at the
    // last label.
    unsafe {
        asm!(
            if_smap!("stac"),
            "mov {failed:e}, 1",
            ".set qipc_at, 0",
            ".rept {words}",
            "2: mov {word}, [{from} + qipc_at]",
            "3: mov [{to} + qipc_at], {word}",
            on_fault!("2b", "4f"),
            on_fault!("3b", "4f"),
            ".set qipc_at, qipc_at + 8",
            ".endr",
            "xor {failed:e}, {failed:e}",
            "4:",
            if_smap!("clac"),
            to = in(reg) to,
            from = in(reg) from,
            word = out(reg) _,
            failed = out(reg) failed,
            words = const size_of::<T>() / 8,
            smap = const bindings::X86_FEATURE_SMAP,
            fault = const bindings::EX_TYPE_UACCESS,
            options(nostack),
        );
    }
    failed == 0
}

/// Copies `len` bytes; says whether all of them were.
///
/// # Safety
///
/// As for [`copy_words`]; `len` is at most [`SHORT`].
#[inline(always)]
pub(super) unsafe fn copy_short(to: usize, from: usize, len: usize) -> bool {
    // Counted up to the end of both.
    let mut left = len.wrapping_neg();
    // SAFETY: As the caller promises. Where user memory cannot be accessed the kernel goes on at the
    // last label, with some left.
    unsafe {
        asm!(
            if_smap!("stac"),
            "test {words}, {words}",
            "jz 5f",
            "2: mov {word}, [{from} + {left}]",
            "3: mov [{to} + {left}], {word}",
            on_fault!("2b", "8f"),
            on_fault!("3b", "8f"),
            "add {left}, 8",
            "dec {words}",
            "jnz 2b",
            "5: test {left}, {left}",
            "jz 8f",
            "6: mov {word:l}, [{from} + {left}]",
            "7: mov [{to} + {left}], {word:l}",
            on_fault!("6b", "8f"),
            on_fault!("7b", "8f"),
            "inc {left}",
            "jnz 6b",
            "8:",
            if_smap!("clac"),
            to = in(reg) to.wrapping_add(len),
            from = in(reg) from.wrapping_add(len),
            words = inout(reg) len / 8 => _,
            word = out(reg) _,
            left = inout(reg) left,
            smap = const bindings::X86_FEATURE_SMAP,
            fault = const bindings::EX_TYPE_UACCESS,
            options(nostack),
        );
    }
    left == 0
}

/// Fills `to` from user memory at `addr`; `EFAULT` if that cannot be read.
#[inline(always)]
pub(super) fn read<T: FromBytes>(addr: usize, to: &mut [MaybeUninit<T>]) -> Result<&mut [T]> {
    let len = core::mem::size_of_val(to);
    // SAFETY: The slice is valid for writes of its length; the address is masked here, or checked by
    // the function. Where all bytes were written they are values, as any bytes are.
    unsafe {
        let done = if len <= SHORT {
            copy_short(to.as_mut_ptr() as usize, masked(addr), len)
        } else {
            bindings::_copy_from_user(
                to.as_mut_ptr().cast::<ffi::c_void>(),
                addr as *const ffi::c_void,
                len,
            ) == 0
        };
        if done {
            Ok(&mut *(core::ptr::from_mut(to) as *mut [T]))
        } else {
            Err(EFAULT)
        }
    }
}

/// The same for one value.
#[inline(always)]
pub(super) fn read_one<T: FromBytes>(addr: usize, to: &mut MaybeUninit<T>) -> Result<&T> {
    if !is_words::<T>() {
        let read = read(addr, core::slice::from_mut(to))?;
        return read.first().ok_or(EFAULT);
    }
    // SAFETY: As in `read`.
    unsafe {
        if copy_words::<T>(to.as_mut_ptr() as usize, masked(addr)) {
            Ok(to.assume_init_ref())
        } else {
            Err(EFAULT)
        }
    }
}

/// Writes `from` to user memory at `addr`; `EFAULT` if that cannot be written.
#[inline(always)]
pub(crate) fn write(addr: usize, from: &[u8]) -> Result {
    let len = from.len();
    // SAFETY: The slice is valid for reads of its length; the address is masked here, or checked by
    // the function.
    let done = unsafe {
        if len <= SHORT {
            copy_short(masked(addr), from.as_ptr() as usize, len)
        } else {
            bindings::_copy_to_user(
                addr as *mut ffi::c_void,
                from.as_ptr().cast::<ffi::c_void>(),
                len,
            ) == 0
        }
    };
    if done {
        Ok(())
    } else {
        Err(EFAULT)
    }
}

/// The same for one value.
#[inline(always)]
pub(super) fn write_one<T: AsBytes>(addr: usize, from: &T) -> Result {
    if !is_words::<T>() {
        return write(addr, from.as_bytes());
    }
    // SAFETY: As in `write`.
    if unsafe { copy_words::<T>(masked(addr), core::ptr::from_ref(from) as usize) } {
        Ok(())
    } else {
        Err(EFAULT)
    }
}
