"""Evaluates plain expressions without Jinja's machinery, several times as fast: they are rendered for every record.

Plain are constants, names, members of mappings, calls of the functions that templates know, sums, differences,
products and quotients of numbers, and `round`. What is not plain here, or does not work out, is left to Jinja, which
decides what is allowed and says what is wrong: nothing can be evaluated here that it would refuse.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from jinja2 import nodes as syntax

from sandbox.scenarios.template.environment import template_environment

__all__ = ["Evaluate", "NotPlain", "plain"]

Evaluate = Callable[[Mapping[str, Any]], Any]

_OPERATIONS: dict[type[syntax.BinExpr], Callable[[Any, Any], Any]] = {
    syntax.Sub: operator.sub,
    syntax.Div: operator.truediv,
    syntax.FloorDiv: operator.floordiv,
}


class NotPlain(LookupError):
    """Left to Jinja."""


def plain(node: syntax.Node) -> Evaluate | None:
    """What evaluates it, None when it is not plain. Raises NotPlain, or whatever the values raise, when evaluated."""
    if isinstance(node, syntax.Const | syntax.TemplateData):
        value = node.value if isinstance(node, syntax.Const) else node.data
        return lambda names: value
    if isinstance(node, syntax.Name):
        return operator.itemgetter(node.name)
    if isinstance(node, syntax.Getattr):
        return _member(node.node, syntax.Const(node.attr))
    if isinstance(node, syntax.Getitem):
        return _member(node.node, node.arg)
    if isinstance(node, syntax.Call):
        return _call(node)
    if isinstance(node, syntax.Mul | syntax.Add):
        return _numbers(node, operator.mul if isinstance(node, syntax.Mul) else operator.add)
    if isinstance(node, syntax.BinExpr) and type(node) in _OPERATIONS:
        return _numbers(node, _OPERATIONS[type(node)])
    if isinstance(node, syntax.Filter) and node.name == "round" and node.node is not None and not node.kwargs:
        return _applied(template_environment().filters["round"], [node.node, *node.args])
    return None


def _all(nodes: Sequence[syntax.Node]) -> list[Evaluate] | None:
    found = [plain(each) for each in nodes]
    return None if any(each is None for each in found) else found  # type: ignore[return-value]


def _applied(function: Callable[..., Any], nodes: Sequence[syntax.Node]) -> Evaluate | None:
    parts = _all(nodes)
    return None if parts is None else lambda names: function(*[part(names) for part in parts])


def _member(owner: syntax.Node, key: syntax.Node) -> Evaluate | None:
    parts = _all((owner, key))
    if parts is None:
        return None
    find, which = parts

    def member(names: Mapping[str, Any]) -> Any:
        found = find(names)
        if not isinstance(found, Mapping | list | tuple):
            raise NotPlain
        return found[which(names)]

    return member


def _numbers(node: syntax.BinExpr, compute: Callable[[Any, Any], Any]) -> Evaluate | None:
    """Of floats and small whole numbers: what grows without bound is Jinja's to refuse."""
    parts = _all((node.left, node.right))
    if parts is None:
        return None
    find_left, find_right = parts

    def number(names: Mapping[str, Any]) -> Any:
        left, right = find_left(names), find_right(names)
        for each in (left, right):
            if type(each) is not float and not (type(each) is int and -(1 << 64) < each < 1 << 64):
                raise NotPlain
        return compute(left, right)

    return number


def _call(node: syntax.Call) -> Evaluate | None:
    arguments = _all(node.args)
    if arguments is None or node.kwargs or node.dyn_args is not None or node.dyn_kwargs is not None:
        return None
    find = _function(node.node)
    if find is None:
        return None
    values = tuple(each.value for each in node.args if isinstance(each, syntax.Const))
    if len(values) == len(arguments):  # the common case: random.uniform(1, 2)
        return lambda names: find(names)(*values)
    return lambda names: find(names)(*[argument(names) for argument in arguments])


def _function(node: syntax.Node) -> Evaluate | None:
    """Only what is marked as allowed in templates is called."""
    if isinstance(node, syntax.Name):
        name = node.name

        def function(names: Mapping[str, Any]) -> Any:
            found = names[name]
            if getattr(found, "allowed_in_templates", False) is not True:
                raise NotPlain
            return found

        return function
    if not (isinstance(node, syntax.Getattr) and isinstance(node.node, syntax.Name)) or node.attr.startswith("_"):
        return None
    owner, attribute = node.node.name, node.attr

    def method(names: Mapping[str, Any]) -> Any:
        found = names[owner]
        if not hasattr(type(found), "members_in_templates"):
            raise NotPlain
        found = getattr(found, attribute)
        if getattr(found, "allowed_in_templates", False) is not True:
            raise NotPlain
        return found

    return method
