// SPDX-License-Identifier: MIT OR Apache-2.0

//! Channels whose servers are asked before a client stops waiting.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use qipc::{
    Channel, ChannelFlags, ConnectFlags, Errno, Error, MessageFlags, PulseKind, Request, Timeout,
};

use crate::signals::{handle_signal, signal_until};
use crate::support::{connect, open, os, wait_for_message, Child, Requests};

const SHORT: Duration = Duration::from_millis(50);

fn channel() -> Channel {
    open().channel_create(ChannelFlags::UNBLOCK).unwrap()
}

/// Waits for the pulse that says that the client of `request` wants to stop waiting.
fn unblock_pulse(channel: &Channel, request: &Request) {
    let pulse = channel.receive_pulse().unwrap();
    let rcvid = request.rcvid();
    assert_eq!(pulse.kind(), PulseKind::Unblock { rcvid });
    assert_eq!(pulse.scoid, request.info().scoid);
    assert_eq!(request.unblock_requested(), Ok(true));
    let flags = request.current_info().unwrap().flags;
    assert!(flags.contains(MessageFlags::UNBLOCK_REQ));
}

/// Sends with `client`, which a signal interrupts while the message is received; the server then does `answer`.
fn interrupted(answer: impl FnOnce(Request) + Send) -> Result<i64, Error> {
    let seen = handle_signal();
    let channel = channel();
    let client = connect(channel.address());
    thread::scope(|scope| {
        scope.spawn(|| {
            let request = channel.request(()).unwrap();
            assert_eq!(request.unblock_requested(), Ok(false));
            assert!(request.info().flags.is_empty());
            signal_soon();
            unblock_pulse(&channel, &request);
            assert!(!seen.load(Ordering::Relaxed), "the client still waits");
            answer(request);
        });
        client.send("question", &mut [0; 8])
    })
}

/// Sends SIGUSR1 to the first thread of this process.
fn signal_soon() {
    thread::sleep(SHORT);
    crate::signals::signal();
}

/// B91.
pub fn a_signal_asks_the_server() {
    assert_eq!(
        interrupted(|r| r.error(Errno::INTR).unwrap()),
        Err(Error::Answered(Errno::INTR))
    );
    assert_eq!(interrupted(|r| r.reply(8, "answer").unwrap()), Ok(8));
}

/// B91: the error that the client would have had.
pub fn the_server_can_leave_it_at_the_recorded_error() {
    let result = interrupted(|r| r.fail_with_recorded().unwrap());
    assert!(
        matches!(
            result,
            Err(Error::Answered(Errno::INTR) | Error::Os(Errno::INTR))
        ),
        "{result:?}"
    );
    // There is none for a client that is content.
    let channel = channel();
    let client = connect(channel.address());
    thread::scope(|scope| {
        let sender = scope.spawn(|| client.send((), ()));
        let request = channel.request(()).unwrap();
        assert_eq!(request.fail_with_recorded(), os(Errno::INVAL));
        let dropped = Err(Error::Answered(Request::DROPPED));
        assert_eq!(sender.join().unwrap(), dropped);
    });
}

/// B36: with a server that turns the client away to begin again.
pub fn an_interrupted_client_can_be_made_to_begin_again() {
    let seen = handle_signal();
    let channel = channel();
    let client = connect(channel.address());
    thread::scope(|scope| {
        scope.spawn(|| {
            let request = channel.request(()).unwrap();
            signal_soon();
            unblock_pulse(&channel, &request);
            request.restart().unwrap();
            // A signal is still pending: the message is queued again and ends, or comes once more.
            while let Ok(request) = channel.receive_timeout((), &Timeout::after(SHORT)) {
                if let Some(request) = request.request() {
                    request.reply(1, ()).unwrap();
                }
            }
        });
        let result = client.send((), ());
        assert!(
            matches!(result, Ok(1) | Err(Error::Os(Errno::INTR))),
            "{result:?}"
        );
    });
    assert!(seen.load(Ordering::Relaxed));
}

/// B92.
pub fn three_signals_make_one_pulse() {
    let seen = handle_signal();
    let channel = channel();
    let client = connect(channel.address());
    thread::scope(|scope| {
        scope.spawn(|| {
            let request = channel.request(()).unwrap();
            (0..3).for_each(|_| signal_soon());
            unblock_pulse(&channel, &request);
            signal_soon();
            let more = channel.receive_pulse_timeout(&Timeout::after(SHORT));
            assert_eq!(more, Err(Error::TimedOut));
            request.reply(3, ()).unwrap();
        });
        assert_eq!(client.send((), ()), Ok(3));
    });
    assert!(seen.load(Ordering::Relaxed));
}

/// B93.
pub fn an_answer_takes_the_pulse_back() {
    let seen = handle_signal();
    let channel = channel();
    let client = connect(channel.address());
    thread::scope(|scope| {
        scope.spawn(|| {
            let request = channel.request(()).unwrap();
            signal_soon();
            // It is queued, and nobody has received it.
            wait_for_message(&channel);
            request.reply(4, ()).unwrap();
        });
        assert_eq!(client.send((), ()), Ok(4));
    });
    assert!(seen.load(Ordering::Relaxed));
    assert_eq!(channel.try_receive_pulse(), Ok(None));
}

/// B94: other than in QNX, a killed client goes at once. The server is told, and may answer in vain.
pub fn a_killed_client_does_not_wait_for_the_server() {
    let channel = channel();
    let address = channel.address();
    let client = Child::run(move || {
        let _ = connect(address).send("help", ());
    });
    let request = channel.request(()).unwrap();
    let rcvid = request.rcvid();
    client.kill();
    let pulse = channel.receive_pulse().unwrap();
    assert_eq!(pulse.kind(), PulseKind::Unblock { rcvid });
    assert_eq!(request.unblock_requested(), os(Errno::SRCH));
    assert_eq!(request.reply(0, ()), os(Errno::SRCH));
}

/// B96: with the flag.
pub fn a_timeout_asks_the_server() {
    let channel = channel();
    let client = connect(channel.address());
    for recorded in [false, true] {
        let received = AtomicBool::new(false);
        thread::scope(|scope| {
            let sender = scope.spawn(|| loop {
                let result = client.send_timeout((), (), &Timeout::after(SHORT));
                // On a slow machine the time may be over before it is received.
                if received.load(Ordering::SeqCst) {
                    return result;
                }
            });
            let request = channel.request(()).unwrap();
            received.store(true, Ordering::SeqCst);
            unblock_pulse(&channel, &request);
            thread::sleep(SHORT);
            assert!(!sender.is_finished());
            if recorded {
                request.fail_with_recorded().unwrap();
                let result = sender.join().unwrap();
                let errno = result.map_err(Error::errno);
                assert_eq!(errno, Err(Errno::TIMEDOUT));
            } else {
                request.reply(5, ()).unwrap();
                assert_eq!(sender.join().unwrap(), Ok(5));
            }
        });
    }
    // A client that no server has received is not protected.
    let result = client.send_timeout((), (), &Timeout::after(SHORT));
    assert_eq!(result, Err(Error::TimedOut));
}

/// B113: with the flag.
pub fn a_detach_asks_the_server() {
    let qipc = open();
    let channel = channel();
    let client = qipc
        .connect_attach_fd(channel.address(), ConnectFlags::CLOEXEC)
        .unwrap();
    thread::scope(|scope| {
        let sender = scope.spawn(|| client.send((), ()));
        let request = channel.request(()).unwrap();
        client.cancel().unwrap();
        unblock_pulse(&channel, &request);
        assert!(!sender.is_finished());
        request.reply(6, ()).unwrap();
        assert_eq!(sender.join().unwrap(), Ok(6));
    });
}

/// B103: the end of a channel asks nobody.
pub fn a_destroyed_channel_sends_no_pulse() {
    let channel = channel();
    let client = connect(channel.address());
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let sender = scope.spawn(|| {
            let result = client.send((), ());
            done.store(true, Ordering::Relaxed);
            result
        });
        let request = channel.request(()).unwrap();
        channel.destroy().unwrap();
        assert_eq!(sender.join().unwrap(), os(Errno::SRCH));
        assert_eq!(request.reply(0, ()), os(Errno::SRCH));
    });
    assert!(done.into_inner());
}

/// Without the flag nobody is asked, and a signal before the message is received asks nobody either (B89, B90).
pub fn a_message_that_nobody_has_received_is_not_protected() {
    let seen = handle_signal();
    let channel = channel();
    let client = connect(channel.address());
    thread::scope(|scope| {
        scope.spawn(|| {
            wait_for_message(&channel);
            signal_until(&seen);
        });
        assert_eq!(client.send((), ()), os(Errno::INTR));
    });
    assert!(channel.try_receive(()).unwrap().is_none());
}
