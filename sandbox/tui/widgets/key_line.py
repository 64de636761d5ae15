"""The line at the bottom: the keys of what has the focus."""

from __future__ import annotations

from textual.widgets import Footer

__all__ = ["KeyLine"]


class KeyLine(Footer):
    """Textual's footer, which forgets the keys that it no longer shows."""

    async def recompose(self) -> None:
        """Each time the keys change there are new widgets for them, bound to `compact`. In Textual 8.2 the bindings of
        the old ones, and so all they have drawn, are only let go when that value is set anew."""
        await super().recompose()
        self.mutate_reactive(Footer.compact)
