#!/usr/bin/env bash
# Builds exported C for a target and runs it there, or in an emulator: run.sh TARGET FOLDER
# FOLDER holds NAME.h, NAME.c and NAME_test.c of models. Each test must say that all logits are as expected. Exits with
# 77 if the target's tools are missing.
set -euo pipefail
target=$1
folder=$2
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
  compile() {
    arm-none-eabi-gcc "$@" -mthumb --specs=nano.specs --specs=rdimon.specs -nostartfiles -Wl,--gc-sections \
      -Wl,--defsym=CODE="$code" -Wl,--defsym=DATA="$data" -Wl,--defsym=STACK="$stack" -T "$here/cortex_m.ld" \
      "$here/cortex_m.c" -o "$program"
  }
  run() { qemu-system-arm -M "$machine" -nographic -semihosting -kernel "$program"; }
}

flags=()
case $target in
  host)
    needs cc
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
    flags=(-march=rv32imc -mabi=ilp32)
    compile() {
      riscv64-unknown-elf-gcc "$@" --specs=picolibc.specs --oslib=semihost --crt0=hosted -Wl,--gc-sections \
        -Wl,--defsym=__flash=0x80000000 -Wl,--defsym=__flash_size=0x200000 -Wl,--defsym=__ram=0x80200000 \
        -Wl,--defsym=__ram_size=0x200000 -o "$program"
    }
    run() {
      qemu-system-riscv32 -M virt -cpu rv32 -bios none -nographic -semihosting-config enable=on -kernel "$program"
    }
    ;;
  atmega328p)
    needs avr-gcc simavr
    flags=(-mmcu=atmega328p)
    # The linker does not keep room for the stack: 200 of the 2,048 bytes.
    compile() {
      avr-gcc "$@" -Wl,--gc-sections "$here/avr.c" -o "$program" || return
      avr-size "$program" | awk 'NR == 2 && $2 + $3 > 1848 { print "the stack will not fit in region"; exit 1 }'
    }
    run() { simavr -m atmega328p -f 16000000 "$program"; }
    ;;
  *) echo "run.sh: there is no target $target" && exit 2 ;;
esac

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
same=0
too_large=0
for test in "$folder"/*_test.c; do
  name=$(basename "$test" _test.c)
  program=$work/program
  if ! compile "${flags[@]}" -std=c99 -Os -ffunction-sections -fdata-sections -Wall -Wextra -Werror \
    "$folder/$name.c" "$test" >"$work/log" 2>&1; then
    if grep -q "will not fit in region\|overflowed by\|is not within region" "$work/log"; then
      too_large=$((too_large + 1))
      continue
    fi
    cat "$work/log" && exit 1
  fi
  said=$(timeout 300 bash -c "$(declare -f run); machine='${machine-}' program='$program'; run" </dev/null 2>&1) || true
  [[ $said =~ "$name: "([0-9]+)" of "([0-9]+)" images" && ${BASH_REMATCH[1]} == "${BASH_REMATCH[2]}" ]] ||
    { echo "$name on $target: $said" && exit 1; }
  same=$((same + 1))
done
echo "$target: $same models give the expected logits; $too_large are too large for it"
((same > 0))
