"""The one table of weights, written by `make calibrate`; no number is set by hand."""

from why503.diagnosis.table import Table

TABLE = Table(
    proves=30.0,
    speaks_for=9.0,
    hints=3.0,
    speaks_against=-9.0,
    rules_out=-40.0,
    prior=-6.0,
)
