"""A harbour with two versions of its quay: objects of a release, and what is told of it."""

from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

from tests.mesh.make import manifests, obj
from why503.facts import Bundle
from why503.mesh.traced.push import Push
from why503.repair.rollout.answer import RolloutAnswer, RolloutOrder
from why503.repair.rollout.change import changes_between, hosts_of
from why503.repair.rollout.moment import Watch, workloads_of
from why503.repair.rollout.order import Story, story_of
from why503.repair.rollout.release import release
from why503.repair.rollout.state import State, state_of
from why503.repair.rollout.step_file import step_file
from why503.repair.rollout.way import callers_of

SPACE = "ferry"
HOST = "quay.ferry.svc.cluster.local"


def workload(name: str, labels: str, more: str = "", namespace: str = SPACE) -> str:
    """A Deployment; ``more``: fields of its spec in flow style, with a comma behind."""
    spec = f"{{{more}template: {{metadata: {{labels: {{{labels}}}}}, "
    return obj("Deployment", name, f"{spec}spec: {{containers: [{{name: app}}]}}}}}}", namespace)


def service(name: str = "quay", selector: str = "app: quay", namespace: str = SPACE) -> str:
    port = "{name: http, port: 9080, targetPort: 8080}"
    return obj("Service", name, f"{{selector: {{{selector}}}, ports: [{port}]}}", namespace)


def rule(*subsets: str, namespace: str = SPACE, host: str = "quay", name: str = "quay") -> str:
    """A DestinationRule whose subsets are versions; `v1=x` has the label `version: x`."""
    parts = [one.partition("=") for one in subsets]
    told = ", ".join(f"{{name: {n}, labels: {{version: {v or n}}}}}" for n, _, v in parts)
    return obj("DestinationRule", name, f"{{host: {host}, subsets: [{told}]}}", namespace)


def route(weights: Mapping[str, int], more: str = "", name: str = "quay") -> str:
    """A VirtualService with weights by subset."""
    ways = ", ".join(
        f"{{destination: {{host: quay, subset: {subset}}}, weight: {weight}}}"
        for subset, weight in weights.items()
    )
    return obj(
        "VirtualService", name, f"{{hosts: [quay]{more}, http: [{{route: [{ways}]}}]}}", SPACE
    )


DESK = workload("desk", "app: desk")
V1 = workload("quay-v1", "app: quay, version: v1")
V2 = workload("quay-v2", "app: quay, version: v2")
BASE = DESK + service()
NOW = BASE + V1 + rule("v1") + route({"v1": 100})
CANARY = BASE + V1 + V2 + rule("v1", "v2") + route({"v1": 90, "v2": 10})
DONE = BASE + V2 + rule("v2") + route({"v2": 100})


def bundle(text: str) -> Bundle:
    return Bundle(facts=tuple(manifests(text)))


def state(text: str) -> State:
    return state_of(bundle(text), SPACE)


def push(text: str) -> Push:
    return state(text).push(SPACE)


def watch_of(*texts: str) -> Watch:
    """A watch over everything that changes from each text to the next."""
    states = [state(text) for text in texts]
    pushes = [one.push(SPACE) for one in states]
    changes = [change for now, then in pairwise(states) for change in changes_between(now, then)]
    return Watch(callers_of(pushes), hosts_of(changes, pushes), workloads_of(states), SPACE)


def story(now: str, wanted: str) -> Story:
    return story_of(state(now), state(wanted), (), SPACE)


def between(now: str, wanted: str):
    return changes_between(state(now), state(wanted))


def answer(now: str, wanted: str | None = None) -> RolloutAnswer:
    return release(bundle(now), bundle(wanted) if wanted else None, None, namespace=SPACE)


def walked(folder: Path, now: str, files: Mapping[str, str], lines: str) -> RolloutAnswer:
    """The answer for an order whose files are written to ``folder``."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "steps.txt").write_text(lines, encoding="utf-8")
    given = step_file(str(folder / "steps.txt"), state(now), SPACE)
    return release(bundle(now), None, given, namespace=SPACE)


def order(told: RolloutAnswer, name: str) -> RolloutOrder:
    return next(one for one in told.orders if one.id == name)


def flags(told: RolloutOrder) -> dict[int, list[str]]:
    """The flags of each step in which something is lost."""
    return {
        step.number: [danger.flag for danger in step.dangers] for step in told.steps if step.dangers
    }


def made(told: RolloutOrder) -> list[tuple[str, str]]:
    """Action and object of every step, in order."""
    return [(one.action, one.object) for step in told.steps for one in step.changes]
