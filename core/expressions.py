"""Rule conditions: compile, type-check and evaluate.

A condition such as `order.subtotal >= 1000 and "VIP" in order.coupons` is
checked against a schema of typed names once, when it is saved, and becomes a
tree of closures. It cannot loop, call, or reach what was not offered.

**What is not known.** A name that is missing or None, or that holds another
kind of value than it is compared with, makes its comparison *unknown*,
whichever way it asks: neither `member.age >= 18` nor `member.age < 18` nor
`member.age != 18` holds of a member whose age nobody knows. Unknown passes
through `and`, `or` and `not` as it does in SQL, so `not member.age >= 18`
does not hold either. A condition that is unknown as a whole does not hold.
To ask whether something is known, compare it with None.

True and False are not numbers. A float is read as the decimal it prints as.
"""

import ast
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from functools import reduce
from itertools import pairwise
from typing import Any, Final

from core import truth
from core.schema import FieldType, Schema
from core.syntax import MAX_DEPTH, ErrorCode, ExpressionError, Source, shortened
from core.truth import Read, Scope, Test

__all__ = ["Expression", "ExpressionError", "FieldType", "Schema", "compile_expression"]

MAX_NODES: Final = 64
MAX_LIST: Final = 200
LARGEST: Final = 2**63 - 1


@dataclass(frozen=True, slots=True, eq=False)
class Expression:
    """A condition that is ready to be asked. `names` are the dotted ones it uses."""

    source: str
    names: frozenset[str]
    _test: Test = field(repr=False)
    _reads: Mapping[str, Read] = field(repr=False)

    def __call__(self, scope: Scope) -> bool:
        """Return whether the condition holds. Unknown is no."""
        return self._test(scope) is True

    def missing(self, scope: Scope) -> tuple[str, ...]:
        """Return the names, sorted, of which `scope` knows nothing."""
        return tuple(name for name, read in self._reads.items() if read(scope) is None)


def compile_expression(source: str, schema: Schema) -> Expression:
    """Return the condition written in `source`, over the names of `schema`.

    :raises ExpressionError: if it is not a condition, with a code and a place
    """
    compiler = _Compiler(Source(source), schema)
    test = compiler.compile()
    reads = {name: truth.reader(name) for name in sorted(compiler.names)}
    return Expression(source, frozenset(reads), test, reads)


class _Kind(StrEnum):
    """What one side of a comparison is. Whole numbers and decimals are one kind."""

    BOOL = "yes or no"
    NUMBER = "a number"
    TEXT = "a text"
    TEXTS = "a list of texts"
    NUMBERS = "a list of numbers"
    ANY = "any value"
    NONE = "nothing"


_KINDS = {
    FieldType.BOOL: _Kind.BOOL,
    FieldType.INT: _Kind.NUMBER,
    FieldType.DECIMAL: _Kind.NUMBER,
    FieldType.TEXT: _Kind.TEXT,
    FieldType.LIST_OF_TEXT: _Kind.TEXTS,
    FieldType.ANY: _Kind.ANY,
}
_LISTS = {_Kind.TEXT: _Kind.TEXTS, _Kind.NUMBER: _Kind.NUMBERS}
_ELEMENTS = {
    _Kind.TEXTS: _Kind.TEXT,
    _Kind.NUMBERS: _Kind.NUMBER,
    _Kind.ANY: _Kind.TEXT,
}
_EQUATABLE = {
    _Kind.BOOL: truth.FLAG,
    _Kind.NUMBER: truth.NUMBER,
    _Kind.TEXT: truth.TEXT,
}
# Each with what it is when its sides change places: a literal stands right.
_OPERATORS: dict[type[ast.cmpop], tuple[truth.Operator, truth.Operator]] = {
    ast.Eq: (operator.eq, operator.eq),
    ast.NotEq: (operator.ne, operator.ne),
    ast.Lt: (operator.lt, operator.gt),
    ast.LtE: (operator.le, operator.ge),
    ast.Gt: (operator.gt, operator.lt),
    ast.GtE: (operator.ge, operator.le),
    ast.In: (lambda value, some: value in some, operator.contains),
    ast.NotIn: (lambda value, some: value not in some, truth.lacks),
}
_WRITTEN_OUT = "a list holds texts or numbers that are written out"
_REFUSED: dict[type[ast.expr], str] = {
    ast.BinOp: "a condition compares; it does not calculate",
    ast.Call: "a condition cannot call anything",
    ast.Subscript: "square brackets cannot follow a name; write a dot",
    ast.Tuple: 'a list is written in square brackets, such as ["a", "b"]',
    ast.UnaryOp: "a minus can stand before a number only",
    ast.Compare: "a comparison cannot be compared itself; use and, or, not",
    ast.BoolOp: "and, or and not join comparisons; they cannot be compared",
}
_EXAMPLES = {
    _Kind.NUMBER: "{} >= 1000",
    _Kind.TEXT: '{} == "web"',
    _Kind.TEXTS: '"VIP" in {}',
}


@dataclass(frozen=True)
class _Operand:
    """One side of a comparison: a field, which has a name, or a literal."""

    node: ast.expr
    label: str
    kind: _Kind
    name: str = ""
    value: Any = None
    is_whole: bool = False
    has_point: bool = False

    @property
    def read(self) -> Read:
        return truth.reader(self.name) if self.name else lambda _: self.value

    def __str__(self) -> str:
        return f"{self.label} is {self.kind}"


class _Compiler:
    """One walk over the tree: whitelist, bounds, types and closures."""

    def __init__(self, source: Source, schema: Schema) -> None:
        self.names: set[str] = set()
        self._source = source
        self._schema = schema
        self._nodes = 0

    def compile(self) -> Test:
        return self._condition(self._source.parse(), 1)

    def _condition(self, node: ast.expr, depth: int) -> Test:
        self._enter(node, depth)
        match node:
            case ast.BoolOp(op=op, values=values):
                join = truth.both if isinstance(op, ast.And) else truth.either
                return _joined(join, [self._condition(n, depth + 1) for n in values])
            case ast.UnaryOp(op=ast.Not(), operand=inner):
                return truth.negated(self._condition(inner, depth + 1))
            case ast.Compare():
                return self._comparison(node, depth + 1)
            case _:
                return self._bare(self._operand(node))

    def _comparison(self, node: ast.Compare, depth: int) -> Test:
        sides = [node.left, *node.comparators]
        for side in sides:
            self._enter(side, depth)
        pairs = pairwise([self._operand(side) for side in sides])
        chain = zip(pairs, node.ops, strict=True)
        return _joined(truth.both, [self._pair(*pair, op) for pair, op in chain])

    def _enter(self, node: ast.expr, depth: int) -> None:
        self._nodes += 1
        if self._nodes > MAX_NODES:
            detail = f"has more than {MAX_NODES} parts; split it into several rules"
            raise self._error("too_many_nodes", detail, node)
        if depth > MAX_DEPTH:
            raise self._error("too_deep", f"is nested more than {MAX_DEPTH} deep", node)

    def _bare(self, operand: _Operand) -> Test:
        if operand.kind in {_Kind.BOOL, _Kind.ANY}:
            return truth.is_true(operand.read)
        example = _EXAMPLES.get(operand.kind, _EXAMPLES[_Kind.NUMBER])
        example = example.format(operand.name or "order.subtotal")
        detail = f"{operand}; expected a comparison, such as {example}"
        raise self._error("not_a_condition", detail, operand.node)

    def _operand(self, node: ast.expr) -> _Operand:
        match node:
            case ast.Name() | ast.Attribute():
                return self._field(node)
            case ast.Constant(value=bool() as value):
                return self._literal(node, _Kind.BOOL, value)
            case ast.Constant(value=None):
                return self._literal(node, _Kind.NONE, None)
            case ast.Constant(value=str() as value):
                return self._literal(node, _Kind.TEXT, value)
            case ast.Constant(value=int() | float()):
                return self._number(node, node)
            case ast.UnaryOp(op=ast.USub(), operand=digits) if _is_number(digits):
                return self._number(node, digits)
            case ast.List():
                return self._list(node)
            case _:
                raise self._refusal(node)

    def _field(self, node: ast.expr) -> _Operand:
        parts: list[str] = []
        inner = node
        while isinstance(inner, ast.Attribute):
            parts.append(inner.attr)
            inner = inner.value
        if not isinstance(inner, ast.Name):
            raise self._refusal(inner)
        name = ".".join([inner.id, *reversed(parts)])
        held = self._schema.type_of(name)
        if held is None:
            raise self._error("unknown_name", self._schema.help_with(name), node)
        self.names.add(name)
        whole = held is FieldType.INT
        return _Operand(node, shortened(name), _KINDS[held], name, is_whole=whole)

    def _literal(
        self, node: ast.expr, kind: _Kind, value: Any, *, has_point: bool = False
    ) -> _Operand:
        label = shortened(self._source.text_of(node))
        return _Operand(node, label, kind, value=value, has_point=has_point)

    def _number(self, node: ast.expr, digits: ast.expr) -> _Operand:
        # From the text: the parser has made a float of 0.1 already.
        text = self._source.text_of(digits)
        signed = text if node is digits else f"-{text}"
        value = Decimal(signed) if "." in text else int(signed)
        if not -LARGEST <= value <= LARGEST:
            detail = f"{shortened(signed)} is out of range; the largest is {LARGEST}"
            raise self._error("number_out_of_range", detail, node)
        return self._literal(node, _Kind.NUMBER, value, has_point="." in text)

    def _list(self, node: ast.List) -> _Operand:
        if len(node.elts) > MAX_LIST:
            detail = f"has {len(node.elts)} entries; a list has at most {MAX_LIST}"
            raise self._error("list_too_long", detail, node)
        if not node.elts:
            raise self._error("type_mismatch", f"is empty; {_WRITTEN_OUT}", node)
        entries = [self._operand(element) for element in node.elts]
        kind = entries[0].kind
        for entry in entries:
            if entry.name:
                raise self._error("not_allowed", _WRITTEN_OUT, entry.node)
            if entry.kind not in _LISTS or entry.kind is not kind:
                detail = f"{entry}; {_WRITTEN_OUT}, all of one kind"
                raise self._error("type_mismatch", detail, entry.node)
        values = frozenset(entry.value for entry in entries)
        has_point = any(entry.has_point for entry in entries)
        return self._literal(node, _LISTS[kind], values, has_point=has_point)

    def _pair(self, left: _Operand, right: _Operand, op: ast.cmpop) -> Test:
        if _Kind.NONE in {left.kind, right.kind}:
            return self._known(left, right, op)
        kinds = self._kinds(left, right, op)
        self._check_point(left, right)
        self._check_values(left, right)
        compare, mirrored = _OPERATORS[type(op)]
        if kinds is None:
            return truth.compared_open(compare, left.read, right.read)
        if left.name and not right.name:
            return truth.compared_with(compare, left.read, kinds[0], right.value)
        if right.name and not left.name:
            return truth.compared_with(mirrored, right.read, kinds[1], left.value)
        return truth.compared(compare, left.read, right.read, *kinds)

    def _known(self, left: _Operand, right: _Operand, op: ast.cmpop) -> Test:
        asked = left if right.kind is _Kind.NONE else right
        is_asked = isinstance(op, ast.Eq | ast.NotEq | ast.Is | ast.IsNot)
        if not asked.name or not is_asked:
            detail = "None can be compared with a name only, and only by == or !="
            raise self._error("type_mismatch", detail, right.node)
        return truth.is_none(asked.read, answer=isinstance(op, ast.Eq | ast.Is))

    def _kinds(
        self, left: _Operand, right: _Operand, op: ast.cmpop
    ) -> tuple[truth.Kind, truth.Kind] | None:
        """Return what the two sides are read as; None if only their values tell."""
        match op:
            case ast.In() | ast.NotIn():
                return _EQUATABLE[self._element(left, right)], truth.COLLECTION
            case ast.Eq() | ast.NotEq():
                kind = self._common(left, right)
                return None if kind is _Kind.ANY else (_EQUATABLE[kind],) * 2
            case ast.Is() | ast.IsNot():
                detail = "`is` asks about None only; write == or !="
                raise self._error("not_allowed", detail, right.node)
            case _:
                self._check_order(left, right)
                return truth.NUMBER, truth.NUMBER

    def _element(self, left: _Operand, right: _Operand) -> _Kind:
        element = _ELEMENTS.get(right.kind)
        if element is None:
            detail = f"{right}; `in` looks into a list"
            raise self._error("type_mismatch", detail, right.node)
        if left.kind not in {element, _Kind.ANY}:
            detail = f"{left}; expected {element} to look for in {right.label}"
            raise self._error("type_mismatch", detail, left.node)
        return element

    def _common(self, left: _Operand, right: _Operand) -> _Kind:
        kind = right.kind if left.kind is _Kind.ANY else left.kind
        if right.kind in {kind, _Kind.ANY} and kind in {*_EQUATABLE, _Kind.ANY}:
            return kind
        detail = f"{left}, but {right}; == and != compare two of one kind, no lists"
        raise self._error("type_mismatch", detail, right.node)

    def _check_order(self, left: _Operand, right: _Operand) -> None:
        for operand in (left, right):
            if operand.kind not in {_Kind.NUMBER, _Kind.ANY}:
                detail = f"{operand}; <, <=, > and >= compare numbers"
                raise self._error("type_mismatch", detail, operand.node)

    def _check_point(self, left: _Operand, right: _Operand) -> None:
        for name, literal in ((left, right), (right, left)):
            if name.is_whole and literal.has_point:
                detail = (
                    f"{name.label} is a whole number; write one without a point "
                    "(money is in minor units: 12.50 is 1250)"
                )
                raise self._error("type_mismatch", detail, literal.node)

    def _check_values(self, left: _Operand, right: _Operand) -> None:
        """Refuse texts that a name, which is one of a few, can never be."""
        for name, literal in ((left, right), (right, left)):
            for node in _entries(literal.node) if name.name else ():
                value = node.value if isinstance(node, ast.Constant) else None
                if isinstance(value, str) and (
                    detail := self._schema.help_with_value(name.name, value)
                ):
                    raise self._error("unknown_value", detail, node)

    def _refusal(self, node: ast.expr) -> ExpressionError:
        expected = "expected a name, a text, a number or a list"
        return self._error("not_allowed", _REFUSED.get(type(node), expected), node)

    def _error(self, code: ErrorCode, detail: str, node: ast.expr) -> ExpressionError:
        return self._source.error(code, detail, node)


def _entries(node: ast.expr) -> list[ast.expr]:
    return node.elts if isinstance(node, ast.List) else [node]


def _is_number(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and type(node.value) in {int, float}


def _joined(join: Callable[[Test, Test], Test], tests: Sequence[Test]) -> Test:
    """Return all `tests` as one, the first asked first."""
    return reduce(lambda rest, test: join(test, rest), reversed(tests))
