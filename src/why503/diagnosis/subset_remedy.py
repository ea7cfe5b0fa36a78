"""What to do about a subset: define it where no rule does, give it pods where it has none."""

import shlex

from why503.diagnosis.cause import Disposition, Patch, Remedy, RemedyKind
from why503.diagnosis.proposal import destination_rule_head
from why503.diagnosis.standing_object import edit
from why503.mesh.address import short_name
from why503.mesh.mesh import Mesh
from why503.mesh.route import subset_labels
from why503.mesh.traffic_policy import destination_rules_for
from why503.support.text import _


def define_subset(mesh: Mesh, host: str, subset: str, namespace: str) -> Remedy:
    """Add a subset that a route names: in the rule that the host has, else in a new one."""
    name, rules = short_name(host)[0], destination_rules_for(mesh, host)
    new = destination_rule_head(name, namespace, host)
    lines = f"  subsets:\n  - name: {subset}\n    labels:\n      version: {subset}\n"
    path, line = (rules[0].source.path, rules[0].source.line) if rules else ("", 0)
    return Remedy(
        title=_("Define subset {subset} of {host}, with labels that its pods carry").format(
            subset=subset, host=host
        ),
        kind=RemedyKind.FIX,
        disposition=Disposition.NEEDS_REVIEW,
        patches=(Patch(yaml=new + lines, path=path, line=line),),
        risks=(
            _("Extend a rule for this host that exists already instead of adding a second one."),
        ),
        verify=_(
            "`istioctl proxy-config clusters --fqdn {host}` shows the subset, `endpoints` its pods."
        ).format(host=host),
        undo=edit(rules[0], namespace)
        if rules
        else f"kubectl -n {namespace} delete destinationrule {name}",
    )


def give_pods(mesh: Mesh, host: str, subset: str, namespace: str) -> Remedy:
    """Let pods carry the labels of a subset that the proxy knows and that is empty."""
    rules, labels = destination_rules_for(mesh, host), subset_labels(mesh, host, subset)
    wanted = labels.value if labels is not None else {}
    chosen = ",".join(f"{key}={value}" for key, value in wanted.items())
    rule = edit(rules[0], namespace) if rules else ""
    space = short_name(host)[1] or namespace
    return Remedy(
        title=_(
            "Deploy {subset} of {host} with the labels that the subset wants{labels}, or mend "
            "those labels in the DestinationRule that defines it"
        ).format(subset=subset, host=host, labels=f" ({chosen})" if chosen else ""),
        kind=RemedyKind.FIX,
        disposition=Disposition.NEEDS_REVIEW,
        commands=(
            f"kubectl -n {space} get pods -l {shlex.quote(chosen)} --show-labels"
            if chosen
            else f"kubectl -n {space} get pods --show-labels",
            rule or f"kubectl -n {namespace} edit destinationrule <destinationrule>",
        ),
        risks=(_("A Deployment's selector cannot be changed; the labels of its pods can."),),
        verify=_(
            "`istioctl proxy-config endpoint` shows pods for subset {subset}, and UH ends."
        ).format(subset=subset),
    )
