-- Who may read the record: a role for auditors, who can change nothing of it.
--
-- Give it to persons: GRANT auditor TO dana.  Of the tokens themselves, and of
-- what only their participants should know, the record holds nothing.
CREATE ROLE auditor;
GRANT USAGE ON SCHEMA livekit TO auditor;
GRANT SELECT ON livekit_issued TO auditor;
GRANT EXECUTE ON FUNCTION livekit_counters TO auditor;
