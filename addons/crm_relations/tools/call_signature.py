"""Signature of what a telephone system sends: HMAC-SHA256 over the time and the body."""

import hashlib
import hmac

WINDOW = 300
"""Seconds by which the time of a message may differ from ours: older ones could be recorded and sent again."""


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """Signature of a message, to be sent as ``X-CRM-Signature``.

    >>> sign("secret", "1767225600", b"{}")[:15]
    'sha256=fa7eaa06'
    """
    digest = hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    return f"sha256={digest}"


def problem(secret: str, timestamp: str, signature: str, body: bytes, now: float) -> str:
    """Why a message is not to be believed: "timestamp", "expired" or "signature"; empty when it is.

    :param now: seconds since 1970 (UTC)
    """
    if not (timestamp.isascii() and timestamp.isdecimal() and len(timestamp) <= 12):
        return "timestamp"
    # the comparison takes the same time wherever the two differ
    if not hmac.compare_digest(sign(secret, timestamp, body).encode(), signature.encode()):
        return "signature"
    return "expired" if abs(now - int(timestamp)) > WINDOW else ""
