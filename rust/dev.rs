// SPDX-License-Identifier: GPL-2.0-only

//! The three kinds of file that user space sees: sessions, connections and channels.
//!
//! Thin: says which function an ioctl means, and turns objects into descriptors.

use crate::base::abi;
use crate::channel::Channel;
use crate::connection::{
    Connection,
    Descriptor, //
};
use crate::home::Home;
use crate::ops::{
    self,
    connect::Attached, //
};
use crate::registry::Registry;
use crate::rendezvous::tables::Origin;
use crate::session::Session;
use crate::sys::{
    address_space::Watch,
    errno,
    fops::{
        anonymous_file,
        Closing,
        FileObject, //
    },
    misc::Device,
    poll::{
        Poller,
        HANGUP,
        READABLE, //
    },
    remote_mm::RemoteMemory,
    task,
    user_args::UserArg, //
};
use kernel::{
    fs::{
        file::{
            flags,
            FileDescriptorReservation, //
        },
        File, //
    },
    prelude::*,
    sync::{
        Arc,
        ArcBorrow,
        SetOnce, //
    }, //
};

/// An open `/dev/qipc`.
pub(crate) struct SessionFile {
    session: Arc<Session>,
    /// The program that opened it.
    home: RemoteMemory,
    /// Ends the session when its process execs or exits, whoever holds the file. Made by the first
    /// call, not by the open: it waits for locks of the caller's memory, and all devices of this
    /// kind are opened under one lock.
    watch: SetOnce<Pin<KBox<Watch<Session>>>>,
}

impl SessionFile {
    /// Whether the caller is the program that opened the session; `ESTALE` if not.
    #[inline]
    fn check_owner(&self) -> Result {
        if !self.home.is_current() {
            return Err(errno::stale());
        }
        self.session.check_owner()?;
        if self.watch.as_ref().is_none() {
            self.begin_watch()?;
        }
        Ok(())
    }

    #[cold]
    fn begin_watch(&self) -> Result {
        // If another thread was faster, its watch is as good.
        self.watch.populate(Watch::current(self.session.clone())?);
        Ok(())
    }

    /// Any call but the one that comes most.
    #[inline(never)]
    fn other_ioctl(&self, cmd: u32, arg: usize) -> Result<isize> {
        let session = &self.session;
        let size = abi::arg_size(cmd);
        if abi::CONNECT_ATTACH.matches(cmd) {
            return match ops::connect::attach(session, arg, size)? {
                Attached::Side => Ok(0),
                Attached::Descriptor {
                    object,
                    close_on_exec,
                    coid,
                } => {
                    let connection = object.connection().map_err(ops::connect::gone)?;
                    let number = reserve(close_on_exec)?;
                    let file = ConnectionFile {
                        descriptor: object,
                        registry: session.registry.clone(),
                        home: session.home.clone(),
                        first: number.reserved_fd() as i32,
                        origin: connection.origin().clone(),
                    };
                    file.install(number, connection, &coid)
                }
            };
        }
        if abi::CHANNEL_FD.matches(cmd) {
            let (channel, close_on_exec) = ops::channel::pollable(session, arg, size)?;
            return ChannelFile(channel).install(close_on_exec);
        }
        ops::call(session, cmd, arg)
    }
}

impl Device for SessionFile {
    type Shared = Arc<Registry>;

    fn open(registry: &Arc<Registry>, _file: &File) -> Result<Arc<Self>> {
        let file = Self {
            session: Session::new(registry.clone())?,
            home: RemoteMemory::current()?,
            watch: SetOnce::new(),
        };
        Ok(Arc::new(file, GFP_KERNEL_ACCOUNT)?)
    }
}

#[vtable]
impl FileObject for SessionFile {
    #[inline]
    fn ioctl(this: ArcBorrow<'_, Self>, cmd: u32, arg: usize) -> Result<isize> {
        this.check_owner()?;
        if cmd == abi::MSG_REPLY_RECEIVE.number() {
            // The one call of most servers.
            return ops::reply_receive(&this.session, arg, abi::arg_size(cmd));
        }
        this.other_ioctl(cmd, arg)
    }

    fn flush(this: ArcBorrow<'_, Self>, _closing: Closing<'_>) {
        // The address space may live longer than the process, if a child of vfork has it.
        if task::is_last_thread_exiting() && this.session.check_owner().is_ok() {
            this.session.end();
        }
    }

    fn release(this: Arc<Self>) {
        this.session.end();
    }
}

/// A connection that is a descriptor.
struct ConnectionFile {
    descriptor: Arc<Descriptor>,
    registry: Arc<Registry>,
    /// Of the session that made it, where events find it by its first number.
    home: Arc<Home>,
    first: i32,
    /// What the connection of the process that made it is known by.
    origin: Arc<Origin>,
}

impl ConnectionFile {
    /// Gives the caller, whose `connection` it is, a descriptor, after it was told which.
    fn install(
        self,
        reserved: FileDescriptorReservation,
        connection: Arc<Connection>,
        coid: &UserArg<i32>,
    ) -> Result<isize> {
        let this = Arc::new(self, GFP_KERNEL_ACCOUNT)?;
        let file = anonymous_file(c"[qipc-connection]", this.clone())?;
        connection.watch(this.first).map_err(ops::connect::gone)?;
        coid.write(&this.first)?;
        // Before the descriptor is there: whoever closes it takes this away.
        this.home.descriptor_made(this.first, connection)?;
        reserved.fd_install(file);
        Ok(0)
    }

    /// Any call but the one that comes most.
    #[inline(never)]
    fn other_ioctl(&self, cmd: u32, arg: usize, size: usize) -> Result<isize> {
        if abi::MSG_SEND.matches(cmd) {
            ops::send::by_descriptor(&self.descriptor, &self.registry, arg, size)
        } else if abi::PULSE_SEND.matches(cmd) {
            ops::pulse::by_descriptor(&self.descriptor, arg, size)
        } else if abi::CONNECT_SERVER_INFO.matches(cmd) {
            ops::peer::server_info_of(&self.descriptor, arg, size)
        } else if abi::CONNECT_DETACH.matches(cmd) {
            ops::connect::detach_name(&self.descriptor, arg, size)
        } else {
            Err(ENOTTY)
        }
    }

    /// Events do not find it any more.
    fn hide(&self) {
        self.home.descriptor_closed(self.first, &self.origin);
    }
}

#[vtable]
impl FileObject for ConnectionFile {
    fn ioctl(this: ArcBorrow<'_, Self>, cmd: u32, arg: usize) -> Result<isize> {
        let size = abi::arg_size(cmd);
        if cmd == abi::MSG_SEND.number() {
            // What most of them are for.
            return ops::send::by_descriptor(&this.descriptor, &this.registry, arg, size);
        }
        this.other_ioctl(cmd, arg, size)
    }

    fn flush(this: ArcBorrow<'_, Self>, closing: Closing<'_>) {
        if task::is_last_thread_exiting() {
            this.descriptor.leave();
        } else if closing.was_last_of_caller() {
            if this.home.process().is_current() {
                this.hide();
            }
            this.descriptor.forget();
        }
    }

    fn release(this: Arc<Self>) {
        // A process that shares its descriptors with the one that made this may have closed the last.
        this.hide();
    }
}

/// A channel that can be polled.
struct ChannelFile(Arc<Channel>);

impl ChannelFile {
    fn install(self, close_on_exec: bool) -> Result<isize> {
        let reserved = reserve(close_on_exec)?;
        let file = anonymous_file(c"[qipc-channel]", Arc::new(self, GFP_KERNEL_ACCOUNT)?)?;
        let number = reserved.reserved_fd();
        reserved.fd_install(file);
        Ok(number as isize)
    }
}

#[vtable]
impl FileObject for ChannelFile {
    fn poll<'a>(this: &'a Self, poller: Poller<'a>) -> u32 {
        let (readable, open) = this.0.rendezvous.poll(poller);
        match (open, readable) {
            (false, _) => HANGUP,
            (true, true) => READABLE,
            (true, false) => 0,
        }
    }
}

fn reserve(close_on_exec: bool) -> Result<FileDescriptorReservation> {
    FileDescriptorReservation::get_unused_fd_flags(if close_on_exec { flags::O_CLOEXEC } else { 0 })
}
