"""What would happen to one request: the configuration that Istio makes of YAML, and Envoy's choice.

`push.py` holds what istiod knows, `outbound.py`, `inbound.py` and `gateway_listener.py` make the
listeners and routes of one proxy from it, `dumped.py` takes them from a configuration dump instead,
and `envoy.py` chooses among them, wherever they come from. `tracing.py` walks from the caller's
proxy to the server's. Ambient (ztunnel, waypoints) and EnvoyFilters are not modelled.
"""
