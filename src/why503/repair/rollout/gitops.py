"""A GitOps tool that puts back what a controller has changed."""

from collections.abc import Iterator, Sequence

from why503.facts import Manifest
from why503.mesh.setting import mapping_of, word_of
from why503.repair.rollout.hazard import Hazard
from why503.repair.rollout.state import State
from why503.support.text import _


def reverting(controller: Manifest, objects: Sequence[Manifest], state: State) -> Iterator[Hazard]:
    """Objects that a controller changes and that an Argo CD Application may put back."""
    applications = [
        one for one in state.of("Application") if one.api_version.startswith("argoproj.io/")
    ]
    for one in objects:
        leaving = [app for app in applications if _ignores(app, one)]
        if not applications:
            text = _("{controller} changes {object} while it walks.")
            yield Hazard(
                id="gitops-may-revert",
                severity="note",
                text=text.format(controller=controller.full_name, object=one.full_name),
                remedy=_(
                    "Where a GitOps tool applies it, let the tool leave the changed fields alone "
                    "(Argo CD: ignoreDifferences with RespectIgnoreDifferences=true)."
                ),
                source=one.source,
            )
            continue
        if leaving:
            continue
        heals = any(
            mapping_of(app.get("spec", "syncPolicy", "automated")).get("selfHeal") is True
            for app in applications
        )
        text = _(
            "{application} does not leave {object} alone, which {controller} changes: a sync puts "
            "the weights of Git back, on pods that may be gone."
        )
        yield Hazard(
            id="gitops-reverts",
            severity="error" if heals else "warning",
            text=text.format(
                application=applications[0].full_name,
                object=one.full_name,
                controller=controller.full_name,
            ),
            remedy=_(
                "Name it under ignoreDifferences, and set the sync option "
                "RespectIgnoreDifferences=true."
            ),
            source=applications[0].where("spec", "ignoreDifferences"),
        )


def _ignores(application: Manifest, one: Manifest) -> bool:
    """Whether an Application leaves fields of an object alone, in a sync too."""
    listed = [told for _n, told in application.items("spec", "syncPolicy", "syncOptions")]
    if "RespectIgnoreDifferences=true" not in [
        word_of(option).replace(" ", "") for option in listed
    ]:
        return False
    for _number, told in application.items("spec", "ignoreDifferences"):
        fields = mapping_of(told)
        name, kind = word_of(fields.get("name")), word_of(fields.get("kind"))
        if kind in (one.kind, "*") and name in ("", one.name):
            return True
    return False
