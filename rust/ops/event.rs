// SPDX-License-Identifier: GPL-2.0-only

//! `QIPC_EVENT_DELIVER`, `QIPC_EVENT_REGISTER` and `QIPC_EVENT_UNREGISTER`.

use crate::base::abi;
use crate::channel::Channel;
use crate::events::{
    self,
    Deliverer,
    Event,
    PulseEvent,
    Registered, //
};
use crate::rendezvous::tables::Client;
use crate::session::Session;
use crate::sys::{
    signal::{
        self,
        Recipient, //
    },
    task::Process,
    user_args::UserArg, //
};
use core::mem::offset_of;
use kernel::{
    prelude::*,
    sync::Arc, //
};

/// `QIPC_EVENT_REGISTER`.
pub(super) fn register(session: &Session, arg: usize, size: usize) -> Result<isize> {
    let user = UserArg::<abi::EventRegister>::new(arg);
    let args = user.read(size)?;
    let by = match args.coid {
        abi::EVENT_ANY_SERVER => Deliverer::AnyServer,
        abi::EVENT_SELF => Deliverer::Oneself,
        coid => Deliverer::Server(session.home.connection(coid)?.channel().clone()),
    };
    let home = &session.home;
    let handle = home.events.register(home.clone(), &args.event, by)?;
    let out = user.field(offset_of!(abi::EventRegister, handle));
    if let Err(error) = out.write(&handle) {
        // An event that the caller does not know the handle of is of no use.
        let _ = home.events.unregister(handle);
        return Err(error);
    }
    Ok(0)
}

/// `QIPC_EVENT_UNREGISTER`.
pub(super) fn unregister(session: &Session, arg: usize, size: usize) -> Result<isize> {
    let args = UserArg::<abi::EventUnregister>::new(arg).read(size)?;
    if args.reserved != 0 {
        return Err(EINVAL);
    }
    session.home.events.unregister(args.handle)?;
    Ok(0)
}

/// `QIPC_EVENT_DELIVER`.
pub(super) fn deliver(session: &Session, arg: usize, size: usize) -> Result<isize> {
    let args = UserArg::<abi::EventDeliver>::new(arg).read(size)?;
    if args.flags & !abi::EVENT_VERIFY != 0 || args.reserved != 0 {
        return Err(EINVAL);
    }
    let verify = args.flags & abi::EVENT_VERIFY != 0;
    let event = &args.event;
    if event.notify & abi::EVENT_HANDLE != 0 {
        let registered = find_registered(session, args.rcvid, event)?;
        if verify {
            registered.verify()?;
        } else {
            registered.deliver(event.value)?;
        }
        return Ok(0);
    }
    if args.rcvid == 0 {
        let event = Event::new(session.home.clone(), event)?;
        return happen(&event, verify);
    }
    let (channel, client) = session.client_of(args.rcvid)?;
    let kind = events::kind_of(event, 0)?;
    if channel.restrictions(&client)? != 0 {
        return Err(EACCES);
    }
    let process = &client.process;
    signal::may_signal(process)?;
    match kind {
        abi::EVENT_NONE => Ok(0),
        abi::EVENT_PULSE => happen(&raw_pulse(session, process, event)?, verify),
        abi::EVENT_SIGNAL => {
            let number = events::signal_number(event)?;
            happen(
                &Event::Signal(Recipient::unasked(process.clone()), number),
                verify,
            )
        }
        abi::EVENT_SIGNAL_CODE => {
            let queued = events::queued(event)?;
            happen(
                &Event::SignalCode(Recipient::unasked(process.clone()), queued),
                verify,
            )
        }
        abi::EVENT_SIGNAL_THREAD => {
            let queued = events::queued(event)?;
            let (channel, rcvid) = session.by_rcvid(args.rcvid)?;
            let (message, _) = channel.rendezvous.find(rcvid)?;
            let thread = message.sender.thread().ok_or(ESRCH)?;
            if !verify {
                signal::to_thread(thread, queued)?;
            }
            Ok(0)
        }
        abi::EVENT_UNBLOCK => {
            let (channel, rcvid) = session.by_rcvid(args.rcvid)?;
            if verify {
                channel.rendezvous.find(rcvid)?;
            } else {
                channel.rendezvous.unblock(rcvid)?;
            }
            Ok(0)
        }
        _ => Err(EINVAL),
    }
}

fn happen(event: &Event, verify: bool) -> Result<isize> {
    if verify {
        event.verify()?;
    } else {
        event.deliver(None)?;
    }
    Ok(0)
}

/// The registered event that the caller may deliver to the client of a message, or to itself.
///
/// Fails with `EINVAL` if the flags are wrong, with `ESRCH` if the client is gone or has no event
/// of this handle, and with `EACCES` if the caller may not deliver it.
fn find_registered(session: &Session, rcvid: i64, event: &abi::Event) -> Result<Arc<Registered>> {
    events::kind_of(event, abi::EVENT_HANDLE | abi::EVENT_UPDATEABLE)?;
    let mut client: Option<(Arc<Channel>, Arc<Client>)> = None;
    if rcvid != 0 {
        client = Some(session.client_of(rcvid)?);
    }
    let process = match &client {
        Some((channel, client)) => {
            if channel.restrictions(client)? & abi::COF_NOEVENT != 0 {
                return Err(EACCES);
            }
            &client.process
        }
        None => session.home.process(),
    };
    let registered = session
        .registry
        .homes_of(process)
        .find_map(|home| home.events.find(event.target))
        .ok_or(ESRCH)?;
    registered.check(client.as_ref().map(|(channel, _)| channel))?;
    Ok(registered)
}

/// A pulse over a connection of a client, that the client has not registered.
///
/// Fails with `EINVAL` if a field is wrong or the code is one of the system, and with `ESRCH` if
/// the connection is none of the client.
fn raw_pulse(session: &Session, process: &Process, event: &abi::Event) -> Result<Event> {
    if !(0..=127).contains(&event.code) {
        return Err(EINVAL);
    }
    let home = session
        .registry
        .homes_of(process)
        .find(|home| home.target(event.target).is_ok())
        .ok_or(ESRCH)?;
    Ok(Event::Pulse(PulseEvent::new(home, event)?))
}
