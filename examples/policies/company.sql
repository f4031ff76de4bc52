-- A company in which everybody has a database role: who logs in as alice is
-- alice, and departments are roles, too.  livekit_token.identity stays 'role'.
--
-- May alice join the room "payroll"?  When she is a member of the department
-- that it belongs to.  There is no list of members to keep: GRANT and REVOKE of
-- the department's role are it.  So no column says whose a row is, and every
-- room that the policy shows lets its viewer in.
CREATE ROLE staff NOLOGIN;
CREATE ROLE finance NOLOGIN;
CREATE ROLE alice LOGIN IN ROLE staff, finance;
CREATE ROLE bob LOGIN IN ROLE staff;
GRANT USAGE ON SCHEMA livekit TO staff;
GRANT EXECUTE ON FUNCTION livekit_join, livekit_can_join, livekit_token TO staff;

CREATE TABLE channel (
    room       text PRIMARY KEY,
    department regrole NOT NULL
);
ALTER TABLE channel ENABLE ROW LEVEL SECURITY;
CREATE POLICY department ON channel FOR SELECT TO staff
    USING (pg_has_role(department, 'USAGE'));
GRANT SELECT ON channel TO staff;

SELECT livekit_register_access('channel', identity => '');
