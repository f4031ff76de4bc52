# Keys in the table when something dies, and under load: a server that is
# killed halfway through sealing all of them anew has changed none; and while
# keys come and go, no token fails to be minted, nor is one of a key refused
# that is still there.
use strict;
use warnings FATAL => 'all';

use FindBin;
use IPC::Run ();
use lib $FindBin::RealBin;
use LivekitToken;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my ($first, $second) = map { random_secret() } 1 .. 2;
my $directory = PostgreSQL::Test::Utils::tempdir();
my $path = "$directory/master";
write_file($path, "$first\n");
my $node = server('faults', 'livekit_token.master_key_file' => $path, restart_after_crash => 'on',
	log_statement => 'none', max_connections => 20);
my $superuser = $node->safe_psql('postgres', 'SELECT current_user');
my $summary = q{SELECT count(*), count(DISTINCT master_key), md5(string_agg(k::text, ';' ORDER BY api_key)) FROM livekit_sealed_key k};
my $mint = q{SELECT livekit_verify(livekit_issue('alice', 'standup')) ->> 'iss';};

# Three hundred keys, with a token each.
$node->safe_psql('postgres', q{
	CREATE TABLE token AS
		SELECT api_key, 'p' || i AS project, '' AS token
		FROM generate_series(1, 300) i, livekit_key_generate('p' || i);
	UPDATE token SET token = livekit_issue('alice', 'standup', project => project)});
my $before = $node->safe_psql('postgres', $summary);
like($before, qr/^300\|1\|/, 'three hundred keys, sealed with one');

# Is each key whole: its old token is its own, and it mints a new one.
sub all_whole
{
	my ($what) = @_;
	is(outcome($node, $superuser, q{SELECT count(*) FROM token WHERE project <> 'default'
		AND livekit_verify(token) ->> 'iss' = api_key AND livekit_verify(livekit_issue('bob', 'standup', project => project)) ->> 'iss' = api_key}),
		'300', "$what: every key is whole");
	return;
}
all_whole('at first');
write_file($path, "$second\n$first\n");


# Stop halfway, at a row that another session holds; and end it so.
my $half = q{SELECT count(*) FROM (SELECT FROM livekit_sealed_key ORDER BY ctid OFFSET 150 LIMIT 1 FOR UPDATE) AS held;};
my $observer;
foreach my $case (
	[ 'cancelled', sub { ask($observer, "SELECT pg_cancel_backend($_[0]);") } ],
	[ 'backend killed', sub { kill 'KILL', $_[0] } ],
	[ 'server killed', sub { kill_server($node) } ])
{
	my ($what, $end) = @$case;
	my ($holder, $sealer);

	($observer, $holder, $sealer) = map { open_session($node, $superuser) } 1 .. 3;
	my $pid = ask($sealer, 'SELECT pg_backend_pid();');
	is(ask($holder, "BEGIN; $half"), '1', 'a row is held');
	ok(start($sealer, 'SELECT livekit_key_rewrap();', $observer), 'rewrap waits for it');
	is(ask($observer, $summary . ';'), $before, 'and nothing is seen of it');
	$end->($pid);
	if ($what eq 'cancelled')
	{
		is(finish($sealer), '57014', $what);
		is(ask($sealer, "SELECT count(DISTINCT master_key) FROM livekit_keys;"), '1', 'the session has what there is');
	}
	$_->{run}->kill_kill foreach $holder, $sealer, $observer;
	$node->start if $what eq 'server killed';
	$node->poll_query_until('postgres', 'SELECT true') or die $what;
	is($node->safe_psql('postgres', $summary), $before, "$what: nothing has changed");
	all_whole($what);
}
is(outcome($node, $superuser, 'SELECT livekit_key_rewrap()'), '300', 'sealed anew, to the end');
write_file($path, "$second\n");
all_whole('with the new master key alone');
kill_server($node);
$node->start;
all_whole('after a crash');

# Under load.  A token that was minted and is refused must be of a key that
# is gone; names of keys are not used again.  One key is there all the time.
$node->safe_psql('postgres', q{
	GRANT SELECT ON token TO app;
	SELECT livekit_key_set('APIkept', repeat('kept', 8));
	INSERT INTO token SELECT 'APIkept', 'default', livekit_issue('alice', 'standup');
	SELECT livekit_key_set('API0', repeat('first', 8));
	CREATE FUNCTION checked() RETURNS void LANGUAGE plpgsql AS $$
		DECLARE
			minted text := livekit_issue('alice', 'standup');
			name text := (livekit_inspect(minted)).api_key;
		BEGIN
			IF livekit_verify(minted) ->> 'iss' IS NULL THEN
				RAISE 'no issuer';
			END IF;
		EXCEPTION WHEN invalid_authorization_specification THEN
			IF EXISTS (SELECT FROM livekit_keys WHERE api_key = name) THEN
				RAISE 'a token of % is refused', name;
			END IF;
		END $$;
	CREATE FUNCTION kept() RETURNS void LANGUAGE plpgsql AS $$
		BEGIN
			PERFORM livekit_verify(token) FROM token WHERE api_key = 'APIkept';
			IF NOT FOUND OR livekit_verify(livekit_issue('alice', 'standup', project => 'p7')) IS NULL THEN
				RAISE 'not found';
			END IF;
		END $$});
append_to_file("$directory/load", "SELECT checked();\nSELECT kept();\n");
my ($stdout, $stderr) = ('', '');
my $load = do {
	local %ENV = $node->_get_env();
	IPC::Run::start([ 'pgbench', '-n', '-M', 'prepared', '-c', 4, '-j', 2, '-T', 1, '-f', "$directory/load", '-U', 'app', 'postgres' ],
		'<', \undef, '>', \$stdout, '2>', \$stderr);
};
my $administrator = open_session($node, $superuser);
my ($rotations, @failures) = (0);
while ($load->pumpable || $rotations < 50)
{
	my $last = $rotations++;
	my $secret = random_secret();

	push @failures, grep { $_ ne '' } map { ask($administrator, "SELECT livekit_key_$_;") }
	  "set('API$rotations', '$secret')", "retire('API$last')", ($last % 2 ? "retire('APIkept', true)" : "set('APIkept', repeat('kept', 8))"), "drop('API$last')";
	if ($rotations == 20)
	{
		write_file($path, "$first\n$second\n");
		push @failures, ask($administrator, 'SELECT livekit_key_rewrap() > 300;');
	}
	$load->pump_nb if $load->pumpable;
}
$load->finish;
is(join(' ', @failures), 't', 'all changes were made');
is($stderr =~ s/^pgbench \(.*\n//r, '', 'no token failed');
like($stdout, qr/number of transactions actually processed: [1-9].*\nnumber of failed transactions: 0 /, 'nor a transaction');
is(ask($administrator, $mint), "API$rotations", 'the last one signs');
is(ask($administrator, q{SELECT count(*) FROM pg_backend_memory_contexts WHERE name = 'livekit_token keys';}), '1', 'what was dropped is not kept in memory');
all_whole('after all');
$administrator->quit;
$node->stop;
done_testing();
