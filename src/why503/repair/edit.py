"""One edit in the text of one document: finds the place, and asks for its splices."""

from why503.facts.manifest import Path
from why503.repair import block_edit, flow_edit
from why503.repair.change import Edit, RefusedError, Verb, spelled
from why503.repair.marked import Entry, Mark
from why503.repair.text_edit import Lines, Splice
from why503.support.text import _


def splices_of(edit: Edit, root: Mark, lines: Lines) -> list[Splice]:
    """The splices that make ``edit`` in the document ``root`` of ``lines.text``."""
    if not edit.path:
        raise RefusedError(_("A whole document is replaced by a new one, not by an edit."))
    if edit.verb in {Verb.REPLACE, Verb.REMOVE}:
        return _changed(edit, root, lines)
    chain = walk(root, edit.path[:-1])
    return _added(edit, chain[-1].value, chain, lines, root)


def walk(root: Mark, path: Path) -> list[Entry]:
    """The entries along ``path``, from one that stands for the root itself."""
    chain = [Entry(begin=root.begin, value=root)]
    for number, step in enumerate(path):
        entry = entry_of(chain[-1].value, step, path[: number + 1])
        if entry is None:
            said = _("`{path}` does not stand in the document itself.")
            raise RefusedError(said.format(path=spelled(path[: number + 1])))
        chain.append(entry)
    return chain


def entry_of(holder: Mark, step: str | int, path: Path) -> Entry | None:
    """The entry of ``holder`` for one step; None where it has none of its own."""
    if isinstance(step, int):
        is_there = holder.sort == "list" and step < len(holder.entries)
        return holder.entries[step] if is_there else None
    found = [entry for entry in holder.entries if entry.key == step]
    if len(found) > 1:
        said = _("`{path}` stands twice, of which only the last counts. Remove one first.")
        raise RefusedError(said.format(path=spelled(path)))
    return found[0] if found else None


def _changed(edit: Edit, root: Mark, lines: Lines) -> list[Splice]:
    chain = walk(root, edit.path)
    entry, holder = chain[-1], chain[-2].value
    if edit.verb is Verb.REPLACE:
        return _replaced(edit, entry, holder, lines, root)
    if holder.flow:
        return flow_edit.removed(entry, holder, lines)
    if len(holder.entries) > 1:
        return block_edit.removed(entry, holder, lines)
    if len(chain) == 2:
        return block_edit.emptied(holder, lines)
    nothing: dict[str, object] | list[object] = {} if holder.sort == "map" else []
    emptied = Edit(verb=Verb.REPLACE, path=edit.path[:-1], value=nothing)
    return _replaced(emptied, chain[-2], chain[-3].value, lines, root)


def _replaced(edit: Edit, entry: Entry, holder: Mark, lines: Lines, root: Mark) -> list[Splice]:
    if holder.flow:
        return flow_edit.replaced(entry, holder, edit.value, lines)
    form = block_edit.form_of(root, lines)
    return block_edit.replaced(entry, holder, edit.value, lines, form)


def _added(edit: Edit, holder: Mark, chain: list[Entry], lines: Lines, root: Mark) -> list[Splice]:
    last = edit.path[-1]
    key = last if isinstance(last, str) else None
    if holder.is_block and holder.entries:
        form = block_edit.form_of(root, lines)
        return block_edit.added(holder, key, edit.value, lines, form)
    outer = chain[-2].value if len(chain) > 1 else None
    is_noted = "#" in lines.text[holder.body : holder.end]
    if not (holder.entries or is_noted) and outer is not None and outer.is_block:
        value = [edit.value] if key is None else {key: edit.value}
        whole = Edit(verb=Verb.REPLACE, path=edit.path[:-1], value=value)
        return _replaced(whole, chain[-1], outer, lines, root)
    return flow_edit.added(holder, key, edit.value, lines)
