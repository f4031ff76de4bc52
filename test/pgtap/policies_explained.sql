-- Every recipe of examples/policies explained: somebody who may join,
-- somebody who may not, and the report of its rows.  Each runs as pasted, in a
-- transaction of its own that is rolled back; what was said in it is kept in
-- variables and tested afterwards.
SELECT plan(41);

-- as in the README's quick start
\set begin 'BEGIN; SET LOCAL client_min_messages = warning; DROP EXTENSION livekit_token; CREATE SCHEMA livekit; CREATE EXTENSION livekit_token SCHEMA livekit; SET LOCAL search_path = public, livekit; SET LOCAL livekit_token.url = \'wss://livekit.example.com\';'

-- An explanation: the policies that were asked, without their expressions, and
-- how it ended, with what the token would grant or with the step that refused.
CREATE FUNCTION pg_temp.explained(role name, room text, claims jsonb DEFAULT NULL) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	result text;
BEGIN
	SELECT concat_ws(' | ', string_agg(regexp_replace(e.finding, ' for .*', ''), ' + ' ORDER BY e.step) FILTER (WHERE e.subject = 'policy'),
			string_agg(e.finding, ' + ' ORDER BY e.step) FILTER (WHERE e.subject = 'grants'),
			string_agg(concat_ws(' ', e.subject || ':', e.finding, '->', e.mend), ' ' ORDER BY e.step) FILTER (WHERE e.verdict = 'refused' AND e.subject <> 'answer'),
			max(e.verdict) FILTER (WHERE e.subject = 'answer'))
	  INTO result FROM livekit.livekit_explain_join(role, room, claims) e;
	RETURN result;
END $$;
-- The report, a line a row; of the grants canPublish only, where it is false.
CREATE FUNCTION pg_temp.report() RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	RETURN (SELECT string_agg(concat_ws(' ', r.room, replace(r.identity, current_user, 'whoever asks'), nullif(r.grants #>> '{video,canPublish}', 'true'), r.ttl, r.project, r.notable, r.problem), E'\n'
				ORDER BY r.room, r.identity, r.grants) FROM livekit.livekit_access_report() r);
EXCEPTION WHEN OTHERS THEN
	RETURN SQLSTATE || ' ' || SQLERRM;
END $$;

:begin
\ir ../../examples/policies/agents.sql
INSERT INTO member VALUES ('standup', 'alice', false), ('standup', 'recorder', true);
SELECT pg_temp.explained('recorder', 'standup') AS allowed,
	pg_temp.explained('app_user', 'standup', '"recorder"') AS refused,
	pg_temp.report() AS report \gset
ROLLBACK;
SELECT is(:'allowed'::text, 'Permissive policy services on public.member | {"video": {"room": "standup", "hidden": true, "recorder": true, "roomJoin": true, "canPublish": false, "canSubscribe": true, "canPublishData": false}} | ok',
	'agents: who may');
SELECT is(:'refused'::text, 'Permissive policy users on public.member | row: The row is there, but the policies do not show it to role "app_user". -> Change the policies above, or the row, so that they show it. | refused',
	'agents: who may not');
SELECT is(:'report'::text, 'standup alice 00:15:00 default
standup recorder false 00:15:00 default {hidden,recorder}',
	'agents: the report');

:begin
\ir ../../examples/policies/banned.sql
INSERT INTO member VALUES ('standup', 'alice'), ('standup', 'mallory'); INSERT INTO ban VALUES ('mallory', 'standup');
SELECT pg_temp.explained('app_user', 'standup', '"alice"') AS allowed,
	pg_temp.explained('app_user', 'standup', '"mallory"') AS refused,
	pg_temp.report() AS report \gset
ROLLBACK;
SELECT is(:'allowed'::text, 'Permissive policy own on public.member + Restrictive policy not_banned on public.member | {"video": {"room": "standup", "roomJoin": true, "canPublish": true, "canSubscribe": true, "canPublishData": true}} | ok',
	'banned: who may');
SELECT is(:'refused'::text, 'Permissive policy own on public.member + Restrictive policy not_banned on public.member | row: The row is there, but the policies do not show it to role "app_user". -> Change the policies above, or the row, so that they show it. | refused',
	'banned: who may not');
SELECT is(:'report'::text, 'standup alice 00:15:00 default
standup mallory 00:15:00 default',
	'banned: the report');

:begin
\ir ../../examples/policies/breakout_rooms.sql
INSERT INTO meeting VALUES ('retreat', 'hana'); INSERT INTO room VALUES ('retreat', 'retreat'), ('tables', 'retreat'); INSERT INTO seat VALUES ('retreat', 'hana', NULL), ('retreat', 'bob', NULL);
SELECT pg_temp.explained('app_user', 'tables', '"hana"') AS allowed,
	pg_temp.explained('app_user', 'tables', '"bob"') AS refused,
	pg_temp.report() AS report \gset
ROLLBACK;
SELECT is(:'allowed'::text, 'Permissive policy host on public.seat + Permissive policy own on public.seat + Permissive policy seated on public.room + Permissive policy host on public.meeting | {"video": {"room": "tables", "roomJoin": true, "roomAdmin": true, "canPublish": true, "canSubscribe": true, "canPublishData": true}} | ok',
	'breakout_rooms: who may');
SELECT is(:'refused'::text, 'Permissive policy host on public.seat + Permissive policy own on public.seat + Permissive policy seated on public.room + Permissive policy host on public.meeting | row: public.access shows the role no row for this room and this identity. -> Look at the rows, and at the policies above; if it is a view, also at its conditions. | refused',
	'breakout_rooms: who may not');
SELECT is(:'report'::text, 'retreat bob 00:15:00 default
retreat hana 00:15:00 default {roomAdmin}
tables hana 00:15:00 default {roomAdmin}',
	'breakout_rooms: the report');

:begin
\ir ../../examples/policies/capacity.sql
INSERT INTO chair VALUES ('standup', 1, 'alice', 'epoch'), ('standup', 2, NULL, 'epoch'); UPDATE chair SET until = statement_timestamp() + '1 day' WHERE number = 1;
SELECT pg_temp.explained('app_user', 'standup', '"alice"') AS allowed,
	pg_temp.explained('app_user', 'standup', '"bob"') AS refused,
	pg_temp.report() AS report \gset
ROLLBACK;
SELECT is(:'allowed'::text, 'Permissive policy own on public.chair | {"video": {"room": "standup", "roomJoin": true, "canPublish": true, "canSubscribe": true, "canPublishData": true}} | ok',
	'capacity: who may');
SELECT is(:'refused'::text, 'Permissive policy own on public.chair | row: public.access shows the role no row for this room and this identity. -> Look at the rows, and at the policies above; if it is a view, also at its conditions. | refused',
	'capacity: who may not');
SELECT is(:'report'::text, 'standup alice 06:00:00 default',
	'capacity: the report');

:begin
\ir ../../examples/policies/company.sql
INSERT INTO channel VALUES ('payroll', 'finance');
SELECT pg_temp.explained('alice', 'payroll') AS allowed,
	pg_temp.explained('bob', 'payroll') AS refused,
	pg_temp.report() AS report \gset
ROLLBACK;
SELECT is(:'allowed'::text, 'Permissive policy department on public.channel | {"video": {"room": "payroll", "roomJoin": true, "canPublish": true, "canSubscribe": true, "canPublishData": true}} | ok',
	'company: who may');
SELECT is(:'refused'::text, 'Permissive policy department on public.channel | row: The row is there, but the policies do not show it to role "bob". -> Change the policies above, or the row, so that they show it. | refused',
	'company: who may not');
SELECT is(:'report'::text, 'payroll 00:15:00 default',
	'company: the report');

:begin
\ir ../../examples/policies/encryption.sql
INSERT INTO member VALUES ('standup', 'alice');
SELECT pg_temp.explained('app_user', 'standup', '"alice"') AS allowed,
	pg_temp.explained('app_user', 'standup', '"Alice"') AS refused,
	pg_temp.report() AS report \gset
ROLLBACK;
SELECT is(:'allowed'::text, 'Permissive policy own on public.member | {"video": {"room": "standup", "roomJoin": true, "canPublish": true, "canSubscribe": true, "canPublishData": true}} | ok',
	'encryption: who may');
SELECT is(:'refused'::text, 'Permissive policy own on public.member | row: There is no row in public.member for this room and this identity. -> INSERT INTO public.member (room, identity) VALUES (''standup'', ''Alice''); | refused',
	'encryption: who may not');
SELECT is(:'report'::text, 'standup alice 00:15:00 default',
	'encryption: the report');

:begin
\ir ../../examples/policies/invitations.sql
SELECT 'no rows' WHERE invite('standup') IS NULL;
SELECT pg_temp.explained('app_guest', 'standup') AS refused,
	pg_temp.report() AS report \gset
ROLLBACK;
SELECT is(:'refused'::text, 'registration: No access relation is registered, so that nobody may join by policies. -> SELECT livekit_register_access(''...''); | refused',
	'invitations: who may not');
SELECT is(:'report'::text, '55000 no access relation is registered',
	'invitations: the report');

:begin
\ir ../../examples/policies/meetings.sql
INSERT INTO meeting VALUES ('lesson', now() - interval '1 hour', now() + interval '1 day'), ('exam', now() + interval '1 day', now() + interval '2 days'); INSERT INTO member VALUES ('lesson', 'alice'), ('exam', 'alice');
SELECT pg_temp.explained('app_user', 'lesson', '"alice"') AS allowed,
	pg_temp.explained('app_user', 'exam', '"alice"') AS refused,
	pg_temp.report() AS report \gset
ROLLBACK;
SELECT is(:'allowed'::text, 'Permissive policy own on public.member + Permissive policy invited on public.meeting | {"video": {"room": "lesson", "roomJoin": true, "canPublish": true, "canSubscribe": true, "canPublishData": true}} | ok',
	'meetings: who may');
SELECT is(:'refused'::text, 'Permissive policy own on public.member + Permissive policy invited on public.meeting | row: public.access shows the role no row for this room and this identity. -> Look at the rows, and at the policies above; if it is a view, also at its conditions. | refused',
	'meetings: who may not');
SELECT is(:'report'::text, 'lesson alice 00:15:00 default',
	'meetings: the report');

:begin
\ir ../../examples/policies/members.sql
INSERT INTO member VALUES ('standup', 'alice'), ('boardroom', 'bob');
SELECT pg_temp.explained('app_user', 'standup', '"alice"') AS allowed,
	pg_temp.explained('app_user', 'boardroom', '"alice"') AS refused,
	pg_temp.report() AS report \gset
ROLLBACK;
SELECT is(:'allowed'::text, 'Permissive policy own on public.member | {"video": {"room": "standup", "roomJoin": true, "canPublish": true, "canSubscribe": true, "canPublishData": true}} | ok',
	'members: who may');
SELECT is(:'refused'::text, 'Permissive policy own on public.member | row: There is no row in public.member for this room and this identity. -> INSERT INTO public.member (room, identity) VALUES (''boardroom'', ''alice''); | refused',
	'members: who may not');
SELECT is(:'report'::text, 'boardroom bob 00:15:00 default
standup alice 00:15:00 default',
	'members: the report');

:begin
\ir ../../examples/policies/moderators.sql
INSERT INTO member VALUES ('standup', 'alice', true), ('standup', 'bob', false);
SELECT pg_temp.explained('app_user', 'standup', '"alice"') AS allowed,
	pg_temp.explained('app_user', 'standup') AS refused,
	pg_temp.report() AS report \gset
ROLLBACK;
SELECT is(:'allowed'::text, 'Permissive policy own on public.member | {"video": {"room": "standup", "roomJoin": true, "roomAdmin": true, "canPublish": true, "canSubscribe": true, "canPublishData": true}} | ok',
	'moderators: who may');
SELECT is(:'refused'::text, 'identity: The caller has no identity, from app.user_id, as livekit_token.identity says for role "app_user". The setting "app.user_id" has no value in this transaction. -> Give the claims that the gateway would set, as the third argument. | refused',
	'moderators: who may not');
SELECT is(:'report'::text, 'standup alice 00:15:00 default {roomAdmin}
standup bob 00:15:00 default',
	'moderators: the report');

:begin
\ir ../../examples/policies/owner_invites.sql
INSERT INTO room VALUES ('den', 'olga'); INSERT INTO member (room, identity, listener) VALUES ('den', 'alice', true), ('den', 'olga', false);
SELECT pg_temp.explained('app_user', 'den', '"alice"') AS allowed,
	pg_temp.explained('app_user', 'den', '"bob"') AS refused,
	pg_temp.report() AS report \gset
ROLLBACK;
SELECT is(:'allowed'::text, 'Permissive policy invite on public.member + Permissive policy own on public.member | {"video": {"room": "den", "roomJoin": true, "canPublish": false, "canSubscribe": true, "canPublishData": false}} | ok',
	'owner_invites: who may');
SELECT is(:'refused'::text, 'Permissive policy invite on public.member + Permissive policy own on public.member | row: There is no row in public.member for this room and this identity. -> INSERT INTO public.member (room, identity) VALUES (''den'', ''bob''); | refused',
	'owner_invites: who may not');
SELECT is(:'report'::text, 'den alice false 00:15:00 default
den olga 00:15:00 default',
	'owner_invites: the report');

:begin
\ir ../../examples/policies/public_lobby.sql
INSERT INTO room VALUES ('lobby', true), ('backstage', false); INSERT INTO member VALUES ('lobby', 'alice'), ('backstage', 'alice');
SELECT pg_temp.explained('app_user', 'lobby', '"visitor:1"') AS allowed,
	pg_temp.explained('app_user', 'backstage', '"visitor:1"') AS refused,
	pg_temp.report() AS report \gset
ROLLBACK;
SELECT is(:'allowed'::text, 'Permissive policy own on public.member + Permissive policy public on public.room | {"video": {"room": "lobby", "roomJoin": true, "canPublish": false, "canSubscribe": true, "canPublishData": false}} | ok',
	'public_lobby: who may');
SELECT is(:'refused'::text, 'Permissive policy own on public.member + Permissive policy public on public.room | row: public.access shows the role no row for this room and this identity. -> Look at the rows, and at the policies above; if it is a view, also at its conditions. | refused',
	'public_lobby: who may not');
SELECT is(:'report'::text, 'backstage alice 00:15:00 default
lobby alice 00:15:00 default
lobby whoever asks false 00:15:00 default',
	'public_lobby: the report');

:begin
\ir ../../examples/policies/supabase.sql
INSERT INTO room_member VALUES ('57a4d000-0000-4000-8000-00000000005d', 'a11ce000-0000-4000-8000-00000000000a');
SELECT pg_temp.explained('authenticated', '57a4d000-0000-4000-8000-00000000005d', '{"sub": "a11ce000-0000-4000-8000-00000000000a", "role": "authenticated"}') AS allowed,
	pg_temp.explained('authenticated', '57A4D000-0000-4000-8000-00000000005D', '{"sub": "a11ce000-0000-4000-8000-00000000000a"}') AS refused,
	pg_temp.report() AS report \gset
ROLLBACK;
SELECT is(:'allowed'::text, 'Permissive policy own on public.room_member | {"video": {"room": "57a4d000-0000-4000-8000-00000000005d", "roomJoin": true, "canPublish": true, "canSubscribe": true, "canPublishData": true}} | ok',
	'supabase: who may');
SELECT is(:'refused'::text, 'room: Column "room_id" is of type uuid, of which "57A4D000-0000-4000-8000-00000000005D" is no value as PostgreSQL writes it. -> Ask for one as a row has it. | refused',
	'supabase: who may not');
SELECT is(:'report'::text, '57a4d000-0000-4000-8000-00000000005d a11ce000-0000-4000-8000-00000000000a 00:15:00 default',
	'supabase: the report');

:begin
\ir ../../examples/policies/tenants.sql
INSERT INTO tenant VALUES ('acme', 'default', 'wss://acme.example.com'), ('umbrella', 'umbrella', 'wss://umbrella.example.com'); INSERT INTO member VALUES ('acme', 'standup', 'alice'), ('umbrella', 'lab', 'alice');
SELECT pg_temp.explained('app_user', 'standup', '{"app.user_id": "alice", "app.tenant": "acme"}') AS allowed,
	pg_temp.explained('app_user', 'lab', '{"app.user_id": "alice", "app.tenant": "umbrella"}') AS refused,
	pg_temp.report() AS report \gset
ROLLBACK;
SELECT is(:'allowed'::text, 'Permissive policy own on public.member + Permissive policy this on public.tenant | {"video": {"room": "standup", "roomJoin": true, "canPublish": true, "canSubscribe": true, "canPublishData": true}} | ok',
	'tenants: who may');
SELECT is(:'refused'::text, 'Permissive policy own on public.member + Permissive policy this on public.tenant | {"video": {"room": "lab", "roomJoin": true, "canPublish": true, "canSubscribe": true, "canPublishData": true}} | key: project "umbrella" does not exist (SQLSTATE 42704). -> The view livekit_keys lists the projects. | refused',
	'tenants: who may not');
SELECT is(:'report'::text, 'lab alice umbrella Nothing can be signed for it: project "umbrella" does not exist.
standup alice 00:15:00 default',
	'tenants: the report');

SELECT * FROM finish();
