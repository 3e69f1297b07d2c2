#include "line.h"
#include <avr/interrupt.h>
#include <avr/io.h>
#include <util/atomic.h>

static uint8_t tx_ring[LINE_TX_SIZE];
static uint16_t tx_put;           /* written, not let go */
static volatile uint16_t tx_head; /* let go up to here */
static volatile uint16_t tx_tail; /* sent up to here */

static uint8_t rx_ring[LINE_RX_SIZE];
static volatile uint8_t rx_head;
static volatile uint8_t rx_tail;

static volatile uint16_t faults;

void line_init(void)
{
  /* Double speed: 16 MHz / 8 / 4 = 500 000 baud without an error. */
  UBRR0 = (F_CPU + 4 * LINE_BAUD) / (8 * LINE_BAUD) - 1;
  UCSR0A = _BV(U2X0);
  UCSR0C = _BV(UCSZ01) | _BV(UCSZ00);
  UCSR0B = _BV(RXEN0) | _BV(TXEN0) | _BV(RXCIE0);
}

/*
 * Runs only while bytes are left: it writes first and switches itself off with the last one, as the simulator takes
 * this level interrupt for an edge and would never call again an interrupt that found nothing to send.
 */
ISR(USART_UDRE_vect)
{
  uint16_t tail = tx_tail;
  UDR0 = tx_ring[tail];
  tail = (tail + 1) % LINE_TX_SIZE;
  tx_tail = tail;
  if (tail == tx_head) UCSR0B &= ~_BV(UDRIE0);
}

uint16_t line_free(void)
{
  uint16_t tail;
  ATOMIC_BLOCK(ATOMIC_RESTORESTATE) { tail = tx_tail; }
  return (tail - tx_put - 1) % LINE_TX_SIZE;
}

void line_put(uint8_t byte)
{
  tx_ring[tx_put] = byte;
  tx_put = (tx_put + 1) % LINE_TX_SIZE;
}

void line_commit(void)
{
  ATOMIC_BLOCK(ATOMIC_RESTORESTATE)
  {
    tx_head = tx_put;
    if (tx_head != tx_tail) UCSR0B |= _BV(UDRIE0);
  }
}

bool line_is_drained(void)
{
  bool drained;
  ATOMIC_BLOCK(ATOMIC_RESTORESTATE) { drained = tx_head == tx_tail; }
  return drained;
}

ISR(USART_RX_vect)
{
  uint8_t status = UCSR0A; /* must be read before the byte */
  uint8_t byte = UDR0;
  if (status & (_BV(FE0) | _BV(DOR0))) line_count_fault();
  uint8_t next = (rx_head + 1) % LINE_RX_SIZE;
  if (next == rx_tail) {
    line_count_fault(); /* full: the new byte is lost, its frame will fail its checksum */
    return;
  }
  rx_ring[rx_head] = byte;
  rx_head = next;
}

int16_t line_get(void)
{
  uint8_t tail = rx_tail;
  if (tail == rx_head) return -1;
  uint8_t byte = rx_ring[tail];
  rx_tail = (tail + 1) % LINE_RX_SIZE;
  return byte;
}

void line_count_fault(void)
{
  ATOMIC_BLOCK(ATOMIC_RESTORESTATE)
  {
    if (faults != UINT16_MAX) faults++;
  }
}

uint16_t line_faults(void)
{
  uint16_t count;
  ATOMIC_BLOCK(ATOMIC_RESTORESTATE) { count = faults; }
  return count;
}
