from tests.evidence.fuzz import assert_never_raises, read_lines
from why503.evidence import kubectl_table

SESSION = """\
$ kubectl get pods -n books -o wide
NAME       READY   STATUS             RESTARTS      AGE   IP          NODE    NOMINATED NODE
shelf-0    2/2     Running            0             3d    10.1.0.4    blue    <none>
shelf-1    1/2     CrashLoopBackOff   12 (3m ago)   3d    10.1.0.5    green   <none>

and the service:
NAMESPACE   NAME    TYPE       CLUSTER-IP   EXTERNAL-IP   PORT(S)                    AGE
books       shelf   NodePort   10.9.0.1     <none>        80:30080/TCP,9090/TCP      4d
LAST SEEN   TYPE      REASON      OBJECT          MESSAGE
2m          Warning   Unhealthy   pod/shelf-1     Readiness probe failed:  HTTP 503
it is bad
kubectl get dr shelf -n books -o jsonpath='{.spec.trafficPolicy.tls.mode}'
ISTIO_MUTUAL%
"""


def test_every_row_is_a_partial_object_with_its_line():
    reading, claimed = read_lines(kubectl_table, SESSION)
    found = [(fact.full_name, fact.source.line, fact.partial) for fact in reading.facts]
    assert found == [
        ("Pod books/shelf-0", 3, True),
        ("Pod books/shelf-1", 4, True),
        ("Service books/shelf", 8, True),
        ("Event", 10, True),
        ("DestinationRule books/shelf", 13, True),
    ]
    assert claimed == [1, 2, 3, 4, 7, 8, 9, 10, 12, 13]


def test_rows_have_the_paths_of_the_real_objects():
    reading, _claimed = read_lines(kubectl_table, SESSION)
    _running, crashing, service, event, rule = reading.facts
    assert crashing.get("status", "containerStatuses", 1, "restartCount") == 12
    assert (crashing.get("status", "podIP"), crashing.get("spec", "nodeName")) == (
        "10.1.0.5",
        "green",
    )
    assert service.get("spec", "ports", 0) == {"port": 80, "nodePort": 30080, "protocol": "TCP"}
    assert event.get("involvedObject", "name") == "shelf-1"
    assert event.get("message").endswith("HTTP 503")
    assert rule.get("spec", "trafficPolicy", "tls", "mode") == "ISTIO_MUTUAL"


def test_misaligned_and_collapsed_tables_are_read():
    misaligned = "NAME                ENDPOINTS      AGE\nweb   <none>   3h\n\n"
    text = misaligned + "NAME ENDPOINTS AGE\napi 10.0.0.1:80 3h\n"
    web, api = read_lines(kubectl_table, text)[0].facts
    assert web.get("subsets") == []
    assert api.get("subsets", 0, "ports", 0, "port") == 80


def test_the_command_names_the_kind_of_a_table_without_telling_titles():
    text = "k get peerauthentication -n a\nNAME MODE AGE\ndefault STRICT 3d\n"
    (found,) = read_lines(kubectl_table, text)[0].facts
    assert found.full_name == "PeerAuthentication a/default"
    assert found.get("spec", "mtls", "mode") == "STRICT"


def test_other_tools_tables_and_prose_are_left_alone():
    table = "NAME   CLUSTER   CDS   LDS   EDS\nweb.a   Kubernetes   SYNCED   SYNCED   SYNCED\n"
    text = table + "NAME your price\n"
    assert read_lines(kubectl_table, text)[1] == []


def test_an_empty_jsonpath_value_does_not_take_the_next_command():
    text = "kubectl get pod a -o jsonpath={.status.reason}\nkubectl get pod b\n"
    assert read_lines(kubectl_table, text)[0].facts == []


def test_jsonpath_with_list_places_makes_lists():
    text = "kubectl get svc a -o jsonpath='{.spec.ports[1].port}'\n8080\n"
    (found,) = read_lines(kubectl_table, text)[0].facts
    assert found.get("spec", "ports", 1, "port") == 8080


def test_never_raises():
    assert_never_raises(kubectl_table, SESSION)


def test_rows_of_pods_and_events_are_read_without_their_header():
    text = (
        "shop-7d9f8b6c5-x2k4p   2/2   Terminating   0   9d   10.1.2.3   node-1\n"
        "\n"
        "8m12s   Warning   Unhealthy   pod/shop-7d9f8b6c5-x2k4p   Liveness probe failed: 404\n"
        "some prose   2/2   that is   no row\n"
    )
    reading, _claimed = read_lines(kubectl_table, text)
    pod, event = reading.facts
    assert (pod.kind, pod.get("status", "podIP"), pod.get("status", "reason")) == (
        "Pod",
        "10.1.2.3",
        "Terminating",
    )
    assert (event.get("reason"), event.get("involvedObject", "name")) == (
        "Unhealthy",
        "shop-7d9f8b6c5-x2k4p",
    )
