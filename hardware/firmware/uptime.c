#include "uptime.h"
#include <avr/interrupt.h>
#include <avr/io.h>
#include <util/atomic.h>

static volatile uint32_t ticks;

void uptime_init(void)
{
  /* 16 MHz / 64 / 250 = 1000 Hz exactly */
  TCCR2A = _BV(WGM21);
  TCCR2B = _BV(CS22);
  OCR2A = 249;
  TIMSK2 = _BV(OCIE2A);
}

ISR(TIMER2_COMPA_vect)
{
  ticks++;
}

uint32_t uptime_ms(void)
{
  uint32_t now;
  ATOMIC_BLOCK(ATOMIC_RESTORESTATE) { now = ticks; }
  return now;
}
