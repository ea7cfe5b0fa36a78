from why503.evidence.loaded_tls import tls_of, transports_of

TLS = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3."
MESH = {
    "typed_config": {
        "@type": TLS + "UpstreamTlsContext",
        "sni": "outbound_.80_._.shelf",
        "common_tls_context": {
            "alpn_protocols": ["istio"],
            "tls_certificate_sds_secret_configs": [{"name": "default"}],
            "tls_certificates": [{"private_key": {"inline_string": "hidden"}}],
            "combined_validation_context": {
                "default_validation_context": {
                    "match_subject_alt_names": [{"exact": "spiffe://a"}, {"prefix": "spiffe://b"}]
                },
                "validation_context_sds_secret_config": {"name": "ROOTCA"},
            },
        },
    }
}
RAW = {"typed_config": {"@type": "type.googleapis.com/x.RawBuffer"}}


def test_a_context_tells_names_and_secrets_and_no_key():
    tls = tls_of(MESH)
    assert tls is not None
    assert (tls.sni, tls.alpn, tls.secrets, tls.trust) == (
        "outbound_.80_._.shelf",
        ("istio",),
        ("default",),
        "ROOTCA",
    )
    assert tls.sans == ("spiffe://a", "spiffe://b (prefix)")
    assert "hidden" not in repr(tls)


def test_plain_text_is_no_context():
    assert tls_of(RAW) is None
    assert tls_of({}) is None


def test_a_context_inside_a_wrapper_is_found():
    assert tls_of({"typed_config": {"transport_socket": MESH}}) == tls_of(MESH)


def test_transports_keep_their_order_and_what_they_match():
    cluster = {
        "transport_socket_matches": [
            {"match": {"tlsMode": "istio"}, "transport_socket": MESH},
            {"match": {}, "transport_socket": RAW},
        ]
    }
    first, last = transports_of(cluster)
    assert (first.match, first.tls is not None) == ({"tlsMode": "istio"}, True)
    assert (last.match, last.tls) == ({}, None)
