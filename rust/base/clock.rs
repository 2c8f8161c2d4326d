// SPDX-License-Identifier: GPL-2.0-only

//! The clocks that deadlines and timers go by.

/// A clock of the kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Clock {
    /// Time of day; somebody may set it.
    Realtime,
    /// Time since boot without the time in suspend.
    Monotonic,
    /// Time since boot.
    Boottime,
}

impl Clock {
    /// The clock that a user named by its `CLOCK_*` number.
    pub(crate) const fn from_user(number: i32) -> Option<Self> {
        match number {
            0 => Some(Self::Realtime),
            1 => Some(Self::Monotonic),
            7 => Some(Self::Boottime),
            _ => None,
        }
    }

    /// Its `CLOCK_*` number.
    pub(crate) const fn number(self) -> i32 {
        match self {
            Self::Realtime => 0,
            Self::Monotonic => 1,
            Self::Boottime => 7,
        }
    }
}

/// Nanoseconds of a user as the kernel counts them; what is longer than 292 years is 292 years.
pub(crate) const fn nanoseconds(value: u64) -> i64 {
    if value > i64::MAX as u64 {
        i64::MAX
    } else {
        value as i64
    }
}
