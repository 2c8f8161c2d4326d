# shellcheck shell=sh disable=SC2034
# SPDX-License-Identifier: GPL-2.0-only
#
# Sourced by tools/dev and tools/setup/*: where things are, how to speak, how to wait, how to lock.
# The caller sets $top (the clone) before sourcing.

set -eu
: "${top:?}"

# QIPC_CACHE is set when tools/dev starts itself again through sudo.
cache=${QIPC_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/qipc}
jobs=${JOBS:-$(nproc 2>/dev/null || echo 2)}
suite=trixie

logs=$cache/log

say() {
	printf '==> %s\n' "$*"
}

note() {
	printf '    %s\n' "$*"
}

# up_to_date WHAT: nothing to do; told only when set-up is what was asked for.
up_to_date() {
	[ -n "${SETUP_BRIEF:-}" ] || say "$*"
}

# die MESSAGE NEXT-STEP: every failure names the next step.
die() {
	printf 'error: %s\nnext step: %s\n' "$1" "$2" >&2
	exit 1
}

quiet_pid=

# What a run that is interrupted must not leave behind: the command that quiet started, with all its children.
quiet_stop() {
	[ -n "$quiet_pid" ] || return 0
	kill -s TERM -- "-$quiet_pid" 2>/dev/null || :
	sleep 0.3
	kill -s KILL -- "-$quiet_pid" 2>/dev/null || :
}

trap 'quiet_stop; exit 130' INT
trap 'quiet_stop; exit 143' TERM HUP

# quiet LOG COMMAND...: run with the output in LOG; a sign of life every ten seconds.
# Returns the command's status. COMMAND is a program, not a shell function.
quiet() {
	quiet_log=$1
	shift
	mkdir -p "${quiet_log%/*}"
	setsid "$@" >"$quiet_log" 2>&1 </dev/null &
	quiet_pid=$!
	quiet_ticks=0
	while kill -0 "$quiet_pid" 2>/dev/null; do
		sleep 0.1
		quiet_ticks=$((quiet_ticks + 1))
		if [ $((quiet_ticks % 100)) -eq 0 ]; then
			note "... $((quiet_ticks / 10)) s: $(tail -n 1 "$quiet_log" | tr -d '\r' | cut -c1-100)"
		fi
	done
	quiet_status=0
	wait "$quiet_pid" || quiet_status=$?
	quiet_pid=
	return "$quiet_status"
}

# run_or_die NEXT-STEP LOG COMMAND...: quiet, and on failure the end of the log.
run_or_die() {
	rod_next=$1
	rod_log=$2
	shift 2
	quiet "$rod_log" "$@" || {
		rod_status=$?
		printf '%s\n' "---- end of $rod_log:" >&2
		tail -n 25 "$rod_log" >&2
		die "\"$*\" ended with status $rod_status" "$rod_next"
	}
}

# lock NAME: hold the lock NAME of the cache until this process ends; says so when it has to wait.
lock() {
	mkdir -p "$cache/lock"
	exec 9>"$cache/lock/$1"
	if ! flock -n 9; then
		note "waiting for another run that holds $cache/lock/$1"
		flock 9
	fi
}

# hash: standard input to a short name.
hash() {
	sha256sum | cut -c1-16
}

# field FILE NAME: value of NAME=value in FILE.
field() {
	sed -n "s/^$2=//p" "$1"
}

# kernel_parse NAME: 7.3 or 7.3-rt or 7.3-cloud to $series and $flavour.
kernel_parse() {
	series=${1%%-*}
	case $1 in
	*-rt) flavour=rt-amd64 ;;
	*-*) die "KERNEL=$1 is not a kernel this tool knows" "use KERNEL=7.3, 7.2, 7.3-rt or 7.2-rt" ;;
	*) flavour=amd64 ;;
	esac
	case $series in
	[0-9]*.[0-9]*) ;;
	*) die "KERNEL=$1 is not a kernel this tool knows" "use KERNEL=7.3, 7.2, 7.3-rt or 7.2-rt" ;;
	esac
}
