"""Checks recorded webhooks with the very code that Documentation/AlertSinks.md shows.

    check_webhook.py DOCUMENT REQUESTS SECRET

Prints a line for each request of http_sink.py: its verdict, and those after each of three changes.
"""

import base64
import json
import re
import sys

document, requests, secret = sys.argv[1:]
code = re.search(r"```python\n(.*?)```", open(document).read(), re.S).group(1)
known = {}
exec(compile(code, document, "exec"), known)
verify = known["verify"]
for line in open(requests):
    request = json.loads(line)
    headers = {name.lower(): value for name, value in request["headers"]}
    body = base64.b64decode(request["body"])
    late = dict(headers, **{"webhook-timestamp": "1600000000"})
    print(
        verify(headers, body, secret), verify(headers, body + b" ", secret),
        verify(headers, body, secret[:-4] + "AAA="), verify(late, body, secret))
