"""What made an object's YAML: a chart, an overlay, a tool that will write over it.

An edit of what is rendered or applied by a machine does not last. So before one is offered, the
text, the object's own labels and the files around it are asked who made it; `Origin.advice` says
what to set instead, and `Origin.blocks` whether the file itself must be left alone.
"""

from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from pathlib import PurePath
from typing import Any

from why503.evidence.yaml_tree import Trouble, documents, plain
from why503.support.dataclass import dataclass
from why503.support.pattern import lazy_re
from why503.support.text import _

_SOURCE = lazy_re(r"(?m)^# Source: (?P<chart>[^/\s]{1,200})/(?P<file>\S{1,400})[ \t]*\r?$")
_TEMPLATE = lazy_re(r"\{\{")
_OF_HELM = lazy_re(r"\{\{-?[ \t]{0,8}(?:\$?\.(?:Values|Release|Chart)\b|include[ \t]|toYaml[ \t])")
"""What only Helm fills in; alerts and dashboards have braces of their own."""
_VALUE = lazy_re(r"\.Values\.(?P<path>[A-Za-z0-9_.]{1,200})")
_LIVE = ("uid", "resourceVersion", "managedFields", "selfLink", "creationTimestamp")
_KUSTOMIZATIONS = ("kustomization.yaml", "kustomization.yml", "Kustomization")

Read = Callable[[str], str | None]
"""Text of a file; None where there is none."""


class Maker(StrEnum):
    """What made a text, or will write over it."""

    TEMPLATE = "helm-template"
    """The file is a template of a chart itself."""
    HELM = "helm"
    KUSTOMIZE = "kustomize"
    ARGO = "argo-cd"
    FLUX = "flux"
    CLUSTER = "cluster"
    """The text is an export of the live object."""


@dataclass(frozen=True, kw_only=True)
class Origin:
    """One maker of an object."""

    maker: Maker
    what: str
    """The chart, release, application or file, as it names itself."""
    advice: str
    """A sentence: what to change instead, or to know before."""
    blocks: bool
    """True where an edit of this file would be lost, or is none of YAML."""


def origins_of(path: str, text: str, data: Mapping[str, Any], read: Read) -> tuple[Origin, ...]:
    """Who made the object ``data`` that ``text``, its document in the file at ``path``, holds.

    ``read`` opens the files around it (`Chart.yaml`, kustomizations).
    """
    return (
        *_template(path, text, read),
        *_rendered(text, data),
        *_controllers(data),
        *_built(data),
        *_live(data),
        *_listed(path, read),
    )


def values_on(text: str, line: int) -> tuple[str, ...]:
    """Values of a chart that a template reads in line ``line`` (from 1), such as `pool.idle`."""
    rows = text.splitlines()
    row = rows[line - 1] if 0 < line <= len(rows) else ""
    return tuple(dict.fromkeys(found["path"].rstrip(".") for found in _VALUE.finditer(row)))


def _template(path: str, text: str, read: Read) -> Iterator[Origin]:
    if not _TEMPLATE.search(text):
        return
    for folder in PurePath(path).parents:
        chart = _yaml(read(str(folder / "Chart.yaml")))
        if chart:
            name = str(chart.get("name") or folder.name)
            said = _(
                "`{path}` is a template of the chart `{chart}`: set the value that it reads there "
                "in values.yaml, or change the template by hand."
            )
            told = said.format(path=path, chart=name)
            yield Origin(maker=Maker.TEMPLATE, what=name, advice=told, blocks=True)
            return
    if not _OF_HELM.search(text):
        return
    said = _("`{path}` is a template with `{{{{`, no YAML yet: change what fills it in.")
    yield Origin(maker=Maker.TEMPLATE, what=path, advice=said.format(path=path), blocks=True)


def _rendered(text: str, data: Mapping[str, Any]) -> Iterator[Origin]:
    labels, annotations = _words(data, "labels"), _words(data, "annotations")
    source = _SOURCE.search(text)
    if source is not None:
        said = _(
            "It was rendered by Helm from `{file}` of the chart `{chart}`: set the value that this "
            "template reads, or patch the chart's output in a post-renderer."
        )
        told = said.format(file=source["file"], chart=source["chart"])
        yield Origin(maker=Maker.HELM, what=source["chart"], advice=told, blocks=True)
        return
    release = annotations.get("meta.helm.sh/release-name", "")
    chart = labels.get("helm.sh/chart", "")
    managed = labels.get("app.kubernetes.io/managed-by", "").casefold() == "helm"
    if release or chart or managed:
        name = release or chart or labels.get("app.kubernetes.io/instance", "Helm")
        said = _(
            "It belongs to the Helm release or chart `{name}`: set the value that puts it there "
            "(`helm get values`), because the next upgrade writes over an edit."
        )
        yield Origin(maker=Maker.HELM, what=name, advice=said.format(name=name), blocks=True)


def _controllers(data: Mapping[str, Any]) -> Iterator[Origin]:
    labels, annotations = _words(data, "labels"), _words(data, "annotations")
    tracked = annotations.get("argocd.argoproj.io/tracking-id", "").partition(":")[0]
    if application := labels.get("argocd.argoproj.io/instance") or tracked:
        said = _("Argo CD application `{name}` applies it: commit the change to its source.")
        told = said.format(name=application)
        yield Origin(maker=Maker.ARGO, what=application, advice=told, blocks=False)
    for owner, kind in (("kustomize", "Kustomization"), ("helm", "HelmRelease")):
        if name := labels.get(f"{owner}.toolkit.fluxcd.io/name"):
            said = _("Flux {kind} `{name}` applies it: commit the change to its source.")
            told = said.format(kind=kind, name=name)
            yield Origin(maker=Maker.FLUX, what=name, advice=told, blocks=owner == "helm")


def _built(data: Mapping[str, Any]) -> Iterator[Origin]:
    annotations = _words(data, "annotations")
    origin = annotations.get("config.kubernetes.io/origin", "")
    if origin:
        found = _yaml(origin)
        file = str(found.get("path") or found.get("configuredIn") or "") or origin.strip()
        said = _(
            "It was built by Kustomize from `{file}`: change that file, or put a patch under "
            "`patches` of the overlay."
        )
        told = said.format(file=file)
        yield Origin(maker=Maker.KUSTOMIZE, what=file, advice=told, blocks=True)


def _live(data: Mapping[str, Any]) -> Iterator[Origin]:
    metadata = data.get("metadata")
    marks = [key for key in _LIVE if isinstance(metadata, Mapping) and key in metadata]
    if len(marks) > 1:
        said = _(
            "It is an export of the live object (it has `{field}`), not its source: change the "
            "file that it was applied from, or the cluster by `kubectl patch`."
        )
        told = said.format(field=marks[0])
        yield Origin(maker=Maker.CLUSTER, what=marks[0], advice=told, blocks=False)


def _listed(path: str, read: Read) -> Iterator[Origin]:
    """The kustomization that takes the file in, so that a patch of it is another way."""
    folders = list(PurePath(path).parents)
    for folder in folders[:3]:
        for name in _KUSTOMIZATIONS:
            place = str(folder / name)
            found = _yaml(read(place)) if place != path else {}
            listed = [*_list(found, "resources"), *_list(found, "bases")]
            here = PurePath(path)
            if any(PurePath(folder / str(one)) in {here, here.parent} for one in listed):
                said = _(
                    "`{file}` takes it in: every overlay on that gets the change. To change one "
                    "overlay only, put a patch under its `patches`."
                )
                told = said.format(file=place)
                yield Origin(maker=Maker.KUSTOMIZE, what=place, advice=told, blocks=False)
                return


def _list(found: Mapping[str, Any], name: str) -> list[Any]:
    value = found.get(name)
    return value if isinstance(value, list) else []


def _words(data: Mapping[str, Any], field: str) -> dict[str, str]:
    metadata = data.get("metadata")
    found = metadata.get(field) if isinstance(metadata, Mapping) else None
    return {str(key): str(one) for key, one in found.items()} if isinstance(found, Mapping) else {}


def _yaml(text: str | None) -> dict[str, Any]:
    """The first mapping of a text; empty for no text and for none of YAML."""
    for root in documents(text or ""):
        read = root if isinstance(root, Trouble) else plain(root)
        if not isinstance(read, Trouble) and isinstance(read.value, dict):
            return read.value
    return {}
