"""Tells Vigil what happens inside a Luigi run: one JSON object a line (`luigi-event/1`).

Use: `import vigil_luigi_events` at the top of the module that holds the tasks. Nothing else changes;
an event that cannot be delivered never fails a task.

Events go to the run socket where the launcher names one, and to a file otherwise, or when the socket
does not take them; the same event by both ways is one record. The environment says:

    VIGIL_RUN_SOCKET   the Unix socket of `vigil serve`, and
    VIGIL_RUN_TOKEN    what proves which run this is
    AUDIT_LUIGI_LOG    the file to append to      (default /var/log/pipelines/luigi-events.jsonl)
    AUDIT_RUN_ID       the launcher's id of the run; without one an id "local-..." is made, which
                       tells that the run was started by hand
    AUDIT_REQUEST_ID, AUDIT_USER, AUDIT_GROUPS, AUDIT_TRIGGER, AUDIT_JOB, AUDIT_TRACEPARENT
                       copied into every line as `context`; an empty one counts as absent

Luigi knows no start and no end of a run, so importing this module is the start and the exit of the
process is the end. A process that is killed writes no end: that is what Vigil goes by.
"""

import atexit
import http.client
import json
import os
import socket
import sys
import time
import traceback
import uuid

import luigi
from luigi.event import Event

SCHEMA = "luigi-event/1"
TEXT_LIMIT = 8192  # characters kept of a message, and of the end of a traceback
SOCKET_TIMEOUT = 2.0  # seconds for each step of a delivery by socket
SOCKET_PAUSE = 30.0  # seconds that a socket is left alone after it let that time pass
RESTART_WAIT = 5.0  # seconds for which an event waits for a server that is away to come back

_socket_path = os.environ.get("VIGIL_RUN_SOCKET") or None
_socket_token = os.environ.get("VIGIL_RUN_TOKEN") or None
_socket_rests_until = 0.0  # of time.monotonic()
_log_path = os.environ.get("AUDIT_LUIGI_LOG") or "/var/log/pipelines/luigi-events.jsonl"
_run_id = os.environ.get("AUDIT_RUN_ID") or "local-" + uuid.uuid4().hex
_context = {
    name: os.environ.get("AUDIT_" + name.upper()) or None
    for name in ("request_id", "user", "groups", "trigger", "job", "traceparent")
}
_host = socket.gethostname()
_root_pid = os.getpid()
_imported_at = time.time()
_started = {}  # (pid, task id) -> (time of the latest start, number of starts)
_complaints = set()


class _RunSocket(http.client.HTTPConnection):
    """HTTP over the run socket."""

    def __init__(self):
        super().__init__("localhost", timeout=SOCKET_TIMEOUT)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(_socket_path)


def _post(line):
    """Hands one line to the run socket; raises unless it was taken.

    A connection for each line: forked children share none with their parent, and there is no state
    that a lock would have to keep. A socket that hangs costs SOCKET_TIMEOUT once in SOCKET_PAUSE.
    """
    global _socket_rests_until
    if time.monotonic() < _socket_rests_until:
        raise OSError("the run socket did not answer in time a moment ago")
    connection = _RunSocket()
    try:
        headers = {
            "Authorization": "Bearer " + _socket_token,
            "Content-Type": "application/x-ndjson",
            "Connection": "close",
        }
        connection.request("POST", "/runs/%s/events" % _run_id, line, headers)
        response = connection.getresponse()
        answer = response.read(TEXT_LIMIT)
    except socket.timeout:
        _socket_rests_until = time.monotonic() + SOCKET_PAUSE
        raise
    finally:
        connection.close()
    if response.status != 200:
        raise OSError("%s: status %d: %.300s" % (_socket_path, response.status, answer))


def _append(line):
    """Appends one line with one write.

    With several workers, or with a task timeout, the events come from forked children: O_APPEND and
    a single write keep their lines whole without a lock. Opened for each line, so that a rotation by
    rename needs no signal.
    """
    descriptor = os.open(_log_path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o640)
    try:
        written = os.write(descriptor, line)
        if written != len(line):
            raise OSError("%s: wrote %d of %d bytes" % (_log_path, written, len(line)))
    finally:
        os.close(descriptor)


def _complain(way, event, error):
    """Each way of delivery is complained about once in a process."""
    if way not in _complaints:
        _complaints.add(way)
        print("vigil_luigi_events: %s not %s: %s" % (event, way, error), file=sys.stderr)


def _post_patiently(line):
    """Posts a line, waiting for a server that is away: an upgrade or a crash takes it a second.

    Sent twice, a line is recorded once. A server that stays away costs RESTART_WAIT once in SOCKET_PAUSE.
    """
    global _socket_rests_until
    end = time.monotonic() + RESTART_WAIT
    while True:
        try:
            return _post(line)
        except (ConnectionError, FileNotFoundError, http.client.HTTPException):
            if time.monotonic() >= end:
                _socket_rests_until = time.monotonic() + SOCKET_PAUSE
                raise
            time.sleep(0.1)


def _deliver(event, line):
    if _socket_path and _socket_token:
        try:
            return _post_patiently(line)
        except Exception as error:
            _complain("taken by the run socket", event, error)
    _append(line)


def _emit(event, task=None, **details):
    """One event; a failure to deliver it is told once on standard error and otherwise ignored."""
    record = {
        "schema": SCHEMA,
        "ts": time.time(),
        "event": event,
        "run_id": _run_id,
        "context": _context,
        "host": _host,
        "pid": os.getpid(),
        "root_pid": _root_pid,
    }
    try:
        if task is not None:
            record["task"] = _describe(task)
        record.update(details)
        text = json.dumps(record, ensure_ascii=False, default=str, separators=(",", ":"))
        _deliver(event, (text + "\n").encode("utf-8", "backslashreplace"))
    except Exception as error:  # a full disk must not fail the pipeline
        _complain("written", event, error)


def _describe(task):
    # Private parameters are left out, as Luigi itself keeps them from its scheduler.
    return {
        "id": task.task_id,
        "family": task.task_family,
        "module": task.task_module,
        "params": task.to_str_params(only_public=True),
        "params_significant": task.to_str_params(only_significant=True, only_public=True),
        "owner_email": list(task._owner_list()),
        "resources": dict(task.process_resources() or {}),
        "priority": task.priority,
        "retry_count": task.retry_count,
        "worker_timeout": task.worker_timeout,
    }


def _describe_exception(error):
    frames = traceback.format_exception(type(error), error, error.__traceback__)
    return {
        "type": "%s.%s" % (type(error).__module__, type(error).__qualname__),
        "message": str(error)[:TEXT_LIMIT],
        "traceback": "".join(frames)[-TEXT_LIMIT:],
    }


def _elapsed(task):
    """Seconds since the task's latest start in this process; None if it did not start here."""
    start = _started.get((os.getpid(), task.task_id))
    return None if start is None else time.time() - start[0]


@luigi.Task.event_handler(Event.DEPENDENCY_DISCOVERED)
def _on_dependency_discovered(task, dependency):
    named = {"id": dependency.task_id, "family": dependency.task_family}
    _emit("dependency.discovered", task, dependency=named)


@luigi.Task.event_handler(Event.DEPENDENCY_MISSING)
def _on_dependency_missing(task):
    _emit("dependency.missing", task)


@luigi.Task.event_handler(Event.DEPENDENCY_PRESENT)
def _on_dependency_present(task):
    _emit("dependency.present", task)


@luigi.Task.event_handler(Event.BROKEN_TASK)
def _on_broken(task, error):
    _emit("task.broken", task, exception=_describe_exception(error))


@luigi.Task.event_handler(Event.START)
def _on_start(task):
    # A task with dynamic dependencies starts anew each time it comes back from waiting for them.
    key = (os.getpid(), task.task_id)
    count = _started.get(key, (0, 0))[1] + 1
    _started[key] = (time.time(), count)
    _emit("task.start", task, attempt_in_process=count)


@luigi.Task.event_handler(Event.PROGRESS)
def _on_progress(task, *args, **kwargs):
    _emit("task.progress", task, progress={"args": list(args), "kwargs": kwargs})


@luigi.Task.event_handler(Event.PROCESSING_TIME)
def _on_processing_time(task, seconds):
    _emit("task.processing_time", task, seconds=seconds)


@luigi.Task.event_handler(Event.SUCCESS)
def _on_success(task):
    _emit("task.success", task, elapsed=_elapsed(task))


@luigi.Task.event_handler(Event.FAILURE)
def _on_failure(task, error):
    _emit("task.failure", task, elapsed=_elapsed(task), exception=_describe_exception(error))


@luigi.Task.event_handler(Event.TIMEOUT)
def _on_timeout(task, message):
    _emit("task.timeout", task, message=str(message)[:TEXT_LIMIT])


@luigi.Task.event_handler(Event.PROCESS_FAILURE)
def _on_process_failure(task, message):
    _emit("task.process_failure", task, message=str(message)[:TEXT_LIMIT])


def _on_exit():
    if os.getpid() == _root_pid:  # not in a forked child that leaves in the ordinary way
        _emit("run.end", seconds=time.time() - _imported_at)


_emit(
    "run.start",
    argv=sys.argv[1:],
    cwd=os.getcwd(),
    python=sys.version.split()[0],
    luigi=luigi.__version__,
)
atexit.register(_on_exit)
