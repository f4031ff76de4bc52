"""JWTs by the standard library alone: a third opinion, and a hand for forgeries."""

import base64
import hmac
import json

HEADER = {"alg": "HS256", "typ": "JWT"}


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def signature(signed, secret, hash_name="sha256"):
    return encode(hmac.digest(secret.encode(), signed.encode(), hash_name))


def sign(claims, secret, header=HEADER, hash_name="sha256"):
    """`claims` is a dict, or a payload to be signed to the letter."""
    payload = claims if isinstance(claims, str) else json.dumps(claims)
    signed = f"{encode(json.dumps(header).encode())}.{encode(payload.encode())}"
    return f"{signed}.{signature(signed, secret, hash_name)}"


def resign(token, secret):
    signed = token.rpartition(".")[0]
    return f"{signed}.{signature(signed, secret)}"


def payload(token, secret):
    """Header and payload, the order of their names kept; ValueError unless
    the signature holds."""
    header, body, _ = token.split(".")
    if not hmac.compare_digest(resign(token, secret), token):
        raise ValueError("the signature is another")
    return json.loads(decode(header)), json.loads(decode(body))


def change_claim(token):
    """Alice's token with one byte of its payload changed, so that it names another."""
    header, body, mac = token.split(".")
    changed = decode(body).replace(b'"alice"', b'"alicf"', 1)
    assert changed != decode(body)
    return f"{header}.{encode(changed)}.{mac}"


def change_signature(token):
    """The token with the first byte of its signature changed."""
    signed, _, mac = token.rpartition(".")
    data = bytearray(decode(mac))
    data[0] ^= 1
    return f"{signed}.{encode(bytes(data))}"
