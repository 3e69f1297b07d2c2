/*
 * The serial line: 8 data bits, no parity, one stop bit, a bounded ring each way.
 *
 * Sending is in two steps, so that the line never carries a part of a frame: line_put() writes behind what is
 * already on its way, line_commit() lets it go.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#ifndef LINE_BAUD
#define LINE_BAUD 500000UL
#endif

#define LINE_TX_SIZE 512 /* two full DATA frames and the small ones between them; a power of two */
#define LINE_RX_SIZE 128 /* commands that wait while settings are being stored (70 ms); a power of two */

void line_init(void);

/* Room for bytes not yet put. */
uint16_t line_free(void);
/* Puts a byte. The caller has asked line_free() for the whole frame before. */
void line_put(uint8_t byte);
/* All that was put goes out. */
void line_commit(void);
/* Nothing is left in the ring; up to two bytes (40 us) may still be in the USART. */
bool line_is_drained(void);

/* The next byte received, or -1. */
int16_t line_get(void);

/* Faults on the line since the start: framing errors, overruns, bytes that no frame claimed. Stops at 65535. */
void line_count_fault(void);
uint16_t line_faults(void);
