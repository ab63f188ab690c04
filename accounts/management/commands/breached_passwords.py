"""Builds the file of breached passwords, and looks a password up in it."""

import getpass
from argparse import ArgumentParser
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts import breached_passwords, conf
from accounts.breached_passwords import hash_file, range_files
from verification import time_format


class Command(BaseCommand):
    help = "Build the file of breached passwords from downloaded range files, or look up a password."
    # A wrong file must not prevent that a new one is built.
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, parser_class=ArgumentParser)
        build = actions.add_parser("build", help="build the file")
        build.add_argument("source", type=Path, help="folder of range files, or a text file with one password a line")
        build.add_argument("--to", type=Path, help="file to write (default: BREACHED_PASSWORDS_FILE)")
        build.add_argument("--min-count", type=int, default=1, help="leave out passwords that were seen less often")
        build.add_argument("--partial", action="store_true", help="accept a folder that lacks range files")
        actions.add_parser("look-up", help="ask for a password and say which list contains it")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["action"] == "look-up":
            self._look_up()
            return
        path = options["to"] or conf.breached_passwords_file()
        if not path:
            raise CommandError("Say where to write: set BREACHED_PASSWORDS_FILE, or use --to FILE.")
        try:
            self._build(options["source"], Path(path), options["min_count"], is_partial=options["partial"])
        except (range_files.WrongFile, OSError) as error:
            raise CommandError(f"{error} The former file, if there was one, is unchanged.") from None

    def _build(self, source: Path, path: Path, min_count: int, *, is_partial: bool) -> None:
        if source.is_dir():
            files = range_files.find(source)
            n_missing = range_files.N_RANGES - len(files)
            if not files:
                raise CommandError(f"{source} contains no range files. They have names such as 21BD1.txt or 21bd1.gz.")
            if n_missing and not is_partial:
                raise CommandError(
                    f"{n_missing} of {range_files.N_RANGES} range files are missing. Finish the download, or use "
                    "--partial if you want to check only what is there."
                )
            found, at = range_files.hashes(files, min_count=min_count), range_files.newest(iter(files.values()))
        else:
            found = iter(range_files.of_passwords(source))
            at = datetime.fromtimestamp(source.stat().st_mtime, UTC)
        first = next(found, None)
        if first is None:
            raise CommandError("No password was seen that often. The former file, if there was one, is unchanged.")
        n = hash_file.write(path, chain((first,), found), source_date=at)
        size = path.stat().st_size // 1_000_000
        self.stdout.write(f"Wrote {n} passwords as of {time_format.moment(at)} to {path} ({size} MB).")

    def _look_up(self) -> None:
        found = breached_passwords.found_in(getpass.getpass("Password: "))
        where = {"common": "It is a common password.", "breached": "It is in the file of breached passwords."}
        self.stdout.write(where[found] if found else "No list contains it.")
