# A secret in a setting of a server that does not preload the library: every
# role can read it, so it is refused, and no other source takes its place.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;
use LivekitToken;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my ($secret, $file_secret, $environment_secret) = map { random_secret() } 1 .. 3;
my $path = key_file(APIfile => $file_secret);
my $signer = q{SELECT livekit_verify(livekit_issue('alice', 'standup')) ->> 'iss'};
my $sources = q{SELECT source, api_key, status, signs FROM livekit_keys};
my $expiry = time + 600;
my $node;

{
	local $ENV{LIVEKIT_API_KEY} = 'APIenvironment';
	local $ENV{LIVEKIT_API_SECRET} = $environment_secret;
	$node = server('without_preload', VERBOSE_LOG, 'livekit_token.key_file' => $path);
}
is(outcome($node, 'app', $signer), 'APIfile', 'the file signs');

configure($node, 'livekit_token.api_key' => 'APIsetting', 'livekit_token.api_secret' => $secret);
{
	local $ENV{LIVEKIT_API_KEY} = 'APIenvironment';
	local $ENV{LIVEKIT_API_SECRET} = $environment_secret;
	$node->restart;
}
my $offset = -s $node->logfile;

is(outcome($node, 'app', $signer), '55000', 'with api_secret in postgresql.conf nothing signs');
is(outcome($node, 'app', "$signer; $signer"), '55000', 'nor the second time');
is(outcome($node, 'app', $sources), <<'END' =~ s/\n$//r, 'livekit_keys says so');
setting||unusable|f
key_file|APIfile|active|f
environment|APIenvironment|active|f
END
like(outcome($node, 'app', q{SELECT reason FROM livekit_keys WHERE source = 'setting'}),
	qr/not in shared_preload_libraries, so every role can read the secret/, 'and why');
like(new_log($node, $offset), qr/ERROR:  55000: API keys of source "setting" cannot be used/, 'the log has the error');
like(new_log($node, $offset), qr/DETAIL:  .*not in shared_preload_libraries/, 'and its reason');

foreach my $case (
	[ 'APIfile', $file_secret, 'alice', 'a key of the file verifies' ],
	[ 'APIenvironment', $environment_secret, 'alice', 'a key of the environment verifies' ],
	[ 'APIfile', $secret, '28000', 'not with the exposed secret' ],
	[ 'APIsetting', $secret, '55000', 'the exposed secret verifies nothing' ])
{
	my ($key, $secret, $expected, $what) = @$case;
	my $token = make_token(qq({"iss":"$key","sub":"alice","exp":$expiry}), $secret);

	is(outcome($node, 'app', "SELECT livekit_verify('$token') ->> 'sub'"), $expected, $what);
}

# Loading the library takes the setting out of the session.
is(outcome($node, 'app', "$sources; SHOW livekit_token.api_secret"), '42704', 'once loaded, it cannot be shown');
is(outcome($node, 'app', "LOAD 'livekit_token'; SELECT 1"), '42501', 'app cannot LOAD by itself');

# An ordinary role that makes such a setting itself harms only itself.
configure($node, 'livekit_token.api_key' => '', 'livekit_token.api_secret' => '');
$node->stop;
my $conf = slurp_file($node->data_dir . '/postgresql.conf');
$conf =~ s/^livekit_token[.]api_.*\n//mg;
write_file($node->data_dir . '/postgresql.conf', $conf);
$node->start;
is(outcome($node, 'app', $signer), 'APIfile', 'without the setting the file signs again');
is(outcome($node, 'app', "SET livekit_token.api_secret = 'mine'; $signer"), '55000', 'SET before the library is loaded');
is(outcome($node, 'app', $signer, options => '-c livekit_token.api_secret=mine'), '55000', 'a connection option');
is(outcome($node, 'app', "$signer; SET livekit_token.api_secret = 'mine'"), '42602', 'SET after it is loaded');

$node->stop;
is(leaks(new_log($node), 'exposed secret' => $secret, 'secret of the file' => $file_secret),
	'', 'the log holds no secret');
done_testing();
