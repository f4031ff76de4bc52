# What the server's own statistics and plans keep of statements that had a
# secret among their arguments: nothing of it, of those within functions either.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;
use LivekitToken;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my %hidden = map { $_ => random_secret() } 'master', 'bound', 'constant', 'imported';
my $master = PostgreSQL::Test::Utils::tempdir() . '/master';
write_file($master, "$hidden{master}\n");
my $node = server('statistics', VERBOSE_LOG, 'livekit_token.master_key_file' => $master,
	shared_preload_libraries => 'pg_stat_statements,auto_explain', 'pg_stat_statements.track' => 'all',
	'auto_explain.log_min_duration' => 0, map { ("auto_explain.log_$_" => 'on') } 'nested_statements', 'verbose', 'analyze');
$node->safe_psql('postgres', 'CREATE EXTENSION pg_stat_statements');

my $offset = -s $node->logfile;
is(bind_to($node, q{SELECT livekit_key_set('APIbound', :secret);}, $hidden{bound}, '-c log_parameter_max_length_on_error=0'), '', 'a secret that is bound');
is(bind_to($node, q{SELECT livekit_key_import(:secret, 'shop');}, "LIVEKIT_API_KEY=APIimported LIVEKIT_API_SECRET=$hidden{imported}",
		'-c log_parameter_max_length_on_error=0'), 'project "shop" lacks LIVEKIT_API_SECRET', 'a text that is bound');
(undef, $hidden{generated}) = split /\|/, $node->safe_psql('postgres', 'SELECT * FROM livekit_key_generate()');
is($node->safe_psql('postgres', 'SELECT livekit_key_rewrap()'), '0', 'sealed anew');
my $log = new_log($node, $offset);
like($log, qr/plan:\n.*Query Text: [^\n]*INSERT INTO public[.]livekit_sealed_key/, 'auto_explain shows the statement within');
is(leaks($log, %hidden), 'bound', 'verbose, it shows in the plan what was bound, and no other secret');
$offset = -s $node->logfile;
is(bind_to($node, q{SELECT livekit_key_set('APIbound', :secret);}, $hidden{bound}, '-c log_parameter_max_length_on_error=0 -c auto_explain.log_verbose=off'), '', 'not verbose');
is(leaks(new_log($node, $offset), %hidden), '', 'it shows none');

is($node->safe_psql('postgres', "SELECT livekit_key_set('APIconstant', '$hidden{constant}')"), '', 'a secret in the statement');
my $statements = $node->safe_psql('postgres', 'SELECT query FROM pg_stat_statements');
like($statements, qr/SELECT livekit_key_set\([\$]1, [\$]2\)/, 'pg_stat_statements has the statement');
like($statements, qr/INSERT INTO public[.]livekit_sealed_key/, 'and the one within');
is(leaks($statements, %hidden), '', 'and no secret');
$node->stop;
is(leaks(join('', map { slurp_file($_) } glob $node->data_dir . '/pg_stat*/*'), %hidden), '', 'nor have its files');

done_testing();
