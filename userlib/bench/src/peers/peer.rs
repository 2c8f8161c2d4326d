// SPDX-License-Identifier: MIT OR Apache-2.0

//! One way for two processes to talk: the trait behind which all are measured by the same code.

use crate::trouble::Outcome;

/// Where the parts of a message are: how many on which side; 0 is one buffer, without a list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Parts {
    /// Client, message.
    pub send: usize,
    /// Server, message.
    pub receive: usize,
    /// Server, reply.
    pub reply: usize,
    /// Client, reply.
    pub answer: usize,
    /// They lie one behind the other, with no gaps between them.
    pub adjacent: bool,
}

impl Parts {
    /// Lists of so many on all sides.
    pub fn all(n: usize) -> Self {
        Self {
            send: n,
            receive: n,
            reply: n,
            answer: n,
            adjacent: false,
        }
    }
}

/// What one operation moves.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Shape {
    /// Bytes of the request.
    pub request: usize,
    /// Bytes of the answer.
    pub answer: usize,
    /// In how many parts they lie, if the peer knows parts.
    pub parts: Parts,
}

impl Shape {
    /// As many bytes there as back.
    pub fn both(size: usize) -> Self {
        Self {
            request: size,
            answer: size,
            parts: Parts::default(),
        }
    }

    /// The longer of the two.
    pub fn longest(&self) -> usize {
        self.request.max(self.answer)
    }
}

/// Four numbers that one side tells the other before they begin.
pub type Hello = [u64; 4];

/// One way to talk.
pub trait Peer {
    /// Its name in the results.
    fn name(&self) -> &'static str;

    /// The fewest bytes it can send: a stream sends at least one.
    fn least(&self) -> usize {
        0
    }

    /// Whether an operation is one process's own affair, with no server.
    fn alone(&self) -> bool {
        false
    }

    /// Makes what both processes inherit.
    fn prepare(&self, shape: &Shape) -> Outcome<Box<dyn Link>>;
}

/// Client and server of one pair; each process has its own copy.
pub trait Link {
    /// Server, first.
    fn server_open(&mut self) -> Outcome<Hello> {
        Ok([0; 4])
    }

    /// Client, after the server.
    fn client_open(&mut self, _server: Hello) -> Outcome<Hello> {
        Ok([0; 4])
    }

    /// Server, after the client, before it serves.
    fn server_accept(&mut self, _client: Hello) -> Outcome<()> {
        Ok(())
    }

    /// Server: takes one request and answers it; called for ever.
    fn serve(&mut self) -> Outcome<()>;

    /// Client: one operation.
    fn call(&mut self) -> Outcome<()>;

    /// Client, when all is over: whether the last answer is what the server should have sent.
    fn check(&self) -> Outcome<()> {
        Ok(())
    }
}
