"""The order in which Argo CD syncs: by wave, in a wave deletions first."""

from collections.abc import Iterable, Sequence

from why503.facts import Manifest
from why503.mesh.setting import mapping_of, word_of
from why503.repair.rollout.change import WALKED, Change
from why503.repair.rollout.state import State
from why503.repair.rollout.walk import Given
from why503.support.text import _

_WAVE = "argocd.argoproj.io/sync-wave"
_OPTIONS = "argocd.argoproj.io/sync-options"
_LAST = "PruneLast=true"


def has_waves(state: State) -> bool:
    """Whether any object says in which wave it comes."""
    return any(_annotation(one, _WAVE) for one in state.objects.values())


def waves(changes: Sequence[Change], wanted: State) -> list[Given]:
    """The steps of a sync; pruning is taken to be on.

    Between waves Argo CD waits for pods, and two seconds for all else.
    """
    applied: dict[int, list[Change]] = {}
    pruned: dict[int, list[Change]] = {}
    for change in changes:
        if change.key.kind in WALKED and change.after is None and change.before is not None:
            pruned.setdefault(_wave(change.before), []).append(change)
        elif change.after is not None:
            applied.setdefault(_wave(change.after), []).append(change)
    pruned = _mirrored(pruned)
    late = _late(pruned, wanted)
    end = max((*applied, *pruned), default=0) + 1
    if late:
        pruned[end] = late
    steps: list[Given] = []
    for wave in sorted({*applied, *pruned}):
        gone, come = pruned.get(wave, []), applied.get(wave, [])
        if gone:
            title = _("Wave {wave}: what Git no longer has is deleted").format(wave=wave)
            steps.append(_given(title, gone, through=not come))
        if come:
            steps.append(_given(_("Wave {wave}").format(wave=wave), come, through=True))
    return steps


def _given(title: str, changes: Iterable[Change], *, through: bool) -> Given:
    listed = list(changes)
    return Given(
        title=title,
        source=listed[0].manifest.source,
        objects={one.key: one.after for one in listed},
        waits_pods=None if through else frozenset(),
        waits_rules=through,
    )


def _mirrored(pruned: dict[int, list[Change]]) -> dict[int, list[Change]]:
    """Waves of deletions the other way round."""
    numbers = sorted(pruned)
    return {other: pruned[number] for number, other in zip(numbers, reversed(numbers), strict=True)}


def _late(pruned: dict[int, list[Change]], wanted: State) -> list[Change]:
    """Deletions that wait until everything else is done; they are taken out of ``pruned``."""
    whole = any(
        _LAST in word_of(option).replace(" ", "")
        for one in wanted.of("Application")
        for _n, option in one.items("spec", "syncPolicy", "syncOptions")
    )
    late: list[Change] = []
    for wave, changes in list(pruned.items()):
        found = [one for one in changes if whole or _is_late(one.before)]
        late += found
        pruned[wave] = [one for one in changes if one not in found]
        if not pruned[wave]:
            del pruned[wave]
    return late


def _is_late(manifest: Manifest | None) -> bool:
    return manifest is not None and _LAST in _annotation(manifest, _OPTIONS).replace(" ", "")


def _wave(manifest: Manifest) -> int:
    try:
        return int(_annotation(manifest, _WAVE) or 0)
    except ValueError:
        return 0


def _annotation(manifest: Manifest, name: str) -> str:
    return word_of(mapping_of(manifest.get("metadata", "annotations")).get(name))
