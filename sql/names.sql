--
-- Readers of JSON differ in which of two equal names counts, and LiveKit's,
-- which is Go's, takes a name in another letter case for the known one, with
-- the long s (U+017F) for s and the Kelvin sign (U+212A) for k.  A token that
-- could be read in two ways is refused, however well it is signed.
--
-- the same name twice, at each depth
SELECT members, reason, verify(token)
  FROM (VALUES
	('"iss":"APIregress"'), ('"iss":"APIgone"'), ('"exp":9e9'), ('"exp":1'), ('"\u0069ss":"APIregress"'),
	('"sub":"a","sub":"b"'), ('"sub":"a","sub":"a"'), ('"sub":"a","sub":null'), ('"sub":null,"sub":null'),
	('"sub":"a","s\u0075b":"a"'), ('"x":1,"x":1'), ('"x":1,"y":2,"x":1'), ('"":1,"":2'),
	('"\u00e9":1,"é":1'), ('"\ud83c\udf89":1,"🎉":1'), ('"x/y":1,"x\/y":1'),
	('"video":{"room":"a"},"video":{"roomJoin":true}'), ('"video":{},"video":{}'), ('"video":null,"video":{}'),
	('"video":{"roomJoin":false,"roomJoin":true}'), ('"video":{"room":"a","roo\u006d":"a"}'),
	('"video":{"x":{"y":1,"y":1}}'), ('"video":{"canPublishSources":[{"x":1,"x":1}]}'), ('"sip":{"call":true,"call":true}'),
	('"attributes":{"k":"a","k":"b"}'), ('"attributes":{"k":"a","\u006b":"a"}'),
	('"x":[[{"y":1},{"z":1,"z":1}]]'), ('"x":{"y":{"z":{"a":1,"a":1}}}'),
	('"roomConfig":{"agents":[{"agentName":"a","agentName":"b"}]}')) v(members),
	make_token('{"iss":"APIregress","exp":9e9,' || members || '}') token,
	livekit_inspect(token);

-- the same name in two objects is no duplicate, nor is one that is a value
SELECT members, reason, verify(token)
  FROM (VALUES
	('"x":{"iss":1,"exp":1},"y":[{"a":1},{"a":1}]'), ('"name":"name","x":["x","x"]'),
	('"video":{"agent":true},"agent":{"admin":true},"sip":{"admin":true}'),
	('"metadata":"{\"a\":1,\"a\":2}"'), ('"é":1,"e\u0301":1'), ('"x":1,"x ":1,"x\t":1')) v(members),
	make_token('{"iss":"APIregress","exp":9e9,' || members || '}') token,
	livekit_inspect(token);

-- each known claim in upper case, and each grant within its scope; those
-- that are not refused are shown
CREATE TEMP TABLE known AS
	SELECT '' AS scope, name
	  FROM string_to_table('iss sub aud exp nbf iat jti identity name kind kindDetails roomConfig roomPreset sha256 metadata attributes', ' ') name
	UNION ALL SELECT DISTINCT '', scope FROM livekit_grant_types()
	UNION ALL SELECT scope, name FROM livekit_grant_types();
SELECT scope, count(*), array_agg(name) FILTER (WHERE reason <> 'ambiguous_name') AS overlooked
  FROM known,
	make_token('{"iss":"APIregress","exp":9e9,' || CASE scope WHEN '' THEN '' ELSE '"' || scope || '":{' END ||
		'"' || upper(name) || '":null}' || CASE scope WHEN '' THEN '' ELSE '}' END) token,
	livekit_inspect(token)
 GROUP BY scope ORDER BY scope;

-- other ways to spell them
SELECT members, reason, verify(token)
  FROM (VALUES
	('"Iss":"APIold"'), ('"eXp":1'), ('"Sub":"a"'), ('"ſub":"a"'), ('"\u017fub":"a"'), ('"i\u017fs":"a"'), ('"is\u017f":"a"'),
	('"\u212aind":"agent"'), ('"Kind":"agent"'), ('"ha\u0053h":1'), ('"sha256":"x"'), ('"ſHA256":"x"'), ('"Attributes":{}'),
	('"VIDEO":{"roomAdmin":true}'), ('"Video":null'), ('"\u0056ideo":{}'), ('"roomconfig":{}'), ('"agentendpoint":{}'),
	('"video":{"RoomJoin":true}'), ('"video":{"roomjoin":true}'), ('"video":{"canPubliſh":true}'),
	('"video":{"canPublish\u0053ources":[]}'), ('"video":{"room":"r","ROOM":""}'), ('"sip":{"Admin":true}'),
	('"video":{"roomadmin":null}'), ('"agent":{"databaſeAdmin":true}'), ('"agentThread":{"threadids":[]}'),
	('"video":{"x":1},"sip":{"Call":true}')) v(members),
	make_token('{"iss":"APIregress","exp":9e9,' || members || '}') token,
	livekit_inspect(token);

-- where LiveKit would not take them for known ones, they are free
SELECT members, reason, verify(token)
  FROM (VALUES
	('"attributes":{"Sub":"a","sub":"b","ROOMJOIN":"c"}'), ('"x":{"Sub":1,"Video":{"RoomJoin":true}}'),
	('"video":{"Sub":"a","Call":true}'), ('"RoomJoin":true'), ('"sip":{"RoomJoin":true}'),
	('"video":[{"RoomJoin":true}]'), ('"video":{"x":{"RoomJoin":true}}'), ('"video":"RoomJoin"'),
	('"roomConfig":{"MaxParticipants":2,"max_participants":2}'), ('"roomJo\u0131n":1,"video":{"roomJo\u0131n":true}'),
	('"video":{"room_join":true}'), ('"su\u1d47":1,"\u00a0sub":1,"sub\u200b":1')) v(members),
	make_token('{"iss":"APIregress","exp":9e9,' || members || '}') token,
	livekit_inspect(token);
