"""Short words for changes of the first document, for tests."""

from why503.repair.change import Append, Drop, Put, RefusedError, Target
from why503.repair.patch import patched

HERE = Target(document=0)


def put(text, path, value, **options):
    return patched(text, [Put(target=HERE, path=steps(path), value=value)], **options).text


def drop(text, path, **options):
    return patched(text, [Drop(target=HERE, path=steps(path))], **options).text


def append(text, path, value, **options):
    return patched(text, [Append(target=HERE, path=steps(path), value=value)], **options).text


def refusal(make, *given, **options):
    """The sentence by which a change is refused; ``""`` where it is made."""
    try:
        make(*given, **options)
    except RefusedError as refused:
        return str(refused)
    return ""


def steps(path):
    """`a.0.b` as a path."""
    return tuple(int(step) if step.isdigit() else step for step in path.split("."))
