import { Enclosure, type EnclosureState } from '@minewarden/hardware/board/enclosure.ts'
import { BoardOptions } from '@minewarden/hardware/board/options.ts'
import { recogniseFirmata } from '@minewarden/hardware/board/recognise.ts'
import { tiltDegrees } from '@minewarden/hardware/board/tilt.ts'
import type { ByteLine } from '@minewarden/hardware/line/contract.ts'
import { describe, expect, it } from 'vitest'

const WELL: EnclosureState = {
  doorOpen: false,
  tampered: false,
  tiltDeg: 1,
  supplyVoltageV: 12,
  sirenOn: false,
  strobeOn: null,
  relayOn: null,
}

describe('A cabinet', () => {
  const look = () => new Enclosure({ debounceMs: 100, reportMs: 60_000 })

  it('tells at first sight, then each minute, with its numbers as they are by then', () => {
    const enclosure = look()
    expect(enclosure.look(WELL, 0)).toEqual(WELL)
    expect(enclosure.look({ ...WELL, supplyVoltageV: 12.1 }, 59_999)).toBeNull()
    expect(enclosure.look({ ...WELL, supplyVoltageV: 12.1 }, 60_000)).toEqual({ ...WELL, supplyVoltageV: 12.1 })
  })

  it('tells of a door once it stood open for the debounce, and of an output at once', () => {
    const enclosure = look()
    enclosure.look(WELL, 0)
    expect(enclosure.look({ ...WELL, doorOpen: true }, 50)).toBeNull()
    expect(enclosure.look(WELL, 100)).toBeNull()
    expect(enclosure.look({ ...WELL, doorOpen: true }, 140)).toBeNull()
    expect(enclosure.look({ ...WELL, doorOpen: true }, 239)).toBeNull()
    expect(enclosure.look({ ...WELL, doorOpen: true }, 240)).toMatchObject({ doorOpen: true })
    expect(enclosure.look({ ...WELL, doorOpen: true, sirenOn: true }, 250)).toMatchObject({ sirenOn: true })
  })

  it('does not let a minute reading pass off a rattling door as open', () => {
    const enclosure = look()
    enclosure.look(WELL, 0)
    expect(enclosure.look({ ...WELL, doorOpen: true }, 60_000)).toMatchObject({ doorOpen: false })
  })

  it('tells of a tilt and of a supply that changed for a second, not of noise', () => {
    const enclosure = look()
    enclosure.look(WELL, 0)
    for (let at = 100; at < 5_000; at += 100) expect(enclosure.look({ ...WELL, tiltDeg: 2.5 }, at)).toBeNull()
    expect(enclosure.look({ ...WELL, tiltDeg: 9 }, 5_000)).toBeNull()
    expect(enclosure.look({ ...WELL, tiltDeg: 9 }, 6_000)).toMatchObject({ tiltDeg: 9 })
    expect(enclosure.look({ ...WELL, tiltDeg: null }, 6_100)).toBeNull()
    expect(enclosure.look({ ...WELL, tiltDeg: null }, 7_100)).toMatchObject({ tiltDeg: null })
  })
})

describe('A tilt', () => {
  const accelerometer = BoardOptions.parse({
    kind: 'board',
    id: 'c',
    tilt: { kind: 'accelerometer', x: 'A0', y: 'A1', z: 'A2', upright: [1, 0, 0] },
  }).tilt as never
  const volts = (g: Record<string, number>) => (input: string) => 1.65 + 0.33 * (g[input] ?? 0)

  it('is the angle between gravity and upright, however the sensor is mounted', () => {
    expect(tiltDegrees(accelerometer, volts({ A0: 1 }))).toBeCloseTo(0, 3)
    expect(tiltDegrees(accelerometer, volts({ A2: 1 }))).toBeCloseTo(90, 3)
    expect(tiltDegrees(accelerometer, volts({ A0: -1 }))).toBeCloseTo(180, 3)
  })

  it('is unknown without gravity, and with too much of it', () => {
    expect(tiltDegrees(accelerometer, () => 0)).toBeNull()
    expect(tiltDegrees(accelerometer, volts({ A0: 0.2 }))).toBeNull()
  })

  it('of an inclinometer is its voltage, to either side, within its range', () => {
    const inclinometer = { kind: 'inclinometer', input: 'A0', zeroV: 2.5, voltsPerDegree: 0.02, rangeDeg: 90 } as const
    expect(tiltDegrees(inclinometer, () => 2.3)).toBeCloseTo(10, 6)
    expect(tiltDegrees(inclinometer, () => 2.7)).toBeCloseTo(10, 6)
    expect(tiltDegrees(inclinometer, () => 0)).toBeNull()
  })
})

describe('The configuration of a board', () => {
  it.each([
    ['a pin that stands twice', { door: { pin: 2 }, siren: { pin: 2 } }, 'siren.pin'],
    [
      'an input that stands twice',
      { supply: { input: 'A0', ratio: 2 }, tilt: { kind: 'accelerometer', x: 'A0', y: 'A1', z: 'A2' } },
      'tilt.x',
    ],
    ['the pins of the serial line', { door: { pin: 1 } }, 'door.pin'],
    ['a pull-up towards high', { door: { pin: 2, closedLevel: 'high' } }, 'door.closedLevel'],
    ['nothing that is wired', {}, ''],
    ['a siren without an end', { siren: { pin: 7, longestS: 86_400 } }, 'siren.longestS'],
    ['reports so rare that the cabinet is taken for silent', { door: { pin: 2 }, reportS: 150 }, 'reportS'],
  ])('is refused for %s, by name', (_what, raw, path) => {
    const parsed = BoardOptions.safeParse({ kind: 'board', id: 'c', ...raw })
    expect(parsed.error?.issues.map((issue) => issue.path.join('.'))).toContain(path)
  })

  it('fails safe by default: loops closed while all is well, pulled up, outputs off when low', () => {
    expect(BoardOptions.parse({ kind: 'board', id: 'c', door: { pin: 2 }, siren: { pin: 7 } })).toMatchObject({
      door: { contact: 'normally-closed', pullUp: true, closedLevel: 'low' },
      siren: { activeLow: false, longestS: 300 },
    })
  })
})

describe('StandardFirmata', () => {
  const lineOf = (...chunks: number[][]): ByteLine => ({
    name: 'line',
    async *read() {
      for (const chunk of chunks) yield { bytes: Uint8Array.from(chunk), at: 0 }
    },
    write: async () => undefined,
    close: async () => undefined,
  })

  it('is recognised by its greeting, however it is cut and whatever comes before', async () => {
    expect(await recogniseFirmata(lineOf([0xe0, 1, 2, 0xf9], [2, 4, 0xf0], [0x79, 2, 4]))).toBe(true)
  })

  it('is not taken for another device that talks', async () => {
    expect(await recogniseFirmata(lineOf([0xf9, 2, 4, 0xf0, 0x6c, 2], [0xa5, 0x5a]))).toBe(false)
  })
})
