// SPDX-License-Identifier: MIT OR Apache-2.0

//! Order by priority, and servers that take over the priority of their clients.
//!
//! A thread gets a real-time priority here by the means of this crate: it receives a pulse of that priority. Needs the
//! right to have one (root).

use std::sync::mpsc;
use std::thread;

use qipc::{
    Channel, ChannelFlags, ChannelOptions, ConnectFlags, Connection, Qipc, Received, Request,
};

use rustix::thread::{sched_getaffinity, sched_setaffinity, CpuSet};

use crate::support::{open, own_thread, wait_until_blocked, Requests};

/// A channel of this process and a connection to it.
struct Place {
    channel: Channel,
    connection: Connection,
}

impl Place {
    fn new<'a>(qipc: &Qipc, options: impl Into<ChannelOptions<'a>>) -> Self {
        let channel = qipc.channel_create(options).unwrap();
        let flags = ConnectFlags::empty();
        let connection = qipc.connect_attach(channel.address(), flags).unwrap();
        Self {
            channel,
            connection,
        }
    }

    fn plain(qipc: &Qipc) -> Self {
        Self::new(qipc, ChannelFlags::empty())
    }

    /// Gives the calling thread a priority, which it keeps until it receives again.
    fn lift(&self, priority: u8) {
        self.connection.send_pulse_at(priority, 0, 0).unwrap();
        self.channel.receive_pulse().unwrap();
    }
}

/// The priority that the calling thread has now: what a server sees of it.
fn priority() -> i16 {
    let place = Place::new(&open(), ChannelFlags::FIXED_PRIORITY);
    thread::scope(|scope| {
        let seen = scope.spawn(|| {
            let request = place.channel.request(()).unwrap();
            let priority = request.info().priority;
            request.reply(0, ()).unwrap();
            priority
        });
        place.connection.send((), ()).unwrap();
        seen.join().unwrap()
    })
}

/// Runs `work` in a thread of this priority, and waits for it to be blocked.
fn at<'scope, 'env>(
    scope: &'scope thread::Scope<'scope, 'env>,
    level: u8,
    work: impl FnOnce() + Send + 'scope,
) {
    start(scope, move || {
        let place = Place::plain(&open());
        place.lift(level);
        move || {
            work();
            // The priority goes with the channel that it came from.
            drop(place);
        }
    });
}

/// Runs what `prepare` returns in a thread of its own, and waits for that to be blocked.
fn start<'scope, 'env, W: FnOnce()>(
    scope: &'scope thread::Scope<'scope, 'env>,
    prepare: impl FnOnce() -> W + Send + 'scope,
) {
    let (report, reported) = mpsc::channel();
    scope.spawn(move || {
        let work = prepare();
        report.send(own_thread()).unwrap();
        work();
    });
    wait_until_blocked(reported.recv().unwrap());
}

/// Receives everything that is queued, and says what it was: the first byte of messages, the code of pulses.
fn queued(channel: &Channel) -> Vec<u8> {
    let mut order = Vec::new();
    let mut message = [0; 24];
    while let Some(received) = channel.try_receive(&mut message).unwrap() {
        match received {
            Received::Request(request) => {
                order.push(message[0]);
                request.reply(0, ()).unwrap();
            }
            Received::Pulse(pulse) => order.push(pulse.code.unsigned_abs()),
        }
    }
    order
}

fn send(place: &Place, name: u8) {
    assert_eq!(place.connection.send(&[name], ()), Ok(0));
}

/// B77, B78, B88.
pub fn messages_come_by_priority_then_by_arrival() {
    let place = Place::plain(&open());
    thread::scope(|scope| {
        let place = &place;
        for level in [10, 20, 15] {
            at(scope, level, move || send(place, level));
        }
        for name in [16, 17] {
            at(scope, 15, move || send(place, name));
        }
        let request = place.channel.request(&mut [0; 24]).unwrap();
        assert_eq!(request.info().priority, 20);
        request.reply(0, ()).unwrap();
        assert_eq!(queued(&place.channel), [15, 16, 17, 10]);
    });
}

/// B79, B80.
pub fn pulses_and_messages_share_a_queue() {
    let place = Place::plain(&open());
    thread::scope(|scope| {
        at(scope, 15, || send(&place, 1));
        at(scope, 10, || send(&place, 2));
        place.connection.send_pulse_at(12, 3, 0).unwrap();
        place.connection.send_pulse_at(10, 4, 0).unwrap();
        at(scope, 10, || send(&place, 5));
        assert_eq!(queued(&place.channel), [1, 3, 2, 4, 5]);
    });
}

/// B81.
pub fn a_client_that_is_raised_goes_behind_those_of_its_new_level() {
    let qipc = open();
    let (place, own) = (Place::plain(&qipc), Place::plain(&qipc));
    thread::scope(|scope| {
        start(scope, || {
            // A client that is a server as well, and is lifted while it waits.
            own.lift(5);
            || send(&place, 1)
        });
        at(scope, 20, || send(&place, 2));
        own.connection.send_pulse_at(20, 0, 0).unwrap();
        at(scope, 20, || send(&place, 3));
        assert_eq!(queued(&place.channel), [2, 1, 3]);
    });
}

/// B82.
pub fn the_last_receiver_gets_the_first_message() {
    let place = Place::plain(&open());
    let (report, reported) = mpsc::channel();
    thread::scope(|scope| {
        for name in 1..=3 {
            let (report, channel) = (report.clone(), &place.channel);
            start(scope, move || {
                move || {
                    let request = channel.request(()).unwrap();
                    report.send(name).unwrap();
                    request.reply(0, ()).unwrap();
                }
            });
        }
        for expected in [3, 2, 1] {
            assert_eq!(place.connection.send((), ()), Ok(0));
            assert_eq!(reported.recv(), Ok(expected));
        }
    });
}

/// B83, B84, B86.
pub fn a_server_has_the_priority_of_what_it_received() {
    let place = Place::plain(&open());
    assert_eq!(priority(), 0);
    thread::scope(|scope| {
        at(scope, 20, || send(&place, 1));
        let request = place.channel.request(()).unwrap();
        assert_eq!(priority(), 20);
        request.reply(0, ()).unwrap();
        assert_eq!(priority(), 20, "until the next receive");
        at(scope, 10, || send(&place, 1));
        let request = place.channel.request(()).unwrap();
        assert_eq!(priority(), 10, "down as well as up");
        request.reply(0, ()).unwrap();
        place.lift(17);
        assert_eq!(priority(), 17);
        place.lift(0);
        assert_eq!(priority(), 0);
    });
}

/// B85.
pub fn a_channel_can_leave_priorities_alone() {
    let place = Place::new(&open(), ChannelFlags::FIXED_PRIORITY);
    thread::scope(|scope| {
        at(scope, 20, || send(&place, 1));
        let request = place.channel.request(()).unwrap();
        assert_eq!(request.info().priority, 20);
        assert_eq!(priority(), 0);
        at(scope, 30, || send(&place, 2));
        assert_eq!(priority(), 0, "no boost");
        request.reply(0, ()).unwrap();
        place.channel.request(()).unwrap().reply(0, ()).unwrap();
        place.lift(17);
        assert_eq!(priority(), 0);
    });
}

/// B87.
pub fn a_waiting_client_lifts_the_busy_server() {
    let qipc = open();
    let place = Place::plain(&qipc);
    let (go, ready) = mpsc::channel();
    thread::scope(|scope| {
        let idle = scope.spawn(move || {
            ready.recv().unwrap();
            priority()
        });
        place.lift(10);
        assert_eq!(priority(), 10);
        at(scope, 30, || send(&place, 1));
        assert_eq!(priority(), 30);
        go.send(()).unwrap();
        assert_eq!(idle.join().unwrap(), 0, "a thread that never received here");
        place.channel.request(()).unwrap().reply(0, ()).unwrap();
        // A pulse lifts as well.
        place.lift(10);
        place.connection.send_pulse_at(40, 0, 0).unwrap();
        assert_eq!(priority(), 40);
        qipc.leave_channel().unwrap();
        assert_eq!(priority(), 0);
    });
}

pub fn clients_lift_no_further_than_the_ceiling() {
    let place = Place::new(&open(), ChannelOptions::new().ceiling(12));
    thread::scope(|scope| {
        at(scope, 20, || send(&place, 1));
        let request = place.channel.request(()).unwrap();
        assert_eq!(request.info().priority, 20);
        assert_eq!(priority(), 12);
        request.reply(0, ()).unwrap();
        place.lift(5);
        at(scope, 30, || send(&place, 1));
        assert_eq!(priority(), 12, "nor does a boost");
        place.channel.request(()).unwrap().reply(0, ()).unwrap();
    });
}

/// A thread turns from one client to another.
pub fn a_thread_can_choose_its_client() {
    let qipc = open();
    let place = Place::plain(&qipc);
    thread::scope(|scope| {
        at(scope, 20, || send(&place, 1));
        let first = place.channel.request(()).unwrap();
        at(scope, 10, || send(&place, 2));
        let second: Request = place.channel.request(()).unwrap();
        assert_eq!(priority(), 10);
        first.current().unwrap();
        assert_eq!(priority(), 20);
        second.current().unwrap();
        assert_eq!(priority(), 10);
        qipc.restore_priority().unwrap();
        assert_eq!(priority(), 0);
        first.reply(0, ()).unwrap();
        second.reply(0, ()).unwrap();
    });
}

/// A server that is a client of another one passes its client's priority on.
pub fn priority_passes_along_a_chain_of_servers() {
    let qipc = open();
    let (one, two) = (Place::plain(&qipc), Place::plain(&qipc));
    thread::scope(|scope| {
        scope.spawn(|| {
            let request = one.channel.request(()).unwrap();
            send(&two, 1);
            request.reply(0, ()).unwrap();
        });
        scope.spawn(|| {
            let request = two.channel.request(()).unwrap();
            assert_eq!(request.info().priority, 25);
            assert_eq!(priority(), 25);
            request.reply(0, ()).unwrap();
        });
        at(scope, 25, || send(&one, 1));
    });
}

/// The processors of a client, too, if the channel wants that.
pub fn a_server_runs_where_its_client_runs() {
    let all = || sched_getaffinity(None).unwrap();
    let (before, mut second) = (all(), CpuSet::new());
    second.set(1);
    if !before.is_set(1) {
        // One processor is no choice.
        return;
    }
    let qipc = open();
    let place = Place::new(&qipc, ChannelFlags::INHERIT_RUNMASK);
    thread::scope(|scope| {
        scope.spawn(|| {
            sched_setaffinity(None, &second).unwrap();
            send(&place, 1);
        });
        let request = place.channel.request(()).unwrap();
        assert_eq!(all(), second);
        request.reply(0, ()).unwrap();
        qipc.leave_channel().unwrap();
        assert_eq!(all(), before);
    });
}
