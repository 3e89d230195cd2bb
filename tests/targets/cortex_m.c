/* Start of a Cortex-M program, with semihosting for what it prints and for its exit code. */
#include <stdint.h>
#include <stdlib.h>

extern uint32_t data_from[], data_begin[], data_end[], bss_begin[], bss_end[], stack_top[];
extern void initialise_monitor_handles(void);
int main(void);

void reset(void)
{
  uint32_t *to;
  const uint32_t *from = data_from;
  for (to = data_begin; to != data_end; ++to) *to = *from++;
  for (to = bss_begin; to != bss_end; ++to) *to = 0;
#if defined(__ARM_FP) || defined(__ARM_FEATURE_MVE)
  *(volatile uint32_t *)0xE000ED88 |= 0xFU << 20; /* CPACR: the floating-point and vector unit is on */
#endif
  initialise_monitor_handles();
  exit(main());
}

__attribute__((section(".vectors"), used)) static const void *const vectors[16] = {stack_top, (const void *)reset};

void _init(void) {}
void _fini(void) {}
