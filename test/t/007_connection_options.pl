# A role's own connection options: they can replace a setting before the
# library is loaded, and then nothing is signed.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;
use LivekitToken;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my ($secret, $mine, $environment_secret) = map { random_secret() } 1 .. 3;
my $path = key_file(APIfile => $secret, APIsecond => random_secret());
write_file("$path.mine", "APImine: $mine\n");
my $lifetime = q{SELECT claims ->> 'iss', (claims ->> 'exp')::int - (claims ->> 'iat')::int
	FROM livekit_verify(livekit_issue('alice', 'standup')) AS claims};
# over the cap that is set, under the one that is built in
my $longest = q{SELECT livekit_issue('alice', 'standup', ttl => '5 hours') IS NOT NULL};
my $expiry = time + 600;
my $forged = make_token(qq({"iss":"APImine","sub":"alice","exp":$expiry}), $mine);

my $node;
{
	local $ENV{LIVEKIT_API_KEY} = 'APIenvironment';
	local $ENV{LIVEKIT_API_SECRET} = $environment_secret;
	$node = server('options',
		'livekit_token.key_file' => $path,
		'livekit_token.api_key' => 'APIsecond',
		'livekit_token.url' => 'wss://livekit.example.com',
		'livekit_token.default_ttl' => '10min',
		'livekit_token.max_ttl' => '20min');
}
my $superuser = $node->safe_psql('postgres', 'SELECT current_user');
my @options = (
	[ '-c livekit_token.key_file=', 'F0000' ],
	[ "-c livekit_token.key_file=$path.mine", 'F0000', 'APIfile' ],
	[ "-c livekit_token.key_file=$path", 'F0000' ],
	[ '-c livekit_token.key_file=nonsense', 'F0000' ],
	[ '-c livekit_token.api_key=', '55000' ],
	[ '-c livekit_token.api_key=APIfile', '55000' ],
	[ '-c livekit_token.url=wss://evil.example.com', '55000' ],
	[ '-c livekit_token.url=nonsense', '55000' ],
	[ '-c livekit_token.default_ttl=1000d', '55000' ],
	[ '-c livekit_token.max_ttl=0', '55000' ],
	[ '-c livekit_token.max_ttl=1000d', '55000' ],
	[ '-c livekit_token.max_ttl=nonsense', '55000' ],
	[ '-c livekit_token.key_file= -c livekit_token.max_ttl=0', 'F0000' ],
	[ '-c LiveKit_Token.Key_File=', 'F0000' ],
	[ '-c LIVEKIT_TOKEN.MAX_TTL=0', '55000' ],
	[ '--livekit_token.max_ttl=0', '55000' ]);
my $usual = 'APIsecond|600';

is(outcome($node, 'app', $lifetime), $usual, 'without options');
is(outcome($node, 'app', $longest), '22023', 'and its cap');
foreach (@options)
{
	my ($options, $code) = @$_;

	is(outcome($node, 'app', $lifetime, options => $options), $code, "$options: $code");
	is(outcome($node, 'app', $longest, options => $options), $options =~ /max_ttl/i ? $code : '22023', 'nor a longer one');
	# a failed statement loads the library all the same
	is(outcome($node, 'app', "SELECT 1 FROM livekit_keys() LIMIT 0; $lifetime", options => $options), $code, 'once loaded too');
	like(outcome($node, 'app', "SELECT livekit_verify('$forged')", options => $options), qr/^(28000|F0000)$/,
		'and no key of the role verifies');
	unlike(outcome($node, 'app', 'SELECT api_key, url FROM livekit_keys', options => $options), qr/APImine|evil/,
		'nor is its url shown');
}

# The same by SET, and by a setting of the role, before the library is loaded.
foreach my $set (map { "SET livekit_token.$_;" } "key_file = ''", "key_file = '$path.mine'", "api_key = ''",
	"url = 'wss://evil.example.com'", "max_ttl = 0", 'default_ttl = 1200')
{
	is(outcome($node, 'app', "$set $lifetime"), $usual, "$set changes nothing");
	is(outcome($node, 'app', "BEGIN; $set $longest"), '22023', 'nor does it within a transaction');
	is(outcome($node, 'app', "$set SELECT api_key, url FROM livekit_keys WHERE signs"),
		'APIsecond|wss://livekit.example.com', 'and livekit_keys shows what is in force');
	is(outcome($node, 'app', "$lifetime; $set"), '42501', 'once loaded it is refused');
	is(outcome($node, 'app', "ALTER ROLE app $set"), '42501', 'as a setting of the role too');
}

# Nor when a function that runs as a superuser is what loads the library.
$node->safe_psql('postgres', q{
	CREATE FUNCTION longest() RETURNS text SECURITY DEFINER LANGUAGE sql
		AS $$SELECT livekit_token('alice', 'standup', ttl => '5 hours')$$});
is(outcome($node, 'app', 'SET livekit_token.max_ttl = 0; SELECT longest()'), '22023', 'SET, then a SECURITY DEFINER function');
is(outcome($node, 'app', 'SELECT longest()', options => '-c livekit_token.max_ttl=0'), '55000', 'an option, then one');

# Whoever may set them, may do so by options as well.
is(outcome($node, $superuser, $lifetime, options => "-c livekit_token.key_file=$path.mine -c livekit_token.api_key="),
	'APImine|600', 'a superuser may choose a file');
is(outcome($node, $superuser, $longest, options => '-c livekit_token.max_ttl=0'), 't', 'and lift the cap');
is(outcome($node, $superuser, $lifetime, options => '-c livekit_token.key_file= -c livekit_token.api_key='),
	'APIenvironment|600', 'and do without a file');
is(outcome($node, 'app', $lifetime, options => '-c work_mem=1MB -c app.user_id=42'), $usual, 'other options do not matter');

# What the administrator sets for a role or a database is not lost.
$node->safe_psql('postgres', 'ALTER ROLE app SET livekit_token.max_ttl = 0; ALTER DATABASE postgres SET livekit_token.default_ttl = 60');
is(outcome($node, 'app', $lifetime), 'APIsecond|60', 'a default for the database');
is(outcome($node, 'app', $longest), 't', 'and no cap for the role');
$node->safe_psql('postgres', 'ALTER ROLE app RESET ALL; ALTER DATABASE postgres RESET ALL');

# A value of the administrator's that is refused as late is no cap at all.
configure($node, 'livekit_token.max_ttl' => 'nonsense');
$node->restart;
is(outcome($node, 'app', $lifetime), '55000', 'an invalid max_ttl in postgresql.conf: nothing is signed');
configure($node, 'livekit_token.max_ttl' => '20min');

# With the library preloaded, the connection fails.
configure($node, shared_preload_libraries => 'livekit_token');
$node->restart;
is(outcome($node, 'app', $lifetime), $usual, 'preloaded, without options');
foreach (@options)
{
	my ($options) = @$_;

	like(connection_error($node, 'app', $options),
		qr/FATAL:  (permission denied to set parameter|invalid value for parameter|parameter "livekit_token[.]url")/,
		"preloaded: $options");
}
$node->stop;
done_testing();
