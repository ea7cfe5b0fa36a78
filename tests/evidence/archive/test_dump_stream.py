import json

from why503.evidence.archive import dump_stream
from why503.evidence.archive.dump_stream import is_stream, parts_of, read_documents
from why503.evidence.reader import Context
from why503.facts import Manifest

ITEM = {"kind": "Node", "metadata": {"name": "n"}}
NODE = {"kind": "NodeList", "apiVersion": "v1", "items": [ITEM]}
LOG = "==== START logs for container app of pod shop/cart-0 ====\n{\n}\n==== END logs for container app of pod shop/cart-0 ====\n"  # noqa: E501
TEXT = json.dumps(NODE, indent=4) + "\n" + LOG + json.dumps(NODE, indent=4) + "\n"
HERE = Context(path="dump.txt", teller="dump")


def test_documents_are_cut_out_and_lines_keep_their_numbers() -> None:
    assert is_stream(TEXT)
    documents, rest = parts_of(TEXT)
    lines = TEXT.split("\n")
    assert [json.loads(text) for _line, text in documents] == [NODE, NODE]
    assert all(lines[line - 1] == "{" for line, _text in documents)
    assert len(rest.split("\n")) == len(lines)
    assert rest.strip("\n") == LOG.strip("\n")


def test_objects_get_their_lines_in_the_whole_text(monkeypatch) -> None:
    documents, _rest = parts_of(TEXT)
    found = read_documents(documents, HERE).facts
    assert [(fact.kind, fact.name) for fact in found if isinstance(fact, Manifest)] == [
        ("Node", "n"),
        ("Node", "n"),
    ]
    assert found[0].source.line < found[1].source.line
    monkeypatch.setattr(dump_stream, "WITH_LINES", 0)
    assert [fact.source.line for fact in read_documents(documents, HERE).facts] == [0, 0]


def test_a_cut_document_is_named(monkeypatch) -> None:
    monkeypatch.setattr(dump_stream, "WITH_LINES", 0)
    documents, _rest = parts_of(LOG + TEXT[:60])
    unread = read_documents(documents, HERE).unread
    assert [(item.source.line, "cut or damaged" in item.reason) for item in unread] == [(5, True)]


def test_other_texts_are_no_dump() -> None:
    assert not is_stream(json.dumps(NODE, indent=4))
    assert not is_stream(LOG)
