// SPDX-License-Identifier: MIT OR Apache-2.0

//! Events: made up by a server, registered, of timers.

use std::os::fd::AsFd;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use qipc::{
    Channel, ChannelFlags, ChannelOptions, Client, Clock, ConnectFlags, Connection, Deliverer,
    Errno, Event, EventHandle, EventThread, Qipc, Timeout,
};
use rustix::event::{eventfd, EventfdFlags};

use crate::support::{channel, open, os, wait_until, Child, Requests};

const SHORT: Duration = Duration::from_millis(50);

/// A process as a client: where its events go.
struct Listener {
    qipc: Qipc,
    channel: Channel,
    own: Connection,
}

impl Listener {
    fn new() -> Self {
        let qipc = open();
        let channel = qipc.channel_create(ChannelFlags::PRIVATE).unwrap();
        let own = qipc
            .connect_attach(channel.address(), ConnectFlags::empty())
            .unwrap();
        Self { qipc, channel, own }
    }

    fn event(&self, code: i8, value: u64) -> Event<'static> {
        Event::pulse(self.own.coid(), code, value)
    }

    fn connect(&self, to: &Channel, flags: ConnectFlags) -> Connection {
        self.qipc.connect_attach(to.address(), flags).unwrap()
    }

    fn expect(&self, code: i8, value: u64) {
        let pulse = self.channel.receive_pulse().unwrap();
        assert_eq!((pulse.code, pulse.value), (code, value));
    }

    fn expect_nothing(&self) {
        assert_eq!(self.channel.try_receive_pulse(), Ok(None));
    }
}

/// Sends once over `connection` to `server`, which keeps the client.
fn introduce(connection: &Connection, server: &Channel) -> Client {
    thread::scope(|scope| {
        let client = scope.spawn(|| {
            let request = server.request(()).unwrap();
            let client = request.client();
            request.reply(0, ()).unwrap();
            client
        });
        assert_eq!(connection.send((), ()), Ok(0));
        client.join().unwrap()
    })
}

/// B116.
pub fn a_server_delivers_a_pulse_after_the_answer() {
    let server = channel();
    let address = server.address();
    let child = Child::run(move || {
        let listener = Listener::new();
        let flags = ConnectFlags::empty();
        let client = listener.qipc.connect_attach(address, flags).unwrap();
        let coid = listener.own.coid().to_ne_bytes();
        assert_eq!(client.send(&coid, ()), Ok(0));
        listener.expect(5, 6);
        // Also while it waits for an answer.
        thread::scope(|scope| {
            scope.spawn(|| listener.expect(7, 8));
            assert_eq!(client.send(&coid, ()), Ok(1));
        });
    });
    let mut coid = [0; 4];
    let request = server.request(&mut coid).unwrap();
    let client = request.client();
    request.reply(0, ()).unwrap();
    let event = |code, value| Event::pulse(i32::from_ne_bytes(coid), code, value);
    client.verify(event(1, 1)).unwrap();
    thread::spawn({
        let (client, event) = (client.clone(), event(5, 6));
        move || client.deliver(event).unwrap()
    })
    .join()
    .unwrap();
    let request = server.request(&mut [0; 4]).unwrap();
    client.deliver(event(7, 8)).unwrap();
    request.reply(1, ()).unwrap();
    child.join();
    // B118: the client is gone.
    assert_eq!(client.deliver(event(9, 9)), os(Errno::SRCH));
}

/// B117.
pub fn what_is_no_event_is_refused() {
    let listener = Listener::new();
    let server = channel();
    let connection = listener.connect(&server, ConnectFlags::empty());
    let client = introduce(&connection, &server);
    for signal in [0, -1, 65, 1000] {
        let event = Event::Signal { signal };
        assert_eq!(client.deliver(event), os(Errno::INVAL), "signal {signal}");
        assert_eq!(client.verify(event), os(Errno::INVAL), "signal {signal}");
    }
    let priority = Some(100);
    let (coid, code, value) = (listener.own.coid(), 0, 0);
    let event = Event::Pulse {
        coid,
        priority,
        code,
        value,
    };
    assert_eq!(client.deliver(event), os(Errno::INVAL));
    let fd = eventfd(0, EventfdFlags::CLOEXEC).unwrap();
    let event = Event::Semaphore(fd.as_fd());
    assert!(client.deliver(event).is_err(), "a server cannot make it up");
    // A connection that the client does not have.
    let event = Event::pulse(0x4fff_0000, 0, 0);
    assert_eq!(client.deliver(event), os(Errno::SRCH));
    client.deliver(Event::None).unwrap();
    listener.expect_nothing();
}

pub fn a_signal_can_be_delivered() {
    let listener = Listener::new();
    let server = channel();
    let connection = listener.connect(&server, ConnectFlags::empty());
    let client = introduce(&connection, &server);
    let seen = crate::signals::handle_signal();
    for event in [
        Event::Signal { signal: 10 },
        Event::SignalCode {
            signal: 10,
            code: -1,
            value: 5,
        },
    ] {
        seen.store(false, Ordering::Relaxed);
        client.deliver(event).unwrap();
        wait_until("the signal is handled", || seen.load(Ordering::Relaxed));
    }
}

pub fn a_client_says_which_events_it_takes() {
    let listener = Listener::new();
    let server = channel();
    let event = listener.event(1, 2);
    let refuses = listener.connect(&server, ConnectFlags::NOEVENT | ConnectFlags::NOSHARE);
    let client = introduce(&refuses, &server);
    assert_eq!(client.verify(event), os(Errno::ACCESS));
    assert_eq!(client.deliver(event), os(Errno::ACCESS));

    let flags = ConnectFlags::REG_EVENTS | ConnectFlags::NOSHARE;
    let registered_only = listener.connect(&server, flags);
    let client = introduce(&registered_only, &server);
    assert_eq!(client.deliver(event), os(Errno::ACCESS));
    let by = Deliverer::Server(&registered_only);
    let leave = listener.qipc.event_register(event, by).unwrap();
    let handle = leave.handle();
    client
        .deliver(Event::Registered { handle, value: 99 })
        .unwrap();
    listener.expect(1, 2);
    listener.expect_nothing();
}

/// The value is the client's, unless it has said otherwise; and only the server that is named may deliver.
pub fn a_registered_event_is_what_was_registered() {
    let listener = Listener::new();
    let (server, stranger) = (channel(), channel());
    let connection = listener.connect(&server, ConnectFlags::empty());
    let client = introduce(&connection, &server);
    let other = listener.connect(&stranger, ConnectFlags::empty());
    let as_stranger = introduce(&other, &stranger);
    let by = Deliverer::Server(&connection);
    let fixed = listener
        .qipc
        .event_register(listener.event(1, 2), by)
        .unwrap();
    let open_value = listener
        .qipc
        .event_register_updateable(listener.event(3, 4), by)
        .unwrap();
    let registered = |handle: EventHandle| Event::Registered { handle, value: 77 };

    client.deliver(registered(fixed.handle())).unwrap();
    listener.expect(1, 2);
    client.deliver(registered(open_value.handle())).unwrap();
    listener.expect(3, 77);
    let refused = as_stranger.deliver(registered(fixed.handle()));
    assert_eq!(refused, os(Errno::ACCESS));
    // Anybody, or this process only.
    let any = listener
        .qipc
        .event_register(listener.event(5, 6), Deliverer::AnyServer)
        .unwrap();
    as_stranger.deliver(registered(any.handle())).unwrap();
    listener.expect(5, 6);
    let mine = listener
        .qipc
        .event_register(listener.event(7, 8), Deliverer::Myself)
        .unwrap();
    assert!(client.deliver(registered(mine.handle())).is_err());
    listener
        .qipc
        .event_deliver(registered(mine.handle()))
        .unwrap();
    listener.expect(7, 8);

    // What is not registered any more cannot be delivered.
    let handle = fixed.handle();
    fixed.unregister().unwrap();
    assert!(client.deliver(registered(handle)).is_err());
    let handle = any.handle();
    drop(any);
    assert!(as_stranger.deliver(registered(handle)).is_err());
    assert!(client
        .deliver(registered(EventHandle(0x7fff_ffff)))
        .is_err());
    listener.expect_nothing();
}

/// A semaphore is an eventfd.
pub fn an_eventfd_counts_events() {
    let listener = Listener::new();
    let server = channel();
    let connection = listener.connect(&server, ConnectFlags::empty());
    let client = introduce(&connection, &server);
    let flags = EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK;
    let fd = eventfd(0, flags).unwrap();
    let event = listener
        .qipc
        .event_register(Event::Semaphore(fd.as_fd()), Deliverer::AnyServer)
        .unwrap();
    let handle = event.handle();
    for _ in 0..3 {
        client
            .deliver(Event::Registered { handle, value: 0 })
            .unwrap();
    }
    let mut count = [0; 8];
    assert_eq!(rustix::io::read(&fd, &mut count), Ok(8));
    assert_eq!(u64::from_ne_bytes(count), 3);
}

pub fn a_process_has_events_of_its_own() {
    let listener = Listener::new();
    listener.qipc.event_verify(listener.event(1, 2)).unwrap();
    listener.expect_nothing();
    listener.qipc.event_deliver(listener.event(1, 2)).unwrap();
    listener.expect(1, 2);
}

/// The kind THREAD.
pub fn an_event_can_run_a_function() {
    let listener = Listener::new();
    let sum = Arc::new(AtomicU64::new(0));
    let thread = EventThread::start(&listener.qipc, {
        let sum = Arc::clone(&sum);
        move |value| {
            sum.fetch_add(value, Ordering::Relaxed);
        }
    })
    .unwrap();
    for value in [1, 10, 100] {
        listener.qipc.event_deliver(thread.event(value)).unwrap();
    }
    wait_until("all have run", || sum.load(Ordering::Relaxed) == 111);
    let event = thread.event(1000);
    drop(thread);
    assert!(listener.qipc.event_deliver(event).is_err());
    assert_eq!(sum.load(Ordering::Relaxed), 111);
}

pub fn a_timer_expires_once() {
    let listener = Listener::new();
    for clock in [Clock::Monotonic, Clock::Realtime, Clock::Boottime] {
        let event = listener.event(1, 2);
        let timer = listener.qipc.timer_create(clock, event).unwrap();
        assert_eq!(timer.setting().unwrap().left, None);
        let start = Instant::now();
        let before = timer.start(SHORT).unwrap();
        assert_eq!((before.left, before.interval), (None, None));
        let left = timer.setting().unwrap().left.expect("it runs");
        assert!(left <= SHORT, "{left:?}");
        listener.expect(1, 2);
        assert!(start.elapsed() >= SHORT);
        wait_until("it has stopped", || timer.setting().unwrap().left.is_none());
        assert_eq!(timer.overrun(), Ok(0));
        // Stopped in time it does not expire, and says what was left.
        timer.start(Duration::from_secs(60)).unwrap();
        let before = timer.stop().unwrap().left.expect("it ran");
        assert!(before > Duration::from_secs(50) && before <= Duration::from_secs(60));
        // No time is at once, not never.
        timer.start(Duration::ZERO).unwrap();
        listener.expect(1, 2);
        timer
            .start_at(Duration::from_nanos(1), Duration::ZERO)
            .unwrap();
        listener.expect(1, 2);
        timer.delete().unwrap();
    }
    listener.expect_nothing();
    let refused = listener.qipc.timer_create(Clock::Monotonic, Event::Unblock);
    assert_eq!(refused.map(drop), os(Errno::INVAL));
}

pub fn a_timer_expires_again_and_again() {
    const PERIOD: Duration = Duration::from_millis(5);
    let listener = Listener::new();
    let event = listener.event(3, 4);
    let timer = listener.qipc.timer_create(Clock::Monotonic, event).unwrap();
    let start = Instant::now();
    timer.start_periodic(PERIOD, PERIOD).unwrap();
    for _ in 0..20 {
        listener.expect(3, 4);
    }
    assert!(start.elapsed() >= 20 * PERIOD);
    assert_eq!(timer.setting().unwrap().interval, Some(PERIOD));
    drop(timer);
    // What had expired is there, and no more.
    thread::sleep(2 * PERIOD);
    while listener.channel.try_receive_pulse().unwrap().is_some() {}
    let more = listener
        .channel
        .receive_pulse_timeout(&Timeout::after(4 * PERIOD));
    assert_eq!(more, Err(qipc::Error::TimedOut));
}

pub fn expiries_without_room_are_counted() {
    let qipc = open();
    let options = ChannelOptions::new().pulse_pool(4, 1, Some(Event::None));
    let channel = qipc.channel_create(options).unwrap();
    let own = qipc
        .connect_attach(channel.address(), ConnectFlags::empty())
        .unwrap();
    let event = Event::pulse(own.coid(), 1, 1);
    let timer = qipc.timer_create(Clock::Monotonic, event).unwrap();
    let period = Duration::from_millis(1);
    timer.start_periodic(period, period).unwrap();
    wait_until("the pool is full", || timer.overrun().unwrap() > 3);
    timer.stop().unwrap();
    let received = std::iter::from_fn(|| channel.try_receive_pulse().unwrap()).count();
    assert_eq!(received, 4);
}

pub fn a_timer_can_count_and_run_functions() {
    let listener = Listener::new();
    let fd = eventfd(0, EventfdFlags::CLOEXEC).unwrap();
    let event = Event::Semaphore(fd.as_fd());
    let timer = listener.qipc.timer_create(Clock::Boottime, event).unwrap();
    timer.start(SHORT).unwrap();
    let mut count = [0; 8];
    assert_eq!(rustix::io::read(&fd, &mut count), Ok(8));
    assert_eq!(u64::from_ne_bytes(count), 1);

    let values = Arc::new(Mutex::new(Vec::new()));
    let run = {
        let values = Arc::clone(&values);
        move |value| values.lock().unwrap().push(value)
    };
    let thread = EventThread::start(&listener.qipc, run).unwrap();
    let event = thread.event(8);
    let timer = listener.qipc.timer_create(Clock::Monotonic, event).unwrap();
    timer.start(SHORT).unwrap();
    wait_until("it has run", || *values.lock().unwrap() == [8]);
}
