// SPDX-License-Identifier: GPL-2.0-only

//! What is explored.

use std::panic::{catch_unwind, AssertUnwindSafe};
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc as Shared;
use std::time::Instant;

use kernel::prelude::*;

use crate::base::clock::Clock;
use crate::base::fault::Side;
use crate::base::state::{Cause, Outcome};
use crate::scene::{
    accept, agree, begin, send, serve, serve_on, set_priority, thread, How, Scene, STATUS,
};
use crate::sys::alarm::Alarm;
use crate::sys::remote_mm::{Absent, CopyFault, OnAbsent};
use crate::sys::small_buf::SmallBuf;
use crate::sys::task;

/// A name, what happens, and how many times a thread may be interrupted where it need not be: in the short
/// version, and in the long one.
type Entry = (&'static str, fn(), usize, usize);

const SCENES: [Entry; 14] = [
    (
        "a message is sent, received and answered, the short way",
        || plain(How::Short),
        3,
        5,
    ),
    (
        "the same in one go of the lock",
        || plain(How::AtOnce),
        3,
        5,
    ),
    (
        "a signal and the answer",
        || signal(How::Short, false, false),
        2,
        3,
    ),
    (
        "death and a copied answer",
        || signal(How::Copied, true, false),
        2,
        3,
    ),
    (
        "a signal and the answer, with the unblock flag",
        || signal(How::AtOnce, false, true),
        2,
        3,
    ),
    ("a deadline and the answer", timeout, 2, 3),
    ("a connection is detached while a send begins", detach, 3, 4),
    (
        "a connection is detached while its message is put back",
        put_back,
        3,
        4,
    ),
    (
        "a channel is closed under a sender and a receiver",
        close,
        3,
        4,
    ),
    (
        "a client of a higher priority and its server",
        priority,
        2,
        3,
    ),
    ("two clients and one server thread", two_clients, 2, 3),
    (
        "a server thread that answers one client and waits for another in one step",
        answer_and_wait,
        2,
        3,
    ),
    (
        "a receiver that was called is signalled and leaves",
        receiver_leaves,
        3,
        4,
    ),
    (
        "memory of the client is absent, and a signal comes",
        absent,
        2,
        3,
    ),
];

/// A client and a server thread, and nothing else.
fn plain(how: How) {
    let scene = Scene::new(false, true);
    let client = begin(&thread(1), {
        let scene = scene.clone();
        move || send(&scene, &scene.origin, None)
    });
    task::enter(&thread(2));
    let served = serve(&scene, how);
    agree(&client.join().expect("the client"), &served, &[]);
}

/// Starts a server thread that has to end when the channel is closed, if not before.
fn server(scene: &Shared<Scene>, how: How) -> loom::thread::JoinHandle<Result<(bool, bool)>> {
    let scene = scene.clone();
    begin(&thread(2), move || serve(&scene, how))
}

/// A client is signalled or killed at any moment.
fn signal(how: How, fatal: bool, unblock: bool) {
    let scene = Scene::new(unblock, true);
    let server = server(&scene, how);
    let signalled = thread(1);
    let client = begin(&signalled, {
        let scene = scene.clone();
        move || send(&scene, &scene.origin, None)
    });
    signalled.signal(fatal);
    let sent = client.join().expect("the client");
    scene.rendezvous.close();
    let served = server.join().expect("the server");
    // A thread may see that it is signalled before it sees that it dies of it. It does so when it sleeps again, or
    // returns: nobody hears of the difference.
    let causes = [Cause::Interrupted, Cause::Killed];
    let causes = if fatal { &causes[..] } else { &causes[..1] };
    if unblock && matches!(served, Ok((true, _))) {
        // It stays until it is answered.
        assert_eq!(served, Ok((true, true)));
    }
    agree(&sent, &served, causes);
}

/// Its deadline passes at any moment.
fn timeout() {
    let scene = Scene::new(false, true);
    let server = server(&scene, How::AtOnce);
    let late = thread(1);
    // The alarm is that of the thread that makes it.
    task::enter(&late);
    let alarm = Shared::new(Alarm::new(Clock::Monotonic, 0, true));
    let client = begin(&late, {
        let (scene, alarm) = (scene.clone(), alarm.clone());
        move || send(&scene, &scene.origin, Some(&alarm))
    });
    alarm.go_off();
    let sent = client.join().expect("the client");
    scene.rendezvous.close();
    let served = server.join().expect("the server");
    agree(&sent, &served, &[Cause::TimedOut]);
}

/// Nobody receives: the detach has to find the message, or the send the detach.
fn detach() {
    let scene = Scene::new(false, true);
    let client = begin(&thread(1), {
        let scene = scene.clone();
        move || send(&scene, &scene.origin, None)
    });
    task::enter(&thread(2));
    scene.rendezvous.detach(&scene.origin);
    let sent = client.join().expect("the client");
    let withdrawn = matches!(sent, Ok((Outcome::Withdrawn(Cause::Detached), _)));
    assert!(withdrawn || sent == Err(EBADF), "{sent:?}");
}

/// A receive fails, and the message goes back, while those of its connection are ended.
fn put_back() {
    let scene = Scene::new(false, true);
    let client = begin(&thread(1), {
        let scene = scene.clone();
        move || send(&scene, &scene.origin, None)
    });
    let server = begin(&thread(2), {
        let scene = scene.clone();
        move || accept(&scene).map(drop)
    });
    task::enter(&thread(3));
    scene.rendezvous.detach(&scene.origin);
    let sent = client.join().expect("the client");
    let withdrawn = matches!(sent, Ok((Outcome::Withdrawn(Cause::Detached), _)));
    assert!(withdrawn || sent == Err(EBADF), "{sent:?}");
    scene.rendezvous.close();
    let _ = server.join().expect("the server");
}

/// Both have to go.
fn close() {
    let scene = Scene::new(false, true);
    let server = server(&scene, How::Short);
    let client = begin(&thread(1), {
        let scene = scene.clone();
        move || send(&scene, &scene.origin, None)
    });
    task::enter(&thread(3));
    scene.rendezvous.close();
    let sent = client.join().expect("the client");
    let served = server.join().expect("the server");
    agree(&sent, &served, &[Cause::ChannelGone]);
}

/// The server has the priority of its client while it serves it, and its own one after that.
fn priority() {
    let scene = Scene::new(false, false);
    let urgent = thread(1);
    set_priority(&urgent, 50);
    let client = begin(&urgent, {
        let scene = scene.clone();
        move || send(&scene, &scene.origin, None)
    });
    let me = thread(2);
    set_priority(&me, 10);
    task::enter(&me);
    let mut claim = accept(&scene).expect("a message");
    assert_eq!(task::current_priority(), 50, "that of the client");
    let rcvid = claim.rcvid();
    assert!(claim.deliver(), "nobody stops waiting");
    let reply = SmallBuf(Some(7));
    let answer = scene
        .rendezvous
        .answer(rcvid, Outcome::Answered, STATUS, 0, Some(&reply));
    assert_eq!(answer, Ok(()));
    let sent = client.join().expect("the client");
    assert_eq!(sent, Ok((Outcome::Answered, STATUS)));
    scene.rendezvous.close();
    assert_eq!(task::current_priority(), 10, "its own");
}

/// Each gets its answer.
fn two_clients() {
    let scene = Scene::new(false, true);
    let clients = [1, 3].map(|number| {
        let scene = scene.clone();
        begin(&thread(number), move || {
            let origin = scene.another_origin();
            send(&scene, &origin, None)
        })
    });
    task::enter(&thread(2));
    for _ in 0..2 {
        assert_eq!(serve(&scene, How::Short), Ok((true, true)));
    }
    for client in clients {
        let sent = client.join().expect("a client");
        assert_eq!(sent, Ok((Outcome::Answered, STATUS)));
    }
}

/// As [`two_clients`], where the thread may wait from when it answers.
fn answer_and_wait() {
    let scene = Scene::new(false, true);
    let server = begin(&thread(2), {
        let scene = scene.clone();
        move || serve_on(&scene)
    });
    let other = begin(&thread(3), {
        let scene = scene.clone();
        move || {
            let origin = scene.another_origin();
            send(&scene, &origin, None)
        }
    });
    task::enter(&thread(1));
    let sent = [
        send(&scene, &scene.origin, None),
        other.join().expect("a client"),
    ];
    assert_eq!(sent, [Ok((Outcome::Answered, STATUS)); 2]);
    assert_eq!(server.join().expect("the server"), Ok([true; 2]));
}

/// What it was called for is not lost: it takes it along, or another thread gets it.
fn receiver_leaves() {
    let scene = Scene::new(false, true);
    let fickle = thread(2);
    let server = begin(&fickle, {
        let scene = scene.clone();
        move || serve(&scene, How::Short)
    });
    let client = begin(&thread(1), {
        let scene = scene.clone();
        move || send(&scene, &scene.origin, None)
    });
    task::enter(&thread(3));
    fickle.signal(false);
    let served = match server.join().expect("the server") {
        Err(EINTR) => serve(&scene, How::Short),
        served => served,
    };
    agree(&client.join().expect("the client"), &served, &[]);
}

/// The server waits for the client, which is signalled.
fn absent() {
    let scene = Scene::new(false, true);
    let server = begin(&thread(2), {
        let scene = scene.clone();
        move || {
            let mut claim = accept(&scene)?;
            let fetched = claim.fetcher(1).fetch(Absent, true);
            match fetched {
                Ok(()) => Ok(claim.deliver()),
                Err(CopyFault::Remote) => {
                    claim.fail_sender();
                    Ok(false)
                }
                Err(_) => Ok(false),
            }
        }
    });
    let signalled = thread(1);
    let client = begin(&signalled, {
        let scene = scene.clone();
        move || send(&scene, &scene.origin, None)
    });
    signalled.signal(false);
    let (sent, _) = client
        .join()
        .expect("the client")
        .expect("a send that waited");
    scene.rendezvous.close();
    let delivered: Result<bool> = server.join().expect("the server");
    match sent {
        Outcome::Withdrawn(Cause::Interrupted) => assert_ne!(delivered, Ok(true)),
        Outcome::Abandoned(Cause::Interrupted) => assert_eq!(delivered, Ok(true)),
        Outcome::Fault(Side::Client) => {}
        other => panic!("{other:?}"),
    }
}

/// How many interleavings there are, or how one of them fails.
fn explore(scene: fn(), preemptions: usize) -> core::result::Result<usize, String> {
    let count = Shared::new(AtomicUsize::new(0));
    let counter = count.clone();
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(preemptions);
    builder.max_branches = 20_000;
    let explored = catch_unwind(AssertUnwindSafe(|| {
        builder.check(move || {
            counter.fetch_add(1, Ordering::Relaxed);
            scene();
        });
    }));
    let count = count.load(Ordering::Relaxed);
    explored.map(|()| count).map_err(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        format!("in interleaving {count}: {}", text.unwrap_or_default())
    })
}

/// Explores them all, with `--first` until one fails; TAP.
pub fn run() -> ExitCode {
    let has = |word: &str| std::env::args().any(|argument| argument == word);
    let (brief, first) = (has("--brief"), has("--first"));
    let only = std::env::args()
        .nth(1)
        .filter(|argument| !argument.starts_with('-'));
    let (mut cases, mut failed) = (0, 0);
    for (name, scene, short, long) in SCENES {
        if only
            .as_ref()
            .is_some_and(|only| !name.contains(only.as_str()))
        {
            continue;
        }
        let clock = Instant::now();
        let explored = explore(scene, if brief { short } else { long });
        cases += 1;
        let seconds = clock.elapsed().as_secs_f64();
        match explored {
            Ok(count) => println!("ok {cases} {name} # {count} interleavings, {seconds:.1} s"),
            Err(text) => {
                failed += 1;
                println!("not ok {cases} {name} # {}", text.replace('\n', " "));
                if first {
                    break;
                }
            }
        }
    }
    println!("1..{cases}");
    ExitCode::from(u8::from(failed > 0))
}
