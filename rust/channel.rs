// SPDX-License-Identifier: GPL-2.0-only

//! The server's end: a channel, and who may connect to it.

use crate::access::Access;
use crate::base::{
    abi,
    pulse::Pulse,
    state::Cause, //
};
use crate::limits::{
    Charge,
    Kind,
    Limits, //
};
use crate::notices::Notices;
use crate::priority::{
    Ceiling,
    Threads, //
};
use crate::rcvids::Rcvids;
use crate::rendezvous::{
    tables::{
        Client,
        Origin,
        Transaction, //
    },
    Config,
    Rendezvous, //
};
use crate::scoids::{
    Left,
    Scoids, //
};
use crate::sys::{
    credentials,
    once::Once,
    task::{
        self,
        Process, //
    },
    wait::Placement, //
};
use kernel::{
    prelude::*,
    sync::{
        atomic::{
            Atomic,
            Full, //
        },
        Arc, //
    }, //
};

/// Flags that a channel can be created with.
pub(crate) const FLAGS: u32 = abi::CHF_FIXED_PRIORITY
    | abi::CHF_UNBLOCK
    | abi::CHF_THREAD_DEATH
    | abi::CHF_DISCONNECT
    | abi::CHF_SENDER_LEN
    | abi::CHF_COID_DISCONNECT
    | abi::CHF_REPLY_LEN
    | abi::CHF_PULSE_POOL
    | abi::CHF_PRIVATE
    | abi::CHF_INHERIT_RUNMASK
    | abi::CHF_FREE_PLACEMENT;

/// What happens when a pulse finds the pool of a channel full.
pub(crate) trait OnOverflow: Send + Sync {
    /// Lets it happen. May sleep.
    fn overflowed(&self);
}

/// What a channel is made with.
pub(crate) struct Settings {
    /// Some of [`FLAGS`].
    pub(crate) flags: u32,
    /// How long a thread waits for memory of a client, in nanoseconds; 0 is without end.
    pub(crate) fault_wait: u64,
    /// Pulses that can be queued.
    pub(crate) pulses: u32,
    /// With a pulse pool: the pool can overflow again when fewer pulses than this are queued.
    pub(crate) rearm: u32,
    /// With a pulse pool: what happens then.
    pub(crate) on_overflow: Option<Arc<dyn OnOverflow>>,
}

/// A channel.
#[pin_data]
pub(crate) struct Channel {
    /// Where its clients and its threads meet.
    #[pin]
    pub(crate) rendezvous: Rendezvous,
    /// Who may connect.
    #[pin]
    pub(crate) access: Access,
    // Set once, before anybody else sees the channel.
    chid: Atomic<i32>,
    /// The process that it belongs to.
    pub(crate) owner: Process,
    flags: u32,
    on_overflow: Option<Arc<dyn OnOverflow>>,
    ended: Atomic<i32>,
    scoids: Arc<Scoids>,
    rcvids: Arc<Rcvids<Channel>>,
    /// How much users may have.
    pub(crate) limits: Arc<Limits>,
    _charge: Charge,
    /// How many names it has; for [`crate::names`], under its lock.
    pub(crate) names: Atomic<u32>,
    /// The connections that are told when it ends.
    #[pin]
    pub(crate) notices: Notices,
}

impl Channel {
    /// Makes a channel of the calling process that has no number yet.
    ///
    /// Fails with `EAGAIN` if the user has too many, and with `ENOMEM`.
    pub(crate) fn new(
        settings: &Settings,
        scoids: Arc<Scoids>,
        rcvids: Arc<Rcvids<Channel>>,
        threads: Arc<Threads>,
        limits: Arc<Limits>,
    ) -> Result<Arc<Self>> {
        let charge = limits.charge(Kind::Channel)?;
        // As far as the caller may lift itself.
        let ceiling = Ceiling::new(credentials::highest_priority())?;
        Arc::pin_init(
            try_pin_init!(Self {
                rendezvous <- Rendezvous::new(Config {
                    unblock: settings.flags & abi::CHF_UNBLOCK != 0,
                    fault_wait: settings.fault_wait,
                    max_pulses: settings.pulses,
                    rearm: settings.rearm,
                    fixed_priority: settings.flags & abi::CHF_FIXED_PRIORITY != 0,
                    run_mask: settings.flags & abi::CHF_INHERIT_RUNMASK != 0,
                    placement: match settings.flags & abi::CHF_FREE_PLACEMENT {
                        0 => Placement::WithWaker,
                        _ => Placement::Free,
                    },
                    ceiling: ceiling.clone(),
                    threads,
                }),
                access <- Access::new(ceiling),
                chid: Atomic::new(0),
                owner: Process::current(),
                flags: settings.flags,
                on_overflow: settings.on_overflow.clone(),
                ended: Atomic::new(0),
                scoids,
                rcvids,
                limits,
                _charge: charge,
                names: Atomic::new(0),
                notices <- Notices::new(),
            }),
            GFP_KERNEL_ACCOUNT,
        )
    }

    /// Gives it its number; for the registry, before it can be found.
    pub(crate) fn set_number(&self, chid: u32) {
        self.chid.set(chid as i32);
    }

    /// Its number in its process.
    pub(crate) fn number(&self) -> u32 {
        self.chid.get() as u32
    }

    /// The `CHF_` flags that it was made with.
    pub(crate) fn flags(&self) -> u32 {
        self.flags
    }

    /// A pulse has found no room: lets happen what is meant to, unless that is no news.
    pub(crate) fn overflowed(&self) {
        if let Some(event) = &self.on_overflow {
            if self.rendezvous.overflow() {
                event.overflowed();
            }
        }
    }

    /// Whether the caller may connect to it; `EACCES` if not.
    ///
    /// A private channel is for its own process. Any other is for those that its owner, group and
    /// mode let in.
    pub(crate) fn check_access(&self) -> Result {
        if self.flags & abi::CHF_PRIVATE == 0 {
            self.access.check()
        } else if self.owner.is_current() {
            Ok(())
        } else {
            Err(EACCES)
        }
    }

    /// Whether it is gone.
    pub(crate) fn is_ended(&self) -> bool {
        self.ended.get() != 0
    }

    /// From here on nobody gets a connection, or a name for it.
    pub(crate) fn begin_end(&self) {
        // A full barrier, for those who look at it after they have put the channel somewhere.
        self.ended.xchg(1, Full);
    }

    /// Lets its clients and threads go, and forgets them. For the session, after nobody finds the
    /// channel any more.
    pub(crate) fn end(&self) {
        self.rendezvous.close();
        self.rcvids.forget_channel(self);
        while self.scoids.take_from(self.key()) {
            task::breathe();
        }
    }

    fn key(&self) -> usize {
        core::ptr::from_ref(self) as usize
    }

    /// Counts a connection of the calling process, made with `flags`; fails as [`Scoids::enter`].
    pub(crate) fn enter(&self, flags: u32) -> Result<Arc<Client>> {
        let reserve = self.flags & abi::CHF_DISCONNECT != 0;
        let open = || !self.is_ended();
        self.scoids
            .enter(&self.rendezvous, self.key(), flags, reserve, open)
    }

    /// A connection that was made with `flags` has gone.
    ///
    /// After the last one the server can not refer to the client by any id of its messages; then it
    /// is told, if it wants to be (B106 to B109). The client's number is kept for it then, and
    /// counts as a connection of the user that had it.
    fn leave(&self, client: &Arc<Client>, flags: u32, charge: Option<Charge>) {
        match self
            .scoids
            .leave(client, flags, charge, || !self.is_ended())
        {
            Left::Kept => (),
            Left::Freed => self.rcvids.forget(client),
            Left::Reserved(node) => {
                self.rcvids.forget(client);
                let pulse = Pulse {
                    code: abi::PULSE_DISCONNECT,
                    value: 0,
                    scoid: client.scoid,
                    priority: task::current_priority(),
                };
                self.rendezvous.system_pulse(pulse, node, true);
            }
        }
    }

    /// Which of `COF_NOEVENT` and `COF_REG_EVENTS` keep events away from a client: those of all its
    /// connections together. `ESRCH` if it has none left.
    pub(crate) fn restrictions(&self, client: &Arc<Client>) -> Result<u32> {
        self.scoids.restrictions(client)
    }

    /// Describes a message to the caller, whose sender may have asked to be let go.
    #[inline(always)]
    pub(crate) fn describe(&self, transaction: &Transaction, asked: Option<Cause>) -> abi::MsgInfo {
        let message = &transaction.message;
        let (pid, tid) = match message.names.get() {
            0 => look_up(transaction),
            names => ((names >> 32) as i32, names as i32),
        };
        abi::MsgInfo {
            pid,
            tid,
            chid: self.number() as i32,
            scoid: message.origin.client.scoid,
            coid: message.coid,
            priority: transaction.priority(),
            flags: match asked {
                Some(_) => abi::MI_UNBLOCK_REQ,
                None => 0,
            },
            msglen: transaction.received.get(),
            srcmsglen: message.send.total() as i64,
            dstmsglen: message.reply.total() as i64,
            ..Default::default()
        }
    }
}

/// The numbers of the sender's process and thread where the caller is, which is where all threads of
/// the server are. Looked up once for as long as the thread is the sender.
#[cold]
fn look_up(transaction: &Transaction) -> (i32, i32) {
    let message = &transaction.message;
    let pid = message.origin.client.process.number_here();
    let thread = transaction.sender.thread();
    let tid = thread.map_or(0, task::thread_number_here);
    let names = u64::from(pid as u32) << 32 | u64::from(tid as u32);
    message.names.set(names);
    (pid, tid)
}

/// A client's hold on a channel: it has a name at the server as long as this lives.
pub(crate) struct Link {
    /// The channel.
    pub(crate) channel: Arc<Channel>,
    /// What messages carry of it.
    pub(crate) origin: Arc<Origin>,
    flags: u32,
    /// Until it goes on to what the link leaves behind.
    charge: Option<Charge>,
    /// Whether the user may have had more than users may when this was made.
    exempt: bool,
}

impl Link {
    /// Links the calling process to a channel.
    ///
    /// All links of one process have one scoid, unless it is not to be shared (B10 to B12).
    /// Fails with `EBADF` if the channel is gone, with `EAGAIN` if the server has no number left or
    /// the user too many connections, and with `ENOMEM`.
    pub(crate) fn new(channel: &Arc<Channel>, flags: u32) -> Result<Self> {
        let charge = Some(channel.limits.charge(Kind::Connection)?);
        let client = channel.enter(flags)?;
        match Arc::new(Origin::new(client.clone()), GFP_KERNEL_ACCOUNT) {
            Ok(origin) => Ok(Self {
                channel: channel.clone(),
                origin,
                flags,
                charge,
                exempt: credentials::is_exempt_from_limits(),
            }),
            Err(error) => {
                channel.leave(&client, flags, charge);
                Err(error.into())
            }
        }
    }
}

impl Link {
    /// Counts one queued pulse for the user that has made this; `EAGAIN` if it has too many.
    pub(crate) fn charge_pulse(&self) -> Result<Charge> {
        let charge = self.charge.as_ref().ok_or(EAGAIN)?;
        charge.more(Kind::Pulse, || self.exempt)
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        let charge = self.charge.take();
        self.channel.leave(&self.origin.client, self.flags, charge);
    }
}
