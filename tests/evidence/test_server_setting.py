import pytest

from tests.evidence.fuzz import assert_never_raises, read_lines
from why503.evidence import server_setting


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("  keepalive_timeout 20s;", "nginx idle", "20"),
        ("keepalive_requests 50;", "nginx requests", "50"),
        ("KeepAliveTimeout 7", "Apache httpd idle", "7"),
        ('    keepAliveTimeout="30000"', "Tomcat (server.xml) idle", "30"),
        ("server.keepAliveTimeout = 61 * 1000; // above the proxy", "Node.js idle", "61"),
        ("    keep-alive-timeout: 15s", "Spring Boot (Tomcat) idle", "15"),
        ('CMD ["gunicorn", "a:b", "--keep-alive", "4"]', "gunicorn idle", "4"),
        ("uvicorn a:b --timeout-keep-alive 9", "uvicorn idle", "9"),
        ("    IdleTimeout:  2 * time.Minute,", "Go net/http idle", "120"),
    ],
)
def test_a_pasted_setting_tells_its_server_and_its_value(text, name, value):
    reading, claimed = read_lines(server_setting, text + "\n")
    assert [(fact.name, fact.text) for fact in reading.facts] == [(name, value)]
    assert claimed == [1]


def test_what_nginx_keeps_towards_its_own_upstreams_is_no_setting_of_the_server():
    text = "upstream app {\n  keepalive_timeout 9s;\n}\nkeepalive_timeout 33;\n"
    reading, _ = read_lines(server_setting, text)
    assert [fact.text for fact in reading.facts] == ["33"]


def test_prose_and_comments_about_a_setting_are_left_alone():
    text = "Setting keepalive_requests to 5 helped\n# keepalive_timeout 5;\nkeepAliveTimeout is 5\n"
    assert read_lines(server_setting, text)[1] == []


def test_never_raises():
    assert_never_raises(
        server_setting, "keepalive_timeout 20s;\nserver.keepAliveTimeout = 5_000;\n"
    )
