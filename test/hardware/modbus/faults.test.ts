import type { DeviceState, Measurement, PowerReading } from '@minewarden/hardware/contract.ts'
import { createModbusDrivers } from '@minewarden/hardware/modbus/drivers.ts'
import { ModbusOptions } from '@minewarden/hardware/modbus/options.ts'
import { describe, expect, it } from 'vitest'
import { fuzzRuns } from '../../support/fuzz.ts'
import { QuickClock } from './quick-clock.ts'
import { type Answers, answerOf, exceptionOf, type Question, ScriptedLine } from './scripted-meters.ts'

/** Three questions, two with answers of one length: the hardest case for answers that come late. */
const profile = {
  functionCode: 3,
  wordOrder: 'high-first',
  registers: [
    { quantity: 'voltageA', address: 0, type: 'uint32', unit: 'V', scale: 1 },
    { quantity: 'currentA', address: 100, type: 'uint32', unit: 'A', scale: 1 },
    { quantity: 'activePower', address: 200, type: 'uint32', unit: 'W', scale: 1 },
    { quantity: 'activeEnergy', address: 202, type: 'uint32', unit: 'Wh', scale: 1 },
  ],
}

/** What the registers of a meter hold when it is asked; the energy is the moment of the question. */
function truth({ unit, functionCode, address, count }: Question, askedAtMs: number): Uint8Array {
  const values: Record<number, number> = { 0: 100 + unit, 100: unit, 200: 1000 * unit, 202: Math.round(askedAtMs) }
  const words = Array.from({ length: count }, (_, i) => {
    const at = address + i
    const value = values[at - (at % 2)] ?? 0
    return at % 2 ? value & 0xffff : value >>> 16
  })
  return answerOf(unit, functionCode, words)
}

type Script = (question: Question, truthful: Uint8Array, clock: QuickClock) => Answers
const soon = (bytes: Uint8Array): Answers => [{ afterMs: 30, bytes }]

function setUp(
  script: Script,
  units: readonly number[] = [1, 2, 3],
  transport: object = { kind: 'rtu', ports: ['/dev/x'] },
) {
  const clock = new QuickClock()
  const options = ModbusOptions.parse({
    kind: 'modbus',
    transport,
    meters: units.map((unit) => ({ id: `m-${unit}`, unit, profile })),
  })
  const lines: ScriptedLine[] = []
  const open = async () => {
    const line = new ScriptedLine(clock, (question) => script(question, truth(question, clock.monotonic()), clock))
    lines.push(line)
    return line
  }
  const stop = new AbortController()
  const got = new Map<number, Measurement[]>(units.map((unit) => [unit, []]))
  const running = Promise.all(
    createModbusDrivers(options, { open, clock, random: () => 0.5 }).map(async (driver, i) => {
      for await (const one of driver.read(stop.signal)) got.get(units[i]!)?.push(one)
    }),
  )
  const readings = (unit: number) => got.get(unit)!.filter((one): one is PowerReading => one.kind === 'power')
  const states = (unit: number) =>
    got.get(unit)!.flatMap((one) => (one.kind === 'device' ? [(one as DeviceState).reason.split(':')[0] || 'ok'] : []))
  return {
    clock,
    lines,
    readings,
    states,
    got,
    /** Every value that was told is this meter's own, and of the question that it is told for. */
    expectTruth() {
      for (const unit of units) {
        for (const { at, voltageV, currentA, activePowerW, activeEnergyWh, reactivePowerVar } of readings(unit)) {
          expect([voltageV, currentA, activePowerW, reactivePowerVar]).toEqual([
            [100 + unit, null, null],
            [unit, null, null],
            1000 * unit,
            null,
          ])
          expect(Math.abs(at - QuickClock.START - activeEnergyWh!)).toBeLessThan(2_000)
        }
      }
    },
    async [Symbol.asyncDispose]() {
      stop.abort()
      await running
    },
  }
}

describe('meters on one bus', () => {
  it('are each read every second', async () => {
    await using bus = setUp((_question, truthful) => soon(truthful))
    await bus.clock.advance(60_000)
    bus.expectTruth()
    for (const unit of [1, 2, 3]) {
      expect(bus.readings(unit).length).toBeGreaterThanOrEqual(59)
      expect(bus.states(unit)).toEqual(['ok'])
    }
  })

  it('are read as often while another is dead, which is told and asked ever more rarely', async () => {
    await using bus = setUp((question, truthful) => (question.unit === 2 ? [] : soon(truthful)))
    await bus.clock.advance(120_000)
    bus.expectTruth()
    expect(bus.states(2)).toEqual(['meter-silent'])
    expect(bus.readings(2)).toEqual([])
    expect(bus.readings(1).length).toBeGreaterThan(110)
    expect(bus.readings(3).length).toBeGreaterThan(110)
    const asked = bus.lines[0]!.questions.filter(({ unit }) => unit === 2).length
    expect(asked).toBeGreaterThan(4)
    expect(asked).toBeLessThan(12)
  })

  it('that come back are read again within half a minute', async () => {
    let isDead = true
    await using bus = setUp((question, truthful) => (isDead && question.unit === 2 ? [] : soon(truthful)))
    await bus.clock.advance(90_000)
    isDead = false
    await bus.clock.advance(31_500)
    expect(bus.states(2)).toEqual(['meter-silent', 'ok'])
    expect(bus.readings(2).length).toBeGreaterThan(0)
  })

  it('that are all dead are told each once, though the line is opened anew', async () => {
    await using bus = setUp(() => [])
    await bus.clock.advance(600_000)
    for (const unit of [1, 2, 3]) expect(bus.states(unit)).toEqual(['meter-silent'])
    expect(bus.lines.length).toBeGreaterThan(3)
  })
})

/** What a fault does to an answer, and what it is told as. */
const FAULTS: Record<string, { told: string; script: Script }> = {
  'answers too late': { told: 'meter-silent', script: (_q, truthful) => [{ afterMs: 900, bytes: truthful }] },
  'answers with a flipped bit': {
    told: 'meter-garbled',
    script: (_q, truthful) => soon(truthful.with(5, truthful[5]! ^ 4)),
  },
  'breaks off': { told: 'meter-garbled', script: (_q, truthful) => soon(truthful.subarray(0, 5)) },
  'answers with noise': { told: 'meter-garbled', script: () => soon(new Uint8Array(40).fill(0xa5)) },
  'answers as another unit': {
    told: 'meter-mistaken',
    script: ({ functionCode, count }) => soon(answerOf(9, functionCode, new Array(count).fill(7))),
  },
  'answers another question': {
    told: 'meter-mistaken',
    script: ({ unit, functionCode, count }) => soon(answerOf(unit, functionCode, new Array(count + 3).fill(7))),
  },
  'is busy': { told: 'meter-refused', script: ({ unit, functionCode }) => soon(exceptionOf(unit, functionCode, 6)) },
  'has no such registers': {
    told: 'meter-refused',
    script: ({ unit, functionCode }) => soon(exceptionOf(unit, functionCode, 2)),
  },
  'is behind a gateway that cannot reach it': {
    told: 'meter-silent',
    script: ({ unit, functionCode }) => soon(exceptionOf(unit, functionCode, 11)),
  },
  'tells what cannot be': {
    told: 'meter-implausible',
    script: ({ unit, functionCode, count }) => soon(answerOf(unit, functionCode, new Array(count).fill(0xffff))),
  },
}

describe('a meter that', () => {
  it.each(Object.entries(FAULTS))(
    '%s gets a state of that name, and nothing that it says then is told',
    async (_n, fault) => {
      let isIll = false
      await using bus = setUp((question, truthful, clock) =>
        isIll && question.unit === 2 ? fault.script(question, truthful, clock) : soon(truthful),
      )
      await bus.clock.advance(5_000)
      isIll = true
      await bus.clock.advance(1_500)
      const before = bus.readings(2).length
      await bus.clock.advance(40_000)
      expect(bus.readings(2).length).toBe(before)
      isIll = false
      await bus.clock.advance(35_000)
      bus.expectTruth()
      expect(bus.states(2)[0]).toBe('ok')
      expect(bus.states(2)).toContain(fault.told)
      if (fault.told !== 'meter-refused') expect(bus.states(2).at(-1)).toBe('ok')
      expect(bus.states(1)).toEqual(['ok'])
      expect(bus.readings(1).length).toBeGreaterThan(70)
    },
  )

  it('lacks some registers tells the others, and says what it lacks', async () => {
    await using bus = setUp(
      (question, truthful) => {
        const lacks = question.address <= 202 && question.address + question.count > 202
        return soon(lacks ? exceptionOf(question.unit, question.functionCode, 2) : truthful)
      },
      [4],
    )
    await bus.clock.advance(10_000)
    expect(bus.readings(4).length).toBeGreaterThan(8)
    expect(bus.readings(4).at(-1)).toMatchObject({ activePowerW: 4000, activeEnergyWh: null })
    expect(bus.states(4)).toEqual(['meter-refused'])
    const told = bus.got.get(4)!.find((one) => one.kind === 'device') as DeviceState
    expect(told.reason).toContain('registers 0x00ca to 0x00cb (activeEnergy)')
    expect(told.reason).toContain('illegal data address')
  })

  it('floods the line is told, and the line is used again when it is quiet', async () => {
    let isFlooding = false
    await using bus = setUp(
      (_question, truthful, clock) => {
        if (!isFlooding) return soon(truthful)
        const start = clock.monotonic()
        return Array.from({ length: 4_000 }, (_, i) => ({
          afterMs: start + i - start,
          bytes: new Uint8Array(20).fill(i),
        }))
      },
      [1],
    )
    await bus.clock.advance(3_000)
    isFlooding = true
    await bus.clock.advance(12_000)
    isFlooding = false
    await bus.clock.advance(40_000)
    bus.expectTruth()
    expect(bus.states(1)).toEqual(['ok', 'meter-garbled', 'ok'])
  })
})

describe('a bus on which everything goes wrong by chance', () => {
  it.each(Array.from({ length: Math.min(fuzzRuns(20), 1_000) }, (_, i) => i + 1))(
    'never tells a wrong or an old value (seed %i)',
    async (seed) => {
      let state = seed * 7919
      const chance = () => {
        state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
        return state / 2 ** 32
      }
      const faults = Object.entries(FAULTS)
        .filter(([name]) => name !== 'has no such registers')
        .map(([, fault]) => fault.script)
      // A meter does one thing after the other: what it says late holds up what it says next.
      const busyUntil = new Map<number, number>()
      const inOrder = (unit: number, clock: QuickClock, answers: Answers): Answers =>
        answers.map(({ afterMs, bytes }) => {
          const at = Math.max(clock.monotonic() + afterMs, busyUntil.get(unit) ?? 0)
          busyUntil.set(unit, at + 1)
          return { afterMs: at - clock.monotonic(), bytes }
        })
      await using bus = setUp((question, truthful, clock) => {
        const answers = () => {
          if (chance() > 0.2) return soon(truthful)
          if (chance() < 0.4) return [{ afterMs: 400 + 2_500 * chance(), bytes: truthful }]
          return faults[Math.floor(chance() * faults.length)]!(question, truthful, clock)
        }
        return inOrder(question.unit, clock, answers())
      })
      await bus.clock.advance(600_000)
      bus.expectTruth()
      for (const unit of [1, 2, 3]) expect(bus.readings(unit).length).toBeGreaterThan(15)
    },
  )
})
