"""The forms of an import: the file, the columns and the rows with problems."""

from typing import Any

from django import forms

from catalog.feeds.columns import Preview
from catalog.feeds.fields import COLUMNS
from catalog.feeds.runs.models import FeedProblem, FeedSource

NOT_USED = ("", "(not used)")


class UploadForm(forms.Form):
    feed_file = forms.FileField(
        label="File",
        help_text="CSV, TSV, Excel workbook, JSON lines, Google's XML, a product export"
        " of Shopify or WooCommerce, or a ZIP archive with one of them and its photos;"
        " at most 128 MB",
    )
    name = forms.CharField(
        label="Feed",
        max_length=80,
        help_text="The name by which the shop remembers the columns of this feed and"
        " the products it brought",
    )
    category = forms.CharField(
        label="Category",
        max_length=80,
        required=False,
        help_text="Of new products whose rows name none",
    )
    archive_missing = forms.BooleanField(
        label="Archive products that this feed brought and no longer names",
        required=False,
    )

    def save_source(self) -> FeedSource:
        data = self.cleaned_data
        source, _ = FeedSource.objects.update_or_create(
            name=data["name"],
            defaults={n: data[n] for n in ("category", "archive_missing")},
        )
        return source


class SourceForm(forms.ModelForm):
    def clean_mapping(self) -> dict[str, str]:
        mapping = self.cleaned_data["mapping"] or {}
        is_object = isinstance(mapping, dict)
        if not is_object or not all(isinstance(c, str) for c in mapping.values()):
            raise forms.ValidationError(
                'Write the column of each heading: {"Net price": "price"}.'
            )
        return mapping


class ColumnsForm(forms.Form):
    """A choice of a column for each heading of a feed."""

    def __init__(self, preview: Preview, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.preview = preview
        choices = [NOT_USED, *((name, name) for name in COLUMNS)]
        for number, column in enumerate(preview.columns):
            own = column and column not in COLUMNS  # of an export, such as its options
            self.fields[f"column_{number}"] = forms.ChoiceField(
                label=preview.headings[number],
                choices=[(column, "(as exported)"), *choices] if own else choices,
                initial=column,
                required=False,
            )

    def mapping(self, before: dict[str, str]) -> dict[str, str]:
        """Return the mapping with what a person changed."""
        mapping = dict(before)
        for number, heading in enumerate(self.preview.headings):
            chosen = self.cleaned_data[f"column_{number}"]
            if chosen != self.preview.columns[number]:
                mapping[heading] = chosen
        return mapping

    def columns(self) -> list[tuple[Any, list[str]]]:
        """Return the field of each heading with its cells in the first rows."""
        return [
            (self[f"column_{n}"], [row[n] if n < len(row) else "" for row in rows])
            for rows in [self.preview.rows]
            for n in range(len(self.preview.headings))
        ]


def corrected_rows(
    problems: list[FeedProblem], data: dict[str, str]
) -> list[dict[str, str]]:
    """Return the rows that have a new value in a field `fix_<problem>`."""
    rows: dict[int, dict[str, str]] = {}
    for problem in problems:
        value = data.get(f"fix_{problem.pk}", problem.value)
        if problem.column in COLUMNS and value != problem.value:
            row = rows.setdefault(problem.row, dict(problem.cells))
            row[problem.column] = value
    return [rows[number] for number in sorted(rows)]
