"""`why503 fleet`: `diagnose`, with the large access logs read by a distributed engine."""

import click

from why503.cli import option
from why503.cli.diagnose import Unreadable, check_format, given, show
from why503.cli.screen import write
from why503.support.text import _

MEGA = 1 << 20


@click.command(
    help=_(
        "Diagnose as `why503 diagnose` does, and give the same answer, with the large access logs "
        "among PATH read by a cluster: each task is a range of a file, or a compressed file. The "
        "workers need the files at the same path, Python, numpy and msgspec (for .zst "
        "backports.zstd too).\n\n"
        "With `--engine sql` it prints the query by which a store without Python groups its "
        "lines.\n\n"
        "Exit code: 0 it ran, 1 --fail-on was met, 2 wrong usage, unreadable input or a fleet that "
        "failed."
    )
)
@option.paths
@click.option(
    "--engine",
    type=click.Choice(["spark", "ray", "sql"]),
    required=True,
    help=_("What runs the tasks."),
)
@click.option(
    "--address",
    "--master",
    metavar="URL",
    default="",
    help=_(
        "Where the engine is: Spark's master (spark://host:7077, yarn, k8s://...) or Ray's address "
        "(auto, ray://host:10001). Without it one is started on this machine, unless spark-submit "
        "or RAY_ADDRESS says where."
    ),
)
@click.option(
    "--task-size",
    metavar="MB",
    type=click.IntRange(1, 4096),
    default=128,
    show_default=True,
    help=_("Megabytes of a task."),
)
@click.option(
    "--dialect",
    type=click.Choice(["clickhouse"]),
    default="clickhouse",
    show_default=True,
    help=_("Whose SQL `--engine sql` prints."),
)
@option.output
@option.access_log_format
@option.memory_of_a_task
@option.color
@option.fail_on
@option.verbose
@option.save
@option.baseline
def fleet(  # noqa: PLR0913 - one per option
    paths: tuple[str, ...],
    *,
    engine: str,
    address: str,
    task_size: int,
    dialect: str,
    output: str,
    access_log_format: str,
    memory: int,
    color: str,
    fail_on: str,
    verbose: bool,
    save: str,
    baseline: str,
) -> int:
    """Read on the fleet, weigh here, answer; the exit code."""
    if engine == "sql":
        from why503.evidence.fleet.sql import query

        write(query(dialect))
        return 0
    import why503
    from why503.evidence.fleet.ahead import Fleet
    from why503.evidence.fleet.engine import FleetError, connected
    from why503.evidence.kept.parquet import KeepError
    from why503.evidence.read import ReadError

    check_format(access_log_format)
    try:
        with connected(engine, address) as cluster:
            diagnosis = why503.diagnose(
                *given(paths),
                access_log_format=access_log_format,
                memory=memory,
                fleet=Fleet(cluster, task_size * MEGA, memory),
                save=save,
                baseline=baseline,
            )
    except (ReadError, KeepError, FleetError) as refused:
        raise Unreadable(str(refused)) from refused
    return show(diagnosis, output, color=color, fail_on=fail_on, verbose=verbose)
