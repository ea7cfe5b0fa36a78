"""What sees the causes before somebody asks: rules, scrape objects, a dashboard.

Each cause says as plain data how metrics show it (`diagnosis/alert.py`). `rule.py` makes rules of
that, `manifest.py` the objects that the operators of Prometheus and VictoriaMetrics take,
`stats_matcher.py` what Istio's proxies have to count for them, `dashboard.py` the panels.
`folder.py` lays all of it out as files and writes them.
"""
