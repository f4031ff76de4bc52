-- PostgREST in the style of Supabase: the JWT's user, rooms and users by UUID.
\set identity 'postgrest'
\ir login.psql
SELECT plan(38);
\ir ../../../examples/policies/supabase.sql

SELECT is(setconfig, ARRAY['livekit_token.identity=' || :'identity'], 'authenticator has the setting that is tested')
  FROM pg_db_role_setting WHERE setrole = 'authenticator'::regrole;
-- As PostgREST does: a user's UUID stands for his JWT, or a JWT's claims are
-- given; without a JWT the role is anon.
CREATE OR REPLACE FUNCTION pg_temp.become(who text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	PERFORM set_config('request.jwt.claims', CASE WHEN who ~ '^[[{"]' THEN who ELSE
			coalesce(jsonb_build_object('sub', who, 'role', 'authenticated')::text, '') END, true);
	PERFORM set_config('role', CASE WHEN who IS NULL THEN 'anon' ELSE 'authenticated' END, true);
END $$;

\set alice 'a11ce000-0000-4000-8000-00000000000a'
\set bob 'b0b00000-0000-4000-8000-00000000000b'
\set standup '57a4d000-0000-4000-8000-00000000005d'
\set boardroom 'b0a4d000-0000-4000-8000-0000000000bd'
INSERT INTO room_member VALUES (:'standup', :'alice'), (:'standup', :'bob'), (:'boardroom', :'bob');

SELECT is(pg_temp.joined(:'alice', :'standup'), pg_temp.participant(:'alice', :'standup'), 'a user joins a room of his');
SELECT is(pg_temp.joined(:'bob', :'boardroom') -> 'video' ->> 'room', :'boardroom', 'another user another');
SELECT is(pg_temp.joined(:'alice', :'boardroom'), '"42501"', 'a room of others');
SELECT is(pg_temp.joined(:'alice', gen_random_uuid()::text), '"42501"', 'a room that is not there');
SELECT is(pg_temp.minted(:'alice', format('%L, %L', :'bob', :'standup')), '"42501"', 'as somebody else who is in the room');
SELECT is_empty(format('SELECT * FROM pg_temp.asking_for_more(%L, %L)', :'alice', :'standup'), 'more than a participant has');
SELECT is_empty(format('SELECT * FROM pg_temp.undermined(%L, %L, ''authenticated'', ''room_member'')', :'alice', :'standup'),
	'the policies not in force');

-- The same UUID in another form is another text, which the token would hold.
SELECT is(pg_temp.joined(:'alice', room), '"42501"', format('the room as %L', room))
  FROM unnest(ARRAY[upper(:'standup'), '{' || :'standup' || '}', replace(:'standup', '-', ''),
					' ' || :'standup', 'standup', '']) AS room;
SELECT is(pg_temp.joined(who, :'standup'), '"42501"', format('the user as %L', who))
  FROM unnest(ARRAY[upper(:'alice'), replace(:'alice', '-', ''), :'alice' || ' ', :'alice' || '#phone']) AS who;

-- JWTs of which PostgREST has checked no more than the signature.
SELECT is(pg_temp.answer(claims, format('SELECT livekit_can_join(%L)', :'standup')) IN ('false', '22P02'), true, claims)
  FROM unnest(ARRAY['{}', '{"sub": null}', '{"sub": ""}', '{"sub": 5}', '{"sub": true}',
					format('{"sub": ["%s"]}', :'alice'), format('{"sub": {"sub": "%s"}}', :'alice'),
					format('{"SUB": "%s"}', :'alice'), format('{"user": {"sub": "%s"}}', :'alice'),
					format('{"sub": "%s", "sub": "%s"}', :'bob', :'alice'),
					format('["%s"]', :'alice'), format('"%s"', :'alice'), '{"sub": ']) AS claims;
SELECT is(pg_temp.joined(format('{"sub": "%s", "role": "authenticated", "aud": "x"}', :'alice'), :'standup') ->> 'sub', :'alice',
	'a whole JWT');

-- Without one
SELECT is(pg_temp.joined(NULL, :'standup'), '"42501"', 'anon may not even ask');
SELECT is(pg_temp.answer(NULL, format('SELECT livekit.livekit_can_join(%L)', :'standup')), '42501', 'whether it could');
SELECT is(pg_temp.answer(NULL, 'SELECT count(*) FROM room_member'), '42501', 'nor who is there');
SELECT is(pg_temp.outcome(:'alice', format('INSERT INTO room_member VALUES (%L, %L)', :'boardroom', :'alice')), '42501',
	'a user does not let himself in');
SELECT is(pg_temp.answer(:'alice', 'SELECT count(*) FROM room_member'), '1', 'nor see who else is there');
SELECT is(pg_temp.answer(:'alice', 'SELECT livekit_issue(''alice'')'), '42501', 'nor sign without the policies');

SELECT * FROM finish();
\ir logout.psql
