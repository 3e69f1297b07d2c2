import five from 'johnny-five'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../../support/eventually.ts'
import { type SimulatedCabinet, startCabinet } from '../../support/simulated-cabinet.ts'
import { standardFirmata } from '../../support/standard-firmata.ts'

const firmware = standardFirmata() ?? ''
const SIGNAL = new AbortController().signal
const DOOR = 2
const TAMPER = 3
const SIREN = 7
const STROBE = 8
const RELAY = 12
const WIRED = {
  door: { pin: DOOR },
  tamper: { pin: TAMPER },
  siren: { pin: SIREN },
  strobe: { pin: STROBE, longestS: 1 },
  relay: { pin: RELAY, activeLow: true },
}
const MEASURED = {
  supply: { input: 'A3', ratio: 5.7 },
  tilt: { kind: 'accelerometer', x: 'A0', y: 'A1', z: 'A2' },
}

/** Upright under gravity, as an ADXL335 shows it. */
function lean(cabinet: Pick<SimulatedCabinet, 'board'>, degrees: number): void {
  const radians = (degrees * Math.PI) / 180
  const g = [Math.sin(radians), 0, Math.cos(radians)]
  for (const [channel, each] of g.entries()) cabinet.board.setAnalog(channel, 1.65 + 0.33 * each)
}
const start = (raw: object) =>
  startCabinet(firmware, raw, (board) => {
    board.drive(DOOR, false)
    board.drive(TAMPER, false)
    board.setAnalog(3, 12.6 / 5.7)
    lean({ board }, 0)
  })

describe.runIf(firmware)('A cabinet on the real StandardFirmata', { timeout: 60_000 }, () => {
  let cabinet: SimulatedCabinet
  const actuate = (output: 'siren' | 'strobe' | 'relay', forMs: number) =>
    cabinet.driver.actuate?.({ output, on: forMs > 0, forMs }, SIGNAL)
  /** Milliseconds of simulated time until it is well and has been read again. */
  const backAfterMs = async (from: number, clearedAtMs: number) => {
    const ok = await cabinet.state('ok', from)
    const after = () => cabinet.told.slice(cabinet.told.indexOf(ok))
    const first = await eventually('a reading', () => after().find((each) => each.kind === 'enclosure'))
    return first.at - clearedAtMs
  }
  beforeAll(async () => {
    cabinet = start({ ...WIRED, ...MEASURED })
    await cabinet.reading('upright', ({ tiltDeg }) => tiltDeg !== null && tiltDeg < 3)
  })
  afterAll(() => cabinet[Symbol.asyncDispose]())

  it('tells that all is well, what it measures, and of each output that it is off', async () => {
    expect(cabinet.told[0]).toMatchObject({ kind: 'device', state: 'ok' })
    const reading = cabinet.told.findLast((each) => each.kind === 'enclosure')
    expect(reading).toMatchObject({ doorOpen: false, tampered: false, clock: 'ntp', clockErrorMs: 5 })
    expect(reading).toMatchObject({ sirenOn: false, strobeOn: false, relayOn: false })
    expect(Math.abs((reading?.supplyVoltageV ?? 0) - 12.6)).toBeLessThan(0.05)
    expect(cabinet.board.level(RELAY)).toBe(true)
  })

  it('tells of a door that opens and shuts, but not of one that rattles', async () => {
    const before = cabinet.told.length
    for (let i = 0; i < 3; i++) {
      cabinet.board.drive(DOOR, true)
      await cabinet.sleep(20)
      cabinet.board.drive(DOOR, false)
      await cabinet.sleep(200)
    }
    expect(cabinet.told.slice(before)).toEqual([])
    cabinet.board.drive(DOOR, true)
    await cabinet.reading('open', ({ doorOpen }) => doorOpen === true)
    cabinet.board.drive(DOOR, false)
    await cabinet.reading('shut', ({ doorOpen }) => doorOpen === false)
  })

  it('drives each output on its own pin, for as long as it is told, and says so', async () => {
    const isOn = { siren: () => cabinet.board.level(SIREN), relay: () => !cabinet.board.level(RELAY) }
    for (const [output, other] of [
      ['siren', 'relay'],
      ['relay', 'siren'],
    ] as const) {
      expect(await actuate(output, 700)).toEqual({ kind: 'done' })
      expect([isOn[output](), isOn[other]()]).toEqual([true, false])
      await cabinet.reading(`${output} on`, (reading) => reading[`${output}On`] === true)
      await cabinet.reading(`${output} off`, (reading) => reading[`${output}On`] === false)
      expect(isOn[output]()).toBe(false)
    }
  })

  it('ends an activation at the ceiling of the configuration, or when it is told to', async () => {
    await actuate('strobe', 3_600_000)
    await cabinet.sleep(700)
    expect(cabinet.board.level(STROBE)).toBe(true)
    await cabinet.sleep(500)
    expect(cabinet.board.level(STROBE)).toBe(false)
    await actuate('siren', 60_000)
    expect(cabinet.board.level(SIREN)).toBe(true)
    await actuate('siren', 0)
    expect(cabinet.board.level(SIREN)).toBe(false)
  })

  it('reads a cut cable as open and tampered, also after an output of the same port was switched', async () => {
    expect(await actuate('siren', 100)).toEqual({ kind: 'done' })
    cabinet.board.drive(DOOR, null)
    cabinet.board.drive(TAMPER, null)
    await cabinet.reading('both', ({ doorOpen, tampered }) => doorOpen === true && tampered === true)
    cabinet.board.drive(DOOR, false)
    cabinet.board.drive(TAMPER, false)
    await cabinet.reading('neither', ({ doorOpen, tampered }) => doorOpen === false && tampered === false)
  })

  it('measures how far it leans, and takes the cut cable of that sensor for tampering', async () => {
    lean(cabinet, 30)
    const leaning = await cabinet.reading('leaning', ({ tiltDeg }) => (tiltDeg ?? 0) > 25)
    expect(Math.abs((leaning.tiltDeg ?? 0) - 30)).toBeLessThan(2)
    for (const channel of [0, 1, 2]) cabinet.board.setAnalog(channel, 0)
    await cabinet.reading('the cut cable', ({ tiltDeg, tampered }) => tiltDeg === null && tampered === true)
    lean(cabinet, 0)
    await cabinet.reading('upright', ({ tiltDeg, tampered }) => tiltDeg !== null && tiltDeg < 3 && tampered === false)
  })

  it('is found again within 10 s under another name, and a siren that was left on is switched off first', async () => {
    await actuate('siren', 60_000)
    const from = cabinet.told.length
    cabinet.cable.unplug()
    await cabinet.state('disconnected', from)
    expect(await actuate('strobe', 1_000)).toMatchObject({ kind: 'refused' })
    await cabinet.sleep(3_000)
    expect(cabinet.board.level(SIREN)).toBe(true)
    cabinet.cable.plug('another-name')
    expect(await backAfterMs(from, cabinet.board.nowMs)).toBeLessThan(10_000)
    expect(cabinet.board.level(SIREN)).toBe(false)
  })

  it('is told of and found again when the board is reset', async () => {
    const from = cabinet.told.length
    const at = cabinet.board.nowMs
    cabinet.board.reset('external')
    expect((await cabinet.state('disconnected', from)).reason).toMatch(/^device-restarted/)
    expect(await backAfterMs(from, at)).toBeLessThan(10_000)
  })

  it('is silent when its cable is cut, and well within 10 s when that is mended', async () => {
    const from = cabinet.told.length
    cabinet.cable.setCut({ toBoard: false, toComputer: true })
    expect((await cabinet.state('silent', from)).reason).toMatch(/^line-silent/)
    await cabinet.sleep(1_000)
    cabinet.cable.setCut({ toBoard: false, toComputer: false })
    expect(await backAfterMs(from, cabinet.board.nowMs)).toBeLessThan(10_000)
  })

  it.each([
    ['noise', (i: number) => (i * 7919 + (i >> 3) * 104_729) & 0xff],
    ['a message without an end', (i: number) => (i === 0 ? 0xf0 : 1)],
    ['states of pins that it has not', (i: number) => [0xf0, 0x6e, 0x7f, 0, 0, 0xf7][i % 6]!],
    ['an empty name of its firmware', (i: number) => [0xf0, 0x79, 0xf7][i % 3]!],
  ])('survives %s, and works on', async (_what, byteOf) => {
    cabinet.cable.disturb(Uint8Array.from({ length: 3_000 }, (_, i) => byteOf(i)))
    await cabinet.sleep(300)
    cabinet.board.drive(DOOR, true)
    await cabinet.reading('the open door', ({ doorOpen }) => doorOpen === true)
    cabinet.board.drive(DOOR, false)
    await cabinet.reading('the shut door', ({ doorOpen }) => doorOpen === false)
  })

  it('leaves nothing behind, however often it comes and goes', async () => {
    const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
    const boards = () => (five.Board as unknown as { cache: unknown[] }).cache.length
    const before = { boards: boards(), timers: timers() }
    for (let i = 0; i < 5; i++) {
      const from = cabinet.told.length
      cabinet.cable.unplug()
      await cabinet.state('disconnected', from)
      cabinet.cable.plug()
      await cabinet.state('ok', from)
    }
    expect(boards()).toBe(before.boards)
    expect(timers()).toBeLessThanOrEqual(before.timers + 2)
  })

  it('switches everything off when the gateway stops', async () => {
    await cabinet.reading('well', ({ doorOpen }) => doorOpen === false)
    expect(await actuate('siren', 20_000)).toEqual({ kind: 'done' })
    expect(await actuate('relay', 20_000)).toEqual({ kind: 'done' })
    await cabinet[Symbol.asyncDispose]()
    expect([cabinet.board.level(SIREN), cabinet.board.level(RELAY)]).toEqual([false, true])
  })
})

describe.runIf(firmware)('A port at the wrong speed', () => {
  it('gives bad data', async () => {
    await using cabinet = start({ door: { pin: DOOR } })
    cabinet.board.serial.setBaud(9_600)
    expect((await cabinet.state('bad-data')).reason).toMatch(/^line-garbled/)
  })
})
