#include "adc.h"
#include "ads131m04.h"
#include "crc.h"
#include "pins.h"
#include "uptime.h"
#include <avr/interrupt.h>
#include <util/atomic.h>
#include <util/delay.h>

#define QUEUE_SIZE 8 /* 8 ms at 1000 samples a second: the main loop's longest turn is 2 ms. A power of two */
/* The first conversions after a reset come from a half-filled filter (SBAS890, fast start-up). */
#define SETTLING_CONVERSIONS 4
#define SILENCE_MS 50 /* twelve periods of the slowest rate */
#define BAD_FRAMES_IN_A_ROW 3
#define LATE_EDGES_IN_A_ROW 8 /* it converts faster than we can fetch: not at the rate that we set */
#define RESET_LOW_US 1000 /* at least 2048 periods of the 4.096 MHz clock = 500 us */
#define RESET_WAIT_US 1000

/* What each sample's frame asks for; the answer comes with the next one. */
enum question { ASK_STATUS, ASK_MODE, ASK_CLOCK, ASK_GAIN, QUESTIONS };
#define ROUND 8 /* samples; mostly the status, which shows a reset at once */

static uint16_t clock_value;
static uint16_t gain_value;
static uint16_t id;

static struct sample queue[QUEUE_SIZE];
static volatile uint8_t queue_head;
static volatile uint8_t queue_tail;

static volatile enum adc_state state;
static volatile bool trouble;
static volatile uint16_t crc_errors;
static volatile uint32_t last_edge_ms;

/* Touched by the interrupt only, while a run is going. */
static uint16_t edges_seen;
static uint32_t number;
static uint8_t reads_to_discard;
static uint8_t bad_frames;
static uint8_t late_edges;
static uint8_t round_at;
static enum question asked;

static volatile uint16_t pulse_armed; /* sample periods of the pulse that waits for its edge */
static volatile uint16_t pulse_left;

void adc_init(void)
{
  /* Mode 1 (clock idle low, data taken at its falling edge), 4 MHz. */
  SPCR = _BV(SPE) | _BV(MSTR) | _BV(CPHA);
  EICRA = _BV(ISC01);                           /* INT0 at the falling edge */
  TCCR1A = 0;
  TCCR1B = _BV(CS12) | _BV(CS11);               /* Timer1 counts falling edges at its pin T1 */
}

static void counting(bool on)
{
  TCCR1B = on ? _BV(CS12) | _BV(CS11) : 0;
}

static uint8_t exchange_byte(uint8_t byte)
{
  SPDR = byte;
  while (!(SPSR & _BV(SPIF)))
    ;
  return SPDR;
}

/* One frame: a command and its argument out, an answer and the samples in. False when the checksum is wrong. */
static bool exchange(uint16_t command, uint16_t argument, uint8_t frame[ADS_FRAME_BYTES])
{
  ADC_CS_PORT &= ~_BV(ADC_CS_BIT);
  frame[0] = exchange_byte(command >> 8);
  frame[1] = exchange_byte(command);
  frame[2] = exchange_byte(0);
  frame[3] = exchange_byte(argument >> 8);
  frame[4] = exchange_byte(argument);
  for (uint8_t i = 5; i < ADS_FRAME_BYTES; i++) frame[i] = exchange_byte(0);
  ADC_CS_PORT |= _BV(ADC_CS_BIT);
  uint16_t crc = (uint16_t)frame[ADS_CRC_AT] << 8 | frame[ADS_CRC_AT + 1];
  return crc == crc16(frame, ADS_CRC_AT);
}

static uint16_t answer_of(const uint8_t frame[ADS_FRAME_BYTES])
{
  return (uint16_t)frame[0] << 8 | frame[1];
}

static bool read_register(uint8_t address, uint16_t *value)
{
  uint8_t frame[ADS_FRAME_BYTES];
  exchange(ADS_RREG(address), 0, frame);
  bool sound = exchange(ADS_NULL, 0, frame);
  *value = answer_of(frame);
  return sound;
}

static bool write_register(uint8_t address, uint16_t value)
{
  uint8_t frame[ADS_FRAME_BYTES];
  uint16_t read;
  exchange(ADS_WREG(address), value, frame);
  return read_register(address, &read) && read == value;
}

static uint8_t oversampling(uint16_t rate)
{
  if (rate == 1000) return ADS_OSR_2048;
  return rate == 500 ? ADS_OSR_4096 : ADS_OSR_8192;
}

static bool configure(const struct settings *settings)
{
  uint8_t frame[ADS_FRAME_BYTES];
  clock_value = ADS_CLOCK_BASE | ADS_CLOCK_OSR(oversampling(settings->rate));
  gain_value = 0;
  for (uint8_t channel = 0; channel < CHANNELS; channel++)
    gain_value |= (uint16_t)settings->gain_log2[channel] << (4 * channel);

  ADC_RESET_PORT &= ~_BV(ADC_RESET_BIT);
  _delay_us(RESET_LOW_US);
  ADC_RESET_PORT |= _BV(ADC_RESET_BIT);
  _delay_us(RESET_WAIT_US);
  id = 0;
  if (!exchange(ADS_NULL, 0, frame)) return false;
  if (!read_register(ADS_ID, &id) || (id & ADS_ID_MASK) != ADS_ID_M04) return false;
  return write_register(ADS_MODE, ADS_MODE_VALUE) && write_register(ADS_CLOCK, clock_value) &&
         write_register(ADS_GAIN1, gain_value);
}

bool adc_start(const struct settings *settings)
{
  adc_stop();
  if (!configure(settings)) return false;
  ATOMIC_BLOCK(ATOMIC_RESTORESTATE)
  {
    queue_head = queue_tail = 0;
    bad_frames = late_edges = 0;
    trouble = false;
    asked = ASK_STATUS;
    round_at = 0;
    number = 0;
    edges_seen = TCNT1;
    reads_to_discard = SETTLING_CONVERSIONS;
    state = ADC_SETTLING;
    EIFR = _BV(INTF0); /* an edge from before is not ours */
    EIMSK |= _BV(INT0);
  }
  last_edge_ms = uptime_ms();
  return true;
}

void adc_stop(void)
{
  EIMSK &= ~_BV(INT0);
  state = ADC_ABSENT;
  pulse_armed = pulse_left = 0;
  PULSE_PORT &= ~_BV(PULSE_BIT);
}

enum adc_state adc_state(void)
{
  return state;
}

bool adc_needs_restart(void)
{
  if (state == ADC_ABSENT || trouble) return true;
  uint32_t last;
  ATOMIC_BLOCK(ATOMIC_RESTORESTATE) { last = last_edge_ms; }
  return uptime_ms() - last > SILENCE_MS;
}

uint16_t adc_id(void)
{
  return id;
}

uint16_t adc_crc_errors(void)
{
  uint16_t count;
  ATOMIC_BLOCK(ATOMIC_RESTORESTATE) { count = crc_errors; }
  return count;
}

bool adc_take(struct sample *sample)
{
  uint8_t tail = queue_tail;
  if (tail == queue_head) return false;
  *sample = queue[tail];
  queue_tail = (tail + 1) % QUEUE_SIZE;
  return true;
}

bool adc_pulse(uint16_t samples)
{
  bool taken = false;
  ATOMIC_BLOCK(ATOMIC_RESTORESTATE)
  {
    if (state == ADC_RUNNING && pulse_armed == 0 && pulse_left == 0) {
      pulse_armed = samples;
      taken = true;
    }
  }
  return taken;
}

/* The pulse changes at the edge itself; the sample that is ready at this edge was converted before. */
static bool pulse_at_edge(void)
{
  if (pulse_left > 0) {
    if (--pulse_left == 0) PULSE_PORT &= ~_BV(PULSE_BIT);
    return true;
  }
  if (pulse_armed > 0) {
    PULSE_PORT |= _BV(PULSE_BIT);
    pulse_left = pulse_armed;
    pulse_armed = 0;
  }
  return false;
}

static uint16_t command_for(enum question question)
{
  switch (question) {
  case ASK_MODE: return ADS_RREG(ADS_MODE);
  case ASK_CLOCK: return ADS_RREG(ADS_CLOCK);
  case ASK_GAIN: return ADS_RREG(ADS_GAIN1);
  default: return ADS_NULL;
  }
}

static bool is_expected(enum question question, uint16_t answer)
{
  switch (question) {
  case ASK_MODE: return answer == ADS_MODE_VALUE;
  case ASK_CLOCK: return answer == clock_value;
  case ASK_GAIN: return answer == gain_value;
  default: return (answer & ADS_STATUS_MASK) == ADS_STATUS_VALUE;
  }
}

static void keep(const uint8_t frame[ADS_FRAME_BYTES], bool pulse_on)
{
  uint8_t next = (queue_head + 1) % QUEUE_SIZE;
  if (next == queue_tail) return; /* the main loop is late: its gap in the numbers is seen and counted there */
  struct sample *sample = &queue[queue_head];
  sample->number = number;
  sample->flags = pulse_on ? SAMPLE_PULSE : 0;
  const uint8_t *word = frame + ADS_WORD_BYTES;
  uint8_t *out = sample->bytes;
  for (uint8_t channel = 0; channel < CHANNELS; channel++, word += 3, out += 3) {
    out[0] = word[2];
    out[1] = word[1];
    out[2] = word[0];
    bool top = word[0] == 0x7F && word[1] == 0xFF && word[2] == 0xFF;
    bool bottom = word[0] == 0x80 && word[1] == 0x00 && word[2] == 0x00;
    if (top || bottom) sample->flags |= SAMPLE_CLIPPED;
  }
  queue_head = next;
}

/*
 * Empties the ADC's buffer of two samples (SBAS890, "Collecting data after a pause"). Between the two reads DRDY
 * jumps up for a moment that is no conversion, so nothing is counted meanwhile; that is safe as it is only called
 * straight after an edge, and the next one is a whole period away.
 */
static void empty_buffer(void)
{
  uint8_t frame[ADS_FRAME_BYTES];
  counting(false);
  exchange(ADS_NULL, 0, frame);
  exchange(ADS_NULL, 0, frame);
  counting(true);
  asked = ASK_STATUS;
  reads_to_discard--;
  if (reads_to_discard == 0 && state == ADC_SETTLING) {
    number = (uint32_t)-1; /* the next conversion is the run's first, number 0 */
    state = ADC_RUNNING;
  }
}

static void fetch(bool pulse_on)
{
  uint8_t frame[ADS_FRAME_BYTES];
  enum question answered = asked;
  round_at = (round_at + 1) % ROUND;
  asked = round_at < QUESTIONS ? round_at : ASK_STATUS;
  if (!exchange(command_for(asked), 0, frame)) {
    if (crc_errors != UINT16_MAX) crc_errors++;
    if (++bad_frames >= BAD_FRAMES_IN_A_ROW) trouble = true;
    return;
  }
  bad_frames = 0;
  if (!is_expected(answered, answer_of(frame))) {
    trouble = true; /* it is not the chip that we configured: what it sends has another rate or gain */
    return;
  }
  keep(frame, pulse_on);
}

/*
 * A conversion that ended while the one before was being fetched (we were nearly a period late) makes DRDY jump as
 * in empty_buffer(), and Timer1 may have counted that too. But fetching takes a tenth of a period, so it was one.
 */
static void correct_count(uint16_t edges)
{
  uint16_t now = TCNT1;
  if (now == edges) return;
  edges_seen = now;
  number++;
  reads_to_discard = 1;
}

static void at_edge(uint16_t edges, bool pulse_on)
{
  uint16_t passed = edges - edges_seen;
  edges_seen = edges;
  number += passed;
  if (passed > 1) {
    /* We are late, nobody knows how much: wait for the next edge, then empty the buffer. */
    if (reads_to_discard == 0) reads_to_discard = 1;
    if (++late_edges >= LATE_EDGES_IN_A_ROW) trouble = true;
    return;
  }
  late_edges = 0;
  if (reads_to_discard > 0) {
    empty_buffer();
  } else {
    fetch(pulse_on);
    correct_count(edges);
  }
}

/*
 * Fetching takes 90 us. Other interrupts go on meanwhile (a byte arrives each 20 us), this one does not nest.
 */
ISR(INT0_vect)
{
  uint16_t edges = TCNT1;
  if (edges == edges_seen || trouble) return; /* DRDY moved without a conversion */
  bool pulse_on = pulse_at_edge();
  last_edge_ms = uptime_ms();
  EIMSK &= ~_BV(INT0);
  sei();
  at_edge(edges, pulse_on);
  cli();
  if (state != ADC_ABSENT) EIMSK |= _BV(INT0);
}
