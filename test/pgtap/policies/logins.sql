-- Recipes in sessions of their own login roles: what the setting of the login
-- role makes of a session, and that its users cannot make anything else of it.
SELECT current_database() AS here \gset
SET client_min_messages = warning;
CREATE EXTENSION dblink;
\set database regress_livekit_agents
\ir database.psql
\ir ../../../examples/policies/agents.sql
INSERT INTO member VALUES ('standup', 'alice', false), ('standup', 'app_user', false), ('standup', 'recorder', true);
\set database regress_livekit_supabase
\ir database.psql
\ir ../../../examples/policies/supabase.sql
\set alice 'a11ce000-0000-4000-8000-00000000000a'
\set standup '57a4d000-0000-4000-8000-00000000005d'
INSERT INTO room_member VALUES (:'standup', :'alice');
\set database regress_livekit_company
\ir database.psql
\ir ../../../examples/policies/company.sql
INSERT INTO channel VALUES ('payroll', 'finance');
\c :here
\ir session.psql
SELECT plan(38);
\set join 'SELECT identity FROM livekit_join(\'standup\')'

-- One login role for all users: who is asking is said in each transaction.
SELECT is(pg_temp.connect('app', 'app_user', 'regress_livekit_agents'), 'OK', 'app_user logs in');
SELECT is(pg_temp.transact('app', 'SELECT set_config(''app.user_id'', ''alice'', true)', :'join'), 'alice', 'for alice');
SELECT is(pg_temp.transact('app', 'SELECT set_config(''app.user_id'', ''bob'', true)', :'join'), '42501', 'for bob');
SELECT is(pg_temp.transact('app', :'join'), '42501', 'for nobody, in the session that was alice''s');
SELECT is(pg_temp.ask('app', 'SELECT livekit_identity()'), NULL, 'who has no identity');
SELECT is(pg_temp.transact('app', 'SELECT set_config(''app.user_id'', ''recorder'', true)', :'join'), '42501', 'for the recorder');
SELECT is(pg_temp.ask('app', statement), '42501', 'app_user: ' || statement)
  FROM unnest(ARRAY['SET livekit_token.identity = ''role''', 'RESET livekit_token.identity', 'SET livekit_token.identity TO DEFAULT',
					'SELECT set_config(''livekit_token.identity'', ''role'', true)', 'SET ROLE recorder',
					'SET SESSION AUTHORIZATION recorder',
					'ALTER ROLE app_user SET livekit_token.identity = ''role''']) AS statement;
SELECT is(dblink_exec('app', statement) || pg_temp.transact('app', :'join'), said || '42501',
		statement || ' does not make it app_user''s')
  FROM (VALUES ('RESET ALL', 'RESET'), ('DISCARD ALL', 'DISCARD ALL'), ('SET ROLE app_user', 'SET'),
			   ('SET SESSION AUTHORIZATION DEFAULT', 'SET'), ('ALTER ROLE app_user RESET ALL', 'ALTER ROLE')) AS s (statement, said);
SELECT is(setconfig, '{livekit_token.identity=app.user_id}', 'nor does the role lose its setting')
  FROM pg_db_role_setting WHERE setrole = 'app_user'::regrole;
SELECT is(pg_temp.connect('fresh', 'app_user', 'regress_livekit_agents'), 'OK', 'app_user logs in once more');
SELECT is(dblink_exec('fresh', 'SET livekit_token.identity = ''role'''), 'SET', 'and writes the setting before the library is loaded');
SELECT is(pg_temp.ask('fresh', :'join'), '42501', 'which gives it no identity');
SELECT is(pg_temp.transact('fresh', 'SELECT set_config(''app.user_id'', ''alice'', true)', :'join'), 'alice',
	'and does not take the role''s away');
SELECT is(pg_temp.connect('options', 'app_user', 'regress_livekit_agents', '-c livekit_token.identity=role'), 'OK',
	'app_user logs in with an option of its own');
SELECT is(pg_temp.ask('options', :'join'), '42501', 'which gives it no identity');
SELECT is(pg_temp.transact('options', 'SELECT set_config(''app.user_id'', ''alice'', true)', :'join'), '42501', 'at all');

-- A login role for each service.
SELECT is(pg_temp.connect('recorder', 'recorder', 'regress_livekit_agents'), 'OK', 'recorder logs in');
SELECT is(pg_temp.ask('recorder', :'join'), 'recorder', 'and is the recorder');
SELECT is(pg_temp.transact('recorder', 'SELECT set_config(''app.user_id'', ''alice'', true)', :'join'), 'recorder',
	'whatever a setting says');

-- PostgREST: the request's role and claims.
SELECT is(pg_temp.connect('postgrest', 'authenticator', 'regress_livekit_supabase'), 'OK', 'authenticator logs in');
SELECT format('SELECT set_config(''role'', ''authenticated'', true) || '
			  'set_config(''request.jwt.claims'', ''{"sub": "%s"}'', true)', :'alice') AS claims,
	   format('SELECT identity FROM livekit.livekit_join(%L)', :'standup') AS join_room \gset
SELECT is(pg_temp.transact('postgrest', :'claims', :'join_room'), :'alice', 'for alice');
SELECT is(pg_temp.transact('postgrest', 'SET LOCAL ROLE authenticated', :'join_room'), '42501', 'for nobody, in the same session');
SELECT is(pg_temp.transact('postgrest', :'claims', 'SET LOCAL ROLE anon', :'join_room'), '42501', 'for anon');
SELECT is(pg_temp.transact('postgrest', :'claims', 'SET LOCAL ROLE NONE', :'join_room'), '42501', 'for authenticator itself');

-- A login role for each user.
SELECT is(pg_temp.connect(who, who, 'regress_livekit_company'), 'OK', who || ' logs in')
  FROM unnest('{alice, bob}'::text[]) AS who;
SELECT is(pg_temp.ask(who, 'SELECT identity FROM livekit_join(''payroll'')'), outcome, who || ' joins')
  FROM (VALUES ('alice', 'alice'), ('bob', '42501')) AS t (who, outcome);

SELECT * FROM finish();
SELECT dblink_disconnect(s) FROM unnest(dblink_get_connections()) AS s \g /dev/null
DROP EXTENSION dblink;
DROP DATABASE regress_livekit_agents;
DROP DATABASE regress_livekit_supabase;
DROP DATABASE regress_livekit_company;
DROP ROLE app_user, helper, recorder, service, anon, authenticated, authenticator, alice, bob, finance, staff;
