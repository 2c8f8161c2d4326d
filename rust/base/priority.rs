// SPDX-License-Identifier: GPL-2.0-only

//! Which priority a server thread gets.
//!
//! Priorities are 1 to 99 for the real-time policies and 0 for all others; decision 0008 has the
//! reasons.

/// Highest priority there is.
pub(crate) const HIGHEST: u8 = 99;

/// How a thread is scheduled: its policy and, for the real-time ones, its priority.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scheduling {
    /// Real time, with a priority of 1 to 99.
    RealTime {
        /// First in, first out; round robin otherwise.
        fifo: bool,
        /// The priority.
        level: u8,
    },
    /// Some other policy, by its number, without a priority.
    Shared(u32),
    /// A deadline; such threads are left alone.
    Deadline,
}

impl Scheduling {
    /// A number that stands for it: the policy as Linux numbers them, and the priority.
    #[inline]
    pub(crate) fn code(self) -> u32 {
        match self {
            Self::RealTime { fifo: true, level } => (1 << 8) | u32::from(level),
            Self::RealTime { fifo: false, level } => (2 << 8) | u32::from(level),
            Self::Shared(policy) => policy << 8,
            Self::Deadline => 6 << 8,
        }
    }

    /// The priority that goes with it. A deadline is above them all.
    pub(crate) fn level(self) -> u8 {
        match self {
            Self::RealTime { level, .. } => level,
            Self::Shared(_) => 0,
            Self::Deadline => HIGHEST,
        }
    }
}

/// What a channel asks of a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wish {
    /// Its own priority.
    Own,
    /// This priority, be it higher or lower.
    Exactly(u8),
    /// Its own priority, or this one if it is higher.
    AtLeast(u8),
}

impl Wish {
    /// The wish with a client of this priority waiting on top of it.
    pub(crate) fn raised(self, level: u8) -> Self {
        match self {
            Self::Own => Self::AtLeast(level),
            Self::Exactly(old) => Self::Exactly(old.max(level)),
            Self::AtLeast(old) => Self::AtLeast(old.max(level)),
        }
    }

    /// How a thread is scheduled whose own way is `own`, if clients may not lift it above `ceiling`.
    ///
    /// The ceiling limits what clients do, not what the thread's owner has given it.
    pub(crate) fn scheduling(self, own: Scheduling, ceiling: u8) -> Scheduling {
        let limit = ceiling.max(own.level());
        let level = match self {
            Self::Own => return own,
            Self::Exactly(level) => level.min(limit),
            Self::AtLeast(level) => level.min(limit).max(own.level()),
        };
        match own {
            Scheduling::RealTime { fifo, .. } => Scheduling::RealTime {
                fifo,
                level: level.max(1),
            },
            Scheduling::Shared(_) if level > 0 => Scheduling::RealTime { fifo: true, level },
            Scheduling::Shared(_) | Scheduling::Deadline => own,
        }
    }

    /// The wish as a number, for [`Wish::unpack`].
    pub(crate) const fn pack(self) -> u16 {
        match self {
            Self::Own => 0,
            Self::Exactly(level) => 0x100 | level as u16,
            Self::AtLeast(level) => 0x200 | level as u16,
        }
    }

    /// The wish that a number stands for.
    pub(crate) const fn unpack(number: u16) -> Self {
        let level = (number & 0xff) as u8;
        match number >> 8 {
            1 => Self::Exactly(level),
            2 => Self::AtLeast(level),
            _ => Self::Own,
        }
    }
}
