/* Milliseconds since the start, from Timer2. Wraps after 49 days: compare differences only. */
#pragma once
#include <stdint.h>

void uptime_init(void);
uint32_t uptime_ms(void);
