/*-------------------------------------------------------------------------
 *
 * wire.c
 *	  Text as it travels: JSON in UTF-8, whatever the database's encoding.
 *
 * Portions Copyright (c) 2026, the livekit_token authors
 * SPDX-License-Identifier: PostgreSQL
 *
 * IDENTIFICATION
 *	  src/wire.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <ctype.h>

#include "catalog/namespace.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/json.h"

#include "wire.h"

#include "compat.h"

LkText
lk_wire_text(const char *s, int len)
{
	LkText		text = {s, len};

	if (GetDatabaseEncoding() == PG_UTF8)
		return text;
	text.data = pg_server_to_any(s, len, PG_UTF8);
	if (text.data != s)
		text.length = strlen(text.data);
	return text;
}

/* Convert to UTF-8; false when there is a character that has no form. */
static bool
convert(const char *s, int len, LkText *text)
{
	int			encoding = GetDatabaseEncoding();
	Oid			procedure;
	char	   *out;

	if (encoding == PG_SQL_ASCII)
		encoding = PG_UTF8;
	if (!pg_verify_mbstr(encoding, s, len, true))
		return false;
	text->data = s;
	text->length = len;
	if (encoding == PG_UTF8)
		return true;

	procedure = FindDefaultConversionProc(encoding, PG_UTF8);
	out = palloc(len * MAX_CONVERSION_GROWTH + 1);
	if (!OidIsValid(procedure) ||
		pg_do_encoding_conversion_buf(procedure, encoding, PG_UTF8,
									  (unsigned char *) s, len,
									  (unsigned char *) out,
									  len * MAX_CONVERSION_GROWTH + 1,
									  true) != len)
		return false;
	text->data = out;
	text->length = strlen(out);
	return true;
}

LkText
lk_wire_readable(const char *s, int len)
{
	LkText		text;
	char	   *copy;

	if (convert(s, len, &text))
		return text;
	copy = pnstrdup(s, len);
	for (char *c = copy; *c != '\0'; c++)
	{
		if (IS_HIGHBIT_SET(*c))
			*c = '?';
	}
	text.data = copy;
	text.length = len;
	return text;
}

/* Read four hex digits; -1 if they are not. */
static int
hex4(const char *s, const char *end)
{
	int			value = 0;

	if (end - s < 4)
		return -1;
	for (int i = 0; i < 4; i++)
	{
		if (!isxdigit((unsigned char) s[i]))
			return -1;
		value = value * 16 +
			(isdigit((unsigned char) s[i]) ? s[i] - '0' : (s[i] | 32) - 'a' + 10);
	}
	return value;
}

/*
 * Write \u escapes beyond ASCII as the characters they stand for, in place.
 * What is wrong with an escape is left for the parser to find.
 */
static size_t
unescape(char *json, size_t length)
{
	const char *s = json;
	const char *end = json + length;
	char	   *out = json;

	while (s < end)
	{
		int			high,
					low;
		pg_wchar	c;

		if (*s != '\\' || end - s < 2 || s[1] != 'u' ||
			(high = hex4(s + 2, end)) < 0x80)
		{
			if (*s == '\\' && end - s >= 2)
				*out++ = *s++;	/* what follows is not a backslash to heed */
			*out++ = *s++;
			continue;
		}
		c = high;
		if (is_utf16_surrogate_first(c) && end - s >= 12 &&
			s[6] == '\\' && s[7] == 'u' && (low = hex4(s + 8, end)) > 0 &&
			is_utf16_surrogate_second(low))
		{
			c = surrogate_pair_to_codepoint(high, low);
			s += 6;
		}
		if (c >= 0xd800 && c <= 0xdfff) /* alone: keep the escape */
		{
			memmove(out, s, 6);
			out += 6;
		}
		else
		{
			unicode_to_utf8(c, (unsigned char *) out);
			out += pg_utf_mblen((unsigned char *) out);
		}
		s += 6;
	}
	return out - json;
}

char *
lk_wire_json_to_server(char *json, size_t *length)
{
	int			encoding = GetDatabaseEncoding();
	Oid			procedure;
	char	   *result;
	int			room;

	if (encoding == PG_UTF8)
		return json;
	*length = unescape(json, *length);
	if (encoding == PG_SQL_ASCII)
		return json;

	procedure = FindDefaultConversionProc(PG_UTF8, encoding);
	if (!OidIsValid(procedure))
		return NULL;
	room = *length * MAX_CONVERSION_GROWTH + 1;
	result = palloc(room);
	if (pg_do_encoding_conversion_buf(procedure, PG_UTF8, encoding,
									  (unsigned char *) json, (int) *length,
									  (unsigned char *) result, room,
									  true) != (int) *length)
		return NULL;
	*length = strlen(result);

	/* EUC_JIS_2004 and EUC_TW: not all that is converted is then accepted */
	return pg_verify_mbstr(encoding, result, *length, true) ? result : NULL;
}

Jsonb *
lk_wire_jsonb(StringInfo json)
{
	size_t		length = json->len;
	char	   *converted = lk_wire_json_to_server(json->data, &length);

	/* what came from this database has a form in its encoding */
	if (converted == NULL)
		elog(ERROR, "could not convert JSON to the database's encoding");
	return DatumGetJsonbP(DirectFunctionCall1(jsonb_in,
											  CStringGetDatum(pnstrdup(converted, length))));
}

void
lk_wire_name(StringInfo buf, const char *name)
{
	size_t		length = strlen(name);
	char	   *out;

	enlargeStringInfo(buf, (int) length + 4);
	out = buf->data + buf->len;
	if (out[-1] != '{')
		*out++ = ',';
	*out++ = '"';
	memcpy(out, name, length);
	out += length;
	*out++ = '"';
	*out++ = ':';
	*out = '\0';
	buf->len = out - buf->data;
}

/* Is there nothing in the text that JSON escapes (RFC 8259 section 7)? */
static bool
is_plain(LkText text)
{
	for (int i = 0; i < text.length; i++)
	{
		unsigned char c = text.data[i];

		if (c < ' ' || c == '"' || c == '\\')
			return false;
	}
	return true;
}

void
lk_wire_string(StringInfo buf, LkText text)
{
	if (!is_plain(text))
	{
		escape_json_with_len(buf, text.data, text.length);
		return;
	}
	/* most strings are names, which need no escaping */
	enlargeStringInfo(buf, text.length + 2);
	buf->data[buf->len++] = '"';
	memcpy(buf->data + buf->len, text.data, text.length);
	buf->len += text.length;
	buf->data[buf->len++] = '"';
	buf->data[buf->len] = '\0';
}

void
lk_wire_member(StringInfo buf, const char *name, LkText text)
{
	if (text.data == NULL)
		return;
	lk_wire_name(buf, name);
	lk_wire_string(buf, text);
}

void
lk_wire_integer(StringInfo buf, int64 value)
{
	char		digits[MAXINT8LEN + 1];

	appendBinaryStringInfo(buf, digits, pg_lltoa(value, digits));
}

/* Append the JSON of an array or object. */
static void
write_container(StringInfo buf, JsonbContainer *container)
{
	JsonbIterator *it = JsonbIteratorInit(container);
	JsonbIteratorToken token;
	JsonbValue	v;

	while ((token = JsonbIteratorNext(&it, &v, true)) != WJB_DONE)
	{
		char		last = buf->data[buf->len - 1];

		switch (token)
		{
			case WJB_BEGIN_ARRAY:
				appendStringInfoChar(buf, '[');
				break;
			case WJB_END_ARRAY:
				appendStringInfoChar(buf, ']');
				break;
			case WJB_BEGIN_OBJECT:
				appendStringInfoChar(buf, '{');
				break;
			case WJB_END_OBJECT:
				appendStringInfoChar(buf, '}');
				break;
			case WJB_KEY:
				if (last != '{')
					appendStringInfoChar(buf, ',');
				lk_wire_value(buf, &v);
				appendStringInfoChar(buf, ':');
				break;
			case WJB_ELEM:
				if (last != '[')
					appendStringInfoChar(buf, ',');
				lk_wire_value(buf, &v);
				break;
			default:
				lk_wire_value(buf, &v);
				break;
		}
	}
}

void
lk_wire_value(StringInfo buf, const JsonbValue *value)
{
	switch (value->type)
	{
		case jbvNull:
			appendStringInfoString(buf, "null");
			break;
		case jbvBool:
			appendStringInfoString(buf, value->val.boolean ? "true" : "false");
			break;
		case jbvNumeric:
			appendStringInfoString(buf,
								   DatumGetCString(DirectFunctionCall1(numeric_out,
																	   NumericGetDatum(value->val.numeric))));
			break;
		case jbvString:
			lk_wire_string(buf, lk_wire_text(value->val.string.val,
											 value->val.string.len));
			break;
		case jbvBinary:
			write_container(buf, value->val.binary.data);
			break;
		default:
			elog(ERROR, "unexpected jsonb value type: %d", (int) value->type);
	}
}
