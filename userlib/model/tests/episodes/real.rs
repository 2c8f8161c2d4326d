// SPDX-License-Identifier: MIT OR Apache-2.0

//! The real system: makes a step happen, and compares what comes of it with what the model says.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

use qipc_model::{
    Answer, Call, Flags, Info, Observation, Outcome, Pulse, Reception, State, Step, Timeout,
    PULSE_BYTES,
};
use qipc_sys as sys;

use crate::raw::{self, Board, Mailbox, Order, Report, UNTOUCHED};
use crate::worker::{self, HELPER};

pub const CLIENTS: usize = 4;
pub const SERVERS: usize = 2;
/// Threads of a server that receive.
pub const RECEIVERS: usize = HELPER;

/// Longer than the start of a process takes in an emulated machine.
const START: Duration = Duration::from_secs(20);
/// The model's unit of time. The clock only gets from one to the next when it is set.
const HOUR: u64 = 3_600_000_000_000;
/// What is used where the model knows that there is no such number.
const NO_COID: i32 = sys::QIPC_SIDE_CHANNEL as i32 + 0x7000;
const NO_SCOID: i32 = (sys::QIPC_SIDE_CHANNEL | sys::QIPC_CONNECTION_SCOID) as i32 + 0x7000;
const NO_RCVID: i64 = 0x7fff_ff00;

/// A difference between the model and the module, in words.
pub type Verdict<T = ()> = Result<T, String>;

fn same<T: PartialEq + std::fmt::Debug>(what: &str, real: T, model: T) -> Verdict {
    if real == model {
        Ok(())
    } else {
        Err(format!("{what} is {real:?}, not {model:?}"))
    }
}

/// Position of a thread: process and number.
type Thread = (usize, usize);

fn client_thread(client: usize) -> Thread {
    (client, 0)
}

fn server_thread(server: usize, thread: usize) -> Thread {
    (CLIENTS + server, thread)
}

/// What the module's numbers are for those of the model.
#[derive(Default)]
struct Names {
    coids: BTreeMap<(usize, i32), i32>,
    scoids: BTreeMap<(usize, i32), i32>,
    rcvids: BTreeMap<(usize, i64), i64>,
}

pub struct Real {
    board: &'static Board,
    pids: [Option<i32>; raw::PROCESSES],
    names: Names,
    /// Receive ids that a server process has been given, in all episodes.
    given: [HashSet<i64>; SERVERS],
    signals: [[u32; raw::THREADS]; raw::PROCESSES],
    /// The real-time clock at the model's time 0.
    zero: u64,
    /// How long a call may take that has to return.
    patience: Duration,
}

impl Real {
    pub fn new(board: &'static Board, patience: Duration) -> Verdict<Self> {
        let mut real = Self {
            board,
            pids: [None; raw::PROCESSES],
            names: Names::default(),
            given: Default::default(),
            signals: Default::default(),
            patience,
            zero: raw::clock().map_err(|error| error.to_string())?,
        };
        for process in 0..raw::PROCESSES {
            real.spawn(process)?;
        }
        Ok(real)
    }

    /// Ends all processes.
    pub fn end(mut self) -> Verdict {
        (0..raw::PROCESSES).try_for_each(|process| self.kill(process))
    }

    /// Before the first step of an episode, in which the model's numbers begin anew.
    pub fn begin(&mut self) -> Verdict {
        self.names = Names::default();
        raw::set_clock(self.zero).map_err(|error| format!("the clock: {error}"))
    }

    fn mailbox(&self, (process, thread): Thread) -> &'static Mailbox {
        &self.board.0[process][thread]
    }

    fn spawn(&mut self, process: usize) -> Verdict {
        let mailboxes = &self.board.0[process];
        mailboxes.iter().for_each(Mailbox::clear);
        self.signals[process] = [0; raw::THREADS];
        if let Some(server) = process.checked_sub(CLIENTS) {
            self.given[server].clear();
        }
        let pid = raw::fork(|| worker::run(mailboxes)).map_err(|error| format!("fork: {error}"))?;
        self.pids[process] = Some(pid);
        wait_for(START, "a new process", || {
            Ok(mailboxes
                .iter()
                .all(|mailbox| mailbox.tid.load(Ordering::Acquire) != 0))
        })
    }

    fn kill(&mut self, process: usize) -> Verdict {
        if let Some(pid) = self.pids[process].take() {
            raw::kill(pid).map_err(|error| format!("kill: {error}"))?;
            self.board.0[process].iter().for_each(Mailbox::clear);
        }
        // Its numbers mean nothing any more.
        self.names.coids.retain(|(client, _), _| *client != process);
        let server = process.wrapping_sub(CLIENTS);
        self.names.scoids.retain(|(of, _), _| *of != server);
        self.names.rcvids.retain(|(of, _), _| *of != server);
        Ok(())
    }

    // --- doing ---

    /// Makes the step happen, which took the model to `state` with these observations.
    pub fn step(
        &mut self,
        step: &Step,
        layout: u32,
        state: &State,
        expected: &[Observation],
    ) -> Verdict {
        for observation in expected {
            let (process, thread) = self.thread(step, observation.call);
            self.signals[process][thread] +=
                u32::from(observation.signal || observation.outcome == Outcome::Handled);
        }
        match *step {
            Step::SpawnClient { client } => self.spawn(client)?,
            Step::SpawnServer { server } => self.spawn(CLIENTS + server)?,
            Step::KillClient { client } => self.kill(client)?,
            Step::KillServer { server } => self.kill(CLIENTS + server)?,
            Step::SignalClient { client } => self.signal(client_thread(client))?,
            Step::SignalServer { server, thread } => self.signal(server_thread(server, thread))?,
            Step::Advance => self.advance(state.now())?,
            _ => {
                let (order, data) = self.order(step, layout, state);
                let thread = self.thread(step, own_call(step));
                self.mailbox(thread).post(order, data);
            }
        }
        wait_for(self.patience, "a call that returns", || {
            self.is_quiet(state)
        })
        .map_err(|error| format!("{error}; {}", self.differences(state)))?;
        self.wait_for_the_idle(step, state)?;
        expected
            .iter()
            .try_for_each(|observation| self.compare(step, layout, state, observation))
    }

    fn signal(&self, thread: Thread) -> Verdict {
        let tid = self.mailbox(thread).tid.load(Ordering::Acquire);
        let pid = self.pids[thread.0].unwrap_or(0);
        raw::signal(pid, tid).map_err(|error| format!("a signal: {error}"))
    }

    /// Sets the clock, and waits until the timers that expire by that have done so: one that expires a little later does
    /// it after them.
    fn advance(&self, now: u32) -> Verdict {
        let time = self.time(now);
        raw::set_clock(time)
            .and_then(|()| raw::sleep_until(time + 100_000))
            .map_err(|error| format!("the clock: {error}"))
    }

    fn time(&self, now: u32) -> u64 {
        self.zero + u64::from(now) * HOUR
    }

    /// The thread whose call it is.
    fn thread(&self, step: &Step, call: Call) -> Thread {
        match call {
            Call::Send { client } => client_thread(client),
            Call::Receive { server, thread } => server_thread(server, thread),
            Call::Own => match *step {
                Step::Attach { client, .. }
                | Step::Detach { client, .. }
                | Step::Pulse { client, .. } => (client, HELPER),
                Step::Create { server, .. }
                | Step::Destroy { server, .. }
                | Step::Reply { server, .. }
                | Step::Error { server, .. }
                | Step::Read { server, .. }
                | Step::Write { server, .. }
                | Step::Info { server, .. }
                | Step::Release { server, .. } => (CLIENTS + server, HELPER),
                _ => (0, HELPER),
            },
        }
    }

    fn coid(&self, client: usize, coid: i32) -> i32 {
        self.names
            .coids
            .get(&(client, coid))
            .copied()
            .unwrap_or(NO_COID)
    }

    fn scoid(&self, server: usize, scoid: i32) -> i32 {
        self.names
            .scoids
            .get(&(server, scoid))
            .copied()
            .unwrap_or(NO_SCOID)
    }

    fn rcvid(&self, server: usize, rcvid: i64) -> i64 {
        self.names
            .rcvids
            .get(&(server, rcvid))
            .copied()
            .unwrap_or(NO_RCVID)
    }

    fn timeout(
        &self,
        timeout: Option<Timeout>,
        now: u32,
        layout: u32,
    ) -> Option<sys::qipc_timeout> {
        let timeout = timeout?;
        let states = [
            (timeout.send, sys::QIPC_TIMEOUT_SEND),
            (timeout.reply, sys::QIPC_TIMEOUT_REPLY),
            (timeout.receive, sys::QIPC_TIMEOUT_RECEIVE),
        ];
        let states = states
            .iter()
            .filter(|(limited, _)| *limited)
            .fold(0, |all, (_, state)| all | state);
        // What is over can be said in two ways.
        if timeout.deadline <= now && layout & (1 << 20) != 0 {
            return Some(sys::qipc_timeout {
                states,
                clock: libc::CLOCK_MONOTONIC,
                ..Default::default()
            });
        }
        Some(sys::qipc_timeout {
            states,
            flags: sys::QIPC_TIME_ABSOLUTE,
            clock: libc::CLOCK_REALTIME,
            time: self.time(timeout.deadline),
            ..Default::default()
        })
    }

    fn receive_order(
        &self,
        reception: &Reception,
        now: u32,
        layout: u32,
        reply: Option<(i64, i64, usize)>,
    ) -> Order {
        let flag = |wanted: bool, flag: u32| if wanted { flag } else { 0 };
        Order::Receive {
            chid: reception.chid,
            room: reception.room,
            flags: flag(reception.pulse_only, sys::QIPC_PULSE_ONLY)
                | flag(reception.poll, sys::QIPC_NONBLOCK),
            timeout: self.timeout(reception.timeout, now, layout),
            layout,
            reply,
        }
    }

    /// The step in the module's numbers.
    fn order<'a>(&self, step: &'a Step, layout: u32, state: &State) -> (Order, &'a [u8]) {
        let now = state.now();
        let order = match step {
            Step::Create { flags, .. } => Order::Create {
                flags: channel_flags(*flags),
            },
            Step::Destroy { chid, .. } => Order::Destroy { chid: *chid },
            Step::Attach { server, chid, .. } => Order::Attach {
                pid: self.pids[CLIENTS + server].unwrap_or(i32::MAX),
                chid: *chid,
            },
            Step::Detach { client, coid } => Order::Detach {
                coid: self.coid(*client, *coid),
            },
            Step::Pulse {
                client,
                coid,
                priority,
                code,
                value,
            } => Order::Pulse {
                coid: self.coid(*client, *coid),
                priority: i32::from(*priority),
                code: i32::from(*code),
                value: *value,
            },
            Step::Send {
                client,
                coid,
                message,
                room,
                priority,
                timeout,
            } => {
                let order = Order::Send {
                    coid: self.coid(*client, *coid),
                    length: message.len(),
                    room: room.len(),
                    priority: i32::from(*priority),
                    timeout: self.timeout(*timeout, now, layout),
                    layout,
                };
                return (order, message);
            }
            Step::Receive { reception, .. } => self.receive_order(reception, now, layout, None),
            Step::ReplyReceive {
                server,
                rcvid,
                status,
                bytes,
                reception,
                ..
            } => {
                let reply = Some((self.rcvid(*server, *rcvid), *status, bytes.len()));
                return (self.receive_order(reception, now, layout, reply), bytes);
            }
            Step::Reply {
                server,
                rcvid,
                status,
                bytes,
            } => {
                let order = Order::Reply {
                    rcvid: self.rcvid(*server, *rcvid),
                    status: *status,
                    length: bytes.len(),
                    layout,
                };
                return (order, bytes);
            }
            Step::Error {
                server,
                rcvid,
                answer,
            } => Order::Error {
                rcvid: self.rcvid(*server, *rcvid),
                error: match answer {
                    Answer::Error(error) => *error,
                    Answer::Restart => libc::ERESTART,
                    Answer::Wish => -1,
                },
            },
            Step::Read {
                server,
                rcvid,
                offset,
                length,
            } => Order::Read {
                rcvid: self.rcvid(*server, *rcvid),
                offset: *offset as u64,
                length: *length,
                layout,
            },
            Step::Write {
                server,
                rcvid,
                offset,
                bytes,
            } => {
                let order = Order::Write {
                    rcvid: self.rcvid(*server, *rcvid),
                    offset: *offset as u64,
                    length: bytes.len(),
                    layout,
                };
                return (order, bytes);
            }
            Step::Info { server, rcvid } => Order::Info {
                rcvid: self.rcvid(*server, *rcvid),
            },
            Step::Release { server, scoid } => Order::Detach {
                coid: self.scoid(*server, *scoid),
            },
            _ => Order::Destroy { chid: 0 },
        };
        (order, &[])
    }

    // --- seeing ---

    /// Threads of living processes that take orders, and whether the model has each of them blocked.
    fn threads(&self, state: &State) -> Vec<(Thread, bool)> {
        let mut all = Vec::with_capacity(raw::PROCESSES * raw::THREADS);
        for client in (0..CLIENTS).filter(|client| state.client_lives(*client)) {
            all.push((client_thread(client), state.sends(client)));
            all.push(((client, HELPER), false));
        }
        for server in (0..SERVERS).filter(|server| state.server_lives(*server)) {
            for thread in 0..RECEIVERS {
                all.push((
                    server_thread(server, thread),
                    state.receives(server, thread),
                ));
            }
            all.push((server_thread(server, HELPER), false));
        }
        all
    }

    /// True once exactly those calls that should have returned, and the handlers of signals have run.
    fn is_quiet(&self, state: &State) -> Verdict<bool> {
        let mut quiet = true;
        for (thread, blocked) in self.threads(state) {
            let mailbox = self.mailbox(thread);
            let busy = mailbox.is_busy();
            let signals = mailbox.signals.load(Ordering::Acquire);
            let expected = self.signals[thread.0][thread.1];
            if !busy && blocked || signals > expected {
                return Err("a call that should be blocked".to_owned());
            }
            quiet &= busy == blocked && signals == expected;
        }
        Ok(quiet)
    }

    /// Clients without a real-time priority are not sure to run before the controller does: waits until those that are
    /// blocked have noticed the step.
    fn wait_for_the_idle(&self, step: &Step, state: &State) -> Verdict {
        if !matches!(
            step,
            Step::Send { .. }
                | Step::SignalClient { .. }
                | Step::Detach { .. }
                | Step::Error { .. }
                | Step::Advance
        ) {
            return Ok(());
        }
        for client in (0..CLIENTS).filter(|client| state.priority(*client) == Some(0)) {
            let tid = self
                .mailbox(client_thread(client))
                .tid
                .load(Ordering::Acquire);
            let pid = self.pids[client].unwrap_or(0);
            // Not its state, which is that of a sleeper also while it is about to sleep, or was preempted there: the
            // kernel answers with the call only when the thread has left the processor.
            let path = format!("/proc/{pid}/task/{tid}/syscall");
            wait_for(
                self.patience,
                "a client that is blocked in the module",
                || {
                    let call =
                        fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))?;
                    Ok(!call.starts_with("running"))
                },
            )?;
        }
        Ok(())
    }

    /// Where module and model differ, for a person to read.
    fn differences(&self, state: &State) -> String {
        let mut text = String::new();
        for (thread, blocked) in self.threads(state) {
            let mailbox = self.mailbox(thread);
            let signals = mailbox.signals.load(Ordering::Acquire);
            let expected = self.signals[thread.0][thread.1];
            if mailbox.is_busy() != blocked || signals != expected {
                text += &format!(
                    "process {} thread {}: blocked {} (model {blocked}), {signals} signals (model {expected}), {:?}; ",
                    thread.0,
                    thread.1,
                    mailbox.is_busy(),
                    mailbox.report().map(|(report, _)| report),
                );
            }
        }
        text
    }

    fn compare(
        &mut self,
        step: &Step,
        layout: u32,
        state: &State,
        observation: &Observation,
    ) -> Verdict {
        if observation.outcome == Outcome::Handled {
            return Ok(());
        }
        let thread = self.thread(step, observation.call);
        let Some((report, data)) = self.mailbox(thread).report() else {
            return Err(format!("{:?} has no result", observation.call));
        };
        let verdict = self
            .compare_report(step, state, observation, &report, data)
            .and_then(|()| same("a byte beside the memory", report.stray, false));
        verdict.map_err(|error| {
            format!("{:?}: {error}\n  module: {report:?}\n  model: {observation:?}\n  layout: {layout:#x}", observation.call)
        })
    }

    fn compare_report(
        &mut self,
        step: &Step,
        state: &State,
        observation: &Observation,
        report: &Report,
        data: &[u8],
    ) -> Verdict {
        if let Some(error) = observation.reply_error {
            same("the error of the reply", report.error, error.0)?;
        }
        let errno = match &observation.outcome {
            Outcome::Failed(errno) | Outcome::Unanswered { errno, .. } => errno.0,
            _ => 0,
        };
        same("errno", report.errno, errno)?;
        match &observation.outcome {
            Outcome::Failed(_) | Outcome::Done | Outcome::Handled => Ok(()),
            Outcome::Number(number) => match *step {
                Step::Attach { client, .. } => self.attached(client, *number as i32, state, report),
                _ => same("the number", report.value, *number),
            },
            Outcome::Bytes(bytes) => {
                same("the number of bytes", report.value, bytes.len() as i64)?;
                holds(data, bytes)
            }
            Outcome::Info(info) => {
                let server = match *step {
                    Step::Info { server, .. } => server,
                    _ => 0,
                };
                self.compare_info(server, report, info)
            }
            Outcome::Message { rcvid, info, bytes } => {
                let Call::Receive { server, .. } = observation.call else {
                    return Err("a message to nobody".to_owned());
                };
                same(
                    "the receive id",
                    (1..=i64::from(i32::MAX)).contains(&report.value),
                    true,
                )?;
                same(
                    "a new receive id",
                    self.given[server].insert(report.value),
                    true,
                )?;
                let before = self.names.rcvids.insert((server, *rcvid), report.value);
                same("an earlier message of this receive id", before, None)?;
                self.compare_info(server, report, info)?;
                holds(data, bytes)
            }
            Outcome::Pulse(pulse) => {
                let Call::Receive { server, .. } = observation.call else {
                    return Err("a pulse to nobody".to_owned());
                };
                same("the receive id of a pulse", report.value, 0)?;
                same(
                    "the info of a pulse",
                    (report.info.pid, report.info.scoid),
                    (0, 0),
                )?;
                holds(data, &self.pulse_bytes(server, pulse))
            }
            Outcome::Answered {
                status,
                error,
                room,
            } => {
                same("the error of the server", report.error, *error)?;
                if *error == 0 {
                    same("the status", report.value, *status)?;
                }
                holds(data, room)
            }
            Outcome::Unanswered { room, .. } => holds(data, room),
        }
    }

    /// A new connection: which number it has, and what the server calls the client.
    fn attached(&mut self, client: usize, coid: i32, state: &State, report: &Report) -> Verdict {
        let real = report.value as i32;
        same(
            "the bit of a side channel",
            real & sys::QIPC_SIDE_CHANNEL as i32 != 0,
            true,
        )?;
        for other in state.coids(client) {
            if other != coid {
                same("a number in use", self.coid(client, other) == real, false)?;
            }
        }
        self.names.coids.insert((client, coid), real);
        let Some((server, _, scoid)) = state.connection(client, coid) else {
            return Ok(());
        };
        match self.names.scoids.get(&(server, scoid)) {
            Some(known) => same(
                "the scoid of a client that is connected",
                report.scoid,
                *known,
            ),
            None => {
                for (other, _) in state.scoids(server) {
                    if other != scoid {
                        same(
                            "a scoid in use",
                            self.scoid(server, other) == report.scoid,
                            false,
                        )?;
                    }
                }
                self.names.scoids.insert((server, scoid), report.scoid);
                Ok(())
            }
        }
    }

    fn compare_info(&self, server: usize, report: &Report, info: &Info) -> Verdict {
        let real = &report.info;
        let flags = if info.unblock_request {
            sys::QIPC_MI_UNBLOCK_REQ
        } else {
            0
        };
        let tid = self
            .mailbox(client_thread(info.client))
            .tid
            .load(Ordering::Acquire);
        same("nodes", (real.nd, real.srcnd), (0, 0))?;
        same(
            "pid and tid",
            (Some(real.pid), real.tid),
            (self.pids[info.client], tid),
        )?;
        same("chid", real.chid, info.chid)?;
        same("scoid", real.scoid, self.scoid(server, info.scoid))?;
        same("coid", real.coid, self.coid(info.client, info.coid))?;
        same("priority", real.priority, i16::from(info.priority))?;
        same("flags", u32::from(real.flags), flags)?;
        same("msglen", real.msglen, info.msglen as i64)?;
        same("srcmsglen", real.srcmsglen, info.srcmsglen as i64)?;
        same("dstmsglen", real.dstmsglen, info.dstmsglen as i64)?;
        same("reserved", (real.type_id, real.reserved), (0, 0))
    }

    /// struct qipc_pulse.
    fn pulse_bytes(&self, server: usize, pulse: &Pulse) -> Vec<u8> {
        let value = if pulse.code == qipc_model::UNBLOCK {
            self.rcvid(server, pulse.value as i64) as u64
        } else {
            pulse.value
        };
        let mut bytes = vec![0; 8];
        bytes[4] = pulse.code as u8;
        bytes.extend(value.to_ne_bytes());
        bytes.extend(self.scoid(server, pulse.scoid).to_ne_bytes());
        bytes.resize(PULSE_BYTES, 0);
        bytes
    }
}

fn channel_flags(flags: Flags) -> u32 {
    let flag = |wanted: bool, flag: u32| if wanted { flag } else { 0 };
    sys::QIPC_CHF_FIXED_PRIORITY
        | flag(flags.unblock, sys::QIPC_CHF_UNBLOCK)
        | flag(flags.disconnect, sys::QIPC_CHF_DISCONNECT)
}

/// The call that a step makes.
fn own_call(step: &Step) -> Call {
    match *step {
        Step::Send { client, .. } => Call::Send { client },
        Step::Receive { server, thread, .. } | Step::ReplyReceive { server, thread, .. } => {
            Call::Receive { server, thread }
        }
        _ => Call::Own,
    }
}

/// The memory holds these bytes, and nothing was written behind them.
fn holds(data: &[u8], bytes: &[u8]) -> Verdict {
    let Some((here, behind)) = data.split_at_checked(bytes.len()) else {
        return Err(format!("{} bytes, not {}", data.len(), bytes.len()));
    };
    if let Some(at) = here.iter().zip(bytes).position(|(a, b)| a != b) {
        return Err(format!(
            "byte {at} is {:#x}, not {:#x}",
            here[at], bytes[at]
        ));
    }
    match behind.iter().position(|byte| *byte != UNTOUCHED) {
        Some(at) => Err(format!("byte {} was written to", bytes.len() + at)),
        None => Ok(()),
    }
}

fn wait_for(patience: Duration, what: &str, truth: impl Fn() -> Verdict<bool>) -> Verdict {
    let mut start = None;
    let mut pause = Duration::from_micros(250);
    while !truth()? {
        let start = start.get_or_insert_with(Instant::now);
        if start.elapsed() > patience {
            return Err(format!("{what} does not come"));
        }
        // Long enough for those without a real-time priority to get somewhere.
        thread::sleep(pause);
        pause = (2 * pause).min(Duration::from_millis(4));
    }
    Ok(())
}
