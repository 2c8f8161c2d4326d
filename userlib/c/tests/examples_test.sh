#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# timeout: 120
#
# The examples, servers with their clients, and what they print.

examples=$(cd "$(dirname "$0")/../examples" && pwd) || exit 1
work=$(mktemp -d)
cd "$work" || exit 1
number=0 failed=0

# check NAME: out has to be what standard input says.
check() {
	number=$((number + 1))
	if diff - out >difference; then
		echo "ok $number $1"
	else
		echo "not ok $number $1"
		sed 's/^/# /' difference
		failed=$((failed + 1))
	fi
}

# run COMMAND...: an example, which has half a minute.
run() {
	run_program=$1
	shift
	timeout 30 "$examples/$run_program" "$@" 2>&1 || echo "$run_program: exit status $?"
}

# first_line FILE: waits for it, and prints it. What an example before has left there has to be gone: the shell that runs this one in the
# background may be later than we are.
first_line() {
	fl_tries=0
	while [ ! -s "$1" ] && [ "$fl_tries" -lt 200 ]; do
		usleep 50000
		fl_tries=$((fl_tries + 1))
	done
	head -n 1 "$1"
}

echo "TAP version 13"
echo "1..7"

rm -f server
run simple_server >server &
where=$(first_line server)
pid=${where#pid }
pid=${pid% chid *}
{
	run simple_client "$pid" "${where##* }" "some text"
	run simple_client "$pid" "${where##* }"
	wait
	run simple_client "$pid" "${where##* }" "too late"
} >out
check "simple_server and simple_client" <<'END'
checksum of "some text" is 921
ConnectAttach: No such process
simple_client: exit status 1
END

rm -f server
run name_server example_name >server &
{
	run name_client example_name
	run name_client example_name stop
	wait
	# The second client's disconnect pulse overtakes its pulse to stop, if both are there at once.
	grep -v 'has gone' server
	grep -m 1 'has gone' server
} >out
check "name_server and name_client" <<'END'
client: counter is 60
client: unknown message: Invalid argument
server: ready
server: counter is 10
server: counter is 30
server: counter is 60
server: told to stop
server: a client has gone
END

run timer_pulse >out
check "timer_pulse" <<'END'
tick 1, value 42
tick 2, value 42
tick 3, value 42
tick 4, value 42
tick 5, value 42
END

rm -f server
run multipart_server example_multipart >server &
{
	run multipart_client example_multipart
	wait
	cat server
} >out
check "multipart_server and multipart_client" <<'END'
client: 5500 bytes in 6 pieces, 0 wrong
server: 24 bytes of 5508 received
END

rm -f server
run unblock_server >server &
pid=$(first_line server)
{
	run unblock_client "$pid"
	wait
	grep -v '^[0-9]*$' server
} >out
check "unblock_server and unblock_client" <<'END'
client: interrupted
client: let go
server: "signal" has to wait
server: client wants to go
server: "timeout" has to wait
server: client wants to go
END

rm -f server
run event_server example_event >server &
{
	run event_client example_event
	wait
	cat server
} >out
check "event_server and event_client" <<'END'
client: 0: code 5, value 1234
client: 0: code 5, value 1234
client: 0: code 5, value 1234
END

run cxx_server >out
check "cxx_server" <<'END'
desserts
refused: 1
END

cd /
rm -rf "$work"
[ "$failed" -eq 0 ]
