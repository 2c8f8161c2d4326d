// SPDX-License-Identifier: GPL-2.0-only

//! Structures that belong to the kernel: how their fields are read, and how they are given back.
//!
//! A [`Foreign`] is a structure that somebody else may change at any time. Nothing in it is seen
//! through a reference of Rust; its fields are found by a [`Field`], whose place and type the
//! compiler has checked, and read as single words.

use core::{
    marker::PhantomData,
    ops::Deref,
    ptr::NonNull, //
};
use kernel::{
    bindings,
    cred::Credential,
    mm::{
        virt::VmaRef,
        MmWithUser, //
    },
    prelude::*,
    task::{
        CurrentTask,
        Task, //
    },
    types::Opaque, //
};

/// A structure of the kernel's.
///
/// # Invariants
///
/// It was initialised as the kernel does that, and is there as long as it is borrowed.
#[repr(transparent)]
#[pin_data]
pub(super) struct Foreign<S> {
    #[pin]
    memory: Opaque<S>,
}

/// What can be read as one word, whatever its bits are.
///
/// # Safety
///
/// Both must be true of the implementing type.
pub(super) unsafe trait Word: Copy {}

macro_rules! words {
    ($($({$name:ident})? $word:ty,)*) => {
        $(
            // SAFETY: No larger than a register, and without any bits that it must not have.
            unsafe impl$(<$name>)? Word for $word {}
        )*
    };
}

words!(
    u8,
    i32,
    u32,
    u64,
    usize,
    bindings::kuid_t,
    bindings::kgid_t,
    {T} *const T,
    {T} *mut T,
);

/// Where the structures of type `S` have a field of type `T`.
///
/// # Invariants
///
/// Each of them has one `offset` bytes behind its beginning.
pub(super) struct Field<S, T> {
    offset: usize,
    _types: PhantomData<fn(S) -> T>,
}

impl<S, T> Clone for Field<S, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S, T> Copy for Field<S, T> {}

impl<S, T> Field<S, T> {
    /// # Safety
    ///
    /// The invariant must be true.
    pub(super) const unsafe fn new(offset: usize) -> Self {
        Self {
            offset,
            _types: PhantomData,
        }
    }

    /// The same, for a field whose type is proven by a function that is never called.
    ///
    /// # Safety
    ///
    /// `offset` must be that of the field which the function returns.
    pub(super) const unsafe fn typed(offset: usize, _proof: fn(&S) -> &T) -> Self {
        Self {
            offset,
            _types: PhantomData,
        }
    }
}

/// `field!(structure, path.of.a.field)` is the [`Field`] of that name.
macro_rules! field {
    ($structure:ty, $($path:tt)+) => {
        const {
            // SAFETY: Both arguments are made of the same path.
            unsafe {
                $crate::sys::foreign::Field::typed(
                    ::core::mem::offset_of!($structure, $($path)+),
                    |whole: &$structure| &whole.$($path)+,
                )
            }
        }
    };
}
pub(super) use field;

impl<S> Foreign<S> {
    /// One that is made by `init`, in place.
    ///
    /// # Safety
    ///
    /// `init` must initialise what it is given as the kernel does that.
    pub(super) unsafe fn init(init: impl FnOnce(*mut S)) -> impl PinInit<Self> {
        pin_init!(Self {
            memory <- Opaque::ffi_init(init),
        })
    }

    /// Its address, for functions of the kernel.
    #[inline]
    pub(super) const fn as_ptr(&self) -> *mut S {
        self.memory.get()
    }

    /// One of its fields.
    #[inline]
    pub(super) fn part<T>(&self, field: Field<S, T>) -> &Foreign<T> {
        // SAFETY: By the invariant of `Field` there is one, which was initialised with the whole
        // and stays as long.
        unsafe { &*self.as_ptr().byte_add(field.offset).cast() }
    }
}

impl<T: Word> Foreign<T> {
    /// What it is at the moment.
    #[inline]
    pub(super) fn read(&self) -> T {
        // SAFETY: It is there by the invariant, and any bits are a value. It is read once, as a
        // whole.
        unsafe { self.as_ptr().read_volatile() }
    }
}

impl<T, const N: usize> Foreign<[T; N]> {
    /// One of its elements.
    #[inline]
    pub(super) fn at(&self, index: usize) -> Option<&Foreign<T>> {
        let field = Field {
            // INVARIANT: An array of `N` has an element there.
            offset: (index < N).then(|| index * size_of::<T>())?,
            _types: PhantomData,
        };
        Some(self.part(field))
    }
}

/// What keeps a structure of the kernel's where it is.
///
/// # Safety
///
/// As long as the implementing object is borrowed, there must be a `T` of the kernel's at the
/// address, and always at the same.
pub(super) unsafe trait Holds<T> {
    /// The address.
    fn address(&self) -> *const T;
}

/// What `holder` holds.
#[inline]
pub(super) fn held<T>(holder: &impl Holds<T>) -> &Foreign<T> {
    // SAFETY: By the contract of the trait.
    unsafe { &*holder.address().cast() }
}

// SAFETY: A `Task` is one.
unsafe impl Holds<bindings::task_struct> for Task {
    #[inline]
    fn address(&self) -> *const bindings::task_struct {
        self.as_ptr()
    }
}

/// What the kernel knows about a task.
#[inline]
pub(super) fn structure(task: &Task) -> &Foreign<bindings::task_struct> {
    held(task)
}

// SAFETY: A task has a counted reference, which it gives up with its memory.
unsafe impl Holds<bindings::signal_struct> for Task {
    #[inline]
    fn address(&self) -> *const bindings::signal_struct {
        structure(self)
            .part(field!(bindings::task_struct, signal))
            .read()
    }
}

// SAFETY: A `Credential` is one.
unsafe impl Holds<bindings::cred> for Credential {
    fn address(&self) -> *const bindings::cred {
        self.as_ptr()
    }
}

// SAFETY: Credentials hold their user namespace, which does not change.
unsafe impl Holds<bindings::user_namespace> for Foreign<bindings::cred> {
    fn address(&self) -> *const bindings::user_namespace {
        self.part(field!(bindings::cred, user_ns)).read()
    }
}

// SAFETY: A running task has a set of namespaces, which nobody else changes. That holds the IPC
// namespace.
unsafe impl Holds<bindings::nsproxy> for CurrentTask {
    fn address(&self) -> *const bindings::nsproxy {
        structure(self)
            .part(field!(bindings::task_struct, nsproxy))
            .read()
    }
}

// SAFETY: A set of namespaces holds those that are in it, and does not change.
unsafe impl Holds<bindings::ipc_namespace> for Foreign<bindings::nsproxy> {
    fn address(&self) -> *const bindings::ipc_namespace {
        self.part(field!(bindings::nsproxy, ipc_ns)).read()
    }
}

// SAFETY: A running task has credentials, which nobody else changes.
unsafe impl Holds<bindings::cred> for CurrentTask {
    fn address(&self) -> *const bindings::cred {
        structure(self)
            .part(field!(bindings::task_struct, cred))
            .read()
    }
}

// SAFETY: A `MmWithUser` is one.
unsafe impl Holds<bindings::mm_struct> for MmWithUser {
    fn address(&self) -> *const bindings::mm_struct {
        self.as_raw()
    }
}

// SAFETY: A `VmaRef` is one.
unsafe impl Holds<bindings::vm_area_struct> for VmaRef {
    fn address(&self) -> *const bindings::vm_area_struct {
        self.as_ptr()
    }
}

/// The identity of a thread, of a process or of a session, `struct pid`.
pub(super) type Pid = Foreign<bindings::pid>;

/// Something that has to be given back.
///
/// # Safety
///
/// Any thread may use it and give it back, and it stays valid until [`GiveBack::PUT`] is called.
pub(super) unsafe trait GiveBack: Sized {
    /// Gives it back.
    const PUT: unsafe extern "C" fn(NonNull<Self>);
}

/// Something that is counted, and has to be given back as often.
///
/// # Safety
///
/// After [`Counted::get`] it must be valid for one call of [`GiveBack::PUT`] more.
pub(super) unsafe trait Counted: GiveBack {
    /// Counts it once more.
    fn get(&self);
}

/// Owns something, and gives it back when it is dropped. Functions of the kernel return it.
///
/// # Invariants
///
/// The pointer is valid until it is given back, which is up to this object.
#[repr(transparent)]
pub(super) struct Own<T: GiveBack>(NonNull<T>);

// SAFETY: By the contract of `GiveBack`.
unsafe impl<T: GiveBack> Send for Own<T> {}
// SAFETY: As above.
unsafe impl<T: GiveBack> Sync for Own<T> {}

impl<T: GiveBack> Own<T> {
    /// # Safety
    ///
    /// The invariant must be true.
    pub(super) unsafe fn from_raw(from: NonNull<T>) -> Self {
        // INVARIANT: As the caller promises.
        Self(from)
    }
}

impl<T: GiveBack> Deref for Own<T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: By the invariant.
        unsafe { self.0.as_ref() }
    }
}

impl<T: GiveBack> Drop for Own<T> {
    fn drop(&mut self) {
        // SAFETY: By the invariant; nobody uses it afterwards.
        unsafe { T::PUT(self.0) };
    }
}

impl<T: Counted> Clone for Own<T> {
    fn clone(&self) -> Self {
        self.get();
        // INVARIANT: Was counted for the new object.
        Self(self.0)
    }
}
