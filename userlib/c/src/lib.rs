// SPDX-License-Identifier: MIT OR Apache-2.0

//! libqipc: QNX Neutrino's message passing calls for C programs.
#[allow(unsafe_code)]
#[no_mangle]
extern "C" fn ChannelCreate(_flags: u32) -> i32 {
    qipc::Qipc::open().is_ok() as i32
}
