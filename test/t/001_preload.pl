# A server that preloads the library, with the secret in a setting: it signs,
# and nobody but who reads the file learns the secret.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;
use LivekitToken;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my ($secret, $other_secret, $file_secret) = map { random_secret() } 1 .. 3;
my %hidden = (secret => $secret, 'other secret' => $other_secret);
my $expiry = time + 600;
my $node = server('preload', VERBOSE_LOG,
	shared_preload_libraries => 'livekit_token',
	'livekit_token.api_key' => 'APIsetting',
	'livekit_token.api_secret' => $secret);
my $superuser = $node->safe_psql('postgres', 'SELECT current_user');
$node->safe_psql('postgres', 'CREATE ROLE monitor LOGIN IN ROLE pg_monitor');

sub verified
{
	my ($key, $secret) = @_;
	my $token = make_token(qq({"iss":"$key","sub":"alice","exp":$expiry}), $secret);

	return outcome($node, 'app', "SELECT livekit_verify('$token') ->> 'sub'");
}
my $signer = q{SELECT livekit_verify(livekit_issue('alice', 'standup')) ->> 'iss'};
my $rows = q{SELECT api_key, source, status, signs FROM livekit_keys ORDER BY 1};

is(outcome($node, 'app', $signer), 'APIsetting', 'the setting signs');
is(verified('APIsetting', $secret), 'alice', 'with that very secret');
is(outcome($node, 'app', $rows), 'APIsetting|setting|active|t', 'livekit_keys shows the setting');

# Every way to ask for a setting; who may ask, gets a mask.
my @ways = (
	'SHOW livekit_token.api_secret',
	q{SELECT current_setting('livekit_token.api_secret')},
	q{SELECT set_config('livekit_token.api_secret', NULL, false)},
	q{SELECT setting, reset_val, boot_val, pending_restart FROM pg_settings WHERE name = 'livekit_token.api_secret'},
	'SHOW ALL',
	'SELECT * FROM pg_settings',
	'SELECT * FROM pg_show_all_settings()',
	'SELECT * FROM pg_file_settings',
	'SELECT * FROM pg_db_role_setting',
	'SELECT * FROM livekit_keys, livekit_keys()',
	'EXPLAIN (ANALYZE, VERBOSE, SETTINGS) SELECT * FROM livekit_keys()',
	'RESET livekit_token.api_secret',
	'SET livekit_token.api_secret TO DEFAULT',
	q{SET livekit_token.api_secret = 'x'},
	q{ALTER SYSTEM SET livekit_token.api_secret = 'x'},
	q{ALTER ROLE CURRENT_USER SET livekit_token.api_secret = 'x'},
	q{ALTER DATABASE postgres SET livekit_token.api_secret = 'x'},
	q{CREATE FUNCTION f() RETURNS int SET livekit_token.api_secret = 'x' RETURN 1});

foreach my $user ('app', 'monitor', $superuser)
{
	foreach my $way (@ways)
	{
		my ($status, $stdout, $stderr) = $node->psql('postgres', $way,
			extra_params => [ '-U', $user, '-v', 'VERBOSITY=verbose' ]);

		# pg_file_settings tells a superuser, who can read the file anyway
		is(leaks($stdout . $stderr, %hidden), '', "$user: $way")
		  unless $user eq $superuser && $way =~ /pg_file_settings/;
	}
}
is(outcome($node, 'app', 'SHOW livekit_token.api_secret'), '42501', 'app may not SHOW it');
is(outcome($node, $_, 'SHOW livekit_token.api_secret'), '********', "$_ is shown a mask")
  foreach 'monitor', $superuser;
is(outcome($node, $superuser, "ALTER SYSTEM SET livekit_token.api_secret = 'x'"), '55P02',
	'ALTER SYSTEM would write it to a file that backups carry');
is(outcome($node, $superuser, "SET livekit_token.api_secret = 'x'"), '55P02', 'it cannot be SET');
is(outcome($node, 'app', 'SELECT * FROM pg_file_settings'), '42501', 'pg_file_settings is not for app');
like(connection_error($node, 'app', '-c livekit_token.api_secret=x'),
	qr/FATAL:.*cannot be changed/, 'nor is it a connection option');

# A reload with another value changes nothing, and tells nothing.
configure($node, 'livekit_token.api_secret' => $other_secret);
my $offset = -s $node->logfile;
$node->reload;
$node->wait_for_log(qr/parameter "livekit_token.api_secret" cannot be changed without restarting/, $offset);
is(outcome($node, 'app', $signer), 'APIsetting', 'after a reload the setting signs');
is(verified('APIsetting', $secret), 'alice', 'with the old secret');
like(outcome($node, $superuser, q{SELECT error FROM pg_file_settings WHERE name ~ 'secret' AND NOT applied ORDER BY seqno DESC LIMIT 1}),
	qr/could not be applied/, 'pg_file_settings says that it waits for a restart');
$node->restart;
is(verified('APIsetting', $other_secret), 'alice', 'after a restart the new one holds');
is(verified('APIsetting', $secret), '28000', 'and the old one no longer');

# Setting and file: the setting signs, the file's keys verify.
my $path = key_file(APIfile => $file_secret);
configure($node, 'livekit_token.key_file' => $path);
$node->reload;
ok($node->poll_query_until('postgres', 'SELECT count(*) = 2 FROM livekit_keys'), 'setting and file are both there');
is(outcome($node, 'app', $signer), 'APIsetting', 'the setting signs');
is(verified('APIfile', $file_secret), 'alice', 'the key of the file verifies');
is(verified('APIfile', $other_secret), '28000', 'with its own secret only');
is(outcome($node, 'app', $rows), "APIfile|key_file|active|f\nAPIsetting|setting|active|t", 'livekit_keys says so');

# A broken setting is not passed over for the file.
foreach my $case (
	[ 'no api_key', '', $secret, '55000', '' ],
	[ 'an api_key with a blank', 'API key', $secret, '55000', '' ],
	[ 'a secret of 16 KiB', 'APIsetting', 'x' x 16384, 'APIsetting', '' ],
	[ 'a secret of more than 16 KiB', 'APIsetting', 'x' x 16385, '55000', '' ],
	[ 'a short secret', 'APIsetting', 'sesame', 'APIsetting', 'shorter than 32 bytes' ])
{
	my ($what, $key, $value, $expected, $warning) = @$case;

	configure($node, 'livekit_token.api_key' => $key, 'livekit_token.api_secret' => $value);
	$offset = -s $node->logfile;
	$node->restart;
	is(outcome($node, 'app', $signer), $expected, "$what: $expected");
	is(verified('APIfile', $file_secret), 'alice', 'while the file still verifies');
	like(new_log($node, $offset), qr/secret of API key "APIsetting" is $warning/, 'with a warning') if $warning;
	is(leaks(new_log($node, $offset), value => $value), '', 'and the log does not hold the value');
}

$node->stop;
my $log = new_log($node);
cmp_ok(length $log, '>', 1_000_000, 'the log is verbose');
is(leaks($log, %hidden, 'secret of the file' => $file_secret), '', 'and holds no secret');
done_testing();
