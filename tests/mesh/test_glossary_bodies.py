import pytest

from why503.mesh.envoy_body import ending_words_of_length
from why503.mesh.glossary_bodies import BODIES, CODES


def test_a_body_means_what_its_details_mean():
    assert "UH" in BODIES["no healthy upstream"].signs[-1]
    assert BODIES["RBAC: access denied"].code == "403"


@pytest.mark.parametrize(
    ("body", "code"), [("no healthy upstream", 503), ("upstream request timeout", 504)]
)
def test_the_length_of_a_body_is_the_one_that_the_logs_show(body, code):
    assert str(len(body)) in BODIES[body].title
    assert ending_words_of_length(len(body), code)


def test_every_status_that_envoy_writes_is_explained():
    assert {0, 400, 403, 404, 429, 500, 502, 503, 504} <= set(CODES)
