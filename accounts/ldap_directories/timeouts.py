"""How long we wait for directory servers, and for how long a silent one isn't asked again. Units: seconds."""

CONNECT_TIMEOUT = 3  # to connect, and to shake hands
ANSWER_TIMEOUT = 5  # for each answer
WRITE_TIMEOUT = 5.0  # until the server must take something
SIGN_IN_TIMEOUT = 5.5  # for all questions of a sign-in together
MIN_TIME_TO_ASK = 0.5  # with less time than that, an unanswered question says nothing about a server
USUAL_ANSWER_TIME = 0.5  # in which a directory usually answers
RETRY_AFTER = 30  # for which a server that did not answer is not asked
