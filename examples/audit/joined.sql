-- Who was let into which room this week?
--
-- A token is leave to join, for as long as it is valid.  Whether its bearer
-- did join, LiveKit's webhooks tell.  The part after "#" is the device.
SELECT room, split_part(identity, '#', 1) AS who, count(*) AS tokens,
       min(issued_at) AS first, max(issued_at) AS last,
       string_agg(DISTINCT concat_ws(' as ', session_role, nullif(role, session_role)), ', ') AS signed_for
  FROM livekit_issued
 WHERE issued_at >= date_trunc('week', now())
   AND grants @> '{"video": {"roomJoin": true}}'
 GROUP BY room, who
 ORDER BY room, who;
