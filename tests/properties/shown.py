"""What is shown of a large thing when a property fails: only what is not as by default."""

from __future__ import annotations

from dataclasses import fields

from hypothesis.vendor.pretty import RepresentationPrinter


class Shown:
    """For data classes made with `repr=False`."""

    def __repr__(self) -> str:
        said = [
            f"{one.name}={value!r}"
            for one in fields(self)  # type: ignore[arg-type]
            if one.repr and (value := getattr(self, one.name)) not in (one.default, None, (), {})
        ]
        return f"{type(self).__name__}({', '.join(said)})"

    def _repr_pretty_(self, printer: RepresentationPrinter, cycle: bool) -> None:
        printer.text(repr(self))
