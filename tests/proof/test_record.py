import asyncio
import json

from tests.proof.build import stage
from why503.proof.app_log import AppLog
from why503.proof.envoy_process import EnvoyProcess
from why503.proof.proxy import Proxy
from why503.proof.record import Record


def test_a_file_names_no_address_and_no_folder_of_the_stage(tmp_path):
    told = stage(tmp_path)
    record = Record(tmp_path / "out", told.cast, tmp_path / "stage")
    record.write("a/b.txt", f"{told.cast.pods[0].ip} {tmp_path}/stage/server/xds/cds.json")
    assert (tmp_path / "out/a/b.txt").read_text("utf-8") == (
        "10.244.2.27 /etc/istio/proxy/xds/cds.json"
    )


def test_logs_are_taken_over(tmp_path):
    told = stage(tmp_path)
    proxy = Proxy(told, told.cast.caller, tmp_path / "client")
    (proxy.folder / "access.log").write_text("a line\n", encoding="utf-8")
    log = AppLog("stock")
    log.say("INFO started")
    record = Record(tmp_path / "out", told.cast, tmp_path)
    record.logs(EnvoyProcess(tmp_path, proxy))
    record.application("server", log)
    assert (tmp_path / "out/client/access.log").read_text("utf-8") == "a line\n"
    assert not (tmp_path / "out/client/envoy.log").exists()
    assert "started" in (tmp_path / "out/server/app.log").read_text("utf-8")


def test_the_dump_does_not_tell_of_the_stages_source_addresses(tmp_path):
    told = stage(tmp_path)
    ip = told.cast.caller.ip
    own, other = (
        {"upstream_bind_config": {"source_address": {"address": one, "port_value": 0}}}
        for one in (ip, "127.0.0.6")
    )

    class Telling(EnvoyProcess):
        async def page(self, path, *, post=False):
            return json.dumps([own, other]) if "config_dump" in path else ""

    proxy = Proxy(told, told.cast.caller, tmp_path / "client")
    record = Record(tmp_path / "out", told.cast, tmp_path)
    asyncio.run(record.pages(Telling(tmp_path, proxy)))
    text = (tmp_path / "out/client/config_dump.json").read_text("utf-8")
    assert json.loads(text) == [{}, other]
    assert not (tmp_path / "out/client/stats.txt").exists()
