# livekit_token.audit and what happens to a server: each row has its line, but
# not the reverse; standbys, dumps and prepared transactions; settings that
# nobody gets round; counters of the whole server, and a flood of refusals.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;
use JSON::PP ();
use LivekitToken;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $path = key_file(APIfile => random_secret());
my $primary = server('primary', wal_level => 'replica', max_wal_senders => 3, max_prepared_transactions => 2,
	shared_preload_libraries => 'livekit_token',
	'livekit_token.key_file' => $path,
	'livekit_token.audit' => 'both',
	'livekit_token.url' => 'wss://livekit.example.com');
my $superuser = $primary->safe_psql('postgres', 'SELECT current_user');
my $directory = PostgreSQL::Test::Utils::tempdir();
my $json = JSON::PP->new->utf8;

# Our lines in a server's log since an offset, as objects.
sub lines
{
	my ($node, $offset) = @_;

	return map { $json->decode($_) } new_log($node, $offset) =~ /LOG:  livekit_token: (\{[^\n]*\})$/mg;
}

# Run SQL in a session of its own: the outcome, then whom the lines and the
# rows are of.
sub recorded
{
	my ($node, $user, $sql, %options) = @_;
	my $offset = -s $node->logfile;
	my $table = $options{table} // 'livekit_issued';
	my $database = $options{database} // 'postgres';
	my %before = map { $_ => 1 } split /\n/, $node->safe_psql($database, "SELECT jti FROM $table");
	my $outcome = outcome($node, $user, $sql, %options);
	my @lines = map { $_->{identity} // 'NULL' } grep { $_->{event} eq 'issued' } lines($node, $offset);
	my @rows = map { (split /[|]/)[1] } grep { !$before{ (split /[|]/)[0] } }
	  split /\n/, $node->safe_psql($database, "SELECT jti, coalesce(identity, 'NULL') FROM $table ORDER BY issued_at, identity");

	return join ' / ', $outcome =~ /^\w{5}$/ ? $outcome : '', "@lines", "@rows";
}
sub issue { return join '; ', map { "SELECT 1 FROM livekit_issue('$_', 'standup') t WHERE length(t) < 0" } @_; }

members($primary);

# The row is the line.
my $offset = -s $primary->logfile;
$primary->safe_psql('postgres', q{
	SELECT livekit_issue('erin', 'standup', '{"canPublishSources": ["camera"], "sip": {"call": true}}', '5 minutes');
	SELECT livekit_issue(NULL, grants => '{"roomList": true}')}, extra_params => [ '-U', 'app' ]);
my %rows = map { my $row = $json->decode($_); ($row->{jti} => $row) } split /\n/, $primary->safe_psql('postgres', q{
	SELECT jsonb_strip_nulls(to_jsonb(i) || jsonb_build_object('event', 'issued', 'issued_at', extract(epoch FROM issued_at),
		'expires_at', extract(epoch FROM expires_at))) FROM livekit_issued i});
my %lines = map { ($_->{jti} => $_) } lines($primary, $offset);
is_deeply(\%rows, \%lines, 'the rows say what the lines say') or diag explain [ \%rows, \%lines ];
is(scalar keys %rows, 2, 'one each');

# A line stays, and is there when the row is not yet.
foreach (
	[ 'committed', 'BEGIN; ' . issue('a', 'b') . '; COMMIT', ' / a b / a b' ],
	[ 'rolled back', 'BEGIN; ' . issue('a', 'b') . '; ROLLBACK', ' / a b / ' ],
	[ 'to a savepoint', 'BEGIN; ' . issue('a') . '; SAVEPOINT s; ' . issue('b') . '; ROLLBACK TO s; COMMIT', ' / a b / a' ],
	[ 'failed afterwards', q{SELECT 1 / (length(t) - length(t)) FROM livekit_issue('a', 'standup') t}, '22012 / a / ' ],
	[ 'failed at COMMIT', q{BEGIN; CREATE TEMP TABLE t (a int UNIQUE DEFERRABLE INITIALLY DEFERRED); INSERT INTO t VALUES (1), (1); } . issue('a') . '; COMMIT',
		'23505 / a / ' ],
	[ 'read-only', 'BEGIN READ ONLY; ' . issue('a'), '25006 /  / ' ],
	[ 'prepared', 'BEGIN; ' . issue('a') . q{; PREPARE TRANSACTION 'kept'}, ' / a / ' ],
	[ 'prepared, too', 'BEGIN; ' . issue('b') . q{; PREPARE TRANSACTION 'gone'}, ' / b / ' ],
	[ 'COMMIT PREPARED', q{COMMIT PREPARED 'kept'}, ' /  / a' ],
	[ 'ROLLBACK PREPARED', q{ROLLBACK PREPARED 'gone'}, ' /  / ' ])
{
	my ($what, $sql, $expected) = @$_;

	is(recorded($primary, 'app', $sql), $expected, "$what: $expected");
}
my $administrator = open_session($primary, $superuser);
ask($administrator, 'BEGIN; LOCK TABLE livekit_issued IN SHARE MODE;');
is(outcome($primary, 'app', "SET lock_timeout = 1; " . issue('a')), '55P03', 'the table is locked: no token');
ask($administrator, 'COMMIT;');

# A dump carries the rows, to a schema of any name.
$primary->safe_psql('postgres', 'CREATE DATABASE dumped; CREATE DATABASE restored');
$primary->safe_psql('dumped', q{
	CREATE SCHEMA "Live ""Kit's""";
	CREATE EXTENSION livekit_token SCHEMA "Live ""Kit's""";
	SELECT "Live ""Kit's""".livekit_issue(E'a\n"b', 'standup'), "Live ""Kit's""".livekit_issue(NULL, grants => '{"roomList": true}')});
my $all = q{SELECT * FROM "Live ""Kit's""".livekit_issued ORDER BY jti};
$primary->command_ok([ 'pg_dump', '-f', "$directory/dump", 'dumped' ], 'pg_dump');
$primary->command_ok([ 'psql', '-Xq', '-v', 'ON_ERROR_STOP=1', '-f', "$directory/dump", 'restored' ], 'and a restore');
is($primary->safe_psql('restored', $all), $primary->safe_psql('dumped', $all), 'bring the rows');
isnt($primary->safe_psql('restored', $all), '', 'which there are');
is($primary->safe_psql('restored', q{SELECT "Live ""Kit's""".livekit_issued_prune('infinity')}), '2', 'and which can be pruned');

# Where the plan for the row is kept, and the schema goes another way: one made
# in its place by whoever may, does not get the row, nor what its owner may.
$primary->safe_psql('restored', q{
	CREATE ROLE mallory LOGIN;
	GRANT CREATE ON DATABASE restored TO mallory;
	ALTER SCHEMA "Live ""Kit's""" RENAME TO first;
	GRANT USAGE ON SCHEMA first TO app;
	GRANT EXECUTE ON FUNCTION first.livekit_issue TO app});
my $session = open_session($primary, 'app', database => 'restored');
is(ask($session, q{SELECT length(first.livekit_issue('before', 'standup')) > 0;}), 't', 'a session that keeps the plan');
$primary->safe_psql('restored', 'ALTER SCHEMA first RENAME TO second');
$primary->safe_psql('restored', q{
	CREATE SCHEMA first;
	CREATE TABLE first.livekit_issued (LIKE second.livekit_issued);
	CREATE TABLE first.caught (who name);
	GRANT ALL ON first.caught, first.livekit_issued TO PUBLIC;
	CREATE FUNCTION first.catch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO first.caught VALUES (current_user); RETURN NEW; END';
	CREATE TRIGGER catch BEFORE INSERT ON first.livekit_issued FOR EACH ROW EXECUTE FUNCTION first.catch();
	ALTER TABLE first.livekit_issued OWNER TO mallory; ALTER SCHEMA first OWNER TO mallory});
is(ask($session, q{SELECT length(second.livekit_issue('after', 'standup')) > 0;}), 't', 'whose schema is renamed');
is($primary->safe_psql('restored', q{SELECT string_agg(identity, ' ' ORDER BY identity) FROM second.livekit_issued}), 'after before', 'has the row where it belongs');
is($primary->safe_psql('restored', 'SELECT count(*) FROM first.caught'), '0', 'and not elsewhere');
$session->quit;

# A session whose role is dropped meanwhile.
$primary->safe_psql('postgres', 'CREATE ROLE leaver LOGIN; GRANT EXECUTE ON FUNCTION livekit_issue TO PUBLIC');
foreach my $mode ('both', 'log')
{
	$primary->safe_psql('postgres', "ALTER ROLE leaver SET livekit_token.audit = $mode") if $mode eq 'log';
	$session = open_session($primary, 'leaver');
	is(ask($session, q{SELECT count(livekit_issue('erin', 'standup'));}), '1', "$mode: a role");
	$primary->safe_psql('postgres', 'DROP ROLE leaver');
	$offset = -s $primary->logfile;
	like(ask($session, q{SELECT count(livekit_issue('erin', 'standup'));}), qr/^(1|42704|XX000|42501)$/, 'that is dropped is told something');
	like(ask($session, q{SELECT livekit_verify('x');}), qr/^(28000|42501)$/, 'whatever it asks');
	ask($session, q{SELECT livekit_issue('erin', NULL);});
	is(ask($session, 'SELECT 1;'), '1', 'and goes on');
	unlike(new_log($primary, $offset), qr/terminated by signal/, 'as does the server');
	$session->quit;
	$primary->safe_psql('postgres', 'CREATE ROLE leaver LOGIN');
}
$primary->safe_psql('postgres', 'REVOKE EXECUTE ON FUNCTION livekit_issue FROM PUBLIC; DROP ROLE leaver');

# A standby cannot have rows of its own: the line alone.  Promoted, it has.
$primary->backup('backup');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'backup', has_streaming => 1);
$standby->start;
$primary->wait_for_catchup($standby);
is(recorded($standby, 'app', issue('standby')), ' / standby / ', 'a standby: the line alone');
is(recorded($standby, 'alice', joining('standup')), ' / alice / ', 'also of a join');
is(recorded($standby, 'alice', 'BEGIN READ ONLY; ' . joining('standup')), ' / alice / ', 'and in a read-only transaction');
is(outcome($standby, $superuser, q{SELECT livekit_issued_prune('infinity')}), '25006', 'nothing is pruned there');
is(recorded($primary, 'app', issue('replicated')), ' / replicated / replicated', 'the primary');
$primary->wait_for_catchup($standby);
is($standby->safe_psql('postgres', q{SELECT count(*) FROM livekit_issued WHERE identity = 'replicated'}), '1', 'whose rows are replicated');
$standby->promote;
is(recorded($standby, 'app', issue('promoted')), ' / promoted / promoted', 'promoted: the row, too');
is(recorded($standby, 'app', 'BEGIN READ ONLY; ' . issue('promoted')), '25006 /  / ', 'and nothing without one');
$standby->stop;

# Settings: an option of an ordinary user is refused, a superuser's counts.
my $settings = q{SELECT current_setting('livekit_token.audit'), current_setting('livekit_token.audit_refusals')};
foreach my $option (map { "-c livekit_token.$_" } 'audit=off', 'audit=log', 'audit=nonsense', 'audit_refusals=off', 'audit_refusals=x')
{
	like(connection_error($primary, 'app', $option), qr/FATAL:  (permission denied to set parameter|invalid value for parameter|parameter "livekit_token)/,
		"preloaded: $option");
}
is(recorded($primary, $superuser, issue('option'), options => '-c livekit_token.audit=off'), ' /  / ', 'a superuser may');
is(outcome($primary, 'app', $settings), 'both|on', 'as they are set');

# What is counted, is the server's; a restart begins anew.
sub counted
{
	my ($database) = @_;

	return { split /[|\n]/, $primary->safe_psql($database // 'postgres', q{
		SELECT concat_ws(' ', event, reason), count FROM livekit_counters() WHERE count > 0}) };
}
my $flood = q{
	CREATE PROCEDURE refuse(times int) LANGUAGE plpgsql AS $$
	BEGIN
		FOR i IN 1 .. times LOOP
			BEGIN
				PERFORM livekit_issue('mallory', NULL);
			EXCEPTION WHEN invalid_parameter_value THEN
			END;
		END LOOP;
	END $$};
$primary->safe_psql('postgres', $flood);
$primary->safe_psql('dumped', q{CREATE EXTENSION IF NOT EXISTS livekit_token; CREATE VIEW public.c AS SELECT * FROM "Live ""Kit's""".livekit_counters()});
$primary->restart;
is_deeply(counted(), {}, 'none after a restart');
outcome($primary, 'app', issue('a', 'b'));
outcome($primary, 'alice', joining('standup'));
$primary->safe_psql('dumped', q{SELECT "Live ""Kit's""".livekit_issue('c', 'standup')});
is_deeply(counted(), { 'issued livekit_issue' => 3, 'issued livekit_join' => 1 }, 'of all sessions and databases');
is($primary->safe_psql('dumped', 'SELECT sum(count) FROM c'), '4', 'as seen from each');

# A flood of refusals, from many sessions: a hundred lines, and one a second.
my $started = time;
$offset = -s $primary->logfile;
outcome($primary, 'app', 'CALL refuse(50)') foreach 1 .. 6;
outcome($primary, 'app', issue("in the flood $_")) foreach 1 .. 5;
my @refused = grep { $_->{event} eq 'refused' } lines($primary, $offset);
my @tokens = grep { $_->{event} eq 'issued' } lines($primary, $offset);
my $elapsed = 1 + time - $started;
my $suppressed = 300 - @refused;
cmp_ok(scalar @refused, '>=', 100, 'a hundred refusals are written');
cmp_ok(scalar @refused, '<=', 100 + $elapsed, 'and a few more');
is(join(', ', map { $_->{identity} } @tokens), join(', ', map { "in the flood $_" } 1 .. 5), 'of tokens, all');
is(scalar(grep { exists $_->{suppressed} } @tokens), 0, 'which do not tell of refusals');
is(counted()->{'refused invalid_request'}, 300, 'all are counted');
is(counted()->{suppressed}, $suppressed, 'and so are those not written');
$offset = -s $primary->logfile;
outcome($primary, 'app', q{SELECT livekit_verify('x')});
is(join(',', map { $_->{reason} } lines($primary, $offset)), 'malformed', 'tokens that are checked have lines of their own');
my $told = 0;
$told += $_->{suppressed} // 0 foreach @refused;
my $next;
foreach (1 .. 100 * $PostgreSQL::Test::Utils::timeout_default)
{
	$offset = -s $primary->logfile;
	outcome($primary, 'app', 'CALL refuse(1)');
	($next) = lines($primary, $offset);
	last if $next;
	$suppressed++;
}
is($next->{suppressed}, $suppressed - $told, 'the next line tells how many were not written');
is($next->{reason}, 'invalid_request', 'and what it is about itself');
is(counted()->{suppressed}, $suppressed, 'as the counter does');
$primary->safe_psql('postgres', 'DROP PROCEDURE refuse');

# Without preloading, a session is by itself; and one whose options replaced a
# setting before the library was loaded signs nothing.
configure($primary, shared_preload_libraries => '');
$primary->safe_psql('postgres', $flood);
$primary->restart;
foreach (map { "-c livekit_token.$_" } 'audit=off', 'audit=log', 'audit=both', 'audit=nonsense')
{
	is(recorded($primary, 'app', issue('option'), options => $_), '55000 /  / ', "not preloaded: $_");
}
configure($primary, 'livekit_token.audit_refusals' => 'on');
$primary->reload;
is(recorded($primary, 'app', issue('option'), options => "-c livekit_token.audit_refusals=off"), '55000 /  / ', 'not preloaded: audit_refusals=off');
is(recorded($primary, 'app', 'SET livekit_token.audit = off; ' . issue('set')), ' / set / set', 'SET changes nothing');
is(outcome($primary, 'app', issue('a') . '; SET livekit_token.audit = off'), '42501', 'and is refused once it is loaded');
is(outcome($primary, 'app', $_), '42501', "$_: 42501") foreach 'ALTER ROLE app SET livekit_token.audit = off', 'ALTER ROLE app SET livekit_token.audit_refusals = off',
	'CREATE FUNCTION pg_temp.f() RETURNS text SET livekit_token.audit = off RETURN 1';
is(recorded($primary, $superuser, issue('option'), options => '-c livekit_token.audit=log'), ' / option / ', 'a superuser may');
configure($primary, 'livekit_token.audit' => 'nonsense');
$primary->restart;
is(recorded($primary, 'app', issue('nonsense')), '55000 /  / ', 'a value of no sense in postgresql.conf: nothing is signed');
configure($primary, 'livekit_token.audit' => 'both');
$primary->restart;

my @sessions = map { open_session($primary, $superuser) } 1 .. 2;
my $mine = q{SELECT coalesce(string_agg(concat_ws(' ', event, reason, count), ', ' ORDER BY event), 'none') FROM livekit_counters() WHERE count > 0;};
ask($_, q{SELECT livekit_issue('a', 'standup');}) foreach @sessions;
ask($sessions[1], q{SELECT livekit_issue('a', 'standup');});
is(join('; ', map { ask($_, $mine) } @sessions), 'issued livekit_issue 1; issued livekit_issue 2', 'each counts its own');
foreach my $session (@sessions)
{
	$offset = -s $primary->logfile;
	$started = time;
	ask($session, 'CALL refuse(150);');
	my $count = lines($primary, $offset);
	ok(100 <= $count && $count <= 101 + time - $started, 'and may write a hundred lines') or diag $count;
}
is(outcome($primary, $superuser, "LOAD 'livekit_token'; $mine"), 'none', 'the next one begins with none');
$_->quit foreach @sessions, $administrator;
$primary->stop;
done_testing();
