import string

from why503.evidence.archive.tally import Reason, Tally


def test_members_are_one_sentence_for_each_reason() -> None:
    tally = Tally(path="a.tgz")
    for name in ("x", "y"):
        tally.count(Reason.DEVICE, name)
    tally.count(Reason.LINK, "z" * 5000)
    tally.say("It is cut.")
    cut, device, link = tally.sentences()
    assert (cut.reason, cut.source.path) == ("It is cut.", "a.tgz")
    assert (device.count, device.reason) == (
        2,
        "2 members of `a.tgz` are no files (first: x) and were not read.",
    )
    assert len(link.reason) < 300


def test_every_reason_names_archive_and_member() -> None:
    for reason in Reason:
        fields = {name for _text, name, _spec, _how in string.Formatter().parse(reason.value)}
        assert {"count", "path", "first"} <= fields
