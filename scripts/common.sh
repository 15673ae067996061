# Sourced by the scripts beside it: words on standard error, and --help, which prints a script's own first lines.
export PATH="$PATH:${CARGO_HOME:-$HOME/.cargo}/bin"
say() { printf '%s\n' "$*" >&2; }
die() { say "error: $1"; shift; for line in "$@"; do say "  $line"; done; exit 1; }
manual() { awk 'NR > 1 && !/^#/ { exit } NR > 1 { sub(/^# ?/, ""); print }' "$0"; }
case ${1:-} in -h | --help) manual; exit ;; esac
