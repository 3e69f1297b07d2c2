#include "settings.h"
#include "crc.h"
#include <avr/eeprom.h>
#include <stddef.h>
#include <string.h>

#define FORMAT 1
#define COPIES 2
#define BOOT_PLACES 32

struct copy {
  uint8_t format;
  uint8_t sequence; /* of two sound copies the one that is ahead, modulo 256, counts */
  struct settings settings;
  uint16_t crc;
};

struct boot {
  uint32_t count;
  uint16_t crc;
};

static struct copy EEMEM stored[COPIES];
static struct boot EEMEM boots[BOOT_PLACES];

struct settings settings;

static const struct settings DEFAULTS = {.rate = 500};

static struct copy image; /* what is being stored */
static uint8_t place;     /* where the sound copy is */
static uint8_t sequence;
static uint8_t next_byte;
static bool storing;

bool settings_is_rate(uint16_t rate)
{
  return rate == 250 || rate == 500 || rate == 1000;
}

static uint16_t copy_crc(const struct copy *copy)
{
  return crc16((const uint8_t *)copy, offsetof(struct copy, crc));
}

/* A sound checksum over values that we would not accept (another version's) is as good as none. */
static bool is_sound(const struct copy *copy)
{
  if (copy->format != FORMAT || copy->crc != copy_crc(copy)) return false;
  for (uint8_t channel = 0; channel < CHANNELS; channel++)
    if (copy->settings.gain_log2[channel] > 7) return false;
  return settings_is_rate(copy->settings.rate);
}

void settings_load(void)
{
  bool found = false;
  settings = DEFAULTS;
  for (uint8_t i = 0; i < COPIES; i++) {
    struct copy copy;
    eeprom_read_block(&copy, &stored[i], sizeof copy);
    if (!is_sound(&copy)) continue;
    if (found && (int8_t)(copy.sequence - sequence) <= 0) continue;
    found = true;
    place = i;
    sequence = copy.sequence;
    settings = copy.settings;
  }
}

void settings_store(void)
{
  image.format = FORMAT;
  image.sequence = sequence + 1;
  image.settings = settings;
  image.crc = copy_crc(&image);
  next_byte = 0;
  storing = true;
}

enum store settings_turn(void)
{
  if (!storing) return STORE_IDLE;
  if (!eeprom_is_ready()) return STORE_BUSY;
  uint8_t target = (place + 1) % COPIES;
  if (next_byte < sizeof image) {
    eeprom_update_byte((uint8_t *)&stored[target] + next_byte, ((const uint8_t *)&image)[next_byte]);
    next_byte++;
    return STORE_BUSY;
  }
  storing = false;
  struct copy written;
  eeprom_read_block(&written, &stored[target], sizeof written);
  if (memcmp(&written, &image, sizeof image) != 0) return STORE_FAILED;
  place = target;
  sequence = image.sequence;
  return STORE_DONE;
}

uint32_t settings_count_boot(void)
{
  struct boot boot, latest = {.count = 0};
  for (uint8_t i = 0; i < BOOT_PLACES; i++) {
    eeprom_read_block(&boot, &boots[i], sizeof boot);
    bool sound = boot.crc == crc16((const uint8_t *)&boot.count, sizeof boot.count);
    if (sound && boot.count > latest.count) latest = boot;
  }
  boot.count = latest.count + 1;
  boot.crc = crc16((const uint8_t *)&boot.count, sizeof boot.count);
  eeprom_update_block(&boot, &boots[boot.count % BOOT_PLACES], sizeof boot);
  return boot.count;
}
