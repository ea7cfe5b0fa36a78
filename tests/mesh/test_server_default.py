import re

import pytest

from why503.mesh.server_default import image_name, known_servers, server_named, server_of


@pytest.mark.parametrize(
    ("server", "idle", "most"),
    [
        ("Node.js", 5, None),
        ("VictoriaMetrics", 60, None),
        ("nginx", 75, 1000),
        ("Apache httpd", 5, 100),
        ("Go net/http", None, None),
        ("gunicorn", 2, None),
        ("Kestrel", 130, None),
        ("AWS NLB", 350, None),
    ],
)
def test_the_table_knows_the_defaults(server, idle, most):
    found = server_named(server)
    assert found is not None
    assert (found.idle, found.max_requests) == (idle, most)


def test_every_server_is_named_once_and_says_where_it_is_from():
    names = [server.server for server in known_servers()]
    assert len(names) == len(set(names)) >= 50
    assert all(server.source and server.versions and server.setting for server in known_servers())


def test_only_a_close_after_requests_can_be_announced():
    assert all(server.max_requests is not None for server in known_servers() if server.announces)


def test_no_image_or_program_belongs_to_two_servers():
    for field in ("images", "commands"):
        patterns = [pattern for server in known_servers() for pattern in getattr(server, field)]
        names = [pattern for pattern in patterns if re.fullmatch(r"[a-z-]+", pattern)]
        for name in names:
            assert sum(re.fullmatch(pattern, name) is not None for pattern in set(patterns)) <= 2
        assert len(patterns) == len(set(patterns))


@pytest.mark.parametrize(
    ("image", "name"),
    [
        ("nginx", "nginx"),
        ("registry.local:5000/team/Node:20-alpine", "node"),
        ("docker.io/library/tomcat@sha256:0000", "tomcat"),
        ("", ""),
    ],
)
def test_registry_tag_and_digest_are_no_part_of_an_images_name(image, name):
    assert image_name(image) == name


@pytest.mark.parametrize(
    ("container", "server"),
    [
        ({"image": "node:22"}, "Node.js"),
        ({"image": "gcr.io/distroless/nodejs20-debian12"}, "Node.js"),
        ({"image": "victoriametrics/vminsert:v1.100.0-cluster"}, "VictoriaMetrics"),
        ({"image": "team/api:1", "command": ["/usr/bin/node", "server.js"]}, "Node.js"),
        ({"image": "team/api:1", "command": ["sh", "-c", "exec uvicorn app:app"]}, "uvicorn"),
        ({"image": "team/api:1", "args": ["gunicorn", "-k", "gevent", "app"]}, "gunicorn"),
        ({"image": "team/api:1", "args": ["gunicorn", "app"]}, "gunicorn (sync worker)"),
    ],
)
def test_a_container_shows_its_server(container, server):
    found, _field = server_of(container)
    assert found is not None
    assert found.server == server


@pytest.mark.parametrize(
    "container",
    [
        {"image": "prom/node-exporter:v1"},
        {"image": "nginx/nginx-prometheus-exporter"},
        {"image": "team/node/orders:1"},
        {"image": "nginx", "command": ["/orders"]},
        {"image": 7, "command": "text", "args": [None]},
        {},
    ],
)
def test_a_container_that_only_resembles_a_server_is_none(container):
    assert server_of(container)[0] is None
