"""The tables of verification, one module per subject."""

from verification.models.audit import AuditEvent, AuditRemoval, AuditSeal
from verification.models.browsers import Browser
from verification.models.challenges import Challenge, Purpose, State
from verification.models.costs import BlockedRange, Country, OptOut, ProcessedReply, Span, SpendingLimit
from verification.models.enrolments import Enrolment, SingleUseCode
from verification.models.hardware_tokens import HardwareToken
from verification.models.keys import DigestKey, SigningKey
from verification.models.limits import Counter, Failure
from verification.models.messages import Kind, Message, MessageState, Reason
from verification.models.outages import Outage
from verification.models.policies import AppPasswordsEnd, Policy, TrustedNumbers
from verification.models.routes import Attempt, Circuit, CircuitState, Result, Route
from verification.models.strengths import Strength

__all__ = [
    "AppPasswordsEnd",
    "Attempt",
    "AuditEvent",
    "AuditRemoval",
    "AuditSeal",
    "BlockedRange",
    "Browser",
    "Challenge",
    "Circuit",
    "CircuitState",
    "Counter",
    "Country",
    "DigestKey",
    "Enrolment",
    "Failure",
    "HardwareToken",
    "Kind",
    "Message",
    "MessageState",
    "OptOut",
    "Outage",
    "Policy",
    "ProcessedReply",
    "Purpose",
    "Reason",
    "Result",
    "Route",
    "SigningKey",
    "SingleUseCode",
    "Span",
    "SpendingLimit",
    "State",
    "Strength",
    "TrustedNumbers",
]
