// SPDX-License-Identifier: MIT OR Apache-2.0

//! Round trips while many others are SEND-blocked on the same channel.
//!
//! The others must stay blocked, so the server may never find the queue without the client that is measured. All run on one
//! processor; the client has the highest priority there is and the server the lowest, which it keeps (its channel passes no
//! priorities on). So an answer is followed by the client at once, which is queued again, before all others, when the server
//! goes on to receive. The server fails if it ever receives from somebody else.

use std::fs::File;
use std::sync::atomic::Ordering;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::os;
use crate::peers::peer::{Hello, Link, Peer, Shape};
use crate::peers::qipc;
use crate::raw::{self, Forked, Mapping, Memory, ReceiveCall, ReplyCall, SendCall, Vector};
use crate::rows::{Context, Row};
use crate::trouble::{Doing, Outcome, Trouble};

/// All rows.
pub fn blocked(context: &Context) -> Vec<Row> {
    if !context.counts_instructions() {
        return Vec::new();
    }
    let counts = context.some(&[0, 1, 10, 100, 1000, 10_000], &[1, 10_000], &[1, 4]);
    let row = |blocked: usize| {
        Row::single(
            format!("scale/blocked/{blocked}"),
            "instructions",
            move |c| c.measure(&Blocked { blocked }, Shape::both(8), c.plain_plan()),
        )
    };
    counts.into_iter().map(row).collect()
}

/// Priority of the client that is measured.
const CLIENT: i32 = 60;
/// Priority of the server.
const SERVER: i32 = 1;
/// Priorities of those who are blocked: from none to below this.
const BELOW: usize = 50;
/// Threads of one process of blocked clients.
const CROWD: usize = 1000;
/// First byte of what the client sends, and of what the others send.
const MARKS: [u8; 2] = [1, 2];

/// qipc while other clients wait for the same server.
#[derive(Debug)]
struct Blocked {
    blocked: usize,
}

struct Server {
    session: File,
    memory: Arc<Memory>,
    receive: ReceiveCall,
    reply: ReplyCall,
}

struct Client {
    session: File,
    memory: Arc<Memory>,
    send: SendCall,
    crowds: Vec<i32>,
}

struct Pair {
    blocked: usize,
    server: Option<Server>,
    client: Option<Client>,
    /// Not 0 when the client sends no more.
    over: Memory,
}

impl Peer for Blocked {
    fn name(&self) -> &'static str {
        "qipc-blocked"
    }

    fn prepare(&self, _: &Shape) -> Outcome<Box<dyn Link>> {
        qipc::open()?;
        Ok(Box::new(Pair {
            blocked: self.blocked,
            server: None,
            client: None,
            over: Memory::new(64, Mapping::Shared)?,
        }))
    }
}

fn connect(session: &File, server: Hello) -> std::io::Result<i32> {
    raw::connect_attach(
        session,
        server[0] as i32,
        server[1] as i32,
        qipc_sys::QIPC_SIDE_CHANNEL,
    )
}

/// Sends the first 8 bytes of a memory and gets the next 8.
fn eight(coid: i32, memory: &Arc<Memory>) -> SendCall {
    SendCall::new(
        coid,
        Vector::buffer(memory, 0, 8),
        Vector::buffer(memory, 8, 8),
    )
}

impl Link for Pair {
    fn server_open(&mut self) -> Outcome<Hello> {
        raw::set_priority(SERVER).or_lacks("real-time priority")?;
        let session = qipc::open()?;
        let flags = qipc_sys::QIPC_CHF_FIXED_PRIORITY;
        let chid = raw::channel_create(&session, flags).doing("channel")?;
        let memory = Arc::new(Memory::new(64, Mapping::Private)?);
        memory.poke(8, MARKS[0]);
        self.server = Some(Server {
            receive: ReceiveCall::new(chid, Vector::buffer(&memory, 0, 8)),
            reply: ReplyCall::new(Vector::buffer(&memory, 8, 8)),
            session,
            memory,
        });
        Ok([u64::from(std::process::id()), chid as u64, 0, 0])
    }

    fn client_open(&mut self, server: Hello) -> Outcome<Hello> {
        raw::set_priority(CLIENT).or_lacks("real-time priority")?;
        let ready = Arc::new(Memory::new(64, Mapping::Shared)?);
        let mut crowds = Vec::new();
        let mut left = self.blocked;
        while left > 0 {
            let now = left.min(CROWD);
            match raw::fork().doing("fork")? {
                Forked::Child => crowd(server, now, &ready),
                Forked::Parent(pid) => crowds.push(pid),
            }
            left -= now;
        }
        let there = || ready.word(0).load(Ordering::SeqCst) as usize;
        let start = Instant::now();
        while there() < self.blocked {
            if ready.word(1).load(Ordering::SeqCst) != 0
                || start.elapsed() > Duration::from_secs(300)
            {
                return Err(Trouble::Lacks(format!(
                    "only {} of {} clients could be started",
                    there(),
                    self.blocked
                )));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        // Counted just before they send, and nothing else is to be done on this processor: then they are blocked.
        std::thread::sleep(Duration::from_secs(1));
        let session = qipc::open()?;
        let memory = Arc::new(Memory::new(64, Mapping::Private)?);
        memory.poke(0, MARKS[0]);
        let coid = connect(&session, server).doing("connect")?;
        self.client = Some(Client {
            send: eight(coid, &memory),
            session,
            memory,
            crowds,
        });
        Ok([0; 4])
    }

    fn serve(&mut self) -> Outcome<()> {
        let Some(server) = self.server.as_mut() else {
            return Err(Trouble::Failed("no server".into()));
        };
        let rcvid = server.receive.call(&server.session)?;
        if server.memory.peek(0) != MARKS[0] {
            if self.over.word(0).load(Ordering::SeqCst) == 0 {
                return Err(Trouble::Failed("received from one of the others".into()));
            }
            loop {
                std::thread::sleep(Duration::from_secs(3600));
            }
        }
        Ok(server.reply.call(&server.session, rcvid, 0)?)
    }

    fn call(&mut self) -> Outcome<()> {
        let Some(client) = self.client.as_mut() else {
            return Err(Trouble::Failed("no client".into()));
        };
        client.send.call(&client.session)?;
        Ok(())
    }

    fn check(&self) -> Outcome<()> {
        let Some(client) = self.client.as_ref() else {
            return Err(Trouble::Failed("no client".into()));
        };
        self.over.word(0).store(1, Ordering::SeqCst);
        client.crowds.iter().for_each(|&pid| os::reap(pid));
        if client.memory.peek(8) != MARKS[0] {
            return Err(Trouble::Failed("the answer is wrong".into()));
        }
        Ok(())
    }
}

/// A process of many clients of which each sends once, at priorities from none to below [`BELOW`].
fn crowd(server: Hello, count: usize, ready: &Arc<Memory>) -> ! {
    os::die_with_parent();
    let body = || -> Outcome<()> {
        // Not below the clients' own, or those who have started would keep the others from it.
        raw::set_priority(CLIENT - 1)?;
        let session = Arc::new(qipc::open()?);
        let memory = Arc::new(Memory::new(64, Mapping::Private)?);
        memory.poke(0, MARKS[1]);
        for n in 0..count {
            let (session, shared, memory) = (session.clone(), ready.clone(), memory.clone());
            let client = move || -> Outcome<()> {
                let mut send = eight(connect(&session, server)?, &memory);
                raw::set_priority((n * 7 % BELOW) as i32)?;
                shared.word(0).fetch_add(1, Ordering::SeqCst);
                send.call(&*session)?;
                Err(Trouble::Failed("answered".into()))
            };
            let failed = ready.clone();
            let body = move || {
                if client().is_err() {
                    failed.word(1).store(1, Ordering::SeqCst);
                }
            };
            std::thread::Builder::new()
                .stack_size(16 << 10)
                .spawn(body)?;
        }
        Ok(())
    };
    if body().is_err() {
        ready.word(1).store(1, Ordering::SeqCst);
    }
    loop {
        std::thread::sleep(Duration::from_secs(3600));
    }
}
