-- JSON Web Tokens by PyJWT, within the server.
CREATE EXTENSION IF NOT EXISTS plpython3u;
CREATE SCHEMA plpython;

CREATE FUNCTION plpython.issue(key text, secret text, identity text, name text, room text,
                               metadata text)
RETURNS text LANGUAGE plpython3u VOLATILE AS $$
  import time
  import jwt
  now = int(time.time())
  claims = {"iss": key, "sub": identity, "iat": now, "nbf": now, "exp": now + 21600, "name": name,
            "video": {"roomJoin": True, "room": room, "canPublish": True, "canSubscribe": True},
            "metadata": metadata}
  return jwt.encode(claims, secret, algorithm="HS256")
$$;

CREATE FUNCTION plpython.verify(token text, key text, secret text)
RETURNS jsonb LANGUAGE plpython3u VOLATILE AS $$
  import json
  import jwt
  return json.dumps(jwt.decode(token, secret, algorithms=["HS256"], issuer=key, leeway=60))
$$;

CREATE FUNCTION plpython.version() RETURNS text LANGUAGE plpython3u VOLATILE AS $$
  import platform
  import jwt
  return f"PyJWT {jwt.__version__}, Python {platform.python_version()}"
$$;
