// SPDX-License-Identifier: GPL-2.0-only

//! Server threads run at the priority of whom they serve.
//!
//! A thread that receives from a channel becomes one of its servers, and stays one until it
//! receives from another channel or leaves by itself. What priority it should have is decided in
//! the lock of the channel, together with what is received or queued, and noted as a [`Wish`]. It
//! is given to the scheduler after that lock, by [`Server::apply`], which always carries out the
//! newest wish: whoever notes one applies it, and nobody undoes a newer one. Decision 0008 has the
//! rules.
//!
//! # Locks
//!
//! `Server::lift`, `Server::whereabouts` and `Shard::servers` are leaves. The first one is held
//! while the scheduler changes the thread, so that two of them do not overtake each other.

use crate::base::priority::{
    Scheduling,
    Wish, //
};
use crate::sys::{
    once::Once,
    sched::{
        self,
        Own,
        Processors, //
    },
    task, //
};
use kernel::{
    prelude::*,
    rbtree::{
        RBTree,
        RBTreeNode,
        RBTreeNodeReservation, //
    },
    sync::{
        aref::ARef,
        atomic::{
            Atomic,
            Relaxed, //
        },
        new_spinlock,
        Arc,
        SpinLock, //
    },
    task::Task, //
};
use pin_init::pin_init_array_from_fn;

/// How far a priority is passed on, from server to server.
const DEPTH: usize = 16;
/// Threads that are looked at in one go of a channel's lock.
const STRETCH: usize = 32;
/// Parts of the table of all server threads.
const SHARDS: usize = 64;

/// Highest priority that the clients of a channel can lift its threads to.
pub(crate) struct Ceiling(Atomic<u32>);

impl Ceiling {
    /// A ceiling for somebody else to share. Fails with `ENOMEM`.
    pub(crate) fn new(level: u8) -> Result<Arc<Self>> {
        Ok(Arc::new(
            Self(Atomic::new(level.into())),
            GFP_KERNEL_ACCOUNT,
        )?)
    }

    /// The priority.
    pub(crate) fn level(&self) -> u8 {
        self.0.get() as u8
    }

    /// Changes it. Threads that have been lifted higher stay there until their next receive.
    pub(crate) fn set(&self, level: u8) {
        self.0.set(level.into());
    }
}

/// A channel, as its server threads see it.
pub(crate) trait Station: Send + Sync {
    /// The thread is no server of it any more, and wants its own priority back.
    fn leave(&self, server: &Arc<Server>);

    /// Finds the next of its threads that has to be raised to `level`, from `cursor` on, and notes
    /// the wish.
    fn raise_next(&self, cursor: &mut usize, level: u8) -> Next;
}

/// What there is to do next at a station.
pub(crate) enum Next {
    /// A thread has a new wish.
    Raise(Arc<Server>),
    /// Nothing was found so far.
    More,
    /// All threads have been looked at.
    End,
}

/// A message that a server thread has sent itself, and waits for.
pub(crate) trait Onward: Send + Sync {
    /// Its sender has been raised to `level`.
    fn raise(&self, level: u8) -> Passed;
}

/// Whom that concerns.
pub(crate) enum Passed {
    /// Nobody.
    Nowhere,
    /// The thread that has received the message; the wish is noted.
    Thread(Arc<Server>),
    /// All threads of the channel in whose queue the message is.
    Channel(Arc<dyn Station>),
}

/// A wish as one word, so that it is changed at once: which one it is, counted up from 0, the
/// ceiling of the channel, and the wish.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Noted(u64);

impl Noted {
    fn new(count: u32, wish: Wish, ceiling: u8) -> Self {
        Self(u64::from(count) << 32 | u64::from(ceiling) << 16 | u64::from(wish.pack()))
    }

    fn count(self) -> u32 {
        (self.0 >> 32) as u32
    }

    fn ceiling(self) -> u8 {
        (self.0 >> 16) as u8
    }

    fn wish(self) -> Wish {
        Wish::unpack(self.0 as u16)
    }

    fn next(self, wish: Wish, ceiling: u8) -> Self {
        Self::new(self.count().wrapping_add(1), wish, ceiling)
    }
}

/// Which wish was carried out last, and what the thread was then.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Settled(u64);

impl Settled {
    fn new(count: u32, scheduling: Scheduling) -> Self {
        Self::with_code(count, scheduling.code())
    }

    #[inline]
    fn with_code(count: u32, code: u32) -> Self {
        Self(u64::from(count) << 32 | u64::from(code))
    }
}

/// What was done to a thread.
struct Lift {
    /// What it gets back, unless somebody else changes it first.
    own: Option<Own>,
    /// What it was changed to.
    applied: Scheduling,
}

/// Where a thread serves, and whom it waits for itself.
struct Whereabouts {
    station: Option<Arc<dyn Station>>,
    /// The node of the station's table, while the thread is in none.
    node: Option<RBTreeNodeReservation<usize, Arc<Server>>>,
    onward: Option<Arc<dyn Onward>>,
}

/// Processors that a thread was moved from, and to.
struct Moved {
    own: KBox<Processors>,
    applied: KBox<Processors>,
    is_moved: bool,
}

/// A thread that serves clients.
#[pin_data]
pub(crate) struct Server {
    task: ARef<Task>,
    /// Address of the station, 0 if there is none.
    station: Atomic<usize>,
    /// Whether clients that wait do not raise it.
    aloof: Atomic<i32>,
    /// The [`Noted`] wish; changed in the lock of the station.
    noted: Atomic<u64>,
    /// [`Settled`]; changed in the lock of the lift.
    settled: Atomic<u64>,
    #[pin]
    lift: SpinLock<Lift>,
    #[pin]
    whereabouts: SpinLock<Whereabouts>,
    #[pin]
    moved: SpinLock<Option<Moved>>,
}

impl Server {
    fn current() -> Result<Arc<Self>> {
        let whereabouts = Whereabouts {
            station: None,
            node: Some(RBTreeNodeReservation::new(GFP_KERNEL_ACCOUNT)?),
            onward: None,
        };
        let task = task::current_thread();
        let applied = sched::scheduling(&task);
        Arc::pin_init(
            pin_init!(Self {
                task,
                station: Atomic::new(0),
                aloof: Atomic::new(0),
                noted: Atomic::new(Noted::new(0, Wish::Own, 0).0),
                settled: Atomic::new(Settled::new(0, applied).0),
                lift <- new_spinlock!(Lift { own: None, applied }, "Server::lift"),
                whereabouts <- new_spinlock!(whereabouts, "Server::whereabouts"),
                moved <- new_spinlock!(None, "Server::moved"),
            }),
            GFP_KERNEL_ACCOUNT,
        )
    }

    /// A number that no other thread has while this object lives.
    pub(crate) fn key(&self) -> usize {
        task::thread_key(&self.task)
    }

    /// Whether it serves at the station of this address.
    pub(crate) fn is_at(&self, station: usize) -> bool {
        self.station.get() == station
    }

    /// Chooses whether clients that wait raise it.
    pub(crate) fn set_aloof(&self, aloof: bool) {
        if (self.aloof.get() != 0) != aloof {
            self.aloof.set(aloof.into());
        }
    }

    fn noted(&self) -> Noted {
        Noted(self.noted.get())
    }

    fn is_settled(&self, noted: Noted) -> bool {
        (self.settled.get() >> 32) as u32 == noted.count()
    }

    /// Notes what the calling thread, which is this one, wants for itself. In the lock of its
    /// station.
    #[inline(always)]
    pub(crate) fn ask(&self, wish: Wish, ceiling: u8) {
        let noted = self.noted();
        if Noted::new(noted.count(), wish, ceiling) == noted {
            let now = Settled::with_code(noted.count(), sched::code(&self.task));
            if self.settled.get() == now.0 {
                return;
            }
        }
        self.note(noted.next(wish, ceiling));
    }

    /// Notes that the thread gets its own priority back. In the lock of its station.
    pub(crate) fn release(&self) {
        self.note(self.noted().next(Wish::Own, 0));
    }

    /// Notes that a client of priority `level` waits for the thread; says whether that changes
    /// anything, and has to be applied. In the lock of its station.
    #[inline(always)]
    pub(crate) fn raise(&self, level: u8, ceiling: u8) -> bool {
        if level == 0 || self.aloof.get() != 0 {
            return false;
        }
        let now = sched::scheduling(&self.task);
        let noted = self.noted();
        let mut wish = noted.wish();
        if self.is_settled(noted) {
            if level <= now.level() {
                return false;
            }
            if self.settled.get() != Settled::new(noted.count(), now).0 {
                // Somebody else has changed it since, and means it.
                wish = Wish::Own;
            }
        }
        self.note(noted.next(wish.raised(level), ceiling));
        true
    }

    fn note(&self, noted: Noted) {
        self.noted.set(noted.0);
    }

    /// Carries out what was noted last, if that has not been done yet.
    ///
    /// Does not sleep. Best called without a lock.
    #[inline]
    pub(crate) fn apply(&self) {
        if !self.is_settled(self.noted()) {
            self.settle();
        }
    }

    #[inline(never)]
    fn settle(&self) {
        let mut lift = self.lift.lock();
        let noted = self.noted();
        if self.is_settled(noted) {
            return;
        }
        let now = lift.carry_out(&self.task, noted);
        let settled = Settled::new(noted.count(), now);
        self.settled.set(settled.0);
    }

    /// The priority that it has now.
    fn level(&self) -> u8 {
        sched::scheduling(&self.task).level()
    }

    /// Notes the message that the calling thread, which is this one, is going to wait for.
    pub(crate) fn set_onward(&self, onward: Option<Arc<dyn Onward>>) {
        let before = core::mem::replace(&mut self.whereabouts.lock().onward, onward);
        drop(before);
    }

    fn onward(&self) -> Option<Arc<dyn Onward>> {
        self.whereabouts.lock().onward.clone()
    }

    /// Forgets the station, if it is the one of this address.
    pub(crate) fn forget(&self, station: usize) {
        let mut whereabouts = self.whereabouts.lock();
        let before = if self.is_at(station) {
            self.station.set(0);
            whereabouts.station.take()
        } else {
            None
        };
        drop(whereabouts);
        drop(before);
    }

    /// Lets the thread run on its own processors again. May sleep.
    fn restore_processors(&self) {
        let moved = self.moved.lock().take();
        if let Some(mut moved) = moved {
            // Without processors to go back to it stays where it is.
            let _ = moved.follow(&self.task, None);
        }
    }

    /// Makes the calling thread, which is this one, run on the processors of `client`, or with
    /// `None` on its own again. May sleep.
    ///
    /// What somebody else has chosen for the thread since stays.
    pub(crate) fn follow(&self, client: Option<&Task>) -> Result {
        let moved = self.moved.lock().take();
        let Some(mut moved) = (match (moved, client) {
            (Some(moved), _) => Some(moved),
            (None, None) => None,
            (None, Some(_)) => Some(Moved {
                own: Processors::of(&self.task)?,
                applied: Processors::of(&self.task)?,
                is_moved: false,
            }),
        }) else {
            return Ok(());
        };
        let followed = moved.follow(&self.task, client);
        // The record is kept whatever came of it: the thread may be away from home.
        let before = self.moved.lock().replace(moved);
        drop(before);
        followed
    }
}

impl Lift {
    /// Carries out a wish; returns what the thread is after it.
    fn carry_out(&mut self, task: &Task, noted: Noted) -> Scheduling {
        let now = sched::scheduling(task);
        let own = match self.own {
            Some(own) if now == self.applied => own,
            // It is what it was from the beginning, or what somebody else has made of it.
            _ => Own::of(task, now),
        };
        let wanted = noted.wish().scheduling(own.scheduling, noted.ceiling());
        self.applied = if wanted == now || sched::change(task, now, wanted, &own).is_err() {
            now
        } else {
            wanted
        };
        self.own = (self.applied != own.scheduling).then_some(own);
        self.applied
    }
}

impl Moved {
    fn follow(&mut self, task: &Task, client: Option<&Task>) -> Result {
        let now = Processors::of(task)?;
        if self.is_moved && *now != *self.applied {
            self.is_moved = false;
        }
        if !self.is_moved {
            self.own = now;
        }
        let Some(client) = client else {
            if self.is_moved {
                self.is_moved = false;
                self.own.confine(task)?;
            }
            return Ok(());
        };
        self.applied.assign(client);
        if *self.applied != *self.own || self.is_moved {
            // Processors that are all gone are those of nobody; the thread stays where it is.
            self.is_moved = self.applied.confine(task).is_ok();
        }
        Ok(())
    }
}

/// The server threads of one station.
pub(crate) struct Servers {
    threads: RBTree<usize, Arc<Server>>,
}

impl Servers {
    /// Nobody.
    pub(crate) fn new() -> Self {
        Self {
            threads: RBTree::new(),
        }
    }

    /// Adds the calling thread, which serves nowhere.
    pub(crate) fn add(&mut self, server: &Arc<Server>, station: Arc<dyn Station>) {
        let address = Arc::as_ptr(&station).cast::<()>() as usize;
        let mut whereabouts = server.whereabouts.lock();
        if let Some(node) = whereabouts.node.take() {
            self.threads
                .insert(node.into_node(server.key(), server.clone()));
            server.station.set(address);
            // It serves nowhere, so that nothing is dropped here.
            whereabouts.station = Some(station);
        }
    }

    /// Takes a thread out, if it is in, and notes that it gets its own priority back.
    ///
    /// The caller holds a reference of its own.
    pub(crate) fn remove(&mut self, server: &Arc<Server>) {
        if let Some(node) = self.threads.remove_node(&server.key()) {
            server.release();
            server.whereabouts.lock().node = Some(node.into_reservation());
        }
    }

    /// One of the threads.
    pub(crate) fn any(&self) -> Option<Arc<Server>> {
        Some(self.threads.cursor_front()?.current().1.clone())
    }

    /// The thread of this key.
    pub(crate) fn get(&self, key: usize) -> Option<&Arc<Server>> {
        self.threads.get(&key)
    }

    /// See [`Station::raise_next`].
    pub(crate) fn raise_next(&self, cursor: &mut usize, level: u8, ceiling: u8) -> Next {
        for _ in 0..STRETCH {
            let Some(found) = self.threads.cursor_lower_bound(cursor) else {
                return Next::End;
            };
            let (key, server) = found.current();
            *cursor = key.wrapping_add(1);
            if server.raise(level, ceiling) {
                return Next::Raise(server.clone());
            }
        }
        Next::More
    }

    /// Whether there is nobody.
    pub(crate) fn is_empty(&self) -> bool {
        self.threads.is_empty()
    }
}

/// Raises the threads of a station to `level`, and those that they wait for themselves.
///
/// No thread is raised twice, so that this ends even if servers wait for one another in a ring.
pub(crate) fn raise(first: &dyn Station, level: u8) {
    struct Frame {
        station: Arc<dyn Station>,
        cursor: usize,
        level: u8,
    }
    let mut frames: [Option<Frame>; DEPTH] = [const { None }; DEPTH];
    let mut depth = 0;
    let mut cursor = 0;
    loop {
        let top = frames.get_mut(..depth).and_then(<[_]>::last_mut);
        let (next, level) = match top {
            Some(Some(frame)) => (
                frame.station.raise_next(&mut frame.cursor, frame.level),
                frame.level,
            ),
            _ => (first.raise_next(&mut cursor, level), level),
        };
        match next {
            Next::More => (),
            Next::End if depth == 0 => return,
            Next::End => {
                depth -= 1;
                if let Some(frame) = frames.get_mut(depth) {
                    *frame = None;
                }
            }
            Next::Raise(server) => {
                if let Some((station, level)) = pass_on(server, level) {
                    if let Some(frame) = frames.get_mut(depth) {
                        *frame = Some(Frame {
                            station,
                            cursor: 0,
                            level,
                        });
                        depth += 1;
                    }
                }
            }
        }
    }
}

/// The sender of a message has been raised to `level`.
pub(crate) fn raise_onward(onward: &dyn Onward, level: u8) {
    match onward.raise(level) {
        Passed::Nowhere => (),
        Passed::Channel(station) => raise(&*station, level),
        Passed::Thread(server) => {
            if let Some((station, level)) = pass_on(server, level) {
                raise(&*station, level);
            }
        }
    }
}

/// Raises a thread, and the one that works for it, and so on; returns the station where its or their
/// message is queued.
fn pass_on(server: Arc<Server>, level: u8) -> Option<(Arc<dyn Station>, u8)> {
    let mut server = server;
    let mut level = level;
    for _ in 0..DEPTH {
        server.apply();
        level = level.min(server.level());
        match server.onward()?.raise(level) {
            Passed::Nowhere => return None,
            Passed::Thread(next) => server = next,
            Passed::Channel(station) => return Some((station, level)),
        }
    }
    None
}

#[pin_data]
struct Shard {
    /// How many there are, for those who only want to know that there is nobody.
    population: Atomic<i32>,
    #[pin]
    servers: SpinLock<RBTree<usize, Arc<Server>>>,
}

impl Shard {
    #[inline(never)]
    fn find(&self, key: usize) -> Option<Arc<Server>> {
        self.servers.lock().get(&key).cloned()
    }
}

/// All server threads there are.
#[pin_data]
pub(crate) struct Threads {
    #[pin]
    shards: [Shard; SHARDS],
}

impl Threads {
    /// Nobody.
    pub(crate) fn new() -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            shards <- pin_init_array_from_fn(|_| {
                pin_init!(Shard {
                    population: Atomic::new(0),
                    servers <- new_spinlock!(RBTree::new(), "Shard::servers"),
                })
            }),
        })
    }

    #[inline]
    fn shard(&self, key: usize) -> Option<&Shard> {
        // Threads are some kilobytes apart.
        self.shards.get((key >> 10 ^ key >> 16) % SHARDS)
    }

    /// The calling thread, if it is known as a server.
    #[inline(always)]
    pub(crate) fn current(&self) -> Option<Arc<Server>> {
        let key = task::current_thread_key();
        let shard = self.shard(key)?;
        if shard.population.get() == 0 {
            return None;
        }
        shard.find(key)
    }

    /// Makes the calling thread known, which is not yet. Fails with `ENOMEM`.
    pub(crate) fn add_current(&self) -> Result<Arc<Server>> {
        let server = Server::current()?;
        let node = RBTreeNode::new(server.key(), server.clone(), GFP_KERNEL_ACCOUNT)?;
        let shard = self.shard(server.key()).ok_or(EINVAL)?;
        shard.population.fetch_add(1, Relaxed);
        let before = shard.servers.lock().insert(node);
        drop(before);
        Ok(server)
    }

    /// The calling thread serves nobody any more, and gets its own priority and processors back. For
    /// each thread that ends, too.
    pub(crate) fn leave(&self) {
        if let Some(server) = self.current() {
            self.retire(&server);
        }
    }

    /// The calling thread, which is `server`, leaves its station and is forgotten.
    fn retire(&self, server: &Arc<Server>) {
        leave_station(server);
        self.remove(server);
    }

    /// Forgets a thread.
    pub(crate) fn remove(&self, server: &Server) {
        let Some(shard) = self.shard(server.key()) else {
            return;
        };
        let node = shard.servers.lock().remove_node(&server.key());
        if node.is_some() {
            shard.population.fetch_sub(1, Relaxed);
        }
        drop(node);
    }
}

/// The calling thread, which is `server`, leaves its station.
pub(crate) fn leave_station(server: &Arc<Server>) {
    let station = server.whereabouts.lock().station.clone();
    if let Some(station) = station {
        station.leave(server);
    }
    server.apply();
    server.restore_processors();
}

/// A station has closed, and `server` is no thread of it any more.
pub(crate) fn dismiss(server: &Server, station: usize) {
    server.forget(station);
    server.apply();
    server.restore_processors();
}
