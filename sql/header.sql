--
-- Headers of a token that is signed rightly: the algorithm is HS256 and
-- nothing may change what the signature means (RFC 8725, section 3).  And of
-- several faults, the one that is checked first is reported.
--
SELECT v.header, reason, verify(token)
  FROM (VALUES
	('{"alg":"none"}'), ('{"alg":"None"}'), ('{"alg":""}'), ('{"alg":"hs256"}'), ('{"alg":"Hs256"}'),
	('{"alg":"HS256 "}'), ('{"alg":" HS256"}'), ('{"alg":"HS25"}'), ('{"alg":"HS2566"}'),
	('{"alg":"HS384"}'), ('{"alg":"HS512"}'), ('{"alg":"RS256"}'), ('{"alg":"ES256"}'), ('{"alg":"EdDSA"}'),
	('{"alg":null}'), ('{"alg":256}'), ('{"alg":true}'), ('{"alg":["HS256"]}'), ('{"alg":{"HS256":1}}'),
	('{}'), ('{"typ":"JWT"}'), ('{"ALG":"HS256"}'), ('{"x":{"alg":"HS256"}}'),
	('{"alg":"HS256","alg":"HS256"}'), ('{"alg":"none","alg":"HS256"}'), ('{"alg":"HS256","\u0061lg":"none"}'),
	('{"alg":"HS256","typ":"JWT","typ":"JWT"}'), ('{"alg":"HS256","x":[{"y":1,"y":1}]}'),
	('{"alg":"HS256","crit":[]}'), ('{"alg":"HS256","crit":["exp"],"exp":1}'), ('{"alg":"HS256","crit":null}'),
	('{"alg":"HS256","b64":false}'), ('{"alg":"HS256","b64":true}'), ('{"alg":"HS256","b64":false,"crit":["b64"]}'),
	('[{"alg":"HS256"}]'), ('"HS256"'), ('256'), ('null'), (' '), ('{"alg":"HS256"'), ('{"alg":"HS256"}}'),
	('{"alg":"HS256"} x'), ('{"alg":"HS256",}'), ('{''alg'':''HS256''}'), ('{alg:"HS256"}'), ('{"alg":"HS256\u0000"}'),
	('{"alg":"HS256","x":"\ud83c"}'), ('{"alg":"HS256","x":1e999}'), ('{"alg":"HS256","x":"' || E'\n' || '"}')) v(header),
	make_token('{"iss":"APIregress","exp":4102444800}', convert_to(header, 'UTF8')) token,
	livekit_inspect(token);

SELECT what, reason, verify(token)
  FROM (VALUES
	('byte order mark', '\xefbbbf'::bytea || '{"alg":"HS256"}'),
	('not UTF-8', '{"alg":"HS256","x":"' || '\xff'::bytea || '"}'),
	('Latin-1', '{"alg":"HS256","x":"' || '\xe9'::bytea || '"}'),
	('overlong', '{"alg":"HS256","x":"' || '\xc0af'::bytea || '"}'),
	('NUL', '{"alg":"HS256"}' || '\x00'::bytea),
	('64 deep', convert_to('{"alg":"HS256","x":' || repeat('[', 63) || repeat(']', 63) || '}', 'UTF8')),
	('65 deep', convert_to('{"alg":"HS256","x":' || repeat('[', 64) || repeat(']', 64) || '}', 'UTF8')),
	('100 000 deep', convert_to('{"alg":"HS256","x":' || repeat('[', 100000), 'UTF8'))) v(what, header),
	make_token('{"iss":"APIregress","exp":4102444800}', header) token,
	livekit_inspect(token);

-- unsigned tokens, as attackers write them
SELECT what, reason, verify(token)
  FROM (VALUES
	('none', base64url('{"alg":"none"}') || '.' || base64url('{"iss":"APIregress","exp":4102444800}') || '.'),
	('HS256', base64url('{"alg":"HS256"}') || '.' || base64url('{"iss":"APIregress","exp":4102444800}') || '.')) v(what, token),
	livekit_inspect(token);

-- two faults: the first to be looked for
SELECT what, reason, verify(token)
  FROM (VALUES
	('too long, no token', repeat('.', 12000000)),
	('padded, alg none', make_token('{"iss":"APIregress","exp":1}', '{"alg":"none"}') || '='),
	('alg none, crit', make_token('{"iss":"APIregress","exp":1}', '{"alg":"none","crit":["x"]}')),
	('alg none twice', make_token('{"iss":"APIregress","exp":1}', '{"alg":"none","alg":"none"}')),
	('crit, payload not JSON', make_token('x'::bytea, '{"alg":"HS256","crit":["x"]}')),
	('payload not JSON, signature empty', base64url('{"alg":"HS256"}') || '.' || base64url('x') || '.'),
	('not UTF-8, too deep', make_token(('{"x":"' || '\xff'::bytea || '"') || convert_to(repeat('[', 100), 'UTF8'))),
	('too deep, not JSON', make_token('{"x":' || repeat('[', 100))),
	('duplicate name, unknown key', make_token('{"iss":"APIgone","x":1,"x":1}')),
	('case variant, unknown key', make_token('{"iss":"APIgone","Sub":"x"}')),
	('no issuer, expired', make_token('{"exp":1}')),
	('unknown key, expired', make_token('{"iss":"APIgone","exp":1}')),
	('another secret, expired', make_token('{"iss":"APIregress","exp":1}', secret => 'x')),
	('another secret, no expiry', make_token('{"iss":"APIregress"}', secret => 'x')),
	('expired, not yet valid', make_token('{"iss":"APIregress","exp":1,"nbf":4102444800}')),
	('expired, nbf a string', make_token('{"iss":"APIregress","exp":1,"nbf":"x"}'))) v(what, token),
	livekit_inspect(token);
