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
reason: ok, too_long, malformed, bad_header, unsupported_algorithm, bad_payload, too_complex, duplicate_name, ambiguous_name, bad_claim, no_issuer, unknown_key, keys_unavailable, signature_mismatch, no_expiry, expired, not_yet_valid, not_representable, no_digest, digest_mismatch, crypto_failure. no_digest and digest_mismatch are of livekit_webhook.
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

CREATE FUNCTION livekit_table_changed()
RETURNS trigger
AS 'MODULE_PATHNAME'
LANGUAGE C VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE;

COMMENT ON FUNCTION livekit_table_changed IS
'Trigger of the extension''s own tables: makes every session read them again.';

CREATE TABLE livekit_sealed_key (
	id uuid PRIMARY KEY,
	project text NOT NULL,
	api_key text NOT NULL UNIQUE,
	master_key text NOT NULL,
	nonce bytea NOT NULL,
	sealed bytea NOT NULL,
	url text,
	created_at timestamptz NOT NULL,
	updated_at timestamptz NOT NULL,
	retired_at timestamptz
);

COMMENT ON TABLE livekit_sealed_key IS
'API keys, whose secrets are sealed by a master key (AES-256-GCM), each for its own row. Written by the functions livekit_key_...; a dump carries it, and opens nothing without the master key.
master_key: the id of the master key. retired_at: from then on the key only verifies.';

SELECT pg_catalog.pg_extension_config_dump('livekit_sealed_key', '');

CREATE TRIGGER livekit_sealed_key_changed
	AFTER INSERT OR UPDATE OR DELETE ON livekit_sealed_key
	FOR EACH ROW EXECUTE FUNCTION livekit_table_changed();
ALTER TABLE livekit_sealed_key ENABLE ALWAYS TRIGGER livekit_sealed_key_changed;

CREATE TRIGGER livekit_sealed_key_truncated
	AFTER TRUNCATE ON livekit_sealed_key
	FOR EACH STATEMENT EXECUTE FUNCTION livekit_table_changed();
ALTER TABLE livekit_sealed_key ENABLE ALWAYS TRIGGER livekit_sealed_key_truncated;

CREATE FUNCTION livekit_key_set(
	api_key text,
	api_secret text,
	project text DEFAULT 'default',
	url text DEFAULT NULL)
RETURNS void
AS 'MODULE_PATHNAME'
LANGUAGE C VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE;

COMMENT ON FUNCTION livekit_key_set IS
'Stores an API key, its secret sealed by the newest master key; or replaces the secret of one that is there, and lets it sign again. The newest key of a project signs.
api_key, project: 1 to 70 letters, digits and underscores. api_secret: 32 to 16384 bytes; bind it, so that no log or history has it. url: LiveKit''s address for the project; NULL leaves what the project has.
Errors: 22023 argument; 22004 NULL; 55000 no master key.';

CREATE FUNCTION livekit_key_generate(
	project text DEFAULT 'default',
	url text DEFAULT NULL,
	OUT api_key text,
	OUT api_secret text)
AS 'MODULE_PATHNAME'
LANGUAGE C VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE;

COMMENT ON FUNCTION livekit_key_generate IS
'Makes a random API key and stores it as livekit_key_set does. The secret is returned this once: give it to LiveKit''s server.
Errors: 22023 argument; 22004 NULL; 55000 no master key; XX000 no random numbers.';

CREATE FUNCTION livekit_key_retire(
	api_key text,
	force boolean DEFAULT false)
RETURNS void
AS 'MODULE_PATHNAME'
LANGUAGE C VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE;

COMMENT ON FUNCTION livekit_key_retire IS
'Lets a stored API key verify, and no longer sign.
force: even if it is the last one of its project that signs.
Errors: 42704 no such key in the table; 55000 the last one; 22004 NULL.';

CREATE FUNCTION livekit_key_drop(
	api_key text,
	force boolean DEFAULT false)
RETURNS void
AS 'MODULE_PATHNAME'
LANGUAGE C VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE;

COMMENT ON FUNCTION livekit_key_drop IS
'Forgets a stored API key: its tokens are refused from then on.
force: even if it is the last one of its project that signs.
Errors: 42704 no such key in the table; 55000 the last one; 22004 NULL.';

CREATE FUNCTION livekit_key_import(
	env text,
	project text DEFAULT NULL,
	overwrite boolean DEFAULT false)
RETURNS integer
AS 'MODULE_PATHNAME'
LANGUAGE C VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE;

COMMENT ON FUNCTION livekit_key_import IS
'Stores the API keys of a .env file and returns how many these were; all of them or none. Lines are NAME=value, as dotenv files have them; bind the text, so that no log or history has it.
LIVEKIT_API_KEY, LIVEKIT_API_SECRET and LIVEKIT_URL are for the project named (NULL: default), NAME_LIVEKIT_API_KEY and so on for the project NAME; other names are ignored.
overwrite: drops the other keys of these projects.
Errors: 22023 a line, by its number, or a value; 22004 NULL; 55000 no master key.';

CREATE FUNCTION livekit_key_import_file(
	path text,
	project text DEFAULT NULL,
	overwrite boolean DEFAULT false)
RETURNS integer
AS 'MODULE_PATHNAME'
LANGUAGE C VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE;

COMMENT ON FUNCTION livekit_key_import_file IS
'Does what livekit_key_import does with a file of the server''s, of up to 256 KiB, so that no statement holds a secret. For members of pg_read_server_files.
Errors: those of livekit_key_import; 42501 no member; 58P01 and others of the file.';

CREATE FUNCTION livekit_key_rewrap()
RETURNS integer
AS 'MODULE_PATHNAME'
LANGUAGE C VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE;

COMMENT ON FUNCTION livekit_key_rewrap IS
'Seals with the newest master key all secrets that an older one seals, and returns how many these were; all of them or none.
Errors: 55000 no master key, or a key that cannot be opened.';

CREATE FUNCTION livekit_keys(
	OUT project text,
	OUT api_key text,
	OUT source text,
	OUT status text,
	OUT signs bool,
	OUT reason text,
	OUT created_at timestamptz,
	OUT updated_at timestamptz,
	OUT retired_at timestamptz,
	OUT master_key text,
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
source: setting, key_file, sealed_table, environment; the first that has a key of the project signs.
status: active; retired, it only verifies; weak, secret under 32 bytes; stale, the file can no longer be used and its last good keys stay; unusable, no key of this source.';

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

CREATE TRIGGER livekit_access_changed
	AFTER INSERT OR UPDATE OR DELETE ON livekit_access
	FOR EACH ROW EXECUTE FUNCTION livekit_table_changed();
ALTER TABLE livekit_access ENABLE ALWAYS TRIGGER livekit_access_changed;

CREATE TRIGGER livekit_access_truncated
	AFTER TRUNCATE ON livekit_access
	FOR EACH STATEMENT EXECUTE FUNCTION livekit_table_changed();
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
-- LiveKit's server API, and its webhooks
--

CREATE FUNCTION livekit_api_request(
	rpc text,
	body jsonb DEFAULT '{}',
	project text DEFAULT NULL,
	OUT method text,
	OUT url text,
	OUT headers jsonb,
	OUT body text)
AS 'MODULE_PATHNAME'
LANGUAGE C VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE;

COMMENT ON FUNCTION livekit_api_request IS
'Returns a request to LiveKit''s server API (Twirp) for whoever sends it, with a token for this call only, valid for 60 seconds.
rpc: a method that livekit_api_methods() lists, such as CreateRoom or RoomService/CreateRoom. body: its fields, in camelCase or snake_case; a permission is completed as livekit_permission does. project: whose key signs and whose url is called; NULL is the default one.
Nobody is asked whether the caller may: grant it as livekit_issue.
Errors: 22023 method or field; 22004 NULL; 55000 no key, or no url; 42704 project; 25006 by HTTP GET; 54000 a room above 256 bytes; 22021 encoding; F0000 key file; 38000 OpenSSL.';

CREATE FUNCTION livekit_room_request(
	rpc text,
	room text,
	body jsonb DEFAULT '{}',
	OUT method text,
	OUT url text,
	OUT headers jsonb,
	OUT body text)
AS 'MODULE_PATHNAME'
LANGUAGE C VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE;

COMMENT ON FUNCTION livekit_room_request IS
'Returns such a request for a caller to whom the policies give roomAdmin in the room.
rpc: RemoveParticipant, MutePublishedTrack, UpdateParticipant, SendData or UpdateRoomMetadata. body: its fields but the room.
Errors: 42501 not the caller''s to do; 55000 nothing registered, policies not in force, no key, no url; 21000 several rows; others as livekit_api_request.';

CREATE FUNCTION livekit_api_methods(
	OUT service text,
	OUT rpc text,
	OUT grants text[],
	OUT room_field text,
	OUT required text[],
	OUT fields text[])
RETURNS SETOF record
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 50;

COMMENT ON FUNCTION livekit_api_methods IS
'Lists the methods of LiveKit''s server API (protocol 1.54).
grants: the least that LiveKit''s server demands. room_field: the field with the room that they are for. required: fields without which a call cannot succeed.';

CREATE FUNCTION livekit_permission(grants jsonb)
RETURNS jsonb
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE;

COMMENT ON FUNCTION livekit_permission IS
'Returns LiveKit''s ParticipantPermission for what a token with these grants would let a participant do: for UpdateParticipant, during a call. All fields are there, since LiveKit replaces the whole.
grants: as livekit_issue takes them; those that are no permission have no effect. NULL: what a participant has without any.
Errors: 22023 grants.';

CREATE FUNCTION livekit_room_config(
	name text DEFAULT NULL,
	empty_timeout interval DEFAULT NULL,
	departure_timeout interval DEFAULT NULL,
	max_participants integer DEFAULT NULL,
	agents text[] DEFAULT NULL,
	agent_dispatch jsonb DEFAULT NULL,
	metadata text DEFAULT NULL)
RETURNS jsonb
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE;

COMMENT ON FUNCTION livekit_room_config IS
'Builds LiveKit''s RoomConfiguration, for the argument room_config of livekit_issue or the column of that name. LiveKit applies it when the join creates the room, and never else.
name: the configuration''s. empty_timeout, departure_timeout: how long the room stays when nobody has come, and after the last has left; whole seconds. max_participants: 0 is no limit. agents: names of agents to be dispatched. agent_dispatch: an array of objects with agentName, metadata, attributes. metadata: of the room.
What is NULL is left out. Errors: 22023 argument; 22004 an agent is NULL; 54000 limit; 22021 encoding.';

CREATE FUNCTION livekit_webhook(
	body bytea,
	"authorization" text,
	project text DEFAULT NULL)
RETURNS jsonb
AS 'MODULE_PATHNAME'
LANGUAGE C VOLATILE CALLED ON NULL INPUT PARALLEL RESTRICTED;

COMMENT ON FUNCTION livekit_webhook IS
'Returns the event of a webhook of LiveKit''s, if the header Authorization holds a token of one of the project''s keys for exactly this body; else raises 28000 "token refused", with the cause in the server log only.
body: the bytes as they came. authorization: with or without "Bearer "; a NULL of these is refused. project: whose server it is; NULL is the default one.
The same event may come twice: its id tells. Errors: 28000 token refused; 54000 a body above 8 MiB; 55000, F0000 keys cannot be used.';

--
-- What was signed, and what was not
--

CREATE TABLE livekit_issued (
	issued_at timestamptz NOT NULL,
	jti text PRIMARY KEY,
	session_role name NOT NULL,
	role name NOT NULL,
	identity text,
	room text,
	project text NOT NULL,
	api_key text NOT NULL,
	grants jsonb NOT NULL,
	expires_at timestamptz NOT NULL,
	via text NOT NULL
);

COMMENT ON TABLE livekit_issued IS
'The tokens that were signed while livekit_token.audit was "both"; never a token itself. Written as its owner; livekit_issued_prune deletes old rows.
jti: the token''s id. session_role, role: who logged in, and who asked. via: the function.
A ROLLBACK takes the row back, and not the token, nor the line in the server log.';

CREATE INDEX livekit_issued_issued_at ON livekit_issued (issued_at);

SELECT pg_catalog.pg_extension_config_dump('livekit_issued', '');

CREATE FUNCTION livekit_issued_prune(before timestamptz)
RETURNS bigint
AS 'MODULE_PATHNAME'
LANGUAGE C VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE;

COMMENT ON FUNCTION livekit_issued_prune IS
'Deletes the rows of livekit_issued from before a moment, and returns how many these were.
Errors: 22004 NULL; 25006 read-only transaction.';

CREATE FUNCTION livekit_counters(
	OUT event text,
	OUT reason text,
	OUT count bigint)
RETURNS SETOF record
AS 'MODULE_PATHNAME'
LANGUAGE C VOLATILE STRICT PARALLEL RESTRICTED ROWS 40;

COMMENT ON FUNCTION livekit_counters IS
'Counts what was signed and refused since the server''s start, in all its databases; without the library in shared_preload_libraries, in this session only.
event: issued, reason being the function that signed; refused, with the reason of the audit line; suppressed, refusals that were not logged because of their number.';

--
-- For the DBA
--

CREATE FUNCTION livekit_explain_join(
	role name,
	room text,
	claims jsonb DEFAULT NULL)
RETURNS TABLE (
	step integer,
	subject text,
	verdict text,
	finding text,
	mend text)
AS 'MODULE_PATHNAME'
LANGUAGE C VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE ROWS 15;

COMMENT ON FUNCTION livekit_explain_join IS
'Explains why a role may join a room, or not: asks what livekit_join would ask, as that role, and shows each step up to the first that refuses, with what would mend it. Signs nothing; what the policies do meanwhile is rolled back, and they run in a security-restricted operation. Settings of your session count, but for the one that holds the identity; and so does session_user, which is you.
role: one that you can SET ROLE to. claims: what the gateway would set, such as {"sub": "42"}; where the identity is the whole text of a setting, a string, or an object of settings and their values. NULL: none.
verdict: ok, note, refused. The last row is the answer.
Errors: 42501 not a role of yours, or within a SECURITY DEFINER function; 42704 role; 22004 NULL; 22023 claims; 55000 within a policy; 25000 within a parallel query.';

CREATE FUNCTION livekit_access_report(
	room text DEFAULT NULL,
	identity text DEFAULT NULL,
	OUT room text,
	OUT identity text,
	OUT grants jsonb,
	OUT ttl interval,
	OUT project text,
	OUT notable text[],
	OUT problem text)
RETURNS SETOF record
AS 'MODULE_PATHNAME'
LANGUAGE C VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE ROWS 1000;

COMMENT ON FUNCTION livekit_access_report IS
'Lists the rows of the access relation, with what each would let its user do. They are read as its owner. Policies may let in fewer than the rows say: livekit_explain_join answers for one role.
room, identity: of these only; NULL is all.
notable: sensitive grants, and server_wide for one that reaches beyond the room. problem: why a row gives nothing, or cannot be used.
Errors: 55000 nothing registered; 42501 not its owner, a superuser, or, of a table, a role with BYPASSRLS that may read it.';

CREATE FUNCTION livekit_lint(
	max_key_age interval DEFAULT '90 days')
RETURNS TABLE (
	rule text,
	severity text,
	object text,
	finding text,
	mend text)
AS 'MODULE_PATHNAME'
LANGUAGE C VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE ROWS 10;

COMMENT ON FUNCTION livekit_lint IS
'Lists what is dangerous in this database, and a statement that mends it where there is one.
max_key_age: keys that are older are found.
severity: danger, warning, advice; unknown for what you may not look at.
Errors: 22004 NULL.';

CREATE FUNCTION livekit_lint_facts(
	OUT fact text,
	OUT value text)
RETURNS SETOF record
AS 'MODULE_PATHNAME'
LANGUAGE C VOLATILE STRICT PARALLEL RESTRICTED ROWS 20;

COMMENT ON FUNCTION livekit_lint_facts IS
'What livekit_lint looks at beside the catalogs: settings, files, and the registration. Never a secret.';

--
-- Tests of policies, with pgTAP
--

CREATE FUNCTION livekit_tap_can_join(
	role name,
	room text,
	claims jsonb DEFAULT NULL,
	description text DEFAULT NULL)
RETURNS text
AS 'MODULE_PATHNAME'
LANGUAGE C VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE;

COMMENT ON FUNCTION livekit_tap_can_join IS
'A pgTAP test: would livekit_join let this role into the room? Arguments are those of livekit_explain_join, whose refusing step is shown when the test fails.
Errors: those of livekit_explain_join; 55000 without pgTAP.';

CREATE FUNCTION livekit_tap_cannot_join(
	role name,
	room text,
	claims jsonb DEFAULT NULL,
	description text DEFAULT NULL)
RETURNS text
AS 'MODULE_PATHNAME'
LANGUAGE C VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE;

COMMENT ON FUNCTION livekit_tap_cannot_join IS
'A pgTAP test: do the policies keep this role out of the room? It fails for a mistake in the set-up, which keeps everybody out, such as a missing GRANT SELECT; but a role that may execute none of the functions that join is kept out.
Arguments and errors are those of livekit_tap_can_join.';

CREATE FUNCTION livekit_tap_grants(
	role name,
	room text,
	grants jsonb,
	claims jsonb DEFAULT NULL,
	description text DEFAULT NULL)
RETURNS text
AS 'MODULE_PATHNAME'
LANGUAGE C VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE;

COMMENT ON FUNCTION livekit_tap_grants IS
'A pgTAP test: would this role have these grants in the room? Each that is named is compared by its effect: {"roomAdmin": false} holds where it is absent.
Other arguments and errors are those of livekit_tap_can_join; 22023 grants.';

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
