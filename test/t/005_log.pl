# What the log holds, with everything logged that PostgreSQL can log: of each
# refusal its reason, but never a secret, nor any part of a token.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;
use LivekitToken;
use MIME::Base64 qw(decode_base64url);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my ($secret, $file_secret, $unknown_secret) = map { random_secret() } 1 .. 3;
my %hidden = (secret => $secret, 'secret of the file' => $file_secret, 'unknown secret' => $unknown_secret);
my $path = key_file(APIfile => $file_secret);
my $node = server('log', VERBOSE_LOG,
	shared_preload_libraries => 'livekit_token',
	'livekit_token.key_file' => $path,
	'livekit_token.api_key' => 'APIsetting',
	'livekit_token.api_secret' => $secret);
my $directory = PostgreSQL::Test::Utils::tempdir();

# One token for each reason to refuse; of each payload the word is secret too.
my $word = random_secret();
my ($soon, $past) = (time + 600, time - 600);
my $good = qq("iss":"APIfile","exp":$soon,"metadata":"$word");
my @refused = (
	[ malformed => make_token("{$good}", $file_secret) . '.' ],
	[ malformed => make_token("{$good}", $file_secret) . '=' ],
	[ too_long => make_token("{$good}", $file_secret) x 60000 ],
	[ bad_header => make_token("{$good}", $file_secret, qq({"alg":"HS256","crit":["$word"]})) ],
	[ bad_header => make_token("{$good}", $file_secret, qq({"alg":"HS256",$word})) ],
	[ unsupported_algorithm => make_token("{$good}", $file_secret, qq({"alg":"none","kid":"$word"})) ],
	[ unsupported_algorithm => make_token("{$good}", $file_secret, qq({"alg":"$word"})) ],
	[ bad_payload => make_token("{$good", $file_secret) ],
	[ bad_payload => make_token(qq({$good,"name":"\\ud800$word"}), $file_secret) ],
	[ bad_payload => make_token(qq(["$word"]), $file_secret) ],
	[ bad_payload => make_token(qq({$good,"name":"$word\xff"}), $file_secret) ],
	[ too_complex => make_token(qq({$good,"a":) . '[' x 100 . ']' x 100 . '}', $file_secret) ],
	[ too_complex => make_token(qq({$good,"a":1e999999999}), $file_secret) ],
	[ duplicate_name => make_token(qq({$good,"$word":1,"$word":2}), $file_secret) ],
	[ ambiguous_name => make_token(qq({$good,"Metadata":"$word"}), $file_secret) ],
	[ bad_claim => make_token(qq({"iss":{"$word":1}}), $file_secret) ],
	[ bad_claim => make_token(qq({"iss":"APIfile","exp":"$word"}), $file_secret) ],
	[ no_issuer => make_token(qq({"sub":"$word"}), $file_secret) ],
	[ unknown_key => make_token(qq({"iss":"APInone","sub":"$word"}), $unknown_secret) ],
	# key and secret swapped
	[ unknown_key => make_token(qq({"iss":"$secret","sub":"$word"}), 'APIsetting') ],
	[ signature_mismatch => make_token("{$good}", $unknown_secret) ],
	[ no_expiry => make_token(qq({"iss":"APIfile","sub":"$word"}), $file_secret) ],
	[ expired => make_token(qq({"iss":"APIfile","exp":$past,"sub":"$word"}), $file_secret) ],
	[ not_yet_valid => make_token(qq({$good,"nbf":$soon}), $file_secret) ]);

# Tokens come in and go out by COPY, so that no statement holds one.
my $number = 0;
append_to_file("$directory/refused", join '', map { $number++ . "\t$_->[1]\n" } @refused);
$node->safe_psql('postgres', <<END);
CREATE TABLE refused (number int, token text);
\\copy refused from '$directory/refused'
CREATE TABLE minted AS
	SELECT livekit_issue('alice', 'standup', metadata => length) AS token FROM unnest('{a, b}'::text[]) AS length
	UNION ALL
	-- large enough for a warning
	SELECT livekit_issue('bob', 'standup', '{"roomAdmin": true}', metadata => repeat('blah ', 2000));
CREATE TABLE claims AS SELECT livekit_verify(token) AS claims FROM minted;
CREATE TABLE inspected AS SELECT i.* FROM minted, livekit_inspect(token) i UNION ALL SELECT i.* FROM refused, livekit_inspect(token) i;
SELECT count(livekit_verify(token)) FROM minted;
\\copy minted to '$directory/minted'
END
is($node->safe_psql('postgres', 'SELECT count(*) FROM inspected'), @refused + 3, 'all tokens are inspected');

foreach my $i (0 .. $#refused)
{
	my $reason = $refused[$i][0];
	my $offset = -s $node->logfile;
	my (undef, undef, $stderr) = $node->psql('postgres', "SELECT livekit_verify(token) FROM refused WHERE number = $i",
		extra_params => [ '-U', 'app', '-v', 'SHOW_CONTEXT=always' ]);

	is($stderr, 'psql:<stdin>:1: ERROR:  token refused', "$reason: what the client is told");
	my $log = new_log($node, $offset);
	like($log, qr/ERROR:  28000: token refused\n.*DETAIL:  Reason: $reason[.] [A-Z].*[.]\n.*LOCATION:.*\n(?!.*(STATEMENT|CONTEXT):)/,
		"and what the log");
	is(leaks($log, %hidden, word => $word, token => $refused[$i][1]), '', 'which holds nothing of the token')
	  unless $reason eq 'too_long';
}

# Errors of every class, where secret and token are in use.  Those that tell
# what was wrong with an argument may quote a misspelt name.
my @errors = (
	[ '22023', q{SELECT livekit_issue('alice', 'standup', '{"canPublsh": true}', metadata => token) FROM minted} ],
	[ '22023', q{SELECT livekit_issue('alice', 'standup', jsonb_build_object('canPublish', token)) FROM minted} ],
	[ '54000', q{SELECT livekit_issue('alice', 'standup', jsonb_build_object('room', token)) FROM minted} ],
	[ '22023', q{SELECT livekit_issue('alice', 'standup', attributes => jsonb_build_object('a', jsonb_build_array(token))) FROM minted} ],
	[ '22023', q{SELECT livekit_issue('alice', 'standup', room_config => jsonb_build_object('egress', token)) FROM minted} ],
	[ '22023', q{SELECT livekit_issue('alice', 'standup', options => jsonb_build_object('sha256', token)) FROM minted} ],
	[ '22023', q{SELECT livekit_issue('alice', 'standup', ttl => '1 month', metadata => token) FROM minted} ],
	[ '54000', q{SELECT livekit_issue(token, 'standup') FROM minted} ],
	[ '54000', q{SELECT livekit_issue('alice', token) FROM minted} ],
	[ '54000', q{SELECT livekit_issue('alice', 'standup', name => token) FROM minted} ],
	[ '54000', q{SELECT livekit_issue('alice', 'standup', options => jsonb_build_object('roomPreset', token)) FROM minted} ],
	[ '42704', q{SELECT livekit_issue('alice', 'standup', project => 'elsewhere', metadata => token) FROM minted} ],
	[ '42704', q{SELECT livekit_issue('alice', 'standup', project => token) FROM minted} ],
	[ '57014', q{SET statement_timeout = 50; SELECT count(livekit_verify(token)) FROM minted, generate_series(1, 100000000)} ],
	[ '42501', q{SET ROLE pg_monitor; SELECT livekit_verify(token) FROM public.minted} ],
	[ '55000', q{SET livekit_token.api_key = ''; SELECT livekit_issue('alice', 'standup', metadata => token) FROM minted} ],
	[ '22012', q{SELECT length(livekit_issue('alice', 'standup')) / 0} ],
	[ 'P0001', q{DO $$ BEGIN PERFORM livekit_issue('alice', 'standup'); RAISE 'after'; END $$} ]);
my $superuser = $node->safe_psql('postgres', 'SELECT current_user');
is(outcome($node, $superuser, $_->[1]), $_->[0], "$_->[0]: $_->[1]") foreach @errors;
write_file($path, "APIfile $file_secret\n");
is(outcome($node, 'app', "SELECT livekit_verify(token) FROM refused WHERE number = 18"), 'F0000', 'F0000: a broken file');

$node->stop;
my $log = new_log($node);
my @minted = split /\n/, slurp_file("$directory/minted");
is(scalar @minted, 3, 'tokens were minted');
foreach my $i (0 .. $#minted)
{
	my (undef, $payload, $signature) = split /\./, $minted[$i];

	@hidden{map { "$_ $i" } qw(token payload signature claims)} =
	  ($minted[$i], $payload, $signature, decode_base64url($payload));
}
cmp_ok(length $log, '>', 1_000_000, 'the log is verbose');
is(leaks($log, %hidden, word => $word), '', 'and holds no secret and no part of a token');
done_testing();
