# The table of run.sh from its lines: system, producers, rate, median wait, 99th percentile.
function median(text,   parts, count, i, j, swap) {
  count = split(text, parts, " ")
  for (i = 2; i <= count; i++)
    for (j = i; j > 1 && parts[j - 1] + 0 > parts[j] + 0; j--) {
      swap = parts[j]; parts[j] = parts[j - 1]; parts[j - 1] = swap
    }
  return parts[int((count + 1) / 2)]
}
{
  key = $1 SUBSEP $2
  if (!(key in rates)) { order[++keys] = key; name[key] = $1; producers[key] = $2 }
  rates[key] = rates[key] " " $3; middles[key] = middles[key] " " $4; tails[key] = tails[key] " " $5
}
END {
  for (i = 1; i <= keys; i++) {
    rate[order[i]] = median(rates[order[i]]); middle[order[i]] = median(middles[order[i]])
  }
  printf "durable appends of %d bytes, one disk, %d rounds of %s s in turn, medians\n\n", bytes, rounds, seconds
  printf "%-28s %9s %10s %12s %12s %14s\n", "", "producers", "acks/s", "median wait", "99 % wait", "vigil is"
  for (i = 1; i <= keys; i++) {
    key = order[i]
    label = name[key]
    if (label == "bare") label = producers[key] == 1 ? "bare write + fdatasync" : "bare, so many in one write"
    if (label == "sqlite") label = "SQLite WAL, FULL"
    if (label == "postgresql") label = "PostgreSQL, one-row commits"
    if (label == "vigil") label = "Vigil"
    own = rate["vigil" SUBSEP producers[key]]
    printf "%-28s %9d %10d %9d µs %9d µs %14s\n", label, producers[key], rate[key], middle[key],
      median(tails[key]), name[key] == "vigil" ? "" : sprintf("%.2f times", own / rate[key])
  }
  one = "vigil" SUBSEP 1; many = "vigil" SUBSEP 32
  sync1 = middle["bare" SUBSEP 1]; sync32 = middle["bare" SUBSEP 32]
  printf "\none sync costs %d µs (%d µs with 32 records)\n", sync1, sync32
  printf "32 producers together: %.1f times the acks/s of one; median wait %.1f syncs\n",
    rate[many] / rate[one], middle[many] / sync32
}
