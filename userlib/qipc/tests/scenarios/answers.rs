// SPDX-License-Identifier: MIT OR Apache-2.0

//! Answers other than a plain reply.

use std::thread;

use qipc::{Errno, Error};

use crate::support::{channel, connect, pair, Child, Requests, EXPECTED_PANIC, UNTOUCHED};

/// B33.
pub fn an_error_is_an_answer() {
    pair(
        |client| {
            let mut reply = [UNTOUCHED; 8];
            for errno in [
                Errno::NOENT,
                Errno::INTR,
                Errno::FAULT,
                Errno::STALE,
                Errno::SRCH,
            ] {
                let error = client.send("question", &mut reply).unwrap_err();
                assert_eq!(error, Error::Answered(errno));
                assert_eq!(error.errno(), errno);
            }
            assert_eq!(reply, [UNTOUCHED; 8]);
        },
        |server| {
            for errno in [
                Errno::NOENT,
                Errno::INTR,
                Errno::FAULT,
                Errno::STALE,
                Errno::SRCH,
            ] {
                server.request(()).unwrap().error(errno).unwrap();
            }
        },
    );
}

/// B36.
pub fn a_message_can_be_sent_again() {
    pair(
        |client| {
            let mut reply = [0; 6];
            assert_eq!(client.send("again", &mut reply), Ok(5));
            assert_eq!(reply, *b"finish");
        },
        |server| {
            for _ in 0..3 {
                let mut message = [0; 5];
                server
                    .request(&mut message)
                    .unwrap()
                    .error(Errno::RESTART)
                    .unwrap();
                assert_eq!(message, *b"again");
            }
            let mut message = [0; 5];
            server
                .request(&mut message)
                .unwrap()
                .reply(5, "finish")
                .unwrap();
            assert_eq!(message, *b"again");
        },
    );
}

pub fn a_dropped_request_answers_eio() {
    pair(
        |client| assert_eq!(client.send("hello", ()), Err(Error::Answered(Errno::IO))),
        |server| drop(server.request(()).unwrap()),
    );
}

pub fn a_panicking_server_answers_eio() {
    pair(
        |client| assert_eq!(client.send("hello", ()), Err(Error::Answered(Errno::IO))),
        |server| {
            let result = std::panic::catch_unwind(|| {
                let _request = server.request(()).unwrap();
                std::panic::panic_any(EXPECTED_PANIC);
            });
            assert!(result.is_err());
        },
    );
}

/// B30, B31, B53.
pub fn requests_are_answered_in_any_order_by_any_thread() {
    let channel = channel();
    let address = channel.address();
    let clients: Vec<_> = (0..4_u8)
        .map(|n| {
            Child::run(move || {
                let mut reply = [0; 1];
                assert_eq!(
                    connect(address).send(&[n], &mut reply),
                    Ok(i64::from(n) * 10)
                );
                assert_eq!(reply, [n + 100]);
            })
        })
        .collect();

    let mut requests = Vec::new();
    for _ in 0..4 {
        let mut message = [0; 1];
        let request = channel.request(&mut message).unwrap();
        requests.push((message[0], request));
    }
    // Last come, first served, each by a thread of its own.
    while let Some((n, request)) = requests.pop() {
        thread::spawn(move || {
            let mut again = [0; 1];
            assert_eq!(request.read_at(&mut again, 0), Ok(1));
            assert_eq!(again, [n]);
            request.reply(i64::from(n) * 10, &[n + 100]).unwrap();
        })
        .join()
        .unwrap();
    }
    clients.into_iter().for_each(Child::join);
}
