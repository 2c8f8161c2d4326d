// SPDX-License-Identifier: MIT OR Apache-2.0

//! Ways to wait for messages.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use qipc::{Address, Errno, Error, Part, PartMut, Request};
use rustix::buffer::spare_capacity;
use rustix::event::{epoll, PollFlags};

use crate::support::{
    channel, connect, events, os, pair, to_request, wait_for_message, Child, Random, Requests,
};

pub fn receiving_can_be_tried() {
    pair(
        |client| assert_eq!(client.send("here", ()), Ok(0)),
        |server| {
            wait_for_message(server);
            let mut message = [0; 4];
            let request = server
                .try_request(&mut message)
                .unwrap()
                .expect("a message");
            assert!(
                server.try_request(&mut [0; 4]).unwrap().is_none(),
                "there was only one"
            );
            assert_eq!(message, *b"here");
            request.reply(0, ()).unwrap();
        },
    );
    assert!(channel().try_request(&mut [0; 4]).unwrap().is_none());
}

pub fn a_channel_can_be_polled() {
    const NOW: Duration = Duration::ZERO;
    pair(
        |client| {
            assert_eq!(client.send("one", ()), Ok(0));
        },
        |server| {
            wait_for_message(server);
            assert_eq!(events(server, NOW), PollFlags::IN, "it is still waiting");
            let request = server.request(()).unwrap();
            assert_eq!(
                events(server, NOW),
                PollFlags::empty(),
                "received, not answered"
            );
            request.reply(0, ()).unwrap();
        },
    );

    let channel = channel();
    assert_eq!(events(&channel, NOW), PollFlags::empty());
    let fd = channel.pollable().unwrap();
    let flags = rustix::io::fcntl_getfd(&fd).unwrap();
    assert!(flags.contains(rustix::io::FdFlags::CLOEXEC));
    let mut fds = [rustix::event::PollFd::new(&fd, PollFlags::IN)];
    // One that waits already is woken.
    thread::scope(|scope| {
        scope.spawn(move || {
            thread::sleep(Duration::from_millis(50));
            drop(channel);
        });
        rustix::event::poll(&mut fds, None).unwrap();
    });
    assert!(
        fds[0].revents().contains(PollFlags::HUP),
        "{:?}",
        fds[0].revents()
    );
}

/// Two channels and one thread that waits for both.
pub fn a_channel_can_be_waited_for_with_epoll() {
    let channels = [channel(), channel()];
    let epoll = epoll::create(epoll::CreateFlags::CLOEXEC).unwrap();
    let fds = [0, 1].map(|n: usize| channels[n].pollable().unwrap());
    for (n, fd) in fds.iter().enumerate() {
        let data = epoll::EventData::new_u64(n as u64);
        epoll::add(&epoll, fd, data, epoll::EventFlags::IN).unwrap();
    }
    let addresses = [channels[0].address(), channels[1].address()];
    let client = Child::run(move || {
        let clients = addresses.map(connect);
        for n in [1, 0, 0, 1] {
            assert_eq!(clients[n].send(&[n as u8], ()), Ok(n as i64));
        }
    });
    for expected in [1, 0, 0, 1] {
        let mut events = Vec::with_capacity(4);
        epoll::wait(&epoll, spare_capacity(&mut events), None).unwrap();
        assert_eq!(events.len(), 1);
        assert_eq!({ events[0].data }.u64(), expected);
        let mut message = [9];
        let channel = &channels[expected as usize];
        let request = channel
            .try_request(&mut message)
            .unwrap()
            .expect("a message");
        assert_eq!(u64::from(message[0]), expected);
        request.reply(expected as i64, ()).unwrap();
    }
    client.join();
}

pub fn replying_and_receiving_are_one_call() {
    const ROUNDS: u32 = 300;
    pair(
        |client| {
            for n in 0..ROUNDS {
                let data = Random::new(u64::from(n)).bytes(n as usize * 13);
                let mut reply = vec![0; data.len()];
                assert_eq!(client.send(&data, &mut reply), Ok(i64::from(n)));
                assert!(reply == data, "round {n}");
            }
        },
        |server| {
            let (mut message, mut answer) = (vec![0; ROUNDS as usize * 13], Vec::new());
            let mut request = server.request(&mut message).unwrap();
            for n in 0..ROUNDS - 1 {
                answer.clear();
                answer.extend_from_slice(&message[..request.len()]);
                let result = server.reply_receive(request, i64::from(n), &answer, &mut message);
                assert_eq!(result.replied, Ok(()), "round {n}");
                request = result.next.map(to_request).unwrap();
            }
            request.reply(i64::from(ROUNDS) - 1, &message).unwrap();
        },
    );
}

pub fn reply_and_receive_fail_apart() {
    pair(
        |client| {
            assert_eq!(
                client.send("a", &mut [PartMut::faulty(4096)]),
                Err(Error::ClientFault)
            );
            assert_eq!(client.send("b", &mut [0; 4096]), Err(Error::ServerFault));
            assert_eq!(client.send("c", ()), Ok(12));
            assert_eq!(client.send("d", ()), Err(Error::Answered(Request::DROPPED)));
            assert_eq!(client.send("e", ()), Ok(14));
        },
        |server| {
            let mut message = [0; 1];
            let request = server.request(&mut message).unwrap();
            // The client's memory is bad, and the server hears of the next message all the same.
            let result = server.reply_receive(request, 0, &[1; 4096], &mut message);
            assert_eq!(result.replied, Err(Error::ClientFault));
            let request = result.next.map(to_request).unwrap();
            assert_eq!(message, *b"b");
            // So it is when its own is.
            let result = server.reply_receive(request, 0, &[Part::faulty(4096)], &mut message);
            assert_eq!(result.replied, Err(Error::ServerFault));
            let request = result.next.map(to_request).unwrap();
            assert_eq!(message, *b"c");
            // The reply is made, the receive cannot be.
            let result = server.reply_receive(request, 12, (), &mut [PartMut::faulty(4096)]);
            assert_eq!(result.replied, Ok(()));
            assert_eq!(result.next.map(drop), Err(Error::ServerFault));
            // Nothing is done at all, and the client is not forgotten.
            let request = server.request(&mut message).unwrap();
            assert_eq!(message, *b"d");
            let too_many = vec![Part::new(b""); 524_289];
            let result = server.reply_receive(request, 13, &too_many, &mut message);
            assert_eq!(result.replied, os(Errno::OVERFLOW));
            assert_eq!(result.next.map(drop), os(Errno::OVERFLOW));
            server.request(&mut message).unwrap().reply(14, ()).unwrap();
            assert_eq!(message, *b"e");
        },
    );
}

pub fn a_request_of_another_session_is_answered_in_its_own() {
    let (one, two) = (channel(), channel());
    let send = |to: Address, text: &'static str| {
        Child::run(move || assert_eq!(connect(to).send(text, ()), Ok(text.len() as i64)))
    };
    let (first, second) = (send(one.address(), "first"), send(two.address(), "seconds"));
    let request = one.request(()).unwrap();
    let result = two.reply_receive(request, 5, (), ());
    assert_eq!(result.replied, Ok(()));
    result.next.map(to_request).unwrap().reply(7, ()).unwrap();
    first.join();
    second.join();
}

/// B3, B47.
pub fn many_threads_serve_many_clients() {
    const SERVERS: usize = 4;
    const CLIENTS: usize = 8;
    const ROUNDS: usize = 50;
    let channel = channel();
    let address = channel.address();
    let start = |n: usize| {
        move || {
            let client = connect(address);
            let mut random = Random::new(n as u64);
            for round in 0..ROUNDS {
                let len = random.below(3000);
                let message = random.bytes(len);
                let mut reply = vec![0; message.len()];
                let status = client.send(&message, &mut reply).unwrap();
                assert_eq!(status, message.len() as i64);
                assert!(
                    reply.iter().eq(message.iter().rev()),
                    "client {n}, round {round}"
                );
            }
        }
    };
    // Half of the clients are processes, half are threads.
    let children: Vec<_> = (0..CLIENTS / 2).map(|n| Child::run(start(n))).collect();
    let served = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..SERVERS {
            scope.spawn(|| {
                let mut message = vec![0; 3000];
                loop {
                    let request = channel.request(&mut message).unwrap();
                    if request.info().srcmsglen == 4000 {
                        request.reply(0, ()).unwrap();
                        break;
                    }
                    let answer: Vec<u8> = message[..request.len()].iter().rev().copied().collect();
                    request.reply(answer.len() as i64, &answer).unwrap();
                    served.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        let threads: Vec<_> = (CLIENTS / 2..CLIENTS)
            .map(|n| scope.spawn(start(n)))
            .collect();
        threads
            .into_iter()
            .for_each(|thread| thread.join().unwrap());
        children.into_iter().for_each(Child::join);
        let client = connect(address);
        (0..SERVERS).for_each(|_| assert_eq!(client.send(&[0; 4000], ()), Ok(0)));
    });
    assert_eq!(served.into_inner(), CLIENTS * ROUNDS);
}
