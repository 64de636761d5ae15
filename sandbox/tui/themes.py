"""A dark and a light theme. The colours of states are told apart by colour-blind people too: blue-green, amber and
vermilion differ in lightness, and no state relies on its colour alone (`signs`)."""

from __future__ import annotations

from textual.theme import Theme

__all__ = ["DARK", "LIGHT", "THEMES"]

DARK = Theme(
    name="sandbox-dark",
    dark=True,
    primary="#6cb6ff",
    secondary="#8ea4c0",
    accent="#d7a0e6",
    success="#4ec9a6",
    warning="#e8b04b",
    error="#f0795f",
    foreground="#d3dae3",
    background="#10151c",
    surface="#161d27",
    panel="#1d2632",
    variables={
        "good": "#4ec9a6",
        "warn": "#e8b04b",
        "bad": "#f0795f",
        "info": "#6cb6ff",
        "dim": "#7f8ea3",
        "faint": "#3a4657",
        "spark": "#4a86bd",
        "strong": "#f2f6fb",
        "border": "#2c3848",
        "border-blurred": "#2c3848",
        "cursor": "#22364d",
        "footer-background": "#10151c",
        "footer-description-foreground": "#7f8ea3",
        "footer-key-foreground": "#6cb6ff",
        "footer-item-background": "#10151c",
        "scrollbar": "#2c3848",
        "scrollbar-background": "#10151c",
        "scrollbar-corner-color": "#10151c",
        "scrollbar-hover": "#3a4657",
        "scrollbar-active": "#4a5a70",
        "block-cursor-background": "#22364d",
        "block-cursor-foreground": "#f2f6fb",
        "block-cursor-text-style": "none",
        "input-selection-background": "#6cb6ff 30%",
    },
)

LIGHT = Theme(
    name="sandbox-light",
    dark=False,
    primary="#0b5cad",
    secondary="#4d6480",
    accent="#83389b",
    success="#00795c",
    warning="#9a6200",
    error="#b83a1b",
    foreground="#1f2937",
    background="#fbfcfe",
    surface="#f3f6fa",
    panel="#e8edf4",
    variables={
        "good": "#00795c",
        "warn": "#9a6200",
        "bad": "#b83a1b",
        "info": "#0b5cad",
        "dim": "#647388",
        "faint": "#c3ccd8",
        "spark": "#6d9cc9",
        "strong": "#05080d",
        "border": "#ccd5e1",
        "border-blurred": "#ccd5e1",
        "cursor": "#d5e5f7",
        "footer-background": "#fbfcfe",
        "footer-description-foreground": "#647388",
        "footer-key-foreground": "#0b5cad",
        "footer-item-background": "#fbfcfe",
        "scrollbar": "#ccd5e1",
        "scrollbar-background": "#fbfcfe",
        "scrollbar-corner-color": "#fbfcfe",
        "scrollbar-hover": "#aab7c7",
        "scrollbar-active": "#8c9bb0",
        "block-cursor-background": "#d5e5f7",
        "block-cursor-foreground": "#05080d",
        "block-cursor-text-style": "none",
        "input-selection-background": "#0b5cad 25%",
    },
)

THEMES = (DARK, LIGHT)
