/* Gathers samples into DATA frames. A frame ends early at a gap and where the calibration pulse begins or ends. */
#pragma once
#include "adc.h"

/*
 * Begins a run: numbers start at 0 under a new run number. `after_gap`: samples were lost on the way to it (the ADC
 * had to be reset), as opposed to a change that was asked for.
 */
void data_begin_run(uint16_t rate, bool after_gap);
/* The number of the run before the first. Taken from the count of starts, so that a restart always shows. */
void data_init(uint32_t boots);
void data_add(const struct sample *sample);
/* Sends what is gathered. */
void data_flush(void);
void data_supply_low(bool low);
/* Conversions that are in no frame, of all runs since the start. */
uint32_t data_missed(void);
