// SPDX-License-Identifier: GPL-2.0-only

//! The server's end: a channel, who may connect to it, and by which names it knows its clients.
//!
//! Locks: `Channel::clients` and `Scoids::pool` are leaves.

use crate::base::{
    abi,
    id,
    state::Cause, //
};
use crate::numbers::lowest_free;
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
use crate::sys::task::{
    self,
    Process, //
};
use kernel::{
    id_pool::IdPool,
    prelude::*,
    rbtree::{
        RBTree,
        RBTreeNode, //
    },
    sync::{
        atomic::{
            Atomic,
            Relaxed, //
        },
        new_spinlock,
        Arc,
        SpinLock, //
    },
    task::Kuid, //
};

/// Flags that a channel can be created with.
pub(crate) const FLAGS: u32 =
    abi::CHF_UNBLOCK | abi::CHF_SENDER_LEN | abi::CHF_REPLY_LEN | abi::CHF_PRIVATE;

/// Pulses of users that can be queued on a channel.
const MAX_PULSES: u32 = 16_384;

/// Clients that the channels of one session can tell apart, like QNX's 16-bit numbers.
const MAX_SCOIDS: u32 = 65_535;

/// The scoid numbers of one session.
#[pin_data]
pub(crate) struct Scoids {
    #[pin]
    pool: SpinLock<IdPool>,
}

impl Scoids {
    /// All of them free.
    pub(crate) fn new() -> impl PinInit<Self> {
        pin_init!(Self {
            pool <- new_spinlock!(IdPool::new(), "Scoids::pool"),
        })
    }

    /// The lowest free number; `EAGAIN` if there is none, `ENOMEM`.
    fn acquire(&self) -> Result<u32> {
        lowest_free(&self.pool, MAX_SCOIDS, |pool| pool)
    }

    fn release(&self, number: u32) {
        self.pool.lock().release_id(number as usize);
    }
}

/// What the connections of one client process to one channel have in common.
struct Entry {
    // Its process keeps the address that is the key of the table from being used again.
    client: Arc<Client>,
    number: u32,
    links: usize,
}

/// A channel.
#[pin_data]
pub(crate) struct Channel {
    /// Where its clients and its threads meet.
    #[pin]
    pub(crate) rendezvous: Rendezvous,
    // Set once, before anybody else sees the channel.
    chid: Atomic<i32>,
    /// The process that it belongs to.
    pub(crate) owner: Process,
    flags: u32,
    user: Kuid,
    scoids: Arc<Scoids>,
    rcvids: Arc<Rcvids<Channel>>,
    #[pin]
    clients: SpinLock<RBTree<usize, Entry>>,
}

impl Channel {
    /// Makes a channel of the calling process that has no number yet.
    pub(crate) fn new(
        flags: u32,
        scoids: Arc<Scoids>,
        rcvids: Arc<Rcvids<Channel>>,
    ) -> Result<Arc<Self>> {
        Arc::pin_init(
            try_pin_init!(Self {
                rendezvous <- Rendezvous::new(Config {
                    unblock: flags & abi::CHF_UNBLOCK != 0,
                    max_pulses: MAX_PULSES,
                    rearm: 0,
                }),
                chid: Atomic::new(0),
                owner: Process::current(),
                flags,
                user: task::current_user(),
                scoids,
                rcvids,
                clients <- new_spinlock!(RBTree::new(), "Channel::clients"),
            }),
            GFP_KERNEL_ACCOUNT,
        )
    }

    /// Gives it its number; for the registry, before it can be found.
    pub(crate) fn set_number(&self, chid: u32) {
        self.chid.store(chid as i32, Relaxed);
    }

    /// Its number in its process.
    pub(crate) fn number(&self) -> u32 {
        self.chid.load(Relaxed) as u32
    }

    /// Whether the caller may connect to it; `EACCES` if not.
    ///
    /// A private channel is for its own process. Any other is for processes of the user that made
    /// it, and for those with `CAP_IPC_OWNER`.
    pub(crate) fn check_access(&self) -> Result {
        let may = if self.flags & abi::CHF_PRIVATE != 0 {
            self.owner.is_current()
        } else {
            self.user == task::current_user() || task::may_connect_to_all()
        };
        if may {
            Ok(())
        } else {
            Err(EACCES)
        }
    }

    /// Describes a message to the caller, whose sender may have asked to be let go.
    pub(crate) fn describe(&self, transaction: &Transaction, asked: Option<Cause>) -> abi::MsgInfo {
        let message = &transaction.message;
        abi::MsgInfo {
            pid: message.origin.client.process.number_here(),
            tid: transaction
                .sender
                .thread()
                .map_or(0, task::thread_number_here),
            chid: self.number() as i32,
            scoid: message.origin.client.scoid,
            coid: message.coid,
            priority: i16::from(message.priority),
            flags: match asked {
                Some(_) => abi::MI_UNBLOCK_REQ,
                None => 0,
            },
            msglen: transaction.received.load(Relaxed),
            srcmsglen: message.send.total() as i64,
            dstmsglen: message.reply.total() as i64,
            ..Default::default()
        }
    }
}

/// A client's hold on a channel: it has a name at the server as long as this lives.
pub(crate) struct Link {
    /// The channel.
    pub(crate) channel: Arc<Channel>,
    /// What messages carry of it.
    pub(crate) origin: Arc<Origin>,
    number: u32,
    /// Key in the channel's table, if the name is shared.
    key: Option<usize>,
}

impl Link {
    /// Links the calling process to a channel.
    ///
    /// All links of one process have one scoid, unless it is not to be shared (B10 to B12).
    /// Fails with `EAGAIN` if the server has no number left, and with `ENOMEM`.
    pub(crate) fn new(channel: &Arc<Channel>, share: bool) -> Result<Self> {
        let process = Process::current();
        let key = share.then_some(process.key());
        let known = key.and_then(|key| channel.share(key));
        let (client, number) = match known {
            Some(known) => known,
            None => channel.name(process, key)?,
        };
        // From here on the number goes with the link if anything fails.
        match Arc::new(Origin::new(client.clone()), GFP_KERNEL_ACCOUNT) {
            Ok(origin) => Ok(Self {
                channel: channel.clone(),
                origin,
                number,
                key,
            }),
            Err(error) => {
                channel.unname(&client, number, key);
                Err(error.into())
            }
        }
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.channel
            .unname(&self.origin.client, self.number, self.key);
    }
}

impl Channel {
    /// One more link of a client that has a number.
    fn share(&self, key: usize) -> Option<(Arc<Client>, u32)> {
        let mut clients = self.clients.lock();
        let entry = clients.get_mut(&key)?;
        entry.links += 1;
        Some((entry.client.clone(), entry.number))
    }

    /// A number for a client that has none, to be shared if it has a key.
    fn name(&self, process: Process, key: Option<usize>) -> Result<(Arc<Client>, u32)> {
        let number = self.scoids.acquire()?;
        match self.enter(process, number, key) {
            Ok((client, known)) => {
                if known != number {
                    // Another thread of the client was faster.
                    self.scoids.release(number);
                }
                Ok((client, known))
            }
            Err(error) => {
                self.scoids.release(number);
                Err(error)
            }
        }
    }

    fn enter(
        &self,
        process: Process,
        number: u32,
        key: Option<usize>,
    ) -> Result<(Arc<Client>, u32)> {
        let client = self.rendezvous.client(process, id::scoid(number))?;
        let Some(key) = key else {
            return Ok((client, number));
        };
        let entry = Entry {
            client: client.clone(),
            number,
            links: 1,
        };
        let node = RBTreeNode::new(key, entry, GFP_KERNEL_ACCOUNT)?;
        let mut clients = self.clients.lock();
        if let Some(other) = clients.get_mut(&key) {
            other.links += 1;
            let known = (other.client.clone(), other.number);
            // Ours and its node go after the lock.
            drop(clients);
            drop(node);
            return Ok(known);
        }
        clients.insert(node);
        Ok((client, number))
    }

    /// One link less; the last one gives the number back.
    fn unname(&self, client: &Client, number: u32, key: Option<usize>) {
        if let Some(key) = key {
            // Declared before the lock is taken, so that it is freed after it.
            let _last;
            let mut clients = self.clients.lock();
            if let Some(entry) = clients.get_mut(&key) {
                entry.links -= 1;
                if entry.links > 0 {
                    return;
                }
            }
            _last = clients.remove_node(&key);
        }
        self.rcvids.forget(client);
        self.scoids.release(number);
    }
}
