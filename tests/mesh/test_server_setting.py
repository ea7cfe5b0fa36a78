import pytest

from tests.mesh.make import line_of, manifests, mesh_of
from why503.mesh.server_setting import (
    canonical,
    seconds_in,
    server_files,
    settings_of_container,
)
from why503.mesh.workload import containers_of

POD = """
    kind: Pod
    metadata: {name: web, namespace: shop}
    spec:
      containers:
      - name: web
        command: [run, --plain]
        args:
        - --http.idleConnTimeout=2s
        - --timeout-keep-alive
        - '7'
        - -Dserver.tomcat.keep-alive-timeout=20s
        env:
        - name: KEEP_ALIVE_TIMEOUT
          value: '5000'
        - name: JAVA_OPTS
          value: -Xmx1g -Djetty.http.idleTimeout=9000
        - name: FROM_ELSEWHERE
          valueFrom: {}
      volumes:
      - name: etc
        configMap: {name: web-etc}
    """


def config(text):
    body = "".join(f"    {line}\n" for line in text.splitlines())
    head = "kind: ConfigMap\nmetadata: {name: web-etc, namespace: shop}\ndata:\n  web.conf: |\n"
    return head + body


def files(text, name="web-etc"):
    mesh = mesh_of(POD, *manifests(config(text).replace("web-etc", name)))
    return list(server_files(mesh, mesh.manifests("Pod")[0]))


def test_all_spellings_of_a_setting_agree():
    spellings = ("server.tomcat.keep-alive-timeout", "SERVER_TOMCAT_KEEP_ALIVE_TIMEOUT")
    assert len({canonical(name) for name in spellings}) == 1


@pytest.mark.parametrize(
    ("value", "unit", "seconds"),
    [
        ("2s", 0.001, 2.0),
        ("1500", 0.001, 1.5),
        ("15", 1.0, 15.0),
        ("5000", None, 5.0),
        ("65", None, 65.0),
        ("PT20S", 0.001, 20.0),
        ("'1.25s'", None, 1.25),
        ("soon", 1.0, None),
        ("", 1.0, None),
    ],
)
def test_a_bare_number_takes_the_settings_unit_and_a_written_unit_wins(value, unit, seconds):
    assert seconds_in(value, unit) == seconds


def test_arguments_and_variables_are_found_with_their_lines():
    workload = manifests(POD)[0]
    [(path, container)] = containers_of(workload)
    given = {g.name: g for g in settings_of_container(workload, path, container)}
    assert given["httpidleconntimeout"].value == "2s"
    assert given["httpidleconntimeout"].source.line == line_of(POD, "idleConnTimeout")
    assert given["timeoutkeepalive"].value == "7"
    assert given["servertomcatkeepalivetimeout"].value == "20s"
    assert given["keepalivetimeout"].from_environment
    assert given["jettyhttpidletimeout"].value == "9000"
    assert "fromelsewhere" not in given


def test_nginx_tells_its_clients_side_and_not_that_to_its_upstreams():
    [found] = files("upstream api {\n  keepalive_timeout 9s;\n}\nkeepalive_timeout 30s 25s;")
    assert (found.server, found.idle) == ("nginx", 30.0)


def test_a_comment_sets_nothing():
    assert files("# keepalive_timeout 30s;") == []


def test_httpd_tells_both_its_limits():
    [found] = files("KeepAlive On\nKeepAliveTimeout 3\nMaxKeepAliveRequests 50")
    assert (found.server, found.idle, found.max_requests) == ("Apache httpd", 3.0, 50)


def test_a_file_of_properties_gives_its_settings():
    [found] = files("server.tomcat.keep-alive-timeout=15s\nother=1")
    assert [(g.name, g.value) for g in found.properties] == [
        ("servertomcatkeepalivetimeout", "15s")
    ]


def test_a_config_map_that_nobody_mounts_is_not_read():
    assert files("keepalive_timeout 30s;", name="other") == []
