"""Names that people and programs give to the fields of an access log, in any spelling."""

import re
from functools import lru_cache

from why503.evidence.access_log.fields import (
    MISSING,
    Fields,
    are_known_flags,
    milliseconds,
    present,
    whole,
)
from why503.support.pattern import lazy_re

_ALIASES: dict[str, str] = {
    "time": "starttime time timestamp ts datetime date",
    "method": "method requestmethod httpmethod verb reqmethod httprequestmethod",
    "path": "path requestpath requesturl uri url requesturi xenvoyoriginalpath xenvoyoriginpath "
    "originalpath urlpath httppath request reqpath",
    "protocol": "protocol httpversion proto requestprotocol alpn",
    "code": "responsecode status statuscode httpstatus code responsestatus httpstatuscode "
    "httpresponsestatuscode respcode responsestatuscode",
    "flags": "responseflags responseflag flags respflags envoyresponseflags responseflagslong",
    "details": "responsecodedetails responsedetails statusdetails codedetails details "
    "responsecodedetail rcd",
    "termination_details": "connectionterminationdetails",
    "transport_failure": "upstreamtransportfailurereason transportfailurereason "
    "upstreamtransportfailure",
    "bytes_received": "bytesreceived requestsize rxbytes bytesin receivedbytes",
    "bytes_sent": "bytessent responsesize txbytes bytesout sentbytes",
    "duration": "duration totaltime totaltimems durationms latency requestduration "
    "totalduration totaldurationms latencyms",
    "upstream_service_time": "upstreamservicetime xenvoyupstreamservicetime upstreamtime",
    "forwarded_for": "xforwardedfor forwardedfor xff xfor",
    "user_agent": "useragent httpuseragent ua",
    "request_id": "requestid xrequestid reqid envoyrequestid",
    "authority": "authority host requesthost httphost requestauthority hostheader",
    "upstream_host": "upstreamhost upstream upstreamremoteaddress",
    "upstream_cluster": "upstreamcluster cluster upstreamclusterraw upstreamclustername",
    "upstream_local": "upstreamlocaladdress upstreamlocal",
    "downstream_local": "downstreamlocaladdress downstreamlocal",
    "downstream_remote": "downstreamremoteaddress downstreamremote remoteaddress "
    "downstreamremoteaddresswithoutport downstreamdirectremoteaddress",
    "server_name": "requestedservername sni requestedservername servername",
    "route": "routename route",
}
_FIELD_OF: dict[str, str] = {
    alias: field for field, aliases in _ALIASES.items() for alias in aliases.split()
}
_SECONDS = frozenset({"durations", "durationseconds", "latencyseconds", "totaltimeseconds"})
_UNMISTAKABLE = (
    "flags",
    "details",
    "termination_details",
    "transport_failure",
    "upstream_service_time",
    "upstream_cluster",
    "upstream_host",
)
_DETAILS = lazy_re(
    r"\"?(?:via_upstream|direct_response|no_healthy_upstream|cluster_not_found|route_not_found|"
    r"upstream_(?:reset|response|per_try|max)_\w|response_timeout|rbac_access_denied|"
    r"ext_authz_\w|jwt_authn_|filter_chain_not_found|duration_timeout|stream_idle_timeout|"
    r"request_(?:overall_)?timeout|local_rate_limited|http[12]\.)"
)
"""What the details begin with that no other program writes."""
_REQUEST_LINE = lazy_re(r"([^\s\"/]{1,40}) (\S{1,8000}) (HTTP/[0-9.]{1,4}|-)")


@lru_cache(maxsize=4096)
def _plain(key: str) -> str:
    return re.sub(r"[^a-z0-9]", "", key.lower())


@lru_cache(maxsize=4096)
def field_of(key: str) -> str | None:
    """The `Request` attribute that ``key`` names, or None."""
    plain = _plain(key)
    return "duration" if plain in _SECONDS else _FIELD_OF.get(plain)


def put(fields: Fields, key: str, value: str) -> None:
    """Add the value of ``key`` where it names a field that has no value yet."""
    name = field_of(key)
    if name is None:
        return
    if name == "path" and (request := _REQUEST_LINE.fullmatch(value)):
        for part, text in zip(("method", "path", "protocol"), request.groups(), strict=True):
            fields.setdefault(part, text)
        return
    if name == "upstream_host" and "|" in value:
        name = "upstream_cluster"
    if name == "flags" and value != "-" and not value[:1].isupper():
        return
    if name == "duration" and _plain(key) in _SECONDS and (span := milliseconds(value)) is not None:
        value = f"{span * 1000:.6f}"
    if fields.get(name, "-") in MISSING:
        fields[name] = value


def is_proxy_line(fields: Fields) -> bool:
    """True where the fields are those of a proxy's access log, not of a program's request log."""
    if whole(fields.get("code")) is None:
        return False
    return any(name in fields for name in _UNMISTAKABLE)


def has_known_flags(fields: Fields) -> bool:
    """True for a line with flags of Envoy's own, or without flags but with code details.

    Details need a duration beside them, or words of Envoy's own.
    """
    flags = fields.get("flags")
    if flags is None:
        own = _DETAILS.match(fields.get("details", "")) is not None
        return own or (present(fields, "details") and present(fields, "duration"))
    return are_known_flags(flags)
