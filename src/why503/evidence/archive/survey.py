"""All names in a folder or archive, and what follows from them: who made it, who tells in it."""

from dataclasses import field
from functools import cached_property

from why503.evidence.archive.bundle_kind import BundleKind, kind_of
from why503.facts import Source, Unread
from why503.support.dataclass import dataclass
from why503.support.text import _

_ENDINGS = (".tar.gz", ".tgz", ".tar.zst", ".tar", ".zip", ".gz", ".zst")


@dataclass
class Survey:
    """The names of one archive's or folder's files, and what follows from all of them."""

    path: str
    is_archive: bool = False
    names: list[str] = field(default_factory=list)
    """Paths below it."""

    @cached_property
    def kind(self) -> BundleKind | None:
        """The tool that made it; None where no known tool did."""
        return kind_of(self.names)

    @cached_property
    def root(self) -> str:
        """The one folder that holds all files, with a slash at its end; ``""`` for one file."""
        if len(self.names) == 1:
            return ""
        firsts = {name.partition("/")[0] for name in self.names if "/" in name}
        bare = any("/" not in name for name in self.names)
        return f"{firsts.pop()}/" if len(firsts) == 1 and not bare else ""

    def teller(self, name: str) -> str:
        """The pod that a file tells of, `NAMESPACE/POD`; ``""`` where the kind names none."""
        for pattern in self.kind.pods if self.kind else ():
            if (found := pattern.match(name)) is not None:
                return f"{found['namespace']}/{found['pod']}"
        return ""

    def is_evidence(self, name: str) -> bool:
        """False for a file that only tells how the bundle was made."""
        return not any(p.match(name) for p in (self.kind.no_evidence if self.kind else ()))

    def notice(self) -> list[Unread]:
        """What such a bundle never holds; empty where no known tool made it."""
        if self.kind is None:
            return []
        reason = self.kind.never.format(path=self.path)
        told = [Unread(source=Source(path=self.path), reason=reason, count=0)]
        failed = [name for name in self.names if name.endswith("-errors.json")]
        if failed and not self.is_evidence(failed[0]):
            reason = _(
                "`{path}` has {count} files that say what could not be collected (first: {first})."
            ).format(path=self.path, count=len(failed), first=failed[0])
            told.append(Unread(source=Source(path=self.path), reason=reason, count=0))
        return told


class Surveys:
    """The folders and archives of one run, by path; an archive inside another is `OUTER!INNER`."""

    def __init__(self) -> None:
        self._surveys: dict[str, Survey] = {}

    def add(self, group: str, name: str, *, is_archive: bool) -> None:
        """A file in the folder or archive at ``group``."""
        if group not in self._surveys:
            self._surveys[group] = Survey(path=group, is_archive=is_archive)
        self._surveys[group].names.append(name)

    def is_evidence(self, group: str, name: str) -> bool:
        """False for a file that only tells how its bundle was made."""
        survey = self._surveys.get(group)
        return survey is None or survey.is_evidence(name)

    def teller(self, group: str, name: str) -> str:
        """Who tells in a file: its pod, else its folders in an archive; ``""`` for neither."""
        survey = self._surveys.get(group)
        if survey is None:
            return ""
        if pod := survey.teller(name):
            return pod
        if not survey.is_archive:
            return ""
        outer, *inner = group.split("!")
        archives = [outer, *inner] if self._several else inner
        folders = [_stem(archive) for archive in archives]
        folders.append(name.removeprefix(survey.root).rpartition("/")[0])
        return "/".join(part for part in folders if part)

    @cached_property
    def _several(self) -> bool:
        """Whether archives have to be told apart by their own names."""
        found = {path.split("!")[0] for path, one in self._surveys.items() if one.is_archive}
        return len(found) > 1

    def notices(self) -> list[Unread]:
        """What each bundle of a known tool never holds."""
        return [told for survey in self._surveys.values() for told in survey.notice()]


def _stem(path: str) -> str:
    """An archive's path without the endings that say what it is."""
    bare = path.lstrip("./")
    for ending in _ENDINGS:
        if bare.endswith(ending):
            return bare.removesuffix(ending)
    return bare
