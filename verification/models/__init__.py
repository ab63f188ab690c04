"""The tables of verification, one module per subject."""

from verification.models.audit import AuditEvent, AuditRemoval, AuditSeal
from verification.models.browsers import Browser
from verification.models.challenges import Challenge, ChallengeState, Purpose
from verification.models.countries_costs_and_opt_outs import (
    BlockedRange,
    Country,
    OptOut,
    ProcessedReply,
    Span,
    SpendingLimit,
)
from verification.models.enrolments import Enrolment, SingleUseCode
from verification.models.hardware_tokens import HardwareToken
from verification.models.keys import DigestKey, SigningKey
from verification.models.limits import Counter, Failure
from verification.models.messages import Attempt, AttemptResult, Channel, FailureReason, Message, MessageState
from verification.models.outages import Outage
from verification.models.policies import AppPasswordsEnd, Policy, TrustedNumbers
from verification.models.routes_and_circuits import Circuit, CircuitState, Route
from verification.models.strengths import Strength

__all__ = [
    "AppPasswordsEnd",
    "Attempt",
    "AttemptResult",
    "AuditEvent",
    "AuditRemoval",
    "AuditSeal",
    "BlockedRange",
    "Browser",
    "Challenge",
    "ChallengeState",
    "Channel",
    "Circuit",
    "CircuitState",
    "Counter",
    "Country",
    "DigestKey",
    "Enrolment",
    "Failure",
    "FailureReason",
    "HardwareToken",
    "Message",
    "MessageState",
    "OptOut",
    "Outage",
    "Policy",
    "ProcessedReply",
    "Purpose",
    "Route",
    "SigningKey",
    "SingleUseCode",
    "Span",
    "SpendingLimit",
    "Strength",
    "TrustedNumbers",
]
