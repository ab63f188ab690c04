"""Vonage's error codes of Messages and Voice. Source: developer.vonage.com/api-errors/messages."""

from verification.delivery.declaring_error_codes import Fault, table
from verification.delivery.provider_http import HTTP_ERROR_CODES
from verification.models.messages import FailureReason

CODES = HTTP_ERROR_CODES | table(
    (
        Fault.ACCOUNT,
        FailureReason.PROVIDER_DOWN,
        {
            1010: "a field is missing in the request: check the settings",
            1020: "a field of the request is not valid: check the settings",
            1060: "the account is barred",
            1070: "the account has no credit left",
            1120: "the sender is not allowed",
            1140: "the sender is not allowed in this country",
            1420: "a field of the request is not valid: check the settings",
        },
    ),
    (
        Fault.NETWORK,
        FailureReason.PROVIDER_DOWN,
        {
            1030: "Vonage had an internal error",
            1080: "Vonage accepts no more connections from the account",
            "carrier_timeout": "the phone company did not answer in time",
            "internal_error": "Vonage had an internal error",
        },
    ),
    (
        Fault.LIMIT,
        FailureReason.RATE_LIMITED,
        {1000: "too many requests at once", 1241: "too many texts went to this number"},
    ),
    (
        Fault.NUMBER,
        FailureReason.INVALID_NUMBER,
        {
            1021: "the number is not valid",
            1040: "the number is not valid",
            1170: "the number is not known or not in use",
            1190: "the number is not known or not in use",
            "cannot_route": "there is no route to this number",
            "number_out_of_service": "the number is out of service",
        },
    ),
    (
        Fault.NUMBER,
        FailureReason.UNREACHABLE,
        {
            1180: "the phone is off or out of reach",
            1200: "the number is moving between two phone companies",
            1220: "the number cannot be reached by this route",
            1230: "the number cannot be reached by this route",
            1250: "the number cannot be reached",
            1260: "the number cannot be reached",
            1320: "the phone is off or out of reach",
            "unavailable": "the phone is off or out of reach",
        },
    ),
    (
        Fault.NUMBER,
        FailureReason.BLOCKED,
        {
            1050: "the number is barred",
            1280: "the owner's contract does not allow it",
            "declined": "the call was declined",
        },
    ),
    (Fault.NUMBER, FailureReason.OPTED_OUT, {1240: "the owner replied STOP"}),
    (
        Fault.ACCOUNT,
        FailureReason.COUNTRY_NOT_ALLOWED,
        {"restricted": "calls to this number are not permitted for the account"},
    ),
    (Fault.CONTENT, FailureReason.FILTERED, {1210: "the phone company filtered it as unwanted"}),
    (Fault.CONTENT, FailureReason.TOO_OLD, {1360: "it was not delivered in time"}),
    (Fault.UNKNOWN, FailureReason.UNKNOWN, {1330: "the phone company gave no reason"}),
    final=(1021, 1040, 1170, 1190, 1240),
)
