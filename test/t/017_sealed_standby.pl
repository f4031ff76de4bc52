# Keys in the table travel sealed: to a standby and to a logical subscriber,
# which open them with a copy of the master key file, and with nothing else.
# There each change counts at once in the sessions that are open.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;
use LivekitToken;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my ($first, $second) = map { random_secret() } 1 .. 2;
my ($path, $elsewhere) = map { PostgreSQL::Test::Utils::tempdir() . "/$_" } 'master', 'elsewhere';
write_file($path, "$first\n");
my $primary = server('primary', wal_level => 'logical', max_wal_senders => 5, max_replication_slots => 5,
	'livekit_token.master_key_file' => $path);
my $superuser = $primary->safe_psql('postgres', 'SELECT current_user');
my $mint = q{SELECT livekit_verify(livekit_issue('alice', 'standup')) ->> 'iss';};
my $state = q{SELECT DISTINCT status, reason FROM livekit_keys;};
my $table = q{SELECT string_agg(k::text, ';' ORDER BY api_key) FROM livekit_sealed_key k};
my (%hidden, %token);
my $administrator = open_session($primary, $superuser);

# Make a key on the primary, with a token; its secret is in no statement.
sub generate
{
	my ($name, $secret) = split /\|/, ask($administrator, 'SELECT * FROM livekit_key_generate();');

	$hidden{$name} = $secret;
	$token{$name} = ask($administrator, q{SELECT livekit_issue('alice', 'standup');});
	return $name;
}

sub verify
{
	my ($who, $name) = @_;
	return ask($who, "SELECT livekit_verify('$token{$name}') ->> 'iss';");
}

my $old = generate();
$primary->backup('backup');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'backup', has_streaming => 1);
configure($standby, 'livekit_token.master_key_file' => $elsewhere, hot_standby_feedback => 'on');
$standby->start;
my $subscriber = server('subscriber', 'livekit_token.master_key_file' => $elsewhere);
$primary->safe_psql('postgres', q{
	CREATE PUBLICATION everything FOR ALL TABLES;
	SELECT pg_create_logical_replication_slot('eavesdropper', 'pgoutput')});
my $publisher = $primary->connstr . ' dbname=postgres application_name=subscriber';
$subscriber->safe_psql('postgres', "CREATE SUBSCRIPTION everything CONNECTION '$publisher' PUBLICATION everything");
$subscriber->wait_for_subscription_sync($primary, 'subscriber');

sub catch_up
{
	$primary->wait_for_catchup($_) foreach 'standby', 'subscriber';
	return;
}

# Without the master key: the rows are there, and no more.
my @replicas = ([ $standby, 'standby' ], [ $subscriber, 'subscriber' ]);
catch_up();
foreach my $replica (@replicas)
{
	my ($node, $name) = @$replica;
	my $offset = -s $node->logfile;
	my $session = $replica->[2] = open_session($node, 'app');

	is($node->safe_psql('postgres', $table), $primary->safe_psql('postgres', $table), "$name: the rows of the primary");
	is(ask($session, $mint), '55000', 'without the master key: no token');
	is(verify($session, $old), '55000', 'nor is one verified');
	is(ask($session, $state), 'unusable|There is no master key: Could not open the file: No such file or directory.', 'and why');
	my $log = new_log($node, $offset);
	like($log, qr/ERROR:  API key "$old" cannot be used\n.*DETAIL:  There is no master key: Could not open the file: No such file or directory[.]\n/, 'so the log');
	is(leaks($log, %hidden, master => $first), '', 'which has no secret');
}

# A copy of the file, while the sessions are open.
write_file($elsewhere, "$first\n");
foreach (@replicas)
{
	my (undef, $name, $session) = @$_;

	is(ask($session, $mint), $old, "$name: with the master key");
	is(verify($session, $old), $old, 'a token of the primary');
}

# Each change arrives; in a transaction, too, that began before.
my $new;
sub arrives
{
	my ($what, $change, $signs, @refused) = @_;

	ask($_->[2], 'BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM pg_class, livekit_keys;') foreach @replicas;
	$change->();
	catch_up();
	foreach (@replicas)
	{
		my (undef, $name, $session) = @$_;

		is(ask($session, $mint), $signs // $new, "$what: $name, within the transaction");
		ask($session, 'ROLLBACK;');
		is(ask($session, $mint), $signs // $new, "$what: $name");
		foreach my $key ($old, $new)
		{
			is(verify($session, $key), (grep { $_ eq $key } @refused) ? '28000' : $key, "$what: $name has the token of $key");
		}
	}
	return;
}

# A change that a statement makes.
sub by
{
	my ($sql, $result) = (@_, '');
	return sub { is(ask($administrator, $sql), $result, $sql); };
}

arrives('set', sub { $new = generate() });
arrives('retired', by("SELECT livekit_key_retire('$new');"), $old);
arrives('updated', by('UPDATE livekit_sealed_key SET retired_at = NULL;'), $new);
arrives('dropped', by("SELECT livekit_key_drop('$new');"), $old, $new);
arrives('truncated', by('CREATE TEMP TABLE copy AS TABLE livekit_sealed_key; TRUNCATE livekit_sealed_key;'), '55000', $old, $new);
arrives('copied back', by('INSERT INTO livekit_sealed_key SELECT * FROM copy;'), $old, $new);

# Another master key: first to whoever opens, then to who seals.
write_file($_, "$second\n$first\n") foreach $elsewhere, $path;
arrives('rewrapped', by('SELECT livekit_key_rewrap();', 1), $old, $new);
write_file($_, "$second\n") foreach $elsewhere, $path;
is(ask($_->[2], $mint), $old, "$_->[1]: with the new one alone") foreach @replicas;
write_file($elsewhere, "$first\n");
is(ask($_->[2], $mint), '55000', "$_->[1]: not with the old one") foreach @replicas;
like(ask($_->[2], $state), qr/^unusable\|It is sealed with master key "[0-9a-f]{8}", which is not in the file[.]$/, 'and why') foreach @replicas;
write_file($elsewhere, "$second\n");

# What has left by the publication.
my $sent = pack 'H*', $primary->safe_psql('postgres', q{
	SELECT string_agg(encode(data, 'hex'), '')
	FROM pg_logical_slot_peek_binary_changes('eavesdropper', NULL, NULL, 'proto_version', '1', 'publication_names', 'everything')});
like($sent, qr/livekit_sealed_key.*$new/s, 'the changes');
is(leaks($sent, %hidden, first => $first, second => $second), '', 'are sealed');

# Nothing is written on a standby; until it is promoted.
foreach my $change ('livekit_key_generate()', "livekit_key_retire('$old', true)", "livekit_key_drop('$old', true)", 'livekit_key_rewrap()')
{
	is(outcome($standby, $superuser, "SELECT $change"), '25006', "on a standby: $change");
	is(outcome($primary, $superuser, "BEGIN READ ONLY; SELECT $change"), '25006', 'in a READ ONLY transaction');
}
$administrator->quit;
$subscriber->safe_psql('postgres', 'ALTER SUBSCRIPTION everything DISABLE; ALTER SUBSCRIPTION everything SET (slot_name = NONE); DROP SUBSCRIPTION everything');
$primary->stop('immediate');
$standby->promote;
my ($session, $apart) = ($replicas[0][2], $replicas[1][2]);
is(ask($session, $mint), $old, 'promoted');
my ($name) = split /\|/, outcome($standby, $superuser, 'SELECT * FROM livekit_key_generate()');
is(ask($session, $mint), $name, 'a key of its own');
is(outcome($standby, $superuser, "SELECT livekit_key_drop('$old')"), '', 'and the old one dropped');
is(verify($session, $old), '28000', 'counts');
is(verify($apart, $old), $old, 'not where nothing comes from it');
$_->quit foreach $session, $apart;
$_->stop foreach $standby, $subscriber;
done_testing();
