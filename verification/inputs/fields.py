"""Form fields for text that people type: one line of it, or several."""

from typing import Any

from django import forms

from verification import inputs


class LineField(forms.CharField):
    """One line. No page sends line breaks or control characters in it; what a program sends counts as spaces."""

    def to_python(self, value: Any) -> str:
        return inputs.one_line(super().to_python(value) or "")


class WordsField(forms.CharField):
    """Several lines. A browser counts a line break as one character and sends it as two; here it is one again."""

    widget = forms.Textarea

    def to_python(self, value: Any) -> str:
        return (super().to_python(value) or "").replace("\r\n", "\n").replace("\r", "\n")
