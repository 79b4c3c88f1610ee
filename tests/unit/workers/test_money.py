"""Money is exact both ways."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.money import display, dollars, to_micros

micros = st.integers(0, 2**63 - 1)


@given(micros)
def test_what_is_written_reads_back_the_same(amount):
    assert to_micros(dollars(amount)) == amount
    assert to_micros(display(amount).lstrip("$").replace(",", "")) == amount
    assert to_micros(Decimal(amount).scaleb(-6)) == amount


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0.05", 50_000),
        ("1", 1_000_000),
        ("0.000001", 1),
        ("1234.5", 1_234_500_000),
        ("0.0500000000", 50_000),
    ],
)
def test_reads_dollars(text, expected):
    assert to_micros(text) == expected
    assert to_micros(Decimal(text)) == expected


@pytest.mark.parametrize(
    ("amount", "plain", "shown"),
    [
        (50_000, "0.05", "$0.05"),
        (1_234_500_000, "1234.50", "$1,234.50"),
        (1, "0.000001", "$0.000001"),
        (0, "0.00", "$0.00"),
        (-1_500_000, "-1.50", "-$1.50"),
    ],
)
def test_writes_at_least_two_decimals(amount, plain, shown):
    assert (dollars(amount), display(amount)) == (plain, shown)


@pytest.mark.parametrize("amount", [0.05, 1, True, None])
def test_refuses_types_that_may_have_lost_the_amount(amount):
    with pytest.raises(TypeError, match=r'write "0\.05"'):
        to_micros(amount)


@pytest.mark.parametrize(
    "text", ["", " 0.05", "0.05\n", "$1", "-1", "+1", "1e3", "1_000", "1,000", ".5", "5.", "٣", "nan"]
)
def test_refuses_text_that_is_not_a_plain_amount(text):
    with pytest.raises(ValueError, match="not an amount of dollars"):
        to_micros(text)


@pytest.mark.parametrize("amount", ["0.0000001", "1.0000005", "0.05" + "0" * 40 + "1", Decimal("1e-1000000")])
def test_refuses_less_than_a_micro_dollar(amount):
    with pytest.raises(ValueError, match="at most 6 decimals"):
        to_micros(amount)


@pytest.mark.parametrize("amount", ["9223372036854.775808", Decimal("1e1000000"), "9" * 40])
def test_refuses_more_than_a_database_holds(amount):
    with pytest.raises(ValueError, match=r"too large: .* \$9,223,372,036,854\.775807"):
        to_micros(amount)


@pytest.mark.parametrize("amount", [Decimal("NaN"), Decimal("Infinity"), Decimal("-0.01")])
def test_refuses_decimals_that_are_no_amount(amount):
    with pytest.raises(ValueError, match=r"not an amount|finite and not negative"):
        to_micros(amount)
