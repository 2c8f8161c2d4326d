// SPDX-License-Identifier: MIT OR Apache-2.0

//! Bad memory, on each side of each verb.

use qipc::{Error, Part, PartMut};

use crate::support::{pair, wait_for_message, Random, Requests};

/// B56.
pub fn bad_memory_of_the_message_is_the_clients_fault() {
    pair(
        |client| {
            assert_eq!(client.send(&[Part::faulty(8)], ()), Err(Error::ClientFault));
            assert_eq!(
                client.send(&[Part::faulty(4096)], ()),
                Err(Error::ClientFault)
            );
            let good = [1; 4000];
            assert_eq!(
                client.send(&[Part::new(&good), Part::faulty(4096)], ()),
                Err(Error::ClientFault)
            );
            assert_eq!(client.send("good", ()), Ok(0));
        },
        |server| {
            // The bad ones are not seen here at all.
            let mut message = vec![0; 10_000];
            let request = server.request(&mut message).unwrap();
            assert_eq!(&message[..request.len()], b"good");
            request.reply(0, ()).unwrap();
        },
    );
}

/// B57, B58.
pub fn a_bad_receive_buffer_loses_no_message() {
    for len in [8, 100_000] {
        let data = Random::new(10).bytes(len);
        pair(
            |client| assert_eq!(client.send(&data, ()), Ok(0)),
            |server| {
                // The first is found waiting, before or after it has come.
                let fault = server.request(&mut [PartMut::faulty(4096)]).map(drop);
                assert_eq!(fault, Err(Error::ServerFault));
                wait_for_message(server);
                let mut start = [0; 4];
                let fault = server
                    .request(&mut [PartMut::new(&mut start), PartMut::faulty(4096)])
                    .map(drop);
                assert_eq!(fault, Err(Error::ServerFault));
                let fault = server.try_request(&mut [PartMut::faulty(4096)]).map(drop);
                assert_eq!(fault, Err(Error::ServerFault));
                let mut message = vec![0; len];
                let request = server.request(&mut message).unwrap();
                assert_eq!(message, data);
                request.reply(0, ()).unwrap();
            },
        );
    }
}

/// B59.
pub fn a_bad_reply_is_the_servers_fault() {
    pair(
        |client| {
            for len in [8, 4000] {
                let mut reply = vec![0; len];
                assert_eq!(client.send("hello", &mut reply), Err(Error::ServerFault));
            }
        },
        |server| {
            for len in [8, 4000] {
                let request = server.request(()).unwrap();
                assert_eq!(
                    request.reply(0, &[Part::faulty(len)]),
                    Err(Error::ServerFault)
                );
            }
        },
    );
}

/// B60.
pub fn bad_memory_for_the_reply_is_the_clients_fault() {
    let data = [5; 8000];
    pair(
        |client| {
            assert_eq!(
                client.send("large", &mut [PartMut::faulty(4096)]),
                Err(Error::ClientFault)
            );
            let mut good = [0; 5000];
            let mut half = [PartMut::new(&mut good), PartMut::faulty(3000)];
            assert_eq!(client.send("large", &mut half), Err(Error::ClientFault));
            assert_eq!(
                client.send("small", &mut [PartMut::faulty(16)]),
                Err(Error::ClientFault)
            );
            assert_eq!(
                client.send("nothing", &mut [PartMut::faulty(16)]),
                Ok(9),
                "it was not needed"
            );
        },
        |server| {
            assert_eq!(
                server.request(()).unwrap().reply(0, &data),
                Err(Error::ClientFault)
            );
            assert_eq!(
                server.request(()).unwrap().reply(0, &data),
                Err(Error::ClientFault)
            );
            // A small reply may have been taken before the fault shows.
            let small = server.request(()).unwrap().reply(0, &data[..16]);
            assert!(
                matches!(small, Ok(()) | Err(Error::ClientFault)),
                "{small:?}"
            );
            server.request(()).unwrap().reply(9, ()).unwrap();
        },
    );
}

/// B61, B62, B63.
pub fn faults_in_between_leave_the_client_waiting() {
    let good = Random::new(11).bytes(50_000);
    pair(
        |client| {
            let message = [Part::new(&good), Part::faulty(4096)];
            let mut room = vec![0; 50_000];
            let mut reply = [PartMut::new(&mut room), PartMut::faulty(4096)];
            assert_eq!(client.send(&message, &mut reply), Ok(6));
            assert_eq!(&room[..4], b"fine");
        },
        |server| {
            let mut start = [0; 100];
            let request = server.request(&mut start).unwrap();
            assert_eq!(start, good[..100]);
            let mut into = [0; 64];

            assert_eq!(request.read_at(&mut into, 50_000), Err(Error::ClientFault));
            assert_eq!(
                request.read_at(&mut [PartMut::faulty(4096)], 0),
                Err(Error::ServerFault)
            );
            assert_eq!(
                request.write_at(&good[..64], 50_000),
                Err(Error::ClientFault)
            );
            assert_eq!(
                request.write_at(&[Part::faulty(4096)], 0),
                Err(Error::ServerFault)
            );

            assert_eq!(request.read_at(&mut into, 40_000), Ok(64));
            assert_eq!(into, good[40_000..40_064]);
            request.reply(6, "fine").unwrap();
        },
    );
}
