"""How a setting is declared: name, format, default, unit and meaning. The settings themselves are in each `conf`."""

from verification.declaring_settings import formats
from verification.declaring_settings.formats import Format, Wrong
from verification.declaring_settings.setting_and_section import Setting, SettingsSection, SettingValues

__all__ = [
    "Format",
    "Setting",
    "SettingValues",
    "SettingsSection",
    "Wrong",
    "formats",
]
