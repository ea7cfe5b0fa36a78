from tests.diagnosis.fake import HERE
from why503.diagnosis.cause import Hazard


def test_a_hazard_speaks_with_its_values() -> None:
    hazard = Hazard(sentence="closes after {idle}", source=HERE, values=(("idle", "5 s"),))
    assert hazard.text == "closes after 5 s"
