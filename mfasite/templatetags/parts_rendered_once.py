"""The template tag `once`: what is the same for everybody is rendered once and kept."""

from collections.abc import Mapping
from typing import cast
from weakref import WeakSet

from django import template
from django.core.signals import setting_changed
from django.template import Context, Node, NodeList, Template, TemplateSyntaxError
from django.template.base import FilterExpression, Parser, Token, token_kwargs
from django.template.defaulttags import CsrfTokenNode
from django.template.loader_tags import BlockNode
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from mfasite import context_processors

register = template.Library()

_MAX_RENDERINGS = 64  # kept for one place in a template


class OnceNode(Node):
    """A part of a page that sees the organisation and its own parameters, and nothing else of the page."""

    child_nodelists = ()  # Django looks for blocks in each page, and there are none in here

    def __init__(self, nodelist: NodeList, parameters: Mapping[str, FilterExpression]) -> None:
        self.nodelist = nodelist
        self._parameters = parameters
        self._kept: dict[tuple[object, ...], SafeString] = {}
        _nodes.add(self)

    def render(self, context: Context) -> SafeString:
        """Return what is kept for this language and these parameters, or render it."""
        values = {name: _plain(name, each.resolve(context)) for name, each in self._parameters.items()}
        # A safe string and another of the same characters are equal, but only one of them is escaped.
        key = (get_language(), *((type(value), value) for value in values.values()))
        found = self._kept.get(key)
        if found is None:
            alone = Context(context_processors.organisation() | values)
            with alone.bind_template(cast("Template", context.template)):  # while it renders, there is one
                found = self.nodelist.render(alone)
            if len(self._kept) >= _MAX_RENDERINGS:
                self._kept.clear()
            self._kept[key] = found
        return found

    def forget(self) -> None:
        """Forget what is kept."""
        self._kept.clear()


_nodes: WeakSet[OnceNode] = WeakSet()


@register.tag
def once(parser: Parser, token: Token) -> OnceNode:
    """Render a part once for each language, and for each value of its parameters: `{% once label=label %}`.

    Nothing else of the page is visible in it, neither the user nor the request, so what is kept is the same for
    everybody. Parameters are text, numbers and booleans, and have few values. No tokens, blocks or times.
    """
    words = token.split_contents()[1:]
    parameters = token_kwargs(words, parser)
    if words:
        raise TemplateSyntaxError(f"`once` takes only name=value, not {words[0]}")
    nodelist = parser.parse(("endonce",))
    parser.delete_first_token()
    if nodelist.get_nodes_by_type(BlockNode) or nodelist.get_nodes_by_type(CsrfTokenNode):
        raise TemplateSyntaxError("Blocks and CSRF tokens differ from page to page, so they can't be in `once`")
    return OnceNode(nodelist, parameters)


def _plain(name: str, value: object) -> object:
    if isinstance(value, Promise):
        return str(value)
    if isinstance(value, str | int | None):
        return value
    raise TypeError(f"`once` can't keep {name}, because it's a {type(value).__name__}")


def _forget(**_changed: object) -> None:
    for node in _nodes:
        node.forget()


setting_changed.connect(_forget)  # tests change the organisation's name; a server's settings never change
