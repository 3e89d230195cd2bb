# The whole table, for a recipe given by its name and found beside the program although this folder has no recipes.
"$RUNG" summary step4
