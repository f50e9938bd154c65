"""The live source of a tested function, shown in the lesson that teaches it."""

import ast
import inspect
import textwrap

from IPython.display import Markdown, display

MAX_LINES = 24  # what fits a slide
WIDTH = 96


def show_source(*functions) -> None:
    """Display the source of functions without their docstrings (those stand on the API pages).

    Raises ValueError if a function is longer than a slide.
    """
    for function in functions:
        display(Markdown(f"```python\n{source(function)}\n```"))


def source(function) -> str:
    """The source of one function as text, without its docstring and decorators.

    A head with an argument per line is wrapped instead.
    """
    text = textwrap.dedent(inspect.getsource(function))
    node = ast.parse(text).body[0]
    lines, start = text.rstrip().splitlines(), node.body[0].lineno - 1
    head = lines[node.lineno - 1 : start]
    if ast.get_docstring(node) is not None:
        start = node.body[0].end_lineno
    if len(head) > 1:
        flat = " ".join(line.strip() for line in head).replace("( ", "(").replace(", )", ")")
        head = textwrap.wrap(flat, WIDTH, subsequent_indent=" " * 4, break_long_words=False)
    lines = head + lines[start:]
    if len(lines) > MAX_LINES:
        raise ValueError(
            f"{function.__name__} has {len(lines)} lines and a slide holds {MAX_LINES}: split it."
        )
    return "\n".join(lines)
