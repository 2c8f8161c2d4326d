// SPDX-License-Identifier: MIT OR Apache-2.0

//! The processes: threads that do what their mailboxes say.

use std::thread;

use qipc_sys as sys;

use crate::raw::{self, Mailbox, Memory, Order, Report};

/// Threads of a client or server of this number: the first ones block, the last one does what does not block.
pub const HELPER: usize = raw::THREADS - 1;
/// Above all clients: what was woken runs to its end before the next does.
const URGENT: i32 = 50;

/// Runs a process; its main thread is the helper.
pub fn run(mailboxes: &'static [Mailbox; raw::THREADS]) {
    let session = raw::open().expect("open /dev/qipc");
    raw::count_signals().expect("a handler");
    for mailbox in &mailboxes[..HELPER] {
        thread::spawn(move || serve(session, mailbox, URGENT));
    }
    serve(session, &mailboxes[HELPER], URGENT + 1);
}

fn serve(session: i32, mailbox: &Mailbox, priority: i32) {
    raw::set_priority(priority).expect("a priority");
    mailbox
        .tid
        .store(raw::gettid(), std::sync::atomic::Ordering::Release);
    let mut now = priority;
    loop {
        let (order, data) = mailbox.wait();
        let (report, data) = carry_out(session, order, data, &mut now);
        mailbox.done(report, &data);
    }
}

/// Makes the call; a report and the bytes that come with it.
fn carry_out(fd: i32, order: Order, data: &[u8], now: &mut i32) -> (Report, Vec<u8>) {
    let mut report = Report::default();
    let mut bytes = Vec::new();
    match order {
        Order::Create { flags } => {
            let (errno, chid) = raw::create(fd, flags);
            (report.errno, report.value) = (errno, chid.into());
        }
        Order::Destroy { chid } => {
            let mut argument = sys::qipc_channel_destroy {
                chid,
                ..Default::default()
            };
            report.errno = raw::plain(fd, &mut argument);
        }
        Order::Attach { pid, chid } => report = attach(fd, pid, chid),
        Order::Detach { coid } => {
            let mut argument = sys::qipc_connect_detach {
                coid,
                ..Default::default()
            };
            report.errno = raw::plain(fd, &mut argument);
        }
        Order::Send {
            coid,
            length,
            room,
            priority,
            timeout,
            layout,
        } => {
            if *now != priority {
                raw::set_priority(priority).expect("a priority");
                *now = priority;
            }
            let mut message = Memory::holding(layout, &data[..length]);
            let mut reply = Memory::new(layout >> 8, room, 0);
            let (errno, argument) = raw::send(fd, coid, &mut message, &mut reply, timeout.as_ref());
            if priority == 0 {
                // Awake at once when the next order comes.
                raw::set_priority(URGENT).expect("a priority");
                *now = URGENT;
            }
            (report.errno, report.value, report.error) = (errno, argument.status, argument.error);
            (bytes, report.stray) = reply.take();
            report.stray |= message.take().0 != data[..length];
        }
        Order::Pulse {
            coid,
            priority,
            code,
            value,
        } => {
            let mut argument = sys::qipc_pulse_send {
                coid,
                priority,
                code,
                value,
                reserved: 0,
            };
            report.errno = raw::plain(fd, &mut argument);
        }
        Order::Receive {
            chid,
            room,
            flags,
            timeout,
            layout,
            reply,
        } => {
            let mut memory = Memory::new(layout, room, size_of::<sys::qipc_pulse>());
            let mut answer =
                reply.map(|(_, _, length)| Memory::holding(layout >> 8, &data[..length]));
            let reply = reply
                .zip(answer.as_mut())
                .map(|((rcvid, status, _), memory)| (rcvid, status, memory));
            let (errno, argument) =
                raw::receive(fd, (chid, flags), &mut memory, timeout.as_ref(), reply);
            (report.errno, report.value) = (errno, argument.receive.rcvid);
            (report.error, report.info) = (argument.reply_error, argument.receive.info);
            (bytes, report.stray) = memory.take();
        }
        Order::Reply {
            rcvid,
            status,
            length,
            layout,
        } => {
            let mut memory = Memory::holding(layout, &data[..length]);
            report.errno = raw::reply(fd, rcvid, status, &mut memory);
        }
        Order::Error { rcvid, error } => {
            let mut argument = sys::qipc_msg_error {
                rcvid,
                error,
                reserved: 0,
            };
            report.errno = raw::plain(fd, &mut argument);
        }
        Order::Read {
            rcvid,
            offset,
            length,
            layout,
        } => {
            let mut memory = Memory::new(layout, length, 0);
            (report.errno, report.value) = raw::transfer(fd, true, rcvid, offset, &mut memory);
            (bytes, report.stray) = memory.take();
        }
        Order::Write {
            rcvid,
            offset,
            length,
            layout,
        } => {
            let mut memory = Memory::holding(layout, &data[..length]);
            (report.errno, report.value) = raw::transfer(fd, false, rcvid, offset, &mut memory);
        }
        Order::Info { rcvid } => {
            let mut argument = sys::qipc_msg_info_get {
                rcvid,
                ..Default::default()
            };
            report.errno = raw::plain(fd, &mut argument);
            report.info = argument.info;
        }
    }
    (report, bytes)
}

/// Connects, and asks what the server calls this client.
fn attach(fd: i32, pid: i32, chid: i32) -> Report {
    let mut argument = sys::qipc_connect_attach {
        pid,
        chid,
        index: sys::QIPC_SIDE_CHANNEL,
        ..Default::default()
    };
    let mut report = Report {
        errno: raw::plain(fd, &mut argument),
        value: argument.coid.into(),
        ..Report::default()
    };
    if report.errno == 0 {
        let mut about = sys::qipc_connect_server_info {
            coid: argument.coid,
            ..Default::default()
        };
        report.errno = raw::plain(fd, &mut about);
        report.scoid = about.info.scoid;
    }
    report
}
