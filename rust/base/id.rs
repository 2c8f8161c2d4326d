// SPDX-License-Identifier: GPL-2.0-only

//! Numbers that user space knows objects by.

use super::abi;

/// Bits of a receive id that number the messages inside one block.
const SERIAL_BITS: u32 = 15;
/// Ids in a block.
const BLOCK_SIZE: u32 = 1 << SERIAL_BITS;

/// Highest block number: a receive id is a positive 31-bit value.
pub(crate) const MAX_BLOCK: u16 = u16::MAX;

/// Name of one received message.
///
/// A session hands out blocks of 32,768 consecutive ids to the clients of its channels, in turn and
/// starting at block 1, and a client uses each id of a block once. So a number comes back only
/// after 2^31 messages of the session, and a late reply finds nothing instead of a later message
/// (B45); and an id still tells whose message it was after that was answered (MsgDeliverEvent).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Rcvid(u32);

impl Rcvid {
    /// The id that a user named, if it can be one.
    pub(crate) fn from_user(value: i64) -> Option<Self> {
        match u32::try_from(value) {
            Ok(id) if id >> SERIAL_BITS >= 1 && id <= i32::MAX as u32 => Some(Self(id)),
            _ => None,
        }
    }

    /// The value that user space sees.
    pub(crate) fn as_user(self) -> i64 {
        i64::from(self.0)
    }

    /// The block that the id belongs to.
    pub(crate) fn block(self) -> u16 {
        (self.0 >> SERIAL_BITS) as u16
    }

    fn serial(self) -> u32 {
        self.0 & (BLOCK_SIZE - 1)
    }

    /// The next id; no other lies between the two.
    pub(crate) fn successor(self) -> Self {
        Self(self.0.wrapping_add(1))
    }

    /// The first id of a block, for range searches.
    pub(crate) fn first_of(block: u16) -> Self {
        Self(u32::from(block) << SERIAL_BITS)
    }
}

/// Source of the receive ids of one client: the unused rest of its current block.
#[derive(Debug)]
pub(crate) struct RcvidSource {
    block: u16,
    serial: u32,
    left: u32,
}

impl RcvidSource {
    /// A source without a block.
    pub(crate) const fn empty() -> Self {
        Self {
            block: 0,
            serial: 0,
            left: 0,
        }
    }

    /// Goes on with `block`, from serial number `start` on and around; what was left of the old
    /// block is never used.
    pub(crate) fn refill(&mut self, block: u16, start: u32) {
        self.block = block;
        self.serial = start % BLOCK_SIZE;
        self.left = BLOCK_SIZE;
    }

    /// Whether a block is needed before the next id.
    pub(crate) fn is_empty(&self) -> bool {
        self.left == 0
    }

    /// Whether an id of this block, or of an earlier one, was taken.
    ///
    /// Blocks before the present one are used up.
    pub(crate) fn has_given(&self, id: Rcvid) -> bool {
        // How many ids ago it was taken, or would have been, this one being 0.
        let age = (self.serial + 2 * BLOCK_SIZE - 1 - id.serial()) % BLOCK_SIZE;
        id.block() != self.block || age < BLOCK_SIZE - self.left
    }

    /// The id that was taken last was not given to anybody: it is the next one again.
    pub(crate) fn give_back(&mut self) {
        self.serial = (self.serial + BLOCK_SIZE - 1) % BLOCK_SIZE;
        self.left += 1;
    }

    /// The next id, or `None` when the block is used up.
    #[inline(always)]
    pub(crate) fn take(&mut self) -> Option<Rcvid> {
        if self.left == 0 {
            return None;
        }
        let id = Rcvid((u32::from(self.block) << SERIAL_BITS) | self.serial);
        self.serial = (self.serial + 1) % BLOCK_SIZE;
        self.left -= 1;
        Some(id)
    }
}

/// The block after `block`, in a circle that leaves 0 out.
pub(crate) fn next_block(block: u16) -> u16 {
    if block == MAX_BLOCK {
        1
    } else {
        block + 1
    }
}

/// Number of a side-channel connection inside its session, if the coid can be one.
///
/// The numbers leave out the bit that marks a scoid, so that nobody mistakes one for the other.
pub(crate) fn side_number(coid: i32) -> Option<u32> {
    let value = coid as u32 & !abi::SIDE_CHANNEL;
    let number = (value >> (SCOID_BIT + 1) << SCOID_BIT) | (value & SCOID_MASK);
    (coid > 0 && side_coid(number) == coid && number != 0).then_some(number)
}

/// The lowest number of a side-channel connection whose coid is not below `coid`.
pub(crate) fn side_number_from(coid: i32) -> u32 {
    let value = coid as u32;
    if coid < 0 || value & abi::SIDE_CHANNEL == 0 {
        return 1;
    }
    let value = value & !abi::SIDE_CHANNEL;
    let high = value >> (SCOID_BIT + 1) << SCOID_BIT;
    if value & abi::CONNECTION_SCOID != 0 {
        high + abi::CONNECTION_SCOID
    } else {
        (high | (value & SCOID_MASK)).max(1)
    }
}

/// The coid of side-channel connection `number`.
pub(crate) fn side_coid(number: u32) -> i32 {
    let value = (number >> SCOID_BIT << (SCOID_BIT + 1)) | (number & SCOID_MASK);
    (value | abi::SIDE_CHANNEL) as i32
}

/// Place of the bit that marks a scoid; the bits below it are the number of the client.
const SCOID_BIT: u32 = abi::CONNECTION_SCOID.trailing_zeros();
const SCOID_MASK: u32 = abi::CONNECTION_SCOID - 1;

/// The scoid of client `number`.
pub(crate) fn scoid(number: u32) -> i32 {
    (number | abi::SIDE_CHANNEL | abi::CONNECTION_SCOID) as i32
}

/// Number of the client that a scoid names, if it can be one.
pub(crate) fn scoid_number(value: i32) -> Option<u32> {
    let number = value as u32 & SCOID_MASK;
    (scoid(number) == value && number != 0).then_some(number)
}
