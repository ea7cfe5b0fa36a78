import pytest

from why503.evidence.archive.link import Links, normal


@pytest.mark.parametrize(
    ("path", "target", "inside"),
    [
        ("here", "a/b.log", True),
        ("a/here", "b.log", True),
        ("x/here", "../a/b.log", True),
        ("here", "a", True),
        ("here", "./a//b.log", True),
        ("here", "a/c.log", False),
        ("here", "a/b.log/c", False),
        ("here", "../a/b.log", False),
        ("here", "/a/b.log", False),
        ("here", "here", False),
        ("here", "x" * 2000, False),
    ],
)
def test_a_symbolic_link_is_seen_from_its_folder(path: str, target: str, *, inside: bool) -> None:
    links = Links()
    links.member("a/b.log")
    links.member("a-b")
    links.link(path, target, from_root=False)
    assert links.outside() == ([] if inside else [path])


def test_a_hard_link_is_seen_from_the_root() -> None:
    links = Links()
    links.member("./a/b.log")
    links.link("a/c.log", "a/b.log", from_root=True)
    links.link("a/d.log", "b.log", from_root=True)
    assert links.outside() == ["a/d.log"]


def test_links_lead_on_through_links_and_circles_end() -> None:
    links = Links()
    links.member("real/b.log")
    links.link("folder", "real", from_root=False)
    links.link("file", "folder/b.log", from_root=False)
    links.link("one", "two", from_root=False)
    links.link("two", "one", from_root=False)
    assert links.outside() == ["one", "two"]


def test_a_path_is_written_in_one_way() -> None:
    assert normal("//a/./b//../c/") == "a/b/../c"
