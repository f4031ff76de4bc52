--
-- What was given to whom: with livekit_token.audit at "both" each token has a
-- row in livekit_issued, which says what the token says and nothing that only
-- its participants should know.  The client is not shown the log line.
--
SELECT livekit_verify(livekit_issue('loaded', 'now')) ->> 'sub' AS library;
SHOW livekit_token.audit;
SHOW livekit_token.audit_refusals;
SET client_min_messages = warning;
SET livekit_token.url = 'wss://livekit.example.com';
CREATE ROLE regress_livekit_alice;
GRANT EXECUTE ON FUNCTION livekit_join, livekit_token_source, livekit_token, livekit_issue, livekit_api_request, livekit_room_request TO regress_livekit_alice;
CREATE TABLE members (room text PRIMARY KEY, identity text, grants jsonb, ttl interval, name text, metadata text, attributes jsonb);
CREATE INDEX ON members (identity);
INSERT INTO members VALUES ('standup', 'regress_livekit_alice');
INSERT INTO members VALUES ('retro', 'regress_livekit_alice', '{"canPublish": false, "roomAdmin": true, "sip": {"call": true}}', '5 min',
	'hush: name', 'hush: metadata', '{"hush": "attributes"}');
GRANT SELECT ON members TO regress_livekit_alice;
ALTER TABLE members ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON members USING (identity = livekit_identity());
SELECT livekit_register_access('members');

-- off and log: no row
SET livekit_token.audit = off;
SELECT livekit_issue('alice', 'standup') IS NOT NULL AS signed;
SET livekit_token.audit = log;
SELECT livekit_issue('alice', 'standup') IS NOT NULL AS signed;
SELECT count(*) FROM livekit_issued;

-- the client is shown no line of the server log, whatever it asks to see
SET livekit_token.audit = 'both';
SET client_min_messages = log;
SELECT livekit_issue('alice', 'standup') IS NOT NULL AS signed;
SELECT livekit_issue('alice', NULL);
SELECT livekit_verify('x');
SET client_min_messages = warning;
SELECT identity FROM livekit_issued;
SELECT livekit_issued_prune('infinity');

-- each function that signs, and what may be absent
CREATE TEMP TABLE signed (n serial, via text, token text);
GRANT ALL ON signed, signed_n_seq TO regress_livekit_alice;
SET ROLE regress_livekit_alice;
INSERT INTO signed (via, token) SELECT 'livekit_join', participant_token FROM livekit_join('standup');
INSERT INTO signed (via, token) SELECT 'livekit_join', participant_token FROM livekit_join('retro', '1 minute', 'phone');
INSERT INTO signed (via, token) SELECT 'livekit_token_source', livekit_token_source('{"room_name": "retro"}') ->> 'participant_token';
INSERT INTO signed (via, token) SELECT 'livekit_token', livekit_token(NULL, 'standup', '{"canPublish": false}');
INSERT INTO signed (via, token) SELECT 'livekit_issue', token FROM (VALUES
	(livekit_issue('alice', 'standup', name => 'hush: Alice', metadata => 'hush: m', attributes => '{"hush": "1"}', room_config => '{"metadata": "hush"}')),
	(livekit_issue('alice', 'standup', '{"can_publish_sources": ["camera"], "agent": {"admin": true}}', options => jsonb_build_object('kind', 'agent', 'notBefore', clock_timestamp() + '1 hour'), ttl => '2 hours')),
	(livekit_issue(NULL, 'standup', '{"roomAdmin": true}', '1 minute')),
	(livekit_issue('bob', NULL, '{"inference": {"perform": true}}')),
	(livekit_issue(NULL, NULL, '{"roomList": true}')),
	(livekit_issue(NULL, NULL, NULL, options => '{"sha256": "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="}'))) v(token);
INSERT INTO signed (via, token) SELECT 'livekit_api_request', split_part(headers ->> 'Authorization', ' ', 2) FROM livekit_api_request('DeleteRoom', '{"room": "retro"}');
INSERT INTO signed (via, token) SELECT 'livekit_room_request', split_part(headers ->> 'Authorization', ' ', 2) FROM livekit_room_request('RemoveParticipant', 'retro', '{"identity": "bob"}');
RESET ROLE;
-- as text, since one of them is not valid yet
CREATE FUNCTION pg_temp.payload(token text) RETURNS jsonb
RETURN convert_from(decode(rpad(translate(split_part(token, '.', 2), '-_', '+/'), (length(split_part(token, '.', 2)) + 3) / 4 * 4, '='), 'base64'), 'UTF8')::jsonb;
CREATE TEMP TABLE pairs AS
SELECT n, s.via, c AS claims, token, i AS issued
  FROM signed s CROSS JOIN pg_temp.payload(token) c FULL JOIN livekit_issued i ON jti = c ->> 'jti';
SELECT (issued).via, (issued).role, (issued).identity, (issued).room, (issued).project, (issued).api_key, (issued).grants,
	(issued).expires_at - (issued).issued_at AS ttl
  FROM pairs ORDER BY n;
-- the row against the token; nothing else of it, and no others
SELECT count(*) AS rows, count(token) AS tokens, count((issued).jti) AS issued,
	bool_and((issued).via = via) AS via,
	bool_and((issued).issued_at = to_timestamp((claims ->> 'iat')::bigint)) AS issued_at,
	bool_and((issued).expires_at = to_timestamp((claims ->> 'exp')::bigint)) AS expires_at,
	bool_and((issued).identity IS NOT DISTINCT FROM claims ->> 'sub') AS identity,
	bool_and((issued).room IS NOT DISTINCT FROM claims #>> '{video,room}') AS room,
	bool_and((issued).api_key = claims ->> 'iss') AS api_key,
	bool_and((issued).grants = claims - '{iss,sub,iat,nbf,exp,jti,name,kind,roomConfig,roomPreset,sha256,metadata,attributes}'::text[]) AS grants
  FROM pairs;
SELECT bool_or(issued::text ~ 'hush|47DEQ') AS more_than_that,
	bool_or(position(part IN issued::text) > 0) AS a_part_of_the_token
  FROM pairs, string_to_table(token, '.') part;

-- a token a row: in one statement, in a STABLE function, in a snapshot of old
SELECT count(livekit_issue('many' || n, 'standup')) FROM generate_series(1, 3) n;
CREATE FUNCTION pg_temp.stable() RETURNS text STABLE LANGUAGE plpgsql AS 'BEGIN RETURN livekit_issue(''stable'', ''standup''); END';
SELECT pg_temp.stable() IS NOT NULL AS signed;
BEGIN ISOLATION LEVEL SERIALIZABLE;
SELECT livekit_issue('serializable', 'standup') IS NOT NULL AS signed;
COMMIT;
-- whatever form the session gives to dates and strings
BEGIN;
SET LOCAL datestyle = 'SQL, DMY';
SET LOCAL intervalstyle = iso_8601;
SET LOCAL timezone = 'Asia/Kathmandu';
SELECT livekit_issue('formats', E'back\\slash "and" quote\'s', ttl => '1 minute') IS NOT NULL AS signed;
COMMIT;
SELECT identity, room, expires_at - issued_at AS ttl, now() - issued_at < '1 hour' AS issued FROM livekit_issued
 WHERE jti NOT IN (SELECT (issued).jti FROM pairs) ORDER BY identity;

SELECT livekit_issued_prune('infinity');
SELECT livekit_unregister_access();
DROP TABLE members, signed, pairs;
DROP OWNED BY regress_livekit_alice;
DROP ROLE regress_livekit_alice;
