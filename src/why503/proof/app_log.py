"""The log of an application on stage."""

from datetime import UTC, datetime


class AppLog:
    """Lines as many Go programs write them: time, level, who, message."""

    def __init__(self, who: str) -> None:
        """Of the workload ``who``."""
        self._who = who
        self._lines: list[str] = []

    @property
    def text(self) -> str:
        """All lines so far."""
        return "".join(f"{line}\n" for line in self._lines)

    def say(self, line: str) -> None:
        """Write `LEVEL message`, now; a line that begins with a blank goes on as it is."""
        level, _, message = line.partition(" ")
        if not level:
            self._lines.append(message)
            return
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
        self._lines.append(f"{now}\t{level}\t{self._who}\t{message}")
