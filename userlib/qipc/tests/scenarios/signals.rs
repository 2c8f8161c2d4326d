// SPDX-License-Identifier: MIT OR Apache-2.0

//! Signals that arrive while a call is blocked.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use qipc::{Errno, Error};
use rustix::process::{kill_process, Pid, Signal};

use crate::support::{channel, connect, os, wait_for_message, wait_until, Requests};

/// Has SIGUSR1 handled, and counts it.
pub fn handle_signal() -> Arc<AtomicBool> {
    let seen = Arc::new(AtomicBool::new(false));
    signal_hook::flag::register(signal_hook::consts::SIGUSR1, Arc::clone(&seen)).unwrap();
    seen
}

/// Sends SIGUSR1 to this process; its first thread gets it.
pub fn signal() {
    let me = Pid::from_raw(i32::try_from(std::process::id()).unwrap()).unwrap();
    kill_process(me, Signal::USR1).unwrap();
}

/// Sends SIGUSR1 to this process until it has been handled; its first thread gets it.
pub fn signal_until(seen: &AtomicBool) {
    thread::sleep(Duration::from_millis(100));
    signal();
    wait_until("the signal is handled", || seen.load(Ordering::Relaxed));
}

/// B102.
pub fn a_signal_interrupts_a_receive() {
    let seen = handle_signal();
    let channel = channel();
    let address = channel.address();
    let result = Cell::new(Ok(()));
    thread::scope(|scope| {
        scope.spawn(|| signal_until(&seen));
        result.set(channel.request(&mut [0; 8]).map(drop));
    });
    let error = result.get().unwrap_err();
    assert_eq!(error, Error::Os(Errno::INTR));
    assert!(error.is_interrupted());

    // The helper goes on; a message ends it.
    seen.store(false, Ordering::Relaxed);
    thread::scope(|scope| {
        scope.spawn(|| {
            signal_until(&seen);
            assert_eq!(connect(address).send("now", ()), Ok(0));
        });
        channel
            .request_uninterrupted(&mut [0; 8])
            .unwrap()
            .reply(0, ())
            .unwrap();
    });
}

/// B89, B90.
pub fn a_signal_interrupts_a_send() {
    let seen = handle_signal();
    let channel = channel();
    let client = connect(channel.address());

    // SEND-blocked: the server never knows.
    thread::scope(|scope| {
        scope.spawn(|| {
            wait_for_message(&channel);
            signal_until(&seen);
        });
        assert_eq!(client.send("unheard", ()), os(Errno::INTR));
    });
    assert!(channel.try_request(()).unwrap().is_none());

    // REPLY-blocked: the server finds the client gone.
    seen.store(false, Ordering::Relaxed);
    thread::scope(|scope| {
        let server = scope.spawn(|| {
            let request = channel.request(()).unwrap();
            signal_until(&seen);
            wait_until("the client is gone", || request.current_info().is_err());
            assert_eq!(request.current_info(), os(Errno::SRCH));
            assert_eq!(request.read_at(&mut [0; 4], 0), os(Errno::SRCH));
            request.reply(0, ())
        });
        assert_eq!(client.send("heard", ()), os(Errno::INTR));
        assert_eq!(server.join().unwrap(), os(Errno::SRCH));
    });

    // The connection is as good as before.
    thread::scope(|scope| {
        scope.spawn(|| channel.request(()).unwrap().reply(7, ()).unwrap());
        assert_eq!(client.send("again", ()), Ok(7));
    });
}
