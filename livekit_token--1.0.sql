/* livekit_token--1.0.sql */

-- complain if script is sourced in psql, rather than via CREATE EXTENSION
\echo Use "CREATE EXTENSION livekit_token" to load this file. \quit

--
-- Minting
--

CREATE FUNCTION livekit_token(
	identity text,
	room text DEFAULT NULL,
	grants jsonb DEFAULT '{}',
	ttl interval DEFAULT NULL,
	name text DEFAULT NULL,
	metadata text DEFAULT NULL,
	attributes jsonb DEFAULT NULL,
	room_config jsonb DEFAULT NULL,
	project text DEFAULT NULL,
	options jsonb DEFAULT NULL)
RETURNS text
AS 'MODULE_PATHNAME'
LANGUAGE C VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE;

COMMENT ON FUNCTION livekit_token IS
'Signs a LiveKit access token for what the policies let the caller have (HS256 JWT, RFC 7519).
identity: the participant; up to 256 bytes. NULL only without roomJoin.
room: up to 256 bytes; identity and room together imply roomJoin.
grants: LiveKit''s grants, in camelCase or snake_case; livekit_grant_types() lists them.
ttl: at least one second, at most livekit_token.max_ttl; NULL is livekit_token.default_ttl.
name, metadata, attributes: shown to the other participants; up to 256 bytes, 512 KiB, and 64 KiB in sum.
room_config: LiveKit''s RoomConfiguration, for a room that the join creates.
project: whose key signs; NULL is the default one.
options: kind, notBefore, sha256, roomPreset.
Errors: 55000 no access relation registered or no key; 22023 argument or grant; 54000 limit; 22021 encoding; 42704 project; F0000 key file; 38000 OpenSSL.';

CREATE FUNCTION livekit_issue(
	identity text,
	room text DEFAULT NULL,
	grants jsonb DEFAULT '{}',
	ttl interval DEFAULT NULL,
	name text DEFAULT NULL,
	metadata text DEFAULT NULL,
	attributes jsonb DEFAULT NULL,
	room_config jsonb DEFAULT NULL,
	project text DEFAULT NULL,
	options jsonb DEFAULT NULL)
RETURNS text
AS 'MODULE_PATHNAME'
LANGUAGE C VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE;

COMMENT ON FUNCTION livekit_issue IS
'Signs any LiveKit access token, without asking the policies: for administrators and trusted back ends.
Arguments and errors are those of livekit_token.';

--
-- Reading
--

CREATE FUNCTION livekit_verify(token text)
RETURNS jsonb
AS 'MODULE_PATHNAME'
LANGUAGE C VOLATILE STRICT PARALLEL RESTRICTED;

COMMENT ON FUNCTION livekit_verify IS
'Returns the claims of a valid LiveKit token, or raises 28000 "token refused".
The cause of a refusal is in the server log only; livekit_inspect tells it. exp and nbf have 60 seconds of leeway, as in LiveKit.
NULL for NULL. Errors: 28000 token refused; 55000, F0000 keys cannot be used.';

CREATE FUNCTION livekit_inspect(
	token text,
	OUT valid bool,
	OUT reason text,
	OUT detail text,
	OUT api_key text,
	OUT project text,
	OUT identity text,
	OUT room text,
	OUT grants jsonb,
	OUT issued_at timestamptz,
	OUT not_before timestamptz,
	OUT expires_at timestamptz,
	OUT size int,
	OUT header jsonb,
	OUT claims jsonb)
AS 'MODULE_PATHNAME'
LANGUAGE C VOLATILE STRICT PARALLEL RESTRICTED;

COMMENT ON FUNCTION livekit_inspect IS
'Explains a LiveKit token: whether it is valid, why not, and where a valid one would disappoint. Never raises.
Of a token that is not valid, everything but valid, reason and detail is what it claims, and proves nothing.
reason: ok, too_long, malformed, bad_header, unsupported_algorithm, bad_payload, too_complex, duplicate_name, ambiguous_name, bad_claim, no_issuer, unknown_key, keys_unavailable, signature_mismatch, no_expiry, expired, not_yet_valid, not_representable, crypto_failure.
NULL for NULL.';

--
-- What there is to grant
--

CREATE FUNCTION livekit_grant_types(
	OUT name text,
	OUT scope text,
	OUT type text,
	OUT "default" text,
	OUT sensitive bool,
	OUT description text)
RETURNS SETOF record
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 40;

COMMENT ON FUNCTION livekit_grant_types IS
'Lists the grants that LiveKit knows (protocol 1.54).
scope: the claim that holds it; video grants may stand at the top of grants.
default: what LiveKit assumes when a token does not say. sensitive: whoever has it can do more than take part.';

--
-- Keys
--

CREATE FUNCTION livekit_keys(
	OUT project text,
	OUT api_key text,
	OUT source text,
	OUT status text,
	OUT signs bool,
	OUT reason text,
	OUT created_at timestamptz,
	OUT updated_at timestamptz,
	OUT url text)
RETURNS SETOF record
AS 'MODULE_PATHNAME'
LANGUAGE C VOLATILE STRICT PARALLEL RESTRICTED ROWS 10;

COMMENT ON FUNCTION livekit_keys IS
'The rows of the view livekit_keys. Whoever is granted SELECT on the view needs EXECUTE on this function too.';

CREATE VIEW livekit_keys AS
	SELECT * FROM livekit_keys();

COMMENT ON VIEW livekit_keys IS
'The API keys that this database signs and verifies with, as this session sees them; never a secret.
source: setting, key_file, environment; the first that is configured signs.
status: active; weak, secret under 32 bytes; stale, the file can no longer be used and its last good keys stay; unusable, no key of this source.';

--
-- Privileges: only the list of grants is for everybody.  Default privileges
-- may have granted more, to any role; take all of it back first.
--

CREATE FUNCTION livekit_token_revoke_defaults()
RETURNS void
AS 'MODULE_PATHNAME'
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp;

SELECT livekit_token_revoke_defaults();

DROP FUNCTION livekit_token_revoke_defaults();

GRANT EXECUTE ON FUNCTION livekit_grant_types TO PUBLIC;
