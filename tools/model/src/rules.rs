// SPDX-License-Identifier: GPL-2.0-only

//! What has to hold, whatever the table says. Judged from what has really happened to each message.

use crate::base::state::{Cause, Event, Outcome, Refusal};
use crate::table::Look;
use crate::world::{Client, Phase, Slot, Stage, Story, Thread, Walk, World};

/// The invariants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    Ends,
    Reply,
    Copy,
    Lost,
    Reason,
    Refused,
    Begins,
    Told,
    Bounded,
    Taken,
}

/// Each with its name.
pub const RULES: [(Rule, &str); 10] = [
    (Rule::Ends, "every blocked call ends"),
    (Rule::Reply, "no reply to the wrong message"),
    (
        Rule::Copy,
        "no copy into memory of a call that has returned",
    ),
    (
        Rule::Lost,
        "no lost message, none received twice or out of order",
    ),
    (
        Rule::Reason,
        "a call ends for the reason that came first, and not without one",
    ),
    (
        Rule::Refused,
        "nothing is refused but copies and answers to who does not wait",
    ),
    (
        Rule::Begins,
        "no copy or answer begins once the client may leave",
    ),
    (
        Rule::Told,
        "the server is told of what it has received, and of who asks to leave",
    ),
    (
        Rule::Bounded,
        "bounded memory: what a message brings along is enough",
    ),
    (Rule::Taken, "a state is taken for what the message is"),
];

impl Rule {
    pub fn name(self) -> &'static str {
        RULES
            .iter()
            .find(|(rule, _)| *rule == self)
            .map_or("", |(_, name)| name)
    }
}

/// A rule that does not hold, and in which way.
#[derive(Clone, Copy, Debug)]
pub struct Broken(pub Rule, pub &'static str);

type Verdict = Result<(), Broken>;

fn ensure(truth: bool, rule: Rule, how: &'static str) -> Verdict {
    truth.then_some(()).ok_or(Broken(rule, how))
}

/// Whether the message may be read, written and answered.
fn is_open_to_server(story: &Story) -> bool {
    story.stage == Stage::Delivered && story.reason.is_none() && !story.answering
}

/// The table has refused an event.
pub fn refused(world: &World, c: usize, event: Event, refusal: Refusal) -> Verdict {
    let begins = matches!(event, Event::BeginCopy | Event::BeginReply);
    let rightly = begins && !is_open_to_server(&world.clients[c].story);
    ensure(rightly, Rule::Refused, "refused without reason")?;
    ensure(
        refusal == Refusal::NotBlocked,
        Rule::Refused,
        "refused for a wrong reason",
    )
}

/// What is to have come of the message by now, if it is to be over.
fn expected(story: &Story, holders: usize) -> Option<Outcome> {
    let left = |cause| {
        if story.delivered {
            Outcome::Abandoned(cause)
        } else {
            Outcome::Withdrawn(cause)
        }
    };
    if story.over.is_some() {
        return story.over;
    }
    if story.killed {
        return Some(left(Cause::Killed));
    }
    if holders > 0 {
        return None;
    }
    match (story.verdict, story.reason) {
        (Some(verdict), _) => Some(verdict),
        (None, Some(cause)) if !story.answering => Some(left(cause)),
        _ => None,
    }
}

/// How closely a run is watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Care {
    /// What calls return, what is refused, and who is stuck in the end.
    Calls,
    /// Also what becomes of a message, step by step.
    Steps,
    /// Also what its state is taken for.
    Looks,
}

/// The table has let something happen to a message. Whoever puts a token down with it holds it no more.
pub fn stepped(world: &mut World, c: usize, event: Event, after: &Look, care: Care) -> Verdict {
    let holders = world.holders(c);
    let (unblock, open) = (world.unblock, world.open);
    let story = &mut world.clients[c].story;
    if matches!(event, Event::BeginCopy | Event::BeginReply) {
        ensure(is_open_to_server(story), Rule::Begins, "begun too late")?;
    }
    if story.over.is_none() {
        follow(story, event)?;
    }
    let expected = expected(story, holders);
    if care >= Care::Steps {
        outcome(after.outcome, expected)?;
    }
    if expected.is_some() {
        story.over = expected;
        story.stage = Stage::Over;
    }
    if care < Care::Steps {
        return Ok(());
    }
    let story = *story;
    let client = &world.clients[c];
    if care >= Care::Looks {
        looks(&story, after)?;
    }
    tables(client)?;
    pulses(client, unblock && open)?;
    if story.stage == Stage::Delivered && !story.answering {
        ensure(
            after.asked == story.asked,
            Rule::Told,
            "another reason for asking",
        )?;
    }
    if story.reason.is_some() && story.over.is_none() {
        let forgotten = |thread: &Thread| {
            matches!(thread, Thread::Fetches { client, called: false, .. } if usize::from(*client) == c)
                && !matches!(client.slot, Slot::Orphan | Slot::Idle)
        };
        ensure(
            !world.threads.iter().any(forgotten),
            Rule::Ends,
            "a client that wants to leave is kept by a thread that waits for its memory",
        )?;
    }
    Ok(())
}

/// How a message has ended, and how it had to.
fn outcome(outcome: Option<Outcome>, expected: Option<Outcome>) -> Verdict {
    match (outcome, expected) {
        (None, Some(_)) => Err(Broken(
            Rule::Ends,
            "it is over, and its sender is not let go",
        )),
        (Some(_), None) => Err(Broken(Rule::Reason, "it ends without a reason")),
        _ => ensure(
            outcome == expected,
            Rule::Reason,
            "it ends for another reason",
        ),
    }
}

/// What has happened.
fn follow(story: &mut Story, event: Event) -> Verdict {
    match event {
        Event::Offer => story.stage = Stage::Queued,
        Event::Take => {
            ensure(story.stage == Stage::Queued, Rule::Lost, "received twice")?;
            story.stage = Stage::Claimed;
        }
        Event::Deliver => {
            ensure(story.stage == Stage::Claimed, Rule::Lost, "received twice")?;
            if story.reason.is_none() {
                story.stage = Stage::Delivered;
                story.delivered = true;
            }
        }
        Event::PutBack => {
            if story.reason.is_none() {
                story.stage = Stage::Queued;
            }
        }
        Event::SenderFault => {
            story.verdict = Some(Outcome::Fault(crate::base::fault::Side::Client));
        }
        Event::BeginCopy | Event::EndCopy => {}
        Event::BeginReply => story.answering = true,
        Event::Finish(outcome) => story.verdict = Some(outcome),
        Event::End(Cause::Killed) => story.killed = true,
        // A reply that has begun wins.
        Event::End(_) | Event::Ask(_) if story.answering => {}
        Event::Ask(cause) if story.stage == Stage::Delivered => {
            story.asked = story.asked.or(Some(cause));
        }
        Event::End(cause) | Event::Ask(cause) => story.reason = story.reason.or(Some(cause)),
    }
    Ok(())
}

/// The state is taken for what the message is.
fn looks(story: &Story, after: &Look) -> Verdict {
    let is = [
        story.stage == Stage::Queued,
        matches!(story.stage, Stage::Claimed | Stage::Delivered),
        is_open_to_server(story),
        story.reason.is_some() && story.over.is_none(),
        story.stage == Stage::Delivered,
        matches!(story.stage, Stage::Queued | Stage::Claimed),
    ];
    ensure(after.flags == is, Rule::Taken, "taken for something else")
}

/// A message hangs in the table that it belongs into.
fn tables(client: &Client) -> Verdict {
    let stage = client.story.stage;
    ensure(
        client.in_queue == (stage == Stage::Queued),
        Rule::Lost,
        "in the queue, or not, and should not, or should be",
    )?;
    let named = matches!(stage, Stage::Claimed | Stage::Delivered);
    ensure(
        client.in_named == named || client.story.killed && !client.in_named,
        Rule::Reply,
        "a receive id leads to a message that it does not name any more, or not to the one that it names",
    )
}

fn pulses(client: &Client, told: bool) -> Verdict {
    let story = &client.story;
    let owed = story.stage == Stage::Delivered && !story.answering && story.asked.is_some()
        || story.killed && story.delivered && !story.answering;
    ensure(
        !(told && owed) || story.told,
        Rule::Told,
        "the server does not hear who asks to be let go",
    )?;
    ensure(
        story.stage != Stage::Over || story.killed || !client.pulse,
        Rule::Told,
        "an unblock pulse for a message that is over",
    )?;
    ensure(
        !(client.node && client.pulse),
        Rule::Bounded,
        "an unblock pulse with memory that is not there",
    )
}

/// A deadline has passed for a client whose message was not done.
pub fn expired(world: &World, c: usize, send: bool, reply: bool) -> Verdict {
    let client = &world.clients[c];
    let story = &client.story;
    let seen = story.reason.is_some()
        || story.over.is_some()
        || match story.stage {
            Stage::Queued | Stage::Claimed => !send && (client.late || !reply),
            _ => story.asked.is_some() || story.answering || !reply,
        };
    ensure(seen, Rule::Ends, "a deadline passes, and nothing happens")
}

/// A send is about to return.
pub fn returned(world: &World, c: usize, outcome: Outcome) -> Verdict {
    let client = &world.clients[c];
    let story = &client.story;
    ensure(
        world.holders(c) == 0 || story.killed,
        Rule::Copy,
        "a thread holds the right to copy, and the call returns",
    )?;
    ensure(
        story.over == Some(outcome),
        Rule::Reason,
        "returned with another outcome",
    )?;
    if matches!(outcome, Outcome::Answered | Outcome::Restart) {
        ensure(
            story.answering && story.verdict == Some(outcome),
            Rule::Reply,
            "answered by nobody",
        )?;
    }
    ensure(
        !client.in_queue && !client.in_named,
        Rule::Reply,
        "left in a table",
    )
}

/// A receive takes a message.
pub fn taken(world: &World, c: usize) -> Verdict {
    let client = &world.clients[c];
    ensure(
        client.story.stage == Stage::Queued,
        Rule::Lost,
        "received, though nobody waits",
    )?;
    let older =
        |other: &Client| other.story.stage == Stage::Queued && other.arrival < client.arrival;
    ensure(
        !world.clients.iter().any(older),
        Rule::Lost,
        "an older message was there",
    )
}

/// A server thread was told whether a client waits for its answer.
pub fn told(world: &World, c: usize, told: bool) -> Verdict {
    ensure(
        told == is_open_to_server(&world.clients[c].story),
        Rule::Told,
        "the server takes somebody for waiting who does not, or the other way round",
    )
}

/// A server thread asks a client for memory of its own.
pub fn asks(world: &World, c: usize) -> Verdict {
    let story = &world.clients[c].story;
    ensure(
        story.over.is_none() && story.reason.is_none(),
        Rule::Ends,
        "a client that wants to leave is asked for memory",
    )
}

/// A world in which nothing more is certain to happen: nobody may be stuck in it.
pub fn at_rest(world: &World) -> Verdict {
    let rest = |truth, rule, how| ensure(truth, rule, how);
    for (c, client) in world.clients.iter().enumerate() {
        let story = &client.story;
        if client.phase != Phase::Asleep && client.phase != Phase::Faulting {
            continue;
        }
        rest(
            story.stage != Stage::Over,
            Rule::Ends,
            "nobody wakes a sender whose message is done",
        )?;
        rest(
            story.reason.is_none() || story.answering || world.holders(c) > 0,
            Rule::Ends,
            "a sender has a reason to leave, and stays",
        )?;
        rest(
            !(client.late && story.stage == Stage::Delivered),
            Rule::Ends,
            "a deadline has passed before the receive, and is forgotten",
        )?;
        rest(
            world.open,
            Rule::Ends,
            "a sender waits at a channel that is closed",
        )?;
        let asked = story.stage == Stage::Delivered && world.unblock && story.asked.is_some();
        rest(
            !client.closed || asked || story.answering,
            Rule::Ends,
            "a sender waits at a connection that is detached",
        )?;
    }
    if world.threads.contains(&Thread::Waits) {
        rest(
            world.open || world.close != Walk::Over,
            Rule::Ends,
            "a thread waits at a closed channel",
        )?;
        let queued = |client: &Client| client.story.stage == Stage::Queued || client.pulse;
        rest(
            !world.clients.iter().any(queued),
            Rule::Lost,
            "something is there, and a thread waits",
        )?;
    }
    Ok(())
}
