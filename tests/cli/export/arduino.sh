# A run's model as an Arduino library: its example builds as C++ against a few lines instead of Arduino's, and runs.
source "$HELPERS"
make_dataset digits
make_recipe small.toml
"$RUNG" train small.toml --out run >/dev/null
"$RUNG" export c run --arduino --quiet --out library
(cd library && find . -type f | sort)
cat library/library.properties
fails 2 "rung: error: library/src/small.c already exists (*" "$RUNG" export c run --arduino --out library
if command -v make >/dev/null; then make -s -C library/extras >made; fi

mkdir arduino
cat >arduino/Arduino.h <<'STUB'
#include <stdint.h>
#include <stdio.h>
struct Port {
  void begin(long) {}
  int available() { int c = getchar(); if (c != EOF) ungetc(c, stdin); return c != EOF; }
  int read() { return getchar(); }
  void println(int number) { printf("%d\n", number); }
};
static Port Serial;
STUB
# The sketch, as Arduino's builder makes C++ of it.
example=library/examples/small/small.ino
flags=(-Wall -Wextra -Werror -Iarduino -Ilibrary/src -include Arduino.h -x c++)
c++ "${flags[@]}" -std=c++11 -c $example -o sketch.o
echo '#include <Arduino.h>
void setup(); void loop();
int main() { setup(); while (Serial.available()) loop(); }' | c++ -Iarduino -x c++ -c - -o main.o
cc -std=c99 -c library/src/small.c -o small.o
c++ sketch.o main.o small.o -o sketch
# Two images that differ: each gives one class, below 10.
{ head -c 784 /dev/zero; head -c 784 "$HELPERS"; } | ./sketch | grep -c '^[0-9]$'
if command -v avr-g++ >/dev/null; then avr-g++ -mmcu=atmega328p "${flags[@]}" -std=gnu++11 -Os -c $example -o avr.o; fi
