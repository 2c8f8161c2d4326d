// SPDX-License-Identifier: MIT OR Apache-2.0

//! Android's binder, the C module that distributions ship, with the smallest client and server there can be.

use std::fs::OpenOptions;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::buffers::{CLIENT, SERVER};
use super::peer::{Hello, Link, Peer, Shape};
use crate::raw::{self, pattern, Arrival, Mapping, Memory};
use crate::trouble::{Doing, Outcome, Trouble};

/// Binder.
#[derive(Debug)]
pub struct Binder;

/// Where binderfs is mounted, if it is.
const FOLDER: &str = "/dev/binderfs";

struct Pair {
    shape: Shape,
    device: PathBuf,
    own: bool,
    side: Option<raw::Binder>,
    last: Option<Arrival>,
}

impl Peer for Binder {
    fn name(&self) -> &'static str {
        "binder"
    }

    fn prepare(&self, shape: &Shape) -> Outcome<Box<dyn Link>> {
        let (device, own) = device()?;
        Ok(Box::new(Pair {
            shape: *shape,
            device,
            own,
            side: None,
            last: None,
        }))
    }
}

/// A device that nobody uses, and whether it was made just now.
fn device() -> Outcome<(PathBuf, bool)> {
    let control = Path::new(FOLDER).join("binder-control");
    if let Ok(control) = OpenOptions::new().read(true).open(control) {
        let name = (0..)
            .map(|n| format!("qipc-bench-{}-{n}", std::process::id()))
            .find(|n| !Path::new(FOLDER).join(n).exists())
            .unwrap_or_default();
        raw::binder_add(&control, &name).or_lacks("a binder device")?;
        return Ok((Path::new(FOLDER).join(name), true));
    }
    let device = PathBuf::from("/dev/binder");
    if device.exists() {
        return Ok((device, false));
    }
    let reason = "no binderfs on /dev/binderfs and no /dev/binder (modprobe binder_linux)";
    Err(Trouble::Lacks(reason.into()))
}

impl Drop for Pair {
    fn drop(&mut self) {
        if self.own {
            let _ = std::fs::remove_file(&self.device);
        }
    }
}

impl Pair {
    fn open(&mut self, len: usize, seed: u8) -> Outcome<&mut raw::Binder> {
        self.own = false;
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .open(&self.device)
            .doing("binder device")?;
        let data = Memory::new(len.max(8), Mapping::Private)?;
        data.fill(seed);
        Ok(self
            .side
            .insert(raw::Binder::new(file, data).doing("binder mapping")?))
    }

    fn exchange(&mut self, answer: bool, len: usize, expected: u32) -> Outcome<()> {
        let Some(side) = self.side.as_mut() else {
            return Err(Trouble::Failed("not open".into()));
        };
        // The answer to what came last goes out before it is released, as the data of an answer may lie in it.
        if self.last.is_some() || !answer {
            side.put(answer, len);
        }
        if let Some(last) = self.last.take() {
            side.release(&last);
        }
        let arrival = side.talk()?;
        if arrival.kind != expected {
            return Err(Trouble::Failed(format!(
                "binder returned {:#x}",
                arrival.kind
            )));
        }
        self.last = Some(arrival);
        Ok(())
    }
}

impl Link for Pair {
    fn server_open(&mut self) -> Outcome<Hello> {
        let len = self.shape.answer;
        let side = self.open(len, SERVER)?;
        // The manager of the measurement before gives its place back some time after its death.
        for _ in 0..100 {
            match side.become_manager() {
                Ok(()) => return Ok([0; 4]),
                Err(e) if e.raw_os_error() == Some(libc::EBUSY) => {
                    std::thread::sleep(Duration::from_millis(20))
                }
                Err(e) => return Err(Trouble::Failed(format!("manager: {e}"))),
            }
        }
        Err(Trouble::Lacks(
            "somebody else is the manager of /dev/binder".into(),
        ))
    }

    fn client_open(&mut self, _: Hello) -> Outcome<Hello> {
        let len = self.shape.request;
        self.open(len, CLIENT)?;
        Ok([0; 4])
    }

    fn serve(&mut self) -> Outcome<()> {
        self.exchange(true, self.shape.answer, raw::Binder::TRANSACTION)
    }

    fn call(&mut self) -> Outcome<()> {
        self.exchange(false, self.shape.request, raw::Binder::REPLY)
    }

    fn check(&self) -> Outcome<()> {
        let (Some(side), Some(last)) = (&self.side, &self.last) else {
            return Err(Trouble::Failed("nothing came".into()));
        };
        let right = last.len == self.shape.answer
            && (0..last.len).all(|at| side.peek(last, at) == pattern(at, SERVER));
        right
            .then_some(())
            .ok_or_else(|| Trouble::Failed("the answer is wrong".into()))
    }
}
