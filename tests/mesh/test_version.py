import pytest

from tests.mesh.make import line_of, mesh_of, obj, odd
from why503.facts import ProxyInfo, Source
from why503.mesh.version import istio_version


def pod(*images, section="containers"):
    items = ", ".join(f"{{name: c{n}, image: '{image}'}}" for n, image in enumerate(images))
    return obj("Pod", "orders-1", f"{{{section}: [{items}]}}")


@pytest.mark.parametrize(
    "image",
    [
        "docker.io/istio/proxyv2:1.22.1",
        "registry.example:5000/mirror/proxyv2:1.22.1-distroless",
        "proxyv2:1.22-alpha.0",
        "istio/proxyv2:1.22.1@sha256:0123",
        "istio/pilot:1.22.0",
    ],
)
def test_the_version_is_read_from_the_image_tag(image):
    found = istio_version(mesh_of(pod("shop/orders:9.9", image)))
    assert found is not None
    assert found.value == (1, 22)


def test_a_native_sidecar_tells_the_version_and_its_line():
    text = "kind: Pod\nmetadata: {name: a}\nspec:\n  initContainers:\n  - name: istio-proxy\n"
    text += "    image: istio/proxyv2:1.27.0\n"
    found = istio_version(mesh_of(text))
    assert found is not None
    assert found.source is not None
    assert (found.value, found.source.line) == ((1, 27), line_of(text, "proxyv2"))


def test_the_sidecars_version_goes_before_the_control_planes():
    istiod = obj("Pod", "istiod", "{containers: [{image: 'istio/pilot:1.24.0'}]}", "istio-system")
    found = istio_version(mesh_of(istiod + pod("istio/proxyv2:1.23.2")))
    assert found is not None
    assert found.value == (1, 23)


def test_other_images_and_tags_tell_nothing():
    others = ("istio/proxyv2:latest", "shop/copilot:1.2", "proxyv2@sha256:1", "proxyv2x:1.2.3")
    assert istio_version(mesh_of(pod(*others))) is None
    assert istio_version(mesh_of()) is None


def test_odd_workloads_raise_nothing():
    assert istio_version(odd("Pod", "{containers: [7, {image: 7}, {image: [proxyv2]}]}")) is None


def test_the_version_that_a_proxy_reports_beats_its_image():
    told = ProxyInfo(source=Source(path="i.json"), teller="desk", pod="desk-0", istio="1.27.3")
    found = istio_version(mesh_of(pod("docker.io/istio/proxyv2:1.20.1"), told))
    assert found is not None
    assert (found.value, found.by, found.source) == ((1, 27), "the proxy `desk-0`", told.source)


@pytest.mark.parametrize("word", ["", "unknown", "1", "v", "1234.5"])
def test_a_report_without_a_version_leaves_it_to_the_image(word):
    told = ProxyInfo(source=Source(path="i.json"), teller="desk", istio=word)
    found = istio_version(mesh_of(pod("docker.io/istio/proxyv2:1.20.1"), told))
    assert found is not None
    assert found.value == (1, 20)
