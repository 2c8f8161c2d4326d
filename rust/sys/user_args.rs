// SPDX-License-Identifier: GPL-2.0-only

//! Argument structures in and out of user memory.
//!
//! An argument is copied in once, as a value, and never looked at again in user memory; results
//! are written to the fields marked "out" and nowhere else. The size that the caller announced is
//! the version of the structure.

use super::user_copy;
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
    Iov,
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

/// The first `len` bytes of a value that may have none yet.
#[inline]
fn bytes_of<T: Plain>(value: &mut MaybeUninit<T>, len: usize) -> &mut [MaybeUninit<u8>] {
    // SAFETY: `MaybeUninit<u8>` may hold anything, and any bytes are a value of `T`, so the memory of
    // `value`, which is no shorter than that, can be seen as an array of it while it is borrowed.
    unsafe { core::slice::from_raw_parts_mut(value.as_mut_ptr().cast(), len.min(size_of::<T>())) }
}

/// A few values that come from user memory together, in room for `N` of them.
///
/// # Invariants
///
/// The first `len` elements are initialised, and `len` is at most `N`.
pub(crate) struct UserList<T, const N: usize> {
    len: usize,
    room: [MaybeUninit<T>; N],
}

impl<T: Plain, const N: usize> UserList<T, N> {
    /// An empty list; its memory is not touched.
    pub(crate) const fn new() -> Self {
        // INVARIANT: No element has to be initialised.
        Self {
            len: 0,
            room: [const { MaybeUninit::uninit() }; N],
        }
    }

    /// Takes over `count` elements at `addr`.
    ///
    /// Fails with `EOVERFLOW` if there is no room for them, and with `EFAULT`; then the list is
    /// empty.
    pub(crate) fn fill(&mut self, addr: usize, count: usize) -> Result {
        // INVARIANT: No element has to be initialised.
        self.len = 0;
        let room = self.room.get_mut(..count).ok_or(EOVERFLOW)?;
        // SAFETY: As in `bytes_of`, for as many elements as there are.
        let bytes = unsafe {
            core::slice::from_raw_parts_mut(
                room.as_mut_ptr().cast::<MaybeUninit<u8>>(),
                core::mem::size_of_val(room),
            )
        };
        user_copy::read(addr, bytes)?;
        // INVARIANT: The read wrote `count` elements, and `T` is valid for every bit pattern.
        self.len = count;
        Ok(())
    }

    /// The elements.
    pub(crate) fn as_slice(&self) -> &[T] {
        // SAFETY: By the invariant the first `len` elements lie in the array and are initialised.
        unsafe { core::slice::from_raw_parts(self.room.as_ptr().cast(), self.len) }
    }
}

/// Room for an argument, which is not to be moved about.
pub(crate) struct Room<T>(MaybeUninit<T>);

impl<T: Plain> Room<T> {
    /// With nothing in it.
    #[inline]
    pub(crate) const fn new() -> Self {
        Self(MaybeUninit::uninit())
    }
}

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
        let mut room = Room::new();
        self.read_in(&mut room, size).copied()
    }

    /// The same into `room`, where the argument stays.
    #[inline]
    pub(crate) fn read_in<'a>(&self, room: &'a mut Room<T>, size: usize) -> Result<&'a T> {
        if size != size_of::<T>() {
            return Ok(room.0.write(self.read_other(size)?));
        }
        user_copy::read(self.addr, bytes_of(&mut room.0, size))?;
        // SAFETY: All bytes were written above, and `T` is valid for every bit pattern.
        Ok(unsafe { room.0.assume_init_ref() })
    }

    /// The same for another version.
    #[cold]
    fn read_other(&self, size: usize) -> Result<T> {
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
        reader.read_raw(bytes_of(&mut value, known))?;
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
    #[inline]
    pub(crate) fn write(&self, value: &T) -> Result {
        // SAFETY: `T` has no padding, so all of its bytes are initialised.
        let bytes = unsafe {
            core::slice::from_raw_parts(core::ptr::from_ref(value).cast::<u8>(), size_of::<T>())
        };
        user_copy::write(self.addr, bytes)
    }
}
