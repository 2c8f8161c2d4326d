// SPDX-License-Identifier: MIT OR Apache-2.0

//! Events that run a function.

use std::thread::{self, JoinHandle};

use rustix::io::Errno;

use crate::channel::{Address, Channel};
use crate::connection::{ConnectFlags, Connection};
use crate::device::Qipc;
use crate::error::{Error, Result};
use crate::event::Event;
use crate::options::ChannelFlags;

/// A thread that runs a function for each event that happens. QNX `SIGEV_THREAD`.
///
/// QNX makes a thread for each event. Here one thread runs them one after the other, so that a flood of events makes no
/// flood of threads; a function that wants more starts its own. The kernel sees pulses to a private channel.
///
/// Dropping it ends the thread, after the function that is running.
#[derive(Debug)]
pub struct EventThread {
    channel: Option<Channel>,
    connection: Connection,
    thread: Option<JoinHandle<()>>,
}

impl EventThread {
    /// Starts the thread, which waits for events of [`event`](Self::event).
    ///
    /// # Errors
    ///
    /// As for [`Qipc::channel_create`] and [`Qipc::connect_attach`]; `EAGAIN` when the thread cannot be made.
    pub fn start(qipc: &Qipc, mut run: impl FnMut(u64) + Send + 'static) -> Result<Self> {
        let channel = qipc.channel_create(ChannelFlags::PRIVATE)?;
        let own = Address {
            pid: 0,
            chid: channel.chid(),
        };
        let connection = qipc.connect_attach(own, ConnectFlags::empty())?;
        let receive = channel.pulse_receiver();
        let thread = thread::Builder::new()
            .name("qipc event".into())
            .spawn(move || loop {
                match receive() {
                    Ok(pulse) => run(pulse.value),
                    Err(error) if error.is_interrupted() => {}
                    // The channel is gone.
                    Err(_) => break,
                }
            })
            .map_err(|_| Error::Os(Errno::AGAIN))?;
        Ok(Self {
            channel: Some(channel),
            connection,
            thread: Some(thread),
        })
    }

    /// The event that runs the function with this value.
    #[must_use]
    pub fn event(&self, value: u64) -> Event<'static> {
        Event::pulse(self.connection.coid(), 0, value)
    }
}

impl Drop for EventThread {
    fn drop(&mut self) {
        drop(self.channel.take());
        if let Some(thread) = self.thread.take() {
            // The function itself may drop this; it cannot wait for itself.
            if thread.thread().id() != thread::current().id() {
                // A function that has panicked has said so already.
                let _ = thread.join();
            }
        }
    }
}
