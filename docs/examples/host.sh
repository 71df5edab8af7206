#!/bin/sh
# A host in plain shell: it owns a pole on a cart, and asks `statewrap act` which way to push.
#
#     sh host.sh statewrap act cartpole.toml
#
# A line goes out for every state, and a line comes back with the action. awk computes how cart and
# pole move (Barto, Sutton and Anderson, 1983).
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
trap '' PIPE # a filter that has ended shows as an answer that does not come
mkfifo "$folder/to" "$folder/back"
"$@" <"$folder/to" >"$folder/back" &
filter=$!
exec 3>"$folder/to" 4<"$folder/back"

ask() { # the line -> $answer
    printf '%s\n' "$1" 2>/dev/null >&3 || true
    read -r answer <&4 || { echo "the filter has ended" >&2; exit 1; }
    case $answer in *'"error"'*) echo "refused: $answer" >&2; exit 1 ;; esac
}

push() { # position, speed, angle, spin, action -> the next four, and whether the pole has fallen
    awk -v x="$1" -v v="$2" -v a="$3" -v w="$4" -v action="$5" 'BEGIN {
        force = action == 1 ? 10 : -10
        pull = (force + 0.05 * w * w * sin(a)) / 1.1
        turn = (9.8 * sin(a) - cos(a) * pull) / (0.5 * (4 / 3 - 0.1 * cos(a) ^ 2 / 1.1))
        drive = pull - 0.05 * turn * cos(a) / 1.1
        x += 0.02 * v; v += 0.02 * drive; a += 0.02 * w; w += 0.02 * turn
        fallen = x < -2.4 || x > 2.4 || a < -0.2094395 || a > 0.2094395
        printf "%.9g %.9g %.9g %.9g %s\n", x, v, a, w, fallen ? "true" : "false"
    }'
}

set -- 0.01 0 0.03 0
ask "{\"reset\": true, \"observation\": [$1, $2, $3, $4]}"
steps=0 fallen=false
while [ "$fallen" = false ] && [ "$steps" -lt 300 ]; do
    action=${answer#*'"action": '}
    set -- $(push "$1" "$2" "$3" "$4" "${action%%[,\}]*}")
    fallen=$5 steps=$((steps + 1))
    [ "$fallen" = true ] || [ "$steps" -eq 300 ] ||
        ask "{\"observation\": [$1, $2, $3, $4], \"reward\": 1}"
done
ask "{\"close\": true, \"observation\": [$1, $2, $3, $4], \"reward\": 1, \"terminated\": $fallen}"
exec 3>&-
wait "$filter"
echo "$answer"
