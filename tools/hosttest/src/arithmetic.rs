// SPDX-License-Identifier: GPL-2.0-only

//! Properties of part lists, receive ids and queue order.

use crate::base::{
    abi,
    id::{
        next_block, scoid, scoid_number, side_coid, side_number, side_number_from, Rcvid,
        RcvidSource, MAX_BLOCK,
    },
    name::{self, Fault},
    order::Key,
    part_math::{is_plain, window, Audit, Refused},
};
use proptest::prelude::*;

fn audit(parts: &[(u64, u64)]) -> Result<usize, Refused> {
    let mut audit = Audit::default();
    for (base, len) in parts {
        audit.add(*base, *len);
    }
    audit.finish()
}

#[test]
fn the_limit_of_bytes_is_exact() {
    assert_eq!(audit(&[(0, abi::MAX_BYTES)]), Ok(abi::MAX_BYTES as usize));
    assert_eq!(audit(&[(0, abi::MAX_BYTES + 1)]), Err(Refused::TooLarge));
    assert_eq!(
        audit(&[(0, abi::MAX_BYTES), (0, 1)]),
        Err(Refused::TooLarge),
        "the sum counts, not the single part"
    );
}

#[test]
fn what_is_plain_is_not_refused() {
    let most = (1 << 62) - 1;
    for (base, len) in [(0, 0), (most, 0), (most, abi::MAX_BYTES), (0x1000, 8)] {
        assert!(is_plain(base, len));
        assert_eq!(audit(&[(base, len)]), Ok(len as usize));
    }
    for (base, len) in [
        (0, abi::MAX_BYTES + 1),
        (most + 1, 8),
        (u64::MAX, 0),
        (0, u64::MAX),
    ] {
        assert!(!is_plain(base, len), "to be looked at");
    }
}

#[test]
fn too_large_goes_before_out_of_range() {
    assert_eq!(
        audit(&[(u64::MAX, 1), (0, u64::MAX)]),
        Err(Refused::TooLarge)
    );
}

#[test]
fn parts_without_bytes_may_lie_anywhere() {
    assert_eq!(audit(&[(u64::MAX, 0), (1 << 63, 0)]), Ok(0));
}

#[test]
fn parts_stay_in_user_space() {
    let end = i64::MAX as u64;
    assert_eq!(audit(&[(end - 8, 8)]), Ok(8));
    assert_eq!(audit(&[(end - 8, 9)]), Err(Refused::OutOfRange));
    assert_eq!(audit(&[(u64::MAX - 3, 4)]), Err(Refused::OutOfRange));
    assert_eq!(audit(&[(1 << 63, 1)]), Err(Refused::OutOfRange));
}

proptest! {
    #[test]
    fn totals_match_a_wide_sum(parts in prop::collection::vec((any::<u64>(), any::<u64>()), 0..20)) {
        let sum: u128 = parts.iter().map(|(_, len)| u128::from(*len)).sum();
        let inside = parts.iter().all(|(base, len)| {
            *len == 0 || u128::from(*base) + u128::from(*len) <= i64::MAX as u128
        });
        let expected = if sum > u128::from(abi::MAX_BYTES) {
            Err(Refused::TooLarge)
        } else if !inside {
            Err(Refused::OutOfRange)
        } else {
            Ok(sum as usize)
        };
        prop_assert_eq!(audit(&parts), expected);
    }

    #[test]
    fn small_totals_add_up(lens in prop::collection::vec(0u64..1 << 20, 0..64)) {
        let parts: Vec<_> = lens.iter().map(|len| (4096, *len)).collect();
        prop_assert_eq!(audit(&parts), Ok(lens.iter().sum::<u64>() as usize));
    }

    #[test]
    fn a_window_never_leaves_the_memory(total: u32, offset: u64, want: usize) {
        let total = total as usize;
        let len = window(total, offset, want);
        prop_assert!(len <= want);
        if offset >= total as u64 {
            prop_assert_eq!(len, 0);
        } else {
            prop_assert_eq!(len as u64, (want as u64).min(total as u64 - offset));
        }
    }

    #[test]
    fn higher_priority_then_earlier_arrival(a in (0u8..=99, any::<u64>()), b in (0u8..=99, any::<u64>())) {
        let first = Key::new(a.0, a.1) < Key::new(b.0, b.1);
        prop_assert_eq!(first, a.0 > b.0 || (a.0 == b.0 && a.1 < b.1));
        prop_assert!(Key::FIRST <= Key::new(a.0, a.1));
    }

    #[test]
    fn side_channel_numbers_round_trip(number in 1u32..1 << 20) {
        let coid = side_coid(number);
        prop_assert!(coid > 0);
        prop_assert_eq!(coid as u32 & abi::SIDE_CHANNEL, abi::SIDE_CHANNEL);
        prop_assert_eq!(side_number(coid), Some(number));
        prop_assert_eq!(side_number_from(coid), number);
        prop_assert!(side_coid(number + 1) > coid);
    }

    #[test]
    fn the_next_higher_number_leaves_none_out(offset in 0i32..1 << 22) {
        let coid = abi::SIDE_CHANNEL as i32 + offset;
        let from = side_number_from(coid);
        prop_assert!(side_coid(from) >= coid);
        prop_assert!(from == 1 || side_coid(from - 1) < coid);
    }

    #[test]
    fn names_are_what_a_splitting_parser_takes(parts in prop::collection::vec("[a./]{0,3}", 0..5)) {
        let path = parts.join("/");
        let good = path.split('/').all(|part| !matches!(part, "" | "." | ".."));
        prop_assert_eq!(name::check(path.as_bytes()).is_ok(), good);
    }

    #[test]
    fn scoids_are_marked(number in 1u32..=65_535) {
        let value = scoid(number) as u32;
        prop_assert_eq!(value, number | abi::SIDE_CHANNEL | abi::CONNECTION_SCOID);
        prop_assert_eq!(scoid_number(value as i32), Some(number));
        prop_assert_eq!(side_number(value as i32), None);
    }

    #[test]
    fn only_ids_of_blocks_are_receive_ids(value: i64) {
        let valid = (0x8000..=i64::from(i32::MAX)).contains(&value);
        prop_assert_eq!(Rcvid::from_user(value).map(Rcvid::as_user), valid.then_some(value));
    }
}

#[test]
fn file_descriptors_are_no_side_channels() {
    for coid in [i32::MIN, -1, 0, 3, 65_536, abi::SIDE_CHANNEL as i32] {
        assert_eq!(side_number(coid), None, "{coid:#x}");
    }
}

#[test]
fn a_block_gives_each_of_its_ids_once() {
    let mut source = RcvidSource::empty();
    assert!(
        source.take().is_none(),
        "a source without a block has no ids"
    );
    for (block, start) in [(1, 0), (MAX_BLOCK, 1), (7, (1 << 15) + 9)] {
        source.refill(block, start);
        let mut seen = std::collections::BTreeSet::new();
        for serial in 0..1 << 15 {
            let id = source.take().expect("a block has 32,768 ids");
            assert_eq!(id.block(), block);
            assert!((1..=i64::from(i32::MAX)).contains(&id.as_user()));
            assert_eq!(id.as_user() & 0x7fff, i64::from((start + serial) & 0x7fff));
            assert!(seen.insert(id), "each id once");
            if serial % 1000 == 0 {
                source.give_back();
                assert_eq!(source.take(), Some(id), "what nobody got is the next one");
            }
        }
        assert!(source.is_empty() && source.take().is_none());
    }
}

#[test]
fn blocks_go_round_without_0() {
    let mut block = 0;
    for expected in 1..=MAX_BLOCK {
        block = next_block(block);
        assert_eq!(block, expected);
    }
    assert_eq!(next_block(block), 1);
}

#[test]
fn names_have_limits() {
    let component = |len| vec![b'x'; len];
    assert_eq!(name::check(&component(255)), Ok(()));
    assert_eq!(name::check(&component(256)), Err(Fault::TooLong));
    let whole = [
        component(255),
        component(255),
        component(255),
        component(255),
    ]
    .join(&b'/');
    assert_eq!(whole.len(), 1023);
    assert_eq!(name::check(&whole), Ok(()));
    assert_eq!(
        name::check(&[whole, component(1)].join(&b'/')),
        Err(Fault::TooLong)
    );
    assert_eq!(name::check(b"a\0b"), Err(Fault::Malformed));
    assert_eq!(name::check(b""), Err(Fault::Malformed));
}
