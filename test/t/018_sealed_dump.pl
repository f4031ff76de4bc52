# Where a secret of the table goes: into dumps, base backups and WAL sealed
# alone, and never into the log.  A restore needs the master key, and works at
# once; without it, what is missing is said.
use strict;
use warnings FATAL => 'all';

use File::Find;
use FindBin;
use lib $FindBin::RealBin;
use LivekitToken;
use MIME::Base64 qw(encode_base64);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my ($first, $second, $bound, $refused) = map { random_secret() } 1 .. 4;
my $directory = PostgreSQL::Test::Utils::tempdir();
my $path = "$directory/master";
write_file($path, "$first\n");
my $node = server('dump', VERBOSE_LOG, wal_level => 'replica', max_wal_senders => 3, 'livekit_token.master_key_file' => $path);
my $superuser = $node->safe_psql('postgres', 'SELECT current_user');
my $mint = q{SELECT livekit_verify(livekit_issue('alice', 'standup', project => p)) ->> 'iss' FROM unnest('{default, shop}'::text[]) p;};
my $keys = q{SELECT string_agg(k::text, ';' ORDER BY api_key) FROM livekit_keys k;};
my %hidden = (first => $first, second => $second, bound => $bound, refused => $refused);
my $administrator = open_session($node, $superuser);

# Keys of each fate, of two projects; their secrets are in no statement.
my @names;
foreach my $project ('default', 'default', 'default', 'shop')
{
	my ($name, $secret) = split /\|/, ask($administrator, "SELECT * FROM livekit_key_generate('$project', 'wss://$project.example.com');");

	push @names, $name;
	$hidden{$name} = $secret;
}
my $token = ask($administrator, q{SELECT livekit_issue('alice', 'standup');});
is(ask($administrator, "SELECT livekit_key_retire('$names[2]');"), '', 'one is retired');
is(ask($administrator, "SELECT livekit_key_drop('$names[0]');"), '', 'one is dropped');

is(bind_to($node, q{SELECT livekit_key_set('APIbound', :secret, 'shop');}, $bound, '-c log_parameter_max_length_on_error=0'), '', 'a key whose secret was bound');
push @names, 'APIbound';

# Errors, with a secret that is bound, and with one in the statement.  Of
# these the log has what PostgreSQL writes of an error by itself.
my $quiet = join ' ', map { "-c $_" } 'log_statement=none', 'log_min_duration_statement=-1', 'log_min_messages=warning', 'log_min_error_statement=error',
  'log_lock_waits=on', 'deadlock_timeout=5ms', 'lock_timeout=50ms', map { "debug_print_$_=off" } 'parse', 'rewritten', 'plan';
foreach my $case (
	[ qr/invalid value for parameter "api_key"/, q{'API-x', SECRET} ],
	[ qr/invalid value for parameter "project"/, q{'APIx', SECRET, 'a project'} ],
	[ qr/invalid value for parameter "url"/, q{'APIx', SECRET, 'default', 'nowhere'} ],
	[ qr/invalid value for parameter "api_secret"/, q{'APIx', SECRET || chr(10)} ],
	[ qr/API key "APIbound" belongs to project "shop"/, q{'APIbound', SECRET} ],
	[ qr/parameter "project" must not be null/, q{'APIx', SECRET, NULL} ],
	[ qr/invalid value for parameter "api_key"/, q{SECRET || '.', 'APIx'} ],
	[ qr/canceling statement due to lock timeout/, q{'APIx', SECRET} ])
{
	my ($message, $arguments) = @$case;
	my $waits = $message =~ /lock/;

	ask($administrator, 'BEGIN; LOCK TABLE livekit_sealed_key;') if $waits;
	foreach my $how ('bound', 'in the statement')
	{
		my $offset = -s $node->logfile;
		my $given = $arguments =~ s/SECRET/$how eq 'bound' ? ':secret' : "'$refused'"/egr;
		like(bind_to($node, "SELECT livekit_key_set($given);", $refused, $quiet), $message, "$how: $message");
		my $log = new_log($node, $offset);
		like($log, qr/ERROR:  \w{5}: $message/, 'logged');
		like($log, qr/still waiting for ShareRowExclusiveLock/, 'with the wait') if $waits;
		is(leaks($log, %hidden), '', 'and no secret');
	}
	ask($administrator, 'ROLLBACK;') if $waits;
}

# Dumps, and databases that they are restored to.
sub dump_to
{
	my ($file, @options) = @_;
	return $node->command_ok([ 'pg_dump', '-f', "$directory/$file", @options, 'postgres' ], "pg_dump @options");
}

my $count = 0;
sub restored
{
	my ($file, $database) = @_;
	local %ENV = $node->_get_env();

	if (!$database)
	{
		$database = 'restored_' . ++$count;
		$node->safe_psql('postgres', "CREATE DATABASE $database TEMPLATE template0");
	}
	is((run_command([ $file =~ /sql$/ ? ('psql', '-Xqo', "$directory/ignored", '-f') : ('pg_restore', '--disable-triggers', '-d', $database),
		"$directory/$file", $file =~ /sql$/ ? ('-d', $database) : () ]))[1], '', "restored: $file");
	return $database;
}

# All keys of the first database are in another, and do what they do there.
my $listed = ask($administrator, $keys);
sub works
{
	my ($session, $what) = @_;

	is(ask($session, $mint), "$names[1]\nAPIbound", "$what: mints");
	is(ask($session, "SELECT livekit_verify('$token') ->> 'iss';"), $names[2], 'a token of a retired key');
	is(ask($session, $keys), $listed, 'the same keys, of the same times');
	return;
}

dump_to('plain.sql');
dump_to('custom', '-Fc');
dump_to('schema.sql', '-s');
foreach my $file ('plain.sql', 'custom')
{
	my $session = open_session($node, 'app', database => restored($file));
	works($session, $file);
	$session->quit;
}

# The data alone, while a session is open.
my $database = restored('schema.sql');
my $session = open_session($node, 'app', database => $database);
is(ask($session, $mint), '55000', 'the schema alone has no key');
dump_to('data', '-Fc', '--data-only');
restored('data', $database);
works($session, 'data');
$session->quit;

# Where the master key is not: it is said what is missing.
my $offset = -s $node->logfile;
$node->safe_psql('postgres', "ALTER DATABASE $database SET livekit_token.master_key_file = ''");
is(outcome($node, 'app', $mint, database => $database), '55000', 'without the master key');
is(outcome($node, 'app', "SELECT livekit_verify('$token')", database => $database), '55000', 'nor is a token verified');
is(outcome($node, 'app', 'SELECT DISTINCT status, reason FROM livekit_keys', database => $database),
	'unusable|There is no master key: livekit_token.master_key_file is not set.', 'and why');
like(new_log($node, $offset), qr/ERROR:  55000: API key "$names[1]" cannot be used\n.*DETAIL:  There is no master key: livekit_token[.]master_key_file is not set[.]\n/, 'in the log, too');
$node->safe_psql('postgres', "ALTER DATABASE $database RESET livekit_token.master_key_file");
write_file($path, "$second\n");
like(outcome($node, 'app', 'SELECT DISTINCT status, reason FROM livekit_keys', database => $database),
	qr/^unusable\|It is sealed with master key "[0-9a-f]{8}", which is not in the file[.]$/, 'with another');

# Sealed anew, and all that is on disk then.
write_file($path, "$second\n$first\n");
is(ask($administrator, 'SELECT livekit_key_rewrap();'), '4', 'sealed anew');
is(ask($administrator, 'CHECKPOINT;'), '', 'written');
$administrator->quit;
$node->backup('backup');
$node->stop;

# Files of a kind: which of them hold a part of a secret, and how many name a key.
my (%leaking, %naming);
my @needles = map {
	($_, substr($_, 0, 20), substr($_, 20), unpack('H*', $_), encode_base64($_, ''), /^[0-9a-f]+$/ ? pack 'H*', $_ : ())
} values %hidden;
sub search
{
	my ($kind, $file) = @_;
	my $content = slurp_file($file);

	$leaking{$kind} //= '';
	$leaking{$kind} .= " $file" if grep { index($content, $_) >= 0 } @needles;
	$naming{$kind} += grep { index($content, $_) >= 0 } @names;
	return;
}
my %places = (server => $node->data_dir, 'base backup' => $node->backup_dir . '/backup');
foreach my $place (sort keys %places)
{
	my $find = sub { search("$place, " . (m{/pg_wal/} ? 'WAL' : 'data'), $_) if -f && -s _ };
	find({ no_chdir => 1, wanted => $find }, $places{$place});
}
search('dump', "$directory/plain.sql");
is(join(' ', sort keys %leaking), 'base backup, WAL base backup, data dump server, WAL server, data', 'all files');
foreach my $kind (sort keys %leaking)
{
	is($leaking{$kind}, '', "$kind: no secret");
	cmp_ok($naming{$kind}, '>', 3, 'but sealed ones') if $kind ne 'base backup, WAL';
}
my $log = new_log($node);
cmp_ok(length $log, '>', 1_000_000, 'the log is verbose');
is(leaks($log, %hidden), '', 'and holds no secret');
done_testing();
