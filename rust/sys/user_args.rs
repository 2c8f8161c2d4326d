// SPDX-License-Identifier: GPL-2.0-only

//! Argument structures in and out of user memory.
//!
//! An argument is copied in once, as a value, and never looked at again in user memory; results
//! are written to the fields marked "out" and nowhere else. The size that the caller announced is
//! the version of the structure.

use super::{
    filled::Filled,
    user_copy, //
};
use crate::base::abi;
use core::marker::PhantomData;
use core::mem::MaybeUninit;
use kernel::{
    alloc::allocator::KVmalloc,
    prelude::*,
    transmute::{
        AsBytes,
        FromBytes, //
    },
    uaccess::{
        UserPtr,
        UserSlice, //
    }, //
};

/// Types that are valid for every bit pattern and have no padding; the default is all zero.
pub(crate) trait Plain: FromBytes + AsBytes + Copy + Default {
    /// Size of its first version; what an older version lacks is zero.
    const FIRST: usize = size_of::<Self>();
}

macro_rules! plain {
    ($($name:ident $(from $first:ident)?),* $(,)?) => {
        $(
            // SAFETY: A `repr(C)` structure of integers whose padding is spelled out as fields.
            unsafe impl FromBytes for abi::$name {}
            // SAFETY: As above.
            unsafe impl AsBytes for abi::$name {}
            impl Plain for abi::$name {
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

impl Plain for i32 {}
impl Plain for u32 {}
impl Plain for i64 {}
impl Plain for u64 {}

// The structures must not have padding that could carry kernel memory to user space.
const _: () = assert!(size_of::<abi::MsgInfo>() == 9 * 4 + 4 + 3 * 8);
const _: () = assert!(size_of::<abi::ReceiveResult>() == 8 + size_of::<abi::MsgInfo>());
const _: () = assert!(size_of::<abi::SendResult>() == 16);
const _: () = assert!(size_of::<abi::Pulse>() == 2 + 2 + 1 + 3 + 8 + 4 + 4);
const _: () = assert!(size_of::<abi::ServerInfo>() == 6 * 4);
const _: () = assert!(size_of::<abi::ClientInfo>() == 12 * 4);

/// A few values that come from user memory together, in room for `N` of them.
pub(crate) struct UserList<T, const N: usize>(Filled<T, N>);

impl<T: Plain, const N: usize> UserList<T, N> {
    /// An empty list; its memory is not touched.
    pub(crate) const fn new() -> Self {
        Self(Filled::new())
    }

    /// Takes over `count` elements at `addr`.
    ///
    /// Fails with `EOVERFLOW` if there is no room for them, and with `EFAULT`; then the list is
    /// empty.
    pub(crate) fn fill(&mut self, addr: usize, count: usize) -> Result {
        self.0.clear();
        self.0.append_from_user(addr, count)
    }

    /// The elements.
    #[inline]
    pub(crate) fn as_slice(&self) -> &[T] {
        self.0.as_slice()
    }
}

/// Any number of values that come from user memory together, in memory that is charged to the caller.
pub(crate) struct LongUserList<T>(Vec<T, KVmalloc>);

impl<T: Plain> LongUserList<T> {
    /// Takes over `count` elements at `addr`. Fails with `EFAULT` and `ENOMEM`.
    pub(crate) fn new(addr: usize, count: usize) -> Result<Self> {
        let mut list = Vec::with_capacity(count, GFP_KERNEL_ACCOUNT)?;
        let room = list.spare_capacity_mut().get_mut(..count).ok_or(ENOMEM)?;
        user_copy::read(addr, room)?;
        // SAFETY: The read wrote that many elements, which lie inside of the capacity.
        unsafe { list.inc_len(count) };
        Ok(Self(list))
    }

    /// The elements.
    #[inline]
    pub(crate) fn as_slice(&self) -> &[T] {
        self.0.as_slice()
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
        user_copy::read_one(self.addr, &mut room.0)
    }

    /// The same for another version.
    #[cold]
    fn read_other(&self, size: usize) -> Result<T> {
        if size < T::FIRST {
            return Err(EINVAL);
        }
        let mut value = T::default();
        let mut reader = UserSlice::new(UserPtr::from_addr(self.addr), size).reader();
        let known = size_of::<T>().min(size);
        reader.read_slice(value.as_bytes_mut().get_mut(..known).ok_or(EINVAL)?)?;
        let mut chunk = [0u8; 64];
        while !reader.is_empty() {
            let len = chunk.len().min(reader.len());
            let part = &mut chunk[..len];
            reader.read_slice(part)?;
            if part.iter().any(|byte| *byte != 0) {
                return Err(E2BIG);
            }
        }
        Ok(value)
    }

    /// Names an out field at `offset` bytes into the argument.
    pub(crate) fn field<F: Plain>(&self, offset: usize) -> UserArg<F> {
        UserArg::new(self.addr.wrapping_add(offset))
    }

    /// Writes a value; `EFAULT` if the memory cannot be written.
    #[inline]
    pub(crate) fn write(&self, value: &T) -> Result {
        user_copy::write_one(self.addr, value)
    }
}
