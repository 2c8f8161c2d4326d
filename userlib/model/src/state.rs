// SPDX-License-Identifier: MIT OR Apache-2.0

//! The rules.

use alloc::collections::BTreeMap;
use alloc::vec;
use alloc::vec::Vec;

use crate::step::{
    Answer, Call, Errno, Flags, Info, Observation, Outcome, Pulse, Reception, Step, Timeout,
    DISCONNECT, PULSE_BYTES, UNBLOCK,
};

/// A rule that is broken on purpose, to see that the exploration notices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Flaw {
    /// Each signal sends an UNBLOCK pulse.
    UnblockEachTime,
    /// The UNBLOCK pulse of a message that is answered stays in the queue.
    UnblockKept,
    /// A message stays in the queue when its client is killed.
    KilledStaysQueued,
    /// A client gives a DISCONNECT pulse for each of its connections.
    DisconnectEachTime,
    /// A client that is killed gives no DISCONNECT pulse.
    DisconnectForgotten,
    /// All messages of a client have one receive id, as in QNX up to 7.
    SameReceiveId,
    /// A channel that is destroyed forgets the clients that wait for an answer.
    DestroyForgets,
    /// Messages are received in order of arrival only.
    NoPriorities,
    /// A receive leaves the message that it received in the queue.
    ReceivedTwice,
    /// A message is delivered although its time to be answered has passed.
    LateDelivery,
}

/// Where a connection leads, and what the server calls it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Link {
    server: usize,
    chid: i32,
    scoid: i32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Phase {
    Send,
    Reply { rcvid: i64, copied: usize },
}

/// A send that has not returned.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Send {
    coid: i32,
    /// The connection was detached while this stayed REPLY-blocked.
    detached: bool,
    link: Link,
    message: Vec<u8>,
    room: Vec<u8>,
    priority: u8,
    timeout: Option<Timeout>,
    phase: Phase,
    /// Why it wants to stop waiting, once it has asked for that.
    wish: Option<Errno>,
    /// A signal is pending.
    signal: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Client {
    /// Nothing where the channel is gone.
    connections: BTreeMap<i32, Option<Link>>,
    send: Option<Send>,
    coids: i32,
}

/// A receive that has not returned.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Receive {
    reception: Reception,
    reply_error: Option<Errno>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Content {
    /// Of the send of this client.
    Message(usize),
    Pulse(Pulse),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Item {
    /// Ahead of everything.
    first: bool,
    priority: u8,
    content: Content,
}

/// A client as a channel knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Peer {
    /// Nothing once it has disconnected and the scoid waits to be released.
    client: Option<usize>,
    connections: usize,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Channel {
    flags: Flags,
    queue: Vec<Item>,
    /// Threads that wait, the last one since the shortest time.
    waiting: Vec<usize>,
    peers: BTreeMap<i32, Peer>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Server {
    channels: BTreeMap<i32, Channel>,
    receives: Vec<Option<Receive>>,
    last_rcvid: i64,
    scoids: i32,
}

/// Everything there is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct State {
    now: u32,
    threads: usize,
    clients: Vec<Option<Client>>,
    servers: Vec<Option<Server>>,
    flaw: Option<Flaw>,
}

/// What the steps of [`State::enabled`] are made of.
#[derive(Clone, Debug, Default)]
#[allow(missing_docs)]
pub struct Menu {
    pub flags: Vec<Flags>,
    /// Contents of the next message and of the memory for its reply.
    pub message: Vec<u8>,
    pub room: Vec<u8>,
    pub priorities: Vec<u8>,
    pub timeouts: Vec<Option<Timeout>>,
    pub receptions: Vec<Reception>,
    pub answers: Vec<Answer>,
    /// Most connections a client makes, most channels a server makes.
    pub connections: usize,
    pub channels: usize,
}

/// The calls that return during a step.
#[derive(Default)]
struct Seen(Vec<Observation>);

impl Seen {
    fn own(&mut self, outcome: Outcome) {
        self.push(Call::Own, outcome);
    }

    fn push(&mut self, call: Call, outcome: Outcome) {
        self.0.push(Observation {
            call,
            outcome,
            signal: false,
            reply_error: None,
        });
    }
}

/// Lowest number from `from` on that is not in use.
fn lowest_free<T>(from: i32, used: &BTreeMap<i32, T>) -> i32 {
    (from..)
        .find(|number| !used.contains_key(number))
        .unwrap_or(i32::MAX)
}

impl Timeout {
    fn over(timeout: Option<Self>, now: u32, limits: impl Fn(&Self) -> bool) -> bool {
        timeout.is_some_and(|timeout| limits(&timeout) && timeout.deadline <= now)
    }
}

impl Channel {
    /// Puts an item behind those that are not less urgent.
    fn insert(&mut self, item: Item, flaw: Option<Flaw>) {
        let behind = |other: &Item| {
            other.first && !item.first
                || other.first == item.first
                    && (other.priority >= item.priority || flaw == Some(Flaw::NoPriorities))
        };
        let at = self
            .queue
            .iter()
            .rposition(behind)
            .map_or(0, |place| place + 1);
        self.queue.insert(at, item);
    }

    fn remove_message(&mut self, client: usize) {
        self.queue
            .retain(|item| item.content != Content::Message(client));
    }

    fn remove_unblock(&mut self, rcvid: i64) {
        self.queue.retain(|item| match item.content {
            Content::Pulse(pulse) => pulse.code != UNBLOCK || pulse.value != rcvid as u64,
            Content::Message(_) => true,
        });
    }
}

impl State {
    /// So many processes, none of which has done anything yet; `threads` of each server receive.
    #[must_use]
    pub fn new(clients: usize, servers: usize, threads: usize) -> Self {
        let server = Server {
            channels: BTreeMap::new(),
            receives: vec![None; threads],
            last_rcvid: 0,
            scoids: 0,
        };
        Self {
            now: 0,
            threads,
            clients: vec![Some(Client::default()); clients],
            servers: vec![Some(server); servers],
            flaw: None,
        }
    }

    /// The same system with a rule broken.
    #[must_use]
    pub fn with_flaw(mut self, flaw: Flaw) -> Self {
        self.flaw = Some(flaw);
        self
    }

    // --- looking ---

    /// Time of the model's clock.
    #[must_use]
    pub fn now(&self) -> u32 {
        self.now
    }

    /// True if there is such a process, and it was not killed.
    #[must_use]
    pub fn client_lives(&self, client: usize) -> bool {
        self.client(client).is_some()
    }

    /// Likewise.
    #[must_use]
    pub fn server_lives(&self, server: usize) -> bool {
        self.server(server).is_some()
    }

    /// True while a send of the client is blocked.
    #[must_use]
    pub fn sends(&self, client: usize) -> bool {
        self.send(client).is_some()
    }

    /// Priority of a client whose send is blocked.
    #[must_use]
    pub fn priority(&self, client: usize) -> Option<u8> {
        Some(self.send(client)?.priority)
    }

    /// True while a thread of a server is blocked in a receive.
    #[must_use]
    pub fn receives(&self, server: usize, thread: usize) -> bool {
        self.server(server)
            .and_then(|server| server.receives.get(thread))
            .is_some_and(Option::is_some)
    }

    /// Deadlines of the calls that are blocked.
    #[must_use]
    pub fn deadlines(&self) -> Vec<u32> {
        let sends = self.clients.iter().flatten().filter_map(|client| {
            let timeout = client.send.as_ref()?.timeout?;
            Some(timeout.deadline)
        });
        let receives = self
            .servers
            .iter()
            .flatten()
            .flat_map(|server| server.receives.iter().flatten())
            .filter_map(|receive| Some(receive.reception.timeout?.deadline));
        sends.chain(receives).collect()
    }

    /// Connections of a client, dead ones too.
    #[must_use]
    pub fn coids(&self, client: usize) -> Vec<i32> {
        self.client(client)
            .map(|client| client.connections.keys().copied().collect())
            .unwrap_or_default()
    }

    /// Where a connection leads: server, chid and scoid. Nothing if its channel is gone.
    #[must_use]
    pub fn connection(&self, client: usize, coid: i32) -> Option<(usize, i32, i32)> {
        let link = self.link(client, coid)?;
        Some((link.server, link.chid, link.scoid))
    }

    /// Channels of a server.
    #[must_use]
    pub fn chids(&self, server: usize) -> Vec<i32> {
        self.server(server)
            .map(|server| server.channels.keys().copied().collect())
            .unwrap_or_default()
    }

    /// Scoids in use at a server, and whether each waits to be released.
    #[must_use]
    pub fn scoids(&self, server: usize) -> Vec<(i32, bool)> {
        self.server(server)
            .into_iter()
            .flat_map(|server| server.channels.values())
            .flat_map(|channel| &channel.peers)
            .map(|(scoid, peer)| (*scoid, peer.client.is_none()))
            .collect()
    }

    /// Messages that wait for the answer of a server: receive id, length, room for the reply, and whether the client
    /// wants to stop waiting.
    #[must_use]
    pub fn messages(&self, server: usize) -> Vec<(i64, usize, usize, bool)> {
        self.clients
            .iter()
            .flatten()
            .filter_map(|client| client.send.as_ref())
            .filter(|send| send.link.server == server)
            .filter_map(|send| match send.phase {
                Phase::Reply { rcvid, .. } => Some((
                    rcvid,
                    send.message.len(),
                    send.room.len(),
                    send.wish.is_some(),
                )),
                Phase::Send => None,
            })
            .collect()
    }

    /// True if the client of a message has no connection left, so that the answer is the last the server has of it.
    #[must_use]
    pub fn answer_disconnects(&self, server: usize, rcvid: i64) -> bool {
        let link = self
            .by_rcvid(server, rcvid)
            .and_then(|client| Some(self.send(client)?.link));
        link.is_some_and(|link| {
            self.channel(link.server, link.chid)
                .and_then(|channel| channel.peers.get(&link.scoid))
                .is_some_and(|peer| peer.connections == 0)
        })
    }

    /// Receive ids that a server has been given so far: 1 to this.
    #[must_use]
    pub fn last_rcvid(&self, server: usize) -> i64 {
        self.server(server).map_or(0, |server| server.last_rcvid)
    }

    /// Messages and pulses that wait in a channel.
    #[must_use]
    pub fn queued(&self, server: usize, chid: i32) -> usize {
        self.channel(server, chid)
            .map_or(0, |channel| channel.queue.len())
    }

    /// True if nobody waits, nothing is connected and no channel exists.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let clients = |client: &Client| client.connections.is_empty() && client.send.is_none();
        let servers = |server: &Server| {
            server.channels.is_empty() && server.receives.iter().all(Option::is_none)
        };
        self.clients.iter().flatten().all(clients) && self.servers.iter().flatten().all(servers)
    }

    fn client(&self, client: usize) -> Option<&Client> {
        self.clients.get(client)?.as_ref()
    }

    fn client_mut(&mut self, client: usize) -> Option<&mut Client> {
        self.clients.get_mut(client)?.as_mut()
    }

    fn send(&self, client: usize) -> Option<&Send> {
        self.client(client)?.send.as_ref()
    }

    fn send_mut(&mut self, client: usize) -> Option<&mut Send> {
        self.client_mut(client)?.send.as_mut()
    }

    fn server(&self, server: usize) -> Option<&Server> {
        self.servers.get(server)?.as_ref()
    }

    fn server_mut(&mut self, server: usize) -> Option<&mut Server> {
        self.servers.get_mut(server)?.as_mut()
    }

    fn channel(&self, server: usize, chid: i32) -> Option<&Channel> {
        self.server(server)?.channels.get(&chid)
    }

    fn channel_mut(&mut self, server: usize, chid: i32) -> Option<&mut Channel> {
        self.server_mut(server)?.channels.get_mut(&chid)
    }

    /// The client whose message has this receive id and waits for its answer.
    fn by_rcvid(&self, server: usize, wanted: i64) -> Option<usize> {
        (0..self.clients.len()).find(|client| {
            self.send(*client).is_some_and(|send| {
                send.link.server == server
                    && matches!(send.phase, Phase::Reply { rcvid, .. } if rcvid == wanted)
            })
        })
    }

    // --- what can be done ---

    /// True if the thread that would make the step exists and is not blocked.
    #[must_use]
    pub fn is_enabled(&self, step: &Step) -> bool {
        match step {
            Step::SpawnClient { client } => {
                *client < self.clients.len() && !self.client_lives(*client)
            }
            Step::SpawnServer { server } => {
                *server < self.servers.len() && !self.server_lives(*server)
            }
            Step::KillClient { client }
            | Step::SignalClient { client }
            | Step::Attach { client, .. }
            | Step::Detach { client, .. }
            | Step::Pulse { client, .. } => self.client_lives(*client),
            Step::Send { client, .. } => self.client_lives(*client) && !self.sends(*client),
            Step::Receive { server, thread, .. } | Step::ReplyReceive { server, thread, .. } => {
                self.server_lives(*server)
                    && *thread < self.threads
                    && !self.receives(*server, *thread)
            }
            Step::SignalServer { server, thread } => {
                self.server_lives(*server) && *thread < self.threads
            }
            Step::KillServer { server }
            | Step::Create { server, .. }
            | Step::Destroy { server, .. }
            | Step::Reply { server, .. }
            | Step::Error { server, .. }
            | Step::Read { server, .. }
            | Step::Write { server, .. }
            | Step::Info { server, .. }
            | Step::Release { server, .. } => self.server_lives(*server),
            Step::Advance => true,
        }
    }

    /// The steps that can be made here out of what is on the menu.
    ///
    /// Receive ids are those given so far, whether they still wait or not, and one that was not given yet.
    #[must_use]
    pub fn enabled(&self, menu: &Menu) -> Vec<Step> {
        let mut steps = vec![Step::Advance];
        for client in 0..self.clients.len() {
            self.client_steps(client, menu, &mut steps);
        }
        for server in 0..self.servers.len() {
            self.server_steps(server, menu, &mut steps);
        }
        steps.retain(|step| self.is_enabled(step));
        steps
    }

    fn client_steps(&self, client: usize, menu: &Menu, steps: &mut Vec<Step>) {
        steps.extend([
            Step::SpawnClient { client },
            Step::KillClient { client },
            Step::SignalClient { client },
        ]);
        let coids = self.coids(client);
        if coids.len() < menu.connections {
            for server in 0..self.servers.len() {
                steps.extend(self.chids(server).into_iter().map(|chid| Step::Attach {
                    client,
                    server,
                    chid,
                }));
            }
        }
        for coid in coids {
            steps.push(Step::Detach { client, coid });
            for &priority in &menu.priorities {
                steps.push(Step::Pulse {
                    client,
                    coid,
                    priority,
                    code: 1,
                    value: 0,
                });
                steps.extend(menu.timeouts.iter().map(|&timeout| Step::Send {
                    client,
                    coid,
                    message: menu.message.clone(),
                    room: menu.room.clone(),
                    priority,
                    timeout,
                }));
            }
        }
    }

    fn server_steps(&self, server: usize, menu: &Menu, steps: &mut Vec<Step>) {
        steps.extend([Step::SpawnServer { server }, Step::KillServer { server }]);
        let chids = self.chids(server);
        if chids.len() < menu.channels {
            steps.extend(
                menu.flags
                    .iter()
                    .map(|&flags| Step::Create { server, flags }),
            );
        }
        for &chid in &chids {
            steps.push(Step::Destroy { server, chid });
        }
        for thread in 0..self.threads {
            steps.push(Step::SignalServer { server, thread });
            for &chid in &chids {
                steps.extend(menu.receptions.iter().map(|&reception| Step::Receive {
                    server,
                    thread,
                    reception: Reception { chid, ..reception },
                }));
            }
        }
        for rcvid in 1..=self.last_rcvid(server) + 1 {
            steps.push(Step::Reply {
                server,
                rcvid,
                status: rcvid,
                bytes: vec![rcvid as u8],
            });
            steps.extend(menu.answers.iter().map(|&answer| Step::Error {
                server,
                rcvid,
                answer,
            }));
        }
        for (scoid, _) in self.scoids(server) {
            steps.push(Step::Release { server, scoid });
        }
    }

    // --- what it does ---

    /// Carries out a step, which has to be [enabled](Self::is_enabled); else nothing happens.
    pub fn apply(&mut self, step: &Step) -> Vec<Observation> {
        let mut seen = Seen::default();
        if self.is_enabled(step) {
            match step {
                Step::SpawnClient { .. }
                | Step::SpawnServer { .. }
                | Step::KillClient { .. }
                | Step::KillServer { .. }
                | Step::SignalClient { .. }
                | Step::SignalServer { .. }
                | Step::Advance => self.apply_event(step, &mut seen),
                Step::Attach { .. }
                | Step::Detach { .. }
                | Step::Send { .. }
                | Step::Pulse { .. } => self.apply_client(step, &mut seen),
                _ => self.apply_server(step, &mut seen),
            }
        }
        seen.0
    }

    fn apply_event(&mut self, step: &Step, seen: &mut Seen) {
        match *step {
            Step::SpawnClient { client } => self.clients[client] = Some(Client::default()),
            Step::SpawnServer { server } => {
                self.servers[server] = Some(Server {
                    channels: BTreeMap::new(),
                    receives: vec![None; self.threads],
                    last_rcvid: 0,
                    scoids: 0,
                });
            }
            Step::KillClient { client } => self.kill_client(client, seen),
            Step::KillServer { server } => {
                for thread in &mut self.servers[server]
                    .iter_mut()
                    .flat_map(|s| &mut s.receives)
                {
                    *thread = None;
                }
                for chid in self.chids(server) {
                    self.destroy(server, chid, seen);
                }
                self.servers[server] = None;
            }
            Step::SignalClient { client } => match self.send_mut(client) {
                Some(send) => {
                    send.signal = true;
                    self.stop_waiting(client, Errno::EINTR, seen);
                }
                None => seen.push(Call::Send { client }, Outcome::Handled),
            },
            Step::SignalServer { server, thread } => {
                if self.receives(server, thread) {
                    self.end_receive(server, thread, Outcome::Failed(Errno::EINTR), seen);
                    if let Some(last) = seen.0.last_mut() {
                        last.signal = true;
                    }
                } else {
                    seen.push(Call::Receive { server, thread }, Outcome::Handled);
                }
            }
            _ => self.advance(seen),
        }
    }

    fn apply_client(&mut self, step: &Step, seen: &mut Seen) {
        match step {
            &Step::Attach {
                client,
                server,
                chid,
            } => self.attach(client, server, chid, seen),
            &Step::Detach { client, coid } => self.detach(client, coid, seen),
            &Step::Pulse {
                client,
                coid,
                priority,
                code,
                value,
            } => match self.link(client, coid) {
                None => seen.own(Outcome::Failed(Errno::EBADF)),
                Some(link) => {
                    seen.own(Outcome::Done);
                    let pulse = Pulse {
                        code,
                        value,
                        scoid: link.scoid,
                    };
                    self.pulse(link, pulse, priority, seen);
                }
            },
            Step::Send {
                client,
                coid,
                message,
                room,
                priority,
                timeout,
            } => {
                let Some(link) = self.link(*client, *coid) else {
                    seen.push(
                        Call::Send { client: *client },
                        Outcome::Unanswered {
                            errno: Errno::EBADF,
                            room: room.clone(),
                        },
                    );
                    return;
                };
                if let Some(process) = self.client_mut(*client) {
                    process.send = Some(Send {
                        coid: *coid,
                        detached: false,
                        link,
                        message: message.clone(),
                        room: room.clone(),
                        priority: *priority,
                        timeout: *timeout,
                        phase: Phase::Send,
                        wish: None,
                        signal: false,
                    });
                }
                self.offer(*client, seen);
            }
            _ => {}
        }
    }

    fn apply_server(&mut self, step: &Step, seen: &mut Seen) {
        match step {
            &Step::Create { server, flags } => {
                let Some(process) = self.server_mut(server) else {
                    return;
                };
                let chid = lowest_free(1, &process.channels);
                process.channels.insert(
                    chid,
                    Channel {
                        flags,
                        ..Channel::default()
                    },
                );
                seen.own(Outcome::Number(chid.into()));
            }
            &Step::Destroy { server, chid } => {
                if self.channel(server, chid).is_none() {
                    seen.own(Outcome::Failed(Errno::EINVAL));
                } else {
                    seen.own(Outcome::Done);
                    self.destroy(server, chid, seen);
                }
            }
            &Step::Receive {
                server,
                thread,
                reception,
            } => self.receive(server, thread, reception, None, seen),
            Step::ReplyReceive {
                server,
                thread,
                rcvid,
                status,
                bytes,
                reception,
            } => {
                // A receive that is wrong in itself does not even reply.
                let reply_error = self.channel(*server, reception.chid).is_some().then(|| {
                    let result = self.reply(*server, *rcvid, *status, bytes, seen);
                    result.err().unwrap_or(Errno(0))
                });
                self.receive(*server, *thread, *reception, reply_error, seen);
            }
            Step::Reply {
                server,
                rcvid,
                status,
                bytes,
            } => {
                let result = self.reply(*server, *rcvid, *status, bytes, seen);
                seen.own(result.map_or_else(Outcome::Failed, |()| Outcome::Done));
            }
            &Step::Error {
                server,
                rcvid,
                answer,
            } => {
                let result = self.error(server, rcvid, answer, seen);
                seen.own(result.map_or_else(Outcome::Failed, |()| Outcome::Done));
            }
            &Step::Release { server, scoid } => seen.own(self.release(server, scoid)),
            _ => seen.own(self.access(step)),
        }
    }

    fn link(&self, client: usize, coid: i32) -> Option<Link> {
        *self.client(client)?.connections.get(&coid)?
    }

    /// What a server does with a message while it waits: read, write, info.
    fn access(&mut self, step: &Step) -> Outcome {
        let (&Step::Read { server, rcvid, .. }
        | &Step::Write { server, rcvid, .. }
        | &Step::Info { server, rcvid }) = step
        else {
            return Outcome::Done;
        };
        let Some(client) = self.by_rcvid(server, rcvid) else {
            return Outcome::Failed(Errno::ESRCH);
        };
        let Some(send) = self.send_mut(client) else {
            return Outcome::Failed(Errno::ESRCH);
        };
        match step {
            &Step::Read { offset, length, .. } => {
                let rest = send.message.iter().skip(offset).take(length);
                Outcome::Bytes(rest.copied().collect())
            }
            Step::Write { offset, bytes, .. } => {
                let room = send.room.iter_mut().skip(*offset);
                let mut count = 0;
                for (to, from) in room.zip(bytes) {
                    *to = *from;
                    count += 1;
                }
                Outcome::Number(count)
            }
            _ => self
                .info(client)
                .map_or(Outcome::Failed(Errno::ESRCH), Outcome::Info),
        }
    }

    fn info(&self, client: usize) -> Option<Info> {
        let send = self.send(client)?;
        Some(Info {
            client,
            chid: send.link.chid,
            scoid: send.link.scoid,
            coid: send.coid,
            priority: send.priority,
            unblock_request: send.wish.is_some(),
            msglen: match send.phase {
                Phase::Reply { copied, .. } => copied,
                Phase::Send => 0,
            },
            srcmsglen: send.message.len(),
            dstmsglen: send.room.len(),
        })
    }

    // --- messages ---

    /// A message that is new, or is sent again, looks for a receiver.
    fn offer(&mut self, client: usize, seen: &mut Seen) {
        let Some(send) = self.send(client) else {
            return;
        };
        let (link, priority, timeout) = (send.link, send.priority, send.timeout);
        let now = self.now;
        // What a restart finds.
        if send.signal {
            return self.end_send(client, Errno::EINTR, seen);
        }
        if send.detached {
            return self.end_send(client, Errno::EBADF, seen);
        }
        match self.waiting(link.server, link.chid, false) {
            Some(_) if self.is_late(timeout) => self.end_send(client, Errno::ETIMEDOUT, seen),
            Some(thread) => self.deliver(client, link.server, thread, seen),
            None if Timeout::over(timeout, now, |timeout| timeout.send) => {
                self.end_send(client, Errno::ETIMEDOUT, seen);
            }
            None => {
                let flaw = self.flaw;
                if let Some(channel) = self.channel_mut(link.server, link.chid) {
                    let item = Item {
                        first: false,
                        priority,
                        content: Content::Message(client),
                    };
                    channel.insert(item, flaw);
                }
            }
        }
    }

    /// The time for the answer has passed.
    fn is_late(&self, timeout: Option<Timeout>) -> bool {
        self.flaw != Some(Flaw::LateDelivery)
            && Timeout::over(timeout, self.now, |timeout| timeout.reply)
    }

    /// The thread that gets what arrives: the one that came last, if it takes messages rather than one that does not.
    fn waiting(&self, server: usize, chid: i32, pulse: bool) -> Option<usize> {
        let waiting = &self.channel(server, chid)?.waiting;
        let pulse_only = |thread: &usize| {
            self.server(server)
                .and_then(|server| server.receives.get(*thread)?.as_ref())
                .is_some_and(|receive| receive.reception.pulse_only)
        };
        let any = waiting.iter().rev().find(|thread| !pulse_only(thread));
        any.or_else(|| waiting.last().filter(|_| pulse)).copied()
    }

    /// Gives a message to a thread that receives.
    fn deliver(&mut self, client: usize, server: usize, thread: usize, seen: &mut Seen) {
        let same_id = self.flaw == Some(Flaw::SameReceiveId);
        let Some(process) = self.server_mut(server) else {
            return;
        };
        process.last_rcvid += 1;
        let mut rcvid = process.last_rcvid;
        let room = process
            .receives
            .get(thread)
            .and_then(Option::as_ref)
            .map_or(0, |receive| receive.reception.room);
        if let Some(send) = self.send_mut(client) {
            if same_id {
                rcvid = send.link.scoid.into();
            }
            let copied = room.min(send.message.len());
            send.phase = Phase::Reply { rcvid, copied };
        }
        let Some(info) = self.info(client) else {
            return;
        };
        let bytes = self
            .send(client)
            .map(|send| send.message.iter().take(room).copied().collect())
            .unwrap_or_default();
        let outcome = Outcome::Message { rcvid, info, bytes };
        self.end_receive(server, thread, outcome, seen);
    }

    /// A send returns without an answer.
    fn end_send(&mut self, client: usize, errno: Errno, seen: &mut Seen) {
        self.finish_send(client, seen, |room| Outcome::Unanswered { errno, room });
    }

    fn finish_send(
        &mut self,
        client: usize,
        seen: &mut Seen,
        outcome: impl FnOnce(Vec<u8>) -> Outcome,
    ) {
        let Some(send) = self
            .client_mut(client)
            .and_then(|client| client.send.take())
        else {
            return;
        };
        let link = send.link;
        if let Some(channel) = self.channel_mut(link.server, link.chid) {
            channel.remove_message(client);
        }
        seen.0.push(Observation {
            call: Call::Send { client },
            outcome: outcome(send.room),
            signal: send.signal,
            reply_error: None,
        });
        self.settle(client, link, seen);
    }

    /// A client has a reason to stop waiting.
    fn stop_waiting(&mut self, client: usize, reason: Errno, seen: &mut Seen) {
        let Some(send) = self.send(client) else {
            return;
        };
        let unblock = self
            .channel(send.link.server, send.link.chid)
            .is_some_and(|channel| channel.flags.unblock);
        if send.phase == Phase::Send || !unblock {
            self.end_send(client, reason, seen);
        } else {
            self.ask(client, reason, seen);
        }
    }

    /// Tells the server that a client wants to stop waiting, once.
    fn ask(&mut self, client: usize, reason: Errno, seen: &mut Seen) {
        let repeat = self.flaw == Some(Flaw::UnblockEachTime);
        let Some(send) = self.send_mut(client) else {
            return;
        };
        let Phase::Reply { rcvid, .. } = send.phase else {
            return;
        };
        if send.wish.is_some() && !repeat {
            return;
        }
        send.wish.get_or_insert(reason);
        let (link, priority) = (send.link, send.priority);
        let pulse = Pulse {
            code: UNBLOCK,
            value: rcvid as u64,
            scoid: link.scoid,
        };
        self.pulse(link, pulse, priority, seen);
    }

    fn reply(
        &mut self,
        server: usize,
        rcvid: i64,
        status: i64,
        bytes: &[u8],
        seen: &mut Seen,
    ) -> Result<(), Errno> {
        let client = self.by_rcvid(server, rcvid).ok_or(Errno::ESRCH)?;
        self.forget_wish(client, rcvid);
        if let Some(send) = self.send_mut(client) {
            send.room
                .iter_mut()
                .zip(bytes)
                .for_each(|(to, from)| *to = *from);
        }
        self.finish_send(client, seen, |room| Outcome::Answered {
            status,
            error: 0,
            room,
        });
        Ok(())
    }

    fn error(
        &mut self,
        server: usize,
        rcvid: i64,
        answer: Answer,
        seen: &mut Seen,
    ) -> Result<(), Errno> {
        let client = self.by_rcvid(server, rcvid).ok_or(Errno::ESRCH)?;
        let wish = self.send(client).and_then(|send| send.wish);
        let error = match answer {
            Answer::Error(error) => error,
            Answer::Wish => wish.ok_or(Errno::EINVAL)?.0,
            Answer::Restart => {
                self.forget_wish(client, rcvid);
                if let Some(send) = self.send_mut(client) {
                    send.phase = Phase::Send;
                    send.wish = None;
                }
                self.offer(client, seen);
                return Ok(());
            }
        };
        self.forget_wish(client, rcvid);
        self.finish_send(client, seen, |room| Outcome::Answered {
            status: 0,
            error,
            room,
        });
        Ok(())
    }

    /// A message is answered: the pulse about it is not needed any more.
    fn forget_wish(&mut self, client: usize, rcvid: i64) {
        if self.flaw == Some(Flaw::UnblockKept) {
            return;
        }
        let Some(link) = self.send(client).map(|send| send.link) else {
            return;
        };
        if let Some(channel) = self.channel_mut(link.server, link.chid) {
            channel.remove_unblock(rcvid);
        }
    }

    // --- receiving ---

    fn receive(
        &mut self,
        server: usize,
        thread: usize,
        reception: Reception,
        reply_error: Option<Errno>,
        seen: &mut Seen,
    ) {
        let now = self.now;
        let Some(process) = self.server_mut(server) else {
            return;
        };
        process.receives[thread] = Some(Receive {
            reception,
            reply_error,
        });
        if !process.channels.contains_key(&reception.chid) {
            return self.end_receive(server, thread, Outcome::Failed(Errno::ESRCH), seen);
        }
        while let Some(content) = self.take(server, reception) {
            match content {
                Content::Pulse(pulse) => return self.give_pulse(server, thread, pulse, seen),
                Content::Message(client)
                    if self
                        .send(client)
                        .is_some_and(|send| self.is_late(send.timeout)) =>
                {
                    self.end_send(client, Errno::ETIMEDOUT, seen);
                }
                Content::Message(client) => {
                    if self.send(client).is_some() {
                        return self.deliver(client, server, thread, seen);
                    }
                    // Only with a flaw.
                    let outcome = Outcome::Failed(Errno(0));
                    return self.end_receive(server, thread, outcome, seen);
                }
            }
        }
        if reception.poll {
            self.end_receive(server, thread, Outcome::Failed(Errno::EAGAIN), seen);
        } else if Timeout::over(reception.timeout, now, |timeout| timeout.receive) {
            self.end_receive(server, thread, Outcome::Failed(Errno::ETIMEDOUT), seen);
        } else if let Some(channel) = self.channel_mut(server, reception.chid) {
            channel.waiting.push(thread);
        }
    }

    /// Takes out of the queue what a receive gets.
    fn take(&mut self, server: usize, reception: Reception) -> Option<Content> {
        let keep = self.flaw == Some(Flaw::ReceivedTwice);
        let queue = &mut self.channel_mut(server, reception.chid)?.queue;
        let wanted =
            |item: &Item| !reception.pulse_only || matches!(item.content, Content::Pulse(_));
        let place = queue.iter().position(wanted)?;
        if keep && matches!(queue[place].content, Content::Message(_)) {
            return Some(queue[place].content.clone());
        }
        Some(queue.remove(place).content)
    }

    fn end_receive(&mut self, server: usize, thread: usize, outcome: Outcome, seen: &mut Seen) {
        let Some(process) = self.server_mut(server) else {
            return;
        };
        let Some(receive) = process.receives.get_mut(thread).and_then(Option::take) else {
            return;
        };
        if let Some(channel) = process.channels.get_mut(&receive.reception.chid) {
            channel.waiting.retain(|other| *other != thread);
        }
        seen.0.push(Observation {
            call: Call::Receive { server, thread },
            outcome,
            signal: false,
            reply_error: receive.reply_error,
        });
    }

    // --- pulses ---

    /// Hands a pulse to a thread that waits, or queues it.
    fn pulse(&mut self, link: Link, pulse: Pulse, priority: u8, seen: &mut Seen) {
        if let Some(thread) = self.waiting(link.server, link.chid, true) {
            return self.give_pulse(link.server, thread, pulse, seen);
        }
        let flaw = self.flaw;
        if let Some(channel) = self.channel_mut(link.server, link.chid) {
            let item = Item {
                first: pulse.code == DISCONNECT,
                priority,
                content: Content::Pulse(pulse),
            };
            channel.insert(item, flaw);
        }
    }

    /// A pulse that does not fit is lost.
    fn give_pulse(&mut self, server: usize, thread: usize, pulse: Pulse, seen: &mut Seen) {
        let room = self
            .server(server)
            .and_then(|server| server.receives.get(thread)?.as_ref())
            .map_or(0, |receive| receive.reception.room);
        let outcome = if room < PULSE_BYTES {
            Outcome::Failed(Errno::EFAULT)
        } else {
            Outcome::Pulse(pulse)
        };
        self.end_receive(server, thread, outcome, seen);
    }

    // --- connections, ends ---

    fn attach(&mut self, client: usize, server: usize, chid: i32, seen: &mut Seen) {
        let Some(process) = self.server_mut(server) else {
            return seen.own(Outcome::Failed(Errno::ESRCH));
        };
        let Some(channel) = process.channels.get_mut(&chid) else {
            return seen.own(Outcome::Failed(Errno::ESRCH));
        };
        let known = channel
            .peers
            .iter_mut()
            .find(|(_, peer)| peer.client == Some(client));
        let scoid = match known {
            Some((scoid, peer)) => {
                peer.connections += 1;
                *scoid
            }
            None => {
                process.scoids += 1;
                let peer = Peer {
                    client: Some(client),
                    connections: 1,
                };
                channel.peers.insert(process.scoids, peer);
                process.scoids
            }
        };
        let Some(process) = self.client_mut(client) else {
            return;
        };
        let coid = process.coids;
        process.coids += 1;
        let link = Link {
            server,
            chid,
            scoid,
        };
        process.connections.insert(coid, Some(link));
        seen.own(Outcome::Number(coid.into()));
    }

    fn detach(&mut self, client: usize, coid: i32, seen: &mut Seen) {
        let Some(connection) = self
            .client_mut(client)
            .and_then(|process| process.connections.remove(&coid))
        else {
            return seen.own(Outcome::Failed(Errno::EINVAL));
        };
        seen.own(Outcome::Done);
        let Some(link) = connection else {
            return;
        };
        if let Some(send) = self.send_mut(client) {
            if send.coid == coid && !send.detached {
                send.detached = true;
                self.stop_waiting(client, Errno::EBADF, seen);
            }
        }
        self.unlink(client, link, seen);
    }

    /// One connection less.
    fn unlink(&mut self, client: usize, link: Link, seen: &mut Seen) {
        if let Some(peer) = self
            .channel_mut(link.server, link.chid)
            .and_then(|channel| channel.peers.get_mut(&link.scoid))
        {
            peer.connections -= 1;
        }
        self.settle(client, link, seen);
    }

    /// A client that has neither a connection nor a message left is gone.
    fn settle(&mut self, client: usize, link: Link, seen: &mut Seen) {
        let each_time = self.flaw == Some(Flaw::DisconnectEachTime);
        let outstanding = self.send(client).is_some_and(|send| send.link == link);
        let Some(channel) = self.channel_mut(link.server, link.chid) else {
            return;
        };
        let tell = channel.flags.disconnect;
        let Some(peer) = channel.peers.get_mut(&link.scoid) else {
            return;
        };
        if peer.client != Some(client) {
            return;
        }
        let gone = peer.connections == 0 && !outstanding;
        if gone && tell {
            peer.client = None;
        } else if gone {
            channel.peers.remove(&link.scoid);
        }
        if tell && (gone || each_time) {
            let pulse = Pulse {
                code: DISCONNECT,
                value: 0,
                scoid: link.scoid,
            };
            self.pulse(link, pulse, 0, seen);
        }
    }

    fn release(&mut self, server: usize, scoid: i32) -> Outcome {
        let channels = self
            .server_mut(server)
            .into_iter()
            .flat_map(|server| server.channels.values_mut());
        for channel in channels {
            if channel
                .peers
                .get(&scoid)
                .is_some_and(|peer| peer.client.is_none())
            {
                channel.peers.remove(&scoid);
                return Outcome::Done;
            }
        }
        Outcome::Failed(Errno::EINVAL)
    }

    fn destroy(&mut self, server: usize, chid: i32, seen: &mut Seen) {
        let Some(process) = self.server_mut(server) else {
            return;
        };
        let Some(channel) = process.channels.remove(&chid) else {
            return;
        };
        for thread in channel.waiting {
            self.end_receive(server, thread, Outcome::Failed(Errno::ESRCH), seen);
        }
        let there = |link: &Link| link.server == server && link.chid == chid;
        for client in 0..self.clients.len() {
            let forgotten = self.flaw == Some(Flaw::DestroyForgets);
            if self
                .send(client)
                .is_some_and(|send| there(&send.link) && !(forgotten && send.phase != Phase::Send))
            {
                self.end_send(client, Errno::ESRCH, seen);
            }
            if let Some(process) = self.client_mut(client) {
                for connection in process.connections.values_mut() {
                    *connection = connection.filter(|link| !there(link));
                }
            }
        }
    }

    fn kill_client(&mut self, client: usize, seen: &mut Seen) {
        if let Some(send) = self.send(client) {
            let link = send.link;
            let waits = send.phase != Phase::Send;
            let keep = self.flaw == Some(Flaw::KilledStaysQueued);
            if let Some(channel) = self.channel_mut(link.server, link.chid) {
                if waits && channel.flags.unblock {
                    self.ask(client, Errno::EINTR, seen);
                } else if !keep {
                    channel.remove_message(client);
                }
            }
        }
        let Some(process) = self.client_mut(client) else {
            return;
        };
        let send = process.send.take();
        let connections = core::mem::take(&mut process.connections);
        if self.flaw != Some(Flaw::DisconnectForgotten) {
            for link in connections.into_values().flatten() {
                self.unlink(client, link, seen);
            }
            // The connection it was sent over may be detached already.
            if let Some(send) = send {
                self.settle(client, send.link, seen);
            }
        }
        self.clients[client] = None;
    }

    // --- time ---

    fn advance(&mut self, seen: &mut Seen) {
        let now = self.now;
        let next = self
            .deadlines()
            .into_iter()
            .filter(|time| *time > now)
            .min();
        self.now = next.unwrap_or(now + 1);
        let now = self.now;
        for client in 0..self.clients.len() {
            let ends = self.send(client).is_some_and(|send| {
                send.timeout.is_some_and(|timeout| {
                    timeout.deadline == now
                        && match send.phase {
                            Phase::Send => timeout.send,
                            Phase::Reply { .. } => timeout.reply,
                        }
                })
            });
            if ends {
                self.stop_waiting(client, Errno::ETIMEDOUT, seen);
            }
        }
        for server in 0..self.servers.len() {
            for thread in 0..self.threads {
                let timeout = self
                    .server(server)
                    .and_then(|server| server.receives.get(thread)?.as_ref()?.reception.timeout);
                if timeout.is_some_and(|timeout| timeout.receive && timeout.deadline == now) {
                    let outcome = Outcome::Failed(Errno::ETIMEDOUT);
                    self.end_receive(server, thread, outcome, seen);
                }
            }
        }
    }
}
