"""The Defentry mock from Python: starts it, and makes sandboxes on it.

``packages/RULES.md`` in the repository of the mock has the rules that this follows.
"""

from ._find import find_binary
from ._server import MockError, Sandbox, Server, start

__all__ = ["MockError", "Sandbox", "Server", "find_binary", "start"]
