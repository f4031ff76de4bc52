-- What was refused, by reason, from the server log in CSV.
--
-- postgresql.conf: logging_collector = on, log_destination = 'csvlog'.
-- The foreign table reads our lines of all files that there are, and nothing
-- else, so that neither their number nor another line's encoding matters.
-- Whoever runs SQL can RAISE LOG the same text, but then with a context.
CREATE EXTENSION file_fdw;
CREATE SERVER server_log FOREIGN DATA WRAPPER file_fdw;
CREATE FOREIGN TABLE livekit_csvlog (
    log_time timestamptz, user_name text, database_name text, process_id int,
    connection_from text, session_id text, session_line_num bigint, command_tag text,
    session_start_time timestamptz, virtual_transaction_id text, transaction_id bigint,
    error_severity text, sql_state_code text, message text, detail text, hint text,
    internal_query text, internal_query_pos int, context text, query text, query_pos int,
    location text, application_name text, backend_type text, leader_pid int, query_id bigint
) SERVER server_log OPTIONS (format 'csv',
    program $$grep -ahF ',LOG,00000,"livekit_token: {' log/*.csv || [ $? = 1 ]$$);
CREATE VIEW livekit_log AS
SELECT log_time, database_name, substr(message, length('livekit_token: ') + 1)::jsonb AS line
  FROM livekit_csvlog WHERE context IS NULL AND query IS NULL;

SELECT line ->> 'reason' AS reason, line ->> 'via' AS via, count(*),
       max(log_time) AS last, max(line ->> 'cause') AS for_instance
  FROM livekit_log
 WHERE line ->> 'event' = 'refused' AND log_time > now() - interval '1 week'
 GROUP BY 1, 2
 ORDER BY count(*) DESC, 1, 2;
