# What the tests here share: servers with the extension, key files, tokens
# made by hand, and what may never be seen in a log.
package LivekitToken;

use strict;
use warnings FATAL => 'all';

use Digest::SHA qw(hmac_sha256 sha256_hex sha256_base64);
use Exporter 'import';
use MIME::Base64 qw(encode_base64 encode_base64url);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Time::HiRes qw(usleep);

our @EXPORT = qw(server kill_server configure random_secret write_file key_file
  members joining outcome bind_to connection_error open_session ask start finish
  make_token new_log leaks VERBOSE_LOG);

# Everything that PostgreSQL can be told to log about a statement.
use constant VERBOSE_LOG => (
	log_error_verbosity => 'verbose',
	log_min_duration_statement => 0,
	log_parameter_max_length_on_error => -1,
	(map { $_ => 'debug5' } qw(log_min_messages log_min_error_statement)),
	(map { $_ => 'on' } qw(debug_print_parse debug_print_rewritten debug_print_plan)));

# Append settings to postgresql.conf; the last one of a name counts.
sub configure
{
	my ($node, %settings) = @_;

	return $node->append_conf('postgresql.conf', join "\n", map { "$_ = '$settings{$_}'" } sort keys %settings);
}

# Start a server with the extension, and an ordinary role "app" that may use
# all of it.
sub server
{
	my ($name, %settings) = @_;
	my $node = PostgreSQL::Test::Cluster->new($name);

	$node->init(extra => [ '-E', 'UTF8', '--locale=C' ]);
	configure($node, %settings);
	$node->start;
	$node->safe_psql('postgres', q{
		CREATE EXTENSION livekit_token;
		CREATE ROLE app LOGIN;
		GRANT EXECUTE ON FUNCTION livekit_token, livekit_issue, livekit_verify, livekit_inspect, livekit_keys TO app;
		GRANT SELECT ON livekit_keys TO app;
		GRANT pg_read_all_data, pg_read_all_stats TO app;
	});
	return $node;
}

# Kill a server and wait until all its processes have noticed.  Zombies may be
# left for a while, which the next server would take for its own kind.
sub kill_server
{
	my ($node) = @_;
	my @pids = split /\n/, $node->safe_psql('postgres', 'SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid()');

	push @pids, split /\n.*/s, slurp_file($node->data_dir . '/postmaster.pid');
	$node->kill9;
	foreach (1 .. 100 * $PostgreSQL::Test::Utils::timeout_default)
	{
		@pids = grep { kill(0, $_) && !(-r "/proc/$_/stat" && slurp_file("/proc/$_/stat") =~ /[)] Z/) } @pids;
		return unlink $node->data_dir . '/postmaster.pid', $node->host . '/.s.PGSQL.' . $node->port . '.lock' if !@pids;
		usleep(10000);
	}
	die "still running: @pids";
}

sub random_secret
{
	open my $random, '<:raw', '/dev/urandom' or die $!;
	read($random, my $bytes, 32) == 32 or die $!;
	return unpack 'H*', $bytes;
}

# Put a file in place in one step, as keys should be rotated.
sub write_file
{
	my ($path, $content, $mode) = @_;

	append_to_file("$path.new", $content);
	chmod $mode // 0600, "$path.new" or die $!;
	return rename("$path.new", $path) || die $!;
}

# Make a key file of names and secrets; returns its path.
sub key_file
{
	my @keys = @_;
	my $path = PostgreSQL::Test::Utils::tempdir() . '/keys.yaml';

	write_file($path, join '', map { "$keys[2 * $_]: $keys[2 * $_ + 1]\n" } 0 .. $#keys / 2);
	return $path;
}

# Make the usual access relation and register it: a table of members, who see
# their own rows.  Role "alice" is one in room "standup", "bob" in "retro", and
# "keeper" owns the table.
sub members
{
	my ($node) = @_;

	return $node->safe_psql('postgres', q{
		CREATE ROLE alice LOGIN;
		CREATE ROLE bob LOGIN;
		CREATE ROLE keeper LOGIN;
		CREATE TABLE member (room text, identity text, grants jsonb, PRIMARY KEY (room, identity));
		ALTER TABLE member OWNER TO keeper;
		ALTER TABLE member ENABLE ROW LEVEL SECURITY;
		CREATE POLICY own ON member USING (identity = livekit_identity());
		GRANT SELECT ON member TO PUBLIC;
		INSERT INTO member VALUES ('standup', 'alice'), ('retro', 'bob');
		GRANT EXECUTE ON FUNCTION livekit_join, livekit_can_join, livekit_token, livekit_token_source, livekit_verify TO PUBLIC;
		GRANT EXECUTE ON FUNCTION livekit_register_access, livekit_unregister_access TO keeper;
		SELECT livekit_register_access('member');
	});
}

# The statement that joins a room, for whom and which is in the token.
sub joining
{
	my ($room, $schema) = (@_, 'public');

	return qq{SELECT claims ->> 'sub', claims #>> '{video,room}'
		FROM $schema.livekit_join('$room'), $schema.livekit_verify(participant_token) AS claims;};
}

# Run statements in a session of their own: what they return, or the SQLSTATE
# of the first error.
sub outcome
{
	my ($node, $user, $sql, %options) = @_;
	local $ENV{PGOPTIONS} = $options{options} // '';
	my ($status, $stdout, $stderr) = $node->psql($options{database} // 'postgres', $sql,
		extra_params => [ '-U', $user, '-v', 'VERBOSITY=sqlstate' ]);

	return $status == 0 ? $stdout : $stderr =~ /ERROR:  (\w{5})$/m ? $1 : $stderr;
}

# What a role is told that cannot connect with these options.  Nothing is
# written to psql, which may be gone before it could read.
sub connection_error
{
	my ($node, $user, $options) = @_;
	local $ENV{PGOPTIONS} = $options;

	return (run_command([ 'psql', '-Xd', $node->connstr('postgres'), '-U', $user, '-c', 'SELECT 1' ]))[1];
}

# A session that stays open; and the outcome of a statement in it.
sub open_session
{
	my ($node, $user, %options) = @_;
	local $ENV{PGOPTIONS} = $options{options} // '';

	return $node->background_psql($options{database} // 'postgres', on_error_stop => 0,
		extra_params => [ '-U', $user, '-v', 'VERBOSITY=sqlstate' ]);
}

sub ask
{
	my ($session, $sql) = @_;
	# A session looks at its key file once a millisecond: let one pass.
	usleep(2000);
	$session->{stderr} = '';
	my $result = $session->query($sql);
	return $session->{stderr} =~ /ERROR:  (\w{5})$/m ? $1 : $result;
}

# Start a statement in a session, until another session sees it end or wait
# for a lock; and its outcome, once it can have one.
my $started = 0;

sub start
{
	my ($session, $sql, $observer) = @_;
	my $pid = ask($session, 'SELECT pg_backend_pid();');

	$started++;
	$sql =~ s{^\w+}{$& /* statement $started */};
	$session->{stderr} = '';
	$session->query_until(qr/^started$/m, "\\echo started\n$sql\n");
	foreach (1 .. 100 * $PostgreSQL::Test::Utils::timeout_default)
	{
		return 1 if ask($observer, qq{SELECT wait_event_type = 'Lock' OR state <> 'active'
			FROM pg_stat_activity WHERE pid = $pid AND query ~ 'statement $started ';}) eq 't';
		usleep(10000);
	}
	return 0;
}

sub finish
{
	my ($session) = @_;
	my $result = $session->query('');
	return $session->{stderr} =~ /ERROR:  (\w{5})$/m ? $1 : $result;
}

sub make_token
{
	my ($payload, $secret, $header) = @_;
	my $signed = join '.', map { encode_base64url($_) }
	  $header // '{"alg":"HS256","typ":"JWT"}', $payload;

	return "$signed." . encode_base64url(hmac_sha256($signed, $secret));
}

# What the server has logged, since the offset.
sub new_log { return slurp_file($_[0]->logfile, $_[1] // 0); }

# Run a statement with a secret that is bound as :secret, as applications do.
# Returns the error, if there is one.
sub bind_to
{
	my ($node, $sql, $secret, $options) = @_;
	my $file = PostgreSQL::Test::Utils::tempdir() . '/bound';
	local %ENV = ($node->_get_env(), PGOPTIONS => "-c log_parameter_max_length=0 $options");

	append_to_file($file, "$sql\n");
	my (undef, $stderr) = run_command([ 'pgbench', '-n', '-M', 'extended', '-t', 1, '-D', "secret=$secret", '-f', $file, 'postgres' ]);
	return $stderr =~ /ERROR:  (.*)/ ? $1 : '';
}

# Which of these does a text hold, as they are, encoded, digested, or a third
# of a long one?  By their names.
sub leaks
{
	my ($text, %hidden) = @_;
	my @found;

	foreach my $name (sort keys %hidden)
	{
		my $value = $hidden{$name};
		my $third = int(length($value) / 3);

		push @found, $name
		  if grep { index(lc $text, lc $_) >= 0 } $value, unpack('H*', $value),
		  encode_base64($value, ''), sha256_hex($value), sha256_base64($value),
		  $third < 8 ? () : map { substr $value, $_ * $third, $third } 0 .. 2;
	}
	return join ' ', @found;
}

1;
