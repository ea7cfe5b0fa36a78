import subprocess
import sys

import pytest

from why503.diagnosis import alert_later
from why503.diagnosis.alert import Unseen, Urgency
from why503.diagnosis.alert_later import ANYBODY, OUTSIDE_HOSTS, Limits, flagged, made
from why503.diagnosis.alert_request import ANYBODY as MADE_ANYBODY
from why503.diagnosis.alert_request import Limits as MadeLimits
from why503.diagnosis.alert_request import flagged as flagged_now


def test_what_is_noted_is_made_as_if_it_had_been_called() -> None:
    noted = flagged("UO", teller=ANYBODY, limits=Limits(share=0.5))
    assert made(noted) == flagged_now("UO", teller=MADE_ANYBODY, limits=MadeLimits(share=0.5))


def test_names_are_made_where_they_are_keys_or_members() -> None:
    urgency = alert_later.Urgency.INFO
    noted = flagged("UF", among={OUTSIDE_HOSTS: "a.example"}, limits=Limits(urgency=urgency))
    alert = made(noted)
    assert alert.urgency is Urgency.INFO
    assert "destination_service!~" in alert.expression


def test_what_is_made_already_stays() -> None:
    unseen = Unseen(reason="No.")
    assert made(unseen) is unseen


def test_every_name_offered_is_one_of_a_maker_and_no_other_is() -> None:
    for name in set(alert_later.__all__) - {"made"}:
        assert made(getattr(alert_later, name)) is not None
    with pytest.raises(ImportError):
        from why503.diagnosis.alert_later import no_such  # noqa: F401


def test_causes_import_no_maker() -> None:
    program = "import sys, why503.causes; print(*sorted(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    found = {name for name in done.stdout.split() if name.startswith("why503.diagnosis.alert")}
    assert found == {"why503.diagnosis.alert_later"}
