// SPDX-License-Identifier: MIT OR Apache-2.0

//! Sends one message and prints the answer: `echo_client PID:CHID TEXT`.

use qipc::{ConnectFlags, Qipc};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let address = args.next().ok_or("which server?")?.parse()?;
    let text = args.next().ok_or("which text?")?;

    let server = Qipc::open()?.connect_attach(address, ConnectFlags::empty())?;
    let mut reply = vec![0; text.len()];
    let status = server.send(&text, &mut reply)?;
    println!(
        "status {status}, reply {:?}",
        String::from_utf8_lossy(&reply)
    );
    Ok(())
}
