// SPDX-License-Identifier: MIT OR Apache-2.0

//! Calls that may block for a limited time only.

use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::thread;
use std::time::{Duration, Instant};

use qipc::{
    Channel, ChannelFlags, Clock, ConnectFlags, Connection, Errno, Error, Event, Received, States,
    Timeout,
};
use rustix::time::{clock_gettime, ClockId};

use crate::support::{channel, connect, open, os, slow, wait_for_message, Requests};

const SHORT: Duration = Duration::from_millis(100);

fn own_channel() -> (Channel, Connection) {
    let channel = channel();
    let connection = connect(channel.address());
    (channel, connection)
}

/// How long something took, which was to take `time` and not less.
fn takes<T>(time: Duration, work: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = work();
    let took = start.elapsed();
    // The upper bound only says that it was not for ever: the machine may be busy.
    assert!(
        took + Duration::from_millis(1) >= time && took < time + slow() * Duration::from_secs(5),
        "{took:?}, not {time:?}"
    );
    result
}

/// The time of a clock from now.
fn from_now(clock: ClockId, time: Duration) -> Duration {
    Duration::try_from(clock_gettime(clock)).unwrap() + time
}

/// B96, without the flag.
pub fn a_send_that_is_not_answered_times_out() {
    let (channel, client) = own_channel();
    let received = AtomicBool::new(false);
    thread::scope(|scope| {
        let server = scope.spawn(|| {
            let request = channel.request(()).unwrap();
            received.store(true, SeqCst);
            request
        });
        let timeout = Timeout::after(SHORT);
        // On a slow machine the time may be over before the message is received.
        while !received.load(SeqCst) {
            let result = takes(SHORT, || {
                client.send_timeout("hello", &mut [0; 8], &timeout)
            });
            assert_eq!(result, Err(Error::TimedOut));
        }
        assert_eq!(server.join().unwrap().reply(0, ()), os(Errno::SRCH));
    });
}

/// B97.
pub fn a_deadline_is_of_the_states_it_names() {
    let (channel, client) = own_channel();
    let send = Timeout::after(SHORT).only(States::SEND);
    let reply = Timeout::after(20 * slow() * SHORT).only(States::REPLY);
    // Nobody receives.
    let result = takes(SHORT, || client.send_timeout((), (), &send));
    assert_eq!(result, Err(Error::TimedOut));
    // The message is received, and answered late.
    let received = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            let request = channel.request(()).unwrap();
            received.store(true, SeqCst);
            thread::sleep(3 * SHORT);
            request.reply(1, ()).unwrap();
        });
        // On a slow machine the time may be over before it is received; then it is sent once more.
        let result = loop {
            let start = Instant::now();
            let result = client.send_timeout((), (), &send);
            if received.load(SeqCst) {
                assert!(start.elapsed() >= 3 * SHORT || result.is_err());
                break result;
            }
            assert_eq!(result, Err(Error::TimedOut));
        };
        assert_eq!(result, Ok(1));
    });
    // It waits to be received, and is answered in time.
    thread::scope(|scope| {
        scope.spawn(|| {
            wait_for_message(&channel);
            thread::sleep(SHORT / 2);
            channel.request(()).unwrap().reply(2, ()).unwrap();
        });
        assert_eq!(client.send_timeout((), (), &reply), Ok(2));
    });
}

/// B97: one deadline for both states.
pub fn one_deadline_holds_for_waiting_and_for_the_answer() {
    let (channel, client) = own_channel();
    let time = 3 * SHORT;
    thread::scope(|scope| {
        scope.spawn(|| {
            wait_for_message(&channel);
            thread::sleep(2 * SHORT);
            let request = channel.request(()).unwrap();
            thread::sleep(2 * SHORT);
            assert_eq!(request.reply(0, ()), os(Errno::SRCH));
        });
        let result = takes(time, || client.send_timeout((), (), &Timeout::after(time)));
        assert_eq!(result, Err(Error::TimedOut));
    });
}

/// B98.
pub fn a_timeout_of_now_is_a_poll() {
    let (channel, client) = own_channel();
    let now = Timeout::NOW;
    let nothing = channel.receive_timeout((), &now).map(drop);
    assert_eq!(nothing, Err(Error::TimedOut));
    client.send_pulse(1, 0).unwrap();
    let pulse = channel.receive_timeout((), &now).unwrap();
    assert_eq!(pulse.pulse().map(|p| p.code), Some(1));
    thread::scope(|scope| {
        scope.spawn(|| assert_eq!(client.send((), ()), Ok(3)));
        wait_for_message(&channel);
        let request = channel.receive_timeout((), &now).unwrap();
        request.request().unwrap().reply(3, ()).unwrap();
    });
    // A time that has passed is the same.
    let past = Timeout::at(Clock::Monotonic, Duration::from_nanos(1));
    let nothing = channel.receive_timeout((), &past).map(drop);
    assert_eq!(nothing, Err(Error::TimedOut));
}

/// B99: it belongs to its call.
pub fn a_timeout_ends_with_its_call() {
    let (channel, client) = own_channel();
    client.send_pulse(1, 0).unwrap();
    channel
        .receive_timeout((), &Timeout::after(SHORT))
        .map(drop)
        .unwrap();
    thread::scope(|scope| {
        let next = scope.spawn(|| channel.receive_pulse());
        thread::sleep(2 * SHORT);
        assert!(!next.is_finished(), "it has no timeout");
        client.send_pulse(2, 0).unwrap();
        assert_eq!(next.join().unwrap().map(|p| p.code), Ok(2));
    });
}

/// B100.
pub fn a_reply_that_may_take_no_time_is_not_waited_for() {
    let (channel, client) = own_channel();
    let now = Timeout::NOW.only(States::REPLY);
    thread::scope(|scope| {
        // A receiver is waiting, and is not disturbed.
        let receiver = scope.spawn(|| channel.receive(()).map(Received::pulse));
        thread::sleep(SHORT);
        assert_eq!(client.send_timeout((), (), &now), Err(Error::TimedOut));
        thread::sleep(SHORT);
        assert!(!receiver.is_finished());
        client.send_pulse(1, 0).unwrap();
        receiver.join().unwrap().unwrap().expect("the pulse");

        // None is waiting: the message waits, and no server gets it.
        let sender = scope.spawn(|| client.send_timeout((), (), &now));
        wait_for_message(&channel);
        assert!(channel.try_receive(()).unwrap().is_none());
        assert_eq!(sender.join().unwrap(), Err(Error::TimedOut));
    });
    // Nobody there, and no time to wait for one.
    let now = Timeout::NOW.only(States::SEND);
    assert_eq!(client.send_timeout((), (), &now), Err(Error::TimedOut));
}

/// B101: from the beginning of the call.
pub fn relative_and_absolute_times_of_each_clock() {
    let (channel, client) = own_channel();
    for (clock, id) in [
        (Clock::Monotonic, ClockId::Monotonic),
        (Clock::Realtime, ClockId::Realtime),
        (Clock::Boottime, ClockId::Boottime),
    ] {
        let result = takes(SHORT, || {
            let timeout = Timeout::after(SHORT).clock(clock);
            channel.receive_timeout((), &timeout).map(drop)
        });
        assert_eq!(result, Err(Error::TimedOut), "{clock:?}");
        let result = takes(SHORT, || {
            let timeout = Timeout::at(clock, from_now(id, SHORT));
            channel.receive_timeout((), &timeout).map(drop)
        });
        assert_eq!(result, Err(Error::TimedOut), "{clock:?}");
    }
    // For ever is a time, too.
    thread::scope(|scope| {
        let ever = Timeout::after(Duration::MAX);
        let receiver = scope.spawn(move || channel.receive_timeout((), &ever).map(drop));
        thread::sleep(SHORT);
        assert!(!receiver.is_finished());
        client.send_pulse(0, 0).unwrap();
        assert_eq!(receiver.join().unwrap(), Ok(()));
    });
}

/// B119.
pub fn only_an_unblock_event_ends_the_call() {
    let qipc = open();
    let create = || qipc.channel_create(ChannelFlags::empty()).unwrap();
    let (channel, watch) = (create(), create());
    let attach = |to: &Channel| {
        let flags = ConnectFlags::empty();
        qipc.connect_attach(to.address(), flags).unwrap()
    };
    let (client, own) = (attach(&channel), attach(&watch));

    let unblock = Timeout::after(SHORT).event(Event::Unblock);
    let result = takes(SHORT, || channel.receive_timeout((), &unblock).map(drop));
    assert_eq!(result, Err(Error::TimedOut));
    // Any other happens, and the call goes on.
    thread::scope(|scope| {
        let sender = scope.spawn(|| {
            let event = Event::pulse(own.coid(), 7, 8);
            client.send_timeout((), (), &Timeout::after(SHORT).event(event))
        });
        let request = channel.request(()).unwrap();
        let pulse = watch.receive_pulse().unwrap();
        assert_eq!((pulse.code, pulse.value), (7, 8));
        thread::sleep(SHORT);
        assert!(!sender.is_finished());
        request.reply(9, ()).unwrap();
        assert_eq!(sender.join().unwrap(), Ok(9));
    });
}

pub fn a_combined_call_limits_its_receive() {
    let (channel, client) = own_channel();
    thread::scope(|scope| {
        let sender = scope.spawn(|| client.send((), ()));
        let request = channel.request(()).unwrap();
        let timeout = Timeout::after(SHORT);
        let result = takes(SHORT, || {
            channel.reply_receive_timeout(request, 4, (), (), &timeout)
        });
        assert_eq!(result.replied, Ok(()));
        assert_eq!(result.next.map(drop), Err(Error::TimedOut));
        assert_eq!(sender.join().unwrap(), Ok(4));
    });
}
