"""`why503 trace`: what would happen to one request, object by object."""

from typing import TYPE_CHECKING, Any

import click

from why503.cli import option
from why503.cli.diagnose import Unreadable
from why503.cli.screen import ascii_only, width, write
from why503.support.text import _

if TYPE_CHECKING:
    from why503.diagnosis.trace import Trace

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


@click.command(
    help=_(
        "Say what would happen to a request: which listener, filter chain, route, cluster and "
        "endpoint it gets, which object and line made each, and how it ends.\n\n"
        "METHOD is GET where it is left out, POST for gRPC. URL begins with http, https, mtls "
        "(https with a client certificate), h2c, grpc, grpcs, tcp or tls. The configuration is "
        "made from YAML as Istio would make it; where the dump of the first proxy is given "
        "(`istioctl proxy-config all POD -o json`), what it has loaded counts, and what YAML asks "
        "for instead is told.\n\n"
        "Exit code: 0 it ran, 2 wrong usage or unreadable input."
    )
)
@click.argument("words", metavar="[METHOD] URL", nargs=-1, required=True)
@click.option(
    "-f",
    "--file",
    "paths",
    metavar="PATH",
    multiple=True,
    required=True,
    type=click.Path(),
    help=_("File, folder or archive with manifests or a configuration dump; `-`: a pipe."),
)
@click.option(
    "--from",
    "source",
    metavar="WORKLOAD",
    default="",
    help=_(
        "Where it starts: deploy/web, pod/web-0, gateway/ingress, with `.NAMESPACE` behind where "
        "it is another one. Without it the client has no proxy."
    ),
)
@click.option(
    "-n",
    "--namespace",
    default="default",
    show_default=True,
    help=_("Namespace of the caller, and of objects that do not name theirs."),
)
@click.option(
    "-H", "--header", "headers", metavar="HEADER", multiple=True, help=_("Header `name: value`.")
)
@click.option("--address", default="", help=_("Address that the client sends to."))
@click.option("--sni", default="", help=_("Server name in the client's TLS."))
@option.output_in("text", "json", "svg")
@option.print_schema("why503.report.trace_json")
def trace(
    words: tuple[str, ...], *, paths: tuple[str, ...], namespace: str, output: str, **told: Any
) -> int:
    """Read, follow, answer; the exit code."""
    from why503.diagnosis.trace import NotAskedError, asked_of, traced
    from why503.evidence.read import ReadError, read_paths
    from why503.evidence.reader import Options

    if len(words) > 2 or (len(words) == 1 and words[0] in _METHODS):
        raise click.UsageError(_("Give one method and one URL."))
    method, url = words if len(words) == 2 else ("", words[0])
    try:
        asked = asked_of(method, url, told.pop("headers"), **told)
        bundle = read_paths(list(paths), Options())
    except NotAskedError as refused:
        raise click.UsageError(str(refused)) from refused
    except ReadError as refused:
        raise Unreadable(str(refused)) from refused
    answer = traced(bundle, asked, namespace=namespace)
    if output == "text":
        write(_text(answer))
    else:
        write(_document(answer, output), encoding="utf-8")
    return 0


def _text(answer: "Trace") -> str:
    from why503.report import trace_text
    from why503.report.layout import NARROWEST, WIDEST, WIDTH

    columns = width(WIDTH, NARROWEST, WIDEST)
    return trace_text.render(answer, width=columns, ascii_only=ascii_only())


def _document(answer: "Trace", output: str) -> str:
    if output == "svg":
        from why503.report import trace_svg

        return trace_svg.render(answer)
    from why503.report import trace_json

    return trace_json.render(answer)
