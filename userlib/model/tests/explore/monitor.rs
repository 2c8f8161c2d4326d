// SPDX-License-Identifier: MIT OR Apache-2.0

//! What has to be true of every run, judged by steps and observations alone.

use std::collections::{BTreeMap, BTreeSet};

use qipc_model::{
    Answer, Call, Errno, Observation, Outcome, Reception, State, Step, Timeout, DISCONNECT, UNBLOCK,
};

/// A rule that does not hold, in words.
pub type Verdict = Result<(), String>;

fn ensure(truth: bool, rule: &str) -> Verdict {
    truth.then_some(()).ok_or_else(|| rule.to_owned())
}

/// Place of a channel: server and chid.
type Place = (usize, i32);

/// A send that has not returned. Its message is the serial number.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Sent {
    serial: u8,
    place: Place,
    timeout: Option<Timeout>,
    rcvid: Option<i64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Fate {
    Waits,
    Answered,
    /// Its client stopped waiting.
    Left,
    Killed,
}

/// What became of a receive id.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Named {
    client: usize,
    fate: Fate,
    unblocks: u8,
}

/// Something that can be received.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Waiting {
    place: Place,
    priority: u8,
    arrival: u8,
    /// Of this client, or a pulse.
    message: Option<usize>,
}

/// Follows a run.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Monitor {
    pub serial: u8,
    /// Time after the step that is followed.
    pub now: u32,
    arrivals: u8,
    sends: Vec<Option<Sent>>,
    named: BTreeMap<(usize, i64), Named>,
    queue: Vec<Waiting>,
    /// Threads that wait, in the order in which they came.
    receivers: Vec<(usize, usize, Reception)>,
    connections: BTreeMap<(usize, i32), Place>,
    /// Channels, with what is known of DISCONNECT pulses: owed and received.
    channels: BTreeMap<Place, (bool, u8, u8)>,
    /// Clients that have a connection or a message.
    peers: BTreeSet<(usize, Place)>,
}

impl Monitor {
    pub fn new(clients: usize) -> Self {
        Self {
            serial: 0,
            now: 0,
            arrivals: 0,
            sends: vec![None; clients],
            named: BTreeMap::new(),
            queue: Vec::new(),
            receivers: Vec::new(),
            connections: BTreeMap::new(),
            channels: BTreeMap::new(),
            peers: BTreeSet::new(),
        }
    }

    /// A step and what was seen of it.
    pub fn follow(&mut self, step: &Step, seen: &[Observation]) -> Verdict {
        let own = seen
            .iter()
            .find(|o| o.call == Call::Own)
            .map(|o| &o.outcome);
        self.before(step, own);
        for observation in seen {
            match observation.call {
                Call::Own => {}
                Call::Send { client } => self.sent(step, client, &observation.outcome)?,
                Call::Receive { server, thread } => {
                    self.received(step, (server, thread), &observation.outcome)?;
                }
            }
        }
        self.answered(step, own, seen)?;
        self.settle();
        Ok(())
    }

    fn arrive(&mut self, place: Place, priority: u8, message: Option<usize>) {
        self.arrivals += 1;
        self.queue.push(Waiting {
            place,
            priority,
            arrival: self.arrivals,
            message,
        });
    }

    /// What the step itself changes.
    fn before(&mut self, step: &Step, own: Option<&Outcome>) {
        match (step, own) {
            (&Step::Create { server, flags }, Some(Outcome::Number(chid))) => {
                let place = (server, *chid as i32);
                self.channels.insert(place, (flags.disconnect, 0, 0));
            }
            (
                &Step::Attach {
                    client,
                    server,
                    chid,
                },
                Some(Outcome::Number(coid)),
            ) => {
                self.connections
                    .insert((client, *coid as i32), (server, chid));
            }
            (&Step::Detach { client, coid }, _) => {
                self.connections.remove(&(client, coid));
            }
            (&Step::Destroy { server, chid }, _) => self.destroy((server, chid)),
            (
                &Step::Pulse {
                    client,
                    coid,
                    priority,
                    ..
                },
                Some(Outcome::Done),
            ) => {
                if let Some(&place) = self.connections.get(&(client, coid)) {
                    self.arrive(place, priority, None);
                }
            }
            (
                &Step::Send {
                    client,
                    coid,
                    priority,
                    timeout,
                    ..
                },
                _,
            ) => {
                if let Some(&place) = self.connections.get(&(client, coid)) {
                    self.serial += 1;
                    self.sends[client] = Some(Sent {
                        serial: self.serial,
                        place,
                        timeout,
                        rcvid: None,
                    });
                    self.arrive(place, priority, Some(client));
                }
            }
            (
                &Step::Receive {
                    server,
                    thread,
                    reception,
                },
                _,
            ) => {
                self.receivers.push((server, thread, reception));
            }
            (&Step::KillClient { client }, _) => {
                self.connections.retain(|(owner, _), _| *owner != client);
                self.leave(client, Fate::Killed);
            }
            (&Step::KillServer { server }, _) => {
                self.receivers.retain(|receiver| receiver.0 != server);
                let places: Vec<_> = self.channels.keys().copied().collect();
                places
                    .into_iter()
                    .filter(|place| place.0 == server)
                    .for_each(|place| self.destroy(place));
            }
            (&Step::SpawnServer { server }, _) => self.named.retain(|(of, _), _| *of != server),
            _ => {}
        }
        // A message that is sent again is new to the queue.
        if let (
            &Step::Error {
                server,
                rcvid,
                answer: Answer::Restart,
            },
            Some(Outcome::Done),
        ) = (step, own)
        {
            if let Some(named) = self.named.get_mut(&(server, rcvid)) {
                named.fate = Fate::Answered;
                let client = named.client;
                if let Some(sent) = &mut self.sends[client] {
                    sent.rcvid = None;
                    let place = sent.place;
                    self.arrive(place, u8::MAX, Some(client));
                }
            }
        }
    }

    fn destroy(&mut self, place: Place) {
        self.channels.remove(&place);
        self.queue
            .retain(|waiting| waiting.place != place || waiting.message.is_some());
        self.connections.retain(|_, to| *to != place);
    }

    fn leave(&mut self, client: usize, fate: Fate) {
        self.queue.retain(|waiting| waiting.message != Some(client));
        if let Some(Sent {
            place,
            rcvid: Some(rcvid),
            ..
        }) = self.sends[client].take()
        {
            if let Some(named) = self.named.get_mut(&(place.0, rcvid)) {
                named.fate = fate;
            }
        }
    }

    /// A send has returned.
    fn sent(&mut self, step: &Step, client: usize, outcome: &Outcome) -> Verdict {
        match outcome {
            Outcome::Handled => return Ok(()),
            // Not connected: it was no send.
            Outcome::Unanswered {
                errno: Errno::EBADF,
                ..
            } if self.sends[client].is_none() => {
                return Ok(());
            }
            _ => {}
        }
        let Some(sent) = self.sends[client].clone() else {
            return Err("a send returns once".to_owned());
        };
        if let Outcome::Answered { status, .. } = outcome {
            let (Step::Reply { rcvid, .. } | Step::Error { rcvid, .. }) = step else {
                return Err("only a server answers".to_owned());
            };
            ensure(
                sent.rcvid == Some(*rcvid) && (*status == *rcvid || *status == 0),
                "an answer goes to the message it is for",
            )?;
            self.leave(client, Fate::Answered);
        } else {
            self.leave(client, Fate::Left);
        }
        Ok(())
    }

    /// A receive has returned.
    fn received(&mut self, step: &Step, who: (usize, usize), outcome: &Outcome) -> Verdict {
        if *outcome == Outcome::Handled {
            return Ok(());
        }
        let is_who = |receiver: &(usize, usize, Reception)| (receiver.0, receiver.1) == who;
        let Some(place_in_line) = self.receivers.iter().position(is_who) else {
            return Err("a receive returns once".to_owned());
        };
        let (server, _, reception) = self.receivers.remove(place_in_line);
        let place = (server, reception.chid);
        let at_once =
            matches!(step, Step::Receive { server, thread, .. } if (*server, *thread) == who);
        let later = |pulse: bool| {
            self.receivers[place_in_line..]
                .iter()
                .any(|(of, _, other)| {
                    (*of, other.chid) == place
                        && (!other.pulse_only || pulse && reception.pulse_only)
                })
        };
        match outcome {
            Outcome::Message { rcvid, info, bytes } => {
                ensure(
                    at_once || !later(false),
                    "the receiver that came last is served",
                )?;
                ensure(!reception.pulse_only, "MsgReceivePulse receives pulses")?;
                let (rcvid, client) = (*rcvid, info.client);
                let Some(sent) = &mut self.sends[client] else {
                    return Err("only a message whose client waits is received".to_owned());
                };
                ensure(
                    bytes[..] == [sent.serial],
                    "a message is that of its client",
                )?;
                ensure(sent.rcvid.is_none(), "a message is received once")?;
                let now = self.now;
                let late = sent.timeout.is_some_and(|t| t.reply && t.deadline <= now);
                ensure(!late, "a message that nobody may wait for is not received")?;
                sent.rcvid = Some(rcvid);
                ensure(
                    sent.place == place,
                    "a message is received from its channel",
                )?;
                self.in_order(place, Some(client), false)?;
                let named = Named {
                    client,
                    fate: Fate::Waits,
                    unblocks: 0,
                };
                let before = self.named.insert((server, rcvid), named);
                ensure(before.is_none(), "a receive id does not come back")?;
            }
            Outcome::Pulse(pulse) => match pulse.code {
                UNBLOCK => {
                    let Some(named) = self.named.get_mut(&(server, pulse.value as i64)) else {
                        return Err("an UNBLOCK pulse names a message".to_owned());
                    };
                    named.unblocks += 1;
                    ensure(named.unblocks == 1, "a message has one UNBLOCK pulse")?;
                    ensure(
                        matches!(named.fate, Fate::Waits | Fate::Killed),
                        "no UNBLOCK pulse once a message is answered",
                    )?;
                }
                DISCONNECT => {
                    self.settle();
                    let Some((_, owed, got)) = self.channels.get_mut(&place) else {
                        return Err("a pulse comes from a channel".to_owned());
                    };
                    *got += 1;
                    ensure(got <= owed, "a client disconnects once")?;
                }
                _ => {
                    ensure(
                        at_once || !later(true),
                        "the receiver that came last is served",
                    )?;
                    self.in_order(place, None, reception.pulse_only)?;
                }
            },
            // What the model says when it has nobody to ask.
            Outcome::Failed(Errno(0)) => {
                return Err("only a message whose client waits is received".to_owned());
            }
            _ => {}
        }
        Ok(())
    }

    /// Takes what was received off the list: the most urgent, and of those the first.
    fn in_order(&mut self, place: Place, message: Option<usize>, pulse_only: bool) -> Verdict {
        let key = |w: &Waiting| (u8::MAX - w.priority, w.arrival);
        let same = |(_, w): &(usize, &Waiting)| w.place == place && w.message == message;
        let found = self.queue.iter().enumerate().filter(same);
        let Some((at, _)) = found.min_by_key(|(_, w)| key(w)) else {
            return Err("what is received has been sent".to_owned());
        };
        let taken = self.queue.remove(at);
        // Messages that were sent again have a priority that the monitor does not know.
        let known = |w: &&Waiting| w.priority != u8::MAX;
        let competes = |w: &&Waiting| w.place == place && (!pulse_only || w.message.is_none());
        let first = self
            .queue
            .iter()
            .filter(competes)
            .filter(known)
            .map(key)
            .min();
        ensure(
            taken.priority == u8::MAX || first.is_none_or(|first| key(&taken) < first),
            "the most urgent is received first, then the oldest",
        )
    }

    /// The result of an answer, from the server's side.
    fn answered(&mut self, step: &Step, own: Option<&Outcome>, seen: &[Observation]) -> Verdict {
        let (server, rcvid, restart) = match *step {
            Step::Reply { server, rcvid, .. } => (server, rcvid, false),
            Step::Error {
                server,
                rcvid,
                answer,
            } => (server, rcvid, answer == Answer::Restart),
            _ => return Ok(()),
        };
        let named = self.named.get(&(server, rcvid));
        let sends = seen
            .iter()
            .filter(|o| matches!(o.call, Call::Send { .. }))
            .count();
        match own {
            Some(Outcome::Done) => {
                ensure(
                    named.is_some_and(|named| named.fate == Fate::Answered),
                    "only a message that waits can be answered",
                )?;
                ensure(sends == 1 || restart, "an answer ends one send")
            }
            Some(Outcome::Failed(Errno::ESRCH)) => ensure(
                named.is_none_or(|named| named.fate != Fate::Waits),
                "a message that waits can be answered",
            ),
            Some(Outcome::Failed(Errno::EINVAL)) => {
                ensure(sends == 0, "a refused answer does nothing")
            }
            _ => Err("an answer has a result".to_owned()),
        }
    }

    /// Clients that are gone owe a pulse.
    fn settle(&mut self) {
        let mut now: BTreeSet<_> = self
            .connections
            .iter()
            .map(|((client, _), place)| (*client, *place))
            .collect();
        now.extend(
            self.sends
                .iter()
                .enumerate()
                .filter_map(|(client, sent)| Some((client, sent.as_ref()?.place))),
        );
        for (_, place) in self.peers.difference(&now) {
            if let Some((true, owed, _)) = self.channels.get_mut(place) {
                *owed += 1;
            }
        }
        self.peers = now;
    }

    /// What has to be true between two steps.
    pub fn check(&self, state: &State, budget: usize) -> Verdict {
        for (client, sent) in self.sends.iter().enumerate() {
            ensure(
                state.sends(client) == sent.is_some(),
                "a send that did not return is blocked",
            )?;
            if let Some(sent) = sent {
                Self::can_end(state, client, sent.place.0)?;
            }
        }
        for (server, thread, _) in &self.receivers {
            let step = Step::SignalServer {
                server: *server,
                thread: *thread,
            };
            let seen = state.clone().apply(&step);
            ensure(
                seen.iter()
                    .any(|o| o.outcome == Outcome::Failed(Errno::EINTR)),
                "a receive can be interrupted",
            )?;
        }
        self.drains(state, budget)?;
        Self::dismantles(state)
    }

    fn can_end(state: &State, client: usize, server: usize) -> Verdict {
        let ended = |seen: &[Observation]| seen.iter().any(|o| o.call == Call::Send { client });
        let mut state = state.clone();
        if ended(&state.apply(&Step::SignalClient { client })) {
            return Ok(());
        }
        // It stays until the server answers, which has to be able to.
        for (rcvid, ..) in state.messages(server) {
            let reply = Step::Reply {
                server,
                rcvid,
                status: 0,
                bytes: Vec::new(),
            };
            if ended(&state.clone().apply(&reply)) {
                return Ok(());
            }
        }
        Err("a blocked send can be ended".to_owned())
    }

    /// Receives all there is: the queue is as long as was sent, and each client that is gone has disconnected.
    fn drains(&self, state: &State, budget: usize) -> Verdict {
        for (&place, (_, owed, got)) in &self.channels {
            let (mut monitor, mut state) = (self.clone(), state.clone());
            let (server, chid) = place;
            let (mut more, mut count) = (0, 0);
            let Some(thread) = (0..2).find(|thread| {
                let poll = Step::Receive {
                    server,
                    thread: *thread,
                    reception: POLL,
                };
                state.is_enabled(&poll)
            }) else {
                // Threads that wait have left nothing behind.
                let idle = self
                    .receivers
                    .iter()
                    .any(|(of, _, r)| (*of, r.chid) == place);
                ensure(
                    !idle || owed == got,
                    "each client that is gone has disconnected",
                )?;
                continue;
            };
            loop {
                let step = Step::Receive {
                    server,
                    thread,
                    reception: Reception { chid, ..POLL },
                };
                let seen = state.apply(&step);
                monitor.follow(&step, &seen)?;
                let Some(last) = seen.last() else {
                    return Err("a poll returns".to_owned());
                };
                match &last.outcome {
                    Outcome::Failed(Errno::EAGAIN) => break,
                    Outcome::Pulse(pulse) if pulse.code == DISCONNECT => more += 1,
                    _ => {}
                }
                count += 1;
                ensure(count <= budget, "no more is queued than was sent")?;
            }
            ensure(
                got + more == *owed,
                "each client that is gone has disconnected",
            )?;
        }
        Ok(())
    }

    /// Once all channels and connections are gone, nothing is left.
    fn dismantles(state: &State) -> Verdict {
        let mut state = state.clone();
        for server in 0..2 {
            for chid in state.chids(server) {
                state.apply(&Step::Destroy { server, chid });
            }
        }
        for client in 0..4 {
            for coid in state.coids(client) {
                state.apply(&Step::Detach { client, coid });
            }
        }
        ensure(state.is_empty(), "nothing is left when all is dismantled")
    }
}

/// Takes what is there.
const POLL: Reception = Reception {
    chid: 0,
    room: 64,
    pulse_only: false,
    poll: true,
    timeout: None,
};
