// SPDX-License-Identifier: MIT OR Apache-2.0

//! Counts the pulses of a timer, 100 a second, and answers every message with the count: the shape of a driver that
//! looks at its device from time to time. Prints its address.

use std::time::Duration;

use qipc::{ChannelFlags, Clock, ConnectFlags, Event, Qipc, Received};

/// Code of the timer's pulses.
const TICK: i8 = 1;

fn main() -> qipc::Result<()> {
    let qipc = Qipc::open()?;
    let channel = qipc.channel_create(ChannelFlags::empty())?;
    // The timer's pulses take the same way as everybody's.
    let own = qipc.connect_attach(channel.address(), ConnectFlags::empty())?;
    let timer = qipc.timer_create(Clock::Monotonic, Event::pulse(own.coid(), TICK, 0))?;
    let period = Duration::from_millis(10);
    timer.start_periodic(period, period)?;
    println!("{}", channel.address());

    let mut ticks = 0;
    loop {
        match channel.receive(())? {
            Received::Pulse(pulse) if pulse.code == TICK => ticks += 1,
            Received::Pulse(_) => {}
            Received::Request(request) => {
                let _ = request.reply(ticks, ());
            }
        }
    }
}
