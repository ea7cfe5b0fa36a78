"""Settings that were pasted without a file's name."""

from why503.facts import AppEvent, AppEventKind, Bundle, Source
from why503.mesh import Mesh
from why503.mesh.pasted_setting import pasted_settings


def setting(name, text):
    return AppEvent(
        source=Source(path="notes.txt", line=1), kind=AppEventKind.SETTING, name=name, text=text
    )


def pasted(*events):
    return pasted_settings(Mesh(Bundle(facts=events)))


def test_settings_of_one_server_are_put_together():
    told = pasted(setting("nginx idle", "20"), setting("nginx requests", "50"))
    assert told is not None
    assert (told.server, told.idle, told.max_requests) == ("nginx", 20.0, 50)


def test_settings_of_two_servers_say_nothing_of_either():
    assert pasted(setting("nginx idle", "20"), setting("Node.js idle", "5")) is None


def test_nothing_pasted_is_nothing_told():
    assert pasted() is None
