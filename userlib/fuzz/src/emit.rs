// SPDX-License-Identifier: MIT OR Apache-2.0

//! Writing a program down in C, so that it can be run, read and kept without the fuzzer.

use crate::calls::{self, Call, Holds, Kind};
use crate::program::{Ioctl, On, Op, Part, Place, Program, Register, Value, THREADS};
use std::fmt::Write;

/// What every such program begins with.
const PRELUDE: &str = include_str!("prelude.c");

/// The program in C.
#[must_use]
pub fn emit(program: &Program) -> String {
    let mut text = PRELUDE.to_string();
    let mut mains = Vec::new();
    for (number, process) in program.processes.iter().enumerate() {
        for (index, ops) in process.threads.iter().enumerate().skip(1) {
            line(
                &mut text,
                0,
                &format!("static void *thread_{number}_{index}(void *unused)"),
            );
            line(&mut text, 0, "{");
            line(&mut text, 1, &format!("begin({index});"));
            emit_ops(&mut text, 1, number, ops);
            line(&mut text, 1, "end();");
            line(&mut text, 1, "return unused;");
            line(&mut text, 0, "}\n");
        }
        line(&mut text, 0, &format!("static void process_{number}(void)"));
        line(&mut text, 0, "{");
        line(&mut text, 1, &format!("pthread_t threads[{THREADS}];\n"));
        if process.user != 0 {
            line(&mut text, 1, &format!("become({});", process.user % 3));
        }
        line(&mut text, 1, &format!("meet({});", program.processes.len()));
        for index in 1..process.threads.len() {
            line(
                &mut text,
                1,
                &format!("pthread_create(&threads[{index}], NULL, thread_{number}_{index}, NULL);"),
            );
        }
        line(&mut text, 1, "begin(0);");
        emit_ops(&mut text, 1, number, &process.threads[0]);
        line(&mut text, 1, "end();");
        line(
            &mut text,
            1,
            &format!("for (int i = 1; i < {}; i++)", process.threads.len()),
        );
        line(&mut text, 2, "pthread_join(threads[i], NULL);");
        line(&mut text, 0, "}\n");
        mains.push(format!("process_{number}"));
    }
    line(&mut text, 0, "static void all(void)\n{");
    line(
        &mut text,
        1,
        &format!(
            "static void (*const mains[])(void) = {{ {} }};\n",
            mains.join(", ")
        ),
    );
    line(
        &mut text,
        1,
        &format!(
            "lead({}, {}, {}, mains);",
            u8::from(program.restart),
            program.threads().count(),
            program.processes.len()
        ),
    );
    line(&mut text, 0, "}\n");
    line(&mut text, 0, "int main(int argc, char **argv)\n{");
    line(&mut text, 1, "return main_of(argc, argv, all);");
    line(&mut text, 0, "}");
    text
}

fn line(text: &mut String, depth: usize, what: &str) {
    let _ = writeln!(text, "{}{what}", "\t".repeat(depth));
}

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Chid => "CHID",
        Kind::Coid => "COID",
        Kind::Rcvid => "RCVID",
        Kind::Scoid => "SCOID",
        Kind::Handle => "HANDLE",
        Kind::Timer => "TIMER",
        Kind::Fd => "FD",
    }
}

fn named(register: Register) -> String {
    format!(
        "{}, {}, {}",
        kind(register.kind),
        register.process % 4,
        register.index % 4
    )
}

fn get(register: Register) -> String {
    format!("get({})", named(register))
}

fn on(on: On) -> String {
    match on {
        On::Session => "session".to_string(),
        On::Register(register) => format!("on({})", named(register)),
    }
}

fn emit_ops(text: &mut String, depth: usize, number: usize, ops: &[Op]) {
    for op in ops {
        line(text, depth, "step();");
        emit_op(text, depth, number, op);
    }
}

fn set(register: Register, value: &str) -> String {
    format!(
        "set({}, {}, {value});",
        kind(register.kind),
        register.index % 4
    )
}

fn emit_op(text: &mut String, depth: usize, number: usize, op: &Op) {
    let simple = match op {
        Op::Ioctl(ioctl) => {
            emit_ioctl(text, depth, number, ioctl);
            return;
        }
        Op::Raw {
            on: fd,
            request,
            bytes,
        } => {
            let bytes: Vec<u8> = bytes.iter().copied().cycle().take(256).collect();
            let bytes: Vec<String> = bytes.iter().map(u8::to_string).collect();
            format!(
                "ioctl({}, {request:#x}, keep((unsigned char[]){{ {} }}, 256));",
                on(*fd),
                bytes.join(", ")
            )
        }
        Op::Open(register) => set(*register, "open(\"/dev/qipc\", O_RDWR | O_CLOEXEC)"),
        Op::Counter(register) => set(*register, "eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)"),
        Op::Close(register) => format!("close({});", get(*register)),
        Op::CloseSession => "close(session);".to_string(),
        Op::Dup(from, to) => set(*to, &format!("dup({})", get(*from))),
        Op::Pass(register, process) => format!("pass({}, {});", process % 4, get(*register)),
        Op::Take(register) => set(*register, "take()"),
        Op::Poll(register, time) => format!(
            "poll(&(struct pollfd){{ .fd = {}, .events = POLLIN }}, 1, {});",
            get(*register),
            time % 16
        ),
        Op::Kill(process, signal) => format!(
            "if (shared->pids[{0}] > 0)\n{1}\tkill(shared->pids[{0}], {2});",
            process % 4,
            "\t".repeat(depth),
            signal % 65
        ),
        Op::Signal(process, thread, signal) => format!(
            "syscall(SYS_tgkill, shared->pids[{0}], shared->tids[{0}][{1}], {2});",
            process % 4,
            thread % 4,
            signal % 65
        ),
        Op::Fork(ops) => {
            line(text, depth, "if (fork() == 0) {");
            line(text, depth + 1, "stretch = NULL;");
            emit_ops(text, depth + 1, number, ops);
            line(text, depth + 1, "_exit(0);");
            line(text, depth, "}");
            return;
        }
        Op::Exec => "execl(\"/bin/true\", \"true\", NULL);".to_string(),
        Op::ExitThread => {
            format!("end();\n{}syscall(SYS_exit, 0);", "\t".repeat(depth))
        }
        Op::Exit => "_exit(0);".to_string(),
        Op::Sleep(time) => format!("usleep({});", time % 3000),
        Op::Unmap(region) => format!("munmap({});", extent(*region)),
        Op::Map(region) => format!("map_region({});", usize::from(*region) % 11),
        Op::Protect(region, readable) => format!(
            "mprotect({}, {});",
            extent(*region),
            if *readable { "PROT_READ" } else { "PROT_NONE" }
        ),
        Op::Discard(region) => format!("madvise({}, MADV_DONTNEED);", extent(*region)),
        Op::Truncate(pages) => {
            format!("(void)!ftruncate(shared_file, {} * 4096);", pages % 64)
        }
        Op::Schedule(policy, priority) => format!("schedule({}, {});", policy % 4, priority % 50),
        Op::Pin(processor) => format!("pin({});", processor % 2),
        Op::Unshare(flags) => format!("unshare({:#x});", flags & 0x7e02_0000),
        Op::Become(user) => format!("become({});", user % 3),
        Op::Switch(flags) => format!("ioctl(session, QIPC_BENCH_SWITCH, {});", flags & 7),
    };
    line(text, depth, &simple);
}

fn extent(region: u8) -> String {
    let number = usize::from(region) % 11;
    format!("(void *)regions[{number}].base, regions[{number}].size")
}

fn emit_ioctl(text: &mut String, depth: usize, number: usize, ioctl: &Ioctl) {
    let Some(table) = ioctl.table() else {
        return;
    };
    line(text, depth, "{");
    let inner = depth + 1;
    line(
        text,
        inner,
        &format!("struct {} a = {{ 0 }};", table.structure),
    );
    line(text, inner, "long ret;\n");
    for (left, right) in assignments(table, &ioctl.values) {
        line(text, inner, &format!("a.{left} = {right};"));
    }
    let place = match ioctl.place {
        Place::Good => "GOOD",
        Place::Edge => "EDGE",
        Place::Straddles => "STRADDLES",
        Place::ReadOnly => "READ_ONLY",
        Place::Null => "NOWHERE",
    };
    line(
        text,
        inner,
        &format!(
            "ret = call(\"{0}\", {1}, {0}, &a, {2}, {place}, {3}, {4});",
            table.name,
            on(ioctl.on),
            ioctl.longer,
            u8::from(ioctl.narrow),
            ioctl.fail
        ),
    );
    if table.structure == "qipc_channel_fd" {
        line(text, inner, "if (ret >= 0)");
        line(
            text,
            inner + 1,
            &format!("set(FD, {}, ret);", ioctl.out % 4),
        );
    }
    for field in table.fields {
        if let Holds::Out(out) = field.holds {
            let there = if out == Kind::Rcvid {
                format!("ret >= 0 && a.{}", field.name)
            } else {
                "ret >= 0".to_string()
            };
            line(text, inner, &format!("if ({there})"));
            let register = format!("set({}, {}, a.{});", kind(out), ioctl.out % 4, field.name);
            line(text, inner + 1, &register);
        }
    }
    let _ = number;
    line(text, inner, "(void)ret;");
    line(text, depth, "}");
}

/// What the fields of a structure are set to.
fn assignments(table: &Call, values: &[Value]) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for (field, value) in table.fields.iter().zip(values) {
        let name = field.name.to_string();
        match (field.holds, value) {
            (Holds::Out(_), _) | (_, Value::Number(0)) => (),
            (Holds::Memory, Value::Buffer(part)) => {
                all.push((format!("{name}.base"), address(*part)));
                all.push((format!("{name}.count"), format!("{:#x}", part.len)));
            }
            (Holds::Memory, Value::Parts(parts, times)) => {
                let room = 0x5000 / 16 / parts.len().max(1);
                let times = usize::from((*times).max(1)).min(room);
                if !parts.is_empty() {
                    let list: Vec<String> = parts
                        .iter()
                        .map(|part| format!("{{ {}, {:#x} }}", address(*part), part.len))
                        .collect();
                    all.push((
                        format!("{name}.base"),
                        format!(
                            "keep_parts((struct qipc_iov[]){{ {} }}, {}, {times})",
                            list.join(", "),
                            parts.len()
                        ),
                    ));
                    all.push((format!("{name}.count"), format!("{}", parts.len() * times)));
                }
            }
            // The address of memory is what it says, and there are none of it.
            (Holds::Memory, value) => all.push((format!("{name}.base"), number(value))),
            (_, Value::Pointer(inner)) => {
                let structure = match field.holds {
                    Holds::Timeout => &calls::TIMEOUT,
                    _ => &calls::EVENT,
                };
                let list: Vec<String> = assignments(structure, inner)
                    .iter()
                    .map(|(left, right)| format!(".{left} = {right}"))
                    .collect();
                let kind = structure.structure;
                all.push((
                    name,
                    format!(
                        "keep(&(struct {kind}){{ {} }}, sizeof(struct {kind}))",
                        list.join(", ")
                    ),
                ));
            }
            (_, Value::Name(index)) => {
                let text = calls::NAMES[usize::from(*index) % calls::NAMES.len()];
                all.push((name, format!("keep(\"{text}\", {})", text.len() + 1)));
            }
            // As much of it as the field holds.
            (_, Value::Number(wide)) if field.width == 4 => {
                all.push((name, (*wide as i32).to_string()));
            }
            (_, Value::Number(wide)) if field.width == 2 => {
                all.push((name, (*wide as i16).to_string()));
            }
            (_, value) => all.push((name, number(value))),
        }
    }
    all
}

fn address(part: Part) -> String {
    format!("at({}, {:#x})", usize::from(part.region) % 11, part.at)
}

fn number(value: &Value) -> String {
    match value {
        Value::Number(i64::MIN) => "-9223372036854775807LL - 1".to_string(),
        Value::Number(number) if i32::try_from(*number).is_err() => format!("{number}LL"),
        Value::Number(number) => number.to_string(),
        Value::Register(register, 0) => get(*register),
        Value::Register(register, plus) => format!("{} + {plus}", get(*register)),
        Value::Pid(process) => format!("shared->pids[{}]", process % 4),
        _ => "0".to_string(),
    }
}

// Takes a compiler, which the emulated machine has not.
#[cfg(all(test, feature = "compile"))]
mod tests {
    use super::emit;
    use crate::generate::Generator;
    use std::io::Write;
    use std::process::{Command, Stdio};

    #[test]
    fn compilers_take_it() {
        let mut generator = Generator::new(7);
        for _ in 0..40 {
            let text = emit(&generator.program());
            let uapi = concat!(env!("CARGO_MANIFEST_DIR"), "/../../uapi");
            let mut compiler = Command::new("cc")
                .args(["-fsyntax-only", "-Wall", "-Wextra", "-Werror"])
                .args(["-Wno-unused-function", "-x", "c", "-I", uapi, "-"])
                .stdin(Stdio::piped())
                .spawn()
                .expect("there is a compiler");
            let mut stdin = compiler.stdin.take().expect("it was asked for");
            stdin.write_all(text.as_bytes()).expect("it listens");
            drop(stdin);
            let status = compiler.wait().expect("it ends");
            assert!(status.success(), "{text}");
        }
    }
}
