import { createEnclosureMeasure } from './enclosure-measure.ts'
import type { Measure, MeasureOptions } from './measure.ts'
import { createPowerMeasure } from './power-measure.ts'
import { createProbeMeasure } from './probe-measure.ts'
import { createWaveformMeasure } from './waveform-measure.ts'

/** The measure that fits a sensor. */
export function createMeasure(options: MeasureOptions): Measure {
  switch (options.kind) {
    case 'geophone':
    case 'air-pressure':
      return createWaveformMeasure(options)
    case 'power-meter':
      return createPowerMeasure(options)
    case 'camera-probe':
      return createProbeMeasure(options)
    case 'enclosure':
      return createEnclosureMeasure(options)
  }
}
