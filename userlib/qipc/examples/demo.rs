// SPDX-License-Identifier: MIT OR Apache-2.0

//! The main job: `qipc-demo FILE` starts `file_server` and `file_client` as two processes, which move the file from one
//! to the other and back. The last line starts with `SHA-256 matches`, and the status is 0, if every byte is right.

use std::error::Error;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, ExitCode, Stdio};

/// A child that does not outlive this process's interest in it.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("qipc-demo: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let file = std::env::args().nth(1).ok_or("usage: qipc-demo FILE")?;
    let here = std::env::current_exe()?;

    let server = Command::new(here.with_file_name("file_server"))
        .stdout(Stdio::piped())
        .spawn()?;
    let mut server = Process(server);
    let mut address = String::new();
    let output = server.0.stdout.take().ok_or("no output of the server")?;
    BufReader::new(output).read_line(&mut address)?;
    let address = address.trim();
    if address.is_empty() {
        return Err("the server did not start".into());
    }

    let client = Command::new(here.with_file_name("file_client"))
        .args([address, &file])
        .spawn()?;
    let mut client = Process(client);
    println!(
        "server: process {}, address {address}; client: process {}",
        server.0.id(),
        client.0.id()
    );

    let status = client.0.wait()?;
    if !status.success() {
        return Err(format!("the client failed: {status}").into());
    }
    let status = server.0.wait()?;
    if !status.success() {
        return Err(format!("the server failed: {status}").into());
    }
    Ok(())
}
