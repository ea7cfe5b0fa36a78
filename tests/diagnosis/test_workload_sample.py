import yaml

from why503.diagnosis.workload_sample import of_container, of_template


def test_samples_are_patches_of_a_deployment():
    one = yaml.safe_load(of_container("web", "shop", "app", {"readinessProbe": {"a": 1}}).yaml)
    assert one["metadata"] == {"name": "web", "namespace": "shop"}
    (container,) = one["spec"]["template"]["spec"]["containers"]
    assert container == {"name": "app", "readinessProbe": {"a": 1}}
    other = yaml.safe_load(of_template("<caller>", {"a/b": "c: d\n"}).yaml)
    assert other["spec"]["template"]["metadata"]["annotations"] == {"a/b": "c: d\n"}
