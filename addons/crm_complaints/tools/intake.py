"""What can be said of an incoming mail before anything can go wrong with it: pure functions over raw bytes.

The headers are read leniently, never decoded further than needed: a mail that no parser accepts still gets a
fingerprint and a row in the ledger.
"""

import codecs
import hashlib
import re
from email import message_from_bytes, policy
from email.message import Message
from email.utils import getaddresses

STABLE_HEADERS = ("message-id", "from", "date", "subject", "content-type", "in-reply-to")
"""Headers that are equal in every copy of one mail; those of the transport differ."""
RECIPIENT_HEADERS = ("to", "cc", "delivered-to", "x-original-to", "envelope-to", "resent-to")
VERDICTS = ("human", "automatic", "bounce", "list")

_HEADER_END = re.compile(rb"\r?\n\r?\n")
_MESSAGE_ID = re.compile(rb"(?im)^message-id:[^\r\n]*(?:\r?\n[ \t][^\r\n]*)*(?:\r?\n)?")
_CHARSET = re.compile(rb"(?i)(charset\s*=\s*\"?)([^\s\";]+)")
_ENCODED_WORD = re.compile(rb"=\?([^?\s]+)\?([bq])\?", re.IGNORECASE)
_ROBOT = re.compile(r"(?i)^(no-?reply|do-?not-?reply|mailer-daemon|postmaster|bounces?)([+-].*)?$")


def headers(raw: bytes) -> Message:
    """The header block alone; parsing it never fails."""
    end = _HEADER_END.search(raw)
    block = raw[: end.start()] if end else raw[:65536]
    return message_from_bytes(block.replace(b"\0", b"") + b"\r\n\r\n", policy=policy.compat32)


def header(message: Message, name: str) -> str:
    """The first value of a header as one line of text; empty when missing."""
    return " ".join(str(message.get(name) or "").split())


def addresses(message: Message, names=RECIPIENT_HEADERS) -> set[str]:
    """Addresses in the given headers, in lower case."""
    values = [str(value) for name in names for value in message.get_all(name, [])]
    return {address.lower() for _name, address in getaddresses(values) if "@" in address}


def fingerprint(raw: bytes, found: Message | None = None) -> str:
    """The same for every copy of one mail, another for every other mail.

    Line ends and the headers that servers add on the way do not count.

    :param found: the headers, where they were read before
    """
    found = headers(raw) if found is None else found
    end = _HEADER_END.search(raw)
    body = raw[end.end() :] if end else b""
    parts = [header(found, name).encode("utf-8", "surrogateescape") for name in STABLE_HEADERS]
    digest = hashlib.sha256()
    for part in (*parts, body.replace(b"\r\n", b"\n").rstrip(b"\n")):
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()


def verdict(raw: bytes, found: Message | None = None) -> str:
    """Who wrote: a human, or one of the robots that must never get an automatic answer (RFC 3834, section 2)."""
    found = headers(raw) if found is None else found
    senders = addresses(found, ("from",))
    local = next(iter(senders), "").partition("@")[0]
    content_type = header(found, "content-type").lower()
    if local == "mailer-daemon" or header(found, "return-path") == "<>" or "multipart/report" in content_type:
        return "bounce"
    if header(found, "list-id") or header(found, "precedence").lower() in ("list", "bulk", "junk"):
        return "list"
    submitted = header(found, "auto-submitted").partition(";")[0].strip().lower()
    suppress = header(found, "x-auto-response-suppress").lower()
    if (
        submitted not in ("", "no")
        or suppress not in ("", "none")
        or header(found, "precedence").lower() == "auto_reply"
        or header(found, "x-autoreply")
        or header(found, "x-autorespond")
        or _ROBOT.match(local)
    ):
        return "automatic"
    return "human"


def with_message_id(raw: bytes, message_id: str) -> bytes:
    """The mail under another Message-ID, so that it is not taken for the one that has it already."""
    end = _HEADER_END.search(raw)
    cut = end.start() if end else len(raw)
    block = _MESSAGE_ID.sub(b"", raw[:cut] + b"\n").rstrip(b"\r\n")
    return b"Message-ID: " + message_id.encode("ascii") + b"\r\n" + block + raw[cut:]


def repaired(raw: bytes) -> bytes:
    """A copy that a parser accepts: no NUL, no character set that nobody knows."""

    def known(match: re.Match) -> bytes:
        try:
            codecs.lookup(match[match.lastindex if match.re is _CHARSET else 1].decode("ascii", "replace"))
        except LookupError:
            return match[1] + b"latin-1" if match.re is _CHARSET else b"=?latin-1?" + match[2] + b"?"
        return match[0]

    raw = raw.replace(b"\0", b"").replace(b"=00", b"")
    return _ENCODED_WORD.sub(known, _CHARSET.sub(known, raw))
