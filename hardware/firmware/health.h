/* The board's own state, by the chip's 10-bit converter. It sees nothing of the geophones. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct health {
  uint16_t supply_mv;    /* AVcc against the 1.1 V bandgap, which is off by up to 10 % from chip to chip */
  int16_t temperature_dc; /* of the chip, 0.1 degC, off by up to 10 degC from chip to chip */
};

void health_init(void);
/* Goes on measuring, never waits. True when a new measurement is in `health`, once a second. */
bool health_turn(uint32_t now_ms, struct health *health);
bool health_is_supply_low(const struct health *health);
