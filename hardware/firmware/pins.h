/* The pin map: every wire of the digitiser, and nothing else. Arduino Uno names in brackets. */
#pragma once
#include <avr/io.h>

/* Serial line to the gateway: PD0 (D0) receives, PD1 (D1) sends. */

/* ADS131M04 on the SPI bus: PB3 (D11) to DIN, PB4 (D12) from DOUT, PB5 (D13) to SCLK. */
#define ADC_CS_PORT PORTB
#define ADC_CS_DDR DDRB
#define ADC_CS_BIT PB2 /* (D10) also the SPI's own SS: must be an output, or a low level makes us a slave */
#define ADC_RESET_PORT PORTB
#define ADC_RESET_DDR DDRB
#define ADC_RESET_BIT PB1 /* (D9) SYNC/RESET of the ADC, active low */

/*
 * DRDY of the ADC goes to two pins: PD2 (D2) is INT0, which fetches the sample; PD5 (D5) is the clock input of
 * Timer1, which counts conversions in hardware, so that a sample's number is true even after samples were missed.
 */
#define ADC_READY_INT PD2
#define ADC_READY_COUNT PD5

/* Calibration pulse to the geophones' calibration coils (through a resistor), high while on. */
#define PULSE_PORT PORTB
#define PULSE_DDR DDRB
#define PULSE_BIT PB0 /* (D8) */

static inline void pins_init(void)
{
  ADC_CS_PORT |= _BV(ADC_CS_BIT);
  ADC_RESET_PORT |= _BV(ADC_RESET_BIT);
  PULSE_PORT &= ~_BV(PULSE_BIT);
  DDRB |= _BV(ADC_CS_BIT) | _BV(ADC_RESET_BIT) | _BV(PULSE_BIT) | _BV(PB3) | _BV(PB5);
  /* DRDY is pulled up: an ADC that is not there makes no edges. */
  PORTD |= _BV(ADC_READY_INT) | _BV(ADC_READY_COUNT);
}
