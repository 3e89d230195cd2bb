# A command that does not exist is a usage error, named on stderr.
source "$HELPERS"
fails 2 "rung: error: there is no such command or option: no-such-command (*)" "$RUNG" no-such-command
