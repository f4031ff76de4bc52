--
-- A token's text is UTF-8, whatever the database's encoding.  One in LATIN1
-- converts, and what it has no character for cannot be read there.  One in
-- SQL_ASCII holds any bytes, and only those that are UTF-8 are signed.  In
-- EUC_JIS_2004 some conversions end in what is no text there.
--
SELECT current_database() AS db, current_setting('livekit_token.key_file') AS key_file \gset

-- tokens to be read in each database, as the rows of a VALUES
SELECT string_agg(format('(%L, %L)', what, token), ', ') AS tokens
  FROM (VALUES
	('raw', make_token(U&'{"iss":"APIregress","exp":9e9,"sub":"\00C4lice","\00E9":1}')),
	('escaped', make_token('{"iss":"APIregress","exp":9e9,"sub":"\u00c4l\u0069ce","\u00E9":"\u0080\\u00e9\""}')),
	('both', make_token(U&'{"iss":"APIregress","exp":9e9,"\00E9":1,"\005Cu00e9":1}')),
	('emoji', make_token(U&'{"iss":"APIregress","exp":9e9,"x":"\+01F389"}')),
	('surrogate pair', make_token('{"iss":"APIregress","exp":9e9,"x":"\ud83c\udf89"}')),
	('lone surrogate', make_token('{"iss":"APIregress","exp":9e9,"x":"\u00e9\ud83c"}')),
	('low surrogate', make_token('{"iss":"APIregress","exp":9e9,"x":"\u00e9\udf89"}')),
	('cut escape', make_token('{"iss":"APIregress","exp":9e9,"x":"\u00e"}')),
	('NUL', make_token('{"iss":"APIregress","exp":9e9,"x":"\u00e9\u0000"}')),
	('long s', make_token('{"iss":"APIregress","exp":9e9,"\u017fub":"al"}')),
	('Kelvin sign', make_token('{"iss":"APIregress","exp":9e9,"\u212aind":"agent"}')),
	('dotless i', make_token('{"iss":"APIregress","exp":9e9,"video":{"roomJo\u0131n":true}}')),
	('Euro sign', make_token('{"iss":"APIregress","exp":9e9,"\u20ac":1}')),
	('unknown key', make_token('{"iss":"API\u00e9","exp":9e9}')),
	('unknown grant', make_token('{"iss":"APIregress","exp":9e9,"sub":"a","video":{"roomJoin":true,"room":"r","\u00e9":1}}')),
	('not UTF-8', make_token('{"iss":"APIregress","exp":9e9,"x":"'::bytea || '\xe9' || '"}')),
	('header', make_token('{"iss":"APIregress","exp":9e9}', '{"alg":"HS256","kid":"\\u00e9"}')),
	('header with Euro', make_token('{"iss":"APIregress","exp":9e9}', '{"alg":"HS256","kid":"\\u20ac"}'))) v(what, token) \gset

CREATE DATABASE regression_livekit_latin1 TEMPLATE template0 ENCODING 'LATIN1' LOCALE_PROVIDER libc LOCALE 'C';
ALTER DATABASE regression_livekit_latin1 SET livekit_token.key_file = :'key_file';
\c regression_livekit_latin1
CREATE EXTENSION livekit_token;

-- in ASCII: what is beyond it, byte by byte
CREATE FUNCTION bytes(value text) RETURNS text
RETURN encode(convert_to(value, getdatabaseencoding()), 'escape');
CREATE FUNCTION payload(token text) RETURNS text
RETURN regexp_replace(encode(decode(rpad(translate(split_part(token, '.', 2), '-_', '+/'),
	(length(split_part(token, '.', 2)) + 3) / 4 * 4, '='), 'base64'), 'escape'), '"iat".*"jti":"[^"]*",', '');

SELECT bytes(name), payload(token), bytes((livekit_verify(token) - ARRAY['iat', 'nbf', 'exp', 'jti'])::text) AS claims
  FROM convert_from('\xc46c696365', 'LATIN1') name,
       livekit_issue(name, name, jsonb_build_object('destinationRoom', name, 'agentEndpoint', jsonb_build_object('agentName', name)),
                     name => name || '"\', metadata => name, attributes => jsonb_build_object(name, name),
                     room_config => jsonb_build_object('metadata', name)) token;
-- limits count bytes of UTF-8
SELECT length(livekit_verify(livekit_issue(repeat(U&'\00C4', 128), 'r'))->>'sub');
SELECT livekit_issue(repeat(U&'\00C4', 129), 'r');

SELECT what, valid, reason, bytes(detail) AS detail, bytes(claims::text) AS claims, bytes(header::text) AS header
  FROM (VALUES :tokens) v(what, token), livekit_inspect(token);

\c :db
DROP DATABASE regression_livekit_latin1;
CREATE DATABASE regression_livekit_ascii TEMPLATE template0 ENCODING 'SQL_ASCII' LOCALE_PROVIDER libc LOCALE 'C';
ALTER DATABASE regression_livekit_ascii SET livekit_token.key_file = :'key_file';
\c regression_livekit_ascii
CREATE EXTENSION livekit_token;
CREATE FUNCTION bytes(value text) RETURNS text
RETURN encode(convert_to(value, getdatabaseencoding()), 'escape');
CREATE FUNCTION payload(token text) RETURNS text
RETURN regexp_replace(encode(decode(rpad(translate(split_part(token, '.', 2), '-_', '+/'),
	(length(split_part(token, '.', 2)) + 3) / 4 * 4, '='), 'base64'), 'escape'), '"iat".*"jti":"[^"]*",', '');

SELECT payload(token), bytes((livekit_verify(token) - ARRAY['iat', 'nbf', 'exp', 'jti'])::text) AS claims
  FROM livekit_issue(E'\xc3\x84lice', E'\xf0\x9f\x8e\x89', name => E'\xc3\x84', metadata => E'\xc3\x84', attributes => E'{"\xc3\x84":"\xc3\x84"}') token;
-- Latin-1, overlong, cut short, a surrogate: in each place
\set VERBOSITY sqlstate
SELECT livekit_issue(E'\xc4lice', 'r');
SELECT livekit_issue('a', E'\xc0\xaf');
SELECT livekit_issue('a', 'r', name => E'x\xc3');
SELECT livekit_issue('a', 'r', metadata => E'\xed\xa0\xbc');
SELECT livekit_issue('a', 'r', attributes => E'{"k":"\xff"}');
SELECT livekit_issue('a', 'r', attributes => E'{"\xff":"v"}');
SELECT livekit_issue('a', 'r', E'{"destinationRoom":"\xff"}');
SELECT livekit_issue('a', 'r', E'{"agentThread":{"read":true,"threadIds":["\xff"]}}');
SELECT livekit_issue('a', 'r', room_config => E'{"metadata":"\xff"}');
SELECT livekit_issue('a', 'r', options => E'{"roomPreset":"\xff"}');
SELECT livekit_issue('a', 'r', options => E'{"sha256":"\xff"}');
SELECT livekit_verify(E'\xff.\xfe.\xfd');
\set VERBOSITY default
SELECT valid, reason, size FROM livekit_inspect(E'\xff.\xfe.\xfd');

SELECT what, valid, reason, bytes(detail) AS detail, bytes(claims::text) AS claims, bytes(header::text) AS header
  FROM (VALUES :tokens) v(what, token), livekit_inspect(token);

\c :db
DROP DATABASE regression_livekit_ascii;

SELECT make_token('{"iss":"APIregress","exp":9e9,"\u65e5\u672c":"\u65e5\u672c"}') AS japan,
       make_token('{"iss":"APIregress","exp":9e9,"\u0080":1}') AS control \gset
CREATE DATABASE regression_livekit_jis TEMPLATE template0 ENCODING 'EUC_JIS_2004' LOCALE_PROVIDER libc LOCALE 'C';
ALTER DATABASE regression_livekit_jis SET livekit_token.key_file = :'key_file';
\c regression_livekit_jis
CREATE EXTENSION livekit_token;
SELECT valid, reason, encode(convert_to(claims::text, 'UTF8'), 'escape') AS claims
  FROM (VALUES (:'japan'), (:'control')) v(token), livekit_inspect(token);
SELECT livekit_verify(:'control');

\c :db
DROP DATABASE regression_livekit_jis;
