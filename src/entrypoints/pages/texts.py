"""All that the pages say, in one place."""

LOG_IN = "Log in"
LOG_IN_TO_GO_ON = "An application asks who you are. Log in to go on."
NAME = "User name"
PASSWORD = "Password"  # noqa: S105 - a label
NO_ACCOUNT = "No account yet?"
WRONG = "The user name and password do not match. Check both and try again."
WAIT = "Too many passwords were wrong. Try again in {wait}."

REGISTER = "Create an account"
CREATE = "Create account"
HAVE_ACCOUNT = "Have an account already?"
NAME_HINT = "Letters, digits and common signs, without spaces."
PASSWORD_HINT = (
    "At least {number} characters. A few words that only you would put together do well."  # noqa: S105 - a hint
)
REFUSED = "The account was not created. Correct what is marked below."
CLOSED_TITLE = "No registration here"
CLOSED = "Accounts are made by whoever runs this service. Ask them for one."

LOGGED_IN = "You are logged in"
LOGGED_IN_AS = "This browser is logged in as {user}."
GOING_ON = "If nothing happens, go on here:"
GO_ON = "Continue"

LOG_OUT = "Log out"
LOG_OUT_LEAD = (
    "You are logged in as {user}. Applications that you have let use your account can go on "
    "without you."
)
LOGGED_OUT = "You are logged out"
LOGGED_OUT_LEAD = "On a device that others use as well, close the window now."

CONSENT = "{client} wants to use your account"
CONSENT_TITLE = "Allow access"
CONSENT_ACCOUNT = "You are logged in as {user}."
NOT_YOU = "Not you?"
CONSENT_LEAD = "If you allow it, {client} can:"
CONSENT_API = "This is for {api} alone."
CONSENT_TARGET = "After that you are sent to {target}."
CONSENT_CARE = "Deny if you did not begin this yourself."
ALLOW = "Allow"
DENY = "Deny"
THIS_DEVICE = "an application on this device"
SCOPES = {"profile": "See your user name"}
OTHER_SCOPE = "Use the permission {scope}"

ERROR = "Error"
REQUEST = "If you ask for help, name this request:"
GO_TO_LOG_IN = "Go to log-in"

ASKED_WRONGLY_TITLE = "The application asked for something that cannot be"
ASKED_WRONGLY = (
    "You are not sent back to it, since nobody knows whether it is what it says. Tell whoever "
    "makes the application:"
)

STALE_TITLE = "This page was open for too long"
STALE = (
    "Nothing was done. Go back, load the page again and repeat what you did. Cookies have to be "
    "allowed for that."
)
PROBLEMS = {
    "stale_form": (STALE_TITLE, STALE),
    "foreign_form": (
        "This came from another site",
        "Nothing was done. If you meant to do this, open this service yourself and begin there.",
    ),
    "request_too_long": (
        "The application asked for too much at once",
        "You are not sent back to it. Tell whoever makes it that its requests are too long.",
    ),
    "internal_error": (
        "Something went wrong here",
        "The mistake is ours. Try again later, or tell whoever runs this service.",
    ),
}
BUSY = ("Too busy at the moment", "Nothing is wrong with what you sent. Try again in a moment.")
UNREADABLE = ("This cannot be read", "Go back, load the page again and repeat what you did.")


def problem(status: int, code: str) -> tuple[str, str]:
    """What happened, and what to do about it, of an error by its status and its code."""
    if code in PROBLEMS:
        return PROBLEMS[code]
    return BUSY if status >= 500 else UNREADABLE


def duration(seconds: int) -> str:
    """So many seconds, as people say them."""
    for unit, size in (("hour", 3600), ("minute", 60)):
        if seconds > size:
            return f"{-(-seconds // size)} {unit}s"
    return f"{seconds} second{'s' * (seconds != 1)}"
