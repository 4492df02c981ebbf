"""A receiver in Python 3.8 or later, with the standard library only. Copy it and put your own work into `work`.

    PORT=8090 WEBHOOK_SIGNING_SECRET=whsec_... python3 examples/receivers/receiver.py

    POST /start    an on_start action; its body may have "items", "item_ms" (for each) and "fail" (a failure reason)
    POST /cancel   the cancel action that the answer to /start registers
"""
import base64
import hashlib
import hmac
import json
import os
import random
import re
import threading
import time
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

PORT = int(os.environ.get("PORT", "8090"))
PUBLIC_URL = os.environ.get("PUBLIC_URL", f"http://127.0.0.1:{PORT}")  # Where Hookline reaches this receiver.
SECRET = os.environ.get("WEBHOOK_SIGNING_SECRET")  # If unset, calls are not verified.
TOLERANCE_SECS = 300
RESULT_TRIES = 18  # They take about two minutes, longer than a restart of Hookline.
MAX_REASON_CHARS = 65_536  # Hookline's limit for a failure reason.

lock = threading.Lock()
taken = set()  # Keys of accepted calls. Real receivers store them with their results.
jobs = {}  # Events that cancel running work, by attempt.


def is_genuine(headers, body):
    """Returns whether a call is from Hookline: the signature is valid, recent, and for the key of the call."""
    if not SECRET:
        return True
    id, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    is_recent = timestamp.isdecimal() and abs(time.time() - int(timestamp)) <= TOLERANCE_SECS
    if id != headers.get("idempotency-key") or not is_recent:
        return False
    key = base64.b64decode(SECRET[len("whsec_"):])
    digest = hmac.new(key, f"{id}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    expected = b"v1," + base64.b64encode(digest)
    given = headers.get("webhook-signature", "").encode().split(b" ")
    return any(hmac.compare_digest(one, expected) for one in given)


def work(plan, progress, canceled):
    """Simulates work, and returns its result: any JSON up to 64 KiB. Its progress is also the sign of life of the task."""
    items = plan.get("items", 1)
    for _ in range(items):
        if canceled.wait(plan.get("item_ms", 100) / 1000):
            return None
        progress()
    if plan.get("fail"):
        raise RuntimeError(plan["fail"])
    return {"items": items}


def run(attempt, handle, plan, canceled):
    """Runs the work and reports its result."""
    uncounted = 0

    def progress():
        nonlocal uncounted
        uncounted += 1
        outcome = send("PUT", handle, {"new_success": uncounted})
        # Progress that was not reported is added to the next report.
        if outcome == "accepted":
            uncounted = 0
        elif outcome == "refused":
            canceled.set()

    try:
        end = {"status": "Success", "result": work(plan, progress, canceled)}
    except Exception as error:
        end = {"status": "Failure", "failure_reason": reason_of(error)}
    with lock:
        del jobs[attempt]
    if canceled.is_set():
        print("canceled", attempt, flush=True)
    else:
        print(deliver(handle, {**end, "new_success": uncounted}), attempt, end["status"], flush=True)


def reason_of(error):
    """Returns a failure reason that Hookline accepts: of limited length, not blank, no U+0000, no lone surrogates."""
    text = (str(error) or repr(error))[:MAX_REASON_CHARS].replace("\0", "\ufffd")
    sound = text.encode("utf-8", "replace").decode()
    is_blank = not any(each.isprintable() and not each.isspace() for each in sound)
    return "The work failed without a reason" if is_blank else sound


def deliver(handle, result):
    """Reports a result until Hookline has it. If only an answer was lost, the next report is refused."""
    for tries in range(RESULT_TRIES):
        outcome = send("PATCH", handle, result)
        if outcome != "again":
            return outcome
        time.sleep(min(10, 0.2 * 2**tries) * random.uniform(0.5, 1))
    return "undelivered"


def send(method, handle, report):
    """Sends a report once; returns accepted, again (worth a retry) or refused (the task or this attempt is over)."""
    headers = {"content-type": "application/json"}
    # In UTF-8: escapes would make a long reason larger than Hookline's limit for reports.
    content = json.dumps(report, ensure_ascii=False).encode("utf-8", "replace")
    request = urllib.request.Request(handle, content, headers, method=method)
    try:
        urllib.request.urlopen(request, timeout=10).close()
        return "accepted"
    except urllib.error.HTTPError as error:
        if error.code >= 500 or error.code == 429:
            return "again"
        # The task is being requeued, after a replica of Hookline was lost.
        waits = error.code == 404 and json.load(error).get("current_status") in ("Waiting", "Pending", "Paused")
        return "again" if waits else "refused"
    except Exception:
        return "again"  # No answer, or an incomplete one.


class Receiver(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        url = urlsplit(self.path)
        key, handle = self.headers.get("idempotency-key"), parse_qs(url.query).get("handle", [None])[0]
        if not is_genuine(self.headers, body):
            return self.answer(401, {})
        if url.path not in ("/start", "/cancel"):
            return self.answer(404, {})
        try:
            plan = json.loads(body or b"{}")
        except ValueError:
            plan = None
        if not key or not handle or not isinstance(plan, dict):
            return self.answer(400, {})
        # The key of a call about a later attempt begins with `{task}:attempt-{n}`.
        attempt = re.match(r"[^:]*(:attempt-\d+)?", key).group()
        task = attempt.split(":")[0]
        with lock:
            is_new = key not in taken
            taken.add(key)
            if url.path == "/cancel" and attempt in jobs:
                jobs[attempt].set()
            elif url.path == "/start" and is_new:
                # Earlier attempts at the task are over, for instance after a timeout.
                for other, canceled in jobs.items():
                    if other.split(":")[0] == task:
                        canceled.set()
                jobs[attempt] = threading.Event()
                threading.Thread(target=run, args=(attempt, handle, plan, jobs[attempt]), daemon=True).start()
        # A repeated start call gets the same answer, because the first one may have been lost.
        cancel = {"kind": "Webhook", "params": {"url": f"{PUBLIC_URL}/cancel", "verb": "Post"}}
        self.answer(202, cancel if url.path == "/start" else {})

    def answer(self, status, body):
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *args):
        pass  # Requests are not logged: their queries have handles, which allow reports on tasks.


ThreadingHTTPServer.request_queue_size = 256
server = ThreadingHTTPServer(("", PORT), Receiver)
print("listening on", PUBLIC_URL, flush=True)
server.serve_forever()
