# What livekit_lint finds in files, in a server that preloads or does not, in
# publications, plans and restores; and that it finds nothing but advice where
# all was done as the README says.  Every mend that can be run is run, every
# line for postgresql.conf is put there, what a sentence asks for is done, and
# the finding is gone.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;
use LivekitToken;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

delete @ENV{ grep { /^LIVEKIT/ } keys %ENV };
my $secret = random_secret();
my $path = key_file(APIfile => random_secret());
my $directory = PostgreSQL::Test::Utils::tempdir() . '/shared';
my $node = server('lint', wal_level => 'logical', max_wal_senders => 4, log_statement => 'none');
my $superuser = $node->safe_psql('postgres', 'SELECT current_user');
my $where = $node->data_dir . '/postgresql.conf';

# The schema of each database's extension; in one it needs quotes.
my %schema = (postgres => 'public', app => 'livekit', api => 'livekit', odd => '"li\'ve \ $$ kit"', restored => 'public', others => 'public');

# What it finds in a session of its own: rule, object and mend of each finding
# of these rules.
sub lint
{
	my ($database, @rules) = @_;

	return map { [ split /\t/, $_, -1 ] } split /\n/, $node->safe_psql($database, qq{
		SELECT concat_ws(E'\\t', rule, coalesce(object, finding), mend) FROM $schema{$database}.livekit_lint()
		WHERE rule ~ '^(@{[ join '|', @rules ]})\$'});
}

sub found { return join ' ', map { $_->[0] } lint(@_); }

# The same of all rules, with severity.
sub everything
{
	my ($database, $user) = @_;
	$user //= $superuser;

	return $node->safe_psql($database, "SELECT severity, rule FROM $schema{$database}.livekit_lint()", extra_params => [ '-U', $user ]);
}

# Do what the mends of these rules say, and these statements for those that are
# sentences; what is still found afterwards.
sub mend
{
	my ($database, $statements, @rules) = @_;

	$node->safe_psql($database, $statements);
	foreach my $finding (lint($database, @rules))
	{
		my $mend = $finding->[2];

		if ($mend =~ /;$/) { $node->safe_psql($database, $mend); }
		elsif ($mend =~ / = /) { $node->append_conf('postgresql.conf', "$mend\n"); }
	}
	$node->restart;
	return found($database, @rules);
}

# The quick start, as the README has it.
my ($quick) = slurp_file("$FindBin::RealBin/../../README.md") =~ /^## Quick start\n(.*?)^## /ms;
my @statements = $quick =~ /^```sql\n(.*?)^```/msg;
cmp_ok(scalar @statements, '>', 4, 'the quick start has statements');
$node->safe_psql('postgres', "CREATE DATABASE $_") foreach 'app', 'api', 'odd', 'restored';
foreach my $statement (@statements)
{
	$statement =~ s{/etc/livekit/keys[.]yaml}{$path}g;
	$node->psql('app', $statement);
}
is($node->safe_psql('app', q{SELECT identity FROM livekit_join('standup')}, extra_params => [ '-U', 'alice' ]), 'alice', 'the quick start works');
is(everything('app'), 'advice|max_ttl_long', 'the quick start: the cap is above an hour, and nothing else');
is(found('app', 'max_ttl_long'), 'max_ttl_long', 'which it says');
is(mend('app', q{ALTER DATABASE app SET livekit_token.max_ttl = '1h'}, 'max_ttl_long'), '', 'and is mended');
is(everything('app'), '', 'nothing is left');

# The schema for PostgREST.
$node->command_ok([ 'psql', '-Xqd', $node->connstr('api'), '-v', 'ON_ERROR_STOP=1', '-f', "$FindBin::RealBin/../../examples/api.sql" ], 'examples/api.sql');
is(everything('api'), "advice|identity_of_login\nadvice|max_ttl_long", 'examples/api.sql: advice only');
$node->safe_psql('api', qq{GRANT "$superuser" TO authenticator});
like(join(' ', map { $_->[2] } lint('api', 'granted_to_gateway')), qr/^(Let authenticator be no member of "?\Q$superuser\E"?, [^.]*[.] ?){10,}$/, 'a gateway that can be the owner');
is(mend('api', qq{REVOKE "$superuser" FROM authenticator}, 'granted_to_gateway'), '', 'is mended');
$node->safe_psql('api', q{ALTER ROLE authenticator SET pgrst.db_schemas = 'api,livekit'; GRANT EXECUTE ON FUNCTION livekit.livekit_issue TO web_user});
is(found('api', 'granted_to_gateway', 'schema_exposed'), 'granted_to_gateway schema_exposed', 'what its users must not reach');
is(mend('api', q{ALTER ROLE authenticator SET pgrst.db_schemas = 'api'; REVOKE EXECUTE ON FUNCTION livekit.livekit_issue FROM web_user}, 'granted_to_gateway', 'schema_exposed'), '', 'is mended');

# Users who write their own rows, and so their own grants.
sub as_eve
{
	my ($query) = @_;
	my ($result, $output) = $node->psql('api', "SET ROLE web_user; SET request.jwt.claims = '{\"sub\":\"eve\"}'; $query", extra_params => [ '-U', 'authenticator' ], on_error_stop => 1);

	return $result == 0 ? $output : 'refused';
}
my $join = q{INSERT INTO members VALUES ('boardroom', 'eve', '{"roomAdmin": true}'); SELECT identity FROM api.livekit_join('boardroom')};
$node->safe_psql('api', 'CREATE POLICY whole ON members TO web_user USING (identity = livekit.livekit_identity()); GRANT ALL ON members TO web_user');
is(found('api', 'access_.*'), 'access_writable', 'rows that their readers write');
is(as_eve("BEGIN; $join; ROLLBACK"), 'eve', 'let in whom nobody invited');
is(mend('api', 'REVOKE INSERT, UPDATE ON members FROM web_user', 'access_writable'), '', 'is mended');
is(as_eve($join), 'refused', 'and she is refused');
$node->safe_psql('api', 'GRANT INSERT, UPDATE ON members TO web_user; ALTER POLICY whole ON members WITH CHECK (identity = livekit.livekit_identity() AND grants IS NULL AND room = $$lobby$$)');
is(found('api', 'access_.*'), 'access_written_by_users', 'with a check, it is advice');
is(as_eve($join), 'refused', 'she is refused');

# A secret in a file of settings, which every role can read unless the library
# is preloaded.
my @secrets = ('secret_exposed', 'secret_not_preloaded', 'secret_in_file');
is(found('postgres', @secrets), '', 'no secret in a file');
configure($node, shared_preload_libraries => 'auto_explain');
$node->append_conf('postgresql.conf', "\nlivekit_token.api_key = 'APIsetting'\nLiveKit_Token.API_Secret = '$secret'\n");
my ($before) = slurp_file($where) =~ /^(.*)^LiveKit_Token/ms;
my $line = 1 + ($before =~ tr/\n//);
$node->restart;
is($node->safe_psql('postgres', 'SHOW livekit_token.api_secret', extra_params => [ '-U', 'app' ]), $secret, 'any role reads the secret');
is(found('postgres', @secrets), join(' ', @secrets), 'a secret without preload');
my @findings = lint('postgres', @secrets);
is($findings[$_][1], "$where:$line", "$findings[$_][0]: where") foreach 1, 2;
is($findings[1][2], q{shared_preload_libraries = 'auto_explain, livekit_token'}, 'what is preloaded already stays');
my $all = $node->safe_psql('postgres', 'SELECT * FROM livekit_lint()');
is(leaks($all, secret => $secret), '', 'no finding says it');
is(mend('postgres', '', 'secret_not_preloaded'), '', 'preloaded');
is(found('postgres', @secrets), 'secret_in_file', 'superusers can read it still');
is(leaks($node->safe_psql('postgres', 'SELECT * FROM livekit_lint(), livekit_lint_facts()'), secret => $secret), '', 'which is not said');
write_file($where, slurp_file($where) =~ s/^livekit_token[.]api_.*\n//migr);
$node->reload;
is(found('postgres', @secrets), '', 'gone from the file');

# Whoever may not look at files and keys is told so, of each rule.
$node->safe_psql('postgres', q{
	CREATE ROLE dba LOGIN;
	GRANT EXECUTE ON FUNCTION livekit_lint, livekit_lint_facts TO dba});
my $unknown = everything('postgres', 'dba');
like($unknown, qr/^unknown[|]$_$/m, "$_ is unknown to others") foreach 'secret_in_file', 'secret_not_preloaded', 'key_unusable', 'key_old';
like($unknown, qr/^advice[|]max_ttl_long$/m, 'and the rest is known');

# Settings of the whole server; they are mended where they count.
my @settings = ('bound_values_logged', 'bound_values_logged_on_error', 'identity_ignored', 'row_security_off');
$node->safe_psql('odd', "CREATE SCHEMA $schema{odd}; CREATE EXTENSION livekit_token SCHEMA $schema{odd}");
is(found('odd', @settings), '', 'no settings that do harm');
configure($node, log_min_duration_statement => '5s', log_parameter_max_length_on_error => -1,
	'livekit_token.identity' => 'postgrest', row_security => 'off');
$node->safe_psql('postgres', q{ALTER SYSTEM SET log_transaction_sample_rate = 0.1});
$node->reload;
is(found('odd', @settings), "bound_values_logged $settings[0] $settings[1] $settings[2] $settings[3]", 'settings of the server');
is(mend('odd', '', @settings), '', 'are mended');
is($node->safe_psql('odd', 'SHOW row_security'), 'on', 'in postgresql.conf');

# Plans in the log.
is(found('odd', 'plans_logged'), '', 'auto_explain that logs nothing');
configure($node, 'auto_explain.log_min_duration' => '1h', 'auto_explain.log_verbose' => 'on');
$node->reload;
like(found('odd', 'plans_logged'), qr/^plans_logged/, 'plans with bound values');
is(mend('odd', '', 'plans_logged'), '', 'are mended');

# Clocks: refused in one session, found in another, once the library is
# preloaded; and forgotten when the server starts again.
my ($past, $future, $late) = (time - 120, time + 3600, time + 5000);
my $token = make_token(qq({"iss":"APIfile","nbf":$future,"exp":$late}), slurp_file($path) =~ s/^APIfile: (\w+)\n$/$1/r);
is(found('odd', 'clock_skew'), '', 'clocks agree');
is(outcome($node, 'app', "SELECT livekit_verify('$token')"), '28000', 'a token from the future');
is(found('odd', 'clock_skew'), 'clock_skew', 'clocks differ');
$node->restart;
is(found('odd', 'clock_skew'), '', 'of a server that was started since, nothing is known');

# Files, and the directories that hold them.
mkdir $directory or die $!;
write_file("$directory/master", 'ab' x 32 . "\n");
configure($node, 'livekit_token.master_key_file' => "$directory/master");
$node->reload;
my @files = ('key_file_directory', 'master_key_unusable', 'key_unusable');
is(found('odd', @files), '', 'files that nobody else can replace');
foreach my $mode (0777, 0775)
{
	chmod $mode, $directory or die $!;
	is_deeply([ map { $_->[1] } lint('odd', @files) ], [ "$directory/master" ], sprintf 'a directory of mode %o', $mode);
}
chmod 0755, $directory or die $!;
chmod 0644, "$directory/master" or die $!;
is(found('odd', @files), 'master_key_unusable', 'a master key that all can read');
chmod 0600, "$directory/master" or die $!;
is(found('odd', @files), '', 'is mended');

# In a schema whose name needs quotes: keys, publications, registration.
$node->safe_psql('odd', qq{
	SET search_path = $schema{odd};
	SELECT livekit_key_set('API' || n, repeat('secret', 6), 'acme') FROM unnest('{one, two}'::text[]) n;
	SELECT livekit_key_set('APIthree', repeat('secret', 6), 'acme');
	UPDATE livekit_sealed_key SET retired_at = now() - interval '1 month' WHERE api_key = 'APItwo';
	CREATE PUBLICATION "of schema" FOR TABLES IN SCHEMA $schema{odd};
	CREATE PUBLICATION "of table" FOR TABLE livekit_sealed_key;
	CREATE TABLE public.gone (room text PRIMARY KEY, url text);
	ALTER TABLE public.gone ENABLE ROW LEVEL SECURITY;
	SELECT livekit_register_access('public.gone');
	DROP TABLE public.gone;
	GRANT EXECUTE ON FUNCTION livekit_issue TO PUBLIC;
	UPDATE pg_class SET reltuples = 1e8 WHERE oid = 'livekit_issued'::regclass});
my @odd = ('granted_to_public', 'access_gone', 'keys_published', 'audit_large', 'key_retired', 'key_unused');
is(join(' ', sort map { $_->[0] } lint('odd', @odd)), join(' ', sort @odd, 'keys_published'), 'findings in a schema whose name needs quotes');
is(mend('odd', qq{
	SET search_path = $schema{odd};
	DROP PUBLICATION "of schema", "of table";
	SELECT livekit_key_drop('APItwo');
	ANALYZE livekit_issued}, @odd), '', 'are mended');
is($node->safe_psql('odd', "SELECT string_agg(api_key, ' ' ORDER BY api_key) FROM $schema{odd}.livekit_keys WHERE source = 'sealed_table'"), 'APIone APIthree',
	'the key that was no longer needed is gone');
$node->safe_psql('odd', 'CREATE PUBLICATION everything FOR ALL TABLES');
is(found('odd', 'keys_published'), 'keys_published', 'a publication of all tables');
$node->safe_psql('odd', q{CREATE ROLE rest LOGIN; ALTER ROLE rest IN DATABASE odd SET pgrst.db_schemas = 'api, "li''ve \ $$ kit"'});
is(found('odd', 'schema_exposed'), 'schema_exposed', 'a schema whose name has blanks is exposed');
is(mend('odd', q{ALTER ROLE rest IN DATABASE odd SET pgrst.db_schemas = 'api, "li''ve", \ $$ kit'}, 'schema_exposed'), '', 'is mended');

# Superusers: the cluster's first and the extension's owner are no finding.
$node->safe_psql('postgres', 'CREATE ROLE other LOGIN SUPERUSER; CREATE DATABASE others');
$node->safe_psql('others', 'CREATE EXTENSION livekit_token', extra_params => [ '-U', 'other' ]);
is(found('others', 'superuser_login'), '', 'the owner of the extension');
is(join(' ', map { $_->[1] } lint('odd', 'superuser_login')), 'role other', 'who is another superuser elsewhere');
is(mend('odd', 'ALTER ROLE other NOSUPERUSER', 'superuser_login'), '', 'is mended');

# What pg_restore --disable-triggers leaves.
$node->safe_psql('postgres', q{SELECT livekit_key_set('APIa', repeat('secret', 6), 'acme')});
$node->safe_psql('restored', 'CREATE EXTENSION livekit_token');
is(found('restored', 'trigger_not_always'), '', 'triggers that are always fired');
$node->command_ok([ 'pg_dump', '-Fc', '--data-only', '-f', "$directory/dump", $node->connstr('postgres') ], 'a dump of data');
$node->command_ok([ 'pg_restore', '--data-only', '--disable-triggers', '-d', $node->connstr('restored'), "$directory/dump" ], 'restored without triggers');
like(found('restored', 'trigger_not_always'), qr/^trigger_not_always( trigger_not_always)+$/, 'triggers that are not');
is(mend('restored', '', 'trigger_not_always'), '', 'are mended');

# An address in the server's environment is one.
is(found('restored', 'no_url'), '', 'an address');
$node->safe_psql('restored', 'ALTER SYSTEM RESET livekit_token.url');
$node->restart;
is(found('restored', 'no_url'), 'no_url', 'no address');
{
	local $ENV{LIVEKIT_URL} = 'wss://livekit.example.com';
	$node->restart;
}
is(found('restored', 'no_url'), '', 'one in the environment');

# A standby is looked at as well.
$node->backup('backup');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($node, 'backup', has_streaming => 1);
$standby->start;
is($standby->safe_psql('odd', "SELECT rule FROM $schema{odd}.livekit_lint() WHERE rule ~ 'keys_published'"), 'keys_published', 'on a standby');
is(leaks($standby->safe_psql('odd', "SELECT * FROM $schema{odd}.livekit_lint()"), secret => $secret), '', 'too');

$standby->stop;
$node->stop;
done_testing();
