# The version is one line that scripts can read.
"$RUNG" --version
