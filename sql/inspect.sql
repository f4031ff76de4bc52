--
-- livekit_inspect explains a token to a person: why it does not work, with
-- the mend, and where a valid one will disappoint.  It shows what can be read
-- of a token that is refused, and never raises.
--
\x on
SELECT valid, reason, detail, api_key, project, identity, room, grants,
       issued_at - now() < '1 s' AS issued_now, not_before = issued_at AS valid_at_once, expires_at - issued_at AS ttl,
       size = length(token) AS sized, header, claims - ARRAY['iat', 'nbf', 'exp', 'jti'] AS claims
  FROM livekit_issue('alice', 'standup', '{"canPublish":false,"sip":{"call":true}}') token, livekit_inspect(token);

-- what is refused is shown as far as it can be read
SELECT i.* FROM livekit_inspect(make_token(
	'{"iss":"APIold","sub":"bob","exp":1700000000.25,"iat":1600000000,"nbf":1600000000.5,"video":{"room":"r"}}')) i;
SELECT i.* FROM livekit_inspect(make_token('{"iss":"APIgone","exp":9e9,"jti":"carol","video":7,"sip":[],"x":1}', '{"kid":"k","alg":"HS256"}')) i;
SELECT valid, reason, detail, identity, issued_at, not_before, expires_at
  FROM livekit_inspect(make_token('{"iss":"APIregress","sub":"","exp":1e300,"nbf":-1e300,"iat":"today"}'));
SELECT i.* FROM livekit_inspect(make_token('{"iss":17,"exp":"soon","sub":[1],"video":{"room":5}}')) i;
SELECT i.* FROM livekit_inspect(make_token('{"iss":"APIregress","exp":9e9}', '{"alg":"none","typ":"JWT"}')) i;
SELECT i.* FROM livekit_inspect(make_token('no JSON'::bytea, '{"alg":"HS256"}')) i;
SELECT i.* FROM livekit_inspect(make_token('{"iss":"APIregress","exp":9e9}', '{"alg":"HS256","alg":"HS256"}')) i;
SELECT i.* FROM livekit_inspect('a text') i;
SELECT i.* FROM livekit_inspect('') i;
SELECT i.* FROM livekit_inspect(NULL) i;
\x off

-- times in words
CREATE FUNCTION pg_temp.at(seconds numeric) RETURNS text
RETURN floor(extract(epoch FROM clock_timestamp())) + seconds;
SELECT what, reason, substring(detail FROM '^[^;]*') AS detail
  FROM (VALUES
	('a minute', '"exp":' || pg_temp.at(-70)),
	('minutes', '"exp":' || pg_temp.at(-3 * 60 - 5)),
	('an hour', '"exp":' || pg_temp.at(-3700)),
	('hours', '"exp":' || pg_temp.at(-24 * 3600 + 60)),
	('a day', '"exp":' || pg_temp.at(-24 * 3600 - 60)),
	('days', '"exp":' || pg_temp.at(-1000 * 24 * 3600 - 60)),
	('for ever', '"exp":-1e308'),
	('ahead, a minute', '"exp":9e9,"nbf":' || pg_temp.at(90)),
	('ahead, hours', '"exp":9e9,"nbf":' || pg_temp.at(2 * 3600 + 60)),
	('ahead, for ever', '"exp":9e9,"nbf":1e308')) v(what, members),
	make_token('{"iss":"APIregress",' || members || '}') token, livekit_inspect(token);

-- valid, and still not what its bearer hopes for
SELECT members, detail
  FROM (VALUES
	('"sub":"al","video":{"roomJoin":true,"room":"r"}'),
	('"jti":"al","video":{"roomJoin":true,"room":"r"}'),
	('"video":{"roomJoin":true,"room":"r"}'),
	('"sub":"","video":{"roomJoin":true,"room":"r"}'),
	('"sub":"al","video":{"roomJoin":true}'),
	('"sub":"al","video":{"roomJoin":true,"room":""}'),
	('"sub":"al","video":{"roomJoin":true,"room":null}'),
	('"sub":"al","video":{"roomJoin":false,"room":"r"}'),
	('"sub":"al","video":{"room":"r"}'),
	('"sub":"al","video":{}'),
	('"sub":"al","video":null'),
	('"sub":"al","video":[]'),
	('"sub":"al"'),
	('"sha256":"x"'),
	('"sha256":""'),
	('"video":{"roomCreate":true}'),
	('"video":{"roomAdmin":true}'),
	('"video":{"roomAdmin":true,"room":"r"}'),
	('"sub":"al","video":{"roomJoin":true,"room":"r","can_publish":false}'),
	('"sub":"al","video":{"room_join":true,"room":"r"}'),
	('"sub":"al","video":{"roomJoin":true,"room":"r","fly":true,"":1}'),
	('"sub":"al","video":{"roomJoin":true,"room":"r","call":true},"sip":{"call":true,"dial":true}'),
	('"sub":"al","video":{"roomJoin":true,"room":"r","canPublishSources":["camera","webcam"]}'),
	('"sub":"al","video":{"roomJoin":true,"room":"r","canPublishSources":["CAMERA",1,null,["x"]]}'),
	('"sub":"al","video":{"roomJoin":true,"room":"r","canPublishSources":[]}'),
	('"sub":"al","video":{"roomJoin":"yes","room":["r"],"canPublishSources":"camera"}'),
	('"agentThread":{"thread_ids":[],"all":true},"x":{"y":1}')) v(members),
	make_token('{"iss":"APIregress","exp":{exp},' || members || '}') token, livekit_inspect(token);
