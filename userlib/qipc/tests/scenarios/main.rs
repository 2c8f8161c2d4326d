// SPDX-License-Identifier: MIT OR Apache-2.0

//! The crate against the module. Needs `/dev/qipc`: run in the VM (`make test`, or `make quick T=scenarios`); elsewhere
//! every scenario is reported as ignored.
//!
//! Each scenario starts in a process of its own with one thread. Those that go through [`support::pair`] run twice: with
//! the client in another thread, and in another process. Numbers such as B21 are the assertions about QNX that a
//! scenario covers.

mod answers;
mod connecting;
mod examples;
mod faults;
mod harness;
mod message;
mod parts;
mod processes;
mod receiving;
mod signals;
mod support;

use std::process::ExitCode;

use harness::{scenarios, Scenario};

const SCENARIOS: &[Scenario] = scenarios! {
    connecting: the_module_tells_what_it_can_do, channels_are_numbered_from_one, unknown_flags_are_refused, connecting_to_nothing_is_refused;
    message: the_client_gets_the_status_as_it_was_given, a_message_waits_for_its_receiver, a_receiver_waits_for_its_message, nothing_at_all_can_be_sent, a_long_message_is_cut_and_the_rest_can_be_read, a_short_message_leaves_the_rest_of_the_buffer_alone, a_long_reply_is_cut_at_the_clients_memory, the_message_info_is_true;
    parts: parts_of_the_two_sides_are_independent, a_megabyte_in_parts_travels_both_ways, random_parts_match_the_model, the_largest_messages_are_accepted_and_larger_ones_refused, reading_works_at_every_offset, writing_works_at_every_offset;
    answers: an_error_is_an_answer, a_message_can_be_sent_again, a_dropped_request_answers_eio, a_panicking_server_answers_eio, requests_are_answered_in_any_order_by_any_thread;
    faults: bad_memory_of_the_message_is_the_clients_fault, a_bad_receive_buffer_loses_no_message, a_bad_reply_is_the_servers_fault, bad_memory_for_the_reply_is_the_clients_fault, faults_in_between_leave_the_client_waiting;
    receiving: receiving_can_be_tried, a_channel_can_be_polled, a_channel_can_be_waited_for_with_epoll, replying_and_receiving_are_one_call, reply_and_receive_fail_apart, a_request_of_another_session_is_answered_in_its_own, many_threads_serve_many_clients;
    signals: a_signal_interrupts_a_receive, a_signal_interrupts_a_send;
    processes: a_forked_child_has_nothing_but_its_descriptors, a_connection_descriptor_survives_exec, a_connection_descriptor_can_be_passed_on, a_duplicate_is_the_same_connection_under_another_name, cancelling_ends_a_blocked_send, a_killed_client_is_gone, a_killed_server_releases_its_clients, a_destroyed_channel_releases_its_clients, connections_of_a_process_share_their_name, a_private_channel_is_private,
 another_user_may_not_connect, everything_goes_with_the_last_handle, clients_killed_at_any_moment_harm_nobody, servers_killed_at_any_moment_release_everybody;
    examples: echo_client_talks_to_echo_server;
};

fn main() -> ExitCode {
    let args: Vec<_> = std::env::args().collect();
    match args.get(1).map(String::as_str) {
        Some(processes::EXECED) => processes::after_exec(),
        Some(processes::OTHER_USER) => processes::as_other_user(&args[2]),
        _ => harness::main(SCENARIOS),
    }
}
