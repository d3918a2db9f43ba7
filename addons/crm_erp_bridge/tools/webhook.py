"""Events over HTTP: signing, waiting between tries, and the connection that goes nowhere inside."""

import base64
import hashlib
import hmac
import http.client
import ipaddress
import json
import socket
import ssl
from urllib.parse import urlsplit

MAX_TRIES = 12
FIRST_WAIT, LONGEST_WAIT = 10, 3600
TIMEOUT = 10
ANSWER_LENGTH = 500


class DeliveryError(Exception):
    """The event did not arrive; the text says why."""


def envelope(event_id: str, kind: str, subject: str, time: str, data) -> bytes:
    """A CloudEvents 1.0 message in structured form.

    >>> sorted(json.loads(envelope("1", "a.b", "R1", "2026-01-01T00:00:00Z", {})))
    ['data', 'datacontenttype', 'id', 'source', 'specversion', 'subject', 'time', 'type']
    """
    return json.dumps(
        {
            "specversion": "1.0",
            "id": event_id,
            "source": "/crm/requests",
            "type": kind,
            "subject": subject,
            "time": time,
            "datacontenttype": "application/json",
            "data": data,
        },
        separators=(",", ":"),
    ).encode()


def signature(secret: str, event_id: str, timestamp: int, body: bytes) -> str:
    """HMAC-SHA256 over ``id.timestamp.body``, as the Standard Webhooks write it.

    >>> signature("k", "1", 5, b"x") == signature("k", "1", 5, b"x") != signature("k", "1", 6, b"x")
    True
    """
    digest = hmac.new(secret.encode(), f"{event_id}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode()


def is_genuine(
    secret: str, message_id: str, timestamp: str, signatures: str, body: bytes, now: float, window: int
) -> bool:
    """Whether a message was signed with the secret, and not longer ago (or ahead) than the window.

    :param signatures: one or more, separated by spaces, so that a secret can be replaced in turn

    >>> sign = signature("k", "1", 5, b"x")
    >>> is_genuine("k", "1", "5", f"v1,AAAA {sign}", b"x", 6, 300), is_genuine("k", "1", "5", sign, b"x", 306, 300)
    (True, False)
    >>> is_genuine("", "1", "5", signature("", "1", 5, b"x"), b"x", 6, 300), is_genuine("k", "1", "x", sign, b"x", 6, 9)
    (False, False)
    """
    if not secret or not message_id or len(timestamp) > 12 or not timestamp.isdecimal() or not timestamp.isascii():
        return False
    if abs(now - int(timestamp)) > window:
        return False
    wanted = signature(secret, message_id, int(timestamp), body).encode()
    return any([hmac.compare_digest(wanted, found.encode()) for found in signatures.split()[:10]])


def wait_seconds(tries: int, jitter: float) -> float:
    """How long to wait after so many failed tries: 10 s, doubled each time, an hour at most, up to half less.

    :param jitter: from 0 to 1, so that many subscribers do not come back at one moment

    >>> wait_seconds(1, 0), wait_seconds(2, 0), wait_seconds(99, 0), wait_seconds(1, 1)
    (10.0, 20.0, 3600.0, 5.0)
    """
    return float(min(FIRST_WAIT * 2 ** min(tries - 1, 20), LONGEST_WAIT)) * (1 - jitter / 2)


def is_public(address: str) -> bool:
    """Whether an address is out on the internet: not this machine, not the local network, not a cloud's metadata.

    >>> [is_public(one) for one in ("8.8.8.8", "127.0.0.1", "10.1.2.3", "169.254.169.254", "::1", "::ffff:10.0.0.1")]
    [True, False, False, False, False, False]
    """
    found = ipaddress.ip_address(address.partition("%")[0])
    mapped = getattr(found, "ipv4_mapped", None)
    found = mapped or found
    return found.is_global and not found.is_multicast


def url_problem(url: str) -> str | None:
    """Why an address cannot be used, as a word; none when it can.

    >>> url_problem("https://example.com/hook"), url_problem("ftp://example.com"), url_problem("https://u:p@example.com")
    (None, 'scheme', 'credentials')
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "address"
    if parts.scheme not in ("http", "https"):
        return "scheme"
    if not parts.hostname or port == 0:
        return "address"
    return "credentials" if parts.username or parts.password else None


def resolve(host: str, port: int, allow_private: bool) -> str:
    """The address to connect to. All addresses of the name must be public: a name may have several.

    :raises DeliveryError: for an unknown name, and for one that leads inside
    """
    try:
        addresses = sorted({info[4][0] for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)})
    except (OSError, UnicodeError) as error:
        raise DeliveryError(f"{host}: {error}") from error
    if not allow_private and not all(map(is_public, addresses)):
        raise DeliveryError(f"{host} leads into a private network, which the subscriber is not allowed to")
    return addresses[0]


def post(url: str, body: bytes, headers: dict, allow_private: bool = False) -> None:
    """Send a message. The name is looked up once and that address is used, redirects are not followed.

    :raises DeliveryError: when it is not answered with 2xx
    """
    parts = urlsplit(url)
    secure = parts.scheme == "https"
    port = parts.port or (443 if secure else 80)
    address = resolve(parts.hostname, port, allow_private)
    kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    connection = kind(parts.hostname, port, timeout=TIMEOUT)
    try:
        connection.sock = socket.create_connection((address, port), timeout=TIMEOUT)
        if secure:
            connection.sock = ssl.create_default_context().wrap_socket(connection.sock, server_hostname=parts.hostname)
        connection.request("POST", (parts.path or "/") + (f"?{parts.query}" if parts.query else ""), body, headers)
        answer = connection.getresponse()
        text = answer.read(ANSWER_LENGTH).decode(errors="replace")
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise DeliveryError(f"{type(error).__name__}: {error}") from error
    finally:
        connection.close()
    if not 200 <= answer.status < 300:
        raise DeliveryError(f"{answer.status} {answer.reason}: {text}".strip())
