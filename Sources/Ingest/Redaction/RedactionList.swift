/// Which names mean a secret, and which headers may be kept: the lists of Documentation/Redaction.md.
///
/// The built-in lists can only be added to. A name is compared without regard to case and to the
/// separators `-`, `_`, `.` and space, so `X-Api-Key`, `api_key` and `apiKey` are one name.
package struct RedactionList: Sendable, Equatable {
  /// Further fragments; a key, option or parameter whose name contains one is secret.
  package var secretNames: [String] = []
  /// Further header names whose values are kept (value patterns still apply to them).
  package var keptHeaders: [String] = []
  /// Names that a fragment would match but that hold no secret.
  package var keptNames: [String] = []

  package init() {}

  /// What stands where something was taken out.
  package static let placeholder = "[redacted]"

  /// A name that contains one of these is secret.
  package static let secretFragments = [
    "password", "passwd", "passphrase", "passcode", "pgpass", "secret", "token", "apikey",
    "accesskey", "privatekey", "signingkey", "encryptionkey", "authkey", "sharedkey", "masterkey",
    "hmackey", "sshkey", "storagekey", "accountkey", "credential", "authorization", "cookie",
    "sessionid", "sessionkey", "sessid", "bearer", "jwt", "connectionstring", "signature", "csrf",
    "xsrf",
  ]

  /// A name whose last word is one of these is secret: `DB_PASS`, `userPin`.
  package static let secretLastWords = [
    "pass", "passw", "pwd", "pw", "otp", "totp", "pin", "cvv", "cvc", "sid", "sig", "dsn",
  ]

  /// A name that is exactly one of these is secret.
  package static let secretWholeNames = ["auth", "session"]

  /// Names that the lists above match and that hold no secret.
  package static let keptBuiltInNames = [
    "token_type", "token_count", "max_tokens", "signature_algorithm", "password_policy",
  ]

  /// Header values kept as they are: what a request looked like, not what it proved.
  package static let keptBuiltInHeaders = [
    "Accept", "Accept-Charset", "Accept-Encoding", "Accept-Language", "Accept-Ranges", "Age",
    "Allow", "Alt-Svc", "Cache-Control", "Connection", "Content-Encoding", "Content-Language",
    "Content-Length", "Content-Location", "Content-Range", "Content-Type", "Date", "Dnt", "Etag",
    "Expect", "Expires", "Forwarded", "Host", "If-Match", "If-Modified-Since", "If-None-Match",
    "If-Range", "If-Unmodified-Since", "Keep-Alive", "Last-Modified", "Location", "Max-Forwards",
    "Origin", "Pragma", "Priority", "Range", "Referer", "Referrer-Policy", "Remote-Groups",
    "Remote-User", "Retry-After", "Sec-Ch-Ua", "Sec-Ch-Ua-Mobile", "Sec-Ch-Ua-Platform",
    "Sec-Fetch-Dest", "Sec-Fetch-Mode", "Sec-Fetch-Site", "Sec-Fetch-User", "Server",
    "Strict-Transport-Security", "Te", "Traceparent", "Trailer", "Transfer-Encoding", "Upgrade",
    "Upgrade-Insecure-Requests", "User-Agent", "Vary", "Via", "Warning", "X-Auth-Decision",
    "X-Auth-Groups", "X-Auth-Method", "X-Content-Type-Options", "X-Correlation-Id",
    "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Frame-Options", "X-Real-Ip",
    "X-Request-Id", "X-Requested-With", "X-Run-Id",
  ]

  /// Keys (and kept headers) whose string is a URL or request target: query values are replaced.
  package static let urlNames = [
    "uri", "url", "href", "path", "target", "location", "content-location", "referer", "referrer",
    "origin", "request_uri", "redirect_uri",
  ]

  /// Keys whose object maps header names to values.
  package static let headerObjectNames = [
    "headers", "resp_headers", "request_headers", "response_headers", "req_headers",
  ]

  /// Keys of the known emitters that no list names; looked up first, for speed alone.
  static let plainNames = [
    "level", "ts", "logger", "msg", "request", "remote_ip", "client_ip", "remote_port", "proto",
    "method", "host", "tls", "resumed", "version", "cipher_suite", "server_name", "user_id",
    "duration", "size", "status", "schema", "event", "run_id", "context", "request_id", "user",
    "groups", "trigger", "job", "pid", "root_pid", "task", "id", "family", "module", "params",
    "params_significant", "owner_email", "resources", "priority", "retry_count", "worker_timeout",
    "elapsed", "v", "kind", "source", "principal", "principal_type", "attempt", "exit_code",
    "seconds", "bytes_read", "error", "type", "message", "argv", "trace_id", "task_id", "zone",
  ]
}
