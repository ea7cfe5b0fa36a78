import pytest

from tests.mesh.make import line_of, mesh_of, odd
from why503.facts import AccessLog, AppEvent, AppEventKind, Request, RequestGroup, Source
from why503.mesh.server import How, keepalive_of, known_servers

HOST = "orders.shop.svc.cluster.local"
DEPLOYMENT = """
    kind: Deployment
    metadata: {{name: {name}, namespace: shop}}
    spec:
      template:
        metadata: {{labels: {{app: {name}}}}}
        spec:
          containers:
          - name: istio-proxy
            image: istio/proxyv2
            args: [--keep-alive-timeout=99s]
          - name: app
            image: {image}
            args: {args}
            env: {env}
    """


def deployment(image="team/orders:1", args="[]", env="[]", name="orders"):
    return DEPLOYMENT.format(image=image, args=args, env=env, name=name)


def flag(teller, value, program="victoria-metrics", name="http.idleConnTimeout"):
    return AppEvent(
        source=Source(path=f"{teller}.log", line=3),
        kind=AppEventKind.FLAG,
        teller=teller,
        program=program,
        name=name,
        text=value,
    )


def inbound(teller, authority):
    group = RequestGroup(
        teller=teller,
        upstream_cluster="inbound|8480||",
        upstream_host="10.0.0.1:8480",
        authority=authority,
        code=200,
        flags=frozenset(),
        details=None,
        transport_failure=None,
        method="POST",
        protocol="HTTP/1.1",
        minute=None,
        count=1,
        first=None,
        last=None,
        duration_p50=None,
        duration_p99=None,
        idle_p50=None,
        exemplars=(),
    )
    return AccessLog(
        source=Source(path=f"{teller}/access.log"),
        teller=teller,
        formats=(),
        lines=1,
        understood=1,
        misread=(),
        first=None,
        last=None,
        groups=(group,),
        failures=(),
        request_ids=frozenset(),
        request_ids_complete=True,
    )


@pytest.mark.parametrize(
    ("args", "seconds"),
    [
        ("[-http.idleConnTimeout=2s]", 2.0),
        ("[--http.idleConnTimeout, 30s]", 30.0),
        ("[uvicorn, --timeout-keep-alive, '5']", 5.0),
        ("[gunicorn, -k, gthread, --keep-alive, '8']", 8.0),
        ("[--keep-alive-timeout=1.25s]", 1.25),
        ("[--server.keepAliveTimeout, '65000']", 65.0),
        ("[--server.tomcat.keep-alive-timeout=30000]", 30.0),
        ("[--web.read-timeout=10m]", 600.0),
        ("['java -Dserver.tomcat.keep-alive-timeout=7s -jar app.jar']", 7.0),
    ],
)
def test_an_argument_says_it(args, seconds):
    text = deployment(args=args)
    found = keepalive_of(mesh_of(text), HOST)
    assert found is not None
    assert (found.idle, found.how, found.configured) == (seconds, How.ARGUMENT, True)
    assert found.sources[0].line == line_of(text, f"args: {args}")


@pytest.mark.parametrize(
    ("name", "value", "seconds"),
    [
        ("KEEP_ALIVE_TIMEOUT", "5000", 5.0),
        ("SERVER_TOMCAT_KEEP_ALIVE_TIMEOUT", "25s", 25.0),
        ("PUMA_PERSISTENT_TIMEOUT", "95", 95.0),
    ],
)
def test_a_variable_says_it(name, value, seconds):
    found = keepalive_of(mesh_of(deployment(env=f"[{{name: {name}, value: '{value}'}}]")), HOST)
    assert found is not None
    assert (found.idle, found.how, found.configured) == (seconds, How.ENVIRONMENT, True)


def test_a_setting_goes_before_the_images_default_and_keeps_the_servers_name():
    found = keepalive_of(mesh_of(deployment("node:20", "[--keep-alive-timeout=70s]")), HOST)
    assert found is not None
    assert (found.idle, found.server) == (70.0, "Node.js")


def test_an_image_alone_gives_the_default():
    text = deployment("mirror.local/library/node:20")
    found = keepalive_of(mesh_of(text), HOST)
    assert found is not None
    assert (found.idle, found.server, found.how) == (5, "Node.js", How.IMAGE)
    assert not found.configured
    assert found.sources[0].line == line_of(text, "library/node:20")


def test_an_unknown_image_tells_nothing():
    assert keepalive_of(mesh_of(deployment()), HOST) is None


def test_the_settings_of_another_workload_and_of_the_proxy_are_not_the_hosts():
    assert keepalive_of(mesh_of(deployment("node:20", name="caller")), HOST) is None


def test_the_container_on_the_services_port_counts():
    text = """
    kind: Service
    metadata: {name: orders, namespace: shop}
    spec:
      selector: {app: orders}
      ports: [{port: 80, targetPort: http}]
    ---
    kind: Deployment
    metadata: {name: orders-v1, namespace: shop}
    spec:
      template:
        metadata: {labels: {app: orders}}
        spec:
          containers:
          - {name: cache, image: nginx}
          - {name: app, image: 'node:20', ports: [{name: http, containerPort: 3000}]}
    """
    found = keepalive_of(mesh_of(text), HOST)
    assert found is not None
    assert found.server == "Node.js"


def nginx(directive):
    return f"""
    kind: Pod
    metadata: {{name: orders, namespace: shop}}
    spec:
      containers: [{{name: app, image: nginx}}]
      volumes: [{{name: etc, configMap: {{name: etc}}}}]
    ---
    kind: ConfigMap
    metadata: {{name: etc, namespace: shop}}
    data: {{nginx.conf: '{directive}'}}
    """


def test_a_mounted_nginx_configuration_says_it():
    found = keepalive_of(mesh_of(nginx("keepalive_timeout 12s; keepalive_requests 5;")), HOST)
    assert found is not None
    assert (found.idle, found.max_requests, found.how) == (12.0, 5, How.CONFIGURATION)


def test_keep_alive_that_is_off_means_one_request_and_no_idle_close():
    found = keepalive_of(mesh_of(nginx("keepalive_timeout 0;")), HOST)
    assert found is not None
    assert (found.idle, found.max_requests) == (None, 1)


def test_the_operators_resource_says_it_for_its_own_component():
    text = """
    kind: VMCluster
    metadata: {name: main, namespace: mon}
    spec:
      vminsert:
        extraArgs: {http.idleConnTimeout: 3m}
    """
    mesh = mesh_of(text)
    insert = keepalive_of(mesh, "vminsert-main.mon.svc.cluster.local")
    select = keepalive_of(mesh, "vmselect-main.mon.svc.cluster.local")
    assert insert is not None
    assert select is not None
    assert (insert.idle, insert.configured) == (180.0, True)
    assert (select.idle, select.configured) == (60, False)
    assert keepalive_of(mesh, "vminsert-other.mon.svc.cluster.local") is None


def test_the_servers_own_log_says_it():
    host = "vminsert.mon.svc.cluster.local"
    mesh = mesh_of("", inbound("server", f"{host}:8480"), flag("server", "4s"))
    found = keepalive_of(mesh, host)
    assert found is not None
    assert (found.idle, found.how, found.configured) == (4.0, How.PROGRAM_LOG, True)


def test_a_log_without_the_flag_still_names_the_program_and_so_its_default():
    host = "vminsert.mon.svc.cluster.local"
    mesh = mesh_of("", inbound("server", host), flag("server", ":8480", name="httpListenAddr"))
    found = keepalive_of(mesh, host)
    assert found is not None
    assert (found.idle, found.configured) == (60, False)


def test_the_callers_flags_are_not_the_servers():
    host = "orders.shop.svc.cluster.local"
    mesh = mesh_of("", inbound("server", host), flag("client", "4s", program="vmalert"))
    assert keepalive_of(mesh, host) is None


@pytest.mark.parametrize(
    ("path", "idle"),
    [
        ("/insert/3/prometheus/api/v1/write", 60),
        ("/select/0:7/prometheus/api/v1/query", 60),
        ("/insert/multitenant/opentelemetry/v1/metrics", 60),
        ("/api/v1/write", None),
        ("/insert/into/table", None),
    ],
)
def test_a_path_that_only_victoriametrics_serves_tells_its_server(path, idle):
    told = Request(source=Source(path="c.log", line=4), code=503, path=path, authority="up.obs:80")
    found = keepalive_of(mesh_of("", told), "up.obs.svc.cluster.local")
    assert (found.idle if found else None) == idle
    assert found is None or (found.how, found.configured) == (How.REQUEST_PATH, False)


def test_no_host_is_no_server():
    assert keepalive_of(mesh_of(deployment("node:20")), "") is None


def test_the_table_is_at_hand():
    assert any(server.server == "VictoriaMetrics" for server in known_servers())


@pytest.mark.parametrize("kind", ["Pod", "Service", "Deployment", "ConfigMap", "VMSingle"])
def test_odd_objects_break_nothing(kind):
    specs = (
        "{containers: [7, {image: [1], args: {a: 1}, env: [7, {name: []}], command: [null]}]}",
        "{containers: [{ports: [{containerPort: {}}]}], ports: [{targetPort: []}], volumes: [1]}",
        "{extraArgs: [1]}",
    )
    assert keepalive_of(odd(kind, *specs), "7.8") is None
