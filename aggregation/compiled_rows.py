"""Rows of a table as vectors inside compiled loops, which numba by itself does number by number.

For each answer, numba's own loop over a handful of columns first asks whether the arrays overlap, and keeps
nothing in registers. These operations write the loop over an item's answers, or over items, as vector
instructions. All take `len(width)` columns of every row, from `column` on: a number that is known when they
are compiled.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import cast

from llvmlite import ir
from numba.core import cgutils, types
from numba.core.base import BaseContext
from numba.core.errors import TypingError
from numba.core.typing.context import BaseContext as Typing
from numba.core.typing.templates import Signature
from numba.extending import intrinsic
from numba.np.arrayobj import make_array

# Float64 numbers of a vector; a machine with shorter ones takes several instead.
VECTORS = (8, 4, 2, 1)
# Numbers start at multiples of so many bytes; rows of them at no more.
ALIGNMENT = 8
# What counts the numbers of a vector.
INDEX = ir.IntType(32)

Lowered = tuple[Signature, Callable[..., ir.Value]]


def operation(written: Callable[..., Lowered]) -> Callable[..., None]:
    """Make something that compiled functions call of a function that writes what they shall do."""
    return cast("Callable[..., None]", intrinsic(written))


@operation
def multiply_rows(  # noqa: PLR0913, PLR0917
    _: Typing,
    into: types.Array,
    at: types.Integer,
    first: types.Array,
    origin: types.Integer,
    table: types.Array,
    code: types.Array,
    begin: types.Integer,
    end: types.Integer,
    column: types.Integer,
    width: types.UniTuple,
) -> Lowered:
    """Set row `at` of `into` to row `origin` of `first` times the rows `code[begin:end]` of `table`."""
    del at, origin, begin, end, column
    whole = types.intp
    signature = types.void(into, whole, first, whole, table, code, whole, whole, whole, width)

    def lower(
        context: BaseContext, builder: ir.IRBuilder, signature: Signature, given: Sequence[ir.Value]
    ) -> ir.Value:
        rows = Rows(context, builder, signature.args, given, width.count)
        products = [cgutils.alloca_once_value(builder, rows.load(part)) for part in rows.of(2, given[3])]
        with rows.each(5, 4) as row:
            for product, part in zip(products, row, strict=True):
                builder.store(builder.fmul(builder.load(product), rows.load(part)), product)
        for product, part in zip(products, rows.of(0, given[1]), strict=True):
            rows.store(builder.load(product), part)
        return context.get_dummy_value()

    return _in_order(signature), lower


@operation
def add_to_rows(
    _: Typing,
    share: types.Array,
    at: types.Integer,
    table: types.Array,
    code: types.Array,
    begin: types.Integer,
    end: types.Integer,
    column: types.Integer,
    width: types.UniTuple,
) -> Lowered:
    """Add row `at` of `share` to the rows `code[begin:end]` of `table`."""
    del at, begin, end, column
    whole = types.intp
    signature = types.void(share, whole, table, code, whole, whole, whole, width)

    def lower(
        context: BaseContext, builder: ir.IRBuilder, signature: Signature, given: Sequence[ir.Value]
    ) -> ir.Value:
        rows = Rows(context, builder, signature.args, given, width.count)
        added = [rows.load(part) for part in rows.of(0, given[1])]
        with rows.each(3, 2) as row:
            for number, part in zip(added, row, strict=True):
                rows.store(builder.fadd(rows.load(part), number), part)
        return context.get_dummy_value()

    return _in_order(signature), lower


@operation
def sum_rows(
    _: Typing,
    joint: types.Array,
    sums: types.Array,
    begin: types.Integer,
    end: types.Integer,
    column: types.Integer,
    width: types.UniTuple,
) -> Lowered:
    """Add the rows `begin:end` of `joint` up, each in its place of `sums`; column 0 begins a sum anew."""
    del begin, end, column
    whole = types.intp
    signature = types.void(joint, sums, whole, whole, whole, width)

    def lower(
        context: BaseContext, builder: ir.IRBuilder, signature: Signature, given: Sequence[ir.Value]
    ) -> ir.Value:
        rows = Rows(context, builder, signature.args, given, width.count)
        with rows.loop() as row:
            place = builder.gep(rows.data(1), [row])
            is_first = builder.icmp_signed("==", given[-2], given[-2].type(0))
            total = builder.select(is_first, ir.DoubleType()(0.0), builder.load(place))
            for part in rows.of(0, row):
                total = builder.fadd(total, rows.sum(rows.load(part)))
            builder.store(total, place)
        return context.get_dummy_value()

    return _in_order(signature), lower


@operation
def share_rows(
    _: Typing,
    joint: types.Array,
    scale: types.Array,
    share: types.Array,
    change: types.Array,
    begin: types.Integer,
    end: types.Integer,
    column: types.Integer,
    width: types.UniTuple,
) -> Lowered:
    """Set rows `begin:end` of `share` to those of `joint` times `scale`; `change` keeps the largest moves."""
    del begin, end, column
    whole = types.intp
    signature = types.void(joint, scale, share, change, whole, whole, whole, width)

    def lower(
        context: BaseContext, builder: ir.IRBuilder, signature: Signature, given: Sequence[ir.Value]
    ) -> ir.Value:
        rows = Rows(context, builder, signature.args, given, width.count)
        largest = rows.of(3, given[4].type(0))
        changes = [cgutils.alloca_once_value(builder, rows.load(part)) for part in largest]
        with rows.loop() as row:
            factor = builder.load(builder.gep(rows.data(1), [row]))
            for most, old, new in zip(changes, rows.of(2, row), rows.of(0, row), strict=True):
                number = builder.fmul(rows.load(new), rows.spread(factor, new))
                moved = rows.magnitude(builder.fsub(number, rows.load(old)))
                before = builder.load(most)
                more = builder.fcmp_ordered(">", moved, before)
                builder.store(builder.select(more, moved, before), most)
                rows.store(number, old)
        for most, part in zip(changes, largest, strict=True):
            rows.store(builder.load(most), part)
        return context.get_dummy_value()

    return _in_order(signature), lower


def _in_order(signature: Signature) -> Signature:
    """Refuse arrays whose rows do not lie one after the other."""
    if any(isinstance(kind, types.Array) and kind.layout != "C" for kind in signature.args):
        raise TypingError("rows of vectors need arrays in C order")
    return signature


@dataclass(frozen=True, slots=True)
class Rows:
    """Where an operation is written, with its arguments: the last four are `begin, end, column, width`."""

    context: BaseContext
    builder: ir.IRBuilder
    kinds: Sequence[types.Type]
    given: Sequence[ir.Value]
    width: int

    def of(self, argument: int, row: ir.Value) -> list[ir.Value]:
        """Return where the columns of a row of an argument lie, as pointers to the fewest vectors."""
        build = self.builder
        array = make_array(self.kinds[argument])(self.context, build, self.given[argument])
        place = build.add(build.mul(row, build.extract_value(array.shape, 1)), self.given[-2])
        start, parts, offset = build.gep(array.data, [place]), [], 0
        for size in VECTORS:
            while self.width - offset >= size:
                first = build.gep(start, [ir.Constant(place.type, offset)])
                parts.append(build.bitcast(first, ir.VectorType(ir.DoubleType(), size).as_pointer()))
                offset += size
        return parts

    @contextmanager
    def loop(self) -> Iterator[ir.Value]:
        """Write a loop from `begin` to `end`."""
        begin, end = self.given[-4:-2]
        with cgutils.for_range_slice(self.builder, begin, end, begin.type(1), intp=begin.type) as (place, _):
            yield place

    @contextmanager
    def each(self, codes: int, table: int) -> Iterator[list[ir.Value]]:
        """Write a loop over the answers from `begin` to `end`; its body gets the row of each in a table."""
        build = self.builder
        with self.loop() as answer:
            yield self.of(table, build.zext(build.load(build.gep(self.data(codes), [answer])), answer.type))

    def data(self, argument: int) -> ir.Value:
        """Return where the numbers of an argument begin."""
        return make_array(self.kinds[argument])(self.context, self.builder, self.given[argument]).data

    def spread(self, number: ir.Value, part: ir.Value) -> ir.Value:
        """Return a vector of one number, as long as a part."""
        kind = part.type.pointee
        first = self.builder.insert_element(ir.Constant(kind, ir.Undefined), number, INDEX(0))
        return self.builder.shuffle_vector(first, first, ir.Constant(ir.VectorType(INDEX, kind.count), None))

    def sum(self, vector: ir.Value) -> ir.Value:
        """Return the sum of a vector, by halves."""
        build, size = self.builder, vector.type.count
        while size > 1:
            size //= 2
            kind = ir.VectorType(INDEX, size)
            halves = (ir.Constant(kind, [*range(first, first + size)]) for first in (0, size))
            vector = build.fadd(*(build.shuffle_vector(vector, vector, half) for half in halves))
        return build.extract_element(vector, INDEX(0))

    def magnitude(self, vector: ir.Value) -> ir.Value:
        """Return the numbers of a vector without their signs."""
        kind = vector.type
        name, called = f"llvm.fabs.v{kind.count}f64", ir.FunctionType(kind, [kind])
        return self.builder.call(cgutils.get_or_insert_function(self.builder.module, called, name), [vector])

    def load(self, part: ir.Value) -> ir.Value:
        """Read a vector."""
        return self.builder.load(part, align=ALIGNMENT)

    def store(self, vector: ir.Value, part: ir.Value) -> None:
        """Write a vector."""
        self.builder.store(vector, part, align=ALIGNMENT)
