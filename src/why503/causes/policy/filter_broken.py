"""Filter broken: an extension in the filter chain fails at run time and ends the request.

## What happens
A Wasm plugin, a Lua script or another filter that an EnvoyFilter or WasmPlugin put into the chain
fails, and the request with it. A Wasm VM that panics stays dead for its worker thread: with
`failStrategy: FAIL_CLOSE` (the default) every request of that worker then gets 503 with details
`wasm_fail_stream` and no flag, while other workers go on. A filter whose configuration never came
(ECDS) makes 500 NFCF. A filter that takes away `:path`, `:method` or `:status` makes 4xx or 502
(`filter_removed_required_...`). A Lua script that answers by itself shows as `lua_response`.

## How to tell
* `wasm_fail_stream` in the details; only a share of requests, for VMs are per worker.
* The proxy's log, component `wasm`: `Function: proxy_on_... failed: Uncaught RuntimeError`, a
  backtrace, `Wasm VM failed`, `Failed to load Wasm`.
* An empty body, duration 0, no upstream host; every service behind that proxy is hit.
* Failures begin with a deployment of the plugin and end when it is taken away.

## What to do
Take the extension away or set `failStrategy: FAIL_OPEN`, restart the proxy to get fresh VMs, and
mend the plugin. `FAIL_RELOAD` (recent Istio and Envoy) makes a new VM after a crash.

## References
* Istio WasmPlugin API (`failStrategy`); proxy-wasm-cpp-host: a failed VM is not revived by itself.
* Envoy `filter_manager.cc` (details), flag NFCF since 1.16; Lua filter.
"""

from collections.abc import Iterator
from typing import Any

from why503.diagnosis import question
from why503.diagnosis.alert_later import ANYBODY, flagged
from why503.diagnosis.cause import (
    At,
    Clue,
    Disposition,
    Hazard,
    Hit,
    Missing,
    Remedy,
    RemedyKind,
    Rule,
    Severity,
    Weight,
)
from why503.diagnosis.edit import Put, target_of
from why503.diagnosis.scenario import Call, Cure, Load, Scenario, View
from why503.facts import Manifest, ProxyEvent, ProxyEventKind, Source
from why503.mesh.ending import Ending
from why503.mesh.envoy_setting import envoy_settings, http_filters
from why503.mesh.failure import Failure
from why503.mesh.hop import Hop, Place
from why503.mesh.mesh import Mesh
from why503.mesh.naming import namespace_of, restart_server, telling_pod
from why503.mesh.setting import Setting, word_of
from why503.support.pattern import lazy_re
from why503.support.text import _

ID = "filter-broken"
TITLE = _("An extension in the filter chain fails at run time and ends the request")
READS = frozenset({"EnvoyFilter", "ProxyEvent", "WasmPlugin", "fragment"})
SIGNS = frozenset(
    {"wasm_fail_stream", "NFCF", "lua_response", "filter_removed_required_response_headers"}
)
AT = At.PROXY
ALERT = flagged("NFCF", code="500", teller=ANYBODY)
SCENARIO = Scenario(
    summary="A Lua filter that an EnvoyFilter put in answers in place of the service.",
    hop=Place.UPSTREAM_PROXY,
    load=Load(calls=(Call(), Call(path="{path}/legacy"))),
    callee={
        "http_filters": [
            {
                "name": "envoy.filters.http.lua",
                "typed_config": {
                    "@type": "type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua",
                    "default_source_code": {
                        "inline_string": "function envoy_on_request(handle)\n"
                        '  if string.find(handle:headers():get(":path"), "legacy") then\n'
                        '    handle:respond({[":status"] = "500"}, "cannot map the tenant")\n'
                        "  end\n"
                        "end\n"
                    },
                },
            }
        ]
    },
    modest={View.CALLER: "A 500 from behind could be the application's own."},
    also=frozenset({"upstream-returned-5xx"}),
    cure=Cure(callee={"http_filters": None}),
)

WASM_CLOSED = Clue(
    Weight.PROVES,
    _(
        "{count:request was|requests were} ended because a Wasm plugin had failed "
        "(wasm_fail_stream)."
    ),
)
WASM_CRASHED = Clue(Weight.PROVES, _("A Wasm plugin crashed in the proxy: {text}."))
WASM_TROUBLE = Clue(Weight.SPEAKS_FOR, _("The proxy logged trouble with a Wasm plugin: {text}."))
NOT_DELIVERED = Clue(
    Weight.SPEAKS_FOR,
    _("For {count:request|requests} a filter of the chain had no configuration (NFCF)."),
)
TOOK_AWAY = Clue(
    Weight.PROVES, _("{count:message was|messages were} spoiled by a filter of the chain ({word}).")
)
SCRIPT_ANSWERED = Clue(
    Weight.SPEAKS_FOR,
    _("{count:request was|requests were} answered by a Lua script."),
)
SCRIPT_FAILED = Clue(Weight.SPEAKS_FOR, _("The proxy logged an error of a Lua script: {text}."))
TOO_LARGE = Clue(
    Weight.HINTS,
    _(
        "{count:request was|requests were} refused for the length of the body, as where a filter "
        "buffers it (1 MiB unless set otherwise)."
    ),
)
BUFFERS = Clue(
    Weight.SPEAKS_FOR,
    _("{by} puts a filter into the chain that holds whole bodies back: {word}."),
)
OTHER = Clue(Weight.HINTS, _("{count:request|requests} ended in a filter of the chain ({word})."))
EXTENSION = Clue(Weight.HINTS, _("{by} puts an extension into the filter chain."))

_CRASH = lazy_re(r"^Function: \S{1,80} failed|[Ww]asm VM failed|configured to fail closed")
_SCRIPT = lazy_re(
    r"script log: .{0,300}(?:attempt to |\]:\d{1,6}: |stack traceback|error|bad argument)|"
    r"script load error"
)
_LENGTHS = frozenset({"request_payload_too_large", "response_payload_too_large"})
_HOLDS = lazy_re(r":httpCall\(|:body\(|filters\.http\.buffer\b")
_SCRIPTS = ("inlineCode", "inline_code", "inlineString", "inline_string")
_SPOILED = ("filter_removed", "filter_added")


def weigh(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """The filter's own details, and crashes of Wasm plugins in the proxy's log."""
    failures = hop.having(Ending.FILTER_FAILED)
    yield from _details(hop, failures)
    passed_on = hop.having(Ending.VIA_UPSTREAM, Ending.UNKNOWN)
    if failures or not hop.failures or passed_on:
        yield from _events(mesh, silent=not hop.failures or bool(failures))
    if failures:
        yield from _scripts(mesh)
        if any(_word(failure) in _LENGTHS for failure in failures):
            yield from _buffers(mesh)
        for manifest in mesh.manifests("WasmPlugin")[:1]:
            yield EXTENSION.hit(manifest.source, by=manifest.full_name, observation="extension")
        for found in http_filters(mesh, "wasm", "lua", "ext_proc")[:1]:
            sources = [found.source] if found.source else []
            yield EXTENSION.hit(*sources, by=found.by, observation="extension")


def _details(hop: Hop, failures: tuple[Failure, ...]) -> Iterator[Hit]:
    by_word: dict[str, list[Failure]] = {}
    for failure in failures:
        by_word.setdefault(_word(failure), []).append(failure)
    for word, found in by_word.items():
        sources, count = hop.sources(found), len(found)
        if word == "wasm_fail_stream":
            yield WASM_CLOSED.hit(*sources, count=count)
        elif word == "NFCF":
            yield NOT_DELIVERED.hit(*sources, count=count)
        elif word.startswith(_SPOILED):
            yield TOOK_AWAY.hit(*sources, count=count, word=word)
        elif word in _LENGTHS:
            yield TOO_LARGE.hit(*sources, count=count)
        elif word == "lua_response":
            yield SCRIPT_ANSWERED.hit(*sources, count=count)
        else:
            yield OTHER.hit(*sources, count=count, word=word)


def _buffers(mesh: Mesh) -> Iterator[Hit]:
    """A filter that makes the proxy hold a body back: a Lua script that calls out, a buffer."""
    for found in envoy_settings(mesh, *_SCRIPTS, "name", "@type"):
        if (held := _HOLDS.search(f"{found.value}")) is not None:
            word = held[0].strip(":(")
            yield BUFFERS.hit(*_sources(found), by=found.by, word=word, observation="extension")
            return
    for found in envoy_settings(mesh, "with_request_body"):
        word = "with_request_body"
        yield BUFFERS.hit(*_sources(found), by=found.by, word=word, observation="extension")
        return


def _sources(found: Setting[Any]) -> tuple[Source, ...]:
    return (found.source,) if found.source else ()


def _word(failure: Failure) -> str:
    name = (failure.teller.details or "").partition("{")[0]
    if name:
        return name
    return "NFCF" if "NFCF" in (failure.teller.flags or ()) else failure.outcome.detail


def _events(mesh: Mesh, *, silent: bool) -> Iterator[Hit]:
    """The first crash in the log, else other trouble; ``silent`` where nothing contradicts."""
    events = mesh.events(ProxyEvent, ProxyEventKind.WASM_FAILED)
    told = [event for event in events if event.text != "wasm_fail_stream"]
    crash = next((event for event in told if _CRASH.search(event.text)), None)
    if crash is not None and silent:
        yield WASM_CRASHED.hit(crash.source, text=crash.text)
    elif told:
        event = crash or told[0]
        yield WASM_TROUBLE.hit(event.source, text=event.text)


def _scripts(mesh: Mesh) -> Iterator[Hit]:
    """The first error of a Lua script in the proxy's log."""
    for event in mesh.events(ProxyEvent, ProxyEventKind.OTHER):
        if _SCRIPT.match(event.text):
            yield SCRIPT_FAILED.hit(event.source, text=event.text[:200], observation="script")
            return


def missing(hop: Hop, mesh: Mesh) -> Iterator[Missing]:
    """The proxy's own log, and what was put into the chain."""
    namespace, pod = telling_pod(hop, mesh)
    yield Missing(
        what=_("the own log of the proxy that answered, with what its extensions say"),
        command=f"kubectl -n {namespace} logs {pod} "
        "-c istio-proxy --since=1h | grep -i -e wasm -e lua",
        decides=(ID, "upstream-returned-5xx"),
    )
    yield from question.given(
        question.istio_objects(hop, mesh, "WasmPlugin", "EnvoyFilter", decides=(ID,))
    )


FAIL_CLOSE = Rule(
    "fail-close",
    Severity.NOTE,
    _("{plugin} ends every request with 503 once it has failed (FAIL_CLOSE)."),
)


def hazards(mesh: Mesh) -> Iterator[Hazard]:
    """Wasm plugins that end every request once they have failed."""
    for plugin in mesh.manifests("WasmPlugin"):
        strategy = word_of(plugin.get("spec", "failStrategy")) or "FAIL_CLOSE"
        if strategy == "FAIL_CLOSE" and not plugin.partial:
            yield FAIL_CLOSE.at(plugin.where("spec", "failStrategy"), plugin=plugin.full_name)


def remedies(hop: Hop, mesh: Mesh) -> Iterator[Remedy]:
    """Let requests pass for now, restart the proxy, mend the extension."""
    namespace = namespace_of(hop, mesh)
    plugins = mesh.manifests("WasmPlugin")
    yield Remedy(
        title=_("Let requests pass while the extension fails, or take it away"),
        kind=RemedyKind.STOP_GAP,
        disposition=Disposition.NEEDS_REVIEW,
        edits=tuple(
            Put(target=target_of(one), path=("spec", "failStrategy"), value="FAIL_OPEN")
            for one in plugins[:1]
            if not one.partial
        ),
        commands=(_open_command(plugins, namespace),),
        risks=(_("What the extension checks or adds is missing meanwhile."),),
        verify=_("Lines with wasm_fail_stream stop."),
        undo=_("Apply the extension again."),
    )
    yield Remedy(
        title=_("Mend the extension, and restart the proxies: a failed Wasm VM stays failed"),
        kind=RemedyKind.FIX,
        disposition=Disposition.OUTSIDE_MESH,
        commands=(restart_server(hop, mesh),),
        verify=_("The proxy's log at level `wasm:info` shows no failed function under load."),
    )
    yield Remedy(
        title=_("Roll extensions out to few proxies first, with `failStrategy: FAIL_OPEN`"),
        kind=RemedyKind.PREVENTION,
        disposition=Disposition.NEEDS_REVIEW,
    )


def _open_command(plugins: tuple[Manifest, ...], namespace: str) -> str:
    name = plugins[0].name if plugins else "<plugin>"
    space = plugins[0].namespace or namespace if plugins else namespace
    change = '{"spec":{"failStrategy":"FAIL_OPEN"}}'
    return f"kubectl -n {space} patch wasmplugin {name} --type merge -p '{change}'"
