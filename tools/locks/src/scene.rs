// SPDX-License-Identifier: GPL-2.0-only

//! A channel, its clients, and what threads do with them.

use std::sync::Arc as Shared;

use kernel::prelude::*;
use kernel::sync::aref::ARef;
use kernel::sync::Arc;
use kernel::task::Task;
use loom::sync::atomic::Ordering;
use loom::thread::JoinHandle;

use crate::base::state::{Cause, Outcome};
use crate::priority::{Ceiling, Threads};
use crate::rendezvous::deadline::Deadline;
use crate::rendezvous::tables::{Client, Message, Origin, Want};
use crate::rendezvous::{Accepted, Claim, Config, Plainly, Rendezvous};
use crate::sys::alarm::Alarm;
use crate::sys::small_buf::SmallBuf;
use crate::sys::task;
use crate::sys::wait::Placement;

/// What the reply says.
pub const STATUS: i64 = 42;

/// A channel of one server process, with one client process.
pub struct Scene {
    pub rendezvous: Arc<Rendezvous>,
    client: Arc<Client>,
    pub origin: Arc<Origin>,
}

/// A scene that every thread has.
pub type Stage = Shared<Scene>;

impl Scene {
    pub fn new(unblock: bool, fixed_priority: bool) -> Stage {
        let threads = Arc::pin_init(Threads::new(), GFP_KERNEL_ACCOUNT).expect("memory");
        let config = Config {
            unblock,
            fault_wait: 0,
            max_pulses: 4,
            rearm: 1,
            fixed_priority,
            run_mask: false,
            placement: Placement::WithWaker,
            ceiling: Ceiling::new(if fixed_priority { 0 } else { 99 }).expect("memory"),
            threads,
        };
        let rendezvous =
            Arc::pin_init(Rendezvous::new(config), GFP_KERNEL_ACCOUNT).expect("memory");
        let client = rendezvous.client(task::Process, 1).expect("memory");
        assert!(rendezvous.refill(&client, 1, 1), "receive ids");
        let origin = Arc::new(Origin::new(client.clone()), GFP_KERNEL_ACCOUNT).expect("memory");
        Shared::new(Self {
            rendezvous,
            client,
            origin,
        })
    }

    /// Another connection of the same client.
    pub fn another_origin(&self) -> Arc<Origin> {
        Arc::new(Origin::new(self.client.clone()), GFP_KERNEL_ACCOUNT).expect("memory")
    }
}

/// A thread of this number, before it begins.
pub fn thread(key: usize) -> ARef<Task> {
    // Numbers that are apart, like those of threads.
    ARef(Shared::new(Task::new(key << 10)))
}

/// Its own priority.
pub fn set_priority(task: &Task, level: u32) {
    task.scheduling.store(level, Ordering::Relaxed);
}

/// Begins a thread.
pub fn begin<T: 'static>(task: &ARef<Task>, work: impl FnOnce() -> T + 'static) -> JoinHandle<T> {
    let task = task.clone();
    loom::thread::spawn(move || {
        task::enter(&task);
        work()
    })
}

/// `MsgSend` of the calling thread.
pub fn send(scene: &Scene, origin: &Arc<Origin>, alarm: Option<&Alarm>) -> Result<(Outcome, i64)> {
    let mut message = Message::new(origin.clone())?;
    message.priority = task::current_priority();
    let mut transaction = scene.rendezvous.transaction(message)?;
    transaction.sender.adopt();
    let transaction = Arc::from(transaction);
    let deadline = Deadline {
        send: alarm.is_some(),
        reply: alarm.is_some(),
        alarm,
        ..Deadline::NEVER
    };
    let mut inline = SmallBuf::new();
    let sent = scene
        .rendezvous
        .send(&transaction, &mut inline, &deadline)?;
    if sent.outcome == Outcome::Answered {
        // What is copied does not come this way.
        assert!(matches!(inline.0, None | Some(7)), "the reply itself");
    }
    Ok((sent.outcome, sent.status))
}

/// `MsgReceive` of the calling thread, up to the claim.
pub fn accept(scene: &Scene) -> Result<Claim<'_>> {
    let mut place = None;
    let accepted = scene
        .rendezvous
        .accept(Want::Anything, true, &Deadline::NEVER, &mut place);
    let accepted = accepted.map(|accepted| match accepted {
        Accepted::Message(claim) => claim,
        _ => panic!("a message is all there is"),
    });
    if let Some(place) = place {
        scene.rendezvous.vacate(place);
    }
    accepted
}

/// How a short answer is given.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// The short way, or if it is none the long one.
    Short,
    /// In one go of the lock.
    AtOnce,
    /// Begun, copied, finished.
    Copied,
}

/// Receives a message and answers it; whether it was there to be received, and to be answered.
pub fn serve(scene: &Scene, how: How) -> Result<(bool, bool)> {
    let mut claim = accept(scene)?;
    let rcvid = claim.rcvid();
    if !claim.deliver() {
        return Ok((false, false));
    }
    let reply = SmallBuf(Some(7));
    let rendezvous = &scene.rendezvous;
    let answered = match how {
        How::Short if rendezvous.answer_plainly(rcvid, STATUS, &reply, None) != Plainly::No => true,
        How::Short | How::AtOnce => rendezvous
            .answer(rcvid, Outcome::Answered, STATUS, 0, Some(&reply))
            .is_ok(),
        How::Copied => match rendezvous.reply(rcvid) {
            // What was copied lies in the memory of the client, of which there is none.
            Ok(token) => token.finish(Outcome::Answered, STATUS).is_ok(),
            Err(_) => false,
        },
    };
    Ok((true, answered))
}

/// Receives two messages and answers them, the first one in the step in which the thread begins to wait for the second.
pub fn serve_on(scene: &Scene) -> Result<[bool; 2]> {
    let rendezvous = &scene.rendezvous;
    let reply = SmallBuf(Some(7));
    let mut place = None;
    let mut plainly = Plainly::No;
    let mut answered = [false; 2];
    for done in &mut answered {
        let waiting = place.as_ref().filter(|_| plainly == Plainly::Waits);
        let accepted = match waiting.map(|place| rendezvous.accept_waiting(place)) {
            Some(Ok(claim)) => Accepted::Message(claim),
            Some(Err(woke)) => match &place {
                Some(place) => rendezvous.accept_woken(place, woke)?,
                None => return Err(EIO),
            },
            None => rendezvous.accept(Want::Anything, true, &Deadline::NEVER, &mut place)?,
        };
        let Accepted::Message(mut claim) = accepted else {
            panic!("a message is all there is");
        };
        let rcvid = claim.rcvid();
        assert!(claim.deliver(), "nobody leaves");
        drop(claim);
        plainly = rendezvous.answer_plainly(rcvid, STATUS, &reply, place.as_ref());
        if plainly == Plainly::No {
            rendezvous.answer(rcvid, Outcome::Answered, STATUS, 0, Some(&reply))?;
        }
        *done = true;
    }
    if plainly == Plainly::Waits {
        // Nobody else is going to come.
        rendezvous.close();
        if let Some(place) = &place {
            assert!(matches!(rendezvous.accept_waiting(place), Err(_)));
        }
    }
    Ok(answered)
}

/// Client and server agree on what came of the message.
pub fn agree(sent: &Result<(Outcome, i64)>, served: &Result<(bool, bool)>, causes: &[Cause]) {
    match (sent, served) {
        (Ok((Outcome::Answered, status)), Ok((true, true))) => assert_eq!(*status, STATUS),
        (Ok((Outcome::Abandoned(cause), _)), Ok((true, false))) => assert!(causes.contains(cause)),
        (Ok((Outcome::Withdrawn(cause), _)), Ok((false, false)) | Err(_)) => {
            assert!(causes.contains(cause));
        }
        (Err(EBADF), Err(_)) => {}
        (sent, served) => panic!("the client says {sent:?}, the server {served:?}"),
    }
}
