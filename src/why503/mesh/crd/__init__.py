"""What the API server accepts: the CRDs' own schemas and rules, held against an object.

The schemas of Istio's minor versions and of the Gateway API are package data, made strict by
`.ci/make-crds`: a field that the CRD does not know is an error.
"""
