# The line of the server log for each token and each refusal: one JSON object,
# which any parser reads, in all three formats of the log and in databases of
# any encoding; and with everything logged that can be, nothing of it is secret.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;
use JSON::PP ();
use LivekitToken;
use MIME::Base64 qw(decode_base64url);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(usleep);

my $secret = random_secret();
my $path = key_file(APIfile => $secret);
my $node = server('audit', VERBOSE_LOG,
	logging_collector => 'on',
	log_destination => 'stderr,csvlog,jsonlog',
	log_filename => 'server.log',
	log_rotation_size => 0,
	shared_preload_libraries => 'livekit_token',
	'livekit_token.key_file' => $path,
	'livekit_token.audit' => 'both',
	'livekit_token.url' => 'wss://livekit.example.com');
my $superuser = $node->safe_psql('postgres', 'SELECT current_user');
my $directory = PostgreSQL::Test::Utils::tempdir();
my $json = JSON::PP->new->utf8;
my @hidden_from = ('hush-name', 'hush-metadata', 'hush-attribute', 'hush-room');
my %hidden = (secret => $secret, map { $_ => $_ } @hidden_from);

members($node);
$node->safe_psql('postgres', q{
	SET client_min_messages = warning;
	CREATE ROLE authenticator LOGIN NOINHERIT;
	ALTER ROLE authenticator SET livekit_token.identity = 'postgrest';
	CREATE ROLE web_user;
	GRANT web_user TO authenticator;
	ALTER TABLE member ADD metadata text, ADD attributes jsonb, ADD project text;
	INSERT INTO member VALUES ('standup', 'carol', '{"roomAdmin": true, "canPublish": false, "sip": {"call": true}}', 'hush-metadata', '{"a": "hush-attribute"}', NULL),
		('elsewhere', 'alice', NULL, NULL, NULL, 'staging'), ('closed', 'alice', NULL, NULL, NULL, NULL);
	SELECT livekit_register_access('member');
	GRANT EXECUTE ON FUNCTION livekit_issue, livekit_api_request, livekit_webhook TO app, keeper;
	GRANT EXECUTE ON FUNCTION livekit_room_request TO PUBLIC;
	GRANT CREATE ON SCHEMA public TO keeper});
$node->safe_psql('postgres', q{
	CREATE FUNCTION definer() RETURNS text SECURITY DEFINER RETURN livekit_issue('dave', 'standup');
	CREATE FUNCTION closed() RETURNS bool SECURITY DEFINER LANGUAGE plpgsql AS $$BEGIN RAISE insufficient_privilege USING MESSAGE = 'closed'; END$$;
	CREATE POLICY closed ON member AS RESTRICTIVE USING (room <> 'closed' OR closed())},
	extra_params => [ '-U', 'keeper' ]);

# What the three logs have got since the offsets, once all has arrived.
my @suffixes = qw(log csv json);
my $marks = 0;
my %read;

sub new_logs
{
	my $mark = 'mark ' . ++$marks . ';';
	my %new;

	$node->safe_psql('postgres', "DO \$\$BEGIN RAISE LOG '%', 'mark $marks' || ';'; END\$\$");
	foreach my $suffix (@suffixes)
	{
		my $file = $node->data_dir . "/log/server.$suffix";
		foreach (0 .. 100 * $PostgreSQL::Test::Utils::timeout_default)
		{
			$new{$suffix} = slurp_file($file, $read{$suffix} // 0);
			last if index($new{$suffix}, $mark) >= 0;
			usleep(10000);
		}
		$read{$suffix} += length $new{$suffix};
	}
	return %new;
}

# Our lines of a log: the text of the objects.
sub objects
{
	my ($suffix, $log) = @_;

	return $log =~ /^[^\t\n][^\n]*?LOG:  00000: livekit_token: (\{[^\n]*\})$/mg if $suffix eq 'log';
	return map { s/""/"/gr } $log =~ /^[^"\n]*(?:"[^"]*"[^"\n]*)*,LOG,00000,"livekit_token: ((?:[^"\n]|"")*)",,,,,,,,/mg if $suffix eq 'csv';
	return map { $_->{message} =~ /^livekit_token: (.*)$/s ? $1 : () } grep { $_->{error_severity} eq 'LOG' } records($log);
}

# jsonlog's records, whose messages are bytes again.
sub records
{
	my ($log) = @_;
	my @records = map { eval { $json->decode($_) } // () } grep { /livekit_token: / } split /\n/, $log;

	utf8::encode($_->{message}) foreach grep { defined $_->{message} } @records;
	return grep { ($_->{message} // '') =~ /^livekit_token: / } @records;
}

# Run SQL; the lines that it has left, which are the same in every log.
sub lines_of
{
	my ($user, $sql, %options) = @_;

	new_logs() unless $marks;
	my ($status, $stdout, $stderr) = $node->psql($options{database} // 'postgres', $sql, extra_params => [ '-U', $user ]);
	my %new = new_logs();
	my @lines = objects('log', $new{log});

	is_deeply([ objects($_, $new{$_}) ], \@lines, "the same in server.$_") foreach 'csv', 'json';
	foreach my $record (records($new{json}))
	{
		is(join(' ', grep { exists $record->{$_} } qw(statement context detail hint internal_query)), '', 'nothing goes with it');
		is("$record->{error_severity} $record->{user}", "LOG $user", 'and it is of level LOG');
	}
	unlike($new{log}, qr/LOG:  00000: livekit_token: .*\n[^\n]*(?:STATEMENT|CONTEXT|DETAIL):/, 'nor in the text');
	unlike($stderr, qr/livekit_token: /, 'the client sees none');
	return (\@lines, $stdout, $stderr);
}

sub quoted { return map { quotemeta $json->allow_nonref->encode($_) } @_; }

# Each function, and who is who.  The members, in their order.
my $participant = '"roomJoin":true,"room":"standup","canPublish":true,"canSubscribe":true,"canPublishData":true';
my @issued = (
	[ 'livekit_join', 'alice', 'alice', 'alice', 'standup', q{SELECT participant_token FROM livekit_join('standup')} ],
	[ 'livekit_join', 'alice', 'alice', 'alice#phone', 'standup', q{SELECT participant_token FROM livekit_join('standup', '1 minute', 'phone')} ],
	[ 'livekit_token', 'alice', 'alice', 'alice', 'standup', q{SELECT livekit_token(NULL, 'standup', '{"canPublish": false}')} ],
	[ 'livekit_token_source', 'alice', 'alice', 'alice', 'standup', 
		q{SELECT livekit_token_source('{"room_name": "standup"}') ->> 'participant_token'} ],
	[ 'livekit_join', 'authenticator', 'web_user', 'carol', 'standup', 
		q{BEGIN; SET LOCAL ROLE web_user; SET LOCAL request.jwt.claims = '{"sub": "carol"}'; SELECT participant_token FROM livekit_join('standup')} ],
	[ 'livekit_issue', $superuser, 'keeper', 'dave', 'standup', q{SELECT definer()} ],
	[ 'livekit_issue', $superuser, 'app', 'erin', 'standup', 
		q{SET ROLE app; SELECT livekit_issue('erin', 'standup', name => 'hush-name', metadata => 'hush-metadata', attributes => '{"a": "hush-attribute"}', room_config => '{"metadata": "hush-room"}')} ],
	[ 'livekit_issue', 'app', 'app', undef, undef, q{SELECT livekit_issue(NULL, grants => '{"roomList": true}')} ],
	[ 'livekit_issue', 'app', 'app', 'erin', undef, q{SELECT livekit_issue('erin', grants => '{"agent": true, "inference": {"perform": true}}')} ],
	[ 'livekit_issue', 'app', 'app', undef, 'standup', q{SELECT livekit_issue(NULL, 'standup', '{"roomAdmin": true}')} ],
	[ 'livekit_api_request', 'app', 'app', undef, undef, q{SELECT substr(headers ->> 'Authorization', 8) FROM livekit_api_request('ListRooms')} ],
	[ 'livekit_room_request', 'authenticator', 'web_user', 'carol', 'standup', 
		q{BEGIN; SET LOCAL ROLE web_user; SET LOCAL request.jwt.claims = '{"sub": "carol"}'; SELECT substr(headers ->> 'Authorization', 8) FROM livekit_room_request('RemoveParticipant', 'standup', '{"identity": "alice"}')} ]);
my $signed = 0;

foreach (@issued)
{
	my ($via, $session_role, $role, $identity, $room, $sql) = @$_;
	my ($lines, $token) = lines_of($session_role, $sql);
	my ($payload) = map { decode_base64url((split /[.]/)[1]) } $token;
	my $claims = $json->decode($payload);
	my ($grants) = $payload =~ /"jti":"\w+"(?:,"name":"[^"]*")?((?:,"(?:video|sip|agent|inference)":\{[^{}]*\})*)/;
	my %said = (event => 'issued', jti => $claims->{jti}, via => $via, session_role => $session_role, role => $role,
		identity => $identity, room => $room, project => 'default', api_key => 'APIfile');

	is(scalar @$lines, 1, "$sql: one line");
	is($lines->[0], '{' . join(',', map { defined $said{$_} ? qq("$_":"$said{$_}") : () } qw(event jti via session_role role identity room project api_key))
		. ',"grants":{' . substr($grants, 1) . qq(},"issued_at":$claims->{iat},"expires_at":$claims->{exp}}), 'which says what the token says');
	@hidden{map { "$_ " . ++$signed } 'token', 'signature', 'payload'} = ($token, (split /[.]/, $token)[2, 1]);
}
is(scalar @{ (lines_of('app', q{SELECT livekit_issue('many' || n, 'standup') FROM generate_series(1, 3) n}))[0] }, 3, 'a token, a line');
is_deeply([ map { $json->decode($_)->{identity} } @{ (lines_of('app', <<'END'))[0] } ], [ 'gone', 'gone, too', 'kept' ], 'a ROLLBACK takes no line back');
BEGIN; SELECT livekit_issue('gone', 'standup'); ROLLBACK;
BEGIN; SAVEPOINT s; SELECT livekit_issue('gone, too', 'standup'); ROLLBACK TO s; SELECT livekit_issue('kept', 'standup'); COMMIT;
END
is_deeply((lines_of($_->[0], $_->[1]))[0], [], 'who only asks leaves none') foreach
	[ 'alice', q{SELECT livekit_can_join('standup'); SELECT livekit_can_join('nowhere'); SELECT livekit_identity()} ],
	[ $superuser, q{SELECT livekit_explain_join('alice', 'standup'); SELECT livekit_explain_join('alice', 'retro'); SELECT livekit_access_report(); SELECT livekit_can_join('standup')} ];

# Each refusal: via, who, what, SQLSTATE, reason, identity, room, cause; and who is told what.
my ($soon, $past) = (time + 600, time - 600);
my $word = random_secret();
my $missing = "$directory/missing";
my @refused = (
	[ 'livekit_join', 'alice', q{SELECT livekit_join('retro')}, '42501', 'denied', 'alice', 'retro', qr/^The policies show this caller no row/ ],
	[ 'livekit_join', 'alice', q{SELECT livekit_join('retro', device => 'phone')}, '42501', 'denied', 'alice#phone', 'retro', qr/no row/ ],
	[ 'livekit_token', 'alice', q{SELECT livekit_token('bob', 'standup')}, '42501', 'denied', 'alice', 'standup', qr/own identity/ ],
	[ 'livekit_token', 'alice', q{SELECT livekit_token(NULL, 'standup', '{"roomAdmin": true}')}, '42501', 'denied', 'alice', 'standup', qr/roomAdmin/ ],
	[ 'livekit_token_source', 'alice', q{SELECT livekit_token_source('{"room_name": "retro"}')}, '42501', 'denied', 'alice', 'retro', qr/no row/ ],
	[ 'livekit_join', 'authenticator', q{SET ROLE web_user; SELECT livekit_join('standup')}, '42501', 'denied', undef, 'standup', qr/request[.]jwt[.]claims/ ],
	[ 'livekit_join', $superuser, q{SELECT livekit_join('standup')}, '55000', 'not_configured', $superuser, 'standup', qr/bypasses/ ],
	[ 'livekit_join', 'alice', q{SELECT livekit_join('closed')}, '42501', 'denied', 'alice', 'closed', qr/^closed$/ ],
	[ 'livekit_join', 'alice', q{SELECT livekit_join('elsewhere')}, '42704', 'unknown_project', 'alice', 'elsewhere', qr/staging/ ],
	[ 'livekit_issue', 'app', q{SELECT livekit_issue('erin', 'standup', '{"canPublsh": true}')}, '22023', 'invalid_request', 'erin', 'standup', qr/canPublsh/ ],
	[ 'livekit_issue', 'app', q{SELECT livekit_issue('erin', NULL)}, '22023', 'invalid_request', 'erin', undef, qr/./ ],
	[ 'livekit_issue', 'app', q{SELECT livekit_issue(NULL, 'standup')}, '22023', 'invalid_request', undef, 'standup', qr/./ ],
	[ 'livekit_issue', 'app', q{SELECT livekit_issue('erin', 'standup', name => repeat('x', 257))}, '54000', 'limit', 'erin', 'standup', qr/name/ ],
	[ 'livekit_issue', 'app', q{SELECT livekit_issue('erin', 'standup', project => 'staging')}, '42704', 'unknown_project', 'erin', 'standup', qr/staging/ ],
	[ 'livekit_issue', 'app', q{SET request.method = 'GET'; SELECT livekit_issue('erin', 'standup')}, '25006', 'read_only', 'erin', 'standup', qr/GET/ ],
	[ 'livekit_issue', $superuser, qq{SET livekit_token.key_file = '$missing'; SELECT livekit_issue('erin', 'standup')}, 'F0000', 'key_file', 'erin', 'standup', qr/./ ],
	[ 'livekit_issue', $superuser, q{SET livekit_token.audit = 'both'; BEGIN READ ONLY; SELECT livekit_issue('erin', 'standup')},
		'25006', 'read_only', 'erin', 'standup', qr/read-only/ ],
	[ 'livekit_issue', 'app', q{DO $$BEGIN PERFORM livekit_issue('erin', NULL); EXCEPTION WHEN OTHERS THEN END$$}, '22023', 'invalid_request', 'erin', undef, qr/./ ],
	[ 'livekit_api_request', 'app', q{SELECT livekit_api_request('RemoveParticipant', '{"room": "standup"}')}, '22023', 'invalid_request', undef, 'standup', qr/identity/ ],
	[ 'livekit_api_request', 'app', q{SELECT livekit_api_request('ListRoms')}, '22023', 'invalid_request', undef, undef, qr/ListRoms/ ],
	[ 'livekit_room_request', 'alice', q{SELECT livekit_room_request('RemoveParticipant', 'standup', '{"identity": "bob"}')}, '42501', 'denied', 'alice', 'standup', qr/roomAdmin/ ],
	[ 'livekit_webhook', 'app', q{SELECT livekit_webhook('{}', NULL)}, '28000', 'malformed', undef, undef, qr/^[A-Z].*[.]$/ ],
	[ 'livekit_webhook', 'app', "SELECT livekit_webhook('{}', '" . make_token(qq({"iss":"APIfile","exp":$soon,"sub":"$word"}), $secret) . "')",
		'28000', 'no_digest', undef, undef, qr/^[A-Z].*[.]$/ ],
	[ 'livekit_webhook', 'app', "SELECT livekit_webhook('{}', '" . make_token(qq({"iss":"APIfile","exp":$soon,"sha256":"$word"}), $secret) . "')",
		'28000', 'digest_mismatch', undef, undef, qr/^[A-Z].*[.]$/ ],
	map { [ 'livekit_verify', 'app', "SELECT livekit_verify('$_->[1]')", '28000', $_->[0], undef, undef, qr/^[A-Z].*[.]$/ ] }
		[ malformed => $word ], [ expired => make_token(qq({"iss":"APIfile","exp":$past,"sub":"$word"}), $secret) ],
		[ unknown_key => make_token(qq({"iss":"$word","exp":$soon}), $secret) ],
		[ signature_mismatch => make_token(qq({"iss":"APIfile","exp":$soon,"sub":"$word"}), $word) ]);

foreach (@refused)
{
	my ($via, $session_role, $sql, $sqlstate, $reason, $identity, $room, $cause) = @$_;
	my ($role) = $sql =~ /SET ROLE (\w+)/ ? $1 : $session_role;
	my %said = (event => 'refused', via => $via, session_role => $session_role, role => $role, identity => $identity,
		room => $room, sqlstate => $sqlstate, reason => $reason);
	my ($lines, undef, $stderr) = lines_of($session_role, $sql);

	like($stderr, qr/ERROR:  /, "$via: $reason") unless $sql =~ /EXCEPTION/;
	is(scalar @$lines, 1, substr($sql, 0, 100) . ': one line');
	my $start = '{' . join(',', map { defined $said{$_} ? qq("$_":"$said{$_}") : () }
		qw(event via session_role role identity room sqlstate reason)) . ',"cause":"';
	is(substr($lines->[0] // '', 0, length $start), $start, 'its members, in order');
	my $object = eval { $json->decode($lines->[0]) } // {};
	like($object->{cause} // '', $cause, 'and the cause');
	is(join(' ', sort keys %$object), join(' ', sort 'cause', grep { defined $said{$_} } keys %said), 'and no more');
	is(leaks($lines->[0], word => $word), '', 'of the token nothing') if $sqlstate eq '28000';
}
is_deeply((lines_of($superuser, $_))[0], [], "$_: none") foreach
	q{SET livekit_token.audit_refusals = off; SELECT livekit_issue('erin', NULL); SELECT livekit_verify('x')},
	q{SET livekit_token.audit = off; SELECT livekit_issue('erin', NULL); SELECT livekit_verify('x'); SELECT livekit_issue('erin', 'standup')},
	q{SET log_min_messages = fatal; SELECT livekit_issue('erin', NULL); SELECT livekit_issue('erin', 'standup')},
	q{SELECT livekit_issue('erin', 'standup', 'no json')}, q{SELECT livekit_inspect('x')};
is(scalar @{ (lines_of($superuser, q{SET livekit_token.audit_refusals = off; SELECT livekit_issue('erin', 'standup')}))[0] }, 1, 'audit_refusals is of refusals');

# Whatever a name holds, it is one line, and the parser has the name again.
my @hostile = (
	[ UTF8 => 'quotes', q{"'\\}, q{\\"} ],
	[ UTF8 => 'lines', "a\nb\r\n\tc", "\n{\"event\":\"issued\"}\nLOG:  00000: livekit_token: {\"event\":\"issued\"}\n" ],
	[ UTF8 => 'control characters', join('', map { chr } 1 .. 31), "\x7f\e[2J\a" ],
	[ UTF8 => 'forged members', '","role":"postgres","x":"', '"}' ],
	[ UTF8 => 'JSON escapes', '\u0022\n', '\\\\' ],
	[ UTF8 => 'beyond ASCII', "Zo\x{eb} \x{1f389}", "caf\x{e9}\x{2028}\x{202e}" ],
	[ UTF8 => 'formats', '%s%n%m', '$1 %%' ],
	[ UTF8 => 'the longest', "\x{e9}" x 128, "\n" x 256 ],
	[ LATIN1 => 'beyond ASCII', "Zo\x{eb}", "caf\x{e9}" ],
	[ SQL_ASCII => 'beyond ASCII', "Zo\x{eb} \x{1f389}", "caf\x{e9}" ]);
foreach my $encoding (qw(LATIN1 SQL_ASCII))
{
	$node->safe_psql('postgres', "CREATE DATABASE $encoding TEMPLATE template0 ENCODING '$encoding' LOCALE 'C'");
	$node->safe_psql(lc $encoding, 'CREATE EXTENSION livekit_token');
}
foreach (@hostile)
{
	my ($encoding, $what, $identity, $room) = @$_;
	my $database = $encoding eq 'UTF8' ? 'postgres' : lc $encoding;
	my $call = join ', ', map { my $s = $_; utf8::encode($s); "convert_from('\\x" . unpack('H*', $s) . "', 'UTF8')" } $identity, $room;
	$call =~ s/, 'UTF8'\)/, 'SQL_ASCII')/g if $encoding eq 'SQL_ASCII';

	foreach my $refused ('', q{, '{"canPublsh": true}'})
	{
		my ($lines) = lines_of($superuser, "SELECT livekit_issue($call$refused)", database => $database);
		my $object = eval { $json->decode($lines->[0]) } // {};

		is(scalar @$lines, 1, "$encoding, $what: one line");
		unlike($lines->[0], qr/[\x00-\x1f]/, 'without control characters');
		is_deeply([ @$object{qw(identity room role)} ], [ $identity, $room, $superuser ], 'that gives the names');
		next if $refused;
		is($node->safe_psql($database, "SELECT convert_to(identity, 'UTF8'), convert_to(room, 'UTF8') FROM livekit_issued WHERE jti = '$object->{jti}'"),
			join('|', map { my $s = $_; utf8::encode($s); '\\x' . unpack('H*', $s) } $identity, $room), 'as does the row');
	}
}

# What is too long or no text at all is cut or left out, and the line is still one.
foreach (
	[ 'postgres', q{repeat('é', 300), repeat('x', n)} ], [ 'postgres', q{'x', repeat('x', 255) || 'é'} ],
	[ 'postgres', q{'x', 'y', project => repeat('x', n)} ], [ 'postgres', q{'x', 'y', jsonb_build_object(repeat('x', n), 1)} ],
	[ 'postgres', q{'x', 'y', jsonb_build_object(E'a\nb"c', 1)} ],
	[ 'sql_ascii', q{E'\xe9', E'\xff\n\xc3'} ], [ 'sql_ascii', q{'x', repeat(E'\xe9', 300)} ],
	[ 'latin1', q{repeat(convert_from('\xe9', 'LATIN1'), 200), 'x'} ])
{
	my ($database, $arguments) = @$_;
	my ($lines) = lines_of($superuser, "SELECT livekit_issue($arguments) FROM generate_series(1000000, 1000000) n", database => $database);

	is(scalar @$lines, 1, "$database, $arguments: one line");
	is(eval { $json->decode($lines->[0])->{event} }, 'refused', 'of JSON');
	cmp_ok(length($lines->[0]), '<', 4096, 'and short');
}

# A role made in another encoding: PostgreSQL's own members of a jsonlog record
# are no UTF-8 then, ours are.
$node->safe_psql('latin1', "CREATE ROLE \"zo\xeb\" LOGIN");
$node->safe_psql('postgres', 'GRANT EXECUTE ON FUNCTION livekit_issue TO PUBLIC');
$node->psql('postgres', q{SELECT livekit_issue('erin', 'standup'); SELECT livekit_issue('erin', NULL)}, extra_params => [ '-U', "zo\xeb" ]);
my %new = new_logs();
is(join(' ', map { eval { $json->decode($_)->{event} } // 'no JSON' } objects($_, $new{$_})), 'issued refused', "a role whose name is no text here: server.$_")
  foreach 'log', 'csv';

# Another's message cannot pass for one: it is of another level, it begins in
# the middle of a record, or it has a context.
my $forged = q{livekit_token: {"event":"issued","via":"forged"}};
$node->safe_psql('postgres', "DO \$\$BEGIN RAISE WARNING '$forged'; RAISE LOG E'x\nLOG:  00000: $forged\n'; RAISE LOG E',LOG,00000,\"$forged\",,,,,,,,'; END\$\$",
	extra_params => [ '-U', 'bob' ]);
%new = new_logs();
is_deeply([ objects($_, $new{$_}) ], [], "none of them in server.$_") foreach @suffixes;
$node->safe_psql('postgres', "DO \$\$BEGIN RAISE LOG '$forged'; END\$\$", extra_params => [ '-U', 'bob' ]);
%new = new_logs();
is_deeply([ objects('csv', $new{csv}) ], [], 'with a context it is none in server.csv');
is(join(' ', map { exists $_->{context} ? 'context' : 'none' } records($new{json})), 'context', 'and in server.json the context tells');

$node->stop;
my $logs = join '', map { slurp_file($node->data_dir . "/log/server.$_") } @suffixes;
my @ours = map { objects('log', slurp_file($node->data_dir . "/log/server.$_")) } 'log';
cmp_ok(length $logs, '>', 1_000_000, 'the logs are verbose');
cmp_ok(scalar @ours, '>', 40, 'and have many lines');
is(leaks(join("\n", @ours), %hidden), '', 'which hold no secret, no part of a token and nothing that is the participants\' own');
is(leaks($logs, map { $_ => $hidden{$_} } grep { /^(?:secret|token|signature|payload)/ } keys %hidden), '', 'nor does anything else hold the secret or a token');
done_testing();
