/*
 * What the digitiser keeps over a restart. In EEPROM twice: a change is written into the older copy, its checksum
 * last, so that a reset in the middle leaves the other copy as it was.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#define CHANNELS 4
#define SERIAL_LENGTH 8

struct settings {
  uint16_t rate;              /* samples a second: 250, 500 or 1000 */
  uint8_t gain_log2[CHANNELS]; /* 0 to 7: gains 1 to 128 */
  uint8_t serial[SERIAL_LENGTH];
};

enum store { STORE_IDLE, STORE_BUSY, STORE_DONE, STORE_FAILED };

extern struct settings settings;

bool settings_is_rate(uint16_t rate);

/* Reads the newer sound copy; without one the settings are the defaults. */
void settings_load(void);
/* Begins to store the settings as they are now. */
void settings_store(void);
/* Writes at most one byte (the EEPROM takes 3.4 ms each, we do not wait). DONE and FAILED are told once. */
enum store settings_turn(void);

/*
 * Counts this start and returns the count. Blocks for up to 20 ms. The counts go round 32 places, so that even a
 * board that restarts each minute wears the EEPROM out only after six years.
 */
uint32_t settings_count_boot(void);
