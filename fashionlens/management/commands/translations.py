from typing import Any

from django.core.management.base import BaseCommand

from fashionlens.languages.catalogue import (
    LANGUAGES,
    collect_texts,
    read_translations,
    updated,
    write_translations,
)


class Command(BaseCommand):
    help = "Collect the texts of the pages, and compile their translations."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        for language in LANGUAGES:
            translations = updated(read_translations(language), collect_texts())
            write_translations(language, translations)
            missing = [one.id for one in translations if one.id and not _is_done(one)]
            self.stdout.write(f"{language}: {len(missing)} texts without a translation")
            for text in missing:
                self.stdout.write(f"  {text!r}")


def _is_done(message: Any) -> bool:
    texts = message.string
    return all(texts) if isinstance(texts, tuple) else bool(texts)
