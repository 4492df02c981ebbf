"""Signatures of the Standard Webhooks specification, version 1."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import time
from collections.abc import Callable, Mapping, Sequence

_PREFIX = "whsec_"
_MIN_KEY_BYTES = 24

Verify = Callable[[Mapping[str, str], bytes], bool]
"""Returns whether a call with these headers, in lower case, and this body is authentic and recent."""


def verifier(secrets: str | Sequence[str], tolerance_secs: float) -> Verify:
    """
    Returns a check of signatures. One of the secrets must have signed; each may be a comma-separated list, as in the
    service. The clocks may differ by `tolerance_secs`, in both directions.

    :raises ValueError: if a secret is malformed, or there is none.
    """
    texts = [secrets] if isinstance(secrets, str) else secrets
    keys = [_key_of(secret.strip()) for text in texts for secret in text.split(",")]
    if not keys:
        raise ValueError("secrets: at least one is needed to verify signatures")

    def verify(headers: Mapping[str, str], body: bytes) -> bool:
        id, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
        if not id or not (timestamp.isascii() and timestamp.isdecimal()) or len(timestamp) > 12:
            return False
        if abs(time.time() - int(timestamp)) > tolerance_secs:
            return False
        signed = f"{id}.{timestamp}.".encode() + body
        expected = [base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()) for key in keys]
        given = [one[3:].encode() for one in headers.get("webhook-signature", "").split(" ") if one.startswith("v1,")]
        return any(hmac.compare_digest(one, other) for one in given for other in expected)

    return verify


def _key_of(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True) if secret.startswith(_PREFIX) else b""
    except binascii.Error:
        key = b""
    if len(key) < _MIN_KEY_BYTES:
        raise ValueError(f'secrets: each must be "{_PREFIX}" followed by the base64 of at least {_MIN_KEY_BYTES} bytes')
    return key
