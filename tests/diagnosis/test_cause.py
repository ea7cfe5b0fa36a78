from tests.diagnosis.fake import HERE
from why503.diagnosis.cause import Rule, Severity


def test_a_hazard_speaks_with_its_values() -> None:
    hazard = Rule("early", Severity.WARNING, "closes after {idle}").at(HERE, idle="5 s")
    assert hazard.text == "closes after 5 s"
