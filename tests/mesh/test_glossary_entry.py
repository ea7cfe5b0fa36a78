from why503.mesh.glossary_entry import signs, since


def test_each_argument_is_one_group_of_signs():
    assert signs("a;b ", "c") == (frozenset({"a", "b"}), frozenset({"c"}))


def test_an_envoy_release_is_told_with_the_istio_that_brought_it():
    assert since(31) == "from Envoy 1.31 (Istio 1.23)"
