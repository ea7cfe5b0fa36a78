"""Lint of 10,000 objects next to what PyYAML's C loader needs to parse the same files."""

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import yaml

APPS = 2_500
FILES = 100
NOTE = "what this object is for, who owns it, and where its dashboards and run book are; " * 5

OBJECTS = """apiVersion: apps/v1
kind: Deployment
metadata:
  name: app-{n}
  namespace: team-{team}
  annotations:
    example.com/about: "{note}"
spec:
  replicas: 3
  selector: {{matchLabels: {{app: app-{n}}}}}
  template:
    metadata:
      labels: {{app: app-{n}, version: v1, sidecar.istio.io/inject: "true"}}
    spec:
      terminationGracePeriodSeconds: 60
      containers:
      - name: app
        image: registry.example.com/team-{team}/app-{n}:1.4.{n}
        ports:
        - {{name: http, containerPort: 8080}}
        readinessProbe:
          httpGet: {{path: /ready, port: http}}
        lifecycle:
          preStop: {{sleep: {{seconds: 4}}}}
        env:
        - {{name: LEVEL, value: info}}
        resources:
          requests: {{cpu: 100m, memory: 128Mi}}
          limits: {{memory: 256Mi}}
---
apiVersion: v1
kind: Service
metadata:
  name: app-{n}
  namespace: team-{team}
  annotations:
    example.com/about: "{note}{note}"
spec:
  selector: {{app: app-{n}}}
  ports:
  - {{name: http, port: 80, targetPort: http}}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata:
  name: app-{n}
  namespace: team-{team}
  annotations:
    example.com/about: "{note}"
spec:
  hosts:
  - app-{n}
  http:
  - name: slow
    match:
    - uri: {{prefix: /reports}}
    timeout: 30s
    route:
    - destination:
        host: app-{n}
        subset: v1
  - name: rest
    timeout: 5s
    retries:
      attempts: 2
      perTryTimeout: 1s
      retryOn: connect-failure,refused-stream,reset
    route:
    - destination:
        host: app-{n}
        subset: v1
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata:
  name: app-{n}
  namespace: team-{team}
  annotations:
    example.com/about: "{note}{note}"
spec:
  host: app-{n}
  trafficPolicy:
    connectionPool:
      tcp: {{connectTimeout: 5s}}
      http: {{idleTimeout: 50s}}
    outlierDetection:
      consecutive5xxErrors: 7
      interval: 5s
      baseEjectionTime: 30s
  subsets:
  - name: v1
    labels: {{version: v1}}
"""


def write(folder: Path) -> int:
    """Lay the objects out below ``folder``; their bytes."""
    size = 0
    for file in range(FILES):
        texts = [
            OBJECTS.format(n=number, team=number % 50, note=NOTE)
            for number in range(file, APPS, FILES)
        ]
        text = "---\n".join(texts)
        size += len(text)
        (folder / f"team-{file}.yaml").write_text(text, encoding="utf-8")
    return size


def main() -> None:
    """Print seconds by the clock and of the processor, their ratios, the peak of memory."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        size = write(folder)
        begin, spent = time.perf_counter(), time.process_time()
        count = 0
        for path in sorted(folder.iterdir()):
            text = path.read_text(encoding="utf-8")
            count += sum(1 for _one in yaml.load_all(text, yaml.CSafeLoader))
        parsed, spent = time.perf_counter() - begin, time.process_time() - spent
        begin = time.perf_counter()
        program = "import sys; from why503.cli import main; sys.exit(main())"
        command = [sys.executable, "-c", program, "lint", str(folder), "--exit-zero"]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        linted = time.perf_counter() - begin
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        busy, peak = used.ru_utime + used.ru_stime, used.ru_maxrss / 1024
    print(f"{count} objects, {size / count:.0f} bytes each; PyYAML's C loader {parsed:.2f} s")
    print(f"lint {linted:.2f} s: {linted / parsed:.2f} times; at most {peak:.0f} MB")
    print(f"of the processor {busy:.2f} s for {spent:.2f} s: {busy / spent:.2f} times")
    print(done.stdout.splitlines()[-1])


if __name__ == "__main__":
    main()
