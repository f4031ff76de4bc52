--
-- A good token, changed in one place or another: text that is no token, a
-- signature that is not the right one, a header that asks for less.  What
-- livekit_verify tells the client is the same each time, and livekit_inspect
-- says what it was.
--
-- valid until 2100, so that it is the same at each run; no part of it fills
-- its last group of four characters, and it has both - and _
CREATE TEMP TABLE good AS
	SELECT token, split_part(token, '.', 1) AS h, split_part(token, '.', 2) AS p, split_part(token, '.', 3) AS s
	  FROM make_token('{"iss":"APIregress","exp":4102444800,"sub":"~~~???"}', '{"alg":"HS256","typ":"JWT" }') token;
SELECT token, verify(token), length(h) % 4 AS h, length(p) % 4 AS p, length(s) % 4 AS s FROM good;

-- text that is no token
SELECT what, reason, verify(v.token)
  FROM good, LATERAL (VALUES
	('empty', ''), ('a dot', '.'), ('two dots', '..'), ('three dots', '...'), ('a blank', ' '),
	('one part', h), ('two parts', h || '.' || p), ('four parts', token || '.' || s),
	('five parts', token || '.' || p || '.' || s), ('dot before', '.' || token), ('dot behind', token || '.'),
	('header empty', '.' || p || '.' || s), ('payload empty', h || '..' || s),
	('header padded', h || '==.' || p || '.' || s), ('payload padded', h || '.' || p || '=.' || s),
	('signature padded', token || '='), ('blank before', ' ' || token), ('blank behind', token || ' '),
	('blank inside', h || '. ' || p || '.' || s), ('tab', token || E'\t'), ('CR', token || E'\r'),
	('LF', token || E'\n'), ('CR LF', token || E'\r\n'), ('LF before a dot', h || E'\n.' || p || '.' || s),
	('LF in the payload', overlay(token PLACING E'\n' FROM 50 FOR 0)), ('NEL', token || U&'\0085'),
	('Bearer', 'Bearer ' || token), ('quoted', '"' || token || '"'), ('percent encoded', replace(token, '.', '%2E')),
	('a character more', h || '.' || p || 'AAA.' || s), ('beyond ASCII', token || U&'\00E9'),
	('byte order mark', U&'\FEFF' || token), ('dots of another script', replace(token, '.', U&'\3002')),
	('JSON', '{"protected":"","payload":"","signature":""}')) v(what, token),
	livekit_inspect(v.token);

-- base64url has one text for each value
SELECT what, v.token <> good.token AS changed, reason, verify(v.token)
  FROM good, LATERAL (VALUES
	('standard alphabet, +', replace(token, '-', '+')), ('standard alphabet, /', replace(token, '_', '/')),
	('last character of the header', regexp_replace(h, '.$', chr(ascii(right(h, 1)) + 1)) || '.' || p || '.' || s),
	('last character of the payload', h || '.' || regexp_replace(p, '.$', chr(ascii(right(p, 1)) + 1)) || '.' || s),
	('last character of the signature', regexp_replace(token, '.$', chr(ascii(right(s, 1)) + 1)))) v(what, token),
	livekit_inspect(v.token);

-- signatures
SELECT what, reason, detail, verify(v.token)
  FROM good, LATERAL (VALUES
	('empty', h || '.' || p || '.'),
	('cut by a group', left(token, -3)), ('longer by a group', token || 'AAA'), ('twice', token || 'A' || s),
	('zeros', h || '.' || p || '.' || repeat('A', 43)),
	('in hex', h || '.' || p || '.' || encode(hmac_sha256(convert_to(h || '.' || p, 'UTF8'), 'regress-secret-0123456789abcdefghijklmnop'), 'hex')),
	('as long as of HS512', h || '.' || p || '.' || repeat('A', 86)),
	('plain hash', h || '.' || p || '.' || base64url(sha256(convert_to(h || '.' || p, 'UTF8')))),
	('of another payload', h || '.' || p || '.' || split_part(make_token('{"iss":"APIregress","exp":4102444800}'), '.', 3)),
	('by no secret', make_token('{"iss":"APIregress","exp":4102444800}', secret => '')),
	('by another key held', make_token('{"iss":"APIregress","exp":4102444800}', secret => 'old-secret-0123456789abcdefghijklmnopqrstuvw')),
	('by the key held, for another', make_token('{"iss":"APIold","exp":4102444800}')),
	('by a key not held', make_token('{"iss":"APIgone","exp":4102444800}')),
	('by the secret as the key', make_token('{"iss":"regress-secret-0123456789abcdefghijklmnop","exp":4102444800}', secret => 'APIregress')),
	('key in another case', make_token('{"iss":"apiregress","exp":4102444800}')),
	('key with a blank', make_token('{"iss":"APIregress ","exp":4102444800}')),
	('key cut', make_token('{"iss":"API","exp":4102444800}')),
	('key empty', make_token('{"iss":"","exp":4102444800}')),
	('key missing', make_token('{"exp":4102444800}')),
	('key null', make_token('{"iss":null,"exp":4102444800}')),
	('key a number', make_token('{"iss":1,"exp":4102444800}')),
	('key an array', make_token('{"iss":["APIregress"],"exp":4102444800}')),
	('key with NUL', make_token('{"iss":"APIregress\u0000","exp":4102444800}'))) v(what, token),
	livekit_inspect(v.token);

-- every key held verifies
SELECT verify(make_token('{"iss":"APIold","exp":4102444800}', secret => 'old-secret-0123456789abcdefghijklmnopqrstuvw'));

-- each character replaced by each other one, put in twice, left out; and the
-- token cut anywhere: none is valid, and none makes livekit_inspect raise
WITH changed(what, token) AS (
	SELECT 'replaced', overlay(token PLACING c FROM i FOR 1)
	  FROM good, generate_series(1, length(token)) i,
	       string_to_table('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/ ', NULL) c
	 WHERE c <> substr(token, i, 1)
	UNION ALL
	SELECT 'doubled', overlay(token PLACING repeat(substr(token, i, 1), 2) FROM i FOR 1)
	  FROM good, generate_series(1, length(token)) i
	UNION ALL
	SELECT 'left out', overlay(token PLACING '' FROM i FOR 1) FROM good, generate_series(1, length(token)) i
	UNION ALL
	SELECT 'cut', left(token, i) FROM good, generate_series(0, length(token) - 1) i
)
SELECT what, valid, reason, verify(token), count(*)
  FROM changed, livekit_inspect(token)
 GROUP BY what, valid, reason, 4
 ORDER BY what, reason;
