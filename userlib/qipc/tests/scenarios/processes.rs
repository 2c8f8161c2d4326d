// SPDX-License-Identifier: MIT OR Apache-2.0

//! Fork, exec, passed descriptors, and the end of processes and of objects.

use std::cell::Cell;
use std::io::{IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};
use std::thread;
use std::time::Duration;

use qipc::{
    Address, Channel, ChannelFlags, Clock, ConnectFlags, Connection, Deliverer, Errno, Error,
    Event, FdConnection, Qipc, Request,
};
use rustix::net::{
    recvmsg, sendmsg, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags,
};

use crate::support::{
    channel, connect, open, os, slow, to_request, wait_for_message, wait_until, Child, Random,
    Requests,
};

/// Whatever a process can hold.
struct Everything {
    qipc: Qipc,
    channel: Channel,
    side: Connection,
    fd: FdConnection,
    request: Request,
}

impl Everything {
    /// What is left of it in a forked child: all of it is stale, and is dropped.
    fn check_stale(self, address: Address) {
        let stale = Err(Error::Stale);
        let flags = ConnectFlags::empty();
        assert_eq!(
            self.qipc.channel_create(ChannelFlags::empty()).map(drop),
            stale
        );
        assert_eq!(self.qipc.connect_attach(address, flags).map(drop), stale);
        assert_eq!(self.channel.request(()).map(drop), stale);
        assert_eq!(self.channel.try_request(()).map(drop), stale);
        assert_eq!(self.channel.pollable().map(drop), stale);
        assert_eq!(self.side.send("hello", ()).map(drop), stale);
        assert_eq!(self.request.read_at(&mut [0; 8], 0).map(drop), stale);
        assert_eq!(self.request.current_info().map(drop), stale);
        assert_eq!(self.channel.destroy(), stale);
        assert_eq!(self.side.detach(), stale);
        assert_eq!(self.request.reply(9, ()), stale);
        // The connection that is a descriptor works, and the child may have a session of its own.
        assert_eq!(self.fd.send("from the child", ()), Ok(2));
        assert_eq!(connect(address).send("as itself", ()), Ok(3));
    }
}

/// B114.
pub fn a_forked_child_has_nothing_but_its_descriptors() {
    let qipc = open();
    let channel = qipc.channel_create(ChannelFlags::empty()).unwrap();
    let address = channel.address();
    let side = qipc.connect_attach(address, ConnectFlags::empty()).unwrap();
    let fd = qipc
        .connect_attach_fd(address, ConnectFlags::CLOEXEC)
        .unwrap();
    let waiting = Child::run(move || assert_eq!(connect(address).send("patience", ()), Ok(1)));
    let request = channel.request(()).unwrap();

    let everything = Everything {
        qipc,
        channel,
        side,
        fd,
        request,
    };
    let everything = Cell::new(Some(everything));
    let child = Child::run(|| everything.take().unwrap().check_stale(address));
    let Everything {
        channel,
        side,
        fd,
        request,
        ..
    } = everything.take().unwrap();

    // Nothing of the parent's has suffered.
    let mut message = [0; 32];
    let of_child = channel.request(&mut message).unwrap();
    assert_eq!(&message[..of_child.len()], b"from the child");
    assert_eq!(of_child.info().pid, child.pid());
    assert_eq!(of_child.info().coid, fd.as_raw_fd());
    assert_ne!(of_child.info().scoid, request.info().scoid);
    let scoid = of_child.info().scoid;
    of_child.reply(2, ()).unwrap();
    channel.request(()).unwrap().reply(3, ()).unwrap();
    child.join();

    request.reply(1, ()).unwrap();
    waiting.join();
    thread::scope(|scope| {
        scope.spawn(|| {
            let first = channel.request(()).unwrap();
            assert_eq!(first.info().pid, std::process::id());
            assert_ne!(first.info().scoid, scoid, "the parent is another client");
            first.reply(4, ()).unwrap();
            channel.request(()).unwrap().reply(5, ()).unwrap();
        });
        assert_eq!(side.send("hello", ()), Ok(4));
        assert_eq!(fd.send("hello", ()), Ok(5));
    });
}

/// B115.
pub fn a_connection_descriptor_survives_exec() {
    let qipc = open();
    let channel = qipc.channel_create(ChannelFlags::empty()).unwrap();
    let connection = qipc
        .connect_attach_fd(channel.address(), ConnectFlags::CLOEXEC)
        .unwrap();
    let stdin = OwnedFd::from(connection);
    let mut child = Command::new("/proc/self/exe")
        .arg(EXECED)
        .stdin(stdin)
        .spawn()
        .unwrap();

    let mut message = [0; 32];
    let request = channel.request(&mut message).unwrap();
    assert_eq!(&message[..request.len()], b"from behind exec");
    assert_eq!(request.info().pid, child.id());
    request.reply(0, "welcome").unwrap();
    assert!(child.wait().unwrap().success());
}

/// Arguments of this program when a scenario has started it as another one.
pub const EXECED: &str = "--send-on-stdin";
pub const OTHER_USER: &str = "--attach-to";

/// What the other program does: sends on a connection that it finds on standard input.
pub fn after_exec() -> ExitCode {
    let stdin = std::io::stdin().as_fd().try_clone_to_owned();
    let connection = FdConnection::from(stdin.unwrap());
    let mut reply = [0; 7];
    let status = connection.send("from behind exec", &mut reply);
    assert_eq!((status, reply), (Ok(0), *b"welcome"));
    ExitCode::SUCCESS
}

/// What the other program does: tries to connect. Its status says whether it may.
pub fn as_other_user(address: &str) -> ExitCode {
    let address = address.parse().unwrap();
    let qipc = open();
    let attach = qipc.connect_attach(address, ConnectFlags::empty());
    let attach_fd = qipc.connect_attach_fd(address, ConnectFlags::CLOEXEC);
    match (attach, attach_fd) {
        (Ok(_), Ok(_)) => ExitCode::SUCCESS,
        (one, two) => {
            assert_eq!(one.map(drop), os(Errno::ACCESS));
            assert_eq!(two.map(drop), os(Errno::ACCESS));
            ExitCode::from(REFUSED)
        }
    }
}

const REFUSED: u8 = 9;

/// Checks whether a process of another user may connect. Needs root, to become somebody else.
pub fn other_user_attaches(channel: &Channel, may: bool) {
    let mut command = Command::new("/proc/self/exe");
    command
        .args([OTHER_USER, &channel.address().to_string()])
        .uid(65534)
        .gid(65534);
    let status = command.status().unwrap();
    let expected = if may { 0 } else { i32::from(REFUSED) };
    assert_eq!(status.code(), Some(expected));
}

pub fn another_user_may_not_connect() {
    other_user_attaches(&channel(), false);
}

pub fn a_connection_can_be_kept_from_other_processes() {
    let qipc = open();
    let channel = qipc.channel_create(ChannelFlags::empty()).unwrap();
    let flags = ConnectFlags::NOINHERIT;
    let connection = qipc.connect_attach_fd(channel.address(), flags).unwrap();
    Child::run(|| {
        assert_eq!(connection.send((), ()), os(Errno::BADF));
        assert_eq!(connection.send_pulse(0, 0), os(Errno::BADF));
    })
    .join();
    assert_eq!(connection.send_pulse(1, 2), Ok(()));
    assert_eq!(channel.receive_pulse().map(|p| p.value), Ok(2));
}

/// What a child does with the parent's things does them no harm.
pub fn timers_names_and_events_stay_with_the_parent() {
    let qipc = open();
    let channel = qipc.channel_create(ChannelFlags::empty()).unwrap();
    let own = qipc
        .connect_attach(channel.address(), ConnectFlags::empty())
        .unwrap();
    let event = Event::pulse(own.coid(), 1, 2);
    let name = format!("scenario/{}/fork", std::process::id());
    let things = Cell::new(Some((
        qipc.timer_create(Clock::Monotonic, event).unwrap(),
        qipc.event_register(event, Deliverer::Myself).unwrap(),
        channel.name_attach(&name).unwrap(),
    )));
    let stale = Err(Error::Stale);
    Child::run(|| {
        let (timer, registered, guard) = things.take().unwrap();
        assert_eq!(timer.start(Duration::ZERO).map(drop), stale);
        assert_eq!(timer.overrun().map(drop), stale);
        assert_eq!(own.send_pulse(1, 2), stale);
        assert_eq!(own.server_info().map(drop), stale);
        assert_eq!(channel.receive_pulse().map(drop), stale);
        assert_eq!(channel.access().map(drop), stale);
        assert_eq!(qipc.event_deliver(event), stale);
        assert_eq!(qipc.own_client_info().map(drop), stale);
        assert_eq!(qipc.leave_channel(), stale);
        assert_eq!(timer.delete(), stale);
        assert_eq!(registered.unregister(), stale);
        assert_eq!(guard.detach(), stale);
    })
    .join();
    let (timer, registered, guard) = things.take().unwrap();
    timer.start(Duration::ZERO).unwrap();
    assert_eq!(channel.receive_pulse().map(|p| p.value), Ok(2));
    let handle = registered.handle();
    let event = Event::Registered { handle, value: 0 };
    qipc.event_deliver(event).unwrap();
    assert_eq!(channel.receive_pulse().map(|p| p.value), Ok(2));
    qipc.name_open(guard.as_bytes(), ConnectFlags::empty())
        .unwrap();
}

pub fn a_connection_descriptor_can_be_passed_on() {
    let (here, there) = UnixStream::pair().unwrap();
    // Forked before there is a connection, so it does not inherit one.
    let child = Child::run(|| {
        let mut byte = [0; 1];
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut control = RecvAncillaryBuffer::new(&mut space);
        let into = &mut [IoSliceMut::new(&mut byte)];
        recvmsg(&there, into, &mut control, RecvFlags::CMSG_CLOEXEC).unwrap();
        let fd = control
            .drain()
            .find_map(|message| match message {
                RecvAncillaryMessage::ScmRights(mut fds) => fds.next(),
                _ => None,
            })
            .expect("a descriptor");
        let connection = FdConnection::from(fd);
        assert_eq!(connection.send("received", ()), Ok(11));
    });

    let qipc = open();
    let channel = qipc.channel_create(ChannelFlags::empty()).unwrap();
    let connection = qipc
        .connect_attach_fd(channel.address(), ConnectFlags::CLOEXEC)
        .unwrap();
    let fds = [connection.as_fd()];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    assert!(control.push(SendAncillaryMessage::ScmRights(&fds)));
    sendmsg(
        &here,
        &[IoSlice::new(b"x")],
        &mut control,
        SendFlags::empty(),
    )
    .unwrap();
    drop(connection);

    let mut message = [0; 8];
    let request = channel.request(&mut message).unwrap();
    assert_eq!(message, *b"received");
    assert_eq!(request.info().pid, child.pid());
    request.reply(11, ()).unwrap();
    child.join();
}

pub fn a_duplicate_is_the_same_connection_under_another_name() {
    let qipc = open();
    let channel = qipc.channel_create(ChannelFlags::empty()).unwrap();
    let one = qipc
        .connect_attach_fd(channel.address(), ConnectFlags::CLOEXEC)
        .unwrap();
    let two = one.try_clone().unwrap();
    for fd in [&one, &two] {
        assert!(rustix::io::fcntl_getfd(fd)
            .unwrap()
            .contains(rustix::io::FdFlags::CLOEXEC));
    }
    let names = [one.as_raw_fd(), two.as_raw_fd()];
    thread::scope(|scope| {
        let server = scope.spawn(|| {
            names.map(|name| {
                let request = channel.request(()).unwrap();
                assert_eq!(request.info().coid, name);
                let scoid = request.info().scoid;
                request.reply(0, ()).unwrap();
                scoid
            })
        });
        assert_eq!(one.send((), ()), Ok(0));
        drop(one);
        assert_eq!(two.send((), ()), Ok(0), "the other end of it is open");
        let [first, second] = server.join().unwrap();
        assert_eq!(first, second);
    });
    // Without the flag it is inherited.
    let plain = qipc
        .connect_attach_fd(channel.address(), ConnectFlags::empty())
        .unwrap();
    assert!(!rustix::io::fcntl_getfd(&plain)
        .unwrap()
        .contains(rustix::io::FdFlags::CLOEXEC));
}

/// B112, B113.
pub fn cancelling_ends_a_blocked_send() {
    let qipc = open();
    let channel = qipc.channel_create(ChannelFlags::empty()).unwrap();
    let connection = qipc
        .connect_attach_fd(channel.address(), ConnectFlags::CLOEXEC)
        .unwrap();
    // SEND-blocked,
    thread::scope(|scope| {
        let client = scope.spawn(|| connection.send("one", ()));
        wait_for_message(&channel);
        connection.cancel().unwrap();
        assert_eq!(client.join().unwrap(), os(Errno::BADF));
    });
    // and REPLY-blocked.
    thread::scope(|scope| {
        let client = scope.spawn(|| connection.send("two", ()));
        let request = channel.request(()).unwrap();
        connection.cancel().unwrap();
        assert_eq!(client.join().unwrap(), os(Errno::BADF));
        assert_eq!(request.reply(0, ()), os(Errno::SRCH));
    });
}

pub fn a_killed_client_is_gone() {
    let channel = channel();
    let address = channel.address();
    let start = || {
        Child::run(move || {
            let _ = connect(address).send("help", ());
        })
    };
    // SEND-blocked,
    let client = start();
    wait_for_message(&channel);
    client.kill();
    assert!(channel.try_request(()).unwrap().is_none());
    // and REPLY-blocked.
    let client = start();
    let request = channel.request(()).unwrap();
    client.kill();
    assert_eq!(request.current_info(), os(Errno::SRCH));
    assert_eq!(request.read_at(&mut [0; 4], 0), os(Errno::SRCH));
    assert_eq!(request.write_at("late", 0), os(Errno::SRCH));
    assert_eq!(request.error(Errno::IO), os(Errno::SRCH));
    // One that has gone does not stop a server that answers and receives in one call.
    let client = start();
    let request = channel.request(()).unwrap();
    client.kill();
    let next = Child::run(move || assert_eq!(connect(address).send("next", ()), Ok(3)));
    let result = channel.reply_receive(request, 0, (), ());
    assert_eq!(result.replied, os(Errno::SRCH));
    result.next.map(to_request).unwrap().reply(3, ()).unwrap();
    next.join();
}

/// B104.
pub fn a_killed_server_releases_its_clients() {
    let (here, there) = UnixStream::pair().unwrap();
    let server = Child::run(|| {
        let channel = channel();
        rustix::io::write(&there, channel.address().to_string().as_bytes()).unwrap();
        // One is received, the other waits in front of the door.
        let _request = channel.request(()).unwrap();
        wait_for_message(&channel);
        rustix::io::write(&there, b"!").unwrap();
        thread::sleep(Duration::from_secs(60));
    });
    let mut text = [0; 32];
    let len = rustix::io::read(&here, &mut text).unwrap();
    let address: Address = std::str::from_utf8(&text[..len]).unwrap().parse().unwrap();
    let client = connect(address);
    thread::scope(|scope| {
        let one = scope.spawn(|| client.send("one", ()));
        let two = scope.spawn(|| client.send("two", ()));
        rustix::io::read(&here, &mut [0; 1]).unwrap();
        server.kill();
        assert_eq!(one.join().unwrap(), os(Errno::SRCH));
        assert_eq!(two.join().unwrap(), os(Errno::SRCH));
    });
    assert_eq!(client.send("three", ()), os(Errno::BADF));
    let again = open().connect_attach(address, ConnectFlags::empty());
    assert_eq!(again.map(drop), os(Errno::SRCH));
}

/// B103.
pub fn a_destroyed_channel_releases_its_clients() {
    let channel = channel();
    let client = connect(channel.address());
    thread::scope(|scope| {
        let one = scope.spawn(|| client.send("one", ()));
        let request = channel.request(()).unwrap();
        let two = scope.spawn(|| client.send("two", ()));
        wait_for_message(&channel);
        channel.destroy().unwrap();
        assert_eq!(one.join().unwrap(), os(Errno::SRCH));
        assert_eq!(two.join().unwrap(), os(Errno::SRCH));
        assert_eq!(request.reply(0, ()), os(Errno::SRCH));
    });
    assert_eq!(client.send("three", ()), os(Errno::BADF));
    client.detach().unwrap();
}

/// B10, B11, B15.
pub fn connections_of_a_process_share_their_name() {
    let qipc = open();
    let channel = qipc.channel_create(ChannelFlags::empty()).unwrap();
    let address = channel.address();
    let attach = |flags| qipc.connect_attach(address, flags).unwrap();
    let (one, two) = (attach(ConnectFlags::empty()), attach(ConnectFlags::empty()));
    let own = attach(ConnectFlags::NOSHARE);
    assert_ne!(one.coid(), two.coid());
    thread::scope(|scope| {
        let server = scope.spawn(|| {
            [0; 3].map(|_| {
                let request = channel.request(()).unwrap();
                let (scoid, coid) = (request.info().scoid, request.info().coid);
                request.reply(0, ()).unwrap();
                (scoid, coid)
            })
        });
        for connection in [&one, &two, &own] {
            assert_eq!(connection.send((), ()), Ok(0));
        }
        let [a, b, c] = server.join().unwrap();
        assert_eq!((a.1, b.1, c.1), (one.coid(), two.coid(), own.coid()));
        assert_eq!(a.0, b.0);
        assert_ne!(a.0, c.0);
    });
}

pub fn a_private_channel_is_private() {
    let channel = open().channel_create(ChannelFlags::PRIVATE).unwrap();
    let address = channel.address();
    Child::run(move || {
        let attach = open().connect_attach(address, ConnectFlags::empty());
        assert_eq!(attach.map(drop), os(Errno::ACCESS));
    })
    .join();
    assert!(open()
        .connect_attach(address, ConnectFlags::empty())
        .is_ok());
}

/// A session is there as long as something of it is.
pub fn everything_goes_with_the_last_handle() {
    let qipc = open();
    let channel = qipc.channel_create(ChannelFlags::empty()).unwrap();
    let address = channel.address();
    drop(qipc);
    let client =
        Child::run(move || assert_eq!(connect(address).send("hello", ()), os(Errno::SRCH)));
    let request = channel.request(()).unwrap();
    drop(channel);
    assert_eq!(
        request.reply(0, ()),
        os(Errno::SRCH),
        "the channel is gone, the session is not"
    );
    client.join();
    let attach = open()
        .connect_attach(address, ConnectFlags::empty())
        .map(drop);
    assert_eq!(attach, os(Errno::SRCH));
    // A new session takes the numbers up again.
    let qipc = Qipc::open().unwrap();
    assert_eq!(
        qipc.channel_create(ChannelFlags::empty()).unwrap().chid(),
        address.chid
    );
}

/// Clients are killed wherever they happen to be; the server serves on, and nothing is left behind.
pub fn clients_killed_at_any_moment_harm_nobody() {
    const ROUNDS: u64 = 60;
    let server = Child::run(|| {
        let channel = channel();
        let mut message = vec![0; 100_000];
        let mut request = channel.request(&mut message).unwrap();
        loop {
            let answer = message[..request.len()].to_vec();
            if answer == b"end" {
                request.reply(0, ()).unwrap();
                break;
            }
            let result = channel.reply_receive(request, 0, &answer, &mut message);
            // One that dies while its memory is being written to is gone.
            let gone = [Ok(()), os(Errno::SRCH)];
            assert!(gone.contains(&result.replied), "{:?}", result.replied);
            request = result.next.map(to_request).unwrap();
        }
    });
    let address = first_channel_of(&server);
    let mut random = Random::new(12);
    for round in 0..ROUNDS / u64::from(slow()) {
        let pause = Duration::from_micros(random.below(4000) as u64);
        let clients: Vec<_> = (0..3)
            .map(|n| {
                Child::run(move || {
                    let data = Random::new(round * 3 + n).bytes(random_size(round * 3 + n));
                    let mut reply = vec![0; data.len()];
                    let client = connect(address);
                    while client.send(&data, &mut reply) == Ok(0) {
                        assert!(data == reply);
                    }
                })
            })
            .collect();
        thread::sleep(pause);
        clients.into_iter().for_each(Child::kill);
    }
    assert_eq!(connect(address).send("end", ()), Ok(0));
    server.join();
}

/// The channel of a process that makes one, once it is there.
fn first_channel_of(server: &Child) -> Address {
    let (pid, qipc) = (server.pid(), open());
    let address = Address { pid, chid: 1 };
    let attach = || qipc.connect_attach(address, ConnectFlags::empty());
    wait_until("the server has a channel", || attach().is_ok());
    address
}

/// Inline, one page, many pages.
fn random_size(seed: u64) -> usize {
    [10, 3000, 90_000][Random::new(seed).below(3)]
}

/// Servers are killed wherever they happen to be; each client gets an answer or an error, and does not hang.
pub fn servers_killed_at_any_moment_release_everybody() {
    const ROUNDS: u64 = 60;
    let mut random = Random::new(13);
    for round in 0..ROUNDS / u64::from(slow()) {
        let server = Child::run(|| {
            let channel = channel();
            let mut message = vec![0; 100_000];
            loop {
                let request = channel.request(&mut message).unwrap();
                let answer = message[..request.len()].to_vec();
                let _ = request.reply(0, &answer);
            }
        });
        let address = first_channel_of(&server);
        let clients: Vec<_> = (0..3)
            .map(|n| {
                Child::run(move || {
                    let flags = ConnectFlags::empty();
                    let Ok(client) = open().connect_attach(address, flags) else {
                        return;
                    };
                    let data = Random::new(round * 3 + n).bytes(random_size(round * 3 + n));
                    let mut reply = vec![0; data.len()];
                    let end = loop {
                        match client.send(&data, &mut reply) {
                            Ok(0) => assert!(data == reply),
                            other => break other,
                        }
                    };
                    // Blocked at that moment, or not; from then on the connection is dead (B104).
                    assert!(end == os(Errno::SRCH) || end == os(Errno::BADF), "{end:?}");
                    assert_eq!(client.send("hello", ()), os(Errno::BADF));
                })
            })
            .collect();
        thread::sleep(Duration::from_micros(random.below(10_000) as u64));
        server.kill();
        clients.into_iter().for_each(Child::join);
    }
}
