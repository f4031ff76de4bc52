-- JSON Web Tokens as many write them in SQL over pgcrypto, in the manner of the
-- extension pgjwt.
CREATE EXTENSION IF NOT EXISTS pgcrypto;
CREATE SCHEMA pgjwt;

CREATE FUNCTION pgjwt.url_encode(data bytea) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT translate(encode(data, 'base64'), E'+/=\n', '-_')
$$;

CREATE FUNCTION pgjwt.url_decode(data text) RETURNS bytea LANGUAGE sql IMMUTABLE AS $$
  WITH plain AS (SELECT translate(data, '-_', '+/') AS text),
  rest AS (SELECT length(plain.text) % 4 AS characters FROM plain)
  SELECT decode(plain.text || CASE WHEN rest.characters > 0
                              THEN repeat('=', 4 - rest.characters) ELSE '' END, 'base64')
    FROM plain, rest
$$;

CREATE FUNCTION pgjwt.algorithm_sign(signables text, secret text, algorithm text)
RETURNS text LANGUAGE sql IMMUTABLE AS $$
  WITH digest AS (
    SELECT CASE algorithm WHEN 'HS256' THEN 'sha256' WHEN 'HS384' THEN 'sha384'
                          WHEN 'HS512' THEN 'sha512' ELSE '' END AS name)
  SELECT pgjwt.url_encode(hmac(signables, secret, digest.name)) FROM digest
$$;

CREATE FUNCTION pgjwt.sign(payload json, secret text, algorithm text DEFAULT 'HS256')
RETURNS text LANGUAGE sql IMMUTABLE AS $$
  WITH header AS (
    SELECT pgjwt.url_encode(convert_to('{"alg":"' || algorithm || '","typ":"JWT"}', 'utf8')) AS data),
  body AS (
    SELECT pgjwt.url_encode(convert_to(payload::text, 'utf8')) AS data),
  signables AS (
    SELECT header.data || '.' || body.data AS data FROM header, body)
  SELECT signables.data || '.' || pgjwt.algorithm_sign(signables.data, secret, algorithm)
    FROM signables
$$;

CREATE FUNCTION pgjwt.verify(token text, secret text, algorithm text DEFAULT 'HS256')
RETURNS TABLE (header json, payload json, valid boolean) LANGUAGE sql STABLE AS $$
  SELECT jwt.header, jwt.payload,
         jwt.signature_ok AND tstzrange(to_timestamp((jwt.payload->>'nbf')::double precision),
                                        to_timestamp((jwt.payload->>'exp')::double precision))
                              @> CURRENT_TIMESTAMP
    FROM (SELECT convert_from(pgjwt.url_decode(part[1]), 'utf8')::json AS header,
                 convert_from(pgjwt.url_decode(part[2]), 'utf8')::json AS payload,
                 part[3] = pgjwt.algorithm_sign(part[1] || '.' || part[2], secret, algorithm)
                   AS signature_ok
            FROM regexp_split_to_array(token, '\.') AS part) AS jwt
$$;
