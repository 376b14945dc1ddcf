"""A mail server for tests: aiosmtpd on a free loopback port.

    smtp_sink.py FOLDER [--tls starttls|implicit] [--certificate PEM] [--key PEM]
                 [--user NAME --password WORD] [--rcpt REPLY] [--data REPLY]

Prints `PORT n`, then keeps each message it takes as FOLDER/n.eml, with a line of JSON about its
envelope in FOLDER/envelopes.jsonl. --rcpt and --data answer a recipient or a
message so instead.
"""

import argparse
import asyncio
import json
import pathlib
import ssl

from aiosmtpd.smtp import SMTP, AuthResult


class Keeper:
    def __init__(self, options):
        self.options = options
        self.count = 0

    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):
        if self.options.rcpt:
            return self.options.rcpt
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        if self.options.data:
            return self.options.data
        folder = pathlib.Path(self.options.folder)
        self.count += 1
        (folder / f"{self.count}.eml").write_bytes(envelope.original_content)
        login = session.auth_data.decode() if session.auth_data else None
        with (folder / "envelopes.jsonl").open("a") as lines:
            print(json.dumps({
                "from": envelope.mail_from, "to": envelope.rcpt_tos, "hello": session.host_name,
                "tls": session.ssl is not None, "login": login,
            }), file=lines)
        return "250 kept"


async def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    for name in ["tls", "certificate", "key", "user", "password", "rcpt", "data"]:
        parser.add_argument("--" + name)
    options = parser.parse_args()
    context = None
    if options.tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(options.certificate, options.key)

    def authenticate(server, session, envelope, mechanism, data):
        good = (data.login.decode(), data.password.decode()) == (options.user, options.password)
        return AuthResult(success=good, handled=False, auth_data=data.login if good else None)

    keeper = Keeper(options)
    starttls = context if options.tls == "starttls" else None

    def protocol():
        return SMTP(
            keeper, hostname="localhost", tls_context=starttls, require_starttls=starttls is not None,
            authenticator=authenticate if options.user else None,
            auth_required=options.user is not None, auth_require_tls=starttls is not None,
            enable_SMTPUTF8=False)

    server = await asyncio.get_running_loop().create_server(
        protocol, "127.0.0.1", 0, ssl=context if options.tls == "implicit" else None)
    print("PORT", server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main())
