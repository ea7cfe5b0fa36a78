from tests.mesh.traced.world import call
from why503.facts import Source
from why503.mesh.traced import outcome
from why503.mesh.traced.call import Speech, Tls
from why503.mesh.traced.config import Chain, Made, Route, Terminates
from why503.mesh.traced.envoy import Passage, Stop

HERE = Source(path="a.yaml", line=7)


def stopped(stop, route=None, **asked):
    passage = Passage(stop=stop, route=route)
    return outcome.stopped(passage, call(**asked), http=True, source=HERE)


def test_every_stop_has_a_sentence():
    for stop in Stop:
        found = stopped(stop)
        assert found.text.endswith(".")
        assert (found.id, found.source) == (stop.value, HERE)


def test_the_first_proxys_own_answers_have_its_signs():
    assert stopped(Stop.NO_ROUTE).status == 404
    assert stopped(Stop.NO_ROUTE).flag == "NR"
    assert stopped(Stop.PROTOCOL_ERROR).details == "http1.codec_error"
    assert stopped(Stop.NO_FILTER_CHAIN).status is None
    blocked = stopped(Stop.DIRECT_RESPONSE, Route(made=Made("x"), answer=502))
    assert (blocked.status, blocked.passes, blocked.details) == (502, False, "direct_response")
    assert stopped(Stop.DIRECT_RESPONSE, Route(made=Made("x"), answer=200)).passes
    assert stopped(Stop.REDIRECT, Route(made=Made("x"), redirect=308)).status == 308
    assert stopped(Stop.TLS_REDIRECT).passes


def test_a_doubt_makes_it_unsure():
    passage = Passage(stop=Stop.NO_ROUTE, doubts=(Route(made=Made("x")),))
    assert not outcome.stopped(passage, call(), http=True, source=None).sure


def test_what_the_server_refuses_is_told_as_the_caller_sees_it():
    def refused(stop, **asked):
        return outcome.refused_by_server(Passage(stop=stop), call(**asked), http=True, source=HERE)

    plain = refused(Stop.NO_FILTER_CHAIN)
    assert (plain.status, plain.flag, plain.far) == (503, "UC", "NR filter_chain_not_found")
    assert "HANDSHAKE_FAILURE" in refused(Stop.MTLS_ERROR, tls=Tls.TLS).details
    assert "WRONG_VERSION" in refused(Stop.PROTOCOL_ERROR, tls=Tls.MESH).details
    assert refused(Stop.PROTOCOL_ERROR, speech=Speech.TCP).status is None
    tcp = outcome.refused_by_server(
        Passage(stop=Stop.NO_FILTER_CHAIN), call(), http=False, source=None
    )
    assert (tcp.status, tcp.flag, tcp.details) == (None, "", "")


def test_other_ends_have_their_signs():
    assert (
        outcome.no_cluster("x", status=503, sure=False, source=HERE).details == "cluster_not_found"
    )
    assert outcome.no_endpoint(http=True, sure=True, source=HERE).flag == "UH"
    assert outcome.no_endpoint(http=False, sure=True, source=HERE).status is None
    assert outcome.black_hole("refused", source=HERE).flag == "UH"
    assert outcome.tls_to_plain(http=True, source=HERE).status == 503
    assert outcome.passing("x").passes


def test_what_is_on_the_wire_has_words():
    words = {outcome.wire(call(tls=tls)) for tls in Tls}
    assert len(words) == len(Tls)
    assert outcome.wire(call(speech=Speech.TCP)) == "plain text"


def test_the_server_name_is_told_where_no_chain_is_for_it():
    told = stopped(Stop.NO_FILTER_CHAIN, tls=Tls.TLS, sni="b.example").text
    assert "with the server name b.example" in told
    assert "server name" not in stopped(Stop.NO_FILTER_CHAIN).text


def test_what_is_no_http_is_not_called_http():
    told = stopped(Stop.PROTOCOL_ERROR, speech=Speech.TCP, tls=Tls.MESH).text
    assert told == "The port awaits HTTP and gets something else in mutual TLS of the mesh."
    assert "plain HTTP and gets TLS" in stopped(Stop.PROTOCOL_ERROR, tls=Tls.TLS).text


def test_a_certificate_that_may_not_be_used_is_the_reason():
    chain = Chain(made=Made("x"), tls=Terminates(refused="It is not granted."))
    passage = Passage(stop=Stop.TLS_ERROR, chain=chain)
    told = outcome.stopped(passage, call(tls=Tls.TLS), http=True, source=None).text
    assert told.startswith("It is not granted. ")


def test_a_gateway_asks_for_any_client_certificate_and_a_sidecar_for_the_meshs():
    def told(mesh):
        chain = Chain(made=Made("x"), tls=Terminates(client_certificate=True, mesh=mesh))
        passage = Passage(stop=Stop.MTLS_ERROR, chain=chain)
        return outcome.stopped(passage, call(tls=Tls.TLS), http=True, source=None).text

    assert "asks for a client certificate" in told(mesh=False)
    assert "mutual TLS of the mesh" in told(mesh=True)
