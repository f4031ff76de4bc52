--
-- livekit_verify returns the claims of a token that any of LiveKit's SDKs
-- could have written, as long as it is signed by a key held here and valid
-- now, give or take a minute.  All others get the same one sentence, whatever
-- is wrong; livekit_inspect is asked for the reason.
--
-- a token of our own
SELECT c - ARRAY['iat', 'nbf', 'exp', 'jti'] AS claims,
       (c->>'exp')::int - (c->>'iat')::int AS ttl, (c->>'nbf')::int - (c->>'iat')::int AS delay,
       regexp_replace(c->>'jti', '[0-9a-f]', 'x', 'g') AS jti
  FROM livekit_verify(livekit_issue('alice', 'standup', '{"canPublish":false}', name => 'Alice',
                                    metadata => '{"a":[1]}', attributes => '{"k":"v"}')) c;

-- headers as others write them
SELECT what, reason, verify(token)
  FROM (VALUES
	('Go and Python', '{"alg":"HS256","typ":"JWT"}'),
	('Rust', '{"typ":"JWT","alg":"HS256"}'),
	('Node', '{"alg":"HS256"}'),
	('blanks', E' {\n"alg" :\t"HS256" }\r\n'),
	('alg escaped', '{"alg":"\u0048S256"}'),
	('odd typ', '{"alg":"HS256","typ":17}'),
	('kid', '{"alg":"HS256","kid":"../../dev/null"}'),
	('cty', '{"alg":"HS256","cty":"JWT"}'),
	('jwk, jku, x5u', '{"alg":"HS256","jwk":{"k":"AA"},"jku":"http://x","x5u":null}'),
	('another case', '{"alg":"HS256","ALG":"none","Crit":["x"]}')) v(what, header),
	make_token('{"iss":"APIregress","exp":9e9}', convert_to(header, 'UTF8')) token,
	livekit_inspect(token);

-- payloads as others write them
SELECT what, reason, verify(token)
  FROM (VALUES
	('nothing else', ''),
	('aud', ',"aud":"there"'),
	('several aud', ',"aud":["here","there"]'),
	('Java', ',"sip":{},"video":{},"roomConfig":{"max_participants":2}'),
	('nulls', ',"video":null,"sub":null,"attributes":null'),
	('jti as identity', ',"jti":"bob","video":{"roomJoin":true,"room":"r"}'),
	('unknown claims', ',"Sub ":1,"x":{"ISS":[{"Video":{}}],"y":[[],{},1.50e1,"",null,true]}'),
	('other scopes', ',"sip":{"call":true},"agent":{"admin":true},"inference":{"perform":false}'),
	('escapes', ',"sub":"\u0061\u00e9\ud83c\udf89\"\\\/\b\f\n\r\t"'),
	('wrong types of grants', ',"video":{"roomJoin":"yes","canPublishSources":"camera"}')) v(what, members),
	make_token('{"iss":"APIregress","exp":9e9' || members || '}') token,
	livekit_inspect(token);

-- now and then; LiveKit's leeway is 60 seconds
CREATE FUNCTION pg_temp.at(seconds numeric) RETURNS text
RETURN floor(extract(epoch FROM clock_timestamp())) + seconds;

SELECT what, reason, regexp_replace(verify(token), '[0-9.]{9,}', 'T', 'g') AS verify
  FROM (VALUES
	('expired 55 s ago', '"exp":' || pg_temp.at(-55)),
	('expired 55.5 s ago', '"exp":' || pg_temp.at(-55.5)),
	('expired 65 s ago', '"exp":' || pg_temp.at(-65)),
	('expired 65.5 s ago', '"exp":' || pg_temp.at(-65.5)),
	('exp with exponent', '"exp":41024448E+2'),
	('exp with exponent, past', '"exp":12e8'),
	('exp 0', '"exp":0'),
	('exp negative', '"exp":-4102444800'),
	('exp huge', '"exp":1e308'),
	('exp huge, past', '"exp":-1e308'),
	('exp tiny', '"exp":1e-308'),
	('exp at the 64th bit', '"exp":9223372036854775808'),
	('exp of 40 digits', '"exp":' || repeat('9', 40)),
	('exp missing', '"sub":"alice"'),
	('exp null', '"exp":null'),
	('exp string', '"exp":"4102444800"'),
	('exp boolean', '"exp":true'),
	('exp array', '"exp":[4102444800]'),
	('exp object', '"exp":{}'),
	('nbf in 55 s', '"exp":{exp},"nbf":' || pg_temp.at(55)),
	('nbf in 55.5 s', '"exp":{exp},"nbf":' || pg_temp.at(55.5)),
	('nbf in 65 s', '"exp":{exp},"nbf":' || pg_temp.at(65)),
	('nbf in 65.5 s', '"exp":{exp},"nbf":' || pg_temp.at(65.5)),
	('nbf null', '"exp":{exp},"nbf":null'),
	('nbf huge', '"exp":{exp},"nbf":1e308'),
	('nbf huge, past', '"exp":{exp},"nbf":-1e308'),
	('nbf string', '"exp":{exp},"nbf":"0"'),
	('nbf false', '"exp":{exp},"nbf":false'),
	('iat ahead', '"exp":{exp},"iat":' || pg_temp.at(9999)),
	('iat string', '"exp":{exp},"iat":"today"'),
	('expired and not yet valid', '"exp":1,"nbf":4102444800')) v(what, members),
	make_token('{"iss":"APIregress",' || members || '}') token,
	livekit_inspect(token);
