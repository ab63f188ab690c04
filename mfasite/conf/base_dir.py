"""The folder that contains `manage.py`."""

from pathlib import Path

BASE_DIR: Path = Path(__file__).resolve().parents[2]
