"""What to do about a subset: define it where no rule does, give it pods where it has none."""

import shlex
from collections.abc import Mapping
from typing import Any

from why503.diagnosis.cause import Disposition, Remedy, RemedyKind
from why503.diagnosis.edit import Append, Edit, New, target_of
from why503.diagnosis.policy_edit import api
from why503.diagnosis.standing_object import edit
from why503.mesh.address import short_name
from why503.mesh.mesh import Mesh
from why503.mesh.route import subset_labels
from why503.mesh.setting import word_of
from why503.mesh.traffic_policy import destination_rules_for
from why503.mesh.workload import labels_of, service_of, workloads_of
from why503.support.text import _


def define_subset(mesh: Mesh, host: str, subset: str, namespace: str) -> Remedy:
    """Add a subset that a route names: in the rule that the host has, else in a new one."""
    name, rules = short_name(host)[0], destination_rules_for(mesh, host)
    labels, sure = _labels_of(mesh, host, subset)
    entry = {"name": subset, "labels": labels}
    guess = _("No pod of the evidence tells the labels: `version: {subset}` is a guess.")
    carried = _("The pods of {host} carry {labels}.")
    return Remedy(
        title=_("Define subset {subset} of {host}, with labels that its pods carry").format(
            subset=subset, host=host
        ),
        kind=RemedyKind.FIX,
        disposition=Disposition.NEEDS_REVIEW,
        edits=_defining(mesh, host, entry, namespace),
        derived=(
            (carried if sure else guess).format(
                host=host, subset=subset, labels=", ".join(f"{k}={v}" for k, v in labels.items())
            ),
        ),
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


def _labels_of(mesh: Mesh, host: str, subset: str) -> tuple[dict[str, Any], bool]:
    """Labels for a subset, and whether pods carry them: by its name as the value of one."""
    for workload in workloads_of(mesh, host):
        for key, value in labels_of(workload).items():
            if str(value) == subset:
                return {str(key): value}, True
    return {"version": subset}, False


def _defining(mesh: Mesh, host: str, entry: Mapping[str, Any], namespace: str) -> tuple[Edit, ...]:
    rules = [rule for rule in destination_rules_for(mesh, host) if rule.name]
    if rules and not rules[0].partial and not word_of(rules[0].get("spec", "host")).startswith("*"):
        return (Append(target=target_of(rules[0]), path=("spec", "subsets"), value=entry),)
    policy = rules[0].get("spec", "trafficPolicy") if rules else None
    data = {
        "apiVersion": api(mesh),
        "kind": "DestinationRule",
        "metadata": {"name": short_name(host)[0], "namespace": namespace},
        "spec": {
            "host": host,
            **({"trafficPolicy": policy} if isinstance(policy, Mapping) else {}),
            "subsets": [entry],
        },
    }
    service = service_of(mesh, host)
    return (New(data=data, beside=target_of(service) if service is not None else None),)


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
