import re

from hypothesis import given, settings

from tests.report import example
from tests.report.strange import diagnoses
from why503.report import markdown
from why503.report.markdown import code, escaped


def test_the_answer_reads_like_this() -> None:
    only = example.finding(remedies=example.REMEDIES[:1], clues=(example.clue("Idle 60 s.", 7, 9),))
    assert markdown.render(example.diagnosis(only, data_loss=example.full().data_loss)) == (
        """\
## keepalive-race, proven (0.96): The server closed an idle connection as the proxy reused it

```text
[cart]──[proxy]──[proxy]──✖──[store]
```

between the proxy of the server and its application (upstream-proxy->upstream-app)

**42 of 700 requests to store.shop.svc.cluster.local:8080 failed**, \
2026-01-05 22:54:13Z to 22:55:02Z

### Why

|  | clue | weight | where |
| --- | --- | --- | --- |
| `+` | Idle 60 s. | speaks for | `server/access.log:7`, `:9` |

**Data:** Every failed write was repeated.  `server/access.log:3`

### What to do

- **Stop-gap**: Let the caller's proxy try once more when the connection was reset (needs review)

```sh
kubectl apply -f retry.yaml
```

Risk: A request that is not idempotent can be done twice.
"""
    )


def test_a_log_line_cannot_end_its_table_cell() -> None:
    row = example.clue("outbound|80||a\n| b |", 7)
    shown = markdown.render(example.diagnosis(example.finding(clues=(row,), remedies=())))
    assert "| `+` | outbound\\|80\\|\\|a \\| b \\| | speaks for |" in shown


def test_html_links_and_mentions_stay_words() -> None:
    assert escaped("<img src=x> [a](b) @ada https://e.example") == (
        "\\<img src=x> \\[a\\](b) @\u200bada https\\://e.example"
    )


def test_words_with_underscores_stay_readable() -> None:
    assert escaped("via_upstream _x_") == "via_upstream \\_x\\_"


def test_backticks_cannot_leave_a_code_span() -> None:
    assert code("a``b") == "```a``b```"
    assert code("`") == "`` ` ``"


def test_backticks_cannot_leave_a_fenced_block() -> None:
    fenced = example.question()
    evil = type(fenced)(what="x", command="a\n```\n# b", decides=(), gain=1.0)
    shown = markdown.render(example.diagnosis(next_checks=(evil,)))
    assert "````sh\na\n```\n# b\n````" in shown


@settings(max_examples=60)
@given(diagnoses)
def test_any_answer_makes_one_closed_page(answer) -> None:  # type: ignore[no-untyped-def]
    shown = markdown.render(answer, verbose=True)
    fence = ""
    for line in shown.split("\n"):
        mark = re.match(r"(`{3,})(\w*)$", line)
        if mark and not fence:
            fence = mark[1]
        elif line == fence:
            fence = ""
        elif not fence:
            assert "<script" not in line.replace("\\<", "").split("`")[0]
    assert not fence
    assert shown.encode()
