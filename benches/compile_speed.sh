#!/bin/sh
# compile_speed.sh OURS THEIRS [FOLDER [STEP]]: how much faster OURS compiles the library than THEIRS, by processor time, each
# run in turn three times; the best of each counts.
set -eu
ours=$1 theirs=$2
shift 2
here=$(dirname "$0")
if [ $# -eq 0 ]; then
    set -- "$("$theirs" -c 'import os; print(os.path.dirname(os.__file__))')"
fi
best() { # the smaller of two times, the first of which may be missing
    awk -v a="$1" -v b="$2" 'BEGIN { print (a == "" || b < a) ? b : a }'
}
for what in parse compile; do
    mine= other=
    for _ in 1 2 3; do
        mine=$(best "$mine" "$("$ours" -W ignore "$here/compile_speed.py" $what "$@" | awk '{print $(NF-1)}')")
        other=$(best "$other" "$("$theirs" -W ignore "$here/compile_speed.py" $what "$@" | awk '{print $(NF-1)}')")
    done
    awk -v w=$what -v a="$mine" -v b="$other" 'BEGIN { printf "%s: %.2f s against %.2f s, ratio %.2f\n", w, a, b, b / a }'
done
