from tests.mesh.make import line_of, mesh_of
from why503.mesh.mesh_config import mesh_configs, mesh_setting, proxy_configs, root_namespace

CONFIG_MAP = """
kind: ConfigMap
metadata: {name: istio, namespace: istio-system}
data:
  mesh: |-
    connectTimeout: 3s
    rootNamespace: mesh-root
"""


def test_the_mesh_config_is_found_in_each_of_its_homes():
    operator = "kind: IstioOperator\nspec:\n  meshConfig: {connectTimeout: 4s}\n"
    values = "meshConfig:\n  connectTimeout: 5s\n"
    found = [
        mesh_setting(mesh_of(text), "connectTimeout") for text in (CONFIG_MAP, operator, values)
    ]
    assert [setting.value for setting in found if setting] == ["3s", "4s", "5s"]


def test_a_setting_of_the_config_map_has_its_own_line():
    found = mesh_setting(mesh_of(CONFIG_MAP), "connectTimeout")
    assert found is not None
    assert found.source is not None
    assert found.source.line == line_of(CONFIG_MAP, "connectTimeout")


def test_the_root_namespace_is_istio_system_unless_the_mesh_config_says_otherwise():
    assert root_namespace(mesh_of()) == "istio-system"
    assert root_namespace(mesh_of(CONFIG_MAP)) == "mesh-root"


def test_without_a_mesh_config_there_is_no_setting():
    assert mesh_setting(mesh_of("meshConfig: 7\n"), "connectTimeout") is None
    assert list(mesh_configs(mesh_of("spec: {host: orders}\n"))) == []


def test_what_a_workload_sets_for_its_own_proxy_is_found_by_its_name():
    annotated = """
    kind: Deployment
    metadata: {name: orders, namespace: shop}
    spec:
      template:
        metadata:
          annotations: {proxy.istio.io/config: "concurrency: 2"}
    """
    config = proxy_configs(mesh_of(annotated))["shop", "orders"]
    assert config.get("concurrency") == 2
    assert proxy_configs(mesh_of(CONFIG_MAP)) == {}
