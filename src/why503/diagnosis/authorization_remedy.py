"""What to do where an authorization policy refuses a caller who is to come in."""

from why503.diagnosis.cause import Disposition, Remedy, RemedyKind
from why503.diagnosis.edit import Edit
from why503.support.text import _

_MEANT = _("A denial can be meant: ask the owner of the policy first.")
_ANSWERED = _("The caller gets its answer; others are still denied.")
_UNDONE = _("Take the caller's principal out again.")


def caller_let_in(service: str, check: str, namespace: str, edits: tuple[Edit, ...] = ()) -> Remedy:
    """Extend an ALLOW policy: no rule of one took the caller. ``check`` is a command."""
    return Remedy(
        title=_(
            "Let the caller of {service} in: extend an ALLOW policy by its service account"
        ).format(service=service),
        kind=RemedyKind.FIX,
        disposition=Disposition.NEEDS_REVIEW,
        edits=edits,
        commands=(check, f"kubectl -n {namespace} edit authorizationpolicy <policy>"),
        risks=(_MEANT, _("Principals match only where the caller comes with mutual TLS.")),
        verify=_ANSWERED,
        undo=_UNDONE,
        opens=True,
    )


def rule_narrowed(
    service: str, check: str, policy: str, rule: str, edits: tuple[Edit, ...] = ()
) -> Remedy:
    """Except the caller from the DENY rule that matched: only such rules refuse by matching.

    ``policy`` is `namespace/name`, ``rule`` the number of its rule as the proxy tells it.
    """
    namespace, _slash, name = policy.partition("/")
    return Remedy(
        title=_(
            "Let the caller of {service} in: narrow rule {rule} of the DENY policy {policy}, or "
            "except the caller there by `notPrincipals`"
        ).format(service=service, rule=rule, policy=policy),
        kind=RemedyKind.FIX,
        disposition=Disposition.NEEDS_REVIEW,
        edits=edits,
        commands=(check, f"kubectl -n {namespace} edit authorizationpolicy {name}"),
        risks=(
            _MEANT,
            _("Under `principals`, a DENY rule would refuse the caller just the same."),
            _("A caller without mutual TLS has no principal: `notPrincipals` does not spare it."),
        ),
        verify=_ANSWERED,
        undo=_UNDONE,
        opens=True,
    )
