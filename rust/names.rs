// SPDX-License-Identifier: GPL-2.0-only

//! Which channel a name means.
//!
//! A name belongs to the IPC namespace that it was made in, and goes with its channel. Whoever made
//! it pays for its memory.
//!
//! Lock: `Names::table`, a mutex; `Access::rights` may be taken inside of it, it is taken inside of
//! none.

use crate::access::Change;
use crate::base::{
    abi,
    name, //
};
use crate::channel::Channel;
use crate::limits::{
    Charge,
    Kind, //
};
use crate::sys::{
    errno,
    namespace::IpcNamespaces, //
};
use core::cmp::Ordering;
use kernel::{
    prelude::*,
    rbtree::{
        RBTree,
        RBTreeNodeReservation, //
    },
    sync::{
        atomic::Relaxed,
        new_mutex,
        Arc,
        Mutex, //
    },
    uaccess::{
        UserPtr,
        UserSlice, //
    }, //
};

/// Names that a channel can have.
const MAX_NAMES: u32 = 1024;

/// A name in the IPC namespace of whoever uses it.
#[derive(Clone)]
pub(crate) struct Name(Arc<(u64, KVec<u8>)>);

impl Name {
    /// Copies in what the caller calls a channel.
    ///
    /// Fails with `EOPNOTSUPP` if there are no names, with `EINVAL` if it can be no name, with `ENAMETOOLONG`, `EFAULT` and `ENOMEM`.
    pub(crate) fn read(names: &Names, address: u64, length: u32) -> Result<Self> {
        let namespaces = names.namespaces.ok_or(errno::not_supported())?;
        let length = length as usize;
        if length > abi::NAME_MAX {
            return Err(errno::name_too_long());
        }
        let address = usize::try_from(address).map_err(|_| EFAULT)?;
        let mut path = KVec::with_capacity(length, GFP_KERNEL_ACCOUNT)?;
        UserSlice::new(UserPtr::from_addr(address), length)
            .read_all(&mut path, GFP_KERNEL_ACCOUNT)?;
        name::check(&path).map_err(|fault| match fault {
            name::Fault::Malformed => EINVAL,
            name::Fault::TooLong => errno::name_too_long(),
        })?;
        let namespace = namespaces.current();
        Ok(Self(Arc::new((namespace, path), GFP_KERNEL_ACCOUNT)?))
    }

    fn parts(&self) -> (u64, &[u8]) {
        (self.0 .0, &self.0 .1)
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        self.parts() == other.parts()
    }
}

impl Eq for Name {}

impl PartialOrd for Name {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Name {
    fn cmp(&self, other: &Self) -> Ordering {
        self.parts().cmp(&other.parts())
    }
}

/// What a name means.
struct Meaning {
    channel: Arc<Channel>,
    /// Key of the index.
    place: Place,
    _charge: Charge,
}

/// A channel, by address, and when it got the name. The meaning holds the channel, so that the
/// address stays its own.
type Place = (usize, u64);

struct Table {
    names: RBTree<Name, Meaning>,
    /// The names of each channel.
    index: RBTree<Place, Name>,
    stamp: u64,
}

/// All names.
#[pin_data]
pub(crate) struct Names {
    namespaces: Option<IpcNamespaces>,
    #[pin]
    table: Mutex<Table>,
}

impl Names {
    /// None.
    pub(crate) fn new() -> impl PinInit<Self> {
        let table = Table {
            names: RBTree::new(),
            index: RBTree::new(),
            stamp: 0,
        };
        pin_init!(Self {
            namespaces: IpcNamespaces::find(),
            table <- new_mutex!(table, "Names::table"),
        })
    }

    /// Whether there can be any; if not, the kernel is one that is not known.
    pub(crate) fn are_possible(&self) -> bool {
        self.namespaces.is_some()
    }

    /// Gives a channel a name, after a change of who may connect to it.
    ///
    /// Fails with `EINVAL` if the channel is gone, with `EEXIST` if the name is taken, with `EAGAIN`
    /// if the channel or the user has too many, and with `ENOMEM`.
    pub(crate) fn attach(
        &self,
        name: Name,
        channel: &Arc<Channel>,
        change: Option<&Change>,
    ) -> Result {
        let node = RBTreeNodeReservation::new(GFP_KERNEL_ACCOUNT)?;
        let index = RBTreeNodeReservation::new(GFP_KERNEL_ACCOUNT)?;
        let charge = channel.limits.charge(Kind::Name)?;
        let mut table = self.table.lock();
        if channel.is_ended() {
            return Err(EINVAL);
        }
        if table.names.get(&name).is_some() {
            return Err(EEXIST);
        }
        let count = channel.names.load(Relaxed);
        if count >= MAX_NAMES {
            return Err(EAGAIN);
        }
        if let Some(change) = change {
            channel.access.change(change)?;
        }
        channel.names.store(count + 1, Relaxed);
        table.stamp += 1;
        let place = (address(channel), table.stamp);
        let meaning = Meaning {
            channel: channel.clone(),
            place,
            _charge: charge,
        };
        table.index.insert(index.into_node(place, name.clone()));
        table.names.insert(node.into_node(name, meaning));
        Ok(())
    }

    /// Takes a name away from a channel of the calling process.
    ///
    /// Fails with `ENOENT` if there is no such name, and with `EPERM` if it is somebody else's.
    pub(crate) fn detach(&self, name: &Name) -> Result {
        let mut table = self.table.lock();
        let meaning = table.names.get(name).ok_or(ENOENT)?;
        if !meaning.channel.owner.is_current() {
            return Err(EPERM);
        }
        let place = meaning.place;
        let count = &meaning.channel.names;
        count.store(count.load(Relaxed).saturating_sub(1), Relaxed);
        let gone = table.remove(name, place);
        drop(table);
        drop(gone);
        Ok(())
    }

    /// The channel that a name means; `ENOENT` if there is none.
    pub(crate) fn find(&self, name: &Name) -> Result<Arc<Channel>> {
        let table = self.table.lock();
        Ok(table.names.get(name).ok_or(ENOENT)?.channel.clone())
    }

    /// Takes all names away from a channel that has begun to end.
    pub(crate) fn forget(&self, channel: &Channel) {
        loop {
            let mut table = self.table.lock();
            let Some((place, name)) = table.name_of(channel) else {
                return;
            };
            let gone = table.remove(&name, place);
            drop(table);
            drop(gone);
        }
    }
}

fn address(channel: &Channel) -> usize {
    core::ptr::from_ref(channel) as usize
}

impl Table {
    /// Any name of a channel.
    fn name_of(&self, channel: &Channel) -> Option<(Place, Name)> {
        let cursor = self.index.cursor_lower_bound(&(address(channel), 0))?;
        let (place, name) = cursor.current();
        (place.0 == address(channel)).then(|| (*place, name.clone()))
    }

    /// Takes a name out; what is returned is to be freed after the lock.
    fn remove(&mut self, name: &Name, place: Place) -> impl Sized {
        (self.names.remove_node(name), self.index.remove_node(&place))
    }
}
