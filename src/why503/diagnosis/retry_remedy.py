"""Retries at the caller's proxy: only for requests that may be sent twice, or with the warning."""

from collections.abc import Iterator

from why503.diagnosis.cause import Disposition, Remedy, RemedyKind
from why503.diagnosis.edit import Edit, New, Put, target_of
from why503.diagnosis.policy_edit import api, service_target
from why503.diagnosis.standing_object import edit, retried_rules, retry_command, routing_service
from why503.facts import Manifest
from why503.mesh.hop import Hop
from why503.mesh.mesh import Mesh
from why503.mesh.naming import namespace_of, object_name, rule_host
from why503.mesh.repeatable import Repeatable, is_remote_write, repeatable
from why503.support.text import _

BROKEN = ("connect-failure", "refused-stream", "reset", "503")
"""What a connection that broke looks like to the caller, also from behind a sidecar."""
NOT_MADE = ("connect-failure", "refused-stream")
"""What shows that no server has seen the request."""
_TWICE = _(
    "A repeated request may run twice: safe for reads and remote write, not for all. The fix below "
    "needs no retry."
)


def retry_on_503(hop: Hop, mesh: Mesh) -> Remedy:
    """Let the caller's proxy repeat requests whose connection broke, also behind a sidecar.

    By a change of the VirtualService that routes the host, where there is one, else by a new one.
    Where a request was seen that may act twice, nothing is changed and the reason is said.
    """
    answer, request = repeatable(hop, mesh)
    if answer is Repeatable.UNSAFE and request is not None:
        return _not_repeated(f"{request.method} {(request.path or '').partition('?')[0]}".strip())
    write = request is not None and is_remote_write(request)
    known = {
        Repeatable.SAFE: _("Remote write is idempotent by design: a repeated write is harmless.")
        if write
        else _("The requests that were seen do the same once or twice; see that all others do."),
        Repeatable.UNKNOWN: _TWICE,
    }
    return repeated(
        hop,
        mesh,
        BROKEN,
        title=_("Let the caller's proxy repeat the request, where it is safe to repeat"),
        risks=(known[answer], _("It hides the cause, which goes on.")),
        verify=_("Failures seen by the caller stop, while 503 UC in the proxies' logs goes on."),
    )


def _not_repeated(seen: str) -> Remedy:
    title = _("Let callers repeat only what may run twice: `{request}` may not, as far as seen")
    return Remedy(
        title=title.format(request=seen[:120]),
        kind=RemedyKind.STOP_GAP,
        disposition=Disposition.OUTSIDE_MESH,
        risks=(
            _(
                "A proxy cannot tell whether the server had begun to work: a blind retry may run a "
                "request twice. The fix below needs no retry."
            ),
        ),
        verify=_("Failures seen by the caller stop, and nothing is done twice."),
    )


def retry_unconnected(hop: Hop, mesh: Mesh, *, title: str, verify: str) -> Remedy:
    """Let the caller's proxy repeat what no server has seen; behind a sidecar the 503 as well."""
    answer, _request = repeatable(hop, mesh)
    behind = any(failure.outcome.behind for failure in hop.failures)
    safe = answer is Repeatable.SAFE
    words = (*NOT_MADE, "503") if safe else NOT_MADE
    risks = [_("It hides the cause, which goes on.")]
    if not safe:
        risks.append(
            _(
                "Behind a server's sidecar the caller sees a 503 answer, which this does not "
                "repeat: add 503 to retryOn where a request may run twice."
            )
            if behind or answer is Repeatable.UNKNOWN
            else _("Requests in flight are repeated only by `reset`, and may then run twice.")
        )
    return repeated(hop, mesh, words, title=title, risks=tuple(risks), verify=verify)


def repeated(
    hop: Hop,
    mesh: Mesh,
    conditions: tuple[str, ...],
    *,
    title: str,
    risks: tuple[str, ...],
    verify: str,
) -> Remedy:
    """Retries on these conditions, in the VirtualService that routes the host, else a new one."""
    name, namespace = object_name(hop, mesh), namespace_of(hop, mesh)
    service = routing_service(hop, mesh)
    extend = _("A VirtualService that routes this host already must be extended instead.")
    edits: tuple[Edit, ...] = (_retrying(hop, mesh, conditions),)
    if service is not None:
        edits = tuple(_added(service, hop, conditions))
    return Remedy(
        title=title,
        kind=RemedyKind.STOP_GAP,
        disposition=Disposition.NEEDS_REVIEW,
        edits=edits,
        commands=(retry_command(service, hop, conditions, namespace),) if service else (),
        risks=risks if service else (*risks, extend),
        verify=verify,
        undo=edit(service, namespace)
        if service
        else f"kubectl -n {namespace} delete virtualservice {name}",
    )


def _added(service: Manifest, hop: Hop, conditions: tuple[str, ...]) -> Iterator[Put]:
    if service.partial:
        return
    for rule, retries in retried_rules(service, hop, conditions):
        for field in ("attempts", "retryOn"):
            path = (*rule.path, "retries", field)
            yield Put(target=target_of(service), path=path, value=retries[field])


def _retrying(hop: Hop, mesh: Mesh, conditions: tuple[str, ...]) -> New:
    host = rule_host(hop)
    data = {
        "apiVersion": api(mesh),
        "kind": "VirtualService",
        "metadata": {"name": object_name(hop, mesh), "namespace": namespace_of(hop, mesh)},
        "spec": {
            "hosts": [host],
            "http": [
                {
                    "route": [{"destination": {"host": host}}],
                    "retries": {"attempts": 2, "retryOn": ",".join(conditions)},
                }
            ],
        },
    }
    return New(data=data, beside=service_target(hop, mesh))
