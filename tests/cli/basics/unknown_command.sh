# A command that does not exist is a usage error, named on stderr.
"$RUNG" no-such-command
