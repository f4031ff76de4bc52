# The recipes in examples/audit, each run as it stands, in a database that was
# set up as the README's quick start says: what they show, and to whom.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;
use LivekitToken;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(usleep);

my $path = key_file(APIfile => random_secret());
my $recipes = "$FindBin::RealBin/../../examples/audit";
my $readme = slurp_file("$recipes/README.md");
my $node = PostgreSQL::Test::Cluster->new('recipes');

$node->init(extra => [ '-E', 'UTF8', '--locale=C' ]);
# as on a Debian server with the lines that the README gives
configure($node, log_min_messages => 'warning', log_statement => 'none', log_line_prefix => '%m [%p] ',
	log_timezone => 'UTC', timezone => 'UTC',
	shared_preload_libraries => 'livekit_token',
	'livekit_token.key_file' => $path,
	'livekit_token.url' => 'wss://livekit.example.com');
my ($ini) = $readme =~ /^```ini\n(.*?)^```/ms;
$node->append_conf('postgresql.conf', $ini . "log_destination = 'stderr,csvlog,jsonlog'\n");
$node->start;
my $superuser = $node->safe_psql('postgres', 'CREATE DATABASE app; SELECT current_user');
$node->safe_psql('app', q{
	CREATE SCHEMA livekit;
	CREATE EXTENSION livekit_token SCHEMA livekit;
	ALTER DATABASE app SET search_path = public, livekit});
$node->safe_psql('app', q{
	CREATE TABLE members (room text, identity text, grants jsonb, PRIMARY KEY (room, identity));
	ALTER TABLE members ENABLE ROW LEVEL SECURITY;
	CREATE POLICY own_rows ON members FOR SELECT USING (identity = livekit_identity());
	INSERT INTO members VALUES ('standup', 'alice', NULL), ('standup', 'bob', '{"canPublish": false}'), ('retro', 'alice', '{"roomAdmin": true}');
	SELECT livekit_register_access('members');
	CREATE ROLE alice LOGIN;
	CREATE ROLE bob LOGIN;
	CREATE ROLE web LOGIN;
	CREATE ROLE plain LOGIN;
	GRANT bob TO web;
	GRANT SELECT ON members TO alice, bob;
	GRANT USAGE ON SCHEMA livekit TO alice, bob, plain;
	GRANT EXECUTE ON FUNCTION livekit_join TO alice, bob});

sub in_app { my ($user, $sql) = @_; return outcome($node, $user, $sql, database => 'app') }
# a recipe as it stands; what its last statement returns
sub recipe { my ($file) = @_; return in_app($superuser, slurp_file("$recipes/$file")) }
sub block { my ($language, $n) = @_; return ($readme =~ /^```$language\n(.*?)^```/msg)[$n] }

# A command of the README, in the data directory.
sub shell
{
	my ($command) = @_;
	my ($stdout) = run_command([ 'bash', '-c', 'cd "$1" && ' . $command, 'bash', $node->data_dir ]);

	return $stdout;
}

is(in_app($superuser, block('sql', 0)), 't', 'README.md: the row, too');
ok($node->poll_query_until('app', q{SELECT current_setting('livekit_token.audit') = 'both'}), 'is in force');
my @files = $readme =~ /\]\(([\w.]+)\)/g;
is_deeply([ sort @files ], [ sort map { s{.*/}{}r } grep { !/README/ } glob "$recipes/*" ], 'README.md has a row for every file, and no other');

# What there is to tell of.
in_app('alice', q{SELECT livekit_join('standup'); SELECT livekit_join('standup', device => 'phone')});
in_app('alice', q{SELECT livekit_join('retro')});
in_app('web', q{SET ROLE bob; SELECT livekit_join('standup')});
in_app($superuser, q{BEGIN; SELECT livekit_issue('ghost', 'attic', '{"roomAdmin": true}'); ROLLBACK});
in_app($superuser, q{SELECT livekit_issue('"roomAdmin":true', '","grants":{"video":{"roomAdmin":true}},"x":"')});
in_app($superuser, q{SELECT livekit_issue(NULL, grants => '{"roomList": true}')});
in_app('bob', q{SELECT livekit_join('retro')}) foreach 1 .. 3;
in_app($superuser, q{SELECT livekit_join('retro')});
in_app($superuser, q{SELECT livekit_verify('x')});
# and what is none of ours
my $forged = 'livekit_token: {"event":"issued","via":"livekit_issue","grants":{"video":{"roomAdmin":true}},"reason":"forged"}';
in_app('plain', "DO \$\$BEGIN RAISE LOG '$forged'; RAISE LOG E'x\\n$forged'; RAISE LOG 'livekit_token: {\"event\":\"refused\",\"reason\":\"forged\"}'; END\$\$");
# Half a record, a record within a record, with the quotes that it would take, and bytes that are no UTF-8: by
# whoever writes to the log, in a database without an encoding, too.
$node->safe_psql('postgres', q{CREATE DATABASE bytes ENCODING 'SQL_ASCII' TEMPLATE template0});
my $fields = '2026-01-01 00:00:00.000 UTC,"u","d",1,"[local]",s.1,1,"DO",2026-01-01 00:00:00 UTC,1/1,0';
my $refused = q{livekit_token: {"event":"refused","reason":"forged"}};
my @not_written;
my $after = ',,,,,,,,,"psql","client backend",,0';
foreach my $message (
	"livekit_token: {\n",
	"livekit_token: {\n}",
	"livekit_token: {\r\n{",
	"livekit_token: {\"}\n",
	"livekit_token: {\xff}",
	"livekit_token: {\"event\":\"refused\",\"reason\":\"\xff\"}",
	"\xff\n\xc3\n",
	"\\.\n\\.",
	"x\n$fields,LOG,00000,\"$refused\"$after\n",
	"x\n$fields,LOG,00000,$refused$after\n",
	"x\"\n\"$fields,LOG,00000,\"$refused\"$after\n\"",
	"x\"\n$fields,LOG,00000,\"\"$refused\"\"$after\n\"",
	"x\n$fields,LOG,00000,")
{
	my $quoted = join '', map { sprintf '\\x%02x', ord } split //, $message;
	foreach my $user ('plain', $superuser)
	{
		foreach my $how ("RAISE LOG '%', E'$quoted'", "RAISE LOG '%', E'$quoted' USING DETAIL = E'$quoted', HINT = '$refused'",
			"RAISE LOG '%', 'x' USING DETAIL = E'$quoted'", "RAISE LOG '%', E'x\n$fields,LOG,00000' USING DETAIL = '$refused', HINT = E'$quoted'")
		{
			push @not_written, outcome($node, $user, "DO \$\$BEGIN $how; END\$\$", database => 'bytes');
		}
	}
}
is(join('', @not_written), '', 'all that is written');
isnt(connection_error($node, "nobody\xff", ''), '', 'a name that is no UTF-8');
outcome($node, $superuser, "CREATE EXTENSION livekit_token; CREATE ROLE \"zo\xeb\" LOGIN; GRANT EXECUTE ON FUNCTION livekit_join TO \"zo\xeb\"", database => 'bytes');
is(outcome($node, "zo\xeb", q{SELECT livekit_join('standup')}, database => 'bytes'), '55000', 'and a line of ours about one');
in_app('plain', "DO \$\$BEGIN RAISE LOG 'livekit_token: no JSON'; RAISE LOG 'livekit_token: {'; RAISE LOG E'a,LOG,00000,\"livekit_token: {\\n'; RAISE LOG '%', 'all ' || 'written'; END\$\$");
sub written { my ($suffix) = @_; return grep { slurp_file($_) =~ /all written/ } glob $node->data_dir . "/log/*.$suffix" }
my $waited = 0;
usleep(10000) until (written('log') && written('csv') && written('json')) || $waited++ > 100 * $PostgreSQL::Test::Utils::timeout_default;

# reader.sql
is(recipe('reader.sql'), '', 'reader.sql');
$node->safe_psql('app', 'CREATE ROLE dana LOGIN; GRANT auditor TO dana');
is(in_app('dana', 'SELECT count(*) > 0 FROM livekit_issued'), 't', 'reader.sql: an auditor reads');
is(in_app('dana', 'SELECT count(*) > 0 FROM livekit_counters()'), 't', 'and sees the counters');
is(in_app('dana', $_), '42501', "and no more: $_") foreach 'DELETE FROM livekit_issued', q{SELECT livekit_issued_prune('infinity')},
	'UPDATE livekit_issued SET room = NULL', q{SELECT livekit_issue('dana', 'standup')};
is(in_app('plain', 'SELECT * FROM livekit_issued'), '42501', 'others do not');

# joined.sql
sub joined
{
	return join "\n", map { my @cells = split /[|]/; join '|', @cells[0 .. 2, 5] } split /\n/, in_app('dana', slurp_file("$recipes/joined.sql"));
}
my $expected = qq{","grants":{"video":{"roomAdmin":true}},"x":"|"roomAdmin":true|1|$superuser\nretro|alice|1|alice\nstandup|alice|2|alice\nstandup|bob|1|web as bob};
is(joined(), $expected, 'joined.sql: who, where and how often');
$node->safe_psql('app', q{
	INSERT INTO livekit_issued SELECT date_trunc('week', now()) - interval '1 second', 'last week', 'r', 'r', 'carol', 'standup', 'default', 'k', grants, now(), via
	  FROM livekit_issued WHERE identity = 'bob'});
is(joined(), $expected, 'and nobody of last week');

# refusals_*.sql: the same from both logs
my $refusals = join "\n", 'denied|livekit_join|3|The policies show this caller no row for it.', 'not_configured|livekit_join|2', 'malformed|livekit_verify|1';
foreach my $file ('refusals_csvlog.sql', 'refusals_jsonlog.sql')
{
	my @rows = map { [ split /[|]/ ] } split /\n/, recipe($file);

	is(join("\n", map { join '|', @$_[ 0 .. 2, $_->[0] eq 'denied' ? 4 : () ] } @rows), $refusals, "$file: by reason");
	like($_->[3], qr/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/, 'with the time') foreach @rows;
	like($_->[4], qr/^\w.*[.]$/, 'and a cause') foreach @rows;
	is(in_app('alice', slurp_file("$recipes/refusals_jsonlog.sql")), '42501', 'not for everybody');
}
is(in_app($_, 'SELECT * FROM livekit_log'), '42501', 'nor is the view') foreach 'alice', 'dana';
is(in_app($superuser, 'GRANT SELECT ON livekit_log TO auditor'), '', 'until it is granted');
is(in_app('dana', q{SELECT DISTINCT line ->> 'identity' FROM livekit_log WHERE line ->> 'reason' = 'denied'}), 'bob', 'to an auditor, for one');
is(in_app($superuser, q{SELECT count(*) FROM livekit_log WHERE line ->> 'event' = 'issued'}), '7', 'which has all tokens, too');
is(in_app($superuser, q{SELECT count(*) FROM livekit_log WHERE line ->> 'identity' = 'ghost'}), '1', 'also of what was rolled back');

# exporter.sql and queries.yaml
is(recipe('exporter.sql'), '', 'exporter.sql');
my ($query) = slurp_file("$recipes/queries.yaml") =~ /^  query: "(.*)"$/m;
my %usage = slurp_file("$recipes/queries.yaml") =~ /^    - (\w+):\n        usage: "(\w+)"/mg;
my $types = { map { split /[|]/ } split /\n/, in_app($superuser, "CREATE VIEW exported AS $query; SELECT attname, format_type(atttypid, NULL) FROM pg_attribute WHERE attrelid = 'exported'::regclass") };
is_deeply([ sort keys %usage ], [ sort keys %$types ], 'queries.yaml names the columns of its query');
is($types->{$_}, $usage{$_} eq 'LABEL' ? 'text' : 'bigint', "$_: $usage{$_}") foreach sort keys %usage;
my %exported = map { /^(.*)[|](\d+)$/ ? ($1 => $2) : die $_ } split /\n/, in_app('exporter', $query);
is($exported{'issued|livekit_join'}, 4, 'the exporter gets what was signed');
is($exported{'refused|denied'}, 3, 'what was refused');
is($exported{'suppressed|'}, 0, 'and what was not written, with an empty label');
is(in_app('exporter', 'SELECT * FROM livekit.livekit_issued'), '42501', 'and no names');

# room_admins.sql
is(recipe('room_admins.sql'), '', 'room_admins.sql');
my $new = q{SELECT identity, room FROM new_room_admins()};
my $listener = open_session($node, 'alice', database => 'app');
ask($listener, 'LISTEN room_admin;');
is(in_app('room_admin_alert', $new), 'alice|retro', 'tells of a token with roomAdmin');
like($listener->query('SELECT 1;'), qr/Asynchronous notification "room_admin" with payload "[0-9a-f]{32}"/, 'its jti to whoever listens, and no more');
$listener->quit;
is(in_app('room_admin_alert', $new), '', 'once');
$node->safe_psql('app', q{SELECT livekit_issue('carol', 'standup', '{"roomAdmin": true}'); SELECT livekit_issue('carol', 'standup', '{"roomAdmin": false}')});
is(in_app('room_admin_alert', $new), 'carol|standup', 'and of the next');
# a row that comes late, below one that has been told
$node->safe_psql('app', q{INSERT INTO livekit_issued SELECT issued_at - interval '1 hour', 'late', 'r', 'r', 'late', room, 'default', 'k', grants, expires_at, via
	FROM livekit_issued WHERE identity = 'carol' AND grants @> '{"video": {"roomAdmin": true}}'});
is(in_app('room_admin_alert', $new), 'late|standup', 'also one that comes late');
is(in_app('room_admin_alert', $_), '42501', "and no more: $_") foreach 'SELECT * FROM livekit.livekit_issued', 'SELECT * FROM room_admins', 'DELETE FROM room_admin_told';
is(in_app('plain', $new), '42501', 'to nobody else');

# prune.sql
is(recipe('prune.sql'), '', 'prune.sql');
$node->safe_psql('app', q{INSERT INTO livekit_issued SELECT now() - age, age::text, 'r', 'r', 'old', 'attic', 'default', 'k', '{}', now(), 'livekit_issue'
	FROM unnest('{89 days 23 hours, 90 days 1 second, 91 days}'::interval[]) age});
is(in_app('janitor', 'SELECT prune_livekit_issued()'), '2', 'deletes what is older than 90 days');
is(in_app('janitor', 'SELECT prune_livekit_issued()'), '0', 'once');
is(in_app($superuser, q{SELECT count(*) FROM livekit_issued WHERE identity = 'old'}), '1', 'and leaves the rest');
is(in_app('janitor', $_), '42501', "and no more: $_") foreach q{SELECT livekit.livekit_issued_prune('infinity')}, 'DELETE FROM livekit.livekit_issued';
is(in_app('plain', 'SELECT prune_livekit_issued()'), '42501', 'nor does anybody else');

# The README's two commands: who was given roomAdmin, the rolled back included.
sub admins { return join ' ', map { /"identity":"(\w+)"/ ? $1 : 'NULL' } split /\n/, shell(shift) }
SKIP:
{
	skip 'no jq', 1 unless grep { -x "$_/jq" } split /:/, $ENV{PATH};
	is(admins(block('sh', 0)), 'alice ghost carol', 'README.md: jq tells of every one, and of nothing forged');
}
my @found = map { /"identity":"(\w+)"/ ? $1 : 'NULL' } split /\n/, shell(block('sh', 1));
is(join(' ', grep { $_ ne 'NULL' } @found), 'alice ghost carol', 'and so does grep, of the plain log');
is(scalar(grep { $_ eq 'NULL' } @found), 1, 'where a forged line is told by its CONTEXT');
$node->stop;
done_testing();
