// SPDX-License-Identifier: MIT OR Apache-2.0

//! Every state that a small system can get into, and what has to be true in each.
//!
//! `cargo test --features explore`. Each test visits, breadth first, all states that a few messages, pulses, signals,
//! timeouts and deaths lead to, in any order. It prints how many there were.

mod monitor;

use std::collections::hash_map::DefaultHasher;
use std::collections::HashSet;
use std::hash::{Hash, Hasher};
use std::time::Instant;

use monitor::Monitor;
use qipc_model::{Answer, Flags, Flaw, Menu, Reception, State, Step, Timeout};

/// How often a kind of step may still happen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
struct Budget {
    sends: u8,
    pulses: u8,
    signals: u8,
    advances: u8,
    kills: u8,
    attaches: u8,
    restarts: u8,
    destroys: u8,
    receives: u8,
    releases: u8,
}

impl Budget {
    /// What the step costs; false if that is not there.
    fn pay(&mut self, step: &Step) -> bool {
        let kind = match step {
            Step::Send { .. } => &mut self.sends,
            Step::Pulse { .. } => &mut self.pulses,
            Step::SignalClient { .. } | Step::SignalServer { .. } => &mut self.signals,
            Step::Advance => &mut self.advances,
            Step::KillClient { .. } | Step::KillServer { .. } => &mut self.kills,
            Step::Attach { .. } => &mut self.attaches,
            Step::Error {
                answer: Answer::Restart,
                ..
            } => &mut self.restarts,
            Step::Create { .. } | Step::Destroy { .. } => &mut self.destroys,
            Step::Receive { .. } => &mut self.receives,
            Step::Release { .. } => &mut self.releases,
            _ => return true,
        };
        let paid = *kind > 0;
        *kind = kind.saturating_sub(1);
        paid
    }

    /// More than can ever be queued.
    fn most_queued(self) -> usize {
        let kinds = [
            self.sends,
            self.pulses,
            self.signals,
            self.advances,
            self.kills,
            self.restarts,
        ];
        kinds.into_iter().map(usize::from).sum::<usize>() + 8
    }
}

#[derive(Clone, PartialEq, Eq, Hash)]
struct World {
    state: State,
    monitor: Monitor,
    budget: Budget,
}

impl World {
    /// The world after a step, or the rule that it breaks.
    fn step(&self, step: &Step) -> Result<Self, String> {
        let mut next = self.clone();
        let seen = next.state.apply(step);
        next.monitor.now = next.state.now();
        next.monitor.follow(step, &seen)?;
        Ok(next)
    }

    fn fingerprint(&self) -> u128 {
        let half = |salt: u8| {
            let mut hasher = DefaultHasher::new();
            salt.hash(&mut hasher);
            self.hash(&mut hasher);
            u128::from(hasher.finish())
        };
        (half(0) << 64) | half(1)
    }
}

/// What came of an exploration.
struct Visit {
    states: usize,
    transitions: usize,
    /// The rule that broke first, and the steps that led there.
    broken: Option<(String, Vec<Step>)>,
}

/// Visits everything that can be reached from `start` with what is on the menu.
fn explore(start: World, menu: &Menu) -> Visit {
    let limit = start.budget.most_queued();
    let mut seen = HashSet::from([start.fingerprint()]);
    // Worlds to go on from, and for each ever met where it came from.
    let mut here = vec![(start, 0)];
    let mut origins: Vec<(usize, Option<Step>)> = vec![(0, None)];
    let mut transitions = 0;
    let mut broken = None;
    'search: while !here.is_empty() {
        let mut next = Vec::new();
        for (world, number) in here {
            let mut menu = menu.clone();
            menu.message = vec![world.monitor.serial + 1];
            for step in world.state.enabled(&menu) {
                let mut budget = world.budget;
                if !budget.pay(&step) {
                    continue;
                }
                transitions += 1;
                let fresh = world.step(&step).and_then(|mut world| {
                    world.budget = budget;
                    if !seen.insert(world.fingerprint()) {
                        return Ok(None);
                    }
                    world.monitor.check(&world.state, limit)?;
                    Ok(Some(world))
                });
                match fresh {
                    Ok(None) => {}
                    Ok(Some(world)) => {
                        origins.push((number, Some(step)));
                        next.push((world, origins.len() - 1));
                    }
                    Err(rule) => {
                        let mut steps = vec![step];
                        let mut at = number;
                        while let (from, Some(step)) = &origins[at] {
                            steps.push(step.clone());
                            at = *from;
                        }
                        steps.reverse();
                        broken = Some((rule, steps));
                        break 'search;
                    }
                }
            }
        }
        here = next;
    }
    Visit {
        states: seen.len(),
        transitions,
        broken,
    }
}

const RECEPTION: Reception = Reception {
    chid: 0,
    room: 64,
    pulse_only: false,
    poll: false,
    timeout: None,
};

fn timeout(send: bool, reply: bool, receive: bool, deadline: u32) -> Timeout {
    Timeout {
        send,
        reply,
        receive,
        deadline,
    }
}

/// A channel with these flags per server, and a connection of each client to each.
fn connected(
    clients: usize,
    servers: usize,
    threads: usize,
    flags: Flags,
    flaw: Option<Flaw>,
) -> World {
    let mut state = State::new(clients, servers, threads);
    if let Some(flaw) = flaw {
        state = state.with_flaw(flaw);
    }
    let mut world = World {
        state,
        monitor: Monitor::new(clients),
        budget: Budget::default(),
    };
    for server in 0..servers {
        world = world
            .step(&Step::Create { server, flags })
            .expect("a channel");
        for client in 0..clients {
            let attach = Step::Attach {
                client,
                server,
                chid: 1,
            };
            world = world.step(&attach).expect("a connection");
        }
    }
    world
}

const ALL_FLAGS: [Flags; 4] = [
    Flags {
        unblock: false,
        disconnect: false,
    },
    Flags {
        unblock: true,
        disconnect: false,
    },
    Flags {
        unblock: false,
        disconnect: true,
    },
    Flags {
        unblock: true,
        disconnect: true,
    },
];

/// Explores, and prints and demands that all is well.
fn all_is_well(name: &str, start: impl Fn(Flags) -> World, menu: &Menu) {
    let clock = Instant::now();
    let (mut states, mut transitions) = (0, 0);
    for flags in ALL_FLAGS {
        let visit = explore(start(flags), menu);
        if let Some((rule, steps)) = visit.broken {
            for step in &steps {
                eprintln!("    {step:?}");
            }
            panic!("does not hold with {flags:?}: {rule}");
        }
        states += visit.states;
        transitions += visit.transitions;
    }
    println!(
        "{name}: {states} states, {transitions} transitions, {:.1} s",
        clock.elapsed().as_secs_f64()
    );
}

fn messages_menu() -> Menu {
    Menu {
        room: vec![0],
        priorities: vec![1],
        timeouts: vec![None],
        receptions: vec![RECEPTION],
        answers: vec![Answer::Restart, Answer::Wish],
        connections: 2,
        channels: 1,
        ..Menu::default()
    }
}

fn messages(flags: Flags) -> World {
    let mut world = connected(2, 1, 1, flags, None);
    world.budget = Budget {
        sends: 2,
        signals: 1,
        kills: 1,
        restarts: 1,
        receives: 3,
        destroys: 1,
        releases: 1,
        ..Budget::default()
    };
    world
}

/// Two clients and a server: messages, signals, deaths, detaching, destroying.
#[test]
fn messages_and_deaths() {
    all_is_well("messages and deaths", messages, &messages_menu());
}

fn order_menu() -> Menu {
    Menu {
        priorities: vec![1, 2],
        receptions: vec![
            RECEPTION,
            Reception {
                pulse_only: true,
                ..RECEPTION
            },
            Reception {
                poll: true,
                ..RECEPTION
            },
        ],
        answers: Vec::new(),
        ..messages_menu()
    }
}

fn order(flags: Flags) -> World {
    let mut world = connected(2, 1, 2, flags, None);
    world.budget = Budget {
        sends: 2,
        pulses: 2,
        receives: 2,
        ..Budget::default()
    };
    world
}

/// Two clients and two threads of a server: messages and pulses of two priorities.
#[test]
fn order_of_messages_and_pulses() {
    all_is_well("order of messages and pulses", order, &order_menu());
}

fn times_menu() -> Menu {
    Menu {
        timeouts: vec![
            Some(timeout(true, false, false, 1)),
            Some(timeout(false, true, false, 2)),
            Some(timeout(true, true, false, 1)),
            Some(timeout(true, true, false, 0)),
            Some(timeout(false, true, false, 0)),
        ],
        receptions: vec![
            RECEPTION,
            Reception {
                timeout: Some(timeout(false, false, true, 1)),
                ..RECEPTION
            },
            Reception {
                timeout: Some(timeout(false, false, true, 0)),
                ..RECEPTION
            },
        ],
        ..messages_menu()
    }
}

fn times(flags: Flags) -> World {
    let mut world = connected(2, 1, 1, flags, None);
    world.budget = Budget {
        sends: 2,
        signals: 1,
        advances: 2,
        receives: 2,
        ..Budget::default()
    };
    world
}

/// Two clients and a server: deadlines of all kinds.
#[test]
fn deadlines() {
    all_is_well("deadlines", times, &times_menu());
}

fn connections_menu() -> Menu {
    Menu {
        flags: vec![Flags {
            unblock: true,
            disconnect: true,
        }],
        answers: Vec::new(),
        ..messages_menu()
    }
}

fn connections(flags: Flags) -> World {
    let mut world = connected(1, 2, 1, flags, None);
    world.budget = Budget {
        sends: 1,
        kills: 2,
        attaches: 1,
        receives: 2,
        destroys: 1,
        releases: 1,
        ..Budget::default()
    };
    world
}

/// A client and two servers: connecting, dying and coming back.
#[test]
fn connections_and_rebirth() {
    all_is_well("connections and rebirth", connections, &connections_menu());
}

/// Breaks a rule, and demands that the exploration finds this.
fn is_found(flaw: Flaw, rule: &str, start: impl Fn(Flags) -> World, menu: &Menu) {
    for flags in ALL_FLAGS {
        let mut world = start(flags);
        world.state = world.state.with_flaw(flaw);
        if let Some((broken, steps)) = explore(world, menu).broken {
            assert_eq!(broken, rule, "{flaw:?} after {steps:?}");
            println!(
                "{flaw:?}: \"{rule}\" does not hold after {} steps",
                steps.len()
            );
            return;
        }
    }
    panic!("{flaw:?} was not found");
}

#[test]
fn broken_rules_are_found() {
    for (flaw, rule) in [
        (Flaw::UnblockEachTime, "a message has one UNBLOCK pulse"),
        (
            Flaw::UnblockKept,
            "no UNBLOCK pulse once a message is answered",
        ),
        (
            Flaw::KilledStaysQueued,
            "only a message whose client waits is received",
        ),
        (Flaw::DisconnectEachTime, "a client disconnects once"),
        (
            Flaw::DisconnectForgotten,
            "each client that is gone has disconnected",
        ),
        (Flaw::SameReceiveId, "a receive id does not come back"),
        (
            Flaw::DestroyForgets,
            "nothing is left when all is dismantled",
        ),
        (Flaw::ReceivedTwice, "a message is received once"),
    ] {
        is_found(flaw, rule, messages, &messages_menu());
    }
    is_found(
        Flaw::NoPriorities,
        "the most urgent is received first, then the oldest",
        order,
        &order_menu(),
    );
    is_found(
        Flaw::LateDelivery,
        "a message that nobody may wait for is not received",
        times,
        &times_menu(),
    );
}
