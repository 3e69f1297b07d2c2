/*
 * The ADS131M04: four channels of 24 bits, converted at the same moment.
 *
 * Each conversion pulls DRDY low: the interrupt fetches the sample into a small queue, Timer1 counts the edges in
 * hardware. A sample whose checksum is wrong, or that came too late to be told apart, never enters the queue: its
 * number is missing there. With every sample the ADC is also asked for one of its registers, so that a chip that
 * was reset by a glitch is found within eight samples. @see TI SBAS890, section 8.5
 */
#pragma once
#include "settings.h"
#include <stdbool.h>
#include <stdint.h>

#define SAMPLE_BYTES (3 * CHANNELS)

enum sample_flag { SAMPLE_PULSE = 1, SAMPLE_CLIPPED = 2 };

struct sample {
  uint32_t number; /* of the conversion since the run began, those missed included */
  uint8_t flags;
  uint8_t bytes[SAMPLE_BYTES]; /* i24 little-endian, as they go over the line */
};

enum adc_state { ADC_ABSENT, ADC_SETTLING, ADC_RUNNING };

void adc_init(void);
/* Resets and configures the ADC, and begins a run. Blocks for 3 ms. False when its registers do not read back. */
bool adc_start(const struct settings *settings);
void adc_stop(void);
enum adc_state adc_state(void);
/* The run must be begun anew: DRDY has stopped, checksums keep failing, or a register is not what we wrote. */
bool adc_needs_restart(void);
/* The chip's ID register at the last start; 0 when it did not answer. */
uint16_t adc_id(void);
/* ADC frames with a wrong checksum since power came on. Stops at 65535. */
uint16_t adc_crc_errors(void);
/* Takes the oldest fetched sample; false when there is none. */
bool adc_take(struct sample *sample);

/* A pulse of this many sample periods, begun at the next conversion. False when one is on or no run is going. */
bool adc_pulse(uint16_t samples);
