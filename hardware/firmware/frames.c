#include "frames.h"
#include "crc.h"
#include "line.h"
#include <string.h>

#define SYNC_0 0xA5
#define SYNC_1 0x5A
/* DATA leaves room for an ACK, a HEALTH and a HELLO, so that a slow line can still be asked what is wrong. */
#define ROOM_FOR_SMALL_FRAMES 96

static uint32_t sum;
static uint32_t dropped;

/* Bytes looked at in one call: a line full of noise may not keep the main loop from the samples. */
#define BYTES_A_CALL 32

static uint8_t held[FRAME_OVERHEAD + FRAME_COMMAND_MAX];
static uint8_t held_length;
static uint8_t taken; /* bytes of `held` that the last command used */
static uint32_t last_byte_ms;

bool frame_begin(uint8_t type, uint8_t length)
{
  uint16_t needed = length + FRAME_OVERHEAD;
  if (type == FRAME_DATA) needed += ROOM_FOR_SMALL_FRAMES;
  if (line_free() < needed) {
    dropped++;
    return false;
  }
  sum = CRC32_START;
  line_put(SYNC_0);
  line_put(SYNC_1);
  frame_u8(type);
  frame_u8(length);
  return true;
}

void frame_u8(uint8_t value)
{
  sum = crc32_add(sum, value);
  line_put(value);
}

void frame_u16(uint16_t value)
{
  frame_u8(value);
  frame_u8(value >> 8);
}

void frame_u32(uint32_t value)
{
  frame_u16(value);
  frame_u16(value >> 16);
}

void frame_bytes(const uint8_t *bytes, uint8_t length)
{
  while (length--) frame_u8(*bytes++);
}

void frame_end(void)
{
  uint32_t crc = ~sum;
  for (uint8_t i = 0; i < 4; i++, crc >>= 8) line_put(crc);
  line_commit();
}

uint32_t frames_dropped(void)
{
  return dropped;
}

static void drop(uint8_t count)
{
  held_length -= count;
  memmove(held, held + count, held_length);
}

/* A byte that cannot begin a frame is dropped alone: the frame may begin at the next one. */
static void drop_fault(void)
{
  line_count_fault();
  drop(1);
}

/* False for what can never become a frame, however many bytes follow. */
static bool may_be_frame(void)
{
  if (held[0] != SYNC_0) return false;
  if (held_length >= 2 && held[1] != SYNC_1) return false;
  return held_length < 4 || held[3] <= FRAME_COMMAND_MAX;
}

static bool is_whole(void)
{
  return held_length >= 4 && held_length >= held[3] + FRAME_OVERHEAD;
}

static bool is_sound(void)
{
  uint8_t end = held[3] + 4;
  uint32_t crc = CRC32_START;
  for (uint8_t i = 2; i < end; i++) crc = crc32_add(crc, held[i]);
  crc = ~crc;
  return memcmp(&crc, held + end, 4) == 0;
}

/* A command that stopped in its middle will not go on; the next one may be behind it. */
static bool give_up_half(uint32_t now_ms)
{
  if (held_length > 0 && now_ms - last_byte_ms > FRAME_SILENCE_MS) {
    drop_fault();
    last_byte_ms = now_ms - FRAME_SILENCE_MS; /* the rest is judged at the next call */
  }
  return false;
}

bool frame_receive(struct command *command, uint32_t now_ms)
{
  drop(taken);
  taken = 0;
  for (uint8_t looked_at = 0; looked_at < BYTES_A_CALL; looked_at++) {
    while (held_length > 0 && !may_be_frame()) drop_fault();
    if (is_whole()) {
      if (!is_sound()) {
        drop_fault();
        continue;
      }
      taken = held[3] + FRAME_OVERHEAD;
      command->type = held[2];
      command->length = held[3];
      command->payload = held + 4;
      return true;
    }
    int16_t byte = line_get();
    if (byte < 0) return give_up_half(now_ms);
    held[held_length++] = byte;
    last_byte_ms = now_ms;
  }
  return false;
}
