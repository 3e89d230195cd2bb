/* Console of an AVR program: what it prints goes to the first serial port. After main() the processor sleeps without
   interrupts, which ends simavr. */
#include <avr/interrupt.h>
#include <avr/io.h>
#include <avr/sleep.h>
#include <stdio.h>

static int put(char c, FILE *stream)
{
  (void)stream;
  while ((UCSR0A & (1 << UDRE0)) == 0) {
  }
  UDR0 = (uint8_t)c;
  return 0;
}

static FILE console = FDEV_SETUP_STREAM(put, NULL, _FDEV_SETUP_WRITE);

__attribute__((constructor)) void open_console(void)
{
  UCSR0B = 1 << TXEN0;
  stdout = &console;
}

__attribute__((destructor)) void stop(void)
{
  cli();
  sleep_enable();
  sleep_cpu();
}
