#!/usr/bin/env python3
"""Sends to LiveKit what livekit_outbox holds: the worker of examples/outbox.sql.

    outbox.py "dbname=web user=livekit_worker"

Needs psycopg 3 (Debian: python3-psycopg).  Run as many as you like: each
request is taken by one of them.  It may arrive twice, though, if a worker or
the database dies between LiveKit's answer and COMMIT.  SIGTERM lets a worker
finish what it is sending.  A server that does not answer keeps a worker for ten
seconds with each request.

It waits by LISTEN, so connect it to PostgreSQL itself, not to a pooler in
transaction mode.
"""

import http.client
import json
import select
import signal
import socket
import sys
import urllib.parse

import psycopg

TIMEOUT = 10                # seconds for LiveKit to answer, to the last byte
LONGEST = 300               # seconds between two attempts
POLL = 10                   # seconds until it looks without having been woken
WORTH = "1 day"             # a request older than that is given up
KEPT = 64 * 1024            # bytes of an answer
AGAIN = {408, 429}          # and 5xx: perhaps it works later
# Who isn't there need not be removed or changed.
IF_THERE = {"RemoveParticipant", "UpdateParticipant"}

# The oldest that is due and that no other worker has.  Of those that change the
# same thing, a participant or the room, the older goes first, or a new permission
# might be undone by an old; but who must go need not wait until it is known whether
# he may stay.  Written so that the indexes of the table serve.
TAKE = """
SELECT id, rpc, body::text, project, unless_allowed FROM livekit_outbox AS o
 WHERE sent_at IS NULL AND next_attempt_at <= now() AND NOT EXISTS (
       SELECT FROM livekit_outbox AS earlier
        WHERE earlier.sent_at IS NULL AND earlier.next_attempt_at <> 'infinity'
          AND earlier.id < o.id AND earlier.rpc = o.rpc
          AND earlier.body ->> 'room' = o.body ->> 'room'
          AND coalesce(earlier.body ->> 'identity', '') = coalesce(o.body ->> 'identity', '')
          AND coalesce(earlier.project, 'default') = coalesce(o.project, 'default')
          AND earlier.unless_allowed <= o.unless_allowed)
 ORDER BY next_attempt_at, id LIMIT 1 FOR UPDATE SKIP LOCKED"""
STAYS = """
SELECT livekit_may_stay(b ->> 'room', b ->> 'identity') FROM (SELECT %s::jsonb) AS q(b)"""
SIGN = "SELECT method, url, headers, body FROM livekit.livekit_api_request(%s, %s, %s)"
DONE = """
UPDATE livekit_outbox SET attempts = attempts + 1, sent_at = clock_timestamp(),
       status = %s, response = %s, last_error = NULL WHERE id = %s"""
FAILED = """
UPDATE livekit_outbox SET attempts = attempts + 1, status = %s, response = %s, last_error = %s,
       next_attempt_at = CASE WHEN %s AND created_at > now() - %s::interval
           THEN clock_timestamp() + least(2.0 ^ attempts, %s) * interval '1 second'
           ELSE 'infinity' END
 WHERE id = %s"""
NEXT = """
SELECT extract(epoch FROM min(next_attempt_at) - now())::float8 FROM livekit_outbox
 WHERE sent_at IS NULL AND next_attempt_at < 'infinity'"""


def send(method, url, headers, body):
    """LiveKit's answer, status and text; OSError or HTTPException if there is none,
    ValueError if the URL is no good."""
    to = urllib.parse.urlsplit(url)
    kind = http.client.HTTPSConnection if to.scheme == "https" else http.client.HTTPConnection
    if not to.hostname:
        raise ValueError("no host")
    connection = kind(to.hostname, to.port, timeout=TIMEOUT)
    try:
        signal.setitimer(signal.ITIMER_REAL, TIMEOUT)
        connection.request(method, to.path, body.encode(), headers)
        answer = connection.getresponse()
        text = answer.read(KEPT).decode(errors="replace").replace("\0", "\N{REPLACEMENT CHARACTER}")
        return answer.status, text
    finally:
        connection.close()
        signal.setitimer(signal.ITIMER_REAL, 0)


def too_late(*_):
    """What SIGALRM does, which the timer of send() sends."""
    raise TimeoutError(f"no answer within {TIMEOUT} s")


def not_found(status, text):
    """Says Twirp that what the request is about is not there?"""
    try:
        return status == 404 and json.loads(text)["code"] == "not_found"
    except (ValueError, TypeError, KeyError):
        return False


def attempt(database, rpc, body, project, unless_allowed):
    """Is it done, may it be tried again, and HTTP's status, the answer, the error."""
    signing = False
    try:
        # A savepoint: what the database refuses must not undo the row's lock.
        with database.transaction():
            if unless_allowed and database.execute(STAYS, (body,)).fetchone()[0]:
                return True, False, None, "allowed", None
            signing = True
            request = database.execute(SIGN, (rpc, body, project)).fetchone()
    except psycopg.Error as error:
        if database.broken:
            raise
        # 22, 54: the row is wrong, and will be; all else an administrator mends, a
        # policy that raises these, too.
        wrong = signing and (error.sqlstate or "").startswith(("22", "54"))
        return False, not wrong, None, None, f"{error.sqlstate}: {error.diag.message_primary}"
    # LiveKit quotes a token that it refuses.
    token = request[2]["Authorization"].split()[-1]
    try:
        status, text = send(*request)
        text = text.replace(token, "(token)")
    except (OSError, ValueError, http.client.HTTPException) as error:
        text = f"{type(error).__name__}: {error}".replace(token, "(token)")
        return False, True, None, None, text.replace("\0", "\N{REPLACEMENT CHARACTER}")
    done = 200 <= status < 300 or rpc.split("/")[-1] in IF_THERE and not_found(status, text)
    return done, status >= 500 or status in AGAIN, status, text, f"HTTP {status}"


def deliver(database):
    """Send the next request, if there is one."""
    with database.transaction():
        row = database.execute(TAKE).fetchone()
        if not row:
            return False
        number, rpc, *_ = row
        done, again, status, text, error = attempt(database, *row[1:])
        if done:
            database.execute(DONE, (status, text, number))
        else:
            database.execute(FAILED, (status, text, error, again, WORTH, LONGEST, number))
            print(f"request {number}, {rpc!r}: {error}", file=sys.stderr, flush=True)
        return True


def main(conninfo):
    # A signal writes into a socket, so that select() below sees it.
    stopped = []
    wakes, woken = socket.socketpair()
    woken.setblocking(False)
    signal.set_wakeup_fd(woken.fileno())
    for number in signal.SIGTERM, signal.SIGINT:
        signal.signal(number, lambda *_: stopped.append(True))
    signal.signal(signal.SIGALRM, too_late)

    def wait(seconds, *others):
        if wakes in select.select([wakes, *others], [], [], seconds)[0]:
            wakes.recv(4096)

    pause = 1
    while not stopped:
        try:
            with psycopg.connect(conninfo, autocommit=True) as database:
                notified = []
                database.add_notify_handler(notified.append)
                database.execute("LISTEN livekit_outbox")
                pause = 1
                while not stopped:
                    notified.clear()
                    if deliver(database):
                        continue
                    seconds, = database.execute(NEXT).fetchone()
                    if not notified and not stopped:
                        seconds = POLL if seconds is None else min(max(1, seconds), POLL)
                        wait(seconds, database)
        except psycopg.OperationalError as error:
            print(f"database: {error}", file=sys.stderr, flush=True)
            wait(0 if stopped else pause)
            pause = min(2 * pause, 30)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
