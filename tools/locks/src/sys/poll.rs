// SPDX-License-Identifier: GPL-2.0-only

//! Nobody polls.

use core::marker::PhantomData;
use kernel::init::Make;
use kernel::prelude::*;

pub struct PollQueue;

impl PollQueue {
    pub fn new(_: ()) -> impl PinInit<Self, Error> {
        Make(|| Ok(Self))
    }

    pub fn notify(&self) {}
}

pub struct Poller<'a>(PhantomData<&'a ()>);

impl Poller<'_> {
    pub fn wait_for(&self, _: &PollQueue) {}
}
