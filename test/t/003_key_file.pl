# A key file that cannot be used: an open session keeps its keys and says why
# once in the log, a new one refuses, and both recover when it is mended.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;
use LivekitToken;
use POSIX qw(mkfifo);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $secret = random_secret();
my $path = key_file(APIgood => $secret);
my $link = "$path.link";
symlink $path, $link or die $!;

# the environment has a key too, which must never step in
my $node;
{
	local $ENV{LIVEKIT_API_KEY} = 'APIenvironment';
	local $ENV{LIVEKIT_API_SECRET} = random_secret();
	$node = server('key_file', 'livekit_token.key_file' => $link);
}
my $inside = $node->data_dir . '/keys.yaml';
write_file($inside, "APIinside: $secret\n");

my $mint = q{SELECT livekit_verify(livekit_issue('alice', 'standup')) ->> 'iss';};
my $state = q{SELECT api_key, status, signs, reason FROM livekit_keys WHERE source = 'key_file';};
my $session = open_session($node, 'app');
my $pid = ask($session, 'SELECT pg_backend_pid();');
is(ask($session, $mint), 'APIgood', 'a symbolic link to a good file');

# Make a change to $path or $link; the log must then say why it is bad.
my $no_access = qr/It has group or world access: its mode must be u=rw [(]0600[)]/;
my $long = 'x' x 16385;
my @breakages = (
	[ 'file removed', sub { unlink $path }, qr/Could not open the file: No such file or directory/ ],
	(map {
		my $mode = $_;
		[ sprintf('mode %04o', $mode), sub { chmod $mode, $path }, $no_access ]
	} 0640, 0620, 0610, 0604, 0602, 0601, 0666),
	[ 'mode 0000', sub { chmod 0, $path }, qr/Could not open the file: Permission denied/ ],
	[ 'directory', sub { unlink $path; mkdir $path }, qr/It is not a regular file/ ],
	[ 'FIFO', sub { unlink $path; mkfifo($path, 0600) }, qr/It is not a regular file/ ],
	[ 'device', sub { unlink $link; symlink '/dev/null', $link }, qr/It is not a regular file/ ],
	[ 'link to a link to itself', sub { unlink $link; symlink $link, $link }, qr/Could not open the file: Too many levels of symbolic links/ ],
	[ 'link to a file of root that all can read', sub { unlink $link; symlink '/etc/passwd', $link }, $no_access ],
	[ 'link into the data directory', sub { unlink $link; symlink $inside, $link }, qr/It lies within the data directory/ ],
	[ 'empty file', sub { write_file($path, '') }, qr/It holds no key/ ],
	[ 'only comments', sub { write_file($path, "# APIgood: $secret\n\n") }, qr/It holds no key/ ],
	[ 'no colon', sub { write_file($path, "\nAPIgood $secret\n") }, qr/Line 2 has no colon/ ],
	[ 'a second word', sub { write_file($path, "APIgood: $secret $secret\n") }, qr/Line 1 has more than a secret/ ],
	[ 'secret for a name', sub { write_file($path, "$secret$secret: APIgood\n") }, qr/Line 1 has an API key that is not 1 to 70/ ],
	[ 'two names', sub { write_file($path, "API good: $secret\n") }, qr/Line 1 has more than an API key/ ],
	[ 'no secret', sub { write_file($path, "APIgood: ''\n") }, qr/Line 1 has an empty secret/ ],
	[ 'open quote', sub { write_file($path, "APIgood: '$secret\n") }, qr/Line 1 has a quote that is not closed/ ],
	[ 'a secret of more than 16 KiB', sub { write_file($path, "APIgood: $long\n") }, qr/Line 1 has a secret of more than 16384/ ],
	[ 'a name twice', sub { write_file($path, "APIgood: $secret\n" x 2) }, qr/Line 2 has an API key that was there before/ ],
	[ 'a NUL byte', sub { write_file($path, "APIgood: $secret\0\n") }, qr/It holds a NUL byte/ ],
	[ 'more than 256 KiB', sub { write_file($path, "APIgood: $secret\n" . '#' x 262144) }, qr/It is larger than/ ]);

foreach my $breakage (@breakages)
{
	my ($what, $break, $reason) = @$breakage;
	my $offset = -s $node->logfile;

	$break->();
	ask($session, $mint) foreach 1 .. 2;
	is(ask($session, $mint), 'APIgood', "$what: the open session keeps its key");
	like(ask($session, $state), qr/^APIgood\|stale\|t\|$reason/, 'livekit_keys calls it stale');
	is(outcome($node, 'app', $mint), 'F0000', 'a new session refuses');
	like(outcome($node, 'app', $state), qr/^\|unusable\|f\|$reason/, 'livekit_keys says why');
	my (undef, undef, $told) = $node->psql('postgres', "SET client_min_messages = debug5; $mint", extra_params => [ '-U', 'app' ]);
	like($told, qr/ERROR:  API keys of source "key_file" cannot be used\n/, 'and says so');
	unlike($told, qr/keys[.]yaml|$reason/, 'but neither path nor reason');
	is(outcome($node, 'app', q{SELECT livekit_verify('e30.eyJpc3MiOiJBUEkifQ.AA')}), '28000', 'and verify refuses as always');

	my $log = new_log($node, $offset);
	my $line = qr/.*\[$pid\] \S+ /;
	my @said = $log =~ /${line}LOG:  could not use key file.*\n${line}DETAIL:  (.*)\n${line}HINT:  The keys that were read last stay in use[.]/g;
	is(scalar @said, 1, 'the open session has said so once in the log');
	like($said[0], $reason, 'with the reason');
	like($log, qr/DETAIL:  $reason.*\n.*HINT:  The server log and the view/, 'as has the refusal');
	is(leaks($log, secret => $secret, 'long secret' => $long), '', 'without the secret');

	# mended: the same file again, put in place in one step
	rmdir $path if -d $path;
	unlink $link;
	symlink $path, $link or die $!;
	write_file($path, "APIgood: $secret\n");
	is(ask($session, $mint), 'APIgood', 'mended: the open session signs');
	is(ask($session, $state), 'APIgood|active|t|signs: the first key of the first source', 'as active');
	is(outcome($node, 'app', $mint), 'APIgood', 'and so does a new one');
}
is(ask($session, q{SELECT count(*) FROM pg_backend_memory_contexts WHERE name = 'livekit_token keys';}), 2,
	'no keys of former files are left in memory');
$session->quit;
$node->stop;
done_testing();
