// SPDX-License-Identifier: MIT OR Apache-2.0

//! The examples that the README quotes do what they say. The file server and its client are run by `make demo`.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};

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

pub fn echo_client_talks_to_echo_server() {
    let mut server = example("echo_server")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut address = String::new();
    let output = server.stdout.take().unwrap();
    BufReader::new(output).read_line(&mut address).unwrap();

    for text in ["hello", "", "again"] {
        let output = example("echo_client")
            .args([address.trim(), text])
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        let expected = format!("status 0, reply {text:?}\n");
        assert_eq!(String::from_utf8_lossy(&output.stdout), expected);
    }
    server.kill().unwrap();
    server.wait().unwrap();
    let output = example("echo_client")
        .args([address.trim(), "too late"])
        .output()
        .unwrap();
    assert!(!output.status.success());
}
