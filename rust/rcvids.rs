// SPDX-License-Identifier: GPL-2.0-only

//! Which channel and which client a receive id of a session means, for as long as the client is
//! connected.
//!
//! Lock: `Rcvids::tables`; the lock of a rendezvous may be taken inside of it. Nothing is freed
//! while it is held.

use crate::base::{
    id,
    id::Rcvid, //
};
use crate::rendezvous::tables::Client;
use kernel::{
    prelude::*,
    rbtree::{
        RBTree,
        RBTreeNode,
        RBTreeNodeReservation, //
    },
    sync::{
        new_spinlock,
        Arc,
        SpinLock, //
    }, //
};

/// Blocks that a client keeps when it goes on with the next one, so that events can be delivered
/// by the ids of its last two million messages.
const KEEP: usize = 64;
/// From so many blocks of the session on clients keep no more than they need.
const MANY: usize = id::MAX_BLOCK as usize / 2;
/// Blocks that are looked at in one go of the lock.
const STRETCH: usize = 128;

/// A block of receive ids.
struct Block<C> {
    channel: Arc<C>,
    client: Arc<Client>,
    /// Key of the index.
    age: Age,
}

/// Client, by address, and when it got the block. The block holds the client, so that the address
/// stays its own.
type Age = (usize, u64);

struct Tables<C> {
    blocks: RBTree<u16, Block<C>>,
    /// The blocks of each client, oldest first.
    ages: RBTree<Age, u16>,
    stamp: u64,
    /// How many blocks are given out.
    count: usize,
    last: u16,
    /// How often the numbers have gone round: a block begins elsewhere each time, so that clients
    /// that send but one message do not all get the same few ids.
    round: u32,
}

/// A block and its entry in the index, taken out of the tables, to be freed after the lock.
type Gone<C> = (RBTreeNode<u16, Block<C>>, Option<RBTreeNode<Age, u16>>);

/// The receive ids of one session, whose channels are of type `C`.
#[pin_data]
pub(crate) struct Rcvids<C> {
    #[pin]
    tables: SpinLock<Tables<C>>,
}

impl<C> Rcvids<C> {
    /// No ids given out.
    pub(crate) fn new() -> impl PinInit<Self> {
        let tables = Tables {
            blocks: RBTree::new(),
            ages: RBTree::new(),
            stamp: 0,
            count: 0,
            last: 0,
            round: 0,
        };
        pin_init!(Self {
            tables <- new_spinlock!(tables, "Rcvids::tables"),
        })
    }

    /// The channel that an id was given out by.
    pub(crate) fn channel(&self, rcvid: Rcvid) -> Option<Arc<C>> {
        let tables = self.tables.lock();
        Some(tables.blocks.get(&rcvid.block())?.channel.clone())
    }

    /// The same, and the client whose message it named, answered or not.
    pub(crate) fn client(&self, rcvid: Rcvid) -> Option<(Arc<C>, Arc<Client>)> {
        let tables = self.tables.lock();
        let block = tables.blocks.get(&rcvid.block())?;
        Some((block.channel.clone(), block.client.clone()))
    }

    /// Finds a block that nobody uses for a client of `channel`, and has it `refill`ed with that
    /// number, from that place on; then it is kept if that was wanted.
    ///
    /// A client with more than enough blocks loses its oldest one that is not `in_use`; when most
    /// are given out, one is enough. Both functions may take the lock of the rendezvous. Fails with
    /// `EAGAIN` if there is no block, and with `ENOMEM`.
    pub(crate) fn add(
        &self,
        channel: &Arc<C>,
        client: &Arc<Client>,
        in_use: impl Fn(u16) -> bool,
        refill: impl FnOnce(u16, u32) -> bool,
    ) -> Result {
        let node = RBTreeNodeReservation::new(GFP_KERNEL_ACCOUNT)?;
        let index = RBTreeNodeReservation::new(GFP_KERNEL_ACCOUNT)?;
        // Declared before the lock is taken, so that they are freed after it.
        let _old;
        let mut memory = Some((node, index));
        let mut tables = self.tables.lock();
        let number = tables.unused().ok_or(EAGAIN)?;
        // In the lock, so that nobody takes the block away before its first id is given out.
        if !refill(number, tables.round) {
            return Ok(());
        }
        if let Some((node, index)) = memory.take() {
            tables.stamp += 1;
            tables.count += 1;
            let age = (address(client), tables.stamp);
            let block = Block {
                channel: channel.clone(),
                client: client.clone(),
                age,
            };
            tables.blocks.insert(node.into_node(number, block));
            tables.ages.insert(index.into_node(age, number));
        }
        _old = tables.shorten(client, in_use);
        Ok(())
    }

    /// Forgets the ids of a client that is gone.
    pub(crate) fn forget(&self, client: &Client) {
        loop {
            // Declared before the lock is taken, so that it is freed after it.
            let _gone;
            let mut tables = self.tables.lock();
            let Some(number) = tables.blocks_of(client).next() else {
                return;
            };
            _gone = tables.remove(number);
        }
    }

    /// Forgets the ids of a channel that is gone.
    pub(crate) fn forget_channel(&self, channel: &C) {
        let mut from = Some(0);
        while let Some(number) = from {
            // Declared before the lock is taken, so that it is freed after it.
            let _gone;
            let mut tables = self.tables.lock();
            (from, _gone) = tables.take_of(channel, number);
        }
    }

    /// Forgets all ids.
    pub(crate) fn clear(&self) {
        let mut tables = self.tables.lock();
        let blocks = core::mem::take(&mut tables.blocks);
        let ages = core::mem::take(&mut tables.ages);
        tables.count = 0;
        drop(tables);
        drop((blocks, ages));
    }
}

fn address(client: &Client) -> usize {
    core::ptr::from_ref(client) as usize
}

impl<C> Tables<C> {
    /// The next number that is free.
    fn unused(&mut self) -> Option<u16> {
        if self.count >= usize::from(id::MAX_BLOCK) {
            return None;
        }
        let mut number = self.last;
        for _ in 0..id::MAX_BLOCK {
            number = id::next_block(number);
            if number == 1 {
                self.round = self.round.wrapping_add(1);
            }
            if self.blocks.get(&number).is_none() {
                self.last = number;
                return Some(number);
            }
        }
        None
    }

    /// The blocks of a client, oldest first.
    fn blocks_of(&self, client: &Client) -> impl Iterator<Item = u16> + '_ {
        let client = address(client);
        let mut from = 0;
        core::iter::from_fn(move || {
            let cursor = self.ages.cursor_lower_bound(&(client, from))?;
            let ((owner, stamp), number) = cursor.current();
            from = stamp + 1;
            (*owner == client).then_some(*number)
        })
    }

    /// Takes out the oldest block that is not in use of a client that has more than enough; of
    /// those that are looked at, never the youngest.
    fn shorten(&mut self, client: &Client, in_use: impl Fn(u16) -> bool) -> Option<Gone<C>> {
        let keep = if self.count < MANY { KEEP } else { 1 };
        self.blocks_of(client).nth(keep)?;
        let unused = self
            .blocks_of(client)
            .take(keep)
            .find(|number| !in_use(*number))?;
        self.remove(unused)
    }

    fn remove(&mut self, number: u16) -> Option<Gone<C>> {
        let age = self.blocks.get(&number)?.age;
        let index = self.ages.remove_node(&age);
        self.count -= 1;
        Some((self.blocks.remove_node(&number)?, index))
    }

    /// Looks through a stretch of blocks from `from` on, and takes the first of `channel` out.
    ///
    /// Also returns where to go on, if there are more.
    fn take_of(&mut self, channel: &C, from: u16) -> (Option<u16>, Option<Gone<C>>) {
        let mut from = from;
        for _ in 0..STRETCH {
            let Some(cursor) = self.blocks.cursor_lower_bound(&from) else {
                return (None, None);
            };
            let (number, block) = cursor.current();
            let (number, ours) = (*number, core::ptr::eq(&*block.channel, channel));
            let next = number.checked_add(1);
            if ours {
                return (next, self.remove(number));
            }
            match next {
                Some(next) => from = next,
                None => return (None, None),
            }
        }
        (Some(from), None)
    }
}
