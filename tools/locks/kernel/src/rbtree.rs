// SPDX-License-Identifier: GPL-2.0-only

//! Ordered trees whose nodes are allocated beforehand.

use core::marker::PhantomData;
use std::collections::BTreeMap;

use crate::alloc::Flags;
use crate::error::{Error, Result};

pub struct RBTree<K, V>(BTreeMap<K, V>);

pub struct RBTreeNode<K, V>(K, V);

pub struct RBTreeNodeReservation<K, V>(PhantomData<fn() -> (K, V)>);

/// As that of the kernel does.
impl<K, V> Drop for RBTree<K, V> {
    fn drop(&mut self) {}
}

impl<K, V> RBTreeNodeReservation<K, V> {
    pub fn new(_: Flags) -> Result<Self, Error> {
        Ok(Self(PhantomData))
    }

    pub fn into_node(self, key: K, value: V) -> RBTreeNode<K, V> {
        RBTreeNode(key, value)
    }
}

impl<K, V> RBTreeNode<K, V> {
    pub fn new(key: K, value: V, _: Flags) -> Result<Self, Error> {
        Ok(Self(key, value))
    }

    pub fn into_reservation(self) -> RBTreeNodeReservation<K, V> {
        RBTreeNodeReservation(PhantomData)
    }
}

pub struct Cursor<'a, K, V>(&'a K, &'a V);

impl<'a, K, V> Cursor<'a, K, V> {
    pub fn current(&self) -> (&'a K, &'a V) {
        (self.0, self.1)
    }
}

pub struct CursorMut<'a, K, V>(&'a mut BTreeMap<K, V>, K);

impl<'a, K: Ord + Clone, V> CursorMut<'a, K, V> {
    pub fn current_mut(&mut self) -> (&K, &mut V) {
        let value = self.0.get_mut(&self.1).expect("it is there");
        (&self.1, value)
    }

    pub fn remove_current(self) -> (Option<Self>, RBTreeNode<K, V>) {
        let value = self.0.remove(&self.1).expect("it is there");
        (None, RBTreeNode(self.1, value))
    }
}

impl<K: Ord, V> RBTree<K, V> {
    #[allow(clippy::new_without_default)]
    pub fn new() -> Self {
        Self(BTreeMap::new())
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn insert(&mut self, node: RBTreeNode<K, V>) -> Option<RBTreeNode<K, V>>
    where
        K: Clone,
    {
        let key = node.0.clone();
        let before = self.0.insert(node.0, node.1)?;
        Some(RBTreeNode(key, before))
    }

    pub fn remove_node(&mut self, key: &K) -> Option<RBTreeNode<K, V>> {
        let (key, value) = self.0.remove_entry(key)?;
        Some(RBTreeNode(key, value))
    }

    pub fn get(&self, key: &K) -> Option<&V> {
        self.0.get(key)
    }

    pub fn cursor_lower_bound(&self, key: &K) -> Option<Cursor<'_, K, V>> {
        self.0
            .range(key..)
            .next()
            .map(|(key, value)| Cursor(key, value))
    }

    pub fn cursor_front(&self) -> Option<Cursor<'_, K, V>> {
        self.0
            .first_key_value()
            .map(|(key, value)| Cursor(key, value))
    }

    pub fn cursor_back(&self) -> Option<Cursor<'_, K, V>> {
        self.0
            .last_key_value()
            .map(|(key, value)| Cursor(key, value))
    }

    pub fn cursor_front_mut(&mut self) -> Option<CursorMut<'_, K, V>>
    where
        K: Clone,
    {
        let key = self.0.first_key_value()?.0.clone();
        Some(CursorMut(&mut self.0, key))
    }

    pub fn cursor_lower_bound_mut(&mut self, key: &K) -> Option<CursorMut<'_, K, V>>
    where
        K: Clone,
    {
        let key = self.0.range(key..).next()?.0.clone();
        Some(CursorMut(&mut self.0, key))
    }

    pub fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.0.iter()
    }
}
