-- Forget what is older than 90 days.
--
-- Whoever may execute livekit_issued_prune may delete the record of this very
-- hour, too.  So the role of the schedule gets a function with the age in it.
-- For cron:  17 3 * * *  psql -XAtqd app -U janitor -c 'SELECT prune_livekit_issued()'
CREATE FUNCTION prune_livekit_issued() RETURNS bigint
SECURITY DEFINER SET search_path = pg_catalog, pg_temp
RETURN livekit_issued_prune(now() - interval '90 days');
REVOKE EXECUTE ON FUNCTION prune_livekit_issued FROM PUBLIC;
CREATE ROLE janitor LOGIN;
GRANT EXECUTE ON FUNCTION prune_livekit_issued TO janitor;
