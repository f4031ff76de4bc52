--
-- The registry is a table that a superuser can write, and what stands in it
-- is believed no more than a policy: a row that no registration would have
-- made lets nobody in.  Nobody else writes it, nor livekit_connection.
--
SET client_min_messages = error;	-- no warnings of missing indexes
SET livekit_token.url = 'wss://live.example';
CREATE ROLE regress_livekit_owner;
CREATE ROLE regress_livekit_alice;
GRANT EXECUTE ON FUNCTION livekit_join, livekit_can_join TO regress_livekit_alice;
GRANT EXECUTE ON FUNCTION livekit_register_access, livekit_unregister_access TO regress_livekit_owner;
CREATE TABLE members (room text, identity text, other text DEFAULT 'standup', PRIMARY KEY (room, identity));
INSERT INTO members VALUES ('standup', 'regress_livekit_alice');
CREATE TABLE open AS TABLE members;
ALTER TABLE members OWNER TO regress_livekit_owner;
ALTER TABLE members ENABLE ROW LEVEL SECURITY;
CREATE POLICY a ON members USING (identity = current_user);
CREATE MATERIALIZED VIEW copy AS TABLE open;
CREATE VIEW definer AS TABLE members;
CREATE FOREIGN DATA WRAPPER regress_livekit_fdw;
CREATE SERVER regress_livekit_server FOREIGN DATA WRAPPER regress_livekit_fdw;
CREATE FOREIGN TABLE far (room text, identity text) SERVER regress_livekit_server;
CREATE SEQUENCE counter;
GRANT SELECT ON members, open, copy, definer, far, counter TO regress_livekit_alice;

CREATE FUNCTION pg_temp.try(who text, statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	result text; detail text; hint text; n int;
BEGIN
	PERFORM set_config('role', who, true);
	EXECUTE statement INTO result;
	GET DIAGNOSTICS n = ROW_COUNT;
	PERFORM set_config('role', 'none', true);
	RETURN coalesce(CASE WHEN result ~ '^ey' THEN stable_claims(result)::text ELSE result END, 'done');
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
	RETURN concat_ws(' | ', SQLSTATE, SQLERRM, nullif(detail, ''), nullif(hint, ''));
END $$;
CREATE FUNCTION pg_temp.join() RETURNS text
RETURN pg_temp.try('regress_livekit_alice', 'SELECT participant_token FROM livekit_join(''standup'')');

-- not by its own owner, who writes through the functions only, nor by anybody
SELECT pg_temp.try('regress_livekit_owner', 'SELECT livekit_register_access(''members'')');
SELECT regexp_replace(who, '.*_', '') AS who, statement, pg_temp.try(who, statement)
  FROM unnest('{regress_livekit_alice, regress_livekit_owner}'::text[]) who,
	unnest(ARRAY['TABLE livekit_access', 'INSERT INTO livekit_access VALUES (''open'')', 'UPDATE livekit_access SET relation = ''open''',
	'DELETE FROM livekit_access', 'TRUNCATE livekit_access', 'LOCK livekit_access IN ACCESS SHARE MODE', 'DROP TABLE livekit_access',
	'CREATE TRIGGER t BEFORE INSERT ON livekit_access EXECUTE FUNCTION suppress_redundant_updates_trigger()',
	'ALTER TABLE livekit_access DISABLE TRIGGER ALL', 'TABLE livekit_connection', 'INSERT INTO livekit_connection VALUES (''x'')']) statement;
SELECT current_user AS super \gset
SELECT statement, pg_temp.try(:'super', statement)
  FROM unnest(ARRAY['INSERT INTO livekit_connection VALUES (''wss://x'', ''t'', ''standup'', ''alice'', NULL)', 'INSERT INTO livekit_connection DEFAULT VALUES',
	'INSERT INTO livekit_access (relation, room) VALUES (''open'', ''room'')',
	'UPDATE livekit_access SET relation = NULL', 'UPDATE livekit_access SET room = NULL']) statement;
SELECT relation, room, identity FROM livekit_access;
SELECT pg_temp.join();

-- what a superuser writes counts at once, as far as the policies are in force
CREATE FUNCTION pg_temp.after(change text, OUT join_ text, OUT can_join text, OUT after text) LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE change;
	join_ := pg_temp.join();
	can_join := pg_temp.try('regress_livekit_alice', 'SELECT livekit_can_join(''standup'')');
	RAISE division_by_zero;
EXCEPTION WHEN division_by_zero THEN
	after := left(pg_temp.join(), 6);
END $$;
\pset tuples_only
\pset format unaligned
\pset fieldsep '\n\t'
SELECT change, a.*
  FROM unnest(ARRAY['', 'UPDATE livekit_access SET relation = ''open''', 'UPDATE livekit_access SET relation = ''definer''', 'UPDATE livekit_access SET relation = ''copy''',
	'UPDATE livekit_access SET relation = ''far''', 'UPDATE livekit_access SET relation = ''counter''',
	'UPDATE livekit_access SET relation = 0', 'UPDATE livekit_access SET relation = 1', 'UPDATE livekit_access SET relation = ''pg_class'', room = ''relname'', identity = NULL',
	'UPDATE livekit_access SET relation = ''livekit_access''', 'UPDATE livekit_access SET room = ''''', 'UPDATE livekit_access SET room = ''other''', 'UPDATE livekit_access SET room = ''Room''',
	'UPDATE livekit_access SET room = ''ctid''', 'UPDATE livekit_access SET room = ''room = room OR true --''', 'UPDATE livekit_access SET identity = ''other''', 'UPDATE livekit_access SET identity = NULL',
	'UPDATE livekit_access SET grants = ''other''', 'UPDATE livekit_access SET ttl = ''other''', 'UPDATE livekit_access SET url = ''other''', 'UPDATE livekit_access SET name = ''other''',
	'DELETE FROM livekit_access', 'TRUNCATE livekit_access', 'DROP TABLE members CASCADE', 'ALTER TABLE livekit_access RENAME TO renamed',
	'ALTER TABLE livekit_access RENAME TO renamed; CREATE TABLE livekit_access (LIKE renamed); INSERT INTO livekit_access (relation, room) VALUES (''open'', ''room'')',
	 'SET LOCAL session_replication_role = replica; DELETE FROM livekit_access']) WITH ORDINALITY c(change, n),
	pg_temp.after(change) a ORDER BY n;

SELECT livekit_unregister_access();
DROP VIEW definer;
DROP MATERIALIZED VIEW copy;
DROP FOREIGN DATA WRAPPER regress_livekit_fdw CASCADE;
DROP SEQUENCE counter;
DROP TABLE members, open;
DROP OWNED BY regress_livekit_owner, regress_livekit_alice;
DROP ROLE regress_livekit_owner, regress_livekit_alice;
