from tests.proof.build import players
from why503.diagnosis.scenario import Server, Topology


def test_the_same_seed_has_the_same_cast_and_others_differ():
    assert players(seed=2) == players(seed=2)
    assert len({players(seed=seed).host for seed in range(9)}) > 1


def test_every_server_has_its_own_pod_and_folder():
    cast = players(servers=(Server(), Server()))
    assert [pod.folder for pod in cast.pods] == ["server", "server-2"]
    assert len({pod.ip for pod in (cast.caller, *cast.pods)}) == 3


def test_the_service_may_send_elsewhere_than_the_application_listens():
    cast = players(target_port=8443)
    assert (cast.target, cast.inbound) == (8443, "inbound|8443||")
    assert cast.app_port != 8443


def test_a_gateway_is_asked_for_the_public_name():
    cast = players(topology=Topology.GATEWAY)
    assert cast.called_host == cast.public_host
    assert cast.caller.workload == "istio-ingressgateway"


def test_without_a_sidecar_the_application_is_dialled_itself():
    for topology in (Topology.BARE_SERVER, Topology.EXTERNAL):
        (pod,) = players(topology=topology).pods
        assert (pod.ip, pod.sidecar) == (pod.app_ip, False)


def test_words_name_every_pod():
    words = players(servers=(Server(), Server())).words
    assert {"pod", "pod_ip", "pod2", "pod2_ip", "host", "cluster", "target"} <= set(words)
