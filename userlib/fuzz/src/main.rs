// SPDX-License-Identifier: MIT OR Apache-2.0

//! `qipc-fuzz`: random programs of several processes and threads on `/dev/qipc`, guided by the coverage of the module.
//!
//! It wants a machine of its own, in which it is root: `make fuzz` boots one with a debug kernel.

mod balance;
mod calls;
mod campaign;
mod emit;
mod execute;
mod generate;
mod machine;
mod minimise;
mod program;
mod raw;
mod watch;

use clap::{Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

#[derive(Parser)]
#[command(about = "Fuzzer of the ioctls of qipc")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run programs until something is found, or time is up
    Run {
        /// How long
        #[arg(long, default_value_t = 600)]
        seconds: u64,
        /// Which programs
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// File of programs to begin with
        #[arg(long)]
        corpus: Option<PathBuf>,
        /// Folder for the journal, the new corpus and what is found
        #[arg(long, default_value = "fuzz")]
        out: PathBuf,
        /// Programs to keep in the new corpus
        #[arg(long, default_value_t = 40)]
        keep: usize,
    },
    /// Run the programs of a file, each so many times
    Replay {
        /// The file
        file: PathBuf,
        /// How often
        #[arg(long, default_value_t = 1)]
        times: usize,
    },
    /// Print the first program of a file in C
    EmitC {
        /// The file
        file: PathBuf,
    },
    /// Print a new program
    Draw {
        /// Which
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
    /// What a program becomes that executes another one
    #[command(hide = true)]
    Reborn,
}

fn carry_out(command: Command) -> std::io::Result<bool> {
    match command {
        Command::Run {
            seconds,
            seed,
            corpus,
            out,
            keep,
        } => {
            let settings = campaign::Settings {
                time: Duration::from_secs(seconds),
                seed,
                corpus,
                out,
                keep,
            };
            println!("TAP version 13\n1..1");
            let found = campaign::run(&settings)?;
            match &found {
                Some(trouble) => println!("not ok 1 no trouble: {}", trouble.title),
                None => println!("ok 1 no trouble"),
            }
            Ok(found.is_none())
        }
        Command::Replay { file, times } => {
            let mut machine = machine::Machine::new(None)?;
            for program in campaign::read(&file)? {
                for _ in 0..times {
                    if let Some(trouble) = machine.run(&program)? {
                        println!("{}\n{}", trouble.title, trouble.log);
                        return Ok(false);
                    }
                }
            }
            Ok(true)
        }
        Command::EmitC { file } => {
            if let Some(program) = campaign::read(&file)?.first() {
                print!("{}", emit::emit(program));
            }
            Ok(true)
        }
        Command::Draw { seed } => {
            let program = generate::Generator::new(seed).program();
            println!("{}", machine::to_line(&program));
            Ok(true)
        }
        Command::Reborn => {
            execute::reborn();
            Ok(true)
        }
    }
}

fn main() -> ExitCode {
    match carry_out(Arguments::parse().command) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("qipc-fuzz: {error}");
            ExitCode::from(2)
        }
    }
}
