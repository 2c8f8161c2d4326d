// SPDX-License-Identifier: MIT OR Apache-2.0

//! Events that a client has given a server leave to deliver.

use std::sync::Arc;

use qipc_sys as sys;

use crate::connection::Connection;
use crate::error::Result;
use crate::event::{Event, EventHandle};
use crate::raw::Session;

/// Who may deliver a registered event.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Deliverer<'a> {
    /// The server that this connection leads to.
    Server(&'a Connection),
    /// Each server that this process is connected to. QNX `_NTO_REGEVENT_ALLOW_ANY_SERVER`.
    AnyServer,
    /// This process itself. QNX `_NTO_REGEVENT_ALLOW_SELF`.
    Myself,
}

impl Deliverer<'_> {
    fn coid(self) -> i32 {
        match self {
            Self::Server(connection) => connection.coid(),
            Self::AnyServer => sys::QIPC_EVENT_ANY_SERVER,
            Self::Myself => sys::QIPC_EVENT_SELF,
        }
    }
}

/// An event that others may deliver to this process. QNX `MsgRegisterEvent`.
///
/// It is unregistered when dropped: from then on nobody can deliver it.
#[derive(Debug)]
pub struct RegisteredEvent {
    session: Arc<Session>,
    handle: Option<EventHandle>,
}

impl RegisteredEvent {
    pub(crate) fn new(
        session: &Arc<Session>,
        event: Event<'_>,
        by: Deliverer<'_>,
        notify: u32,
    ) -> Result<Self> {
        let mut event = event.to_raw();
        event.notify |= notify;
        let handle = session.event_register(event, by.coid())?;
        Ok(Self {
            session: Arc::clone(session),
            handle: Some(EventHandle(handle)),
        })
    }

    /// What the server needs to deliver it.
    #[must_use]
    pub fn handle(&self) -> EventHandle {
        // It is there until the event is unregistered, which takes it.
        self.handle.unwrap_or(EventHandle(0))
    }

    /// Takes the leave back and reports how that went. QNX `MsgUnregisterEvent`. Dropping does the same, silently.
    ///
    /// # Errors
    ///
    /// [`Stale`](crate::Error::Stale) in a fork.
    pub fn unregister(mut self) -> Result<()> {
        self.end()
    }

    fn end(&mut self) -> Result<()> {
        match self.handle.take() {
            None => Ok(()),
            Some(handle) => self.session.event_unregister(handle.0),
        }
    }
}

impl Drop for RegisteredEvent {
    fn drop(&mut self) {
        // What can fail: this is a fork, and the event is the parent's, which keeps it.
        let _ = self.end();
    }
}
