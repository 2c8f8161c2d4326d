// SPDX-License-Identifier: GPL-2.0-only

//! qipc: QNX-style Send/Receive/Reply message passing behind `/dev/qipc`.
//!
//! A map of the module, top layer first. A file may use those of lower layers and no others; the
//! build checks it (`tools/check-layers`, `tools/layers.txt`), and docs/architecture.md says why.
//!
//! | layer | file | what it is |
//! |---|---|---|
//! | 10 | `qipc_main` | this file: parameters, registration |
//! | 9 | [`dev`] | the files that user space sees |
//! | 8 | [`ops`] | one function per ioctl |
//! | 7 | [`session`], [`timeout`] | the objects of one process, by number; teardown; deadlines |
//! | 6 | [`registry`], [`home`], [`connection`], [`names`] | what can be found; the client's end |
//! | 5 | [`channel`] | the server's end |
//! | 4.9 | [`access`], [`scoids`], [`rcvids`], [`notices`] | who may connect; what scoids and receive ids mean; whom to tell of the end |
//! | 4 | [`rendezvous`] | who meets whom; the one lock that matters |
//! | 3 | [`copy`] | bytes between two processes |
//! | 2 | [`wake`], [`numbers`], [`limits`], [`floor`] | wake-ups after the lock; numbers for objects; how much a user may have; what benchmarks measure against |
//! | 1 | [`sys`] | kernel facilities, wrapped; the only unsafe code |
//! | 0.9 | [`perturb`] | random delays in builds for the fuzzer |
//! | 0 | [`base`] | pure types and rules, also tested on the host |

mod access;
mod base;
mod channel;
mod connection;
mod copy;
mod deaths;
mod dev;
mod events;
mod floor;
mod home;
mod limits;
mod names;
mod notices;
mod numbers;
mod ops;
mod perturb;
mod priority;
mod rcvids;
mod registry;
mod rendezvous;
mod scoids;
mod session;
mod sys;
mod timeout;
mod timer;
mod wake;

use deaths::ThreadWatch;
use dev::SessionFile;
use kernel::{
    prelude::*,
    sync::Arc, //
};
use limits::Limits;
use priority::Threads;
use registry::Registry;
use sys::misc::MiscRegistration;
use timer::TimerThreads;

module! {
    type: Qipc,
    name: "qipc",
    authors: ["The qipc authors"],
    description: "QNX-style message passing",
    license: "GPL v2",
    params: {
        mode: u16 {
            default: 0o666,
            description: "Permission bits of /dev/qipc",
        },
        max_pulses: u32 {
            default: 16384,
            description: "Pulses that can be queued in a channel without a pool of its own",
        },
        bench: u8 {
            default: 0,
            description: "1: the calls that benchmarks measure against exist",
        },
        max_user_channels: u32 {
            default: 8192,
            description: "Channels that a user can have",
        },
        max_user_connections: u32 {
            // Less than the numbers that a session has for its clients, so that no user takes all.
            default: 32768,
            description: "Connections that a user can have",
        },
        max_user_names: u32 {
            default: 8192,
            description: "Names of channels that a user can have",
        },
        max_user_events: u32 {
            default: 65536,
            description: "Registered events that a user can have",
        },
        max_user_timers: u32 {
            default: 16384,
            description: "Timers that a user can have",
        },
        max_user_pulses: u32 {
            default: 65536,
            description: "Queued pulses that a user can have",
        },
        fault_wait_ms: u32 {
            default: 1000,
            description: "Milliseconds that a server thread waits for memory of a client; 0: no limit",
        },
    },
}

/// Bits of the parameter `max_pulses` that count.
const MAX_PULSES: u32 = 0x00ff_ffff;

/// All bits of a parameter, which is a reference on 7.2 and a value on 7.3.
const ANY: u32 = u32::MAX;

/// The loaded module; dropped when it is unloaded, which open files prevent.
#[pin_data]
struct Qipc {
    // The order of the fields matters: the rest outlives the device, and so all sessions.
    #[pin]
    device: MiscRegistration<SessionFile>,
    _timers: TimerThreads,
    _threads: ThreadWatch,
}

impl kernel::InPlaceModule for Qipc {
    fn init(_module: &'static ThisModule) -> impl PinInit<Self, Error> {
        pin_init::pin_init_scope(move || {
            let timers = TimerThreads::start()?;
            let threads = Arc::pin_init(Threads::new(), GFP_KERNEL)?;
            let max_pulses = module_parameters::max_pulses.value() & MAX_PULSES;
            // A reference on 7.2, a value on 7.3.
            let bench = module_parameters::bench.value().ne(&0);
            let fault_wait = module_parameters::fault_wait_ms.value() & ANY;
            let fault_wait = u64::from(fault_wait) * 1_000_000;
            let limits = Arc::pin_init(
                Limits::new([
                    module_parameters::max_user_channels.value() & ANY,
                    module_parameters::max_user_connections.value() & ANY,
                    module_parameters::max_user_names.value() & ANY,
                    module_parameters::max_user_events.value() & ANY,
                    module_parameters::max_user_timers.value() & ANY,
                    module_parameters::max_user_pulses.value() & ANY,
                ]),
                GFP_KERNEL,
            )?;
            let settings = registry::Settings {
                max_pulses,
                fault_wait,
                bench,
                limits,
            };
            let registry =
                Arc::pin_init(Registry::new(settings, timers.posts(), threads), GFP_KERNEL)?;
            let threads = ThreadWatch::start(registry.clone())?;
            let mode = module_parameters::mode.value() & 0o777;
            Ok(try_pin_init!(Self {
                _timers: timers,
                _threads: threads,
                device <- MiscRegistration::register(c"qipc", mode, registry),
            }))
        })
    }
}
