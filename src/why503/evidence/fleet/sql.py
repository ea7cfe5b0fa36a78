"""The grouping as SQL, for stores without Python workers."""

from importlib.resources import files


def query(dialect: str) -> str:
    """The text of the query, which ships with the package."""
    return files("why503.evidence.fleet").joinpath(f"groups.{dialect}.sql").read_text("utf-8")
