#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# timeout: 300
#
# Runs each program of tests/programs and compares what it prints (standard output, then standard error) with NAME.out.
# Arguments: names of programs; without any, all of them.

here=$(cd "$(dirname "$0")/../programs" && pwd) || exit 1
work=$(mktemp -d)
cd "$work" || exit 1
[ $# -gt 0 ] || set -- "$here"/*.out

echo "TAP version 13"
echo "1..$#"
number=0 failed=0
for wanted; do
	name=$(basename "$wanted" .out)
	number=$((number + 1))
	timeout 30 "$here/$name" >out 2>err </dev/null
	status=$?
	cat err >>out
	diff "$here/$name.out" out >difference
	if [ "$status" -eq 0 ] && [ ! -s difference ]; then
		echo "ok $number $name"
	else
		echo "not ok $number $name"
		echo "# exit status $status; expected (<) and printed (>):"
		sed 's/^/# /' difference
		failed=$((failed + 1))
	fi
done
cd /
rm -rf "$work"
[ "$failed" -eq 0 ]
