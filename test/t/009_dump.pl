# A dump takes the registration along, by name, to wherever the relation goes:
# it counts there at once.  Where the relation did not go, nobody gets in.
# What was signed goes along too.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;
use LivekitToken;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $path = key_file(APIfile => random_secret());
my $node = server('dump', 'livekit_token.key_file' => $path, 'livekit_token.url' => 'wss://livekit.example.com');
my $superuser = $node->safe_psql('postgres', 'SELECT current_user');
my $directory = PostgreSQL::Test::Utils::tempdir();
my $registration = 'SELECT relation, room, identity, coalesce(grants, ttl, name) FROM livekit.livekit_access';
my $count = 0;

# A table with columns that were dropped, which a restore does not make again;
# a view on it; and names that must be quoted.
$node->safe_psql('postgres', qq{
	CREATE ROLE alice LOGIN;
	CREATE ROLE keeper LOGIN;
	CREATE ROLE operator LOGIN IN ROLE "$superuser"});
foreach my $database ('by_table', 'by_view')
{
	$node->safe_psql('postgres', "CREATE DATABASE $database OWNER keeper");
	$node->safe_psql($database, q{
		CREATE SCHEMA livekit;
		CREATE EXTENSION livekit_token SCHEMA livekit;
		GRANT USAGE ON SCHEMA livekit TO PUBLIC;
		GRANT EXECUTE ON FUNCTION livekit.livekit_join, livekit.livekit_can_join, livekit.livekit_verify TO alice;
		GRANT EXECUTE ON FUNCTION livekit.livekit_join, livekit.livekit_register_access TO keeper;
		CREATE SCHEMA "Die Räume" AUTHORIZATION keeper;
		SET ROLE keeper;
		SET search_path = "Die Räume";
		CREATE TABLE "who.is ""in""" (gone text, "Room" text, gone_too text, identity text, grants jsonb,
			PRIMARY KEY ("Room", identity));
		ALTER TABLE "who.is ""in""" DROP COLUMN gone;
		INSERT INTO "who.is ""in""" VALUES ('standup', 'x', 'alice'), ('retro', 'x', 'bob');
		ALTER TABLE "who.is ""in""" DROP COLUMN gone_too;
		ALTER TABLE "who.is ""in""" ENABLE ROW LEVEL SECURITY;
		CREATE POLICY own ON "who.is ""in""" TO alice USING (identity = livekit.livekit_identity());
		GRANT USAGE ON SCHEMA "Die Räume" TO alice;
		GRANT SELECT ON "who.is ""in""" TO alice;
		CREATE VIEW "the view" WITH (security_invoker) AS SELECT "Room" AS "a room", identity FROM "who.is ""in""";
		GRANT SELECT ON "the view" TO alice});
}
$node->safe_psql('by_table', q{
	SET ROLE keeper;
	SELECT livekit.livekit_register_access('"Die Räume"."who.is ""in"""', room => 'Room', grants => '')});
$node->safe_psql('by_view', q{
	SET ROLE keeper;
	SELECT livekit.livekit_register_access('"Die Räume"."the view"', room => 'a room')});
my %registered = (
	by_table => q{"Die Räume"."who.is ""in"""|Room|identity|},
	by_view => q{"Die Räume"."the view"|a room|identity|});
my %issued;
foreach my $database ('by_table', 'by_view')
{
	$issued{$database} = $node->safe_psql($database, q{
		\o /dev/null
		SET livekit_token.audit = 'both';
		SELECT livekit.livekit_issue('carol', 'Die "Küche"', '{"hidden": true}');
		SELECT livekit.livekit_issue('dave', 'standup');
		\o
		SELECT * FROM livekit.livekit_issued ORDER BY jti});
	is(scalar(my @rows = split(/\n/, $issued{$database})), 2, "$database recorded two tokens");
}

# An SQLSTATE or what a role gets in a database.
sub seen
{
	my ($database, $user, $sql) = @_;
	return outcome($node, $user, $sql, database => $database);
}

# The registration as it was, and the policies in force.
sub works
{
	my ($from, $database) = @_;

	is(seen($database, $superuser, $registration), $registered{$from}, "$database has the registration");
	is(seen($database, 'alice', q{SELECT livekit.livekit_can_join('retro');} . joining('standup', 'livekit')),
		"f\nalice|standup", 'by which alice joins where she is a member');
	is(seen($database, $superuser, joining('standup', 'livekit')), '55000', 'as long as the policies are in force');
	is(seen($database, $superuser, 'SELECT * FROM livekit.livekit_issued ORDER BY jti'), $issued{$from}, 'and what was signed');
	is(seen($database, 'alice', 'SELECT jti FROM livekit.livekit_issued'), '42501', 'which is not for everybody');
	return;
}

# A new database, as the next one is called; made from nothing, so that what
# the template has does not matter.
sub new_database
{
	my $database = 'copy_' . ++$count;
	$node->safe_psql('postgres', "CREATE DATABASE $database TEMPLATE template0 OWNER keeper");
	return $database;
}

sub dump_to
{
	my ($file, @options) = @_;
	return $node->command_ok([ 'pg_dump', '-f', "$directory/$file", @options ], "pg_dump @options");
}

# Restore, and return what was said.
sub restore
{
	my ($database, $file, @options) = @_;
	my @program = $file =~ /sql$/ ? ('psql', '-Xqo', '/dev/null', '-f') : 'pg_restore';
	local %ENV = $node->_get_env();

	return (run_command([ $program[0], '-d', $database, @options, @program[ 1 .. $#program ], "$directory/$file" ]))[1];
}

works($_, $_) foreach 'by_table', 'by_view';
dump_to('plain.sql', 'by_table');
dump_to('custom', '-Fc', 'by_table');
dump_to('directory', '-Fd', '-j2', 'by_view');
foreach my $case (
	[ 'by_table', 'plain.sql', '--single-transaction' ],
	[ 'by_table', 'custom', '-U', 'operator', "--role=$superuser" ],
	# whoever owns the table then, the policies go on
	[ 'by_table', 'custom', '--no-owner' ],
	[ 'by_view', 'directory', '-j2' ])
{
	my ($from, @how) = @$case;
	my $database = new_database();

	is(restore($database, @how), '', "restored: @how");
	works($from, $database);
}

# The schema alone is not registered; the data are, that come after it.
my $database = new_database();
dump_to('schema.sql', '--schema-only', 'by_view');
dump_to('data', '-Fc', '--data-only', 'by_view');
is(restore($database, 'schema.sql'), '', '--schema-only');
my $session = open_session($node, 'alice', database => $database);
is(ask($session, joining('standup', 'livekit')), '55000', 'nothing is registered');
is(seen($database, 'alice', q{SELECT livekit.livekit_register_access('"Die Räume"."the view"')}), '42501', 'what was not granted is not');
is(restore($database, 'data'), '', '--data-only');
is(ask($session, joining('standup', 'livekit')), 'alice|standup', 'a session that was there sees it at once');
$session->quit;
works('by_view', $database);

# By who may not make the extension: nothing is left that lets anybody in.
$database = new_database();
like(restore($database, 'custom', '-U', 'keeper'), qr/permission denied to create extension/, 'pg_restore by the owner of the database');
is(seen($database, 'alice', joining('standup', 'livekit')), '42883', 'there is no function');

# By who may not register what was not theirs, into an extension that is there.
$database = new_database();
$node->safe_psql($database, 'CREATE SCHEMA livekit; CREATE EXTENSION livekit_token SCHEMA livekit; GRANT USAGE ON SCHEMA livekit TO PUBLIC');
like(restore($database, 'custom', '-U', 'keeper'), qr/permission denied for table livekit_access/, 'into an extension of the superuser');
is(seen($database, 'alice', joining('standup', 'livekit')), '42501', 'which he may not grant');
$node->safe_psql($database, 'GRANT EXECUTE ON FUNCTION livekit.livekit_join, livekit.livekit_verify TO alice');
is(seen($database, 'alice', joining('standup', 'livekit')), '55000', 'nor register by a restore');

# Without the relation.
foreach my $options ('-N *ume', '-T *.*view*')
{
	$database = new_database();
	dump_to('without.sql', split(/ /, $options), 'by_view');
	like(restore($database, 'without.sql'), qr/(schema "Die Räume"|relation "Die Räume[.].*") does not exist/, "pg_dump $options");
	is(seen($database, 'alice', joining('standup', 'livekit')), '55000', 'nobody gets in');
	is(seen($database, 'alice', q{SELECT livekit.livekit_can_join('standup')}), '55000', 'nor may ask');
	is(seen($database, $superuser, q{SELECT livekit.livekit_can_join('standup')}), '55000', 'nor does a superuser');
}

# A table that comes later, under the old name.
is(seen($database, $superuser, q{
	CREATE VIEW "Die Räume"."the view" WITH (security_invoker) AS
		SELECT "Room" AS "a room", identity FROM "Die Räume"."who.is ""in""";
	GRANT SELECT ON "Die Räume"."the view" TO alice}), '', 'the view made again');
is(seen($database, 'alice', joining('standup', 'livekit')), '55000', 'does not count');
is(seen($database, 'keeper', q{SELECT livekit.livekit_register_access('"Die Räume"."the view"', room => 'a room')}), '42501',
	'nor can its former owner register it');
is(seen($database, $superuser, q{SELECT livekit.livekit_register_access('"Die Räume"."the view"', room => 'a room')}), '', 'until it is registered');
works('by_view', $database);

# What is gone is not in a dump, where its number may be another's.
$node->safe_psql('by_view', 'DROP VIEW "Die Räume"."the view"');
dump_to('gone.sql', 'by_view');
$database = new_database();
is(restore($database, 'gone.sql'), '', 'a dump without the view that was registered');
is(seen($database, $superuser, 'SELECT count(*) FROM livekit.livekit_access'), '0', 'registers nothing');
is(seen($database, 'alice', joining('standup', 'livekit')), '55000', 'nobody gets in');

# The table alone goes without.
dump_to('alone.sql', '-t', '*.who*', 'by_table');
unlike(slurp_file("$directory/alone.sql"), qr/livekit_access|livekit_issued|EXTENSION/, 'nor is it in the dump of a table alone');
$node->stop;
done_testing();
