"""Takes evidence away: the truth stays, and a bold answer has less and less to stand on."""

import re
from collections.abc import Iterator, Mapping
from pathlib import PurePath

from why503.mesh import Mesh

CONFIGURATION = re.compile(
    r"\.ya?ml$|manifest|config.?dump|clusters|listeners|certs|server_info|stats|describe",
    re.IGNORECASE,
)
"""Names of files that tell what was configured or counted rather than what happened."""
APPLICATION = re.compile(r"(?:^|/)app|application|curl|other", re.IGNORECASE)
"""Names of files that hold what applications and people said."""

Files = Mapping[str, bytes]


def thinned(files: Files, mesh: Mesh) -> Iterator[Files]:
    """Variants with less evidence, each once: no configuration, no application, one log, one line.

    ``mesh`` is what was read from the full evidence.
    """
    told = _failing_lines(files, mesh)
    variants: list[dict[str, bytes]] = [
        {name: text for name, text in files.items() if not CONFIGURATION.search(name)},
        {name: text for name, text in files.items() if not APPLICATION.search(name)},
        *({name: files[name]} for name in told),
    ]
    for name, lines in told.items():
        variants.append({name: lines[0]})
        variants.append({name: b"".join(lines)})
    seen: list[Files] = [files]
    for variant in variants:
        if variant and variant not in seen:
            seen.append(variant)
            yield variant


def _failing_lines(files: Files, mesh: Mesh) -> dict[str, list[bytes]]:
    """Lines that tell of failures, by file, in their order; the deciding accounts first."""
    found: dict[str, list[bytes]] = {}
    for hop in mesh.hops:
        for request in hop.accounts():
            source = request.source
            name = next((name for name in files if _is(source.path, name)), "")
            lines = files[name].splitlines(keepends=True) if name else []
            if 0 < source.line <= len(lines):
                found.setdefault(name, []).append(lines[source.line - 1])
    return found


def _is(path: str, name: str) -> bool:
    """True where ``path`` ends in the parts of ``name``."""
    parts = PurePath(name).parts
    return PurePath(path).parts[-len(parts) :] == parts
