// SPDX-License-Identifier: MIT OR Apache-2.0

//! What the two ends know of each other, and how they learn that the other one has gone.

use std::thread;
use std::time::Duration;

use qipc::{
    Access, Channel, ChannelFlags, ChannelOptions, ConnectFlags, Errno, PulseKind, ServerInfoFlags,
    Timeout,
};
use rustix::io::FdFlags;
use rustix::process::{getegid, geteuid, getgid, getgroups, getsid, getuid};

use crate::support::{channel, connect, open, os, Child, Requests};

const SHORT: Duration = Duration::from_millis(50);

/// B4.
pub fn one_channel_of_a_process_hears_of_deaths() {
    for first in [ChannelFlags::THREAD_DEATH, ChannelFlags::COID_DISCONNECT] {
        let channel = open().channel_create(first).unwrap();
        for second in [ChannelFlags::THREAD_DEATH, ChannelFlags::COID_DISCONNECT] {
            let busy = open().channel_create(second).map(drop);
            assert_eq!(busy, os(Errno::BUSY), "{first:?}, {second:?}");
        }
        drop(channel);
    }
    let both = ChannelFlags::THREAD_DEATH | ChannelFlags::COID_DISCONNECT;
    open().channel_create(both).unwrap();
}

/// B5.
pub fn a_connection_is_a_number_or_a_descriptor() {
    let qipc = open();
    let channel = qipc.channel_create(ChannelFlags::empty()).unwrap();
    let address = channel.address();
    let side = qipc.connect_attach(address, ConnectFlags::empty()).unwrap();
    assert_ne!(side.coid() & 0x4000_0000, 0);
    let flags = ConnectFlags::CLOEXEC;
    let fd = qipc.connect_attach_fd(address, flags).unwrap();
    let (one, two) = rustix::pipe::pipe().unwrap();
    drop((one, two));
    assert!(rustix::io::fcntl_getfd(&fd)
        .unwrap()
        .contains(FdFlags::CLOEXEC));
    assert_eq!(side.server_info().unwrap().coid, side.coid());
}

/// B13, B107.
pub fn a_server_does_not_notice_connections() {
    let channel = channel();
    let address = channel.address();
    Child::run(move || drop(connect(address))).join();
    drop(connect(address));
    assert!(channel.try_receive(()).unwrap().is_none());
    assert_eq!(channel.try_receive_pulse(), Ok(None));
}

/// B16, B17, B18.
pub fn a_client_can_look_at_its_connections() {
    let qipc = open();
    let (one, two) = (channel(), channel());
    let attach = |to: &Channel| {
        let flags = ConnectFlags::NOEVENT;
        qipc.connect_attach(to.address(), flags).unwrap()
    };
    let (first, second, third) = (attach(&one), attach(&two), attach(&one));
    let all = ServerInfoFlags::empty();

    let info = qipc.connect_server_info(0, 0x4000_0000, all).unwrap();
    assert_eq!(info.coid, first.coid(), "the next one above");
    assert_eq!((info.pid, info.chid), (std::process::id(), one.chid()));
    assert_eq!(info.flags, ConnectFlags::NOEVENT);
    assert_eq!(info, first.server_info().unwrap());
    thread::scope(|scope| {
        scope.spawn(|| {
            let request = one.request(()).unwrap();
            assert_eq!(request.info().scoid, info.scoid);
            request.reply(0, ()).unwrap();
        });
        assert_eq!(first.send((), ()), Ok(0));
    });

    // A gap.
    let gone = second.coid();
    second.detach().unwrap();
    let info = qipc.connect_server_info(std::process::id(), gone, all);
    assert_eq!(info.unwrap().coid, third.coid());
    // Nothing behind the last.
    let behind = qipc.connect_server_info(0, third.coid() + 1, all).map(drop);
    assert_eq!(behind, os(Errno::INVAL));
    let nobody = qipc.connect_server_info(0x3fff_fff0, gone, all).map(drop);
    assert_eq!(nobody, os(Errno::SRCH));

    // Dead ones are said to be dead, or left out.
    one.destroy().unwrap();
    let info = first.server_info().unwrap();
    assert!(info.is_dead(), "{info:?}");
    let live = qipc.connect_server_info(0, first.coid(), ServerInfoFlags::LIVE);
    assert_eq!(live.map(drop), os(Errno::INVAL));
    // A descriptor tells of itself.
    let fd = qipc
        .connect_attach_fd(two.address(), ConnectFlags::CLOEXEC)
        .unwrap();
    let info = fd.server_info().unwrap();
    assert_eq!((info.pid, info.chid), (std::process::id(), two.chid()));
}

/// B19.
pub fn a_server_can_look_at_its_clients() {
    let channel = channel();
    let address = channel.address();
    let child = Child::run(move || assert_eq!(connect(address).send((), ()), Ok(0)));
    let request = channel.request(()).unwrap();
    let info = channel.client_info(request.info().scoid).unwrap();
    assert_eq!(info.pid, child.pid());
    assert_eq!(
        (info.ruid, info.euid),
        (getuid().as_raw(), geteuid().as_raw())
    );
    assert_eq!(
        (info.rgid, info.egid),
        (getgid().as_raw(), getegid().as_raw())
    );
    assert_eq!((info.suid, info.sgid), (info.euid, info.egid));
    let sid = getsid(None).unwrap().as_raw_nonzero().get();
    assert_eq!(i64::from(info.sid), i64::from(sid));
    let groups: Vec<u32> = getgroups().unwrap().iter().map(|g| g.as_raw()).collect();
    assert_eq!(info.groups, groups);
    let client = request.client();
    assert_eq!(client.info(), Ok(info.clone()));
    assert_eq!(client.scoid(), request.info().scoid);
    // Without its bit, or of nobody.
    let scoid = request.info().scoid;
    assert_eq!(
        channel.client_info(scoid & !0x4000_0000).map(drop),
        os(Errno::INVAL)
    );
    assert_eq!(channel.client_info(scoid + 1).map(drop), os(Errno::INVAL));
    request.reply(0, ()).unwrap();
    child.join();
    assert_eq!(client.info().map(drop), os(Errno::INVAL));

    let own = open().own_client_info().unwrap();
    assert_eq!(own.pid, std::process::id());
    assert_eq!((own.euid, own.groups), (info.euid, groups));
}

/// B20.
pub fn the_flags_of_a_connection_can_be_changed() {
    let channel = channel();
    let client = connect(channel.address());
    let (none, cloexec) = (ConnectFlags::empty(), ConnectFlags::CLOEXEC);
    assert_eq!(client.change_flags(cloexec, cloexec), Ok(none));
    assert_eq!(client.change_flags(none, none), Ok(cloexec));
    assert_eq!(client.change_flags(cloexec, none), Ok(cloexec));
    assert_eq!(client.change_flags(none, none), Ok(none));
    let other = client.change_flags(ConnectFlags::NOEVENT, ConnectFlags::NOEVENT);
    assert_eq!(other, os(Errno::OPNOTSUPP));
}

fn with_disconnect() -> Channel {
    open().channel_create(ChannelFlags::DISCONNECT).unwrap()
}

/// B106.
pub fn a_client_that_exits_disconnects_once() {
    let channel = with_disconnect();
    let address = channel.address();
    let child = Child::run(move || {
        let (one, two) = (connect(address), connect(address));
        assert_eq!(one.send((), ()), Ok(0));
        drop(one);
        assert_eq!(two.send((), ()), Ok(0));
    });
    let request = channel.request(()).unwrap();
    let scoid = request.info().scoid;
    request.reply(0, ()).unwrap();
    channel.request(()).unwrap().reply(0, ()).unwrap();
    let pulse = channel.receive_pulse().unwrap();
    assert_eq!(pulse.kind(), PulseKind::Disconnect { scoid });
    child.join();
    assert_eq!(channel.try_receive_pulse(), Ok(None));
    channel.client_detach(scoid).unwrap();

    // The last detach does the same.
    let client = connect(address);
    thread::scope(|scope| {
        scope.spawn(|| channel.request(()).unwrap().reply(0, ()).unwrap());
        assert_eq!(client.send((), ()), Ok(0));
    });
    assert_eq!(channel.try_receive_pulse(), Ok(None));
    client.detach().unwrap();
    let pulse = channel.receive_pulse().unwrap();
    assert!(matches!(pulse.kind(), PulseKind::Disconnect { .. }));
}

/// B108.
pub fn a_disconnect_waits_for_messages_and_overtakes_the_rest() {
    let qipc = open();
    let channel = qipc.channel_create(ChannelFlags::DISCONNECT).unwrap();
    let address = channel.address();
    let other = connect(address);
    let flags = ConnectFlags::NOSHARE;
    let client = qipc.connect_attach_fd(address, flags).unwrap();
    thread::scope(|scope| {
        let fd = client.try_clone().unwrap();
        let sender = scope.spawn(move || fd.send((), ()));
        let request = channel.request(()).unwrap();
        let scoid = request.info().scoid;
        // The connection goes with the call that uses it.
        drop(client);
        other.send_pulse_at(99, 1, 0).unwrap();
        thread::sleep(SHORT);
        let first = channel.receive_pulse().unwrap();
        assert_eq!(first.kind(), PulseKind::User(1), "nobody has gone yet");
        other.send_pulse_at(99, 2, 0).unwrap();
        request.reply(3, ()).unwrap();
        assert_eq!(sender.join().unwrap(), Ok(3));
        crate::support::wait_until("the disconnect is queued", || {
            channel.client_info(scoid).is_err()
        });
        let pulse = channel.receive_pulse().unwrap();
        assert_eq!(pulse.kind(), PulseKind::Disconnect { scoid });
        assert_eq!(channel.receive_pulse().unwrap().kind(), PulseKind::User(2));
    });
}

/// B109.
pub fn a_scoid_is_kept_until_the_server_gives_it_free() {
    let channel = with_disconnect();
    let address = channel.address();
    let visit = || {
        let child = Child::run(move || assert_eq!(connect(address).send((), ()), Ok(0)));
        let request = channel.request(()).unwrap();
        let scoid = request.info().scoid;
        assert_eq!(
            channel.client_detach(scoid),
            os(Errno::INVAL),
            "still there"
        );
        request.reply(0, ()).unwrap();
        child.join();
        let pulse = channel.receive_pulse().unwrap();
        assert_eq!(pulse.kind(), PulseKind::Disconnect { scoid });
        scoid
    };
    let (first, second) = (visit(), visit());
    assert_ne!(first, second);
    channel.client_detach(first).unwrap();
    assert_eq!(
        channel.client_detach(first),
        os(Errno::INVAL),
        "once is enough"
    );
    let third = visit();
    assert_ne!(third, second);
}

/// B110.
pub fn a_client_hears_of_the_death_of_a_channel() {
    let qipc = open();
    let watch = qipc.channel_create(ChannelFlags::COID_DISCONNECT).unwrap();
    let server = channel();
    let attach = || {
        let flags = ConnectFlags::empty();
        qipc.connect_attach(server.address(), flags).unwrap()
    };
    let (one, two) = (attach(), attach());
    server.destroy().unwrap();
    let mut dead = [0; 2].map(|_| {
        let pulse = watch.receive_pulse().unwrap();
        assert_eq!(pulse.scoid, -1);
        match pulse.kind() {
            PulseKind::CoidDeath { coid } => coid,
            other => panic!("{other:?}"),
        }
    });
    dead.sort_unstable();
    let mut coids = [one.coid(), two.coid()];
    coids.sort_unstable();
    assert_eq!(dead, coids);
    assert!(one.server_info().unwrap().is_dead());
    let more = watch.receive_pulse_timeout(&Timeout::after(SHORT));
    assert_eq!(more, Err(qipc::Error::TimedOut));
}

/// B111.
pub fn a_server_hears_of_the_death_of_its_threads() {
    let channel = open().channel_create(ChannelFlags::THREAD_DEATH).unwrap();
    let tid = thread::spawn(|| rustix::thread::gettid().as_raw_nonzero().get());
    let tid = tid.join().unwrap().unsigned_abs();
    let pulse = channel.receive_pulse().unwrap();
    assert_eq!(pulse.kind(), PulseKind::ThreadDeath { tid });
    assert_eq!(pulse.scoid, -1);
}

/// B105.
pub fn the_death_of_a_thread_leaves_its_messages() {
    let channel = channel();
    let client = connect(channel.address());
    thread::scope(|scope| {
        let sender = scope.spawn(|| client.send((), ()));
        let request = scope.spawn(|| channel.request(()).unwrap()).join().unwrap();
        thread::sleep(SHORT);
        assert!(!sender.is_finished());
        request.reply(7, ()).unwrap();
        assert_eq!(sender.join().unwrap(), Ok(7));
    });
}

/// A channel says who may connect.
pub fn the_mode_of_a_channel_lets_others_in() {
    let options = ChannelOptions::new().mode(0o622).ceiling(30);
    let channel = open().channel_create(options).unwrap();
    let access = channel.access().unwrap();
    assert_eq!((access.mode, access.ceiling), (0o622, 30));
    assert_eq!(
        (access.uid, access.gid),
        (geteuid().as_raw(), getegid().as_raw())
    );
    let access = channel
        .set_access(&Access::new().mode(0o600).group(12))
        .unwrap();
    assert_eq!((access.mode, access.gid, access.ceiling), (0o600, 12, 30));
    let none = channel.set_access(&Access::new().ceiling(100)).map(drop);
    assert_eq!(none, os(Errno::INVAL));

    // Another user, who has no rights here (needs root).
    crate::processes::other_user_attaches(&channel, false);
    channel.set_access(&Access::new().mode(0o602)).unwrap();
    crate::processes::other_user_attaches(&channel, true);
    channel
        .set_access(&Access::new().mode(0o620).group(65534))
        .unwrap();
    crate::processes::other_user_attaches(&channel, true);
    channel
        .set_access(&Access::new().mode(0o600).owner(65534))
        .unwrap();
    crate::processes::other_user_attaches(&channel, true);
}
