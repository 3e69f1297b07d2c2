/* Frames of the line: sync, type, length, payload, CRC-32. @see docs/digitiser-protocol.md */
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum frame_type {
  FRAME_HELLO = 0x01,
  FRAME_DATA = 0x02,
  FRAME_HEALTH = 0x03,
  FRAME_ACK = 0x04,
  FRAME_GET_HELLO = 0x81,
  FRAME_SET_RATE = 0x82,
  FRAME_SET_GAIN = 0x83,
  FRAME_CALIBRATE = 0x84,
  FRAME_SET_SERIAL = 0x85,
  FRAME_RESET = 0x86,
};

#define FRAME_OVERHEAD 8       /* sync, type, length and CRC */
#define FRAME_COMMAND_MAX 16   /* payload of a command; what claims more is noise, and may not hold up the line */
#define FRAME_SILENCE_MS 100   /* a command that stops in its middle is given up after this time */

/*
 * Begins a frame of exactly `length` bytes of payload. False when the line has no room for all of it: the frame is
 * then dropped whole and counted, and nothing may be put.
 */
bool frame_begin(uint8_t type, uint8_t length);
void frame_u8(uint8_t value);
void frame_u16(uint16_t value);
void frame_u32(uint32_t value);
void frame_bytes(const uint8_t *bytes, uint8_t length);
void frame_end(void);
/* Frames dropped because the line was too slow for them. */
uint32_t frames_dropped(void);

struct command {
  uint8_t type;
  uint8_t length;
  const uint8_t *payload; /* valid until the next call of frame_receive() */
};

/* Takes bytes off the line until a sound command is there (true), or no byte is left, or enough for one call. */
bool frame_receive(struct command *command, uint32_t now_ms);
