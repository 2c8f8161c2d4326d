// SPDX-License-Identifier: GPL-2.0-only

//! Events: what a process wants to happen to it, once somebody says so.
//!
//! An [`Event`] is checked and resolved in the process that it will happen to, so that delivering
//! it needs nothing of that process any more. The [`EventTable`] has the events that a process
//! registered for its servers, by handle.
//!
//! Lock: `EventTable::tables`, a leaf.

use crate::base::{
    abi,
    pulse::Pulse, //
};
use crate::channel::{
    Channel,
    OnOverflow, //
};
use crate::connection::Connection;
use crate::limits::{
    Charge,
    Kind,
    Limits, //
};
use crate::rendezvous::{
    pulses::PulseNode,
    tables::Origin, //
};
use crate::sys::{
    errno,
    eventfd::EventFd,
    signal::{
        self,
        Queued,
        Recipient,
        Thread, //
    },
    task::{
        self,
        Process, //
    },
    user_args::UserArg, //
};
use kernel::{
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
    }, //
};

/// Events that one session can have registered.
const MAX_REGISTERED: usize = 4096;
/// Lowest `si_code` that an event may carry, like QNX's.
const MIN_SIGNAL_CODE: i16 = -128;
/// How often an event that is no pulse happens in one go of the same timer.
const MAX_POSTS: u64 = 64;

/// A process as events see it.
pub(crate) trait Place: Send + Sync {
    /// The process.
    fn process(&self) -> &Process;

    /// Its connection of this number, side channel or descriptor; `EBADF` if there is none.
    fn connection(&self, coid: i32) -> Result<Arc<Connection>>;
}

/// Something that can happen to a process.
pub(crate) enum Event {
    /// Nothing.
    None,
    /// A pulse over a connection of the process.
    Pulse(PulseEvent),
    /// A signal to the process.
    Signal(Recipient, i32),
    /// A signal with a code and a value to the process.
    SignalCode(Recipient, Queued),
    /// The same to one thread.
    SignalThread(Thread, Queued),
    /// The end of the blocking call that has this event for its deadline.
    Unblock,
    /// One more on an eventfd.
    Sem(EventFd),
}

/// A pulse that is going to be sent.
pub(crate) struct PulseEvent {
    place: Arc<dyn Place>,
    coid: i32,
    /// What the connection of this number was when the event was made. The event does not hold
    /// the connection itself, which can be detached all the same.
    origin: Arc<Origin>,
    code: i8,
    value: u64,
    /// `None` is that of whoever delivers it.
    priority: Option<u8>,
}

impl PulseEvent {
    /// Checks a pulse over a connection of `place`.
    ///
    /// Fails with `ESRCH` if there is no such connection, and with `EINVAL`.
    pub(crate) fn new(place: Arc<dyn Place>, args: &abi::Event) -> Result<Self> {
        let priority = match args.priority {
            -1 => None,
            priority @ 0..=99 => Some(priority as u8),
            _ => return Err(EINVAL),
        };
        let connection = place.connection(args.target).map_err(|_| ESRCH)?;
        Ok(Self {
            origin: connection.origin().clone(),
            place,
            coid: args.target,
            code: i8::try_from(args.code).map_err(|_| EINVAL)?,
            value: args.value,
            priority,
        })
    }

    /// Its connection; `EBADF` if that or its channel is gone.
    fn connection(&self) -> Result<Arc<Connection>> {
        let connection = self.place.connection(self.coid)?;
        if Arc::ptr_eq(connection.origin(), &self.origin) && !connection.is_dead() {
            Ok(connection)
        } else {
            Err(EBADF)
        }
    }

    fn pulse(&self, value: Option<u64>) -> Pulse {
        Pulse {
            code: self.code,
            value: value.unwrap_or(self.value),
            scoid: self.origin.client.scoid,
            priority: self.priority.unwrap_or_else(task::current_priority),
        }
    }

    /// Sends it up to `count` times, from a thread of the kernel; returns how often that was not
    /// possible.
    fn send_many(&self, count: u32) -> u32 {
        let (Ok(connection), Ok(node)) =
            (self.connection(), PulseNode::new_for(self.place.process()))
        else {
            return count;
        };
        connection.pulses(self.pulse(None), count, node)
    }
}

impl Event {
    /// Reads and resolves an event that may happen to the calling process, whose place is `place`.
    ///
    /// Fails with `EFAULT`, and like [`Event::new`].
    pub(crate) fn from_user(place: Arc<dyn Place>, address: u64) -> Result<Self> {
        let address = usize::try_from(address).map_err(|_| EFAULT)?;
        let args = UserArg::<abi::Event>::new(address).read(size_of::<abi::Event>())?;
        Self::new(place, &args)
    }

    /// Resolves an event that may happen to the calling process, whose place is `place`.
    ///
    /// Fails with `EINVAL` if a field is wrong, with `ESRCH` if the pulse's connection is none of
    /// the process, and with `EBADF` or `EINVAL` if the descriptor is no eventfd.
    pub(crate) fn new(place: Arc<dyn Place>, args: &abi::Event) -> Result<Self> {
        Ok(match kind_of(args, 0)? {
            abi::EVENT_NONE => Self::None,
            abi::EVENT_PULSE => Self::Pulse(PulseEvent::new(place, args)?),
            abi::EVENT_SIGNAL => Self::Signal(Recipient::asking(), signal_number(args)?),
            abi::EVENT_SIGNAL_CODE => Self::SignalCode(Recipient::asking(), queued(args)?),
            abi::EVENT_SIGNAL_THREAD => Self::SignalThread(Thread::current(), queued(args)?),
            abi::EVENT_UNBLOCK => Self::Unblock,
            abi::EVENT_SEM => Self::Sem(EventFd::of_descriptor(args.target)?),
            _ => return Err(EINVAL),
        })
    }

    /// The end of the calling process.
    pub(crate) fn kill() -> Self {
        Self::Signal(Recipient::asking(), signal::KILL)
    }

    /// Whether it ends a blocking call.
    pub(crate) fn is_unblock(&self) -> bool {
        matches!(self, Self::Unblock)
    }

    /// The event as the calling thread delivers it: with its priority, if it has none of its own.
    pub(crate) fn with_own_priority(mut self) -> Self {
        if let Self::Pulse(event) = &mut self {
            event.priority.get_or_insert_with(task::current_priority);
        }
        self
    }

    /// Lets it happen, with another value if there is one. May sleep; no lock may be held.
    ///
    /// Fails with `EBADF` if the pulse's connection or channel is gone, with `EAGAIN` if too many
    /// pulses or signals are queued, with `ESRCH` if the process or the thread is gone, or does
    /// not wait for an event that unblocks it, and with `ENOMEM`.
    pub(crate) fn deliver(&self, value: Option<u64>) -> Result {
        match self {
            Self::None => Ok(()),
            Self::Pulse(event) => event.connection()?.pulse(event.pulse(value)),
            Self::Signal(recipient, number) => signal::to_process(recipient, *number),
            Self::SignalCode(recipient, queued) => {
                signal::to_process_with(recipient, revalued(queued, value))
            }
            Self::SignalThread(thread, queued) => {
                let task = thread.task().ok_or(ESRCH)?;
                signal::to_thread(&task, revalued(queued, value))
            }
            Self::Unblock => Err(ESRCH),
            Self::Sem(counter) => {
                counter.post();
                Ok(())
            }
        }
    }

    /// Lets it happen `count` times, as far as possible; returns how often it could not. For a
    /// thread of the kernel: the process pays for the memory of its pulses.
    pub(crate) fn deliver_many(&self, count: u64) -> u64 {
        let times = match self {
            Self::None => return 0,
            Self::Pulse(event) => {
                let some = u32::try_from(count).unwrap_or(u32::MAX);
                let sent = some.saturating_sub(event.send_many(some));
                return count - u64::from(sent);
            }
            // Somebody who misses a signal finds out how many were meant.
            Self::Signal(..) | Self::SignalCode(..) | Self::SignalThread(..) | Self::Unblock => 1,
            Self::Sem(_) => count.min(MAX_POSTS),
        };
        let done = (0..times)
            .take_while(|_| self.deliver(None).is_ok())
            .count() as u64;
        count - done
    }

    /// Whether it could happen; the errors are those of [`Event::deliver`].
    pub(crate) fn verify(&self) -> Result {
        match self {
            Self::Pulse(event) => event.connection().map(drop),
            Self::Signal(who, _) | Self::SignalCode(who, _) if !who.is_alive() => Err(ESRCH),
            Self::SignalThread(thread, _) if thread.task().is_none() => Err(ESRCH),
            Self::Unblock => Err(ESRCH),
            _ => Ok(()),
        }
    }
}

impl OnOverflow for Event {
    fn overflowed(&self) {
        // One that does not fit anywhere is lost: it must not be news to another channel, or events
        // would go round in circles.
        let _ = match self {
            Self::Pulse(event) => match event.connection() {
                Ok(connection) => connection.pulse_quietly(event.pulse(None)),
                Err(error) => Err(error),
            },
            _ => self.deliver(None),
        };
    }
}

/// The kind of an event that may have certain flags; `EINVAL`.
pub(crate) fn kind_of(args: &abi::Event, flags: u32) -> Result<u32> {
    if args.notify & !(abi::EVENT_KIND | flags) != 0 || args.reserved != 0 {
        return Err(EINVAL);
    }
    Ok(args.notify & abi::EVENT_KIND)
}

/// The number of an event's signal; `EINVAL` (B117).
pub(crate) fn signal_number(args: &abi::Event) -> Result<i32> {
    if signal::is_signal(args.target) {
        Ok(args.target)
    } else {
        Err(EINVAL)
    }
}

/// An event's signal with code and value; `EINVAL`.
pub(crate) fn queued(args: &abi::Event) -> Result<Queued> {
    if !(MIN_SIGNAL_CODE..=0).contains(&args.code) {
        return Err(EINVAL);
    }
    Ok(Queued {
        number: signal_number(args)?,
        code: i32::from(args.code),
        value: args.value,
    })
}

fn revalued(queued: &Queued, value: Option<u64>) -> Queued {
    Queued {
        value: value.unwrap_or(queued.value),
        ..*queued
    }
}

/// Who may deliver a registered event.
pub(crate) enum Deliverer {
    /// The owner of this channel, to those who are connected to it.
    Server(Arc<Channel>),
    /// Any server that the process is connected to.
    AnyServer,
    /// The process itself.
    Oneself,
}

/// A registered event.
pub(crate) struct Registered {
    event: Event,
    by: Deliverer,
    /// Whether whoever delivers it sets the value.
    updateable: bool,
    _charge: Charge,
}

impl Registered {
    /// Whether the calling process, which has the client as one of `channel`, may deliver it;
    /// `EACCES` if not. Without a channel the client is the process itself.
    pub(crate) fn check(&self, channel: Option<&Arc<Channel>>) -> Result {
        let may = match (&self.by, channel) {
            (Deliverer::Server(named), Some(channel)) => Arc::ptr_eq(named, channel),
            (Deliverer::Server(named), None) => named.owner.is_current(),
            (Deliverer::AnyServer, _) | (Deliverer::Oneself, None) => true,
            (Deliverer::Oneself, Some(_)) => false,
        };
        if may {
            Ok(())
        } else {
            Err(EACCES)
        }
    }

    /// Lets it happen; `value` counts if the event is updateable. Errors of [`Event::deliver`].
    pub(crate) fn deliver(&self, value: u64) -> Result {
        self.event.deliver(self.updateable.then_some(value))
    }

    /// Whether it could happen; errors of [`Event::deliver`].
    pub(crate) fn verify(&self) -> Result {
        self.event.verify()
    }
}

struct Tables {
    open: bool,
    count: usize,
    events: RBTree<i32, Arc<Registered>>,
}

/// The registered events of one session.
#[pin_data]
pub(crate) struct EventTable {
    limits: Arc<Limits>,
    #[pin]
    tables: SpinLock<Tables>,
}

/// The last handle that was given out, in any session, so that a handle does not mean one event
/// in one session of a process and another one in the next.
static LAST_HANDLE: Atomic<i32> = Atomic::new(0);

/// The next handle, positive.
fn next_handle() -> i32 {
    loop {
        let handle = LAST_HANDLE.fetch_add(1, Relaxed).wrapping_add(1) & i32::MAX;
        if handle != 0 {
            return handle;
        }
    }
}

impl EventTable {
    /// No events; their number counts for the user who registers them.
    pub(crate) fn new(limits: Arc<Limits>) -> impl PinInit<Self> {
        let tables = Tables {
            open: true,
            count: 0,
            events: RBTree::new(),
        };
        pin_init!(Self {
            limits,
            tables <- new_spinlock!(tables, "EventTable::tables"),
        })
    }

    /// Registers an event of the calling process, whose place is `place`; returns its handle.
    ///
    /// Handles are not used again before 2^31 others. Fails with `EAGAIN` if there are too many
    /// of the session or of its user, with `ESTALE` if the session has ended, with `ENOMEM`, and like [`Event::new`].
    pub(crate) fn register(
        &self,
        place: Arc<dyn Place>,
        args: &abi::Event,
        by: Deliverer,
    ) -> Result<i32> {
        let updateable = args.notify & abi::EVENT_UPDATEABLE != 0;
        let args = abi::Event {
            notify: args.notify & !abi::EVENT_UPDATEABLE,
            ..*args
        };
        let event = Event::new(place, &args)?;
        if event.is_unblock() {
            // There is no call that it could belong to.
            return Err(EINVAL);
        }
        let registered = Registered {
            event,
            by,
            updateable,
            _charge: self.limits.charge(Kind::Event)?,
        };
        let registered = Arc::new(registered, GFP_KERNEL_ACCOUNT)?;
        loop {
            let handle = next_handle();
            let node = RBTreeNode::new(handle, registered.clone(), GFP_KERNEL_ACCOUNT)?;
            let mut tables = self.tables.lock();
            let refused = if !tables.open {
                Some(errno::stale())
            } else if tables.count >= MAX_REGISTERED {
                Some(EAGAIN)
            } else {
                None
            };
            if let Some(error) = refused {
                drop(tables);
                drop(node);
                return Err(error);
            }
            if tables.events.get(&handle).is_none() {
                tables.events.insert(node);
                tables.count += 1;
                return Ok(handle);
            }
            drop(tables);
            drop(node);
        }
    }

    /// Takes an event out; `ESRCH` if there is none of this handle.
    pub(crate) fn unregister(&self, handle: i32) -> Result {
        let mut tables = self.tables.lock();
        let node = tables.events.remove_node(&handle).ok_or(ESRCH)?;
        tables.count -= 1;
        drop(tables);
        drop(node);
        Ok(())
    }

    /// An event by its handle.
    pub(crate) fn find(&self, handle: i32) -> Option<Arc<Registered>> {
        self.tables.lock().events.get(&handle).cloned()
    }

    /// Forgets all events, and refuses new ones.
    pub(crate) fn end(&self) {
        let mut tables = self.tables.lock();
        tables.open = false;
        tables.count = 0;
        let events = core::mem::take(&mut tables.events);
        drop(tables);
        drop(events);
    }
}
