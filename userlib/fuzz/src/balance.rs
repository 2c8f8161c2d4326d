// SPDX-License-Identifier: MIT OR Apache-2.0

//! Whether a user whose processes are all gone can have as much as before.

use crate::raw;
use std::fs;

/// A user that programs are of, too.
const USER: u32 = 1001;

/// What is wrong, if a user can not have as many channels as the module allows.
#[must_use]
pub fn look() -> Option<String> {
    let limit = fs::read_to_string("/sys/module/qipc/parameters/max_user_channels");
    let limit: u32 = limit.ok()?.trim().parse().ok()?;
    if limit > 2000 {
        // It would take too long.
        return None;
    }
    let pid = raw::fork();
    if pid == 0 {
        raw::become_user(USER);
        let session = raw::open(c"/dev/qipc");
        let structure = vec![0; size_of::<qipc_sys::qipc_channel_create>()];
        let address = raw::write_scratch(0, 0, &structure);
        for _ in 0..limit {
            if raw::ioctl(session, qipc_sys::QIPC_CHANNEL_CREATE, address) != 0 {
                raw::exit(1);
            }
        }
        raw::exit(0);
    }
    match raw::status_of(pid) {
        0 => None,
        _ => Some(format!("a user cannot have {limit} channels any more")),
    }
}
