#include "health.h"
#include <avr/io.h>

#define PERIOD_MS 1000
#define SETTLE_MS 5 /* after a change of reference or input; the bandgap charges the input slowly */

/* At 16 MHz the chip is specified down to 3.8 V, the ADC's regulator and a USB supply are in trouble before. */
#define SUPPLY_LOW_MV 4500

#define BANDGAP_MV 1100UL
#define REFERENCE_AVCC_INPUT_BANDGAP (_BV(REFS0) | 0x0E)
#define REFERENCE_BANDGAP_INPUT_TEMPERATURE (_BV(REFS1) | _BV(REFS0) | 0x08)

/* 314 mV at 25 degC, 380 mV at 85 degC: 1.1 mV a degree (ATmega328P data sheet, table 23-2). */
#define TEMPERATURE_MV_AT_25 314
#define DECIDEGREES_PER_66_MV 600

static enum { WAITING, SUPPLY, TEMPERATURE } step;
static uint32_t step_ms;   /* when the step began */
static uint32_t period_ms; /* when the last measurement began */
static bool converting;
static uint16_t supply_mv;

static void select(uint8_t mux, uint32_t now_ms)
{
  ADMUX = mux;
  step_ms = now_ms;
  converting = false;
}

void health_init(void)
{
  ADCSRA = _BV(ADEN) | _BV(ADPS2) | _BV(ADPS1) | _BV(ADPS0); /* 125 kHz */
  select(REFERENCE_AVCC_INPUT_BANDGAP, 0);
  step = WAITING;
}

/* True when a conversion of the selected input is done; begins one when the input has settled. */
static bool is_converted(uint32_t now_ms, uint16_t *value)
{
  if (now_ms - step_ms < SETTLE_MS || ADCSRA & _BV(ADSC)) return false;
  if (!converting) {
    ADCSRA |= _BV(ADSC);
    converting = true;
    return false;
  }
  *value = ADC;
  return true;
}

bool health_turn(uint32_t now_ms, struct health *health)
{
  uint16_t value;
  if (step == WAITING) {
    if (now_ms - period_ms < PERIOD_MS) return false;
    period_ms += PERIOD_MS;
    select(REFERENCE_AVCC_INPUT_BANDGAP, now_ms);
    step = SUPPLY;
    return false;
  }
  if (!is_converted(now_ms, &value)) return false;
  if (step == SUPPLY) {
    supply_mv = value == 0 ? UINT16_MAX : BANDGAP_MV * 1024 / value;
    select(REFERENCE_BANDGAP_INPUT_TEMPERATURE, now_ms);
    step = TEMPERATURE;
    return false;
  }
  int32_t tenths_mv = (int32_t)value * (int32_t)BANDGAP_MV * 10 / 1024;
  health->supply_mv = supply_mv;
  health->temperature_dc = 250 + (tenths_mv - TEMPERATURE_MV_AT_25 * 10) * DECIDEGREES_PER_66_MV / 660;
  step = WAITING;
  return true;
}

bool health_is_supply_low(const struct health *health)
{
  return health->supply_mv < SUPPLY_LOW_MV;
}
