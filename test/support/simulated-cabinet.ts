import { readFileSync } from 'node:fs'
import { setImmediate as breathe } from 'node:timers/promises'
import { createBoardDriver } from '@minewarden/hardware/board/driver.ts'
import { BoardOptions } from '@minewarden/hardware/board/options.ts'
import type { DeviceState, EnclosureReading, Measurement, SensorDriver } from '@minewarden/hardware/contract.ts'
import { type Board, createBoard } from '@minewarden/hardware/sim/avr/board.ts'
import { type Cable, createCable } from '@minewarden/hardware/sim/avr/cable.ts'
import { parseIntelHex } from '@minewarden/hardware/sim/avr/intel-hex.ts'
import { believe, instant, type Millis, type Timekeeper } from '@minewarden/protocol/time.ts'
import { eventually } from './eventually.ts'

/**
 * A cabinet whose board, line and driver live in simulated time, which runs as fast as it goes. The board has a supply of its own
 * and is not reset when its port is opened: the two seconds of a start are spent once.
 */
export interface SimulatedCabinet extends AsyncDisposable {
  readonly board: Board
  readonly cable: Cable
  readonly driver: SensorDriver
  /** All that the driver told. */
  readonly told: Measurement[]
  /** Waits in simulated time. */
  sleep(ms: Millis): Promise<void>
  /** The newest reading, once it is as wanted. */
  reading(what: string, wanted: (reading: EnclosureReading) => boolean): Promise<EnclosureReading>
  /** The first device state told after `from` entries that is this one. */
  state(state: string, from?: number): Promise<DeviceState>
}

/** Simulated time may run slower than real time on a busy machine. */
const DEADLINE_MS = 40_000

/** @param raw what the configuration says, beside kind and id */
export function startCabinet(hexPath: string, raw: object, wire: (board: Board) => void): SimulatedCabinet {
  const board = createBoard({ flash: parseIntelHex(readFileSync(hexPath, 'utf8')) })
  wire(board)
  const clock = simulatedClock(board)
  const cable = createCable(board, { resetOnOpen: false, powersBoard: false })
  const options = BoardOptions.parse({ kind: 'board', id: 'cabinet', ...raw })
  const driver = createBoardDriver(options, { clock, open: cable.open, random: () => 0.5 })
  const stop = new AbortController()
  const running = runUntil(board, stop.signal)
  const told: Measurement[] = []
  const reading = (async () => {
    for await (const measurement of driver.read(stop.signal)) told.push(measurement)
  })()
  return {
    board,
    cable,
    driver,
    told,
    sleep: (ms) => clock.sleep(ms),
    reading: (what, wanted) =>
      eventually(
        what,
        () => {
          const last = told.findLast((each) => each.kind === 'enclosure')
          return last && wanted(last) ? last : null
        },
        DEADLINE_MS,
      ),
    state: (state, from = 0) => {
      const find = () => told.slice(from).find((each) => each.kind === 'device' && each.state === state)
      return eventually(`the state ${state}`, find, DEADLINE_MS) as Promise<DeviceState>
    },
    async [Symbol.asyncDispose]() {
      stop.abort()
      await reading
      await running
    },
  }
}

/** Goes on for a while after the end, so that what was sent last arrives. */
async function runUntil(board: Board, signal: AbortSignal): Promise<void> {
  for (let lastMs = 1_000; lastMs > 0; lastMs -= signal.aborted ? 5 : 0) {
    board.runFor(5)
    await breathe()
  }
}

function simulatedClock(board: Board): Timekeeper {
  const sleep = (ms: Millis, signal?: AbortSignal) =>
    new Promise<void>((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason)
        return
      }
      const stop = () => {
        cancel()
        reject(signal?.reason)
      }
      const cancel = board.schedule((ms / 1000) * board.crystalHz, () => {
        signal?.removeEventListener('abort', stop)
        resolve()
      })
      signal?.addEventListener('abort', stop, { once: true })
    })
  return believe({ now: () => instant(board.nowMs), monotonic: () => board.nowMs, sleep }, 'ntp', 5)
}
