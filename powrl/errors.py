"""The one exception that powrl raises for what a user can mend."""


class PowrlError(Exception):
    """A problem in what powrl was given; its text is one sentence that says what to do."""
