// SPDX-License-Identifier: MIT OR Apache-2.0

//! Random steps.

use fastrand::Rng;
use qipc_model::{Answer, Errno, Flags, Reception, State, Step, Timeout};

use crate::raw::UNTOUCHED;
use crate::real::{CLIENTS, RECEIVERS, SERVERS};

/// A step, and the number that says how its memories are cut into parts.
#[derive(Clone, Debug)]
pub struct Move {
    pub step: Step,
    pub layout: u32,
}

/// Draws a step that can be made.
pub fn draw(rng: &mut Rng, state: &State) -> Move {
    loop {
        let step = if rng.u8(..100) < 47 {
            client_step(rng, state)
        } else {
            server_step(rng, state)
        };
        if let Some(step) = step.filter(|step| state.is_enabled(step)) {
            let layout = rng.u32(..);
            return Move { step, layout };
        }
    }
}

/// The steps that leave nothing behind.
pub fn dismantle(state: &State) -> Option<Step> {
    for server in 0..SERVERS {
        if !state.server_lives(server) {
            return Some(Step::SpawnServer { server });
        }
        if let Some(&chid) = state.chids(server).first() {
            return Some(Step::Destroy { server, chid });
        }
    }
    for client in 0..CLIENTS {
        if !state.client_lives(client) {
            return Some(Step::SpawnClient { client });
        }
        if let Some(&coid) = state.coids(client).first() {
            return Some(Step::Detach { client, coid });
        }
    }
    None
}

/// Mostly short, often near the size up to which messages travel inline, sometimes of more than a page.
fn length(rng: &mut Rng) -> usize {
    match rng.u8(..20) {
        0..=7 => rng.usize(..32),
        8..=13 => rng.usize(240..272),
        14..=18 => rng.usize(..700),
        _ => rng.usize(3800..5000),
    }
}

/// Above that of the controller, or now and then none. Each client has one that it keeps to half of the time.
fn priority(rng: &mut Rng, client: usize) -> u8 {
    match rng.u8(..12) {
        0 => 0,
        1..=6 => 3 + client as u8 / 2,
        _ => rng.u8(2..7),
    }
}

fn bytes(rng: &mut Rng) -> Vec<u8> {
    let mut bytes = vec![0; length(rng)];
    rng.fill(&mut bytes);
    bytes
}

fn timeout(rng: &mut Rng, state: &State, receive: bool) -> Option<Timeout> {
    if rng.u8(..3) != 0 {
        return None;
    }
    let (send, reply) = [(true, false), (false, true), (true, true)][rng.usize(..3)];
    // No two calls at the same time: which would be first?
    let soon = 1 + rng.u32(..40);
    let deadline = if rng.u8(..4) == 0 {
        state.now().saturating_sub(rng.u32(..2))
    } else {
        state.now() + soon
    };
    if deadline > state.now() && state.deadlines().contains(&deadline) {
        return None;
    }
    Some(Timeout {
        send: send && !receive,
        reply: reply && !receive,
        receive,
        deadline,
    })
}

/// One of the list, or now and then one that is not there.
fn any<T: Copy>(rng: &mut Rng, list: &[T], wrong: T) -> T {
    if list.is_empty() || rng.u8(..30) == 0 {
        wrong
    } else {
        list[rng.usize(..list.len())]
    }
}

fn client_step(rng: &mut Rng, state: &State) -> Option<Step> {
    let client = rng.usize(..CLIENTS);
    if !state.client_lives(client) {
        return Some(Step::SpawnClient { client });
    }
    let coids = state.coids(client);
    let live = coids
        .iter()
        .any(|coid| state.connection(client, *coid).is_some());
    if !live && rng.u8(..10) != 0 {
        return attach(rng, state, client);
    }
    let coid = any(rng, &coids, 999);
    Some(match rng.u8(..100) {
        0..=49 => Step::Send {
            client,
            coid,
            message: bytes(rng),
            room: vec![UNTOUCHED; length(rng)],
            priority: priority(rng, client),
            timeout: timeout(rng, state, false),
        },
        50..=64 => Step::Pulse {
            client,
            coid,
            priority: rng.u8(..7),
            code: rng.i8(0..),
            value: if rng.bool() { rng.u64(..) } else { 7 },
        },
        65..=77 => Step::SignalClient { client },
        78..=84 => Step::Detach { client, coid },
        85..=88 if coids.len() < 4 => return attach(rng, state, client),
        85..=98 => Step::Advance,
        _ => Step::KillClient { client },
    })
}

fn attach(rng: &mut Rng, state: &State, client: usize) -> Option<Step> {
    let server = rng.usize(..SERVERS);
    let chids = state.chids(server);
    // Nothing to connect to is of interest only sometimes.
    if chids.is_empty() && rng.u8(..10) != 0 {
        return None;
    }
    Some(Step::Attach {
        client,
        server,
        chid: any(rng, &chids, 77),
    })
}

fn reception(rng: &mut Rng, state: &State, chids: &[i32]) -> Reception {
    let poll = rng.u8(..8) == 0;
    Reception {
        chid: any(rng, chids, 77),
        room: length(rng),
        pulse_only: rng.u8(..5) == 0,
        poll,
        timeout: if poll {
            None
        } else {
            timeout(rng, state, true)
        },
    }
}

fn server_step(rng: &mut Rng, state: &State) -> Option<Step> {
    let server = rng.usize(..SERVERS);
    if !state.server_lives(server) {
        return Some(Step::SpawnServer { server });
    }
    let chids = state.chids(server);
    if chids.is_empty() || chids.len() < 2 && rng.u8(..40) == 0 {
        let flags = Flags {
            unblock: rng.u8(..3) != 0,
            disconnect: rng.u8(..3) != 0,
        };
        return Some(Step::Create { server, flags });
    }
    let thread = rng.usize(..RECEIVERS);
    let waiting: Vec<i64> = state
        .messages(server)
        .iter()
        .map(|message| message.0)
        .collect();
    // Any that was ever given, now and then.
    let old = rng.i64(1..=state.last_rcvid(server) + 1);
    let rcvid = any(rng, &waiting, old);
    match rng.u16(..400) {
        0..=139 => Some(Step::Receive {
            server,
            thread,
            reception: reception(rng, state, &chids),
        }),
        140..=152 => Some(Step::SignalServer { server, thread }),
        153..=172 => release(rng, state, server),
        173..=176 => Some(Step::Destroy {
            server,
            chid: any(rng, &chids, 77),
        }),
        177..=178 => Some(Step::KillServer { server }),
        _ if waiting.is_empty() && rng.u8(..20) != 0 => None,
        179..=259 => Some(Step::Reply {
            server,
            rcvid,
            status: status(rng),
            bytes: bytes(rng),
        }),
        // It is not said whether the receive finds the pulse already.
        260..=279 if state.answer_disconnects(server, rcvid) => None,
        260..=279 => Some(Step::ReplyReceive {
            server,
            thread,
            rcvid,
            status: status(rng),
            bytes: bytes(rng),
            reception: reception(rng, state, &chids),
        }),
        280..=309 => Some(Step::Error {
            server,
            rcvid,
            answer: match rng.u8(..6) {
                0 => Answer::Error(0),
                1 | 2 => Answer::Wish,
                3 => Answer::Restart,
                _ => Answer::Error(Errno::ENOENT.0),
            },
        }),
        310..=344 => Some(Step::Read {
            server,
            rcvid,
            offset: if rng.bool() { 0 } else { length(rng) },
            length: length(rng),
        }),
        345..=374 => Some(Step::Write {
            server,
            rcvid,
            offset: if rng.bool() { 0 } else { length(rng) },
            bytes: bytes(rng),
        }),
        _ => Some(Step::Info { server, rcvid }),
    }
}

fn status(rng: &mut Rng) -> i64 {
    [0, 1, -1, -5, i64::MAX, rng.i64(..)][rng.usize(..6)]
}

/// Mostly of a client that is gone.
fn release(rng: &mut Rng, state: &State, server: usize) -> Option<Step> {
    let scoids = state.scoids(server);
    let gone: Vec<i32> = scoids
        .iter()
        .filter(|(_, gone)| *gone)
        .map(|(scoid, _)| *scoid)
        .collect();
    let all: Vec<i32> = scoids.iter().map(|(scoid, _)| *scoid).collect();
    if gone.is_empty() && rng.u8(..4) != 0 {
        return None;
    }
    let from = if gone.is_empty() { all } else { gone };
    Some(Step::Release {
        server,
        scoid: any(rng, &from, 999),
    })
}
