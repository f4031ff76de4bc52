# Keys change while sessions are open: no restart, no failed mint, and nothing
# of a former key that is gone.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;
use LivekitToken;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my %secret = map { $_ => random_secret() } qw(APIa APIb APIc);
my $path = key_file(APIa => $secret{APIa});
my $node = server('rotation', 'livekit_token.key_file' => $path);
my $expiry = time + 600;
my $mint = q{SELECT livekit_verify(livekit_issue('alice', 'standup')) ->> 'iss';};
my $session = open_session($node, 'app');

# What the open session makes of a token of this key: its subject or an SQLSTATE.
sub verified
{
	my ($key, $secret) = @_;
	my $token = make_token(qq({"iss":"$key","sub":"alice","exp":$expiry}), $secret // $secret{$key});

	return ask($session, "SELECT livekit_verify('$token') ->> 'sub';");
}
is(ask($session, $mint), 'APIa', 'the first key signs');

# The way to rotate: add the new key, sign with it, drop the old one.
write_file($path, "APIa: $secret{APIa}\nAPIb: $secret{APIb}\n");
is(ask($session, $mint), 'APIa', 'a second key does not sign');
is(verified('APIb'), 'alice', 'but verifies');
write_file($path, "APIb: $secret{APIb}\nAPIa: $secret{APIa}\n");
is(ask($session, $mint), 'APIb', 'as the first of the file it signs');
is(verified('APIa'), 'alice', 'and the old one still verifies');
write_file($path, "APIb: $secret{APIb}\n");
is(verified('APIa'), '28000', 'until it is gone from the file');
is(ask($session, $mint), 'APIb', 'while the new one signs');

# The same name with another secret.
write_file($path, "APIb: $secret{APIc}\n");
is(verified('APIb'), '28000', 'a secret replaced: the old one verifies nothing');
is(verified('APIb', $secret{APIc}), 'alice', 'but the new one');

# In place, without a new inode.
my $inode = (stat $path)[1];
open my $file, '>>', $path or die $!;
print $file "APIc: $secret{APIc}\n";
close $file or die $!;
is((stat $path)[1], $inode, 'a file changed in place');
is(verified('APIc'), 'alice', 'is read again');

# Changed, and set to the time it had before.
my $time = time - 60;
utime $time, $time, $path or die $!;
is(ask($session, $mint), 'APIb', 'a file with a time of its own');
is(outcome($node, 'app', $mint), 'APIb', 'for a new session too');
my @before = (stat $path)[1, 7, 9];
open $file, '+<', $path or die $!;
print $file "APIa: $secret{APIa}\nAPIb: $secret{APIb}\n";
close $file or die $!;
utime $time, $time, $path or die $!;
is_deeply([ (stat $path)[1, 7, 9] ], \@before, 'changed, with inode, size and time as before,');
is(ask($session, $mint), 'APIa', 'is read again');

# Many times over.
my @signed = map {
	write_file($path, "API$_: $secret{APIa}\n");
	ask($session, $mint);
} 1 .. 50;
is_deeply(\@signed, [ map { "API$_" } 1 .. 50 ], 'fifty rotations, each in effect within a millisecond and without a failed mint');
is(ask($session, q{SELECT count(*) FROM pg_backend_memory_contexts WHERE name = 'livekit_token keys';}), 1,
	'with the keys of one file in memory');

# Which of a file's keys signs is a setting.
write_file($path, "APIa: $secret{APIa}\nAPIb: $secret{APIb}\n");
foreach my $case ([ 'APIb', 'APIb' ], [ 'APIz', '55000' ], [ '', 'APIa' ])
{
	my ($name, $expected) = @$case;

	$node->safe_psql('postgres', "ALTER ROLE app SET livekit_token.api_key = '$name'");
	is(outcome($node, 'app', $mint), $expected, "api_key '$name': $expected");
}

# Another path, by a reload: the keys of the old file count no longer, be the
# new one good or bad.
my $other = "$path.other";
write_file($other, "APIc: $secret{APIc}\n");
foreach my $case ([ $other, 'APIc' ], [ $path, 'APIa' ], [ "$path.none", 'F0000' ], [ $other, 'APIc' ])
{
	my ($file, $expected) = @$case;
	my $before = ask($session, $mint);
	my $after;

	configure($node, 'livekit_token.key_file' => $file);
	$node->reload;
	foreach (1 .. 10 * $PostgreSQL::Test::Utils::timeout_default)
	{
		# the session reads the new settings between two statements
		last if ($after = ask($session, $mint)) ne $before;
		select undef, undef, undef, 0.1;
	}
	is($after, $expected, "another file, by a reload: $expected");
	is(verified('APIa'), $file eq $path ? 'alice' : $expected eq 'APIc' ? '28000' : 'F0000', 'the keys of the former one are gone');
}

# A statement that runs for long does not go on with old keys for ever.
write_file("$path.next", "APIb: $secret{APIb}\n");
is($node->safe_psql('postgres', <<END), 'APIc APIb', 'keys rotated within a statement count after a second');
CREATE TEMP TABLE signed (iss text);
DO \$\$ BEGIN
	INSERT INTO signed $mint
	COPY signed FROM PROGRAM 'mv $path.next $other';
	PERFORM pg_sleep(1.1);
	INSERT INTO signed $mint
END \$\$;
SELECT string_agg(iss, ' ') FROM signed;
END
$session->quit;
$node->stop;
done_testing();
