import pytest

from why503.repair.change_set import ChangeSet, FileChange
from why503.repair.diff import diff
from why503.repair.hidden import shown

FILE = """kind: Secret
metadata: {name: a}
stringData:
  other: hunter2x
---
kind: Deployment
metadata: {name: b}
spec:
  template:
    spec:
      containers:
      - name: b
        env:
        - name: API_TOKEN
          value: "hunter2x"
        args: ["--db-password=hunter2x", --plain]
"""


def changed(after):
    file = FileChange(path="x.yaml", before=FILE.encode(), after=after.encode())
    return ChangeSet(files=(file,))


@pytest.mark.parametrize(
    "after",
    [
        FILE + "---\nkind: Sidecar\n",
        FILE.replace("--plain", "--other"),
        FILE.replace("kind: Secret", "kind: Secret # mine"),
    ],
)
def test_no_secret_stands_in_the_context_of_what_is_shown(after):
    changes = changed(after)
    exact = diff(changes, context=20)
    assert "hunter2x" in exact
    told = shown(exact, changes)
    assert "hunter2x" not in told
    assert "***" in told
    assert len(told.split("\n")) == len(exact.split("\n"))


def test_a_diff_without_secrets_stays_as_it_is():
    file = FileChange(path="x.yaml", before=b"a: 1\n", after=b"a: 2\n")
    changes = ChangeSet(files=(file,))
    assert shown(diff(changes), changes) == diff(changes)
