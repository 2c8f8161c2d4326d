// SPDX-License-Identifier: MIT OR Apache-2.0

//! Looking for trouble: in the kernel log, and in what the module still holds when every process is gone.

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::os::unix::fs::OpenOptionsExt;
use std::time::{Duration, Instant};

/// What a line of the kernel log says when something is wrong; `tools/vm/scan-log` knows more, and has the last word.
const TROUBLE: &[&str] = &[
    "BUG:",
    "WARNING:",
    "KASAN",
    "KCSAN",
    "Oops",
    "Call Trace",
    "INFO: task",
    "refcount_t",
    "ODEBUG",
    "panicked",
    "corruption",
    "general protection",
    "inconsistent lock",
    "Invalid wait context",
    "possible circular",
    "possible recursive",
    "suspicious RCU",
    "sleeping function",
    "stall",
    "unable to handle",
    "bad unlock balance",
    "turning off the locking",
];

/// How long references to the module may outlive the processes that had them.
const LINGER: Duration = Duration::from_secs(20);

/// Trouble.
#[derive(Clone, Debug)]
pub struct Trouble {
    /// In a line, the same for the same trouble.
    pub title: String,
    /// What the kernel said.
    pub log: String,
}

/// Watches the kernel.
#[derive(Debug)]
pub struct Watch {
    log: Option<File>,
}

impl Watch {
    /// From now on.
    ///
    /// # Errors
    ///
    /// What the system says if it does not show its log.
    pub fn new() -> std::io::Result<Self> {
        let mut log = fs::OpenOptions::new()
            .read(true)
            .custom_flags(libc::O_NONBLOCK)
            .open("/dev/kmsg")?;
        log.seek(SeekFrom::End(0))?;
        Ok(Self { log: Some(log) })
    }

    /// What has come to the log since it was asked last.
    fn news(&mut self) -> String {
        let mut text = String::new();
        let Some(log) = &mut self.log else {
            return text;
        };
        let mut record = [0; 8192];
        loop {
            match log.read(&mut record) {
                Ok(0) => break,
                Ok(count) => {
                    let record = String::from_utf8_lossy(&record[..count]);
                    let line = record.split_once(';').map_or(&*record, |(_, line)| line);
                    text.push_str(line.lines().next().unwrap_or(""));
                    text.push('\n');
                }
                // The oldest were overwritten.
                Err(error) if error.raw_os_error() == Some(libc::EPIPE) => (),
                Err(_) => break,
            }
        }
        text
    }

    /// Trouble since it was asked last.
    pub fn log(&mut self) -> Option<Trouble> {
        let mut log = self.news();
        let title = trouble_in(&log)?;
        // The rest of the report is on its way.
        for _ in 0..20 {
            std::thread::sleep(Duration::from_millis(100));
            let more = self.news();
            if more.is_empty() {
                break;
            }
            log.push_str(&more);
        }
        Some(Trouble { title, log })
    }

    /// Whether the module is held by nobody, as it has to be when nobody has a descriptor.
    #[must_use]
    pub fn held(&self) -> Option<Trouble> {
        let start = Instant::now();
        loop {
            let count = fs::read_to_string("/sys/module/qipc/refcnt").unwrap_or_default();
            let count = count.trim();
            if count == "0" || count.is_empty() {
                return None;
            }
            if start.elapsed() > LINGER {
                return Some(Trouble {
                    title: "the module is held though nobody uses it".to_string(),
                    log: format!("references: {count}\n"),
                });
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

/// The line that says what is wrong, without what differs from time to time.
fn trouble_in(log: &str) -> Option<String> {
    let line = log
        .lines()
        .find(|line| TROUBLE.iter().any(|word| line.contains(word)))?;
    let differs = |word: &&str| {
        let process = |(_, id): (&str, &str)| id.bytes().all(|byte| byte.is_ascii_digit());
        word.starts_with("CPU#")
            || word.starts_with("0x")
            || word.starts_with("ffff")
            || word.rsplit_once('/').is_some_and(process)
    };
    let words = line.split_whitespace().filter(|word| !differs(word));
    Some(words.collect::<Vec<_>>().join(" "))
}

/// Where the code of the module lies.
#[must_use]
pub fn text_base() -> u64 {
    let text = fs::read_to_string("/sys/module/qipc/sections/.text").unwrap_or_default();
    u64::from_str_radix(text.trim().trim_start_matches("0x"), 16).unwrap_or(0)
}

/// What the threads of all processes wait for, by the kernel's own account.
pub fn tell_where_all_are() {
    for request in ["w", "l"] {
        let _ = fs::write("/proc/sysrq-trigger", request);
    }
}

/// Faults that programs ask for are made in all allocations and not talked of.
pub fn allow_faults() {
    for (file, value) in [
        ("failslab/ignore-gfp-wait", "N"),
        ("failslab/verbose", "0"),
        ("fail_page_alloc/ignore-gfp-wait", "N"),
        ("fail_page_alloc/ignore-gfp-highmem", "N"),
        ("fail_page_alloc/min-order", "0"),
        ("fail_page_alloc/verbose", "0"),
        ("fail_usercopy/verbose", "0"),
    ] {
        let _ = fs::write(format!("/sys/kernel/debug/{file}"), value);
    }
}

#[cfg(test)]
mod tests {
    use super::trouble_in;

    #[test]
    fn trouble_has_a_title() {
        assert_eq!(trouble_in("qipc: loaded\nall is well\n"), None);
        let log = "x\nWARNING: kernel/fork.c:10 at f+0x1/0x2, CPU#1: x/12\nCall Trace:\n";
        let again = log.replace("CPU#1: x/12", "CPU#0: x/99");
        assert!(trouble_in(log).is_some_and(|title| title.contains("kernel/fork.c:10")));
        assert_eq!(trouble_in(log), trouble_in(&again));
    }
}
