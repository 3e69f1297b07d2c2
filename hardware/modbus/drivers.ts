import type { Millis, Timekeeper } from '@minewarden/protocol/time.ts'
import type { SensorDriver } from '../contract.ts'
import type { LineOpener } from '../line/contract.ts'
import { keepTalking } from '../line/keep-talking.ts'
import type { Watch } from '../line/pause.ts'
import { type Addressed, shareDevice } from '../line/shared-device.ts'
import { converse, ToldStates } from './conversation.ts'
import { Meter } from './meter.ts'
import { createReader } from './modbus-serial.ts'
import type { ModbusOptions } from './options.ts'
import type { RegisterBlock } from './read-plan.ts'
import { answerBytes, frameRtu } from './rtu-frame.ts'
import { createTcpFraming } from './tcp-frame.ts'

export interface ModbusDeps {
  readonly open: LineOpener
  readonly watch?: Watch
  readonly openLimitMs?: Millis
  readonly clock: Timekeeper
  readonly random: () => number
}

/** A line that says nothing at all is opened anew after this, and three rounds of its slowest meter. */
const SILENT_MS: Millis = 60_000
const REQUEST_BYTES = 8
/** Start, 8 data, parity or a second stop, stop. */
const BITS_A_BYTE = 11
/** Above 19200 baud the standard's pause is fixed. @see Modbus over Serial Line V1.02, 2.5.1.1 */
const FIXED_GAP_BAUD = 19_200
const FIXED_GAP_MS: Millis = 1.75
/** Through a network a meter answers later than on its own line. */
const NETWORK_MS: Millis = 500

/** One driver for each meter of a line, in the order of the options. */
export function createModbusDrivers(options: ModbusOptions, deps: ModbusDeps): SensorDriver[] {
  const isRtu = options.transport.kind === 'rtu'
  const { clock } = deps
  const meters = options.meters.map((meter) => new Meter(meter, { clock, answersAreNumbered: !isRtu }))
  const told = new ToldStates()
  const slowestMs = Math.max(...options.meters.map((meter) => meter.everyS * 1000))
  const timing = timingOf(options)

  async function* read(signal: AbortSignal): AsyncGenerator<Addressed, void, undefined> {
    const reader = createReader()
    const talk = {
      ...deps,
      silentMs: SILENT_MS + 3 * slowestMs,
      isGood: ({ measurement }: Addressed) => measurement.kind === 'power',
      converse: (line: Parameters<typeof converse>[0], over: AbortSignal) =>
        converse(
          line,
          { meters, read: reader, clock, framing: isRtu ? frameRtu : createTcpFraming(), ...timing },
          told,
          over,
        ),
    }
    for await (const item of keepTalking(talk, signal)) {
      if ('measurement' in item) {
        yield item
        continue
      }
      // What an open line lacks its meters tell themselves, each for itself; and each says when it is well.
      if (item.state === 'ok' || /^line-(silent|garbled)\b/.test(item.reason)) continue
      const code = item.reason.slice(0, item.reason.indexOf(':'))
      for (const { options: meter } of meters) {
        if (told.tell(meter.id, code)) yield { sensor: meter.id, measurement: item }
      }
    }
  }

  const sensors = options.meters.map(({ id }) => ({ sensor: id, kind: 'power-meter' as const, channels: [] }))
  return shareDevice({ sensors, read, clock })
}

interface Timing {
  readonly gapMs: Millis
  readonly limitMs: (block: RegisterBlock) => Millis
}

function timingOf({ transport, answerMs }: ModbusOptions): Timing {
  if (transport.kind === 'tcp') return { gapMs: 0, limitMs: () => answerMs + NETWORK_MS }
  const { baudRate } = transport
  const byteMs = (BITS_A_BYTE * 1000) / baudRate
  const gapMs = baudRate > FIXED_GAP_BAUD ? FIXED_GAP_MS : 3.5 * byteMs
  return { gapMs, limitMs: ({ count }) => answerMs + (REQUEST_BYTES + answerBytes(count)) * byteMs + 2 * gapMs }
}
