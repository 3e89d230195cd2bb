# Recipes beyond the ladder are found by their names, from anywhere.
for name in step6 best10k small fast fast995 fashion10k flash4k; do "$RUNG" summary "$name" | grep -E '^(Total params|MACs)'; done
"$RUNG" summary flash4k --target cortex-m0 | grep '^Cortex-M0'  # its budget
if "$RUNG" summary nonsense; then exit 1; fi 2>&1
