"""No secret of the evidence is ever in an answer, whatever it stands in."""

# ruff: noqa: E501 - a line of evidence is as long as it is

import string
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import why503
from why503.causes import CATALOGUE
from why503.diagnosis import explain as explaining
from why503.diagnosis.explanation import Topic
from why503.evidence.read import ReadError
from why503.report import explanation as explained
from why503.report import json, markdown, text

_TAIL = (
    "outbound|80||orders.shop.svc.cluster.local 10.1.0.9:41000 10.9.0.4:80 10.1.0.9:52000 - default"
)


def access_line(path: str = "/x", authority: str = "orders:80", agent: str = "curl/8.1") -> str:
    return (
        f'[2026-03-09T02:00:01.198Z] "GET {path} HTTP/1.1" 503 UC '
        "upstream_reset_before_response_started{connection_termination} - "
        f'"-" 0 95 4 - "-" "{agent}" "8e282fc3-08b5-7eff-f84b-5dacb6e41603" "{authority}" '
        f'"10.1.0.7:8080" {_TAIL}'
    )


POD = """apiVersion: v1
kind: Pod
metadata:
  name: orders-7d9f8b6c5d-x2x4z
  namespace: shop
  annotations:
    kubectl.kubernetes.io/last-applied-configuration: |
      {{"kind":"Pod","spec":{{"containers":[{{"env":[{{"name":"DB_PASSWORD","value":"{0}"}}]}}]}}}}
spec:
  containers:
  - name: orders
    image: acme/orders:1
    args: ["--db-password={0}", "--dsn=postgres://me:{0}@db/x"]
    env:
    - name: API_TOKEN
      value: "{0}"
    - name: DATABASE_URL
      value: postgres://me:{0}@db:5432/x
"""
SECRET = """apiVersion: v1
kind: Secret
metadata: {{name: cred, namespace: shop}}
data:
  something: {0}
stringData:
  other: {0}
"""
CONFIG_MAP = """apiVersion: v1
kind: ConfigMap
metadata: {{name: conf, namespace: shop}}
data:
  app.properties: |
    db.password={0}
    api_key: {0}
  url: amqp://me:{0}@mq
"""
DUMP = """2026-03-09T02:00:01.198Z\tdebug\tenvoy http external/envoy/source/common/http/conn_manager_impl.cc:1183\t[Tags: "ConnectionId":"7","StreamId":"9"] request headers complete (end_stream=true):
':authority', 'orders:80'
':path', '/x?access_token={0}'
':method', 'GET'
'authorization', 'Bearer {0}'
'cookie', 'session={0}; other={0}'
'x-api-key', '{0}'
\tthread=25
2026-03-09T02:00:01.298Z\tdebug\tenvoy http external/envoy/source/common/http/filter_manager.cc:1065\t[Tags: "ConnectionId":"7","StreamId":"9"] Sending local reply with details upstream_reset_before_response_started{{connection_termination}}\tthread=25
"""
CURL = """$ curl -v -H 'Authorization: Bearer {0}' -u me:{0} http://me:{0}@orders/x?api_key={0}
* Server auth using Basic with user 'me'
> GET /x?api_key={0} HTTP/1.1
> Host: orders
> Authorization: Basic {0}
> Cookie: sid={0}
> X-Api-Key: {0}
>
< HTTP/1.1 503 Service Unavailable
< set-cookie: sid={0}; Path=/
< server: envoy
<
upstream connect error or disconnect/reset before headers. reset reason: connection termination
"""
DESCRIBE = """Name:         orders-7d9f8b6c5d-x2x4z
Namespace:    shop
Annotations:  auth-token: {0}
Containers:
  orders:
    Image:      acme/orders:1
    Args:
      --password={0}
    State:          Waiting
      Reason:       CrashLoopBackOff
    Environment:
      DB_PASSWORD:  {0}
      DSN:  postgres://me:{0}@db/x
Events:
  Type     Reason     Age   From     Message
  Warning  Unhealthy  2m    kubelet  Readiness probe failed: Get "http://me:{0}@10.1.0.7:8080/ready?token={0}": dial tcp
"""
KEY = "-----BEGIN RSA PRIVATE KEY-----\n{0}\n-----END RSA PRIVATE KEY-----\n"

EVIDENCE = {
    "path.log": access_line(path="/login?password={0}&access_token={0}"),
    "referer.log": access_line(path="https://me:{0}@orders/x"),
    "authority.log": access_line(authority="me:{0}@orders:80"),
    "agent.log": access_line(agent="app/1 (Authorization: Bearer {0})"),
    "agent-jwt.log": access_line(agent="x eyJhbGciOiJI.eyJ{0}.{0}"),
    "access.json": '{{"start_time":"2026-03-09T02:00:01.198Z","method":"GET","path":"/x?token={0}",'
    '"response_code":503,"response_flags":"UC","authority":"me:{0}@orders",'
    '"authorization":"Bearer {0}","cookie":"a={0}"}}',
    "docker.json": '{{"log":"ERROR call failed: 503 \\"authorization\\":\\"{0}\\" '
    'password=\\"{0}\\" at http://me:{0}@orders/x?sig={0}\\n","stream":"stderr",'
    '"time":"2026-03-09T02:00:01.198Z"}}',
    "app.log": "2026-03-09T02:00:01.198Z ERROR call http://me:{0}@orders/x failed: 503 token={0}\n"
    "2026-03-09T02:00:02.198Z ERROR login failed, password: {0}\n"
    "2026-03-09T02:00:03.198Z FATAL secret={0} api_key={0} Cookie: sid={0}",
    "app.json": '{{"time":"2026-03-09T02:00:01Z","level":"error","msg":"503 from upstream",'
    '"password":"{0}","headers":{{"Authorization":"Bearer {0}","X-Api-Key":"{0}"}},'
    '"url":"http://me:{0}@orders/x?token={0}"}}',
    "vmalert.log": "2026-03-09T02:00:01.198Z\terror\tVictoriaMetrics/app/vmalert/remotewrite/client.go:200"
    '\tattempt 1 to send request failed: unexpected response code 503 for '
    'http://me:{0}@vminsert:8480/insert?authKey={0}&token={0}. Response body "x" (retriable: true)',
    "pod.yaml": POD,
    "secret.yaml": SECRET,
    "configmap.yaml": CONFIG_MAP,
    "envoy.log": DUMP,
    "curl.txt": CURL,
    "describe.txt": DESCRIBE,
    "key.txt": KEY,
    "key-in-app.log": "2026-03-09T02:00:01.198Z ERROR bad key\n" + KEY,
    "lone.txt": "Authorization: Bearer {0}\nX-Auth-Token: {0}\nSet-Cookie: a={0}",
    "clusters.json": '{{"items":[' + '{{"kind":"Secret","apiVersion":"v1","metadata":{{"name":"s"}},'
    '"data":{{"k":"{0}"}}}}]}}',
}  # fmt: skip


def filled(name: str, secret: str) -> str:
    """The evidence ``name`` with ``secret`` in it."""
    return EVIDENCE[name].replace("{{", "{").replace("}}", "}").replace("{0}", secret)


_TOLD_BY_THEIR_PLACE = ("something:", "other:", "value:", '{"items":')
"""Lines of which only what stands around them tells that they hold a secret."""

SECRETS = st.text(string.ascii_letters + string.digits, min_size=12, max_size=24).filter(
    lambda secret: any(sign.isdigit() for sign in secret)
)


def answers(given: list[str]) -> str:
    """Everything that the program says of these files, in every format."""
    diagnosis = why503.diagnose(*given)
    return "\n".join(
        (
            text.render(diagnosis, width=100, verbose=True, ascii_only=False),
            markdown.render(diagnosis, verbose=True),
            json.render(diagnosis),
        )
    )


@pytest.mark.parametrize("name", EVIDENCE)
@settings(
    max_examples=5,
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(secret=SECRETS)
def test_no_secret_of_the_evidence_is_in_an_answer(name: str, secret: str) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder, name)
        path.write_text(filled(name, secret), encoding="utf-8")
        assert secret not in answers([str(path)])


@settings(max_examples=5, database=None, derandomize=True)
@given(secret=SECRETS)
def test_no_secret_is_in_an_answer_to_a_folder_of_every_kind(secret: str) -> None:
    with TemporaryDirectory() as folder:
        for name in EVIDENCE:
            Path(folder, name).write_text(filled(name, secret), encoding="utf-8")
        assert secret not in answers([folder])


@pytest.mark.parametrize("name", EVIDENCE)
def test_no_secret_is_in_an_explanation(name: str) -> None:
    secret = "Zq7hunter2Xk9"
    for line in filled(name, secret).splitlines():
        if line == secret or line.lstrip().startswith(_TOLD_BY_THEIR_PLACE):
            continue
        answer = explaining.explain(line, CATALOGUE)
        said = explained.render_json(answer) + explained.render_markdown(answer)
        said += explained.render_text(answer, width=100, ascii_only=False)
        assert secret not in said, (answer.topic is Topic.NOT_KNOWN, line)


def test_no_secret_is_in_the_sentence_for_a_file_that_is_not_there() -> None:
    with pytest.raises(ReadError) as refused:
        why503.diagnose("https://me:Zq7hunter2Xk9@files/x.log?token=Zq7hunter2Xk9")
    assert "Zq7hunter2Xk9" not in str(refused.value)
