from why503.facts import Bundle, Certificate, Source
from why503.mesh.armed.pod_setting import ending_certificates
from why503.mesh.mesh import Mesh

DAY = 86400.0


def ending(**told):
    one = Certificate(source=Source(path="certs"), teller="web", name="web", **told)
    return [found.values for found in ending_certificates(Mesh(Bundle(facts=(one,))))]


def test_a_long_lived_certificate_with_few_days_left_is_told():
    assert ending(days=3, valid_from=0.0, expires=90 * DAY) == [{"name": "web", "days": "3"}]


def test_one_with_many_days_left_and_those_of_workloads_are_not():
    assert ending(days=30, valid_from=0.0, expires=90 * DAY) == []
    assert ending(days=0, valid_from=0.0, expires=DAY) == []
    assert ending(days=0, sans=("spiffe://cluster.local/ns/a/sa/b",)) == []
