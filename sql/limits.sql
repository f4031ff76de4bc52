--
-- LiveKit's limits, in bytes of UTF-8: a text of exactly that size is signed,
-- one byte more is refused.  A long token gives a warning.
--
SET client_min_messages = error;	-- warnings are at the end
CREATE FUNCTION pg_temp.outcome(claim text, identity text DEFAULT 'alice', room text DEFAULT 'standup', grants jsonb DEFAULT '{}',
	name text DEFAULT NULL, metadata text DEFAULT NULL, attributes jsonb DEFAULT NULL, room_config jsonb DEFAULT NULL) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
	detail text;
BEGIN
	RETURN octet_length(stable_claims(livekit_issue(identity, room, grants, NULL, name, metadata, attributes, room_config))
		#>> string_to_array(claim, '.')) || ' bytes';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
	RETURN concat_ws('. ', SQLSTATE || ' ' || SQLERRM, nullif(detail, ''));
END $$;

-- identity, room, name: 256 bytes, in one, two, three and four-byte characters
CREATE TEMP TABLE text_of_size AS
SELECT octet_length(value) AS size, length(value) AS characters, value
FROM (VALUES (repeat('x', 256)), (repeat(U&'\00E9', 128)), (repeat(U&'\20AC', 85) || 'x'), (repeat(U&'\+01F600', 64)),
	(repeat(E'\x01', 256)), (repeat('x', 257)), (repeat(U&'\00E9', 128) || 'x'), (repeat(U&'\20AC', 85) || 'xx'),
	(repeat(U&'\+01F600', 63) || repeat('x', 5)), (repeat(E'\x01', 257)), (repeat('x', 1000000))) AS v(value);
SELECT size, characters, pg_temp.outcome('sub', identity => value) AS identity FROM text_of_size;
SELECT size, characters, pg_temp.outcome('video.room', room => value) AS room FROM text_of_size;
SELECT size, characters, pg_temp.outcome('name', name => value) AS name FROM text_of_size;
SELECT size, pg_temp.outcome('video.room', room => NULL, grants => jsonb_build_object('roomJoin', true, 'room', value)) AS room_grant,
	pg_temp.outcome('video.destinationRoom', grants => jsonb_build_object('destinationRoom', value)) AS destination_room
FROM text_of_size WHERE size < 300;
SELECT size, pg_temp.outcome('roomConfig.name', room_config => jsonb_build_object('name', value)) AS room_config_name
FROM text_of_size WHERE size < 300;

-- metadata: 512 KiB
SELECT size, pg_temp.outcome('metadata', metadata => value) AS metadata,
	pg_temp.outcome('roomConfig.metadata', room_config => jsonb_build_object('metadata', value)) AS room_config_metadata
FROM (VALUES (repeat('x', 524288)), (repeat(U&'\20AC', 174762) || 'xx'), (repeat(E'\x01', 524288)),
	(repeat('x', 524289)), (repeat(U&'\20AC', 174762) || 'aaa'), (repeat(E'\x01', 524289))) AS v(value), octet_length(value) AS size;

-- attributes: 64 KiB for names and values in sum
SELECT what, pg_temp.outcome(claim, attributes => attributes) AS attributes
FROM (VALUES ('value', 'attributes.k', jsonb_build_object('k', repeat('x', 65535))),
	('value + 1', 'attributes.k', jsonb_build_object('k', repeat('x', 65536))),
	('name', 'attributes', jsonb_build_object(repeat('x', 65536), '')),
	('name + 1', 'attributes', jsonb_build_object(repeat('x', 65536), 'y')),
	('multibyte', 'attributes.k', jsonb_build_object('k', repeat(U&'\20AC', 21845))),
	('multibyte + 1', 'attributes.kk', jsonb_build_object('kk', repeat(U&'\20AC', 21845))),
	('4096 of them', 'attributes.0001', (SELECT jsonb_object_agg(to_char(n, 'FM0000'), repeat('v', 12)) FROM generate_series(1, 4096) AS n)),
	('4096 and one byte', 'attributes.0001', (SELECT jsonb_object_agg(to_char(n, 'FM0000'), repeat('v', 12 + (n = 1)::int)) FROM generate_series(1, 4096) AS n)),
	('names only', 'attributes.', (SELECT jsonb_object_agg(repeat('k', n), '') FROM generate_series(0, 361) AS n)))
	AS v(what, claim, attributes);

-- everything at its limit, and each byte takes six characters: still a token
-- that is short enough to be verified
SELECT length(token) AS characters, reason, size, octet_length(identity) AS identity, octet_length(room) AS room,
	octet_length(claims ->> 'name') AS name, octet_length(claims ->> 'metadata') AS metadata,
	octet_length(claims #>> '{attributes,k}') AS attribute, octet_length(claims #>> '{roomConfig,metadata}') AS room_metadata
FROM (SELECT repeat(E'\x01', 256) AS small, repeat(E'\x01', 524288) AS large) AS t,
	LATERAL (SELECT livekit_issue(small, small, '{}', NULL, small, large, jsonb_build_object('k', repeat(E'\x01', 65535)),
		jsonb_build_object('name', small, 'metadata', large)) AS token) AS u, livekit_inspect(token);

-- what has no limit of its own is held to that of the whole: a payload of 8 MiB
SELECT bytes, pg_temp.outcome('roomConfig.agents.0.metadata', room_config =>
	jsonb_build_object('agents', jsonb_build_array(jsonb_build_object('metadata', repeat('x', bytes))))) AS agent_metadata
FROM unnest(ARRAY[8388397, 8388398]) AS bytes;
SELECT pg_temp.outcome('agentThread.scope', grants => jsonb_build_object('agentThread',
	jsonb_build_object('scope', repeat(E'\x01', 1500000)))) AS thread_scope;

-- beyond 8 KiB: a warning, and the token all the same
RESET client_min_messages;
SELECT length(livekit_issue('alice', 'standup', metadata => repeat('x', n))) AS characters
FROM unnest(ARRAY[0, 5900, 5901]) AS n;

\set VERBOSITY sqlstate
SELECT livekit_issue(repeat('x', 257), 'standup');
