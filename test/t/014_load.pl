# Many callers at once, who change role and identity between statements on the
# same connections, as behind a pooler: each token is its asker's.  And a
# session that has asked twenty thousand times is as small as before.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;
use LivekitToken;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $path = key_file(APIfile => random_secret());
my $node = server('load', 'livekit_token.key_file' => $path, 'livekit_token.url' => 'wss://livekit.example.com',
	log_statement => 'none', log_min_messages => 'fatal');
my $directory = PostgreSQL::Test::Utils::tempdir();

members($node);
$node->safe_psql('postgres', q{
	CREATE ROLE pool LOGIN;
	CREATE ROLE claimant LOGIN;
	CREATE ROLE staff;
	CREATE ROLE guest;
	GRANT staff, guest TO claimant;
	ALTER ROLE claimant SET livekit_token.identity = 'app.user_id';
	DO $$ BEGIN FOR i IN 1 .. 8 LOOP EXECUTE format('CREATE ROLE user_%s; GRANT user_%s TO pool', i, i); END LOOP; END $$;
	INSERT INTO member SELECT 'room ' || i % 3, 'user_' || i FROM generate_series(1, 8) i;
	INSERT INTO member SELECT 'room ' || i % 3, i FROM generate_series(1, 50) i;
	INSERT INTO member SELECT 'backstage', i FROM generate_series(1, 50) i;
	DROP POLICY own ON member;
	CREATE POLICY own ON member TO PUBLIC USING (identity = livekit_identity() AND room <> 'backstage');
	CREATE POLICY staff ON member TO staff USING (identity = livekit_identity());
	-- raises unless the token is for this identity and room
	CREATE FUNCTION checked(who text, place text) RETURNS void LANGUAGE plpgsql AS $$
		BEGIN
			IF (SELECT count(*) FROM livekit_join(place) j, livekit_verify(j.participant_token) AS claims
				WHERE j.identity = who AND claims ->> 'sub' = who AND claims #>> '{video,room}' = place) <> 1
			THEN
				RAISE 'not the token of % for %', who, place;
			END IF;
		END $$;
	CREATE FUNCTION refused(place text) RETURNS void LANGUAGE plpgsql AS $$
		BEGIN
			PERFORM livekit_join(place);
			RAISE 'not refused at %', place USING ERRCODE = 'raise_exception';
		EXCEPTION WHEN insufficient_privilege THEN
		END $$});

# By SET ROLE; by a setting that lasts as long as its transaction; and as one
# of two roles that other policies are for.
my %script = (
	pool => q{
\set n random(1, 8)
\set elsewhere mod(:n + 1, 3)
SET ROLE user_:n;
SELECT checked('user_' || :n, 'room ' || mod(:n, 3));
SELECT refused('room ' || :elsewhere);
RESET ROLE;
SELECT refused('room ' || mod(:n, 3));
},
	claimant => q{
\set n random(1, 50)
\set elsewhere mod(:n + 1, 3)
\set staff random(0, 1)
BEGIN;
SELECT set_config('app.user_id', :n::text, true);
SELECT checked(:n::text, 'room ' || mod(:n, 3));
SELECT refused('room ' || :elsewhere);
\if :staff
SET LOCAL ROLE staff;
SELECT checked(:n::text, 'backstage');
\else
SET LOCAL ROLE guest;
SELECT refused('backstage');
\endif
COMMIT;
SELECT refused('room ' || mod(:n, 3));
});
foreach my $user (sort keys %script)
{
	foreach my $protocol ('simple', 'prepared')
	{
		# SET takes no parameters
		my $text = $protocol eq 'simple' ? $script{$user} : $script{$user} =~ s/^SET ROLE user_:n;/SELECT set_config('role', 'user_' || :n, false);/mr;
		my $file = "$directory/$user.$protocol";

		append_to_file($file, $text);
		local %ENV = $node->_get_env();
		my ($stdout, $stderr) = run_command([ 'pgbench', '-n', '-M', $protocol, '-c', 6, '-j', 2, '-t', 40, '-f', $file, '-U', $user, 'postgres' ]);
		like($stdout, qr/number of transactions actually processed: 240\/240/, "$user, $protocol: each token is its asker's");
		is($stderr =~ s/^pgbench \(.*\n//r, '', 'and nothing went wrong');
	}
}

# A session's memory: what it has used after so many more joins and refusals.
my $session = open_session($node, 'alice');
my $join = q{PERFORM participant_token FROM livekit_join('standup');};
my $refuse = q{BEGIN PERFORM livekit_join('retro'); EXCEPTION WHEN insufficient_privilege THEN END;};

sub memory
{
	my ($times) = @_;

	ask($session, "DO \$\$ BEGIN FOR i IN 1 .. $times LOOP $join IF i % 10 = 0 THEN $refuse END IF; END LOOP; END \$\$;");
	return ask($session, q{SELECT sum(used_bytes) FROM pg_backend_memory_contexts;});
}
$node->safe_psql('postgres', 'GRANT pg_read_all_stats TO alice');
my $pid = ask($session, 'SELECT pg_backend_pid();');
my $resident = sub { return (split / /, slurp_file("/proc/$pid/statm"))[1] * 4 };

memory(1000);
my ($used, $pages) = (memory(1000), $resident->());
cmp_ok(memory(20000), '<=', $used + 65536, 'twenty thousand joins leave no memory in use');
cmp_ok($resident->(), '<=', $pages + 1024, 'nor does the process grow') if -r "/proc/$pid/statm";

# Within one statement, too.
is(ask($session, q{SELECT count(j) FROM (SELECT livekit_join('standup') AS j FROM generate_series(1, 5000)) AS joined;}), '5000', 'five thousand in one statement');
cmp_ok($resident->(), '<=', $pages + 8192, 'neither') if -r "/proc/$pid/statm";
$session->quit;
$node->stop;
done_testing();
