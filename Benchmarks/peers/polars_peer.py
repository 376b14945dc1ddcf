#!/usr/bin/env python3
"""polars, its streaming engine, from the files."""
import os

os.environ.setdefault("POLARS_MAX_THREADS", "2")
import polars as pl

from question import GATEWAY, RUNS, hand_in

GATEWAY_SCHEMA = {
    "ts": pl.Float64, "request": pl.Struct({"method": pl.String, "uri": pl.String}), "user_id": pl.String,
    "status": pl.Int64, "resp_headers": pl.Struct({"X-Request-Id": pl.List(pl.String)})}
RUN_SCHEMA = {name: pl.String for name in ("schema", "event", "run_id", "request_id", "job")} | {"seconds": pl.Float64}

request = pl.col("request").struct
accepted = ((request.field("method") == "POST") & request.field("uri").str.contains(r"^/jobs/[^/]+/runs$")
            & pl.col("status").is_between(200, 299))
triggers = pl.scan_ndjson(GATEWAY, schema=GATEWAY_SCHEMA).select(
    ok=accepted, id=pl.col("resp_headers").struct.field("X-Request-Id").list.first(), principal="user_id",
    how=(pl.col("ts").floor().cast(pl.Int64) // 3600 + 72) % 168).filter("ok").drop("ok")
events = pl.scan_ndjson(RUNS, schema=RUN_SCHEMA).filter(
    pl.col("schema").str.starts_with("trigger-event/") & pl.col("event").is_in(["run.requested", "run.exited"]))
triggers, events = pl.collect_all([triggers, events], engine="streaming")

runs = events.filter(pl.col("event") == "run.requested").select("run_id", "request_id", "job")
finished = events.filter((pl.col("event") == "run.exited") & (pl.col("seconds") > 0)).with_columns(
    x=pl.col("seconds").log())
joined = triggers.join(runs, left_on="id", right_on="request_id")
hours = joined.with_columns(n=pl.len().over("principal", "how"), total=pl.len().over("principal"))
offhours = hours.filter((pl.col("total") >= 50) & (pl.col("n") * 200 < pl.col("total")))
laws = finished.with_columns(n=pl.len().over("job"), median=pl.col("x").median().over("job")).with_columns(
    deviation=(pl.col("x") - pl.col("median")).abs().median().over("job"))
runaway = laws.filter(
    (pl.col("n") >= 8) & (pl.col("deviation") > 0)
    & (0.6745 * (pl.col("x") - pl.col("median")) / pl.col("deviation") > 6)
).join(triggers, left_on="request_id", right_on="id", how="left")
lines = [f"offhours\t{a}\t{b}\t{c}" for a, b, c in offhours.select("run_id", "job", "principal").iter_rows()]
lines += [f"runaway\t{a}\t{b}\t{c or ''}" for a, b, c in runaway.select("run_id", "job", "principal").iter_rows()]
hand_in(
    lines, triggers=len(triggers), runs=len(runs), joined=len(joined),
    unmatched_requests=len(triggers.join(runs, left_on="id", right_on="request_id", how="anti")),
    unmatched_runs=len(runs.join(triggers, left_on="request_id", right_on="id", how="anti")),
    runaway=len(runaway), offhours=len(offhours))
