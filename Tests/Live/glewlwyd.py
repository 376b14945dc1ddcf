#!/usr/bin/env python3
"""A real OpenID provider for tests: glewlwyd (Debian's package), on the loopback, in a folder of its own.

    glewlwyd.py start FOLDER [--redirect URI]... [--logout URI]... [--port N] [--access-seconds N]
        starts it on a free port, provisions it, and prints one JSON object: issuer, base, pid,
        client_id, client_secret, machine_id, machine_secret, users (name, password, groups)
    glewlwyd.py authorize FOLDER USER URL   logs USER in as a browser would, follows the authorization
                                            request URL, prints where the provider sends the browser
    glewlwyd.py rotate FOLDER [--drop]      a new signing key; the old one stays unless --drop
    glewlwyd.py stop FOLDER

Needs glewlwyd, sqlite3 and openssl (Debian), and nothing beyond Python's own library. Keys are made
anew each time.
"""
import base64, gzip, json, os, re, shutil, signal, socket, subprocess, sys, time
import urllib.error, urllib.parse, urllib.request

USERS = [
    {"name": "alice", "password": "correct horse 1", "groups": ["data-eng", "etl-owners"]},
    {"name": "bob", "password": "battery staple 2", "groups": ["readers"]},
]
CLIENT = ("vigil", "gw-secret-test")
MACHINE = ("svc-ci", "machine-secret-test")


def fail(text):
    sys.exit("glewlwyd.py: " + text)


# --- keys --------------------------------------------------------------------------------------------

def der(data, at=0):
    """One DER element: tag, content, and where the next one begins."""
    tag, length, at = data[at], data[at + 1], at + 2
    if length & 0x80:
        count = length & 0x7F
        length = int.from_bytes(data[at:at + count], "big")
        at += count
    return tag, data[at:at + length], at + length


def elements(data):
    at, result = 0, []
    while at < len(data):
        tag, content, at = der(data, at)
        result.append((tag, content))
    return result


def text(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def openssl(*arguments):
    return subprocess.run(("openssl",) + arguments, check=True, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL).stdout


def rsa_key(kid):
    data = openssl("genrsa", "-traditional", "2048")
    data = base64.b64decode(b"".join(line for line in data.splitlines() if b"-----" not in line))
    numbers = [text(value.lstrip(b"\0")) for _, value in elements(der(data)[1])[1:9]]
    return dict(zip(("n", "e", "d", "p", "q", "dp", "dq", "qi"), numbers),
                kty="RSA", kid=kid, alg="RS256", use="sig")


def ec_key(kid):
    data = openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-outform", "DER")
    parts = elements(der(data)[1])
    point = elements(parts[3][1])[0][1][2:]
    return {"kty": "EC", "crv": "P-256", "kid": kid, "alg": "ES256", "use": "sig",
            "d": text(parts[1][1]), "x": text(point[:32]), "y": text(point[32:])}


# --- HTTP --------------------------------------------------------------------------------------------

class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


OPENER = urllib.request.build_opener(NoRedirect, urllib.request.ProxyHandler({}))


def call(method, url, body=None, cookie=None):
    """Status, headers, text."""
    headers = {"Content-Type": "application/json"}
    if cookie:
        headers["Cookie"] = cookie
    request = urllib.request.Request(
        url, method=method, headers=headers,
        data=None if body is None else json.dumps(body).encode())
    try:
        with OPENER.open(request, timeout=10) as answer:
            return answer.status, answer.headers, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read().decode()


def login(base, name, password):
    status, headers, answer = call("POST", base + "/api/auth/", {"username": name, "password": password})
    if status != 200:
        fail(f"login of {name}: {status} {answer[:200]}")
    return headers["Set-Cookie"].split(";")[0]


# --- the provider ------------------------------------------------------------------------------------

def state(folder):
    with open(os.path.join(folder, "state.json")) as file:
        return json.load(file)


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def launch(folder, port):
    documents = "/usr/share/doc/glewlwyd"
    database = os.path.join(folder, "g.db")
    with gzip.open(documents + "/database/init.sqlite3.sql.gz") as script:
        subprocess.run(["sqlite3", database], input=script.read(), check=True)
    with gzip.open(documents + "/glewlwyd.conf.sample.gz", "rt") as sample:
        settings = sample.read()
    for pattern, value in [
        (r"^port=.*", f"port={port}"), (r"^external_url=.*", f'external_url="http://127.0.0.1:{port}"'),
        (r"^cookie_secure=.*", "cookie_secure=0"), (r"^cookie_domain=.*", 'cookie_domain=""'),
        (r"^#* *bind_address.*", ""), (r"/var/cache/glewlwyd/glewlwyd.db", database),
    ]:
        settings = re.sub(pattern, value, settings, flags=re.M)
    path = os.path.join(folder, "g.conf")
    with open(path, "w") as file:
        file.write('bind_address="127.0.0.1"\n' + settings)
    log = open(os.path.join(folder, "glewlwyd.log"), "wb")
    process = subprocess.Popen(["glewlwyd", "-c", path, "-m", "console", "-l", "INFO"], stdout=log,
                               stderr=log, stdin=subprocess.DEVNULL, start_new_session=True)
    for _ in range(200):
        if process.poll() is not None:
            fail(f"glewlwyd ended with {process.returncode}: see {folder}/glewlwyd.log")
        try:
            if call("GET", f"http://127.0.0.1:{port}/config")[0] == 200:
                return process.pid
        except OSError:
            pass
        time.sleep(0.05)
    process.kill()
    fail(f"glewlwyd did not answer on port {port}")


def plugin(base, keys, access_seconds):
    return {
        "iss": base + "/api/oidc", "jwt-type": "rsa", "jwt-key-size": "256",
        "jwks-private": json.dumps({"keys": keys}), "default-kid": keys[0]["kid"], "jwks-show": True,
        "access-token-duration": access_seconds, "refresh-token-duration": 86400, "code-duration": 60,
        "refresh-token-rolling": True, "allow-non-oidc": True,
        "auth-type-code-enabled": True, "auth-type-code-revoke-replayed": True,
        "auth-type-token-enabled": False, "auth-type-id-token-enabled": True,
        "auth-type-none-enabled": False, "auth-type-password-enabled": False,
        "auth-type-client-enabled": True, "auth-type-device-enabled": False,
        "auth-type-refresh-enabled": True,
        "pkce-allowed": True, "pkce-required": True, "pkce-method-plain-allowed": False,
        "subject-type": "public",
        "claims": [{"name": name, "user-property": of, "type": "string", "mandatory": True,
                    "on-demand": False, "scope": []}
                   for name, of in (("groups", "groups"), ("preferred_username", "username"))],
        "name-claim": "mandatory", "email-claim": "mandatory", "scope-claim": "on-demand",
        "name-claim-scope": [], "email-claim-scope": [], "scope-claim-scope": [],
        "additional-parameters": [
            {"user-parameter": "groups", "token-parameter": "groups"},
            {"user-parameter": "username", "token-parameter": "preferred_username"}],
        "introspection-revocation-allowed": True, "introspection-revocation-auth-scope": [],
        "introspection-revocation-allow-target-client": True,
        "refresh-token-one-use": "always", "request-parameter-allow": True,
        "session-management-allowed": True, "session-cookie-name": "GLEWLWYD2_OIDC_SID",
        "session-cookie-expiration": 2419200, "back-channel-logout-allowed": True,
        "front-channel-logout-allowed": False, "allowed-scope": ["openid", "pipelines"], "scope": [],
    }


def provision(base, redirects, logouts, access_seconds):
    cookie = login(base, "admin", "password")

    def put(method, path, body=None):
        status, _, answer = call(method, base + path, body, cookie)
        if status != 200:
            fail(f"{method} {path}: {status} {answer[:300]}")
        return json.loads(answer) if answer.strip() else None

    def formats(kind, many, single=()):
        module = put("GET", f"/api/mod/{kind}/")[0]
        known = module.setdefault("parameters", {}).setdefault("data-format", {})
        access = {"read": True, "write": True}
        if kind == "user":
            access.update({"profile-read": True, "profile-write": False})
        known.update({name: dict(access, multiple=True) for name in many})
        known.update({name: dict(access, multiple=False) for name in single})
        put("PUT", f"/api/mod/{kind}/{module['name']}", module)
        put("PUT", f"/api/mod/{kind}/{module['name']}/reset")

    formats("user", ["groups"])
    formats("client", ["redirect_uri", "authorization_type", "post_logout_redirect_uris"],
            ["token_endpoint_auth_method"])
    put("POST", "/api/mod/plugin/", {
        "module": "oidc", "name": "oidc", "display_name": "oidc",
        "parameters": plugin(base, [rsa_key("k1"), ec_key("e1")], access_seconds)})
    put("POST", "/api/scope/", {"name": "pipelines", "display_name": "pipelines",
                                "password_required": True, "password_max_age": 0, "scheme": {}})
    for user in USERS:
        put("POST", "/api/user/", {
            "username": user["name"], "password": user["password"], "name": user["name"].title(),
            "email": user["name"] + "@example.test", "groups": user["groups"],
            "scope": ["openid", "pipelines", "g_profile"], "enabled": True})
    for (name, secret), kinds in [(CLIENT, ["code", "refresh_token"]), (MACHINE, ["client_credentials"])]:
        put("POST", "/api/client/", {
            "client_id": name, "name": name, "confidential": True, "password": secret,
            "scope": ["pipelines"], "redirect_uri": redirects, "authorization_type": kinds,
            "post_logout_redirect_uris": logouts, "token_endpoint_auth_method": "client_secret_basic",
            "enabled": True})


# --- commands ----------------------------------------------------------------------------------------

def start(folder, options):
    for program in ("glewlwyd", "sqlite3", "openssl"):
        if not shutil.which(program):
            fail(program + " is not installed")
    folder = os.path.abspath(folder)
    os.makedirs(folder, exist_ok=True)
    port = int(options.get("--port", [0])[0]) or free_port()
    base = f"http://127.0.0.1:{port}"
    pid = launch(folder, port)
    try:
        provision(base, options.get("--redirect", ["http://127.0.0.1:18099/auth/callback"]),
                  options.get("--logout", []), int(options.get("--access-seconds", [300])[0]))
    except BaseException:
        os.kill(pid, signal.SIGKILL)
        raise
    known = {"issuer": base + "/api/oidc", "base": base, "pid": pid, "client_id": CLIENT[0],
             "client_secret": CLIENT[1], "machine_id": MACHINE[0], "machine_secret": MACHINE[1],
             "users": USERS}
    with open(os.path.join(folder, "state.json"), "w") as file:
        json.dump(known, file)
    print(json.dumps(known))


def authorize(folder, name, url):
    known = state(folder)
    user = next(user for user in known["users"] if user["name"] == name)
    cookie = login(known["base"], name, user["password"])
    status, _, answer = call("PUT", known["base"] + "/api/auth/grant/" + known["client_id"],
                             {"scope": "openid pipelines"}, cookie)
    if status != 200:
        fail(f"grant: {status} {answer[:200]}")
    status, headers, answer = call("GET", url + "&g_continue=", None, cookie)
    if status != 302 or "Location" not in headers:
        fail(f"authorize: {status} {answer[:200]}")
    print(headers["Location"])


def rotate(folder, drops):
    known = state(folder)
    cookie = login(known["base"], "admin", "password")
    path = known["base"] + "/api/mod/plugin/oidc"
    module = json.loads(call("GET", path, None, cookie)[2])
    settings = module["parameters"]
    old = [] if drops else json.loads(settings["jwks-private"])["keys"]
    key = rsa_key("k" + str(time.time_ns()))
    settings.update({"jwks-private": json.dumps({"keys": [key] + old}), "default-kid": key["kid"]})
    for target, body in ((path, module), (path + "/reset", None)):
        status, _, answer = call("PUT", target, body, cookie)
        if status != 200:
            fail(f"rotate: {status} {answer[:200]}")
    print(key["kid"])


def stop(folder):
    pid = state(folder)["pid"]
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.kill(pid, number)
            for _ in range(40):
                os.kill(pid, 0)
                time.sleep(0.025)
        except ProcessLookupError:
            return


def main(arguments):
    words, options, rest = [], {}, list(arguments)
    while rest:
        word = rest.pop(0)
        if word == "--drop":
            options[word] = []
        elif word.startswith("--"):
            options.setdefault(word, []).append(rest.pop(0) if rest else fail(word + ": no value"))
        else:
            words.append(word)
    match words:
        case ["start", folder]: start(folder, options)
        case ["authorize", folder, user, url]: authorize(folder, user, url)
        case ["rotate", folder]: rotate(folder, "--drop" in options)
        case ["stop", folder]: stop(folder)
        case _: fail("usage:\n" + __doc__)


main(sys.argv[1:])
