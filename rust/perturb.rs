// SPDX-License-Identifier: GPL-2.0-only

//! Random delays at named points of the rendezvous, so that threads meet there in orders that are rare
//! otherwise. They exist in builds with `--cfg qipc_perturb` (`make fuzz`); in all others nothing is
//! left of a point.

#[cfg(not(qipc_perturb))]
mod points {
    /// A point where the calling thread may sleep, and is not about to.
    #[inline(always)]
    pub(crate) fn pause(_name: &str) {}

    /// A point where it must not sleep.
    #[inline(always)]
    pub(crate) fn spin(_name: &str) {}
}

#[cfg(qipc_perturb)]
mod points {
    use kernel::{
        sync::atomic::{
            Atomic,
            Relaxed, //
        },
        time::{
            delay::{
                fsleep,
                udelay, //
            },
            Delta, //
        }, //
    };

    /// Points that were passed.
    static PASSED: Atomic<u64> = Atomic::new(0);

    /// Passages for which the same points are slow.
    const SEASON: u32 = 9;

    /// A point where the calling thread may sleep, and is not about to.
    pub(crate) fn pause(name: &str) {
        #[cfg(qipc_plant)]
        plant(name);
        if let Some(time) = delay(name, 1500) {
            fsleep(Delta::from_micros(time));
        }
    }

    /// A point where it must not sleep.
    pub(crate) fn spin(name: &str) {
        if let Some(time) = delay(name, 60) {
            udelay(Delta::from_micros(time));
        }
    }

    /// A fault on purpose, to see that the fuzzer finds it (`make fuzz PLANT=1`): the points below, one
    /// after the other, before any channel is closed.
    #[cfg(qipc_plant)]
    fn plant(name: &str) {
        use kernel::prelude::*;

        const WAY: [&str; 3] = ["expire", "deliver", "finish a reply"];
        static STEP: Atomic<u32> = Atomic::new(0);

        let step = STEP.load(Relaxed);
        if name == "close" {
            STEP.store(0, Relaxed);
        } else if WAY.get(step as usize) == Some(&name) {
            STEP.store(step + 1, Relaxed);
            if step as usize + 1 == WAY.len() {
                pr_err!("BUG: planted\n");
            }
        }
    }

    /// How many microseconds to wait, if at all. One point of eight is slow for a while; the others
    /// are so rarely.
    fn delay(name: &str, most: u64) -> Option<i64> {
        let passed = PASSED.fetch_add(1, Relaxed);
        let random = mix(passed);
        let hash = name
            .bytes()
            .fold(0, |hash, byte| mix(hash ^ u64::from(byte)));
        let slow = (mix(passed >> SEASON) ^ hash) & 7 == 0;
        let (one_in, most) = if slow { (3, most) } else { (40, most / 8) };
        (random % one_in == 0).then_some(((random >> 32) % most + 1) as i64)
    }

    /// A number that has nothing to do with `n` (splitmix64).
    fn mix(n: u64) -> u64 {
        let n = n.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let n = (n ^ (n >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let n = (n ^ (n >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        n ^ (n >> 31)
    }
}

pub(crate) use points::{
    pause,
    spin, //
};
