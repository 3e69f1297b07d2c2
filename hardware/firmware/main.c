/*
 * The digitiser: samples go from the ADC's interrupt through a small queue into frames on the serial line, whether
 * anybody listens or not. One loop, nothing in it waits, the watchdog watches it. Between its turns the processor
 * sleeps; the next interrupt, a millisecond away at most, wakes it.
 */
#include "adc.h"
#include "commands.h"
#include "data.h"
#include "frames.h"
#include "health.h"
#include "line.h"
#include "pins.h"
#include "settings.h"
#include "uptime.h"
#include <avr/interrupt.h>
#include <avr/sleep.h>
#include <avr/wdt.h>

#define RETRY_MS 200 /* between attempts to bring up an ADC that does not answer */
#define HEALTH_LENGTH 20

static uint8_t reset_cause __attribute__((section(".noinit")));

/*
 * Before anything else: after a watchdog reset the watchdog runs on at 15 ms. A boot loader (Optiboot) has cleared
 * MCUSR and hands its content on in r2.
 */
void early(void) __attribute__((naked, used, section(".init3")));
void early(void)
{
  uint8_t from_boot_loader;
  __asm__ volatile("mov %0, r2" : "=r"(from_boot_loader));
  reset_cause = MCUSR & 0x0F ? MCUSR & 0x0F : from_boot_loader & 0x0F;
  MCUSR = 0;
  wdt_disable();
}

/* Begins a run, if the ADC is there. */
static void begin_run(bool after_gap)
{
  data_flush();
  if (adc_start(&settings)) data_begin_run(settings.rate, after_gap);
}

static void send_health(uint32_t now_ms, const struct health *health)
{
  if (!frame_begin(FRAME_HEALTH, HEALTH_LENGTH)) return;
  frame_u32(now_ms);
  frame_u16(health->supply_mv);
  frame_u16(health->temperature_dc);
  frame_u32(data_missed());
  frame_u32(frames_dropped());
  frame_u16(adc_crc_errors());
  frame_u16(line_faults());
  frame_end();
}

static void pass_samples_on(void)
{
  struct sample sample;
  while (adc_take(&sample)) data_add(&sample);
}

/* An ADC that has stopped, answers wrongly or was reset behind our back is begun anew, for as long as it takes. */
static void look_after_adc(uint32_t now_ms)
{
  static uint32_t tried_ms;
  if (!adc_needs_restart() || now_ms - tried_ms < RETRY_MS) return;
  tried_ms = now_ms;
  pass_samples_on();
  begin_run(true);
}

static void turn(uint32_t now_ms)
{
  struct health health;
  pass_samples_on();
  look_after_adc(now_ms);
  if (commands_turn(now_ms)) {
    pass_samples_on();
    begin_run(false);
  }
  if (health_turn(now_ms, &health)) {
    data_supply_low(health_is_supply_low(&health));
    send_health(now_ms, &health);
  }
}

/* The watchdog is the only reset that also resets every register. */
static void restart(void)
{
  cli();
  wdt_enable(WDTO_15MS);
  for (;;)
    ;
}

int main(void)
{
  wdt_enable(WDTO_500MS);
  pins_init();
  uptime_init();
  line_init();
  health_init();
  adc_init();
  set_sleep_mode(SLEEP_MODE_IDLE);
  settings_load();
  uint32_t boots = settings_count_boot();
  commands_init(boots, reset_cause);
  data_init(boots);
  sei();
  begin_run(false);
  commands_send_hello();
  for (;;) {
    wdt_reset();
    uint32_t now_ms = uptime_ms();
    turn(now_ms);
    if (commands_want_reset(now_ms)) restart();
    sleep_mode();
  }
}
