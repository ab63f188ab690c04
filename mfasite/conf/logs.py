"""Settings of logs."""

from verification.declaring_settings import Setting, SettingsSection, formats

PROCESSES = SettingsSection("Processes and logs")
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
log_level: Setting[str] = Setting(
    PROCESSES,
    "LOG_LEVEL",
    formats.one_of(*LOG_LEVELS),
    default="INFO",
    meaning="the lowest level that is logged",
)
log_format: Setting[str] = Setting(
    PROCESSES,
    "LOG_FORMAT",
    formats.one_of("text", "json"),
    default="json",
    demo="text",
    meaning="`json` for log systems, `text` for people. Each line has its request (`X-Request-ID`) and its message",
)
