// SPDX-License-Identifier: MIT OR Apache-2.0

//! Why there is no figure.

use std::fmt;
use std::io;

/// Why there is no figure.
#[derive(Debug, Clone, PartialEq)]
pub enum Trouble {
    /// This machine lacks something; the text says what.
    Lacks(String),
    /// Something went wrong that should not.
    Failed(String),
}

/// What can be in trouble.
pub type Outcome<T> = Result<T, Trouble>;

impl Trouble {
    /// The text without the kind.
    pub fn text(&self) -> &str {
        match self {
            Self::Lacks(t) | Self::Failed(t) => t,
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lacks(text) => write!(f, "not measured: {text}"),
            Self::Failed(text) => write!(f, "failed: {text}"),
        }
    }
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        Self::Failed(error.to_string())
    }
}

impl From<rustix::io::Errno> for Trouble {
    fn from(error: rustix::io::Errno) -> Self {
        Self::Failed(io::Error::from(error).to_string())
    }
}

/// Says what was being done when it went wrong.
pub trait Doing<T> {
    /// A failure.
    fn doing(self, what: &str) -> Outcome<T>;
    /// A lack.
    fn or_lacks(self, what: &str) -> Outcome<T>;
}

impl<T, E: fmt::Display> Doing<T> for Result<T, E> {
    fn doing(self, what: &str) -> Outcome<T> {
        self.map_err(|e| Trouble::Failed(format!("{what}: {e}")))
    }

    fn or_lacks(self, what: &str) -> Outcome<T> {
        self.map_err(|e| Trouble::Lacks(format!("{what}: {e}")))
    }
}
