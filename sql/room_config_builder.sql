--
-- livekit_room_config builds what room_config takes, from arguments that have
-- names: the result is what one would have written by hand, and what could not
-- be signed is refused while it is built.
--
CREATE FUNCTION pg_temp.answer(arguments text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	result text; detail text; hint text;
BEGIN
	EXECUTE format('SELECT livekit_room_config(%s)', arguments) INTO result;
	RETURN coalesce(result, 'NULL');
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
	RETURN concat_ws(' | ', SQLSTATE, SQLERRM, nullif(detail, ''), nullif(hint, ''));
END $$;
CREATE FUNCTION pg_temp.signed(config jsonb) RETURNS jsonb
RETURN livekit_verify(livekit_issue('alice', 'standup', room_config => config)) -> 'roomConfig';

-- all of it, and one by one; what is not given is not there
SELECT jsonb_pretty(livekit_room_config('standup', '5 min', '20 s', 12, '{helper}', '[{"agent_name": "scribe", "metadata": "m", "attributes": {"a_B": "c"}}]', '{"topic": 1}')) AS config;
SELECT arguments, pg_temp.answer(arguments) FROM unnest(ARRAY['', 'name => ''standup''', 'empty_timeout => ''5 min''', 'departure_timeout => ''20 s''', 'max_participants => 12', 'agents => ''{helper,scribe}''',
	'agent_dispatch => ''[{"agentName": "helper"}]''', 'metadata => ''{"topic": 1}''', 'NULL, NULL, NULL, NULL, NULL, NULL, NULL', 'metadata => '''', name => ''''', 'agents => ''{}''', 'agent_dispatch => ''[]''',
	'agents => ''{b,a,b}'', agent_dispatch => ''[{"agentName": "a"}, {}]''', 'agents => ''{{a,b},{c,d}}''', 'agents => ''[5:6]={a,b}''', 'agents => ''{""}''', 'max_participants => 0', 'max_participants => 2147483647']) WITH ORDINALITY AS a(arguments, n) ORDER BY n;

-- signed, it is what the same by hand is
SELECT what, pg_temp.signed(built) = pg_temp.signed(by_hand) AS the_same, pg_temp.signed(built) AS signed FROM (VALUES
	(1, 'all', livekit_room_config('standup', '5 min', '20 s', 12, '{helper}', '[{"agent_name": "scribe", "restart_policy": "JRP_NEVER", "attributes": {"a_B": "c"}}]', 'm'),
		'{"name": "standup", "emptyTimeout": 300, "departureTimeout": 20, "maxParticipants": 12, "metadata": "m",
		  "agents": [{"agentName": "helper"}, {"agentName": "scribe", "restartPolicy": "JRP_NEVER", "attributes": {"a_B": "c"}}]}'::jsonb),
	(2, 'names in capitals', livekit_room_config(agents => '{Helper,"two words","a\"b","ключ"}'), '{"agents": [{"agentName": "Helper"}, {"agentName": "two words"}, {"agentName": "a\"b"}, {"agentName": "ключ"}]}'),
	(3, 'texts', livekit_room_config(name => 'Küche "1"', metadata => E'{"a": "\\\\\n\u0001🎉{["}'), jsonb_build_object('name', 'Küche "1"', 'metadata', E'{"a": "\\\\\n\u0001🎉{["}')),
	(4, 'zeros', livekit_room_config(empty_timeout => '0', departure_timeout => '0', max_participants => 0), '{"emptyTimeout": 0, "departureTimeout": 0, "maxParticipants": 0}'),
	(5, 'ends of a brace', livekit_room_config(name => '{', metadata => '[', agents => '{"[","{"}'), '{"name": "{", "metadata": "[", "agents": [{"agentName": "["}, {"agentName": "{"}]}'),
	(6, 'nothing', livekit_room_config(), '{}'), (7, 'no agents', livekit_room_config(agents => '{}', agent_dispatch => '[]'), '{"agents": []}')) v(n, what, built, by_hand) ORDER BY n;
-- it says what kind of room a join makes; a token without a join has no use for it, and no harm
SELECT stable_claims(livekit_issue('alice', 'standup', room_config => livekit_room_config(empty_timeout => '1 hour', max_participants => 2)));

-- lengths of time are whole seconds, as LiveKit counts: none that has no fixed length, is negative, or too long
SELECT timeout, pg_temp.answer(format('empty_timeout => %L', timeout)) AS empty_timeout, pg_temp.answer(format('departure_timeout => %L', timeout)) AS departure_timeout
  FROM unnest(ARRAY['0', '1 s', '59.0', '1 min', '1 hour', '1 day', '1 day 1 s', '2 days -1 s', '-1 day 25 hours', '4294967295 s', '49710 days 06:28:15',
	'4294967296 s', '49711 days', '2147483647 days', '-1 s', '-1 day', '1 day -25 hours', '1 month', '-1 month', '1 year', '1 month -30 days', '1000 years']) WITH ORDINALITY AS t(timeout, n) ORDER BY n;
SELECT timeout, pg_temp.answer(format('empty_timeout => %L', timeout)) AS empty_timeout, pg_temp.answer(format('departure_timeout => %L', timeout)) AS departure_timeout
  FROM unnest(ARRAY['0.5 s', '0.000001 s', '1.5 s', '59.999999 s', '-0.5 s', '-0.000001 s', '1 day -86400.5 s']) WITH ORDINALITY AS t(timeout, n) ORDER BY n;

-- other arguments
SELECT arguments, pg_temp.answer(arguments) FROM unnest(ARRAY['max_participants => -1', 'max_participants => -2147483648', 'agents => ''{helper,NULL}''', 'agents => ''{NULL}''',
	'agent_dispatch => ''null''', 'agent_dispatch => ''{}''', 'agent_dispatch => ''{"agentName": "helper"}''', 'agent_dispatch => ''"helper"''', 'agent_dispatch => ''1''', 'agent_dispatch => ''["helper"]''',
	'agent_dispatch => ''[null]''', 'agent_dispatch => ''[[]]''', 'agent_dispatch => ''[[{"agentName": "helper"}]]''', 'agent_dispatch => ''[{"agentNam": "helper"}]''', 'agent_dispatch => ''[{"AgentName": "helper"}]''',
	'agent_dispatch => ''[{"name": "helper"}]''', 'agent_dispatch => ''[{"agentName": 1}]''', 'agent_dispatch => ''[{"agentName": "a", "agent_name": "b"}]''', 'agent_dispatch => ''[{"attributes": {"a": 1}}]''',
	'agent_dispatch => ''[{"attributes": []}]''', 'agent_dispatch => ''[{"restartPolicy": -1}]''', 'agent_dispatch => ''[{"agentName": "a"}, {"egress": {}}]''', 'agent_dispatch => ''[{"secret": "s"}]''']) WITH ORDINALITY AS a(arguments, n) ORDER BY n;
-- LiveKit's limits, in bytes
SELECT what, left(pg_temp.answer(arguments), 110) AS answer FROM (VALUES (1, 'name of 256', 'name => repeat(''é'', 128)'), (2, 'name of 257', 'name => repeat(''n'', 257)'), (3, 'name of 258', 'name => repeat(''é'', 129)'),
	(4, 'metadata of 512 kB', 'metadata => repeat(''m'', 524288)'), (5, 'one more', 'metadata => repeat(''m'', 524289)')) v(n, what, arguments) ORDER BY n;
-- a credential is refused where it can be said at all: by hand
SELECT pg_temp.answer('agent_dispatch => ''[{"agentName": "helper", "apiKey": "k"}]''') AS dispatch;
SELECT livekit_room_config('standup') || '{"egress": {"room": {"file_outputs": [{"filepath": "a", "s3": {"bucket": "b"}}]}}}' AS concatenated \gset
SELECT pg_temp.signed(:'concatenated');
\set VERBOSITY sqlstate
SELECT livekit_room_config(empty_timeout => 'five minutes');
SELECT livekit_room_config(empty_timeout => 300);
SELECT livekit_room_config(max_participants => 2147483648);
SELECT livekit_room_config(agents => 'helper');
SELECT livekit_room_config(egress => '{}');
SELECT pg_temp.signed(livekit_room_config('standup') || '{"egress": {"room": {"file_outputs": [{"filepath": "a", "s3": {"secret": "b"}}]}}}');

-- of a table, for the column of that name; the same argument gives the same
SELECT provolatile, proisstrict, proparallel FROM pg_proc WHERE oid = 'livekit_room_config'::regproc;
CREATE TEMP TABLE rooms (room text, room_config jsonb DEFAULT livekit_room_config(empty_timeout => '10 min', agents => '{helper}'));
INSERT INTO rooms VALUES ('standup');
SELECT * FROM rooms;
CREATE ROLE regress_livekit_alice;
SET ROLE regress_livekit_alice;
SELECT livekit_room_config('standup');
RESET ROLE;
DROP ROLE regress_livekit_alice;
