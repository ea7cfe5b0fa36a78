import pytest

from why503.evidence.access_log.words import Word, agrees, split_words


def test_words_stand_between_blanks_or_quotes():
    assert split_words('a "b c" - "" name{x y,z} "cut of') == [
        Word(text="a"),
        Word(text="b c", quoted=True),
        Word(text="-"),
        Word(text="", quoted=True),
        Word(text="name{x y,z}"),
        Word(text="cut of", quoted=True, cut=True),
    ]


@pytest.mark.parametrize(
    ("field", "yes", "no"),
    [
        ("duration", "12", "a"),
        ("details", "via_upstream", "12"),
        ("forwarded_for", "192.0.2.1,10.0.0.1", "api.example.org"),
        ("forwarded_for", "2001:db8::1", "10.0.0.1:5000"),
        ("user_agent", "curl/8", "10.0.0.1:5000"),
        ("request_id", "0b1c2d3e-4f50-4a6b-8c7d-9e0f1a2b3c4d", "a.b.c"),
        ("authority", "a.example.org:80", "two words"),
        ("upstream_host", "[2001:db8::1]:80", "cluster"),
        ("downstream_remote", "10.0.0.1", "default"),
        ("upstream_cluster", "inbound|80||", "10.0.0.1:80"),
    ],
)
def test_a_value_agrees_with_its_field_only(field, yes, no):
    assert agrees(field, Word(text=yes))
    assert agrees(field, Word(text="-"))
    assert not agrees(field, Word(text=no))
