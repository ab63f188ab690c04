"""Policies: what people must do to sign in. One for everyone, and one for each group that differs."""

from datetime import timedelta

from django.contrib.auth.models import Group
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from verification.models.strengths import MAX_SLUG_LENGTH

TEXT_NOTICES = False  # whether notices are also texted unless a policy says so; read by the rules and the notices


class AppPasswordsEnd(models.IntegerChoices):
    """Which password changes end a person's app passwords. A higher value includes the lower ones."""

    NEVER = 0, _("Never")
    REPLACED = 1, _("Only after a reset link, or when support requires a new password")
    ALWAYS = 2, _("Always")


class TrustedNumbers(models.TextChoices):
    """Which phone numbers from a directory need no verification."""

    NONE = "none", _("None: each is only suggested")
    OFFICE = "office", _("Office numbers")
    OFFICE_AND_MOBILE = "office_and_mobile", _("Office and mobile numbers")

    @property
    def kinds(self) -> tuple[str, ...]:
        """Return the kinds of numbers that are trusted."""
        return {"none": (), "office": ("office",), "office_and_mobile": ("office", "mobile")}[self.value]


class Policy(models.Model):
    """Rules for everyone (without a group) or for one group. An empty field leaves the rule to the next policy.

    `policy_precedence` says which decides if a person has several groups.
    """

    group = models.OneToOneField(
        Group,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="policy",
        verbose_name=_("Group"),
        help_text=_("The policy for everybody also sets the rules that policies for groups leave out."),
    )
    rank = models.PositiveSmallIntegerField(
        _("Rank"),
        default=100,
        help_text=_("If someone is in several groups, the policy with the lowest rank applies first."),
    )
    methods = models.JSONField(null=True, blank=True)
    remember_days = models.PositiveSmallIntegerField(null=True, blank=True, validators=[MaxValueValidator(365)])
    code_life = models.DurationField(
        null=True,
        blank=True,
        validators=[MinValueValidator(timedelta(minutes=3)), MaxValueValidator(timedelta(minutes=10))],
    )
    number_matching = models.BooleanField(null=True, blank=True)
    passwordless_allowed = models.BooleanField(null=True, blank=True)
    app_passwords = models.BooleanField(null=True, blank=True)
    app_passwords_end = models.PositiveSmallIntegerField(null=True, blank=True, choices=AppPasswordsEnd.choices)
    trusted_networks = models.JSONField(null=True, blank=True)
    text_notices = models.BooleanField(null=True, blank=True)
    grace_days = models.PositiveSmallIntegerField(null=True, blank=True, validators=[MaxValueValidator(14)])
    voice_countries = models.JSONField(null=True, blank=True)
    strength = models.CharField(max_length=MAX_SLUG_LENGTH, null=True, blank=True)  # noqa: DJ001  (none inherits)
    staff_strength = models.CharField(max_length=MAX_SLUG_LENGTH, null=True, blank=True)  # noqa: DJ001  (none inherits)
    caller_check = models.BooleanField(null=True, blank=True)
    second_person = models.JSONField(null=True, blank=True)
    stock_tokens = models.BooleanField(null=True, blank=True)
    trusted_numbers = models.CharField(  # noqa: DJ001  (none inherits)
        max_length=20, null=True, blank=True, choices=TrustedNumbers.choices
    )
    staff_quota = models.PositiveSmallIntegerField(null=True, blank=True, validators=[MinValueValidator(1)])

    class Meta:
        verbose_name_plural = "policies"
        constraints = (
            models.UniqueConstraint(
                models.Case(models.When(group__isnull=True, then=models.Value(1))),
                name="one_policy_for_everybody",
            ),
        )

    def __str__(self) -> str:
        return f"Policy for {self.group.name}" if self.group else "Policy for everybody"
