# Who is refused is told so in one sentence; why, is in the log.  And with
# everything logged that PostgreSQL can log, no secret and no token is there.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;
use LivekitToken;
use MIME::Base64 qw(decode_base64url);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my ($secret, $setting_secret) = map { random_secret() } 1 .. 2;
my $path = key_file(APIfile => $secret);
my $node = server('refusals', VERBOSE_LOG,
	shared_preload_libraries => 'livekit_token',
	'livekit_token.key_file' => $path,
	'livekit_token.api_key' => 'APIsetting',
	'livekit_token.api_secret' => $setting_secret,
	'livekit_token.url' => 'wss://livekit.example.com');
my $superuser = $node->safe_psql('postgres', 'SELECT current_user');
my $directory = PostgreSQL::Test::Utils::tempdir();

members($node);
$node->safe_psql('postgres', q{
	CREATE ROLE web LOGIN;
	ALTER ROLE web SET livekit_token.identity = 'postgrest';
	ALTER TABLE member ADD ttl interval, ADD url text;
	SELECT livekit_register_access('member');
	CREATE FUNCTION definer() RETURNS SETOF livekit_connection SECURITY DEFINER LANGUAGE sql AS
		$$SELECT livekit_join('hidden-room')$$});

# Tokens go out by COPY, so that no statement holds one.
my $minted = 0;
foreach my $query (
	q{SELECT participant_token FROM livekit_join('standup', '5 minutes', 'phone')},
	q{SELECT livekit_token_source('{"room_name": "standup"}') ->> 'participant_token'},
	q{SELECT livekit_token(NULL, 'standup', '{"canPublish": true}')})
{
	my $file = "$directory/" . ++$minted;
	is(outcome($node, 'alice', "\\copy ($query) to '$file'"), '', $query);
}

# Each refusal: who, after which change, what, SQLSTATE, what the log says.
my $hidden = q{SELECT * FROM livekit_join('hidden-room')};
my $insert = q{INSERT INTO member VALUES ('hidden-room', 'alice');};
my @refusals = (
	[ 'no row', 'alice', '', $hidden, '42501' ],
	[ 'somebody else', 'bob', $insert, $hidden, '42501' ],
	[ 'no claims', 'web', '', $hidden, '42501', qr/"request[.]jwt[.]claims"/ ],
	[ 'not JSON', 'web', '', "SET request.jwt.claims = 'garble'; $hidden", '42501', qr/JSON/ ],
	[ 'no sub', 'web', '', "SET request.jwt.claims = '{}'; $hidden", '42501', qr/JSON/ ],
	[ 'nothing registered', 'alice', 'DELETE FROM livekit_access', $hidden, '55000', qr/There are no policies/ ],
	[ 'a superuser', $superuser, $insert, $hidden, '55000', qr/"$superuser" bypasses .* "member"/ ],
	[ 'the owner', 'keeper', $insert, $hidden, '55000', qr/"keeper" bypasses .* "member"/ ],
	[ 'row_security off', 'alice', $insert, "SET row_security = off; $hidden", '55000', qr/row_security/ ],
	[ 'a definer function', 'alice', $insert, 'SELECT * FROM definer()', '55000', qr/SECURITY DEFINER/ ],
	[ 'RLS disabled', 'alice', "$insert ALTER TABLE member DISABLE ROW LEVEL SECURITY", $hidden, '55000', qr/"member" has no row-level security/ ],
	[ 'a column renamed', 'alice', "$insert ALTER TABLE member RENAME ttl TO lifetime", $hidden, '55000', qr/"ttl"/ ],
	[ 'a misspelt grant', 'alice', qq($insert UPDATE member SET grants = '{"canPublsh": true}'), $hidden, '55000', qr/"canPublsh"/ ],
	[ q{a row's url}, 'alice', "$insert UPDATE member SET url = 'nonsense'", $hidden, '55000', qr/wss:/ ],
	[ 'the table dropped', 'alice', 'DROP TABLE member', $hidden, '55000', qr/dropped|no longer|gone|does not exist/ ]);

foreach (@refusals)
{
	my ($what, $user, $change, $sql, $code, $cause) = @$_;

	$node->safe_psql('postgres', "SET client_min_messages = warning; $change") if $change;
	my $offset = -s $node->logfile;
	my (undef, undef, $stderr) = $node->psql('postgres', $sql,
		extra_params => [ '-U', $user, '-v', 'VERBOSITY=verbose', '-v', 'SHOW_CONTEXT=always' ]);
	my $log = new_log($node, $offset);
	my ($detail) = $log =~ /ERROR:  $code: .*\n.*DETAIL:  (.*)/;

	like($stderr, qr/^psql:<stdin>:1: ERROR:  $code: [a-z][^\n]{1,60}\n/, "$what: $code, in one sentence");
	unlike($stderr, qr/hidden-room|"member"|DETAIL/, 'without the cause');
	like($detail // 'none', $cause, 'which the log has') if $cause;
	unlike($stderr, $cause, 'and it alone') if $cause;
	next unless $change;
	$node->safe_psql('postgres', q{
		SET client_min_messages = warning;
		DROP TABLE IF EXISTS member;
		CREATE TABLE member (room text, identity text, grants jsonb, ttl interval, url text, PRIMARY KEY (room, identity));
		ALTER TABLE member OWNER TO keeper;
		ALTER TABLE member ENABLE ROW LEVEL SECURITY;
		CREATE POLICY own ON member USING (identity = livekit_identity());
		GRANT SELECT ON member TO PUBLIC;
		INSERT INTO member VALUES ('standup', 'alice');
		SELECT livekit_register_access('member')});
}

# The sentence is the same for a room that is not there, one that is somebody
# else's, and one whose row ends now.
$node->safe_psql('postgres', q{INSERT INTO member VALUES ('bobs', 'bob'), ('over', 'alice'); UPDATE member SET ttl = '0' WHERE room = 'over'});
my %said = map {
	my (undef, undef, $stderr) = $node->psql('postgres', "SELECT * FROM livekit_join('$_')", extra_params => [ '-U', 'alice' ]);
	($stderr => $_)
} 'nowhere', 'bobs', 'over', '';
is(scalar keys %said, 1, 'one sentence for every room') or diag explain \%said;

$node->stop;
my $log = new_log($node);
my %hidden = (secret => $secret, 'secret of the setting' => $setting_secret);
foreach my $i (1 .. $minted)
{
	my $token = slurp_file("$directory/$i") =~ s/\n$//r;
	my (undef, $payload, $signature) = split /\./, $token;

	@hidden{map { "$_ $i" } qw(token payload signature)} = ($token, $payload, $signature);
	like($token, qr/^[\w-]+[.][\w-]+[.][\w-]{43}$/, "token $i");
}
cmp_ok(length $log, '>', 1_000_000, 'the log is verbose');
is(leaks($log, %hidden), '', 'and holds no secret and no part of a token');
done_testing();
