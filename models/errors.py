"""What can go wrong in `models`; none of these repeats the text it was given.

ModelError
├── BundleError      a bundle cannot be used: missing, tampered, or made for other code
└── DeviceError      the device asked for is not there
"""


def first_line(error: Exception) -> str:
    """Return the first line of another library's message, or the name of its class when it has none."""
    return next(iter(str(error).splitlines()), type(error).__name__)


class ModelError(Exception):
    """The root: one line that says what to do about it."""


class BundleError(ModelError):
    """A bundle cannot be used."""


class DeviceError(ModelError):
    """The device asked for is not there."""
