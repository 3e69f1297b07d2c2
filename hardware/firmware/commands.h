/* What the gateway may ask for. @see docs/digitiser-protocol.md */
#pragma once
#include <stdbool.h>
#include <stdint.h>

/* Who we are: sent at the start and on GET_HELLO. */
void commands_init(uint32_t boots, uint8_t reset_cause);
void commands_send_hello(void);
/*
 * Takes and answers the next command. One that changes a setting is answered when it stands in the EEPROM; the
 * ones behind it wait. True when rate or gain have changed: the ADC must begin a run with them.
 */
bool commands_turn(uint32_t now_ms);
/* RESET was asked for and answered, and the answer has left (or cannot, on a line too slow). */
bool commands_want_reset(uint32_t now_ms);
