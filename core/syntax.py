"""Read the text of a condition into a syntax tree that is safe to walk.

The text is looked through token by token before Python's parser sees it.
Nothing deep, long or strange gets that far, so the parser can neither run out
of stack nor warn, and the place of a mistake is known to the character.
"""

import ast
import keyword
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from core.errors import Problem

MAX_CHARACTERS: Final = 2_000
MAX_DEPTH: Final = 12

ErrorCode = Literal[
    "syntax",
    "too_long",
    "too_deep",
    "too_many_nodes",
    "list_too_long",
    "unknown_name",
    "unknown_value",
    "type_mismatch",
    "not_allowed",
    "number_out_of_range",
    "not_a_condition",
]

_TOKEN = re.compile(
    r"""
      (?P<space>   [ \t\n]+ )
    | (?P<quoting> [bfru]{0,2} (?: \"{3} | '{3} ) | [bfru]{1,2} ["'] )
    | (?P<word>    [^\W\d]\w* )
    | (?P<number>  [0-9][\w.]* )
    | (?P<text>    "(?: [^"\\\n] | \\["'\\nt] )*" | '(?: [^'\\\n] | \\["'\\nt] )*' )
    | (?P<open>    [(\[] )
    | (?P<close>   [)\]] )
    | (?P<sign>    [=!<>]= | [<>.,-] )
    """,
    re.VERBOSE | re.IGNORECASE,
)
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?")
_UNREADABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
_CLOSES = {")": "(", "]": "["}
_QUOTES = "a text ends on its line; a backslash stands before a quote, \\, n or t"
_BETTER = {
    '"': _QUOTES,
    "'": _QUOTES,
    "=": "write == to compare",
    "!": "write not, or != to compare",
    "&": "write and",
    "|": "write or",
    "{": "write a list in square brackets",
}
_OFFERED = "a condition compares with ==, !=, <, <=, >, >=, in and not in"
_EXAMPLE = "expected a comparison, such as order.subtotal >= 1000"


class ExpressionError(Exception):
    """A condition cannot be used, and where in its text the reason stands.

    `code` is stable, `detail` is for a person, `line` and `column` count from 1.
    `before` and `after` are the text up to the place, and from there on.
    Not a DomainError: only the caller knows which input held the condition.
    """

    def __init__(self, code: ErrorCode, detail: str, *, before: str, after: str) -> None:
        self.code = code
        self.detail = detail
        self.line = before.count("\n") + 1
        self.column = len(before) - before.rfind("\n")
        self.before = before
        self.after = after
        super().__init__(f"{detail} (line {self.line}, column {self.column})")

    def problem(self, pointer: str) -> Problem:
        """Return this as a problem of the input that held the condition."""
        return ExpressionProblem(pointer, self.code, str(self), self)


@dataclass(frozen=True)
class ExpressionProblem(Problem):
    """A condition in an input cannot be used; `error` knows where in its text."""

    error: ExpressionError


class Token(NamedTuple):
    kind: str
    text: str
    offset: int


class Source:
    """The text of a condition, and the places in it."""

    def __init__(self, text: str) -> None:
        self._text = text.replace("\r\n", "\n").replace("\r", "\n")
        # No text literal crosses a line, so each line break is a mere space.
        # The parser has no use for the first ones: they would be indentation.
        flat = self._text.replace("\n", " ")
        self._code = flat.strip(" \t")
        self._start = len(flat) - len(flat.lstrip(" \t"))

    def parse(self) -> ast.expr:
        """Return the tree. What is in it is for the caller to judge.

        :raises ExpressionError: if it is not Python's grammar, or too long or deep
        """
        if len(self._text) > MAX_CHARACTERS:
            detail = f"has {len(self._text)} characters; the most is {MAX_CHARACTERS}"
            raise self._at(MAX_CHARACTERS, "too_long", detail)
        self._check_nesting(self._check_tokens())
        try:
            return ast.parse(self._code, mode="eval").body
        except SyntaxError as error:
            raise self._unparsable(error) from None
        except (RecursionError, MemoryError, ValueError):
            raise self._at(0, "too_deep", "is nested too deeply to be read") from None

    def error(self, code: ErrorCode, detail: str, node: ast.expr) -> ExpressionError:
        """Return the error with the place of `node`."""
        return self._at(self._start + self._span(node)[0], code, detail)

    def text_of(self, node: ast.expr) -> str:
        """Return the text that `node` was read from."""
        start, end = self._span(node)
        return self._code[start:end]

    def _span(self, node: ast.expr) -> tuple[int, int]:
        # The parser counts in bytes of UTF-8.
        code = self._code.encode()
        start = len(code[: node.col_offset].decode())
        return start, len(code[: node.end_col_offset].decode())

    def _at(self, offset: int, code: ErrorCode, detail: str) -> ExpressionError:
        before, after = self._text[:offset], self._text[offset:]
        return ExpressionError(code, detail, before=before, after=after)

    def _tokens(self) -> Iterator[Token]:
        offset = 0
        while offset < len(self._text):
            found = _TOKEN.match(self._text, offset)
            if found is None:
                raise self._stranger(offset)
            if found.lastgroup and found.lastgroup != "space":
                yield Token(found.lastgroup, found.group(), offset)
            offset = found.end()

    def _check_tokens(self) -> list[Token]:
        if strange := _UNREADABLE.search(self._text):
            named = f"U+{ord(strange.group()):04X}"
            detail = f"the character {named} cannot be part of a condition"
            raise self._at(strange.start(), "syntax", detail)
        tokens: list[Token] = []
        for token in self._tokens():
            self._check_token(token, tokens[-1].kind if tokens else "")
            tokens.append(token)
        if not tokens:
            raise self._at(0, "syntax", f"is empty; {_EXAMPLE}")
        return tokens

    def _check_token(self, token: Token, before: str) -> None:
        if token.kind == "quoting":
            detail = 'a text is written in plain quotes, such as "coffee"'
            raise self._at(token.offset, "not_allowed", detail)
        if token.kind == "number" and not _NUMBER.fullmatch(token.text):
            detail = f"{shortened(token.text)} is not a number such as 1000 or 0.5"
            raise self._at(token.offset, "syntax", detail)
        # Python would join the two: a forgotten comma that nobody notices.
        if token.kind == before == "text":
            detail = "a comma is missing between two texts"
            raise self._at(token.offset, "syntax", detail)

    def _check_nesting(self, tokens: list[Token]) -> None:
        unclosed: list[Token] = []
        prefixes = 0
        for token in tokens:
            prefixes = prefixes + 1 if token.text in {"not", "-"} else 0
            if token.kind == "open":
                unclosed.append(token)
            elif token.kind == "close":
                self._check_pair(unclosed, token)
            if len(unclosed) + prefixes > MAX_DEPTH:
                detail = f"is nested more than {MAX_DEPTH} deep"
                raise self._at(token.offset, "too_deep", detail)
        if unclosed:
            _, bracket, offset = unclosed[-1]
            raise self._at(offset, "syntax", f"{bracket} is never closed")

    def _check_pair(self, unclosed: list[Token], closing: Token) -> None:
        if not unclosed or unclosed.pop().text != _CLOSES[closing.text]:
            detail = f"{closing.text} closes nothing that was opened"
            raise self._at(closing.offset, "syntax", detail)

    def _stranger(self, offset: int) -> ExpressionError:
        character = self._text[offset]
        code: ErrorCode = "syntax" if character in "\"'=" else "not_allowed"
        detail = _BETTER.get(character, f"{character!r} may not be used; {_OFFERED}")
        return self._at(offset, code, detail)

    def _unparsable(self, error: SyntaxError) -> ExpressionError:
        # The parser counts characters from 1, and calls the end 0.
        found = _TOKEN.match(self._code, error.offset - 1) if error.offset else None
        if found is None:
            return self._at(len(self._text), "syntax", f"ends too early; {_EXAMPLE}")
        offset = self._start + found.start()
        word = found.group()
        if keyword.iskeyword(word) and self._code[: found.start()].endswith("."):
            detail = f"{word} is a word of the grammar and cannot be a name"
            return self._at(offset, "syntax", detail)
        detail = f"cannot be read from {shortened(word)} on; {_EXAMPLE}"
        return self._at(offset, "syntax", detail)


def shortened(text: str) -> str:
    """Return `text` as a message can carry it."""
    return text if len(text) <= 60 else f"{text[:59]}…"
