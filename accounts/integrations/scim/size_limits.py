"""How much SCIM clients can send and get: bytes, operations, lengths, filters, pages. Their rate is a setting."""

# Requests
MAX_REQUEST_BYTES = 1024 * 1024  # about 15,000 members of a group
MAX_PATCH_OPERATIONS = 1000  # of one PATCH
MAX_TOKEN_LENGTH = 200  # characters
MAX_REQUESTS_KEPT = 200  # the last ones of each directory, for the page that helps to set it up

# People and groups
MAX_EXTERNAL_ID_LENGTH = 255  # characters
MAX_PERSON_LENGTH = 16_384  # characters, of what a directory sends of one person
MAX_PHONE_NUMBERS = 10  # of one person

# Lists and filters
DEFAULT_PAGE_SIZE = 100  # resources
MAX_PAGE_SIZE = 500  # resources
MAX_MEMBERS_LISTED = 20_000  # in one list of groups
MAX_FILTER_LENGTH = 1000  # characters
MAX_FILTER_DEPTH = 10  # of parentheses
MAX_FILTER_TERMS = 30  # comparisons
MAX_COMPARED = 1000  # resources that are compared one by one with a filter
