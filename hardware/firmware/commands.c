#include "commands.h"
#include "adc.h"
#include "frames.h"
#include "line.h"
#include "settings.h"
#include <string.h>

#define PROTOCOL_VERSION 1
#define FIRMWARE_MAJOR 1
#define FIRMWARE_MINOR 0

#define HELLO_LENGTH 25
#define PULSE_MAX_MS 2000
#define RESET_WAIT_MS 100 /* for the answer to leave; a line that never falls silent may not keep us from it */

enum status { DONE, UNKNOWN_COMMAND, BAD_ARGUMENT, FAILED, LATER };

static uint32_t boot_count;
static uint8_t cause;
static uint8_t waiting; /* the command whose settings are being stored; 0: none */
static bool reset_asked;
static uint32_t reset_asked_ms;
static bool run_changed;

void commands_init(uint32_t boots, uint8_t reset_cause)
{
  boot_count = boots;
  cause = reset_cause;
}

void commands_send_hello(void)
{
  if (!frame_begin(FRAME_HELLO, HELLO_LENGTH)) return;
  frame_u8(PROTOCOL_VERSION);
  frame_u8(FIRMWARE_MAJOR);
  frame_u8(FIRMWARE_MINOR);
  frame_bytes(settings.serial, SERIAL_LENGTH);
  frame_u32(boot_count);
  frame_u8(cause);
  frame_u16(settings.rate);
  for (uint8_t channel = 0; channel < CHANNELS; channel++) frame_u8(1 << settings.gain_log2[channel]);
  frame_u8(CHANNELS);
  frame_u16(adc_id());
  frame_end();
}

static void acknowledge(uint8_t type, enum status status)
{
  if (!frame_begin(FRAME_ACK, 2)) return;
  frame_u8(type);
  frame_u8(status);
  frame_end();
}

static uint16_t u16_at(const uint8_t *bytes)
{
  return (uint16_t)bytes[1] << 8 | bytes[0];
}

static enum status set_rate(const uint8_t *payload)
{
  uint16_t rate = u16_at(payload);
  if (!settings_is_rate(rate)) return BAD_ARGUMENT;
  if (rate == settings.rate) return DONE;
  settings.rate = rate;
  run_changed = true;
  return LATER;
}

static enum status set_gain(const uint8_t *payload)
{
  uint8_t channel = payload[0], log2 = 0;
  while (log2 < 7 && 1 << log2 < payload[1]) log2++;
  if (channel >= CHANNELS || payload[1] != 1 << log2) return BAD_ARGUMENT;
  if (settings.gain_log2[channel] == log2) return DONE;
  settings.gain_log2[channel] = log2;
  run_changed = true;
  return LATER;
}

/* Whole sample periods, so that begin and end both fall on a conversion. */
static enum status calibrate(const uint8_t *payload)
{
  uint32_t duration_ms = u16_at(payload);
  if (duration_ms < 1 || duration_ms > PULSE_MAX_MS) return BAD_ARGUMENT;
  uint16_t samples = (duration_ms * settings.rate + 999) / 1000;
  return adc_pulse(samples) ? DONE : FAILED;
}

static enum status set_serial(const uint8_t *payload)
{
  if (memcmp(settings.serial, payload, SERIAL_LENGTH) == 0) return DONE;
  memcpy(settings.serial, payload, SERIAL_LENGTH);
  return LATER;
}

static enum status nothing_to_do(const uint8_t *payload)
{
  (void)payload;
  return DONE;
}

static const struct {
  uint8_t type;
  uint8_t length;
  enum status (*obey)(const uint8_t *payload);
} COMMANDS[] = {
  {FRAME_GET_HELLO, 0, nothing_to_do}, {FRAME_SET_RATE, 2, set_rate},
  {FRAME_SET_GAIN, 2, set_gain},       {FRAME_CALIBRATE, 2, calibrate},
  {FRAME_SET_SERIAL, 8, set_serial},   {FRAME_RESET, 0, nothing_to_do},
};

static enum status obey(const struct command *command)
{
  for (uint8_t i = 0; i < sizeof COMMANDS / sizeof COMMANDS[0]; i++) {
    if (COMMANDS[i].type != command->type) continue;
    if (COMMANDS[i].length != command->length) return BAD_ARGUMENT;
    return COMMANDS[i].obey(command->payload);
  }
  return UNKNOWN_COMMAND;
}

static void answer(uint8_t type, enum status status, uint32_t now_ms)
{
  acknowledge(type, status);
  if (status != DONE) return;
  if (type == FRAME_GET_HELLO) commands_send_hello();
  if (type == FRAME_RESET) {
    reset_asked = true;
    reset_asked_ms = now_ms;
  }
}

/* False while the EEPROM is being written for the command before. */
static bool is_free(void)
{
  if (waiting == 0) return true;
  enum store store = settings_turn();
  if (store == STORE_BUSY) return false;
  acknowledge(waiting, store == STORE_DONE ? DONE : FAILED);
  waiting = 0;
  return true;
}

/* One command a turn: a host that asks without end may not keep the main loop from the samples. */
bool commands_turn(uint32_t now_ms)
{
  struct command command;
  run_changed = false;
  if (reset_asked || !is_free() || !frame_receive(&command, now_ms)) return false;
  enum status status = obey(&command);
  if (status == LATER) {
    waiting = command.type;
    settings_store();
  } else {
    answer(command.type, status, now_ms);
  }
  return run_changed;
}

bool commands_want_reset(uint32_t now_ms)
{
  return reset_asked && (line_is_drained() || now_ms - reset_asked_ms > RESET_WAIT_MS);
}
