# Keys in the table, changed by another session: the change counts in every
# session at once when it is committed, also in one whose transaction began
# before; not sooner, and not when it is rolled back.  And the master key file,
# which appears, changes and vanishes while sessions are open.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;
use LivekitToken;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my ($first, $second) = map { random_secret() } 1 .. 2;
my $path = PostgreSQL::Test::Utils::tempdir() . '/master';
my $node = server('sealed', 'livekit_token.master_key_file' => $path, max_prepared_transactions => 2);
my $superuser = $node->safe_psql('postgres', 'SELECT current_user');
my ($administrator, $operator) = map { open_session($node, $superuser) } 1 .. 2;
my ($session, $block, $repeatable) = map { open_session($node, 'app') } 1 .. 3;
$_->query('\set ON_ERROR_ROLLBACK on') foreach $block, $repeatable;
my $mint = q{SELECT livekit_verify(livekit_issue('alice', 'standup')) ->> 'iss';};
my %token;

sub set { my ($name) = @_; return "SELECT livekit_key_set('$name', '" . random_secret() . "');"; }

# What becomes of a token in a session.
sub verify
{
	my ($who, $name) = @_;
	return ask($who, "SELECT livekit_verify('$token{$name}') ->> 'iss';");
}

# Which key signs; and which keys' tokens are refused.
sub all_see
{
	my ($what, $signs, @refused) = @_;

	foreach my $case ([ $session, 'a session' ], [ $block, 'a transaction' ], [ $repeatable, 'REPEATABLE READ' ])
	{
		my ($who, $name) = @$case;

		is(ask($who, $mint), $signs, "$what: $name");
		foreach my $key (sort keys %token)
		{
			is(verify($who, $key), (grep { $_ eq $key } @refused) ? '28000' : $key, "$what: $name has the token of $key");
		}
	}
	return;
}

# Transactions that began before a change, with keys that were read in it; an
# error does not end them.
sub begin
{
	ask($block, 'BEGIN; SELECT count(*) FROM livekit_keys;');
	ask($repeatable, 'BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM pg_class, livekit_keys;');
	return;
}

sub end
{
	is(ask($_, 'COMMIT;'), '', 'the end of a transaction') foreach $block, $repeatable;
	return;
}

# The file appears.
is(ask($administrator, set('APIone')), '55000', 'nothing to seal with');
is(ask($session, $mint), '55000', 'nor a key to sign with');
write_file($path, "$first\n");
is(ask($administrator, set('APIone')), '', 'the file appeared');

foreach my $case (
	[ 'set', '', 'APIone' ],
	[ 'another set', set('APItwo'), 'APItwo' ],
	[ 'retired', q{SELECT livekit_key_retire('APItwo');}, 'APIone' ],
	[ 'set again', set('APItwo'), 'APItwo', 'APItwo' ],
	[ 'dropped', q{SELECT livekit_key_drop('APItwo');}, 'APIone', 'APItwo' ],
	[ 'the last one retired', q{SELECT livekit_key_retire('APIone', true);}, '55000', 'APItwo' ],
	[ 'updated', q{UPDATE livekit_sealed_key SET retired_at = NULL;}, 'APIone', 'APItwo' ],
	[ 'the last one dropped', q{SELECT livekit_key_drop('APIone', true);}, '55000', 'APIone', 'APItwo' ],
	[ 'copied back', q{INSERT INTO livekit_sealed_key SELECT * FROM copy;}, 'APIone', 'APItwo' ],
	[ 'as another row', q{UPDATE livekit_sealed_key SET id = gen_random_uuid();}, '55000' ],
	[ 'truncated', q{TRUNCATE livekit_sealed_key;}, '55000', 'APIone', 'APItwo' ],
	[ 'copied again', q{INSERT INTO livekit_sealed_key SELECT * FROM copy;}, 'APIone', 'APItwo' ])
{
	my ($what, $change, $signs, @refused) = @$case;

	begin();
	ask($administrator, 'BEGIN;');
	is(ask($administrator, $change), '', $what);
	ask($administrator, 'COMMIT;');
	# a token of a key that is there, and cannot be opened, is not refused
	if ($what eq 'as another row')
	{
		is(verify($_, 'APIone'), '55000', "$what: it cannot be verified") foreach $session, $block, $repeatable;
		is(ask($_, $mint), $signs, "$what: nor minted") foreach $session, $block, $repeatable;
	}
	else
	{
		all_see($what, $signs, @refused);
	}
	end();
	$token{$signs} //= ask($session, q{SELECT livekit_issue('alice', 'standup');}) if $signs ne '55000';
	ask($administrator, 'CREATE TABLE copy AS TABLE livekit_sealed_key;') if $what eq 'set';
}

# Not sooner; and what is rolled back never was, in whole or in part.
delete $token{APItwo};
my %undone = (
	set => set('APIthree'),
	'retire and set' => q{SELECT livekit_key_retire('APIone', true); } . set('APIthree'),
	drop => q{SELECT livekit_key_drop('APIone', true);});
foreach my $what (sort keys %undone)
{
	my $signs = $what eq 'drop' ? '55000' : 'APIthree';

	foreach my $how (
		[ 'ROLLBACK', 'BEGIN;', 'ROLLBACK;' ],
		[ 'ROLLBACK TO', 'BEGIN; SAVEPOINT a;', 'ROLLBACK TO a;', 'COMMIT;' ],
		[ 'an inner savepoint', 'BEGIN; SAVEPOINT a; SAVEPOINT b;', 'RELEASE b; ROLLBACK TO a;', 'COMMIT;' ])
	{
		my ($name, $begin, @undo) = @$how;

		ask($administrator, $begin);
		is(ask($administrator, "$undone{$what}"), $what eq 'retire and set' ? "\n" : '', "$what, $name");
		is(ask($session, $mint), 'APIone', 'not before COMMIT');
		is(ask($administrator, $mint), $signs, 'but in the transaction itself');
		foreach (@undo)
		{
			ask($administrator, $_);
			is(ask($administrator, $mint), 'APIone', "after $_");
			is(verify($administrator, 'APIone'), 'APIone', 'a token, too');
		}
		is(ask($session, $mint), 'APIone', 'and never elsewhere');
	}
	ask($administrator, "DO \$\$ BEGIN PERFORM " . ($undone{$what} =~ s/SELECT //gr =~ s/; livekit/; PERFORM livekit/r) .
		q{ PERFORM livekit_keys(); RAISE 'undo'; EXCEPTION WHEN raise_exception THEN END $$;});
	is(ask($administrator, $mint), 'APIone', "$what, an exception in PL/pgSQL");
}

# A prepared transaction is nobody's, until it is committed; by a restart, too.
foreach my $end ('ROLLBACK', 'COMMIT')
{
	begin();
	ask($administrator, 'BEGIN;');
	is(ask($administrator, set('APIthree')), '', 'set');
	is(ask($administrator, $mint), 'APIthree', 'it signs');
	is(ask($administrator, q{PREPARE TRANSACTION 'p';}), '', 'prepared');
	is(ask($administrator, $mint), 'APIone', 'it signs no more');
	all_see('prepared', 'APIone');
	is(ask($operator, "$end PREPARED 'p';"), '', "$end PREPARED");
	my $signs = $end eq 'COMMIT' ? 'APIthree' : 'APIone';
	is(ask($administrator, $mint), $signs, 'where it was prepared');
	all_see("$end PREPARED", $signs);
	end();
}

# Two at once: the second waits, and is told what the first has done.
is(ask($administrator, q{BEGIN; SELECT livekit_key_retire('APIone');}), '', 'one of two is retired');
ok(start($operator, q{SELECT livekit_key_retire('APIthree');}, $session), 'and the other one');
ask($administrator, 'COMMIT;');
is(finish($operator), '55000', 'which is then the last one');
is(ask($session, $mint), 'APIthree', 'and signs');

# So in a transaction that does not see it yet.
is(ask($administrator, set('APIfour')), '', 'a newer one');
is(ask($operator, 'BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM pg_class WHERE false;'), '0', 'a snapshot');
is(ask($administrator, q{SELECT livekit_key_retire('APIfour');}), '', 'the newer one is retired');
like(ask($operator, q{SELECT livekit_key_retire('APIthree');}), qr/^(55000|40001)$/, 'the last one is not, by an old snapshot');
ask($operator, 'ROLLBACK;');
is(ask($session, $mint), 'APIthree', 'it signs');
ask($operator, "BEGIN ISOLATION LEVEL REPEATABLE READ; $mint");
like(ask($operator, 'SELECT livekit_key_rewrap();'), qr/^(55000|40001)$/, 'nor is all sealed anew by one');
ask($operator, 'ROLLBACK;');

# The master key file.  What was read stays, where it was read.
my $offset = -s $node->logfile;
rename $path, "$path.away" or die $!;
is(ask($session, $mint), 'APIthree', 'the file vanishes: a session goes on');
is(ask($session, $mint), 'APIthree', 'and on');
my @said = new_log($node, $offset) =~ /could not use master key file ".*"\n.*DETAIL:  Could not open the file: No such file or directory[.]/g;
is(scalar @said, 1, 'and says so once in the log');
my $late = open_session($node, 'app');
my $state = q{SELECT DISTINCT status, signs, reason FROM livekit_keys WHERE source = 'sealed_table';};
is(ask($late, $mint), '55000', 'a new one cannot sign');
is(verify($late, 'APIone'), '55000', 'nor verify');
is(ask($late, $state), 'unusable|f|There is no master key: Could not open the file: No such file or directory.', 'and is told why');
is(outcome($node, $superuser, set('APIfive')), '55000', 'nor is a key sealed');
like(new_log($node, $offset), qr/ERROR:  no master key can be used.*\n.*DETAIL:  Could not open the file: No such file or directory[.]\n/, 'the log has the cause');
rename "$path.away", $path or die $!;
is(ask($_, $mint), 'APIthree', 'it is back') foreach $late, $session;
is(verify($late, 'APIone'), 'APIone', 'a token, too');

# Another one: what was sealed with the first does not open, until both are there.
write_file($path, "$second\n");
foreach my $who ($late, $session)
{
	is(ask($who, $mint), '55000', 'another master key');
	like(ask($who, $state), qr/^unusable\|f\|It is sealed with master key "[0-9a-f]{8}", which is not in the file[.]$/, 'is not the one');
}
is(ask($administrator, 'SELECT livekit_key_rewrap();'), '55000', 'nor is anything sealed anew');
write_file($path, "# new\n$second\n$first # old\n");
is(ask($_, $mint), 'APIthree', 'both') foreach $late, $session;
begin();
is(ask($administrator, 'BEGIN; SELECT livekit_key_rewrap();'), '3', 'sealed anew');
is(ask($session, $mint), 'APIthree', 'not before COMMIT');
ask($administrator, 'COMMIT;');
write_file($path, "$second\n");
all_see('the new one alone', 'APIthree');
end();
is(ask($administrator, 'SELECT livekit_key_rewrap();'), '0', 'once is enough');

# A file that is spoiled is as one that vanished.
write_file($path, "$second\n", 0640);
is(ask($session, $mint), 'APIthree', 'of a wrong mode');
is(outcome($node, 'app', $mint), '55000', 'for a new session');
write_file($path, "$first!\n");
is(ask($session, $mint), 'APIthree', 'of wrong content');
is(outcome($node, 'app', $mint), '55000', 'for a new session');
unlike(new_log($node, $offset), qr/\Q$first\E|\Q$second\E/, 'the log never has a key');
write_file($path, "$second\n");

# Another file, by the setting.
is(ask($administrator, q{SET livekit_token.master_key_file = '';}), '', 'no file');
is(ask($administrator, $mint), '55000', 'what was read before is not used');
is(ask($administrator, 'RESET livekit_token.master_key_file;'), '', 'and the file again');
is(ask($administrator, $mint), 'APIthree', 'is');

# A restart, with a transaction prepared before it.
ask($administrator, 'BEGIN;');
is(ask($administrator, set('APIsix')), '', 'set');
is(ask($administrator, q{PREPARE TRANSACTION 'p';}), '', 'and prepared');
$_->quit foreach $administrator, $operator, $session, $block, $repeatable, $late;
$node->restart;
$session = open_session($node, 'app');
is(ask($session, $mint), 'APIthree', 'after a restart');
is(verify($session, 'APIone'), 'APIone', 'a retired one, too');
is(outcome($node, $superuser, q{COMMIT PREPARED 'p'}), '', 'COMMIT PREPARED after a restart');
is(ask($session, $mint), 'APIsix', 'counts in the session');
$session->quit;
$node->stop;
done_testing();
