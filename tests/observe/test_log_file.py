"""Log files are read as they grow."""

from pathlib import Path

from sandbox.observe.log_file import LogFile, service_of


def test_a_log_file_gives_whole_lines_as_they_come(tmp_path: Path) -> None:
    path = tmp_path / "services.log"
    reader = LogFile(path)
    assert reader.new_lines() == []
    path.write_text("one\ntwo\nth")
    assert reader.new_lines() == ["one", "two"]
    path.write_text("one\ntwo\nthree\n")
    assert reader.new_lines() == ["three"]
    path.write_text("anew\n")
    assert reader.new_lines() == ["anew"]


def test_what_is_there_already_can_be_left_out(tmp_path: Path) -> None:
    path = tmp_path / "services.log"
    path.write_text("old\n")
    reader = LogFile(path, from_end=True)
    assert reader.new_lines() == []
    path.write_text("old\nnew\n")
    assert reader.new_lines() == ["new"]


def test_a_logger_belongs_to_a_service() -> None:
    assert service_of("sandbox.services.capsule.consumer") == "capsule"
    assert (service_of("sandbox.registry.store"), service_of("sandbox.access")) == ("schema-registry", None)
