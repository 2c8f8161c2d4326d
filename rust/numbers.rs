// SPDX-License-Identifier: GPL-2.0-only

//! Numbers for objects: the lowest free one, out of a pool that grows.

use kernel::{
    id_pool::IdPool,
    prelude::*,
    sync::SpinLock, //
};

/// Takes the lowest free number from 1 to `max` out of a pool behind a lock, and grows the pool
/// outside of the lock if need be.
///
/// Fails with `EAGAIN` if there is none, and with `ENOMEM`.
pub(crate) fn lowest_free<T>(
    lock: &SpinLock<T>,
    max: u32,
    pool: impl for<'a> Fn(&'a mut T) -> &'a mut IdPool,
) -> Result<u32>
where
    T: Unpin,
{
    let mut resizer = None;
    loop {
        let mut guard = lock.lock();
        let pool = pool(&mut guard);
        if let Some(resizer) = resizer.take() {
            pool.grow(resizer);
        }
        if let Some(unused) = pool.find_unused_id(1) {
            let number = u32::try_from(unused.as_usize()).unwrap_or(u32::MAX);
            if number > max {
                return Err(EAGAIN);
            }
            unused.acquire();
            return Ok(number);
        }
        let request = pool.grow_request().ok_or(EAGAIN)?;
        drop(guard);
        resizer = Some(request.realloc(GFP_KERNEL_ACCOUNT)?);
    }
}
