"""Envoy's `/certs` and `istioctl proxy-config secret -o json`: validity of loaded certificates."""

import re

from why503.evidence.json_document import NameLines, cut, decoded
from why503.evidence.proto_json import Json, messages, number, word
from why503.evidence.reader import Context, Reading
from why503.facts.certificate import Certificate
from why503.facts.reading import Unread
from why503.support.duration import moment_of
from why503.support.pattern import lazy_re
from why503.support.text import _

NAME = "certificates"

_HEAD = lazy_re(
    r'\s{0,100}\{\s{0,100}"certificates"\s{0,4}:\s{0,4}\[(?:\s{0,100}\]|'
    r'\s{0,100}\{\s{0,100}(?:\}|"(?:ca_cert|cert_chain)"))'
)


def bid(text: str) -> float:
    """0.97 for `/certs`; istioctl's secrets are read as the part of a dump that they are."""
    return 0.97 if _HEAD.match(text[:1000].lstrip("\ufeff")) else 0.0


def read(text: str, context: Context) -> Reading:
    """Every certificate once, however many TLS contexts use it."""
    document = decoded(text)
    if document is None:
        reason = _("Cannot read the certificates in `{path}`: fetch `/certs` of the proxy again.")
        unread = Unread(source=context.source(), reason=reason.format(path=context.path))
        return Reading(unread=[unread])
    reading = Reading(unread=cut(document, context))
    lines = _SerialLines(text)
    found: dict[tuple[object, ...], Certificate] = {}
    for entry in messages(document.value, "certificates"):
        for name, is_ca in (("ca_cert", True), ("cert_chain", False)):
            for part in messages(entry, name):
                certificate = _certificate(part, is_ca, lines, context)
                key = (certificate.name, certificate.serial, certificate.expires, is_ca)
                found.setdefault(key, certificate)
    reading.facts.extend(found.values())
    if not found and not reading.unread:
        reason = _("`{path}` names no certificate: this proxy has loaded none.")
        reading.unread.append(
            Unread(source=context.source(), reason=reason.format(path=context.path))
        )
    return reading


class _SerialLines(NameLines):
    """Lines of certificates by their serial numbers."""

    PATTERN = re.compile(r'"serial_number"\s{0,4}:\s{0,4}"([^"\n]{1,200})')


def _certificate(part: Json, is_ca: bool, lines: NameLines, context: Context) -> Certificate:
    serial = word(part, "serial_number")
    return Certificate(
        source=context.source(lines.line(serial)),
        teller=context.teller,
        name=word(part, "path").strip("<>"),
        sans=tuple(
            name
            for entry in messages(part, "subject_alt_names")
            for kind in ("uri", "dns", "ip_address")
            if (name := word(entry, kind))
        ),
        serial=serial.lower(),
        valid_from=moment_of(word(part, "valid_from")),
        expires=moment_of(word(part, "expiration_time")),
        is_ca=is_ca,
        days=number(part, "days_until_expiration"),
    )
