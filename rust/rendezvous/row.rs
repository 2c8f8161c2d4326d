// SPDX-License-Identifier: GPL-2.0-only

//! An ordered table that is empty or has one entry most of the time.
//!
//! The first entry lies in the table itself; only what comes while it is there goes into a tree, with
//! memory that it brings along.

use kernel::rbtree::{
    RBTree,
    RBTreeNodeReservation, //
};

/// A table of `V` in the order of `K`.
///
/// Values are shared references: whoever takes one out holds another, so that nothing is freed in
/// the lock of the table.
pub(super) struct Row<K, V> {
    /// An entry that may lie anywhere in the order.
    lone: Option<(K, V)>,
    tree: RBTree<K, V>,
}

impl<K: Ord + Copy, V> Row<K, V> {
    pub(super) fn new() -> Self {
        Self {
            lone: None,
            tree: RBTree::new(),
        }
    }

    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.lone.is_none() && self.tree.is_empty()
    }

    /// The entry, if there is no other.
    #[inline]
    pub(super) fn only(&self) -> Option<(K, &V)> {
        match &self.lone {
            Some((key, value)) if self.tree.is_empty() => Some((*key, value)),
            _ => None,
        }
    }

    /// Takes it out.
    #[inline]
    pub(super) fn take_only(&mut self) -> Option<(K, V)> {
        if self.tree.is_empty() {
            self.lone.take()
        } else {
            None
        }
    }

    /// Adds an entry to a table without any; says whether it is one.
    #[inline(always)]
    pub(super) fn insert_only(&mut self, key: K, value: impl FnOnce() -> V) -> bool {
        let empty = self.is_empty();
        if empty {
            // There is nothing to be dropped in its place.
            core::mem::forget(self.lone.replace((key, value())));
        }
        empty
    }

    /// Adds an entry whose key is new. The memory in `node` is used if there are others.
    #[inline]
    pub(super) fn insert(
        &mut self,
        key: K,
        value: V,
        node: &mut Option<RBTreeNodeReservation<K, V>>,
    ) {
        if self.is_empty() {
            self.lone = Some((key, value));
        } else {
            self.insert_more(key, value, node);
        }
    }

    #[inline(never)]
    fn insert_more(&mut self, key: K, value: V, node: &mut Option<RBTreeNodeReservation<K, V>>) {
        if let Some(node) = node.take() {
            self.tree.insert(node.into_node(key, value));
        }
    }

    /// Takes an entry out; whether there was one, and the memory that it had brought along.
    pub(super) fn remove(&mut self, key: &K) -> Option<Option<RBTreeNodeReservation<K, V>>> {
        if matches!(&self.lone, Some((lone, _)) if lone == key) {
            self.lone = None;
            return Some(None);
        }
        let node = self.tree.remove_node(key)?;
        Some(Some(node.into_reservation()))
    }

    pub(super) fn get(&self, key: &K) -> Option<&V> {
        match &self.lone {
            Some((lone, value)) if lone == key => Some(value),
            _ => self.tree.get(key),
        }
    }

    /// The first entry whose key is not below `from`.
    pub(super) fn from(&self, from: &K) -> Option<(K, &V)> {
        let lone = self.lone.as_ref().filter(|(key, _)| key >= from);
        let Some(found) = self.tree.cursor_lower_bound(from) else {
            return lone.map(|(key, value)| (*key, value));
        };
        let key = *found.current().0;
        match lone {
            Some((lone, value)) if *lone < key => Some((*lone, value)),
            _ => Some((key, self.tree.get(&key)?)),
        }
    }

    /// The first entry.
    pub(super) fn first(&self) -> Option<(K, &V)> {
        if self.tree.is_empty() {
            return self.lone.as_ref().map(|(key, value)| (*key, value));
        }
        self.tree
            .iter()
            .next()
            .map(|(key, value)| (*key, value))
            .into_iter()
            .chain(self.lone.as_ref().map(|(key, value)| (*key, value)))
            .min_by(|one, other| one.0.cmp(&other.0))
    }

    /// Key of the first entry.
    #[inline]
    pub(super) fn first_key(&self) -> Option<K> {
        Some(self.first()?.0)
    }

    /// The last entry.
    pub(super) fn last(&self) -> Option<(K, &V)> {
        let lone = self.lone.as_ref().map(|(key, value)| (*key, value));
        let Some(last) = self.tree.cursor_back() else {
            return lone;
        };
        let key = *last.current().0;
        match lone {
            Some(lone) if lone.0 > key => Some(lone),
            _ => Some((key, self.tree.get(&key)?)),
        }
    }

    /// Whether one of the first entries, about `most` of them, is like that.
    #[inline]
    pub(super) fn any_of_first(&self, most: usize, is_it: impl Fn(K, &V) -> bool) -> bool {
        if matches!(&self.lone, Some((key, value)) if is_it(*key, value)) {
            return true;
        }
        // A plain loop, of which little is done for each entry.
        let mut left = most;
        for (key, value) in self.tree.iter() {
            if left == 0 {
                break;
            }
            left -= 1;
            if is_it(*key, value) {
                return true;
            }
        }
        false
    }
}
