# pg_upgrade carries the registered relation, whose policies decide at once,
# and the sealed keys; the new server is told where the master key is.
use strict;
use warnings FATAL => 'all';

use Cwd;
use FindBin;
use lib $FindBin::RealBin;
use LivekitToken;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $directory = PostgreSQL::Test::Utils::tempdir();
my $master = "$directory/master";
write_file($master, random_secret() . "\n");
my %settings = ('livekit_token.master_key_file' => $master, 'livekit_token.url' => 'wss://livekit.example.com');

my $old = server('old', %settings);
members($old);
$old->safe_psql('postgres', q{SELECT livekit_key_generate(); SELECT livekit_key_generate('shop')});
my $keys = q{SELECT string_agg(k::text, ';' ORDER BY api_key) FROM livekit_keys k};
my $listed = $old->safe_psql('postgres', $keys);
my $join = q{SELECT identity, room FROM livekit_join('standup')};
is(outcome($old, 'alice', $join), 'alice|standup', 'a member joins');
my $token = $old->safe_psql('postgres', q{SELECT livekit_issue('alice', 'standup', project => 'shop')});
$old->stop;

my $new = PostgreSQL::Test::Cluster->new('new');
$new->init(extra => [ '-E', 'UTF8', '--locale=C' ]);
my $bin = $new->config_data('--bindir');
my $home = getcwd();
chdir $directory or die $!;		# where it leaves its files
command_ok([ 'pg_upgrade', '-d', $old->data_dir, '-D', $new->data_dir, '-b', $bin, '-B', $bin,
		'-s', $new->host, '-p', $old->port, '-P', $new->port ], 'pg_upgrade');
chdir $home or die $!;
configure($new, %settings);
$new->start;
is(outcome($new, 'alice', $join), 'alice|standup', 'the member joins');
is(outcome($new, 'alice', q{SELECT livekit_join('no such room')}), '42501', 'where the policies let her');
is($new->safe_psql('postgres', $keys), $listed, 'the keys are there');
is($new->safe_psql('postgres', "SELECT livekit_verify('$token') ->> 'sub'"), 'alice', 'and open');

done_testing();
