// SPDX-License-Identifier: MIT OR Apache-2.0

//! A client, from the server's side, beyond the one message.

use std::fmt;
use std::sync::Arc;

use qipc_sys as sys;

use crate::error::Result;
use crate::event::Event;
use crate::info::ClientInfo;
use crate::raw::Session;

/// A client that a message came from, as long as it is connected: what a server keeps to have events happen to it. QNX: a
/// `rcvid` that is kept for `MsgDeliverEvent`.
///
/// It outlives the message, and says nothing about whether the client is still there.
///
/// ```no_run
/// use qipc::{Channel, Client, Event, EventHandle, Received};
///
/// fn subscribe(channel: &Channel, clients: &mut Vec<(Client, EventHandle)>) -> qipc::Result<()> {
///     let mut handle = [0; 4];
///     if let Received::Request(request) = channel.receive(&mut handle)? {
///         let handle = EventHandle(i32::from_ne_bytes(handle));
///         clients.push((request.client(), handle));
///         request.reply(0, ())?;
///     }
///     Ok(())
/// }
///
/// fn tell(clients: &mut Vec<(Client, EventHandle)>, value: u64) {
///     // Those that have gone are forgotten.
///     clients.retain(|(client, handle)| {
///         let event = Event::Registered { handle: *handle, value };
///         client.deliver(event).is_ok()
///     });
/// }
/// ```
#[derive(Clone)]
pub struct Client {
    session: Arc<Session>,
    rcvid: i64,
    scoid: i32,
}

impl Client {
    pub(crate) fn new(session: Arc<Session>, rcvid: i64, scoid: i32) -> Self {
        Self {
            session,
            rcvid,
            scoid,
        }
    }

    /// The server's name for the client, which its messages have in [`MessageInfo::scoid`](crate::MessageInfo::scoid).
    #[must_use]
    pub fn scoid(&self) -> i32 {
        self.scoid
    }

    /// Has `event` happen to the client. Never blocks; from any thread, also after the answer. QNX `MsgDeliverEvent`.
    ///
    /// An event that the client has registered ([`Event::Registered`]) is delivered if it has named this server. One
    /// that the server makes up needs the right to send the client signals (same user, or `CAP_KILL`), and a connection
    /// without [`NOEVENT`](crate::ConnectFlags::NOEVENT) and [`REG_EVENTS`](crate::ConnectFlags::REG_EVENTS).
    ///
    /// # Errors
    ///
    /// - `ESRCH`: the client is not connected any more, or has ended; or the pulse's `coid` is no connection of it.
    /// - `EBADF`: the channel that the pulse would go to is gone.
    /// - `EACCES`: the connection forbids it, or the registered event is not for this server.
    /// - `EPERM`: the server may not send signals to the client.
    /// - `EINVAL`: a signal, code or priority out of range, or a kind of event that cannot be delivered.
    /// - `EAGAIN`: no room for another pulse. `ENOMEM`. [`Stale`](crate::Error::Stale).
    pub fn deliver(&self, event: Event<'_>) -> Result<()> {
        self.session.event_deliver(self.rcvid, event.to_raw(), 0)
    }

    /// Says whether `event` could be delivered, and does nothing. QNX `MsgVerifyEvent`.
    ///
    /// # Errors
    ///
    /// As for [`deliver`](Self::deliver).
    pub fn verify(&self, event: Event<'_>) -> Result<()> {
        let flags = sys::QIPC_EVENT_VERIFY;
        self.session
            .event_deliver(self.rcvid, event.to_raw(), flags)
    }

    /// Who the client was when it connected. QNX `ConnectClientInfo`.
    ///
    /// # Errors
    ///
    /// `EINVAL` when it is not connected any more; [`Stale`](crate::Error::Stale).
    pub fn info(&self) -> Result<ClientInfo> {
        client_info(&self.session, self.scoid)
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("scoid", &self.scoid)
            .finish_non_exhaustive()
    }
}

/// Asks until there is room for all groups.
pub(crate) fn client_info(session: &Session, scoid: i32) -> Result<ClientInfo> {
    // What Linux lets a process have.
    const MOST: usize = 65_536;
    let mut groups = vec![0; 32];
    loop {
        let info = session.connect_client_info(scoid, &mut groups)?;
        let there = (info.ngroups as usize).min(MOST);
        if there <= groups.len() {
            groups.truncate(there);
            return Ok(ClientInfo::new(&info, groups));
        }
        groups.resize(there, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_can_be_shared_between_threads() {
        fn check<T: Send + Sync + Clone + 'static>() {}
        check::<Client>();
    }
}
