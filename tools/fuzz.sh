#!/bin/sh
# One fuzz target for a while, from its corpus and from what earlier searches kept: FOLDER SECONDS TARGET.
set -e
folder=$1 seconds=$2 name=$3 parser=${3#fuzz_} words=
if [ -f "tests/fuzz/$parser.dict" ]; then words=-dict=tests/fuzz/$parser.dict; fi
# shellcheck disable=SC2086 # no words, no argument
if ! "$folder/$name" $words -max_total_time="$seconds" -rss_limit_mb=1024 -print_final_stats=1 \
    -artifact_prefix="$folder/fault-$parser-" "$folder/found/$parser" "tests/fuzz/corpus/$parser" \
    >"$folder/$name.log" 2>&1; then
    echo "$name: a fault; the end of $folder/$name.log:"
    tail -n 20 "$folder/$name.log"
    exit 255 # xargs stops
fi
sed -n "s/.*number_of_executed_units: */$name: executions /p" "$folder/$name.log"
