// SPDX-License-Identifier: GPL-2.0-only

//! Errors, by number.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Error(pub i32);

pub type Result<T = (), E = Error> = core::result::Result<T, E>;

pub mod code {
    use super::Error;

    macro_rules! codes {
        ($($name:ident $number:literal)*) => {
            $(pub const $name: Error = Error(-$number);)*
        };
    }
    codes! {
        ESRCH 3 EINTR 4 EIO 5 EBADF 9 EAGAIN 11 ENOMEM 12 EFAULT 14 EINVAL 22 EOVERFLOW 75 ETIMEDOUT 110
    }
}
