import json

from tests.proof.build import stage
from why503.diagnosis.scenario import Credential
from why503.proof.proxy import Proxy


def resources(proxy, name):
    return json.loads((proxy.folder / "xds" / name).read_text("utf-8"))["resources"]


def proxy(tmp_path, *, callers=True, **parts):
    told = stage(tmp_path, **parts)
    pod = told.cast.caller if callers else told.cast.pods[0]
    made = Proxy(told, pod, tmp_path / pod.folder)
    made.write()
    return made


def test_the_caller_has_all_resources(tmp_path):
    made = proxy(tmp_path)
    names = [one["name"] for one in resources(made, "cds.json")]
    assert names[:2] == ["BlackHoleCluster", "PassthroughCluster"]
    assert names[2].startswith("outbound|")
    assert resources(made, "eds.json")[0]["endpoints"]
    assert resources(made, "rds.json")
    assert resources(made, "sds-default.json")


def test_the_server_has_its_own_cluster(tmp_path):
    made = proxy(tmp_path, callers=False)
    assert resources(made, "cds.json")[-1]["name"].startswith("inbound|")
    assert resources(made, "lds.json")[0]["name"] == "virtualInbound"


def test_a_change_is_laid_on_top(tmp_path):
    made = proxy(tmp_path, caller={"cluster": {"connect_timeout": "3s"}})
    made.change({"endpoints": (), "cluster": {"lb_policy": "RANDOM"}})
    own = resources(made, "cds.json")[-1]
    assert (own["connect_timeout"], own["lb_policy"]) == ("3s", "RANDOM")
    assert resources(made, "eds.json")[0]["endpoints"] == []


def test_what_does_not_change_is_not_written_again(tmp_path):
    made = proxy(tmp_path)
    before = (made.folder / "xds" / "lds.json").stat().st_ino
    made.change({"endpoints": ()})
    assert (made.folder / "xds" / "lds.json").stat().st_ino == before


def test_a_certificate_can_be_exchanged(tmp_path):
    made = proxy(tmp_path)
    before = resources(made, "sds-default.json")
    made.change({"credential": Credential.EXPIRED})
    assert resources(made, "sds-default.json") != before


def test_the_cluster_can_be_left_out_and_the_bootstrap_changed(tmp_path):
    made = proxy(tmp_path, caller={"no_cluster": True, "bootstrap": {"x": 1}})
    assert not any(one["name"].startswith("outbound") for one in resources(made, "cds.json"))
    assert json.loads((made.folder / "envoy-rev.json").read_text("utf-8"))["x"] == 1
