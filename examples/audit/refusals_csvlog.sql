-- What was refused, by reason, from the server log in CSV.
--
-- postgresql.conf: logging_collector = on, log_destination = 'csvlog'.
-- In a database whose encoding is UTF8.  Whoever runs SQL can RAISE LOG the same
-- text, or half a line of it, but then with a context.  So grep takes only lines
-- that are a whole record, each of the 26 fields closed, with our message and
-- with neither context nor statement (DETAIL to query_pos, all empty).  What it
-- takes is read as LATIN1, where every byte is a character; our message is UTF-8.
CREATE EXTENSION file_fdw;
CREATE SERVER server_log FOREIGN DATA WRAPPER file_fdw;
CREATE FOREIGN TABLE livekit_csvlog (
    log_time timestamptz, user_name text, database_name text, process_id int,
    connection_from text, session_id text, session_line_num bigint, command_tag text,
    session_start_time timestamptz, virtual_transaction_id text, transaction_id bigint,
    error_severity text, sql_state_code text, message text, detail text, hint text,
    internal_query text, internal_query_pos int, context text, query text, query_pos int,
    location text, application_name text, backend_type text, leader_pid int, query_id bigint
) SERVER server_log OPTIONS (format 'csv', encoding 'LATIN1', program $$
    any='([^",]*|"([^"]|"")*")'
    ours='LOG,00000,"livekit_token: [{]([^"]|"")*[}]",,,,,,,,'
    LC_ALL=C grep -ahxE "($any,){11}$ours($any,){4}$any" log/*.csv || [ $? = 1 ]$$);
CREATE VIEW livekit_log AS
SELECT log_time, database_name,
       convert_from(substr(convert_to(message, 'LATIN1'), length('livekit_token: ') + 1),
                    'UTF8')::jsonb AS line
  FROM livekit_csvlog;

SELECT line ->> 'reason' AS reason, line ->> 'via' AS via, count(*),
       max(log_time) AS last, max(line ->> 'cause') AS for_instance
  FROM livekit_log
 WHERE line ->> 'event' = 'refused' AND log_time > now() - interval '1 week'
 GROUP BY 1, 2
 ORDER BY count(*) DESC, 1, 2;
