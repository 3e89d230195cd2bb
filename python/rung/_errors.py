"""The exceptions that Rung raises. Each is also the built-in one that Python code would expect."""


class Error(Exception):
    """What is wrong, and, in `hint`, how to mend it. Every exception of Rung's own is derived from it."""

    hint: str = ""

    def __str__(self) -> str:
        message = super().__str__()
        return f"{message}\n{self.hint}" if self.hint else message


class UsageError(Error, ValueError):
    """A recipe, an option or an array is wrong: `step1.toml:12:3: optimizer.lr: expected a number above 0 ...`."""


class UnsupportedModule(UsageError):
    """Rung cannot express a PyTorch module. The message names the module, says why, and what to do instead."""


class DataError(Error, ValueError):
    """A file does not hold what its format promises; the message names the file and the byte offset."""


class IoError(Error, OSError):
    """The operating system refused: a file cannot be read or written."""


class NoSpaceError(IoError):
    """The disk is full."""


class NoMemoryError(Error, MemoryError):
    """The request needs more memory than the machine has."""


class DivergedError(Error, ArithmeticError):
    """The training loss is no longer a finite number; a lower learning rate mends it."""
