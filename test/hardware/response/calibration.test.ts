import { ADCS } from '@minewarden/hardware/response/adcs.ts'
import { calibrationOf, expanded } from '@minewarden/hardware/response/calibration.ts'
import { loadedCoil, parallelOhm, shuntOhmFor } from '@minewarden/hardware/response/coil.ts'
import { GEOPHONES } from '@minewarden/hardware/response/geophones.ts'
import { CalibrationOptions, resolveCalibration, SENSOR_TYPES } from '@minewarden/hardware/response/options.ts'
import { describe, expect, it } from 'vitest'

const SM24 = GEOPHONES['sm-24-10']

describe('a coil with a shunt', () => {
  it('has the damping and sensitivity of the SM-24 data sheet', () => {
    expect(loadedCoil(SM24, 1000).damping).toBeCloseTo(0.686, 3)
    expect(loadedCoil(SM24, 1000).sensitivityVPerMPerS).toBeCloseTo(20.9, 1)
    expect(loadedCoil(SM24, 1339).damping).toBeCloseTo(0.6, 2)
    expect(loadedCoil(SM24, null)).toEqual({ sensitivityVPerMPerS: 28.8, damping: 0.25 })
  })

  it('is brought to a damping by the shunt that is worked out for it', () => {
    const shunt = shuntOhmFor(SM24, 0.7)
    expect(loadedCoil(SM24, shunt).damping).toBeCloseTo(0.7, 9)
    expect(shuntOhmFor(SM24, 0.2)).toBeNull()
  })

  it('is loaded by shunt and input together', () => {
    expect(parallelOhm(1000, 1000)).toBe(500)
    expect(parallelOhm(null, 700)).toBe(700)
    expect(parallelOhm(null, null)).toBeNull()
  })
})

describe('the tables', () => {
  it.each(Object.entries(SENSOR_TYPES))('%s is plausible and says where it comes from', (_name, type) => {
    expect(type.source.length).toBeGreaterThan(10)
    expect(type.tolerance).toBeGreaterThan(0)
    expect(type.tolerance).toBeLessThan(0.5)
    if (type.kind === 'coil') {
      expect(type.sensitivityVPerMPerS).toBeGreaterThan(5)
      expect(type.sensitivityVPerMPerS).toBeLessThan(200)
      expect(type.naturalHz).toBeLessThan(type.highestHz)
      expect(type.openDamping).toBeLessThan(1)
      expect(type.movingMassKg).toBeLessThan(0.1)
    }
    if (type.kind === 'pressure') expect(type.lowestHz).toBeLessThan(2)
  })
})

describe('what a count is worth', () => {
  it('follows from sensitivity, gain and full scale', () => {
    const { countsPerUnit, unit, largest, response } = calibrationOf(SM24, ADCS.ads131m04, 32)
    expect(unit).toBe('m/s')
    expect(countsPerUnit).toBeCloseTo((28.8 * 32 * 2 ** 23) / 1.2, 0)
    expect(largest).toBeCloseTo(0.0375 / 28.8, 9)
    expect(response).toMatchObject({ cornerHz: 10, damping: 0.25, averaging: { order: 3, rateHz: 2000 } })
  })

  it('takes the input of the converter into account where it loads the coil', () => {
    const { countsPerUnit, response } = calibrationOf(SM24, ADCS.ads131m04, 1)
    expect(countsPerUnit / ((28.8 * 2 ** 23) / 1.2)).toBeCloseTo(330_000 / 330_375, 6)
    expect(response.damping).toBeGreaterThan(0.25)
  })

  it('knows of dividers and of the sheet of the very unit', () => {
    const divided = calibrationOf(SENSOR_TYPES.mpxv7002, ADCS.ads131m04, 1, { frontGain: 0.5 })
    expect(divided.countsPerUnit).toBeCloseTo((0.5e-3 * 2 ** 23) / 1.2, 6)
    expect(divided.largest).toBe(2000)
    const typical = calibrationOf(GEOPHONES['ps-4.5'], ADCS.ads1256, 64)
    const own = calibrationOf(GEOPHONES['ps-4.5'], ADCS.ads1256, 64, {
      sensitivity: 27.9,
      cornerHz: 4.32,
      damping: 0.67,
    })
    expect(own.response).toMatchObject({ cornerHz: 4.32, damping: 0.67 })
    expect(own.countsPerUnit / typical.countsPerUnit).toBeCloseTo(27.9 / 28.8, 6)
    expect(own.response.uncertainty!).toBeLessThan(typical.response.uncertainty! / 2)
  })

  it('grows less certain with a shunt, with the cold, and with a poor maker', () => {
    const uncertainty = (...args: Parameters<typeof calibrationOf>) => calibrationOf(...args).response.uncertainty!
    const bare = uncertainty(SM24, ADCS.ads131m04, 32)
    expect(bare).toBeGreaterThan(expanded([0.025]))
    expect(uncertainty(SM24, ADCS.ads131m04, 32, { shuntOhm: 1000 })).toBeGreaterThan(bare)
    expect(uncertainty(SM24, ADCS.ads131m04, 32, { temperatureSpanK: 60 })).toBeGreaterThan(bare)
    expect(uncertainty(GEOPHONES['gs-11d-4.5'], ADCS.ads131m04, 32)).toBeGreaterThan(3 * bare)
    expect(expanded([0.1])).toBeCloseTo(0.2 / Math.sqrt(3), 12)
  })
})

describe('a configuration', () => {
  const resolve = (raw: object) => resolveCalibration(CalibrationOptions.parse(raw), 'ads131m04')
  const problems = (raw: object) =>
    CalibrationOptions.safeParse(raw).error?.issues.map((issue) => issue.path.join('.')) ?? []

  it('names a sensor, writes one of its own, or gives the counts themselves', () => {
    expect(resolve({ sensor: 'gs-11d-4.5', gain: 32 })).toMatchObject({ unit: 'm/s', response: { cornerHz: 4.5 } })
    expect(resolve({ sensor: 'raspberry-boom' })).toMatchObject({ unit: 'Pa', countsPerUnit: 56_000 })
    const ownSensor = {
      kind: 'coil',
      sensitivityVPerMPerS: 20,
      naturalHz: 8,
      openDamping: 0.3,
      coilOhm: 400,
      movingMassKg: 0.01,
    }
    expect(resolve({ ownSensor, gain: 8 })).toMatchObject({ response: { cornerHz: 8, damping: 0.3 } })
    expect(resolve({ countsPerUnit: 3e8, unit: 'm/s', cornerHz: 4.5, uncertainty: 0.05 })).toEqual({
      countsPerUnit: 3e8,
      unit: 'm/s',
      response: { cornerHz: 4.5, damping: null, uncertainty: 0.05, averaging: { order: 3, rateHz: 2000 } },
      largest: null,
    })
  })

  it('must name the converter where the driver does not know it', () => {
    const resolveAlone = (raw: object) => resolveCalibration(CalibrationOptions.parse(raw))
    expect(resolveAlone({ sensor: 'sm-24-10' })).toMatchObject({ problem: expect.stringContaining('adc') })
    expect(resolveAlone({ sensor: 'sm-24-10', adc: 'ads1256' })).toMatchObject({ unit: 'm/s' })
    expect(resolveAlone({ sensor: 'raspberry-shake-3d' })).toMatchObject({ countsPerUnit: 360_000_000 })
  })

  it('is told which field is wrong', () => {
    expect(problems({})).toEqual(['sensor'])
    expect(problems({ sensor: 'gs-11d-4.5', countsPerUnit: 3, unit: 'm/s' })).toEqual(['sensor'])
    expect(problems({ countsPerUnit: 3 })).toEqual(['unit'])
    expect(problems({ sensor: 'sm-24-10', unit: 'Pa' })).toEqual(['unit'])
    expect(problems({ countsPerUnit: 3, unit: 'Pa', shuntOhm: 1000 })).toEqual(['shuntOhm'])
    expect(problems({ sensor: 'nothing' })).toEqual(['sensor'])
    expect(resolve({ sensor: 'sm-24-10', gain: 3 })).toEqual({
      problem: 'gain 3: the ads131m04 has 1, 2, 4, 8, 16, 32, 64, 128',
    })
  })
})
