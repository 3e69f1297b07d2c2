import type { CountsType } from './sensor-type.ts'

/** Instruments of which only the counts come out. Each unit's own metadata (FDSN station service) is better than this. */
export const WHOLE_INSTRUMENTS = {
  'raspberry-shake-1d': {
    kind: 'counts',
    countsPerUnit: 399_650_000,
    unit: 'm/s',
    tolerance: 0.1,
    cornerHz: 0.5,
    damping: Math.SQRT1_2,
    source: 'Raspberry Shake RS1D V6 and later, nominal response; flat from about 0.5 Hz, manual.raspberryshake.org',
    nominal: true,
  },
  'raspberry-shake-3d': {
    kind: 'counts',
    countsPerUnit: 360_000_000,
    unit: 'm/s',
    tolerance: 0.1,
    cornerHz: 0.5,
    damping: Math.SQRT1_2,
    source: 'Raspberry Shake RS3D V5 and later, nominal response; flat from about 0.5 Hz, manual.raspberryshake.org',
    nominal: true,
  },
  'raspberry-boom': {
    kind: 'counts',
    countsPerUnit: 56_000,
    unit: 'Pa',
    // Its users found 4000 counts a pascal in the metadata of the first units: ask the station service for yours.
    tolerance: 0.1,
    cornerHz: null,
    damping: null,
    source: 'Raspberry Boom (RBOOM, RS&BOOM) V4 and later, nominal response',
    nominal: true,
  },
} as const satisfies Record<string, CountsType>
