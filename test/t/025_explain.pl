# What the answers to a DBA's questions leave behind, and what they cost:
# nothing in the log and in the records of what was signed; of a million rows
# the memory of a few; with the settings of login roles as they are, on a
# standby and in old transactions as livekit_join itself.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;
use LivekitToken;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $secret = random_secret();
my $path = key_file(APIfile => $secret);
my $node = server('explained', shared_preload_libraries => 'livekit_token',
	wal_level => 'replica', max_wal_senders => 3, shared_buffers => '2MB',
	log_statement => 'none', log_checkpoints => 'off',
	'livekit_token.audit' => 'both',
	'livekit_token.key_file' => $path, 'livekit_token.url' => 'wss://livekit.example.com');
my $superuser = $node->safe_psql('postgres', 'SELECT current_user');

members($node);

# The last row of an explanation: ok, or refused with what the client is told.
sub answer
{
	my ($role, $room, $claims) = @_;

	return sprintf q{SELECT finding FROM livekit_explain_join('%s', '%s', %s) WHERE subject = 'answer';},
	  $role, $room, defined $claims ? "'$claims'" : 'NULL';
}

sub verdict { return answer(@_) =~ s/finding/verdict/r; }

# The log and the records, of whatever is explained: with nothing but the
# server's own lines logged, there is no line at all.
$node->safe_psql('postgres', q{
	CREATE TABLE visited (who text);
	GRANT INSERT ON visited TO PUBLIC;
	CREATE FUNCTION fails() RETURNS bool LANGUAGE plpgsql AS $$BEGIN RAISE 'a reason of its own'; END$$;
	CREATE FUNCTION visits() RETURNS bool LANGUAGE plpgsql AS $$BEGIN INSERT INTO visited VALUES (current_user); RETURN true; END$$});
my $signed = q{SELECT (SELECT count(*) FROM livekit_issued), (SELECT sum(count) FROM livekit_counters()), (SELECT count(*) FROM visited);};
my $before = $node->safe_psql('postgres', $signed);
my $offset = -s $node->logfile;
foreach my $case (
	[ 'alice', 'standup', '', 'ok' ],
	[ 'alice', 'retro', '', 'refused' ],
	[ 'nobody', 'standup', 'CREATE ROLE nobody', 'refused' ],
	[ $superuser, 'standup', '', 'refused' ],
	[ 'alice', 'standup', 'ALTER POLICY own ON member USING (fails())', 'refused' ],
	[ 'alice', 'standup', 'ALTER POLICY own ON member USING (visits())', 'ok' ],
	[ 'alice', 'standup', q{SET LOCAL livekit_token.key_file = ''}, 'refused' ],
	[ 'alice', 'standup', q{UPDATE member SET grants = '{"canPublsh": 1}'}, 'refused' ],
	[ 'alice', 'standup', 'SELECT livekit_unregister_access()', 'refused' ])
{
	my ($role, $room, $change, $expected) = @$case;
	my $shown = $node->safe_psql('postgres', "BEGIN; $change; SELECT * FROM livekit_explain_join('$role', '$room'); ROLLBACK");

	like($shown, qr/[|]answer[|]$expected[|]/, "$role, $room, $change: $expected");
	unlike($shown, qr/eyJ|\Q$secret\E/, 'and no token in it');
}
is($node->safe_psql('postgres', $signed), $before, 'nothing was signed, counted, recorded or written');
is(new_log($node, $offset), '', 'nothing was logged');

# The settings of login roles, of this database and of all; with the same
# settings the login role itself is let in, or told the same.
$node->safe_psql('postgres', q{
	CREATE ROLE authenticated;
	CREATE ROLE authenticator LOGIN NOINHERIT IN ROLE authenticated;
	CREATE ROLE web LOGIN;
	CREATE DATABASE other;
	ALTER ROLE authenticator SET livekit_token.identity = 'postgrest';
	ALTER ROLE web SET livekit_token.identity = 'app.nobody';
	ALTER ROLE web IN DATABASE postgres SET livekit_token.identity = 'app.user_id';
	ALTER ROLE web IN DATABASE other SET livekit_token.identity = 'hasura';
	INSERT INTO member VALUES ('standup', 'carol'), ('standup', 'authenticated'), ('standup', 'web')});
foreach my $case (
	[ 'authenticated', '{"sub": "carol"}', 'authenticator', q{SET request.jwt.claims = '{"sub": "carol"}'; SET ROLE authenticated;}, 'carol' ],
	[ 'authenticated', '{"sub": "dave"}', 'authenticator', q{SET request.jwt.claims = '{"sub": "dave"}'; SET ROLE authenticated;}, '42501' ],
	[ 'authenticated', undef, 'authenticator', 'SET ROLE authenticated;', '42501' ],
	[ 'web', '"carol"', 'web', q{SET app.user_id = 'carol';}, 'carol' ],
	[ 'web', '"dave"', 'web', q{SET app.user_id = 'dave';}, '42501' ],
	[ 'web', undef, 'web', '', '42501' ],
	[ 'alice', undef, 'alice', '', 'alice' ],
	[ 'alice', '{"sub": "carol"}', 'alice', q{SET request.jwt.claims = '{"sub": "carol"}';}, 'alice' ])
{
	my ($role, $claims, $login, $settings, $expected) = @$case;

	is(outcome($node, $login, $settings . joining('standup')), $expected eq '42501' ? '42501' : "$expected|standup", "$login, $settings $expected");
	is($node->safe_psql('postgres', verdict($role, 'standup', $claims)), $expected eq '42501' ? 'refused' : 'ok', 'explained');
}
my $claims = q{'{"x-hasura-user-id": "carol"}'};
like($node->safe_psql('postgres', qq{SELECT finding FROM livekit_explain_join('web', 'standup', '{"app.user_id": "carol"}') WHERE subject = 'identity'}), qr/"carol".*app[.]user_id/, 'in this database');
$node->safe_psql('other', q{CREATE EXTENSION livekit_token; CREATE TABLE member (room text, identity text); ALTER TABLE member ENABLE ROW LEVEL SECURITY;
	CREATE POLICY own ON member USING (identity = livekit_identity()); INSERT INTO member VALUES ('standup', 'carol'); GRANT SELECT ON member TO web;
	GRANT EXECUTE ON FUNCTION livekit_join TO web; SELECT livekit_register_access('member')});
like($node->safe_psql('other', "SELECT finding FROM livekit_explain_join('web', 'standup', $claims) WHERE subject = 'identity'"), qr/"carol".*hasura/, 'in the other database');
is($node->safe_psql('other', "SELECT verdict FROM livekit_explain_join('web', 'standup', $claims) WHERE subject = 'answer'"), 'ok', 'where he is let in');

# Who asks for himself, by a login without superuser's rights.
$node->safe_psql('postgres', 'GRANT EXECUTE ON FUNCTION livekit_explain_join TO web, alice, authenticator, keeper');
is(outcome($node, 'alice', verdict('alice', 'standup')), 'ok', 'alice about herself');
is(outcome($node, 'alice', verdict('bob', 'retro')), '42501', 'not about bob');
is(outcome($node, 'authenticator', verdict('authenticated', 'standup', '{"sub": "carol"}')), 'ok', 'the gateway about the role that it takes');
is(outcome($node, 'web', verdict($superuser, 'standup')), '42501', 'nobody about a superuser');
is(outcome($node, 'keeper', verdict('alice', 'standup')), '42501', 'nor the table\'s owner about its users');

# An old transaction: livekit_join reads what is committed now, and so do
# the explanation, its look for the row, and the report.
my $old = open_session($node, $superuser);
my $alice = open_session($node, 'alice');
foreach my $case ([ q{DELETE FROM member WHERE identity = 'alice'}, '42501', 'refused' ], [ q{INSERT INTO member VALUES ('standup', 'alice')}, 'alice|standup', 'ok' ])
{
	my ($change, $told, $verdict) = @$case;

	ask($_, 'BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM member;') foreach $old, $alice;
	$node->safe_psql('postgres', $change);
	is(ask($alice, joining('standup')), $told, "after $change: $told");
	is(ask($old, verdict('alice', 'standup')), $verdict, "explained in an older transaction: $verdict");
	unlike(ask($old, "SELECT string_agg(finding, ' ') FROM livekit_explain_join('alice', 'standup')"), qr/row is there/, 'the row is looked for as it is now');
	is(ask($old, "SELECT count(*) FROM livekit_access_report('standup', 'alice')"), $verdict eq 'ok' ? 1 : 0, 'and so does the report');
	ask($_, 'ROLLBACK;') foreach $old, $alice;
}
ask($old, 'BEGIN;');
is(ask($old, q{DELETE FROM member WHERE identity = 'alice' RETURNING identity;} . verdict('alice', 'standup')), "alice\nrefused", 'its own changes count');
ask($old, 'ROLLBACK;');
is(ask($old, verdict('alice', 'standup')), 'ok', 'until they are rolled back');
$_->quit foreach $old, $alice;

# What the server's files say of identities, everybody has, and it is believed
# of nobody.
$node->append_conf('postgresql.conf', "livekit_token.identity = 'postgrest'");
$node->reload;
ok($node->poll_query_until('postgres', "SELECT current_setting('livekit_token.identity') = 'postgrest'"), 'set for the server');
is(outcome($node, 'alice', joining('standup')), '42501', 'she has no identity');
is($node->safe_psql('postgres', verdict('alice', 'standup')), 'refused', 'as is explained');
$node->append_conf('postgresql.conf', "livekit_token.identity = 'role'");
$node->reload;
ok($node->poll_query_until('postgres', "SELECT current_setting('livekit_token.identity') = 'role'"), 'and no longer');
is($node->safe_psql('postgres', verdict('alice', 'standup')), 'ok', 'nor explained');

# What ends a statement ends this one.
is(outcome($node, $superuser, q{BEGIN; ALTER POLICY own ON member USING (pg_sleep(600) IS NOT NULL); SET LOCAL statement_timeout = '10ms'; } . verdict('alice', 'standup')),
	'57014', 'a timeout is no answer');

# A standby, where nothing can be written; with audit to the table.
$node->backup('backup');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($node, 'backup', has_streaming => 1);
$standby->start;
$node->wait_for_catchup($standby);
$offset = -s $standby->logfile;
is($standby->safe_psql('postgres', verdict('alice', 'standup')), 'ok', 'on a standby');
is($standby->safe_psql('postgres', verdict('alice', 'retro')), 'refused', 'on a standby, another room');
is($standby->safe_psql('postgres', verdict('web', 'standup', '"carol"')), 'ok', 'with claims');
is($standby->safe_psql('postgres', 'SELECT count(*) > 3 FROM livekit_access_report()'), 't', 'the report');
unlike(new_log($standby, $offset), qr/livekit_token: |ERROR/, 'nothing is logged there either');
$node->safe_psql('postgres', 'ALTER POLICY own ON member USING (visits())');
$node->wait_for_catchup($standby);
is($standby->safe_psql('postgres', verdict('alice', 'standup')), 'refused', 'a policy that writes fails there');
is(outcome($standby, 'alice', joining('standup')), '25006', 'as it does for alice');
$node->safe_psql('postgres', 'ALTER POLICY own ON member USING (identity = livekit_identity())');
$standby->stop;

# A million rows, in one statement: a session that has read a thousand grows
# by a few MB at most.  shared_buffers are small, and so is work_mem.
$node->safe_psql('postgres', q{
	TRUNCATE member;
	INSERT INTO member SELECT 'room ' || n % 1000, 'user ' || n, '{"canPublish": false, "roomAdmin": true}' FROM generate_series(1, 1000000) n;
	ANALYZE member});
my $reader = open_session($node, $superuser);
my $pid = ask($reader, 'SELECT pg_backend_pid();');

# The most memory that the process has had, in MB.
sub peak { return slurp_file("/proc/$pid/status") =~ /^VmHWM:\s+(\d+) kB/m ? $1 / 1024 : die "no VmHWM"; }

SKIP:
{
	skip 'no /proc', 4 if !-r "/proc/$pid/status";
	ask($reader, q{SET work_mem = '1MB'; SET client_min_messages = error; SET max_parallel_workers_per_gather = 0;});
	my $report = q{SELECT count(*), count(problem), count(*) FILTER (WHERE notable = '{roomAdmin}') FROM livekit_access_report(%s);};
	is(ask($reader, sprintf $report, q{room => 'room 7'}), '1000|0|1000', 'a thousand rows');
	my $few = peak();
	is(ask($reader, sprintf $report, ''), '1000000|0|1000000', 'a million rows');
	cmp_ok(peak() - $few, '<', 8, 'of which the session keeps no memory');
	is(ask($reader, sprintf $report, q{'room 7', 'user 7'}), '1|0|1', 'and goes on');
}

# By room and identity the index is used.
my $counted = q{SELECT pg_stat_force_next_flush(); SELECT seq_scan FROM pg_stat_user_tables WHERE relname = 'member';};
my $scans = ask($reader, $counted);
is(ask($reader, q{SELECT count(*) FROM livekit_access_report('room 7', 'user 7');}), '1', 'one row');
is(ask($reader, $counted), $scans, 'without a scan of the table');
ask($reader, q{SET enable_indexscan = off; SET enable_bitmapscan = off; SELECT count(*) FROM livekit_access_report('room 7', 'user 7');});
cmp_ok(ask($reader, $counted), '>', $scans, 'which would have been counted');
$reader->quit;

# The example of tests for an application runs as it stands, in the schema
# that it is for.
SKIP:
{
	skip 'no pgTAP', 3 if $node->safe_psql('postgres', q{SELECT count(*) FROM pg_available_extensions WHERE name = 'pgtap'}) == 0;
	my $examples = "$FindBin::RealBin/../../examples";

	$node->safe_psql('postgres', 'CREATE DATABASE app_test');
	$node->safe_psql('app_test', q{CREATE EXTENSION pgtap; CREATE SCHEMA livekit; CREATE EXTENSION livekit_token SCHEMA livekit;
		ALTER DATABASE app_test SET search_path = public, livekit});
	$node->safe_psql('app_test', slurp_file("$examples/policies/moderators.sql"));
	my ($status, $stdout, $stderr) = $node->psql('app_test', slurp_file("$examples/testing.sql"));
	is($status, 0, 'examples/testing.sql') || diag $stderr;
	my ($plan) = $stdout =~ /^1[.][.](\d+)$/m;
	is(join(' ', $stdout =~ /^(ok|not ok) /mg), join(' ', ('ok') x $plan), "all of its $plan tests pass") || diag $stdout;
	is($node->safe_psql('app_test', 'SELECT count(*) FROM member'), '0', 'and it leaves nothing behind');
}
$node->stop;
done_testing();
