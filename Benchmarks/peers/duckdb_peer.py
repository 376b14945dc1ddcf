#!/usr/bin/env python3
"""DuckDB. MODE scan: from the files; store: all lines and columns into a database file first."""
import os

import duckdb

from question import ANSWER, GATEWAY, MODE, RUNS, hand_in

TRIGGER = "regexp_full_match(uri, '/jobs/[^/]+/runs') and m = 'POST' and status between 200 and 299"


def opened():
    if MODE == "scan":
        return duckdb.connect()
    path = ANSWER + ".duckdb"
    for old in (path, path + ".wal"):
        if os.path.exists(old):
            os.remove(old)
    return duckdb.connect(path)


def lines(path):
    return (f"read_csv('{path}', columns={{line: 'VARCHAR'}}, delim='\x01', quote='', escape='', header=false, "
            "auto_detect=false, strict_mode=false)")


def store(base):
    """Keeps every line, and the columns that the question asks about. Returns the two sources."""
    base.execute(f"""create table gateway as
      select line, x[1] m, x[2] uri, x[3] user_id, x[4]::int status, x[5]::double ts, x[6] id from
      (select line, json_extract_string(line, ['$.request.method', '$.request.uri', '$.user_id', '$.status',
        '$.ts', '$.resp_headers."X-Request-Id"[0]']) x from {lines(GATEWAY)})""")
    base.execute(f"""create table runs as
      select line, x[1] as schema, x[2] as event, x[3] as run_id, x[4] as request_id, x[5] as job,
        x[6]::double as seconds from
      (select line, json_extract_string(line, ['$.schema', '$.event', '$.run_id', '$.request_id', '$.job',
        '$.seconds']) x from {lines(RUNS)})""")
    base.execute("checkpoint")
    return "gateway", "runs"


def scan(base):
    base.execute(f"""create temp table gateway as
      select ts, request.method m, request.uri uri, user_id, status, resp_headers."X-Request-Id"[1] id
      from read_ndjson('{GATEWAY}', columns={{ts: 'DOUBLE', request: 'STRUCT(method VARCHAR, uri VARCHAR)',
        user_id: 'VARCHAR', status: 'INTEGER', resp_headers: 'STRUCT("X-Request-Id" VARCHAR[])'}})""")
    return "gateway", f"""read_ndjson('{RUNS}', columns={{schema: 'VARCHAR', event: 'VARCHAR', run_id: 'VARCHAR',
      request_id: 'VARCHAR', job: 'VARCHAR', seconds: 'DOUBLE'}})"""


base = opened()
base.execute("SET threads=2; SET preserve_insertion_order=false")
gateway, runs = store(base) if MODE == "store" else scan(base)
base.execute(f"""create temp table trig as
  select id, user_id principal, ((floor(ts)::bigint // 3600) + 72) % 168 how from {gateway} where {TRIGGER}""")
base.execute(f"""create temp table ev as select event, run_id, request_id, job, seconds from {runs}
  where starts_with(schema, 'trigger-event/') and event in ('run.requested', 'run.exited')""")
base.execute("create temp table st as select run_id, request_id, job from ev where event = 'run.requested'")
base.execute("""create temp table fi as select run_id, request_id, job, ln(seconds) x from ev
  where event = 'run.exited' and seconds > 0""")
base.execute("""create temp table j as
  select t.id, t.principal, t.how, s.run_id, s.job from trig t join st s on t.id = s.request_id""")
base.execute("""create temp table f as
  with js as (select job, count(*) n, median(x) med, mad(x) md from fi group by job),
  ra as (select fi.* from fi join js using (job) where n >= 8 and md > 0 and 0.6745 * (x - med) / md > 6),
  hist as (select principal, how, count(*) n, sum(count(*)) over (partition by principal) tot from j group by 1, 2)
  select 'runaway' k, ra.run_id, ra.job, coalesce(t.principal, '') principal
    from ra left join trig t on t.id = ra.request_id
  union all
  select 'offhours', j.run_id, j.job, j.principal from j join hist using (principal, how)
    where tot >= 50 and hist.n * 200 < tot""")
one = lambda query: base.execute(query).fetchone()[0]
hand_in(
    [row[0] for row in base.execute(
        "select k || chr(9) || run_id || chr(9) || job || chr(9) || principal from f").fetchall()],
    gateway=one(f"select count(*) from {gateway}"), triggers=one("select count(*) from trig"),
    runs=one("select count(*) from st"), joined=one("select count(*) from j"),
    unmatched_requests=one("select count(*) from trig where id not in (select request_id from st)"),
    unmatched_runs=one("select count(*) from st where request_id not in (select id from trig)"),
    runaway=one("select count(*) from f where k = 'runaway'"),
    offhours=one("select count(*) from f where k = 'offhours'"))
