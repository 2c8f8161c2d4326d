// SPDX-License-Identifier: MIT OR Apache-2.0

//! Drawing programs, and changing them.

use crate::calls::{self, Call, Field, Holds, Kind};
use crate::program::{
    Ioctl, On, Op, Part, Place, Process, Program, Register, Value, PROCESSES, REGISTERS, THREADS,
};
use crate::raw::REGIONS;
use fastrand::Rng;

/// Things that a thread does at most.
const LONGEST: usize = 32;
/// Lengths about which something may change.
const LENGTHS: &[u64] = &[
    0,
    1,
    7,
    8,
    24,
    64,
    127,
    128,
    129,
    255,
    256,
    257,
    512,
    1024,
    4095,
    4096,
    4097,
    8192,
    20000,
    65536,
    65537,
    262_144,
    1 << 20,
    1 << 21,
];
/// Lengths and offsets at the ends of what numbers can say.
const ENDS: &[u64] = &[
    u64::MAX,
    u64::MAX - 7,
    1 << 63,
    (1 << 63) - 1,
    1 << 31,
    (1 << 31) - 1,
    1 << 32,
    u32::MAX as u64,
    524_288,
    524_289,
];

/// Draws programs.
#[derive(Debug)]
pub struct Generator {
    rng: Rng,
    /// Whether what is drawn now is to succeed, as far as that can be told.
    tame: bool,
}

impl Generator {
    /// Always draws the same for the same seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            rng: Rng::with_seed(seed),
            tame: false,
        }
    }

    fn chance(&mut self, one_in: u32) -> bool {
        self.rng.u32(..one_in) == 0
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.rng.usize(..from.len())]
    }

    /// One of many, by number.
    pub fn below(&mut self, count: usize) -> usize {
        self.rng.usize(..count.max(1))
    }

    /// A new program.
    #[must_use]
    pub fn program(&mut self) -> Program {
        let count = [1, 2, 2, 2, 3][self.below(5)];
        let processes = (0..count)
            .map(|number| self.process(number, count))
            .collect();
        Program {
            restart: self.rng.bool(),
            processes,
        }
    }

    fn process(&mut self, number: usize, count: usize) -> Process {
        let threads = [1, 1, 2, 2, 3][self.below(5)];
        let user = if self.chance(3) { self.rng.u8(1..3) } else { 0 };
        let threads = (0..threads)
            .map(|thread| {
                let mut ops = Vec::new();
                if thread == 0 {
                    self.begin(number, &mut ops);
                }
                let len = 3 + self.below(14);
                while ops.len() < len {
                    self.phrase(number, count, &mut ops);
                }
                ops
            })
            .collect();
        Process { user, threads }
    }

    /// What the others of its process and of others will ask for.
    fn begin(&mut self, number: usize, ops: &mut Vec<Op>) {
        self.tame = !self.chance(8);
        let mut create = self.ioctl("QIPC_CHANNEL_CREATE", number, PROCESSES);
        self.tame = false;
        if self.chance(2) {
            create.values.fill(Value::Number(0));
            create.values[0] = Value::Number(*self.pick(&[0, 0, 2, 2, 8, 0xa]));
        }
        create.on = On::Session;
        create.out = 0;
        ops.push(Op::Ioctl(create));
        if !self.chance(4) {
            let mut access = self.ioctl("QIPC_CHANNEL_ACCESS", number, PROCESSES);
            access.values[0] = self.own(Kind::Chid, number, 0);
            access.values[1] = Value::Number(1);
            access.values[2] = Value::Number(0o666);
            ops.push(Op::Ioctl(access));
        }
    }

    fn own(&self, kind: Kind, process: usize, index: u8) -> Value {
        Value::Register(
            Register {
                kind,
                process: process as u8,
                index,
            },
            0,
        )
    }

    /// A few things that go together, or one that does not.
    fn phrase(&mut self, number: usize, count: usize, ops: &mut Vec<Op>) {
        self.tame = !self.chance(4);
        // The first process serves more than it asks.
        let serves = if number == 0 { 5 } else { 1 };
        match self.below(12) {
            n if n < serves => self.serve(number, count, ops),
            0..=5 => self.ask(number, count, ops),
            6 => self.chain(number, count, ops),
            7 | 8 => {
                let op = self.other(number, count);
                ops.push(op);
            }
            _ => {
                let op = self.any_ioctl(number, count);
                ops.push(op);
            }
        }
        self.tame = false;
    }

    /// Calls of which each takes what the one before returned.
    fn chain(&mut self, number: usize, count: usize, ops: &mut Vec<Op>) {
        let names: &[&str] = match self.below(4) {
            0 => &[
                "QIPC_TIMER_CREATE",
                "QIPC_TIMER_SETTIME",
                "QIPC_TIMER_GETTIME",
                "QIPC_TIMER_DELETE",
            ],
            1 => &[
                "QIPC_NAME_ATTACH",
                "QIPC_NAME_OPEN",
                "QIPC_MSG_SEND",
                "QIPC_NAME_DETACH",
            ],
            2 => &["QIPC_EVENT_REGISTER", "QIPC_MSG_SEND", "QIPC_EVENT_DELIVER"],
            _ => &[
                "QIPC_CHANNEL_FD",
                "QIPC_CONNECT_SERVER_INFO",
                "QIPC_CONNECT_CLIENT_INFO",
                "QIPC_CONNECT_FLAGS",
            ],
        };
        for name in names {
            let mut call = self.ioctl(name, number, count);
            if *name != "QIPC_MSG_SEND" {
                call.on = On::Session;
            }
            call.out = 0;
            ops.push(Op::Ioctl(call));
        }
    }

    fn serve(&mut self, number: usize, count: usize, ops: &mut Vec<Op>) {
        let slot = self.rng.u8(..2);
        let mut receive = self.ioctl("QIPC_MSG_RECEIVE", number, count);
        receive.values[0] = self.own(Kind::Chid, number, 0);
        receive.out = slot;
        ops.push(Op::Ioctl(receive));
        for _ in 0..self.below(3) {
            let name = *self.pick(&[
                "QIPC_MSG_READ",
                "QIPC_MSG_WRITE",
                "QIPC_MSG_INFO",
                "QIPC_MSG_CURRENT",
                "QIPC_EVENT_DELIVER",
            ]);
            let mut call = self.ioctl(name, number, count);
            call.values[0] = self.own(Kind::Rcvid, number, slot);
            ops.push(Op::Ioctl(call));
        }
        let name = *self.pick(&["QIPC_MSG_REPLY", "QIPC_MSG_REPLY_RECEIVE", "QIPC_MSG_ERROR"]);
        let mut reply = self.ioctl(name, number, count);
        reply.values[0] = self.own(Kind::Rcvid, number, slot);
        ops.push(Op::Ioctl(reply));
    }

    fn ask(&mut self, number: usize, count: usize, ops: &mut Vec<Op>) {
        // Whoever asks itself has to have another thread.
        let server = if count > 1 && !self.chance(8) {
            (number + 1 + self.below(count - 1)) % count
        } else {
            self.below(count)
        };
        let slot = self.rng.u8(..2);
        let mut attach = self.ioctl("QIPC_CONNECT_ATTACH", number, count);
        attach.values[0] = Value::Number(0);
        attach.values[1] = Value::Pid(server as u8);
        attach.values[2] = self.own(Kind::Chid, server, 0);
        attach.on = On::Session;
        attach.out = slot;
        ops.push(Op::Ioctl(attach));
        for _ in 0..1 + self.below(3) {
            let name = *self.pick(&["QIPC_MSG_SEND", "QIPC_MSG_SEND", "QIPC_PULSE_SEND"]);
            let mut send = self.ioctl(name, number, count);
            send.values[0] = self.own(Kind::Coid, number, slot);
            send.on = On::Register(Register {
                kind: Kind::Coid,
                process: number as u8,
                index: slot,
            });
            ops.push(Op::Ioctl(send));
        }
    }

    fn any_ioctl(&mut self, number: usize, count: usize) -> Op {
        if self.chance(60) {
            let request = if self.rng.bool() {
                self.pick(calls::CALLS).request
            } else {
                (self.rng.u32(..) & !0xff00) | 0x7100
            };
            let bytes = (0..1 + self.below(8)).map(|_| self.rng.u8(..)).collect();
            let on = self.on(number, count, true);
            return Op::Raw { on, request, bytes };
        }
        let total: u32 = calls::CALLS.iter().map(|call| call.weight).sum();
        let mut left = self.rng.u32(..total);
        for call in calls::CALLS {
            if left < call.weight {
                return Op::Ioctl(self.ioctl(call.name, number, count));
            }
            left -= call.weight;
        }
        Op::Exit
    }

    fn register(&mut self, kind: Kind, number: usize, count: usize) -> Register {
        let process = if self.chance(8) {
            self.below(count)
        } else {
            number
        };
        let index = if self.chance(10) {
            self.below(REGISTERS)
        } else {
            self.below(2)
        };
        Register {
            kind,
            process: process as u8,
            index: index as u8,
        }
    }

    fn on(&mut self, number: usize, count: usize, by_descriptor: bool) -> On {
        if self.tame && by_descriptor {
            return On::Register(Register {
                kind: Kind::Coid,
                process: number as u8,
                index: 0,
            });
        }
        if by_descriptor && self.rng.bool() || self.chance(30) {
            let kind = if self.chance(4) { Kind::Fd } else { Kind::Coid };
            On::Register(self.register(kind, number, count))
        } else {
            On::Session
        }
    }

    /// A call of this name by a process.
    fn ioctl(&mut self, name: &str, number: usize, count: usize) -> Ioctl {
        let call = calls::find(name).unwrap_or(&calls::CALLS[0]);
        let values = self.values(call, number, count);
        let on = self.on(number, count, call.by_descriptor);
        let rare = if self.tame { 99 } else { self.rng.u32(..100) };
        Ioctl {
            call: call.name.to_string(),
            on,
            values,
            out: self.rng.u8(..2),
            longer: if rare < 3 { self.rng.i8(-40..40) } else { 0 },
            place: match rare {
                3 => Place::Edge,
                4 => Place::Straddles,
                5 => Place::ReadOnly,
                6 => Place::Null,
                _ => Place::Good,
            },
            narrow: self.chance(20),
            fail: if !self.tame && self.chance(15) {
                self.rng.u8(1..12)
            } else {
                0
            },
        }
    }

    fn values(&mut self, call: &Call, number: usize, count: usize) -> Vec<Value> {
        let mut values: Vec<Value> = call
            .fields
            .iter()
            .map(|field| self.value(field, number, count))
            .collect();
        self.agree(call, &mut values, number, count);
        values
    }

    /// What fields say of each other is true more often than not.
    fn agree(&mut self, call: &Call, values: &mut [Value], number: usize, count: usize) {
        let field = |name: &str| call.fields.iter().position(|field| field.name == name);
        if !self.tame && self.chance(25) {
            return;
        }
        // Whether memory is one buffer is said by a flag.
        for (flags, memory, bit) in [
            ("flags", "send", 1),
            ("flags", "reply", 2),
            ("flags", "vec", 1),
            ("reply.flags", "reply.vec", 1),
            ("receive.flags", "receive.vec", 1),
        ] {
            if let (Some(flags), Some(memory)) = (field(flags), field(memory)) {
                let buffer = matches!(values[memory], Value::Buffer(_));
                if let Value::Number(number) = &mut values[flags] {
                    *number = (*number & !bit) | if buffer { bit } else { 0 };
                }
            }
        }
        if call.structure == "qipc_channel_create" {
            let pool = matches!(values[0], Value::Number(flags) if flags & 0x100 != 0);
            if !pool {
                values[2..].fill(Value::Number(0));
            }
        }
        if let (Some(length), Some(name)) = (field("length"), field("name")) {
            if let Value::Name(name) = values[name] {
                let name = calls::NAMES[usize::from(name) % calls::NAMES.len()];
                values[length] = Value::Number(name.len() as i64);
            }
        }
        for (kind, target) in [("notify", "target"), ("event.notify", "event.target")] {
            if let (Some(kind), Some(target)) = (field(kind), field(target)) {
                if let Value::Number(kind) = values[kind] {
                    values[target] = match kind & 0x20ff {
                        4 => Value::Register(self.register(Kind::Coid, number, count), 0),
                        9 => Value::Register(self.register(Kind::Fd, number, count), 0),
                        1..=3 => Value::Number(*self.pick(&[10, 10, 10, 12, 34, 9, 0, 65])),
                        0x2000.. => Value::Register(self.register(Kind::Handle, number, count), 0),
                        _ => Value::Number(0),
                    };
                    // What a kind has no use for: value, code, priority.
                    let used = match kind & 0xff {
                        4 => 3,
                        2 | 3 => 2,
                        _ if kind & 0x2000 != 0 => 1,
                        _ => 0,
                    };
                    values[target + 1 + used..target + 4].fill(Value::Number(0));
                }
            }
        }
    }

    /// Something that a field can well be.
    fn tame_value(&mut self, field: &Field, number: usize, count: usize) -> Option<Value> {
        Some(match field.holds {
            Holds::Register(kind) => Value::Register(
                Register {
                    kind,
                    process: number as u8,
                    index: 0,
                },
                0,
            ),
            Holds::Pid => Value::Pid(self.below(count) as u8),
            Holds::Bits(bits) if self.chance(3) => Value::Number(i64::from(*self.pick(bits))),
            Holds::Bits(_) => Value::Number(0),
            Holds::Small => Value::Number(self.rng.i64(0..8)),
            Holds::Priority => Value::Number(*self.pick(&[-1, 0, 1, 10, 20])),
            Holds::Memory => {
                let mut part = || Part {
                    region: if self.rng.bool() { 0 } else { 3 },
                    at: self.rng.u32(..4096),
                    len: LENGTHS[self.rng.usize(..21)],
                };
                if part().at & 1 == 0 {
                    Value::Buffer(part())
                } else {
                    Value::Parts(vec![part(), part(), part()], 1)
                }
            }
            Holds::Timeout if !self.chance(3) => Value::Number(0),
            Holds::Time => {
                Value::Number(*self.pick(&[0, 1000, 100_000, 1_000_000, 3_000_000, 10_000_000]))
            }
            Holds::Event => Value::Number(0),
            Holds::Name => Value::Name(self.below(3) as u8),
            _ => return None,
        })
    }

    fn value(&mut self, field: &Field, number: usize, count: usize) -> Value {
        if self.tame {
            if let Some(value) = self.tame_value(field, number, count) {
                return value;
            }
        }
        if !self.tame && self.chance(60) {
            return Value::Number(self.odd());
        }
        match field.holds {
            Holds::Register(kind) => {
                let plus = if self.chance(40) {
                    self.rng.i8(-2..3)
                } else {
                    0
                };
                Value::Register(self.register(kind, number, count), plus)
            }
            Holds::Pid => {
                if self.chance(4) {
                    Value::Number(0)
                } else {
                    Value::Pid(self.below(count) as u8)
                }
            }
            Holds::Bits(bits) => {
                let mut all = 0;
                for _ in 0..self.below(3) {
                    all |= i64::from(*self.pick(bits));
                }
                Value::Number(all)
            }
            Holds::Choice(choice) => Value::Number(*self.pick(choice)),
            Holds::Small => Value::Number(match self.below(4) {
                0 => 0,
                1 => *self.pick(LENGTHS) as i64,
                _ => self.rng.i64(0..6),
            }),
            Holds::Time => Value::Number(*self.pick(&[
                0,
                1,
                1000,
                100_000,
                1_000_000,
                3_000_000,
                10_000_000,
                1_000_000_000,
                i64::MAX,
                -1,
            ])),
            Holds::Priority => Value::Number(*self.pick(&[0, 0, 1, 10, 30, 50, 99, 100, -1, -1])),
            Holds::User => Value::Number(*self.pick(&[0, 1001, 1002, 65534, -1])),
            Holds::Any => Value::Number(self.rng.i64(-3..100)),
            Holds::Zero | Holds::Out(_) | Holds::Target | Holds::NameLength => Value::Number(0),
            Holds::Memory => self.memory(),
            Holds::Timeout => {
                if self.chance(3) {
                    Value::Pointer(self.values(&calls::TIMEOUT, number, count))
                } else {
                    Value::Number(0)
                }
            }
            Holds::Event => {
                if self.chance(4) {
                    Value::Pointer(self.values(&calls::EVENT, number, count))
                } else {
                    Value::Number(0)
                }
            }
            Holds::Name => Value::Name(self.below(calls::NAMES.len()) as u8),
        }
    }

    fn odd(&mut self) -> i64 {
        match self.below(4) {
            0 => *self.pick(ENDS) as i64,
            1 => -self.rng.i64(0..5),
            2 => 1 << self.rng.u32(..63),
            _ => self.rng.i64(..),
        }
    }

    fn memory(&mut self) -> Value {
        if self.rng.bool() {
            return Value::Buffer(self.part());
        }
        let parts = (0..self.below(5)).map(|_| self.part()).collect();
        let times = if self.chance(6) {
            self.rng.u16(1..2000)
        } else {
            1
        };
        Value::Parts(parts, times)
    }

    fn part(&mut self) -> Part {
        // Most of it good.
        let region = match self.below(20) {
            0..=11 => 0,
            12..=14 => 3,
            15 | 16 => 4,
            17 | 18 => 6,
            _ => self.below(REGIONS.len()),
        } as u8;
        let at = match self.below(6) {
            0 => self.rng.u32(..0x2_0000),
            1 => 4096 * self.rng.u32(..16) + 4090,
            _ => self.rng.u32(..512),
        };
        let len = match self.below(24) {
            0 => *self.pick(ENDS),
            1..=8 => *self.pick(LENGTHS),
            _ => self.rng.u64(..300),
        };
        Part { region, at, len }
    }

    /// What is no ioctl.
    fn other(&mut self, number: usize, count: usize) -> Op {
        let process = self.below(count) as u8;
        let fd = self.register(Kind::Fd, number, count);
        let coid = self.register(Kind::Coid, number, count);
        let some = if self.rng.bool() { coid } else { fd };
        let region = *self.pick(&[0, 3, 4, 6]);
        match self.below(44) {
            0 => Op::Open(fd),
            1 | 2 => Op::Close(some),
            3 => Op::CloseSession,
            4 => Op::Dup(some, if self.rng.bool() { coid } else { fd }),
            5 | 6 => Op::Pass(coid, process),
            7 | 8 => Op::Take(coid),
            9 => Op::Poll(fd, self.rng.u8(..4)),
            10 => Op::Kill(process, 9),
            11 => Op::Kill(process, *self.pick(&[19, 18, 10, 15, 12])),
            12..=17 => Op::Signal(process, self.rng.u8(..THREADS as u8), 10),
            18 | 19 => Op::Fork(self.few(number, count)),
            20 => {
                if self.chance(3) {
                    Op::Exec
                } else {
                    Op::Fork(vec![Op::Exec])
                }
            }
            21 => Op::ExitThread,
            22 => Op::Exit,
            23..=27 => Op::Sleep(self.rng.u16(..2500)),
            28 => Op::Unmap(region),
            29 => Op::Map(region),
            30 => Op::Protect(region, self.rng.bool()),
            31 => Op::Discard(region),
            32 => Op::Truncate(self.rng.u8(..64)),
            33..=35 => Op::Schedule(self.rng.u8(..4), self.rng.u8(..50)),
            36 => Op::Pin(self.rng.u8(..2)),
            37 => Op::Unshare(*self.pick(&[0x0800_0000, 0x2000_0000, 0x1000_0000, 0x0002_0000])),
            38 => Op::Become(self.rng.u8(..3)),
            39 => Op::Switch(self.rng.u8(..4)),
            40 | 41 => Op::Counter(fd),
            _ => Op::Signal(
                process,
                self.rng.u8(..THREADS as u8),
                *self.pick(&[9, 12, 34, 19]),
            ),
        }
    }

    fn few(&mut self, number: usize, count: usize) -> Vec<Op> {
        let mut ops = Vec::new();
        for _ in 0..1 + self.below(3) {
            self.phrase(number, count, &mut ops);
        }
        ops.retain(|op| !matches!(op, Op::Fork(_)));
        ops
    }

    /// A changed copy of a program; `other` gives parts of itself.
    #[must_use]
    pub fn mutate(&mut self, program: &Program, other: &Program) -> Program {
        let mut changed = program.clone();
        for _ in 0..1 + self.below(4) {
            self.change(&mut changed, other);
        }
        for process in &mut changed.processes {
            for thread in &mut process.threads {
                thread.truncate(LONGEST);
            }
        }
        changed
    }

    fn change(&mut self, program: &mut Program, other: &Program) {
        let count = program.processes.len();
        let number = self.below(count);
        let how = self.below(20);
        let process = &mut program.processes[number];
        match how {
            0 => process.user = self.rng.u8(..3),
            1 => program.restart = !program.restart,
            2 if process.threads.len() < THREADS => {
                let mut ops = Vec::new();
                self.phrase(number, count, &mut ops);
                process.threads.push(ops);
            }
            3 if process.threads.len() > 1 => {
                let thread = self.below(process.threads.len());
                process.threads.remove(thread);
            }
            4 if count < 3 => {
                let new = self.process(count, count + 1);
                program.processes.push(new);
            }
            5 if count > 1 => {
                program.processes.pop();
            }
            6 if !other.processes.is_empty() => {
                let from = other.processes[self.below(other.processes.len())].clone();
                if self.rng.bool() {
                    *process = from;
                } else {
                    let thread = self.below(process.threads.len());
                    process.threads[thread] = from.threads[self.below(from.threads.len())].clone();
                }
            }
            _ => {
                let thread = self.below(process.threads.len());
                let mut ops = std::mem::take(&mut process.threads[thread]);
                self.change_ops(&mut ops, number, count);
                program.processes[number].threads[thread] = ops;
            }
        }
    }

    fn change_ops(&mut self, ops: &mut Vec<Op>, number: usize, count: usize) {
        let at = self.below(ops.len() + 1);
        match self.below(8) {
            0 | 1 => {
                let mut new = Vec::new();
                self.phrase(number, count, &mut new);
                ops.splice(at..at, new);
            }
            2 if at < ops.len() => {
                ops.remove(at);
            }
            3 if at < ops.len() => {
                let op = ops[at].clone();
                ops.insert(at, op);
            }
            4 if at + 1 < ops.len() => ops.swap(at, at + 1),
            _ => {
                let chosen: Vec<usize> = (0..ops.len())
                    .filter(|&i| matches!(ops[i], Op::Ioctl(_)))
                    .collect();
                if chosen.is_empty() {
                    ops.push(self.any_ioctl(number, count));
                } else if let Op::Ioctl(ioctl) = &mut ops[*self.pick(&chosen)] {
                    self.change_ioctl(ioctl, number, count);
                }
            }
        }
    }

    fn change_ioctl(&mut self, ioctl: &mut Ioctl, number: usize, count: usize) {
        let Some(call) = ioctl.table() else {
            return;
        };
        match self.below(12) {
            0 => ioctl.on = self.on(number, count, call.by_descriptor),
            1 => ioctl.out = self.rng.u8(..REGISTERS as u8),
            2 => {
                ioctl.longer = if self.rng.bool() {
                    0
                } else {
                    self.rng.i8(-40..40)
                };
            }
            3 => {
                ioctl.place = *self.pick(&[
                    Place::Good,
                    Place::Good,
                    Place::Edge,
                    Place::Straddles,
                    Place::ReadOnly,
                ]);
            }
            4 => ioctl.narrow = !ioctl.narrow,
            5 => ioctl.fail = self.rng.u8(..16),
            _ => {
                if !call.fields.is_empty() {
                    let field = self.below(call.fields.len());
                    ioctl.values[field] = self.value(&call.fields[field], number, count);
                    self.agree(call, &mut ioctl.values, number, count);
                }
            }
        }
    }
}
