# Who the caller is, by real logins: a setting other than "role" counts when it
# was set for the login role and nowhere else, and nothing that a role can do
# by itself makes it count, or makes it count no longer.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;
use LivekitToken;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $path = key_file(APIfile => random_secret());
my $node = server('identity', 'livekit_token.key_file' => $path, 'livekit_token.url' => 'wss://livekit.example.com');
my $superuser = $node->safe_psql('postgres', 'SELECT current_user');
my $claims = q{SET request.jwt.claims = '{"sub": "carol"}';};
my $who = q{SELECT coalesce(livekit_identity(), 'nobody'), livekit_can_join('standup');};
my $join = joining('standup');
# the same where the leader has no part in it
my $parallel = q{SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET parallel_leader_participation = off;
	SELECT coalesce(livekit_identity(), 'nobody') AS who, count(*) FROM many GROUP BY who;};

members($node);
$node->safe_psql('postgres', q{
	INSERT INTO member VALUES ('standup', 'web'), ('standup', 'carol');
	CREATE ROLE web LOGIN;
	GRANT alice TO web;
	CREATE TABLE many WITH (parallel_workers = 2) AS SELECT generate_series(1, 10);
	GRANT SELECT ON many TO web;
	CREATE DATABASE other});

# Set something for the next sessions, see who a role is in one and whether it
# may join, and reset it.
my $administrator;

sub identity
{
	my ($set, $user, $expected, $what, $sql, $options) = @_;
	my $may_join = $expected eq 'nobody' ? 'f' : 't';

	ask($administrator, "$set;") if $set;
	is(outcome($node, $user, "$claims " . ($sql // '') . $who, options => $options), "$expected|$may_join", "$what: $expected");
	ask($administrator, $set =~ s/ SET .*/ RESET ALL;/r) if $set;
	return;
}
my $postgrest = "SET livekit_token.identity = 'postgrest'";
my $role = "SET livekit_token.identity = 'role'";

like(outcome($node, 'web', $parallel =~ s/SELECT/EXPLAIN SELECT/r), qr/Gather.*Partial/s, 'a parallel plan');

# The library loaded by the first function that needs it, as each session
# begins, and with the server.
foreach my $mode ('', 'session_preload_libraries', 'shared_preload_libraries')
{
	my $preloaded = $mode eq 'shared_preload_libraries';

	configure($node, session_preload_libraries => '', ($mode ? ($mode => 'livekit_token') : ()));
	$node->restart;
	$administrator = open_session($node, $superuser);
	note $mode || 'loaded late';

	identity('', 'web', 'web', 'no setting');
	identity("ALTER ROLE web $postgrest", 'web', 'carol', 'ALTER ROLE');
	identity("ALTER ROLE web IN DATABASE postgres $postgrest", 'web', 'carol', 'ALTER ROLE IN DATABASE');
	identity("ALTER ROLE web IN DATABASE other $postgrest", 'web', 'web', 'in another database');
	identity("ALTER ROLE alice $postgrest", 'web', 'alice', 'a role that did not log in', 'SET ROLE alice;');
	identity("ALTER ROLE web $postgrest", 'web', 'carol', 'a role that did', 'SET ROLE alice;');
	identity("ALTER ROLE ALL $postgrest", 'web', 'nobody', 'ALTER ROLE ALL');
	identity("ALTER DATABASE postgres $postgrest", 'web', 'nobody', 'ALTER DATABASE');
	identity("ALTER ROLE ALL IN DATABASE postgres $postgrest", 'web', 'nobody', 'ALTER ROLE ALL IN DATABASE');
	if ($mode)
	{
		is(ask($administrator, "ALTER ROLE web SET livekit_token.identity = 'nonsense';"), '22023', 'a malformed value cannot be given');
		is(ask($administrator, "SET livekit_token.identity = '$_';"), '22023', "nor can a superuser SET $_") foreach 'postgrest', 'nonsense';
	}
	else
	{
		identity("ALTER ROLE web SET livekit_token.identity = 'nonsense'", 'web', 'nobody', 'a malformed value');
	}

	# What the role does by itself.
	ask($administrator, "ALTER ROLE web $postgrest;");
	identity('', 'web', 'carol', $_, "$_ $claims") foreach 'RESET ALL;', 'DISCARD ALL;', 'ALTER ROLE web RESET ALL;';
	identity('', 'web', 'nobody', $_, $_) foreach "SET request.jwt.claims = '';", 'RESET ALL;';
	foreach my $set ($role, $postgrest, "SET LOCAL livekit_token.identity = 'role'", 'SET livekit_token.identity TO DEFAULT',
		'RESET livekit_token.identity', "SET SESSION AUTHORIZATION DEFAULT; $role", "$role; SAVEPOINT s; $who ROLLBACK TO s",
		"CREATE FUNCTION pg_temp.f() RETURNS text $role RETURN livekit_identity(); SELECT pg_temp.f()",
		"ALTER ROLE web $role", 'ALTER ROLE web RESET livekit_token.identity')
	{
		like(outcome($node, 'web', "$claims BEGIN; $set; $who") =~ s/^carol[|]t\n//r, qr/^(carol[|]t|42501)$/, "$set does not make it another");
		like(outcome($node, 'web', "$claims BEGIN; DO 'BEGIN PERFORM livekit_identity(); END'; $set; $who") =~ s/^carol[|]t\n//r, qr/^(carol[|]t|42501)$/,
			'nor once the library is loaded') unless $mode;
	}
	identity('', 'web', 'carol', 'in a new session');
	is(outcome($node, 'web', "$claims $parallel"), "carol|10", 'and in parallel workers');
	foreach my $option ((map { "-c livekit_token.identity=$_" } 'role', 'postgrest', 'app.user_id', 'nonsense', ''), '-c LiveKit_Token.Identity=role')
	{
		if ($preloaded)
		{
			like(connection_error($node, 'web', $option), qr/FATAL:  (permission denied to set|invalid value for) parameter/,
				"$option: no connection");
		}
		else
		{
			identity('', 'web', 'nobody', $option, "SET app.user_id = 'alice';", $option);
			is(outcome($node, 'web', "$claims $parallel", options => $option), 'nobody|10', 'nor in parallel workers');
		}
	}
	foreach my $set ('RESET ALL', 'RESET livekit_token.identity', 'SET livekit_token.identity TO DEFAULT', $role)
	{
		identity('', 'web', 'nobody', "role as an option, and $set", "$set; $claims", '-c livekit_token.identity=role') unless $mode;
	}
	ask($administrator, 'ALTER ROLE web RESET ALL;');
	my $option = '-c livekit_token.identity=request.jwt.claims:sub';
	identity('', 'web', 'nobody', "$option where nothing is set", '', $option) unless $preloaded;
	is(outcome($node, $superuser, "$claims SELECT coalesce(livekit_identity(), 'nobody')", options => $option), 'nobody', "$option of a superuser");
	is(outcome($node, 'web', "$who $postgrest"), '42501', 'web may not SET it');
	$administrator->quit;
}

# In the file it counts as little, also when it comes while a session is open;
# why is in the log, and only there.
my $session = open_session($node, 'web');
is(ask($session, $who), 'web|t', 'an open session');
$administrator = open_session($node, $superuser);
ask($administrator, "ALTER ROLE web $postgrest;");
is(ask($session, "$claims $who"), 'web|t', 'ALTER ROLE does not change it');
identity('', 'web', 'carol', 'but the next one');

my $marker = 0;

# Reload with this in the file and let a session see it.
sub reload_with
{
	my ($session, $identity) = @_;

	configure($node, 'livekit_token.identity' => $identity, 'app.marker' => ++$marker);
	$node->reload;
	foreach (1 .. 10 * $PostgreSQL::Test::Utils::timeout_default)
	{
		# a session reads new settings between two statements
		last if ask($session, 'SHOW app.marker;') eq $marker;
		select undef, undef, undef, 0.1;
	}
	return;
}
reload_with($session, 'postgrest');
is(ask($session, $who), 'nobody|f', 'postgrest in the file: nobody in the open session');
is(ask($session, $join), '42501', 'which may join nothing');
identity('', 'web', 'carol', 'a role with a setting of its own');
identity('', 'alice', 'nobody', 'one without');
identity("ALTER ROLE alice $role", 'alice', 'alice', 'one for which "role" is set');

my $offset = -s $node->logfile;
my (undef, undef, $told) = $node->psql('postgres', $join, extra_params => [ '-U', 'alice', '-v', 'VERBOSITY=verbose' ]);
like($told, qr/ERROR:  42501: /, 'the client is refused');
unlike($told, qr/livekit_token[.]identity|postgrest|DETAIL|HINT/, 'but not told why');
like(new_log($node, $offset), qr/ERROR:  .*\n.*DETAIL:  .*livekit_token[.]identity/, 'the log says why');
reload_with($session, 'role');
is(ask($session, $join), 'web|standup', 'role in the file: the session is itself again');
identity('', 'alice', 'alice', 'as is everybody');

# A connection's options come before its encoding is known.
my $setting = "ALTER ROLE web SET livekit_token.identity = 'app.user_id'";
identity($setting, 'web', 'carol', 'a setting by the options', '', '-c app.user_id=carol');
identity($setting, 'web', 'nobody', 'bytes that are no UTF-8', '', "-c app.user_id=carol\xe9");
$_->quit foreach $session, $administrator;

# What was lost to a connection's options does not come back with the file.
$node->adjust_conf('postgresql.conf', 'shared_preload_libraries', undef);
$node->restart;
$session = open_session($node, 'web', options => '-c livekit_token.identity=role');
is(ask($session, "$claims $who"), 'nobody|f', 'loaded late, with options: nobody');
reload_with($session, 'role');
is(ask($session, "$claims $who"), 'nobody|f', 'also after a reload');
reload_with($session, 'postgrest');
is(ask($session, "$claims $who"), 'nobody|f', 'with whatever is in the file');
$session->quit;
$node->stop;
done_testing();
