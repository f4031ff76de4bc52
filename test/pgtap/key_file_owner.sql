-- Whose a key file may be.  Only root can give files away, so this is skipped
-- for anybody else.  psql runs as root then, the server as another user.
BEGIN;
\set root `test $(id -u) = 0 && echo true || echo false`
\if :root
SELECT plan(12);

\! install -d -m 755 "$LK_RUN/owners"
\! echo "APIroot: $(printf '%064d' 7)" >"$LK_RUN/owners/keys"
\set directory `echo "$LK_RUN/owners/"`
\setenv POSTGRES `stat -c %U "$LK_RUN/data"`
CREATE FUNCTION pg_temp.status_of(file text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	PERFORM set_config('livekit_token.key_file', file, true);
	RETURN (SELECT concat_ws(': ', status, reason) FROM livekit_keys);
END $$;

CREATE TEMP TABLE cases (owner text, mode text, status text);
INSERT INTO cases VALUES
	('root', '640', 'active'), ('root', '440', 'active'),
	('root', '660', 'unusable'), ('root', '650', 'unusable'), ('root', '644', 'unusable'), ('root', '642', 'unusable'),
	('root', '641', 'unusable'),
	('postgres', '600', 'active'), ('postgres', '400', 'active'), ('postgres', '640', 'unusable'),
	('nobody', '644', 'unusable'), ('nobody', '440', 'unusable');
-- the server's user is the owner of its data directory
SELECT format('install -m %s -o %s -g "$POSTGRES" "$LK_RUN/owners/keys" "$LK_RUN/owners/%s.%s"',
			  mode, CASE owner WHEN 'postgres' THEN '"$POSTGRES"' ELSE owner END, owner, mode)
  FROM cases \g |sh

SELECT matches(pg_temp.status_of(format('%s%s.%s', :'directory', owner, mode)),
			   CASE WHEN status = 'active' THEN '^active: '
					WHEN owner = 'nobody' THEN '^unusable: It must be owned by the database user or root[.]$'
					ELSE '^unusable: It has group or world access: its mode must be u=rw [(]0600[)] or less if owned by the database user, or u=rw,g=r [(]0640[)] or less if owned by root[.]$' END,
			   format('owner %s, mode 0%s', owner, mode))
  FROM cases;

\! rm -r "$LK_RUN/owners"
SELECT * FROM finish();
\else
SELECT plan(1);
SELECT skip('only root can give files away');
\endif
ROLLBACK;
