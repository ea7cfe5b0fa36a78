"""Items made of nothing but weights."""

from calibration.item import Item, Truth, WeighedHop
from why503.diagnosis.clue import Weight

P, F, H = Weight.PROVES, Weight.SPEAKS_FOR, Weight.HINTS


def item(truth="a", accepted=(), worth=1.0, promise=False, corpus="made", **weights):
    """An item with one hop; ``weights`` are tuples by cause."""
    known = frozenset({truth, *accepted} - {""})
    return Item(
        corpus=corpus,
        name="one",
        truth=Truth(cause=truth, accepted=known, difficulty=""),
        hops=(WeighedHop(failures=1, destination="x", weights=weights),) if weights else (),
        worth=worth,
        promise=promise,
    )
