/* The two checksums: CRC-32 of the frames on the line, CRC-16/CCITT of the ADC's frames and of the EEPROM. */
#pragma once
#include <stdint.h>
#include <util/crc16.h>

#define CRC32_START 0xFFFFFFFFUL

/* One byte further in CRC-32 (IEEE 802.3, reflected). The sum of a message is the complement of the last value. */
uint32_t crc32_add(uint32_t crc, uint8_t byte);

/* CRC-16/CCITT, polynomial 0x1021, start 0xFFFF: the ADC's default (SBAS890, CRC_TYPE = 0). */
static inline uint16_t crc16(const uint8_t *bytes, uint8_t length)
{
  uint16_t crc = 0xFFFF;
  while (length--) crc = _crc_xmodem_update(crc, *bytes++);
  return crc;
}
