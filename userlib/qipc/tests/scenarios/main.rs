// SPDX-License-Identifier: MIT OR Apache-2.0

//! The crate against the module. Needs `/dev/qipc`: run in the VM (`make test`, or `make quick T=scenarios`); elsewhere
//! every scenario is reported as ignored.
//!
//! Each scenario starts in a process of its own with one thread. Those that go through [`support::pair`] run twice: with
//! the client in another thread, and in another process. Numbers such as B21 are the assertions about QNX that a
//! scenario covers.

mod answers;
mod clients;
mod connecting;
mod events;
mod examples;
mod faults;
mod harness;
mod message;
mod names;
mod parts;
mod priority;
mod processes;
mod pulses;
mod receiving;
mod signals;
mod support;
mod timeouts;
mod unblock;

use std::process::ExitCode;

use harness::{scenarios, Scenario};

const SCENARIOS: &[Scenario] = scenarios! {
    connecting: the_module_tells_what_it_can_do, channels_are_numbered_from_one, unknown_flags_are_refused, connecting_to_nothing_is_refused;
    message: the_client_gets_the_status_as_it_was_given, a_message_waits_for_its_receiver, a_receiver_waits_for_its_message, nothing_at_all_can_be_sent, a_long_message_is_cut_and_the_rest_can_be_read, a_short_message_leaves_the_rest_of_the_buffer_alone, a_long_reply_is_cut_at_the_clients_memory, the_message_info_is_true, a_receive_id_does_not_come_back;
    parts: parts_of_the_two_sides_are_independent, a_megabyte_in_parts_travels_both_ways, random_parts_match_the_model, the_largest_messages_are_accepted_and_larger_ones_refused, reading_works_at_every_offset, writing_works_at_every_offset;
    answers: an_error_is_an_answer, a_message_can_be_sent_again, a_dropped_request_answers_eio, a_panicking_server_answers_eio, requests_are_answered_in_any_order_by_any_thread;
    faults: bad_memory_of_the_message_is_the_clients_fault, a_bad_receive_buffer_loses_no_message, a_bad_reply_is_the_servers_fault, bad_memory_for_the_reply_is_the_clients_fault, faults_in_between_leave_the_client_waiting;
    receiving: receiving_can_be_tried, a_channel_can_be_polled, a_channel_can_be_waited_for_with_epoll, replying_and_receiving_are_one_call, reply_and_receive_fail_apart, a_request_of_another_session_is_answered_in_its_own, many_threads_serve_many_clients;
    signals: a_signal_interrupts_a_receive, a_signal_interrupts_a_send;
    processes: a_forked_child_has_nothing_but_its_descriptors, a_connection_descriptor_survives_exec, a_connection_can_be_kept_from_other_processes, timers_names_and_events_stay_with_the_parent, a_connection_descriptor_can_be_passed_on, a_duplicate_is_the_same_connection_under_another_name, cancelling_ends_a_blocked_send, a_killed_client_is_gone, a_killed_server_releases_its_clients, a_destroyed_channel_releases_its_clients, connections_of_a_process_share_their_name, a_private_channel_is_private,
 another_user_may_not_connect, everything_goes_with_the_last_handle, clients_killed_at_any_moment_harm_nobody, servers_killed_at_any_moment_release_everybody;
    clients: one_channel_of_a_process_hears_of_deaths, a_connection_is_a_number_or_a_descriptor, a_server_does_not_notice_connections, a_client_can_look_at_its_connections, a_server_can_look_at_its_clients, the_flags_of_a_connection_can_be_changed, a_client_that_exits_disconnects_once, a_disconnect_waits_for_messages_and_overtakes_the_rest, a_scoid_is_kept_until_the_server_gives_it_free, a_client_hears_of_the_death_of_a_channel, a_server_hears_of_the_death_of_its_threads, the_death_of_a_thread_leaves_its_messages, the_mode_of_a_channel_lets_others_in;
    pulses: a_pulse_arrives_as_it_was_sent, a_descriptor_sends_pulses_too, equal_pulses_are_all_delivered, a_small_buffer_loses_no_pulse, a_list_with_a_short_first_part_loses_a_pulse, a_receiver_of_pulses_leaves_messages_alone, a_message_passes_a_receiver_of_pulses_by, a_priority_that_does_not_exist_is_refused, pulses_go_with_their_channel, a_pulse_makes_a_channel_readable, a_reply_can_be_followed_by_a_pulse, a_full_pool_refuses_pulses_and_says_so;
    unblock: a_signal_asks_the_server, the_server_can_leave_it_at_the_recorded_error, an_interrupted_client_can_be_made_to_begin_again, three_signals_make_one_pulse, an_answer_takes_the_pulse_back, a_killed_client_does_not_wait_for_the_server, a_timeout_asks_the_server, a_detach_asks_the_server, a_destroyed_channel_sends_no_pulse, a_message_that_nobody_has_received_is_not_protected;
    timeouts: a_send_that_is_not_answered_times_out, a_deadline_is_of_the_states_it_names, one_deadline_holds_for_waiting_and_for_the_answer, a_timeout_of_now_is_a_poll, a_timeout_ends_with_its_call, a_reply_that_may_take_no_time_is_not_waited_for, relative_and_absolute_times_of_each_clock, only_an_unblock_event_ends_the_call, a_combined_call_limits_its_receive;
    names: what_is_no_name_is_refused, a_name_leads_to_its_channel, a_named_server_hears_of_clients_that_go, a_name_goes_with_its_server, a_name_can_bring_its_access;
    events: a_server_delivers_a_pulse_after_the_answer, what_is_no_event_is_refused, a_signal_can_be_delivered, a_client_says_which_events_it_takes, a_registered_event_is_what_was_registered, an_eventfd_counts_events, a_process_has_events_of_its_own, an_event_can_run_a_function, a_timer_expires_once, a_timer_expires_again_and_again, expiries_without_room_are_counted, a_timer_can_count_and_run_functions;
    priority: messages_come_by_priority_then_by_arrival, pulses_and_messages_share_a_queue, a_client_that_is_raised_goes_behind_those_of_its_new_level, the_last_receiver_gets_the_first_message, a_server_has_the_priority_of_what_it_received, a_channel_can_leave_priorities_alone, a_waiting_client_lifts_the_busy_server, clients_lift_no_further_than_the_ceiling, a_thread_can_choose_its_client, priority_passes_along_a_chain_of_servers, a_server_runs_where_its_client_runs;
    examples: echo_client_talks_to_echo_server, the_timer_server_counts, the_name_server_knows_its_clients;
};

fn main() -> ExitCode {
    let args: Vec<_> = std::env::args().collect();
    match args.get(1).map(String::as_str) {
        Some(processes::EXECED) => processes::after_exec(),
        Some(processes::OTHER_USER) => processes::as_other_user(&args[2]),
        _ => harness::main(SCENARIOS),
    }
}
