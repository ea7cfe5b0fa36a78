from tests.mesh.build import mesh
from why503.facts import Series, SeriesKind, Source
from why503.mesh.node_load import nodes_full


def nodes(*shares):
    return mesh(
        *(
            Series(
                source=Source(path="top.txt", line=line),
                teller="top",
                metric="node_cpu_usage_ratio",
                labels=(("node", f"n{line}"),),
                points=((None, share),),
                kind=SeriesKind.GAUGE,
            )
            for line, share in enumerate(shares, start=2)
        )
    )


def test_nodes_without_cpu_are_counted():
    found = nodes_full(nodes(0.99, 1.02, 0.3))
    assert found is not None
    assert (found.full, found.total, found.highest, found.most) == (2, 3, 1.02, True)
    assert [source.line for source in found.sources] == [2, 3]


def test_one_busy_node_of_several_is_not_most():
    found = nodes_full(nodes(0.97, 0.5))
    assert found is not None
    assert not found.most


def test_nodes_with_cpu_left_and_no_nodes_at_all_tell_nothing():
    assert nodes_full(nodes(0.9, 0.8)) is None
    assert nodes_full(mesh()) is None
