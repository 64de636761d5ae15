"""`scenario run` as its user sees it: reports, live progress, parts of a scenario, an interruption."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time
from typing import Any
from xml.etree import ElementTree

import pytest

pytestmark = pytest.mark.e2e


FAILING = """
scenario: CAPSULE is called while it fails
tags: [report]
steps:
  - wait: 1ms
  - fault: http-status
    on: capsule
    status: 503
    as: outage
  - http: GET {{ capsule }}/api/v1/capsules
  - wait: 1h
"""


def test_a_run_is_reported_in_every_format_with_what_failed_and_what_was_in_force(shared: Any) -> None:
    cli, _ = shared
    (cli.folder / "failing.yaml").write_text(FAILING, encoding="utf-8")
    asked = "html=r.html,json=r.json,junit=r.xml,tap=r.tap"
    done = cli.run("scenario", "run", "failing.yaml", "golden-path", "--keep-going", "--from", "2", "--report", asked)
    assert done.code == 2 and "part of one scenario" in done.err and not (cli.folder / "r.html").exists()
    done = cli.run("scenario", "run", "failing.yaml", "--from", "2", "--to", "3", "--report", asked)
    assert done.code == 1, done.err
    assert "✗ step 3 of 4  CAPSULE GET /api/v1/capsules" in done.out and "failing.yaml:10" in done.out
    assert "faults    outage: http-status --status 503 on capsule" in done.out and "hit 1 time" in done.out
    assert "skipped because the run is of other steps" in done.out and "1 skipped" in done.out
    suite = ElementTree.parse(cli.folder / "r.xml").getroot()
    assert {name: suite.get(name) for name in ("tests", "failures", "errors", "skipped")} == {
        "tests": "3", "failures": "1", "errors": "0", "skipped": "1",
    }  # fmt: skip
    (run,) = json.loads((cli.folder / "r.json").read_text(encoding="utf-8"))["runs"]
    assert (run["outcome"], run["exitCode"], run["counts"]) == ("failed", 1, {"passed": 1, "failed": 1, "skipped": 1})
    assert {"FaultApplied", "RequestServed", "FaultRemoved"} <= {fact["kind"] for fact in run["facts"]}
    page = (cli.folder / "r.html").read_text(encoding="utf-8")
    assert "fault outage" in page and "requests 5xx" in page and "Kafka" not in page.partition("</style>")[0]
    assert "# SKIP" in (cli.folder / "r.tap").read_text(encoding="utf-8")


def test_a_tag_chooses_among_those_that_ship_and_several_results_are_a_list(shared: Any) -> None:
    cli, _ = shared
    results = cli.ok("scenario", "run", "--tag", "ordering", "--json").json
    assert len(results) == 3 and {each["outcome"] for each in results} == {"passed"}


@pytest.mark.parametrize("size", [(80, 24), (200, 50)])
def test_a_terminal_sees_the_step_that_runs_and_is_whole_after_ctrl_c(shared: Any, size: tuple[int, int]) -> None:
    cli, _ = shared
    (cli.folder / "long.yaml").write_text(
        "scenario: Long\nsteps:\n  - wait: 1ms\n  - wait: 50s\n  - wait: 2ms\nfinally:\n  - wait: 3ms\n",
        encoding="utf-8",
    )
    seen = _on_a_terminal(cli, "scenario", "run", "long.yaml", size=size, until=b"step 2 of 4", then=b"\x03")
    text = seen.decode(errors="replace")
    shown = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", text)
    assert "step 2 of 4  wait 50s" in shown and "then     wait 2ms" in shown
    assert "- interrupted after" in shown and shown.rstrip().endswith("interrupted")
    assert text.rfind("\x1b[?25h") > text.rfind("\x1b[?25l"), "the cursor is shown again"


def _on_a_terminal(cli: Any, *arguments: str, size: tuple[int, int], until: bytes, then: bytes) -> bytes:
    """Everything that a terminal of that size was sent; `then` is typed once `until` was seen."""
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
    environ = {key: value for key, value in cli.environ.items() if key not in ("CI", "NO_COLOR")}
    child = subprocess.Popen(
        cli.command(*arguments), cwd=cli.folder, env={**environ, "TERM": "xterm-256color"},
        stdin=follower, stdout=follower, stderr=follower, start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
    )  # fmt: skip
    os.close(follower)
    seen, typed = b"", False
    deadline_s = time.monotonic() + 60
    try:
        while time.monotonic() < deadline_s:
            if select.select([leader], [], [], 0.2)[0]:
                try:
                    got = os.read(leader, 65_536)
                except OSError:  # Linux: the other end is closed
                    break
                if not got:
                    break
                seen += got
            if until in seen and not typed:
                os.write(leader, then)
                typed = True
        assert child.wait(10) == 130, seen
    finally:
        if child.poll() is None:
            child.kill()
            child.wait()
        os.close(leader)
    return seen
