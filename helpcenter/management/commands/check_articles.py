"""Checks that the shipped articles are easy to read and that their links work."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from helpcenter import article_files, readability


class Command(BaseCommand):
    """Check the articles."""

    help = "Print the reading ease of each shipped article; fail where one is hard to read or a link is dead."

    def handle(self, *args: Any, **options: Any) -> None:
        """Check all articles."""
        slugs = {article.slug for article in article_files.articles()}
        faults = []
        for article in article_files.articles():
            score = readability.flesch(article.body)
            self.stdout.write(f"{score:6.1f}  {article.slug}")
            if score < readability.MIN_READING_EASE:
                faults.append(f"{article.slug}: reading ease {score:.0f}, wanted {readability.MIN_READING_EASE:.0f}")
            faults += [
                f"{article.slug}: no article {slug}" for slug in article_files.linked(article) if slug not in slugs
            ]
        if faults:
            raise CommandError("\n".join(faults))
