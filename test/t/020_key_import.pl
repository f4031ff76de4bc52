# Keys imported: by whom, from a text and from a file of the server's; of an
# import that fails the log tells why, and never a secret; and one that dies
# with the server leaves all of its keys or none.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;
use LivekitToken;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $directory = PostgreSQL::Test::Utils::tempdir();
my ($master, $path) = map { "$directory/$_" } 'master', 'env';
my %hidden = map { $_ => random_secret() } 'master', 'imported', 'refused';
write_file($master, "$hidden{master}\n");
my $node = server('import', fsync => 'on', 'livekit_token.master_key_file' => $master);
my $superuser = $node->safe_psql('postgres', 'SELECT current_user');
$node->safe_psql('postgres', q{
	CREATE ROLE reader LOGIN;
	GRANT EXECUTE ON FUNCTION livekit_key_import, livekit_key_import_file TO app, reader;
	GRANT pg_read_server_files TO reader});
my $keys = q{SELECT string_agg(concat_ws(' ', project, api_key, signs), ', ' ORDER BY project, api_key) FROM livekit_keys;};
my $rows = q{SELECT md5(string_agg(k::text, ';' ORDER BY api_key)) FROM livekit_sealed_key k;};

# The text of a .env file.
sub env
{
	my ($secret, $key, $prefix) = @_;
	return "${prefix}LIVEKIT_API_KEY=$key\n${prefix}LIVEKIT_API_SECRET=\"$secret\"\n";
}

# By whom: the table is written for whoever may call the functions, but a file
# is read for a member of pg_read_server_files alone.
write_file($path, env($hidden{imported}, 'APIfile', ''));
is(outcome($node, 'app', "SELECT livekit_key_import_file('$path')"), '42501', 'a file: no member');
is(outcome($node, 'app', "SELECT livekit_key_import_file('$path.none')"), '42501', 'is not told whether there is one');
is(outcome($node, 'app', $keys), '', 'nothing is stored');
is(outcome($node, 'reader', "SELECT livekit_key_import_file('$path')"), 1, 'a member');
is(outcome($node, 'reader', 'SELECT * FROM livekit_sealed_key'), '42501', 'who does not see the table');
is(outcome($node, 'reader', "SELECT livekit_key_import_file('$path.none')"), '58P01', 'no file');
is(outcome($node, 'app', $keys), 'default APIfile t', 'stored');

# Failing imports, with everything logged that PostgreSQL logs of an error.
# The secret is bound, or within the statement; then PostgreSQL itself logs the
# statement with each message of its own at DEBUG, but not with our error.
my $extended = "$directory/extended";
sub run_import
{
	my ($how, $text, $arguments, @settings) = @_;
	my $bound = $how eq 'bound';
	local %ENV = ($node->_get_env(), PGOPTIONS => join ' ', map { "-c $_" } 'log_statement=none', 'log_error_verbosity=verbose', 'log_parameter_max_length=0', @settings);

	if ($how eq 'from a file')
	{
		write_file($path, $text);
	}
	append_to_file($extended, 'SELECT livekit_key_import' . ($how eq 'from a file' ? "_file('$path'" : $bound ? '(:env' : "('$text'") . "$arguments);\n");
	my (undef, $stderr) = run_command([ 'pgbench', '-n', '-M', $bound ? 'extended' : 'simple', '-t', 1, $bound ? ('-D', "env=$text") : (), '-f', $extended, '-U', $superuser, 'postgres' ]);
	unlink $extended or die $!;
	return $stderr;
}

my $before = $node->safe_psql('postgres', $rows);
my ($good, $also) = (env($hidden{refused}, 'APInew', ''), env($hidden{refused}, 'APIalso', 'SHOP_'));
my $waiting = open_session($node, $superuser);
foreach my $case (
	[ 'line 3 is not NAME=value', "$good$hidden{refused}\n" ],
	[ 'line 3 has a quote that is not closed', "${good}A=\"$hidden{refused}\n" ],
	[ 'line 3 has something behind the value', "${good}A=\"$hidden{refused}\"$hidden{refused}\n" ],
	[ 'line 3 has a name that was there before', $good . $good ],
	[ 'project "SHOP" lacks LIVEKIT_API_KEY', "${good}SHOP_LIVEKIT_API_SECRET=$hidden{refused}\n" ],
	[ 'there is no key to import', "SECRET=$hidden{refused}\n" ],
	[ 'invalid value for parameter "api_key"', env('APIswapped', "$hidden{refused}!", '') ],
	[ 'invalid value for parameter "api_secret"', env(substr($hidden{refused}, 0, 31), 'APInew', '') ],
	[ 'invalid value for parameter "url"', "${good}LIVEKIT_URL=$hidden{refused}\n" ],
	[ 'invalid value for parameter "project"', $good, q{, 'a b'} ],
	[ 'API key "APIfile" belongs to project "default"', $also . env($hidden{refused}, 'APIfile', 'SHOP_') =~ s/SHOP/T/gr, q{, overwrite => true} ],
	[ 'no master key can be used, so that no secret can be sealed', $good . $also, '', 'livekit_token.master_key_file=' ],
	[ 'canceling statement due to lock timeout', $good . $also, '', 'lock_timeout=50ms', 'deadlock_timeout=5ms', 'log_lock_waits=on' ],
	[ 'cannot execute .* in a read-only transaction', $good, '', 'default_transaction_read_only=on' ])
{
	my ($message, $text, $arguments, @settings) = @$case;
	my $waits = $message =~ /lock/;

	ask($waiting, 'BEGIN; LOCK TABLE livekit_sealed_key;') if $waits;
	foreach my $run (
		[ 'bound', 'log_min_messages=debug5', 'log_min_error_statement=debug5', 'log_parameter_max_length_on_error=0' ],
		[ 'in the statement', 'log_min_messages=info', 'log_min_error_statement=debug5' ],
		[ 'from a file', 'log_min_messages=debug5', 'log_min_error_statement=debug5', 'log_statement=all', 'debug_print_plan=on' ])
	{
		my ($how, @verbose) = @$run;
		my $offset = -s $node->logfile;
		my $stderr = run_import($how, $text, $arguments // '', @verbose, @settings);
		my $log = new_log($node, $offset);

		like($stderr, qr/ERROR:  $message/, "$how: $message");
		is(leaks($stderr, %hidden), '', 'the client is told no secret');
		like($log, qr/ERROR:  \w{5}: $message/, 'nor does the log');
		is(leaks($log, %hidden), '', 'hold one');
	}
	ask($waiting, 'ROLLBACK;') if $waits;
}
# the parameters of an error, too, which PostgreSQL would log
my $offset = -s $node->logfile;
run_import('bound', "$good!", '', 'log_parameter_max_length_on_error=-1', 'log_min_error_statement=debug5');
like(new_log($node, $offset), qr/ERROR:  \w{5}: line 3 is not NAME=value/, 'with its parameters');
is(leaks(new_log($node, $offset), %hidden), '', 'no secret');
is($node->safe_psql('postgres', $rows), $before, 'of all of these nothing is stored');
$waiting->quit;

# The server dies in the middle of an import in place of other keys: while a
# trigger, which fires for each row, waits for a lock; and after its commit.
my @names = map { sprintf 'P%03d', $_ } 1 .. 400;
my $many = sub { my ($api) = @_; return join '', map { env($hidden{imported}, "$api$_", "${_}_") } @names; };
my $state = q{SELECT left(api_key, 4), count(*), bool_and(signs) FROM livekit_keys GROUP BY 1 ORDER BY 1};
write_file($path, $many->('APIo'));
is(outcome($node, 'reader', "SELECT livekit_key_import_file('$path')"), 400, 'four hundred keys');
is(outcome($node, $superuser, q{SELECT livekit_key_drop('APIfile', true)}), '', 'and no other');
write_file($path, $many->('APIn'));
$node->safe_psql('postgres', q{
	CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
		IF NEW.api_key = 'APInP200' THEN PERFORM pg_catalog.pg_advisory_xact_lock(20); END IF;
		RETURN NEW; END $$;
	CREATE TRIGGER wait BEFORE INSERT ON livekit_sealed_key FOR EACH ROW EXECUTE FUNCTION wait()});


foreach my $end ('in the middle', 'after it')
{
	my ($importer, $holder, $observer) = map { open_session($node, $superuser) } 1 .. 3;

	ask($holder, 'SELECT pg_advisory_lock(20);') if $end eq 'in the middle';
	ok(start($importer, "SELECT livekit_key_import_file('$path', overwrite => true);", $observer), "an import, and the server dies $end");
	is(ask($observer, "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'advisory'"), 1, 'it waits') if $end eq 'in the middle';
	is(finish($importer), 400, 'it is done') if $end eq 'after it';
	kill_server($node);
	$_->{run}->kill_kill foreach $importer, $holder, $observer;
	$node->start;
	is(outcome($node, 'app', $state), $end eq 'in the middle' ? 'APIo|400|t' : 'APIn|400|t', 'all of the keys are there, and none else');
	is(outcome($node, 'app', q{SELECT livekit_verify(livekit_issue('alice', 'standup', project => 'P400')) ->> 'iss'}),
		$end eq 'in the middle' ? 'APIoP400' : 'APInP400', 'and sign');
}
$node->stop;
is(leaks(new_log($node), %hidden), '', 'no secret in all of the log');
done_testing();
