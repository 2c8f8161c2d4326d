// SPDX-License-Identifier: GPL-2.0-only

//! The order in which waiting messages are received.

/// Place of a waiting item in a channel's queue.
///
/// Smaller keys are received first: higher priority, then earlier arrival (B77, B78). Keys are
/// unique because `arrival` is, so that an item can be taken out of the middle by its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    urgency: u16,
    arrival: u64,
}

impl Key {
    /// Lowest urgency of items that have a priority.
    const ORDINARY: u16 = 2;

    /// Not behind any other key.
    pub(crate) const FIRST: Self = Self {
        urgency: 0,
        arrival: 0,
    };

    /// Ahead of all items that have a priority, and behind those that have none.
    pub(crate) const FIRST_ORDINARY: Self = Self {
        urgency: Self::ORDINARY,
        arrival: 0,
    };

    /// Makes the key of an item that arrives at `priority` as number `arrival`.
    pub(crate) const fn new(priority: u8, arrival: u64) -> Self {
        Self {
            urgency: Self::ORDINARY + (u8::MAX - priority) as u16,
            arrival,
        }
    }

    /// Makes the key of an item that goes ahead of every priority (DISCONNECT, B108).
    pub(crate) const fn ahead(arrival: u64) -> Self {
        Self {
            urgency: Self::ORDINARY - 1,
            arrival,
        }
    }

    /// Whether the item goes ahead of every priority.
    pub(crate) const fn is_ahead(self) -> bool {
        self.urgency < Self::ORDINARY
    }

    /// The priority of an item that has one; 0 for one that goes ahead of them all.
    #[inline]
    pub(crate) const fn priority(self) -> u8 {
        // Which is one step above the highest priority, so that what is left of it in 8 bits is 0.
        (u8::MAX as u16 + Self::ORDINARY).wrapping_sub(self.urgency) as u8
    }

    /// The number of its arrival.
    pub(crate) const fn arrival(self) -> u64 {
        self.arrival
    }

    /// The next key; no other lies between the two.
    pub(crate) const fn successor(self) -> Self {
        Self {
            urgency: self.urgency,
            arrival: self.arrival.wrapping_add(1),
        }
    }
}
