// SPDX-License-Identifier: MIT OR Apache-2.0

//! Pulses: small messages that nobody waits for.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use qipc::{
    Channel, ChannelFlags, ChannelOptions, ConnectFlags, Connection, Errno, Error, Event, PartMut,
    Pulse, PulseKind, Received, Timeout,
};
use rustix::event::PollFlags;

use crate::support::{channel, connect, events, open, os, wait_for_message, Child, Requests};

const SHORT: Duration = Duration::from_millis(50);

/// A channel of this process and a connection to it.
fn own_channel() -> (Channel, Connection) {
    let channel = channel();
    let connection = connect(channel.address());
    (channel, connection)
}

fn pulse_of(received: Received) -> Pulse {
    match received {
        Received::Pulse(pulse) => pulse,
        Received::Request(request) => panic!("a message came: {request:?}"),
    }
}

/// B65, B73.
pub fn a_pulse_arrives_as_it_was_sent() {
    const VALUES: [u64; 3] = [0, 0x1234_5678_9abc_def0, u64::MAX];
    let channel = channel();
    let address = channel.address();
    let child = Child::run(move || {
        let client = connect(address);
        for code in [0, 1, 127, -1, -128] {
            for value in VALUES {
                client.send_pulse(code, value).unwrap();
            }
        }
        // Tells the scoid of this process.
        assert_eq!(client.send((), ()), Ok(0));
    });
    let mut seen = Vec::new();
    let scoid = loop {
        match channel.receive(&mut [0; 100]).unwrap() {
            Received::Pulse(pulse) => seen.push(pulse),
            Received::Request(request) => {
                let scoid = request.info().scoid;
                request.reply(0, ()).unwrap();
                break scoid;
            }
        }
    };
    let sent: Vec<_> = [0, 1, 127, -1, -128]
        .into_iter()
        .flat_map(|code| VALUES.map(|value| (code, value, scoid)))
        .collect();
    let seen: Vec<_> = seen.iter().map(|p| (p.code, p.value, p.scoid)).collect();
    assert_eq!(seen, sent);
    child.join();
}

/// B65: over a connection that is a descriptor.
pub fn a_descriptor_sends_pulses_too() {
    let qipc = open();
    let channel = qipc.channel_create(ChannelFlags::empty()).unwrap();
    let client = qipc
        .connect_attach_fd(channel.address(), ConnectFlags::CLOEXEC)
        .unwrap();
    client.send_pulse(5, 6).unwrap();
    client.send_pulse_at(7, 7, 8).unwrap();
    assert_eq!(channel.receive_pulse().unwrap().kind(), PulseKind::User(7));
    let pulse = pulse_of(channel.receive(()).unwrap());
    assert_eq!((pulse.code, pulse.value), (5, 6));
}

/// B66.
pub fn equal_pulses_are_all_delivered() {
    let (channel, client) = own_channel();
    for _ in 0..1000 {
        client.send_pulse(3, 4).unwrap();
    }
    for n in 0..1000 {
        let pulse = channel.try_receive_pulse().unwrap();
        assert_eq!(pulse.map(|p| (p.code, p.value)), Some((3, 4)), "pulse {n}");
    }
    assert_eq!(channel.try_receive_pulse(), Ok(None));
}

/// A buffer of any length, also none, takes a pulse and the bytes of a message that fit.
pub fn a_small_buffer_loses_no_pulse() {
    let (channel, client) = own_channel();
    for len in [0, 1, 23, 24, 25] {
        let mut room = vec![0xa5; len];
        client.send_pulse(1, 2).unwrap();
        let pulse = pulse_of(channel.receive(&mut room).unwrap());
        assert_eq!((pulse.code, pulse.value), (1, 2), "{len} bytes");

        let mut room = vec![0xa5; len];
        thread::scope(|scope| {
            scope.spawn(|| assert_eq!(client.send(&[7; 20], ()), Ok(0)));
            let request = channel.request(&mut room).unwrap();
            let copied = len.min(20);
            assert_eq!(request.len(), copied);
            assert_eq!(request.info().srcmsglen, 20);
            assert_eq!(request.current_info().as_ref(), Ok(request.info()));
            assert_eq!(room[..copied], vec![7; copied]);
            assert_eq!(room[copied..], vec![0xa5; len - copied]);
            request.reply(0, ()).unwrap();
        });
    }
}

/// B68, B75.
pub fn a_list_with_a_short_first_part_loses_a_pulse() {
    let (channel, client) = own_channel();
    client.send_pulse(1, 1).unwrap();
    client.send_pulse(2, 2).unwrap();
    let (mut short, mut long) = ([0; 23], [0; 100]);
    let mut parts = [PartMut::new(&mut short), PartMut::new(&mut long)];
    let lost = channel.receive(&mut parts).map(drop);
    assert_eq!(lost, Err(Error::ServerFault));
    // It is gone; the next one is found in a first part that is long enough.
    let (mut first, mut second) = ([0; 24], [0; 1]);
    let mut parts = [
        PartMut::new(&mut []),
        PartMut::new(&mut first),
        PartMut::new(&mut second),
    ];
    let pulse = pulse_of(channel.receive(&mut parts[1..]).unwrap());
    assert_eq!((pulse.code, pulse.value), (2, 2));
    assert_eq!(channel.try_receive_pulse(), Ok(None));
}

/// B69.
pub fn a_receiver_of_pulses_leaves_messages_alone() {
    let (channel, client) = own_channel();
    thread::scope(|scope| {
        scope.spawn(|| assert_eq!(client.send("first", ()), Ok(1)));
        wait_for_message(&channel);
        let none = channel.receive_pulse_timeout(&Timeout::after(SHORT));
        assert_eq!(none, Err(Error::TimedOut));
        assert_eq!(channel.try_receive_pulse(), Ok(None));
        client.send_pulse(1, 0).unwrap();
        assert_eq!(channel.receive_pulse().unwrap().code, 1);
        let mut message = [0; 5];
        let request = channel.request(&mut message).unwrap();
        assert_eq!(message, *b"first");
        request.reply(1, ()).unwrap();
    });
}

/// B70.
pub fn a_message_passes_a_receiver_of_pulses_by() {
    let (channel, client) = own_channel();
    let served = AtomicBool::new(false);
    thread::scope(|scope| {
        let pulses = scope.spawn(|| channel.receive_pulse());
        let sender = scope.spawn(|| client.send("hello", ()));
        wait_for_message(&channel);
        thread::sleep(SHORT);
        assert!(!pulses.is_finished() && !sender.is_finished());
        let request = channel.request(()).unwrap();
        served.store(true, Ordering::Relaxed);
        request.reply(2, ()).unwrap();
        assert_eq!(sender.join().unwrap(), Ok(2));
        client.send_pulse(9, 0).unwrap();
        assert_eq!(pulses.join().unwrap().map(|p| p.code), Ok(9));
    });
    assert!(served.into_inner());
}

/// B71.
pub fn a_priority_that_does_not_exist_is_refused() {
    let (channel, client) = own_channel();
    assert_eq!(client.send_pulse_at(100, 0, 0), os(Errno::INVAL));
    assert_eq!(client.send_pulse_at(255, 0, 0), os(Errno::INVAL));
    for priority in [0, 1, 99] {
        client.send_pulse_at(priority, 0, 0).unwrap();
    }
    for _ in 0..3 {
        channel.receive_pulse().unwrap();
    }
}

/// B72, B76.
pub fn pulses_go_with_their_channel() {
    let (channel, client) = own_channel();
    client.send_pulse(1, 1).unwrap();
    channel.destroy().unwrap();
    assert_eq!(client.send_pulse(1, 1), os(Errno::BADF));
}

pub fn a_pulse_makes_a_channel_readable() {
    let (channel, client) = own_channel();
    assert_eq!(events(&channel, Duration::ZERO), PollFlags::empty());
    client.send_pulse(1, 1).unwrap();
    assert_eq!(events(&channel, Duration::ZERO), PollFlags::IN);
    assert_eq!(
        channel
            .try_receive(())
            .unwrap()
            .and_then(Received::pulse)
            .map(|p| p.value),
        Some(1)
    );
    assert_eq!(events(&channel, Duration::ZERO), PollFlags::empty());
}

pub fn a_reply_can_be_followed_by_a_pulse() {
    let (channel, client) = own_channel();
    thread::scope(|scope| {
        let sender = scope.spawn(|| client.send((), ()));
        let request = channel.request(()).unwrap();
        client.send_pulse(4, 5).unwrap();
        let result = channel.reply_receive(request, 6, (), ());
        assert_eq!(result.replied, Ok(()));
        assert_eq!(pulse_of(result.next.unwrap()).value, 5);
        assert_eq!(sender.join().unwrap(), Ok(6));
    });
}

/// Pulses of a channel's own are bounded, and one too many has its event.
pub fn a_full_pool_refuses_pulses_and_says_so() {
    let qipc = open();
    let watch = qipc.channel_create(ChannelFlags::empty()).unwrap();
    let own = qipc
        .connect_attach(watch.address(), ConnectFlags::empty())
        .unwrap();
    let full = Event::pulse(own.coid(), 11, 12);
    let options = ChannelOptions::new().pulse_pool(3, 2, Some(full));
    let channel = qipc.channel_create(options).unwrap();
    let client = connect(channel.address());
    for n in 0..3 {
        client.send_pulse(0, n).unwrap();
    }
    assert_eq!(watch.try_receive_pulse(), Ok(None));
    assert_eq!(client.send_pulse(0, 3), os(Errno::AGAIN));
    assert_eq!(client.send_pulse(0, 3), os(Errno::AGAIN));
    let event = watch.receive_pulse().unwrap();
    assert_eq!((event.code, event.value), (11, 12));
    assert_eq!(watch.try_receive_pulse(), Ok(None), "once, until rearmed");
    // Below two it is armed again.
    for _ in 0..2 {
        channel.receive_pulse().unwrap();
    }
    (0..2).for_each(|_| client.send_pulse(0, 9).unwrap());
    assert_eq!(client.send_pulse(0, 9), os(Errno::AGAIN));
    assert_eq!(watch.receive_pulse().map(|p| p.code), Ok(11));
}
