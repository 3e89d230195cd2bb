/* Prints the bytes of stack that NAME_predict takes, its return address among them: the stack is painted before. Any
   bytes are an image. */
#include HEADER

#include <stdio.h>

#define PAINT 0xA5

#ifdef __AVR__
#include <avr/io.h>
extern uint8_t __heap_start[];
#define STACK_POINTER() ((volatile uint8_t *)SP)
#define PAINTED(pointer) ((unsigned)((pointer) - __heap_start))
#define IMAGE ((const uint8_t *)0x100) /* where memory begins */
#else
#ifdef __riscv
#define STACK_POINTER() ({ volatile uint8_t *pointer; __asm__ volatile("mv %0, sp" : "=r"(pointer)); pointer; })
#else
#define STACK_POINTER() ({ volatile uint8_t *pointer; __asm__ volatile("mov %0, sp" : "=r"(pointer)); pointer; })
#endif
#define PAINTED(pointer) 1024U
static uint8_t byte;
#define IMAGE (&byte)
#endif

static __attribute__((noinline)) unsigned stack_of(int (*predict)(const uint8_t *))
{
  volatile uint8_t *pointer = STACK_POINTER();
  unsigned left = PAINTED(pointer);
  unsigned i;
  for (i = 1; i <= left; ++i) pointer[-(int)i] = PAINT;
  predict(IMAGE);
  while (left > 0 && pointer[-(int)left] == PAINT) --left;
  return left;
}

int main(void)
{
  printf("stack: %u bytes\n", stack_of(PREDICT));
  return 0;
}
