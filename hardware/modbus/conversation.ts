/** A line with Modbus meters from its opening to its end: each is asked in its turn, what they say and lack is told. */
import type { SensorId } from '@minewarden/protocol/ids.ts'
import type { Millis, Timekeeper } from '@minewarden/protocol/time.ts'
import type { DeviceState, Measurement } from '../contract.ts'
import type { ByteLine } from '../line/contract.ts'
import { deviceFault } from '../line/device-fault.ts'
import type { Addressed } from '../line/shared-device.ts'
import type { Framing } from './answer.ts'
import { LineExchange } from './line-exchange.ts'
import type { Meter, Poll } from './meter.ts'
import { MeterRounds } from './meter-rounds.ts'
import type { ReadRegisters } from './modbus-serial.ts'
import type { RegisterBlock } from './read-plan.ts'

/** One damaged answer, or one that went lost, is no news; this many rounds in a row are. */
const FAILURES_TOLD = 3
/** What the configuration declares of a meter is told so often. */
const DECLARED_EVERY_MS: Millis = 900_000

export interface LineOptions {
  readonly meters: readonly Meter[]
  readonly read: ReadRegisters
  readonly framing: Framing
  readonly gapMs: Millis
  /** How long an answer to this may take, its bytes on the line included. */
  readonly limitMs: (block: RegisterBlock) => Millis
  readonly clock: Timekeeper
}

/** What was last told of each meter; outlives a line, so that a fault that stays is told once. */
export class ToldStates {
  readonly #codes = new Map<SensorId, string>()
  readonly #declaredAt = new Map<SensorId, Millis>()

  /** True when it is news. */
  tell(sensor: SensorId, code: string): boolean {
    if (this.#codes.get(sensor) === code) return false
    this.#codes.set(sensor, code)
    return true
  }

  /** True when the configuration's word on a meter is due again. */
  declare(sensor: SensorId, now: Millis): boolean {
    const last = this.#declaredAt.get(sensor)
    if (last !== undefined && now - last < DECLARED_EVERY_MS) return false
    this.#declaredAt.set(sensor, now)
    return true
  }
}

/** @throws HardwareError `line-lost` */
export async function* converse(
  line: ByteLine,
  options: LineOptions,
  told: ToldStates,
  signal: AbortSignal,
): AsyncGenerator<Addressed, void, undefined> {
  const { meters, clock, read, limitMs } = options
  const exchange = new LineExchange(line, options)
  void exchange.listen()
  const over = AbortSignal.any([signal, exchange.lost])
  const rounds = new MeterRounds(
    meters.map((meter) => meter.options.everyS * 1000),
    clock.monotonic(),
  )
  for (const meter of meters) meter.forgetRefusals()
  while (!signal.aborted) {
    const { meter: index, dueAt } = rounds.next()
    const restMs = dueAt - clock.monotonic()
    if (restMs > 0) await clock.sleep(restMs, over).catch(() => undefined)
    if (exchange.lost.aborted) return throwLost(exchange.lost)
    if (signal.aborted) return
    const meter = meters[index] as Meter
    const { unit } = meter.options
    const poll = await meter
      .poll((block) => read(unit, block, (request) => exchange.ask(request, limitMs(block), over)))
      .catch((error) => {
        if (over.aborted) return null
        throw error
      })
    if (!poll) continue
    if (poll.kind === 'values') rounds.answered(index, clock.monotonic())
    else rounds.missed(index, clock.monotonic(), poll.fault.code === 'meter-garbled')
    if (!isNews(poll, rounds.missesOf(index))) continue
    for (const measurement of measurementsOf(meter, poll, clock, told)) yield { sensor: meter.options.id, measurement }
  }
}

/** A refusal is certain at once: it came with a check sum. */
const isNews = (poll: Poll, misses: number): boolean =>
  poll.kind === 'values' || poll.fault.code === 'meter-refused' || misses >= FAILURES_TOLD

/** A line that the other side closed ends without an error. */
function throwLost(lost: AbortSignal): void {
  if (lost.reason) throw lost.reason
}

function* measurementsOf(meter: Meter, poll: Poll, clock: Timekeeper, told: ToldStates): Generator<Measurement> {
  const { id, measuresAt, relayKind } = meter.options
  const fault = poll.kind === 'fault' ? poll.fault : poll.flaw
  const { state, reason, code } = fault ? deviceFault(fault) : { state: 'ok' as const, reason: '', code: 'ok' }
  if (told.tell(id, code)) yield { kind: 'device', state, reason, ...stamped(clock, clock.monotonic(), 0) }
  if (poll.kind !== 'values') return
  if ((measuresAt || relayKind) && told.declare(id, poll.toAt))
    yield {
      ...NOTHING_TOLD,
      measuresAt: measuresAt ?? null,
      relayKind: relayKind ?? null,
      ...stamped(clock, poll.toAt, 0),
    }
  const halfMs = (poll.toAt - poll.fromAt) / 2
  yield { kind: 'power', ...poll.values, simulated: false, ...stamped(clock, poll.fromAt + halfMs, halfMs) }
}

const NOTHING_TOLD = {
  kind: 'meter',
  relayOff: null,
  commandedOff: null,
  preTripAlarm: null,
  isProtected: null,
  coverOpenings: null,
  terminalCoverOpenings: null,
  powerLosses: null,
  faults: null,
  clockOffsetS: null,
} as const

function stamped(
  clock: Timekeeper,
  monotonicMs: Millis,
  spreadMs: Millis,
): Pick<DeviceState, 'at' | 'clock' | 'clockErrorMs'> {
  const { at, quality, errorMs } = clock.stamp(monotonicMs)
  return { at, clock: quality, ...(errorMs !== null && { clockErrorMs: errorMs + spreadMs }) }
}
