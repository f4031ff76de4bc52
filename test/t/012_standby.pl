# A hot standby answers as its primary does: what is registered there, and who
# is a member, comes by replication and counts at once.  So does a read-only
# transaction.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;
use LivekitToken;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $path = key_file(APIfile => random_secret());
my $primary = server('primary', wal_level => 'replica', max_wal_senders => 3,
	'livekit_token.key_file' => $path, 'livekit_token.url' => 'wss://livekit.example.com');
my $superuser = $primary->safe_psql('postgres', 'SELECT current_user');
my $join = joining('standup');
my @ways = (
	[ $join => 'alice|standup' ],
	[ q{SELECT livekit_can_join('standup');} => 't' ],
	[ q{SELECT livekit_verify(livekit_token(NULL, 'standup')) ->> 'sub';} => 'alice' ],
	[ q{SELECT livekit_verify(livekit_token_source('{"room_name": "standup"}') ->> 'participant_token') ->> 'sub';} => 'alice' ]);

# Each way to ask: what comes of it in a session.
sub all_ways
{
	my ($session, $what, $expected) = @_;

	foreach (@ways)
	{
		my ($sql, $usual) = @$_;
		my $code = $expected && ($expected eq '42501' && $usual eq 't' ? 'f' : $expected);
		is(ask($session, $sql), $code // $usual, "$what: $sql");
	}
	return;
}

members($primary);
$primary->backup('backup');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'backup', has_streaming => 1);
$standby->start;
$primary->wait_for_catchup($standby);

my $session = open_session($standby, 'alice');
my $administrator = open_session($primary, $superuser);
is(ask($session, 'SELECT pg_is_in_recovery();'), 't', 'a standby');
all_ways($session, 'a member');
is(ask($session, joining('retro')), '42501', 'and elsewhere none');
is(ask($session, q{SELECT livekit_can_join('retro');}), 'f', 'as can_join says');
is(outcome($standby, $superuser, $join), '55000', 'a superuser is refused');
is(outcome($standby, $_, q{SELECT livekit_register_access('member')}), '25006', "$_ cannot register") foreach 'keeper', $superuser;
is(outcome($standby, 'keeper', 'SELECT livekit_unregister_access()'), '25006', 'nor unregister');

# Each change on the primary counts in the session that is open on the
# standby; and in a transaction there that began before, which has not read
# the table, so that it is in no change's way; nor is what it could still see
# of the catalogs taken away, as long as another on the primary sees it.
my $witness = open_session($primary, $superuser);
ask($witness, 'BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM pg_class;');
foreach my $case (
	[ 'unregistered', 'SELECT livekit_unregister_access()', '55000' ],
	[ 'registered', q{SELECT livekit_register_access('member')} ],
	[ 'row deleted', q{DELETE FROM member WHERE identity = 'alice'}, '42501' ],
	[ 'inserted', q{INSERT INTO member VALUES ('standup', 'alice')} ],
	[ 'RLS disabled', 'ALTER TABLE member DISABLE ROW LEVEL SECURITY', '55000' ],
	[ 'enabled', 'ALTER TABLE member ENABLE ROW LEVEL SECURITY' ],
	[ 'policy changed', 'ALTER POLICY own ON member USING (false)', '42501' ],
	[ 'changed back', 'ALTER POLICY own ON member USING (identity = livekit_identity())' ],
	[ 'column renamed', 'ALTER TABLE member RENAME room TO place', '55000' ],
	[ 'renamed back', 'ALTER TABLE member RENAME place TO room; ALTER TABLE member RENAME TO people' ],
	[ 'dropped', 'ALTER TABLE people RENAME TO member; CREATE TABLE copy AS TABLE member; DROP TABLE member', '55000' ])
{
	my ($what, $change, $expected) = @$case;

	ask($session, 'BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM pg_class;');
	ask($administrator, "$change;");
	$primary->wait_for_catchup($standby);
	is(ask($session, $join), $expected // 'alice|standup', "$what: within the transaction");
	ask($session, 'ROLLBACK;');
	all_ways($session, $what, $expected);
}

$witness->quit;

# A table made anew, registered, and the standby promoted.
$primary->safe_psql('postgres', q{
	ALTER TABLE copy RENAME TO member;
	ALTER TABLE member OWNER TO keeper;
	ALTER TABLE member ENABLE ROW LEVEL SECURITY;
	CREATE POLICY own ON member USING (identity = livekit_identity());
	GRANT SELECT ON member TO alice;
	SELECT livekit_register_access('member')});
$primary->wait_for_catchup($standby);
all_ways($session, 'another table registered');
$administrator->quit;
$primary->stop;
$standby->promote;
all_ways($session, 'after promotion');
is(outcome($standby, 'keeper', 'SELECT livekit_unregister_access()'), '', 'where it can be unregistered');
all_ways($session, 'unregistered', '55000');
is(outcome($standby, 'keeper', q{SELECT livekit_register_access('member')}), '', 'and registered');

# In transactions that may not write.
foreach my $mode ('READ ONLY', 'ISOLATION LEVEL REPEATABLE READ READ ONLY', 'ISOLATION LEVEL SERIALIZABLE READ ONLY DEFERRABLE')
{
	ask($session, "BEGIN $mode;");
	all_ways($session, $mode);
	is(ask($session, joining('retro')), '42501', 'and elsewhere none');
	ask($session, 'ROLLBACK;');
	is(outcome($standby, 'keeper', "BEGIN $mode; SELECT livekit_register_access('member')"), '25006', 'nor is anything registered');
}
is(outcome($standby, 'alice', $join, options => '-c default_transaction_read_only=on'), 'alice|standup', 'by default');
$session->quit;
$standby->stop;
done_testing();
