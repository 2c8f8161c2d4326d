// SPDX-License-Identifier: GPL-2.0-only

//! Visits every world, breadth first.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hash, Hasher};

use crate::rules::{self, Broken, Care};
use crate::table::Table;
use crate::world::{Context, Next, Scope, World};

/// Two halves of a fingerprint that are mixed in different ways: worlds are told apart by 128 bits.
#[derive(Default)]
struct Mix(u64, u64);

impl Hasher for Mix {
    fn finish(&self) -> u64 {
        self.0 ^ self.1
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_u8(&mut self, value: u8) {
        self.write_u64(value.into());
    }

    fn write_isize(&mut self, value: isize) {
        self.write_u64(value as u64);
    }

    fn write_u64(&mut self, value: u64) {
        self.0 = (self.0.rotate_left(5) ^ value).wrapping_mul(0x517c_c1b7_2722_0a95);
        self.1 = (self.1 ^ value.wrapping_add(0x9e37_79b9_7f4a_7c15))
            .wrapping_mul(0xff51_afd7_ed55_8ccd);
        self.1 ^= self.1 >> 29;
    }
}

/// Fingerprints are mixed already.
#[derive(Default)]
struct Taken(u64);

impl Hasher for Taken {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, _: &[u8]) {}

    fn write_u128(&mut self, value: u128) {
        self.0 = value as u64;
    }
}

type Known = HashMap<u128, u32, BuildHasherDefault<Taken>>;

fn fingerprint(world: &World) -> u128 {
    let mut mix = Mix(1, 2);
    world.hash(&mut mix);
    (u128::from(mix.0) << 64) | u128::from(mix.1 ^ (mix.1 >> 32))
}

/// What came of an exploration.
pub struct Visit {
    pub worlds: Vec<World>,
    pub transitions: usize,
    /// How many worlds are at rest.
    pub at_rest: usize,
    /// The rule that broke first, and the steps that led there.
    pub broken: Option<(Broken, Vec<&'static str>)>,
    /// The world in which each cell of the table was asked for first, and in which each state was first made.
    pub first_asked: HashMap<(u8, usize), u32>,
    pub first_made: HashMap<u8, u32>,
    /// It was not finished.
    pub cut: bool,
}

/// How to explore.
#[derive(Clone, Copy, Debug)]
pub struct Way {
    /// With more worlds than these it stops.
    pub limit: usize,
    /// Also whether what is certain to happen comes to an end, and where the table is first asked for what.
    pub whole: bool,
    pub care: Care,
}

impl Way {
    /// To the end, with all rules.
    pub const WHOLE: Self = Self {
        limit: usize::MAX,
        whole: true,
        care: Care::Looks,
    };
}

/// Explores from `start` on until a rule breaks.
pub fn explore(table: &Table, scope: Scope, start: World, way: Way) -> Visit {
    let whole = way.whole;
    let mut visit = Visit {
        worlds: Vec::new(),
        transitions: 0,
        at_rest: 0,
        broken: None,
        first_asked: HashMap::new(),
        first_made: HashMap::new(),
        cut: false,
    };
    let mut known = Known::default();
    let mut from: Vec<(u32, &'static str)> = Vec::new();
    known.insert(fingerprint(&start), 0);
    visit.worlds.push(start);
    from.push((u32::MAX, "start"));
    let mut certain: Vec<(u32, u32)> = Vec::new();
    let mut next: Vec<Next> = Vec::new();
    let mut at = 0;
    while let Some(&world) = visit.worlds.get(at) {
        let number = at as u32;
        let mut asked = |state: u8, column: usize, after: u8| {
            if whole {
                visit.first_asked.entry((state, column)).or_insert(number);
                visit.first_made.entry(after).or_insert(number);
            }
        };
        let mut cx = Context {
            table,
            scope,
            care: way.care,
            asked: &mut asked,
        };
        let mut listed = world.successors(&mut cx, &mut next);
        if listed.is_ok() && !next.iter().any(|next| next.certain) {
            visit.at_rest += 1;
            listed = rules::at_rest(&world).map_err(|broken| (broken, "at rest"));
        }
        if let Err((broken, name)) = listed {
            let mut steps = vec![name];
            let mut back = number;
            while from[back as usize].0 != u32::MAX {
                steps.push(from[back as usize].1);
                back = from[back as usize].0;
            }
            steps.reverse();
            visit.broken = Some((broken, steps));
            return visit;
        }
        for next in &next {
            visit.transitions += 1;
            let new = visit.worlds.len() as u32;
            let to = *known.entry(fingerprint(&next.world)).or_insert(new);
            if to == new {
                visit.worlds.push(next.world);
                from.push((number, next.name));
            }
            if whole && next.certain {
                certain.push((number, to));
            }
        }
        at += 1;
        if visit.worlds.len() > way.limit {
            visit.cut = true;
            return visit;
        }
    }
    if whole && !comes_to_rest(visit.worlds.len(), &certain) {
        let broken = Broken(
            rules::Rule::Ends,
            "what is certain to happen happens for ever",
        );
        visit.broken = Some((broken, Vec::new()));
    }
    visit
}

/// Whether the steps that are certain cannot go round in a ring.
fn comes_to_rest(worlds: usize, certain: &[(u32, u32)]) -> bool {
    let mut start = vec![0u32; worlds + 1];
    let mut into = vec![0u32; worlds];
    for (from, to) in certain {
        start[*from as usize + 1] += 1;
        into[*to as usize] += 1;
    }
    for at in 0..worlds {
        start[at + 1] += start[at];
    }
    // They were found in the order of the worlds that they start from.
    let mut todo: Vec<u32> = (0..worlds as u32)
        .filter(|at| into[*at as usize] == 0)
        .collect();
    let mut passed = 0;
    while let Some(at) = todo.pop() {
        passed += 1;
        for (_, to) in &certain[start[at as usize] as usize..start[at as usize + 1] as usize] {
            into[*to as usize] -= 1;
            if into[*to as usize] == 0 {
                todo.push(*to);
            }
        }
    }
    passed == worlds
}
