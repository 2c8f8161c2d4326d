// SPDX-License-Identifier: MIT OR Apache-2.0

//! Making a program smaller while it still leads to the same trouble.

use crate::machine::Machine;
use crate::program::{Op, Place, Program, Value};
use crate::watch::Trouble;
use std::time::{Duration, Instant};

/// How often a program is run to see how often it goes wrong.
const TRIALS: usize = 40;
/// How long it may take.
const TIME: Duration = Duration::from_secs(600);

/// A smaller program for the same trouble; the same one if it does not come again.
#[must_use]
pub fn minimise(machine: &mut Machine, program: &Program, trouble: &Trouble) -> Program {
    let mut goes_wrong = |candidate: &Program| matches!(machine.run(candidate), Ok(Some(again)) if again.title == trouble.title);
    // Most trouble takes luck. A candidate gets so many runs that it would go wrong if it did so half as often.
    let (mut runs, mut hits) = (0, 0);
    while runs < TRIALS && hits < 3 {
        runs += 1;
        hits += usize::from(goes_wrong(program));
    }
    println!("# it happens again in {hits} of {runs} runs");
    if hits == 0 {
        return program.clone();
    }
    let attempts = 4 * runs / hits;
    minimise_by(program, |candidate| {
        (0..attempts).any(|_| goes_wrong(candidate))
    })
}

/// A smaller program for which `is_bad` still holds.
pub fn minimise_by(program: &Program, mut is_bad: impl FnMut(&Program) -> bool) -> Program {
    let start = Instant::now();
    let mut best = program.clone();
    loop {
        let mut smaller = false;
        let mut step = 0;
        while let Some(candidate) = simplified(&best, step) {
            if start.elapsed() > TIME {
                return best;
            }
            if candidate != best && is_bad(&candidate) {
                best = candidate;
                smaller = true;
            } else {
                step += 1;
            }
        }
        if !smaller {
            return best;
        }
    }
}

/// The program with the one of its parts left out or made simple that has this number, the large ones first.
fn simplified(program: &Program, step: usize) -> Option<Program> {
    let mut left = step;
    let mut copy = program.clone();
    // Processes keep their numbers: what is left of one that is not needed does nothing.
    for process in &mut copy.processes {
        if take(&mut left) {
            process.threads = vec![Vec::new()];
            return Some(copy);
        }
    }
    if copy.processes.len() > 1 && take(&mut left) {
        copy.processes.pop();
        return Some(copy);
    }
    for process in &mut copy.processes {
        for thread in 0..process.threads.len() {
            if take(&mut left) {
                if thread + 1 == process.threads.len() && thread > 0 {
                    process.threads.pop();
                } else {
                    process.threads[thread].clear();
                }
                return Some(copy);
            }
        }
    }
    for process in &mut copy.processes {
        for thread in process.threads.iter_mut().filter(|thread| thread.len() > 3) {
            for half in 0..2 {
                if take(&mut left) {
                    let rest = thread.split_off(thread.len() / 2);
                    if half == 0 {
                        *thread = rest;
                    }
                    return Some(copy);
                }
            }
        }
    }
    for process in &mut copy.processes {
        for thread in &mut process.threads {
            for op in 0..thread.len() {
                if take(&mut left) {
                    thread.remove(op);
                    return Some(copy);
                }
            }
        }
    }
    for process in &mut copy.processes {
        if process.user != 0 && take(&mut left) {
            process.user = 0;
            return Some(copy);
        }
        for op in process.threads.iter_mut().flatten() {
            if simplify(op, &mut left) {
                return Some(copy);
            }
        }
    }
    None
}

/// Counts down; true for the step that is meant.
fn take(left: &mut usize) -> bool {
    if *left == 0 {
        return true;
    }
    *left -= 1;
    false
}

fn simplify(op: &mut Op, left: &mut usize) -> bool {
    match op {
        Op::Ioctl(ioctl) => {
            if ioctl.longer != 0 && take(left) {
                ioctl.longer = 0;
                return true;
            }
            if ioctl.place != Place::Good && take(left) {
                ioctl.place = Place::Good;
                return true;
            }
            if ioctl.narrow && take(left) {
                ioctl.narrow = false;
                return true;
            }
            if ioctl.fail != 0 && take(left) {
                ioctl.fail = 0;
                return true;
            }
            ioctl
                .values
                .iter_mut()
                .any(|value| make_simple(value, left))
        }
        Op::Fork(ops) => {
            for i in 0..ops.len() {
                if take(left) {
                    ops.remove(i);
                    return true;
                }
            }
            ops.iter_mut().any(|op| simplify(op, left))
        }
        _ => false,
    }
}

fn make_simple(value: &mut Value, left: &mut usize) -> bool {
    match value {
        Value::Number(0) => false,
        Value::Register(_, plus) => {
            if *plus != 0 && take(left) {
                *plus = 0;
                return true;
            }
            false
        }
        Value::Parts(parts, times) => {
            if *times > 1 && take(left) {
                *times = 1;
                return true;
            }
            if !parts.is_empty() && take(left) {
                parts.pop();
                return true;
            }
            false
        }
        Value::Number(_) | Value::Pointer(_) => {
            if take(left) {
                *value = Value::Number(0);
                return true;
            }
            false
        }
        Value::Pid(_) | Value::Buffer(_) | Value::Name(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::minimise_by;
    use crate::generate::Generator;
    use crate::program::{Op, Program};

    fn has(program: &Program, name: &str) -> bool {
        let mut ops = program.threads().flatten();
        ops.any(|op| matches!(op, Op::Ioctl(ioctl) if ioctl.call == name))
    }

    #[test]
    fn nothing_is_left_but_what_it_takes() {
        let mut generator = Generator::new(5);
        let bad = |program: &Program| {
            has(program, "QIPC_MSG_SEND") && has(program, "QIPC_CHANNEL_CREATE")
        };
        let program = loop {
            let program = generator.program();
            if bad(&program) && program.len() > 12 {
                break program;
            }
        };
        let least = minimise_by(&program, bad);
        assert!(bad(&least));
        assert_eq!(least.len(), 2);
    }
}
