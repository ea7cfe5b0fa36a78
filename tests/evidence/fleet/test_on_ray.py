import pytest

from tests.evidence.fleet.same import TASK, reports
from why503.evidence.fleet.ahead import Fleet
from why503.evidence.fleet.engine import FleetError, connected

pytest.importorskip("ray", reason="Ray is there for Python below 3.14 only")


@pytest.mark.filterwarnings("ignore")
def test_ray_gives_the_same_report_to_the_byte(logs):
    here = reports(logs)

    with connected("ray", "") as engine:
        assert reports(logs, Fleet(engine, TASK)) == here


@pytest.mark.filterwarnings("ignore")
def test_a_ray_that_is_not_there_is_an_error_in_a_sentence():
    with pytest.raises(FleetError, match="Ray at"), connected("ray", "nowhere://x"):
        pass
