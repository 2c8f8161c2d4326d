// SPDX-License-Identifier: MIT OR Apache-2.0

//! Sessions, channels and connections.

use qipc::{Address, ChannelFlags, ConnectFlags, Errno, FeatureFlags};

use crate::support::{channel, open, os};

pub fn the_module_tells_what_it_can_do() {
    let qipc = open();
    let features = qipc.features();
    assert!(features.abi_version >= 2);
    assert!(features.inline_bytes > 0);
    assert_eq!(features.max_parts, 524_288);
    assert_eq!(features.max_bytes, 0x7fff_ffff);
    let calls = FeatureFlags::MSG
        | FeatureFlags::TRANSFER
        | FeatureFlags::REPLY_RECEIVE
        | FeatureFlags::POLL
        | FeatureFlags::FD_CONNECTION
        | FeatureFlags::PULSE
        | FeatureFlags::TIMEOUT
        | FeatureFlags::EVENT
        | FeatureFlags::TIMER
        | FeatureFlags::PRIORITY
        | FeatureFlags::NAME
        | FeatureFlags::ACCESS
        | FeatureFlags::CONNECT_INFO;
    assert!(features.calls.contains(calls), "{features:?}");
    let channel = ChannelFlags::FIXED_PRIORITY
        | ChannelFlags::UNBLOCK
        | ChannelFlags::THREAD_DEATH
        | ChannelFlags::DISCONNECT
        | ChannelFlags::SENDER_LEN
        | ChannelFlags::COID_DISCONNECT
        | ChannelFlags::REPLY_LEN
        | ChannelFlags::PULSE_POOL
        | ChannelFlags::PRIVATE
        | ChannelFlags::INHERIT_RUNMASK
        | ChannelFlags::FREE_PLACEMENT;
    assert_eq!(features.channel_flags, channel);
    let connect = ConnectFlags::CLOEXEC
        | ConnectFlags::NOINHERIT
        | ConnectFlags::NOSHARE
        | ConnectFlags::NOEVENT
        | ConnectFlags::REG_EVENTS;
    assert_eq!(features.connect_flags, connect);
}

/// B1, B2.
pub fn channels_are_numbered_from_one() {
    let qipc = open();
    let first = qipc.channel_create(ChannelFlags::empty()).unwrap();
    let second = qipc
        .channel_create(ChannelFlags::SENDER_LEN | ChannelFlags::REPLY_LEN)
        .unwrap();
    assert_eq!(first.chid(), 1);
    assert_eq!(second.chid(), 2);
    assert_eq!(
        first.address(),
        Address {
            pid: std::process::id(),
            chid: 1
        }
    );
    first.destroy().unwrap();
    assert_eq!(
        qipc.channel_create(ChannelFlags::empty()).unwrap().chid(),
        1,
        "the lowest free number"
    );

    // Numbers belong to the process, not to the session.
    let other = open().channel_create(ChannelFlags::empty()).unwrap();
    assert_ne!(other.chid(), second.chid());
}

/// B9.
pub fn unknown_flags_are_refused() {
    let qipc = open();
    let unknown = ChannelFlags::from_bits_retain(1 << 31);
    assert_eq!(qipc.channel_create(unknown).map(drop), os(Errno::INVAL));
    let channel = channel();
    let unknown = ConnectFlags::from_bits_retain(1 << 31);
    assert_eq!(
        qipc.connect_attach(channel.address(), unknown).map(drop),
        os(Errno::INVAL)
    );
    assert_eq!(
        qipc.connect_attach_fd(channel.address(), unknown).map(drop),
        os(Errno::INVAL)
    );
}

/// B7, B8.
pub fn connecting_to_nothing_is_refused() {
    let qipc = open();
    let channel = channel();
    let here = channel.address();
    let attach = |address| {
        qipc.connect_attach(address, ConnectFlags::empty())
            .map(drop)
    };
    assert_eq!(
        attach(Address { pid: 0, ..here }),
        Ok(()),
        "0 is the caller"
    );
    assert_eq!(
        attach(Address {
            chid: here.chid + 1,
            ..here
        }),
        os(Errno::SRCH)
    );
    assert_eq!(attach(Address { chid: -1, ..here }), os(Errno::SRCH));
    assert_eq!(
        attach(Address {
            pid: 0x3fff_fff0,
            ..here
        }),
        os(Errno::SRCH)
    );
    assert_eq!(
        attach(Address {
            pid: u32::MAX,
            ..here
        }),
        os(Errno::SRCH)
    );
    let attach_fd = qipc.connect_attach_fd(
        Address {
            chid: here.chid + 1,
            ..here
        },
        ConnectFlags::CLOEXEC,
    );
    assert_eq!(attach_fd.map(drop), os(Errno::SRCH));
}
