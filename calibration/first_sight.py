"""Incidents as the causes weighed them at first sight, kept before anything was mended for them.

These alone say how often an answer is right on evidence that nobody has prepared for. A record
keeps the ids of causes and weights, nothing of the evidence.
"""

import json
from collections.abc import Iterable
from pathlib import Path

from calibration.item import Item, Truth, WeighedHop
from why503.diagnosis.clue import Weight

FOLDER = Path(__file__).parent / "first_sight"
_LETTERS = {
    "P": Weight.PROVES,
    "F": Weight.SPEAKS_FOR,
    "H": Weight.HINTS,
    "A": Weight.SPEAKS_AGAINST,
    "R": Weight.RULES_OUT,
}
_LETTER_OF = {weight: letter for letter, weight in _LETTERS.items()}


def kept(folder: Path = FOLDER) -> list[Item]:
    """Every incident of every record."""
    return [item for path in sorted(folder.glob("*.json")) for item in _read(path)]


def keep(items: Iterable[Item], name: str, folder: Path = FOLDER) -> Path:
    """Write a record; refused where one of that name is kept, for a first sight is had once."""
    path = folder / f"{name}.json"
    lines = ",\n".join(json.dumps(_told(item), sort_keys=True) for item in items)
    folder.mkdir(exist_ok=True)
    with path.open("x", encoding="utf-8") as file:
        file.write(f"[\n{lines}\n]\n")
    return path


def _told(item: Item) -> dict[str, object]:
    return {
        "name": item.name,
        "cause": item.truth.cause,
        "accepted": sorted(item.truth.accepted),
        "difficulty": item.truth.difficulty,
        "hops": [
            {
                "failures": hop.failures,
                "weights": {
                    cause: "".join(_LETTER_OF[weight] for weight in found)
                    for cause, found in hop.weights.items()
                },
            }
            for hop in item.hops
        ],
    }


def _read(path: Path) -> list[Item]:
    return [
        Item(
            corpus="first sight",
            name=f"{path.stem}/{told['name']}",
            truth=Truth(
                cause=told["cause"],
                accepted=frozenset(told["accepted"]),
                difficulty=told["difficulty"],
            ),
            hops=tuple(
                WeighedHop(
                    failures=hop["failures"],
                    destination="",
                    weights={
                        cause: tuple(_LETTERS[letter] for letter in letters)
                        for cause, letters in hop["weights"].items()
                    },
                )
                for hop in told["hops"]
            ),
        )
        for told in json.loads(path.read_text(encoding="utf-8"))
    ]
