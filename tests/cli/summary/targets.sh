# What the export in integers takes on chips, before training: as the export says it afterwards, but for its biases.
source "$HELPERS"
"$RUNG" summary small --target all | sed -n '/^Exported/,/^---/s/ *$//p'
"$RUNG" summary small --target avr --target cortex-m0 --weight-bits 4 | sed -n '/^Exported/,/^---/s/ *$//p'
"$RUNG" summary small --target avr --json >document
one_document document
fails 2 "rung: error: --target: z80 not in {all,cortex-m0,*" "$RUNG" summary small --target z80
fails 2 "rung: error: --weight-bits requires --target*" "$RUNG" summary small --weight-bits 4
make_recipe group.toml 's/"batch_norm2d"/"group_norm", num_groups = 1/'
fails 2 "rung: error: layer 1 (group_norm) has no integer form (*" "$RUNG" summary group.toml --target avr

# The memory is what the export has, and the flash no more than two bytes a bias larger.
make_dataset digits
make_recipe small.toml
"$RUNG" train small.toml --out run >/dev/null
"$RUNG" export c run --quiet
"$RUNG" summary small.toml --target avr --json >document
field() { grep -o "\"$1\": [0-9]*" document | grep -o '[0-9]*$'; }
exported() { grep '^| AVR ' run/c/README.md | cut -d'|' -f"$1" | tr -d ', '; }
[[ $(field ram_bytes) == "$(exported 5)" ]]
less=$(($(field flash_bytes) - $(exported 3)))
((less >= 0 && less < 100))

# A budget of the recipe is said before training, and what does not fit is not trained.
budget() { # <metric> <bytes>
  make_recipe budget.toml
  printf '[[targets]]\nmetric = "%s"\nchip = "avr"\nat_most = %d\n' "$1" "$2" >>budget.toml
}
budget ram_bytes 100
"$RUNG" summary budget.toml | grep '^Budget'
fails 2 "rung: error: budget: RAM on AVR at most 100 bytes: * bytes, missed by * bytes*" \
  "$RUNG" train budget.toml --out small_run
[[ ! -e small_run ]]
fails 2 "rung: error: budget: RAM on AVR at most 100 bytes: *" "$RUNG" sweep budget.toml --seeds 0,1 --out swept
[[ ! -e swept ]]
budget flash_bytes 30000
"$RUNG" train budget.toml --out large_run | grep 'flash on'
