// SPDX-License-Identifier: GPL-2.0-only

//! Request words as a hostile caller makes them up.

use crate::base::abi::{self, Call};
use proptest::prelude::*;

const CALLS: &[Call] = &[
    abi::GET_FEATURES,
    abi::CHANNEL_CREATE,
    abi::CHANNEL_DESTROY,
    abi::CHANNEL_FD,
    abi::CONNECT_ATTACH,
    abi::CONNECT_DETACH,
    abi::MSG_SEND,
    abi::MSG_RECEIVE,
    abi::MSG_REPLY,
    abi::MSG_ERROR,
    abi::MSG_READ,
    abi::MSG_WRITE,
    abi::MSG_INFO,
    abi::MSG_REPLY_RECEIVE,
    abi::PULSE_SEND,
    abi::MSG_CURRENT,
    abi::EVENT_DELIVER,
    abi::EVENT_REGISTER,
    abi::EVENT_UNREGISTER,
    abi::TIMER_CREATE,
    abi::TIMER_SETTIME,
    abi::TIMER_GETTIME,
    abi::TIMER_DELETE,
    abi::NAME_ATTACH,
    abi::NAME_DETACH,
    abi::NAME_OPEN,
    abi::CONNECT_FLAGS,
    abi::CONNECT_SERVER_INFO,
    abi::CONNECT_CLIENT_INFO,
    abi::CHANNEL_ACCESS,
    abi::BENCH_PAIR,
    abi::BENCH_SWITCH,
];

/// What the kernel's `_IOC` makes of its parts, in the arithmetic of its header.
fn word(direction: u64, size: u64, letter: u64, nr: u64) -> u32 {
    (direction * (1 << 30) + size * (1 << 16) + letter * (1 << 8) + nr) as u32
}

/// Words that are a call but for a few bits, and words that have nothing to do with any.
fn words() -> impl Strategy<Value = u32> {
    let near = (0..CALLS.len(), any::<u32>(), any::<u32>(), any::<u32>())
        .prop_map(|(call, a, b, c)| CALLS[call].number() ^ (a & b & c));
    prop_oneof![any::<u32>(), near]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    #[test]
    fn a_word_is_one_call_at_most_and_all_but_its_size_counts(cmd in words()) {
        let of = |cmd: u32| CALLS.iter().filter(|call| call.matches(cmd)).collect::<Vec<_>>();
        let (direction, size) = (u64::from(cmd) >> 30, (u64::from(cmd) >> 16) % (1 << 14));
        let (letter, nr) = ((u64::from(cmd) >> 8) % 256, u64::from(cmd) % 256);
        prop_assert_eq!(abi::arg_size(cmd) as u64, size);
        prop_assert_eq!(u64::from(abi::number(cmd)), nr);
        let found = of(cmd);
        prop_assert!(found.len() <= 1);
        let expected = CALLS.iter().any(|call| {
            u64::from(call.nr) == nr && u64::from(call.direction) == direction && letter == u64::from(b'q')
        });
        prop_assert_eq!(found.len() == 1, expected);
        // Another size is another version of the same call.
        for other in [0, 1, 16_383] {
            let same = of(word(direction, other, letter, nr));
            prop_assert_eq!(same.first().map(|call| call.nr), found.first().map(|call| call.nr));
        }
    }
}

#[test]
fn each_call_has_a_word_of_its_own() {
    for (i, call) in CALLS.iter().enumerate() {
        let matching = CALLS
            .iter()
            .filter(|other| other.matches(call.number()))
            .count();
        assert_eq!(matching, 1, "call {i}");
        let word = word(
            call.direction.into(),
            call.size.into(),
            b'q'.into(),
            call.nr.into(),
        );
        assert_eq!(call.number(), word);
    }
    assert_eq!(CALLS.len(), 32, "every ioctl of the header; see layout.rs");
}
