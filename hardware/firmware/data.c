#include "data.h"
#include "frames.h"
#include <string.h>

#define FLAG_PULSE 0x01
#define FLAG_SUPPLY_LOW 0x02
#define FLAG_MISSED_BEFORE 0x04
#define FLAG_CLIPPED 0x08

#define SAMPLES_MAX 16
#define SAMPLES_AT_250 10 /* 40 ms */
#define HEADER_LENGTH 12
/* A restart that nobody heard of may not look like the next run of the start before it. */
#define RUNS_PER_BOOT 16

static uint32_t frame_number; /* of frames made, the dropped ones included: a gap tells the gateway */
static uint8_t run;
static uint8_t frame_samples;
static uint32_t next_number;
static bool missed_before;
static bool supply_low;
static uint32_t missed;

static struct {
  uint32_t first;
  uint8_t flags;
  uint8_t samples;
  uint8_t bytes[SAMPLES_MAX * SAMPLE_BYTES];
} frame;

void data_init(uint32_t boots)
{
  run = (uint8_t)(boots * RUNS_PER_BOOT);
}

void data_begin_run(uint16_t rate, bool after_gap)
{
  data_flush();
  run++;
  next_number = 0;
  missed_before = after_gap;
  frame_samples = rate == 250 ? SAMPLES_AT_250 : SAMPLES_MAX;
}

void data_flush(void)
{
  if (frame.samples == 0) return;
  if (supply_low) frame.flags |= FLAG_SUPPLY_LOW;
  uint8_t length = frame.samples * SAMPLE_BYTES;
  if (frame_begin(FRAME_DATA, HEADER_LENGTH + length)) {
    frame_u32(frame_number);
    frame_u32(frame.first);
    frame_u8(run);
    frame_u8(frame.flags);
    frame_u8(CHANNELS);
    frame_u8(frame.samples);
    frame_bytes(frame.bytes, length);
    frame_end();
  }
  frame_number++;
  frame.samples = 0;
}

void data_add(const struct sample *sample)
{
  uint8_t pulse = sample->flags & SAMPLE_PULSE ? FLAG_PULSE : 0;
  if (sample->number != next_number) {
    data_flush();
    missed += sample->number - next_number;
    missed_before = true;
  }
  if (frame.samples > 0 && pulse != (frame.flags & FLAG_PULSE)) data_flush();
  if (frame.samples == 0) {
    frame.first = sample->number;
    frame.flags = pulse | (missed_before ? FLAG_MISSED_BEFORE : 0);
    missed_before = false;
  }
  if (sample->flags & SAMPLE_CLIPPED) frame.flags |= FLAG_CLIPPED;
  memcpy(frame.bytes + frame.samples * SAMPLE_BYTES, sample->bytes, SAMPLE_BYTES);
  next_number = sample->number + 1;
  if (++frame.samples >= frame_samples) data_flush();
}

void data_supply_low(bool low)
{
  supply_low = low;
}

uint32_t data_missed(void)
{
  return missed;
}
