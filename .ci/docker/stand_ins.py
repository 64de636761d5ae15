"""Builds images under the names that compose/ uses, from what `provisions` laid into a folder, for machines that cannot
pull: python:3.13-slim-trixie is a Debian with its own Python, apache/kafka:4.4.0 the embedded runtime's verified jars
behind the official image's contract of environment.
"""

import json
import sys
from pathlib import Path

from sandbox.runtime.docker.client import connect, local_endpoint

BASE = "python:3.13-slim-trixie"
KAFKA = "apache/kafka:4.4.0"

provisions = Path(sys.argv[1])
client = connect(local_endpoint().url, timeout_s=300)
repository, _, tag = BASE.partition(":")
said = client.api.import_image_from_file(
    str(provisions / "root.tar"), repository=repository, tag=tag, changes=['CMD ["python3"]']
)
assert "error" not in json.loads(said.splitlines()[-1]), said
client.images.build(path=str(provisions / "kafka"), tag=KAFKA, buildargs={"BASE": BASE}, rm=True)
client.close()
