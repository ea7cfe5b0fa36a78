import pytest

from why503.mesh.pod_name import is_pod_of


@pytest.mark.parametrize(
    ("name", "mine"),
    [
        ("stock", True),
        ("stock-7d9f8b6c5-x2k4p", True),
        ("stock-x2k4p", True),
        ("stock-0", True),
        ("stock-api-7d9f8b6c5-x2k4p", False),
        ("stocks-0", False),
        ("stock-", False),
        ("", False),
    ],
)
def test_a_pods_name_shows_its_workload(name, mine):
    assert is_pod_of(name, "stock") is mine
