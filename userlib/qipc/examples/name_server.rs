// SPDX-License-Identifier: MIT OR Apache-2.0

//! Counts the messages of each client that finds it by its name: `name_server NAME`. The status of an answer is the
//! client's count, the reply the number of clients. Clients that have gone are forgotten.

use std::collections::HashMap;

use qipc::{ChannelFlags, PulseKind, Qipc, Received};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let name = std::env::args().nth(1).ok_or("which name?")?;
    let channel = Qipc::open()?.channel_create(ChannelFlags::DISCONNECT)?;
    let _name = channel.name_attach(&name)?;
    println!("{name}");

    let mut counts: HashMap<i32, i64> = HashMap::new();
    loop {
        match channel.receive(())? {
            Received::Request(request) => {
                let count = counts.entry(request.info().scoid).or_default();
                *count += 1;
                let (count, clients) = (*count, counts.len() as u64);
                let _ = request.reply(count, &clients.to_ne_bytes());
            }
            Received::Pulse(pulse) => {
                if let PulseKind::Disconnect { scoid } = pulse.kind() {
                    // Gives the number free, and is refused if somebody only claims that the client has gone.
                    if channel.client_detach(scoid).is_ok() {
                        counts.remove(&scoid);
                    }
                }
            }
        }
    }
}
