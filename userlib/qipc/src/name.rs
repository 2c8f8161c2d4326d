// SPDX-License-Identifier: MIT OR Apache-2.0

//! Names that channels can be found by.

use std::sync::Arc;

use crate::error::Result;
use crate::info::Access;
use crate::raw::Session;

/// A name of a channel, under which [`Qipc::name_open`](crate::Qipc::name_open) finds it. QNX `name_attach_t`.
///
/// It is detached when dropped, and goes with its channel in any case.
#[derive(Debug)]
pub struct Name {
    session: Arc<Session>,
    name: Option<Vec<u8>>,
}

impl Name {
    /// `access` is set before the name can be seen.
    pub(crate) fn attach(
        session: &Arc<Session>,
        chid: i32,
        name: &[u8],
        access: &Access,
    ) -> Result<Self> {
        let ceiling = access.only_ceiling();
        if !ceiling.is_empty() {
            session.channel_access(ceiling.to_raw(chid))?;
        }
        let access = match access.of_name() {
            (None, None, None) => None,
            (Some(mode), owner, group) => Some((mode, owner, group)),
            (None, owner, group) => {
                // A mode goes with every name that sets an owner: the present one.
                let present = session.channel_access(Access::new().to_raw(chid))?;
                Some((present.mode, owner, group))
            }
        };
        session.name_attach(chid, name, access)?;
        Ok(Self {
            session: Arc::clone(session),
            name: Some(name.to_vec()),
        })
    }

    /// The name.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        // It is there until the name is detached, which takes it.
        self.name.as_deref().unwrap_or_default()
    }

    /// Takes the name away from the channel and reports how that went. QNX `name_detach` with
    /// `NAME_FLAG_DETACH_SAVEDPP`. Dropping does the same, silently.
    ///
    /// # Errors
    ///
    /// `ENOENT` when the channel is gone, and the name with it; [`Stale`](crate::Error::Stale) in a fork.
    pub fn detach(mut self) -> Result<()> {
        self.end()
    }

    fn end(&mut self) -> Result<()> {
        match self.name.take() {
            None => Ok(()),
            Some(name) => self.session.name_detach(&name),
        }
    }
}

impl Drop for Name {
    fn drop(&mut self) {
        // What can fail: the channel is gone, or this is a fork, and the name is the parent's.
        let _ = self.end();
    }
}
