"""An answer of `why503 fix` with every part in it, for tests."""

from dataclasses import replace

from why503.repair.fixed import (
    SCHEMA,
    Fix,
    FixElsewhere,
    FixPlace,
    FixRemedy,
    FixWritten,
    Outcome,
    State,
)

DIFF = "--- a/x.yaml\n+++ b/x.yaml\n@@ -1 +1 @@\n-a: 1\n+a: 2\n"


def remedy(number, state, **told):
    given = {
        "cause": "keepalive-race",
        "cause_title": "The server closed first",
        "confidence": 0.91,
        "verdict": "proven",
        "hop": FixPlace(id="upstream-proxy->upstream-app", upstream="web", destination="web:80"),
        "kind": "fix",
        "disposition": "safe",
        "title": f"Do thing {number}",
        "derived": ("60 s × 5/6 = 50 s.",),
        "risks": ("It may hurt.",),
        "verify": "It is better.",
        "undo": "Undo it.",
        "commands": ("kubectl get x",),
        "opens": False,
        "chosen": False,
        "diff": "",
        "files": (),
        "elsewhere": (),
        "refused": (),
        "notes": (),
        **told,
    }
    return FixRemedy(number=number, state=state, **given)


ELSEWHERE = FixElsewhere(
    path="x.yaml",
    object="Service shop/web",
    maker="helm",
    advice="Set the value.",
    operations=({"op": "add"},),
    patch="kind: Sidecar\n",
)
VALUED = replace(ELSEWHERE, values={"pool.idle": "50s"})
ANSWER = Fix(
    schema=SCHEMA,
    outcome=Outcome.CHANGES,
    remedies=(
        remedy(1, State.OFFERED, chosen=True, diff=DIFF, files=("x.yaml",), notes=("Mind it.",)),
        remedy(2, State.ELSEWHERE, elsewhere=(ELSEWHERE, VALUED)),
        remedy(3, State.REFUSED, refused=("No such file.",), kind="stop-gap"),
        remedy(4, State.BY_HAND, kind="prevention"),
        remedy(5, State.OFFERED, diff=DIFF),
        remedy(6, State.IN_PLACE),
        remedy(7, State.OFFERED, diff=DIFF, opens=True),
    ),
    diff=DIFF,
    files=("x.yaml",),
    refused=("Two want different values.",),
)
WRITTEN = FixWritten(files=("x.yaml",), backup="/home/me/state/000001")
