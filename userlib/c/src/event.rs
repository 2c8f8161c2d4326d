// SPDX-License-Identifier: MIT OR Apache-2.0

//! `struct sigevent` as QNX lays it out, and what the kernel makes of it.

use qipc_sys as sys;
use rustix::io::Errno;

/// `SIGEV_*`.
pub(crate) const NONE: i32 = 0;
pub(crate) const SIGNAL: i32 = 1;
pub(crate) const PULSE: i32 = 4;
pub(crate) const THREAD: i32 = 7;
pub(crate) const SEM: i32 = 9;

/// The bits of a kind; the bit 0x80 says that the structure is one of 64 bits.
const KIND: i32 = 0x7f;
const IS_64BIT: i32 = 0x80;
/// A registered event.
pub(crate) const HANDLE: i32 = 0x2000;
const UPDATEABLE: i32 = 0x400;
/// Flags that have no effect: CRITICAL, OVERDRIVE, SIVAL_INT, NOQUEUE, CODE_UPDATEABLE.
const WITHOUT_EFFECT: i32 = 0x100 | 0x200 | 0x800 | 0x1000 | 0x4000;

/// `sigev_priority` for the priority of whoever delivers the pulse.
const INHERIT: i16 = -1;
/// The highest priority that QNX knows.
const QNX_HIGHEST: i32 = 255;
/// The highest one here.
const HIGHEST: i32 = 99;

/// `struct sigevent`.
#[repr(C)]
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct SigEvent {
    pub(crate) notify: i32,
    pad: i32,
    /// Signal, coid, handle or address.
    pub(crate) target: u64,
    pub(crate) value: u64,
    pub(crate) code: i16,
    pub(crate) priority: i16,
    last: i32,
}

impl SigEvent {
    /// `SIGEV_*`.
    pub(crate) fn kind(&self) -> i32 {
        self.notify & KIND
    }

    /// The union's int, which lies in its lower half.
    pub(crate) fn number(&self) -> i32 {
        self.target as i32
    }

    /// `sigev_notify_attributes`, which lies where code and priority do.
    pub(crate) fn attributes(&self) -> u64 {
        let [a, b] = self.code.to_ne_bytes();
        let [c, d] = self.priority.to_ne_bytes();
        let [e, f, g, h] = self.last.to_ne_bytes();
        u64::from_ne_bytes([a, b, c, d, e, f, g, h])
    }

    /// Turns it into the registered event of this handle.
    pub(crate) fn register(&mut self, handle: i32) {
        self.notify |= HANDLE;
        self.target = u64::from(handle.unsigned_abs());
    }

    /// Four words, to be kept without a lock.
    pub(crate) fn words(&self) -> [u64; 4] {
        let low = |a: i32, b: i32| u64::from(a as u32) | (u64::from(b as u32) << 32);
        [
            low(self.notify, self.pad),
            self.target,
            self.value,
            self.attributes(),
        ]
    }

    /// What [`words`](Self::words) was made of.
    pub(crate) fn from_words(words: [u64; 4]) -> Self {
        let last = words[3].to_ne_bytes();
        let [a, b, c, d, e, f, g, h] = last;
        Self {
            notify: words[0] as u32 as i32,
            pad: (words[0] >> 32) as u32 as i32,
            target: words[1],
            value: words[2],
            code: i16::from_ne_bytes([a, b]),
            priority: i16::from_ne_bytes([c, d]),
            last: i32::from_ne_bytes([e, f, g, h]),
        }
    }

    /// The event as the kernel takes it from the process that it will happen to, or from a server that delivers it.
    ///
    /// Fails with `EINVAL` for kinds that only exist inside of a process, and for a wrong priority.
    pub(crate) fn to_kernel(self) -> Result<sys::qipc_event, Errno> {
        let flags = self.notify & !(KIND | IS_64BIT | WITHOUT_EFFECT);
        let kind = self.kind();
        if kind > 5 && flags & HANDLE == 0 {
            return Err(Errno::INVAL);
        }
        let is_pulse = kind == PULSE;
        Ok(sys::qipc_event {
            notify: (kind | flags & (HANDLE | UPDATEABLE)) as u32,
            target: self.number(),
            value: self.value,
            // QNX's is a byte, whatever is stored in it.
            code: if is_pulse {
                i16::from(self.code as i8)
            } else {
                self.code
            },
            priority: if is_pulse && self.priority != INHERIT {
                priority(i32::from(self.priority))? as i16
            } else if is_pulse {
                INHERIT
            } else {
                0
            },
            reserved: 0,
        })
    }
}

/// A priority of a QNX program as one of Linux: those that Linux lacks are its highest one. -1 stays.
///
/// Fails with `EINVAL` for one that QNX does not have either (B71).
pub(crate) fn priority(wanted: i32) -> Result<i32, Errno> {
    match wanted {
        -1..=HIGHEST => Ok(wanted),
        ..=QNX_HIGHEST if wanted > HIGHEST => Ok(HIGHEST),
        _ => Err(Errno::INVAL),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn priorities_that_linux_lacks_are_its_highest() {
        assert_eq!(priority(-1), Ok(-1));
        assert_eq!(priority(0), Ok(0));
        assert_eq!(priority(99), Ok(99));
        assert_eq!(priority(100), Ok(99));
        assert_eq!(priority(255), Ok(99));
        assert_eq!(priority(256), Err(Errno::INVAL));
        assert_eq!(priority(-2), Err(Errno::INVAL));
    }

    #[test]
    fn words_keep_all_of_an_event() {
        let event = SigEvent {
            notify: -5,
            pad: 6,
            target: 7,
            value: u64::MAX,
            code: -3,
            priority: 9,
            last: -11,
        };
        let back = SigEvent::from_words(event.words());
        assert_eq!(format!("{event:?}"), format!("{back:?}"));
    }

    #[test]
    fn a_pulse_keeps_its_fields_and_loses_flags_without_effect() {
        let event = SigEvent {
            notify: PULSE | IS_64BIT | WITHOUT_EFFECT,
            target: 0xdead_beef_4000_0001,
            value: 5,
            code: 300,
            priority: -1,
            ..SigEvent::default()
        };
        let raw = event.to_kernel().unwrap_or_default();
        assert_eq!((raw.notify, raw.target), (4, 0x4000_0001));
        assert_eq!((raw.value, raw.code, raw.priority), (5, 44, -1));
    }

    #[test]
    fn kinds_of_one_process_do_not_leave_it() {
        for kind in [6, THREAD, 8, SEM, 10, KIND] {
            let event = SigEvent {
                notify: kind,
                ..SigEvent::default()
            };
            assert_eq!(event.to_kernel().err(), Some(Errno::INVAL), "{kind}");
        }
    }
}
