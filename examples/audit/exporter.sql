-- The role with which Prometheus' postgres_exporter logs in to run queries.yaml.
--
-- It sees numbers, and neither names nor rooms.  It gives livekit_total, with
-- the labels event and reason.  Worth an alert:
--     increase(livekit_total{event="refused", reason="not_configured"}[5m]) > 0
--     increase(livekit_total{event="suppressed"}[5m]) > 0
CREATE ROLE exporter LOGIN;
GRANT USAGE ON SCHEMA livekit TO exporter;
GRANT EXECUTE ON FUNCTION livekit.livekit_counters TO exporter;
