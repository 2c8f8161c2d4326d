// SPDX-License-Identifier: GPL-2.0-only

//! What a name of a channel looks like.

use super::abi;

/// Why something is no name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It is empty, or has a component that is empty, `.` or `..`, or a zero byte (B120).
    Malformed,
    /// It, or a component of it, is too long.
    TooLong,
}

/// Whether `path` can be a name: components of any bytes but 0, separated by single slashes.
pub(crate) fn check(path: &[u8]) -> Result<(), Fault> {
    if path.len() > abi::NAME_MAX {
        return Err(Fault::TooLong);
    }
    for component in path.split(|byte| *byte == b'/') {
        if matches!(component, b"" | b"." | b"..") || component.contains(&0) {
            return Err(Fault::Malformed);
        }
        if component.len() > abi::NAME_COMPONENT_MAX {
            return Err(Fault::TooLong);
        }
    }
    Ok(())
}
