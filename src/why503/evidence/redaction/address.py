"""Addresses: bit by bit, so that all that share a prefix of any length still share it.

Loopback, unspecified, link-local and multicast addresses and Istio's placeholders stay, and private
ranges stay private: what kind of address it is belongs to the diagnosis.
"""

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

from why503.evidence.redaction.pseudonym import digest

_KEPT = tuple(
    map(
        ip_network,
        (
            *("0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "240.240.0.0/16"),
            *("255.255.255.255/32", "::/127", "fe80::/10", "ff00::/8", "2001:2::/48"),
        ),
    )
)
_RANGES = tuple(
    map(
        ip_network,
        (
            *("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"),
            *("198.18.0.0/15", "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24"),
            *("240.0.0.0/4", "2001:db8::/32", "fc00::/7"),
        ),
    )
)
_PUBLIC = (6, 7, 11, 21, 22, 26, 28, 29, 30, 33, 55, 214, 215)
"""First numbers of the tokens of public addresses: networks that no public service lives in."""
_MAPPED = IPv6Network("::ffff:0:0/96")


class Addresses:
    """The tokens of the addresses of one bundle."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._tokens: dict[str, str] = {}

    @property
    def count(self) -> int:
        """Different addresses that were replaced."""
        return len(self._tokens)

    def token(self, text: str, prefix: int | None = None) -> str | None:
        """Token of an address, of a network where ``prefix`` is given; None where it is none."""
        if text in self._tokens:
            found = self._tokens[text]
        else:
            try:
                address = ip_address(text)
            except ValueError:
                return None
            found = str(self._of(address))
            if found != str(address):
                self._tokens[text] = found
            else:
                return text
        return found if prefix is None else _network(text, found, prefix)

    def _of(self, address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
        if isinstance(address, IPv6Address) and address in _MAPPED:
            inner = self._of(IPv4Address(int(address) & 0xFFFFFFFF))
            return IPv6Address(int(_MAPPED.network_address) | int(inner))
        if any(address.version == kept.version and address in kept for kept in _KEPT):
            return address
        range_ = next(
            (one for one in _RANGES if one.version == address.version and address in one), None
        )
        bits = f"{int(address):0{address.max_prefixlen}b}"
        if range_ is not None:
            done = bits[: range_.prefixlen]
        elif address.version == 4:
            drawn = digest(self._key, "first:" + bits[:8])[0] % len(_PUBLIC)
            done = f"{_PUBLIC[drawn]:08b}"
        else:
            done = bits[:4]
        for place in range(len(done), len(bits)):
            flip = digest(self._key, f"{address.version}:{bits[:place]}")[0] & 1
            done += str(int(bits[place]) ^ flip)
        return type(address)(int(done, 2))


def _network(text: str, token: str, prefix: int) -> str:
    """``token`` without the bits after ``prefix``, where ``text`` has none either."""
    try:
        ip_network(f"{text}/{prefix}")
    except ValueError:
        return token
    return str(ip_network(f"{token}/{prefix}", strict=False).network_address)
