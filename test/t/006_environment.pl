# Keys from the server's environment: the last source, used where no other is
# configured, and never where one is configured and broken.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;
use LivekitToken;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my ($secret, $file_secret) = map { random_secret() } 1 .. 2;
my $mint = q{SELECT livekit_verify(livekit_issue('alice', 'standup')) ->> 'iss'};
my $rows = q{SELECT api_key, source, status, signs, url FROM livekit_keys};
my $expiry = time + 600;
my $token = make_token(qq({"iss":"APIenvironment","sub":"alice","exp":$expiry}), $secret);
my $verify = "SELECT livekit_verify('$token') ->> 'sub'";
delete @ENV{ grep { /^LIVEKIT/ } keys %ENV };

my $node = server('environment');
is(outcome($node, 'app', $mint), '55000', 'no key anywhere');
is(outcome($node, 'app', $rows), '', 'and no row in livekit_keys');
is(outcome($node, 'app', $verify), '28000', 'a token is refused');

# Restart the server with another environment; settings change with it.
sub restart_with
{
	my ($environment, %settings) = @_;
	local @ENV{ keys %$environment } = values %$environment;

	configure($node, %settings);
	$node->restart;
	return;
}

restart_with({ LIVEKIT_API_KEY => 'APIenvironment', LIVEKIT_API_SECRET => $secret,
		LIVEKIT_URL => 'wss://livekit.example.com' });
is(outcome($node, 'app', $mint), 'APIenvironment', 'the environment signs');
is(outcome($node, 'app', $verify), 'alice', 'and verifies');
is(outcome($node, 'app', $rows), 'APIenvironment|environment|active|t|wss://livekit.example.com', 'livekit_keys shows it');
is(outcome($node, $node->safe_psql('postgres', 'SELECT current_user'),
		"SET livekit_token.url = 'wss://other.example.com'; $rows"),
	'APIenvironment|environment|active|t|wss://other.example.com', 'a url in the settings comes first');

# PostgreSQL itself logs its environment as it starts, at debug3 and above; so
# more is logged only now.
my $offset = -s $node->logfile;
configure($node, VERBOSE_LOG);
$node->reload;
ok($node->poll_query_until('postgres', "SELECT current_setting('log_min_messages') = 'debug5'"), 'everything is logged');
is(outcome($node, 'app', $mint), 'APIenvironment', 'while the environment signs');
is(outcome($node, 'app', $verify), 'alice', 'and verifies');
my (undef, $stdout, $stderr) = $node->psql('postgres',
	'SHOW ALL; SELECT * FROM pg_settings; SELECT * FROM livekit_keys; SELECT * FROM pg_show_all_file_settings()');
is(leaks($stdout . $stderr . new_log($node, $offset), secret => $secret), '', 'neither log nor settings hold the secret');
configure($node, log_min_messages => 'warning');

# A half-configured or broken environment.
my %pair = (LIVEKIT_API_KEY => 'APIenvironment', LIVEKIT_API_SECRET => $secret);
foreach my $case (
	[ 'no secret', { LIVEKIT_API_KEY => 'APIenvironment' }, '55000' ],
	[ 'no key', { LIVEKIT_API_SECRET => $secret }, '55000' ],
	[ 'an empty secret', { %pair, LIVEKIT_API_SECRET => '' }, '55000' ],
	[ 'an empty key', { %pair, LIVEKIT_API_KEY => '' }, '55000' ],
	[ 'both empty, as if absent', { LIVEKIT_API_KEY => '', LIVEKIT_API_SECRET => '' }, '55000', '28000', '' ],
	[ 'a key with a dot', { %pair, LIVEKIT_API_KEY => 'API.environment' }, '55000' ],
	[ 'a secret of 17 KiB', { %pair, LIVEKIT_API_SECRET => 'x' x 17408 }, '55000' ],
	[ 'a short secret', { %pair, LIVEKIT_API_SECRET => 'secret' }, 'APIenvironment', '28000', 'APIenvironment|environment|weak|t|' ])
{
	my ($what, $environment, $minted, $verified, $shown) = @$case;

	restart_with($environment);
	$offset = -s $node->logfile;
	is(outcome($node, 'app', $mint), $minted, "$what: $minted");
	is(outcome($node, 'app', $verify), $verified // '55000', 'and to verify');
	is(outcome($node, 'app', $rows), $shown // '|environment|unusable|f|', 'livekit_keys shows it');
	is(leaks(new_log($node, $offset), secret => $environment->{LIVEKIT_API_SECRET} || 'none'), '', 'the log does not hold it')
	  unless $what eq 'a short secret';
}

# Where to join: as the row says, else the settings, else the environment.
members($node);
$node->safe_psql('postgres', q{ALTER TABLE member ADD url text; SELECT livekit_register_access('member')});
foreach my $case (
	[ 'no url anywhere', {}, '', 'NULL', '55000' ],
	[ 'a url in the environment', { LIVEKIT_URL => 'wss://environment.example.com' }, '', 'NULL', 'wss://environment.example.com' ],
	[ 'one in the settings too', { LIVEKIT_URL => 'wss://environment.example.com' }, 'wss://setting.example.com', 'NULL', 'wss://setting.example.com' ],
	[ 'one in the row too', { LIVEKIT_URL => 'wss://environment.example.com' }, 'wss://setting.example.com', q{'wss://row.example.com'}, 'wss://row.example.com' ],
	[ 'one in the row alone', {}, '', q{'wss://row.example.com'}, 'wss://row.example.com' ],
	[ 'a bad one in the row', { LIVEKIT_URL => 'wss://environment.example.com' }, '', q{'nonsense'}, '55000' ],
	[ 'a bad one in the environment', { LIVEKIT_URL => 'nonsense' }, '', 'NULL', '55000' ],
	[ 'an empty one', { LIVEKIT_URL => '' }, '', 'NULL', '55000' ])
{
	my ($what, $environment, $setting, $row, $expected) = @$case;

	restart_with({ %pair, %$environment }, 'livekit_token.url' => $setting);
	$node->safe_psql('postgres', "UPDATE member SET url = $row");
	is(outcome($node, 'alice', q{SELECT server_url FROM livekit_join('standup')}), $expected, "$what: $expected");
	is(outcome($node, 'alice', q{SELECT livekit_token_source('{"room_name": "standup"}') ->> 'server_url'}), $expected, 'for an endpoint as well');
}
restart_with(\%pair, 'livekit_token.url' => '');

# With a key file.
my $path = key_file(APIfile => $file_secret);
restart_with(\%pair, 'livekit_token.key_file' => $path);
is(outcome($node, 'app', $mint), 'APIfile', 'a key file comes first');
is(outcome($node, 'app', $verify), 'alice', 'while the environment still verifies');
is(outcome($node, 'app', $rows), "APIfile|key_file|active|t|\nAPIenvironment|environment|active|f|", 'livekit_keys shows both');

foreach my $case (
	[ 'that is not there', sub { unlink $path } ],
	[ 'that all may read', sub { write_file($path, "APIfile: $file_secret\n", 0644) } ],
	[ 'without a key', sub { write_file($path, "\n") } ],
	[ 'with a line that is wrong', sub { write_file($path, "APIfile: $file_secret\n!\n") } ])
{
	my ($what, $break) = @$case;

	$break->();
	is(outcome($node, 'app', $mint), 'F0000', "a file $what is not passed over for the environment");
	is(outcome($node, 'app', $verify), 'alice', 'whose key still verifies');
	is(outcome($node, 'app', $rows), "|key_file|unusable|f|\nAPIenvironment|environment|active|f|", 'livekit_keys shows both');
}
restart_with(\%pair, 'livekit_token.key_file' => 'keys.yaml');
is(outcome($node, 'app', $mint), 'F0000', 'nor is a path that is not absolute');
restart_with(\%pair, 'livekit_token.key_file' => '', 'livekit_token.api_key' => 'APIenvironment');
is(outcome($node, 'app', $mint), '55000', 'nor an api_key without a secret');
restart_with(\%pair, 'livekit_token.key_file' => '', 'livekit_token.api_key' => '');
is(outcome($node, 'app', $mint), 'APIenvironment', 'with empty settings it signs');
$node->stop;
done_testing();
