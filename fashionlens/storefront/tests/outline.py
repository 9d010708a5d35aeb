"""Pages as lists of tags, for tests that ask about their structure."""

from dataclasses import dataclass
from html.parser import HTMLParser


@dataclass
class Tag:
    name: str
    attributes: dict[str, str | None]

    def get(self, name: str, default: str | None = None) -> str | None:
        return self.attributes.get(name, default)


class _Outline(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[Tag] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(Tag(tag, dict(attrs)))


def outline(html: str) -> list[Tag]:
    parser = _Outline()
    parser.feed(html)
    return parser.tags
