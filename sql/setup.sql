--
-- What the other tests stand on: the extension, a key file with two fixed
-- keys, and functions that make tokens by hand, good ones and others.
-- The file lies in /tmp under the name of this cluster and database, and the
-- last test removes it.
--
CREATE EXTENSION livekit_token;

SELECT format('/tmp/livekit_token_regress.%s.%s', system_identifier, d.oid) AS key_file,
       datname AS db
  FROM pg_control_system(), pg_database d WHERE datname = current_database() \gset

-- written by the server itself, so that the owner is right
SELECT format('COPY (VALUES (%L), (%L)) TO PROGRAM %L',
              'APIregress: regress-secret-0123456789abcdefghijklmnop',
              'APIold: old-secret-0123456789abcdefghijklmnopqrstuvw',
              'umask 077 && cat > ' || :'key_file') AS write_key_file \gset
:write_key_file;

-- for every session from now on; this one has the library loaded already
ALTER DATABASE :"db" SET livekit_token.key_file = :'key_file';
\c -

SELECT project, api_key, source, status, signs, reason FROM livekit_keys;

CREATE FUNCTION base64url(bytes bytea) RETURNS text
IMMUTABLE STRICT
RETURN rtrim(translate(encode(bytes, 'base64'), E'+/\n', '-_'), '=');

-- RFC 2104, for secrets of up to 64 bytes
CREATE FUNCTION hmac_sha256(message bytea, secret bytea) RETURNS bytea
LANGUAGE plpgsql IMMUTABLE STRICT AS $$
DECLARE
	ipad bytea := decode(repeat('36', 64), 'hex');
	opad bytea := decode(repeat('5c', 64), 'hex');
BEGIN
	FOR i IN 0 .. length(secret) - 1 LOOP
		ipad := set_byte(ipad, i, get_byte(ipad, i) # get_byte(secret, i));
		opad := set_byte(opad, i, get_byte(opad, i) # get_byte(secret, i));
	END LOOP;
	RETURN sha256(opad || sha256(ipad || message));
END $$;

-- a token of any payload, with any header, rightly signed
CREATE FUNCTION make_token(payload bytea, header bytea DEFAULT '{"alg":"HS256","typ":"JWT"}',
	secret bytea DEFAULT 'regress-secret-0123456789abcdefghijklmnop') RETURNS text
IMMUTABLE STRICT
RETURN base64url(header) || '.' || base64url(payload) || '.' ||
	base64url(hmac_sha256(convert_to(base64url(header) || '.' || base64url(payload), 'UTF8'), secret));

-- the same of a payload written as text, whose times are put in: in a payload
-- {exp} becomes the time in ten minutes
CREATE FUNCTION make_token(payload text) RETURNS text
STRICT
RETURN make_token(convert_to(replace(payload, '{exp}',
	(extract(epoch FROM clock_timestamp())::bigint + 600)::text), 'UTF8'));

-- claims that are the same at each run
CREATE FUNCTION stable_claims(token text) RETURNS jsonb
STRICT
RETURN livekit_verify(token) - ARRAY['iat', 'nbf', 'exp', 'jti'];

-- livekit_verify's claims, or all that the client is told of a refusal
CREATE FUNCTION verify(token text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	state text; message text; detail text; hint text;
BEGIN
	RETURN livekit_verify(token);
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT,
		detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
	RETURN concat_ws(' ', state, message, nullif(detail, ''), nullif(hint, ''));
END $$;

-- run a command of the shell as the server, in which $F is our file; and let a
-- millisecond pass, since a session looks at its key file only that often
CREATE FUNCTION shell(file text, command text, input text DEFAULT '') RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE format('COPY (SELECT %1$L WHERE %1$L <> '''') TO PROGRAM %2$L', input, format('F=%s; umask 077; %s && sleep 0.002', file, command));
END $$;

-- replace it, by a new file each time
CREATE FUNCTION write(file text, content bytea, mode text DEFAULT '600') RETURNS void
RETURN shell(file, format('base64 -d > $F.new && chmod %s $F.new && mv -f $F.new $F', mode),
	translate(encode(content, 'base64'), E'\n', ''));

-- what a rule of livekit_lint finds; and what it still finds once its mends were run
CREATE FUNCTION lint_look(rule text, OUT object text, OUT severity text, OUT finding text, OUT mend text) RETURNS SETOF record LANGUAGE sql AS $$
	SELECT replace(l.object, quote_ident(current_database()), '"db"'), l.severity, l.finding, replace(l.mend, quote_ident(current_database()), '"db"')
	  FROM livekit_lint() l WHERE l.rule = lint_look.rule AND (l.object !~* '\mrole ' OR l.object ~ 'regress_livekit|DATABASE') ORDER BY l.object COLLATE "C", 4;
$$;
CREATE FUNCTION lint_mend(rule text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	statement text;
BEGIN
	FOR statement IN SELECT l.mend FROM lint_look(rule) l WHERE l.mend LIKE '%;' LOOP
		EXECUTE replace(statement, '"db"', quote_ident(current_database()));
	END LOOP;
	RETURN QUERY SELECT object FROM lint_look(rule);
END $$;

SELECT livekit_verify(make_token('{"iss":"APIregress","exp":{exp}}')) - 'exp' AS claims;
SELECT stable_claims(livekit_issue('alice', 'standup'));
