// SPDX-License-Identifier: GPL-2.0-only

//! The attribute `pin_data` of the kernel, without its meaning: nothing here cares where it lies.

use proc_macro::{Delimiter, Group, TokenStream, TokenTree};

/// Drops `#[pin]` from the fields.
#[proc_macro_attribute]
pub fn pin_data(_: TokenStream, item: TokenStream) -> TokenStream {
    without_pin(item)
}

fn without_pin(tokens: TokenStream) -> TokenStream {
    let mut out: Vec<TokenTree> = Vec::new();
    for token in tokens {
        match token {
            TokenTree::Group(group) if is_pin(&group) => {
                // The hash before it.
                out.pop();
            }
            TokenTree::Group(group) => {
                let inner = without_pin(group.stream());
                out.push(Group::new(group.delimiter(), inner).into());
            }
            other => out.push(other),
        }
    }
    out.into_iter().collect()
}

fn is_pin(group: &Group) -> bool {
    group.delimiter() == Delimiter::Bracket && group.stream().to_string() == "pin"
}
