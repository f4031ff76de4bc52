# A registration counts for everybody when it is committed, in one phase or
# two, and for who makes it at once.  Of two that are made at the same time one
# remains, and nobody takes away what is another's.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;
use LivekitToken;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $path = key_file(APIfile => random_secret());
my $node = server('registration', max_prepared_transactions => 2, lock_timeout => '20s',
	'livekit_token.key_file' => $path, 'livekit_token.url' => 'wss://livekit.example.com');
my $superuser = $node->safe_psql('postgres', 'SELECT current_user');
my $join = joining('standup');

members($node);
$node->safe_psql('postgres', q{
	CREATE TABLE other (LIKE member);
	ALTER TABLE other OWNER TO bob;
	ALTER TABLE other ENABLE ROW LEVEL SECURITY;
	GRANT ALL ON SCHEMA public TO alice;
	GRANT EXECUTE ON FUNCTION livekit_register_access, livekit_unregister_access TO bob});
my $session = open_session($node, 'alice');
my ($administrator, $writer) = map { open_session($node, $superuser) } 1 .. 2;
sub change { return ask($administrator, "$_[0];"); }

# In another session, in one phase and in two.
foreach my $end ([ 'COMMIT', '55000' ], [ 'ROLLBACK', 'alice|standup' ], [ q{PREPARE TRANSACTION 'p'}, 'alice|standup', q{COMMIT PREPARED 'p'}, '55000' ])
{
	my ($first, $expected, $second, $at_last) = @$end;

	ask($writer, 'BEGIN; SELECT livekit_unregister_access();');
	is(ask($session, $join), 'alice|standup', 'unregistered, not committed: alice joins');
	is(ask($writer, "$first;"), '', $first);
	is(ask($session, $join), $expected, "then: $expected");
	is(change($second), '', $second) if $second;
	is(ask($session, $join), $at_last, "then: $at_last") if $second;
	change(q{SELECT livekit_register_access('member')});
}

# In the same session.
ask($writer, 'BEGIN; SAVEPOINT s; SELECT livekit_unregister_access(); SET LOCAL ROLE alice;');
is(ask($writer, "SAVEPOINT t; $join"), '55000', 'who unregisters it sees that at once');
is(ask($writer, "ROLLBACK TO s; SET LOCAL ROLE alice; $join"), 'alice|standup', 'and when it is taken back');
ask($writer, 'ROLLBACK;');
change('SELECT livekit_unregister_access()');
ask($writer, q{BEGIN; SELECT livekit_register_access('member'); PREPARE TRANSACTION 'p';});
is(ask($session, $join), '55000', 'registered and prepared: not yet');
is(change(q{COMMIT PREPARED 'p'}), '', 'COMMIT PREPARED');
is(ask($session, $join), 'alice|standup', 'now alice joins');
ask($session, q{BEGIN; CREATE TABLE asked AS SELECT identity FROM livekit_join('standup'); PREPARE TRANSACTION 'q';});
is(ask($session, q{COMMIT PREPARED 'q'; TABLE asked; DROP TABLE asked;}), 'alice', 'a transaction that has asked can be prepared');

# Two register at the same time: the second waits for the first, or is
# refused; and what is registered is one of them.
foreach my $case (
	[ $superuser, 'other', 'COMMIT' ],
	[ $superuser, 'other', 'ROLLBACK' ],
	[ 'keeper', 'member', 'COMMIT' ],
	[ 'keeper', 'member', 'ROLLBACK' ])
{
	my ($first, $relation, $end) = @$case;
	my $second = $first eq 'keeper' ? 'bob' : $superuser;
	my $others = $relation eq 'member' ? 'other' : 'member';

	foreach my $before ('', 'registered')
	{
		change('DELETE FROM livekit_access');
		change("SELECT livekit_register_access('$relation')") if $before;

		my ($one, $two) = (open_session($node, $first), open_session($node, $second));
		is(ask($one, "BEGIN; SELECT livekit_register_access('$relation');"), '', "$first registers $relation");
		ok(start($two, "SELECT livekit_register_access('$others');", $administrator), "$second registers $others: waits or has ended");
		is(ask($one, "$end;"), '', "the first: $end");
		my $code = finish($two) || 'none';
		my $registered = change('SELECT relation FROM livekit_access');
		is($registered, $code eq 'none' ? $others : $before || $end eq 'COMMIT' ? $relation : '', 'one is registered');
		like($code, $second ne 'bob' ? qr/^(none|23505|40001)$/ : $before ? qr/^42501$/ : $end eq 'COMMIT' ? qr/^(42501|23505|40001)$/ : qr/^none$/,
			'and nobody has taken away what is not his');
		$_->quit foreach $one, $two;
	}
}
$_->quit foreach $session, $writer, $administrator;
$node->stop;
done_testing();
