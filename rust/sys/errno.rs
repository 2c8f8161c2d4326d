// SPDX-License-Identifier: GPL-2.0-only

//! Errors that `kernel::error::code` lacks in one of the supported kernels.

use kernel::{
    bindings,
    error::Error, //
};

/// The session belongs to another process, or to the program that ran before an exec (`ESTALE`).
pub(crate) fn stale() -> Error {
    Error::from_errno(-(bindings::ESTALE as i32))
}

/// There is no network of nodes (`ENONET`; QNX says `ENOREMOTE`).
pub(crate) fn no_network() -> Error {
    Error::from_errno(-(bindings::ENONET as i32))
}

/// There is no such thing here (`ENOTSUP`, which Linux spells `EOPNOTSUPP`).
pub(crate) fn not_supported() -> Error {
    Error::from_errno(-(bindings::EOPNOTSUPP as i32))
}

/// A name is longer than names can be (`ENAMETOOLONG`).
pub(crate) fn name_too_long() -> Error {
    Error::from_errno(-(bindings::ENAMETOOLONG as i32))
}

/// Makes a system call start again after any signal (`ERESTARTNOINTR`). For calls that wait for
/// nothing but locks of the kernel.
pub(crate) fn restart_always() -> Error {
    const ERESTARTNOINTR: i32 = 513;
    Error::from_errno(-ERESTARTNOINTR)
}

/// Makes a system call start again after a signal that no handler ran for, and fail with `EINTR`
/// otherwise (`ERESTARTNOHAND`).
pub(crate) fn restart_unless_handled() -> Error {
    const ERESTARTNOHAND: i32 = 514;
    Error::from_errno(-ERESTARTNOHAND)
}
