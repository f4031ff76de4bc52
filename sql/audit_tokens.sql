--
-- Tokens that livekit_verify and livekit_webhook refuse: the client is told
-- one sentence, the counters why; nothing but the reason is recorded, and
-- nothing at all where no token was refused.
--
SELECT livekit_issue('loaded', 'now') IS NOT NULL AS library;
SET client_min_messages = warning;
CREATE FUNCTION pg_temp.refused() RETURNS jsonb STABLE
RETURN (SELECT jsonb_object_agg(coalesce(reason, event), count) FROM public.livekit_counters());
CREATE FUNCTION pg_temp.counted(call text, OUT outcome text, OUT reason text) LANGUAGE plpgsql AS $$
DECLARE
	before jsonb := pg_temp.refused();
BEGIN
	BEGIN
		EXECUTE 'SELECT ' || call;
		outcome := 'done';
	EXCEPTION WHEN OTHERS THEN
		outcome := SQLSTATE;
	END;
	SELECT string_agg(concat_ws(' ', key, nullif(value::int - (before ->> key)::int, 1)), ', ')
	  INTO counted.reason FROM jsonb_each_text(pg_temp.refused()) WHERE value <> before ->> key;
END $$;

-- every reason of livekit_inspect's that can be had here
SELECT token, c.* FROM (VALUES ($$repeat('x', 20000000)$$), ($$''$$), ($$'Bearer ' || make_token('{"iss":"APIregress","exp":{exp}}')$$),
	($$make_token('{}', '{"alg":"HS256","crit":[]}')$$), ($$make_token('{}', '{"alg":"none"}')$$), ($$make_token('[]')$$),
	($$make_token('{"a":' || repeat('[', 99) || repeat(']', 99) || '}')$$), ($$make_token('{"a":1,"a":1}')$$), ($$make_token('{"Iss":"APIregress"}')$$),
	($$make_token('{"iss":1}')$$), ($$make_token('{"sub":"alice"}')$$), ($$make_token('{"iss":"APInone","exp":{exp}}')$$), ($$make_token('{"iss":"APIold","exp":{exp}}')$$),
	($$make_token('{"iss":"APIregress"}')$$), ($$make_token('{"iss":"APIregress","exp":1}')$$), ($$make_token('{"iss":"APIregress","exp":{exp},"nbf":{exp}}')$$))
	v(token), pg_temp.counted(format('livekit_verify(%s)', token)) c;
SET livekit_token.key_file = '/nonexistent/keys';
SELECT * FROM pg_temp.counted($$livekit_verify(make_token('{"iss":"APIregress","exp":{exp}}'))$$);
SET livekit_token.key_file = '';
SELECT * FROM pg_temp.counted($$livekit_verify(make_token('{"iss":"APIregress","exp":{exp}}'))$$);
RESET livekit_token.key_file;

-- webhooks
SELECT arguments, c.* FROM (VALUES ($$'{}', NULL$$), ($$NULL, 'x'$$), ($$'{}', ''$$), ($$'{}', livekit_issue('alice', 'standup')$$),
	($$'{}', make_token('{"iss":"APIregress","exp":{exp},"sha256":"x"}')$$), ($$'{}', make_token('{"iss":"APIregress","exp":{exp},"sha256":1}')$$),
	($$'{} ', make_token('{"iss":"APIregress","exp":{exp},"sha256":"RBNvo1WzZ4oRRq0W9+hknpT7T8If536DEMBg9hyq/4o="}')$$),
	($$'{}', make_token('{"iss":"APIregress","exp":1,"sha256":"RBNvo1WzZ4oRRq0W9+hknpT7T8If536DEMBg9hyq/4o="}')$$),
	($$'{}', make_token('{"iss":"APIold","exp":{exp},"sha256":"RBNvo1WzZ4oRRq0W9+hknpT7T8If536DEMBg9hyq/4o="}')$$),
	($$convert_to(repeat('x', 8388609), 'UTF8'), 'x'$$)) v(arguments), pg_temp.counted(format('livekit_webhook(%s)', arguments)) c;

-- none refused
SELECT call, c.* FROM (VALUES ($$livekit_verify(NULL)$$), ($$livekit_verify(make_token('{"iss":"APIregress","exp":{exp}}'))$$), ($$livekit_inspect('x')$$), ($$livekit_inspect(NULL)$$),
	($$livekit_webhook('{}', make_token('{"iss":"APIregress","exp":{exp},"sha256":"RBNvo1WzZ4oRRq0W9+hknpT7T8If536DEMBg9hyq/4o="}'))$$)) v(call), pg_temp.counted(call) c;
