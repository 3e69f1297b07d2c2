/* Commands and registers of the ADS131M04 that we use. @see TI SBAS890, tables 8-11 and 8-13 */
#pragma once

#define ADS_NULL 0x0000 /* answered by the STATUS register */
#define ADS_RREG(address) (0xA000 | ((address) << 7)) /* one register; it is the answer */
#define ADS_WREG(address) (0x6000 | ((address) << 7)) /* one register */

#define ADS_ID 0x00
#define ADS_ID_MASK 0xFF00
#define ADS_ID_M04 0x2400
#define ADS_MODE 0x02
#define ADS_CLOCK 0x03
#define ADS_GAIN1 0x04

/*
 * 24-bit words, CRC-CCITT, SPI timeout on, RESET flag cleared, DRDY as a level. Not as a pulse: in pulse mode the
 * chip leaves out the pulse after a sample that was not read, and the count of conversions would be wrong.
 */
#define ADS_MODE_VALUE 0x0110
/* All four channels on, high resolution. */
#define ADS_CLOCK_BASE 0x0F02
#define ADS_CLOCK_OSR(code) ((code) << 2)
#define ADS_OSR_2048 4
#define ADS_OSR_4096 5
#define ADS_OSR_8192 6

/* Of the status: locked, CRC type, was reset, word length. The rest changes from sample to sample. */
#define ADS_STATUS_MASK 0x8F00
#define ADS_STATUS_VALUE 0x0100

#define ADS_WORD_BYTES 3
#define ADS_FRAME_BYTES 18 /* answer, four channels, checksum */
#define ADS_CRC_AT 15
