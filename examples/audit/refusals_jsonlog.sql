-- What was refused, by reason, from the server log in JSON.
--
-- postgresql.conf: logging_collector = on, log_destination = 'jsonlog'.
-- Without a table; the files are read whole, so take the CSV for large ones.
-- In a database whose encoding is UTF8.  The log has bytes of any encoding: it is
-- read as LATIN1, where every byte is a character; our message is UTF-8.
-- Whoever runs SQL can RAISE LOG the same text, but then with a context.
WITH ours AS MATERIALIZED (
    SELECT record
      FROM pg_ls_logdir() AS file,
           pg_read_binary_file(current_setting('log_directory') || '/' || file.name) AS content,
           string_to_table(convert_from(content, 'LATIN1'), E'\n') AS record
     WHERE file.name LIKE '%.json' AND record LIKE '{%"message":"livekit\_token: {%}'
), log AS MATERIALIZED (
    SELECT (record::jsonb ->> 'timestamp')::timestamptz AS log_time,
           convert_from(substr(convert_to(record::jsonb ->> 'message', 'LATIN1'),
                               length('livekit_token: ') + 1), 'UTF8')::jsonb AS line
      FROM ours
     WHERE record::jsonb ->> 'error_severity' = 'LOG' AND NOT record::jsonb ? 'context'
)
SELECT line ->> 'reason' AS reason, line ->> 'via' AS via, count(*),
       max(log_time) AS last, max(line ->> 'cause') AS for_instance
  FROM log
 WHERE line ->> 'event' = 'refused' AND log_time > now() - interval '1 week'
 GROUP BY 1, 2
 ORDER BY count(*) DESC, 1, 2;
