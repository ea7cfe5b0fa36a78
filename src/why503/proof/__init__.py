"""How we prove: a failure is made to happen on a real Envoy, and recorded as a bundle.

A `Scenario` is plain data and stands with its cause. This room casts it (names, addresses, numbers
drawn from a seed), sets the stage (Envoys in Istio's shapes on loopback, an application at either
end), lets it play, writes down what the proxies tell, and ends everything that it started.
"""
