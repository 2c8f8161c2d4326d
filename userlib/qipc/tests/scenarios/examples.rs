// SPDX-License-Identifier: MIT OR Apache-2.0

//! The examples that the README quotes do what they say. The file server and its client are run by `make demo`.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use qipc::{Address, ConnectFlags};

use crate::support::{connect, open, wait_until};

/// Where cargo puts examples beside tests; in the VM they are on the PATH.
fn example(name: &str) -> Command {
    let mut path = std::env::current_exe().unwrap();
    path.pop();
    path.pop();
    path.extend(["examples", name]);
    Command::new(if path.exists() {
        path
    } else {
        PathBuf::from(name)
    })
}

/// Starts an example that prints one line when it is ready.
fn start(command: &mut Command) -> (Child, String) {
    let mut server = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    let output = server.stdout.take().unwrap();
    BufReader::new(output).read_line(&mut line).unwrap();
    (server, line)
}

fn stop(mut server: Child) {
    server.kill().unwrap();
    server.wait().unwrap();
}

pub fn echo_client_talks_to_echo_server() {
    let (server, address) = start(&mut example("echo_server"));

    for text in ["hello", "", "again"] {
        let output = example("echo_client")
            .args([address.trim(), text])
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        let expected = format!("status 0, reply {text:?}\n");
        assert_eq!(String::from_utf8_lossy(&output.stdout), expected);
    }
    stop(server);
    let output = example("echo_client")
        .args([address.trim(), "too late"])
        .output()
        .unwrap();
    assert!(!output.status.success());
}

pub fn the_timer_server_counts() {
    let (server, address) = start(&mut example("timer_server"));
    let address: Address = address.trim().parse().unwrap();
    let client = connect(address);
    let first = client.send((), ()).unwrap();
    thread::sleep(Duration::from_millis(100));
    let second = client.send((), ()).unwrap();
    assert!(second >= first + 9, "{first}, then {second}");
    stop(server);
}

pub fn the_name_server_knows_its_clients() {
    let name = format!("scenario/{}/counter", std::process::id());
    let (server, line) = start(example("name_server").arg(&name));
    assert_eq!(line.trim(), name);
    // Count of this client, number of clients.
    let send = |client: &qipc::Connection| {
        let mut clients = [0; 8];
        let count = client.send((), &mut clients).unwrap();
        (count, u64::from_ne_bytes(clients))
    };
    let connect = |flags| open().name_open(&name, flags).unwrap();
    let one = connect(ConnectFlags::NOSHARE);
    assert_eq!(send(&one), (1, 1));
    let two = connect(ConnectFlags::NOSHARE);
    assert_eq!(send(&two), (1, 2));
    assert_eq!(send(&one), (2, 2));
    drop(one);
    wait_until("the server has heard of it", || send(&two).1 == 1);
    stop(server);
}
