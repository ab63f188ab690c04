"""Settings of the demo."""

from pathlib import Path

from mfasite.conf.base_dir import BASE_DIR
from verification.declaring_settings import Setting, SettingsSection, formats

DEMO = SettingsSection("The demo", "Never set these on a machine with real users.")
demo: Setting[bool] = Setting(
    DEMO, "DEMO", formats.flag, default=False, meaning="1: run as a demo, with its own keys and virtual phones"
)
demo_dir: Setting[Path] = Setting(
    DEMO,
    "DEMO_DIR",
    formats.folder,
    default=BASE_DIR / ".demo",
    default_text="`.demo`",
    meaning="the folder for the demo's data",
)
