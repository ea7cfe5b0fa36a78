#!/bin/sh
# The job of groups, done with awk and sort: count, median and 99th percentile of the durations by
# minute, code, flags, details, cluster and upstream host. Odd lines are counted, not understood.
export LC_ALL=C
mawk -F'"' '
    NF == 15 { split($3, a, " "); split($5, n, " "); split($15, t, " ")
               print substr($1, 2, 16), a[1], a[2], a[3], t[1], $14, n[3] }
    NF != 15 { odd++ }
    END { print odd + 0 > "/dev/stderr" }' "$1" |
sort -k1,6 -k7,7n |
mawk '
    function told() { if (n) print key, n, took[int((n + 1) / 2)], took[int((99 * n + 99) / 100)] }
    { own = $1 " " $2 " " $3 " " $4 " " $5 " " $6
      if (own != key) { told(); key = own; n = 0 }
      took[++n] = $7 }
    END { told() }'
