// SPDX-License-Identifier: MIT OR Apache-2.0

//! What can go wrong, and on which side.

use std::io;

use rustix::io::Errno;

/// A result of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a call failed.
///
/// QNX reports everything as one `errno`, and tells a fault in the server's memory (`ESRVRFAULT`) from one in the
/// client's (`EFAULT`). Linux has no `ESRVRFAULT`, so the side is part of this type; so is the difference between an
/// error that the kernel found and one that the server chose as its answer (`MsgError`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The server answered with this error: [`Request::error`](crate::Request::error), QNX `MsgError`.
    #[error("the server answered with an error: {0}")]
    Answered(Errno),

    /// Memory that the client lent for the message or for the reply cannot be accessed.
    ///
    /// The client's `send` fails with it, and so does the call of the server that met the bad memory. A server still
    /// holds the request after [`read_at`](crate::Request::read_at) and [`write_at`](crate::Request::write_at) fail
    /// like this; after a reply the client has been released.
    #[error("bad memory of the client")]
    ClientFault,

    /// Memory of the server cannot be accessed: the receive buffer, the reply, or the memory given to
    /// [`read_at`](crate::Request::read_at) or [`write_at`](crate::Request::write_at). QNX `ESRVRFAULT`.
    #[error("bad memory of the server")]
    ServerFault,

    /// The session was opened by another process (or by this process before an `exec`), most often by the parent of a
    /// forked child. Open a new one with [`Qipc::open`](crate::Qipc::open).
    #[error("the session belongs to another process; open /dev/qipc again")]
    Stale,

    /// The time of the call's [`Timeout`](crate::Timeout) was up. Of a send this says nothing about whether the server
    /// has acted on the message.
    #[error("the time was up")]
    TimedOut,

    /// The kernel refused or ended the call. Each method lists what it can be.
    #[error("{0}")]
    Os(Errno),
}

impl Error {
    /// The error as one number, whatever side it came from.
    ///
    /// Both faults are `EFAULT`, a stale session is `ESTALE`, a timeout `ETIMEDOUT`.
    #[must_use]
    pub fn errno(self) -> Errno {
        match self {
            Self::Answered(errno) | Self::Os(errno) => errno,
            Self::ClientFault | Self::ServerFault => Errno::FAULT,
            Self::Stale => Errno::STALE,
            Self::TimedOut => Errno::TIMEDOUT,
        }
    }

    /// A signal handler ran while the call was blocked (`EINTR` from the kernel, not from a server's answer).
    ///
    /// As in QNX, nothing is restarted: an interrupted receive has taken no message and can be repeated, while an
    /// interrupted send may or may not have reached the server, and only the protocol knows whether to send again.
    #[must_use]
    pub fn is_interrupted(self) -> bool {
        self == Self::Os(Errno::INTR)
    }

    /// An error of the kernel that has no memory at fault.
    pub(crate) fn from_errno(errno: Errno) -> Self {
        match errno {
            Errno::STALE => Self::Stale,
            Errno::TIMEDOUT => Self::TimedOut,
            errno => Self::Os(errno),
        }
    }
}

/// Keeps the kind of the errno for callers that look at it, and this error as the source.
impl From<Error> for io::Error {
    fn from(error: Error) -> Self {
        Self::new(Self::from(error.errno()).kind(), error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_error_has_its_errno() {
        for (error, errno) in [
            (Error::Answered(Errno::NOENT), Errno::NOENT),
            (Error::ClientFault, Errno::FAULT),
            (Error::ServerFault, Errno::FAULT),
            (Error::Stale, Errno::STALE),
            (Error::TimedOut, Errno::TIMEDOUT),
            (Error::Os(Errno::SRCH), Errno::SRCH),
        ] {
            assert_eq!(error.errno(), errno, "{error:?}");
        }
    }

    #[test]
    fn a_stale_session_and_a_timeout_are_told_apart_from_other_errors() {
        assert_eq!(Error::from_errno(Errno::TIMEDOUT), Error::TimedOut);
        assert_eq!(Error::from_errno(Errno::STALE), Error::Stale);
        assert_eq!(Error::from_errno(Errno::BADF), Error::Os(Errno::BADF));
    }

    #[test]
    fn only_the_kernels_own_eintr_is_an_interruption() {
        assert!(Error::Os(Errno::INTR).is_interrupted());
        assert!(!Error::Answered(Errno::INTR).is_interrupted());
    }

    #[test]
    fn an_io_error_keeps_the_kind_and_the_side() {
        let error = io::Error::from(Error::Answered(Errno::NOENT));
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
        let inner = error.get_ref().and_then(|e| e.downcast_ref::<Error>());
        assert_eq!(inner, Some(&Error::Answered(Errno::NOENT)));
    }
}
