"""Small charts of the admin, drawn as SVG by `admin/_chart.html`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

WIDTH, HEIGHT = 560, 120
GAP = 0.25  # of a bar's room


@dataclass(frozen=True)
class Mark:
    """A value of a chart, in units of its view box from the upper left corner."""

    caption: str
    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> float:
        return round(self.x + self.width / 2, 1)


@dataclass(frozen=True)
class Plot:
    title: str
    marks: list[Mark]
    first: str
    last: str
    lowest: str
    highest: str
    is_line: bool = False

    width, height = WIDTH, HEIGHT

    @property
    def line(self) -> str:
        return " ".join(f"{mark.middle},{mark.y}" for mark in self.marks)

    @property
    def summary(self) -> str:
        return "; ".join(mark.caption for mark in self.marks)

    @classmethod
    def of(
        cls,
        title: str,
        labels: Sequence[str],
        values: Sequence[float],
        *,
        form: str = "{:,.0f}",
        low: float = 0.0,
        high: float | None = None,
        is_line: bool = False,
    ) -> Self:
        top = max([high or low, *values]) if values else 1.0
        span = (top - low) or 1.0
        room = WIDTH / max(len(values), 1)
        marks = []
        for number, (label, value) in enumerate(zip(labels, values, strict=True)):
            share = min(max((value - low) / span, 0), 1)
            height = round(share * (HEIGHT - 8), 1)
            marks.append(
                Mark(
                    caption=f"{label}: {form.format(value)}",
                    x=round(room * (number + GAP / 2), 1),
                    y=round(HEIGHT - height, 1),
                    width=round(room * (1 - GAP), 1),
                    height=height,
                )
            )
        ends = (labels[0], labels[-1]) if labels else ("", "")
        return cls(title, marks, *ends, form.format(low), form.format(top), is_line)
