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
With an access relation, identity is the caller''s own (NULL: livekit_identity()), and the row that the policies show holds what may be asked for; without one, only who may execute livekit_issue has a token.
Errors: 42501 refused by the policies; 55000 no access relation registered, policies not in force, or no key; 21000 several rows; 25006 by HTTP GET; 22023 argument or grant; 54000 limit; 22021 encoding; 42704 project; F0000 key file; 38000 OpenSSL.';

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
-- Who may join: the access relation
--

CREATE TABLE livekit_access (
	relation regclass PRIMARY KEY,
	room name NOT NULL,
	identity name,
	grants name,
	ttl name,
	name name,
	metadata name,
	attributes name,
	room_config name,
	project name,
	url name
);

COMMENT ON TABLE livekit_access IS
'The access relation, whose policies decide who may join which room, and its columns; empty while none is registered.
Written by livekit_register_access and livekit_unregister_access. What is null here is said by no column of the relation.';

CREATE UNIQUE INDEX livekit_access_is_one ON livekit_access ((true));

-- not one that is gone: its number may be another's where the dump is restored
SELECT pg_catalog.pg_extension_config_dump('livekit_access',
	'WHERE relation IN (SELECT oid FROM pg_catalog.pg_class)');

CREATE FUNCTION livekit_access_changed()
RETURNS trigger
AS 'MODULE_PATHNAME'
LANGUAGE C VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE;

COMMENT ON FUNCTION livekit_access_changed IS
'Trigger of livekit_access: makes every session read it again.';

CREATE TRIGGER livekit_access_changed
	AFTER INSERT OR UPDATE OR DELETE ON livekit_access
	FOR EACH ROW EXECUTE FUNCTION livekit_access_changed();
ALTER TABLE livekit_access ENABLE ALWAYS TRIGGER livekit_access_changed;

CREATE TRIGGER livekit_access_truncated
	AFTER TRUNCATE ON livekit_access
	FOR EACH STATEMENT EXECUTE FUNCTION livekit_access_changed();
ALTER TABLE livekit_access ENABLE ALWAYS TRIGGER livekit_access_truncated;

CREATE FUNCTION livekit_register_access(
	relation regclass,
	room name DEFAULT 'room',
	identity name DEFAULT 'identity',
	grants name DEFAULT 'grants',
	ttl name DEFAULT 'ttl',
	name name DEFAULT 'name',
	metadata name DEFAULT 'metadata',
	attributes name DEFAULT 'attributes',
	room_config name DEFAULT 'room_config',
	project name DEFAULT 'project',
	url name DEFAULT 'url')
RETURNS void
AS 'MODULE_PATHNAME'
LANGUAGE C VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE;

COMMENT ON FUNCTION livekit_register_access IS
'Makes the policies of a table, or of the tables beneath a view, decide who may join which room. One relation at a time; it replaces the one before.
relation: your own table with row-level security, or a view of such tables that is security_invoker. Only its owner or a superuser may register it.
room: the column with the room''s name. identity: that of who may join; without it, whoever sees a row may.
grants (jsonb), ttl (interval), name, metadata, attributes (jsonb), room_config (jsonb), project, url: what a token says, and the most that may be asked for.
A column that has the default name counts when it is there; '''' leaves it out; another name must be there.
Errors: 42501 not the owner, or another''s relation is registered; 42809 kind of relation; 42703, 42804 column; 55000 policies would not decide; 22004 NULL; 42P01 no relation; 25006 read-only transaction.';

CREATE FUNCTION livekit_unregister_access()
RETURNS void
AS 'MODULE_PATHNAME'
LANGUAGE C VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE;

COMMENT ON FUNCTION livekit_unregister_access IS
'Takes the access relation back: nobody joins by policies any more. Only the relation''s owner or a superuser may do that.
Errors: 42501 not the owner; 55000 nothing is registered; 25006 read-only transaction.';

CREATE FUNCTION livekit_identity()
RETURNS text
AS 'MODULE_PATHNAME'
LANGUAGE C STABLE CALLED ON NULL INPUT PARALLEL SAFE;

COMMENT ON FUNCTION livekit_identity IS
'Returns the caller''s identity, for policies: identity = livekit_identity().
By livekit_token.identity it is the current role, or what a setting of the session holds; NULL when that is absent, empty, or may not be believed. Never raises.';

CREATE FUNCTION livekit_join_request()
RETURNS jsonb
AS 'MODULE_PATHNAME'
LANGUAGE C STABLE CALLED ON NULL INPUT PARALLEL RESTRICTED;

COMMENT ON FUNCTION livekit_join_request IS
'Returns what is being asked, to a policy that is asked whether its caller may join: room, identity, device, and grants as the token would spell them (null when they are wrong; then nothing is signed). NULL in any other query.';

--
-- Joining
--

CREATE TABLE livekit_connection (
	server_url text,
	participant_token text,
	room text,
	identity text,
	expires_at timestamptz,
	CONSTRAINT livekit_connection_is_never_filled CHECK (false)
);

COMMENT ON TABLE livekit_connection IS
'What livekit_join returns; a table because Hasura tracks only functions that return one''s rows. It is never filled.';

CREATE FUNCTION livekit_join(
	room text,
	ttl interval DEFAULT NULL,
	device text DEFAULT NULL)
RETURNS SETOF livekit_connection
AS 'MODULE_PATHNAME'
LANGUAGE C VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE ROWS 1;

COMMENT ON FUNCTION livekit_join IS
'Lets the caller into a room if the policies show a row for it: one row with all that a client needs, or an error.
room: its name, exactly. ttl: no longer than the row says. device: sets one of the caller''s devices apart, since LiveKit keeps one connection for each identity; the token''s is identity#device.
Errors: 42501 no row, no identity, or more than the row gives; 55000 nothing registered, policies not in force, no key, no url; 21000 several rows; 22023 device, ttl; 54000 limit; 25006 by HTTP GET; 42704 project; F0000 key file.';

CREATE FUNCTION livekit_can_join(room text)
RETURNS boolean
AS 'MODULE_PATHNAME'
LANGUAGE C VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE;

COMMENT ON FUNCTION livekit_can_join IS
'Answers whether livekit_join would let the caller into a room; signs nothing.
False for a room that does not exist, NULL, and a caller without an identity.
Errors: 55000 nothing registered, policies not in force, or a row that cannot be used; 21000 several rows; 54000, 22021 the identity.';

CREATE FUNCTION livekit_token_source(jsonb)
RETURNS jsonb
AS 'MODULE_PATHNAME'
LANGUAGE C VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE;

COMMENT ON FUNCTION livekit_token_source IS
'Answers the request that TokenSource.endpoint of LiveKit''s client SDKs sends: {"server_url", "participant_token"}, for the caller, as livekit_join does.
The body: room_name, participant_identity (the caller''s own, also as identity#device), and of participant_name, participant_metadata, participant_attributes, room_config only what the row says anyway.
Errors: those of livekit_join; 42501 for what the caller may not choose; 22023 for a member that does not exist.';

--
-- Privileges: what policies need is for everybody, and the list of grants; all
-- else is the owner's to grant.  Default privileges
-- may have granted more, to any role; take all of it back first.
--

CREATE FUNCTION livekit_token_revoke_defaults()
RETURNS void
AS 'MODULE_PATHNAME'
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp;

SELECT livekit_token_revoke_defaults();

DROP FUNCTION livekit_token_revoke_defaults();

GRANT EXECUTE ON FUNCTION livekit_identity, livekit_join_request, livekit_grant_types TO PUBLIC;
