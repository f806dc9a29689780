"""Whether the cells of a column are surely data without parts that can be written down."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from policy_engine.decision.columns.data import EVERY, Flags, coded, numbers_of


def surely_simple(column: pa.Array) -> Flags:
    """For each row whether its cell surely is; where it is not certain, it is not."""
    kind, is_ = column.type, pa.types
    if is_.is_dictionary(kind):
        values = surely_simple(column.dictionary)
        return np.append(values, True).take(coded(column).at(EVERY))
    if is_.is_floating(kind):
        finite: Flags = np.isfinite(numbers_of(column))
        return finite
    simple = (
        is_.is_decimal,
        is_.is_null,
        is_.is_string,
        is_.is_large_string,
        is_.is_boolean,
        is_.is_integer,
    )
    return np.full(len(column), any(is_kind(kind) for is_kind in simple))
