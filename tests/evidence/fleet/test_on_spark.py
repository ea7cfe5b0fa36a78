import os

import pytest

from tests.evidence.fleet.same import TASK, reports
from why503.evidence.fleet.ahead import Fleet
from why503.evidence.fleet.engine import FleetError, connected

WANTED = os.environ.get("WHY503_FLEET") == "all"
needs_spark = pytest.mark.skipif(not WANTED, reason="`make test-fleet` runs Spark (491 MB, Java)")


@needs_spark
@pytest.mark.filterwarnings("ignore")
def test_spark_gives_the_same_report_to_the_byte(logs):
    here = reports(logs)

    with connected("spark", "local-cluster[2,1,1024]") as engine:
        assert reports(logs, Fleet(engine, TASK)) == here


@needs_spark
@pytest.mark.filterwarnings("ignore")
def test_spark_connect_is_refused_with_the_reason():
    with pytest.raises(FleetError, match="Spark Connect"), connected("spark", "sc://host:15002"):
        pass
