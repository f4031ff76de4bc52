--
-- To build an index, to refresh a materialized view, to gather statistics,
-- PostgreSQL runs the functions in them as the owner, under restrictions.
-- There no policy is asked, whoever started it; what else evaluates the same
-- expressions runs them as the caller, and the caller's policies answer.
--
SET client_min_messages = warning;
SET livekit_token.url = 'wss://live.example';
CREATE ROLE regress_livekit_alice;
CREATE ROLE regress_livekit_bob;
CREATE ROLE regress_livekit_users ROLE regress_livekit_alice, regress_livekit_bob;
GRANT EXECUTE ON FUNCTION livekit_join, livekit_can_join, livekit_token, livekit_verify TO regress_livekit_users;
CREATE TABLE members (room text, identity text, PRIMARY KEY (room, identity));
INSERT INTO members VALUES ('standup', 'regress_livekit_alice'), ('standup', 'regress_livekit_bob');
ALTER TABLE members ENABLE ROW LEVEL SECURITY;
CREATE POLICY a ON members USING (identity = current_user);
GRANT SELECT ON members TO regress_livekit_users;
SELECT livekit_register_access('members');
CREATE SCHEMA app;
GRANT ALL ON SCHEMA app TO regress_livekit_users;

\set VERBOSITY terse
SET SESSION AUTHORIZATION regress_livekit_alice;
-- whom the token names, or how it is refused; said to be immutable
CREATE FUNCTION app.sub(room text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS
	$$BEGIN RETURN (SELECT public.livekit_verify(participant_token) ->> 'sub' FROM public.livekit_join(sub.room)); END$$;
CREATE FUNCTION app.can(room text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS
	$$BEGIN RETURN public.livekit_can_join(can.room); END$$;
CREATE FUNCTION app.token(room text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS
	$$BEGIN RETURN public.livekit_verify(public.livekit_token(NULL, token.room)) ->> 'sub'; END$$;
-- the same, that goes on
CREATE FUNCTION app.tried(room text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS
	$$BEGIN RETURN app.sub(room); EXCEPTION WHEN OTHERS THEN RETURN SQLSTATE; END$$;
CREATE TABLE app.visits (id int, room text);
INSERT INTO app.visits VALUES (1, 'standup');
GRANT ALL ON app.visits TO PUBLIC;
SELECT app.sub(room), app.can(room), app.token(room), app.tried(room) FROM app.visits;

-- an index
CREATE INDEX ON app.visits (app.sub(room));
CREATE INDEX ON app.visits (id) WHERE app.sub(room) = 'regress_livekit_alice';
CREATE INDEX ON app.visits (app.can(room));
CREATE INDEX ON app.visits (app.token(room));
CREATE INDEX tried ON app.visits (app.tried(room));
SET enable_seqscan = off;
SET enable_bitmapscan = off;
SELECT id, room FROM app.visits WHERE app.tried(room) = '55000';
RESET enable_seqscan;
RESET enable_bitmapscan;
DROP INDEX app.tried;
-- what is inserted afterwards is looked up as who inserts it
CREATE TABLE app.indexed (id int, room text);
CREATE INDEX indexed_idx ON app.indexed (app.sub(room));
GRANT ALL ON app.indexed TO PUBLIC;
SET SESSION AUTHORIZATION regress_livekit_bob;
INSERT INTO app.indexed VALUES (2, 'standup');
INSERT INTO app.indexed VALUES (2, 'retro');
SET SESSION AUTHORIZATION regress_livekit_alice;
REINDEX INDEX app.indexed_idx;
CLUSTER app.indexed USING indexed_idx;
ALTER TABLE app.indexed ALTER id TYPE bigint;
ANALYZE app.indexed;
VACUUM FULL app.indexed;
RESET SESSION AUTHORIZATION;
-- by a superuser, who is not the owner
REINDEX INDEX app.indexed_idx;
ANALYZE app.indexed;
SET SESSION AUTHORIZATION regress_livekit_alice;
DROP TABLE app.indexed;

-- a materialized view
CREATE MATERIALIZED VIEW app.tokens AS SELECT app.sub('standup');
CREATE MATERIALIZED VIEW app.tokens AS SELECT app.sub('standup') WITH NO DATA;
REFRESH MATERIALIZED VIEW app.tokens;
DROP MATERIALIZED VIEW app.tokens;
CREATE MATERIALIZED VIEW app.tokens AS SELECT app.tried('standup') AS answer;
SELECT answer FROM app.tokens;
RESET SESSION AUTHORIZATION;
REFRESH MATERIALIZED VIEW app.tokens;
SET SESSION AUTHORIZATION regress_livekit_alice;
-- a table made of a query, a check and a generated column are the caller's
CREATE TABLE app.copied AS SELECT app.sub('standup');
TABLE app.copied;
CREATE TABLE app.checked (room text CHECK (app.sub(room) = 'regress_livekit_alice'), who text GENERATED ALWAYS AS (app.sub(room)) STORED);
GRANT ALL ON app.checked TO PUBLIC;
INSERT INTO app.checked VALUES ('standup') RETURNING who;
SET SESSION AUTHORIZATION regress_livekit_bob;
INSERT INTO app.checked VALUES ('standup') RETURNING who;
INSERT INTO app.checked VALUES ('retro') RETURNING who;
RESET SESSION AUTHORIZATION;

-- alice's trigger on bob's table, where a cascade deletes as bob
CREATE TABLE app.child (id int PRIMARY KEY);
ALTER TABLE app.child OWNER TO regress_livekit_bob;
GRANT ALL ON app.child TO regress_livekit_alice;
SET SESSION AUTHORIZATION regress_livekit_alice;
CREATE TABLE app.parent (id int PRIMARY KEY);
INSERT INTO app.parent VALUES (1), (2);
INSERT INTO app.child VALUES (1), (2);
GRANT REFERENCES ON app.parent TO regress_livekit_bob;
CREATE FUNCTION app.peek() RETURNS trigger LANGUAGE plpgsql AS
	$$BEGIN RAISE WARNING '% gets %', current_user, app.tried(left('standup', OLD.id + 9)); RETURN OLD; END$$;
CREATE TRIGGER peek BEFORE DELETE ON app.child FOR EACH ROW EXECUTE FUNCTION app.peek();
DELETE FROM app.child WHERE id = 2;
SET SESSION AUTHORIZATION regress_livekit_bob;
ALTER TABLE app.child ADD FOREIGN KEY (id) REFERENCES app.parent ON DELETE CASCADE;
SET SESSION AUTHORIZATION regress_livekit_alice;
DELETE FROM app.parent;
RESET SESSION AUTHORIZATION;

SELECT livekit_unregister_access();
DROP SCHEMA app CASCADE;
DROP TABLE members;
DROP OWNED BY regress_livekit_users;
DROP ROLE regress_livekit_alice, regress_livekit_bob, regress_livekit_users;
