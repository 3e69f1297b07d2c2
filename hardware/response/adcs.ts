import type { AdcType } from './sensor-type.ts'

/** Converters of 24 bits that are wired to geophones. */
export const ADCS = {
  ads131m04: {
    // A code is (2 x 1.2 V / gain) / 2^24.
    countsPerV: 2 ** 23 / 1.2,
    gains: [1, 2, 4, 8, 16, 32, 64, 128],
    fullScaleV: 1.2,
    gainError: 0.005,
    driftPerK: 2e-5,
    // From gain 8 on a buffer charges the input; below, the modulator's capacitors do, less the higher the gain.
    inputOhm: (gain) => (gain <= 4 ? 330_000 / gain : null),
    // Modulator at 2.048 MHz (clock 4.096 MHz), sinc3 over 1024, then sinc1 for the oversampling ratios from 2048 on.
    averaging: { order: 3, rateHz: 2000 },
    source: 'TI ADS131M04 data sheet SBAS890, internal reference; gain error and drift with the reference',
    nominal: true,
  },
  ads1256: {
    // A code is 2 x 2.5 V / (gain x (2^23 - 1)).
    countsPerV: (2 ** 23 - 1) / 5,
    gains: [1, 2, 4, 8, 16, 32, 64],
    fullScaleV: 5,
    // After the chip's own calibration the reference on the board is what is left.
    gainError: 0.002,
    driftPerK: 1e-5,
    inputOhm: () => null,
    // sinc5 at 30 000 a second (clock 7.68 MHz), then a programmable number of means.
    averaging: { order: 5, rateHz: 30_000 },
    source: 'TI ADS1255/ADS1256 data sheet SBAS288, input buffer on, reference 2.5 V +-0.2 %',
    nominal: true,
  },
} as const satisfies Record<string, AdcType>
