# Two sessions: what one commits counts in the other at once, whatever the age
# of its transaction and of its plans; what is not committed does not, and
# nobody waits.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;
use LivekitToken;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $path = key_file(APIfile => random_secret());
my $node = server('isolation', lock_timeout => '20s',
	'livekit_token.key_file' => $path, 'livekit_token.url' => 'wss://livekit.example.com');
my $superuser = $node->safe_psql('postgres', 'SELECT current_user');
my $join = joining('standup');
my $publish = q{SELECT livekit_verify(livekit_token(NULL, 'standup', '{"canPublish": true}')) #>> '{video,canPublish}';};
my $can = q{SELECT livekit_can_join('standup');};
my $own = 'identity = livekit_identity()';
my $grants = q{GRANT EXECUTE ON FUNCTION livekit_join, livekit_can_join, livekit_token, livekit_verify TO PUBLIC;
	GRANT EXECUTE ON FUNCTION livekit_register_access, livekit_unregister_access TO keeper, bob};

members($node);
$node->safe_psql('postgres', qq{
	CREATE ROLE staff;
	CREATE SCHEMA yard;
	GRANT USAGE ON SCHEMA yard TO PUBLIC;
	CREATE TABLE ban (identity text);
	GRANT SELECT ON ban TO PUBLIC;
	GRANT INSERT, DELETE ON member TO PUBLIC;
	CREATE FUNCTION banned_now(text) RETURNS boolean STABLE LANGUAGE plpgsql
		AS 'BEGIN RETURN EXISTS (SELECT FROM ban WHERE identity = \$1); END';
	CREATE FUNCTION banned_then(text) RETURNS boolean VOLATILE LANGUAGE plpgsql
		AS 'BEGIN RETURN EXISTS (SELECT FROM ban WHERE identity = \$1); END';
	CREATE TABLE other (LIKE member);
	ALTER TABLE other OWNER TO bob;
	ALTER TABLE other ENABLE ROW LEVEL SECURITY;
	$grants});
my $session = open_session($node, 'alice');
my ($administrator, $writer) = map { open_session($node, $superuser) } 1 .. 2;
sub change { return ask($administrator, "$_[0];"); }

# Without these the row is there, and its grants are the usual.
my @members = (
	[ 'row deleted', q{DELETE FROM member WHERE identity = 'alice'}, '42501',
		q{INSERT INTO member VALUES ('standup', 'alice')} ],
	[ 'row moved to another room', q{UPDATE member SET room = 'x' WHERE identity = 'alice'}, '42501',
		q{UPDATE member SET room = 'standup' WHERE identity = 'alice'} ],
	[ 'table truncated', 'CREATE TABLE kept AS TABLE member; TRUNCATE member', '42501',
		'INSERT INTO member TABLE kept; DROP TABLE kept' ],
	[ 'policy changed', 'ALTER POLICY own ON member USING (false)', '42501',
		"ALTER POLICY own ON member USING ($own)" ],
	[ 'policy dropped', 'DROP POLICY own ON member', '42501',
		"CREATE POLICY own ON member USING ($own)" ],
	[ 'privilege revoked', 'REVOKE SELECT ON member FROM PUBLIC', '42501',
		'GRANT SELECT ON member TO PUBLIC' ],
	[ 'unregistered', 'SELECT livekit_unregister_access()', '55000',
		q{SELECT livekit_register_access('member')} ],
	[ 'registration deleted', 'DELETE FROM livekit_access', '55000',
		q{SELECT livekit_register_access('member')} ],
	[ 'registration deleted without triggers', 'SET session_replication_role = replica; DELETE FROM livekit_access; RESET session_replication_role', '55000',
		q{SELECT livekit_register_access('member')} ],
	[ 'registry truncated', 'TRUNCATE livekit_access', '55000',
		q{SELECT livekit_register_access('member')} ],
	[ 'another registered', q{SELECT livekit_register_access('other')}, '42501',
		q{SELECT livekit_register_access('member')} ],
	[ 'RLS disabled', 'ALTER TABLE member DISABLE ROW LEVEL SECURITY', '55000',
		'ALTER TABLE member ENABLE ROW LEVEL SECURITY' ],
	[ 'BYPASSRLS', 'ALTER ROLE alice BYPASSRLS', '55000', 'ALTER ROLE alice NOBYPASSRLS' ],
	[ 'no longer a member of whom the policy is for', 'REVOKE staff FROM alice', '42501',
		'ALTER POLICY own ON member TO PUBLIC', 'ALTER POLICY own ON member TO staff; GRANT staff TO alice' ],
	# the question is planned while there are no policies for her
	[ 'BYPASSRLS, and registered again', q{ALTER ROLE alice BYPASSRLS; SELECT livekit_register_access('member')}, '55000',
		'ALTER ROLE alice NOBYPASSRLS' ],
	[ 'superuser', 'ALTER ROLE alice SUPERUSER', '55000', 'ALTER ROLE alice NOSUPERUSER' ],
	[ 'renamed', 'ALTER ROLE alice RENAME TO alicia', '42501', 'ALTER ROLE alicia RENAME TO alice' ],
	[ 'made a member of the owner', 'GRANT keeper TO alice', '55000', 'REVOKE keeper FROM alice' ],
	[ 'made the owner', 'ALTER TABLE member OWNER TO alice', '55000', 'ALTER TABLE member OWNER TO keeper' ],
	[ 'column renamed', 'ALTER TABLE member RENAME room TO place', '55000', 'ALTER TABLE member RENAME place TO room' ],
	[ 'column retyped', q{ALTER TABLE member ALTER grants TYPE text USING repeat('x', 100)}, '55000',
		'ALTER TABLE member ALTER grants TYPE jsonb USING NULL' ],
	[ 'column dropped', 'ALTER TABLE member DROP grants', '55000',
		q{ALTER TABLE member ADD grants jsonb; SELECT livekit_register_access('member')} ],
	[ 'moved to another schema', 'ALTER TABLE member SET SCHEMA yard', 'alice|standup',
		'ALTER TABLE yard.member SET SCHEMA public' ],
	[ 'schema renamed', 'ALTER SCHEMA yard RENAME TO attic', 'alice|standup',
		'ALTER TABLE attic.member SET SCHEMA public; ALTER SCHEMA attic RENAME TO yard', 'ALTER TABLE member SET SCHEMA yard' ],
	[ 'table renamed, another in its place', 'ALTER TABLE member RENAME TO people; CREATE TABLE member (LIKE people)', 'alice|standup',
		'DROP TABLE member; ALTER TABLE people RENAME TO member' ],
	[ 'extension made anew', "DROP EXTENSION livekit_token CASCADE; CREATE EXTENSION livekit_token; $grants", '55000',
		"CREATE POLICY own ON member USING ($own); SELECT livekit_register_access('member')" ]);

ask($session, "PREPARE j AS $join");
foreach (@members)
{
	my ($what, $change, $expected, $back, $first) = @$_;

	# The transaction has its snapshot, and has not locked the table.
	foreach my $level ('READ COMMITTED', 'REPEATABLE READ', 'SERIALIZABLE')
	{
		change($first) if $first;
		is(ask($session, 'EXECUTE j;'), 'alice|standup', "before: alice joins");
		ask($session, "BEGIN ISOLATION LEVEL $level; SELECT count(*) FROM pg_class;");
		is(change($change), '', $what);
		is(ask($session, 'EXECUTE j;'), $expected, "$level: $expected");
		ask($session, 'ROLLBACK;');
		is(ask($session, 'EXECUTE j;'), $expected, 'and after it') if $level eq 'READ COMMITTED';
		is(change($back), '', 'changed back');
	}
}
is(ask($session, 'EXECUTE j;'), 'alice|standup', 'alice joins again');

# Changes that need no lock on the table, in a transaction that has joined.
foreach (grep { $_->[0] =~ /row|registered|registration|BYPASSRLS|superuser|member of/ } @members)
{
	my ($what, $change, $expected, $back, $first) = @$_;

	foreach my $level ('READ COMMITTED', 'REPEATABLE READ', 'SERIALIZABLE')
	{
		change($first) if $first;
		ask($session, "BEGIN ISOLATION LEVEL $level;");
		is(ask($session, 'EXECUTE j;'), 'alice|standup', "$level: alice joins");
		is(change($change), '', $what);
		is(ask($session, 'EXECUTE j;'), $expected, "the next time in the transaction: $expected");
		ask($session, 'ROLLBACK;');
		is(change($back), '', 'changed back');
	}
}

# A change that is committed while she waits for the table: with the question
# planned before, and in a new session.
foreach (grep { $_->[0] !~ /extension/ } @members)
{
	my ($what, $change, $expected, $back, $first) = @$_;

	foreach my $asker ($session, open_session($node, 'alice'))
	{
		my $table = ($first // '') =~ /yard/ ? 'yard.member' : 'member';

		change($first) if $first;
		ask($writer, "BEGIN; LOCK TABLE $table; $change;");
		ok(start($asker, $join, $administrator), "$what: she asks");
		ask($writer, 'COMMIT;');
		is(finish($asker), $expected, "when it is committed: $expected");
		change($back);
		$asker->quit if $asker != $session;
	}
}

# What an old snapshot shows, the question does not: rows and bans.
foreach my $level ('REPEATABLE READ', 'SERIALIZABLE')
{
	my $count = q{SELECT count(*) FROM member WHERE identity = 'alice' AND room = 'standup';};

	ask($session, "BEGIN ISOLATION LEVEL $level;");
	is(ask($session, $count), 1, "$level: a row is there");
	change(q{DELETE FROM member WHERE identity = 'alice'});
	is(ask($session, $count), 1, 'and still is when it was deleted');
	is(ask($session, $can), 'f', 'but it lets nobody in');
	change(q{INSERT INTO member VALUES ('standup', 'alice', '{"canPublish": false}')});
	is(ask($session, "$can $join"), "t\nalice|standup", 'a new row does');
	is(ask($session, $publish), '42501', 'to what it grants');
	ask($session, 'ROLLBACK;');
	change(q{UPDATE member SET grants = NULL});

	foreach my $case (
		[ 'NOT EXISTS (SELECT FROM ban WHERE ban.identity = member.identity)', 'f' ],
		[ 'NOT banned_now(identity)', 'f' ],
		# such a function reads what the transaction saw first
		[ 'NOT banned_then(identity)', 't' ])
	{
		my ($policy, $expected) = @$case;

		change("ALTER POLICY own ON member USING ($own AND $policy)");
		ask($session, "BEGIN ISOLATION LEVEL $level;");
		is(ask($session, $can), 't', "$level, policy $policy");
		change(q{INSERT INTO ban VALUES ('alice')});
		is(ask($session, $can), $expected, "banned: $expected");
		ask($session, 'ROLLBACK;');
		is(ask($session, $can), 'f', 'and in the next transaction f');
		change('TRUNCATE ban');
	}
	change("ALTER POLICY own ON member USING ($own)");
}

# The caller's own changes count before they are committed, not those of the
# same statement; somebody else's count when they are committed.
ask($session, q{BEGIN; INSERT INTO member VALUES ('mine', 'alice');});
is(ask($session, joining('mine')), 'alice|mine', 'a row of her own lets her in');
is(ask($session, q{DELETE FROM member WHERE room = 'standup' AND identity = 'alice'; SAVEPOINT s;} . $can), 'f', 'one that she deleted does not');
ask($session, 'ROLLBACK;');
is(ask($session, joining('mine')), '42501', 'nor does one rolled back');
is(ask($session, q{WITH mine AS (INSERT INTO member VALUES ('mine', 'alice') RETURNING room)
	SELECT livekit_can_join(room) FROM mine;}), 'f', 'one of the same statement does not count');
is(ask($session, q{DELETE FROM member WHERE room = 'mine'; } . $join), 'alice|standup', 'she is where she was');

ask($writer, q{BEGIN; LOCK TABLE member IN EXCLUSIVE MODE; DELETE FROM member WHERE identity = 'alice';
	INSERT INTO member VALUES ('retro', 'alice');});
ask($session, q{SET statement_timeout = '10s'; BEGIN ISOLATION LEVEL SERIALIZABLE; SELECT 1;});
is(ask($session, $join), 'alice|standup', 'while a writer holds the row and a lock, alice joins');
is(ask($session, q{SELECT string_agg(DISTINCT mode, ' ' ORDER BY mode) FROM pg_locks WHERE pid = pg_backend_pid() AND locktype <> 'virtualxid' AND mode <> 'SIReadLock';}),
	'AccessShareLock', 'with no lock that is in anybody\'s way');
is(ask($session, joining('retro') =~ s/^/SAVEPOINT s; /r), '42501', 'but not where he lets her');
ask($session, 'ROLLBACK TO s;');
ask($writer, 'COMMIT;');
is(ask($session, joining('retro')), 'alice|retro', 'until he commits');
is(ask($session, "SAVEPOINT s; $join"), '42501', 'and no longer where she was');
ask($session, 'ROLLBACK;');
change(q{DELETE FROM member WHERE identity = 'alice'; INSERT INTO member VALUES ('standup', 'alice')});
$_->quit foreach $session, $writer, $administrator;
$node->stop;
done_testing();
