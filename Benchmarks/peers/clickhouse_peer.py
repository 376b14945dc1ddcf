#!/usr/bin/env python3
"""ClickHouse, in process. MODE scan: from the files; store: all lines and columns into tables first."""
import shutil

from chdb import session as sessions

from question import ANSWER, GATEWAY, MODE, RUNS, hand_in

FILES = (" SETTINGS max_threads=2, input_format_skip_unknown_fields=1, "
         "input_format_json_ignore_unknown_keys_in_named_tuple=1, input_format_try_infer_dates=0")
TABLES = " SETTINGS max_threads=2, max_insert_threads=2"


def opened():
    if MODE == "scan":
        return sessions.Session()
    shutil.rmtree(ANSWER + ".chdb", ignore_errors=True)
    return sessions.Session(ANSWER + ".chdb")


session = opened()
ask = lambda query: session.query(query, "TSV")
ask("CREATE DATABASE IF NOT EXISTS w")


def store():
    """Keeps every line, and the columns that the question asks about."""
    ask("""CREATE TABLE w.gateway (line String CODEC(ZSTD(1)), m LowCardinality(String), uri String,
      user_id LowCardinality(String), status UInt16, ts Float64, id String) ENGINE=MergeTree ORDER BY tuple()""")
    ask(f"""INSERT INTO w.gateway SELECT line, JSONExtractString(line, 'request', 'method'),
      JSONExtractString(line, 'request', 'uri'), JSONExtractString(line, 'user_id'),
      JSONExtractUInt(line, 'status'), JSONExtractFloat(line, 'ts'),
      JSONExtractString(line, 'resp_headers', 'X-Request-Id', 1)
      FROM file('{GATEWAY}', 'LineAsString', 'line String')""" + TABLES)
    ask("""CREATE TABLE w.runs (line String CODEC(ZSTD(1)), schema LowCardinality(String),
      event LowCardinality(String), run_id String, request_id String, job LowCardinality(String), seconds Float64)
      ENGINE=MergeTree ORDER BY tuple()""")
    ask(f"""INSERT INTO w.runs SELECT line, JSONExtractString(line, 'schema'), JSONExtractString(line, 'event'),
      JSONExtractString(line, 'run_id'), JSONExtractString(line, 'request_id'), JSONExtractString(line, 'job'),
      JSONExtractFloat(line, 'seconds') FROM file('{RUNS}', 'LineAsString', 'line String')""" + TABLES)
    return "SELECT id, user_id, ts, m, uri, status FROM w.gateway", "w.runs", " SETTINGS max_threads=2"


def scan():
    gateway = f"""SELECT resp_headers.`X-Request-Id`[1] id, user_id, ts, request.method m, request.uri uri, status
      FROM file('{GATEWAY}', 'JSONEachRow', 'ts Float64, request Tuple(method String, uri String), user_id String,
        status UInt16, resp_headers Tuple(`X-Request-Id` Array(String))')"""
    runs = f"""file('{RUNS}', 'JSONEachRow', 'schema String, event String, run_id String, request_id String,
      job String, seconds Nullable(Float64)')"""
    return gateway, runs, FILES


gateway, runs, settings = store() if MODE == "store" else scan()
ask(f"""CREATE TABLE w.trig ENGINE=Memory AS
  SELECT id, user_id pr, (intDiv(toInt64(floor(ts)), 3600) + 72) % 168 how FROM ({gateway})
  WHERE m = 'POST' AND match(uri, '^/jobs/[^/]+/runs$') AND status BETWEEN 200 AND 299""" + settings)
ask(f"""CREATE TABLE w.ev ENGINE=Memory AS SELECT event, run_id, request_id, job, seconds FROM {runs}
  WHERE startsWith(schema, 'trigger-event/') AND event IN ('run.requested', 'run.exited')""" + settings)
ask("CREATE VIEW w.st AS SELECT run_id, request_id, job FROM w.ev WHERE event = 'run.requested'")
ask("""CREATE TABLE w.fi ENGINE=Memory AS SELECT run_id, request_id, job, log(assumeNotNull(seconds)) x FROM w.ev
  WHERE event = 'run.exited' AND seconds > 0""")
ask("""CREATE TABLE w.j ENGINE=Memory AS SELECT t.id id, t.pr pr, t.how how, s.run_id run_id, s.job job
  FROM w.trig t JOIN w.st s ON t.id = s.request_id""")
ask("""CREATE TABLE w.f ENGINE=Memory AS
  WITH m AS (SELECT job, count() n, quantileExactInclusive(0.5)(x) med FROM w.fi GROUP BY job),
  m2 AS (SELECT job, any(m.n) n, any(m.med) med, quantileExactInclusive(0.5)(abs(fi.x - m.med)) md
    FROM w.fi fi JOIN m ON fi.job = m.job GROUP BY job)
  SELECT 'runaway' k, r.run_id run_id, r.job job, t.pr pr FROM
    (SELECT fi.run_id run_id, fi.job job, fi.request_id request_id FROM w.fi fi JOIN m2 ON fi.job = m2.job
      WHERE n >= 8 AND md > 0 AND 0.6745 * (x - med) / md > 6) r
    LEFT JOIN w.trig t ON r.request_id = t.id""")
ask("""INSERT INTO w.f WITH h AS (SELECT pr, how, count() n FROM w.j GROUP BY pr, how),
  p AS (SELECT pr, sum(n) tot FROM h GROUP BY pr)
  SELECT 'offhours', j.run_id, j.job, j.pr FROM w.j j JOIN h ON j.pr = h.pr AND j.how = h.how
    JOIN p ON j.pr = p.pr WHERE p.tot >= 50 AND h.n * 200 < p.tot""")
one = lambda query: int(str(ask(query)).strip() or 0)
hand_in(
    str(ask("SELECT k, run_id, job, pr FROM w.f")).splitlines(),
    triggers=one("SELECT count() FROM w.trig"), runs=one("SELECT count() FROM w.st"),
    joined=one("SELECT count() FROM w.j"),
    unmatched_requests=one("SELECT count() FROM w.trig WHERE id NOT IN (SELECT request_id FROM w.st)"),
    unmatched_runs=one("SELECT count() FROM w.st WHERE request_id NOT IN (SELECT id FROM w.trig)"),
    runaway=one("SELECT count() FROM w.f WHERE k = 'runaway'"),
    offhours=one("SELECT count() FROM w.f WHERE k = 'offhours'"))
