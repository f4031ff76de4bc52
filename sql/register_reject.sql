--
-- What cannot be registered: relations that policies do not guard or that are
-- not the user's own, columns that are not there or of a wrong type.  After
-- each refusal there is still nothing registered.
--
CREATE SCHEMA app;
CREATE FUNCTION pg_temp.register(relation text, arguments text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	detail text; hint text;
BEGIN
	EXECUTE format('SELECT livekit_register_access(%s)', concat_ws(', ', relation, arguments));
	DELETE FROM livekit_access;
	RETURN 'registered';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
	RETURN concat_ws(' | ', SQLSTATE, SQLERRM, nullif(detail, ''), nullif(hint, ''));
END $$;
SET client_min_messages = warning;
\pset tuples_only
\pset format unaligned
\pset fieldsep '\n\t'

-- what it is
CREATE TABLE app.members (room text, identity text, grants jsonb, number int, PRIMARY KEY (room, identity), at date, gone text);
ALTER TABLE app.members DROP gone;
ALTER TABLE app.members ENABLE ROW LEVEL SECURITY;
CREATE TABLE app.open (room text, identity text, PRIMARY KEY (room, identity));
CREATE TABLE app.child (PRIMARY KEY (room, identity)) INHERITS (app.members);
CREATE TABLE app.parted (room text, identity text, PRIMARY KEY (room, identity)) PARTITION BY LIST (room);
CREATE TABLE app.part PARTITION OF app.parted DEFAULT;
ALTER TABLE app.parted ENABLE ROW LEVEL SECURITY;
CREATE TABLE app.forced (room text PRIMARY KEY);
ALTER TABLE app.forced FORCE ROW LEVEL SECURITY;
CREATE UNLOGGED TABLE app.unlogged (room text PRIMARY KEY);
ALTER TABLE app.unlogged ENABLE ROW LEVEL SECURITY;
CREATE TABLE app.extended (room text PRIMARY KEY);
ALTER TABLE app.extended ENABLE ROW LEVEL SECURITY;
ALTER EXTENSION livekit_token ADD TABLE app.extended;
CREATE TEMP TABLE temporary (room text PRIMARY KEY);
ALTER TABLE temporary ENABLE ROW LEVEL SECURITY;
CREATE MATERIALIZED VIEW app.copy AS SELECT room, identity FROM app.members;
CREATE SEQUENCE app.room;
CREATE TYPE app.composite AS (room text, identity text);
CREATE FOREIGN DATA WRAPPER regress_livekit_fdw;
CREATE SERVER regress_livekit_server FOREIGN DATA WRAPPER regress_livekit_fdw;
CREATE FOREIGN TABLE app.far (room text, identity text) SERVER regress_livekit_server;
SELECT relation, pg_temp.register(relation, NULL)
  FROM (VALUES ('NULL'), ('0'), ('1'), ('''app.nothing'''), ('''app.members'''), ('''app.parted'''), ('''app.unlogged'''),
	('''app.open'''), ('''app.forced'''), ('''app.child'''), ('''app.part'''), ('''pg_class'', ''relname'''), ('''pg_roles'', ''rolname'''), ('''information_schema.tables'', ''table_name'''),
	('''app.members_pkey'''), ('''app.parted_pkey'''), ('''app.copy'''), ('''app.room'''), ('''app.composite'''), ('''app.far'''),
	('''temporary'''), ('''livekit_access'''), ('''livekit_connection'''), ('''livekit_keys'''), ('''app.extended''')) v(relation);
ALTER EXTENSION livekit_token DROP TABLE app.extended;
SELECT pg_temp.register('''app.extended''', NULL);

-- its columns
SELECT arguments, pg_temp.register('''app.members''', arguments)
  FROM (VALUES ('room => NULL'), ('room => '''''), ('room => ''rooms'''), ('room => ''Room'''), ('room => ''"room"'''), ('room => ''room '''),
	('room => ''members.room'''), ('room => ''........pg.dropped.6........'''), ('room => ''ctid'''), ('room => ''tableoid'''),
	('room => ''members'''), ('room => ''*'''), ('identity => ''user_id'''), ('identity => ''xmin'''), ('grants => ''grant'''),
	('ttl => ''gone'''), ('url => ''room_url'''), ('room => ''number'''), ('identity => ''number''')) v(arguments);

-- their types
CREATE DOMAIN app.word AS text CHECK (VALUE ~ '^\w+$');
CREATE TYPE app.colour AS ENUM ('red', 'green');
CREATE FUNCTION pg_temp.register_type(mapped text, type text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	result text;
BEGIN
	EXECUTE format('CREATE TABLE app.typed (room text, mapped %s)', type);
	ALTER TABLE app.typed ENABLE ROW LEVEL SECURITY;
	CREATE INDEX ON app.typed (room);
	result := pg_temp.register('''app.typed''', format('%s => ''mapped''', mapped));
	DROP TABLE app.typed;
	RETURN result;
END $$;
SET client_min_messages = error;	-- no warnings of indexes and leakproofness
SELECT mapped, string_agg(type, ', ' ORDER BY n) AS types, result
  FROM (VALUES
	('room', '{text, varchar(9), char(9), name, app.word, app.colour, uuid, smallint, int, bigint, numeric}'::text[]),
	('room', '{bool, bytea, real, date, timestamptz, interval, inet, oid, regclass, json, jsonb, xml, point, int4range, text[], json[], app.composite}'),
	('identity', '{text, varchar, char(9), name, app.word, app.colour, uuid, bigint}'), ('identity', '{json, xml, bytea, date, uuid[]}'),
	('grants', '{jsonb}'), ('grants', '{json, text, "jsonb[]", bytea, bool}'),
	('ttl', '{interval, interval second}'), ('ttl', '{int, text, time, timestamptz, numeric}'),
	('name', '{text, varchar(9), char(9), name, app.word}'), ('name', '{int, uuid, jsonb, json, bytea, text[], app.colour}'),
	('metadata', '{text, varchar, json, jsonb}'), ('metadata', '{int, bytea, xml, interval}'),
	('attributes', '{jsonb}'), ('attributes', '{json, text}'),
	('room_config', '{jsonb}'), ('room_config', '{json, text}'),
	('project', '{text, varchar(9), name}'), ('project', '{int, jsonb, uuid}'),
	('url', '{text, varchar(9)}'), ('url', '{jsonb, bytea}')) v(mapped, types),
	unnest(types) WITH ORDINALITY t(type, n),
	pg_temp.register_type(mapped, type) result
 GROUP BY mapped, types, result ORDER BY mapped, result DESC;

-- what could be found slowly only
SET client_min_messages = warning;
CREATE TABLE app.slow (id int PRIMARY KEY, room text, identity text, colour app.colour);
ALTER TABLE app.slow ENABLE ROW LEVEL SECURITY;
\pset tuples_only off
\pset format aligned
SELECT pg_temp.register('''app.slow''', NULL);
CREATE INDEX slow_idx ON app.slow (id, room, identity);
SELECT pg_temp.register('''app.slow''', NULL);
CREATE INDEX slow_identity_idx ON app.slow (identity);
SELECT pg_temp.register('''app.slow''', NULL);
SELECT pg_temp.register('''app.slow''', 'identity => ''''');
CREATE INDEX ON app.slow (colour);
SELECT pg_temp.register('''app.slow''', 'room => ''colour''');
SELECT count(*) FROM livekit_access;

DROP SCHEMA app CASCADE;
DROP FOREIGN DATA WRAPPER regress_livekit_fdw CASCADE;
DROP TABLE temporary;
