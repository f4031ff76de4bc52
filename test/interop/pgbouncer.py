"""PgBouncer in transaction mode: clients that share one server connection."""

import contextlib
import os
import shutil
import socket
import tempfile
from pathlib import Path

import database
import jws
import program
from hasura import code
from tap import differences
from wire import Refused, Session

# The application says who asks, transaction by transaction.
SET_UP = f"""
CREATE SCHEMA livekit;
CREATE EXTENSION livekit_token SCHEMA livekit;
ALTER DATABASE pooled SET livekit_token.url = '{database.URL}';
CREATE ROLE app LOGIN NOINHERIT;
CREATE ROLE staff;
CREATE ROLE guest;
GRANT staff, guest TO app;
ALTER ROLE app SET livekit_token.identity = 'app.user_id';
CREATE TABLE members (room text, identity text, PRIMARY KEY (room, identity));
INSERT INTO members VALUES ('standup', 'alice'), ('backstage', 'alice'), ('lobby', 'alice'),
    ('attic', 'alice'), ('standup', 'bob'), ('backstage', 'bob');
-- Nobody is a role, nor a device, nor nobody.
INSERT INTO members VALUES ('standup', 'app'), ('standup', 'alice#phone'), ('standup', '');
ALTER TABLE members ENABLE ROW LEVEL SECURITY;
CREATE POLICY app ON members FOR SELECT TO app USING (room IN ('standup', 'attic'));
CREATE POLICY staff ON members FOR SELECT TO staff USING (room = 'backstage');
CREATE FUNCTION fails(text) RETURNS boolean LANGUAGE plpgsql STABLE AS
    $$BEGIN RAISE division_by_zero; END$$;
CREATE POLICY guest ON members FOR SELECT TO guest USING (room = 'lobby' AND fails(identity));
GRANT SELECT ON members TO app, staff, guest;
GRANT USAGE ON SCHEMA livekit TO app, staff, guest;
GRANT EXECUTE ON FUNCTION livekit.livekit_join TO app, staff, guest;
SELECT livekit.livekit_register_access('members');
"""
CONFIG = """\
[databases]
pooled = host={PGHOST} port={PGPORT}
[pgbouncer]
listen_addr =
listen_port = 6432
unix_socket_dir = {home}
auth_type = trust
auth_file = {home}/users.txt
pool_mode = transaction
default_pool_size = 1
"""
JOIN = "SELECT participant_token FROM livekit.livekit_join($1)"
STATE = "SELECT pg_backend_pid(), livekit.livekit_identity(), livekit.livekit_join_request()"


@contextlib.contextmanager
def started():
    """A pooler before the database, with one connection for all; gives its
    socket's directory."""
    # It refuses root, as PostgreSQL does.
    owner = (["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"]
             if os.geteuid() == 0 else [])
    with tempfile.TemporaryDirectory(prefix="livekit_pool.") as home:
        config = Path(home, "pgbouncer.ini")
        config.write_text(CONFIG.format(home=home, **os.environ))
        Path(home, "users.txt").write_text('"app" ""\n')
        if owner:
            shutil.chown(home, "postgres")
        command = [*owner, program.find("pgbouncer"), config]
        with program.running(command, Path(home, "output"),
                             lambda: listens(f"{home}/.s.PGSQL.6432"), cwd="/"):
            yield home


def listens(path):
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(path) == 0


class Client(Session):
    """An application's connection to the pooler."""

    def __init__(self, home, secret):
        super().__init__("app", "pooled", home, 6432)
        self.secret = secret

    def transaction(self, user, *statements, end="COMMIT"):
        """The rows of the last of some statements that a user asks for."""
        self.run(f"BEGIN; SET LOCAL app.user_id = '{user}'")
        try:
            rows = [self.run(*[statement] if isinstance(statement, str) else statement)
                    for statement in statements][-1]
            self.run(end)
            return rows
        except Refused:
            self.run("ROLLBACK")
            raise

    def join(self, user, room, *before, **how):
        return self.told(user, *before, (JOIN, room), **how)

    def prepared(self, user, role, room):
        return self.told(user, f"SET LOCAL ROLE {role}", f"EXECUTE j('{room}')")

    def told(self, user, *statements, **how):
        """Whose token it is, or the SQLSTATE."""
        try:
            (token,), = self.transaction(user, *statements, **how)
        except Refused as refused:
            return refused.code
        return self.bearer(token)

    def bearer(self, token):
        claims = jws.payload(token, self.secret)[1]
        return f"{claims['sub']} in {claims['video']['room']}"


def suite(tap, _, key, secret):
    def check(title, due, got):
        tap.check(f"pgbouncer: {title}", differences(due, got))

    with Session("postgres", "postgres") as admin:
        admin.run("CREATE DATABASE pooled")
    with Session("postgres", "pooled") as admin:
        admin.run(SET_UP)
        with started() as home, Client(home, secret) as one, Client(home, secret) as two:
            turns(check, one, two)
            refusals(check, one, two)
            settings(check, one, two)
            plans(check, one, two)
            changes(check, one, two, admin)


def turns(check, one, two):
    (backend, *_), = one.run(STATE)
    check("one connection for both", backend, two.run(STATE)[0][0])
    check("alice's", "alice in standup", one.join("alice", "standup"))
    check("bob's, in the other client's place", "bob in standup", two.join("bob", "standup"))
    check("alice's again", "alice in attic", one.join("alice", "attic"))
    check("and not bob's, after her", "42501", two.join("bob", "attic"))
    for client, end in (one, "COMMIT"), (two, "ROLLBACK"):
        client.join("alice", "standup", end=end)
        for after in one, two:
            check(f"nobody is left after {end}", [[backend, None, None]], after.run(STATE))
            check(f"nobody joins after {end}", "42501", code(after.run, JOIN, "standup"))
    one.run("BEGIN; SET LOCAL app.user_id = 'alice'; SAVEPOINT s; SET LOCAL app.user_id = 'bob';"
            " ROLLBACK TO s")
    check("a savepoint's user goes with it", [[backend, "alice", None]], one.run(STATE))
    one.run("COMMIT")


def refusals(check, one, two):
    """After an error of any kind, the next one finds nothing of it."""
    for title, due, user, room, *before in [
        ("a room that is not there", "42501", "alice", "nowhere"),
        ("nobody", "42501", "", "standup"),
        ("a device's identity", "42501", "alice#phone", "standup"),
        ("a policy that fails", "22012", "alice", "lobby", "SET LOCAL ROLE guest"),
    ]:
        check(f"refuses {title}", due, one.join(user, room, *before))
        check(f"nothing is left of {title}", [None, None], two.run(STATE)[0][1:])
        check(f"the other is served after {title}", "bob in standup", two.join("bob", "standup"))
    one.run("BEGIN; SET LOCAL app.user_id = 'alice'; SET LOCAL ROLE guest; SAVEPOINT s")
    check("a policy that fails, within a savepoint", "22012", code(one.run, JOIN, "lobby"))
    one.run("ROLLBACK TO s")
    check("no request is left in the transaction", ["alice", None], one.run(STATE)[0][1:])
    one.run("RESET ROLE")
    (token,), = one.run(JOIN, "standup")
    check("the transaction goes on", "alice in standup", one.bearer(token))
    one.run("COMMIT")


def settings(check, one, two):
    """What a client does to its session stays without effect on who asks."""
    check("it cannot change who asks", "42501",
          code(one.run, "SET livekit_token.identity = 'role'"))
    check("nor lift the cap", "42501", code(one.run, "SET livekit_token.max_ttl = 0"))
    for statement in "RESET ALL", "DISCARD ALL", "RESET livekit_token.identity":
        # The last one may be refused.
        code(one.run, statement)
        check(f"app.user_id counts after {statement}", "alice in standup",
              two.join("alice", "standup"))
        check(f"nobody joins after {statement}", "42501", code(two.run, JOIN, "standup"))
    one.transaction("alice", "CREATE TEMP TABLE members (room text, identity text)",
                    "INSERT INTO members VALUES ('nowhere', 'alice')")
    for client, user in (one, "alice"), (two, "bob"):
        for path in "pg_temp, public", "pg_temp":
            check(f"a table of one's own does not count for {user} in {path}", "42501",
                  client.join(user, "nowhere", f"SET LOCAL search_path = {path}"))
            check(f"{user} joins in {path}", f"{user} in standup",
                  client.join(user, "standup", f"SET LOCAL search_path = {path}"))


def plans(check, one, two):
    """Plans are kept by the server's session: the other client runs them as
    who it is."""
    one.run("PREPARE j(text) AS " + JOIN)
    for _ in range(7):
        one.transaction("alice", "EXECUTE j('standup')")
    (token,), = two.transaction("bob", "EXECUTE j('standup')")
    check("a prepared statement is another's for another", "bob in standup", two.bearer(token))
    check("and refuses nobody's", "42501", code(two.run, "EXECUTE j('standup')"))
    check("and refuses what is not his", "42501",
          code(two.transaction, "bob", "EXECUTE j('attic')"))

    # Policies are those of the role that asks, the identity is the login's.
    for client, role, room, due in [
        (one, "staff", "backstage", "alice in backstage"),
        (two, "app", "backstage", "42501"),
        (two, "staff", "standup", "42501"),
        (one, "app", "standup", "alice in standup"),
        (two, "guest", "backstage", "42501"),
        (one, "staff", "backstage", "alice in backstage"),
    ]:
        check(f"as {role} in {room}", due,
              client.join("alice", room, f"SET LOCAL ROLE {role}"))
        check(f"as {role} in {room}, prepared", due, client.prepared("alice", role, room))
    one.run("BEGIN; SET LOCAL app.user_id = 'alice'; SET LOCAL ROLE staff")
    (token,), = one.run("EXECUTE j('backstage')")
    one.run("SET LOCAL ROLE app")
    check("a role counts until the next", ["alice in backstage", "42501"],
          [one.bearer(token), code(one.run, "EXECUTE j('backstage')")])
    one.run("ROLLBACK")
    check("no role is left", [["app"]], two.run("SELECT current_user"))


def changes(check, one, two, admin):
    """What an administrator changes counts for the plans that are kept."""
    for change, due in [
        ("ALTER POLICY staff ON members USING (room = 'standup')", "42501"),
        ("ALTER POLICY staff ON members USING (room = 'backstage')", "alice in backstage"),
        ("UPDATE members SET identity = 'carol' WHERE identity = 'alice'", "42501"),
        ("UPDATE members SET identity = 'alice' WHERE identity = 'carol'", "alice in backstage"),
        ("REVOKE SELECT ON members FROM staff", "42501"),
        ("GRANT SELECT ON members TO staff", "alice in backstage"),
        ("REVOKE EXECUTE ON FUNCTION livekit.livekit_join FROM staff", "42501"),
        ("GRANT EXECUTE ON FUNCTION livekit.livekit_join TO staff", "alice in backstage"),
        ("ALTER TABLE members DISABLE ROW LEVEL SECURITY", "55000"),
        ("ALTER TABLE members ENABLE ROW LEVEL SECURITY", "alice in backstage"),
        ("ALTER ROLE staff BYPASSRLS", "55000"),
        ("ALTER ROLE staff NOBYPASSRLS", "alice in backstage"),
        ("ALTER TABLE members OWNER TO staff", "55000"),
        ("ALTER TABLE members OWNER TO postgres; GRANT SELECT ON members TO staff",
         "alice in backstage"),
        ("SELECT livekit.livekit_unregister_access()", "55000"),
        ("SELECT livekit.livekit_register_access('members')", "alice in backstage"),
        ("DROP POLICY staff ON members", "42501"),
    ]:
        admin.run(change)
        for client in one, two:
            check(f"after {change}", due, client.prepared("alice", "staff", "backstage"))
    one.run("DEALLOCATE j")
