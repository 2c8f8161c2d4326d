// SPDX-License-Identifier: GPL-2.0-only

//! One open of `/dev/qipc`: the channels and connections of a process, by number.
//!
//! Lock: `Session::tables`; the lock of a rendezvous may be taken inside of it. Nothing is freed
//! while it is held.
//!
//! # Teardown
//!
//! A session ends when its process exits or execs, or with its last descriptor, whatever comes
//! first; [`Session::end`] may be called any number of times.
//!
//! 1. The tables are emptied; from here on every call finds the session ended. Timers are
//!    deleted.
//! 2. The home leaves the registry, and its connections are detached: blocked sends of this process
//!    fail with `EBADF`.
//! 3. Channels lose their names and leave the registry, so that nobody connects any more, and are
//!    closed: their clients and threads get `ESRCH`, and processes that want to be told are told.

use crate::base::id::Rcvid;
use crate::channel::{
    Channel,
    Settings, //
};
use crate::floor::Seat;
use crate::home::Home;
use crate::rcvids::Rcvids;
use crate::registry::Registry;
use crate::rendezvous::{
    tables::Client,
    Place, //
};
use crate::scoids::Scoids;
use crate::sys::{
    address_space::OnEnd,
    errno,
    pockets::{
        Kept,
        Pockets, //
    },
    task::{
        self,
        Process, //
    }, //
};
use crate::timer::Timers;
use kernel::{
    prelude::*,
    rbtree::{
        RBTree,
        RBTreeNode, //
    },
    sync::{
        new_spinlock,
        Arc,
        SetOnce,
        SpinLock, //
    }, //
};

struct Tables {
    open: bool,
    channels: RBTree<u32, Arc<Channel>>,
}

/// What a thread keeps from one receive to the next, under the number of the channel.
pub(crate) struct Serving {
    chid: i32,
    /// The channel.
    pub(crate) channel: Arc<Channel>,
    /// The thread's place there, if it has one yet.
    pub(crate) place: Option<Place>,
}

impl Serving {
    /// Whether it is for the calling thread and this number.
    #[inline]
    fn is_for(&self, chid: i32) -> bool {
        // The number of one that has ended may be another's by now.
        self.chid == chid
            && !self.channel.is_ended()
            && self.place.as_ref().is_none_or(Place::is_callers)
    }

    /// Gives the place back to the channel.
    fn give_up(mut self) {
        if let Some(place) = self.place.take() {
            self.channel.rendezvous.vacate(place);
        }
    }
}

impl Kept for Serving {
    #[inline]
    fn has_ended(&self) -> bool {
        self.channel.is_ended()
    }
}

/// The objects of one process.
#[pin_data(PinnedDrop)]
pub(crate) struct Session {
    /// Its connections, and what others may reach of it.
    pub(crate) home: Arc<Home>,
    /// What all sessions share.
    pub(crate) registry: Arc<Registry>,
    /// Its timers.
    #[pin]
    pub(crate) timers: Timers,
    /// Its clients.
    pub(crate) scoids: Arc<Scoids>,
    /// Its seat of a pair, for benchmarks.
    pub(crate) seat: SetOnce<Seat>,
    /// What its threads keep from their last receives. Whoever ends a channel takes it out of here
    /// after that, and nobody puts one back that has ended.
    servings: Pockets<Serving>,
    rcvids: Arc<Rcvids<Channel>>,
    #[pin]
    tables: SpinLock<Tables>,
}

impl Session {
    /// Makes an empty session of the calling process.
    pub(crate) fn new(registry: Arc<Registry>) -> Result<Arc<Self>> {
        let scoids = Arc::pin_init(Scoids::new(), GFP_KERNEL_ACCOUNT)?;
        let rcvids = Arc::pin_init(Rcvids::new(), GFP_KERNEL_ACCOUNT)?;
        let tables = Tables {
            open: true,
            channels: RBTree::new(),
        };
        let home = Home::new(registry.limits.clone())?;
        let session = Arc::pin_init(
            pin_init!(Self {
                home,
                registry,
                timers <- Timers::new(),
                scoids,
                seat: SetOnce::new(),
                servings: Pockets::new(),
                rcvids,
                tables <- new_spinlock!(tables, "Session::tables"),
            }),
            GFP_KERNEL_ACCOUNT,
        )?;
        session.registry.add_home(&session.home)?;
        Ok(session)
    }

    /// Whether the caller belongs to the process that opened the session; `ESTALE` if not.
    pub(crate) fn check_owner(&self) -> Result {
        if self.home.process().is_current() {
            Ok(())
        } else {
            Err(errno::stale())
        }
    }

    /// Creates a channel with the lowest free number of the process.
    ///
    /// Fails with `EAGAIN` if there are too many, with `EBUSY` if it wants to be told of deaths and
    /// there is one that is already, and with `ENOMEM`.
    pub(crate) fn create_channel(&self, settings: &Settings) -> Result<Arc<Channel>> {
        let channel = Channel::new(
            settings,
            self.scoids.clone(),
            self.rcvids.clone(),
            self.registry.threads.clone(),
            self.registry.limits.clone(),
        )?;
        self.registry.add(&channel)?;
        let added = RBTreeNode::new(channel.number(), channel.clone(), GFP_KERNEL_ACCOUNT)
            .and_then(|node| {
                let mut tables = self.tables.lock();
                if tables.open {
                    tables.channels.insert(node);
                    Ok(())
                } else {
                    drop(tables);
                    drop(node);
                    Err(errno::stale())
                }
            });
        match added {
            Ok(()) => Ok(channel),
            Err(error) => {
                self.close_channel(&channel);
                Err(error)
            }
        }
    }

    /// Destroys a channel; `EINVAL` if there is none of this number (B2).
    pub(crate) fn destroy_channel(&self, chid: u32) -> Result {
        let mut tables = self.tables.lock();
        let node = tables.channels.remove_node(&chid);
        drop(tables);
        let (_, channel) = node.ok_or(EINVAL)?.to_key_value();
        self.close_channel(&channel);
        Ok(())
    }

    fn close_channel(&self, channel: &Channel) {
        channel.begin_end();
        self.registry.names.forget(channel);
        self.registry.remove(channel);
        channel.end();
        self.servings.purge(Serving::has_ended);
        while let Some(notice) = channel.notices.take() {
            self.registry.tell(notice);
            task::breathe();
        }
    }

    /// A channel by its number; `ESRCH` if there is none.
    pub(crate) fn channel(&self, chid: i32) -> Result<Arc<Channel>> {
        let chid = u32::try_from(chid).map_err(|_| ESRCH)?;
        let tables = self.tables.lock();
        tables.channels.get(&chid).cloned().ok_or(ESRCH)
    }

    /// What the calling thread needs to receive from a channel; `ESRCH` if there is none of this
    /// number, and `ENOMEM`.
    #[inline(always)]
    pub(crate) fn serving(&self, chid: i32) -> Result<KBox<Serving>> {
        if let Some(kept) = self.servings.take(chid, |kept| kept.is_for(chid)) {
            return Ok(kept);
        }
        self.serving_anew(chid)
    }

    #[cold]
    fn serving_anew(&self, chid: i32) -> Result<KBox<Serving>> {
        Ok(KBox::new(
            Serving {
                chid,
                channel: self.channel(chid)?,
                place: None,
            },
            GFP_KERNEL_ACCOUNT,
        )?)
    }

    /// Keeps that for the next time.
    #[inline(always)]
    pub(crate) fn keep(&self, serving: KBox<Serving>) {
        if let Some(refused) = self.servings.put(serving.chid, serving) {
            self.make_room(refused);
        }
    }

    /// There was none to keep that.
    #[cold]
    fn make_room(&self, refused: KBox<Serving>) {
        // Threads that have ended need no room.
        let is_idle = |kept: &Serving| kept.place.as_ref().is_none_or(Place::is_abandoned);
        if let Some(refused) = self.servings.put_over(refused.chid, refused, is_idle) {
            KBox::into_inner(refused).give_up();
        }
    }

    /// The channel that a received message came from, and the message's id; `ESRCH` if the number
    /// is none.
    pub(crate) fn by_rcvid(&self, rcvid: i64) -> Result<(Arc<Channel>, Rcvid)> {
        let rcvid = Rcvid::from_user(rcvid).ok_or(ESRCH)?;
        Ok((self.rcvids.channel(rcvid).ok_or(ESRCH)?, rcvid))
    }

    /// The channel and the client of a message, answered or not; `ESRCH` if the number is none, or
    /// the client is not connected any more.
    pub(crate) fn client_of(&self, rcvid: i64) -> Result<(Arc<Channel>, Arc<Client>)> {
        let rcvid = Rcvid::from_user(rcvid).ok_or(ESRCH)?;
        let (channel, client) = self.rcvids.client(rcvid).ok_or(ESRCH)?;
        if !channel.rendezvous.has_given(&client, rcvid) {
            return Err(ESRCH);
        }
        Ok((channel, client))
    }

    /// Gives a client of a channel the next block of receive ids that nobody uses.
    ///
    /// Fails with `EAGAIN` if there is none, with `ESRCH` if the channel is gone, and with `ENOMEM`.
    pub(crate) fn add_block(&self, channel: &Arc<Channel>, client: &Arc<Client>) -> Result {
        let in_use = |block| channel.rendezvous.uses_block(block);
        let refill = |block, start| channel.rendezvous.refill(client, block, start);
        self.rcvids.add(channel, client, in_use, refill)?;
        if !channel.rendezvous.is_open() {
            // A channel that is gone must not come back through its messages.
            self.rcvids.forget_channel(channel);
            return Err(ESRCH);
        }
        if channel.restrictions(client).is_err() {
            // Nor a client whose last connection has gone meanwhile, and its message with it.
            self.rcvids.forget(client);
        }
        Ok(())
    }

    /// Finds the channel to connect to: number `chid` of process `pid`, 0 being the caller.
    ///
    /// Fails with `ESRCH` if there is none, and with `EACCES` if the caller may not connect to it.
    pub(crate) fn find_target(&self, pid: i32, chid: i32) -> Result<Arc<Channel>> {
        let chid = u32::try_from(chid).map_err(|_| ESRCH)?;
        let found;
        let process = if pid == 0 {
            self.home.process()
        } else {
            found = Process::find(pid).ok_or(ESRCH)?;
            &found
        };
        let channel = self.registry.find(process, chid).ok_or(ESRCH)?;
        channel.check_access()?;
        Ok(channel)
    }

    /// Ends the session; the steps are those at the head of this file.
    pub(crate) fn end(&self) {
        let mut tables = self.tables.lock();
        tables.open = false;
        let channels = core::mem::take(&mut tables.channels);
        drop(tables);
        self.timers.end();
        self.registry.remove_home(&self.home);
        self.home.end();
        for channel in channels.values() {
            self.close_channel(channel);
            task::breathe();
        }
        self.rcvids.clear();
    }
}

#[pinned_drop]
impl PinnedDrop for Session {
    fn drop(self: Pin<&mut Self>) {
        // For one whose file was never opened to the end.
        self.end();
    }
}

impl OnEnd for Session {
    fn address_space_ended(&self) {
        self.end();
    }
}
