import { readFileSync } from 'node:fs'
import { receiverOptions } from '@minewarden/hardware/digitiser/open-drivers.ts'
import { DigitiserOptions } from '@minewarden/hardware/digitiser/options.ts'
import { DriverConfig } from '@minewarden/hardware/registry.ts'
import { check, describeProblems } from '@minewarden/protocol/errors.ts'
import { describe, expect, it } from 'vitest'
import type { z } from 'zod'

const page = readFileSync(new URL('../../../docs/configuration.md', import.meta.url), 'utf8')
const example = JSON.parse(page.split('### The digitiser')[1]!.split('```json\n')[1]!.split('```')[0]!) as Record<
  string,
  unknown
>

const problemsOf = (raw: unknown): string => {
  const checked = check(DriverConfig as unknown as z.ZodType<unknown>, raw)
  return checked.ok ? '' : describeProblems(checked.problems)
}
const hhz = (calibration: unknown) => ({ kind: 'digitiser', geophone: { id: 'geo-1', channels: { HHZ: calibration } } })

describe('the configuration of a digitiser', () => {
  it('takes the example of the page, as what the receiver needs', () => {
    const options = receiverOptions(DigitiserOptions.parse(example))
    expect(options.gains).toEqual([8, 8, 8, 4])
    expect(options.channels.map((channel) => channel?.code)).toEqual(['HHZ', 'HHN', 'HHE', 'HDF'])
    const [vertical, , , air] = options.channels
    expect(vertical?.calibration).toMatchObject({ unit: 'm/s', response: { cornerHz: 4.5 } })
    expect(vertical?.calibration.response.damping).toBeGreaterThan(0.5)
    expect(air?.calibration.unit).toBe('Pa')
  })

  it('leaves alone the gains of channels that nothing is wired to', () => {
    const options = receiverOptions(DigitiserOptions.parse(hhz({ sensor: 'sm-6-4.5' })))
    expect(options.gains).toEqual([1, null, null, null])
    expect(options.rateHz).toBe(250)
  })

  it('names the field that does not fit', () => {
    expect(problemsOf({ kind: 'digitiser' })).toMatch(/needs geophone or airPressure/)
    expect(problemsOf(hhz({ sensor: 'sm-6-4.5', gain: 3 }))).toMatch(/geophone.channels.HHZ.gain: gain 3/)
    expect(problemsOf(hhz({ sensor: 'mpxv7002' }))).toMatch(/geophone.channels.HHZ.sensor: measures Pa/)
    expect(problemsOf(hhz({ sensor: 'sm-6-4.5', adc: 'ads1256' }))).toMatch(/HHZ.adc: the digitiser has an ads131m04/)
    expect(problemsOf({ ...hhz({ sensor: 'sm-6-4.5' }), rateHz: 300 })).toMatch(/rateHz/)
    expect(problemsOf({ ...hhz({ sensor: 'sm-6-4.5' }), serial: 'xyz' })).toMatch(
      /serial: serial number: 16 hexadecimal/,
    )
    expect(problemsOf({ ...hhz({ sensor: 'sm-6-4.5' }), ports: ['ttyUSB0'] })).toMatch(/ports.0: a path such as/)
    const none = { kind: 'digitiser', geophone: { id: 'geo-1', channels: {} } }
    expect(problemsOf(none)).toMatch(/geophone.channels: at least one of HHZ, HHN, HHE/)
  })
})
