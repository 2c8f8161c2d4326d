// SPDX-License-Identifier: GPL-2.0-only

//! Initialisers: functions that make a value. Nothing here has to stay where it was made.

use crate::error::{Error, Result};

pub trait PinInit<T, E = core::convert::Infallible> {
    fn make(self) -> Result<T, E>;
}

/// An initialiser that is a function.
pub struct Make<F>(pub F);

impl<T, E, F: FnOnce() -> Result<T, E>> PinInit<T, E> for Make<F> {
    fn make(self) -> Result<T, E> {
        (self.0)()
    }
}

/// What a field is made of may fail in one way or not at all.
pub fn field<T, E: Into<Anyhow>>(init: impl PinInit<T, E>) -> Result<T, Error> {
    init.make().map_err(|error| error.into().0)
}

pub struct Anyhow(pub Error);

impl From<Error> for Anyhow {
    fn from(error: Error) -> Self {
        Self(error)
    }
}

impl From<core::convert::Infallible> for Anyhow {
    fn from(never: core::convert::Infallible) -> Self {
        match never {}
    }
}

pub fn pin_init_array_from_fn<const N: usize, T, I: PinInit<T, Error>>(
    mut make: impl FnMut(usize) -> I,
) -> impl PinInit<[T; N], Error> {
    Make(move || {
        let mut failed = None;
        let made: [Option<T>; N] = core::array::from_fn(|n| match make(n).make() {
            Ok(value) => Some(value),
            Err(error) => {
                failed = Some(error);
                None
            }
        });
        match failed {
            Some(error) => Err(error),
            None => Ok(made.map(|value| value.expect("it was made"))),
        }
    })
}

/// `Self { field: value, field <- initialiser, field }`, made when the initialiser is run.
#[macro_export]
macro_rules! try_pin_init {
    ($name:ident { $($body:tt)* }) => {
        $crate::init::Make(move || -> $crate::error::Result<_, $crate::error::Error> {
            Ok($crate::make_fields!([$name] [] $($body)*))
        })
    };
}

#[macro_export]
macro_rules! pin_init {
    ($($body:tt)*) => { $crate::try_pin_init!($($body)*) };
}

#[macro_export]
macro_rules! make_fields {
    ([$name:ident] [$($done:tt)*]) => { $name { $($done)* } };
    ([$name:ident] [$($done:tt)*] $field:ident <- $init:expr, $($rest:tt)*) => {
        $crate::make_fields!([$name] [$($done)* $field: $crate::init::field($init)?,] $($rest)*)
    };
    ([$name:ident] [$($done:tt)*] $field:ident: $value:expr, $($rest:tt)*) => {
        $crate::make_fields!([$name] [$($done)* $field: $value,] $($rest)*)
    };
    ([$name:ident] [$($done:tt)*] $field:ident, $($rest:tt)*) => {
        $crate::make_fields!([$name] [$($done)* $field,] $($rest)*)
    };
}

/// A value of the stack; here it lies elsewhere.
#[macro_export]
macro_rules! stack_pin_init {
    (let $name:ident = $init:expr) => {
        let $name = Box::new($init);
    };
}
