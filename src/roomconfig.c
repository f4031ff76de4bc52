/*-------------------------------------------------------------------------
 *
 * roomconfig.c
 *	  LiveKit's RoomConfiguration, as a caller gives it.
 *
 * LiveKit's server ignores a field it does not know, so a misspelt one would
 * fail silently; here it is an error. The messages and fields are those of
 * livekit/protocol 1.54: livekit_room.proto, livekit_agent_dispatch.proto,
 * livekit_egress.proto.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/roomconfig.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/numeric.h"

#include "bounds.h"
#include "core/jsonscan.h"
#include "jsonarg.h"
#include "names.h"
#include "roomconfig.h"
#include "url.h"

#include "compat.h"

typedef enum FieldType
{
	BOOLEAN,
	STRING,
	URL,						/* a string that names no user */
	SECRET,						/* a string that no token may hold */
	INTEGER,					/* uint32 */
	NUMBER,						/* double */
	ENUM,						/* the name of a value, or its number */
	STRINGS,
	MAP,						/* strings by name */
	MESSAGE,
	MESSAGES
} FieldType;

static const char *const type_names[] = {
	[BOOLEAN] = "a boolean",
	[STRING] = "a string",
	[URL] = "a string",
	[SECRET] = "absent",
	[INTEGER] = "a whole number from 0 to 4294967295",
	[NUMBER] = "a number of at most 40 digits",
	[ENUM] = "the name of a value, or its number",
	[STRINGS] = "an array of strings",
	[MAP] = "an object of strings",
	[MESSAGE] = "an object",
	[MESSAGES] = "an array of objects",
};

#define MAX_FIELDS 16			/* of a message, the terminator included */

typedef struct Message Message;

typedef struct Field
{
	const char *name;
	FieldType	type;
	const Message *message;		/* of MESSAGE and MESSAGES */
	int			limit;			/* bytes of a STRING; 0 is no limit */
} Field;

struct Message
{
	const char *name;
	Field		fields[MAX_FIELDS];
};

#define FIELD(n, t)		{.name = (n), .type = (t)}
#define NESTED(n, t, m) {.name = (n), .type = (t), .message = &(m)}
#define LIMITED(n, l)	{.name = (n), .type = STRING, .limit = (l)}

static const Message proxy = {"ProxyConfig", {
		FIELD("url", URL),
		FIELD("username", SECRET),
		FIELD("password", SECRET),
}};

static const Message s3 = {"S3Upload", {
		FIELD("accessKey", SECRET),
		FIELD("secret", SECRET),
		FIELD("sessionToken", SECRET),
		FIELD("assumeRoleArn", STRING),
		FIELD("assumeRoleExternalId", SECRET),
		FIELD("region", STRING),
		FIELD("endpoint", URL),
		FIELD("bucket", STRING),
		FIELD("forcePathStyle", BOOLEAN),
		FIELD("metadata", MAP),
		FIELD("tagging", STRING),
		FIELD("contentDisposition", STRING),
		NESTED("proxy", MESSAGE, proxy),
}};

static const Message gcp = {"GCPUpload", {
		FIELD("credentials", SECRET),
		FIELD("bucket", STRING),
		NESTED("proxy", MESSAGE, proxy),
}};

static const Message azure = {"AzureBlobUpload", {
		FIELD("accountName", STRING),
		FIELD("accountKey", SECRET),
		FIELD("containerName", STRING),
}};

static const Message alioss = {"AliOSSUpload", {
		FIELD("accessKey", SECRET),
		FIELD("secret", SECRET),
		FIELD("region", STRING),
		FIELD("endpoint", URL),
		FIELD("bucket", STRING),
}};

/* Where a file goes: the fields that all outputs share. */
#define UPLOAD_FIELDS \
		FIELD("disableManifest", BOOLEAN), \
		NESTED("s3", MESSAGE, s3), \
		NESTED("gcp", MESSAGE, gcp), \
		NESTED("azure", MESSAGE, azure), \
		NESTED("aliOSS", MESSAGE, alioss)

static const Message file_output = {"EncodedFileOutput", {
		FIELD("fileType", ENUM),
		FIELD("filepath", STRING),
		UPLOAD_FIELDS,
}};

static const Message segment_output = {"SegmentedFileOutput", {
		FIELD("protocol", ENUM),
		FIELD("filenamePrefix", STRING),
		FIELD("playlistName", STRING),
		FIELD("livePlaylistName", STRING),
		FIELD("segmentDuration", INTEGER),
		FIELD("filenameSuffix", ENUM),
		UPLOAD_FIELDS,
}};

static const Message image_output = {"ImageOutput", {
		FIELD("captureInterval", INTEGER),
		FIELD("width", INTEGER),
		FIELD("height", INTEGER),
		FIELD("filenamePrefix", STRING),
		FIELD("filenameSuffix", ENUM),
		FIELD("imageCodec", ENUM),
		UPLOAD_FIELDS,
}};

static const Message encoding = {"EncodingOptions", {
		FIELD("width", INTEGER),
		FIELD("height", INTEGER),
		FIELD("depth", INTEGER),
		FIELD("framerate", INTEGER),
		FIELD("audioCodec", ENUM),
		FIELD("audioBitrate", INTEGER),
		FIELD("audioQuality", INTEGER),
		FIELD("audioFrequency", INTEGER),
		FIELD("videoCodec", ENUM),
		FIELD("videoBitrate", INTEGER),
		FIELD("videoQuality", INTEGER),
		FIELD("keyFrameInterval", NUMBER),
}};

static const Message event_filter = {"FilterParams", {
		FIELD("includeEvents", STRINGS),
		FIELD("excludeEvents", STRINGS),
}};

static const Message webhook = {"WebhookConfig", {
		FIELD("url", URL),
		FIELD("signingKey", STRING),
		NESTED("filterParams", MESSAGE, event_filter),
}};

static const Message room_egress = {"RoomCompositeEgressRequest", {
		FIELD("roomName", STRING),
		FIELD("layout", STRING),
		FIELD("audioOnly", BOOLEAN),
		FIELD("audioMixing", ENUM),
		FIELD("videoOnly", BOOLEAN),
		FIELD("customBaseUrl", URL),
		FIELD("preset", ENUM),
		NESTED("advanced", MESSAGE, encoding),
		NESTED("fileOutputs", MESSAGES, file_output),
		FIELD("streamOutputs", SECRET),	/* its URLs hold stream keys */
		NESTED("segmentOutputs", MESSAGES, segment_output),
		NESTED("imageOutputs", MESSAGES, image_output),
		NESTED("webhooks", MESSAGES, webhook),
}};

static const Message participant_egress = {"AutoParticipantEgress", {
		FIELD("preset", ENUM),
		NESTED("advanced", MESSAGE, encoding),
		NESTED("fileOutputs", MESSAGES, file_output),
		NESTED("segmentOutputs", MESSAGES, segment_output),
}};

static const Message track_egress = {"AutoTrackEgress", {
		FIELD("filepath", STRING),
		UPLOAD_FIELDS,
}};

static const Message egress = {"RoomEgress", {
		NESTED("room", MESSAGE, room_egress),
		NESTED("participant", MESSAGE, participant_egress),
		NESTED("tracks", MESSAGE, track_egress),
}};

static const Message agent_dispatch = {"RoomAgentDispatch", {
		FIELD("agentName", STRING),
		FIELD("metadata", STRING),
		FIELD("restartPolicy", ENUM),
		FIELD("deployment", STRING),
		FIELD("attributes", MAP),
		FIELD("threadId", STRING),
}};

static const Message room_configuration = {"RoomConfiguration", {
		LIMITED("name", LK_MAX_NAME),
		FIELD("emptyTimeout", INTEGER),
		FIELD("departureTimeout", INTEGER),
		FIELD("maxParticipants", INTEGER),
		LIMITED("metadata", LK_MAX_METADATA),
		NESTED("egress", MESSAGE, egress),
		FIELD("minPlayoutDelay", INTEGER),
		FIELD("maxPlayoutDelay", INTEGER),
		FIELD("syncStreams", BOOLEAN),
		NESTED("agents", MESSAGES, agent_dispatch),
		FIELD("tags", MAP),
}};

static void write_message(StringInfo buf, const Message *message,
						  JsonbContainer *object);

/* Raise the error for a field that is, or holds, something of another type. */
pg_noreturn static void
wrong_type(const Message *message, const Field *field, const char *detail)
{
	ereport(ERROR,
			errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			errmsg("room configuration field \"%s.%s\" must be %s",
				   message->name, field->name, type_names[field->type]),
			errdetail("%s.", detail));
}

pg_noreturn static void
unknown_field(const Message *message, const JsonbValue *key)
{
	LkNearest	nearest;

	lk_nearest_begin(&nearest, key->val.string.val, key->val.string.len);
	for (const Field *f = message->fields; f->name; f++)
		lk_nearest_offer(&nearest, f->name);

	ereport(ERROR,
			errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			errmsg("room configuration field \"%s.%s\" does not exist",
				   message->name,
				   lk_name_quote(key->val.string.val, key->val.string.len)),
			lk_nearest_hint(&nearest, "See LiveKit's RoomConfiguration."));
}

/* Refuse a credential; an empty one, as some SDKs write it, is none. */
static void
refuse_secret(const Message *message, const Field *field, const JsonbValue *v)
{
	if (v->type == jbvString && v->val.string.len == 0)
		return;
	if (lk_json_is_array(v) && JsonContainerSize(v->val.binary.data) == 0)
		return;
	ereport(ERROR,
			errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			errmsg("room configuration field \"%s.%s\" holds a credential",
				   message->name, field->name),
			errdetail("Whoever holds a token can read all that is in it."),
			errhint("Give the credential to the Egress service's own configuration."));
}

static const char *
digits_of(const JsonbValue *v)
{
	return DatumGetCString(DirectFunctionCall1(numeric_out,
											   NumericGetDatum(v->val.numeric)));
}

/* Is it a whole number that LiveKit's uint32 holds? */
static bool
is_uint32(const JsonbValue *v)
{
	const char *digits;

	if (v->type != jbvNumeric)
		return false;
	digits = digits_of(v);
	return strlen(digits) <= 10 &&
		strspn(digits, "0123456789") == strlen(digits) &&
		strtoll(digits, NULL, 10) <= PG_UINT32_MAX;
}

static bool
type_is_right(const Field *field, const JsonbValue *v)
{
	switch (field->type)
	{
		case BOOLEAN:
			return v->type == jbvBool;
		case STRING:
		case URL:
			return v->type == jbvString;
		case INTEGER:
			return is_uint32(v);
		case NUMBER:
			return v->type == jbvNumeric && strlen(digits_of(v)) <= LK_MAX_DIGITS;
		case ENUM:
			return v->type == jbvString || is_uint32(v);
		case STRINGS:
			return lk_json_is_array(v) && lk_json_holds_strings(v);
		case MAP:
			return lk_json_is_object(v) && lk_json_holds_strings(v);
		case MESSAGE:
			return lk_json_is_object(v);
		case MESSAGES:
			return lk_json_is_array(v);
		case SECRET:
			break;				/* never written */
	}
	return false;
}

/* Write the elements of an array of messages. */
static void
write_messages(StringInfo buf, const Message *message, const Field *field,
			   JsonbContainer *array)
{
	JsonbIterator *it = JsonbIteratorInit(array);
	JsonbValue	v;

	appendStringInfoChar(buf, '[');
	while (lk_json_next_element(&it, &v))
	{
		if (!lk_json_is_object(&v))
			wrong_type(message, field,
					   psprintf("It holds %s", lk_json_type(&v)));
		if (buf->data[buf->len - 1] != '[')
			appendStringInfoChar(buf, ',');
		write_message(buf, field->message, v.val.binary.data);
	}
	appendStringInfoChar(buf, ']');
}

static void
write_field(StringInfo buf, const Message *message, const Field *field,
			JsonbValue *v)
{
	int			before = buf->len;

	lk_wire_name(buf, field->name);
	if (field->type == MESSAGES)
		write_messages(buf, message, field, v->val.binary.data);
	else if (field->type == MESSAGE)
		write_message(buf, field->message, v->val.binary.data);
	else
		lk_wire_value(buf, v);

	/* an object or array with nothing in it says nothing */
	if (v->type == jbvBinary &&
		strchr("{[", buf->data[buf->len - 2]) != NULL)
	{
		buf->len = before;
		buf->data[before] = '\0';
	}
}

static void
check_url(const Message *message, const Field *field, const JsonbValue *v)
{
	if (field->type == URL &&
		lk_url_has_userinfo(v->val.string.val, v->val.string.len))
		refuse_secret(message, field, v);
}

static void
check_length(const Message *message, const Field *field, const JsonbValue *v)
{
	if (field->limit > 0 &&
		lk_wire_text(v->val.string.val, v->val.string.len).length > field->limit)
		ereport(ERROR,
				errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				errmsg("room configuration field \"%s.%s\" is longer than %d bytes",
					   message->name, field->name, field->limit));
}

static void
write_message(StringInfo buf, const Message *message, JsonbContainer *object)
{
	JsonbIterator *it = JsonbIteratorInit(object);
	JsonbValue	key,
				v;
	uint32		seen = 0;

	appendStringInfoChar(buf, '{');
	while (lk_json_next_member(&it, &key, &v))
	{
		const Field *f = message->fields;
		uint32		bit;

		while (f->name && !lk_name_matches(f->name, key.val.string.val,
										   key.val.string.len))
			f++;
		if (f->name == NULL)
			unknown_field(message, &key);
		if (v.type == jbvNull)
			continue;

		bit = 1u << (f - message->fields);
		if (seen & bit)
			ereport(ERROR,
					errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("room configuration field \"%s.%s\" is given twice",
						   message->name, f->name));
		seen |= bit;

		if (f->type == SECRET)
		{
			refuse_secret(message, f, &v);
			continue;
		}
		if (!type_is_right(f, &v))
			wrong_type(message, f,
					   (f->type == MAP && lk_json_is_object(&v)) ||
					   (f->type == STRINGS && lk_json_is_array(&v)) ?
					   "It holds something else" :
					   psprintf("It is %s", lk_json_type(&v)));
		check_url(message, f, &v);
		check_length(message, f, &v);
		write_field(buf, message, f, &v);
	}
	appendStringInfoChar(buf, '}');
}

void
lk_roomconfig_write(StringInfo buf, Jsonb *config)
{
	int			before = buf->len;

	lk_wire_name(buf, "roomConfig");
	write_message(buf, &room_configuration, &config->root);
	if (buf->data[buf->len - 2] == '{')
	{
		buf->len = before;		/* nothing but nulls: no empty object */
		buf->data[before] = '\0';
	}
}
