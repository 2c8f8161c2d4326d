// SPDX-License-Identifier: GPL-2.0-only

//! Pulses for threads that end, which serve nobody from then on.
//!
//! One probe in the kernel serves all channels. It is there as long as the module, so that users
//! do not change the kernel's tracepoints, and looks in the registry for the channel of a thread's
//! process.

use crate::base::{
    abi,
    pulse::Pulse, //
};
use crate::registry::Registry;
use crate::rendezvous::pulses::PulseNode;
use crate::sys::{
    task::{
        self,
        Process, //
    },
    tracepoint::{
        ExitProbe,
        OnThreadExit, //
    }, //
};
use kernel::{
    prelude::*,
    sync::Arc, //
};

/// How often memory is asked for before the pulse of a thread is given up.
const TRIES: usize = 8;

/// Watches the threads of all processes. When it is dropped, no thread is in the code of the
/// module any more.
pub(crate) struct ThreadWatch {
    _probe: ExitProbe<Deaths>,
}

impl ThreadWatch {
    /// Begins to watch; fails with `EOPNOTSUPP` if the kernel has no such tracepoint, and with
    /// `ENOMEM`.
    pub(crate) fn start(registry: Arc<Registry>) -> Result<Self> {
        let deaths = Arc::new(Deaths(registry), GFP_KERNEL)?;
        Ok(Self {
            _probe: ExitProbe::register(deaths)?,
        })
    }
}

struct Deaths(Arc<Registry>);

impl OnThreadExit for Deaths {
    /// The thread serves nobody any more. Of the last one nobody is told: its process is gone, and so is the channel.
    fn thread_exits(&self, last: bool) {
        self.0.threads.leave();
        if last || !self.0.has_death_channels() {
            return;
        }
        let process = Process::current();
        let Some(channel) = self.0.death_channel(&process, abi::CHF_THREAD_DEATH) else {
            return;
        };
        let pulse = Pulse {
            code: abi::PULSE_THREADDEATH,
            value: task::current_number().unsigned_abs().into(),
            scoid: Pulse::NOBODY,
            priority: task::current_priority(),
        };
        // It must not get lost for want of memory, but an exit must not wait for ever either.
        if let Some(node) = (0..TRIES).find_map(|_| PulseNode::new().ok()) {
            channel.rendezvous.system_pulse(pulse, node, false);
        }
    }
}
