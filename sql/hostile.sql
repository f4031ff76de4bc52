--
-- Payloads that are no JSON object, are nested deep, hold numbers that no
-- computer can, or are too large: each is rightly signed and costs its sender
-- no more than a refusal.
--
-- not an object
SELECT payload, reason, verify(token)
  FROM (VALUES
	('[]'), ('[{"iss":"APIregress","exp":9e9}]'), ('"{}"'), ('1'), ('true'), ('null'), (' '), ('x'), ('{'), ('}'),
	('{"iss":"APIregress","exp":9e9'), ('{"iss":"APIregress","exp":9e9}}'), ('{"iss":"APIregress","exp":9e9} {}'),
	('{"iss":"APIregress","exp":9e9},'), ('{"iss":"APIregress","exp":9e9,}'), ('{"iss":"APIregress" "exp":9e9}'),
	('{"iss":"APIregress","exp":9e9,"x"}'), ('{"iss":"APIregress","exp":9e9,"x":}'), ('{"iss":"APIregress","exp":9e9,x:1}'),
	('{"iss":"APIregress","exp":9e9,1:1}'), ('{"iss":"APIregress","exp":9e9,null:1}'), ('{''iss'':''APIregress'',"exp":9e9}'),
	('{"iss":"APIregress","exp":9e9,"x":[1,]}'), ('{"iss":"APIregress","exp":9e9,"x":[1}}'), ('{"iss":"APIregress","exp":9e9]'),
	('{"iss":"APIregress","exp":9e9/**/}'), ('{"iss":"APIregress","exp":9e9} //'), ('{"iss":"APIregress","exp":9e9,"x":True}'),
	('{"iss":"APIregress","exp":9e9,"x":nul}'), ('{"iss":"APIregress","exp":9e9,"x":NaN}'), ('{"iss":"APIregress","exp":Infinity}'),
	('{"iss":"APIregress","exp":9e9,"x":"y}'), ('{"iss":"APIregress","exp":9e9,"x":"\"}'), ('{"iss":"APIregress","exp":9e9,"x":"\x41"}'),
	('{"iss":"APIregress","exp":9e9,"x":"\u12"}'), ('{"iss":"APIregress","exp":9e9,"x":"\u00g0"}'),
	('{"iss":"APIregress","exp":9e9,"x":"' || E'\n' || '"}'), ('{"iss":"APIregress","exp":9e9,"x":"' || E'\x1f' || '"}'),
	('{"iss":"APIregress","exp":9e9,"x":"\u0000"}'), ('{"iss":"APIregress","exp":9e9,"\u0000":1}'),
	('{"iss":"APIregress","exp":9e9,"x":"\ud83c"}'), ('{"iss":"APIregress","exp":9e9,"x":"\udf89"}'),
	('{"iss":"APIregress","exp":9e9,"x":"\udf89\ud83c"}'), ('{"iss":"APIregress","exp":9e9,"x":"\ud83cx"}'),
	('{"iss":"APIregress","exp":9e9,"x":"\ud83c\ud83c\udf89"}'), ('{"iss":"APIregress","exp":9e9,"\ud83c":1}')) v(payload),
	make_token(payload) token, livekit_inspect(token);

-- not UTF-8; noncharacters and private use are
SELECT what, reason, encode(convert_to(verify(token), 'UTF8'), 'escape') AS verify
  FROM (VALUES
	('a stray byte', '\xff'::bytea), ('Latin-1', '\xe9'), ('cut short', '\xc3'), ('a continuation', '\x80'), ('overlong', '\xc0af'),
	('a surrogate', '\xeda0bc'), ('CESU-8', '\xeda0bcedbe89'), ('beyond U+10FFFF', '\xf4908080'), ('NUL', '\x00'),
	('a noncharacter', '\xefbfbf'), ('private use', '\xee8080'), ('right to left', '\xe280ae')) v(what, bytes),
	make_token('{"iss":"APIregress","exp":4102444800,"x":"'::bytea || bytes || '"}') token, livekit_inspect(token);
SELECT what, reason, verify(token)
  FROM (VALUES
	('blanks around', ' ', E'\r\n\t '), ('byte order mark', U&'\FEFF', ''), ('no-break space', U&'\00A0', ''),
	('form feed', E'\f', ''), ('vertical tab', '', E'\v'), ('the same behind', '', U&'\FEFF')) v(what, before, behind),
	make_token(before || '{"iss":"APIregress","exp":9e9}' || behind) token, livekit_inspect(token);

-- nested 64 deep and 65 536 values, no more; brackets and commas in strings are none
SELECT what, reason, left(verify(token), 30) AS verify
  FROM (VALUES
	('64 arrays', repeat('[', 63) || repeat(']', 63)), ('65 arrays', repeat('[', 64) || repeat(']', 64)),
	('64 objects', repeat('{"x":', 62) || '{}' || repeat('}', 62)), ('65 objects', repeat('{"x":', 63) || '{}' || repeat('}', 63)),
	('both', repeat('[{"x":', 31) || '[]' || repeat('}]', 31)), ('both, one more', repeat('[{"x":', 31) || '[[]]' || repeat('}]', 31)),
	('100 000 arrays', repeat('[', 100000) || repeat(']', 100000)), ('100 000 objects', repeat('{"x":', 100000)),
	('100 000 opened', repeat('[', 100000)), ('100 000 closed', repeat(']', 100000)),
	('closed, then opened', repeat('}', 1000) || repeat('[', 1000)),
	('65 536 values', '[' || repeat('1,', 65532) || '1]'), ('65 537 values', '[' || repeat('1,', 65533) || '1]'),
	('a million objects', '[' || repeat('{},', 1000000) || '{}]'),
	('in a string', '"' || repeat('[,', 100000) || '"'), ('in a string with quotes', '"' || repeat('\"[', 1000) || '"'),
	('backslashes', '"' || repeat('\\', 1000) || '",' || repeat('[', 1000))) v(what, value),
	make_token('{"iss":"APIregress","exp":9e9,"x":' || value || '}') token, livekit_inspect(token);

-- numbers: no more than 40 characters, exponents as far as a double reaches
SELECT left(number, 42) AS number, reason, left(verify(token), 50) AS verify
  FROM (VALUES
	('1e308'), ('-1e308'), ('1e-308'), ('9.9e308'), ('1E+0308'), ('1e309'), ('1e-309'), ('1e999'), ('-1e999'), ('1e-400'),
	('1e99999999999999999999'), ('0e999'), (repeat('9', 40)), (repeat('9', 41)), (repeat('9', 400)), ('-' || repeat('9', 39)),
	('0.' || repeat('1', 38)), ('0.' || repeat('1', 39)), ('-0'), ('1.50'), ('01'), ('+1'), ('.5'), ('1.'), ('1e'), ('1e+'), ('--1'),
	('1e1e1'), ('0x10'), ('1_000'), ('1-1'), ('-'), ('-Infinity'), ('9007199254740993'), ('999999999999999999'), ('1000000000000000000')) v(number),
	make_token('{"iss":"APIregress","exp":9e9,"x":' || number || '}') token, livekit_inspect(token);

-- the longest text that is read has 11 185 832 characters
SELECT length, size, reason, header, claims, verify(token)
  FROM (VALUES (11185832), (11185833), (16777216)) v(length), rpad('e30.', length, 'A') token, livekit_inspect(token);

-- large ones from a table: compressed, and out of line; as short as any, too
CREATE TEMP TABLE stored (what text, token text);
ALTER TABLE stored ALTER token SET STORAGE EXTERNAL;
INSERT INTO stored
	SELECT 'out of line', make_token('{"iss":"APIregress","exp":9e9,"metadata":"' || repeat('a', 524288) || '"}');
ALTER TABLE stored ALTER token SET STORAGE EXTENDED;
INSERT INTO stored VALUES
	('compressed', make_token('{"iss":"APIregress","exp":9e9,"metadata":"' || repeat('a', 524288) || '"}')),
	('compressed, too long', repeat('A', 16777216)), ('short header', make_token('{"iss":"APIregress","exp":9e9}')), ('empty', '');
INSERT INTO stored SELECT what || ', changed', overlay(token PLACING 'B' FROM 600000 FOR 1) FROM stored WHERE length(token) BETWEEN 600000 AND 1000000;
SELECT what, size, reason, length(claims->>'metadata') AS metadata, left(verify(token), 40) AS verify
  FROM stored, livekit_inspect(token);

SELECT livekit_verify(NULL) AS verify, livekit_inspect(NULL) AS inspect;
