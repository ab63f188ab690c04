"""An example of a method: a word that a person chose, asked backwards. It shows all that a new method takes."""

from collections.abc import Mapping
from typing import Any

from django import forms

from verification.method_base import ChallengeData, Check, Draft, Issue, Method
from verification.outcomes import Verdict


class BackwardsWordForm(forms.Form):
    """The word."""

    word = forms.CharField(label="Your word", min_length=3, max_length=40)


class BackwardsWord(Method):
    name = "example_method"
    icon = "help"
    label = "Backwards word"
    explain = "Type your word backwards."
    code_lengths = frozenset()
    form_class = BackwardsWordForm

    def enrol(self, fields: Mapping[str, Any], *, account: str) -> Draft:
        return Draft(secret=self.read(fields["word"]).encode(), hint="a word")

    def issue(self, challenge: ChallengeData) -> Issue:
        return Issue()

    def check(self, challenge: ChallengeData, answer: str) -> Check:
        return Check(verdict=Verdict.PROVEN if answer == challenge.secret.decode()[::-1] else Verdict.WRONG)


method = BackwardsWord()
