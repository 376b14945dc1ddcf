#!/usr/bin/env python3
"""Records of a busy site on standard output, one a line: triggers over 120 days, each with its run's
queued, started and succeeded. The same COUNT gives the same bytes.

    records.py COUNT        triggers; four records each
"""
import datetime
import random
import sys

PEOPLE, JOBS, DAYS = 200, 50, 120


def main():
    count = int(sys.argv[1])
    chance = random.Random(7)
    begin = datetime.datetime(2026, 6, 1)
    step = 86400 * DAYS / count

    def at(seconds):
        return (begin + datetime.timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")

    for serial in range(count):
        start = serial * step + chance.random()
        person = f"person-{chance.randrange(PEOPLE)}"
        job = f"job-{chance.randrange(JOBS)}"
        lasted = 30 + chance.random() * 60
        address = f"10.0.{chance.randrange(4)}.{chance.randrange(250)}"
        run = f'"run_id":"r{serial}","request_id":"q{serial}","job":"{job}"'
        sys.stdout.write(
            f'{{"v":1,"kind":"request","ts":"{at(start)}","source":"caddy/edge-1","id":"q{serial}",'
            f'"request_id":"q{serial}","principal":"{person}","principal_type":"human",'
            f'"remote_ip":"{address}","user_agent":"curl/8","method":"POST","host":"etl.example",'
            f'"path":"/jobs/{job}/runs","status":202,"duration_s":0.05,"bytes_out":120,"job":"{job}",'
            f'"run_id":"r{serial}"}}\n'
            f'{{"v":1,"kind":"run","ts":"{at(start + 0.1)}","source":"launcher/p1","id":"r{serial}-q",{run},'
            f'"event":"queued","trigger":"request","principal":"{person}"}}\n'
            f'{{"v":1,"kind":"run","ts":"{at(start + 1)}","source":"launcher/p1","id":"r{serial}-s",{run},'
            f'"event":"started","attempt":1,"pid":{1000 + serial % 30000}}}\n'
            f'{{"v":1,"kind":"run","ts":"{at(start + 1 + lasted)}","source":"launcher/p1","id":"r{serial}-e",'
            f'{run},"event":"succeeded","attempt":1,"duration_s":{lasted:.3f},"cpu_s":{lasted / 3:.3f},'
            f'"max_rss_bytes":{50000000 + serial},"exit_code":0}}\n')


main()
