// SPDX-License-Identifier: GPL-2.0-only

//! Argument structures in and out of user memory.
//!
//! An argument is copied in once, as a value, and never looked at again in user memory; results
//! are written to the fields marked "out" and nowhere else. The size that the caller announced is
//! the version of the structure.

use crate::base::abi;
use core::marker::PhantomData;
use core::mem::MaybeUninit;
use kernel::{
    prelude::*,
    uaccess::{
        UserPtr,
        UserSlice, //
    }, //
};

/// Types that are valid for every bit pattern and have no padding.
///
/// # Safety
///
/// Both must be true of the implementing type.
pub(crate) unsafe trait Plain: Copy + Default {
    /// Size of its first version; what an older version lacks is zero.
    const FIRST: usize = size_of::<Self>();
}

macro_rules! plain {
    ($($name:ident $(from $first:ident)?),* $(,)?) => {
        $(
            // SAFETY: A `repr(C)` structure of integers whose padding is spelled out as fields.
            unsafe impl Plain for abi::$name {
                $(const FIRST: usize = abi::first::$first;)?
            }
        )*
    };
}

plain!(
    BenchPair,
    ChannelAccess,
    ChannelCreate from CHANNEL_CREATE,
    ChannelDestroy,
    ChannelFd,
    ClientInfo,
    ConnectAttach,
    ConnectClientInfo,
    ConnectDetach,
    ConnectFlags,
    ConnectServerInfo,
    Event,
    EventDeliver,
    EventRegister,
    EventUnregister,
    Features,
    MsgCurrent,
    MsgError,
    MsgInfo,
    MsgInfoGet,
    MsgReceive from MSG_RECEIVE,
    MsgReply,
    MsgReplyReceive from MSG_REPLY_RECEIVE,
    MsgSend from MSG_SEND,
    MsgTransfer,
    NameAttach,
    NameDetach,
    NameOpen,
    Pulse,
    PulseSend,
    ReceiveResult,
    ReplyResult,
    SendResult,
    ServerInfo,
    Timeout,
    TimerCreate,
    TimerDelete,
    TimerGettime,
    TimerSettime,
);

// SAFETY: Every bit pattern is valid and there is no padding.
unsafe impl Plain for i32 {}
// SAFETY: As above.
unsafe impl Plain for u32 {}
// SAFETY: As above.
unsafe impl Plain for i64 {}
// SAFETY: As above.
unsafe impl Plain for u64 {}

// The structures must not have padding that could carry kernel memory to user space.
const _: () = assert!(size_of::<abi::MsgInfo>() == 9 * 4 + 4 + 3 * 8);
const _: () = assert!(size_of::<abi::ReceiveResult>() == 8 + size_of::<abi::MsgInfo>());
const _: () = assert!(size_of::<abi::SendResult>() == 16);
const _: () = assert!(size_of::<abi::Pulse>() == 2 + 2 + 1 + 3 + 8 + 4 + 4);
const _: () = assert!(size_of::<abi::ServerInfo>() == 6 * 4);
const _: () = assert!(size_of::<abi::ClientInfo>() == 12 * 4);

/// An ioctl argument in user memory.
pub(crate) struct UserArg<T> {
    addr: usize,
    _type: PhantomData<T>,
}

impl<T: Plain> UserArg<T> {
    /// Names the argument at `addr` without touching it.
    pub(crate) fn new(addr: usize) -> Self {
        Self {
            addr,
            _type: PhantomData,
        }
    }

    /// Copies in an argument that the caller says is `size` bytes long.
    ///
    /// What an older version lacks is zero. Fails with `EINVAL` if that is less than the first
    /// version, with `E2BIG` if the part that is not known here is not zero, and with `EFAULT`.
    pub(crate) fn read(&self, size: usize) -> Result<T> {
        if size < T::FIRST {
            return Err(EINVAL);
        }
        let known = size_of::<T>().min(size);
        let mut value = if known == size_of::<T>() {
            MaybeUninit::<T>::uninit()
        } else {
            MaybeUninit::<T>::zeroed()
        };
        let mut reader = UserSlice::new(UserPtr::from_addr(self.addr), size).reader();
        // SAFETY: `MaybeUninit<u8>` may hold anything, so the memory of `value` can be seen as
        // an array of it for as long as `value` is borrowed.
        let bytes = unsafe { core::slice::from_raw_parts_mut(value.as_mut_ptr().cast(), known) };
        reader.read_raw(bytes)?;
        let mut chunk = [0u8; 64];
        while !reader.is_empty() {
            let len = chunk.len().min(reader.len());
            let part = &mut chunk[..len];
            reader.read_slice(part)?;
            if part.iter().any(|byte| *byte != 0) {
                return Err(E2BIG);
            }
        }
        // SAFETY: All bytes were written above or zeroed before, and `T` is valid for every bit pattern.
        Ok(unsafe { value.assume_init() })
    }

    /// Names an out field at `offset` bytes into the argument.
    pub(crate) fn field<F: Plain>(&self, offset: usize) -> UserArg<F> {
        UserArg::new(self.addr.wrapping_add(offset))
    }

    /// Writes a value; `EFAULT` if the memory cannot be written.
    pub(crate) fn write(&self, value: &T) -> Result {
        // SAFETY: `T` has no padding, so all of its bytes are initialised.
        let bytes = unsafe {
            core::slice::from_raw_parts(core::ptr::from_ref(value).cast::<u8>(), size_of::<T>())
        };
        UserSlice::new(UserPtr::from_addr(self.addr), bytes.len())
            .writer()
            .write_slice(bytes)
    }
}
