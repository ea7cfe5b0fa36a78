"""What Istio writes into its proxies by default, which changed over the years."""

from typing import Any

from why503.mesh.retry_on import DEFAULT
from why503.proof.log_format import LogFormat
from why503.support.dataclass import dataclass

_HOSTS = {
    "retry_host_predicate": [
        {
            "name": "envoy.retry_host_predicates.previous_hosts",
            "typed_config": {
                "@type": "type.googleapis.com/envoy.extensions.retry.host.previous_hosts.v3"
                ".PreviousHostsPredicate"
            },
        }
    ],
    "host_selection_retry_max_attempts": "5",
}


@dataclass(frozen=True)
class Era:
    """An Istio of its time."""

    version: str
    retries_on_503: bool
    """Before 1.24 a 503 was repeated by default, whoever had made it."""

    @property
    def outbound_retry(self) -> dict[str, Any]:
        """The default retry policy of a caller's route."""
        on = ",".join((*DEFAULT, "retriable-status-codes"))
        found = {"retry_on": on, "num_retries": 2, **_HOSTS}
        return {**found, "retriable_status_codes": [503]} if self.retries_on_503 else found

    @property
    def inbound_retry(self) -> dict[str, Any] | None:
        """The default retry policy of a server's route; None where it had none."""
        if self.retries_on_503:
            return None
        return {"retry_on": "reset-before-request", "num_retries": 2}


TODAY = Era("1.27.1", retries_on_503=False)
BEFORE = Era("1.20.8", retries_on_503=True)
MIXER = Era("1.7.8", retries_on_503=True)


def era_of(log_format: LogFormat, seed: int) -> Era:
    """The Istio of a play: a fitting one for the format, today's for most seeds."""
    if log_format is LogFormat.OLD:
        return MIXER
    return BEFORE if seed % 3 == 2 else TODAY
