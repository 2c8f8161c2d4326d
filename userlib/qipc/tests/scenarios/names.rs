// SPDX-License-Identifier: MIT OR Apache-2.0

//! Names that channels are found by.

use std::thread;

use qipc::{Access, ChannelFlags, ConnectFlags, Errno, PulseKind};

use crate::support::{channel, open, os, Child, Requests};

const NONE: ConnectFlags = ConnectFlags::empty();

/// A name that no other run has.
fn name(of: &str) -> String {
    format!("scenario/{}/{of}", std::process::id())
}

/// B120.
pub fn what_is_no_name_is_refused() {
    let channel = channel();
    let qipc = open();
    for bad in ["", "/x", "x/", "a//b", "a/../b", "..", ".", "a/.", "a\0b"] {
        assert_eq!(
            channel.name_attach(bad).map(drop),
            os(Errno::INVAL),
            "{bad:?}"
        );
        assert_eq!(
            qipc.name_open(bad, NONE).map(drop),
            os(Errno::INVAL),
            "{bad:?}"
        );
    }
    let long = "x".repeat(256);
    assert_eq!(channel.name_attach(&long).map(drop), os(Errno::NAMETOOLONG));
    let long = "x/".repeat(600);
    assert_eq!(channel.name_attach(&long).map(drop), os(Errno::NAMETOOLONG));
    for good in ["...", "a.b", "x y", "\u{e9}"] {
        channel.name_attach(good).unwrap();
    }
    channel.name_attach("x".repeat(255)).unwrap();
}

/// B121.
pub fn a_name_leads_to_its_channel() {
    let channel = channel();
    let name = name("server");
    let guard = channel.name_attach(&name).unwrap();
    assert_eq!(guard.as_bytes(), name.as_bytes());
    let child = Child::run(|| {
        let client = open().name_open(&name, NONE).unwrap();
        assert_ne!(client.coid() & 0x4000_0000, 0);
        assert_eq!(client.send("by name", ()), Ok(1));
    });
    let request = channel.request(&mut [0; 7]).unwrap();
    assert_eq!(request.info().pid, child.pid());
    assert_eq!(request.info().srcmsglen, 7, "opening has sent nothing");
    request.reply(1, ()).unwrap();
    child.join();

    let qipc = open();
    assert_eq!(
        qipc.name_open("scenario/nobody", NONE).map(drop),
        os(Errno::NOENT)
    );
    assert_eq!(qipc.name_open("scenario", NONE).map(drop), os(Errno::NOENT));
    // A name is taken, also for its own channel; and free again when it is dropped.
    let second = crate::support::channel();
    assert_eq!(second.name_attach(&name).map(drop), os(Errno::EXIST));
    let connection = qipc.name_open(&name, NONE).unwrap();
    guard.detach().unwrap();
    assert_eq!(qipc.name_open(&name, NONE).map(drop), os(Errno::NOENT));
    let guard = second.name_attach(&name).unwrap();
    // What was opened stays with the old one.
    thread::scope(|scope| {
        scope.spawn(|| channel.request(()).unwrap().reply(2, ()).unwrap());
        assert_eq!(connection.send((), ()), Ok(2));
    });
    drop(guard);
}

/// B122.
pub fn a_named_server_hears_of_clients_that_go() {
    let flags = ChannelFlags::DISCONNECT | ChannelFlags::UNBLOCK;
    let channel = open().channel_create(flags).unwrap();
    let name = name("disconnect");
    let _guard = channel.name_attach(&name).unwrap();
    let child = Child::run(|| {
        let client = open().name_open(&name, NONE).unwrap();
        assert_eq!(client.send((), ()), Ok(0));
    });
    let request = channel.request(()).unwrap();
    let scoid = request.info().scoid;
    request.reply(0, ()).unwrap();
    let pulse = channel.receive_pulse().unwrap();
    assert_eq!(pulse.kind(), PulseKind::Disconnect { scoid });
    child.join();
}

pub fn a_name_goes_with_its_server() {
    let name = name("mortal");
    let qipc = open();
    let server = Child::run(|| {
        let channel = channel();
        let guard = channel.name_attach(&name).unwrap();
        channel.request(()).unwrap().reply(0, ()).unwrap();
        std::mem::forget(guard);
        thread::sleep(std::time::Duration::from_secs(60));
    });
    crate::support::wait_until("the name is there", || qipc.name_open(&name, NONE).is_ok());
    let client = qipc.name_open(&name, NONE).unwrap();
    assert_eq!(client.send((), ()), Ok(0));
    server.kill();
    assert_eq!(qipc.name_open(&name, NONE).map(drop), os(Errno::NOENT));
    // With its channel, too.
    let channel = channel();
    let guard = channel.name_attach(&name).unwrap();
    channel.destroy().unwrap();
    assert_eq!(qipc.name_open(&name, NONE).map(drop), os(Errno::NOENT));
    drop(guard);
}

pub fn a_name_can_bring_its_access() {
    let channel = channel();
    let name = name("access");
    let access = Access::new().mode(0o660).group(5).ceiling(3);
    let _guard = channel.name_attach_with(&name, &access).unwrap();
    let now = channel.access().unwrap();
    assert_eq!((now.mode, now.gid, now.ceiling), (0o660, 5, 3));
    // Without a mode the present one stays.
    let second = self::name("owner");
    let access = Access::new().group(6);
    let _guard = channel.name_attach_with(&second, &access).unwrap();
    let now = channel.access().unwrap();
    assert_eq!((now.mode, now.gid), (0o660, 6));
}
