"""Declared settings: the name, format, default, unit and meaning of each, in one place."""

from verification.setting import formats
from verification.setting.declaration import Setting, SettingsSection, SettingValues
from verification.setting.formats import Format, Wrong

__all__ = [
    "Format",
    "Setting",
    "SettingValues",
    "SettingsSection",
    "Wrong",
    "formats",
]
