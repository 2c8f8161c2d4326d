// SPDX-License-Identifier: GPL-2.0-only

//! Every wish for every thread under every ceiling.

use crate::base::{
    order::Key,
    priority::{Scheduling, Wish, HIGHEST},
};

const BATCH: Scheduling = Scheduling::Shared(3);

fn own() -> impl Iterator<Item = Scheduling> {
    let real_time = (1..=HIGHEST)
        .flat_map(|level| [true, false].map(|fifo| Scheduling::RealTime { fifo, level }));
    real_time.chain([BATCH])
}

fn wishes() -> impl Iterator<Item = Wish> {
    (0..=HIGHEST)
        .flat_map(|level| [Wish::Exactly(level), Wish::AtLeast(level)])
        .chain([Wish::Own])
}

#[test]
fn nobody_is_lifted_above_the_ceiling() {
    for own in own() {
        for wish in wishes() {
            for ceiling in 0..=HIGHEST {
                let level = wish.scheduling(own, ceiling).level();
                assert!(
                    level <= ceiling.max(own.level()),
                    "{own:?} {wish:?} {ceiling}"
                );
            }
        }
    }
}

#[test]
fn real_time_threads_keep_their_policy() {
    for own in own() {
        for wish in wishes() {
            match (own, wish.scheduling(own, HIGHEST)) {
                (
                    Scheduling::RealTime { fifo: before, .. },
                    Scheduling::RealTime { fifo: after, level },
                ) => {
                    assert_eq!(before, after);
                    assert!((1..=HIGHEST).contains(&level));
                }
                (BATCH, Scheduling::RealTime { fifo: true, level }) => assert!(level > 0),
                (BATCH, BATCH) => (),
                other => panic!("{other:?}"),
            }
        }
    }
}

#[test]
fn a_message_decides_inside_the_ceiling() {
    for own in own() {
        for level in 1..=HIGHEST {
            assert_eq!(Wish::Exactly(level).scheduling(own, HIGHEST).level(), level);
            let at_least = Wish::AtLeast(level).scheduling(own, HIGHEST).level();
            assert_eq!(at_least, level.max(own.level()));
        }
        assert_eq!(Wish::Own.scheduling(own, 0), own);
    }
    assert_eq!(Wish::Exactly(0).scheduling(BATCH, HIGHEST), BATCH);
}

#[test]
fn raising_never_lowers() {
    for own in own() {
        for wish in wishes() {
            for ceiling in [0, 1, 50, HIGHEST] {
                let before = wish.scheduling(own, ceiling).level();
                for level in 0..=HIGHEST {
                    let after = wish.raised(level).scheduling(own, ceiling).level();
                    assert!(after >= before);
                    assert!(after >= level.min(ceiling));
                }
            }
        }
    }
}

#[test]
fn deadlines_are_left_alone() {
    for wish in wishes() {
        let own = Scheduling::Deadline;
        assert_eq!(wish.scheduling(own, HIGHEST), own);
    }
}

#[test]
fn wishes_survive_packing() {
    for wish in wishes() {
        assert_eq!(Wish::unpack(wish.pack()), wish);
    }
}

#[test]
fn keys_know_their_priority() {
    for level in 0..=u8::MAX {
        assert_eq!(Key::new(level, 7).priority(), level);
        assert_eq!(Key::new(level, 7).arrival(), 7);
    }
    assert_eq!(Key::ahead(7).priority(), 0);
}
