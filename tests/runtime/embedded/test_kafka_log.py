from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.runtime.embedded.kafka_log import KafkaLog

WARNING = "2026-11-24T00:06:06,200 WARN Something to note (Broker)\n"
FAILURE = """\
2026-11-24T00:06:06,322 ERROR Exiting Kafka. (Kafka$)
java.net.BindException: Address already in use
\tat java.base/sun.nio.ch.Net.bind0(Native Method)
"""


@pytest.fixture
def log(tmp_path: Path) -> KafkaLog:
    log = KafkaLog(tmp_path / "logs" / "kafka.log")
    log.begin()
    return log


def append(log: KafkaLog, text: str) -> None:
    with log.file.open("a") as file:
        file.write(text)


def test_the_last_error_is_told_with_its_root_cause(log: KafkaLog) -> None:
    append(log, WARNING + FAILURE + WARNING)
    assert log.last_error() == "Exiting Kafka. (Kafka$): java.net.BindException: Address already in use"


def test_an_error_without_an_exception_stands_alone(log: KafkaLog) -> None:
    append(log, "2026-11-24T00:06:06,322 FATAL Halting (Exit)\n" + WARNING)
    assert log.last_error() == "Halting (Exit)"


def test_warnings_are_no_errors(log: KafkaLog) -> None:
    append(log, WARNING)
    assert log.last_error() is None
    assert log.kafka_spoke


def test_what_was_said_before_this_run_is_left_out(log: KafkaLog) -> None:
    append(log, FAILURE)
    log.jvm_file.write_text("old\n")
    log.begin()
    assert (log.last_error(), log.lines(5), log.kafka_spoke) == (None, [], False)
    append(log, WARNING)
    assert log.lines(5) == [WARNING.rstrip()]


def test_the_jvm_is_heard_when_kafka_never_spoke(log: KafkaLog) -> None:
    log.jvm_file.write_text("one\ntwo\nthree\n")
    assert log.lines(2) == ["two", "three"]


def test_a_log_that_was_rolled_over_is_read_from_its_beginning(log: KafkaLog) -> None:
    append(log, WARNING * 50)
    log.begin()
    log.file.write_text(FAILURE)
    assert log.last_error().endswith("Address already in use")


def test_only_the_end_of_a_long_log_is_read(log: KafkaLog) -> None:
    append(log, WARNING * 5_000 + FAILURE)
    assert log.last_error() is not None
    assert len(log.lines(10_000)) < 1_000


def test_missing_files_have_no_lines(tmp_path: Path) -> None:
    log = KafkaLog(tmp_path / "never" / "kafka.log")
    assert (log.lines(3), log.jvm_lines(3), log.last_error(), log.kafka_spoke) == ([], [], None, False)
