from tests.evidence.fuzz import assert_never_raises, read_lines
from why503.evidence import kubectl_top

PODS = """\
$ kubectl top pods -n books --containers
POD       NAME          CPU(cores)   MEMORY(bytes)
desk-0    app           450m         120Mi
desk-0    istio-proxy   3m           1Gi
"""
ALL = """\
NAMESPACE   NAME     CPU(cores)   MEMORY(bytes)
books       desk-0   2            64Mi
"""
NODES = """\
NAME   CPU(cores)   CPU%   MEMORY(bytes)   MEMORY%
n1     1950m        97%    3000Mi          80%
n2     <unknown>    <unknown>   <unknown>  <unknown>
"""


def values(text):
    return {
        (f.metric, f.label("node", "pod"), f.label("container"), f.label("namespace")): f.latest
        for f in read_lines(kubectl_top, text)[0].facts
    }


def test_containers_have_cpu_and_memory():
    told = values(PODS)
    assert told["container_cpu_usage_cores", "desk-0", "app", "books"] == 0.45
    memory = "container_memory_working_set_bytes"
    assert told[memory, "desk-0", "istio-proxy", "books"] == 2**30
    assert read_lines(kubectl_top, PODS)[1] == [1, 2, 3, 4]


def test_the_namespace_column_names_the_namespace():
    assert values(ALL)["container_cpu_usage_cores", "desk-0", "", "books"] == 2.0


def test_nodes_also_have_shares():
    told = values(NODES)
    assert told["node_cpu_usage_ratio", "n1", "", ""] == 0.97
    assert told["node_memory_working_set_bytes", "n1", "", ""] == 3000 * 2**20
    assert read_lines(kubectl_top, NODES)[1] == [1, 2, 3]


def test_other_tables_are_left_alone():
    text = "NAME   READY   STATUS\ndesk-0   1/1   Running\n"
    assert read_lines(kubectl_top, text)[1] == []


def test_no_text_makes_it_raise():
    assert_never_raises(kubectl_top, PODS + ALL + NODES)
