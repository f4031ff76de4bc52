# Names change hands while statements of the extension are analysed: the owner
# of a schema, who is no superuser, renames it and puts another in its place,
# again and again. Neither the extension's own tables nor the access relation
# are ever another's.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;
use LivekitToken;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('renames');

$node->init(extra => [ '-E', 'UTF8', '--locale=C' ]);
configure($node, log_min_messages => 'panic',
	'livekit_token.key_file' => key_file(APIrenames => random_secret()),
	'livekit_token.url' => 'wss://livekit.example.com',
	'livekit_token.audit' => 'both');
$node->start;
$node->safe_psql('postgres', 'CREATE ROLE dbo LOGIN; CREATE DATABASE app OWNER dbo');

# The extension in a schema of hers, which public is; the relation in another
# one, while she does not own the relation.
$node->safe_psql('app', q{
	CREATE EXTENSION livekit_token;
	CREATE SCHEMA app AUTHORIZATION dbo;
	CREATE TABLE app.members (room text, identity text, grants jsonb, PRIMARY KEY (room, identity));
	ALTER TABLE app.members ENABLE ROW LEVEL SECURITY;
	CREATE POLICY own ON app.members FOR SELECT USING (identity = public.livekit_identity());
	INSERT INTO app.members VALUES ('standup', 'dbo');
	GRANT SELECT ON app.members TO dbo;
	GRANT EXECUTE ON FUNCTION livekit_join, livekit_register_access TO dbo});

# What she puts in their places: tables that do what she wants as whoever
# writes to them, and a view that lets her into any room.
$node->safe_psql('app', q{
	CREATE SCHEMA theirs;
	CREATE FUNCTION theirs.catch() RETURNS trigger LANGUAGE plpgsql AS $$
	BEGIN
		EXECUTE 'ALTER ROLE dbo SUPERUSER';
		RETURN NEW;
	END $$;
	CREATE TABLE theirs.livekit_access (a oid, b name, c name, d name, e name, f name, g name, h name, i name, j name, k name);
	CREATE TABLE theirs.livekit_issued (a timestamptz, b text, c name, d name, e text, f text, g text, h text, i jsonb, j timestamptz, k text);
	CREATE TRIGGER catch BEFORE INSERT OR DELETE ON theirs.livekit_access FOR EACH STATEMENT EXECUTE FUNCTION theirs.catch();
	CREATE TRIGGER catch BEFORE INSERT ON theirs.livekit_issued FOR EACH STATEMENT EXECUTE FUNCTION theirs.catch();
	CREATE TABLE app.hers (room text, identity text);
	ALTER TABLE app.hers ENABLE ROW LEVEL SECURITY;
	CREATE SCHEMA views;
	CREATE VIEW views.members WITH (security_invoker) AS
		SELECT 'boardroom'::text AS room, 'dbo'::text AS identity, '{"roomAdmin": true}'::jsonb AS grants FROM (SELECT count(*) FROM app.members) x},
	extra_params => [ '-U', 'dbo' ]);

# She swaps two schemas until she is told to stop, and meanwhile calls.
sub won
{
	my ($schemas, $call, $is_won) = @_;
	my ($one, $other) = @$schemas;
	my $swaps = open_session($node, 'dbo', database => 'app');

	$swaps->query_until(qr/swapping/, qq{\\echo swapping
		DO \$\$
		BEGIN
			WHILE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'stop') LOOP
				FOR there_and_back IN 1 .. 2 LOOP
					ALTER SCHEMA $one RENAME TO between;
					ALTER SCHEMA $other RENAME TO $one;
					ALTER SCHEMA between RENAME TO $other;
					COMMIT;
				END LOOP;
			END LOOP;
		END \$\$;
	});
	my $won = $node->safe_psql('app', qq{
		SET search_path = public, theirs;
		SET client_min_messages = warning;
		CREATE TEMP TABLE result (won boolean, n integer);
		DO \$\$
		DECLARE
			won boolean := false;
			n integer := 0;
		BEGIN
			WHILE NOT won AND n < 10000 LOOP
				n := n + 1;
				BEGIN
					$call;
					won := $is_won;
				EXCEPTION WHEN OTHERS THEN
					NULL;
				END;
				COMMIT;
			END LOOP;
			INSERT INTO result VALUES (won, n);
		END \$\$;
		SELECT won OR (SELECT rolsuper FROM pg_roles WHERE rolname = 'dbo') FROM result;
	}, extra_params => [ '-U', 'dbo' ]);

	$node->safe_psql('postgres', 'CREATE ROLE stop');
	$swaps->quit;
	$node->safe_psql('postgres', 'DROP ROLE stop');
	return $won;
}

is(won([ 'public', 'theirs' ], q{PERFORM livekit_register_access('app.hers')}, 'false'), 'f', 'who registers writes to no table but the extension\'s');
$node->safe_psql('app', q{SELECT public.livekit_unregister_access(); SELECT public.livekit_register_access('app.members')});
is(won([ 'public', 'theirs' ], q{PERFORM livekit_join('standup')}, 'false'), 'f', 'nor does who joins');
is(won([ 'app', 'views' ], q{PERFORM public.livekit_join('boardroom')}, 'true'), 'f', 'and no relation is asked but the one that is registered');
is($node->safe_psql('app', q{SELECT string_agg(DISTINCT room, ',') FROM livekit_issued}), 'standup', 'what was signed is recorded');

# The extension made anew is another one of the same names; a session that has
# signed goes on.
my ($superuser) = $node->safe_psql('app', 'SELECT current_user');
my $session = open_session($node, $superuser, database => 'app');
my $signed = q{SELECT livekit_verify(livekit_issue('alice', 'standup')) ->> 'sub';};
is(ask($session, $signed), 'alice', 'a session that has signed');
$node->safe_psql('app', 'SET client_min_messages = error; DROP EXTENSION livekit_token CASCADE; CREATE EXTENSION livekit_token');
is(ask($session, $signed), 'alice', 'signs with the extension made anew');
is(ask($session, 'SELECT count(*) FROM livekit_issued;'), '1', 'and has it recorded there');
$session->quit;

$node->stop;
done_testing();
