"""A DestinationRule that loses subsets, changed in two halves: first more, then fewer."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from why503.diagnosis.yaml_text import Form, block_rows
from why503.facts import Manifest
from why503.mesh.setting import mapping_of, word_of
from why503.repair.rollout.change import Change
from why503.repair.rollout.state import with_data


def halves(changes: Iterable[Change]) -> Iterator[Change]:
    """Changes, each DestinationRule that loses subsets and stays as two."""
    for change in changes:
        wide = _widened(change)
        if wide is None:
            yield change
            continue
        yield replace(change, after=wide, part="widen")
        yield replace(change, before=wide, part="narrow")


def _widened(change: Change) -> Manifest | None:
    """The new rule with the old one's subsets too; None where that is not another rule."""
    before, after = change.before, change.after
    if change.key.kind != "DestinationRule" or before is None or after is None:
        return None
    names = {word_of(mapping_of(one).get("name")) for _n, one in after.items("spec", "subsets")}
    lost = [
        one
        for _n, one in before.items("spec", "subsets")
        if word_of(mapping_of(one).get("name")) not in names
    ]
    if not lost:
        return None
    kept = [one for _n, one in after.items("spec", "subsets")]
    return with_data(after, ("spec", "subsets"), [*lost, *kept])


def document(manifest: Manifest) -> str:
    """An object that stands in no file, as YAML to apply."""
    return "\n".join(block_rows(_plain(manifest.data), 0, Form())) + "\n"


def _plain(data: object) -> dict[str, object]:
    fields = dict(mapping_of(data))
    fields.pop("status", None)
    metadata = dict(mapping_of(fields.get("metadata")))
    for name in ("managedFields", "resourceVersion", "uid", "generation", "creationTimestamp"):
        metadata.pop(name, None)
    fields["metadata"] = metadata
    return fields
