-- Many at once: an invitation is not used more often than it was made for, and
-- no chair is taken twice, when two come at the same moment.
SELECT current_database() AS here \gset
SET client_min_messages = warning;
CREATE EXTENSION dblink;
\set database regress_livekit_races
\ir database.psql
\ir ../../../examples/policies/capacity.sql
\ir ../../../examples/policies/invitations.sql
INSERT INTO chair (room, number) VALUES ('lecture', 1), ('seminar', 1), ('seminar', 2);
\c :here
\ir session.psql
SELECT plan(32);

-- Wait until a session waits for another one's lock.
CREATE FUNCTION pg_temp.is_waiting(backend int) RETURNS bool LANGUAGE plpgsql AS $$
BEGIN
	FOR i IN 1 .. 3000 LOOP
		IF cardinality(pg_blocking_pids(backend)) > 0 THEN
			RETURN true;
		END IF;
		PERFORM pg_sleep(0.01);
	END LOOP;
	RETURN false;
END $$;
-- What has become of the query that was sent.
CREATE FUNCTION pg_temp.result(session text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	result text;
BEGIN
	SELECT r INTO result FROM dblink_get_result(session) AS t (r text);
	PERFORM * FROM dblink_get_result(session) AS t (r text);
	RETURN result;
EXCEPTION WHEN OTHERS THEN
	PERFORM * FROM dblink_get_result(session) AS t (r text);
	RETURN SQLSTATE;
END $$;

-- Invitations
SELECT is(pg_temp.connect('host', current_user, 'regress_livekit_races'), 'OK', 'a host');
SELECT is(pg_temp.connect(guest, 'app_guest', 'regress_livekit_races'), 'OK', guest || ' guest')
  FROM unnest('{first, second}'::text[]) AS guest;
SELECT pg_temp.ask('second', 'SELECT pg_backend_pid()') AS pid \gset
SELECT pg_temp.ask('host', 'SELECT invite(''standup'', 1)') AS code \gset
SELECT format('SELECT join_as_guest(%L) IS NOT NULL', :'code') AS come,
	   format('SELECT uses FROM invitation WHERE code_hash = sha256(convert_to(%L, ''UTF8''))', :'code') AS uses \gset

SELECT is(dblink_exec('first', 'BEGIN'), 'BEGIN', 'the first begins');
SELECT is(pg_temp.ask('first', :'come'), 't', 'and comes with the last use of a code');
SELECT is(dblink_send_query('second', :'come'), 1, 'the second comes with the same code');
SELECT ok(pg_temp.is_waiting(:pid), 'and waits');
SELECT is(dblink_exec('first', 'ROLLBACK'), 'ROLLBACK', 'the first does not come after all');
SELECT is(pg_temp.result('second'), 't', 'then the second does');
SELECT is(pg_temp.ask('host', :'uses'), '0', 'which is the one use');

SELECT is(pg_temp.ask('host', 'UPDATE invitation SET uses = 1 RETURNING uses'), '1', 'once more');
SELECT is(dblink_exec('first', 'BEGIN'), 'BEGIN', 'the first begins');
SELECT is(pg_temp.ask('first', :'come'), 't', 'and comes with the last use of a code');
SELECT is(dblink_send_query('second', :'come'), 1, 'the second comes with the same code');
SELECT ok(pg_temp.is_waiting(:pid), 'and waits');
SELECT is(dblink_exec('first', 'COMMIT'), 'COMMIT', 'the first has come');
SELECT is(pg_temp.result('second'), '42501', 'then the second has not');
SELECT is(pg_temp.ask('host', :'uses'), '0', 'and nothing is used twice');

-- Chairs
-- whoever waits for what should not be waited for gets 55P03
SELECT is(pg_temp.connect(who, 'app_user', 'regress_livekit_races', '-c lock_timeout=20s'), 'OK', who || ' logs in')
  FROM unnest('{alice, bob, alice_again}'::text[]) AS who;
SELECT pg_temp.ask(who, format('SELECT set_config(''app.user_id'', %L, false)', split_part(who, '_', 1)))
  FROM unnest('{alice, bob, alice_again}'::text[]) AS who \g /dev/null
SELECT is(dblink_exec('alice', 'BEGIN'), 'BEGIN', 'alice begins');
SELECT is(pg_temp.ask('alice', 'SELECT sit(''lecture'')'), 't', 'and sits down on the last chair');
SELECT is(pg_temp.ask('bob', 'SELECT sit(''lecture'')'), 'f', 'it is no longer there for bob');
SELECT is(dblink_exec('alice', 'COMMIT') || pg_temp.ask('bob', 'SELECT sit(''lecture'')'), 'COMMITf', 'nor when alice has come');
SELECT is(pg_temp.ask(who, 'SELECT livekit_can_join(''lecture'')'), can, 'joins: ' || who)
  FROM (VALUES ('alice', 't'), ('bob', 'f')) AS t (who, can);

SELECT pg_temp.ask('alice_again', 'SELECT pg_backend_pid()') AS pid \gset
SELECT is(dblink_exec('alice', 'BEGIN') || pg_temp.ask('alice', 'SELECT sit(''seminar'')'), 'BEGINt', 'alice sits down');
SELECT is(dblink_send_query('alice_again', 'SELECT sit(''seminar'')'), 1, 'and at the same moment on another chair');
SELECT ok(pg_temp.is_waiting(:pid), 'that waits');
SELECT is(dblink_exec('alice', 'COMMIT') || pg_temp.result('alice_again'), 'COMMITt', 'and is not needed');
SELECT is(pg_temp.ask('bob', 'SELECT sit(''seminar'')'), 't', 'so that there is one for bob');

SELECT * FROM finish();
SELECT dblink_disconnect(s) FROM unnest(dblink_get_connections()) AS s \g /dev/null
DROP EXTENSION dblink;
DROP DATABASE regress_livekit_races;
DROP ROLE app_user, app_guest, guest_door;
