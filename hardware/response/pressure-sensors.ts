import type { PressureType } from './sensor-type.ts'

/**
 * Sensors of air pressure with a voltage output. A microphone for speech (20 Hz and up) is not among them: the
 * overpressure of a blast is below that, and 2 Hz is where the trade begins to look.
 */
export const PRESSURE_SENSORS = {
  'infrabsu-v2': {
    kind: 'pressure',
    sensitivityVPerPa: 45.13e-6,
    tolerance: 0.03,
    lowestHz: 0.05,
    highestHz: 40,
    highestPa: 125,
    temperaturePerK: 5e-4,
    source: 'infraBSU v2, J. F. Anderson and J. B. Johnson, Boise State University',
    nominal: true,
  },
  mpxv7002: {
    kind: 'pressure',
    sensitivityVPerPa: 1e-3,
    tolerance: 0.0625,
    // Of itself it goes down to 0 Hz; the leak behind its second port makes the corner, and is the builder's to choose.
    lowestHz: 0.1,
    highestHz: 150,
    highestPa: 2000,
    temperaturePerK: 2e-4,
    source: 'NXP MPXV7002DP data sheet rev. 4: 1 V/kPa about 2.5 V, +-6.25 % of the span from 10 to 60 degC',
    nominal: true,
  },
  'chaparral-25': {
    kind: 'pressure',
    sensitivityVPerPa: 0.4,
    tolerance: 0.05,
    lowestHz: 0.1,
    highestHz: 200,
    highestPa: 45,
    temperaturePerK: 5e-4,
    source: 'Chaparral Physics Model 25, low gain, as commonly published',
    nominal: true,
  },
  'gras-47ac': {
    kind: 'pressure',
    sensitivityVPerPa: 8e-3,
    tolerance: 0.26,
    lowestHz: 0.09,
    highestHz: 20000,
    highestPa: 2000,
    temperaturePerK: 1.2e-3,
    source: 'GRAS 47AC infrasound microphone, +-2 dB before its own calibration sheet, as commonly published',
    nominal: true,
  },
} as const satisfies Record<string, PressureType>
