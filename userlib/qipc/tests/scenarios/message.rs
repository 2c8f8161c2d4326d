// SPDX-License-Identifier: MIT OR Apache-2.0

//! A message and its answer.

use std::thread;
use std::time::Duration;

use qipc::{Part, PartMut};

use crate::support::{
    channel, connect, pair, wait_for_message, Child, Random, Requests, UNTOUCHED,
};

/// B21, B26, B35.
pub fn the_client_gets_the_status_as_it_was_given() {
    const STATUSES: [i64; 6] = [0, 1, -1, 0x7fff_ffff, i64::MAX, i64::MIN];
    pair(
        |client| {
            for status in STATUSES {
                let mut reply = [UNTOUCHED; 16];
                assert_eq!(client.send(b"question", &mut reply), Ok(status));
                assert_eq!(
                    reply, [UNTOUCHED; 16],
                    "a reply without data leaves the memory alone"
                );
                assert_eq!(client.send(b"question", &mut reply), Ok(status));
                assert_eq!(reply[..7], *b"answer\xa5");
            }
        },
        |server| {
            for status in STATUSES {
                let mut message = [0; 8];
                server
                    .request(&mut message)
                    .unwrap()
                    .reply(status, ())
                    .unwrap();
                assert_eq!(message, *b"question");
                server
                    .request(&mut message)
                    .unwrap()
                    .reply(status, b"answer")
                    .unwrap();
            }
        },
    );
}

/// B22.
pub fn a_message_waits_for_its_receiver() {
    pair(
        |client| assert_eq!(client.send(b"patience", ()), Ok(3)),
        |server| {
            wait_for_message(server);
            let mut message = [0; 8];
            let request = server
                .try_request(&mut message)
                .unwrap()
                .expect("it is waiting");
            assert_eq!(message, *b"patience");
            request.reply(3, ()).unwrap();
        },
    );
}

pub fn a_receiver_waits_for_its_message() {
    pair(
        |client| {
            // Long enough for the server to be there first, most of the time; both orders must do.
            thread::sleep(Duration::from_millis(50));
            assert_eq!(client.send(b"at last", ()), Ok(4));
        },
        |server| {
            let mut message = [0; 7];
            let request = server.request(&mut message).unwrap();
            assert_eq!(message, *b"at last");
            request.reply(4, ()).unwrap();
        },
    );
}

/// B27.
pub fn nothing_at_all_can_be_sent() {
    pair(
        |client| {
            assert_eq!(client.send((), ()), Ok(0));
            assert_eq!(client.send(&[] as &[u8], &mut [] as &mut [u8]), Ok(0));
            assert_eq!(
                client.send(&[] as &[Part<'_>], &mut [] as &mut [PartMut<'_>]),
                Ok(0)
            );
            let empty = [Part::new(b""), Part::new(b"")];
            assert_eq!(client.send(&empty, &mut [PartMut::new(&mut [])]), Ok(0));
        },
        |server| {
            for _ in 0..4 {
                let mut message = [UNTOUCHED; 4];
                let request = server.request(&mut message).unwrap();
                let info = request.info();
                assert_eq!((info.msglen, info.srcmsglen, info.dstmsglen), (0, 0, 0));
                assert!(request.is_empty());
                assert_eq!(message, [UNTOUCHED; 4]);
                request.reply(0, b"for nobody").unwrap();
            }
        },
    );
}

/// B23.
pub fn a_long_message_is_cut_and_the_rest_can_be_read() {
    for len in [100, 5000, 200_000] {
        let data = Random::new(1).bytes(len);
        pair(
            |client| assert_eq!(client.send(&data, ()), Ok(0)),
            |server| {
                let mut start = [0; 10];
                let request = server.request(&mut start).unwrap();
                assert_eq!(request.len(), 10);
                assert_eq!(request.info().srcmsglen, len);
                assert_eq!(start, data[..10]);
                let mut rest = vec![0; len - 10];
                assert_eq!(request.read_at(&mut rest, 10), Ok(len - 10));
                assert_eq!(rest, data[10..]);
                request.reply(0, ()).unwrap();
            },
        );
    }
}

/// B24.
pub fn a_short_message_leaves_the_rest_of_the_buffer_alone() {
    pair(
        |client| assert_eq!(client.send("short", ()), Ok(0)),
        |server| {
            let mut message = [UNTOUCHED; 100];
            let request = server.request(&mut message).unwrap();
            assert_eq!((request.len(), request.info().srcmsglen), (5, 5));
            assert_eq!(&message[..5], b"short");
            assert_eq!(message[5..], [UNTOUCHED; 95]);
            request.reply(0, ()).unwrap();
        },
    );
}

/// B25.
pub fn a_long_reply_is_cut_at_the_clients_memory() {
    for len in [10, 3000, 100_000] {
        let data = Random::new(2).bytes(len);
        pair(
            |client| {
                let mut reply = vec![UNTOUCHED; len];
                assert_eq!(client.send((), &mut reply[..len - 3]), Ok(8));
                assert_eq!(reply[..len - 3], data[..len - 3]);
                assert_eq!(reply[len - 3..], [UNTOUCHED; 3]);
            },
            |server| {
                let request = server.request(()).unwrap();
                assert_eq!(request.info().dstmsglen, len - 3);
                assert_eq!(request.reply(8, &data), Ok(()));
            },
        );
    }
}

/// B10, B12, B43, B44.
pub fn the_message_info_is_true() {
    let channel = channel();
    let address = channel.address();
    let start = |room: usize| {
        Child::run(move || {
            let client = connect(address);
            let message = (client.coid() as u64).to_ne_bytes();
            let mut reply = vec![0; room];
            client.send(&message, &mut reply).unwrap();
        })
    };
    let (one, two) = (start(3), start(4));

    let mut requests = Vec::new();
    for _ in 0..2 {
        let mut message = [0; 8];
        let request = channel.request(&mut message).unwrap();
        let info = *request.info();
        assert!(info.pid == one.pid() || info.pid == two.pid(), "{info:?}");
        assert_eq!(info.dstmsglen, if info.pid == one.pid() { 3 } else { 4 });
        assert_eq!(info.tid, info.pid, "sent by the first thread");
        assert_eq!(info.chid, channel.chid());
        assert_eq!(info.coid as u64, u64::from_ne_bytes(message));
        assert_ne!(info.coid & 0x4000_0000, 0, "a number of the side channel");
        assert_ne!(info.scoid & 0x4000_0000, 0, "so is the server's name");
        assert_eq!(info.priority, 0);
        assert_eq!((info.msglen, info.srcmsglen), (8, 8));
        assert_eq!(request.current_info(), Ok(info));
        requests.push(request);
    }
    assert_ne!(requests[0].info().pid, requests[1].info().pid);
    assert_ne!(requests[0].info().scoid, requests[1].info().scoid);
    requests
        .into_iter()
        .for_each(|request| request.reply(0, ()).unwrap());
    one.join();
    two.join();
}

/// B45: other than in QNX, each message has a number of its own.
pub fn a_receive_id_does_not_come_back() {
    const ROUNDS: usize = 200;
    pair(
        |client| (0..ROUNDS).for_each(|_| assert_eq!(client.send((), ()), Ok(0))),
        |server| {
            let mut seen = std::collections::HashSet::new();
            for _ in 0..ROUNDS {
                let request = server.request(()).unwrap();
                assert!((1..=i64::from(i32::MAX)).contains(&request.rcvid()));
                assert!(seen.insert(request.rcvid()), "{request:?}");
                request.reply(0, ()).unwrap();
            }
        },
    );
}
