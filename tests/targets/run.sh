#!/usr/bin/env bash
# Builds exported C for a target and runs it there, or in an emulator: run.sh TARGET FOLDER
# FOLDER holds NAME.h, NAME.c, NAME_test.c and NAME.sizes of models. Each test must say that all logits are as expected,
# and flash, memory and stack must be as the sizes foretell. Exits with 77 if the target's tools are missing.
# run.sh --sizes TARGET FOLDER only prints each model's bytes of flash, memory and stack (none if it is too large).
set -euo pipefail
only_sizes=false
[[ $1 != --sizes ]] || { only_sizes=true && shift; }
target=$1
folder=$2
machine=
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

needs() {
  for tool in "$@"; do
    command -v "$tool" >/dev/null || { echo "$target: $tool is missing (see docs/export.md)" && exit 77; }
  done
}

# cortex_m <machine> <code> <data> <stack> <flags>
cortex_m() {
  needs arm-none-eabi-gcc qemu-system-arm
  machine=$1 code=$2 data=$3 stack=$4
  flags=("${@:5}")
  tools=arm-none-eabi-
  flags+=(-mthumb)
  compile() {
    arm-none-eabi-gcc "$@" --specs=nano.specs --specs=rdimon.specs -nostartfiles -Wl,--gc-sections \
      -Wl,--defsym=CODE="$code" -Wl,--defsym=DATA="$data" -Wl,--defsym=STACK="$stack" -T "$here/cortex_m.ld" \
      "$here/cortex_m.c" -o "$program"
  }
  run() { qemu-system-arm -M "$machine" -nographic -semihosting -kernel "$program"; }
}

flags=()
case $target in
  host)
    needs cc
    tools=
    compile() { cc "$@" -o "$program"; }
    run() { "$program"; }
    ;;
  cortex-m0) cortex_m microbit 0 0x20000000 0x4000 -mcpu=cortex-m0 ;;
  cortex-m3) cortex_m mps2-an385 0 0x20000000 0x100000 -mcpu=cortex-m3 ;;
  cortex-m4) cortex_m mps2-an386 0 0x20000000 0x100000 -mcpu=cortex-m4 -mfloat-abi=hard ;;
  cortex-m7) cortex_m mps2-an500 0 0x20000000 0x100000 -mcpu=cortex-m7 -mfloat-abi=hard ;;
  cortex-m33) cortex_m mps2-an505 0x10000000 0x38000000 0x10000 -mcpu=cortex-m33 -mfloat-abi=hard ;;
  cortex-m55) cortex_m mps3-an547 0x10000000 0x30000000 0x10000 -mcpu=cortex-m55 -mfloat-abi=hard ;;
  rv32imc)
    needs riscv64-unknown-elf-gcc qemu-system-riscv32
    tools=riscv64-unknown-elf-
    flags=(-march=rv32imc -mabi=ilp32 --specs=picolibc.specs)
    compile() {
      riscv64-unknown-elf-gcc "$@" --oslib=semihost --crt0=hosted -Wl,--gc-sections \
        -Wl,--defsym=__flash=0x80000000 -Wl,--defsym=__flash_size=0x200000 -Wl,--defsym=__ram=0x80200000 \
        -Wl,--defsym=__ram_size=0x200000 -o "$program"
    }
    run() {
      qemu-system-riscv32 -M virt -cpu rv32 -bios none -nographic -semihosting-config enable=on -kernel "$program"
    }
    ;;
  avr)
    needs avr-gcc simavr
    tools=avr-
    flags=(-mmcu=atmega328p)
    # The linker does not keep room for the stack: 200 of the 2,048 bytes.
    compile() {
      avr-gcc "$@" -Wl,--gc-sections "$here/avr.c" -o "$program" || return
      avr-size "$program" | awk 'NR == 2 && $2 + $3 > 1848 { print "the stack will not fit in region"; exit 1 }'
    }
    run() { simavr -m atmega328p -f 16000000 "$program"; }
    ;;
  wasm)
    needs clang node
    needs "$(clang --print-prog-name=wasm-ld)"
    compile() {
      clang --target=wasm32 -ffreestanding -nostdlib -Os "-Wl,--no-entry,--export=${name}_predict" \
        "-Wl,--export=${name}_logits" -Wall -Wextra -Werror "$folder/$name.c" -o "$program"
    }
    run() { node "$here/wasm.mjs" "$name" "$folder" "$program"; }
    ;;
  *) echo "run.sh: there is no target $target" && exit 2 ;;
esac

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# build <name> <program's C>: false if the program is too large for the target.
build() {
  compile "${flags[@]}" -std=c99 -Os -ffunction-sections -fdata-sections -Wall -Wextra -Werror "-I$folder" \
    "-DHEADER=\"$1.h\"" "-DPREDICT=$1_predict" "$folder/$1.c" "$2" >"$work/log" 2>&1 && return
  grep -q "will not fit in region\|overflowed by\|is not within region" "$work/log" || { cat "$work/log" && exit 1; }
  return 1
}

emulate() {
  timeout 300 bash -c run </dev/null 2>&1 || true
}

# measure <name>: bytes of flash and of memory, of the object file and without what lies between its variables.
measure() {
  "${tools}gcc" "${flags[@]}" -std=c99 -Os -c "$folder/$1.c" -o "$work/object"
  echo "$("${tools}size" "$work/object" | awk 'NR == 2 { print $1 + $2 }')" \
    "$("${tools}nm" -S -t d "$work/object" | awk '$3 ~ /^[bBdD]$/ { sum += $2 } END { print sum + 0 }')"
}

# stack_of <name>: prints the bytes of stack that the model takes; nothing if it is too large for the target.
stack_of() {
  local said
  build "$1" "$here/stack.c" || return 0
  said=$(emulate)
  [[ $said =~ "stack: "([0-9]+)" bytes" ]] || { echo "$1 on $target: $said" >&2 && exit 1; }
  echo "${BASH_REMATCH[1]}"
}

# compare <name>: what the model takes, and what NAME.sizes says. Memory is exact, and the stack no deeper. The code's
# size is a sum that the compiler knows nothing of: the few models that are more than 64 bytes and 1 % larger, or 128 bytes
# and 2 % smaller, are counted.
compare() {
  local flash ram depth has_flash has_ram has_depth more
  read -r flash ram depth < <(sed -n "s/^$target //p" "$folder/$1.sizes")
  read -r has_flash has_ram < <(measure "$1")
  has_depth=$(stack_of "$1")
  ((has_ram == ram)) || { echo "$1 on $target: $has_ram bytes of memory, not $ram" && exit 1; }
  ((${has_depth:-0} <= depth)) || { echo "$1 on $target: $has_depth bytes of stack, more than $depth" && exit 1; }
  more=$((has_flash - flash))
  ((10 * more <= has_flash && -10 * more <= has_flash)) ||
    { echo "$1 on $target: $has_flash bytes of flash, not $flash" && exit 1; }
  if (((more > 64 && 100 * more > has_flash) || (more < -128 && -50 * more > has_flash))); then
    far=$((far + 1))
  fi
}

export -f run
export here folder name machine program=$work/program
same=0
too_large=0
far=0
for header in "$folder"/*.h; do
  name=$(basename "$header" .h)
  if $only_sizes; then
    echo "$name $(measure "$name") $(stack_of "$name")"
    continue
  fi
  if ! build "$name" "$folder/${name}_test.c"; then
    too_large=$((too_large + 1))
    continue
  fi
  said=$(emulate)
  [[ $said =~ "$name: "([0-9]+)" of "([0-9]+)" images" && ${BASH_REMATCH[1]} == "${BASH_REMATCH[2]}" ]] ||
    { echo "$name on $target: $said" && exit 1; }
  same=$((same + 1))
  ! grep -q "^$target " "$folder/$name.sizes" || compare "$name"
done
$only_sizes && exit
echo "$target: $same models give the expected logits; $too_large are too large for it; flash is foretold badly of $far"
((same > 0 && 20 * far <= same))
