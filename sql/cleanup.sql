--
-- Leave nothing behind: the key file lies outside the data directory.
--
SELECT format('COPY (SELECT 1 WHERE false) TO PROGRAM %L',
              'rm -f ' || current_setting('livekit_token.key_file')) AS remove_key_file,
       current_database() AS db \gset
:remove_key_file;
ALTER DATABASE :"db" RESET livekit_token.key_file;
