// SPDX-License-Identifier: MIT OR Apache-2.0

//! The ioctls whose structures carry no addresses, one function each: plain calls with plain results.

use std::os::fd::{AsRawFd, BorrowedFd};

use qipc_sys as sys;
use rustix::io::Errno;

use crate::error::Result;
use crate::raw::{call_plain, Session};

/// On a session: ends a side-channel connection. On a connection descriptor: ends the sends that are blocked under
/// the name `coid`.
pub(crate) fn connect_detach(fd: BorrowedFd<'_>, coid: i32) -> Result<()> {
    let mut argument = sys::qipc_connect_detach {
        coid,
        ..Default::default()
    };
    call_plain(fd, sys::QIPC_CONNECT_DETACH, &mut argument).map(drop)
}

/// Takes a seat of a benchmark's pair.
pub(crate) fn bench_pair(session: &Session, seat: u32) -> Result<()> {
    let mut argument = sys::qipc_bench_pair { seat, reserved: 0 };
    call_plain(session.as_fd(), sys::QIPC_BENCH_PAIR, &mut argument).map(drop)
}

/// Sends a pulse on a session or on a connection descriptor.
pub(crate) fn pulse_send(
    fd: BorrowedFd<'_>,
    coid: i32,
    priority: Option<u8>,
    code: i8,
    value: u64,
) -> Result<()> {
    let mut argument = sys::qipc_pulse_send {
        coid,
        priority: priority.map_or(-1, i32::from),
        code: i32::from(code),
        reserved: 0,
        value,
    };
    call_plain(fd, sys::QIPC_PULSE_SEND, &mut argument).map(drop)
}

/// On a session: the side-channel connection `coid` of `pid`, or the next one. On a connection descriptor: its own.
pub(crate) fn connect_server_info(
    fd: BorrowedFd<'_>,
    pid: i32,
    coid: i32,
    flags: u32,
) -> Result<sys::qipc_server_info> {
    let mut argument = sys::qipc_connect_server_info {
        pid,
        coid,
        flags,
        ..Default::default()
    };
    call_plain(fd, sys::QIPC_CONNECT_SERVER_INFO, &mut argument)?;
    Ok(argument.info)
}

/// The caller's name for a connection descriptor: its number.
pub(crate) fn name_of(fd: BorrowedFd<'_>) -> i32 {
    fd.as_raw_fd()
}

impl Session {
    pub(crate) fn get_features(&self) -> Result<sys::qipc_features> {
        let mut argument = sys::qipc_features::default();
        call_plain(self.as_fd(), sys::QIPC_GET_FEATURES, &mut argument)?;
        Ok(argument)
    }

    pub(crate) fn channel_destroy(&self, chid: i32) -> Result<()> {
        let mut argument = sys::qipc_channel_destroy {
            chid,
            ..Default::default()
        };
        call_plain(self.as_fd(), sys::QIPC_CHANNEL_DESTROY, &mut argument).map(drop)
    }

    /// Changes what `argument` says is to be set, and reads all of it.
    pub(crate) fn channel_access(
        &self,
        mut argument: sys::qipc_channel_access,
    ) -> Result<sys::qipc_channel_access> {
        call_plain(self.as_fd(), sys::QIPC_CHANNEL_ACCESS, &mut argument)?;
        Ok(argument)
    }

    /// Changes the flags of `mask` to `bits`; the flags before.
    pub(crate) fn connect_flags(&self, coid: i32, mask: u32, bits: u32) -> Result<u32> {
        let mut argument = sys::qipc_connect_flags {
            coid,
            mask,
            bits,
            ..Default::default()
        };
        call_plain(self.as_fd(), sys::QIPC_CONNECT_FLAGS, &mut argument)?;
        Ok(argument.old)
    }

    pub(crate) fn msg_error(&self, rcvid: i64, errno: Errno) -> Result<()> {
        let mut argument = sys::qipc_msg_error {
            rcvid,
            error: errno.raw_os_error(),
            ..Default::default()
        };
        call_plain(self.as_fd(), sys::QIPC_MSG_ERROR, &mut argument).map(drop)
    }

    /// Answers with the reason for which the client wants to stop waiting.
    pub(crate) fn msg_error_recorded(&self, rcvid: i64) -> Result<()> {
        let mut argument = sys::qipc_msg_error {
            rcvid,
            error: -1,
            ..Default::default()
        };
        call_plain(self.as_fd(), sys::QIPC_MSG_ERROR, &mut argument).map(drop)
    }

    pub(crate) fn msg_info(&self, rcvid: i64) -> Result<sys::qipc_msg_info> {
        let mut argument = sys::qipc_msg_info_get {
            rcvid,
            ..Default::default()
        };
        call_plain(self.as_fd(), sys::QIPC_MSG_INFO, &mut argument)?;
        Ok(argument.info)
    }

    /// 0 gives the calling thread its own priority back.
    pub(crate) fn msg_current(&self, rcvid: i64) -> Result<()> {
        let mut argument = sys::qipc_msg_current { rcvid };
        call_plain(self.as_fd(), sys::QIPC_MSG_CURRENT, &mut argument).map(drop)
    }

    /// `rcvid` 0 is this process.
    pub(crate) fn event_deliver(
        &self,
        rcvid: i64,
        event: sys::qipc_event,
        flags: u32,
    ) -> Result<()> {
        let mut argument = sys::qipc_event_deliver {
            rcvid,
            event,
            flags,
            reserved: 0,
        };
        call_plain(self.as_fd(), sys::QIPC_EVENT_DELIVER, &mut argument).map(drop)
    }

    pub(crate) fn event_register(&self, event: sys::qipc_event, coid: i32) -> Result<i32> {
        let mut argument = sys::qipc_event_register {
            event,
            coid,
            handle: 0,
        };
        call_plain(self.as_fd(), sys::QIPC_EVENT_REGISTER, &mut argument)?;
        Ok(argument.handle)
    }

    pub(crate) fn event_unregister(&self, handle: i32) -> Result<()> {
        let mut argument = sys::qipc_event_unregister {
            handle,
            ..Default::default()
        };
        call_plain(self.as_fd(), sys::QIPC_EVENT_UNREGISTER, &mut argument).map(drop)
    }

    pub(crate) fn timer_create(&self, clock: i32, event: sys::qipc_event) -> Result<i32> {
        let mut argument = sys::qipc_timer_create {
            clock,
            timer: 0,
            event,
        };
        call_plain(self.as_fd(), sys::QIPC_TIMER_CREATE, &mut argument)?;
        Ok(argument.timer)
    }

    /// Nanoseconds; the value and the interval before.
    pub(crate) fn timer_settime(
        &self,
        timer: i32,
        flags: u32,
        value: u64,
        interval: u64,
    ) -> Result<(u64, u64)> {
        let mut argument = sys::qipc_timer_settime {
            timer,
            flags,
            value,
            interval,
            ..Default::default()
        };
        call_plain(self.as_fd(), sys::QIPC_TIMER_SETTIME, &mut argument)?;
        Ok((argument.old_value, argument.old_interval))
    }

    pub(crate) fn timer_gettime(&self, timer: i32) -> Result<sys::qipc_timer_gettime> {
        let mut argument = sys::qipc_timer_gettime {
            timer,
            ..Default::default()
        };
        call_plain(self.as_fd(), sys::QIPC_TIMER_GETTIME, &mut argument)?;
        Ok(argument)
    }

    pub(crate) fn timer_delete(&self, timer: i32) -> Result<()> {
        let mut argument = sys::qipc_timer_delete {
            timer,
            ..Default::default()
        };
        call_plain(self.as_fd(), sys::QIPC_TIMER_DELETE, &mut argument).map(drop)
    }
}
