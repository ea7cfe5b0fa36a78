from why503.diagnosis.admitting_policy import admitting_policy
from why503.diagnosis.edit import placeholders
from why503.mesh.network_policy import Party

SERVER = Party(labels={"tier": "back", "app": "db"})


def test_the_policy_admits_the_callers_pods_to_the_one_port():
    caller = Party(labels={"app.kubernetes.io/name": "web"}, namespace="shop")
    policy = admitting_policy("db-admit", "data", SERVER, caller, 5432).data
    assert policy["metadata"] == {"name": "db-admit", "namespace": "data"}
    assert policy["spec"]["podSelector"] == {"matchLabels": {"app": "db"}}
    (rule,) = policy["spec"]["ingress"]
    assert rule["ports"] == [{"protocol": "TCP", "port": 5432}]
    (peer,) = rule["from"]
    assert peer["podSelector"] == {"matchLabels": {"app.kubernetes.io/name": "web"}}
    space = peer["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"]
    assert space == "shop"


def test_what_is_not_known_is_left_to_be_filled_in():
    new = admitting_policy("x", "data", SERVER, Party(), None)
    assert placeholders([new]) == ("<client-namespace>", "<label of the pods>", "<pod port>")
