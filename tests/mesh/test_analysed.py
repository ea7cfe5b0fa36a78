from tests.mesh.build import mesh
from why503.facts import Analysis, Source
from why503.mesh.analysed import GATEWAY_UNFIT, HOST_LOST, SUBSET_LOST, analysed


def message(code, text):
    return Analysis(source=Source(path="paste.txt", line=1), code=code, text=text)


HOST = message("IST0101", 'Referenced host not found: "a"')
SUBSET = message("IST0101", 'Referenced host+subset in destinationrule not found: "a+b"')
PORT = message("IST0104", "The gateway refers to a port that is not exposed")


def test_one_code_with_several_meanings_is_told_apart_by_its_words():
    seen = mesh(HOST, SUBSET, PORT)
    assert analysed(seen, HOST_LOST) == (HOST,)
    assert analysed(seen, SUBSET_LOST) == (SUBSET,)
    assert analysed(seen, *GATEWAY_UNFIT) == (PORT,)
