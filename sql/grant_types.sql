--
-- What there is to grant: livekit_grant_types() lists the table that
-- validation reads.  A new grant of LiveKit's is one more line here and in
-- each loop of grants_accept and grants_reject.
--
SELECT scope, name, type, "default", sensitive
FROM livekit_grant_types() WITH ORDINALITY AS g(name, scope, type, "default", sensitive, description, n)
ORDER BY n;

SELECT scope, count(*), count(*) FILTER (WHERE sensitive) AS sensitive
FROM livekit_grant_types() GROUP BY scope ORDER BY scope COLLATE "C";

-- descriptions are one sentence each
SELECT name, description FROM livekit_grant_types()
WHERE scope = 'video' AND name IN ('room', 'roomJoin', 'hidden');
SELECT scope, name, description FROM livekit_grant_types()
WHERE description !~ '^[A-Z][^.]*\.$' OR "default" = '';

-- no two grants are one name to a reader that ignores case or underscores
SELECT scope, lower(name) AS name, count(*) FROM livekit_grant_types()
GROUP BY 1, 2 HAVING count(*) > 1;
SELECT scope, name FROM livekit_grant_types() WHERE name !~ '^[a-z]+([A-Z][a-z]+)*$';

-- it is for everybody
CREATE ROLE regress_livekit_reader;
SET ROLE regress_livekit_reader;
SELECT count(*) AS grants_of_sip FROM livekit_grant_types() WHERE scope = 'sip';
RESET ROLE;
DROP ROLE regress_livekit_reader;
