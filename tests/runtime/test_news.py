from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.runtime.news import ASK_AGAIN_S, News


class Watch:
    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def news(tmp_path: Path, watch: Watch) -> News:
    return News(tmp_path / "engine.json", monotonic=watch)


def announce(folder: Path, text: str) -> None:
    (folder / "part").write_text(text)
    (folder / "part").replace(folder / "engine.json")


def test_an_engine_that_has_announced_nothing_is_not_asked(news: News) -> None:
    assert not news.come()


def test_each_announcement_is_news_once(news: News, tmp_path: Path) -> None:
    announce(tmp_path, "one")
    assert [news.come(), news.come()] == [True, False]
    announce(tmp_path, "two")
    assert [news.come(), news.come()] == [True, False]


def test_what_is_not_announced_is_asked_for_now_and_then(news: News, tmp_path: Path, watch: Watch) -> None:
    announce(tmp_path, "one")
    assert news.come()
    watch.now_s += ASK_AGAIN_S - 0.01
    assert not news.come()
    watch.now_s += 0.01
    assert [news.come(), news.come()] == [True, False]
