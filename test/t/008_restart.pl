# What outlives a restart, a cancelled statement, and a dump with its restore.
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
my $node = server('restart', 'livekit_token.key_file' => $path);
my $mint = q{SELECT livekit_verify(livekit_issue('alice', 'standup')) ->> 'iss';};

# Each token has an identifier of its own, also of sessions that began alike.
my $jti = q{SELECT livekit_verify(livekit_issue('alice', 'standup')) ->> 'jti' FROM generate_series(1, 100)};
my @jti = split /\n/, outcome($node, 'app', $jti) . "\n" . outcome($node, 'app', $jti);
my $token = outcome($node, 'app', q{SELECT livekit_issue('alice', 'standup')});
$node->restart;
push @jti, split /\n/, outcome($node, 'app', $jti);
my %distinct = map { $_ => 1 } @jti;
is(scalar @jti, 300, 'tokens of three sessions');
is(scalar keys %distinct, 300, 'each with a jti of its own');
is(scalar(grep { !/^[0-9A-Za-z_-]{22,}$/ } @jti), 0, 'of 128 bits');
is(outcome($node, 'app', "SELECT livekit_verify('$token') ->> 'sub'"), 'alice', 'a token outlives a restart');

# The server dies and recovers.
$node->stop('immediate');
$node->start;
is(outcome($node, 'app', "SELECT livekit_verify('$token') ->> 'sub'"), 'alice', 'and a crash');

# Statements cancelled halfway leave the session as it was.
my $session = open_session($node, 'app');
is(ask($session, $mint), 'APIfile', 'a session');
ask($session, 'SET statement_timeout = 50;');
foreach my $statement (
	q{SELECT count(livekit_issue('alice', 'standup')) FROM generate_series(1, 1000000000);},
	q{SELECT count(livekit_issue('alice', 'standup', metadata => repeat('x', 500000))) FROM generate_series(1, 1000000000);},
	qq{SELECT count(livekit_verify('$token')) FROM generate_series(1, 1000000000);},
	qq{SELECT count((livekit_inspect('$token')).reason) FROM generate_series(1, 1000000000);},
	q{SELECT count(api_key) FROM generate_series(1, 1000000000), LATERAL livekit_keys();},
	q{DO $$ BEGIN LOOP BEGIN PERFORM livekit_verify('a.b.c'); EXCEPTION WHEN invalid_authorization_specification THEN END; END LOOP; END $$;})
{
	is(ask($session, $statement), '57014', "cancelled: $statement");
	is(ask($session, $mint), 'APIfile', 'the session goes on');
}
is(ask($session, q{SELECT count(*) FROM pg_backend_memory_contexts WHERE name = 'livekit_token keys';}), 1,
	'with its keys read once');

# Cancelled while the file is being replaced, over and over.
ask($session, q{SET statement_timeout = 5;});
my @rotated = map {
	write_file($path, "API$_: $secret\n");
	ask($session, q{SELECT count(livekit_issue('alice', 'standup')) FROM generate_series(1, 1000000000);});
	ask($session, $mint);
} 1 .. 20;
is($rotated[-1], 'API20', 'the last of twenty files is in force');
is(ask($session, q{SELECT count(*) FROM pg_backend_memory_contexts WHERE name = 'livekit_token keys';}), 1,
	'and the only one in memory');
$session->quit;

# A dump carries the extension, its grants and the settings of the database,
# but no key.
$node->safe_psql('postgres', q{CREATE DATABASE shop; ALTER DATABASE shop SET livekit_token.max_ttl = '1h'});
$node->safe_psql('shop', q{
	CREATE SCHEMA livekit;
	CREATE EXTENSION livekit_token SCHEMA livekit;
	GRANT USAGE ON SCHEMA livekit TO PUBLIC;
	GRANT EXECUTE ON FUNCTION livekit.livekit_issue TO app});
my $dump = PostgreSQL::Test::Utils::tempdir() . '/dump.sql';
$node->command_ok([ 'pg_dumpall', '-h', $node->host, '-p', $node->port, '-f', $dump ], 'a dump');
my $content = slurp_file($dump);
is(leaks($content, secret => $secret, key => 'API20', token => $token), '', 'holds no key');
like($content, qr/CREATE EXTENSION IF NOT EXISTS livekit_token/, 'but the extension');
unlike($content, qr/CREATE (FUNCTION|VIEW) [^;]*livekit_/, 'without its members');
$node->stop;

my $copy = PostgreSQL::Test::Cluster->new('copy');
$copy->init(extra => [ '-E', 'UTF8', '--locale=C' ]);
configure($copy, 'livekit_token.key_file' => $path);
$copy->start;
my (undef, undef, $errors) = $copy->psql('postgres', "\\i $dump", on_error_stop => 0);
is($errors =~ s/^.*ERROR:  role "[^"]+" already exists$//r, '', 'it can be restored');
is(outcome($copy, 'app', $mint), 'API20', 'and works there');
$copy->safe_psql('postgres', 'CREATE ROLE stranger LOGIN');
foreach my $case (
	[ 'app', '1 hour', 't', 'with the grants it had' ],
	[ 'app', '61 minutes', '22023', 'and the settings' ],
	[ 'stranger', '1 hour', '42501', 'and for nobody else' ])
{
	my ($user, $ttl, $expected, $what) = @$case;

	is(outcome($copy, $user, "\\c shop\nSELECT livekit.livekit_issue('alice', 'standup', ttl => '$ttl') IS NOT NULL"), $expected, $what);
}
is(outcome($copy, 'app', "\\c shop\nSELECT livekit.livekit_verify('$token')"), '42501', 'what was not granted is not');
$copy->stop;
done_testing();
