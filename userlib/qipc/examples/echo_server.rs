// SPDX-License-Identifier: MIT OR Apache-2.0

//! Answers every message with the same bytes. Prints its address, which is the argument of `echo_client`.

use qipc::{ChannelFlags, Qipc, Received};

fn main() -> qipc::Result<()> {
    let channel = Qipc::open()?.channel_create(ChannelFlags::empty())?;
    println!("{}", channel.address());

    let mut message = [0; 1024];
    loop {
        // Pulses, which nobody waits for an answer to, mean nothing here.
        if let Received::Request(request) = channel.receive(&mut message)? {
            let echo = &message[..request.len()];
            // A client that has gone meanwhile is no reason to stop.
            let _ = request.reply(0, echo);
        }
    }
}
