--
-- Text of any kind, in every place that takes text, comes out of
-- livekit_verify as it went into livekit_issue, character by character.
--
CREATE TEMP TABLE sample (what text, value text);
INSERT INTO sample
SELECT 'control character ' || to_char(n, 'FM00'), chr(n) FROM generate_series(1, 31) AS n;
INSERT INTO sample VALUES
	('all of ASCII', (SELECT string_agg(chr(n), '' ORDER BY n) FROM generate_series(1, 127) AS n)),
	('C1 controls', (SELECT string_agg(chr(n), '' ORDER BY n) FROM generate_series(128, 159) AS n)),
	('quotes', $$"double" 'single' `back` ''$$), ('backslashes', $$\ \\ \" \\" \n \u0041 \u0000 \ud800 \x$$),
	('ends in a backslash', 'a\'), ('a quote alone', '"'), ('JSON', '{"iss": "APIother", "video": {"roomJoin": true}}'),
	('an end of the string', '","video":{"roomAdmin":true},"x":"'), ('markup', '</script><!-- & --> <b>&lt;'),
	('a token''s characters', '..-_=+/'), ('formats', '%s %d %n %% $1 :x'), ('blanks', E'  \t\n\v\f\r\n  '),
	('blanks beyond ASCII', U&'\00A0\1680\2003\2028\2029\202F\3000\FEFF'), ('Latin', U&'\00C5ngstr\00F6m \00DF \017F \212A \0130\0131'),
	('combining', U&'e\0301 \00E9 n\0303\0303\0303'), ('Greek and Cyrillic', U&'\03A9\03BC\03AD\03B3\03B1 \0416\0443\043A'),
	('right to left', U&'\05E9\05DC\05D5\05DD \0645\0631\062D\0628\0627 \200F\202E\2067abc\2069\202C'),
	('Chinese', U&'\4F60\597D \+020000'), ('emoji', U&'\+01F600\+01F468\200D\+01F469\200D\+01F467 \+01F1E9\+01F1EA \263A\FE0F'),
	('the ends of planes', U&'\007F\0080\07FF\0800\D7FF\E000\FFFD\FFFE\FFFF\+010000\+01FFFF\+10FFFF'),
	('names', 'roomJoin'), ('null', 'null'), ('a number', '1e5'), ('true', 'true');

-- each place, and the claim that comes of it
CREATE FUNCTION pg_temp.mint(place text, value text) RETURNS jsonb
LANGUAGE sql AS $$
	SELECT livekit_verify(CASE place
		WHEN 'identity' THEN livekit_issue(value, 'standup')
		WHEN 'room' THEN livekit_issue('alice', value)
		WHEN 'room grant' THEN livekit_issue('alice', grants => jsonb_build_object('room', value, 'roomJoin', true))
		WHEN 'destination room' THEN livekit_issue('alice', 'standup', jsonb_build_object('destinationRoom', value))
		WHEN 'thread ids' THEN livekit_issue('alice', grants => jsonb_build_object('agentThread', jsonb_build_object('read', true,
			'threadIds', jsonb_build_array('first', value))))
		WHEN 'name' THEN livekit_issue('alice', 'standup', name => value)
		WHEN 'metadata' THEN livekit_issue('alice', 'standup', metadata => value)
		WHEN 'attribute' THEN livekit_issue('alice', 'standup', attributes => jsonb_build_object('a', value))
		WHEN 'attribute name' THEN livekit_issue('alice', 'standup', attributes => jsonb_build_object(value, 'a', 'b', 'c'))
		WHEN 'room preset' THEN livekit_issue('alice', 'standup', options => jsonb_build_object('roomPreset', value))
		WHEN 'configured name' THEN livekit_issue('alice', 'standup', room_config => jsonb_build_object('name', value))
		WHEN 'configured metadata' THEN livekit_issue('alice', 'standup', room_config => jsonb_build_object('metadata', value))
		WHEN 'agent metadata' THEN livekit_issue('alice', 'standup',
			room_config => jsonb_build_object('agents', jsonb_build_array(jsonb_build_object('metadata', value))))
		WHEN 'tag' THEN livekit_issue('alice', 'standup', room_config => jsonb_build_object('tags', jsonb_build_object(value, value)))
	END)
$$;
CREATE TEMP TABLE place (name text, path text[]);
INSERT INTO place VALUES ('identity', '{sub}'), ('room', '{video,room}'), ('room grant', '{video,room}'),
	('destination room', '{video,destinationRoom}'), ('thread ids', '{agentThread,threadIds,1}'), ('name', '{name}'),
	('metadata', '{metadata}'), ('attribute', '{attributes,a}'), ('attribute name', NULL), ('room preset', '{roomPreset}'),
	('configured name', '{roomConfig,name}'), ('configured metadata', '{roomConfig,metadata}'),
	('agent metadata', '{roomConfig,agents,0,metadata}'), ('tag', NULL);

-- what is not the same: nothing
CREATE TEMP TABLE outcome AS
SELECT p.name AS place, what, value, CASE p.name
		WHEN 'attribute name' THEN (SELECT key FROM jsonb_each_text(claims -> 'attributes') AS a(key, v) WHERE v = 'a')
		WHEN 'tag' THEN (SELECT key FROM jsonb_each_text(claims #> '{roomConfig,tags}') AS a(key, v) WHERE v = s.value)
		ELSE claims #>> path END AS read
FROM place AS p CROSS JOIN sample AS s, LATERAL (SELECT pg_temp.mint(p.name, value) AS claims) AS c;
SELECT place, count(*) AS written, count(*) FILTER (WHERE read = value COLLATE "C") AS read FROM outcome
GROUP BY place ORDER BY place COLLATE "C";
SELECT place, what, value, read FROM outcome WHERE read IS DISTINCT FROM value;

-- nor did any of it become a claim of its own
SELECT DISTINCT jsonb_object_keys(pg_temp.mint('metadata', value)) COLLATE "C" AS claims FROM sample ORDER BY 1;

-- all of it at once, and as bytes
SELECT octet_length(name) AS bytes, octet_length(claims ->> 'metadata') AS metadata, name = claims ->> 'metadata' AS same
FROM (SELECT string_agg(value, '' ORDER BY what COLLATE "C") AS name FROM sample) AS s,
	livekit_verify(livekit_issue('alice', 'standup', metadata => name)) AS claims;
SELECT what, encode(convert_to(read, 'UTF8'), 'escape') AS name FROM outcome
WHERE place = 'name' AND what ~ '^(quotes|backslashes|JSON|emoji|right to left|combining)$' ORDER BY what COLLATE "C";

-- the payload itself: escaped where JSON demands it, UTF-8 for all else
CREATE TEMP VIEW payload AS
SELECT what, name[1] AS name
FROM sample, LATERAL (SELECT translate(split_part(livekit_issue('alice', 'standup', name => value), '.', 2), '-_', '+/')) AS t(part),
	regexp_match(convert_from(decode(part || repeat('=', -length(part) & 3), 'base64'), 'UTF8'), '"name":.*(?=,"video")') AS name;
SELECT what, name AS payload FROM payload WHERE what ~ '^(control character .*|quotes|backslashes|JSON|markup)$'
ORDER BY what COLLATE "C";
SELECT what, convert_to(name, 'UTF8') AS payload FROM payload WHERE what IN ('emoji', 'right to left');

-- as tables keep it: compressed, and out of line
CREATE TEMP TABLE stored (kept text, metadata text, attributes jsonb);
INSERT INTO stored SELECT k, v, jsonb_build_object('a', v) FROM (VALUES ('compressed', repeat('long ', 4000)),
	('out of line', (SELECT string_agg(md5(n::text), '') FROM generate_series(1, 500) AS n))) AS v(k, v);
SET client_min_messages = error;	-- the tokens are long
SELECT kept, length(metadata) AS characters, pg_column_size(metadata) < 1000 AS compressed,
	claims ->> 'metadata' = metadata AND claims -> 'attributes' = attributes AS same
FROM stored, livekit_verify(livekit_issue('alice', 'standup', metadata => metadata, attributes => attributes)) AS claims;
RESET client_min_messages;

-- what text cannot hold, nothing brings in
\set VERBOSITY sqlstate
SELECT livekit_issue('alice', 'standup', attributes => '{"a": "\u0000"}');
SELECT livekit_issue('alice', 'standup', attributes => '{"a": "\ud800"}');
SELECT livekit_issue('alice', 'standup', metadata => E'\xff');
