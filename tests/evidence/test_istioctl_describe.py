from tests.evidence.fuzz import assert_never_raises, read_lines
from why503.evidence import istioctl_describe
from why503.facts import Analysis, Manifest

PAGE = """\
$ istioctl x describe pod desk-6f9b8d6c7-l2k9x -n books
Pod: desk-6f9b8d6c7-l2k9x.books
   Pod Revision: default
   Pod Ports: 7001 (desk), 15090 (istio-proxy)
--------------------
Service: desk.books
   Port: http-web 80/HTTP targets pod port 7001
   Port: 9090/auto-detect targets pod port 9090
DestinationRule: desk-rule.books for "desk"
   Matching subsets: v1
      (Non-matching subsets v2)
   Traffic Policy TLS Mode: DISABLE
--------------------
Effective PeerAuthentication:
   Workload mTLS mode: STRICT
Applied PeerAuthentication:
   default.istio-system
VirtualService: desk.books
   WARNING: No destinations match pod subsets (checked 1 HTTP routes)
      Route to non-matching subset v2 for (everything)

and that is it
"""


def kinds(text):
    found = {}
    for fact in read_lines(istioctl_describe, text)[0].facts:
        if isinstance(fact, Manifest):
            found[fact.kind] = fact
    return found


def test_a_page_tells_service_rule_and_mode():
    told = kinds(PAGE)
    assert told["Service"].full_name == "Service books/desk"
    assert told["Service"].get("spec", "ports") == [
        {"port": 80, "name": "http-web", "targetPort": 7001},
        {"port": 9090, "targetPort": 9090},
    ]
    assert told["DestinationRule"].get("spec", "host") == "desk"
    assert told["DestinationRule"].get("spec", "trafficPolicy", "tls", "mode") == "DISABLE"
    assert told["PeerAuthentication"].full_name == "PeerAuthentication istio-system/default"
    assert told["PeerAuthentication"].get("spec", "mtls", "mode") == "STRICT"
    assert all(fact.partial for fact in told.values())


def test_warnings_name_what_they_are_about():
    (found,) = [
        fact for fact in read_lines(istioctl_describe, PAGE)[0].facts if isinstance(fact, Analysis)
    ]
    assert (found.code, found.object, found.source.line) == (
        "WARNING",
        "VirtualService desk.books",
        19,
    )
    assert found.text.startswith("No destinations match")


def test_a_page_is_claimed_whole_and_no_more():
    assert read_lines(istioctl_describe, PAGE)[1] == list(range(1, 22))


def test_a_mode_that_several_policies_make_is_no_policys():
    text = PAGE.replace("   default.istio-system\n", "   default.istio-system\n   own.books\n")
    assert "PeerAuthentication" not in kinds(text)


def test_lines_outside_a_page_are_left_alone():
    text = "WARNING: disk full\nService: the best\nPort: http 80/HTTP\n"
    assert read_lines(istioctl_describe, text)[1] == []


def test_no_text_makes_it_raise():
    assert_never_raises(istioctl_describe, PAGE)


def test_a_long_row_of_paths_ends_quickly():
    text = f"Pod: desk-0.books\n   {'/a' * 900} x\n   /list, /static*, ...\n"
    assert read_lines(istioctl_describe, text)[1] == [1, 3, 4]
