// SPDX-License-Identifier: MIT OR Apache-2.0

//! Messages in parts, of all sizes; reading and writing at offsets.

use qipc::{Errno, Error, Part, PartMut, Request};

use crate::support::{os, pair, Memory, Random, Requests, UNTOUCHED};

/// B37, B38, B39.
pub fn parts_of_the_two_sides_are_independent() {
    pair(
        |client| {
            let (mut a, mut b, mut c) = ([0; 1], [0; 3], [0; 2]);
            let message = [
                Part::new(b"1"),
                Part::new(b"23"),
                Part::new(b""),
                Part::new(b"456"),
            ];
            let mut reply = [
                PartMut::new(&mut a),
                PartMut::new(&mut b),
                PartMut::new(&mut c),
            ];
            assert_eq!(client.send(&message, &mut reply), Ok(0));
            assert_eq!((a, b, c), (*b"a", *b"bcd", *b"ef"));
            // One side in parts, the other a buffer.
            let mut whole = [0; 6];
            assert_eq!(client.send(&message, &mut whole), Ok(0));
            assert_eq!(whole, *b"abcdef");
            let mut reply = [
                PartMut::new(&mut a),
                PartMut::new(&mut b),
                PartMut::new(&mut c),
            ];
            assert_eq!(client.send(b"123456", &mut reply), Ok(0));
            assert_eq!((a, b, c), (*b"a", *b"bcd", *b"ef"));
        },
        |server| {
            for _ in 0..3 {
                let (mut x, mut y) = ([0; 4], [UNTOUCHED; 4]);
                let mut parts = [PartMut::new(&mut x), PartMut::new(&mut y)];
                let request = server.request(&mut parts).unwrap();
                assert_eq!(request.len(), 6);
                assert_eq!((x, y), (*b"1234", *b"56\xa5\xa5"));
                request
                    .reply(0, &[Part::new(b"abcd"), Part::new(b"ef")])
                    .unwrap();
            }
        },
    );
}

pub fn a_megabyte_in_parts_travels_both_ways() {
    const LEN: usize = 1 << 20;
    let there = Random::new(3).bytes(LEN);
    let back = Random::new(4).bytes(LEN);
    pair(
        |client| {
            let mut random = Random::new(5);
            let mut message = Memory::new(&mut random, 300, LEN);
            message.fill(&there);
            let mut reply = Memory::new(&mut random, 77, LEN);
            assert_eq!(
                client.send(&message.parts(), &mut reply.parts_mut()),
                Ok(LEN as i64)
            );
            assert!(reply.holds(&back), "the reply is not what the server sent");
        },
        |server| {
            let mut random = Random::new(6);
            // The start comes with the receive, the rest is pulled.
            let mut start = Memory::new(&mut random, 5, 1000);
            let request = server.request(&mut start.parts_mut()).unwrap();
            assert!(
                start.holds(&there[..1000]),
                "the start is not what the client sent"
            );

            let mut rest = Memory::new(&mut random, 513, LEN - 1000);
            assert_eq!(request.read_at(&mut rest.parts_mut(), 1000), Ok(LEN - 1000));
            assert!(
                rest.holds(&there[1000..]),
                "the rest is not what the client sent"
            );

            // The end is written first, the start comes with the reply.
            let mut end = Memory::new(&mut random, 200, LEN - 5555);
            end.fill(&back[5555..]);
            assert_eq!(request.write_at(&end.parts(), 5555), Ok(LEN - 5555));
            let mut start = Memory::new(&mut random, 9, 5555);
            start.fill(&back[..5555]);
            request.reply(LEN as i64, &start.parts()).unwrap();
        },
    );
}

/// One exchange of the random test, the same in both processes.
struct Exchange {
    message: Memory,
    data: Vec<u8>,
    received: Memory,
    reply: Memory,
    answer: Vec<u8>,
    room: Memory,
}

impl Exchange {
    fn new(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let mut memory = || {
            let parts = random.below(65);
            // Most are small; inline and pinned transfers, and the border between them, all have to come up.
            let limit = [64, 600, 5000, 60_000, 1 << 20][random.below(20).saturating_sub(15)];
            let total = if parts == 0 {
                0
            } else {
                random.below(limit + 1)
            };
            Memory::new(&mut random, parts, total)
        };
        let (mut message, received, mut reply, room) = (memory(), memory(), memory(), memory());
        let data = random.bytes(message.total());
        message.fill(&data);
        let answer = random.bytes(reply.total());
        reply.fill(&answer);
        Self {
            message,
            data,
            received,
            reply,
            answer,
            room,
        }
    }
}

pub fn random_parts_match_the_model() {
    const SEEDS: std::ops::Range<u64> = 1000..1150;
    pair(
        |client| {
            for seed in SEEDS {
                let mut x = Exchange::new(seed);
                let status = client.send(&x.message.parts(), &mut x.room.parts_mut());
                assert_eq!(status, Ok(seed as i64), "seed {seed}");
                assert!(x.room.holds(&x.answer), "seed {seed}: another reply");
            }
        },
        |server| {
            for seed in SEEDS {
                let mut x = Exchange::new(seed);
                let request = server.request(&mut x.received.parts_mut()).unwrap();
                assert_eq!(request.info().srcmsglen, x.data.len(), "seed {seed}");
                assert_eq!(request.info().dstmsglen, x.room.total(), "seed {seed}");
                assert_eq!(
                    request.len(),
                    x.data.len().min(x.received.total()),
                    "seed {seed}"
                );
                assert!(x.received.holds(&x.data), "seed {seed}: another message");
                request.reply(seed as i64, &x.reply.parts()).unwrap();
            }
        },
    );
}

/// B40, B41.
pub fn the_largest_messages_are_accepted_and_larger_ones_refused() {
    const PARTS: usize = 524_288;
    pair(
        |client| {
            let bytes = vec![7_u8; 1 << 20];
            let nothing = vec![Part::new(b""); PARTS + 1];
            assert_eq!(client.send(&nothing, ()), os(Errno::OVERFLOW));
            assert_eq!(client.send(&nothing[..PARTS], ()), Ok(1));

            // The same bytes over and over: i32::MAX in all, and one more.
            let mut huge = vec![Part::new(&bytes); 2048];
            assert_eq!(client.send(&huge, ()), os(Errno::OVERFLOW));
            huge[2047] = Part::new(&bytes[1..]);
            assert_eq!(client.send(&huge, ()), Ok(2));

            // One byte a part.
            let mut long: Vec<Part<'_>> = bytes[..PARTS]
                .iter()
                .map(std::slice::from_ref)
                .map(Part::new)
                .collect();
            assert_eq!(client.send(&long, ()), Ok(3));
            long.push(Part::new(b"x"));
            assert_eq!(client.send(&long, ()), os(Errno::OVERFLOW));

            // A reply that is too large releases the client all the same.
            assert_eq!(
                client.send("reply too much", ()),
                Err(Error::Answered(Request::DROPPED))
            );
        },
        |server| {
            let mut message = vec![0; PARTS];
            let request = server.request(&mut message).unwrap();
            assert_eq!(request.info().srcmsglen, 0);
            request.reply(1, ()).unwrap();

            let mut start = [0; 16];
            let request = server.request(&mut start).unwrap();
            assert_eq!(request.info().srcmsglen, 0x7fff_ffff);
            assert_eq!(start, [7; 16]);
            let mut end = [0; 16];
            assert_eq!(request.read_at(&mut end, 0x7fff_ffff - 3), Ok(3));
            assert_eq!(end[..4], [7, 7, 7, 0]);
            request.reply(2, ()).unwrap();

            let request = server.request(&mut message).unwrap();
            assert_eq!(request.len(), PARTS);
            assert!(message.iter().all(|byte| *byte == 7));
            let too_many = vec![Part::new(b""); PARTS + 1];
            assert_eq!(request.write_at(&too_many, 0), os(Errno::OVERFLOW));
            request.reply(3, ()).unwrap();

            let request = server.request(&mut message).unwrap();
            assert_eq!(request.reply(4, &too_many), os(Errno::OVERFLOW));
        },
    );
}

/// B48, B49.
pub fn reading_works_at_every_offset() {
    for len in [300, 20_000] {
        let data = Random::new(8).bytes(len);
        pair(
            |client| {
                let (a, b) = data.split_at(len / 3);
                assert_eq!(client.send(&[Part::new(a), Part::new(b)], ()), Ok(0));
            },
            |server| {
                let request = server.request(()).unwrap();
                assert!(request.is_empty());
                for offset in [0, 1, len / 3 - 1, len / 3, len / 2, len - 1] {
                    for room in [1, 50, len] {
                        let mut into = vec![UNTOUCHED; room];
                        let expected = room.min(len - offset);
                        assert_eq!(request.read_at(&mut into, offset as u64), Ok(expected));
                        assert_eq!(into[..expected], data[offset..offset + expected]);
                        assert!(into[expected..].iter().all(|byte| *byte == UNTOUCHED));
                    }
                }
                for offset in [len as u64, len as u64 + 1, 1 << 40, u64::MAX] {
                    assert_eq!(request.read_at(&mut [0; 8], offset), Ok(0));
                }
                assert_eq!(request.read_at((), 0), Ok(0));
                request.reply(0, ()).unwrap();
            },
        );
    }
}

/// B50, B51, B52.
pub fn writing_works_at_every_offset() {
    for len in [300, 20_000] {
        let data = Random::new(9).bytes(len);
        pair(
            |client| {
                let mut reply = vec![UNTOUCHED; len];
                let (a, b) = reply.split_at_mut(len / 3);
                assert_eq!(
                    client.send((), &mut [PartMut::new(a), PartMut::new(b)]),
                    Ok(0)
                );
                assert_eq!(reply[..50], data[..50]);
                assert_eq!(reply[50..60], [UNTOUCHED; 10]);
                assert_eq!(reply[60..], data[60..]);
                // A reply with data goes on top of what was written.
                let mut reply = vec![UNTOUCHED; len];
                assert_eq!(client.send((), &mut reply), Ok(0));
                assert_eq!(reply[..4], *b"over");
                assert_eq!(reply[4..100], data[4..100]);
                assert!(reply[100..].iter().all(|byte| *byte == UNTOUCHED));
            },
            |server| {
                let request = server.request(()).unwrap();
                assert_eq!(request.write_at(&data[..50], 0), Ok(50));
                assert_eq!(request.write_at(&data[60..], 60), Ok(len - 60));
                assert_eq!(
                    request.write_at(&data[..10], len as u64 - 1),
                    Ok(1),
                    "cut at the end"
                );
                assert_eq!(request.write_at(&data[len - 1..], len as u64 - 1), Ok(1));
                for offset in [len as u64, len as u64 + 1, 1 << 40, u64::MAX] {
                    assert_eq!(request.write_at(&data, offset), Ok(0));
                }
                request.reply(0, ()).unwrap();

                let request = server.request(()).unwrap();
                assert_eq!(request.write_at(&data[..100], 0), Ok(100));
                request.reply(0, "over").unwrap();
            },
        );
    }
}
