#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Loading and unloading: refused while anything is open, clean afterwards.
#
# The module is loaded when this starts and when it ends.  QIPC_KO is the path
# of the module; without it the module is looked for by modprobe.
#
# timeout 60

DEVICE=/dev/qipc
ASSIST=${QIPC_ASSIST:-$(dirname "$0")/assist}
PLAN=16

test_number=0
failed=0
assistant=

finish_test() {
	test_number=$((test_number + 1))
	if [ "$1" = 0 ]; then
		echo "ok $test_number $2"
	else
		echo "not ok $test_number $2"
		failed=$((failed + 1))
	fi
}

# check NAME COMMAND...: a test that is the status of a command.
check() {
	name=$1
	shift
	"$@"
	finish_test $? "$name"
}

load() {
	if [ -n "$QIPC_KO" ]; then
		insmod "$QIPC_KO" "$@" || return 1
	else
		modprobe qipc "$@" || return 1
	fi
	# Where it is now, for those who follow what it executes.
	if [ -n "$QIPC_SECTIONS" ]; then
		for section in .text .init.text .exit.text; do
			echo "$section $(cat "/sys/module/qipc/sections/$section")"
		done >>"$QIPC_SECTIONS"
	fi
}

loaded() {
	[ -d /sys/module/qipc ]
}

unload() {
	rmmod qipc 2>/dev/null && ! loaded
}

# What an assistant keeps open, it keeps open until it is stopped.
start_assistant() {
	fifo=$(mktemp -u)
	mkfifo "$fifo" || return 1
	"$ASSIST" "$1" 0 >"$fifo" &
	assistant=$!
	read -r word <"$fifo"
	rm -f "$fifo"
	[ "$word" = ready ]
}

stop_assistant() {
	kill -9 "$assistant" 2>/dev/null
	wait "$assistant" 2>/dev/null
	assistant=
}

# True once the assistant sleeps in its ioctl.
asleep() {
	tries=0
	while [ $tries -lt 200 ]; do
		read -r number rest <"/proc/$assistant/syscall"
		grep -q '^State:.S' "/proc/$assistant/status" && [ "$number" = 16 ] && return 0
		[ "$(uname -m)" = x86_64 ] || return 0
		tries=$((tries + 1))
		sleep 0.05
	done
	echo "# the assistant does not sleep: $number $rest"
	return 1
}

# refused WHAT: with the assistant holding something, unloading fails and the module goes on working.
refused() {
	start_assistant "$1" || return 1
	if [ "$1" = receive ]; then
		asleep || return 1
	fi
	if rmmod qipc 2>/dev/null; then
		echo "# unloaded while in use"
		return 1
	fi
	loaded && [ -c "$DEVICE" ] && "$ASSIST" round-trip 0
	result=$?
	stop_assistant
	return $result
}

# A shell's own descriptor, to be sure that it is not the assistant.
refused_while_open() {
	exec 3<>"$DEVICE" || return 1
	rmmod qipc 2>/dev/null
	status=$?
	exec 3>&-
	[ $status != 0 ] && loaded
}

mode_is() {
	[ "$(stat -c %a "$DEVICE")" = "$1" ]
}

mode_after_load() {
	load ${1:+"$1"} && [ -c "$DEVICE" ] && mode_is "$2"
}

# The calls for benchmarks work, and the module is loaded without them again.
bench_after_load() {
	unload && load bench=1 && "$ASSIST" bench 200
	result=$?
	[ $result = 0 ] || echo "# status $result"
	unload && load && [ $result = 0 ]
}

reload_many() {
	i=0
	while [ $i -lt 10 ]; do
		unload && load && "$ASSIST" round-trip 0 || return 1
		i=$((i + 1))
	done
}

# storm_for MS: unloading whenever nobody has it open, while others open and close it for so long; adds to $gone and $stayed.
storm_for() {
	file=$(mktemp)
	("$ASSIST" storm "$1"; echo $? >"$file") &
	assistant=$!
	while [ ! -s "$file" ]; do
		if rmmod qipc 2>/dev/null; then
			gone=$((gone + 1))
			load || return 1
		else
			stayed=$((stayed + 1))
		fi
	done
	wait "$assistant"
	result=$(cat "$file")
	rm -f "$file"
	assistant=
	return "$result"
}

# Each attempt works or is refused, and both have been seen; on a slow machine one storm is too short for that.
unload_in_a_storm() {
	gone=0 stayed=0 storms=0 result=0
	while [ $result = 0 ] && [ $storms -lt 10 ] && { [ $gone = 0 ] || [ $stayed = 0 ]; }; do
		storm_for 2000 || result=$?
		storms=$((storms + 1))
	done
	echo "# unloaded $gone times, refused $stayed times, status $result"
	[ $result = 0 ] && [ $stayed -gt 0 ] && "$ASSIST" round-trip 0
}

echo "TAP version 13"
if [ "$(id -u)" != 0 ]; then
	echo "1..0 # SKIP loading a module takes root"
	exit 4
fi
echo "1..$PLAN"
trap '[ -z "$assistant" ] || stop_assistant' EXIT

check loaded_on_entry loaded
check round_trip "$ASSIST" round-trip 0
check unload_refused_while_open refused_while_open
check unload_refused_with_a_session refused hold-session
check unload_refused_with_a_channel_descriptor refused hold-channel
check unload_refused_with_a_connection_descriptor refused hold-connection
check unload_refused_while_blocked refused receive
check unload unload
if [ -e "$DEVICE" ]; then status=1; else status=0; fi
finish_test $status device_is_gone
check mode_parameter mode_after_load mode=0600 600
unload
check default_mode_after_reload mode_after_load "" 666
check works_after_reload "$ASSIST" round-trip 0
check reload_many reload_many
check unload_in_a_storm unload_in_a_storm
check bench_is_off_by_default "$ASSIST" bench-unknown 0
check bench_parameter bench_after_load

# Whatever happened, the module stays loaded.
loaded || load
echo "# Totals: pass:$((test_number - failed)) fail:$failed xfail:0 xpass:0 skip:0 error:0"
[ $failed = 0 ]
