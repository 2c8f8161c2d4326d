// SPDX-License-Identifier: GPL-2.0-only

//! Nobody has a limit.

/// What a queued pulse counts for its user.
#[allow(dead_code)]
pub struct Charge;
